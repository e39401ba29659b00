"""Generalised linear mixed models for two arms with few events, and for rates of one arm: no continuity correction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import NoAnswer, NothingToPool, SettingsError
from ..numeric.distributions import chi2_tail, normal_upper, t_upper
from ..numeric.quadrature import Floats
from ..results import number
from .mixed import Arms, MixedFit, fit_mixed

MEASURES = ("OR", "IRR")
MODELS = ("unconditional", "conditional")
EFFECTS = ("random", "common")
CI_METHODS = ("t", "wald")
NAMES = {
    ("OR", "unconditional"): "binomial-normal, random study effects (UM.RS), integrated exactly",
    ("OR", "conditional"): "binomial approximation of the conditional model (CM.AL), integrated exactly",
    ("IRR", "unconditional"): "Poisson-normal, random study effects (UM.RS), integrated exactly",
    ("IRR", "conditional"): "conditional model (CM.EL), integrated exactly",
}
# The arms' log odds or log rates: an intercept, and half the effect up and down.
_CODING = np.array([[1.0, 0.5], [1.0, -0.5]])


@dataclass(frozen=True)
class MixedResult:
    """A pooled log odds ratio, log rate ratio or log rate; ``None`` with ``reason`` where undefined.

    Attributes
    ----------
    method, measure, effects, ci_method : str
        The definitions that made the numbers.
    k : int
        Studies that the model uses.
    dropped : tuple of int
        Positions of studies that it leaves out: no events in either arm, or events only.
    estimate, se, ci_low, ci_high : float
        On the log scale.
    tau2 : float or None
        Variance between studies of the effect (of the log rate, for one arm).
    sigma2 : float or None
        Variance between studies of the level (unconditional model).
    ratio, p_value : float or None
        Likelihood-ratio test of ``tau2 = 0``: half a chi-square with one degree of freedom.
    loglik : float
        Marginal log-likelihood, constants included.
    """

    method: str
    measure: str
    effects: str
    ci_method: str
    k: int
    dropped: tuple[int, ...]
    estimate: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    tau2: float | None
    sigma2: float | None
    ratio: float | None
    p_value: float | None
    loglik: float | None
    reason: str | None = None


def two_arm_arms(x: Floats, n: Floats, measure: str, model: str, effects: str) -> Arms:
    """What is fitted: the treated arm is column 0, the control arm column 1.

    Parameters
    ----------
    x, n : array of float, shape (k, 2)
        Events, and totals (OR) or person-time (IRR).
    measure, model, effects : str
        See :func:`pool_two_arm_glmm`.

    Returns
    -------
    Arms
    """
    random = effects == "random"
    if model == "unconditional":
        loading = _CODING if random else np.ones((2, 1))
        return Arms(x, n, np.zeros_like(x), _CODING, loading, measure == "IRR")
    offset = np.log(n[:, :1] / n[:, 1:])
    return Arms(x[:, :1], x.sum(axis=1, keepdims=True), offset, np.ones((1, 1)), np.full((1, 1), float(random)))


def pool_two_arm_glmm(
    event_t: ArrayLike,
    total_t: ArrayLike,
    event_c: ArrayLike,
    total_c: ArrayLike,
    *,
    measure: str = "OR",
    model: str = "unconditional",
    effects: str = "random",
    ci_method: str = "t",
    level: float = 0.95,
) -> MixedResult:
    """Pool two arms by a generalised linear mixed model.

    Parameters
    ----------
    event_t, total_t, event_c, total_c : array_like of float, shape (k,)
        Events and totals of the treated and the control arm; person-time in the totals' place for ``IRR``.
    measure : {"OR", "IRR"}
        Log odds ratio from binomial counts, or log rate ratio from Poisson counts.
    model : {"unconditional", "conditional"}
        Unconditional with random study effects, independent of the effects in the coding of half up and half down
        (metafor's UM.RS); or conditional on all events of the study: exact for ``IRR`` (CM.EL), and for ``OR`` the
        binomial approximation for few events (CM.AL).
    effects : {"random", "common"}
    ci_method : {"t", "wald"}
        ``t`` has ``k - 1`` degrees of freedom.
    level : float

    Returns
    -------
    MixedResult

    Raises
    ------
    SettingsError
        Words that are not known.
    NothingToPool
        No study with both events and, for ``OR``, patients without.
    NoAnswer
        The effect is infinite: no events in one arm of any study, or nothing but events.

    Examples
    --------
    >>> r = pool_two_arm_glmm([1, 2, 0, 5], [44, 208, 130, 151], [3, 9, 7, 6], [35, 195, 136, 157])
    >>> round(r.estimate, 3), round(r.tau2, 3), r.k
    (-1.192, 0.0, 4)
    """
    for word, known, kind in ((measure, MEASURES, "measure"), (model, MODELS, "model"), (effects, EFFECTS, "effects"),
                              (ci_method, CI_METHODS, "interval")):  # fmt: skip
        if word not in known:
            raise SettingsError(f'The two-arm mixed model has no {kind} "{word}". There are: {", ".join(known)}.')
    x = np.stack([np.asarray(event_t, dtype=float), np.asarray(event_c, dtype=float)], axis=-1)
    n = np.stack([np.asarray(total_t, dtype=float), np.asarray(total_c, dtype=float)], axis=-1)
    use = x.sum(axis=1) > 0
    if measure == "OR":
        use &= x.sum(axis=1) < n.sum(axis=1)
    if not use.any():
        raise NothingToPool(f"No study says anything on the {measure}: each has no events, or nothing but events.")
    arms = two_arm_arms(x[use], n[use], measure, model, effects)
    mask = np.ones((1, int(use.sum())))
    fit = fit_mixed(arms, mask)
    which = 1 if model == "unconditional" else 0
    if not fit.determined[0]:
        raise NoAnswer(
            f"The {measure} is infinite: one arm has no events, or nothing but events, in every study. Tried: the "
            "maximum of the likelihood, which is at infinity. Use --model inverse with a continuity correction."
        )
    common = fit_mixed(two_arm_arms(x[use], n[use], measure, model, "common"), mask) if effects == "random" else None
    if model == "unconditional":
        sigma2, tau2 = float(fit.scale[0, 0] ** 2), float(fit.scale[0, 1] ** 2) if effects == "random" else None
    else:
        sigma2, tau2 = None, float(fit.scale[0, 0] ** 2) if effects == "random" else None
    name = NAMES[measure, model]
    return _result(name, measure, effects, ci_method, level, use, fit, which, tau2, sigma2, common)


def pool_rates_glmm(
    events: ArrayLike, time: ArrayLike, *, effects: str = "random", ci_method: str = "t", level: float = 0.95
) -> MixedResult:
    """Pool event rates of one arm by the Poisson-normal model.

    Parameters
    ----------
    events, time : array_like of float, shape (k,)
        Events and person-time.
    effects : {"random", "common"}
    ci_method : {"t", "wald"}
    level : float

    Returns
    -------
    MixedResult
        The estimate is the mean log rate.

    Raises
    ------
    SettingsError
        Words that are not known.
    NothingToPool
        No study.
    NoAnswer
        No event in any study.

    Examples
    --------
    >>> r = pool_rates_glmm([11, 8, 14, 10], [1988, 1461, 10962, 1503])
    >>> round(r.estimate, 3), round(r.tau2, 3)
    (-5.586, 0.38)
    """
    for word, known, kind in ((effects, EFFECTS, "effects"), (ci_method, CI_METHODS, "interval")):
        if word not in known:
            raise SettingsError(f'The Poisson-normal model has no {kind} "{word}". There are: {", ".join(known)}.')
    x, t = np.asarray(events, dtype=float)[:, None], np.asarray(time, dtype=float)[:, None]
    if x.size == 0:
        raise NothingToPool("There is no study to pool: events and time are empty.")
    if x.sum() == 0:
        raise NoAnswer("No event in any study: the log rate is minus infinity. There is an exact upper limit only.")
    one, mask = np.ones((1, 1)), np.ones((1, x.shape[0]))
    fit = fit_mixed(Arms(x, t, np.zeros_like(x), one, one if effects == "random" else 0.0 * one, True), mask)
    common = fit_mixed(Arms(x, t, np.zeros_like(x), one, 0.0 * one, True), mask) if effects == "random" else None
    tau2 = float(fit.scale[0, 0] ** 2) if effects == "random" else None
    name = "Poisson-normal, maximum likelihood, integrated exactly"
    use = np.ones(x.shape[0], dtype=bool)
    return _result(name, "IRLN", effects, ci_method, level, use, fit, 0, tau2, None, common)


def _result(
    name: str, measure: str, effects: str, ci_method: str, level: float, use: NDArray[np.bool_], fit: MixedFit,
    which: int, tau2: float | None, sigma2: float | None, common: MixedFit | None,
) -> MixedResult:  # fmt: skip
    k = int(use.sum())
    estimate, se = float(fit.beta[0, which]), float(np.sqrt(fit.cov[0, which, which]))
    reason = None
    if k == 1:
        # One study has no degrees of freedom for t, and shows no variation between studies.
        ci_method, tau2, sigma2, reason = "wald", None, None, "one study: no pooling, and no variation between studies"
    tail = (1.0 - level) / 2.0
    point = float(normal_upper(tail) if ci_method == "wald" else t_upper(tail, k - 1))
    ratio = p_value = None
    if common is not None and k > 1:
        ratio = 2.0 * max(float(fit.loglik[0] - common.loglik[0]), 0.0)
        p_value = 0.5 * float(chi2_tail(ratio, 1)) if ratio > 0.0 else 1.0
    return MixedResult(
        name, measure, effects, ci_method, k, tuple(np.flatnonzero(~use).tolist()), number(estimate), number(se),
        number(estimate - point * se), number(estimate + point * se), tau2, sigma2, ratio, p_value,
        number(fit.loglik[0]), reason,
    )  # fmt: skip
