"""Long sheets: one row for each study, arm and outcome, under the headings of the contract or under aliases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..contract import cells
from ..contract.figures import Figure
from ..contract.sheets import OTHERS, RESULTS, fold, names_of
from .columns import further, match
from .common import Sheet
from .rows import identity, read_rows

LONG = (*RESULTS, *OTHERS)
_KNOWN = names_of(LONG)
_NUMBERS = frozenset(
    {"events", "total", "mean", "sd", "median", "q1", "q3", "min", "max", "time", "se", "percent_reported"}
)
_NAMES = ("study", "arm", "outcome", "timepoint", "reviewer")
_TEXTS = tuple(column for column in RESULTS if column.name not in (*_NUMBERS, *_NAMES, "origin"))
_CONSENSUS = frozenset({"consensus", "agreed", "final", "adjudicated", "consensus reviewer"})


def read_long(sheet: Sheet) -> list[Figure]:
    """Read a long sheet.

    Parameters
    ----------
    sheet : Sheet
        Takes what is wrong, and what was understood.

    Returns
    -------
    list of Figure
        One for each row that names a study, an arm and an outcome; rows about the whole study go to ``sheet.wholes``.
    """
    table, given = sheet.table, sheet.given
    review = sheet.names.review
    required = [
        *([] if given.study else ["study"]),
        *([] if given.arm or len(review.arms) == 1 else ["arm"]),
        *([] if given.outcome or len(review.outcomes) == 1 else ["outcome"]),
    ]
    places, found = match(table, LONG, required=required)
    sheet.problems.kept += found
    if any(problem.severity == "error" for problem in found):
        return []
    sheet.leave_sums(places)
    cohort = _cohort(sheet, places)
    texts = [
        {name: text for name, text in values.items() if text and name != "row"}
        for values in read_rows(table, table.rows, places, _TEXTS, sheet.problems)
    ]
    spots = {name: place for name, place in places.items() if name in _NUMBERS}
    plain = {column.name: places[column.name] for column in _TEXTS if column.name in places}
    rest = further(table, places, table.rows)
    keep = _consensus(sheet, places)
    arm = "" if "arm" in places else sheet.only_arm()
    outcome = "" if "outcome" in places else given.outcome or review.outcomes[0].id
    known: dict[tuple[str, str], str] = {}
    unlike: dict[str, dict[int, tuple[str, str]]] = {}
    trace = sheet.trace({**spots, **_named(places), **plain})
    figures = []
    for index, (row, found_cells) in enumerate(table.rows):
        if index not in keep:
            continue
        study = cells.text(found_cells[places["study"]]) if "study" in places else given.study
        if not study:
            sheet.problems.at(row, places.get("study"), None, "the study is empty.", "Type its name.")
        about = outcome
        if "outcome" in places:
            key = (found_cells[places["outcome"]], found_cells[places["timepoint"]] if "timepoint" in places else "")
            if not known.get(key):
                known[key] = sheet.outcome_of(row, places["outcome"], *key)
            about = known[key]
        whole = "arm" in places and sheet.is_whole(found_cells[places["arm"]])
        group = arm if "arm" not in places else "" if whole else _arm(sheet, row, places["arm"], found_cells, known)
        if not about:
            continue
        described = sheet.names.outcomes[about]
        if about not in unlike:
            unlike[about] = sheet.unlike(described, spots)
        if unlike[about]:
            sheet.tell_units(unlike[about], found_cells)
        size = sheet.values.count(row, cohort, found_cells) if cohort is not None else None
        if size is not None and described.kind != "continuous" and "total" in spots:
            percent = found_cells[spots["percent_reported"]] if "percent_reported" in spots else ""
            events = found_cells[spots["events"]] if "events" in spots else ""
            size = size if "%" in events or (percent and not cells.text(events)) else None
        values = sheet.read(described, row, found_cells, spots, size) | texts[index]
        figure = sheet.figure((study, group, about), row, found_cells, values, trace, rest[index])
        if whole:
            sheet.wholes.append(figure)
        elif study and group:
            figures.append(figure)
    return figures


def _named(places: Mapping[str, int]) -> dict[str, int]:
    return {name: places[name] for name in ("study", "arm", "outcome") if name in places}


def _arm(sheet: Sheet, row: int, place: int, found: Sequence[str], known: dict[tuple[str, str], str]) -> str:
    key = ("\0arm", found[place])
    if not known.get(key):
        known[key] = sheet.arm_of(row, place, found[place])
    return known[key]


def _cohort(sheet: Sheet, places: Mapping[str, int]) -> int | None:
    """Return the place of a further heading that means a number of patients: the size of the arm, beside a total."""
    if "total" not in places:
        return None
    others = [
        place
        for place, heading in enumerate(sheet.table.header)
        if _KNOWN.get(fold(heading)) == "total" and place != places["total"]
    ]
    return others[0] if len(others) == 1 else None


def _consensus(sheet: Sheet, places: Mapping[str, int]) -> set[int]:
    """Return the rows to be read: where several people extracted a study and agreed, what they agreed on."""
    rows = sheet.table.rows
    everything = set(range(len(rows)))
    if "reviewer" not in places or "study" not in places:
        return everything
    agreed = {
        identity(found[places["study"]])
        for _, found in rows
        if identity(found[places["reviewer"]]) in _CONSENSUS
    }
    left = {
        index
        for index, (_, found) in enumerate(rows)
        if identity(found[places["study"]]) in agreed and identity(found[places["reviewer"]]) not in _CONSENSUS
    }
    if left:
        rows_left = "1 row of a single reviewer was" if len(left) == 1 else f"{len(left)} rows of single reviewers were"
        sheet.notes.append(f"{rows_left} left, where there is a consensus.")
    return everything - left
