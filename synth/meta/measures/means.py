"""Means, of one arm and of two, and correlations: to the analysis scales and back."""

from __future__ import annotations

import numpy as np
from scipy import special

from synth.meta.numeric.distributions import Floats

Pair = tuple[Floats, Floats]


def check(mean: Floats, sd: Floats, n: Floats) -> None:
    """Raise ValueError for what no study can have."""
    if not (np.isfinite(mean) & (sd >= 0) & np.isfinite(sd) & (n > 0)).all():
        raise ValueError("a mean must be a number, a standard deviation 0 or more, and a size above 0")


def check_pair(mean_1: Floats, sd_1: Floats, n_1: Floats, mean_2: Floats, sd_2: Floats, n_2: Floats) -> None:
    """Raise ValueError for what no study can have, in either arm."""
    check(mean_1, sd_1, n_1)
    check(mean_2, sd_2, n_2)


def check_correlation(r: Floats, n: Floats) -> None:
    """Raise ValueError for what no study can have."""
    if not ((np.abs(r) <= 1) & (n > 0)).all():
        raise ValueError("a correlation lies between -1 and 1, and a size above 0")


def check_estimate(estimate: Floats, se: Floats) -> None:
    """Raise ValueError for what no study can have."""
    if not (np.isfinite(estimate) & (se >= 0) & np.isfinite(se)).all():
        raise ValueError("an estimate must be a number, and its standard error 0 or more")


def hedges_factor(df: Floats) -> Floats:
    """Return Hedges's factor J, by the gamma function; nan below 2 degrees of freedom, where it has no value.

    Examples
    --------
    >>> hedges_factor(np.array([1.0, 10.0])).round(6)
    array([     nan, 0.922746])
    """
    m = np.where(df > 1, df, np.nan)
    return np.asarray(np.exp(special.gammaln(0.5 * m) - special.gammaln(0.5 * (m - 1.0))) / np.sqrt(0.5 * m))


def _relative_variance(m: Floats, s: Floats, n: Floats) -> Floats:
    return (s / m) ** 2 / n


def mean(m: Floats, s: Floats, n: Floats) -> Pair:
    """Return the mean and its variance."""
    return m, s**2 / n


def log_mean(m: Floats, s: Floats, n: Floats) -> Pair:
    """Return the log of the mean and its variance by the delta method; nan for a mean that is not above 0."""
    m = np.where(m > 0, m, np.nan)
    return np.log(m), _relative_variance(m, s, n)


def difference(m1: Floats, s1: Floats, n1: Floats, m2: Floats, s2: Floats, n2: Floats) -> Pair:
    """Return the mean difference and its variance, the two arms' own variances added."""
    return m1 - m2, s1**2 / n1 + s2**2 / n2


def hedges_g(m1: Floats, s1: Floats, n1: Floats, m2: Floats, s2: Floats, n2: Floats) -> Pair:
    """Return Hedges's g with the exact factor, and its large-sample variance at g (metafor's ``vtype = "LS"``)."""
    df = n1 + n2 - 2.0
    pooled = np.sqrt(((n1 - 1.0) * s1**2 + (n2 - 1.0) * s2**2) / df)
    g = hedges_factor(df) * ((m1 - m2) / np.where(pooled > 0, pooled, np.nan))
    return g, 1.0 / n1 + 1.0 / n2 + g**2 / (2.0 * (n1 + n2))


def bonett(m1: Floats, s1: Floats, n1: Floats, m2: Floats, s2: Floats, n2: Floats) -> Pair:
    """Return the difference over the root of the mean variance, without assuming equal ones (Bonett 2009)."""
    both = s1**2 + s2**2
    both = np.where(both > 0, both, np.nan)
    d = hedges_factor(n1 + n2 - 2.0) * (m1 - m2) / np.sqrt(0.5 * both)
    df1, df2 = n1 - 1.0, n2 - 1.0
    v = d**2 * (s1**4 / df1 + s2**4 / df2) / (2.0 * both**2) + (s1**2 / df1 + s2**2 / df2) / (0.5 * both)
    return d, np.where((df1 > 0) & (df2 > 0), v, np.nan)


def glass(m1: Floats, s1: Floats, n1: Floats, m2: Floats, s2: Floats, n2: Floats) -> Pair:
    """Return the difference over the second arm's standard deviation, corrected by J (Glass's delta)."""
    d = hedges_factor(n2 - 1.0) * (m1 - m2) / np.where(s2 > 0, s2, np.nan)
    return d, 1.0 / n1 + 1.0 / n2 + d**2 / (2.0 * n2)


def log_ratio_of_means(m1: Floats, s1: Floats, n1: Floats, m2: Floats, s2: Floats, n2: Floats) -> Pair:
    """Return the log ratio of means, corrected for its bias (Lajeunesse 2015), and its variance."""
    ratio = np.where((m1 / m2 > 0) & np.isfinite(m1 / m2), m1 / m2, np.nan)
    v1, v2 = _relative_variance(m1, s1, n1), _relative_variance(m2, s2, n2)
    return np.log(ratio) + 0.5 * (v1 - v2), np.where(np.isnan(ratio), np.nan, v1 + v2)


def log_variability_ratio(m1: Floats, s1: Floats, n1: Floats, m2: Floats, s2: Floats, n2: Floats) -> Pair:
    """Return the log ratio of standard deviations, corrected for its bias (Nakagawa et al. 2015)."""
    usable = (s1 > 0) & (s2 > 0) & (n1 > 1) & (n2 > 1)
    h1, h2 = 0.5 / np.where(usable, n1 - 1.0, np.nan), 0.5 / np.where(usable, n2 - 1.0, np.nan)
    return np.log(np.where(usable, s1, np.nan) / s2) + (h1 - h2), h1 + h2


def log_cv_ratio(m1: Floats, s1: Floats, n1: Floats, m2: Floats, s2: Floats, n2: Floats) -> Pair:
    """Return the log ratio of coefficients of variation, corrected for its bias, and its variance."""
    m1, m2 = np.where(m1 > 0, m1, np.nan), np.where(m2 > 0, m2, np.nan)
    (y_sd, v_sd), (y_mean, v_mean) = (f(m1, s1, n1, m2, s2, n2) for f in (log_variability_ratio, log_ratio_of_means))
    return y_sd - y_mean, v_sd + v_mean


def correlation(r: Floats, n: Floats) -> Pair:
    """Return the correlation and its large-sample variance."""
    return r, np.where(n > 1, (1.0 - r**2) ** 2 / (n - 1.0), np.nan)


def fisher_z(r: Floats, n: Floats) -> Pair:
    """Return Fisher's z and its variance."""
    inside = np.abs(r) < 1
    return np.arctanh(np.where(inside, r, np.nan)), np.where(n > 3, 1.0 / (n - 3.0), np.nan)


def generic(estimate: Floats, se: Floats) -> Pair:
    """Return the estimate and the square of its standard error."""
    return estimate, se**2


def exp(value: Floats) -> Floats:
    """Go back from a logarithm; what is above the largest number is infinite."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(value))
