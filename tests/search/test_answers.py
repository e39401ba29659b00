from __future__ import annotations

import json
import random
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from synth.search.client.answers import read_info, read_links, read_post, read_search, read_spelling, read_summaries
from synth.search.client.verdict import ROOTS, classify
from synth.search.records.pubmed_xml import read_pubmed_xml
from tests.eutils.bodies import BODIES

GOOD = {
    "esearch": b"<eSearchResult><Count>2</Count><IdList><Id>1</Id><Id>2</Id></IdList></eSearchResult>",
    "efetch": "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article><ArticleTitle>Über alles"
    "</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>".encode(),
    "espell": b"<eSpellResult><CorrectedQuery>hip</CorrectedQuery><ERROR/></eSpellResult>",
}
# Every recorded failure, the endpoint it is put before, and what it must be taken for. "good" stands only where the
# answer itself is whole and what is wrong with it is told to the searcher or shows in the numbers.
KINDS = {
    "efetch_empty_body_200": ("efetch", "transient"),
    "efetch_empty_set": ("efetch", "good"),
    "efetch_out_of_range_400": ("efetch", "final"),
    "efetch_timeout_200": ("efetch", "transient"),
    "efetch_timeout_400": ("efetch", "transient"),
    "efetch_unavailable_pmid": ("efetch", "transient"),
    "einfo_bad_db": ("einfo", "final"),
    "elink_cxx_exception_200": ("elink", "transient"),
    "esearch_db_not_supported_200": ("esearch", "transient"),
    "esearch_field_not_found": ("esearch", "good"),
    "esearch_position_out_of_range_2022": ("esearch", "transient"),
    "esearch_retmax_clamped": ("esearch", "good"),
    "esearch_retstart_over_9998": ("esearch", "final"),
    "esearch_retstart_over_9998_badjson": ("esearch", "final"),
    "esearch_unable_to_open_connection": ("esearch", "transient"),
    "esummary_backend_comment": ("esummary", "transient"),
    "esummary_cxx_exception": ("esummary", "transient"),
    "esummary_no_id": ("esummary", "final"),
    "esummary_too_many_uids": ("esummary", "final"),
    "history_lost_200": ("esearch", "final"),
    "html_200": ("efetch", "transient"),
    "ratelimit_200": ("esearch", "rate"),
    "ratelimit_429": ("esearch", "rate"),
    "unable_to_route": ("efetch", "transient"),
    "www_error_500": ("efetch", "transient"),
}


def test_every_body_has_its_kind() -> None:
    """The server of the tests has a failure that this table does not hold the client against."""
    assert set(KINDS) == set(BODIES)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_failures_as_seen(name: str) -> None:
    """A failure that has been seen in the wild is taken for a result, or a passing one for a final one."""
    endpoint, kind = KINDS[name]
    verdict = classify(BODIES[name].body, endpoint, BODIES[name].status)
    assert verdict.kind == kind
    assert bool(verdict.reason) == (kind != "good")


@pytest.mark.parametrize("name", sorted(n for n, (_, kind) in KINDS.items() if kind != "good"))
def test_no_failure_passes_at_another_endpoint(name: str) -> None:
    """A failure body passes as an answer because it came from an endpoint where nobody expected it."""
    for endpoint in ROOTS:
        if name == "esummary_backend_comment" and endpoint != "esummary":
            continue
        assert classify(BODIES[name].body, endpoint, BODIES[name].status).kind != "good"


def test_recorded_error_bodies(shared: Path) -> None:
    """The error bodies kept from public issue threads are judged otherwise than those of the test server."""
    folder = shared / "pubmed" / "errors"
    index = json.loads((folder / "index.json").read_text())
    assert len(index) >= 20
    for entry in index:
        name = Path(entry["file"]).stem
        endpoint, kind = KINDS[name]
        status = entry["http_status"]
        status = status if isinstance(status, int) else BODIES[name].status
        assert classify((folder / entry["file"]).read_bytes(), endpoint, status).kind == kind, name


def test_recorded_answers_are_good(shared: Path) -> None:
    """A real answer of PubMed, recorded some time since 2006, is refused."""
    refused, seen = set(), 0
    for path in sorted((shared / "pubmed" / "eutils").rglob("*.xml")):
        body = path.read_bytes()
        endpoint = next((e for e, roots in ROOTS.items() if f"<{roots[0]}".encode() in body[:3000]), None)
        if endpoint is None or b"<ERROR>" in body:
            continue
        seen += 1
        if classify(body, endpoint).kind != "good":
            refused.add(path.name)
    # Biopython keeps this one cut short on purpose.
    assert refused == {"Tests__Entrez__einfo4.xml"}
    assert seen > 50


@pytest.mark.parametrize("endpoint", sorted(GOOD))
def test_good_answers(endpoint: str) -> None:
    """An ordinary answer is refused; or one with a byte order mark or blanks around it."""
    body = GOOD[endpoint]
    for each in (body, b"\xef\xbb\xbf" + body, b"\n " + body + b"\r\n", b'<?xml version="1.0" ?>\n' + body):
        assert classify(each, endpoint).kind == "good"


@pytest.mark.parametrize("endpoint", sorted(GOOD))
def test_cut_anywhere(endpoint: str) -> None:
    """An answer that stops in the middle passes for a whole one, at some byte."""
    body = b'<?xml version="1.0" encoding="UTF-8" ?>\n' + GOOD[endpoint]
    for end in range(len(body)):
        assert classify(body[:end], endpoint).kind == "transient", body[:end]


def test_damaged_by_chance() -> None:
    """A byte changed on the way makes an answer that is judged with a traceback instead of a verdict."""
    rng = random.Random(11)
    for _ in range(2000):
        endpoint = rng.choice(sorted(GOOD))
        body = bytearray(GOOD[endpoint])
        for _ in range(rng.randint(1, 4)):
            body[rng.randrange(len(body))] = rng.randrange(256)
        assert classify(bytes(body), endpoint).kind in {"good", "transient", "final", "rate"}


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><eSearchResult><Count>1</Count><Q>&x;</Q></eSearchResult>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><eSearchResult><Count>1</Count>&x;</eSearchResult>',
        b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://x.test/">%x;]><eSearchResult><Count>1</Count></eSearchResult>',
        b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        b"<eSearchResult><Count>1</Count>&b;</eSearchResult>",
    ],
)
def test_entities_are_refused(body: bytes) -> None:
    """An answer that declares entities is let through to a parser that expands them."""
    assert classify(body, "esearch").kind == "transient"


def test_wrong_charset() -> None:
    """Bytes in another encoding than the answer claims end up as wrong letters in a title."""
    text = GOOD["efetch"].decode()
    assert classify(text.encode("latin-1"), "efetch").kind == "transient"
    assert classify(b'<?xml version="1.0" encoding="ISO-8859-1"?>' + text.encode(), "efetch").kind == "transient"
    assert classify(b'<?xml version="1.0" encoding="ISO-8859-1"?>' + text.encode("latin-1"), "efetch").kind == "good"
    assert classify(b'<?xml version="1.0" encoding="klingon"?>' + text.encode(), "efetch").kind == "transient"


@pytest.mark.parametrize(
    ("body", "endpoint"),
    [
        (b"<eSearchResult></eSearchResult>", "esearch"),
        (b"<eSearchResult><Count></Count></eSearchResult>", "esearch"),
        (b"<eSearchResult><Count>-1</Count></eSearchResult>", "esearch"),
        (b"<PubmedArticleSet></PubmedArticleSet>", "esearch"),
        (GOOD["efetch"] + b"\nNCBI C++ Exception: broken pipe", "efetch"),
        (GOOD["efetch"].replace(b"</PubmedArticleSet>", b"<ERROR>Timeout</ERROR></PubmedArticleSet>"), "efetch"),
        (b"NCBI C++ Exception:\n   Error: CObject", "efetch"),
        (b"{}", "esearch"),
        (b"[" * 100_000, "esearch"),
        (b"null", "esearch"),
        (b"<", "esearch"),
        (b"\x00\x01\x02", "efetch"),
        (b"   \n", "efetch"),
    ],
)
def test_what_is_no_answer(body: bytes, endpoint: str) -> None:
    """Something that is no answer at all passes for one, or is taken for a final refusal."""
    assert classify(body, endpoint).kind == "transient"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, "transient"), (502, "transient"), (503, "transient"), (504, "transient"), (408, "transient"), (429, "rate"),
     (403, "final"), (404, "final"), (414, "final"), (302, "final")],
)  # fmt: skip
def test_status_decides_over_a_good_body(status: int, kind: str) -> None:
    """An HTTP failure whose body happens to look like an answer passes for one."""
    assert classify(GOOD["esearch"], "esearch", status).kind == kind


def test_invalid_key_is_final() -> None:
    """A wrong API key is tried seven times over."""
    assert classify(b'{"error":"API key invalid","api-key":"abc"}', "esearch", 400).kind == "final"


def test_reasons_are_short() -> None:
    """A page of HTML as long as a book ends up in a message."""
    verdict = classify(b"<html><body>" + b"x" * 1_000_000 + b"</body></html>", "efetch")
    assert len(verdict.reason) < 700


def test_search_answer_keeps_every_warning() -> None:
    """What PubMed ignored or did not find is lost on the way to the searcher."""
    answer = read_search(
        b"<eSearchResult><Count>12</Count><RetMax>1</RetMax><RetStart>0</RetStart><QueryKey>1</QueryKey>"
        b"<WebEnv>MCID_1</WebEnv><IdList><Id>5</Id></IdList><TranslationSet><Translation><From>hip</From>"
        b'<To>"hip"[MeSH Terms]</To></Translation></TranslationSet><QueryTranslation>"hip"[MeSH Terms]'
        b"</QueryTranslation><ErrorList><PhraseNotFound>zzz</PhraseNotFound><FieldNotFound>foo</FieldNotFound>"
        b"</ErrorList><WarningList><PhraseIgnored>the</PhraseIgnored><QuotedPhraseNotFound>&quot;a b&quot;"
        b"</QuotedPhraseNotFound><OutputMessage>No items found.</OutputMessage></WarningList></eSearchResult>"
    )
    assert (answer.count, answer.ids, answer.webenv, answer.query_key) == (12, (5,), "MCID_1", "1")
    assert answer.translations == (("hip", '"hip"[MeSH Terms]'),)
    missing = answer.not_found
    assert (missing.phrases, missing.fields, missing.ignored, missing.quoted) == (
        ("zzz",), ("foo",), ("the",), ('"a b"',),
    )  # fmt: skip
    assert len(answer.warnings) == 5
    assert answer.warnings[-1] == "No items found."
    assert bool(missing)
    assert not read_search(GOOD["esearch"]).not_found


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "１", "9" * 30])
def test_an_id_is_a_whole_number(text: str) -> None:
    """An id that is none becomes a PMID."""
    body = f"<eSearchResult><Count>1</Count><IdList><Id>7{text}x</Id></IdList></eSearchResult>"
    with pytest.raises(ValueError, match="whole number"):
        read_search(body.encode())


def test_links_of_several_ids_together_are_refused() -> None:
    """Links that belong to several articles together are given to the first."""
    body = b"<eLinkResult><LinkSet><IdList><Id>1</Id><Id>2</Id></IdList></LinkSet></eLinkResult>"
    with pytest.raises(ValueError, match="2 ids"):
        read_links(body, "pubmed_pubmed_refs")


def test_links_keep_order_and_name() -> None:
    """Links under another name are mixed in, or doubled, or sorted."""
    body = (
        b"<eLinkResult><LinkSet><IdList><Id>1</Id></IdList><LinkSetDb><LinkName>a</LinkName><Link><Id>9</Id></Link>"
        b"<Link><Id>3</Id></Link><Link><Id>9</Id></Link></LinkSetDb><LinkSetDb><LinkName>b</LinkName><Link><Id>4</Id>"
        b"</Link></LinkSetDb></LinkSet><LinkSet><IdList><Id>2</Id></IdList></LinkSet></eLinkResult>"
    )
    assert read_links(body, "a") == {1: (9, 3), 2: ()}


def test_post_without_place_is_refused() -> None:
    """An epost that stored nothing is taken for one that did."""
    assert read_post(b"<ePostResult><QueryKey>1</QueryKey><WebEnv>M</WebEnv></ePostResult>") == ("M", "1")
    with pytest.raises(ValueError, match="WebEnv"):
        read_post(b"<ePostResult><QueryKey>1</QueryKey></ePostResult>")


def test_info_spelling_summaries(shared: Path) -> None:
    """The recorded answers of einfo, espell and esummary are read wrongly."""
    folder = shared / "pubmed" / "eutils"
    info = read_info((folder / "Klortho__Eutils-JSON" / "samples__einfo.pubmed.xml").read_bytes())
    assert (info.name, info.count, info.last_update) == ("pubmed", 22284197, "2012/11/22 04:25")
    assert {"ALL", "UID", "TIAB", "CRDT"} <= {field.name for field in info.fields}
    assert {"pubmed_pubmed", "pubmed_pubmed_refs"} <= set(info.links)
    names = read_info((folder / "bioperl__Bio-EUtilities" / "t__data__eutils__einfo_dbs.xml").read_bytes())
    assert "pubmed" in names.databases
    assert read_spelling((folder / "biopython__biopython" / "Tests__Entrez__espell.xml").read_bytes()) == "biopython"
    found = read_summaries((folder / "biopython__biopython" / "Tests__Entrez__esummary1.xml").read_bytes())
    assert found
    with pytest.raises(ValueError, match="neither"):
        read_info(b"<eInfoResult/>")


def test_a_large_batch_is_judged_quickly(shared: Path) -> None:
    """Judging a batch calls into Python for every element, and costs as much as reading its records."""
    folder = shared / "pubmed" / "pubmed_xml" / "metapub__metapub"
    bodies = [path.read_bytes() for path in sorted(folder.glob("*.xml"))[:60]]
    bodies = [body for body in bodies if classify(body, "efetch").kind == "good"]
    assert len(bodies) > 20

    def seconds(work: Callable[[bytes], object]) -> float:
        spent = []
        for _ in range(3):
            begin = time.process_time()
            for body in bodies:
                work(body)
            spent.append(time.process_time() - begin)
        return min(spent)

    judging = seconds(lambda body: classify(body, "efetch"))
    reading = seconds(lambda body: list(read_pubmed_xml(body)))
    assert judging < reading / 2  # about a seventh


@pytest.mark.parametrize(
    "body",
    [
        b"<eSearchResult>" + b"<i>" * 2_300_000,
        b"<eSearchResult>" + b"<i><![CDATA[</</]]>" * 400_000,
        b"<eSearchResult>" + b"<i><!-- </</ -->" * 400_000,
        b"<eSearchResult>" + b"<i/>" * 2_300_000 + b"</eSearchResult>",
    ],
    ids=["deep", "deep behind CDATA", "deep behind comments", "wide"],
)
def test_an_answer_without_measure_costs_no_memory(body: bytes) -> None:
    """Seven megabytes of elements in elements take three hundred of memory."""
    tracemalloc.start()
    try:
        told = classify(body, "esearch")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert told.kind == "transient"
    assert peak < 40 * 2**20
