"""From the inverse-variance kernel to a full answer, for every measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..inverse.fit import InverseFit, pool_inverse
from ..inverse.heterogeneity import Tau2Interval, i2_interval_from_q, tau2_interval
from ..inverse.profile import profile_mean, profile_ratio
from ..measures.base import Measure
from ..measures.effects import harmonic_size, measure, variance_size
from ..numeric.distributions import Floats, chi2_tail, t_two_sided
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
from .studies import ONE_STUDY, TWO_STUDIES, crude, sums

INTERVALS = ("hksj-adhoc", "hksj", "t", "wald")
# Numbers in the masks of one call of the kernel, so that leave-one-out of many studies keeps within memory.
AT_ONCE = 4_000_000
COMMON = "a common effect was asked for: no variance between studies"
NEW_STUDY = "a prediction interval needs three studies or more"
FEW = "fewer than ten studies: the interval itself is uncertain"
NO_DIFFERENCE = "one study says nothing about differences between studies"
TOO_LARGE = "a limit is too large for any number: the interval says nothing on that side"
_NONE = Reporting(None, None, None)
SIZED_NOTE = (
    "The Freeman-Tukey transformation has no back-transformation of its own for a pool: the harmonic mean of the sizes "
    "was used. At the size that the pooled variance stands for {other}. The two can differ widely where sizes do "
    "(Schwarzer 2019), so this measure is not one to rely on."
)


def answer_inverse(
    data: Mapping[str, Floats], studies: tuple[Study, ...], settings: Settings, leave_one_out: bool
) -> PoolResult:
    """Pool with weights 1 / (v + tau2).

    Parameters
    ----------
    data : mapping of array, shape (k,)
        The columns of the measure, for the studies that can be pooled; ``k >= 1``.
    studies : tuple of Study
        With their own intervals; weights are filled in here.
    settings : Settings
        ``ci_requested`` is what was asked for; ``ci_method`` becomes what was used.
    leave_one_out : bool

    Returns
    -------
    PoolResult
    """
    scale = measure(settings.measure)
    made = scale.estimates(*(data[name] for name in scale.columns), zero_cells=settings.zero_cells)
    y, v = made.y, made.v
    k = y.size
    common = settings.effects == "common"
    method = interval_method(settings)
    sizes = data[scale.columns[-1]] if scale.sized else None
    events, total = sums(data)
    if k == 1:
        return _one(data, studies, settings, scale)
    settings = replace(settings, ci_method=method)
    fit = _fit(y, v, None, settings, method)
    ci = None if common else tau2_interval(
        y, v, method=settings.tau2_ci or "q-profile", tau2_method=settings.tau2_method or "REML", level=settings.level
    )  # fmt: skip
    wald = _fit(y, v, None, settings, "wald") if scale.sized else None
    omitted, reason = _leave_one_out(y, v, studies, settings, method, sizes, leave_one_out)
    return PoolResult(
        settings=settings,
        k=k,
        events=events,
        total=total,
        crude=crude(data, settings.level),
        studies=tuple(replace(s, weight=float(fit.weights[i])) for i, s in enumerate(studies)),
        pooled=_pooled(y, v, fit, settings, method, scale, sizes),
        population_average=PopulationAverage(None, "given by the binomial-normal model only"),
        tau2=_tau2(fit, ci, settings),
        heterogeneity=_heterogeneity(fit, ci, settings),
        prediction=_prediction(y, v, fit, settings, scale, sizes),
        leave_one_out=omitted,
        leave_one_out_reason=reason,
        loglik=number(fit.log_likelihood_ml),
        notes=_notes(int(made.corrected.sum()), made.add, fit, wald, settings, scale),
    )


def interval_method(settings: Settings) -> str:
    """The interval that was asked for, or what ``auto`` stands for."""
    if settings.ci_requested != "auto":
        return settings.ci_requested
    return "wald" if settings.effects == "common" else "hksj-adhoc"


def _notes(
    added: int, add: float, fit: InverseFit, wald: InverseFit | None, settings: Settings, scale: Measure
) -> tuple[str, ...]:
    notes = []
    if added:
        also = ": with few events this moves the pooled estimate, which the binomial-normal model does not need"
        empty = "no events" if "rate" in scale.kind else "no events or only events"
        if scale.kind.startswith("two"):
            empty += " in an arm"
        # Other policies add to series that have no empty cell themselves.
        own = settings.zero_cells in ("only0", "treatment-arm")
        start = f"{added} of {int(fit.k)} series had {empty}; " if own else ""
        whose = "each" if own else f"{added} of {int(fit.k)} series"
        amount = "a share of one patient" if settings.zero_cells == "treatment-arm" else f"{add:g}"
        cells = "events" if "rate" in scale.kind else "cells"
        notes.append(
            f"{start}{amount} was added to the {cells} of {whose} before pooling (zero-cell policy "
            f"{settings.zero_cells}){also if scale.kind == 'proportion' else ''}."
        )
    if wald is not None and scale.kind == "proportion":
        # The variance by the weights alone is the information in the pool, whatever interval was asked for. With tau2
        # that can be less than one patient's, and then no size goes with it.
        size = float(variance_size(wald.se**2))
        other = "there is none, as less than one patient's information is left"
        if size > 0.0:
            other = f"it would be {float(scale.to_reporting(fit.estimate, size)):.4g}"
        notes.append(SIZED_NOTE.format(other=other))
    if settings.ci_method == "hksj" and float(fit.hksj_scale) < 1.0:
        notes.append(
            "The series agree better than chance lets them, and the unmodified Hartung-Knapp interval shrinks "
            "with that, down to nothing: hksj-adhoc keeps it from being narrower than the ordinary one."
        )
    return tuple(notes)


def error_method(method: str) -> str:
    """The standard errors that go with an interval: the profile likelihood has none of its own.

    Examples
    --------
    >>> error_method("profile"), error_method("hksj")
    ('wald', 'hksj')
    """
    return "wald" if method == "profile" else method


def _limits(
    y: Floats, v: Floats, include: Floats | None, fit: InverseFit, settings: Settings, method: str
) -> tuple[Floats, Floats]:
    """Limits of the pooled estimate on the analysis scale, of the leading shape."""
    if method != "profile":
        return fit.ci_low, fit.ci_high
    return profile_mean(y, v, include, level=settings.level)


def _fit(y: Floats, v: Floats, include: Floats | None, settings: Settings, method: str) -> InverseFit:
    prediction = settings.prediction_method if settings.prediction_method not in ("none", "bootstrap") else "t"
    tau2_method = settings.tau2_method or "REML"
    return pool_inverse(
        y,
        v,
        include,
        effects=settings.effects,
        tau2_method=tau2_method,
        ci_method=error_method(method),
        level=settings.level,
        prediction=prediction,
    )


def back(scale: Measure, value: object, size: float | None = None) -> float | None:
    """A number of the analysis scale on the reporting scale, within its bounds; ``None`` stays ``None``."""
    x = None if value is None else number(value)
    if x is None:
        return None
    return number(scale.to_reporting(x, size) if scale.sized else scale.to_reporting(x))


def _reporting(scale: Measure, sizes: Floats | None, estimate: object, low: object, high: object) -> Reporting:
    size = None if sizes is None else float(harmonic_size(sizes))
    return Reporting(back(scale, estimate, size), back(scale, low, size), back(scale, high, size))


def _one(data: Mapping[str, Floats], studies: tuple[Study, ...], settings: Settings, scale: Measure) -> PoolResult:
    study = replace(studies[0], weight=1.0)
    settings = replace(settings, ci_method="exact" if scale.kind in ("proportion", "rate") else "wald")
    shown = Reporting(study.estimate, study.ci_low, study.ci_high)
    events, total = sums(data)
    pooled = Pooled(
        scale.scale, study.analysis_estimate, study.analysis_se, None, None, settings.ci_method, None, shown, (),
        ONE_STUDY, no_effect(scale, study.analysis_estimate, study.analysis_se, None),
    )  # fmt: skip
    return PoolResult(
        settings=settings,
        k=1,
        events=events,
        total=total,
        crude=crude(data, settings.level),
        studies=(study,),
        pooled=pooled,
        population_average=PopulationAverage(None, NO_DIFFERENCE),
        tau2=Tau2(None, settings.tau2_method, None, None, None, None, None, NO_DIFFERENCE),
        heterogeneity=Heterogeneity(None, None, None, None, None, None, None, None, None, NO_DIFFERENCE),
        prediction=Prediction(None, None, None, None, _NONE, None, NEW_STUDY),
        leave_one_out_reason="one study: nothing is left without it",
    )


def no_effect(scale: Measure, estimate: float | None, se: float | None, fit: InverseFit | None) -> Test | None:
    """Test of no effect, for measures that have one."""
    if scale.null is None or estimate is None or not se:
        return None
    df = np.inf if fit is None else float(fit.df)
    statistic = (estimate - scale.null) / se
    name = "normal" if np.isinf(df) else f"t with {df:g} degrees of freedom"
    return Test(statistic, float(t_two_sided(statistic, df)), f"no effect, {name}")


def _pooled(
    y: Floats, v: Floats, fit: InverseFit, settings: Settings, method: str, scale: Measure, sizes: Floats | None
) -> Pooled:
    intervals = []
    names = ("t", "wald") if settings.effects == "common" else INTERVALS
    for name in (*names, "profile") if settings.tau2_method == "ML" else names:
        other = fit if name == method else _fit(y, v, None, settings, name)
        low, high = _limits(y, v, None, other, settings, name)
        shown = _reporting(scale, sizes, other.estimate, low, high)
        df = None if name == "profile" else number(other.df)
        intervals.append(Interval(name, number(low), number(high), df, shown))
    used = next(each for each in intervals if each.method == method)
    test = no_effect(scale, number(fit.estimate), number(fit.se), fit)
    if test is not None and method == "profile" and scale.null is not None:
        ratio = profile_ratio(y, v, scale.null)
        name = "no effect, likelihood ratio, chi-square with 1 degree of freedom"
        test = Test(ratio, float(chi2_tail(ratio, 1)), name)
    return Pooled(
        scale.scale, number(fit.estimate), number(fit.se), used.ci_low, used.ci_high, method, used.df, used.reporting,
        tuple(intervals), None, test,
    )  # fmt: skip


def _tau2(fit: InverseFit, ci: Tau2Interval | None, settings: Settings) -> Tau2:
    if ci is None:
        return Tau2(None, None, None, None, None, None, None, COMMON)
    reason = None
    if bool(ci.empty):
        reason = "the studies agree better than chance: no value of tau2 is compatible with them, and the bounds are 0"
    value = float(fit.tau2)
    if reason is None and ci.method == "q-profile" and not float(ci.low) <= value <= float(ci.high):
        reason = (
            f"the interval is made from Q and the estimate by {settings.tau2_method}: on these studies they "
            "disagree, and the interval does not contain the estimate"
        )
    tau = float(np.sqrt(value))
    name = {"q-profile": "Q-profile", "profile": "profile likelihood"}[ci.method]
    return Tau2(value, settings.tau2_method, tau, number(ci.low), number(ci.high), name, None, reason)


def _heterogeneity(fit: InverseFit, ci: Tau2Interval | None, settings: Settings) -> Heterogeneity:
    q = (number(fit.q), "Cochran, weights 1/v", int(fit.q_df), number(fit.q_p))
    if ci is None or settings.i2_method == "q":
        low, high = i2_interval_from_q(fit.q, fit.q_df, settings.level)
        reason = None if int(fit.q_df) > 1 else TWO_STUDIES
        return Heterogeneity(*q, number(fit.i2_q), number(low), number(high), "from Q", number(fit.h2_q), reason)
    return Heterogeneity(
        *q, number(fit.i2), number(ci.i2_low), number(ci.i2_high), "from tau2 and the typical sampling variance",
        number(fit.h2),
    )  # fmt: skip


def no_prediction(k: int, settings: Settings) -> str | None:
    """Why there is no prediction interval, or None."""
    if settings.prediction_method == "none":
        return "no prediction interval was asked for"
    if settings.effects == "common":
        return "a common effect was asked for: it says that all studies share one value"
    return NEW_STUDY if k < 3 else None


def _prediction(
    y: Floats, v: Floats, fit: InverseFit, settings: Settings, scale: Measure, sizes: Floats | None
) -> Prediction:
    k = y.size
    why = no_prediction(k, settings)
    if why:
        return Prediction(None, None, None, None, _NONE, None, why)
    if settings.prediction_method == "bootstrap":
        from ..sensitivity.bootstrap import bootstrap_prediction

        seed = 1 if settings.seed is None else settings.seed
        drawn = bootstrap_prediction(y, v, seed=seed, level=settings.level)
        ends = drawn.prediction_low, drawn.prediction_high
        shown = _reporting(scale, sizes, fit.estimate, *ends)
        low, high = (number(end) for end in ends)
        return Prediction(
            "bootstrap", None, low, high, shown, k >= 10, None if k >= 10 else FEW, drawn.samples, drawn.seed
        )
    df = {"t": k - 1.0, "hts": k - 2.0, "normal": None}[settings.prediction_method]
    shown = _reporting(scale, sizes, fit.estimate, fit.prediction_low, fit.prediction_high)
    bounds = number(fit.prediction_low), number(fit.prediction_high)
    return Prediction(settings.prediction_method, df, *bounds, shown, k >= 10, None if k >= 10 else FEW)


def inverse_rows(
    y: Floats,
    v: Floats,
    include: NDArray[np.bool_],
    studies: tuple[Study, ...],
    settings: Settings,
    method: str,
    sizes: Floats | None,
) -> tuple[Part, ...]:
    """Pool the studies of each row of a mask; one study alone is its own figure with its own interval.

    Parameters
    ----------
    y, v : array of float, shape (k,)
    include : array of bool, shape (r, k)
        No row is empty.
    studies : tuple of Study
    settings : Settings
    method : str
        The interval.
    sizes : array of float, shape (k,), optional
        For a measure that goes back at a size.

    Returns
    -------
    tuple of Part
    """
    scale = measure(settings.measure)
    fit = _fit(y, v, include.astype(float), settings, method)
    common = settings.effects == "common"
    harmonic = [None] * len(include) if sizes is None else [float(s) for s in harmonic_size(sizes, include)]
    i2 = fit.i2_q if common or settings.i2_method == "q" else fit.i2
    k, first = include.sum(axis=1), include.argmax(axis=1)
    exact = "exact" if scale.kind in ("proportion", "rate") else "wald"
    low, high = _limits(y, v, include.astype(float), fit, settings, method)
    out = []
    for i, size in enumerate(harmonic):
        if k[i] == 1:
            own = studies[int(first[i])]
            out.append(Part(1, own.estimate, own.ci_low, own.ci_high, exact, None, None, ONE_STUDY))
            continue
        shown = [back(scale, b[i], size) for b in (fit.estimate, low, high)]
        tau2 = None if common else number(fit.tau2[i])
        why = TOO_LARGE if None in shown else None
        out.append(Part(int(k[i]), shown[0], shown[1], shown[2], method, tau2, number(i2[i]), why))
    return tuple(out)


def _leave_one_out(
    y: Floats,
    v: Floats,
    studies: tuple[Study, ...],
    settings: Settings,
    method: str,
    sizes: Floats | None,
    wanted: bool,
) -> tuple[tuple[Omitted, ...], str | None]:
    if not wanted:
        return (), "not asked for"
    out: list[Omitted] = []
    step = max(1, AT_ONCE // y.size)
    for at in range(0, y.size, step):
        some = range(at, min(at + step, y.size))
        include = np.ones((len(some), y.size), dtype=bool)
        include[np.arange(len(some)), some] = False
        parts = inverse_rows(y, v, include, studies, settings, method, sizes)
        out += [Omitted.without(studies[i].study, part) for i, part in zip(some, parts, strict=True)]
    return tuple(out), None
