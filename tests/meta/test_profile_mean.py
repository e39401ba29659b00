"""Profile likelihood and bootstrap under inverse variance: against the likelihood itself, searched by other means."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from synth import meta
from synth.errors import SettingsError
from synth.meta.inverse.fit import pool_inverse
from synth.meta.inverse.heterogeneity import tau2_interval
from synth.meta.inverse.profile import profile_mean, profile_ratio
from synth.meta.sensitivity.bootstrap import bootstrap_prediction

RNG = np.random.default_rng(20)
HALF = 1.9207294103470494  # half the 95 % quantile of chi-squared with one degree of freedom
DATA = {"estimate": [0.1, 0.3, 0.35, 0.65, 0.9], "se": [0.17, 0.22, 0.1, 0.22, 0.3]}
ONE_ARM = {"events": [7, 3, 1, 0, 5], "total": [43, 38, 26, 17, 30]}


def height(mean: float, y: Any, v: Any) -> float:
    """The log-likelihood at a mean, tau2 by a search over its logarithm in many pieces; constants left out."""

    def negative(log_tau2: float) -> float:
        w = v + np.exp(log_tau2)
        return float(0.5 * (np.log(w) + (y - mean) ** 2 / w).sum())

    edges = np.linspace(-30.0, 12.0, 85)
    found = [
        minimize_scalar(negative, bounds=ends, method="bounded", options={"xatol": 1e-10}).fun
        for ends in itertools.pairwise(edges)
    ]
    return -min(*found, float(0.5 * (np.log(v) + (y - mean) ** 2 / v).sum()))


@pytest.mark.parametrize("spread", [0.1, 0.7, 4.0])
@pytest.mark.parametrize("k", [2, 3, 7])
def test_limits_lie_where_the_likelihood_has_fallen(k: int, spread: float) -> None:
    """The limits of the profile interval are not the outermost means that the likelihood-ratio test keeps."""
    v = np.exp(RNG.normal(-2.0, 1.0, k))
    y = RNG.normal(0.0, spread, k)
    low, high = (float(bound) for bound in profile_mean(y, v))
    middle = float(pool_inverse(y, v, tau2_method="ML").estimate)
    cut = height(middle, y, v) - HALF
    # the search over tau2 settles the height to the root of the machine's precision, squared: 1e-9 is generous
    assert height(low, y, v) == pytest.approx(cut, abs=1e-9)
    assert height(high, y, v) == pytest.approx(cut, abs=1e-9)
    assert low < middle < high
    for beyond in (1e-3, 0.1, 1.0, 10.0):
        assert height(low - beyond, y, v) < cut
        assert height(high + beyond, y, v) < cut


def test_ratio_against_a_mean() -> None:
    """The test of no effect beside a profile interval is another than the interval's own."""
    y, v = np.array(DATA["estimate"]), np.array(DATA["se"]) ** 2
    middle = float(pool_inverse(y, v, tau2_method="ML").estimate)
    expected = 2.0 * (height(middle, y, v) - height(0.0, y, v))
    assert profile_ratio(y, v, 0.0) == pytest.approx(expected, abs=1e-9)
    low, _ = profile_mean(y, v)
    assert profile_ratio(y, v, float(low)) == pytest.approx(2.0 * HALF, rel=1e-9)


def test_rows_scale_and_multiplicity() -> None:
    """A row of a mask has another interval than its studies alone, or the interval depends on the unit."""
    y, v = RNG.normal(0.0, 1.0, 6), np.exp(RNG.normal(-1.0, 1.0, 6))
    low, high = profile_mean(y, v, ~np.eye(6, dtype=bool))
    for i in range(6):
        keep = np.arange(6) != i
        alone = profile_mean(y[keep], v[keep])
        np.testing.assert_allclose((low[i], high[i]), alone, rtol=1e-11)
    whole = np.array(profile_mean(y, v))
    # rare-event scales: no absolute threshold may show
    np.testing.assert_allclose(np.array(profile_mean(1e-7 * y, 1e-14 * v)) * 1e7, whole, rtol=1e-9)
    np.testing.assert_allclose(np.array(profile_mean(y + 1e3, v)) - 1e3, whole, atol=1e-9)
    twice = profile_mean(np.repeat(y, 2), np.repeat(v, 2))
    np.testing.assert_allclose(profile_mean(y, v, np.full(6, 2)), twice, rtol=1e-11)
    assert np.isnan(profile_mean(y[:1], v[:1])).all()


def test_the_words_reach_the_kernels() -> None:
    """The profile intervals and the bootstrap of ``pool`` are others than those of the kernels."""
    y, v = np.array(DATA["estimate"]), np.array(DATA["se"]) ** 2
    found = meta.pool(DATA, ci_method="profile", tau2_ci="profile")
    assert found.settings.tau2_method == "ML"
    low, high = profile_mean(y, v)
    assert (found.pooled.ci_low, found.pooled.ci_high) == (float(low), float(high))
    tau2 = tau2_interval(y, v, method="profile", tau2_method="ML")
    assert (found.tau2.ci_low, found.tau2.ci_high) == (float(tau2.low), float(tau2.high))
    assert found.tau2.ci_method == "profile likelihood"
    restricted = meta.pool(DATA, tau2_ci="profile")
    reml = tau2_interval(y, v, method="profile", tau2_method="REML")
    assert (restricted.tau2.ci_low, restricted.tau2.ci_high) == (float(reml.low), float(reml.high))
    for i, row in enumerate(found.leave_one_out):
        keep = np.arange(5) != i
        alone = meta.pool({"estimate": y[keep].tolist(), "se": np.sqrt(v[keep]).tolist()}, ci_method="profile")
        assert row.ci_low == pytest.approx(alone.pooled.reporting.ci_low, rel=1e-9)
    drawn = meta.pool(DATA, prediction="bootstrap", seed=7).prediction
    kernel = bootstrap_prediction(y, v, seed=7)
    assert (drawn.ci_low, drawn.ci_high, drawn.seed, drawn.draws) == (
        kernel.prediction_low, kernel.prediction_high, 7, 25_000,
    )  # fmt: skip
    other = meta.pool(DATA, prediction="bootstrap", seed=8).prediction
    assert other.ci_low != drawn.ci_low


@pytest.mark.parametrize(
    ("data", "words", "nearest"),
    [
        (DATA, {"ci_method": "profile", "tau2_method": "DL"}, "--tau2 ML"),
        (DATA, {"tau2_ci": "profile", "tau2_method": "PM"}, "--tau2-ci q-profile"),
        (DATA, {"tau2_ci": "profile", "effects": "common"}, "--effects random"),
        (DATA, {"prediction": "bootstrap", "effects": "common"}, "--prediction t"),
        (ONE_ARM, {"prediction": "bootstrap"}, "--model inverse"),
        (ONE_ARM, {"tau2_ci": "q-profile"}, "--tau2-ci profile"),
        (DATA, {"tau2_ci": "q-profil"}, "q-profile"),
        (DATA, {"seed": 1.5}, "whole number"),
    ],
)
def test_what_does_not_go_together(data: dict[str, Any], words: dict[str, Any], nearest: str) -> None:
    """Words that do not go together are taken, or refused without the nearest that do."""
    with pytest.raises(SettingsError, match=nearest):
        meta.pool(data, **words)


@pytest.mark.parametrize("words", [{"ci_method": "profile"}, {"prediction": "bootstrap"}, {"tau2_ci": "profile"}])
def test_the_analyses_take_the_words(words: dict[str, Any]) -> None:
    """An analysis beside the pool fails under a word that the pool itself takes."""
    labels = list("ABCDE")
    meta.influence_analysis(DATA, labels, **words)
    meta.subgroup_analysis(DATA, labels, list("aabbb"), **words)
    meta.cumulative_analysis(DATA, labels, [1, 2, 3, 4, 5], variable="year", **words)
    meta.moderator_analysis(DATA, labels, {"x": [1, 2, 3, 5, 8]}, **words)
    assert meta.bias_analysis(DATA, labels, force=True, **words).trim_and_fill is not None
    default = [u for u in meta.pool_multiverse(DATA, labels, **words).universes if u.default]
    assert len(default) == 1
    shown = meta.pool(DATA, labels, **words).pooled.reporting
    assert default[0].ci_low == pytest.approx(shown.ci_low, rel=1e-9)
    rows = meta.compare_presets(DATA, labels, **words).rows
    assert rows[0].ci_low == pytest.approx(shown.ci_low, rel=1e-9)
    assert all(row.estimate is not None or row.reason for row in rows)


def test_second_opinions_beside_a_bootstrap() -> None:
    """A bootstrap prediction interval leaves a handful of proportions without their second opinions."""
    found = meta.second_opinions(ONE_ARM, model="inverse", prediction="bootstrap")
    assert [opinion.estimate is not None for opinion in found] == [True, True]


def test_leave_one_out_on_request() -> None:
    """Leave-one-out of many studies is refused where it was asked for, or left out without the word to ask by."""
    k = 320
    counts = {"events": [i % 5 for i in range(k)], "total": [20 + i % 30 for i in range(k)]}
    unasked = meta.pool(counts)
    assert unasked.leave_one_out == ()
    assert "--leave-one-out" in str(unasked.leave_one_out_reason)
    assert "300 studies" in str(unasked.leave_one_out_reason)
    asked = meta.pool(counts, leave_one_out=True)
    assert len(asked.leave_one_out) == k
    assert meta.pool(counts, leave_one_out=False).leave_one_out_reason == "not asked for"
    small = {name: values[:14] for name, values in counts.items()}
    bayes = meta.pool(small, model="beta-binomial", leave_one_out=True)
    assert len(bayes.leave_one_out) == 14


def test_limits_as_r_has_them() -> None:
    """The profile interval is another than that of R's optimize and uniroot on the likelihood."""
    # R 4.2.2: f(mu) = max over t of sum(dnorm(y, mu, sqrt(v + t), log = TRUE)); uniroot(f - (max - qchisq(.95, 1) / 2))
    pooled = meta.pool(DATA, ci_method="profile").pooled
    # uniroot and optimize stop at 1e-9 or so
    assert (pooled.ci_low, pooled.ci_high) == pytest.approx((0.1826439189, 0.6529697386), abs=2e-9)
