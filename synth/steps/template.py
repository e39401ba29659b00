"""Write the empty sheets of a review: a workbook, or CSV, never over what somebody may have filled in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import SettingsError, WorkspaceError
from ..extract.template import Known, Template, make_template
from ..extract.template_files import to_csv, to_workbook
from ..workspace import Workspace, now, visible, write_all


@dataclass(frozen=True)
class Written:
    """What :func:`template` wrote.

    Parameters
    ----------
    files : tuple of Path
        In the order of the sheets.
    sheets : tuple of (str, str)
        Name of each sheet to fill in, and what a row of it is.
    studies : int
        How many studies were filled in.
    """

    files: tuple[Path, ...]
    sheets: tuple[tuple[str, str], ...]
    studies: int

    def to_dict(self) -> dict[str, object]:
        """Give plain values, ready for JSON."""
        return {
            "schema": "synth.template/1",
            "files": [path.as_posix() for path in self.files],
            "sheets": [{"name": name, "row": row} for name, row in self.sheets],
            "studies": self.studies,
        }


def template(
    workspace: Workspace,
    *,
    output: str | os.PathLike[str] | None = None,
    outcomes: Sequence[str] = (),
    patients: bool = False,
    known: Sequence[Known] = (),
    replace: bool = False,
) -> Written:
    """Write a workbook (``.xlsx``) or CSV files with the columns, lists and limits of a review.

    Parameters
    ----------
    workspace : Workspace
        The review.
    output : path, optional
        ``.xlsx``, or ``.csv`` for plain sheets: that name for the results or patients, ``-studies`` and ``-bias`` after
        it for the others. Default: ``extraction.xlsx``, or ``patients.xlsx``, in the current folder.
    outcomes : sequence of str
        Ids; all of the review's where empty.
    patients : bool
        One row per patient instead of one per study, arm and outcome.
    known : sequence of Known
        Studies to fill in beforehand.
    replace : bool
        Write over a file that is there.

    Returns
    -------
    Written

    Raises
    ------
    UnknownName
        An outcome that the review does not have.
    SettingsError
        A file name that is neither ``.xlsx`` nor ``.csv``.
    WorkspaceError
        A file is there already, or cannot be written: then none was changed.
    """
    made = make_template(workspace.review, outcomes=outcomes, patients=patients, known=known)
    path = Path(output) if output is not None else Path("patients.xlsx" if patients else "extraction.xlsx")
    contents: dict[Path, str | bytes]
    if path.suffix.lower() == ".xlsx":
        contents = {path: to_workbook(made, now().replace(tzinfo=None))}
    elif path.suffix.lower() == ".csv":
        contents = _plain(path, made)
    else:
        raise SettingsError(
            f'"{visible(path.name, 100)}" ends in neither .xlsx nor .csv. Name a workbook: {path.stem or "sheet"}.xlsx'
        )
    there = [file for file in contents if file.exists() or file.is_symlink()]
    if there and not replace:
        raise WorkspaceError(
            f"{visible(str(there[0]), 300)} is there already, and may hold somebody's work. Give another name with "
            "--output, or say --replace."
        )
    write_all(contents)
    return Written(tuple(contents), tuple((sheet.name, sheet.row) for sheet in made.sheets), len(known))


def _plain(path: Path, made: Template) -> dict[Path, str | bytes]:
    """One file a sheet; the mark at the start tells Excel that it is UTF-8."""
    return {
        path if sheet.name in ("results", "patients") else path.with_name(f"{path.stem}-{sheet.name}{path.suffix}"): (
            "\ufeff" + to_csv(sheet)
        )
        for sheet in sorted(made.sheets, key=lambda sheet: sheet.name not in ("results", "patients"))
    }
