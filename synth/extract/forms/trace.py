"""Where the parts of a figure stand in a table: what its origin says, and what a spreadsheet calls its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..reading.tables import Table

_NUMBERED = frozenset(
    {"events", "total", "mean", "sd", "se", "median", "q1", "q3", "min", "max", "time", "value", "percent_reported"}
)
_HERE = "\0"  # no label holds it: the number of a row comes in its place


class Trace:
    """The columns of a table that figures, studies or judgements are read from.

    Parameters
    ----------
    table : Table
        Where they stand.
    label : str
        The sheet as a message calls it.
    spots : mapping of str to int
        Where the columns are, by the names of the fields; ``value`` is what stands under the name of an outcome alone.

    Examples
    --------
    >>> table = Table("a.xlsx", ["study", "events", "total"], 1, [], sheet="R", letters=["A", "C", "D"])
    >>> trace = Trace(table, "a.xlsx, sheet R", {"study": 0, "value": 1, "total": 2})
    >>> trace.origin(7, ["A", "3", ""]), trace.letters("events")
    ('a.xlsx, sheet R, cell C7', (('study', 'A'), ('events', 'C'), ('total', 'D')))
    """

    def __init__(self, table: Table, label: str, spots: Mapping[str, int]) -> None:
        self._table, self._label, self._spots = table, label, spots
        self._numbers = [place for name, place in spots.items() if name in _NUMBERED]
        # What is said of rows in which the same cells are filled differs in the number of the row alone.
        self._said: dict[tuple[int, ...], str] = {}
        self._letters: dict[str, tuple[tuple[str, str], ...]] = {}

    def origin(self, row: int, found: Sequence[str] = ()) -> str:
        """Say where a row was taken from: file, sheet and the cells with numbers, or the columns of a CSV.

        Without the cells of the row, or where no number stands in them, all the columns are named.
        """
        used = tuple([place for place in self._numbers if found[place]]) if found else ()
        said = self._said.get(used)
        if said is None:
            said = self._said[used] = self._all_said(sorted(set(used or self._spots.values())))
        return said.replace(_HERE, str(row))

    def _all_said(self, places: Sequence[int]) -> str:
        ending = "" if len(places) == 1 else "s"
        if self._table.letters:
            where = ", ".join(f"{self._table.letters[place]}{_HERE}" for place in places)
            return f"{self._label}, cell{ending} {where}"
        where = ", ".join(map(self._table.heading, places))
        return f"{self._label}, row {_HERE}, column{ending} {where}"

    def letters(self, value: str = "value") -> tuple[tuple[str, str], ...]:
        """Return what a spreadsheet calls the columns; what stands under an outcome's name alone is called `value`."""
        if value not in self._letters:
            letters = self._table.letters
            named = ((value if name == "value" else name, place) for name, place in self._spots.items())
            self._letters[value] = tuple((name, letters[place]) for name, place in named) if letters else ()
        return self._letters[value]
