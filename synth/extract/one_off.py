"""One table with a row per study, whatever its numbers, to :class:`~synth.extract.contract.figures.Extracted`."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from synth.errors import Problem, ProblemsError, SettingsError, UnknownName
from synth.workspace import visible

from .contract import cells
from .contract.figures import Extracted, Figure
from .contract.kinds import CORRELATION, GENERIC, KINDS, MEAN, PROPORTION, QUANTILES, Kind, has_columns, kind_of
from .contract.sheets import RESULTS, fold, names_of
from .contract.units import split_unit
from .contract.words import person_time, units_differ
from .forms.columns import further, match
from .forms.rows import (
    Problems,
    Row,
    check_counts,
    check_duplicates,
    check_names,
    check_sum_row,
    identity,
    read_rows,
    unit_of,
)
from .load import NOTHING, any_error, knows, no_rows
from .reading.readers import Table, read_tables

_IN_ONE_UNIT = frozenset({"mean", "sd", "se", *QUANTILES})
_LENIENT = frozenset({"events_basis", "total_basis", "bound", "confidence"})
_NUMERIC = ("count", "number", "spread")
_WHOLE = re.compile(r"\d+(?:\.0{1,2})?")
_KNOWN = frozenset().union(*(names_of(kind.contract) for kind in KINDS))
_STUDY = {heading for heading, name in names_of(RESULTS).items() if name == "study"}
NAMES: tuple[str, ...] = tuple(dict.fromkeys(column.name for kind in KINDS for column in kind.contract))
"""Every column that a person may point out by its heading."""


def read_figures(
    path: str | os.PathLike[str],
    *,
    columns: Mapping[str, str] | None = None,
    needs: Collection[str] | None = None,
    outcome: str | None = None,
    arm: str | None = None,
    **named: str | None,
) -> Extracted:
    """Read any table with a row per study.

    Parameters
    ----------
    path : path
        A CSV (comma, semicolon, tab and bar are understood) or a workbook, in which one table has such columns.
    columns : mapping of str to str, optional
        The file's own headings, by the names of the contract. Without them the names and their aliases are looked for.
    needs : collection of str, optional
        What the pool is to be made from, as :class:`~synth.extract.contract.kinds.Kind` has it; found by the headings
        if left out.
    outcome, arm : str, optional
        Which rows, where the file has such a column with several values.
    **named : str, optional
        Further headings, as in `columns`: ``study="author"``.

    Returns
    -------
    Extracted
        The rows that were asked for: one outcome and one arm. Where the file has no such column, the outcome is
        called as the first column of the numbers is, and the arm ``all``.

    Raises
    ------
    WorkspaceError
        The file cannot be read.
    ProblemsError
        Every defect in the rows that were asked for.
    UnknownName
        The file has no such outcome or arm, or the contract no such column.
    SettingsError
        An arm is asked for, and the file has no column of arms.
    """
    path = Path(path)
    asked = {k: v for k, v in {**(columns or {}), **named}.items() if v is not None}
    for name in asked:
        if name not in NAMES:
            raise UnknownName("column", visible(name), NAMES)
    wanted = {fold(heading) for heading in asked.values()}
    tables = read_tables(path, os.fspath(path), lambda heading: fold(heading) in wanted | _KNOWN or knows(heading))
    table = _chosen(tables, asked, needs)
    problems = [*table.problems, *table.notes]
    if not table.rows and not any_error(problems):
        problems.append(no_rows(table))
        raise ProblemsError(problems)
    if not table.header:
        raise ProblemsError(problems)
    kind = kind_of(needs) if needs else _kind(table, asked)
    needed = kind.columns
    if kind is GENERIC and "se" not in _names(kind, table, asked) and has_columns(kind, table.header, asked):
        needed = ("estimate", "ci_low", "ci_high")
    if kind is MEAN and not {"mean", "sd"} <= _names(kind, table, asked) and has_columns(kind, table.header, asked):
        needed = ("median", "n")
    places, found = match(table, kind.contract, named=asked, required=("study", *needed), slips=("exclude", "unit"))
    found += _units(table, places)
    problems += found
    if any_error(found):
        raise ProblemsError(problems)
    rows: Sequence[Row] = table.rows
    picked = {"outcome": visible(table.header[places[needed[0]]].strip()), "arm": "all"}
    for column, wish in (("outcome", outcome), ("arm", arm)):
        rows = _pick(table, rows, places, column, wish, picked, problems)
    if any_error(problems):
        raise ProblemsError(problems)
    collected = Problems(table, problems)
    values = read_rows(table, _plain(table, rows, places, kind), places, kind.contract, collected, lenient=_LENIENT)
    for value in values:
        value |= picked
    check_names(values, places, table, {"study": ()}, collected)
    check_duplicates(values, ("study",), {}, collected)
    check_sum_row(values, collected)
    figures = _figures(values, further(table, places, rows), table, places, kind, collected)
    problems = collected.all()
    if any_error(problems):
        raise ProblemsError(problems)
    return Extracted(tuple(figures), (), (path,), tuple(problems), kind.columns)


def _chosen(tables: Sequence[Table], asked: Mapping[str, str], needs: Collection[str] | None) -> Table:
    """Return the one table of a file that can be pooled; which of several is meant, only a person knows."""
    kinds = [kind_of(needs)] if needs else KINDS
    named = {fold(heading) for heading in asked.values()}

    def fits(table: Table) -> bool:
        headings = {fold(heading) for heading in (*table.header, *table.found)}
        told = {name for name, heading in asked.items() if fold(heading) in headings}
        has_study = "study" in told or bool(headings & _STUDY)
        return named <= headings and has_study and any(has_columns(kind, table.header, told) for kind in kinds)

    found = [table for table in tables if table.rows and fits(table)]
    if len(found) > 1:
        places = [(f"sheet {table.sheet}, " if table.sheet else "") + f"row {table.header_row}" for table in found]
        raise ProblemsError(
            [
                Problem(
                    found[0].file,
                    f"has {len(found)} tables that could be pooled ({'; '.join(places[:10])}).",
                    "Save the one that is meant as a file of its own.",
                )
            ]
        )
    return found[0] if found else max(tables, key=lambda table: sum(fold(h) in _KNOWN for h in table.header))


def _units(table: Table, places: Mapping[str, int]) -> list[Problem]:
    """Say which columns of one kind are in different units: no review says in which they should be."""
    units = table.units or [split_unit(heading)[1] for heading in table.header]
    first: dict[bool, tuple[str, int]] = {}
    problems = []
    for name, place in places.items():
        is_time, stem = name.startswith("time"), name.removesuffix("_1").removesuffix("_2")
        if not is_time and stem not in _IN_ONE_UNIT:
            continue
        unit = person_time(table.heading(place), units[place]) if is_time else units[place]
        if not unit:
            continue
        said, other = first.setdefault(is_time, (unit, place))
        if units_differ(unit, said):
            message = f"is in {visible(unit)}, and {visible(table.heading(other))} is not."
            problems.append(table.problem(message, "Give both in one unit.", row=table.header_row, place=place))
    return problems


def _plain(table: Table, rows: Sequence[Row], places: Mapping[str, int], kind: Kind) -> list[Row]:
    """Return the rows with a decimal point and no thousands separators, where a column leaves no doubt of them."""
    numeric = [places[column.name] for column in kind.contract if column.kind in _NUMERIC and column.name in places]
    plain = []
    for number, found in rows:
        cells_of_row = list(found)
        for place in numeric:
            value = table.number(number, place, cells_of_row[place])
            if not isinstance(value, cells.Defect):
                cells_of_row[place] = value
        plain.append((number, cells_of_row))
    return plain


def _kind(table: Table, asked: Collection[str]) -> Kind:
    """Tell what a table holds: by its headings, and where they would do for two kinds, by what stands below them."""
    fitting = [kind for kind in KINDS if has_columns(kind, table.header, asked) and _meant(kind, table, asked)]
    filled = [kind for kind in fitting if _filled(kind, table)]
    return (filled or fitting or [PROPORTION])[0]


def _names(kind: Kind, table: Table, asked: Collection[str]) -> set[str]:
    known = names_of(kind.own)
    return {known[heading] for heading in map(fold, table.header) if heading in known} | set(asked)


def _meant(kind: Kind, table: Table, asked: Collection[str]) -> bool:
    """Say no to correlations under a heading that also means events, where every one is a whole number."""
    if kind is not CORRELATION or "r" in asked:
        return True
    known = names_of(kind.own)
    place = next(i for i, heading in enumerate(table.header) if known.get(fold(heading)) == "r")
    if fold(table.header[place]) not in ("r", "ri"):
        return True
    return not all(_WHOLE.fullmatch(cells.text(row[place]) or "0") for _, row in table.rows)


def _filled(kind: Kind, table: Table) -> bool:
    known = names_of(kind.own)
    found: dict[str, bool] = {}
    for place, heading in enumerate(table.header):
        name = known.get(fold(heading))
        if name in kind.columns:
            found[name] = found.get(name, False) or any(cells.text(row[place]) for _, row in table.rows)
    return all(found.values())


def _figures(
    values: Sequence[dict[str, Any]],
    more: Sequence[tuple[tuple[str, str], ...]],
    table: Table,
    places: Mapping[str, int],
    kind: Kind,
    problems: Problems,
) -> list[Figure]:
    heading = {name: visible(table.header[place].strip()) for name, place in places.items()}
    fields = Figure.__slots__
    own = [column.name for column in kind.own if column.name not in fields and column.name != "n"]
    figures = []
    for value, rest in zip(values, more, strict=True):
        check_counts(value, heading, problems)
        _check_numbers(value, heading, problems)
        numbers = tuple((name, value.pop(name, None)) for name in own)
        if "n" in value:
            value["total"] = value.pop("n")
        given = {"unit": unit_of(value), "file": table.file, "values": numbers, "more": rest}
        figures.append(Figure(**(NOTHING | value | given)))
    return figures


def _check_numbers(values: Mapping[str, Any], heading: Mapping[str, str], problems: Problems) -> None:
    """Check what no study can have: a correlation beyond 1, a standard error of zero, limits in the wrong order."""

    def wrong(name: str, message: str, remedy: str) -> None:
        problems.add(values["row"], heading.get(name), str(values[name]), message, remedy)

    there = [name for name in QUANTILES if values.get(name) is not None]
    for first, second in pairwise(there):
        if values[first] > values[second]:
            wrong(first, f"is more than the {second} of the same row, {values[second]:g}.", "Correct the two.")
    r, se, low, high = (values.get(name) for name in ("r", "se", "ci_low", "ci_high"))
    estimate = values.get("estimate")
    if r is not None and abs(r) > 1:
        wrong("r", "is no correlation: those lie between -1 and 1.", "Correct it.")
    if se == 0:
        wrong("se", "is no standard error: those are above 0.", "Leave the cell empty where the source gives none.")
    if low is None or high is None or estimate is None:
        return
    if not low <= estimate <= high or low == high:
        message = f"does not go with the estimate {estimate:g} and the upper limit {high:g}."
        wrong("ci_low", message, "Correct the three.")
    elif se is None and low > 0 and _lopsided(low, estimate, high):
        remedy = "Is it a ratio? Then give the logarithms of all three."
        wrong("ci_low", "and the upper limit lie unequally far from the estimate.", remedy)


def _lopsided(low: float, estimate: float, high: float) -> bool:
    """Say whether an interval is plainly one of a ratio: its middle is far off, and that of its logarithms is not."""
    return abs(low + high - 2 * estimate) > 0.1 * (high - low) and abs(low * high / estimate**2 - 1) < 0.1


def _pick(
    table: Table,
    rows: Sequence[Row],
    places: dict[str, int],
    column: str,
    wish: str | None,
    picked: dict[str, str],
    problems: list[Problem],
) -> Sequence[Row]:
    """Keep the rows of one outcome or arm; which one is the person's to say."""
    if column not in places:
        if wish is not None and column == "arm":
            # To take every row for that arm's would answer another question than was asked.
            raise SettingsError(
                f'{visible(table.file, 300)} has no column that says the arm of each row, so "{visible(wish)}" cannot '
                "be told from the rest. Point it out with --column arm=HEADING, or leave the arm out; to compare two "
                "arms, both may also stand in one row (events_1, total_1, events_2, total_2)."
            )
        if wish is not None:
            # Without such a column every row is meant, and the word becomes its name.
            picked[column] = wish
        return rows
    place = places[column]
    names = list(dict.fromkeys(cells.text(row[place]) for _, row in rows))
    if wish is None:
        if len(names) > 1:
            shown = ", ".join(visible(name, 40) or "(empty)" for name in names[:20])
            more = f" and {len(names) - 20} more" if len(names) > 20 else ""
            problems.append(
                Problem(
                    table.file,
                    f"has {len(names)} different values: {shown}{more}; one of them can be pooled at a time.",
                    f"Say which: --{column} {_word(names)}",
                    column=visible(table.header[place].strip()),
                )
            )
            return rows
        if names and names[0]:
            picked[column] = names[0]
        return rows
    matches = [row for row in rows if identity(row[1][place]) == identity(wish)]
    if not matches:
        raise UnknownName(column, visible(wish), [visible(name, 60) for name in names if name][:50])
    picked[column] = cells.text(matches[0][1][place])
    return matches


def _word(names: Sequence[str]) -> str:
    first = next((name for name in names if name), "NAME")
    shown = visible(first, 40)
    return f'"{shown}"' if " " in shown else shown
