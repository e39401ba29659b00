"""A page stays small enough to be sent: what is long and stands elsewhere too goes first, and it is said where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

MOST: Final = 300_000
"""Bytes of a page of twenty studies with everything."""
MANY: Final = 20
CROWDED: Final = 450_000
"""The same of a page that lists no sources."""
STEPS: Final = ("plain-json", "multiverse-csv", "bibtex", "r-script", "csv", "supports")
"""What is packed (the first) or left out, in this order, until the page is small enough."""


def most_of(k: int, crowded: bool = False) -> int:
    """Return how many bytes a page of so many studies may have: more of them than twenty need their room.

    Examples
    --------
    >>> most_of(5), most_of(20), most_of(60), most_of(3000, crowded=True)
    (300000, 300000, 900000, 450000)
    """
    return CROWDED if crowded else MOST * max(k, MANY) // MANY


def fitted(render: Callable[[frozenset[str]], str], most: int = MOST) -> str:
    """Render with everything, and again without the next long part, until the page is small enough.

    Parameters
    ----------
    render : callable
        Takes the names of what is left out, of :data:`STEPS`, and gives the page.
    most : int
        Bytes that it may have. Where it has more without all of them, that is the page: its studies stay.

    Returns
    -------
    str

    Examples
    --------
    >>> fitted(lambda out: "x" * (9 - 3 * len(out)), 5)
    'xxx'
    """
    left: frozenset[str] = frozenset()
    page = render(left)
    for step in STEPS:
        if len(page.encode()) <= most:
            break
        left |= {step}
        page = render(left)
    return page
