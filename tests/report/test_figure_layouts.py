"""Layouts: the same numbers in the columns, words and brackets of those who print them."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest

from synth.report.figures import catalogue, forest_model, forest_spec
from synth.report.figures.figure import Figure
from synth.report.figures.forest_layout import dressed
from synth.report.figures.forest_marks import Forest
from synth.report.figures.layouts import LAYOUTS
from synth.report.words import plain

from . import factory
from . import factory_analyses as analyses

BCG = analyses.through_json(analyses.document(analyses.BCG, analyses.BCG_NAMES, arms=True, measure="RR"))


def _laid(document: dict[str, Any], layout: str) -> Forest:
    return forest_model.layout(dressed(forest_spec.main_spec(document), document, layout))


def _heads(forest: Forest) -> list[str]:
    """Return the headings from left to right, their lines joined."""
    found: dict[float, list[str]] = {}
    for text in forest.texts:
        if text.role == "head":
            found.setdefault(text.x, []).append(text.text)
    return [" ".join(found[x]) for x in sorted(found)]


def test_columns_stand_in_the_order_of_each_layout() -> None:
    """A layout has the numbers on the side of the plot where that journal does not have them."""
    assert _heads(_laid(BCG, "synth")) == [
        "Series", "Minimally invasive Events/total", "Open surgery Events/total", "Risk ratio (95% CI)", "Weight",
    ]  # fmt: skip
    assert _heads(_laid(BCG, "jama")) == [
        "Source", "Minimally invasive Events/total", "Open surgery Events/total", "Risk ratio (95% CI)", "Weight, %",
    ]  # fmt: skip
    assert _heads(_laid(BCG, "bmj"))[-2:] == ["Weight (%)", "Risk ratio (95% CI)"]
    assert _heads(_laid(BCG, "revman"))[-2:] == ["Weight", "Risk ratio IV, Random, 95% CI"]
    for layout, sides in (("synth", (3, 2)), ("jama", (4, 1)), ("bmj", (3, 2)), ("revman", (5, 0))):
        laid = _laid(BCG, layout)
        heads = {text.x for text in laid.texts if text.role == "head"}
        left = sum(x < laid.axis.left for x in heads)
        assert (left, len(heads) - left) == sides, layout


@pytest.mark.parametrize(
    ("layout", "row", "total"),
    [
        ("synth", "0.41 (0.13 to 1.26)", "Pooled (random effects"),
        ("jama", "0.41 (0.13-1.26)", "Total (95% CI)"),
        ("bmj", "0.41 (0.13 to 1.26)", "Total (95% CI)"),
        ("revman", "0.41 [0.13, 1.26]", "Total (95% CI)"),
    ],
)
def test_intervals_are_written_as_the_layout_does(layout: str, row: str, total: str) -> None:
    """A forest for one journal has the brackets of another."""
    texts = [text.text for text in _laid(BCG, layout).texts]
    assert row in texts
    assert any(text.startswith(total.split(" (")[0]) for text in texts)


def test_no_range_is_written_with_a_hyphen_before_a_minus() -> None:
    """A lower limit below zero reads "-0.5--0.1"."""
    document = analyses.document(analyses.BCG, analyses.BCG_NAMES, arms=True, measure="RD")
    said = [line for line in (text.text for text in _laid(document, "jama").texts) if "(" in line]
    assert any(" to −" in line or "(−" in line for line in said)
    assert not any(re.search(r"[-–]\s*[−-]\d", line) for line in said)


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
@pytest.mark.parametrize("name", sorted(factory.every()))
def test_columns_of_a_layout_do_not_run_into_each_other(name: str, layout: str) -> None:
    """In another order of columns a number is printed over its neighbour or over the edge."""
    laid = _laid(factory.every()[name], layout)
    rows: dict[float, list[tuple[float, float]]] = {}
    for text in laid.texts:
        size = 12.0 if text.role in {"tick", "note"} else 13.0
        width = plain.text_width(text.text, size, bold=text.role in {"head", "group", "strong", "strong context"})
        left = text.x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[text.anchor]
        assert left >= 0
        assert left + width <= laid.width
        rows.setdefault(text.y, []).append((left, left + width))
    for spans in rows.values():
        for (_, end), (start, _) in pairwise(sorted(spans)):
            assert end <= start


@pytest.mark.parametrize("layout", ["jama", "bmj", "revman"])
def test_every_layout_marks_the_same_values(layout: str) -> None:
    """A series moves to another value where only its dress should change."""
    ours, theirs = _laid(BCG, "synth"), _laid(BCG, layout)

    def values(forest: Forest) -> list[float]:
        axis = forest.axis
        return [
            round((x - axis.left) / (axis.right - axis.left), 9)
            for shape in forest.shapes
            if shape.role == "pooled"
            for x, _ in shape.points
        ]

    assert values(ours) == values(theirs)
    assert (ours.axis.low, ours.axis.high) == (theirs.axis.low, theirs.axis.high)


def test_the_table_is_the_same_in_every_layout() -> None:
    """The numbers beside a figure depend on how it is dressed."""
    made = [catalogue.make("forest", BCG, layout) for layout in LAYOUTS]
    assert all(isinstance(one, Figure) for one in made)
    assert len({one.table for one in made if isinstance(one, Figure)}) == 1


def test_folded_lines_keep_their_signs_of_per_cent() -> None:
    """Without a heading "96.7 (82.8-99.9)" is a number of nothing."""
    made = catalogue.narrow("forest", factory.five(), "jama")
    assert isinstance(made, Figure)
    assert "96.7% (82.8%-99.9%)" in made.svg
    assert "weight 25.2%" in made.svg


def test_an_unknown_layout_is_an_error() -> None:
    """A misspelt layout is drawn as ours without a word."""
    with pytest.raises(KeyError):
        catalogue.make("forest", BCG, "lancet")
