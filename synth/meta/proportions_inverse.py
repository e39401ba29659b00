"""From the inverse-variance kernel to a full result for proportions, on any of their scales."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .distributions import Floats
from .heterogeneity import tau2_interval
from .inverse import InverseFit, pool_inverse
from .measures import Measure, harmonic_size, measure, variance_size
from .results import (
    Heterogeneity,
    Interval,
    Omitted,
    Pooled,
    PoolResult,
    PopulationAverage,
    Prediction,
    Reporting,
    Settings,
    Study,
    Tau2,
    number,
)
from .study_intervals import study_interval

ONE_STUDY = "one study: this is its own figure with its own exact interval, and nothing was pooled"
INTERVALS = ("hksj-adhoc", "hksj", "t", "wald")
PFT_NOTE = (
    "The Freeman-Tukey double arcsine has no back-transformation of its own for a pool: the harmonic mean of the sizes "
    "was used; at the size that the pooled variance stands for the pooled proportion is {other:.6f}. The two can "
    "differ widely where sizes do (Schwarzer 2019), so this measure is not one to rely on."
)


def pool_by_inverse_variance(
    x: Floats, n: Floats, studies: tuple[Study, ...], settings: Settings, leave_one_out: bool
) -> PoolResult:
    """Pool proportions with weights 1 / (v + tau2).

    Parameters
    ----------
    x, n : array of float, shape (k,)
        Events and totals, ``k >= 1``.
    studies : tuple of Study
        With their own intervals; weights and the analysis scale are filled in here.
    settings : Settings
        ``ci_requested`` is what was asked for; ``ci_method`` becomes what was used.
    leave_one_out : bool

    Returns
    -------
    PoolResult
    """
    k = x.size
    scale = measure(settings.measure)
    y, v = scale.to_analysis(x, n)
    method = "hksj-adhoc" if settings.ci_requested == "auto" else settings.ci_requested
    if settings.effects == "common" and settings.ci_requested == "auto":
        method = "wald"
    settings = replace(settings, ci_method="exact" if k == 1 else method)
    studies = tuple(
        replace(s, analysis_estimate=number(y[i]), analysis_se=number(np.sqrt(v[i])), analysis_reason=None)
        for i, s in enumerate(studies)
    )
    sum_x, sum_n = float(x.sum()), float(n.sum())
    low, high = study_interval(sum_x, sum_n, level=settings.level)
    crude = Reporting(sum_x / sum_n, float(low), float(high))
    if k == 1:
        return _one(crude, studies, settings, scale, int(sum_x), int(sum_n))
    fit = _fit(y, v, None, settings, method)
    notes = []
    added = int(((x == 0) | (x == n)).sum())
    if added and settings.measure in ("PLOGIT", "PLN", "PRAW"):
        notes.append(
            f"{added} of {k} series had no events or only events, and a continuity correction of 1/2 was added to "
            "each: with few events this moves the pooled estimate, which the binomial-normal model does not need."
        )
    if settings.measure == "PFT":
        other = float(scale.to_reporting(fit.estimate, variance_size(fit.se**2)))
        notes.append(PFT_NOTE.format(other=other))
    omitted, reason = _leave_one_out(x, n, y, v, studies, settings, method, scale, leave_one_out)
    return PoolResult(
        settings=settings,
        k=k,
        events=int(sum_x),
        total=int(sum_n),
        crude=crude,
        studies=tuple(replace(s, weight=float(fit.weights[i])) for i, s in enumerate(studies)),
        pooled=_pooled(n, y, v, fit, settings, method, scale),
        population_average=PopulationAverage(None, "given by the binomial-normal model only"),
        tau2=_tau2(y, v, fit, settings),
        heterogeneity=_heterogeneity(y, v, fit, settings),
        prediction=_prediction(n, k, fit, settings, scale),
        leave_one_out=omitted,
        leave_one_out_reason=reason,
        loglik=number(fit.log_likelihood_ml),
        notes=tuple(notes),
    )


def _fit(y: Floats, v: Floats, include: object, settings: Settings, method: str) -> InverseFit:
    prediction = settings.prediction_method if settings.prediction_method != "none" else "t"
    return pool_inverse(
        y, v, include, effects=settings.effects, tau2_method=settings.tau2_method or "REML",  # type: ignore[arg-type]
        ci_method=method, level=settings.level, prediction=prediction,
    )  # fmt: skip


def _back(scale: Measure, value: float | None, size: float) -> float | None:
    if value is None:
        return None
    back = scale.to_reporting(value, size) if scale.sized else scale.to_reporting(value)
    return float(np.clip(back, 0.0, 1.0))


def _reporting(scale: Measure, n: Floats, estimate: object, low: object, high: object) -> Reporting:
    size = float(harmonic_size(n))
    return Reporting(*(_back(scale, None if v is None else number(v), size) for v in (estimate, low, high)))


def _one(
    crude: Reporting, studies: tuple[Study, ...], settings: Settings, scale: Measure, events: int, total: int
) -> PoolResult:
    study = studies[0]
    why = "one study says nothing about differences between studies"
    return PoolResult(
        settings=settings, k=1, events=events, total=total, crude=crude, studies=(replace(study, weight=1.0),),
        pooled=Pooled(scale.scale, study.analysis_estimate, study.analysis_se, None, None, "exact", None, crude, (),
                      ONE_STUDY),
        population_average=PopulationAverage(None, why),
        tau2=Tau2(None, settings.tau2_method, None, None, None, None, None, why),
        heterogeneity=Heterogeneity(None, None, None, None, None, None, None, None, None, why),
        prediction=Prediction(None, None, None, None, Reporting(None, None, None), None,
                              "a prediction interval needs three studies or more"),
        leave_one_out_reason="one study: nothing is left without it",
    )  # fmt: skip


def _pooled(
    n: Floats, y: Floats, v: Floats, fit: InverseFit, settings: Settings, method: str, scale: Measure
) -> Pooled:
    intervals = []
    for name in INTERVALS:
        other = fit if name == method else _fit(y, v, None, settings, name)
        intervals.append(
            Interval(name, number(other.ci_low), number(other.ci_high), number(other.df),
                     _reporting(scale, n, other.estimate, other.ci_low, other.ci_high))
        )  # fmt: skip
    return Pooled(
        scale.scale, number(fit.estimate), number(fit.se), number(fit.ci_low), number(fit.ci_high), method,
        number(fit.df), _reporting(scale, n, fit.estimate, fit.ci_low, fit.ci_high), tuple(intervals),
    )  # fmt: skip


def _tau2(y: Floats, v: Floats, fit: InverseFit, settings: Settings) -> Tau2:
    if settings.effects == "common":
        why = "a common effect was asked for: no variance between studies"
        return Tau2(None, None, None, None, None, None, None, why)
    ci = tau2_interval(y, v, level=settings.level)
    reason = None
    if bool(ci.empty):
        reason = "the studies agree better than chance: no value of tau2 is compatible with them, and the bounds are 0"
    value = float(fit.tau2)
    return Tau2(value, settings.tau2_method, float(np.sqrt(value)), number(ci.low), number(ci.high), "Q-profile", None,
                reason)  # fmt: skip


def _heterogeneity(y: Floats, v: Floats, fit: InverseFit, settings: Settings) -> Heterogeneity:
    common = settings.effects == "common"
    ci = tau2_interval(y, v, level=settings.level)
    return Heterogeneity(
        number(fit.q), "Cochran, weights 1/v", int(fit.q_df), number(fit.q_p), number(fit.i2),
        None if common else number(ci.i2_low), None if common else number(ci.i2_high),
        "from Q" if common else "from tau2 and the typical sampling variance", number(fit.h2),
    )  # fmt: skip


def _prediction(n: Floats, k: int, fit: InverseFit, settings: Settings, scale: Measure) -> Prediction:
    why = None
    if settings.prediction_method == "none":
        why = "no prediction interval was asked for"
    elif settings.effects == "common":
        why = "a common effect was asked for: it says that all studies share one proportion"
    elif k < 3:
        why = "a prediction interval needs three studies or more"
    if why:
        return Prediction(None, None, None, None, Reporting(None, None, None), None, why)
    df = {"t": k - 1.0, "hts": k - 2.0, "normal": None}[settings.prediction_method]
    return Prediction(
        settings.prediction_method, df, number(fit.prediction_low), number(fit.prediction_high),
        _reporting(scale, n, fit.estimate, fit.prediction_low, fit.prediction_high), k >= 10,
        None if k >= 10 else "fewer than ten studies: the interval itself is uncertain",
    )  # fmt: skip


def _leave_one_out(
    x: Floats,
    n: Floats,
    y: Floats,
    v: Floats,
    studies: tuple[Study, ...],
    settings: Settings,
    method: str,
    scale: Measure,
    wanted: bool,
) -> tuple[tuple[Omitted, ...], str | None]:
    if not wanted:
        return (), "not asked for"
    k = x.size
    if k == 2:
        out = []
        for i, study in enumerate(studies):
            rest = 1 - i
            low, high = study_interval(x[rest], n[rest], level=settings.level)
            out.append(Omitted(study.study, 1, float(x[rest] / n[rest]), float(low), float(high), "exact", None, None,
                               ONE_STUDY))  # fmt: skip
        return tuple(out), None
    include = ~np.eye(k, dtype=bool)
    fit = _fit(y, v, include, settings, method)
    common = settings.effects == "common"
    sizes = harmonic_size(n, include)
    out = []
    for i, study in enumerate(studies):
        size = float(sizes[i])
        back = [_back(scale, number(b), size) for b in (fit.estimate[i], fit.ci_low[i], fit.ci_high[i])]
        tau2 = None if common else number(fit.tau2[i])
        out.append(Omitted(study.study, k - 1, back[0], back[1], back[2], method, tau2, number(fit.i2[i])))
    return tuple(out), None
