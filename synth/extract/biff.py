"""The record stream of an .xls (Excel 5 to 2003): what it says besides its values, and whether a parser may have it.

Section numbers in comments are those of [MS-XLS], Microsoft's description of the format.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, field

from synth.errors import Problem, ProblemsError

from .archives import damaged, refusal
from .compound import Compound, compound
from .grids import LARGEST_CELLS, LARGEST_TEXT, Book, Findings
from .parsing import parsed
from .typed import shows_percent

MOST_RECORDS = 4_000_000
_BOF, _EOF, _BOUNDSHEET, _FILEPASS, _FORMAT, _XF, _SST, _CONTINUE = 0x809, 0x0A, 0x85, 0x2F, 0x41E, 0xE0, 0xFC, 0x3C
_SUPBOOK, _ROW, _COLINFO, _FILTERMODE, _MERGED = 0x1AE, 0x208, 0x7D, 0x9B, 0xE5
_NUMBER, _RK, _MULRK, _LABELSST, _LABEL, _RSTRING, _BOOLERR, _FORMULA = (
    0x203, 0x27E, 0xBD, 0xFD, 0x204, 0xD6, 0x205, 0x06
)  # fmt: skip
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip


@dataclass
class _Globals:
    """What the first substream says: sheets as (offset, hidden, kind), and what the cells refer to."""

    wide: bool
    sheets: list[tuple[int, bool, int]] = field(default_factory=list)
    formats: dict[int, str] = field(default_factory=dict)
    styles: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    linked: bool = False


def read_xls(data: bytes, file: str) -> Book:
    """Read an .xls.

    Parameters
    ----------
    data : bytes
        The file.
    file : str
        What messages call it, made fit to be shown.

    Raises
    ------
    ProblemsError
        It is no workbook, damaged, protected, or larger than any sheet of studies.
    """
    container = Compound(data, file)
    names = {name.casefold(): name for name in container.names}
    if "encryptedpackage" in names or "encryptioninfo" in names:
        raise _protected(file)
    name = names.get("workbook") or names.get("book")
    if name is None:
        kind = next((said for word, said in _OTHERS.items() if word in names), "an old Office file, but no workbook")
        raise refusal(file, f"is {kind}.", "Save the table that is in it as .xlsx or CSV.")
    stream = container.read(name)
    try:
        common = _globals(stream, file)
        found = _Sheets(stream, common, file).all()
    except (struct.error, IndexError) as error:
        raise damaged(file) from error
    if all(kind for _, _, kind in common.sheets):
        raise refusal(file, "is a workbook without a worksheet.", "Put the table into a worksheet.")
    problems = []
    if any("vba" in folded for folded in names) or any(kind in (1, 6) for _, _, kind in common.sheets):
        message = "holds macros; they were not run."
        remedy = "If the values are right without them, all is well."
        problems.append(Problem(file, message, remedy, severity="warning"))
    if common.linked:
        message = "takes values from other files or the network; nothing was fetched, the values last saved were read."
        remedy = "Look whether they are up to date, and paste them as values."
        problems.append(Problem(file, message, remedy, severity="warning"))
    sheets = [(None, hidden, found[offset]) if kind == 0 else None for offset, hidden, kind in common.sheets]
    return Book(parsed(compound("Workbook", stream), sheets, file), problems)


_OTHERS = {
    "worddocument": "a Word document, no workbook",
    "powerpoint document": "a PowerPoint file, no workbook",
    "__properties_version1.0": "an Outlook message, no workbook",
}


def _protected(file: str) -> ProblemsError:
    return refusal(file, "is protected with a password.", "Save a copy without the password, and name that.")


def _record(stream: bytes, at: int) -> tuple[int, int, int]:
    """Return kind, first byte and end of the record at an offset."""
    kind, length = struct.unpack_from("<HH", stream, at)
    if at + 4 + length > len(stream):
        raise IndexError("cut off")
    return kind, at + 4, at + 4 + length


def _globals(stream: bytes, file: str) -> _Globals:
    kind, start, at = _record(stream, 0)
    version = struct.unpack_from("<H", stream, start)[0]
    if kind != _BOF or version not in (0x500, 0x600):
        raise refusal(file, "is a workbook of before Excel 5.", "Open it in a spreadsheet and save it as .xlsx.")
    common = _Globals(version == 0x600)
    for _ in range(MOST_RECORDS):
        kind, start, end = _record(stream, at)
        at = end
        if kind == _EOF:
            break
        if kind == _FILEPASS:
            raise _protected(file)
        if kind == _BOUNDSHEET:
            offset, state, sort = struct.unpack_from("<IBB", stream, start)
            common.sheets.append((offset, state & 3 != 0, sort))
        elif kind == _FORMAT:
            common.formats[struct.unpack_from("<H", stream, start)[0]] = _format(stream[start + 2 : end], common.wide)
        elif kind == _XF:
            common.styles.append(struct.unpack_from("<H", stream, start + 2)[0])
        elif kind == _SUPBOOK:
            # 2.4.271: a book of its own sheets, and one of add-in functions, are no links.
            common.linked |= stream[start + 2 : start + 4] not in (b"\x01\x04", b"\x01\x3a")
        elif kind == _SST:
            pieces = [stream[start:end]]
            while _record(stream, at)[0] == _CONTINUE:
                _, start, at = _record(stream, at)
                pieces.append(stream[start:at])
            common.lengths = _text_lengths(pieces)
    if len(common.sheets) > 500:
        raise refusal(file, "has more than 500 sheets.", "Keep the sheets that hold data.")
    if len({offset for offset, _, _ in common.sheets}) < len(common.sheets):
        raise damaged(file)
    return common


def _format(data: bytes, wide: bool) -> str:
    """Return a number format (2.4.126)."""
    if not wide:
        return data[1:].decode("latin-1")
    return data[3:].decode("utf-16-le" if data[2] & 1 else "latin-1", "replace")


def _text_lengths(pieces: list[bytes]) -> list[int]:
    """Return the number of characters of each common text (2.5.293), which may run over several records."""
    lengths: list[int] = []
    piece, at = 0, 8
    total = struct.unpack_from("<I", pieces[0], 4)[0]
    while len(lengths) < total and piece < len(pieces):
        if at >= len(pieces[piece]):
            piece, at = piece + 1, 0
            continue
        count, flags = struct.unpack_from("<HB", pieces[piece], at)
        at += 3
        runs = extra = 0
        if flags & 8:
            runs = struct.unpack_from("<H", pieces[piece], at)[0]
            at += 2
        if flags & 4:
            extra = struct.unpack_from("<I", pieces[piece], at)[0]
            at += 4
        lengths.append(count)
        left = count
        while left:
            size = 2 if flags & 1 else 1
            here = min(left, (len(pieces[piece]) - at) // size)
            left -= here
            at += here * size
            if left:
                # The rest stands in the next record, behind a byte that says anew how wide its characters are.
                piece, at, flags = piece + 1, 1, pieces[piece + 1][0]
        skip = 4 * runs + extra
        while skip > len(pieces[piece]) - at:
            skip -= len(pieces[piece]) - at
            piece, at = piece + 1, 0
            if piece >= len(pieces):
                raise IndexError("cut off")
        at += skip
    return lengths


class _Sheets:
    """Walks through the substreams of the sheets."""

    def __init__(self, stream: bytes, common: _Globals, file: str) -> None:
        self._stream, self._common, self._file = stream, common, file
        self._records = self._cells = 0
        self._shared: Counter[int] = Counter()
        self._percent = {
            number
            for number, style in enumerate(common.styles)
            if style in (9, 10) or shows_percent(common.formats.get(style, ""))
        }

    def all(self) -> dict[int, Findings]:
        """Return the findings of each sheet by its offset.

        Raises
        ------
        ProblemsError
            A parser would need more memory than any table of studies.
        """
        found = {offset: self._sheet(offset) for offset, _, _ in self._common.sheets}
        lengths = self._common.lengths
        if self._shared and max(self._shared) >= len(lengths):
            raise damaged(self._file)
        if sum(lengths[number] * times for number, times in self._shared.items()) > LARGEST_TEXT:
            raise self._too_large()
        return found

    def _too_large(self) -> ProblemsError:
        return refusal(
            self._file,
            "has sheets that are larger than any table of studies, or with cells that far apart.",
            "Keep one row per study and outcome, and delete what stands far below or beside the table.",
        )

    def _sheet(self, at: int) -> Findings:
        stream, found, depth = self._stream, Findings(), 0
        while True:
            kind, start, end = _record(stream, at)
            self._records += 1
            if self._records > MOST_RECORDS:
                raise self._too_large()
            at = end
            if kind == _BOF:
                depth += 1
            elif kind == _EOF:
                depth -= 1
                if depth <= 0:
                    break
            elif depth == 1:
                self._take(kind, start, end, found)
        self._cells += found.cells
        if self._cells > LARGEST_CELLS:
            raise self._too_large()
        return found

    def _take(self, kind: int, start: int, end: int, found: Findings) -> None:
        stream = self._stream
        if kind in (_NUMBER, _RK, _LABELSST, _LABEL, _RSTRING, _BOOLERR, _FORMULA):
            row, column, style = struct.unpack_from("<HHH", stream, start)
            self._cell(row + 1, column, style, found)
            if kind == _LABELSST:
                self._shared[struct.unpack_from("<I", stream, start + 6)[0]] += 1
            elif kind == _BOOLERR and stream[start + 7]:
                found.errors[row + 1, column] = _ERRORS.get(stream[start + 6], "#N/A")
            elif kind == _FORMULA:
                self._formula((row + 1, column), start, found)
        elif kind == _MULRK:
            row, first = struct.unpack_from("<HH", stream, start)
            for number in range((end - start - 6) // 6):
                style = struct.unpack_from("<H", stream, start + 4 + 6 * number)[0]
                self._cell(row + 1, first + number, style, found)
        elif kind == _ROW:
            row, flags = struct.unpack_from("<H10xH", stream, start)
            if flags & 0x20:
                found.hidden_rows.add(row + 1)
        elif kind == _COLINFO:
            first, last, _, _, flags = struct.unpack_from("<HHHHH", stream, start)
            if flags & 1:
                found.hidden_columns.update(range(first, min(last, 255) + 1))
        elif kind == _FILTERMODE:
            found.filtered = True
        elif kind == _MERGED:
            for number in range(min(struct.unpack_from("<H", stream, start)[0], (end - start - 2) // 8)):
                top, bottom, left, right = struct.unpack_from("<HHHH", stream, start + 2 + 8 * number)
                found.merged.append((top + 1, left, bottom + 1, right))

    def _formula(self, at: tuple[int, int], start: int, found: Findings) -> None:
        """Take a formula (2.4.127): its value, and whether the file asks to have it computed on opening."""
        result, flags = self._stream[start + 6 : start + 14], struct.unpack_from("<H", self._stream, start + 14)[0]
        found.formulas.add(at)
        if result[6:] == b"\xff\xff" and result[0] == 2:
            found.errors[at] = _ERRORS.get(result[2], "#N/A")
        if flags & 2:
            found.uncalculated.add(at)

    def _cell(self, row: int, column: int, style: int, found: Findings) -> None:
        if column > 255:
            raise damaged(self._file)
        if style in self._percent:
            found.percents.add((row, column))
        if found.box is None:
            found.box = (row, row, column, column)
            return
        top, bottom, left, right = found.box
        if row < top or row > bottom or column < left or column > right:
            found.box = (min(top, row), max(bottom, row), min(left, column), max(right, column))
