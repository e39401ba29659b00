"""The extract room: sheets of study data to checked, frozen figures."""

from __future__ import annotations

from .checks import check_all
from .figures import ArmCount, BiasRow, Exclusion, Extracted, Figure, OutcomeCount, Selection, StudyArm
from .forms import Given
from .load import load
from .one_off import read_figures
from .patients import PatientSheet
from .select import select, summarise
from .understand import Understood, known_headings, understand

__all__ = [
    "ArmCount",
    "BiasRow",
    "Exclusion",
    "Extracted",
    "Figure",
    "Given",
    "OutcomeCount",
    "PatientSheet",
    "Selection",
    "StudyArm",
    "Understood",
    "check_all",
    "known_headings",
    "load",
    "read_figures",
    "select",
    "summarise",
    "understand",
]
