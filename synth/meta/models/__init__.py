"""Mantel-Haenszel, Peto, beta-binomial and Bayesian pooling."""
