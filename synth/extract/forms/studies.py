"""Sheets that describe studies, and sheets of risk of bias: rows of the contract, with arms by any of their names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ..contract import cells
from ..contract.figures import BiasRow, StudyArm
from ..contract.sheets import BIAS, STUDIES, Column
from ..contract.words import not_given
from .columns import further, match
from .common import Sheet
from .rows import read_rows

_NUMBERS = frozenset(column.name for column in STUDIES if column.kind in ("count", "year"))


def read_studies(
    sheet: Sheet, columns: Sequence[Column] = STUDIES, taken: Collection[int] = ()
) -> list[StudyArm]:
    """Read a sheet with a row for each study and arm; rows about a whole study go to no arm, and are passed over.

    Parameters
    ----------
    sheet : Sheet
        Takes what is wrong, and what was understood.
    columns : sequence of Column
        What is looked for.
    taken : collection of int
        Places of columns that belong to outcomes.

    Returns
    -------
    list of StudyArm
        In the order of the rows.
    """
    table = sheet.table
    places, problems = match(table, columns, required=[] if sheet.given.study else ["study"])
    sheet.problems.kept += problems
    if any(problem.severity == "error" for problem in problems):
        return []
    sheet.leave_sums(places)
    arm = "" if "arm" in places else sheet.only_arm()
    if not arm and "arm" not in places:
        return []
    spots = [places[name] for name in _NUMBERS & places.keys()]
    rows = [(row, _emptied(found, spots)) for row, found in table.rows]
    texts = [column for column in columns if column.name not in ("arm", "origin")]
    # What stands in a heading would be lost with it.
    units = {
        column.name: unit
        for column in texts
        if column.kind == "text" and (unit := table.unit(places.get(column.name, 0))) not in ("", "n")
        if column.name in places
    }
    described = []
    trace = sheet.trace(places)
    read = read_rows(table, rows, places, texts, sheet.problems)
    others = {**places, **{f"\0{place}": place for place in taken}}
    for values, (row, found), more in zip(read, table.rows, further(table, others, table.rows), strict=True):
        own: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
        for name, unit in units.items():
            if own.get(name, "").replace(".", "", 1).isdigit():
                own[name] = f"{own[name]} {unit}"
        own["study"] = own.get("study") or sheet.given.study
        if not own["study"]:
            sheet.problems.at(row, places.get("study"), None, "the study is empty.", "Type its name.")
            continue
        if "arm" in places and sheet.is_whole(found[places["arm"]]):
            continue
        own["arm"] = arm if "arm" not in places else sheet.arm_of(row, places["arm"], found[places["arm"]])
        if own["arm"]:
            described.append(
                StudyArm(**own, origin=trace.origin(row), file=table.file, more=more,
                         sheet=table.sheet or "", cells=trace.letters())
            )  # fmt: skip
    return described


def _emptied(found: list[str], places: Sequence[int]) -> list[str]:
    """Return a row in which cells that say in words that there is no number are empty."""
    if not any(not_given(found[place]) for place in places):
        return found
    return ["" if place in places and not_given(cell) else cell for place, cell in enumerate(found)]


def read_bias(sheet: Sheet) -> list[BiasRow]:
    """Read a sheet with a row for each judged item of a study, as the contract has it.

    Parameters
    ----------
    sheet : Sheet
        Takes what is wrong.

    Returns
    -------
    list of BiasRow
        In the order of the rows; whether the items and the judgements are those of the instrument is not looked at.
    """
    table = sheet.table
    places, problems = match(table, BIAS, required=("study", "instrument", "item", "judgement"))
    sheet.problems.kept += problems
    if any(problem.severity == "error" for problem in problems):
        return []
    found_rows = []
    trace = sheet.trace(places)
    texts = [column for column in BIAS if column.name not in ("arm", "origin")]
    read = read_rows(table, table.rows, places, texts, sheet.problems)
    for values, (row, found) in zip(read, table.rows, strict=True):
        for name in ("study", "instrument", "item"):
            if not values.get(name):
                sheet.problems.at(row, places[name], None, f"the {name} is empty.", "Type it.")
        arm = ""
        if "arm" in places and cells.text(found[places["arm"]]) and not sheet.is_whole(found[places["arm"]]):
            arm = sheet.arm_of(row, places["arm"], found[places["arm"]])
        found_rows.append(
            BiasRow(**values, arm=arm, origin=trace.origin(row), file=table.file,
                    sheet=table.sheet or "", cells=trace.letters())
        )  # fmt: skip
    return found_rows


