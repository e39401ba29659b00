"""Rows left out: all that the sheet says of them reaches the document, whichever arm they stand in."""

from __future__ import annotations

from typing import Any

import pytest

import synth

from ..cli.conftest import REVIEW

RESULTS = """\
study,arm,outcome,events,total,percent_reported,exclude,note
A,new,fall,3,40,7.5%,,
B,new,fall,,12,97%,,count not printed
C,new,fall,4,12,,Two tables contradict each other,
D,old,fall,6,38,,,
E,old,fall,,,1 in 3,,"cut off ""here"" <b>"
F,unsaid,fall,2,9,22%,,approach not told
G,unsaid,fall,,,49%,Percentages only,of screws
"""


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Pool a review in which every arm has a row that is left out."""
    root = tmp_path_factory.mktemp("review")
    (root / "extracted").mkdir()
    review = REVIEW.replace("[outcomes.fall]", '[arms.unsaid]\nlabel = "Not said"\n\n[outcomes.fall]')
    (root / "review.toml").write_text(review, encoding="utf-8")
    (root / "extracted" / "results.csv").write_text(RESULTS, encoding="utf-8")
    return synth.open_review(root).pool("fall").to_dict()


def said(rows: list[dict[str, Any]]) -> list[tuple[str, str | None, str | None, int]]:
    """Pick what a reader is told of each row."""
    return [(row["study"], row["percent_reported"], row["note"], row["row"]) for row in rows]


def test_the_arm_that_is_pooled(document: dict[str, Any]) -> None:
    """A percentage that could not be pooled is lost, or an empty cell stands as empty text."""
    own = [row for row in document["excluded"] if row["arm"] == "new"]
    assert said(own) == [("B", "97%", "count not printed", 3), ("C", None, None, 4)]
    assert own[1]["reason"] == "Two tables contradict each other"


def test_a_comparator(document: dict[str, Any]) -> None:
    """A comparator's row left out has less to say than one of the arm that is pooled."""
    (old,) = document["comparators"]
    assert said(old["excluded"]) == [("E", "1 in 3", 'cut off "here" <b>', 6)]


def test_an_arm_that_is_neither(document: dict[str, Any]) -> None:
    """Rows of an arm that is only listed come without their percentage, or with another arm's reason."""
    listed = [row for row in document["excluded"] if row["arm"] == "unsaid"]
    assert said(listed) == [("F", "22%", "approach not told", 7), ("G", "49%", "of screws", 8)]
    assert [row["reason"] for row in listed] == [
        "the arm (Not said) is neither pooled nor compared",
        "Percentages only",
    ]
