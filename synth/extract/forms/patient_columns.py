"""Headings of a sheet with one row per patient: which hold outcomes, which times and dates, and in what unit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..contract.names import Names
from ..contract.sheets import PATIENTS, fold, names_of
from ..contract.words import (
    ALIVE,
    DATE_WORDS,
    DEAD,
    EVENTS,
    FATAL,
    SURVIVED,
    TIME_WORDS,
    UNITS,
    VITAL,
    bare,
    loose,
    open_end,
    word,
)
from ..reading.tables import DATE, Table

_KNOWN = names_of(PATIENTS)
_PLACES = ("start", "last")
_SPLIT = re.compile(r"[\W_]+")
_EVENT_NAMES = {loose(word): event for event, words in EVENTS.items() for word in words}
_SURVIVED = frozenset(map(loose, SURVIVED))
_VITAL = frozenset(map(loose, VITAL))
_STATUS = ("status", "event", "yn", "yes no", "y n", "occurred")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?|\d{1,2}[./]\d{1,2}[./]\d{4}")


@dataclass(frozen=True)
class Timed:
    """A column that holds a time: where it is, and its unit; ``""`` where the heading says none."""

    place: int
    unit: str


@dataclass
class Plan:
    """Where everything is in a sheet of patients.

    Parameters
    ----------
    places : dict of str to int
        Columns of the contract: study, arm, patient, age, sex, lost, start, last.
    outcomes : dict of str to int
        Place of each outcome's own column, by its id.
    events : dict of str to int
        Place of a column that says whether an event happened at any time, by the event.
    survived : int, optional
        Place of a column in which yes means that the patient lives.
    vital : int, optional
        Place of a column with words such as dead and alive.
    followup : Timed, optional
        Time under observation.
    times, dates : dict
        Times to an event, and dates of it, by the event. The time of an outcome that is named apart from its event, as
        ``mortality_30d_months``, is that outcome's alone and stands by its id, unless it runs to the end of follow-up.
    without_unit : list of int
        Places of times whose heading has no unit.
    twice : list of (int, int)
        Places of headings that mean the same.
    unknown : list of int
        Places of headings that mean nothing here; they are not kept.
    """

    places: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    survived: int | None = None
    vital: int | None = None
    followup: Timed | None = None
    times: dict[str, Timed] = field(default_factory=dict)
    dates: dict[str, int] = field(default_factory=dict)
    without_unit: list[int] = field(default_factory=list)
    twice: list[tuple[int, int]] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)

    @property
    def says_anything(self) -> bool:
        """Whether there is anything to be counted."""
        return bool(self.outcomes or self.events or self.times or self.dates) or self.vital is not None or (
            self.survived is not None
        )


def event_of(names: Names, outcome: str) -> str:
    """Return what happens where an outcome happens: its ``event``, or the outcome itself."""
    return names.outcomes[outcome].event or outcome


def plan_of(table: Table, names: Names) -> Plan:
    """Read the headings of a sheet of patients.

    Parameters
    ----------
    table : Table
        The sheet; dates are told by its cells where the heading leaves it open.
    names : Names
        Arms and outcomes of the review.

    Returns
    -------
    Plan

    Examples
    --------
    >>> from synth.workspace import Arm, Outcome, Question, Review
    >>> outcomes = Outcome("mortality_1y", "Death within one year", time_point="1 year", event="death"),
    >>> names = Names(Review("T", Question("Q"), "", (Arm("mis", "MIS", "primary"),), outcomes))
    >>> header = ["Patient", "Death", "Time to death (months)", "Follow-up, months", "mortality_1y", "Date of surgery"]
    >>> plan = plan_of(Table("a.csv", header, 1, []), names)
    >>> plan.places, plan.events, plan.times, plan.outcomes
    ({'patient': 0, 'start': 5}, {'death': 1}, {'death': Timed(place=2, unit='months')}, {'mortality_1y': 4})
    >>> plan.followup
    Timed(place=3, unit='months')
    """
    plan = Plan()
    for place, heading in enumerate(table.header):
        if heading.strip() and not _heading(plan, table, names, place):
            plan.unknown.append(place)
    return plan


def _heading(plan: Plan, table: Table, names: Names, place: int) -> bool:
    heading = table.heading(place) or table.header[place]
    ending = None if _outcome(heading, names) else _ending(heading, names)
    for text in dict.fromkeys((table.header[place], heading, bare(heading))):
        outcome = _outcome(text, names)
        if outcome is not None and (ending is None or names.outcomes[outcome].kind == "continuous"):
            return _take(plan, plan.outcomes, outcome, place)
    column = _KNOWN.get(fold(table.header[place])) or _KNOWN.get(fold(heading))
    unit, kind, rest = _parted(heading)
    if not unit and table.unit(place):
        unit = UNITS.get(table.unit(place).casefold().rstrip("."), "")
    dated = kind == "date" or _holds_dates(table, place)
    if column in ("study", "arm", "patient", "age", "sex", "lost"):
        return _take(plan, plan.places, column, place)
    meant = column if column in (*_PLACES, "followup") else _KNOWN.get(rest, "")
    # What can only be a date is one as soon as any cell is: the others are slips, and are told.
    dated = dated or (meant in _PLACES and _holds_dates(table, place, some=True))
    if ending is not None:
        (unit, rest), kind = ending, "time"
    event = _event(rest, names) or _event(loose(heading), names)
    key = _own_time(rest, event, names) or event
    if meant in _PLACES or (meant == "followup" and dated):
        return dated and _take(plan, plan.places, "last" if meant == "followup" else meant, place)
    if meant == "followup":
        return _followup(plan, place, unit)
    if event and dated:
        return _take(plan, plan.dates, event, place)
    if event and (unit or kind == "time"):
        if not unit:
            plan.without_unit.append(place)
            return True
        if key in plan.times:
            plan.twice.append((plan.times[key].place, place))
            return True
        plan.times[key] = Timed(place, unit)
        return True
    if event:
        return _take(plan, plan.events, event, place)
    if loose(heading) in _SURVIVED and plan.survived is None:
        plan.survived = place
        return True
    if loose(heading) in _VITAL and plan.vital is None and _holds_states(table, place):
        plan.vital = place
        return True
    return False


def _take(plan: Plan, kind: dict[str, int], name: str, place: int) -> bool:
    if name in kind:
        plan.twice.append((kind[name], place))
    kind.setdefault(name, place)
    return True


def _followup(plan: Plan, place: int, unit: str) -> bool:
    if not unit:
        plan.without_unit.append(place)
    elif plan.followup is not None:
        plan.twice.append((plan.followup.place, place))
    else:
        plan.followup = Timed(place, unit)
    return True


def _outcome(heading: str, names: Names) -> str | None:
    """Return the outcome whose own column a heading is."""
    text = loose(heading)
    for suffix in ("", *map(loose, _STATUS)):
        name = text.removesuffix(suffix) if suffix else text
        if name in names.outcome_names:
            return names.outcome_names[name]
    return None


def _event(text: str, names: Names) -> str:
    """Return the event that a word names: one of the review's, or an outcome by itself; ``""`` if it is none."""
    if not text:
        return ""
    known = _EVENT_NAMES.get(text, "")
    for event in names.by_event:
        if text == event or (known and loose(known) == event):
            return names.by_event[event][0].event
    outcome = names.outcome_names.get(text)
    return event_of(names, outcome) if outcome is not None else ""


def _ending(heading: str, names: Names) -> tuple[str, str] | None:
    """Part a unit of time from the name of an outcome before it, which may hold such a word itself."""
    words = [word for word in _SPLIT.split(unicodedata.normalize("NFKC", heading).casefold()) if word]
    name = loose("".join(words[:-1]))
    if not words or len(words[-1]) < 2 or words[-1] not in UNITS or name not in names.outcome_names:
        return None  # "Fusion (y)" says yes, and not years
    return UNITS[words[-1]], name


def _own_time(text: str, event: str, names: Names) -> str:
    """Return the outcome whose own time a heading is; ``""`` where it is that of the event, whenever it happens."""
    id = names.outcome_names.get(text, "")
    if not id or id == event or text in map(loose, (event, *EVENTS.get(event, ()))):
        return ""
    return "" if open_end(names.outcomes[id].time_point) else id


def _parted(heading: str) -> tuple[str, str, str]:
    """Part a heading into its unit, whether it is a date or a time, and the rest, folded.

    "Time to death (months)" becomes ("months", "time", "death"), "kuolinpäivä" stays whole.
    """
    words = [word for word in _SPLIT.split(unicodedata.normalize("NFKC", heading).casefold()) if word]
    kind = unit = ""
    rest = []
    for each in words:
        if each in DATE_WORDS and len(words) > 1:
            kind = "date"
        elif each in UNITS and len(words) > 1 and not unit and (len(each) > 1 or each == words[-1]):
            unit = UNITS[each]
        elif each in TIME_WORDS:
            kind = kind or ("time" if each not in ("of", "the", "in", "after") else "")
        else:
            rest.append(each)
    return unit, kind, loose("".join(rest))


def _holds_dates(table: Table, place: int, some: bool = False) -> bool:
    """Say whether most filled cells of a column, or some, are dates."""
    filled = [(row, cells[place].strip()) for row, cells in table.rows if cells[place].strip()][:50]
    if not filled:
        return False
    dated = sum(1 for row, cell in filled if DATE in table.marks(row, place) or _DATE.fullmatch(cell))
    return dated > 0 if some else dated * 2 > len(filled)


def _holds_states(table: Table, place: int) -> bool:
    """Say whether a column holds words such as dead and alive."""
    filled = [cells[place] for _, cells in table.rows if cells[place].strip()][:50]
    return sum(word(cell) in DEAD | ALIVE for cell in filled) * 2 > len(filled)


def status_of(plan: Plan, names: Names, event: str) -> int | None:
    """Return the place of the column that says whether an event happened at any time.

    That of the event itself, or of an outcome that counts it until the end of follow-up.
    """
    if event in plan.events:
        return plan.events[event]
    for id, place in plan.outcomes.items():
        outcome = names.outcomes[id]
        if event_of(names, id) == event and outcome.kind != "continuous" and open_end(outcome.time_point):
            return place
    return None


def wanted(plan: Plan, names: Names) -> Mapping[str, str]:
    """Return the outcomes that a sheet can give, with what they are counted from: ``own``, ``times`` or ``values``."""
    found: dict[str, str] = {}
    timed = {*plan.times, *(plan.dates if "start" in plan.places else ())}
    watched = plan.followup is not None or {"start", "last"} <= plan.places.keys()
    for outcome in names.review.outcomes:
        event = event_of(names, outcome.id)
        known = status_of(plan, names, event) is not None or (
            event == FATAL and (plan.vital is not None or plan.survived is not None)
        )
        if outcome.kind == "continuous":
            if outcome.id in plan.outcomes:
                found[outcome.id] = "values"
        elif outcome.kind == "rate":
            if watched and (outcome.id in plan.outcomes or known or {event, outcome.id} & timed):
                found[outcome.id] = "rate"
        elif outcome.id in plan.outcomes:
            found[outcome.id] = "own"
        elif outcome.event:
            ever = open_end(outcome.time_point) and (known or (event in timed and watched))
            by_then = names.time_points[outcome.id] is not None and (
                ({event, outcome.id} & timed and (watched or known)) or (event == FATAL and known and watched)
            )
            if ever or by_then:
                found[outcome.id] = "times"
    return found
