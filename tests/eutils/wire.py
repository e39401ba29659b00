"""Requests and answers between the transport and the endpoints."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from xml.sax.saxutils import escape

_Item = TypeVar("_Item")
XML = "text/xml; charset=UTF-8"
JSON = "application/json; charset=UTF-8"
TEXT = "text/plain; charset=UTF-8"
HTML = "text/html"

# Document types as the live service writes them.
_DTD = "https://eutils.ncbi.nlm.nih.gov/eutils/dtd"
DOCTYPES = {
    "eSearchResult": ("-//NLM//DTD esearch 20060628//EN", f"{_DTD}/20060628/esearch.dtd"),
    "ePostResult": ("-//NLM//DTD epost 20090526//EN", f"{_DTD}/20090526/epost.dtd"),
    "eSummaryResult": ("-//NLM//DTD esummary v1 20041029//EN", f"{_DTD}/20041029/esummary-v1.dtd"),
    "eLinkResult": ("-//NLM//DTD elink 20101123//EN", f"{_DTD}/20101123/elink.dtd"),
    "eInfoResult": ("-//NLM//DTD einfo 20190110//EN", f"{_DTD}/20190110/einfo.dtd"),
    "eFetchResult": ("-//NLM//DTD efetch 20131226//EN", f"{_DTD}/20131226/efetch.dtd"),
    "eSpellResult": (
        "-//NLM//DTD eSpellResult, 23 November 2004//EN",
        "https://www.ncbi.nlm.nih.gov/entrez/query/DTD/eSpell.dtd",
    ),
}


@dataclass
class Request:
    """One request as the endpoints see it: names of parameters in lower case, values in order."""

    endpoint: str
    method: str
    params: Mapping[str, list[str]]
    headers: Mapping[str, str] = field(default_factory=dict)
    client: str = "127.0.0.1"
    number: int = 0
    time: float = 0.0
    length: int = 0  # of the address
    twists: dict[str, object] = field(default_factory=dict)  # what a fault plan does to the records of the answer

    def get(self, name: str, default: str = "") -> str:
        """Give the last value of a parameter."""
        values = self.params.get(name)
        return values[-1] if values else default

    def number_of(self, name: str, default: int) -> int:
        """Give a parameter as a number; what is none counts as not given."""
        text = self.get(name).strip()
        return int(text) if re.fullmatch(r"\d{1,12}", text) else default

    @property
    def json(self) -> bool:
        """Tell whether JSON was asked for."""
        return self.get("retmode").lower() == "json"

    @property
    def id_groups(self) -> list[list[str]]:
        """Give the ids of every ``id`` parameter apart: ``id=1,2&id=3`` is two groups."""
        groups = [
            [one.strip() for one in re.split(r"[,\s]+", value) if one.strip()] for value in self.params.get("id", [])
        ]
        return [group for group in groups if group]

    @property
    def ids(self) -> list[str]:
        """Give all ids."""
        return [one for group in self.id_groups for one in group]


@dataclass(frozen=True)
class Answer:
    """A body with its status and type."""

    body: bytes
    status: int = 200
    type: str = XML
    headers: tuple[tuple[str, str], ...] = ()


def doctype(root: str) -> str:
    """Give declaration and document type of an answer."""
    public, system = DOCTYPES[root]
    named = "eEfetchResult" if root == "eFetchResult" else root  # the live service misspells its own root
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE {named} PUBLIC "{public}" "{system}">\n'


def xml(root: str, inside: str, status: int = 200) -> Answer:
    """Wrap the inside of an answer."""
    return Answer(f"{doctype(root)}<{root}>{inside}</{root}>\n".encode(), status)


def error(root: str, *messages: str, status: int = 200) -> Answer:
    """Give the answer that holds nothing but what is wrong."""
    inside = "".join(f"\n\t<ERROR>{escape(message)}</ERROR>" for message in messages)
    return xml(root, f"{inside}\n", status)


def as_json(kind: str, content: Mapping[str, object], status: int = 200) -> Answer:
    """Give an answer as JSON with the header that all of them have."""
    whole = {"header": {"type": kind, "version": "0.3"}, **content}
    return Answer((json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n").encode(), status, JSON)


def known_ids(texts: list[str]) -> list[int]:
    """Give the distinct PMIDs among ids, in the order asked; what spells no PMID is passed over."""
    numbers = [int(text) for text in texts if re.fullmatch(r"\d{1,18}", text)]
    return [n for n in dict.fromkeys(numbers) if n > 0]


def twisted(items: list[_Item], twists: Mapping[str, object]) -> list[_Item]:
    """Do to the records or the PMIDs of one answer what a fault plan says: leave out, double, shuffle."""
    draw = random.Random(int(str(twists.get("seed", 1))))
    missing, twice = (int(str(twists.get(name, 0))) for name in ("missing", "duplicate"))
    for _ in range(min(missing, len(items))):
        items.pop(draw.randrange(len(items)))
    for _ in range(twice if items else 0):
        items.insert(draw.randrange(len(items) + 1), draw.choice(items))
    if twists.get("reorder"):
        draw.shuffle(items)
    return items
