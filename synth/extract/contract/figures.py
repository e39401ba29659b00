"""The frozen values that sheets become."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from synth.errors import Problem
from synth.workspace import Outcome, visible

if TYPE_CHECKING:
    from ..instruments import Appraisal

NUMBERS = ("events", "total", "mean", "sd", "median", "q1", "q3", "min", "max", "time")
"""Fields of a figure that hold a number."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of results: what a study reports of an arm for an outcome.

    Text that is empty in the sheet is ``""``; a number that is empty is ``None``, which never means zero. `total` is
    the number of patients assessed, also beside a mean.

    Parameters
    ----------
    file : str
        Path as the person knows it.
    row : int
        Row as a spreadsheet shows it: the header is row 1, a cell over several lines is one row.
    values : tuple of (str, float or None)
        Numbers of a table of another kind than counts or means of one arm, by the names of :mod:`.kinds`.
    more : tuple of (str, str)
        Cells under headings that are none of the contract's: what studies may be grouped or sorted by.
    sheet : str
        Worksheet; empty for a CSV.
    cells : tuple of (str, str)
        What the spreadsheet calls the columns, as ``("events", "D")``, or cells of other rows, as ``("events", "D9")``;
        empty for a CSV.
    """

    study: str
    arm: str
    outcome: str
    events: int | None
    total: int | None
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    q1: float | None = None
    q3: float | None = None
    min: float | None = None
    max: float | None = None
    time: float | None = None
    unit: str = "patients"
    definition: str = ""
    events_basis: str = ""
    total_basis: str = ""
    bound: str = ""
    percent_reported: str = ""
    where: str = ""
    confidence: str = ""
    exclude: str = ""
    note: str = ""
    source: str = ""
    origin: str = ""
    file: str = ""
    row: int = 0
    values: tuple[tuple[str, float | None], ...] = ()
    more: tuple[tuple[str, str], ...] = ()
    sheet: str = ""
    cells: tuple[tuple[str, str], ...] = ()

    def number(self, name: str) -> float | None:
        """Give a number by the name that the mathematics has for it; ``None`` where the sheet has none.

        Examples
        --------
        >>> figure = Figure("A", "all", "pain", None, 40, mean=3.5, values=(("se", 0.1),))
        >>> figure.number("n"), figure.number("mean"), figure.number("se"), figure.number("r")
        (40, 3.5, 0.1, None)
        """
        if name in NUMBERS:
            value: float | None = getattr(self, name)
            return value
        if name == "n":
            return self.total
        return dict(self.values).get(name)


@dataclass(frozen=True, slots=True)
class StudyArm:
    """One row of studies.csv: who was treated in an arm of a study, where and how."""

    study: str
    arm: str
    title: str = ""
    authors: str = ""
    journal: str = ""
    year: int | None = None
    pmid: str = ""
    pmcid: str = ""
    doi: str = ""
    country: str = ""
    centres: str = ""
    design: str = ""
    enrolment: str = ""
    population: str = ""
    levels: str = ""
    approach: str = ""
    n: int | None = None
    n_study: int | None = None
    n_male: str = ""
    age: str = ""
    followup: str = ""
    overlaps: str = ""
    note: str = ""
    source: str = ""
    origin: str = ""
    file: str = ""
    row: int = 0
    more: tuple[tuple[str, str], ...] = ()
    sheet: str = ""
    cells: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BiasRow:
    """One row of bias.csv: one item of an instrument, judged for a study or one of its arms."""

    study: str
    arm: str = ""
    instrument: str = ""
    item: str = ""
    judgement: str = ""
    support: str = ""
    where: str = ""
    origin: str = ""
    file: str = ""
    row: int = 0
    sheet: str = ""
    cells: tuple[tuple[str, str], ...] = ()


COUNTED = "\0counted"
"""Among the cells of a figure that was counted from patients: the headings of the columns from which it was."""


def problem_of(
    source: Figure | StudyArm | BiasRow,
    column: str,
    message: str,
    remedy: str,
    *,
    value: str | None = None,
    severity: str = "error",
) -> Problem:
    """Say that something is wrong with what stands in a row, with the place of the row and of the cell.

    Examples
    --------
    >>> figure = Figure("A", "mis", "fusion", 9, 4, file="a.xlsx", row=5, sheet="Results", cells=(("events", "D"),))
    >>> print(problem_of(figure, "events", "events exceed total.", "Correct one of them."))
    a.xlsx, sheet Results, cell D5, column events: events exceed total. Correct one of them.
    """
    counted = dict(source.cells).get(COUNTED)
    named = column in ("study", "arm")
    if counted and isinstance(source, Figure) and not named:  # no row of the sheet holds it, and no column is called so
        message = f"counted for {visible(source.study)}, {source.arm}, {source.outcome}, {column}: {message}"
    return Problem(
        source.file,
        message,
        remedy,
        row=None if counted else source.row,
        column=column if named else counted or column,
        value=None if value is None else visible(value),
        sheet=source.sheet or None,
        severity=severity,
        cell=cell_of(source, column),
    )


def cell_of(source: Figure | StudyArm | BiasRow, column: str) -> str | None:
    """Return what the spreadsheet calls the cell of a column; ``None`` for a CSV, and for what has no cell.

    Examples
    --------
    >>> figure = Figure("A", "mis", "fusion", 9, 14, row=5, cells=(("events", "D"),))
    >>> cell_of(figure, "events"), cell_of(figure, "total")
    ('D5', None)
    """
    cell = dict(source.cells).get(column)
    return f"{cell}{source.row}" if cell and cell.isalpha() else cell


def place_of(source: Figure | StudyArm | BiasRow, relative_to: Figure | StudyArm | BiasRow | None = None) -> str:
    """Say where a row stands, in words; without the file and the sheet that it shares with another one.

    Examples
    --------
    >>> first, second = (StudyArm("A", "mis", file="a.xlsx", row=row, sheet="Studies") for row in (2, 3))
    >>> place_of(first), place_of(first, second)
    ('a.xlsx, sheet Studies, row 2', 'row 2')
    """
    parts = [source.file, *([f"sheet {source.sheet}"] if source.sheet else []), f"row {source.row}"]
    same = relative_to is not None and (relative_to.file, relative_to.sheet) == (source.file, source.sheet)
    return parts[-1] if same else ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A valid row that this pool cannot use, and why, as a sentence.

    What the sheet says besides (`percent_reported`, `note`) comes along: it is often all that a row without counts has.

    Examples
    --------
    >>> Exclusion.of(Figure("A", "mis", "fusion", None, 12, percent_reported="97%"), "no count").percent_reported
    '97%'
    """

    study: str
    arm: str
    events: int | None
    total: int | None
    reason: str
    file: str
    row: int
    percent_reported: str = ""
    note: str = ""

    @classmethod
    def of(cls, figure: Figure, reason: str) -> Exclusion:
        """Leave a figure out for this reason."""
        return cls(
            study=figure.study,
            arm=figure.arm,
            events=figure.events,
            total=figure.total,
            reason=reason,
            file=figure.file,
            row=figure.row,
            percent_reported=figure.percent_reported,
            note=figure.note,
        )


@dataclass(frozen=True)
class Extracted:
    """Everything that was read: figures and studies in the order of the sheets, the files, and what to look at.

    `columns` is what the rows of a one-off table are pooled from; empty for a review, where the outcome says it.
    `appraisals` are the judgements of the risk of bias, study by study.
    """

    figures: tuple[Figure, ...]
    studies: tuple[StudyArm, ...]
    files: tuple[Path, ...]
    warnings: tuple[Problem, ...]
    columns: tuple[str, ...] = ()
    appraisals: tuple[Appraisal, ...] = ()


@dataclass(frozen=True)
class Selection:
    """The rows of one arm for one outcome: those that can be pooled, and the others with the reason."""

    included: tuple[Figure, ...]
    excluded: tuple[Exclusion, ...]


@dataclass(frozen=True)
class ArmCount:
    """What one arm has for an outcome: `k` rows that can be used, their sums, and how many rows are left out.

    `events` is ``None`` for a continuous outcome, where nothing was counted.
    """

    arm: str
    k: int
    events: int | None
    total: int
    excluded: int


@dataclass(frozen=True)
class OutcomeCount:
    """What there is for an outcome, arm by arm in the order of the review."""

    outcome: Outcome
    arms: tuple[ArmCount, ...]
