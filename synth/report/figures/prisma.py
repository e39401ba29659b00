"""The PRISMA 2020 flow diagram: boxes as tall as their text, one column of ways in or two, and what is missing said.

Page MJ, McKenzie JE, Bossuyt PM, et al. The PRISMA 2020 statement. BMJ 2021;372:n71: the boxes of its template for new
reviews, with arrows from each to the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from ..words import rounding
from ..words.plain import isolated, text_width, visible, wrap
from ..words.reading import get, items, text
from .figure import Cell, Figure, Grid, head
from .forest import fixed

STYLE = """\
svg.prisma{display:block;max-width:100%;height:auto}
.prisma text{font:12px Helvetica,Arial,"Liberation Sans",sans-serif;fill:var(--ink,currentColor)}
.prisma text.heading,.prisma text.phase{font-weight:700}
.prisma text.missing{font-style:italic;fill:var(--warn,#8a4b00)}
.prisma rect{fill:var(--paper,none);stroke:var(--ink,currentColor);stroke-width:1}
.prisma rect.heading{fill:var(--panel,#f5f7f9);stroke:var(--rule,#8a929b)}
.prisma rect.phase{fill:var(--panel,#f5f7f9);stroke:var(--rule,#8a929b)}
.prisma rect.missing{stroke:var(--warn,#8a4b00);stroke-dasharray:4 3}
.prisma path{fill:none;stroke:var(--ink,currentColor);stroke-width:1.2}
.prisma polygon{fill:var(--ink,currentColor)}
"""
NOT_RECORDED = "not recorded"
_MARGIN, _BAND, _BOX, _OUT, _GAP, _DOWN = 8.0, 26.0, 226.0, 226.0, 34.0, 26.0
_SIZE, _LINE, _PAD = 12.0, 15.0, 9.0


@dataclass(frozen=True)
class _Placed:
    """A box with its lines (text and whether it says that a number is missing), its place and its size."""

    lines: tuple[tuple[str, str], ...]
    x: float
    y: float
    width: float
    height: float
    missing: bool


def flow(numbers: Mapping[str, Any]) -> Figure:
    """Draw the flow of records, reports and studies.

    Parameters
    ----------
    numbers : mapping
        ``columns`` (one or two, each with ``heading`` and ``steps`` of a ``box`` and what leaves beside it, ``out``, in
        a ``phase``) and ``included``; a box has ``label``, ``n`` or None, ``parts`` of ``label`` and ``n``, and the
        ``reason`` of a number that is missing. That is what ``synth.report.review.flow.Flow.to_json`` gives.

    Returns
    -------
    Figure
        A missing number is written "not recorded" in a box with a broken outline.

    Examples
    --------
    >>> box = {"label": "Records screened", "n": None, "parts": [], "reason": "no log"}
    >>> steps = [{"phase": "Screening", "box": box, "out": None}]
    >>> drawn = flow({"columns": [{"heading": "Databases", "steps": steps}], "included": {"label": "Studies", "n": 3}})
    >>> drawn.table.rows
    (('Databases', 'Records screened', '', None, 'no log'), ('', 'Studies', '', 3, ''))
    >>> "Records screened (not recorded)" in drawn.svg
    True
    """
    columns = items(numbers, "columns")
    phases = _phases(columns)
    made: list[str] = []
    left = _MARGIN + _BAND + 12.0
    wide = [_BOX + (_GAP + _OUT if any(get(step, "out") for step in items(column, "steps")) else 0.0)
            for column in columns]  # fmt: skip
    top, heads = _headings(columns, left, wide)
    made += heads
    rows = _rows(columns, phases)
    tall = [max((_height(box) for step in row if step for box in (get(step, "box"), get(step, "out")) if box),
                default=0.0) for row in rows]  # fmt: skip
    y = top
    starts = []
    for height in tall:
        starts.append(y)
        y += height + _DOWN
    # The name of the last phase is longer than a box of one line is high, and must not run into the one above.
    final = get(numbers, "included") or {}
    included = _place(final, left, y + max(0.0, text_width("Included", _SIZE, bold=True) + 10.0 - _height(final)))
    ends: list[tuple[float, float]] = []
    for i in range(len(columns)):
        x = left + sum(wide[:i]) + _GAP * i
        before: _Placed | None = None
        for at, row in zip(starts, rows, strict=True):
            step = row[i]
            if step is None:
                continue
            box = _place(get(step, "box"), x, at)
            made += _drawn(box)
            if before is not None:
                made += _down(before, box.y)
            out = get(step, "out")
            if out:
                beside = _place(out, x + _BOX + _GAP, at)
                made += _drawn(beside)
                made += _right(box, beside)
            before = box
        if before is not None:
            if i == 0:
                made += _down(before, included.y)
            else:
                ends.append((before.x + before.width / 2, before.y + before.height))
    made += _drawn(included)
    middle = included.y + included.height / 2
    for px, py in ends:
        edge = included.x + included.width
        made.append(f'<path d="M{fixed(px)} {fixed(py)}V{fixed(middle)}H{fixed(edge + 6.0)}"/>')
        made.append(_tip(edge, middle, "left"))
    made += _bands(phases, rows, starts, tall, included)
    width = left + sum(wide) + _GAP * max(len(wide) - 1, 0) + _MARGIN if columns else left + _BOX + _MARGIN
    height = included.y + included.height + _MARGIN
    grid = _grid(columns, get(numbers, "included"))
    title = "PRISMA 2020 flow diagram"
    desc = _described(grid)
    parts = [*head("prisma", "prisma", fixed(width), fixed(height), title, desc), *made, "</svg>"]
    missing = sum(row[3] is None for row in grid.rows)
    caption = "After the template of PRISMA 2020 (Page et al. 2021) for new reviews."
    if missing:
        caption += " A broken outline marks a number that nobody has recorded; the table says where it belongs."
    return Figure("\n".join(parts), title, desc, grid, caption)


def _phases(columns: Sequence[Any]) -> list[str]:
    return list(dict.fromkeys(text(step, "phase") for column in columns for step in items(column, "steps")))


def _rows(columns: Sequence[Any], phases: Sequence[str]) -> list[list[Any]]:
    """Set the steps of all columns in rows; where one has fewer in a phase, they stand at its foot."""
    rows: list[list[Any]] = []
    for phase in phases:
        within = [[step for step in items(column, "steps") if text(step, "phase") == phase] for column in columns]
        deep = max(map(len, within))
        padded = [[None] * (deep - len(steps)) + steps for steps in within]
        rows += [list(row) for row in zip(*padded, strict=True)]
    return rows


def _said(label: str, n: Any) -> str:
    number = NOT_RECORDED if n is None else f"n = {rounding.count(n)}".replace(" ", "\u00a0")
    return f"{visible(label)} ({number})"


def _lines(box: Any, width: float) -> tuple[tuple[str, str], ...]:
    room = width - 2 * _PAD
    n = get(box, "n")
    made = [(line, "missing" if n is None else "") for line in wrap(_said(text(box, "label"), n), room, _SIZE)]
    for part in items(box, "parts"):
        role = "missing" if get(part, "n") is None else ""
        made += [(line, role) for line in wrap(_said(text(part, "label"), get(part, "n")), room - 12.0, _SIZE)]
    return tuple(made)


def _height(box: Any) -> float:
    return _LINE * len(_lines(box, _BOX)) + 2 * _PAD - 2.0


def _place(box: Any, x: float, y: float) -> _Placed:
    lines = _lines(box, _BOX)
    first = len(wrap(_said(text(box, "label"), get(box, "n")), _BOX - 2 * _PAD, _SIZE))
    # The lines of the parts stand in by a step: their text carries it as a mark for the pen.
    marked = tuple((line, role if i < first else f"{role} part".strip()) for i, (line, role) in enumerate(lines))
    return _Placed(marked, x, y, _BOX, _height(box), get(box, "n") is None)


def _drawn(box: _Placed) -> list[str]:
    css = ' class="missing"' if box.missing else ""
    x, y, width, height = map(fixed, (box.x, box.y, box.width, box.height))
    made = [f'<rect{css} x="{x}" y="{y}" width="{width}" height="{height}" rx="3"/>']
    for i, (line, role) in enumerate(box.lines):
        inset = 12.0 if "part" in role else 0.0
        kind = ' class="missing"' if "missing" in role else ""
        made.append(
            f'<text{kind} x="{fixed(box.x + _PAD + inset)}" y="{fixed(box.y + _PAD + 10.0 + _LINE * i)}">'
            f"{escape(isolated(line))}</text>"
        )
    return made


def _down(box: _Placed, y: float) -> list[str]:
    x = box.x + box.width / 2
    return [f'<path d="M{fixed(x)} {fixed(box.y + box.height)}V{fixed(y - 6.0)}"/>', _tip(x, y, "down")]


def _right(box: _Placed, beside: _Placed) -> list[str]:
    y = box.y + min(box.height, beside.height) / 2
    return [f'<path d="M{fixed(box.x + box.width)} {fixed(y)}H{fixed(beside.x - 6.0)}"/>', _tip(beside.x, y, "right")]


def _tip(x: float, y: float, way: str) -> str:
    wing = {"down": ((-4, -7), (4, -7)), "right": ((-7, -4), (-7, 4)), "left": ((7, -4), (7, 4))}[way]
    points = " ".join(f"{fixed(x + dx)},{fixed(y + dy)}" for dx, dy in ((0, 0), *wing))
    return f'<polygon points="{points}"/>'


def _headings(columns: Sequence[Any], left: float, wide: Sequence[float]) -> tuple[float, list[str]]:
    """Draw what each column is; returns the height at which the boxes begin."""
    made: list[str] = []
    split = [wrap(text(column, "heading"), width - 16.0, _SIZE, bold=True)
             for column, width in zip(columns, wide, strict=True)]  # fmt: skip
    most = max(map(len, split), default=0)
    height = _LINE * most + 10.0
    x = left
    for lines, width in zip(split, wide, strict=True):
        made.append(
            f'<rect class="heading" x="{fixed(x)}" y="{fixed(_MARGIN)}" width="{fixed(width)}" '
            f'height="{fixed(height)}" rx="8"/>'
        )
        for i, line in enumerate(lines):
            made.append(
                f'<text class="heading" x="{fixed(x + width / 2)}" y="{fixed(_MARGIN + 16.0 + _LINE * i)}" '
                f'text-anchor="middle">{escape(isolated(line))}</text>'
            )
        x += width + _GAP
    return _MARGIN + height + 16.0, made


def _bands(
    phases: Sequence[str], rows: Sequence[Sequence[Any]], starts: Sequence[float], tall: Sequence[float], end: _Placed
) -> list[str]:
    """Draw the phases at the side, each as tall as its boxes."""
    spans = []
    for phase in phases:
        mine = [i for i, row in enumerate(rows) if any(step and text(step, "phase") == phase for step in row)]
        spans.append((phase, starts[mine[0]], starts[mine[-1]] + tall[mine[-1]]))
    spans.append(("Included", end.y, end.y + end.height))
    made = []
    for phase, top, foot in spans:
        # The name of a phase is longer than a box of one line is high.
        short = max(0.0, text_width(phase, _SIZE, bold=True) + 10.0 - (foot - top))
        top -= short
        middle = (top + foot) / 2
        x = _MARGIN + _BAND / 2
        made.append(
            f'<rect class="phase" x="{fixed(_MARGIN)}" y="{fixed(top)}" width="{fixed(_BAND)}" '
            f'height="{fixed(foot - top)}" rx="6"/>'
        )
        made.append(
            f'<text class="phase" x="{fixed(x + 4.0)}" y="{fixed(middle)}" text-anchor="middle" '
            f'transform="rotate(-90 {fixed(x + 4.0)} {fixed(middle)})">{escape(phase)}</text>'
        )
    return made


def _grid(columns: Sequence[Any], included: Any) -> Grid:
    rows: list[tuple[Cell, ...]] = []

    def add(heading: str, box: Any) -> None:
        if not box:
            return
        rows.append((heading, text(box, "label"), "", get(box, "n"), text(box, "reason")))
        for part in items(box, "parts"):
            rows.append((heading, text(box, "label"), text(part, "label"), get(part, "n"), text(part, "reason")))

    for column in columns:
        for step in items(column, "steps"):
            add(text(column, "heading"), get(step, "box"))
            add(text(column, "heading"), get(step, "out"))
    add("", included)
    return Grid(("Way", "Box", "Of these", "Number", "Why it is missing"), tuple(rows))


def _described(grid: Grid) -> str:
    """Say the boxes one after the other, as one reads them down."""
    return "; ".join(_said(str(row[1]), row[3]) for row in grid.rows if not row[2]).replace("\u00a0", " ") + "."
