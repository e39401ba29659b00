"""esearch and epost: counts and PMIDs, the wall at 9,999, and everything that the service says beside them."""

from __future__ import annotations

import datetime
import json
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from .corpus import Scripted
from .evaluate import Evaluation, Found
from .fields import DATABASES, TAGS
from .wire import JSON, Answer, Request, as_json, error, known_ids, twisted, xml

if TYPE_CHECKING:
    from .service import Service

WALL = 9_999
OVER_THE_WALL = (
    "Search Backend failed: Exception:\n'retstart' cannot be larger than 9998. For PubMed, \n"
    "ESearch can only retrieve the first 9,999 records \nmatching the query.\n"
    " To obtain more than 9,999 PubMed records, consider \nusing EDirect that contains additional logic \n"
    "to batch PubMed search results automatically\n so that an arbitrary number can be retrieved.\n"
    " For details see https://www.ncbi.nlm.nih.gov/books/NBK25499/"
)
CLAMPED = "Restrictions achieved. start and count adjusted to {}, {}"
NOTHING = "No items found."
SLICE = re.compile(r"^\((.*)\)\s+AND\s+\(?\s*(\d+):(\d+)\s*\[uid\]\s*\)?$", re.I | re.S)


def refuse(request: Request, root: str, message: str, *, raw_json: bool = False) -> Answer:
    """Give an error in the flavour that was asked for; the wall's own JSON has bare line ends and is none."""
    if not request.json:
        return error(root, message)
    kind = {"eSearchResult": "esearch", "ePostResult": "epost"}[root]
    if raw_json:
        text = '{"header":{"type":"esearch","version":"0.3"},"esearchresult":{"ERROR":"' + message + '"}}\n'
        return Answer(text.encode(), 200, JSON)
    return as_json(kind, {f"{kind}result": {"ERROR": message}})


def esearch(service: Service, request: Request) -> Answer:
    """Answer a search."""
    database, term = request.get("db", "pubmed"), request.get("term").strip()
    if database not in DATABASES:
        return refuse(request, "eSearchResult", f"Invalid db name specified: {database}")
    webenv, key = request.get("webenv"), request.get("query_key")
    if not term and not key:
        return refuse(request, "eSearchResult", "Empty term and query_key - nothing todo")
    stored: tuple[int, ...] | None = None
    if key:
        stored = service.history.get(webenv, key)
        if stored is None:
            return refuse(request, "eSearchResult", f"Unable to obtain query #{key}")
    answer = _look_up(service, request, term, stored)
    if answer is None:
        return refuse(request, "eSearchResult", f"Search Backend failed: Database is not supported: {database}")
    count = len(answer.ids) if answer.count is None else answer.count
    start, most = request.number_of("retstart", 0), request.number_of("retmax", 20)
    messages = list(answer.messages)
    if database == "pubmed" and count > WALL:
        if start >= WALL:
            return refuse(request, "eSearchResult", OVER_THE_WALL, raw_json=True)
        if start + most > WALL:
            messages.append(CLAMPED.format(start, WALL - start))
            most = WALL - start
    ids = tuple(twisted(list(answer.ids[start : start + most]), request.twists))
    if not count or (start >= count and start):
        messages += [] if NOTHING in messages else [NOTHING]
    extra = ("", 0)
    if request.get("usehistory").lower() in {"y", "yes"}:
        extra = service.history.store(answer.ids, webenv)
    if request.get("rettype").lower() == "count":
        return (
            as_json("esearch", {"esearchresult": {"count": str(count)}})
            if request.json
            else xml("eSearchResult", f"\n\t<Count>{count}</Count>\n")
        )
    shape = _json if request.json else _xml
    return shape(answer, count, start, ids, extra, messages)


def _look_up(service: Service, request: Request, term: str, stored: tuple[int, ...] | None) -> Scripted | None:
    """Give what is found, scripted or evaluated; None for a database that is not held here."""
    corpus = service.corpus
    scripted = corpus.scripts.get(" ".join(term.split()))
    if scripted is not None:
        return scripted
    slice_ = SLICE.match(term)
    if slice_ and (whole := corpus.scripts.get(" ".join(slice_.group(1).split()))) is not None:
        first, last = int(slice_.group(2)), int(slice_.group(3))
        return Scripted(
            tuple(n for n in whole.ids if first <= n <= last),
            translation=f"{whole.translation} AND {first}:{last}[UID]",
        )
    if request.get("db", "pubmed") != "pubmed":
        return None
    found = _evaluated(service, request, term) if term else Found(set(stored or ()), f"#{request.get('query_key')}")
    ids = found.ids if stored is None or not term else found.ids & set(stored)
    text = found.translation if stored is None or not term else f"#{request.get('query_key')} AND ({found.translation})"
    ids, text = _in_dates(service, request, ids, text)
    return Scripted(
        tuple(service.ordered(ids, request.get("sort"))),
        None,
        text,
        tuple(dict.fromkeys(found.translations)),
        *(
            tuple(dict.fromkeys(said))
            for said in (found.phrases, found.fields, found.ignored, found.quoted, found.messages)
        ),
    )


def _evaluated(service: Service, request: Request, term: str) -> Found:
    def earlier(key: int) -> set[int] | None:
        ids = service.history.get(request.get("webenv"), key)
        return None if ids is None else set(ids)

    evaluation = Evaluation(service.index(), earlier, service.today)
    return evaluation.run(term, request.get("field") or None)


def _in_dates(service: Service, request: Request, ids: set[int], text: str) -> tuple[set[int], str]:
    """Keep what lies between mindate and maxdate, or in the last reldate days."""
    first, last, days = request.get("mindate"), request.get("maxdate"), request.number_of("reldate", 0)
    if days:
        start = service.today - datetime.timedelta(days=days)
        first, last = start.strftime("%Y/%m/%d"), service.today.strftime("%Y/%m/%d")
    if not (first and last):
        return ids, text
    known = TAGS.get(request.get("datetype", "pdat").lower())
    if known is None or not known.is_date:
        return ids, text
    evaluation = Evaluation(service.index(), today=service.today)
    within = evaluation.run(f"{first}:{last}[{known.code}]")
    return ids & within.ids, f"({text}) AND {within.translation}" if " " in text else f"{text} AND {within.translation}"


def _xml(
    answer: Scripted, count: int, start: int, ids: tuple[int, ...], stored: tuple[str, int], messages: list[str]
) -> Answer:
    parts = [f"<Count>{count}</Count><RetMax>{len(ids)}</RetMax><RetStart>{start}</RetStart>"]
    if stored[0]:
        parts.append(f"<QueryKey>{stored[1]}</QueryKey><WebEnv>{stored[0]}</WebEnv>")
    parts.append("<IdList>\n" + "".join(f"<Id>{n}</Id>\n" for n in ids) + "</IdList>" if ids else "<IdList/>")
    sets = "".join(
        f"<Translation>     <From>{escape(a)}</From>     <To>{escape(b)}</To>    </Translation>"
        for a, b in answer.translations
    )
    parts.append(f"<TranslationSet>{sets}</TranslationSet>" if sets else "<TranslationSet/>")
    if answer.stack is not None:
        steps = "".join(
            f"   <OP>{step}</OP>"
            if isinstance(step, str)
            else f"   <TermSet>    <Term>{escape(step[0])}</Term>    <Field>{escape(step[1])}</Field>"
            f"    <Count>{step[2]}</Count>    <Explode>{step[3]}</Explode>   </TermSet>"
            for step in answer.stack
        )
        parts.append(f"<TranslationStack>{steps}  </TranslationStack>")
    parts.append(f"<QueryTranslation>{escape(answer.translation)}</QueryTranslation>")
    wrong = [("PhraseNotFound", p) for p in answer.phrases] + [("FieldNotFound", f) for f in answer.fields]
    said = [("PhraseIgnored", p) for p in answer.ignored] + [("QuotedPhraseNotFound", q) for q in answer.quoted]
    for name, items in (("ErrorList", wrong), ("WarningList", said + [("OutputMessage", m) for m in messages])):
        if items:
            parts.append(f"<{name}>{''.join(f'<{tag}>{escape(text)}</{tag}>' for tag, text in items)}</{name}>")
    return xml("eSearchResult", "".join(parts))


def _json(
    answer: Scripted, count: int, start: int, ids: tuple[int, ...], stored: tuple[str, int], messages: list[str]
) -> Answer:
    result: dict[str, object] = {"count": str(count), "retmax": str(len(ids)), "retstart": str(start)}
    if stored[0]:
        result |= {"querykey": str(stored[1]), "webenv": stored[0]}
    result["idlist"] = [str(n) for n in ids]
    result["translationset"] = [{"from": a, "to": b} for a, b in answer.translations]
    if answer.stack is not None:
        result["translationstack"] = [
            step if isinstance(step, str) else dict(zip(("term", "field", "count", "explode"), step, strict=True))
            for step in answer.stack
        ]
    result["querytranslation"] = answer.translation
    if answer.phrases or answer.fields:
        result["errorlist"] = {"phrasesnotfound": list(answer.phrases), "fieldsnotfound": list(answer.fields)}
    if answer.ignored or answer.quoted or messages:
        result["warninglist"] = {
            "phrasesignored": list(answer.ignored),
            "quotedphrasesnotfound": list(answer.quoted),
            "outputmessages": messages,
        }
    return as_json("esearch", {"esearchresult": json.loads(json.dumps(result))})


def epost(service: Service, request: Request) -> Answer:
    """Keep PMIDs on the history server."""
    if request.get("db", "pubmed") not in DATABASES:
        return refuse(request, "ePostResult", f"Invalid db name specified: {request.get('db')}")
    texts = request.ids
    ids = known_ids(texts)
    bad = len([t for t in texts if not known_ids([t])])
    omitted = "Some IDs have invalid value and were omitted. Maximum ID value 18446744073709551615"
    if not ids:
        return error("ePostResult", "Empty ID list; Nothing to store", *([omitted] if bad else []))
    webenv, key = service.history.store(ids, request.get("webenv"))
    if request.json:
        return as_json("epost", {"epostresult": {"querykey": str(key), "webenv": webenv}})
    said = f"\n\t<ERROR>{omitted}</ERROR>" if bad else ""
    return xml("ePostResult", f"{said}\n\t<QueryKey>{key}</QueryKey>\n\t<WebEnv>{webenv}</WebEnv>\n")
