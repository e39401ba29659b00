"""What a person sees who has made a mistake: every problem at once, no traceback, and the older report as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import FIGURES, RESULTS, Run

HEADER = "study,arm,outcome,events,total\n"


def row(events: str, total: str, study: str = "Study A") -> str:
    """Write one row of the sheet."""
    return f'{study},new,fall,"{events}","{total}"\n'


def pool(run: Run, review: Path, sheet: str, *args: str) -> str:
    """Pool a sheet that is wrong, and give the message."""
    (review / "extracted" / "results.csv").write_text(sheet, encoding="utf-8")
    reports = review / "reports"
    reports.mkdir()
    older = reports / "fall.html"
    older.write_text('<meta name="generator" content="synth 0.0.9">older', encoding="utf-8")
    done = run("pool", *args, cwd=review)
    assert done.code == 1, done.err
    assert done.out == ""
    assert "Traceback" not in done.err
    assert older.read_text(encoding="utf-8").endswith("older")
    assert [path.name for path in reports.iterdir()] == ["fall.html"]
    return done.err


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (("9", "4"), ['events']),
        (("seven", "43"), ['"seven"', "column events"]),
        (("7 (16%)", "43"), ['"7 (16%)"', "column events"]),
        (("3,5", "43"), ['"3,5"', "column events"]),
        (("7", "43,0"), ['"43,0"', "column total"]),
        (("7/43", "43"), ['"7/43"']),
        (("16%", "43"), ['"16%"']),
        (("1.5", "43"), ['"1.5"']),
        (("-1", "43"), ['"-1"']),
        (("NaN", "43"), ['"NaN"']),
        (("1e3", "4000"), ['"1e3"']),
    ],
)  # fmt: skip
def test_a_bad_cell(run: Run, review: Path, cells: tuple[str, str], words: list[str]) -> None:
    """A cell that is no count is pooled, or the message does not say where it stands."""
    message = pool(run, review, HEADER + row("1", "20", "Study B") + row(*cells))
    for word in ["results.csv", "row 3", *words]:
        assert word in message
    assert "1 problem found" in message


def test_every_problem_at_once(run: Run, review: Path) -> None:
    """A person mends one cell after the other, because each run tells of one only."""
    (review / "extracted" / "more.csv").write_text(HEADER + row("8 of 9", "9", "Gass 2001"), encoding="utf-8")
    sheet = HEADER + row("9", "4", "A 2001") + row("7 (16%)", "43", "B 2001") + row("1", "3,5", "C 2001")
    message = pool(run, review, sheet)
    assert "4 problems found" in message
    for word in ["row 2", "row 3", "row 4", "more.csv", '"7 (16%)"', '"3,5"', '"8 of 9"']:
        assert word in message


def test_a_duplicate(run: Run, review: Path) -> None:
    """The same study is pooled twice for an outcome, or the message does not name both rows."""
    message = pool(run, review, HEADER + row("1", "20") + row("2", "30", "Study B") + row("1", "20"))
    assert "row 4" in message
    assert "2" in message.split("row 4")[1]
    assert "Study A" in message


def test_a_missing_column(run: Run, review: Path) -> None:
    """A sheet without totals is pooled, or the message does not name the column."""
    message = pool(run, review, "study,arm,outcome,events\nA,new,fall,1\n")
    assert "results.csv" in message
    assert "total" in message


def test_an_unknown_outcome_and_arm_in_a_sheet(run: Run, review: Path) -> None:
    """A misspelt outcome or arm in a sheet vanishes silently from the pool."""
    message = pool(run, review, HEADER + "A,new,fal,1,9\nB,nwe,fall,1,9\n")
    assert "2 problems found" in message
    for word in ("row 2", '"fal"', "fall", "row 3", '"nwe"', "new"):
        assert word in message


def test_an_unknown_outcome_on_the_command_line(run: Run, review: Path) -> None:
    """A misspelt --outcome writes a page, or is refused without naming the nearest one."""
    message = pool(run, review, RESULTS, "--outcome", "fal")
    assert message == 'synth: There is no outcome "fal". Did you mean "fall"? There are: fall, revision, pain.\n'


def test_an_unknown_arm_on_the_command_line(run: Run, review: Path) -> None:
    """A misspelt --arm pools nothing without a word."""
    assert 'There is no arm "odl". Did you mean "old"?' in pool(run, review, RESULTS, "--arm", "odl")


def test_an_empty_folder(run: Run, review: Path) -> None:
    """A review without any sheet fails without saying which file to write."""
    (review / "extracted" / "results.csv").unlink()
    done = run("pool", cwd=review)
    assert (done.code, done.out) == (1, "")
    assert "extracted" in done.err
    assert "Traceback" not in done.err


def test_a_new_review(run: Run, tmp_path: Path) -> None:
    """After ``synth init`` the first ``synth pool`` shows a traceback instead of what is to be filled in."""
    assert run("init", "mine").code == 0
    for args in (("pool",), ("pool", "--outcome", "mortality_30d")):
        done = run(*args, cwd=tmp_path / "mine")
        assert (done.code, done.out) == (1, "")
        assert "results.csv" in done.err
        assert "Traceback" not in done.err
    listing = run("outcomes", cwd=tmp_path / "mine")
    assert "Traceback" not in listing.err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("workbook.csv", b"PK\x03\x04" + bytes(range(256)) * 8),
        ("page.csv", b"<!doctype html><html><body><table><tr><td>1</td></tr></table></body></html>"),
        ("data.csv", b'{"study": ["A"], "events": [1], "total": [2]}'),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(200)),
        ("header.csv", b"study,events,total\n"),
        ("prose.csv", b"Dear colleague,\nplease find the figures below.\n"),
    ],
)
def test_a_file_that_is_no_csv(run: Run, tmp_path: Path, name: str, content: bytes) -> None:
    """A workbook, a web page or an empty file named .csv shows a traceback or pools rubbish."""
    (tmp_path / name).write_bytes(content)
    done = run("pool", name)
    assert (done.code, done.out) == (1, "")
    assert name in done.err
    assert "Traceback" not in done.err
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_no_such_file_and_a_folder(run: Run, tmp_path: Path) -> None:
    """A misspelt file name shows a traceback."""
    (tmp_path / "folder.csv").mkdir()
    for name in ("nowhere.csv", "folder.csv", "."):
        done = run("pool", name)
        assert (done.code, done.out) == (1, "")
        assert name in done.err
        assert "Traceback" not in done.err


def test_a_wrong_column_name(run: Run, tmp_path: Path) -> None:
    """A misspelt --events is answered without the columns that the file has."""
    (tmp_path / "figures.csv").write_text("series,deaths,patients\nA,1,9\n", encoding="utf-8")
    done = run("pool", "figures.csv", "--events", "death", "--total", "patients", "--study", "series")
    assert (done.code, done.out) == (1, "")
    assert "death" in done.err
    assert "deaths" in done.err
    assert "Traceback" not in done.err


def test_one_failing_outcome_leaves_the_others(run: Run, review: Path) -> None:
    """One outcome that cannot be pooled keeps the others from being pooled, or goes by unnoticed."""
    done = run("pool", "--outcome", "pain", "--outcome", "fall", cwd=review)
    assert done.code == 1
    assert "pain" in done.err
    assert "Traceback" not in done.err
    assert (review / "reports" / "fall.html").is_file()
    assert "reports/fall.html" in done.out
    assert not (review / "reports" / "pain.html").exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("pool", "--events", "deaths"), "FIGURES.csv"),
        (("pool", "figures.csv", "--outcome", "a", "--outcome", "b"), "--outcome"),
        (("pool", "--output", "a.html"), "--outcome"),
        (("pool", "figures.csv", "--output", "page.pdf"), ".html"),
        (("pool", "figures.csv", "--level", "95"), "95"),
        (("pool", "figures.csv", "--measure", "logit"), "PLOGIT"),
        (("pool", "figures.csv", "--measure", "PFT", "--model", "glmm"), "inverse"),
    ],
)
def test_options_that_do_not_go_together(run: Run, tmp_path: Path, args: tuple[str, ...], words: str) -> None:
    """Options without a meaning are taken silently, or refused without saying what to type."""
    (tmp_path / "figures.csv").write_text(FIGURES, encoding="utf-8")
    done = run(*args)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert "Traceback" not in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["figures.csv"]


def test_somebody_elses_file_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    """A page or a table that synth did not write is lost."""
    (tmp_path / "figures.csv").write_text(FIGURES, encoding="utf-8")
    for name in ("figures.html", "figures.json"):
        (tmp_path / name).write_text("mine", encoding="utf-8")
        done = run("pool", "figures.csv")
        assert (done.code, done.out) == (1, "")
        assert name in done.err
        assert (tmp_path / name).read_text(encoding="utf-8") == "mine"
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["figures.csv", name])
        (tmp_path / name).unlink()


def test_the_page_never_replaces_its_figures(run: Run, tmp_path: Path) -> None:
    """A CSV named like the page is lost when the page is written."""
    (tmp_path / "figures.html").write_text(FIGURES, encoding="utf-8")
    done = run("pool", "figures.html")
    assert (done.code, done.out) == (1, "")
    assert (tmp_path / "figures.html").read_text(encoding="utf-8") == FIGURES
    assert "--output" in done.err
