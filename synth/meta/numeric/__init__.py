"""Quadrature, roots and distributions: what the models are computed with."""
