"""A worksheet as it lies in its file, before anybody has asked where the table in it begins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from synth.errors import Problem

from .tables import letters

Row = tuple[int, list[str]]
Area = tuple[int, int, int, int]
"""First row, first column, last row, last column of merged cells; rows from 1, columns from 0."""
LARGEST_CELLS = 4_000_000
LARGEST_TEXT = 256 * 2**20
"""Characters in all cells of a file: the same text may be shown by a million cells, and each of them is a copy."""
MOST_ROWS = 250_000
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
_SHOWN = 5


@dataclass
class Grid:
    """The cells of one worksheet, or of a CSV.

    Parameters
    ----------
    rows : list of (int, list of str)
        Row numbers and cells; a cell of blanks alone is ``""``, and rows without any text are not there. Rows of a
        worksheet are all of one length, those of a CSV as long as they are written.
    sheet : str, optional
        Name of the worksheet, made fit to be shown.
    lettered : bool
        Whether a person sees letters above the columns: not in a CSV.
    hidden : bool
        Whether the worksheet is hidden.
    hidden_rows, hidden_columns : set of int
        Rows (from 1) and columns (from 0) that are hidden or filtered away.
    filtered : bool
        Whether a filter is set.
    merged : list of Area
        Merged cells.
    marked : dict of int to dict of int to frozenset of str
        For a column, and then a row, the marks of a cell, as in :class:`~synth.extract.reading.tables.Table`.
    """

    rows: list[Row]
    sheet: str | None = None
    lettered: bool = False
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    filtered: bool = False
    merged: list[Area] = field(default_factory=list)
    marked: dict[int, dict[int, frozenset[str]]] = field(default_factory=dict)

    def mark(self, row: int, column: int, *marks: str) -> None:
        """Add marks to a cell."""
        cells = self.marked.setdefault(column, {})
        cells[row] = cells.get(row, frozenset()).union(marks)


@dataclass
class Book:
    """A workbook: its worksheets, and what a person should know of the file as a whole."""

    grids: list[Grid]
    problems: list[Problem] = field(default_factory=list)


@dataclass
class Findings:
    """What was seen in a worksheet's file before a parser got it; rows from 1, columns from 0.

    `box` is the first and last row and the first and last column that may hold something; parsers keep all cells
    between. `shared` counts the cells that show a text of the common list.
    """

    box: tuple[int, int, int, int] | None = None
    shared: int = 0
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    filtered: bool = False
    merged: list[Area] = field(default_factory=list)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    formulas: set[tuple[int, int]] = field(default_factory=set)
    uncalculated: set[tuple[int, int]] = field(default_factory=set)
    percents: set[tuple[int, int]] = field(default_factory=set)

    @property
    def cells(self) -> int:
        """Number of cells that a parser will keep."""
        if self.box is None:
            return 0
        first_row, last_row, first, last = self.box
        return (last_row - first_row + 1) * (last - first + 1)


def spans(numbers: Iterable[int]) -> str:
    """Return row numbers for a sentence.

    Examples
    --------
    >>> spans([3, 7, 4, 5]), spans([2])
    ('rows 3-5, 7', 'row 2')
    """
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    said = [str(first) if first == last else f"{first}-{last}" for first, last in ranges[:_SHOWN]]
    more = f" and {len(ranges) - _SHOWN} more places" if len(ranges) > _SHOWN else ""
    one = len(ranges) == 1 and ranges[0][0] == ranges[0][1]
    return f"row{'' if one else 's'} {', '.join(said)}{more}"


def named(cells: Iterable[tuple[int, int]]) -> str:
    """Return cells, by row and column, as a spreadsheet calls them.

    Examples
    --------
    >>> named([(7, 2), (4, 2)])
    'C4, C7'
    """
    ordered = sorted(cells)
    said = ", ".join(f"{letters(column + 1)}{row}" for row, column in ordered[:_SHOWN])
    return said + (f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else "")
