"""Commas, points and blanks in numbers: what they mean in a column, where the column itself leaves no doubt.

"1,234" is one thousand two hundred and thirty-four to some and one and a quarter to others, and no single cell says
which. A column does, where one of its cells can be read in one way only ("61,5", "1,234,567", "1.234,5") and none
contradicts it. Where no cell decides, or two contradict each other, a cell that could be two numbers is no number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..contract.cells import Defect

_SPACES = "\u0020\u00a0\u202f\u2009"
_APOSTROPHES = "'’"
_EDGES = " \t\r\n\u00a0\u202f\ufeff"
# Digits with separators, and nothing else; a sign may stand before.
_NUMERAL = re.compile(rf"[+-]?\d+(?:[.,{_SPACES}{_APOSTROPHES}]\d+)+|[+-]?[.,]\d+")
_SEPARATOR = re.compile(rf"[.,{_SPACES}{_APOSTROPHES}]")
_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(?:(?P<sign>\D)\d{3})(?:(?P=sign)\d{3})*")


def is_numeral(text: str) -> bool:
    """Say whether a text is digits with separators between, and nothing else.

    Examples
    --------
    >>> is_numeral("1,234"), is_numeral(" 61,5 "), is_numeral("43"), is_numeral("7 (16%)")
    (True, True, False, False)
    """
    return _NUMERAL.fullmatch(text.strip(_EDGES)) is not None


@dataclass(frozen=True)
class Separators:
    """What separates in the numbers of one column.

    Parameters
    ----------
    decimal : {".", ",", ""}
        The sign before the decimals; empty where the column does not say.
    thousands : str
        Signs that separate thousands.
    contradiction : tuple of str
        Two cells of which each allows only one reading, and not the same; empty where there are none.
    """

    decimal: str = ""
    thousands: str = ""
    contradiction: tuple[str, ...] = ()

    def plain(self, cell: str) -> str | Defect:
        """Return a cell in plain digits with a decimal point; a cell that is no numeral comes back as it is.

        Examples
        --------
        >>> column = decide(["61,5", "1.250,5", "7"])
        >>> column.plain("61,5"), column.plain("1.250,5"), column.plain("about 7")
        ('61.5', '1250.5', 'about 7')
        >>> decide(["1,234"]).plain("1,234").message
        'may have a thousands separator or a decimal comma.'
        """
        text = cell.strip(_EDGES)
        if not _NUMERAL.fullmatch(text):
            return cell
        decimal, thousands = _reading(text)
        if self.contradiction and ("," in text or not (decimal or thousands)):
            first, second = self.contradiction
            return Defect(
                f'stands in a column in which "{first}" and "{second}" cannot both be right.',
                "Write every number of the column with a decimal point and without thousands separators.",
            )
        if not decimal and not thousands:
            if self.decimal == "," and "," in text:
                decimal = ","
            elif self.decimal == "." and "." in text:
                decimal = "."
            elif (found := _SEPARATOR.search(text)) and found[0] in self.thousands:
                thousands = found[0]
            elif "." in text and not self.decimal and not self.thousands:
                # A point alone is the decimal sign of this program's own sheets, and of most.
                return cell
            else:
                return Defect(
                    "may have a thousands separator or a decimal comma.", "Write it without separators, as 1234.5."
                )
        for sign in thousands:
            text = text.replace(sign, "")
        return text.replace(decimal, ".") if decimal else text


def decide(cells: Iterable[str]) -> Separators:
    """Return what separates in a column's numbers, from the cells that allow one reading only.

    Examples
    --------
    >>> decide(["1,234,567", "1,250"])
    Separators(decimal='.', thousands=',', contradiction=())
    >>> decide(["61,5", "61.5"]).contradiction
    ('61,5', '61.5')
    """
    decimals: dict[str, str] = {}
    thousands: dict[str, str] = {}
    for cell in cells:
        text = cell.strip(_EDGES)
        if text.isdigit() or not _NUMERAL.fullmatch(text):
            continue
        decimal, group = _reading(text)
        if decimal:
            decimals.setdefault(decimal, text)
        for sign in group:
            thousands.setdefault(sign, text)
    for sign, text in thousands.items():
        if sign in decimals and decimals[sign] != text:
            return Separators(contradiction=(decimals[sign], text))
    if len(decimals) > 1:
        return Separators(contradiction=(decimals.get(",", ""), decimals.get(".", "")))
    if len([sign for sign in thousands if sign in ".,"]) > 1:
        return Separators(contradiction=(thousands[","], thousands["."]))
    decimal = next(iter(decimals), "")
    if not decimal:
        decimal = {",": ".", ".": ","}.get(next((sign for sign in thousands if sign in ".,"), ""), "")
    return Separators(decimal, "".join(sorted(thousands)))


def _reading(text: str) -> tuple[str, str]:
    """Return the decimal sign and the thousands sign of a numeral that can be read in one way only, else nothing."""
    signs = _SEPARATOR.findall(text)
    kinds = set(signs)
    last = signs[-1]
    whole, _, _ = text.rpartition(last)
    if len(kinds) == 1:
        if len(signs) > 1:
            return ("", last) if _GROUPS.fullmatch(text) else ("", "")
        if last in ".,":
            # 1,234 could be either; 61,5 and 0,125 and 1234,567 have a decimal sign.
            return ("", "") if _GROUPS.fullmatch(text) else (last, "")
        # "12 100" with a plain blank may be twelve patients and all of them.
        return ("", last) if last != " " and _GROUPS.fullmatch(text) else ("", "")
    if len(kinds) == 2 and last in ".," and signs.count(last) == 1 and _GROUPS.fullmatch(whole):
        return last, next(iter(kinds - {last}))
    return "", ""
