"""Time as the server sees it: the machine's, a hand-moved one, or the machine's made faster."""

from __future__ import annotations

import threading
import time


class Clock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        """Give the seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class ManualClock(Clock):
    """A clock that stands still until somebody sleeps on it: a day of waiting costs a test nothing.

    Give the same one to the server and to the code under test, and both agree on how long the pauses were.
    """

    def __init__(self, start: float = 1000.0) -> None:
        self._now = start
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> float:
        """Give the seconds since some moment."""
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        """Move on at once by what would have been waited."""
        with self._lock:
            self.slept.append(seconds)
            self._now += max(0.0, seconds)

    advance = sleep


class FastClock(Clock):
    """The machine's clock, `speed` times as fast: for commands in processes of their own."""

    def __init__(self, speed: float) -> None:
        self.speed = speed

    def now(self) -> float:
        """Give the seconds since some moment, on the fast clock."""
        return time.monotonic() * self.speed

    def sleep(self, seconds: float) -> None:
        """Wait the shorter time."""
        time.sleep(max(0.0, seconds) / self.speed)
