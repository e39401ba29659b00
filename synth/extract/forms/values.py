"""The cells of one row to the numbers of a figure: plain ones, and those that hold several figures.

What is read out of a cell with several figures is held against the other columns and against itself, is marked as
derived, and the cell is quoted in the note, so that a reader sees what stood there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from synth.workspace import Outcome, visible

from ..contract import cells
from ..contract.words import not_given
from ..reading import damage
from ..reading.separators import Separators
from ..reading.tables import Table
from .composite import Parts, count_parts, number_parts, numerals
from .granularity import counts_of, nearest_counts
from .rows import Problems

_HINTS = {
    "mean": r"\b(?:mean|average)\b",
    "median": r"\bmedian\b",
    "sd": r"\bs\.?d\b|standard deviation",
    "se": r"\bs\.?e\.?m?\b|standard error",
    "iqr": r"\biqr\b|inter-?\s?quartile|\bq1\b|quartiles",
    "range": r"(?<!quartile )\brange\b|\bmin\b.*\bmax\b",
    "percent": r"%",
}
_CONTINUOUS = ("mean", "sd", "se", "median", "q1", "q3", "min", "max")
_SPREADS = ("sd", "se")
Spots = Mapping[str, int]
Cells = Sequence[str]


class Values:
    """Reads the numbers of one table.

    Parameters
    ----------
    table : Table
        Where the cells stand.
    problems : Problems
        Takes what is wrong.
    """

    def __init__(self, table: Table, problems: Problems) -> None:
        self.table = table
        self.problems = problems
        self.not_given: Counter[int] = Counter()
        self.hints = [
            frozenset(
                name
                for name, pattern in _HINTS.items()
                if re.search(pattern, table.heading(place).replace("_", " "), re.IGNORECASE)
            )
            for place in range(len(table.header))
        ]
        self._told = {(problem.row, problem.cell) for problem in table.problems if problem.cell}
        self._separators: dict[int, Separators] = {}

    def notes(self) -> list[str]:
        """Say how many cells were read as empty because they say in words that nothing is given."""
        return [
            f"{self.table.heading(place)}: {count} {'cell says' if count == 1 else 'cells say'} that the figure is not "
            f"given; {'it was' if count == 1 else 'they were'} read as empty."
            for place, count in sorted(self.not_given.items())
        ]

    def counted(self, outcome: Outcome, row: int, found: Cells, spots: Spots, cohort: int | None) -> dict[str, Any]:
        """Read events, total and, for a rate, person-time.

        Parameters
        ----------
        outcome : Outcome
            Of kind "proportion" or "rate".
        row : int
            Row number.
        found : sequence of str
            Its cells.
        spots : mapping of str to int
            Where the columns are: ``events`` (or ``value``, which may hold anything), ``total``, ``time``,
            ``percent_reported``.
        cohort : int or None
            Size of the arm, which stands in for a total that is not there.

        Returns
        -------
        dict
            Fields of a figure.
        """
        values: dict[str, Any] = {"events": None, "total": None}
        place = spots.get("events", spots.get("value"))
        cell = cells.text(found[place]) if place is not None else ""
        total = self.count(row, spots.get("total"), found)
        if total is None and cohort is not None:
            total, values["total_basis"] = cohort, "cohort"
        values["total"] = total
        if "time" in spots:
            values["time"] = self.number(row, spots["time"], found, negative=False)
        percent = cells.text(found[spots["percent_reported"]]) if "percent_reported" in spots else ""
        if not_given(percent):
            percent = ""
        elif _plain(percent.replace(",", ".", 1)):
            percent = f"{percent}%"
        if percent:
            values["percent_reported"] = percent
        if place is None or (cell.isascii() and cell.isdigit()) or not cell:
            values["events"] = self.count(row, place, found)
            if values["events"] is None and percent and total and not cell and outcome.kind == "proportion":
                self._from_percent(values, row, spots["percent_reported"], percent, total)
            return values
        parts = None if self._damaged(row, place, cell) else count_parts(cell, self._column(place))
        if isinstance(parts, cells.Defect):
            self._wrong(row, place, cell, parts)
        elif parts is None:
            values["events"] = self.count(row, place, found)
        else:
            self._believe(values, parts, row, place, cell)
        return values

    def _believe(self, values: dict[str, Any], parts: Parts, row: int, place: int, cell: str) -> None:
        """Hold the figures of a cell against the total and against each other, and take them over."""
        events, own = parts.get("events"), parts.get("total")
        total: int | None = values["total"]
        if own is not None:
            if total is not None and total != own and values.get("total_basis") != "cohort":
                self.problems.at(
                    row, place, cell, f"has {own:g} where the total is {total}.", "Correct one of the two.",
                )  # fmt: skip
                return
            values["total"] = total = int(own)
            values["total_basis"] = "derived"
        if events is None:
            values["percent_reported"] = parts.percent
            if total is None:
                self.problems.at(
                    row, place, cell, "is a percentage, and nothing says of how many patients.",
                    "Type how many were assessed in the column of totals.",
                )  # fmt: skip
            else:
                self._from_percent(values, row, place, parts.percent, total)
            return
        count = int(events)
        if parts.bare and "percent" not in self.hints[place]:
            agrees = total is not None and cells.agrees(count, total, parts.percent)
            if not agrees:
                self.problems.at(
                    row, place, cell, "has a number in brackets that may be a percentage or something else.",
                    f"Write {count} ({parts.percent}) or {count}/{parts.percent[:-1]}.",
                )  # fmt: skip
                return
        if total is not None and count > total:
            self.problems.at(row, place, cell, f"events exceed total ({count} > {total}).", "Correct one of them.")
            return
        if parts.percent and total is not None and cells.agrees(count, total, parts.percent) is False:
            near = ", ".join(f"{percent} is {count}" for count, percent in nearest_counts(parts.percent, total))
            self.problems.at(
                row, place, cell, f"contradicts itself: {_share(count, total)}.",
                f"Correct it (of {total}, {near}); if the source prints just that, type {count} here, "
                f"{parts.percent} in percent_reported, and a note.",
            )  # fmt: skip
            return
        values["events"] = count
        if parts.percent:
            values["percent_reported"] = parts.percent
        if len(parts.numbers) > 1 or parts.percent:
            values["events_basis"] = "derived"
            values["said"] = f'Read as {parts.said} from the cell "{visible(cell)}".'

    def _from_percent(self, values: dict[str, Any], row: int, place: int, percent: str, total: int) -> None:
        """Take the one number of patients that a percentage can be rounded from."""
        printed = percent if percent.endswith("%") else f"{percent}%"
        possible = counts_of(printed, total)
        if len(possible) == 1:
            values["events"] = possible[0]
            values["events_basis"] = "derived"
            values["said"] = f"The number of events is worked out: {visible(printed)} of {total}."
            return
        near = nearest_counts(printed, total)
        if not near:
            return  # a remark, not a percentage
        if possible:
            self.problems.at(
                row, place, percent,
                f"of {total} patients can be {possible[0]} to {possible[-1]} patients, so the number of events stays "
                "empty.",
                "Type the number of events if the source gives it anywhere.", "warning",
            )  # fmt: skip
            return
        nearest = " and ".join(f"{count} ({share})" for count, share in near)
        values.pop("percent_reported", None)
        self.problems.at(
            row, place, percent, f"is no percentage that a whole number of {total} patients gives.",
            f"The nearest are {nearest}: correct the percentage or the total.",
        )  # fmt: skip

    def measured(self, outcome: Outcome, row: int, found: Cells, spots: Spots, cohort: int | None) -> dict[str, Any]:
        """Read mean, SD, median, quartiles and extremes, and the number of patients.

        Parameters and result are those of :meth:`counted`; `spots` may hold ``mean``, ``sd``, ``se``, ``median``,
        ``q1``, ``q3``, ``min``, ``max``, ``total`` and ``value``.
        """
        values: dict[str, Any] = {"events": None, "total": self.count(row, spots.get("total"), found)}
        if values["total"] is None and cohort is not None:
            values["total"], values["total_basis"] = cohort, "cohort"
        said: list[str] = []
        numbers: dict[str, float] = {}
        for name in ("value", *_CONTINUOUS):
            place = spots.get(name)
            cell = cells.text(found[place]) if place is not None else ""
            if place is None or not cell or self._nothing(place, cell):
                continue
            parts = None
            if name in ("value", "mean", "median") and not _plain(cell) and not self._damaged(row, place, cell):
                hints = self.hints[place] if name == "value" else {name, *(self.hints[place] - {"mean", "median"})}
                parts = number_parts(cell, hints, self._column(place), outcome.unit)
            if isinstance(parts, cells.Defect):
                self._wrong(row, place, cell, parts)
                continue
            if parts is None:
                value = self.number(row, place, found, negative=name not in _SPREADS)
                meant = name if name != "value" else self._centre(place)
                given = {} if value is None else {meant: value}
            else:
                given = dict(parts.numbers)
                said.append(f'Read as {parts.said} from the cell "{visible(cell)}".')
            for column, number in given.items():
                if numbers.setdefault(column, number) != number:
                    self.problems.at(
                        row, place, cell, f"has {column} {number:g}, and another column has {numbers[column]:g}.",
                        "Correct one of them.",
                    )  # fmt: skip
        error = numbers.pop("se", None)
        if error is not None and "sd" not in numbers and values["total"]:
            numbers["sd"] = error * values["total"] ** 0.5
            said.append(f"The SD is worked out: standard error {error:g} times the root of {values['total']}.")
        values |= numbers
        if said:
            values["said"] = " ".join(said)
        return values

    def _centre(self, place: int) -> str:
        """Say what a lone number under the name of an outcome is."""
        return "median" if "median" in self.hints[place] and "mean" not in self.hints[place] else "mean"

    def count(self, row: int, place: int | None, found: Cells) -> int | None:
        """Read a whole number; what is wrong goes to the problems."""
        if place is None:
            return None
        cell = found[place]
        if cell.isdigit() and cell.isascii() and len(cell) < 13:
            return int(cell)
        cell = cells.text(cell)
        if not cell or self._nothing(place, cell):
            return None
        plain = self.table.number(row, place, cell)
        value = plain if isinstance(plain, cells.Defect) else cells.count(plain, self.table.heading(place))
        if isinstance(value, cells.Defect):
            self._wrong(row, place, cell, value)
            return None
        return value

    def number(self, row: int, place: int, found: Cells, negative: bool = True) -> float | None:
        """Read a decimal number; what is wrong goes to the problems."""
        cell = cells.text(found[place])
        if not cell or self._nothing(place, cell):
            return None
        plain = self.table.number(row, place, cell)
        value = plain if isinstance(plain, cells.Defect) else cells.number(plain, negative)
        if isinstance(value, cells.Defect):
            self._wrong(row, place, cell, value)
            return None
        return value

    def _nothing(self, place: int, cell: str) -> bool:
        if cell[0].isdigit() or not not_given(cell):
            return False
        self.not_given[place] += 1
        return True

    def _wrong(self, row: int, place: int, cell: str, defect: cells.Defect) -> None:
        """Keep a defect; what a spreadsheet did to the cell goes before, and is told once."""
        if (row, self.table.cell(row, place)) in self._told:
            return
        defect = damage.explain(self.table, row, place, cell) or defect
        self.problems.at(row, place, cell, defect.message, defect.remedy)

    def _damaged(self, row: int, place: int, cell: str) -> bool:
        return damage.explain(self.table, row, place, cell) is not None

    def _column(self, place: int) -> Separators:
        """Say what commas and points mean in the cells with several figures of a column: all of them together tell."""
        if place not in self._separators:
            self._separators[place] = numerals(found[place] for _, found in self.table.rows)
        return self._separators[place]


def _plain(cell: str) -> bool:
    return cell.isascii() and cell.replace(".", "", 1).isdigit()


def _share(events: int, total: int) -> str:
    tenths = (2000 * events + total) // (2 * total) if total else 0
    return f"{events} of {total} is about {tenths // 10}.{tenths % 10}%"
