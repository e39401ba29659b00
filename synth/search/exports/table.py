"""Records as a table in CSV, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from typing import Final

from ..records.record import Record
from .nbib import medline_heading
from .text import ADDRESS, abstract_of, date_words, one_line

_ACTIVE: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# A cell of Excel holds 32,767 characters; it moves the rest of a longer one into other rows.
_LONGEST: Final = 32_000


def _flag(holds: bool) -> str:
    return "yes" if holds else ""


_COLUMNS: Final[dict[str, Callable[[Record], str]]] = {
    "pmid": lambda r: str(r.pmid),
    "version": lambda r: str(r.version),
    "kind": lambda r: r.kind,
    "title": lambda r: r.title,
    "vernacular_title": lambda r: r.vernacular_title,
    "authors": lambda r: "; ".join(filter(None, (author.name for author in r.authors))),
    "journal": lambda r: r.journal or (r.book.title if r.book else ""),
    "journal_abbreviation": lambda r: r.journal_medline or r.journal_iso,
    "year": lambda r: "" if r.year is None else str(r.year),
    "published": lambda r: date_words(r),
    "electronic": lambda r: r.electronic,
    "volume": lambda r: r.volume,
    "issue": lambda r: r.issue,
    "pages": lambda r: r.pages,
    "doi": lambda r: r.doi,
    "pmcid": lambda r: r.pmcid,
    "languages": lambda r: "; ".join(r.languages),
    "publication_types": lambda r: "; ".join(each.name for each in r.publication_types),
    "mesh": lambda r: "; ".join(map(medline_heading, r.mesh)),
    "keywords": lambda r: "; ".join(r.keywords),
    "trial_registrations": lambda r: "; ".join(n for bank in r.data_banks for n in bank.accessions),
    "retracted": lambda r: _flag(r.is_retracted),
    "retraction_notice": lambda r: _flag(r.is_retraction_notice),
    "expression_of_concern": lambda r: _flag(r.has_concern),
    "erratum": lambda r: _flag(r.has_erratum),
    "abstract": abstract_of,
    "url": lambda r: ADDRESS.format(r.pmid),
}
COLUMNS: Final = tuple(_COLUMNS)


def to_csv(records: Iterable[Record]) -> str:
    r"""Return records as CSV: a heading and one line each.

    A cell that a spreadsheet would take for a formula (it begins with ``=``, ``+``, ``-`` or ``@``) has an apostrophe
    in front. A cell of over 32,000 characters, such as the names of 3,000 authors, is cut and says so.

    Examples
    --------
    >>> table = to_csv([Record(7, title='=HYPERLINK("http://x")')])
    >>> table.splitlines()[1].split(",")[:4]
    ['7', '1', 'article', '"\'=HYPERLINK(""http://x"")"']
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in records:
        writer.writerow([defused(read(record)) for read in _COLUMNS.values()])
    return file.getvalue()


def defused(words: str) -> str:
    r"""Return a cell that no spreadsheet runs: on one line, with an apostrophe before what begins a formula.

    Examples
    --------
    >>> defused("\t=1+1"), defused("-5 degrees"), defused("plain")
    ("'=1+1", "'-5 degrees", 'plain')
    """
    words = one_line(words)
    if len(words) > _LONGEST:
        words = f"{words[:_LONGEST]} … (cut: {len(words):,} characters; records.jsonl has them all)"
    return f"'{words}" if words.lstrip().startswith(_ACTIVE) else words
