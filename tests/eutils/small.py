"""einfo, espell and ecitmatch."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from .article import plain
from .fields import Info
from .wire import TEXT, Answer, Request, as_json, error, xml

if TYPE_CHECKING:
    from .service import Service

OPERATORS = frozenset({"AND", "OR", "NOT"})
FLAGS = ("IsDate", "IsNumerical", "SingleToken", "Hierarchy", "IsHidden")


def einfo(service: Service, request: Request) -> Answer:
    """List the databases, or the fields and links of PubMed."""
    database = request.get("db").lower()
    if not database:
        names = service.databases
        if request.json:
            return as_json("einfo", {"einforesult": {"dblist": list(names)}})
        listed = "".join(f"\t<DbName>{name}</DbName>\n" for name in names)
        return xml("eInfoResult", f"\n<DbList>\n\n{listed}</DbList>\n\n")
    if database != "pubmed":
        message = f"Can not retrieve DbInfo for db={database}"
        wrong = {"einforesult": {"ERROR": message}}
        return as_json("einfo", wrong) if request.json else error("eInfoResult", message)
    info = service.info or Info(
        len(service.index().everything),
        f"{service.today:%Y/%m/%d} 06:33",
        f"Build-{service.today:%Y.%m.%d}.06.33",
    )
    return _info_json(info) if request.json else _info_xml(info)


def _head(info: Info) -> list[tuple[str, str]]:
    built = [("DbBuild", info.build)] if info.build else []
    return [
        ("DbName", "pubmed"),
        ("MenuName", "PubMed"),
        ("Description", info.description),
        *built,
        ("Count", str(info.count)),
        ("LastUpdate", info.updated),
    ]


def _info_json(info: Info) -> Answer:
    fields = [
        {"name": code, "fullname": name, "description": about, "termcount": terms}
        | {flag.lower(): yes for flag, yes in zip(FLAGS, flags, strict=True)}
        for code, name, about, terms, flags in info.fields
    ]
    links = [{"name": name, "menu": menu, "description": about, "dbto": to} for name, menu, about, to in info.links]
    head: dict[str, object] = {tag.lower(): text for tag, text in _head(info)}
    return as_json("einfo", {"einforesult": {"dbinfo": head | {"fieldlist": fields, "linklist": links}}})


def _info_xml(info: Info) -> Answer:
    def row(tag: str, pairs: list[tuple[str, str]]) -> str:
        inside = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in pairs)
        return f"\t\t\t<{tag}>{inside}</{tag}>"

    lines = ["\t<DbInfo>", *(f"\t\t<{tag}>{escape(text)}</{tag}>" for tag, text in _head(info)), "\t\t<FieldList>"]
    for code, name, about, terms, flags in info.fields:
        what = [("Name", code), ("FullName", name), ("Description", about), ("TermCount", terms)]
        lines.append(row("Field", what + list(zip(FLAGS, flags, strict=True))))
    lines += ["\t\t</FieldList>", "\t\t<LinkList>"]
    for link in info.links:
        lines.append(row("Link", list(zip(("Name", "Menu", "Description", "DbTo"), link, strict=True))))
    return xml("eInfoResult", "\n" + "\n".join([*lines, "\t\t</LinkList>", "\t</DbInfo>"]) + "\n\n")


def espell(service: Service, request: Request) -> Answer:
    """Offer a spelling; the answer always holds an ERROR element, and an empty one means that all is well."""
    term = request.get("term")
    known = service.index().words("ALL")
    pieces: list[tuple[str, str]] = []
    for part in re.split(r"(\s+)", term):
        word = plain(part)
        better = service.corpus.spellings.get(word, "")
        if word and not better and word not in known and part not in OPERATORS:
            near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.75)
            better = near[0] if near else ""
        pieces.append(("Replaced", better) if better else ("Original", part if part in OPERATORS else part.lower()))
    joined: list[list[str]] = [["Original", ""]]
    for kind, text in pieces:
        if kind == "Original" and joined[-1][0] == "Original":
            joined[-1][1] += text
        else:
            joined.append([kind, text])
    changed = any(kind == "Replaced" for kind, _ in pieces)
    corrected = "".join(text for _, text in joined) if changed else ""
    spelled = "".join(f"<{kind}>{escape(text)}</{kind}>" for kind, text in joined) if changed else ""
    return xml(
        "eSpellResult",
        (
            f"\n\t<Database>pubmed</Database>\n\t<Query>{escape(term)}</Query>\n\t<CorrectedQuery>{escape(corrected)}</CorrectedQuery>\n"
            f"\t<SpelledQuery>{spelled}</SpelledQuery>\n\t<ERROR/>\n"
        ),
    )


def ecitmatch(service: Service, request: Request) -> Answer:
    """Find PMIDs by ``journal|year|volume|first page|author|key|``, one line each."""
    index, lines = service.index(), []
    for line in re.split(r"[\r\n]+", request.get("bdata")):
        if not line.strip():
            continue
        journal, year, volume, page, author, key = [*line.split("|"), *[""] * 6][:6]
        found = set(index.everything)
        for code, text in (("JOUR", journal), ("VOL", volume)):
            found &= index.value(code, plain(text)) if text else found
        if page:
            found &= {n for n in found if any(v.split()[:1] == [plain(page)] for v in _values(service, n, "PAGE"))}
        if author:
            found &= index.author("FULL", plain(author))
        if year.isdigit():
            found &= index.between("PDAT", (int(year), 1, 1), (int(year), 12, 31))
        best = "NOT_FOUND" if not found else str(min(found)) if len(found) == 1 else f"AMBIGUOUS {len(found)} citations"
        lines.append(f"{journal}|{year}|{volume}|{page}|{author}|{key}|{best}\n")
    return Answer("".join(lines).encode(), 200, TEXT)


def _values(service: Service, pmid: int, code: str) -> frozenset[str]:
    article = service.corpus.get(pmid)
    return article.values.get(code, frozenset()) if article else frozenset()
