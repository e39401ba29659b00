"""A picture as a file of its own: with its style, its colours, white paper under it and a width in millimetres."""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import chart, forest, prisma, traffic

COLOURS = {
    "ink": "#1b1f24", "muted": "#555e68", "rule": "#c3c9d0", "paper": "#ffffff", "panel": "#f5f7f9",
    "accent": "#1d5f8a", "warn": "#8a4b00",
}  # fmt: skip
"""What the pages set in the light; other layouts have their own."""
MILLIMETRES = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 25.4 / 72.0, "px": 25.4 / 96.0}
_HEAD = re.compile(r'<svg class="(?P<css>[a-z]+)"(?P<rest>[^>]*?) viewBox="0 0 (?P<w>[\d.]+) (?P<h>[\d.]+)" '
                   r'width="[\d.]+" height="[\d.]+"(?P<more>[^>]*)>')  # fmt: skip


@dataclass(frozen=True)
class Size:
    """Size of a picture on paper, in millimetres."""

    width: float
    height: float


def styles() -> dict[str, str]:
    """Return the style of each class of picture."""
    return {"forest": forest.STYLE, "chart": chart.STYLE, "traffic": traffic.STYLE, "prisma": prisma.STYLE}


def style_of(svg: str, colours: dict[str, str] | None = None) -> str:
    """Return the style that a picture needs outside of a page, with colours in place of a page's variables.

    Examples
    --------
    >>> "var(" in style_of('<svg class="forest" viewBox="0 0 1 1" width="1" height="1"></svg>')
    False
    """
    known = {**COLOURS, **(colours or {})}
    rules = styles()[_head(svg)["css"]]
    return re.sub(r"var\(--([a-z]+),[^)]*\)", lambda found: known[found[1]], rules)


def size_of(svg: str, width: float | None = None) -> Size:
    """Return how large a picture is on paper.

    Parameters
    ----------
    svg : str
        A picture of this package.
    width : float, optional
        In millimetres; left out, at 96 user units an inch.

    Examples
    --------
    >>> size_of('<svg class="chart" viewBox="0 0 640 400" width="640" height="400"></svg>', 174.0).height
    108.75
    """
    found = _head(svg)
    wide, high = float(found["w"]), float(found["h"])
    width = wide * 25.4 / 96.0 if width is None else width
    return Size(width, high * width / wide)


def alone(svg: str, width: float | None = None, colours: dict[str, str] | None = None, more: str = "") -> str:
    """Return a picture that needs no page around it.

    Parameters
    ----------
    svg : str
        A picture of this package, as pages set it.
    width : float, optional
        In millimetres; left out, at 96 user units an inch.
    colours : dict of str to str, optional
        Other colours for the page's variables.
    more : str
        Further rules of style, after its own.

    Returns
    -------
    str
        An SVG file: the same bytes for the same picture.

    Examples
    --------
    >>> svg = '<svg class="chart" viewBox="0 0 640 400" width="640" height="400"></svg>'
    >>> 'width="174mm" height="108.75mm"' in alone(svg, 174.0)
    True
    """
    found = _head(svg)
    size = size_of(svg, width)
    opened = (
        f'<svg class="{found["css"]}"{found["rest"]} viewBox="0 0 {found["w"]} {found["h"]}" '
        f'width="{forest.fixed(size.width)}mm" height="{forest.fixed(size.height)}mm"{found["more"]}>'
    )
    fill = (colours or COLOURS).get("paper", "#ffffff")
    paper = f'<rect style="fill:{fill};stroke:none" width="100%" height="100%"/>'
    start, end = found.span()
    body = svg[end:]
    title = re.match(r"\s*<title.*?</title>\s*<desc.*?</desc>", body, re.DOTALL)
    cut = title.end() if title else 0
    style = f"<style>{style_of(svg, colours)}{more}</style>"
    return f"{svg[:start]}{opened}{body[:cut]}\n{style}\n{paper}{body[cut:]}".rstrip("\n") + "\n"


def millimetres(said: str) -> float:
    """Read a width such as 174mm, 8.5cm, 3.5in, 240pt or 640px; a bare number is in millimetres.

    Raises
    ------
    ValueError
        It is no width, or not larger than nothing.

    Examples
    --------
    >>> millimetres("174mm"), millimetres("8.5 cm"), millimetres("174")
    (174.0, 85.0, 174.0)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(mm|cm|in|pt|px|)\s*", said)
    value = float(found[1]) * MILLIMETRES[found[2] or "mm"] if found else 0.0
    if not 5.0 <= value <= 5000.0:
        raise ValueError(said)
    return round(value, 6)


def _head(svg: str) -> re.Match[str]:
    found = _HEAD.search(svg)
    if found is None:
        raise ValueError("this is no picture of synth's")
    return found
