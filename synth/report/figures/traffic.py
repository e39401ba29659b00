"""Traffic lights of the risk of bias: a light for each study and item, and their shares for each item."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from ..words.plain import isolated, text_width, visible, wrap
from ..words.reading import Document, items
from .figure import Figure, Grid, Reason

LEVELS = ("low", "moderate", "unclear", "high", "critical", "none")
"""In the order of legends and bars; "none" does not apply."""
SIGNS = {"low": "+", "moderate": "–", "unclear": "?", "high": "×", "critical": "!", "none": "○", "": ""}
"""Said without colour, too."""
WORDS = {
    "low": "low", "moderate": "moderate", "unclear": "unclear", "high": "high", "critical": "critical",
    "none": "does not apply", "": "not judged",
}  # fmt: skip
STYLE = """\
svg.traffic{display:block;max-width:100%;height:auto}
.traffic text{font:12px Helvetica,Arial,"Liberation Sans",sans-serif;fill:var(--ink,currentColor)}
.traffic text.sign{font-weight:700;font-size:14px;text-anchor:middle;fill:#111}
.traffic text.small{fill:var(--muted,currentColor);font-size:11px}
.traffic line{stroke:var(--rule,#8a929b);stroke-width:.6}
.traffic .low{fill:#7fbf9b}.traffic .moderate{fill:#f0dc82}.traffic .unclear{fill:#d9dde2}.traffic .high{fill:#f2a17c}
.traffic .critical{fill:#c97fb0}.traffic .none{fill:#fff;stroke:#555;stroke-width:1}
.traffic circle,.traffic rect{stroke:#333;stroke-width:.6}
.traffic .missing{fill:none;stroke:var(--muted,#777);stroke-dasharray:2 3}
@media print{.traffic circle,.traffic rect{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
_ROW, _CELL, _LABEL, _SIZE = 30.0, 38.0, 230.0, 12.0


@dataclass(frozen=True)
class Lights:
    """What both pictures show.

    Parameters
    ----------
    title : str
        Name of the instrument.
    items : tuple of (str, str)
        Number and short wording of each item, the overall judgement last where there is one.
    studies : tuple of (str, tuple of str)
        Label of each study, and the level of each item; "" where nobody judged it.
    """

    title: str
    items: tuple[tuple[str, str], ...]
    studies: tuple[tuple[str, tuple[str, ...]], ...]


def lights_of(instrument: Mapping[str, Any]) -> Lights:
    """Take what the pictures need from an instrument of the document.

    Examples
    --------
    >>> study = {"study": "A", "arm": "", "items": [{"number": "1", "level": "low"}], "overall": "low"}
    >>> lights_of({"name": "X", "items": [{"number": "1", "text": "Confounding"}], "studies": [study]}).studies
    (('A', ('low', 'low')),)
    """
    wording = [(visible(item["number"]), visible(item["text"])) for item in instrument["items"]]
    items = [(number, text) for number, text in wording if number != "overall"]
    overall = any(study["overall"] is not None for study in instrument["studies"])
    rows = []
    for study in instrument["studies"]:
        levels = {visible(item["number"]): str(item["level"] or "") for item in study["items"]}
        row = [levels.get(number, "") for number, _ in items]
        label = ", ".join(visible(study[key]) for key in ("study", "arm") if study[key])
        rows.append((label, (*row, study["overall"] or "") if overall else tuple(row)))
    return Lights(
        visible(instrument["name"]), tuple([*items, ("all", "Overall")] if overall else items), tuple(rows)
    )


def traffic_lights(lights: Lights) -> str:
    """Draw a light for each study and item.

    Returns
    -------
    str
        An SVG element; all text in it is escaped.

    Examples
    --------
    >>> svg = traffic_lights(Lights("X", (("1", "Confounding"),), (("<b>", ("high",)),)))
    >>> svg.count("<circle"), "&lt;b&gt;" in svg, "<b>" in svg
    (1, True, False)
    """
    names = [wrap(label, _LABEL, _SIZE) for label, _ in lights.studies]
    left = 18.0 + max((text_width(line, _SIZE) for lines in names for line in lines), default=50.0)
    width = left + _CELL * len(lights.items) + 10.0
    parts, y = [], 34.0
    for column, (number, text) in enumerate(lights.items):
        x = left + _CELL * (column + 0.5)
        head = f"{escape(number)}<title>{escape(text)}</title>"
        parts.append(f'<text x="{x:.1f}" y="20" text-anchor="middle">{head}</text>')
    for lines, (label, levels) in zip(names, lights.studies, strict=True):
        height = max(_ROW, 15.0 * len(lines) + 8.0)
        middle = y + height / 2
        parts.append(f'<line x1="0" x2="{width:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts += _name(lines, middle)
        for column, level in enumerate(levels):
            said = f"{label}: item {lights.items[column][0]}, {WORDS[level]}"
            parts.append(_light(left + _CELL * (column + 0.5), middle, level, said))
        y += height
    described = "A row for each study and a light for each item; the table below says the same."
    return _picture(width, y + 6.0, f"{lights.title}: judgements of each study", described, parts)


def summary_bars(lights: Lights) -> str:
    """Draw, for each item, how many studies have each level.

    Returns
    -------
    str
        An SVG element.

    Examples
    --------
    >>> svg = summary_bars(Lights("X", (("1", "Confounding"),), (("A", ("high",)), ("B", ("low",)))))
    >>> svg.count("<rect")
    2
    """
    wordings = [text if number == "all" else f"{number}. {text}" for number, text in lights.items]
    names = [wrap(text, _LABEL, _SIZE) for text in wordings]
    left = 18.0 + max((text_width(line, _SIZE) for lines in names for line in lines), default=50.0)
    span, parts, y = 420.0, [], 26.0
    total = len(lights.studies)
    for quarter in range(5):
        x = left + span * quarter / 4
        parts.append(f'<text class="small" x="{x:.1f}" y="14" text-anchor="middle">{25 * quarter} %</text>')
    for column, lines in enumerate(names):
        height = max(26.0, 15.0 * len(lines) + 6.0)
        middle, x = y + height / 2, left
        parts += _name(lines, middle)
        levels = [row[column] for _, row in lights.studies]
        for level in (*LEVELS, ""):
            count = levels.count(level)
            if not count or not total:
                continue
            wide = span * count / total
            said = f"{count} of {total}: {WORDS[level]}"
            parts.append(
                f'<rect class="{level or "missing"}" x="{x:.2f}" y="{middle - 9:.1f}" width="{wide:.2f}" height="18">'
                f"<title>{escape(said)}</title></rect>"
            )
            if wide >= 26:
                sign = f"{SIGNS[level]} {count}".strip()
                parts.append(f'<text class="sign" x="{x + wide / 2:.2f}" y="{middle + 5:.1f}">{escape(sign)}</text>')
            x += wide
        y += height
    described = "A bar for each item, divided by level; the table below says the same."
    title = f"{lights.title}: share of the studies with each judgement"
    return _picture(left + span + 24.0, y + 8.0, title, described, parts)


def legend(levels: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Give sign and word of each level that occurs, from good to bad.

    Examples
    --------
    >>> legend(["high", "low", "high"])
    (('+', 'low'), ('×', 'high'))
    """
    return tuple((SIGNS[level] or "blank", WORDS[level]) for level in (*LEVELS, "") if level in levels)


def instruments_of(document: Document) -> list[Mapping[str, Any]]:
    """Return the instruments of a document of judgements, or of a pooled document that carries them.

    Examples
    --------
    >>> instruments_of({}), instruments_of({"risk_of_bias": {"instruments": [{"name": "JBI"}]}})
    ([], [{'name': 'JBI'}])
    """
    return items(document, "instruments") or items(document, "risk_of_bias", "instruments")


def lights_figure(document: Document) -> Figure | Reason:
    """Draw the traffic lights of a document's first instrument.

    Examples
    --------
    >>> lights_figure({}).text
    'No study has been judged yet: write the sheet bias (synth template has one) and take it in (synth import FILE).'
    """
    return _of_first(document, traffic_lights)


def bars_figure(document: Document) -> Figure | Reason:
    """Draw the shares of a document's first instrument."""
    return _of_first(document, summary_bars)


def _of_first(document: Document, draw: Callable[[Lights], str]) -> Figure | Reason:
    found = instruments_of(document)
    if not found:
        return Reason(
            "No study has been judged yet: write the sheet bias (synth template has one) and take it in (synth import "
            "FILE)."
        )
    lights = lights_of(found[0])
    lit = draw is traffic_lights
    what = "judgements of each study" if lit else "share of the studies with each judgement"
    title = f"{lights.title}: {what}"
    desc = f"A {'row for each study and a light' if lit else 'bar'} for each item"
    desc += "; the table below says the same." if lit else ", divided by level; the table below says the same."
    columns = ("Series", *(text if number == "all" else f"{number}. {text}" for number, text in lights.items))
    rows = tuple((label, *(WORDS[level] for level in levels)) for label, levels in lights.studies)
    said = ", ".join(f"{sign} {word}" for sign, word in legend([level for _, row in lights.studies for level in row]))
    return Figure(draw(lights), title, desc, Grid(columns, rows), f"{said[:1].upper()}{said[1:]}.")


def _name(lines: Sequence[str], middle: float) -> list[str]:
    """Set the lines of a name around a height."""
    made = []
    for number, line in enumerate(lines):
        place = middle + 4.0 + 15.0 * (number - (len(lines) - 1) / 2)
        made.append(f'<text x="4" y="{place:.1f}">{escape(isolated(line))}</text>')
    return made


def _light(x: float, y: float, level: str, said: str) -> str:
    named = f"<title>{escape(said)}</title>"
    circle = f'<circle class="{level or "missing"}" cx="{x:.1f}" cy="{y:.1f}" r="11">{named}</circle>'
    sign = SIGNS[level]
    return circle + (f'<text class="sign" x="{x:.1f}" y="{y + 5:.1f}">{sign}</text>' if sign else "")


def _picture(width: float, height: float, title: str, description: str, parts: Sequence[str]) -> str:
    return (
        f'<svg class="traffic" role="img" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}"><title>{escape(title)}</title><desc>{escape(description)}</desc>'
        + "".join(parts)
        + "</svg>"
    )
