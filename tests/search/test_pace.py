from __future__ import annotations

import random
import threading

import pytest

from synth.search.client.pace import KEYED_GAP, PLAIN_GAP, Pace, retry_after
from tests.eutils import ManualClock


def paced(clock: ManualClock, seed: int = 1) -> Pace:
    """Give a pace on a clock of the test."""
    return Pace(clock=clock.now, sleep=clock.sleep, rng=random.Random(seed))


@pytest.mark.parametrize(("keyed", "allowed"), [(False, 3), (True, 10)])
def test_no_second_has_more_than_allowed(keyed: bool, allowed: int) -> None:
    """Some window of one second holds more requests than NCBI allows."""
    clock = ManualClock()
    pace = paced(clock)
    starts = []
    for _ in range(40):
        pace.wait(keyed=keyed)
        starts.append(clock.now())
    for first in starts:
        assert sum(first <= each <= first + 1.0 for each in starts) <= allowed


def test_threads_share_one_pace() -> None:
    """Two threads that ask at once are let through together, as Biopython's own limiter does."""
    clock = ManualClock()
    taken: list[float] = []
    pace = Pace(clock=clock.now, sleep=taken.append)
    threads = [threading.Thread(target=pace.wait) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The clock stands still here: each thread must have been given a moment of its own.
    assert sorted(taken) == pytest.approx([PLAIN_GAP * each for each in range(1, 20)], abs=1e-9)


def test_a_request_without_key_keeps_the_longer_gap() -> None:
    """A short request without a key follows one with a key after a tenth of a second, at 10/s for all NCBI can see."""
    clock = ManualClock()
    pace = paced(clock)
    pace.wait(keyed=True)
    begin = clock.now()
    pace.wait(keyed=True)
    assert clock.now() - begin == pytest.approx(KEYED_GAP, abs=1e-9)
    pace.wait(keyed=False)
    assert clock.now() - begin == pytest.approx(KEYED_GAP + PLAIN_GAP, abs=1e-9)


def test_a_pause_holds_for_everybody() -> None:
    """After a 429 the other threads go on asking."""
    clock = ManualClock()
    pace = paced(clock)
    pace.wait()
    pace.pause(30.0)
    pace.pause(5.0)
    begin = clock.now()
    pace.wait()
    assert clock.now() - begin == pytest.approx(30.0, abs=1e-9)
    pace.wait()
    assert clock.now() - begin == pytest.approx(30.0 + PLAIN_GAP, abs=1e-9)


def test_waiting_is_counted() -> None:
    """Nobody can tell how much of a run was waiting for the allowed rate."""
    clock = ManualClock()
    pace = paced(clock)
    for _ in range(3):
        pace.wait()
    assert pace.waited == pytest.approx(2 * PLAIN_GAP, abs=1e-9)


def test_back_off_doubles_with_jitter_and_ends() -> None:
    """The pauses do not grow, grow for ever, or are the same for every caller."""
    pace = paced(ManualClock(), 7)
    for attempt, whole in enumerate([1, 2, 4, 8, 16, 32, 60, 60, 60], 1):
        each = [pace.back_off(attempt) for _ in range(50)]
        assert whole / 2 <= min(each) < max(each) <= whole
        assert len(set(each)) == 50
    assert pace.back_off(5000) <= 60


def test_back_off_is_seeded() -> None:
    """A test with a seed does not see the same pauses twice."""
    first, second = paced(ManualClock(), 3), paced(ManualClock(), 3)
    assert [first.back_off(n) for n in range(1, 8)] == [second.back_off(n) for n in range(1, 8)]


def test_never_sooner_than_asked() -> None:
    """The client comes back before the time that the service asked for."""
    pace = paced(ManualClock(), 5)
    for attempt in (1, 2, 9):
        each = [pace.back_off(attempt, 40.0) for _ in range(50)]
        assert 40.0 <= min(each) < max(each) <= 60.0


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("2", None, 2.0),
        (" 120 ", None, 120.0),
        ("Sun, 06 Nov 1994 08:50:07 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 30.0),
        ("Sun, 06 Nov 1994 08:49:07 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        ("Sun, 06 Nov 1994 08:49:07 GMT", None, None),
        ("-3", None, None),
        ("1e9", None, None),
        ("99999999999", None, None),
        ("soon", "never", None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_retry_after(value: str | None, date: str | None, seconds: float | None) -> None:
    """Retry-After is not understood in one of its two forms, or nonsense in it stops the run."""
    assert retry_after(value, date) == seconds
