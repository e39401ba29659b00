"""Biopython reads the same in every recorded record that it can read."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path
from typing import Any

import pytest

from synth.search import Record, read_pubmed_xml

from .recorded import recorded

DOCTYPE = (
    b'<?xml version="1.0"?><!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    b'"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">'
)
# What Biopython 1.88 cannot read: elements of other years than the document type's, MathML without a prefix, hours.
UNREAD = 13


def words(value: object) -> str:
    """Take the markup out of Biopython's text, and put it on one line as synth does."""
    text = html.unescape(re.sub(r"</?[A-Za-z][^>]*>", "", str(value)))
    return (re.sub(r"[ \t\r\n]+", " ", text) if re.search(r"[\t\r\n]", text) else text).strip(" ")


def plain(record: Record) -> dict[str, Any]:
    """Give what is compared, of synth's record."""
    return {
        "pmid": record.pmid,
        "title": record.title,
        "abstract": [(part.label, part.text) for part in record.abstract],
        "authors": [(a.last_name, a.fore_name, a.initials, a.suffix, a.collective) for a in record.authors],
        "affiliations": [list(a.affiliations) for a in record.authors],
        "orcid": [[i.value for i in a.identifiers] for a in record.authors],
        "languages": list(record.languages),
        "types": [(t.name, t.ui) for t in record.publication_types],
        "keywords": list(record.keywords),
        "journal": record.journal,
        "issue": (record.volume, record.issue, record.pages) if record.kind == "article" else None,
        "mesh": [(m.name, m.major, [(q.name, q.major) for q in m.qualifiers]) for m in record.mesh],
        "chemicals": [(c.registry_number, c.name) for c in record.chemicals],
        "history": [h.status for h in record.history],
        "links": [(c.kind, c.pmid) for c in record.corrections],
        "references": [(r.citation, r.pmid) for r in record.references],
        "grants": [g.number for g in record.grants],
    }


def biopython(item: Any) -> dict[str, Any]:
    """Give the same, of what Biopython read."""
    article = "MedlineCitation" in item
    core = item["MedlineCitation"] if article else item["BookDocument"]
    body = core.get("Article", {}) if article else core
    data = item.get("PubmedData" if article else "PubmedBookData", {})
    links = core.get("CommentsCorrectionsList", []) if article else []
    people = [a for each in _lists(body.get("AuthorList", []), article) for a in each]
    if not article and not people:
        people = [a for each in _lists(core["Book"].get("AuthorList", []), article) for a in each]
    people = [a for a in people if a.attributes.get("ValidYN") != "N"]
    title = words(body.get("ArticleTitle", "")) or words(body.get("VernacularTitle", ""))
    kinds = body.get("PublicationTypeList" if article else "PublicationType", [])
    listed = [each for part in (data if article else core).get("ReferenceList", []) for each in _inside(part)]
    pmids = {pmid for _, pmid in listed}
    listed += [
        (words(link["RefSource"]), _pmid(link))
        for link in links
        if link.attributes["RefType"] == "Cites" and _pmid(link) not in pmids
    ]
    abstracts = body.get("Abstract", {}).get("AbstractText", [])
    address = words(body.get("Affiliation", ""))
    pages = body.get("Pagination", {})
    journal = body.get("Journal", {"JournalIssue": {}})
    return {
        "pmid": int(core["PMID"]),
        "title": title or words(core["Book"]["BookTitle"] if not article else ""),
        "abstract": [
            (label, words(a))
            for a in abstracts
            if (label := a.attributes.get("Label", "").strip() if hasattr(a, "attributes") else "") or words(a)
        ],
        "authors": [
            tuple(words(a.get(tag, "")) for tag in ("LastName", "ForeName", "Initials", "Suffix", "CollectiveName"))
            for a in people
        ],
        "affiliations": [
            [words(p["Affiliation"]) for p in a.get("AffiliationInfo", [])]
            or ([address] if address and a is people[0] else [])
            for a in people
        ],
        "orcid": [[words(i) for i in a.get("Identifier", [])] for a in people],
        "languages": [words(each) for each in body.get("Language", [])],
        "types": [(words(t), t.attributes.get("UI", "")) for t in kinds],
        "keywords": [words(k) for each in core.get("KeywordList", []) for k in each if words(k)],
        "journal": words(journal.get("Title", "")) if article else "",
        "issue": (
            words(journal["JournalIssue"].get("Volume", "")),
            words(journal["JournalIssue"].get("Issue", "")),
            words(pages.get("MedlinePgn", "")) or words(pages.get("StartPage", "")),
        )
        if article
        else None,
        "mesh": [
            (
                words(m["DescriptorName"]),
                _major(m["DescriptorName"]),
                [(words(q), _major(q)) for q in m["QualifierName"]],
            )
            for m in core.get("MeshHeadingList", [])
        ],
        "chemicals": [(words(c["RegistryNumber"]), words(c["NameOfSubstance"])) for c in core.get("ChemicalList", [])],
        "history": [d.attributes["PubStatus"] for d in data.get("History", [])],
        "links": [(c.attributes["RefType"], _pmid(c)) for c in links if c.attributes["RefType"] != "Cites"],
        "references": listed,
        "grants": [words(g.get("GrantID", "")) for g in body.get("GrantList", [])],
    }


def _lists(found: Any, article: bool) -> list[Any]:
    """Give lists of authors: a book has several, of which those of editors are left out."""
    if article:
        return [found]
    return [each for each in found if each.attributes.get("Type") != "editors"]


def _major(item: Any) -> bool:
    return bool(item.attributes["MajorTopicYN"] == "Y")


def _pmid(link: Any) -> int | None:
    return int(link["PMID"]) if link.get("PMID") else None


def _inside(listed: Any) -> list[tuple[str, int | None]]:
    found = []
    for each in listed.get("Reference", []):
        ids = [int(i) for i in each.get("ArticleIdList", []) if i.attributes["IdType"] == "pubmed" and i.isdecimal()]
        found.append((words(each["Citation"]), (ids[-1] or None) if ids else None))
    return found + [one for part in listed.get("ReferenceList", []) for one in _inside(part)]


def repaired(xml: bytes) -> bytes:
    """Give a document the type that Biopython asks for: a known year's, and an address with https."""
    xml = xml.removeprefix(b"\xef\xbb\xbf").replace(b"http://dtd.nlm.nih.gov", b"https://dtd.nlm.nih.gov", 1)
    xml = xml.replace(b"http://www.ncbi.nlm.nih.gov", b"https://www.ncbi.nlm.nih.gov", 1)
    for missing, near in ((b"pubmed_260101", b"pubmed_250101"), (b"pubmed_160101", b"pubmed_150101")):
        xml = xml.replace(missing, near, 1)
    xml = xml.replace(b"<RAW_DATA>", b"<PubmedArticleSet>").replace(b"</RAW_DATA>", b"</PubmedArticleSet>")
    if b"<!DOCTYPE" not in xml[:1000]:
        xml = re.sub(rb"^\s*<\?xml[^>]*\?>", b"", xml)
        xml = xml if xml.lstrip().startswith(b"<PubmedArticleSet") else b"<PubmedArticleSet>%s</PubmedArticleSet>" % xml
        xml = DOCTYPE + xml
    return xml


def test_biopython_reads_the_same(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader that everybody uses finds other text in a record than synth does."""
    from Bio import Entrez
    from Bio.Entrez import Parser

    def no_network(url: str) -> None:
        raise OSError(f"not fetched: {url}")

    monkeypatch.setattr(Parser, "urlopen", no_network)
    compared, unread, without = 0, 0, []
    for document in recorded(shared):
        if document.refused:
            continue
        ours = list(read_pubmed_xml(document.xml))
        try:
            read = Entrez.read(io.BytesIO(repaired(document.xml)), escape=True)
        except Exception as error:
            unread += len(ours)
            without.append(f"{document.name}: {len(ours)} records, {type(error).__name__}: {error}")
            continue
        if isinstance(read, list):  # of an older document type
            read = {
                "PubmedArticle": [each for each in read if "MedlineCitation" in each],
                "PubmedBookArticle": [each for each in read if "BookDocument" in each],
            }
        # it gives articles and books apart
        for kind, items in (("article", read["PubmedArticle"]), ("book", read["PubmedBookArticle"])):
            for record, item in zip((each for each in ours if each.kind == kind), items, strict=True):
                mine, theirs = plain(record), biopython(item)
                for name in mine:
                    assert mine[name] == theirs[name], f"{document.name}, PMID {record.pmid}, {name}"
                compared += 1
    assert unread <= UNREAD, without
    assert compared >= 1692 - UNREAD
