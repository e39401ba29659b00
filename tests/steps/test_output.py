"""Writing the page and its JSON: both or neither, and over nobody else's file."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from synth.errors import WorkspaceError
from synth.steps.output import check_writable, write_together, written_by_synth

PAGE = '<!doctype html><meta name="generator" content="synth 0.1.0">'


def test_both_are_written(tmp_path: Path) -> None:
    """One of the files is missing, or its text is another."""
    texts = {tmp_path / "a.html": "page — ü", tmp_path / "a.json": "{}\n"}
    write_together(texts)
    assert {path: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == texts


@pytest.mark.parametrize("there", [True, False])
def test_neither_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    """A new page stands beside an old JSON file where only the first of the two could be put in its place."""
    page, data = tmp_path / "a.html", tmp_path / "a.json"
    if there:
        page.write_text("old page")
        data.write_text("old data")
    whole = os.replace

    def full(source: Path, target: Path) -> None:
        if target == data:
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(WorkspaceError, match="No space left"):
        write_together({page: "new page", data: "new data"})
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert found == ({"a.html": "old page", "a.json": "old data"} if there else {})


def test_the_same_text_is_not_written_again(tmp_path: Path) -> None:
    """A file whose text is unchanged gets a new date, and whatever watches it runs for nothing."""
    page = tmp_path / "a.html"
    page.write_text("page")
    before = page.stat()
    write_together({page: "page"})
    assert (page.stat().st_mtime_ns, page.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize(
    ("content", "ours"),
    [
        (PAGE, True),
        ('{\n "schema": "synth.pool/1",', True),
        ("", True),
        ("<html>somebody's</html>", False),
        ('{"schema": "other/1"}', False),
        ("study,events,total\n", False),
        ("x" * 5000 + PAGE, False),
    ],
)
def test_whose_file_it_is(tmp_path: Path, content: str, ours: bool) -> None:
    """Somebody's file passes for synth's and is lost, or synth's own cannot be written again."""
    path = tmp_path / "a.html"
    path.write_text(content)
    assert written_by_synth(path) is ours


def test_what_is_no_file(tmp_path: Path) -> None:
    """A folder or a dangling link passes for a file that may be replaced."""
    (tmp_path / "folder.html").mkdir()
    assert not written_by_synth(tmp_path / "folder.html")
    (tmp_path / "link.html").symlink_to(tmp_path / "nowhere")
    assert not written_by_synth(tmp_path / "link.html")
    assert written_by_synth(tmp_path / "new.html")
    with pytest.raises(WorkspaceError, match="no folder"):
        check_writable(tmp_path / "nowhere" / "a.html")


def test_both_are_on_the_disk_before_either_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that runs full at the second text has cost the first one's older version."""
    sizes: list[list[str]] = []
    whole = os.replace

    def look(source: Path, target: Path) -> None:
        sizes.append(sorted(path.read_text() for path in tmp_path.glob(".synth-*.tmp")))
        whole(source, target)

    monkeypatch.setattr(os, "replace", look)
    write_together({tmp_path / "a.html": "page", tmp_path / "a.json": "data"})
    assert sizes == [["data", "page"], ["data"]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "a.json"]


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    """Temporary files of runs that were killed stay for ever, or another program's or a running one's are removed."""
    old = time.time() - 7200
    names = [".synth-0123456789abcdef.tmp", ".synth-notours.tmp", ".synth-0123456789abcdeX.tmp", "0123.tmp"]
    for name in names:
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (old, old))
    (tmp_path / ".synth-fedcba9876543210.tmp").write_text("of a run that is not at its end")
    write_together({tmp_path / "a.html": "page"})
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"a.html", ".synth-fedcba9876543210.tmp", *names[1:]}
