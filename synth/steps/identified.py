"""What the searches of a review brought: their records for PRISMA-S, and the first boxes of the flow diagram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import SynthError
from ..report.review.counting import Chased, Searched, build
from ..report.review.flow import Flow
from ..search.run.store import Store
from ..workspace import Workspace
from .search_list import list_searches, open_store
from .search_report import chase_logs, record_of

__all__ = ["Identified", "flow_of", "identified"]


@dataclass(frozen=True)
class Identified:
    """The searches of a review.

    Parameters
    ----------
    searches : tuple of dict
        For each strategy its ``name``, ``title``, ``file``, ``state`` and ``record`` (schema ``synth.prisma-s/1``, null
        with its reason where it was not run or cannot be read).
    duplicates : int
        Records that two of them found, by PMID, less one each.
    chased : Chased or None
        Citation searches, added up; None where there were none.
    problems : tuple of str
        Logs that cannot be read.
    """

    searches: tuple[dict[str, Any], ...]
    duplicates: int
    chased: Chased | None
    problems: tuple[str, ...]


def identified(workspace: Workspace) -> Identified:
    """Read every log of a review's searches; one that cannot be read is said, and the others are shown."""
    searches: list[dict[str, Any]] = []
    problems: list[str] = []
    lists: list[list[int]] = []
    stores = [Store(workspace.queries)]
    for each in list_searches(workspace):
        one: dict[str, Any] = {"name": each.name, "title": each.title, "file": each.file, "record": None}
        searches.append(one)
        if each.problem:
            problems.append(each.problem)
            one["record_reason"] = f"it cannot be read: {each.problem}"
            continue
        store = open_store(workspace, each.name)
        stores.append(store)
        if not store.runs():
            begun = f", but it was begun ({each.interrupted})" if each.interrupted else ""
            one["record_reason"] = f"it was not run to its end yet{begun}: synth search {each.name}"
            continue
        try:
            one["record"] = record_of(workspace, each.name)
            if one["record"]["totals"]["sample"] is None:
                lists.append([int(pmid) for pmid in store.log(one["record"]["run"])["ids"]])
        except (SynthError, ValueError, KeyError, TypeError) as error:
            said = str(error) if isinstance(error, SynthError) else f"a log of {each.name} is not as synth writes it"
            problems.append(said)
            one["record"], one["record_reason"] = None, f"its log cannot be read: {said}"
    chased, more = _chased(stores)
    duplicates = sum(len(set(pmids)) for pmids in lists) - len({pmid for pmids in lists for pmid in pmids})
    return Identified(tuple(searches), duplicates, chased, (*problems, *more))


def _chased(stores: Sequence[Store]) -> tuple[Chased | None, list[str]]:
    """Add up the citation searches: each counts as new only what no earlier one brought."""
    logs: list[Mapping[str, Any]] = []
    problems = []
    for store in stores:
        try:
            logs += chase_logs(store)
        except SynthError as error:
            problems.append(str(error))
    names = ("identified", "duplicates", "already_there", "new")
    sums = dict.fromkeys(names, 0)
    read = 0
    for log in logs:
        found = log.get("counts")
        if not isinstance(found, dict) or any(type(found.get(name)) is not int for name in names):
            problems.append(f"The log of the citation search {log.get('run')} has no counts: run it again.")
            continue
        read += 1
        for name in names:
            sums[name] += found[name]
    return (Chased(**sums) if read else None), problems


def flow_of(workspace: Workspace, found: Identified, studies: int | None, without: int = 0) -> Flow:
    """Put the flow diagram together.

    Parameters
    ----------
    workspace : Workspace
        Whose ``review.toml`` has the counts of the screening.
    found : Identified
        Its searches.
    studies : int or None
        Studies in the sheets that give a figure.
    without : int
        Those of which no figure is on file.
    """
    said = workspace.review.screening
    return build(
        [_searched(each) for each in found.searches],
        duplicates=found.duplicates,
        chased=found.chased,
        screening=None if said is None else asdict(said),
        studies=studies,
        without=without,
    )


def _searched(search: Mapping[str, Any]) -> Searched:
    record = search["record"]
    label = search["title"] or search["name"]
    if record is None:
        return Searched(search["name"], f"PubMed: {label}", None, reason=search["record_reason"])
    totals, where = record["totals"], f"{record['database']}: {record['strategy']['title'] or label}"
    if totals["sample"] is not None:
        why = f"only a sample of {totals['sample']:,} was fetched: synth search {search['name']}"
        return Searched(search["name"], where, None, reason=why)
    return Searched(search["name"], where, totals["found"], totals["delivered"])
