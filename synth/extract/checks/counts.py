"""Counts against each other: outcomes that lie within each other, arms against their study, men among the patients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from synth.errors import Problem
from synth.workspace import Review

from ..contract import cells
from ..contract.figures import Figure, StudyArm, place_of, problem_of
from ..contract.sheets import POOLED_UNIT
from ..forms.composite import count_parts
from ..forms.rows import identity


def check_nested(figures: Sequence[Figure], review: Review) -> list[Problem]:
    """Check that no outcome happens more often than one that contains it, as ``within`` in review.toml says.

    An error where as many patients were assessed for the wider outcome, else a warning: whoever was assessed early and
    not late may account for the difference. A figure that is only a bound proves nothing on its open side.
    """
    chains = {outcome.id: review.contains(outcome.id) for outcome in review.outcomes}
    found: dict[tuple[str, str], dict[str, Figure]] = {}
    for figure in figures:
        if figure.events is not None and figure.unit == POOLED_UNIT and not figure.exclude:
            found.setdefault((identity(figure.study), figure.arm), {})[figure.outcome] = figure
    problems = []
    for group in found.values():
        for inner in group.values():
            for name in chains.get(inner.outcome, ()):
                outer = group.get(name)
                if outer is None or inner.bound == "upper" or outer.bound == "lower":
                    continue
                assert inner.events is not None
                assert outer.events is not None
                if inner.events <= outer.events:
                    continue
                same = inner.total is None or outer.total is None or outer.total >= inner.total
                which = f"{inner.events} > {outer.events}, {place_of(outer, inner)}"
                problems.append(
                    problem_of(
                        inner,
                        "events",
                        f"{inner.outcome} is more than {name}, which contains it ({which}).",
                        "Correct one of them; if the source prints just that, say so in the column exclude of one row.",
                        value=str(inner.events),
                        severity="error" if same else "warning",
                    )
                )
    return problems


def check_arms(
    figures: Sequence[Figure], studies: Sequence[StudyArm], wholes: Sequence[Figure] = ()
) -> list[Problem]:
    """Check that the arms of a study add up to the study, and that there are no more men than patients.

    Parameters
    ----------
    figures : sequence of Figure
        Of single arms.
    studies : sequence of StudyArm
        What the studies are like.
    wholes : sequence of Figure
        Rows of a sheet about a whole study, which are checked and not kept.
    """
    return [*_sizes(studies), *_sums(figures, wholes), *_beyond(figures, studies), *_men(studies)]


def _sizes(studies: Sequence[StudyArm]) -> Iterator[Problem]:
    groups: dict[str, list[StudyArm]] = {}
    for study in studies:
        groups.setdefault(identity(study.study), []).append(study)
    for group in groups.values():
        said = [study for study in group if study.n_study is not None]
        if not said:
            continue
        first = said[0]
        for other in said[1:]:
            if other.n_study != first.n_study:
                yield problem_of(
                    other, "n_study", f"is {first.n_study} in {place_of(first, other)}.", "Correct one of them.",
                    value=str(other.n_study),
                )  # fmt: skip
        sizes = [study.n for study in group if study.n is not None]
        whole = first.n_study or 0
        if len(sizes) < len(group):
            if sizes and sum(sizes) > whole:
                yield _unequal(first, sum(sizes), whole, "error")
        elif sum(sizes) != whole:
            yield _unequal(first, sum(sizes), whole, "error" if sum(sizes) > whole else "warning")


def _unequal(study: StudyArm, arms: int, whole: int, severity: str) -> Problem:
    remedy = "Correct one of them." if severity == "error" else "Is an arm missing? If so, say in the note which."
    return problem_of(
        study, "n_study", f"the arms add up to {arms} patients, and the study has {whole}.", remedy,
        value=str(whole), severity=severity,
    )  # fmt: skip


def _sums(figures: Sequence[Figure], wholes: Sequence[Figure]) -> Iterator[Problem]:
    if not wholes:
        return
    groups: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        groups.setdefault((identity(figure.study), figure.outcome), []).append(figure)
    for whole in wholes:
        group = groups.get((identity(whole.study), whole.outcome), [])
        for name in ("events", "total"):
            said = whole.number(name)
            parts = [number for figure in group if (number := figure.number(name)) is not None]
            if said is None or not parts or len(parts) < len(group) or sum(parts) == said:
                continue
            more = sum(parts) > said
            yield problem_of(
                whole,
                name,
                f"the arms of {whole.outcome} add up to {sum(parts):g}, and the row of the whole study has {said:g}.",
                "Correct one of them." if more else "Is an arm missing? Correct one of them if not.",
                value=f"{said:g}",
                severity="error" if more else "warning",
            )


def _beyond(figures: Sequence[Figure], studies: Sequence[StudyArm]) -> Iterator[Problem]:
    """Warn where the patients assessed in all arms are more than the study has, or in no outcome as many.

    Fewer is asked only where no arm says its own size: whoever was not assessed may account for the difference.
    """
    whole = {identity(study.study): study.n_study for study in studies if study.n_study is not None}
    if not whole:
        return
    groups: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        if figure.total is not None and figure.unit == POOLED_UNIT and not figure.exclude:
            groups.setdefault((identity(figure.study), figure.outcome), []).append(figure)
    for (study, outcome), group in groups.items():
        total = sum(figure.total or 0 for figure in group)
        size = whole.get(study)
        if size is not None and len(group) > 1 and total > size:
            yield problem_of(
                group[-1], "total", f"the arms of {outcome} have {total} patients, and the study has {size}.",
                "Correct one of them.", value=str(group[-1].total), severity="warning",
            )  # fmt: skip
    yield from _short(groups, studies, whole)


def _short(
    groups: dict[tuple[str, str], list[Figure]], studies: Sequence[StudyArm], whole: dict[str, int]
) -> Iterator[Problem]:
    sized = {identity(study.study) for study in studies if study.n is not None}
    most: dict[str, dict[str, Figure]] = {}
    for (study, _), group in groups.items():
        arms = most.setdefault(study, {})
        for figure in group:
            if figure.arm not in arms or (figure.total or 0) > (arms[figure.arm].total or 0):
                arms[figure.arm] = figure
    for study, arms in most.items():
        total, size = sum(figure.total or 0 for figure in arms.values()), whole.get(study)
        if size is not None and study not in sized and total < size:
            last = list(arms.values())[-1]
            yield problem_of(
                last, "total", f"the arms add up to {total} patients, and the study has {size}.",
                "Is an arm missing, or was somebody not assessed? If so, say in the note which.",
                value=str(last.total), severity="warning",
            )  # fmt: skip


def _men(studies: Sequence[StudyArm]) -> Iterator[Problem]:
    for study in studies:
        said = cells.text(study.n_male)
        if not said:
            continue
        plain = said.isascii() and said.isdigit()
        parts = None if plain else count_parts(said)
        if plain and len(said) < 13:
            men, total, percent = int(said), None, ""
        elif parts is None or isinstance(parts, cells.Defect) or parts.get("events") is None:
            continue
        else:
            men, percent = int(parts.get("events") or 0), parts.percent
            own = parts.get("total")
            total = None if own is None else int(own)
        if total is not None and men > total:
            message = f"has more men than patients ({men} > {total})."
        elif study.n is not None and total is None and men > study.n:
            message = f"has more men than the arm has patients ({men} > {study.n})."
        elif percent and (total or study.n) and cells.agrees(men, total or study.n or 0, percent) is False:
            yield problem_of(
                study, "n_male", f"does not agree with {men} of {total or study.n}.", "Look at the source again.",
                value=said, severity="warning",
            )  # fmt: skip
            continue
        else:
            continue
        yield problem_of(study, "n_male", message, "Correct one of them.", value=said)
