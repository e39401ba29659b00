from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable

import pytest

from synth.errors import IncompleteSearch
from synth.search.client.answers import SearchAnswer
from synth.search.client.entrez import MOST
from synth.search.run.slices import LAST_PMID, Drift, Memory, Slice, find_ids


class Pubmed:
    """A search that has these records; `twist` may change it, or the answer, before each answer."""

    def __init__(self, ids: set[int], twist: Callable[[Pubmed, int, SearchAnswer], SearchAnswer | None] | None = None):
        self.ids, self.twist = set(ids), twist
        self.asked: list[tuple[str, int]] = []

    def search(self, term: str, *, retmax: int = 0) -> SearchAnswer:
        """Answer as PubMed does: everything is counted, the first 9,999 are listed, not in order."""
        self.asked.append((term, retmax))
        assert 0 <= retmax <= MOST
        for _ in range(2):
            answer = self._answer(term, retmax)
            twisted = self.twist(self, len(self.asked), answer) if self.twist else None
            if twisted is not None:
                return twisted
        return answer

    def _answer(self, term: str, retmax: int) -> SearchAnswer:
        cut = re.fullmatch(r"\(a OR b\) AND (\d+):(\d+)\[UID\]", term)
        assert cut or term == "a OR b"
        first, last = (int(cut[1]), int(cut[2])) if cut else (1, 10**9)
        found = [pmid for pmid in self.ids if first <= pmid <= last]
        return SearchAnswer(len(found), tuple(sorted(found, reverse=True)[:retmax]))


def many(count: int, seed: int = 1) -> set[int]:
    """Give that many PMIDs, mostly recent ones, as PubMed has them."""
    rng = random.Random(seed)
    ids: set[int] = set()
    while len(ids) < count:
        ids.add(int(42_000_000 * rng.random() ** 0.3) + 1)
    return ids


@pytest.mark.parametrize("count", [0, 1, 200, MOST])
def test_a_small_search_is_one_question(count: int) -> None:
    """A search that PubMed lists whole is cut all the same, or needs more than one request."""
    ids = many(count)
    pubmed = Pubmed(ids)
    found = find_ids(pubmed, "a OR b", count)
    assert found.ids == tuple(sorted(ids))
    assert pubmed.asked == [("a OR b", MOST)]
    assert [(each.first, each.last, each.count) for each in found.slices] == [(None, None, count)]
    assert not found.drift


@pytest.mark.parametrize("count", [MOST + 1, 25_000, 100_000])
def test_a_large_search_is_whole(count: int) -> None:
    """Of a search larger than PubMed lists, records are lost or doubled, or it asks far too much."""
    ids = many(count)
    pubmed = Pubmed(ids)
    found = find_ids(pubmed, "a OR b", count)
    assert found.ids == tuple(sorted(ids))
    assert sum(each.count for each in found.slices) == count == found.total
    assert max(each.count for each in found.slices) <= MOST
    assert len(pubmed.asked) <= 8 + 5 * count / MOST
    edges = sorted((each.first or 0, each.last or 0) for each in found.slices)
    assert (edges[0][0], edges[-1][1]) == (1, LAST_PMID)
    assert all(before[1] + 1 == after[0] for before, after in itertools.pairwise(edges))


def test_a_dense_range_is_cut_to_the_end() -> None:
    """Records that lie next to each other, as those of one day do, cannot be cut."""
    ids = set(range(40_000_000, 40_030_000))
    assert find_ids(Pubmed(ids), "a OR b", len(ids)).ids == tuple(sorted(ids))


def test_larger_pmids_than_expected_are_noticed() -> None:
    """PMIDs beyond the range that is cut are left out without a word."""
    ids = many(20_000) | {LAST_PMID + 5}
    with pytest.raises(IncompleteSearch, match=r"counts 20,001 records; its parts by PMID list 20,000"):
        find_ids(Pubmed(ids), "a OR b", len(ids))


def test_it_grew_since_it_was_counted() -> None:
    """A search that grew by some records is refused, or its growth leaves no trace."""
    pubmed = Pubmed(many(7_383))
    found = find_ids(pubmed, "a OR b", 7_341)
    assert len(found.ids) == found.total == 7_383
    assert found.drift == (Drift(7_341, 7_383),)


def test_it_grew_past_what_is_listed() -> None:
    """A search that passes 9,999 between counting and listing is cut off there."""
    ids = many(10_050)
    found = find_ids(Pubmed(ids), "a OR b", 9_990)
    assert found.ids == tuple(sorted(ids))
    assert found.drift == (Drift(9_990, 10_050),)


def test_drift_between_the_parts_is_counted_again() -> None:
    """PubMed changes while its parts are listed, and the union passes for the whole."""
    ids = many(25_000)

    def twist(pubmed: Pubmed, number: int, answer: SearchAnswer) -> SearchAnswer | None:
        if number == 5:
            pubmed.ids |= {41_999_990 + n for n in range(30)}
            pubmed.ids -= set(sorted(ids)[:7])
        return answer

    pubmed = Pubmed(ids, twist)
    found = find_ids(pubmed, "a OR b", 25_000)
    assert found.ids == tuple(sorted(pubmed.ids))
    assert found.total == len(pubmed.ids)
    assert found.drift


@pytest.mark.parametrize("seed", range(12))
def test_drift_at_random_moments(seed: int) -> None:
    """Some moment at which PubMed changes makes a search that is not whole and says nothing."""
    rng = random.Random(seed)
    ids = many(22_000, seed)
    when = rng.randrange(1, 14)

    def twist(pubmed: Pubmed, number: int, answer: SearchAnswer) -> SearchAnswer | None:
        if number == when:
            pubmed.ids ^= {rng.randrange(1, 42_000_000) for _ in range(50)}
        return None if number == when and rng.random() < 0.5 else answer

    pubmed = Pubmed(ids, twist)
    found = find_ids(pubmed, "a OR b", 22_000)
    assert found.total == len(found.ids) == len(set(found.ids))
    # What appears where it was listed already cannot be seen by counting only if as much has gone elsewhere.
    assert abs(len(pubmed.ids) - found.total) == 0


def test_endless_drift_is_loud() -> None:
    """A count that never stands still is taken for complete at some point."""

    def twist(pubmed: Pubmed, number: int, answer: SearchAnswer) -> SearchAnswer:
        pubmed.ids.add(41_000_000 + 3 * number)
        return answer

    with pytest.raises(IncompleteSearch) as raised:
        find_ids(Pubmed(many(21_000), twist), "a OR b", 21_000)
    assert raised.value.exit_code == 4
    assert "after counting everything 3 times" in str(raised.value)
    assert "went from 21,000" in str(raised.value)


Lie = Callable[[SearchAnswer], SearchAnswer]
LIES: dict[str, tuple[Lie, str]] = {
    "short": (lambda a: SearchAnswer(a.count, a.ids[:-1]), "counts"),
    "none": (lambda a: SearchAnswer(a.count, ()), "counts"),
    "double": (lambda a: SearchAnswer(a.count, (*a.ids[:-1], a.ids[0])), "twice"),
    "foreign": (lambda a: SearchAnswer(a.count, (*a.ids[:-1], 98_000_000)), "asked for PMIDs"),
}


@pytest.mark.parametrize("lie", sorted(LIES))
def test_a_list_that_lies_once(lie: str) -> None:
    """A list that does not agree with its count is taken, or one wrong answer ends the run."""
    ids = many(25_000)
    told: list[int] = []

    def twist(pubmed: Pubmed, number: int, answer: SearchAnswer) -> SearchAnswer:
        if len(answer.ids) > 1 and not told:
            told.append(number)
            return LIES[lie][0](answer)
        return answer

    found = find_ids(Pubmed(ids, twist), "a OR b", 25_000)
    assert found.ids == tuple(sorted(ids))
    assert told


@pytest.mark.parametrize(
    ("lie", "count"),
    # Without a range no PMID is foreign.
    [(lie, count) for lie in sorted(LIES) for count in (300, 25_000) if lie != "foreign" or count == 25_000],
)
def test_a_list_that_always_lies(lie: str, count: int) -> None:
    """A list that never agrees with its count becomes a shorter search that looks whole."""
    pubmed = Pubmed(many(count), lambda p, n, answer: LIES[lie][0](answer) if len(answer.ids) > 1 else answer)
    with pytest.raises(IncompleteSearch, match=LIES[lie][1]):
        find_ids(pubmed, "a OR b", count)


def test_a_range_that_is_ignored_is_loud() -> None:
    """PubMed ignores the range (an unknown field), and every part is the whole."""
    ids = many(25_000)

    class Ignoring(Pubmed):
        def _answer(self, term: str, retmax: int) -> SearchAnswer:
            return super()._answer("a OR b", retmax)

    with pytest.raises(IncompleteSearch):
        find_ids(Ignoring(ids), "a OR b", 25_000)


def test_a_clamped_count_is_reconciled() -> None:
    """One wild count sends the search into endless cutting, or past the records."""
    ids = many(12_000)
    found = find_ids(Pubmed(ids), "a OR b", 319_477)
    assert found.ids == tuple(sorted(ids))
    assert found.drift == (Drift(319_477, 12_000),)


def test_nothing_is_asked_twice_after_an_interruption() -> None:
    """A run that is taken up again asks for ranges that it has."""
    ids = many(25_000)
    whole = Pubmed(ids)
    expected = find_ids(whole, "a OR b", 25_000)
    for stop in range(1, len(whole.asked)):
        slices: list[Slice] = []
        counts: list[tuple[int, int, int]] = []

        def twist(pubmed: Pubmed, number: int, answer: SearchAnswer, stop: int = stop) -> SearchAnswer:
            if number == stop:
                raise KeyboardInterrupt
            return answer

        first = Pubmed(ids, twist)
        keep = Memory(keep_slice=slices.append, keep_count=lambda a, b, c, counts=counts: counts.append((a, b, c)))
        with pytest.raises(KeyboardInterrupt):
            find_ids(first, "a OR b", 25_000, memory=keep)
        memory = Memory({(s.first, s.last): s for s in slices}, {(a, b): c for a, b, c in counts})
        second = Pubmed(ids)
        assert find_ids(second, "a OR b", 25_000, memory=memory) == expected
        assert first.asked[:-1] + second.asked == whole.asked


def test_progress_only_grows() -> None:
    """The progress goes backwards, or never says that it is done."""
    seen: list[tuple[int, int]] = []
    find_ids(Pubmed(many(30_000)), "a OR b", 30_000, progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (30_000, 30_000)
