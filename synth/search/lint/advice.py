"""Advice on a line: terms that another one covers, and what a second reader, the library search-query, cannot read.

search-query (CoLRev) knows fewer tags than PubMed has, and no references: what it says of these is left out. Where it
stumbles although our own rules found nothing, that is a warning; of its advice the redundant terms are taken.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final

from ..strategy.field_tags import find_tag
from ..strategy.syntax import Finding, Level, Operand

__all__ = ["advise"]

LONGEST: Final = 20_000
_REDUNDANT: Final = "QUALITY_0005"
_UNKNOWN_FIELD: Final = "FIELD_0001"
_NOTES: Final = 5


def advise(text: str, whole: Level, broken: bool) -> list[Finding]:
    """Give advice on a line.

    Parameters
    ----------
    text : str
        With straight quotation marks.
    whole : Level
        The same as we read it.
    broken : bool
        Whether our own rules found an error; then nothing is said: the second reader would stumble over the same.

    Returns
    -------
    list of Finding
        Warnings and notes.

    Examples
    --------
    >>> from synth.search.strategy.syntax import parse
    >>> text = "fractur*[tiab] OR fracture[tiab]"
    >>> [finding.message for finding in advise(text, parse(text)[0], False)]
    ['fracture[tiab] finds nothing that fractur*[tiab] does not find.']
    """
    if broken:
        return []
    found = list(_covered(whole))
    operands = list(whole.operands())
    plain = all(operand.reference is None and operand.tag is not None for operand in operands)
    if plain and len(operands) > 1 and len(text) <= LONGEST:
        found += _second_reader(text, {finding.start for finding in found})
    notes = [finding for finding in found if finding.severity == "note"]
    return [*(finding for finding in found if finding.severity != "note"), *notes[:_NOTES]]


def _covered(whole: Level) -> Iterator[Finding]:
    """Find alternatives of which one, truncated, finds everything that another finds."""
    for level in whole.levels():
        if set(level.operators()) != {"OR"}:
            continue
        terms = [item for item in level.items if isinstance(item, Operand) and item.tag is not None]
        stems = [(term, term.text.strip('"').casefold().removesuffix("*")) for term in terms
                 if term.text.strip('"').endswith("*") and len(term.text.split()) == 1]  # fmt: skip
        for term in terms:
            words = term.text.strip('"').casefold().split()
            for stem, letters in stems:
                if stem is not term and stem.field == term.field and any(word.startswith(letters) for word in words):
                    yield _redundant(term.start, term.end, _shown(term), _shown(stem))
                    break


def _shown(term: Operand) -> str:
    return f"{term.text}{term.tag.text if term.tag else ''}"


def _redundant(start: int, end: int, special: str, general: str) -> Finding:
    return Finding(
        "redundant-term", "note", start, end, f"{special} finds nothing that {general} does not find.",
        "It may go, unless its own count is wanted.",
    )  # fmt: skip


def _second_reader(text: str, said: set[int]) -> Iterator[Finding]:
    for message in _messages(text):
        places = [place for place in message["position"] or () if place[0] >= 0]
        if message["code"] == _REDUNDANT:
            if len(places) == 2 and "connected with OR" in message["details"] and places[1][0] not in said:
                (begin, end), (start, stop) = places
                if text[begin:end].strip('"').casefold() != text[start:stop].strip('"').casefold():
                    yield _redundant(start, stop, text[start:stop], text[begin:end])
        elif message["is_fatal"] and not _ours(message, text, places):
            start, end = places[0] if places else (0, 1)
            what = " ".join((message["details"] or message["message"]).split())
            yield Finding(
                "second-reader", "warning", start, end, f"the library search-query cannot read this line: {what}.",
                "See whether the line says what you mean; nothing else is known against it.",
            )  # fmt: skip


def _ours(message: dict[str, Any], text: str, places: list[tuple[int, int]]) -> bool:
    """Say whether it stumbles over a tag that PubMed has and it does not know."""
    if message["code"] != _UNKNOWN_FIELD:
        return False
    return all(find_tag(text[begin:end].strip("[] ").partition(":")[0]) is not None for begin, end in places)


def _messages(text: str) -> list[dict[str, Any]]:
    from search_query.exception import QuerySyntaxError
    from search_query.pubmed.linter import PubmedQueryStringLinter
    from search_query.pubmed.parser import PubmedParser

    parser = PubmedParser(text, silent=True)
    parser.linter = PubmedQueryStringLinter(query_str=text, original_str=text, silent=True)
    # This one of its checks compares texts letter by letter, and takes hours over a long strategy.
    parser.linter._check_unnecessary_nesting = lambda query: None
    # A fault of the second reader's own is no defect of the strategy; of its complaints its messages tell.
    with contextlib.suppress(QuerySyntaxError, ValueError, IndexError, KeyError, AttributeError, RecursionError):
        parser.parse()
    return list(parser.linter.messages)
