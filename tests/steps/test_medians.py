"""Studies that print a median: what becomes of them in a pool, and how it is marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synth.cli import pool_words
from synth.errors import NothingToPool, SettingsError
from synth.extract import Extracted, Figure
from synth.meta.measures.conversions import mean_sd_from_quantiles
from synth.meta.measures.conversions_mcgrath import fit_quantiles
from synth.steps.medians import METHODS, SOURCE, is_estimated, with_estimates
from synth.steps.options import PoolOptions
from synth.steps.outcomes import list_outcomes
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
[outcomes.falls]
label = "Falls"
kind = "rate"
unit = "falls"
"""
SHEET = """study,arm,outcome,events,total,mean,sd,median,q1,q3,min,max,time
A,mis,stay,,40,8,3,,,,,,
B,mis,stay,,33,,,9,5,13,,,
C,mis,stay,,20,,,7,,,2,15,
D,mis,stay,,50,,,5,4.8,16,,,
E,mis,stay,,40,,,7,,,,,
F,mis,stay,,4,,,7,5,9,,,
A,mis,falls,3,40,,,,,,,,61.5
B,mis,falls,5,33,,,,,,,,80
C,mis,falls,2,20,,,,,,,,
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Make a review with printed means, medians of several kinds, and rates."""
    (tmp_path / "extracted").mkdir()
    (tmp_path / "review.toml").write_text(REVIEW, encoding="utf-8")
    (tmp_path / "extracted" / "results.csv").write_text(SHEET, encoding="utf-8")
    return Workspace.find(tmp_path)


def document(workspace: Workspace, outcome: str, **options: Any) -> Any:
    """Pool one outcome and give its document."""
    run = pool_review(workspace, [outcome], options=PoolOptions(**options))
    run.check()
    return run.pooled[0].document


def row(**quantiles: float) -> Extracted:
    """One study with a median."""
    return Extracted((Figure("A", "mis", "stay", None, 33, **quantiles),), (), (), ())  # type: ignore[arg-type]


def test_medians_are_pooled_marked_and_left_out_again(workspace: Workspace) -> None:
    """A mean that nobody printed would stand among the others without a word, and nobody could do without it."""
    found = document(workspace, "stay")
    notes = {study["study"]: study["provenance"]["note"] for study in found["studies"]}
    assert notes["A"] is None
    # Wan et al. (2014) and Luo et al. (2018) for quartiles of 33 patients, and for the range of 20.
    assert notes["B"] == (
        "Mean and SD estimated from median and quartiles: mean after Luo et al. 2018, SD after Wan et al. 2014."
    )
    assert notes["C"].startswith("Mean and SD estimated from median and range")
    (without,) = (each for each in found["sensitivity"] if each["id"] == "printed_means")
    assert without["omitted"] == ["B", "C"]
    reasons = {each["study"]: each["reason"] for each in found["excluded"]}
    assert "too skewed for a normal distribution (Shi et al. 2023); --medians lognormal" in reasons["D"]
    assert "without both quartiles or both ends of the range" in reasons["E"]
    assert "fewer than 5 patients" in reasons["F"]


def test_each_method_says_its_name_and_gives_its_number() -> None:
    """Another formula would be used than the one that is named."""
    # The formulas themselves are held against R in tests/meta/test_conversions.py; this is which of them is taken.
    quartiles = {"q1": 5.0, "q3": 13.0}
    expected = {
        "luo": mean_sd_from_quantiles(33, 9.0, **quartiles),  # type: ignore[arg-type]
        "lognormal": mean_sd_from_quantiles(33, 9.0, distribution="lognormal", **quartiles),  # type: ignore[arg-type]
        "mcgrath": fit_quantiles(33, 9.0, **quartiles),
    }
    assert round(float(expected["luo"].sd), 3) == 6.2
    for method, found in expected.items():
        (figure,) = with_estimates(row(median=9.0, **quartiles), ["stay"], method).figures
        assert (figure.mean, figure.sd) == (float(found.mean), float(found.sd)), method
        assert is_estimated(figure)
        assert dict(figure.more)[SOURCE] == f"quartiles, {method}"
    (both,) = with_estimates(row(median=9.0, q1=5.0, q3=13.0, min=1.0, max=20.0), ["stay"], "luo").figures
    assert "SD after Shi et al. 2020" in both.note


def test_nothing_is_estimated_where_that_is_asked_or_nothing_is_wanted(workspace: Workspace) -> None:
    """A reviewer who trusts printed means only would get others all the same."""
    found = document(workspace, "stay", medians="leave-out")
    assert [study["study"] for study in found["studies"]] == ["A"]
    assert {each["reason"] for each in found["excluded"]} == {"given as a median, and --medians leave-out keeps it out"}
    sheets = row(median=9.0, q1=5.0, q3=13.0)
    assert with_estimates(sheets, ["pain"], "luo") is sheets
    assert with_estimates(row(median=9.0, mean=9.0, sd=2.0), ["stay"], "luo").figures[0].note == ""
    with pytest.raises(SettingsError, match="leave-out"):
        with_estimates(sheets, ["stay"], "wan")


def test_a_median_of_zero_has_no_logarithm() -> None:
    """The formula would raise in the middle of a pool."""
    sheets = row(median=1.0, q1=0.0, q3=2.0)
    assert "0 or below" in with_estimates(sheets, ["stay"], "lognormal").figures[0].exclude
    assert "no standard deviation follows" in with_estimates(
        row(median=2.0, q1=2.0, q3=2.0), ["stay"], "luo"
    ).figures[0].exclude


def test_the_list_of_outcomes_counts_what_is_pooled(workspace: Workspace) -> None:
    """The list would promise fewer or more studies than a pool has."""
    counts = {(each["outcome"]): (each["studies"], each["excluded"]) for each in list_outcomes(workspace).rows()}
    assert counts == {"stay": (3, 3), "falls": (2, 1)}


def test_a_rate_is_pooled_from_events_and_time(workspace: Workspace) -> None:
    """A rate of the review would be pooled as a proportion, or not at all."""
    found = document(workspace, "falls")
    assert found["settings"]["measure"] == "IRLN"
    assert [study["study"] for study in found["studies"]] == ["A", "B"]
    assert [each["reason"] for each in found["excluded"]] == ["person-time not given in the source"]


def test_the_words_of_the_command_line_are_the_methods() -> None:
    """A word would be offered that nothing takes."""
    assert tuple(pool_words.MEDIANS) == METHODS
    assert PoolOptions(medians="mcgrath").flags() == ["--medians", "mcgrath"]


def test_medians_alone_say_what_would_pool_them(workspace: Workspace, tmp_path: Path) -> None:
    """Somebody with medians only would be told that there is nothing, and not why."""
    sheet = tmp_path / "extracted" / "results.csv"
    sheet.write_text("study,arm,outcome,events,total,median\nA,mis,stay,,40,7\n", encoding="utf-8")
    with pytest.raises(NothingToPool, match="without both quartiles"):
        document(workspace, "stay")
