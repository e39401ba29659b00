"""The geometry of a forest plot: lines of text and numbers in, positions out. Pure, and the same for every forest.

Nothing here knows a document, a colour or SVG. A :class:`Spec` says what the lines are; :func:`layout` says where each
mark goes. The picture grows with its content: one study and a hundred and fifty both come out at the right size, and a
long label makes its row taller, never shorter than its text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from . import rounding
from .axis import Axis, nice_axis
from .plain import text_width, wrap

SIZE = 13.0
"""Font size of every line, in user units."""
LINE = 16.0
ROW_PADDING = 8.0
MARGIN = 12.0
GAP = 18.0
PLOT_WIDTH = 320.0
LABEL_MIN, LABEL_MAX = 120.0, 250.0
SQUARE_MIN, SQUARE_MAX = 4.0, 15.0
AXIS_HEIGHT = 44.0
HEAD_HEIGHT = 30.0


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
        Proportions; ``None`` where undefined: then the mark is left out and the text says why.
    weight : float or None
        Fraction of the block's weight: the area of the square.
    mark : {"square", "diamond", "bar", "none"}
        Study, pooled answer, prediction interval, or text only.
    context : bool
        Stands for comparison: drawn hollow and with another shape.
    strong : bool
        Set in bold.
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


@dataclass(frozen=True)
class Block:
    """Lines that belong together, with a heading or none and a reference line at one value or none."""

    lines: tuple[Line, ...]
    heading: str = ""
    reference: float | None = None


@dataclass(frozen=True)
class Spec:
    """What a forest shows: title and description for those who cannot see it, headings, blocks and notes."""

    title: str
    description: str
    headings: tuple[str, str, str, str]
    blocks: tuple[Block, ...]
    axis_label: str
    notes: tuple[str, ...] = ()


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


@dataclass(frozen=True)
class _Columns:
    """Where the columns stand, measured once for all the parts of one forest."""

    label: float
    label_width: float
    counts: float
    axis: Axis
    effect: float
    weight: float
    width: float


def _widest(texts: Iterable[str], bold: bool = False) -> float:
    return max((text_width(text, SIZE, bold) for text in texts), default=0.0)


def _lines(spec: Spec) -> list[Line]:
    return [line for block in spec.blocks for line in block.lines]


def _columns(spec: Spec) -> _Columns:
    lines = _lines(spec)
    heads = spec.headings
    longest = _widest([heads[0], *(line.label for line in lines)], bold=True)
    label_width = min(max(longest, LABEL_MIN), LABEL_MAX)
    has_weights = any(line.weight_text for line in lines)
    counts_width = _widest([heads[1], *(line.counts for line in lines)], bold=True) if heads[1] else 0.0
    effect_width = _widest([heads[2], *(line.effect for line in lines)], bold=True)
    weight_width = _widest([heads[3], *(line.weight_text for line in lines)], bold=True) if has_weights else 0.0
    counts = MARGIN + label_width + (GAP + counts_width if counts_width else 0.0)
    left = counts + GAP
    values = [v for line in lines if line.mark != "none" for v in (line.low, line.estimate, line.high) if v is not None]
    core = [line.estimate for line in lines if line.estimate is not None]
    core += [
        v
        for line in lines
        if line.mark in {"diamond", "bar"} and not line.context
        for v in (line.low, line.high)
        if v is not None
    ]
    axis = nice_axis(values, core, left, left + PLOT_WIDTH)
    effect = axis.right + GAP + effect_width
    weight = effect + (GAP + weight_width if weight_width else 0.0)
    return _Columns(MARGIN, label_width, counts, axis, effect, weight, weight + MARGIN)


@dataclass
class _Pen:
    """Collects what is drawn while the rows go down the page."""

    y: float = 0.0
    segments: list[Segment] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


def _row_height(line: Line, columns: _Columns) -> float:
    return LINE * len(wrap(line.label, columns.label_width, SIZE, bold=True)) + ROW_PADDING


def layout(spec: Spec) -> Forest:
    """Lay a whole forest out as one picture.

    Examples
    --------
    >>> line = Line("Ye 2022", "26/26", "100%", "50.0%", 1.0, 0.87, 1.0, 0.5)
    >>> forest = layout(Spec("T", "D", ("Series", "Events/total", "Per cent", "Weight"), (Block((line,)),), "Per cent"))
    >>> forest.axis.low, forest.axis.high, len(forest.shapes)
    (0.85, 1.0, 1)
    """
    return _lay(spec, _columns(spec))


def panels(spec: Spec, budget: float = 1060.0) -> tuple[Forest, ...]:
    """Lay a forest out in parts that each fit a printed page, with the same columns and the same axis in each.

    Parameters
    ----------
    spec : Spec
        What to show.
    budget : float
        Greatest height of the rows in one part, in user units (1060 fits an A4 page at the plot's usual width).

    Returns
    -------
    tuple of Forest
        One or more; titles say which part of how many.
    """
    columns = _columns(spec)
    parts: list[list[Block]] = [[]]
    used = 0.0
    for block in spec.blocks:
        kept: list[Line] = []
        for i, line in enumerate(block.lines):
            height = _row_height(line, columns)
            # A summary is never the lone first line of a new part: it goes with the rows above it.
            keeps_with_previous = line.mark in {"diamond", "bar"} and i > 0
            if used and used + height > budget and not keeps_with_previous:
                if kept:
                    parts[-1].append(Block(tuple(kept), block.heading, block.reference))
                parts.append([])
                kept, used = [], 0.0
            kept.append(line)
            used += height
        if kept:
            parts[-1].append(Block(tuple(kept), block.heading, block.reference))
    drawn = []
    for number, blocks in enumerate(parts, start=1):
        last = number == len(parts)
        title = spec.title if len(parts) == 1 else f"{spec.title} (part {number} of {len(parts)})"
        notes = spec.notes if last else ()
        drawn.append(_lay(Spec(title, spec.description, spec.headings, tuple(blocks), spec.axis_label, notes), columns))
    return tuple(drawn)


def _lay(spec: Spec, columns: _Columns) -> Forest:
    pen = _Pen()
    _head(pen, spec, columns)
    for i, block in enumerate(spec.blocks):
        if i:
            pen.y += 10.0
            pen.segments.append(Segment(MARGIN, pen.y, columns.width - MARGIN, pen.y, "rule"))
            pen.y += 4.0
        _block(pen, block, columns)
    _axis_marks(pen, spec, columns)
    for note in spec.notes:
        for text in wrap(note, columns.width - 2 * MARGIN, SIZE - 1):
            pen.texts.append(Text(MARGIN, pen.y + 12.0, text, role="note"))
            pen.y += LINE
    return Forest(
        columns.width,
        pen.y + MARGIN / 2,
        spec.title,
        spec.description,
        columns.axis,
        tuple(pen.segments),
        tuple(pen.shapes),
        tuple(pen.texts),
    )


def _head(pen: _Pen, spec: Spec, columns: _Columns) -> None:
    base = 19.0
    pen.texts.append(Text(columns.label, base, spec.headings[0], role="head"))
    if columns.counts > columns.label + columns.label_width:
        pen.texts.append(Text(columns.counts, base, spec.headings[1], "end", "head"))
    pen.texts.append(Text(columns.effect, base, spec.headings[2], "end", "head"))
    if columns.weight > columns.effect:
        pen.texts.append(Text(columns.weight, base, spec.headings[3], "end", "head"))
    pen.y = HEAD_HEIGHT
    pen.segments.append(Segment(MARGIN, pen.y, columns.width - MARGIN, pen.y, "rule"))
    pen.y += 4.0


def _block(pen: _Pen, block: Block, columns: _Columns) -> None:
    if block.heading:
        for text in wrap(block.heading, columns.width - 2 * MARGIN, SIZE, bold=True):
            pen.texts.append(Text(MARGIN, pen.y + 16.0, text, role="group"))
            pen.y += LINE
        pen.y += 6.0
    top = pen.y
    heaviest = max((line.weight or 0.0 for line in block.lines), default=0.0)
    for line in block.lines:
        _line(pen, line, heaviest, columns)
    if block.reference is not None and columns.axis.inside(block.reference):
        x = columns.axis.x(block.reference)
        pen.segments.append(Segment(x, top, x, pen.y, "reference"))


def _line(pen: _Pen, line: Line, heaviest: float, columns: _Columns) -> None:
    labels = wrap(line.label, columns.label_width, SIZE, bold=True)
    height = _row_height(line, columns)
    middle = pen.y + height / 2
    role = " ".join(name for name in ("strong" if line.strong else "", "context" if line.context else "") if name)
    first = middle - LINE * (len(labels) - 1) / 2 + SIZE * 0.35
    for i, text in enumerate(labels):
        pen.texts.append(Text(columns.label, first + LINE * i, text, role=role))
    base = middle + SIZE * 0.35
    for x, text in ((columns.counts, line.counts), (columns.effect, line.effect), (columns.weight, line.weight_text)):
        if text:
            pen.texts.append(Text(x, base, text, "end", role))
    _MARKS[line.mark](pen, line, heaviest, middle, columns.axis)
    pen.y += height


def _whisker(pen: _Pen, line: Line, y: float, axis: Axis, role: str) -> None:
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


def _square(pen: _Pen, line: Line, heaviest: float, y: float, axis: Axis) -> None:
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


def _diamond(pen: _Pen, line: Line, heaviest: float, y: float, axis: Axis) -> None:
    if line.estimate is None:
        _whisker(pen, line, y, axis, "whisker context" if line.context else "whisker")
        return
    x = axis.x(line.estimate)
    left = x - 5.0 if line.low is None else axis.x(line.low)
    right = x + 5.0 if line.high is None else axis.x(line.high)
    role = "pooled context" if line.context else "pooled"
    pen.shapes.append(Shape(((left, y), (x, y - 7.5), (right, y), (x, y + 7.5)), role))


def _bar(pen: _Pen, line: Line, heaviest: float, y: float, axis: Axis) -> None:
    if line.low is None or line.high is None:
        return
    left, right = axis.x(line.low), axis.x(line.high)
    pen.shapes.append(Shape(((left, y - 3.0), (right, y - 3.0), (right, y + 3.0), (left, y + 3.0)), "prediction"))


def _none(pen: _Pen, line: Line, heaviest: float, y: float, axis: Axis) -> None:
    """A line of text has no mark."""


_MARKS = {"square": _square, "diamond": _diamond, "bar": _bar, "none": _none}


def _axis_marks(pen: _Pen, spec: Spec, columns: _Columns) -> None:
    axis = columns.axis
    y = pen.y + 4.0
    pen.segments.append(Segment(axis.left, y, axis.right, y, "axis"))
    for tick in axis.ticks:
        x = axis.x(tick)
        pen.segments.append(Segment(x, y, x, y + 5.0, "axis"))
        pen.texts.append(Text(x, y + 19.0, rounding.percent_tick(tick), "middle", "tick"))
    pen.texts.append(Text((axis.left + axis.right) / 2, y + 36.0, spec.axis_label, "middle", "tick"))
    pen.y += AXIS_HEIGHT
