"""From fits of mixed models of two arms, or of rates, to a full answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from ...errors import NoAnswer
from ..glmm.i2 import FROM_TAU2
from ..glmm.mixed_profile import effect_ratio, profile_scale
from ..glmm.two_arm import OK, SEPARATED, EffectFit, EffectModel, effect_model
from ..glmm.two_arm_q import likelihood_q, wald_q
from ..glmm.two_arm_rows import (
    TOO_LARGE,
    effect_rows,
    i2_h2,
    limits,
    ratio,
    study_terms,
    typical_variance,
)
from ..inverse.heterogeneity import i2_interval_from_q
from ..measures.base import Measure
from ..measures.effects import measure
from ..numeric.distributions import Floats, chi2_tail, normal_upper, t_two_sided, t_upper
from ..results import (
    Heterogeneity,
    Interval,
    Omitted,
    Part,
    Pooled,
    PoolResult,
    PopulationAverage,
    Prediction,
    Reporting,
    Settings,
    Study,
    Tau2,
    Test,
    number,
)
from .inverse import COMMON, FEW, NO_DIFFERENCE, no_prediction
from .studies import ONE_STUDY, TWO_STUDIES, crude, sums

FROM_WALD_Q: Final = "from the Wald statistic of one effect for each study"
ONE_EVENT: Final = (
    "each study has one event, and given that it happened it says nothing of differences between studies"
)
NO_UPPER: Final = "the likelihood never falls far enough: the data set no upper limit"
# Above this share of patients with the event the binomial approximation for few events is told of.
_FEW_EVENTS: Final = 0.1
_NONE: Final = Reporting(None, None, None)


def answer_mixed(
    data: Mapping[str, Floats], studies: tuple[Study, ...], settings: Settings, leave_one_out: bool
) -> PoolResult:
    """Pool two arms, or rates, by a mixed model of the counts.

    Parameters
    ----------
    data : mapping of array, shape (k,)
        The columns of the measure, for the studies that say something on it; ``k >= 1``.
    studies : tuple of Study
        With their own intervals; weights and shrunken estimates are filled in here.
    settings : Settings
        ``ci_requested`` is what was asked for; ``ci_method`` becomes what was used.
    leave_one_out : bool

    Returns
    -------
    PoolResult

    Raises
    ------
    NoAnswer
        Where the likelihood has no maximum.
    """
    scale = measure(settings.measure)
    model = effect_model(settings.measure, settings.model, data)
    k = len(studies)
    one = np.ones((1, k), dtype=bool)
    (part,), fit = effect_rows(model, one, settings)
    state = int(fit.state[0])
    if state == SEPARATED or (part.ci_method is None and k > 1):
        instead = "--effects common, or " if state == SEPARATED and settings.effects == "random" else ""
        raise NoAnswer(
            f"--model {settings.model} has no answer on these {k} studies: {model.reason(state)}. Tried: Newton's "
            "method without random effects, with each alone and with all, from several variances. Use "
            f"{instead}--model inverse."
        )
    method = part.ci_method or "wald"
    notes = _notes(model, settings)
    if settings.ci_requested not in ("auto", method):
        notes.insert(0, f"The {settings.ci_requested} interval does not exist here, so the {method} one is given: "
                        f"{ONE_STUDY if k == 1 else model.reason(state)}.")  # fmt: skip
    settings = replace(settings, ci_method=method)
    tau2, heterogeneity = _spread(model, fit, state, settings)
    events, total = sums(data)
    omitted, why = _leave_one_out(model, fit, studies, settings, leave_one_out)
    return PoolResult(
        settings=settings,
        k=k,
        events=events,
        total=total,
        crude=crude(data, settings.level),
        studies=_with_terms(model, fit, state, studies, settings),
        pooled=_pooled(model, fit, state, part, scale, settings),
        population_average=PopulationAverage(None, "given for proportions of one arm only"),
        tau2=tau2,
        heterogeneity=heterogeneity,
        prediction=_prediction(model, fit, state, settings),
        leave_one_out=omitted,
        leave_one_out_reason=why,
        loglik=number(fit.loglik[0]) if k > 1 else None,
        notes=tuple(notes),
    )


def _log(value: float | None) -> float | None:
    return None if value is None or value <= 0.0 else float(np.log(value))


def _pooled(
    model: EffectModel, fit: EffectFit, state: int, part: Part, scale: Measure, settings: Settings
) -> Pooled:
    shown = Reporting(part.estimate, part.ci_low, part.ci_high)
    if state != OK:
        estimate, low, high = (_log(v) for v in (part.estimate, part.ci_low, part.ci_high))
        se = None
        if estimate is not None and part.k == 1 and model.measure != "IRLN" and low is not None and high is not None:
            se = (high - low) / 2.0 / float(normal_upper((1.0 - settings.level) / 2.0))
        elif estimate is not None and model.measure == "IRLN":
            se = float(1.0 / np.sqrt(model.x[0, 0]))
        test = None if se is None else _test(scale, estimate, se, None)
        return Pooled(scale.scale, estimate, se, low, high, settings.ci_method, None, shown, (), part.reason, test)
    k, level = int(fit.k[0]), settings.level
    common = settings.effects == "common"
    one = np.ones((1, k))
    estimate, se = float(fit.estimate[0]), float(fit.se[0])
    tail = (1.0 - level) / 2.0
    z, t = float(normal_upper(tail)), float(t_upper(tail, k - 1))
    found: dict[str, tuple[float | None, float | None, float | None, str | None]] = {
        "t": (estimate - t * se, estimate + t * se, k - 1.0, None),
        "wald": (estimate - z * se, estimate + z * se, None, None),
    }
    if not common:
        if settings.ci_method == "profile":
            low, high, why = _log(part.ci_low), _log(part.ci_high), part.reason
        else:
            lows, highs, reasons = limits(model, one, fit.inner, level, common=common)
            low, high, why = number(lows[0]), number(highs[0]), reasons[0]
        found["profile"] = (low, high, None, why)
    intervals = tuple(
        Interval(name, low, high, df, Reporting(part.estimate, ratio(low), ratio(high)), reason or _large(low, high))
        for name in ("t", "profile", "wald")
        if name in found
        for low, high, df, reason in [found[name]]
    )
    low, high, df, reason = found[settings.ci_method]
    reason = reason or _large(low, high)
    test = _test(scale, estimate, se, df)
    if test is not None and settings.ci_method == "profile" and scale.null is not None:
        flat = common or not model.shows_tau()
        fallen = float(effect_ratio(model.arms, one, fit.inner, model.which, scale.null, common=flat)[0])
        name = "no effect, likelihood ratio, chi-square with 1 degree of freedom"
        test = Test(fallen, float(chi2_tail(fallen, 1)), name)
    return Pooled(scale.scale, estimate, se, low, high, settings.ci_method, df, shown, intervals, reason, test)


def _large(*limits: float | None) -> str | None:
    return TOO_LARGE if any(b is not None and ratio(b) is None for b in limits) else None


def _test(scale: Measure, estimate: float | None, se: float, df: float | None) -> Test | None:
    if scale.null is None or estimate is None:
        return None
    statistic = (estimate - scale.null) / se
    name = "normal" if df is None else f"t with {df:g} degrees of freedom"
    return Test(statistic, float(t_two_sided(statistic, np.inf if df is None else df)), f"no effect, {name}")


def _spread(model: EffectModel, fit: EffectFit, state: int, settings: Settings) -> tuple[Tau2, Heterogeneity]:
    k = int(fit.k[0])
    if k == 1:
        return (
            Tau2(None, settings.tau2_method, None, None, None, None, None, NO_DIFFERENCE),
            Heterogeneity(None, None, None, None, None, None, None, None, None, NO_DIFFERENCE),
        )
    one, common = np.ones((1, k)), settings.effects == "common"
    # Where an effect is infinite it is so in every study: no difference at all is seen.
    q = 0.0 if state != OK else float(likelihood_q(model, one, fit.loglik_common)[0])
    about = (q, "likelihood ratio", k - 1, float(chi2_tail(q, k - 1)))
    why = None
    if state != OK:
        why = f"{model.reason(state).split(':')[0]}, so differences between studies cannot be estimated"
    elif common:
        why = COMMON
    elif not model.shows_tau():
        why = ONE_EVENT
    sigma2 = number(fit.sigma2[0])
    if why is not None:
        return (
            Tau2(None, settings.tau2_method, None, None, None, None, None, why, sigma2),
            Heterogeneity(*about, None, None, None, None, None, why),
        )
    value = float(fit.tau2[0])
    reason = None
    try:
        lows, highs = profile_scale(model.arms, one, fit.inner, settings.level)
        low, high = number(lows[0]), number(highs[0])
        reason = None if high is not None else NO_UPPER
    except NoAnswer as error:
        low, high, reason = None, None, str(error)
    statistic = max(2.0 * float(fit.loglik[0] - fit.loglik_common[0]), 0.0)
    # Half a point mass at 0, half chi-square with one degree of freedom (Self & Liang 1987).
    p_tau = 1.0 if value == 0.0 else 0.5 * float(chi2_tail(statistic, 1))
    test = Test(statistic, p_tau, "likelihood ratio, boundary mixture of chi-square 0 and 1")
    tau2 = Tau2(value, "ML", float(np.sqrt(value)), low, high, "profile likelihood", test, reason, sigma2)
    i2, h2 = (number(share[0]) for share in i2_h2(model, one, fit.tau2, settings.i2_method))
    if settings.i2_method == "q":
        lower, upper = (number(b) for b in i2_interval_from_q(wald_q(model, one)[0], k - 1, settings.level))
        few = TWO_STUDIES if k == 2 else reason
        return tau2, Heterogeneity(*about, i2, lower, upper, FROM_WALD_Q, h2, few)
    v = float(typical_variance(model, one)[0])
    ends = [None if b is None else b / (b + v) for b in (low, high)]
    return tau2, Heterogeneity(*about, i2, ends[0], ends[1], FROM_TAU2, h2, reason)


def _with_terms(
    model: EffectModel, fit: EffectFit, state: int, studies: tuple[Study, ...], settings: Settings
) -> tuple[Study, ...]:
    if len(studies) == 1:
        return (replace(studies[0], weight=1.0),)
    if state != OK:
        return studies
    weight, mean, sd = study_terms(model, fit.inner.theta[0])
    out = tuple(replace(s, weight=float(w)) for s, w in zip(studies, weight, strict=True))
    if settings.effects == "common" or not model.shows_tau():
        return out
    z = float(normal_upper((1.0 - settings.level) / 2.0))
    ends = mean - z * sd, mean + z * sd
    return tuple(
        replace(s, shrunken=Reporting(*(ratio(float(v[i])) for v in (mean, *ends)))) for i, s in enumerate(out)
    )


def _prediction(model: EffectModel, fit: EffectFit, state: int, settings: Settings) -> Prediction:
    k = int(fit.k[0])
    why = no_prediction(k, settings)
    if why is None and state != OK:
        why = "differences between studies cannot be estimated here"
    if why is None and not model.shows_tau():
        why = ONE_EVENT
    if why:
        return Prediction(None, None, None, None, _NONE, None, why)
    estimate = float(fit.estimate[0])
    df = {"t": k - 1.0, "hts": k - 2.0, "normal": np.inf}[settings.prediction_method]
    reach = float(t_upper((1.0 - settings.level) / 2.0, df)) * float(np.sqrt(fit.tau2[0] + fit.se[0] ** 2))
    low, high = estimate - reach, estimate + reach
    shown = Reporting(ratio(estimate), ratio(low), ratio(high))
    few = _large(low, high) or (None if k >= 10 else FEW)
    return Prediction(settings.prediction_method, number(df), low, high, shown, k >= 10, few)


def _notes(model: EffectModel, settings: Settings) -> list[str]:
    notes = []
    x, n = model.x, model.n
    empty = (x == 0.0).any(axis=1)
    if model.measure == "OR":
        empty |= (x == n).any(axis=1)
    if model.measure != "IRLN" and empty.any():
        several = int(empty.sum())
        cells = "no events" if model.measure == "IRR" else "no events, or nothing else,"
        whose = "1 of the series has" if several == 1 else f"{several} of the series have"
        notes.append(
            f"{whose} {cells} in an arm: only to be drawn by themselves, 1/2 is added to their "
            f"{'events' if model.measure == 'IRR' else 'cells'}; the model adds nothing."
        )
    if settings.model == "glmm-cm-al":
        share = float(x.sum() / n.sum())
        if share > _FEW_EVENTS:
            notes.append(
                f"This model takes the event to be rare, and {100.0 * share:.0f} % of all patients had it: its answer "
                "is nearer to 1 than the odds ratio. --model glmm-cm-el makes no such approximation."
            )
    return notes


def _leave_one_out(
    model: EffectModel, fit: EffectFit, studies: tuple[Study, ...], settings: Settings, wanted: bool
) -> tuple[tuple[Omitted, ...], str | None]:
    k = len(studies)
    if k == 1:
        return (), "one study: nothing is left without it"
    if not wanted:
        return (), "not asked for"
    # Without one study the top is near: climbing from it alone is several times as fast as from several starts.
    start = fit.inner.theta[0] if int(fit.state[0]) == OK else None
    parts, _ = effect_rows(model, ~np.eye(k, dtype=bool), settings, start)
    return tuple(Omitted.without(study.study, part) for study, part in zip(studies, parts, strict=True)), None
