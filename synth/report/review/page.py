"""Set the index of a review: its document into the template, one self-contained HTML text out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count

from markupsafe import Markup

from ..figures.prisma import STYLE as FLOW_STYLE
from ..figures.traffic import STYLE as TRAFFIC_STYLE
from ..outcome.page import environment
from .model import Document
from .view import index

__all__ = ["render"]

# Halves of letters: what JSON may hold and no file can.
_HALVES = re.compile("[\ud800-\udfff]")


def render(document: Document, *, searches: Sequence[str] = ()) -> str:
    """Return the page of a whole review.

    Parameters
    ----------
    document : mapping
        Of schema ``synth.index/1``.
    searches : sequence of str
        For each of its searches the record as a fragment of HTML, everything escaped, or "".

    Returns
    -------
    str
        One HTML file without scripts; the same document gives the same bytes.

    Examples
    --------
    >>> page = render({"review": {"title": "<T>", "question": {"text": "How many?"}}})
    >>> page.startswith("<!doctype html>"), "&lt;T&gt;" in page, "<script" in page
    (True, True, False)
    """
    model = index(document, searches)
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            page=model,
            traffic_style=Markup(TRAFFIC_STYLE),
            flow_style=Markup(FLOW_STYLE),
            lights=[Markup(part.lights) for part in model.bias],
            flow=Markup(model.flow.svg),
            fragments=[Markup(_set(part.fragment, number)) for number, part in enumerate(model.searches, start=1)],
        )
    )


def _set(fragment: str, number: int) -> str:
    """Let each table of a record scroll by itself on a narrow screen; text in it is escaped, so that tags are tags."""
    tables = count(1)

    def region(_: re.Match[str]) -> str:
        label = f"Record of search {number}, table {next(tables)}"
        return f'<div class="scroll" role="region" aria-label="{label}" tabindex="0"><table>'

    return re.sub("<table>", region, _HALVES.sub("\ufffd", fragment)).replace("</table>", "</table></div>")
