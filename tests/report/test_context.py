"""What stands beside the answer: nothing is said of two arms that their series do not bear out."""

from __future__ import annotations

from typing import Any

import pytest

from synth.report.outcome import context, page

from . import factory
from .test_page import Reader

NONE_SHARED = "No series is in both figures"
NOT_RANDOM = "patients were not allocated to an arm at random"


def _beside(document: dict[str, Any], arm: int = 0) -> str:
    return context.comparator(document, document["comparators"][arm])


def test_arms_of_different_series_are_said_to_be_so() -> None:
    """Two arms of different studies are read as a trial."""
    said = _beside(factory.two_arms())
    assert "for context" in said
    assert NONE_SHARED in said


def test_a_series_in_both_arms_is_named() -> None:
    """Two arms of one study are said to be other patients in other hospitals and other years."""
    said = _beside(factory.two_arms(), 1)
    assert "other patients" not in said
    assert f"Study B (consecutive series) is in both figures; {NOT_RANDOM}. The other series are in one" in said


@pytest.mark.parametrize("design", ["randomised controlled trial", "RCT", "", "prospective"])
def test_randomised_or_unknown_designs_are_not_called_unrandomised(design: str) -> None:
    """A randomised trial in the sheet is denied its randomisation."""
    document = factory.two_arms()
    for study in (document["studies"][1], document["comparators"][1]["studies"][0]):
        study["descriptors"]["design"] = design
    said = _beside(document, 1)
    assert NOT_RANDOM not in said
    assert "how its patients came into an arm is not told by the design on file" in said


def test_levels_are_compared() -> None:
    """Cervical operations stand beside thoracolumbar ones without a word."""
    document = factory.two_arms()
    assert "levels" not in _beside(document, 1)
    document["comparators"][1]["studies"][0]["descriptors"]["levels"] = "cervical"
    said = _beside(document, 1)
    assert said.endswith("The levels described differ. Answer above: thoracolumbar. This arm: cervical.")
    document["comparators"][1]["studies"][0]["descriptors"]["levels"] = None
    assert "levels" not in _beside(document, 1)


def test_an_arm_whose_rows_were_all_left_out_is_not_said_to_have_none() -> None:
    """The words "no series reports it" stand above a table of rows that do."""
    document = factory.one()
    document["comparators"][0].update(k=0, studies=[], pooled=None, reason="no series of this arm reports it")
    assert _beside(document) == "Open surgery: nothing to show; 1 row on file was left out, for the reason beside it."
    document["comparators"][0]["excluded"] = []
    assert _beside(document) == "Open surgery: nothing to show, no series of this arm reports it."


def test_rows_left_out_of_a_comparator_are_not_denied() -> None:
    """The page says that no row was left out, and lists one further down."""
    document = factory.one()
    document["excluded"] = []
    said = context.left_out(document)
    assert said.startswith("Minimally invasive: no row was left out of the answer.")
    assert "Comparator arms: Open surgery, 1 row, listed with that arm." in said


def test_rows_of_the_arm_are_told_from_rows_of_others() -> None:
    """A row of another arm is counted as if it had been kept from the answer."""
    said = context.left_out(factory.one())
    assert "Minimally invasive: 1 row was left out of the answer. 1 row on file is of another arm" in said


def test_two_comparator_arms_stand_apart_on_the_page() -> None:
    """A second comparator arm is mixed with the first, or missing from the page."""
    text = Reader(page.render(factory.two_arms())).text
    for label in ("Open surgery", "Open surgery, cervical spine"):
        assert f"For context, never pooled with the above: {label}" in text
        assert f"{label}, for context" in text
