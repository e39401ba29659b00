"""Every fault of the plan at every endpoint: the client gives the true answer or an error, and never another answer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from synth.errors import ServiceError
from synth.search.chase import chase
from synth.search.client.entrez import Entrez
from synth.search.known import check_known
from synth.search.strategy.model import Known, read_strategy
from tests.search.conftest import ROOT, Eutils
from tests.search.rig import client, patience
from tests.search.test_faults import FAULTS, FINAL

IDS = (90000001, 90000002, 90000006, 90000007)
KNOWN = [Known("Muster 2021", 90000001), Known("Nobody 1900", 17), Known("Voorbeeld 2019", 90000005)]


def check(entrez: Entrez) -> list[tuple[str, str]]:
    """Ask which of three publications a shipped strategy finds."""
    strategy = read_strategy(ROOT / "queries" / "as-spine-fracture-open.toml", "open.toml")
    return [(item.label, item.status) for item in check_known(strategy, KNOWN, entrez).items]


CALLS: dict[str, Callable[[Entrez], Any]] = {
    "count": lambda entrez: entrez.search("spinal fractures"),
    "list": lambda entrez: sorted(entrez.search("spinal fractures", retmax=100).ids),
    "history": lambda entrez: entrez.search("spinal fractures", usehistory=True).count,
    "fetch": lambda entrez: entrez.fetch(IDS).rpartition(b"<PubmedArticleSet>")[2],
    "links": lambda entrez: entrez.links(IDS, "pubmed_pubmed_refs"),
    "info": lambda entrez: entrez.info(),
    "databases": lambda entrez: entrez.info(None),
    "spell": lambda entrez: entrez.spell("kyphoplsty"),
    "summaries": lambda entrez: entrez.summaries(IDS),
    "post": lambda entrez: bool(entrez.post(IDS)),
    "check": check,
    "chase": lambda entrez: chase({pmid: str(pmid) for pmid in IDS}, entrez),
}
# What is done to the records of a good answer is no failure of it: who fetches has to compare what came.
RECORDS = {"twice", "left_out", "shuffled", "uncalled"}
# A well-formed answer to another search cannot be known for one; that it says so is the caller's to judge.
TAKEN = {
    "count": {"esearch_field_not_found"},
    "list": {"esearch_field_not_found", "esearch_retmax_clamped", "twice", "left_out"},
    "history": {"esearch_field_not_found"},
    "fetch": {"efetch_empty_set", *RECORDS},
}


SURPLUS = {("esearch_retmax_clamped", "count"), ("esearch_retmax_clamped", "history")}


@pytest.mark.parametrize("call", sorted(CALLS))
def test_an_endpoint_gives_the_truth_or_an_error(eutils: Eutils, call: str) -> None:
    """A failure of the service is read as an answer: as nothing found, as no links, as other fields."""
    ask = CALLS[call]
    true = ask(client(eutils))
    asked = len(eutils.log)
    for fault in sorted(FAULTS.keys() - TAKEN.get(call, set())):
        for step in sorted({1, 2, asked} & set(range(1, asked + 1))):
            eutils.clock.sleep(60)
            eutils.faults.clear()
            struck = eutils.faults.add(when={"nth": step}, **FAULTS[fault])
            where = f"{fault} at request {step}"
            got: Any = ServiceError
            with contextlib.suppress(ServiceError):
                got = ask(client(eutils, timeout=patience(fault)))
            # More PMIDs than were asked for are an error at once, where the list of a check is as long as it may be.
            surplus = (fault, call) in SURPLUS or (call == "check" and fault in {"twice", "esearch_retmax_clamped"})
            if fault in FINAL or (surplus and got is ServiceError):
                assert got is ServiceError, where
            else:
                assert got == true, where
            assert struck.fired == 1, where


@pytest.mark.parametrize("call", sorted(CALLS))
def test_an_endpoint_that_stays_down_is_an_error(eutils: Eutils, call: str) -> None:
    """An endpoint that gives no usable answer at all looks like one that has nothing to say."""
    broken = ["unable_to_route", "www_error_500", "html_200", "nothing", "cut_clean", "cut_lost", "reset", "status_503",
              "esearch_db_not_supported_200", "esummary_cxx_exception", "elink_cxx_exception_200", "ratelimit_429",
              "ratelimit_200", "efetch_timeout_200", "efetch_timeout_400", "stall_before"]  # fmt: skip
    for fault in broken:
        eutils.clock.sleep(60)
        eutils.faults.clear()
        eutils.faults.add(**FAULTS[fault])
        with pytest.raises(ServiceError) as told:
            CALLS[call](client(eutils, tries=2, timeout=0.1))
        assert told.value.exit_code == 5
        assert "2 tries" in str(told.value), fault


def test_what_is_taken_for_an_answer_is_looked_at_elsewhere(eutils: Eutils) -> None:
    """The exceptions of the test above name a fault that is not there, or a call that would see through it."""
    for call, faults in TAKEN.items():
        assert faults <= FAULTS.keys()
        true = CALLS[call](client(eutils))
        for fault in faults:
            eutils.clock.sleep(60)
            eutils.faults.clear()
            eutils.faults.add(when={"endpoint": ["esearch", "efetch"], "nth": 1}, **FAULTS[fault])
            assert CALLS[call](client(eutils)) != true, (call, fault)
            eutils.faults.clear()
            eutils.clock.sleep(60)
