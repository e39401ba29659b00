"""Kendall's rank correlation, exact where it can be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from synth.meta.numeric.distributions import Floats, chi2_tail

# Above this the exact distribution of S and its normal limit agree to 1e-6.
EXACT_RANKS: Final = 200
# Values that differ by less than this share of the largest are equal.
ROUNDING: Final = 1e-13


@dataclass(frozen=True)
class Kendall:
    """Kendall's rank correlation of two variables.

    Attributes
    ----------
    s, s_se : float
        Concordant minus discordant pairs, and its standard error under independence, ties allowed for.
    tau : float
        tau-b; nan where one variable is constant.
    exact : bool
        No ties, and few enough points for the exact distribution.
    p_exact, p_normal : float
        Two-sided; `p_exact` is nan where not `exact`. Neither has a continuity correction.
    """

    s: float
    s_se: float
    tau: float
    exact: bool
    p_exact: float
    p_normal: float


def _merged(x: Floats) -> Floats:
    """Ranks of `x` in which values that differ by rounding alone (1/2 - 1/3 and 1/3 - 1/6) are tied."""
    order = np.argsort(x, kind="stable")
    steps = np.diff(x[order]) > ROUNDING * np.abs(x).max(initial=0.0)
    out = np.empty(len(x))
    out[order] = np.concatenate([[0.0], np.cumsum(steps)])
    return out


def kendall(a: Floats, b: Floats) -> Kendall:
    """Correlate the ranks of `a` and `b`.

    Notes
    -----
    Kendall (1970), Rank Correlation Methods: the variance with ties is that of R's ``cor.test``.

    Examples
    --------
    >>> found = kendall(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 2.0, 4.0]))
    >>> found.s, round(found.p_exact, 4)
    (4.0, 0.3333)
    """
    n = len(a)
    a, b = _merged(a), _merged(b)
    sign_a, sign_b = np.sign(a[:, None] - a), np.sign(b[:, None] - b)
    s = float((sign_a * sign_b).sum()) / 2.0
    ties = [np.unique(x, return_counts=True)[1].astype(np.float64) for x in (a, b)]
    pairs = n * (n - 1) / 2.0
    tied = [float((t * (t - 1)).sum()) / 2.0 for t in ties]
    base = n * (n - 1) * (2.0 * n + 5)
    v0 = base - sum(float((t * (t - 1) * (2 * t + 5)).sum()) for t in ties)
    triples = [float((t * (t - 1) * (t - 2)).sum()) for t in ties]
    variance = v0 / 18.0 + 2.0 * tied[0] * tied[1] / (n * (n - 1.0))
    if n > 2:
        variance += triples[0] * triples[1] / (9.0 * n * (n - 1) * (n - 2))
    room = (pairs - tied[0]) * (pairs - tied[1])
    exact = not any(tied) and n <= EXACT_RANKS
    return Kendall(
        s=s,
        s_se=math.sqrt(max(variance, 0.0)),
        tau=s / math.sqrt(room) if room > 0 else math.nan,
        exact=exact,
        p_exact=_kendall_tail(n, s) if exact else math.nan,
        p_normal=float(chi2_tail(s * s / variance, 1)) if variance > 0 and room > 0 else math.nan,
    )


def _kendall_tail(n: int, s: float) -> float:
    """Two-sided probability of S at least as far from 0, from the number of permutations with so many inversions."""
    chance = np.ones(1)
    for j in range(2, n + 1):
        # the j-th element adds 0 to j - 1 inversions, each with the same chance: a moving average
        longer = np.concatenate([chance, np.zeros(j - 1)]).cumsum()
        longer[j:] -= longer[:-j].copy()
        chance = longer / j
    inversions = round((n * (n - 1) / 2 - abs(s)) / 2)
    return min(1.0, 2.0 * float(chance[: inversions + 1].sum()))
