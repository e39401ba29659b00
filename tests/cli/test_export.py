"""``synth export``: from the page alone to files, and no way for a page to do anything else."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from synth.cli.export import FORMATS
from synth.report.exports.bundle import FORMATS as MADE
from synth.report.exports.shape import problem
from synth.report.outcome import page as outcome_page
from synth.report.outcome.embedded import embed
from synth.steps.run import to_json

from ..report import factory
from .conftest import FIGURES, Run
from .test_bias import judged

PAGE = "<!doctype html><html><body><p>Fall</p>{}</body></html>"


@pytest.fixture
def document(run: Run, tmp_path: Path) -> dict[str, Any]:
    """Pool a table, and give its document."""
    (tmp_path / "figures.csv").write_text(FIGURES, encoding="utf-8")
    assert run("pool", "figures.csv", "--quick").code == 0
    found: dict[str, Any] = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    return found


def page(folder: Path, document: Any, name: str = "page.html") -> Path:
    """Write a page that holds a document and nothing beside it."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(PAGE.format(embed(document)), encoding="utf-8")
    return path


def files_of(folder: Path) -> dict[str, bytes]:
    """Read everything in a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(run: Run, tmp_path: Path, *args: str) -> str:
    """Run an export that must fail without a trace, and give its message."""
    before = files_of(tmp_path)
    done = run("export", *args)
    assert (done.code, done.out) == (1, ""), done.err
    assert done.err.startswith("synth: ")
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err
    assert files_of(tmp_path) == before
    return done.err


def test_the_page_alone_gives_the_same_json(run: Run, tmp_path: Path, document: dict[str, Any]) -> None:
    """The JSON exported from a page is another than that which was written beside it."""
    page(tmp_path / "elsewhere", document)
    done = run("export", "elsewhere/page.html", "-o", "out", "--format", "json")
    assert done.code == 0, done.err
    assert (tmp_path / "out" / "page.json").read_bytes() == (tmp_path / "figures.json").read_bytes()
    assert run("export", "figures.json", "-o", "out2", "--format", "json").code == 0
    assert (tmp_path / "out2" / "figures.json").read_bytes() == (tmp_path / "figures.json").read_bytes()


def test_the_page_that_pool_wrote_can_be_exported(run: Run, tmp_path: Path, document: dict[str, Any]) -> None:
    """The page of synth pool does not hold its document, so that nothing comes out of it without its JSON."""
    (tmp_path / "figures.json").unlink()
    done = run("export", "figures.html", "-o", "out", "--format", "json")
    assert done.code == 0, done.err
    assert (tmp_path / "out" / "figures.json").read_text("utf-8") == to_json(document)


def test_every_format(run: Run, tmp_path: Path, document: dict[str, Any]) -> None:
    """A format is missing, or its numbers are not those of the document."""
    page(tmp_path, document)
    assert run("export", "page.html", "-o", "out").code == 0
    files = files_of(tmp_path / "out")
    assert {path.rpartition(".")[2].lower() for path in files if path != "SHA256SUMS"} == set(FORMATS) - {"zip"}
    rows = list(csv.DictReader(io.StringIO(files["page/studies.csv"].decode("utf-8-sig"))))
    assert [float(row["estimate"]) for row in rows] == [study["estimate"] for study in document["studies"]]
    book = openpyxl.load_workbook(io.BytesIO(files["page.xlsx"]))
    assert book["studies"]["A2"].value == "A 2020"
    assert files["page/figures/forest.svg"].startswith(b"<")
    assert b"dat <-" in files["page.R"]
    assert run("export", "page.html", "-o", "out", "--format", "zip").code == 0
    with zipfile.ZipFile(tmp_path / "out" / "page.zip") as archive:
        inner = {name.partition("/outcomes/")[2]: archive.read(name) for name in archive.namelist()}
        assert any(name.endswith("/environment/requirements.txt") for name in archive.namelist())
    del files["SHA256SUMS"]
    assert {name: data for name, data in inner.items() if name} == files


def test_the_help_knows_every_format() -> None:
    """A format that there is cannot be asked for."""
    assert set(FORMATS) == {*MADE, "zip"}


def test_the_same_files_again(run: Run, tmp_path: Path, document: dict[str, Any]) -> None:
    """A second export differs from the first, or is refused because of it."""
    page(tmp_path, document)
    assert run("export", "page.html", "-o", "out", "--format", "csv", "--format", "zip").code == 0
    before = files_of(tmp_path / "out")
    assert run("export", "page.html", "-o", "out", "--format", "csv", "--format", "zip").code == 0
    assert files_of(tmp_path / "out") == before


def test_an_outcome_of_a_review(run: Run, review: Path) -> None:
    """An outcome of a review cannot be exported by its name."""
    assert "synth pool --outcome fall" in run("export", "fall", cwd=review).err
    assert run("pool", "--outcome", "fall", "--quick", cwd=review).code == 0
    done = run("export", "fall", "--format", "csv", "--json", cwd=review)
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["outcome"], told["folder"], told["k"]) == ("fall", "fall-data", 4)
    for each in told["files"]:
        assert (review / each["path"]).stat().st_size == each["bytes"]
    missing = run("export", "fal", cwd=review)
    assert (missing.code, 'Did you mean "fall"?' in missing.err) == (1, True)


def test_numbers_on_the_terminal(run: Run, tmp_path: Path, document: dict[str, Any]) -> None:
    """The command says nothing of what it wrote, or where."""
    page(tmp_path, document)
    assert run("export", "page.html", "--format", "xlsx").out == "figures: 1 file in page-data (1 .xlsx)\n"


FOREIGN = {
    "no page of synth's": "<p>hello</p>",
    "nothing": "",
    "cut off": PAGE.format('<script type="application/json" id="synth-document">{"schema": "synth.pool/1"'),
    "two documents": PAGE.format(embed({"schema": "synth.pool/1"}) * 2),
    "no JSON": PAGE.format('<script type="application/json" id="synth-document">{</script>'),
    "a list": PAGE.format('<script type="application/json" id="synth-document">[]</script>'),
    "NaN": PAGE.format('<script type="application/json" id="synth-document">{"k": NaN}</script>'),
    "endless": PAGE.format(f'<script type="application/json" id="synth-document">{"[" * 200_000}</script>'),
    "many digits": PAGE.format(f'<script type="application/json" id="synth-document">{"9" * 9000}</script>'),
    "another schema": PAGE.format(embed({"schema": "synth.index/1"})),
    "no studies": PAGE.format(embed({"schema": "synth.pool/1", "k": 3})),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_page_that_is_none_is_refused_in_one_sentence(run: Run, tmp_path: Path, name: str) -> None:
    """A foreign or broken page makes files, a traceback or a message that nobody understands."""
    (tmp_path / "page.html").write_text(FOREIGN[name], encoding="utf-8")
    said = refused(run, tmp_path, "page.html")
    assert "Cannot export page.html:" in said
    assert len(said) < 600


@pytest.mark.parametrize(("data", "word"), [(b"\xff\xfe<\x00", "UTF-8"), (b"x" * (2**26 + 1), "larger than 64 MB")])
def test_bytes_that_are_no_page(run: Run, tmp_path: Path, data: bytes, word: str) -> None:
    """A file of another kind, or of any size, is read to its end."""
    (tmp_path / "page.html").write_bytes(data)
    done = run("export", "page.html")
    assert done.code == 1
    assert word in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html"]


def test_what_is_not_there(run: Run, tmp_path: Path) -> None:
    """A name that is no file and no outcome is answered with a traceback."""
    assert "Cannot read gone.html" in refused(run, tmp_path, "gone.html")
    assert "no review here" in refused(run, tmp_path, "gone")


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("studies", 0, "estimate"), "0.1"), (("studies",), {}), (("pooled",), None), (("k",), True),
        (("studies", 0), []),
    ],
)  # fmt: skip
def test_a_document_that_was_tampered_with(
    run: Run, tmp_path: Path, document: dict[str, Any], where: tuple[Any, ...], value: Any
) -> None:
    """A page that somebody changed by hand is exported as if nothing had happened, or crashes synth."""
    place: Any = document
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = value
    page(tmp_path, document)
    said = refused(run, tmp_path, "page.html")
    assert "synth.pool/1" in said


@pytest.mark.parametrize("depth", [50, 300, 900])
def test_a_document_that_is_nested_without_end(
    run: Run, tmp_path: Path, document: dict[str, Any], depth: int
) -> None:
    """A strange page ends synth by the depth of a value that nobody asked for."""
    document["novelty"] = 0
    text = embed(document).replace('"novelty":0', f'"novelty":{"[" * depth}{"]" * depth}')
    (tmp_path / "page.html").write_text(PAGE.format(text), encoding="utf-8")
    assert "nested without end" in refused(run, tmp_path, "page.html")


@pytest.mark.parametrize("table", ["5", "[]", '[["a"]],"rows":5', '[["a"]],"rows":[[7,1]]', '[["a"]],"rows":[[]]'])
def test_a_packed_table_that_is_damaged(run: Run, tmp_path: Path, table: str) -> None:
    """A list of a page that was packed and then damaged is called a fault of synth."""
    text = embed({"schema": "synth.pool/1", "novelty": 0}).replace('"novelty":0', f'"studies":{{"@fields":{table}}}')
    (tmp_path / "page.html").write_text(PAGE.format(text), encoding="utf-8")
    assert "Cannot export page.html" in refused(run, tmp_path, "page.html")


def test_a_proportion_of_sixteen(run: Run, tmp_path: Path, document: dict[str, Any]) -> None:
    """A proportion beyond 1, which the schema cannot know to be one, is called a fault of synth."""
    document["studies"][0]["estimate"] = 16.0
    page(tmp_path, document)
    assert "do not hold together" in refused(run, tmp_path, "page.html")


def test_names_lead_nowhere(run: Run, tmp_path: Path, document: dict[str, Any]) -> None:
    """The name of an outcome, a page or a column of a strange page decides where a file is written."""
    document["outcome"] = "../../evil"
    document["studies"][0]["data"]["../../x"] = 1.0
    document["studies"][0]["study"] = "=cmd|' /C calc'!A0"
    page(tmp_path / "in", document, "..evil $(touch x).html")
    assert run("export", "in/..evil $(touch x).html", "-o", "in/out").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figures.csv", "figures.html", "figures.json", "in"]
    files = files_of(tmp_path / "in" / "out")
    assert "evil_touch_x/studies.csv" in files
    rows = list(csv.DictReader(io.StringIO(files["evil_touch_x/studies.csv"].decode("utf-8-sig"))))
    assert rows[0]["study"] == "'=cmd|' /C calc'!A0"
    assert not any(".." in (column or "") for column in rows[0])


def test_foreign_files_stay(run: Run, tmp_path: Path, document: dict[str, Any]) -> None:
    """Somebody's own file, or an export that somebody has corrected by hand, is written over."""
    page(tmp_path, document)
    out = tmp_path / "out"
    out.mkdir()
    (out / "page.xlsx").write_bytes(b"mine")
    assert "page.xlsx" in refused(run, tmp_path, "page.html", "-o", "out")
    (out / "page.xlsx").unlink()
    assert run("export", "page.html", "-o", "out", "--format", "csv").code == 0
    (out / "page" / "studies.csv").write_text("study\ncorrected by hand\n", encoding="utf-8")
    assert "page/studies.csv" in refused(run, tmp_path, "page.html", "-o", "out")
    (out / "SHA256SUMS").write_text("my own list\n", encoding="utf-8")
    assert "SHA256SUMS" in refused(run, tmp_path, "page.html", "-o", "out")
    assert "is no folder" in refused(run, tmp_path, "page.html", "-o", "figures.csv")


def test_synths_own_files_are_replaced(run: Run, tmp_path: Path, document: dict[str, Any]) -> None:
    """An export of newer numbers is refused because that of the older ones is in its way."""
    page(tmp_path, document)
    assert run("export", "page.html", "-o", "out").code == 0
    before = files_of(tmp_path / "out")
    document["studies"][0]["study"] = "A 2020, corrected"
    page(tmp_path, document)
    done = run("export", "page.html", "-o", "out")
    assert done.code == 0, done.err
    after = files_of(tmp_path / "out")
    assert after["page/studies.csv"] != before["page/studies.csv"]
    assert after["page.json"].decode() == to_json(document)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_a_link_leads_nowhere(run: Run, tmp_path: Path, document: dict[str, Any]) -> None:
    """A link in the folder makes the export write over a file somewhere else."""
    page(tmp_path, document)
    (tmp_path / "precious").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "page").symlink_to(tmp_path / "precious")
    assert "page/answer.csv" in refused(run, tmp_path, "page.html", "-o", "out", "--format", "csv")
    assert not list((tmp_path / "precious").iterdir())
    (tmp_path / "out" / "page.json").symlink_to(tmp_path / "figures.csv")
    assert "page.json" in refused(run, tmp_path, "page.html", "-o", "out", "--format", "json")


def test_judgements_and_certainty_go_out(run: Run, review: Path) -> None:
    """The judgements of risk of bias, the certainty or the what-if do not fit the schema, or stay in."""
    judged(review)
    assert run("pool", "--outcome", "fall", cwd=review).code == 0
    made = json.loads((review / "reports" / "fall.json").read_text("utf-8"))
    assert problem(made) is None
    assert run("export", "fall", "--format", "csv", "-o", "out", cwd=review).code == 0
    files = files_of(review / "out")
    rows = list(csv.DictReader(io.StringIO(files["fall/risk_of_bias.csv"].decode("utf-8-sig"))))
    found = {(row["study"], row["item"]): row["judgement"] for row in rows}
    assert (len(found), found["Dahl 2022", "3"], found["Brown 2020", "10"]) == (40, "no", "no")
    domains = list(csv.DictReader(io.StringIO(files["fall/certainty.csv"].decode("utf-8-sig"))))
    by_label = {row["domain"]: row["used"] for row in domains}
    assert {each["label"]: each["used"] or "" for each in made["certainty"]["domains"]}.items() <= by_label.items()


def test_a_page_too_large_for_its_document_names_the_file_beside_it(run: Run, tmp_path: Path) -> None:
    """Somebody with the page of very many series is told that it is none, or not which file has its numbers."""
    document = factory.many(200)
    (tmp_path / "page.html").write_text(outcome_page.render(document), encoding="utf-8")
    said = refused(run, tmp_path, "page.html")
    assert "too large to hold its document" in said
    assert "synth export page.json" in " ".join(said.split())
