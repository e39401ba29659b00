"""The review on disk: reading review.toml, finding it, writing whole files, the clock."""

from __future__ import annotations

import errno
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from synth.errors import ProblemsError, UnknownName, WorkspaceError
from synth.review import parse_review
from synth.workspace import Workspace, atomic_write, digest, now, visible

GOOD = """
schema = 1
title = "Hips"
primary_arm = "new"
comparator_arms = ["old"]
[question]
text = "How many?"
[arms.new]
label = "New"
[arms.old]
label = "Old"
[arms.third]
label = "Third"
[outcomes.death]
label = "Death"
direction = "lower is better"
predicate = "died"
[outcomes.time_min]
label = "Time"
kind = "continuous"
"""


def problems_of(text: str | bytes) -> list[str]:
    """Return what parsing says."""
    with pytest.raises(ProblemsError) as caught:
        parse_review(text if isinstance(text, bytes) else text.encode())
    return [str(problem) for problem in caught.value.problems]


def test_a_good_review_is_read_whole_and_in_order() -> None:
    """Arms would get the wrong role, or outcomes the wrong order on the page."""
    review = parse_review(GOOD.encode())
    assert [(arm.id, arm.role) for arm in review.arms] == [
        ("new", "primary"),
        ("old", "comparator"),
        ("third", "other"),
    ]
    assert review.primary_arm.label == "New"
    assert [arm.id for arm in review.comparator_arms] == ["old"]
    assert [(o.id, o.kind, o.direction) for o in review.outcomes] == [
        ("death", "proportion", "lower is better"),
        ("time_min", "continuous", "neutral"),
    ]
    assert review.outcome("death").predicate == "died"
    assert review.arm("old").label == "Old"


def test_a_mark_at_the_start_of_the_file_is_no_error() -> None:
    """Notepad's review.toml would be refused for three bytes nobody sees."""
    assert parse_review(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()).title == "Hips"


def test_all_defects_are_told_at_once_with_the_nearest_name() -> None:
    """A person would mend one key, run again, and meet the next."""
    text = GOOD.replace("schema = 1", "schema = 2").replace("title", "titel").replace('"old"]', '"odl", "new"]')
    text = text.replace('"lower is better"', '"lower"').replace('kind = "continuous"', "kind = 3")
    said = "\n".join(problems_of(text))
    for part in (
        "schema is 2",
        'no key "titel". Did you mean "title"?',
        "title is missing",
        'comparator_arms names "odl", which is no arm of this review. Did you mean "old"?',
        '"new" is the primary arm and a comparator',
        'outcomes.death.direction is "lower". Did you mean "lower is better"?',
        "outcomes.time_min.kind is 3, which is no text",
    ):
        assert part in said


def test_an_empty_file_says_what_is_missing_once() -> None:
    """The first try would end in a crash or in the same sentence many times."""
    said = problems_of("")
    assert len(said) == len(set(said)) == 6
    for key in ("schema", "title", "[question]", "[arms]", "primary_arm", "[outcomes]"):
        assert any(key in line for line in said), key


@pytest.mark.parametrize(
    "id", ['"../x"', '"a/b"', '"a b"', '""', '"CON.x"', '"ö"', "index", '"a\\u001bb"', "INDEX", '".hidden"']
)
def test_an_outcome_that_would_be_a_bad_file_name_is_refused(id: str) -> None:
    """A report would be written outside of reports, or over the index page."""
    said = problems_of(f'{GOOD}[outcomes.{id}]\nlabel = "x"\n')
    assert len(said) == 1
    assert "\x1b" not in said[0]


def test_two_outcomes_that_differ_in_case_are_refused() -> None:
    """One report would overwrite the other where the disk does not tell case apart."""
    assert "differ only in case" in problems_of(f'{GOOD}[outcomes.Death]\nlabel = "x"\n')[0]


@pytest.mark.parametrize("text", ["title = Hips", b"\xff\xfe\x00", "[arms\n", "a = " + "[" * 5000])
def test_a_file_that_is_no_toml_is_one_plain_problem(text: str | bytes) -> None:
    """A slip of the pen would show a traceback."""
    said = problems_of(text)
    assert len(said) == 1
    assert said[0].startswith("review.toml: ")


@pytest.mark.parametrize("text", ["arms = 3", "question = []", "[arms]\nmis = 1", "[outcomes]\nx = 1", "arms = {}"])
def test_a_section_of_the_wrong_kind_is_a_problem(text: str) -> None:
    """A key of another type would crash the reader instead of being named."""
    assert problems_of(text)


def test_an_unknown_outcome_names_the_nearest() -> None:
    """A typing slip would leave the person to guess what there is."""
    with pytest.raises(UnknownName, match=r'Did you mean "death"'):
        parse_review(GOOD.encode()).outcome("deaht")


def test_find_walks_up_and_names_its_folders(tmp_path: Path) -> None:
    """A command typed in a subfolder would not find its review, or paths in messages would be absolute."""
    (tmp_path / "review.toml").write_text(GOOD, encoding="utf-8")
    deep = tmp_path / "extracted" / "more"
    deep.mkdir(parents=True)
    workspace = Workspace.find(deep)
    assert workspace.root == tmp_path.resolve()
    assert workspace.relative(workspace.extracted / "a.csv") == "extracted/a.csv"
    assert workspace.relative("reports/a.html") == "reports/a.html"
    assert workspace.relative("/elsewhere/a.csv") == "/elsewhere/a.csv"
    assert workspace.reports.name == "reports"
    assert workspace.queries.name == "queries"
    assert workspace.review_file.is_file()


def test_no_review_says_how_to_begin_one(tmp_path: Path) -> None:
    """A newcomer would be left without the next step."""
    with pytest.raises(WorkspaceError, match="synth init DIR"):
        Workspace.find(tmp_path)


def test_a_removed_current_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell standing in a deleted folder would give a traceback."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(WorkspaceError, match=r"Cannot look for review\.toml"):
        Workspace.find()


def test_write_replaces_whole_and_leaves_no_trace(tmp_path: Path) -> None:
    """A report would be half old and half new, or temporary files would pile up."""
    target = tmp_path / "new folder" / "page.html"
    atomic_write(target, "grüße\n")
    assert target.read_bytes() == "grüße\n".encode()
    atomic_write(target, b"\x00\xff")
    assert target.read_bytes() == b"\x00\xff"
    assert os.listdir(target.parent) == ["page.html"]


def test_a_failed_write_keeps_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk would cost the report that was there."""
    target = tmp_path / "page.html"
    target.write_text("old", encoding="utf-8")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorkspaceError, match="No space left on device"):
        atomic_write(target, "new")
    assert target.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["page.html"]


def test_an_interrupted_write_keeps_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control-C would leave a torn report or a temporary file."""
    target = tmp_path / "page.html"
    target.write_text("old", encoding="utf-8")

    def interrupted(source: object, destination: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        atomic_write(target, "new")
    assert target.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["page.html"]


def test_writing_over_a_folder_is_refused(tmp_path: Path) -> None:
    """A path that is a folder would raise something that no command catches."""
    with pytest.raises(WorkspaceError, match="it is a folder"):
        atomic_write(tmp_path, "x")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(WorkspaceError):
        atomic_write(tmp_path / "file" / "page.html", "x")


@pytest.mark.skipif(os.name == "nt", reason="modes and links are those of POSIX")
def test_mode_and_link_of_an_older_file_stay(tmp_path: Path) -> None:
    """A report that a group may read would become private, or a link would turn into a copy."""
    real, link = tmp_path / "real.html", tmp_path / "link.html"
    real.write_text("old", encoding="utf-8")
    real.chmod(0o664)
    link.symlink_to(real)
    atomic_write(link, "new")
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o664


def test_a_name_that_is_no_unicode_can_be_written_about(tmp_path: Path) -> None:
    """A file name of another encoding, quoted in a report, would crash the writer."""
    atomic_write(tmp_path / "a.json", '"\udcff"')
    assert (tmp_path / "a.json").read_bytes() == rb'"\udcff"'


def test_digest_is_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    """Digests in reports could not be compared with sha256sum."""
    (tmp_path / "a").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert digest(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(WorkspaceError, match="Cannot read"):
        digest(tmp_path / "missing")


def test_the_clock_can_be_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same inputs would give other bytes on another day."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert now() == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    for wrong in ("yesterday", "9" * 30, "1.5"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", wrong)
        with pytest.raises(WorkspaceError, match="SOURCE_DATE_EPOCH"):
            now()
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert now().tzinfo is UTC
    assert now().microsecond == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Wänman 2023", "Wänman 2023"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\u202eb", r"a\u202eb"),
        ("a\nb\0", r"a\nb\x00"),
        ("\ud800", r"\ud800"),
        ("a\u2028b", r"a\u2028b"),
        ("x" * 81, "x" * 80 + "… (81 characters)"),
    ],
)
def test_text_of_a_stranger_cannot_move_the_cursor(text: str, shown: str) -> None:
    """A study's name could clear the terminal or turn a message round."""
    assert visible(text) == shown


def test_what_an_outcome_lies_within_is_read_and_followed() -> None:
    """Deaths within 30 days could outnumber those within a year, and nobody would notice."""
    text = GOOD.replace('label = "Death"', 'label = "Death"\naliases = ["died"]\nevent = "death"\nwithin = "ever"', 1)
    text += '[outcomes.ever]\nlabel = "Ever"\n[outcomes.early]\nlabel = "Early"\nwithin = ["death"]\n'
    text += '[outcomes.rate]\nlabel = "Rate"\nkind = "rate"\nunit = "falls"\n[outcomes.score]\nlabel = "Score"\n'
    text += 'kind = "continuous"\nlowest = 0\nhighest = 10\nstep = 1\n'
    review = parse_review(text.replace('label = "Old"', 'label = "Old"\naliases = ["control"]').encode())
    assert review.contains("early") == ("death", "ever")
    assert review.outcome("death").aliases == ("died",)
    assert review.outcome("death").event == "death"
    assert review.arm("old").aliases == ("control",)
    assert (review.outcome("rate").time_unit, review.outcome("rate").unit) == ("years", "falls")
    score = review.outcome("score")
    assert (score.lowest, score.highest, score.step, score.time_unit) == (0.0, 10.0, 1.0, "")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ('within = "deth"', 'names "deth", which is no outcome of this review. Did you mean "death"?'),
        ('within = "late"', "goes in a circle"),
        ('within = "death"', "goes in a circle"),
        ('within = "time_min"', "only numbers of patients lie within each other"),
        ("within = [1]", "no list of texts"),
        ('aliases = ["Dead"]', 'has "dead", which means death already'),
        ("lowest = 1", "lowest is only for means"),
        ('time_unit = "years"', "time_unit is only for rates"),
        ('kind = "rate"\ntime_unit = "months"\nwithin = "other"', "only numbers of patients lie"),
        ('kind = "rate"\ntime_unit = "hours"', 'time_unit is "hours"'),
        ('kind = "continuous"\nlowest = 2\nhighest = 1', "lowest is not below highest"),
        ('kind = "continuous"\nstep = 0', "step is not above 0"),
        ('kind = "continuous"\nstep = true', "which is no number"),
        (f'kind = "continuous"\nstep = {"9" * 400}', "which is no number"),
        ('kind = "continuous"\nstep = nan', "which is no number"),
    ],
)
def test_a_key_of_an_outcome_without_meaning_is_told(key: str, said: str) -> None:
    """A slip in review.toml would switch a check off in silence."""
    text = GOOD.replace('[outcomes.death]\nlabel = "Death"', f'[outcomes.death]\nlabel = "Death"\n{key}')
    text += '[outcomes.late]\nlabel = "Late"\naliases = "dead"\nwithin = "death"\n[outcomes.other]\nlabel = "O"\n'
    assert any(said in problem for problem in problems_of(text))
