"""The size of the whole study, where it stands beside results: a row for each study and arm that says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from synth.errors import Problem

from ..contract import cells
from ..contract.figures import Figure, StudyArm, problem_of
from ..contract.sheets import STUDIES, fold
from ..contract.words import not_given
from ..reading.tables import Table
from .rows import identity, reader_of

_COLUMN = next(column for column in STUDIES if column.name == "n_study")
_NAMES = frozenset(map(fold, (_COLUMN.name, *_COLUMN.aliases)))
_READ = reader_of(_COLUMN, _COLUMN.name)


def whole_sizes(
    figures: Sequence[Figure], table: Table | None = None
) -> tuple[list[Figure], list[StudyArm], list[Problem]]:
    """Take the column ``n_study`` out of the further cells of results.

    Parameters
    ----------
    figures : sequence of Figure
        Of one table.
    table : Table, optional
        The table, for the letters of its columns, and where a form keeps no further cells of a row.

    Returns
    -------
    figures : list of Figure
        Without that cell.
    studies : list of StudyArm
        Each arm once, with the size of its study; none where no heading means it.
    problems : list of Problem
        A cell that is no number of patients, and rows of an arm that say different sizes.

    Examples
    --------
    >>> rows = [Figure("A", "mis", "fusion", 3, 40, row=2, more=(("Study size", "90"), ("x", "1")))]
    >>> figures, studies, _ = whole_sizes(rows)
    >>> figures[0].more, studies[0].n_study
    ((('x', '1'),), 90)
    """
    left: list[Figure] = []
    problems: list[Problem] = []
    found: dict[tuple[str, str], StudyArm] = {}
    where = _letter(table)
    beside = _by_row(table)
    for figure in figures:
        said = next((text for heading, text in figure.more if fold(heading) in _NAMES), beside.get(figure.row))
        if said is None:
            left.append(figure)
            continue
        left.append(replace(figure, more=tuple(each for each in figure.more if fold(each[0]) not in _NAMES)))
        value = None if not_given(said) else _READ(said)
        study = StudyArm(
            figure.study, figure.arm, n_study=value if isinstance(value, int) else None, origin=figure.origin,
            file=figure.file, row=figure.row, sheet=figure.sheet, cells=where,
        )  # fmt: skip
        if isinstance(value, cells.Defect):
            problems.append(problem_of(study, _COLUMN.name, value.message, value.remedy, value=said))
        key = (identity(figure.study), figure.arm)
        before = found.get(key)
        if before is None or before.n_study is None:
            found[key] = study
        elif study.n_study not in (None, before.n_study):
            message = f"is {before.n_study} in row {before.row}, for the same study."
            problems.append(problem_of(study, _COLUMN.name, message, "Correct one of them.", value=said))
    return left, list(found.values()), problems


def joined(studies: Sequence[StudyArm], more: Sequence[StudyArm]) -> list[StudyArm]:
    """Put sizes that stood beside results to the descriptions of the arms; what is described already goes before.

    Examples
    --------
    >>> [made] = joined([StudyArm("A", "mis", n=40)], [StudyArm("a", "mis", n_study=90)])
    >>> made.n, made.n_study
    (40, 90)
    """
    sizes = {(identity(study.study), study.arm): study for study in more}
    made = []
    for study in studies:
        size = sizes.pop((identity(study.study), study.arm), None)
        made.append(study if size is None or study.n_study is not None else replace(study, n_study=size.n_study))
    return [*made, *sizes.values()]


def _by_row(table: Table | None) -> dict[int, str]:
    places = [place for place, heading in enumerate(table.header) if fold(heading) in _NAMES] if table else []
    if table is None or len(places) != 1:
        return {}
    return {row: cells.text(found[places[0]]) for row, found in table.rows}


def _letter(table: Table | None) -> tuple[tuple[str, str], ...]:
    if table is None or not table.letters:
        return ()
    places = [place for place, heading in enumerate(table.header) if fold(heading) in _NAMES]
    return ((_COLUMN.name, table.letters[places[0]]),) if places else ()
