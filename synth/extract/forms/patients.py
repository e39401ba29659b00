"""Sheets with one row per patient: rows to patients, in numbers from the start, and none of a row in any message.

A problem names the cell and what belongs there, and never what stands in it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from ..contract import cells
from ..contract.patients import LOST_STATE, Patient, PatientSheet, Series, file_name, kept
from ..contract.sheets import fold
from ..contract.words import ALIVE, DEAD, FATAL, FEMALE, LOST, MALE, NO, YES, not_given, units_differ, word
from .common import Sheet
from .patient_columns import Plan, Timed, plan_of
from .patient_counts import count

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})", re.ASCII)
_LONGEST = 200 * 366  # days
_CALLED = ("pat", "pt", "case", "subject", "participant", "potilas", "paciente", "paziente")
_COUNT = re.compile(r"\d{1,4}(?:\.0{1,2})?", re.ASCII)


def read_patients(sheet: Sheet, taken: Sequence[str] = ()) -> list[PatientSheet]:
    """Read a sheet of patients.

    Parameters
    ----------
    sheet : Sheet
        Takes what is wrong, and what was understood.
    taken : sequence of str
        Names of files that are taken already.

    Returns
    -------
    list of PatientSheet
        One for each study, with what was counted.
    """
    plan = plan_of(sheet.table, sheet.names)
    _check_plan(sheet, plan)
    series = _Reader(sheet, plan).series()
    figures = count(sheet, plan, series)
    found: list[PatientSheet] = []
    for study in dict.fromkeys(patient.study for patient in series.patients):
        name = file_name(study, [*taken, *(each.name for each in found)])
        header, rows = kept(series, study)
        own = tuple(figure for figure in figures if figure.study == study)
        found.append(PatientSheet(name, study, header, rows, own, sheet.label))
    return found


def _check_plan(sheet: Sheet, plan: Plan) -> None:
    """Say which headings mean the same, lack a unit or mean nothing here."""
    table = sheet.table
    for first, second in plan.twice:
        sheet.problems.at(
            table.header_row, second, None, f"means the same as the column {table.heading(first)}.",
            "Keep one of the two, or rename one.",
        )  # fmt: skip
    for place in plan.without_unit:
        sheet.problems.at(
            table.header_row, place, None, "holds a time and does not say in which unit.",
            'Put the unit into the heading: "followup_months", or days, weeks, years.',
        )  # fmt: skip
    for id, place in plan.outcomes.items():
        if sheet.names.outcomes[id].kind == "continuous":
            sheet.check_units(sheet.names.outcomes[id], {"value": place})
    if "age" in plan.places and units_differ(table.unit(plan.places["age"]), "years"):
        sheet.problems.at(
            table.header_row, plan.places["age"], None, "is not in years.", "Give the age in years."
        )  # fmt: skip
    if plan.dates and "start" not in plan.places and not plan.times:
        sheet.problems.at(
            table.header_row, next(iter(plan.dates.values())), None,
            "is a date, and no column says from when the time is counted.",
            "Add the date of the operation, or give the time in days or months.",
        )  # fmt: skip
    if not plan.says_anything:
        sheet.problems.at(
            table.header_row, None, None, "has one row per patient, and no column for an outcome of this review.",
            f"Name a column after an outcome: {', '.join(sheet.names.outcomes)}.",
        )  # fmt: skip
    if plan.unknown:
        left = ", ".join(table.heading(place) for place in plan.unknown[:20])
        more = f" and {len(plan.unknown) - 20} more" if len(plan.unknown) > 20 else ""
        sheet.notes.append(f"columns that no outcome needs are not kept: {left}{more}.")


class _Reader:
    """Turns rows into patients."""

    def __init__(self, sheet: Sheet, plan: Plan) -> None:
        self.sheet, self.plan, self.table = sheet, plan, sheet.table
        self.names = sheet.names
        self._orders: dict[int, bool | None] = {}
        dated = "start" in plan.places
        last = plan.places.get("last") if dated else None
        self.followup = plan.followup or (None if last is None else Timed(last, "days"))
        self.units = {event: timed.unit for event, timed in plan.times.items()}
        if dated:
            self.units |= {event: "days" for event in plan.dates if event not in self.units}
        self._arms: dict[str, str] = {}

    def wrong(self, row: int, place: int, message: str, remedy: str, severity: str = "error") -> None:
        self.sheet.problems.at(row, place, None, message, remedy, severity)

    def series(self) -> Series:
        sheet, plan, table = self.sheet, self.plan, self.table
        if "study" not in plan.places and not sheet.given.study:
            sheet.problems.at(
                table.header_row, None, None, "has one row per patient, and nothing says of which study.",
                "Add a column study with its label in every row, or say which study it is (--study).",
            )  # fmt: skip
            return Series(())
        arm = "" if "arm" in plan.places else sheet.only_arm()
        if "arm" not in plan.places and not arm:
            return Series(())
        patients = []
        for row, found in table.rows:
            patient = self._patient(row, found, arm)
            if patient is not None:
                patients.append(patient)
        unit = self.followup.unit if self.followup else ""
        return Series(tuple(patients), unit, tuple(self.units.items()))

    def _patient(self, row: int, found: Sequence[str], arm: str) -> Patient | None:
        plan, places, sheet = self.plan, self.plan.places, self.sheet
        study = cells.text(found[places["study"]]) if "study" in places else sheet.given.study
        if not study:
            self.wrong(row, places["study"], "the study is empty.", "Type its label in every row.")
            return None
        if "arm" in places:
            arm = self._arm(row, places["arm"], found[places["arm"]])
            if not arm:
                return None
        patient = Patient(row, study, arm)
        if "age" in places:
            patient.age = self._decimal(row, places["age"], found, "the age in years", 130.0)
        if "sex" in places:
            patient.sex = _sex(word(found[places["sex"]]), sheet.table.header[places["sex"]])
        if "lost" in places:
            patient.lost = self._state(row, places["lost"], found[places["lost"]]) in (1, LOST_STATE)
        self._times(patient, row, found)
        for id, place in plan.outcomes.items():
            kind = self.names.outcomes[id].kind
            if kind == "continuous":
                value = self._decimal(row, place, found, "a number", None)
                if value is not None:
                    patient.values[id] = value
            else:
                patient.status[id] = self._state(row, place, found[place], counts=kind == "rate")
        for event, place in plan.events.items():
            patient.events[event] = self._state(row, place, found[place], words=event == FATAL)
        if plan.survived is not None:
            state = self._state(row, plan.survived, found[plan.survived])
            patient.events.setdefault(FATAL, 1 - state if state in (0, 1) else state)
        if plan.vital is not None:
            patient.events.setdefault(FATAL, self._state(row, plan.vital, found[plan.vital], words=True))
        return patient

    def _arm(self, row: int, place: int, cell: str) -> str:
        """Look an arm up; its name is the one cell of a patient's row that is the review's and not the patient's."""
        if not self._arms.get(cell):
            known = self.names.arm(cells.text(cell))
            self._arms[cell] = known or ""
            if known is None:
                names = ", ".join(arm.id for arm in self.names.review.arms)
                said = "the arm is empty." if not cell.strip() else "is no arm of this review."
                self.wrong(row, place, said, f"review.toml has: {names}.")
        return self._arms[cell]

    def _state(self, row: int, place: int, cell: str, *, counts: bool = False, words: bool = False) -> int | None:
        """Read yes and no, in figures and in common languages; an empty cell means not assessed."""
        plain = word(cell)
        if not plain or not_given(cell):
            return None
        if plain in LOST:
            return LOST_STATE
        if words and plain in DEAD | ALIVE:
            return 1 if plain in DEAD else 0
        if plain in YES:
            return 1
        if plain in NO:
            return 0
        if counts and _COUNT.fullmatch(plain):
            return int(float(plain))
        what = "a number of events, or yes or no" if counts else "1 for yes or 0 for no"
        self.wrong(row, place, f"is not {what}.", f"Type {what}; leave it empty where it was not assessed.")
        return None

    def _decimal(self, row: int, place: int, found: Sequence[str], what: str, most: float | None) -> float | None:
        cell = cells.text(found[place])
        if not cell or not_given(cell):
            return None
        plain = self.table.number(row, place, cell)
        value = plain if isinstance(plain, cells.Defect) else cells.number(plain, negative=most is None)
        if isinstance(value, cells.Defect) or (most is not None and value is not None and value > most):
            self.wrong(row, place, f"is not {what}.", f"Type {what} with a decimal point, or leave the cell empty.")
            return None
        return value

    def _times(self, patient: Patient, row: int, found: Sequence[str]) -> None:
        """Read times as they are, and dates as days from the start."""
        plan, places = self.plan, self.plan.places
        start = self._date(row, places["start"], found) if "start" in places else None
        if plan.followup is not None:
            patient.followup = self._decimal(row, plan.followup.place, found, f"a time in {plan.followup.unit}", 1e5)
        elif start is not None and "last" in places:
            patient.followup = self._days(row, places["last"], found, start)
        for event, timed in plan.times.items():
            value = self._decimal(row, timed.place, found, f"a time in {timed.unit}", 1e5)
            if value is not None:
                patient.times[event] = value
        for event, place in plan.dates.items():
            if event in plan.times or "start" not in places:
                continue
            if start is None:
                if cells.text(found[place]) and not not_given(found[place]):
                    self.wrong(row, places["start"], "is empty, and an event has a date.", "Type the start's date.")
                continue
            days = self._days(row, place, found, start)
            if days is not None:
                patient.times[event] = days

    def _days(self, row: int, place: int, found: Sequence[str], start: datetime.date) -> float | None:
        date = self._date(row, place, found)
        if date is None:
            return None
        days = (date - start).days
        if days < 0 or days > _LONGEST:
            said = "lies before the start." if days < 0 else "lies more than 200 years after the start."
            self.wrong(row, place, said, "Correct one of the two dates.")
            return None
        return float(days)

    def _date(self, row: int, place: int, found: Sequence[str]) -> datetime.date | None:
        cell = cells.text(found[place])
        if not cell or not_given(cell):
            return None
        match = _ISO.fullmatch(cell)
        numbers: tuple[int, int, int] | None = None
        if match is not None:
            numbers = int(match[1]), int(match[2]), int(match[3])
        elif (match := _DAY_FIRST.fullmatch(cell)) is not None:
            day_first = self._day_first(place)
            if day_first is None:
                self.wrong(
                    row, place, "may have the day or the month first.", "Write dates as year-month-day: 2021-08-03."
                )
                return None
            first, second, year = int(match[1]), int(match[2]), int(match[3])
            numbers = (year, second, first) if day_first else (year, first, second)
        try:
            if numbers is not None and 1850 <= numbers[0] <= 2200:
                return datetime.date(*numbers)
        except ValueError:
            pass
        self.wrong(row, place, "is no date.", "Write it as year-month-day: 2021-08-03.")
        return None

    def _day_first(self, place: int) -> bool | None:
        """Tell from the whole column whether the day comes first; ``None`` where no cell decides."""
        if place not in self._orders:
            found = [_DAY_FIRST.fullmatch(cells.text(each[place])) for _, each in self.table.rows]
            matches = [match for match in found if match is not None]
            day = any(int(match[1]) > 12 for match in matches) or any("." in match[0] for match in matches)
            month = any(int(match[2]) > 12 for match in matches)
            self._orders[place] = None if day == month else day
        return self._orders[place]


def _sex(plain: str, heading: str) -> str:
    """Read a word for the sex; under the heading "male" yes and no are one."""
    if word(heading) == "male":
        return "male" if plain in YES | MALE else "female" if plain in NO | FEMALE else ""
    return "male" if plain in MALE else "female" if plain in FEMALE else ""


def looks_like_patients(sheet: Sheet, plan: Plan) -> bool:
    """Say whether the rows of a sheet are patients rather than studies.

    They are where nothing names a study or one study and arm has several rows, and a column numbers the patients, says
    yes and no, or dates something. One row for each study is of a patient only if a column says so.
    """
    rows, places = sheet.table.rows, plan.places
    if not plan.says_anything or len(rows) < 2:
        return False
    stated = [place for id, place in plan.outcomes.items() if sheet.names.outcomes[id].kind != "continuous"]
    filled = [cell for place in (*stated, *plan.events.values()) for _, found in rows if (cell := found[place].strip())]
    says_yes = bool(filled) and sum(map(_is_state, filled)) > 0.8 * len(filled)
    numbered = "patient" in places
    if "study" not in places:
        return says_yes or numbered or "start" in places
    named = [places[name] for name in ("study", "arm") if name in places]
    groups = {tuple(cells.text(found[place]).casefold() for place in named) for _, found in rows}
    if len(groups) == len(rows):
        # A running number may count studies as well; one patient of each study has to be called so.
        heading = fold(sheet.table.header[places["patient"]]) if numbered else ""
        return heading.startswith(_CALLED) and says_yes
    return says_yes or numbered or "start" in places


def _is_state(cell: str) -> bool:
    plain = word(cell)
    return not_given(cell) or plain in YES | NO | LOST | DEAD | ALIVE
