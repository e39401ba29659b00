"""The log of requests and what tests hold against it."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from .wire import Request


@dataclass
class Entry:
    """One request, when it came and what became of it; `sha256` is of the body that was sent in answer."""

    number: int
    time: float
    endpoint: str
    method: str
    params: dict[str, list[str]]
    ids: tuple[str, ...]
    user_agent: str
    status: int = 0
    size: int = 0
    sha256: str = ""
    faults: tuple[str, ...] = ()
    retry_after: float | None = None
    concurrent: int = 1

    @property
    def good(self) -> bool:
        """Tell whether an untouched answer was sent."""
        return self.status == 200 and not self.faults


@dataclass
class Log:
    """All requests in the order they came; a key is kept as ``<key>`` only."""

    entries: list[Entry] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _open: int = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self.entries))

    def __len__(self) -> int:
        return len(self.entries)

    def begin(self, request: Request) -> Entry:
        """Note a request as it comes."""
        params = {name: ["<key>"] if name == "api_key" else list(values) for name, values in request.params.items()}
        with self._lock:
            self._open += 1
            entry = Entry(
                len(self.entries) + 1,
                request.time,
                request.endpoint,
                request.method,
                params,
                tuple(request.ids),
                request.headers.get("User-Agent", ""),
                concurrent=self._open,
            )
            self.entries.append(entry)
        return entry

    def end(self, entry: Entry, status: int, body: bytes, faults: tuple[str, ...], retry_after: float | None) -> None:
        """Note what was answered."""
        entry.status, entry.size, entry.faults, entry.retry_after = status, len(body), faults, retry_after
        entry.sha256 = hashlib.sha256(body).hexdigest()

    def done(self) -> None:
        """Note that an answer is out."""
        with self._lock:
            self._open -= 1

    def of(self, endpoint: str) -> list[Entry]:
        """Give the requests to one endpoint."""
        return [entry for entry in self if entry.endpoint == endpoint]

    def fetched(self) -> list[int]:
        """Give every PMID that an efetch by id answered well, as often as it did."""
        return [int(text) for entry in self.of("efetch") if entry.good for text in entry.ids]

    def assert_no_id_twice(self) -> None:
        """Hold that no PMID was fetched again after it had been answered well."""
        twice = {pmid: n for pmid, n in Counter(self.fetched()).items() if n > 1}
        assert not twice, f"fetched more than once: {dict(list(twice.items())[:10])}"

    def assert_at_most(self, most: int, endpoint: str | None = None) -> None:
        """Hold that there were no more requests than that."""
        got = len(self.of(endpoint) if endpoint else self.entries)
        assert got <= most, f"{got} requests, {most} at most"

    def assert_pauses(self) -> None:
        """Hold that after an answer with Retry-After that came whole the next request waited that long."""
        for before, after in itertools.pairwise(list(self)):
            lost = any(word in name for name in before.faults for word in ("stall", "cut", "reset", "drip"))
            if before.retry_after is not None and not lost:
                waited, asked = after.time - before.time, before.retry_after
                assert waited >= asked - 1e-6, f"waited {waited:.3f} s after request {before.number}, asked: {asked} s"

    @property
    def most_at_once(self) -> int:
        """Give how many requests were open together at most."""
        return max((entry.concurrent for entry in self), default=0)
