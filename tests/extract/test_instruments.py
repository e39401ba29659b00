"""Instruments of risk of bias: what they hold, what judgements come to, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.errors import ProblemsError, UnknownName
from synth.extract.contract.figures import BiasRow
from synth.extract.instruments import SHIPPED, appraise, in_own_words, instruments_in, shipped, worst

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
    assert made[0].missing == ()
    more, told = appraise(rows("minors", words | {"9": "2"}), instruments_in(Path("/nowhere")))
    assert (more[0].score, more[0].missing) == (None, ("10", "11", "12")), "judged as a comparative study"
    assert [problem.severity for problem in told] == ["warning"]


@pytest.mark.parametrize(
    ("instrument", "words", "missing"),
    [("jbi-case-series", {"1": "yes"}, "items 2, 3, 4, 5, 6, 7, 8, 9, 10"),
     ("minors", {"1": "2"}, "2, 3, 4, 5, 6, 7, 8 "),
     ("robins-i", {str(n): "low" for n in range(1, 7)}, "item 7 not judged"),
     ("newcastle-ottawa", {str(n): "1" for n in range(1, 8)}, "item 8 not judged")],
)  # fmt: skip
def test_a_study_judged_in_part_has_no_overall(instrument: str, words: dict[str, str], missing: str) -> None:
    """One good answer passes for a study at low risk of bias, and a sum of one item for its score."""
    made, problems = appraise(rows(instrument, words), instruments_in(Path("/nowhere")))
    assert (made[0].overall, made[0].score) == (None, None)
    assert [problem.severity for problem in problems] == ["warning"]
    assert missing in problems[0].message


@pytest.mark.parametrize(
    ("instrument", "item", "word", "meant"),
    [("NOS", "S1", "1", ("newcastle-ottawa", "1", "1")), ("Newcastle-Ottawa Scale", "Item 5", "2",
                                                         ("newcastle-ottawa", "5", "2")),
     ("ROBINS-I", "D1", "Serious", ("robins-i", "1", "serious")), ("robins i", "Confounding", "NI",
                                                                   ("robins-i", "1", "no information")),
     ("ROBINS-I", "Overall risk of bias", "Low risk", ("robins-i", "overall", "low")),
     ("JBI", "Q10", "Y", ("jbi-case-series", "10", "yes")), ("JBI", "2.", "N", ("jbi-case-series", "2", "no")),
     ("JBI checklist", "#3", "U", ("jbi-case-series", "3", "unclear")),
     ("jbi", "4", "N/A", ("jbi-case-series", "4", "not applicable"))],
)  # fmt: skip
def test_usual_names_are_read(instrument: str, item: str, word: str, meant: tuple[str, str, str]) -> None:
    """Somebody has to type every name of an instrument, item and answer just as the definition has it."""
    row = BiasRow("A", instrument=instrument, item=item, judgement=word, file="b.csv", row=2)
    made, problems = in_own_words([row], instruments_in(Path("/nowhere")))
    assert not problems
    assert (made[0].instrument, made[0].item, made[0].judgement) == meant


@pytest.mark.parametrize(("item", "word"), [("D9", "low"), ("1", "Y"), ("1", "n"), ("11", "low"), ("D", "low")])
def test_what_could_be_anything_is_not_guessed(item: str, word: str) -> None:
    """An answer of another checklist, or an item that is not there, is taken for one of ROBINS-I."""
    row = BiasRow("A", instrument="robins-i", item=item, judgement=word, file="b.csv", row=2)
    assert len(in_own_words([row], instruments_in(Path("/nowhere")))[1]) == 1


def test_everything_wrong_is_told_at_once() -> None:
    """One wrong judgement hides another, or its place is not told."""
    wrong = [
        *rows("jbi-case-series", {"1": "probably", "11": "yes"}),
        *rows("cochrane", {"1": "low"}),
        *rows("minors", {"1": "2"}), *rows("minors", {"1": "1"}),
    ]  # fmt: skip
    _, problems = appraise(wrong, instruments_in(Path("/nowhere")))
    said = [str(problem) for problem in problems if problem.severity == "error"]
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
