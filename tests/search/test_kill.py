"""The real command, killed with no chance to clean up, out of disk, interrupted, and started twice."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from synth.search.run.store import Store
from tests.eutils import Corpus
from tests.search.conftest import ROOT, Eutils
from tests.search.rig import leftovers, log_of, stored

STRATEGY = """\
schema = 1
title = "A bulk of fractures"
question = "What becomes of a record when its reader is killed?"

[lines]
1 = '"bulk cohort"[ti]'
2 = "spinal[ti] OR fractures[ti]"
3 = "#1 AND #2"
"""
RECORDS, FIRST_RUN_KILLS, UPDATE_KILLS = 900, 39, 12
BATCHES = -(-RECORDS // 200)


@pytest.fixture
def server(start: Callable[..., Eutils]) -> Eutils:
    """A server with a search of five batches."""
    corpus = Corpus()
    corpus.add_bulk(RECORDS)
    return start(corpus, limit=False)


def review(folder: Path) -> Path:
    """Make a review with one search; give the folder of what it stores."""
    (folder / "queries").mkdir(parents=True)
    shutil.copy(ROOT / "review.toml", folder)
    (folder / "queries" / "bulk.toml").write_text(STRATEGY, "utf-8")
    return folder / "queries" / "bulk"


def killed(server: Eutils, folder: Path, draw: random.Random) -> bool:
    """Start the command and kill it at some point; tell whether it was killed and not done before."""
    before = len(server.log)
    process = server.popen("search", "bulk", folder=folder)
    requests, late = draw.randint(0, 6), draw.uniform(0, 0.03)
    with process:
        until = time.monotonic() + 20
        while process.poll() is None and len(server.log) < before + requests and time.monotonic() < until:
            time.sleep(0.001)
        if not requests:
            time.sleep(draw.uniform(0.1, 0.5))  # while it starts
        time.sleep(late)
        process.kill()
        _, said = process.communicate(timeout=20)
    assert "Traceback" not in said
    assert process.returncode in (0, -signal.SIGKILL), said
    return process.returncode != 0


def finished(server: Eutils, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    done = server.run("search", "bulk", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_killed_at_any_point_it_ends_alike(server: Eutils, tmp_path: Path) -> None:
    """A power cut costs records, doubles them, leaves a search that cannot go on, or shows half of one as whole."""
    draw = random.Random(20261122)
    calm = review(tmp_path / "calm")
    finished(server, tmp_path / "calm")
    expected, log = stored(calm), log_of(calm)
    assert len(expected) == 2 + BATCHES
    kills = reviews = 0
    while kills < FIRST_RUN_KILLS:
        reviews += 1
        folder = tmp_path / str(reviews)
        store = review(folder)
        server.log.entries.clear()
        here = 0
        while kills < FIRST_RUN_KILLS and killed(server, folder, draw):
            kills, here = kills + 1, here + 1
            # Until it is done, nothing is there that looks done.
            if (store / "records.jsonl").exists():
                assert stored(store)["records.jsonl"] == expected["records.jsonl"]
        finished(server, folder)
        if len(Store(store).runs()) == 1:  # else the last of them was already an update
            assert stored(store) == expected
            assert log_of(store) == log
        assert stored(store)["records.jsonl"] == expected["records.jsonl"]
        assert leftovers(store) == []
        # What a kill may cost is the answer that was on its way, and no other.
        updates = len(Store(store).runs())
        server.log.assert_at_most(updates * BATCHES + here, "efetch")
    assert reviews > 3


def test_killed_in_an_update_the_old_search_stays(server: Eutils, tmp_path: Path) -> None:
    """An update that is killed leaves neither the old search nor the new one."""
    draw = random.Random(7)
    store = review(tmp_path)
    finished(server, tmp_path)
    sizes = {stored(store)["records.jsonl"]: RECORDS}
    size, kills = RECORDS, 0
    while kills < UPDATE_KILLS:
        server.corpus.grow(60)
        server.corpus.delete(server.corpus.bulks[0].pmids[kills])
        size += 59
        runs = len(Store(store).runs())
        while kills < UPDATE_KILLS and killed(server, tmp_path, draw):
            kills += 1
            lines = (store / "records.jsonl").read_text("utf-8").splitlines()
            assert len(lines) == sizes.get(stored(store)["records.jsonl"], size)
        finished(server, tmp_path)
        sizes[stored(store)["records.jsonl"]] = size
        update = Store(store).log(Store(store).runs()[runs])
        assert len(update["changes"]["new"]) == 60
        assert len(update["changes"]["gone"]) == 1
        assert len((store / "pmids.txt").read_text("utf-8").split()) == size
        assert leftovers(store) == []
    assert len(sizes) > 1


@pytest.mark.parametrize("largest", [2_000, 100_000])
def test_a_disk_that_fills_up(server: Eutils, tmp_path: Path, largest: int) -> None:
    """On a full disk the command shows a traceback, ends well, or cannot go on when there is room again."""
    store = review(tmp_path)
    full = server.run("search", "bulk", folder=tmp_path, largest_file=largest)
    assert full.returncode == 1, full.stderr
    assert "Traceback" not in full.stderr
    assert "Cannot write" in full.stderr
    assert not (store / "records.jsonl").exists()
    finished(server, tmp_path)
    assert len((store / "pmids.txt").read_text("utf-8").split()) == RECORDS
    assert leftovers(store) == []


def test_a_second_command_is_told_of_the_first(server: Eutils, tmp_path: Path) -> None:
    """Two commands on one search work over each other."""
    store = review(tmp_path)
    server.faults.add(when={"endpoint": "efetch", "nth": 2}, stall={"where": "headers", "seconds": 1.2})
    with server.popen("search", "bulk", folder=tmp_path) as first:
        while len(server.log.of("efetch")) < 2:
            time.sleep(0.005)
        asked = len(server.log)
        second = server.run("search", "bulk", folder=tmp_path)
        assert second.returncode == 1
        assert "another" in second.stderr.lower()
        assert len(server.log) == asked
        first.communicate(timeout=30)
        assert first.returncode == 0
    assert len((store / "pmids.txt").read_text("utf-8").split()) == RECORDS
    server.log.assert_no_id_twice()


def test_interrupted_by_hand_it_goes_on(server: Eutils, tmp_path: Path) -> None:
    """Ctrl-C shows a traceback, loses what came, or is told as a success."""
    store = review(tmp_path)
    server.faults.add(when={"endpoint": "efetch", "nth": 3}, stall={"where": "headers", "seconds": 30})
    with server.popen("search", "bulk", folder=tmp_path) as process:
        while len(server.log.of("efetch")) < 3:
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in said
    finished(server, tmp_path)
    # Three batches of the first sitting are the two that came and the one that was under way.
    server.log.assert_at_most(BATCHES + 1, "efetch")
    assert leftovers(store) == []


def test_each_end_has_its_exit_code(server: Eutils, tmp_path: Path) -> None:
    """A script cannot tell a complete search from one that is not, or that from a service that is down."""
    review(tmp_path)
    pmid = server.corpus.bulks[0].first
    server.corpus.hide(pmid)
    incomplete = server.run("search", "bulk", folder=tmp_path)
    assert (incomplete.returncode, str(pmid) in incomplete.stderr) == (4, True)
    server.faults.add(body="unable_to_route")
    down = server.run("search", "bulk", folder=tmp_path)
    assert down.returncode == 5
    assert "Unable to route request" in down.stderr
    server.faults.clear()
    file = tmp_path / "queries" / "bulk.toml"
    file.write_text(STRATEGY.replace("[ti]'", "[ti] AND nobodywrotethis[ti]'"), "utf-8")
    left_out = server.run("search", "bulk", folder=tmp_path)
    assert left_out.returncode == 1
    assert "nobodywrotethis" in left_out.stderr
