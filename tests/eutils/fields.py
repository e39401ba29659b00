"""The search fields of PubMed: names, flags as einfo gives them, and the tags by which a query may call them.

Names and flags are those of einfo in November 2025; the tags are those of PubMed's help pages.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """A search field: `flags` are IsDate, IsNumerical, SingleToken, Hierarchy, IsHidden as Y or N."""

    code: str
    name: str
    flags: str
    tags: tuple[str, ...]
    about: str

    @property
    def is_date(self) -> bool:
        """Tell whether the field holds dates."""
        return self.flags[0] == "Y"


def _field(code: str, name: str, flags: str, tags: str, about: str) -> Field:
    return Field(code, name, flags, tuple(tag.strip() for tag in tags.split(",") if tag.strip()), about)


FIELDS: tuple[Field, ...] = (
    _field("ALL", "All Fields", "NNNNN", "all", "Every searchable field"),
    _field("UID", "UID", "NYYNY", "uid, pmid", "PubMed identifier"),
    _field("FILT", "Filter", "NNYNN", "filter, sb, subset", "Subsets and filters"),
    _field("TITL", "Title", "NNNNN", "ti", "Words of the title"),
    _field("MESH", "MeSH Terms", "NNYYN", "mh, mesh, mh:noexp, mesh terms:noexp, mesh:noexp", "MeSH headings"),
    _field(
        "MAJR",
        "MeSH Major Topic",
        "NNYYN",
        "majr, majr:noexp, mesh major topic:noexp",
        "MeSH headings that are a main topic",
    ),
    _field("JOUR", "Journal", "NNYNN", "ta, jour", "Journal, by title, abbreviation, ISSN or NLM number"),
    _field("AFFL", "Affiliation", "NNNNN", "ad", "Where authors work"),
    _field("ECNO", "EC/RN Number", "NNYNN", "rn", "Enzyme or registry number"),
    _field("SUBS", "Supplementary Concept", "NNYNN", "nm", "Substances and supplementary concepts"),
    _field("PDAT", "Date - Publication", "YNYNN", "dp, pdat", "Publication date, in print or online"),
    _field("EDAT", "Date - Entry", "YNYNN", "edat", "Date of entry"),
    _field("VOL", "Volume", "NNYNN", "vi", "Volume"),
    _field("PAGE", "Pagination", "NNYNN", "pg", "Pages"),
    _field("PTYP", "Publication Type", "NNYYN", "pt", "Publication type"),
    _field("LANG", "Language", "NNYNN", "la", "Language"),
    _field("ISS", "Issue", "NNYNN", "ip", "Issue"),
    _field("SUBH", "MeSH Subheading", "NNYYN", "sh", "MeSH subheading"),
    _field("SI", "Secondary Source ID", "NNYNN", "si", "Identifier in another database"),
    _field("MHDA", "Date - MeSH", "YNYNN", "mhda", "Date on which MeSH headings were added"),
    _field("TIAB", "Title/Abstract", "NNNNN", "tiab", "Words of title, abstract and keywords"),
    _field("OTRM", "Other Term", "NNNNN", "ot", "Keywords of the authors"),
    _field("COLN", "Author - Corporate", "NNNNN", "cn", "Group that signs as author"),
    _field("CNTY", "Place of Publication", "NNNNY", "pl", "Country of the journal"),
    _field("PAPX", "Pharmacological Action", "NNYNN", "pa", "Pharmacological action"),
    _field("GRNT", "Grants and Funding", "NNYNN", "gr", "Grant number or funder"),
    _field("MDAT", "Date - Modification", "YNYNN", "lr, mdat", "Date of last revision"),
    _field("CDAT", "Date - Completion", "YNYNN", "dcom", "Date of completion"),
    _field("PID", "Publisher ID", "NNYNY", "aid", "DOI, publisher item or other article identifier"),
    _field("FAUT", "Author - First", "NNYNN", "1au", "First author"),
    _field("FULL", "Author", "NNYNN", "au, fau, auth", "Author"),
    _field("FINV", "Investigator", "NNYNN", "ir, fir", "Investigator"),
    _field("TT", "Transliterated Title", "NNNNN", "tt", "Title in its own language"),
    _field("LAUT", "Author - Last", "NNYNN", "lastau", "Last author"),
    _field("PPDT", "Print Publication Date", "YNYNY", "ppdt", "Date in print"),
    _field("EPDT", "Electronic Publication Date", "YNYNY", "epdt", "Date online"),
    _field("LID", "Location ID", "NNYNN", "lid", "Electronic location"),
    _field("CRDT", "Date - Create", "YNYNN", "crdt", "Date on which the record was made"),
    _field("BOOK", "Book", "NNYNN", "book", "Book that holds the document"),
    _field("ED", "Editor", "NNYNN", "ed", "Editor"),
    _field("ISBN", "ISBN", "NNYNN", "isbn", "ISBN"),
    _field("PUBN", "Publisher", "NNYNN", "pubn", "Publisher of a book"),
    _field("AUCL", "Author Cluster ID", "NNYNY", "aucl", "Cluster of an author"),
    _field("EID", "Extended PMID", "NNYNY", "eid", "Extended identifier"),
    _field("DSO", "DSO", "NNNNY", "dso", "Further text of the summary"),
    _field("AUID", "Author - Identifier", "NNYNN", "auid", "Identifier of an author"),
    _field("PS", "Subject - Personal Name", "NNYNN", "ps", "Person who is the subject"),
    _field("COIS", "Conflict of Interest Statements", "NNNNN", "cois", "Conflicts of interest"),
    _field("WORD", "Text Word", "NNNNN", "tw", "Title, abstract, headings, types and substances"),
    _field("P1DAT", "P1DAT", "YNYNY", "p1dat", "Date of first access"),
)
BY_CODE = {field.code: field for field in FIELDS}
TAGS: dict[str, Field] = {}
for _one in FIELDS:
    for _tag in (*_one.tags, _one.code.lower(), _one.name.lower()):
        TAGS.setdefault(_tag, _one)

# Fields that hold running text; words, phrases, truncation and nearness are looked for in them.
TEXT = ("ALL", "TITL", "TIAB", "AFFL", "OTRM", "TT", "COIS", "WORD", "COLN", "DSO")
NEARNESS = ("TITL", "TIAB", "AFFL")

LINKS: tuple[tuple[str, str, str, str], ...] = (
    ("pubmed_pubmed", "Similar articles", "Articles with similar words", "pubmed"),
    ("pubmed_pubmed_citedin", "Cited by", "Articles in PMC that cite this one", "pubmed"),
    ("pubmed_pubmed_refs", "References", "References of the article", "pubmed"),
    ("pubmed_pubmed_reviews", "Reviews", "Similar reviews", "pubmed"),
    ("pubmed_pmc", "PMC", "Full text in PMC", "pmc"),
    ("pubmed_pmc_refs", "Cited in PMC", "Articles in PMC that cite this one", "pmc"),
    ("pubmed_books_refs", "Cited in books", "Books that cite this article", "books"),
)
DATABASES = (
    "pubmed", "protein", "nuccore", "ipg", "nucleotide", "structure", "genome", "annotinfo", "assembly", "bioproject",
    "biosample", "blastdbinfo", "books", "cdd", "clinvar", "gap", "gapplus", "grasp", "dbvar", "gene", "gds",
    "geoprofiles", "medgen", "mesh", "nlmcatalog", "omim", "orgtrack", "pmc", "proteinclusters", "pcassay", "protfam",
    "pccompound", "pcsubstance", "seqannot", "snp", "sra", "taxonomy", "biocollections", "gtr",
)  # fmt: skip


@dataclass(frozen=True)
class Info:
    """What einfo says of PubMed: `fields` are name, full name, description, number of terms and flags."""

    count: int
    updated: str
    build: str = ""
    description: str = "PubMed bibliographic record"
    fields: tuple[tuple[str, str, str, str, str], ...] = tuple((f.code, f.name, f.about, "", f.flags) for f in FIELDS)
    links: tuple[tuple[str, str, str, str], ...] = LINKS
