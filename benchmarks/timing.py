"""How a time is taken: the best of several batches of calls, each batch long enough for the clock."""

from __future__ import annotations

import time
from collections.abc import Callable

# Shorter batches than this are lost in the clock and in the interpreter's own doings.
BATCH = 0.02


def best_of(call: Callable[[], object], seconds: float, at_least: int = 3) -> float:
    """Return the least time of one call, in seconds, over batches that fill `seconds`.

    Other people's work on the machine only ever adds to a time, so that the least is nearest to the truth. A call that
    takes longer than `seconds` is made `at_least` times nevertheless, or twice if it takes over 5 s.
    """
    call()  # what is done only once (imports, caches) is not counted
    began = time.perf_counter()
    call()
    once = time.perf_counter() - began
    repeats = max(1, int(BATCH / max(once, 1e-9)))
    best, done, until = once, 1, time.perf_counter() + seconds
    if once > 5.0:
        return best
    while done < at_least or time.perf_counter() < until:
        began = time.perf_counter()
        for _ in range(repeats):
            call()
        best = min(best, (time.perf_counter() - began) / repeats)
        done += 1
    return best
