"""The extract room: sheets of study data to checked, frozen figures."""

from __future__ import annotations

from .figures import ArmCount, Exclusion, Extracted, Figure, OutcomeCount, Selection, StudyArm
from .load import load
from .one_off import read_figures
from .select import select, summarise

__all__ = [
    "ArmCount",
    "Exclusion",
    "Extracted",
    "Figure",
    "OutcomeCount",
    "Selection",
    "StudyArm",
    "load",
    "read_figures",
    "select",
    "summarise",
]
