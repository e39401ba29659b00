"""Searching PubMed for a review: list the strategies, judge, count and run them, and write what they find."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import IncompleteSearch, ProblemsError, SettingsError, WorkspaceError
from ..search.client.entrez import Entrez
from ..search.lint.every import lint, lint_term
from ..search.run.collect import collect
from ..search.run.counts import Counts, Tell, count_lines, refuse_what_was_left_out
from ..search.run.runlog import Run
from ..search.run.store import Store
from ..search.strategy.model import Strategy, StrategyProblem
from ..search.strategy.query import Query
from ..workspace import Workspace
from .search_list import Listed, list_searches, open_store, open_strategy

__all__ = [
    "Counted",
    "Entrez",
    "Listed",
    "Searched",
    "StrategyProblem",
    "Tell",
    "count",
    "count_term",
    "export",
    "judge",
    "judge_term",
    "list_searches",
    "open_store",
    "open_strategy",
    "plan",
    "run_search",
]

# Biopython sends by POST what is longer than this when encoded.
_POST_ABOVE = 1000


def judge(strategy: Strategy) -> tuple[StrategyProblem, ...]:
    """Lint a strategy; return its warnings and notes.

    Raises
    ------
    ProblemsError
        There are errors: all of them, and the warnings.
    """
    return _without_errors(lint(strategy))


def judge_term(term: str) -> tuple[StrategyProblem, ...]:
    """As :func:`judge`, of a search that stands in no file.

    Raises
    ------
    ProblemsError
        There are errors.
    SettingsError
        It is empty.
    """
    if not term.strip():
        raise SettingsError("The search term is empty. Write what to search for: --term 'spinal fractures[mh]'")
    return _without_errors(lint_term(term))


def _without_errors(found: tuple[StrategyProblem, ...]) -> tuple[StrategyProblem, ...]:
    if any(problem.severity == "error" for problem in found):
        raise ProblemsError([problem for problem in found if problem.severity != "note"])
    return found


@dataclass(frozen=True)
class Counted:
    """What PubMed counts.

    Attributes
    ----------
    query : Query
        What was asked.
    counts : Counts
        What it answered.
    problems : tuple of StrategyProblem
        Warnings and notes of lint.
    """

    query: Query
    counts: Counts
    problems: tuple[StrategyProblem, ...]

    def check(self, *, allow_warnings: bool) -> None:
        """Raise where PubMed ignored a tag or found a phrase nowhere, unless that is allowed.

        Raises
        ------
        ProblemsError
            The counts answer another question than the one that was asked.
        """
        if not allow_warnings:
            refuse_what_was_left_out(self.query, self.counts)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "schema": "synth.search-count/1",
            "strategy": self.query.name,
            "lines": [line.to_json() for line in self.counts.lines],
            "whole": self.counts.whole.to_json(),
            "problems": [problem.to_dict() for problem in self.problems],
        }


def count(strategy: Strategy, entrez: Entrez, progress: Tell | None = None) -> Counted:
    """Count every line of a strategy and the whole.

    Raises
    ------
    ProblemsError
        The strategy has errors.
    ServiceError
        PubMed gave no usable answer.
    """
    problems = judge(strategy)
    return Counted(strategy.query, count_lines(strategy.query, entrez, progress=progress), problems)


def count_term(term: str, entrez: Callable[[], Entrez]) -> Counted:
    """Count a search that stands in no file.

    Parameters
    ----------
    term : str
        In PubMed's language.
    entrez : callable
        Makes the client; called once the term is known to have no errors.

    Raises
    ------
    ProblemsError
        The term has errors.
    SettingsError
        It is empty.
    """
    problems = judge_term(term)
    query = Query("--term", term, file="--term")
    return Counted(query, count_lines(query, entrez()), problems)


def plan(strategy: Strategy, store: Store) -> dict[str, Any]:
    """Say what a run would send, without sending anything.

    Raises
    ------
    ProblemsError
        The strategy has errors.
    """
    from urllib.parse import quote_plus

    problems = judge(strategy)
    waiting = store.interrupted()
    same = waiting is not None and waiting.digest == strategy.query.digest
    reason = "no run of it was interrupted" if waiting is None else "the interrupted run asked something else"
    return {
        "schema": "synth.search-plan/1",
        "strategy": strategy.name,
        "sha256": strategy.sha256,
        "database": strategy.database,
        "lines": [
            {"id": line.id, "label": line.label, "text": line.text, "sent": strategy.expanded(line.id)}
            for line in strategy.lines
        ],
        "term": strategy.term,
        "characters": len(strategy.term),
        "method": "POST" if len(quote_plus(strategy.term)) > _POST_ABOVE else "GET",
        "count_requests": len({strategy.expanded(line.id) for line in strategy.lines} | {strategy.term}),
        "then": "the PMIDs, 9,999 a request; the records, 200 a request",
        "continues": waiting.run if waiting is not None and same else None,
        **({} if same else {"continues_reason": reason}),
        "problems": [problem.to_dict() for problem in problems],
    }


@dataclass(frozen=True)
class Searched:
    """A run and what was written.

    Attributes
    ----------
    strategy : Strategy
        What was searched.
    run : Run
        Its log.
    problems : tuple of StrategyProblem
        Warnings and notes of lint.
    files : tuple of str
        What a person may open, as typed from the review.
    error : IncompleteSearch or None
        Why it is not complete.
    """

    strategy: Strategy
    run: Run
    problems: tuple[StrategyProblem, ...]
    files: tuple[str, ...]
    error: IncompleteSearch | None

    def check(self) -> None:
        """Raise what keeps the run from being complete.

        Raises
        ------
        IncompleteSearch
            With every reason.
        """
        if self.error is not None:
            raise self.error


def run_search(
    workspace: Workspace,
    strategy: Strategy,
    entrez: Entrez,
    *,
    resume: bool = False,
    limit: int | None = None,
    allow_warnings: bool = False,
    progress: Tell | None = None,
) -> Searched:
    """Run a strategy whole, and write its records for other programs too.

    Raises
    ------
    ProblemsError
        The strategy has errors, or PubMed ignored a part of it.
    ServiceError, IncompleteSearch, WorkspaceError, SettingsError
        As :func:`synth.search.run.collect.collect` has them; an incomplete run whose records were stored comes back
        with its error.
    """
    problems = judge(strategy)
    store = open_store(workspace, strategy.name)
    error: IncompleteSearch | None = None
    try:
        run = collect(
            strategy.query, store.folder, entrez, resume=resume or None, limit=limit, allow_warnings=allow_warnings,
            progress=progress,
        )  # fmt: skip
    except IncompleteSearch as incomplete:
        if not isinstance(incomplete.run, Run):
            raise
        run, error = incomplete.run, incomplete
    files = write_exports(workspace, store, strategy.name) if run.log["installed"] else [store.sample_file]
    shown = tuple(workspace.relative(path) for path in [store.run_file(run.name), *files])
    return Searched(strategy, run, problems, shown, error)


def export(workspace: Workspace, name: str) -> tuple[str, ...]:
    """Write the stored records of a search for other programs once more, without asking anybody.

    Raises
    ------
    WorkspaceError
        Nothing is stored yet.
    ProblemsError
        The stored records are damaged.
    """
    strategy = open_strategy(workspace, name)
    store = open_store(workspace, strategy.name)
    if not store.records_file.exists():
        raise WorkspaceError(f"{strategy.name} has no stored records yet: synth search {strategy.name}")
    return tuple(workspace.relative(path) for path in write_exports(workspace, store, strategy.name))


def write_exports(workspace: Workspace, store: Store, name: str) -> list[Path]:
    """Write the stored records as RIS, NBIB, BibTeX and CSV beside them: all four or none.

    Returns
    -------
    list of Path
        The files, the canonical records first.
    """
    from ..search.exports.bibtex import to_bibtex
    from ..search.exports.nbib import to_nbib
    from ..search.exports.ris import to_ris
    from ..search.exports.table import to_csv
    from ..workspace import write_all

    records = list(store.records())
    exports = {"ris": to_ris, "nbib": to_nbib, "bib": to_bibtex, "csv": to_csv}
    texts: Mapping[Path, str] = {store.folder / f"{name}.{end}": write(records) for end, write in exports.items()}
    write_all(texts)
    return [store.records_file, *texts]
