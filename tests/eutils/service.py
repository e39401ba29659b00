"""The endpoints over one corpus: a request in, an answer out, no socket anywhere."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Iterable

from .clock import Clock
from .corpus import Corpus
from .efetch import efetch
from .elink import elink
from .esearch import epost, esearch
from .esummary import esummary
from .fields import DATABASES, Info
from .history import LIFE, History
from .index import Index
from .small import ecitmatch, einfo, espell
from .wire import Answer, Request

ENDPOINTS: dict[str, Callable[[Service, Request], Answer]] = {
    "einfo": einfo, "esearch": esearch, "epost": epost, "efetch": efetch, "esummary": esummary, "elink": elink,
    "espell": espell, "ecitmatch": ecitmatch,
}  # fmt: skip
EDITION = "250101"


class Service:
    """What answers: corpus, history and the date of today.

    Parameters
    ----------
    corpus : Corpus
        The records.
    clock : Clock
        By which a WebEnv grows old.
    today : datetime.date
        The day from which relative dates count.
    edition : str
        Date in the name of the DTD of records.
    life : float
        Seconds that a WebEnv lasts.
    """

    def __init__(
        self,
        corpus: Corpus,
        clock: Clock,
        *,
        today: datetime.date = datetime.date(2026, 11, 22),
        edition: str = EDITION,
        life: float = LIFE,
    ) -> None:
        self.corpus, self.today, self.edition = corpus, today, edition
        self.databases: tuple[str, ...] = DATABASES
        self.info: Info | None = None
        self.history = History(clock, life)
        self._index: Index | None = None
        self._lock = threading.RLock()

    def index(self) -> Index:
        """Give the index of the corpus as it is now."""
        with self._lock:
            if self._index is None or self._index.revision != self.corpus.revision:
                self._index = Index(self.corpus)
            return self._index

    def ordered(self, ids: Iterable[int], sort: str = "") -> list[int]:
        """Put PMIDs in order: newest first unless another order is asked for and known."""
        newest = sorted(ids, reverse=True)
        keys: dict[str, Callable[[int], object]] = {
            "pub_date": lambda n: tuple(-part for day in self._dates(n, "PDAT")[:1] for part in day),
            "author": lambda n: min(self._values(n, "FAUT"), default="~"),
            "journalname": lambda n: min(self._values(n, "JOUR"), default="~"),
        }
        key = keys.get(sort.lower().replace("+", "_").replace(" ", "_"))
        return sorted(newest, key=key) if key else newest  # type: ignore[arg-type]

    def _dates(self, pmid: int, code: str) -> tuple[tuple[int, int, int], ...]:
        article = self.corpus.get(pmid)
        return article.dates.get(code, ()) if article else ()

    def _values(self, pmid: int, code: str) -> frozenset[str]:
        article = self.corpus.get(pmid)
        return article.values.get(code, frozenset()) if article else frozenset()

    def answer(self, request: Request) -> Answer:
        """Answer a request to a known endpoint."""
        with self._lock, self.corpus.lock:
            return ENDPOINTS[request.endpoint](self, request)
