from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from synth.errors import IncompleteSearch, ProblemsError, ServiceError, SettingsError, WorkspaceError
from synth.search.client.entrez import Entrez
from synth.search.run.runlog import Run
from synth.search.run.store import Interrupted, Store

from .collecting import QUERY, check, client, run, snapshot
from .conftest import Eutils

BATCH = 12
SMALL = replace(QUERY, term="spine OR vertebral", lines=QUERY.lines[:1])


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few records make several batches, and let the clock of the logs stand still."""
    monkeypatch.setattr("synth.search.run.collect.PER_FETCH", BATCH)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1793000000")
    # Nothing here pulls the plug of the machine, and this is most of the time.
    monkeypatch.setattr("os.fsync", lambda handle: None)


class Crash(BaseException):
    """The process is no more."""


def crash() -> None:
    """End the process."""
    raise Crash


def full() -> None:
    """Fill the disk."""
    raise OSError(errno.ENOSPC, "No space left on device")


class Trap:
    """Counts the calls that reach the disk, and lets one of them fail, before or after it has done its work."""

    def __init__(self, at: int = -1, fail: Callable[[], None] = crash, *, after: bool = False) -> None:
        self.calls, self.at, self.fail, self.after = 0, at, fail, after

    @contextlib.contextmanager
    def set(self) -> Iterator[Trap]:
        """Let the trap be set for a while."""
        with pytest.MonkeyPatch.context() as patch:
            for name in ("fsync", "replace", "write", "unlink"):
                patch.setattr(os, name, self._wrapped(getattr(os, name)))
            yield self

    def _wrapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def trapped(*args: Any, **settings: Any) -> Any:
            self.calls += 1
            struck = self.calls == self.at
            if struck and not self.after:
                self.fail()
            done = call(*args, **settings)
            if struck and self.after:
                self.fail()
            return done

        return trapped


def fetched(eutils: Eutils) -> list[int]:
    """Give every PMID that efetch was asked for, as often as it was."""
    return [int(pmid) for entry in eutils.log if entry.endpoint == "efetch" for pmid in entry.ids]


@pytest.mark.parametrize(
    ("fail", "after"), [(crash, False), (crash, True), (full, False)], ids=["before", "after", "full"]
)
def test_an_end_at_every_touch_of_the_disk(
    eutils: Eutils, tmp_path: Path, fail: Callable[[], None], after: bool
) -> None:
    """At some touch of the disk an end of the process, or a full disk, costs records, asks again, or changes a byte."""
    first = run(eutils, tmp_path / "first", SMALL)
    eutils.corpus.delete(first.log["ids"][1])
    eutils.corpus.add(first.log["ids"][2], title="Another spine")
    eutils.corpus.add(91000001, title="A new spine")
    shutil.copytree(tmp_path / "first", tmp_path / "whole")
    with Trap().set() as trap:
        run(eutils, tmp_path / "whole", SMALL)
    expected = snapshot(tmp_path / "whole")
    assert trap.calls > 40
    ends = 0
    for at in range(1, trap.calls + 1):
        folder = tmp_path / "broken"
        shutil.copytree(tmp_path / "first", folder)
        eutils.log.entries.clear()
        with Trap(at, fail, after=after).set():
            try:
                run(eutils, folder, SMALL)
            except (Crash, WorkspaceError):
                ends += 1
            else:
                # What only tidies up may fail without a word.
                assert snapshot(folder).keys() == expected.keys(), at
        if not (folder / "current" / "journal.jsonl").exists() and len(Store(folder).runs()) == 2:
            assert snapshot(folder) == expected, at
        else:
            done = run(eutils, folder, SMALL)
            check(folder, done)
            assert snapshot(folder) == expected, at
        # What was on its way to the disk when it failed may be asked for again: that one answer, and no other.
        assert len(fetched(eutils)) - len(set(fetched(eutils))) <= BATCH, at
        shutil.rmtree(folder)
    assert ends > trap.calls / 2


def test_a_service_that_fails_at_every_request(eutils: Eutils, tmp_path: Path) -> None:
    """A run that the service ended at some request does not continue there, or not to the same bytes."""
    run(eutils, tmp_path / "whole", SMALL)
    expected = snapshot(tmp_path / "whole")
    requests = len(eutils.log)
    for at in range(1, requests + 1):
        folder = tmp_path / f"at{at}"
        eutils.log.entries.clear()
        eutils.faults.add(when={"nth": at}, status=403)
        with pytest.raises(ServiceError):
            run(eutils, folder, SMALL)
        done = run(eutils, folder, SMALL)
        assert snapshot(folder) == expected
        # The refused request is the only one that was sent twice.
        assert len(eutils.log) == requests + 1, [(e.endpoint, e.status) for e in eutils.log]
        assert done.log["requests"]["sent"] == requests + 1
        assert done.log["resumed"] == [done.log["started"]]


def test_the_state_of_an_interrupted_run_is_known(eutils: Eutils, tmp_path: Path) -> None:
    """The list of searches cannot say how far an interrupted run is."""
    eutils.faults.add(when={"endpoint": "efetch", "nth": 3}, status=403)
    with pytest.raises(ServiceError):
        run(eutils, tmp_path / "demo")
    found = Store(tmp_path / "demo").interrupted()
    total = client(eutils).search(QUERY.term).count
    assert found == Interrupted("2026-10-26T073320Z", QUERY.digest, None, 2 * BATCH, total)
    run(eutils, tmp_path / "demo")
    assert Store(tmp_path / "demo").interrupted() is None


def interrupt(eutils: Eutils, folder: Path, **settings: Any) -> None:
    """Begin a run that the service ends at the second batch."""
    fault = eutils.faults.add(when={"endpoint": "efetch", "nth": 2}, status=403)
    with pytest.raises(ServiceError):
        run(eutils, folder, **settings)
    del fault
    eutils.log.entries.clear()


def test_nothing_to_resume_is_said(eutils: Eutils, tmp_path: Path) -> None:
    """--resume begins a new run where nothing was interrupted."""
    with pytest.raises(SettingsError, match="nothing to resume"):
        run(eutils, tmp_path / "demo", resume=True)
    assert not (tmp_path / "demo" / "current").exists()


def test_beginning_anew(eutils: Eutils, tmp_path: Path) -> None:
    """A run that is to begin anew uses what an old one had fetched."""
    interrupt(eutils, tmp_path / "demo")
    done = run(eutils, tmp_path / "demo", resume=False)
    assert done.log["resumed"] == []
    assert sorted(fetched(eutils)) == done.log["ids"]


def test_a_changed_strategy_begins_anew_and_says_so(eutils: Eutils, tmp_path: Path) -> None:
    """Records of an earlier wording are mixed into a run; or the old one is dropped without a word."""
    interrupt(eutils, tmp_path / "demo")
    with pytest.raises(SettingsError, match="the strategy has changed"):
        run(eutils, tmp_path / "demo", SMALL, resume=True)
    done = run(eutils, tmp_path / "demo", SMALL)
    assert sorted(fetched(eutils)) == done.log["ids"]
    assert any("earlier wording" in text for text in done.warnings)


def test_a_changed_comment_does_not(eutils: Eutils, tmp_path: Path) -> None:
    """A comment that was corrected throws away what was fetched."""
    interrupt(eutils, tmp_path / "demo")
    done = run(eutils, tmp_path / "demo", replace(QUERY, text="# corrected"))
    assert len(done.log["resumed"]) == 1
    assert len(fetched(eutils)) == done.total - BATCH
    assert done.log["strategy"]["text"] == "# corrected"


def test_a_sample_does_not_drop_an_interrupted_run(eutils: Eutils, tmp_path: Path) -> None:
    """A look at some records throws away an hour of fetching; or an interrupted look stands in the way of a run."""
    interrupt(eutils, tmp_path / "demo")
    with pytest.raises(SettingsError, match="no limit"):
        run(eutils, tmp_path / "demo", limit=3)
    assert run(eutils, tmp_path / "demo").complete
    interrupt(eutils, tmp_path / "other", limit=20)
    with pytest.raises(SettingsError, match="a limit of 20"):
        run(eutils, tmp_path / "other", resume=True)
    assert run(eutils, tmp_path / "other").complete


@pytest.mark.parametrize("where", ["raw/00001.xml.gz", "spool/00001.jsonl"])
@pytest.mark.parametrize("how", ["gone", "cut", "changed"])
def test_what_was_kept_is_checked(eutils: Eutils, tmp_path: Path, where: str, how: str) -> None:
    """A file of an interrupted run that was damaged since goes into the stored records."""
    interrupt(eutils, tmp_path / "demo")
    path = tmp_path / "demo" / "current" / where
    data = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(data[:-3] if how == "cut" else data.replace(data[9:12], b"\0\0\0"))
    done = run(eutils, tmp_path / "demo")
    check(tmp_path / "demo", done)
    assert len(fetched(eutils)) == done.total


def test_an_answer_that_came_is_not_asked_for_again(eutils: Eutils, tmp_path: Path) -> None:
    """A kill between an answer and its line in the journal costs the answer."""
    done = run(eutils, tmp_path / "whole")
    interrupt(eutils, tmp_path / "demo")
    current = tmp_path / "demo" / "current"
    ids = done.log["ids"][BATCH : 2 * BATCH]
    body = client(eutils).fetch(ids)
    eutils.log.entries.clear()
    (current / "raw" / "00002.xml").write_bytes(body)
    (current / "raw" / "00003.xml").write_bytes(body[:-30])
    (current / "raw" / "00003.xml.part").write_bytes(b"x")
    run(eutils, tmp_path / "demo")
    assert sorted(fetched(eutils)) == done.log["ids"][2 * BATCH :]
    assert snapshot(tmp_path / "demo") == snapshot(tmp_path / "whole")


@pytest.mark.parametrize("first", [b"", b"00000000 {}\n", b"garbage", b"\0" * 100])
def test_a_folder_left_by_something_else(eutils: Eutils, tmp_path: Path, first: bytes) -> None:
    """A journal that is none, or of another version of synth, stops every further run."""
    current = tmp_path / "demo" / "current"
    (current / "raw").mkdir(parents=True)
    (current / "journal.jsonl").write_bytes(first)
    (current / "raw" / "00001.xml").write_bytes(b"<x/>")
    done = run(eutils, tmp_path / "demo")
    check(tmp_path / "demo", done)


class Odd(Entrez):
    """Gets for one PMID a record that cannot be read, whoever asks with it."""

    odd = 0

    def fetch(self, ids: Any, **settings: Any) -> bytes:
        """Fetch, and break that record."""
        body = super().fetch(ids, **settings)
        return body.replace(f">{self.odd}</PMID>".encode(), b">no number</PMID>")


def odd_run(eutils: Eutils, folder: Path, odd: int) -> Run:
    """Run the search with a client that gets one odd record."""
    from synth.search.run.collect import collect

    plain = client(eutils)
    entrez = Odd(plain.identity, pace=plain.pace)
    entrez.odd = odd
    return collect(QUERY, folder, entrez)


def test_one_record_that_cannot_be_read(eutils: Eutils, tmp_path: Path) -> None:
    """One record that breaks the reader takes its whole batch with it, or every run from now on."""
    whole = run(eutils, tmp_path / "whole")
    odd = whole.log["ids"][3]
    with pytest.raises(IncompleteSearch, match=f"PMID {odd}: PubMed's answer cannot be read"):
        odd_run(eutils, tmp_path / "demo", odd)
    log = Store(tmp_path / "demo").last()
    assert log is not None
    assert log["missing_ids"] == [odd]
    lines = (tmp_path / "whole" / "records.jsonl").read_text("utf-8").splitlines()
    kept = (tmp_path / "demo" / "records.jsonl").read_text("utf-8").splitlines()
    assert kept == [*lines[:3], *lines[4:]]


def test_a_refused_warning_throws_nothing_away(eutils: Eutils, tmp_path: Path) -> None:
    """A run that was begun with --allow-warnings and is continued without loses what was fetched."""
    odd = replace(SMALL, term="spine OR vertebral OR zzzqqq")
    interrupt(eutils, tmp_path / "demo", query=odd, allow_warnings=True)
    with pytest.raises(ProblemsError, match="zzzqqq"):
        run(eutils, tmp_path / "demo", odd)
    done = run(eutils, tmp_path / "demo", odd, allow_warnings=True)
    assert len(fetched(eutils)) == done.total - BATCH


def test_batches_of_another_size_are_not_mixed(
    eutils: Eutils, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that another version of synth began, with other batches, ends with records left out."""
    interrupt(eutils, tmp_path / "demo")
    monkeypatch.setattr("synth.search.run.collect.PER_FETCH", BATCH - 1)
    check(tmp_path / "demo", run(eutils, tmp_path / "demo"))
