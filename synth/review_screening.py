"""What a review says of its screening: the counts that only people know, for the flow diagram of PRISMA 2020."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from .review_parts import Named, OtherWays, Screening, visible

__all__ = ["read_screening"]

_LARGEST = 10**9
_COUNTS = (
    "duplicates", "automation", "other_removals", "screened", "excluded", "sought", "not_retrieved", "assessed",
    "included_studies", "included_reports",
)  # fmt: skip
_LISTS = ("databases", "registers", "reasons")
_OTHER_COUNTS = ("duplicates", "screened", "excluded", "sought", "not_retrieved", "assessed")
_OTHER_LISTS = ("sources", "reasons")


class Reader(Protocol):
    """What is needed of the reader of ``review.toml``: it collects every problem."""

    def wrong(self, message: str, remedy: str) -> None:
        """Note a defect."""

    def known(self, table: dict[str, Any], names: Iterable[str], place: str) -> None:
        """Note every key that does not exist."""

    def table(self, table: dict[str, Any], key: str, place: str) -> dict[str, Any]:
        """Return a section."""


def read_screening(reader: Reader, table: dict[str, Any]) -> Screening | None:
    """Return what ``[screening]`` says; None where there is no such section.

    Parameters
    ----------
    reader : Reader
        Is told every defect.
    table : dict
        The whole of ``review.toml``.
    """
    if "screening" not in table:
        return None
    given = reader.table(table, "screening", "")
    reader.known(given, (*_COUNTS, *_LISTS, "other"), "screening")
    other = None
    if "other" in given:
        ways = reader.table(given, "other", "screening")
        reader.known(ways, (*_OTHER_COUNTS, *_OTHER_LISTS), "screening.other")
        other = OtherWays(
            sources=_named(reader, ways, "sources", "screening.other") or (),
            reasons=_named(reader, ways, "reasons", "screening.other"),
            **{name: _count(reader, ways, name, "screening.other") for name in _OTHER_COUNTS},
        )
    return Screening(
        databases=_named(reader, given, "databases", "screening") or (),
        registers=_named(reader, given, "registers", "screening") or (),
        reasons=_named(reader, given, "reasons", "screening"),
        other=other,
        **{name: _count(reader, given, name, "screening") for name in _COUNTS},
    )


def _count(reader: Reader, table: dict[str, Any], key: str, place: str) -> int | None:
    return _whole(reader, table[key], f"{place}.{key}", key) if key in table else None


def _named(reader: Reader, table: dict[str, Any], key: str, place: str) -> Named | None:
    if key not in table:
        return None
    found = []
    for name, value in reader.table(table, key, place).items():
        shown = f'{place}.{key}, "{visible(name)}"'
        count = _whole(reader, value, shown, f'"{visible(name)}"')
        if not name.strip():
            reader.wrong(f"{place}.{key} has a count without a name.", 'Write: "Embase" = 240')
        elif count is not None:
            found.append((name.strip(), count))
    return tuple(found)


def _whole(reader: Reader, value: object, place: str, key: str) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
        return value
    try:
        shown = visible(str(value))
    except ValueError:  # Python turns no number of more than 4,300 digits into text
        shown = "a number of thousands of digits"
    reader.wrong(
        f"{place} is {shown}, which is no number of records.",
        f"Write a whole number: {key} = 12. Leave it out where it is not known.",
    )
    return None
