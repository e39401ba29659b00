"""Report: every outcome of a review pooled where its page is not up to date, and one page for the whole of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .._version import __version__
from ..errors import NothingToPool, SynthError, WorkspaceError
from ..extract import Extracted, load
from ..report.review.page import render
from ..report.review.summary import summary_row
from ..search.prisma_s_text import as_html
from ..workspace import Review, Workspace
from .bias import PAGE as BIAS_PAGE
from .bias import bias_document, bias_report
from .characteristics import study_rows
from .compute import document_of_review
from .fresh import Made, answering, inputs_of, made_outcomes, paths_of_index
from .identified import Identified, flow_of, identified
from .options import PoolOptions
from .outcomes import listing_of
from .output import check_writable, write_together
from .pool import pool_review
from .run import PoolRun, to_json
from .take_away import FOLDER, data_is_behind, listed_data, write_data

__all__ = ["Again", "Reported", "report"]

SCHEMA = "synth.index/1"
PAGE = "index.html"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Again:
    """How a page was pooled, out of the command that it carries.

    Parameters
    ----------
    arm, compare : see :func:`synth.steps.pool.pool_review`
    options : PoolOptions
        The method.
    """

    arm: str | None
    compare: tuple[str, str] | None
    options: PoolOptions


@dataclass(frozen=True)
class Reported:
    """What was made.

    Parameters
    ----------
    document : dict
        The index, schema ``synth.index/1``.
    page : Path
        Its page.
    pooled, kept : tuple of str
        Pages that were made now, and those that were up to date.
    failed : tuple of (str, SynthError)
        Outcomes that should have been pooled and were not.
    warnings : tuple of str
        What the sheets' readers noticed, and what cannot be read.
    """

    document: dict[str, Any]
    page: Path
    pooled: tuple[str, ...]
    kept: tuple[str, ...]
    failed: tuple[tuple[str, SynthError], ...]
    warnings: tuple[str, ...]

    def check(self) -> None:
        """Raise what failed.

        Raises
        ------
        SynthError
            An outcome could not be pooled, though it has data.
        """
        PoolRun((), (), self.failed, (), True).check()


def report(
    workspace: Workspace,
    *,
    how: Callable[[str], Again | None],
    index_only: bool = False,
    again: bool = False,
    progress: Say | None = None,
) -> Reported:
    """Write ``reports/index.html`` and ``index.json``, and before them the page of every outcome that needs it.

    Parameters
    ----------
    workspace : Workspace
        The review. It may have no searches, no sheets and no judgements: the page says so, and what to type.
    how : callable
        Reads the command line that a page carries; None where it is none of ``synth pool``.
    index_only : bool
        Pool nothing: show the pages that are there, those that are stale as such.
    again : bool
        Pool every outcome, those whose page is up to date too.
    progress : callable, optional
        Is told, in words, what is being done.

    Returns
    -------
    Reported
        What was made; :meth:`Reported.check` raises what failed.

    Raises
    ------
    ProblemsError, WorkspaceError
        The sheets cannot be used, or a file in the way is not synth's. Nothing has been written then.
    """
    tell = progress or (lambda text: None)
    page = workspace.reports / PAGE
    check_writable(page, page.with_suffix(".json"), make_folder=True)
    extracted, why_none = _sheets(workspace)
    left = _nothing(workspace, extracted)
    warnings = [] if extracted is None else [str(problem) for problem in extracted.warnings]
    done: list[str] = []
    kept: list[str] = []
    failed: list[tuple[str, SynthError]] = []
    if extracted is not None and not index_only:
        wanted, kept = _wanted(workspace, left, how, again)
        for number, (outcome, way) in enumerate(wanted, start=1):
            tell(f"Pooling {outcome} ({number} of {len(wanted)})")
            run = pool_review(workspace, [outcome], arm=way.arm, compare=way.compare, options=way.options)
            done += [each.html_path.name for each in run.pooled]
            failed += run.failed
        if extracted.appraisals:
            bias_report(workspace)
    found, unreadable = made_outcomes(workspace)
    made = answering(workspace, found, left)
    if made and not index_only and (again or data_is_behind(workspace, made)):
        tell("Writing the data")
        try:
            write_data(workspace, made)
        except WorkspaceError as error:
            failed.append((f"reports/{FOLDER}", error))
    tell("Writing the index")
    searched = identified(workspace)
    command = "synth report --index-only" if index_only else "synth report"
    document = _document(workspace, extracted, why_none, made, left, failed, searched, command)
    fragments = [as_html(each["record"], level=3) if each["record"] else "" for each in searched.searches]
    write_together({page: render(document, searches=fragments), page.with_suffix(".json"): to_json(document)})
    return Reported(
        document, page, tuple(done), tuple(kept), tuple(failed), (*warnings, *unreadable, *searched.problems)
    )


def _sheets(workspace: Workspace) -> tuple[Extracted | None, str]:
    """Read the sheets; a review that has none yet is no failure here."""
    try:
        return load(workspace), ""
    except WorkspaceError as error:
        return None, str(error)


def _nothing(workspace: Workspace, extracted: Extracted | None) -> dict[str, str]:
    """Say of each outcome that has nothing to pool in the primary arm why that is so."""
    if extracted is None:
        return {}
    primary = workspace.review.primary_arm.id
    left = {}
    for count in listing_of(workspace.review, extracted).counts:
        if any(each.arm == primary and each.k for each in count.arms):
            continue
        try:
            document_of_review(workspace, extracted, count.outcome, primary, options=PoolOptions(), command="")
        except NothingToPool as error:
            left[count.outcome.id] = str(error)
        except SynthError:
            continue  # there is something after all: pooling it says what is wrong
    return left


def _wanted(
    workspace: Workspace, left: Mapping[str, str], how: Callable[[str], Again | None], again: bool
) -> tuple[list[tuple[str, Again]], list[str]]:
    """Choose what is to be pooled: what has no page, and what has a stale one, by the options of that page."""
    plain = Again(None, None, PoolOptions())
    made, _ = made_outcomes(workspace)
    known = [outcome.id for outcome in workspace.review.outcomes if outcome.id not in left]
    by_name = {each.path.stem: each for each in made}
    wanted: list[tuple[str, Again]] = []
    kept: list[str] = []
    for name in known:
        mine = by_name.pop(name, None)
        if mine is not None and not mine.stale and not again:
            kept.append(mine.page.name)
        else:
            way = how(mine.command) if mine is not None and mine.outcome == name else None
            wanted.append((name, plain if way is None or way.arm is not None or way.compare is not None else way))
    for each in by_name.values():
        way = how(each.command)
        if way is None or each.outcome not in known or (way.arm is None and way.compare is None):
            continue
        if each.stale or again:
            wanted.append((each.outcome, way))
        else:
            kept.append(each.page.name)
    return wanted, kept


def _document(
    workspace: Workspace,
    extracted: Extracted | None,
    why_none: str,
    made: Sequence[Made],
    left: Mapping[str, str],
    failed: Sequence[tuple[str, SynthError]],
    searched: Identified,
    command: str,
) -> dict[str, Any]:
    by_name = {each.path.stem: each for each in made}
    reasons = {**left, **{outcome: str(error) for outcome, error in failed}}
    outcomes, missing = [], []
    for outcome in workspace.review.outcomes:
        mine = by_name.pop(outcome.id, None)
        if mine is not None:
            outcomes.append(summary_row(mine.document, page=mine.page.name, stale=mine.reasons))
            continue
        reason = reasons.get(outcome.id) or why_none or f"it has no page yet: synth pool --outcome {outcome.id}"
        missing.append({"outcome": outcome.id, "label": outcome.label, "reason": reason})
    more = [summary_row(each.document, page=each.page.name, stale=each.reasons) for each in by_name.values()]
    own = [each.document for each in made if each.path.stem == each.outcome]
    studies = [] if extracted is None else study_rows(workspace.review, extracted, own)
    figures = None if extracted is None else len({each.study for each in extracted.figures})
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "generator": {"name": "synth", "version": __version__},
        "command": command,
        "review": _review(workspace.review),
        "outcomes": outcomes,
        "more_pages": more,
        "not_pooled": missing,
        "searches": list(searched.searches),
        "flow": flow_of(workspace, searched, figures, len(studies) - (figures or 0)).to_json(),
        "studies": studies,
        "bias": None,
        "data": listed_data(workspace),
        "problems": list(searched.problems),
        "inputs": inputs_of(workspace, paths_of_index(workspace)),
    }
    if extracted is not None and extracted.appraisals:
        document["bias"] = {
            "page": BIAS_PAGE if (workspace.reports / BIAS_PAGE).is_file() else None,
            "instruments": bias_document(workspace, extracted.appraisals)["instruments"],
        }
    else:
        document["bias_reason"] = "No study has been judged yet."
    if not studies:
        document["studies_reason"] = why_none or "The sheets name no study."
    return document


def _review(review: Review) -> dict[str, Any]:
    return {
        "title": review.title,
        "question": {name: value or None for name, value in asdict(review.question).items()}
        | {"reason": "review.toml does not say"},
        "arms": [{"id": arm.id, "label": arm.label, "role": arm.role} for arm in review.arms],
        "outcomes": [
            {
                "id": each.id, "label": each.label, "definition": each.definition, "time_point": each.time_point,
                "direction": each.direction, "kind": each.kind,
            }
            for each in review.outcomes
        ],
    }  # fmt: skip
