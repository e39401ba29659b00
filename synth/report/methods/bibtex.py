"""References as BibTeX: made of the Vancouver text of a paper, so that the two cannot say different things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..words.reading import Document
from . import included, manuscript, results
from .draft import order
from .papers import Reference
from .references import REFERENCES

_ARTICLE = re.compile(
    r"(?P<authors>[^.]+)\. (?P<title>.+[.?!]) (?P<journal>[^.;?]+)\. (?P<year>\d{4});(?P<volume>[^:(]+)"
    r"(?:\((?P<number>[^)]+)\))?:(?P<pages>[^.]+)\."
)
_BOOK = re.compile(
    r"(?P<authors>[^.]+)\. (?P<title>.+?)\. (?:(?P<edition>\w+) ed\. )?(?P<address>[^:.]+): (?P<publisher>[^;]+); "
    r"(?P<year>\d{4})\."
)
_TALK = re.compile(r"(?P<authors>[^.]+)\. (?P<title>.+?)\. (?P<event>[^;]+); (?P<year>\d{4}); (?P<place>.+)\.")
# BibTeX counts braces even behind a backslash, so a brace of the text has to be a word.
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "–": "--", "“": "``", "”": "''", "’": "'",
}  # fmt: skip


@dataclass(frozen=True)
class Fields:
    """An entry before it is written: its kind, its key and its fields, the text of which is plain."""

    kind: str
    key: str
    fields: Mapping[str, str]


def escape(text: str) -> str:
    r"""Write plain text so that LaTeX prints it as it is; letters beyond ASCII stay (UTF-8).

    Examples
    --------
    >>> print(escape("Hope & Co. {50%} of $x_1$"), escape(r"a\b"), escape("Röver"))
    Hope \& Co. \textbraceleft{}50\%\textbraceright{} of \$x\_1\$ a\textbackslash{}b Röver
    """
    return "".join(_SPECIAL.get(char, char) for char in text)


def _title(text: str) -> str:
    """Escape a title, and keep the capitals of words that are names: a style may lower all others."""
    words = text.split(" ")
    out = []
    for number, word in enumerate(words):
        named = any(char.isupper() for char in (word if number else word[1:]))
        out.append(f"{{{escape(word)}}}" if named and not set(word) & {"{", "}", "\\"} else escape(word))
    return " ".join(out)


def _names(authors: str) -> str:
    found = []
    for author in authors.split(", "):
        surname, _, initials = author.rpartition(" ")
        if author in {"et al", "et al."}:
            found.append("others")
        elif surname and re.fullmatch(r"[A-ZÀ-Þ]{1,4}", initials):
            found.append(f"{escape(surname)}, {' '.join(f'{letter}.' for letter in initials)}")
        else:
            found.append(f"{{{escape(author)}}}")
    return " and ".join(found)


def _pages(text: str) -> str:
    """Give the last page all its digits again: 119–26 is 119--126."""
    first, dash, last = text.replace("-", "–").partition("–")
    if not dash:
        return text
    whole = last if len(last) >= len(first) else first[: len(first) - len(last)] + last
    return f"{first}–{whole}"


def paper(reference: Reference) -> Fields:
    """Take a paper's Vancouver text apart.

    Raises
    ------
    ValueError
        Where the text has none of the forms that a reference may have.

    Examples
    --------
    >>> made = paper(REFERENCES["wilson1927"])
    >>> made.kind, made.fields["year"], made.fields["pages"]
    ('article', '1927', '209–212')
    """
    doi = {"doi": reference.doi or ""}
    if match := _ARTICLE.fullmatch(reference.text):
        part = match.groupdict("")
        whole = {"title": part["title"].removesuffix("."), "pages": _pages(part["pages"])}
        return Fields("article", reference.key, part | whole | doi)
    if match := _BOOK.fullmatch(reference.text):
        return Fields("book", reference.key, match.groupdict("") | doi)
    if match := _TALK.fullmatch(reference.text):
        part = match.groupdict("")
        said = f"{part.pop('event')}, {part.pop('place')}"
        return Fields("misc", reference.key, part | {"howpublished": said} | doi)
    raise ValueError(f"The reference {reference.key} has none of the known forms: {reference.text}")


def study(one: included.Included) -> Fields:
    """Turn an included study into an entry; what is not known is not there.

    Examples
    --------
    >>> study(included.Included("study-li2020", "Li 2020", journal="Spine", year="2020")).kind
    'article'
    """
    note = f"Study label: {one.label}" + (f"; PMID {one.pmid}" if one.pmid else "")
    fields = {
        "authors": ", ".join(one.authors),
        "key": "" if one.authors else one.label,
        "title": one.title,
        "journal": one.journal,
        "year": one.year,
        "volume": one.volume,
        "number": one.number,
        "pages": one.pages.replace("-", "–"),
        "doi": one.doi,
        "note": note,
    }
    return Fields("article" if one.journal else "misc", one.key, fields)


def written(entry: Fields) -> str:
    """Write one entry.

    Examples
    --------
    >>> print(written(Fields("misc", "x", {"authors": "Li J", "title": "On DISH", "year": "2020"})))
    @misc{x,
      author = {Li, J.},
      title = {On {DISH}},
      year = {2020},
    }
    """
    lines = [f"@{entry.kind}{{{entry.key},"]
    for name, value in entry.fields.items():
        if not value:
            continue
        if name == "authors":
            lines.append(f"  author = {{{_names(value)}}},")
        elif name == "title":
            lines.append(f"  title = {{{_title(value)}}},")
        elif name == "doi":
            lines.append(f"  doi = {{{_verbatim(value)}}},")
        else:
            lines.append(f"  {name} = {{{escape(value)}}},")
    return "\n".join([*lines, "}"])


def _verbatim(doi: str) -> str:
    """Write a DOI, in which LaTeX's own characters may stand as they are but for what ends a field."""
    return doi.replace("\\", "%5C").replace("{", "%7B").replace("}", "%7D")


def entries(keys: Iterable[str], document: Document | None = None) -> str:
    """Write BibTeX entries, in the order of their keys.

    Parameters
    ----------
    keys : iterable of str
        Of :data:`.references.REFERENCES`, or, with a document, of its studies (:func:`.included.studies`).
    document : mapping, optional
        A pooled document.

    Returns
    -------
    str
        UTF-8 text, an empty line between entries; empty for no key.

    Raises
    ------
    KeyError
        For a key that neither has.

    Examples
    --------
    >>> entries(["wilson1927"]).splitlines()[:2]
    ['@article{wilson1927,', '  author = {Wilson, E. B.},']
    """
    known = {one.key: one for one in included.studies(document)} if document is not None else {}
    made = [study(known[key]) if key in known else paper(REFERENCES[key]) for key in dict.fromkeys(keys)]
    return "".join(f"{written(one)}\n\n" for one in made).removesuffix("\n")


def file(document: Document) -> str:
    """Write the whole .bib of a document: what its methods and results cite, and every study that it shows.

    Examples
    --------
    >>> file({"k": 1, "settings": {"study_ci_method": "wilson"}}).count("@")
    1
    """
    keys = order((*manuscript.drafts(document), *results.drafts(document)))
    return entries([*keys, *(one.key for one in included.studies(document))], document)
