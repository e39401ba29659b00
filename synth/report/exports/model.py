"""What leaves synth as a table: named columns, and rows of numbers at full precision beside cleaned text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..words import plain
from ..words.quantity import Quantity

INTERVAL = ("estimate", "ci_low", "ci_high")
Cell = str | int | float | bool | None

LONGEST = 32_000
"""A cell of a spreadsheet holds 32,767 characters; what is longer is cut, and says so."""


@dataclass(frozen=True)
class Table:
    """One table of an outcome.

    Parameters
    ----------
    name : str
        The name of its file and of its sheet: small letters, digits and underscores.
    title : str
        What it shows, in a few words.
    columns : tuple of str
        Named as in ``docs/json.md``; a name that ends in ``_fraction`` is from 0 to 1, and one that ends in
        ``_analysis`` is on the scale of the analysis.
    rows : tuple of tuple
        Numbers at full precision; text without control marks; ``None`` where nothing is known or defined.

    Examples
    --------
    >>> table = Table("studies", "Studies", ("study", "events"), (("A 2020", 3),))
    >>> table.rows[0][table.columns.index("events")]
    3
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def cell(value: Any) -> Cell:
    r"""Return a value as a cell: numbers and flags as they are, text cleaned, lists joined.

    Parameters
    ----------
    value : object
        Anything that JSON holds.

    Returns
    -------
    str, int, float, bool or None
        An empty text, list or object is ``None``.

    Examples
    --------
    >>> cell(0.1), cell("a\tb"), cell(["A", "B"]), cell(""), cell(True)
    (0.1, 'a b', 'A; B', None, True)
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return _cut("; ".join(str(cell(each)) for each in value)) or None
    if isinstance(value, Mapping):
        return _cut("; ".join(f"{plain.visible(name)}: {cell(each)}" for name, each in value.items())) or None
    return _cut(plain.visible(value)) or None


def _cut(words: str) -> str:
    if len(words) <= LONGEST:
        return words
    return f"{words[:LONGEST]} … (cut: {len(words):,} characters; the JSON has them all)"


def made(name: str, title: str, specs: Sequence[str], rows: Iterable[Any], **more: Sequence[Any]) -> Table:
    """Return a table of objects, each column by the path of its value.

    Parameters
    ----------
    name, title : str
    specs : sequence of str
        For each column ``name``, or ``name=path.of.value`` where it stands elsewhere in the object.
    rows : iterable of mapping
        One object for each row.
    **more : sequence
        Columns after those, by name, with a value for each row.

    A column ``reason`` also holds what the object says of a single value that is null, as ``NAME: NAME_reason``.

    Returns
    -------
    Table

    Examples
    --------
    >>> rows = [{"study": "A", "shrunken": {"estimate": 0.2}}, {"study": "B", "shrunken": None}]
    >>> table = made("t", "T", ["study", "shrunken_estimate=shrunken.estimate"], rows, shown=["20%", ""])
    >>> table.columns
    ('study', 'shrunken_estimate', 'shown')
    >>> table.rows
    (('A', 0.2, '20%'), ('B', None, None))
    """
    paths = [spec.partition("=") for spec in specs]
    ways = [(path or name).split(".") for name, _, path in paths]
    found = [[_reasons(row) if way == ["reason"] else cell(_follow(row, way)) for way in ways] for row in rows]
    for column in more.values():
        for row, value in zip(found, column, strict=True):
            row.append(cell(value))
    return Table(name, title, (*(spec[0] for spec in paths), *more), tuple(map(tuple, found)))


def with_text(name: str, title: str, specs: Sequence[str], rows: Sequence[Any], quantity: Quantity, unit: str) -> Table:
    """Return a table of effects: each row's unit and the text that a page shows stand behind the numbers.

    Examples
    --------
    >>> row = {"omitted": "A", "estimate": 0.125, "ci_low": 0.1, "ci_high": 0.25}
    >>> with_text("t", "T", ["omitted"], [row], Quantity(), "proportion").rows
    (('A', 'proportion', '12.5% (10.0% to 25.0%)'),)
    """
    said = [quantity.effect(*(_follow(row, [part]) for part in INTERVAL)) for row in rows]
    return made(name, title, specs, rows, unit=[unit] * len(rows), shown=said)


def _follow(source: Any, way: Sequence[str]) -> Any:
    for name in way:
        if not isinstance(source, Mapping):
            return None
        source = source.get(name)
    return source


def _reasons(row: Any) -> Cell:
    if not isinstance(row, Mapping):
        return None
    said = [str(row["reason"])] if row.get("reason") else []
    if not said:
        missing = [name for name, value in row.items() if value is None and row.get(f"{name}_reason")]
        said = [f"{name}: {row[f'{name}_reason']}" for name in missing]
    return cell(said)
