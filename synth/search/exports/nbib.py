"""Records in the MEDLINE format (.nbib), as PubMed itself exports them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ..records.record import Author, Mesh, Record
from .text import abstract_of, date_words, one_line

_WIDTH: Final = 88  # columns, as PubMed folds its lines
# Fields that are folded. In one that may come several times, such as a group's name, some readers (Biopython's among
# them) take each line for a value of its own.
_FOLDED: Final = frozenset({"TI", "TT", "AB", "CI", "AD", "MH", "SO", "JT", "OAB", "COIS", "BTI"})
# https://www.nlm.nih.gov/bsd/mms/medlineelements.html
_LINKS: Final = {
    "CommentIn": "CIN",
    "CommentOn": "CON",
    "CorrectedandRepublishedIn": "CRI",
    "CorrectedandRepublishedFrom": "CRF",
    "ErratumIn": "EIN",
    "ErratumFor": "EFR",
    "ExpressionOfConcernIn": "ECI",
    "ExpressionOfConcernFor": "ECF",
    "OriginalReportIn": "ORI",
    "RepublishedIn": "RPI",
    "RepublishedFrom": "RPF",
    "RetractedandRepublishedIn": "RRI",
    "RetractedandRepublishedFrom": "RRF",
    "RetractionIn": "RIN",
    "RetractionOf": "ROF",
    "SummaryForPatientsIn": "SPIN",
    "UpdateIn": "UIN",
    "UpdateOf": "UOF",
}


def to_nbib(records: Iterable[Record]) -> str:
    """Return records in the MEDLINE format, fields in PubMed's order, texts folded at 88 columns.

    What a record does not keep is missing (the owner, hours, CRDT); a link that the format has no tag for stands in
    ``GN``. References are no part of the format.

    Examples
    --------
    >>> print(to_nbib([Record(7, title="A case", published="2024-03", authors=(Author("Weiss", "Ada", "A"),))]), end="")
    PMID- 7
    DP  - 2024 Mar
    TI  - A case
    FAU - Weiss, Ada
    AU  - Weiss A
    SO  - 2024 Mar
    <BLANKLINE>
    """
    made: list[str] = []
    for record in records:
        for tag, value in _fields(record):
            words = one_line(value)
            if words:
                line = f"{tag:<4}- {words}"
                made.append(_folded(line) if tag in _FOLDED else f"{line}\n")
        made.append("\n")
    return "".join(made)


def _folded(line: str) -> str:
    """Fold a line at blanks; what follows is indented, so that no text can look like a field.

    A reader joins the pieces with one blank each: a word that is longer than a line stays whole.
    """
    made = []
    while len(line) > _WIDTH:
        cut = line.rfind(" ", 7, _WIDTH + 1)
        # readers strip the end of a line: a no-break space before the blank would go with it
        while cut > 0 and line[cut - 1].isspace():
            cut = line.rfind(" ", 7, cut)
        if cut < 0:
            cut = next((each.start() for each in _BLANK.finditer(line, _WIDTH)), -1)
            if cut < 0:
                break
        made.append(line[:cut])
        line = "      " + line[cut + 1 :]
    return "\n".join((*made, line)) + "\n"


_BLANK: Final = re.compile(r"(?<!\s) ")


def _day(date: str) -> str:
    return date.replace("-", "")


def _fields(record: Record) -> Iterator[tuple[str, str]]:
    yield "PMID", str(record.pmid)
    yield "STAT", record.status
    yield "DCOM", _day(record.completed)
    yield "LR", _day(record.revised)
    if record.issn:
        yield "IS", f"{record.issn} ({record.issn_kind})" if record.issn_kind else record.issn
    if record.issn_linking:
        yield "IS", f"{record.issn_linking} (Linking)"
    yield "VI", record.volume
    yield "IP", record.issue
    yield "DP", date_words(record)
    yield "TI", record.title
    if record.vernacular_title != record.title:
        yield "TT", record.vernacular_title
    yield "PG", record.pages
    yield "LID", f"{record.doi} [doi]" if record.doi else ""
    yield "AB", abstract_of(record)
    yield "CI", record.abstract_copyright
    for author in record.authors:
        yield from _person(author, "FAU", "AU")
    yield from _book(record)
    for language in record.languages:
        yield "LA", language
    for grant in record.grants:
        yield "GR", "/".join(filter(None, (grant.number, grant.acronym, grant.agency, grant.country)))
    for bank in record.data_banks:
        for number in bank.accessions or ("",):
            yield "SI", f"{bank.name}/{number}" if number else bank.name
    for kind in record.publication_types:
        yield "PT", kind.name
    for link in record.corrections:
        source = f"{link.source} PMID: {link.pmid}" if link.pmid is not None else link.source
        tag = _LINKS.get(link.kind)
        yield (tag, source) if tag else ("GN", f"{link.kind}: {source}")
    yield "DEP", _day(record.electronic)
    yield "PL", record.country
    yield "TA", record.journal_medline
    yield "JT", record.journal
    yield "JID", record.nlm_id
    for chemical in record.chemicals:
        yield "RN", f"{chemical.registry_number} ({chemical.name})"
    for subset in record.subsets:
        yield "SB", subset
    for heading in record.mesh:
        yield "MH", medline_heading(heading)
    for concept in record.supplementary_mesh:
        yield "NM", concept.name
    yield "RF", "" if record.number_of_references is None else str(record.number_of_references)
    for other in record.other_abstracts:
        text = " ".join(f"{part.label}: {part.text}" if part.label else part.text for part in other.parts)
        yield "OAB", f"{other.kind}: {text}" if other.kind else text
        yield "OABL", other.language
    for keyword in record.keywords:
        yield "OT", keyword
    for person in record.investigators:
        yield from _person(person, "FIR", "IR")
    yield "PMC", record.pmcid
    yield "MID", record.manuscript_id
    yield "COIS", record.conflict_of_interest
    yield from _ends(record)


def _ends(record: Record) -> Iterator[tuple[str, str]]:
    """Give history, identifiers and source."""
    for each in record.history:
        tag = {"entrez": "EDAT", "medline": "MHDA"}.get(each.status)
        if tag:
            yield tag, each.date.replace("-", "/")
    for each in record.history:
        yield "PHST", f"{each.date.replace('-', '/')} [{each.status}]"
    yield "AID", f"{record.pii} [pii]" if record.pii else ""
    for doi in filter(None, (record.doi, *record.other_dois)):
        yield "AID", f"{doi} [doi]"
    yield "PST", record.publication_status
    issue = record.volume + (f"({record.issue})" if record.issue else "")
    where = ":".join(filter(None, (issue, record.pages)))
    when = ";".join(filter(None, (date_words(record), where)))
    journal = record.journal_medline or record.journal_iso
    yield "SO", ". ".join(filter(None, (journal, when)))


def _person(author: Author, full: str, short: str) -> Iterator[tuple[str, str]]:
    if one_line(author.collective):
        yield "CN", author.collective
    else:
        name = f"{author.last_name}, {author.fore_name}" if author.fore_name else author.last_name
        yield full, f"{name}, {author.suffix}" if author.suffix else name
        yield short, author.name
    for known in author.identifiers:
        yield "AUID", f"{known.source}: {(author.orcid if known.source.upper() == 'ORCID' else '') or known.value}"
    for place in author.affiliations:
        yield "AD" if full != "FIR" else "IRAD", place


def _book(record: Record) -> Iterator[tuple[str, str]]:
    for editor in record.editors:
        yield from _person(editor, "FED", "ED")
    if record.book is None:
        return
    book = record.book
    yield "BTI", book.title
    yield "VTI", book.volume_title
    yield "CTI", book.collection
    yield "EN", book.edition
    yield "PB", book.publisher
    for isbn in book.isbns:
        yield "ISBN", isbn


def medline_heading(heading: Mesh) -> str:
    """Return a MeSH heading as MEDLINE writes it, with a star at what is a major topic.

    Examples
    --------
    >>> from synth.search.records.record import Qualifier
    >>> medline_heading(Mesh("Spinal Fractures", qualifiers=(Qualifier("surgery", major=True), Qualifier("mortality"))))
    'Spinal Fractures/*surgery/mortality'
    """
    parts = [(heading.major, heading.name), *((each.major, each.name) for each in heading.qualifiers)]
    return "/".join(f"*{name}" if major else name for major, name in parts)
