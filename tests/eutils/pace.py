"""How many requests a caller may send: three in any second, ten with a key, and the answer to one too many."""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque

from .clock import Clock
from .wire import Answer, Request

PLAIN, WITH_KEY, WINDOW = 3, 10, 1.0
# A pause of exactly a third of a second may come out a hair short in binary; that is not one request too many.
SLACK = 1e-9


class RateLimit:
    """Counts requests of each caller in a sliding second.

    Parameters
    ----------
    clock : Clock
        By which the second slides.
    enforce : bool
        False lets everything pass but still counts.
    retry_after : int or None
        Seconds that a refusal names in ``Retry-After``; None leaves the header out, as the service has been seen to.
    """

    def __init__(self, clock: Clock, *, enforce: bool = True, retry_after: int | None = 2) -> None:
        self.clock, self.enforce, self.retry_after = clock, enforce, retry_after
        self._seen: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def check(self, request: Request) -> tuple[int, int]:
        """Count a request; give how many the caller sent in the last second, this one too, and how many are allowed."""
        key = request.get("api_key")
        with self._lock:
            now = self.clock.now()
            times = self._seen[key or request.client]
            times.append(now)
            while times[0] <= now - WINDOW + SLACK:
                times.popleft()
            return len(times), WITH_KEY if key else PLAIN

    def refusal(self, request: Request, count: int, limit: int, status: int = 429) -> Answer:
        """Give the answer to one request too many; as the live one, it echoes the key or the address."""
        who = request.get("api_key") or request.client
        body = {"error": "API rate limit exceeded", "api-key": who, "count": str(count), "limit": str(limit)}
        headers = (("Retry-After", str(self.retry_after)),) if self.retry_after is not None else ()
        return Answer(json.dumps(body, separators=(",", ":")).encode(), status, "application/json", headers)
