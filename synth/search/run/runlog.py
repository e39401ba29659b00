"""The log of a run: what was asked, when, what PubMed counted, listed, delivered and warned of; whether that is all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from ..._version import __version__
from ..strategy.query import Query
from .batches import Batch
from .counts import Counts
from .slices import Found

__all__ = ["CLOCKED", "PLATFORM", "SCHEMA", "Missing", "Run", "Times", "make_log"]

SCHEMA: Final = "synth.search-run/1"
PLATFORM: Final = "NCBI E-utilities (https://eutils.ncbi.nlm.nih.gov/entrez/eutils/)"
CLOCKED: Final = ("run", "started", "finished", "resumed", "requests")
"""The fields of a log that depend on when and how smoothly a run went; all others depend on what PubMed says only."""


@dataclass(frozen=True)
class Times:
    """When a run began, was taken up again, and ended; and the requests of all its sessions."""

    started: str
    finished: str
    resumed: tuple[str, ...]
    sent: int
    retried: int


@dataclass(frozen=True)
class Missing:
    """A PMID that the search found and PubMed did not deliver, and what is known of the reason."""

    pmid: int
    reason: str


@dataclass(frozen=True)
class Run:
    """A run that has ended.

    Attributes
    ----------
    name : str
        Its start, as 2026-11-22T152733Z.
    folder : Path
        Of the search.
    log : mapping
        The whole run log, as it is stored; docs/search.md lists its fields.
    """

    name: str
    folder: Path
    log: Mapping[str, Any] = field(repr=False)

    @property
    def complete(self) -> bool:
        """Whether every record that the search found is there."""
        return bool(self.log["complete"])

    @property
    def total(self) -> int:
        """What PubMed counts for the whole search."""
        return int(self.log["total"])

    @property
    def records(self) -> int:
        """How many records are in the file of records."""
        return int(self.log["records"]["count"]) if self.log["records"] else 0

    @property
    def changes(self) -> Mapping[str, Any] | None:
        """What changed against the records stored before; None for a first run, and for one with a limit."""
        value: Mapping[str, Any] | None = self.log["changes"]
        return value

    @property
    def missing_ids(self) -> tuple[int, ...]:
        """PMIDs that the search found and PubMed did not deliver."""
        return tuple(self.log["missing_ids"])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What PubMed warned of, and what else is to be known."""
        return tuple(self.log["warnings"])


def make_log(
    query: Query,
    run: str,
    times: Times,
    counts: Counts,
    found: Found | None,
    *,
    wanted: Sequence[int] = (),
    batches: Sequence[Batch] = (),
    missing: Sequence[Missing] = (),
    records: Mapping[str, object] | None = None,
    changes: Mapping[str, object] | None = None,
    previous: str | None = None,
    limit: int | None = None,
    count_at_end: int | None = None,
    warnings: Sequence[str] = (),
    reasons: Sequence[str] = (),
) -> dict[str, Any]:
    """Put the log together; the words of its fields are the contract with reports."""
    log = {
        "schema": SCHEMA,
        "run": run,
        "started": times.started,
        "finished": times.finished,
        "resumed": list(times.resumed),
        "requests": {"sent": times.sent, "repeated": times.retried},
        "tool": "synth",
        "tool_version": __version__,
        "database": query.database,
        "platform": PLATFORM,
        "strategy": {
            "name": query.name,
            "file": query.file,
            "sha256": query.sha256,
            "digest": query.digest,
            "text": query.text,
            "lines": [each.to_json() for each in counts.lines],
        },
        "query": query.term,
        "translation": counts.whole.translation,
        "translations": [list(each) for each in counts.whole.translations],
        "total": counts.whole.count if found is None else found.total,
        "count_at_start": counts.whole.count,
        "count_at_end": count_at_end,
        "ids": [] if found is None else list(found.ids),
        "slices": [] if found is None else [asdict(each) for each in found.slices],
        "drift": [] if found is None else [asdict(each) for each in found.drift],
        "limit": limit,
        "asked": len(wanted),
        "received": sum(each.received for each in batches),
        "batches": [_batch(each) for each in batches],
        "missing_ids": [each.pmid for each in missing],
        "missing": [asdict(each) for each in missing],
        "records": None if records is None else dict(records),
        "installed": records is not None and limit is None,
        "previous_run": previous,
        "changes": None if changes is None else dict(changes),
        "warnings": list(warnings),
        "complete": not reasons,
        "incomplete_reasons": list(reasons),
    }
    # As it will be read back: what a caller is given is what is stored.
    plain: dict[str, Any] = json.loads(json.dumps(log, allow_nan=False))
    return plain


def _batch(batch: Batch) -> dict[str, object]:
    value = asdict(batch)
    del value["spool_sha256"]
    return value
