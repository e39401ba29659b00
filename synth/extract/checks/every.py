"""Everything that is checked of figures and studies, whatever form they came in and wherever they stand."""

from __future__ import annotations

from collections.abc import Sequence

from synth.errors import Problem
from synth.workspace import Review

from ..contract.figures import Figure, StudyArm
from .between import cross_check
from .counts import check_arms, check_nested
from .numbers import check_numbers
from .overlap import check_overlap
from .twins import check_twins


def check_all(
    figures: Sequence[Figure], studies: Sequence[StudyArm], review: Review, wholes: Sequence[Figure] = ()
) -> list[Problem]:
    """Check figures and studies against themselves, each other and the review.

    Parameters
    ----------
    figures, studies : sequence
        All of a review, or of a sheet.
    review : Review
        Outcomes, arms, and what lies within what.
    wholes : sequence of Figure
        Rows about whole studies, which are checked and not kept.

    Returns
    -------
    list of Problem
        Errors and warnings: an overlap that leads nowhere, more patients than the arm has, arms that do not add up to
        their study, an outcome that happens more often than one that contains it, numbers out of order or range,
        deviations that do not fit, means and percentages that whole values cannot give, men beyond the patients, a
        paper under two labels, labels and figures that are one study's, and cohorts that probably share patients.

    Examples
    --------
    >>> from synth.workspace import Arm, Outcome, Question
    >>> outcomes = Outcome("d30", "30 days", within=("y1",)), Outcome("y1", "1 year")
    >>> review = Review("T", Question("Q"), "", (Arm("mis", "MIS", "primary"),), outcomes)
    >>> counts = enumerate((("d30", 3), ("y1", 2)), start=2)
    >>> rows = [Figure("A", "mis", name, events, 43, file="a.csv", row=row) for row, (name, events) in counts]
    >>> print(check_all(rows, [], review)[0].message)
    d30 is more than y1, which contains it (3 > 2, row 3).
    """
    return [
        *cross_check(figures, studies, review),
        *check_numbers(figures, review),
        *check_nested(figures, review),
        *check_arms(figures, studies, wholes),
        *check_overlap(studies),
        *check_twins(figures, studies),
    ]
