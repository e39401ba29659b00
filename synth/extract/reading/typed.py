"""Values of a worksheet to text: what a person reads there, written out in full and in one way.

A number becomes its digits with a point and no separators, a date 2021-08-03, a number shown as a percentage "16%".
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from synth.workspace import visible

from . import tables
from .grids import Findings, Grid
from .separators import is_numeral

_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.')
_NUMERIC_STARTS = frozenset("0123456789+-.,\u00a0 ")
_PLAIN = frozenset((str, float))
_EXACT = 10**15
_MOST_KEPT = 100_000


def number_text(value: float) -> str:
    """Return a number as digits with a point, to the 15 digits that a spreadsheet keeps.

    Examples
    --------
    >>> number_text(7.0), number_text(0.1 + 0.2), number_text(1e-07), number_text(123456789012.0)
    ('7', '0.3', '0.0000001', '123456789012')
    """
    if abs(value) < _EXACT and value == int(value):
        return str(int(value))
    short = f"{value:.15g}"
    return f"{Decimal(short):f}" if "e" in short and 1e-30 < abs(value) < 1e21 else short


def percent_text(value: float) -> str:
    """Return a fraction as the percentage that a spreadsheet shows, to six decimals at most.

    Examples
    --------
    >>> percent_text(0.16), percent_text(7 / 43), percent_text(1.0)
    ('16%', '16.27907%', '100%')
    """
    if not abs(value) < _EXACT:
        return number_text(value)
    text = f"{round(Decimal(f'{value:.15g}') * 100, 6):f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def shows_percent(code: str) -> bool:
    r"""Say whether a number format shows a percentage.

    Examples
    --------
    >>> shows_percent("0.0%"), shows_percent('0" % of all"'), shows_percent(r"0\%")
    (True, False, False)
    """
    return "%" in _LITERAL.sub("", code)


def moment_text(value: datetime.date | datetime.time | datetime.timedelta) -> str:
    """Return a date, a time of day or a length of time.

    Examples
    --------
    >>> moment_text(datetime.datetime(2021, 8, 3)), moment_text(datetime.timedelta(hours=30))
    ('2021-08-03', '30:00:00')
    """
    if isinstance(value, datetime.datetime):
        if value.time() == datetime.time():
            return value.date().isoformat()
        return value.isoformat(" ", "seconds")
    if isinstance(value, datetime.timedelta):
        seconds = int(value.total_seconds())
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, datetime.time):
        return value.isoformat("seconds")
    return value.isoformat()


class _Texts:
    """Makes text of values, and marks in a grid what the text does not show."""

    def __init__(self, grid: Grid, first: int) -> None:
        self._grid, self._first = grid, first
        # The same word in a hundred thousand rows is one word in memory, and is looked at once.
        self._kept: dict[str | float, str] = {"": ""}

    def row(self, number: int, values: Sequence[Any], percents: set[int] | None) -> list[str]:
        """Return the cells of a row."""
        kept = self._kept
        if percents or not _PLAIN.issuperset(map(type, values)):
            return [self._text(number, self._first + place, value, percents) for place, value in enumerate(values)]
        cells: list[str | None] = [*map(kept.get, values)]
        place = -1
        for _ in range(cells.count(None)):
            place = cells.index(None, place + 1)
            cells[place] = self._text(number, self._first + place, values[place], None)
        return cells  # type: ignore[return-value]

    def _text(self, row: int, column: int, value: Any, percents: set[int] | None) -> str:
        if isinstance(value, str):
            if value and value[0] in _NUMERIC_STARTS and is_numeral(value):
                self._grid.mark(row, column, tables.TEXT)
                return value
            return self._keep(value, value if value.strip() else "")
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, int | float):
            if percents and column in percents:
                self._grid.mark(row, column, tables.PERCENT)
                return percent_text(value)
            if not abs(value) < _EXACT:
                self._grid.mark(row, column, tables.ROUNDED)
                return number_text(value)
            return self._keep(float(value), number_text(value))
        if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
            self._grid.mark(row, column, tables.DATE)
            return moment_text(value)
        return str(value)

    def _keep(self, value: str | float, text: str) -> str:
        if len(self._kept) > _MOST_KEPT:
            self._kept = {"": ""}
        return self._kept.setdefault(value, text)


def grid_of(values: Iterable[Sequence[Any]], first: int, seen: Findings, name: str, hidden: bool) -> Grid:
    """Return a worksheet as text.

    Parameters
    ----------
    values : iterable of sequence
        Rows from the first on, as the parser gives them: ``""`` for an empty cell and for an error.
    first : int
        Column of the first value in each row, from 0.
    seen : Findings
        What the parser does not tell.
    name : str
        Of the worksheet, made fit to be shown.
    hidden : bool
        Whether the worksheet is hidden.
    """
    grid = Grid(
        [], name, lettered=True, hidden=hidden, hidden_rows=seen.hidden_rows, hidden_columns=seen.hidden_columns,
        filtered=seen.filtered, merged=seen.merged,
    )  # fmt: skip
    over: dict[int, dict[int, str]] = {row: {} for row, _ in seen.uncalculated}
    for (row, column), error in seen.errors.items():
        over.setdefault(row, {})[column] = visible(error, 20)
        grid.mark(row, column, tables.ERROR)
    for row, column in seen.formulas:
        grid.mark(row, column, tables.FORMULA)
    for row, column in seen.uncalculated:
        grid.mark(row, column, tables.UNCALCULATED)
    percents: dict[int, set[int]] = {}
    for row, column in seen.percents:
        percents.setdefault(row, set()).add(column)
    marked_width = max((column + 1 for column in grid.marked), default=0)
    texts, pad = _Texts(grid, first), [""] * first
    number = 0
    for number, found in enumerate(values, start=1):
        cells = pad + texts.row(number, found, percents.get(number))
        errors = over.pop(number, None)
        if errors is None and not any(cells):
            continue
        _write(cells, errors or {}, marked_width)
        grid.rows.append((number, cells))
    # A row in which nothing but formulas without values stands is kept, so that somebody hears of it.
    for later in sorted(over):
        cells = [""] * (first + 1)
        _write(cells, over[later], marked_width)
        grid.rows.append((later, cells))
    width = max((len(cells) for _, cells in grid.rows), default=0)
    for _, cells in grid.rows:
        cells += [""] * (width - len(cells))
    return grid


def _write(cells: list[str], errors: dict[int, str], width: int) -> None:
    cells += [""] * (width - len(cells))
    for column, error in errors.items():
        cells[column] = error
