"""A record: what PubMed says about one publication, frozen, comparable, and written as one line of JSON.

:func:`synth.search.read_pubmed_xml` makes records; nothing here reads XML. docs/records.md lists every field.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, get_args, get_origin, get_type_hints

from .record_parts import (
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
    record = _built(Record, value, "")
    assert isinstance(record, Record)
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
    return text.translate(_ESCAPED) + "\n"


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


# Some readers end a line at these too, and a surrogate alone cannot be written as UTF-8.
_ESCAPED: Final = {point: f"\\u{point:04x}" for point in (0x7F, 0x85, 0x2028, 0x2029, 0xFEFF, *range(0xD800, 0xE000))}


_SHAPES: Final[dict[type, dict[str, Any]]] = {}


def _shape(kind: type[Any]) -> dict[str, Any]:
    """Give the type of every field of a dataclass, by name; worked out once."""
    if kind not in _SHAPES:
        hints = get_type_hints(kind)
        _SHAPES[kind] = {each.name: hints[each.name] for each in fields(kind)}
    return _SHAPES[kind]


def _plain(value: object) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in _shape(value.__class__):
        each = getattr(value, name)
        if each.__class__ is tuple:
            if each:
                made[name] = [one if one.__class__ is str else _plain(one) for one in each]
        elif each.__class__ in _SIMPLE:
            if each is not None and each is not False and each != "":
                made[name] = each
        else:
            made[name] = _plain(each)
    return made


_SIMPLE: Final = frozenset({str, int, bool, type(None)})
_READERS: Final[Mapping[object, tuple[Callable[[object], bool], str]]] = {
    str: (lambda v: isinstance(v, str), "text"),
    bool: (lambda v: isinstance(v, bool), "true or false"),
    int: (lambda v: isinstance(v, int) and not isinstance(v, bool), "a whole number"),
}


def _built(kind: type[Any], value: object, where: str) -> object:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where.rstrip('.') or 'record'}: {_shown(value)} is no JSON object")
    shape = _shape(kind)
    unknown = sorted(str(name) for name in value.keys() - shape.keys())
    if unknown:
        raise ValueError(f"{where}{unknown[0][:40]}: no such field; there are {', '.join(shape)}")
    if kind is Record:
        if "pmid" not in value:
            raise ValueError("pmid: missing")
        if value.get("kind", "article") not in ("article", "book"):
            raise ValueError(f"kind: {_shown(value['kind'])} is not article or book")
    return kind(**{name: _read(shape[name], each, where + name) for name, each in value.items()})


def _read(hint: Any, value: object, where: str) -> object:
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{where}: {_shown(value)} is no list")
        inner = get_args(hint)[0]
        return tuple(_read(inner, each, f"{where}[{i}]") for i, each in enumerate(value))
    if type(None) in get_args(hint):
        hint = next(each for each in get_args(hint) if each is not type(None))
    if hint in _READERS:
        fits, words = _READERS[hint]
        if not fits(value):
            raise ValueError(f"{where}: {_shown(value)} is not {words}")
        return value
    return _built(hint, value, where + ".")


def _shown(value: object) -> str:
    return json.dumps(value, default=str)[:60]
