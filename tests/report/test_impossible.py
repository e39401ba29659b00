"""Words beside an interval that holds values which the quantity cannot take."""

from __future__ import annotations

from typing import Any

import pytest

from synth.report.words.impossible import remark


def stay(*, low: float = -6.2, own: tuple[float, ...] = (13.0, 16.0), reporting: str = "mean", **info: str) -> Any:
    """Return a document of a mean in one arm."""
    return {
        "outcome": "stay", "k": len(own), "settings": {"reporting": reporting, "level": 0.95},
        "outcome_info": {"unit": "days", "label": "Length of stay", **info},
        "pooled": {"ci_method": "hksj", "reporting": {"estimate": 14.5, "ci_low": low, "ci_high": 35.2}},
        "studies": [{"estimate": value} for value in own],
    }  # fmt: skip


def test_two_series_give_no_useful_interval() -> None:
    """A reader would take a stay of minus six days for a finding."""
    said = remark(stay())
    assert said is not None
    assert "below zero is impossible here (days)" in said
    assert "no useful interval" in said
    blood = remark(stay(unit="mL", label="Blood loss (mL)", definition="Blood lost, in millilitres"))
    assert blood is not None
    assert "(mL)" in blood


def test_more_series_are_not_said_to_rest_on_one_degree() -> None:
    """Three series would be said to have one degree of freedom."""
    said = remark(stay(own=(1.0, 2.0, 40.0)))
    assert said is not None
    assert "3 series" in said
    assert "degree" not in said


@pytest.mark.parametrize(
    "document",
    [
        stay(low=0.0), stay(low=2.0), stay(own=(-1.0, 30.0)), stay(own=()), stay(reporting="mean difference"),
        stay(unit="points"), stay(unit=""), stay(label="Change of stay"), stay(definition="Difference from before"),
        stay(unit="mm", label="Loss of height"), stay(unit="mm", label="Sagittal balance"),
        stay(reporting="proportion"), {},
    ],
)  # fmt: skip
def test_nothing_is_called_impossible_that_may_be(document: Any) -> None:
    """A change, a score or a difference that may well be negative would be called impossible below zero."""
    assert remark(document) is None
