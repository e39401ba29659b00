"""The local E-utilities server, asked as Biopython asks the live one."""

from __future__ import annotations

import json
import urllib.request
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from tests.search.conftest import Eutils


def ask(function: str, **params: Any) -> bytes:
    """Ask as the code under test does: Biopython builds and sends, through urllib's opener."""
    from Bio import Entrez

    Entrez.email, Entrez.tool, Entrez.max_tries = "tests@example.org", "synth-tests", 1
    handle = getattr(Entrez, function)(**{"db": "pubmed"} | params)
    body = handle.read()
    return body.encode() if isinstance(body, str) else body


def test_a_search_finds_the_records_that_hold_the_words(eutils: Eutils) -> None:
    """A search of the local server finds nothing, or Biopython does not reach it."""
    root = ET.fromstring(ask("esearch", term='"spinal fractures"[mh]', retmax=100))
    ids = [int(e.text or "") for e in root.iterfind("IdList/Id")]
    assert len(ids) == int(root.findtext("Count") or 0) > 0
    assert ids == sorted(ids, reverse=True)
    assert eutils.log.of("esearch")[0].method == "GET"


def test_a_fetch_gives_the_records_asked_for(eutils: Eutils) -> None:
    """A record that is gone is made up by the server, or one that is there is left out."""
    root = ET.fromstring(ask("efetch", id="90000002,17,90000001", retmode="xml"))
    assert [e.findtext("MedlineCitation/PMID") for e in root] == ["90000002", "90000001"]
    assert eutils.log.fetched() == [90000002, 17, 90000001]


def test_another_host_is_refused(eutils: Eutils) -> None:
    """A test could ask the real network for something and nobody would know."""
    with pytest.raises(OSError, match="offline"):
        urllib.request.urlopen("https://www.ncbi.nlm.nih.gov/pubmed/1")
    assert eutils.others == ["https://www.ncbi.nlm.nih.gov/pubmed/1"]
    eutils.others.clear()


def test_the_fourth_request_in_a_second_is_refused(eutils: Eutils) -> None:
    """The rate limit of the live service is not felt, so a client that ignores it passes."""
    urls = [f"https://eutils.ncbi.nlm.nih.gov/entrez/eutils/einfo.fcgi?tool=t&email=a@b.org&n={n}" for n in range(4)]
    for url in urls[:3]:
        urllib.request.urlopen(url).read()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urls[3])
    body = json.loads(refused.value.read())
    assert refused.value.code == 429
    assert refused.value.headers["Retry-After"] == "2"
    assert body == {"error": "API rate limit exceeded", "api-key": "127.0.0.1", "count": "4", "limit": "3"}
    assert any("4 requests in a second" in what for what in eutils.violations)
    eutils.violations.clear()
    eutils.clock.advance(1)
    urllib.request.urlopen(urls[3]).read()
    eutils.violations.clear()
