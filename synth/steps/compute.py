"""Join the rooms: rows selected from the sheets, pooled by the mathematics, told as one document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from .. import meta
from .._version import __version__
from ..errors import NothingToPool, SynthError
from ..extract import Exclusion, Extracted, Figure, Selection, StudyArm, select
from ..extract.check import identity
from ..meta.results import PoolResult
from ..report import document as documents
from ..workspace import Arm, Outcome, Workspace, digest, visible
from .run import Document


@dataclass(frozen=True)
class PoolOptions:
    """How to pool; every field means what it means in :func:`synth.meta.pool_proportions`.

    Examples
    --------
    >>> PoolOptions(ci_method="profile").flags()
    {'--ci': 'profile'}
    """

    measure: str = "PLOGIT"
    model: str = "glmm"
    effects: str = "random"
    tau2_method: str | None = None
    ci_method: str = "auto"
    prediction: str = "t"
    level: float = 0.95
    study_ci: str = "clopper-pearson"

    def flags(self) -> dict[str, str]:
        """Give the options of ``synth pool`` that are not at their defaults."""
        names = {"tau2_method": "--tau2", "ci_method": "--ci", "study_ci": "--study-ci"}
        return {
            names.get(field.name, f"--{field.name}"): str(getattr(self, field.name))
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }


def pool_figures(figures: Sequence[Figure], options: PoolOptions, *, leave_one_out: bool = True) -> PoolResult:
    """Pool rows that were selected, in their order."""
    return meta.pool_proportions(
        [figure.events for figure in figures],
        [figure.total for figure in figures],
        [figure.study for figure in figures],
        measure=options.measure,
        model=options.model,
        effects=options.effects,
        tau2_method=options.tau2_method,
        ci_method=options.ci_method,
        prediction=options.prediction,
        level=options.level,
        study_ci=options.study_ci,
        leave_one_out=leave_one_out,
    )


_MASKS: tuple[tuple[str, str, str, Callable[[Figure], bool]], ...] = (
    (
        "stated_denominators",
        "Without series whose denominator was derived",
        "Where the number of patients assessed was worked out and is not printed, the percentage may be another.",
        lambda figure: figure.total_basis != "derived",
    ),
    (
        "no_bounds",
        "Without figures that are only a bound",
        "Where a figure is the most or the least that it can be, the true percentage lies to one side of it.",
        lambda figure: not figure.bound,
    ),
)
_PROVENANCE = (
    "definition", "where", "events_basis", "total_basis", "bound", "confidence", "percent_reported", "note", "source",
    "file", "row",
)  # fmt: skip
# Headings that say nothing of what was counted.
_BARE = {"events", "event", "n events", "events n", "count", "x", "xi", "r", "ri", "cases"}


def alternatives(figures: Sequence[Figure], options: PoolOptions) -> list[Document]:
    """Pool again without the rows that are open to doubt, once for each kind of doubt.

    A set that leaves nothing out is not listed, nor is one that leaves out the same rows as an earlier one.
    """
    found: list[Document] = []
    seen: set[tuple[int, ...]] = set()
    for name, label, why, keeps in _MASKS:
        kept = tuple(index for index, figure in enumerate(figures) if keeps(figure))
        if len(kept) == len(figures) or kept in seen:
            continue
        seen.add(kept)
        result, reason = _try([figures[index] for index in kept], options)
        found.append(
            documents.sensitivity_row(
                id=name,
                label=label,
                why=why,
                omitted=[figure.study for figure in figures if not keeps(figure)],
                result=result,
                reason=reason,
            )
        )
    return found


def document_of_review(
    workspace: Workspace, extracted: Extracted, outcome: Outcome, arm: str, *, options: PoolOptions, command: str
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
    SettingsError, NoAnswer
        From the mathematics.
    """
    review = workspace.review
    arms = {each.id: each for each in review.arms}
    chosen = arms[arm]
    if outcome.kind != "proportion":
        raise NothingToPool(f"{outcome.id}: a continuous outcome (a mean); only proportions are pooled so far.")
    selection = select(extracted, outcome.id, arm)
    if not selection.included:
        raise NothingToPool(_nothing(outcome, chosen, selection))
    result = pool_figures(selection.included, options)
    beside = [each for each in review.arms if each.role in ("primary", "comparator") and each.id != arm]
    aside = [each for each in review.arms if each.role == "other" and each.id != arm]
    return documents.build(
        outcome=outcome.id,
        outcome_info=_info(outcome),
        arm=_arm(chosen),
        result=result,
        provenance=_provenance(selection.included),
        descriptors=_descriptors(extracted.studies, selection.included),
        excluded=[*_excluded(selection.excluded), *_of_other_arms(extracted, outcome, aside)],
        sensitivity=alternatives(selection.included, options),
        comparators=[_beside(extracted, outcome, each, options) for each in beside],
        review={
            "title": review.title,
            "question": {name: value or None for name, value in asdict(review.question).items()},
        },
        inputs=_inputs((workspace.review_file, *extracted.files), workspace.relative),
        command=command,
        version=__version__,
    )


def document_of_file(
    path: Path, extracted: Extracted, *, outcome: str | None, options: PoolOptions, command: str
) -> Document:
    """Pool the rows of any CSV.

    Parameters
    ----------
    path : Path
        The file, as it was named.
    extracted : Extracted
        Its rows, as :func:`synth.extract.read_figures` gives them: of one outcome and one arm.
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
    NothingToPool, SettingsError, NoAnswer
        There is no answer, and why.
    """
    first = extracted.figures[0] if extracted.figures else None
    if first is None:
        raise NothingToPool(f"{visible(str(path), 300)} has no row to pool.")
    selection = select(extracted, first.outcome, first.arm)
    if not selection.included:
        raise NothingToPool(f"Nothing to pool in {visible(str(path), 300)}.{_reasons(selection)}")
    label = first.outcome if first.outcome.casefold().replace("_", " ") not in _BARE else path.stem
    return documents.build(
        outcome=outcome or path.stem,
        outcome_info={
            "label": label,
            "definition": None,
            "time_point": None,
            "direction": "neutral",
            "predicate": "had the event",
        },
        arm=None if first.arm == "all" else {"id": first.arm, "label": first.arm},
        result=pool_figures(selection.included, options),
        provenance=_provenance(selection.included),
        descriptors=_descriptors(extracted.studies, selection.included),
        excluded=_excluded(selection.excluded),
        sensitivity=alternatives(selection.included, options),
        inputs=_inputs(extracted.files or (path,), lambda each: path.as_posix()),
        command=command,
        version=__version__,
    )


def _try(figures: Sequence[Figure], options: PoolOptions) -> tuple[PoolResult | None, str | None]:
    """Pool what stands beside the answer: where that fails, the answer stays and the reason is shown."""
    if not figures:
        return None, "no series is left"
    try:
        return pool_figures(figures, options, leave_one_out=False), None
    except SynthError as error:
        return None, str(error)


def _beside(extracted: Extracted, outcome: Outcome, arm: Arm, options: PoolOptions) -> Document:
    selection = select(extracted, outcome.id, arm.id)
    result, reason = _try(selection.included, options)
    return documents.comparator(
        arm=_arm(arm),
        result=result,
        provenance=_provenance(selection.included),
        descriptors=_descriptors(extracted.studies, selection.included),
        excluded=_excluded(selection.excluded),
        reason=reason if selection.included else "no series of this arm reports it",
    )


def _of_other_arms(extracted: Extracted, outcome: Outcome, arms: Sequence[Arm]) -> list[Document]:
    """List rows of arms that are neither pooled nor compared: they must not vanish."""
    rows: list[Document] = []
    for arm in arms:
        selection = select(extracted, outcome.id, arm.id)
        own = {(each.file, each.row): each.reason for each in selection.excluded}
        for figure in extracted.figures:
            if figure.outcome == outcome.id and figure.arm == arm.id:
                reason = own.get((figure.file, figure.row), f"the arm ({arm.label}) is neither pooled nor compared")
                rows += _excluded([Exclusion.of(figure, reason)])
    return rows


def _nothing(outcome: Outcome, arm: Arm, selection: Selection) -> str:
    return f"{outcome.id}: no series of the arm {visible(arm.label)} ({arm.id}) can be pooled.{_reasons(selection)}"


def _reasons(selection: Selection) -> str:
    if not selection.excluded:
        return " None reports it."
    return "".join(
        f"\n    {visible(each.study)} ({each.file}, row {each.row}): {visible(each.reason, 300)}"
        for each in selection.excluded
    )


def _info(outcome: Outcome) -> Document:
    return {
        "label": outcome.label,
        "definition": outcome.definition or None,
        "time_point": outcome.time_point or None,
        "direction": outcome.direction,
        "predicate": outcome.predicate or "had the event",
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
        known = {name: _or_none(value) for name, value in asdict(row).items()} if row else None
        if known:
            for name in ("study", "arm", "row", "file"):
                del known[name]
        found.append(known)
    return found


def _or_none(value: object) -> object:
    return None if value == "" else value


def _excluded(rows: Iterable[Exclusion]) -> list[Document]:
    return [{name: _or_none(value) for name, value in asdict(row).items()} for row in rows]


def _inputs(paths: Iterable[Path], name: Callable[[Path], str]) -> list[Mapping[str, str]]:
    return [{"path": name(path), "sha256": digest(path)} for path in paths]
