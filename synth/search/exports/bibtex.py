"""Records as BibTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from ..records.record import Author, Record
from .text import ADDRESS, abstract_of, flags, is_chapter, one_line

_TEX: Final = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        # BibTeX counts every brace, one with a backslash too
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "%": r"\%",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
    }
)
# In an address or a DOI TeX wants characters as they are; these would end the field or the line.
_ADDRESS: Final = str.maketrans({each: f"%{ord(each):02X}" for each in '\\{}" %#'})
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def to_bibtex(records: Iterable[Record]) -> str:
    r"""Return records as BibTeX, in UTF-8 when it is written.

    A key is made of name, year and PMID (``Weiss2024_31234567``): it stays the same whatever else a search finds.
    Characters that TeX would act upon are escaped; words of a title with capitals inside or after the first word are in
    braces, so that no style makes them small.

    Examples
    --------
    >>> print(to_bibtex([Record(7, title="Loss of BRCA1 in 5% & more", year=2024, authors=(Author("Weiß", "Ada"),))]))
    @article{Weiss2024_7,
      author = {Weiß, Ada},
      title = {Loss of {BRCA1} in 5\% \& more},
      year = {2024},
      url = {https://pubmed.ncbi.nlm.nih.gov/7/},
      pmid = {7},
    }
    <BLANKLINE>
    """
    made: list[str] = []
    used: dict[str, int] = {}
    for record in records:
        key = citation_key(record)
        used[key] = used.get(key, 0) + 1
        if used[key] > 1:
            key = f"{key}_{used[key]}"
        kind = "incollection" if is_chapter(record) else "book" if record.kind == "book" else "article"
        made.append(f"@{kind}{{{key},\n")
        made += [f"  {name} = {value},\n" for name, value in _fields(record)]
        made.append("}\n\n")
    return "".join(made)[:-1]


def citation_key(record: Record) -> str:
    """Return a key of ASCII letters and digits: the first name, the year, the PMID and a version other than the first.

    Examples
    --------
    >>> citation_key(Record(31, authors=(Author("Østergård-Núñez"),), year=2024, version=2))
    'OstergardNunez2024_31v2'
    """
    first = next(iter((*record.authors, *record.editors)), Author())
    name = first.last_name or first.collective.partition(" ")[0]
    for letter, plain in (("ß", "ss"), ("ø", "o"), ("Ø", "O"), ("ł", "l"), ("Ł", "L"), ("æ", "ae"), ("Æ", "AE")):
        name = name.replace(letter, plain)
    folded = unicodedata.normalize("NFKD", name[:60])
    plain = "".join(letter for letter in folded if letter.isascii() and letter.isalpha())
    year = "" if record.year is None else str(record.year)
    return f"{plain or 'Anonymous'}{year}_{record.pmid}" + (f"v{record.version}" if record.version != 1 else "")


def tex(words: str) -> str:
    r"""Return a text with what TeX would act upon escaped, on one line.

    Examples
    --------
    >>> tex("50% of {x} & \\input")
    '50\\% of \\textbraceleft{}x\\textbraceright{} \\& \\textbackslash{}input'
    """
    return one_line(words).translate(_TEX)


def _title(words: str) -> str:
    """Escape a title and put words into braces whose capitals carry meaning."""
    made = []
    for position, word in enumerate(one_line(words).split(" ")):
        letters = [letter for letter in word if letter.isalpha()]
        inside = any(letter.isupper() for letter in letters[1:])
        later = position > 0 and bool(letters) and letters[0].isupper()
        made.append(f"{{{tex(word)}}}" if inside or later else tex(word))
    return " ".join(made)


def _name(author: Author) -> str:
    """Return a name as BibTeX reads it: "Last, Suffix, First"; a group in braces, so that it is not taken apart."""
    group = tex(author.collective)
    last, suffix, first = (
        tex(each.replace(",", " ")) for each in (author.last_name, author.suffix, author.fore_name or author.initials)
    )
    if group or not last:
        whole = group or " ".join(filter(None, (first, suffix)))
        return f"{{{whole}}}" if whole else ""
    # "and" parts one person from the next wherever it stands outside of braces, and blanks part first names from last
    last = f"{{{last}}}" if " " in last else last
    suffix, first = (f"{{{each}}}" if _AND.search(each) else each for each in (suffix, first))
    return ", ".join((last, suffix, first) if suffix else (last, first) if first else (last,))


_AND: Final = re.compile(r"(?:^|\s)and(?:\s|$)", re.I)


def _fields(record: Record) -> Iterator[tuple[str, str]]:
    plain: list[tuple[str, str]] = [
        ("author", " and ".join(filter(None, map(_name, record.authors)))),
        ("editor", " and ".join(filter(None, map(_name, record.editors)))),
        ("title", _title(record.title)),
    ]
    book = record.book
    if book is not None:
        if is_chapter(record):
            plain.append(("booktitle", _title(book.title)))
        plain += [
            ("publisher", tex(book.publisher)),
            ("address", tex(book.place)),
            ("edition", tex(book.edition)),
            ("series", tex(book.collection)),
            ("isbn", tex(" ".join(book.isbns))),
        ]
    else:
        plain += [
            ("journal", tex(record.journal or record.journal_medline)),
            ("shortjournal", tex(record.journal_iso or record.journal_medline)),
            ("issn", tex(record.issn or record.issn_linking)),
        ]
    month = record.published.split("-")[1:2]
    plain += [
        ("year", "" if record.year is None else str(record.year)),
        ("month", month[0] if month else ""),
        ("volume", tex(record.volume)),
        ("number", tex(record.issue)),
        ("pages", re.sub(r"(?<=\w)-(?=\w)", "--", tex(record.pages))),
        ("doi", one_line(record.doi).translate(_ADDRESS)),
        ("url", ADDRESS.format(record.pmid)),
        ("pmid", str(record.pmid)),
        ("pmcid", tex(record.pmcid)),
        ("language", tex(", ".join(record.languages))),
        ("keywords", tex(", ".join((*record.keywords, *(heading.name for heading in record.mesh))))),
        ("abstract", tex(abstract_of(record))),
        ("note", tex("; ".join(flags(record)))),
    ]
    for name, value in plain:
        if not value:
            continue
        if name == "month" and value.isdecimal() and 1 <= int(value) <= 12:
            yield name, _MONTHS[int(value) - 1]  # the month's own name in BibTeX, without braces
        elif name != "month":
            yield name, f"{{{value}}}"
