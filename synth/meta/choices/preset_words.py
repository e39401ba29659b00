"""The sentences that say what one setting does to a pool: which it is, and the number that it makes here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from ..measures.effects import measure as find_measure
from ..results import PoolResult
from ..settings import is_glmm, model_label

Words = Mapping[str, str | None]
SAME: Final = "which changes nothing here"
# Relative changes below this are rounding to a reader.
_SMALL: Final = 5e-4
_SHORT: Final = {"wald": "Wald", "t": "t", "hksj": "HKSJ", "hksj-adhoc": "floored HKSJ", "profile":
                 "profile-likelihood", "credible": "credible", "exact": "exact"}  # fmt: skip
_WHY: Final = {
    "wald": "takes tau2 as known and a normal quantile",
    "t": "takes a t quantile with {df} {degrees} of freedom",
    "hksj": "scales the standard error by how far the studies really scatter (here by {factor:.2f}) and takes a t "
    "quantile with {df} {degrees} of freedom",
    "hksj-adhoc": "scales the standard error by how far the studies really scatter, but never below 1 (here by "
    "{factor:.2f}), and takes a t quantile with {df} {degrees} of freedom",
    "profile": "follows the likelihood, so that it need not be symmetric",
    "exact": "is the exact one of all patients as one series",
}
_PREDICTION: Final = {
    "t": "a t quantile with k - 1 degrees of freedom",
    "hts": "a t quantile with k - 2 degrees of freedom",
    "normal": "a normal quantile",
    "bootstrap": "draws of tau2 from its confidence distribution",
}


def show(value: float | None, reporting: str) -> str:
    """A number for a sentence: proportions in per cent, everything else to three digits.

    Examples
    --------
    >>> show(0.16279, "proportion"), show(0.99996, "proportion"), show(1.23456, "odds ratio"), show(None, "mean")
    ('16.3 %', '99.996 %', '1.23', 'undefined')
    """
    return _digits(value, reporting, 1)


def _digits(value: float | None, reporting: str, least: int) -> str:
    if value is None:
        return "undefined"
    if reporting != "proportion":
        return f"{value:.{least + 2}g}"
    if value in (0.0, 1.0):
        return f"{100.0 * value:.0f} %"
    # never 0 or 100 where it is not
    for digits in range(least, 7):
        text = f"{100.0 * value:.{digits}f}"
        if float(text) not in (0.0, 100.0):
            return f"{text} %"
    return f"{100.0 * value:.2g} %"


def both(a: float | None, b: float | None, reporting: str) -> tuple[str, str]:
    """Two numbers that differ, with as many digits as show it.

    Examples
    --------
    >>> both(0.8131, 0.8134, "proportion"), both(0.2, 0.3, "proportion")
    (('81.31 %', '81.34 %'), ('20.0 %', '30.0 %'))
    """
    for least in range(1, 6):
        texts = _digits(a, reporting, least), _digits(b, reporting, least)
        if texts[0] != texts[1]:
            break
    return texts


def width(before: tuple[float | None, float | None], after: tuple[float | None, float | None]) -> str | None:
    """How much wider or narrower an interval became.

    Examples
    --------
    >>> width((0.1, 0.3), (0.12, 0.28)), width((0.1, 0.3), (0.1, 0.3)), width((None, 0.3), (0.1, 0.3))
    ('narrower by 20 %', 'as wide', None)
    >>> width((0.0, 0.1), (0.0, 0.8))
    'wider by a factor of 8'
    """
    if None in (*before, *after):
        return None
    old, new = (float(b[1] or 0.0) - float(b[0] or 0.0) for b in (before, after))
    if old <= 0.0 or not math.isfinite(new / old):
        return None
    change = new / old - 1.0
    if abs(change) < _SMALL:
        return "as wide"
    if change >= 1.0:
        return f"wider by a factor of {new / old:.2g}"
    amount = f"{100.0 * abs(change):.0f} %" if abs(change) >= 0.095 else f"{100.0 * abs(change):.1f} %"
    return f"{'wider' if change > 0 else 'narrower'} by {amount}"


def _moved(before: PoolResult | None, after: PoolResult | None) -> str:
    """What became of the estimate and of the interval's width."""
    if after is None:
        return "with which there is no answer here"
    if before is None:
        return f"which gives {_shown(after)}"
    a, b = before.pooled.reporting, after.pooled.reporting
    unit = after.settings.reporting
    wide = width((a.ci_low, a.ci_high), (b.ci_low, b.ci_high))
    same = a.estimate is not None and b.estimate is not None and _near(a.estimate, b.estimate)
    if same and wide == "as wide":
        return SAME
    if same:
        return f"which leaves the estimate and makes the interval {wide}" if wide else f"which gives {_shown(after)}"
    tail = f", the interval {wide}" if wide and wide != "as wide" else ""
    was, now = both(a.estimate, b.estimate, unit)
    return f"which moves the estimate from {was} to {now}{tail}"


def _near(a: float, b: float) -> bool:
    return abs(a - b) <= 5e-5 * max(abs(a), abs(b), 1e-300)


def _shown(r: PoolResult) -> str:
    s, unit = r.pooled.reporting, r.settings.reporting
    return f"{show(s.estimate, unit)} ({show(s.ci_low, unit)} to {show(s.ci_high, unit)})"


def explain(setting: str, old: Words, new: Words, before: PoolResult | None, after: PoolResult | None) -> str:
    """Say what changing one setting did.

    Parameters
    ----------
    setting : str
        The one that changed; others changed only where it left them without meaning.
    old, new : mapping
        All settings before and after.
    before, after : PoolResult or None
        The outcome pooled under both; ``None`` where it has no answer.

    Returns
    -------
    str
        A sentence.
    """
    return {
        "model": _model, "measure": _measure, "effects": _effects, "tau2_method": _tau2, "ci_method": _interval,
        "prediction": _prediction, "i2_method": _i2, "zero_cells": _zero_cells,
    }[setting](old, new, before, after)  # fmt: skip


def _model(old: Words, new: Words, before: PoolResult | None, after: PoolResult | None) -> str:
    label, former = (model_label(str(w["model"]), str(w["measure"])) for w in (new, old))
    how = ""
    if new["model"] == "inverse" and (
        is_glmm(str(old["model"])) or find_measure(str(new["measure"])).kind == "proportion"
    ):
        how = f": each study's {find_measure(str(new['measure'])).scale} is taken as normal with a known variance"
        zeros = _zeros(after) if find_measure(str(new["measure"])).corrected else 0
        if zeros and after is not None and new["zero_cells"] == "only0":
            plural = "studies" if zeros > 1 else "study"
            kind = find_measure(str(new["measure"])).kind
            without = "events" if "rate" in kind else "events or with events only"
            where = " in an arm" if kind.startswith("two") else ""
            what = "events" if "rate" in kind else "cells"
            how += f", and 1/2 is added to the {what} of {zeros} {plural} without {without}{where}"
    return f"{_the(label, True)} takes the place of {_the(former)}{how}, {_moved(before, after)}."


def _the(label: str, first: bool = False) -> str:
    return label if label.startswith("Peto") else f"{'The' if first else 'the'} {label}"


def _zeros(r: PoolResult | None) -> int:
    if r is None:
        return 0
    return sum(
        any(s.data[name] in (0.0, s.data.get(name.replace("events", "total"))) for name in s.data if "events" in name)
        for s in r.studies
    )


def _measure(old: Words, new: Words, before: PoolResult | None, after: PoolResult | None) -> str:
    label, former = (find_measure(str(w["measure"])).label for w in (new, old))
    text = f"The {label} takes the place of the {former}"
    if new["measure"] == "PFT" and after is not None and after.k > 1:
        sizes = [s.total for s in after.studies if s.total]
        text += f" and is taken back at the harmonic mean of the sizes ({len(sizes) / sum(1 / n for n in sizes):.3g})"
    return f"{text}, {_moved(before, after)}."


def _effects(old: Words, new: Words, before: PoolResult | None, after: PoolResult | None) -> str:
    if new["effects"] == "common":
        return f"A common effect leaves out the variance between studies, {_moved(before, after)}."
    tau2 = None if after is None else after.tau2.value
    value = f" ({new['tau2_method']}: {tau2:.3g})" if tau2 is not None and new["tau2_method"] else ""
    return f"Random effects let the studies differ by tau2{value}, {_moved(before, after)}."


def _tau2(old: Words, new: Words, before: PoolResult | None, after: PoolResult | None) -> str:
    a = None if before is None else before.tau2.value
    b = None if after is None else after.tau2.value
    if a is None or b is None:
        return f"tau2 is estimated by {new['tau2_method']}, not {old['tau2_method']}, {_moved(before, after)}."
    if abs(a - b) <= 1e-9 * max(a, b):
        return f"{new['tau2_method']} gives the same tau2 as {old['tau2_method']} here ({b:.3g})."
    was, now = both(a, b, "tau2")
    return f"{new['tau2_method']} gives tau2 {now} where {old['tau2_method']} gives {was}, {_moved(before, after)}."


def _interval(old: Words, new: Words, before: PoolResult | None, after: PoolResult | None) -> str:
    if after is None or before is None:
        return ""
    used, former = after.settings.ci_method, before.settings.ci_method
    if used == former:
        return ""
    a, b = before.pooled.reporting, after.pooled.reporting
    wide = width((a.ci_low, a.ci_high), (b.ci_low, b.ci_high))
    factor = 1.0
    plain = next((i for i in after.pooled.intervals if i.method == "t"), None)
    mine = next((i for i in after.pooled.intervals if i.method == used), None)
    if plain and mine and None not in (plain.ci_low, plain.ci_high, mine.ci_low, mine.ci_high):
        across = float(plain.ci_high or 0.0) - float(plain.ci_low or 0.0)
        factor = (float(mine.ci_high or 0.0) - float(mine.ci_low or 0.0)) / across if across else 1.0
    why = _WHY.get(used, "is made otherwise").format(
        factor=factor, df=after.k - 1, degrees="degree" if after.k == 2 else "degrees"
    )
    result = f"{wide} than the {_SHORT.get(former, former)} interval" if wide and wide != "as wide" else (
        f"as wide as the {_SHORT.get(former, former)} interval" if wide else f"which gives {_shown(after)}"
    )  # fmt: skip
    return f"The {_SHORT.get(used, used)} interval {why}: {result}."


def _prediction(old: Words, new: Words, before: PoolResult | None, after: PoolResult | None) -> str:
    word = str(new["prediction"])
    if word == "none":
        return "No prediction interval is given." if before and before.prediction.ci_low is not None else ""
    if after is None or after.prediction.ci_low is None:
        return ""
    b = after.prediction.reporting
    text = f"The prediction interval takes {_PREDICTION[word]}"
    if before is None or before.prediction.ci_low is None:
        unit = after.settings.reporting
        return f"{text}: {show(b.ci_low, unit)} to {show(b.ci_high, unit)}."
    a = before.prediction.reporting
    wide = width((a.ci_low, a.ci_high), (b.ci_low, b.ci_high))
    return f"{text} instead of {_PREDICTION.get(str(old['prediction']), 'another')}: {wide}." if wide else f"{text}."


def _i2(old: Words, new: Words, before: PoolResult | None, after: PoolResult | None) -> str:
    a = None if before is None else before.heterogeneity.i2
    b = None if after is None else after.heterogeneity.i2
    if a is None or b is None:
        return ""
    name = {"q": "Q", "tau2": "tau2"}
    sources = name[str(new["i2_method"])], name[str(old["i2_method"])]
    if abs(a - b) < 1e-9:
        value = show(b, "proportion")
        return f"I2 is computed from {sources[0]} instead of {sources[1]}, which gives the same {value} here."
    was, now = both(a, b, "proportion")
    return f"I2 is computed from {sources[0]}: {now}, where {sources[1]} gives {was}."


def _zero_cells(old: Words, new: Words, before: PoolResult | None, after: PoolResult | None) -> str:
    return (
        f"Zero cells are dealt with by the policy {new['zero_cells'] or 'none'}, not {old['zero_cells'] or 'none'}, "
        f"{_moved(before, after)}."
    )
