"""A record: what PubMed says about one publication, frozen, comparable, and written as one line of JSON.

:func:`synth.search.read_pubmed_xml` makes records; nothing here reads XML. docs/records.md lists every field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, get_args, get_origin, get_type_hints

from .parts import (
    AbstractPart,
    Author,
    Book,
    Chemical,
    Correction,
    DataBank,
    Grant,
    HistoryDate,
    Identifier,
    Mesh,
    OtherAbstract,
    PublicationType,
    Qualifier,
    Reference,
    SupplementaryMesh,
)

__all__ = [
    "AbstractPart",
    "Author",
    "Book",
    "Chemical",
    "Correction",
    "DataBank",
    "Grant",
    "HistoryDate",
    "Identifier",
    "Mesh",
    "OtherAbstract",
    "PublicationType",
    "Qualifier",
    "Record",
    "Reference",
    "SupplementaryMesh",
    "as_line",
    "from_json",
    "from_line",
    "to_json",
]

# MeSH identifiers of publication types: stable, while the names change with the years.
RETRACTED_PUBLICATION: Final = "D016441"
RETRACTION_NOTICE: Final = "D016440"
PUBLISHED_ERRATUM: Final = "D016425"
EXPRESSION_OF_CONCERN: Final = "D000075742"
_NAMES: Final = {
    RETRACTED_PUBLICATION: ("retracted publication",),
    RETRACTION_NOTICE: ("retraction of publication", "retraction notice"),
    PUBLISHED_ERRATUM: ("published erratum",),
    EXPRESSION_OF_CONCERN: ("expression of concern",),
}


@dataclass(frozen=True)
class Record:
    """One publication as PubMed describes it.

    Attributes
    ----------
    pmid : int
        Its own PMID, never one of a publication it cites or corrects.
    version : int
        Version of the PMID (1 but for a few publishers that post versions).
    kind : {"article", "book"}
        A book or a chapter of one has `book` filled.
    title : str
        Text without markup; the vernacular title where there is no other, a book's title where it has no chapter's.
    vernacular_title : str
        The title in the language of publication.
    doi : str
        Its own DOI, in lower case: of the list of identifiers, or else of the electronic location.
    other_dois : tuple of str
        Its other DOIs, where PubMed gives more than one.
    year : int or None
        Year of publication: of the issue, or the first year that a free-form date names.
    published : str
        Date of the issue as far as known: ``2024``, ``2024-03`` or ``2024-03-05``.
    published_text : str
        The same where it is no calendar date: ``2024 Mar-Apr``, ``2024 Spring``.
    electronic : str
        Date of electronic publication.
    corrections : tuple of Correction
        Retractions, errata, expressions of concern, comments, updates: the links PubMed keeps, but citations.
    references : tuple of Reference
        What it cites, where PubMed knows.
    """

    pmid: int
    version: int = 1
    kind: str = "article"
    title: str = ""
    vernacular_title: str = ""
    authors: tuple[Author, ...] = ()
    authors_incomplete: bool = False
    misprinted_names: tuple[Author, ...] = ()
    editors: tuple[Author, ...] = ()
    investigators: tuple[Author, ...] = ()
    journal: str = ""
    journal_iso: str = ""
    journal_medline: str = ""
    nlm_id: str = ""
    issn: str = ""
    issn_kind: str = ""
    issn_linking: str = ""
    country: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    year: int | None = None
    published: str = ""
    published_text: str = ""
    electronic: str = ""
    completed: str = ""
    revised: str = ""
    history: tuple[HistoryDate, ...] = ()
    doi: str = ""
    other_dois: tuple[str, ...] = ()
    pmcid: str = ""
    pii: str = ""
    manuscript_id: str = ""
    languages: tuple[str, ...] = ()
    abstract: tuple[AbstractPart, ...] = ()
    abstract_copyright: str = ""
    other_abstracts: tuple[OtherAbstract, ...] = ()
    keywords: tuple[str, ...] = ()
    mesh: tuple[Mesh, ...] = ()
    supplementary_mesh: tuple[SupplementaryMesh, ...] = ()
    chemicals: tuple[Chemical, ...] = ()
    publication_types: tuple[PublicationType, ...] = ()
    corrections: tuple[Correction, ...] = ()
    references: tuple[Reference, ...] = ()
    number_of_references: int | None = None
    grants: tuple[Grant, ...] = ()
    data_banks: tuple[DataBank, ...] = ()
    conflict_of_interest: str = ""
    status: str = ""
    indexing: str = ""
    publication_model: str = ""
    publication_status: str = ""
    subsets: tuple[str, ...] = ()
    book: Book | None = None

    @property
    def abstract_text(self) -> str:
        """The abstract as text, a line for each part, with its label in front: ``METHODS: ...``."""
        return "\n".join(f"{part.label}: {part.text}" if part.label else part.text for part in self.abstract)

    @property
    def is_retracted(self) -> bool:
        """The publication has been retracted; an erratum or an expression of concern is not that."""
        return self._is(RETRACTED_PUBLICATION) or self._linked("RetractionIn", "RetractedandRepublishedIn")

    @property
    def is_retraction_notice(self) -> bool:
        """The publication retracts another."""
        return self._is(RETRACTION_NOTICE) or self._linked("RetractionOf")

    @property
    def has_erratum(self) -> bool:
        """An erratum to this publication has appeared, or it was corrected and published again."""
        return self._linked("ErratumIn", "CorrectedandRepublishedIn")

    @property
    def is_erratum(self) -> bool:
        """The publication is an erratum to another."""
        return self._is(PUBLISHED_ERRATUM) or self._linked("ErratumFor")

    @property
    def has_concern(self) -> bool:
        """An expression of concern about this publication has appeared."""
        return self._linked("ExpressionOfConcernIn")

    @property
    def is_concern(self) -> bool:
        """The publication expresses concern about another."""
        return self._is(EXPRESSION_OF_CONCERN) or self._linked("ExpressionOfConcernFor")

    def _is(self, ui: str) -> bool:
        # Files of before 2014 have names only.
        return any(t.ui == ui or (not t.ui and t.name.lower() in _NAMES[ui]) for t in self.publication_types)

    def _linked(self, *kinds: str) -> bool:
        return any(each.kind in kinds for each in self.corrections)


def to_json(record: Record) -> dict[str, object]:
    """Return the record as plain values for JSON, without its empty fields (``""``, no items, ``None``, false).

    Examples
    --------
    >>> to_json(Record(7, title="A case", languages=("eng",)))
    {'pmid': 7, 'version': 1, 'kind': 'article', 'title': 'A case', 'languages': ['eng']}
    """
    return _plain(record)


def from_json(value: Mapping[str, object]) -> Record:
    """Return the record of what :func:`to_json` gave.

    Raises
    ------
    ValueError
        A field that no record has, or of the wrong type; the text names it.

    Examples
    --------
    >>> from_json({"pmid": 7, "title": "A case"}).title
    'A case'
    >>> from_json({"pmid": "7"})
    Traceback (most recent call last):
        ...
    ValueError: pmid: "7" is not a whole number
    """
    try:
        record: Record = _built(Record, value)
        if "pmid" not in value:
            raise ValueError(".pmid: missing")
        if record.kind not in ("article", "book"):
            raise ValueError(f".kind: {_shown(record.kind)} is not article or book")
    except ValueError as error:
        raise ValueError(str(error).lstrip(".: ")) from None
    return record


def as_line(record: Record) -> str:
    r"""Return the record as one canonical line of JSON, its end included: keys sorted, characters as they are.

    The same record gives the same line, so that two stored runs can be compared line by line.

    Examples
    --------
    >>> as_line(Record(7, title="Über\u2028x"))
    '{"kind": "article", "pmid": 7, "title": "Über\\u2028x", "version": 1}\n'
    """
    text = json.dumps(_plain(record), ensure_ascii=False, sort_keys=True, allow_nan=False)
    if not text.isascii() or "\x7f" in text:
        text = _ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text + "\n"


def from_line(line: str) -> Record:
    """Return the record of a line that :func:`as_line` wrote.

    Raises
    ------
    ValueError
        The line is no JSON object, or :func:`from_json` cannot read it.
    """
    try:
        value = json.loads(line)
    except RecursionError as error:
        raise ValueError("brackets are nested too deep") from error
    if not isinstance(value, dict):
        raise ValueError("the line is no JSON object")
    return from_json(value)


# Some readers end a line at these too, and half a character alone cannot be written as UTF-8.
_ODD: Final = re.compile("[\x7f\x85\u2028\u2029\ufeff\ud800-\udfff]")


@dataclass(frozen=True)
class _Field:
    """The type of a field: what is in it, whether it holds several, and whether it may hold nothing."""

    inner: type[Any]
    many: bool
    optional: bool


_SHAPES: Final[dict[type, dict[str, _Field]]] = {}
_WORDS: Final[Mapping[type, str]] = {str: "text", bool: "true or false", int: "a whole number"}


def _shape(kind: type[Any]) -> dict[str, _Field]:
    """Give the fields of a frozen part by name; worked out once."""
    shape = _SHAPES.get(kind)
    if shape is None:
        hints = get_type_hints(kind)
        shape = {}
        for each in fields(kind):
            hint = hints[each.name]
            inside = [one for one in get_args(hint) if one not in (type(None), ...)]
            many = get_origin(hint) is tuple
            shape[each.name] = _Field(inside[0] if inside else hint, many, bool(inside) and not many)
        _SHAPES[kind] = shape
    return shape


def _plain(value: object) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in _shape(value.__class__):
        each = getattr(value, name)
        kind = each.__class__
        if not each and kind is not int:  # a count of 0 says something, an empty text does not
            continue
        if kind is tuple:
            made[name] = [one if one.__class__ is str else _plain(one) for one in each]
        else:
            made[name] = each if kind in _WORDS else _plain(each)
    return made


def _built(kind: type[Any], value: object) -> Any:
    """Make a frozen part; an error begins with the path of the field from here."""
    if not isinstance(value, dict | Mapping):
        raise ValueError(f": {_shown(value)} is no JSON object")
    shape = _shape(kind)
    part = object.__new__(kind)
    made = part.__dict__
    for name, each in value.items():
        field = shape.get(name)
        if field is None:
            raise ValueError(f".{str(name)[:40]}: no such field; there are {', '.join(shape)}")
        try:
            if field.many:
                made[name] = _several(field.inner, each)
            elif each is not None or not field.optional:
                made[name] = _single(field.inner, each)
        except ValueError as error:
            raise ValueError(f".{name}{error}") from None
    return part


def _several(inner: type[Any], value: object) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f": {_shown(value)} is no list")
    made: list[Any] = []
    try:
        for each in value:
            made.append(_single(inner, each))
    except ValueError as error:
        raise ValueError(f"[{len(made)}]{error}") from None
    return tuple(made)


def _single(inner: type[Any], value: object) -> Any:
    if value.__class__ is inner:  # true is no whole number
        return value
    if inner in _WORDS:
        raise ValueError(f": {_shown(value)} is not {_WORDS[inner]}")
    return _built(inner, value)


def _shown(value: object) -> str:
    return json.dumps(value, default=str)[:60]
