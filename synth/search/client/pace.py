"""How fast and how patiently to ask: NCBI's rate for all threads together, and growing pauses after a failure."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

__all__ = ["KEYED_GAP", "PLAIN_GAP", "Pace", "retry_after"]

# NCBI allows 3 requests in a second, 10 with a key. A third of a second exactly now and then puts four into one of its
# seconds; Biopython found 0.37 s to be reliable. The same tenth is added to the gap with a key.
PLAIN_GAP = 0.37
KEYED_GAP = 0.11


class Pace:
    """One clock for every thread that asks.

    Parameters
    ----------
    clock : callable
        Seconds since some moment; stands still in a test.
    sleep : callable
        Waits that many seconds.
    rng : random.Random, optional
        For the jitter; seeded in a test.
    plain_gap, keyed_gap : float
        Seconds between the starts of two requests, without and with a key.
    base, longest : float
        Seconds of the first pause after a failure, and of the longest.

    Examples
    --------
    >>> class Clock:
    ...     now = 0.0
    ...     def sleep(self, seconds): self.now += seconds
    >>> clock = Clock()
    >>> pace = Pace(clock=lambda: clock.now, sleep=clock.sleep)
    >>> for _ in range(4):
    ...     pace.wait()
    >>> round(clock.now, 2)
    1.11
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
        plain_gap: float = PLAIN_GAP,
        keyed_gap: float = KEYED_GAP,
        base: float = 1.0,
        longest: float = 60.0,
    ) -> None:
        self.clock = clock
        self._sleep = sleep
        self._rng = rng if rng is not None else random.Random()
        self._gaps = (plain_gap, keyed_gap)
        self._base, self._longest = base, longest
        self._lock = threading.Lock()
        self._last: float | None = None
        self._not_before: float | None = None
        self.waited = 0.0

    def wait(self, *, keyed: bool = False) -> None:
        """Wait until the next request may start, and take that moment."""
        with self._lock:
            now = self.clock()
            starts = [now]
            if self._last is not None:
                starts.append(self._last + self._gaps[keyed])
            if self._not_before is not None:
                starts.append(self._not_before)
            self._last = max(starts)
            seconds = self._last - now
            self.waited += seconds
        if seconds > 0:
            self._sleep(seconds)

    def pause(self, seconds: float) -> None:
        """Let no thread start a request before that many seconds have passed."""
        with self._lock:
            until = self.clock() + seconds
            self._not_before = until if self._not_before is None else max(self._not_before, until)

    def back_off(self, attempt: int, at_least: float = 0.0) -> float:
        """Give the seconds to wait after failure number `attempt` (from 1): doubling, half of it by chance.

        Never less than `at_least`, which is what the service asked for, and a little more, lest all who were told the
        same come back together.
        """
        whole = min(self._longest, self._base * 2.0 ** min(attempt - 1, 64))
        chance = self._rng.random()
        return max(whole / 2 + chance * whole / 2, at_least * (1 + 0.1 * chance))


def retry_after(value: str | None, date: str | None = None) -> float | None:
    """Return how many seconds a ``Retry-After`` header asks for, in either of its two forms.

    Parameters
    ----------
    value : str or None
        Seconds, or a moment.
    date : str or None
        The ``Date`` header of the same answer: a moment is counted from it, so that this machine's clock may be wrong.

    Returns
    -------
    float or None
        None where there is no such header or it makes no sense.

    Examples
    --------
    >>> retry_after("2"), retry_after("soon")
    (2.0, None)
    >>> retry_after("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:07 GMT")
    30.0
    """
    text = (value or "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - parsedate_to_datetime(date or "")).total_seconds())
    except (TypeError, ValueError, IndexError):
        return None
