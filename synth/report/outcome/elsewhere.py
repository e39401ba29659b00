"""Where the long parts of a page are that would be too large with them."""

from __future__ import annotations

from ..words import plain
from ..words.reading import Document, get, text
from .crowded import is_crowded


def where(document: Document) -> str:
    """Return the command that writes what a page leaves out.

    Parameters
    ----------
    document : mapping
        A pooled document.

    Returns
    -------
    str
        With the outcome's name in a review; with a file elsewhere, which is the JSON where the page holds no document.

    Examples
    --------
    >>> where({"outcome": "fusion", "review": {"title": "Fusion"}})
    '"synth export fusion"'
    >>> where({"outcome": "table", "studies": [{}] * 200})
    '"synth export" with the name of the JSON file beside this page'
    """
    if get(document, "review"):
        return f'"synth export {plain.visible(text(document, "outcome"))}"'
    file = "the JSON file beside this page" if is_crowded(document) else "this page"
    return f'"synth export" with the name of {file}'
