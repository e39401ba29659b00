"""A ``PubmedBookArticle`` element to a record: a book, or a chapter of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.etree.ElementTree import Element

from .article import Reader, date_into, finish, grants, into, more_of, pagination, pmid, reference_list, walk, within
from .fields import (
    Values,
    abstract,
    add,
    article_ids,
    author_list,
    date_words,
    doi_of,
    history,
    investigator_list,
    keyword_list,
    people,
    publication_date,
    publication_type,
    text,
)
from .parts import Book
from .record import Record


def book(element: Element) -> Record | None:
    """Return the record of a ``PubmedBookArticle``, or None where it has no PMID of its own."""
    values: Values = {"kind": "book"}
    for child in element:
        if child.tag == "BookDocument":
            walk(child, _DOCUMENT, values)
        elif child.tag == "PubmedBookData":
            walk(child, _DATA, values)
    parts: Values = values.pop("book", {})
    authors = values.pop("book_authors", ())
    if authors:
        parts["authors"] = authors
        values.setdefault("authors", authors)
    if accession := values.get("accession"):
        parts["accession"] = accession
    for name in ("contributed", "locations", "sections"):
        if name in values:
            parts[name] = values.pop(name)
    if "title" not in values and "vernacular_title" not in values:
        # not a chapter: what is said of the book is said of the record
        if "title" in parts:
            values["title"] = parts["title"]
        if "doi" in parts:
            values.setdefault("doi", parts["doi"])
    values["book"] = Book(**parts)
    return finish(values)


def _period(name: str) -> Reader:
    """Return a reader that keeps a date as it is told, a season too."""

    def read(element: Element, values: Values) -> None:
        known, words = date_words(element)
        if found := words or known:
            values[name] = found

    return read


def _book(element: Element, values: Values) -> None:
    parts: Values = {}
    walk(element, _BOOK, parts)
    for name in ("editors", "investigators", "misprinted_names"):
        add(values, name, parts.pop(name, ()))
    for name in ("published", "year", "published_text"):
        if name in parts:
            values[name] = parts.pop(name)
    if "volume" in parts:
        values["volume"] = parts["volume"]
    authors = parts.pop("authors", ())
    if authors:
        values["book_authors"] = authors
    values["book"] = parts


def _doi(element: Element, values: Values) -> None:
    if element.get("EIdType") == "doi" and element.get("ValidYN", "Y") == "Y" and (doi := doi_of(element.text)):
        values["doi"] = doi


def _book_authors(element: Element, values: Values) -> None:
    valid, misprints = people(element)
    add(values, "editors" if element.get("Type") == "editors" else "authors", tuple(valid))
    add(values, "misprinted_names", tuple(misprints))


def _publication_type(element: Element, values: Values) -> None:
    add(values, "publication_types", (publication_type(text(element), element.get("UI", "")),))


def _location_label(element: Element, values: Values) -> None:
    words = " ".join(filter(None, (element.get("Type"), text(element))))
    if words:
        add(values, "locations", (words,))


def _sections(element: Element, values: Values) -> None:
    add(values, "sections", tuple(_titles(element)))


def _titles(element: Element) -> Iterable[str]:
    """Give the titles of sections and of the sections inside them, in the order of the book."""
    for section in element.iter("Section"):
        found = {child.tag: text(child) for child in section if child.tag != "Section"}
        if title := " ".join(filter(None, (found.get("LocationLabel"), found.get("SectionTitle")))):
            yield title


_BOOK: Final[dict[str, Reader]] = {
    "Publisher": within({"PublisherName": into("publisher"), "PublisherLocation": into("place")}),
    "BookTitle": into("title"),
    "PubDate": publication_date,
    "BeginningDate": _period("begins"),
    "EndingDate": _period("ends"),
    "AuthorList": _book_authors,
    "InvestigatorList": investigator_list,
    "Volume": into("volume"),
    "VolumeTitle": into("volume_title"),
    "Edition": into("edition"),
    "CollectionTitle": into("collection"),
    "Isbn": more_of("isbns"),
    "ELocationID": _doi,
    "Medium": into("medium"),
    "ReportNumber": into("report_number"),
}
_DOCUMENT: Final[dict[str, Reader]] = {
    "PMID": pmid,
    "ArticleIdList": article_ids,
    "Book": _book,
    "LocationLabel": _location_label,
    "ArticleTitle": into("title"),
    "VernacularTitle": into("vernacular_title"),
    "Pagination": pagination,
    "Language": more_of("languages"),
    "AuthorList": author_list,
    "InvestigatorList": investigator_list,
    "PublicationType": _publication_type,
    "Abstract": abstract,
    "Sections": _sections,
    "KeywordList": keyword_list,
    "ContributionDate": _period("contributed"),
    "DateRevised": date_into("revised"),
    "GrantList": grants,
    "ReferenceList": reference_list,
}
_DATA: Final[dict[str, Reader]] = {
    "History": history,
    "PublicationStatus": into("publication_status"),
    "ArticleIdList": article_ids,
}
