"""Instruments of risk of bias: what they hold, what judgements come to, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.errors import ProblemsError, UnknownName
from synth.extract.contract.figures import BiasRow
from synth.extract.instruments import SHIPPED, appraise, instruments_in, shipped, worst

OWN = """
name = "Our own"
reference = "Ourselves 2026."
overall = "worst"
[judgements]
good = "low"
poor = "high"
[items]
1 = "Patients"
2 = "Outcomes"
"""


def rows(instrument: str, judgements: dict[str, str], study: str = "A") -> list[BiasRow]:
    """One study's judgements."""
    return [
        BiasRow(study, instrument=instrument, item=item, judgement=word, file="b.csv", row=row)
        for row, (item, word) in enumerate(judgements.items(), start=2)
    ]


@pytest.mark.parametrize(("id", "items"), [("jbi-case-series", 10), ("robins-i", 8), ("newcastle-ottawa", 8),
                                           ("minors", 12)])  # fmt: skip
def test_shipped_instruments_are_whole(id: str, items: int) -> None:
    """An instrument lacks an item: JBI has 10 (Munn 2020), ROBINS-I 7 and overall, NOS 8, MINORS 12 (Slim 2003)."""
    instrument = shipped(id)
    assert len(instrument.items) == items
    assert instrument.reference
    assert set(instrument.judgements.values()) <= {"low", "moderate", "unclear", "high", "critical", "none"}


def test_every_instrument_ships() -> None:
    """A definition is in no list, or a list names one that is not there."""
    assert set(instruments_in(Path("/nowhere"))) == set(SHIPPED)
    with pytest.raises(UnknownName, match="robins-i"):
        shipped("robins")


def test_worst_item_that_applies_is_the_overall_one() -> None:
    """An item that does not apply makes a study better or worse."""
    words = {str(n): "yes" for n in range(1, 11)} | {"4": "not applicable", "7": "Unclear"}
    made, problems = appraise(rows("JBI case series", words), instruments_in(Path("/nowhere")))
    assert not problems
    assert (made[0].overall, made[0].levels["4"], made[0].score, made[0].missing) == ("unclear", "none", None, ())
    assert worst(["low", "critical", "high"]) == "critical"


def test_overall_judgement_goes_before_the_worst_domain() -> None:
    """What the reviewers judged overall is replaced by what follows from the domains."""
    made, _ = appraise(rows("robins-i", {"1": "moderate", "overall": "serious"}), instruments_in(Path("/nowhere")))
    assert made[0].overall == "high"


def test_scores_are_added_up_and_have_no_level() -> None:
    """A sum is turned into a level that its authors do not set."""
    words = {str(n): "2" for n in range(1, 8)} | {"8": "0"}
    made, _ = appraise(rows("minors", words), instruments_in(Path("/nowhere")))
    assert (made[0].score, made[0].overall) == (14, None)
    assert made[0].missing == ("9", "10", "11", "12")


def test_everything_wrong_is_told_at_once() -> None:
    """One wrong judgement hides another, or its place is not told."""
    wrong = [
        *rows("jbi-case-series", {"1": "probably", "11": "yes"}),
        *rows("cochrane", {"1": "low"}),
        *rows("minors", {"1": "2"}), *rows("minors", {"1": "1"}),
    ]  # fmt: skip
    _, problems = appraise(wrong, instruments_in(Path("/nowhere")))
    said = [str(problem) for problem in problems]
    assert len(said) == 4
    assert 'b.csv, row 2, column judgement, value "probably"' in said[0]
    assert 'column item, value "11"' in said[1]
    assert "extracted/instruments/NAME.toml" in said[2]
    assert "judged before" in said[3]


def test_an_instrument_of_the_review(tmp_path: Path) -> None:
    """A review cannot bring its own instrument, or a broken one is not told of whole."""
    (tmp_path / "ours.toml").write_text(OWN, "utf-8")
    known = instruments_in(tmp_path)
    assert appraise(rows("ours", {"1": "Good", "2": "poor"}), known)[0][0].overall == "high"
    (tmp_path / "broken.toml").write_text('name = ""\n[judgements]\nx = "awful"\n[colours]\n', "utf-8")
    (tmp_path / "worse.toml").write_text("= 3", "utf-8")
    with pytest.raises(ProblemsError) as caught:
        instruments_in(tmp_path)
    columns = {problem.column for problem in caught.value.problems}
    assert columns >= {"name", "reference", "items", "judgements", "colours"}
    assert any("no TOML" in problem.message for problem in caught.value.problems)
