"""The section on all subsets: the cloud of their answers, how they spread, and what each series does to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..figures.axis import Axis
from ..figures.chart import BOTTOM, SIDE, TOP, Chart
from ..figures.scales import axis_for, nice_ticks
from ..words import plain, quantity, rounding
from ..words.names import model_name
from ..words.phrases import noun, pooled_reporting
from ..words.quantity import Quantity
from ..words.reading import Document, get, items, text
from .model import Figure, Row, Section, Table, heads, left_out, reason

WIDTH, HEIGHT = 640.0, 420.0
MOST_SERIES = 60
"""With more series than this the table shows those that move the middle estimate most."""
SIZES = ((1, 1.3, "s1"), (10, 2.0, "s2"), (100, 3.0, "s3"), (float("inf"), 4.2, "s4"))
"""For up to so many subsets: half the size of a mark, and its name in the style of the pictures."""
QUARTILES = ("low", "q1", "median", "q3", "high")


def gosh(document: Document, found: Any) -> Section:
    """Return the section on the pools of all subsets."""
    shown = quantity.of(document)
    said = [*reason(found), *map(plain.sentence, items(found, "notes"))]
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    if get(found, "pooled"):
        said = [*spread(found, shown), *said]
        said.append(
            "Two clouds, or one with an arm, are a sign of series of two kinds, or of one that stands apart. A single "
            "cloud does not prove that all are alike."
        )
        tables = (_spreads(found, shown), _series(found, shown))
        figures = _cloud(document, found, shown)
    said += left_out(items(found, "excluded"))
    return Section("gosh", "Every subset of the series", "All subsets", tuple(said), figures, tables)


def counted(found: Any) -> str:
    """Say which subsets were pooled.

    Examples
    --------
    >>> counted({"k": 5, "pooled": 26, "unanswered": 0, "exhaustive": True, "possible": 26})
    'all 26 subsets of at least two of the 5 series'
    >>> counted({"k": 9, "pooled": 90, "unanswered": 10, "exhaustive": False, "possible": 502, "seed": 1})
    '100 subsets of at least two of the 9 series, drawn at random from 502 (seed 1)'
    """
    number = (get(found, "pooled") or 0) + (get(found, "unanswered") or 0)
    what = f"of at least two of the {noun(get(found, 'k') or 0)}"
    if get(found, "exhaustive"):
        return f"all {rounding.count(number)} subsets {what}"
    possible = get(found, "possible")
    out_of = "" if possible is None else f" from {rounding.count(possible)}"
    seed = "" if get(found, "seed") is None else f" (seed {get(found, 'seed')})"
    return f"{rounding.count(number)} subsets {what}, drawn at random{out_of}{seed}"


def spread(found: Any, shown: Quantity) -> list[str]:
    """Say how far the answers of the subsets spread, and which series parts them most."""
    estimate, i2 = get(found, "estimate"), get(found, "i2")
    start = counted(found)
    said = [
        f"{start[:1].upper()}{start[1:]}, each pooled by the {model_name(get(found, 'model'))}: estimates from "
        f"{shown.with_unit(shown.interval(get(estimate, 'low'), get(estimate, 'high')))}, the middle half from "
        f"{shown.interval(get(estimate, 'q1'), get(estimate, 'q3'))}; I² from "
        f"{rounding.interval(get(i2, 'low'), get(i2, 'high'))}."
    ]
    name = text(found, "apart")
    row = next((one for one in items(found, "studies") if name and text(one, "study") == name), None)
    if row is not None:
        with_it, without = (shown.text(get(row, f"estimate_{side}")) for side in ("with", "without"))
        said.append(
            f"The series that parts them most is {name}: the middle estimate is {with_it} over the subsets with it, "
            f"{without} over those without."
        )
    return said


def _spreads(found: Any, shown: Quantity) -> Table:
    rows = [
        Row(("Estimate", *(shown.text(get(found, "estimate", key)) for key in QUARTILES))),
        Row(("I²", *(rounding.percent(get(found, "i2", key)) for key in QUARTILES))),
    ]
    if get(found, "tau2") is not None:
        rows.append(Row(("τ²", *(rounding.variance(get(found, "tau2", key)) for key in QUARTILES))))
    head = heads("Of the subsets", "Smallest", "Lower quartile", "Median", "Upper quartile", "Largest")
    return Table("How the answers of the subsets spread", head, tuple(rows))


def _series(found: Any, shown: Quantity) -> Table:
    rows: list[Any] = items(found, "studies")
    caption = "Medians over the subsets with and without each series"
    if len(rows) > MOST_SERIES:
        rows = sorted(rows, key=_moves, reverse=True)[:MOST_SERIES]
        caption += f", the {MOST_SERIES} that move the estimate most"
    table = tuple(
        Row(
            (
                text(row, "study") or "(no label)",
                shown.text(get(row, "estimate_with")),
                shown.text(get(row, "estimate_without")),
                rounding.percent(get(row, "i2_with")),
                rounding.percent(get(row, "i2_without")),
            )
        )
        for row in rows
    )
    head = heads("Series", f"{shown.heading}, with it", "Without it", "I², with it", "Without it")
    return Table(caption, head, table, "What each series does to the subsets")


def _moves(row: Any) -> float:
    return float(abs((get(row, "estimate_with") or 0.0) - (get(row, "estimate_without") or 0.0)))


def _across(shown: Quantity, values: Sequence[float]) -> Axis:
    """Return an axis close about the answers: that of a forest would squeeze them together."""
    if shown.log:
        return axis_for(shown, values, values, SIDE, WIDTH - 16.0)
    low, high = min(values), max(values)
    ticks = nice_ticks(low, high)
    if shown.kind == "proportion":
        ticks = tuple(tick for tick in ticks if 0.0 <= tick <= 1.0)
    return Axis(ticks[0], ticks[-1], ticks, SIDE, WIDTH - 16.0, tuple(map(shown.tick, ticks)))


def _cloud(document: Document, found: Any, shown: Quantity) -> tuple[Figure, ...]:
    cells = [one for one in items(found, "cells") if None not in (get(one, "estimate"), get(one, "i2"))]
    if not cells:
        return ()
    estimate, _, _ = pooled_reporting(document)
    x = _across(shown, [cell["estimate"] for cell in cells])
    y = axis_for(Quantity(), [0.0, 1.0], [0.0, 1.0], HEIGHT - BOTTOM, TOP)
    number = rounding.count(get(found, "pooled"))
    chart = Chart(
        "All subsets",
        f"The pooled answer (across) and I² (up) of {number} subsets of the series. The tables below say how they "
        "spread; the JSON file beside this page has every mark.",
        x, y, shown.heading, "I²", WIDTH, HEIGHT,
    )  # fmt: skip
    if estimate is not None and x.inside(estimate):
        chart.line((estimate, y.low), (estimate, y.high), "reference")
    crosses: list[str] = []
    dots: dict[str, list[str]] = {}
    for cell in cells:
        px, py = chart.at(cell["estimate"], cell["i2"])
        count = get(cell, "count") or 1
        size, role = next((half, role) for most, half, role in SIZES if count <= most)
        if 2 * (get(cell, "count_apart") or 0) > count:
            arm = size + 0.9
            crosses.append(f"M{px - arm:.1f} {py:.1f}h{2 * arm:.1f}M{px:.1f} {py - arm:.1f}v{2 * arm:.1f}")
        else:
            dots.setdefault(role, []).append(f"M{px:.1f} {py:.1f}h.01")
    for role, commands in dots.items():
        chart.path(commands, f"dots {role}")
    chart.path(crosses, "cross")
    name = text(found, "apart")
    marks = f" Crosses: most of these subsets hold {name}; dots: most do not." if name and crosses else ""
    caption = (
        "Each mark is one subset or several with nearly the same answer; the larger, the more (1, up to 10, up to 100, "
        f"more).{marks} The dashed line is the answer above."
    )
    return (Figure("All subsets", (chart.svg("gosh"),), "", caption),)
