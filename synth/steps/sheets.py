"""Take in the sheets that people filled in: read, check, compare with what is there, keep."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .._version import __version__
from ..burst import burst
from ..errors import Problem, ProblemsError, WorkspaceError
from ..extract import Given, Understood, known_headings, load, understand
from ..extract.appraised import judged
from ..extract.contract.figures import Extracted, Figure
from ..extract.instruments import own_files
from ..extract.reading.readers import read_tables
from ..extract.reading.tables import Table
from ..extract.rehearsal import unseen
from ..extract.store import PATIENTS_FOLDER, Change, merge
from ..workspace import Review, Workspace, digest, now, visible, write_all

__all__ = ["LOG", "SCHEMA", "Given", "Imported", "import_sheets", "keep", "read_sheets", "there"]

LOG = "imports.jsonl"
SCHEMA = "synth.import/1"


@dataclass(frozen=True)
class Imported:
    """What became of sheets that were taken in.

    Parameters
    ----------
    sources : tuple of (str, str)
        File as it was named, and its sha256.
    changes : tuple of Change
        Rows that are new or not as they were.
    unchanged : int
        Rows that were there already.
    figures : int
        Figures that were read, those counted from patients among them.
    studies : int
        Descriptions of studies.
    judgements : int
        Of the risk of bias.
    counted : tuple of (str, str, str, str, str)
        Study, arm, outcome, "7/43", and the rule of the denominator, of each figure counted from patients.
    files : tuple of str
        What was written; with `dry_run` what would be.
    notes : tuple of str
        What was understood and could have been understood otherwise.
    warnings : tuple of Problem
        What should be looked at, and stands against nothing.
    dry_run : bool
        Whether nothing was written.
    """

    sources: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...]
    unchanged: int
    figures: int
    studies: int
    judgements: int
    counted: tuple[tuple[str, str, str, str, str], ...]
    files: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[Problem, ...]
    dry_run: bool

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return {
            "schema": SCHEMA,
            "dry_run": self.dry_run,
            "sources": [{"file": file, "sha256": sha256} for file, sha256 in self.sources],
            "figures": self.figures,
            "studies": self.studies,
            "judgements": self.judgements,
            "unchanged": self.unchanged,
            "changes": [
                {
                    "kind": change.kind, "what": change.what, "key": list(change.key), "rows": change.rows,
                    "columns": [{"name": name, "before": before, "now": text} for name, before, text in change.columns],
                }
                for change in self.changes
            ],
            "counted": [
                dict(zip(("study", "arm", "outcome", "figure", "rule"), each, strict=True)) for each in self.counted
            ],
            "files": list(self.files),
            "notes": list(self.notes),
            "warnings": [str(problem) for problem in self.warnings],
        }  # fmt: skip


def import_sheets(
    workspace: Workspace,
    paths: Sequence[Path],
    *,
    given: Given | None = None,
    drop_identity: bool = False,
    dry_run: bool = False,
) -> Imported:
    """Read sheets in any form, check them, and keep them in the canonical files of a review.

    Parameters
    ----------
    workspace : Workspace
        The review.
    paths : sequence of Path
        Workbooks and CSV files.
    given : Given, optional
        Study, arm or outcome of all rows, where the sheet has no column for it.
    drop_identity : bool
        Leave out columns by which patients could be known; they are refused otherwise.
    dry_run : bool
        Write nothing.

    Returns
    -------
    Imported

    Raises
    ------
    ProblemsError
        Everything that is wrong with any of the sheets, or with the review as it would be; nothing was changed.
    WorkspaceError
        A file cannot be read or written; nothing was changed.
    """
    with burst():
        return _imported(workspace, paths, given, drop_identity, dry_run)


def _imported(
    workspace: Workspace, paths: Sequence[Path], given: Given | None, drop_identity: bool, dry_run: bool
) -> Imported:
    beside = there(workspace)
    tables, sources, problems = read_sheets(workspace, paths)
    found = None
    if tables:
        found = understand(tables, workspace.review, given=given, drop_identity=drop_identity, beside=beside)
        # What the review had already is told by synth check; here it would hide what is new.
        old = set(beside.warnings) if beside else set()
        problems += [each for each in found.problems if each not in old]
        rows, told = judged(found.bias_rows, workspace.extracted, beside.appraisals if beside else ())
        found = replace(found, bias_rows=rows)
        problems += told
    if any(problem.severity == "error" for problem in problems) or found is None:
        raise ProblemsError(problems)
    return keep(workspace, found, sources, problems, dry_run=dry_run)


def read_sheets(
    workspace: Workspace, paths: Sequence[Path]
) -> tuple[list[Table], list[tuple[str, str]], list[Problem]]:
    """Read the tables of files that people filled in, with name and digest of each file, and what is wrong with them.

    Raises
    ------
    WorkspaceError
        A file cannot be read, or is one that import writes.
    """
    known = known_headings(workspace.review)
    tables: list[Table] = []
    problems: list[Problem] = []
    sources: list[tuple[str, str]] = []
    for path in paths:
        shown = visible(path.as_posix(), 300)
        if _inside(path, workspace.extracted):
            raise WorkspaceError(f"{shown} is one of the files that import writes. To look at it again: synth check")
        sources.append((path.name, digest(path)))
        try:
            # by its name alone, which stands in the origin of a figure on everybody's machine
            tables += read_tables(path, visible(path.name, 300), known)
        except ProblemsError as error:
            problems += error.problems
    return tables, sources, problems


def keep(
    workspace: Workspace,
    found: Understood,
    sources: Sequence[tuple[str, str]],
    problems: Sequence[Problem] = (),
    *,
    dry_run: bool = False,
    besides: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Imported:
    """Put what was understood into the files of a review, with a line about it.

    Parameters
    ----------
    workspace : Workspace
        The review.
    found : Understood
        Without errors.
    sources : sequence of (str, str)
        Files that it comes from, and their sha256.
    problems : sequence of Problem
        Warnings to pass on.
    dry_run : bool
        Write nothing.
    besides : mapping of str to str, optional
        Text of further files to write in the same stroke, by their names inside ``extracted``.
    more : mapping, optional
        What else the line in the log says.

    Returns
    -------
    Imported

    Raises
    ------
    ProblemsError
        The review could not be pooled any more; nothing was changed.
    WorkspaceError
        A file cannot be written; nothing was changed.
    """
    texts = _texts(workspace)
    merged = merge(texts, found)
    if merged.contents:
        _rehearse(workspace, unseen(texts | merged.contents, merged.changes))
    contents = {**merged.contents, **(besides or {})}
    if contents and not dry_run:
        _keep(workspace, contents, sources, merged.changes, merged.unchanged, more or {})
    return Imported(
        sources=tuple(sources),
        changes=merged.changes,
        unchanged=merged.unchanged,
        figures=len(found.all_figures),
        studies=len(found.studies),
        judgements=len(found.bias_rows),
        counted=_counted(found, workspace.review),
        files=tuple(f"{workspace.relative(workspace.extracted)}/{name}" for name in contents),
        notes=found.notes,
        warnings=tuple(problems),
        dry_run=dry_run,
    )


def _counted(found: Understood, review: Review) -> tuple[tuple[str, str, str, str, str], ...]:
    units = {outcome.id: outcome.time_unit for outcome in review.outcomes}
    return tuple(
        (figure.study, figure.arm, figure.outcome, _figure(figure, units.get(figure.outcome, "")), figure.note)
        for sheet in found.patients
        for figure in sheet.figures
    )


def _figure(figure: Figure, time_unit: str) -> str:
    if figure.events is None:
        return "-" if figure.mean is None else f"mean {figure.mean:g} of {figure.total}"
    if figure.time is not None:  # a rate has no share of patients
        return f"{figure.events} in {figure.time:.4g} person-{time_unit} of {figure.total}"
    return f"{figure.events}/{'-' if figure.total is None else figure.total}"


def there(workspace: Workspace) -> Extracted | None:
    """What the review has already; nothing at all is fine for a new one."""
    texts = _texts(workspace)
    if not any(len(text.splitlines()) > 1 for text in texts.values()):
        return None
    try:
        return load(workspace)
    except WorkspaceError:  # studies are described, and no results are there yet
        return None


def _texts(workspace: Workspace) -> dict[str, str]:
    folder = workspace.extracted
    paths = [*sorted(folder.glob("*.csv")), *sorted((folder / PATIENTS_FOLDER).glob("*.csv"))]
    try:
        return {path.relative_to(folder).as_posix(): path.read_text("utf-8-sig") for path in paths if path.is_file()}
    except (OSError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"Cannot read the sheets in {workspace.relative(folder)}: {error}.") from error


def _rehearse(workspace: Workspace, texts: dict[str, str]) -> None:
    """Read the review as it would be: a figure that stands in two sheets shows only there.

    Raises
    ------
    ProblemsError
        It could not be pooled any more.
    """
    with tempfile.TemporaryDirectory(prefix="synth-") as folder:
        stage = Workspace(Path(folder), workspace.review)
        for name, text in texts.items():
            path = stage.extracted / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="")
        for own in own_files(workspace.extracted):
            path = stage.extracted / own.relative_to(workspace.extracted)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(own.read_bytes())
        with contextlib.suppress(WorkspaceError):  # studies are described, and no results are there yet
            load(stage)


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _keep(
    workspace: Workspace,
    contents: dict[str, str],
    sources: Sequence[tuple[str, str]],
    changes: Sequence[Change],
    unchanged: int,
    more: Mapping[str, Any],
) -> None:
    """Write the files and the line about it together: all of them, or none."""
    log = workspace.extracted / LOG
    try:
        before = log.read_text("utf-8") if log.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"Cannot read {workspace.relative(log)}: {error}.") from error
    line = {
        "schema": SCHEMA,
        "imported": now().isoformat(),
        "tool_version": __version__,
        "sources": [{"file": file, "sha256": sha256} for file, sha256 in sources],
        "added": sum(change.rows for change in changes if change.what == "added"),
        "changed": sum(change.rows for change in changes if change.what == "changed"),
        "unchanged": unchanged,
        "files": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in contents.items()},
        **more,
    }
    written: dict[Path, str | bytes] = {workspace.extracted / name: text for name, text in contents.items()}
    written[log] = before + json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n"
    write_all(written)
