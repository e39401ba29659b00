"""Recorded answers of the live service, asked again of the local one: what it was taught, what it gave, what it should.

Each recorded answer is taken apart into what the service knew (PMIDs, links, records, a count), the local server is
taught just that, and is asked what the live one was asked; its own code then builds the answer.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.eutils import Clock, Corpus, Scripted, Service
from tests.eutils.corpus import records_of
from tests.eutils.esummary import Summary
from tests.eutils.fields import Info
from tests.eutils.wire import Answer, Request

Params = dict[str, list[str]]


class NotReplayable(Exception):
    """An answer that the local server cannot be asked for; the text says why."""


@dataclass
class Recorded:
    """One recorded answer, with the request where that was recorded too."""

    name: str
    body: bytes
    endpoint: str = ""
    params: Params = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> bool:
        """Tell whether the answer is JSON."""
        return self.body.lstrip().startswith(b"{")


def cassettes(folder: Path) -> Iterator[Recorded]:
    """Give every exchange of the recorded cassettes."""
    import yaml

    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        for n, pair in enumerate(yaml.safe_load(file.read_text("utf-8"))["interactions"], start=1):
            request, answer = pair["request"], pair["response"]
            address = urlsplit(request["uri"])
            params: Params = {}
            for text in (address.query, request["body"] or ""):
                for key, values in parse_qs(text).items():
                    params.setdefault(key.lower(), []).extend(values)
            endpoint = Path(address.path).stem if address.hostname == "eutils.ncbi.nlm.nih.gov" else ""
            headers = {name: "".join(values) for name, values in answer["headers"].items()}
            yield Recorded(f"{file.name}#{n}", answer["body"]["string"].encode(), endpoint, params, headers)


def samples(folder: Path) -> Iterator[Recorded]:
    """Give every recorded answer that came without its request; the request is read off the answer."""
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        yield Recorded(f"{file.parent.name}/{file.name}", file.read_bytes())


def ask(recorded: Recorded) -> tuple[Answer, Any, Any]:
    """Teach a server what an answer tells, ask it the same, and give its answer and both in a form to be compared."""
    service = Service(Corpus(), Clock())
    if recorded.json:
        whole = json.loads(recorded.body)
        endpoint, params = _teach_json(service, recorded, whole)
        params.setdefault("retmode", ["json"])
    else:
        try:
            root = ET.fromstring(_parsable(recorded.body))
        except ET.ParseError as error:
            raise NotReplayable(f"not XML: {error}") from None
        endpoint, params = _teach(service, recorded, root)
    answer = service.answer(Request(recorded.endpoint or endpoint, "GET", recorded.params or params))
    if recorded.json:
        return answer, canonical_json(whole), canonical_json(json.loads(answer.body))
    return answer, canonical(root), canonical(ET.fromstring(_parsable(answer.body)))


def _parsable(body: bytes) -> bytes:
    """Leave the document type out, which the parser would not follow anyway."""
    return re.sub(rb"<!DOCTYPE[^>\[]*>", b"", body, count=1)


def canonical(element: ET.Element) -> Any:
    """Give an element as nested tuples: blanks collapsed, attributes sorted, the name of a WebEnv left out."""
    text = " ".join((element.text or "").split())
    if element.tag == "WebEnv":
        text = "*"
    inner = [
        (canonical(child), " ".join((child.tail or "").split()))
        for child in element
        # A spelling of 2025 begins with an empty piece, one of 2008 does not.
        if not (child.tag == "Original" and not (child.text or "").strip())
    ]
    return element.tag, tuple(sorted(element.attrib.items())), text, tuple(inner)


def canonical_json(value: Any, key: str = "") -> Any:
    """Give JSON with blanks collapsed and the name of a WebEnv left out."""
    if isinstance(value, dict):
        return {k: canonical_json(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [canonical_json(v) for v in value]
    return "*" if key == "webenv" else " ".join(value.split()) if isinstance(value, str) else value


def _text(element: ET.Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _texts(element: ET.Element, path: str) -> tuple[str, ...]:
    return tuple((e.text or "") for e in element.iterfind(path))


def _teach(service: Service, recorded: Recorded, root: ET.Element) -> tuple[str, Params]:
    teachers = {
        "eSearchResult": _teach_search, "ePostResult": _teach_post, "eLinkResult": _teach_links,
        "eInfoResult": _teach_info, "eSpellResult": _teach_spelling, "eSummaryResult": _teach_summaries,
        "PubmedArticleSet": _teach_records,
    }  # fmt: skip
    database = (recorded.params.get("db") or ["pubmed"])[-1]
    if recorded.endpoint in {"efetch", "esummary", "einfo"} and database != "pubmed":
        raise NotReplayable(f"{recorded.endpoint} of {database}: the local server holds PubMed only")
    if root.tag == "Result":
        raise NotReplayable("egquery: the live service has given it up, and the local one answers nothing as it does")
    if root.tag not in teachers:
        raise NotReplayable(f"efetch of another database ({root.tag}): the local server holds PubMed only")
    return teachers[root.tag](service, recorded, root)


def _teach_search(service: Service, recorded: Recorded, root: ET.Element) -> tuple[str, Params]:
    error = _text(root, "ERROR")
    if error.startswith("Invalid db name"):
        return "esearch", {"db": [error.split()[-1]], "term": ["x"]}
    ids = tuple(int(text) for text in _texts(root, "IdList/Id"))
    start = int(_text(root, "RetStart"))
    stack = None
    if root.find("TranslationStack") is not None:
        names = ("Term", "Field", "Count", "Explode")
        stack = tuple(
            step.text or "" if step.tag == "OP" else tuple(_text(step, name) for name in names)
            for step in root.iterfind("TranslationStack/*")
        )
    term = (recorded.params.get("term") or ["what was asked"])[-1]
    service.corpus.script(
        term,
        Scripted(
            (0,) * start + ids,
            int(_text(root, "Count")),
            _text(root, "QueryTranslation"),
            tuple((_text(t, "From"), _text(t, "To")) for t in root.iterfind("TranslationSet/Translation")),
            _texts(root, "ErrorList/PhraseNotFound"),
            _texts(root, "ErrorList/FieldNotFound"),
            _texts(root, "WarningList/PhraseIgnored"),
            _texts(root, "WarningList/QuotedPhraseNotFound"),
            _texts(root, "WarningList/OutputMessage"),
            stack,  # type: ignore[arg-type]
        ),
    )
    params: Params = {"db": ["pubmed"], "term": [term], "retstart": [str(start)], "retmax": [str(max(len(ids), 1))]}
    return "esearch", params | ({"usehistory": ["y"]} if root.find("WebEnv") is not None else {})


def _teach_post(service: Service, recorded: Recorded, root: ET.Element) -> tuple[str, Params]:
    errors = _texts(root, "ERROR")
    if errors and errors[0].startswith("Invalid db"):
        return "epost", {"db": [errors[0].split()[-1]], "id": ["1"]}
    return "epost", {"id": ["-1"] if errors else ["1,2"]}


def _teach_links(service: Service, recorded: Recorded, root: ET.Element) -> tuple[str, Params]:
    if root.find(".//IdUrlList") is not None or root.find(".//IdLinkSet") is not None:
        raise NotReplayable("elink: addresses of LinkOut providers and menus of links are not held")
    if root.find(".//Info") is not None:
        raise NotReplayable("elink of 2008: sets that are empty are no longer named")
    if root.find(".//Id[@HasLinkOut]") is not None:
        raise NotReplayable("elink: addresses of LinkOut providers and menus of links are not held")
    groups, names = [], []
    for one in root.iterfind("LinkSet"):
        ids = [int(text) for text in (*_texts(one, "IdList/Id"), *_texts(one, "IdCheckList/Id"))]
        groups.append(",".join(map(str, ids)))
        for links in one.iterfind("LinkSetDb"):
            name = _text(links, "LinkName")
            names.append(name)
            targets = [(int(_text(e, "Id")), int(_text(e, "Score") or 0)) for e in links.iterfind("Link")]
            for pmid in ids:
                service.corpus.link(name, pmid, targets)
        for links in one.iterfind("LinkSetDbHistory"):
            names.append(_text(links, "LinkName"))
            for pmid in ids:
                service.corpus.link(names[-1], pmid, [1000 + int(_text(links, "QueryKey"))])
        for checked in one.iterfind("IdCheckList/Id[@HasNeighbor='Y']"):
            service.corpus.link("pubmed_pubmed", int(checked.text or 0), [1])
    # A name without links for one id must not be looked up among the records.
    command = "ncheck" if root.find(".//Id[@HasNeighbor]") is not None else "neighbor"
    command = "neighbor_score" if root.find(".//Score") is not None else command
    command = "neighbor_history" if root.find(".//LinkSetDbHistory") is not None else command
    params: Params = {"dbfrom": [_text(root, "LinkSet/DbFrom")], "id": groups, "cmd": [command]}
    params["linkname"] = [",".join(dict.fromkeys(names)) or "none_at_all"]
    if recorded.params:
        recorded.params = recorded.params | {"linkname": params["linkname"]}
    return "elink", params


def _teach_info(service: Service, recorded: Recorded, root: ET.Element) -> tuple[str, Params]:
    error = _text(root, "ERROR")
    if error:
        return "einfo", {"db": [error.rpartition("=")[2]]}
    if root.find("DbList") is not None:
        service.databases = _texts(root, "DbList/DbName")
        return "einfo", {}
    flags = ("IsDate", "IsNumerical", "SingleToken", "Hierarchy", "IsHidden")
    names = ("Name", "FullName", "Description", "TermCount")
    fields = tuple(
        (*(_text(f, name) for name in names), "".join(_text(f, flag) for flag in flags))
        for f in root.iterfind("DbInfo/FieldList/Field")
    )
    links = tuple(
        tuple(_text(e, name) for name in ("Name", "Menu", "Description", "DbTo"))
        for e in root.iterfind("DbInfo/LinkList/Link")
    )
    service.info = Info(
        int(_text(root, "DbInfo/Count")),
        _text(root, "DbInfo/LastUpdate"),
        _text(root, "DbInfo/DbBuild"),
        _text(root, "DbInfo/Description"),
        fields,  # type: ignore[arg-type]
        links,  # type: ignore[arg-type]
    )
    return "einfo", {"db": [_text(root, "DbInfo/DbName")]}


def _teach_spelling(service: Service, recorded: Recorded, root: ET.Element) -> tuple[str, Params]:
    query, corrected = _text(root, "Query"), _text(root, "CorrectedQuery")
    for old, new in zip(query.lower().split(), corrected.lower().split(), strict=True):
        if old != new:
            service.corpus.spellings[old] = new
    words = " ".join(query.split())
    service.corpus.add(1, title=f"{words} {corrected}")
    return "espell", {"term": [query]}


def _teach_records(service: Service, recorded: Recorded, root: ET.Element) -> tuple[str, Params]:
    import tempfile

    if root.find("DeleteCitation") is not None:
        raise NotReplayable("an update file, not an answer of efetch")
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        file.write(recorded.body)
        file.flush()
        raws = list(records_of(Path(file.name)))
    ids = []
    for raw in raws:
        service.corpus.add_raw(raw)
        ids.append(re.search(rb"<PMID[^>]*>\s*(\d+)", raw).group(1).decode())  # type: ignore[union-attr]
    return "efetch", {"id": [",".join(ids)], "retmode": ["xml"]}


def _teach_summaries(service: Service, recorded: Recorded, root: ET.Element) -> tuple[str, Params]:
    error = _text(root, "ERROR")
    if error.startswith("Invalid db"):
        return "esummary", {"db": [error.split()[-1]], "id": ["1"]}
    if error:
        return "esummary", {}
    if root.find("DocumentSummarySet") is not None:
        ids = [e.get("uid", "") for e in root.iterfind("DocumentSummarySet/DocumentSummary")]
        for e in root.iterfind("DocumentSummarySet/DocumentSummary"):
            if e.find("PmcRefCount") is None:
                raise NotReplayable("esummary of another database: the local server holds PubMed only")
            service.corpus.summaries[int(e.get("uid", 0))] = _second(e)
        return "esummary", {"id": [",".join(ids)], "version": ["2.0"]}
    if root.find("DocSum/Item[@Name='PmcRefCount']") is None:
        raise NotReplayable("esummary of another database: the local server holds PubMed only")
    for e in root.iterfind("DocSum"):
        service.corpus.summaries[int(_text(e, "Id"))] = _first(e)
    return "esummary", {"id": [",".join(_texts(root, "DocSum/Id"))]}


def _first(e: ET.Element) -> Summary:
    """Take a summary of version 1 apart."""

    def item(name: str) -> str:
        return _text(e, f"Item[@Name='{name}']")

    def listed(name: str) -> tuple[str, ...]:
        return _texts(e, f"Item[@Name='{name}']/Item")

    def pairs(name: str) -> tuple[tuple[str, str], ...]:
        return tuple((i.get("Name", ""), i.text or "") for i in e.iterfind(f"Item[@Name='{name}']/Item"))

    assert all(language == "English" for language in listed("LangList"))
    return Summary(
        int(_text(e, "Id")), item("PubDate"), item("EPubDate"), item("Source"), listed("AuthorList"), item("Title"),
        item("Volume"), item("Issue"), item("Pages"), ("eng",) * len(listed("LangList")), item("NlmUniqueID"),
        item("ISSN"), item("ESSN"), listed("PubTypeList"), item("RecordStatus"), item("PubStatus"), pairs("ArticleIds"),
        pairs("History"), pairs("References"), item("HasAbstract") == "1", int(item("PmcRefCount")),
        item("FullJournalName"), item("ELocationID"),
    )  # fmt: skip


def _second(e: ET.Element) -> Summary:
    """Take a summary of version 2 apart."""

    def pairs(path: str, first: str, second: str) -> tuple[tuple[str, str], ...]:
        return tuple((_text(i, first), _text(i, second)) for i in e.iterfind(path))

    return Summary(
        int(e.get("uid", 0)), _text(e, "PubDate"), _text(e, "EPubDate"), _text(e, "Source"),
        _texts(e, "Authors/Author/Name"), _text(e, "Title"), _text(e, "Volume"), _text(e, "Issue"), _text(e, "Pages"),
        _texts(e, "Lang/string"), _text(e, "NlmUniqueID"), _text(e, "ISSN"), _text(e, "ESSN"),
        _texts(e, "PubType/flag"), _text(e, "RecordStatus"), "", pairs("ArticleIds/ArticleId", "IdType", "Value"),
        pairs("History/PubMedPubDate", "PubStatus", "Date"), (), e.find("Attributes/flag") is not None,
        int(_text(e, "PmcRefCount")), _text(e, "FullJournalName"), _text(e, "ELocationID"), _text(e, "SortTitle"),
        _text(e, "SortPubDate"), _text(e, "PubStatus"), _texts(e, "Authors/Author/ClusterID"),
        int(_text(e, "ViewCount")),
    )  # fmt: skip


def _teach_json(service: Service, recorded: Recorded, whole: dict[str, Any]) -> tuple[str, Params]:
    """Teach what a JSON answer tells by way of the XML of the same thing."""
    kind = whole["header"]["type"]
    if kind.startswith("efetch"):
        raise NotReplayable("efetch as JSON was proposed in 2012 and never served for PubMed")
    if kind == "esearch":
        return _teach_search_json(service, recorded, whole["esearchresult"])
    if kind == "einfo":
        result = whole["einforesult"]
        if "ERROR" in result:
            return "einfo", {"db": [result["ERROR"].rpartition("=")[2]]}
        if "dblist" in result:
            service.databases = tuple(result["dblist"])
            return "einfo", {}
        info = result["dbinfo"]
        flags = ("isdate", "isnumerical", "singletoken", "hierarchy", "ishidden")
        names = ("name", "fullname", "description", "termcount")
        fields = tuple((*(f[n] for n in names), "".join(f[flag] for flag in flags)) for f in info["fieldlist"])
        links = tuple((e["name"], e["menu"], e["description"], e["dbto"]) for e in info["linklist"])
        service.info = Info(int(info["count"]), info["lastupdate"], "", info["description"], fields, links)  # type: ignore[arg-type]
        return "einfo", {"db": ["pubmed"]}
    if "esummaryresult" in whole:
        return "esummary", {"db": [whole["esummaryresult"][0].split()[-1]], "id": ["1"]}
    if any("pmcrefcount" not in whole["result"][uid] for uid in whole["result"]["uids"]):
        raise NotReplayable("esummary of another database: the local server holds PubMed only")
    for uid in whole["result"]["uids"]:
        service.corpus.summaries[int(uid)] = _second(_as_element(whole["result"][uid]))
    return "esummary", {"id": [",".join(whole["result"]["uids"])]}


def _teach_search_json(service: Service, recorded: Recorded, result: dict[str, Any]) -> tuple[str, Params]:
    if "ERROR" in result:
        return "esearch", {"db": [result["ERROR"].split()[-1]], "term": ["x"]}
    term = (recorded.params.get("term") or ["what was asked"])[-1]
    errors, warnings = result.get("errorlist", {}), result.get("warninglist", {})
    stack = None
    if "translationstack" in result:
        keys = ("term", "field", "count", "explode")
        stack = tuple(s if isinstance(s, str) else tuple(s[k] for k in keys) for s in result["translationstack"])
    service.corpus.script(
        term,
        Scripted(
            tuple(map(int, result["idlist"])),
            int(result["count"]),
            result["querytranslation"],
            tuple((t["from"], t["to"]) for t in result["translationset"]),
            tuple(errors.get("phrasesnotfound", ())),
            tuple(errors.get("fieldsnotfound", ())),
            tuple(warnings.get("phrasesignored", ())),
            tuple(warnings.get("quotedphrasesnotfound", ())),
            tuple(warnings.get("outputmessages", ())),
            stack,  # type: ignore[arg-type]
        ),
    )
    params: Params = {"term": [term], "retmax": [result["retmax"]]}
    return "esearch", params | ({"usehistory": ["y"]} if "webenv" in result else {})


def _as_element(content: dict[str, Any]) -> ET.Element:
    """Give a summary in JSON as the XML of the same."""
    inner = {"Authors": "Author", "Lang": "string", "PubType": "flag", "ArticleIds": "ArticleId",
             "History": "PubMedPubDate", "Attributes": "flag"}  # fmt: skip
    names = {
        "PubDate", "EPubDate", "Source", "Title", "Volume", "Issue", "Pages", "NlmUniqueID", "ISSN", "ESSN", "Name",
        "RecordStatus", "PubStatus", "PmcRefCount", "FullJournalName", "ELocationID", "SortTitle", "SortPubDate",
        "ClusterID", "ViewCount", "IdType", "Value", "Date", *inner,
    }  # fmt: skip
    known = {name.lower(): name for name in names}
    root = ET.Element("DocumentSummary", uid=str(content["uid"]))

    def add(parent: ET.Element, values: dict[str, Any]) -> None:
        for key, value in values.items():
            name = known.get(key)
            if name is None:
                continue
            child = ET.SubElement(parent, name)
            for one in value if isinstance(value, list) else []:
                item = ET.SubElement(child, inner[name])
                if isinstance(one, dict):
                    add(item, one)
                else:
                    item.text = str(one)
            if not isinstance(value, list):
                child.text = str(value)

    add(root, content)
    return root
