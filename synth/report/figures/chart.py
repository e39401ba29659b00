"""Pictures with two axes as SVG text: bubbles, Baujat's plot, funnels and the specification curve."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..words.plain import isolated, text_width, wrap
from .axis import Axis
from .figure import Figure, Grid, head
from .forest import fixed

STYLE = """\
svg.chart{display:block;max-width:100%;height:auto}
.chart text{font:12px Helvetica,Arial,"Liberation Sans",sans-serif;fill:var(--muted,currentColor)}
.chart text.name{fill:var(--ink,currentColor)}
.chart line,.chart path{fill:none;stroke:var(--ink,currentColor);stroke-width:1.2}
.chart .axis,.chart .null{stroke:var(--muted,currentColor);stroke-width:1}
.chart .grid{stroke:var(--rule,#8a929b);stroke-width:.6}
.chart .fit{stroke:var(--accent,#3580b4);stroke-width:1.8}
.chart .reference{stroke:var(--accent,#3580b4);stroke-dasharray:4 3;stroke-width:1.2}
.chart .bound{stroke:var(--muted,currentColor);stroke-dasharray:2 3;stroke-width:1}
.chart circle.dot{fill:var(--ink,currentColor);fill-opacity:.55;stroke:var(--ink,currentColor);stroke-width:1}
.chart circle.flag{fill:none;stroke:var(--warn,#b06000);stroke-width:2.2}
.chart path.chosen{stroke:var(--warn,#b06000);stroke-opacity:.35;stroke-width:8}
.chart polygon{stroke:none;fill:var(--ink,currentColor)}
.chart .shade1{fill-opacity:.16}.chart .shade2{fill-opacity:.1}.chart .shade3{fill-opacity:.05}
.chart path.ci{stroke:var(--muted,currentColor);stroke-width:1}
.chart path.dots{stroke:var(--ink,currentColor);stroke-linecap:round;stroke-width:3}
.chart path.s1{stroke-width:2.6}.chart path.s2{stroke-width:4}.chart path.s3{stroke-width:6}
.chart path.s4{stroke-width:8.4}
.chart path.drape{stroke:var(--ink,currentColor);stroke-opacity:.55;stroke-width:.9}
.chart path.pale{stroke-opacity:.22}
.chart path.limbs{stroke:var(--muted,currentColor);stroke-width:1}
.chart path.cross{stroke:var(--accent,#3580b4);stroke-width:1.2}
"""
"""Colours come from the page's variables; every mark also differs in shape, or is named."""

TOP, BOTTOM, SIDE = 14.0, 52.0, 64.0


class Chart:
    """A picture that takes marks in the values of its two axes.

    Parameters
    ----------
    title, description : str
        For those who cannot see it.
    x, y : Axis
        Each with its labels; ``left`` and ``right`` of ``y`` are the positions of its ends, first and last.
    x_label, y_label : str
        What the axes measure.
    width, height : float
        In user units.
    """

    def __init__(
        self, title: str, description: str, x: Axis, y: Axis, x_label: str, y_label: str, width: float, height: float
    ) -> None:
        self.title, self.description = title, description
        self.x, self.y = x, y
        self.x_label, self.y_label = x_label, y_label
        self.width, self.height = width, height
        self.marks: list[str] = []
        self.axes = True

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the position of a pair of values."""
        return self.x.x(x), self.y.x(y)

    def dot(self, x: float, y: float, radius: float = 4.0, role: str = "dot") -> None:
        """Draw a circle."""
        px, py = self.at(x, y)
        self.marks.append(f'<circle class="{role}" cx="{fixed(px)}" cy="{fixed(py)}" r="{fixed(radius)}"/>')

    def line(self, first: tuple[float, float], last: tuple[float, float], role: str) -> None:
        """Draw a straight line between two pairs of values."""
        (x1, y1), (x2, y2) = self.at(*first), self.at(*last)
        self.marks.append(
            f'<line class="{role}" x1="{fixed(x1)}" y1="{fixed(y1)}" x2="{fixed(x2)}" y2="{fixed(y2)}"/>'
        )

    def area(self, corners: Sequence[tuple[float, float]], role: str) -> None:
        """Fill a shape."""
        points = " ".join(f"{fixed(x)},{fixed(y)}" for x, y in (self.at(*corner) for corner in corners))
        self.marks.append(f'<polygon class="{role}" points="{points}"/>')

    def path(self, commands: Sequence[str], role: str) -> None:
        """Draw many short strokes as one element, given in positions."""
        if commands:
            self.marks.append(f'<path class="{role}" d="{"".join(commands)}"/>')

    def trace(self, points: Sequence[tuple[float, float]], role: str) -> None:
        """Draw a line through pairs of values."""
        placed = [self.at(*point) for point in points]
        if len(placed) > 1:
            self.path(["M", *(f"{x:.1f} {y:.1f}" + ("L" if i < len(placed) - 1 else "")
                              for i, (x, y) in enumerate(placed))], role)  # fmt: skip

    def name(self, x: float, y: float, text: str) -> None:
        """Name a point, on the side that has room."""
        px, py = self.at(x, y)
        left = px > (self.x.left + self.x.right) / 2
        self.words(px - 8.0 if left else px + 8.0, py + 4.0, text, "end" if left else "start", "name")

    def words(self, px: float, py: float, text: str, anchor: str = "start", role: str = "") -> None:
        """Set words at a position."""
        cls = f' class="{role}"' if role else ""
        shown = escape(isolated(text))
        self.marks.append(f'<text{cls} x="{fixed(px)}" y="{fixed(py)}" text-anchor="{anchor}">{shown}</text>')

    def svg(self, name: str) -> str:
        """Return the picture as one SVG element; `name` begins its ids."""
        # A long name of the axis across takes lines of its own under the picture.
        deep = self.height + 15.0 * (len(self._across()) - 1 if self.axes else 0)
        out = head("chart", name, fixed(self.width), fixed(deep), self.title, self.description)
        drawn, self.marks = self.marks, []
        if self.axes:
            self._axes()
        out += [*self.marks, *drawn, "</svg>"]
        self.marks = drawn
        return "\n".join(out)

    def scale_left(self) -> None:
        """Draw the upright axis alone, with lines across at its ticks."""
        self._stroke(self.x.left, self.y.left, self.x.left, self.y.right)
        for value, said in self.y.marks():
            self.line((self.x.low, value), (self.x.high, value), "grid")
            self.words(self.x.left - 9.0, self.y.x(value) + 4.0, said, "end")

    def _axes(self) -> None:
        bottom = max(self.y.left, self.y.right)
        top = min(self.y.left, self.y.right)
        self._stroke(self.x.left, bottom, self.x.right, bottom)
        self._stroke(self.x.left, top, self.x.left, bottom)
        for value, said in self.x.marks():
            px = self.x.x(value)
            self._stroke(px, bottom, px, bottom + 5.0)
            self.words(px, bottom + 18.0, said, "middle")
        for value, said in self.y.marks():
            py = self.y.x(value)
            self._stroke(self.x.left - 5.0, py, self.x.left, py)
            self.words(self.x.left - 9.0, py + 4.0, said, "end")
        middle = (self.x.left + self.x.right) / 2
        for i, part in enumerate(self._across()):
            self.words(middle, bottom + 36.0 + 15.0 * i, part, "middle")
        self.upright(self.y_label, 14.0)

    def _across(self) -> tuple[str, ...]:
        return wrap(self.x_label, self.x.right - self.x.left, 12)

    def upright(self, label: str, px: float) -> None:
        """Set words along the height of the picture, from the bottom up."""
        cy = (self.y.left + self.y.right) / 2
        shown = escape(isolated(_within(label, 2.0 * min(cy, self.height - cy) - 8.0)))
        at = f"{fixed(px)} {fixed(cy)}"
        self.marks.append(
            f'<text x="{fixed(px)}" y="{fixed(cy)}" text-anchor="middle" transform="rotate(-90 {at})">{shown}</text>'
        )

    def _stroke(self, x1: float, y1: float, x2: float, y2: float) -> None:
        self.marks.append(f'<line class="axis" x1="{fixed(x1)}" y1="{fixed(y1)}" x2="{fixed(x2)}" y2="{fixed(y2)}"/>')


def _within(label: str, room: float) -> str:
    """Cut the name of an upright axis where it is longer than the picture is high; the table has it in full."""
    lines = wrap(label, room, 12)
    return label if len(lines) == 1 else wrap(label, room - text_width("…", 12), 12)[0] + "…"


def figure_of(chart: Chart, name: str, table: Grid, caption: str) -> Figure:
    """Return a finished picture; `name` begins its ids."""
    return Figure(chart.svg(name), chart.title, chart.description, table, caption)
