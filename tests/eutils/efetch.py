"""efetch: records by id or from the history, as XML, MEDLINE, abstracts or ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .esearch import WALL
from .fields import DATABASES
from .medline import as_abstract, as_medline
from .wire import TEXT, Answer, Request, error, known_ids, twisted

if TYPE_CHECKING:
    from .service import Service

NOT_AVAILABLE = "\nid: {0} Error occurred: The following PMID is not available: {0}\n"
XML_TYPES = frozenset({"", "xml", "abstract", "native"})


def doctype(edition: str, *, secure: bool = True) -> str:
    """Give declaration and document type of a set of records; `edition` is the date in the DTD's name, ``250101``."""
    scheme = "https" if secure else "http"
    return (
        '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC '
        f'"-//NLM//DTD PubMedArticle, 1st January 20{edition[:2]}//EN" '
        f'"{scheme}://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_{edition}.dtd">\n'
    )


def efetch(service: Service, request: Request) -> Answer:
    """Answer with records."""
    if request.get("db", "pubmed") not in DATABASES:
        return error("eFetchResult", f"Invalid db name specified: {request.get('db')}", status=400)
    ids = _asked(service, request)
    if isinstance(ids, Answer):
        return ids
    rettype, retmode = request.get("rettype").lower(), request.get("retmode").lower()
    if rettype == "uilist":
        return _uilist(service, ids, retmode)
    if rettype == "medline":
        return _text(service, ids, as_medline)
    if retmode == "text" and rettype in {"", "abstract"}:
        return _text(service, ids, as_abstract)
    if rettype not in XML_TYPES or retmode not in {"", "xml"}:
        return Answer(b"")
    return _records(service, request, ids)


def _asked(service: Service, request: Request) -> list[int] | Answer:
    """Give the PMIDs asked for, from the ids or from the history."""
    if request.ids:
        ids = known_ids(request.ids)
        start = request.number_of("retstart", 0)
        if not ids:
            return error("eFetchResult", "ID list is empty! Possibly it has no correct IDs.", status=400)
        return ids[start : start + request.number_of("retmax", len(ids))]
    webenv, key = request.get("webenv"), request.get("query_key")
    if not (webenv and key):
        return error("eFetchResult", "ID list is empty! Possibly it has no correct IDs.", status=400)
    stored = service.history.get(webenv, key)
    if stored is None:
        return error("eFetchResult", f"Unable to obtain query #{key}", status=400)
    start, most = request.number_of("retstart", 0), request.number_of("retmax", 20)
    if start >= WALL and len(stored) > WALL:
        return error(
            "eFetchResult",
            "Search backend cannot retrieve history data. Reason: Exception: 'retstart' cannot be larger "
            "than 9998. For PubMed, ESearch can only retrieve the first 9,999 records matching the query.",
            status=400,
        )
    if start >= len(stored):
        return error(
            "eFetchResult",
            f"Cannot retrieve history data: OUT OF RANGE. Parameter retstart={start} + {most} is greater than "
            f"number of records available in history. History includes {len(stored)} IDs.",
            status=400,
        )
    return list(stored[start : min(start + most, WALL)])


def _records(service: Service, request: Request, ids: list[int]) -> Answer:
    """Put the records there are into one set; those that are gone leave no trace."""
    held = [raw for pmid in ids if (raw := service.corpus.raw(pmid)) is not None]
    raws = twisted(list(dict.fromkeys(held)), request.twists)
    foreign = request.twists.get("foreign")
    if isinstance(foreign, bytes):
        raws.append(foreign)
    edition = str(request.twists.get("dtd", service.edition))
    head = doctype(edition, secure=not request.twists.get("http_dtd"))
    body = b"\n" + b"\n".join(raws) if raws else b""
    return Answer(head.encode() + b"<PubmedArticleSet>" + body + b"</PubmedArticleSet>")


def _text(service: Service, ids: list[int], shape: object) -> Answer:
    parts = []
    for n, pmid in enumerate(ids, start=1):
        found = service.corpus.get(pmid)
        parts.append(NOT_AVAILABLE.format(pmid) if found is None else shape(found, n))  # type: ignore[operator]
    return Answer("".join(parts).encode(), 200, TEXT)


def _uilist(service: Service, ids: list[int], retmode: str) -> Answer:
    here = [pmid for pmid in ids if service.corpus.raw(pmid) is not None]
    if retmode == "xml":
        inside = "".join(f"\t<Id>{pmid}</Id>\n" for pmid in here)
        return Answer(f'<?xml version="1.0" encoding="UTF-8" ?>\n<IdList>\n{inside}</IdList>\n'.encode())
    return Answer("".join(f"{pmid}\n" for pmid in here).encode(), 200, TEXT)
