"""The field tags that PubMed takes, offline: those of its User Guide, and the names and codes that einfo lists.

Source: PubMed User Guide (NLM), search field tags and field descriptions; einfo of PubMed, November 2025.
``synth doctor --online`` compares this table with what einfo lists on that day.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Final

__all__ = ["TAGS", "FieldTag", "find_tag", "near_tags"]


@dataclass(frozen=True)
class FieldTag:
    """A search field.

    Attributes
    ----------
    code : str
        As einfo names it; "" where it lists none.
    name : str
        In words.
    tags : tuple of str
        How a query may call it, without brackets and in lower case; the first is the usual one.
    kind : {"text", "heading", "name", "date", "number", "other"}
        What it holds. Headings and names are whole entries, in which ``and`` is a word.
    noexp : bool
        Whether ``:noexp`` may follow.
    nearness : bool
        Whether ``:~N`` may follow.
    documented : bool
        Whether the User Guide has the tag; one that it has not may go away unannounced.
    """

    code: str
    name: str
    tags: tuple[str, ...]
    kind: str = "other"
    noexp: bool = False
    nearness: bool = False
    documented: bool = True


def _tag(code: str, name: str, tags: str, kind: str = "other", more: str = "") -> FieldTag:
    words = tuple(tags.split("|"))
    return FieldTag(code, name, words, kind, "noexp" in more, "near" in more, "quiet" not in more)


TAGS: Final[tuple[FieldTag, ...]] = (
    _tag("ALL", "All Fields", "all|all fields", "text"),
    _tag("TIAB", "Title/Abstract", "tiab|title/abstract", "text", "near"),
    _tag("TITL", "Title", "ti|title", "text", "near"),
    _tag("WORD", "Text Word", "tw|text word|text words", "text"),
    _tag("OTRM", "Other Term", "ot|other term", "text"),
    _tag("TT", "Transliterated Title", "tt|transliterated title", "text"),
    _tag("MESH", "MeSH Terms", "mh|mesh|mesh terms", "heading", "noexp"),
    _tag("MAJR", "MeSH Major Topic", "majr|mesh major topic", "heading", "noexp"),
    _tag("SUBH", "MeSH Subheading", "sh|subheading|mesh subheading|mesh subheadings", "heading", "noexp"),
    _tag("SUBS", "Supplementary Concept", "nm|supplementary concept|substance name", "heading"),
    _tag("PAPX", "Pharmacological Action", "pa|pharmacological action|pharmacologic action", "heading"),
    _tag("PTYP", "Publication Type", "pt|publication type", "heading", "noexp"),
    _tag("FILT", "Filter", "sb|filter|subset", "heading"),
    _tag("JOUR", "Journal", "ta|journal|jour", "name"),
    _tag("AUTH", "Author", "au|author", "name"),
    _tag("FAUT", "Author - First", "1au|first author name|author - first", "name"),
    _tag("LAUT", "Author - Last", "lastau|last author name|author - last", "name"),
    _tag("FULL", "Author - Full", "fau|full author name|author - full", "name"),
    _tag("COLN", "Author - Corporate", "cn|corporate author|author - corporate", "name"),
    _tag("AUID", "Author - Identifier", "auid|author identifier|author - identifier", "name"),
    _tag("INVR", "Investigator", "ir|investigator", "name"),
    _tag("FINV", "Investigator - Full", "fir|full investigator name|investigator - full", "name"),
    _tag("ED", "Editor", "ed|editor", "name"),
    _tag("PS", "Subject - Personal Name", "ps|personal name as subject|subject - personal name", "name"),
    _tag("AFFL", "Affiliation", "ad|affiliation", "name", "near"),
    _tag("GRNT", "Grants and Funding", "gr|grants and funding|grant number", "name"),
    _tag("CNTY", "Place of Publication", "pl|place of publication", "name"),
    _tag("PUBN", "Publisher", "pubn|publisher", "name"),
    _tag("LANG", "Language", "la|language", "name"),
    _tag("COIS", "Conflict of Interest Statements", "cois|conflict of interest statement", "text"),
    _tag("PDAT", "Date - Publication", "dp|pdat|publication date|date of publication|date - publication", "date"),
    _tag("EPDT", "Electronic Publication Date", "epdat|epdt|electronic date of publication", "date"),
    _tag("PPDT", "Print Publication Date", "ppdat|ppdt|print date of publication", "date"),
    _tag("EDAT", "Date - Entry", "edat|entry date|date - entry|date - entrez", "date"),
    _tag("CRDT", "Date - Create", "crdt|create date|date - create", "date"),
    _tag("MHDA", "Date - MeSH", "mhda|mesh date|date - mesh", "date"),
    _tag("MDAT", "Date - Modification", "lr|mdat|modification date|date - modification", "date"),
    _tag("CDAT", "Date - Completion", "dcom|cdat|completion date|date - completion", "date"),
    _tag("UID", "PubMed identifier", "pmid|uid", "number"),
    _tag("PID", "Article Identifier", "aid|article identifier|publisher id"),
    _tag("LID", "Location ID", "lid|location id"),
    _tag("SI", "Secondary Source ID", "si|secondary source id"),
    _tag("ECNO", "EC/RN Number", "rn|ec/rn number"),
    _tag("ISBN", "ISBN", "isbn"),
    _tag("VOL", "Volume", "vi|volume"),
    _tag("ISS", "Issue", "ip|issue"),
    _tag("PAGE", "Pagination", "pg|pagination"),
    _tag("BOOK", "Book", "book"),
    _tag("", "NLM Unique ID", "jid|nlm unique id"),
    _tag("", "DOI", "doi", "other", "quiet"),
    _tag("AUCL", "Author Cluster ID", "aucl", "other", "quiet"),
    _tag("EID", "Extended PMID", "eid", "other", "quiet"),
    _tag("DSO", "DSO", "dso", "other", "quiet"),
    _tag("P1DAT", "P1DAT", "p1dat", "date", "quiet"),
)
"""Every field, with the ways to call it."""

_BY_NAME: Final = {
    word: field for field in TAGS for word in (*field.tags, field.code.lower(), field.name.lower()) if word
}
# What people bring along from elsewhere, and the tag that comes nearest.
_ELSEWHERE: Final = {
    "ab": "tiab", "abs": "tiab", "abstract": "tiab", "ti,ab": "tiab", "tiabs": "tiab", "title abstract": "tiab",
    "ti/ab": "tiab", "title-abs": "tiab", "kw": "ot", "kf": "ot", "key": "ot", "keyword": "ot", "keywords": "ot",
    "author keywords": "ot", "mp": "tw", "tx": "tw", "text": "tw", "af": "all", "any": "all", "mesh:exp": "mh",
    "mh:exp": "mh", "mesh heading": "mh", "mesh headings": "mh", "de": "mh", "mm": "majr", "mj": "majr", "fs": "sh",
    "yr": "dp", "py": "dp", "year": "dp", "date": "dp", "pub date": "dp", "so": "ta", "jn": "ta", "journal name": "ta",
    "lg": "la", "lang": "la", "type": "pt", "dt": "pt", "pmc": "aid", "id": "pmid", "pubmed id": "pmid",
}  # fmt: skip


def find_tag(text: str) -> FieldTag | None:
    """Return the field of that tag, in any case and without ``:noexp`` or ``:~N``; None where there is none.

    Examples
    --------
    >>> find_tag("MeSH Terms").code, find_tag("tiab").name, find_tag("tiabb")
    ('MESH', 'Title/Abstract', None)
    """
    return _BY_NAME.get(" ".join(text.lower().split()))


def near_tags(text: str) -> list[str]:
    """Name the tags that may have been meant, the likeliest first.

    Examples
    --------
    >>> near_tags("tiabb"), near_tags("ab"), near_tags("keyword")
    (['tiab'], ['tiab'], ['ot'])
    """
    text = " ".join(text.lower().split())
    if text in _ELSEWHERE:
        return [_ELSEWHERE[text]]
    close = difflib.get_close_matches(text, _BY_NAME, n=3, cutoff=0.6)
    return list(dict.fromkeys(_BY_NAME[name].tags[0] for name in close))
