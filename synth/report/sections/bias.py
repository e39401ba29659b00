"""Sections on single series and on small ones: influence with Baujat's plot, small-study tests with a funnel."""

from __future__ import annotations

from typing import Any

from ..figures.chart import BOTTOM, SIDE, TOP, Chart
from ..figures.chart_axes import plain_axis, size_axis
from ..words import plain, quantity, rounding
from ..words.names import ci_name
from ..words.phrases import noun, some
from ..words.quantity import Quantity
from ..words.reading import Document, get, items, level, text
from .model import Figure, Row, Section, Table, heads, left_out, reason

WIDTH, HEIGHT = 640.0, 400.0
MOST_NAMED = 6
CONTOURS = ((2.5758, "shade3"), (1.96, "shade2"), (1.6449, "shade1"))
"""Normal quantiles of p = 0.01, 0.05 and 0.10, the widest region first."""
TAU_SIDES = {"left": "on the left", "right": "on the right"}


def influence(document: Document, found: Any) -> Section:
    """Return the section on what each series does to the answer."""
    rows = items(found, "rows")
    flagged = [text(row, "study") for row in rows if get(row, "flagged")]
    said = [*reason(found)]
    if rows:
        said.append(
            f"Singled out by a rule of thumb: {some(flagged)}. That is a reason to look at these series again, not to "
            "leave them out."
            if flagged
            else "No series is singled out by any rule of thumb."
        )
    if text(found, "rule"):
        said.append(f"The rules: {plain.clause(get(found, 'rule'))}.")
    said += left_out(items(found, "excluded"))
    table = tuple(
        Row(
            (
                text(row, "study") or "(no label)",
                *(
                    rounding.number(get(row, key))
                    for key in ("rstudent", "dffits", "cooks_distance", "covariance_ratio")
                ),
                rounding.variance(get(row, "tau2_deleted")),
                rounding.number(get(row, "q_deleted")),
                rounding.percent(get(row, "hat")),
                "yes" if get(row, "flagged") else "no",
            ),
            reason(row),
        )
        for row in rows
    )
    head = heads(
        "Series", "Deleted residual", "DFFITS", "Cook’s distance", "Covariance ratio", "τ² without", "Q without", "Hat",
        words=("Singled out",),
    )  # fmt: skip
    tables: tuple[Table, ...] = (Table("What changes without each series", head, table),) if table else ()
    points = [p for p in items(found, "baujat") if None not in (get(p, "contribution"), get(p, "influence"))]
    figures: tuple[Figure, ...] = ()
    if points:
        figures = (_baujat(points, set(flagged)),)
        listed = tuple(
            Row((text(p, "study"), rounding.number(get(p, "contribution")), rounding.number(get(p, "influence"))))
            for p in points
        )
        named = heads("Series", "Share in the spread", "Influence on the answer")
        tables += (Table("The points of Baujat’s plot", named, listed, "Every point of the figure"),)
    return Section("influence", "What each series does to the answer", "Influence", tuple(said), figures, tables)


def _baujat(points: list[Any], flagged: set[str]) -> Figure:
    x = plain_axis([0.0, *(p["contribution"] for p in points)], SIDE, WIDTH - 16.0)
    y = plain_axis([0.0, *(p["influence"] for p in points)], HEIGHT - BOTTOM, TOP)
    chart = Chart(
        "Baujat plot",
        f"{noun(len(points))} by their share in the spread (across) and their influence on the answer (up). The table "
        "below gives them all.",
        x, y, "Share in the spread: squared Pearson residual", "Influence on the answer", WIDTH, HEIGHT,
    )  # fmt: skip
    far = sorted(points, key=lambda p: -(p["contribution"] / x.high + p["influence"] / y.high))[:MOST_NAMED]
    for p in points:
        chart.dot(p["contribution"], p["influence"])
        if text(p, "study") in flagged:
            chart.dot(p["contribution"], p["influence"], 7.0, "flag")
    placed: list[tuple[float, float]] = []
    for p in far:
        px, py = chart.at(p["contribution"], p["influence"])
        # A name over another, or over a dot, can be read by nobody; the table has it.
        taken = [*placed, *(chart.at(q["contribution"], q["influence"]) for q in points if q is not p)]
        if all(abs(py - other) > 13.0 or abs(px - at) > 150.0 for at, other in taken):
            chart.name(p["contribution"], p["influence"], _short(text(p, "study")))
            placed.append((px, py))
    caption = (
        "Far to the right: the series that make the spread. High up: those that move the answer. A ring marks the "
        "series singled out; only the farthest are named."
    )
    return Figure("Baujat plot", (chart.svg("baujat"),), "", caption)


def _short(label: str) -> str:
    return label if len(label) <= 24 else f"{label[:23]}…"


def bias(document: Document, found: Any) -> Section:
    """Return the section on small series: the tests that apply, the funnel, trim and fill, or why there are none."""
    shown = quantity.of(document)
    tests = items(found, "tests")
    said = [*reason(found)]
    if tests:
        said.append(
            "The tests ask whether small series differ from large ones. Series that were never published are one cause "
            "of that among several; a large p-value does not mean that nothing is missing."
        )
    lfk = get(found, "lfk")
    if get(lfk, "value") is not None:
        reading = plain.clause(get(lfk, "reading"))
        said.append(
            f"LFK index {rounding.number(get(lfk, 'value'))}{f': {reading}' if reading else ''}. It describes the "
            "funnel and is no test."
        )
    said += reason(lfk)
    tables: tuple[Table, ...] = ()
    if tests:
        rows = tuple(
            Row(
                (
                    text(test, "name"),
                    rounding.number(get(test, "statistic")),
                    rounding.ABSENT if get(test, "df") is None else rounding.tick(round(get(test, "df"), 2)),
                    rounding.p_value(get(test, "p_value")),
                    plain.sentence(get(test, "what")),
                ),
                reason(test),
            )
            for test in tests
        )
        head = heads("Test", "Statistic", "df", "p", words=("What it looks at",))
        tables = (Table("Tests for small-study effects", head, rows),)
    filled = [one for one in (get(found, "trim_and_fill"), *items(found, "trim_and_fill_others")) if one]
    if filled:
        tables += (_filled(document, filled, shown),)
    figures = _funnel(get(found, "funnel"), shown)
    if figures:
        points = tuple(
            Row(
                (text(p, "study"), rounding.number(get(p, "x")), rounding.number(get(p, "se")),
                 rounding.number(get(p, "size")))
            )
            for p in items(found, "funnel", "points")
        )  # fmt: skip
        scale = text(found, "funnel", "scale") or "analysis scale"
        named = heads("Series", f"Estimate ({scale})", "Standard error", "Size")
        tables += (Table("The points of the funnel", named, points, "Every point of the figure"),)
    said += left_out(items(found, "excluded"))
    if not said and not tables:
        said = ["Nothing could be tested."]
    return Section("bias", "Do small series differ from large ones?", "Small series", tuple(said), figures, tables)


def _filled(document: Document, filled: list[Any], shown: Quantity) -> Table:
    rows = tuple(
        Row(
            (
                f"Estimator {text(one, 'estimator')}",
                rounding.count(get(one, "filled")),
                shown.text(get(one, "estimate")),
                shown.interval(get(one, "ci_low"), get(one, "ci_high")),
                TAU_SIDES.get(text(one, "side"), text(one, "side") or rounding.ABSENT),
                ci_name(get(one, "ci_method")),
            ),
            reason(one),
        )
        for one in filled
    )
    head = heads("Trim and fill", "Series filled in", shown.heading, f"{level(document)} CI",
                 words=("Where", "Interval by"))  # fmt: skip
    return Table("The answer with mirror images of outlying series: a what-if, no correction", head, rows)


def _funnel(found: Any, shown: Quantity) -> tuple[Figure, ...]:
    by_size = text(found, "axis") == "size" or (not text(found, "axis") and shown.kind == "proportion")
    key = "size" if by_size else "se"
    points = [p for p in items(found, "points") if get(p, "x") is not None and (get(p, key) or 0) > 0]
    center = get(found, "center")
    if not points:
        return ()
    scale = text(found, "scale") or "analysis scale"
    across = [p["x"] for p in points] + ([] if center is None else [center])
    what = "the number of patients" if by_size else "the standard error, small ones on top"
    if by_size:
        y = size_axis([p["size"] for p in points], HEIGHT - BOTTOM, TOP)
    else:
        y = plain_axis([0.0, *(p["se"] for p in points)], TOP, HEIGHT - BOTTOM)
        if center is not None:
            across += [center - 1.96 * y.high, center + 1.96 * y.high]
    x = plain_axis(across, SIDE, WIDTH - 16.0)
    chart = Chart(
        "Funnel plot",
        f"{noun(len(points))}: the estimate on the {scale} scale across, {what} up. The table below gives them all.",
        x, y, f"Estimate on the {scale} scale", "Patients" if by_size else "Standard error", WIDTH, HEIGHT,
    )  # fmt: skip
    caption = f"Each dot is a series, at {what}."
    contours = not by_size and shown.null is not None and shown.name != "correlation"
    if contours:
        _contours(chart)
        caption += " Shaded from dark to light, about no effect: p above 0.10, 0.05 to 0.10 and 0.01 to 0.05."
    if center is not None:
        chart.line((center, y.low), (center, y.high), "reference")
        caption += " The dashed line is the common-effect estimate."
        if not by_size:
            for sign in (-1.0, 1.0):
                chart.line((center, 0.0), (center + sign * 1.96 * y.high, y.high), "bound")
            caption += " Between the dotted lines 95% of series would lie if chance alone parted them."
    if by_size:
        caption += (
            " The standard error of a proportion depends on the proportion itself, so that its funnel stands on the "
            "number of patients."
        )
    for p in points:
        chart.dot(p["x"], p[key])
    return (Figure("Funnel plot", (chart.svg("funnel"),), "", caption),)


def _contours(chart: Chart) -> None:
    """Shade what lies within each level of significance about no effect (0 on the analysis scale)."""
    x, y = chart.x, chart.y
    for z, role in CONTOURS:
        corners: list[tuple[float, float]] = [(0.0, y.low)] if x.inside(0.0) else []
        for sign, edge in ((1.0, x.high), (-1.0, x.low)):
            reach = sign * z * y.high
            side: list[tuple[float, float]] = []
            if sign * edge <= 0:
                # No effect lies outside of the picture on this side.
                side = [(edge, y.high)] if abs(edge) <= z * y.high else []
            elif abs(reach) <= abs(edge):
                side = [(reach, y.high)]
            else:
                side = [(edge, abs(edge) / z), (edge, y.high)]
            corners += side if sign > 0 else side[::-1]
        if len(corners) > 2:
            chart.area(corners, role)
