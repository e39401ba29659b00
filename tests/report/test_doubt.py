"""How sure the answer is: every doubt on file reaches the top of the page, with its series named."""

from __future__ import annotations

from typing import Any

import pytest

from synth.report.words import doubt, quantity

from . import factory
from . import factory_analyses as analyses


def _said(document: dict[str, Any]) -> str:
    return " ".join(doubt.sureness(document))


def test_series_worked_out_are_named_with_the_answer_without_them() -> None:
    """A reader is told that some figure is doubtful, and not which series the other answer leaves out."""
    said = _said(factory.five())
    assert (
        "In Study C and Study D the number of patients assessed was worked out and is not printed (†); without them "
        "the answer is 12.3% (4.5% to 20.0%, by the t distribution with 2 degrees of freedom), from 3 series."
    ) in said
    assert "In Study B only the number with the event was worked out (†)." in said


def test_every_other_answer_names_exactly_what_it_leaves_out() -> None:
    """An answer without some series is given for a set that is not the one named."""
    document = factory.five()
    document["sensitivity"][0].update(omitted=["Study C"], k=4)
    said = _said(document)
    assert "worked out and is not printed (†)." in said
    assert "Without series whose denominator was derived (Study C left out): without it the answer is 12.3%" in said


@pytest.mark.parametrize(("bound", "other"), [("upper", "lower"), ("lower", "higher")])
def test_a_bound_has_a_direction_and_the_answer_without_it(bound: str, other: str) -> None:
    """A figure that can only be too low is not told from one that can only be too high."""
    document = factory.document([(3, 43), (1, 24)], ["Study A", "Study B"])
    document["studies"][0]["provenance"].update(bound=bound, confidence="moderate", note="treated ones only")
    document["sensitivity"] = [
        {
            "omitted": ["Study A"],
            "k": 1,
            "reporting": {"estimate": 0.0417, "ci_low": 0.0011, "ci_high": 0.211},
            "ci_method": "exact",
        }
    ]
    said = _said(document)
    article = "an" if bound == "upper" else "a"
    assert f"The figure of Study A is only {article} {bound} bound (†): the true one may be {other}" in said
    assert "and so may the answer; without it one series is left" in said
    assert "with 4.2% (0.1% to 21.1%, by exact binomial; the interval above is" in said
    assert "so their widths do not compare)." in said
    assert "The extractor's confidence is moderate for Study A." in said
    assert "Study A: Treated ones only." in said


def test_one_doubtful_series_does_not_leave_an_answer_without_it() -> None:
    """A page with one series offers an answer without any."""
    document = factory.one()
    document["studies"][0]["provenance"]["total_basis"] = "derived"
    document["sensitivity"] = [{"omitted": ["Wänman 2023"], "k": 0, "reason": "no series is left"}]
    assert "without it" not in _said(document)


def test_a_wide_interval_is_called_wide_and_says_when_t_makes_it_so() -> None:
    """An interval of 50 points passes without a word, or without what stretches it."""
    document = factory.document([(9, 25), (4, 24), (3, 10)])
    document["pooled"] = factory.pooled(0.27, 0.095, 0.567, "t")
    document["pooled"]["df"] = 2.0
    assert "anything from 9.5% to 56.7%. It rests on the t distribution with 2 degrees of freedom" in _said(document)
    document["pooled"]["ci_method"] = "profile"
    assert "The interval is wide" in _said(document)
    assert "It rests on" not in _said(document)
    assert "The interval is wide" not in _said(factory.five())


def test_notes_are_shown_where_one_or_two_series_carry_the_answer() -> None:
    """A doubt that the extractor wrote down stands far below the figure that it is about."""
    document = factory.one()
    document["studies"][0]["provenance"]["note"] = "7 or 8 of 43"
    assert "Wänman 2023: 7 or 8 of 43." in _said(document)
    many = factory.many(20)
    for study in many["studies"]:
        study["provenance"]["note"] = "nothing remarkable"
    assert "remarkable" not in _said(many)


def test_many_notes_are_counted() -> None:
    """Twenty notes bury the answer."""
    document = factory.many(20)
    for study in document["studies"]:
        study["provenance"].update(note="read twice", confidence="low")
    assert _said(document).count("Read twice") == doubt.MOST_NOTES
    assert "The notes on 14 series more stand in the table of series." in doubt.sureness(document)


def test_series_of_the_same_arm_that_were_left_out_are_told() -> None:
    """A figure of the same arm that would change the answer is only found at the foot of the page."""
    document = factory.one()
    said = _said(document)
    told = "Study P. Two copies of the abstract disagree on the arm sizes. Reported as 0% of eleven."
    assert f"Left out, though of the same arm: {told}" in said
    assert "Study Q" not in said
    document["arm"] = None
    assert "Left out: Study Q. The approach is not stated." in _said(document)


def test_many_rows_left_out_are_named_in_one_sentence() -> None:
    """The list of what was left out is longer than the answer."""
    document = factory.one()
    document["excluded"] = [{"study": f"Study {i}", "arm": "mis", "reason": "no figure"} for i in range(5)]
    assert "5 rows of the same arm did not enter: Study 0, Study 1, Study 2, Study 3 and Study 4" in _said(document)


def test_an_interval_on_one_degree_of_freedom_says_so_with_the_other_one() -> None:
    """Two means pooled by t get limits beyond all sense, and nobody says where they come from."""
    two = analyses.document({"mean": [52.3, 88.4], "sd": [18.1, 25.0], "n": [20, 35]})
    normal = next(one for one in two["pooled"]["intervals"] if one["method"] == "wald")["reporting"]
    limits = quantity.of(two).interval(normal["ci_low"], normal["ci_high"])
    said = _said(two)
    assert "With two series the t distribution has one degree of freedom" in said
    assert f"it would be {limits} (--ci wald)." in said
    wald = analyses.document({"mean": [52.3, 88.4], "sd": [18.1, 25.0], "n": [20, 35]}, ci_method="wald")
    three = analyses.document({"mean": [52.3, 88.4, 70.0], "sd": [18.1, 25.0, 20.0], "n": [20, 35, 30]})
    assert "one degree of freedom" not in _said(wald) + _said(three)
