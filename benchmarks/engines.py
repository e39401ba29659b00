"""Run the other engines, one process each, and read what they print."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent


@dataclass
class Answers:
    """What one engine gave.

    Attributes
    ----------
    versions : dict
        Name and version of what ran.
    seconds : dict
        Best time of each task.
    numbers : dict
        Of each task: arrays by name.
    missing : str
        Why there is nothing; "" where there is.
    """

    versions: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    numbers: dict[str, dict[str, NDArray[np.float64]]] = field(default_factory=dict)
    missing: str = ""


def _run(name: str, command: list[str]) -> Answers:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return Answers(missing=f"{name} did not run: {done.stderr.strip().splitlines()[-1]}")
    out = Answers()
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for line in done.stdout.splitlines():
        task, what, value = line.split("\t")
        if task == "version":
            out.versions[what] = value
        elif what == "seconds":
            out.seconds[task] = float(value)
        else:
            values[task][what].append(float(value))
    out.numbers = {task: {n: np.array(v) for n, v in of.items()} for task, of in values.items()}
    return out


def has_r(rscript: str, package: str) -> bool:
    """Whether there is an R with a package."""
    if not shutil.which(rscript):
        return False
    test = f'quit(status = !requireNamespace("{package}", quietly = TRUE))'
    return subprocess.run([rscript, "-e", test], capture_output=True, check=False).returncode == 0


def metafor(rscript: str, folder: Path, seconds: float, tasks: list[str]) -> Answers:
    """Time metafor's tasks in one process of R."""
    if not has_r(rscript, "metafor"):
        return Answers(missing="R with metafor is not installed (Debian: r-base-core r-cran-metafor r-cran-lme4)")
    return _run("metafor", [rscript, str(HERE / "metafor.R"), str(folder), str(seconds), *tasks])


def python_tool(tool: str, interpreter: str, folder: Path, seconds: float, tasks: list[str]) -> Answers:
    """Time the tasks of PyMARE or statsmodels in the interpreter that has it."""
    probe = [interpreter, "-c", f"import {tool}"]
    if not shutil.which(interpreter) or subprocess.run(probe, capture_output=True, check=False).returncode:
        how = " (pip install pymare, in an environment of its own; --pymare PYTHON)" if tool == "pymare" else ""
        return Answers(missing=f"{tool} is not installed for {Path(interpreter).name}{how}")
    return _run(tool, [interpreter, str(HERE / "other_python.py"), tool, str(folder), str(seconds), *tasks])


@dataclass(frozen=True)
class Whole:
    """A whole process: best wall time in seconds, and the pooled estimate on the logit."""

    seconds: float
    estimate: float


def whole(command: list[str], folder: Path, repeats: int, document: str = "") -> Whole:
    """Run a command `repeats` times from its start to its end; its estimate is in `document` or in its last line."""
    best, printed = float("inf"), ""
    for _ in range(repeats):
        began = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env={**os.environ})
        best = min(best, time.perf_counter() - began)
        printed = done.stdout
    if document:
        return Whole(best, float(json.loads((folder / document).read_text(encoding="utf-8"))["pooled"]["estimate"]))
    return Whole(best, float(printed.strip().splitlines()[-1].split()[-1]))


def synth_command(*arguments: str) -> list[str]:
    """Start synth as its console script does, with the interpreter that runs this."""
    return [sys.executable, "-c", "import sys; from synth.cli import main; sys.exit(main())", *arguments]
