"""Read a pooled document without falling over what is not in it.

A document is plain JSON. One-off tables carry less than a review does, so a missing key and an explicit null are the
same here: undefined.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import plain, rounding

Document = Mapping[str, Any]

DOUBTFUL = {"events_basis": {"derived"}, "total_basis": {"derived"}}


def get(source: Any, *path: str) -> Any:
    """Follow keys into nested mappings; ``None`` where any of them is missing.

    Examples
    --------
    >>> get({"pooled": {"estimate": 0.5}}, "pooled", "estimate"), get({"review": None}, "review", "title")
    (0.5, None)
    """
    for key in path:
        if not isinstance(source, Mapping):
            return None
        source = source.get(key)
    return source


def items(source: Any, *path: str) -> list[Any]:
    """Follow keys to a list; the empty list where there is none.

    Examples
    --------
    >>> items({"studies": [1, 2]}, "studies"), items({}, "excluded")
    ([1, 2], [])
    """
    found = get(source, *path)
    return list(found) if isinstance(found, (list, tuple)) else []


def text(source: Any, *path: str) -> str:
    """Follow keys to visible text; the empty string where there is none.

    Examples
    --------
    >>> text({"arm": {"label": "Minimally invasive"}}, "arm", "label"), text({"arm": None}, "arm", "label")
    ('Minimally invasive', '')
    """
    return plain.visible(get(source, *path))


def level(document: Document) -> str:
    """Return the confidence level as text.

    Examples
    --------
    >>> level({"settings": {"level": 0.9}}), level({})
    ('90%', '95%')
    """
    value = get(document, "settings", "level")
    return rounding.level(0.95 if value is None else value)


def whole(value: Any) -> int | None:
    """Return a whole number, also where JSON holds it as 4.0; ``None`` for anything else.

    Examples
    --------
    >>> whole(4.0), whole(4), whole(4.5), whole(None)
    (4, 4, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        return None
    return int(value)


def outcome_label(document: Document) -> str:
    """Return what the outcome is called.

    Examples
    --------
    >>> outcome_label({"outcome": "fusion", "outcome_info": {"label": "Fusion"}}), outcome_label({"outcome": "figures"})
    ('Fusion', 'figures')
    """
    return text(document, "outcome_info", "label") or text(document, "outcome") or "Outcome"


def predicate(document: Document) -> str:
    """Return the words that complete "Of 100 patients, 16 …".

    Examples
    --------
    >>> predicate({"outcome_info": {"predicate": "died within one year."}}), predicate({})
    ('died within one year', 'had the event')
    """
    return plain.clause(get(document, "outcome_info", "predicate")) or "had the event"


def is_doubtful(study: Any) -> bool:
    """Tell whether a study's figure was worked out rather than printed, or is only a bound.

    Examples
    --------
    >>> is_doubtful({"provenance": {"total_basis": "derived"}}), is_doubtful({"provenance": {"total_basis": "stated"}})
    (True, False)
    """
    derived = any(get(study, "provenance", key) in values for key, values in DOUBTFUL.items())
    return derived or bool(get(study, "provenance", "bound"))


def is_added_up(document: Document) -> bool:
    """Tell whether no model was fitted: nobody or everybody had the event, and the patients were added up.

    Examples
    --------
    >>> pooled = {"ci_method": "exact", "reporting": {"estimate": 0.0}}
    >>> is_added_up({"k": 3, "settings": {"model": "glmm"}, "pooled": pooled}), is_added_up({"k": 1, "pooled": pooled})
    (True, False)
    """
    ends = {"proportion": {0, 1}, "rate": {0}}.get(text(document, "settings", "reporting") or "proportion", set())
    return (
        (get(document, "k") or 0) > 1
        and get(document, "settings", "model") == "glmm"
        and get(document, "pooled", "reporting", "estimate") in ends
    )


def has_zero_cell(study: Any) -> bool:
    """Tell whether a study has an arm without events, or one in which every patient had the event.

    Examples
    --------
    >>> has_zero_cell({"events": 0, "total": 9}), has_zero_cell({"data": {"events_1": 2, "total_1": 2}})
    (True, True)
    >>> has_zero_cell({"events": 1, "total": 9}), has_zero_cell({"data": {"mean": 0.0}})
    (False, False)
    """
    data = get(study, "data") or {"events": get(study, "events"), "total": get(study, "total")}
    for name, value in data.items():
        if name.startswith("events") and value is not None:
            total = data.get(name.replace("events", "total"))
            if value == 0 or value == total:
                return True
    return False
