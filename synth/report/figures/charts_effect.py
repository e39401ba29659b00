"""Pictures of all estimates at once: radial plot, L'Abbé plot, drapery plot and Doi plot."""

from __future__ import annotations

import math
from typing import Any

from ...meta.bias.doi import doi_plot
from ...meta.numeric.distributions import t_two_sided
from ..words import counts, plain, quantity, rounding
from ..words.phrases import noun, pooled_reporting
from ..words.reading import Document, get, items, text
from .axis import Axis
from .chart import BOTTOM, SIDE, TOP, Chart, figure_of
from .chart_axes import plain_axis
from .charts_bias import name_apart
from .estimates import Point, points, scale_of, too_few
from .figure import Figure, Grid, Reason
from .scales import nice_ticks

WIDTH, HEIGHT = 640.0, 420.0
BAND = 1.96
DRAPES = tuple(i * 0.25 for i in range(-13, 14))
"""Standard errors from the estimate at which a curve of p-values is drawn."""


def radial(document: Document) -> Figure | Reason:
    """Draw a radial plot (Galbraith 1988, Stat Med 7:889): each estimate in standard errors against its precision.

    Returns
    -------
    Figure or Reason
        With random effects the standard error holds tau², as in metafor's ``radial()`` of a random-effects model; a
        line from the origin through a point meets the axis on the right at the point's estimate.

    Examples
    --------
    >>> study = {"study": "A", "analysis": {"estimate": 0.4, "se": 0.2}}
    >>> radial({"studies": [study, study]}).table.rows[0][1:]
    (0.4, 5.0, 2.0)
    """
    found = points(document)
    few = too_few(document, found, 2, "A radial plot")
    if few is not None:
        return few
    tau2 = get(document, "tau2", "value") or 0.0
    placed = [(one, 1.0 / math.sqrt(one.se**2 + tau2)) for one in found]
    center = get(document, "pooled", "estimate")
    scale = scale_of(document)
    reach = max(precision for _, precision in placed)
    x = plain_axis([0.0, reach], SIDE, WIDTH - 86.0)
    heights = [0.0, -BAND, BAND, *(one.estimate * precision for one, precision in placed)]
    if center is not None:
        heights += [center * x.high - BAND, center * x.high + BAND]
    y = plain_axis(heights, HEIGHT - BOTTOM, TOP)
    within = "the square root of its variance and tau² together" if tau2 else "its standard error"
    chart = Chart(
        "Radial plot",
        f"{noun(len(found))}: the estimate on the {scale} scale over {within} (up), against one over that (across). "
        "The table gives them all.",
        x, y, "Precision: 1 / standard error" + (", τ² included" if tau2 else ""), "Estimate / standard error",
        WIDTH, HEIGHT,
    )  # fmt: skip
    caption = "A line from the origin through a point meets the axis on the right at the estimate of the series."
    if center is not None:
        corners = ((0.0, -BAND), (x.high, center * x.high - BAND), (x.high, center * x.high + BAND), (0.0, BAND))
        chart.area(corners, "shade2")
        chart.line((0.0, 0.0), (x.high, center * x.high), "reference")
        caption += (
            " The dashed line is the pooled answer; 95% of series would lie in the band about it if the model held."
        )
    _fan(chart, scale)
    for one, precision in placed:
        chart.dot(precision, one.estimate * precision)
    away = [
        (precision, one.estimate * precision, one.study)
        for one, precision in placed
        if center is not None and abs((one.estimate - center) * precision) > BAND
    ]
    if away:
        away.sort(key=lambda it: -abs(it[1] - (center or 0.0) * it[0]))
        name_apart(chart, away[:6], [(precision, one.estimate * precision) for one, precision in placed])
        caption += " Series outside of the band are named where there is room."
    columns = ("Series", f"Estimate ({scale})", "Precision", "Estimate / standard error")
    grid = Grid(columns, tuple((one.study, one.estimate, at, one.estimate * at) for one, at in placed))
    return figure_of(chart, "radial", grid, caption)


def _fan(chart: Chart, scale: str) -> None:
    """Draw the axis of estimates on the right: where lines from the origin end."""
    x, y = chart.x, chart.y
    right = x.right
    chart.line((x.high, y.low), (x.high, y.high), "axis")
    for tick in nice_ticks(y.low / x.high, y.high / x.high):
        if y.inside(tick * x.high):
            py = y.x(tick * x.high)
            chart.path([f"M{right:.1f} {py:.1f}h5"], "axis")
            chart.words(right + 9.0, py + 4.0, rounding.tick(tick))
    chart.upright(scale, WIDTH - 10.0)


def labbe(document: Document) -> Figure | Reason:
    """Draw a L'Abbé plot (L'Abbé et al. 1987, Ann Intern Med 107:224): the share with the event in both arms.

    Examples
    --------
    >>> labbe({}).text
    'A L’Abbé plot needs the events of two arms: pool with --compare A B.'
    """
    found = []
    for study in items(document, "studies"):
        data: dict[str, Any] = get(study, "data") or {}
        if all(data.get(name) for name in ("total_1", "total_2")) and None not in (
            data.get("events_1"), data.get("events_2"),
        ):  # fmt: skip
            first, second = (data[f"events_{arm}"] / data[f"total_{arm}"] for arm in "12")
            found.append((text(study, "study") or "(no label)", first, second, get(study, "weight")))
    if not found:
        return Reason("A L’Abbé plot needs the events of two arms: pool with --compare A B.")
    one, two = counts.arms(document) or ("arm 1", "arm 2")
    reach = max(max(first, second) for _, first, second, _ in found)
    ticks = nice_ticks(0.0, max(reach * 1.04, 0.01))
    ticks = tuple(tick for tick in ticks if tick <= 1.0 + 1e-9)
    said = tuple(map(rounding.percent_tick, ticks))
    x = Axis(0.0, ticks[-1], ticks, SIDE, SIDE + HEIGHT - BOTTOM - TOP, said)
    y = Axis(0.0, ticks[-1], ticks, HEIGHT - BOTTOM, TOP, said)
    chart = Chart(
        "L’Abbé plot",
        f"{noun(len(found))}: per cent with the event in {one} (up) by that in {two} (across). The table gives them "
        "all.",
        x, y, f"Per cent with the event: {two}", f"Per cent with the event: {one}", x.right + 20.0, HEIGHT,
    )  # fmt: skip
    chart.line((0.0, 0.0), (x.high, x.high), "null")
    caption = f"On the full diagonal both arms fare alike; below it the event is rarer with {one}."
    estimate, _, _ = pooled_reporting(document)
    shown = quantity.of(document)
    line = [] if estimate is None else [
        (base, risk)
        for base, risk in ((ticks[-1] * i / 60, _risk(shown.name, estimate, ticks[-1] * i / 60)) for i in range(61))
        if risk is not None and 0.0 <= risk <= ticks[-1]
    ]  # fmt: skip
    if len(line) > 1:
        chart.trace(line, "reference")
        caption += f" Along the dashed line the {shown.name} is the pooled one."
    heaviest = max((weight or 0.0 for *_, weight in found), default=0.0)
    for _, first, second, weight in found:
        chart.dot(second, first, max(3.0, 13.0 * math.sqrt((weight or 0.0) / heaviest)) if heaviest else 4.0)
    caption += " The area of a circle is in proportion to the weight of the series." if heaviest else ""
    columns = ("Series", f"Share with the event, {one}", f"Share with the event, {two}", "Weight")
    return figure_of(chart, "labbe", Grid(columns, tuple(found)), caption)


def _risk(measure: str, effect: float, base: float) -> float | None:
    """Return the risk that an effect makes of a base risk; ``None`` for measures of which that is not known.

    Examples
    --------
    >>> _risk("risk ratio", 0.5, 0.2), _risk("odds ratio", 1.0, 0.25), _risk("mean difference", 2.0, 0.1)
    (0.1, 0.25, None)
    """
    if measure == "odds ratio":
        return effect * base / (1.0 - base + effect * base)
    if measure == "risk ratio":
        return effect * base
    if measure == "risk difference":
        return base + effect
    if measure == "arcsine difference":
        angle = math.asin(math.sqrt(base)) + effect
        return math.sin(angle) ** 2 if 0.0 <= angle <= math.pi / 2 else None
    return None


def drapery(document: Document) -> Figure | Reason:
    """Draw a drapery plot (Rücker and Schwarzer 2021, Res Synth Methods 12:308): the p-value of every true value.

    Examples
    --------
    >>> study = {"study": "A", "analysis": {"estimate": 0.0, "se": 0.5}}
    >>> drapery({"studies": [study]}).table.rows
    (('A', 0.0, 0.5),)
    """
    found = points(document)
    few = too_few(document, found, 1, "A drapery plot")
    if few is not None:
        return few
    scale = scale_of(document)
    center, se = get(document, "pooled", "estimate"), get(document, "pooled", "se")
    spans = [one.estimate + sign * 2.0 * one.se for one in found for sign in (-1.0, 1.0)]
    middle = sorted(one.estimate for one in found)
    wide = 3.0 * max(sorted(one.se for one in found)[len(found) // 2], (middle[-1] - middle[0]) / 2)
    low, high = max(min(spans), middle[0] - wide), min(max(spans), middle[-1] + wide)
    null = quantity.of(document).null is not None
    x = plain_axis([low, high, *([0.0] if null else [])], SIDE, WIDTH - 16.0)
    ticks = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    y = Axis(0.0, 1.0, ticks, HEIGHT - BOTTOM, TOP, tuple(map(rounding.tick, ticks)))
    chart = Chart(
        "Drapery plot",
        f"{noun(len(found))}: for each true value on the {scale} scale (across), the p-value of the series against it "
        "(up). The table gives the estimates.",
        x, y, f"True value on the {scale} scale", "p-value", WIDTH, HEIGHT,
    )  # fmt: skip
    if null:
        chart.line((0.0, 0.0), (0.0, 1.0), "null")
    chart.line((x.low, 0.05), (x.high, 0.05), "bound")
    for one in found:
        # A hundred curves of full strength are a black wall.
        _drape(chart, one.estimate, one.se, None, "drape" if len(found) <= 40 else "drape pale")
    caption = (
        "Each thin curve is a series: it peaks at the estimate, and stands above the dotted line (p = 0.05) over the "
        "95% interval."
    )
    if center is not None and se:
        _drape(chart, center, se, get(document, "pooled", "df"), "fit")
        caption += " The broad curve is the pooled answer."
    limits = [(one.estimate - BAND * one.se, one.estimate + BAND * one.se) for one in found]
    cut = sum(not (x.inside(first) and x.inside(last)) for first, last in limits)
    if cut:
        ends = f"{rounding.number(min(one[0] for one in limits))} to {rounding.number(max(one[1] for one in limits))}"
        caption += (
            f" {rounding.count(cut)} of {noun(len(found))} {'has a' if cut == 1 else 'have'} 95% "
            f"{'interval that runs' if cut == 1 else 'intervals that run'} beyond the sides of the picture; all "
            f"intervals together span {ends}."
        )
    columns = ("Series", f"Estimate ({scale})", "Standard error")
    grid = Grid(columns, tuple((one.study, one.estimate, one.se) for one in found))
    return figure_of(chart, "drapery", grid, caption)


def _drape(chart: Chart, estimate: float, se: float, df: float | None, role: str) -> None:
    """Draw one curve of p-values as far as it stays inside the picture."""
    line: list[tuple[float, float]] = []
    for z in DRAPES:
        at = estimate + z * se
        if chart.x.inside(at):
            line.append((at, math.erfc(abs(z) / math.sqrt(2.0)) if df is None else float(t_two_sided(abs(z), df))))
    chart.trace(line, role)


def doi(document: Document) -> Figure | Reason:
    """Draw a Doi plot (Furuya-Kanamori et al. 2018): the estimates against the normal quantile of their rank.

    Examples
    --------
    >>> doi({}).text
    'A Doi plot needs 3 series with an estimate inside the range of the scale; 0 of 0 have one.'
    """
    found: list[Point] = points(document)
    few = too_few(document, found, 3, "A Doi plot")
    if few is not None:
        return few
    plot = doi_plot([one.estimate for one in found], [one.se**2 for one in found])
    scale = scale_of(document)
    placed = [(found[int(at)], abs(float(z))) for at, z in zip(plot.order, plot.z, strict=True)]
    x = plain_axis([one.estimate for one, _ in placed], SIDE, WIDTH - 16.0)
    y = plain_axis([0.0, *(z for _, z in placed)], TOP, HEIGHT - BOTTOM)
    chart = Chart(
        "Doi plot",
        f"{noun(len(found))}: the estimate on the {scale} scale (across), and how far its rank lies from the middle "
        "(down). The table gives them all.",
        x, y, f"Estimate on the {scale} scale", "|Z| of the rank", WIDTH, HEIGHT,
    )  # fmt: skip
    caption = "Two arms of one length and slope are symmetry; the dashed line stands at the tip."
    if plot.tip is not None:
        tip = placed[plot.tip][0].estimate
        chart.line((tip, y.low), (tip, y.high), "reference")
    chart.trace([(one.estimate, z) for one, z in placed], "limbs")
    for one, z in placed:
        chart.dot(one.estimate, z)
    if plot.lfk is not None:
        caption += f" LFK index {rounding.number(plot.lfk)}: {plain.clause(plot.reading)}; a description, not a test."
    columns = ("Series", f"Estimate ({scale})", "|Z| of the rank", "Standard error")
    grid = Grid(columns, tuple((one.study, one.estimate, z, one.se) for one, z in placed))
    return figure_of(chart, "doi", grid, caption)
