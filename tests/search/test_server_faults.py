"""The fault plan of the local server does what it says, each word of it."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.eutils import Fault, Faults, ManualClock, Server, made_article
from tests.eutils.bodies import BODIES
from tests.eutils.faults import DO
from tests.eutils.wire import Request
from tests.search.conftest import ROOT, Eutils

FETCH = "/entrez/eutils/efetch.fcgi?db=pubmed&retmode=xml&tool=t&email=a@b.org&id=90000001,90000006,90000014"


def raw(port: int, path: str = FETCH, timeout: float = 5) -> tuple[int, bytes, str]:
    """Ask with a bare connection: status, body and type."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"User-Agent": "test", "Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.getheader("Content-Type") or ""
    finally:
        connection.close()


def pmids(body: bytes) -> list[str]:
    """Give the PMIDs of an answer, in order."""
    return [e.findtext("MedlineCitation/PMID") or "" for e in ET.fromstring(body)]


def cut_off(body: bytes) -> bool:
    """Tell whether a body is a true one that ends early."""
    return body.startswith(b"<?xml") and not body.endswith(b"</PubmedArticleSet>")


GOOD = ["90000001", "90000006", "90000014"]
SEEN: list[tuple[dict[str, Any], Callable[[int, bytes, str], bool]]] = [
    ({"status": 503}, lambda s, b, t: s == 503 and b.startswith(b"<html>")),
    ({"status": 500, "body": "www_error_500"}, lambda s, b, t: s == 500 and b == BODIES["www_error_500"].body),
    ({"html": True}, lambda s, b, t: s == 200 and t == "text/html" and b"WWW Error" in b),
    ({"empty": True}, lambda s, b, t: s == 200 and b == b""),
    ({"cut": {"at": 0.5, "clean": True}}, lambda s, b, t: s == 200 and cut_off(b)),
    ({"cut": {"at": 700, "clean": True}}, lambda s, b, t: len(b) == 700),
    ({"charset": "latin-1"}, lambda s, b, t: "UTF-8" in t and "Jörg".encode("latin-1") in b),
    ({"charset": {"declare": "ISO-8859-1"}}, lambda s, b, t: "ISO-8859-1" in t and "Jörg".encode() in b),
    ({"bom": True}, lambda s, b, t: b.startswith(b"\xef\xbb\xbf<?xml")),
    ({"duplicate": 1}, lambda s, b, t: sorted(set(pmids(b))) == GOOD and len(pmids(b)) == 4),
    ({"missing": 1}, lambda s, b, t: len(pmids(b)) == 2),
    ({"reorder": True, "seed": 3}, lambda s, b, t: pmids(b) != GOOD and sorted(pmids(b)) == GOOD),
    ({"foreign": made_article(7, title="x")}, lambda s, b, t: pmids(b) == [*GOOD, "7"]),
    (
        {"dtd": "270101"},
        lambda s, b, t: b"1st January 2027//EN" in b and b"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_2701" in b,
    ),
    ({"http_dtd": True}, lambda s, b, t: b'"http://dtd.nlm.nih.gov/' in b),
    ({"drip": {"chunk": 2000, "pause": 0.001}}, lambda s, b, t: pmids(b) == GOOD),
    ({"delete": [90000006]}, lambda s, b, t: pmids(b) == ["90000001", "90000014"]),
    ({"hide": [90000001]}, lambda s, b, t: pmids(b) == ["90000006", "90000014"]),
    ({"merge": {"90000001": 90000002}}, lambda s, b, t: pmids(b) == ["90000002", "90000006", "90000014"]),
    ({"drift": {"remove": [90000014]}}, lambda s, b, t: pmids(b) == ["90000001", "90000006"]),
]  # fmt: skip


@pytest.mark.parametrize(("do", "seen"), SEEN, ids=lambda value: str(value)[:40] if isinstance(value, dict) else "")
def test_a_fault_is_seen_by_the_caller(eutils: Eutils, do: dict[str, Any], seen: Callable[..., bool]) -> None:
    """A fault of the plan changes nothing, so a client passes that would not survive it."""
    untouched = raw(eutils.port)
    assert pmids(untouched[1]) == GOOD
    eutils.faults.add(when={"nth": 1}, **do)
    assert seen(*raw(eutils.port))
    assert eutils.log.entries[-1].faults


@pytest.mark.parametrize("name", sorted(BODIES))
def test_every_recorded_failure_can_be_served(eutils: Eutils, name: str) -> None:
    """A recorded failure does not come out of the server as it is."""
    eutils.faults.add(when={"nth": 1}, body=name)
    assert raw(eutils.port) == (BODIES[name].status, BODIES[name].body, BODIES[name].type)
    assert eutils.log.entries[0].faults == (f"body:{name}",)


@pytest.mark.parametrize("do", [{"cut": {"at": 0.5}}, {"reset": {"at": 0.5}}, {"reset": True}], ids=str)
def test_a_lost_connection_is_felt(eutils: Eutils, do: dict[str, Any]) -> None:
    """A connection that breaks off looks to the caller like one that ended."""
    eutils.faults.add(**do)
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError, http.client.RemoteDisconnected)):
        raw(eutils.port)


@pytest.mark.parametrize("where", ["headers", "body"])
def test_a_stall_outlasts_the_patience_of_the_caller(eutils: Eutils, where: str) -> None:
    """An answer that stalls comes all the same, or holds the server up as it is closed."""
    eutils.faults.add(stall={"where": where, "seconds": 30})
    with pytest.raises((TimeoutError, socket.timeout)):
        raw(eutils.port, timeout=0.05)
    started = time.monotonic()
    eutils.close()
    assert time.monotonic() - started < 3


def test_a_lost_history_and_growth_are_changes_of_the_database(eutils: Eutils) -> None:
    """The database stands still although the plan says that it moves."""
    path = "/entrez/eutils/esearch.fcgi?db=pubmed&tool=t&email=a@b.org&usehistory=y&term=spinal+fractures&retmax=100"
    first = ET.fromstring(raw(eutils.port, path)[1])
    eutils.faults.add(when={"nth": 1}, drift={"add": [91000001]}, webenv_lost=True)
    second = ET.fromstring(raw(eutils.port, path)[1])
    assert int(second.findtext("Count") or 0) == int(first.findtext("Count") or 0) + 1
    assert second.findtext("IdList/Id") == "91000001"
    assert eutils.service.history.get(first.findtext("WebEnv") or "", 1) is None


def test_every_word_of_the_plan_is_tried_here() -> None:
    """A word of the plan has no test, and may do nothing."""
    tried = {word for do, _ in SEEN for word in do}
    tried |= {"body", "reset", "stall", "webenv_lost", "retry_after"}
    assert tried == DO


@pytest.mark.parametrize(
    ("when", "struck"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"nth": 2}, [2]),
        ({"nth": [1, 4]}, [1, 4]),
        ({"first": 2}, [1, 2]),
        ({"after": 4}, [5, 6]),
        ({"every": 3}, [3, 6]),
        ({"times": 1, "after": 2}, [3]),
        ({"endpoint": "efetch"}, [2, 4, 6]),
        ({"endpoint": "efetch", "nth": 2}, [4]),
        ({"endpoint": ["efetch", "esearch"], "nth": 2}, [2]),
        ({"method": "POST"}, [5, 6]),
        ({"param": {"retmax": "[45]"}}, [4, 5]),
        ({"contains": "SPINE"}, [1, 3, 5]),
        ({"probability": 0.5, "seed": 1}, [1, 4, 5, 6]),
    ],
)
def test_a_fault_strikes_when_it_says(when: dict[str, Any], struck: list[int]) -> None:
    """A fault strikes other requests than those that the plan names, or others in a second run."""
    faults = Faults([{"when": when, "do": {"empty": True}}])
    got = []
    for n in range(1, 7):
        endpoint, term = ("efetch", "") if n % 2 == 0 else ("esearch", "the spine")
        request = Request(endpoint, "POST" if n > 4 else "GET", {"term": [term], "retmax": [str(n)]})
        if faults.strike(request):
            got.append(n)
    assert got == struck


@pytest.mark.parametrize(
    ("one", "what"),
    [
        ({"do": {"explode": True}}, "do.explode"),
        ({"when": {"on": "tuesday"}, "do": {"empty": True}}, "when.on"),
        ({"do": {"body": "none_such"}}, "no body 'none_such'; there are:"),
        ({"do": {}}, "does nothing"),
        ({"what": 1, "do": {"empty": True}}, "unknown words"),
    ],
)
def test_a_wrong_plan_is_refused(one: dict[str, Any], what: str) -> None:
    """A misspelt word of a plan is passed over, and the test that uses it proves nothing."""
    with pytest.raises(ValueError, match=what):
        Faults([one])
    assert Fault({"empty": True}).name == "empty"


def test_the_server_runs_from_the_command_line(tmp_path: Path) -> None:
    """The server cannot be used outside of these tests."""
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps([{"when": {"nth": 2}, "do": {"status": 502}}]), "utf-8")
    words = [sys.executable, "-m", "tests.eutils", "--bulk", "12", "--faults", str(plan), "--no-limit"]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "52 records" in line
        port = int(line.split(":")[2].split("/")[0])
        path = "/entrez/eutils/esearch.fcgi?db=pubmed&term=bulk+cohort&tool=t&email=a@b.org"
        assert b"<Count>12</Count>" in raw(port, path)[1]
        assert raw(port, path)[0] == 502
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


@pytest.mark.parametrize("option", ["--help", "--bodies", "--fault-words", "--fields"])
def test_the_command_line_explains_itself(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody learns from the command itself what may be asked of it."""
    from tests.eutils.__main__ import main

    if option == "--help":
        with pytest.raises(SystemExit):
            main([option])
    else:
        assert main([option]) == 0
    said = capsys.readouterr().out
    expected = {
        "--help": "--faults",
        "--bodies": "ratelimit_429",
        "--fault-words": "webenv_lost",
        "--fields": "Title/Abstract",
    }
    assert expected[option] in said


def test_time_goes_by_only_where_somebody_waits() -> None:
    """The clock of the tests moves by itself, so a pause that is too short may pass."""
    clock = ManualClock(5.0)
    with Server(clock=clock) as server:
        raw(server.port)
        assert clock.now() == 5.0
    clock.sleep(2.5)
    assert (clock.now(), clock.slept) == (7.5, [2.5])
