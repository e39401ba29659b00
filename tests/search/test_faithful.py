"""The local server builds the answers that the live one was recorded to give.

Every recorded answer is replayed, or stands in a list with the reason why it cannot be; none may drop out in silence.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.eutils import Corpus
from tests.eutils.bodies import BODIES
from tests.eutils.corpus import HERE, records_of
from tests.eutils.fields import DATABASES, FIELDS, LINKS
from tests.search import replay
from tests.search.conftest import Eutils
from tests.search.test_server import ask

# Recorded answers that cannot be asked of the local server, by the reason; the numbers are counted in the test.
NOT_REPLAYED = {
    "another database": 27,
    "addresses of LinkOut providers": 9,
    "sets that are empty are no longer named": 1,
    "egquery": 1,
    "efetch as JSON": 3,
    "not XML": 1,
    "another service": 2,
}
REPLAYED = 79


def everything(shared: Path) -> list[replay.Recorded]:
    """Give every recorded answer."""
    folder = shared / "pubmed"
    return [*replay.cassettes(folder / "cassettes"), *replay.samples(folder / "eutils")]


def reason_of(recorded: replay.Recorded) -> str | None:
    """Replay an answer and compare; give the reason where it cannot be."""
    if recorded.name.count("#") and not recorded.endpoint:
        return "another service"
    try:
        _, expected, got = replay.ask(recorded)
    except replay.NotReplayable as why:
        text = str(why)
        if "PubMed only" in text:
            return "another database"
        return next(reason for reason in NOT_REPLAYED if reason in text)
    assert got == expected, recorded.name
    return None


def test_every_recorded_answer_is_built_alike(shared: Path) -> None:
    """The server's answer differs from the one recorded of the live service, or a recorded one was passed over."""
    reasons = {recorded.name: reason_of(recorded) for recorded in everything(shared)}
    replayed = [name for name, reason in reasons.items() if reason is None]
    counted = Counter(reason for reason in reasons.values() if reason)
    assert len(replayed) == REPLAYED, sorted(replayed)
    assert dict(counted) == NOT_REPLAYED, {name: reason for name, reason in reasons.items() if reason}


def test_a_difference_of_one_link_is_seen(shared: Path) -> None:
    """The comparison holds for anything, so that the test above proves nothing."""
    name = "Tests__Entrez__elink1.xml"
    recorded = next(r for r in everything(shared) if r.name.endswith(name))
    _, expected, _ = replay.ask(recorded)
    damaged = replay.Recorded(name, recorded.body.replace(b"8794856", b"8794857"))
    _, _, got = replay.ask(damaged)
    assert got != expected


def test_recent_answers_are_alike_to_the_byte(shared: Path) -> None:
    """An answer of 2024 or later differs in its declaration, its document type or its line ends."""
    same = []
    for recorded in everything(shared):
        if b"esearch 20060628" not in recorded.body or b"MCID_" not in recorded.body:
            continue
        answer, _, _ = replay.ask(recorded)
        # The recorder wrote line ends as blank lines; the names of histories are drawn.
        flat = [
            re.sub(rb"\s+", b" ", re.sub(rb"MCID_[0-9a-f]{24}", b"*", body).strip())
            for body in (recorded.body, answer.body)
        ]
        assert flat[0] == flat[1], recorded.name
        same.append(recorded.name)
    assert len(same) >= 3


def test_the_headers_are_those_of_the_live_service(shared: Path, eutils: Eutils) -> None:
    """A client meets headers that the live service does not send, or misses some that it does."""
    import http.client

    recorded = next(
        r
        for r in replay.cassettes(shared / "pubmed" / "cassettes")
        if r.name == "tests__data__cassettes__test_efetch#1"
    )
    connection = http.client.HTTPConnection("127.0.0.1", eutils.port)
    connection.request(
        "GET", "/entrez/eutils/efetch.fcgi?db=pubmed&id=90000001&tool=t&email=a@b.org", headers={"User-Agent": "test"}
    )
    answer = connection.getresponse()
    answer.read()
    connection.close()
    own = {name.lower() for name, _ in answer.getheaders()}
    # Cookies and how long a connection is kept are the transport's own affair; the answers here are not compressed.
    theirs = {name.lower() for name in recorded.headers} - {"set-cookie", "keep-alive", "content-encoding"}
    assert own == theirs
    assert answer.getheader("Content-Type") == recorded.headers["Content-Type"]
    assert answer.getheader("Server") == recorded.headers["Server"]
    assert answer.getheader("X-RateLimit-Limit") == recorded.headers["X-RateLimit-Limit"]
    assert answer.getheader("Content-Length") is None


def test_the_failures_are_those_recorded(shared: Path) -> None:
    """A fault plan brings another body than the one seen in the wild, or one of those seen is missing."""
    index = json.loads((shared / "pubmed" / "errors" / "index.json").read_text("utf-8"))
    assert len(index) == 20
    for entry in index:
        name = entry["file"].rpartition(".")[0]
        recorded = (shared / "pubmed" / "errors" / entry["file"]).read_bytes()
        own = BODIES[name]
        assert own.status == entry["http_status"], name
        assert own.type == entry["content_type"], name
        if name == "www_error_500":  # its page is abridged here
            assert own.body.startswith(recorded[:60])
            continue
        assert own.body.split() == recorded.split(), name


def test_the_fields_are_those_of_einfo(shared: Path) -> None:
    """The server knows a search field that PubMed does not have, or has other flags for it."""
    import xml.etree.ElementTree as ET

    recorded = shared / "pubmed/eutils/biopython__biopython/Tests__Entrez__einfo2.xml"
    root = ET.fromstring(replay._parsable(recorded.read_bytes()))
    flags = ("IsDate", "IsNumerical", "SingleToken", "Hierarchy", "IsHidden")
    live = {
        (f.findtext("Name"), f.findtext("FullName"), "".join(f.findtext(flag) or "" for flag in flags))
        for f in root.iterfind(".//Field")
    }
    assert {(f.code, f.name, f.flags) for f in FIELDS} == live
    assert {(name, to) for name, _, _, to in LINKS if "citedin" not in name and name.count("_") == 1} <= {
        (e.findtext("Name"), e.findtext("DbTo")) for e in root.iterfind(".//Link")
    }
    listed = ET.fromstring(replay._parsable(recorded.with_name("Tests__Entrez__einfo1.xml").read_bytes()))
    assert tuple(e.text for e in listed.iterfind("DbList/DbName"))[: len(DATABASES)] == DATABASES


def test_made_records_follow_the_dtd() -> None:
    """A made-up record is none that PubMed could send, so that what it proves of a parser is worth nothing."""
    import Bio.Entrez
    from lxml import etree

    dtd = etree.DTD(str(Path(Bio.Entrez.__file__).parent / "DTDs" / "pubmed_250101.dtd"))
    dtd.validate(etree.parse(str(HERE / "records.xml")))
    wrong = [error.message for error in dtd.error_log.filter_from_errors()]
    # Old records lack the number of a heading, against the DTD; one of the made ones does so too.
    assert wrong == ["Element DescriptorName does not carry attribute UI"] * 2


ASKED: list[tuple[str, dict[str, Any], type]] = [
    ("einfo", {"db": ""}, dict),
    ("einfo", {}, dict),
    ("esearch", {"term": "spinal fractures"}, dict),
    ("esearch", {"term": "spinal fractures", "usehistory": "y", "retmax": 0}, dict),
    ("esearch", {"term": "vertebra[nosuchfield] AND qwertz"}, dict),
    ("epost", {"id": "90000001,90000002"}, dict),
    ("efetch", {"id": "90000001,90000024", "retmode": "xml"}, dict),
    ("efetch", {"id": "17", "retmode": "xml"}, dict),
    ("esummary", {"id": "90000001,90000024"}, list),
    ("elink", {"dbfrom": "pubmed", "id": ["90000001", "90000002"], "linkname": "pubmed_pubmed_citedin"}, list),
    ("elink", {"dbfrom": "pubmed", "id": "90000001,90000002", "cmd": "neighbor_score"}, list),
    ("elink", {"dbfrom": "pubmed", "id": "90000001", "cmd": "neighbor_history"}, list),
    ("elink", {"dbfrom": "pubmed", "id": "90000001", "cmd": "acheck"}, list),
    ("elink", {"dbfrom": "pubmed", "id": "90000001", "cmd": "llinks"}, list),
    ("espell", {"term": "kyphoplsty"}, dict),
]


@pytest.mark.parametrize(("function", "params", "kind"), ASKED, ids=lambda value: str(value)[:40])
def test_biopython_reads_every_answer(eutils: Eutils, function: str, params: dict[str, Any], kind: type) -> None:
    """Biopython's own reader, which validates against NCBI's document types, refuses an answer."""
    from Bio import Entrez

    body = ask(function, **params)
    assert isinstance(Entrez.read(io.BytesIO(body)), kind)
    assert eutils.log.entries[-1].status == 200


def test_biopython_reads_every_real_record(shared: Path) -> None:
    """A real record is served in a shape that Biopython's reader refuses though it reads the original."""
    from Bio import Entrez

    from tests.eutils.efetch import doctype

    corpus = Corpus.load([shared / "pubmed/pubmed_xml/metapub__metapub"])
    raws = [article.raw for article in corpus.articles.values()]
    body = doctype("250101").encode() + b"<PubmedArticleSet>" + b"".join(raws) + b"</PubmedArticleSet>"
    assert len(Entrez.read(io.BytesIO(body))["PubmedArticle"]) == len(raws) > 120


def test_no_real_record_is_lost_on_the_way_into_the_corpus(shared: Path) -> None:
    """An element of a real export is neither served nor listed with the reason why it cannot be."""
    folders = [
        shared / "pubmed/pubmed_xml" / name
        for name in ("tipplerow__pubmed", "JabRef__jabref", "solitude6060__Fulltext_search")
    ]
    corpus = Corpus.load(folders)
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    numbers = [re.search(rb"<PMID[^>]*>\s*(\d+)", raw) for file in files for raw in records_of(file)]
    distinct = {int(found.group(1)) for found in numbers if found}
    lost = distinct - corpus.articles.keys()
    assert len(corpus.articles) > 200
    assert len(lost) <= len(corpus.rejected) <= 5, (lost, corpus.rejected)
