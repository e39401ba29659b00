"""The methods and results of a manuscript: only what was computed, each number as the JSON has it."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from synth.report.methods import included, manuscript, references, results, vancouver
from synth.report.words import quantity, rounding

from . import factory, factory_analyses

Json = dict[str, Any]


def _documents() -> dict[str, Json]:
    made = {**factory.every(), **factory_analyses.measures()}
    made |= {"shares": factory_analyses.shares(), "bcg": factory_analyses.bcg(), "few": factory_analyses.few()}
    two_arms = {key: values[:6] for key, values in factory_analyses.BCG.items()}
    for model in ("glmm", "glmm-um-fs", "glmm-cm-el", "glmm-cm-al"):
        document = factory_analyses.document(two_arms, arms=True, measure="OR", model=model)
        made[f"OR {model}"] = factory_analyses.through_json(document)
    for effects in ("common", "random"):
        made[f"PLOGIT {effects} profile"] = factory_analyses.through_json(
            factory_analyses.document(factory_analyses.SHARES, effects=effects, ci_method="wald")
        )
    return made


DOCUMENTS = _documents()


@pytest.fixture(params=sorted(DOCUMENTS))
def document(request: pytest.FixtureRequest) -> Json:
    """Give each kind of document in turn."""
    return copy.deepcopy(DOCUMENTS[request.param])


def _all(document: Json) -> str:
    return " ".join(one.text for one in (*manuscript.paragraphs(document), *results.paragraphs(document)))


def _part(paragraphs: Any, name: str) -> str:
    return next((one.text for one in paragraphs if one.id == name), "")


def test_every_paragraph_is_prose(document: Json) -> None:
    """A paragraph for a journal has a hole, a word of the program, a doubled space or half a sentence in it."""
    for one in (*manuscript.paragraphs(document), *results.paragraphs(document)):
        if one.id != "studies" and "hostile" not in document["outcome_info"]["label"]:
            assert not re.search(r"\b(nan|NaN|undefined|null)\b", one.text)
        assert one.text.endswith(".")
        assert "  " not in one.text
        assert ".." not in one.text.replace("...", "")
        assert not re.search(r" [,.;]", one.text), one.text
        assert not re.search(r"\b1 (studies|patients|degrees|ways)\b", one.text)
        assert not re.search(r"\b(two|three|[2-9]) (study|patient|degree|way)\b(?! level)", one.text)
        assert "tau2" not in one.text
        assert "chi-square" not in one.text
        for sentence in one.sentences:
            assert sentence.text[0].isupper() or not sentence.text[0].isalpha(), sentence.text


def test_none_stands_nowhere_but_in_a_name() -> None:
    """An undefined value is printed as Python writes it."""
    for name, document in DOCUMENTS.items():
        if name != "hostile":
            assert not re.search(r"\bNone\b", _all(document)), name


def test_citations_are_numbered_as_they_are_mentioned(document: Json) -> None:
    """A number in the text points to another paper than the list says, or to none."""
    entries = vancouver.bibliography(document)
    cited: list[int] = []
    for one in (*manuscript.paragraphs(document), *results.paragraphs(document)):
        for sentence in one.sentences:
            cited += sentence.numbers
    assert sorted(set(cited)) == [entry.number for entry in entries]
    first = list(dict.fromkeys(cited))
    assert first == sorted(first)
    known = {one.key for one in included.studies(document)} | set(references.REFERENCES)
    assert {entry.key for entry in entries} <= known


def test_the_pooled_value_is_the_documents(document: Json) -> None:
    """The manuscript gives another pooled value, or another interval, than the document."""
    shown = quantity.of(document)
    reporting = document["pooled"]["reporting"]
    said = _part(results.paragraphs(document), "pooled")
    if reporting["estimate"] is None:
        assert " was " not in said.partition(".")[0].replace("infinite", "")
        return
    assert f" was {shown.with_unit(shown.text(reporting['estimate']))} (" in said
    limits = shown.interval(reporting["ci_low"], reporting["ci_high"])
    assert ("no interval" if limits == rounding.ABSENT else f"95% CI {limits})") in said or "credible" in said


def test_heterogeneity_and_prediction_are_the_documents(document: Json) -> None:
    """A variance, I², Q or prediction interval in the text is not the one of the document, or is made up."""
    said = _part(results.paragraphs(document), "heterogeneity")
    if document["k"] < 2:
        assert not said
        return
    tau2, het, shown = document["tau2"], document["heterogeneity"], quantity.of(document)
    assert (rounding.equals("τ²", rounding.variance(tau2["value"])) in said) is (tau2["value"] is not None)
    assert ("I² was" in said) is (het["i2"] is not None)
    if het["i2"] is not None:
        assert rounding.spoken(rounding.percent(het["i2"])) in said
    if het["q"] is not None:
        assert rounding.equals("Q", rounding.number(het["q"])) in said
        assert rounding.equals("p", rounding.p_value(het["p_value"])) in said
    limits = document["prediction"]["reporting"]
    there = limits["ci_low"] is not None
    assert ("prediction interval" in said) is there
    assert ("prediction interval" in _part(manuscript.paragraphs(document), "heterogeneity")) is there
    if there:
        assert f" was {shown.with_unit(shown.interval(limits['ci_low'], limits['ci_high']))}." in said


@pytest.mark.parametrize("name", ["shares", "bcg"])
def test_every_number_of_the_analyses_is_the_documents(name: str) -> None:
    """A number of a subgroup, a coefficient, a test or a range in the text is not in the document."""
    document = DOCUMENTS[name]
    shown, found = quantity.of(document), document["analyses"]
    made = results.paragraphs(document)
    moderators, sensitivity, bias = (_part(made, key) for key in ("moderators", "sensitivity", "bias"))
    for group in found["subgroups"]["groups"]:
        if group["estimate"] is not None:
            limits = shown.interval(group["ci_low"], group["ci_high"])
            assert f"{group['name']}, {shown.text(group['estimate'])} (95% CI {limits})" in moderators
    assert rounding.equals("p", rounding.p_value(found["subgroups"]["p_value"])) in moderators
    slope = found["regression"]["coefficients"][1]
    assert f"was {rounding.number(slope['estimate'])} (95% CI" in moderators
    assert f"{rounding.number(slope['ci_low'])} to {rounding.number(slope['ci_high'])};" in moderators
    values = [row["estimate"] for row in document["leave_one_out"]]
    assert f"from {shown.text(min(values))} (without " in sensitivity
    assert f"to {shown.text(max(values))} (without " in sensitivity
    spread = found["gosh"]["estimate"]
    assert f"median of {shown.text(spread['median'])}" in sensitivity
    wide = found["multiverse"]
    assert f"Over {wide['defined']} combinations" in sensitivity
    assert f"between {shown.text(wide['estimate_low'])} and {shown.text(wide['estimate_high'])}" in sensitivity
    for test in (one for one in found["bias"]["tests"] if one["p_value"] is not None):
        assert f"{test['name']}, {rounding.equals('p', rounding.p_value(test['p_value']))}" in bias
    assert f"The LFK index was {rounding.number(found['bias']['lfk']['value'])}" in bias


@pytest.mark.parametrize(
    ("key", "paragraph", "word"),
    [
        ("subgroups", "moderators", "Subgroups"),
        ("regression", "moderators", "association"),
        ("cumulative", "sensitivity", "cumulative"),
        ("influence", "sensitivity", "deletion diagnostics"),
        ("gosh", "sensitivity", "GOSH"),
        ("second_opinions", "sensitivity", "second opinion"),
        ("presets", "sensitivity", "settings of other programs"),
        ("multiverse", "sensitivity", "multiverse"),
        ("bias", "bias", "Small-study"),
    ],
)
def test_what_was_not_computed_is_not_claimed(key: str, paragraph: str, word: str) -> None:
    """The manuscript claims an analysis that nobody made, or hides one that was made."""
    document = copy.deepcopy(DOCUMENTS["shares"])
    assert word in _part(manuscript.paragraphs(document), paragraph)
    before = _all(document)
    document["analyses"][key] = None
    assert word not in _part(manuscript.paragraphs(document), paragraph)
    assert len(_all(document)) < len(before)


def test_the_mixed_model_of_proportions_is_described_as_what_it_is() -> None:
    """The default model is not named, or credited with a correction, or with an approximation that was not made."""
    said = _part(manuscript.paragraphs(DOCUMENTS["shares"]), "pooling")
    for words in ("random-intercept logistic model", "binomial–normal", "maximum likelihood", "integrated",
                  "without continuity correction", "t distribution with 11 degrees of freedom"):  # fmt: skip
        assert words in said
    assert "inverse-variance" not in said


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"measure": "PFT", "tau2_method": "DL", "ci_method": "wald"},
         ["double arcsine", "DerSimonian–Laird method", "Wald interval", "harmonic mean of the study sizes"]),
        ({"measure": "PLN", "tau2_method": "PM", "ci_method": "hksj"},
         ["logarithmic transformation", "Paule–Mandel method", "without modification"]),
        ({"model": "inverse", "ci_method": "profile", "tau2_ci": "profile"},
         ["logit transformation", "maximum likelihood", "profile-likelihood interval", "found by profile likelihood"]),
        ({"model": "inverse", "effects": "common"}, ["common-effect model", "Wald interval"]),
        ({"model": "inverse", "prediction": "bootstrap"}, ["parametric bootstrap of 25\u202f000 draws", "(seed 1)"]),
        ({"model": "inverse", "prediction": "hts"}, ["prediction interval", "with 10 degrees of freedom"]),
        ({"ci_method": "profile"}, ["is the profile-likelihood interval"]),
        ({"effects": "common"}, ["common proportion", "without continuity correction"]),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else "",
)  # fmt: skip
def test_each_option_is_described_by_its_own_words(settings: Json, words: list[str]) -> None:
    """An option that changes the numbers leaves the description of the method as it was."""
    document = factory_analyses.document(factory_analyses.SHARES, **settings)
    said = " ".join(one.text for one in manuscript.paragraphs(document))
    for each in words:
        assert each in said


def test_a_sum_is_not_described_as_a_model() -> None:
    """Studies without any event are described as fitted by a model."""
    for events, words in (([0, 0, 0], "No event was observed in any study"), ([12, 30, 9], "Every patient of each")):
        document = factory_analyses.document({"events": events, "total": [12, 30, 9]})
        said = _part(manuscript.paragraphs(document), "pooling")
        assert words in said
        assert "logistic" not in said
        assert "exact binomial (Clopper–Pearson) interval of the sum" in said


def test_one_study_is_not_pooled() -> None:
    """One study's own figure is called pooled."""
    document = DOCUMENTS["one"]
    assert "nothing was pooled" in _part(manuscript.paragraphs(document), "pooling")
    said = _part(results.paragraphs(document), "pooled")
    assert said.startswith("The proportion was 16.3% (95% CI 6.8% to 30.7%).")
    assert not _part(results.paragraphs(document), "heterogeneity")


def test_fewer_than_ten_studies_are_said_to_be_the_reason() -> None:
    """Small-study effects look tested where they were not."""
    document = copy.deepcopy(DOCUMENTS["few"])
    document["analyses"]["bias"] = {"k": 4, "tests": [], "reason": "fewer than ten"}
    said = _part(manuscript.paragraphs(document), "bias")
    assert "were not tested" in said
    assert "there were 4" in said
    assert not _part(results.paragraphs(document), "bias")


def test_results_left_out_are_named_with_the_reason() -> None:
    """A result that was left out vanishes from the manuscript."""
    said = _part(results.paragraphs(DOCUMENTS["five"]), "studies")
    assert "One result was left out: Study P (two copies of the abstract disagree on the arm sizes)." in said


def test_comparators_are_context_only() -> None:
    """Arms that were never compared look compared."""
    document = DOCUMENTS["two-arms"]
    assert "no difference between arms was estimated" in _part(manuscript.paragraphs(document), "comparators")
    said = _part(results.paragraphs(document), "comparators")
    for block in document["comparators"]:
        assert f"“{block['arm']['label']}”" in said
        assert rounding.percent(block["pooled"]["reporting"]["estimate"]) in said
