"""The report room: how large the page of an outcome is, and the processor's time for it and for a review's index.

All rows are of one review, made up from a fixed seed: 20 studies of two arms, ten outcomes, every study judged.
``python -m benchmarks.report engine`` inside it makes the first outcome's document and no page.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.engines import synth_command
from benchmarks.table import Line

ROOT = Path(__file__).resolve().parent.parent
STUDIES, OUTCOMES = 20, 10
NAMES = ("size_page", "page_20", "index_10", "report_10")
LARGEST = 300_000  # bytes of a page
MOST_OF_PAGE, MOST_OF_INDEX = 1.0, 4.0  # seconds
EVERYTHING = (
    "--by", "design", "--moderator", "year", "--cumulative", "year", "--permutations", "999", "--influence", "--bias",
    "--gosh", "--second-opinions", "--compare-presets", "--multiverse",
)  # fmt: skip
INSTRUMENT, ITEMS = "jbi-case-series", 10
JUDGED = ("yes", "no", "unclear")
COUNTRIES, DESIGNS = ("Sweden", "Japan", "Brazil"), ("cohort", "case series")


def write_review(folder: Path) -> None:
    """Write the sheets of the review, with what a page shows of a study: titles, sources, notes, judgements.

    Parameters
    ----------
    folder : Path
        Where to; it must be there.
    """
    rng = np.random.default_rng(STUDIES)
    lines = ["schema = 1", 'title = "A made-up review"', 'primary_arm = "new"', 'comparator_arms = ["old"]']
    lines += ['question.text = "How many are well after the new operation?"']
    lines += ['arms.new.label = "New operation"', 'arms.old.label = "Old operation"']
    for number in range(1, OUTCOMES + 1):
        lines += [f"[outcomes.outcome_{number}]", f'label = "Outcome {number}"', 'time_point = "1 year"']
        lines += [f'definition = "Outcome {number}, as each series defines it"', 'direction = "lower is better"']
    (folder / "review.toml").write_text("\n".join([*lines, ""]), encoding="utf-8")
    names = [f"Author {number} {2000 + number}" for number in range(1, STUDIES + 1)]
    totals = np.round(np.exp(rng.uniform(np.log(20.0), np.log(300.0), (STUDIES, 2)))).astype(np.int64)
    studies = [["study", "arm", "title", "journal", "year", "doi", "country", "design", "n"]]
    results = [["study", "arm", "outcome", "events", "total", "where", "note", "source"]]
    bias = [["study", "instrument", "item", "judgement", "support"]]
    for place, name in enumerate(names):
        title = f"The new operation beside the old one in {totals[place].sum()} patients of one hospital"
        about = [f"{2001 + place}", f"10.1000/{place}", COUNTRIES[place % 3], DESIGNS[place % 2]]
        for arm, side in (("new", 0), ("old", 1)):
            studies.append([name, arm, title, f"J Operations {place + 1}:1-9", *about, str(totals[place, side])])
            for number in range(1, OUTCOMES + 1):
                share = 1.0 / (1.0 + np.exp(-(-1.7 + 0.6 * rng.standard_normal())))
                events = rng.binomial(totals[place, side], share)
                source = [f"Table {number}, p. {place + 1}", "Printed as a count.", f"https://example.org/{place}"]
                results.append([name, arm, f"outcome_{number}", str(events), str(totals[place, side]), *source])
        for item in range(1, ITEMS + 1):
            bias.append([name, INSTRUMENT, str(item), JUDGED[int(rng.integers(3))], f"Said on p. {item}."])
    (folder / "extracted").mkdir()
    for stem, rows in (("studies", studies), ("results", results), ("bias", bias)):
        with (folder / "extracted" / f"{stem}.csv").open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle).writerows(rows)


@dataclass(frozen=True)
class Used:
    """The processor's seconds, of user and system, and those that passed, of a process from start to end."""

    processor: float
    passed: float


def used(command: Sequence[str], folder: Path) -> Used:
    """Run a command in a folder.

    Raises
    ------
    RuntimeError
        It failed.
    """
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    began = time.perf_counter()
    null, known = subprocess.DEVNULL, {**os.environ, "PYTHONPATH": path}
    running = subprocess.Popen(command, cwd=folder, stdout=null, stderr=null, env=known)
    _, status, spent = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {running.returncode}")
    return Used(spent.ru_utime + spent.ru_stime, time.perf_counter() - began)


def engine() -> None:
    """Print the document of the review's first outcome, which ``synth pool`` makes before the page."""
    from synth.extract import load
    from synth.steps.compute import document_of_review
    from synth.steps.options import PoolOptions
    from synth.steps.run import to_json
    from synth.workspace import Workspace

    workspace = Workspace.find()
    outcome = workspace.review.outcomes[0]
    made = document_of_review(workspace, load(workspace), outcome, "new", options=PoolOptions(), command="")
    sys.stdout.write(to_json(made))


def report_lines(rounds: int, only: str, say: Callable[[str], None]) -> list[Line]:
    """Measure everything of this room whose name contains `only`.

    Parameters
    ----------
    rounds : int
        How often each time is taken, twice over; the least counts.
    only : str
        "" for everything.
    say : callable
        Is told what is measured.

    Returns
    -------
    list of Line
        Seconds are of the processor.
    """
    wanted = [name for name in NAMES if only in name]
    if not wanted:
        return []
    made: list[Line] = []

    def limit(name: str, what: str, seconds: float, most: float) -> None:
        verdict = "met" if seconds <= most else "not met"
        made.append(Line(name, what, "", seconds, None, seconds, most, None, None, verdict))

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_review(folder)
        first = synth_command("pool", "--outcome", "outcome_1")
        if "size_page" in wanted:
            say("size of the page")
            used([*first, *EVERYTHING], folder)
            size = (folder / "reports" / "outcome_1.html").stat().st_size
            what = f"size of an outcome's page with every analysis, k = {STUDIES} ({size / 1000:.0f} kB of 300 kB)"
            verdict = "met" if size <= LARGEST else "not met"
            made.append(Line("size_page", what, "", 0.0, None, size / LARGEST, 1.0, None, None, verdict))
        if "page_20" in wanted:
            say("the page beside the engine")
            alone = [sys.executable, "-m", "benchmarks.report", "engine"]
            whole, without = [], []
            for _ in range(2 * rounds):  # in turn, because a machine has slow minutes
                whole.append(used(first, folder).processor)
                without.append(used(alone, folder).processor)
            least, rest = min(whole), min(without)
            what = (
                f"processor's time of synth pool, k = {STUDIES}, beside its document ({least:.2f} s of a whole process "
                f"less {rest:.2f} s)"
            )
            limit("page_20", what, least - rest, MOST_OF_PAGE)
        if "index_10" in wanted or "report_10" in wanted:
            say(f"a report of {OUTCOMES} outcomes")
            every = [used(synth_command("report", "--again"), folder) for _ in range(2 * rounds)]
            if "index_10" in wanted:
                index = [used(synth_command("report", "--index-only"), folder) for _ in range(2 * rounds)]
                what = f"processor's time of a whole process: index of {OUTCOMES} outcomes of {STUDIES} studies"
                limit("index_10", what, min(each.processor for each in index), MOST_OF_INDEX)
            if "report_10" in wanted:
                passed = min(each.passed for each in every)
                what = f"the same with pooling all of them, every page, figure and file of data ({passed:.2f} s passed)"
                limit("report_10", what, min(each.processor for each in every), MOST_OF_INDEX)
    return made


if __name__ == "__main__":
    if sys.argv[1:] != ["engine"]:
        sys.exit("python -m benchmarks.report engine, inside of the review; for the rows python -m benchmarks")
    engine()
