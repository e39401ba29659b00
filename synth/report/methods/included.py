"""The included studies as references: from what the review knows of each, and nothing that it does not know."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ..words import plain
from ..words.reading import Document, get, items, text

_SOURCE = re.compile(
    r"(?P<journal>.*?\S)[ ,;.]+(?:(?P<year>(?:19|20)\d\d);)?(?P<volume>\d+[A-Z]?)(?:\((?P<number>[^()]+)\))?:\s*"
    r"(?P<pages>[A-Za-z]?\d+(?:[-–]+[A-Za-z]?\d+)?)\.?"
)


@dataclass(frozen=True)
class Included:
    """An included study, as far as it is known; an empty string is not known.

    Parameters
    ----------
    key : str
        For BibTeX and for citations: letters, digits and hyphens, unique in a document, never that of a method's paper.
    label : str
        What the review calls the study.
    authors : tuple of str
        "Wänman J", in the order of the paper; empty where the review has no column of them.
    title, journal, volume, number, pages, year, pmid, doi : str
    """

    key: str
    label: str
    authors: tuple[str, ...] = ()
    title: str = ""
    journal: str = ""
    volume: str = ""
    number: str = ""
    pages: str = ""
    year: str = ""
    pmid: str = ""
    doi: str = ""


def plain_key(label: str) -> str:
    """Make a key of a label: Latin letters without their accents, and digits.

    Examples
    --------
    >>> plain_key("Wänman 2023"), plain_key("漢字 2019"), plain_key("!?")
    ('wanman2023', '2019', '')
    """
    parts = unicodedata.normalize("NFKD", label.replace("ß", "ss").replace("ø", "o").replace("Ø", "O"))
    return "".join(char for char in parts.lower() if char.isascii() and char.isalnum())[:40]


def doi_of(value: object) -> str:
    """Return a DOI without the address in front of it; empty where the value is none.

    Examples
    --------
    >>> doi_of("https://doi.org/10.14444/8478"), doi_of("unknown")
    ('10.14444/8478', '')
    """
    if plain.doi_address(value) is None:
        return ""
    return re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", str(value).strip(), flags=re.IGNORECASE)


def _authors(value: str) -> tuple[str, ...]:
    parts = [one.strip().rstrip(".") for one in re.split(r"[;\n]|,(?!\s*[A-Z]{1,3}\b)", value)]
    return tuple(part for part in parts if part)


def studies(document: Document) -> tuple[Included, ...]:
    """Return the studies that were pooled, then those of the other arms, each once.

    Parameters
    ----------
    document : mapping
        A pooled document.

    Returns
    -------
    tuple of Included

    Examples
    --------
    >>> about = {"title": "Fractures", "journal": "Int J Spine Surg 17(4):526-533", "year": 2023, "doi": None}
    >>> one = studies({"studies": [{"study": "Wänman 2023", "descriptors": about}]})[0]
    >>> one.key, one.journal, one.volume, one.pages, one.doi
    ('study-wanman2023', 'Int J Spine Surg', '17', '526-533', '')
    """
    found: dict[str, Included] = {}
    taken: set[str] = set()
    rows = list(items(document, "studies"))
    for block in items(document, "comparators"):
        rows += items(block, "studies")
    for row in rows:
        label = text(row, "study") or "(no label)"
        if label not in found:
            found[label] = _included(row, label, taken)
    return tuple(found.values())


def _included(row: object, label: str, taken: set[str]) -> Included:
    about = get(row, "descriptors")
    base = f"study-{plain_key(label)}" if plain_key(label) else "study"
    key, count = base, 1
    while key in taken or key == "study":
        count += 1
        key = f"{base}-{count}"
    taken.add(key)
    journal = plain.clause(get(about, "journal"))
    parts = _SOURCE.fullmatch(journal)
    given = parts.groupdict("") if parts else {"journal": journal, "volume": "", "number": "", "pages": ""}
    pmid = str(get(about, "pmid") or "").strip()
    return Included(
        key,
        label,
        _authors(text(about, "authors")),
        plain.visible(get(about, "title")),
        given["journal"],
        given["volume"],
        given["number"],
        given["pages"].replace("–", "-"),
        text(about, "year"),
        pmid if plain.pubmed_address(pmid) else "",
        doi_of(get(about, "doi")),
    )
