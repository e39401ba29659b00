"""The limits and the oddities of the live service, as the local one has them."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from tests.eutils import HOST, Corpus
from tests.search.conftest import Eutils
from tests.search.test_server import ask

POLITE = {"tool": "synth-tests", "email": "tests@example.org"}


def get(path: str, **params: str) -> tuple[int, bytes]:
    """Ask by GET without Biopython; give status and body."""
    query = urllib.parse.urlencode(POLITE | params)
    try:
        with urllib.request.urlopen(f"https://{HOST}/entrez/eutils/{path}?{query}") as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.fixture
def big(start: Callable[..., Eutils]) -> Eutils:
    """A server with more hits than it gives out."""
    corpus = Corpus()
    corpus.add_bulk(12_000)
    return start(corpus, limit=False)


def test_more_than_9999_ids_are_cut_with_a_warning_only(big: Eutils) -> None:
    """A client that reads the ids and not the count would not lose records here as it does live."""
    root = ET.fromstring(ask("esearch", term="bulk cohort", retmax=100_000))
    assert root.findtext("Count") == "12000"
    assert root.findtext("RetMax") == str(len(root.findall("IdList/Id"))) == "9999"
    assert root.findtext("WarningList/OutputMessage") == "Restrictions achieved. start and count adjusted to 0, 9999"
    assert big.violations == ["request 1 (esearch): retmax above 9,999"]
    big.violations.clear()


def test_the_last_id_within_reach(big: Eutils) -> None:
    """The wall stands one further up or down than the live one."""
    root = ET.fromstring(ask("esearch", term="bulk cohort", retstart=9998, retmax=1000))
    assert root.findtext("RetMax") == "1"
    root = ET.fromstring(ask("esearch", term="bulk cohort", retstart=9999, retmax=1000))
    assert "'retstart' cannot be larger than 9998" in (root.findtext("ERROR") or "")
    assert len(big.log) == 2


def test_the_wall_as_json_is_no_json(big: Eutils) -> None:
    """The one answer of the live service that json.loads refuses is repaired here."""
    body = ask("esearch", term="bulk cohort", retstart=9999, retmode="json").decode()
    with pytest.raises(json.JSONDecodeError, match=r"Invalid control character at: line 1 column 105 \(char 104\)"):
        json.loads(body)
    assert "9998" in json.loads(body, strict=False)["esearchresult"]["ERROR"]
    assert len(big.log) == 1


def test_a_small_result_has_no_wall(eutils: Eutils) -> None:
    """A page beyond the end of a small result is an error here and empty live."""
    root = ET.fromstring(ask("esearch", term="spinal fractures", retstart=9999))
    assert root.find("ERROR") is None
    assert root.findtext("RetMax") == "0"
    assert root.findtext("WarningList/OutputMessage") == "No items found."
    assert eutils.log.entries[0].status == 200


def test_the_history_stops_at_the_wall_too(big: Eutils) -> None:
    """Records beyond the 9,999th come out of the history server here, which the live one does not give."""
    root = ET.fromstring(ask("esearch", term="bulk cohort", usehistory="y", retmax=0))
    env = {"webenv": root.findtext("WebEnv") or "", "query_key": root.findtext("QueryKey") or ""}
    last = ET.fromstring(get("efetch.fcgi", db="pubmed", retstart="9900", retmax="200", **env)[1])
    assert len(last) == 99
    status, body = get("efetch.fcgi", db="pubmed", retstart="9999", retmax="200", **env)
    assert status == 400
    assert b"Search backend cannot retrieve history data" in body
    assert big.violations == []


def test_a_webenv_is_lost_after_eight_hours(eutils: Eutils) -> None:
    """A history that lives for ever lets a resume pass that would fail live."""
    root = ET.fromstring(ask("esearch", term="spinal fractures", usehistory="y", retmax=0))
    env = {"webenv": root.findtext("WebEnv") or "", "query_key": "1"}
    assert get("efetch.fcgi", db="pubmed", retmax="1", **env)[0] == 200
    eutils.clock.advance(8 * 3600 + 1)
    status, body = get("efetch.fcgi", db="pubmed", retmax="1", **env)
    assert status == 400
    assert b"<ERROR>Unable to obtain query #1</ERROR>" in body
    eutils.clock.advance(1)
    status, body = get("esearch.fcgi", db="pubmed", **env)
    assert status == 200
    assert b"<ERROR>Unable to obtain query #1</ERROR>" in body


def test_history_sets_are_joined_and_numbered(eutils: Eutils) -> None:
    """A query key does not lead back to the set that it was given for."""
    root = ET.fromstring(ask("epost", id="90000001,90000002,90000005"))
    env, key = root.findtext("WebEnv") or "", root.findtext("QueryKey") or ""
    both = ET.fromstring(ask("esearch", term="spinal fractures[mh]", WebEnv=env, query_key=key, usehistory="y"))
    assert [e.text for e in both.iterfind("IdList/Id")] == ["90000002", "90000001"]
    assert (both.findtext("WebEnv"), both.findtext("QueryKey")) == (env, "2")
    eutils.clock.advance(5)
    named = ET.fromstring(ask("esearch", term="#1 NOT #2", WebEnv=env))
    assert [e.text for e in named.iterfind("IdList/Id")] == ["90000005"]


def test_ids_outside_the_history_are_out_of_range(eutils: Eutils) -> None:
    """A page after the end of a history gives nothing here and an error 400 live."""
    root = ET.fromstring(ask("epost", id="90000001"))
    status, body = get("efetch.fcgi", db="pubmed", webenv=root.findtext("WebEnv") or "", query_key="1", retstart="1",
                       retmax="1")  # fmt: skip
    assert status == 400
    assert (
        body.split() == __import__("tests.eutils.bodies").eutils.bodies.BODIES["efetch_out_of_range_400"].body.split()
    )
    assert eutils.log.entries[-1].status == 400


@pytest.mark.parametrize(
    ("params", "status", "text"),
    [
        ({"id": "0"}, 400, b"ID list is empty! Possibly it has no correct IDs."),
        ({"id": "abc"}, 400, b"ID list is empty!"),
        ({"id": "999999999"}, 200, b"<PubmedArticleSet></PubmedArticleSet>"),
        ({"id": "90000001", "rettype": "full"}, 200, b""),
        ({"id": "17", "rettype": "medline", "retmode": "text"}, 200, b"The following PMID is not available: 17"),
        ({"id": "90000001", "rettype": "uilist", "retmode": "text"}, 200, b"90000001\n"),
        ({"id": "90000001,90000001", "rettype": "uilist", "retmode": "text"}, 200, b"90000001\n"),
    ],
)
def test_what_efetch_says_to_odd_requests(eutils: Eutils, params: dict[str, str], status: int, text: bytes) -> None:
    """An odd request gets another answer than the live service gives."""
    got, body = get("efetch.fcgi", db="pubmed", **params)
    assert got == status
    assert text in body
    assert bool(body) == bool(text)
    assert eutils.log.entries[0].status == status


def test_medline_text_is_read_by_biopython(eutils: Eutils) -> None:
    """The MEDLINE format is not the one that its readers know."""
    import io

    from Bio import Medline

    body = ask("efetch", id="90000001,90000006,90000024", rettype="medline", retmode="text").decode()
    records = list(Medline.parse(io.StringIO(body)))
    assert [r["PMID"] for r in records] == ["90000001", "90000006", "90000024"]
    assert records[0]["AU"] == ["Muster AM", "Beispiel B", "Exemple C"]
    assert records[1]["TT"].startswith("Halswirbelfrakturen")
    assert len(eutils.log) == 1


def test_one_link_set_for_each_id_or_one_for_all(eutils: Eutils) -> None:
    """Two forms of asking that give two shapes live give one here."""
    apart = ET.fromstring(ask("elink", dbfrom="pubmed", id=["90000001", "90000002"], linkname="pubmed_pubmed_citedin"))
    joined = ET.fromstring(ask("elink", dbfrom="pubmed", id="90000001,90000002", linkname="pubmed_pubmed_citedin"))
    assert [len(s.findall("IdList/Id")) for s in apart.iterfind("LinkSet")] == [1, 1]
    assert [len(s.findall("IdList/Id")) for s in joined.iterfind("LinkSet")] == [2]
    several = [{e.text for e in s.iterfind("LinkSetDb/Link/Id")} for s in apart.iterfind("LinkSet")]
    assert {e.text for e in joined.iterfind("LinkSet/LinkSetDb/Link/Id")} == several[0] | several[1]
    assert several[0]
    assert len(eutils.log) == 2


def test_references_are_those_of_the_record(eutils: Eutils) -> None:
    """Elink gives other references than the record itself, or retmax cuts them, which it does not live."""
    root = ET.fromstring(ask("elink", dbfrom="pubmed", id="90000001", linkname="pubmed_pubmed_refs", retmax="1"))
    assert [e.text for e in root.iterfind(".//Link/Id")] == ["90000007", "90000002"]
    assert eutils.violations == ["request 1 (elink): unknown parameters ['retmax']"]
    eutils.violations.clear()


def test_json_summaries_stop_at_500(eutils: Eutils) -> None:
    """A long list of summaries as JSON passes here and fails live."""
    ids = ",".join(map(str, range(1, 502)))
    body = json.loads(ask("esummary", id=ids, retmode="json"))
    assert body["esummaryresult"] == ["Too many UIDs in request. Maximum number of UIDs is 500 for JSON format output."]
    assert eutils.violations == ["request 1 (esummary): 501 ids in one JSON summary"]
    eutils.violations.clear()


def test_a_summary_says_what_the_record_says(eutils: Eutils) -> None:
    """Summary and record of one PMID disagree."""
    body = json.loads(ask("esummary", id="90000001,17", retmode="json"))["result"]
    assert body["uids"] == ["90000001", "17"]
    one = body["90000001"]
    assert (one["lastauthor"], one["pages"], one["pubdate"], one["epubdate"]) == (
        "Exemple C",
        "101-9",
        "2021 May",
        "2021 Feb 27",
    )
    assert {"idtype": "doi", "idtypen": 3, "value": "10.0000/made.2021.001"} in one["articleids"]
    assert body["17"] == {"uid": "17", "error": "cannot get document summary"}
    assert len(eutils.log) == 1


def test_a_spelling_is_offered(eutils: Eutils) -> None:
    """Espell offers nothing, or leaves out the empty ERROR that trips careless readers."""
    root = ET.fromstring(ask("espell", term="kyphoplsty AND ankylosing"))
    assert root.findtext("CorrectedQuery") == "kyphoplasty AND ankylosing"
    assert root.find("ERROR") is not None
    assert len(eutils.log) == 1


def test_citations_are_matched(eutils: Eutils) -> None:
    """Ecitmatch finds no record by journal, year, volume, page and author."""
    lines = "made j spine|2021|12|101|muster am|one|\rmade j spine|1950|1|1|nobody n|two|\r"
    body = get("ecitmatch.cgi", db="pubmed", retmode="xml", bdata=lines)[1].decode()
    assert body == "made j spine|2021|12|101|muster am|one|90000001\nmade j spine|1950|1|1|nobody n|two|NOT_FOUND\n"
    assert len(eutils.log) == 1


def test_a_database_that_nobody_has(eutils: Eutils) -> None:
    """A misspelt database gives an empty result instead of an error."""
    assert b"<ERROR>Invalid db name specified: fleegle</ERROR>" in get("esearch.fcgi", db="fleegle", term="x")[1]
    assert b"<ERROR>Can not retrieve DbInfo for db=fleegle</ERROR>" in get("einfo.fcgi", db="fleegle")[1]
    assert b"<ERROR>Empty term and query_key - nothing todo</ERROR>" in get("esearch.fcgi", db="pubmed")[1]
    assert len(eutils.log) == 3


def test_an_address_that_is_too_long(eutils: Eutils) -> None:
    """A strategy of 15,000 characters by GET passes here and fails live."""
    status, _ = get("esearch.fcgi", db="pubmed", term="spine OR " * 1500)
    assert status == 414
    assert any("characters" in what for what in eutils.violations)
    eutils.violations.clear()
    eutils.clock.advance(1)
    from Bio import Entrez

    Entrez.email, Entrez.tool = POLITE["email"], POLITE["tool"]
    assert b"<Count>" in ask("esearch", term="spine OR " * 1500 + "hip")
    assert eutils.log.entries[-1].method == "POST"


def test_an_address_that_is_not_there(eutils: Eutils) -> None:
    """A misspelt endpoint answers."""
    assert get("esarch.fcgi", db="pubmed")[0] == 404
    with pytest.raises(OSError):
        get("egquery.fcgi", term="x")
    assert len(eutils.log) == 0


@pytest.mark.parametrize(
    ("params", "what"),
    [
        ({"tool": "", "email": "a@b.org"}, "tool is missing"),
        ({"tool": "t", "email": ""}, "email is missing"),
        ({"tool": "t", "email": "nobody"}, "email is no address"),
        ({"tool": "biopython", "email": "a@b.org"}, "tool still names the library"),
        ({"api_key": "secret"}, "the key stands in the address"),
        ({"retmax": "many"}, "retmax is no number"),
        ({"treshold": "1"}, "unknown parameters ['treshold']"),
        ({"mindate": "2020"}, "mindate without maxdate, or the other way round"),
    ],
)
def test_impolite_requests_are_noted(eutils: Eutils, params: dict[str, str], what: str) -> None:
    """A request that NCBI asks nobody to send passes the tests."""
    get("esearch.fcgi", **{"db": "pubmed", "term": "spine"} | params)
    assert eutils.violations == [f"request 1 (esearch): {what}"]
    eutils.violations.clear()
    assert "secret" not in repr(eutils.log.entries)


def test_a_key_lets_ten_pass(start: Callable[..., Eutils]) -> None:
    """The limit with a key is not the live one, or the refusal does not echo the key as the live one does."""
    server = start(retry_after=None)
    codes = [get("einfo.fcgi", api_key="made-up-key")[0] for _ in range(11)]
    assert codes == [200] * 10 + [429]
    body = json.loads(get("einfo.fcgi", api_key="made-up-key")[1])
    assert body == {"error": "API rate limit exceeded", "api-key": "made-up-key", "count": "12", "limit": "10"}
    assert server.log.entries[-1].retry_after is None
    server.violations.clear()


def test_the_log_holds_what_tests_ask_of_it(eutils: Eutils) -> None:
    """The assertions of the log pass whatever happened."""
    ask("efetch", id="90000001,90000002", retmode="xml")
    eutils.faults.add(when={"endpoint": "efetch", "nth": 1}, status=503, retry_after=5)
    with pytest.raises(urllib.error.HTTPError):
        ask("efetch", id="90000003", retmode="xml")
    ask("efetch", id="90000002", retmode="xml")
    assert eutils.log.fetched() == [90000001, 90000002, 90000002]
    with pytest.raises(AssertionError, match="fetched more than once"):
        eutils.log.assert_no_id_twice()
    with pytest.raises(AssertionError, match=r"asked: 5\.0 s"):
        eutils.log.assert_pauses()
    with pytest.raises(AssertionError, match="3 requests, 2 at most"):
        eutils.log.assert_at_most(2)
    eutils.log.assert_at_most(3, "efetch")
    assert eutils.log.most_at_once == 1
