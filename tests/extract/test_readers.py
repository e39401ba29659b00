"""Files: every encoding and delimiter that a spreadsheet writes, and one sentence for what is no table."""

from __future__ import annotations

import io
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import ProblemsError, SynthError, WorkspaceError
from synth.extract.contract.sheets import RESULTS, fold, names_of
from synth.extract.reading import readers
from synth.extract.reading.readers import Table, parse_table, read_table

KNOWN = names_of(RESULTS)


def known(heading: str) -> bool:
    """Say whether results have such a column."""
    return fold(heading) in KNOWN


def parse(data: bytes) -> Table:
    """Parse bytes as a sheet of results."""
    return parse_table(data, "a.csv", known)


def refused(data: bytes) -> str:
    """Return the one problem for which a file is refused."""
    with pytest.raises(ProblemsError) as caught:
        parse(data)
    assert len(caught.value.problems) == 1
    return str(caught.value.problems[0])


TEXT = "study,events,total\nWänman 2023,7,43\n“NA”,1,9\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_spreadsheet_s_way_of_writing_is_read(encoding: str, delimiter: str, end: str) -> None:
    """A sheet saved on another machine would be refused or its names garbled."""
    table = parse(TEXT.replace(",", delimiter).replace("\n", end).encode(encoding))
    assert table.header == ["study", "events", "total"]
    assert table.rows == [(2, ["Wänman 2023", "7", "43"]), (3, ["“NA”", "1", "9"])]
    assert [p.severity for p in table.problems] == (["warning"] if encoding == "cp1252" else [])


def test_excel_s_separator_line_is_understood_and_is_no_row() -> None:
    """Rows in messages would be one off against the spreadsheet."""
    table = parse(b"sep=;\r\nstudy;events;total\r\nA;1;2\r\n")
    assert (table.header_row, table.rows) == (1, [(2, ["A", "1", "2"])])


def test_a_row_is_what_a_spreadsheet_shows() -> None:
    """A cell over several lines, or an empty row, would shift every row number after it."""
    table = parse(b'study,events,total,note\n"A\nB",1,2,"x\ny\nz"\n\n,,,\nC,3,4,\n')
    assert table.rows == [(2, ["A\nB", "1", "2", "x\ny\nz"]), (5, ["C", "3", "4", ""])]


def test_what_unicode_calls_a_line_end_stays_in_its_cell() -> None:
    """A separator pasted from a web page would tear a row in two."""
    for hidden in ("\u2028", "\x85", "\x0b", "\x0c", "\x1c"):
        assert parse(f"study,events,total\nA{hidden}B,1,2\n".encode()).rows == [(2, [f"A{hidden}B", "1", "2"])]


def test_trailing_delimiters_lose_nothing() -> None:
    """A file with a comma too many at each line's end would be refused for nothing."""
    assert parse(b"study,events,total\nA,1,2,\nB,1,2,,\n").rows == [(2, ["A", "1", "2"]), (3, ["B", "1", "2"])]


def test_ragged_rows_are_all_told_and_an_unquoted_comma_is_explained() -> None:
    """A decimal comma would push its row's cells one column on."""
    table = parse(b"study,events,total\nA,3,5,10\nB,1\nC,1,2\n")
    assert table.rows == [(4, ["C", "1", "2"])]
    assert [(p.row, p.message) for p in table.problems] == [
        (2, "has 4 cells, and the header has 3."),
        (3, "has 2 cells, and the header has 3."),
    ]
    assert "decimals with a point" in table.problems[0].remedy


@pytest.mark.parametrize(
    ("text", "row", "said"),
    [
        (b'study,events,total\nA,1,2\n"B,1,2\nC,1,2\n', 3, "never closed"),
        (b'study,events,total\nA,1,2\n"B" 1,1,2\n', 3, "behind a closing quotation mark"),
        (b'study,events,total\nA,1,2\n"' + b"x" * 200_000 + b'",1,2\n', 3, "far too long"),
        (b"study,events,total\nA,1,2\n" + b"," * 2_000_000, 3, "far too long"),
    ],
)
def test_broken_quoting_is_told_with_its_row(text: bytes, row: int, said: str) -> None:
    """An open quotation mark would swallow the rest of the file in silence."""
    table = parse(text)
    assert [(p.row, said in p.message) for p in table.problems] == [(row, True)]
    assert table.rows == [(2, ["A", "1", "2"])]


def test_a_nul_is_told_with_its_cell() -> None:
    """A character that no spreadsheet shows would be part of a label."""
    problem = parse(b"study,events,total\nA\x00B,1,2\n").problems[0]
    assert (problem.row, problem.column, problem.value) == (2, "study", r"A\x00B")


def workbook() -> bytes:
    """Make the least zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (workbook(), "workbook"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "JPEG"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), ".xls"),
        (b"\x1f\x8b\x08" + bytes(20), "gzip"),
        (b"<!DOCTYPE html>\n<html>", "web page"),
        (b"\xef\xbb\xbf \n<html>", "web page"),
        (b"<?xml version='1.0'?>", "web page"),
        (b'{"study": "A"}', "JSON"),
        (b'[{"study": "A"}]', "JSON"),
        (b"{\\rtf1", "RTF"),
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b" \r\n\n ", "is empty"),
        (bytes(5000), "no text"),
        (bytes(range(256)) * 20, "no text"),
        (b"study,events\nA\x81\x8d,1\n", "neither UTF-8 nor Windows-1252"),
        (b"\xff\xfes\x00t", "begins as UTF-16 text and then is not"),
    ],
)
def test_a_file_that_is_something_else_is_one_sentence(data: bytes, said: str) -> None:
    """A workbook or a picture would give a page of nonsense, or a traceback."""
    message = refused(data)
    assert said in message
    assert len(message) < 250


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_refusal(data: bytes) -> None:
    """Some file would crash the reader with a traceback."""
    try:
        table = parse(data)
    except SynthError:
        return
    assert all(len(row) == len(table.header) for _, row in table.rows)


def test_paths_that_are_no_files_are_refused_without_waiting(tmp_path: Path) -> None:
    """A pipe would hang the program, a folder or a missing file would show a traceback."""
    with pytest.raises(WorkspaceError, match="is a folder"):
        read_table(tmp_path, "x", known)
    with pytest.raises(WorkspaceError, match="There is no file x"):
        read_table(tmp_path / "missing.csv", "x", known)
    with pytest.raises(WorkspaceError, match="Cannot read"):
        read_table(tmp_path / ("n" * 5000), "x", known)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(WorkspaceError, match="no ordinary file"):
            read_table(tmp_path / "pipe", "x", known)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A file of gigabytes would fill the memory."""
    path = tmp_path / "huge.csv"
    with path.open("wb") as handle:
        handle.truncate(readers.LARGEST_FILE * 4)
    with pytest.raises(WorkspaceError, match="larger than 64 MB"):
        read_table(path, "huge.csv", known)


def test_one_endless_line_stays_within_bounds() -> None:
    """A line of millions of cells would take gigabytes before anybody could refuse it."""
    data = b"study,events,total\n" + b"," * 8_000_000
    tracemalloc.start()
    try:
        assert parse(data).problems
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Eight million cells would be 64 MB of pointers alone; the text itself is 8 MB, copied a few times on the way.
    assert peak < 60_000_000


def test_the_number_of_problems_is_bounded() -> None:
    """A file of the wrong shape would print a hundred thousand lines."""
    with pytest.raises(ProblemsError) as caught:
        parse(b"study,events,total\n" + b"A,1\n" * 5000)
    assert len(caught.value.problems) < 1100
    assert "not listed" in caught.value.problems[-1].message


@pytest.mark.parametrize("line", [b"A,1,2\n", b"\n"])
def test_the_number_of_rows_is_bounded(line: bytes) -> None:
    """A file of millions of rows, or of empty lines, would take minutes and gigabytes."""
    assert "has more than 250,000 rows" in refused(b"study,events,total\n" + line * 1_100_000)
