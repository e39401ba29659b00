"""einfo, espell and ecitmatch."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from .article import plain
from .fields import DATABASES, FIELDS, LINKS
from .wire import TEXT, Answer, Request, as_json, error, xml

if TYPE_CHECKING:
    from .service import Service

FLAGS = ("IsDate", "IsNumerical", "SingleToken", "Hierarchy", "IsHidden")


def einfo(service: Service, request: Request) -> Answer:
    """List the databases, or the fields and links of PubMed."""
    database = request.get("db").lower()
    if not database:
        if request.json:
            return as_json("einfo", {"einforesult": {"dblist": list(DATABASES)}})
        return xml(
            "eInfoResult",
            "\n<DbList>\n\n" + "".join(f"\t<DbName>{name}</DbName>\n" for name in DATABASES) + "</DbList>\n\n",
        )
    if database != "pubmed":
        message = f"Can not retrieve DbInfo for db={database}"
        return as_json("einfo", {"einforesult": {"ERROR": message}}) if request.json else error("eInfoResult", message)
    built = f"{service.today:%Y/%m/%d} 06:33"
    head = {
        "dbname": "pubmed",
        "menuname": "PubMed",
        "description": "PubMed bibliographic record",
        "dbbuild": f"Build-{service.today:%Y.%m.%d}.06.33",
        "count": str(len(service.index().everything)),
        "lastupdate": built,
    }
    if request.json:
        fields = [
            {
                "name": f.code,
                "fullname": f.name,
                "description": f.about,
                "termcount": "",
                **{flag.lower(): yes for flag, yes in zip(FLAGS, f.flags, strict=True)},
            }
            for f in FIELDS
        ]
        links = [{"name": n, "menu": m, "description": d, "dbto": to} for n, m, d, to in LINKS]
        return as_json("einfo", {"einforesult": {"dbinfo": [{**head, "fieldlist": fields, "linklist": links}]}})
    lines = ["\t<DbInfo>"]
    for tag, key in (
        ("DbName", "dbname"),
        ("MenuName", "menuname"),
        ("Description", "description"),
        ("DbBuild", "dbbuild"),
        ("Count", "count"),
        ("LastUpdate", "lastupdate"),
    ):
        lines.append(f"\t\t<{tag}>{escape(head[key])}</{tag}>")
    lines.append("\t\t<FieldList>")
    for f in FIELDS:
        flags = "".join(f"<{flag}>{yes}</{flag}>" for flag, yes in zip(FLAGS, f.flags, strict=True))
        lines.append(
            f"\t\t\t<Field><Name>{f.code}</Name><FullName>{escape(f.name)}</FullName>"
            f"<Description>{escape(f.about)}</Description><TermCount/>{flags}</Field>"
        )
    lines += ["\t\t</FieldList>", "\t\t<LinkList>"]
    for name, menu, about, to in LINKS:
        lines.append(
            f"\t\t\t<Link><Name>{name}</Name><Menu>{escape(menu)}</Menu><Description>{escape(about)}</Description><DbTo>{to}</DbTo></Link>"
        )
    return xml("eInfoResult", "\n" + "\n".join([*lines, "\t\t</LinkList>", "\t</DbInfo>"]) + "\n\n")


def espell(service: Service, request: Request) -> Answer:
    """Offer a spelling; the answer always holds an ERROR element, and an empty one means that all is well."""
    term = request.get("term")
    known = service.index().words("ALL")
    pieces: list[tuple[str, str]] = []
    for part in re.split(r"(\s+)", term):
        word = plain(part)
        better = service.corpus.spellings.get(word, "")
        if word and not better and word not in known and word not in {"and", "or", "not"}:
            near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.75)
            better = near[0] if near else ""
        pieces.append(("Replaced", better) if better else ("Original", part))
    joined: list[list[str]] = [["Original", ""]]
    for kind, text in pieces:
        if kind == "Original" and joined[-1][0] == "Original":
            joined[-1][1] += text
        else:
            joined.append([kind, text])
    changed = any(kind == "Replaced" for kind, _ in pieces)
    corrected = "".join(text for _, text in joined).lower() if changed else ""
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
