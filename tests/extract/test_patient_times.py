"""Sheets of patients in which every outcome has a time of its own, and outcomes that lie within each other."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from synth.extract import Given, Understood, load
from synth.workspace import Workspace

from .sheets import REVIEW, clean, only, understood, workbook_table

STUDY = Given(study="Aro 2001", arm="mis")
HEAD = "patient,mortality_30d,mortality_30d_months,mortality_1y,mortality_1y_months"


def counted(found: Understood) -> dict[str, tuple[int | None, int | None]]:
    """Give events and total by outcome."""
    return {f.outcome: (f.events, f.total) for sheet in found.patients for f in sheet.figures}


def test_every_outcome_may_have_its_own_months() -> None:
    """The template's columns of months would be refused, or a patient be told of a column that is not there."""
    text = f"{HEAD}\n1,1,0.5,1,0.5\n2,0,,1,8\n3,0,,0,\n4,0,,0,\n"
    assert counted(clean(understood(text, given=STUDY))) == {"mortality_30d": (1, 4), "mortality_1y": (2, 4)}
    text = f"{HEAD},followup_months\n1,1,,1,,0.5\n2,0,,1,8,8\n3,0,,0,,14\n4,0,,0,,6\n"
    assert counted(clean(understood(text, given=STUDY))) == {"mortality_30d": (1, 4), "mortality_1y": (2, 3)}


def test_an_own_time_is_held_against_its_own_outcome() -> None:
    """A death in the eighth month would pass for one within 30 days, or be told at another outcome's column."""
    table = workbook_table(HEAD.split(","), ("1", "1", "8", "1", "8"), ("2", "0", "", "0", ""))
    problem = only(understood(table, given=STUDY))
    assert (problem.row, problem.cell, problem.column) == (4, "C4", "mortality_30d")
    assert problem.message == "says yes, and the time of it lies after 30 days."


def test_a_name_that_holds_a_unit_keeps_the_unit_at_its_end() -> None:
    """The months of "Death within one year (months)" would be read as years."""
    head = "patient,Death within one year (months),followup_months"
    text = f"{head}\n1,5,5\n2,,14\n3,,14\n"
    found = clean(understood(text, given=STUDY))
    assert counted(found)["mortality_1y"] == (1, 3)
    assert "mortality_1y_months" in found.patients[0].header


def test_own_times_are_kept_and_read_again(tmp_path: Path) -> None:
    """What is pooled later would be counted otherwise than what was shown when the sheet was read."""
    found = clean(understood(f"{HEAD}\n1,1,0.5,1,0.5\n2,0,,1,8\n3,0,,0,\n", given=STUDY))
    (sheet,) = found.patients
    folder = tmp_path / "extracted" / "patients"
    folder.mkdir(parents=True)
    (tmp_path / "review.toml").write_text(REVIEW, encoding="utf-8")
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([sheet.header, *sheet.rows])
    (folder / "aro-2001.csv").write_text(out.getvalue(), encoding="utf-8")
    again = {f.outcome: (f.events, f.total) for f in load(Workspace.find(tmp_path)).figures}
    assert again == counted(found) == {"mortality_30d": (1, 3), "mortality_1y": (2, 3)}


def test_dead_at_thirty_days_is_dead_at_one_year() -> None:
    """A patient counted as dead early and alive later would go unseen where the sums happen to agree."""
    head = ("Patient", "mortality_30d", "mortality_1y")
    table = workbook_table(head, ("1", "1", "0"), ("2", "0", "1"), ("3", "0", "0"))
    problem = only(understood(table, given=STUDY))
    assert (problem.sheet, problem.row, problem.cell, problem.value) == ("Data", 4, "D4", None)
    assert problem.message == "says no, and mortality_30d of the same row says yes, which it contains."


def test_a_problem_of_what_was_counted_names_the_columns_that_are_there() -> None:
    """A person would look for a column events, or sd, in row 3 of a sheet that has none."""
    head = ("Patient", "mortality_30d", "mortality_1y", "mortality_followup")
    table = workbook_table(head, ("1", "1", "1", "1"), ("2", "1", "", "1"), ("3", "", "0", "0"))
    problem = only(understood(table, given=STUDY))
    assert (problem.row, problem.cell, problem.column) == (None, None, "mortality_30d")
    assert problem.message.startswith("counted for Aro 2001, mis, mortality_30d, events: mortality_30d is more than")


@pytest.mark.parametrize(("months", "said"), [("13.37", False), ("", False), ("13", True)])
def test_only_whole_months_are_called_whole(months: str, said: bool) -> None:
    """A sheet with 13.37 months would be told that its times are in whole months."""
    text = f"patient,death,followup_months\n1,0,{months}\n2,0,14\n" if months else f"{HEAD}\n1,1,,1,\n2,0,,0,\n"
    found = clean(understood(text, given=STUDY))
    assert any("whole months" in note for note in found.notes) is said
