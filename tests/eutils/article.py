"""A record of the corpus: the bytes that are served, and what the search finds in them."""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass, field

Day = tuple[int, int, int]
MONTHS = {
    name: n
    for n, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
SEASONS = {"winter": 1, "spring": 4, "summer": 7, "fall": 10, "autumn": 10}
LANGUAGES = {
    "eng": "english", "ger": "german", "fre": "french", "spa": "spanish", "ita": "italian", "jpn": "japanese",
    "chi": "chinese", "rus": "russian", "por": "portuguese", "dut": "dutch", "pol": "polish", "swe": "swedish",
    "dan": "danish", "nor": "norwegian", "cze": "czech", "hun": "hungarian", "tur": "turkish", "kor": "korean",
}  # fmt: skip


def words(text: str) -> tuple[str, ...]:
    """Give the words of a text as PubMed looks for them: lower case, no accents, signs made blanks.

    Examples
    --------
    >>> words("Minimally-invasive Münster (n=12)")
    ('minimally', 'invasive', 'munster', 'n', '12')
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return tuple(re.findall(r"[^\W_]+", plain.lower()))


def plain(text: str) -> str:
    """Give the words of a text joined by single blanks."""
    return " ".join(words(text))


@dataclass(frozen=True)
class Article:
    """One record.

    Parameters
    ----------
    pmid : int
        Its PMID.
    raw : bytes
        The element as it is served, UTF-8.
    book : bool
        True for a PubmedBookArticle.
    texts : dict of str to tuple of tuple of str
        Words of each text field, one tuple for every piece that a phrase may not cross.
    values : dict of str to frozenset of str
        Values of each field that holds whole values.
    dates : dict of str to tuple of (year, month, day)
        Dates of each date field.
    references : tuple of int
        PMIDs that the record cites.
    """

    pmid: int
    raw: bytes
    book: bool
    texts: dict[str, tuple[tuple[str, ...], ...]] = field(repr=False)
    values: dict[str, frozenset[str]] = field(repr=False)
    dates: dict[str, tuple[Day, ...]] = field(repr=False)
    references: tuple[int, ...] = field(repr=False, default=())

    @property
    def element(self) -> ET.Element:
        """Parse the record anew."""
        return ET.fromstring(self.raw)


def text_of(element: ET.Element | None) -> str:
    """Give all the text below an element, or nothing."""
    return "" if element is None else re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def day_of(element: ET.Element | None) -> Day | None:
    """Read a date in any of the shapes that PubMed uses; what is missing counts as the first."""
    if element is None:
        return None
    year, month, day = (text_of(element.find(tag)) for tag in ("Year", "Month", "Day"))
    if not year:
        found = re.search(r"(\d{4})(?:\s+([A-Za-z]+))?", text_of(element.find("MedlineDate")))
        if not found:
            return None
        year, month = found.group(1), found.group(2) or ""
    number = int(month) if month.isdigit() else MONTHS.get(month[:3].lower(), 0)
    number = number or SEASONS.get((month or text_of(element.find("Season"))).lower(), 1)
    return int(year), number, int(day) if day.isdigit() else 1


def author_values(authors: Iterable[ET.Element]) -> list[list[str]]:
    """Give for every author the forms under which a search finds it."""
    found = []
    for author in authors:
        last, initials, fore = (text_of(author.find(tag)) for tag in ("LastName", "Initials", "ForeName"))
        group = text_of(author.find("CollectiveName"))
        forms = [
            plain(f"{last} {initials} {text_of(author.find('Suffix'))}"),
            plain(f"{last} {initials}"),
            plain(f"{last} {fore}"),
        ]
        found.append([form for form in dict.fromkeys([*forms, plain(group)] if last else [plain(group)]) if form])
    return found


def read(raw: bytes) -> Article:
    """Read one PubmedArticle or PubmedBookArticle.

    Raises
    ------
    ValueError
        The bytes are not a record with a PMID.
    """
    try:
        root = ET.fromstring(raw)
    except ET.ParseError as error:
        raise ValueError(f"not well-formed: {error}") from None
    book = root.tag == "PubmedBookArticle"
    core = root.find("BookDocument" if book else "MedlineCitation")
    pmid = None if core is None else core.find("PMID")
    if core is None or pmid is None or not (pmid.text or "").strip().isdigit():
        raise ValueError("no PMID")
    number = int((pmid.text or "").strip())
    body = core if book else core.find("Article")
    if body is None:
        raise ValueError("no Article")
    data = root.find("PubmedBookData" if book else "PubmedData")
    texts, values = _texts(core, body), _values(core, body, data)
    values["UID"] = frozenset([str(number)])
    values["FILT"] = frozenset(_filters(root, core, body, data, values))
    texts["WORD"] = (*texts["TIAB"], *texts["TT"], *_as_pieces(values, "MESH", "SUBH", "PTYP", "SUBS", "ECNO", "COLN"))
    texts["ALL"] = (*texts["TIAB"], *texts["TT"], *texts["AFFL"], *_as_pieces(values, *values))
    cited = tuple(
        int(text)
        for e in root.iterfind(".//ReferenceList//ArticleId[@IdType='pubmed']")
        if (text := (e.text or "").strip()).isdigit()
    )
    return Article(number, raw, book, texts, values, _dates(core, body, data), cited)


def _as_pieces(values: dict[str, frozenset[str]], *codes: str) -> list[tuple[str, ...]]:
    return [tuple(value.split()) for code in codes for value in sorted(values.get(code, ()))]


def _texts(core: ET.Element, body: ET.Element) -> dict[str, tuple[tuple[str, ...], ...]]:
    def pieces(*elements: Iterable[ET.Element]) -> tuple[tuple[str, ...], ...]:
        return tuple(got for group in elements for element in group if (got := words(text_of(element))))

    title = pieces(body.iterfind("ArticleTitle"), body.iterfind("Book/BookTitle"))
    keywords = pieces(core.iterfind("KeywordList/Keyword"))
    abstract = pieces(body.iterfind("Abstract/AbstractText"), core.iterfind("OtherAbstract/AbstractText"))
    return {
        "TITL": title,
        "TIAB": (*title, *abstract, *keywords),
        "OTRM": keywords,
        "TT": pieces(body.iterfind("VernacularTitle")),
        "AFFL": pieces(body.iterfind("AuthorList/Author/AffiliationInfo/Affiliation")),
        "COIS": pieces(core.iterfind("CoiStatement")),
        "COLN": pieces(body.iterfind("AuthorList/Author/CollectiveName")),
        "DSO": (),
    }


def _values(core: ET.Element, body: ET.Element, data: ET.Element | None) -> dict[str, frozenset[str]]:
    def all_of(*paths: str, base: ET.Element | None = core) -> frozenset[str]:
        return frozenset(plain(text_of(e)) for path in paths for e in (() if base is None else base.iterfind(path)))

    authors = author_values(body.iterfind("AuthorList/Author"))
    editors = author_values(core.iterfind("Book/AuthorList[@Type='editors']/Author"))
    spoken = all_of("Article/Language", "Language")
    majors = {
        plain(text_of(h.find("DescriptorName")))
        for h in core.iterfind("MeshHeadingList/MeshHeading")
        if any(e.get("MajorTopicYN") == "Y" for e in h)
    }
    return {
        "MESH": all_of("MeshHeadingList/MeshHeading/DescriptorName"),
        "MAJR": frozenset(majors),
        "SUBH": all_of("MeshHeadingList/MeshHeading/QualifierName"),
        "PTYP": all_of("Article/PublicationTypeList/PublicationType", "PublicationType"),
        "LANG": frozenset(LANGUAGES.get(code, code) for code in spoken) | spoken,
        "JOUR": all_of("Article/Journal/Title", "Article/Journal/ISOAbbreviation", "Article/Journal/ISSN",
                       "MedlineJournalInfo/MedlineTA", "MedlineJournalInfo/NlmUniqueID",
                       "MedlineJournalInfo/ISSNLinking"),
        "FULL": frozenset(form for forms in authors for form in forms),
        "FAUT": frozenset(authors[0]) if authors else frozenset(),
        "LAUT": frozenset(authors[-1]) if authors else frozenset(),
        "FINV": frozenset(f for forms in author_values(core.iterfind("InvestigatorList/Investigator")) for f in forms),
        "VOL": all_of("Article/Journal/JournalIssue/Volume"),
        "ISS": all_of("Article/Journal/JournalIssue/Issue"),
        "PAGE": all_of("Article/Pagination/MedlinePgn", "Article/Pagination/StartPage"),
        "SUBS": all_of("ChemicalList/Chemical/NameOfSubstance", "SupplMeshList/SupplMeshName"),
        "ECNO": all_of("ChemicalList/Chemical/RegistryNumber"),
        "GRNT": all_of("Article/GrantList/Grant/GrantID", "Article/GrantList/Grant/Agency"),
        "CNTY": all_of("MedlineJournalInfo/Country"),
        "PID": all_of("ArticleIdList/ArticleId", base=data),
        "LID": all_of("Article/ELocationID"),
        "SI": all_of("Article/DataBankList/DataBank/AccessionNumberList/AccessionNumber"),
        "PS": all_of("PersonalNameSubjectList/PersonalNameSubject/LastName"),
        "AUID": all_of("Article/AuthorList/Author/Identifier"),
        "BOOK": all_of("Book/BookTitle"),
        "PUBN": all_of("Book/Publisher/PublisherName"),
        "ISBN": all_of("Book/Isbn"),
        "ED": frozenset(form for forms in editors for form in forms),
        "PAPX": frozenset(), "AUCL": frozenset(), "EID": frozenset(),
    }  # fmt: skip


def _filters(
    root: ET.Element, core: ET.Element, body: ET.Element, data: ET.Element | None, values: dict[str, frozenset[str]]
) -> set[str]:
    """Name the subsets that a record belongs to."""
    found = {"all", *values["LANG"], *values["PTYP"]}
    status = core.get("Status", "")
    found |= {"medline"} if status == "MEDLINE" else set()
    found |= {"publisher"} if status == "Publisher" else set()
    found |= {"inprocess"} if status in {"In-Process", "In-Data-Review"} else set()
    found |= {"pubmednotmedline"} if status == "PubMed-not-MEDLINE" else set()
    found |= {"pubmed books"} if root.tag == "PubmedBookArticle" else set()
    found |= {"hasabstract"} if body.find("Abstract") is not None else set()
    found |= {"systematic"} if "systematic review" in values["PTYP"] else set()
    if data is not None and data.find("ArticleIdList/ArticleId[@IdType='pmc']") is not None:
        found |= {"pubmed pmc", "free full text"}
    return found


def _dates(core: ET.Element, body: ET.Element, data: ET.Element | None) -> dict[str, tuple[Day, ...]]:
    def these(*days: Day | None) -> tuple[Day, ...]:
        return tuple(dict.fromkeys(day for day in days if day))

    history = (
        {} if data is None else {d.get("PubStatus", ""): day_of(d) for d in data.iterfind("History/PubMedPubDate")}
    )
    in_print = day_of(body.find("Journal/JournalIssue/PubDate")) or day_of(body.find("Book/PubDate"))
    online = day_of(body.find("ArticleDate"))
    entered = history.get("entrez") or history.get("pubmed") or in_print
    return {
        "PDAT": these(in_print, online),
        "PPDT": these(in_print),
        "EPDT": these(online),
        "EDAT": these(entered),
        # The day on which a record was made is not in the XML; it is the day of entry unless a corpus says otherwise.
        "CRDT": these(entered),
        "P1DAT": these(entered),
        "MHDA": these(history.get("medline") or entered),
        "MDAT": these(day_of(core.find("DateRevised"))),
        "CDAT": these(day_of(core.find("DateCompleted"))),
    }
