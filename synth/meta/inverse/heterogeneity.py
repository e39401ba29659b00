"""How much the studies differ beyond chance: I2 and H2 by two definitions, and intervals for tau2 with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingsError
from synth.meta.inverse.tau2 import estimate_tau2, evaluate, solve_q, trial_values, upper_bound
from synth.meta.numeric.distributions import Floats, chi2_upper, normal_upper
from synth.meta.numeric.roots import solve_between
from synth.meta.sensitivity.rows import Rows, Sums, log_likelihoods, make_rows, sums

INTERVALS: Final = ("q-profile", "profile")


@dataclass(frozen=True, eq=False)
class Tau2Interval:
    """Interval for tau2, and the same for I2 and H2, each array of the leading shape.

    Attributes
    ----------
    low, high : ndarray
        Bounds of tau2, in squared units of y.
    i2_low, i2_high : ndarray
        Bounds of I2 from tau2, as fractions.
    h2_low, h2_high : ndarray
        Bounds of H2 from tau2.
    empty : ndarray of bool
        The estimates agree better than chance lets them at any tau2: none is compatible, and all bounds are those of 0.
    method : str
        How it was made.
    level : float
        Its confidence.
    """

    low: Floats
    high: Floats
    i2_low: Floats
    i2_high: Floats
    h2_low: Floats
    h2_high: Floats
    empty: NDArray[np.bool_]
    method: str
    level: float


def typical_variance(rows: Rows, s0: Sums) -> Floats:
    """Return the "typical" sampling variance (k - 1) / tr(P), shape (rows,); nan under two studies.

    Higgins and Thompson (2002), Stat Med 21:1539-1558, equation 9; P at tau2 = 0.
    """
    out: Floats = (rows.k - 1) / s0.trace
    return out if (rows.k > 1).all() else np.where(rows.k > 1, out, np.nan)


def i2_from_tau2(tau2: Floats, typical: Floats) -> Floats:
    """Return I2 = tau2 / (tau2 + typical variance), a fraction.

    Examples
    --------
    >>> i2_from_tau2(np.array([3.0]), np.array([1.0]))
    array([0.75])
    """
    return tau2 / (tau2 + typical)


def i2_interval_from_q(q: ArrayLike, df: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Interval for I2 from Q alone, by the standard error of log H.

    Parameters
    ----------
    q, df : array_like
        Cochran's Q and its degrees of freedom, k - 1; they broadcast.
    level : float
        Confidence, in (0, 1).

    Returns
    -------
    low, high : ndarray
        Fractions, not below 0; nan under three studies, where the standard error is not defined.

    Notes
    -----
    Higgins and Thompson (2002), Stat Med 21:1539-1558, the "test-based" interval: log H, not below 0, plus and minus a
    normal quantile times (log Q - log(k - 1)) / (2 (sqrt(2 Q) - sqrt(2 k - 3))) where Q > k, and otherwise times the
    root of (1 - 1 / (3 (k - 2)^2)) / (2 (k - 2)).

    Examples
    --------
    >>> low, high = i2_interval_from_q(29.785416460258052, 13)
    >>> round(float(low), 4), round(float(high), 4)
    (0.2065, 0.7599)
    """
    q, df = np.broadcast_arrays(np.asarray(q, dtype=np.float64), np.asarray(df, dtype=np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        wide = 0.5 * (np.log(q) - np.log(df)) / (np.sqrt(2.0 * q) - np.sqrt(2.0 * df - 1.0))
        even = np.sqrt(0.5 / (df - 1.0) * (1.0 - 1.0 / (3.0 * (df - 1.0) ** 2)))
        reach = normal_upper(0.5 * (1.0 - level)) * np.where(q > df + 1.0, wide, even)
        h = np.maximum(0.5 * np.log(q / df), 0.0)
        low, high = (1.0 - np.exp(-2.0 * np.maximum(bound, 0.0)) for bound in (h - reach, h + reach))
    defined = df > 1.0
    return np.where(defined, low, np.nan), np.where(defined, high, np.nan)


def tau2_interval(
    y: ArrayLike,
    v: ArrayLike,
    include: ArrayLike | None = None,
    *,
    method: str = "q-profile",
    tau2_method: str = "REML",
    level: float = 0.95,
) -> Tau2Interval:
    """Interval for the between-study variance.

    Parameters
    ----------
    y, v, include : array_like, shape (..., k)
        As in :func:`synth.meta.inverse.fit.pool_inverse`.
    method : {"q-profile", "profile"}
        By inverting the generalised Q (Viechtbauer 2007), or the likelihood (Hardy and Thompson 1996).
    tau2_method : {"REML", "ML"}
        Which likelihood is profiled; ignored by "q-profile".
    level : float
        Confidence, in (0, 1).

    Returns
    -------
    Tau2Interval
        nan where fewer than two studies count.

    Raises
    ------
    SettingsError
        Unknown `method`, or a `tau2_method` that has no likelihood.

    Notes
    -----
    Q-profile: Viechtbauer (2007), Stat Med 26:37-52. Where a likelihood has several maxima the profile interval runs
    from the lowest to the highest tau2 that it does not reject.

    Examples
    --------
    >>> ci = tau2_interval([0.0, 0.1, 0.9, 1.2], [0.1, 0.1, 0.1, 0.1])
    >>> print(ci.low.round(4), ci.high.round(4))
    0.0123 4.7657
    """
    if method not in INTERVALS:
        raise SettingsError(f'There is no interval for tau2 by "{method}". There are: {", ".join(INTERVALS)}.')
    if not 0 < level < 1:
        raise SettingsError(f"A confidence level lies between 0 and 1; {level} does not. Did you mean 0.95?")
    rows = make_rows(y, v, include)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        s0 = sums(rows, np.zeros(len(rows.k)))
        if method == "q-profile":
            low, high, empty = _q_profile(rows, s0, level)
        else:
            if tau2_method not in ("REML", "ML"):
                raise SettingsError(f'A profile likelihood needs tau2 by "REML" or "ML", not by "{tau2_method}".')
            low, high = _profile(rows, tau2_method, level)
            empty = np.zeros(len(rows.k), dtype=np.bool_)
        typical = typical_variance(rows, s0)
        i2_low, i2_high = i2_from_tau2(low, typical), i2_from_tau2(high, typical)
        h2_low, h2_high = 1.0 + low / typical, 1.0 + high / typical
    lead = rows.lead
    return Tau2Interval(
        low=low.reshape(lead),
        high=high.reshape(lead),
        i2_low=i2_low.reshape(lead),
        i2_high=i2_high.reshape(lead),
        h2_low=h2_low.reshape(lead),
        h2_high=h2_high.reshape(lead),
        empty=empty.reshape(lead),
        method=method,
        level=level,
    )


def _q_profile(rows: Rows, s0: Sums, level: float) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Solve the generalised Q at both quantiles of its distribution."""
    several = rows.k > 1
    df = np.where(several, rows.k - 1, np.nan)
    tail = 0.5 * (1.0 - level)
    low = solve_q(rows, chi2_upper(tail, df))
    small = chi2_upper(1.0 - tail, df)
    return low, solve_q(rows, small, low), several & (s0.q < small)


def _profile(rows: Rows, tau2_method: str, level: float) -> tuple[Floats, Floats]:
    """Find the outermost tau2 at which the profiled likelihood has fallen by half a chi-squared quantile."""
    low, high = np.full(len(rows.k), np.nan), np.full(len(rows.k), np.nan)
    which = np.flatnonzero(rows.k > 1)
    if not len(which):
        return low, high
    part = rows.take(which)
    side = 0 if tau2_method == "ML" else 1
    peak = estimate_tau2(part, tau2_method)
    fall = 0.5 * float(chi2_upper(1.0 - level, 1.0))
    cut = log_likelihoods(part, peak)[side] - fall

    def height(r: Rows, t: Floats) -> Floats:
        return log_likelihoods(r, t)[side]

    def above(t: Floats, at: NDArray[np.intp]) -> tuple[Floats, Floats]:
        r = part.take(at)
        s = sums(r, t)
        return height(r, t) - cut[at], 0.5 * (s.a - (s.s1 if side == 0 else s.trace))

    # below the estimate: the first trial value inside
    grid = trial_values(part, peak, np.zeros(len(peak)))
    inside = evaluate(part, grid, height) >= cut[:, None]
    inside[:, -1] = True
    at = inside.argmax(axis=1)
    low[which] = 0.0
    cross = np.flatnonzero(at > 0)
    if len(cross):
        a, b = grid[cross, at[cross]], grid[cross, at[cross] - 1]
        low[which[cross]] = solve_between(lambda t, i: above(t, cross[i]), a, b, 0.5 * (a + b), part.v_min[cross])
    # above it: the last one inside, once the end is outside
    top = np.maximum(upper_bound(part), peak) + part.v_min
    for _ in range(1000):
        short = height(part, top) >= cut
        if not short.any():
            break
        top = np.where(short, 4.0 * top, top)
    grid = trial_values(part, top, peak)
    inside = evaluate(part, grid, height) >= cut[:, None]
    inside[:, 0], inside[:, -1] = True, False
    at = inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)
    here = np.arange(len(at))
    a, b = grid[here, at], grid[here, at + 1]
    high[which] = solve_between(above, a, b, 0.5 * (a + b), part.v_min)
    return low, high
