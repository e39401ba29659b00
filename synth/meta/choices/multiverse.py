"""The multiverse: one outcome under every sensible combination of measure, model, effects, tau2 and interval.

Each model is fitted once and all its intervals are taken from that fit; inverse variance is fitted for all measures at
once, as rows of one mask, once for each method for tau2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ...errors import NoAnswer, NothingToPool
from ..answers.inputs import check_data
from ..answers.inverse import interval_method
from ..glmm.fit import OK
from ..glmm.rows import auto_method
from ..inverse.fit import InverseFit, pool_inverse
from ..inverse.profile import profile_mean
from ..measures.base import Estimates, Measure
from ..measures.effects import MEASURES, harmonic_size
from ..measures.effects import measure as find_measure
from ..numeric.distributions import Floats, t_upper
from ..pool import settings_for
from ..results import Settings, number
from ..settings import is_glmm
from .multiverse_mixed import mixed_universes
from .multiverse_models import proportion_universes, table_universes

# EB has the root of PM and would only repeat it; the variants of HS and PM are there where they are asked for.
TAU2: Final = ("REML", "ML", "DL", "PM", "SJ", "HS", "HE")
INTERVALS: Final = {"random": ("hksj-adhoc", "hksj", "t", "wald"), "common": ("t", "wald")}
ONE: Final = "one study: nothing is pooled, and no choice of method changes its own figure"
TOO_FEW: Final = "fewer than two studies have an estimate on this scale"


@dataclass(frozen=True)
class Universe:
    """One combination and what it gives, on the reporting scale.

    Attributes
    ----------
    measure, model, effects, tau2_method, ci_method : str
        ``tau2_method`` is ``None`` where the combination has no tau2.
    k : int or None
        Studies that it pools.
    estimate, ci_low, ci_high : float or None
        ``None`` with ``reason`` where undefined.
    tau2 : float or None
        On the analysis scale of the measure.
    default : bool
        What :func:`synth.meta.pool` gives with the settings asked for.
    """

    measure: str
    model: str
    effects: str
    tau2_method: str | None
    ci_method: str
    k: int | None
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    tau2: float | None = None
    default: bool = False
    reason: str | None = None


@dataclass(frozen=True)
class Multiverse:
    """All universes and how far they spread.

    Attributes
    ----------
    universes : tuple of Universe
    reporting : str
        Scale of all the estimates.
    count, defined : int
        Combinations, and those with an estimate and both limits.
    estimate_low, estimate_high, ci_low_low, ci_high_high : float or None
        Smallest and largest estimate, lowest and highest limit.
    null : float or None
        No effect on the reporting scale; ``None`` for a single arm.
    excludes_null : int or None
        Universes whose interval leaves out no effect.
    reason : str or None
        Why there are none.
    """

    universes: tuple[Universe, ...]
    reporting: str
    count: int
    defined: int
    estimate_low: float | None
    estimate_high: float | None
    ci_low_low: float | None
    ci_high_high: float | None
    null: float | None = None
    excludes_null: int | None = None
    reason: str | None = None


def rival_measures(scale: Measure) -> tuple[str, ...]:
    """Measures that are made from the same data and report on the same scale; the measure itself first.

    Examples
    --------
    >>> rival_measures(find_measure("PLOGIT")), rival_measures(find_measure("OR"))
    (('PLOGIT', 'PLN', 'PRAW', 'PAS', 'PFT'), ('OR', 'PETO'))
    """
    others = (m for m in MEASURES.values() if m.columns == scale.columns and m.reporting == scale.reporting)
    return (scale.name, *(m.name for m in others if m.name != scale.name))


def pool_multiverse(data: Mapping[str, Sequence[Any]], studies: Sequence[str] | None = None, **own: Any) -> Multiverse:
    """Pool one outcome by every sensible combination of methods.

    Parameters
    ----------
    data, studies
        As for :func:`synth.meta.pool`.
    **own
        Settings of :func:`synth.meta.pool`: they say which universe is the default, and `level` and `zero_cells` hold
        in all. Measures are those that report on the same scale as the one asked for.

    Returns
    -------
    Multiverse

    Raises
    ------
    NothingToPool, ProblemsError, SettingsError, UnknownName
        As :func:`synth.meta.pool` does.

    Notes
    -----
    Steegen, Tuerlinckx, Gelman and Vanpaemel (2016), Perspectives on Psychological Science 11:702-712.

    Examples
    --------
    >>> m = pool_multiverse({"events": [7, 3, 1, 0, 5], "total": [43, 38, 26, 17, 30]})
    >>> [(u.measure, u.model, u.ci_method, round(u.estimate, 4)) for u in m.universes if u.default]
    [('PLOGIT', 'glmm', 't', 0.099)]
    >>> m.estimate_low < 0.099 < m.estimate_high
    True
    """
    asked = {key: value for key, value in own.items() if key != "leave_one_out" and value is not None}
    settings = settings_for(list(data), **asked)
    scale = find_measure(settings.measure)
    arrays, _ = check_data(scale.columns, data, studies)
    k = len(arrays[scale.columns[0]])
    if k == 1:
        return Multiverse((), scale.reporting, 0, 0, None, None, None, None, _null(scale), None, ONE)
    methods: tuple[str, ...] = TAU2
    if settings.model == "inverse" and settings.tau2_method not in (None, *TAU2):
        methods = (*TAU2, str(settings.tau2_method))
    found = [Universe(*row) for row in _inverse(scale, arrays, settings, methods, asked.get("zero_cells"))]
    if scale.kind == "proportion":
        found = [*(Universe(*row) for row in proportion_universes(arrays, settings)), *found]
    elif scale.kind in ("two proportions", "two rates"):
        found += [Universe(*row) for row in table_universes(arrays, rival_measures(scale), settings.level)]
    # Mixed models of the counts stand first, as they do for proportions.
    modelled = [name for name in rival_measures(scale) if name in ("OR", "IRR", "IRLN")]
    found = [*(Universe(*row) for name in modelled for row in mixed_universes(name, arrays, settings)), *found]
    if not any(u.estimate is not None for u in found):
        why = "; ".join(sorted({u.reason for u in found if u.reason}))
        raise NothingToPool(f"No combination of methods has an answer on these {k} studies: {why}.")
    return _summary(tuple(_marked(found, settings, arrays)), scale)


def _null(scale: Measure) -> float | None:
    return None if scale.null is None else float(scale.to_reporting(scale.null))


def _inverse(
    scale: Measure, arrays: Mapping[str, Floats], settings: Settings, methods: tuple[str, ...], policy: str | None
) -> list[tuple[Any, ...]]:
    """Every measure by inverse variance: rows of one mask, one fit for each tau2 method and one for a common effect."""
    scales = [find_measure(name) for name in rival_measures(scale)]
    columns = [arrays[name] for name in scale.columns]
    made: list[Estimates] = [s.estimates(*columns, zero_cells=policy if s.corrected else None) for s in scales]
    y, v = np.stack([m.y for m in made]), np.stack([m.v for m in made])
    usable = np.stack([m.usable for m in made])
    sizes = [harmonic_size(columns[-1], u.astype(float)) if s.sized and u.any() else None
             for s, u in zip(scales, usable, strict=True)]  # fmt: skip
    out: list[tuple[Any, ...]] = []
    plans: list[tuple[str, str | None]] = [("random", method) for method in methods] + [("common", None)]
    for effects, method in plans:
        fit: InverseFit | None = None
        why: str | None = None
        try:
            fit = pool_inverse(
                y, v, usable, effects=effects, tau2_method=method or "DL", ci_method="wald", level=settings.level,
                prediction="normal",
            )  # fmt: skip
        except NoAnswer as error:
            why = str(error)
        for i, each in enumerate(scales):
            # The profile interval is that of maximum likelihood, and stands where it was asked for.
            more = ("profile",) if method == "ML" and settings.ci_method == "profile" else ()
            for interval in (*INTERVALS[effects], *more):
                words = (each.name, "inverse", effects, method, interval)
                if fit is None or fit.k[i] < 2:
                    out.append((*words, int(usable[i].sum()), None, None, None, None, False, why or TOO_FEW))
                    continue
                middle = float(fit.estimate[i])
                if interval == "profile":
                    low, high = map(float, profile_mean(y[i], v[i], usable[i], level=settings.level))
                else:
                    half = _half(fit, i, interval, settings.level)
                    low, high = middle - half, middle + half
                size = None if sizes[i] is None else float(sizes[i])  # type: ignore[arg-type]
                shown = [number(each.to_reporting(b, size)) for b in (middle, low, high)]
                tau2 = number(fit.tau2[i]) if effects == "random" else None
                out.append((*words, int(fit.k[i]), *shown, tau2, False, None))
    return out


def _half(fit: InverseFit, i: int, interval: str, level: float) -> float:
    """Half of the interval's width, from the Wald fit."""
    scale = float(fit.hksj_scale[i])
    factor = {"hksj": scale, "hksj-adhoc": max(scale, 1.0)}.get(interval, 1.0)
    df = np.inf if interval == "wald" else float(fit.k[i]) - 1.0
    return float(t_upper(0.5 * (1.0 - level), df)) * float(fit.se[i]) * float(np.sqrt(factor))


def _marked(found: list[Universe], settings: Settings, arrays: Mapping[str, Floats]) -> list[Universe]:
    """Mark the universe that the settings asked for."""
    words = (settings.measure, settings.model, settings.effects, settings.tau2_method)
    wanted = settings.ci_method
    if settings.model == "beta-binomial":
        from ..models.beta_binomial_profile import pool_beta_binomial

        wanted = pool_beta_binomial(arrays["events"], arrays["total"], ci_method=wanted, level=settings.level).ci_method
    elif wanted == "auto" and is_glmm(settings.model) and settings.measure != "PLOGIT":
        from ..glmm.two_arm import OK as FITTED
        from ..glmm.two_arm_rows import effect_method

        pooled = [u.k for u in found if (u.measure, u.model, u.effects, u.tau2_method) == words and u.k is not None]
        wanted = effect_method(max(pooled, default=1), FITTED, settings)
    elif wanted == "auto":
        k = len(next(iter(arrays.values())))
        wanted = {
            "glmm": auto_method(k, OK, settings.effects),
            "inverse": interval_method(settings),
            "bayes": "credible",
        }.get(settings.model, "wald")
    alike = [u for u in found if (u.measure, u.model, u.effects, u.tau2_method) == words]
    # nobody or everybody with the event has the exact interval only
    chosen = [u for u in alike if u.ci_method == wanted] or [u for u in alike if u.ci_method == "exact"]
    return [replace(u, default=u in chosen) for u in found]


def _summary(universes: tuple[Universe, ...], scale: Measure) -> Multiverse:
    estimates = [u.estimate for u in universes if u.estimate is not None]
    lows = [u.ci_low for u in universes if u.ci_low is not None]
    highs = [u.ci_high for u in universes if u.ci_high is not None]
    null = _null(scale)
    whole = [u for u in universes if None not in (u.estimate, u.ci_low, u.ci_high)]
    against = None
    if null is not None:
        against = sum(low > null for low in lows) + sum(high < null for high in highs)
    return Multiverse(
        universes,
        scale.reporting,
        len(universes),
        len(whole),
        min(estimates),
        max(estimates),
        min(lows, default=None),
        max(highs, default=None),
        null,
        against,
    )
