"""Pictures of the answer under many choices and along a moderator: bubbles, all subsets, the specification curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..words import plain, quantity, rounding
from ..words.names import ci_name, effects_name, measure_name, model_name, tau2_name
from ..words.phrases import noun, pooled_reporting
from ..words.quantity import Quantity
from ..words.reading import Document, get, items, outcome_label, text
from .axis import Axis
from .chart import BOTTOM, SIDE, TOP, Chart, figure_of
from .chart_axes import plain_axis
from .estimates import shortened
from .figure import Figure, Grid, Reason
from .scales import axis_for, nice_ticks

WIDTH, HEIGHT = 640.0, 400.0
SIZES = ((1, 1.3, "s1"), (10, 2.0, "s2"), (100, 3.0, "s3"), (float("inf"), 4.2, "s4"))
"""For up to so many subsets: half the size of a mark, and its name in the style of the pictures."""
MOST_UNIVERSES = 400
"""With more universes than this the curve shows the lowest, the highest and every so manieth between."""
CHOICES: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("measure", "Scale", measure_name),
    ("model", "Model", model_name),
    ("effects", "Effects", effects_name),
    ("tau2_method", "τ² by", tau2_name),
    ("ci_method", "Interval by", ci_name),
)


def bubbles(document: Document) -> Figure | Reason:
    """Draw the series along one numeric moderator, with the fitted line.

    Examples
    --------
    >>> bubbles({}).text
    'No regression was asked for: pool again with --moderator VARIABLE.'
    """
    found = get(document, "analyses", "regression")
    if not found:
        return Reason("No regression was asked for: pool again with --moderator VARIABLE.")
    rows = [p for p in items(found, "points") if get(p, "x") is not None and get(p, "y") is not None]
    if not rows:
        return Reason(text(found, "reason") or "Bubbles need one moderator that is a number.")
    name = plain.visible(items(found, "moderators")[0]) if items(found, "moderators") else "moderator"
    scale = text(found, "scale") or "analysis"
    x = plain_axis([p["x"] for p in rows], SIDE, WIDTH - 16.0)
    y = plain_axis([p["y"] for p in rows], HEIGHT - BOTTOM, TOP)
    chart = Chart(
        f"Bubble plot: {name}",
        f"{noun(len(rows))} by {name}, on the {scale} scale, with the fitted line. The table gives them all.",
        x, y, name, scale, WIDTH, HEIGHT,
    )  # fmt: skip
    most = max((get(p, "weight") or 0.0 for p in rows), default=0.0)
    line = [get(one, "estimate") for one in items(found, "coefficients")]
    if len(line) == 2 and None not in line:
        _fitted(chart, line[0], line[1])
    for p in rows:
        share = (get(p, "weight") or 0.0) / most if most else 0.0
        chart.dot(p["x"], p["y"], max(3.0, 14.0 * math.sqrt(share)))
    caption = "Each circle is a series, its area in proportion to its weight; the line is the fitted regression."
    columns = ("Series", name, f"Estimate ({scale})", "Weight")
    grid = Grid(columns, tuple((text(p, "study"), p["x"], p["y"], get(p, "weight")) for p in rows))
    return figure_of(chart, "bubbles", grid, caption)


def _fitted(chart: Chart, intercept: float, slope: float) -> None:
    """Draw the fitted line as far as it stays inside the picture."""
    x, y = chart.x, chart.y
    ends = [x.low, x.high]
    if slope:
        cut = sorted(((y.low - intercept) / slope, (y.high - intercept) / slope))
        ends = [max(x.low, cut[0]), min(x.high, cut[1])]
    elif not y.inside(intercept):
        return
    if ends[0] < ends[1]:
        chart.line((ends[0], intercept + slope * ends[0]), (ends[1], intercept + slope * ends[1]), "fit")


def gosh(document: Document) -> Figure | Reason:
    """Draw the answers of all subsets of the series against their heterogeneity (Olkin et al. 2012).

    Examples
    --------
    >>> gosh({}).text
    'The subsets were not asked for: pool again with --gosh.'
    """
    found = get(document, "analyses", "gosh")
    if not found:
        return Reason("The subsets were not asked for: pool again with --gosh.")
    cells = [one for one in items(found, "cells") if None not in (get(one, "estimate"), get(one, "i2"))]
    if not cells:
        return Reason(text(found, "reason") or "No subset has an answer.")
    shown = quantity.of(document)
    height = 420.0
    estimate, _, _ = pooled_reporting(document)
    x = _across(shown, [cell["estimate"] for cell in cells])
    y = axis_for(Quantity(), [0.0, 1.0], [0.0, 1.0], height - BOTTOM, TOP)
    number = rounding.count(get(found, "pooled"))
    chart = Chart(
        "All subsets",
        f"The pooled answer (across) and I² (up) of {number} subsets of the series. The tables say how they spread.",
        x, y, shown.heading, "I²", WIDTH, height,
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
    columns = (shown.heading, "I²", "Subsets", f"Subsets with {name or 'the series apart'}")
    grid = Grid(columns, tuple((c["estimate"], c["i2"], get(c, "count"), get(c, "count_apart")) for c in cells))
    return figure_of(chart, "gosh", grid, caption)


def _across(shown: Quantity, values: Sequence[float]) -> Axis:
    """Return an axis close about the answers: that of a forest would squeeze them together."""
    if shown.log:
        return axis_for(shown, values, values, SIDE, WIDTH - 16.0)
    low, high = min(values), max(values)
    ticks = nice_ticks(low, high)
    if shown.kind == "proportion":
        ticks = tuple(tick for tick in ticks if 0.0 <= tick <= 1.0)
    return Axis(ticks[0], ticks[-1], ticks, SIDE, WIDTH - 16.0, tuple(map(shown.tick, ticks)))


def curve(document: Document) -> Figure | Reason:
    """Draw the specification curve: every combination of choices, from the lowest estimate to the highest.

    Examples
    --------
    >>> curve({}).text
    'The other choices were not asked for: pool again with --multiverse.'
    """
    found = get(document, "analyses", "multiverse")
    if not found:
        return Reason("The other choices were not asked for: pool again with --multiverse.")
    universes = [one for one in items(found, "universes") if get(one, "estimate") is not None]
    if not universes:
        return Reason(text(found, "reason") or "No combination of choices has an answer.")
    universes.sort(key=lambda one: (get(one, "estimate"), get(one, "ci_low") or 0.0, get(one, "ci_high") or 0.0))
    shown = quantity.of(document)
    drawn = thinned(universes)
    columns = (shown.heading, "Lower limit", "Upper limit", *(heading for _, heading, _ in CHOICES))
    grid = Grid(columns, tuple(
        (get(one, "estimate"), get(one, "ci_low"), get(one, "ci_high"),
         *(choice(one, key, name) for key, _, name in CHOICES))
        for one in universes
    ))  # fmt: skip
    return _curve(document, drawn, shown, grid)


def choice(row: Any, key: str, name: Callable[[Any], str]) -> str:
    """Name one choice of a combination; empty where there was none to make.

    Examples
    --------
    >>> choice({"ci_method": "exact", "measure": "OR"}, "ci_method", ci_name), choice({}, "model", model_name)
    ('exact', '')
    """
    value = get(row, key)
    if value is None:
        return ""
    if key == "model":
        return model_name(value, get(row, "measure"))
    exact = key == "ci_method" and value == "exact" and not str(get(row, "measure")).startswith("P")
    return "exact" if exact else name(value)


def thinned(drawn: list[Any], most: int = MOST_UNIVERSES) -> list[Any]:
    """Return at most so many, evenly from the first to the last, and the default always.

    Examples
    --------
    >>> thinned([{}, {}, {"default": True}, {}, {}], 2)
    [{}, {'default': True}, {}]
    """
    if len(drawn) <= most:
        return drawn
    step = (len(drawn) - 1) / (most - 1)
    kept = {round(i * step) for i in range(most)}
    kept |= {i for i, one in enumerate(drawn) if get(one, "default")}
    return [drawn[i] for i in sorted(kept)]


def _curve(document: Document, drawn: list[Any], shown: Quantity, grid: Grid) -> Figure:
    left, right, top, bottom, step = 210.0, 884.0, 14.0, 250.0, 15.0
    options = [
        (heading, key, value, choice(next(one for one in drawn if get(one, key) == value), key, name))
        for key, heading, name in CHOICES
        for value in dict.fromkeys(get(one, key) for one in drawn)
        if value is not None
    ]
    values = [v for one in drawn for v in (get(one, "ci_low"), get(one, "estimate"), get(one, "ci_high"))]
    y = axis_for(shown, [v for v in values if v is not None], [one["estimate"] for one in drawn], bottom, top)
    height = bottom + 24.0 + step * (len(options) + len({key for _, key, _, _ in options})) + 8.0
    x = axis_for(Quantity(kind="plain"), [0.0, 1.0], [0.0, 1.0], left, right)
    about = (
        f"{noun(len(drawn), 'combination')} from the lowest to the highest estimate, each with its interval; under it "
        "the choices that make it. The table gives them all."
    )
    chart = Chart(f"Specification curve: {outcome_label(document)}", about, x, y, "", "", 900.0, height)
    at = [left + (i + 0.5) * (right - left) / len(drawn) for i in range(len(drawn))]
    chart.axes = False
    chart.scale_left()
    if y.null is not None:
        chart.line((x.low, y.null), (x.high, y.null), "null")
    strokes, dots = [], []
    half = min(3.5, 0.42 * (right - left) / len(drawn))
    for px, one in zip(at, drawn, strict=True):
        if get(one, "ci_low") is not None and get(one, "ci_high") is not None:
            strokes.append(f"M{px:.1f} {y.x(one['ci_low']):.1f}V{y.x(one['ci_high']):.1f}")
            strokes += _tips(y, px, one, half)
        dots.append(f"M{px:.1f} {y.x(one['estimate']):.1f}h.01")
        if get(one, "default"):
            chart.path([f"M{px:.1f} {top}V{height - 8.0:.1f}"], "chosen")
    chart.path(strokes, "ci")
    chart.path(dots, "dots")
    for i, part in enumerate(plain.wrap(shown.heading, left - 70.0, 12)):
        chart.words(8.0, top + 4.0 + 15.0 * i, part)
    py, before = bottom + 24.0, ""
    for heading, key, value, label in options:
        if key != before:
            py += step
            chart.words(8.0, py - step + 4.0, heading, "start", "name")
            before = key
        chart.words(left - 10.0, py + 4.0, _short(label), "end")
        chosen = [f"M{px:.1f} {py:.1f}h.01" for px, one in zip(at, drawn, strict=True) if get(one, key) == value]
        chart.path(chosen, "dots")
        py += step
    caption = (
        "Each upright line is one combination with its interval; the dots under it say what it is made of. The broad "
        "band is the answer above."
    )
    return figure_of(chart, "multiverse", grid, caption + clipped(drawn, y, shown))


def _tips(y: Axis, px: float, one: Any, half: float) -> list[str]:
    """Return arrowheads at the ends of an interval that the axis cuts."""
    made = []
    for value, down in ((one["ci_low"], -6.0), (one["ci_high"], 6.0)):
        if not y.inside(value):
            py = y.x(value)
            made.append(f"M{px - half:.1f} {py + down:.1f}L{px:.1f} {py:.1f}L{px + half:.1f} {py + down:.1f}")
    return made


def clipped(drawn: Sequence[Any], y: Axis, shown: Quantity) -> str:
    """Say how many intervals run beyond the axis, how far, and that of the answer above; with a space before.

    Examples
    --------
    >>> one = {"estimate": 3.0, "ci_low": -70.0, "ci_high": 80.0, "default": True}
    >>> axis = Axis(-10.0, 10.0, (-10.0, 10.0), 0.0, 1.0)
    >>> clipped([one], axis, Quantity(kind="plain"))[:60]
    ' Arrows: 1 of 1 interval runs beyond the axis (−10 to 10); t'
    >>> clipped([{**one, "ci_low": 1.0, "ci_high": 4.0}], axis, Quantity(kind="plain"))
    ''
    """
    whole = [one for one in drawn if get(one, "ci_low") is not None and get(one, "ci_high") is not None]
    cut = [one for one in whole if not (y.inside(one["ci_low"]) and y.inside(one["ci_high"]))]
    if not cut:
        return ""
    low, high = min(one["ci_low"] for one in whole), max(one["ci_high"] for one in whole)
    said = (
        f" Arrows: {rounding.count(len(cut))} of {noun(len(whole), 'interval')} {'runs' if len(cut) == 1 else 'run'} "
        f"beyond the axis ({shown.tick(y.low)} to {shown.tick(y.high)}); the limits lie between {shown.text(low)} and "
        f"{shown.text(high)}."
    )
    main = next((one for one in cut if get(one, "default")), None)
    if main is not None:
        limits = f"{shown.text(main['ci_low'])} to {shown.text(main['ci_high'])}"
        said += f" The interval of the answer above is one of these: {limits}."
    return said


def _short(label: str) -> str:
    """Shorten the name of a choice for the figure: its table has it in full."""
    label = label.replace("Hartung–Knapp–Sidik–Jonkman", "HKSJ").replace(" maximum likelihood", " ML")
    return shortened(label, 190.0, 12.0)
