"""Say where an interval of a mean holds values that the quantity cannot take."""

from __future__ import annotations

import re
from typing import Final

from . import rounding
from .doubt import on_one_degree
from .phrases import noun, pooled_reporting
from .reading import Document, get, items, text

__all__ = ["remark"]

NEVER_BELOW_ZERO: Final = frozenset({
    "s", "sec", "second", "seconds", "min", "minute", "minutes", "h", "hr", "hour", "hours", "d", "day", "days",
    "week", "weeks", "month", "months", "year", "years", "ml", "cc", "l", "millilitre", "millilitres", "milliliter",
    "milliliters", "litre", "litres", "liter", "liters", "g", "kg", "mg", "gram", "grams", "cm", "mm", "m", "patients",
    "units",
})  # fmt: skip
"""Units of durations, volumes, masses, lengths and counts; only what is named here is called impossible below zero."""
_OF_CHANGE: Final = re.compile(
    r"chang|differ|delta|Δ|improv|correct|gain|increas|decreas|reduc|deviat|displac|shift|migrat|balance|relative to"
    r"|baseline|residual|\b(?:height|weight|length|lordosis|kyphosis) loss|loss of (?!blood)|before and after",
    re.IGNORECASE,
)
"""What speaks of a change or of a place beside a mark, which may be negative in any unit."""


def remark(document: Document) -> str | None:
    """Say that an interval of a mean reaches below zero, where the quantity cannot.

    Parameters
    ----------
    document : mapping
        A pooled document.

    Returns
    -------
    str or None
        A sentence to stand beside the interval. ``None`` unless the answer is a mean in one arm, its interval begins
        below zero, the mean of every series is above zero, and the unit is one of :data:`NEVER_BELOW_ZERO` with no
        word about a change beside it.

    Examples
    --------
    >>> pooled = {"ci_method": "hksj", "reporting": {"estimate": 14.5, "ci_low": -6.2, "ci_high": 35.2}}
    >>> days = {"k": 2, "settings": {"reporting": "mean"}, "outcome_info": {"unit": "days"}, "pooled": pooled,
    ...         "studies": [{"estimate": 13.0}, {"estimate": 16.0}]}
    >>> remark(days)
    'A value below zero is impossible here (days); the limits come from two series with one degree of freedom: read \
them as no useful interval.'
    >>> remark({**days, "outcome_info": {"unit": "points"}}) is None
    True
    """
    if text(document, "settings", "reporting") != "mean":
        return None
    estimate, low, _ = pooled_reporting(document)
    own = [get(study, "estimate") for study in items(document, "studies")]
    if estimate is None or low is None or not low < 0.0 < estimate or not own:
        return None
    if any(value is None or value <= 0.0 for value in own):
        return None
    unit = text(document, "outcome_info", "unit")
    named = (unit, *(text(document, "outcome_info", key) for key in ("label", "definition")), text(document, "outcome"))
    if unit.casefold() not in NEVER_BELOW_ZERO or any(_OF_CHANGE.search(each.replace("_", " ")) for each in named):
        return None
    start = f"A value below zero is impossible here ({unit}); the limits come from"
    if on_one_degree(document):
        return f"{start} two series with one degree of freedom: read them as no useful interval."
    level = rounding.level(get(document, "settings", "level") or 0.95)
    return (
        f"{start} {noun(get(document, 'k') or len(own))} and a model that does not know of zero: read the {level} "
        "interval as too wide to use at its lower end."
    )
