"""One patient of a series, as far as it is kept: what happened and when, and nothing by which anybody could be known.

Dates are turned into days from the start as they are read, numbers of files into running numbers, and every column that
means nothing here is left behind.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from .figures import Figure

LOST_STATE = -1
"""The patient was lost to follow-up before this was known; beside 1 and 0, and ``None`` for not assessed."""
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})


@dataclass(slots=True)
class Patient:
    """One row.

    Parameters
    ----------
    row : int
        Where it stood, for a message; the only thing of a row that a message shows.
    study, arm : str
        Label, and id of the arm.
    age : float or None
        In years.
    sex : {"", "male", "female"}
        As far as the word is known.
    lost : bool
        Whether the sheet says that the patient was lost to follow-up.
    followup : float or None
        Time under observation, in the sheet's unit.
    status : dict of str to int or None
        1, 0, :data:`LOST_STATE` or ``None``, by outcome; in a rate's own column a number of events.
    events : dict of str to int or None
        The same for what happened at any time, by event.
    times : dict of str to float
        Times to events, in the unit of the sheet's column.
    values : dict of str to float
        Measurements, by outcome.
    """

    row: int
    study: str
    arm: str
    age: float | None = None
    sex: str = ""
    lost: bool = False
    followup: float | None = None
    status: dict[str, int | None] = field(default_factory=dict)
    events: dict[str, int | None] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """Patients of one sheet, with what its columns mean.

    Parameters
    ----------
    patients : tuple of Patient
        In the order of the rows.
    followup_unit : str
        Unit of the time under observation; empty where there is none.
    units : tuple of (str, str)
        Unit of the time to each event.
    """

    patients: tuple[Patient, ...]
    followup_unit: str = ""
    units: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PatientSheet:
    """The patients of one study in the form in which they are kept, and what was counted from them.

    Parameters
    ----------
    name : str
        Name of the file without its suffix, made of the study's label.
    study : str
        Label of the study.
    header : tuple of str
        Headings of the kept form.
    rows : tuple of tuple of str
        The kept rows, with running numbers from 1. They go to ``extracted/patients`` and nowhere else.
    figures : tuple of Figure
        One for each outcome and arm, with the rule of its denominator in the note.
    origin : str
        File and sheet they were taken from.
    """

    name: str
    study: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    figures: tuple[Figure, ...]
    origin: str = ""


def file_name(study: str, taken: Sequence[str] = ()) -> str:
    """Return a file's name for a study: letters, digits and hyphens, no other file's and none that a system forbids.

    Examples
    --------
    >>> file_name("Wänman 2023"), file_name("../etc"), file_name("con"), file_name("A B", ["a-b"])
    ('wanman-2023', 'etc', 'con-study', 'a-b-2')
    """
    plain = unicodedata.normalize("NFKD", study).encode("ascii", "ignore").decode("ascii").casefold()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    if not name:
        name = f"study-{hashlib.sha256(study.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
    if name in _RESERVED:
        name = f"{name}-study"
    number, found = 2, name
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return found


def kept(series: Series, study: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return headings and rows of the kept form of one study's patients.

    Examples
    --------
    >>> patients = Patient(2, "A", "mis", followup=12.0, status={"fusion": 1}), Patient(3, "A", "mis")
    >>> kept(Series(patients, "months"), "A")[1]
    (('A', 'mis', '1', '12', '1'), ('A', 'mis', '2', '', ''))
    """
    patients = [patient for patient in series.patients if patient.study == study]
    statuses = list(dict.fromkeys(name for patient in series.patients for name in patient.status))
    events = list(dict.fromkeys(name for patient in series.patients for name in patient.events))
    values = list(dict.fromkeys(name for patient in series.patients for name in patient.values))
    units = dict(series.units)
    columns: list[tuple[str, list[str]]] = [
        ("study", [patient.study for patient in patients]),
        ("arm", [patient.arm for patient in patients]),
        ("patient", [str(number) for number in range(1, len(patients) + 1)]),
    ]
    if any(patient.age is not None for patient in patients):
        columns.append(("age", [_number(patient.age) for patient in patients]))
    if any(patient.sex for patient in patients):
        columns.append(("sex", [patient.sex for patient in patients]))
    if any(patient.lost for patient in patients):
        columns.append(("lost", ["1" if patient.lost else "" for patient in patients]))
    if series.followup_unit:
        columns.append((f"followup_{series.followup_unit}", [_number(patient.followup) for patient in patients]))
    columns += [(name, [_state(patient.events.get(name)) for patient in patients]) for name in events]
    columns += [
        (f"{name}_{unit}", [_number(patient.times.get(name)) for patient in patients]) for name, unit in units.items()
    ]
    columns += [(name, [_state(patient.status.get(name)) for patient in patients]) for name in statuses]
    columns += [(name, [_number(patient.values.get(name)) for patient in patients]) for name in values]
    return tuple(name for name, _ in columns), tuple(zip(*(cells for _, cells in columns), strict=True))


def _state(state: int | None) -> str:
    return "" if state is None else "lost" if state == LOST_STATE else str(state)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value == int(value) else repr(value)
