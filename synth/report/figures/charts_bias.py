"""Pictures of small series and of influence: the funnel with three kinds of upright axis, and Baujat's plot."""

from __future__ import annotations

from typing import Any

from ..words import plain, quantity
from ..words.phrases import noun, some
from ..words.quantity import Quantity
from ..words.reading import Document, get, items, text
from .axis import Axis
from .chart import BOTTOM, SIDE, TOP, Chart, figure_of
from .chart_axes import plain_axis, size_axis
from .estimates import Point, points, scale_of, shortened, too_few
from .figure import Figure, Grid, Reason

WIDTH, HEIGHT = 640.0, 400.0
MOST_NAMED = 6
CONTOURS = ((2.5758, "shade3"), (1.96, "shade2"), (1.6449, "shade1"))
"""Normal quantiles of p = 0.01, 0.05 and 0.10, the widest region first."""
UPRIGHT = {
    "se": ("Standard error", "the standard error, small ones on top"),
    "precision": ("Precision (1 / standard error)", "the precision, one over the standard error"),
    "size": ("Patients", "the number of patients"),
}


def funnel(document: Document, axis: str = "") -> Figure | Reason:
    """Draw a funnel plot.

    Parameters
    ----------
    document : mapping
        A pooled document; the points of its small-study analysis, or of its series where there is none.
    axis : {"", "se", "precision", "size"}
        What stands upright; left out, the document's own choice: the size for proportions, else the standard error.

    Returns
    -------
    Figure or Reason
        Shaded regions of significance about no effect (Peters et al. 2008, J Clin Epidemiol 61:991) where the measure
        has a value of no effect; patients upright for proportions (Hunter et al. 2014, J Clin Epidemiol 67:897).

    Examples
    --------
    >>> funnel({"studies": []}).text
    'A funnel plot needs 2 series with an estimate inside the range of the scale; 0 of 0 have one.'
    """
    shown = quantity.of(document)
    given = get(document, "analyses", "bias", "funnel")
    kind = axis or text(given, "axis") or ("size" if shown.kind == "proportion" else "se")
    found = _given(given) or points(document)
    if kind == "size":
        found = [one for one in found if one.size]
    few = too_few(document, found, 2, "A funnel plot")
    if few is not None:
        return few
    center = get(given, "center")
    center = get(document, "pooled", "estimate") if center is None else center
    scale = text(given, "scale") or scale_of(document)
    middle = "the common-effect estimate by inverse variance" if given else "the pooled answer"
    return _funnel(found, kind, center, scale, shown, middle)


def _given(given: Any) -> list[Point]:
    made = []
    for p in items(given, "points"):
        if get(p, "x") is not None and (get(p, "se") or 0) > 0:
            made.append(Point(text(p, "study") or "(no label)", p["x"], p["se"], get(p, "size"), None))
    return made


def _funnel(
    found: list[Point], kind: str, center: float | None, scale: str, shown: Quantity, middle: str
) -> Figure:
    heading, what = UPRIGHT[kind]
    across = [one.estimate for one in found] + ([] if center is None else [center])
    y, low = _upright(found, kind)
    if center is not None and kind != "size":
        # Where the widest part of the pseudo-interval stands: at the foot of either axis.
        across += [center - 1.96 * low, center + 1.96 * low]
    x = plain_axis(across, SIDE, WIDTH - 16.0)
    about = f"{noun(len(found))}: the estimate on the {scale} scale across, {what} up."
    chart = Chart("Funnel plot", f"{about} The table gives them all.", x, y, f"Estimate on the {scale} scale", heading,
                  WIDTH, HEIGHT)  # fmt: skip
    caption = f"Each dot is a series, at {what}."
    steps = _steps(y, kind)
    if kind != "size" and shown.null is not None and shown.name != "correlation":
        for z, role in CONTOURS:
            _band(chart, 0.0, z, steps, role)
        caption += " Shaded from dark to light, about no effect: p above 0.10, 0.05 to 0.10 and 0.01 to 0.05."
    if center is not None:
        chart.line((center, y.low), (center, y.high), "reference")
        caption += f" The dashed line is {middle}."
        if kind != "size":
            for sign in (-1.0, 1.0):
                _edge(chart, center, sign * 1.96, steps, "bound")
            caption += " Between the dotted lines 95% of series would lie if chance alone parted them."
    if kind == "size" and shown.kind == "proportion":
        caption += (
            " The standard error of a proportion depends on the proportion itself, so that its funnel stands on the "
            "number of patients."
        )
    if len(found) < 10:
        caption += f" With {noun(len(found))} no eye can tell a lopsided funnel from chance."
    for one in found:
        chart.dot(one.estimate, _height(one, kind))
    columns = ("Series", f"Estimate ({scale})", "Standard error", "Patients")
    grid = Grid(columns, tuple((one.study, one.estimate, one.se, one.size) for one in found))
    return figure_of(chart, {"se": "funnel"}.get(kind, f"funnel-{kind}"), grid, caption)


def _height(one: Point, kind: str) -> float:
    return {"se": one.se, "precision": 1.0 / one.se, "size": float(one.size or 0.0)}[kind]


def _upright(found: list[Point], kind: str) -> tuple[Axis, float]:
    """Return the upright axis and the largest standard error on it."""
    heights = [_height(one, kind) for one in found]
    if kind == "size":
        return size_axis(heights, HEIGHT - BOTTOM, TOP), 0.0
    if kind == "se":
        y = plain_axis([0.0, *heights], TOP, HEIGHT - BOTTOM)
        return y, y.high
    axis = plain_axis(heights, HEIGHT - BOTTOM, TOP)
    return axis, 1.0 / max(axis.low, 0.5 * min(heights))


def _steps(y: Axis, kind: str) -> list[tuple[float, float]]:
    """Return heights from the top down, each with the standard error that stands there."""
    if kind == "precision":
        marks = [y.high + (y.low - y.high) * i / 60 for i in range(61)]
        return [(mark, 1.0 / mark) for mark in marks if mark > 0.02 * y.high]
    return [(y.low, y.low), (y.high, y.high)]


def _cut(chart: Chart, first: tuple[float, float], last: tuple[float, float]) -> tuple[float, float]:
    """Return where a stroke from inside the picture leaves it at the side."""
    x = chart.x
    edge = x.high if last[0] > first[0] else x.low
    share = (edge - first[0]) / (last[0] - first[0])
    return edge, first[1] + share * (last[1] - first[1])


def _side(chart: Chart, center: float, z: float, steps: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the line of ``center + z * se`` from the top down, as far as it stays inside."""
    line: list[tuple[float, float]] = []
    for height, se in steps:
        place = (center + z * se, height)
        if not chart.x.inside(place[0]):
            if line:
                line.append(_cut(chart, line[-1], place))
            break
        line.append(place)
    return line


def _edge(chart: Chart, center: float, z: float, steps: list[tuple[float, float]], role: str) -> None:
    line = _side(chart, center, z, steps)
    if len(line) == 2:
        chart.line(line[0], line[1], role)
    elif line:
        chart.trace(line, role)


def _band(chart: Chart, center: float, z: float, steps: list[tuple[float, float]], role: str) -> None:
    """Fill what lies within z standard errors of a value, cut at the sides of the picture."""
    x = chart.x
    right, left = [], []
    for height, se in _fine(chart, center, z, steps):
        low, high = max(center - z * se, x.low), min(center + z * se, x.high)
        if low < high or se == 0.0:
            right.append((min(max(high, x.low), x.high), height))
            left.append((min(max(low, x.low), x.high), height))
    if len(right) > 1:
        chart.area([*right, *left[::-1]], role)


def _fine(chart: Chart, center: float, z: float, steps: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Add to the heights those at which a straight edge meets a side of the picture."""
    if len(steps) > 2:
        return steps
    (top, first), (foot, last) = steps
    meets = [abs(edge - center) / z for edge in (chart.x.low, chart.x.high)]
    return [(top, first), *((se, se) for se in sorted(meets) if first < se < last), (foot, last)]


def baujat(document: Document) -> Figure | Reason:
    """Draw Baujat's plot: what each series adds to the spread, and to the answer.

    Parameters
    ----------
    document : mapping
        A pooled document with the analysis of influence.

    Returns
    -------
    Figure or Reason
        After Baujat et al. (2002), Stat Med 21:2641.

    Examples
    --------
    >>> baujat({}).text
    'The influence of each series was not asked for: pool again with --influence.'
    """
    found = get(document, "analyses", "influence")
    rows = [p for p in items(found, "baujat") if None not in (get(p, "contribution"), get(p, "influence"))]
    if not found:
        return Reason("The influence of each series was not asked for: pool again with --influence.")
    if not rows:
        return Reason(text(found, "reason") or "No series has a place in Baujat’s plot.")
    flagged = {text(row, "study") for row in items(found, "rows") if get(row, "flagged")}
    x = plain_axis([0.0, *(p["contribution"] for p in rows)], SIDE, WIDTH - 16.0)
    y = plain_axis([0.0, *(p["influence"] for p in rows)], HEIGHT - BOTTOM, TOP)
    chart = Chart(
        "Baujat plot",
        f"{noun(len(rows))} by their share in the spread (across) and their influence on the answer (up). The table "
        "gives them all.",
        x, y, "Share in the spread: squared Pearson residual", "Influence on the answer", WIDTH, HEIGHT,
    )  # fmt: skip
    for p in rows:
        chart.dot(p["contribution"], p["influence"])
        if text(p, "study") in flagged:
            chart.dot(p["contribution"], p["influence"], 7.0, "flag")
    far = sorted(rows, key=lambda p: -(p["contribution"] / x.high + p["influence"] / y.high))[:MOST_NAMED]
    name_apart(chart, [(p["contribution"], p["influence"], text(p, "study")) for p in far],
               [(p["contribution"], p["influence"]) for p in rows])  # fmt: skip
    caption = (
        "Far to the right: the series that make the spread. High up: those that move the answer. "
        + ("A ring marks the series singled out; only" if any(text(p, "study") in flagged for p in rows) else "Only")
        + " the farthest are named."
        + pointless(found)
    )
    columns = ("Series", "Share in the spread", "Influence on the answer", "Singled out")
    grid = Grid(columns, tuple(
        (text(p, "study"), p["contribution"], p["influence"], "yes" if text(p, "study") in flagged else "no")
        for p in rows
    ))  # fmt: skip
    return figure_of(chart, "baujat", grid, caption)


def pointless(found: Any) -> str:
    """Say which series have no point in Baujat's plot, those singled out by saying so, and why; with a space before.

    Examples
    --------
    >>> case = {"study": "A", "flagged": True, "reason": "without it every patient had the event"}
    >>> pointless({"rows": [case], "baujat": [{"study": "A", "contribution": 2.2, "influence": None}]})
    ' No point: A (singled out); a point needs an answer without the series (without it every patient had the event).'
    """
    about = {text(row, "study"): row for row in items(found, "rows")}
    by_reason: dict[tuple[str, bool], list[str]] = {}
    for p in items(found, "baujat"):
        if None not in (get(p, "contribution"), get(p, "influence")):
            continue
        row = about.get(text(p, "study"))
        lost = bool(plain.clause(get(row, "reason")))
        why = plain.clause(get(row, "reason") or get(p, "influence_reason") or get(p, "contribution_reason"))
        name = (text(p, "study") or "(no label)") + (" (singled out)" if get(row, "flagged") else "")
        by_reason.setdefault((why, lost), []).append(name)
    said = ""
    for (why, lost), names in by_reason.items():
        needs = "; a point needs an answer without the series" if lost else ""
        said += f" No point: {some(names)}{needs}{f' ({why})' if why else ''}."
    return said


def name_apart(chart: Chart, named: list[tuple[float, float, str]], dots: list[tuple[float, float]]) -> None:
    """Name points whose names fall on no other name and on no other dot; the table has the rest.

    Parameters
    ----------
    chart : Chart
    named : list of (float, float, str)
        Values of both axes and the label, the most important first.
    dots : list of (float, float)
        All points of the picture.
    """
    placed: list[tuple[float, float]] = []
    for x, y, label in named:
        px, py = chart.at(x, y)
        taken = [*placed, *(chart.at(*other) for other in dots if other != (x, y))]
        if all(abs(py - other) > 13.0 or abs(px - at) > 150.0 for at, other in taken):
            chart.name(x, y, shortened(label, 170.0, 12.0))
            placed.append((px, py))
