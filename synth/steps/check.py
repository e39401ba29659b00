"""Everything that a review keeps, read and checked again: for a living review, and for continuous integration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import Problem, ProblemsError
from ..extract import load
from ..workspace import Workspace

SCHEMA = "synth.check/1"


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Parameters
    ----------
    figures, studies, files : int or None
        How many there are; ``None`` where an error stands in the way of counting.
    problems : tuple of Problem
        Errors and warnings, in the order of the files.
    """

    figures: int | None
    studies: int | None
    files: int | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> int:
        """How many problems stand against pooling."""
        return sum(problem.severity == "error" for problem in self.problems)

    def summary(self) -> str:
        """Say it in a line."""
        warnings = len(self.problems) - self.errors
        found = f"{_count(self.errors, 'error')}, {_count(warnings, 'warning')}."
        if self.figures is None:
            return found
        kept = f"{_count(self.figures, 'figure')} of {_count(self.studies or 0, 'study label')}"
        return f"{kept} in {_count(self.files or 0, 'file')}: {found}"

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        reason = None if self.figures is not None else "the sheets have errors"
        made: dict[str, Any] = {
            "schema": SCHEMA,
            "figures": self.figures,
            "studies": self.studies,
            "files": self.files,
            "errors": self.errors,
            "warnings": len(self.problems) - self.errors,
            "problems": [
                {
                    "severity": each.severity, "file": each.file, "sheet": each.sheet, "row": each.row,
                    "cell": each.cell, "column": each.column, "value": each.value, "message": each.message,
                    "remedy": each.remedy, "reason": "not of one place alone",
                }
                for each in self.problems
            ],
        }  # fmt: skip
        if reason is not None:
            made |= {f"{name}_reason": reason for name in ("figures", "studies", "files")}
        return made


def check(workspace: Workspace) -> Checked:
    """Read and check everything in ``extracted``.

    Raises
    ------
    WorkspaceError
        There is nothing to check.
    """
    try:
        found = load(workspace)
    except ProblemsError as error:
        return Checked(None, None, None, error.problems)
    studies = {figure.study for figure in found.figures} | {arm.study for arm in found.studies}
    return Checked(len(found.figures), len(studies), len(found.files), found.warnings)


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
