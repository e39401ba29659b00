"""Peto's one-step odds ratio, and pooling by sample size alone: two ways that need no iteration and no correction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from synth.errors import SettingsError
from synth.meta.measures.effects import measure
from synth.meta.measures.two_arm import check_pair, hypergeometric_variance
from synth.meta.models.mantel_haenszel import heterogeneity, make_tables
from synth.meta.numeric.distributions import Floats, normal_upper, t_two_sided
from synth.meta.sensitivity.rows import dot


@dataclass(frozen=True, eq=False)
class PetoFit:
    """A pooled log odds ratio for each row of the mask; every array has the leading shape.

    What is not defined is nan: everything where no study has both events and non-events, I2 and H2 where a single one
    has.

    Attributes
    ----------
    k, informative : ndarray
        Studies that are included, and those among them that have both events and non-events.
    observed, expected, variance : ndarray
        Events in arm 1: observed, expected without an effect, and the variance then (hypergeometric).
    estimate, se, ci_low, ci_high : ndarray
        (observed - expected) / variance, a log odds ratio, 1 / sqrt(variance), and the interval.
    statistic, p_value : ndarray
        Estimate over its standard error, and the two-sided normal p.
    q, q_df, q_p, i2, h2 : ndarray
        Heterogeneity of the studies' own Peto estimates.
    weights : ndarray, shape (..., k)
        Fractions that add to 1.
    level : float
        Confidence.
    """

    k: Floats
    informative: Floats
    observed: Floats
    expected: Floats
    variance: Floats
    estimate: Floats
    se: Floats
    ci_low: Floats
    ci_high: Floats
    statistic: Floats
    p_value: Floats
    q: Floats
    q_df: Floats
    q_p: Floats
    i2: Floats
    h2: Floats
    weights: Floats
    level: float


@dataclass(frozen=True, eq=False)
class SampleSizeFit:
    """Estimates pooled with weights n1 n2 / (n1 + n2); arrays have the leading shape, nan where no study has one.

    Attributes
    ----------
    k : ndarray
        Studies with an estimate.
    estimate, se, ci_low, ci_high, statistic, p_value : ndarray
        On the analysis scale, normal.
    weights : ndarray, shape (..., k)
        Fractions that add to 1.
    measure, zero_cells : str
        The definitions that made the studies' own estimates.
    level : float
        Confidence.
    """

    k: Floats
    estimate: Floats
    se: Floats
    ci_low: Floats
    ci_high: Floats
    statistic: Floats
    p_value: Floats
    weights: Floats
    measure: str
    zero_cells: str
    level: float


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise SettingsError(f"A confidence level lies between 0 and 1; {level} does not. Did you mean 0.95?")


def pool_peto(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_2: ArrayLike,
    total_2: ArrayLike,
    include: ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> PetoFit:
    """Pool two arms by Peto's one-step method, for every row of a mask at once.

    Good for rare events, arms of like size and small effects; misleading where an effect is large or arms are unequal.

    Parameters
    ----------
    events_1, total_1, events_2, total_2 : array_like, shape (..., k)
        Events and totals of the arm whose effect is looked for and of the comparator.
    include : array_like of bool, int or float, shape (..., k), optional
        Which studies count, or how often each does.
    level : float
        Confidence, in (0, 1).

    Returns
    -------
    PetoFit

    Raises
    ------
    SettingsError
        A level outside (0, 1).
    ValueError
        Counts that no study can have, or a negative multiplicity.

    Notes
    -----
    Yusuf, Peto, Lewis, Collins and Sleight (1985), Prog Cardiovasc Dis 27:335-371.

    Examples
    --------
    >>> fit = pool_peto([1, 0, 3], [40, 30, 55], [4, 2, 6], [41, 31, 50])
    >>> print(fit.estimate.round(4), fit.se.round(4), fit.observed, fit.expected.round(3))
    -1.1109 0.5163 4.0 8.167
    """
    _check_level(level)
    t = make_tables(events_1, total_1, events_2, total_2, include)
    check_pair(t.x1, t.n1, t.x2, t.n2)
    n = t.n1 + t.n2
    vi = hypergeometric_variance(t.x1, t.n1, t.x2, t.n2)
    variance, observed = t.total(vi), t.total(t.x1)
    excess = t.total((t.x1 * t.n2 - t.x2 * t.n1) / n)
    own = measure("PETO").estimates(t.x1, t.n1, t.x2, t.n2, zero_cells="none")
    with np.errstate(divide="ignore", invalid="ignore"):
        some = np.where(variance > 0, variance, np.nan)
        y, se = excess / some, 1.0 / np.sqrt(some)
        q, q_df, q_p, i2, h2 = heterogeneity(own.y, own.v, own.usable, t.m, y)
        weights = t.m * vi / some[..., None]
    half, statistic = normal_upper(0.5 * (1.0 - level)) * se, y / se
    return PetoFit(
        k=t.m.sum(axis=-1),
        informative=dot(t.m, np.broadcast_to(np.where(vi > 0, 1.0, 0.0), t.m.shape)),
        observed=observed,
        expected=observed - excess,
        variance=variance,
        estimate=y,
        se=se,
        ci_low=y - half,
        ci_high=y + half,
        statistic=statistic,
        p_value=t_two_sided(statistic, np.where(np.isnan(statistic), np.nan, np.inf)),
        q=q,
        q_df=q_df,
        q_p=q_p,
        i2=i2,
        h2=h2,
        weights=weights,
        level=level,
    )


def pool_sample_size(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_2: ArrayLike,
    total_2: ArrayLike,
    include: ArrayLike | None = None,
    *,
    name: str = "OR",
    zero_cells: str = "only0",
    level: float = 0.95,
) -> SampleSizeFit:
    """Pool two arms with weights by effective sample size, which chance in the events cannot touch.

    Parameters
    ----------
    events_1, total_1, events_2, total_2 : array_like, shape (..., k)
        Events and totals of the arm whose effect is looked for and of the comparator.
    include : array_like of bool, int or float, shape (..., k), optional
        Which studies count, or how often each does.
    name : {"OR", "RR", "RD", "AS"}
        The measure.
    zero_cells : str
        Policy for the studies' own estimates.
    level : float
        Confidence, in (0, 1).

    Returns
    -------
    SampleSizeFit

    Raises
    ------
    SettingsError
        An option that is not there.
    ValueError
        Counts that no study can have, or a negative multiplicity.

    Notes
    -----
    Bakbergenuly, Hoaglin and Kulinskaya (2020), Res Synth Methods 11:426-442. R's meta gives an infinite standard error
    as soon as one study has no estimate, because it lets that study's weight multiply an infinite variance.

    Examples
    --------
    >>> fit = pool_sample_size([1, 0, 3], [40, 30, 55], [4, 2, 6], [41, 31, 50])
    >>> print(fit.estimate.round(4), fit.se.round(4))
    -1.2436 0.6235
    """
    _check_level(level)
    scale = measure(name)
    if scale.kind != "two proportions":
        raise SettingsError(f"Weights by sample size are for two arms with events and totals, not for {scale.name}.")
    t = make_tables(events_1, total_1, events_2, total_2, include)
    own = scale.estimates(t.x1, t.n1, t.x2, t.n2, zero_cells=zero_cells)
    w = np.where(np.isnan(own.y), 0.0, t.n1 * (t.n2 / (t.n1 + t.n2)))
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = t.total(w)
        whole = np.where(whole > 0, whole, np.nan)
        y = t.total(w * np.where(w > 0, own.y, 0.0)) / whole
        se = np.sqrt(t.total(w * w * np.where(w > 0, own.v, 0.0))) / whole
        half, statistic = normal_upper(0.5 * (1.0 - level)) * se, y / se
    return SampleSizeFit(
        k=dot(t.m, np.broadcast_to(np.where(w > 0, 1.0, 0.0), t.m.shape)),
        estimate=y,
        se=se,
        ci_low=y - half,
        ci_high=y + half,
        statistic=statistic,
        p_value=t_two_sided(statistic, np.where(np.isnan(statistic), np.nan, np.inf)),
        weights=t.m * w / whole[..., None],
        measure=scale.name,
        zero_cells=own.zero_cells,
        level=level,
    )
