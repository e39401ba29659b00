"""The picture: every mark stands where its number says, at every size of review."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from synth.report.figures import forest, forest_marks, forest_model, forest_spec
from synth.report.words import plain

from . import factory

DOCUMENTS = factory.every()
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=sorted(DOCUMENTS))
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each document in turn."""
    made: dict[str, Any] = DOCUMENTS[request.param]
    return made


def _forest(document: dict[str, Any]) -> forest_marks.Forest:
    return forest_model.layout(forest_spec.main_spec(document))


def test_is_well_formed_xml(document: dict[str, Any]) -> None:
    """A label breaks the picture, and a strict reader shows nothing."""
    root = ET.fromstring(forest.forest_svg(document))
    assert root.find(f"{SVG}title") is not None
    assert root.find(f"{SVG}desc") is not None


def test_same_document_gives_the_same_bytes(document: dict[str, Any]) -> None:
    """The picture depends on something other than the document."""
    assert forest.forest_svg(document) == forest.forest_svg(document)


def test_coordinates_have_at_most_two_decimals(document: dict[str, Any]) -> None:
    """Coordinates carry noise digits that differ between machines."""
    svg = re.sub(r"<(title|desc|text)[^>]*>[^<]*", "", forest.forest_svg(document))
    for value in re.findall(r'(?:x1|x2|y1|y2|cx|cy|r|points|viewBox|width|height)="([^"]+)"', svg):
        assert not re.search(r"\.\d{3,}|e-|nan|inf", value)


def _positions(axis: Any, value: float) -> float:
    """Work a position out anew from the ends of the axis, as a reader with a ruler would."""
    return float(axis.left + (value - axis.low) / (axis.high - axis.low) * (axis.right - axis.left))


def test_every_square_lies_at_its_estimate() -> None:
    """A study's square is drawn at another value than its own."""
    document = DOCUMENTS["twenty"]
    laid = _forest(document)
    squares = [shape for shape in laid.shapes if shape.role == "study"]
    assert len(squares) == document["k"]
    for square, study in zip(squares, document["studies"], strict=True):
        centre = (square.points[0][0] + square.points[1][0]) / 2
        assert centre == pytest.approx(_positions(laid.axis, study["estimate"]), abs=1e-9)


def test_the_diamond_spans_the_interval_and_peaks_at_the_estimate() -> None:
    """The diamond says another answer than the sentence at the top."""
    document = DOCUMENTS["five"]
    laid = _forest(document)
    (diamond,) = [shape for shape in laid.shapes if shape.role == "pooled"]
    reporting = document["pooled"]["reporting"]
    left, top, right, _ = diamond.points
    assert left[0] == pytest.approx(_positions(laid.axis, reporting["ci_low"]), abs=1e-9)
    assert top[0] == pytest.approx(_positions(laid.axis, reporting["estimate"]), abs=1e-9)
    assert right[0] == pytest.approx(_positions(laid.axis, reporting["ci_high"]), abs=1e-9)


def test_the_prediction_bar_spans_its_interval() -> None:
    """The prediction bar is as long as something else."""
    document = DOCUMENTS["five"]
    laid = _forest(document)
    (bar,) = [shape for shape in laid.shapes if shape.role == "prediction"]
    low, high = (document["prediction"]["reporting"][key] for key in ("ci_low", "ci_high"))
    assert bar.points[0][0] == pytest.approx(_positions(laid.axis, low), abs=1e-9)
    assert bar.points[1][0] == pytest.approx(_positions(laid.axis, high), abs=1e-9)


def test_squares_have_areas_in_proportion_to_weights() -> None:
    """A study of twice the weight does not look twice as heavy."""
    heavy, light = forest_marks.square_side(0.5, 0.5), forest_marks.square_side(0.25, 0.5)
    assert heavy**2 == pytest.approx(2 * light**2)


def test_the_comparator_has_shapes_of_its_own() -> None:
    """Comparator series can be taken for pooled ones when colours are not seen."""
    laid = _forest(DOCUMENTS["one"])
    circles = [shape for shape in laid.shapes if shape.role == "study context"]
    assert len(circles) == 2
    assert all(shape.radius is not None for shape in circles)
    assert all(shape.radius is None for shape in laid.shapes if shape.role == "study")


def test_a_limit_beyond_the_axis_ends_in_an_arrow() -> None:
    """An interval that is cut looks as if it ended at the edge of the plot."""
    document = factory.document([(1, 40), (2, 90), (0, 1), (1, 60)], comparator=False)
    laid = _forest(document)
    assert document["studies"][2]["ci_high"] > laid.axis.high
    (arrow,) = [shape for shape in laid.shapes if shape.role == "arrow"]
    assert arrow.points[0][0] == laid.axis.right


@pytest.mark.parametrize("lay", [forest_model.layout, forest_model.compact])
def test_no_text_is_cut_or_runs_into_the_next_column(
    document: dict[str, Any], lay: Callable[[forest_marks.Spec], forest_marks.Forest]
) -> None:
    """A long label is clipped at the edge or printed over the numbers beside it."""
    laid = lay(forest_spec.main_spec(document))
    rows: dict[float, list[tuple[float, float]]] = {}
    for text in laid.texts:
        size = 12.0 if text.role in {"tick", "note"} else 13.0
        width = plain.text_width(text.text, size, bold=text.role in {"head", "group", "strong", "strong context"})
        left = text.x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[text.anchor]
        assert left >= 0
        assert left + width <= laid.width
        assert 0 < text.y < laid.height
        rows.setdefault(text.y, []).append((left, left + width))
    for spans in rows.values():
        for (_, end), (start, _) in pairwise(sorted(spans)):
            assert end <= start


@pytest.mark.parametrize("lay", [forest_model.layout, forest_model.compact])
def test_marks_stay_inside_the_plot(
    document: dict[str, Any], lay: Callable[[forest_marks.Spec], forest_marks.Forest]
) -> None:
    """A mark is drawn over the text columns."""
    laid = lay(forest_spec.main_spec(document))
    reach = forest_marks.SQUARE_MAX / 2
    for shape in laid.shapes:
        for x, y in shape.points:
            assert laid.axis.left - reach <= x <= laid.axis.right + reach
            assert 0 < y < laid.height


def test_parts_hold_every_line_once_and_fit_a_page() -> None:
    """A printed forest loses a study between two pages, or cuts one in half."""
    document = DOCUMENTS["hundred-fifty"]
    spec = forest_spec.main_spec(document)
    parts = forest_model.panels(spec)
    assert len(parts) > 1
    labels = [text.text for part in parts for text in part.texts]
    for study in document["studies"]:
        assert labels.count(study["study"]) == 1
    assert {part.axis for part in parts} == {parts[0].axis}
    assert max(part.height for part in parts) < 1200


def test_a_review_of_any_size_is_as_tall_as_its_rows() -> None:
    """One study leaves a hole under it, or many are squeezed."""
    heights = {k: _forest(factory.many(k)).height for k in (2, 20, 150)}
    assert (heights[150] - heights[20]) / 130 == pytest.approx((heights[20] - heights[2]) / 18, rel=0.1)


def test_axis_contains_every_summary(document: dict[str, Any]) -> None:
    """The pooled answer or a study's own estimate falls off the axis."""
    laid = _forest(document)
    for study in document["studies"]:
        assert laid.axis.inside(study["estimate"])
    for value in document["pooled"]["reporting"].values():
        assert value is None or laid.axis.inside(value)


def test_leave_one_out_has_a_row_for_each_series() -> None:
    """A series is missing from the leave-one-out picture."""
    svg = forest.leave_one_out_svg(DOCUMENTS["five"])
    assert svg is not None
    for study in DOCUMENTS["five"]["studies"]:
        assert f"without {study['study']}" in svg
    assert forest.leave_one_out_svg(DOCUMENTS["one"]) is None


def _weights(document: dict[str, Any]) -> list[list[str]]:
    return [[line.weight_text for line in block.lines] for block in forest_spec.main_spec(document).blocks]


def test_a_series_that_stands_alone_has_no_weight() -> None:
    """A weight of 100% is printed where nothing was pooled."""
    mixed = factory.two_arms()
    assert _weights(mixed)[2] == ["–"]
    assert "–" not in _weights(mixed)[0]
    alone = factory.one()
    alone["comparators"] = mixed["comparators"][1:]
    assert _weights(alone) == [[""], [""]]
    assert _weights(factory.one())[0] == ["–"]


def test_the_axis_says_what_it_measures() -> None:
    """Healed fractures are called events that befell the patients."""
    texts = [text.text for text in _forest(DOCUMENTS["five"]).texts]
    assert "Per cent who had a fused fracture at follow-up" in texts


def test_the_narrow_layout_marks_the_same_values() -> None:
    """A telephone shows another answer than a desk."""
    spec = forest_spec.main_spec(DOCUMENTS["five"])
    laid = forest_model.compact(spec)
    (diamond,) = [shape for shape in laid.shapes if shape.role == "pooled"]
    reporting = DOCUMENTS["five"]["pooled"]["reporting"]
    assert diamond.points[0][0] == pytest.approx(_positions(laid.axis, reporting["ci_low"]), abs=1e-9)
    assert diamond.points[1][0] == pytest.approx(_positions(laid.axis, reporting["estimate"]), abs=1e-9)
    assert len(laid.shapes) == len(forest_model.layout(spec).shapes)
