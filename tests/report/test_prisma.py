"""The flow diagram: every number in a box, boxes as tall as their text, what is missing said."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from synth.report.figures import prisma
from synth.report.words import plain

from . import factory

SVG = "{http://www.w3.org/2000/svg}"


def _box(label: str, n: int | None, *parts: tuple[str, int | None]) -> dict[str, Any]:
    made = [{"label": name, "n": count, "reason": ""} for name, count in parts]
    return {"label": label, "n": n, "parts": made, "reason": "" if n is not None else "write it in review.toml"}


def _numbers(*, other: bool = True, hostile: bool = False) -> dict[str, Any]:
    names = factory.HOSTILE if hostile else ["PubMed", "Embase"]
    sources = [(name, 10 + i) for i, name in enumerate(names)]
    first = [
        {"phase": "Identification", "box": _box("Records identified", 240, *sources),
         "out": _box("Records removed before screening", 30, ("Duplicates", 30), ("By automation", None))},
        {"phase": "Screening", "box": _box("Records screened", 210), "out": _box("Records excluded", None)},
        {"phase": "Screening", "box": _box("Reports sought", 40), "out": _box("Reports not retrieved", 1)},
        {"phase": "Screening", "box": _box("Reports assessed", 39),
         "out": _box("Reports excluded", 20, ("No figures", 20))},
    ]  # fmt: skip
    second = [
        {"phase": "Identification", "box": _box("Records identified by other ways", 7), "out": None},
        {"phase": "Screening", "box": _box("Reports sought", 7), "out": _box("Reports not retrieved", 0)},
        {"phase": "Screening", "box": _box("Reports assessed", 7), "out": _box("Reports excluded", 3)},
    ]
    columns = [{"heading": "Identification of studies via databases and registers", "steps": first}]
    if other:
        columns.append({"heading": "Identification of studies via other methods", "steps": second})
    return {"columns": columns, "included": _box("Studies included", 23)}


def _boxes(svg: str) -> list[tuple[float, float, float, float]]:
    found = []
    for rect in ET.fromstring(svg).iter(f"{SVG}rect"):
        if rect.get("class") in {None, "missing"}:
            found.append(tuple(float(rect.attrib[key]) for key in ("x", "y", "width", "height")))
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("other", [True, False])
@pytest.mark.parametrize("hostile", [True, False])
def test_every_word_stands_in_a_box_and_no_box_on_another(other: bool, hostile: bool) -> None:
    """A long source is cut off, or two boxes cover each other."""
    made = prisma.flow(_numbers(other=other, hostile=hostile))
    root = ET.fromstring(made.svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    boxes = _boxes(made.svg)
    assert len(boxes) == (14 if other else 9)
    for i, (x, y, wide, high) in enumerate(boxes):
        assert x >= 0
        assert x + wide <= width
        assert y + high <= height
        for x2, y2, wide2, high2 in boxes[:i]:
            assert x >= x2 + wide2 or x2 >= x + wide or y >= y2 + high2 or y2 >= y + high
    for text in root.iter(f"{SVG}text"):
        if text.get("class") in {"heading", "phase"}:
            continue
        left, base = float(text.attrib["x"]), float(text.attrib["y"])
        right = left + plain.text_width(text.text or "", 12.0)
        assert any(
            x < left and right <= x + wide and y < base - 9.0 and base + 3.0 <= y + high for x, y, wide, high in boxes
        ), text.text


def test_a_missing_number_is_said_and_drawn_apart() -> None:
    """A number that nobody has looks like nought, or like one that is there."""
    made = prisma.flow(_numbers())
    assert made.svg.count('<rect class="missing"') == 1
    assert "Records excluded (not recorded)" in made.svg
    assert "By automation (not recorded)" in made.svg
    assert "(n\u00a0=\u00a0None)" not in made.svg
    missing = [row for row in made.table.rows if row[3] is None]
    assert [row[1:3] for row in missing] == [
        ("Records removed before screening", "By automation"), ("Records excluded", ""),
    ]  # fmt: skip
    assert "A broken outline" in made.caption


def test_every_number_is_in_picture_and_table() -> None:
    """A box says another number than the log that it was drawn from."""
    numbers = _numbers()
    made = prisma.flow(numbers)
    shown = sorted(int(value) for value in re.findall(r"\(n\u00a0=\u00a0(\d+)\)", made.svg))
    given = sorted(row[3] for row in made.table.rows if isinstance(row[3], int))
    assert shown == given
    assert given.count(23) == 1


def test_other_ways_make_a_second_column_beside_the_first() -> None:
    """Citations that were followed stand under the databases, or not at all."""
    one, two = (prisma.flow(_numbers(other=other)) for other in (False, True))
    wide = [float(ET.fromstring(made.svg).attrib["viewBox"].split()[2]) for made in (one, two)]
    assert wide[1] > 1.8 * wide[0]
    assert "other methods" in two.svg
    assert "other methods" not in one.svg


def test_nothing_recorded_is_still_a_diagram() -> None:
    """A review without any log has no flow diagram, not even one that says so."""
    made = prisma.flow({})
    assert prisma.NOT_RECORDED in made.svg
    ET.fromstring(made.svg)
