"""What every form of sheet has in common: a table with its problems, names looked up in the review, and the trace."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from synth.errors import Problem
from synth.workspace import Outcome, visible

from ..contract import cells
from ..contract.figures import BiasRow, Figure, StudyArm, place_of, problem_of
from ..contract.names import Names
from ..contract.sheets import POOLED_UNIT, RESULTS, Column, fold, names_of
from ..contract.units import split_unit
from ..contract.words import conversion, person_time, units_differ
from ..reading.tables import Table
from .rows import NOBODY, Problems, identity, reader_of
from .trace import Trace
from .values import Values

WHOLE = frozenset(
    {"total", "totals", "all", "overall", "both", "both arms", "both groups", "all arms", "all patients", "combined"}
    | {"sum", "whole study", "entire cohort", "all groups", "gesamt", "summe", "totale", "yhteensä"}
)
"""What stands in the column of arms where a row is about the whole study."""
SUMS = frozenset(
    {"total", "totals", "sum", "overall", "all", "pooled", "all studies", "total (95% ci)", "subtotal", "grand total"}
    | {"summe", "gesamt", "totale", "yhteensä", "summary"}
)
"""What stands in the column of studies where a row is about all of them."""


TEXTS = ("definition", "where", "note", "exclude", "bound", "confidence", "events_basis", "total_basis", "unit")
"""Columns of results that say something of a figure in words."""
_READERS = {column.name: reader_of(column, column.name) for column in RESULTS if column.name in (*TEXTS, "source")}


@dataclass(frozen=True)
class Given:
    """What a person says of a sheet that has no column for it.

    Parameters
    ----------
    study, arm, outcome : str
        The label, or the id; empty where nothing was said.
    """

    study: str = ""
    arm: str = ""
    outcome: str = ""


class Sheet:
    """A table on its way to figures.

    Parameters
    ----------
    table : Table
        As it was read.
    names : Names
        Arms and outcomes of the review.
    given : Given
        What the person says besides.
    columns : sequence of Column
        What is looked for; a heading that means something whole is taken whole, as "n (%)", and not without its unit.

    Attributes
    ----------
    label : str
        The sheet as a message calls it.
    """

    def __init__(self, table: Table, names: Names, given: Given, columns: Sequence[Column]) -> None:
        known = names_of(columns)
        header = list(table.header)
        units = list(table.units)
        if not units:  # a CSV of the review itself is read without looking for them
            header, units = map(list, zip(*map(split_unit, header), strict=True)) if header else ([], [])
        for place in range(len(header)):
            whole = table.found[place] if table.found else table.header[place]
            if fold(whole) in known:
                header[place] = whole
            elif "%" in units[place] and fold(header[place]) in ("n", "no", "number"):
                header[place] = "events"
        self.table = replace(table, header=header, units=units, found=table.found or list(table.header))
        self.names = names
        self.given = given
        self.problems = Problems(table, table.problems)
        self.values = Values(self.table, self.problems)
        self.label = f"{table.file}, sheet {table.sheet}" if table.sheet else table.file
        self.notes: list[str] = []
        self.wholes: list[Figure] = []
        self._listed: set[str] = set()
        self._wholes: dict[str, bool] = {}

    def said(self) -> list[str]:
        """Say what was understood, each with the sheet before it."""
        return [f"{self.label}: {note}" for note in (*self.notes, *self.values.notes())]

    def arm_of(self, row: int, place: int | None, cell: str) -> str:
        """Return the id of an arm, ``""`` where it is wrong or where the row is about the whole study."""
        name = cells.text(cell)
        if not name:
            self.problems.at(row, place, None, "the arm is empty.", "Type its name.")
            return ""
        found = self.names.arm(name)
        if found is None:
            self._unknown(row, place, name, "arm", [arm.id for arm in self.names.review.arms])
        return found or ""

    def is_whole(self, cell: str) -> bool:
        """Say whether an arm's cell means all arms together."""
        if cell not in self._wholes:
            self._wholes[cell] = identity(cell) in WHOLE and self.names.arm(cells.text(cell)) is None
        return self._wholes[cell]

    def outcome_of(self, row: int, place: int | None, cell: str, time_point: str = "") -> str:
        """Return the id of an outcome, ``""`` where it is wrong."""
        name = cells.text(cell)
        if not name:
            self.problems.at(row, place, None, "the outcome is empty.", "Type its name.")
            return ""
        found = self.names.outcome(name, cells.text(time_point))
        if found is None:
            self._unknown(row, place, name, "outcome", list(self.names.outcomes))
        return found or ""

    def _unknown(self, row: int, place: int | None, name: str, what: str, known: Sequence[str]) -> None:
        remedy = f"Correct it, or add it to the aliases of the {what} in review.toml."
        if what not in self._listed:
            remedy = f"review.toml has: {', '.join(known)}. {remedy}"
        self._listed.add(what)
        near = self.names.near(name, what)
        self.problems.at(row, place, name, f"is no {what} of this review.{near}", remedy)

    def only_arm(self) -> str:
        """Return the arm that every row is of, where no column says it; ``""`` with a problem where nothing does."""
        arms = self.names.review.arms
        if self.given.arm or len(arms) == 1:
            return self.given.arm or arms[0].id
        self.problems.at(
            self.table.header_row, None, None, "has no column that says the arm.",
            f"Add a column arm with {', '.join(arm.id for arm in arms)}, or say which arm all rows are of (--arm).",
        )  # fmt: skip
        return ""

    def only_outcome(self, kinds: Collection[str]) -> str:
        """Return the outcome that every row is of, where no column says it."""
        fitting = [o.id for o in self.names.review.outcomes if o.kind in kinds]
        if self.given.outcome or len(fitting) == 1:
            return self.given.outcome or fitting[0]
        self.problems.at(
            self.table.header_row, None, None, "has no column that says the outcome.",
            "Add a column outcome, or say which outcome all rows are of (--outcome).",
        )  # fmt: skip
        return ""

    def leave_sums(self, places: Mapping[str, int]) -> None:
        """Leave out rows at the end that a label calls a sum, and that have no arm and no outcome where others do."""
        empty = [places[name] for name in ("arm", "outcome") if name in places]
        rows = self.table.rows
        last = len(rows)
        while (
            last > 1 and empty and "study" in places and identity(rows[last - 1][1][places["study"]]) in SUMS
            and not any(cells.text(rows[last - 1][1][place]) for place in empty)
        ):  # fmt: skip
            last -= 1
        for row, found in rows[last:]:
            label = visible(found[places["study"]], 40)
            self.notes.append(f'row {row} ("{label}", without an arm) was taken for a sum, and not read.')
        if last < len(rows):
            self.table.rows = rows[:last]

    def texts(self, row: int, found: Sequence[str], spots: Mapping[str, int]) -> dict[str, str]:
        """Read the words that go with a figure; empty cells say nothing."""
        values = {}
        for name in spots.keys() & _READERS.keys():
            value = _READERS[name](found[spots[name]])
            if isinstance(value, cells.Defect):
                self.problems.at(row, spots[name], found[spots[name]], value.message, value.remedy)
            elif value:
                values[name] = value
        return values

    def check_units(self, outcome: Outcome, spots: Mapping[str, int]) -> None:
        """Hold the units of headings against those of review.toml: nothing is converted behind anybody's back."""
        self.tell_units(self.unlike(outcome, spots))

    def unlike(self, outcome: Outcome, spots: Mapping[str, int]) -> dict[int, tuple[str, str]]:
        """Return, by their places, the columns in another unit than the outcome, with what is wrong and what to do."""
        found = {}
        for name, place in spots.items():
            if name == "time" and outcome.kind == "rate":
                said, wanted = person_time(self.table.heading(place), self.table.unit(place)), outcome.time_unit
                differ = bool(said) and said != wanted
            elif outcome.kind == "continuous" and name not in ("total", "time"):
                said, wanted = self.table.unit(place), outcome.unit
                differ = bool(said and wanted) and units_differ(said, wanted)
            else:
                continue
            if differ:
                message = f"is in {visible(said)}, and {outcome.id} is in {visible(wanted)} in review.toml."
                found[place] = message, f"Convert the column to {visible(wanted)}{conversion(said, wanted)}."
        return found

    def tell_units(self, unlike: dict[int, tuple[str, str]], cells_of_row: Sequence[str] | None = None) -> None:
        """Keep each as a problem, once; of one row only those in which it has something."""
        for place in list(unlike):
            if cells_of_row is None or cells.text(cells_of_row[place]):
                self.problems.at(self.table.header_row, place, None, *unlike.pop(place))

    def read(self, outcome: Outcome, row: int, found: Sequence[str], spots: Mapping[str, int],
             cohort: int | None = None) -> dict[str, Any]:  # fmt: skip
        """Read the numbers that an outcome of its kind is made of."""
        read = self.values.measured if outcome.kind == "continuous" else self.values.counted
        return read(outcome, row, found, spots, cohort)

    def trace(self, spots: Mapping[str, int]) -> Trace:
        """Return what says where the parts of a row stand, by the names of the fields."""
        return Trace(self.table, self.label, spots)

    def figure(
        self,
        key: tuple[str, str, str],
        row: int,
        found: Sequence[str],
        values: dict[str, Any],
        trace: Trace,
        more: tuple[tuple[str, str], ...] = (),
    ) -> Figure:
        """Make a figure of what was read; the note says what was read out of cells with several figures.

        Parameters
        ----------
        key : (str, str, str)
            Study, arm and outcome.
        row : int
            Row number.
        found : sequence of str
            Its cells.
        values : dict
            Fields of the figure; ``said`` goes into the note.
        trace : Trace
            Where the columns are.
        more : tuple of (str, str)
            Cells under other headings.
        """
        said = values.pop("said", "")
        note = " ".join(part for part in (values.pop("note", ""), said) if part)
        unit = values.pop("unit", "") or POOLED_UNIT
        return Figure(
            *key,
            **values,
            note=note,
            unit=POOLED_UNIT if unit.casefold() == "patient" else unit,
            origin=trace.origin(row, found),
            file=self.table.file,
            row=row,
            more=more,
            sheet=self.table.sheet or "",
            cells=trace.letters("events" if values.get("mean") is None else "mean"),
        )


def check_figure(figure: Figure) -> list[Problem]:
    """Check what a figure must fulfil by itself: events within total, and a percentage that goes with them."""
    events, total = figure.events, figure.total
    if events is None or total is None:
        return []
    if total == 0 and not figure.exclude:
        return [problem_of(figure, "total", *NOBODY, value="0")]
    if events > total and figure.time is None:
        said = f"events exceed total ({events} > {total})."
        return [problem_of(figure, "events", said, "Correct one of them.", value=str(events))]
    printed = figure.percent_reported
    shown = printed if printed.endswith("%") or not printed else f"{printed}%"
    if not figure.exclude and cells.agrees(events, total, shown) is False:
        tenths = (2000 * events + total) // (2 * total)
        return [
            problem_of(
                figure,
                "percent_reported",
                f"does not agree with {events} of {total}, which is about {tenths // 10}.{tenths % 10} %.",
                "Look at the source again; if it prints just that, say so in the column note.",
                value=printed,
                severity="warning",
            )
        ]
    return []


def check_sums(figures: Sequence[Figure]) -> list[Problem]:
    """Check that no row is the sum of others under a name that no study has: every patient would count twice."""
    told: dict[str, Figure] = {}
    for figure in figures:
        if identity(figure.study) in SUMS:
            told.setdefault(identity(figure.study), figure)
    return [
        problem_of(
            figure, "study", "is a sum of studies, and no study.", "Take the row out of the sheet.", value=figure.study
        )
        for figure in told.values()
    ]


def check_twice(rows: Sequence[Figure] | Sequence[StudyArm] | Sequence[BiasRow]) -> list[Problem]:
    """Check that no two rows are about the same study, arm and outcome (or item), in whatever sheet they stand."""
    seen: dict[tuple[str, ...], Figure | StudyArm | BiasRow] = {}
    problems = []
    for row in rows:
        judged = isinstance(row, BiasRow)
        names = [row.study, row.instrument, row.item] if isinstance(row, BiasRow) else [row.study, row.arm]
        names += [row.outcome] if isinstance(row, Figure) else []
        if not all(names):
            continue
        names += [row.arm] if judged else []  # which may be empty: then the study as a whole is judged
        first = seen.setdefault(tuple(map(identity, names)), row)
        if first is row:
            continue
        what = "study, arm, outcome" if isinstance(row, Figure) else "item of a study" if judged else "study, arm"
        remedy = "Keep one of the two rows; two groups of one study are added up, or are two studies with two labels."
        problems.append(
            problem_of(
                row,
                "study",
                f"the same {what} stands in {place_of(first, row)} already.",
                "Keep one of the two judgements." if judged else remedy,
                value=", ".join(visible(name, 60) for name in names if name),
            )
        )
    return problems
