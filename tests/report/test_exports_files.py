"""Workbook, archive and the files of an outcome: read back by other programs, and the same bytes each time."""

from __future__ import annotations

import hashlib
import io
import json
import math
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pandas
import pytest

from synth.report.exports import Table, csv_text, tables
from synth.report.exports.archive import SUMS, to_zip
from synth.report.exports.bundle import FORMATS, SCHEMA_FILE, Page, bundle, outcome_files, review_files, safe_name
from synth.report.exports.columns import about
from synth.report.exports.schema import schema
from synth.report.exports.workbook import READ_ME, to_workbook
from synth.steps.run import to_json

from . import factory, factory_analyses

VERSIONS = {"python": "3.11.4", "synth": "0.1.0", "numpy": "2.4.6"}
SHARES = factory_analyses.shares()
ACTIVE = ("=", "+", "-", "@", "\t", "\r")


def page(name: str, document: dict[str, Any]) -> Page:
    """Make a page that goes out."""
    return Page(name, document, to_json(document))


def sheets(data: bytes) -> dict[str, list[tuple[Any, ...]]]:
    """Read a workbook with another program."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def test_a_workbook_holds_the_same_numbers_to_the_last_digit() -> None:
    """A number comes back from the workbook rounded, as text or in another column."""
    found = tables(SHARES)
    read = sheets(to_workbook(found, "Deaths"))
    assert list(read) == [READ_ME, *(table.name for table in found)]
    for table in found:
        assert read[table.name][0] == table.columns
        assert len(read[table.name]) == len(table.rows) + 1
        for row, values in zip(read[table.name][1:], table.rows, strict=True):
            assert row == values


def test_pandas_reads_csv_and_workbook_alike() -> None:
    """A statistician who reads the CSV gets other numbers than one who reads the workbook."""
    found = {table.name: table for table in tables(SHARES)}
    book = to_workbook(list(found.values()), "Deaths")
    for name in ("studies", "leave_one_out", "multiverse", "intervals"):
        table = found[name]
        from_csv = pandas.read_csv(io.BytesIO(csv_text(table).encode()))
        from_book = pandas.read_excel(io.BytesIO(book), sheet_name=name, engine="openpyxl")
        assert list(from_csv) == list(from_book) == list(table.columns)
        for place, column in enumerate(table.columns):
            wanted = [row[place] for row in table.rows]
            if all(isinstance(value, float | int) for value in wanted):
                assert from_book[column].tolist() == wanted, (name, column)
                # An older pandas may miss the last bit of a number in CSV.
                assert from_csv[column].tolist() == pytest.approx(wanted, rel=1e-15, abs=0), (name, column)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_libreoffice_reads_the_same_numbers(tmp_path: Path) -> None:
    """LibreOffice refuses the workbook or the CSV, runs a cell of it, or shows other numbers."""
    made = factory_analyses.through_json(SHARES)
    made["studies"][0]["study"] = '=HYPERLINK("http://example.org";"x")'
    table = next(each for each in tables(made) if each.name == "studies")
    (tmp_path / "book.xlsx").write_bytes(to_workbook([table], "Deaths"))
    (tmp_path / "studies.csv").write_bytes(csv_text(table).encode())
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    words = ["soffice", profile, "--headless", "--convert-to", "fods", "--outdir", str(tmp_path)]
    subprocess.run([*words, str(tmp_path / "book.xlsx")], check=True, capture_output=True, timeout=150)
    kinds = "urn:oasis:names:tc:opendocument:xmlns:"
    sheet = next(
        each for each in ET.parse(tmp_path / "book.fods").iter(f"{{{kinds}table:1.0}}table")
        if each.get(f"{{{kinds}table:1.0}}name") == "studies"
    )  # fmt: skip
    assert not [cell for cell in sheet.iter() if cell.get(f"{{{kinds}table:1.0}}formula")]
    said = [cell.get(f"{{{kinds}office:1.0}}value") for cell in sheet.iter()]
    numbers = sorted(float(each) for each in said if each)
    for study in made["studies"]:
        for value in (study["estimate"], study["analysis"]["se"], study["weight"]):
            # LibreOffice writes 15 digits.
            assert any(math.isclose(value, each, rel_tol=1e-14) for each in numbers)


@pytest.mark.parametrize("name", [f"{mark}1+1" for mark in ACTIVE] + ["{=1}", "0012", "3-8", "http://x.org", "<b>&"])
def test_no_cell_of_a_workbook_is_run_or_changed(name: str) -> None:
    """A study's name becomes a formula, a link, a date or a number in the workbook."""
    data = to_workbook([Table("t", "T", ("study", "x"), ((name, -1.5),))], name)
    cell = openpyxl.load_workbook(io.BytesIO(data))["t"]["A2"]
    assert (cell.value, cell.data_type) == (name, "s") or name == "\r1+1"
    assert cell.hyperlink is None
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        written = b"".join(archive.read(entry) for entry in archive.namelist())
    assert b"<f>" not in written
    assert b"externalLink" not in written


def test_a_workbook_says_what_it_is() -> None:
    """The first sheet does not lead to the others, or a sheet has no heading that stays in sight."""
    files = outcome_files(page("death", factory.five()), ["xlsx"])
    read = sheets(files["death.xlsx"])
    said = [cell for row in read[READ_ME] for cell in row if cell]
    assert "Fusion" in said
    assert {"studies", "leave_one_out", "columns"} <= set(said)
    book = openpyxl.load_workbook(io.BytesIO(files["death.xlsx"]))
    assert book["studies"].freeze_panes == "B2"
    assert book["studies"].column_dimensions["A"].width > 8


def test_every_column_is_explained() -> None:
    """A column goes out and the dictionary of columns says nothing of it."""
    documents = [SHARES, factory_analyses.bcg(), *factory_analyses.measures().values(), *factory.every().values()]
    missing = {
        f"{table.name}.{column}" for each in documents for table in tables(each) for column in table.columns
        if not about(table.name, column)
    }  # fmt: skip
    assert not missing


def test_the_same_bytes_each_time() -> None:
    """The clock, an order of names or a folder gets into the files, and nobody can compare two archives."""
    pages = [page("death", SHARES), page("fusion", factory.five())]
    assert bundle(pages, "Review", VERSIONS) == bundle(list(pages), "Review", dict(reversed(VERSIONS.items())))
    with zipfile.ZipFile(io.BytesIO(bundle(pages, "Review", VERSIONS))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())
        inner = archive.read("review-data/outcomes/death.xlsx")
    with zipfile.ZipFile(io.BytesIO(inner)) as book:
        assert {entry.date_time for entry in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"1980-01-01T00:00:00Z" in book.read("docProps/core.xml")


def test_the_archive_has_everything_and_its_digests_hold() -> None:
    """A file is missing from the archive, or SHA256SUMS says something else than is there."""
    pages = [page("death", SHARES), page("fusion", factory.five())]
    with zipfile.ZipFile(io.BytesIO(bundle(pages, "Hips & knees", VERSIONS))) as archive:
        files = {name.removeprefix("hips_knees-data/"): archive.read(name) for name in archive.namelist()}
    assert {
        "README.txt", SUMS, SCHEMA_FILE, "environment/requirements.txt", "environment/python.txt", "review/studies.csv",
        "review/review.xlsx", "review/columns.csv", "outcomes/death.json", "outcomes/death.xlsx", "outcomes/death.bib",
        "outcomes/death/studies.csv", "outcomes/death/figures/forest.svg", "outcomes/fusion/figures/forest.svg",
    } <= set(files)  # fmt: skip
    lines = [line.split("  ", 1) for line in files[SUMS].decode().splitlines()[1:]]
    assert {name for _, name in lines} == set(files) - {SUMS}
    assert all(hashlib.sha256(files[name]).hexdigest() == digest for digest, name in lines)
    assert json.loads(files["outcomes/death.json"]) == SHARES
    assert json.loads(files[SCHEMA_FILE]) == schema()
    assert files["environment/requirements.txt"].decode() == "numpy==2.4.6\nsynth==0.1.0\n"


def test_one_table_for_the_whole_review() -> None:
    """A study of one outcome stands under another, or a column of one outcome shifts those of the next."""
    pages = [page("fusion", factory.five()), page("operating_time", factory_analyses.measures()["MN"])]
    text = review_files(pages, "Review", VERSIONS)["studies.csv"].decode("utf-8-sig")
    read = pandas.read_csv(io.StringIO(text))
    assert read["page"].tolist() == ["fusion"] * 5 + ["operating_time"] * 3
    assert read["mean"].tolist()[5:] == [12.4, 11.8, 14.1]
    assert read["events"].tolist()[:5] == [29, 26, 28, 23, 12]
    assert read["unit"].tolist()[4:6] == ["proportion", "mean"]


def test_hostile_documents_go_out_whole() -> None:
    """A hostile name breaks a file, leads out of the folder, or is run by a viewer of pictures."""
    made = factory.hostile()
    made["outcome"] = "../../evil"
    name = safe_name(made["outcome"])
    files = outcome_files(page(name, made))
    assert name == "evil"
    assert all(path.startswith("evil") and ".." not in path for path in files)
    for path, data in files.items():
        if path.endswith(".svg"):
            assert not [each for each in ET.fromstring(data).iter() if each.tag.endswith(("script", "image"))]
    assert sheets(files["evil.xlsx"])["studies"][1][0] == "<script>alert(1)</script>"
    with zipfile.ZipFile(io.BytesIO(bundle([page(name, made)], made["review"]["title"], VERSIONS))) as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize(
    ("said", "name"),
    [("fusion", "fusion"), ("a/b", "a_b"), ("..", "outcome"), ("COM1.x", "_COM1.x"), (".hidden", "hidden"),
     ("C:\\x", "C_x"), (None, "outcome"), ("é" * 300, "outcome"), ("x" * 300, "x" * 80)],
)  # fmt: skip
def test_names_of_files(said: object, name: str) -> None:
    """An outcome's name writes outside of the folder, to a device, or to a file that nobody sees."""
    assert safe_name(said) == name


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../x", "a//x", "C:x", "a\\x", "./x"])
def test_an_archive_refuses_a_path_that_leads_out(path: str) -> None:
    """A file of the archive lands outside of the folder that it is unpacked in."""
    with pytest.raises(ValueError, match="no path for an archive"):
        to_zip({path: b""})


def test_two_pages_of_one_name_are_refused() -> None:
    """One outcome takes the place of another in the archive without a word."""
    with pytest.raises(ValueError, match="same name"):
        bundle([page("A", factory.one()), page("a", factory.one())], "Review", VERSIONS)


def test_each_format_makes_its_files() -> None:
    """A format that can be asked for makes nothing, or makes files of another one."""
    for name in FORMATS:
        files = outcome_files(page("death", SHARES), [name])
        assert files
        ending = {"r": "R"}.get(name, name)
        assert all(path.endswith(f".{ending}") for path in files), name
