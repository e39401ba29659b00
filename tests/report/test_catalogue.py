"""The catalogue: every picture shows its own numbers, at their places, inside its frame."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from synth.report.figures import alone, catalogue
from synth.report.figures.figure import Figure, Grid, Reason
from synth.report.words import plain

from . import factory
from . import factory_analyses as analyses

GOLD = Path(__file__).parent / "gold"
SVG = "{http://www.w3.org/2000/svg}"
JUDGED = {
    "name": "JBI",
    "items": [{"number": "1", "text": "Criteria"}, {"number": "2", "text": "Follow-up"}],
    "studies": [
        {"study": name, "arm": "", "overall": None, "items": [{"number": "1", "level": "low"},
                                                             {"number": "2", "level": None}]}
        for name in ("A & B 2020", *factory.HOSTILE)
    ],
}  # fmt: skip


@cache
def _documents() -> dict[str, dict[str, Any]]:
    hostile = analyses.with_analyses(
        analyses.SHARES, list(factory.HOSTILE), [factory.HOSTILE[4], factory.HOSTILE[5]] * 6,
        [float(year) for year in analyses.YEARS],
    )  # fmt: skip
    hostile["analyses"]["regression"]["moderators"] = ["<b>" + "x" * 120]
    hostile["risk_of_bias"] = {"instruments": [JUDGED]}
    return {"bcg": analyses.bcg(), "shares": analyses.shares(), "hostile": hostile, "few": analyses.few()}


def _drawn(name: str) -> dict[str, Figure]:
    return catalogue.figures(_documents()[name])


DRAWN = [(name, kind) for name in ("bcg", "shares", "hostile", "few") for kind in catalogue.KINDS]


@pytest.mark.parametrize(("name", "kind"), DRAWN)
def test_a_picture_is_whole_and_everything_in_it_is_inside(name: str, kind: str) -> None:
    """A mark or a word stands outside of the frame, and print or page cuts it off."""
    made = catalogue.make(kind, _documents()[name])
    if isinstance(made, Reason):
        assert made.text.endswith(".")
        return
    root = ET.fromstring(made.svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    assert root.findtext(f"{SVG}title") == made.title
    assert root.findtext(f"{SVG}desc") == made.desc
    assert not re.search(r"\b(nan|inf|None|undefined)\b", re.sub(r"<(title|desc|text)[^>]*>[^<]*", "", made.svg))
    for text in root.iter(f"{SVG}text"):
        if text.get("transform"):
            long = plain.text_width(text.text or "", 12.0)
            assert abs(float(text.attrib["y"]) - height / 2) + long / 2 <= height / 2 + 30.0
            continue
        size = 14.0 if text.get("class") == "sign" else 13.0 if root.get("class") == "forest" else 12.0
        long = plain.text_width("".join(text.itertext()) if text.get("class") != "sign" else text.text or "", size)
        anchor = text.get("text-anchor") or ("middle" if text.get("class") == "sign" else "start")
        left = float(text.attrib["x"]) - long * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
        assert left >= -0.01, text.text
        assert left + long <= width + 0.01 or text.find(f"{SVG}title") is not None, text.text
        assert 0.0 < float(text.attrib["y"]) < height
    for circle in root.iter(f"{SVG}circle"):
        assert 0.0 <= float(circle.attrib["cx"]) <= width
        assert 0.0 <= float(circle.attrib["cy"]) <= height
    for polygon in root.iter(f"{SVG}polygon"):
        for x, y in re.findall(r"([-\d.]+),([-\d.]+)", polygon.attrib["points"]):
            assert 0.0 <= float(x) <= width
            assert 0.0 <= float(y) <= height


@pytest.mark.parametrize("name", ["bcg", "shares", "hostile", "few"])
def test_each_picture_has_its_numbers_beside_it(name: str) -> None:
    """Somebody who cannot see the picture, or wants its numbers, finds none."""
    for kind, made in _drawn(name).items():
        assert made.table.rows, kind
        assert made.caption, kind
        for row in made.table.rows:
            assert all(not isinstance(cell, float) or math.isfinite(cell) for cell in row)


def test_every_kind_is_drawn_of_a_document_that_has_all() -> None:
    """A kind of the catalogue is never drawn by any test."""
    drawn = {kind for name in _documents() for kind in _drawn(name)}
    assert drawn == set(catalogue.KINDS)
    assert list(catalogue.ABOUT) == list(catalogue.KINDS)


@pytest.mark.parametrize("kind", list(catalogue.KINDS))
@pytest.mark.parametrize("document", [{}, factory.bare(), factory.all_zero(), factory.all_events(), factory.one()])
def test_what_cannot_be_drawn_says_why(kind: str, document: dict[str, Any]) -> None:
    """A review without events, or without an analysis, gets a traceback or an empty frame."""
    made = catalogue.make(kind, document)
    if isinstance(made, Reason):
        assert len(made.text) > 15
        assert made.text[-1] == "."
    else:
        ET.fromstring(made.svg)


def _number(svg: str, pattern: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(pattern, svg)]


def _axis(svg: str) -> tuple[float, float, float, float]:
    low, high, left, right = (float(value) for value in re.findall(r'data-axis-\w+="([-\d.]+)"', svg))
    return low, high, left, right


@pytest.mark.parametrize("layout", ["synth", "jama", "bmj", "revman"])
def test_the_diamond_peaks_at_the_estimate_in_every_layout(layout: str) -> None:
    """A layout moves the pooled answer to another value."""
    document = factory.five()
    made = catalogue.make("forest", document, layout)
    assert isinstance(made, Figure)
    low, high, left, right = _axis(made.svg)
    points = re.findall(r'<polygon class="pooled" points="([^"]+)"', made.svg)[0].split()
    estimate = document["pooled"]["reporting"]["estimate"] * 100.0
    place = left + (estimate - low) / (high - low) * (right - left)
    assert float(points[1].split(",")[0]) == pytest.approx(place, abs=0.012)  # two roundings to two decimals


def test_a_radial_plot_reads_estimates_on_its_right() -> None:
    """A line from the origin through a point does not end at the estimate of the series."""
    document = _documents()["bcg"]
    made = catalogue.make("radial", document)
    assert isinstance(made, Figure)
    tau2 = document["tau2"]["value"]
    for (_, estimate, precision, ratio), study in zip(made.table.rows, document["studies"], strict=True):
        assert isinstance(precision, float)
        assert isinstance(ratio, float)
        assert ratio / precision == pytest.approx(estimate, rel=1e-12)
        assert precision == pytest.approx(1.0 / math.sqrt(study["analysis"]["se"] ** 2 + tau2), rel=1e-12)
    dots = _number(made.svg, r'<circle class="dot" cx="([\d.]+)" cy="([\d.]+)"')
    assert len(dots) == document["k"]


def test_a_labbe_plot_stands_on_the_risks_of_both_arms() -> None:
    """The arms are exchanged, or the line of the pooled answer is that of another measure."""
    document = _documents()["bcg"]
    made = catalogue.make("labbe", document)
    assert isinstance(made, Figure)
    dots = _number(made.svg, r'<circle class="dot" cx="([\d.]+)" cy="([\d.]+)"')
    first = document["studies"][0]["data"]
    x, y = dots[0]
    # Both axes begin at 0 at the left foot and end at the same share.
    left, foot, top = 64.0, 368.0, 14.0
    share_across, share_up = (x - left), (foot - y)
    risk = (first["events_1"] / first["total_1"]) / (first["events_2"] / first["total_2"])
    assert share_up / share_across == pytest.approx(risk, rel=2e-2)
    assert top < y < foot
    pooled = document["pooled"]["reporting"]["estimate"]
    ends = re.findall(r'<path class="reference" d="M([\d.]+) ([\d.]+).*L([\d.]+) ([\d.]+)"', made.svg)[0]
    x1, y1, x2, y2 = map(float, ends)
    assert (y1 - y2) / (x2 - x1) == pytest.approx(pooled, rel=1e-2)


def test_a_drape_crosses_the_line_at_the_limits_of_the_series() -> None:
    """The curve of a series stands above 0.05 over another stretch than its interval."""
    document = analyses.document({"estimate": [0.0, 4.0], "se": [1.0, 1.0]}, measure="GEN")
    made = catalogue.make("drapery", document)
    assert isinstance(made, Figure)
    path = re.findall(r'<path class="drape" d="M([^"]+)"', made.svg)[0]
    line = [tuple(map(float, point.split())) for point in path.split("L")]
    peak = min(line, key=lambda point: point[1])
    assert peak[1] == pytest.approx(14.0, abs=0.06)
    # 1.75 standard errors from the estimate the p-value is 0.080: the curve has a point there.
    beyond = sorted({round((y - 14.0) / (368.0 - 14.0), 2) for _, y in line})
    assert 0.92 in beyond


def test_the_funnel_over_precision_has_the_same_points() -> None:
    """Two funnels of the same series show other series."""
    drawn = _drawn("bcg")
    assert drawn["funnel"].table == drawn["funnel-precision"].table == drawn["funnel-size"].table
    for kind in ("funnel", "funnel-precision", "funnel-size"):
        assert drawn[kind].svg.count('<circle class="dot"') == 13
    assert drawn["funnel"].svg.count("shade") == 3
    assert drawn["funnel-precision"].svg.count("shade") == 3
    assert "shade" not in _drawn("shares")["funnel-precision"].svg


def test_the_contours_of_a_funnel_stand_where_p_is_what_they_say() -> None:
    """The region of p below 0.05 begins elsewhere than 1.96 standard errors from no effect."""
    svg = _drawn("bcg")["funnel"].svg
    ticks = re.findall(r'<text x="([\d.]+)" y="366" text-anchor="middle">([^<]+)</text>', svg)
    places = {float(said.replace("−", "-")): float(x) for x, said in ticks}
    scale = (places[1.0] - places[0.0]) if 1.0 in places else places[2.0] / 2 - places[0.0] / 2
    corners = re.findall(r'<polygon class="shade2" points="([^"]+)"', svg)[0].split()
    xs = [float(corner.split(",")[0]) for corner in corners]
    ys = [float(corner.split(",")[1]) for corner in corners]
    deep = max(ys)
    at_foot = [x for x, y in zip(xs, ys, strict=True) if y == deep]
    largest = float(re.findall(r'<text x="55" y="352" text-anchor="end">([^<]+)</text>', svg)[0])
    assert places[0.0] - min(at_foot) == pytest.approx(1.96 * largest * scale, abs=0.05)


@pytest.mark.parametrize("kind", ["forest", "funnel", "radial"])
def test_gold_pictures_are_the_same_to_the_byte(kind: str) -> None:
    """A picture has changed without anybody having looked at it (docs/figures.md says how to look)."""
    document = factory.five() if kind == "forest" else analyses.through_json(
        analyses.document(analyses.BCG, analyses.BCG_NAMES, arms=True, measure="RR")
    )  # fmt: skip
    made = catalogue.make(kind, document)
    assert isinstance(made, Figure)
    assert alone.alone(made.svg, 174.0) == (GOLD / f"{kind}.svg").read_text("utf-8")


def test_a_picture_alone_needs_no_page() -> None:
    """An SVG file shows black on black, because its colours are those of a page that is not there."""
    for made in _drawn("hostile").values():
        text = alone.alone(made.svg, 100.0)
        assert "var(" not in text
        assert "currentColor" not in text
        root = ET.fromstring(text)
        assert root.attrib["width"] == "100mm"
        assert "script" not in {each.tag.removeprefix(SVG) for each in root.iter()}


def test_a_row_must_fit_its_headings() -> None:
    """A table under a picture has a number under another heading than its own."""
    with pytest.raises(ValueError, match="cells"):
        Grid(("a", "b"), ((1,),))
