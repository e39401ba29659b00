"""Cells: text in, a value or a :class:`Defect` out; nothing is guessed and nothing is coerced.

A spreadsheet turns "3-8" into a date and a data frame turns "NA" into a hole. Here a cell is text until somebody asks
for a number, and a text that could mean two numbers means none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LARGEST_COUNT = 10**12

_EDGES = " \t\r\n\u00a0\u202f\ufeff"
_PLAIN_FLOAT = re.compile(r"(\d+)\.0{1,2}")
_FRACTION = re.compile(r"\s*(\d+)\s*(?:/|of|out of)\s*(\d+)\b.*", re.DOTALL | re.IGNORECASE)
_WITH_PERCENT = re.compile(r"\s*(\d+)\s*[(\[]\s*([\d.,·]+)\s*%?\s*[)\]]\s*")
_PERCENT = re.compile(r"\s*[\d.,]+\s*%\s*")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")
_EXPONENT = re.compile(r"[+-]?\d+(?:\.\d*)?[eE][+-]?\d+")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")
_ROUGHLY = re.compile(r"\s*(?:[<>≤≥~≈±]|about|ca\.?|approx|up to).*\d.*", re.IGNORECASE | re.DOTALL)
_MARKED = re.compile(r"\s*(\d+)\s*[*†‡§¶#a-dA-D]+\s*")
_RANGE = re.compile(r"\s*\d+\s*(?:-|–|to)\s*\d+\s*", re.IGNORECASE)
_ERROR_VALUE = re.compile(r"#(?:N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!)", re.IGNORECASE)
_MISSING = frozenset(
    {"na", "n/a", "n.a.", "nan", "none", "null", "nil", "nr", "n.r.", "nd", "n.d.", "ns", "-", "--", "–", "—", ".", "?"}
    | {"not reported", "not stated", "not given", "unknown", "missing", "not available", "<na>", "inf", "-inf"}
)
_PRINTED_PERCENT = re.compile(r"\s*(\d{1,3})(?:[.,·](\d{1,6}))?\s*%\s*")


@dataclass(frozen=True)
class Defect:
    """What is wrong with a cell and what to type instead; the place is added by whoever read the cell."""

    message: str
    remedy: str


def text(cell: str) -> str:
    r"""Return the cell without the blanks around it; everything else stays, also what cannot be seen.

    Examples
    --------
    >>> text("  NA\t"), text("a\x1bb")
    ('NA', 'a\x1bb')
    """
    return cell.strip(_EDGES)


def count(cell: str, what: str = "events") -> int | Defect | None:
    """Return a whole number from zero, ``None`` for an empty cell, or what is wrong.

    ``"7.0"`` is seven, because a program that held the column as decimals wrote it so; ``"7.000"`` may be seven
    thousand and is refused.

    Parameters
    ----------
    cell : str
        As it stands in the file.
    what : str
        The column's name, for the remedy.

    Examples
    --------
    >>> count("12"), count(" "), count("7.0")
    (12, None, 7)
    >>> count("7 (16%)")
    Defect(message='holds two figures in one cell.', remedy='Type 7 here and 16% in the column percent_reported.')
    """
    cell = text(cell)
    if not cell:
        return None
    if not (cell.isascii() and cell.isdigit()):
        match = _PLAIN_FLOAT.fullmatch(cell) if cell.isascii() else None
        if match is None:
            return _not_a_count(cell, what)
        cell = match[1]
    # A text of thousands of digits is never turned into a number.
    value = int(cell) if len(cell) <= 20 else LARGEST_COUNT + 1
    if value > LARGEST_COUNT:
        return Defect("is larger than any number of patients.", "Check the cell for a slip.")
    return value


def number(cell: str, negative: bool = True) -> float | Defect | None:
    """Return a decimal number, ``None`` for an empty cell, or what is wrong.

    Examples
    --------
    >>> number("34.13"), number("")
    (34.13, None)
    >>> number("3,5").remedy
    'Write 3.5, with a decimal point.'
    """
    cell = text(cell)
    if not cell:
        return None
    if _NUMBER.fullmatch(cell) and cell.isascii():
        value = float(cell)
        if value in (float("inf"), float("-inf")):
            return Defect("is no finite number.", "Check the cell for a slip.")
        if value < 0 and not negative:
            return Defect("is below zero.", "It cannot be: look at the source again.")
        return value
    if _missing(cell):
        return Defect("is no number.", "Leave the cell empty where the source does not give it.")
    if _DECIMAL_COMMA.fullmatch(cell) and not _GROUPED.fullmatch(cell):
        return Defect("has a decimal comma.", f"Write {cell.replace(',', '.')}, with a decimal point.")
    if _GROUPED.fullmatch(cell):
        return Defect("may have a thousands separator or a decimal comma.", "Write it without separators, as 1234.5.")
    return Defect("is no number.", "Type digits with a decimal point, and the rest in the column note.")


def year(cell: str) -> int | Defect | None:
    """Return a year of four digits, ``None`` for an empty cell, or what is wrong.

    Examples
    --------
    >>> year("2023"), year("23").message
    (2023, 'is no year.')
    """
    cell = text(cell)
    if not cell:
        return None
    match = _PLAIN_FLOAT.fullmatch(cell)
    digits = match[1] if match else cell
    if digits.isascii() and digits.isdigit() and len(digits) == 4 and 1800 <= int(digits) <= 2200:
        return int(digits)
    return Defect("is no year.", "Type four digits, and any doubt in the column note.")


def agrees(events: int, total: int, percent: str) -> bool | None:
    """Say whether a printed percentage is events / total rounded to the digits printed; half may go either way.

    ``None`` where the text is not one percentage with its sign, so that nothing can be said. Whole numbers only, so
    that no rounding of the machine's decides.

    Parameters
    ----------
    events, total : int
        Patients.
    percent : str
        The source's own percentage; a decimal comma is fine, it is a quotation.

    Examples
    --------
    >>> agrees(7, 43, "16%"), agrees(14, 16, "87%"), agrees(14, 16, "88%"), agrees(10, 48, "20.4%")
    (True, True, True, False)
    >>> agrees(6, 228, "2,6 %"), agrees(1, 2, "about half")
    (True, None)
    """
    match = _PRINTED_PERCENT.fullmatch(percent)
    if match is None or total == 0:
        return None
    decimals = match[2] or ""
    scale: int = 10 ** len(decimals)
    printed = int(match[1] + decimals)
    return abs(100 * events * scale - printed * total) * 2 <= total


def _missing(cell: str) -> bool:
    return cell.casefold() in _MISSING or bool(_ERROR_VALUE.fullmatch(cell))


def _not_a_count(cell: str, what: str) -> Defect:
    """Name the slip: the first of these that fits, from the particular to the general."""
    cell = cell if len(cell) <= 200 else cell[:200]
    if _missing(cell):
        return Defect("is no number.", "Leave the cell empty where the source does not give it.")
    if match := _WITH_PERCENT.fullmatch(cell):
        remedy = f"Type {match[1]} here and {match[2]}% in the column percent_reported."
        return Defect("holds two figures in one cell.", remedy)
    if match := _FRACTION.fullmatch(cell):
        return Defect(
            "holds events and total in one cell.",
            f"Type {match[1]} in the column of events and {match[2]} in the column of totals.",
        )
    if _PERCENT.fullmatch(cell):
        return Defect(
            "is a percentage, and a number of patients is needed.",
            "Type how many patients; the percentage goes into the column percent_reported.",
        )
    if _GROUPED.fullmatch(cell):
        return Defect(
            "may have a thousands separator or a decimal sign.", "Write it without separators: 1234 for 1,234."
        )
    if _DECIMAL_COMMA.fullmatch(cell):
        return Defect("has a decimal comma, and patients are whole.", _whole(what))
    if _EXPONENT.fullmatch(cell):
        return Defect("is in powers of ten.", "Write the number out: 1000 for 1e3.")
    if _NUMBER.fullmatch(cell) and cell.isascii():
        if cell.startswith("-"):
            return Defect("is below zero.", _whole(what))
        if cell.startswith("+"):
            return Defect("has a sign.", "Type the digits alone.")
        return Defect("is not a whole number.", _whole(what))
    if _ROUGHLY.fullmatch(cell):
        return Defect(
            "is not an exact number.",
            "Type the number that the source gives, or leave the cell empty and write a note.",
        )
    if _RANGE.fullmatch(cell):
        return Defect("looks like a range or a date.", _whole(what))
    if match := _MARKED.fullmatch(cell):
        return Defect("has a mark behind the number.", f"Type {match[1]} here and the remark in the column note.")
    if cell.startswith("="):
        return Defect("is a formula.", "Paste the value in its place.")
    if cell.isdecimal():
        return Defect("is in digits that are not 0 to 9.", "Type it with the digits 0 to 9.")
    return Defect("is no number.", "Type digits alone, and the rest in the column note.")


def _whole(what: str) -> str:
    return f"The column {what} takes a whole number of patients, zero or more."
