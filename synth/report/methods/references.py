"""The papers that the methods on a page rest on, each under a key that sentences cite."""

from __future__ import annotations

from collections.abc import Iterable

from .papers import INTERVALS_AND_MODELS, Reference
from .papers_grade import CERTAINTY
from .papers_more import MEASURES_AND_ANALYSES

REFERENCES: dict[str, Reference] = {
    reference.key: reference for reference in (*INTERVALS_AND_MODELS, *MEASURES_AND_ANALYSES, *CERTAINTY)
}


def numbered(keys: Iterable[str]) -> dict[str, int]:
    """Number keys in the order of their first mention, as Vancouver style does.

    Parameters
    ----------
    keys : iterable of str
        Keys of :data:`REFERENCES`, repeats allowed.

    Raises
    ------
    KeyError
        For a key that no reference has.

    Examples
    --------
    >>> numbered(["stijnen2010", "clopper1934", "stijnen2010"])
    {'stijnen2010': 1, 'clopper1934': 2}
    """
    order: dict[str, int] = {}
    for key in keys:
        order.setdefault(REFERENCES[key].key, len(order) + 1)
    return order
