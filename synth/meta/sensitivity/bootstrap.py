"""Resampling: the bootstrap prediction interval of Nagashima and others, the bootstrap of studies, the jackknife."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from synth.errors import SettingsError
from synth.meta.inverse.fit import pool_inverse
from synth.meta.numeric.distributions import Floats, normal_upper
from synth.meta.numeric.q_distribution import q_survival
from synth.meta.sensitivity.rows import make_rows

NUMBERS_AT_ONCE: Final = 32_768
# Values of tau2 at which the exact distribution of Q is worked out; between them its logit is straight to 1e-4.
GRID: Final = 384
# The confidence distribution of tau2 is followed until it has this much left.
LEFT: Final = 1e-7


@dataclass(frozen=True, eq=False)
class BootstrapPrediction:
    """Prediction and confidence interval from the confidence distribution of tau2.

    Attributes
    ----------
    prediction_low, prediction_high : float
        Where a new study's true value lies.
    ci_low, ci_high : float
        The interval for the mean that goes with it.
    tau2_zero : float
        Share of the draws of tau2 that are 0.
    samples, seed : int
        How many draws, and where they start.
    level : float
        Confidence.
    method : str
        Its name.
    """

    prediction_low: float
    prediction_high: float
    ci_low: float
    ci_high: float
    tau2_zero: float
    samples: int
    seed: int
    level: float
    method: str = "bootstrap (Nagashima, Noma and Furukawa 2019)"


def draw_tau2(y: Floats, v: Floats, uniform: Floats) -> Floats:
    """Return the points of the confidence distribution of tau2 with the probabilities `uniform`.

    Parameters
    ----------
    y, v : ndarray, shape (k,)
        Estimates and sampling variances of at least two studies.
    uniform : ndarray
        In (0, 1).

    Returns
    -------
    ndarray
        tau2 at which the exact probability of a Q above the observed one is `uniform`; 0 where it is more at 0 already.

    Examples
    --------
    >>> draw_tau2(np.array([0.0, 4.0]), np.ones(2), np.array([0.001, 0.5])).round(3)
    array([ 0.   , 16.586])
    """
    rows = make_rows(y, v)
    zero = np.zeros(1)
    s0 = rows.sums(zero)
    q = float(s0.q[0])
    if q == 0:
        return np.zeros(np.shape(uniform))
    unit = float(1.0 / s0.s1[0])
    top = max(unit, q / float(s0.trace[0]))
    # in the far tail P(Q < q) falls with the power (k - 1) / 2 of 1 / tau2
    while q_survival(q, v, np.array([top]))[0] < 1.0 - LEFT:
        top *= 16.0
    bottom = float(rows.v_min[0]) * 1e-3
    grid = np.concatenate([[0.0], np.geomspace(bottom, max(top, 2.0 * bottom), GRID)])
    chance = np.empty(len(grid))
    batch = max(1, 4 * NUMBERS_AT_ONCE // (81 * len(v)))
    for at in range(0, len(grid), batch):
        chance[at : at + batch] = q_survival(q, v, grid[at : at + batch])
    chance = np.maximum.accumulate(np.clip(chance, 1e-15, 1.0 - 1e-15))
    x, goal = np.log(chance) - np.log1p(-chance), np.log(uniform) - np.log1p(-uniform)
    out: Floats = np.expm1(np.interp(goal, x, np.log1p(grid / unit))) * unit
    return np.where(uniform <= chance[0], 0.0, out)


def bootstrap_prediction(
    y: ArrayLike,
    v: ArrayLike,
    *,
    samples: int = 25_000,
    seed: int = 1,
    level: float = 0.95,
) -> BootstrapPrediction:
    """Predict with the uncertainty of tau2 taken in.

    Parameters
    ----------
    y, v : array_like, shape (k,)
        Estimates and sampling variances of at least three studies, on the analysis scale.
    samples : int
        How many draws.
    seed : int
        Where the generator starts.
    level : float
        Confidence.

    Returns
    -------
    BootstrapPrediction

    Raises
    ------
    SettingsError
        Fewer than three studies, or a level outside (0, 1).

    Notes
    -----
    Nagashima, Noma and Furukawa (2019), Stat Methods Med Res 28:1689-1702: each draw takes tau2 from its confidence
    distribution (the exact distribution of Cochran's Q), the weighted mean at that tau2, a normal deviate times tau,
    and a t deviate with k - 1 degrees of freedom times Hartung's standard error. R: ``pimeta::pima(y, se, method =
    "boot")``, which draws other random numbers.

    Examples
    --------
    >>> found = bootstrap_prediction([0.0, 0.4, 0.5, 1.2], [0.04, 0.05, 0.03, 0.06])
    >>> found.prediction_low < found.ci_low < found.ci_high < found.prediction_high
    True
    """
    y, v = np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64)
    use = np.isfinite(v)
    y, v = np.asarray(y[use]), np.asarray(v[use])
    k = len(y)
    if k < 3:
        raise SettingsError(f"The bootstrap prediction interval needs three studies; here there are {k}.")
    if not 0 < level < 1:
        raise SettingsError(f"A confidence level lies between 0 and 1; {level} does not. Did you mean 0.95?")
    rng = np.random.default_rng(seed)
    tau2 = draw_tau2(y, v, rng.random(samples))
    normal, t = rng.standard_normal(samples), rng.standard_t(k - 1, samples)
    rows = make_rows(y, v)
    mean, error = np.empty(samples), np.empty(samples)
    batch = max(1, NUMBERS_AT_ONCE // k)
    for at in range(0, samples, batch):
        s = rows.sums(tau2[None, at : at + batch])
        mean[at : at + batch] = s.mean[0]
        error[at : at + batch] = np.sqrt(s.q[0] / (k - 1) / s.s1[0])
    mean += rows.origin[0]
    middle = mean - t * error
    tails = [0.5 * (1.0 - level), 0.5 * (1.0 + level)]
    low, high = np.quantile(middle + normal * np.sqrt(tau2), tails)
    ci_low, ci_high = np.quantile(middle, tails)
    return BootstrapPrediction(
        prediction_low=float(low),
        prediction_high=float(high),
        ci_low=float(ci_low),
        ci_high=float(ci_high),
        tau2_zero=float((tau2 == 0).mean()),
        samples=samples,
        seed=seed,
        level=level,
    )


@dataclass(frozen=True, eq=False)
class Resampled:
    """Distribution of the pooled estimate and of tau2 over resampled studies.

    Attributes
    ----------
    estimate, tau2 : ndarray, shape (samples,)
        Of each resample.
    se, bias : float
        Standard deviation of `estimate`, and its mean minus the pooled estimate.
    ci_low, ci_high, tau2_low, tau2_high : float
        Percentiles.
    samples : int
    seed : int or None
        None for the jackknife, which draws nothing.
    level : float
        Of the percentiles.
    method : str
        "bootstrap (studies)" or "jackknife".
    """

    estimate: Floats
    tau2: Floats
    se: float
    bias: float
    ci_low: float
    ci_high: float
    tau2_low: float
    tau2_high: float
    samples: int
    seed: int | None
    level: float
    method: str


def bootstrap_studies(
    y: ArrayLike,
    v: ArrayLike,
    *,
    samples: int = 10_000,
    seed: int = 1,
    effects: str = "random",
    tau2_method: str = "REML",
    level: float = 0.95,
) -> Resampled:
    """Draw studies with replacement and pool each draw, as multiplicities of the mask kernel.

    Parameters
    ----------
    y, v : array_like, shape (k,)
        Estimates and sampling variances, on the analysis scale.
    samples, seed : int
        How many draws, and where they start.
    effects, tau2_method
        As in :func:`synth.meta.inverse.fit.pool_inverse`.
    level : float
        Of the percentile intervals.

    Returns
    -------
    Resampled

    Notes
    -----
    Efron and Tibshirani (1993), An Introduction to the Bootstrap. A draw of one study only has tau2 = 0.

    Examples
    --------
    >>> found = bootstrap_studies([0.0, 0.4, 0.5, 1.2], [0.04, 0.05, 0.03, 0.06], samples=500, tau2_method="DL")
    >>> found.ci_low < 0.5 < found.ci_high, len(found.estimate)
    (True, 500)
    """
    y, v = np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64)
    k = len(y)
    rng = np.random.default_rng(seed)
    times = rng.multinomial(k, np.full(k, 1.0 / k), samples)
    estimate, tau2 = np.empty(samples), np.empty(samples)
    batch = max(1, NUMBERS_AT_ONCE // k)
    for at in range(0, samples, batch):
        part = slice(at, at + batch)
        fit = pool_inverse(y, v, times[part], effects=effects, tau2_method=tau2_method, ci_method="wald")
        estimate[part], tau2[part] = fit.estimate, fit.tau2
    pooled = float(pool_inverse(y, v, effects=effects, tau2_method=tau2_method, ci_method="wald").estimate)
    tails = [0.5 * (1.0 - level), 0.5 * (1.0 + level)]
    low, high = np.quantile(estimate, tails)
    tau2_low, tau2_high = np.quantile(tau2, tails)
    return Resampled(
        estimate=estimate,
        tau2=tau2,
        se=float(estimate.std(ddof=1)),
        bias=float(estimate.mean()) - pooled,
        ci_low=float(low),
        ci_high=float(high),
        tau2_low=float(tau2_low),
        tau2_high=float(tau2_high),
        samples=samples,
        seed=seed,
        level=level,
        method="bootstrap (studies)",
    )


def jackknife(
    y: ArrayLike, v: ArrayLike, *, effects: str = "random", tau2_method: str = "REML", level: float = 0.95
) -> Resampled:
    """Estimate bias and standard error from the pools without each study.

    Parameters
    ----------
    y, v : array_like, shape (k,)
        Estimates and sampling variances of at least two studies, on the analysis scale.
    effects, tau2_method
        As in :func:`synth.meta.inverse.fit.pool_inverse`.
    level : float
        Of the interval, which is normal about the estimate minus its bias.

    Returns
    -------
    Resampled
        The interval of tau2 runs over the pools without each study.

    Notes
    -----
    Miller (1974), Biometrika 61:1-15: variance (k - 1) / k times the sum of squares, bias (k - 1) times the difference
    of the means.

    Examples
    --------
    >>> round(jackknife([1.0, 2.0, 6.0], [1.0, 1.0, 1.0], effects="common").se, 6)
    1.527525
    """
    y, v = np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64)
    k = len(y)
    if k < 2:
        raise SettingsError(f"The jackknife needs two studies; here there {'is' if k == 1 else 'are'} {k}.")
    full = float(pool_inverse(y, v, effects=effects, tau2_method=tau2_method, ci_method="wald").estimate)
    without = ~np.eye(k, dtype=np.bool_)
    fit = pool_inverse(y, v, without, effects=effects, tau2_method=tau2_method, ci_method="wald")
    bias = (k - 1.0) * (float(fit.estimate.mean()) - full)
    se = float(np.sqrt((k - 1.0) / k * ((fit.estimate - fit.estimate.mean()) ** 2).sum()))
    half = float(normal_upper(0.5 * (1.0 - level))) * se
    return Resampled(
        estimate=fit.estimate,
        tau2=fit.tau2,
        se=se,
        bias=bias,
        ci_low=full - bias - half,
        ci_high=full - bias + half,
        tau2_low=float(fit.tau2.min()),
        tau2_high=float(fit.tau2.max()),
        samples=k,
        seed=None,
        level=level,
        method="jackknife",
    )
