"""The flow of records: what is counted, what is missing, and every sum held against another."""

from __future__ import annotations

import json
from typing import Any

import pytest

from synth.report.review.counting import Chased, Searched, build
from synth.report.review.flow import Box, Flow
from synth.report.review.flow_view import flow_part

TWO = (Searched("a", "PubMed: A", 120, 120), Searched("b", "PubMed: B", 30, 30))
WHOLE: dict[str, Any] = {
    "databases": (("Embase", 50),), "registers": (("ClinicalTrials.gov", 5),), "duplicates": 25, "automation": 3,
    "other_removals": 2, "screened": 175, "excluded": 150, "sought": 25, "not_retrieved": 1, "assessed": 24,
    "reasons": (("Wrong population", 9), ("No outcome", 3)), "included_studies": 13, "included_reports": 14,
    "other": {"sources": (("Lists of references", 4),), "sought": 6, "not_retrieved": 0, "assessed": 6,
              "reasons": (("Abstract only", 4),)},
}  # fmt: skip
CHASED = Chased(20, 5, 9, 6)


def box(flow: Flow, id: str) -> Box:
    """Find a box."""
    return next(each for each in flow.boxes if each.id == id)


def test_every_number_finds_its_box() -> None:
    """A count of the logs, of review.toml or of the sheets stands in another box than its own, or in none."""
    flow = build(TWO, duplicates=10, chased=CHASED, screening=WHOLE, studies=13)
    assert {each.id: each.n for each in flow.boxes} == {
        "databases-identified": 205, "databases-removed": 30, "databases-screened": 175, "databases-excluded": 150,
        "databases-sought": 25, "databases-not-retrieved": 1, "databases-assessed": 24,
        "databases-assessed-excluded": 12, "other-identified": 24, "other-removed": 14, "other-sought": 6,
        "other-not-retrieved": 0, "other-assessed": 6, "other-assessed-excluded": 4, "included": 13,
    }  # fmt: skip
    assert [(part.label, part.n) for part in box(flow, "databases-identified").parts] == [
        ("PubMed: A", 120), ("PubMed: B", 30), ("Embase", 50), ("ClinicalTrials.gov", 5),
    ]  # fmt: skip
    assert [part.n for part in box(flow, "other-removed").parts] == [5, 9]
    assert flow.missing == ()
    assert [each.phase for each in flow.columns[0].steps] == ["Identification", *["Screening"] * 3]


def test_sums_that_hold() -> None:
    """A sum that adds up is called wrong, or a sum that can be made is not made."""
    flow = build(TWO, duplicates=10, chased=CHASED, screening=WHOLE, studies=13)
    assert all(check.holds for check in flow.checks), [check for check in flow.checks if not check.holds]
    said = [check.text for check in flow.checks]
    assert len(said) == len(set(said)) == 12
    for words in ("records delivered", "one PMID in two searches", "removed, and records screened",
                  "screened less those excluded", "sought for retrieval less those not", "new records",
                  "reports of included studies", "studies in the sheets", "Other methods: reports sought"):  # fmt: skip
        assert any(words in text for text in said), words


@pytest.mark.parametrize(
    ("change", "left", "right"),
    [
        ({"screened": 170}, 175, 170), ({"excluded": 149}, 26, 25), ({"sought": 24}, 25, 24),
        ({"assessed": 23}, 24, 23), ({"reasons": (("Wrong population", 8),)}, 18, 14),
        ({"included_studies": 12}, 12, 13), ({"included_reports": 12}, 12, 13), ({"duplicates": 9}, 9, 10),
        ({"other_removals": 3}, 174, 175),
    ],
)  # fmt: skip
def test_sums_that_do_not_hold(change: dict[str, Any], left: int, right: int) -> None:
    """A flow whose numbers contradict each other looks sound, or only one of the two numbers is told."""
    flow = build(TWO, duplicates=10, chased=CHASED, screening={**WHOLE, **change}, studies=13)
    wrong = [(check.left, check.right) for check in flow.checks if not check.holds]
    assert (left, right) in wrong
    part = flow_part(flow)
    assert part.wrong == len(wrong)
    assert (str(left), str(right)) in [(each.left, each.right) for each in part.sums if not each.holds]


def test_studies_without_a_figure_are_not_called_included() -> None:
    """Registers and titles on file, of which no figure is known, are counted as studies included in the review."""
    flow = build(TWO, studies=24, without=9)
    assert (flow.included.label, flow.included.n) == ("Studies on file that give a figure", 24)
    assert ("Beside them, on file without a figure", 9) in [(part.label, part.n) for part in flow.included.parts]
    for given, wrong in ((24, []), (33, []), (23, [(23, 24)]), (34, [(33, 34)])):
        said = build(TWO, studies=24, without=9, screening={"included_studies": given})
        assert (said.included.label, said.included.n) == ("Studies included in review", given)
        assert [(each.left, each.right) for each in said.checks if not each.holds] == wrong


def test_logs_that_do_not_add_up() -> None:
    """Records that PubMed found and did not deliver pass for a whole search."""
    flow = build([Searched("a", "PubMed: A", 120, 118)], chased=Chased(10, 2, 3, 4))
    assert {(check.left, check.right) for check in flow.checks if not check.holds} == {(118, 120), (5, 4)}


def test_nothing_is_known() -> None:
    """A review without logs and counts gets zeros, or boxes without a word on what to write where."""
    flow = build([])
    assert all(each.n is None for each in flow.boxes)
    assert all(each.reason for each in flow.missing)
    assert flow.checks == ()
    assert len(flow.columns) == 1
    assert "[screening.databases]" in box(flow, "databases-identified").reason
    assert "[screening.reasons]" in box(flow, "databases-assessed-excluded").reason
    assert "included_studies" in flow.included.reason


def test_a_search_that_was_not_run() -> None:
    """The sum of the sources is given although one of them is not known, and looks like all of them."""
    flow = build([TWO[0], Searched("b", "PubMed: B", None, reason="it was not run yet: synth search b")])
    identified = box(flow, "databases-identified")
    assert identified.n is None
    assert "PubMed: B" in identified.reason
    assert "120 records are known" in identified.reason
    assert box(flow, "databases-removed").n is None


def test_duplicates_are_counted_by_pmid_where_only_pubmed_was_searched() -> None:
    """Two searches of PubMed need somebody to type a number that the logs have, or other sources are taken for none."""
    assert box(build(TWO, duplicates=10), "databases-removed").n == 10
    assert box(build(TWO, duplicates=10, screening={"databases": (("Embase", 5),)}), "databases-removed").n is None
    empty: dict[str, Any] = {"reasons": ()}
    assert box(build(TWO, screening=empty), "databases-assessed-excluded").n == 0


def test_neighbours_help() -> None:
    """Somebody who has all the other counts is not told what the missing one would be."""
    flow = build(TWO, duplicates=10, screening={"excluded": 100, "sought": 40, "assessed": 38})
    assert "140" in box(flow, "databases-screened").reason
    assert "make 2)" in box(flow, "databases-not-retrieved").reason
    assert "make" not in box(build(TWO, screening={"sought": 3, "assessed": 9}), "databases-not-retrieved").reason


def test_other_ways_may_be_screened_too() -> None:
    """Titles found by following citations were screened, and the diagram has no box for it."""
    flow = build(TWO, chased=CHASED, screening={"other": {"screened": 6, "excluded": 2, "sought": 3}})
    assert [step.box.id for step in flow.columns[1].steps][1] == "other-screened"
    assert ("Other methods: records screened less those excluded, and reports sought for retrieval", 4, 3) in [
        (check.text, check.left, check.right) for check in flow.checks if not check.holds
    ]
    without = build(TWO, chased=CHASED, screening={"other": {"sought": 7}})
    assert [(check.left, check.right) for check in without.checks if not check.holds] == [(6, 7)]


def test_the_document_keeps_everything() -> None:
    """The flow that is read back from the index's document is another than the one that was counted."""
    flow = build(TWO, duplicates=10, chased=CHASED, screening={**WHOLE, "screened": None}, studies=13)
    stored = json.loads(json.dumps(flow.to_json()))
    assert Flow.from_json(stored) == flow
    assert [each["holds"] for each in stored["checks"]] == [check.holds for check in flow.checks]
    for column in stored["columns"]:
        for step in column["steps"]:
            for each in filter(None, (step["box"], step["out"])):
                assert each["n"] is not None or each["reason"]


def test_the_table_shows_every_box_and_part() -> None:
    """A box of the diagram is missing from the table that says the same, or a missing number is shown as one."""
    flow = build(TWO, duplicates=10, chased=CHASED, screening={**WHOLE, "excluded": None}, studies=13)
    rows = flow_part(flow).rows
    assert {each.label for each in flow.boxes} <= {row.label for row in rows if not row.part}
    assert {"Embase", "Wrong population", "Lists of references"} <= {row.label for row in rows if row.part}
    missing = [row for row in rows if row.n == "not recorded"]
    assert [(row.label, bool(row.missing)) for row in missing] == [("Records excluded", True)]
    assert {row.column for row in rows} == {"via databases and registers", "via other methods", ""}
