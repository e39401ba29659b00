"""Units in headings: "Blood loss (mL)" is the column Blood loss, in mL."""

from __future__ import annotations

import re

_WORDS = (
    *("%", "percent", "n", "no", "no.", "count"),
    *("year", "years", "yr", "yrs", "y", "month", "months", "mo", "mos", "mth", "mths", "week", "weeks", "wk", "wks"),
    *("day", "days", "d", "hour", "hours", "h", "hr", "hrs", "minute", "minutes", "min", "mins", "second", "seconds"),
    *("s", "sec", "secs", "ms", "person-years", "person years", "patient-years", "patient years", "person-months"),
    *("l", "dl", "ml", "cc", "cm3", "cm³", "cl", "µl", "ul", "g", "kg", "mg", "µg", "ug", "ng", "g/l", "g/dl"),
    *("mg/l", "mg/dl", "mmol/l", "µmol/l", "u/l", "iu/l", "ng/ml", "pg/ml", "m", "cm", "mm", "µm", "mm2", "mm²"),
    *("cm2", "cm²", "m2", "m²", "kg/m2", "kg/m²", "kg/m^2", "mmhg", "bpm", "°", "deg", "degree", "degrees", "°c", "c"),
    *("points", "point", "score", "units", "unit", "levels", "level", "gy", "msv", "mgy", "kv", "patients"),
    *("eur", "usd", "gbp", "€", "$", "£"),
    *("jahre", "monate", "wochen", "tage", "stunden", "minuten"),
)
_UNITS = frozenset(_WORDS)
_SCALE = re.compile(r"(?:/\s*\d{1,4}|\d{1,3}\s*[-–]\s*\d{1,4})")  # "/100", "0-10"
_BEHIND = re.compile(r"(?P<name>.*\S)\s*[(\[]\s*(?P<unit>[^()\[\]]{1,20}?)\s*[)\]]\s*", re.DOTALL)
_COMMA = re.compile(r"(?P<name>.*\S)\s*,\s*(?P<unit>[^,]{1,20}?)\s*", re.DOTALL)
_COUNT = re.compile(r"(?:^|[\s,;])(?:n|no\.?|nr\.?|num|number|#)$", re.IGNORECASE)
_BARE = re.compile(r"[(\[]?\s*([^()\[\]]{1,20}?)\s*[)\]]?")


def is_unit(text: str) -> bool:
    """Say whether a text is a unit and nothing else, with or without brackets.

    Examples
    --------
    >>> is_unit("(mL)"), is_unit("years"), is_unit("0-10"), is_unit("SD")
    (True, True, True, False)
    """
    match = _BARE.fullmatch(text.strip())
    return match is not None and (match[1].casefold() in _UNITS or _SCALE.fullmatch(match[1]) is not None)


def split_unit(heading: str) -> tuple[str, str]:
    """Return a heading without its unit, and the unit or ``""``; what is no unit stays where it is.

    Examples
    --------
    >>> split_unit("Blood loss (mL)"), split_unit("Age, years"), split_unit("Age, mean (SD)")
    (('Blood loss', 'mL'), ('Age', 'years'), ('Age, mean (SD)', ''))
    """
    if len(heading) > 300:
        return heading, ""
    for pattern in (_BEHIND, _COMMA):
        match = pattern.fullmatch(heading)
        # "n (%)" says that two figures stand in each cell.
        if match and is_unit(match["unit"]) and not (match["unit"] == "%" and _COUNT.search(match["name"])):
            return match["name"].strip(), match["unit"]
    return heading, ""
