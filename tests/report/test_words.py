"""The sentences: what they promise a reader, and that no gap in a document turns into a fault or a foreign word."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from synth.report import methods, page, terminal, view, words

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


def test_comparator_is_called_context_and_no_comparison() -> None:
    """Two arms of different studies are read as a trial."""
    document = factory.one()
    said = words.comparator(document, document["comparators"][0])
    assert "for context" in said
    assert "Not a comparison of like with like" in said


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


def test_derived_figures_bring_the_answer_without_them() -> None:
    """The page marks a doubtful figure and keeps back what the answer is without it."""
    said = " ".join(words.sureness(factory.five()))
    assert "Bredin 2017 and Buxbaum 2021" in said
    assert "12.3% (4.5% to 20.0%)" in said


def test_wide_interval_is_called_wide() -> None:
    """An interval of 24 points passes without a word."""
    assert any("interval is wide" in said for said in words.sureness(factory.one()))
    assert not any("interval is wide" in said for said in words.sureness(factory.five()))


def test_open_limit_is_said_as_open() -> None:
    """A limit that the data do not set is printed as if nothing were known."""
    document = factory.five()
    document["tau2"]["ci_high"] = None
    document["tau2"]["reason"] = "the data set no upper limit"
    text = " ".join(words.heterogeneity(document))
    assert "95% interval from 0 by profile likelihood" in text
    assert "The data set no upper limit." in text


def test_common_effect_is_named_so() -> None:
    """A model without differences between series is described as one with them."""
    document = factory.five()
    document["settings"]["effects"] = "common"
    said = " ".join(sentence.text for sentence in methods.methods(document))
    assert "one true proportion is assumed" in said
    assert "may differ from series to series" not in said


@pytest.mark.parametrize(("df", "newer"), [(4, True), (4.0, True), (3, False)])
def test_prediction_cites_the_paper_of_its_degrees_of_freedom(df: float, newer: bool) -> None:
    """An interval with k - 2 degrees of freedom is attributed to a paper that recommends k - 1."""
    document = factory.five()
    document["prediction"]["df"] = df
    keys = {key for sentence in methods.methods(document) for key in sentence.keys}
    assert ("veroniki2019" in keys) is newer


def test_exact_interval_on_the_boundary_is_not_called_random_effects() -> None:
    """An exact limit for no events is labelled with a model that was not used for it."""
    assert "random effects" not in "".join(view.page(factory.all_zero()).forest)


def test_every_word_of_the_page_is_ordinary_text_in_json() -> None:
    """The document of the tests drifts away from what JSON can hold."""
    for document in factory.every().values():
        assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert re.fullmatch(r"synth\.pool/\d+", factory.five()["schema"])
