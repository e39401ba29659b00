"""Rows of text to figures: every cell checked, every defect kept with its place."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from synth.errors import Problem
from synth.workspace import visible

from ..contract import cells
from ..contract.sheets import POOLED_UNIT, Column
from ..reading import damage
from ..reading.readers import MOST_PROBLEMS, Table

Row = tuple[int, list[str]]
_SUM_LABELS = frozenset({"total", "totals", "sum", "overall", "all", "pooled", "all studies", "summe", "gesamt"})


NOBODY = "is 0: nobody was assessed.", "Type how many were assessed, or leave the events and the total empty."


class Problems:
    """The problems of one file, by row; above a thousand errors only their number grows."""

    def __init__(self, table: Table, before: Sequence[Problem] = ()) -> None:
        self.table = table
        self.kept: list[Problem] = list(before)
        self.errors = 0

    def add(
        self,
        row: int | None,
        column: str | None,
        value: str | None,
        message: str,
        remedy: str,
        severity: str = "error",
    ) -> None:
        """Keep a problem; the value is made fit to be shown."""
        if severity == "error":
            self.errors += 1
            if self.errors > MOST_PROBLEMS:
                return
        shown = None if value is None else visible(value)
        self.kept.append(
            Problem(self.table.file, message, remedy, row, column, shown, sheet=self.table.sheet, severity=severity)
        )

    def at(
        self, row: int | None, place: int | None, value: str | None, message: str, remedy: str, severity: str = "error"
    ) -> None:
        """Keep a problem of a cell, which is named as the spreadsheet names it."""
        if severity == "error":
            self.errors += 1
            if self.errors > MOST_PROBLEMS:
                return
        self.kept.append(self.table.problem(message, remedy, row=row, place=place, value=value, severity=severity))

    def all(self) -> list[Problem]:
        """Return what was kept, and how much more there is."""
        self.kept.sort(key=lambda problem: problem.row or 0)
        more = self.errors - MOST_PROBLEMS
        if more <= 0:
            return self.kept
        rest = self.table.problem(f"has {more:,} more problems, not listed.", "Mend these first.")
        return [*self.kept, rest]


@lru_cache(maxsize=2**15)
def identity(text: str) -> str:
    r"""Return what makes two labels the same: not case, not the way accents are coded, not the number of blanks.

    Examples
    --------
    >>> identity("W\u00e4nman  2023") == identity("wa\u0308nman 2023")
    True
    """
    if text.isascii():
        return " ".join(text.split()).casefold()
    return unicodedata.normalize("NFC", " ".join(text.split()).casefold())


def read_rows(
    table: Table,
    rows: Sequence[Row],
    places: Mapping[str, int],
    columns: Sequence[Column],
    problems: Problems,
    *,
    lenient: frozenset[str] = frozenset(),
) -> list[dict[str, Any]]:
    """Turn every row into a mapping of the contract's names to values.

    Parameters
    ----------
    table : Table
        For its headings.
    rows : sequence of (int, list of str)
        Which rows.
    places : mapping of str to int
        Where each column is; from :func:`~synth.extract.forms.columns.match`.
    columns : sequence of Column
        The contract.
    problems : Problems
        Takes what is wrong.
    lenient : frozenset of str
        Columns in which a cell that means nothing is left empty with a warning: those that a stranger's file has by
        chance.

    Returns
    -------
    list of dict
        One for each row, with ``row``; a value that is wrong is left out of it, and an empty one is ``""`` or ``None``.
    """
    there = [column for column in columns if column.name in places]
    wrong: list[tuple[int, int]] = []
    read: list[list[Any]] = []
    for order, column in enumerate(there):
        place = places[column.name]
        values_of = _Remembered(reader_of(column, table.header[place]))
        read.append([values_of[cells_of_row[place]] for _, cells_of_row in rows])
        if values_of.defects:
            wrong += [(row, order) for row, value in enumerate(read[-1]) if isinstance(value, cells.Defect)]
    names = ["row", *(column.name for column in there)]
    found = [dict(zip(names, each, strict=True)) for each in zip((number for number, _ in rows), *read, strict=True)]
    for row, order in sorted(wrong):
        name = there[order].name
        number, cells_of_row = rows[row]
        place = places[name]
        defect = found[row].pop(name)
        defect = damage.explain(table, number, place, cells_of_row[place]) or defect
        mild = name in lenient
        problems.add(
            number,
            visible(table.header[place].strip()),
            cells_of_row[place].strip(),
            defect.message + (" It was not read." if mild else ""),
            defect.remedy,
            "warning" if mild else "error",
        )
    return found


class _Remembered(dict[str, Any]):
    """What the cells of a column mean; a text that stands in a thousand of them is read once."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self._read = read
        self.defects = False

    def __missing__(self, cell: str) -> Any:
        value = self[cell] = self._read(cell)
        self.defects = self.defects or isinstance(value, cells.Defect)
        return value


def reader_of(column: Column, heading: str) -> Callable[[str], Any]:
    """Return what reads the cells of a column: the value, or a defect."""
    shown = visible(heading.strip())
    if column.kind == "count":
        return lambda cell: cells.count(cell, shown)
    if column.kind == "number":
        return lambda cell: cells.number(cell, negative=column.name.split("_")[0] not in ("sd", "se", "time"))
    if column.kind == "spread":
        return lambda cell: cells.number(cell, negative=False)
    if column.kind == "year":
        return cells.year
    if column.kind == "choice":
        allowed = {"", *column.allowed}
        said = ", ".join(column.allowed)

        def choose(cell: str) -> str | cells.Defect:
            value = cells.text(cell).casefold()
            if value in allowed:
                return value
            near = difflib.get_close_matches(value, column.allowed, n=1)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            return cells.Defect(f"is none of the words this column takes.{hint}", f"Choose {said}, or leave it empty.")

        return choose
    return cells.text


def check_counts(values: Mapping[str, Any], heading: Mapping[str, str], problems: Problems) -> None:
    """Check what one row must fulfil by itself: events within total, percentage as printed, no spread below zero."""
    row = values["row"]
    for events_name, total_name in (("events", "total"), ("events_1", "total_1"), ("events_2", "total_2")):
        events, total = values.get(events_name), values.get(total_name)
        if events is not None and total is not None and events > total:
            problems.add(
                row,
                heading.get(events_name),
                str(events),
                f"events exceed total ({events} > {total}).",
                "Correct one of them.",
            )
            return
        if total_name == "total" and events is not None and total == 0 and not values.get("exclude"):
            problems.add(row, heading.get(total_name), "0", *NOBODY)
            return
    events, total = values.get("events"), values.get("total")
    if events is None or total is None:
        return
    printed = values.get("percent_reported", "")
    # A row that is kept out has been judged already.
    if printed and not values.get("exclude") and cells.agrees(events, total, printed) is False:
        problems.add(
            row,
            heading.get("percent_reported"),
            printed,
            f"does not agree with {events} of {total}, which is {_percent(events, total)}.",
            "Look at the source again; if it prints just that, say so in the column note.",
            "warning",
        )


def _percent(events: int, total: int) -> str:
    tenths = (2000 * events + total) // (2 * total)
    return f"about {tenths // 10}.{tenths % 10} %"


def check_names(
    rows: Sequence[Mapping[str, Any]],
    places: Mapping[str, int],
    table: Table,
    known: Mapping[str, Sequence[str]],
    problems: Problems,
) -> None:
    """Check that the naming cells are filled, and hold what the review knows.

    Parameters
    ----------
    rows : sequence of mapping
        From :func:`read_rows`.
    places : mapping of str to int
        Where the columns are.
    table : Table
        For its headings.
    known : mapping of str to sequence of str
        The names that a column may hold; an empty sequence means any.
    problems : Problems
        Takes what is wrong.
    """
    for column, names in known.items():
        if column not in places:
            continue
        heading = visible(table.header[places[column]].strip())
        allowed = set(names)
        remedy = f"review.toml has: {', '.join(names)}."
        for values in rows:
            value = values[column]
            if not value:
                problems.add(values["row"], heading, None, f"the {column} is empty.", "Type its name.")
            elif allowed and value not in allowed:
                near = difflib.get_close_matches(value[:200].casefold(), names, n=1)
                hint = f' Did you mean "{near[0]}"?' if near else ""
                problems.add(
                    values["row"],
                    heading,
                    value,
                    f"is no {column} of this review.{hint}",
                    remedy,
                )
                remedy = "Correct it, or add it to review.toml."  # the names are listed once


def check_duplicates(
    rows: Sequence[Mapping[str, Any]],
    keys: Sequence[str],
    seen: dict[tuple[str, ...], str],
    problems: Problems,
) -> None:
    """Check that no two rows are about the same thing, here or in a sheet read before.

    Parameters
    ----------
    rows : sequence of mapping
        From :func:`read_rows`.
    keys : sequence of str
        The columns that name a row.
    seen : dict
        Where each name was seen first; grows.
    problems : Problems
        Takes what is wrong.
    """
    file = problems.table.file
    for values in rows:
        named = [values.get(key, "") for key in keys]
        if not all(named):
            continue
        key = tuple(map(identity, named))
        first = seen.setdefault(key, f"{file}, row {values['row']}")
        here = f"{file}, row {values['row']}"
        if first != here:
            where = first.removeprefix(f"{file}, ")
            problems.add(
                values["row"],
                "-".join(keys),
                ", ".join(visible(name, 60) for name in named),
                f"the same {', '.join(keys)} stands in {where} already.",
                "Keep one of the two rows; two groups of one study are added up, or are two studies with two labels.",
            )


def check_sum_row(rows: Sequence[Mapping[str, Any]], problems: Problems) -> None:
    """Check that the last row is not the sum of the others, which would count every patient twice."""
    counted = [v for v in rows if v.get("events") is not None and v.get("total") is not None]
    if len(counted) < 3 or identity(counted[-1]["study"]) not in _SUM_LABELS:
        return
    last, others = counted[-1], counted[:-1]
    if all(last[name] == sum(v[name] for v in others) for name in ("events", "total")):
        message = "is the sum of the rows above it, and not a study."
        problems.add(last["row"], "study", last["study"], message, "Take the row out of the file.")


def unit_of(values: Mapping[str, Any]) -> str:
    """Return the unit; an empty cell means patients."""
    unit: str = values.get("unit") or POOLED_UNIT
    return POOLED_UNIT if unit.casefold() in ("patient", POOLED_UNIT) else unit
