"""Confidence intervals for the proportion of one study, seven ways, for any number of studies at once.

At no events every lower limit is exactly 0, at all events every upper limit exactly 1, whichever the method.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from synth.errors import SettingsError
from synth.meta.numeric.distributions import Floats, beta_lower, normal_upper
from synth.meta.numeric.roots import solve_between

Limits = tuple[Floats, Floats]


def _clopper_pearson(x: Floats, n: Floats, tail: float) -> Limits:
    # a limit that is certain is set afterwards; 1 keeps the beta's shapes lawful until then
    low = beta_lower(tail, np.maximum(x, 1.0), n - x + 1.0)
    high = 1.0 - beta_lower(tail, np.maximum(n - x, 1.0), x + 1.0)
    return low, np.where(high < 0.5, beta_lower(1.0 - tail, x + 1.0, np.maximum(n - x, 1.0)), high)


def _jeffreys(x: Floats, n: Floats, tail: float) -> Limits:
    return beta_lower(tail, x + 0.5, n - x + 0.5), beta_lower(1.0 - tail, x + 0.5, n - x + 0.5)


def _wilson(x: Floats, n: Floats, tail: float) -> Limits:
    z = float(normal_upper(tail))
    middle, half = x + 0.5 * z * z, z * np.sqrt(x * (n - x) / n + 0.25 * z * z)
    # the smaller root as product over larger root: the difference would cancel
    low = x * (x / n) / (middle + half)
    high = 1.0 - (n - x) * ((n - x) / n) / (n - x + 0.5 * z * z + half)
    return low, high


def _wilson_corrected(x: Floats, n: Floats, tail: float) -> Limits:
    z = float(normal_upper(tail))
    p, q = x / n, (n - x) / n

    def lower(x: Floats, p: Floats, q: Floats) -> Floats:
        inner = np.maximum(0.0, z * z - 2.0 - 1.0 / n + 4.0 * p * (n * q + 1.0))
        return (2.0 * x + z * z - 1.0 - z * np.sqrt(inner)) / (2.0 * (n + z * z))

    return lower(x, p, q), 1.0 - lower(n - x, q, p)


def _agresti_coull(x: Floats, n: Floats, tail: float) -> Limits:
    z = float(normal_upper(tail))
    size = n + z * z
    p = (x + 0.5 * z * z) / size
    half = z * np.sqrt(p * (1.0 - p) / size)
    return p - half, p + half


def _wald(x: Floats, n: Floats, tail: float) -> Limits:
    half = float(normal_upper(tail)) * np.sqrt(x * (n - x) / n) / n
    return x / n - half, x / n + half


def _mid_p(x: Floats, n: Floats, tail: float) -> Limits:
    return _mid_p_lower(x, n, tail), 1.0 - _mid_p_lower(n - x, n, tail)


def _mid_p_lower(x: Floats, n: Floats, tail: float) -> Floats:
    """Solve P(X > x) + P(X = x) / 2 = tail for the proportion, between the exact limits at x and at x + 1."""
    low = np.zeros(x.shape)
    whole = (x == n) & (x > 0)
    low[whole] = (2.0 * tail) ** (1.0 / n[whole])
    at = np.flatnonzero((x > 0) & (x < n))
    xs, ns = x[at], n[at]
    left, right = beta_lower(tail, xs, ns - xs + 1.0), beta_lower(tail, xs + 1.0, ns - xs)
    # the densities' common constant, from the beta function
    log_c = -special.betaln(xs, ns - xs + 1.0), -special.betaln(xs + 1.0, ns - xs)

    def short(p: Floats, which: NDArray[np.intp]) -> tuple[Floats, Floats]:
        a, b = xs[which], ns[which] - xs[which]
        got = 0.5 * (special.betainc(a, b + 1.0, p) + special.betainc(a + 1.0, b, p))
        lp, lq = np.log(p), np.log1p(-p)
        density = np.exp(log_c[0][which] + (a - 1.0) * lp + b * lq) + np.exp(log_c[1][which] + a * lp + (b - 1.0) * lq)
        return tail - got, -0.5 * density

    low[at] = solve_between(short, left, right, 0.5 * (left + right), np.zeros(len(at)))
    return low


METHODS: Final[dict[str, Callable[[Floats, Floats, float], Limits]]] = {
    "clopper-pearson": _clopper_pearson,
    "wilson": _wilson,
    "wilson-corrected": _wilson_corrected,
    "agresti-coull": _agresti_coull,
    "jeffreys": _jeffreys,
    "mid-p": _mid_p,
    "wald": _wald,
}


def study_interval(
    events: ArrayLike, total: ArrayLike, *, method: str = "clopper-pearson", level: float = 0.95
) -> tuple[Floats, Floats]:
    """Interval for each study's proportion.

    Parameters
    ----------
    events, total : array_like
        Counts; they broadcast.
    method : {"clopper-pearson", "wilson", "wilson-corrected", "agresti-coull", "jeffreys", "mid-p", "wald"}
        Exact; score; score with continuity correction; adjusted Wald; equal-tailed Bayesian under Jeffreys' prior;
        exact with half the weight on what was seen; Wald.
    level : float
        Confidence, in (0, 1).

    Returns
    -------
    (low, high) : tuple of ndarray
        Proportions in [0, 1], of the shape of the counts together.

    Raises
    ------
    SettingsError
        Unknown `method`, or a `level` outside (0, 1).
    ValueError
        Counts that no study can have.

    Notes
    -----
    Clopper and Pearson (1934); Wilson (1927); Newcombe (1998), Stat Med 17:857-872, methods 3 to 6; Agresti and Coull
    (1998), Am Stat 52:119-126; Brown, Cai and DasGupta (2001), Stat Sci 16:101-133.

    Examples
    --------
    >>> low, high = study_interval([0, 3], [20, 20])
    >>> low.round(4), high.round(4)
    (array([0.    , 0.0321]), array([0.1684, 0.3789]))
    """
    if method not in METHODS:
        raise SettingsError(f'There is no study interval "{method}". There are: {", ".join(METHODS)}.')
    if not 0 < level < 1:
        raise SettingsError(f"A confidence level lies between 0 and 1; {level} does not. Did you mean 0.95?")
    x, n = np.broadcast_arrays(np.asarray(events, dtype=np.float64), np.asarray(total, dtype=np.float64))
    if not ((x >= 0) & (x <= n) & (n > 0)).all():
        raise ValueError("events must lie between 0 and total, and total above 0")
    low, high = METHODS[method](x.ravel(), n.ravel(), 0.5 * (1.0 - level))
    low, high = low.reshape(x.shape), high.reshape(x.shape)
    return np.where(x == 0, 0.0, np.clip(low, 0.0, 1.0)), np.where(x == n, 1.0, np.clip(high, 0.0, 1.0))
