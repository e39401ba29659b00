"""Which column of a file is which column of the contract."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from synth.errors import Problem
from synth.workspace import visible

from ..contract.cells import text
from ..contract.sheets import Column, fold, names_of
from ..reading.readers import Table


def match(
    table: Table,
    columns: Sequence[Column],
    *,
    named: Mapping[str, str] | None = None,
    required: Sequence[str],
    slips: Sequence[str] | None = None,
) -> tuple[dict[str, int], list[Problem]]:
    """Find the contract's columns in a table.

    A heading that the person named comes first, then the contract's own name, then an alias. Two headings that could
    both be the column are a problem, never a choice made in silence.

    Parameters
    ----------
    table : Table
        What was read.
    columns : sequence of Column
        The contract.
    named : mapping of str to str, optional
        The person's own headings, by the contract's names.
    required : sequence of str
        Names that must be found.
    slips : sequence of str, optional
        Columns for which a heading that is nearly theirs is pointed out; all of them if left out.

    Returns
    -------
    places : dict of str to int
        Position of each column that is there.
    problems : list of Problem
        Missing, ambiguous and misnamed columns (errors); headings that look like a slip (warnings).
    """
    named = named or {}
    places: dict[str, int] = {}
    problems: list[Problem] = []
    folded = [fold(heading) for heading in table.header]

    def wrong(message: str, remedy: str, column: str | None = None, severity: str = "error") -> None:
        problems.append(Problem(table.file, message, remedy, row=table.header_row, column=column, severity=severity))

    for name, heading in named.items():
        exact = [i for i, found in enumerate(table.found or table.header) if found.strip() == heading.strip()]
        spelt, wanted = [fold(found) for found in table.found] or folded, fold(heading)
        hits = exact or [i for i, both in enumerate(zip(folded, spelt, strict=True)) if wanted and wanted in both]
        if not hits:
            wrong(f'has no column "{visible(heading)}".{_near(heading, table)}', f"Columns found: {_found(table)}.")
        elif len(hits) > 1:
            wrong(f'has {len(hits)} columns "{visible(heading)}".', "Rename all but one of them.", visible(heading))
        else:
            taken = next((other for other, place in places.items() if place == hits[0]), None)
            if taken is not None:
                wrong(
                    f"is given for both {taken} and {name}.",
                    "Name a column of its own for each of them.",
                    visible(table.header[hits[0]]),
                )
            places[name] = hits[0]

    known = names_of(columns)
    if required and not problems and not any(known.get(found) in required for found in folded) and not named:
        wrong(
            f"has none of the columns {', '.join(required)}.",
            f"The first row must hold the headings, with a comma between. Found there: {_found(table)}.",
        )
        return places, problems
    for column in columns:
        if column.name in named:
            continue
        free = [i for i, found in enumerate(folded) if known.get(found) == column.name and i not in places.values()]
        own = [i for i in free if folded[i] == fold(column.name)]
        hits = own or free
        if len(hits) > 1:
            seen = ", ".join(f'"{visible(table.header[i])}"' for i in hits)
            wrong(f"has {len(hits)} columns for {column.name}: {seen}.", f"Rename the right one to {column.name}.")
        elif hits:
            places[column.name] = hits[0]
        elif column.name in required:
            wrong(
                f'has no column "{column.name}".{_near(column.name, table, column, known)}',
                f"Columns found: {_found(table)}.",
            )
    watched = [column for column in columns if slips is None or column.name in slips]
    _warn_of_slips(table, watched, folded, known, places, wrong)
    return places, problems


def further(
    table: Table, places: Mapping[str, int], rows: Sequence[tuple[int, list[str]]]
) -> list[tuple[tuple[str, str], ...]]:
    """Return, for each row, the cells under headings that are none of the contract's.

    A heading that stands twice, or over nothing, is left out: nobody could say which is meant.
    """
    headings = [visible(heading.strip()) for heading in table.header]
    folded = [fold(heading) for heading in headings]
    times, taken = Counter(folded), set(places.values())
    spots = [
        (heading, place)
        for place, heading in enumerate(headings)
        if heading and place not in taken and times[folded[place]] == 1
    ]
    if not spots:
        return [()] * len(rows)
    return [tuple([(heading, text(cells[place])) for heading, place in spots]) for _, cells in rows]


def _warn_of_slips(
    table: Table,
    columns: Sequence[Column],
    folded: list[str],
    known: Mapping[str, str],
    places: dict[str, int],
    wrong: Callable[..., None],
) -> None:
    """Warn where a heading is nearly an optional column: "exlude" would let rows be pooled that must not be."""
    absent = {fold(column.name): column.name for column in columns if column.name not in places}
    for place, heading in enumerate(folded):
        if len(heading) < 4 or heading in known:
            continue
        near = difflib.get_close_matches(heading, absent, n=1, cutoff=0.82)
        if near:
            wrong(
                "is not a column that synth knows, and was not read.",
                f'If you mean "{absent[near[0]]}", rename it.',
                visible(table.header[place]),
                "warning",
            )


def _near(name: str, table: Table, column: Column | None = None, known: Collection[str] = ()) -> str:
    """Name the heading that is nearly the wanted one; one that means another column is no slip."""
    choices = {folded: heading for heading in table.header if (folded := fold(heading)) and folded not in known}
    for wanted in (name, *(column.aliases if column else ())):
        near = difflib.get_close_matches(fold(wanted), choices, n=1, cutoff=0.7)
        if near:
            return f' Is it "{visible(choices[near[0]])}"?'
    return ""


def _found(table: Table) -> str:
    names = [visible(heading.strip(), 40) for heading in table.header if heading.strip()]
    more = f" and {len(names) - 30} more" if len(names) > 30 else ""
    return ", ".join(names[:30]) + more
