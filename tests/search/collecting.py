"""What the tests of collecting share: a search, a client on the server's clock, and a folder as bytes."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from synth.search.client.entrez import Entrez
from synth.search.client.identity import Identity
from synth.search.client.pace import Pace
from synth.search.records.pubmed_xml import read_pubmed_xml
from synth.search.records.record import as_line
from synth.search.run.collect import Run, collect
from synth.search.run.lock import LOCK_FILE
from synth.search.run.runlog import CLOCKED
from synth.search.run.store import Store
from synth.search.strategy.query import Line, Query

from .conftest import Eutils

TERM = "spine OR spinal OR vertebral OR fracture OR ankylosing"
QUERY = Query(
    "demo",
    TERM,
    (
        Line("1", "Spine", "spine OR spinal OR vertebral", "spine OR spinal OR vertebral"),
        Line("2", "Fracture", "fracture OR ankylosing", "fracture OR ankylosing"),
    ),
    "# a strategy\n",
    "queries/demo.toml",
)


_PACES: WeakKeyDictionary[Eutils, Pace] = WeakKeyDictionary()


def client(eutils: Eutils, **settings: Any) -> Entrez:
    """Give a client on the clock of the server; all clients of one server share a pace."""
    pace = _PACES.setdefault(eutils, Pace(clock=eutils.clock.now, sleep=eutils.clock.sleep, rng=random.Random(1)))
    return Entrez(Identity("ada@example.org"), pace=pace, **settings)


def run(eutils: Eutils, folder: Path, query: Query = QUERY, **settings: Any) -> Run:
    """Run the search once."""
    return collect(query, folder, client(eutils, **settings.pop("client", {})), **settings)


def snapshot(folder: Path) -> dict[str, object]:
    """Give every file of a search but the lock; of the logs without the fields that depend on the clock."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != LOCK_FILE:
            name = path.relative_to(folder).as_posix()
            data = path.read_bytes()
            if name.startswith("runs/"):
                log = json.loads(data)
                found[name] = {key: value for key, value in log.items() if key not in CLOCKED}
            else:
                found[name] = data
    return found


def check(folder: Path, last: Run) -> None:
    """Hold everything that is stored against everything else that is stored."""
    store, log = Store(folder), last.log
    assert not store.current.exists()
    assert store.log(last.name) == log
    text = store.records_file.read_text("utf-8")
    assert hashlib.sha256(text.encode()).hexdigest() == log["records"]["sha256"]
    pmids = [record.pmid for record in store.records()]
    assert pmids == sorted(set(pmids)) == list(store.pmids())
    assert len(pmids) == log["records"]["count"]
    assert sum(each["count"] for each in log["slices"]) == log["total"] == len(log["ids"])
    assert log["asked"] == len(log["ids"]) == log["received"] + len(log["missing_ids"])
    raw = store.raw_folder(last.name)
    if log["batches"]:
        assert {path.name for path in raw.iterdir()} == {each["file"] for each in log["batches"]}
    read: dict[int, str] = {}
    for each in log["batches"]:
        data = (raw / each["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == each["sha256"]
        if not each["unreadable"]:
            read |= {record.pmid: as_line(record) for record in read_pubmed_xml(gzip.decompress(data))}
    stored = {record.pmid: as_line(record) for record in store.records()}
    for pmid in log["ids"]:
        if pmid not in log["missing_ids"]:
            assert stored[pmid] == read[pmid]
