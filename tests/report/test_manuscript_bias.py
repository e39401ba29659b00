"""What a manuscript says of small-study effects, of the multiverse's limits and of a Bayesian second opinion."""

from __future__ import annotations

from typing import Any

import pytest

from synth.report.methods import analyses_text, results_analyses
from synth.report.methods.references import REFERENCES
from synth.report.outcome import context, view_rows
from synth.report.words.answer import main_answer
from synth.report.words.quantity import Quantity


def _tests(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "p_value": 0.2, "statistic": 1.0} for name in names]


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("Peters", "JAMA. 2006;295(6):676"),
        ("Harbord", "Stat Med. 2006;25(20):3443"),
        ("Macaskill", "2001;20(4):641"),
        ("Deeks", "J Clin Epidemiol. 2005;58(9):882"),
        ("Arcsine, 1/n: Egger", "Stat Med. 2008;27(5):746"),
        ("Arcsine: Thompson and Sharp (REML)", "1999;18(20):2693"),
        ("Begg and Mazumdar", "Biometrics. 1994;50(4):1088"),
        ("Egger", "BMJ. 1997;315(7109):629"),
        ("Pustejovsky", "2019;10(1):57"),
    ],
)
def test_each_test_is_cited_to_its_own_paper(name: str, where: str) -> None:
    """A test for small-study effects would be credited to people who did not propose it."""
    said = analyses_text.bias({"analyses": {"bias": {"k": 12, "tests": _tests(name)}}})
    assert any(where in REFERENCES[key].text for key in said[0].keys)
    others = {"egger1997", "begg1994"} - set(analyses_text.papers_of(name))
    assert not others & set(said[0].keys)


def test_trim_and_fill_is_told_by_every_estimator_with_its_base() -> None:
    """An estimator with a milder answer would be dropped, or inverse variance be taken for the pool's own model."""
    found = {
        "k": 43, "tests": _tests("Peters"),
        "trim_and_fill": {"estimator": "L0", "filled": 42, "estimate": 0.153, "ci_low": 0.12, "ci_high": 0.19},
        "trim_and_fill_others": [
            {"estimator": "R0", "filled": 8, "estimate": 0.127, "ci_low": 0.1, "ci_high": 0.16},
            {"estimator": "Q0", "filled": None, "estimate": None},
        ],
    }  # fmt: skip
    document = {"settings": {"model": "glmm", "effects": "random"}, "analyses": {"bias": found}}
    method = " ".join(one.text for one in analyses_text.bias(document))
    assert "estimators L0 and R0" in method
    assert "by inverse variance with τ² by REML, not by the binomial–normal model" in method
    result = " ".join(one.text for one in results_analyses.bias(document))
    assert "42 studies with L0, which gave 15.3% (95% CI 12.0% to 19.0%); eight studies with R0, which gave 12.7%" in (
        result
    )
    assert "Q0" not in result


def _means(k: int) -> dict[str, Any]:
    plain = {"ci_method": "wald", "estimate": 70.0, "ci_low": 35.1, "ci_high": 105.6}
    wild = {"ci_method": "hksj", "estimate": 72.0, "ci_low": 1e-5, "ci_high": 877243336.2}
    found = {
        "reporting": "mean", "count": 2, "defined": 2, "estimate_low": 70.0, "estimate_high": 72.0,
        "ci_low_low": 1e-5, "ci_high_high": 877243336.2, "universes": [plain, wild], "excludes_null": None,
    }  # fmt: skip
    pooled = {"reporting": {"estimate": 70.0, "ci_low": 35.1, "ci_high": 105.6}}
    about = {"unit": "mL"}
    return {"k": k, "settings": {"reporting": "mean"}, "outcome_info": about, "pooled": pooled,
            "analyses": {"multiverse": found}}  # fmt: skip


def test_limits_on_one_degree_of_freedom_are_left_out_with_the_reason() -> None:
    """A manuscript would print a blood loss of 877 million mL as a confidence limit."""
    said = " ".join(one.text for one in results_analyses.sensitivity(_means(2)))
    assert "877" not in said
    assert "35 to 106 mL" in said
    assert "it has one degree of freedom" in said
    assert "877" in " ".join(one.text for one in results_analyses.sensitivity(_means(3)))


@pytest.mark.parametrize(("number", "words"), [(0, "Every interval included"), (1, "One interval did not include")])
def test_intervals_without_the_null_are_counted_in_english(number: int, words: str) -> None:
    """The paragraph would say "No intervals of these did not include"."""
    found = {
        "defined": 4,
        "estimate_low": 0.5,
        "estimate_high": 0.6,
        "excludes_null": number,
        "reporting": "odds ratio",
    }
    document = {"k": 5, "settings": {"reporting": "odds ratio"}, "analyses": {"multiverse": found}}
    assert words in " ".join(one.text for one in results_analyses.sensitivity(document))


def test_a_bayesian_opinion_names_both_priors() -> None:
    """Nobody could repeat the analysis: the scale of one prior and the other prior would be missing."""
    one = {"model": "bayes", "estimate": 0.2}
    document = {"events": 5, "total": 50, "analyses": {"second_opinions": [one]}}
    said = " ".join(one.text for one in analyses_text.sensitivity(document))
    assert "half-normal prior with scale 0.5" in said
    assert "flat prior of the mean logit" in said
    assert "normal–normal model of Röver but with binomial likelihoods" in said


def test_the_permuted_statistic_is_named_beside_the_one_of_the_test() -> None:
    """The p by permutation of the likelihood ratio would be read as one of the Wald test beside it."""
    rows = [{"name": name, "estimate": 0.1} for name in ("intercept", "year", "size")]
    found = {
        "coefficients": rows, "moderators": ["year", "size"], "qm_p": 0.2, "qm_permutation_p": 0.3,
        "qm_test": "Wald, chi-square with 2 degrees of freedom",
        "permutation": "5,000 arrangements drawn with seed 1, by a coefficient, together by the likelihood ratio",
    }  # fmt: skip
    document = {"analyses": {"regression": found}}
    method = " ".join(one.text for one in analyses_text.regression(document))
    assert "repeated by permutation of the likelihood ratio, with 5" in method
    result = " ".join(one.text for one in results_analyses.regression(document))
    assert "together (Wald, chi-square with 2 degrees of freedom) gave p = 0.2" in result


def test_a_mean_has_patients_and_no_events() -> None:
    """The page would show "–/48" for a mean, and a comparator's mean without its unit."""
    shown = Quantity("mean", "plain", "Mean", "mL")
    mean = {"k": 1, "events": None, "total": 48, "reporting": {"estimate": 710.0}}
    assert view_rows.answer_row(mean, "one", "", shown).counts == "48"
    assert view_rows.answer_row({**mean, "events": 3}, "one", "", shown).counts == "3/48"
    block = {"k": 1, "total": 27, "pooled": {"reporting": {"estimate": 70.0, "ci_low": 35.0, "ci_high": 105.0}},
             "studies": [{"study": "A", "data": {"mean": 70.0, "sd": 9.0, "n": 27}}]}  # fmt: skip
    said = context.comparator({"settings": {"reporting": "mean"}, "outcome_info": {"unit": "mL"}}, block)
    assert " mL (" in said
    assert "27 patients in 1 series" in said
    assert "–/" not in said


def test_an_answer_without_a_model_is_not_named_after_one() -> None:
    """Second opinions would stand beside a "binomial–normal model" that was never fitted."""
    alone = {"k": 1, "settings": {"model": "glmm"}, "pooled": {"ci_method": "clopper-pearson"}}
    none = {"k": 4, "settings": {"model": "glmm"}, "pooled": {"ci_method": "exact", "reporting": {"estimate": 0.0}}}
    assert "own figure, exact interval" in main_answer(alone)
    assert "sum of all series, exact interval" in main_answer(none)
