"""What is particular to .xls and .ods, record by record and element by element."""

from __future__ import annotations

import struct

import pytest

from synth.extract.reading.tables import DATE, ERROR, FORMULA, PERCENT, UNCALCULATED, Table

from .books import label, number, ods, ods_row, record, said, tables, xls

HEAD = label(0, 0, "study") + label(0, 1, "events") + label(0, 2, "total")


def old(cells: bytes, **more: object) -> Table:
    """Read an .xls with these records below a header."""
    (table,) = tables(xls(HEAD + label(1, 0, "A") + cells, **more), "a.xls")
    return table


def small(raw: int) -> bytes:
    """Write a number in four bytes into B2."""
    return record(0x27E, struct.pack("<HHHI", 1, 1, 0, raw & 0xFFFFFFFF))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (7 << 2 | 2, "7"), (-7 << 2 | 2, "-7"), (1234 << 2 | 3, "12.34"), (0x3FF00000, "1"), (0x3FF00001, "0.01"),
        (-(1 << 29) << 2 | 2, "-536870912"), ((1 << 29) - 1 << 2 | 2, "536870911"),
    ],
)  # fmt: skip
def test_numbers_in_four_bytes(raw: int, text: str) -> None:
    """Counts from an old sheet would be other counts."""
    assert old(small(raw)).rows == [(2, ["A", text, ""])]


def test_numbers_side_by_side_in_one_record() -> None:
    """All but the first of a row of numbers would be lost."""
    cells = record(0xBD, struct.pack("<HHHIHIH", 1, 1, 0, 7 << 2 | 2, 0, 40 << 2 | 2, 2))
    assert old(cells).rows == [(2, ["A", "7", "40"])]


def formula(result: bytes, flags: int = 0) -> bytes:
    """Write a formula into B2."""
    return record(0x06, struct.pack("<HHH", 1, 1, 0) + result + struct.pack("<HIH", flags, 0, 0))


def test_formulas_and_what_they_gave() -> None:
    """A text, an error or a value that nobody computed would be read as a number."""
    table = old(formula(struct.pack("<d", 7.0)) + number(1, 2, 40.0))
    assert (table.rows, table.marks(2, 1)) == ([(2, ["A", "7", "40"])], {FORMULA})
    text = "n.r.".encode("utf-16-le")
    given = formula(b"\0\0\0\0\0\0\xff\xff") + record(0x207, struct.pack("<HB", 4, 1) + text)
    assert old(given).rows == [(2, ["A", "n.r.", ""])]
    table = old(formula(b"\x02\0\x17\0\0\0\xff\xff"))
    assert (table.rows, table.marks(2, 1)) == ([(2, ["A", "#REF!", ""])], {FORMULA, ERROR})
    assert table.problems[0].cell == "B2"
    assert old(formula(b"\x01\0\x01\0\0\0\xff\xff")).rows == [(2, ["A", "TRUE", ""])]
    assert old(formula(b"\x03\0\0\0\0\0\xff\xff")).rows == [(2, ["A", "", ""])]
    assert old(formula(struct.pack("<d", 0.0), flags=2)).marks(2, 1) == {FORMULA, UNCALCULATED}


def test_dates_percentages_and_errors_by_their_style() -> None:
    """A date would be a number of days, and 16% be 0.16."""
    code = "0.0%"
    common = record(0x41E, struct.pack("<HHB", 164, len(code), 0) + code.encode())
    common += b"".join(record(0xE0, struct.pack("<HH", 0, style) + bytes(16)) for style in (0, 14, 164, 46))
    table = old(number(1, 1, 45507.0, 1) + number(1, 2, 0.163, 2) + label(0, 3, "time") + number(1, 3, 1.25, 3),
                common=common)  # fmt: skip
    assert table.rows == [(2, ["A", "2024-08-03", "16.3%", "30:00:00"])]
    assert [table.marks(2, place) for place in (1, 2, 3)] == [{DATE}, {PERCENT}, {DATE}]
    table = old(record(0x205, struct.pack("<HHHBB", 1, 1, 0, 0x07, 1)))
    assert table.rows == [(2, ["A", "#DIV/0!", ""])]


@pytest.mark.parametrize(("day", "text"), [(1.0, "1900-01-01"), (59.0, "1900-02-28"), (61.0, "1900-03-01"), (-1, "-1")])
def test_days_around_a_leap_day_that_never_was(day: float, text: str) -> None:
    """Every date before March 1900 would be a day off, and a negative one a traceback."""
    common = b"".join(record(0xE0, struct.pack("<HH", 0, style) + bytes(16)) for style in (0, 14))
    assert old(number(1, 1, day, 1), common=common).rows[0][1][1] == text


def shared(*texts: str, cut: int | None = None) -> bytes:
    """Write the common texts, and go over to a second record inside of one."""
    body = struct.pack("<II", len(texts), len(texts))
    for text in texts:
        body += struct.pack("<HB", len(text), 0) + text.encode("latin-1")
    if cut is None:
        return record(0xFC, body)
    return record(0xFC, body[:cut]) + record(0x3C, b"\1" + body[cut:].decode("latin-1").encode("utf-16-le"))


def test_common_texts_may_run_over_two_records() -> None:
    """A long list of labels would be garbled from the place where the record ends."""
    at_a = record(0xFD, struct.pack("<HHHI", 1, 1, 0, 1))
    assert old(at_a, common=shared("x", "Müller")).rows == [(2, ["A", "Müller", ""])]
    assert old(at_a, common=shared("x", "Müller", cut=8 + 4 + 3 + 2)).rows == [(2, ["A", "Müller", ""])]


def test_texts_of_excel_5_are_in_their_code_page() -> None:
    """Names with accents from 1995 would be other names."""
    def text(row: int, column: int, data: bytes) -> bytes:
        return record(0x204, struct.pack("<HHHH", row, column, 0, len(data)) + data)

    cells = text(0, 0, b"study") + text(0, 1, b"events") + text(1, 0, "Łódź".encode("cp1250")) + number(1, 1, 3.0)
    (table,) = tables(xls(cells, common=record(0x42, struct.pack("<H", 1250)), version=0x500), "a.xls")
    assert table.rows == [(2, ["Łódź", "3"])]


def test_what_an_old_workbook_holds_besides_is_said() -> None:
    """Rows that are filtered away, values of other files and macros would go unsaid."""
    hidden = record(0x208, struct.pack("<HHHHHHHH", 1, 0, 3, 255, 0, 0, 0x20, 0)) + record(0x9B)
    column = record(0x7D, struct.pack("<HHHHHH", 2, 2, 2048, 0, 1, 0))
    merged = record(0xE5, struct.pack("<HHHHH", 1, 1, 2, 0, 0))
    link = record(0x1AE, struct.pack("<HH", 1, 8) + b"\0\1other")
    table = old(hidden + column + merged + number(2, 1, 1.0), common=link)
    assert (table.hidden_rows, table.hidden_places) == ({2}, {2})
    assert table.rows == [(2, ["A", "", ""]), (3, ["A", "1", ""])]
    told = "\n".join(said(table))
    for words in ("other files or the network", "by a filter or by hand", "hidden columns", "A2:A3"):
        assert words in told


COMMENT = "<office:annotation><text:p>9 is wrong</text:p></office:annotation>"


@pytest.mark.parametrize(
    ("cell", "text", "marks"),
    [
        ('<table:table-cell office:value-type="percentage" office:value="0.163"/>', "16.3%", {PERCENT}),
        ('<table:table-cell office:value-type="date" office:date-value="2021-08-03"/>', "2021-08-03", {DATE}),
        ('<table:table-cell office:value-type="date" office:date-value="2021-08-03T14:30:00"/>', "2021-08-03 14:30:00",
         {DATE}),
        ('<table:table-cell office:value-type="time" office:time-value="PT30H05M00S"/>', "30:05:00", {DATE}),
        ('<table:table-cell office:value-type="boolean" office:boolean-value="true"/>', "TRUE", set()),
        ('<table:table-cell office:value-type="currency" office:value="7.0"/>', "7", set()),
        ('<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"/>', "2", {FORMULA}),
        ('<table:table-cell table:formula="of:=1+1"/>', "", {FORMULA, UNCALCULATED}),
        (
            '<table:table-cell table:formula="of:=#REF!" calcext:value-type="error" office:value-type="string">'
            "<text:p>#REF!</text:p></table:table-cell>", "#REF!", {FORMULA, ERROR},
        ),
        (f'<table:table-cell office:value-type="float" office:value="7">{COMMENT}</table:table-cell>', "7", set()),
        (
            '<table:table-cell office:value-type="string"><text:p>a<text:s text:c="2"/>b<text:tab/>'
            f"<text:span>c</text:span></text:p>{COMMENT}<text:p>d</text:p></table:table-cell>", "a  b\tc\nd", set(),
        ),
        ("<table:covered-table-cell><text:p>below</text:p></table:covered-table-cell>", "", set()),
    ],
)  # fmt: skip
def test_cells_of_an_ods(cell: str, text: str, marks: set[str]) -> None:
    """A percentage would be a fraction, a comment part of the data, and a formula without a value be an empty cell."""
    row = f'<table:table-row xmlns:calcext="c">{ods_row("A")[17:-18]}{cell}</table:table-row>'
    (table,) = tables(ods(ods_row("study", "events") + row), "a.ods")
    assert (table.rows, table.marks(2, 1)) == ([(2, ["A", text])], marks)


def test_columns_and_rows_of_an_ods_that_are_repeated_or_hidden() -> None:
    """Three equal cells would be one, and every row behind them have another number."""
    columns = '<table:table-column/><table:table-column table:visibility="collapse"/>'
    again = '<table:table-cell table:number-columns-repeated="2" office:value-type="float" office:value="3"/>'
    rows = ods_row("study", "events", "total") + f"<table:table-row>{ods_row('A')[17:-18]}{again}</table:table-row>"
    rows += ods_row(None, repeated=2) + ods_row("B", 1, 2, repeated=2).replace(">", ' table:visibility="filter">', 1)
    (table,) = tables(ods(columns + rows), "a.ods")
    assert table.rows == [(2, ["A", "3", "3"]), (5, ["B", "1", "2"]), (6, ["B", "1", "2"])]
    assert (table.hidden_rows, table.hidden_places) == ({5, 6}, {1})


def test_what_an_ods_holds_besides_is_said() -> None:
    """Macros and values of other files would go unsaid."""
    data = ods(
        ods_row("study", "events") + ods_row("A", 1),
        '<table:dde-links><table:dde-link><office:dde-source/></table:dde-link></table:dde-links>',
        {"Basic/Standard/Module1.xml": "<x/>", "Object 1/content.xml": "<x/>"},
    )  # fmt: skip
    (table,) = tables(data, "a.ods")
    told = said(table, "warning")
    assert [word in line for word, line in zip(("macros", "other files", "embedded"), told, strict=True)] == [True] * 3
