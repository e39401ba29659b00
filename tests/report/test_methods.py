"""The methods paragraph: only what was done, with the papers it rests on."""

from __future__ import annotations

from typing import Any

import pytest

from synth.report import methods

from . import factory


def _said(document: dict[str, Any]) -> str:
    return " ".join(sentence.text for sentence in methods.methods(document))


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


def test_a_variance_that_was_not_estimated_is_not_said_to_be() -> None:
    """Series without any event are reported as fitted by a model that nothing could be fitted with."""
    document = factory.all_zero()
    document["tau2"].update(value=None, reason="no patient had the event")
    said = _said(document)
    assert "(τ²) was not estimated: no patient had the event." in said
    assert "estimated by" not in said
    assert "no model was fitted: the patients of all series were added up" in said
    assert "each series' share of the patients" in said


def test_comparators_are_pooled_only_where_there_is_something_to_pool() -> None:
    """The page claims to have pooled an arm that has no series, or one."""
    document = factory.two_arms()
    assert "Comparator arms with more than one series were pooled apart" in _said(document)
    document["comparators"] = document["comparators"][:1]
    assert "Comparator arms were pooled apart" in _said(document)
    document["comparators"] = factory.two_arms()["comparators"][1:]
    assert "pooled apart" not in _said(document)
    assert "shown with that series' own figure" in _said(document)
    document["comparators"][0].update(k=0, studies=[])
    assert "omparator" not in _said(document)


@pytest.mark.parametrize(
    ("method", "named"), [("normal", "the normal distribution"), ("hts", "the t distribution with 3")]
)
def test_prediction_is_described_by_its_own_method(method: str, named: str) -> None:
    """A prediction by one method is attributed to another."""
    document = factory.five()
    document["prediction"].update(method=method, df=3 if method == "hts" else None)
    assert f"is expected, uses {named}" in _said(document)
