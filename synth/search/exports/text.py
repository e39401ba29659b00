"""What the exports share: one line of text whatever a record holds, dates in words, the kind of a publication."""

from __future__ import annotations

import re
from typing import Final

from ..records.record import Record

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Everything at which some reader ends a line, and what cannot be printed or written as UTF-8.
_BREAKS: Final = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_UNWRITABLE: Final = re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
ADDRESS: Final = "https://pubmed.ncbi.nlm.nih.gov/{}/"


def one_line(words: str) -> str:
    r"""Return a text on one line: a title cannot begin a field, a record or a row of its own.

    Examples
    --------
    >>> one_line("A case\nER  - \r\nTY  - JOUR\x1e\u2028x")
    'A case ER - TY - JOUR x'
    """
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", _BREAKS.sub(" ", words)).strip()


def abstract_of(record: Record) -> str:
    """Return the abstract on one line, its labels in front of their parts."""
    return one_line(record.abstract_text)


def date_words(record: Record) -> str:
    """Return the date of the issue as PubMed writes it.

    Examples
    --------
    >>> date_words(Record(1, published="2019-05-07")), date_words(Record(1, published_text="2019 May-Jun"))
    ('2019 May 7', '2019 May-Jun')
    """
    if record.published_text or not record.published:
        return one_line(record.published_text)
    year, *rest = record.published.split("-")
    words = [year]
    if rest and rest[0].isdecimal() and 1 <= int(rest[0]) <= 12:
        words.append(MONTHS[int(rest[0]) - 1])
        words += [day.lstrip("0") for day in rest[1:]]
    return one_line(" ".join(words))


def is_chapter(record: Record) -> bool:
    """Say whether a book's record is a part of it: it has a title that is not the book's."""
    return record.book is not None and bool(record.book.title) and record.book.title != record.title


def flags(record: Record) -> list[str]:
    """Return what everybody who cites the record should know, in words."""
    said = (
        (record.is_retracted, "Retracted publication"),
        (record.is_retraction_notice, "Retraction notice"),
        (record.has_concern, "Expression of concern published"),
        (record.is_concern, "Expression of concern"),
        (record.has_erratum, "Erratum published"),
        (record.is_erratum, "Erratum"),
    )
    return [words for holds, words in said if holds]
