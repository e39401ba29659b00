"""The inverted index of a corpus: which PMIDs hold a word, a phrase, a value or a date."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict

from . import article as articles
from .article import Day
from .corpus import Bulk, Corpus

Pieces = tuple[tuple[str, ...], ...]


class Index:
    """What a search looks things up in; made anew whenever the corpus has changed.

    Field by field and only when first asked, since most searches touch three fields.
    """

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self.revision = corpus.revision
        self.everything = frozenset(corpus.pmids())
        self._words: dict[str, dict[str, set[int]]] = {}
        self._values: dict[str, dict[str, set[int]]] = {}
        self._headings: dict[str, str] | None = None
        self._days: dict[str, tuple[list[Day], list[int]]] = {}
        self._samples = [(bulk, articles.read(bulk.raw(bulk.first))) for bulk in corpus.bulks]

    def words(self, code: str) -> dict[str, set[int]]:
        """Give word -> PMIDs of a text field."""
        if code not in self._words:
            found: dict[str, set[int]] = defaultdict(set)
            for pmid, one in self.corpus.articles.items():
                for piece in one.texts.get(code, ()):
                    for word in piece:
                        found[word].add(pmid)
            for bulk, sample in self._samples:
                for word in {w for piece in sample.texts.get(code, ()) for w in piece}:
                    if word != str(bulk.first):
                        found[word].update(bulk.pmids)
            self._words[code] = {word: pmids & self.everything for word, pmids in found.items()}
        return self._words[code]

    def values(self, code: str) -> dict[str, set[int]]:
        """Give value -> PMIDs of a field that holds whole values."""
        if code not in self._values:
            found: dict[str, set[int]] = defaultdict(set)
            for pmid, one in self.corpus.articles.items():
                for value in one.values.get(code, ()):
                    found[value].add(pmid)
            for bulk, sample in self._samples:
                for value in sample.values.get(code, ()):
                    if value != str(bulk.first):
                        found[value].update(bulk.pmids)
            self._values[code] = {value: pmids & self.everything for value, pmids in found.items()}
        return self._values[code]

    def between(self, code: str, first: Day, last: Day) -> set[int]:
        """Give the PMIDs with a date of a field from `first` to `last`, both counted."""
        if code not in self._days:
            pairs = [(day, pmid) for pmid, one in self.corpus.articles.items() for day in one.dates.get(code, ())]
            every = ((bulk.dated(code, pmid), pmid) for bulk in self.corpus.bulks for pmid in bulk.pmids)
            pairs += [(day, pmid) for day, pmid in every if day is not None]
            pairs.sort()
            self._days[code] = [day for day, _ in pairs], [pmid for _, pmid in pairs]
        days, pmids = self._days[code]
        return set(pmids[bisect_left(days, first) : bisect_right(days, last)]) & self.everything

    def uids(self, first: int, last: int) -> set[int]:
        """Give the PMIDs from `first` to `last`."""
        return {pmid for pmid in self.everything if first <= pmid <= last}

    def word(self, code: str, word: str) -> set[int]:
        """Give the PMIDs with a word, or with any word that starts as one that ends in ``*``."""
        table = self.words(code)
        if word.endswith("*"):
            stem = word[:-1]
            return set().union(*(pmids for known, pmids in table.items() if known.startswith(stem)))
        return set(table.get(word, ()))

    def pieces(self, code: str, pmid: int) -> Pieces:
        """Give the text of a record in a field."""
        if pmid in self.corpus.articles:
            return self.corpus.articles[pmid].texts.get(code, ())
        return self._sample(pmid).texts.get(code, ())

    def _sample(self, pmid: int) -> articles.Article:
        bulk = self.corpus.bulk_of(pmid)
        return next(sample for known, sample in self._samples if known is bulk)

    def phrase(self, code: str, phrase: tuple[str, ...]) -> set[int]:
        """Give the PMIDs in which words follow each other in one piece of text."""
        return self._among(code, phrase, lambda pieces: any(_follows(piece, phrase) for piece in pieces))

    def near(self, code: str, sought: tuple[str, ...], gap: int) -> set[int]:
        """Give the PMIDs in which words stand in any order with at most `gap` others between them."""
        return self._among(code, sought, lambda pieces: any(_close(piece, sought, gap) for piece in pieces))

    def _among(self, code: str, sought: tuple[str, ...], holds: object) -> set[int]:
        candidates = set.intersection(*(self.word(code, word) for word in sought)) if sought else set()
        found: set[int] = set()
        verdicts: dict[Bulk, bool] = {}
        for pmid in candidates:
            if pmid in self.corpus.articles:
                good = holds(self.pieces(code, pmid))  # type: ignore[operator]
            else:
                bulk = self.corpus.bulk_of(pmid)
                assert bulk is not None
                if bulk not in verdicts:
                    verdicts[bulk] = holds(self.pieces(code, pmid))  # type: ignore[operator]
                good = verdicts[bulk]
            if good:
                found.add(pmid)
        return found

    def value(self, code: str, value: str, *, truncated: bool = False) -> set[int]:
        """Give the PMIDs with a value, or with any that starts as it."""
        table = self.values(code)
        if truncated:
            return set().union(*(pmids for known, pmids in table.items() if known.startswith(value)))
        return set(table.get(value, ()))

    def author(self, code: str, name: str) -> set[int]:
        """Give the PMIDs of an author: a surname finds all of them, initials find longer initials."""
        table = self.values(code)
        return set().union(
            *(
                pmids
                for known, pmids in table.items()
                if known == name or known.startswith(f"{name} ") or (" " in name and known.startswith(name))
            )
        )

    def heading(self, code: str, value: str, explode: bool) -> set[int]:
        """Give the PMIDs under a MeSH heading, and under those below it."""
        below = self.below(value) if explode else {value}
        return set().union(*(self.value(code, one) for one in below))

    def below(self, value: str) -> set[str]:
        """Give a heading and every heading under it."""
        children: dict[str, set[str]] = defaultdict(set)
        for heading, (parents, _) in self.corpus.headings.items():
            for parent in parents:
                children[articles.plain(parent)].add(articles.plain(heading))
        found, open_ = set[str](), [value]
        while open_:
            one = open_.pop()
            if one not in found:
                found.add(one)
                open_.extend(children[one])
        return found

    def heading_of(self, phrase: str) -> str | None:
        """Give the heading that words lead to, as the translation writes it."""
        if self._headings is None:
            self._headings = {}
            for heading, (_, entries) in self.corpus.headings.items():
                for entry in (*entries, heading):
                    self._headings[articles.plain(entry)] = heading.lower()
        return self._headings.get(phrase) or (phrase if phrase in self.values("MESH") else None)

    def knows(self, phrase: str) -> bool:
        """Tell whether some record has the phrase anywhere."""
        return bool(self.phrase("ALL", tuple(phrase.split())))


def _follows(piece: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    size = len(phrase)
    return any(all(_same(piece[at + n], phrase[n]) for n in range(size)) for at in range(len(piece) - size + 1))


def _same(word: str, pattern: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


def _close(piece: tuple[str, ...], sought: tuple[str, ...], gap: int) -> bool:
    """Tell whether some window of the text holds every word with at most `gap` others."""
    size = len(sought) + gap
    for at in range(len(piece)):
        window = list(piece[at : at + size])
        try:
            for word in sought:
                window.remove(word)
        except ValueError:
            continue
        return True
    return False
