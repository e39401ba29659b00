"""The geometry of a forest plot: lines of text and numbers in, positions out. Pure, and the same for every forest.

Nothing here knows a document, a colour or SVG. A :class:`~synth.report.figures.forest_marks.Spec` says what lines are;
:func:`layout` says where each mark goes, :func:`panels` does so in parts that fit a printed page and :func:`compact`
for a narrow screen. The picture grows with its content: one study and a hundred and fifty both come out at the right
size, and a long label makes its row taller, never shorter than its text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..words.plain import text_width, wrap
from .axis import Axis
from .forest_marks import (
    LINE,
    MARGIN,
    MARKS,
    SIZE,
    Block,
    Forest,
    Line,
    Pen,
    Segment,
    Spec,
    Text,
    axis_marks,
    notes_under,
    said_sides,
    span,
)
from .scales import axis_for

ROW_PADDING = 8.0
GAP = 18.0
PLOT_WIDTH = 320.0
LABEL_MIN, LABEL_MAX = 120.0, 250.0
HEAD_HEIGHT = 30.0
HEADING_MOST = 132.0
"""A heading wider than this, and than what stands under it, takes two lines."""
COMPACT_WIDTH = 340.0
"""Width of the narrow layout: that of a small telephone, so that its text is set at its own size."""


@dataclass(frozen=True)
class _Columns:
    """Where the columns stand, measured once for all the parts of one forest.

    ``ends`` are the right edges of the columns of numbers, by name, in the order in which they are read; ``heads``
    their headings, in lines.
    """

    label: float
    label_width: float
    ends: tuple[tuple[str, float], ...]
    heads: dict[str, tuple[str, ...]]
    axis: Axis
    width: float


def _widest(texts: Iterable[str], bold: bool = False) -> float:
    return max((text_width(text, SIZE, bold) for text in texts), default=0.0)


def _lines(spec: Spec) -> list[Line]:
    return [line for block in spec.blocks for line in block.lines]


def cell(line: Line, name: str) -> str:
    """Return what a line says in a column.

    Examples
    --------
    >>> cell(Line("A", "1/4", weight_text="50.0%"), "weight")
    '50.0%'
    """
    return {"counts": line.counts, "second": line.second, "effect": line.effect, "weight": line.weight_text}[name]


def _heading(text: str, room: float) -> tuple[str, ...]:
    """Break a heading where it says so, and where it is wider than a room."""
    return tuple(line for part in text.split("\n") for line in wrap(part, room, SIZE, bold=True))


def _columns(spec: Spec) -> _Columns:
    lines = _lines(spec)
    titles = dict(zip(("label", "counts", "effect", "weight"), spec.headings, strict=True)) | {"second": spec.second}
    heads, widths = {}, {}
    for name in (*spec.layout.left, *spec.layout.right):
        texts = [cell(line, name) for line in lines]
        if (name in {"counts", "second"} and not titles[name]) or (name == "weight" and not any(texts)):
            continue
        content = _widest(texts, bold=True)
        heads[name] = _heading(titles[name], max(content, HEADING_MOST))
        widths[name] = max(content, _widest(heads[name], bold=True))
    longest = _widest([titles["label"], *(line.label for line in lines)], bold=True)
    label_width = min(max(longest, LABEL_MIN), LABEL_MAX)
    heads["label"] = _heading(titles["label"], label_width)
    ends, at = [], MARGIN + label_width
    for name in spec.layout.left:
        if name in widths:
            at += GAP + widths[name]
            ends.append((name, at))
    values, core = span(lines)
    axis = axis_for(spec.quantity, values, core, at + GAP, at + GAP + PLOT_WIDTH)
    at = axis.right
    for name in spec.layout.right:
        if name in widths:
            at += GAP + widths[name]
            ends.append((name, at))
    # Half of the last tick's label stands beyond the axis.
    at = max(at, axis.right + _widest([said for _, said in axis.marks()][-1:]) / 2)
    return _Columns(MARGIN, label_width, tuple(ends), heads, axis, at + MARGIN)


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
        drawn.append(_lay(replace(spec, title=title, blocks=tuple(blocks), notes=notes), columns))
    return tuple(drawn)


def _lay(spec: Spec, columns: _Columns) -> Forest:
    pen = Pen()
    _head(pen, spec, columns)
    for i, block in enumerate(spec.blocks):
        if i:
            pen.y += 10.0
            pen.segments.append(Segment(MARGIN, pen.y, columns.width - MARGIN, pen.y, "rule"))
            pen.y += 4.0
        _block(pen, block, columns)
    below = spec.sides if spec.layout.sides == "below" else ("", "")
    axis_marks(pen, columns.axis, spec.axis_label, columns.width, below)
    notes_under(pen, spec.notes, columns.width)
    return _drawn(pen, spec, columns.axis, columns.width)


def _head(pen: Pen, spec: Spec, columns: _Columns) -> None:
    base = 19.0
    deep = max(map(len, columns.heads.values()))
    if spec.layout.sides == "above" and spec.sides != ("", ""):
        deep = max(deep, round(said_sides(pen, columns.axis, spec.sides, base) / LINE))
    places = (("label", columns.label, "start"), *((name, x, "end") for name, x in columns.ends))
    for name, x, anchor in places:
        lines = columns.heads[name]
        for i, text in enumerate(lines):
            # Headings of fewer lines stand at the foot, next to what they head.
            pen.texts.append(Text(x, base + LINE * (deep - len(lines) + i), text, anchor, "head"))
    pen.y = HEAD_HEIGHT + LINE * (deep - 1)
    pen.segments.append(Segment(MARGIN, pen.y, columns.width - MARGIN, pen.y, "rule"))
    pen.y += 4.0


def _block(pen: Pen, block: Block, columns: _Columns) -> None:
    if block.heading:
        for text in wrap(block.heading, columns.width - 2 * MARGIN, SIZE, bold=True):
            pen.texts.append(Text(MARGIN, pen.y + 16.0, text, role="group"))
            pen.y += LINE
        pen.y += 6.0
    top = pen.y
    heaviest = max((line.weight or 0.0 for line in block.lines), default=0.0)
    for line in block.lines:
        _line(pen, line, heaviest, columns)
    if columns.axis.null is not None:
        x = columns.axis.x(columns.axis.null)
        pen.segments.append(Segment(x, top, x, pen.y, "null"))
    if block.reference is not None and columns.axis.inside(block.reference):
        x = columns.axis.x(block.reference)
        pen.segments.append(Segment(x, top, x, pen.y, "reference"))


def _line(pen: Pen, line: Line, heaviest: float, columns: _Columns) -> None:
    labels = wrap(line.label, columns.label_width, SIZE, bold=True)
    height = _row_height(line, columns)
    middle = pen.y + height / 2
    role = " ".join(name for name in ("strong" if line.strong else "", "context" if line.context else "") if name)
    first = middle - LINE * (len(labels) - 1) / 2 + SIZE * 0.35
    for i, text in enumerate(labels):
        pen.texts.append(Text(columns.label, first + LINE * i, text, role=role))
    base = middle + SIZE * 0.35
    for name, x in columns.ends:
        if cell(line, name):
            pen.texts.append(Text(x, base, cell(line, name), "end", role))
    MARKS[line.mark](pen, line, heaviest, middle, columns.axis)
    pen.y += height


def _drawn(pen: Pen, spec: Spec, axis: Axis, width: float) -> Forest:
    return Forest(
        width,
        pen.y + MARGIN / 2,
        spec.title,
        spec.description,
        axis,
        tuple(pen.segments),
        tuple(pen.shapes),
        tuple(pen.texts),
    )


def compact(spec: Spec) -> Forest:
    """Lay a forest out for a narrow screen: label, numbers and mark of each line under one another.

    Parameters
    ----------
    spec : Spec
        What to show; nothing of it is left out.

    Returns
    -------
    Forest
        As wide as a telephone, on the same axis as :func:`layout` gives.

    Examples
    --------
    >>> line = Line("A", "26/26", "100% (86.8% to 100%)", "50.0%", 1.0, 0.868, 1.0, 0.5)
    >>> heads = ("Series", "Events/total", "Per cent", "Weight")
    >>> forest = compact(Spec("T", "D", heads, (Block((line,)),), "Per cent who died"))
    >>> forest.width, [text.text for text in forest.texts][:2]
    (340.0, ['A', '26/26 · 100% (86.8% to 100%) · weight 50.0%'])
    """
    values, core = span(_lines(spec))
    # Tick labels at both ends are centred on them, so the axis keeps clear of the edges.
    axis = axis_for(spec.quantity, values, core, 2 * MARGIN, COMPACT_WIDTH - 2 * MARGIN)
    pen = Pen(y=4.0)
    for i, block in enumerate(spec.blocks):
        if i:
            pen.y += 6.0
            pen.segments.append(Segment(MARGIN, pen.y, COMPACT_WIDTH - MARGIN, pen.y, "rule"))
            pen.y += 4.0
        _compact_block(pen, block, axis)
    axis_marks(pen, axis, spec.axis_label, COMPACT_WIDTH, spec.sides)
    notes_under(pen, spec.notes, COMPACT_WIDTH)
    return _drawn(pen, spec, axis, COMPACT_WIDTH)


def _compact_block(pen: Pen, block: Block, axis: Axis) -> None:
    room = COMPACT_WIDTH - 2 * MARGIN
    for text in wrap(block.heading, room, SIZE, bold=True) if block.heading else ():
        pen.texts.append(Text(MARGIN, pen.y + 16.0, text, role="group"))
        pen.y += LINE
    heaviest = max((line.weight or 0.0 for line in block.lines), default=0.0)
    for line in block.lines:
        role = " ".join(name for name in ("strong", "context" if line.context else "") if name)
        weight = f"weight {line.weight_text}" if line.weight_text and line.mark == "square" else ""
        data = f"{line.counts} against {line.second}" if line.second else line.counts
        said = " · ".join(part for part in (data, line.effect, weight) if part)
        pen.y += 6.0
        for text in wrap(line.label, room, SIZE, bold=True):
            pen.texts.append(Text(MARGIN, pen.y + SIZE, text, role=role))
            pen.y += LINE
        for text in wrap(said, room, SIZE):
            pen.texts.append(Text(MARGIN, pen.y + SIZE, text, role="context" if line.context else ""))
            pen.y += LINE
        middle = pen.y + 11.0
        if axis.null is not None:
            x = axis.x(axis.null)
            pen.segments.append(Segment(x, middle - 9.0, x, middle + 9.0, "null"))
        if block.reference is not None and axis.inside(block.reference):
            # Between the lines of text only: a line through the words would strike them out.
            x = axis.x(block.reference)
            pen.segments.append(Segment(x, middle - 9.0, x, middle + 9.0, "reference"))
        MARKS[line.mark](pen, line, heaviest, middle, axis)
        pen.y += 20.0
