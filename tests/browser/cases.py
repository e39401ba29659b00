"""Made-up reviews, small and large, whose pages are looked at."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from synth.cli.app import run

from ..report.factory import HOSTILE

Row = tuple[object, ...]


@dataclass(frozen=True)
class Case:
    """A table for ``synth pool``, and the words after its name."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    words: tuple[str, ...] = ()


def _counts(k: int) -> tuple[Row, ...]:
    """Return k made-up series: small and large ones, with few events and with many."""
    totals = (12 + (7 * i) % 60 for i in range(k))
    return tuple((f"Series {i + 1:03d}", (3 * i + i * i % 7) % (total // 2), total) for i, total in enumerate(totals))


SHARE: Final = ("study", "events", "total")
PAIR: Final = ("study", "events_1", "total_1", "events_2", "total_2")
CASES: Final[dict[str, Case]] = {
    "one": Case(SHARE, (("Only 2020", 3, 40),)),
    "two": Case(SHARE, (("First 2020", 3, 40), ("Second 2021", 9, 31))),
    "five": Case(SHARE, _counts(5)),
    "twenty": Case(SHARE, _counts(20)),
    "many": Case(SHARE, _counts(150)),
    "none_with_event": Case(SHARE, tuple((f"Zero {i}", 0, 10 + 3 * i) for i in range(6))),
    "all_with_event": Case(SHARE, tuple((f"All {i}", 10 + 3 * i, 10 + 3 * i) for i in range(6))),
    # Nul and lone surrogates cannot stand in a file of text; the tests of the report room have them.
    "hostile": Case(
        SHARE,
        tuple(
            (name.replace("\x00", "").replace("\ud800", "?"), 1 + i % 4, 20 + 3 * i) for i, name in enumerate(HOSTILE)
        ),
    ),
    "two_arms": Case(
        PAIR, tuple((f"Trial {i}", 2 + i % 5, 40 + i, 5 + i % 4, 42 + 2 * i) for i in range(8)), ("--measure", "OR")
    ),
    "two_arms_few": Case(
        PAIR, tuple((f"Trial {i}", 2 + i % 5, 40 + i, 5 + i % 4, 42 + 2 * i) for i in range(4)), ("--measure", "RR")
    ),
    "rates": Case(("study", "events", "time"), tuple((f"Cohort {i}", 3 + 2 * i, 120.5 + 40 * i) for i in range(6))),
    "means": Case(
        ("study", "mean", "sd", "n"), tuple((f"Means {i}", 120.5 + 4 * i, 30.25 + i, 25 + 2 * i) for i in range(6))
    ),
}


def make(case: Case, folder: Path, name: str) -> Path:
    """Pool a case in a folder by the command line, and return its page."""
    table = folder / f"{name}.csv"
    with table.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([case.columns, *case.rows])
    page = folder / f"{name}.html"
    assert run(["pool", str(table), "--output", str(page), *case.words]) == 0
    return page
