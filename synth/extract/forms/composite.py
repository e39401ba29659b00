"""Cells that hold several figures, as "7 (16%)", "7/43", "12.5 (3.1)" and "median 7 (IQR 5-9)".

A cell is read where it can mean one thing only; where it could mean two, the defect says which and what to type. What
is read is not yet believed: whoever asks holds the figures of a cell against each other and against the other columns.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..contract.cells import Defect, text
from ..reading.separators import Separators, decide

_N = r"(\d+(?:[.,'’\u00a0\u202f\u2009]\d+)*)"
_SIGNED = r"([+-]?\d+(?:[.,·'’\u00a0\u202f\u2009]\d+)*)"
_WHO = r"(?:\s*(?:patients?|pts?\.?|cases?|subjects?|participants?|persons?|people|events?|deaths?))?"
_OPEN, _CLOSE = r"[(\[]\s*", r"\s*[)\]]"
_LEAD = r"\s*(?:n\s*[=:]\s*)?"
_OF = r"\s*(?:/|\bof\b|\bout\s+of\b)\s*"
_PERCENT = _N + r"\s*%"
# A percentage behind a number: in brackets, or with a comma and a blank between, so that 16,3 % stays one number.
_AND_PERCENT = rf"(?:\s*{_OPEN}{_PERCENT}{_CLOSE}|\s*[,;]\s+{_PERCENT})"
_COUNTS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern + r"\s*", re.IGNORECASE), names)
    for pattern, names in (
        (r"\s*" + _PERCENT, ("percent",)),
        (_LEAD + _N + _WHO + _OF + _N + _WHO, ("events", "total")),
        (_LEAD + _N + _WHO + _OF + _N + _WHO + _AND_PERCENT, ("events", "total", "percent", "percent")),
        (r"\s*" + _PERCENT + r"\s*" + _OPEN + _LEAD + _N + _WHO + _OF + _N + _WHO + _CLOSE,
         ("percent", "events", "total")),
        (_LEAD + _N + _WHO + _AND_PERCENT, ("events", "percent", "percent")),
        (r"\s*" + _PERCENT + r"\s*" + _OPEN + _LEAD + _N + _WHO + _CLOSE, ("percent", "events")),
        (_LEAD + _N + _WHO + r"\s*" + _OPEN + _N + _CLOSE, ("events", "bare")),
        (r"\s*n\s*[=:]\s*" + _N + _WHO, ("events",)),
        (r"\s*" + _N + r"\s+(?:patients?|pts?\.?|cases?|subjects?|events?|deaths?)", ("events",)),
    )
)  # fmt: skip
_LABELS = {
    "mean": r"means?|averages?|avg\.?",
    "median": r"medians?|med\.?|mdn",
    "sd": r"s\.?\s?d\.?|std\.?(?:\s?dev\.?)?|standard\s+deviation",
    "se": r"s\.?e\.?m?\.?|standard\s+error",
    "iqr": r"i\.?q\.?r\.?|inter-?\s?quartile(?:\s+range)?|quartiles|q1\s?-\s?q3|25\s?-\s?75\s?%"
           r"|25th\s?-\s?75th\s+percentiles?",
    "range": r"range|min\s?-\s?max|minimum\s?-\s?maximum",
    "ci": r"(?:9[059]\s?%\s?)?ci|(?:9[059]\s?%\s?)?confidence\s+interval",
}  # fmt: skip
_LABEL = "|".join(f"(?P<{name}>{pattern})" for name, pattern in _LABELS.items())
_CENTRE = re.compile(rf"(?:(?:{_LABEL})\b\.?\s*[:=]?\s*)?{_SIGNED}\s*(?:±\s*{_SIGNED})?", re.IGNORECASE)
_GROUP = re.compile(
    rf"\s*[,;]?\s*(?P<open>[(\[])?\s*(?:(?:{_LABEL})\b\.?\s*[:=,]?\s*)?{_SIGNED}"
    rf"(?:\s*(?:-|\bto\b|;|,\s|\.\.)\s*{_SIGNED})?\s*(?P<close>[)\]])?",
    re.IGNORECASE,
)
_DASHES = str.maketrans({"–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "{": "(", "}": ")"})
_NUMERALS = re.compile(r"\d+(?:[.,'’\u00a0\u202f\u2009]\d+)+")
_BLANKS = re.compile(r"\s{2,}")
_LARGEST = 300


@dataclass(frozen=True)
class Parts:
    """What a cell with several figures says.

    Parameters
    ----------
    numbers : tuple of (str, float)
        By the names of the columns in which they belong: ``events``, ``total``, ``mean``, ``sd``, ``se``, ``median``,
        ``q1``, ``q3``, ``min``, ``max``.
    percent : str
        The percentage as it stands there, with its sign; empty where there is none.
    bare : bool
        Whether the percentage stands there without its sign, so that only the total can tell that it is one.
    said : str
        What the cell was read as, for a note: ``"events (percentage)"``.
    """

    numbers: tuple[tuple[str, float], ...]
    percent: str = ""
    bare: bool = False
    said: str = ""

    def get(self, name: str) -> float | None:
        """Give a number by its column."""
        return dict(self.numbers).get(name)


def numerals(cells: Iterable[str]) -> Separators:
    """Return what commas and points mean in the figures of several cells; see :mod:`.separators`.

    Examples
    --------
    >>> numerals(["12,5 (3,1)", "1.250,5 (7)"]).decimal
    ','
    """
    return decide(found for cell in cells for found in _NUMERALS.findall(cell[:_LARGEST]))


def _has_digits(cell: str) -> bool:
    """Say whether a cell has digits, and all of them from 0 to 9."""
    digits = [c for c in cell if c.isdigit()]
    return bool(digits) and all(map(str.isascii, digits))


def _number(numeral: str, separators: Separators) -> float | Defect:
    numeral = numeral.replace("·", ".")
    plain = separators.plain(numeral)
    if isinstance(plain, Defect):
        return plain
    try:
        return float(plain)
    except ValueError:
        return Defect("has a number that cannot be read.", "Type digits with a decimal point.")


def count_parts(cell: str, separators: Separators | None = None) -> Parts | Defect | None:
    """Read a cell about patients with an event; ``None`` where it is no cell with several figures.

    Parameters
    ----------
    cell : str
        As it stands there.
    separators : Separators, optional
        What commas and points mean in the column; told from the cell alone if left out.

    Examples
    --------
    >>> count_parts("7 (16%)").numbers, count_parts("7 (16%)").percent
    ((('events', 7.0),), '16%')
    >>> count_parts("7 of 43 patients").numbers, count_parts("12"), count_parts("seven")
    ((('events', 7.0), ('total', 43.0)), None, None)
    """
    cell = _BLANKS.sub(" ", text(cell)) if len(cell) <= _LARGEST else ""
    if not cell or cell.isdigit() or not _has_digits(cell):
        return None
    for pattern, names in _COUNTS:
        match = pattern.fullmatch(cell)
        if match is None:
            continue
        known = separators if separators is not None else numerals([cell])
        numbers: list[tuple[str, float]] = []
        percent = ""
        for name, numeral in zip(names, match.groups(), strict=True):
            if numeral is None:
                continue
            if name in ("percent", "bare"):
                percent = f"{numeral}%"
                continue
            value = _number(numeral, known)
            if isinstance(value, Defect):
                return value
            if value != int(value) or value > 10**12:
                return Defect("holds a number of patients that is not whole.", "Type the number of patients.")
            numbers.append((name, value))
        words = {"events": "events", "total": "total", "percent": "percentage", "bare": "percentage"}
        said = ", ".join(dict.fromkeys(words[name] for name in names))
        return Parts(tuple(numbers), percent, "bare" in names, said)
    return None


def number_parts(
    cell: str, hints: Collection[str] = (), separators: Separators | None = None, unit: str = ""
) -> Parts | Defect | None:
    """Read a cell about a mean or a median; ``None`` where it holds one number or none.

    Parameters
    ----------
    cell : str
        As it stands there.
    hints : collection of {"mean", "median", "sd", "se", "iqr", "range"}
        What the heading says; it decides where the cell does not.
    separators : Separators, optional
        What commas and points mean in the column; told from the cell alone if left out.
    unit : str
        Unit of the outcome, which may stand behind the numbers.

    Examples
    --------
    >>> number_parts("12.5 (3.1)").numbers, number_parts("median 7 (IQR 5-9)").numbers
    ((('mean', 12.5), ('sd', 3.1)), (('median', 7.0), ('q1', 5.0), ('q3', 9.0)))
    >>> number_parts("7 (5-9)").message, number_parts("7")
    ('may hold quartiles or a range.', None)
    """
    if len(cell) > _LARGEST or not _has_digits(cell):
        return None
    cell = _BLANKS.sub(" ", text(cell)).translate(_DASHES).replace("+/-", "±").replace("+-", "±")
    if unit:
        cell = re.sub(rf"(?<=[\d)\]])\s*{re.escape(unit)}(?=\s*(?:[(\[,;]|$))", "", cell, flags=re.IGNORECASE)
    centre = _CENTRE.match(cell)
    if centre is None or (centre[0] == cell.lstrip() and cell[:1] in "+-0123456789" and "±" not in cell):
        return None
    known = separators if separators is not None else numerals([cell])
    reader = _Reader(hints, known)
    found = reader.centre(centre)
    place = centre.end()
    while found is None and place < len(cell):
        group = _GROUP.match(cell, place)
        if group is None or bool(group["open"]) != bool(group["close"]) or not _parted(group):
            # More than one number, and what stands between them says nothing to us: no number is picked out.
            several = len(re.findall(r"\d+(?:[.,]\d+)?", cell)) > 1 and ("(" in cell or "[" in cell or "±" in cell)
            return Defect("holds more than can be read.", _REMEDY) if several else None
        found = reader.group(group)
        place = group.end()
    return found if found is not None else reader.parts()


def _parted(group: re.Match[str]) -> bool:
    """Say whether something stands before the number that keeps it apart: 3-8 is no mean with a spread of -8."""
    return bool(group["open"]) or group[0].lstrip()[:1] in (",", ";") or any(group[name] for name in _LABELS)


_REMEDY = "Type each figure in a column of its own: mean, sd, median, q1, q3, min, max."


class _Reader:
    """Gathers the numbers of one cell, and what is wrong with them."""

    def __init__(self, hints: Collection[str], separators: Separators) -> None:
        self.hints = hints
        self.separators = separators
        self.middle = ""
        self.numbers: dict[str, float] = {}

    @staticmethod
    def label(match: re.Match[str]) -> str:
        return next((name for name in _LABELS if match[name]), "")

    def keep(self, **numerals: str) -> Defect | None:
        for name, numeral in numerals.items():
            value = _number(numeral, self.separators)
            if isinstance(value, Defect):
                return value
            if name in self.numbers:
                return Defect(f"holds {name} twice.", _REMEDY)
            self.numbers[name] = value
        return None

    def centre(self, match: re.Match[str]) -> Defect | None:
        label = self.label(match)
        value, spread = match.groups()[-2:]
        if label not in ("", "mean", "median"):
            return Defect("begins with something else than a mean or a median.", _REMEDY)
        self.middle = label
        wrong = self.keep(centre=value)
        if wrong or spread is None:
            return wrong
        if label == "median" or ("median" in self.hints and not label):
            return Defect("has ± behind a median.", _REMEDY)
        self.middle = "mean"
        return self.keep(**{"se" if "se" in self.hints else "sd": spread})

    def group(self, match: re.Match[str]) -> Defect | None:
        label = self.label(match)
        first, second = match.group(match.re.groups - 2), match.group(match.re.groups - 1)
        if label in ("mean", "median"):
            return Defect("holds two centres.", _REMEDY) if second else self.keep(**{label: first})
        if label == "ci":
            return Defect("holds a confidence interval, which is no spread of patients.", _REMEDY)
        if second is None:
            return self.single(label, first)
        if label in ("sd", "se"):
            return Defect(f"holds two numbers where one {label.upper()} belongs.", _REMEDY)
        if not label:
            meant = [each for each in ("iqr", "range") if each in self.hints]
            if len(meant) != 1:
                return Defect("may hold quartiles or a range.", 'Write which: "7 (IQR 5-9)" or "7 (range 2-15)".')
            label = meant[0]
        if label == "iqr":
            self.middle = self.middle or ("mean" if "mean" in self.hints and "median" not in self.hints else "median")
            return self.keep(q1=first, q3=second)
        return self.keep(min=first, max=second)

    def single(self, label: str, value: str) -> Defect | None:
        """Read one number behind the centre."""
        if label in ("iqr", "range"):
            what = "quartiles" if label == "iqr" else "extremes"
            return Defect(f"holds the width only, and both {what} are needed.", _REMEDY)
        middle = self.middle or ("median" if "median" in self.hints and "mean" not in self.hints else "")
        if not label and middle == "median":
            return Defect("has one number behind a median.", 'Write both quartiles: "7 (IQR 5-9)".')
        self.middle = middle or "mean"
        return self.keep(**{label or ("se" if "se" in self.hints else "sd"): value})

    def parts(self) -> Parts | Defect | None:
        if len(self.numbers) == 1 and not self.middle:
            return None
        if not self.middle:
            meant = [each for each in ("mean", "median") if each in self.hints]
            if len(meant) != 1:
                return Defect("does not say whether its centre is a mean or a median.", "Write which before it.")
            self.middle = meant[0]
        if self.middle in self.numbers:
            return Defect(f"holds {self.middle} twice.", _REMEDY)
        numbers = {self.middle: self.numbers.pop("centre"), **self.numbers}
        if any(numbers.get(name, 0) < 0 for name in ("sd", "se")):
            return Defect("holds a spread below zero.", "It cannot be: look at the source again.")
        names = {"sd": "SD", "se": "standard error", "q1": "first quartile", "q3": "third quartile"}
        said = ", ".join(names.get(name, name) for name in numbers)
        return Parts(tuple(numbers.items()), said=said)
