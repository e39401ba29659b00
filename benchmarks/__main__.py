"""Take the times, compare the numbers, print the table: ``python -m benchmarks --help``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks import engines
from benchmarks.data import BATCH, write
from benchmarks.report import report_lines
from benchmarks.rows import LME4, Row, deviation, memory, rows
from benchmarks.search import search_lines
from benchmarks.table import Line, as_json, page, text
from benchmarks.timing import best_of

DOCS = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
SIZES = (10, 12, 100, 1000, BATCH[0] * BATCH[1])
# A study more may cost what a study costs, and a twentieth for rounding up of buffers.
LINEAR = 2.1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="synth beside other engines")
    parser.add_argument("--date", help="date to print, as 2026-11-22; without it docs/benchmarks.md is not written")
    parser.add_argument("--only", metavar="WORD", help="rows whose name contains WORD; docs stay as they are")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each time is taken (default: 1)")
    parser.add_argument("--rounds", type=int, default=2, help="how often everybody is timed, in turn (default: 2)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results here, as JSON")
    parser.add_argument("--rscript", default="Rscript", help="the Rscript to use")
    parser.add_argument("--pymare", default=sys.executable, metavar="PYTHON", help="a Python that has PyMARE")
    return parser.parse_args(arguments)


def judge(row: Row, answers: engines.Answers | None, ours: float) -> Line:
    """Compare one row's numbers and its time, `ours`, with the rival's."""
    off, verdict, theirs = None, "", None
    if answers is not None:
        theirs = answers.seconds.get(row.task)
        if theirs is None:
            verdict = "not run"
        elif row.numbers is not None:
            off = deviation(row.numbers(), answers.numbers[row.task])
    ratio = ours if not row.rival else ours / theirs if theirs else None
    if off is not None and off > row.tolerance:
        verdict = "DIFFERS"
    elif ratio is not None and row.target is not None:
        verdict = "met" if ratio <= row.target else "not met"
    return Line(row.name, row.what, row.rival, ours, theirs, ratio, row.target, off, row.tolerance, verdict)


def whole_lines(folder: Path, rscript: str, repeats: int, only: str) -> tuple[list[Line], list[str]]:
    """Time whole processes, from their start to the file that a person opens."""
    made: list[Line] = []
    missing = [
        f"R's {package} for the whole process"
        for package in ("metafor", "meta")
        if only in "whole" and not engines.has_r(rscript, package)
    ]
    for k in (10, 1000):
        name = f"whole_{k}"
        if only not in name:
            continue
        figures = f"figures_{k}.csv"
        # The same estimate from the same model first: inverse variance, REML.
        inverse = engines.synth_command("pool", figures, "--model", "inverse", "--output", "inverse.html")
        check = engines.whole(inverse, folder, 1, "inverse.json")
        ours = engines.whole(engines.synth_command("pool", figures), folder, repeats, f"figures_{k}.json")
        for package, target in (("metafor", 1 / 2), ("meta", 1 / 3 if k == 10 else 1 / 6)):
            what = f"whole process with page or forest plot, k = {k:,}"
            if not engines.has_r(rscript, package):
                none = (None, None, target, None, None, "not run")
                made.append(Line(f"{name}_{package}", what, package, ours.seconds, *none))
                continue
            script = str(engines.HERE / f"whole_{package}.R")
            theirs = engines.whole([rscript, script, figures, "forest.svg"], folder, repeats)
            # metafor's own threshold for REML is an absolute 1e-5: half a per cent of a standard error is its accuracy
            off = abs(check.estimate - theirs.estimate) / abs(theirs.estimate)
            ratio = ours.seconds / theirs.seconds
            verdict = "DIFFERS" if off > LME4 else "met" if ratio <= target else "not met"
            times = (ours.seconds, theirs.seconds, ratio, target)
            made.append(Line(f"{name}_{package}", what, package, *times, off, LME4, verdict))
    return made, missing


def memory_lines() -> list[Line]:
    """Compare the peaks of memory at 50,000 and 100,000 studies."""
    made = []
    for method, (half, full) in memory().items():
        ratio = full / half
        what = f"memory of {method}, k = 100,000 against 50,000 (peak {full / 1e6:.0f} MB)"
        verdict = "met" if ratio <= LINEAR else "not met"
        made.append(Line(f"memory_{method.lower()}", what, "", 0.0, None, ratio, LINEAR, None, None, verdict))
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything; 1 where numbers differ, 0 otherwise, met or not."""
    options = parse(arguments)
    only = options.only or ""
    wanted = [row for row in rows() if only in row.name]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for k in SIZES:
            write(folder, k)

        def tasks(rival: str) -> list[str]:
            return list(dict.fromkeys(row.task for row in wanted if row.rival == rival))

        def say(what: str) -> None:
            sys.stderr.write(f"{what} ...\n")

        def rival_run(rival: str) -> engines.Answers:
            if rival == "metafor":
                return engines.metafor(options.rscript, folder, options.seconds, tasks(rival))
            python = options.pymare if rival == "PyMARE" else sys.executable
            return engines.python_tool(rival.lower(), python, folder, options.seconds, tasks(rival))

        answers: dict[str, engines.Answers] = {}
        times = {row.name: float("inf") for row in wanted}
        for _ in range(options.rounds):
            for rival in filter(tasks, ("PyMARE", "statsmodels", "metafor")):
                say(rival)
                again = rival_run(rival)
                before = answers.setdefault(rival, again).seconds
                before |= {task: min(each, before[task]) for task, each in again.seconds.items()}
            for row in wanted:
                say(row.what)
                times[row.name] = min(times[row.name], best_of(row.call, options.seconds) / row.per)
        lines = [judge(row, answers.get(row.rival), times[row.name]) for row in wanted]
        if only in "memory":
            say("memory")
            lines += memory_lines()
        searched, ran = search_lines(options.rounds, only, say)
        lines += searched
        lines += report_lines(options.rounds, only, say)
        say("whole processes")
        more, missing = whole_lines(folder, options.rscript, 4 * options.rounds, only)
        lines += more
    missing = [*(a.missing for a in answers.values() if a.missing), *missing]
    about = {
        "date": options.date or "not given",
        "machine": f"{os.cpu_count()} cores",
        "synth": version("synth"),
        "Python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": version("scipy"),
    }
    about |= ran
    for each in answers.values():
        about |= each.versions
    sys.stdout.write(text(lines) + "\n" + "".join(f"not run: {reason}\n" for reason in missing))
    if options.json:
        options.json.write_text(json.dumps(as_json(lines, about, missing), indent=1) + "\n", encoding="utf-8")
    if options.date and not only:
        DOCS.write_text(page(lines, about, missing), encoding="utf-8")
    return 1 if any(line.verdict == "DIFFERS" for line in lines) else 0


if __name__ == "__main__":
    raise SystemExit(main())
