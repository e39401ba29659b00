"""The same answers as lines of text for a terminal: a table of pooled answers and a forest drawn with characters.

Labels come from people's sheets, so control characters and terminal codes in them are made visible first. Colour is
bold and dim only, so it says nothing that the text does not.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..figures.axis import Axis
from ..figures.forest_marks import Block, Line
from ..figures.forest_spec import main_spec
from ..figures.scales import axis_for
from ..words import counts as data
from ..words import plain, quantity, rounding
from ..words.phrases import pooled_reporting
from ..words.reading import Document, get, level, outcome_label, text

BOLD, DIM, RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"

_ASCII = {
    "–": "-",
    "—": "-",
    "\u2212": "-",
    "\u202f": " ",
    "†": "+",
    "²": "2",
    "τ": "tau",
    "…": "~",
    "’": "'",
    "“": '"',
    "”": '"',
    "─": "-",
    "├": "|",
    "┤": "|",
    "←": "<",
    "→": ">",
    "■": "#",
    "◆": "*",
    "○": "o",
    "◇": "x",
    "═": "=",
    "┊": ":",
    "│": "|",
    "┬": "+",
    "×": "x",
    "≥": ">=",
    "\u2068": "",
    "\u2069": "",
}


_DRAWN = "─├┤←→■◆○◇═┊│"
"""What a forest is drawn with; the letters of names are no part of it."""


def plain_drawing(value: str) -> str:
    """Draw with ASCII, and leave every letter as it is.

    Examples
    --------
    >>> plain_drawing("Wänman – ├──■──┤")
    'Wänman – |--#--|'
    """
    return "".join(_ASCII[char] if char in _DRAWN else char for char in value)


def plain_ascii(value: str) -> str:
    """Replace the signs that this module draws with; accents go, other letters unknown to ASCII become question marks.

    Examples
    --------
    >>> plain_ascii("τ² = 0.41 – ■"), plain_ascii("Wänman")
    ('tau2 = 0.41 - #', 'Wanman')
    """
    drawn = "".join(_ASCII.get(char, char) for char in value)
    bare = "".join(char for char in unicodedata.normalize("NFKD", drawn) if not unicodedata.combining(char))
    return bare.encode("ascii", "replace").decode("ascii")


def _finish(lines: list[str], unicode: bool) -> str:
    shown = [line.replace(plain.FIRST_STRONG_ISOLATE, "").replace(plain.POP_ISOLATE, "").rstrip() for line in lines]
    return "\n".join(line if unicode else plain_ascii(line) for line in shown) + "\n"


_HEADS = ("Outcome", "Series", "Data", "Per cent", "CI", "Prediction", "τ²", "I²")


def _summary_row(document: Document) -> tuple[str, ...]:
    estimate, low, high = pooled_reporting(document)
    shown = quantity.of(document)
    expect = shown.interval(
        get(document, "prediction", "reporting", "ci_low"), get(document, "prediction", "reporting", "ci_high")
    )
    return (
        text(document, "outcome") or outcome_label(document),
        rounding.count(get(document, "k")),
        data.pooled(document)[1] or rounding.ABSENT,
        shown.text(estimate),
        shown.interval(low, high),
        expect,
        rounding.variance(get(document, "tau2", "value")),
        rounding.percent(get(document, "heterogeneity", "i2")),
    )


def summary(documents: Sequence[Document], *, width: int = 100, color: bool = False, unicode: bool = True) -> str:
    """Return a table of pooled answers, one outcome a line.

    Parameters
    ----------
    documents : sequence of mapping
        Pooled documents.
    width : int
        Columns of the terminal; where it is too narrow, I2, tau2, the prediction and the counts go.
    color : bool
        Whether to set the heads dim and the answers bold with ANSI codes.
    unicode : bool
        Whether the terminal can show more than ASCII.

    Returns
    -------
    str
        Lines ending in a newline; the empty string for no documents.

    Examples
    --------
    >>> document = {"outcome": "mortality_1y", "k": 1, "events": 7, "total": 43,
    ...             "pooled": {"reporting": {"estimate": 0.16279, "ci_low": 0.0681, "ci_high": 0.307}}}
    >>> print(summary([document], width=70, color=False, unicode=False), end="")
    Outcome       Series  Events/total  Per cent  95% CI
    mortality_1y       1          7/43     16.3%  6.8% to 30.7%
    """
    if not documents:
        return ""
    levels = list(dict.fromkeys(level(document) for document in documents))
    heads = list(_HEADS)
    heads[4] = f"{levels[0]} CI" if len(levels) == 1 else "CI"
    names = {quantity.of(document).heading for document in documents}
    heads[3] = names.pop() if len(names) == 1 else "Estimate"
    kinds = {heading for heading, said in map(data.pooled, documents) if said}
    table = [tuple(heads), *map(_summary_row, documents)]
    if kinds == {"Events/total", "Patients"}:
        table = [(*row[:2], _without_events(row[2]), *row[3:]) for row in table]
        kinds = {"Events/total"}
    table[0] = (*table[0][:2], kinds.pop() if len(kinds) == 1 else "Data", *table[0][3:])
    if not unicode:
        table = [tuple(map(plain_ascii, row)) for row in table]
    shown = _columns_that_fit(table, width)
    widths = [max(plain.columns(row[i]) for row in table) for i in shown]
    over = sum(widths) + 2 * (len(widths) - 1) - width
    if over > 0:
        widths[0] = max(8, widths[0] - over)
    lines = []
    for number, row in enumerate(table):
        cells = [_cell(row[i], column, i, "…" if unicode else "~") for i, column in zip(shown, widths, strict=True)]
        if color:
            cells = (
                [f"{DIM}{cell}{RESET}" for cell in cells]
                if number == 0
                else [f"{BOLD}{c}{RESET}" if i == 3 else c for i, c in zip(shown, cells, strict=True)]
            )
        lines.append("  ".join(cells))
    return _finish(lines, unicode)


def _without_events(cell: str) -> str:
    """Write a number of patients among events of totals, as ``synth outcomes`` does.

    Examples
    --------
    >>> _without_events("55"), _without_events("7/43")
    ('–/55', '7/43')
    """
    return cell if "/" in cell or cell == rounding.ABSENT else f"{rounding.ABSENT}/{cell}"


def _columns_that_fit(table: Sequence[tuple[str, ...]], width: int) -> list[int]:
    empty = {i for i in (2, 5, 6, 7) if all(row[i] in {rounding.ABSENT, "-"} for row in table[1:])}
    shown = [i for i in range(len(_HEADS)) if i not in empty]
    for dropped in (7, 6, 5, 2, 1):
        widths = {i: max(plain.columns(row[i]) for row in table) for i in shown}
        # Names give way before the counts do: an outcome can be told by its first letters.
        if dropped < 5:
            widths[0] = min(widths[0], 12)
        if sum(widths.values()) + 2 * (len(shown) - 1) <= width:
            break
        shown = [i for i in shown if i != dropped]
    return shown


def _cell(value: str, width: int, column: int, ellipsis: str) -> str:
    if column in {1, 2, 3, 6, 7}:
        return " " * (width - plain.columns(value)) + value
    return plain.fit(value, width, ellipsis)


def forest(document: Document, *, width: int = 100, unicode: bool = True, signs: bool = True) -> str:
    """Return a forest plot drawn with characters.

    Parameters
    ----------
    document : mapping
        A pooled document.
    width : int
        Columns of the terminal; where it is narrow the drawing goes first, then the counts.
    unicode : bool
        Whether the terminal can show more than ASCII.
    signs : bool
        Whether it may be drawn with more than ASCII; what a pipe leads to may have no such signs, or set them wider,
        while names keep their letters.

    Returns
    -------
    str
        Lines ending in a newline, none wider than ``width`` from 40 columns on.

    Examples
    --------
    >>> study = {"study": "Wanman 2023", "events": 7, "total": 43, "estimate": 0.163, "ci_low": 0.068, "ci_high": 0.307}
    >>> print(forest({"outcome": "x", "k": 1, "studies": [study]}, width=70, unicode=False), end="")
    Series       Events/total                            Per cent (95% CI)
    Wanman 2023          7/43     |----#------|      16.3% (6.8% to 30.7%)
                               0%               40%
    """
    spec = main_spec(document)
    lines = [line for block in spec.blocks for line in block.lines]
    if spec.second:
        first, _, effect_head, weight = spec.headings
        joined = (first, " / ".join(data.headings(document)), effect_head, weight)
        spec = replace(spec, headings=joined, blocks=tuple(map(_one_column, spec.blocks)))
        lines = [line for block in spec.blocks for line in block.lines]
    counts = max([plain.columns(spec.headings[1]), *(plain.columns(line.counts) for line in lines)])
    widest = max((plain.columns(line.effect) for line in lines), default=0)
    if plain.columns(spec.headings[2]) > widest + 8:
        # The name of the measure would push the drawing out; it stands in the sentence of the answer.
        short = f"Estimate ({level(document)} CI)"
        spec = replace(spec, headings=(spec.headings[0], spec.headings[1], short, spec.headings[3]))
    effect = max(plain.columns(spec.headings[2]), widest)
    labels = max([plain.columns(spec.headings[0]), *(plain.columns(_label(line)) for line in lines)])
    spare = width - counts - effect - 6
    plot = min(41, spare - min(labels, max(16, spare - 25)))
    if plot < 15:
        plot = 0
    if not plot and spare < 12:
        counts, spare = 0, width - effect - 4
    labels = max(6, min(labels, spare - plot + (0 if plot else 2)))
    axis = _axis(lines, plot, spec.quantity)
    ellipsis = "…" if unicode else "~"
    heads = (plain.fit(spec.headings[0], labels, ellipsis), spec.headings[1].rjust(counts) if counts else "")
    out = [_joined((*heads, " " * plot, spec.headings[2].rjust(effect)))]
    for block in spec.blocks:
        if block.heading:
            out += ["", plain.fit(block.heading, min(width, plain.columns(block.heading)), ellipsis)]
        out += [_line(line, block, axis, plot, (labels, counts, effect), ellipsis) for line in block.lines]
    if plot:
        first, last = (said for _, said in (axis.marks()[0], axis.marks()[-1]))
        out.append(" " * (labels + counts + 4) + first + last.rjust(plot - len(first)))
    if unicode and not signs:
        out = list(map(plain_drawing, out))
    return _finish(out, unicode)


def _one_column(block: Block) -> Block:
    """Set both arms in one column: a terminal has no room for two."""
    lines = (replace(x, counts=f"{x.counts} / {x.second}" if x.second else x.counts) for x in block.lines)
    return replace(block, lines=tuple(lines))


def _label(line: Line) -> str:
    label = line.label.replace(plain.FIRST_STRONG_ISOLATE, "").replace(plain.POP_ISOLATE, "")
    # How it was pooled is on the page; here the drawing needs the room.
    return label.split(" (")[0] if line.mark == "diamond" else label


def _joined(cells: tuple[str, str, str, str]) -> str:
    """Set cells side by side; an empty one is a column that had no room."""
    return "  ".join(cell for cell in cells if cell)


def _axis(lines: Sequence[Line], plot: int, shown: quantity.Quantity) -> Axis:
    values = [value for line in lines for value in (line.low, line.estimate, line.high) if value is not None]
    core = [line.estimate for line in lines if line.estimate is not None]
    core += [v for line in lines if line.mark in {"diamond", "bar"} for v in (line.low, line.high) if v is not None]
    return axis_for(shown, values, core, 0.0, float(max(plot - 1, 1)))


def _line(line: Line, block: Block, axis: Axis, plot: int, widths: tuple[int, int, int], ellipsis: str) -> str:
    labels, counts, effect = widths
    cells = (
        plain.fit(_label(line), labels, ellipsis),
        (" " * (counts - plain.columns(line.counts)) + line.counts) if counts else "",
        _drawn(line, block, axis, plot),
        " " * (effect - plain.columns(line.effect)) + line.effect,
    )
    return _joined(cells)


_SIGNS: Mapping[tuple[str, bool], str] = {
    ("square", False): "■",
    ("square", True): "○",
    ("diamond", False): "◆",
    ("diamond", True): "◇",
}


def _drawn(line: Line, block: Block, axis: Axis, plot: int) -> str:
    if not plot:
        return ""
    row = [" "] * plot
    if axis.null is not None:
        row[round(axis.x(axis.null))] = "│"
    if block.reference is not None and axis.inside(block.reference):
        row[round(axis.x(block.reference))] = "┊"
    if line.low is not None and line.high is not None:
        left, right = round(axis.x(line.low)), round(axis.x(line.high))
        row[left : right + 1] = ("═" if line.mark == "bar" else "─") * (right - left + 1)
        row[left] = "├" if axis.inside(line.low) else "←"
        row[right] = "┤" if axis.inside(line.high) else "→"
    sign = _SIGNS.get((line.mark, line.context))
    if sign and line.estimate is not None and axis.inside(line.estimate):
        row[round(axis.x(line.estimate))] = sign
    return "".join(row)
