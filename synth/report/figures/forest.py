"""Write a laid-out forest as SVG text: the only place that knows SVG."""

from __future__ import annotations

from html import escape

from ..words.reading import Document
from .axis import Axis
from .forest_marks import Forest, Segment, Shape, Spec, Text
from .forest_model import compact, layout, panels
from .forest_spec import leave_one_out_spec, main_spec

STYLE = """\
.forest text{font:13px Helvetica,Arial,"Liberation Sans",sans-serif;fill:var(--ink,currentColor)}
.forest text{font-variant-numeric:tabular-nums}
.forest .head{font-weight:600;fill:var(--muted,currentColor)}
.forest .strong,.forest .group{font-weight:700}
.forest .note{font-size:12px;fill:var(--muted,currentColor)}
.forest .tick{font-size:12px;fill:var(--muted,currentColor)}
.forest text.context{fill:var(--muted,currentColor)}
.forest line{stroke:var(--ink,currentColor);stroke-width:1.2}
.forest line.rule{stroke:var(--rule,#8a929b);stroke-width:1}
.forest line.axis{stroke:var(--muted,currentColor);stroke-width:1}
.forest line.reference{stroke:var(--accent,#3580b4);stroke-dasharray:4 3;stroke-width:1}
.forest line.null{stroke:var(--muted,currentColor);stroke-width:1}
.forest line.context{stroke:var(--muted,currentColor)}
.forest .study{fill:var(--ink,currentColor)}
.forest .pooled{fill:var(--accent,#3580b4)}
.forest .prediction{fill:none;stroke:var(--accent,#3580b4);stroke-width:1.4}
.forest .arrow{fill:var(--ink,currentColor)}
.forest .study.context,.forest .pooled.context{fill:var(--paper,none);stroke:var(--muted,currentColor);stroke-width:1.4}
.forest .arrow.context{fill:var(--muted,currentColor)}
"""
"""Colours come from the page's variables, or from the text around a picture that stands alone, so that it is seen in
light and in dark. No mark is told apart by colour only."""


def fixed(value: float) -> str:
    """Write a coordinate with at most two decimals, the same on every machine.

    Examples
    --------
    >>> fixed(150.0), fixed(0.126), fixed(-0.001)
    ('150', '0.13', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _segment(item: Segment) -> str:
    x1, y1, x2, y2 = map(fixed, (item.x1, item.y1, item.x2, item.y2))
    return f'<line class="{item.role}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _shape(item: Shape) -> str:
    if item.radius is not None:
        (x, y), *_ = item.points
        return f'<circle class="{item.role}" cx="{fixed(x)}" cy="{fixed(y)}" r="{fixed(item.radius)}"/>'
    points = " ".join(f"{fixed(x)},{fixed(y)}" for x, y in item.points)
    return f'<polygon class="{item.role}" points="{points}"/>'


def _text(item: Text) -> str:
    role = f' class="{item.role}"' if item.role else ""
    anchor = f' text-anchor="{item.anchor}"' if item.anchor != "start" else ""
    return f'<text{role} x="{fixed(item.x)}" y="{fixed(item.y)}"{anchor}>{escape(item.text)}</text>'


def _numbers(axis: Axis) -> str:
    # A proportion is read from the picture in per cent, anything else as it is.
    factor = 1.0 if axis.labels else 100.0
    values = {"low": axis.low * factor, "high": axis.high * factor, "left": axis.left, "right": axis.right}
    return " ".join(f'data-axis-{name}="{fixed(value)}"' for name, value in values.items())


def svg(forest: Forest, name: str, style: bool = True) -> str:
    """Return one forest as an SVG element.

    Parameters
    ----------
    forest : Forest
        From :func:`synth.report.figures.forest_model.layout` or :func:`~synth.report.figures.forest_model.panels`.
    name : str
        Prefix of the ids inside, unique on the page.
    style : bool
        Whether the element carries its own style (needed outside the page).

    Returns
    -------
    str
        Text of one ``svg`` element; coordinates have at most two decimals.
    """
    width, height = fixed(forest.width), fixed(forest.height)
    parts = [
        f'<svg class="forest" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{name}-title {name}-desc" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" {_numbers(forest.axis)}>',
        f'<title id="{name}-title">{escape(forest.title)}</title>',
        f'<desc id="{name}-desc">{escape(forest.description)}</desc>',
    ]
    if style:
        parts.append(f"<style>{STYLE}</style>")
    dashed = [item for item in forest.segments if item.role in {"null", "reference"}]
    parts += map(_segment, dashed)
    parts += [_segment(item) for item in forest.segments if item.role not in {"null", "reference"}]
    parts += map(_shape, forest.shapes)
    parts += map(_text, forest.texts)
    parts.append("</svg>")
    return "\n".join(parts)


def parts(spec: Spec, name: str) -> list[str]:
    """Return a forest as SVG elements that each fit a printed page, to stand under one another."""
    return [svg(forest, f"{name}-{i}", style=False) for i, forest in enumerate(panels(spec), start=1)]


def forest_svg(document: Document) -> str:
    """Return the forest plot of a document as one SVG element that can stand alone.

    Parameters
    ----------
    document : mapping
        A pooled document.

    Returns
    -------
    str
        SVG text with its own style.

    Examples
    --------
    >>> study = {"study": "A & B", "events": 1, "total": 4, "estimate": 0.25, "ci_low": 0.01, "ci_high": 0.81}
    >>> text = forest_svg({"outcome": "x", "k": 1, "studies": [study]})
    >>> text.startswith("<svg"), "A &amp; B" in text
    (True, True)
    """
    return svg(layout(main_spec(document)), "forest")


def narrow(spec: Spec, name: str) -> str:
    """Return a forest as one SVG element for a narrow screen, with everything that the wide one shows."""
    return svg(compact(spec), f"{name}-narrow", style=False)


def leave_one_out_svg(document: Document, style: bool = True) -> str | None:
    """Return the leave-one-out forest as one SVG element, or ``None`` where there is nothing to leave out."""
    spec = leave_one_out_spec(document)
    return None if spec is None else svg(layout(spec), "leave-one-out", style)
