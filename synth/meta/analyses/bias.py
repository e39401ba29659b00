"""Small-study effects in one result: the tests that apply, trim and fill, the LFK index and the funnel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..answers.inverse import back
from ..bias.asymmetry import AsymmetryTest
from ..bias.doi import DoiPlot
from ..bias.funnel import funnel
from ..bias.small_study import SmallStudy, small_study
from ..bias.trimfill import TrimFill
from ..inverse.fit import pool_inverse
from ..measures.effects import harmonic_size
from ..results import number
from .prepare import Excluded, Prepared, inverse_interval, prepare

_KINDS: Final = {"OR": "OR", "PETO": "OR", "RR": "RR", "RD": "RD", "AS": "AS"}
_PREDICTORS: Final = {
    "se": "the standard error", "variance": "the variance", "n": "the study size", "1/n": "1 / study size",
    "sqrt(n)": "the root of the study size", "1/sqrt(n)": "1 / root of the study size",
}  # fmt: skip


@dataclass(frozen=True)
class BiasTest:
    """A test for small-study effects: `statistic` is t on `df`, or z."""

    name: str
    what: str
    statistic: float | None
    df: float | None
    p_value: float | None
    reason: str | None


@dataclass(frozen=True)
class Filled:
    """Trim and fill; the estimate with the mirror images on the reporting scale, by inverse variance."""

    estimator: str
    side: str | None
    filled: int | None
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str
    reason: str | None


@dataclass(frozen=True)
class Lfk:
    """The LFK index of asymmetry, which is a description and not a test."""

    value: float | None
    reading: str | None
    reason: str | None


@dataclass(frozen=True)
class FunnelPoint:
    """A study on the funnel: `x` and `se` on the analysis scale, `size` in patients or person-time."""

    study: str
    x: float
    size: float | None
    se: float


@dataclass(frozen=True)
class FunnelPlot:
    """Points of a funnel about the common-effect estimate, on the analysis scale; `axis` is what its height shows."""

    scale: str
    axis: str
    points: tuple[FunnelPoint, ...]
    center: float


@dataclass(frozen=True)
class BiasAnalysis:
    """Small-study effects; see :func:`bias_analysis`."""

    k: int
    tests: tuple[BiasTest, ...]
    trim_and_fill: Filled | None
    trim_and_fill_others: tuple[Filled, ...]
    lfk: Lfk | None
    funnel: FunnelPlot | None
    excluded: tuple[Excluded, ...]
    reason: str | None


def bias_analysis(
    data: Mapping[str, Sequence[Any]], studies: Sequence[str] | None = None, *, force: bool = False, **settings: Any
) -> BiasAnalysis:
    """Look for small-study effects with what applies to the measure.

    Parameters
    ----------
    data, studies
        As for :func:`synth.meta.pool`.
    force : bool
        Also under ten studies, with the reason against it kept in ``reason``.
    **settings
        As for :func:`synth.meta.pool`. The tests look at the studies and not at the pool, so that every model will do;
        trim and fill is by inverse variance, with the settings where that is the model.

    Returns
    -------
    BiasAnalysis
        Under ten studies nothing but the reason.

    Raises
    ------
    NothingToPool, ProblemsError, SettingsError, UnknownName
        As for :func:`synth.meta.pool`.

    Examples
    --------
    >>> bias_analysis({"events": [7, 3], "total": [43, 38]}).reason
    'Two studies: tests for small-study effects need at least ten (Sterne et al. 2011).'
    """
    given = prepare(data, studies, {}, None, settings)
    y, v = given.y, given.v
    good = np.isfinite(y) & np.isfinite(v) & (v > 0)
    kind, events, total = _counts(given)
    random = given.settings.effects == "random"
    found = small_study(
        y, v, good, kind=kind, events=events, total=total, effects=given.settings.effects,
        tau2_method=_tau2(given), force=force, level=given.settings.level,
    )  # fmt: skip
    if not found.tests:
        return BiasAnalysis(found.k, (), None, (), None, None, given.excluded, found.reason)
    tests = tuple(
        BiasTest(t.method, _what(t), number_or_none(t.statistic), number_or_none(t.df), number_or_none(t.p_value),
                 t.reason or None)
        for t in found.tests
    ) + tuple(BiasTest(name, "not applied", None, None, None, why) for name, why in found.not_applied)  # fmt: skip
    method = inverse_interval(given.settings) if random else "wald"
    first, *others = (_filled(given, each, method) for each in _ordered(found))
    return BiasAnalysis(
        k=found.k,
        tests=tests,
        trim_and_fill=first,
        trim_and_fill_others=tuple(others),
        lfk=_lfk(found.doi),
        funnel=_funnel(given),
        excluded=given.excluded,
        reason=f"{found.reason} They were made on request: so few can hardly show anything." if found.reason else None,
    )


def number_or_none(value: float | None) -> float | None:
    """A finite number, or ``None``."""
    return None if value is None else number(value)


def _tau2(given: Prepared) -> str:
    return given.settings.tau2_method or "REML" if given.settings.model == "inverse" else "REML"


def _counts(given: Prepared) -> tuple[str, list[Any] | None, list[Any] | None]:
    """What was pooled in the words of the tests, with the counts that they need."""
    name, data = given.scale.name, given.data
    if given.scale.kind == "proportion":
        return "proportion", [data["events"]], [data["total"]]
    if name in _KINDS:
        return _KINDS[name], [data["events_1"], data["events_2"]], [data["total_1"], data["total_2"]]
    if name in ("SMD", "SMDH", "SMD1"):
        return "SMD", None, [data["n_1"], data["n_2"]]
    return "generic", None, None


def _what(test: AsymmetryTest) -> str:
    scale = " on the arcsine scale" if test.method.startswith("Arcsine") else ""
    if not test.predictor:
        return "rank correlation of estimates and variances"
    return f"regression{scale} on {_PREDICTORS.get(test.predictor, test.predictor)}"


def _ordered(found: SmallStudy) -> tuple[TrimFill, ...]:
    return tuple(sorted(found.trim_and_fill, key=lambda each: each.estimator != "L0"))


def _filled(given: Prepared, found: TrimFill, method: str) -> Filled:
    if found.fit is None:
        return Filled(found.estimator, found.side, None, None, None, None, method, found.reason)
    settings = given.settings
    y, v = np.concatenate([given.y, found.filled_y]), np.concatenate([given.v, found.filled_v])
    fit = pool_inverse(y, v, effects=settings.effects, tau2_method=_tau2(given), ci_method=method, level=settings.level)
    size = None
    if given.sizes is not None:
        size = float(harmonic_size(np.concatenate([given.sizes, given.sizes[found.mirrored]])))
    bounds = [back(given.scale, b, size) for b in (fit.estimate, fit.ci_low, fit.ci_high)]
    return Filled(found.estimator, found.side, found.missing, bounds[0], bounds[1], bounds[2], method, None)


def _lfk(doi: DoiPlot | None) -> Lfk | None:
    if doi is None:
        return None
    value = number_or_none(doi.lfk)
    return Lfk(value, doi.reading or None, doi.reason or None)


def _funnel(given: Prepared) -> FunnelPlot:
    size = given.patients()
    plot = funnel(given.y, given.v, null=None, points=2)
    points = tuple(
        FunnelPoint(s.study, float(given.y[i]), None if size is None else float(size[i]), float(np.sqrt(given.v[i])))
        for i, s in enumerate(given.studies)
    )
    # A proportion's standard error depends on the proportion: its funnel stands on the study size (Hunter 2014).
    axis = "size" if given.scale.kind == "proportion" else "se"
    return FunnelPlot(given.scale.scale, axis, points, float(plot.centre))
