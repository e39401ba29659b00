"""Quantiles and tail probabilities, from scipy.special alone.

``scipy.stats`` has the same numbers and costs a second to import; these helpers take the upper-tail probability,
because that is the one that keeps its digits where it is small.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


def _floats(value: Any) -> Floats:
    return np.asarray(value, dtype=np.float64)


def normal_upper(tail: ArrayLike) -> Floats:
    """Return the point that a standard normal exceeds with probability `tail`.

    Parameters
    ----------
    tail : array_like
        Upper-tail probability in (0, 1).

    Returns
    -------
    ndarray
        Quantile, in standard deviations.

    Examples
    --------
    >>> round(float(normal_upper(0.025)), 12)
    1.95996398454
    """
    return _floats(-special.ndtri(_floats(tail)))


def _t_point(tail: Floats, df: Floats) -> Floats:
    """Quantile of t, polished: the library's own is good for 1e-13 at best and, in older versions, for 1e-8."""
    t = -special.stdtrit(df, tail)
    log_density = -0.5 * (df + 1.0) * np.log1p(t * t / df) - 0.5 * np.log(df) - special.betaln(0.5, 0.5 * df)
    # one step of Newton's method on the upper tail, which is the lower tail of -t and keeps its digits
    return _floats(t + (special.stdtr(df, -t) - tail) / np.exp(log_density))


def t_upper(tail: ArrayLike, df: ArrayLike) -> Floats:
    """Return the point that Student's t exceeds with probability `tail`.

    Parameters
    ----------
    tail : array_like
        Upper-tail probability in (0, 1).
    df : array_like
        Degrees of freedom. Infinite ones give the normal quantile; none (0 or fewer) give nan.

    Returns
    -------
    ndarray
        Quantile.

    Examples
    --------
    >>> round(float(t_upper(0.025, 13)), 12)
    2.160368656463
    >>> float(t_upper(0.025, np.inf)) == float(normal_upper(0.025))
    True
    """
    q, n = _floats(tail), _floats(df)
    finite = np.isfinite(n) & (n > 0)
    if finite.all():
        return _t_point(q, n)
    if not finite.any():
        return _floats(np.where(n == np.inf, normal_upper(q), np.nan))
    point = _t_point(q, np.where(finite, n, 1.0))
    return _floats(np.where(finite, point, np.where(n == np.inf, normal_upper(q), np.nan)))


def t_two_sided(statistic: ArrayLike, df: ArrayLike) -> Floats:
    """Return the two-sided p-value of a t statistic; infinite `df` give the normal one, no `df` nan.

    Parameters
    ----------
    statistic : array_like
        Estimate over its standard error.
    df : array_like
        Degrees of freedom.

    Returns
    -------
    ndarray
        Probability in [0, 1].

    Examples
    --------
    >>> round(float(t_two_sided(2.160368656462792, 13)), 12)
    0.05
    """
    down, n = -np.abs(_floats(statistic)), _floats(df)
    finite = np.isfinite(n) & (n > 0)
    if finite.all():
        return _floats(2.0 * special.stdtr(n, down))
    tail = special.stdtr(np.where(finite, n, 1.0), down)
    return _floats(2.0 * np.where(finite, tail, np.where(n == np.inf, special.ndtr(down), np.nan)))


def chi2_upper(tail: ArrayLike, df: ArrayLike) -> Floats:
    """Return the point that a chi-squared variable exceeds with probability `tail`; no `df` give nan.

    Parameters
    ----------
    tail : array_like
        Upper-tail probability in (0, 1).
    df : array_like
        Degrees of freedom.

    Returns
    -------
    ndarray
        Quantile.

    Examples
    --------
    >>> round(float(chi2_upper(0.05, 1)), 12)
    3.841458820694
    """
    n = _floats(df)
    usable = n > 0
    # the nearer tail keeps its digits: chdtri works from the upper one, gammaincinv from the lower one
    half = np.where(usable, n, 1.0) / 2.0
    q = _floats(tail)
    point = 2.0 * np.where(q <= 0.5, special.gammainccinv(half, q), special.gammaincinv(half, 1.0 - q))
    return _floats(np.where(usable, point, np.nan))


def chi2_tail(statistic: ArrayLike, df: ArrayLike) -> Floats:
    """Return the probability that a chi-squared variable exceeds `statistic`; 1 where `df` is 0.

    Parameters
    ----------
    statistic : array_like
        Non-negative.
    df : array_like
        Degrees of freedom; 0 is the constant 0, negative ones give nan.

    Returns
    -------
    ndarray
        Probability in [0, 1].

    Examples
    --------
    >>> round(float(chi2_tail(29.785416460258055, 13)), 12)
    0.005056641178
    """
    x, n = _floats(statistic), _floats(df)
    if (n > 0).all():
        return _floats(special.gammaincc(n / 2.0, x / 2.0))
    tail = special.gammaincc(np.where(n > 0, n, 1.0) / 2.0, x / 2.0)
    return _floats(np.where(n > 0, tail, np.where(n == 0, (x <= 0).astype(np.float64), np.nan)))


def beta_lower(p: ArrayLike, a: ArrayLike, b: ArrayLike) -> Floats:
    """Return the point that a beta(a, b) variable stays below with probability `p`.

    Parameters
    ----------
    p : array_like
        Lower-tail probability in [0, 1].
    a, b : array_like
        Positive shapes.

    Returns
    -------
    ndarray
        Quantile in [0, 1].

    Examples
    --------
    >>> round(float(beta_lower(0.025, 16, 2)), 12)
    0.713110603333
    """
    return _floats(special.betaincinv(_floats(a), _floats(b), _floats(p)))


def f_upper(tail: ArrayLike, df1: ArrayLike, df2: ArrayLike) -> Floats:
    """Return the point that an F variable exceeds with probability `tail`.

    Parameters
    ----------
    tail : array_like
        Upper-tail probability in (0, 1).
    df1, df2 : array_like
        Degrees of freedom of numerator and denominator, positive.

    Returns
    -------
    ndarray
        Quantile.

    Examples
    --------
    >>> round(float(f_upper(0.05, 1, 13)), 12)
    4.667192731827
    """
    return _floats(special.fdtri(_floats(df1), _floats(df2), 1.0 - _floats(tail)))


def f_tail(statistic: ArrayLike, df1: ArrayLike, df2: ArrayLike) -> Floats:
    """Return the probability that an F variable exceeds `statistic`.

    Parameters
    ----------
    statistic : array_like
        Non-negative.
    df1, df2 : array_like
        Degrees of freedom of numerator and denominator, positive.

    Returns
    -------
    ndarray
        Probability in [0, 1].

    Examples
    --------
    >>> round(float(f_tail(4.667192731826505, 1, 13)), 12)
    0.05
    """
    return _floats(special.fdtrc(_floats(df1), _floats(df2), _floats(statistic)))
