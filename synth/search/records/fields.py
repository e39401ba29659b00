"""What articles and books of PubMed XML have in common: texts, dates, names, abstracts, identifiers.

Every function takes an element that it was handed by its parent: nothing here looks for elements further down, since a
path that is not anchored finds the DOI, the PMID or the authors of a publication that is only cited.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final
from xml.etree.ElementTree import Element

from .parts import AbstractPart, Author, HistoryDate, Identifier, PublicationType, Reference

Values = dict[str, Any]

_GAPS: Final = re.compile("[ \t\r\n]+")
_YEAR: Final = re.compile(r"(?<!\d)(?:1[5-9]|20|21)\d\d(?!\d)")
_PMCID: Final = re.compile(r"PMC\d{1,12}")
_DOI_PREFIX: Final = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.I)
_NAMES: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS: Final = {
    word: f"{number:02d}"
    for number, name in enumerate(_NAMES, 1)
    for word in (name, name.capitalize(), str(number), f"{number:02d}")
}
_NUMBER_LENGTH: Final = 10
# A frozen part is begun without its generated __init__, which would set each field by a call of its own: with fifty
# fields a record and 50 parts, that took a third of the time. What is not set is the default of the class.
new = object.__new__


def text(element: Element) -> str:
    r"""Return an element's whole text, that of markup inside it too; a text in several lines is put on one.

    Only the blanks that XML itself knows are folded: a no-break space stays.

    Examples
    --------
    >>> from xml.etree.ElementTree import fromstring
    >>> text(fromstring("<ArticleTitle>Loss\n  of <i>BRCA1</i> in H<sub>2</sub>O </ArticleTitle>"))
    'Loss of BRCA1 in H2O'
    """
    found = "".join(element.itertext()) if len(element) else element.text
    if not found:
        return ""
    if "\n" in found or "\t" in found or "\r" in found:
        found = _GAPS.sub(" ", found)
    return found.strip(" ")


def whole(words: str) -> int | None:
    """Return a whole number of at most ten digits, or None where the text is something else."""
    if not words.isdecimal():
        words = words.strip()
    return int(words) if words.isdecimal() and words.isascii() and len(words) <= _NUMBER_LENGTH else None


def number(element: Element) -> int | None:
    """Return the whole number that an element holds, or None."""
    return whole(element.text) if element.text else None


def doi_of(words: str | None) -> str:
    """Return a DOI in lower case without the address in front, or "" for what is none.

    Examples
    --------
    >>> doi_of("https://doi.org/10.1002/ABC "), doi_of("S0140-6736(20)")
    ('10.1002/abc', '')
    """
    if not words:
        return ""
    bare = words.strip().lower()
    if not bare.startswith("10."):
        bare = _DOI_PREFIX.sub("", bare)
        if not bare.startswith("10."):
            return ""
    return bare if "/" in bare else ""


def pmcid_of(words: str | None) -> str:
    """Return the PubMed Central number as ``PMC123``, or "".

    Examples
    --------
    >>> pmcid_of("PMC123"), pmcid_of("123"), pmcid_of("pmc-id: PMC123;manuscript-id: NIHMS4;"), pmcid_of("NIHMS4")
    ('PMC123', 'PMC123', 'PMC123', '')
    """
    if not words:
        return ""
    if words.startswith("PMC") and words[3:].isdecimal() and words.isascii():
        return words
    bare = words.strip().upper()
    if bare.isdecimal() and bare.isascii():  # as many references have it
        return f"PMC{bare}" if len(bare) <= _NUMBER_LENGTH else ""
    found = _PMCID.search(bare)
    return found[0] if found else ""


def date_words(element: Element) -> tuple[str, str]:
    """Return a date as far as it is a calendar date (``2024-03-05`` or shorter), and as words where more is said.

    Examples
    --------
    >>> from xml.etree.ElementTree import fromstring
    >>> date_words(fromstring("<D><Year>2024</Year><Month>Mar</Month><Day>5</Day></D>"))
    ('2024-03-05', '')
    >>> date_words(fromstring("<D><MedlineDate>1998 Dec-1999 Jan</MedlineDate></D>"))
    ('1998', '1998 Dec-1999 Jan')
    """
    found = {child.tag: child.text for child in element}
    more = found.get("MedlineDate") or found.get("Season")
    return _date(found.get("Year"), found.get("Month"), found.get("Day"), more)


@lru_cache(maxsize=4096)
def _date(year: str | None, month: str | None, day: str | None, more: str | None) -> tuple[str, str]:
    year, month, day, more = ((each or "").strip() for each in (year, month, day, more))
    if not more and len(year) == 4 and year.isdecimal() and year.isascii() and year > "0000":
        if not month:
            return year, ""
        two = _MONTHS.get(month) or _MONTHS.get(month[:3].lower() if month.isalpha() else "")
        if two and not day:
            return f"{year}-{two}", ""
        number_of_day = int(day) if day.isdecimal() and day.isascii() and len(day) <= 2 else 0
        if two and 1 <= number_of_day <= monthrange(int(year), int(two))[1]:
            return f"{year}-{two}-{number_of_day:02d}", ""
    words = _GAPS.sub(" ", " ".join(filter(None, (year, more or month, day))))
    first = _YEAR.search(words)
    return first[0] if first else "", words


def date(element: Element) -> str:
    """Return a date as far as it is a calendar date."""
    return date_words(element)[0]


def publication_date(element: Element, values: Values) -> None:
    """Set year, date and words of the issue."""
    published, words = date_words(element)
    if published:
        values["published"] = published
        values["year"] = int(published[:4])
    if words:
        values["published_text"] = words


def history(element: Element, values: Values) -> None:
    """Set the dates of the record's own history, in their order."""
    dates = []
    for each in element:
        found = {child.tag: child.text for child in each}
        known, _ = _date(found.get("Year"), found.get("Month"), found.get("Day"), None)
        part = new(HistoryDate)
        fields = part.__dict__
        fields["status"] = each.get("PubStatus", "")
        fields["date"] = known
        dates.append(part)
    values["history"] = tuple(dates)


def texts(elements: Iterable[Element]) -> tuple[str, ...]:
    """Return the texts that are not empty."""
    return tuple([words for each in elements if (words := text(each))])


def author(element: Element) -> Author:
    """Return an author, editor or investigator."""
    part = new(Author)
    values = part.__dict__
    for child in element:
        tag = child.tag
        if tag in _AUTHOR:
            if words := text(child):
                values[_AUTHOR[tag]] = words
        elif tag == "AffiliationInfo":
            for place in child:
                # the identifiers of an institution are not those of the person
                if place.tag == "Affiliation" and (words := text(place)):
                    values["affiliations"] = (*values["affiliations"], words) if "affiliations" in values else (words,)
        elif tag == "Affiliation":  # files of before 2015
            if words := text(child):
                add(values, "affiliations", (words,))
        elif tag == "Identifier" and (words := text(child)):
            add(values, "identifiers", (Identifier(child.get("Source", ""), words),))
    if element.get("EqualContrib") == "Y":
        values["equal_contribution"] = True
    return part


# FirstName and MiddleName stood in files of before 2005.
_AUTHOR: Final = {
    "LastName": "last_name",
    "ForeName": "fore_name",
    "FirstName": "fore_name",
    "Initials": "initials",
    "Suffix": "suffix",
    "CollectiveName": "collective",
}


def people(element: Element) -> tuple[list[Author], list[Author]]:
    """Return the authors of a list, and apart from them the names that PubMed keeps as misprints (ValidYN="N")."""
    valid: list[Author] = []
    misprints: list[Author] = []
    for each in element:
        if each.tag in ("Author", "Investigator"):
            (misprints if each.get("ValidYN") == "N" else valid).append(author(each))
    return valid, misprints


def add(values: Values, name: str, more: tuple[object, ...]) -> None:
    """Append to a field that several elements may fill."""
    if more:
        values[name] = (*values[name], *more) if name in values else more


def author_list(element: Element, values: Values) -> None:
    """Set authors, or editors where the list says so."""
    valid, misprints = people(element)
    add(values, "editors" if element.get("Type") == "editors" else "authors", tuple(valid))
    add(values, "misprinted_names", tuple(misprints))
    if element.get("CompleteYN") == "N":
        values["authors_incomplete"] = True


def investigator_list(element: Element, values: Values) -> None:
    """Set those who took part in a group's work without being authors."""
    valid, misprints = people(element)
    add(values, "investigators", tuple(valid))
    add(values, "misprinted_names", tuple(misprints))


def abstract_parts(element: Element) -> tuple[tuple[AbstractPart, ...], str]:
    """Return the parts of an abstract, and its copyright notice."""
    parts: list[AbstractPart] = []
    notice = ""
    for child in element:
        if child.tag == "AbstractText":
            part = new(AbstractPart)
            values = part.__dict__
            if words := text(child):
                values["text"] = words
            if label := child.get("Label"):
                values["label"] = label.strip()
            if (category := child.get("NlmCategory")) and category != "UNASSIGNED":
                values["category"] = category
            if values:
                parts.append(part)
        elif child.tag == "CopyrightInformation":
            notice = text(child)
    return tuple(parts), notice


def abstract(element: Element, values: Values) -> None:
    """Set the abstract and its copyright notice."""
    parts, notice = abstract_parts(element)
    if parts:
        values["abstract"] = parts
    if notice:
        values["abstract_copyright"] = notice


@lru_cache(maxsize=512)
def publication_type(name: str, ui: str) -> PublicationType:
    """Return a publication type; there are about eighty, and records share them."""
    return PublicationType(name, ui)


def keyword_list(element: Element, values: Values) -> None:
    """Add the keywords of one list."""
    add(values, "keywords", texts(element))


def references(element: Element) -> tuple[Reference, ...]:
    """Return every reference of a list and of the lists inside it, in order."""
    found: list[Reference] = []
    for each in element.iter("Reference"):
        part = new(Reference)
        values = part.__dict__
        for child in each:
            tag = child.tag
            if tag == "Citation":
                if words := text(child):
                    values["citation"] = words
            elif tag == "ArticleIdList":
                for known in child:
                    kind, value = known.get("IdType"), known.text
                    if not value:
                        continue
                    if kind == "pubmed":
                        if pmid := whole(value):  # some have a 0
                            values["pmid"] = pmid
                    elif kind == "doi":
                        if doi := doi_of(value):
                            values["doi"] = doi
                    elif (kind == "pmc" or kind == "pmcid") and (pmcid := pmcid_of(value)):
                        values["pmcid"] = pmcid
        found.append(part)
    return tuple(found)


def article_ids(element: Element, values: Values) -> None:
    """Set what the record's own list of identifiers says; a DOI of before gives way to it and is kept beside it."""
    for each in element:
        kind = each.get("IdType", "pubmed")
        if kind == "doi":
            if doi := doi_of(each.text):
                own_doi(doi, values, first=not values.get("listed"))
                values["listed"] = True
        elif kind == "pmc" or kind == "pmcid":
            if (pmcid := pmcid_of(each.text)) and "pmcid" not in values:
                values["pmcid"] = pmcid
        elif kind == "pii" or kind == "mid":
            name = "pii" if kind == "pii" else "manuscript_id"
            if words := text(each):
                values[name] = words
        elif kind == "bookaccession":
            values["accession"] = text(each)


def own_doi(doi: str, values: Values, *, first: bool) -> None:
    """Put a DOI in front of those that are known, or behind them."""
    known = (values["doi"], *values.get("other_dois", ())) if "doi" in values else ()
    order = dict.fromkeys((doi, *known) if first else (*known, doi))
    values["doi"], *others = order
    if others:
        values["other_dois"] = tuple(others)
