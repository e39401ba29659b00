"""Wide sheets: one row for each study or arm, and for each outcome columns such as ``mortality_1y_events``."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..contract import cells
from ..contract.figures import Figure
from ..contract.names import Names
from ..contract.sheets import OTHERS, RESULTS, STUDIES, Column, fold, names_of
from ..contract.units import split_unit
from ..contract.words import bare, loose
from .columns import match
from .common import TEXTS, Sheet

_NUMBERS = ("events", "total", "mean", "sd", "se", "median", "q1", "q3", "min", "max", "time", "percent_reported")
_PARTS = {
    loose(word): column.name
    for column in reversed((*RESULTS, *OTHERS))
    if column.name in (*_NUMBERS, *TEXTS)
    for word in (*column.aliases, column.name)
    if loose(word)
}
# Behind the name of an outcome these are plain, while alone they may be something else.
_PARTS |= {"n": "total", "no": "total", "number": "total", "denominator": "total", "pct": "percent_reported"}
_PARTS |= {"perc": "percent_reported", "value": "value", "result": "value", "personyears": "time"}
_NAMED = {
    "proportion": "{id}_events or {id}_total",
    "rate": "{id}_events or {id}_time",
    "continuous": "{id}_mean, {id}_sd or {id}_median",
}
_MOST_COMPARED = 200  # headings that are held against the names of outcomes for a slip
_SAID_IN_BRACKETS = frozenset({"n", "no", "no.", "count", "patients", "%", "percent"})
_COUNTED = frozenset({"n", "no", "number"})


@dataclass(frozen=True)
class Spot:
    """What a heading of a wide sheet means.

    Parameters
    ----------
    outcome : str
        Id of the outcome.
    arm : str
        Id of the arm, where the heading names one.
    part : str
        A column of results, or ``value`` where the heading names the outcome alone.
    """

    outcome: str
    arm: str
    part: str


def spot_of(heading: str, names: Names, percent: bool = False) -> Spot | None:
    """Read a heading; ``None`` where it names no outcome, or something that is not understood besides.

    Parameters
    ----------
    heading : str
        Without its unit.
    names : Names
        Arms and outcomes of the review.
    percent : bool
        Whether a percentage stands in the heading.

    Examples
    --------
    >>> from synth.workspace import Arm, Outcome, Question, Review
    >>> arms = Arm("mis", "MIS", "primary"), Arm("open", "Open surgery", "comparator")
    >>> outcomes = Outcome("mortality_1y", "Death within one year"), Outcome("mortality", "Death")
    >>> names = Names(Review("T", Question("Q"), "", arms, outcomes))
    >>> for heading in ("mortality_1y_events", "Death (open surgery) total", "MIS mortality 1y", "mortality_2y"):
    ...     print(spot_of(heading, names))
    Spot(outcome='mortality_1y', arm='', part='events')
    Spot(outcome='mortality', arm='open', part='total')
    Spot(outcome='mortality_1y', arm='mis', part='value')
    None
    """
    stripped, unit = split_unit(heading)
    if unit.casefold() not in _SAID_IN_BRACKETS:
        heading = stripped  # "Operating time (min)" is in minutes, and no minimum
    for text in dict.fromkeys((loose(heading), loose(bare(heading)))):
        for name in names.outcome_names:
            start = text.find(name)
            found = _rest(text[:start], text[start + len(name) :], names) if start >= 0 else None
            if found is not None:
                arm, word = found
                part = "events" if percent and word in _COUNTED else _PARTS.get(word, "value")
                return Spot(names.outcome_names[name], arm, part)
    return None


def _rest(before: str, behind: str, names: Names) -> tuple[str, str] | None:
    """Part what stands around the name of an outcome into an arm and a part of a figure; either may be missing."""
    pieces = [piece for piece in (before, behind) if piece]
    if not pieces:
        return "", ""
    if len(pieces) == 1:
        (piece,) = pieces
        if piece in _PARTS:
            return "", piece
        if piece in names.arm_names:
            return names.arm_names[piece], ""
        for arm, id in names.arm_names.items():
            rest = piece.removeprefix(arm) if piece.startswith(arm) else piece.removesuffix(arm)
            if rest != piece and rest in _PARTS:
                return id, rest
        return None
    for first, second in (pieces, pieces[::-1]):
        if first in names.arm_names and second in _PARTS:
            return names.arm_names[first], second
    return None


def spots_of(sheet: Sheet) -> dict[tuple[str, str], dict[str, int]]:
    """Return, for each outcome and arm (``""`` where the heading names none), where its parts are."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    table = sheet.table
    for place, heading in enumerate(table.header):
        percent = "%" in table.unit(place) or "%" in table.heading(place)
        spot = spot_of(heading, sheet.names, percent) or spot_of(table.heading(place), sheet.names, percent)
        if spot is None:
            continue
        part = spot.part
        if percent and part == "value" and all(_is_number(row[place]) for _, row in table.rows):
            part = "percent_reported"
        parts = found.setdefault((spot.outcome, spot.arm), {})
        if part in parts:
            sheet.problems.at(
                table.header_row, place, None,
                f"is a second column of {spot.outcome} for {part}, beside {table.heading(parts[part])}.",
                f"Name them {spot.outcome}_events and {spot.outcome}_total, or take one out.",
            )  # fmt: skip
        parts.setdefault(part, place)
    return found


def _is_number(cell: str) -> bool:
    cell = cells.text(cell).removesuffix("%").strip()
    return not cell or (cell.isascii() and cell.replace(",", ".", 1).replace(".", "", 1).isdigit())


def read_wide(sheet: Sheet, spots: Mapping[tuple[str, str], Mapping[str, int]]) -> list[Figure]:
    """Read a wide sheet.

    Parameters
    ----------
    sheet : Sheet
        Takes what is wrong, and what was understood.
    spots : mapping
        From :func:`spots_of`.

    Returns
    -------
    list of Figure
        One for each row, outcome and arm in which a figure stands.
    """
    table, given = sheet.table, sheet.given
    required = [] if given.study else ["study"]
    by_heading = all(arm for _, arm in spots)
    places, problems = match(table, described(sheet, spots), required=required, slips=())
    sheet.problems.kept += problems
    if any(problem.severity == "error" for problem in problems):
        return []
    sheet.leave_sums(places)
    arm = "" if "arm" in places or by_heading else sheet.only_arm()
    if not arm and "arm" not in places and not by_heading:
        return []
    for (outcome, _), parts in spots.items():
        sheet.check_units(sheet.names.outcomes[outcome], parts)
    _say_unread(sheet, {*places.values(), *(place for parts in spots.values() for place in parts.values())})
    figures: list[Figure] = []
    for row, found in table.rows:
        study = cells.text(found[places["study"]]) if "study" in places else given.study
        if not study:
            sheet.problems.at(row, places.get("study"), None, "the study is empty.", "Type its name.")
            continue
        whole = "arm" in places and sheet.is_whole(found[places["arm"]])
        row_arm = arm
        if "arm" in places and not whole:
            row_arm = sheet.arm_of(row, places["arm"], found[places["arm"]])
            if not row_arm and not by_heading:
                continue
        cohort = sheet.values.count(row, places["n"], found) if "n" in places else None
        source = cells.text(found[places["source"]]) if "source" in places else ""
        for (outcome, group), parts in spots.items():
            numbers = {name: place for name, place in parts.items() if name not in TEXTS}
            counts = [place for name, place in numbers.items() if name not in ("total", "time")]
            if not any(cells.text(found[place]) for place in counts) and not any(
                cells.text(found[parts[name]]) for name in ("exclude", "note") if name in parts
            ):
                continue
            values = sheet.read(sheet.names.outcomes[outcome], row, found, numbers, cohort if not group else None)
            values |= sheet.texts(row, found, parts)
            used = dict(parts)
            if values.get("total_basis") == "cohort":
                used.setdefault("total", places["n"])
            values["source"] = source
            figure = sheet.figure((study, group or row_arm, outcome), row, found, values, sheet.trace(used))
            (sheet.wholes if whole and not group else figures).append(figure)
    return figures


def _say_unread(sheet: Sheet, taken: set[int]) -> None:
    """Point out headings that nearly name an outcome, and say which others were passed over."""
    table = sheet.table
    left: list[str] = []
    for place, heading in enumerate(table.header):
        text = loose(heading)
        if place in taken or not text:
            continue
        if len(left) > _MOST_COMPARED or len(text) > 100:
            left.append(table.heading(place))
            continue
        near = [name for name in sheet.names.outcome_names if len(name) > 4 and name in text]
        near = near or difflib.get_close_matches(text, sheet.names.outcome_names, n=1, cutoff=0.75)
        near = near or [
            name for name in sheet.names.outcome_names
            if len(name) > 5 and difflib.get_close_matches(text[: len(name) + 1], [name], n=1, cutoff=0.85)
        ]  # fmt: skip
        if near:
            id = sheet.names.outcome_names[near[0]]
            sheet.problems.at(
                table.header_row, place, None, "is not a column that synth knows, and was not read.",
                f"If you mean {id}, name it {_NAMED[sheet.names.outcomes[id].kind].format(id=id)}.", "warning",
            )  # fmt: skip
        else:
            left.append(table.heading(place))
    if left:
        more = f" and {len(left) - 20} more" if len(left) > 20 else ""
        sheet.notes.append(f"columns that no outcome needs were passed over: {', '.join(left[:20])}{more}.")


def described(sheet: Sheet, spots: Mapping[tuple[str, str], Mapping[str, int]]) -> tuple[Column, ...]:
    """Return the columns beside the outcomes; a heading that was taken for an outcome is none of them."""
    taken = {fold(sheet.table.header[place]) for parts in spots.values() for place in parts.values()}
    return tuple(
        replace(column, aliases=tuple(alias for alias in column.aliases if fold(alias) not in taken))
        for column in STUDIES
        if fold(column.name) not in taken
    )


def is_described(header: list[str]) -> int:
    """Count the headings that describe a study, beside its name and arm."""
    known = names_of(STUDIES)
    return len({known.get(fold(heading), "") for heading in header} - {"", "study", "arm"})
