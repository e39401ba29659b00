"""Records as RIS, for reference managers and screening tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..records.record import Author, Record
from .text import ADDRESS, abstract_of, flags, is_chapter, one_line


def to_ris(records: Iterable[Record]) -> str:
    """Return records as RIS, in UTF-8 when it is written, one field a line.

    The PMID is in ``AN`` (with ``DB  - PubMed``), the PMC number in ``C2``; ``KW`` holds the authors' keywords and then
    the MeSH headings; ``N1`` says what was retracted or corrected. Names are "Last, First, Suffix".

    Examples
    --------
    >>> print(to_ris([Record(7, title="A case", year=2024, published="2024-03")]), end="")
    TY  - JOUR
    TI  - A case
    PY  - 2024
    DA  - 2024/03//
    AN  - 7
    DB  - PubMed
    UR  - https://pubmed.ncbi.nlm.nih.gov/7/
    ER  - 
    <BLANKLINE>
    """  # noqa: W291 - RIS ends a record with "ER  - ", the blank included
    made: list[str] = []
    for record in records:
        made += [f"{tag}  - {words}\n" for tag, value in _fields(record) if (words := one_line(value))]
        made.append("ER  - \n\n")
    return "".join(made)


def _fields(record: Record) -> Iterator[tuple[str, str]]:
    book = record.book
    chapter = is_chapter(record)
    yield "TY", "CHAP" if chapter else "BOOK" if record.kind == "book" else "JOUR"
    yield "TI", record.title
    if record.vernacular_title != record.title:
        yield "TT", record.vernacular_title
    for author in record.authors:
        yield "AU", ris_name(author)
    for editor in record.editors:
        yield "A2", ris_name(editor)
    if record.year is not None:
        yield "PY", f"{record.year:04d}"
    if record.published:
        yield "DA", "/".join((*record.published.split("-"), "", "")[:3]) + "/"
    if book is not None:
        if chapter:
            yield "T2", book.title
        yield "T3", book.collection
        yield "PB", book.publisher
        yield "CY", book.place
        yield "ET", book.edition
        for isbn in book.isbns:
            yield "SN", isbn
    else:
        yield "T2", record.journal or record.journal_medline
        yield "J2", record.journal_iso or record.journal_medline
        yield "SN", record.issn or record.issn_linking
    yield "VL", record.volume
    yield "IS", record.issue
    first, _, last = record.pages.partition("-")
    if last and not set(record.pages) & set(",;"):
        yield "SP", first
        yield "EP", _whole_page(first, last)
    else:
        yield "SP", record.pages
    yield "DO", record.doi
    yield "AN", str(record.pmid)
    yield "DB", "PubMed"
    yield "C2", record.pmcid
    yield "UR", ADDRESS.format(record.pmid)
    for language in record.languages:
        yield "LA", language
    yield "AB", abstract_of(record)
    for keyword in record.keywords:
        yield "KW", keyword
    for heading in record.mesh:
        yield "KW", heading.name
    for kind in record.publication_types:
        yield "M3", kind.name
    for words in flags(record):
        yield "N1", words


def ris_name(author: Author) -> str:
    """Return a name as RIS sorts it; a comma inside a part would move the rest to the next.

    Examples
    --------
    >>> ris_name(Author(last_name="Weiss", fore_name="Ada", suffix="Jr"))
    'Weiss, Ada, Jr'
    """
    if group := one_line(author.collective):
        return group
    parts = (author.last_name, author.fore_name or author.initials, author.suffix)
    last, first, suffix = (one_line(each.replace(",", " ")) for each in parts)
    if not last:
        return " ".join(filter(None, (first, suffix)))
    return ", ".join((last, first, suffix) if suffix else (last, first) if first else (last,))


def _whole_page(first: str, last: str) -> str:
    """Complete a last page that MEDLINE shortens: 101-9 is 101 to 109.

    Examples
    --------
    >>> _whole_page("101", "9"), _whole_page("S12", "S19"), _whole_page("99", "104"), _whole_page("e404", "5")
    ('109', 'S19', '104', 'e405')
    """
    if last.isdecimal() and len(last) < len(first) and first[-len(last) :].isdecimal():
        return first[: -len(last)] + last
    return last
