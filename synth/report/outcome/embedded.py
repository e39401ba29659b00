"""The document inside its page: written once as JSON that no browser runs, and read back from the page alone."""

from __future__ import annotations

import json
import re
from typing import Any

from ..words.reading import Document

ID = "synth-document"
_OPEN = f'<script type="application/json" id="{ID}">'
_CLOSE = "</script>"
# What could end the element, begin another, or be no line of a script; each has an escape in JSON strings, and none
# of them stands anywhere else in JSON. Besides them what no terminal nor editor should be given raw.
_ESCAPED = re.compile("[<>&\x7f-\x9f\xad\u202a-\u202e\u2028\u2029\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")


def embed(document: Document) -> str:
    r"""Write a document as the text of an element that a page may hold.

    Parameters
    ----------
    document : mapping
        Plain JSON: any schema of synth's.

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
    text = json.dumps(document, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return f"{_OPEN}{_ESCAPED.sub(_escape, text)}{_CLOSE}"


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
    if not isinstance(found, dict):
        raise ValueError("its document is no JSON object")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
