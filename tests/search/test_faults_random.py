"""Two hundred seeded sequences of faults, each played until the search is done: the end is the same as without any."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth.search.run.runlog import Run
from tests.search.conftest import Eutils
from tests.search.rig import leftovers, once, patience, stored, until_done
from tests.search.test_faults import FAULTS

SEQUENCES, TOGETHER = 200, 20
# These wait in real time: they come less often, so that the sequences take seconds and not minutes.
SLOW = {"stall_before", "stall_in_the_middle"}


def plan(seed: int) -> list[dict[str, Any]]:
    """Draw a plan: up to five faults, each striking by chance, a few times at most."""
    draw = random.Random(seed)
    quick = sorted(FAULTS.keys() - SLOW)
    faults = []
    for _ in range(draw.randint(1, 5)):
        name = draw.choice(quick if draw.random() < 0.95 else sorted(SLOW))
        when: dict[str, Any] = {"probability": draw.choice([0.1, 0.3, 0.7, 1.0]), "seed": draw.randrange(10**6)}
        when["times"] = 1 if name in SLOW else draw.randint(1, 6)
        if draw.random() < 0.6:
            when["endpoint"] = draw.choice(["esearch", "efetch"])
        faults.append({"when": when, "do": FAULTS[name] | {"seed": draw.randrange(1000)}})
    return faults


@pytest.mark.parametrize("first", range(0, SEQUENCES, TOGETHER))
def test_any_sequence_of_faults_ends_alike(
    start: Callable[..., Eutils], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, first: int
) -> None:
    """Faults that come together leave something stored that one alone would not, or a run that never ends."""
    monkeypatch.setattr("synth.search.run.collect.PER_FETCH", 4)
    monkeypatch.setattr("os.fsync", lambda _: None)
    server = start()
    assert isinstance(once(server, tmp_path / "calm"), Run)
    calm = stored(tmp_path / "calm")
    loud = 0
    for seed in range(first, first + TOGETHER):
        server.faults.clear()
        server.log.entries.clear()
        for fault in plan(seed):
            server.faults.add(fault)
        folder = tmp_path / str(seed)
        silent = ["stall" for fault in plan(seed) if "stall" in fault["do"]]
        ends = until_done(server, folder, most=40, timeout=patience(*silent))
        loud += len(ends) - 1
        where = f"seed {seed}: {plan(seed)}"
        last = ends[-1]
        assert isinstance(last, Run), f"{where}\n{last}"
        assert last.complete, where
        assert all(end.exit_code != 0 for end in ends if not isinstance(end, Run)), where
        now = stored(folder)
        assert {n: now[n] for n in ("records.jsonl", "pmids.txt")} == {
            n: calm[n] for n in ("records.jsonl", "pmids.txt")
        }, where
        assert leftovers(folder) == [], where
        server.log.assert_pauses()
    # If every sequence were cured in one sitting, nothing would have been continued.
    assert loud > 0


def test_the_sequences_hold_every_fault() -> None:
    """A fault of the list is in none of the sequences."""
    from json import dumps

    drawn = {dumps({k: v for k, v in fault["do"].items() if k != "seed"}, default=str, sort_keys=True)
             for seed in range(SEQUENCES) for fault in plan(seed)}  # fmt: skip
    every = {dumps({k: v for k, v in do.items() if k != "seed"}, default=str, sort_keys=True) for do in FAULTS.values()}
    assert every == drawn
