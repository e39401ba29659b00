"""``synth reconcile`` as two people type it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import openpyxl
import pytest

from .conftest import Run
from .test_import import PATIENTS, tree

HEAD = "study,arm,outcome,events,total,page\n"
ANNA = HEAD + "Ågren 2019,new,fall,4,40,p. 3\nDoe 2024,new,fall,2,31,Table 2\n"
BEN = HEAD + "Doe 2024,new,fall,2,32,Table 2\nÅgren 2019,new,fall,3,40,p. 5\nRoe 2020,new,fall,1,9,\n"
BOTH = ("reconcile", "anna.csv", "ben.csv")


@pytest.fixture
def two(review: Path) -> Path:
    """A review with the sheets of two people beside it."""
    (review / "anna.csv").write_text(ANNA, "utf-8")
    (review / "ben.csv").write_text(BEN, "utf-8")
    return review


def fill(path: Path, *words: str) -> None:
    """Settle every row of a workbook."""
    book = openpyxl.load_workbook(path)
    page = book["disagreements"]
    assert page.max_row - 1 == len(words)
    for row, word in enumerate(words, start=2):
        page.cell(row, 10).value = word
    book.save(path)


def test_what_they_do_not_agree_on(two: Path, run: Run) -> None:
    """A disagreement is shown without one of the values or places, or comparing changes the review."""
    before = tree(two)
    done = run(*BOTH, cwd=two)
    assert done.code == 0, done.err
    assert "results: 2 rows in both, 0 only in A, 1 only in B" in done.out
    assert "Ågren 2019, new, fall, events: A 4, B 3" in done.out
    assert "A: anna.csv, row 2 (p. 3)" in done.out
    assert "B: ben.csv, row 3 (p. 5)" in done.out
    assert "Roe 2020, new, fall: only in B: events 1, total 9" in done.out
    assert tree(two) == before


def test_json(two: Path, run: Run) -> None:
    """The JSON lacks a coefficient's reason, or a disagreement."""
    made = json.loads(run(*BOTH, "--json", cwd=two).out)
    assert made["schema"] == "synth.reconcile/1"
    assert [each["sha256"] for each in made["sources"]] == [
        hashlib.sha256(text.encode()).hexdigest() for text in (ANNA, BEN)
    ]
    events, total = made["agreement"][:2]
    assert (events["column"], events["share"], events["method"], events["n"]) == ("events", 0.5, "ICC(A,1)", 2)
    assert events["value"] == pytest.approx(4 / 5)
    assert (total["value_reason"], len(made["disagreements"]), made["imported"]) == (None, 3, None)


def test_settled_and_kept_with_both_originals(two: Path, run: Run) -> None:
    """What was agreed is not kept, an original is lost or not named in the log, or settling again changes something."""
    done = run(*BOTH, "--output", "settle.xlsx", cwd=two)
    assert done.code == 0, done.err
    fill(two / "settle.xlsx", "A", "B", "B")
    before = tree(two / "extracted")
    done = run(*BOTH, "--settled", "settle.xlsx", "--dry-run", cwd=two)
    assert done.code == 0, done.err
    assert tree(two / "extracted") == before
    done = run(*BOTH, "--settled", "settle.xlsx", cwd=two)
    assert done.code == 0, done.err
    kept = tree(two / "extracted")
    results = kept["results.csv"].decode()
    assert "\nÅgren 2019,new,fall,4,40," in results
    assert "\nDoe 2024,new,fall,2,32," in results
    assert "\nRoe 2020,new,fall,1,9," in results
    assert "settled: settle.xlsx, sheet disagreements, J2" in results
    assert b"Doe 2024,new,fall,2,31" in kept["readers/settle/a/results.csv"]
    assert b"Doe 2024,new,fall,2,32" in kept["readers/settle/b/results.csv"]
    (line,) = [json.loads(line) for line in kept["imports.jsonl"].decode().splitlines()]
    assert [each["file"] for each in line["sources"]] == ["anna.csv", "ben.csv", "settle.xlsx"]
    assert line["sources"][0]["sha256"] == hashlib.sha256(ANNA.encode()).hexdigest()
    for name, sha256 in line["files"].items():
        assert hashlib.sha256(kept[name]).hexdigest() == sha256
    assert line["reconciled"]["originals"] == "readers/settle"
    done = run(*BOTH, "--settled", "settle.xlsx", cwd=two)
    assert "Nothing has changed" in done.out
    assert tree(two / "extracted") == kept
    assert run("check", cwd=two).code == 0
    pooled = json.loads(run("pool", "--outcome", "fall", "--json", cwd=two).out)
    assert (2, 32) in {(study["events"], study["total"]) for study in pooled["studies"]}


def test_an_earlier_pair_is_not_written_over(two: Path, run: Run) -> None:
    """Two workbooks of one name leave the originals of the second only."""
    for text, words in ((BEN, ("A", "B", "B")), (BEN.replace("1,9", "1,8"), ("A", "B", "B"))):
        (two / "ben.csv").write_text(text, "utf-8")
        assert run(*BOTH, "--output", "settle.xlsx", "--replace", cwd=two).code == 0
        fill(two / "settle.xlsx", *words)
        assert run(*BOTH, "--settled", "settle.xlsx", cwd=two).code == 0
    assert sorted(path.name for path in (two / "extracted" / "readers").iterdir()) == ["settle", "settle-2"]


def test_not_settled_keeps_nothing(two: Path, run: Run) -> None:
    """Rows are kept while another one is open, or the open one is not named by its cell."""
    run(*BOTH, "--output", "settle.xlsx", cwd=two)
    fill(two / "settle.xlsx", "A", "", "B")
    before = tree(two / "extracted")
    done = run(*BOTH, "--settled", "settle.xlsx", cwd=two)
    assert done.code == 1
    assert "settle.xlsx, sheet disagreements, cell J3, column settled: is not settled yet." in done.err
    assert tree(two / "extracted") == before


def test_agreement_on_everything_can_be_kept(two: Path, run: Run) -> None:
    """Two people who agree on every cell cannot keep their sheets, or are told to settle something."""
    (two / "ben.csv").write_text(ANNA, "utf-8")
    done = run(*BOTH, "--output", "settle.xlsx", cwd=two)
    assert "nothing to settle" in done.out
    assert "the very same bytes" in done.err
    done = run(*BOTH, "--settled", "settle.xlsx", cwd=two)
    assert done.code == 0, done.err
    assert "Settled: 0 disagreements." in done.out


def test_patients_are_shown_nowhere(review: Path, run: Run) -> None:
    """A patient's row reaches the terminal, the JSON, the workbook or the log."""
    (review / "anna.csv").write_text(PATIENTS, "utf-8")
    (review / "ben.csv").write_text(PATIENTS.replace("3,1,0", "3,0,0"), "utf-8")
    words = (*BOTH, "--study", "Zorn 2019", "--arm", "old")
    done = run(*words, "--output", "settle.xlsx", "--json", cwd=review)
    assert done.code == 0, done.err
    assert [each["column"] for each in json.loads(done.out)["disagreements"]] == ["events"]
    fill(review / "settle.xlsx", "B")
    settled = run(*words, "--settled", "settle.xlsx", cwd=review)
    assert settled.code == 0, settled.err
    kept = review / "extracted"
    rows = (kept / "readers" / "settle" / "b" / "patients" / "zorn-2019.csv").read_text("utf-8").splitlines()
    assert len(rows) == 6
    book = openpyxl.load_workbook(review / "settle.xlsx")
    cells = "\n".join(",".join(str(cell) for cell in row) for page in book for row in page.iter_rows(values_only=True))
    for row in rows[1:]:
        assert row not in done.out + settled.out + cells + (kept / "imports.jsonl").read_text("utf-8")
    assert "Zorn 2019,old,fall,2,5" in (kept / "results.csv").read_text("utf-8")


def test_sheets_of_one_name_are_told_apart(review: Path, run: Run) -> None:
    """Two files called alike are one source in the places of their values."""
    for who, text in (("anna", ANNA), ("ben", BEN)):
        (review / who).mkdir()
        (review / who / "sheet.csv").write_text(text, "utf-8")
    done = run("reconcile", "anna/sheet.csv", "ben/sheet.csv", cwd=review)
    assert done.code == 0, done.err
    assert "A: anna/sheet.csv, row 2" in done.out
    assert "B: ben/sheet.csv, row 3" in done.out


def test_what_cannot_be(two: Path, run: Run) -> None:
    """A mistake in the words ends in a traceback, or in a file that is written over."""
    (two / "bad.csv").write_text(HEAD + "Doe 2024,new,fall,9,4,\n", "utf-8")
    (two / "there.xlsx").write_bytes(b"mine")
    for words, code, said in (
        (("anna.csv", "anna.csv"), 1, "named twice"),
        (("anna.csv", "bad.csv"), 1, "bad.csv, row 2"),
        (("anna.csv", "missing.csv"), 1, "Cannot read missing.csv"),
        (("anna.csv", "ben.csv", "--output", "there.xlsx"), 1, "--replace"),
        (("anna.csv", "ben.csv", "--output", "x.csv"), 2, ".xlsx"),
        (("anna.csv", "ben.csv", "--output", "x.xlsx", "--settled", "y.xlsx"), 2, "one of them"),
        (("anna.csv", "ben.csv", "--dry-run"), 2, "--settled"),
        (("anna.csv", "ben.csv", "--settled", "anna.csv"), 1, "no page"),
        (("anna.csv", "extracted/results.csv"), 1, "synth check"),
    ):
        done = run("reconcile", *words, cwd=two)
        assert done.code == code, words
        assert said in done.err
        assert "Traceback" not in done.err
    assert (two / "there.xlsx").read_bytes() == b"mine"
