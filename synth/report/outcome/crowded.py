"""What a page holds of very many series: it stays small enough to send, and says where the rest stands."""

from __future__ import annotations

from typing import Any

from ..words import rounding
from ..words.phrases import noun
from ..words.reading import Document, get, items

MOST_WITH_SOURCES = 170
"""Above so many rows in all, sources and remarks of each are left to the JSON beside the page."""
MOST_DRAWN = 100
"""Of more, the forest plot shows this many: those that carry most weight."""
MOST_LISTED = 500
"""A table of series has no more rows than this."""
MOST_OMITTED = 20
"""Of more than a page can hold, leave-one-out lists those that move the answer most."""
MOST_SIGNS = 60
"""A longer label is cut on a crowded page."""


def is_crowded(document: Document) -> bool:
    """Tell whether a document has more rows than a page can give the sources of.

    Examples
    --------
    >>> is_crowded({"studies": [{}] * 170}), is_crowded({"studies": [{}] * 100, "excluded": [{}] * 71})
    (False, True)
    """
    blocks = [document, *items(document, "comparators")]
    return sum(len(items(block, key)) for block in blocks for key in ("studies", "excluded")) > MOST_WITH_SOURCES


def heaviest(studies: list[Any], most: int) -> list[Any]:
    """Return the studies that carry most weight, in their own order.

    Examples
    --------
    >>> heaviest([{"study": "A", "weight": 0.1}, {"study": "B", "weight": 0.6}, {"study": "C", "weight": 0.3}], 2)
    [{'study': 'B', 'weight': 0.6}, {'study': 'C', 'weight': 0.3}]
    """
    if len(studies) <= most:
        return studies
    weights = [(-(get(study, "weight") or 0.0), i) for i, study in enumerate(studies)]
    return [studies[i] for i in sorted(i for _, i in sorted(weights)[:most])]


def lighter(document: Document) -> Document:
    """Return what of a document is drawn: all of it, or the heaviest series of each arm under short labels.

    Examples
    --------
    >>> [len(lighter({"studies": [{"weight": 1 / k}] * k})["studies"]) for k in (200, 9)]
    [100, 9]
    """
    if not is_crowded(document):
        return document
    blocks = [{**block, "studies": _short(items(block, "studies"))} for block in items(document, "comparators")]
    return {**document, "studies": _short(items(document, "studies")), "comparators": blocks}


def _short(studies: list[Any]) -> list[Any]:
    return [{**study, "study": cut(str(get(study, "study") or ""))} for study in heaviest(studies, MOST_DRAWN)]


def cut(label: str) -> str:
    """Shorten a label for a crowded page."""
    return label if len(label) <= MOST_SIGNS else f"{label[: MOST_SIGNS - 1]}…"


def said(document: Document) -> str:
    """Say what of a crowded document the page leaves out; empty where nothing is.

    Examples
    --------
    >>> said({"studies": [{}] * 9})
    ''
    """
    if not is_crowded(document):
        return ""
    k = len(items(document, "studies"))
    parts = ["The JSON file beside this page gives the source and the remarks of every row."]
    if k > MOST_DRAWN:
        parts.append(f"Drawn are the {MOST_DRAWN} of {noun(k)} that carry most weight.")
    if k > MOST_LISTED:
        parts.append(f"Listed are the {MOST_LISTED} that carry most weight.")
    return " ".join(parts)


def omitted(document: Document) -> tuple[list[Any], str]:
    """Return the rows of leave-one-out that a page lists, and what to say where those are not all.

    Examples
    --------
    >>> omitted({"leave_one_out": [{"omitted": "A"}]})
    ([{'omitted': 'A'}], '')
    """
    rows = items(document, "leave_one_out")
    if len(rows) <= MOST_WITH_SOURCES:
        return rows, ""
    answer = get(document, "pooled", "reporting", "estimate") or 0.0

    def moved(i: int) -> tuple[float, int]:
        estimate = get(rows[i], "estimate")
        return (-float("inf") if estimate is None else -abs(estimate - answer), i)

    kept = sorted(sorted(range(len(rows)), key=moved)[:MOST_OMITTED])
    return [rows[i] for i in kept], (
        f"Of {rounding.count(len(rows))} answers without one series, these {MOST_OMITTED} differ most from the answer "
        "with all; the JSON file beside this page has every one."
    )
