"""The section on all subsets: the cloud of their answers, how they spread, and what each series does to them."""

from __future__ import annotations

from typing import Any

from ..figures.charts_groups import gosh as cloud
from ..figures.figure import Figure as Drawn
from ..words import plain, quantity, rounding
from ..words.names import model_name
from ..words.phrases import noun
from ..words.quantity import Quantity
from ..words.reading import Document, get, items, text
from .model import Figure, Row, Section, Table, heads, left_out, reason

MOST_SERIES = 60
"""With more series than this the table shows those that move the middle estimate most."""
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
        drawn = cloud(document)
        figures = (Figure("All subsets", (drawn.svg,), "", drawn.caption),) if isinstance(drawn, Drawn) else ()
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
