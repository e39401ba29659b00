"""The extract room: sheets of study data to checked, frozen figures."""

from __future__ import annotations

from .checks.every import check_all
from .contract.figures import ArmCount, BiasRow, Exclusion, Extracted, Figure, OutcomeCount, Selection, StudyArm
from .contract.patients import PatientSheet
from .forms.common import Given
from .load import load
from .one_off import read_figures
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
