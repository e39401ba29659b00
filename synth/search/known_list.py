"""Lists of PMIDs as people have them: plain, in a table, or in an export of PubMed."""

from __future__ import annotations

import csv
import re
from typing import Final

from ..errors import Problem, ProblemsError
from ..review import visible
from .known import once
from .strategy.model import Known
from .strategy.syntax import squeeze

__all__ = ["read_known"]

_PMID: Final = re.compile(
    r"(?:https?://(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/))?"
    r"(?:pmid\s*[:-]?\s*)?([1-9]\d{0,8})/?(?=[\s,;]|$)",
    re.IGNORECASE,
)
_MEDLINE: Final = re.compile(r"^PMID\s?- +(\d+)", re.MULTILINE)
_COLUMNS: Final = ("pmid", "pubmed id", "pubmed_id", "pubmedid")
_LABELS: Final = ("label", "study", "study_id", "author", "title")
_INCLUDED: Final = ("label_included", "included")
_MANY: Final = 20


def read_known(text: str, file: str) -> tuple[tuple[Known, ...], tuple[str, ...]]:
    r"""Read a list of PMIDs: one on each line with or without a label, a CSV with a column ``pmid``, or an NBIB export.

    Parameters
    ----------
    text : str
        What the file holds.
    file : str
        Its name, for messages.

    Returns
    -------
    tuple of Known
        In the order of the file, each once.
    tuple of str
        What was left out, and why.

    Raises
    ------
    ProblemsError
        Every line that is no PMID.

    Examples
    --------
    >>> read_known("37268432 Wänman 2023\n# a comment\nhttps://pubmed.ncbi.nlm.nih.gov/36434588/", "list.txt")[0]
    (Known(label='Wänman 2023', pmid=37268432, doi=''), Known(label='36434588', pmid=36434588, doi=''))
    """
    text = text.removeprefix("\ufeff")
    medline = _MEDLINE.findall(text)
    if medline:
        return tuple(once([Known(pmid, int(pmid)) for pmid in medline])), ()
    first = text.split("\n", 1)[0]
    delimiter = next((mark for mark in "\t;," if mark in first), ",")
    heads = [head.strip().strip('"').lower() for head in first.split(delimiter)]
    column = next((heads.index(name) for name in _COLUMNS if name in heads), None)
    found, problems, notes = _lines(text, file) if column is None else _table(text, file, delimiter, heads, column)
    if not problems and not found:
        problems.append(Problem(file, "there is no PMID in it.", "Write one PMID on each line."))
    if problems:
        shown = problems[:_MANY]
        if len(problems) > _MANY:
            shown.append(Problem(file, f"{len(problems) - _MANY:,} more lines are no PMID.", "Is it the right file?"))
        raise ProblemsError(shown)
    return tuple(once(found)), tuple(notes)


def _lines(text: str, file: str) -> tuple[list[Known], list[Problem], list[str]]:
    found, problems = [], []
    for row, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _PMID.match(stripped)
        if match is None:
            problems.append(_no_pmid(file, row, stripped))
        else:
            label = squeeze(stripped[match.end() :].strip(" ,;\t\"'"))
            found.append(Known(visible(label, 80) or match[1], int(match[1])))
    return found, problems, []


def _table(
    text: str, file: str, delimiter: str, heads: list[str], column: int
) -> tuple[list[Known], list[Problem], list[str]]:
    found: list[Known] = []
    problems: list[Problem] = []
    blank = out = 0
    label = next((heads.index(name) for name in _LABELS if name in heads), None)
    included = next((heads.index(name) for name in _INCLUDED if name in heads), None)
    for row, cells in enumerate(csv.reader(text.splitlines(), delimiter=delimiter), 1):
        if row == 1 or not any(cells):
            continue
        cells += [""] * (len(heads) - len(cells))
        if included is not None and cells[included].strip() in ("0", "no", "false", "False"):
            out += 1
            continue
        value = cells[column].strip()
        match = _PMID.fullmatch(value)
        if not value:
            blank += 1
        elif match is None:
            problems.append(_no_pmid(file, row, value))
        else:
            name = squeeze(cells[label]) if label is not None else ""
            found.append(Known(visible(name, 80) or match[1], int(match[1])))
    notes = []
    if blank:
        notes.append(f"{blank:,} rows of {file} have no PMID and were left out.")
    if out and included is not None:
        notes.append(f"{out:,} rows of {file} say in {heads[included]} that they are not included and were left out.")
    return found, problems, notes


def _no_pmid(file: str, row: int, value: str) -> Problem:
    what = "Write digits only, one PMID on each line."
    return Problem(file, "this is no PMID.", what, row=row, value=visible(value, 40))
