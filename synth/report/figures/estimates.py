"""The estimates of the series on the analysis scale, as the pictures of two axes take them from a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..words import plain
from ..words.reading import Document, get, items, text
from .figure import Reason


@dataclass(frozen=True)
class Point:
    """One series: its estimate and standard error on the analysis scale, its size and its weight where known."""

    study: str
    estimate: float
    se: float
    size: float | None
    weight: float | None


def size_of(study: Any) -> float | None:
    """Return how many patients a series has, over both arms where it has two.

    Examples
    --------
    >>> size_of({"total": 43}), size_of({"data": {"total_1": 20, "total_2": 22}}), size_of({"data": {"se": 0.1}})
    (43, 42, None)
    """
    total = get(study, "total")
    if total is not None:
        return float(total) if total != int(total) else int(total)
    data: dict[str, Any] = get(study, "data") or {}
    counted = [value for name, value in data.items() if name.split("_")[0] in {"total", "n"} and value is not None]
    return sum(counted) if counted else None


def points(document: Document) -> list[Point]:
    """Return the series that have an estimate and a standard error on the analysis scale.

    Examples
    --------
    >>> study = {"study": "A", "total": 9, "weight": 1.0, "analysis": {"estimate": 0.2, "se": 0.1}}
    >>> points({"studies": [study, {"study": "B", "analysis": {"estimate": None, "se": None}}]})[0].se
    0.1
    """
    found = []
    for study in items(document, "studies"):
        estimate, se = get(study, "analysis", "estimate"), get(study, "analysis", "se")
        if estimate is not None and se is not None and se > 0:
            label = text(study, "study") or "(no label)"
            found.append(Point(label, estimate, se, size_of(study), get(study, "weight")))
    return found


def too_few(document: Document, found: list[Point], least: int, what: str) -> Reason | None:
    """Return why a picture that needs so many series cannot be drawn, or ``None`` where it can.

    Examples
    --------
    >>> too_few({"studies": [{}, {}]}, [], 2, "A radial plot").text
    'A radial plot needs 2 series with an estimate inside the range of the scale; 0 of 2 have one.'
    """
    if len(found) >= least:
        return None
    known = len(items(document, "studies"))
    return Reason(
        f"{what} needs {least} series with an estimate inside the range of the scale; {len(found)} of {known} have one."
    )


def scale_of(document: Document) -> str:
    """Return the name of the analysis scale.

    Examples
    --------
    >>> scale_of({"settings": {"scale": "logit"}}), scale_of({})
    ('logit', 'analysis')
    """
    return text(document, "settings", "scale") or text(document, "pooled", "scale") or "analysis"


def shortened(label: str, room: float, size: float) -> str:
    """Return a label no wider than a room, cut with an ellipsis where it is longer: its table has the whole of it.

    Examples
    --------
    >>> shortened("Ye 2022", 100, 12), shortened("x" * 500, 40, 12)
    ('Ye 2022', 'xxxx…')
    """
    lines = plain.wrap(label, room, size)
    if len(lines) == 1:
        return label
    return plain.wrap(label.replace(" ", "\u00a0"), room - plain.text_width("…", size), size)[0].rstrip("\u00a0") + "…"
