"""Worksheets of an .ods: read here from front to back, since every cell says of itself what it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from synth.errors import Problem, ProblemsError
from synth.workspace import visible

from . import tables
from .archives import Archive, damaged, refusal
from .grids import LARGEST_CELLS, LAST_COLUMN, LAST_ROW, MOST_ROWS, Book, Grid
from .markup import Walker, each
from .separators import is_numeral
from .typed import number_text, percent_text

MOST_TAGS = 12_000_000
_NAMES = {"office": "office:1.0", "table": "table:1.0", "text": "text:1.0"}
_LENGTH = re.compile(r"(-?)PT?(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,]\d+)?S)?")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:[.,]\d+)?)?")
_ERROR = re.compile(r"#(?:REF!|DIV/0!|VALUE!|NAME\?|N/A|NUM!|NULL!)|Err:\d{3}", re.IGNORECASE)


def read_ods(archive: Archive, file: str) -> Book:
    """Read an .ods.

    Parameters
    ----------
    archive : Archive
        The file.
    file : str
        What messages call it, made fit to be shown.

    Raises
    ------
    ProblemsError
        It cannot be read, is protected, or is larger than any sheet of studies.
    """
    manifest = archive.find("META-INF/manifest.xml")
    content = archive.find("content.xml")
    if manifest is not None:
        _refuse_protected(archive.read(manifest), file)
    if content is None:
        raise damaged(file)
    data = archive.read(content)
    if data.count(b"<") > MOST_TAGS:
        raise _too_large(file)
    walker = _Content(file)
    walker.walk(data)
    if not walker.named:
        raise damaged(file)
    problems = []
    names = [name.casefold() for name in archive.names]
    if any(name.startswith(("basic/", "scripts/")) for name in names):
        message = "holds macros; they were not run."
        remedy = "If the values are right without them, all is well."
        problems.append(Problem(file, message, remedy, severity="warning"))
    if walker.linked:
        message = "takes values from other files or the network; nothing was fetched, the values last saved were read."
        remedy = "Look whether they are up to date, and paste them as values."
        problems.append(Problem(file, message, remedy, severity="warning"))
    if any(name.startswith("object ") for name in names):
        message = "holds embedded files or controls; they were not opened."
        problems.append(Problem(file, message, "Put what is needed into a cell.", severity="warning"))
    return Book(walker.grids(), problems)


def _too_large(file: str) -> ProblemsError:
    return refusal(
        file,
        f"has a sheet with more than {MOST_ROWS:,} rows or {LARGEST_CELLS:,} cells, or with cells that far apart.",
        "Keep one row per study and outcome, and delete what stands far below or beside the table.",
    )


def _refuse_protected(data: bytes, file: str) -> None:
    def take(name: str, _: dict[str, str]) -> None:
        if name == "encryption-data":
            raise refusal(file, "is protected with a password.", "Save a copy without the password, and name that.")

    each(data, file, take)


@dataclass
class _Cell:
    """A cell while it is read."""

    attributes: dict[str, str]
    repeated: int
    covered: bool
    paragraphs: list[str] = field(default_factory=list)


class _Content(Walker):
    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.parser.EndElementHandler = self._end
        self.named = self.linked = False
        self._sheets: list[tuple[Grid, str]] = []
        self._grid: Grid | None = None
        self._undisplayed: set[str] = set()
        self._style = ""
        self._filtered = False
        self._row, self._column, self._columns = 0, 0, 0
        self._repeated = 1
        self._texts: dict[int, str] = {}
        self._marks: dict[int, set[str]] = {}
        self._cell: _Cell | None = None
        self._aside = 0  # depth inside of comments, pictures and tables within a cell
        self._cells = 0

    def grids(self) -> list[Grid]:
        """Return the worksheets, every row as wide as the widest."""
        for grid, style in self._sheets:
            width = max((len(cells) for _, cells in grid.rows), default=0)
            if width * len(grid.rows) > LARGEST_CELLS:
                raise _too_large(self.file)
            for _, cells in grid.rows:
                cells += [""] * (width - len(cells))
            grid.hidden = style in self._undisplayed
            grid.filtered = self._filtered
        return [grid for grid, _ in self._sheets]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._aside:
            self._aside += 1
        elif name in ("annotation", "frame", "shapes", "forms", "tracked-changes") or (
            name == "table" and self._grid is not None
        ):
            self._aside = 1
        elif name in ("table-cell", "covered-table-cell"):
            repeated = self._count(attributes, "table:number-columns-repeated", LAST_COLUMN)
            self._cell = _Cell(attributes, repeated, name != "table-cell")
        elif self._cell is not None:
            self._inside(name, attributes)
        elif name == "table-row":
            self._repeated = self._count(attributes, "table:number-rows-repeated", LAST_ROW)
            self._column, self._texts, self._marks = 0, {}, {}
            if attributes.get("table:visibility", "visible") != "visible" and self._grid is not None:
                self._hide_rows()
        elif name == "table-column":
            self._take_column(attributes)
        elif name == "table" and "table:name" in attributes:
            if len(self._sheets) >= 500:
                raise refusal(self.file, "has more than 500 sheets.", "Keep the sheets that hold data.")
            self._grid = Grid([], visible(attributes["table:name"], 60), lettered=True)
            self._sheets.append((self._grid, attributes.get("table:style-name", "")))
            self._row = self._columns = 0
        else:
            self._around(name, attributes)

    def _around(self, name: str, attributes: dict[str, str]) -> None:
        if name == "document-content":
            ends = {prefix: attributes.get(f"xmlns:{prefix}", "") for prefix in _NAMES}
            self.named = all(value.endswith(_NAMES[prefix]) for prefix, value in ends.items())
            if not self.named:
                raise damaged(self.file)
        elif name == "style":
            self._style = attributes.get("style:name", "")
        elif name == "table-properties" and attributes.get("table:display") == "false":
            self._undisplayed.add(self._style)
        elif name in ("table-source", "dde-link", "dde-source", "database-source-query", "database-source-table"):
            self.linked = True
        elif name == "filter-condition":
            self._filtered = True

    def _inside(self, name: str, attributes: dict[str, str]) -> None:
        """Take what stands in a cell: paragraphs, and blanks that are written as elements."""
        if name == "p":
            self.listen()
        elif self.parser.CharacterDataHandler is not None:
            if name == "s":
                self._text.append(" " * self._count(attributes, "text:c", 1000))
            elif name == "tab":
                self._text.append("\t")
            elif name == "line-break":
                self._text.append("\n")
        elif name == "cell-range-source":
            self.linked = True

    def _count(self, attributes: dict[str, str], name: str, most: int) -> int:
        value = attributes.get(name, "1")
        if not (value.isascii() and value.isdecimal() and len(value) < 9):
            raise damaged(self.file)
        return min(max(1, int(value)), most)

    def _take_column(self, attributes: dict[str, str]) -> None:
        count = self._count(attributes, "table:number-columns-repeated", LAST_COLUMN)
        last = min(self._columns + count, LAST_COLUMN)
        if attributes.get("table:visibility", "visible") != "visible" and self._grid is not None:
            self._grid.hidden_columns.update(range(self._columns, last))
        self._columns = last

    def _hide_rows(self) -> None:
        assert self._grid is not None
        # A filter hides the million rows below the table as well, and nothing stands in them.
        last = min(self._row + self._repeated, self._row + MOST_ROWS, LAST_ROW)
        if len(self._grid.hidden_rows) <= MOST_ROWS:
            self._grid.hidden_rows.update(range(self._row + 1, last + 1))

    def _end(self, name: str) -> None:
        if self._aside:
            self._aside -= 1
            return
        local = name if ":" not in name else name.rpartition(":")[2]
        if self._cell is not None:
            if local == "p" and self.parser.CharacterDataHandler is not None:
                self._cell.paragraphs.append(self.text())
            elif local in ("table-cell", "covered-table-cell"):
                self._close_cell(self._cell)
                self._cell = None
        elif local == "table-row":
            self._close_row()
        elif local == "table":
            self._grid = None

    def _close_cell(self, cell: _Cell) -> None:
        attributes, first = cell.attributes, self._column
        self._column = min(first + cell.repeated, LAST_COLUMN)
        # What lies below a merged cell is kept in the file, and nobody sees it.
        text, marks = ("", set[str]()) if cell.covered else self._read(cell)
        columns = range(first, self._column)
        text = text if text.strip() else ""
        if text or tables.UNCALCULATED in marks:
            self._cells += len(columns) * self._repeated
            if self._cells > LARGEST_CELLS:
                raise _too_large(self.file)
            for column in columns:
                self._texts[column] = text
                if marks:
                    self._marks[column] = marks
        wide = self._count(attributes, "table:number-columns-spanned", LAST_COLUMN)
        tall = self._count(attributes, "table:number-rows-spanned", LAST_ROW)
        if (wide > 1 or tall > 1) and self._grid is not None and len(self._grid.merged) < 100_000:
            row = self._row + 1
            self._grid.merged.append((row, first, min(row + tall - 1, LAST_ROW), first + wide - 1))

    def _read(self, cell: _Cell) -> tuple[str, set[str]]:
        """Return the text of a cell and its marks."""
        attributes = cell.attributes
        marks = {tables.FORMULA} if "table:formula" in attributes else set()
        kind = attributes.get("office:value-type", "")
        shown = "\n".join(cell.paragraphs)
        if attributes.get("calcext:value-type") == "error" or (marks and _ERROR.fullmatch(shown)):
            return visible(shown, 20) or "#N/A", marks | {tables.ERROR}
        if kind in ("float", "currency", "percentage"):
            try:
                value = float(attributes.get("office:value", ""))
            except ValueError as error:
                raise damaged(self.file) from error
            if kind == "percentage":
                return percent_text(value), marks | {tables.PERCENT}
            return number_text(value), marks | ({tables.ROUNDED} if not abs(value) < 10**15 else set())
        if kind == "date" and (date := _DATE.fullmatch(attributes.get("office:date-value", ""))):
            clock = "" if date[2] in (None, "00:00:00") else f" {date[2]}"
            return date[1] + clock, marks | {tables.DATE}
        if kind == "time" and (length := _LENGTH.fullmatch(attributes.get("office:time-value", ""))):
            hours, minutes, seconds = (int(part or 0) for part in length.groups()[1:])
            return f"{length[1]}{hours:02}:{minutes:02}:{seconds:02}", marks | {tables.DATE}
        if kind == "boolean":
            return attributes.get("office:boolean-value", "").upper(), marks
        text = attributes.get("office:string-value", shown)
        if not kind and marks and not text:
            marks.add(tables.UNCALCULATED)
        if is_numeral(text):
            marks.add(tables.TEXT)
        return text, marks

    def _close_row(self) -> None:
        grid, first = self._grid, self._row + 1
        self._row = min(self._row + self._repeated, LAST_ROW)
        if grid is None or not self._texts:
            return
        # Counted before they are made: one line of the file may stand for a million rows.
        if len(grid.rows) + self._row - first >= MOST_ROWS:
            raise _too_large(self.file)
        width = max(self._texts) + 1
        for number in range(first, self._row + 1):
            cells = [""] * width
            for column, text in self._texts.items():
                cells[column] = text
            grid.rows.append((number, cells))
            for column, marks in self._marks.items():
                grid.mark(number, column, *marks)
