"""esummary: version 1, version 2 and JSON."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from .article import LANGUAGES, Article, text_of
from .esearch import WALL
from .fields import DATABASES
from .wire import Answer, Request, as_json, error, known_ids, xml

if TYPE_CHECKING:
    from .service import Service

MOST_JSON = 500
TOO_MANY = "Too many UIDs in request. Maximum number of UIDs is 500 for JSON format output."
STATUSES = {
    "MEDLINE": "PubMed - indexed for MEDLINE",
    "Publisher": "PubMed - as supplied by publisher",
    "In-Process": "PubMed - in process",
    "In-Data-Review": "PubMed - in process",
    "PubMed-not-MEDLINE": "PubMed",
    "OLDMEDLINE": "PubMed - OLDMEDLINE",
}
# What the PubStatus of version 2 counts from one.
STATUS_CODES = {"epublish": "3", "ppublish": "4", "aheadofprint": "10"}
BOOK_FIELDS = (
    "BookTitle", "Medium", "Edition", "PublisherLocation", "PublisherName", "SrcDate", "ReportNumber",
    "AvailableFromURL", "LocationLabel", "DocDate", "BookName", "Chapter",
)  # fmt: skip
ARTICLES = re.compile(r"^(an?|the)\s+", re.I)


@dataclass(frozen=True)
class Summary:
    """What both versions of a summary are made of."""

    uid: int
    pubdate: str
    epubdate: str
    source: str
    authors: tuple[str, ...]
    title: str
    volume: str
    issue: str
    pages: str
    languages: tuple[str, ...]
    nlm_id: str
    issn: str
    essn: str
    types: tuple[str, ...]
    record_status: str
    status: str
    ids: tuple[tuple[str, str], ...]
    history: tuple[tuple[str, str], ...]
    references: tuple[tuple[str, str], ...]
    has_abstract: bool
    pmc_refs: int
    journal: str
    elocation: str
    sort_title: str = ""
    sort_date: str = ""
    status_code: str = ""
    clusters: tuple[str, ...] = ()
    views: int | None = None  # the service gave it in 2012 and gives it no longer

    @property
    def so(self) -> str:
        """Give the source line: date;volume(issue):pages."""
        issue = f"({self.issue})" if self.issue else ""
        place = f";{self.volume}{issue}" if self.volume or issue else ""
        return f"{self.pubdate}{place}{':' + self.pages if self.pages else ''}"


def _date(element: ET.Element | None) -> str:
    if element is None:
        return ""
    return " ".join(
        filter(
            None, (text_of(element.find(tag)).lstrip("0") for tag in ("MedlineDate", "Year", "Season", "Month", "Day"))
        )
    )


def _short_pages(pages: str) -> str:
    """Shorten a range as MEDLINE does: ``1226-1239`` is ``1226-39``."""
    first, dash, last = pages.partition("-")
    if dash and first.isdigit() and last.isdigit() and len(first) == len(last) and int(last) > int(first):
        same = next((n for n in range(len(first)) if first[n] != last[n]), len(first))
        return f"{first}-{last[same:]}"
    return pages


def summarise(article: Article) -> Summary:
    """Make the summary of a record."""
    root = article.element
    core = root.find("BookDocument" if article.book else "MedlineCitation")
    assert core is not None
    body = core if article.book else core.find("Article")
    assert body is not None
    data = root.find("PubmedBookData" if article.book else "PubmedData")
    issue = body.find("Journal/JournalIssue")
    people = []
    for author in body.iterfind("AuthorList/Author"):
        last, initials, suffix = (text_of(author.find(tag)) for tag in ("LastName", "Initials", "Suffix"))
        people.append(" ".join(filter(None, (last, initials, suffix))) or text_of(author.find("CollectiveName")))
    issns = {e.get("IssnType"): text_of(e) for e in body.iterfind("Journal/ISSN")}
    ids, history = [], []
    if data is not None:
        ids = [(e.get("IdType", ""), text_of(e)) for e in data.iterfind("ArticleIdList/ArticleId")]
        for e in data.iterfind("History/PubMedPubDate"):
            y, m, d, hour, minute = (text_of(e.find(tag)) or "0" for tag in ("Year", "Month", "Day", "Hour", "Minute"))
            history.append(
                (e.get("PubStatus", ""), f"{y}/{int(m or 1):02}/{int(d or 1):02} {int(hour):02}:{int(minute):02}")
            )
    places = [f"{e.get('EIdType')}: {text_of(e)}" for e in body.iterfind("ELocationID")]
    online = body.find("ArticleDate")
    months = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    epub = ""
    if online is not None:
        month, day = (int(text_of(online.find(tag)) or 0) for tag in ("Month", "Day"))
        epub = f"{text_of(online.find('Year'))} {months[month]} {day}"
    status = text_of(data.find("PublicationStatus")) if data is not None else ""
    return Summary(
        article.pmid,
        _date(issue.find("PubDate") if issue is not None else body.find("Book/PubDate")),
        epub,
        text_of(core.find("MedlineJournalInfo/MedlineTA")) or text_of(body.find("Journal/ISOAbbreviation")),
        tuple(people),
        text_of(body.find("ArticleTitle")),
        text_of(body.find("Journal/JournalIssue/Volume")),
        text_of(body.find("Journal/JournalIssue/Issue")),
        _short_pages(text_of(body.find("Pagination/MedlinePgn"))),
        tuple(text_of(e) for e in body.iterfind("Language")),
        text_of(core.find("MedlineJournalInfo/NlmUniqueID")),
        issns.get("Print", ""),
        issns.get("Electronic", ""),
        tuple(
            text_of(e)
            for path in ("PublicationTypeList/PublicationType", "PublicationType")
            for e in body.iterfind(path)
        ),
        STATUSES.get(core.get("Status", ""), "PubMed"),
        status,
        tuple(ids),
        tuple(history),
        _referred(core),
        body.find("Abstract") is not None,
        0,
        text_of(body.find("Journal/Title")),
        " ".join(places),
        ARTICLES.sub("", re.sub(r"[^\w\s]", "", text_of(body.find("ArticleTitle"))).lower()),
        "{}/{:02}/{:02} 00:00".format(*printed[0]) if (printed := article.dates.get("PDAT", ())) else "",
        STATUS_CODES.get(status, "255"),
    )


def _referred(core: ET.Element) -> tuple[tuple[str, str], ...]:
    """Give what comments on, corrects or retracts the record, as ``("Erratum in", source)``."""
    found = []
    for one in core.iterfind("CommentsCorrectionsList/CommentsCorrections"):
        kind = " ".join(re.findall(r"[A-Z][a-z]+", one.get("RefType", "")))
        pmid = text_of(one.find("PMID"))
        found.append((kind.capitalize(), text_of(one.find("RefSource")) + (f". PMID: {pmid}" if pmid else "")))
    return tuple(found)


def esummary(service: Service, request: Request) -> Answer:
    """Answer with summaries."""
    if request.get("db", "pubmed") not in DATABASES:
        return _refuse(request, f"Invalid db name specified: {request.get('db')}")
    if request.ids:
        ids = known_ids(request.ids)
        if not ids:
            return _refuse(request, "ID list is empty! Possibly it has no correct IDs.")
    elif request.get("query_key"):
        stored = service.history.get(request.get("webenv"), request.get("query_key"))
        if stored is None:
            return _refuse(request, f"Unable to obtain query #{request.get('query_key')}")
        start = request.number_of("retstart", 0)
        ids = list(stored[start : min(start + request.number_of("retmax", 20), WALL)])
    else:
        return _refuse(request, "Neither query_key nor id specified")
    if request.json and len(ids) > MOST_JSON:
        return as_json("esummary", {"esummaryresult": [TOO_MANY]})
    found = [(pmid, service.corpus.get(pmid)) for pmid in ids]
    fixed = service.corpus.summaries
    summaries = [(pmid, fixed.get(pmid) or (summarise(article) if article else None)) for pmid, article in found]
    if request.json:
        return as_json(
            "esummary",
            {"result": {"uids": [str(n) for n, _ in summaries], **{str(n): _json(n, s) for n, s in summaries}}},
        )
    if request.get("version").startswith("2"):
        inside = "".join(_v2(n, s) for n, s in summaries)
        return xml("eSummaryResult", f'\n<DocumentSummarySet status="OK">\n{inside}</DocumentSummarySet>\n')
    missing = [n for n, s in summaries if s is None]
    said = "".join(f"\t<ERROR>UID={n}: cannot get document summary</ERROR>\n" for n in missing)
    return xml("eSummaryResult", "\n" + said + "".join(v1(s) for _, s in summaries if s is not None))


def _refuse(request: Request, message: str) -> Answer:
    return as_json("esummary", {"esummaryresult": [message]}) if request.json else error("eSummaryResult", message)


def v1(s: Summary) -> str:
    """Give a summary of version 1."""

    def item(name: str, text: object, kind: str = "String", indent: str = "\t") -> str:
        return f'{indent}<Item Name="{escape(name)}" Type="{kind}">{escape(str(text))}</Item>\n'

    def listed(name: str, items: list[str]) -> str:
        return f'\t<Item Name="{name}" Type="List">' + ("\n" + "".join(items) + "\t" if items else "") + "</Item>\n"

    deep = "\t\t"
    spoken = [LANGUAGES.get(code, code).title() for code in s.languages]
    return "".join([
        f"<DocSum>\n\t<Id>{s.uid}</Id>\n",
        item("PubDate", s.pubdate, "Date"), item("EPubDate", s.epubdate, "Date"), item("Source", s.source),
        listed("AuthorList", [item("Author", author, indent=deep) for author in s.authors]),
        item("LastAuthor", s.authors[-1] if s.authors else ""),
        item("Title", s.title), item("Volume", s.volume), item("Issue", s.issue), item("Pages", s.pages),
        listed("LangList", [item("Lang", language, indent=deep) for language in spoken]),
        item("NlmUniqueID", s.nlm_id), item("ISSN", s.issn), item("ESSN", s.essn),
        listed("PubTypeList", [item("PubType", kind, indent=deep) for kind in s.types]),
        item("RecordStatus", s.record_status), item("PubStatus", s.status),
        listed("ArticleIds", [item(kind, value, indent=deep) for kind, value in s.ids]),
        *([item("DOI", dict(s.ids)["doi"])] if "doi" in dict(s.ids) else []),
        listed("History", [item(kind, moment, "Date", deep) for kind, moment in s.history]),
        listed("References", [item(kind, text, indent=deep) for kind, text in s.references]),
        item("HasAbstract", int(s.has_abstract), "Integer"), item("PmcRefCount", s.pmc_refs, "Integer"),
        item("FullJournalName", s.journal), item("ELocationID", s.elocation), item("SO", s.so), "</DocSum>\n\n",
    ])  # fmt: skip


def _pairs(s: Summary) -> list[tuple[str, object]]:
    """Give the fields of version 2 in order; lists of pairs and lists of texts as such."""
    numbers = {"pubmed": 1, "doi": 3, "pii": 4, "pmcid": 5}
    clusters = s.clusters or ("",) * len(s.authors)
    authors = [
        ("Author", [("Name", name), ("AuthType", "Author"), ("ClusterID", cluster)])
        for name, cluster in zip(s.authors, clusters, strict=True)
    ]
    ids = [("ArticleId", [("IdType", k), ("IdTypeN", numbers.get(k, 8)), ("Value", v)]) for k, v in s.ids]
    history = [("PubMedPubDate", [("PubStatus", k), ("Date", v)]) for k, v in s.history]
    referred = [("Reference", [("RefSource", text), ("RefType", kind)]) for kind, text in s.references]
    views: list[tuple[str, object]] = [] if s.views is None else [("ViewCount", s.views)]
    return [
        ("PubDate", s.pubdate), ("EPubDate", s.epubdate), ("Source", s.source), ("Authors", authors),
        ("LastAuthor", s.authors[-1] if s.authors else ""), ("Title", s.title), ("SortTitle", s.sort_title),
        ("Volume", s.volume), ("Issue", s.issue), ("Pages", s.pages), ("Lang", [("string", c) for c in s.languages]),
        ("NlmUniqueID", s.nlm_id), ("ISSN", s.issn), ("ESSN", s.essn), ("PubType", [("flag", t) for t in s.types]),
        ("RecordStatus", s.record_status), ("PubStatus", s.status_code), ("ArticleIds", ids), ("History", history),
        ("References", referred), ("Attributes", [("flag", "Has Abstract")] if s.has_abstract else []),
        ("PmcRefCount", s.pmc_refs), ("FullJournalName", s.journal), ("ELocationID", s.elocation), *views,
        ("DocType", "citation"), ("SrcContribList", []),
        *((name, "") for name in BOOK_FIELDS[:9]), ("DocContribList", []), *((name, "") for name in BOOK_FIELDS[9:]),
        ("SortPubDate", s.sort_date), ("SortFirstAuthor", s.authors[0] if s.authors else ""),
    ]  # fmt: skip


def _as_xml(name: str, value: object) -> str:
    if isinstance(value, list):
        return f"<{name}>{''.join(_as_xml(n, v) for n, v in value)}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def _v2(uid: int, s: Summary | None) -> str:
    if s is None:
        return f'<DocumentSummary uid="{uid}">\n<error>cannot get document summary</error>\n</DocumentSummary>\n'
    return (
        f'<DocumentSummary uid="{uid}">\n'
        + "".join(f"\t{_as_xml(n, v)}\n" for n, v in _pairs(s))
        + "</DocumentSummary>\n"
    )


def _as_json(value: object) -> object:
    if isinstance(value, list):
        return [{n.lower(): v for n, v in inner} if isinstance(inner, list) else inner for _, inner in value]
    return value


def _json(uid: int, s: Summary | None) -> dict[str, object]:
    if s is None:
        return {"uid": str(uid), "error": "cannot get document summary"}
    return {"uid": str(uid), **{name.lower(): _as_json(value) for name, value in _pairs(s)}}
