"""A second reader of PubMed XML: plain paths on a whole tree, slow, written apart from the one that ships.

It gives what :func:`synth.search.to_json` gives, so that two readers can be compared field by field.
"""

from __future__ import annotations

import calendar
import re
import xml.etree.ElementTree as ET
from typing import Any

Fields = dict[str, Any]
MONTHS = [name.lower() for name in calendar.month_abbr]


def every_record(xml: bytes) -> list[Fields]:
    """Read a whole document, articles and books in their order."""
    root = ET.fromstring(xml)
    found = [root] if root.tag.startswith("Pubmed") and not root.tag.endswith("Set") else list(root)
    made = []
    for element in found:
        if element.tag == "PubmedArticle":
            made.append(_article(element))
        elif element.tag == "PubmedBookArticle":
            made.append(_book(element))
    return made


def full(value: object) -> object:
    """Drop what is empty, at every depth."""
    if isinstance(value, dict):
        return {name: full(each) for name, each in value.items() if each not in ("", None, [], {}, False)}
    return [full(each) for each in value] if isinstance(value, list) else value


def _text(element: ET.Element | None) -> str:
    if element is None:
        return ""
    words = "".join(element.itertext())
    return (re.sub(r"[ \t\r\n]+", " ", words) if re.search(r"[\t\r\n]", words) else words).strip(" ")


def _at(element: ET.Element, path: str) -> str:
    return _text(element.find(path))


def _all(element: ET.Element, path: str) -> list[str]:
    return [words for each in element.findall(path) if (words := _text(each))]


def _number(words: str) -> int | None:
    return int(words) if re.fullmatch(r"[0-9]{1,10}", words) else None


def _doi(words: str) -> str:
    bare = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", words.strip().lower())
    return bare if re.match(r"10\.", bare) and "/" in bare else ""


def _pmc(words: str) -> str:
    found = re.search(r"PMC([0-9]{1,12})", words.upper()) or re.fullmatch(r"\s*([0-9]{1,10})\s*", words)
    return f"PMC{found[1]}" if found else ""


def _date(element: ET.Element | None) -> tuple[str, str]:
    """Give a calendar date and words for what is none."""
    if element is None:
        return "", ""
    year, month, day = (_at(element, tag) for tag in ("Year", "Month", "Day"))
    free = _at(element, "MedlineDate") or _at(element, "Season")
    named = month[:3].lower()
    place = int(month) if month.isdigit() else MONTHS.index(named) if month and named in MONTHS else 0
    if re.fullmatch(r"[0-9]{4}", year) and not free:
        if not month:
            return year, ""
        if 1 <= place <= 12:
            if not day:
                return f"{year}-{place:02d}", ""
            if day.isdigit() and 1 <= int(day) <= calendar.monthrange(int(year), place)[1]:
                return f"{year}-{place:02d}-{int(day):02d}", ""
    words = " ".join(each for each in (year, free or month, day) if each)
    first = re.search(r"\b(1[5-9]|2[01])\d\d\b", words)
    return first.group() if first else "", words


def _person(element: ET.Element) -> Fields:
    return {
        "last_name": _at(element, "LastName"),
        "fore_name": _at(element, "ForeName") or _at(element, "FirstName"),
        "initials": _at(element, "Initials"),
        "suffix": _at(element, "Suffix"),
        "collective": _at(element, "CollectiveName"),
        "affiliations": _all(element, "Affiliation") + _all(element, "AffiliationInfo/Affiliation"),
        "identifiers": [{"source": i.get("Source"), "value": _text(i)} for i in element.findall("Identifier")],
        "equal_contribution": element.get("EqualContrib") == "Y",
    }


def _people(element: ET.Element, path: str, *, valid: bool = True) -> list[Fields]:
    return [_person(each) for each in element.findall(path) if (each.get("ValidYN") != "N") == valid]


def _parts(element: ET.Element, path: str) -> list[Fields]:
    made = []
    for each in element.findall(path):
        category = each.get("NlmCategory", "")
        label = (each.get("Label") or "").strip()
        part = {"text": _text(each), "label": label, "category": category if category != "UNASSIGNED" else ""}
        if any(part.values()):
            made.append(part)
    return made


def _references(element: ET.Element, path: str) -> list[Fields]:
    made = []
    for listed in element.findall(path):
        for each in listed.iter("Reference"):
            reference: Fields = {"citation": _at(each, "Citation")}
            for known in each.findall("ArticleIdList/ArticleId"):
                words, kind = known.text or "", known.get("IdType")
                if kind == "pubmed" and _number(words.strip()):
                    reference["pmid"] = _number(words.strip())
                elif kind == "doi" and _doi(words):
                    reference["doi"] = _doi(words)
                elif kind in ("pmc", "pmcid") and _pmc(words):
                    reference["pmcid"] = _pmc(words)
            made.append(reference)
    return made


def _identifiers(listed: list[ET.Element], located: list[ET.Element]) -> Fields:
    """Give the record's own identifiers: the list first, then the electronic location."""
    dois = [_doi(each.text or "") for each in listed if each.get("IdType") == "doi"]
    dois += [_doi(e.text or "") for e in located if e.get("EIdType") == "doi" and e.get("ValidYN", "Y") == "Y"]
    dois = list(dict.fromkeys(filter(None, dois)))
    by_kind: Fields = {}
    for each in listed:
        by_kind.setdefault(each.get("IdType", "pubmed"), []).append(_text(each))
    pii = by_kind.get("pii") or [
        _text(e) for e in located if e.get("EIdType") == "pii" and e.get("ValidYN", "Y") == "Y"
    ]
    numbers = [_pmc(_text(e)) for e in listed if e.get("IdType") in ("pmc", "pmcid")]
    return {
        "doi": dois[0] if dois else "",
        "other_dois": dois[1:],
        "pmcid": next(filter(None, numbers), ""),
        "pii": pii[-1] if by_kind.get("pii") else pii[0] if pii else "",
        "manuscript_id": by_kind.get("mid", [""])[-1],
    }


def _pages(element: ET.Element) -> str:
    first, last = _at(element, "Pagination/StartPage"), _at(element, "Pagination/EndPage")
    joined = "-".join(dict.fromkeys(filter(None, (first, last))))
    return _at(element, "Pagination/MedlinePgn") or joined


def _history(element: ET.Element, path: str) -> list[Fields]:
    return [{"status": each.get("PubStatus"), "date": _date(each)[0]} for each in element.findall(path)]


def _version(pmid: ET.Element) -> int:
    return int(pmid.get("Version", "1"))


def _article(element: ET.Element) -> Fields:
    citation = element.find("MedlineCitation")
    assert citation is not None
    article = citation.find("Article")
    article = ET.Element("Article") if article is None else article
    pmid = citation.find("PMID")
    assert pmid is not None
    issued = article.find("Journal/JournalIssue/PubDate")
    published, words = _date(issued)
    authors = _people(article, "AuthorList/Author")
    address = _at(article, "Affiliation")
    if address and authors and not authors[0]["affiliations"]:
        authors[0]["affiliations"] = [address]
    listed = _references(element, "PubmedData/ReferenceList")
    links = citation.findall("CommentsCorrectionsList/CommentsCorrections")
    cited = [
        {"citation": _at(each, "RefSource"), "pmid": _number(_at(each, "PMID"))}
        for each in links
        if each.get("RefType") == "Cites"
    ]
    known = {each.get("pmid") for each in listed}
    listed += [each for each in cited if each["pmid"] is None or each["pmid"] not in known]
    vernacular = _at(article, "VernacularTitle")
    made: Fields = {
        "pmid": int(_text(pmid)),
        "version": _version(pmid),
        "kind": "article",
        "title": _at(article, "ArticleTitle") or vernacular,
        "vernacular_title": vernacular,
        "authors": authors,
        "authors_incomplete": any(each.get("CompleteYN") == "N" for each in article.findall("AuthorList")),
        "misprinted_names": _people(article, "AuthorList/Author", valid=False)
        + _people(citation, "InvestigatorList/Investigator", valid=False),
        "investigators": _people(citation, "InvestigatorList/Investigator"),
        "journal": _at(article, "Journal/Title"),
        "journal_iso": _at(article, "Journal/ISOAbbreviation"),
        "journal_medline": _at(citation, "MedlineJournalInfo/MedlineTA"),
        "nlm_id": _at(citation, "MedlineJournalInfo/NlmUniqueID"),
        "issn": _at(article, "Journal/ISSN"),
        "issn_kind": "".join(each.get("IssnType", "") for each in article.findall("Journal/ISSN")),
        "issn_linking": _at(citation, "MedlineJournalInfo/ISSNLinking"),
        "country": _at(citation, "MedlineJournalInfo/Country"),
        "volume": _at(article, "Journal/JournalIssue/Volume"),
        "issue": _at(article, "Journal/JournalIssue/Issue"),
        "pages": _pages(article),
        "year": int(published[:4]) if published else None,
        "published": published,
        "published_text": words,
        "electronic": _date(article.find("ArticleDate"))[0],
        "completed": _date(citation.find("DateCompleted"))[0],
        "revised": _date(citation.find("DateRevised"))[0],
        "history": _history(element, "PubmedData/History/PubMedPubDate"),
        "languages": _all(article, "Language"),
        "abstract": _parts(article, "Abstract/AbstractText"),
        "abstract_copyright": _at(article, "Abstract/CopyrightInformation"),
        "other_abstracts": [
            {
                "kind": each.get("Type"),
                "language": each.get("Language"),
                "parts": _parts(each, "AbstractText"),
                "copyright": _at(each, "CopyrightInformation"),
            }
            for each in citation.findall("OtherAbstract")
        ],
        "keywords": _all(citation, "KeywordList/Keyword"),
        "mesh": [
            {
                "name": _at(each, "DescriptorName"),
                "ui": each.find("DescriptorName").get("UI"),  # type: ignore[union-attr]
                "major": each.find("DescriptorName").get("MajorTopicYN") == "Y",  # type: ignore[union-attr]
                "qualifiers": [
                    {"name": _text(q), "ui": q.get("UI"), "major": q.get("MajorTopicYN") == "Y"}
                    for q in each.findall("QualifierName")
                ],
            }
            for each in citation.findall("MeshHeadingList/MeshHeading")
        ],
        "supplementary_mesh": [
            {"name": _text(each), "ui": each.get("UI"), "kind": each.get("Type")}
            for each in citation.findall("SupplMeshList/SupplMeshName")
        ],
        "chemicals": [
            {
                "name": _at(each, "NameOfSubstance"),
                "ui": each.find("NameOfSubstance").get("UI"),  # type: ignore[union-attr]
                "registry_number": _at(each, "RegistryNumber"),
            }
            for each in citation.findall("ChemicalList/Chemical")
        ],
        "publication_types": [
            {"name": _text(each), "ui": each.get("UI")}
            for each in article.findall("PublicationTypeList/PublicationType")
        ],
        "corrections": [
            {
                "kind": each.get("RefType"),
                "source": _at(each, "RefSource"),
                "pmid": _number(_at(each, "PMID")),
                "note": _at(each, "Note"),
            }
            for each in links
            if each.get("RefType") != "Cites"
        ],
        "references": listed,
        "number_of_references": _number(_at(citation, "NumberOfReferences")),
        "grants": _grants(article),
        "data_banks": [
            {"name": _at(each, "DataBankName"), "accessions": _all(each, "AccessionNumberList/AccessionNumber")}
            for each in article.findall("DataBankList/DataBank")
        ],
        "conflict_of_interest": _at(citation, "CoiStatement"),
        "status": citation.get("Status"),
        "indexing": citation.get("IndexingMethod"),
        "publication_model": article.get("PubModel"),
        "publication_status": _at(element, "PubmedData/PublicationStatus"),
        "subsets": _all(citation, "CitationSubset"),
    }
    made |= _identifiers(element.findall("PubmedData/ArticleIdList/ArticleId"), article.findall("ELocationID"))
    made = full(made)  # type: ignore[assignment]
    if _number(_at(citation, "NumberOfReferences")) == 0:
        made["number_of_references"] = 0
    return made


def _grants(element: ET.Element) -> list[Fields]:
    names = {"number": "GrantID", "acronym": "Acronym", "agency": "Agency", "country": "Country"}
    return [{name: _at(each, tag) for name, tag in names.items()} for each in element.findall("GrantList/Grant")]


def _told(element: ET.Element | None) -> str:
    known, words = _date(element)
    return words or known


def _book(element: ET.Element) -> Fields:
    document = element.find("BookDocument")
    assert document is not None
    book = document.find("Book")
    assert book is not None
    pmid = document.find("PMID")
    assert pmid is not None
    published, words = _date(book.find("PubDate"))
    chapter = _people(document, "AuthorList[@Type='authors']/Author")
    chapter += _people(document, "AuthorList/Author") if document.find("AuthorList[@Type]") is None else []
    authors = _people(book, "AuthorList[@Type='authors']/Author")
    authors += _people(book, "AuthorList/Author") if book.find("AuthorList[@Type]") is None else []
    ids = document.findall("ArticleIdList/ArticleId") + element.findall("PubmedBookData/ArticleIdList/ArticleId")
    vernacular = _at(document, "VernacularTitle")
    accession = [_text(each) for each in ids if each.get("IdType") == "bookaccession"]
    made: Fields = {
        "pmid": int(_text(pmid)),
        "version": _version(pmid),
        "kind": "book",
        "title": _at(document, "ArticleTitle") or vernacular or _at(book, "BookTitle"),
        "vernacular_title": vernacular,
        "authors": chapter or authors,
        "authors_incomplete": any(each.get("CompleteYN") == "N" for each in document.findall("AuthorList")),
        "editors": _people(document, "AuthorList[@Type='editors']/Author")
        + _people(book, "AuthorList[@Type='editors']/Author"),
        "investigators": _people(book, "InvestigatorList/Investigator")
        + _people(document, "InvestigatorList/Investigator"),
        "volume": _at(book, "Volume"),
        "pages": _pages(document),
        "year": int(published[:4]) if published else None,
        "published": published,
        "published_text": words,
        "revised": _date(document.find("DateRevised"))[0],
        "history": _history(element, "PubmedBookData/History/PubMedPubDate"),
        "languages": _all(document, "Language"),
        "abstract": _parts(document, "Abstract/AbstractText"),
        "abstract_copyright": _at(document, "Abstract/CopyrightInformation"),
        "keywords": _all(document, "KeywordList/Keyword"),
        "publication_types": [
            {"name": _text(each), "ui": each.get("UI")} for each in document.findall("PublicationType")
        ],
        "references": _references(document, "ReferenceList"),
        "grants": _grants(document),
        "publication_status": _at(element, "PubmedBookData/PublicationStatus"),
        "book": {
            "title": _at(book, "BookTitle"),
            "authors": authors,
            "publisher": _at(book, "Publisher/PublisherName"),
            "place": _at(book, "Publisher/PublisherLocation"),
            "collection": _at(book, "CollectionTitle"),
            "volume": _at(book, "Volume"),
            "volume_title": _at(book, "VolumeTitle"),
            "edition": _at(book, "Edition"),
            "medium": _at(book, "Medium"),
            "report_number": _at(book, "ReportNumber"),
            "isbns": _all(book, "Isbn"),
            "accession": accession[-1] if accession else "",
            "begins": _told(book.find("BeginningDate")),
            "ends": _told(book.find("EndingDate")),
            "contributed": _told(document.find("ContributionDate")),
            "locations": [
                " ".join(filter(None, (each.get("Type"), _text(each)))) for each in document.findall("LocationLabel")
            ],
            "sections": [
                " ".join(filter(None, (_at(each, "LocationLabel"), _at(each, "SectionTitle"))))
                for each in document.iter("Section")
            ],
        },
    }
    made |= _identifiers(ids, [])
    located = [_doi(_text(e)) for e in book.findall("ELocationID[@EIdType='doi']") if e.get("ValidYN", "Y") == "Y"]
    made["book"]["doi"] = located[-1] if located else ""
    if not _at(document, "ArticleTitle") and not vernacular:
        made["doi"] = made["doi"] or made["book"]["doi"]
    return full(made)  # type: ignore[return-value]
