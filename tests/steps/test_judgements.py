"""The judgements of risk of bias in a pooled document: those of its studies and arms, in its order."""

from __future__ import annotations

from typing import Any

import pytest

from synth.extract import BiasRow
from synth.extract.instruments import Appraisal, appraise, shipped
from synth.steps.judgements import NO_SHEET, NOT_THESE, judgements

Given = tuple[str, str, str]


def appraisals(given: list[Given], instrument: str = "robins-i") -> tuple[Appraisal, ...]:
    """Judge each study and arm, all items alike."""
    rows = [
        BiasRow(study=study, arm=arm, instrument=instrument, item=item, judgement=word)
        for study, arm, word in given
        for item in shipped(instrument).items
    ]
    return tuple(appraise(rows, {instrument: shipped(instrument)})[0])


def of(found: dict[str, Any] | None, number: int = 0) -> list[tuple[str, str]]:
    """Give study and overall level."""
    assert found is not None
    return [(study["study"], study["overall"]) for study in found["instruments"][number]["studies"]]


def test_studies_stand_in_the_order_of_the_pool() -> None:
    """A light stands beside another study's line of the forest."""
    made = appraisals([("B", "", "low"), ("A", "", "serious"), ("C", "", "low")])
    found, reason = judgements(made, ["A", "B"], ["mis"])
    assert (of(found), reason) == ([("A", "high"), ("B", "low")], None)


def test_a_judgement_of_another_arm_is_left_out() -> None:
    """The judgement of open surgery is shown for the percutaneous arm of the same study."""
    made = appraisals([("A", "open", "low"), ("B", "mis", "serious"), ("C", "", "moderate")])
    found, _ = judgements(made, ["A", "B", "C"], ["mis"])
    assert found is not None
    assert [study for study, _ in of(found)] == ["B", "C"]
    assert found["instruments"][0]["not_judged"] == ["A"]


@pytest.mark.parametrize(("given", "why"), [([], NO_SHEET), ([("Z", "", "low")], NOT_THESE)])
def test_without_judgements_it_is_said_why(given: list[Given], why: str) -> None:
    """A page without lights does not say whether nobody judged or nobody looked."""
    assert judgements(appraisals(given), ["A"], ["mis"]) == (None, why)


def test_every_instrument_is_kept_apart() -> None:
    """Judgements by two instruments are mixed in one grid."""
    made = (*appraisals([("A", "", "low")]), *appraisals([("A", "", "yes")], "jbi-case-series"))
    found, _ = judgements(made, ["A"], ["mis"])
    assert found is not None
    assert [one["id"] for one in found["instruments"]] == ["robins-i", "jbi-case-series"]
