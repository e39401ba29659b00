"""Files: bytes in, a table of text out, or one plain sentence on why the file is no table.

A file from a stranger may be a picture, a workbook under another name, a single line of a gigabyte or a table in an
encoding of 1995. What can be read without guessing at its meaning is read; memory stays bounded whatever comes.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from synth.errors import Problem, ProblemsError, WorkspaceError
from synth.workspace import visible

from .archives import refusal
from .delimited import MOST_PROBLEMS as MOST_PROBLEMS
from .delimited import SAVE_AS_CSV, delimited_grid, fitting, no_nul, strict_table
from .layout import tables_of
from .tables import Table as Table

LARGEST_FILE = 64 * 1024 * 1024

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a workbook or another zip archive (.xlsx, .ods, .zip)", SAVE_AS_CSV),
    (b"PK\x05\x06", "an empty zip archive", SAVE_AS_CSV),
    (b"\xd0\xcf\x11\xe0", "an old Office file (.xls)", SAVE_AS_CSV),
    (b"\x89PNG", "a picture (PNG)", "Type its table into a CSV."),
    (b"\xff\xd8\xff", "a picture (JPEG)", "Type its table into a CSV."),
    (b"GIF8", "a picture (GIF)", "Type its table into a CSV."),
    (b"%PDF", "a PDF", "Type its table into a CSV."),
    (b"\x1f\x8b", "compressed (gzip)", "Unpack it first."),
    (b"SQLite format 3", "a database (SQLite)", "Export the table as CSV."),
    (b"PAR1", "a Parquet file", "Export the table as CSV."),
    (b"{\\rtf", "a text document (RTF)", SAVE_AS_CSV),
)
_WEB = (b"<!doctype", b"<html", b"<?xml", b"<head", b"<body", b"<table", b"<!--", b"<meta", b"<style")
_BLANKS = b"\xef\xbb\xbf \t\r\n"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0"
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods", ".xlsb", ".xltx", ".ots")


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
    return parse_tables(_bytes_of(path, file), file, known)


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
    return strict_table(data, file, known)


def parse_tables(data: bytes, file: str, known: Callable[[str], bool]) -> list[Table]:
    r"""Read as :func:`read_tables` does, from the bytes; what they are is told by themselves, not by the name.

    Examples
    --------
    >>> data = b"Table 2\n\nstudy,events (n)\nA,7\n\nSource: p. 4\n"
    >>> (table,) = parse_tables(data, "a.csv", {"study", "events"}.__contains__)
    >>> table.header, table.header_row, table.rows
    (['study', 'events'], 3, [(4, ['A', '7'])])
    >>> print(table.notes[0])
    a.csv, row 3: has its headings in row 3; row 1 above was taken as a title. Move the headings if that is wrong.
    """
    name, file = file, visible(file, 300)
    if data.startswith((*_ZIP, _OLE)):
        from .workbooks import read_workbook

        book = read_workbook(data, file)
        found = [table for grid in book.grids for table in tables_of(grid, file, known)]
        problems = book.problems
    else:
        _refuse_other_formats(data, file)
        grid, delimiter, problems = delimited_grid(data, file, known)
        found = tables_of(grid, file, known, fitting(delimiter))
        for table in found:
            for number, cells in table.rows:
                no_nul(table, number, cells)
        if name.lower().endswith(_WORKBOOKS):
            problems.append(
                Problem(file, "is a text with delimiters in spite of its name, and was read as one.",
                        "Look whether its columns are right.", severity="warning")
            )  # fmt: skip
    if not found:
        if not any(problem.severity == "error" for problem in problems):
            problems.append(Problem(file, "has no cell with text in it.", "Give it a header and rows."))
        raise ProblemsError(problems)
    found[0].problems[:0] = problems
    return found


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
            raise refusal(file, f"is {kind}, no CSV.", remedy)
    head = data[:4096].lstrip(_BLANKS).lower()
    if not data.strip(b"\xff\xfe" + _BLANKS):
        raise refusal(file, "is empty.", "Give it a header and one row per study.")
    if b"urn:schemas-microsoft-com:office:spreadsheet" in head or b"office:document " in head:
        raise refusal(file, "is a workbook written as XML, no CSV.", "Open it in a spreadsheet and save it as .xlsx.")
    if head.startswith(_WEB):
        raise refusal(file, "is a web page (HTML or XML), no CSV.", "Download the table itself, or save it as CSV.")
    if head[:1] in (b"{", b"[") and head[1:].lstrip()[:1] in b'"{[]}0123456789-':
        raise refusal(file, "is JSON, no CSV.", "Export the table as CSV, one row per study.")
