"""The history server: sets of PMIDs under a WebEnv and a query key, for as long as they last."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable

from .clock import Clock

LIFE = 8 * 3600.0


class History:
    """Frozen lists of PMIDs.

    Parameters
    ----------
    clock : Clock
        By which sets grow old.
    life : float
        Seconds after which a WebEnv is lost; the service promises none, and eight hours is what it told others.
    seed : int
        From which the names are drawn.
    """

    def __init__(self, clock: Clock, life: float = LIFE, seed: int = 1) -> None:
        self.clock, self.life = clock, life
        self._names = random.Random(seed)
        self._sets: dict[str, tuple[float, dict[int, tuple[int, ...]]]] = {}
        self._lock = threading.Lock()

    def store(self, ids: Iterable[int], webenv: str = "") -> tuple[str, int]:
        """Keep a set, in a WebEnv that is there or a new one; give its name and the query key."""
        with self._lock:
            known = self._sets.get(webenv)
            if known is None or self._old(known[0]):
                webenv = f"MCID_{self._names.getrandbits(96):024x}"
                known = (self.clock.now(), {})
                self._sets[webenv] = known
            key = len(known[1]) + 1
            known[1][key] = tuple(ids)
            return webenv, key

    def get(self, webenv: str, key: str | int) -> tuple[int, ...] | None:
        """Give a set, or None where the WebEnv or the key is lost."""
        with self._lock:
            known = self._sets.get(webenv)
            if known is None or self._old(known[0]):
                return None
            return known[1].get(int(key)) if str(key).isdigit() else None

    def lose(self) -> None:
        """Forget everything."""
        with self._lock:
            self._sets.clear()

    def _old(self, born: float) -> bool:
        return self.clock.now() - born > self.life
