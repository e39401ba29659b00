"""From patients to figures: who counts, who does not, and the rule of each denominator as a sentence.

An empty cell is a patient who was not assessed. Whoever was lost before the time point of an outcome is lost for it,
and never taken for somebody to whom nothing happened. Both are out of the denominator, and the sentence says how many.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from synth.workspace import Outcome

from ..contract.figures import COUNTED, Figure
from ..contract.patients import LOST_STATE, Patient, Series
from ..contract.words import DAYS, FATAL, Duration, open_end
from .common import Sheet
from .patient_columns import Plan, event_of, wanted

_HAPPENED, _NOT, _LOST, _UNKNOWN = "happened", "not", "lost", "unknown"


@dataclass(frozen=True)
class _Asked:
    """An outcome, and what a series has for it."""

    outcome: Outcome
    event: str
    by: Duration | None
    own: bool

    @property
    def when(self) -> str:
        return f"by {self.by}" if self.by else "by the last contact"


def count(sheet: Sheet, plan: Plan, series: Series) -> list[Figure]:
    """Count every outcome that a series has, in each study and arm.

    Parameters
    ----------
    sheet : Sheet
        Takes contradictions, each with its cell.
    plan : Plan
        What the columns mean.
    series : Series
        The patients.

    Returns
    -------
    list of Figure
        With the rule of the denominator in the note; an outcome that nobody was assessed for has none.
    """
    groups: dict[tuple[str, str], list[Patient]] = {}
    for patient in series.patients:
        groups.setdefault((patient.study, patient.arm), []).append(patient)
    figures = []
    counter = _Counter(sheet, plan, series)
    counter.nested()
    for id, how in wanted(plan, sheet.names).items():
        outcome = sheet.names.outcomes[id]
        asked = _Asked(outcome, event_of(sheet.names, id), sheet.names.time_points[id], id in plan.outcomes)
        if how in ("own", "times"):
            counter.resolution(asked)
        for (study, arm), patients in groups.items():
            if how == "values":
                made = counter.measured(outcome, patients)
            elif how == "rate":
                made = counter.rate(asked, patients)
            else:
                made = counter.proportion(asked, patients)
            if made is None:
                sheet.notes.append(f"{study}, {arm}: nobody was assessed for {id}.")
                continue
            values, note = made
            figures.append(
                Figure(
                    study, arm, id, values.pop("events", None), values.pop("total", None),  # type: ignore[arg-type]
                    **values,  # type: ignore[arg-type]
                    # No basis: it is neither printed nor worked out from anything printed, and not open to that doubt.
                    where=f"{len(patients)} rows of patients", note=note,
                    origin=f"{sheet.label}, {counter.columns(id, asked.event)}",
                    file=sheet.table.file, row=sheet.table.header_row, sheet=sheet.table.sheet or "",
                    cells=((COUNTED, counter.headings(id, asked.event)),),
                )
            )  # fmt: skip
    return figures


class _Counter:
    """Counts one series."""

    def __init__(self, sheet: Sheet, plan: Plan, series: Series) -> None:
        self.sheet, self.plan, self.series = sheet, plan, series
        self.units = dict(series.units)
        self._ordered: set[str] = set()
        self._told: set[tuple[int, int | None, str]] = set()

    def places(self, outcome: str, event: str) -> list[int]:
        """Return the places of what was used for an outcome, from the left."""
        plan = self.plan
        found = {plan.outcomes.get(outcome), plan.events.get(event), plan.dates.get(event)}
        found |= {plan.times[key].place for key in (outcome, event) if key in plan.times}
        if event == FATAL and outcome not in plan.outcomes:
            found |= {plan.vital, plan.survived}
        by_then = outcome not in plan.outcomes or self.sheet.names.time_points[outcome] is not None
        timed = by_then or bool({event, outcome} & self.units.keys())
        if timed and self.sheet.names.outcomes[outcome].kind != "continuous":
            found.add(plan.followup.place if plan.followup is not None else plan.places.get("last"))
            if event in plan.dates or plan.followup is None:
                found.add(plan.places.get("start"))
        return sorted(place for place in found if place is not None)

    def columns(self, outcome: str, event: str) -> str:
        """Name the columns that were used for an outcome."""
        ending = "" if len(self.places(outcome, event)) == 1 else "s"
        return f"column{ending} {self.headings(outcome, event)}"

    def headings(self, outcome: str, event: str) -> str:
        return ", ".join(self.sheet.table.heading(place) for place in self.places(outcome, event))

    def contradicts(self, patient: Patient, place: int | None, message: str) -> None:
        if (patient.row, place, message) not in self._told:
            self._told.add((patient.row, place, message))
            self.sheet.problems.at(patient.row, place, None, message, "Correct one of the two cells.")

    def resolution(self, asked: _Asked) -> None:
        """Warn where times in whole months cannot tell a time point in days."""
        key = self._key(asked)
        unit = self.units.get(key) or (self.series.followup_unit if asked.event == FATAL else "")
        if asked.by is None or unit not in ("months", "years") or asked.by.unit not in ("days", "weeks"):
            return
        times = [patient.times.get(key) for patient in self.series.patients]
        if key not in self.units:
            times = [patient.followup for patient in self.series.patients]
        known = [time for time in times if time is not None]
        if known and asked.by.limit(unit) <= 1 and all(time == int(time) for time in known):
            self.sheet.notes.append(
                f"{asked.outcome.id}: the times are in whole {unit}, which cannot tell {asked.by} exactly; "
                f"{float(asked.by.limit(unit)):.3g} {unit} was taken for it."
            )

    def nested(self) -> None:
        """Hold the outcomes of each patient against those in which they are counted too, as ``within`` says."""
        names, own = self.sheet.names, self.plan.outcomes
        for narrow, wide in ((id, each) for id in own for each in names.review.contains(id) if each in own):
            if {names.outcomes[narrow].kind, names.outcomes[wide].kind} != {"proportion"}:
                continue
            told = f"says no, and {self.sheet.table.heading(own[narrow])} of the same row says yes, which it contains."
            for patient in self.series.patients:
                if patient.status.get(narrow) == 1 and patient.status.get(wide) == 0:
                    self.contradicts(patient, own[wide], told)

    # -- one patient ---------------------------------------------------------------------------------------------

    def _time(self, patient: Patient, asked: _Asked, happened: bool) -> tuple[float, str] | None:
        """Return when it happened; follow-up ends with a death."""
        for key in (asked.outcome.id, asked.event):
            if key in patient.times:
                return patient.times[key], self.units[key]
        if happened and asked.event == FATAL and patient.followup is not None:
            return patient.followup, self.series.followup_unit
        return None

    def _key(self, asked: _Asked) -> str:
        """Return by what the times of an outcome are called: its own, or those of its event."""
        return asked.outcome.id if asked.outcome.id in self.units else asked.event

    def _ever(self, patient: Patient, asked: _Asked) -> int | None:
        """Return whether it happened at any time: from a column that says so, or because it has a time."""
        event = asked.event
        state = patient.events.get(event)
        said_yes = False
        if state is None:
            names = self.sheet.names
            for id, own in patient.status.items():
                outcome = names.outcomes[id]
                if event_of(names, id) != event:
                    continue
                said_yes = said_yes or own not in (None, 0, LOST_STATE)
                if open_end(outcome.time_point):
                    state = own if own is None or own == LOST_STATE else min(own, 1)
        key = asked.outcome.id if asked.outcome.id in patient.times else event
        timed = key in patient.times
        has_column = event in self.plan.events or (event == FATAL and {self.plan.vital, self.plan.survived} != {None})
        if timed and state == 0:
            self.contradicts(patient, self._time_place(key), "is a time of what another column says did not happen.")
        if timed:
            return 1
        if state is None and not has_column and self._key(asked) in self.units and patient.followup is not None:
            if said_yes:
                return 1  # without a time
            return LOST_STATE if patient.lost and event != FATAL else 0
        return state

    def _time_place(self, event: str) -> int | None:
        plan = self.plan
        return plan.times[event].place if event in plan.times else plan.dates.get(event)

    def _watched(self, patient: Patient, by: Duration) -> bool | None:
        """Say whether a patient was followed up to a time point; ``None`` where nothing says how long."""
        seen = self._seen(patient)
        return None if seen is None else Fraction(seen[0]) >= by.limit(seen[1])

    def _seen(self, patient: Patient) -> tuple[float, str] | None:
        """Say how long a patient was under observation: to the last contact, or to a death."""
        if patient.followup is not None:
            return patient.followup, self.series.followup_unit
        return (patient.times[FATAL], self.units[FATAL]) if FATAL in patient.times else None

    def state(self, patient: Patient, asked: _Asked) -> str:
        """Say what is known of one patient and one outcome."""
        return self._own(patient, asked) if asked.own else self._from_times(patient, asked)

    def _own(self, patient: Patient, asked: _Asked) -> str:
        """From the outcome's own column, held against the times."""
        state = patient.status.get(asked.outcome.id)
        place = self.plan.outcomes[asked.outcome.id]
        by = asked.by
        ever = self._ever(patient, asked) if by is not None else None
        when = self._time(patient, asked, ever == 1)
        inside = when is not None and (by is None or Fraction(when[0]) <= by.limit(when[1]))
        if state == 1:
            if when is not None and not inside:
                self.contradicts(patient, place, f"says yes, and the time of it lies after {by}.")
            elif ever == 0:
                self.contradicts(patient, place, "says yes, and another column says that it never happened.")
            return _HAPPENED
        if state == 0 and inside and (by is not None or open_end(asked.outcome.time_point)):
            lies = f"lies within {by}" if by else "is given"
            self.contradicts(patient, place, f"says no, and the time of it {lies}.")
            return _HAPPENED
        if state == LOST_STATE:
            return _LOST
        if state is None:
            return _LOST if patient.lost else _UNKNOWN
        if by is not None:
            if when is not None:
                return _NOT  # it happened later, so that the patient was there
            watched = self._watched(patient, by)
            if watched is False or (watched is None and patient.lost):
                return _LOST
        return _NOT

    def _from_times(self, patient: Patient, asked: _Asked) -> str:
        """From whether and when it happened at all, and how long the patient was followed."""
        state = self._ever(patient, asked)
        by = asked.by
        if by is None:
            return {1: _HAPPENED, 0: _NOT, LOST_STATE: _LOST, None: _LOST if patient.lost else _UNKNOWN}[state]
        if state == 1:
            when = self._time(patient, asked, True)
            if when is not None:
                return _HAPPENED if Fraction(when[0]) <= by.limit(when[1]) else _NOT
            watched = self._watched(patient, by)
            return _HAPPENED if watched is False else _UNKNOWN
        watched = self._watched(patient, by)
        if watched:
            return _NOT if state in (0, LOST_STATE) else _UNKNOWN
        if watched is False and state is not None:
            return _LOST
        return _LOST if patient.lost or state == LOST_STATE else _UNKNOWN

    # -- all of a study and arm -------------------------------------------------------------------------------------

    def proportion(self, asked: _Asked, patients: Sequence[Patient]) -> tuple[dict[str, float | int], str] | None:
        """Count events and patients assessed."""
        states = [self.state(patient, asked) for patient in patients]
        self._order(asked)
        happened, stayed, lost = (states.count(each) for each in (_HAPPENED, _NOT, _LOST))
        if happened + stayed == 0:
            return None
        without = f"{stayed} known to be without it {asked.when}" if asked.by else f"{stayed} without it {asked.when}"
        rule = (
            f"Counted from {_rows(len(patients))} of patients ({self.columns(asked.outcome.id, asked.event)}): "
            f"{happened} with the event {asked.when}, {without}."
        )
        out = [f"{lost} lost before {asked.by}" if asked.by else f"{lost} lost to follow-up"] if lost else []
        unknown = states.count(_UNKNOWN)
        out += [f"{unknown} not assessed (empty{'' if asked.own else ', or no time'})"] if unknown else []
        rule += f" Out of the denominator: {' and '.join(out)}." if out else " Nobody is out of the denominator."
        return {"events": happened, "total": happened + stayed}, rule

    def _order(self, asked: _Asked) -> None:
        """Hold the time of an event against the time under observation, where both have one unit."""
        key = self._key(asked)
        unit, place = self.units.get(key), self._time_place(key)
        if unit is None or unit != self.series.followup_unit or key in self._ordered:
            return
        self._ordered.add(key)
        for patient in self.series.patients:
            time, followup = patient.times.get(key), patient.followup
            if time is None or followup is None:
                continue
            if asked.event == FATAL and time < followup:
                self.contradicts(patient, place, "lies before the end of follow-up, and is a death.")
            elif asked.event != FATAL and time > followup:
                self.contradicts(patient, place, "lies after the end of follow-up.")

    def rate(self, asked: _Asked, patients: Sequence[Patient]) -> tuple[dict[str, float | int], str] | None:
        """Count events and the time at risk."""
        unit = asked.outcome.time_unit
        events = 0
        days = Fraction(0)
        used = without_time = unknown = 0
        first_only = self._key(asked) in self.units or asked.event == FATAL
        for patient in patients:
            state = patient.status.get(asked.outcome.id) if asked.own else self._ever(patient, asked)
            when = self._time(patient, asked, bool(state)) if first_only and state != 0 else None
            until = when or self._seen(patient)
            if state is None or state == LOST_STATE:
                if until is None or state is None:
                    unknown += 1
                    continue
                state = 0
            if until is None:
                without_time += 1
                continue
            used += 1
            events += state
            days += Fraction(until[0]) * DAYS[until[1]]
        if not used or not days:
            return None
        self._order(asked)
        time = float(days / DAYS[unit])
        ends = "the event or the last contact" if first_only else "the last contact, also after an event"
        rule = (
            f"Counted from {_rows(len(patients))} of patients ({self.columns(asked.outcome.id, asked.event)}): "
            f"{events} events in {used} patients; the time of each runs to {ends}."
        )
        out = [f"{unknown} not assessed"] if unknown else []
        out += [f"{without_time} without a time"] if without_time else []
        rule += f" Left out: {' and '.join(out)}." if out else " Nobody is left out."
        return {"events": events, "total": used, "time": round(time, 6)}, rule

    def measured(self, outcome: Outcome, patients: Sequence[Patient]) -> tuple[dict[str, float | int], str] | None:
        """Mean, standard deviation and quantiles of what was measured."""
        found = sorted(patient.values[outcome.id] for patient in patients if outcome.id in patient.values)
        n = len(found)
        if not n:
            return None
        mean = math.fsum(found) / n
        values: dict[str, float | int] = {
            "total": n, "mean": _short(mean), "median": _short(_quantile(found, 0.5)),
            "min": found[0], "max": found[-1],
        }  # fmt: skip
        if n > 1:
            values["sd"] = _short(math.sqrt(math.fsum((value - mean) ** 2 for value in found) / (n - 1)))
            values["q1"], values["q3"] = _short(_quantile(found, 0.25)), _short(_quantile(found, 0.75))
        missing = len(patients) - n
        rule = (
            f"Worked out from {_rows(len(patients))} of patients ({self.columns(outcome.id, outcome.id)}); "
            "quartiles as spreadsheets have them."
        )
        rule += f" Out of the number: {missing} not measured (empty)." if missing else " Nobody is left out."
        return values, rule


def _quantile(values: Sequence[float], p: float) -> float:
    """Interpolate between the ranked values, from the first at 0 to the last at 1 (Hyndman and Fan 1996, type 7)."""
    place = p * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])


def _short(value: float) -> float:
    """Ten significant digits: what a sheet holds, without the noise of the last bits."""
    return float(f"{value:.10g}")


def _rows(number: int) -> str:
    return f"{number} row{'' if number == 1 else 's'}"

