"""The ``[limits]`` of a strategy: from words that people read to PubMed's."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from .dates import FOREVER, check_range
from .model import Limit
from .syntax import squeeze

__all__ = ["LIMITS", "read_limits"]

Wrong = Callable[[str, str, str], None]
"""Takes the key, what is wrong and what to write."""

_DATES: Final = {
    "published": ("dp", "Published"),
    "entered": ("edat", "Entered into PubMed"),
    "created": ("crdt", "Record created"),
    "indexed": ("mhda", "MeSH headings added"),
}
_SPECIES: Final = {
    # The animals that are not also humans are taken away: a record without headings yet stays in.
    "humans": ("Not animals alone", "animals[mh] NOT humans[mh]", True),
    "humans-indexed": ("Indexed as humans", "humans[mh]", False),
}
LIMITS: Final = (
    "language", *_DATES, "species", "abstract", "publication_types", "not_publication_types", "text", "not_text"
)  # fmt: skip
_ONE_WORD: Final = re.compile(r"[A-Za-z]+")


def read_limits(table: Mapping[str, Any], wrong: Wrong) -> tuple[Limit, ...]:
    """Read the section; what cannot be understood goes to `wrong`.

    Examples
    --------
    >>> limits = read_limits({"language": ["English", "French"], "published": {"from": "2000", "reason": "CT"}}, print)
    >>> [(limit.text, limit.words, limit.reason) for limit in limits]  # doctest: +NORMALIZE_WHITESPACE
    [('English[la] OR French[la]', 'Language: English, French', ''),
     ('2000:3000[dp]', 'Published: 2000 and later', 'CT')]
    """
    found = []
    for key, value in table.items():
        reason = ""
        if isinstance(value, dict):
            value = dict(value)
            reason = value.pop("reason", "")
            if not isinstance(reason, str):
                wrong(f"{key}.reason", "the reason is no text.", 'Write: reason = "..."')
                reason = ""
            if set(value) == {"value"}:
                value = value["value"]
        limit = _limit(key, value, squeeze(reason), wrong)
        if limit is not None:
            found.append(limit)
    return tuple(found)


def _limit(key: str, value: Any, reason: str, wrong: Wrong) -> Limit | None:
    if key in _DATES:
        return _dates(key, value, reason, wrong)
    if key in ("text", "not_text"):
        if not isinstance(value, str) or not value.strip():
            wrong(key, "the limit is empty or no text.", f"Write: {key} = '...' in PubMed's language")
            return None
        word = "Left out" if key == "not_text" else "Only"
        return Limit(key.replace("_", "-"), f"{word}: {squeeze(value)}", squeeze(value), key == "not_text", reason)
    if key == "abstract":
        if value is not True:
            wrong(key, "this limit can only be true.", "Write: abstract = true, or remove the line.")
            return None
        return Limit(key, "With an abstract", "hasabstract", False, reason)
    if key == "species":
        if not isinstance(value, str) or value not in _SPECIES:
            wrong(key, "this species is not known here.", 'Write: species = "humans" (or "humans-indexed").')
            return None
        words, text, exclude = _SPECIES[value]
        return Limit(key, words, text, exclude, reason)
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name.strip() for name in names):
        wrong(key, "this is no list of names.", f'Write: {key} = ["..."]')
        return None
    if any('"' in name or "[" in name for name in names):
        wrong(key, "a name holds quotation marks or brackets.", f'Write the names alone: {key} = ["..."]')
        return None
    tag, words, exclude = {
        "language": ("la", "Language", False),
        "publication_types": ("pt", "Publication types", False),
        "not_publication_types": ("pt", "Without publication types", True),
    }[key]
    terms = [name.strip() if _ONE_WORD.fullmatch(name.strip()) else f'"{squeeze(name)}"' for name in names]
    joined = " OR ".join(f"{term}[{tag}]" for term in terms)
    return Limit(key.replace("_", "-"), f"{words}: {', '.join(squeeze(n) for n in names)}", joined, exclude, reason)


def _dates(key: str, value: Any, reason: str, wrong: Wrong) -> Limit | None:
    tag, words = _DATES[key]
    example = f'Write: {key} = "2000/01/01:2025/11/22" (or 2000:2025, or {{ from = "2000" }}).'
    if isinstance(value, dict):
        if not value or not set(value) <= {"from", "to"}:
            wrong(key, "a range of dates has from, to, or both.", example)
            return None
        first, last = (_date(value.get(end, default)) for end, default in (("from", "1000"), ("to", FOREVER)))
    else:
        first, colon, last = (part.strip() for part in _date(value).partition(":"))
        last = last or (FOREVER if colon else first)
    problem = check_range(f"{first}:{last}")
    if problem:
        wrong(key, f"{problem}.", example)
        return None
    said = f"{first} and later" if last == FOREVER else f"up to {last}" if first == "1000" else f"{first} to {last}"
    return Limit(key, f"{words}: {said}", f"{first}:{last}[{tag}]", False, reason)


def _date(value: Any) -> str:
    """Give a date of TOML, a year or a text as PubMed writes it."""
    if isinstance(value, datetime.datetime | datetime.date):
        return value.strftime("%Y/%m/%d")
    return squeeze(str(value))
