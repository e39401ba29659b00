"""The lines of a forest and the marks that stand for them: what every layout of a forest has in common.

Nothing here knows a document, a colour or SVG.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..words.plain import wrap
from ..words.quantity import PROPORTION, Quantity
from .axis import Axis
from .layouts import LAYOUTS, Layout

SIZE = 13.0
"""Font size of every line, in user units."""
LINE = 16.0
MARGIN = 12.0
SQUARE_MIN, SQUARE_MAX = 4.0, 15.0
AXIS_HEIGHT = 44.0


@dataclass(frozen=True)
class Line:
    """One line of a forest: what it is called, what it says in words and where its mark lies.

    Parameters
    ----------
    label : str
        Study or summary name; wrapped where long.
    counts, effect, weight_text : str
        Ready text of the three columns.
    estimate, low, high : float or None
        On the reporting scale; ``None`` where undefined: then the mark is left out and the text says why.
    weight : float or None
        Fraction of the block's weight: the area of the square.
    mark : {"square", "diamond", "bar", "none"}
        Study, pooled answer, prediction interval, or text only.
    context : bool
        Stands for comparison: drawn hollow and with another shape.
    strong : bool
        Set in bold.
    second : str
        Ready text of the other arm's column.
    total : bool
        The pooled answer of the whole figure, which layouts name in their own way.
    """

    label: str
    counts: str = ""
    effect: str = ""
    weight_text: str = ""
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    weight: float | None = None
    mark: str = "square"
    context: bool = False
    strong: bool = False
    second: str = ""
    total: bool = False


@dataclass(frozen=True)
class Block:
    """Lines that belong together, with a heading or none and a reference line at one value or none."""

    lines: tuple[Line, ...]
    heading: str = ""
    reference: float | None = None


@dataclass(frozen=True)
class Spec:
    """What a forest shows: title and description for those who cannot see it, headings, blocks and notes.

    ``second`` heads a second column of data, that of the other arm; ``sides`` say what lies below and above no effect.
    A line break in a heading begins a line there.
    """

    title: str
    description: str
    headings: tuple[str, str, str, str]
    blocks: tuple[Block, ...]
    axis_label: str
    notes: tuple[str, ...] = ()
    quantity: Quantity = PROPORTION
    second: str = ""
    sides: tuple[str, str] = ("", "")
    layout: Layout = LAYOUTS["synth"]


@dataclass(frozen=True)
class Text:
    """A run of text; ``anchor`` as in SVG; ``role`` is a class name."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    role: str = ""


@dataclass(frozen=True)
class Segment:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    role: str


@dataclass(frozen=True)
class Shape:
    """A closed shape: corner points, or a circle where ``radius`` is given (then the one point is its centre)."""

    points: tuple[tuple[float, float], ...]
    role: str
    radius: float | None = None


@dataclass(frozen=True)
class Forest:
    """A laid-out forest: its size, its axis and everything to draw, in drawing order."""

    width: float
    height: float
    title: str
    description: str
    axis: Axis
    segments: tuple[Segment, ...]
    shapes: tuple[Shape, ...]
    texts: tuple[Text, ...]


@dataclass
class Pen:
    """Collects what is drawn while the rows go down the page."""

    y: float = 0.0
    segments: list[Segment] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


def _whisker(pen: Pen, line: Line, y: float, axis: Axis, role: str) -> None:
    if line.low is None or line.high is None:
        return
    left, right = axis.x(line.low), axis.x(line.high)
    pen.segments.append(Segment(left, y, right, y, role))
    for value, x, inwards in ((line.low, left, 1.0), (line.high, right, -1.0)):
        if axis.inside(value):
            pen.segments.append(Segment(x, y - 3.5, x, y + 3.5, role))
        else:
            pen.shapes.append(
                Shape(
                    ((x, y), (x + 7.0 * inwards, y - 4.0), (x + 7.0 * inwards, y + 4.0)),
                    f"arrow{' context' if line.context else ''}",
                )
            )


def square_side(weight: float | None, heaviest: float) -> float:
    """Return the side of a study's square: its area follows the weight, and even the lightest can be seen.

    Examples
    --------
    >>> square_side(0.4, 0.4), square_side(0.1, 0.4), square_side(None, 0.4)
    (15.0, 7.5, 4.0)
    """
    if not weight or not heaviest:
        return SQUARE_MIN
    return max(SQUARE_MIN, SQUARE_MAX * math.sqrt(weight / heaviest))


def _square(pen: Pen, line: Line, heaviest: float, y: float, axis: Axis) -> None:
    _whisker(pen, line, y, axis, "whisker context" if line.context else "whisker")
    if line.estimate is None or not axis.inside(line.estimate):
        return
    x, half = axis.x(line.estimate), square_side(line.weight, heaviest) / 2
    if line.context:
        pen.shapes.append(Shape(((x, y),), "study context", radius=half))
    else:
        pen.shapes.append(
            Shape(((x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)), "study")
        )


def _diamond(pen: Pen, line: Line, heaviest: float, y: float, axis: Axis) -> None:
    if line.estimate is None:
        _whisker(pen, line, y, axis, "whisker context" if line.context else "whisker")
        return
    x = axis.x(line.estimate)
    left = x - 5.0 if line.low is None else axis.x(line.low)
    right = x + 5.0 if line.high is None else axis.x(line.high)
    role = "pooled context" if line.context else "pooled"
    pen.shapes.append(Shape(((left, y), (x, y - 7.5), (right, y), (x, y + 7.5)), role))


def _bar(pen: Pen, line: Line, heaviest: float, y: float, axis: Axis) -> None:
    if line.low is None or line.high is None:
        return
    left, right = axis.x(line.low), axis.x(line.high)
    pen.shapes.append(Shape(((left, y - 3.0), (right, y - 3.0), (right, y + 3.0), (left, y + 3.0)), "prediction"))


def _none(pen: Pen, line: Line, heaviest: float, y: float, axis: Axis) -> None:
    """A line of text has no mark."""


MARKS = {"square": _square, "diamond": _diamond, "bar": _bar, "none": _none}


def axis_marks(pen: Pen, axis: Axis, label: str, width: float, sides: tuple[str, str] = ("", "")) -> None:
    """Draw the axis under the rows, with its ticks and what it measures; a long label is wrapped, not cut."""
    y = pen.y + 4.0
    pen.segments.append(Segment(axis.left, y, axis.right, y, "axis"))
    for tick, said in axis.marks():
        x = axis.x(tick)
        pen.segments.append(Segment(x, y, x, y + 5.0, "axis"))
        pen.texts.append(Text(x, y + 19.0, said, "middle", "tick"))
    middle = (axis.left + axis.right) / 2
    if sides != ("", ""):
        pen.y += said_sides(pen, axis, sides, y + 36.0)
        y = pen.y + 4.0
    lines = wrap(label, 2 * (min(middle, width - middle) - MARGIN), SIZE - 1)
    for i, text in enumerate(lines):
        pen.texts.append(Text(middle, y + 36.0 + LINE * i, text, "middle", "tick"))
    pen.y += AXIS_HEIGHT + LINE * (len(lines) - 1)


def said_sides(pen: Pen, axis: Axis, sides: tuple[str, str], y: float) -> float:
    """Say what lies on each side of no effect; returns the height that this takes."""
    most = 1
    for text, anchor, x in ((sides[0], "start", axis.left), (sides[1], "end", axis.right)):
        lines = wrap(text, (axis.right - axis.left) / 2 - 4.0, SIZE - 1)
        most = max(most, len(lines))
        for i, line in enumerate(lines):
            pen.texts.append(Text(x, y + LINE * i, line, anchor, "tick"))
    return LINE * most


def notes_under(pen: Pen, notes: tuple[str, ...], width: float) -> None:
    """Set the notes under the axis."""
    for note in notes:
        for text in wrap(note, width - 2 * MARGIN, SIZE - 1):
            pen.texts.append(Text(MARGIN, pen.y + 12.0, text, role="note"))
            pen.y += LINE


def span(lines: Sequence[Line]) -> tuple[list[float], list[float]]:
    """Return everything that an axis must show, and what of it must be seen whole: estimates and own summaries."""
    values = [v for line in lines if line.mark != "none" for v in (line.low, line.estimate, line.high) if v is not None]
    core = [line.estimate for line in lines if line.estimate is not None]
    core += [
        v
        for line in lines
        if line.mark in {"diamond", "bar"} and not line.context
        for v in (line.low, line.high)
        if v is not None
    ]
    return values, core
