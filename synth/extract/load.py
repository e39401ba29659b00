"""Sheets of a review to :class:`~synth.extract.contract.figures.Extracted`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from synth.errors import Problem, ProblemsError, WorkspaceError
from synth.workspace import Workspace, visible

from .appraised import read_appraisals, with_appraisals
from .checks.every import check_all
from .checks.identity import identities, refusals
from .contract.figures import Extracted, Figure, StudyArm
from .contract.names import Names
from .contract.patients import PatientSheet
from .contract.sheets import PATIENTS, RESULTS, STUDIES, fold, names_of
from .contract.units import split_unit
from .contract.words import conversion, person_time
from .forms.columns import further, match
from .forms.common import Given, Sheet
from .forms.patients import read_patients
from .forms.rows import Problems, check_counts, check_duplicates, check_names, read_rows, unit_of
from .forms.whole_size import joined, whole_sizes
from .reading.readers import Table, read_table
from .understand import check_series

_SHEETS = (".csv", ".tsv")
_WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers")
_REQUIRED = ("study", "arm", "outcome", "events", "total")
_RESULT_MARKS = frozenset({"outcome", "events"})
# What a figure has where a column is missing or a cell is wrong.
NOTHING: dict[str, Any] = {"study": "", "arm": "", "outcome": "", "events": None, "total": None}
_KNOWN_RESULTS = names_of(RESULTS)
_KNOWN_STUDIES = names_of(STUDIES)


def load(workspace: Workspace) -> Extracted:
    """Read every sheet of a review.

    A sheet is a ``.csv`` or ``.tsv`` in ``extracted/``; what it holds is told by its columns, not by its name, so
    that results may be split over several files.

    Parameters
    ----------
    workspace : Workspace
        The review.

    Returns
    -------
    Extracted
        The figures and study arms, in the order of the files' names and of their rows.

    Raises
    ------
    WorkspaceError
        There is no folder, or no sheet in it.
    ProblemsError
        Every defect in every sheet.
    """
    paths, others = _sheets(workspace)
    problems: list[Problem] = []
    figures: list[Figure] = []
    studies: list[StudyArm] = []
    seen: dict[tuple[str, ...], str] = {}
    seen_studies: dict[tuple[str, ...], str] = {}
    judged: list[Table] = []
    beside: list[StudyArm] = []
    empty: list[Problem] = []
    for path in paths:
        file = workspace.relative(path)
        try:
            table = read_table(path, file, knows)
        except ProblemsError as error:
            problems += error.problems
            continue
        if not table.header:
            problems += table.problems
            continue
        known = identities(table, patients=False)
        if known:
            problems += refusals(table, known, dropped=False)
            continue
        holds = _kind(table)
        if holds == "results":
            more_figures, found = _results(table, workspace, seen)
            more_figures, sizes, wrong = whole_sizes(more_figures)
            figures += more_figures
            beside += sizes
            problems += [*found, *wrong]
            empty += [] if table.rows or any_error(found) else [no_rows(table)]
        elif holds == "bias":
            judged.append(table)
        elif holds == "studies":
            more_studies, found = _studies(table, workspace, seen_studies)
            studies += more_studies
            problems += found
        elif any_error(table.problems):
            problems += table.problems
        else:
            problems += [*table.problems, _unrecognised(table)]
    series, counted = _patients(workspace, seen)
    problems += counted
    figures += [figure for sheet in series for figure in sheet.figures]
    paths += _patient_files(workspace)
    if not (figures or studies or judged):
        problems += empty
    if not figures and not any_error(problems):
        raise WorkspaceError(
            f"{workspace.relative(workspace.extracted)} has no results yet. Write one row per study, arm and outcome "
            f"into {workspace.relative(workspace.extracted / 'results.csv')}: study, arm, outcome, events, total."
        )
    appraisals, found = read_appraisals(judged, workspace.review, workspace.extracted)
    problems += found
    studies = with_appraisals(joined(studies, beside), appraisals)
    problems += check_all(figures, studies, workspace.review)
    problems += check_series(series, studies)
    problems += [
        Problem(
            workspace.relative(path),
            "was not read: only CSV files are.",
            "Save its sheets as CSV (UTF-8).",
            severity="warning",
        )
        for path in others
    ]
    if any_error(problems):
        raise ProblemsError(problems)
    return Extracted(tuple(figures), tuple(studies), tuple(paths), tuple(problems), appraisals=appraisals)


def _sheets(workspace: Workspace) -> tuple[list[Path], list[Path]]:
    """Return the sheets of a review by name, and the workbooks that lie beside them unread."""
    folder = workspace.extracted
    name = workspace.relative(folder)
    try:
        entries = sorted(
            (path for path in folder.iterdir() if not path.name.startswith((".", "~$"))), key=lambda path: path.name
        )
    except FileNotFoundError as error:
        raise WorkspaceError(
            f"There is no folder {name} in this review. Make it, and write {name}/results.csv: "
            "one row per study, arm and outcome (study, arm, outcome, events, total)."
        ) from error
    except OSError as error:
        raise WorkspaceError(f"Cannot read the folder {name}: {error.strerror}.") from error
    sheets = [path for path in entries if path.suffix.lower() in _SHEETS]
    others = [path for path in entries if path.suffix.lower() in _WORKBOOKS]
    if not sheets and not _patient_files(workspace):
        there = (
            f" ({', '.join(visible(path.name) for path in others[:5])} is not read: save it as CSV.)" if others else ""
        )
        raise WorkspaceError(
            f"{name} has no sheet.{there} Write {name}/results.csv: "
            "one row per study, arm and outcome (study, arm, outcome, events, total)."
        )
    return sheets, others


def _patient_files(workspace: Workspace) -> list[Path]:
    """Return the sheets of patients by name."""
    folder = workspace.extracted / "patients"
    try:
        return sorted(
            (path for path in folder.iterdir() if path.suffix.lower() in _SHEETS and not path.name.startswith(".")),
            key=lambda path: path.name,
        )
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise WorkspaceError(f"Cannot read the folder {workspace.relative(folder)}: {error.strerror}.") from error


def _patients(
    workspace: Workspace, seen: dict[tuple[str, ...], str]
) -> tuple[list[PatientSheet], list[Problem]]:
    """Count the patients of each sheet; nothing of a row comes out but where it stands."""
    series: list[PatientSheet] = []
    problems: list[Problem] = []
    names = Names(workspace.review)
    for path in _patient_files(workspace):
        file = workspace.relative(path)
        try:
            table = read_table(path, file, knows)
        except ProblemsError as error:
            problems += [replace(problem, value=None) for problem in error.problems]
            continue
        table.problems = [replace(problem, value=None) for problem in table.problems]
        known = identities(table, patients=True)
        if known:
            problems += refusals(table, known, dropped=False)
            continue
        sheet = Sheet(table, names, Given(), PATIENTS)
        if not table.rows:
            problems += [*sheet.problems.all(), no_rows(table)] if table.header else table.problems
            continue
        found = read_patients(sheet, [each.name for each in series])
        for each in found:
            for figure in each.figures:
                check_duplicates(
                    [{"study": figure.study, "arm": figure.arm, "outcome": figure.outcome, "row": figure.row}],
                    ("study", "arm", "outcome"), seen, sheet.problems,
                )  # fmt: skip
        series += found
        problems += sheet.problems.all()
    return series, problems


def knows(heading: str) -> bool:
    """Say whether a heading means anything in a sheet of a review."""
    folded = fold(heading)
    return folded in _KNOWN_RESULTS or folded in _KNOWN_STUDIES


def _kind(table: Table) -> str | None:
    """Say what a sheet holds: results name an outcome, events or a total; other sheets with a study describe it."""
    headings = {fold(heading) for heading in table.header}
    if {"instrument", "item", "judgement"} <= headings:
        return "bias"
    if "total" in headings or {_KNOWN_RESULTS.get(heading) for heading in headings} & _RESULT_MARKS:
        return "results"
    named = {_KNOWN_STUDIES[heading] for heading in headings if heading in _KNOWN_STUDIES}
    return "studies" if "study" in named and len(named) > 1 else None


def _results(
    table: Table, workspace: Workspace, seen: dict[tuple[str, ...], str]
) -> tuple[list[Figure], list[Problem]]:
    review = workspace.review
    places, problems = match(table, RESULTS, required=_REQUIRED)
    if not table.rows and not any_error(table.problems):
        return [], [*table.problems, *problems]
    collected = Problems(table, [*table.problems, *problems])
    values = read_rows(table, table.rows, places, RESULTS, collected)
    known: Mapping[str, Sequence[str]] = {
        "study": (),
        "arm": [arm.id for arm in review.arms],
        "outcome": [outcome.id for outcome in review.outcomes],
    }
    check_names(values, places, table, known, collected)
    check_duplicates(values, ("study", "arm", "outcome"), seen, collected)
    figures = _figures(values, table, places, collected)
    if "time" in places:
        said = person_time(table.heading(places["time"]), split_unit(table.header[places["time"]])[1])
        for outcome in review.outcomes:
            filled = any(figure.outcome == outcome.id and figure.time is not None for figure in figures)
            if outcome.kind == "rate" and filled and said not in ("", outcome.time_unit):
                collected.at(
                    table.header_row, places["time"], None,
                    f"is in {said}, and {outcome.id} is in {outcome.time_unit} in review.toml.",
                    f"Convert the column to {outcome.time_unit}{conversion(said, outcome.time_unit)}.",
                )  # fmt: skip
    return figures, collected.all()


def _studies(
    table: Table, workspace: Workspace, seen: dict[tuple[str, ...], str]
) -> tuple[list[StudyArm], list[Problem]]:
    places, problems = match(table, STUDIES, required=("study", "arm"))
    collected = Problems(table, [*table.problems, *problems])
    values = read_rows(table, table.rows, places, STUDIES, collected)
    check_names(values, places, table, {"study": (), "arm": [arm.id for arm in workspace.review.arms]}, collected)
    check_duplicates(values, ("study", "arm"), seen, collected)
    problems = collected.all()
    if any_error(problems):
        return [], problems
    more = further(table, places, table.rows)
    return [
        StudyArm(**value, file=table.file, more=rest) for value, rest in zip(values, more, strict=True)
    ], problems


def _figures(
    values: Sequence[dict[str, Any]], table: Table, places: Mapping[str, int], problems: Problems
) -> list[Figure]:
    heading = {name: visible(table.header[place].strip()) for name, place in places.items()}
    figures = []
    for value, more in zip(values, further(table, places, table.rows), strict=True):
        check_counts(value, heading, problems)
        # A cell with a defect counts as empty here: the sheets are refused, but can be held against each other first.
        figures.append(Figure(**(NOTHING | value | {"unit": unit_of(value), "file": table.file, "more": more})))
    return figures


def _unrecognised(table: Table) -> Problem:
    found = ", ".join(visible(heading.strip(), 40) for heading in table.header[:30] if heading.strip())
    return Problem(
        table.file,
        f"has none of the columns of a sheet. Columns found: {found or 'none'}.",
        "Results need study, arm, outcome, events, total; studies need study, arm. Move away what is neither.",
    )


def no_rows(table: Table) -> Problem:
    """Say that a table is empty."""
    return Problem(table.file, "has a header and no rows.", "Write one row per study below it.")


def any_error(problems: Sequence[Problem]) -> bool:
    """Say whether anything stands against going on."""
    return any(problem.severity == "error" for problem in problems)
