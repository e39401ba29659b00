"""Certainty by GRADE's domains, one at a time, on documents made by hand; the thresholds are those of docs/grade.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth.report.grade import Judged, suggest
from synth.report.grade.domains import inconsistency, indirectness, publication_bias, risk_of_bias
from synth.report.grade.imprecision import imprecision, optimal_size
from synth.report.grade.model import DOMAINS, DOWN, UPGRADES, Suggestion
from synth.report.methods.bibtex import entries
from synth.report.methods.papers_grade import CERTAINTY
from synth.report.methods.references import REFERENCES
from synth.review_certainty import DOMAINS as IN_REVIEW
from synth.review_parts import CertaintyJudged, Judgement
from synth.steps.gather import ON_REQUEST
from synth.steps.grade import NOT_JUDGED, OF_ANOTHER, OUTSIDE, with_certainty
from synth.steps.pool import pool_file

from .factory import document

Json = dict[str, Any]


def reporting(name: str, estimate: float | None, low: float | None, high: float | None, **more: Any) -> Json:
    """Return a document with an answer of some kind."""
    shown = {"estimate": estimate, "ci_low": low, "ci_high": high}
    return {"k": 5, "settings": {"reporting": name}, "pooled": {"reporting": shown}, **more}


def judged_studies(*rows: tuple[float | None, str | None]) -> Json:
    """Return a document whose studies have these weights and levels of risk of bias."""
    studies = [{"study": f"S{i}", "weight": weight} for i, (weight, _) in enumerate(rows)]
    lights = [{"study": f"S{i}", "overall": level} for i, (_, level) in enumerate(rows) if level is not None]
    return {"studies": studies, "risk_of_bias": {"instruments": [{"id": "jbi", "studies": lights, "not_judged": []}]}}


@pytest.mark.parametrize(
    ("rows", "judgement"),
    [
        ([(0.5, "low"), (0.5, "moderate")], "not serious"),
        ([(0.76, "low"), (0.24, "high")], "not serious"),
        ([(0.75, "low"), (0.25, "high")], "serious"),
        ([(0.75, "low"), (0.25, "critical")], "serious"),
        ([(0.51, "low"), (0.49, "unclear")], "not serious"),
        ([(0.5, "low"), (0.5, "unclear")], "serious"),
        ([(0.5, "low"), (0.5, None)], "serious"),
        ([(0.25, "low"), (0.75, "high")], "very serious"),
        ([(0.5, "low"), (0.5, "critical")], "very serious"),
        ([(None, "low"), (None, "low"), (None, "high")], "serious"),
    ],
)
def test_risk_of_bias_by_share_of_the_weight(rows: list[tuple[float | None, str | None]], judgement: str) -> None:
    """A body of evidence that rests on badly made studies is suggested as sound, or the other way round."""
    found = risk_of_bias(judged_studies(*rows))
    assert found.judgement == judgement
    assert sum(found.numbers.values()) == pytest.approx(1.0, abs=1e-12)


def test_nobody_judged_the_risk_of_bias() -> None:
    """Studies that nobody has judged count as good ones."""
    found = risk_of_bias({"studies": [{"study": "A", "weight": 1.0}], "risk_of_bias_reason": "no study was judged"})
    assert found == Suggestion(None, "Nothing is suggested: no study was judged.")
    summed = judged_studies((1.0, None))
    summed["risk_of_bias"]["instruments"][0]["studies"] = [{"study": "S0", "overall": None, "score": 12}]
    assert risk_of_bias(summed).why == "Nothing is suggested: the instrument sets no level for a whole study."


def proportions(ci: tuple[float, float], prediction: tuple[float, float] | None, **het: Any) -> Json:
    """Return a document of proportions with these intervals."""
    made = reporting("proportion", sum(ci) / 2, *ci, heterogeneity=het)
    if prediction:
        made["prediction"] = {"reporting": {"ci_low": prediction[0], "ci_high": prediction[1]}}
    return made


@pytest.mark.parametrize(
    ("ci", "prediction", "judgement"),
    [
        ((0.10, 0.20), (0.10, 0.20), "not serious"),
        ((0.10, 0.20), (0.05, 0.24), "not serious"),  # twice as wide, but 19 points
        ((0.10, 0.20), (0.05, 0.30), "serious"),
        ((0.10, 0.30), (0.05, 0.40), "serious"),  # not twice as wide, but beyond chance and 35 points
        ((0.40, 0.60), (0.20, 0.72), "very serious"),
    ],
)
def test_inconsistency_of_one_arm(ci: tuple[float, float], prediction: tuple[float, float], judgement: str) -> None:
    """High I2 of large series that are close together takes a level, or wide and real differences take none."""
    found = inconsistency(proportions(ci, prediction, i2=0.97, p_value=1e-9))
    assert found.judgement == judgement
    assert found.numbers["ratio"] == pytest.approx((prediction[1] - prediction[0]) / (ci[1] - ci[0]), rel=1e-12)
    assert "migliavaca2022" in found.sources


@pytest.mark.parametrize(
    ("i2", "p", "prediction", "judgement"),
    [
        (0.6, 0.04, (0.05, 0.40), "serious"),
        (0.4, 0.04, (0.05, 0.40), "not serious"),
        (0.97, 0.2, (0.05, 0.40), "not serious"),  # wide only because so little is known
        (0.97, 0.001, (0.10, 0.30), "not serious"),  # beyond chance, but 20 points
        (0.74, 0.001, (0.02, 0.60), "serious"),
        (0.75, 0.001, (0.02, 0.60), "very serious"),
    ],
)
def test_inconsistency_of_few_series(i2: float, p: float, prediction: tuple[float, float], judgement: str) -> None:
    """Few series, whose prediction interval is never twice as wide, are consistent however much they differ."""
    found = inconsistency(proportions((0.06, 0.35), prediction, i2=i2, p_value=p))
    assert found.numbers["ratio"] < 2.1
    assert found.judgement == judgement
    assert ("Differences beyond chance" in found.why) == (judgement != "not serious")


def test_three_series_that_contradict_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """5, 30 and 75 of 100 patients are called consistent."""
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("study,events,total\nA,10,200\nB,60,200\nC,150,200\n", encoding="utf-8")
    made = pool_file("t.csv").pooled[0].document
    found = {each["id"]: each for each in made["certainty"]["domains"]}["inconsistency"]
    assert found["suggestion"]["numbers"]["ratio"] < 2.0
    assert found["used"] == "very serious"


@pytest.mark.parametrize(
    ("i2", "p", "prediction", "judgement"),
    [
        (0.2, 0.3, (0.4, 0.9), "not serious"),
        (0.6, 0.04, (0.4, 0.9), "serious"),
        (0.6, 0.2, (0.4, 0.9), "not serious"),
        (0.8, 0.01, (0.4, 0.9), "very serious"),
        (0.3, 0.2, (0.2, 1.4), "serious"),
        (0.6, 0.04, (0.2, 1.4), "very serious"),
    ],
)
def test_inconsistency_of_an_effect(i2: float, p: float, prediction: tuple[float, float], judgement: str) -> None:
    """An effect that a new setting may not show, or whose studies differ, is suggested as consistent."""
    made = reporting("odds ratio", 0.6, 0.45, 0.8, heterogeneity={"i2": i2, "p_value": p})
    made["prediction"] = {"reporting": {"ci_low": prediction[0], "ci_high": prediction[1]}}
    assert inconsistency(made).judgement == judgement


def test_inconsistency_where_there_is_little_to_see() -> None:
    """One study, two studies, or studies without any event end in an error or in a doubt that nothing supports."""
    assert inconsistency({"k": 1}).why == "One study: there is nothing that it could differ from."
    two = inconsistency({"k": 2, "heterogeneity": {"i2": 0.9, "p_value": 0.001}})
    assert two.judgement == "very serious"
    assert two.why.endswith("Two studies hardly show whether they differ.")
    nothing = inconsistency({"k": 4})
    assert (nothing.judgement, nothing.why) == (
        "not serious", "How much the studies differ cannot be estimated here, and no difference is seen.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("interval", "total", "judgement"),
    [
        ((0.10, 0.29), 1000, "not serious"),
        ((0.10, 0.31), 1000, "serious"),
        ((0.10, 0.51), 1000, "very serious"),
        ((0.10, 0.29), 230, "serious"),  # 0.195: 1.96^2 * 0.195 * 0.805 / 0.05^2 = 241
        ((0.10, 0.29), 242, "not serious"),
        ((0.0, 0.03), 60, "serious"),  # below 5 %: 73
    ],
)
def test_imprecision_of_a_proportion(interval: tuple[float, float], total: int, judgement: str) -> None:
    """A wide interval, or one from fewer patients than one good series needs, costs no level."""
    low, high = interval
    found = imprecision(reporting("proportion", (low + high) / 2, low, high, total=total))
    assert found.judgement == judgement
    assert found.numbers["width"] == pytest.approx(high - low, abs=1e-15)


def test_optimal_size() -> None:
    """The size that one series needs is not z^2 p (1 - p) / d^2."""
    assert optimal_size(0.5) == pytest.approx(384.1458820694124, rel=1e-12)
    assert optimal_size(1.0) == optimal_size(0.95)


@pytest.mark.parametrize(
    ("interval", "events", "judgement"),
    [
        ((0.70, 1.30), 900, "very serious"),
        ((0.70, 1.10), 900, "serious"),
        ((0.90, 1.30), 900, "serious"),
        ((0.80, 1.20), 900, "not serious"),
        ((0.40, 0.70), 900, "not serious"),
        ((0.40, 0.70), 299, "serious"),
        ((0.40, 0.70), 300, "not serious"),
    ],
)
def test_imprecision_of_a_ratio(interval: tuple[float, float], events: int, judgement: str) -> None:
    """The 0.75 and 1.25 of GRADE guidelines 6, or its optimal information size, are applied otherwise."""
    assert imprecision(reporting("risk ratio", 0.9, *interval, events=events)).judgement == judgement


@pytest.mark.parametrize(
    ("name", "interval", "sizes", "judgement"),
    [
        ("standardised mean difference", (-0.6, 0.6), 500, "very serious"),
        ("standardised mean difference", (-0.1, 0.6), 500, "serious"),
        ("standardised mean difference", (0.1, 0.6), 500, "not serious"),
        ("standardised mean difference", (0.1, 0.6), 399, "serious"),
        ("mean difference", (-40.0, 3.0), 800, "serious"),
        ("mean difference", (-40.0, -3.0), 800, "not serious"),
        ("risk difference", (-0.2, 0.2), 800, "very serious"),
    ],
)
def test_imprecision_of_a_difference(name: str, interval: tuple[float, float], sizes: int, judgement: str) -> None:
    """An interval across no difference, or too few patients, costs no level."""
    studies = [{"data": {"n_1": sizes // 2, "n_2": sizes - sizes // 2}}]
    assert imprecision(reporting(name, 0.1, *interval, studies=studies)).judgement == judgement


@pytest.mark.parametrize(
    ("estimate", "interval", "judgement"),
    [
        (100.0, (80.0, 130.0), "not serious"),
        (100.0, (70.0, 121.0), "serious"),
        (100.0, (30.0, 131.0), "very serious"),
        (0.0, (-1.0, 1.0), None),
        (5.0, (None, 9.0), "very serious"),
    ],
)
def test_imprecision_of_a_mean(estimate: float, interval: tuple[float | None, float], judgement: str | None) -> None:
    """A mean whose interval is as wide as itself costs no level."""
    assert imprecision(reporting("mean", estimate, *interval)).judgement == judgement


def test_publication_bias() -> None:
    """Too few studies, no test, or tests that speak for it lead to the wrong suggestion."""
    tests = [{"name": "Peters", "p_value": 0.02}, {"name": "Egger", "p_value": 0.4}, {"name": "Begg", "p_value": None}]
    few = publication_bias({"k": 9, "analyses": {"bias": {"tests": tests}}})
    assert (few.judgement, few.why[:32]) == ("undetected", "Not tested: with 9 series, fewer")
    assert publication_bias({"k": 10}).judgement is None
    found = publication_bias({"k": 10, "analyses": {"bias": {"tests": tests}}})
    assert (found.judgement, found.numbers["tests"], found.numbers["tests_below"]) == ("strongly suspected", 2, 1)
    tests[0]["p_value"] = 0.1
    assert publication_bias({"k": 10, "analyses": {"bias": {"tests": tests}}}).judgement == "undetected"


def left_out(*rows: tuple[str, int | None, str], k: int = 3) -> Json:
    """Return a document of k series with these rows left out."""
    return {
        "k": k, "arm": {"id": "mis"}, "studies": [{"study": f"S{i}"} for i in range(k)],
        "excluded": [{"study": name, "arm": "mis", "total": n, "reason": why} for name, n, why in rows],
    }  # fmt: skip


def test_results_on_file_that_could_not_enter() -> None:
    """Half of the series are left out for want of a standard deviation, and nothing speaks for missing results."""
    lacking = "standard deviation not given in the source"
    found = publication_bias(left_out(("A", 25, lacking), ("B", 24, lacking), ("C", 10, lacking)))
    assert found.judgement == "strongly suspected"
    assert found.numbers == {"k": 3, "left_out": 3, "reporting": 6, "patients_left_out": 59}
    assert found.why.startswith("3 of 6 series on file that report it could not enter: A (25 patients), B (24")
    assert "Nothing on file" not in found.why
    few = publication_bias(left_out(("A", None, lacking), k=4))
    assert few.judgement == "undetected"
    assert few.numbers == {"k": 4, "left_out": 1, "reporting": 5}
    assert few.why.startswith("1 of 5 series on file")
    tested = left_out(*((name, 9, lacking) for name in "ABCD"), k=10)
    assert publication_bias(tested).judgement == "strongly suspected"
    tested["analyses"] = {"bias": {"tests": [{"name": "Peters", "p_value": 0.8}]}}
    assert publication_bias(tested).judgement == "strongly suspected"


@pytest.mark.parametrize(
    "why",
    [
        ON_REQUEST, "its patients are part of S0, which is pooled here",
        "the arm (Open) is neither pooled nor compared",
        "the study has no row for the other arm (Open), and a comparison needs both",
        "risk of bias high, and only low is pooled (--risk-of-bias)",
    ],
)  # fmt: skip
def test_what_was_left_out_by_choice_is_not_missing(why: str) -> None:
    """A series that somebody chose to leave out, or that is in the answer already, counts as a missing result."""
    found = publication_bias(left_out(("A", 25, why), ("B", 24, why)))
    assert (found.judgement, dict(found.numbers)) == ("undetected", {"k": 3})
    again = publication_bias(left_out(("S0", 25, "counted in screws, not in patients")))
    assert (again.judgement, dict(again.numbers)) == ("undetected", {"k": 3})
    assert "Nothing on file speaks for it" in again.why


@pytest.mark.parametrize("name", ["estimate", "correlation"])
def test_estimates_of_nobody_knows_what_have_no_starting_level(name: str) -> None:
    """Estimates that may be of one arm or of two begin low as a comparison, or high as a prognosis."""
    made = reporting(name, 0.3, 0.2, 0.4, studies=[{"study": "A", "descriptors": {"design": "series"}}])
    found = suggest(made)
    assert found.start.used is None
    assert found.open == ("Starting level", "Risk of bias", "Indirectness")
    assert (found.level, found.to_dict()["at_most"]) == ("high", True)
    assert "because nobody has judged starting level, risk of bias and indirectness" in found.words
    assert "whether it tells of one arm or compares two is not on file" in found.about
    own = {each: Judged("not serious", "r") for each in DOMAINS} | {"publication_bias": Judged("undetected", "r")}
    assert "not rated yet, because nobody has judged starting level" in suggest(made, judged=own).words
    known = suggest(made, judged={**own, "start": Judged("low", "two arms, not randomised")})
    assert known.words == "Certainty of the evidence, as the reviewers judge it: low."


def test_imprecision_of_estimates_is_that_of_a_difference() -> None:
    """An estimate that excludes 0 costs a level that a difference of the same width does not."""
    for name in ("estimate", "mean difference"):
        assert imprecision(reporting(name, 0.32, 0.17, 0.48)).judgement == "not serious"
        assert imprecision(reporting(name, 0.32, -0.17, 0.48)).judgement == "serious"
    assert "takes in 0." in imprecision(reporting("estimate", 0.32, -0.17, 0.48)).why


@pytest.mark.parametrize(
    ("estimate", "size"),
    [
        (0.992, "95.0% to within 5 points needs 73, and the rule goes no nearer to 0 or 100 of 100 than that."),
        (0.0, "5.0% to within 5 points needs 73, and the rule goes no nearer to 0 or 100 of 100 than that."),
        (0.2, "20.0% to within 5 points needs 246."),
    ],
)
def test_the_size_says_at_which_rate(estimate: float, size: str) -> None:
    """A number of patients is worked out at another rate than the estimate, and nothing says so."""
    assert imprecision(reporting("proportion", estimate, 0.0, 0.1, total=119)).why.endswith(f"a rate of {size}")


def test_indirectness_is_for_people() -> None:
    """A program says that studies answer a question that it cannot read."""
    found = indirectness(document([(3, 20), (1, 9)]))
    assert found.judgement is None
    assert found.numbers == {"definitions": 1, "populations": 1, "countries": 1}


@pytest.mark.parametrize(
    ("reporting_as", "design", "instrument", "start"),
    [
        ("proportion", "consecutive series", "", "high"),
        ("odds ratio", "retrospective comparison", "", "low"),
        ("odds ratio", "randomised controlled trial", "", "high"),
        ("odds ratio", "non-randomised trial", "", "low"),
        ("odds ratio", "quasi-randomised trial", "", "low"),
        ("odds ratio", "not randomised", "", "low"),
        ("odds ratio", "retrospective comparison", "robins-i", "high"),
    ],
)
def test_starting_level_by_design(reporting_as: str, design: str, instrument: str, start: str) -> None:
    """Comparisons that were not randomised begin as high as trials, or series about prognosis as low as those."""
    made = reporting(reporting_as, 0.6, 0.5, 0.7, studies=[{"study": "A", "descriptors": {"design": design}}])
    made["risk_of_bias"] = {"instruments": [{"id": instrument, "studies": [], "not_judged": []}]}
    assert suggest(made).start.used == start
    made["risk_of_bias"]["instruments"][0]["not_judged"] = ["A"]
    assert suggest(made).start.used == ("low" if instrument else start)


def test_a_large_effect_is_noted_and_not_counted() -> None:
    """A program raises the certainty of a comparison because its odds ratio is large."""
    made = reporting("odds ratio", 0.15, 0.1, 0.2, events=500)
    found = suggest(made)
    assert [(each.id, each.suggested.judgement) for each in found.upgrades] == [("large_effect", "very large")]
    assert found.level == "low"
    raised = suggest(made, judged={"large_effect": Judged("very large", "no plausible bias explains it")})
    assert raised.level == "high"
    assert raised.suggested_level == "low"


def test_judgements_go_before_suggestions_and_both_are_shown() -> None:
    """What the reviewers judged is overruled by a rule, or hides what the rule said."""
    made = reporting("proportion", 0.2, 0.05, 0.5, total=43)
    own = {name: Judged("not serious", f"because of {name}") for name in DOMAINS}
    own["publication_bias"] = Judged("undetected", "all registers were searched")
    own["imprecision"] = Judged("serious", "wide, yet every value leads to the same choice")
    found = suggest(made, judged=own)
    assert (found.level, found.suggested_level, found.by) == ("moderate", "low", "reviewers")
    assert found.words == "Certainty of the evidence, as the reviewers judge it: moderate."
    domain = next(each for each in found.to_dict()["domains"] if each["id"] == "imprecision")
    assert domain["suggestion"]["judgement"] == "very serious"
    assert domain["judged"] == {"judgement": "serious", "reason": "wide, yet every value leads to the same choice"}
    assert domain["used"] == "serious"


def test_what_nobody_judged_is_said() -> None:
    """A certainty is printed that leaves out what no number can tell."""
    made = reporting("proportion", 0.2, 0.15, 0.3, total=900)
    found = suggest(made)
    assert found.words == (
        "Certainty of the evidence: not rated yet, because nobody has judged risk of bias and indirectness; the other "
        "domains take nothing off."
    )  # fmt: skip
    few = suggest(reporting("proportion", 0.2, 0.15, 0.3, total=100))
    assert few.words.endswith("; what is known leaves moderate at most.")
    part = suggest(made, judged={name: Judged("serious", "r") for name in ("risk_of_bias", "indirectness")})
    assert (part.by, part.level) == ("both", "low")
    assert part.words == "Certainty of the evidence (judged by the reviewers in part): low."


def test_nothing_below_very_low() -> None:
    """Levels are taken off until there is none left."""
    made = reporting("proportion", 0.2, 0.0, 0.9, total=9)
    own = {"start": Judged("low", "uncontrolled"), "risk_of_bias": Judged("extremely serious", "critical everywhere")}
    assert suggest(made, judged=own).level == "very low"


def test_plain_data_has_a_reason_for_every_null() -> None:
    """A null stands in the JSON and nothing says why."""
    made = with_certainty(document([(3, 20), (1, 9)]), None, primary="mis")
    text = json.dumps(made["certainty"], allow_nan=False)
    assert json.loads(text) == made["certainty"]

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            for name, value in node.items():
                assert value is not None or node.get(f"{name}_reason"), name
                walk(value)
        elif isinstance(node, list):
            for each in node:
                walk(each)

    walk(made["certainty"])


def test_whose_judgement_bears_on_which_page() -> None:
    """Judgements of one arm, or of a comparison, stand on the page of another."""
    judged = CertaintyJudged((("imprecision", Judgement("serious", "r")),))
    base = document([(3, 20), (1, 9)])
    base |= {"arm": {"id": "mis", "label": "MIS"}, "arms": None}

    def found(made: Json, own: CertaintyJudged | None, primary: str | None) -> Json:
        return with_certainty(dict(made), own, primary=primary)["certainty"]["domains"][3]

    assert found(base, judged, "mis")["judged"] == {"judgement": "serious", "reason": "r"}
    assert found(base, None, "mis")["judged_reason"] == NOT_JUDGED
    assert found(base, judged, None)["judged_reason"] == OUTSIDE
    assert found(base | {"arm": {"id": "open"}}, judged, "mis")["judged_reason"] == OF_ANOTHER
    pair = base | {"arms": [{"id": "mis"}, {"id": "open"}]}
    assert found(pair, judged, "mis")["judged_reason"] == OF_ANOTHER
    against = CertaintyJudged(judged.judgements, "open")
    assert found(pair, against, "mis")["judged"] is not None
    assert found(base, against, "mis")["judged_reason"] == OF_ANOTHER


def test_the_rules_name_papers_that_are_known() -> None:
    """A rule goes back to a paper that no list of references has, or that cannot be exported."""
    named: set[str] = set()
    for made in (
        judged_studies((1.0, "low")) | proportions((0.1, 0.2), (0.1, 0.3)) | {"k": 3},
        reporting("odds ratio", 0.2, 0.1, 0.3, studies=[{"descriptors": {"design": "randomised trial"}}]),
        reporting("odds ratio", 0.2, 0.1, 0.3, risk_of_bias={"instruments": [{"id": "robins-i"}]}),
        reporting("odds ratio", 0.2, 0.1, 0.3),
    ):
        found = suggest(made)
        named |= {key for each in (found.start, *found.domains, *found.upgrades) for key in each.suggested.sources}
    assert named == {one.key for one in CERTAINTY}
    assert named <= set(REFERENCES)
    text = entries(sorted(named))
    assert text.count("@article{") == len(CERTAINTY)
    assert "journal = {BMJ}" in text


def test_review_toml_knows_the_same_words() -> None:
    """review.toml takes a word that the rating does not know, or refuses one that it does."""
    assert set(IN_REVIEW) == {"start", *DOMAINS, *UPGRADES}
    for name in DOMAINS:
        assert set(IN_REVIEW[name]) <= set(DOWN)
    assert {word for name in DOMAINS for word in IN_REVIEW[name]} == set(DOWN)
