"""What people type for an instrument, an item and an answer, to the words of the instrument's definition.

Only what can mean one thing alone is read: "N" is an answer of a checklist with "no", and none where nothing begins so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ..contract.sheets import fold

SHORT: Final[Mapping[str, str]] = {
    "y": "yes", "n": "no", "u": "unclear", "?": "unclear", "uncertain": "unclear", "can't tell": "unclear",
    "na": "not applicable", "n/a": "not applicable", "ni": "no information",
}  # fmt: skip
"""Common short answers, each read only by an instrument that has the long one."""
_NUMBERED: Final = re.compile(
    r"(?:d|q|item|domain|question|criterion|no|nr|number|#)?\s*[.:#-]?\s*0*([1-9]\d?)\s*[.:)]?", re.IGNORECASE
)
_SHORT: Final = {fold(short): long for short, long in SHORT.items()}
_OVERALL: Final = frozenset(
    map(fold, ("overall", "overall judgement", "overall judgment", "overall risk of bias", "overall bias", "total"))
)


def item_of(typed: str, items: Mapping[str, str], also: Mapping[str, str] | None = None) -> str | None:
    """Return the item that is meant: by its number, with a word before it, or by its wording; ``None`` if none is.

    Parameters
    ----------
    typed : str
        What stands in the sheet.
    items : mapping of str to str
        Numbers of the instrument's items, with their wording.
    also : mapping of str to str, optional
        What else its items are called, with their numbers.

    Examples
    --------
    >>> items = {"1": "Confounding", "2": "Selection of participants", "overall": "Overall"}
    >>> [item_of(each, items) for each in ("D1", "Domain 2", "confounding", "Overall risk of bias", "D9")]
    ['1', '2', '1', 'overall', None]
    """
    wanted = fold(typed)
    for name in items:
        if fold(name) == wanted:
            return name
    for name, item in (also or {}).items():
        if fold(name) == wanted:
            return item
    worded = [name for name, wording in items.items() if fold(wording) == wanted]
    if len(worded) == 1:
        return worded[0]
    if "overall" in items and wanted in _OVERALL:
        return "overall"
    numbered = _NUMBERED.fullmatch(typed.strip())
    return numbered[1] if numbered is not None and numbered[1] in items else None


def judgement_of(typed: str, words: Mapping[str, str]) -> str | None:
    """Return the answer that is meant, in the instrument's own words; ``None`` where it has none such.

    Parameters
    ----------
    typed : str
        What stands in the sheet.
    words : mapping of str to str
        The instrument's answers, with their levels.

    Examples
    --------
    >>> words = {"yes": "low", "no": "high", "unclear": "unclear", "not applicable": "none"}
    >>> [judgement_of(each, words) for each in ("Y", "N", "U", "N/A", "maybe")]
    ['yes', 'no', 'unclear', 'not applicable', None]
    >>> judgement_of("Serious risk of bias", {"low": "low", "serious": "high"}), judgement_of("Y", {"0": "high"})
    ('serious', None)
    """
    wanted = fold(typed)
    own = {fold(word): word for word in words}
    for each in (wanted, wanted.removesuffix("riskofbias"), wanted.removesuffix("risk")):
        if each in own:
            return own[each]
    return own.get(fold(_SHORT.get(wanted, "")))
