"""References in Vancouver style: the papers that the methods rest on, and the included studies as far as known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..words import plain
from ..words.reading import Document
from . import included, manuscript, results
from .draft import order
from .references import REFERENCES


@dataclass(frozen=True)
class Entry:
    """A numbered reference.

    Parameters
    ----------
    number : int
        As the paragraphs cite it.
    key : str
    text : str
        In Vancouver style.
    address : str or None
        Where it can be found.
    """

    number: int
    key: str
    text: str
    address: str | None


def references(keys: Iterable[str], document: Document | None = None) -> tuple[str, ...]:
    """Write references, in the order of their keys.

    Parameters
    ----------
    keys : iterable of str
        Of :data:`.references.REFERENCES`, or, with a document, of its studies (:func:`.included.studies`).
    document : mapping, optional
        A pooled document.

    Returns
    -------
    tuple of str

    Raises
    ------
    KeyError
        For a key that neither has.

    Examples
    --------
    >>> references(["wilson1927"])[0].partition(". J Am")[0]
    'Wilson EB. Probable inference, the law of succession, and statistical inference'
    """
    return tuple(entry.text for entry in _entries(dict.fromkeys(keys), document))


def bibliography(document: Document) -> tuple[Entry, ...]:
    """Return the numbered list that goes with the methods and the results of a document.

    Examples
    --------
    >>> [entry.key for entry in bibliography({"k": 1, "settings": {"study_ci_method": "wilson"}})]
    ['wilson1927']
    """
    return _entries(order((*manuscript.drafts(document), *results.drafts(document))), document)


def _entries(keys: Iterable[str], document: Document | None) -> tuple[Entry, ...]:
    known = {one.key: one for one in included.studies(document)} if document is not None else {}
    found = []
    for number, key in enumerate(keys, start=1):
        if key in known:
            one = known[key]
            found.append(Entry(number, key, study(one), plain.doi_address(one.doi) or plain.pubmed_address(one.pmid)))
            continue
        paper = REFERENCES[key]
        ending = f" doi:{paper.doi}" if paper.doi else ""
        found.append(Entry(number, key, f"{paper.text}{ending}", plain.doi_address(paper.doi)))
    return tuple(found)


def study(one: included.Included) -> str:
    """Write an included study; where its authors are not known, under the review's own label.

    Examples
    --------
    >>> study(included.Included("a", "Li 2020", (), "Screws", "Spine", "4", "2", "11-19", "2020", "123", "10.1/x"))
    'Li 2020. Screws. Spine. 2020;4(2):11–9. PMID: 123. doi:10.1/x'
    """
    who = ", ".join(one.authors) if one.authors else one.label
    parts = [who.rstrip(".") + "."]
    if one.title:
        parts.append(one.title if one.title[-1] in ".?!" else f"{one.title}.")
    where = one.year
    if one.volume:
        where += f";{one.volume}" + (f"({one.number})" if one.number else "")
        where += f":{short_pages(one.pages)}" if one.pages else ""
    # A label that ends with its year has said it; without a journal it need not be said twice.
    if one.journal:
        parts.append(f"{one.journal}.")
    if where and (one.journal or one.authors or one.year not in who):
        parts.append(f"{where}.")
    if one.pmid:
        parts.append(f"PMID: {one.pmid}.")
    if one.doi:
        parts.append(f"doi:{one.doi}")
    return " ".join(parts)


def short_pages(pages: str) -> str:
    """Write a range of pages as Vancouver style does, without the digits that the two have in common.

    Examples
    --------
    >>> short_pages("526-533"), short_pages("99-101"), short_pages("e12"), short_pages("S10-S18")
    ('526–33', '99–101', 'e12', 'S10–8')
    """
    first, dash, last = pages.partition("-")
    if not dash or len(first) != len(last):
        return pages.replace("-", "–")
    same = 0
    while same < len(last) - 1 and first[same] == last[same]:
        same += 1
    return f"{first}–{last[same:]}"


def said(entries: Iterable[Entry]) -> str:
    r"""Write a list as text, a line for each, to be copied.

    Examples
    --------
    >>> said([Entry(1, "a", "First.", None), Entry(2, "b", "Second.", None)])
    '1. First.\n2. Second.\n'
    """
    return "".join(f"{entry.number}. {entry.text}\n" for entry in entries)
