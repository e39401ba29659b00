"""What every picture is once it is drawn: SVG text with a title, a description and the numbers that it shows."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

Cell = str | float | int | None


@dataclass(frozen=True)
class Grid:
    """The numbers of a picture, at full precision.

    Parameters
    ----------
    columns : tuple of str
        Headings.
    rows : tuple of tuple
        As many cells each as there are headings; ``None`` where a value is not defined.

    Raises
    ------
    ValueError
        A row is shorter or longer than the headings.

    Examples
    --------
    >>> Grid(("Series", "Estimate"), (("Ye 2022", 0.25),)).rows[0][1]
    0.25
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row has another number of cells than there are headings")


@dataclass(frozen=True)
class Figure:
    """A drawn picture.

    Parameters
    ----------
    svg : str
        One ``svg`` element without a style of its own, to stand in a page that has the style of its class; as a file
        of its own it is made by :func:`synth.report.figures.alone.alone`.
    title, desc : str
        As inside the picture, not escaped.
    table : Grid
        Every number that the picture shows.
    caption : str
        What to say under it: what its marks mean.
    """

    svg: str
    title: str
    desc: str
    table: Grid
    caption: str = ""


@dataclass(frozen=True)
class Reason:
    """Why there is no picture, and what would make one, as sentences."""

    text: str


def head(css: str, name: str, width: str, height: str, title: str, desc: str, more: str = "") -> list[str]:
    """Return the opening lines of a picture: its size, its title and its description.

    Parameters
    ----------
    css : str
        Class of the element.
    name : str
        Prefix of the ids inside, unique on the page.
    width, height : str
        In user units, as text.
    title, desc : str
        For those who cannot see it; escaped here.
    more : str
        Further attributes, ready to be set.

    Examples
    --------
    >>> head("chart", "x", "4", "3", "A < B", "")[1]
    '<title id="x-title">A &lt; B</title>'
    """
    return [
        f'<svg class="{css}" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{name}-title {name}-desc" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"{f" {more}" if more else ""}>',
        f'<title id="{name}-title">{escape(title)}</title>',
        f'<desc id="{name}-desc">{escape(desc)}</desc>',
    ]
