"""Sheets made for the tests, and a review that they are for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from synth.errors import Problem
from synth.extract import Figure, Understood, known_headings, understand
from synth.extract.reading.readers import parse_table
from synth.extract.reading.tables import Table, letters
from synth.review import Review, parse_review

REVIEW = """
schema = 1
title = "Spine"
primary_arm = "mis"
comparator_arms = ["open"]
question.text = "How many?"
[arms.mis]
label = "Minimally invasive"
aliases = ["percutaneous", "MISS"]
[arms.open]
label = "Open surgery"
[outcomes.mortality_30d]
label = "Death within 30 days"
time_point = "30 days"
event = "death"
within = "mortality_1y"
[outcomes.mortality_1y]
label = "Death within one year"
time_point = "1 year"
event = "death"
within = "mortality_followup"
[outcomes.mortality_followup]
label = "Death during follow-up"
time_point = "end of follow-up"
event = "death"
[outcomes.death_rate]
label = "Deaths in person-time"
kind = "rate"
event = "death"
[outcomes.infection]
label = "Wound infection"
aliases = ["SSI"]
[outcomes.falls]
label = "Falls in person-time"
kind = "rate"
time_unit = "months"
[outcomes.fusion]
label = "Fusion"
time_point = "1 year"
aliases = ["union", "bony healing"]
[outcomes.pain]
label = "Pain"
kind = "continuous"
lowest = 0
highest = 10
step = 1
[outcomes.time_min]
label = "Operating time"
kind = "continuous"
unit = "minutes"
"""


def review(text: str = REVIEW) -> Review:
    """The review of these tests."""
    return parse_review(text.encode())


def csv_table(text: str, file: str = "sheet.csv") -> Table:
    """Read a table as a CSV is read."""
    return parse_table(text.encode(), file, known_headings(review()))


def workbook_table(header: Sequence[str], *rows: Sequence[str], sheet: str = "Data", first: int = 3) -> Table:
    """Make a table as of a worksheet whose first column is B and whose headings stand in row `first`."""
    return Table(
        "book.xlsx",
        list(header),
        first,
        [(first + number, list(row)) for number, row in enumerate(rows, start=1)],
        sheet=sheet,
        letters=[letters(place + 2) for place in range(len(header))],
    )


def understood(*sheets: str | Table, **options: Any) -> Understood:
    """Understand one or several sheets."""
    tables = [csv_table(sheet) if isinstance(sheet, str) else sheet for sheet in sheets]
    return understand(tables, review(), **options)


def numbers(figure: Figure) -> dict[str, float]:
    """Give the numbers that a figure has."""
    names = ("events", "total", "mean", "sd", "median", "q1", "q3", "min", "max", "time")
    return {name: value for name in names if (value := getattr(figure, name)) is not None}


def only(found: Understood, severity: str = "error") -> Problem:
    """Give the one problem of a severity."""
    problems = [problem for problem in found.problems if problem.severity == severity]
    assert len(problems) == 1, [str(problem) for problem in found.problems]
    return problems[0]


def clean(found: Understood) -> Understood:
    """Hold that nothing is wrong."""
    assert not found.problems, [str(problem) for problem in found.problems]
    return found
