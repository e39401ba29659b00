"""What import reads once more before it keeps a large sheet: everything that no check has seen as it will stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.errors import ProblemsError
from synth.extract import load
from synth.extract.rehearsal import SMALL, unseen
from synth.extract.store import Change
from synth.steps.sheets import import_sheets
from synth.workspace import Workspace
from tests.extract.sheets import REVIEW

HEAD = "study,arm,outcome,events,total\n"
ROWS = 3 * SMALL


def review_in(folder: Path) -> Workspace:
    """The review of the tests on disk."""
    (folder / "review.toml").write_text(REVIEW, "utf-8")
    (folder / "extracted").mkdir()
    return Workspace.find(folder)


def sheet(folder: Path, text: str, name: str = "a.csv") -> Path:
    """Write a sheet beside the review."""
    path = folder / name
    path.write_text(HEAD + text, "utf-8")
    return path


def many(count: int = ROWS) -> str:
    """Give many sound rows."""
    return "".join(f"Study {n // 2},{('mis', 'open')[n % 2]},infection,{n % 7},{n % 7 + 30}\n" for n in range(count))


def test_a_large_sheet_is_kept_whole(tmp_path: Path) -> None:
    """Rows that are not read again would be lost, or others kept in their place."""
    workspace = review_in(tmp_path)
    made = import_sheets(workspace, [sheet(tmp_path, many())])
    assert made.figures == len(made.changes) == len(load(workspace).figures) == ROWS
    again = import_sheets(workspace, [tmp_path / "a.csv"])
    assert (again.changes, again.unchanged, again.files) == ((), ROWS, ())


@pytest.mark.parametrize("twin", ["study  5", "STUDY 5"])
def test_a_twin_of_a_row_that_is_there_is_found_among_many(tmp_path: Path, twin: str) -> None:
    """The patients of a study would count twice, because its label is typed in another way."""
    workspace = review_in(tmp_path)
    import_sheets(workspace, [sheet(tmp_path, many())])
    before = (workspace.extracted / "results.csv").read_bytes()
    with pytest.raises(ProblemsError) as caught:
        import_sheets(workspace, [sheet(tmp_path, f"{twin},open,infection,1,30\n", "b.csv")])
    (problem,) = (each for each in caught.value.problems if each.severity == "error")
    assert problem.row == ROWS + 2
    assert "stands in row 13 already" in problem.message
    # That the label is typed in another way is said apart from it.
    assert [each.row for each in caught.value.problems if each.severity == "warning"] == [ROWS + 2]
    assert (workspace.extracted / "results.csv").read_bytes() == before


def test_what_stands_in_the_lines_left_out_stays_where_it_was() -> None:
    """A message about the rehearsed rows would name the row of another study."""
    text = HEAD + many() + "study 7,mis,infection,1,30\n"
    kept = unseen({"results.csv": text}, ())["results.csv"]
    lines = dict(enumerate(text.splitlines(), start=1))
    read = {number: line for number, line in enumerate(kept.splitlines(), start=1) if line}
    assert read == {number: lines[number] for number in (1, 2, 3, 16, 17, ROWS + 2)}


def test_a_cell_over_several_lines_is_one_row() -> None:
    """The rows below such a cell would all have other numbers."""
    text = HEAD + 'A,mis,infection,1,30\n"B\nb",mis,infection,1,30\n' + many() + "study 7,mis,infection,1,30\n"
    kept = unseen({"results.csv": text}, ())["results.csv"].splitlines()
    assert kept[ROWS + 3] == "study 7,mis,infection,1,30"


def test_whole_studies_are_read_again_where_something_else_is_new_of_them() -> None:
    """A changed row, a study within another, or patients row by row would not be held against the rest of the study."""
    texts = {
        "results.csv": HEAD + many(),
        "studies.csv": "study,arm,overlaps\nStudy 9,mis,Study 11\n",
        "patients/p.csv": "study,arm,infection\nStudy 13,mis,0\n",
    }
    changed = Change("results", "changed", ("Study 15", "mis", "infection"), (("events", "1", "2"),))
    kept = unseen(texts, (changed,))
    read = [line.split(",")[0] for line in kept["results.csv"].splitlines()[1:] if line]
    assert read == ["Study 0"] * 2 + ["Study 11"] * 2 + ["Study 13"] * 2 + ["Study 15"] * 2
    assert {name: kept[name] for name in kept if name != "results.csv"} == {
        name: texts[name] for name in texts if name != "results.csv"
    }


def test_a_row_that_was_cut_short_by_hand_is_still_reported(tmp_path: Path) -> None:
    """A row that no check can read would slip through among many that are left out."""
    workspace = review_in(tmp_path)
    (workspace.extracted / "results.csv").write_text(HEAD + many() + "Study X,mis\n", "utf-8")
    with pytest.raises(ProblemsError, match="has 2 cells, and the header has 5"):
        import_sheets(workspace, [sheet(tmp_path, "Study Y,mis,infection,1,30\n", "b.csv")])


def test_a_small_review_is_read_again_whole() -> None:
    """What costs nothing would be left out."""
    texts = {"results.csv": HEAD + many(SMALL - 1)}
    assert unseen(texts, ()) == texts
