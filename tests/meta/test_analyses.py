"""The public analyses at their edges: what is refused, what is left out, and what has no answer."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

import synth.meta as meta
from synth.errors import NothingToPool, SettingsError

COUNTS = {"events": [7, 3, 1, 0, 5, 2], "total": [43, 38, 26, 17, 30, 21]}
NAMES = list("ABCDEF")
GROUPS = ["early", "early", "late", "late", "late", "early"]
TABLES = {
    "events_1": [4, 6, 3, 62, 33, 180], "total_1": [123, 306, 231, 13598, 5069, 1541],
    "events_2": [11, 29, 11, 248, 47, 372], "total_2": [139, 303, 220, 12867, 5808, 1451],
}  # fmt: skip


def plain(result: Any) -> Any:
    """As it stands in the JSON; fails on nan and on anything that is no JSON."""
    made = [dataclasses.asdict(r) for r in result] if isinstance(result, tuple) else dataclasses.asdict(result)
    return json.loads(json.dumps(made, allow_nan=False))


def everything(data: dict[str, list[Any]], groups: list[Any], years: list[Any], **settings: Any) -> list[Any]:
    """Every analysis of the same studies, as JSON."""
    return [
        plain(meta.subgroup_analysis(data, None, groups, **settings)),
        plain(meta.subgroup_analysis(data, None, groups, by_tau2="common", **settings)),
        plain(meta.moderator_analysis(data, None, {"year": years}, **settings)),
        plain(meta.moderator_analysis(data, None, {"group": groups, "year": years}, **settings)),
        plain(meta.cumulative_analysis(data, None, years, variable="year", **settings)),
        plain(meta.cumulative_analysis(data, None, **settings)),
        plain(meta.influence_analysis(data, None, **settings)),
        plain(meta.bias_analysis(data, None, force=True, **settings)),
    ]


def walk(node: Any) -> list[dict[str, Any]]:
    """Every object of a JSON document."""
    inner = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    return ([node] if isinstance(node, dict) else []) + [found for each in inner for found in walk(each)]


@pytest.mark.parametrize("words", [{}, {"effects": "common"}, {"model": "inverse"}, {"measure": "PAS"}])
def test_a_group_is_the_pool_of_its_studies(words: dict[str, Any]) -> None:
    """A subgroup, a cumulative row or what is left without a study is not what pooling those studies gives."""
    found = meta.subgroup_analysis(COUNTS, NAMES, GROUPS, variable="era", **words)
    for group in found.groups:
        at = [NAMES.index(name) for name in group.studies]
        alone = meta.pool({k: [v[i] for i in at] for k, v in COUNTS.items()}, leave_one_out=False, **words)
        shown = alone.pooled.reporting
        assert (group.estimate, group.ci_low, group.ci_high) == pytest.approx(
            (shown.estimate, shown.ci_low, shown.ci_high), rel=1e-8
        )
        assert group.ci_method == alone.pooled.ci_method
        assert (group.tau2 is None) == (alone.tau2.value is None)
    grown = meta.cumulative_analysis(COUNTS, NAMES, [3, 1, 2, 6, 5, 4], variable="year", **words)
    assert [row.added for row in grown.rows] == list("BCAFED")
    whole = meta.pool(COUNTS, leave_one_out=False, **words).pooled
    assert grown.rows[-1].estimate == pytest.approx(whole.reporting.estimate, rel=1e-8)
    assert grown.rows[-1].ci_high == pytest.approx(whole.reporting.ci_high, rel=1e-8)
    assert grown.rows[0].k == 1
    assert grown.rows[0].ci_method == "exact"


def test_influence_of_the_mixed_model_agrees_with_leave_one_out() -> None:
    """Influence under the binomial-normal model rests on other fits than leave-one-out does."""
    found = meta.influence_analysis(COUNTS, NAMES)
    left = meta.pool(COUNTS, NAMES).leave_one_out
    assert [row.tau2_deleted for row in found.rows] == pytest.approx([row.tau2 for row in left], abs=1e-8)
    assert sum(row.hat or 0.0 for row in found.rows) == pytest.approx(1.0)
    common = meta.influence_analysis(COUNTS, NAMES, effects="common")
    assert [row.hat for row in common.rows] == pytest.approx([n / 175 for n in COUNTS["total"]])
    assert all(row.tau2_deleted is None for row in common.rows)


def test_common_effect_regression_is_logistic_regression() -> None:
    """Regression of counts without variance between studies is not what statsmodels' logistic regression gives."""
    years = np.array([2001.0, 2004, 2003, 2010, 2008, 2012])
    x, n = (np.array(COUNTS[name], dtype=float) for name in ("events", "total"))
    theirs = GLM(np.column_stack([x, n - x]), np.column_stack([np.ones(6), years - 2000]), family=Binomial()).fit(
        tol=1e-14
    )
    found = meta.moderator_analysis(COUNTS, NAMES, {"year": (years - 2000).tolist()}, effects="common")
    for row, estimate, se, p in zip(found.coefficients, theirs.params, theirs.bse, theirs.pvalues, strict=True):
        # 1e-8: statsmodels stops on the deviance
        assert (row.estimate, row.se, row.p_value) == pytest.approx((estimate, se, p), rel=1e-8)
    assert found.qe == pytest.approx(theirs.deviance, rel=1e-10)
    assert found.tau2 is None


def test_studies_without_a_value_are_listed() -> None:
    """A study without a value vanishes, or takes part with an invented one."""
    found = meta.subgroup_analysis(COUNTS, NAMES, ["x", None, "y", " ", "y", float("nan")], variable="era")
    assert [(e.study, e.reason) for e in found.excluded] == [(name, "no value of era") for name in "BDF"]
    assert [(g.name, g.studies) for g in found.groups] == [("x", ("A",)), ("y", ("C", "E"))]
    nothing = meta.subgroup_analysis(COUNTS, NAMES, [None] * 6, variable="era")
    assert nothing.groups == ()
    assert nothing.reason == "no study has a value of era"
    tables = {**TABLES, "events_1": [0, *TABLES["events_1"][1:]], "events_2": [0, *TABLES["events_2"][1:]]}
    grown = meta.cumulative_analysis(tables, NAMES, [1, 2, 3, "", "soon", 6], variable="year")
    assert [e.study for e in grown.excluded] == ["A", "D", "E"]
    assert "says nothing about a ratio" in grown.excluded[0].reason
    assert grown.excluded[2].reason == 'year is "soon", which is not a number'
    assert [row.added for row in grown.rows] == ["B", "C", "F"]


def test_text_is_a_factor_and_numbers_are_not() -> None:
    """Text is refused or numbers become levels; the reference level is not named; text among numbers is taken."""
    era = ["late", "early", "late", "early", "mid", "mid", "late", "early", "mid", "late"]
    data = {"estimate": list(np.linspace(0.1, 0.9, 10) ** 2), "se": [0.1 + 0.01 * i for i in range(10)]}
    found = meta.moderator_analysis(data, None, {"era": era})
    assert [c.name for c in found.coefficients] == ["intercept", "era: early", "era: mid"]
    assert found.factors[0].reference == "late"
    assert any('compared with "late"' in note for note in found.notes)
    assert found.points == ()
    ages = ["61", 62, 63.5, "64", "n/r", 66, 67, 70, 69, 68]
    mixed = meta.moderator_analysis(data, None, {"age": ages})
    assert [(e.study, e.reason) for e in mixed.excluded] == [
        ("Study 5", 'age is "n/r", which is not a number as it is elsewhere')
    ]
    assert mixed.k == len(mixed.points) == 9
    assert sum(point.weight for point in mixed.points) == pytest.approx(1.0)
    assert any("at least ten" in note for note in mixed.notes)


def test_what_a_regression_cannot_tell() -> None:
    """Collinear or constant moderators, or too few studies, give numbers or a traceback instead of a reason."""
    data = {"estimate": [0.1, 0.5, 0.4, 0.9, 0.2, 0.3], "se": [0.1, 0.2, 0.1, 0.3, 0.2, 0.1]}
    year = [2001, 2002, 2003, 2005, 2008, 2009]
    cases: tuple[tuple[dict[str, list[Any]], str], ...] = (
        ({"year": [2001] * 6}, 'every study has the same year, "2001"'),
        ({"era": ["x"] * 6}, 'every study has the same era, "x"'),
        ({"year": year, "age": [y - 1940 for y in year]}, "age follows from the moderators before it"),
        ({"era": list("aabbcc"), "b": [0, 0, 1, 1, 0, 0]}, "b follows from the moderators before it"),
        ({"era": list("abcdef")}, "6 studies cannot carry 6 coefficients: at least 7 are needed"),
        ({"year": [None] * 6}, "no study has a value of every moderator"),
    )
    for moderators, said in cases:
        found = meta.moderator_analysis(data, None, moderators)
        assert said in str(found.reason)
        assert found.coefficients == ()
        plain(found)
    zero = {"events": [0, 0, 0, 0], "total": [9, 8, 7, 20]}
    assert "no patient had the event" in str(meta.moderator_analysis(zero, None, {"y": [1, 2, 3, 5]}).reason)
    split = {"events": [0, 0, 3, 4, 5], "total": [9, 8, 17, 20, 19]}
    assert "a coefficient is infinite" in str(meta.moderator_analysis(split, None, {"y": [0, 0, 1, 1, 1]}).reason)


def test_permutation_p_values() -> None:
    """A permutation test is not made, does not say how, or changes from call to call."""
    data = {"estimate": [0.1, 0.5, 0.4, 0.9, 0.2], "se": [0.1, 0.2, 0.1, 0.3, 0.2]}
    found = meta.moderator_analysis(data, None, {"dose": [1, 2, 3, 4, 0]}, permutations=5000)
    assert str(found.permutation).startswith("120 arrangements of the studies, all there are, by a coefficient over")
    share = found.coefficients[1].permutation_p
    assert share is not None
    assert 120 * share == pytest.approx(round(120 * share))
    assert meta.moderator_analysis(data, None, {"dose": [1, 2, 3, 4, 0]}).coefficients[1].permutation_p is None
    for wrong in (1, 0, -5, 2.5, True):
        with pytest.raises(SettingsError, match="Did you mean 5000"):
            meta.moderator_analysis(COUNTS, None, {"dose": [1, 2, 3, 4, 0, 7]}, permutations=wrong)


def test_one_group_and_groups_without_events() -> None:
    """One group is compared with itself, or a group without events breaks the comparison of the others."""
    one = meta.subgroup_analysis(COUNTS, NAMES, ["x"] * 6, variable="era")
    assert one.q_between is None
    assert one.p_value is None
    assert one.reason == 'every study has the same era, "x": there is nothing to compare'
    assert one.groups[0].estimate == pytest.approx(meta.pool(COUNTS).pooled.reporting.estimate)
    data = {"events": [0, 0, 5, 6, 3, 9], "total": [20, 31, 40, 33, 30, 35]}
    for tau2 in ("separate", "common"):
        found = meta.subgroup_analysis(data, NAMES, list("zzabab"), by_tau2=tau2)
        assert found.groups[0].estimate == 0.0
        assert found.groups[0].ci_method == "exact"
        assert "no patient had the event" in str(found.groups[0].reason)
        assert found.df == 1
        assert found.p_value is not None
        assert found.notes == ("Not in the test, having no finite estimate on the logit: z.",)
    shared = meta.subgroup_analysis(data, NAMES, list("zzabab"), by_tau2="common", ci_method="profile")
    assert shared.groups[1].tau2 == shared.groups[2].tau2
    assert shared.groups[1].ci_method == "profile"
    single = meta.subgroup_analysis(TABLES, NAMES, list("abcdef"), by_tau2="common")
    assert "no degree of freedom" in str(single.reason)


def test_orders_that_the_data_give() -> None:
    """Sorting by size or precision needs a column, or starts with the smallest study."""
    by_size = meta.cumulative_analysis(TABLES, NAMES, variable="size")
    assert [row.added for row in by_size.rows] == list("DEFBCA")
    assert by_size.order == "largest first"
    assert by_size.rows[0].value == 13598 + 12867
    assert meta.cumulative_analysis(TABLES, NAMES).rows[0].added == "F"
    generic = {"estimate": [0.1, 0.2], "se": [0.3, 0.1]}
    with pytest.raises(SettingsError, match="Use precision"):
        meta.cumulative_analysis(generic, None, variable="total")
    with pytest.raises(SettingsError, match="There are no values of year"):
        meta.cumulative_analysis(generic, None, variable="year")


def test_models_without_analyses_are_refused_with_the_nearest() -> None:
    """A model that cannot do it does something else in silence, or the refusal names no way out."""
    calls = (
        lambda **words: meta.subgroup_analysis(TABLES, NAMES, GROUPS, **words),
        lambda **words: meta.moderator_analysis(TABLES, NAMES, {"year": range(6)}, **words),
        lambda **words: meta.cumulative_analysis(TABLES, NAMES, range(6), **words),
        lambda **words: meta.influence_analysis(TABLES, NAMES, **words),
    )
    for call in calls:
        with pytest.raises(SettingsError, match="--model inverse --measure RR"):
            call(model="mh", measure="RR")
        with pytest.raises(SettingsError, match="--model inverse --measure PETO"):
            call(measure="PETO")
        assert plain(call(measure="PETO", model="inverse"))
    for model in ("beta-binomial", "bayes"):
        with pytest.raises(SettingsError, match="Use --model glmm"):
            meta.influence_analysis(COUNTS, NAMES, model=model)
    with pytest.raises(SettingsError, match='Did you mean "common"'):
        meta.subgroup_analysis(COUNTS, NAMES, GROUPS, by_tau2="commom")
    with pytest.raises(SettingsError, match="one value of era for each study"):
        meta.subgroup_analysis(COUNTS, NAMES, GROUPS[:2], variable="era")
    with pytest.raises(SettingsError, match="--moderator year"):
        meta.moderator_analysis(COUNTS, NAMES, {})
    empty = {"events_1": [0, 0], "total_1": [9, 9], "events_2": [0, 0], "total_2": [9, 9]}
    with pytest.raises(NothingToPool, match="says nothing about a ratio"):
        meta.influence_analysis(empty, None)


def test_small_study_tests_wait_for_ten_studies() -> None:
    """Tests are made of a handful of studies unasked, or a measure gets tests that are not for it."""
    found = meta.bias_analysis(TABLES, NAMES, model="mh", measure="OR")
    assert found.tests == ()
    assert (found.trim_and_fill, found.lfk, found.funnel) == (None, None, None)
    assert "at least ten" in str(found.reason)
    forced = meta.bias_analysis(TABLES, NAMES, model="mh", measure="OR", force=True)
    assert forced.tests[0].name == "Harbord"
    assert "at least ten" in str(forced.reason)
    assert forced.funnel is not None
    assert forced.funnel.axis == "se"
    assert [point.size for point in forced.funnel.points][:2] == [262, 609]
    many = {"events": [1, 2, 3, 4, 5, 6, 7, 0, 9, 10], "total": [9, 20, 25, 30, 60, 70, 80, 14, 110, 140]}
    single = meta.bias_analysis(many)
    assert single.reason is None
    assert single.tests[0].name == "Peters"
    assert {test.name for test in single.tests if test.reason} == {"Egger", "Begg and Mazumdar"}
    assert single.funnel is not None
    assert single.funnel.axis == "size"
    assert single.trim_and_fill is not None
    assert single.trim_and_fill.ci_method == "hksj-adhoc"


def test_second_opinions_are_for_a_handful() -> None:
    """Second opinions are missing where the main model is weakest, or are given where nobody needs them."""
    two = meta.second_opinions({"events": [3, 5], "total": [20, 40]})
    assert [opinion.model for opinion in two] == ["beta-binomial", "bayes"]
    for opinion in two:
        assert opinion.estimate is not None
        assert opinion.ci_low is not None
        assert opinion.ci_high is not None
        assert opinion.ci_low < opinion.estimate < opinion.ci_high
        assert opinion.prediction_low is None
        assert "three studies" in opinion.note
    assert "half-normal" in two[1].note
    assert meta.second_opinions(COUNTS) == ()
    assert len(meta.second_opinions(COUNTS, force=True)) == 2
    assert len(meta.second_opinions({"events": [0] * 7, "total": [9] * 7})) == 2
    assert [o.model for o in meta.second_opinions({"events": [3], "total": [20]}, model="bayes")] == ["beta-binomial"]
    assert meta.second_opinions(TABLES) == ()


def test_one_study_has_answers_everywhere() -> None:
    """A single study makes an analysis fail, or gives it numbers that say nothing."""
    for data in ({"events": [3], "total": [20]}, {"events": [0], "total": [20]}, {"estimate": [0.1], "se": [0.2]}):
        found = everything(data, ["a"], [2001])
        assert all(each["reason"] for each in found)
    both = {"events": [3, 0], "total": [20, 9]}
    assert plain(meta.influence_analysis(both))["reason"] == "2 studies: leaving one out leaves nothing to pool"


def test_analyses_are_imported_when_first_used() -> None:
    """Importing the mathematics imports every analysis, although most pools ask for none."""
    code = "import sys, synth.meta as m; print([n for n in sys.modules if 'analyses' in n], 'bias_analysis' in dir(m))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True"
    with pytest.raises(AttributeError, match="no attribute"):
        meta.anything  # noqa: B018


@st.composite
def small_tables(draw: st.DrawFn) -> tuple[dict[str, list[int]], list[Any], list[Any]]:
    """Zero-heavy proportions with groups and years, some of them missing."""
    k = draw(st.integers(1, 9))
    total = draw(st.lists(st.integers(1, 60), min_size=k, max_size=k))
    events = [draw(st.one_of(st.just(0), st.integers(0, n), st.just(n))) for n in total]
    groups = draw(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=k, max_size=k))
    years = draw(st.lists(st.sampled_from([2000, 2003, 2004, 2009, "", "soon"]), min_size=k, max_size=k))
    return {"events": events, "total": total}, groups, years


@pytest.mark.parametrize("words", [{"model": "glmm"}, {"model": "glmm", "effects": "common"}, {"measure": "PFT"}])
@settings(derandomize=True, max_examples=25, deadline=None)
@given(made=small_tables())
def test_no_nan_and_no_interval_that_misses(words: dict[str, Any], made: tuple[Any, ...]) -> None:
    """Some small table gives nan, an exception, a hole without a reason, or an interval that misses its estimate."""
    data, groups, years = made
    for node in walk(everything(data, groups, years, **words)):
        low, middle, high = (node.get(name) for name in ("ci_low", "estimate", "ci_high"))
        if "estimate" in node and middle is None:
            assert node["reason"]
        if low is not None and middle is not None and high is not None:
            slack = 1e-9 * (1 + abs(middle))
            assert low <= middle + slack
            assert middle <= high + slack
