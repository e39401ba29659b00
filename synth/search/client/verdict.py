"""What an answer of E-utilities is, judged from its bytes before anything reads it.

A failure of the service comes in many clothes: an ``ERROR`` element inside HTTP 200, a page of HTML, JSON with raw line
ends in its strings where XML was asked for, an empty body, one that stops in the middle, a C++ trace. None of them is
"no hits", so every body passes here first. What passes is well-formed to its last byte, has the root element of its
endpoint, says nothing of an error, and declares no entity: nothing in it can expand, and nothing is fetched.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import Final, Literal
from xml.etree import ElementTree
from xml.parsers import expat

__all__ = ["ROOTS", "Kind", "Verdict", "classify"]

Kind = Literal["good", "rate", "transient", "final"]

ROOTS: Final = {
    "einfo": ("eInfoResult",),
    "esearch": ("eSearchResult",),
    "epost": ("ePostResult",),
    "esummary": ("eSummaryResult",),
    "efetch": ("PubmedArticleSet", "PubmedBookArticleSet"),
    "elink": ("eLinkResult",),
    "espell": ("eSpellResult",),
}
"""The root element of a good answer of each endpoint."""

# What asking again cannot cure, because it answers the question and not the state of the service.
_FINAL: Final = re.compile(
    r"retstart.{0,3} cannot be larger|OUT OF RANGE|Invalid db name|Can not retrieve DbInfo|Neither query_key nor id"
    r"|Too many UIDs|Empty ID list|Some IDs have invalid value|Empty term|API key (?:invalid|not)|No authentication"
    r"|Unable to obtain query|Cannot retrieve history data|Invalid (?:uid|id|query_key|WebEnv)|not a valid"
    r"|mindate|maxdate",
    re.I,
)  # fmt: skip
_RATE: Final = re.compile(rb"API rate limit exceeded|rate limit", re.I)
_TRACE: Final = re.compile(
    rb"NCBI C\+\+ Exception|CException::|ncbi::|Backend failed|Unable to route request|viewer error|timed? ?out", re.I
)
_SHOWN = 300
_LARGEST_TREE = 64 * 2**20
_MOST_MARKS = 2_000_000  # "<" in a tree: ten thousand ids have 20,000, the links of a hundred records a tenth of this
_DEEPEST = 200  # recorded answers have 12
_PIECE = 2**14
_FEW_OPEN = 2**17  # elements that are open, or that close themselves, before each is looked at: 20 MB of expat's memory


@dataclass(frozen=True)
class Verdict:
    """What an answer is.

    Attributes
    ----------
    kind : {"good", "rate", "transient", "final"}
        Good: may be read. Rate: too many requests, wait. Transient: a fault that asking again may cure. Final: one that
        it cannot cure.
    reason : str
        What is wrong, in words for a person, secrets not yet taken out; "" for a good answer.
    """

    kind: Kind
    reason: str = ""


def classify(body: bytes, endpoint: str, status: int = 200) -> Verdict:
    r"""Judge an answer from its bytes.

    Parameters
    ----------
    body : bytes
        As it came.
    endpoint : str
        A key of :data:`ROOTS`; the answer was asked for as XML.
    status : int
        Of HTTP.

    Examples
    --------
    >>> classify(b"<eSearchResult><Count>0</Count></eSearchResult>", "esearch")
    Verdict(kind='good', reason='')
    >>> classify(b"<eSearchResult><ERROR>Search Backend failed: down</ERROR></eSearchResult>", "esearch")
    Verdict(kind='transient', reason='Search Backend failed: down')
    >>> classify(b"<PubmedArticleSet><PubmedArticle>", "efetch").kind
    'transient'
    >>> classify(b'{"error":"API rate limit exceeded","count":"4","limit":"3"}', "esearch").kind
    'rate'
    """
    bare = body.removeprefix(codecs.BOM_UTF8).strip()
    if status == 429 or (len(bare) < 4096 and bare[:1] == b"{" and _RATE.search(bare)):
        return Verdict("rate", "too many requests (HTTP 429)" if status == 429 else "API rate limit exceeded")
    if status >= 500 or status in (408, 425):
        return Verdict("transient", _with_status(status, _snippet(bare)))
    told = _told(bare, endpoint)
    if status >= 300:
        # The reason of an HTTP 400 stands in its body, and can be a passing one all the same.
        kind: Kind = "transient" if _TRACE.search(bare) and not _FINAL.search(told.reason) else "final"
        return Verdict(kind, _with_status(status, told.reason or _snippet(bare)))
    return told


def _told(bare: bytes, endpoint: str) -> Verdict:
    if not bare:
        return Verdict("transient", "an empty answer")
    if bare[:1] in b"{[":
        return _json(bare)
    if bare[:1] != b"<":
        return Verdict("transient", _snippet(bare))
    if re.match(rb"(?:<!DOCTYPE\s+html|<html|<head|<body|<title|<h1|<p>)", bare, re.I):
        return Verdict("transient", f"a page of HTML instead of data: {_snippet(re.sub(rb'<[^>]*>', b' ', bare))}")
    try:
        root, comments = _walk(bare)
    except (expat.ExpatError, ValueError) as error:
        text = _snippet(bare) if _TRACE.search(bare) else str(error)
        return Verdict("transient", f"the answer is cut or damaged ({text})")
    if root not in ROOTS.get(endpoint, ()):
        errors = _errors(bare) if root.endswith("Result") else []
        return _error(errors) if errors else Verdict("transient", f"an answer of another kind (<{root[:40]}>)")
    if endpoint == "efetch":
        # An abstract cannot hold this: there it would be written &lt;ERROR.
        found = re.search(rb"<ERROR>([^<]*)", bare, re.I)
        return _error([_text(found[1])]) if found else Verdict("good")
    if errors := _errors(bare):
        return _error(errors)
    if failed := [text for text in comments if "failed" in text.lower() or "exception" in text.lower()]:
        return Verdict("transient", failed[0])
    if endpoint == "esearch" and not re.search(rb"<Count>\s*\d+\s*</Count>", bare):
        return Verdict("transient", "an answer without a count")
    return Verdict("good")


def _walk(bare: bytes) -> tuple[str, list[str]]:
    """Parse to the last byte; give the name of the root and the comments.

    Raises
    ------
    ExpatError, ValueError
        It is not well-formed, declares an entity, or its characters are not in the encoding that it claims.
    """
    head = re.match(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)", bare)
    claimed = head[1].decode("ascii").lower() if head else "utf-8"
    if claimed not in ("utf-8", "utf8", "us-ascii", "ascii") and not bare.isascii() and _is_utf8(bare):
        raise ValueError(f"it claims to be in {claimed} and is in UTF-8")
    _bound_depth(bare)
    parser = expat.ParserCreate()
    names: list[str] = []
    comments: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        names.append(name)
        parser.StartElementHandler = None  # the rest is expat's own, without a call into Python for each element

    def entity(*declared: object) -> None:
        raise ValueError(f"it declares the entity {str(declared[0])[:40]!r}")

    parser.StartElementHandler = start
    parser.CommentHandler = lambda text: comments.append(_text(text.encode("utf-8", "replace")))
    parser.EntityDeclHandler = entity
    parser.Parse(bare, True)
    return names[0], comments


def _bound_depth(bare: bytes) -> None:
    """Refuse elements in elements without end: expat keeps each open one, in a hundred bytes and more.

    More elements are opened than closed in front of the deepest one. Counting that a piece at a time is enough where
    nothing but elements (and one document type) begins with "<"; only else each element is looked at.

    Raises
    ------
    ExpatError, ValueError
        It is deeper than any answer, or not well-formed.
    """
    left = most = 0
    for start in range(0, len(bare), _PIECE):
        piece = bare[start : start + _PIECE + 1]  # one byte more, so that no "</" is cut in two
        left += piece.count(b"<", 0, _PIECE) - 2 * piece.count(b"</")
        most = max(most, left)
    if most + _PIECE // 3 <= _FEW_OPEN and bare.count(b"<!") <= bare[:4096].count(b"<!DOCTYPE"):
        return
    depth = 0
    parser = expat.ParserCreate()

    def start_element(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise ValueError(f"more than {_DEEPEST} elements stand in one another")

    def end_element(name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler = start_element
    parser.EndElementHandler = end_element
    parser.Parse(bare, True)


def _errors(bare: bytes) -> list[str]:
    """List what stands in ERROR elements that are not empty (espell always has an empty one)."""
    if len(bare) > _LARGEST_TREE or bare.count(b"<") > _MOST_MARKS:
        return ["an answer that is larger than any"]
    root = ElementTree.fromstring(bare)
    # An <error> deeper down is about one id of many, which is then not among the delivered.
    found = [*root.iter("ERROR"), *root.findall("error")]
    texts = [_text("".join(each.itertext()).encode()) for each in found]
    return [text for text in texts if text and text != "Empty result"]


def _json(bare: bytes) -> Verdict:
    """Find what JSON says went wrong where XML was asked for; real bodies have raw line ends inside their strings."""
    text = bare.decode("utf-8", "replace")
    found: list[str] = []
    try:
        left = [json.loads(text, strict=False)]
    except (ValueError, RecursionError):
        left = []
        found = re.findall(r'"error"\s*:\s*"([^"]{1,2000})', text, re.I)
    while left:
        each = left.pop()
        if isinstance(each, dict):
            found += [v for k, v in each.items() if k.lower() == "error" and isinstance(v, str) and v.strip()]
            left += each.values()
        elif isinstance(each, list):
            found += [v for v in each if isinstance(v, str) and "Too many UIDs" in v]
            left += each
    return _error([_text(each.encode()) for each in found]) if found else Verdict("transient", _snippet(bare))


def _error(texts: list[str]) -> Verdict:
    said = "; ".join(texts)[: 2 * _SHOWN]
    return Verdict("final" if _FINAL.search(said) else "transient", said)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _with_status(status: int, said: str) -> str:
    return f"HTTP {status}: {said}" if said else f"HTTP {status}"


def _snippet(bare: bytes) -> str:
    return _text(bare[: 4 * _SHOWN])


def _text(data: bytes) -> str:
    text = " ".join(data.decode("utf-8", "replace").split())
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
