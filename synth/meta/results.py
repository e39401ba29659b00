"""What a pool gives back: frozen values that carry the name of every method that made them.

Undefined is ``None`` with a ``reason`` beside it, never ``nan``. Estimates are on the analysis scale (logit, log,
arcsine, ...); ``reporting`` holds the same as proportions between 0 and 1. Fractions, not per cent, throughout.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any


def number(value: Any) -> float | None:
    """A finite float, or ``None`` for anything undefined or infinite.

    Examples
    --------
    >>> number(0.5), number(float("nan")), number(float("inf"))
    (0.5, None, None)
    """
    value = float(value)
    return value if math.isfinite(value) else None


@dataclass(frozen=True)
class Settings:
    """What was asked for and what was used: every name is a word of the glossary."""

    measure: str
    model: str
    effects: str
    tau2_method: str | None
    ci_method: str
    ci_requested: str
    prediction_method: str
    study_ci_method: str
    level: float
    i2_method: str = "tau2"
    zero_cells: str = "none"
    scale: str = "logit"
    reporting: str = "proportion"
    tau2_ci: str | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Reporting:
    """An estimate with its interval as proportions."""

    estimate: float | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True)
class Interval:
    """One interval for the pooled estimate, by one method."""

    method: str
    ci_low: float | None
    ci_high: float | None
    df: float | None
    reporting: Reporting
    reason: str | None = None


@dataclass(frozen=True)
class LeftOut:
    """A study that says nothing on a measure: its data, and why."""

    study: str
    data: dict[str, float]
    reason: str


@dataclass(frozen=True)
class Study:
    """One study in a pool.

    Attributes
    ----------
    events, total : int or None
        Of a single arm.
    estimate, ci_low, ci_high : float
        Its own estimate and interval on the reporting scale (for a proportion: observed, between 0 and 1).
    weight : float or None
        Share of the pool, adding to 1 over studies.
    shrunken : Reporting or None
        Empirical-Bayes estimate of the study's own proportion.
    analysis_estimate, analysis_se : float or None
        On the analysis scale; ``None`` with ``analysis_reason`` where infinite.
    """

    study: str
    events: int | None
    total: int | None
    estimate: float
    ci_low: float
    ci_high: float
    weight: float | None
    shrunken: Reporting | None
    analysis_estimate: float | None
    analysis_se: float | None
    analysis_reason: str | None = None
    data: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Test:
    """A test statistic with its p-value and the name of the test."""

    statistic: float
    p_value: float
    method: str


@dataclass(frozen=True)
class Pooled:
    """The pooled estimate on the analysis scale, with its interval, and on the reporting scale.

    ``test`` is of no effect, for measures of an effect.
    """

    scale: str
    estimate: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str
    df: float | None
    reporting: Reporting
    intervals: tuple[Interval, ...] = ()
    reason: str | None = None
    test: Test | None = None


@dataclass(frozen=True)
class Tau2:
    """Variance between studies on the analysis scale; ``sigma2`` is that of the level, where a model has one."""

    value: float | None
    method: str | None
    tau: float | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str | None
    test: Test | None
    reason: str | None = None
    sigma2: float | None = None


@dataclass(frozen=True)
class Heterogeneity:
    """Cochran's Q or its likelihood counterpart, and I2 and H2, each with its definition."""

    q: float | None
    q_method: str | None
    df: int | None
    p_value: float | None
    i2: float | None
    i2_ci_low: float | None
    i2_ci_high: float | None
    i2_method: str | None
    h2: float | None
    reason: str | None = None


@dataclass(frozen=True)
class Prediction:
    """Where the true value of a new study lies; ``draws`` and ``seed`` where it was drawn at random."""

    method: str | None
    df: float | None
    ci_low: float | None
    ci_high: float | None
    reporting: Reporting
    reliable: bool | None
    reason: str | None = None
    draws: int | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Part:
    """The pool of some of the studies; estimates are on the reporting scale."""

    k: int
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str | None
    tau2: float | None
    i2: float | None
    reason: str | None = None


@dataclass(frozen=True)
class Omitted:
    """The pool again without one study; estimates are proportions."""

    omitted: str
    k: int
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str | None
    tau2: float | None
    i2: float | None
    reason: str | None = None

    @classmethod
    def without(cls, study: str, part: Part) -> Omitted:
        """Name the study that a pool of the others lacks."""
        return cls(study, **vars(part))


@dataclass(frozen=True)
class PopulationAverage:
    """Mean proportion over the studies' distribution, beside the median one."""

    estimate: float | None
    reason: str | None = None


@dataclass(frozen=True, repr=False)
class PoolResult:
    """Everything that pooling one outcome in one arm gives."""

    settings: Settings
    k: int
    events: int | None
    total: int | None
    crude: Reporting | None
    studies: tuple[Study, ...]
    pooled: Pooled
    population_average: PopulationAverage
    tau2: Tau2
    heterogeneity: Heterogeneity
    prediction: Prediction
    leave_one_out: tuple[Omitted, ...] = ()
    leave_one_out_reason: str | None = None
    loglik: float | None = None
    notes: tuple[str, ...] = field(default=())
    left_out: tuple[LeftOut, ...] = ()

    def __repr__(self) -> str:
        """The answer in a line: the whole result, field by field, is ``to_dict()``.

        Examples
        --------
        >>> from synth.meta import pool_proportions
        >>> pool_proportions([7], [43])
        <PoolResult k=1, 7/43: 0.1628 (95% CI 0.06805 to 0.307, exact); PLOGIT, glmm>
        """
        counts = "" if self.events is None or self.total is None else f", {self.events}/{self.total}"
        return f"<PoolResult k={self.k}{counts}: {self._answer()}>"

    def _repr_html_(self) -> str:
        # Numbers and words of the glossary only: nothing in it needs escaping once the angle brackets are off.
        return f"<p>{repr(self)[1:-1]}</p>"

    def _answer(self) -> str:
        shown = self.pooled.reporting
        estimate, low, high = (
            "undefined" if value is None else f"{value:.4g}" for value in (shown.estimate, shown.ci_low, shown.ci_high)
        )
        settings = self.settings
        return (
            f"{estimate} ({100 * settings.level:g}% CI {low} to {high}, {settings.ci_method}); "
            f"{settings.measure}, {settings.model}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists, strings, numbers and ``None``."""
        return dataclasses.asdict(self)
