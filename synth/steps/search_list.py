"""The searches of a review: reading a strategy and its logs, and listing all with their last run and its age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import Problem, ProblemsError, SynthError, UnknownName, WorkspaceError
from ..review import visible
from ..search.run.runlog import SCHEMA as RUN_SCHEMA
from ..search.run.store import Store
from ..search.strategy.model import Strategy, read_strategy
from ..search.strategy.toml import NAME
from ..workspace import Workspace, now

__all__ = ["Listed", "list_searches", "open_store", "open_strategy", "sound_log", "strategy_names"]

OLD = 365
"""Days after which a search is called old: Cochrane (MECIR C37) wants one within the 12 months before publication."""
_LOG_KEYS = {
    "run": str, "started": str, "finished": str, "resumed": list, "tool": str, "tool_version": str, "database": str,
    "platform": str, "strategy": dict, "query": str, "translation": str, "total": int, "ids": list, "missing": list,
    "warnings": list, "incomplete_reasons": list, "complete": bool, "installed": bool, "count_at_start": int,
}  # fmt: skip


def sound_log(store: Store, log: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a run log that holds what a report reads.

    Raises
    ------
    ProblemsError
        Somebody has changed it: with what is missing.
    """
    file = f"{store.folder.name}/runs/{visible(str(log.get('run', '?')))}.json"
    wrong = [name for name, kind in _LOG_KEYS.items() if not isinstance(log.get(name), kind)]
    its = log.get("strategy")
    inner = {"name": str, "file": str, "sha256": str, "digest": str, "text": str, "lines": list}
    if isinstance(its, dict):
        wrong += [f"strategy.{name}" for name, kind in inner.items() if not isinstance(its.get(name), kind)]
    if log.get("schema") != RUN_SCHEMA:
        wrong.append("schema")
    if wrong:
        what = f"{', '.join(wrong[:5])} {'is' if len(wrong) == 1 else 'are'} not as synth writes it."
        raise ProblemsError([Problem(file, what, "Restore the file from version control or a copy.")])
    return log


def strategy_names(workspace: Workspace) -> tuple[str, ...]:
    """Name the strategies of a review, in the order of the alphabet."""
    return tuple(sorted(path.stem for path in workspace.queries.glob("*.toml") if NAME.fullmatch(path.stem)))


def open_strategy(workspace: Workspace, name: str) -> Strategy:
    """Read a strategy of a review.

    Raises
    ------
    UnknownName
        There is none of that name.
    ProblemsError, WorkspaceError
        It cannot be read: every defect.
    """
    name = name.removesuffix(".toml").removeprefix("queries/")
    names = strategy_names(workspace)
    if name == "chase":
        raise WorkspaceError("queries/chase/ is where citation searches lie: give the strategy another name.")
    if name not in names:
        if not names:
            raise WorkspaceError(
                f"There is no strategy in {workspace.relative(workspace.queries)}/ yet: write "
                f"queries/NAME.toml. docs/search.md shows how, and queries/README.md has an example."
            )
        raise UnknownName("strategy", visible(name), names)
    path = workspace.queries / f"{name}.toml"
    return read_strategy(path, workspace.relative(path))


def open_store(workspace: Workspace, name: str) -> Store:
    """Return where the records of a strategy lie."""
    return Store(workspace.queries / name)


@dataclass(frozen=True)
class Listed:
    """A strategy and its last run.

    Attributes
    ----------
    name, title, file : str
        Of the strategy; the title is "" where it cannot be read.
    problem : str
        What is wrong with the file, or with its stored records.
    run, searched : str
        The last run, and when; "" where there is none.
    total : int or None
        Records that it found.
    age : int or None
        Days since then.
    changed : bool
        Whether the strategy asks something else since.
    interrupted : str
        How far a run came that has not ended; "" where there is none.
    runs : int
        Runs that have ended.
    complete : bool
        Whether the last of them has every record that it found.
    """

    name: str
    title: str
    file: str
    problem: str = ""
    run: str = ""
    searched: str = ""
    total: int | None = None
    age: int | None = None
    changed: bool = False
    interrupted: str = ""
    runs: int = 0
    complete: bool = True

    @property
    def state(self) -> str:
        """What a person should know of it, in few words."""
        if self.problem:
            return "cannot be read"
        if self.interrupted:
            return f"interrupted, {self.interrupted}"
        if not self.run:
            return "not run yet"
        if self.changed:
            return "the strategy has changed since: run it again"
        if not self.complete:
            return "not complete: run it again"
        age = "today" if not self.age else f"{self.age:,} day{'' if self.age == 1 else 's'} ago"
        return f"{age}: run it again" if (self.age or 0) > OLD else age

    def to_json(self) -> dict[str, Any]:
        """Return plain values, each null with its reason."""
        value: dict[str, Any] = {
            "name": self.name, "title": self.title, "file": self.file, "problem": self.problem, "last_run": self.run,
            "searched": self.searched, "records": self.total, "age_days": self.age, "changed_since": self.changed,
            "stale": self.changed or (self.age or 0) > OLD, "interrupted": self.interrupted, "runs": self.runs,
            "complete": self.complete if self.run else None,
            "state": self.state,
        }  # fmt: skip
        if not self.run:
            value["records_reason"] = value["age_days_reason"] = value["complete_reason"] = "not run yet"
        return value


def list_searches(workspace: Workspace) -> tuple[Listed, ...]:
    """Look at every strategy of a review; one that cannot be read is in the list too, with why."""
    names = strategy_names(workspace)
    found = [_listed(workspace, name) for name in names]
    for path in sorted(workspace.queries.glob("*.toml")):
        if path.stem not in names:
            why = "A strategy's name is letters, digits, _ and -, because it names a folder too. Rename the file."
            found.append(Listed(visible(path.stem, 60), "", visible(workspace.relative(path), 120), problem=why))
    return tuple(found)


def _listed(workspace: Workspace, name: str) -> Listed:
    file = workspace.relative(workspace.queries / f"{name}.toml")
    try:
        strategy = open_strategy(workspace, name)
        store = open_store(workspace, name)
        last, waiting, runs = store.last(), store.interrupted(), len(store.runs())
        if last is not None:
            sound_log(store, last)
    except SynthError as error:
        return Listed(name, "", file, problem=str(error))
    done = f"{waiting.done:,} of {waiting.total:,} records fetched" if waiting is not None else ""
    if last is None:
        return Listed(name, strategy.title, file, interrupted=done, runs=runs)
    age = (now() - datetime.fromisoformat(last["started"])).days
    changed = last["strategy"]["digest"] != strategy.query.digest
    return Listed(
        name, strategy.title, file, "", last["run"], last["started"], last["total"], max(age, 0), changed, done, runs,
        last["complete"],
    )
