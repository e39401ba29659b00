"""Sections on single series and on small ones: influence with Baujat's plot, small-study tests with a funnel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..figures.charts_bias import baujat, funnel
from ..figures.figure import Figure as Drawn
from ..figures.figure import Reason
from ..words import plain, quantity, rounding
from ..words.names import ci_name
from ..words.phrases import some
from ..words.quantity import Quantity
from ..words.reading import Document, get, items, level, text
from .model import Figure, Row, Section, Table, heads, left_out, reason

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
        figures = tuple(_figure("Baujat plot", baujat(document)))
        listed = tuple(
            Row((text(p, "study"), rounding.number(get(p, "contribution")), rounding.number(get(p, "influence"))))
            for p in points
        )
        named = heads("Series", "Share in the spread", "Influence on the answer")
        tables += (Table("The points of Baujat’s plot", named, listed, "Every point of the figure"),)
    return Section("influence", "What each series does to the answer", "Influence", tuple(said), figures, tables)


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
    figures = tuple(_figure("Funnel plot", funnel(document))) if items(found, "funnel", "points") else ()
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


def _figure(label: str, drawn: Drawn | Reason) -> Iterator[Figure]:
    if isinstance(drawn, Drawn):
        yield Figure(label, (drawn.svg,), "", drawn.caption)
