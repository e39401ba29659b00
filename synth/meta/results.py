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
class Study:
    """One study in a pool.

    Attributes
    ----------
    estimate, ci_low, ci_high : float
        Observed proportion and its interval.
    weight : float or None
        Share of the pool, adding to 1 over studies.
    shrunken : Reporting or None
        Empirical-Bayes estimate of the study's own proportion.
    analysis_estimate, analysis_se : float or None
        On the analysis scale; ``None`` with ``analysis_reason`` where infinite.
    """

    study: str
    events: int
    total: int
    estimate: float
    ci_low: float
    ci_high: float
    weight: float | None
    shrunken: Reporting | None
    analysis_estimate: float | None
    analysis_se: float | None
    analysis_reason: str | None = None


@dataclass(frozen=True)
class Pooled:
    """The pooled estimate on the analysis scale, with its interval, and as a proportion."""

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


@dataclass(frozen=True)
class Test:
    """A test statistic with its p-value and the name of the test."""

    statistic: float
    p_value: float
    method: str


@dataclass(frozen=True)
class Tau2:
    """Variance between studies on the analysis scale."""

    value: float | None
    method: str | None
    tau: float | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str | None
    test: Test | None
    reason: str | None = None


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
    """Where the true value of a new study lies."""

    method: str | None
    df: float | None
    ci_low: float | None
    ci_high: float | None
    reporting: Reporting
    reliable: bool | None
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


@dataclass(frozen=True)
class PopulationAverage:
    """Mean proportion over the studies' distribution, beside the median one."""

    estimate: float | None
    reason: str | None = None


@dataclass(frozen=True)
class PoolResult:
    """Everything that pooling one outcome in one arm gives."""

    settings: Settings
    k: int
    events: int
    total: int
    crude: Reporting
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

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists, strings, numbers and ``None``."""
        return dataclasses.asdict(self)
