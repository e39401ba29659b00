"""Running a search to its end: every count, PMID and record, and the log; or a loud stop that can be continued."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from ..._version import __version__
from ...errors import IncompleteSearch, ProblemsError, ServiceError, SettingsError
from ...workspace import digest
from ..client.entrez import PER_FETCH, Entrez
from ..strategy.query import Query
from . import finish
from .batches import Batch, Batches
from .counts import Counts, LineCount, Progress, Tell, count_lines, refuse_what_was_left_out
from .lock import held
from .runlog import Missing, Run, make_log
from .session import Session
from .slices import Found, find_ids
from .store import Store

__all__ = ["Counts", "LineCount", "Progress", "Run", "collect", "count_lines", "refuse_what_was_left_out"]

# Undelivered PMIDs are asked for once more: singly, or if there are many, in parts as small as is still polite.
_SINGLY = 200
_TOGETHER = 20
_SHOWN = 20


def collect(
    query: Query,
    folder: Path,
    entrez: Entrez,
    *,
    resume: bool | None = None,
    limit: int | None = None,
    allow_warnings: bool = False,
    progress: Tell | None = None,
) -> Run:
    """Run a search and store what it brings; a run that was interrupted is continued.

    The stored search changes only at the end, and all at once. A second run is an update: everything is searched and
    fetched anew, the difference by PMID is in the log, and records that are found no more go to ``gone.jsonl``.

    Parameters
    ----------
    query : Query
        What to ask.
    folder : Path
        ``queries/NAME``; see :class:`synth.search.run.store.Store`.
    entrez : Entrez
        Whom to ask.
    resume : bool, optional
        True: continue, and say so if there is nothing to continue. False: begin anew. Left out: continue what was
        interrupted if it asked the same, begin anew otherwise.
    limit : int, optional
        Fetch the records with the largest PMIDs only, at most so many, into ``sample.jsonl``. The stored search does
        not change.
    allow_warnings : bool
        Go on although PubMed ignored a field tag or found a phrase nowhere.
    progress : callable, optional
        Told of each step.

    Raises
    ------
    ProblemsError
        PubMed ignored a field tag or found a phrase nowhere: with the line; or a stored file is damaged.
    IncompleteSearch
        The parts of the search do not add up, or PubMed did not deliver records that it found. Its `run` has the log,
        and says whether everything that did come was stored all the same.
    ServiceError
        PubMed gave no usable answer; what came is kept, and running again continues.
    Busy
        Another run is at work on this search.
    WorkspaceError
        The folder cannot be written to, or the disk is full; what came is kept.
    SettingsError
        There is nothing to resume, or it was another search.
    """
    if limit is not None and limit < 1:
        raise SettingsError(f"The limit is {limit}. Give 1 or more, or leave it out.")
    store = Store(folder)
    with held(folder):
        session = Session(store, query, entrez, limit, resume)
        try:
            ended = session.settled()
            if ended is not None:
                return _judged(ended)
            return _judged(_Collector(session, allow_warnings, progress).run())
        except ServiceError:
            session.stopped()
            raise
        finally:
            session.close()


def _judged(run: Run) -> Run:
    """Return a run that is complete, or is not because that was asked for; raise otherwise."""
    if run.complete or run.log["limit"] is not None:
        return run
    reasons = list(run.log["incomplete_reasons"])
    if run.log["installed"]:
        message = (
            f"The search is not complete: {len(run.missing_ids):,} of {run.total:,} records that PubMed found were not "
            f"delivered. What came is stored. Run it again to try once more."
        )
    else:
        message = "The search is not complete, and the stored records stay as they were. Run it again."
    if len(reasons) > _SHOWN:
        reasons[_SHOWN:] = [f"... and {len(reasons) - _SHOWN:,} more: runs/{run.name}.json lists them."]
    raise IncompleteSearch(message, reasons, run=run)


class _Collector:
    def __init__(self, session: Session, allow_warnings: bool, progress: Tell | None) -> None:
        self.session, self.allow_warnings, self.progress = session, allow_warnings, progress
        self.query, self.store, self.entrez = session.query, session.store, session.entrez
        self.batches = Batches(self.entrez, self.store.current, session.journal)
        self.warnings = list(session.notes)

    def run(self) -> Run:
        counts = self._counts()
        try:
            found = self._found(counts)
        except IncompleteSearch as error:
            return self._end(self._log(counts, None, reasons=error.reasons), fresh=True)
        limit = self.session.limit
        wanted = found.ids if limit is None else found.ids[-limit:]
        first = self._fetch("records", "", wanted, PER_FETCH)
        undelivered = sorted(pmid for each in first for pmid in each.missing)
        again = self._fetch("again", "again-", undelivered, 1 if len(undelivered) <= _SINGLY else _TOGETHER)
        missing = self._missing(again)
        at_end = self._count_at_end(found)
        self._tell(Progress("finish", len(wanted), len(wanted)))

        def lines() -> Iterator[tuple[int, str]]:
            return heapq.merge(self.batches.lines(first), self.batches.lines(again), key=itemgetter(0))

        reasons = [f"PMID {each.pmid}: {each.reason.rstrip('.')}." for each in missing]
        changes, previous = None, None
        if limit is not None:
            records = finish.stage_sample(self.store, lines())
            if limit < found.total:
                reasons.insert(0, f"Limited to the {limit:,} largest PMIDs of {found.total:,}, as was asked for.")
        else:
            changes, previous, records = self._compared(lines, missing)
        log = self._log(
            counts,
            found,
            wanted=wanted,
            batches=[*first, *again],
            missing=missing,
            records=records,
            changes=changes,
            previous=previous,
            count_at_end=at_end,
            reasons=reasons,
        )
        return self._end(log)

    def _counts(self) -> Counts:
        counts = count_lines(
            self.query, self.entrez, progress=self.progress, known=self.session.answers(), keep=self.session.keep_answer
        )
        if not self.allow_warnings:
            try:
                refuse_what_was_left_out(self.query, counts)
            except ProblemsError:
                # The strategy has to change, and then everything is asked anew; records that were fetched are not for
                # this to throw away.
                if self.session.found() is None:
                    self.session.close()
                    finish.discard(self.store)
                raise
        self.warnings += counts.warnings
        return counts

    def _found(self, counts: Counts) -> Found:
        """Give every PMID: as listed before an interruption, or from PubMed. What was fetched goes by this list."""
        found = self.session.found()
        if found is None:
            found = find_ids(
                self.entrez,
                self.query.term,
                counts.whole.count,
                memory=self.session.memory(),
                progress=lambda done, total: self._tell(Progress("pmids", done, total)),
            )
            self.session.keep_found(found)
        self._tell(Progress("pmids", found.total, found.total))
        return found

    def _fetch(self, stage: str, prefix: str, ids: Sequence[int], size: int) -> list[Batch]:
        done = old = 0
        clock = self.entrez.pace.clock
        began = clock()
        known = set(self.batches.done)

        def tell(batch: Batch) -> None:
            nonlocal done, old
            done += batch.asked
            if batch.file in known:
                old += batch.asked
            seconds = clock() - began
            rate = (done - old) / seconds if done > old and seconds > 0 else None
            self._tell(Progress(stage, done, len(ids), rate, (len(ids) - done) / rate if rate else None))

        return self.batches.fetch(prefix, ids, size, tell, self.session.keep) if ids else []

    def _missing(self, again: Sequence[Batch]) -> list[Missing]:
        """Say of each PMID that was not delivered twice whether the search still finds it."""
        missing: list[Missing] = []
        undelivered = sorted(pmid for batch in again for pmid in batch.missing)
        instead = {batch.missing[0]: batch.unexpected for batch in again if batch.asked == 1 and batch.missing}
        unreadable = {pmid: batch.unreadable for batch in again if batch.unreadable for pmid in batch.missing}
        for start in range(0, len(undelivered), PER_FETCH):
            part = undelivered[start : start + PER_FETCH]
            these = " OR ".join(f"{pmid}[UID]" for pmid in part)
            still = set(self.entrez.search(f"({self.query.term}) AND ({these})", retmax=len(part)).ids)
            for pmid in part:
                if pmid in unreadable:
                    reason = f"PubMed's answer cannot be read: {unreadable[pmid]}"
                elif pmid in still:
                    reason = "found by the search, but PubMed delivered no record of it, twice"
                else:
                    reason = "PubMed deleted it or merged it with another after it was found"
                if instead.get(pmid):
                    reason += f" (it sent PMID {', '.join(map(str, instead[pmid]))} instead)"
                missing.append(Missing(pmid, reason))
        return missing

    def _count_at_end(self, found: Found) -> int:
        """Count once more: whether PubMed changed while the records were fetched is part of the record of a search."""
        count = self.entrez.search(self.query.term).count
        if count != found.total:
            self.warnings.append(
                f"PubMed counted {found.total:,} records when their PMIDs were listed and {count:,} at the end of the "
                f"run: it changed meanwhile. The records are those of the list; run it again to take up the change."
            )
        return count

    def _compared(
        self, lines: Callable[[], Iterator[tuple[int, str]]], missing: Sequence[Missing]
    ) -> tuple[dict[str, object] | None, str | None, dict[str, object]]:
        """Make the new records ready; give what changed against the stored ones, and whose those were."""
        stored = self.store.records_file.exists()
        last = self.store.last()
        left = last["records"].get("sha256") if last is not None else None
        if stored and last is not None and left != digest(self.store.records_file):
            self.warnings.append(
                f"records.jsonl is not as run {last['run']} left it: somebody has changed it since. New, gone and "
                "changed are against the file as it was found."
            )
        changes, records = finish.stage_records(
            self.store, self.session.run, lines, frozenset(each.pmid for each in missing)
        )
        if last is not None and changes.changed and last["tool_version"] != __version__:
            self.warnings.append(
                f"The stored records were read by synth {last['tool_version']} and these by {__version__}: some may "
                f"count as changed because they are read otherwise."
            )
        if changes.gone and not records["count"]:
            self.warnings.append("The search now finds nothing at all; every stored record counts as gone.")
        return changes.to_json() if stored else None, last["run"] if last else None, records

    def _log(self, counts: Counts, found: Found | None, **values: Any) -> dict[str, Any]:
        return make_log(
            self.query,
            self.session.run,
            self.session.times(),
            counts,
            found,
            limit=self.session.limit,
            warnings=self.warnings,
            **values,
        )

    def _end(self, log: dict[str, Any], *, fresh: bool = False) -> Run:
        finish.stage_log(self.store, self.session.run, log, self.session.journal, fresh=fresh)
        self.session.close()
        finish.settle(self.store, self.session.run)
        return Run(self.session.run, self.store.folder, log)

    def _tell(self, progress: Progress) -> None:
        if self.progress is not None:
            self.progress(progress)
