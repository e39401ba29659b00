"""Records as text: the MEDLINE format and the abstract format."""

from __future__ import annotations

import textwrap
import xml.etree.ElementTree as ET

from .article import Article, day_of, text_of


def _line(tag: str, text: str) -> str:
    """Give one field, folded at 88 columns with six blanks before what follows."""
    return (
        "\n".join(
            textwrap.wrap(
                f"{tag:<4}- {text}", 88, subsequent_indent=" " * 6, break_long_words=False, break_on_hyphens=False
            )
        )
        + "\n"
    )


def _people(authors: list[ET.Element]) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for author in authors:
        last, fore, initials = (text_of(author.find(tag)) for tag in ("LastName", "ForeName", "Initials"))
        if last:
            lines += [("FAU", f"{last}, {fore}" if fore else last), ("AU", f"{last} {initials}".strip())]
        lines += [("CN", text_of(group)) for group in author.findall("CollectiveName")]
        lines += [("AD", text_of(place)) for place in author.iterfind("AffiliationInfo/Affiliation")]
    return lines


def as_medline(article: Article, number: int = 1) -> str:
    """Give a record in the MEDLINE format, after a blank line."""
    root = article.element
    core = root.find("BookDocument" if article.book else "MedlineCitation")
    assert core is not None
    body = core if article.book else core.find("Article")
    assert body is not None
    data = root.find("PubmedBookData" if article.book else "PubmedData")
    lines: list[tuple[str, str]] = [
        ("PMID", str(article.pmid)),
        ("OWN", core.get("Owner", "NLM")),
        ("STAT", core.get("Status", "MEDLINE")),
    ]
    for tag, path in (("VI", "Journal/JournalIssue/Volume"), ("IP", "Journal/JournalIssue/Issue")):
        lines += [(tag, text_of(e)) for e in body.iterfind(path)]
    issue = body.find("Journal/JournalIssue/PubDate")
    if issue is None:
        issue = body.find("Book/PubDate")
    lines.append(("DP", " ".join(filter(None, (text_of(e) for e in issue))) if issue is not None else ""))
    lines.append(("TI", text_of(body.find("ArticleTitle"))))
    pages = text_of(body.find("Pagination/MedlinePgn"))
    lines += [("PG", pages)] if pages else []
    abstract = " ".join(
        (f"{e.get('Label')}: " if e.get("Label") else "") + text_of(e) for e in body.iterfind("Abstract/AbstractText")
    )
    lines += [("AB", abstract)] if abstract else []
    lines += _people(body.findall("AuthorList/Author"))
    lines += [("LA", text_of(e)) for e in body.iterfind("Language")]
    lines += [
        ("PT", text_of(e))
        for path in ("PublicationTypeList/PublicationType", "PublicationType")
        for e in body.iterfind(path)
    ]
    vernacular = text_of(body.find("VernacularTitle"))
    lines += [("TT", vernacular)] if vernacular else []
    lines += [("TA", text_of(e)) for e in core.iterfind("MedlineJournalInfo/MedlineTA")]
    lines += [("JT", text_of(e)) for e in body.iterfind("Journal/Title")]
    for head in core.iterfind("MeshHeadingList/MeshHeading"):
        lines.append(("MH", "/".join(("*" if e.get("MajorTopicYN") == "Y" else "") + text_of(e) for e in head)))
    lines += [("OT", text_of(e)) for e in core.iterfind("KeywordList/Keyword")]
    for tag, code in (("EDAT", "EDAT"), ("MHDA", "MHDA"), ("CRDT", "CRDT")):
        for year, month, day in article.dates.get(code, ())[:1]:
            lines.append((tag, f"{year}/{month:02}/{day:02} 00:00"))
    if data is not None:
        lines += [
            ("AID", f"{text_of(e)} [{e.get('IdType')}]")
            for e in data.iterfind("ArticleIdList/ArticleId")
            if e.get("IdType") != "pubmed"
        ]
        lines += [("PST", text_of(e)) for e in data.iterfind("PublicationStatus")]
    return "\n" + "".join(_line(tag, text) for tag, text in lines if text)


def as_abstract(article: Article, number: int = 1) -> str:
    """Give a record as a person reads it."""
    root = article.element
    core = root.find("BookDocument" if article.book else "MedlineCitation")
    assert core is not None
    body = core if article.book else core.find("Article")
    assert body is not None
    day = day_of(body.find("Journal/JournalIssue/PubDate"))
    journal = text_of(body.find("Journal/ISOAbbreviation"))
    people = ", ".join(text for tag, text in _people(body.findall("AuthorList/Author")) if tag in {"AU", "CN"})
    abstract = "\n".join(
        (f"{e.get('Label')}: " if e.get("Label") else "") + text_of(e) for e in body.iterfind("Abstract/AbstractText")
    )
    head = f"{number}. {journal}. {day[0] if day else ''}"
    parts = [head, text_of(body.find("ArticleTitle")), people, abstract, f"PMID: {article.pmid}"]
    return "\n\n".join(part for part in parts if part) + "\n\n\n"
