"""What a worksheet of an .xlsx says besides its values: formulas, errors, percentages, what is hidden or merged.

The values are read by a parser that tells none of these. Small sheets are walked element by element; large ones that a
spreadsheet program has written are searched for what is uncommon, which takes a quarter of the time and finds the same.
"""

from __future__ import annotations

import re

from synth.errors import ProblemsError

from .archives import damaged, refusal
from .grids import LARGEST_CELLS, LAST_COLUMN, LAST_ROW, MOST_ROWS, Area, Findings
from .markup import Walker

MOST_AREAS = 100_000
MOST_TAGS = 12_000_000  # of a sheet that is walked
_LARGE = 4 * 2**20
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})")
_ROW_NUMBER = re.compile(r"[1-9][0-9]{0,6}")
_NUMBER = re.compile(r"[1-9][0-9]{0,4}")
_TRUE = ("1", "true", "on")

# No attribute holds "<" or ">" as it stands, and none of these runs past one: each takes time in step with the length.
_ROW = re.compile(rb'<row r="([1-9]\d{0,6})"([^<>]*)>')
_CELL = re.compile(rb'<c r="([^"<>]{2,10})"')
_BARE_CELL, _BARE_ROW = re.compile(rb"<c[>/]"), re.compile(rb"<row[>/]")
_CAPITALS, _DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0123456789"
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_ERROR = re.compile(rb'<c r="([A-Z]{1,3}\d{1,7})"[^<>]*\bt="e"[^<>]*>(?:<f\b[^<>]*?(?:/>|>[^<]*</f>))?<v>([^<]*)</v>')
_FORMULA = re.compile(
    rb'<c r="([A-Z]{1,3}\d{1,7})"([^<>]*)><f\b[^<>]*?(?:/>|>[^<]*</f>)(?:<v(?: [^<>]*)?>([^<]*)</v>)?'
)  # fmt: skip
_FORMULAS = re.compile(rb"<f[ >/]")
_ASIDE = re.compile(rb"<(mergeCell|filterColumn|col) ([^<>]*)>")
_ATTRIBUTE = re.compile(rb'\b([A-Za-z]+)="([^"]*)"')


def place(reference: str, file: str) -> tuple[int, int]:
    """Return the row (from 1) and the column (from 0) of a cell.

    Examples
    --------
    >>> place("C7", "a.xlsx"), place("XFD1048576", "a.xlsx")
    ((7, 2), (1048576, 16383))
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise damaged(file)
    column = 0
    for letter in match[1].upper():
        column = 26 * column + ord(letter) - 64
    row = int(match[2])
    if row > LAST_ROW or column > LAST_COLUMN:
        raise damaged(file)
    return row, column - 1


def area(reference: str, file: str) -> Area:
    """Return the corners of a range such as ``B2:D2``."""
    first, _, last = reference.partition(":")
    (r1, c1), (r2, c2) = place(first, file), place(last or first, file)
    return min(r1, r2), min(c1, c2), max(r1, r2), max(c1, c2)


def scan(data: bytes, file: str, percent_styles: frozenset[int], recalculate: bool) -> Findings:
    """Look through the XML of a worksheet.

    Parameters
    ----------
    data : bytes
        The part.
    file : str
        What messages call the workbook.
    percent_styles : frozenset of int
        Numbers of the cell styles that show a percentage.
    recalculate : bool
        Whether the workbook asks to be calculated when it is opened: then no value beside a formula is one.

    Raises
    ------
    ProblemsError
        It is no well-formed worksheet, or a larger one than is read.
    """
    found = None
    if len(data) > _LARGE and _is_plain(data):
        found = _searched(data, file, percent_styles)
        if found is not None and _too_large(found):
            # Cells that are coloured and empty count here; whether there are others, the slow way knows.
            found = None
    if found is None:
        if data.count(b"<") > MOST_TAGS:
            raise _too_much(file, f"{LARGEST_CELLS:,} cells")
        walker = _Sheet(file, percent_styles)
        walker.walk(data)
        found = walker.found
    if _too_large(found):
        rows = 0 if found.box is None else found.box[1] - found.box[0] + 1
        what = f"{MOST_ROWS:,} rows" if rows > MOST_ROWS else f"{LARGEST_CELLS:,} cells"
        raise _too_much(file, what)
    if recalculate:
        found.uncalculated |= found.formulas
    return found


def _too_much(file: str, what: str) -> ProblemsError:
    return refusal(
        file,
        f"has a sheet with more than {what}, or with cells that far apart.",
        "Keep one row per study and outcome, and delete what stands far below or beside the table.",
    )


def _too_large(found: Findings) -> bool:
    return found.box is not None and (found.cells > LARGEST_CELLS or found.box[1] - found.box[0] >= MOST_ROWS)


class _Sheet(Walker):
    def __init__(self, file: str, percent_styles: frozenset[int]) -> None:
        super().__init__(file)
        self.parser.EndElementHandler = self._end
        self.found = Findings()
        self._percent = {str(style) for style in percent_styles}
        self._row, self._column = 0, -1
        self._type = self._value = ""
        self._formula = self._filled = self._inside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        found = self.found
        if name == "c":
            reference = attributes.get("r")
            if reference:
                self._row, self._column = place(reference, self.file)
            else:
                self._column += 1
            self._type, self._value = attributes.get("t", ""), ""
            self._formula = self._filled = False
            self._inside = True
            if attributes.get("s") in self._percent:
                found.percents.add((self._row, self._column))
        elif name == "v":
            self.listen()
        elif name == "f":
            self._formula = self._inside
        elif name == "is":
            self._filled = True
        elif name == "row":
            number = attributes.get("r")
            if number is not None and not _ROW_NUMBER.fullmatch(number):
                raise damaged(self.file)
            self._row = int(number) if number else self._row + 1
            self._column = -1
            if attributes.get("hidden") in _TRUE:
                found.hidden_rows.add(self._row)
        else:
            _aside(name, attributes, self.file, found)

    def _end(self, name: str) -> None:
        if name.endswith("v") and self.parser.CharacterDataHandler is not None:
            self._value = self.text()
        elif self._inside and (name == "c" or name.endswith(":c")):
            self._inside = False
            self._cell()

    def _cell(self) -> None:
        found, at = self.found, (self._row, self._column)
        if self._formula:
            found.formulas.add(at)
            if not self._value and self._type != "str":
                found.uncalculated.add(at)
        if self._type == "e":
            found.errors[at] = self._value
        if not (self._value or self._filled):
            return
        found.shared += self._type == "s"
        row, column = at
        if not 1 <= row <= LAST_ROW or column >= LAST_COLUMN:
            raise damaged(self.file)
        if found.box is None:
            found.box = (row, row, column, column)
        else:
            top, bottom, left, right = found.box
            if row < top or row > bottom or column < left or column > right:
                found.box = (min(top, row), max(bottom, row), min(left, column), max(right, column))


def _aside(name: str, attributes: dict[str, str], file: str, found: Findings) -> None:
    """Take the elements of a worksheet that stand before and behind its cells."""
    if name == "mergeCell":
        if len(found.merged) >= MOST_AREAS:
            raise refusal(file, f"has more than {MOST_AREAS:,} merged cells.", "Unmerge them.")
        found.merged.append(area(attributes.get("ref", ""), file))
    elif name == "filterColumn":
        found.filtered = True
    elif name == "col" and attributes.get("hidden") in _TRUE:
        first, last = attributes.get("min", ""), attributes.get("max", "")
        if not (_NUMBER.fullmatch(first) and _NUMBER.fullmatch(last)):
            raise damaged(file)
        # A thousand times all columns would be a loop of minutes.
        spans = range(int(first) - 1, min(int(last), LAST_COLUMN))
        if not found.hidden_columns.isdisjoint(spans):
            raise damaged(file)
        found.hidden_columns.update(spans)


def _is_plain(data: bytes) -> bool:
    """Say whether a sheet is written as all the usual programs write it, so that it can be searched."""
    return (
        data.startswith((b"<?xml", b"<worksheet")) and b"<worksheet" in data[:4096]
        and b"<!" not in data and b"='" not in data
        and not _BARE_CELL.search(data) and not _BARE_ROW.search(data)
    )  # fmt: skip


def _searched(data: bytes, file: str, percent_styles: frozenset[int]) -> Findings | None:
    """Return what :class:`_Sheet` finds, or ``None`` where the sheet is not so plain after all."""
    found = Findings()
    begin, end = data.find(b"<sheetData"), data.rfind(b"</sheetData>")
    rows = [(match[1], match[2]) for match in _ROW.finditer(data)]
    found.hidden_rows = {int(row) for row, more in rows if more and _HIDDEN.search(more)}
    cells = _CELL.findall(data)
    if end < begin or begin < 0 or len(rows) != data.count(b"<row ") or len(cells) != data.count(b"<c "):
        return None
    if cells:
        together = b" ".join(cells)
        del cells
        numbers = set(together.translate(None, _CAPITALS).split())
        names = set(together.translate(None, _DIGITS).split())
        # A cell names its row itself, and a parser believes the cell.
        if not numbers.issubset([row for row, _ in rows]) or not all(name.isalpha() for name in names):
            return None
        columns = [place(f"{name.decode()}1", file)[1] for name in names]
        lines = [*map(int, numbers)]
        if max(lines) > LAST_ROW:
            raise damaged(file)
        found.box = (min(lines), max(lines), min(columns), max(columns))
    found.shared = data.count(b't="s"')
    if b't="e"' in data:
        for match in _ERROR.finditer(data):
            found.errors[place(match[1].decode(), file)] = match[2].decode("utf-8", "replace")
    if _FORMULAS.search(data):
        for match in _FORMULA.finditer(data):
            at = place(match[1].decode(), file)
            found.formulas.add(at)
            if not match[3] and b't="str"' not in match[2]:
                found.uncalculated.add(at)
    if percent_styles:
        styles = b"|".join(b"%d" % style for style in sorted(percent_styles))
        for match in re.finditer(rb'<c r="([A-Z]{1,3}\d{1,7})"[^<>]*\bs="(?:%s)"' % styles, data):
            found.percents.add(place(match[1].decode(), file))
    for part in (data[:begin], data[end:]):
        for tag in _ASIDE.finditer(part):
            attributes = {key.decode(): value.decode("utf-8", "replace") for key, value in _ATTRIBUTE.findall(tag[2])}
            _aside(tag[1].decode(), attributes, file, found)
    return found
