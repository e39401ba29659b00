"""The strip with the diamond that moves: an axis, the answer of all series as an outline, and the one that is shown."""

from __future__ import annotations

from html import escape

from ..figures.forest import fixed
from ..words.plain import isolated
from ..words.reading import Document, get, items, outcome_label
from .table import LAST, NOWHERE, decode

LEFT, WIDTH = 20.0, 600.0
"""Where the axis begins, and how long it is, in units of the picture; the script has the same numbers."""
MIDDLE, HALF, FOOT = 30.0, 10.0, 52.0
_HEIGHT = 76.0


def position(place: int) -> float:
    """Return where a place lies in the picture.

    Examples
    --------
    >>> position(0), position(LAST)
    (20.0, 620.0)
    """
    return LEFT + WIDTH * place / LAST


def diamond(places: tuple[int, int, int]) -> str:
    """Return the corners of a diamond from one limit to the other; a limit that is not there is the estimate.

    Examples
    --------
    >>> diamond((2047, 0, LAST))
    '20,30 320,20 620,30 320,40'
    """
    middle, low, high = (position(places[0] if place == NOWHERE else place) for place in places)
    top, bottom = fixed(MIDDLE - HALF), fixed(MIDDLE + HALF)
    at = fixed(MIDDLE)
    return f"{fixed(low)},{at} {fixed(middle)},{top} {fixed(high)},{at} {fixed(middle)},{bottom}"


def strip(document: Document) -> str:
    """Draw the strip; its text is escaped.

    Parameters
    ----------
    document : mapping
        With ``what_if``.

    Returns
    -------
    str
        One SVG element.
    """
    found = get(document, "what_if")
    axis = get(found, "axis")
    rows = decode(found)
    whole = rows[-1] if get(found, "held") == "subsets" else rows[0]
    label = escape(isolated(f"Pooled answer of the ticked series: {outcome_label(document)}"))
    foot, below = fixed(FOOT), fixed(FOOT + 5)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="what-if-title what-if-desc" '
        f'viewBox="0 0 {fixed(2 * LEFT + WIDTH)} {fixed(_HEIGHT)}">',
        f'<title id="what-if-title">{label}</title>',
        '<desc id="what-if-desc">The sentence above the picture says the same in words.</desc>',
        f'<line x1="{fixed(LEFT)}" y1="{foot}" x2="{fixed(LEFT + WIDTH)}" y2="{foot}"/>',
    ]
    for place, said in zip(items(axis, "ticks"), items(axis, "labels"), strict=True):
        x = fixed(position(place))
        out.append(f'<line x1="{x}" y1="{foot}" x2="{x}" y2="{below}"/>')
        out.append(f'<text x="{x}" y="{fixed(FOOT + 18)}" text-anchor="middle">{escape(said)}</text>')
    if get(axis, "null") is not None:
        x = fixed(position(get(axis, "null_place")))
        out.append(f'<line x1="{x}" y1="6" x2="{x}" y2="{foot}"/>')
    if whole.places[0] != NOWHERE:
        points = diamond(whole.places)
        out.append(f'<polygon class="now" id="what-if-diamond" points="{points}"/>')
        out.append(f'<polygon class="ghost" points="{points}"/>')
    else:
        out.append('<polygon class="now" id="what-if-diamond" visibility="hidden"/>')
    for id, edge, tip, on in (
        ("what-if-below", LEFT, -8.0, whole.places[1] == 0),
        ("what-if-above", LEFT + WIDTH, 8.0, whole.places[2] == LAST),
    ):
        corners = (
            f"{fixed(edge)},{fixed(MIDDLE - 5)} {fixed(edge + tip)},{fixed(MIDDLE)} {fixed(edge)},{fixed(MIDDLE + 5)}"
        )
        out.append(f'<polygon class="now" id="{id}" points="{corners}" visibility="{"visible" if on else "hidden"}"/>')
    return "\n".join([*out, "</svg>"])
