"""Shrunken study estimates of an inverse-variance pool: each study's own true value, given all the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from synth.meta.inverse.fit import InverseFit
from synth.meta.numeric.distributions import Floats, t_upper


@dataclass(frozen=True, eq=False)
class Shrunken:
    """Empirical-Bayes estimates; arrays of shape (..., k).

    Attributes
    ----------
    estimate, se, low, high : ndarray
        Best linear unbiased predictions with their intervals.
    shrinkage : ndarray
        How far each goes to the pool: 0 stays, 1 goes all the way.
    """

    estimate: Floats
    se: Floats
    low: Floats
    high: Floats
    shrinkage: Floats


def shrunken(y: ArrayLike, v: ArrayLike, fit: InverseFit) -> Shrunken:
    """Predict each study's true value from its estimate and the pool.

    Parameters
    ----------
    y, v : array_like, shape (..., k)
        Estimates and sampling variances that `fit` pooled.
    fit : InverseFit
        The pool; its standard error and degrees of freedom are used.

    Returns
    -------
    Shrunken

    Notes
    -----
    Raudenbush and Bryk (1985), J Educ Stat 10:75-98; metafor's ``blup(fit)``. The uncertainty of tau2 is not in it.

    Examples
    --------
    >>> from synth.meta.inverse.fit import pool_inverse
    >>> y, v = np.array([0.0, 4.0]), np.ones(2)
    >>> shrunken(y, v, pool_inverse(y, v)).estimate
    array([0.25, 3.75])
    """
    y, v = np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64)
    tau2, centre, error = fit.tau2[..., None], fit.estimate[..., None], fit.se[..., None]
    with np.errstate(invalid="ignore"):
        share = np.where(np.isposinf(v), 1.0, v / (v + tau2))
        estimate = share * centre + (1.0 - share) * np.where(share == 1.0, 0.0, y)
        se = np.sqrt(share * tau2 + (share * error) ** 2)
    half = t_upper(0.5 * (1.0 - fit.level), fit.df)[..., None] * se
    return Shrunken(estimate=estimate, se=se, low=estimate - half, high=estimate + half, shrinkage=share)
