"""What a study's data look like in a column: events of total, events over person-time, mean (SD) and size."""

from __future__ import annotations

from typing import Any

from . import plain, rounding
from .reading import Document, get, items, text, whole


def arms(document: Document) -> tuple[str, str] | None:
    """Return what the two arms of a comparison are called, the one whose effect is looked for first.

    Returns
    -------
    tuple of str or None
        ``None`` where the figures are not of two arms.

    Examples
    --------
    >>> arms({"studies": [{"data": {"events_1": 1, "total_1": 9, "events_2": 2, "total_2": 9}}]})
    ('arm 1', 'arm 2')
    >>> arms({"arms": [{"id": "mis", "label": "Minimally invasive"}, {"id": "open", "label": "Open"}]})
    ('Minimally invasive', 'Open')
    """
    named = items(document, "arms") or items(document, "compare")
    if len(named) == 2:
        first, second = (
            (text(arm, "label") or text(arm, "id")) if isinstance(arm, dict) else plain.visible(arm) for arm in named
        )
        return first or "arm 1", second or "arm 2"
    two = any(name.endswith("_2") for study in items(document, "studies")[:1] for name in get(study, "data") or {})
    return ("arm 1", "arm 2") if two else None


def are_named(document: Document) -> bool:
    """Tell whether the two arms have names of their own; a one-off table may number them only.

    Examples
    --------
    >>> are_named({"arms": ["A", "B"]}), are_named({})
    (True, False)
    """
    return len(items(document, "arms")) == 2 or len(items(document, "compare")) == 2


def cells(study: Any) -> tuple[str, str]:
    """Write a study's data for one column or, where it has two arms, two.

    Examples
    --------
    >>> cells({"events": 29, "total": 30})
    ('29/30', '')
    >>> cells({"data": {"events_1": 4.0, "total_1": 123.0, "events_2": 11.0, "total_2": 139.0}})
    ('4/123', '11/139')
    >>> cells({"data": {"mean": 12.25, "sd": 3.1, "n": 40.0}})
    ('12.3 (3.10), 40', '')
    """
    data = get(study, "data") or {}
    if any(name.endswith("_2") for name in data):
        return _cell(data, "_1"), _cell(data, "_2")
    if not data or "total" in data:
        if get(study, "events") is None and get(study, "total") is None:
            return rounding.ABSENT, ""
        return rounding.events_of(get(study, "events"), get(study, "total")), ""
    return _cell(data, ""), ""


def _cell(data: dict[str, Any], arm: str) -> str:
    found = {name.removesuffix(arm) if arm else name: value for name, value in data.items()}
    if "mean" in found:
        size = rounding.count(whole(found.get("n")))
        return f"{rounding.number(found['mean'])} ({rounding.number(found.get('sd'))}), {size}"
    if "time" in found:
        return f"{rounding.count(whole(found.get('events')))}/{rounding.number(found['time'])}"
    if "events" in found:
        return rounding.events_of(whole(found["events"]), whole(found.get("total")))
    return rounding.count(whole(found.get("n"))) if "n" in found else ""


def what(document: Document) -> str:
    """Say what the columns of data hold.

    Examples
    --------
    >>> what({}), what({"studies": [{"data": {"mean_1": 1.0, "mean_2": 2.0}}]})
    ('Events/total', 'Mean (SD), n')
    >>> what({"studies": [{"data": {"estimate": 1.0, "se": 2.0}}]})
    ''
    """
    data: dict[str, Any] = next((found for study in items(document, "studies") if (found := get(study, "data"))), {})
    names = {name.split("_")[0] for name in data}
    if "mean" in names:
        return "Mean (SD), n"
    if "time" in names:
        return "Events/time"
    if "estimate" in names:
        return ""
    return "Patients" if "r" in names else "Events/total"


def headings(document: Document) -> tuple[str, str]:
    """Return the headings of the one or two columns of data in a figure.

    Examples
    --------
    >>> headings({})
    ('Events/total', '')
    """
    two = arms(document)
    if two is None:
        return what(document), ""
    first, second = (label if len(label) <= 22 else f"{label[:21]}…" for label in two)
    return plain.isolated(first), plain.isolated(second)


def pooled(document: Document) -> tuple[str, str]:
    """Write what a whole pool holds, under its heading; the text is empty where nothing can be added up.

    Examples
    --------
    >>> pooled({"events": 7, "total": 43, "studies": [{"data": {"events": 7, "total": 43}}]})
    ('Events/total', '7/43')
    >>> pooled({"total": 55, "studies": [{"data": {"mean": 2.0, "sd": 1.0, "n": 55}}]})
    ('Patients', '55')
    >>> pooled({"studies": [{"data": {"events": 3, "time": 120.5}}, {"data": {"events": 1, "time": 80}}]})
    ('Events/time', '4/201')
    """
    studies = items(document, "studies")
    data: list[dict[str, Any]] = [found for study in studies if (found := get(study, "data"))]
    if data and all({"events", "time"} <= each.keys() for each in data):
        events, time = (sum(each[name] for each in data) for name in ("events", "time"))
        return "Events/time", f"{rounding.count(whole(events))}/{rounding.number(time)}"
    both = summed(document)
    if both:
        return "Events/total", both
    total = get(document, "total")
    return "Patients", "" if total is None else rounding.count(whole(total))


def summed(block: Any) -> str:
    """Write the events and totals of a whole pool of single arms; empty where they make no sense added up."""
    events, total = get(block, "events"), get(block, "total")
    if any(name.endswith("_2") for study in items(block, "studies")[:1] for name in get(study, "data") or {}):
        return ""
    return "" if events is None or total is None else rounding.events_of(events, total)
