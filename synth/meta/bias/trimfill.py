"""Trim and fill: how many studies one side of the funnel seems to lack, and the pool with mirror images there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingsError
from synth.meta.inverse.fit import InverseFit, pool_inverse
from synth.meta.numeric.distributions import Floats
from synth.meta.numeric.kendall import ROUNDING
from synth.meta.sensitivity.regression import regress

ESTIMATORS: Final = ("L0", "R0", "Q0")
SIDES: Final = ("auto", "left", "right")
STEPS: Final = 100


@dataclass(frozen=True, eq=False)
class TrimFill:
    """Trim and fill by one estimator.

    Attributes
    ----------
    estimator : {"L0", "R0", "Q0"}
        Of the number of missing studies.
    side : {"left", "right"} or None
        Where they are missing.
    missing : int or None
        How many; None where the estimator has no answer, with a `reason`.
    missing_se : float or None
        Its standard error.
    missing_p : float or None
        Of the hypothesis that none is missing on this side ("R0" only).
    mirrored : ndarray of int
        Positions of the studies whose mirror images are filled in, the most extreme last.
    filled_y, filled_v : ndarray
        The mirror images.
    fit : InverseFit or None
        The pool with them.
    reason : str
        Why there is no answer; "" where there is.
    """

    estimator: str
    side: str | None
    missing: int | None
    missing_se: float | None
    missing_p: float | None
    mirrored: NDArray[np.intp]
    filled_y: Floats
    filled_v: Floats
    fit: InverseFit | None
    reason: str


def _missing(signed: Floats, estimator: str) -> tuple[float, float]:
    """Estimate how many are missing, and the standard error, from signed ranks; nan without a real root."""
    k = len(signed)
    positive = signed > 0
    if estimator == "R0":
        # length of the run of positive ranks above the highest negative one
        run = int((positive & (signed > -signed[signed < 0].min(initial=0.0))).sum())
        k0 = float(run - 1)
        return k0, math.sqrt(2.0 * max(0.0, k0) + 2.0)
    rank_sum = float(signed[positive].sum())
    if estimator == "L0":
        k0 = (4.0 * rank_sum - k * (k + 1)) / (2 * k - 1)
    else:
        square = 2.0 * k * k - 4.0 * rank_sum + 0.25
        if square < 0:
            return math.nan, math.nan
        k0 = k - 0.5 - math.sqrt(square)
    variance = (
        k * (k + 1) * (2 * k + 1)
        + 10.0 * k0**3
        + 27.0 * k0**2
        + 17.0 * k0
        - 18.0 * k * k0**2
        - 18.0 * k * k0
        + 6.0 * k * k * k0
    ) / 24.0
    root = math.sqrt(max(0.0, variance))
    if estimator == "L0":
        return k0, 4.0 * root / (2 * k - 1)
    return k0, 2.0 * root / math.sqrt((k - 0.5) ** 2 - k0 * (2 * k - k0 - 1))


def trim_and_fill(
    y: ArrayLike,
    v: ArrayLike,
    include: ArrayLike | None = None,
    *,
    estimator: str = "L0",
    side: str = "auto",
    effects: str = "random",
    trim_effects: str | None = None,
    tau2_method: str = "REML",
    ci_method: str = "wald",
    level: float = 0.95,
    prediction: str = "t",
) -> TrimFill:
    """Trim the studies without a counterpart, find the centre of the rest, and fill in mirror images.

    Parameters
    ----------
    y, v : array_like, shape (k,)
        Estimates and sampling variances, on the analysis scale.
    include : array_like of bool, shape (k,), optional
        Which studies count.
    estimator : {"L0", "R0", "Q0"}
        Of the number of missing studies.
    side : {"auto", "left", "right"}
        Where studies are missing; "auto" by the sign of the regression on the standard error.
    effects, tau2_method, ci_method, level, prediction
        Of the pool, as in :func:`synth.meta.inverse.fit.pool_inverse`.
    trim_effects : {"random", "common"}, optional
        Of the trimming; as `effects` when absent (metafor). meta trims by common effects.

    Returns
    -------
    TrimFill
        With None and a reason where the ranks have no answer: Q0 without a real root, fewer than two studies left, or
        steps that alternate.

    Raises
    ------
    SettingsError
        An option that is not there.

    Notes
    -----
    Duval and Tweedie (2000), Biometrics 56:455-463, and J Am Stat Assoc 95:89-98. metafor:
    ``trimfill(rma(yi, vi), estimator = "L0")``; meta: ``trimfill(x)``.

    Examples
    --------
    >>> y, v = [0.1, 0.2, 0.25, 0.6, 0.9, 1.1], [0.01, 0.02, 0.03, 0.1, 0.2, 0.3]
    >>> found = trim_and_fill(y, v, effects="common")
    >>> found.side, found.missing, found.mirrored
    ('left', 3, array([3, 4, 5]))
    """
    if estimator not in ESTIMATORS:
        there = ", ".join(ESTIMATORS)
        raise SettingsError(f'There is no estimator "{estimator}" of missing studies. There are: {there}.')
    if side not in SIDES:
        raise SettingsError(f'There is no side "{side}". There are: {", ".join(SIDES)}.')
    trimming = effects if trim_effects is None else trim_effects
    y, v = np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64)
    use = np.isfinite(v) if include is None else np.asarray(include, dtype=np.bool_) & np.isfinite(v)
    at = np.flatnonzero(use)
    y, v = y[at], v[at]
    k = len(y)

    def without(reason: str, where: str | None = None) -> TrimFill:
        empty = np.empty(0)
        return TrimFill(estimator, where, None, None, None, np.empty(0, dtype=np.intp), empty, empty, None, reason)

    if k < 3:
        return without(f"{k} {'study has' if k == 1 else 'studies have'} no funnel.")
    if side == "auto":
        design = np.column_stack([np.ones(k), np.sqrt(v)])
        slope = regress(y, v, design, effects=trimming, tau2_method=tau2_method, ci_method="wald").estimate[1]
        if np.isnan(slope):
            return without("All studies have the same precision: neither side is the emptier one.")
        side = "right" if slope < 0 else "left"
    flip = -1.0 if side == "right" else 1.0
    order = np.argsort(flip * y, kind="stable")
    sorted_y, sorted_v = flip * y[order], v[order]
    kept, seen = k, [0]
    for _ in range(STEPS):
        centre = float(
            pool_inverse(
                sorted_y[:kept], sorted_v[:kept], effects=trimming, tau2_method=tau2_method, ci_method="wald"
            ).estimate
        )
        off = sorted_y - centre
        off[np.abs(off) <= ROUNDING * np.abs(sorted_y).max()] = 0.0
        rank = np.abs(off).argsort(kind="stable").argsort() + 1.0
        k0, se = _missing(np.sign(off) * rank, estimator)
        if math.isnan(k0):
            return without("The equation of Q0 has no real root for these ranks; L0 and R0 do not need one.", side)
        missing = max(0, round(k0))
        if missing == seen[-1]:
            break
        if k - missing < 2:
            return without(f"The estimate of {missing} missing studies leaves fewer than two to stand on.", side)
        if missing in seen:
            rest = " and ".join(str(n) for n in sorted(set(seen[seen.index(missing) :])))
            return without(f"The estimate of the number of missing studies alternates between {rest}.", side)
        seen.append(missing)
        kept = k - missing
    last = order[k - missing :]
    filled = flip * (2.0 * centre - sorted_y[k - missing :])
    fit = pool_inverse(
        np.concatenate([y, filled]),
        np.concatenate([v, v[last]]),
        effects=effects,
        tau2_method=tau2_method,
        ci_method=ci_method,
        level=level,
        prediction=prediction,
    )
    p = 0.5 ** (missing + 1) if estimator == "R0" else None
    return TrimFill(estimator, side, missing, max(0.0, se), p, at[last], filled, v[last], fit, "")
