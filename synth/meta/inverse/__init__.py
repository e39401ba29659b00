"""The inverse-variance kernel: weights, tau2 and heterogeneity under any mask."""
