"""The studies that people kept after screening, from the records of the searches: what a sheet can hold beforehand."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ..errors import WorkspaceError
from ..extract.template import Known
from ..search.known_list import read_known
from ..search.records.record import Record
from ..search.run.store import Store
from ..workspace import Workspace, visible

INCLUDED = ("included.csv", "included.tsv", "included.txt")
"""Names of the list of PMIDs that were kept, beside the records of a search: ``queries/NAME/included.csv``."""


def included_files(workspace: Workspace) -> tuple[Path, ...]:
    """Find the lists of what was kept after screening, in the order of their names."""
    if not workspace.queries.is_dir():
        return ()
    return tuple(
        folder / name
        for folder in sorted(path for path in workspace.queries.iterdir() if path.is_dir())
        for name in INCLUDED
        if (folder / name).is_file()
    )


def known_studies(workspace: Workspace) -> tuple[Known, ...]:
    """Look up every study that was kept after screening.

    Parameters
    ----------
    workspace : Workspace
        The review; a list of PMIDs is ``queries/NAME/included.csv`` (or ``.tsv``, ``.txt``).

    Returns
    -------
    tuple of Known
        By year and label; a study whose record is not there has its PMID and the label of the list. Labels are unique:
        a second one of the same author and year is 2019b.

    Raises
    ------
    ProblemsError
        A line of a list is no PMID, or a file of records is damaged.
    WorkspaceError
        A list cannot be read.
    """
    wanted: dict[int, str] = {}
    records: dict[int, Record] = {}
    for file in included_files(workspace):
        shown = workspace.relative(file)
        try:
            text = file.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise WorkspaceError(f"Cannot read {visible(shown, 300)}: save it as plain text in UTF-8.") from error
        for known in read_known(text, shown)[0]:
            if known.pmid is not None:
                wanted.setdefault(known.pmid, known.label)
        records |= {record.pmid: record for record in Store(file.parent).records() if record.pmid in wanted}
    found = [_known(pmid, label, records.get(pmid)) for pmid, label in wanted.items()]
    return tuple(_distinct(sorted(found, key=lambda study: (study.year or 0, study.study, int(study.pmid)))))


def _known(pmid: int, label: str, record: Record | None) -> Known:
    if record is None:
        return Known(study=label if label != str(pmid) else f"PMID {pmid}", pmid=str(pmid))
    names = [
        author.collective or " ".join(filter(None, (author.last_name, author.initials))) for author in record.authors
    ]
    first = next((author.last_name or author.collective for author in record.authors), "")
    return Known(
        study=" ".join(filter(None, (unicodedata.normalize("NFC", first) or "No author", str(record.year or "")))),
        pmid=str(pmid),
        doi=record.doi,
        title=record.title or record.vernacular_title,
        authors="; ".join(filter(None, names)),
        journal=" ".join(filter(None, (record.journal_iso or record.journal, _where(record)))),
        year=record.year,
    )


def _where(record: Record) -> str:
    issue = f"({record.issue})" if record.issue else ""
    place = f"{record.volume}{issue}"
    return f"{place}:{record.pages}" if place and record.pages else place or record.pages


def _distinct(studies: Iterable[Known]) -> Iterable[Known]:
    seen: dict[str, int] = {}
    for study in studies:
        seen[study.study] = number = seen.get(study.study, 0) + 1
        letter = "" if number == 1 else chr(ord("a") + number - 1) if number <= 26 else f"-{number}"
        yield replace(study, study=f"{study.study}{letter}")
