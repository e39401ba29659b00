"""Every PMID of a search, also of one larger than PubMed lists, with proof that none is left out.

PubMed lists the first 9,999 records of a search and only counts the rest. A larger search is cut at PMIDs: the range of
all PMIDs is halved until each part has at most 9,999 records. (A day of entry may hold more than that and cannot be
halved; a PMID is one record.) Each part must list as many PMIDs as it counts, all inside its range; all parts together
must have as many as the whole search counts. Where they do not, because PubMed changed meanwhile or answered wrongly,
everything is counted again, and what still does not add up is an error.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from ...errors import IncompleteSearch
from ..client.answers import SearchAnswer
from ..client.entrez import MOST

__all__ = ["LAST_PMID", "Drift", "Found", "Memory", "Part", "Slice", "find_ids"]

LAST_PMID: Final = 99_999_999
"""Larger than any PMID for many years (they passed 40 million in 2025); the counts would show it if one were larger."""
_ROUNDS: Final = 3


class _Searcher(Protocol):
    """What is needed of the client."""

    def search(self, term: str, *, retmax: int = 0) -> SearchAnswer: ...


@dataclass(frozen=True)
class Slice:
    """The records of a search whose PMIDs lie in a range.

    Attributes
    ----------
    first, last : int
        The range, both included; 0 and 0 where the search was not cut.
    ids : tuple of int
        Ascending.
    """

    first: int
    last: int
    ids: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many."""
        return len(self.ids)


@dataclass(frozen=True)
class Drift:
    """The search counted `before` at first and `after` when it was counted again; the records found are as many."""

    before: int
    after: int


@dataclass(frozen=True)
class Part:
    """A range of PMIDs and how many of the search lie in it; None and None where the search was not cut."""

    first: int | None
    last: int | None
    count: int


@dataclass(frozen=True)
class Found:
    """All PMIDs of a search.

    Attributes
    ----------
    total : int
        What PubMed counts for the whole search; as many as `ids`.
    ids : tuple of int
        Ascending, each once.
    slices : tuple of Part
        One, or as many as it took.
    drift : tuple of Drift
        Where the count changed on the way.
    """

    total: int
    ids: tuple[int, ...]
    slices: tuple[Part, ...]
    drift: tuple[Drift, ...] = ()


@dataclass
class Memory:
    """What earlier questions of the same search brought, so that nothing is asked again after an interruption.

    Attributes
    ----------
    slices, counts : mapping of (first, last)
        Ranges listed, and ranges counted.
    keep_slice, keep_count : callable
        Told of each as it comes, before the next question.
    """

    slices: MutableMapping[tuple[int, int], Slice] = field(default_factory=dict)
    counts: MutableMapping[tuple[int, int], int] = field(default_factory=dict)
    keep_slice: Callable[[Slice], None] = lambda each: None
    keep_count: Callable[[int, int, int], None] = lambda first, last, count: None


def find_ids(
    entrez: _Searcher,
    term: str,
    total: int,
    *,
    memory: Memory | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Found:
    """Return every PMID of a search.

    Parameters
    ----------
    entrez : Entrez
        Asked.
    term : str
        The whole search.
    total : int
        What PubMed counted for it a moment ago.
    memory : Memory, optional
        What is known already, and where to keep what comes.
    progress : callable, optional
        Told how many PMIDs are there, of how many.

    Raises
    ------
    IncompleteSearch
        The parts do not add up to the whole, after counting everything again three times: with what differs.
    ServiceError
        PubMed gave no usable answer.
    """
    return _Finder(entrez, term, total, memory or Memory(), progress).find()


class _Finder:
    def __init__(
        self,
        entrez: _Searcher,
        term: str,
        total: int,
        memory: Memory,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.entrez, self.term, self.total, self.memory, self.progress = entrez, term, total, memory, progress
        self.drift: list[Drift] = []

    def find(self) -> Found:
        if self.total <= MOST and not any(last for _, last in self.memory.slices):
            whole = self._listed(0, 0)
            if whole is not None:
                self._counts_now(whole.count)
                return self._found([whole])
            # It grew past what PubMed lists since it was counted.
            self._counts_now(self._count(0, 0))
        slices = self._cut(1, LAST_PMID, self.total)
        for _ in range(_ROUNDS):
            together = sum(each.count for each in slices)
            if together == self.total:
                return self._found(slices)
            now = self._count(0, 0)
            self._counts_now(now)
            if now == together:
                return self._found(slices)
            slices = self._again(slices)
        together = sum(each.count for each in slices)
        if together == self.total:
            return self._found(slices)
        raise IncompleteSearch(
            "The search is not complete: what PubMed lists does not add up to what it counts. Run it again.",
            [
                f"PubMed counts {self.total:,} records; its parts by PMID list {together:,}, after counting everything "
                f"{_ROUNDS} times.",
                *(f"The count went from {each.before:,} to {each.after:,} on the way." for each in self.drift),
            ],
        )

    def _found(self, slices: list[Slice]) -> Found:
        ids = sorted(pmid for each in slices for pmid in each.ids)
        # Ranges do not overlap and each list was checked; this holds whatever the above does.
        if len(set(ids)) != self.total:
            raise IncompleteSearch(
                "The search is not complete.",
                [f"PubMed counts {self.total:,} records and lists {len(set(ids)):,} different ones."],
            )
        parts = tuple(Part(each.first or None, each.last or None, each.count) for each in slices)
        return Found(self.total, tuple(ids), parts, tuple(self.drift))

    def _counts_now(self, count: int) -> None:
        if count != self.total:
            self.drift.append(Drift(self.total, count))
            self.total = count

    def _cut(self, first: int, last: int, count: int) -> list[Slice]:
        """List a range, in halves where it is too large. The count of the upper half is what the lower one leaves."""
        slices: list[Slice] = []
        left = [(first, last, count)]
        while left:
            first, last, count = left.pop()
            if count < 0 or (first == last and count > 1):
                # The lower half has more than both had a moment ago, or what both had was never true.
                count = self._count(first, last)
            if count == 0:
                slices.append(Slice(first, last, ()))
                continue
            if count <= MOST:
                listed = self._listed(first, last)
                if listed is not None:
                    slices.append(listed)
                    if self.progress is not None:
                        self.progress(sum(each.count for each in slices), self.total)
                    continue
            if first == last:
                raise IncompleteSearch(
                    "The search is not complete.", [f"PubMed counts {count:,} records for the single PMID {first}."]
                )
            middle = (first + last) // 2
            lower = self._count(first, middle)
            left += [(middle + 1, last, count - lower), (first, middle, lower)]
        return slices

    def _again(self, slices: list[Slice]) -> list[Slice]:
        """Count every part again and list anew those that have another count."""
        made: list[Slice] = []
        for each in slices:
            self.memory.counts.pop((each.first, each.last), None)
            count = self._count(each.first, each.last)
            if count == each.count:
                made.append(each)
            else:
                for known in (self.memory.slices, self.memory.counts):
                    for inside in [r for r in known if each.first <= r[0] and r[1] <= each.last]:
                        del known[inside]
                made += self._cut(each.first, each.last, count)
        return made

    def _count(self, first: int, last: int) -> int:
        if (first, last) in self.memory.counts:
            return self.memory.counts[first, last]
        count = self.entrez.search(self._ranged(first, last)).count
        if last:
            self.memory.counts[first, last] = count
            self.memory.keep_count(first, last, count)
        return count

    def _listed(self, first: int, last: int) -> Slice | None:
        """List a range whose count is small enough; None where PubMed now counts more than it lists."""
        if (first, last) in self.memory.slices:
            return self.memory.slices[first, last]
        wrong = ""
        for _ in range(_ROUNDS):
            answer = self.entrez.search(self._ranged(first, last), retmax=MOST)
            if answer.count > MOST:
                return None
            ids = set(answer.ids)
            outside = [pmid for pmid in ids if last and not first <= pmid <= last]
            if outside:
                wrong = f"PubMed was asked for PMIDs {first} to {last} and listed {min(outside)}."
            elif len(ids) != len(answer.ids):
                wrong = f"PubMed listed {len(answer.ids) - len(ids):,} records twice{_where(first, last)}."
            elif len(ids) != answer.count:
                wrong = f"PubMed counts {answer.count:,} records and lists {len(ids):,}{_where(first, last)}."
            else:
                made = Slice(first, last, tuple(sorted(ids)))
                self.memory.slices[first, last] = made
                self.memory.keep_slice(made)
                return made
        raise IncompleteSearch(f"The search is not complete, {_ROUNDS} times over. Run it again.", [wrong])

    def _ranged(self, first: int, last: int) -> str:
        return f"({self.term}) AND {first}:{last}[UID]" if last else self.term


def _where(first: int, last: int) -> str:
    return f" from PMID {first} to {last}" if last else ""
