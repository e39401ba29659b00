"""Every fault of the plan at every step of a search: it ends as if nothing had been, or says that it has not ended.

A fault that strikes once is one of three kinds: it is cured in the same sitting; it stops the sitting loudly, and the
next one ends as if nothing had been; or it cannot be told from an answer that is true.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from synth.errors import SynthError
from synth.search.run.runlog import Run
from tests.eutils import made_article
from tests.eutils.bodies import BODIES
from tests.search.conftest import Eutils
from tests.search.rig import leftovers, log_of, once, patience, stored, until_done

# Three counts, one list, two batches of records, one count at the end.
STEPS = 7
COUNTS, LIST, END = (1, 2, 3), 4, 7

FAULTS: dict[str, dict[str, Any]] = {
    **{name: {"body": name} for name in BODIES},
    **{f"status_{status}": {"status": status} for status in (408, 500, 502, 503, 504)},
    "status_429_and_wait": {"status": 429, "body": "ratelimit_429", "retry_after": 7},
    "status_503_and_wait": {"status": 503, "retry_after": 30},
    "status_403": {"status": 403},
    "status_200_page": {"html": True},
    "nothing": {"empty": True},
    "cut_early": {"cut": {"at": 40, "clean": True}},
    "cut_clean": {"cut": {"at": 0.6, "clean": True}},
    "cut_last_byte": {"cut": {"at": 0.999, "clean": True}},
    "cut_lost": {"cut": {"at": 0.6, "clean": False}},
    "reset": {"reset": True},
    "reset_in_the_middle": {"reset": {"at": 0.5}},
    "stall_before": {"stall": {"where": "headers", "seconds": 30}},
    "stall_in_the_middle": {"stall": {"where": "body", "seconds": 30}},
    "wrong_bytes": {"charset": "latin-1"},
    "wide_bytes": {"charset": "utf-16"},
    "wrong_header": {"charset": {"declare": "ISO-8859-1"}},
    "mark_in_front": {"bom": True},
    "twice": {"duplicate": 2},
    "left_out": {"missing": 2},
    "shuffled": {"reorder": True, "seed": 5},
    "uncalled": {"foreign": made_article(4711, title="Nobody asked for this.")},
    "next_year": {"dtd": "270101"},
    "plain_http": {"http_dtd": True},
    "drip": {"drip": {"chunk": 400, "pause": 0.0005}},
    "history_gone": {"webenv_lost": True},
}
# What the service says of the question and not of its own state: asking again in the same sitting is of no use.
FINAL = {
    "efetch_out_of_range_400", "einfo_bad_db", "esearch_retstart_over_9998", "esearch_retstart_over_9998_badjson",
    "esummary_no_id", "esummary_too_many_uids", "history_lost_200", "status_403",
}  # fmt: skip


def expected(fault: str, step: int) -> str:
    """Say what has to come of a fault that strikes once, at one step."""
    if fault in FINAL:
        return "loud"
    # A search that PubMed answers with "no such field" is the strategy's own mistake as far as anybody can know.
    if fault == "esearch_field_not_found" and step in COUNTS:
        return "loud"
    # A list of PMIDs where none was asked for belongs to another question.
    if fault == "esearch_retmax_clamped" and step in (*COUNTS, END):
        return "loud"
    return "cured"


@pytest.fixture
def small(start: Callable[..., Eutils], monkeypatch: pytest.MonkeyPatch) -> Eutils:
    """A server, and a client that fetches eight records at a time, so that a small search has many steps."""
    monkeypatch.setattr("synth.search.run.collect.PER_FETCH", 8)
    # What fsync is for, the tests of kills are for; here it is half of the time.
    monkeypatch.setattr("os.fsync", lambda _: None)
    return start()


@dataclass(frozen=True)
class Calm:
    """What a run brings that nothing disturbs: its folder, the stored files, the log."""

    folder: Path
    files: dict[str, str]
    log: dict[str, Any]


CALM: list[Calm] = []


@pytest.fixture
def calm(small: Eutils, tmp_path_factory: pytest.TempPathFactory) -> Calm:
    """Run the search without a fault, once for all tests."""
    if not CALM:
        folder = tmp_path_factory.mktemp("calm") / "stiff"
        run = once(small, folder)
        assert isinstance(run, Run)
        assert len(small.log) == STEPS
        assert run.records == run.total > 12
        CALM.append(Calm(folder, stored(folder), log_of(folder)))
        small.log.entries.clear()
    return CALM[0]


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_at_any_step_costs_nothing_or_is_loud(small: Eutils, calm: Calm, tmp_path: Path, fault: str) -> None:
    """One failure of the service changes what is stored, ends a run as complete that is not, or is asked for twice."""
    files, log = calm.files, calm.log
    for step in (1, 3, 4, 5, 6, 7):  # the second count is as the first
        folder = tmp_path / f"step{step}"
        small.faults.clear()
        small.log.entries.clear()
        struck = small.faults.add(when={"nth": step}, **FAULTS[fault])
        ends = until_done(small, folder, most=2, timeout=patience(fault))
        assert struck.fired == 1
        got = "cured" if isinstance(ends[0], Run) else "loud"
        assert got == expected(fault, step), f"at step {step}: {ends[0]!s:.300}"
        assert isinstance(ends[-1], Run)
        assert ends[-1].complete, ends[-1].log["incomplete_reasons"]
        now = stored(folder)
        for name in ("records.jsonl", "pmids.txt"):
            assert now[name] == files[name], f"{name} at step {step}"
        if fault not in {"twice", "left_out", "shuffled", "uncalled", "next_year", "plain_http", "mark_in_front"}:
            assert now == files, f"the raw answers at step {step}"
            assert {k for k in log if log_of(folder)[k] != log[k]} <= lies(fault, step), f"the log at step {step}"
        assert leftovers(folder) == []
        again = [pmid for pmid in set(small.log.fetched()) if small.log.fetched().count(pmid) > 1]
        assert not again, f"asked again at step {step}: {again}"
        small.log.assert_pauses()


def lies(fault: str, step: int) -> set[str]:
    """Name the parts of the log that a well-formed answer to another question changes, which nobody can know of."""
    if fault == "esearch_field_not_found" and step == END:
        return {"count_at_end", "warnings"}
    if fault == "esearch_retmax_clamped" and step == LIST:
        return {"slices"}  # so large a search would have to be cut, and is
    return set()


@pytest.mark.parametrize("fault", sorted(FAULTS))
@pytest.mark.parametrize("endpoint", ["esearch", "efetch"])
def test_a_fault_that_does_not_end_is_loud_and_keeps_what_there_is(
    small: Eutils, calm: Calm, tmp_path: Path, fault: str, endpoint: str
) -> None:
    """A service that fails for good looks like a search without hits, or takes away what an earlier run stored."""
    folder = tmp_path / "stiff"
    shutil.copytree(calm.folder, folder)
    small.faults.add(when={"endpoint": endpoint}, **FAULTS[fault])
    end = once(small, folder, tries=2, timeout=patience(fault))
    if isinstance(end, Run):
        assert end.complete
        assert fault in HARMLESS[endpoint]
        assert stored(folder)["records.jsonl"] == calm.files["records.jsonl"]
        return
    assert fault not in HARMLESS[endpoint]
    assert end.exit_code != 0
    assert "Traceback" not in str(end)
    assert stored(folder)["records.jsonl"] == calm.files["records.jsonl"]
    small.faults.clear()
    ends = until_done(small, folder, most=2)
    assert isinstance(ends[-1], Run)
    assert stored(folder)["records.jsonl"] == calm.files["records.jsonl"]
    assert leftovers(folder) == []


# Faults that a client may take in its stride however often they come, since nothing is lost by them.
HARMLESS = {
    "esearch": {"shuffled", "uncalled", "next_year", "plain_http", "mark_in_front", "drip",
                "wrong_header", "history_gone", "wrong_bytes"},
    "efetch": {"twice", "shuffled", "uncalled", "next_year", "plain_http", "mark_in_front", "drip", "wrong_header",
               "history_gone"},
}  # fmt: skip


def test_what_a_person_reads_names_no_key(small: Eutils, tmp_path: Path) -> None:
    """An error shows the key or the address that the service echoes."""
    from synth.search.client.entrez import Entrez
    from synth.search.client.identity import Identity
    from synth.search.client.pace import Pace
    from synth.search.run.collect import collect
    from tests.search.rig import QUERY

    key = "0123456789abcdef0123456789abcdef0123"
    small.faults.add(body="ratelimit_429")
    entrez = Entrez(
        Identity("ada@example.org", key=key), pace=Pace(clock=small.clock.now, sleep=small.clock.sleep), tries=2
    )
    with pytest.raises(SynthError) as told:
        collect(QUERY, tmp_path / "keyed", entrez)
    assert key not in str(told.value)
    assert "203.0.113.7" not in str(told.value)
    assert not [path for path in (tmp_path / "keyed").rglob("*") if path.is_file() and key in path.read_text("latin-1")]
