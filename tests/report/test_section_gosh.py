"""The section on all subsets: a small picture that holds every subset, and words that are true to it."""

from __future__ import annotations

import copy
import re
from dataclasses import asdict
from typing import Any

import pytest

from synth.meta import gosh_analysis
from synth.report.figures import chart, charts_groups
from synth.report.outcome import view, view_text
from synth.report.sections import gosh as section_gosh

from . import factory_analyses as analyses
from .factory_analyses import through_json


def made(data: dict[str, list[Any]], **settings: Any) -> dict[str, Any]:
    """Return a document with the analysis of all subsets."""
    document = analyses.document(data, **settings)
    document["analyses"] = {"gosh": asdict(gosh_analysis(data, **settings))}
    return through_json(document)


@pytest.mark.parametrize(("data", "settings"), [(analyses.SHARES, {}), (analyses.BCG, {"measure": "RR"})])
def test_the_picture_is_small_and_holds_every_cell(data: dict[str, list[Any]], settings: dict[str, Any]) -> None:
    """Thousands of subsets make the page heavy, or some of them are not drawn."""
    document = made(data, **settings)
    (part,) = view.page(document).sections
    picture = part.figures[0].wide[0]
    assert len(picture) < 60_000
    cells = document["analyses"]["gosh"]["cells"]
    assert sum(cell["count"] for cell in cells) == document["analyses"]["gosh"]["pooled"]
    dots = sum(path.count("h.01") for path in re.findall(r'<path class="dots[^"]*" d="([^"]+)"', picture))
    crosses = sum(path.count("v") for path in re.findall(r'<path class="cross" d="([^"]+)"', picture))
    held = sum(2 * cell["count_apart"] > cell["count"] for cell in cells)
    assert (dots, crosses) == (len(cells) - held, held)
    across = [float(x) for x in re.findall(r"M([\d.]+) ", picture)]
    assert chart.SIDE - 6.0 <= min(across) <= max(across) <= charts_groups.WIDTH


def test_words_and_tables_say_what_the_subsets_say() -> None:
    """The sentence names another number of subsets, another spread or another series than the analysis."""
    document = made(analyses.SHARES)
    found = document["analyses"]["gosh"]
    (part,) = view.page(document).sections
    said = " ".join(part.said)
    assert said.startswith("All 4083 subsets of at least two of the 12 series, each pooled by the binomial–normal")
    assert f"The series that parts them most is {found['apart']}:" in said
    assert len(part.tables[0].rows) == 3
    assert [row.cells[0] for row in part.tables[1].rows] == [row["study"] for row in found["studies"]]
    assert any("Olkin" in reference.text for reference in view_text.written(document).references)


def test_many_series_are_not_all_listed() -> None:
    """A thousand series make a table that nobody reads, or the most telling one is not in it."""
    k = 80
    data = {"estimate": [0.01 * i for i in range(k - 1)] + [9.0], "se": [0.2] * k}
    document = analyses.document(data)
    document["analyses"] = {"gosh": asdict(gosh_analysis(data, subsets=300))}
    (part,) = view.page(through_json(document)).sections
    assert len(part.tables[1].rows) == section_gosh.MOST_SERIES
    assert part.tables[1].rows[0].cells[0] == "Study 80"
    assert "drawn at random from" not in part.said[0], "2^80 is no number to read"
    assert "drawn at random (seed 1)" in part.said[0]


def test_nothing_to_pool_is_a_reason_and_no_picture() -> None:
    """Two series give an empty picture instead of the reason."""
    (part,) = view.page(made({"estimate": [0.1, 0.2], "se": [0.1, 0.1]})).sections
    assert part.figures == ()
    assert part.said == ("2 studies: subsets of two or more say nothing new.",)


def test_a_cloud_of_one_point_is_drawn() -> None:
    """Identical series, whose subsets all agree, break the axis."""
    document = made({"estimate": [0.5, 0.5, 0.5], "se": [0.1, 0.1, 0.1]})
    (part,) = view.page(document).sections
    assert "h.01" in part.figures[0].wide[0]
    lacking = copy.deepcopy(document)
    lacking["analyses"]["gosh"]["cells"] = []
    assert view.page(lacking).sections[0].figures == ()
