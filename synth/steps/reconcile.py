"""Two people extracted independently: hold their sheets against each other, and keep what they settled."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import Problem, ProblemsError, SettingsError, WorkspaceError
from ..extract import Given, Understood, understand
from ..extract.appraised import judged
from ..extract.contract.patients import file_name
from ..extract.reading.readers import read_tables
from ..extract.reconcile.compare import Comparison, compare
from ..extract.reconcile.files import knows_heading, read_settled, to_workbook
from ..extract.reconcile.settle import check_agreed, settle
from ..extract.store import merge
from ..workspace import Workspace, atomic_write, digest, now, visible
from .sheets import Imported, keep, read_sheets, there

__all__ = ["READERS", "SCHEMA", "Given", "Reconciled", "reconcile", "settle_sheets"]

SCHEMA = "synth.reconcile/1"
READERS = "readers"
"""Folder inside ``extracted`` with what each person extracted; nothing in it is pooled."""


@dataclass(frozen=True)
class Reconciled:
    """What came of two people's sheets.

    Parameters
    ----------
    sources : tuple of (str, str)
        Files of A and of B, and the settled one where there is one, with their sha256.
    comparison : Comparison
        How far they agree, and where they do not.
    notes : tuple of str
        What was understood and could have been understood otherwise.
    warnings : tuple of Problem
        What should be looked at, and stands against nothing.
    output : str
        The workbook that was written; empty for none.
    imported : Imported or None
        What became of the agreed rows; ``None`` where nothing was settled yet.
    """

    sources: tuple[tuple[str, str], ...]
    comparison: Comparison
    notes: tuple[str, ...]
    warnings: tuple[Problem, ...]
    output: str = ""
    imported: Imported | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return {
            "schema": SCHEMA,
            "sources": [
                {"who": who, "file": file, "sha256": sha256}
                for who, (file, sha256) in zip(("A", "B", "settled"), self.sources, strict=False)
            ],
            "rows": [
                {"sheet": kind, "both": both, "only_a": only_a, "only_b": only_b}
                for kind, both, only_a, only_b in self.comparison.rows
            ],
            "agreement": [
                {
                    "sheet": each.kind, "column": each.column, "of": each.of, "rows": each.rows, "same": each.same,
                    "share": each.share, "method": each.method or None, "n": each.n,
                    "value": each.coefficient.value, "value_reason": each.coefficient.reason or None,
                }
                for each in self.comparison.columns
            ],
            "taken_over": [
                {"sheet": kind, "column": column, "from": who} for kind, column, who in self.comparison.taken_over
            ],
            "disagreements": [
                {
                    "sheet": each.kind, "key": list(each.key), "column": each.column,
                    "a": {"value": each.value_a, "where": each.where_a},
                    "b": {"value": each.value_b, "where": each.where_b},
                }
                for each in self.comparison.disagreements
            ],
            "output": self.output or None,
            "imported": None if self.imported is None else self.imported.to_dict(),
            "notes": list(self.notes),
            "warnings": [str(problem) for problem in self.warnings],
        }  # fmt: skip


@dataclass(frozen=True)
class _Two:
    """Both sheets, read and compared."""

    a: Understood
    b: Understood
    sources: tuple[tuple[str, str], ...]
    comparison: Comparison
    warnings: tuple[Problem, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        return (*self.a.notes, *self.b.notes)


def reconcile(
    workspace: Workspace,
    a: Path,
    b: Path,
    *,
    output: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    given: Given | None = None,
    drop_identity: bool = False,
) -> Reconciled:
    """Hold two people's sheets against each other, and write a workbook to settle their disagreements in.

    Parameters
    ----------
    workspace : Workspace
        The review; nothing in it is changed.
    a, b : Path
        What each of them extracted: any sheet that ``synth import`` reads.
    output : path, optional
        A ``.xlsx``; none is written without.
    overwrite : bool
        Write over a file that is there.
    given : Given, optional
        Study, arm or outcome of all rows, where a sheet has no column for it.
    drop_identity : bool
        Leave out columns by which patients could be known; they are refused otherwise.

    Returns
    -------
    Reconciled

    Raises
    ------
    ProblemsError
        Everything that is wrong with either sheet.
    SettingsError
        `output` is no ``.xlsx``.
    WorkspaceError
        A file cannot be read, or `output` is there already.
    """
    two = _read(workspace, a, b, given, drop_identity)
    if output is not None:
        path = Path(output)
        if path.suffix.lower() != ".xlsx":
            shown = visible(path.name, 100)
            raise SettingsError(f'"{shown}" does not end in .xlsx. Name a workbook: {path.stem or "settle"}.xlsx')
        if not overwrite and (path.exists() or path.is_symlink()):
            raise WorkspaceError(
                f"{visible(str(path), 300)} is there already, and may hold what was settled. Give another name with "
                "--output, or say --replace."
            )
        names = (two.sources[0][0], two.sources[1][0])
        atomic_write(path, to_workbook(two.comparison, names, now().replace(tzinfo=None)))
    return Reconciled(
        two.sources, two.comparison, two.notes, two.warnings, "" if output is None else Path(output).as_posix()
    )


def settle_sheets(
    workspace: Workspace,
    a: Path,
    b: Path,
    settled: Path,
    *,
    given: Given | None = None,
    drop_identity: bool = False,
    dry_run: bool = False,
) -> Reconciled:
    """Keep what two people agree on, with what each of them extracted beside it.

    Parameters
    ----------
    workspace : Workspace
        The review.
    a, b : Path
        The same sheets as before.
    settled : Path
        The workbook of :func:`reconcile`, filled in.
    given, drop_identity
        As before.
    dry_run : bool
        Write nothing.

    Returns
    -------
    Reconciled
        With what was kept in `imported`.

    Raises
    ------
    ProblemsError
        Something is not settled, or settled to what cannot be, or the sheets are not those that were compared;
        nothing was changed.
    WorkspaceError
        A file cannot be read or written; nothing was changed.
    """
    two = _read(workspace, a, b, given, drop_identity)
    tables = read_tables(settled, visible(settled.name, 300), knows_heading)
    decisions, problems = read_settled(tables, two.comparison)
    _stop(problems)
    agreed = settle(two.a, two.b, decisions)
    beside = there(workspace)
    problems += check_agreed(agreed, workspace.review, beside)
    _stop(problems)
    sources = (*two.sources, (settled.name, digest(settled)))
    name, originals = _originals(workspace, file_name(settled.stem), two)
    more = {
        "reconciled": {"a": sources[0][0], "b": sources[1][0], "settled": sources[2][0],
                       "originals": f"{READERS}/{name}", "disagreements": len(two.comparison.disagreements)}
    }  # fmt: skip
    kept = keep(workspace, agreed, sources, (), dry_run=dry_run, besides=originals, more=more)
    return Reconciled(
        sources, two.comparison, (*two.notes, *agreed.notes), (*two.warnings, *problems), imported=kept
    )


def _read(workspace: Workspace, a: Path, b: Path, given: Given | None, drop_identity: bool) -> _Two:
    """Read both sheets, each by itself; what is wrong with either is told at once."""
    if a.resolve() == b.resolve():
        raise WorkspaceError(
            f"{visible(a.as_posix(), 300)} was named twice. Name the sheets of two people who extracted independently."
        )
    found: list[Understood] = []
    sources: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for path in (a, b):
        tables, own, wrong = read_sheets(workspace, [path])
        understood = None
        if a.name == b.name:  # told apart by the folder
            label = visible(f"{path.resolve().parent.name}/{path.name}", 300)
            wrong = [replace(problem, file=label) for problem in wrong]
            own = [(label, sha256) for _, sha256 in own]
            for table in tables:
                table.file = label
                table.problems = [replace(problem, file=label) for problem in table.problems]
                table.notes = [replace(note, file=label) for note in table.notes]
        if tables:
            understood = understand(tables, workspace.review, given=given, drop_identity=drop_identity)
            rows, told = judged(understood.bias_rows, workspace.extracted)
            understood = replace(understood, bias_rows=rows)
            wrong = [*wrong, *understood.problems, *told]
            found.append(understood)
        sources += own
        problems += wrong
    _stop(problems)
    first, second = found
    if sources[0][1] == sources[1][1]:
        problems.append(
            Problem(sources[1][0], f"holds the very same bytes as {sources[0][0]}.",
                    "Look whether these are two extractions.", severity="warning")
        )  # fmt: skip
    return _Two(first, second, tuple(sources), compare(first, second), tuple(problems))


def _stop(problems: Sequence[Problem]) -> None:
    if any(problem.severity == "error" for problem in problems):
        raise ProblemsError(problems)


def _originals(workspace: Workspace, name: str, two: _Two) -> tuple[str, dict[str, str]]:
    """Give both extractions in the form in which a review keeps sheets, and a folder that holds no others.

    What is there already is left: settling the same again changes nothing, and an earlier pair is never written over.
    """
    texts = {
        f"{who}/{file}": text
        for who, found in (("a", two.a), ("b", two.b))
        for file, text in merge({}, found).contents.items()
    }
    number, folder = 1, name
    while (place := workspace.extracted / READERS / folder).exists():
        before = {
            path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*.csv") if path.is_file()
        }
        if before == {file: text.encode() for file, text in texts.items()}:
            return folder, {}
        number += 1
        folder = f"{name}-{number}"
    return folder, {f"{READERS}/{folder}/{file}": text for file, text in texts.items()}
