"""What a spreadsheet does to data behind a person's back: dates out of "3-8", errors, formulas nobody computed, hiding.

A cell that has lost what was typed into it is an error where its column is one that is read, and a warning elsewhere.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable

from ..contract.cells import Defect
from . import tables
from .grids import LARGEST_CELLS, Grid, spans
from .tables import Table, letters

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mrz|mai|okt|dez|fév|avr|jui|aoû|déc)[a-z]{0,6}\.?"
_SHORT_DATE = re.compile(rf"\d{{1,2}}[-. ]{_MONTH}|{_MONTH}[-. ]\d{{1,4}}", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?[\d.,\s]*\d[\d.,\s]*%?")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+\d{1,3}")
_ERRORS = {
    "#REF!": "a formula points to a cell that is gone",
    "#DIV/0!": "a formula divides by zero or by an empty cell",
    "#VALUE!": "a formula takes a text for a number",
    "#NAME?": "a formula has a word that the spreadsheet does not know",
    "#N/A": "a look-up found nothing",
    "#NUM!": "a formula has no result",
    "#NULL!": "a formula names two ranges that do not meet",
}
_MOST_EACH = 20


def look(table: Table, grid: Grid, read: Callable[[str], bool]) -> None:
    """Add to a table's problems what the spreadsheet did to it, and fill in the text of merged cells.

    Parameters
    ----------
    table : Table
        Changed in place.
    grid : Grid
        The worksheet it was found in.
    read : callable
        Says whether a heading means something: damage there is an error.
    """
    if not grid.lettered:
        return
    numbers = {number: place for place, (number, _) in enumerate(table.rows)}
    if grid.merged:
        _merged(table, grid, read, numbers)
    for place in sorted(table.marked):
        marked = table.marked[place]
        for mark, message, remedy in (
            (tables.ERROR, "", "Mend the formula, or type the value in its place."),
            (
                tables.UNCALCULATED,
                "is a formula, and no value was saved with it.",
                "Open the file in a spreadsheet and save it again, or type the value in its place.",
            ),
        ):
            rows = sorted(row for row, marks in marked.items() if mark in marks and row in numbers)
            if rows:
                _tell(table, place, rows, numbers, message, remedy, read(table.header[place]))
    if table.hidden_sheet:
        _warn(table, "is a hidden sheet.", "Look whether its data are meant to be read.")
    if table.hidden_rows:
        how = "hidden by a filter or by hand" if grid.filtered else "hidden"
        _warn(
            table,
            f"has rows that are {how} and were read all the same ({spans(table.hidden_rows)}).",
            "Show them, and delete those that are not meant.",
        )
    if table.hidden_places:
        names = ", ".join(table.letters[place] for place in sorted(table.hidden_places)[:10])
        _warn(table, f"has hidden columns, which were read all the same ({names}).", "Show them, and look at them.")


def explain(table: Table, row: int, place: int, cell: str) -> Defect | None:
    """Say what a spreadsheet made of a cell, where a plain number or label was expected and something else stands.

    Parameters
    ----------
    table : Table
        Where it stands.
    row, place : int
        Row number and position of the column.
    cell : str
        Its text.

    Returns
    -------
    Defect or None
        ``None`` where nothing points to the spreadsheet.

    Examples
    --------
    >>> explain(Table("a.csv", ["events"], 1, [(2, ["03-Aug"])]), 2, 0, "03-Aug").message
    'is a date: a spreadsheet makes one of "3-8" or "8/3".'
    """
    marks = table.marks(row, place)
    if tables.DATE in marks or (not table.letters and _SHORT_DATE.fullmatch(cell.strip())):
        return Defect(
            'is a date: a spreadsheet makes one of "3-8" or "8/3".',
            "Set the cell to Text, then type again what the source has.",
        )
    if tables.ERROR in marks:
        return Defect(_error(cell), "Mend the formula, or type the value in its place.")
    if tables.UNCALCULATED in marks:
        return Defect(
            "is a formula, and no value was saved with it.",
            "Open the file in a spreadsheet and save it again, or type the value in its place.",
        )
    if tables.ROUNDED in marks:
        return Defect(
            "is a number of more than 15 digits, and a spreadsheet keeps no more than that.",
            "Set the cell to Text, then type it again.",
        )
    if _SCIENTIFIC.fullmatch(cell.strip()):
        return Defect(
            "is in powers of ten, as a spreadsheet shows long numbers; the last digits may be lost.",
            "Set the cell to Text, then type the whole number again.",
        )
    return None


def _error(cell: str) -> str:
    said = _ERRORS.get(cell.upper())
    return f"is an error of the spreadsheet: {said}." if said else "is an error of the spreadsheet."


def _tell(
    table: Table, place: int, rows: list[int], numbers: dict[int, int], message: str, remedy: str, read: bool
) -> None:
    """Report cells one by one where they are read, and in one sentence where they are not."""
    if not read:
        what = message.removeprefix("is ").rstrip(".") or "an error of the spreadsheet"
        table.problems.append(
            table.problem(
                f"has cells each of which is {what} ({_few(str(table.cell(row, place)) for row in rows)}).",
                remedy, place=place, severity="warning",
            )
        )  # fmt: skip
        return
    for row in rows[:_MOST_EACH]:
        cell = table.rows[numbers[row]][1][place]
        table.problems.append(
            table.problem(message or _error(cell), remedy, row=row, place=place, value=cell or None)
        )
    if len(rows) > _MOST_EACH:
        table.problems.append(
            table.problem(f"has {len(rows) - _MOST_EACH:,} more cells of this kind.", "Mend these first.", place=place)
        )


def _warn(table: Table, message: str, remedy: str) -> None:
    table.problems.append(table.problem(message, remedy, severity="warning"))


def _few(said: Iterable[str]) -> str:
    names = list(said)
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _merged(table: Table, grid: Grid, read: Callable[[str], bool], numbers: dict[int, int]) -> None:
    """Give each row of a merged cell the text of the whole; a number in it belongs to no row alone."""
    at = {name: place for place, name in enumerate(table.letters)}
    filled: dict[int, list[str]] = {}
    rows = sorted(numbers)
    spent = 0
    for top, left, bottom, _ in grid.merged:
        place = at.get(letters(left + 1))
        if place is None or bottom == top or top not in numbers:
            continue
        text = table.rows[numbers[top]][1][place]
        below = rows[bisect_right(rows, top) : bisect_right(rows, bottom)]
        spent += len(below)
        if not text or spent > LARGEST_CELLS:
            continue
        if _NUMBER.fullmatch(text):
            problem = table.problem(
                f"is merged over rows {top}-{bottom}, and a number cannot belong to all of them.",
                "Unmerge the cells and type the number into the row it belongs to.",
                row=top, place=place, value=text, severity="error" if read(table.header[place]) else "warning",
            )  # fmt: skip
            table.problems.append(problem)
            continue
        name = table.letters[place]
        filled.setdefault(place, []).append(f"{name}{top}:{name}{bottom}")
        for row in below:
            table.rows[numbers[row]][1][place] = text
            marked = table.marked.setdefault(place, {})
            marked[row] = marked.get(row, frozenset()) | {tables.MERGED}
    for place, areas in filled.items():
        message = f"has merged cells, each read for every row that it spans: {_few(areas)}."
        note = table.problem(message, "Unmerge them if that is wrong.", place=place, severity="note")
        table.notes.append(note)
