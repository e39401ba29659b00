"""Status: what of a review stands where, what is older than what it was made from, and the command that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import ProblemsError, SynthError, WorkspaceError
from ..extract import Extracted, load
from ..extract.instruments import own_files
from ..workspace import Workspace, visible
from .bias import PAGE as BIAS_PAGE
from .fresh import Made, answering, beside, inputs_of, made_outcomes, paths_of_index, read_document, since
from .outcomes import listing_of
from .run import to_json
from .search_list import Listed, list_searches
from .take_away import FOLDER, data_is_behind

__all__ = ["SCHEMA", "Line", "Stale", "Status", "status"]

SCHEMA = "synth.status/1"
INDEX_PAGE = "index.html"
STATES = ("current", "note", "missing", "stale", "problem")
"""From good to bad: as it should be, worth knowing, not there, older than its inputs, cannot be used."""


class Stale(SynthError):
    """Something is not up to date, and ``--check`` asked whether it is."""


@dataclass(frozen=True)
class Line:
    """One thing of a review.

    Parameters
    ----------
    name : str
        As a person inside the review would write it.
    state : {"current", "note", "missing", "stale", "problem"}
    said : str
        What there is to know, in few words.
    command : str
        What to type; "" where nothing is to be done.
    reasons : tuple of str
        What has changed, or what is wrong.
    """

    name: str
    state: str
    said: str
    command: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Status:
    """Where a review stands.

    Parameters
    ----------
    title : str
        Of the review.
    searches, sheets, reports : tuple of Line
        The three stages of the work.
    """

    title: str
    searches: tuple[Line, ...]
    sheets: tuple[Line, ...]
    reports: tuple[Line, ...]

    @property
    def groups(self) -> tuple[tuple[str, tuple[Line, ...]], ...]:
        """The stages with their headings."""
        return (("Searches", self.searches), ("Sheets", self.sheets), ("Reports", self.reports))

    @property
    def behind(self) -> tuple[Line, ...]:
        """Everything that is missing, stale or cannot be used."""
        return tuple(line for _, lines in self.groups for line in lines if line.state not in ("current", "note"))

    def check(self) -> None:
        """Raise where anything is stale, missing or cannot be used.

        Raises
        ------
        Stale
            With how many, and the commands.
        """
        behind = self.behind
        if behind:
            # One command makes every page again, each with its own options.
            pages = {line.command for line in self.reports if not line.command.startswith("rm ")}
            commands = dict.fromkeys(
                "synth report" if line.command in pages else line.command for line in behind if line.command
            )
            number = f"{len(behind)} {'thing is' if len(behind) == 1 else 'things are'} not up to date"
            raise Stale("\n".join([f"{number}{':' if commands else '.'}", *(f"  {each}" for each in commands)]))

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return {
            "schema": SCHEMA,
            "title": self.title,
            "up_to_date": not self.behind,
            "searches": [asdict(line) for line in self.searches],
            "sheets": [asdict(line) for line in self.sheets],
            "reports": [asdict(line) for line in self.reports],
        }

    def to_json(self, *, ascii_only: bool = False) -> str:
        """Write it as JSON text."""
        return to_json(self.to_dict(), ascii_only=ascii_only)


def status(workspace: Workspace) -> Status:
    """Look at everything that a review holds; nothing is written, and a defect is a line of its own."""
    searches = tuple(map(_search, list_searches(workspace)))
    extracted, sheets = _sheets(workspace)
    none = Line("queries/", "note", "no search yet", "synth search --help")
    return Status(workspace.review.title, searches or (none,), sheets, _reports(workspace, extracted))


def _search(listed: Listed) -> Line:
    if listed.problem:
        return Line(listed.file, "problem", "cannot be read", f"synth search {listed.name} --lint", (listed.problem,))
    run = f"synth search {listed.name}"
    if listed.interrupted:
        return Line(listed.file, "stale", f"interrupted, {listed.interrupted}", run)
    if not listed.run:
        return Line(listed.file, "missing", "not run yet", run)
    found = f"{listed.total:,} records" if listed.total is not None else "records not counted"
    said = f"{found}, {listed.searched[:10]}, {listed.state}"
    value = listed.to_json()
    if listed.changed or not listed.complete:
        return Line(listed.file, "stale", f"{found}, {listed.searched[:10]}", run, (listed.state,))
    if value["stale"]:
        return Line(listed.file, "stale", f"{found}, {listed.searched[:10]}", run, (listed.state.split(":")[0],))
    return Line(listed.file, "current", said)


def _sheets(workspace: Workspace) -> tuple[Extracted | None, tuple[Line, ...]]:
    try:
        found = load(workspace)
    except ProblemsError as error:
        count = len([each for each in error.problems if each.severity == "error"])
        errors = f"{count} {'error' if count == 1 else 'errors'}"
        shown = tuple(visible(str(problem), 300) for problem in error.problems if problem.severity == "error")[:5]
        return None, (Line("extracted/", "problem", errors, "synth check", shown),)
    except WorkspaceError as error:
        return None, (Line("extracted/", "missing", "no sheet yet", "synth template", (str(error),)),)
    studies = {figure.study for figure in found.figures} | {arm.study for arm in found.studies}
    said = f"{len(studies):,} {'study' if len(studies) == 1 else 'studies'}, {_rows(len(found.figures))}"
    files = f"{len(found.files)} {'file' if len(found.files) == 1 else 'files'}"
    lines = [Line("extracted/", "current", f"{said} of results in {files}")]
    if found.warnings:
        count = len(found.warnings)
        said = f"{count} {'warning' if count == 1 else 'warnings'}"
        lines.append(Line("extracted/", "note", said, "synth check"))
    judged = {each.study for each in found.appraisals}
    if judged:
        lines.append(Line("risk of bias", "current", f"{len(judged)} of {len(studies)} studies judged"))
    else:
        lines.append(Line("risk of bias", "note", "not judged yet", "synth template"))
    return found, tuple(lines)


def _rows(number: int) -> str:
    return f"{number:,} {'row' if number == 1 else 'rows'}"


def _reports(workspace: Workspace, extracted: Extracted | None) -> tuple[Line, ...]:
    made, unreadable = made_outcomes(workspace)
    filled = _filled(workspace, extracted)
    lines = []
    by_name = {each.path.stem: each for each in made}
    for outcome in workspace.review.outcomes:
        mine = by_name.pop(outcome.id, None)
        page = f"reports/{outcome.id}.html"
        if mine is None:
            if outcome.id in filled:
                lines.append(Line(page, "missing", "not pooled yet", f"synth pool --outcome {outcome.id}"))
        else:
            gone = extracted is not None and outcome.id not in filled
            lines.append(_page(page, mine.reasons, mine.command, gone=gone))
    known = {outcome.id for outcome in workspace.review.outcomes}
    for each in by_name.values():
        gone = each.outcome not in known
        lines.append(_page(workspace.relative(each.page), each.reasons, each.command, gone=gone))
    lines += [Line("reports/", "problem", "a file cannot be read", "synth report", (said,)) for said in unreadable]
    if extracted is not None and extracted.appraisals:
        lines.append(_bias(workspace))
    empty = [] if extracted is None else [each.id for each in workspace.review.outcomes if each.id not in filled]
    shown = answering(workspace, made, empty)
    if shown:
        lines.append(_data(workspace, shown))
    lines.append(_index(workspace))
    return tuple(lines)


def _filled(workspace: Workspace, extracted: Extracted | None) -> set[str]:
    """Name the outcomes that have something to pool in the primary arm."""
    if extracted is None:
        return set()
    primary = workspace.review.primary_arm.id
    counts = listing_of(workspace.review, extracted).counts
    return {each.outcome.id for each in counts if any(arm.arm == primary and arm.k for arm in each.arms)}


def _page(name: str, reasons: Sequence[str], command: str, *, gone: bool) -> Line:
    if gone and reasons:
        return Line(name, "stale", "has nothing to pool any more", f"rm {name} {name[:-5]}.json", tuple(reasons))
    if reasons:
        return Line(name, "stale", "older than its inputs", command, tuple(reasons))
    return Line(name, "current", "up to date")


def _bias(workspace: Workspace) -> Line:
    page = workspace.reports / BIAS_PAGE
    sheets = sorted(workspace.extracted.glob("*.csv"))
    inputs = [workspace.review_file, *sheets, *own_files(workspace.extracted)]
    return _made("reports/bias.html", page.with_suffix(".json"), inputs_of(workspace, inputs), "synth bias")


def _data(workspace: Workspace, made: Sequence[Made]) -> Line:
    name = f"reports/{FOLDER}/"
    if not (workspace.reports / FOLDER).is_dir():
        return Line(name, "missing", "not written yet", "synth report")
    return _page(name, data_is_behind(workspace, made), "synth report", gone=False)


def _index(workspace: Workspace) -> Line:
    path = (workspace.reports / INDEX_PAGE).with_suffix(".json")
    current = inputs_of(workspace, paths_of_index(workspace))
    return _made(f"reports/{INDEX_PAGE}", path, current, "synth report")


def _made(name: str, path: Path, current: Sequence[dict[str, str]], command: str) -> Line:
    if not path.is_file():
        return Line(name, "missing", "not written yet", command)
    try:
        document = read_document(path)
    except WorkspaceError as error:
        return Line(name, "problem", "cannot be read", command, (str(error),))
    return _page(name, (*since(document, current), *beside(path.with_suffix(".html"), document)), command, gone=False)
