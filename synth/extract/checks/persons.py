"""What stands in a column that only numbers patients: running numbers, or people's names and national numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_WORDS = (
    "patient patients patientin pat case cases subject participant fall potilas paciente paziente person the number nr"
    " mis open control treated male female man woman unknown none not known reported missing"
)
_GENERAL = frozenset(_WORDS.split())
_ROMAN = re.compile(r"[IVXLC]+")
_INITIALS = re.compile(r"(?:[^\W\d_]\.\s?){2,4}")
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}[-+A-FU-Ya-fu-y]\d{3}[0-9A-Za-z]",  # Finland
        r"(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]|[67]\d|8\d|9[01])[-+]\d{4}",  # Sweden
        r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}-\d{4}",  # Denmark
        r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2} \d{5}",  # Norway
        r"\d{2}(?:0[1-9]|1[0-2]|5\d|6[0-2])(?:0[1-9]|[12]\d|3[01])/\d{3,4}",  # Czechia, Slovakia
        r"\d{3}-\d{2}-\d{4}",  # United States
        r"\d{3}[ -]\d{3}[ -]\d{4}",  # England
        r"\d{3}\.\d{3}\.\d{3}-\d{2}",  # Brazil
        r"[XYZxyz]?\d{7,8}-?[A-Za-z]",  # Spain
        r"[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]",  # Italy
        r"[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}",  # France
        r"\d{17}[\dXx]",  # China
    )
)
"""How national numbers are written, whatever their check digits say: a slip in one makes it no less somebody's."""


def names_of_people(cells: Sequence[str]) -> bool:
    """Say whether most cells of a column that numbers patients are names or initials of people.

    Examples
    --------
    >>> names_of_people(["Virtanen, Aino", "Jane Doe"]), names_of_people(["J.D.", "A. M."])
    (True, True)
    >>> names_of_people(["1", "2"]), names_of_people(["Patient A", "Patient B"]), names_of_people(["VIII", "MIS-03"])
    (False, False, False)
    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and sum(map(_name, filled)) > 0.5 * len(filled)


def national_shape(cells: Sequence[str]) -> bool:
    """Say whether most cells of a column that numbers patients are written as a country writes its national numbers.

    Examples
    --------
    >>> national_shape(["131052-308X", "010190-900A"]), national_shape(["MIS-001", "MIS-002"])
    (True, False)
    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and any(sum(1 for cell in filled if shape.fullmatch(cell)) > 0.5 * len(filled)
                                for shape in _SHAPES)  # fmt: skip


def _name(cell: str) -> bool:
    if len(cell) > 100 or any(c.isdigit() for c in cell):
        return False
    if _INITIALS.fullmatch(cell):
        return True
    for word in _WORD.findall(cell):
        long = len(word) > 2 or (len(word) > 1 and ord(word[0]) > 0x2E80)
        if long and word.casefold() not in _GENERAL and not _ROMAN.fullmatch(word):
            return True
    return False
