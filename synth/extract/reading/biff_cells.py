"""Cells of an .xls: the records of one worksheet to values, and what else they say.

Section numbers in comments are those of [MS-XLS], Microsoft's description of the format.
"""

from __future__ import annotations

import datetime
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from .archives import damaged
from .grids import Findings
from .typed import shows_percent

NUMBER, RK, MULRK, LABELSST, LABEL, RSTRING, BOOLERR, FORMULA, STRING = (
    0x203, 0x27E, 0xBD, 0xFD, 0x204, 0xD6, 0x205, 0x06, 0x207
)  # fmt: skip
ROW, COLINFO, FILTERMODE, MERGED = 0x208, 0x7D, 0x9B, 0xE5
MOST_AREAS = 100_000
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
# Formats that every spreadsheet knows by their number; the later ones are those of East Asia.
_DATES = dict.fromkeys((*range(14, 18), 22, *range(27, 37), *range(50, 59)), "yyyy-mm-dd")
_DATES |= dict.fromkeys((18, 19, 20, 21, 45, 47), "h:mm:ss") | {46: "[h]:mm:ss"}
Value = str | float | bool | datetime.datetime | datetime.time | datetime.timedelta


def shows_date(code: str) -> bool:
    r"""Say whether a number format shows a date or a time.

    Examples
    --------
    >>> shows_date("dd/mm/yyyy"), shows_date("[h]:mm"), shows_date('[Red]0.0" mmHg"'), shows_date("0.00E+00")
    (True, True, False, False)
    """
    return re.search("[dmyhs]", _LITERAL.sub("", code), re.IGNORECASE) is not None and "general" not in code.lower()


@dataclass
class Common:
    """What the first substream says to all sheets.

    Parameters
    ----------
    wide : bool
        Whether texts are those of Excel 97 and later.
    encoding : str
        Of texts before that.
    epoch_1904 : bool
        Whether days are counted from 1904.
    sheets : list of (str, int, bool, int)
        Name, offset, whether it is hidden, and kind (0 for a worksheet).
    formats : dict of int to str
        Number formats.
    styles : list of int
        Number of the format of each cell style.
    texts : list of str
        The common texts.
    linked : bool
        Whether the workbook points to another file.
    """

    wide: bool
    encoding: str = "cp1252"
    epoch_1904: bool = False
    sheets: list[tuple[str, int, bool, int]] = field(default_factory=list)
    formats: dict[int, str] = field(default_factory=dict)
    styles: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    linked: bool = False

    def text(self, data: bytes, long: bool = True) -> str:
        """Return a text with its length before it, in two bytes or in one (2.5.294)."""
        count = struct.unpack_from("<H" if long else "<B", data)[0]
        start = 2 if long else 1
        if not self.wide:
            return data[start : start + count].decode(self.encoding, "replace")
        if count == 0:
            return ""
        if data[start] & 1:
            return data[start + 1 : start + 1 + 2 * count].decode("utf-16-le", "replace")
        return data[start + 1 : start + 1 + count].decode("latin-1")


class Cells:
    """The cells of a worksheet while its records pass by.

    `values` maps a row (from 1) to the values of its columns (from 0); `found` is what is known besides.
    """

    def __init__(self, common: Common, file: str) -> None:
        self._common, self._file = common, file
        self.found = Findings()
        self.values: dict[int, dict[int, Value]] = {}
        self.count = 0
        self.characters = 0
        self._width = 0
        self._pending: tuple[int, int] | None = None
        codes = [(style, common.formats.get(style, "")) for style in common.styles]
        self._percent = {n for n, (style, code) in enumerate(codes) if style in (9, 10) or shows_percent(code)}
        said = [(n, code or _DATES.get(style, "")) for n, (style, code) in enumerate(codes)]
        self._date = {n: code for n, code in said if shows_date(code)}

    def take(self, kind: int, data: bytes) -> None:
        """Take a record."""
        if kind in (NUMBER, RK, LABELSST, LABEL, RSTRING, BOOLERR, FORMULA):
            row, column, style = struct.unpack_from("<HHH", data)
            self._cell(kind, row + 1, column, style, data[6:])
        elif kind == MULRK:
            row, column = struct.unpack_from("<HH", data)
            for number in range((len(data) - 6) // 6):
                style = struct.unpack_from("<H", data, 4 + 6 * number)[0]
                self._number(row + 1, column + number, style, _rk(data, 6 + 6 * number))
        elif kind == STRING and self._pending is not None:
            self._put(*self._pending, self._common.text(data))
            self._pending = None
        elif kind == ROW:
            row, flags = struct.unpack_from("<H10xH", data)
            if flags & 0x20:
                self.found.hidden_rows.add(row + 1)
        elif kind == COLINFO:
            first, last, _, _, flags = struct.unpack_from("<HHHHH", data)
            if flags & 1:
                self.found.hidden_columns.update(range(first, min(last, 255) + 1))
        elif kind == FILTERMODE:
            self.found.filtered = True
        elif kind == MERGED:
            for number in range(min(struct.unpack_from("<H", data)[0], (len(data) - 2) // 8)):
                top, bottom, left, right = struct.unpack_from("<HHHH", data, 2 + 8 * number)
                self.found.merged.append((top + 1, left, bottom + 1, right))
            if len(self.found.merged) > MOST_AREAS:
                raise damaged(self._file)

    def _cell(self, kind: int, row: int, column: int, style: int, data: bytes) -> None:
        if kind == NUMBER:
            self._number(row, column, style, struct.unpack_from("<d", data)[0])
        elif kind == RK:
            self._number(row, column, style, _rk(data, 0))
        elif kind == LABELSST:
            self._put(row, column, self._common.texts[struct.unpack_from("<I", data)[0]])
        elif kind in (LABEL, RSTRING):
            self._put(row, column, self._common.text(data))
        elif kind == BOOLERR:
            if data[1]:
                self._error(row, column, data[0])
            else:
                self._put(row, column, bool(data[0]))
        else:
            self._formula(row, column, style, data)

    def _formula(self, row: int, column: int, style: int, data: bytes) -> None:
        """Take a formula (2.4.127): its value, and whether the file asks to have it computed on opening."""
        result, flags = data[:8], struct.unpack_from("<H", data, 8)[0]
        self.found.formulas.add((row, column))
        if flags & 2:
            self.found.uncalculated.add((row, column))
        if result[6:] != b"\xff\xff":
            self._number(row, column, style, struct.unpack("<d", result)[0])
        elif result[0] == 0:
            self._pending = (row, column)
        elif result[0] == 1:
            self._put(row, column, bool(result[2]))
        elif result[0] == 2:
            self._error(row, column, result[2])

    def _error(self, row: int, column: int, code: int) -> None:
        self.found.errors[row, column] = _ERRORS.get(code, "#N/A")
        self._put(row, column, "")

    def _number(self, row: int, column: int, style: int, value: float) -> None:
        if style in self._percent:
            self.found.percents.add((row, column))
        code = self._date.get(style)
        moment = None if code is None else _moment(value, code, self._common.epoch_1904)
        self._put(row, column, value if moment is None else moment)

    def _put(self, row: int, column: int, value: Value) -> None:
        if column > 255:
            raise damaged(self._file)
        self.values.setdefault(row, {})[column] = value
        self.count += 1
        if value.__class__ is str:
            self.characters += len(value)
        self._width = max(self._width, column + 1)

    @property
    def box(self) -> int:
        """Number of cells that all rows have together when each is as wide as the widest."""
        return len(self.values) * self._width

    def rows(self) -> Iterator[list[Value]]:
        """Yield every row from the first to the last, from column 0 on; one without cells is empty."""
        width = self._width
        for row in range(1, max(self.values, default=0) + 1):
            line: list[Value] = []
            if cells := self.values.pop(row, None):
                line = [""] * width
                for column, value in cells.items():
                    line[column] = value
            yield line


def _rk(data: bytes, at: int) -> float:
    """Return a number in four bytes (2.5.217): an integer, or the upper half of a double; perhaps by a hundred."""
    raw = struct.unpack_from("<I", data, at)[0]
    value: float
    if raw & 2:
        value = float((raw >> 2) - (1 << 30 if raw & 0x80000000 else 0))
    else:
        value = struct.unpack("<d", struct.pack("<II", 0, raw & 0xFFFFFFFC))[0]
    return value / 100 if raw & 1 else value


def _moment(value: float, code: str, epoch_1904: bool) -> Value | None:
    """Return the date, time of day or length of time that a number stands for; ``None`` beyond the calendar."""
    plain = _LITERAL.sub("", code).lower()
    if not 0 <= value < 2_958_466:
        return None
    seconds = round(value * 86_400)
    if "[" in plain:
        return datetime.timedelta(seconds=seconds)
    if value < 1 and not re.search("[dy]", plain) and re.search("[hs]", plain):
        return (datetime.datetime(1900, 1, 1) + datetime.timedelta(seconds=seconds)).time()  # noqa: DTZ001
    # The spreadsheet believes in a 29 February 1900.
    start = (1904, 1, 1) if epoch_1904 else (1899, 12, 31 if value < 60 else 30)
    return datetime.datetime(*start) + datetime.timedelta(seconds=seconds)  # noqa: DTZ001
