"""Mantel-Haenszel pooling of two arms: odds ratio, risk ratio, risk difference, rate ratio and rate difference.

Everything is a sum over studies, so a mask or multiplicities are one product away, and zero cells need no correction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingsError
from synth.meta.measures.effects import measure as find_measure
from synth.meta.measures.two_arm import hypergeometric_variance
from synth.meta.measures.zero_cells import check_policy
from synth.meta.numeric.distributions import Floats, chi2_tail, normal_upper, t_two_sided
from synth.meta.sensitivity.rows import dot

MEASURES: Final = ("OR", "RR", "RD", "IRR", "IRD")
VARIANCES: Final = ("sato", "greenland-robins")
# A variance whose terms cancel to this share of their size is 0 but for rounding: no study shows any spread.
NOTHING: Final = 1e-14


@dataclass(frozen=True, eq=False)
class MantelHaenszelFit:
    """A pooled result for each row of the mask; every array has the leading shape.

    What is not defined is nan: the estimate of a ratio where one arm has no events, the interval where no study shows
    any spread, heterogeneity with fewer than two studies that have an estimate of their own.

    Attributes
    ----------
    k : ndarray
        Studies that are included.
    informative : ndarray
        Studies among them that have any weight.
    estimate, se, ci_low, ci_high : ndarray
        On the analysis scale: logarithm of a ratio, or the difference itself.
    statistic, p_value : ndarray
        Estimate over its standard error, and the two-sided normal p.
    q, q_df, q_p : ndarray
        Heterogeneity: the studies' own estimates (with 1/2 added to the cells of studies with a zero cell, where zero
        cells were not dealt with otherwise), weighted by their inverse variances, about this estimate.
    i2, h2 : ndarray
        From `q`.
    cmh, cmh_p : ndarray
        Cochran-Mantel-Haenszel test of no effect in any study (variances with N - 1; for rates the score test).
    cochran, cochran_p : ndarray
        The same with N, and never with a continuity correction; nan for rates.
    breslow_day, breslow_day_p, tarone, tarone_p, homogeneity_df : ndarray
        Are the odds ratios one? With Tarone's correction for having estimated it. nan for other measures.
    weights : ndarray, shape (..., k)
        Fractions that add to 1.
    measure, zero_cells, variance : str
        The definitions that made the numbers.
    continuity : bool
        Whether `cmh` has a continuity correction of 1/2.
    level : float
        Confidence.
    """

    k: Floats
    informative: Floats
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
    cmh: Floats
    cmh_p: Floats
    cochran: Floats
    cochran_p: Floats
    breslow_day: Floats
    breslow_day_p: Floats
    tarone: Floats
    tarone_p: Floats
    homogeneity_df: Floats
    weights: Floats
    measure: str
    zero_cells: str
    variance: str
    continuity: bool
    level: float


@dataclass(frozen=True, eq=False)
class Tables:
    """Two arms of each study, and how often each counts; what does not count is an empty table that adds nothing."""

    x1: Floats
    n1: Floats
    x2: Floats
    n2: Floats
    m: Floats

    def total(self, terms: Floats) -> Floats:
        """Sum over studies, as often as each counts."""
        return dot(self.m, terms)


def make_tables(
    events_1: ArrayLike, size_1: ArrayLike, events_2: ArrayLike, size_2: ArrayLike, include: ArrayLike | None
) -> Tables:
    """Broadcast two arms against a mask or multiplicities; what does not count may be anything, even nan.

    Raises
    ------
    ValueError
        A multiplicity that is negative or not finite, or no axis of studies.

    Examples
    --------
    >>> make_tables([1, np.nan], [9, 9], [2, 2], [9, 9], [1, 0]).m
    array([1., 0.])
    """
    x1, n1, x2, n2 = (np.asarray(a, dtype=np.float64) for a in (events_1, size_1, events_2, size_2))
    m = np.ones(()) if include is None else np.asarray(include, dtype=np.float64)
    if not (np.isfinite(m).all() and (m >= 0).all()):
        raise ValueError("multiplicities in include must be finite and not negative")
    x1, n1, x2, n2 = np.broadcast_arrays(x1, n1, x2, n2)
    if x1.ndim == 0:
        raise ValueError("two arms need an axis of studies (the last one)")
    shape = np.broadcast_shapes(m.shape, x1.shape)
    if x1.ndim > 1:
        x1, n1, x2, n2 = (np.broadcast_to(a, shape) for a in (x1, n1, x2, n2))
    # a study that counts in no row may hold anything; its data must not reach the sums
    counted = np.broadcast_to(m > 0, shape)
    somewhere = counted if x1.ndim > 1 else np.asarray(counted.reshape(-1, shape[-1]).any(axis=0))
    x1, x2 = np.where(somewhere, x1, 0.0), np.where(somewhere, x2, 0.0)
    n1, n2 = np.where(somewhere, n1, 1.0), np.where(somewhere, n2, 1.0)
    return Tables(x1, n1, x2, n2, np.broadcast_to(m, shape))


def _odds_ratio(t: Tables) -> tuple[Floats, Floats, Floats]:
    """Robins, Breslow and Greenland (1986)."""
    n = t.n1 + t.n2
    b, d = t.n1 - t.x1, t.n2 - t.x2
    p, q = (t.x1 + d) / n, (b + t.x2) / n
    ri, si = t.x1 * d / n, b * t.x2 / n
    r, s = t.total(ri), t.total(si)
    v = 0.5 * (t.total(p * ri) / r**2 + t.total(p * si + q * ri) / (r * s) + t.total(q * si) / s**2)
    return np.log(r / s), v, si


def _risk_ratio(t: Tables) -> tuple[Floats, Floats, Floats]:
    """Greenland and Robins (1985)."""
    n = t.n1 + t.n2
    ri, si = t.x1 * (t.n2 / n), t.x2 * (t.n1 / n)
    r, s = t.total(ri), t.total(si)
    # n1 n2 (x1 + x2) / n^2 - x1 x2 / n in terms none of which is negative
    spread = t.total((t.n1 / n) * (t.x1 / n) * (t.n2 - t.x2) + (t.n2 / n) * (t.x2 / n) * (t.n1 - t.x1))
    return np.log(r / s), np.where(spread > 0, spread / (r * s), np.nan), si


def _risk_difference(t: Tables, raw: Tables, variance: str) -> tuple[Floats, Floats, Floats]:
    """Greenland and Robins (1985); the variance by Sato (1989), right for many small studies too, or by the former.

    A difference needs no correction and would be pulled to 0 by one: only weights and variance take it.
    """
    n = t.n1 + t.n2
    wi = t.n1 * (t.n2 / n)
    w = t.total(wi)
    y = t.total(wi * (raw.x1 / raw.n1 - raw.x2 / raw.n2)) / w
    if variance == "greenland-robins":
        top = t.total((t.x1 * (t.n1 - t.x1) * t.n2**2 / t.n1 + t.x2 * (t.n2 - t.x2) * t.n1**2 / t.n2) / n**2)
    else:
        tilt = t.x2 * (t.n1 / n) ** 2 - t.x1 * (t.n2 / n) ** 2 + (t.n1 / n) * (t.n2 / n) * 0.5 * (t.n2 - t.n1)
        cross = (t.x1 * (t.n2 - t.x2) + t.x2 * (t.n1 - t.x1)) / n
        top = y * t.total(tilt) + 0.5 * t.total(cross)
    return y, np.where(top <= NOTHING * w, np.nan, top / w**2), wi


def _rate_ratio(t: Tables) -> tuple[Floats, Floats, Floats]:
    """Rothman, Greenland and Lash (2008), chapter 15."""
    n = t.n1 + t.n2
    si = t.x2 * (t.n1 / n)
    r, s = t.total(t.x1 * (t.n2 / n)), t.total(si)
    return np.log(r / s), t.total((t.n1 / n) * (t.n2 / n) * (t.x1 + t.x2)) / (r * s), si


def _rate_difference(t: Tables) -> tuple[Floats, Floats, Floats]:
    """Rothman, Greenland and Lash (2008), chapter 15."""
    n = t.n1 + t.n2
    wi = t.n1 * (t.n2 / n)
    w = t.total(wi)
    y = t.total((t.x1 * t.n2 - t.x2 * t.n1) / n) / w
    top = t.total((t.n2 / n) ** 2 * t.x1 + (t.n1 / n) ** 2 * t.x2)
    return y, np.where(top > 0, top / w**2, np.nan), wi


def _association(t: Tables, rates: bool, continuity: bool) -> tuple[Floats, Floats]:
    """Cochran-Mantel-Haenszel (N - 1) and Cochran (N) statistics."""
    n = t.n1 + t.n2
    excess = np.abs(t.total((t.x1 * t.n2 - t.x2 * t.n1) / n))
    corrected = np.maximum(0.0, excess - 0.5) if continuity else excess
    if rates:
        v = t.total((t.x1 + t.x2) * (t.n1 / n) * (t.n2 / n))
        return np.where(v > 0, corrected**2 / v, np.nan), np.full(v.shape, np.nan)
    events = t.x1 + t.x2
    v = t.total(hypergeometric_variance(t.x1, t.n1, t.x2, t.n2))
    v_n = t.total((t.n1 / n) * (t.n2 / n) * events * ((n - events) / n))
    return np.where(v > 0, corrected**2 / v, np.nan), np.where(v_n > 0, excess**2 / v_n, np.nan)


def _homogeneity(t: Tables, log_or: Floats) -> tuple[Floats, Floats, Floats]:
    """Breslow and Day (1980), and Tarone's (1985) correction; degrees of freedom from the tables with both margins."""
    ratio = np.exp(log_or)[..., None]
    n, events = t.n1 + t.n2, t.x1 + t.x2
    a = ratio * (t.n1 + events) + (t.n2 - events)
    root = np.sqrt(np.maximum(0.0, a * a - 4.0 * t.n1 * events * ratio * (ratio - 1.0)))
    # the root of the quadratic in the form that does not cancel; at a ratio of 1 it is n1 events / n
    fitted = np.where(a >= 0, 2.0 * t.n1 * events * ratio / (a + root), 0.5 * (a - root) / (ratio - 1.0))
    both = (events > 0) & (events < n)
    spread = 1.0 / (1.0 / fitted + 1.0 / (t.n1 - fitted) + 1.0 / (events - fitted) + 1.0 / (t.n2 - events + fitted))
    spread = np.where(both & np.isfinite(spread), spread, 0.0)
    off = np.where(both, t.x1 - fitted, 0.0)
    share = np.where(spread > 0, off * off / np.where(spread > 0, spread, 1.0), 0.0)
    bd = t.total(share)
    tarone = np.maximum(0.0, bd - t.total(off) ** 2 / t.total(spread))
    df = t.total(np.where(both, 1.0, 0.0)) - 1.0
    return np.where(np.isnan(log_or), np.nan, bd), np.where(np.isnan(log_or), np.nan, tarone), df


def heterogeneity(
    y: Floats, v: Floats, usable: NDArray[np.bool_], m: Floats, centre: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return Q about `centre` with its degrees of freedom and p, and I2 and H2 from it.

    Parameters
    ----------
    y, v : ndarray, shape (..., k)
        The studies' own estimates and variances.
    usable : ndarray of bool, shape (..., k)
        Which have one.
    m : ndarray, shape (..., k)
        How often each counts.
    centre : ndarray, shape (...)
        The pooled estimate.

    Returns
    -------
    (q, q_df, q_p, i2, h2) : tuple of ndarray

    Examples
    --------
    >>> out = heterogeneity(np.array([0.0, 2.0]), np.ones(2), np.ones(2, dtype=bool), np.ones(2), np.array(1.0))
    >>> [round(float(x), 4) for x in out]
    [2.0, 1.0, 0.1573, 0.5, 2.0]
    """
    off = np.where(usable, y, 0.0) - np.where(usable, centre[..., None], 0.0)
    k = dot(m, np.broadcast_to(np.where(usable, 1.0, 0.0), m.shape))
    # a single study differs from nothing, even where the centre was made of more than its estimate
    q = np.where(k > 1, dot(m, off * off / np.where(usable, v, 1.0)), np.where(k > 0, 0.0, np.nan))
    q = np.where(np.isnan(centre), np.nan, q)
    df = np.where(k > 0, k - 1.0, np.nan)
    several = k > 1
    i2, h2 = np.maximum(0.0, np.where(q > 0, 1.0 - df / q, 0.0)), q / np.where(several, df, 1.0)
    return q, df, chi2_tail(q, df), np.where(several & ~np.isnan(q), i2, np.nan), np.where(several, h2, np.nan)


def pool_mantel_haenszel(
    events_1: ArrayLike,
    size_1: ArrayLike,
    events_2: ArrayLike,
    size_2: ArrayLike,
    include: ArrayLike | None = None,
    *,
    measure: str = "OR",
    zero_cells: str = "none",
    variance: str = "sato",
    continuity: bool = True,
    level: float = 0.95,
) -> MantelHaenszelFit:
    """Pool two arms by Mantel and Haenszel, for every row of a mask at once.

    Parameters
    ----------
    events_1, size_1, events_2, size_2 : array_like, shape (..., k)
        Events and totals, or events and person-time, of the arm whose effect is looked for and of the comparator.
    include : array_like of bool, int or float, shape (..., k), optional
        Which studies count, or how often each does.
    measure : {"OR", "RR", "RD", "IRR", "IRD"}
    zero_cells : {"none", "only0", "if0all", "all", "treatment-arm"}
        What is added before pooling. Nothing needs to be; R's meta adds 1/2 by default, and a study without events in
        both arms, which then is no longer silent, is left out of a ratio.
    variance : {"sato", "greenland-robins"}
        Of a risk difference: metafor's, which also holds for many small studies; or meta's and RevMan's.
    continuity : bool
        Whether the Cochran-Mantel-Haenszel test has a continuity correction.
    level : float
        Confidence, in (0, 1).

    Returns
    -------
    MantelHaenszelFit

    Raises
    ------
    SettingsError
        An option that is not there.
    ValueError
        Data that no study can have, or a negative multiplicity.

    Notes
    -----
    Mantel and Haenszel (1959), J Natl Cancer Inst 22:719-748; Robins, Breslow and Greenland (1986), Biometrics
    42:311-323; Greenland and Robins (1985), Biometrics 41:55-68; Sato (1989), Biometrics 45:1323-1324; Breslow and Day
    (1980); Tarone (1985), Biometrika 72:91-95.

    Examples
    --------
    >>> fit = pool_mantel_haenszel([4, 6, 3], [123, 306, 231], [11, 29, 11], [139, 303, 220])
    >>> print(fit.estimate.round(4), fit.se.round(4))
    -1.4135 0.3155
    >>> pool_mantel_haenszel([4, 6, 3], [123, 306, 231], [11, 29, 11], [139, 303, 220], ~np.eye(3, dtype=bool)).k
    array([2., 2., 2.])
    """
    name = find_measure(measure).name
    if name not in MEASURES:
        raise SettingsError(f"Mantel-Haenszel pools {', '.join(MEASURES)}, not {name}. Use the inverse-variance model.")
    check_policy(zero_cells)
    if variance not in VARIANCES:
        raise SettingsError(f'There is no variance "{variance}". There are: {", ".join(VARIANCES)}.')
    if not 0 < level < 1:
        raise SettingsError(f"A confidence level lies between 0 and 1; {level} does not. Did you mean 0.95?")
    scale = find_measure(name)
    inputs, rates = scale.inputs, name in ("IRR", "IRD")
    t = raw = make_tables(events_1, size_1, events_2, size_2, include)
    inputs.check(t.x1, t.n1, t.x2, t.n2)
    corrected = zero_cells != "none"
    if corrected and inputs.correct and inputs.same:
        (x1, n1, x2, n2), _ = inputs.correct(t.x1, t.n1, t.x2, t.n2, zero_cells)
        silent = inputs.same(t.x1, t.n1, t.x2, t.n2) & scale.relative
        t = Tables(x1, n1, x2, n2, np.where(silent, 0.0, t.m))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if name == "OR":
            y, v, wi = _odds_ratio(t)
        elif name == "RR":
            y, v, wi = _risk_ratio(t)
        elif name == "RD":
            y, v, wi = _risk_difference(t, raw, variance)
        elif name == "IRR":
            y, v, wi = _rate_ratio(t)
        else:
            y, v, wi = _rate_difference(t)
        y = np.where(np.isfinite(y), y, np.nan)
        se = np.sqrt(np.where(np.isfinite(y) & np.isfinite(v) & (v > 0), v, np.nan))
        half = normal_upper(0.5 * (1.0 - level)) * se
        own = scale.estimates(
            raw.x1, raw.n1, raw.x2, raw.n2, zero_cells=zero_cells if corrected else "only0", double_zero="drop"
        )
        q, q_df, q_p, i2, h2 = heterogeneity(own.y, own.v, own.usable, raw.m, y)
        cmh, cochran = _association(raw, rates, continuity)
        if name == "OR":
            bd, tarone, df = _homogeneity(t, y)
        else:
            bd = tarone = df = np.full(y.shape, np.nan)
        weighted = t.m * wi
        weights = weighted / weighted.sum(axis=-1, keepdims=True)
    statistic = y / se
    return MantelHaenszelFit(
        k=raw.m.sum(axis=-1),
        informative=dot(t.m, np.broadcast_to(np.where(wi > 0, 1.0, 0.0), t.m.shape)),
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
        cmh=cmh,
        cmh_p=chi2_tail(cmh, np.ones_like(cmh)),
        cochran=cochran,
        cochran_p=chi2_tail(cochran, np.ones_like(cochran)),
        breslow_day=bd,
        breslow_day_p=chi2_tail(bd, np.where(df > 0, df, np.nan)),
        tarone=tarone,
        tarone_p=chi2_tail(tarone, np.where(df > 0, df, np.nan)),
        homogeneity_df=df,
        weights=weights,
        measure=name,
        zero_cells=zero_cells,
        variance=variance if name == "RD" else "",
        continuity=continuity,
        level=level,
    )
