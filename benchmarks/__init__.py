"""Synth beside metafor, statsmodels and PyMARE: the same numbers, and how long each takes for them.

Run ``python -m benchmarks`` from the root of the repository; README.md says more.
"""
