"""Imprecision: how wide the interval is, and whether there are as many patients as one good study would need.

Where GRADE gives a number it is taken: relative risks of 0.75 and 1.25 and the optimal information size (Guyatt et al.
2011, GRADE guidelines 6), and 300 events or 400 patients as its usual stand-ins. For a rate in one arm GRADE gives
none; those are this program's own, and the reader sees them.
"""

from __future__ import annotations

from typing import Final

from ..words import quantity, rounding
from ..words.doubt import WIDE
from ..words.phrases import noun, pooled_reporting
from ..words.quantity import Quantity
from ..words.reading import Document, get, items
from .model import Suggestion

VERY_WIDE: Final = 0.4
"""An interval of a proportion wider than this is a very serious doubt, one wider than ``WIDE`` a serious one."""
MARGIN: Final = 0.05
"""One series of the optimal size would tell the proportion to within this much either way, at 95 % confidence."""
APPRECIABLE: Final = (0.75, 1.25)
"""Ratios from which a benefit or harm counts."""
STANDARDISED: Final = 0.5
"""The standardised difference from which one counts."""
EVENTS: Final = 300
PATIENTS: Final = 400
"""Stand-ins for the optimal information size of an effect."""
RELATIVE: Final = 0.5
VERY_RELATIVE: Final = 1.0
"""Width of the interval of a mean or a rate, as a share of the estimate."""
_Z: Final = 1.959963984540054
_RARE: Final = 0.05
_NEAREST: Final = ", and the rule goes no nearer to 0 or 100 of 100 than that"
SOURCE: Final = ("guyatt2011imprecision",)


def imprecision(document: Document) -> Suggestion:
    """Suggest a judgement of imprecision.

    Parameters
    ----------
    document : mapping
        A pooled document.

    Returns
    -------
    Suggestion

    Examples
    --------
    >>> pooled = {"reporting": {"estimate": 0.16, "ci_low": 0.1, "ci_high": 0.24}}
    >>> imprecision({"total": 900, "pooled": pooled}).judgement
    'not serious'
    """
    shown = quantity.of(document)
    estimate, low, high = pooled_reporting(document)
    if low is None or high is None:
        found = {name: value for name, value in (("ci_low", low), ("ci_high", high)) if value is not None}
        why = "The interval has no limit on at least one side, so the data rule little out."
        return Suggestion("very serious", why, found, SOURCE)
    numbers: dict[str, float] = {"ci_low": low, "ci_high": high, "width": high - low}
    patients = patients_of(document)
    if patients is not None:
        numbers["patients"] = patients
    if shown.kind == "proportion":
        return _share(estimate, low, high, numbers)
    if shown.kind == "ratio":
        return _ratio(document, shown, low, high, numbers)
    if shown.null is not None:
        return _difference(document, shown, low, high, numbers)
    return _relative(shown, estimate, low, high, numbers)


def patients_of(document: Document) -> int | None:
    """Return how many patients the answer rests on, of all arms; ``None`` where that is not on file.

    Examples
    --------
    >>> patients_of({"total": 43}), patients_of({"studies": [{"data": {"n_1": 10, "n_2": 12}}]}), patients_of({})
    (43, 22, None)
    """
    total = get(document, "total")
    if total is not None:
        return int(total)
    sizes = [
        value
        for study in items(document, "studies")
        for name, value in (get(study, "data") or {}).items()
        if name.split("_")[0] == "n" and value is not None
    ]
    return int(sum(sizes)) if sizes else None


def optimal_size(share: float) -> float:
    """Return how many patients one series needs to tell a proportion to within ``MARGIN``.

    ``z^2 p (1 - p) / d^2``, with ``p`` not nearer to 0 or 1 than 5 %, where the formula has no meaning.

    Examples
    --------
    >>> round(optimal_size(0.5)), round(optimal_size(0.1)), round(optimal_size(0.0)) == round(optimal_size(0.05))
    (384, 138, True)
    """
    p = min(max(share, _RARE), 1.0 - _RARE)
    return _Z**2 * p * (1.0 - p) / MARGIN**2


def _share(estimate: float | None, low: float, high: float, numbers: dict[str, float]) -> Suggestion:
    width = high - low
    needed = optimal_size((low + high) / 2 if estimate is None else estimate)
    numbers["optimal_size"] = needed
    patients = numbers.get("patients")
    few = patients is not None and patients < needed
    said = f"The interval is {rounding.decimals(100 * width, 1)} percentage points wide"
    wide, very = (rounding.decimals(100 * limit, 0) for limit in (WIDE, VERY_WIDE))
    ends = f"({wide} are taken as wide, {very} as very wide)"
    rate = min(max((low + high) / 2 if estimate is None else estimate, _RARE), 1.0 - _RARE)
    size = "" if patients is None else (
        f" {noun(int(patients), 'patient')}; one series that tells a rate of {rounding.percent(rate)} to within "
        f"{rounding.decimals(100 * MARGIN, 0)} points needs {rounding.count(round(needed))}"
        f"{'' if estimate == rate else _NEAREST}."
    )  # fmt: skip
    judgement = "very serious" if width > VERY_WIDE else "serious" if width > WIDE or few else "not serious"
    return Suggestion(judgement, f"{said} {ends}.{size}", numbers, SOURCE)


def _ratio(document: Document, shown: Quantity, low: float, high: float, numbers: dict[str, float]) -> Suggestion:
    less, more = APPRECIABLE
    limits = f"{shown.interval(low, high)}"
    about = f"The interval, {limits}, "
    ends = f"{rounding.ratio(less)} and {rounding.ratio(more)}"
    if low < less and high > more:
        return Suggestion(
            "very serious", f"{about}takes in an appreciable benefit and an appreciable harm ({ends}).", numbers, SOURCE
        )
    if low <= 1.0 <= high and (low < less or high > more):
        return Suggestion("serious", f"{about}takes in no effect and one that counts ({ends}).", numbers, SOURCE)
    return _by_size(document, f"{about}does not take in both no effect and one that counts ({ends}).", numbers)


def _difference(document: Document, shown: Quantity, low: float, high: float, numbers: dict[str, float]) -> Suggestion:
    about = f"The interval, {shown.with_unit(shown.interval(low, high))}, "
    crosses = low <= 0.0 <= high
    none = "0" if shown.name in {"estimate", "correlation"} else "no difference"
    counts = {"standardised mean difference": STANDARDISED, "risk difference": WIDE / 2}.get(shown.name)
    if crosses and counts is not None and low < -counts and high > counts:
        edge = shown.with_unit(shown.text(counts))
        return Suggestion(
            "very serious", f"{about}takes in differences beyond {edge} in either direction.", numbers, SOURCE
        )
    if crosses:
        return Suggestion("serious", f"{about}takes in {none}.", numbers, SOURCE)
    return _by_size(document, f"{about}does not take in {none}.", numbers)


def _by_size(document: Document, said: str, numbers: dict[str, float]) -> Suggestion:
    """Judge by the information there is, where the interval raises no doubt."""
    events = get(document, "events")
    have, need, what = events, EVENTS, "event"
    if events is None:
        have, need, what = numbers.get("patients"), PATIENTS, "patient"
    if have is None:
        return Suggestion("not serious", f"{said} How many patients there are is not on file.", numbers, SOURCE)
    numbers[f"{what}s"] = have
    size = f"{noun(int(have), what)}; the usual stand-in for the optimal information size is {need}."
    return Suggestion("serious" if have < need else "not serious", f"{said} {size}", numbers, SOURCE)


def _relative(
    shown: Quantity, estimate: float | None, low: float, high: float, numbers: dict[str, float]
) -> Suggestion:
    limits = shown.with_unit(shown.interval(low, high))
    if not estimate:
        return Suggestion(None, f"The interval is {limits}; beside an estimate of 0 its width has no measure.", numbers)
    share = (high - low) / abs(estimate)
    numbers["relative_width"] = share
    said = (
        f"The interval, {limits}, is {rounding.decimals(share, 2)} times as wide as the estimate is large ("
        f"{rounding.decimals(RELATIVE, 1)} is taken as wide, {rounding.decimals(VERY_RELATIVE, 1)} as very wide)."
    )
    judgement = "very serious" if share > VERY_RELATIVE else "serious" if share > RELATIVE else "not serious"
    return Suggestion(judgement, said, numbers, SOURCE)
