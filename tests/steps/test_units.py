"""Units of an outcome: from review.toml to the document, the page and the terminal."""

from __future__ import annotations

from pathlib import Path

from synth.report.outcome import page
from synth.report.terminal import answer as terminal
from synth.steps.pool import pool_review
from synth.workspace import Workspace

REVIEW = """
schema = 1
title = "Hips"
primary_arm = "mis"
question.text = "How long?"
arms.mis.label = "MIS"
[outcomes.stay]
label = "Stay"
kind = "continuous"
unit = "days"
[outcomes.infection]
label = "Infection"
kind = "rate"
unit = "infections"
time_unit = "months"
[outcomes.death]
label = "Death"
"""
SHEET = """study,arm,outcome,events,total,mean,sd,time
A,mis,stay,,40,8,3,
B,mis,stay,,33,9,4,
C,mis,stay,,33,7,4,
A,mis,infection,3,40,,,610
B,mis,infection,5,33,,,800
C,mis,infection,2,33,,,700
A,mis,death,3,40,,,
B,mis,death,2,33,,,
"""


def test_a_unit_reaches_the_reader(tmp_path: Path) -> None:
    """A mean stands without its unit, or a rate does not say what is counted over which time."""
    (tmp_path / "extracted").mkdir()
    (tmp_path / "review.toml").write_text(REVIEW, encoding="utf-8")
    (tmp_path / "extracted" / "results.csv").write_text(SHEET, encoding="utf-8")
    run = pool_review(Workspace.find(tmp_path), ["stay", "infection", "death"])
    stay, infection, death = (pooled.document for pooled in run.pooled)
    assert (stay["outcome_info"]["unit"], stay["outcome_info"]["time_unit"]) == ("days", None)
    assert (infection["outcome_info"]["unit"], infection["outcome_info"]["time_unit"]) == ("infections", "months")
    assert (death["outcome_info"]["unit"], death["outcome_info"]["time_unit"]) == (None, None)
    assert "Mean (days)" in page.render(stay)
    assert "Mean (days)" in terminal.summary([stay], width=120)
    assert "Infections per 1000 person-months" in page.render(infection)
    assert "Infections per 1000 person-months" in terminal.summary([infection], width=120)
