"""What one sheet says against what another says."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from synth.errors import Problem
from synth.workspace import Review, visible

from ..contract.figures import Figure, StudyArm, place_of, problem_of
from ..forms.rows import identity


def cross_check(figures: Sequence[Figure], studies: Sequence[StudyArm], review: Review) -> list[Problem]:
    """Return what the sheets say against each other.

    Errors: an overlap with a study that is nowhere, with itself or in a circle; a number of events for an outcome
    that is a mean; more patients than the arm has, unless the row is excluded with a reason. Warnings: results of a
    study or arm that studies.csv does not have (often a slip in the name: its patients would be another study's).
    """
    return [*_kinds(figures, review), *_described(figures, studies), *_overlaps(figures, studies)]


def _kinds(figures: Sequence[Figure], review: Review) -> list[Problem]:
    continuous = {outcome.id for outcome in review.outcomes if outcome.kind == "continuous"}
    return [
        problem_of(
            figure,
            "events",
            f"{figure.outcome} is continuous in review.toml, so nothing is counted, and the row has events.",
            'Leave events empty and fill in mean and sd, or make the outcome kind = "proportion".',
            value=str(figure.events),
        )
        for figure in figures
        if figure.outcome in continuous and figure.events is not None
    ]


def _described(figures: Sequence[Figure], studies: Sequence[StudyArm]) -> list[Problem]:
    if not studies:
        return []
    arms = {(identity(s.study), s.arm): s for s in studies}
    labels = {identity(s.study): s.study for s in studies}
    problems: list[Problem] = []
    told: set[tuple[str, str]] = set()
    for figure in figures:
        key = (identity(figure.study), figure.arm)
        described = arms.get(key)
        if described is None:
            if key in told:
                continue
            told.add(key)
            if key[0] in labels:
                message = f'has no row in the studies sheet for the arm "{figure.arm}".'
                remedy = "Add that row, or correct the arm."
            else:
                near = difflib.get_close_matches(key[0][:200], labels, n=1)
                hint = f' Did you mean "{visible(labels[near[0]])}"?' if near else ""
                message, remedy = f"has no row in the studies sheet.{hint}", "Add it there, or correct the label."
            problems.append(problem_of(figure, "study", message, remedy, value=figure.study, severity="warning"))
        elif described.n is not None and figure.unit == "patients" and (figure.total or 0) > described.n:
            problems.append(
                problem_of(
                    figure,
                    "total",
                    f"is more than the {described.n} patients of the arm ({place_of(described)}).",
                    "Correct one of them; if the source prints just that, say so in the column exclude of the row.",
                    value=str(figure.total),
                    severity="warning" if figure.exclude else "error",
                )
            )
    return problems


def _overlaps(figures: Sequence[Figure], studies: Sequence[StudyArm]) -> list[Problem]:
    labels = {identity(f.study): f.study for f in figures} | {identity(s.study): s.study for s in studies}
    parents = containing(studies)
    problems = []
    for study in studies:
        if not study.overlaps:
            continue
        target = identity(study.overlaps)
        if target not in labels:
            near = difflib.get_close_matches(target[:200], labels, n=1)
            hint = f' Did you mean "{visible(labels[near[0]])}"?' if near else ""
            message = f"is no study of this review.{hint}"
        elif identity(study.study) in ancestors(identity(study.study), study.arm, parents):
            message = "goes in a circle: the study would be contained in itself."
        else:
            continue
        problems.append(
            problem_of(
                study,
                "overlaps",
                message,
                "Type the label of the study whose patients include these, or leave the cell empty.",
                value=study.overlaps,
            )
        )
    return problems


def containing(studies: Sequence[StudyArm]) -> dict[tuple[str, str], str]:
    """Return, for a study and arm, the study that contains it."""
    return {(identity(s.study), s.arm): identity(s.overlaps) for s in studies if s.overlaps}


def ancestors(study: str, arm: str, parents: dict[tuple[str, str], str]) -> list[str]:
    """Return all studies that contain this one, the nearest first; a circle ends where it closes."""
    found: list[str] = []
    current = parents.get((study, arm))
    while current is not None and current not in found:
        found.append(current)
        current = parents.get((current, arm))
    return found
