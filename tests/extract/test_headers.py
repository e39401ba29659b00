"""Where a table is in its sheet: titles, two rows of headings, units, remarks, separators, several tables."""

from __future__ import annotations

import pytest

from synth.extract.contract.units import is_unit, split_unit

from .books import cell, csv, said, sheet, tables, worksheet, xlsx

HEAD = ["study", "events", "total"]


def test_a_plain_table_has_nothing_to_be_said() -> None:
    """Every sound sheet would come with a page of remarks, and nobody would read the one that matters."""
    table = csv("study,events,total\nA,1,2\nB,3,4\n")
    assert (table.header, table.header_row, table.rows) == (HEAD, 1, [(2, ["A", "1", "2"]), (3, ["B", "3", "4"])])
    assert (table.notes, table.problems, table.remarks, table.letters) == ([], [], [], [])
    (table,) = tables(xlsx(sheet([HEAD, ["A", 1, 2]])))
    assert (table.notes, table.problems) == ([], [])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_title_above_is_found_and_said(delimiter: str) -> None:
    """A table copied with its caption would have the caption for its only heading."""
    table = csv("Table 1. Deaths after surgery\n\n" + "study,events,total\nA,1,2\nB,3,4\n".replace(",", delimiter))
    assert (table.header, table.header_row, table.remarks) == (HEAD, 3, [(1, "Table 1. Deaths after surgery")])
    assert said(table) == [
        "a.csv, row 3: has its headings in row 3; row 1 above was taken as a title. Move the headings if that is wrong."
    ]


def test_a_title_with_commas_does_not_decide_the_delimiter() -> None:
    """A semicolon table would be cut at the commas of its caption."""
    table = csv("Table 1, deaths, by arm, all studies\nstudy;events;total\nA;1;2\nB;3;4\n")
    assert (table.header, table.rows[0]) == (HEAD, (3, ["A", "1", "2"]))


def test_rows_above_that_could_be_data_are_a_warning() -> None:
    """Two studies above a repeated header would vanish with a remark that nobody reads."""
    table = csv("Extracted by,JS,May\nChecked by,KL,June\nstudy,events,total\nA,1,2\n")
    assert table.header == HEAD
    (told,) = said(table, "warning")
    assert "rows above the headings that hold several cells (rows 1-2)" in told


def test_headings_that_mean_nothing_are_found_by_their_shape() -> None:
    """A stranger's table below a caption would need its caption taken out before a column could be named."""
    table = csv("My own list,,\nSeries,No. died,Treated\nA,1,20\nB,0,10\n")
    assert (table.header, table.header_row) == (["Series", "No. died", "Treated"], 2)


def test_a_row_of_data_with_words_that_are_headings_elsewhere_is_no_header() -> None:
    """A row with the outcome "total" in a column of words would begin the table anew."""
    text = "study,arm,outcome,note\nA,mis,fusion,total\nB,mis,deaths,events\n"
    assert len(csv(text).rows) == 2
    assert csv("Series;No. died;Treated\nA;1;20\nevents;total;10\n").header == ["Series", "No. died", "Treated"]


GROUPED = [
    ["Study", "Arm", "Mortality 1y", None, "Fusion", None, "Note"],
    [None, None, "Events", "Total", "Events", "Total", None],
    ["A", "mis", 1, 20, 19, 20, "x"],
    ["B", "mis", 2, 20, 18, 20, None],
]
JOINED = ["Study", "Arm", "Mortality 1y Events", "Mortality 1y Total", "Fusion Events", "Fusion Total", "Note"]


@pytest.mark.parametrize("merged", [True, False])
def test_two_rows_of_headings_are_joined_and_said(merged: bool) -> None:
    """Deaths and fusions would both be called events, and one of them be taken for the other."""
    areas = ("A1:A2", "B1:B2", "C1:D1", "E1:F1", "G1:G2")
    after = f"<mergeCells>{''.join(f'<mergeCell ref={chr(34)}{a}{chr(34)}/>' for a in areas)}</mergeCells>"
    (table,) = tables(xlsx(sheet(GROUPED, after if merged else "")))
    assert table.header == JOINED
    assert table.groups == ["", "", "Mortality 1y", "Mortality 1y", "Fusion", "Fusion", ""]
    assert (table.header_row, table.rows[0]) == (2, (3, ["A", "mis", "1", "20", "19", "20", "x"]))
    assert [line for line in said(table, "note") if "joined" in line] == [
        "a.xlsx, sheet Sheet1, row 2: has headings in rows 1-2, which were joined. Use one row if that is wrong."
    ]


def test_two_rows_of_headings_in_a_csv_are_joined() -> None:
    """The same table saved as CSV, where nothing tells of merged cells, would be another one."""
    text = "\n".join(",".join("" if v is None else str(v) for v in row) for row in GROUPED)
    assert csv(text).header == JOINED


def test_two_rows_that_nobody_knows_are_joined_where_cells_are_merged() -> None:
    """The pain before and the pain after of two scores would be four columns of two names."""
    after = '<mergeCells><mergeCell ref="B1:C1"/><mergeCell ref="D1:E1"/></mergeCells>'
    rows = [[None, "VAS", None, "ODI"], ["Patient", "pre", "post", "pre", "post"], [1, 7, 3, 40, 20], [2, 8, 2, 50, 30]]
    (table,) = tables(xlsx(sheet(rows, after)))
    assert table.header == ["Patient", "VAS pre", "VAS post", "ODI pre", "ODI post"]


def test_a_title_across_the_first_columns_groups_nothing() -> None:
    """Every heading would carry the caption of the table in front of it."""
    after = '<mergeCells><mergeCell ref="A1:B1"/></mergeCells>'
    (table,) = tables(xlsx(sheet([["Deaths"], HEAD, ["A", 1, 2]], after)))
    assert (table.header, table.header_row, table.groups) == (HEAD, 2, [])


def test_units_are_taken_off_the_headings_and_kept() -> None:
    """A column called "Events (n)" would not be found, or minutes be taken for hours."""
    table = csv('study,Events (n),Total [patients],Time (min),"Age, years",Median (IQR)\nA,1,2,90,60,5 (3-8)\n')
    assert table.header == ["study", "Events", "Total", "Time", "Age", "Median (IQR)"]
    assert table.units == ["", "n", "patients", "min", "years", ""]
    assert table.heading(3) == "Time (min)"


def test_a_percentage_keeps_its_sign_and_twins_keep_their_units() -> None:
    """Deaths in per cent would be read as a number of deaths, or months and years become two columns of one name."""
    table = csv("study,Deaths (n),Deaths (%),Stay (days),Stay (h)\nA,1,50,3,72\n")
    assert table.header == ["study", "Deaths", "Deaths (%)", "Stay (days)", "Stay (h)"]
    assert table.units == ["", "n", "%", "days", "h"]


def test_a_row_of_units_below_the_headings_is_no_study() -> None:
    """A study without a name and with the deaths "mL" would be a problem in every sheet of a laboratory."""
    table = csv("study,events,total,Blood loss,Time\n,,,(mL),min\nA,1,2,300,90\n")
    assert (table.units, table.rows) == (["", "", "", "mL", "min"], [(3, ["A", "1", "2", "300", "90"])])


@pytest.mark.parametrize("text", ["mL", "[kg/m²]", "(years)", "%", "/100", "0-10", "mmHg"])
def test_units_are_known(text: str) -> None:
    """A unit would stay part of the heading, and the column not be found."""
    assert is_unit(text)


@pytest.mark.parametrize("text", ["Mean (SD)", "n (%)", "Events (n/N)", "Fusion (CT)", "3-8", "A, B"])
def test_what_says_how_to_read_the_cells_is_no_unit(text: str) -> None:
    """A column of means with deviations would be read as means alone."""
    assert split_unit(text) == (text, "")


@pytest.mark.parametrize(
    ("below", "rows"),
    [
        ("* p < 0.05\n", 2), ("Source: table 2\n", 2), ("\nextracted in May\n", 2), ("\nSD = deviation\n\nend\n", 2),
        ("Smith 2020,,\n", 3), (",,3\n", 2), ("This series counted only those who came back to a clinic later on\n", 2),
    ],
)  # fmt: skip
def test_remarks_below_the_table_are_no_studies(below: str, rows: int) -> None:
    """A footnote would be a study without deaths, or a study without deaths be a footnote."""
    table = csv("study,events,total\nA,1,2\nB,1,2\n" + below)
    assert len(table.rows) == rows
    assert any("taken as remarks or sums" in line for line in said(table)) == (rows == 2)
    assert [p for p in table.problems if p.severity == "error"] == []


def test_sums_below_the_table_are_no_study() -> None:
    """The sum of all studies would be a study without a name, and every patient be counted twice."""
    rows = "".join(f'<row r="{n}">{cell(f"A{n}", f"S{n}")}{cell(f"B{n}", n)}</row>' for n in (2, 3))
    head = f'<row r="1">{cell("A1", "study")}{cell("B1", "events")}</row>'
    sums = '<row r="4"><c r="B4"><f>SUM(B2:B3)</f><v>5</v></c></row>'
    (table,) = tables(xlsx(worksheet(head + rows + sums)))
    assert [number for number, _ in table.rows] == [2, 3]
    assert "rows below the table (row 4)" in said(table, "note")[0]


def test_a_table_on_its_side_is_told() -> None:
    """A table with a column for each study would be said to have no headings at all."""
    table = csv("study,A,B\nevents,1,2\ntotal,10,20\n")
    assert "seems to lie on its side" in said(table, "warning")[0]


def test_headings_that_come_again_are_no_study() -> None:
    """A table printed on two pages would have a study called study."""
    table = csv("study,events,total\nA,1,2\nstudy,events,total\nB,1,2\n")
    assert [number for number, _ in table.rows] == [2, 4]
    assert "headings again in row 3" in said(table)[0]


def test_several_tables_below_and_beside_each_other_are_all_found() -> None:
    """The second table of a sheet would be rows of the first, or lost."""
    first, second = tables(b"study,events,total\nA,1,2\n\nTable 2\nstudy,arm,year,country\nA,mis,2001,FI\n", "a.csv")
    assert (first.rows, second.header, second.rows) == (
        [(2, ["A", "1", "2"])], ["study", "arm", "year", "country"], [(6, ["A", "mis", "2001", "FI"])]
    )  # fmt: skip
    assert second.remarks == [(4, "Table 2")]
    assert "holds 2 tables, which begin at A1, A5" in "".join(said(first))
    left, right = tables(xlsx(sheet([[*HEAD, None, *HEAD], ["A", 1, 2, None, "B", 3, 4], ["C", 1, 2]])))
    assert [n for n, _ in left.rows] == [2, 3]
    assert (right.rows, right.letters) == ([(2, ["B", "3", "4"])], ["E", "F", "G"])


def test_a_legend_beside_the_table_is_apart_and_an_empty_column_inside_is_not() -> None:
    """The rows of a legend would be studies without a name, or the columns behind a gap be lost."""
    rows = [[*HEAD, None, "Code", "Meaning"], ["A", 1, 2, None, "mis", "small"], *[[None] * 4 + ["x", "y"]] * 2]
    table, legend = tables(xlsx(sheet(rows)))
    assert (table.rows, legend.header) == ([(2, ["A", "1", "2"])], ["Code", "Meaning"])
    (table,) = tables(xlsx(sheet([[*HEAD, None, "year", "mine"], ["A", 1, 2, None, 2001, "x"]])))
    assert table.header == [*HEAD, "year", "mine"]
    assert (table.letters, table.rows) == (["A", "B", "C", "E", "F"], [(2, ["A", "1", "2", "2001", "x"])])
    assert "empty columns inside the table (D)" in "".join(said(table))


def test_cells_beside_the_table_and_columns_without_a_heading_are_said() -> None:
    """A doubt written beside a row would be read by nobody, or be taken for data."""
    (table,) = tables(xlsx(sheet([HEAD, ["A", 1, 2, None, "look again"], ["B", 1, 2]])))
    assert (table.header, "(E2); they were not read" in said(table, "note")[0]) == (HEAD, True)
    (table,) = tables(xlsx(sheet([[None, *HEAD], [1, "A", 1, 2]])))
    assert (table.header, "1 column without a heading" in said(table, "note")[0]) == (["", *HEAD], True)


def test_a_heading_across_the_table_is_a_warning() -> None:
    """The arm that stands across the rows it belongs to would be lost without a word."""
    after = '<mergeCells><mergeCell ref="A3:C3"/></mergeCells>'
    (table,) = tables(xlsx(sheet([HEAD, ["A", 1, 2], ["Open surgery"], ["B", 1, 2]], after)))
    assert [number for number, _ in table.rows] == [2, 4]
    assert "headings across the table (row 3)" in said(table, "warning")[0]


def test_empty_rows_inside_a_table_end_nothing() -> None:
    """The studies below an empty row would not be pooled."""
    (table,) = tables(xlsx(sheet([HEAD, ["A", 1, 2], [], ["B", 1, 2]])))
    assert [number for number, _ in table.rows] == [2, 4]
    assert "empty rows inside the table (above row 4)" in said(table)[0]


def test_ragged_rows_of_a_csv_are_still_told() -> None:
    """A decimal comma without quotation marks would push the total into another column."""
    table = csv("Table 1\nstudy,events,total\nA,3,5,10\nB,1\nC,1,2\nNote: all deaths\n")
    assert [(p.row, p.message) for p in table.problems] == [
        (3, "has 4 cells, and the header has 3."),
        (4, "has 2 cells, and the header has 3."),
    ]
    assert table.rows == [(5, ["C", "1", "2"])]


def test_a_hundred_tables_in_a_sheet_are_enough() -> None:
    """A sheet of a hundred thousand small tables would take for ever."""
    rows = []
    for number in range(300):
        for row, values in ((3 * number + 1, ("study", "events")), (3 * number + 2, ("S", 1))):
            rows.append(f'<row r="{row}">{cell(f"A{row}", values[0])}{cell(f"B{row}", values[1])}</row>')
    assert len(tables(xlsx(worksheet("".join(rows))))) == 100
