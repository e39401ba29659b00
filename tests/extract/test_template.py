"""The empty sheets: what they hold, what they let be typed, and that they come back as they went out."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from synth.errors import SettingsError, UnknownName, WorkspaceError
from synth.extract.contract.sheets import BIAS, PATIENTS, RESULTS, STUDIES, names_of
from synth.extract.template import Known, Template, make_template
from synth.extract.template_files import to_csv, to_workbook
from synth.review import parse_review
from synth.search.records.record import Author, Record, as_line
from synth.steps.known_studies import known_studies
from synth.steps.template import template
from synth.workspace import Workspace

REVIEW = b"""
schema = 1
title = "Hips & knees"
primary_arm = "new"
comparator_arms = ["old"]
[question]
text = "How many fall?"
[arms.new]
label = "New joint"
[arms.old]
label = "=Old joint"
[outcomes.fall]
label = "Fall"
definition = "At least one fall"
time_point = "1 year"
[outcomes.infection]
label = "Infection"
kind = "rate"
[outcomes.pain]
label = "Pain"
kind = "continuous"
"""
MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).replace(tzinfo=None)


def made(**words: object) -> Template:
    """The sheets of the small review."""
    return make_template(parse_review(REVIEW), **words)  # type: ignore[arg-type]


def workspace_in(folder: Path) -> Workspace:
    """The small review on disk."""
    (folder / "review.toml").write_bytes(REVIEW)
    return Workspace.find(folder)


def test_every_heading_is_one_that_import_knows() -> None:
    """A sheet filled in from the template has a heading that the reader does not understand."""
    known = {"studies": names_of(STUDIES), "results": names_of(RESULTS), "bias": names_of(BIAS)}
    for sheet in made().sheets:
        names = [column.name for column in sheet.columns]
        assert set(names) <= set(known[sheet.name].values())
        assert len(names) == len(set(names))
    patients = made(patients=True).sheets[1]
    own = {column.name for column in PATIENTS}
    rest = {column.name for column in patients.columns} - own
    assert rest == {"followup_months", "fall", "fall_months", "infection", "infection_months", "pain"}


def test_only_the_columns_of_the_outcomes_asked_for() -> None:
    """A review of counts shows columns for means, or one of means lacks them."""
    counts = [column.name for column in made(outcomes=["fall"]).sheets[1].columns]
    means = [column.name for column in made(outcomes=["pain"]).sheets[1].columns]
    assert "events" in counts
    assert "mean" not in counts
    assert "time" not in counts
    assert "events" not in means
    assert {"total", "mean", "sd", "median", "q1", "q3"} <= set(means)
    with pytest.raises(UnknownName, match="falls"):
        made(outcomes=["falls"])


def test_workbook_has_lists_limits_notes_and_a_frozen_heading() -> None:
    """A spreadsheet does not offer the arms, lets -1 events be typed, or loses its heading when scrolled."""
    book = openpyxl.load_workbook(io.BytesIO(to_workbook(made(), MADE)))
    assert book.sheetnames == ["instructions", "studies", "results", "bias", "words"]
    page = book["results"]
    assert page.freeze_panes == "B2"
    heads = {cell.value: cell for cell in page[1]}
    assert all(cell.comment for cell in heads.values())
    rules = {str(rule.sqref): rule for rule in page.data_validations.dataValidation}

    def rule(name: str) -> object:
        letter = heads[name].column_letter
        return next(rule for place, rule in rules.items() if place.startswith(f"{letter}2:"))

    assert rule("arm").formula1 == "words!$A$2:$A$3"  # type: ignore[attr-defined]
    assert rule("outcome").formula1 == "words!$D$2:$D$4"  # type: ignore[attr-defined]
    events = rule("events")
    assert (events.type, events.formula1, events.allow_blank) == ("whole", "0", True)  # type: ignore[attr-defined]
    assert rule("confidence").formula1 == '"high,moderate,low"'  # type: ignore[attr-defined]
    words = book["words"]
    assert [words["A2"].value, words["A3"].value, words["B3"].value] == ["new", "old", "=Old joint"]
    assert words["B3"].data_type == "s"


def test_text_that_looks_like_a_formula_stays_text() -> None:
    """A title from a record is run as a formula by the spreadsheet that opens the sheet."""
    study = Known("=cmd|x 2020", "12", title="+1", journal="@x")
    sheets = made(known=[study])
    page = openpyxl.load_workbook(io.BytesIO(to_workbook(sheets, MADE)))["studies"]
    assert page["A2"].data_type == "s"
    assert page["A2"].value == "=cmd|x 2020"
    row = next(csv.DictReader(io.StringIO(to_csv(sheets.sheets[0]))))
    assert (row["study"], row["title"], row["journal"], row["pmid"]) == ("'=cmd|x 2020", "'+1", "'@x", "12")


def test_same_bytes_at_the_same_time() -> None:
    """Two templates of one review differ although nothing has changed."""
    assert to_workbook(made(), MADE) == to_workbook(made(), MADE)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """A sheet that somebody has filled in is replaced by an empty one."""
    workspace = workspace_in(tmp_path)
    target = tmp_path / "sheet.xlsx"
    target.write_bytes(b"somebody's work")
    with pytest.raises(WorkspaceError, match="is there already"):
        template(workspace, output=target)
    assert target.read_bytes() == b"somebody's work"
    assert template(workspace, output=target, replace=True).files == (target,)
    with pytest.raises(SettingsError, match=r"sheet\.xlsx"):
        template(workspace, output=tmp_path / "sheet.doc")


def test_plain_sheets(tmp_path: Path) -> None:
    """A sheet is missing where CSV was asked for, or Excel takes its letters for another encoding's."""
    written = template(workspace_in(tmp_path), output=tmp_path / "a.csv")
    assert [path.name for path in written.files] == ["a.csv", "a-studies.csv", "a-bias.csv"]
    assert all(path.read_bytes().startswith(b"\xef\xbb\xbfstudy,arm") for path in written.files)


def test_studies_that_were_kept_are_filled_in(tmp_path: Path) -> None:
    """A study that people kept after screening has to be typed again, or two of them get one label."""
    workspace = workspace_in(tmp_path)
    folder = tmp_path / "queries" / "falls"
    folder.mkdir(parents=True)
    records = [
        Record(pmid=11, title="First", authors=(Author(last_name="Ågren", initials="B"),), year=2019, doi="10.1/a"),
        Record(pmid=12, title="Second", authors=(Author(last_name="Ågren", initials="C"),), year=2019, volume="3"),
        Record(pmid=13, title="Not kept", authors=(Author(last_name="Brown"),), year=2020),
    ]
    (folder / "records.jsonl").write_text("".join(map(as_line, records)), "utf-8")
    (folder / "included.csv").write_text("pmid,label\n12,\n11,\n99,Gone 2001\n", "utf-8")
    known = known_studies(workspace)
    assert [(study.study, study.pmid, study.title) for study in known] == [
        ("Gone 2001", "99", ""), ("Ågren 2019", "11", "First"), ("Ågren 2019b", "12", "Second"),
    ]  # fmt: skip
    assert (known[1].doi, known[1].authors, known[2].journal) == ("10.1/a", "Ågren B", "3")
    written = template(workspace, output=tmp_path / "s.xlsx", known=known)
    assert written.studies == 3
    page = openpyxl.load_workbook(tmp_path / "s.xlsx")["studies"]
    assert [page.cell(row, 1).value for row in (2, 3, 4)] == ["Gone 2001", "Ågren 2019", "Ågren 2019b"]
