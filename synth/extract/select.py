"""Which rows can be pooled, and why the others cannot."""

from __future__ import annotations

from collections.abc import Sequence

from synth.workspace import Outcome, Review

from .check import identity
from .contract import POOLED_UNIT
from .crosscheck import ancestors, containing
from .figures import ArmCount, Exclusion, Extracted, Figure, OutcomeCount, Selection


def select(extracted: Extracted, outcome: str, arm: str) -> Selection:
    """Choose the rows of one arm that can be pooled for one outcome.

    Left out, each with its reason: a row that the sheet excludes, a mean, a count of anything but patients, a row
    without events or total, a total of zero, and a study whose patients are part of another one that is pooled here.

    Parameters
    ----------
    extracted : Extracted
        From :func:`~synth.extract.load.load` or :func:`~synth.extract.load.read_figures`.
    outcome, arm : str
        Their ids.

    Returns
    -------
    Selection
        Both in the order of the sheet. Each row of that outcome and arm is in one of them.

    Examples
    --------
    >>> figures = (Figure("A", "mis", "fusion", 9, 10), Figure("B", "mis", "fusion", None, 12))
    >>> found = select(Extracted(figures, (), (), ()), "fusion", "mis")
    >>> [f.study for f in found.included], found.excluded[0].reason
    (['A'], 'number of events not given in the source')
    """
    rows = [f for f in extracted.figures if f.outcome == outcome and f.arm == arm]
    reasons = {index: reason for index, figure in enumerate(rows) if (reason := _unusable(figure))}
    label = {identity(f.study): f.study for index, f in enumerate(rows) if index not in reasons}
    parents = containing(extracted.studies)
    for index, figure in enumerate(rows):
        if index in reasons:
            continue
        within = next((a for a in ancestors(identity(figure.study), arm, parents) if a in label), None)
        if within is not None:
            reasons[index] = f"its patients are part of {label[within]}, which is pooled here"
    return Selection(
        included=tuple(f for index, f in enumerate(rows) if index not in reasons),
        excluded=tuple(Exclusion.of(f, reasons[index]) for index, f in enumerate(rows) if index in reasons),
    )


def summarise(extracted: Extracted, review: Review) -> list[OutcomeCount]:
    """Count what there is for every outcome of the review, arm by arm, in the review's order.

    For a continuous outcome `k` counts the rows with mean, standard deviation and number of patients.
    """
    groups: dict[tuple[str, str], list[Figure]] = {}
    for figure in extracted.figures:
        groups.setdefault((figure.outcome, figure.arm), []).append(figure)
    return [
        OutcomeCount(
            outcome,
            tuple(
                _count(extracted, outcome, arm.id, groups[outcome.id, arm.id])
                for arm in review.arms
                if (outcome.id, arm.id) in groups
            ),
        )
        for outcome in review.outcomes
    ]


def _count(extracted: Extracted, outcome: Outcome, arm: str, rows: Sequence[Figure]) -> ArmCount:
    if outcome.kind == "continuous":
        usable = [f for f in rows if not f.exclude and f.mean is not None and f.sd is not None and f.total]
        return ArmCount(arm, len(usable), None, sum(f.total or 0 for f in usable), len(rows) - len(usable))
    chosen = select(Extracted(tuple(rows), extracted.studies, (), ()), outcome.id, arm)
    return ArmCount(
        arm,
        len(chosen.included),
        sum(f.events or 0 for f in chosen.included),
        sum(f.total or 0 for f in chosen.included),
        len(chosen.excluded),
    )


def _unusable(figure: Figure) -> str | None:
    """Return why a row cannot be pooled by itself, or ``None``."""
    if figure.exclude:
        return figure.exclude
    if figure.unit != POOLED_UNIT:
        return f"counted in {figure.unit}, not in patients"
    if figure.events is None and figure.mean is not None:
        return "a mean, not a number of patients with the event"
    if figure.events is None and figure.total is None:
        return "neither the number of events nor the number of patients is given in the source"
    if figure.events is None:
        return "number of events not given in the source"
    if figure.total is None:
        return "number of patients assessed not given in the source"
    if figure.total == 0:
        return "no patient was assessed (total 0)"
    return None
