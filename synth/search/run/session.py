"""One sitting at a run: beginning it or taking it up where another sitting ended, and its journal."""

from __future__ import annotations

import contextlib
from dataclasses import astuple
from typing import Any, Final

from ...errors import SettingsError, WorkspaceError
from ...workspace import now, visible
from ..client.answers import SearchAnswer
from ..client.entrez import Entrez
from ..strategy.query import Query
from . import finish
from .counts import answer_from_json, answer_to_json
from .journal import Journal
from .runlog import Run, Times
from .slices import Drift, Found, Memory, Part, Slice
from .store import JOURNAL, Store

__all__ = ["Session"]

FORMAT: Final = 1
"""Of the journal; one of another format is not continued."""


class Session:
    """The run that is being worked at; made while the lock of its folder is held.

    Parameters
    ----------
    store : Store
        Where it is kept.
    query, entrez, limit, resume
        As :func:`synth.search.run.collect.collect` has them.

    Attributes
    ----------
    run : str
        The name of the run.
    notes : list of str
        What is to be said of its beginning.

    Raises
    ------
    SettingsError
        There is nothing to resume, or it asked something else.
    WorkspaceError
        The journal cannot be read or written.
    """

    def __init__(self, store: Store, query: Query, entrez: Entrez, limit: int | None, resume: bool | None) -> None:
        self.store, self.query, self.entrez, self.limit = store, query, entrez, limit
        self.notes: list[str] = []
        self._ended: Run | None = None
        self._base = (entrez.sent, entrez.retried)
        self.journal = self._opened()
        try:
            self._begin(resume)
        except BaseException:
            self.journal.close()
            raise

    def _begin(self, resume: bool | None) -> None:
        store, query = self.store, self.query
        first = self._first()
        if any(entry["kind"] == "staged" for entry in self.journal.entries):
            # Only moving files into place was left to do: that run is whole, whatever is asked now.
            self.journal.close()
            finish.settle(store, first["run"])
            if self._same(first) and resume is not False:
                self._ended = Run(first["run"], store.folder, store.log(first["run"]))
                return
            self.journal = self._opened()
            first = {}
        if first and resume is not False and self._continues(first, asked_to=resume is True):
            self.run, self.notes = first["run"], list(first["notes"])
            self.keep("resume", at=now().isoformat())
            return
        if resume and not first:
            self._drop()
            raise SettingsError("There is nothing to resume: no run of this search was interrupted.")
        self._drop()
        self.journal = self._opened()
        self.run = _free_name(store)
        self.keep(
            "begin",
            format=FORMAT,
            run=self.run,
            digest=query.digest,
            limit=self.limit,
            started=now().isoformat(),
            notes=self.notes,
        )

    def settled(self) -> Run | None:
        """The run that only had to be moved into place, if that is what there was."""
        return self._ended

    def keep(self, kind: str, **values: object) -> None:
        """Write an entry into the journal, with how many requests this sitting has sent so far."""
        counts = {"sent": self.entrez.sent - self._base[0], "retried": self.entrez.retried - self._base[1]}
        self.journal.add(kind, **values, **counts)

    def stopped(self) -> None:
        """Write down that this sitting ends before the run does, so that its last requests are counted."""
        with contextlib.suppress(WorkspaceError):
            self.keep("stopped", at=now().isoformat())

    def keep_answer(self, term: str, answer: SearchAnswer) -> None:
        """Write down what PubMed counted for a term."""
        self.keep("count", term=term, answer=answer_to_json(answer))

    def answers(self) -> dict[str, SearchAnswer]:
        """What earlier sittings know of terms."""
        return {
            entry["term"]: answer_from_json(entry["answer"])
            for entry in self.journal.entries
            if entry["kind"] == "count"
        }

    def memory(self) -> Memory:
        """What earlier sittings know of ranges of PMIDs, and where this one writes it down."""
        memory = Memory(
            keep_slice=lambda each: self.keep("slice", range=[each.first, each.last], ids=list(each.ids)),
            keep_count=lambda first, last, count: self.keep("range", range=[first, last], count=count),
        )
        for entry in self.journal.entries:
            if entry["kind"] == "slice":
                first, last = entry["range"]
                memory.slices[first, last] = Slice(first, last, tuple(entry["ids"]))
            elif entry["kind"] == "range":
                memory.counts[entry["range"][0], entry["range"][1]] = entry["count"]
        return memory

    def found(self) -> Found | None:
        """The PMIDs as an earlier sitting listed them."""
        for entry in self.journal.entries:
            if entry["kind"] == "ids":
                slices = tuple(Part(*each) for each in entry["slices"])
                drift = tuple(Drift(*each) for each in entry["drift"])
                return Found(entry["total"], tuple(entry["ids"]), slices, drift)
        return None

    def keep_found(self, found: Found) -> None:
        """Write down the PMIDs, and how many of them are to be fetched."""
        self.keep(
            "ids",
            wanted=found.total if self.limit is None else min(found.total, self.limit),
            total=found.total,
            ids=list(found.ids),
            slices=[list(astuple(each)) for each in found.slices],
            drift=[list(astuple(each)) for each in found.drift],
        )

    def times(self) -> Times:
        """When the run began, was taken up and ends now, and the requests of all its sittings."""
        sent = retried = 0
        sittings: list[tuple[int, int]] = []
        resumed: list[str] = []
        for entry in self.journal.entries:
            if entry["kind"] in ("begin", "resume"):
                sittings.append((0, 0))
            if entry["kind"] == "resume":
                resumed.append(entry["at"])
            sittings[-1] = (entry["sent"], entry["retried"])
        sittings[-1] = (self.entrez.sent - self._base[0], self.entrez.retried - self._base[1])
        sent, retried = sum(each[0] for each in sittings), sum(each[1] for each in sittings)
        return Times(self._first()["started"], now().isoformat(), tuple(resumed), sent, retried)

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()

    def _drop(self) -> None:
        self.journal.close()
        finish.discard(self.store)

    def _opened(self) -> Journal:
        try:
            self.store.current.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkspaceError(f"Cannot make {visible(str(self.store.current), 300)}: {error.strerror}.") from error
        return Journal(self.store.current / JOURNAL)

    def _first(self) -> dict[str, Any]:
        """Give the entry that began the run; nothing where there is none of this format."""
        entries = self.journal.entries
        fits = entries and entries[0]["kind"] == "begin" and entries[0].get("format") == FORMAT
        return entries[0] if fits else {}

    def _same(self, first: dict[str, Any]) -> bool:
        return bool(first["digest"] == self.query.digest and first["limit"] == self.limit)

    def _continues(self, first: dict[str, Any], *, asked_to: bool) -> bool:
        """Whether the interrupted run is to be continued.

        Raises
        ------
        SettingsError
            It is not what was asked to be resumed, or too good to be dropped for a sample.
        """
        if self._same(first):
            return True
        if first["digest"] != self.query.digest:
            if asked_to:
                raise SettingsError(
                    f"The interrupted run {first['run']} asked something else: the strategy has changed since. Run the "
                    f"search without --resume to begin anew, or put the strategy back as it was."
                )
            self.notes.append(f"The interrupted run {first['run']} of an earlier wording was dropped.")
            return False
        if asked_to or first["limit"] is None:
            theirs = "no limit" if first["limit"] is None else f"a limit of {first['limit']:,}"
            raise SettingsError(
                f"The run {first['run']} of this search was interrupted and has {theirs}: run it so to continue it."
            )
        return False


def _free_name(store: Store) -> str:
    stamp = now().strftime("%Y-%m-%dT%H%M%SZ")
    name, number = stamp, 1
    while store.run_file(name).exists() or store.raw_folder(name).exists():
        number += 1
        name = f"{stamp}-{number}"
    return name


