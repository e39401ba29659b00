"""Where the headings of a table are: not always in the first row, and sometimes in two.

A row of headings is told by how many of its cells mean something to whoever asks, and where none does, by its shape.
That it was not the first row, or that there were two, is reported, so that nobody has to guess.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..contract.sheets import fold
from ..contract.units import is_unit, split_unit
from .grids import Area, Row

DEEPEST = 60
"""Rows with text that are looked at for headings, from the top of a sheet or from a gap in it."""
_MOST_ASKED = 10_000
_SHARES = ("%", "percent")
_NUMERIC = re.compile(r"[+-]?[\d.,]*\d[\d.,\s]*%?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?: [\d:]+)?")


@dataclass(frozen=True)
class Header:
    """Headings of a table.

    Parameters
    ----------
    top, bottom : int
        Index of the first and the last row that they take, units included.
    names : tuple of str
        Heading of each column, joined with the one above it.
    groups, units : tuple of str
        Heading above, and unit, of each column; ``""`` where there is none.
    found : tuple of str
        Headings as they stand there.
    score : int
        How many of them mean something.
    """

    top: int
    bottom: int
    names: tuple[str, ...]
    groups: tuple[str, ...]
    units: tuple[str, ...]
    found: tuple[str, ...]
    score: int


class Finder:
    """Finds rows of headings.

    Parameters
    ----------
    rows : sequence of (int, list of str)
        The rows.
    known : callable
        Says whether a heading means something.
    merged : sequence of Area
        Merged cells, with columns as positions in the rows.
    """

    def __init__(self, rows: Sequence[Row], known: Callable[[str], bool], merged: Sequence[Area] = ()) -> None:
        self._rows = rows
        self._known = known
        self._asked: dict[str, bool] = {}
        self._merged: dict[int, list[Area]] = {}
        for area in merged:
            self._merged.setdefault(area[0], []).append(area)

    def means(self, heading: str) -> bool:
        """Say whether a heading means something, with or without its unit."""
        if heading not in self._asked:
            if len(self._asked) > _MOST_ASKED:
                self._asked.clear()
            self._asked[heading] = 0 < len(heading) <= 300 and (
                self._known(heading) or self._known(split_unit(heading)[0])
            )
        return self._asked[heading]

    def score(self, cells: Sequence[str]) -> int:
        """Return how many different headings of a row mean something."""
        return len({fold(cell) for cell in cells if cell and self.means(cell)})

    def is_textual(self, cells: Sequence[str]) -> bool:
        """Say whether a row could be headings: most of what stands in it is no number and no date."""
        filled = [cell for cell in cells if cell]
        numbers = sum(1 for cell in filled if _NUMERIC.fullmatch(cell.strip()) or _DATE.fullmatch(cell))
        return bool(filled) and numbers <= 0.4 * len(filled)

    def at(self, index: int, least: int = 2) -> Header | None:
        """Return the headings that begin in a row, if at least so many of them mean something."""
        cells = self._rows[index][1]
        if not self.is_textual(cells):
            return None
        pair = self._pair(index)
        if pair is not None and pair.score >= least:
            return pair
        score = self.score(cells)
        return self._single(index, score) if score >= least else None

    def first(self, start: int = 0) -> Header:
        """Return the headings of the first table: those that mean something, or else the first row that could be it."""
        stop = min(len(self._rows), start + DEEPEST)
        plain = self._by_shape(start, stop)
        above = self._pair(plain - 1) if plain > start else None
        shaped = above or self._pair(plain) or self._single(plain, self.score(self._rows[plain][1]))
        # Headings without anything below them are none, wherever else they could be.
        told = [found for index in range(start, stop) if (found := self.at(index)) and found.bottom + 1 < stop]
        if not told:
            return shaped
        most = max(found.score for found in told)
        chosen = next(found for found in told if 2 * found.score >= most)
        # A row of data may hold a word or two that are headings elsewhere; it takes more to beat a row of headings.
        margin = 2 if shaped.score else 1
        return chosen if chosen.top <= shaped.top or chosen.score >= shaped.score + margin else shaped

    def _by_shape(self, start: int, stop: int) -> int:
        """Return the first row that is as wide as what follows, and no data."""
        widths = [len(cells) - cells.count("") for _, cells in self._rows[start:stop]]
        for index in range(start, stop - 1):
            following = widths[index - start + 1 : index - start + 11]
            width = widths[index - start]
            if width >= 2 and 2 * width >= max(following) and self.is_textual(self._rows[index][1]):
                return index
        return start

    def _single(self, index: int, score: int) -> Header:
        cells = self._rows[index][1]
        return self._with_units(index, index, list(cells), [""] * len(cells), list(cells), score)

    def _pair(self, index: int) -> Header | None:
        """Return two rows of headings as one, if the upper one groups the lower one."""
        if index + 1 >= len(self._rows):
            return None
        (number, above), (next_number, below) = self._rows[index], self._rows[index + 1]
        if next_number != number + 1 or len(above) != len(below):
            return None
        if not (self.is_textual(above) and self.is_textual(below)):
            return None
        groups = self._groups(number, above, below)
        if groups is None:
            return None
        names, found = [], []
        for heading, group, upper in zip(below, groups, above, strict=True):
            if not heading:
                names.append(upper)
            elif group and not fold(heading).startswith(fold(group)):
                names.append(f"{group} {heading}")
            else:
                names.append(heading)
            found.append(names[-1])
        groups = [group if heading else "" for group, heading in zip(groups, below, strict=True)]
        score = self.score(names)
        # Names that only whoever asks can take apart count as much as the parts of which they are made.
        return self._with_units(index, index + 1, names, groups, found, max(score, self.score(below)))

    def _groups(self, number: int, above: list[str], below: list[str]) -> list[str] | None:
        """Return what stands above each column, or ``None`` if the upper row is no row of groups."""
        filled = [column for column, cell in enumerate(above) if cell]
        used = [column for column, cell in enumerate(above) if cell or below[column]]
        if not filled or not any(below):
            return None
        areas = [a for a in self._merged.get(number, []) if a[1] < len(above) and above[a[1]]]
        wide = [a for a in areas if a[3] > a[1] and a[2] == number]
        tall = [a for a in areas if a[2] == number + 1 and not any(below[a[1] : a[3] + 1])]
        if wide or tall:
            # One title across the first columns groups nothing.
            if len(filled) == 1 and filled[0] == used[0]:
                return None
            groups = list(above)
            for _, first, _, last in wide:
                groups[first : last + 1] = [above[first]] * (min(last, len(above) - 1) - first + 1)
            return groups
        return self._groups_by_gaps(above, below, filled)

    def _groups_by_gaps(self, above: list[str], below: list[str], filled: list[int]) -> list[str] | None:
        """Return the groups of a sheet that says nothing of merged cells, as a CSV: each reaches to the next one."""
        folded = [fold(cell) for cell in below]
        twice = {name for name, times in Counter(folded).items() if name and times > 1}
        over = [c for c in filled if below[c] and c + 1 < len(above) and not above[c + 1] and below[c + 1]]
        if not over or not twice or self.score(below) < 1:
            return None
        groups, current = [], ""
        for column, (upper, lower) in enumerate(zip(above, below, strict=True)):
            if upper or not lower:
                current = upper
            elif current and folded[column] not in twice and self.means(lower) and not self.means(f"{current} {lower}"):
                current = ""
            groups.append(current)
        return groups

    def _with_units(
        self, top: int, bottom: int, names: list[str], groups: list[str], found: list[str], score: int
    ) -> Header:
        """Take the units off the headings, and those in a row of their own below them."""
        units = [""] * len(names)
        row = self._units_below(bottom, names)
        if row is not None:
            bottom += 1
            units = [cell.strip().strip("()[]").strip() for cell in row]
        bare = [split_unit(name) for name in names]
        # "Deaths (%)" keeps its sign, since it is another column than "Deaths (n)".
        folded = [fold(name if unit not in _SHARES else whole) for (name, unit), whole in zip(bare, names, strict=True)]
        times = Counter(folded)
        for place, (name, unit) in enumerate(bare):
            units[place] = unit or units[place]
            if unit and unit not in _SHARES and times[folded[place]] == 1 and not self._known(names[place]):
                names[place] = name
        return Header(top, bottom, tuple(names), tuple(groups), tuple(units), tuple(found), score)

    def _units_below(self, bottom: int, names: list[str]) -> list[str] | None:
        """Return the row below the headings, if it holds units and nothing else."""
        if bottom + 1 >= len(self._rows):
            return None
        (number, _), (next_number, cells) = self._rows[bottom], self._rows[bottom + 1]
        if next_number != number + 1 or len(cells) != len(names):
            return None
        filled = [(cell, name) for cell, name in zip(cells, names, strict=True) if cell]
        if filled and all(name and is_unit(cell) and len(cell.strip()) > 1 for cell, name in filled):
            return cells
        return None
