"""The pictures of a section: drawn by the figures' room, framed for the page."""

from __future__ import annotations

from ..figures.figure import Figure as Drawn
from ..figures.figure import Reason
from ..figures.forest import narrow, parts
from ..figures.forest_marks import Spec
from .model import Figure

MOST_NARROW = 12
"""With more lines than this a forest is not drawn a second time for a telephone: it scrolls, and its table is below."""


def chart(label: str, made: Drawn | Reason) -> tuple[Figure, ...]:
    """Frame one picture; none where there is only a reason, which the section says in its own words.

    Examples
    --------
    >>> chart("Baujat plot", Reason("Nobody asked."))
    ()
    """
    return () if isinstance(made, Reason) else (Figure(label, (made.svg,), "", made.caption),)


def forest(label: str, spec: Spec | None, name: str, caption: str) -> tuple[Figure, ...]:
    """Frame a forest, in parts that each fit a printed page; a small one has a form for a telephone too.

    Examples
    --------
    >>> forest("Cumulative forest", None, "cumulative", "")
    ()
    """
    if spec is None:
        return ()
    lines = sum(len(block.lines) for block in spec.blocks)
    small = narrow(spec, name) if lines <= MOST_NARROW else ""
    return (Figure(label, tuple(parts(spec, name)), small, caption),)
