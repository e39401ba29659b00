"""A small review to break, and a way to run the command line in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

REVIEW = """\
schema = 1
title = "Hips & knees <in> brief"
contact = ""
primary_arm = "new"
comparator_arms = ["old"]

[question]
text = "Of the patients who get the new joint, how many fall?"
population = "Adults"
intervention = "New joint"
comparator = "Old joint"

[arms.new]
label = "New joint"

[arms.old]
label = "Old joint"

[outcomes.fall]
label = "Fall"
definition = "At least one fall"
time_point = "1 year"
direction = "lower is better"
predicate = "fell within a year"
kind = "proportion"

[outcomes.revision]
label = "Revision"
definition = "Any revision"
time_point = "2 years"
direction = "lower is better"
predicate = "were revised"
kind = "proportion"

[outcomes.pain]
label = "Pain"
definition = "Score from 0 to 10"
time_point = "1 year"
direction = "lower is better"
predicate = "points of pain"
kind = "continuous"
"""

RESULTS = """\
study,arm,outcome,events,total,total_basis,bound,exclude,note
Ågren 2019,new,fall,3,40,stated,,,
Brown 2020,new,fall,5,61,derived,,,worked out
Cole 2021,new,fall,1,25,stated,upper,,
Dahl 2022,new,fall,9,80,stated,,,
Ewing 2022,new,fall,4,12,stated,,The two tables contradict each other,
Ågren 2019,old,fall,6,38,stated,,,
Brown 2020,new,revision,2,61,stated,,,
Brown 2020,new,pain,,61,,,,
"""

FIGURES = "study,events,total\nA 2020,3,40\nB 2021,5,61\nC 2022,1,25\n"


@dataclass(frozen=True)
class Done:
    """What one command line left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run ``synth`` in a new process, in `tmp_path` unless told otherwise."""

    def start(*args: str, cwd: Path = tmp_path, env: dict[str, str] | None = None, **more: object) -> Done:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("SYNTH_", "NO_COLOR", "COLUMNS", "FORCE_"))}
        clean["PYTHONIOENCODING"] = "utf-8"
        done = subprocess.run(
            [sys.executable, "-m", "synth", *args],
            cwd=cwd, env={**clean, **(env or {})}, capture_output=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        return Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    return start


@pytest.fixture
def review(tmp_path: Path) -> Path:
    """Make a review with a good answer for ``fall``."""
    root = tmp_path / "my review"
    (root / "extracted").mkdir(parents=True)
    (root / "review.toml").write_text(REVIEW, encoding="utf-8")
    (root / "extracted" / "results.csv").write_text(RESULTS, encoding="utf-8")
    return root
