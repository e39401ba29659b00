"""Two arms with events and totals: to the analysis scales. Counts come with zero cells dealt with."""

from __future__ import annotations

import numpy as np

from synth.meta.measures.proportions import arcsine, check
from synth.meta.numeric.distributions import Floats

Pair = tuple[Floats, Floats]


def check_pair(events_1: Floats, total_1: Floats, events_2: Floats, total_2: Floats) -> None:
    """Raise ValueError for counts that no study can have, in either arm."""
    check(events_1, total_1)
    check(events_2, total_2)


def log_odds_ratio(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Pair:
    """Return the log odds ratio and its variance (Woolf 1955)."""
    b, d = n1 - x1, n2 - x2
    return np.log((x1 / b) / (x2 / d)), 1.0 / x1 + 1.0 / b + 1.0 / x2 + 1.0 / d


def log_risk_ratio(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Pair:
    """Return the log risk ratio and its variance, as a sum of what cannot cancel: 1/x - 1/n = (n - x)/(x n)."""
    return np.log((x1 / n1) / (x2 / n2)), (n1 - x1) / (x1 * n1) + (n2 - x2) / (x2 * n2)


def risk_difference(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Pair:
    """Return the risk difference and its variance."""
    return x1 / n1 - x2 / n2, x1 * (n1 - x1) / n1**3 + x2 * (n2 - x2) / n2**3


def arcsine_difference(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Pair:
    """Return the difference of the arcsines of the roots of the risks and its variance (Ruecker et al. 2009)."""
    (y1, v1), (y2, v2) = arcsine(x1, n1), arcsine(x2, n2)
    return y1 - y2, v1 + v2


def peto(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Pair:
    """Return Peto's log odds ratio, (O - E)/V, and its variance, 1/V (Yusuf et al. 1985)."""
    n, events = n1 + n2, x1 + x2
    v = hypergeometric_variance(x1, n1, x2, n2)
    return (x1 * n2 - x2 * n1) / n / v, np.where(events * (n - events) > 0, 1.0 / v, np.nan)


def hypergeometric_variance(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    """Return the variance of the events in arm 1 when all four margins are given; 0 for a study of one patient."""
    n, events = n1 + n2, x1 + x2
    return np.asarray((n1 / n) * (n2 / n) * events * ((n - events) / np.maximum(n - 1.0, 1.0)))
