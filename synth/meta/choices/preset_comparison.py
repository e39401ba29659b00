"""Presets side by side, and for every difference the sentence that explains it.

From the first row's settings to each other row's one setting is changed at a time, and the outcome is pooled anew after
each change, so that every sentence carries the number that its own setting makes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ...errors import NoAnswer, NothingToPool, SettingsError
from ..answers.inputs import default_measure
from ..measures.effects import measure as find_measure
from ..pool import pool
from ..results import PoolResult, Settings
from ..settings import MODELS, default_model, make_settings
from .preset_words import explain
from .presets import PRESETS, preset_settings

# In this order one setting after the other is changed; the model first, because it decides what the others can be.
STEPS: Final = ("model", "measure", "zero_cells", "effects", "tau2_method", "ci_method", "prediction", "i2_method")
OWN: Final = "as asked for"
# What holds in every row, or shows in none of them.
_ASIDE: Final = ("level", "measure", "study_ci", "tau2_ci", "seed")
ONE: Final = "One study: nothing is pooled, so that every program gives its own figure with an interval of its choice."


@dataclass(frozen=True)
class Difference:
    """One setting that differs from the first row, and what that does here.

    Attributes
    ----------
    setting : str
        Its name in :func:`synth.meta.pool`.
    first, here : str or None
        Its words in the first row and in this one.
    sentence : str
    estimate, ci_low, ci_high : float or None
        The answer after this change and those before it, on the reporting scale.
    """

    setting: str
    first: str | None
    here: str | None
    sentence: str
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None


@dataclass(frozen=True)
class PresetRow:
    """What one preset gives.

    Attributes
    ----------
    name, label : str
        The preset; ``own`` for the settings asked for, where they are not the default ones.
    measure, model, effects, tau2_method, ci_method, prediction_method, i2_method : str or None
        What was used; ``None`` where there is no answer.
    k : int or None
        Studies that it pools.
    estimate, ci_low, ci_high, prediction_low, prediction_high : float or None
        On the reporting scale.
    tau2, i2 : float or None
        tau2 on the analysis scale; I2 as a fraction, by `i2_method`.
    explanation : str
        The sentences of `differences`, in one paragraph.
    differences : tuple of Difference
        From the first row, one setting at a time.
    imitates, source : str
        Whose numbers these are, and where their settings are written down.
    reason : str or None
        Why there is no answer.
    """

    name: str
    label: str
    measure: str | None
    model: str | None
    effects: str | None
    tau2_method: str | None
    ci_method: str | None
    prediction_method: str | None
    i2_method: str | None
    k: int | None
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    prediction_low: float | None
    prediction_high: float | None
    tau2: float | None
    i2: float | None
    explanation: str
    differences: tuple[Difference, ...]
    imitates: str
    source: str
    reason: str | None = None


@dataclass(frozen=True)
class PresetComparison:
    """Presets side by side; differences are from the first row."""

    rows: tuple[PresetRow, ...]
    reporting: str
    level: float


@dataclass(frozen=True)
class Answer:
    """A pool under some settings, or why there is none."""

    result: PoolResult | None
    reason: str | None


class _Pools:
    """The outcome under any settings, each computed once."""

    def __init__(
        self, data: Mapping[str, Sequence[Any]], studies: Sequence[str] | None, level: float, seed: int = 1
    ) -> None:
        self.data, self.studies, self.level, self.seed = data, studies, level, seed
        self.known: dict[tuple[tuple[str, str | None], ...], Answer] = {}

    def under(self, words: Mapping[str, str | None]) -> Answer:
        key = tuple(sorted(words.items()))
        if key not in self.known:
            given: dict[str, Any] = {name: word for name, word in words.items() if word is not None}
            try:
                result = pool(self.data, self.studies, level=self.level, seed=self.seed, leave_one_out=False, **given)
                self.known[key] = Answer(result, None)
            except (NoAnswer, NothingToPool) as error:
                self.known[key] = Answer(None, str(error))
        return self.known[key]

    def named(self, words: Mapping[str, str | None]) -> dict[str, str | None]:
        """The same settings with the interval that "auto" stands for here by its name."""
        out, answer = dict(words), self.under(words)
        if out["ci_method"] == "auto" and answer.result is not None:
            used = answer.result.settings.ci_method
            if used in MODELS[str(out["model"])].ci:
                out["ci_method"] = used
                self.known.setdefault(tuple(sorted(out.items())), answer)
        return out


def compare_presets(
    data: Mapping[str, Sequence[Any]], studies: Sequence[str] | None = None, **own: Any
) -> PresetComparison:
    """Pool one outcome as other programs would, and say where each difference comes from.

    Parameters
    ----------
    data, studies
        As for :func:`synth.meta.pool`.
    **own
        Settings asked for. `level` and `measure` hold in every row (but Stata's metaprop, which is its own measure);
        where any other makes the pool differ from synth's default, the first row is the pool as asked for.

    Returns
    -------
    PresetComparison

    Raises
    ------
    NothingToPool, ProblemsError, SettingsError, UnknownName
        As :func:`synth.meta.pool` does.

    Examples
    --------
    >>> c = compare_presets({"events": [7, 3, 1, 0, 5], "total": [43, 38, 26, 17, 30]})
    >>> [(r.name, round(r.estimate, 4)) for r in c.rows[:3]]
    [('synth', 0.099), ('cochrane', 0.1234), ('revman5', 0.119)]
    >>> [d.setting for d in c.rows[2].differences]
    ['model', 'tau2_method', 'ci_method', 'prediction', 'i2_method']
    """
    own = {key: value for key, value in own.items() if value is not None and key != "leave_one_out"}
    if "preset" in own:
        kind = find_measure(own.get("measure") or default_measure(list(data))).kind
        own = preset_settings(own.pop("preset"), kind, **own)
    asked = {key: value for key, value in own.items() if key not in _ASIDE}
    named = own.get("measure") or default_measure(list(data))
    scale = find_measure(named)
    level = float(own.get("level", 0.95))
    chosen = {"measure": own["measure"]} if "measure" in own else {}
    pools = _Pools(data, studies, level, own.get("seed", 1))
    plans: list[tuple[str, dict[str, str | None]]] = []
    synth = _words(scale.name, preset_settings("synth", scale.kind, **chosen))
    mine = _words(scale.name, {**chosen, **asked})
    if mine != synth:
        plans.append(("own", mine))
    rows: list[PresetRow] = []
    for name in PRESETS:
        try:
            plans.append((name, _words(scale.name, preset_settings(name, scale.kind, **_fixed(name, chosen)))))
        except SettingsError as error:
            rows.append(_empty(name, str(error)))
    first = plans[0][1]
    made = [_row(name, words, first, pools) for name, words in plans]
    if made[0].estimate is None and all(row.estimate is None for row in made):
        raise NothingToPool("; ".join(dict.fromkeys(row.reason or "" for row in made)))
    return PresetComparison((*made, *rows), scale.reporting, level)


def _fixed(name: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The own measure, but for a preset that stands for one measure."""
    return {} if name == "stata-metaprop" else dict(chosen)


def _words(named: str, given: Mapping[str, Any]) -> dict[str, str | None]:
    """Every setting with a word of its own, as ``pool`` would fill them in."""
    settings = make_settings(given.get("measure", named), **{k: v for k, v in given.items() if k != "measure"})
    return _of(settings)


def _of(settings: Settings) -> dict[str, str | None]:
    # "none" cannot be asked for where nothing is ever added
    silent = settings.zero_cells == "none" and not _takes_zero_cells(settings.model, settings.measure)
    return {
        "measure": settings.measure,
        "model": settings.model,
        "effects": settings.effects,
        "tau2_method": settings.tau2_method,
        "ci_method": settings.ci_method,
        "prediction": settings.prediction_method,
        "i2_method": settings.i2_method,
        "zero_cells": None if silent else settings.zero_cells,
    }


def _takes_zero_cells(model: str | None, measure: str | None) -> bool:
    return model in ("inverse", "mh") and find_measure(measure or "GEN").corrected


def _empty(name: str, reason: str) -> PresetRow:
    preset = PRESETS[name]
    none = (None,) * 15
    return PresetRow(
        name, preset.label, *none, "", (), preset.imitates, preset.source, reason,
    )  # fmt: skip


def _row(name: str, words: dict[str, str | None], first: dict[str, str | None], pools: _Pools) -> PresetRow:
    label, imitates, source = OWN, "the settings asked for", "the command or the call"
    if name in PRESETS:
        label, imitates, source = PRESETS[name].label, PRESETS[name].imitates, PRESETS[name].source
    answer = pools.under(words)
    r = answer.result
    differences = () if words == first else _differences(first, words, pools)
    explanation = " ".join(d.sentence for d in differences)
    if r is not None and r.k == 1 and words != first:
        differences, explanation = (), ONE
    used = None if r is None else r.settings
    shown = None if r is None else r.pooled.reporting
    new = None if r is None else r.prediction.reporting
    return PresetRow(
        name=name,
        label=label,
        measure=words["measure"],
        model=words["model"],
        effects=words["effects"],
        tau2_method=words["tau2_method"],
        ci_method=words["ci_method"] if used is None else used.ci_method,
        prediction_method=words["prediction"],
        i2_method=words["i2_method"],
        k=None if r is None else r.k,
        estimate=None if shown is None else shown.estimate,
        ci_low=None if shown is None else shown.ci_low,
        ci_high=None if shown is None else shown.ci_high,
        prediction_low=None if new is None else new.ci_low,
        prediction_high=None if new is None else new.ci_high,
        tau2=None if r is None else r.tau2.value,
        i2=None if r is None else r.heterogeneity.i2,
        explanation=explanation,
        differences=differences,
        imitates=imitates,
        source=source,
        reason=answer.reason if r is None else r.pooled.reason,
    )


def _differences(first: dict[str, str | None], last: dict[str, str | None], pools: _Pools) -> tuple[Difference, ...]:
    """Walk from one set of settings to another, one at a time, with the outcome pooled after each step."""
    out = []
    here, last = pools.named(first), pools.named(last)
    before = pools.under(here)
    for setting in STEPS:
        if here[setting] == last[setting]:
            continue
        old, here = here, _changed(here, setting, last)
        after = pools.under(here)
        said = explain(setting, old, here, before.result, after.result)
        if said:
            shown = None if after.result is None else after.result.pooled.reporting
            numbers = (None,) * 3 if shown is None else (shown.estimate, shown.ci_low, shown.ci_high)
            out.append(Difference(setting, old[setting], here[setting], said, *numbers))
        before = after
    return tuple(out)


def _changed(here: dict[str, str | None], setting: str, last: dict[str, str | None]) -> dict[str, str | None]:
    """Change one setting, and of the others only what it leaves without meaning: those take the last one's words."""
    new = {**here, setting: last[setting]}
    rules = MODELS[str(new["model"])]
    if rules.measures and new["measure"] not in rules.measures:
        new["measure"] = last["measure"]
        if rules.measures and new["measure"] not in rules.measures:
            new["model"] = default_model(str(new["measure"]))
            rules = MODELS[str(new["model"])]
    if new["effects"] not in rules.effects:
        new["effects"] = last["effects"]
    if new["effects"] == "common" or not rules.tau2:
        new["tau2_method"] = None
    elif new["tau2_method"] not in rules.tau2:
        new["tau2_method"] = last["tau2_method"] if last["tau2_method"] in rules.tau2 else rules.tau2[0]
    wide = str(new["ci_method"])
    if wide not in rules.ci or (new["effects"] == "common" and wide in ("profile", "hksj", "hksj-adhoc")):
        new["ci_method"] = last["ci_method"] if last["ci_method"] in rules.ci else "auto"
    if new["model"] == "inverse" and new["ci_method"] == "profile" and new["tau2_method"] != "ML":
        new["ci_method"] = last["ci_method"] if last["ci_method"] != "profile" else "auto"
    if new["prediction"] == "bootstrap" and (new["model"] != "inverse" or new["effects"] == "common"):
        new["prediction"] = last["prediction"] if last["prediction"] != "bootstrap" else "t"
    takes = _takes_zero_cells(new["model"], new["measure"])
    if takes and new["zero_cells"] is None:
        new["zero_cells"] = last["zero_cells"]
    if not takes:
        new["zero_cells"] = None
    return new
