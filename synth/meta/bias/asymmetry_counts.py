"""Tests for small-study effects that need the counts: Peters, Harbord, Macaskill, Deeks, and Pustejovsky for means.

They exist because an odds ratio or a proportion and its own standard error are correlated, with no bias at all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingsError
from synth.meta.bias.asymmetry import AsymmetryTest, line_test
from synth.meta.numeric.distributions import Floats


def _floats(*values: ArrayLike) -> list[Floats]:
    return [np.asarray(a, dtype=np.float64) for a in values]


def _use(y: Floats, include: ArrayLike | None) -> NDArray[np.bool_]:
    use = np.ones(y.shape, dtype=np.bool_) if include is None else np.asarray(include, dtype=np.bool_)
    return use & np.isfinite(y)


def peters_single(
    y: ArrayLike, events: ArrayLike, total: ArrayLike, include: ArrayLike | None = None
) -> AsymmetryTest:
    """Regress the estimates of one arm on 1/n, with weights that do not depend on the scale.

    Parameters
    ----------
    y : array_like, shape (k,)
        Estimates on the analysis scale.
    events, total : array_like, shape (k,)
        Counts; a study with no events or nothing but events has 1/2 added to both cells for its weight.
    include : array_like of bool, shape (k,), optional
        Which studies count.

    Returns
    -------
    AsymmetryTest

    Notes
    -----
    Peters et al. (2006), JAMA 295:676-680, for one arm: weights 1 / (1/events + 1/(total - events)), as meta's
    ``metabias(metaprop(...), method.bias = "Peters")``.

    Examples
    --------
    >>> y = np.log([0.5, 0.3, 0.3, 0.2])
    >>> round(peters_single(y, [5, 6, 12, 20], [10, 20, 40, 100]).slope, 3)
    9.995
    """
    (y, x, n), empty = _floats(y, events, total), 0.5
    zero = (x == 0) | (x == n)
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = np.where(zero, x + empty, x), np.where(zero, n - x + empty, n - x)
        weights, inverse = 1.0 / (1.0 / a + 1.0 / b), 1.0 / n
    return line_test("Peters", y, inverse, weights, _use(y, include), name="1/n")


def peters(
    y: ArrayLike,
    events_t: ArrayLike,
    total_t: ArrayLike,
    events_c: ArrayLike,
    total_c: ArrayLike,
    include: ArrayLike | None = None,
) -> AsymmetryTest:
    """Regress a two-arm effect on 1/n, with weights 1 / (1/events + 1/non-events) of both arms together.

    Notes
    -----
    Peters et al. (2006), JAMA 295:676-680; meta's ``metabias(x, method.bias = "Peters")``. A study in which nobody or
    everybody has the event has no weight.

    Examples
    --------
    >>> y = [0.9, 0.5, 0.4, 0.1]
    >>> round(peters(y, [5, 6, 12, 20], [10, 20, 40, 100], [3, 4, 9, 18], [10, 20, 40, 100]).slope, 3)
    17.989
    """
    y, a, n1, c, n2 = _floats(y, events_t, total_t, events_c, total_c)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = 1.0 / (1.0 / (a + c) + 1.0 / (n1 + n2 - a - c))
        inverse = 1.0 / (n1 + n2)
    return line_test("Peters", y, inverse, weights, _use(y, include), name="1/n")


def macaskill(y: ArrayLike, v: ArrayLike, size: ArrayLike, include: ArrayLike | None = None) -> AsymmetryTest:
    """Regress the estimates on the sample size, with weights 1 / v.

    Notes
    -----
    Macaskill, Walter and Irwig (2001), Stat Med 20:641-654, with inverse-variance weights (their "FIV"), as meta's
    ``metabias(x, method.bias = "Macaskill")``.

    Examples
    --------
    >>> round(macaskill([0.9, 0.5, 0.4, 0.1], [0.4, 0.3, 0.2, 0.1], [10, 20, 40, 100]).slope, 5)
    -0.00654
    """
    y, v, n = _floats(y, v, size)
    with np.errstate(divide="ignore"):
        return line_test("Macaskill", y, n, 1.0 / v, _use(y, include), name="n")


def deeks(
    y: ArrayLike, total_t: ArrayLike, total_c: ArrayLike, include: ArrayLike | None = None
) -> AsymmetryTest:
    """Regress the estimates on 1 / sqrt(effective sample size), with weights of that size, 4 n1 n2 / (n1 + n2).

    Notes
    -----
    Deeks, Macaskill and Irwig (2005), J Clin Epidemiol 58:882-893; meta's ``metabias(x, method.bias = "Deeks")``.

    Examples
    --------
    >>> round(deeks([0.9, 0.5, 0.4, 0.1], [10, 20, 40, 100], [10, 20, 40, 100]).slope, 3)
    5.15
    """
    y, n1, n2 = _floats(y, total_t, total_c)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = 4.0 * n1 * n2 / (n1 + n2)
        return line_test("Deeks", y, size**-0.5, size, _use(y, include), name="1/sqrt(effective n)")


def harbord(
    events_t: ArrayLike,
    total_t: ArrayLike,
    events_c: ArrayLike,
    total_c: ArrayLike,
    include: ArrayLike | None = None,
    *,
    measure: str = "OR",
) -> AsymmetryTest:
    """Regress the efficient score over its variance on 1 over the root of that variance.

    Parameters
    ----------
    events_t, total_t, events_c, total_c : array_like, shape (k,)
        Counts of the two arms. No continuity correction is needed; a study in which nobody or everybody has the event
        has no score.
    include : array_like of bool, shape (k,), optional
        Which studies count.
    measure : {"OR", "RR"}
        Score of the log odds ratio or of the log risk ratio.

    Returns
    -------
    AsymmetryTest

    Raises
    ------
    SettingsError
        Another `measure`.

    Notes
    -----
    Harbord, Egger and Sterne (2006), Stat Med 25:3443-3457; for the risk ratio Harbord, Harris and Sterne (2009), Stata
    J 9:197-210. meta's ``metabias(x, method.bias = "Harbord")``.

    Examples
    --------
    >>> round(harbord([5, 6, 12, 20], [10, 20, 40, 100], [3, 4, 9, 18], [10, 20, 40, 100]).slope, 3)
    1.197
    """
    if measure not in ("OR", "RR"):
        raise SettingsError(f'The test of Harbord is for odds ratios and risk ratios, not "{measure}": try Egger\'s.')
    a, n1, c, n2 = _floats(events_t, total_t, events_c, total_c)
    n, events = n1 + n2, a + c
    free = n - events
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "OR":
            score = a - events * n1 / n
            information = n1 * n2 * events * free / (n * n * (n - 1.0))
        else:
            score = (a * n - events * n1) / free
            information = n1 * n2 * events / (n * free)
        y, x = score / information, 1.0 / np.sqrt(information)
    return line_test("Harbord", y, x, information, _use(y, include), name="1/sqrt(score variance)")


def pustejovsky(
    y: ArrayLike, v: ArrayLike, total_t: ArrayLike, total_c: ArrayLike, include: ArrayLike | None = None
) -> AsymmetryTest:
    """Regress standardised mean differences on the part of their standard error that does not depend on them.

    Notes
    -----
    Pustejovsky and Rodgers (2019), Res Synth Methods 10:57-71; predictor sqrt(1/n1 + 1/n2), weights 1 / v as in meta's
    ``metabias(x, method.bias = "Pustejovsky")``.

    Examples
    --------
    >>> n = [10, 20, 40, 100]
    >>> round(pustejovsky([0.9, 0.5, 0.4, 0.1], [0.2, 0.1, 0.05, 0.02], n, n).slope, 3)
    2.575
    """
    y, v, n1, n2 = _floats(y, v, total_t, total_c)
    with np.errstate(divide="ignore"):
        x = np.sqrt(1.0 / n1 + 1.0 / n2)
        return line_test("Pustejovsky", y, x, 1.0 / v, _use(y, include), name="sqrt(1/n1 + 1/n2)")
