"""Workbooks: the same tables from every program's files, with every mark that a spreadsheet leaves on a cell."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from synth.extract.reading import spreadsheetml
from synth.extract.reading.readers import read_tables
from synth.extract.reading.tables import DATE, ERROR, FORMULA, MERGED, PERCENT, ROUNDED, TEXT, UNCALCULATED, Table

from . import books
from .books import cell, known, said, sheet, tables, worksheet, xlsx

FILES = Path(__file__).parent / "files"
HEAD = ["study", "events", "total"]
STYLES = (
    f'<styleSheet xmlns="{books.MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="0.00%"/>'
    '<numFmt numFmtId="165" formatCode="d\\-mmm"/></numFmts><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="9"/>'
    '<xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>'
)


def one(*rows: str, **more: str) -> Table:
    """Read a workbook with one sheet of these rows below a header."""
    head = '<row r="1">' + "".join(cell(f"{c}1", v) for c, v in zip("ABC", HEAD, strict=True)) + "</row>"
    (table,) = tables(xlsx(worksheet(head + "".join(rows), more.pop("after", ""), more.pop("before", "")), **more))
    return table


@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls"])
def test_the_same_sheet_saved_in_three_formats_is_the_same_table(kind: str) -> None:
    """A workbook would lose its dates, percentages, merged cells or hidden rows with the format it is saved in."""
    table, lists = read_tables(FILES / f"sheets.{kind}", f"sheets.{kind}", known)
    assert (table.sheet, table.header_row, "".join(table.letters)) == ("Résultats", 5, "BCDEFGHIJ")
    assert table.header == [
        *("Study", "Arm", "Mortality 1y Events", "Mortality 1y Total", "Fusion Events", "Fusion Total"),
        *("Blood loss", "Percent reported", "Operated"),
    ]
    assert (table.unit(6), table.group(2), table.heading(6)) == ("mL", "Mortality 1y", "Blood loss (mL)")
    true = "1" if kind == "ods" else "TRUE"  # an .ods holds the number, and how it is shown apart
    assert table.rows == [
        (6, ["Müller 2020", "mis", "3", "40", "38", "40", "350,5", "7.5%", "2019-08-03"]),
        (7, ["Müller 2020", "open", "5", "41", "37", "41", "1.250,0", "12.195122%", "2018-12-31"]),
        (8, ["Smith 2021", "mis", "0", "12", "12", "12", "90,25", "0%", ""]),
        (9, ["Jones 2022", "open", true, "1234567890123460000", "#DIV/0!", "9", "n.r.", "", "2021-02-03 14:30:00"]),
    ]
    marks = {table.cell(row, place): table.marks(row, place) for row, _ in table.rows for place in range(9)}
    assert (marks["J6"], marks["I7"], marks["H6"]) == ({DATE}, {PERCENT}, {TEXT})
    assert (marks["F7"], marks["F9"], marks["E9"], marks["B6"]) == ({FORMULA}, {FORMULA, ERROR}, {ROUNDED}, set())
    assert MERGED in marks["B7"]
    assert [table.number(row, 6, found[6]) for row, found in table.rows[:3]] == ["350.5", "1250.0", "90.25"]
    assert (table.hidden_rows, table.hidden_places, table.hidden_sheet) == ({8}, {6}, False)
    assert [number for number, _ in table.remarks] == [2, 11]
    assert (lists.hidden_sheet, lists.rows) == (True, [(2, ["mis"]), (3, ["open"])])


def test_calamine_reads_the_same_values_from_the_old_format() -> None:
    """The reader of .xls here would have an opinion of its own of what a record means."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(FILES / "sheets.xls"))
    theirs = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    ours, _ = read_tables(FILES / "sheets.xls", "sheets.xls", known)
    for number, cells in ours.rows:
        for place, text in enumerate(cells):
            value = theirs[number - 1][place + 1]
            if isinstance(value, float) and PERCENT not in ours.marks(number, place) and not isinstance(value, bool):
                assert float(text) == pytest.approx(value, rel=1e-14)  # fifteen digits are kept
            elif isinstance(value, str) and value:
                assert text == value


def test_a_cell_is_named_as_the_spreadsheet_names_it() -> None:
    """A person could not find the cell that is wrong."""
    rows = '<row r="7">' + cell("C7", "study") + cell("AB7", "events") + "</row>"
    rows += '<row r="9">' + cell("C9", "A") + '<c r="AB9" t="e"><v>#REF!</v></c></row>'
    (table,) = tables(xlsx(worksheet(rows), names=["My data"]))
    (error,) = [p for p in table.problems if p.severity == "error"]
    assert (error.sheet, error.cell, error.row, error.column, error.value) == ("My data", "AB9", 9, "events", "#REF!")
    assert str(error).startswith('a.xlsx, sheet My data, cell AB9, column events, value "#REF!": is an error of the')


def test_a_formula_without_a_value_is_an_error_and_not_an_empty_cell() -> None:
    """A count that nobody computed would be read as not reported."""
    rows = '<row r="2">' + cell("A2", "A") + '<c r="B2"><f>1+1</f><v></v></c><c r="C2"><f>40</f><v>40</v></c></row>'
    rows += '<row r="3">' + cell("A3", "B") + '<c r="B3"><f>1+2</f></c><c r="C3" t="str"><f>""</f><v></v></c></row>'
    table = one(rows)
    assert [(p.cell, p.severity) for p in table.problems] == [("B2", "error"), ("B3", "error")]
    assert "no value was saved with it" in table.problems[0].message
    assert "save it again" in table.problems[0].remedy
    assert table.marks(2, 2) == {FORMULA}
    assert table.marks(3, 1) == {FORMULA, UNCALCULATED}


def test_a_workbook_that_asks_to_be_computed_has_no_values_yet() -> None:
    """A program that writes zero beside each formula would have its zeros pooled."""
    rows = '<row r="2">' + cell("A2", "A") + '<c r="B2"><f>3+4</f><v>0</v></c><c r="C2"><v>40</v></c></row>'
    assert [p.cell for p in one(rows, book='<calcPr fullCalcOnLoad="1"/>').problems] == ["B2"]
    assert one(rows, book='<calcPr calcId="1"/>').problems == []


def test_damage_where_nobody_reads_is_a_warning_for_the_column() -> None:
    """A broken helper column would stop the import of sound data."""
    rows = "".join(
        f'<row r="{n}">{cell(f"A{n}", f"S{n}")}<c r="B{n}"><v>1</v></c><c r="C{n}"><v>9</v></c>'
        f'<c r="D{n}" t="e"><f>A1/0</f><v>#DIV/0!</v></c></row>'
        for n in range(2, 12)
    )
    head = '<row r="1">' + "".join(cell(f"{c}1", v) for c, v in zip("ABCD", [*HEAD, "helper"], strict=True)) + "</row>"
    (table,) = tables(xlsx(worksheet(head + rows)))
    assert [(p.severity, p.column) for p in table.problems] == [("warning", "helper")]
    assert "D2, D3, D4, D5, D6 and 5 more" in table.problems[0].message


def test_a_date_that_was_typed_as_a_range_is_marked() -> None:
    """3-8 typed into Excel would be a number of patients in the forty-thousands."""
    from synth.extract.reading.damage import explain

    table = one('<row r="2">' + cell("A2", "A") + '<c r="B2" s="3"><v>45507</v></c><c r="C2"><v>40</v></c></row>',
                styles=STYLES)  # fmt: skip
    assert table.rows == [(2, ["A", "2024-08-03", "40"])]
    assert table.marks(2, 1) == {DATE}
    told = explain(table, 2, 1, "2024-08-03")
    assert told is not None
    assert '"3-8"' in told.message
    assert explain(table, 2, 2, "40") is None


@pytest.mark.parametrize(
    ("style", "value", "text", "marks"),
    [("1", "0.16", "16%", {PERCENT}), ("2", "0.162790697674419", "16.27907%", {PERCENT}), ("0", ".16", "0.16", set())],
)
def test_a_percentage_is_what_the_cell_shows(style: str, value: str, text: str, marks: set[str]) -> None:
    """0.16 shown as 16% would be read as 0.16 per cent, or as a count."""
    table = one(f'<row r="2">{cell("A2", "A")}<c r="B2" s="{style}"><v>{value}</v></c></row>', styles=STYLES)
    assert (table.rows[0][1][1], table.marks(2, 1)) == (text, marks)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("7", "7"), ("7.0", "7"), ("34.130000000000003", "34.13"), ("0.30000000000000004", "0.3"),
        ("1E-7", "0.0000001"), ("-0", "0"), ("123456789012", "123456789012"), ("1.23457E+11", "123457000000"),
        ("1e300", "1e+300"),
    ],
)  # fmt: skip
def test_a_number_is_written_out_as_typed(value: str, text: str) -> None:
    """A count would be 7.0, a mean would have seventeen digits, and an identifier would be in powers of ten."""
    assert one(f'<row r="2">{cell("A2", "A")}<c r="B2"><v>{value}</v></c></row>').rows == [(2, ["A", text, ""])]


def test_an_identifier_beyond_fifteen_digits_is_marked() -> None:
    """A registration number with its last digits turned to zero would be taken for the real one."""
    from synth.extract.reading.damage import explain

    table = one(f'<row r="2">{cell("A2", "A")}<c r="B2"><v>1.2345678901234568E+18</v></c></row>')
    assert table.marks(2, 1) == {ROUNDED}
    told = explain(table, 2, 1, table.rows[0][1][1])
    assert told is not None
    assert "15 digits" in told.message


def test_hidden_rows_columns_and_sheets_are_read_and_said() -> None:
    """Rows that somebody filtered away would be pooled, or left out, without a word."""
    rows = f'<row r="2" hidden="1">{cell("A2", "A")}</row><row r="3">{cell("A3", "B")}{cell("B3", 1)}</row>'
    table = one(
        rows, before='<cols><col min="2" max="2" hidden="1"/></cols>',
        after='<autoFilter ref="A1:C3"><filterColumn colId="0"/></autoFilter>', states=["hidden"],
    )  # fmt: skip
    assert [number for number, _ in table.rows] == [2, 3]
    assert (table.hidden_rows, table.hidden_places, table.hidden_sheet) == ({2}, {1}, True)
    told = "\n".join(said(table, "warning"))
    assert "is a hidden sheet" in told
    assert "hidden by a filter or by hand and were read all the same (row 2)" in told
    assert "hidden columns, which were read all the same (B)" in told


def test_a_merged_label_is_read_for_each_row_and_a_merged_number_for_none() -> None:
    """The second arm of a study would have no name, or both arms the same deaths."""
    rows = f'<row r="2">{cell("A2", "Smith")}{cell("B2", 3)}{cell("C2", 40)}</row><row r="3">{cell("C3", 41)}</row>'
    table = one(rows, after='<mergeCells><mergeCell ref="A2:A3"/><mergeCell ref="B2:B3"/></mergeCells>')
    assert table.rows == [(2, ["Smith", "3", "40"]), (3, ["Smith", "", "41"])]
    assert [(p.cell, p.value) for p in table.problems] == [("B2", "3")]
    assert "merged over rows 2-3" in table.problems[0].message
    assert any("A2:A3" in note for note in said(table, "note"))


def test_what_lies_beside_the_cells_is_said_and_not_opened() -> None:
    """A macro would be run, another file fetched, or values that are out of date be trusted without a word."""
    made = books.parts(sheet([HEAD, ["A", 1, 2]])) | {
        "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 not opened",
        "xl/externalLinks/externalLink1.xml": '<x><ddeLink ddeService="cmd" ddeTopic="/c calc"/></x>',
        "xl/embeddings/oleObject1.bin": b"x" * 10,
    }
    (table,) = tables(books.archive(made), "a.xlsm")
    told = said(table, "warning")
    assert [word in line for word, line in zip(("macros", "other files", "embedded"), told, strict=True)] == [True] * 3
    assert table.rows == [(2, ["A", "1", "2"])]


def test_a_text_that_looks_like_a_formula_stays_a_text() -> None:
    """A cell could make a spreadsheet or this program run something."""
    table = one(f'<row r="2">{cell("A2", "=cmd|" + chr(39) + "/c calc" + chr(39) + "!A1")}{cell("B2", "+1")}</row>')
    assert table.rows == [(2, ["=cmd|'/c calc'!A1", "+1", ""])]


def test_the_large_sheets_are_searched_with_the_same_result_as_the_small_ones_are_walked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A large sheet would lose its hidden rows, errors, percentages or formulas."""
    import openpyxl
    from openpyxl.styles import Font

    made = openpyxl.Workbook()
    ws = made.active
    assert ws is not None
    for row in ([*HEAD, "x & y < z"], ["A", 1, 2, "='a'"], ["B", "=1+2", 0.5, None], ["C", "#N/A", 3, True]):
        ws.append(row)
    ws["C3"].number_format = "0.0%"
    ws["H9"].font = Font(bold=True)
    ws.row_dimensions[4].hidden = True
    ws.column_dimensions["B"].hidden = True
    ws.merge_cells("A2:A3")
    ws.auto_filter.ref = "A1:C4"
    buffer = io.BytesIO()
    made.save(buffer)
    import zipfile

    plain = zipfile.ZipFile(io.BytesIO(buffer.getvalue())).read("xl/worksheets/sheet1.xml")
    for data in (plain, (zipfile.ZipFile(FILES / "sheets.xlsx")).read("xl/worksheets/sheet1.xml")):
        walker = spreadsheetml._Sheet("a.xlsx", frozenset({1, 2, 3}))
        walker.walk(data)
        searched = spreadsheetml._searched(data, "a.xlsx", frozenset({1, 2, 3}))
        assert searched is not None
        # A coloured cell without a value widens the box of the search, which may only be too wide.
        assert walker.found.box is not None
        assert searched.box is not None
        assert searched.box[1] >= walker.found.box[1]
        searched.box = walker.found.box
        assert searched == walker.found
    monkeypatch.setattr(spreadsheetml, "_LARGE", 0)
    small, _ = read_tables(FILES / "sheets.xlsx", "sheets.xlsx", known)
    monkeypatch.undo()
    large, _ = read_tables(FILES / "sheets.xlsx", "sheets.xlsx", known)
    assert small == large


def test_prefixes_and_missing_references_are_understood() -> None:
    """A sheet written by a program that spells XML in another way would be empty, or one column off."""
    text = (
        f'<x:worksheet xmlns:x="{books.MAIN}"><x:sheetData>'
        '<x:row><x:c t="inlineStr"><x:is><x:t>study</x:t></x:is></x:c>'
        '<x:c t="inlineStr"><x:is><x:t>events</x:t></x:is></x:c></x:row><x:row><x:c t="s"><x:v>0</x:v></x:c>'
        "<x:c><x:v>3</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    texts = f'<x:sst xmlns:x="{books.MAIN}" count="1" uniqueCount="1"><x:si><x:t>A</x:t></x:si></x:sst>'
    (table,) = tables(xlsx(text, texts=texts))
    assert (table.header, table.rows) == (["study", "events"], [(2, ["A", "3"])])


def test_dates_are_counted_from_1904_where_the_workbook_does() -> None:
    """A workbook from an old Mac would have every operation four years too early."""
    rows = '<row r="2">' + cell("A2", "A") + '<c r="B2" s="3"><v>44045</v></c></row>'
    (table,) = tables(xlsx(worksheet('<row r="1">' + cell("A1", "study") + cell("B1", "date") + "</row>" + rows),
                           styles=STYLES, book='<workbookPr date1904="1"/>'))  # fmt: skip
    assert table.rows == [(2, ["A", "2024-08-03"])]


def test_empty_sheets_are_no_tables_and_an_empty_workbook_is_told() -> None:
    """A workbook with its three empty sheets would give three problems, or none at all."""
    coloured = worksheet('<row r="1048576"><c r="XFD1048576" s="1"/></row>')
    (table,) = tables(xlsx(sheet([HEAD, ["A", 1, 2]]), sheet([]), coloured))
    assert table.rows == [(2, ["A", "1", "2"])]
    assert "has no cell with text in it" in books.refused(xlsx(sheet([])))
