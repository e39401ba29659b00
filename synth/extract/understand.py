"""Any tables, in any of the forms that people use, to the rows that a review keeps, and to everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from synth.errors import Problem, UnknownName
from synth.workspace import Review, visible

from .checks.every import check_all
from .checks.identity import identities, refusals, without
from .contract.figures import BiasRow, Extracted, Figure, StudyArm, place_of, problem_of
from .contract.names import Names
from .contract.patients import PatientSheet
from .contract.sheets import BIAS, OTHERS, PATIENTS, RESULTS, STUDIES, Column, fold, names_of
from .forms.common import Given, Sheet, check_figure, check_sums, check_twice
from .forms.long import LONG, read_long
from .forms.pairs import is_revman, part_of, read_pairs
from .forms.pairs import spots_of as arms_of_row
from .forms.patient_columns import plan_of
from .forms.patients import looks_like_patients, read_patients
from .forms.rows import identity
from .forms.studies import read_bias, read_studies
from .forms.whole_size import whole_sizes
from .forms.wide import described, is_described, read_wide, spot_of
from .forms.wide import spots_of as spots_of_wide
from .reading.tables import Table
from .template import START, WORDS

BIAS_FORM, PAIRS, LONG_FORM, WIDE, PATIENT_ROWS, STUDY_ROWS = "bias", "pairs", "long", "wide", "patients", "studies"
_SAID: Final = {
    BIAS_FORM: "one row for each judged item",
    PAIRS: "several arms in each row",
    LONG_FORM: "one row for each study, arm and outcome",
    WIDE: "one row for each study, with a column for each outcome",
    PATIENT_ROWS: "one row for each patient",
    STUDY_ROWS: "one row for each study and arm that describes it",
}
_LONG_NAMES = names_of(LONG)
_BIAS_NAMES = names_of(BIAS)
_PATIENT_NAMES = names_of(PATIENTS)
_STUDY_NAMES = names_of(STUDIES)
_MEASURED = frozenset({"events", "mean", "median"})
_DESCRIBED = tuple(column.name for column in STUDIES if column.name not in ("study", "arm", "origin"))


@dataclass(frozen=True)
class Understood:
    """What tables hold.

    Parameters
    ----------
    figures : tuple of Figure
        Rows of results, each with its origin. Those that were counted from patients are not among them: they are
        counted again whenever the patients are read.
    studies : tuple of StudyArm
        Descriptions of studies.
    bias_rows : tuple of BiasRow
        Judgements.
    patients : tuple of PatientSheet
        Patients by study in the form in which they are kept, with the figures that they give.
    problems : tuple of Problem
        Errors and warnings, all of them, in the order of the tables; with an error nothing is to be kept.
    notes : tuple of str
        What was understood and could have been understood otherwise.
    """

    figures: tuple[Figure, ...]
    studies: tuple[StudyArm, ...]
    bias_rows: tuple[BiasRow, ...]
    patients: tuple[PatientSheet, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What stands against keeping anything."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def all_figures(self) -> tuple[Figure, ...]:
        """The figures of the sheets, and those counted from patients."""
        return (*self.figures, *(figure for sheet in self.patients for figure in sheet.figures))


def known_headings(review: Review) -> Callable[[str], bool]:
    """Return what says whether a heading means anything in any form of sheet of a review.

    The readers of files find the row of the headings by it.

    Examples
    --------
    >>> from synth.workspace import Arm, Outcome, Question
    >>> review = Review("T", Question("Q"), "", (Arm("mis", "MIS", "primary"),), (Outcome("death", "Death"),))
    >>> [known_headings(review)(heading) for heading in ("Study ID", "death_events", "events 2", "Table 1")]
    [True, True, True, False]
    """
    names = Names(review)
    plain = {**_LONG_NAMES, **_BIAS_NAMES, **_PATIENT_NAMES, **_STUDY_NAMES}

    @lru_cache(maxsize=4096)
    def known(heading: str) -> bool:
        if len(heading) > 200:
            return False
        if fold(heading) in plain or part_of(heading, names) is not None or spot_of(heading, names) is not None:
            return True
        plan = plan_of(Table("", [heading], 1, []), names)
        return not plan.unknown and bool(heading.strip())

    return known


def understand(
    tables: Sequence[Table],
    review: Review,
    *,
    given: Given | None = None,
    drop_identity: bool = False,
    beside: Extracted | None = None,
) -> Understood:
    """Read tables in whatever form, and check what they hold.

    Parameters
    ----------
    tables : sequence of Table
        All of a file, or of several.
    review : Review
        Its arms and outcomes, with what other sheets call them.
    given : Given, optional
        Study, arm or outcome of all rows, where no column says it.
    drop_identity : bool
        Whether columns by which patients could be known are left out; they are refused otherwise.
    beside : Extracted, optional
        What the review has already: it is held against the tables, and a row that comes again is replaced by them.

    Returns
    -------
    Understood
        Whatever is wrong with the tables is among its problems.

    Raises
    ------
    UnknownName
        The person named an arm or an outcome that the review does not have.

    Examples
    --------
    >>> from synth.workspace import Arm, Outcome, Question
    >>> review = Review("T", Question("Q"), "", (Arm("mis", "MIS", "primary"),), (Outcome("death", "Death"),))
    >>> table = Table("a.csv", ["study", "n", "death"], 1, [(2, ["A", "43", "7 (16%)"]), (3, ["B", "30", "9/29"])])
    >>> [(f.study, f.events, f.total, f.events_basis) for f in understand([table], review).figures]
    [('A', 7, 43, 'derived'), ('B', 9, 29, 'derived')]
    """
    names = Names(review)
    found = _Found(names, _given(names, given or Given()), drop_identity)
    for place, table in enumerate(tables):
        if table.sheet == WORDS and place and tables[place - 1].file == table.file:
            continue  # what the template lists for its drop-down lists: the ids of outcomes would pass for headings
        found.take(table)
    if not (found.read or any(p.severity == "error" for p in found.problems)):
        file = tables[0].file if tables else "the file"
        found.problems.append(
            Problem(
                file,
                "holds nothing that a review knows: no table has the columns of results, studies, bias or patients.",
                "Results need study, arm, outcome, events, total; or a column for each outcome of review.toml.",
            )
        )
    studies = found.described()
    understood = Understood(
        tuple(found.figures), tuple(studies), tuple(found.bias), tuple(found.patients), (), tuple(found.notes)
    )
    problems = [*found.problems, *_checks(understood, found, review, beside)]
    return replace(understood, problems=tuple(problems))


def _given(names: Names, given: Given) -> Given:
    """Look up what a person says of all rows."""
    review = names.review
    arm = names.arm(given.arm) if given.arm else ""
    outcome = names.outcome(given.outcome) if given.outcome else ""
    if arm is None:
        raise UnknownName("arm", visible(given.arm), [each.id for each in review.arms])
    if outcome is None:
        raise UnknownName("outcome", visible(given.outcome), list(names.outcomes))
    return replace(given, arm=arm, outcome=outcome)


def form_of(sheet: Sheet) -> str:
    """Say which form a table has, ``""`` if none that is known; its headings say it, and for patients its cells."""
    header = sheet.table.header
    folded = [fold(heading) for heading in header]
    if {"instrument", "item", "judgement"} <= {_BIAS_NAMES.get(heading, "") for heading in folded}:
        return BIAS_FORM
    if is_revman(header) or arms_of_row(header, sheet.names):
        return PAIRS
    columns = {_LONG_NAMES.get(heading, "") for heading in folded}
    spots = {
        spot
        for place, heading in enumerate(header)
        if (spot := spot_of(heading, sheet.names) or spot_of(sheet.table.heading(place), sheet.names))
    }
    parted = any(spot.part != "value" or spot.arm for spot in spots)
    if "outcome" in columns and columns & {*_MEASURED, "percent_reported", "total", "time"} and not parted:
        return LONG_FORM
    plan = plan_of(sheet.table, sheet.names)
    if not parted and (looks_like_patients(sheet, plan) or ("patient" in plan.places and repeats(sheet))):
        return PATIENT_ROWS
    if spots:
        return WIDE
    if columns & _MEASURED:
        return LONG_FORM
    return STUDY_ROWS if "study" in {_STUDY_NAMES.get(h) for h in folded} and is_described(header) else ""


def repeats(sheet: Sheet) -> bool:
    """Say whether most rows are about a study and arm that another row is about: then they are hardly studies."""
    folded = [_STUDY_NAMES.get(fold(heading)) for heading in sheet.table.header]
    places = [folded.index(name) for name in ("study", "arm") if name in folded]
    rows = sheet.table.rows
    if "study" not in folded and not sheet.given.study:
        return False
    groups = {tuple(identity(found[place]) for place in places) for _, found in rows}
    return len(rows) > 3 and 2 * len(groups) <= len(rows)


class _Found:
    """What was found in the tables so far."""

    def __init__(self, names: Names, given: Given, drop_identity: bool) -> None:
        self.names, self.given, self.drop_identity = names, given, drop_identity
        self.figures: list[Figure] = []
        self.wholes: list[Figure] = []
        self.studies: list[list[StudyArm]] = []
        self.bias: list[BiasRow] = []
        self.patients: list[PatientSheet] = []
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.read = 0

    def sheet(self, table: Table, columns: Sequence[Column] = LONG) -> Sheet:
        return Sheet(table, self.names, self.given, columns)

    def take(self, table: Table) -> None:
        """Read one table."""
        if not table.header:
            self.notes += [str(note) for note in table.notes]
            self.problems += table.problems
            return
        sheet = self.sheet(table)
        form = form_of(sheet)
        if not form and table.sheet == START:
            return  # the template's own words
        self.notes += [str(note) for note in table.notes]
        doubtful = form in (WIDE, STUDY_ROWS) and repeats(sheet)
        known = identities(table, patients=doubtful or form == PATIENT_ROWS)
        if known:
            self.problems += refusals(table, known, dropped=self.drop_identity)
            if not self.drop_identity:
                # Nothing else is said of the sheet: what stands in it is not to be repeated.
                return
            sheet = self.sheet(without(table, known))
            form = form_of(sheet)
            doubtful = form in (WIDE, STUDY_ROWS) and repeats(sheet)
        if doubtful:
            sheet.problems.kept = [replace(problem, value=None) for problem in sheet.problems.kept]
            sheet.problems.at(
                table.header_row, None, None, "has several rows for most studies and arms.",
                "If each row is a patient, number them in a column patient, and type 1 and 0; else keep one of each.",
            )  # fmt: skip
            self.problems += sheet.problems.all()
            self.read += 1
            return
        if form == PATIENT_ROWS:
            # What the reader of the file said stays, but for what stood in a patient's cell.
            sheet.problems.kept = [replace(problem, value=None) for problem in sheet.problems.kept]
            sheet.table.problems = sheet.problems.kept
        if not form:
            self.problems += sheet.problems.all()
            # The headings are not shown: where nothing is known, they may be the first patient.
            self.notes.append(f"{sheet.label}: was not read; none of its {len(table.header)} headings is known.")
            return
        if not table.rows:
            self.problems += sheet.problems.all()
            self.notes.append(f"{sheet.label}: has headings and no rows.")
            self.read += 1
            return
        self.read += 1
        rows = f"{len(table.rows):,} row{'' if len(table.rows) == 1 else 's'}"
        self.notes.append(f"{sheet.label}: read as {_SAID[form]} ({rows}).")
        self._form(form, sheet)

    def _form(self, form: str, sheet: Sheet) -> None:
        if form == BIAS_FORM:
            sheet = self.sheet(sheet.table, BIAS)
            self.bias += read_bias(sheet)
        elif form == PATIENT_ROWS:
            sheet = self.sheet(sheet.table, PATIENTS)
            self.patients += read_patients(sheet, [each.name for each in self.patients])
        elif form == STUDY_ROWS:
            sheet = self.sheet(sheet.table, STUDIES)
            self.studies.append(read_studies(sheet))
        elif form == WIDE:
            sheet = self.sheet(sheet.table, (*STUDIES, *RESULTS[3:], *OTHERS))
            spots = spots_of_wide(sheet)
            before = len(self.figures)
            self.figures += read_wide(sheet, spots)
            if is_described(sheet.table.header) and not any(p.severity == "error" for p in sheet.problems.kept):
                named = "arm" in {_STUDY_NAMES.get(fold(heading)) for heading in sheet.table.header}
                if all(arm for _, arm in spots) and not named:
                    sheet.notes.append("the columns about the studies were left, because no column says the arm.")
                    self._sizes(sheet, self.figures[before:])
                else:
                    taken = {place for parts in spots.values() for place in parts.values()}
                    self.studies.append(read_studies(sheet, described(sheet, spots), taken))
        else:
            read = read_pairs(sheet) if form == PAIRS else read_long(sheet)
            self.figures += self._sizes(sheet, read)
        self.wholes += sheet.wholes
        if sheet.wholes:
            count = len(sheet.wholes)
            rows = "1 row about a whole study was" if count == 1 else f"{count} rows about whole studies were"
            sheet.notes.append(f"{rows} held against the arms, and not kept.")
        self.problems += sheet.problems.all()
        self.notes += sheet.said()

    def _sizes(self, sheet: Sheet, read: Sequence[Figure]) -> list[Figure]:
        figures, sizes, problems = whole_sizes(read, sheet.table)
        self.studies += [sizes] if sizes else []
        sheet.problems.kept += problems
        return figures

    def described(self) -> list[StudyArm]:
        """Join what several sheets say of an arm; where two contradict each other, say so."""
        joined: dict[tuple[str, str], StudyArm] = {}
        for rows in self.studies:
            self.problems += check_twice(rows)
            for row in rows:
                key = (identity(row.study), row.arm)
                before = joined.setdefault(key, row)
                if before is row or (before.file, before.sheet) == (row.file, row.sheet):
                    continue
                for name in _DESCRIBED:
                    old, new = getattr(before, name), getattr(row, name)
                    if new in ("", None) or new == old:
                        continue
                    change: dict[str, Any] = {name: new if old in ("", None) else f"{old} ; {new}"}
                    if old in ("", None) or name in ("note", "source"):
                        before = replace(before, **change)
                    else:
                        self.problems.append(
                            problem_of(
                                row, name, f"is something else in {place_of(before, row)}: {visible(str(old))}.",
                                "Correct one of them.", value=str(new),
                            )
                        )  # fmt: skip
                joined[key] = replace(before, more=before.more or row.more)
        return list(joined.values())


def _checks(understood: Understood, found: _Found, review: Review, beside: Extracted | None) -> list[Problem]:
    """Check the rows of the tables, together with what the review has besides."""
    own = understood.all_figures
    problems = [problem for figure in own for problem in check_figure(figure)]
    problems += [*check_sums(own), *check_twice(own), *check_twice(understood.bias_rows)]
    figures, studies = list(own), list(understood.studies)
    if beside is not None:
        keys = {(identity(figure.study), figure.arm, figure.outcome) for figure in own}
        figures += [f for f in beside.figures if (identity(f.study), f.arm, f.outcome) not in keys]
        arms = {(identity(study.study), study.arm) for study in studies}
        studies += [study for study in beside.studies if (identity(study.study), study.arm) not in arms]
    problems += check_all(figures, studies, review, found.wholes)
    return problems + check_series(understood.patients, studies)


def check_series(patients: Sequence[PatientSheet], studies: Sequence[StudyArm]) -> list[Problem]:
    """Warn where a series has more or fewer patients than the description of its arm says."""
    described_arms = {(identity(study.study), study.arm): study for study in studies}
    problems = []
    for sheet in patients:
        counted: dict[str, int] = {}
        at = sheet.header.index("arm")
        for row in sheet.rows:
            counted[row[at]] = counted.get(row[at], 0) + 1
        for arm, n in counted.items():
            study = described_arms.get((identity(sheet.study), arm))
            if study is not None and study.n is not None and study.n != n:
                problems.append(
                    problem_of(
                        study, "n", f"is not the number of rows of patients ({n}, {sheet.origin}).",
                        "Correct it, or look for patients that are missing or stand there twice.", value=str(study.n),
                        severity="warning",
                    )
                )  # fmt: skip
    return problems
