"""The sections on further analyses that a document holds, in the order of the page, and the papers they rest on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..words.reading import Document, get, items
from . import bias as section_bias
from . import choices as section_choices
from . import gosh as section_gosh
from . import groups as section_groups
from .model import Section

_Maker = Callable[[Document, Any], Section]

MAKERS: dict[str, _Maker] = {
    "second_opinions": section_choices.second_opinions,
    "subgroups": section_groups.subgroups,
    "regression": section_groups.regression,
    "cumulative": section_groups.cumulative,
    "influence": section_bias.influence,
    "gosh": section_gosh.gosh,
    "bias": section_bias.bias,
    "presets": section_choices.presets,
    "multiverse": section_choices.multiverse,
}


def sections(document: Document) -> tuple[Section, ...]:
    """Return a section for each analysis that was asked for or given.

    Parameters
    ----------
    document : mapping
        A pooled document; ``analyses`` may be missing, and each key in it null.

    Examples
    --------
    >>> sections({}), sections({"analyses": {"bias": None, "bias_reason": "not asked for"}})
    ((), ())
    >>> [one.id for one in sections({"analyses": {"bias": {"k": 2, "reason": "two studies"}}})]
    ['bias']
    """
    found = get(document, "analyses")
    made = []
    for key, make in MAKERS.items():
        if given := get(found, key):
            made.append(make(document, given))
        if key == "subgroups":
            for number, one in enumerate(items(found, "more_subgroups"), start=2):
                made.append(section_groups.subgroups(document, one, number))
    return tuple(made)
