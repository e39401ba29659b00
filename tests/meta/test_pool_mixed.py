"""Pools by mixed models of two arms and of rates: what a mask, an order, a swap and an edge must do to them."""

from __future__ import annotations

import json
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from synth.errors import NoAnswer, NothingToPool, SettingsError
from synth.meta import (
    cumulative_analysis,
    pool,
    pool_proportions,
    subgroup_analysis,
)
from synth.meta.glmm.two_arm import effect_model, fit_effects
from synth.meta.settings import MODELS

TABLES = {"events_1": [1, 2, 0, 5, 1, 9], "total_1": [44, 208, 130, 151, 98, 66],
          "events_2": [3, 9, 7, 6, 14, 7], "total_2": [35, 195, 136, 157, 139, 64]}  # fmt: skip
RATES = {"events_1": [1, 2, 0, 5, 1, 9], "time_1": [44.5, 208.0, 130.0, 151.0, 98.0, 66.0],
         "events_2": [3, 9, 7, 6, 14, 7], "time_2": [35.0, 195.0, 136.0, 157.0, 139.0, 64.0]}  # fmt: skip
ONE_ARM = {"events": [11, 8, 14, 10, 0], "time": [1988.0, 1461.0, 10962.0, 1503.0, 310.0]}
CASES = [(TABLES, "glmm"), (TABLES, "glmm-um-fs"), (TABLES, "glmm-cm-el"), (TABLES, "glmm-cm-al"), (RATES, "glmm"),
         (RATES, "glmm-um-fs"), (RATES, "glmm-cm-el"), (ONE_ARM, "glmm")]  # fmt: skip
NAMES = [f"{model}-{'OR' if data is TABLES else 'IRR' if data is RATES else 'IRLN'}" for data, model in CASES]
TWO_ARMS = [case for case in CASES if case[0] is not ONE_ARM]
# Two climbs to one maximum, each by Newton's method until a step of 3e-6 standard errors is the last one taken.
SAME = 1e-8


def some(data: dict[str, list[Any]], rows: Any) -> dict[str, list[Any]]:
    """Some of the studies."""
    return {name: [values[i] for i in rows] for name, values in data.items()}


def swapped(data: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The arms the other way round."""
    turn = {"1": "2", "2": "1"}
    return {f"{name[:-1]}{turn[name[-1]]}": values for name, values in data.items()}


def asked(data: dict[str, list[Any]], model: str, **more: Any) -> Any:
    """A pool by a model, whatever the measure's default is."""
    return pool(data, model=model, **more)


@pytest.mark.parametrize(("data", "model"), CASES, ids=NAMES)
def test_the_order_of_studies_does_not_matter(data: dict[str, list[Any]], model: str) -> None:
    """A study counts differently by where it stands in the table."""
    k = len(next(iter(data.values())))
    turned = list(reversed(range(k)))
    a, b = asked(data, model, leave_one_out=False), asked(some(data, turned), model, leave_one_out=False)
    shown = [
        (r.pooled.estimate, r.pooled.se, r.tau2.value, r.tau2.ci_high, r.heterogeneity.q, r.loglik) for r in (a, b)
    ]
    assert shown[0] == pytest.approx(shown[1], rel=1e-6, abs=1e-7)
    weights = [s.weight for s in a.studies], [b.studies[i].weight for i in turned]
    assert weights[0] == pytest.approx(weights[1], abs=1e-7)
    assert sum(weights[0]) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("data", "model"), TWO_ARMS, ids=NAMES[:-1])
def test_swapping_arms_turns_everything_round(data: dict[str, list[Any]], model: str) -> None:
    """The answer depends on which arm is called the first."""
    a, b = asked(data, model), asked(swapped(data), model)
    assert a.pooled.estimate == pytest.approx(-b.pooled.estimate, abs=SAME)
    assert a.pooled.ci_low == pytest.approx(-b.pooled.ci_high, abs=1e-7)
    assert (a.tau2.value, a.heterogeneity.q, a.heterogeneity.i2) == pytest.approx(
        (b.tau2.value, b.heterogeneity.q, b.heterogeneity.i2), rel=1e-6, abs=1e-7
    )
    assert a.prediction.ci_high == pytest.approx(-b.prediction.ci_low, abs=1e-6)
    one, other = ({i.method: i for i in r.pooled.intervals} for r in (a, b))
    assert one["profile"].ci_low == pytest.approx(-other["profile"].ci_high, abs=1e-6)
    for left, right in zip(a.leave_one_out, b.leave_one_out, strict=True):
        assert left.estimate == pytest.approx(1.0 / right.estimate, rel=1e-7)
    for left, right in zip(a.studies, b.studies, strict=True):
        assert left.weight == pytest.approx(right.weight, abs=1e-7)
        assert left.shrunken.ci_low == pytest.approx(1.0 / right.shrunken.ci_high, rel=1e-6)


@pytest.mark.parametrize(("data", "model"), CASES, ids=NAMES)
def test_a_study_twice_is_a_multiplicity_of_two(data: dict[str, list[Any]], model: str) -> None:
    """Counting a study twice in a mask is another fit than having it twice."""
    arrays = {name: np.asarray(values, dtype=float) for name, values in data.items()}
    measure = "IRLN" if data is ONE_ARM else "OR" if data is TABLES else "IRR"
    k = len(next(iter(arrays.values())))
    once, twice = effect_model(measure, model, arrays), effect_model(
        measure, model, {name: np.append(v, v[1]) for name, v in arrays.items()}
    )  # fmt: skip
    mask = np.ones((1, k))
    mask[0, 1] = 2.0
    a, b = fit_effects(once, mask), fit_effects(twice, np.ones((1, k + 1)))
    for name in ("k", "estimate", "se", "tau2", "loglik"):
        assert float(getattr(a, name)[0]) == pytest.approx(float(getattr(b, name)[0]), rel=1e-6, abs=SAME), name


@pytest.mark.parametrize(("data", "model"), CASES, ids=NAMES)
def test_leaving_out_is_dropping_the_row(data: dict[str, list[Any]], model: str) -> None:
    """The pool without a study is another than the pool of the others."""
    r = asked(data, model)
    k = len(r.studies)
    for out in (0, 2):
        alone = asked(some(data, [i for i in range(k) if i != out]), model, leave_one_out=False)
        row = r.leave_one_out[out]
        shown = alone.pooled.reporting
        assert (row.estimate, row.ci_low, row.ci_high, row.tau2, row.i2) == pytest.approx(
            (shown.estimate, shown.ci_low, shown.ci_high, alone.tau2.value, alone.heterogeneity.i2), rel=1e-6, abs=1e-7
        )
        assert row.ci_method == alone.pooled.ci_method


def test_other_units_of_time_change_rates_alone() -> None:
    """A ratio of rates, or how much they differ, depends on the unit of person-time."""
    for model in ("glmm", "glmm-um-fs", "glmm-cm-el"):
        longer = {name: [v * 12.0 for v in values] if "time" in name else values for name, values in RATES.items()}
        a, b = asked(RATES, model, leave_one_out=False), asked(longer, model, leave_one_out=False)
        assert (a.pooled.estimate, a.pooled.se, a.tau2.value) == pytest.approx(
            (b.pooled.estimate, b.pooled.se, b.tau2.value), rel=1e-6, abs=1e-7
        )
    a, b = (asked({**ONE_ARM, "time": [v * f for v in ONE_ARM["time"]]}, "glmm") for f in (1.0, 12.0))
    assert a.pooled.estimate == pytest.approx(b.pooled.estimate + np.log(12.0), abs=1e-7)
    assert a.tau2.ci_high == pytest.approx(b.tau2.ci_high, rel=1e-6)


def test_profile_limits_are_where_the_likelihood_has_fallen() -> None:
    """A profile limit is another value than the one that the likelihood ratio rejects."""
    x, s = np.array(RATES["events_1"], dtype=float), np.array(RATES["events_2"], dtype=float)
    offset = np.log(np.array(RATES["time_1"]) / np.array(RATES["time_2"]))
    s = s + x
    z = np.linspace(-9.0, 9.0, 3001)
    w = np.exp(-0.5 * z * z) / np.exp(-0.5 * z * z).sum()

    def loglik(effect: float, tau: float) -> float:
        eta = offset[:, None] + effect + tau * z
        log = x[:, None] * eta - s[:, None] * np.logaddexp(0.0, eta)
        return float(np.log(np.exp(log) @ w).sum())

    def best(**held: float) -> float:
        # the other parameter over a bounded range, by Brent's method
        if "tau" in held:
            return -minimize_scalar(lambda e: -loglik(e, held["tau"]), bounds=(-6, 4), method="bounded",
                                    options={"xatol": 1e-10}).fun  # fmt: skip
        return -minimize_scalar(lambda t: -loglik(held["effect"], t), bounds=(0, 6), method="bounded",
                                options={"xatol": 1e-10}).fun  # fmt: skip

    r = asked(RATES, "glmm-cm-el", ci_method="profile", leave_one_out=False)
    top = loglik(r.pooled.estimate, r.tau2.tau)
    for limit in (r.pooled.ci_low, r.pooled.ci_high):
        # half the chi-square quantile at 95 %; the sum is good to rounding, and the limit to 1e-8 of a standard error
        assert top - best(effect=limit) == pytest.approx(1.9207294103, abs=1e-6)
    assert top - best(tau=float(np.sqrt(r.tau2.ci_high))) == pytest.approx(1.9207294103, abs=1e-6)
    assert r.tau2.test.statistic == pytest.approx(2.0 * (top - best(tau=0.0)), abs=1e-6)
    assert r.pooled.test.statistic == pytest.approx(2.0 * (top - best(effect=0.0)), abs=1e-6)


def test_no_events_in_an_arm_has_an_exact_limit() -> None:
    """Trials without events in one arm end in an error, in infinity, or in an interval without end."""
    none = {"events_1": [0, 0, 0], "total_1": [20, 30, 12], "events_2": [3, 4, 2], "total_2": [20, 30, 15]}
    for model in ("glmm", "glmm-um-fs", "glmm-cm-el"):
        r = asked(none, model)
        shown = r.pooled.reporting
        assert (shown.estimate, shown.ci_low, r.pooled.ci_method) == (0.0, 0.0, "exact")
        turned = asked(swapped(none), model)
        assert turned.pooled.reporting.estimate is None
        assert turned.pooled.reporting.ci_low == pytest.approx(1.0 / shown.ci_high, rel=1e-9)
        for each in (r, turned):
            assert each.pooled.reason
            assert each.tau2.value is None
            assert each.tau2.reason
            assert each.heterogeneity.q == 0.0
            assert each.prediction.reason
            json.dumps(each.to_dict(), allow_nan=False)
    chance = 1.0
    for n1, n2, s in zip(none["total_1"], none["total_2"], none["events_2"], strict=True):
        every = sum(comb(n1, j) * comb(n2, s - j) * shown.ci_high**j for j in range(s + 1))
        chance *= comb(n2, s) / every
    # half of 5 % of all tables with these margins have no event in the first arm at the limit
    assert chance == pytest.approx(0.025, rel=1e-9)
    rate = asked({"events": [0, 0], "time": [20.0, 30.0]}, "glmm")
    # Garwood 1936: -ln(0.025) events in 50 units of person-time
    assert rate.pooled.reporting.ci_high == pytest.approx(-np.log(0.025) / 50.0, rel=1e-9)


def test_studies_without_events_in_both_arms_are_left_out() -> None:
    """A trial that says nothing on a ratio moves it, or vanishes without a word."""
    more = {name: [*values, 50 if "total" in name else 0] for name, values in TABLES.items()}
    for model in ("glmm-um-fs", "glmm-cm-el"):
        r, without = asked(more, model, leave_one_out=False), asked(TABLES, model, leave_one_out=False)
        assert [each.study for each in r.left_out] == ["Study 7"]
        assert r.pooled.estimate == pytest.approx(without.pooled.estimate, abs=1e-12)
    with pytest.raises(NothingToPool, match="no events in both arms"):
        asked({"events_1": [0, 0], "total_1": [9, 9], "events_2": [0, 0], "total_2": [9, 9]}, "glmm")


def test_one_study_and_two() -> None:
    """One study is pooled, or two get an interval that says nothing."""
    one = asked(some(TABLES, [1]), "glmm")
    # Woolf: ln(2/206) - ln(9/186), 1/2 + 1/206 + 1/9 + 1/186
    assert one.pooled.estimate == pytest.approx(np.log(2 / 206) - np.log(9 / 186), abs=1e-12)
    assert one.pooled.se == pytest.approx(np.sqrt(1 / 2 + 1 / 206 + 1 / 9 + 1 / 186), rel=1e-9)
    assert (one.tau2.value, one.k, one.pooled.ci_method) == (None, 1, "wald")
    empty = asked(some(TABLES, [2]), "glmm-cm-el", ci_method="profile")
    assert (empty.pooled.reporting.estimate, empty.pooled.ci_method) == (0.0, "exact")
    assert any("profile interval does not exist" in note for note in empty.notes)
    two = asked(some(TABLES, [0, 1]), "glmm")
    assert two.pooled.ci_method == "profile"
    assert "three studies" in two.prediction.reason
    assert [row.ci_method for row in two.leave_one_out] == ["wald", "wald"]
    apart = {"events_1": [0, 6], "total_1": [20, 30], "events_2": [5, 0], "total_2": [20, 30]}
    with pytest.raises(NoAnswer, match="--effects common"):
        asked(apart, "glmm-cm-el")
    assert asked(apart, "glmm-cm-el", effects="common").pooled.estimate is not None
    # one event in each study, given that it happened: an effect, and nothing on its differences
    single = {"events_1": [1, 0, 1], "total_1": [20, 30, 25], "events_2": [0, 1, 0], "total_2": [20, 30, 24]}
    r = asked(single, "glmm-cm-el")
    assert r.pooled.estimate is not None
    assert (r.tau2.value, r.prediction.ci_low) == (None, None)
    assert "one event" in r.tau2.reason


def test_subgroups_and_cumulative_rows_are_pools_of_their_own() -> None:
    """A group, or a step of a cumulative analysis, is another answer than pooling those studies alone."""
    groups = ["a", "b", "a", "b", "b", "a"]
    for model in ("glmm-um-fs",):
        found = subgroup_analysis(TABLES, None, groups, model=model)
        for group in found.groups:
            alone = asked(some(TABLES, [i for i, g in enumerate(groups) if g == group.name]), model)
            shown = alone.pooled.reporting
            assert (group.estimate, group.ci_low, group.tau2) == pytest.approx(
                (shown.estimate, shown.ci_low, alone.tau2.value), rel=1e-6, abs=1e-7
            )
        parts = [asked(some(TABLES, [i for i, g in enumerate(groups) if g == n]), model) for n in "ab"]
        w = [p.pooled.se**-2 for p in parts]
        mean = sum(a * p.pooled.estimate for a, p in zip(w, parts, strict=True)) / sum(w)
        q = sum(a * (p.pooled.estimate - mean) ** 2 for a, p in zip(w, parts, strict=True))
        assert found.q_between == pytest.approx(q, rel=1e-6)
        rows = cumulative_analysis(TABLES, None, list(range(6)), variable="year", model=model).rows
        assert [row.ci_method for row in rows[:3]] == ["wald", "profile", "t"]
        assert rows[3].estimate == pytest.approx(
            asked(some(TABLES, range(4)), model, leave_one_out=False).pooled.reporting.estimate, rel=1e-7
        )
    lone = subgroup_analysis(TABLES, None, list("abcdef"), model="glmm")
    assert "c" in lone.notes[0]
    assert lone.df == 4


def test_what_the_models_have_not_is_refused_with_the_nearest() -> None:
    """A combination that does not exist fails without a way out, or gives a number of another model."""
    for words, nearest in (
        ({"measure": "RR"}, "Use --measure OR"),
        ({"measure": "RD"}, "--model inverse --measure RD"),
        ({"tau2_method": "REML"}, "Use --tau2 ML"),
        ({"ci_method": "hksj"}, "Use --ci t"),
        ({"zero_cells": "only0"}, "Leave --zero-cells out"),
        ({"effects": "common", "ci_method": "profile"}, "Use --ci wald"),
        ({"tau2_ci": "q-profile"}, "Use --tau2-ci profile"),
        ({"prediction": "bootstrap"}, "--prediction t"),
        ({"model": "glmm-cm-al", "measure": "RR"}, "Use --measure OR"),
    ):
        with pytest.raises(SettingsError, match=nearest):
            pool(TABLES, **{"model": "glmm", **words})  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="--model glmm --measure PLOGIT"):
        pool_proportions([1, 2], [9, 9], model="glmm-um-fs")


def test_a_preset_is_a_keyword() -> None:
    """A preset in Python gives another answer than its settings, or than the command line's."""
    from synth.meta.choices.presets import PRESETS, preset_settings

    for name, preset in PRESETS.items():
        if preset.others is not None:
            expected = pool(TABLES, leave_one_out=False, **preset_settings(name, "two proportions"))
            assert pool(TABLES, preset=name, leave_one_out=False) == expected
        counts = {"events": [7, 3, 1], "total": [43, 38, 26]}
        assert pool(counts, preset=name) == pool(counts, **preset_settings(name)) == pool_proportions(
            *counts.values(), preset=name
        )  # fmt: skip
    own = pool(TABLES, preset="revman5", ci_method="t", tau2_method="PM", leave_one_out=False)
    assert (own.settings.ci_method, own.settings.tau2_method, own.settings.i2_method) == ("t", "PM", "q")
    assert subgroup_analysis(TABLES, None, list("aabbab"), preset="cochrane").model == "inverse"
    with pytest.raises(SettingsError, match="Did you mean"):
        pool(TABLES, preset="cochran")
    with pytest.raises(SettingsError, match="is a word"):
        pool(TABLES, preset=5)  # type: ignore[arg-type]


def test_metas_glmm_is_the_preset_with_its_model(shared: Path) -> None:
    """R's metabin(method = "GLMM") is not --preset meta --model glmm-um-fs."""
    for name in ("bin_bcg", "bin_nissen2007"):
        content = json.loads((shared / "reference" / f"{name}.json").read_text(encoding="utf-8"))
        data, theirs = content["data"], content["meta"]["OR_GLMM_UM.FS"]
        tables = {ours: data[there] for ours, there in zip(TABLES, ("event_t", "n_t", "event_c", "n_c"), strict=True)}
        r = pool(tables, preset="meta", model="glmm-um-fs", leave_one_out=False)
        # seven nodes and lme4's stopping rule
        for ours, leaf in ((r.pooled.estimate, "TE"), (r.pooled.ci_low, "lower"), (r.pooled.ci_high, "upper")):
            assert ours == pytest.approx(theirs[f"{leaf}.random"], abs=1e-3 * r.pooled.se), leaf
        assert r.heterogeneity.i2 == pytest.approx(theirs["I2"], abs=1e-5)


def test_random_small_tables_are_answered() -> None:
    """Sparse tables end in an exception, a nan, or an interval that misses its estimate."""
    rng = np.random.default_rng(20241122)
    answered = 0
    for i in range(24):
        k = int(rng.integers(1, 7))
        n = rng.integers(1, 40, size=(2, k))
        x = rng.binomial(n, rng.choice([0.0, 0.03, 0.3, 1.0], size=(2, k), p=[0.3, 0.3, 0.3, 0.1]))
        rates = bool(rng.integers(0, 2))
        size = "time" if rates else "total"
        data = {f"{name}_{arm}": v[arm - 1].tolist() for name, v in (("events", x), (size, n)) for arm in (1, 2)}
        model = [name for name in MODELS if name.startswith("glmm")][i % (3 if rates else 4)]
        try:
            r = asked(data, model)
        except (NoAnswer, NothingToPool):  # which say why; anything else fails here
            continue
        answered += 1
        json.dumps(r.to_dict(), allow_nan=False)
        rows = [r.pooled.reporting, *r.leave_one_out, *(each.reporting for each in r.pooled.intervals)]
        for row in rows:
            values = [v for v in (row.ci_low, row.estimate, row.ci_high) if v is not None]
            assert values == sorted(values), (data, model)
            assert all(v >= 0.0 for v in values)
        if r.pooled.reporting.estimate is None:
            assert r.pooled.reason
        assert sum(s.weight or 0.0 for s in r.studies) == pytest.approx(1.0) or r.pooled.ci_method == "exact"
    assert answered >= 14
