"""Files: bytes in, a table of text out, or one plain sentence on why the file is no table.

A file from a stranger may be a picture, a workbook under another name, a single line of a gigabyte or a table in an
encoding of 1995. What can be read without guessing at its meaning is read; memory stays bounded whatever comes.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from synth.errors import Problem, ProblemsError, WorkspaceError
from synth.workspace import visible

from .tables import Table as Table

LARGEST_FILE = 64 * 1024 * 1024
LARGEST_RECORD = 1024 * 1024
LARGEST_CELLS = 4_000_000
MOST_ROWS = 250_000
MOST_RECORDS = 2**20  # what a spreadsheet can show, empty rows included
MOST_PROBLEMS = 1000
DELIMITERS = (",", ";", "\t", "|")

_SAVE_AS_CSV = "Open it in a spreadsheet and save the sheet as CSV (UTF-8)."
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a workbook or another zip archive (.xlsx, .ods, .zip)", _SAVE_AS_CSV),
    (b"PK\x05\x06", "an empty zip archive", _SAVE_AS_CSV),
    (b"\xd0\xcf\x11\xe0", "an old Office file (.xls)", _SAVE_AS_CSV),
    (b"\x89PNG", "a picture (PNG)", "Type its table into a CSV."),
    (b"\xff\xd8\xff", "a picture (JPEG)", "Type its table into a CSV."),
    (b"GIF8", "a picture (GIF)", "Type its table into a CSV."),
    (b"%PDF", "a PDF", "Type its table into a CSV."),
    (b"\x1f\x8b", "compressed (gzip)", "Unpack it first."),
    (b"SQLite format 3", "a database (SQLite)", "Export the table as CSV."),
    (b"PAR1", "a Parquet file", "Export the table as CSV."),
    (b"{\\rtf", "a text document (RTF)", _SAVE_AS_CSV),
)
_BOMS: tuple[tuple[bytes, str], ...] = (  # the longer first: UTF-32 begins as UTF-16 does
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = bytes(c for c in range(32) if c not in (9, 10, 12, 13, 27))


def read_table(path: Path, file: str, known: Callable[[str], bool]) -> Table:
    """Read a CSV, whatever its encoding and delimiter.

    Understood are UTF-8, UTF-16 and UTF-32 (with or without their mark; UTF-32 with), Windows-1252 with a warning,
    and comma, semicolon, tab and bar as delimiters, with or without Excel's line ``sep=;``.

    Parameters
    ----------
    path : Path
        Where it is.
    file : str
        What messages call it.
    known : callable
        Says whether a heading means something; the delimiter that finds most of them is the one.

    Raises
    ------
    WorkspaceError
        The file cannot be opened, or is no ordinary file.
    ProblemsError
        It is no CSV.
    """
    return parse_table(_bytes_of(path, file), file, known)


def read_tables(path: Path, file: str, known: Callable[[str], bool]) -> list[Table]:
    """Read every table of a file: all sheets of a workbook, or the one table of a CSV.

    Parameters
    ----------
    path : Path
        Where it is.
    file : str
        What messages call it.
    known : callable
        Says whether a heading (without its unit, joined with the heading above it) means something; it finds the
        delimiter and the row of the header.

    Returns
    -------
    list of Table
        At least one, in the order of the sheets and of their rows.

    Raises
    ------
    WorkspaceError
        The file cannot be opened, or is no ordinary file.
    ProblemsError
        It holds no table, or must not be opened.
    """
    return [read_table(path, file, known)]


def parse_table(data: bytes, file: str, known: Callable[[str], bool]) -> Table:
    r"""Read as :func:`read_table` does, from the bytes.

    Examples
    --------
    >>> table = parse_table("study;events\nW\xe4nman;7\n".encode("utf-16"), "a.csv", {"study", "events"}.__contains__)
    >>> table.header, table.rows
    (['study', 'events'], [(2, ['Wänman', '7'])])
    """
    file = visible(file, 300)
    _refuse_other_formats(data, file)
    encoding, warning = _encoding(data, file)
    table = Table(file, [], 0, [], [] if warning is None else [warning])
    skip, delimiter = _said(_text(data, encoding).readline(16))
    _fill(table, _text(data, encoding, skip), delimiter or _delimiter(data, encoding, known))
    return table


def _bytes_of(path: Path, file: str) -> bytes:
    shown = visible(file, 300)
    try:
        # A pipe or a device is asked for nothing: opening one may wait for ever.
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise WorkspaceError(f"{shown} is a folder, and a CSV file is needed. Name the file in it.")
        if not stat.S_ISREG(mode):
            raise WorkspaceError(f"{shown} is no ordinary file. Save the table as a CSV file and name that.")
        with open(path, "rb") as handle:
            data = handle.read(LARGEST_FILE + 1)
    except FileNotFoundError as error:
        raise WorkspaceError(f"There is no file {shown}. Check the name and the folder.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WorkspaceError(f"Cannot read {shown}: {visible(reason)}.") from error
    if len(data) > LARGEST_FILE:
        raise WorkspaceError(
            f"{shown} is larger than {LARGEST_FILE // 2**20} MB, far more than a sheet of studies. "
            "Keep one row per study, arm and outcome."
        )
    return data


def _refuse_other_formats(data: bytes, file: str) -> None:
    """One sentence for a file that is something else."""
    for magic, kind, remedy in _MAGIC:
        if data.startswith(magic):
            raise _no_csv(file, f"is {kind}, no CSV.", remedy)
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not data.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise _no_csv(file, "is empty.", "Give it a header and one row per study.")
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body", b"<table", b"<!--")):
        raise _no_csv(file, "is a web page (HTML or XML), no CSV.", "Download the table itself, or save it as CSV.")
    if head[:1] in (b"{", b"[") and head[1:].lstrip()[:1] in b'"{[]}0123456789-':
        raise _no_csv(file, "is JSON, no CSV.", "Export the table as CSV, one row per study.")


def _no_csv(file: str, message: str, remedy: str) -> ProblemsError:
    return ProblemsError([Problem(file, message, remedy)])


def _encoding(data: bytes, file: str) -> tuple[str, Problem | None]:
    """Return an encoding that the whole file obeys; the warning says where it had to be assumed."""
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    if encoding is None and b"\0" in data[:4096]:
        encoding = _utf16_without_mark(data[:4096])
    if encoding is not None and encoding != "utf-8-sig":
        if _offence(data, encoding) is not None:
            raise _no_csv(file, f"begins as {encoding.upper()} text and then is not.", _SAVE_AS_CSV)
        return encoding, None
    head = data[:65536]
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > max(8, len(head) // 100):
        raise _no_csv(file, "is no text: it holds bytes that no table holds.", _SAVE_AS_CSV)
    if _offence(data, "utf-8-sig") is None:
        return "utf-8-sig", None
    offence = _offence(data, "cp1252")
    if offence is not None:
        raise _no_csv(file, f"is neither UTF-8 nor Windows-1252 text (line {offence}).", _SAVE_AS_CSV)
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


def _fill(table: Table, lines: Iterable[str], delimiter: str) -> None:
    shown, problems = table.file, table.problems
    number = width = cells = 0
    try:
        for number, record in enumerate(_records(lines, delimiter), start=1):
            if number > MOST_RECORDS or len(table.rows) > MOST_ROWS:
                raise _no_csv(table.file, f"has more than {MOST_ROWS:,} rows.", "Keep one row per study and outcome.")
            if not any(record) or not any(map(str.strip, record)):
                continue
            if not table.header:
                table.header, table.header_row, width = record, number, len(record)
                _no_nul(table, number, record)
                continue
            if len(record) != width and not _trimmed(record, width):
                message = f"has {len(record)} cells, and the header has {width}."
                problems.append(Problem(shown, message, _ragged_remedy(record, width, delimiter), row=number))
                if sum(p.severity == "error" for p in problems) > MOST_PROBLEMS:
                    raise ProblemsError([*problems, _enough(shown)])
                continue
            cells += width
            if cells > LARGEST_CELLS:
                raise _no_csv(
                    table.file, f"has more than {LARGEST_CELLS:,} cells.", "Keep one row per study and outcome."
                )
            table.rows.append((number, record))
            if "\0" in "".join(record):
                _no_nul(table, number, record)
    except csv.Error as error:
        # Behind this place nobody knows where a row begins; the rows before it are still checked.
        problems.append(_csv_problem(shown, number + 1, str(error)))


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


def _no_nul(table: Table, number: int, record: list[str]) -> None:
    column = next((i for i, cell in enumerate(record) if "\0" in cell), None)
    if column is not None:
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
        message, remedy = f"cannot be read as CSV ({visible(said)}).", _SAVE_AS_CSV
    return Problem(shown, message, remedy, row=row)


def _enough(shown: str) -> Problem:
    return Problem(shown, f"has more than {MOST_PROBLEMS:,} problems; the rest is not listed.", "Mend these first.")
