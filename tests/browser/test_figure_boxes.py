"""Figures as a browser draws them: no letter beyond the frame, no word wider than it was reckoned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synth.report.figures import prisma
from synth.report.figures.alone import alone
from synth.report.figures.catalogue import FORESTS, Figure, make, narrow
from synth.report.figures.layouts import LAYOUTS
from synth.report.words import plain

from ..report import factory
from ..report import factory_analyses as analyses
from .conftest import Opener

NAMES = [
    *factory.HOSTILE,
    "مطالعهٔ ستون فقرات می‌خواهم ۱۴۰۰",
    "שלום עולם מחקר ארוך מאוד על שברים בעמוד השדרה",
    "हिन्दी अध्ययन रीढ़ की हड्डी का फ्रैक्चर",
    "ไทยการศึกษากระดูกสันหลังหักในผู้ป่วย",
    "한국 척추 골절 연구 그룹 장기 추적",
    "Привет ЖЩМФ исследование позвоночника",
    "W" * 30 + "@" * 20,
    "ﷺ ﷽",
]
MEASURE = """() => {
  const svg = document.documentElement, frame = svg.viewBox.baseVal, whole = svg.getBoundingClientRect();
  const scale = frame.width / whole.width;
  return [frame.width, frame.height, [...svg.querySelectorAll('text')].map(text => {
    const at = text.getBoundingClientRect(), style = getComputedStyle(text);
    return [text.textContent, text.getBBox().width, (at.left - whole.left) * scale, (at.right - whole.left) * scale,
            (at.top - whole.top) * scale, (at.bottom - whole.top) * scale,
            +style.fontWeight, parseFloat(style.fontSize)];
  })];
}"""


def _documents() -> dict[str, dict[str, Any]]:
    single = factory.document([(3, 20 + i) for i in range(len(NAMES))], NAMES)
    k = len(NAMES)
    counts = {"events_1": [3] * k, "total_1": [40 + i for i in range(k)], "events_2": [5] * k, "total_2": [44] * k}
    two = analyses.document(counts, NAMES, arms=True, measure="OR")
    two["arms"][0]["label"], two["arms"][1]["label"] = NAMES[5] * 2, NAMES[4] * 2
    return {"single": single, "two": two}


def _hold(look: Opener, folder: Path, svg: str, label: str) -> None:
    file = folder / "figure.svg"
    file.write_text(alone(svg), encoding="utf-8")
    with look(file) as seen:
        width, height, texts = seen.page.evaluate(MEASURE)
        assert not seen.complaints, label
        assert len(seen.requests) == 1, label
    assert texts, label
    for text, wide, left, right, top, foot, weight, size in texts:
        assert left >= -0.5, (label, text)
        assert right <= width + 0.5, (label, text)
        assert top >= -1.0, (label, text)
        assert foot <= height + 1.0, (label, text)
        # A line of nothing but bold x is the widest against its estimate: a browser rounds each letter up a little.
        assert wide <= 1.005 * plain.text_width(text, size, bold=weight >= 600) + 0.5, (label, text)


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
@pytest.mark.parametrize("name", ["single", "two"])
def test_forests_of_every_layout_keep_their_words_inside(look: Opener, tmp_path: Path, name: str, layout: str) -> None:
    """A name in some script is wider than its column: it runs over the numbers, or off the paper."""
    document = _documents()[name]
    for kind in FORESTS:
        for draw in (make, narrow):
            made = draw(kind, document, layout)
            if isinstance(made, Figure):
                _hold(look, tmp_path, made.svg, f"{kind} {layout}")


@pytest.mark.parametrize("kind", ["funnel", "funnel-precision", "funnel-size", "doi", "radial", "labbe", "drapery"])
def test_charts_keep_their_words_inside(look: Opener, tmp_path: Path, kind: str) -> None:
    """The name of an axis or of a point is cut off at the edge."""
    made = make(kind, _documents()["two"])
    assert isinstance(made, Figure)
    _hold(look, tmp_path, made.svg, kind)


def test_the_flow_diagram_keeps_its_words_inside(look: Opener, tmp_path: Path) -> None:
    """A source or a reason of exclusion in some script runs out of its box."""
    parts = [{"label": name, "n": i, "reason": ""} for i, name in enumerate(NAMES)]
    box = {"label": NAMES[4], "n": 9, "parts": parts, "reason": ""}
    steps = [{"phase": "Identification", "box": box, "out": box}, {"phase": "Screening", "box": box, "out": None}]
    columns = [{"heading": name, "steps": steps} for name in (NAMES[5], NAMES[3])]
    _hold(look, tmp_path, prisma.flow({"columns": columns, "included": box}).svg, "prisma")
