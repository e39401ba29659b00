"""elink: references, citing and similar records, one link set per id or one for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from .fields import DATABASES
from .wire import Answer, Request, as_json, error, xml

if TYPE_CHECKING:
    from .service import Service

COMMANDS = frozenset(
    {"neighbor", "neighbor_score", "neighbor_history", "acheck", "ncheck", "lcheck", "llinks", "llinkslib", "prlinks"}
)
WITHIN_PUBMED = ("pubmed_pubmed", "pubmed_pubmed_citedin", "pubmed_pubmed_refs")
Links = list[tuple[int, int]]


def elink(service: Service, request: Request) -> Answer:
    """Answer with links; retmax makes no difference, as in the live service."""
    source = request.get("dbfrom", "pubmed")
    command = request.get("cmd", "neighbor").lower()
    for database in (source, *filter(None, request.get("db").split(","))):
        if database not in DATABASES:
            return _refuse(request, f"Invalid db name specified: {database}")
    if command not in COMMANDS:
        return _refuse(request, f"Unknown command: {command}")
    groups = [list(dict.fromkeys(int(one) for one in group if one.isdigit())) for group in request.id_groups]
    if not groups and request.get("query_key"):
        stored = service.history.get(request.get("webenv"), request.get("query_key"))
        if stored is None:
            return _refuse(request, f"Unable to obtain query #{request.get('query_key')}")
        groups = [list(stored)]
    if not any(groups):
        return _refuse(request, "Empty id list - nothing todo")
    if command in {"acheck", "ncheck", "lcheck"}:
        return _checks(service, request, command, source, groups)
    if command in {"llinks", "llinkslib", "prlinks"}:
        return _addresses(request, source, groups)
    sets: list[dict[str, object]] = []
    for ids in groups:
        webenv = str(sets[-1].get("webenv", "")) if sets else ""
        sets.append(_one_set(service, request, command, source, ids, webenv))
    if request.json:
        return as_json("elink", {"linksets": [_set_json(one) for one in sets]})
    return xml("eLinkResult", "\n" + "".join(_set_xml(one) for one in sets))


def _refuse(request: Request, message: str) -> Answer:
    return as_json("elink", {"linksets": [], "ERROR": message}) if request.json else error("eLinkResult", message)


def _names(request: Request) -> tuple[str, ...]:
    wanted = request.get("linkname")
    if wanted:
        return tuple(one.strip() for one in wanted.split(",") if one.strip())
    return WITHIN_PUBMED if request.get("db", "pubmed") in {"", "pubmed"} else ()


def _one_set(
    service: Service, request: Request, command: str, source: str, ids: list[int], webenv: str
) -> dict[str, object]:
    """Give the links of the ids of one ``id`` parameter; those of several ids are merged, newest first."""
    found: list[tuple[str, str, Links]] = []
    for name in _names(request):
        best: dict[int, int] = {}
        several = [service.corpus.linked(name, pmid) for pmid in ids]
        for target, score in (link for links in several for link in links):
            best[target] = max(score, best.get(target, 0))
        links = list(best.items())
        if any(one != several[0] for one in several):
            links.sort(key=lambda link: -link[0])
        if links:
            found.append((name.split("_")[1], name, links))
    one: dict[str, object] = {"from": source, "ids": ids, "found": found, "scores": command == "neighbor_score"}
    if command == "neighbor_history":
        keys: dict[tuple[int, ...], int] = {}  # the same set twice is kept once
        for ids_ in (tuple(target for target, _ in links) for _, _, links in found):
            if ids_ not in keys:
                webenv, keys[ids_] = service.history.store(ids_, webenv)
        one |= {"webenv": webenv, "keys": [keys[tuple(target for target, _ in links)] for _, _, links in found]}
    return one


def _set_xml(one: dict[str, object]) -> str:
    ids, found = one["ids"], one["found"]
    assert isinstance(ids, list)
    assert isinstance(found, list)
    lines = [
        "<LinkSet>",
        f"\t<DbFrom>{one['from']}</DbFrom>",
        "\t<IdList>",
        *(f"\t\t<Id>{n}</Id>" for n in ids),
        "\t</IdList>",
    ]
    keys = one.get("keys")
    for at, (database, name, links) in enumerate(found):
        if isinstance(keys, list):
            lines += [
                "\t<LinkSetDbHistory>",
                f"\t\t<DbTo>{database}</DbTo>",
                f"\t\t<LinkName>{escape(name)}</LinkName>",
                f"\t\t<QueryKey>{keys[at]}</QueryKey>",
                "\t</LinkSetDbHistory>",
            ]
            continue
        lines += ["\t<LinkSetDb>", f"\t\t<DbTo>{database}</DbTo>", f"\t\t<LinkName>{escape(name)}</LinkName>"]
        for target, score in links:
            shown = f"\t\t\t<Score>{score}</Score>" if one["scores"] else ""
            lines += ["\t\t<Link>", f"\t\t\t<Id>{target}</Id>", *([shown] if shown else []), "\t\t</Link>"]
        lines.append("\t</LinkSetDb>")
    if one.get("webenv"):
        lines.append(f"\t<WebEnv>{one['webenv']}</WebEnv>")
    return "\n".join([*lines, "</LinkSet>"]) + "\n"


def _set_json(one: dict[str, object]) -> dict[str, object]:
    ids, found = one["ids"], one["found"]
    assert isinstance(ids, list)
    assert isinstance(found, list)
    content: dict[str, object] = {"dbfrom": one["from"], "ids": [str(n) for n in ids]}
    keys = one.get("keys")
    if isinstance(keys, list):
        content["linksetdbhistories"] = [
            {"dbto": d, "linkname": n, "querykey": str(k)} for (d, n, _), k in zip(found, keys, strict=True)
        ]
        content["webenv"] = one["webenv"]
    elif found:
        content["linksetdbs"] = [
            {
                "dbto": d,
                "linkname": n,
                "links": [{"id": str(t), "score": s} if one["scores"] else str(t) for t, s in links],
            }
            for d, n, links in found
        ]
    return content


def _checks(service: Service, request: Request, command: str, source: str, groups: list[list[int]]) -> Answer:
    """Say which links there are, without giving them."""
    sets = []
    for ids in groups:
        lines = []
        for pmid in ids:
            names = [name for name in WITHIN_PUBMED if service.corpus.linked(name, pmid)]
            if command == "acheck":
                infos = "".join(
                    f"<LinkInfo><DbTo>pubmed</DbTo><LinkName>{name}</LinkName><MenuTag/><HtmlTag/><Priority>128</Priority></LinkInfo>"
                    for name in names
                )
                lines.append(f"<IdLinkSet><Id>{pmid}</Id>{infos}</IdLinkSet>")
            else:
                flag = "HasLinkOut" if command == "lcheck" else "HasNeighbor"
                yes = "N" if command == "lcheck" or "pubmed_pubmed" not in names else "Y"
                lines.append(f'<Id {flag}="{yes}">{pmid}</Id>')
        sets.append(
            f"\n<LinkSet>\n\t<DbFrom>{source}</DbFrom>\n\t<IdCheckList>{''.join(lines)}</IdCheckList>\n</LinkSet>"
        )
    return xml("eLinkResult", "".join(sets) + "\n")


def _addresses(request: Request, source: str, groups: list[list[int]]) -> Answer:
    """Say that nobody offers an address: the corpus has no providers."""
    sets = "".join(
        f"\n<LinkSet><DbFrom>{source}</DbFrom><IdUrlList>"
        + "".join(f"<IdUrlSet>\n\t<Id>{pmid}</Id>\n\t<Info>No links</Info>\n</IdUrlSet>\n" for pmid in ids)
        + "</IdUrlList></LinkSet>"
        for ids in groups
    )
    return xml("eLinkResult", f"{sets}\n")
