"""Which rows can be pooled, and why the others cannot."""

from __future__ import annotations

from collections.abc import Sequence

from synth.workspace import Outcome, Review

from .checks.between import ancestors, containing
from .contract.figures import ArmCount, Exclusion, Extracted, Figure, OutcomeCount, Selection
from .contract.sheets import POOLED_UNIT
from .forms.rows import identity

COUNTS = ("events", "total")
_WORDS = {
    "events": "number of events",
    "total": "number of patients assessed",
    "n": "number of patients",
    "time": "person-time",
    "mean": "mean",
    "sd": "standard deviation",
    "r": "correlation",
    "estimate": "estimate",
    "se": "standard error",
}


def select(extracted: Extracted, outcome: str, arm: str, needs: Sequence[str] = COUNTS) -> Selection:
    """Choose the rows of one arm that can be pooled for one outcome.

    Left out, each with its reason: a row that the sheet excludes, a mean among counts, a count of anything but
    patients, a row without a number that is needed, nobody assessed, and a study whose patients are part of another
    one that is pooled here.

    Parameters
    ----------
    extracted : Extracted
        From :func:`~synth.extract.load.load` or :func:`~synth.extract.load.read_figures`.
    outcome, arm : str
        Their ids.
    needs : sequence of str
        What the pool is made from, by the names of :func:`synth.meta.pool`.

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
    reasons = {index: reason for index, figure in enumerate(rows) if (reason := _unusable(figure, needs))}
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

    For a continuous outcome `k` counts the rows with mean, standard deviation and number of patients, for a rate those
    with events and person-time.
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
        sheets = Extracted(tuple(rows), extracted.studies, (), ())
        usable = select(sheets, outcome.id, arm, ("mean", "sd", "n")).included
        return ArmCount(arm, len(usable), None, sum(f.total or 0 for f in usable), len(rows) - len(usable))
    needs = ("events", "time") if outcome.kind == "rate" else COUNTS
    chosen = select(Extracted(tuple(rows), extracted.studies, (), ()), outcome.id, arm, needs)
    return ArmCount(
        arm,
        len(chosen.included),
        sum(f.events or 0 for f in chosen.included),
        sum(f.total or 0 for f in chosen.included),
        len(chosen.excluded),
    )


def _unusable(figure: Figure, needs: Sequence[str]) -> str | None:
    """Return why a row cannot be pooled by itself, or ``None``."""
    if figure.exclude:
        return figure.exclude
    if figure.unit != POOLED_UNIT:
        return f"counted in {figure.unit}, not in patients"
    missing = [name for name in needs if _is_missing(figure, name)]
    if "events" in missing and figure.mean is not None:
        return "a mean, not a number of patients with the event"
    if missing == list(COUNTS):
        return "neither the number of events nor the number of patients is given in the source"
    if missing:
        return f"{' and '.join(_word(name) for name in missing)} not given in the source"
    if any(figure.number(name) == 0 for name in needs if name.split("_")[0] in ("total", "n")):
        which = next(name for name in needs if name.split("_")[0] in ("total", "n") and figure.number(name) == 0)
        return f"no patient was assessed ({'total' if which == 'n' else which} 0)"
    none = next((name for name in needs if name.split("_")[0] == "time" and figure.number(name) == 0), None)
    return f"nobody was at risk ({none} 0)" if none else None


def _is_missing(figure: Figure, name: str) -> bool:
    if name == "se" and figure.number("se") is None:
        return figure.number("ci_low") is None or figure.number("ci_high") is None
    return figure.number(name) is None


def _word(name: str) -> str:
    base, _, arm = name.partition("_")
    return f"{_WORDS[base]} in arm {arm}" if arm else _WORDS[base]
