"""The tables of several outcomes as one of each name, so that a whole review is one ``studies.csv``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .model import Table


def stacked(found: Mapping[str, Sequence[Table]]) -> tuple[Table, ...]:
    """Put tables of the same name under one another, with the page that each row is of in front.

    Parameters
    ----------
    found : mapping of str to sequence of Table
        By the name of the page.

    Returns
    -------
    tuple of Table
        In the order in which their names are met first; a column that one of them lacks is empty there.

    Examples
    --------
    >>> a, b = Table("t", "T", ("x",), ((1,),)), Table("t", "T", ("y", "x"), ((2, 3),))
    >>> made = stacked({"death": [a], "fusion": [b]})[0]
    >>> made.columns, made.rows
    (('page', 'y', 'x'), (('death', None, 1), ('fusion', 2, 3)))
    """
    titles: dict[str, str] = {}
    columns: dict[str, list[str]] = {}
    for tables in found.values():
        for table in tables:
            titles.setdefault(table.name, table.title)
            columns[table.name] = merged(columns.get(table.name, []), table.columns)
    made = []
    for name, title in titles.items():
        rows = []
        for page, tables in found.items():
            for table in (each for each in tables if each.name == name):
                for row in table.rows:
                    known = dict(zip(table.columns, row, strict=True))
                    rows.append((page, *(known.get(column) for column in columns[name])))
        made.append(Table(name, title, ("page", *columns[name]), tuple(rows)))
    return tuple(made)


def merged(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Join two lists of columns; a new one stands behind the one that it follows in the second list.

    Examples
    --------
    >>> merged(["study", "events", "unit"], ["study", "mean", "sd", "unit"])
    ['study', 'mean', 'sd', 'events', 'unit']
    """
    out = list(first)
    place = 0
    for name in second:
        if name in out:
            place = out.index(name) + 1
        else:
            out.insert(place, name)
            place += 1
    return out
