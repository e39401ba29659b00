"""Citation searching for a review: what known publications cite and what cites them, stored and counted."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._version import __version__
from ..errors import IncompleteSearch, SettingsError
from ..search.chase import SCHEMA, Chase, chase
from ..search.client.entrez import PER_FETCH, Entrez
from ..search.known import by_doi
from ..search.records.pubmed_xml import read_pubmed_xml
from ..search.records.record import as_line
from ..search.run.lock import held
from ..search.run.runlog import PLATFORM
from ..search.run.store import Store, lines_of
from ..search.strategy.model import Strategy
from ..workspace import Workspace, now, write_all
from .run import to_json
from .search_list import open_store, open_strategy, strategy_names

__all__ = ["Chased", "chase_from", "seeds_of"]

Tell = Callable[[str, int, int], None]
"""Told of the stage, and how much of it is done, of how much."""
_SHOWN = 20


@dataclass(frozen=True)
class Seeds:
    """Where to begin.

    Attributes
    ----------
    pmids : mapping of int to str
        PMID and label.
    strategy : str
        The strategy whose known publications they are; "" where PMIDs were named.
    notes : tuple of str
        What was left out, and why.
    """

    pmids: Mapping[int, str]
    strategy: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Chased:
    """What was followed, found and stored.

    Attributes
    ----------
    found : Chase
        The citations.
    log : mapping
        Of schema ``synth.chase/1``, as it is stored.
    folder : str
        Where; "" outside of a review.
    not_delivered : tuple of int
        New PMIDs of which PubMed delivered no record.
    """

    found: Chase
    log: Mapping[str, Any]
    folder: str
    not_delivered: tuple[int, ...]

    def check(self) -> None:
        """Raise where records are missing.

        Raises
        ------
        IncompleteSearch
            With the PMIDs that were not delivered; of many, the first, and where all of them stand.
        """
        if self.not_delivered:
            reasons = [f"PMID {pmid} was not delivered." for pmid in self.not_delivered[:_SHOWN]]
            if (more := len(self.not_delivered) - _SHOWN) > 0:
                reasons.append(f"... and {more:,} more: {self.folder}/{self.log['run']}.json lists them.")
            raise IncompleteSearch(
                "PubMed did not deliver all records that the links lead to. What came is stored.", reasons
            )


def seeds_of(workspace: Workspace | None, words: Sequence[str], entrez: Entrez, *, every: bool = False) -> Seeds:
    """Say where to begin: the known publications of a strategy, all of its records, or PMIDs.

    Parameters
    ----------
    workspace : Workspace or None
        The review, or None outside of any.
    words : sequence of str
        The name of one strategy, or PMIDs.
    entrez : Entrez
        Asked for the PMID of publications of which only the DOI is known.
    every : bool
        Begin at every stored record of the strategy.

    Raises
    ------
    SettingsError
        Names and PMIDs are mixed, or there is nothing to begin at.
    UnknownName
        There is no strategy of that name.
    """
    numbers = [word for word in words if word.isascii() and word.isdigit() and 0 < int(word) < 10**9]
    if len(numbers) == len(words) and words:
        if every:
            raise SettingsError("--all goes with the name of a strategy: synth chase NAME --all")
        return Seeds({int(word): word for word in numbers}, "", ())
    if len(words) != 1:
        raise SettingsError("Give the name of one strategy, or PMIDs: synth chase 37268432 36434588")
    if workspace is None:
        raise SettingsError(f'"{words[0]}" is no PMID, and there is no review here whose strategy it could name.')
    strategy = open_strategy(workspace, words[0])
    if every:
        records = open_store(workspace, strategy.name).records()
        pmids = {record.pmid: f"{record.title[:80]}" for record in records}
        if not pmids:
            raise SettingsError(f"{strategy.name} has no stored records yet: synth search {strategy.name}")
        return Seeds(pmids, strategy.name, ())
    return _known(strategy, entrez)


def _known(strategy: Strategy, entrez: Entrez) -> Seeds:
    if not strategy.known:
        raise SettingsError(
            f"{strategy.file} names no known publications to begin at. Write them below [known], give PMIDs, or begin "
            f"at every stored record with --all."
        )
    found: dict[int, str] = {}
    notes = []
    for each in strategy.known:
        ids = (each.pmid,) if each.pmid is not None else by_doi(each.doi, entrez)
        if len(ids) == 1:
            found.setdefault(ids[0], each.label)
        else:
            what = "is not in PubMed" if not ids else "is that of several records"
            notes.append(f"{each.label}: the DOI {each.doi} {what}; its citations were not followed.")
    if not found:
        raise SettingsError(f"None of the known publications of {strategy.name} is in PubMed.")
    return Seeds(found, strategy.name, tuple(notes))


def chase_from(
    workspace: Workspace | None,
    seeds: Seeds,
    entrez: Entrez,
    *,
    references: bool = True,
    citing: bool = True,
    progress: Tell | None = None,
) -> Chased:
    """Follow the citations; in a review store the records that it did not have, and the log.

    Raises
    ------
    ServiceError, DamagedXML
        PubMed gave no usable answer; nothing was changed.
    Busy
        Another run is at work in the same folder.
    """
    tell = progress or (lambda stage, done, total: None)
    if workspace is None:
        found = _follow(seeds, entrez, frozenset(), references, citing, tell)
        times = [now().isoformat()] * 2
        return Chased(found, _log("", times, seeds, found, references, citing, (), ()), "", ())
    folder = workspace.queries / seeds.strategy / "chase" if seeds.strategy else workspace.queries / "chase"
    with held(folder):
        started = now()
        run = _free_name(folder, started.strftime("%Y-%m-%dT%H%M%SZ"))
        found = _follow(seeds, entrez, _there(workspace), references, citing, tell)
        files: dict[Path, str | bytes] = {}
        lines = dict(lines_of(folder / "records.jsonl"))
        batches: list[dict[str, Any]] = []
        missing: list[int] = []
        for start in range(0, len(found.new), PER_FETCH):
            part = found.new[start : start + PER_FETCH]
            tell("records", start, len(found.new))
            body = entrez.fetch(part)
            got = {record.pmid: as_line(record) for record in read_pubmed_xml(body)}
            lines.update((pmid, got[pmid]) for pmid in part if pmid in got)
            missing += [pmid for pmid in part if pmid not in got]
            name = f"{len(batches) + 1:05d}.xml.gz"
            packed = gzip.compress(body, 6, mtime=0)
            files[folder / "raw" / run / name] = packed
            batches.append({"file": name, "sha256": hashlib.sha256(packed).hexdigest(), "asked": len(part)})
        times = [started.isoformat(), now().isoformat()]
        log = _log(run, times, seeds, found, references, citing, batches, missing)
        files[folder / "records.jsonl"] = "".join(lines[pmid] for pmid in sorted(lines))
        files[folder / "pmids.txt"] = "".join(f"{pmid}\n" for pmid in sorted(lines))
        files[folder / f"{run}.json"] = to_json(log)
        write_all(files)
    return Chased(found, log, workspace.relative(folder), tuple(missing))


def _follow(
    seeds: Seeds, entrez: Entrez, there: frozenset[int], references: bool, citing: bool, tell: Tell
) -> Chase:
    return chase(
        seeds.pmids, entrez, there=there, references=references, citing=citing,
        progress=lambda done, total: tell("links", done, total),
    )  # fmt: skip


def _there(workspace: Workspace) -> frozenset[int]:
    """Every PMID that the review has: of its searches, of what earlier citation searches brought, and as known."""
    found: set[int] = set()
    for name in strategy_names(workspace):
        found.update(open_store(workspace, name).pmids())
        found.update(Store(workspace.queries / name / "chase").pmids())
    found.update(Store(workspace.queries / "chase").pmids())
    return frozenset(found)


def _free_name(folder: Path, stamp: str) -> str:
    name, number = stamp, 1
    while (folder / f"{name}.json").exists():
        number += 1
        name = f"{stamp}-{number}"
    return name


def _log(
    run: str,
    times: Sequence[str],
    seeds: Seeds,
    found: Chase,
    references: bool,
    citing: bool,
    batches: Sequence[Mapping[str, Any]],
    missing: Sequence[int],
) -> dict[str, Any]:
    directions = [name for name, wanted in (("references", references), ("citing articles", citing)) if wanted]
    return {
        "schema": SCHEMA,
        "run": run,
        "started": times[0],
        "finished": times[1],
        "tool": "synth",
        "tool_version": __version__,
        "platform": PLATFORM,
        "strategy": seeds.strategy,
        "directions": directions,
        "counts": found.counts(),
        "seeds": [seed.to_json() for seed in found.seeds],
        "already_there": sorted(found.together & found.there),
        "new": list(found.new),
        "batches": [dict(each) for each in batches],
        "not_delivered": list(missing),
        "warnings": [
            *seeds.notes,
            *(f"PubMed has no record {seed.pmid} ({seed.label})." for seed in found.seeds if not seed.known),
        ],
    }
