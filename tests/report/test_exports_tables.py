"""Tables of an outcome, and the CSV made of them."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from urllib.parse import unquote

import pytest

from synth.report.exports import Table, csv_link, csv_text, tables
from synth.report.exports.delimited import MARK

from . import factory, factory_analyses

DOCUMENTS = {**factory.every(), **factory_analyses.measures(), "bcg": factory_analyses.bcg()}
ALL = {**DOCUMENTS, "shares": factory_analyses.shares()}


def table(document: dict[str, Any], name: str) -> Table:
    """Find one table."""
    return next(each for each in tables(document) if each.name == name)


def rows(found: Table) -> list[dict[str, Any]]:
    """Give the rows of a table by column."""
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def read(text: str) -> list[dict[str, str]]:
    """Read CSV as a program would."""
    return list(csv.DictReader(io.StringIO(text.removeprefix(MARK), newline=""), strict=True))


@pytest.mark.parametrize("name", ALL)
def test_a_table_is_whole(name: str) -> None:
    """A row has more cells than the table has columns, two columns share a name, or a cell is a list."""
    found = tables(ALL[name])
    assert len({each.name for each in found}) == len(found)
    for each in found:
        assert each.rows
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,30}", each.name)
        assert len(set(each.columns)) == len(each.columns)
        assert {len(row) for row in each.rows} == {len(each.columns)}
        assert all(value is None or isinstance(value, str | int | float | bool) for row in each.rows for value in row)


@pytest.mark.parametrize("name", ALL)
def test_csv_gives_the_same_back(name: str) -> None:
    """A number loses a digit, a row or a column on its way into CSV, or a line break splits a row."""
    for each in tables(ALL[name]):
        again = read(csv_text(each))
        assert len(again) == len(each.rows)
        for row, values in zip(again, each.rows, strict=True):
            assert tuple(row) == each.columns
            for text, value in zip(row.values(), values, strict=True):
                if isinstance(value, bool):
                    assert text == str(value).upper()
                elif isinstance(value, int | float):
                    assert float(text) == value
                else:
                    assert text.removeprefix("'") == (value or "")


def test_numbers_are_the_documents_own() -> None:
    """The table of studies holds rounded numbers, per cent in place of fractions, or another study's figures."""
    made = factory_analyses.bcg()
    found = rows(table(made, "studies"))
    assert [row["study"] for row in found] == [study["study"] for study in made["studies"]]
    for row, study in zip(found, made["studies"], strict=True):
        assert row["events_1"] == study["data"]["events_1"]
        assert (row["estimate"], row["ci_low"], row["weight_fraction"]) == (
            study["estimate"], study["ci_low"], study["weight"],
        )  # fmt: skip
        assert (row["estimate_analysis"], row["se_analysis"]) == (
            study["analysis"]["estimate"], study["analysis"]["se"],
        )  # fmt: skip
        assert row["unit"] == "risk ratio"
    answer = rows(table(made, "answer"))[0]
    assert answer["estimate"] == made["pooled"]["reporting"]["estimate"]
    assert answer["estimate_analysis"] == made["pooled"]["estimate"]
    assert rows(table(made, "heterogeneity"))[0]["i2_fraction"] == made["heterogeneity"]["i2"]


def test_source_page_and_note_stand_beside_each_figure() -> None:
    """Whoever gets the table of studies cannot tell where a figure was read."""
    made = factory.five()
    made["studies"][0]["provenance"]["note"] = "page 533"
    found = rows(table(made, "studies"))[0]
    assert found["note"] == "page 533"
    assert found["where"] == "abstract, results"
    assert found["source"] == "https://example.org/paper"
    assert (found["file"], found["row"]) == ("extracted/results.csv", 2)
    assert rows(table(made, "characteristics"))[0]["doi"] == "10.1000/xyz"


def test_every_analysis_has_its_rows() -> None:
    """An analysis that was made goes out with fewer rows than it has, or not at all."""
    made = ALL["shares"]
    block = made["analyses"]
    wanted = {
        "subgroups": block["subgroups"]["groups"],
        "regression": block["regression"]["coefficients"],
        "regression_points": block["regression"]["points"],
        "cumulative": block["cumulative"]["rows"],
        "influence": block["influence"]["rows"],
        "baujat": block["influence"]["baujat"],
        "funnel": block["bias"]["funnel"]["points"],
        "gosh_studies": block["gosh"]["studies"],
        "gosh_cells": block["gosh"]["cells"],
        "second_opinions": block["second_opinions"],
        "presets": block["presets"],
        "multiverse": block["multiverse"]["universes"],
        "leave_one_out": made["leave_one_out"],
        "intervals": made["pooled"]["intervals"],
    }
    for name, parts in wanted.items():
        assert len(table(made, name).rows) == len(parts) > 0, name
    universe = rows(table(made, "multiverse"))[3]
    assert universe["estimate"] == block["multiverse"]["universes"][3]["estimate"]
    members = rows(table(made, "subgroup_studies"))
    assert [row["study"] for row in members if row["group"] == "mini-open"] == next(
        group["studies"] for group in block["subgroups"]["groups"] if group["name"] == "mini-open"
    )


def test_excluded_rows_leave_with_their_reason() -> None:
    """A row that was left out of the answer, of another arm or of an analysis vanishes on the way out."""
    made = factory.five()
    made["analyses"] = {"cumulative": {"rows": [], "excluded": [{"study": "Study B", "reason": "no value of year"}]}}
    found = {(row["left_out_of"], row["study"]): row["reason"] for row in rows(table(made, "excluded"))}
    assert found["answer", "Study P"] == "two copies of the abstract disagree on the arm sizes"
    assert found["comparator open", "Study R"] == "no figure at one year"
    assert found["cumulative", "Study B"] == "no value of year"


def test_a_missing_value_keeps_its_reason() -> None:
    """A cell is empty and the table does not say why, although the document does."""
    made = factory.five()
    made["leave_one_out"][0] |= {"tau2": None, "tau2_reason": "a common effect was asked for"}
    row = rows(table(made, "leave_one_out"))[0]
    assert (row["tau2"], row["reason"]) == (None, "tau2: a common effect was asked for")


ACTIVE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "\n-1"]


@pytest.mark.parametrize("name", ACTIVE)
def test_no_cell_is_a_formula(name: str) -> None:
    """A study's name runs as a formula in the spreadsheet of whoever opens the export."""
    made = factory.five()
    made["studies"][0]["study"] = name
    made["studies"][0]["provenance"]["note"] = name
    made["excluded"][0]["reason"] = name
    made["settings"][name] = name
    for each in tables(made):
        for row in read(csv_text(each)):
            for column, text in row.items():
                assert column is not None
                harmless = not text.lstrip().startswith(tuple("=+-@\uff1d\t\r\n"))
                assert harmless or re.fullmatch(r"-\d[\d.e+-]*", text), (each.name, column, text)
    assert read(csv_text(table(made, "studies")))[0]["study"].startswith("'")
    raw = csv_text(Table("t", "T", ("study",), ((name,),)))
    assert read(raw)[0]["study"] == f"'{name}"


def test_a_negative_number_stays_a_number() -> None:
    """Defusing makes text of a negative logit, and nobody can compute with the table."""
    assert csv_text(Table("t", "T", ("x", "y"), ((-3.5, -2),))).endswith("x,y\r\n-3.5,-2\r\n")


def test_hostile_text_neither_breaks_the_file_nor_vanishes() -> None:
    """A quotation mark, a control mark or half a letter makes rows that no reader takes, or bytes that are no UTF-8."""
    made = factory.hostile()
    for each in tables(made):
        text = csv_text(each)
        text.encode("utf-8")
        assert not set(text) & set("\x00\x07\x1b\u202e\ud800")
        assert len(read(text)) == len(each.rows)
    names = [row["study"] for row in read(csv_text(table(made, "studies")))]
    assert names[1] == "He said \"no\" & 'yes' <b>"
    assert len(names[3]) == 500
    assert names[5] == "دراسة العمود الفقري 2021"


def test_a_text_longer_than_a_cell_is_cut_and_says_so() -> None:
    """A spreadsheet moves the rest of a very long note into other rows, or refuses the file."""
    made = factory.one()
    made["studies"][0]["provenance"]["note"] = "x" * 40_000
    note = rows(table(made, "studies"))[0]["note"]
    assert len(note) < 32_767
    assert "40,000 characters" in note


def test_a_link_holds_the_same_table() -> None:
    """The download under a figure is another table than the file, or closes the attribute that it stands in."""
    made = factory.hostile()
    for each in tables(made):
        address = csv_link(each)
        head, _, body = address.partition(",")
        assert head == "data:text/csv;charset=utf-8"
        assert unquote(body, errors="strict") == csv_text(each)
        assert not set(address) & set(" \"'<>&#\r\n")


def test_units_are_named() -> None:
    """A number on the reporting scale goes out and nobody can tell whether it is a fraction, a ratio or minutes."""
    for name, made in ALL.items():
        unit = rows(table(made, "answer"))[0]["unit"]
        wanted = made["settings"].get("reporting", "proportion")
        assert wanted.split(" ")[-1] in unit or wanted.startswith(("rate", "difference")), name
        if wanted == "rate":
            assert unit == "events per unit of person-time"


def test_same_tables_again() -> None:
    """The same document gives other bytes the second time."""
    made = ALL["shares"]
    assert [csv_text(each) for each in tables(made)] == [csv_text(each) for each in tables(made)]
