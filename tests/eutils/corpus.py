"""What the server holds: records, a cheap bulk of them, links, scripted answers, and what became of merged PMIDs."""

from __future__ import annotations

import datetime
import functools
import gzip
import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from . import article as articles
from .article import Article, Day
from .headings import HEADINGS

if TYPE_CHECKING:
    from .esummary import Summary

HERE = Path(__file__).resolve().parent
RECORD = re.compile(r"<(PubmedArticle|PubmedBookArticle)(?:\s[^>]*)?>.*?</\1>", re.S)


@dataclass(frozen=True)
class Bulk:
    """A range of records that differ in PMID and date only: a search with tens of thousands of hits for nothing.

    Parameters
    ----------
    count : int
        How many.
    first, step : int
        PMIDs are ``first, first + step, ...``.
    words : str
        Words that the title of every one has.
    start : tuple of (year, month, day)
        Day of entry of the first.
    per_day : int
        Records that enter on one day; 0 puts all of them on one.
    """

    count: int
    first: int = 50_000_001
    step: int = 7
    words: str = "bulk cohort of spinal fractures"
    start: Day = (2019, 1, 1)
    per_day: int = 100

    @property
    def pmids(self) -> range:
        """Give the PMIDs."""
        return range(self.first, self.first + self.count * self.step, self.step)

    def day(self, pmid: int) -> Day:
        """Give the day on which a record entered."""
        late = (pmid - self.first) // self.step // self.per_day if self.per_day else 0
        day = datetime.date(*self.start) + datetime.timedelta(days=late)
        return day.year, day.month, day.day

    def raw(self, pmid: int) -> bytes:
        """Give the record as XML."""
        return made_article(pmid, title=f"Record {pmid} of a {self.words}.", entered=self.day(pmid))

    def dated(self, code: str, pmid: int) -> Day | None:
        """Give the date of a field under which a search finds a record; the XML has no day in print."""
        if code in {"EPDT", "CDAT"}:
            return None
        year, month, day = self.day(pmid)
        return (year, month, 1) if code in {"PDAT", "PPDT"} else (year, month, day)


@dataclass(frozen=True)
class Scripted:
    """A fixed answer for one query, whatever the records say.

    Parameters
    ----------
    ids : tuple of int
        PMIDs found, in order.
    count : int, optional
        What Count says; the number of `ids` if None.
    translation : str
        QueryTranslation.
    translations : tuple of (str, str)
        TranslationSet: from, to.
    phrases, fields : tuple of str
        PhraseNotFound, FieldNotFound.
    ignored, quoted, messages : tuple of str
        PhraseIgnored, QuotedPhraseNotFound, OutputMessage.
    stack : tuple
        TranslationStack: ``(term, field, count, explode)`` or an operator.
    """

    ids: tuple[int, ...] = ()
    count: int | None = None
    translation: str = ""
    translations: tuple[tuple[str, str], ...] = ()
    phrases: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    stack: tuple[tuple[str, str, str, str] | str, ...] | None = None


def made_article(
    pmid: int,
    *,
    title: str,
    abstract: str = "",
    mesh: Iterable[str] = (),
    authors: Iterable[str] = ("Muster A",),
    entered: Day = (2024, 1, 15),
    journal: str = "Made J Spine",
    doi: str | None = None,
    types: Iterable[str] = ("Journal Article",),
    cites: Iterable[int] = (),
    language: str = "eng",
) -> bytes:
    """Make a plain record: what a test needs that wants to say only what matters to it."""
    e = _escape
    year, month, day = entered
    people = "".join(
        f'<Author ValidYN="Y"><LastName>{e(last)}</LastName><ForeName>{e(first)}</ForeName>'
        f"<Initials>{e(first)}</Initials></Author>"
        for last, _, first in (name.rpartition(" ") for name in authors)
    )
    heads = "".join(
        f'<MeshHeading><DescriptorName UI="D999999" MajorTopicYN="N">{e(h)}</DescriptorName></MeshHeading>'
        for h in mesh
    )
    kinds = "".join(f'<PublicationType UI="D016428">{e(kind)}</PublicationType>' for kind in types)
    cited = "".join(
        f'<Reference><Citation>Cited work {n}.</Citation><ArticleIdList><ArticleId IdType="pubmed">{n}</ArticleId>'
        f"</ArticleIdList></Reference>"
        for n in cites
    )
    moment = f"<Year>{year}</Year><Month>{month}</Month><Day>{day}</Day>"
    ids = f'<ArticleId IdType="pubmed">{pmid}</ArticleId>' + (
        f'<ArticleId IdType="doi">{e(doi)}</ArticleId>' if doi else ""
    )
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{pmid}</PMID>'
        f"<DateRevised><Year>{year}</Year><Month>{month:02}</Month><Day>{day:02}</Day></DateRevised>"
        f'<Article PubModel="Print"><Journal><ISSN IssnType="Print">0000-0019</ISSN><JournalIssue CitedMedium="Print">'
        f"<Volume>7</Volume><Issue>2</Issue><PubDate><Year>{year}</Year>"
        f"<Month>{list(articles.MONTHS)[month - 1].title()}</Month></PubDate></JournalIssue>"
        f"<Title>{e(journal)}</Title><ISOAbbreviation>{e(journal)}</ISOAbbreviation></Journal>"
        f"<ArticleTitle>{e(title)}</ArticleTitle><Pagination><MedlinePgn>1-8</MedlinePgn></Pagination>"
        + (f"<Abstract><AbstractText>{e(abstract)}</AbstractText></Abstract>" if abstract else "")
        + f'<AuthorList CompleteYN="Y">{people}</AuthorList><Language>{language}</Language>'
        f"<PublicationTypeList>{kinds}</PublicationTypeList></Article>"
        f"<MedlineJournalInfo><Country>Germany</Country><MedlineTA>{e(journal)}</MedlineTA><NlmUniqueID>9999999</NlmUniqueID>"
        f"<ISSNLinking>0000-0019</ISSNLinking></MedlineJournalInfo><CitationSubset>IM</CitationSubset>"
        + (f"<MeshHeadingList>{heads}</MeshHeadingList>" if heads else "")
        + f'</MedlineCitation><PubmedData><History><PubMedPubDate PubStatus="pubmed">{moment}</PubMedPubDate>'
        f'<PubMedPubDate PubStatus="medline">{moment}</PubMedPubDate>'
        f'<PubMedPubDate PubStatus="entrez">{moment}</PubMedPubDate>'
        f"</History><PublicationStatus>ppublish</PublicationStatus><ArticleIdList>{ids}</ArticleIdList>"
        + (f"<ReferenceList>{cited}</ReferenceList>" if cited else "")
        + "</PubmedData></PubmedArticle>"
    ).encode()


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Corpus:
    """The records of the server and everything else it knows; all changes go through methods and are thread-safe."""

    def __init__(self, found: Iterable[Article] = ()) -> None:
        self.lock = threading.RLock()
        self.articles: dict[int, Article] = {a.pmid: a for a in found}
        self.bulks: list[Bulk] = []
        self.deleted: set[int] = set()
        self.merged: dict[int, int] = {}
        self.unavailable: set[int] = set()
        self.links: dict[str, dict[int, list[tuple[int, int]]]] = {}
        self.scripts: dict[str, Scripted] = {}
        self.spellings: dict[str, str] = {}
        self.summaries: dict[int, Summary] = {}
        self.headings = dict(HEADINGS)
        self.rejected: list[tuple[str, str]] = []
        self.top: int | None = None
        self.revision = 0

    @classmethod
    def made(cls) -> Corpus:
        """Give the records that are shipped here, all of them made up."""
        return cls(_made())

    @classmethod
    def load(cls, paths: Iterable[Path]) -> Corpus:
        """Read every record of files and folders (.xml, .xml.gz); what cannot be read is in ``rejected``, with why."""
        corpus = cls()
        for path in paths:
            for file in sorted(p for p in path.rglob("*") if p.suffix in {".xml", ".gz"}) if path.is_dir() else [path]:
                for raw in records_of(file):
                    try:
                        got = articles.read(raw)
                    except ValueError as error:
                        corpus.rejected.append((file.name, str(error)))
                        continue
                    corpus.articles.setdefault(got.pmid, got)
        return corpus

    def changed(self) -> None:
        """Say that searches must look again."""
        self.revision += 1

    def add(self, pmid: int, *, title: str, **parts: object) -> None:
        """Add a plain made record; `parts` are those of :func:`made_article`."""
        self.add_raw(made_article(pmid, title=title, **parts))  # type: ignore[arg-type]

    def add_raw(self, raw: bytes) -> None:
        """Add a record as XML, or put a new version in place of the old."""
        got = articles.read(raw)
        with self.lock:
            self.articles[got.pmid] = got
            self.deleted.discard(got.pmid)
            self.changed()

    def add_bulk(self, count: int, **settings: object) -> Bulk:
        """Add a bulk of records; see :class:`Bulk`."""
        bulk = Bulk(count, **settings)  # type: ignore[arg-type]
        with self.lock:
            self.bulks.append(bulk)
            self.changed()
        return bulk

    def delete(self, *pmids: int) -> None:
        """Take records away, as PubMed does with duplicates."""
        with self.lock:
            self.deleted.update(pmids)
            self.changed()

    def hide(self, *pmids: int) -> None:
        """Make records that a search finds and efetch does not have."""
        with self.lock:
            self.unavailable.update(pmids)

    def grow(self, count: int) -> None:
        """Add records at the end of the last bulk."""
        with self.lock:
            self.bulks[-1] = replace(self.bulks[-1], count=self.bulks[-1].count + count)
            self.changed()

    def merge(self, pmid: int, into: int) -> None:
        """Make one PMID lead to another record."""
        with self.lock:
            self.merged[pmid] = into
            self.changed()

    def set_dates(self, pmid: int, **dates: Day) -> None:
        """Move dates of a record: ``set_dates(1, CRDT=(2020, 3, 1))``."""
        with self.lock:
            old = self.articles[pmid]
            self.articles[pmid] = replace(old, dates=old.dates | {code: (day,) for code, day in dates.items()})
            self.changed()

    def link(self, name: str, pmid: int, targets: Iterable[int | tuple[int, int]]) -> None:
        """Set the links of a record under a link name, best first; a target may bring its score."""
        scored = [t if isinstance(t, tuple) else (t, 0) for t in targets]
        with self.lock:
            self.links.setdefault(name, {})[pmid] = scored

    def script(self, term: str, answer: Scripted) -> None:
        """Fix the answer to one query."""
        with self.lock:
            self.scripts[" ".join(term.split())] = answer

    def pmids(self) -> set[int]:
        """Give every PMID that a search can find."""
        found = set(self.articles)
        for bulk in self.bulks:
            found.update(bulk.pmids)
        return found - self.deleted - self.merged.keys()

    def bulk_of(self, pmid: int) -> Bulk | None:
        """Give the bulk that holds a PMID."""
        return next((bulk for bulk in self.bulks if pmid in bulk.pmids), None)

    def get(self, pmid: int) -> Article | None:
        """Give the record that efetch gives for a PMID: the survivor of a merge, nothing for what is gone."""
        pmid = self.merged.get(pmid, pmid)
        if pmid in self.deleted or pmid in self.unavailable:
            return None
        if pmid in self.articles:
            return self.articles[pmid]
        bulk = self.bulk_of(pmid)
        return None if bulk is None else articles.read(bulk.raw(pmid))

    def raw(self, pmid: int) -> bytes | None:
        """Give the bytes that efetch serves for a PMID, without reading a bulk record."""
        pmid = self.merged.get(pmid, pmid)
        if pmid in self.deleted or pmid in self.unavailable:
            return None
        if pmid in self.articles:
            return self.articles[pmid].raw
        bulk = self.bulk_of(pmid)
        return None if bulk is None else bulk.raw(pmid)

    def linked(self, name: str, pmid: int) -> list[tuple[int, int]]:
        """Give the links of a record: those that were set, else references and citing records as the XML has them."""
        if name in self.links:
            return self.links[name].get(pmid, [])
        own = self.articles.get(pmid)
        if name == "pubmed_pubmed_refs":
            return [(n, 0) for n in sorted(set(own.references), reverse=True)] if own else []
        if name == "pubmed_pubmed_citedin":
            return [(n, 0) for n in sorted(self.articles, reverse=True) if pmid in self.articles[n].references]
        if name == "pubmed_pubmed" and own:
            mine = set(own.values["MESH"]) | {w for piece in own.texts["TITL"] for w in piece if len(w) > 4}
            scores = defaultdict(
                int,
                {
                    n: len(mine & (set(a.values["MESH"]) | {w for p in a.texts["TITL"] for w in p}))
                    for n, a in self.articles.items()
                },
            )
            scores[pmid] = 2**31 - 1
            near = sorted((n for n in scores if scores[n] > 1), key=lambda n: (-scores[n], -n))
            return [(n, scores[n] if n == pmid else scores[n] * 1_000_000) for n in near[:100]]
        return []


@functools.cache
def _made() -> tuple[Article, ...]:
    """Read the shipped records, once for all servers of a process: a record does not change."""
    loaded = Corpus.load([HERE / "records.xml"])
    assert not loaded.rejected, loaded.rejected
    return tuple(loaded.articles.values())


def records_of(file: Path) -> Iterator[bytes]:
    """Cut a file into records, in UTF-8 whatever it was in."""
    data = file.read_bytes()
    if file.suffix == ".gz":
        data = gzip.decompress(data)
    found = re.match(rb"\s*<\?xml[^>]*encoding=[\"']([A-Za-z0-9._-]+)", data)
    text = data.decode(found.group(1).decode() if found else "utf-8", errors="replace")
    for match in RECORD.finditer(text):
        yield match.group(0).encode()
