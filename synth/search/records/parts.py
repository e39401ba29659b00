"""The parts of a record: authors, abstracts, headings, corrections, references, all frozen and comparable.

Every field has an empty default (``""``, ``()``, ``None`` or ``False``) that means "PubMed does not say".
"""

from __future__ import annotations

from dataclasses import dataclass

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
    "Reference",
    "SupplementaryMesh",
]


@dataclass(frozen=True)
class Identifier:
    """An identifier of a person: `source` as PubMed names it ("ORCID"), `value` as it was sent."""

    source: str = ""
    value: str = ""


@dataclass(frozen=True)
class Author:
    """A person, or a group that signs as one (`collective`).

    Examples
    --------
    >>> Author(last_name="Weiss", fore_name="Ada B", initials="AB", suffix="Jr").name
    'Weiss AB Jr'
    >>> Author(collective="Spine Study Group").name
    'Spine Study Group'
    """

    last_name: str = ""
    fore_name: str = ""
    initials: str = ""
    suffix: str = ""
    collective: str = ""
    affiliations: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    equal_contribution: bool = False

    @property
    def name(self) -> str:
        """The name as PubMed lists it: last name, initials, suffix; or the group's name."""
        return self.collective or " ".join(filter(None, (self.last_name, self.initials or self.fore_name, self.suffix)))

    @property
    def orcid(self) -> str:
        """The ORCID iD as ``0000-0002-1825-0097``; "" where there is none or it has not 16 characters.

        Examples
        --------
        >>> Author(identifiers=(Identifier("ORCID", "http://orcid.org/0000-0002-1825-0097"),)).orcid
        '0000-0002-1825-0097'
        """
        for each in self.identifiers:
            if each.source.upper() == "ORCID":
                bare = each.value.rstrip("/ ").rsplit("/", 1)[-1].replace("-", "").upper()
                if len(bare) == 16 and bare.isascii() and bare[:15].isdecimal() and (bare[15:] in "0123456789X"):
                    return "-".join((bare[:4], bare[4:8], bare[8:12], bare[12:]))
        return ""


@dataclass(frozen=True)
class AbstractPart:
    """A paragraph of an abstract; `label` as printed ("METHODS"), `category` as NLM sorts it ("METHODS")."""

    text: str = ""
    label: str = ""
    category: str = ""


@dataclass(frozen=True)
class OtherAbstract:
    """An abstract in another language or of another kind ("Publisher", "plain-language-summary")."""

    kind: str = ""
    language: str = ""
    parts: tuple[AbstractPart, ...] = ()
    copyright: str = ""


@dataclass(frozen=True)
class Qualifier:
    """A MeSH qualifier (subheading) of a heading."""

    name: str = ""
    ui: str = ""
    major: bool = False


@dataclass(frozen=True)
class Mesh:
    """A MeSH heading: its descriptor, whether it is a major topic by itself, and its qualifiers."""

    name: str = ""
    ui: str = ""
    major: bool = False
    qualifiers: tuple[Qualifier, ...] = ()

    @property
    def is_major(self) -> bool:
        """Whether the descriptor or one of its qualifiers is a major topic, as ``[majr]`` searches it."""
        return self.major or any(each.major for each in self.qualifiers)


@dataclass(frozen=True)
class SupplementaryMesh:
    """A supplementary concept; `kind` is "Disease", "Protocol", "Organism", "Anatomy" or "Population"."""

    name: str = ""
    ui: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Chemical:
    """A substance with its MeSH identifier and registry number ("0" where it has none)."""

    name: str = ""
    ui: str = ""
    registry_number: str = ""


@dataclass(frozen=True)
class PublicationType:
    """A publication type: judge it by `ui`, as NLM changes the names ("Retraction Notice" since 2026)."""

    name: str = ""
    ui: str = ""


@dataclass(frozen=True)
class Correction:
    """A link to another publication about this one, or the other way round.

    Attributes
    ----------
    kind : str
        As PubMed names it: "RetractionIn", "RetractionOf", "ErratumIn", "ExpressionOfConcernIn", "CommentOn", ...
    source : str
        The other publication, as PubMed cites it.
    pmid : int or None
        Its PMID where there is one.
    note : str
        What PubMed remarks on the link.
    """

    kind: str = ""
    source: str = ""
    pmid: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Reference:
    """A work that this one cites: as printed, and its identifiers where PubMed knows them (DOI in lower case)."""

    citation: str = ""
    pmid: int | None = None
    doi: str = ""
    pmcid: str = ""


@dataclass(frozen=True)
class Grant:
    """A grant: its number, the acronym of the funding scheme, the agency and its country."""

    number: str = ""
    acronym: str = ""
    agency: str = ""
    country: str = ""


@dataclass(frozen=True)
class DataBank:
    """A register that holds data of this work ("ClinicalTrials.gov") and the numbers there."""

    name: str = ""
    accessions: tuple[str, ...] = ()


@dataclass(frozen=True)
class HistoryDate:
    """A date of the record's own history: `status` ("entrez", "received", ...), `date` as 2024-03-05 or shorter."""

    status: str = ""
    date: str = ""


@dataclass(frozen=True)
class Book:
    """The book that a record is, or is a chapter of; `authors` and `doi` are those of the whole book."""

    title: str = ""
    authors: tuple[Author, ...] = ()
    publisher: str = ""
    place: str = ""
    collection: str = ""
    volume: str = ""
    volume_title: str = ""
    edition: str = ""
    medium: str = ""
    report_number: str = ""
    isbns: tuple[str, ...] = ()
    doi: str = ""
    accession: str = ""
    begins: str = ""
    ends: str = ""
    contributed: str = ""
    locations: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
