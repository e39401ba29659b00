"""Searches too large for one list, a database that moves, answers that drip, disks that are full, and two at once."""

from __future__ import annotations

import errno
import gzip
import itertools
import os
import random
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth.errors import Busy, IncompleteSearch, ServiceError, SynthError, WorkspaceError
from synth.search.run.collect import collect
from synth.search.run.runlog import Run
from synth.search.run.store import Store
from synth.search.strategy.query import Query
from tests.eutils import Corpus, made_article
from tests.search.conftest import Eutils
from tests.search.rig import BULK, QUERY, client, leftovers, log_of, once, stored, until_done


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fsync is for, the tests of kills are for."""
    monkeypatch.setattr("os.fsync", lambda _: None)


def bulk(start: Callable[..., Eutils], count: int, **settings: Any) -> tuple[Eutils, list[int]]:
    """Give a server with a bulk of records, and their PMIDs."""
    corpus = Corpus()
    made = corpus.add_bulk(count, **settings)
    return start(corpus), list(made.pmids)


def pmids(folder: Path) -> list[int]:
    """Give the stored PMIDs."""
    return [int(line) for line in (folder / "pmids.txt").read_text("utf-8").split()]


def test_25000_hits_come_whole(start: Callable[..., Eutils], tmp_path: Path) -> None:
    """Of a search with more hits than PubMed lists, some are lost, doubled, or fetched more than once."""
    server, every = bulk(start, 25_000)
    server.faults.add(when={"endpoint": "esearch", "every": 5}, status=503)
    server.faults.add(when={"endpoint": "efetch", "every": 11}, cut={"at": 0.5, "clean": True})
    server.faults.add(when={"endpoint": "efetch", "nth": [20, 80]}, missing=3)
    server.faults.add(when={"endpoint": "efetch", "nth": 60}, body="efetch_out_of_range_400")
    ends = until_done(server, tmp_path, BULK, most=3)
    assert [type(end) for end in ends] == [ServiceError, Run]
    run = ends[-1]
    assert isinstance(run, Run)
    assert run.complete
    assert run.total == run.records == 25_000
    assert pmids(tmp_path) == every
    server.log.assert_no_id_twice()
    server.log.assert_at_most(25_000 // 200 + 60)
    log = log_of(tmp_path)
    assert sum(part["count"] for part in log["slices"]) == 25_000
    assert all(part["count"] <= 9_999 for part in log["slices"])


def test_a_day_with_more_than_pubmed_lists(start: Callable[..., Eutils], tmp_path: Path) -> None:
    """Records that all came on one day cannot be told apart, so that some are never listed."""
    server, every = bulk(start, 12_000, per_day=0, step=1)
    run = collect(BULK, tmp_path, client(server), limit=200)
    assert run.total == 12_000
    listed = sorted({int(n) for part in log_of(tmp_path)["slices"] for n in (part["first"], part["last"])})
    assert listed[0] == 1
    assert sum(part["count"] for part in log_of(tmp_path)["slices"]) == 12_000
    samples = (tmp_path / "sample.jsonl").read_text("utf-8").splitlines()
    assert len(samples) == 200
    assert f'"pmid":{every[-1]}' in samples[-1].replace(" ", "")


def test_a_count_that_grows_while_it_is_listed(start: Callable[..., Eutils], tmp_path: Path) -> None:
    """The count that PubMed gave at first is taken for the truth although it listed more."""
    server, every = bulk(start, 10_400)
    # After the whole was counted and one half was listed, forty-two more come in at the top.
    server.faults.add(when={"endpoint": "esearch", "nth": 4}, drift={"bulk": 42})
    run = once(server, tmp_path, Query("b", BULK.term, (), "x", "b.toml"), limit=5)
    assert isinstance(run, Run)
    assert run.total == 10_442
    # The record of the search says that the count moved.
    assert "10,400" in str(log_of(tmp_path)) or "10400" in str(log_of(tmp_path))
    assert log_of(tmp_path)["drift"] == [{"before": 10_400, "after": 10_442}]
    assert len(every) == 10_400


def test_a_count_that_shrinks_while_it_is_listed(start: Callable[..., Eutils], tmp_path: Path) -> None:
    """A record that is gone before it was listed makes the search fail for ever, or is kept as found."""
    server, every = bulk(start, 10_400)
    server.faults.add(when={"endpoint": "esearch", "nth": 3}, drift={"remove": every[100:120]})
    run = once(server, tmp_path, BULK, limit=5)
    assert isinstance(run, Run)
    assert run.total == 10_380


@pytest.mark.parametrize("fault", ["delete", "merge", "hide"])
def test_a_record_that_goes_between_search_and_fetch(start: Callable[..., Eutils], tmp_path: Path, fault: str) -> None:
    """A PMID that was found and not delivered is left out in silence, or takes the rest with it."""
    server = start()
    assert isinstance(once(server, tmp_path / "before"), Run)
    found = pmids(tmp_path / "before")
    gone, survivor = found[3], found[5]
    do = (
        {"delete": [gone]}
        if fault == "delete"
        else {"hide": [gone]}
        if fault == "hide"
        else {"merge": {str(gone): survivor}}
    )
    server.faults.add(when={"endpoint": "efetch", "nth": 1}, **do)
    end = once(server, tmp_path / "after")
    assert isinstance(end, IncompleteSearch)
    assert end.exit_code == 4
    assert str(gone) in str(end)
    assert pmids(tmp_path / "after") == [pmid for pmid in found if pmid != gone]
    reason = log_of(tmp_path / "after")["missing"][0]["reason"]
    assert ("still" in reason or "delivered no record" in reason) is (fault == "hide"), reason
    if fault == "merge":
        assert str(survivor) in reason
    again = once(server, tmp_path / "after")
    if fault == "hide":
        assert isinstance(again, IncompleteSearch)
        return
    # It is no longer found, so the second run is complete without it, and the first is on record.
    assert isinstance(again, Run)
    assert again.complete
    assert len(Store(tmp_path / "after").runs()) == 2


def test_an_update_tells_what_came_and_went(start: Callable[..., Eutils], tmp_path: Path) -> None:
    """The second run of a search loses a record, or does not say what is new, gone, changed and retracted."""
    server = start()
    assert isinstance(once(server, tmp_path), Run)
    found = pmids(tmp_path)
    server.corpus.add(91000001, title="A new percutaneous fixation of spinal fractures in ankylosing spondylitis.")
    server.corpus.delete(found[0])
    old = server.corpus.articles[found[2]].raw
    server.corpus.add_raw(old.replace(b"</PublicationTypeList>", b'<PublicationType UI="D016441">Retracted Publication'
                                      b"</PublicationType></PublicationTypeList>"))  # fmt: skip
    run = once(server, tmp_path)
    assert isinstance(run, Run)
    assert run.changes is not None
    assert (run.changes["new"], run.changes["gone"]) == ([91000001], [found[0]])
    assert run.changes["changed"] == run.changes["retracted"] == [found[2]]
    assert len(Store(tmp_path).runs()) == 2
    assert [record.pmid for record, _ in Store(tmp_path).gone()] == [found[0]]


def test_a_document_type_of_a_year_to_come(start: Callable[..., Eutils], tmp_path: Path) -> None:
    """The first answer of the next January stops everything, or the parser asks the network for its document type."""
    server = start(edition="270101")
    run = once(server, tmp_path)
    assert isinstance(run, Run)
    assert run.complete
    assert server.others == []


def test_a_drip_is_cut_off_in_time(start: Callable[..., Eutils], tmp_path: Path) -> None:
    """An answer that never ends holds the run for ever, since something always comes."""
    server = start()
    server.faults.add(when={"endpoint": "efetch", "first": 1}, drip={"chunk": 50, "pause": 0.05})
    began = time.monotonic()
    run = once(server, tmp_path, deadline=0.6, timeout=0.5)
    assert isinstance(run, Run)
    assert time.monotonic() - began < 5
    assert len(server.log.of("efetch")) == 2


def test_the_pause_that_is_asked_for_is_kept(start: Callable[..., Eutils], tmp_path: Path) -> None:
    """The service asks to be left alone for a while and is asked again at once, or the rate is passed on the way."""
    server = start()
    server.faults.add(when={"every": 2}, status=429, body="ratelimit_429", retry_after=11)
    run = once(server, tmp_path, tries=4)
    assert isinstance(run, Run)
    assert sum(entry.status == 429 for entry in server.log) == 5
    server.log.assert_pauses()


def test_no_pause_is_named_and_one_is_kept(start: Callable[..., Eutils], tmp_path: Path) -> None:
    """Without Retry-After a refused request comes again within the same second."""
    server = start()
    server.faults.add(when={"every": 2}, status=429, body="ratelimit_429")
    assert isinstance(once(server, tmp_path, tries=4), Run)
    for before, after in itertools.pairwise(list(server.log)):
        if before.status == 429:
            assert after.time - before.time >= 0.5


class FullDisk:
    """Refuses the n-th time that something is made safe on the disk, as a full one does."""

    def __init__(self, at: int) -> None:
        self.at, self.calls = at, 0

    def __call__(self, descriptor: int) -> None:
        """Stand in for os.fsync."""
        self.calls += 1
        if self.calls == self.at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_is_full_at_any_write(
    start: Callable[..., Eutils], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A disk that fills up in the middle leaves a search that cannot go on, or one that looks done and is not."""
    monkeypatch.setattr("synth.search.run.collect.PER_FETCH", 8)
    server = start()
    counter = FullDisk(0)
    monkeypatch.setattr("os.fsync", counter)
    assert isinstance(once(server, tmp_path / "calm"), Run)
    calm = stored(tmp_path / "calm")
    assert counter.calls > 15
    loud = again = 0
    for at in range(1, counter.calls + 1):
        folder = tmp_path / str(at)
        server.log.entries.clear()
        monkeypatch.setattr("os.fsync", FullDisk(at))
        end = once(server, folder)
        if not isinstance(end, Run):
            assert isinstance(end, WorkspaceError), f"write {at}: {end!r}"
            assert "No space left" in str(end)
            loud += 1
            end = once(server, folder)
        assert isinstance(end, Run), f"write {at}: {end}"
        assert stored(folder) == calm, f"write {at}"
        assert leftovers(folder) == [], f"write {at}"
        # An answer that could not be written down has to be asked for again; nothing else has.
        twice = len(server.log.fetched()) - len(set(server.log.fetched()))
        assert twice in (0, 8), f"write {at}: {twice} asked for again"
        again += bool(twice)
    assert again <= 2  # the raw answers of two batches; two threads write, so the n-th write is not always the same
    assert loud > 10


def test_two_at_once(start: Callable[..., Eutils], tmp_path: Path) -> None:
    """Two runs of one search write over each other, or the second asks PubMed for anything."""
    server = start()
    server.faults.add(when={"endpoint": "efetch", "nth": 1}, stall={"where": "headers", "seconds": 1.5})
    ends: list[Run | SynthError] = []
    first = threading.Thread(target=lambda: ends.append(once(server, tmp_path, timeout=5)))
    first.start()
    while not server.log.of("efetch"):
        time.sleep(0.005)
    asked = len(server.log)
    second = once(server, tmp_path)
    assert isinstance(second, Busy), second
    assert len(server.log) == asked
    first.join(10)
    assert isinstance(ends[0], Run)
    assert leftovers(tmp_path) == []


def test_one_record_that_nobody_asked_for(start: Callable[..., Eutils], tmp_path: Path) -> None:
    """A record of another search gets into this one."""
    server = start()
    server.faults.add(when={"endpoint": "efetch"}, foreign=made_article(4711, title="Not asked for."))
    run = once(server, tmp_path)
    assert isinstance(run, Run)
    assert 4711 not in pmids(tmp_path)
    assert run.total == len(pmids(tmp_path))
    assert run.log["batches"][0]["unexpected"] == [4711]


def test_a_search_without_hits_is_no_failure(start: Callable[..., Eutils], tmp_path: Path) -> None:
    """Nothing found is told as an error, or an error as nothing found."""
    server = start()
    nothing = Query("none", "kyphoplasty[ti] AND hip[ti]", (), "x", "none.toml")
    run = once(server, tmp_path / "none", nothing, allow_warnings=True)
    assert isinstance(run, Run)
    assert (run.total, run.complete) == (0, True)
    server.faults.add(body="esearch_db_not_supported_200")
    end = once(server, tmp_path / "down", QUERY)
    assert isinstance(end, ServiceError)
    assert "Database is not supported" in str(end)
    assert not (tmp_path / "down" / "records.jsonl").exists()


@pytest.mark.parametrize("damage", ["cut", "zeros", "gone"])
def test_a_file_that_was_torn_as_the_power_went(
    start: Callable[..., Eutils], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, damage: str
) -> None:
    """A half written file of the journal is believed, so that records are missing, doubled or another's."""
    monkeypatch.setattr("synth.search.run.collect.PER_FETCH", 5)
    server = start()
    assert isinstance(once(server, tmp_path / "calm"), Run)
    calm = stored(tmp_path / "calm")
    server.faults.add(when={"endpoint": "efetch", "nth": 3}, body="efetch_out_of_range_400")
    assert isinstance(once(server, tmp_path / "torn"), ServiceError)
    # The third answer came, and the power went before it was read.
    third = sorted((tmp_path / "calm" / "raw").glob("*/00003.xml.gz"))[0]
    (tmp_path / "torn" / "current" / "raw" / "00003.xml").write_bytes(gzip.decompress(third.read_bytes()))
    files = sorted(path for path in (tmp_path / "torn" / "current").rglob("*") if path.is_file())
    assert len(files) >= 5
    draw = random.Random(3)
    for number, file in enumerate(files):
        size = file.stat().st_size
        places = {0} if damage == "gone" else {0, 1, size - 1, size // 2, *(draw.randrange(size) for _ in range(2))}
        for at in sorted(places):
            folder = tmp_path / f"{number}-{at}"
            shutil.copytree(tmp_path / "torn", folder)
            torn = folder / file.relative_to(tmp_path / "torn")
            whole = torn.read_bytes()
            if damage == "gone":
                torn.unlink()
            else:
                torn.write_bytes(whole[:at] + (b"\0" * (size - at) if damage == "zeros" else b""))
            run = once(server, folder)
            where = f"{file.name} {damage} at byte {at} of {size}"
            assert isinstance(run, Run), f"{where}: {run}"
            assert run.complete, where
            assert stored(folder) == calm, where
            assert leftovers(folder) == [], where
