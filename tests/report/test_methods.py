"""The methods paragraph: only what was done, with the papers it rests on."""

from __future__ import annotations

from typing import Any

import pytest

from synth.meta import pool_proportions
from synth.meta import settings as known
from synth.meta.inverse.tau2 import METHODS as TAU2_METHODS
from synth.meta.measures.effects import MEASURES
from synth.meta.measures.study_intervals import METHODS as STUDY_INTERVALS
from synth.meta.measures.zero_cells import POLICIES
from synth.report.methods import references, sources
from synth.report.methods import sentences as methods
from synth.report.words import names

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


WORDS = {
    "model": (list(known.MODELS), names.MODELS, sources.MODELS),
    "measure": (list(MEASURES), names.MEASURES, sources.MEASURES),
    "tau2": (list(TAU2_METHODS), names.TAU2, sources.TAU2),
    "interval": (
        sorted({word for model in known.MODELS.values() for word in model.ci} - {"auto"}),
        names.INTERVALS,
        sources.INTERVALS,
    ),
    "study interval": (list(STUDY_INTERVALS), names.INTERVALS, sources.STUDY_INTERVALS),
    "prediction": ([word for word in known.PREDICTIONS if word != "none"], {}, sources.PREDICTIONS),
    "zero cells": ([word for word in POLICIES if word != "none"], {}, sources.ZERO_CELLS),
}


@pytest.mark.parametrize("kind", sorted(WORDS))
def test_every_word_of_the_settings_has_a_name_and_a_paper(kind: str) -> None:
    """A method that can be asked for stands on the page as a code word, or without the paper it comes from."""
    words, named, cited = WORDS[kind]
    for word in words:
        if named:
            assert word in named
            assert named[word] != word or word in {"t"}
        keys = cited[word]
        papers = keys[-1] if kind == "zero cells" else keys
        assert papers
        assert set(papers) <= set(references.REFERENCES)
    assert set(cited) - set(words) <= {"exact", "clopper-pearson"}, "a word that nobody can ask for"


def test_the_plain_t_interval_is_not_given_to_knapp_and_hartung() -> None:
    """The interval with the plain variance cites the paper of a modified one."""
    document = factory.five()
    keys = {key for sentence in methods.methods(document) for key in sentence.keys}
    assert "follmann1999" in keys
    assert "knapp2003" not in keys


@pytest.mark.parametrize(
    ("policy", "counts", "told"),
    [
        ("only0", [(0, 12), (3, 30)], "1/2 was added to the numbers with and without the event in each series with"),
        ("only0", [(1, 12), (3, 30)], ""),
        ("all", [(1, 12), (3, 30)], "in every series; where"),
        ("none", [(0, 12), (3, 30)], ""),
    ],
)
def test_the_continuity_correction_is_in_the_methods(policy: str, counts: list[tuple[int, int]], told: str) -> None:
    """Half a patient was added to a cell, and the methods do not say so, or say so of none."""
    document = factory.document(counts)
    document["settings"].update(model="inverse", measure="PLOGIT", zero_cells=policy)
    said = _said(document)
    assert (told in said) if told else ("was added" not in said)


@pytest.mark.parametrize("events", [[0, 0, 0], [12, 30, 9]])
def test_a_sum_is_not_described_as_a_model(events: list[int]) -> None:
    """Series without any event, or with nothing else, are described as a model with estimated variance."""
    result = pool_proportions(events, [12, 30, 9]).to_dict()
    document = factory.document([(x, n) for x, n in zip(events, [12, 30, 9], strict=True)])
    document.update({key: result[key] for key in ("settings", "pooled", "tau2", "heterogeneity", "prediction")})
    said = _said(document)
    assert "no model was fitted" in said
    assert "the exact binomial one, of the sum: no model stands behind it" in said
    assert "binomial–normal" not in said
    assert "estimated by" not in said
