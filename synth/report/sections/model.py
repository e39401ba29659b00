"""What a section of the page on one further analysis holds: sentences, figures and tables, all ready to be set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..words import plain
from ..words.reading import get, text


@dataclass(frozen=True)
class Figure:
    """SVG elements, wide and narrow (the same where one fits both), with what is said under them."""

    label: str
    wide: tuple[str, ...]
    narrow: str
    caption: str


@dataclass(frozen=True)
class Head:
    """The heading of a column, and whether it holds numbers."""

    text: str
    number: bool = True


@dataclass(frozen=True)
class Row:
    """Cells, the first of which names the row; `about` stands under the name."""

    cells: tuple[str, ...]
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table; with `summary` it is folded up under these words."""

    caption: str
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]
    summary: str = ""

    @property
    def numbers(self) -> str:
        """Classes that say which columns hold numbers, counted from 1.

        Examples
        --------
        >>> Table("T", heads("Series", "Estimate", "CI", words=("Remark",)), ()).numbers
        'n2 n3'
        """
        return " ".join(f"n{i}" for i, head in enumerate(self.heads, start=1) if head.number)


@dataclass(frozen=True)
class Section:
    """One analysis: its anchor, its heading, and what it shows, figures first."""

    id: str
    heading: str
    nav: str
    said: tuple[str, ...]
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()


def heads(first: str, *numbers: str, words: Sequence[str] = ()) -> tuple[Head, ...]:
    """Return headings: of the row names, of columns of numbers, and of columns of words.

    Examples
    --------
    >>> [head.number for head in heads("Group", "Series", words=("Remark",))]
    [False, True, False]
    """
    return (Head(first, False), *map(Head, numbers), *(Head(word, False) for word in words))


def reason(block: Any) -> tuple[str, ...]:
    """Return the reason on file as a sentence, or nothing."""
    found = plain.sentence(get(block, "reason"))
    return (found,) if found else ()


def left_out(rows: Iterable[Any], limit: int = 12) -> tuple[str, ...]:
    """Say which series an analysis could not use, and why.

    Examples
    --------
    >>> left_out([{"study": "A", "reason": "no year"}, {"study": "B", "reason": "no year"}])
    ('Not in this analysis: A and B (no year).',)
    """
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        by_reason.setdefault(plain.clause(get(row, "reason")), []).append(text(row, "study") or "(no label)")
    said = []
    for why, names in by_reason.items():
        shown = [*names[:limit], *([f"{len(names) - limit} more"] if len(names) > limit else [])]
        listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
        said.append(f"Not in this analysis: {listed}{f' ({why})' if why else ''}.")
    return tuple(said)
