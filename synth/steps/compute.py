"""Join the rooms: rows selected from the sheets, pooled by the mathematics, told as one document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import meta
from .._version import __version__
from ..errors import NothingToPool, SynthError
from ..extract import Exclusion, Extracted, Figure, StudyArm, select
from ..extract.forms.rows import identity
from ..extract.instruments import Appraisal, own_files
from ..meta.results import PoolResult
from ..report.outcome import document as documents
from ..workspace import Arm, Outcome, Workspace, digest, visible
from .analyses import analyses
from .gather import Gathered, Variables, check_studies, columns_for, gather
from .grade import with_certainty
from .judgements import NO_REVIEW, judgements
from .medians import estimated_note, is_estimated, with_estimates
from .options import PoolOptions
from .risk import level_of, risk_note, with_levels
from .run import Document
from .unasked import QUICK
from .whatif import with_what_if


def pool_gathered(gathered: Gathered, options: PoolOptions, *, leave_one_out: bool = True) -> PoolResult:
    """Pool studies that were selected, in their order."""
    wanted = options.leave_one_out if leave_one_out else False
    return meta.pool(gathered.data, gathered.studies, leave_one_out=wanted, **options.method(gathered.kind))


_MASKS: tuple[tuple[str, str, str, Callable[[Figure], bool]], ...] = (
    (
        "stated_denominators",
        "Without series whose denominator was derived",
        "Where the number of patients assessed was worked out and is not printed, the figure may be another.",
        lambda figure: figure.total_basis != "derived",
    ),
    (
        "printed_means",
        "Without means estimated from medians",
        "A mean that is estimated from a median rests on how the values are thought to be distributed.",
        lambda figure: not is_estimated(figure),
    ),
    (
        "no_bounds",
        "Without figures that are only a bound",
        "Where a figure is the most or the least that it can be, the true one lies to one side of it.",
        lambda figure: not figure.bound,
    ),
    (
        "no_high_risk_of_bias",
        "Without series at a high or critical risk of bias",
        "How a series was made or told may have moved its percentage, and no number of patients mends that.",
        lambda figure: level_of(figure) not in ("high", "critical"),
    ),
    (
        "low_risk_of_bias",
        "Without series judged to be at more than a low risk of bias",
        "Only series in which nothing was found that could have moved the percentage, and those that nobody judged.",
        lambda figure: level_of(figure) in ("low", ""),
    ),
)
_PROVENANCE = (
    "definition", "where", "events_basis", "total_basis", "bound", "confidence", "percent_reported", "note", "source",
    "file", "row",
)  # fmt: skip
# What a row of studies holds beside the description: where it stands, and whose it is.
_NO_DESCRIPTION = {"study", "arm", "row", "file", "more", "sheet", "cells", "letters"}
# Headings that say nothing of what was counted.
_BARE = {"events", "event", "n events", "events n", "count", "x", "xi", "r", "ri", "cases"}


def alternatives(gathered: Gathered, options: PoolOptions) -> list[Document]:
    """Pool again without the rows that are open to doubt, once for each kind of doubt.

    A set that leaves nothing out is not listed, nor is one that leaves out the same rows as an earlier one.
    """
    found: list[Document] = []
    seen: set[tuple[str, ...]] = set()
    for name, label, why, keeps in _MASKS:
        kept = gathered.only(keeps)
        omitted = tuple(study for study in gathered.studies if study not in set(kept.studies))
        if not omitted or omitted in seen:
            continue
        seen.add(omitted)
        result, reason = _try(kept, options)
        found.append(
            documents.sensitivity_row(
                id=name, label=label, why=why, omitted=list(omitted), result=result, reason=reason
            )
        )
    return found


def document_of_review(
    workspace: Workspace,
    extracted: Extracted,
    outcome: Outcome,
    arm: str,
    *,
    against: str | None = None,
    options: PoolOptions,
    command: str,
) -> Document:
    """Pool one outcome of a review, with the other arms beside it.

    Parameters
    ----------
    workspace : Workspace
        The review.
    extracted : Extracted
        Its sheets, as :func:`synth.extract.load` gives them.
    outcome : Outcome
        What to pool.
    arm : str
        The arm to pool; the review's other arms that are pooled or compared stand beside it.
    against : str, optional
        The arm that it is compared with, study by study; then no other arm stands beside.
    options : PoolOptions
        The method.
    command : str
        The command line that makes the document again.

    Returns
    -------
    dict
        The document.

    Raises
    ------
    NothingToPool
        No row of this outcome and arm can be used; says why each is out.
    SettingsError, UnknownName, NoAnswer
        From the mathematics, or a variable that is no column.
    """
    review = workspace.review
    extracted = with_levels(extracted, options.risk_of_bias)
    if outcome.kind == "continuous":
        extracted = with_estimates(extracted, [outcome.id], options.medians)
    arms = {each.id: each for each in review.arms}
    chosen = arms[arm]
    two = None if against is None else (chosen, arms[against])
    columns = columns_for(outcome.kind, options.measure, two is not None, outcome.id)
    gathered = gather(
        extracted, outcome.id, arm, columns, against=against, labels=[each.label for each in two or ()],
        exclude=options.exclude,
    )  # fmt: skip
    if not gathered.rows:
        raise NothingToPool(_nothing(outcome, chosen, gathered, None if two is None else two[1]))
    beside = [each for each in review.arms if each.role in ("primary", "comparator") and each.id != arm and not two]
    aside = [each for each in review.arms if each.id not in {arm, against} and (each.role == "other" or two)]
    made = _document(
        gathered,
        extracted.studies,
        options,
        outcome=outcome.id,
        outcome_info=_info(outcome),
        subgroups=outcome.subgroups,
        appraisals=extracted.appraisals,
        arm=_arm(chosen),
        arms=None if two is None else [_arm(each) for each in two],
        more_excluded=_of_other_arms(extracted, outcome, aside, columns_for(outcome.kind, None, False, outcome.id)),
        comparators=[_beside(extracted, outcome, each, options, columns) for each in beside],
        review={
            "title": review.title,
            "question": {name: value or None for name, value in asdict(review.question).items()},
        },
        inputs=_inputs((workspace.review_file, *extracted.files, *own_files(workspace.extracted)), workspace.relative),
        command=command,
    )
    return with_certainty(made, outcome.certainty, primary=review.primary_arm.id)


def document_of_file(
    path: Path,
    extracted: Extracted,
    *,
    other: Extracted | None = None,
    outcome: str | None,
    options: PoolOptions,
    command: str,
) -> Document:
    """Pool the rows of any CSV.

    Parameters
    ----------
    path : Path
        The file, as it was named.
    extracted : Extracted
        Its rows, as :func:`synth.extract.read_figures` gives them: of one outcome and one arm.
    other : Extracted, optional
        The rows of the arm that it is compared with.
    outcome : str or None
        Name of the outcome, where one was given.
    options : PoolOptions
        The method.
    command : str
        The command line that makes the document again.

    Returns
    -------
    dict
        The document, with no review.

    Raises
    ------
    NothingToPool, SettingsError, UnknownName, NoAnswer
        There is no answer, and why.
    """
    first = extracted.figures[0] if extracted.figures else None
    shown = visible(str(path), 300)
    if first is None:
        raise NothingToPool(f"{shown} has no row to pool.")
    check_studies(extracted, options.exclude)
    extracted = with_levels(extracted, options.risk_of_bias)
    other = other and with_levels(other, options.risk_of_bias)
    if "mean" in extracted.columns:
        extracted = with_estimates(extracted, [first.outcome], options.medians)
        other = other and with_estimates(other, [first.outcome], options.medians)
    against = other.figures[0].arm if other and other.figures else None
    columns = tuple(f"{name}_{arm}" for arm in (1, 2) for name in extracted.columns) if against else extracted.columns
    gathered = gather(
        extracted, first.outcome, first.arm, columns, against=against, labels=[first.arm, against or ""],
        exclude=options.exclude, other=other,
    )  # fmt: skip
    if not gathered.rows:
        raise NothingToPool(f"Nothing to pool in {shown}.{_reasons(gathered)}")
    label = first.outcome if first.outcome.casefold().replace("_", " ") not in _BARE else path.stem
    arms = [{"id": name, "label": name} for name in (first.arm, against) if name is not None]
    made = _document(
        gathered,
        (),
        options,
        outcome=outcome or path.stem,
        outcome_info={
            "label": label,
            "definition": None,
            "time_point": None,
            "direction": "neutral",
            "predicate": "had the event",
            "unit": None,
            "time_unit": None,
        },
        arm=None if first.arm == "all" else arms[0],
        arms=arms if against else None,
        inputs=_inputs(extracted.files or (path,), lambda each: path.as_posix()),
        command=command,
    )
    return with_certainty(made)


def _document(
    gathered: Gathered,
    described: Sequence[StudyArm],
    options: PoolOptions,
    *,
    more_excluded: Sequence[Document] = (),
    subgroups: Sequence[str] = (),
    appraisals: Sequence[Appraisal] | None = None,
    **about: Any,
) -> Document:
    try:
        result = pool_gathered(gathered, options)
    except NothingToPool as error:
        raise NothingToPool(f"{about['outcome']}: {error}") from error
    rows = {row[0].study: row for row in gathered.rows}
    pooled = [rows[study.study] for study in result.studies]
    unusable = [Exclusion.of(rows[left.study][0], left.reason) for left in result.left_out]
    arms = [each["id"] for each in about["arms"] or [about["arm"] or {"id": ""}]]
    labels = [study.study for study in result.studies]
    judged, why = (None, NO_REVIEW) if appraisals is None else judgements(appraisals, labels, arms)
    made = documents.build(
        result=result,
        risk_of_bias=judged,
        risk_of_bias_reason=why,
        preset=options.preset,
        provenance=_provenance([row[0] for row in pooled]),
        provenance_2=_provenance([row[1] for row in pooled]) if about["arms"] else None,
        descriptors=_descriptors(described, [row[0] for row in pooled]),
        excluded=[*_excluded(gathered.excluded), *_excluded(unusable), *more_excluded],
        sensitivity=alternatives(gathered, options),
        analyses=analyses(gathered, options, Variables(gathered, described), subgroups),
        notes=[*risk_note(options.risk_of_bias), *estimated_note(gathered.rows, options.medians)],
        version=__version__,
        **about,
    )
    if options.quick:
        return made | {"what_if": None, "what_if_reason": QUICK}
    return with_what_if(made, options.method(gathered.kind))


def _try(gathered: Gathered, options: PoolOptions) -> tuple[PoolResult | None, str | None]:
    """Pool what stands beside the answer: where that fails, the answer stays and the reason is shown."""
    if not gathered.rows:
        return None, "no series is left"
    try:
        return pool_gathered(gathered, options, leave_one_out=False), None
    except SynthError as error:
        return None, str(error)


def _beside(
    extracted: Extracted, outcome: Outcome, arm: Arm, options: PoolOptions, columns: Sequence[str]
) -> Document:
    gathered = gather(extracted, outcome.id, arm.id, columns, exclude=options.exclude)
    result, reason = _try(gathered, options)
    rows = {row[0].study: row[0] for row in gathered.rows}
    pooled = [] if result is None else [rows[study.study] for study in result.studies]
    unusable = [] if result is None else [Exclusion.of(rows[left.study], left.reason) for left in result.left_out]
    return documents.comparator(
        arm=_arm(arm),
        result=result,
        provenance=_provenance(pooled),
        descriptors=_descriptors(extracted.studies, pooled),
        excluded=_excluded([*gathered.excluded, *unusable]),
        reason=reason if gathered.rows else "no series of this arm reports it",
    )


def _of_other_arms(
    extracted: Extracted, outcome: Outcome, arms: Sequence[Arm], columns: Sequence[str]
) -> list[Document]:
    """List rows of arms that are neither pooled nor compared: they must not vanish."""
    rows: list[Document] = []
    for arm in arms:
        selection = select(extracted, outcome.id, arm.id, columns)
        own = {(each.file, each.row): each.reason for each in selection.excluded}
        for figure in extracted.figures:
            if figure.outcome == outcome.id and figure.arm == arm.id:
                reason = own.get((figure.file, figure.row), f"the arm ({arm.label}) is neither pooled nor compared")
                rows += _excluded([Exclusion.of(figure, reason)])
    return rows


def _nothing(outcome: Outcome, arm: Arm, gathered: Gathered, against: Arm | None) -> str:
    if against is None:
        who = f"no series of the arm {visible(arm.label)} ({arm.id}) can be pooled"
    else:
        who = f"no study can be pooled that has both {visible(arm.label)} ({arm.id}) and "
        who += f"{visible(against.label)} ({against.id})"
    return f"{outcome.id}: {who}.{_reasons(gathered)}"


def _reasons(gathered: Gathered) -> str:
    if not gathered.excluded:
        return " None reports it."
    return "".join(
        f"\n    {visible(each.study)} ({each.file}, row {each.row}): {visible(each.reason, 300)}"
        for each in gathered.excluded
    )


def _info(outcome: Outcome) -> Document:
    return {
        "label": outcome.label,
        "definition": outcome.definition or None,
        "time_point": outcome.time_point or None,
        "direction": outcome.direction,
        "predicate": outcome.predicate or "had the event",
        "unit": outcome.unit or None,
        "time_unit": outcome.time_unit or None,
    }


def _arm(arm: Arm) -> dict[str, str]:
    return {"id": arm.id, "label": arm.label}


def _provenance(figures: Sequence[Figure]) -> list[Document]:
    return [{name: _or_none(getattr(figure, name)) for name in _PROVENANCE} for figure in figures]


def _descriptors(studies: Sequence[StudyArm], figures: Sequence[Figure]) -> list[Document | None]:
    rows = {(identity(each.study), each.arm): each for each in studies}
    found: list[Document | None] = []
    for figure in figures:
        row = rows.get((identity(figure.study), figure.arm))
        cells = asdict(row).items() if row else ()
        known = {name: _or_none(value) for name, value in cells if name not in _NO_DESCRIPTION}
        found.append(known or None)
    return found


def _or_none(value: object) -> object:
    return None if value == "" else value


def _excluded(rows: Iterable[Exclusion]) -> list[Document]:
    return [{name: _or_none(value) for name, value in asdict(row).items()} for row in rows]


def _inputs(paths: Iterable[Path], name: Callable[[Path], str]) -> list[Mapping[str, str]]:
    return [{"path": name(path), "sha256": digest(path)} for path in paths]
