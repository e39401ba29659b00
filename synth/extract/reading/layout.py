"""From the cells of a worksheet to its tables: what is table, title, remark or separator, and what was taken for it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from synth.errors import Problem

from . import damage
from .grids import LAST_ROW, Area, Grid, Row, named, spans
from .headers import Finder, Header
from .tables import FORMULA, Table, letters

_MARKED = re.compile(
    r"\s*(?:[*†‡§¶#^•]|\(?[a-e1-9]\)|\[\d|n\.?\s?b\.?\W|abbrev|abbr\b|note|source|legend|key\b|remark|comment|footnote|"
    r"data (?:are|were)|values (?:are|were)|taken from|from:|see |sd\b|ci\b|iqr\b|figures in )",
    re.IGNORECASE,
)
_LONG = 60
_MOST_TABLES = 100


@dataclass
class _Region:
    """Rows that belong together, by index: a title, a table, what stands in it that is no row, and remarks below."""

    above: list[int]
    header: Header
    body: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    across: list[int] = field(default_factory=list)
    below: list[int] = field(default_factory=list)


def tables_of(
    grid: Grid,
    file: str,
    known: Callable[[str], bool],
    fits: Callable[[Table, int, list[str]], bool] | None = None,
) -> list[Table]:
    """Find the tables of a worksheet, or of a CSV.

    Parameters
    ----------
    grid : Grid
        Its cells.
    file : str
        What messages call the file, made fit to be shown.
    known : callable
        Says whether a heading means something.
    fits : callable, optional
        Takes a table, a row number and a row of a CSV, and says whether the row has as many cells as the header; it
        adds the problem to the table if not.

    Returns
    -------
    list of Table
        One for each table; none for a sheet without text.
    """
    if not grid.rows:
        return []
    found: list[Table] = []
    begins: list[str] = []
    stray: list[tuple[int, int]] = []
    for columns, joined in _blocks(grid, known):
        part = _part(grid, columns)
        if found and (len(columns) < 2 or len(part) < 2):
            stray += [(number, columns[place]) for number, cells in part for place, cell in enumerate(cells) if cell]
            continue
        tables = _Sheet(grid, part, columns, file, known, fits).tables(joined)
        begins += [f"{letters(columns[0] + 1)}{table.header_row}" for table in tables]
        found += tables
    if stray:
        found[0].notes.append(
            found[0].problem(
                f"has cells beside the table that belong to none of its columns ({named(stray)}); they were not read.",
                "If they are data, put a heading above them.",
                severity="note",
            )
        )
    if len(found) > 1:
        where = ", ".join(begins[:10])
        message = f"holds {len(found)} tables, which begin at {where}."
        found[0].notes.append(found[0].problem(message, "Nothing has to be done.", severity="note"))
    return found


def _blocks(grid: Grid, known: Callable[[str], bool]) -> list[tuple[list[int], list[int]]]:
    """Return the columns of each table that lies side by side with others, and the empty columns inside of it.

    Empty columns separate tables where the same headings come again behind them, where no heading stands behind them,
    or where rows go on below the end of the first table; otherwise they are only empty.
    """
    width = max(len(cells) for _, cells in grid.rows)
    if any(len(cells) != width for _, cells in grid.rows):
        return [(list(range(width)), [])]
    empty = set(range(width))
    for _, cells in grid.rows:
        empty -= {column for column in empty if cells[column]}
        if not empty:
            return [(list(range(width)), [])]
    runs: list[list[int]] = []
    for column in sorted(set(range(width)) - empty):
        if runs and runs[-1][-1] == column - 1:
            runs[-1].append(column)
        else:
            runs.append([column])
    if len(runs) == 1:
        return [(runs[0], [])]
    finder = Finder(grid.rows, known, grid.merged)
    header = finder.first()
    main = max(runs, key=lambda run: (finder.score([header.names[c] for c in run]), len(run)))
    last = _last(grid.rows, main)
    together, others = list(main), []
    for run in runs:
        if run is main:
            continue
        names = [header.names[column] for column in run if header.names[column]]
        taken = {header.names[column].casefold() for column in together}
        if names and not any(name.casefold() in taken for name in names) and _last(grid.rows, run) <= last:
            together += run
        else:
            others.append((run, list[int]()))
    together.sort()
    inside = [column for column in sorted(empty) if together[0] < column < together[-1]]
    return [(together, inside), *others]


def _union(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans of rows, in order, of which no two touch."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _last(rows: Sequence[Row], columns: list[int]) -> int:
    """Return the number of the last row in which more than one cell of a block is filled, or one of a single column."""
    least = min(2, len(columns))
    for number, cells in reversed(rows):
        if sum(1 for column in columns if cells[column]) >= least:
            return number
    return 0


def _part(grid: Grid, columns: list[int]) -> list[Row]:
    """Return the rows of some columns."""
    if columns == list(range(len(grid.rows[0][1]))) or any(len(c) < columns[-1] + 1 for _, c in grid.rows):
        return grid.rows
    part = [(number, [cells[column] for column in columns]) for number, cells in grid.rows]
    return [(number, cells) for number, cells in part if any(cells)]


class _Sheet:
    """The rows of one block of columns, on the way to its tables."""

    def __init__(
        self,
        grid: Grid,
        rows: list[Row],
        columns: list[int],
        file: str,
        known: Callable[[str], bool],
        fits: Callable[[Table, int, list[str]], bool] | None,
    ) -> None:
        self._grid, self._rows, self._columns, self._file, self._fits = grid, rows, columns, file, fits
        place = {column: index for index, column in enumerate(columns)}
        self._merged: list[Area] = [
            (top, place[left], bottom, bisect_right(columns, right) - 1)
            for top, left, bottom, right in grid.merged
            if left in place
        ]
        self._across = {top for top, left, bottom, right in self._merged if right > left and top == bottom}
        self._below = _union([(top + 1, bottom) for top, _, bottom, _ in self._merged if bottom > top])
        self._finder = Finder(rows, known, self._merged)

    def tables(self, separators: list[int]) -> list[Table]:
        """Return the tables, from the top."""
        found = [self._table(region) for region in self._regions()]
        if separators:
            found[0].notes.append(
                found[0].problem(
                    f"has empty columns inside the table ({', '.join(letters(c + 1) for c in separators[:5])}); they "
                    "were passed over.",
                    "Nothing has to be done.",
                    severity="note",
                )
            )
        return found

    def _regions(self) -> list[_Region]:
        rows, finder = self._rows, self._finder
        header = finder.first()
        region = _Region(list(range(header.top)), header)
        regions = [region]
        index = header.bottom + 1
        while index < len(rows):
            cells = rows[index][1]
            filled = len(cells) - cells.count("")
            apart = rows[index][0] - rows[index - 1][0] > 1 or self._is_single(index - 1)
            again = cells == rows[region.header.bottom][1]
            if again and not apart:
                region.repeated.append(index)
            elif apart and filled > 1 and (following := self._next(index, region.header, len(regions))):
                region = _Region(self._title(region, index), following)
                regions.append(region)
                index = following.bottom
            elif rows[index][0] in self._across and self._is_single(index):
                region.across.append(index)
            else:
                region.body.append(index)
            index += 1
        for each in regions:
            self._cut_remarks(each)
        return regions

    def _next(self, index: int, before: Header, tables: int) -> Header | None:
        """Return the headings of a further table below, if it begins here."""
        found = self._finder.at(index) if tables < _MOST_TABLES else None
        if found is None or found.bottom + 1 >= len(self._rows) or 2 * found.score < before.score:
            return None
        return found

    def _is_single(self, index: int) -> bool:
        """Say whether one cell alone is filled; a merged cell from above fills another."""
        number, cells = self._rows[index]
        if len(cells) - cells.count("") != 1:
            return False
        at = bisect_right(self._below, (number, LAST_ROW)) - 1
        return at < 0 or self._below[at][1] < number

    def _title(self, region: _Region, index: int) -> list[int]:
        """Take the rows of one cell that stand right above further headings away from the table before them."""
        title: list[int] = []
        taken = region.body if not region.across or region.across[-1] < index - 1 else region.across
        while taken and taken[-1] == index - 1 and self._is_single(index - 1):
            index -= 1
            title.insert(0, taken.pop())
            if self._rows[index][0] - self._rows[index - 1][0] > 1:
                break
        return title

    def _cut_remarks(self, region: _Region) -> None:
        """Move the last rows of a region that are no data to its remarks."""
        rows, wide = self._rows, sum(1 for name in region.header.names if name) > 2
        sums = len(region.body)
        while sums > 0 and self._is_sum(region.body[sums - 1]):
            sums -= 1
        totals, region.body[sums:] = region.body[sums:], []
        tail = len(region.body)
        while tail > 0 and self._is_single(region.body[tail - 1]):
            tail -= 1
        first = next(
            (
                at
                for at in range(tail, len(region.body))
                if self._is_remark(region.body[at])
                or (wide and rows[region.body[at]][0] - rows[region.body[at] - 1][0] > 1)
            ),
            len(region.body),
        )
        end = region.body[first - 1] if first else region.header.bottom
        region.below = sorted([*totals, *region.body[first:], *(index for index in region.across if index > end)])
        region.across = [index for index in region.across if index < end]
        del region.body[first:]

    def _is_sum(self, index: int) -> bool:
        """Say whether a row has no label and holds formulas alone, as the sums below a table do."""
        number, cells = self._rows[index]
        filled = [column for column, cell in zip(self._columns, cells, strict=False) if cell]
        marked = self._grid.marked
        return bool(filled) and not cells[0] and all(FORMULA in marked.get(c, {}).get(number, ()) for c in filled)

    def _is_remark(self, index: int) -> bool:
        """Say whether a row of one cell reads as a remark, or is a number that stands alone as a sum does."""
        cells = self._rows[index][1]
        place, cell = next((place, cell) for place, cell in enumerate(cells) if cell)
        if len(cell) > _LONG or _MARKED.match(cell):
            return True
        return place > 0 and not self._finder.is_textual([cell])

    def _table(self, region: _Region) -> Table:
        rows, header = self._rows, region.header
        width = len(header.names)
        table = Table(self._file, list(header.names), rows[header.bottom][0], [], sheet=self._grid.sheet)
        table.found = list(header.found)
        fits = self._fits
        for index in region.body:
            number, cells = rows[index]
            if fits is None or len(cells) == width or fits(table, number, cells):
                table.rows.append((number, cells))
        for index in sorted([*region.above, *region.below, *region.across]):
            table.remarks.append((rows[index][0], " ".join(cell for cell in rows[index][1] if cell)))
        self._drop_columns(table, header)
        self._say(table, region)
        damage.look(table, self._grid, self._finder.means)
        return table

    def _drop_columns(self, table: Table, header: Header) -> None:
        """Keep the columns that have a heading or a cell, and give them their letters and marks."""
        grid, columns = self._grid, self._columns
        width = len(table.header)
        bare = [place for place in range(width) if not table.header[place]]
        filled = {place for place in bare if any(cells[place] for _, cells in table.rows)}
        keep = [place for place in range(width) if table.header[place] or place in filled]
        if len(keep) < width:
            table.header = [table.header[place] for place in keep]
            table.found = [table.found[place] for place in keep]
            table.rows = [(number, [cells[place] for place in keep]) for number, cells in table.rows]
        if any(header.units):
            table.units = [header.units[place] for place in keep]
        if any(header.groups):
            table.groups = [header.groups[place] for place in keep]
        if table.found == table.header:
            table.found = []
        if grid.lettered:
            table.letters = [letters(columns[place] + 1) for place in keep]
        numbers = {number for number, _ in table.rows}
        table.hidden_sheet = grid.hidden
        table.hidden_rows = frozenset(grid.hidden_rows & numbers)
        hidden = [place for place, old in enumerate(keep) if columns[old] in grid.hidden_columns]
        table.hidden_places = frozenset(hidden)
        table.marked = {
            place: grid.marked[columns[old]] for place, old in enumerate(keep) if columns[old] in grid.marked
        }
        if filled:
            self._note(
                table, f"has {len(filled)} column{'s' if len(filled) > 1 else ''} without a heading, not read.",
                "Give each a heading if it is needed.",
            )  # fmt: skip

    def _note(self, table: Table, message: str, remedy: str, severity: str = "note") -> None:
        problem = Problem(
            table.file, message, remedy, row=table.header_row, sheet=table.sheet, severity=severity
        )  # fmt: skip
        (table.notes if severity == "note" else table.problems).append(problem)

    def _numbers(self, indices: Iterable[int]) -> str:
        return spans(self._rows[index][0] for index in indices)

    def _say(self, table: Table, region: _Region) -> None:
        """Report what was understood of the rows around and inside the table."""
        header, rows = region.header, self._rows
        first, last = rows[header.top][0], rows[header.bottom][0]
        if region.above or first > 1:
            above = f"; {self._numbers(region.above)} above was taken as a title" if region.above else ""
            self._note(table, f"has its headings in row {first}{above}.", "Move the headings if that is wrong.")
        if any(len(rows[i][1]) - rows[i][1].count("") > 1 for i in region.above):
            self._note(
                table, f"has rows above the headings that hold several cells ({self._numbers(region.above)}); they "
                "were not read.", "If they are data, give them a heading of their own.", "warning",
            )  # fmt: skip
        side = [rows[index][1][0] for index in [header.bottom, *region.body[:40]] if rows[index][1]]
        if header.score < 2 and sum(map(self._finder.means, side)) >= max(3, len(side) / 2):
            remedy = "Copy it, and paste it transposed, so that each study has a row."
            self._note(table, "seems to lie on its side: its headings stand below each other.", remedy, "warning")
        if last > first:
            what = "headings and units" if not any(header.groups) and any(header.units) else "headings"
            self._note(table, f"has {what} in rows {first}-{last}, which were joined.", "Use one row if that is wrong.")
        if region.repeated:
            where = self._numbers(region.repeated)
            self._note(table, f"has its headings again in {where}, passed over.", "Nothing has to be done.")
        if region.below:
            self._note(
                table, f"has rows below the table ({self._numbers(region.below)}) that were taken as remarks or sums.",
                "If a study stands there, leave no empty row above it.",
            )  # fmt: skip
        if region.across:
            self._note(
                table, f"has headings across the table ({self._numbers(region.across)}); they were not read.",
                "If they name an arm or an outcome, put it into a column.", "warning",
            )  # fmt: skip
        gaps = [n for (m, _), (n, _) in zip(table.rows, table.rows[1:], strict=False) if n - m > 1]
        taken = {rows[i][0] for i in (*region.repeated, *region.across)}
        if any(n - 1 not in taken for n in gaps) and self._grid.lettered:
            self._note(table, f"has empty rows inside the table (above {spans(gaps)}).", "Nothing has to be done.")
