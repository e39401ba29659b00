"""The data of a whole review in reports/data, and the rules of what may be written over there."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import synth
from synth.errors import WorkspaceError
from synth.report.exports.archive import HEAD, SUMS
from synth.steps.fresh import Made
from synth.steps.outgoing import write_into
from synth.steps.pool import PoolOptions
from synth.steps.take_away import write_data
from synth.workspace import Workspace

from ..cli.conftest import RESULTS, REVIEW


@pytest.fixture
def made(tmp_path: Path) -> tuple[Workspace, dict[str, dict[str, Any]]]:
    """A review with two outcomes, pooled."""
    (tmp_path / "extracted").mkdir()
    (tmp_path / "review.toml").write_text(REVIEW, encoding="utf-8")
    (tmp_path / "extracted" / "results.csv").write_text(RESULTS, encoding="utf-8")
    review = synth.open_review(tmp_path)
    pooled = review.pool_all(options=PoolOptions(quick=True))
    return review.workspace, {name: each.to_dict() for name, each in pooled.items()}


def pages(workspace: Workspace, documents: dict[str, dict[str, Any]]) -> list[Made]:
    """Give documents as the pages that lie in reports/."""
    return [Made(workspace.reports / f"{name}.json", document, ()) for name, document in documents.items()]


def test_the_data_of_a_review(made: tuple[Workspace, dict[str, dict[str, Any]]]) -> None:
    """A table lacks an outcome, or the archive holds other numbers than the pages."""
    workspace, documents = made
    paths = write_data(workspace, pages(workspace, documents))
    folder = workspace.reports / "data"
    assert {"studies.csv", "answer.csv", "columns.csv", "review.xlsx", "review.zip"} <= {path.name for path in paths}
    rows = list(csv.DictReader(io.StringIO((folder / "answer.csv").read_bytes().decode("utf-8-sig"))))
    assert [row["page"] for row in rows] == list(documents) == ["fall", "revision"]
    for row in rows:
        assert float(row["estimate"]) == documents[row["page"]]["pooled"]["reporting"]["estimate"]
    with zipfile.ZipFile(folder / "review.zip") as archive:
        for name, document in documents.items():
            inner = next(each for each in archive.namelist() if each.endswith(f"/outcomes/{name}.json"))
            assert json.loads(archive.read(inner)) == json.loads(json.dumps(document))


def test_again_and_less(made: tuple[Workspace, dict[str, dict[str, Any]]]) -> None:
    """The same data are other bytes, or what an outcome that is gone left behind stays and misleads."""
    workspace, documents = made
    write_data(workspace, pages(workspace, documents))
    folder = workspace.reports / "data"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_data(workspace, pages(workspace, documents))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    del documents["fall"]
    write_data(workspace, pages(workspace, documents))
    after = {path.name for path in folder.iterdir()}
    assert "leave_one_out.csv" in before
    assert "leave_one_out.csv" not in after
    assert {"mine.txt", "studies.csv", SUMS} <= after


def test_a_file_that_was_changed_is_neither_written_over_nor_taken_away(tmp_path: Path) -> None:
    """A table that somebody has corrected by hand is gone after the next report."""
    write_into(tmp_path, {"a.csv": b"1", "sub/b.csv": b"2"})
    (tmp_path / "a.csv").write_bytes(b"corrected")
    with pytest.raises(WorkspaceError, match=r"a\.csv"):
        write_into(tmp_path, {"a.csv": b"3"}, whole=True)
    assert (tmp_path / "sub" / "b.csv").read_bytes() == b"2"
    write_into(tmp_path, {"c.csv": b"4"}, whole=True)
    assert (tmp_path / "a.csv").read_bytes() == b"corrected"
    assert not (tmp_path / "sub").exists()


def test_a_list_from_elsewhere_takes_nothing_away(tmp_path: Path) -> None:
    """A SHA256SUMS that somebody put there makes synth delete a file outside of the folder."""
    folder = tmp_path / "out"
    folder.mkdir()
    victim = tmp_path / "victim.txt"
    victim.write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    lines = [f"{empty}  ../victim.txt", f"{empty}  {victim}", f"{empty}  a/../../victim.txt", "nonsense"]
    (folder / SUMS).write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    write_into(folder, {"a.csv": b"1"}, whole=True)
    assert victim.exists()
    assert "victim" not in (folder / SUMS).read_text(encoding="utf-8")
