"""The universes of two arms, and of rates, under mixed models of the counts.

Rows are tuples in the order of :class:`synth.meta.choices.multiverse.Universe`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from ...errors import NoAnswer, SettingsError
from ..glmm.two_arm import HIGH, LOW, OK, effect_model, fit_effects
from ..glmm.two_arm_rows import TOO_LARGE, bound, limits, ratio
from ..measures.effects import measure as find_measure
from ..numeric.distributions import Floats, normal_upper, t_upper
from ..results import Settings, number
from ..settings import MODELS, is_glmm

# The approximation for rare events has the exact model beside it: it is there where it is asked for.
_ON_REQUEST: Final = ("glmm-cm-al",)
_TOO_FEW: Final = "fewer than two studies have an estimate on this scale"
Row = tuple[Any, ...]


def mixed_universes(measure: str, data: Mapping[str, Floats], settings: Settings) -> Iterator[Row]:
    """Every mixed model of a measure, with random effects and with a common one.

    Parameters
    ----------
    measure : {"OR", "IRR", "IRLN"}
    data : mapping of array, shape (k,)
    settings : Settings
        ``level`` is used, and ``model`` to know what was asked for.

    Yields
    ------
    tuple
    """
    scale = find_measure(measure)
    columns = [data[name] for name in scale.columns]
    use = np.ones(columns[0].size, dtype=bool) if scale.kind == "rate" else np.asarray(scale.estimates(*columns).usable)
    usable = {name: data[name][use] for name in scale.columns}
    for model, rules in MODELS.items():
        if not is_glmm(model) or measure not in rules.measures:
            continue
        if model in _ON_REQUEST and model != settings.model:
            continue
        for effects, method in (("random", "ML"), ("common", None)):
            yield from _universes((measure, model, effects, method), usable, int(use.sum()), settings.level)


def _universes(
    words: tuple[str, str, str, str | None], data: Mapping[str, Floats], k: int, level: float
) -> Iterator[Row]:
    measure, model, effects, _ = words
    common = effects == "common"
    intervals = ("t", "wald") if common else ("t", "profile", "wald")
    if k < 2:
        yield from ((*words, interval, k, None, None, None, None, False, _TOO_FEW) for interval in intervals)
        return
    one = np.ones((1, k))
    try:
        made = effect_model(measure, model, data)
        fit = fit_effects(made, one, effects=effects)
    except (NoAnswer, SettingsError) as error:
        yield from ((*words, interval, k, None, None, None, None, False, str(error)) for interval in intervals)
        return
    state = int(fit.state[0])
    if state in (LOW, HIGH):
        edge = bound(made, one[0], state, level)
        yield (*words, "exact", k, edge.estimate, edge.ci_low, edge.ci_high, None, False, edge.reason)
        return
    if state != OK:
        yield from ((*words, interval, k, None, None, None, None, False, made.reason(state)) for interval in intervals)
        return
    estimate, se = float(fit.estimate[0]), float(fit.se[0])
    tau2 = None if common or not made.shows_tau() else float(fit.tau2[0])
    tail = 0.5 * (1.0 - level)
    reach = {"t": float(t_upper(tail, k - 1.0)) * se, "wald": float(normal_upper(tail)) * se}
    for interval in intervals:
        why: str | None = None
        low, high = estimate - reach.get(interval, 0.0), estimate + reach.get(interval, 0.0)
        if interval == "profile":
            lows, highs, reasons = limits(made, one, fit.inner, level, common=common)
            low, high, why = float(lows[0]), float(highs[0]), reasons[0]
        shown = [ratio(number(v)) for v in (estimate, low, high)]
        why = why or (TOO_LARGE if None in shown else None)
        yield (*words, interval, k, *shown, tau2, False, why)
