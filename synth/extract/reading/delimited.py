"""Tables as text with delimiters: which encoding, which delimiter, and where a row is no row.

What can be read without guessing at its meaning is read; memory stays bounded whatever comes.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from synth.errors import Problem, ProblemsError
from synth.workspace import visible

from .archives import refusal
from .grids import LARGEST_CELLS, MOST_ROWS, Grid
from .tables import Table

LARGEST_RECORD = 1024 * 1024
MOST_RECORDS = 2**20  # what a spreadsheet can show, empty rows included
MOST_PROBLEMS = 1000
DELIMITERS = (",", ";", "\t", "|")
SAVE_AS_CSV = "Open it in a spreadsheet and save the sheet as CSV (UTF-8)."
_LOOKED_AT = 60
_BOMS: tuple[tuple[bytes, str], ...] = (  # the longer first: UTF-32 begins as UTF-16 does
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = bytes(c for c in range(32) if c not in (9, 10, 12, 13, 27))


class _TornError(Exception):
    """A quotation mark that is never closed, or a record that never ends."""

    def __init__(self, row: int, said: str) -> None:
        super().__init__(said)
        self.row, self.said = row, said


def strict_table(data: bytes, file: str, known: Callable[[str], bool]) -> Table:
    """Read a CSV whose first row is its header, as :func:`synth.extract.reading.readers.parse_table` says."""
    encoding, warning = _encoding(data, file)
    table = Table(file, [], 0, [], [] if warning is None else [warning])
    skip, delimiter = _said(_text(data, encoding).readline(16))
    _fill(table, _text(data, encoding, skip), delimiter or _delimiter(data, encoding, known))
    return table


def delimited_grid(data: bytes, file: str, known: Callable[[str], bool]) -> tuple[Grid, str, list[Problem]]:
    """Return the cells of a CSV as they stand, its delimiter, and the problems of the file as a whole.

    Raises
    ------
    ProblemsError
        It is no text, or more than a table can be.
    """
    encoding, warning = _encoding(data, file)
    problems = [] if warning is None else [warning]
    skip, delimiter = _said(_text(data, encoding).readline(16))
    delimiter = delimiter or _likely_delimiter(data, encoding, known)
    grid = Grid([])
    cells = 0
    try:
        for number, record in _numbered(_text(data, encoding, skip), delimiter, file):
            cells += len(record)
            _bound(file, len(grid.rows), cells)
            if any(map(str.isspace, record)):
                grid.rows.append((number, [cell if cell.strip() else "" for cell in record]))
            else:
                grid.rows.append((number, record))
    except _TornError as error:
        problems.append(_csv_problem(file, error.row, error.said))
    return grid, delimiter, problems


def fitting(delimiter: str) -> Callable[[Table, int, list[str]], bool]:
    """Return what says whether a row of a CSV has as many cells as the header, and reports it if not."""

    def fits(table: Table, number: int, record: list[str]) -> bool:
        width = len(table.header)
        if _trimmed(record, width):
            return True
        message = f"has {len(record)} cells, and the header has {width}."
        problem = Problem(table.file, message, _ragged_remedy(record, width, delimiter), row=number)
        table.problems.append(problem)
        if len(table.problems) > MOST_PROBLEMS:
            raise ProblemsError([*table.problems, _enough(table.file)])
        return False

    return fits


def _encoding(data: bytes, file: str) -> tuple[str, Problem | None]:
    """Return an encoding that the whole file obeys; the warning says where it had to be assumed."""
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    if encoding is None and b"\0" in data[:4096]:
        encoding = _utf16_without_mark(data[:4096])
    if encoding is not None and encoding != "utf-8-sig":
        if _offence(data, encoding) is not None:
            raise refusal(file, f"begins as {encoding.upper()} text and then is not.", SAVE_AS_CSV)
        return encoding, None
    head = data[:65536]
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > max(8, len(head) // 100):
        raise refusal(file, "is no text: it holds bytes that no table holds.", SAVE_AS_CSV)
    if _offence(data, "utf-8-sig") is None:
        return "utf-8-sig", None
    offence = _offence(data, "cp1252")
    if offence is not None:
        raise refusal(file, f"is neither UTF-8 nor Windows-1252 text (line {offence}).", SAVE_AS_CSV)
    return "cp1252", Problem(
        file,
        "is not UTF-8 and was read as Windows-1252.",
        "Look whether names with accents are right; saved as CSV UTF-8 there is no doubt.",
        severity="warning",
    )


def _offence(data: bytes, encoding: str) -> int | None:
    """Return the line of the first byte that the encoding does not allow; piece by piece, to spare memory."""
    decoder = codecs.getincrementaldecoder(encoding)()
    view = memoryview(data)
    step = 1 << 20
    for start in range(0, len(data), step):
        try:
            decoder.decode(view[start : start + step], final=start + step >= len(data))
        except UnicodeDecodeError as error:
            return data.count(b"\n", 0, start + error.start) + 1
    return None


def _text(data: bytes, encoding: str, skip: int = 0) -> io.TextIOWrapper:
    """Return the text, line by line; line ends are CR LF, LF and CR, and nothing else that Unicode calls one."""
    text = io.TextIOWrapper(io.BytesIO(data), encoding, newline="")
    for _ in range(skip):
        text.readline()
    return text


def _said(line: str) -> tuple[int, str | None]:
    """Return how many lines to skip and the delimiter, if Excel's ``sep=;`` stands there; it is no row in Excel."""
    said = line.rstrip("\r\n")
    return (1, said[4:]) if said[:4].lower() == "sep=" and said[4:] in DELIMITERS else (0, None)


def _utf16_without_mark(head: bytes) -> str | None:
    """Return the byte order of text whose every second byte is zero, as Western text in UTF-16 is."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(1, len(head) // 2)
    if odd > 0.7 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _records(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Yield the records of the csv module, none longer than ``LARGEST_RECORD`` characters."""
    spent = 0

    def bounded() -> Iterator[str]:
        nonlocal spent
        for line in lines:
            spent += len(line)
            if spent > LARGEST_RECORD:
                raise csv.Error("too long")
            yield line

    # Strict: text behind a closing quotation mark and a mark that never closes are errors, not cells.
    for record in csv.reader(bounded(), delimiter=delimiter, strict=True):
        spent = 0
        yield record


def _delimiter(data: bytes, encoding: str, known: Callable[[str], bool]) -> str:
    """Return the delimiter whose header has most headings that mean something; then most headings; then the first."""
    best, score = ",", (0, 0)
    for candidate in DELIMITERS:
        try:
            lines = itertools.islice(_text(data, encoding), 200)
            header = next((r for r in _records(lines, candidate) if any(map(str.strip, r))), [])
        except csv.Error:
            continue
        mark = (sum(map(known, header)), len(header))
        if mark > score:
            best, score = candidate, mark
    return best


def _likely_delimiter(data: bytes, encoding: str, known: Callable[[str], bool]) -> str:
    """Return the delimiter by which one of the first rows has most headings, and most rows are of one width."""
    best, score = ",", (0, 0, 0)
    for candidate in DELIMITERS:
        rows: list[list[str]] = []
        try:
            lines = itertools.islice(_text(data, encoding), 5 * _LOOKED_AT)
            rows.extend(itertools.islice(filter(any, _records(lines, candidate)), _LOOKED_AT))
        except csv.Error:
            continue
        if not rows:
            continue
        headings = max(sum(map(known, row)) for row in rows)
        width, times = max(Counter(map(len, rows)).items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        mark = (headings, times if width > 1 else 0, width)
        if mark > score:
            best, score = candidate, mark
    return best


def _numbered(lines: Iterable[str], delimiter: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the records in which something stands, with the number that a spreadsheet gives them."""
    number = 0
    try:
        for number, record in enumerate(_records(lines, delimiter), start=1):
            _bound(file, 0 if number <= MOST_RECORDS else number, 0)
            if any(record) and any(map(str.strip, record)):
                yield number, record
    except csv.Error as error:
        # Behind this place nobody knows where a row begins; the rows before it are still checked.
        raise _TornError(number + 1, str(error)) from error


def _bound(file: str, rows: int, cells: int) -> None:
    if rows > MOST_ROWS:
        raise refusal(file, f"has more than {MOST_ROWS:,} rows.", "Keep one row per study and outcome.")
    if cells > LARGEST_CELLS:
        raise refusal(file, f"has more than {LARGEST_CELLS:,} cells.", "Keep one row per study and outcome.")


def _fill(table: Table, lines: Iterable[str], delimiter: str) -> None:
    problems = table.problems
    width = cells = 0
    try:
        for number, record in _numbered(lines, delimiter, table.file):
            if not table.header:
                table.header, table.header_row, width = record, number, len(record)
                no_nul(table, number, record)
                continue
            if len(record) != width and not _trimmed(record, width):
                message = f"has {len(record)} cells, and the header has {width}."
                problems.append(Problem(table.file, message, _ragged_remedy(record, width, delimiter), row=number))
                if sum(p.severity == "error" for p in problems) > MOST_PROBLEMS:
                    raise ProblemsError([*problems, _enough(table.file)])
                continue
            cells += width
            _bound(table.file, len(table.rows), cells)
            table.rows.append((number, record))
            no_nul(table, number, record)
    except _TornError as error:
        problems.append(_csv_problem(table.file, error.row, error.said))


def _trimmed(record: list[str], width: int) -> bool:
    """Cut surplus cells that are empty, as a trailing delimiter makes them; nothing is lost by that."""
    if len(record) > width and not any(map(str.strip, record[width:])):
        del record[width:]
        return True
    return False


def _ragged_remedy(record: list[str], width: int, delimiter: str) -> str:
    name = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}[delimiter]
    if len(record) > width:
        return f"Put a cell that holds a {name} in quotation marks, and write decimals with a point."
    return f"Write every cell of the row, also the empty ones, with a {name} between."


def no_nul(table: Table, number: int, record: list[str]) -> None:
    """Report a NUL in a row, which no text has and no spreadsheet shows."""
    if "\0" not in "".join(record):
        return
    column = next(i for i, cell in enumerate(record) if "\0" in cell)
    table.problems.append(
        Problem(
            table.file,
            "holds a NUL character, which no text has.",
            "Type the cell again.",
            row=number,
            column=visible(table.header[column]),
            value=visible(record[column]),
        )
    )


def _csv_problem(shown: str, row: int, said: str) -> Problem:
    if "unexpected end of data" in said:
        message, remedy = "opens a quotation mark that is never closed.", 'Close it, or double it if it is meant: "".'
    elif "expected after" in said:
        message, remedy = "has text behind a closing quotation mark.", 'Double a quotation mark inside a cell: "".'
    elif "too long" in said or "field larger" in said:
        message = "is far too long: more than a row of a table can be."
        remedy = "Look for a quotation mark that is never closed, or a file that is no CSV."
    else:
        message, remedy = f"cannot be read as CSV ({visible(said)}).", SAVE_AS_CSV
    return Problem(shown, message, remedy, row=row)


def _enough(shown: str) -> Problem:
    return Problem(shown, f"has more than {MOST_PROBLEMS:,} problems; the rest is not listed.", "Mend these first.")
