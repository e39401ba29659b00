"""Make the gold pages again: ``python -m tests.report.gold.make`` sets them from the documents beside them.

``python -m tests.report.gold.make --documents`` pools the made-up tables below first, for when the document itself has
changed. Look at the pages in a browser before committing either.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from synth.cli.app import run
from synth.report.outcome.page import render

GOLD: Final = Path(__file__).parent
NAMES: Final = ("review", "five", "two_arms")
FIVE: Final = (("study", "events", "total"), *((f"Series {i}", 2 * i, 20 + 9 * i) for i in range(1, 6)))
PAIR: Final = (
    ("study", "events_1", "total_1", "events_2", "total_2"),
    *((f"Trial {i}", 2 + i % 5, 40 + i, 5 + i % 4, 42 + 2 * i) for i in range(6)),
)
REVIEW: Final = """schema = 1
title = "Plates for fractures of the distal radius"
contact = ""
primary_arm = "plate"
[question]
text = "How many adults are operated on again after plating?"
[arms.plate]
label = "Volar plate"
[outcomes.reoperation]
label = "Reoperation within one year"
definition = "Any second operation at the same wrist within one year"
time_point = "1 year"
direction = "lower is better"
predicate = "were operated on again within one year"
event = "reoperation"
"""
RESULTS: Final = (
    ("study", "arm", "outcome", "events", "total", "events_basis", "total_basis", "where", "confidence", "note",
     "source"),
    *(
        (f"Author {2010 + i}", "plate", "reoperation", i, 30 + 11 * i, "stated", "derived" if i == 2 else "cohort",
         f"table 2, page {500 + i}", ("high", "low")[i % 2], f'"{i} patients" are printed', f"https://example.org/{i}")
        for i in range(5)
    ),
)  # fmt: skip
STUDIES: Final = (
    ("study", "arm", "title", "journal", "year", "design", "n"),
    *((f"Author {y}", "plate", f"Plates of {y}", "J Wrist", y, "cohort", 11 * y - 22080) for y in range(2010, 2015)),
)
BIAS: Final = (
    ("study", "instrument", "item", "judgement", "support"),
    *((f"Author {2010 + i}", "jbi-case-series", k, ("yes", "no", "unclear")[(i * k) % 3], f"page {500 + k}")
      for i in range(5) for k in range(1, 11)),
)  # fmt: skip


def write(path: Path, rows: tuple[tuple[object, ...], ...]) -> None:
    """Write a table as CSV."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)


def documents() -> None:
    """Pool the tables, and keep the documents."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            write(Path("five.csv"), FIVE)
            write(Path("two_arms.csv"), PAIR)
            Path("review.toml").write_text(REVIEW, encoding="utf-8")
            write(Path("extracted/results.csv"), RESULTS)
            write(Path("extracted/studies.csv"), STUDIES)
            write(Path("extracted/bias.csv"), BIAS)
            for words in (["five.csv"], ["two_arms.csv", "--measure", "OR"], ["--outcome", "reoperation"]):
                if run(["pool", *words]) != 0:
                    raise SystemExit(f"synth pool {' '.join(words)} failed")
            for name in NAMES:
                made = next(Path().rglob(f"{'reoperation' if name == 'review' else name}.json"))
                document = json.loads(made.read_text("utf-8"))
                document["generator"]["version"] = "0.0.0"
                kept = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
                (GOLD / f"{name}.json").write_text(kept + "\n", encoding="utf-8")
        finally:
            os.chdir(before)


def page(name: str) -> str:
    """Set a page from the document beside it."""
    return render(json.loads((GOLD / f"{name}.json").read_text("utf-8")))


if __name__ == "__main__":
    if "--documents" in sys.argv[1:]:
        documents()
    for each in NAMES:
        (GOLD / f"{each}.html").write_text(page(each), encoding="utf-8")
