from __future__ import annotations

import contextlib
import http.client
import io
import itertools
import random
import socket
import threading
import time
import urllib.error
import urllib.request
import urllib.response
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from synth.errors import ServiceError, SettingsError
from synth.search.client.entrez import Entrez, Event
from synth.search.client.identity import Identity
from synth.search.client.pace import PLAIN_GAP, Pace
from tests.eutils import Clock

from .conftest import Eutils

KEY = "0123456789abcdef0123456789abcdef0123"
LONG = " OR ".join(f"word{n}[tiab]" for n in range(120))


def client(eutils: Eutils, *, key: str = "", **settings: Any) -> Entrez:
    """Give a client on the clock of the server."""
    pace = Pace(clock=eutils.clock.now, sleep=eutils.clock.sleep, rng=random.Random(1))
    return Entrez(Identity("ada@example.org", key=key), pace=pace, **settings)


def test_every_endpoint_answers(eutils: Eutils) -> None:
    """One of the endpoints is asked in a way that the service does not understand."""
    entrez = client(eutils)
    found = entrez.search("spine", retmax=50)
    assert found.count == len(found.ids) > 3
    body = entrez.fetch(found.ids)
    assert all(f">{pmid}</PMID>".encode() in body for pmid in found.ids)
    info = entrez.info()
    assert "TIAB" in {field.name for field in info.fields}
    assert "pubmed" in entrez.info(None).databases
    assert set(entrez.summaries(found.ids)) == set(found.ids)
    assert set(entrez.links(found.ids, "pubmed_pubmed_refs")) <= set(found.ids)
    assert all(entrez.post(found.ids))
    assert isinstance(entrez.spell("spien"), str)
    kept = entrez.search("spine", usehistory=True, mindate="1900", maxdate="2030", datetype="edat")
    assert kept.webenv
    assert kept.query_key
    assert entrez.sent == len(eutils.log)


def test_who_asks_goes_with_every_request(eutils: Eutils) -> None:
    """NCBI cannot tell who asks, and blocks the address without a warning."""
    entrez = client(eutils)
    entrez.search("spine")
    entrez.info()
    entrez.spell("spine")
    for entry in eutils.log:
        assert entry.params["tool"] == ["synth"]
        assert entry.params["email"] == ["ada@example.org"]
        assert "api_key" not in entry.params


def test_the_key_is_in_bodies_only(eutils: Eutils) -> None:
    """The key stands in a URL, where proxies and servers log it."""
    entrez = client(eutils, key=KEY)
    entrez.search("spine")
    entrez.search(LONG)
    entrez.fetch(range(30000001, 30000201))
    entrez.fetch([30000001])
    by_method = {(entry.method, "api_key" in entry.params) for entry in eutils.log}
    assert by_method == {("GET", False), ("POST", True)}


def test_the_rate_with_and_without_key(eutils: Eutils) -> None:
    """The client is slower than NCBI allows, or its requests come too fast for the server's own count."""
    plain, keyed = client(eutils), client(eutils, key=KEY)
    for entrez, seconds in ((plain, 20 * 0.37), (keyed, 20 * 0.11)):
        begin = eutils.clock.now()
        for _ in range(21):
            entrez.search(LONG)
        assert eutils.clock.now() - begin == pytest.approx(seconds, abs=0.01)
        assert entrez.retried == 0


def test_429_waits_as_long_as_asked(eutils: Eutils) -> None:
    """After a 429 the client comes back before the time that the service named, or forgets to come back."""
    events: list[Event] = []
    eutils.faults.add(when={"first": 2}, body="ratelimit_429", retry_after=17)
    entrez = client(eutils, key=KEY, on_event=events.append)
    assert entrez.search("spine").count
    times = [entry.time for entry in eutils.log]
    assert len(times) == 3
    assert all(after - before >= 17 for before, after in itertools.pairwise(times))
    assert [event.attempt for event in events] == [1, 2]


@pytest.mark.parametrize("body", ["ratelimit_429", "ratelimit_200"])
def test_what_a_429_echoes_is_hidden(eutils: Eutils, body: str) -> None:
    """The key or the address that NCBI echoes ends up in a message."""
    events: list[Event] = []
    eutils.faults.add(body=body)
    with pytest.raises(ServiceError) as raised:
        client(eutils, on_event=events.append).search("spine")
    said = str(raised.value) + repr(events)
    assert "203.0.113.7" not in said
    assert len(events) == 6


def test_back_off_grows(eutils: Eutils) -> None:
    """The client hammers a service that is down."""
    eutils.faults.add(status=503)
    entrez = client(eutils)
    with pytest.raises(ServiceError, match="503"):
        entrez.search("spine")
    times = [entry.time for entry in eutils.log]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert len(times) == 7
    for gap, whole in zip(gaps, [1, 2, 4, 8, 16, 32], strict=True):
        assert max(PLAIN_GAP, whole / 2) - 1e-9 <= gap <= whole + PLAIN_GAP


def test_a_very_long_wait_ends_the_run(eutils: Eutils) -> None:
    """The service asks to come back tomorrow, and the command hangs until then."""
    eutils.faults.add(status=503, retry_after=86400)
    with pytest.raises(ServiceError, match="86,400 s"):
        client(eutils).search("spine")
    assert len(eutils.log) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500}, {"status": 502}, {"status": 504}, {"html": True}, {"empty": True}, {"reset": True},
        {"body": "esearch_db_not_supported_200"}, {"body": "esearch_unable_to_open_connection"},
        {"body": "unable_to_route"}, {"body": "elink_cxx_exception_200"}, {"body": "efetch_timeout_400"},
        {"cut": {"at": 0.5, "clean": True}}, {"cut": {"at": 0.5, "clean": False}}, {"reset": {"at": 0.5}},
        {"drip": {"chunk": 997, "pause": 0.001}}, {"bom": True},
    ],
    ids=lambda fault: str(next(iter(fault.items()))),
)  # fmt: skip
@pytest.mark.parametrize("endpoint", ["esearch", "efetch"])
def test_one_fault_changes_nothing(eutils: Eutils, fault: dict[str, Any], endpoint: str) -> None:
    """A fault that passes changes what the caller gets."""
    entrez = client(eutils)

    def ask() -> object:
        found = entrez.search("spine", retmax=100)
        return found, entrez.fetch(found.ids).removeprefix(b"\xef\xbb\xbf")

    plain = ask()
    eutils.faults.add(when={"endpoint": endpoint, "nth": 1}, **fault)
    assert ask() == plain
    assert entrez.retried == (0 if {"drip", "bom"} & fault.keys() else 1)


@pytest.mark.parametrize("body", ["einfo_bad_db", "esearch_retstart_over_9998_badjson", "efetch_out_of_range_400"])
def test_a_refusal_is_not_tried_again(eutils: Eutils, body: str) -> None:
    """What asking again cannot cure is asked seven times, with a minute of waiting."""
    eutils.faults.add(body=body)
    with pytest.raises(ServiceError, match="refused") as raised:
        client(eutils).search("spine")
    assert len(eutils.log) == 1
    assert not raised.value.transient
    assert raised.value.exit_code == 5


def test_a_message_is_safe_to_show(eutils: Eutils) -> None:
    """A server's error text moves the cursor of the terminal, or fills it."""
    entrez = client(eutils, tries=1)
    bad = b"<eSearchResult><ERROR>down \xc2\x9b31m " + b"x" * 5000 + b"</ERROR></eSearchResult>"
    with _answering(bad), pytest.raises(ServiceError) as raised:
        entrez.search("spine")
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 900


def test_an_answer_too_many_is_refused(eutils: Eutils) -> None:
    """More ids than were asked for are taken as they are."""
    listed = b"".join(b"<Id>%d</Id>" % n for n in range(1, 8))
    with _answering(b"<eSearchResult><Count>7</Count><IdList>" + listed + b"</IdList></eSearchResult>"):
        entrez = client(eutils)
        assert len(entrez.search("spine", retmax=7).ids) == 7
        with pytest.raises(ServiceError, match="7 records where 3"):
            entrez.search("spine", retmax=3)


def test_links_that_nobody_asked_for_are_refused(eutils: Eutils) -> None:
    """Links of one article are given to another."""
    body = b"<eLinkResult><LinkSet><IdList><Id>5</Id></IdList></LinkSet></eLinkResult>"
    with _answering(body), pytest.raises(ServiceError, match="PMID 5"):
        client(eutils).links([4], "pubmed_pubmed_refs")


def test_arguments_that_make_no_sense(eutils: Eutils) -> None:
    """A slip of the caller is sent to the service."""
    entrez = client(eutils)
    for wrong in ({"retmax": 10_000}, {"retmax": -1}):
        with pytest.raises(ValueError, match="9,999"):
            entrez.search("spine", **wrong)
    with pytest.raises(TypeError, match="mindat"):
        entrez.search("spine", mindat="2020")
    for term in ("", "  ", "caf\udce9"):
        with pytest.raises(SettingsError):
            entrez.search(term)
    with pytest.raises(ValueError, match="no ids"):
        entrez.fetch([])
    with pytest.raises(ValueError, match="1,000"):
        entrez.post(range(1, 1002))
    assert len(eutils.log) == 0


def test_threads_share_the_rate(start: Callable[..., Eutils]) -> None:
    """Eight threads with one client, or with one each, ask eight times as fast as allowed."""
    eutils = start(clock=Clock(), limit=False)
    pace = Pace(plain_gap=0.03)
    failed: list[BaseException] = []

    def work(entrez: Entrez) -> None:
        try:
            for _ in range(3):
                entrez.search("spine")
        except BaseException as error:
            failed.append(error)

    one = Entrez(Identity("ada@example.org"), pace=pace)
    asking = [one] * 4 + [Entrez(Identity("ada@example.org"), pace=pace) for _ in range(4)]
    threads = [threading.Thread(target=work, args=(each,)) for each in asking]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert one.sent == 12
    times = sorted(entry.time for entry in eutils.log)
    assert len(times) == 24
    assert times[-1] - times[0] >= 23 * 0.03 - 0.03
    assert Entrez(Identity("ada@example.org")).pace is Entrez(Identity("bob@example.org")).pace


def test_silence_ends(start: Callable[..., Eutils]) -> None:
    """A server that takes the request and says nothing holds the command for ever."""
    eutils = start(clock=Clock(), limit=False)
    eutils.faults.add(stall={"where": "headers", "seconds": 30})
    entrez = Entrez(Identity("ada@example.org"), pace=Pace(sleep=lambda s: None, base=0.01), tries=2, timeout=0.2)
    begin = time.monotonic()
    with pytest.raises(ServiceError, match="no answer in time"):
        entrez.search("spine")
    assert time.monotonic() - begin < 5
    assert socket.getdefaulttimeout() is None


def test_silence_in_the_middle_ends(start: Callable[..., Eutils]) -> None:
    """A server that stops in the middle of an answer holds the command for ever."""
    eutils = start(clock=Clock(), limit=False)
    eutils.faults.add(when={"first": 1}, stall={"where": "body", "seconds": 30})
    entrez = Entrez(Identity("ada@example.org"), pace=Pace(sleep=lambda s: None, base=0.01), tries=2, timeout=0.2)
    assert entrez.search("spine").count > 0
    assert entrez.retried == 1


def test_a_slow_drip_ends(start: Callable[..., Eutils]) -> None:
    """A server that sends a byte now and then is never silent, and holds the command for ever."""
    eutils = start(clock=Clock(), limit=False)
    eutils.faults.add(drip={"chunk": 1, "pause": 0.05})
    pace = Pace(sleep=lambda s: None, base=0.01)
    entrez = Entrez(Identity("ada@example.org"), pace=pace, tries=1, timeout=5, deadline=0.4)
    begin = time.monotonic()
    with pytest.raises(ServiceError, match=r"within 0\.4 s"):
        entrez.search("spine")
    assert time.monotonic() - begin < 3


def test_biopython_does_not_wait_or_repeat(eutils: Eutils) -> None:
    """Biopython tries again by itself without a pause, or sleeps in real time on top of the pace."""
    from Bio import Entrez as bio

    eutils.faults.add(status=500)
    entrez = client(eutils, tries=3)
    with pytest.raises(ServiceError):
        entrez.search("spine")
    assert bio.max_tries == 1
    assert len(eutils.log) == 3
    assert bio._open.previous >= 0  # what is set in the client: a version without it would sleep for real


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hospital's proxy is passed by, and no search ever gets out."""
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def proxy() -> None:
        connection, _ = listener.accept()
        with connection:
            asked.append(connection.recv(4096))
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=proxy)
    thread.start()
    monkeypatch.setattr(urllib.request, "_opener", None)
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listener.getsockname()[1]}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    try:
        entrez = Entrez(Identity("ada@example.org"), pace=Pace(sleep=lambda s: None), tries=1, timeout=5)
        with pytest.raises(ServiceError, match="407"):
            entrez.search("spine")
    finally:
        thread.join()
        listener.close()
        urllib.request.install_opener(None)  # type: ignore[arg-type]
    assert asked[0].startswith(b"CONNECT eutils.ncbi.nlm.nih.gov:443 ")


@contextlib.contextmanager
def _answering(body: bytes) -> Iterator[None]:
    """Let urllib's opener answer everything with one body."""

    class Handler(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> Any:
            answer = urllib.response.addinfourl(io.BytesIO(body), _headers(""), req.full_url, 200)
            answer.msg = "OK"
            return answer

    before = urllib.request._opener  # type: ignore[attr-defined]
    urllib.request.install_opener(urllib.request.build_opener(Handler))
    try:
        yield
    finally:
        urllib.request.install_opener(before)


def _headers(text: str) -> http.client.HTTPMessage:
    return http.client.parse_headers(io.BytesIO(text.encode() + b"\r\n\r\n"))
