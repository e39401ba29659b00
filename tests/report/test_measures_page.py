"""Pages of measures other than proportions: every number in its own unit, on its own axis."""

from __future__ import annotations

from typing import Any

import pytest

from synth.report.figures import forest
from synth.report.figures.forest_spec import main_spec
from synth.report.outcome import page, view, view_text
from synth.report.terminal import answer as terminal
from synth.report.words import counts, quantity
from synth.report.words import sentences as words

from . import factory_analyses as factory
from .test_page import FORBIDDEN, Reader

MEASURES = factory.measures()
TWO_ARMS = {"OR", "RR", "RD", "AS", "PETO", "mh", "IRR", "IRD", "IRSD", "MD", "SMD", "SMDH", "SMD1", "ROM", "VR", "CVR"}
RATIOS = {"OR", "RR", "PETO", "mh", "IRR", "ROM", "VR", "CVR"}
SHARES = {"PLN", "PRAW", "PAS", "PFT", "beta-binomial", "bayes", "inverse"}


@pytest.fixture(params=sorted(MEASURES))
def named(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """Each measure and model in turn."""
    return request.param, MEASURES[request.param]


def test_page_is_whole(named: tuple[str, dict[str, Any]]) -> None:
    """A measure leaves a tag open, or prints a word of the programming language."""
    reader = Reader(page.render(named[1]))
    assert reader.faults == []
    assert reader.open == []
    assert FORBIDDEN.search(reader.text) is None


def test_every_estimate_stands_in_its_unit(named: tuple[str, dict[str, Any]]) -> None:
    """A study's figure is missing on the page, or written by the rounding of another measure."""
    document = named[1]
    shown = quantity.of(document)
    text = Reader(page.render(document)).text
    for study in document["studies"]:
        assert shown.effect(study["estimate"], study["ci_low"], study["ci_high"]) in text
        for cell in counts.cells(study):
            assert " ".join(cell.split()) in text
    reporting = document["pooled"]["reporting"]
    assert shown.text(reporting["estimate"]) in words.answer(document)
    assert shown.interval(reporting["ci_low"], reporting["ci_high"]) in words.answer(document)
    assert ("%" in shown.text(0.5)) is (named[0] in SHARES)


def test_axis_shows_no_effect(named: tuple[str, dict[str, Any]]) -> None:
    """A picture of an effect has no line of no effect, one at the wrong place, or a linear axis for ratios."""
    name, document = named
    axis = forest.layout(main_spec(document)).axis
    assert axis.log is (name in RATIOS)
    if name in TWO_ARMS:
        assert axis.null == (1.0 if name in RATIOS else 0.0)
        assert axis.low < axis.null < axis.high or axis.null in (axis.low, axis.high)
        assert "no difference" in view.page(document).null_said
    for study in document["studies"]:
        assert axis.left <= axis.x(study["estimate"]) <= axis.right


def test_sides_are_neutral() -> None:
    """The picture says that an arm is favoured, which depends on what the outcome is."""
    for name in TWO_ARMS:
        lower, higher = main_spec(MEASURES[name]).sides
        assert (lower, higher) == ("← lower with Minimally invasive", "higher with Minimally invasive →")
        assert "favours" not in page.render(MEASURES[name]).lower()
    assert main_spec(MEASURES["PLN"]).sides == ("", "")


def test_an_interval_across_no_effect_claims_no_side() -> None:
    """An answer whose interval holds no difference says that one arm is lower."""
    said = words.answer(MEASURES["MD"])
    assert "the interval holds 0, no difference, so either arm may be the higher" in said
    assert "is lower with" not in said
    assert "death is lower with Minimally invasive" in words.answer(MEASURES["RR"])


def test_ratio_next_to_one_is_not_rounded_onto_it() -> None:
    """A limit of 0.998 is printed as 1.00, and a clear answer looks like an unclear one."""
    assert quantity.RATIO.text(0.998) == "0.998"
    assert quantity.RATIO.text(1.0) == "1.00"
    difference = quantity.of(MEASURES["RD"])
    assert difference.text(-0.0004) == "−0.04"
    assert difference.text(0.0) == "0.0"


def test_rates_say_per_how_much_time() -> None:
    """A rate is given per unit of a time that nobody names."""
    document = factory.through_json(MEASURES["IRLN"])
    document["outcome_info"]["time_unit"] = "person-years"
    assert "Rate 1.12 per 100 person-years" in words.answer(document)
    assert "Events per 100 person-years" in Reader(page.render(document)).text


def test_means_carry_the_unit_of_the_outcome() -> None:
    """A mean difference has no unit although the outcome has one."""
    document = factory.through_json(MEASURES["MD"])
    document["outcome_info"]["unit"] = "days"
    assert "−24 days (95% confidence interval −56 to 8)" in words.answer(document)
    assert quantity.of(document).heading == "Mean difference (days)"
    document["settings"]["reporting"] = "standardised mean difference"
    assert quantity.of(document).unit == ""


def test_a_bayesian_interval_is_called_credible() -> None:
    """A credible interval passes for a confidence interval."""
    assert "95% credible interval" in words.answer(MEASURES["bayes"])


@pytest.mark.parametrize("model", ["bayes", "beta-binomial", "mh", "PETO"])
def test_methods_name_the_model(model: str) -> None:
    """The methods describe inverse variance whatever the model was."""
    said = " ".join(sentence.text for one in view_text.written(MEASURES[model]).methods for sentence in one.sentences)
    told = {"bayes": "Bayesian", "beta-binomial": "beta-binomial", "mh": "Mantel–Haenszel", "PETO": "Peto"}
    assert told[model] in said
    assert "inverse variance" not in said


def test_terminal_draws_every_measure(named: tuple[str, dict[str, Any]]) -> None:
    """A measure has no forest in the terminal, or lines wider than it."""
    for width in (60, 120):
        drawn = terminal.forest(named[1], width=width)
        assert all(len(line) <= width for line in drawn.splitlines())
    assert quantity.of(named[1]).text(named[1]["pooled"]["reporting"]["estimate"]) in terminal.summary([named[1]])


def test_a_comparison_is_headed_by_both_arms() -> None:
    """The page of a comparison is headed by one of its arms, as if it were about that one."""
    assert view.page(MEASURES["RR"]).arm == "Minimally invasive against Open surgery"


def test_rows_without_counts_show_their_patients_only() -> None:
    """A mean that was left out is shown as events that are not known."""
    document = factory.through_json(MEASURES["MD"])
    document["excluded"] = [{"study": "X", "events": None, "total": 25, "reason": "no standard deviation"}]
    model = view.page(document)
    assert (model.heading_excluded, model.excluded[0].counts) == ("Patients", "25")
    document = factory.through_json(MEASURES["OR"])
    document["excluded"] = [{"study": "X", "events": 3, "total": 25, "reason": "the other arm is not reported"}]
    model = view.page(document)
    assert (model.heading_excluded, model.excluded[0].counts) == ("Events/total", "3/25")


def test_one_comparison_is_not_called_pooled() -> None:
    """A single trial's effect is presented as if it were a synthesis."""
    data = {name: values[:1] for name, values in factory.BCG.items()}
    said = words.answer(factory.document(data, ["Aronson 1948"], arms=True, measure="RR"))
    assert said.startswith("One series reports this: risk ratio 0.41 (95% confidence interval 0.13 to 1.26)")
    assert said.endswith("nothing was pooled.")
