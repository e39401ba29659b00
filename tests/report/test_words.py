"""The sentences: what they promise a reader, and that no gap in a document turns into a fault or a foreign word."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from synth.report.outcome import page, view
from synth.report.terminal import answer as terminal
from synth.report.words import rounding
from synth.report.words import sentences as words

from . import factory
from .test_page import FORBIDDEN, Reader


def _paths(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document, of lists only the first entry."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*before, key)
            yield from _paths(inner, (*before, key))
    elif isinstance(value, list) and value:
        yield (*before, 0)
        yield from _paths(value[0], (*before, 0))


@pytest.mark.parametrize("missing", ["null", "absent"])
@pytest.mark.parametrize(
    "path", sorted(set(_paths(factory.five())), key=str), ids=lambda path: ".".join(map(str, path))
)
def test_any_gap_is_survived(path: tuple[Any, ...], missing: str) -> None:
    """One null or one missing key in a document stops the report, or is printed as None."""
    document = copy.deepcopy(factory.five())
    holder: Any = document
    for key in path[:-1]:
        holder = holder[key]
    if missing == "absent":
        del holder[path[-1]]
    else:
        holder[path[-1]] = None
    text = Reader(page.render(document)).text
    text += terminal.forest(document, width=90) + terminal.summary([document], width=120)
    assert FORBIDDEN.search(text.replace("None of ", "")) is None


def test_prediction_stands_before_i2() -> None:
    """A reader meets I2 before the range that answers the question."""
    text = Reader(page.render(factory.five())).text
    assert text.index("In a hospital like these") < text.index("I² = 46.1% (95%")


def test_prediction_under_ten_series_is_flagged() -> None:
    """A prediction from five series looks as firm as one from fifty."""
    assert "itself uncertain" in words.prediction(factory.five())
    assert "uncertain" not in words.prediction(factory.many(20))


def test_comparator_is_never_in_the_answer() -> None:
    """Figures of the comparator arm slip into the pooled sentence."""
    document = factory.one()
    with_arm = words.answer(document)
    document["comparators"] = []
    assert words.answer(document) == with_arm


def test_definitions_travel_with_their_numbers() -> None:
    """A number stands without the name of the method that made it."""
    text = " ".join(words.heterogeneity(factory.five()))
    for named in ("maximum likelihood", "profile likelihood", "worked out from τ²", "Wald-type", "logit scale"):
        assert named in text


def test_open_limit_is_said_as_open() -> None:
    """A limit that the data do not set is printed as if nothing were known."""
    document = factory.five()
    document["tau2"]["ci_high"] = None
    document["tau2"]["reason"] = "the data set no upper limit"
    text = " ".join(words.heterogeneity(document))
    assert "95% interval from 0 by profile likelihood" in text
    assert "The data set no upper limit." in text


def test_exact_interval_on_the_boundary_is_not_called_random_effects() -> None:
    """An exact limit for no events is labelled with a model that was not used for it."""
    assert "random effects" not in "".join(view.page(factory.all_zero()).forest)


def test_every_word_of_the_page_is_ordinary_text_in_json() -> None:
    """The document of the tests drifts away from what JSON can hold."""
    for document in factory.every().values():
        assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert re.fullmatch(r"synth\.pool/\d+", factory.five()["schema"])


@pytest.mark.parametrize("make", [factory.all_zero, factory.all_events])
def test_a_model_off_the_boundary_stands_beside_what_was_counted(make: Callable[[], dict[str, Any]]) -> None:
    """The share that was counted is printed with the interval of another figure, which does not hold it."""
    document = make()
    document["settings"]["model"] = "inverse"
    document["pooled"] = factory.pooled(0.031, 0.001, 0.536, "hksj-adhoc")
    said = words.answer(document)
    counted = rounding.percent(document["crude"]["estimate"])
    limits = rounding.interval(document["crude"]["ci_low"], document["crude"]["ci_high"])
    assert f"(added up, {counted}, {limits}); pooled by the model, 3.1% (95% confidence interval 0.1% to 53.6%)" in said
    assert words.crude(document).startswith("Added up")


def test_no_pooled_answer_is_not_a_share_of_nothing() -> None:
    """Where the method gives no answer, the crude share is passed off as one."""
    document = factory.all_zero()
    document["pooled"] = factory.pooled(None, None, None, "wald", "the method has no answer here")
    assert words.answer(document).endswith("no pooled answer: the method has no answer here.")


def test_prediction_names_its_distribution() -> None:
    """A reader cannot tell on what a prediction rests, nor why it is narrower than the confidence interval."""
    document = factory.five()
    assert "by the t distribution with 4 degrees of freedom" in words.prediction(document)
    assert "another method" not in words.prediction(document)
    document["pooled"]["ci_method"] = "profile"
    document["prediction"]["reporting"]["ci_high"] = document["pooled"]["reporting"]["ci_high"] - 0.01
    assert "is by another method, profile likelihood, so that it reaches beyond this one" in words.prediction(document)


def test_prediction_equal_to_the_confidence_interval_says_why() -> None:
    """Two intervals with the same limits look like a mistake."""
    document = factory.five()
    document["prediction"]["reporting"] = {key: document["pooled"]["reporting"][key] for key in ("ci_low", "ci_high")}
    assert "the confidence interval itself" not in words.prediction(document)
    document["tau2"]["value"] = 0.0
    assert "It is the confidence interval itself, because τ² was estimated as 0." in words.prediction(document)


@pytest.mark.parametrize(
    ("tau2", "p", "told"),
    [
        (0.0, 0.006, "yet the test of any difference does find one (p = 0.006): the two disagree"),
        (0.0, 0.6, "The series differ no more than chance alone would make them"),
        (0.4, 0.6, "the test does not rule out that all of it is chance (p = 0.600)"),
        (0.4, 0.001, "looks like real differences between series, the rest like chance."),
    ],
)
def test_difference_is_worded_by_the_variance_and_by_the_test(tau2: float, p: float, told: str) -> None:
    """The page says that chance explains everything beside a p-value that says the contrary."""
    document = factory.five()
    document["tau2"]["value"], document["heterogeneity"]["p_value"] = tau2, p
    said = words.heterogeneity(document)[0]
    assert told in said
    assert ("no more than chance" in said) is (tau2 == 0.0 and p == 0.6)


def test_series_of_one_patient_each_say_nothing_about_differences() -> None:
    """A variance of 0 and a test are printed where no series can show any difference."""
    document = factory.document([(1, 1), (0, 1), (1, 1)])
    document["tau2"]["reason"] = "every study has one patient, so the data say nothing about tau2"
    assert words.heterogeneity(document) == ["Every study has one patient, so the data say nothing about tau2."]
    document["tau2"]["reason"] = None
    assert words.heterogeneity(document) == [words.SINGLE_PATIENTS]


def test_an_interval_beside_its_own_estimate_is_explained() -> None:
    """The interval of a variance lies wholly above its estimate, and nobody says so."""
    document = factory.five()
    document["tau2"].update(value=0.0001, ci_low=2.9, ci_high=45.8, ci_method="Q-profile", method="REML")
    assert "does not hold the estimate (restricted maximum likelihood)" in words.heterogeneity(document)[-1]
    document["tau2"]["reason"] = "the interval comes from another equation"
    assert words.heterogeneity(document)[-1] == "The interval comes from another equation."


def test_a_profile_interval_wider_than_the_prediction_is_explained() -> None:
    """A prediction interval inside the confidence interval looks like a mistake."""
    document = factory.five()
    document["pooled"]["ci_method"] = "profile"
    document["pooled"]["reporting"].update(ci_low=0.5, ci_high=0.999)
    document["prediction"]["reporting"].update(ci_low=0.6, ci_high=0.99)
    assert "by another method, profile likelihood, so that it reaches beyond this one" in words.prediction(document)
