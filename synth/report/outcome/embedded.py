"""The document inside its page: written once as JSON that no browser runs, and read back from the page alone."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Mapping
from typing import Any

from ..words.reading import Document

ID = "synth-document"
_OPEN = f'<script type="application/json" id="{ID}">'
_CLOSE = "</script>"
BESIDE = '<meta name="synth-document" content="beside">'
"""In the head of a page that would be too large with its document."""
_FIELDS = "@fields"
_DEFLATED = "@deflated"
_MOST = 64 * 2**20
_FEW = 3
# What could end the element, begin another, or be no line of a script; each has an escape in JSON strings, and none
# of them stands anywhere else in JSON. Besides them what no terminal nor editor should be given raw.
_ESCAPED = re.compile("[<>&\x7f-\x9f\xad\u202a-\u202e\u2028\u2029\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")


class NotInside(ValueError):
    """The page holds no document because it would be too large with it."""


def embed(document: Document, *, small: bool = False) -> str:
    r"""Write a document as the text of an element that a page may hold.

    Parameters
    ----------
    document : mapping
        Plain JSON: any schema of synth's.
    small : bool
        Deflate all but ``what_if``, which the page's script reads. Another build of zlib may give other bytes.

    Returns
    -------
    str
        ``<script type="application/json" id="synth-document">…</script>``, safe as markup: it has no ``<``, ``>`` or
        ``&`` inside. A content policy does not regard it, because nothing runs it.

    Raises
    ------
    ValueError
        A number is not finite, which no document may hold.

    Examples
    --------
    >>> print(embed({"study": "</script>"}))
    <script type="application/json" id="synth-document">{"study":"\u003c/script\u003e"}</script>
    """
    text = _written(_packed(document))
    if small:
        whole = {**document, "what_if": None} if "what_if" in document else document
        held = b64encode(zlib.compress(_written(_packed(whole)).encode("utf-8", "surrogatepass"), 9)).decode("ascii")
        text = _written({"what_if": document.get("what_if"), _DEFLATED: held})
    return f"{_OPEN}{_ESCAPED.sub(_escape, text)}{_CLOSE}"


def _written(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def _inflated(found: dict[str, Any]) -> Any:
    """Undo ``small`` of :func:`embed`; a page cannot make it give out more than it is allowed to."""
    inflate = zlib.decompressobj()
    try:
        data = inflate.decompress(b64decode(found[_DEFLATED], validate=True), _MOST)
        if not inflate.eof:
            raise ValueError("its document is cut off, or too large")
        whole = json.loads(data.decode("utf-8", "surrogatepass"), parse_constant=_no_number)
    except (zlib.error, NoBase64, TypeError, RecursionError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError("its document is damaged") from error
    return {**whole, "what_if": found.get("what_if")} if isinstance(whole, dict) and "what_if" in whole else whole


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def extract(html: str) -> dict[str, Any]:
    """Read the document back from a page.

    Parameters
    ----------
    html : str
        The whole page.

    Returns
    -------
    dict
        Equal to what was embedded, with its keys in the same order.

    Raises
    ------
    ValueError
        The page holds no document, several, or one that is cut off or is no JSON object; says which.
    NotInside
        The document stands beside the page.

    Examples
    --------
    >>> extract("<p>" + embed({"k": 5, "study": "A & B"}) + "</p>")
    {'k': 5, 'study': 'A & B'}
    >>> extract("<p>no page of synth's</p>")
    Traceback (most recent call last):
        ...
    ValueError: it holds no document: it is no outcome's page, or one of an older synth
    """
    parts = html.split(_OPEN)
    if len(parts) == 1 and BESIDE in html:
        raise NotInside("the page is too large to hold its document, which is the JSON file beside it")
    if len(parts) == 1:
        raise ValueError("it holds no document: it is no outcome's page, or one of an older synth")
    if len(parts) > 2:
        raise ValueError("it holds more than one document")
    text, end, _ = parts[1].partition(_CLOSE)
    if not end:
        raise ValueError("its document is cut off: the file is not whole")
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its document is no JSON: {error}") from error
    if isinstance(found, dict) and _DEFLATED in found:
        found = _inflated(found)
    if not isinstance(found, dict):
        raise ValueError("its document is no JSON object")
    whole: dict[str, Any] = unpack(found)
    return whole


def pack(value: Any) -> Any:
    """Write every list of three objects or more as a table: the names once, then only values.

    Parameters
    ----------
    value : object
        Plain JSON that has no field called ``@fields``.

    Returns
    -------
    object
        Such a list becomes ``{"@fields": [names, ...], "rows": [[i, value, ...], ...]}``, each row led by the number of
        its names.

    Examples
    --------
    >>> pack({"rows": [{"a": 1}, {"a": 2}, {"a": 3, "b": None}], "few": [{"a": 1}]})
    {'rows': {'@fields': [['a'], ['a', 'b']], 'rows': [[0, 1], [0, 2], [1, 3, None]]}, 'few': [{'a': 1}]}
    """
    if isinstance(value, Mapping):
        return {name: pack(each) for name, each in value.items()}
    if not isinstance(value, list | tuple):
        return value
    if len(value) < _FEW or not all(isinstance(each, Mapping) for each in value):
        return [pack(each) for each in value]
    kinds = list(dict.fromkeys(tuple(each) for each in value))
    number = {names: i for i, names in enumerate(kinds)}
    rows = [[number[tuple(each)], *(pack(one) for one in each.values())] for each in value]
    return {_FIELDS: [list(names) for names in kinds], "rows": rows}


def unpack(value: Any) -> Any:
    """Undo :func:`pack`.

    Raises
    ------
    ValueError
        A table whose rows do not fit its fields.

    Examples
    --------
    >>> rows = [{"a": 1}, {"a": 2}, {"b": [{"c": 1}, {"c": 2}, {"c": 3}]}]
    >>> unpack(pack(rows)) == rows
    True
    """
    if isinstance(value, list):
        return [unpack(each) for each in value]
    if not isinstance(value, dict):
        return value
    if _FIELDS not in value:
        return {name: unpack(each) for name, each in value.items()}
    try:
        kinds = value[_FIELDS]
        return [
            dict(zip(kinds[number], map(unpack, values), strict=True)) for number, *values in value["rows"]
        ]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError("a table in its document is damaged") from error


def _packed(document: Any) -> Any:
    """Pack a document, unless a sheet's own column has the very name that marks a table."""
    return document if _has(document, _FIELDS) else pack(document)


def _has(value: Any, name: str) -> bool:
    if isinstance(value, Mapping):
        return name in value or any(_has(each, name) for each in value.values())
    return isinstance(value, list | tuple) and any(_has(each, name) for each in value)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
