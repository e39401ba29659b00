"""Subgroups, regression, influence, small-study tests and resampling: what may and may not change them."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import SettingsError
from synth.meta.bias.asymmetry import begg_test, regression_test
from synth.meta.bias.doi import doi_plot
from synth.meta.bias.funnel import funnel
from synth.meta.bias.small_study import KINDS, small_study
from synth.meta.bias.trimfill import ESTIMATORS, trim_and_fill
from synth.meta.inverse.fit import CI_METHODS, pool_inverse
from synth.meta.inverse.tau2 import METHODS
from synth.meta.numeric.kendall import kendall
from synth.meta.numeric.q_distribution import q_survival
from synth.meta.sensitivity.bootstrap import bootstrap_prediction, bootstrap_studies, draw_tau2, jackknife
from synth.meta.sensitivity.influence import all_subsets, cumulative, influence, subset_masks
from synth.meta.sensitivity.permutation import permutation_test
from synth.meta.sensitivity.regression import predict, regress
from synth.meta.sensitivity.subgroups import subgroups
from tests.meta.strategies import BOUNDED, studies

RNG = np.random.default_rng(11)
Y, V, X = RNG.normal(0, 0.5, 12), RNG.uniform(0.02, 0.4, 12), RNG.normal(5, 2, 12)
DESIGN = np.column_stack([np.ones(12), X])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("ci_method", CI_METHODS)
def test_intercept_alone_is_the_pool(method: str, ci_method: str) -> None:
    """A regression on nothing would not be the pool."""
    fit = regress(Y, V, np.ones((12, 1)), tau2_method=method, ci_method=ci_method)
    pool = pool_inverse(Y, V, tau2_method=method, ci_method=ci_method)
    for a, b in (
        (fit.estimate[0], pool.estimate), (fit.se[0], pool.se), (fit.tau2, pool.tau2), (fit.se_tau2, pool.se_tau2),
        (fit.q, pool.q), (fit.i2, pool.i2), (fit.h2, pool.h2), (fit.ci_low[0], pool.ci_low), (fit.df, pool.df),
        (fit.log_likelihood_ml, pool.log_likelihood_ml), (fit.log_likelihood_reml, pool.log_likelihood_reml),
    ):  # fmt: skip
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_regression_is_matrix_algebra(method: str) -> None:
    """tau2 of a regression would not satisfy its own equation in plain matrices."""
    fit = regress(Y, V, DESIGN, tau2_method=method, ci_method="wald")
    tau2 = float(fit.tau2)

    def projection(w: np.ndarray) -> np.ndarray:
        big = np.diag(w)
        return big - big @ DESIGN @ np.linalg.inv(DESIGN.T @ big @ DESIGN) @ DESIGN.T @ big

    p0, p = projection(1 / V), projection(1 / (V + tau2))
    crude = Y.var()
    p_sj, one, df = projection(1 / (V + crude)), projection(np.ones(12)), 10
    q, q0 = Y @ p @ Y, Y @ p0 @ Y
    gap = {
        "REML": Y @ p @ p @ Y - np.trace(p),
        "ML": Y @ p @ p @ Y - (1 / (V + tau2)).sum(),
        "PM": q - df,
        "EB": q - df,
        "PMM": q - 9.34181776559197,
        "DL": tau2 - max(0, (q0 - df) / np.trace(p0)),
        "HS": tau2 - max(0, (q0 - 12) / (1 / V).sum()),
        "HSk": tau2 - max(0, (q0 * 12 / df - 12) / (1 / V).sum()),
        "HE": tau2 - max(0, (Y @ one @ Y - np.trace(one @ np.diag(V))) / df),
        "SJ": tau2 - crude * (Y @ p_sj @ Y) / df,
    }[method]
    assert tau2 == 0 or abs(gap) < 1e-9
    assert tau2 > 0 or gap <= 1e-9
    beta = np.linalg.solve(DESIGN.T @ np.diag(1 / (V + tau2)) @ DESIGN, DESIGN.T @ (Y / (V + tau2)))
    np.testing.assert_allclose(fit.estimate, beta, rtol=1e-10)
    np.testing.assert_allclose(fit.leverage.sum(), 2.0, rtol=1e-12)
    if method in ("DL", "HE"):
        shape, scale = (p0, np.trace(p0)) if method == "DL" else (one, df)
        form = shape @ np.diag(V + tau2)
        np.testing.assert_allclose(fit.se_tau2, np.sqrt(2 * np.trace(form @ form)) / scale, rtol=1e-10)


@BOUNDED
@given(seed=st.integers(0, 999), method=st.sampled_from(list(METHODS)))
def test_regression_mask_is_dropping_and_multiplicity_duplication(seed: int, method: str) -> None:
    """A masked study would still pull the line, or one drawn twice would not count as two."""
    rng = np.random.default_rng(seed)
    times = rng.integers(0, 3, 12)
    times[:4] += 1
    one = regress(Y, V, DESIGN, times, tau2_method=method)
    many = regress(np.repeat(Y, times), np.repeat(V, times), np.repeat(DESIGN, times, axis=0), tau2_method=method)
    for name in ("estimate", "se", "tau2", "se_tau2", "q", "qm", "i2", "log_likelihood_ml"):
        np.testing.assert_allclose(getattr(one, name), getattr(many, name), rtol=1e-6, atol=1e-9, err_msg=name)


@BOUNDED
@given(shift=st.floats(-1e5, 1e5), scale=st.floats(1e-6, 1e6))
def test_units_of_a_moderator_change_nothing_but_its_coefficient(shift: float, scale: float) -> None:
    """Years since 2000 would give another tau2 than years since Christ, or days than centuries."""
    plain = regress(Y, V, DESIGN)
    other = regress(Y, V, np.column_stack([np.ones(12), (X + shift) * scale]))
    np.testing.assert_allclose(other.tau2, plain.tau2, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(other.estimate[1] * scale, plain.estimate[1], rtol=1e-6)
    np.testing.assert_allclose(other.qm_p, plain.qm_p, rtol=1e-6)


def test_regression_batch_is_a_loop_and_lacks_rank_where_it_does() -> None:
    """A row would come out differently in company, or a design without rank would give a number."""
    masks = ~np.eye(12, dtype=bool)
    x = np.column_stack([np.ones(12), np.arange(12) == 3]).astype(float)
    together = regress(Y, V, x, masks)
    assert np.isnan(together.estimate[3]).all()
    assert np.isnan([together.tau2[3], together.q[3], together.qm[3], together.i2[3]]).all()
    for i in (0, 7):
        alone = regress(Y, V, x, masks[i])
        for name in ("estimate", "tau2", "qm_p", "leverage"):
            np.testing.assert_allclose(getattr(together, name)[i], getattr(alone, name), rtol=1e-12, err_msg=name)
    few = regress(Y[:2], V[:2], DESIGN[:2])
    assert np.isnan(few.estimate).all()
    assert regress(np.zeros((3, 4, 12)), V, DESIGN).covariance.shape == (3, 4, 2, 2)


def test_prediction_at_the_studies_is_the_fit() -> None:
    """The drawn line would not go where the fitted values are."""
    fit = regress(Y, V, DESIGN)
    at = predict(fit, DESIGN)
    np.testing.assert_allclose(at.estimate, fit.fitted, rtol=1e-12)
    assert ((at.prediction_low < at.ci_low) & (at.ci_high < at.prediction_high)).all()


def test_permutations_are_all_of_them() -> None:
    """The exact test would leave arrangements out or count some twice."""
    y, v, x = Y[:5], V[:5], np.column_stack([np.ones(5), [0, 0, 1, 2, 2]]).astype(float)
    test = permutation_test(y, v, x, tau2_method="DL", ci_method="wald")
    observed = abs(test.fit.statistic[1])
    every = [regress(y, v, x[list(o)], tau2_method="DL", ci_method="wald") for o in itertools.permutations(range(5))]
    share = np.mean([abs(f.statistic[1]) >= observed - 1e-9 for f in every])
    assert test.exact
    assert test.arrangements == 30
    assert abs(test.p_values[1] - share) < 1e-12
    sampled = permutation_test(y, v, x, tau2_method="DL", ci_method="wald", exact_up_to=1, samples=4000)
    assert not sampled.exact
    assert abs(sampled.p_values[1] - share) < 0.04
    again = permutation_test(y, v, x, tau2_method="DL", ci_method="wald", exact_up_to=1, samples=4000)
    assert (again.p_values == sampled.p_values).all()


@pytest.mark.parametrize("setting", ["separate", "common"])
def test_subgroups_are_pools(setting: str) -> None:
    """A group would not be pooled as if it stood alone, or equal groups would differ."""
    labels = ["a", "b"] * 6
    found = subgroups(Y, V, labels, tau2=setting)
    assert found.labels == ("a", "b")
    if setting == "separate":
        alone = pool_inverse(Y[::2], V[::2])
        np.testing.assert_allclose([found.estimate[0], found.se[0]], [alone.estimate, alone.se], rtol=1e-12)
    same = subgroups(np.tile(Y[:6], 2), np.tile(V[:6], 2), ["a"] * 6 + ["b"] * 6, tau2=setting)
    assert same.q_between < 1e-20
    assert same.q_between_p > 1 - 1e-9
    assert same.f_p > 1 - 1e-9
    single = subgroups(Y[:4], V[:4], ["a", "a", "a", "b"], tau2=setting)
    assert (single.f_reason == "") is (setting == "common")
    assert subgroups(Y, V, ["a"] * 12, tau2=setting).f_reason == "There is only one group."


def test_welch_of_two_groups_is_welchs_t() -> None:
    """The F-test of two groups would not be the square of the t-test that it generalises."""
    found = subgroups(Y, V, ["a"] * 5 + ["b"] * 7, ci_method="hksj")
    t = (found.estimate[0] - found.estimate[1]) / math.hypot(*found.se)
    df = (found.se**2).sum() ** 2 / (found.se**4 / found.df).sum()
    assert abs(found.f_between - t * t) < 1e-10
    assert abs(found.f_df2 - df) < 1e-9


def test_influence_is_a_loop() -> None:
    """What a study does would depend on the others being left out at the same time."""
    found, full = influence(Y, V), pool_inverse(Y, V, ci_method="wald")
    for i in range(12):
        rest = np.arange(12) != i
        fit = pool_inverse(Y[rest], V[rest], ci_method="wald")
        np.testing.assert_allclose(found.leave_one_out.estimate[i], fit.estimate, rtol=1e-9)
        np.testing.assert_allclose(found.cook_distance[i], (full.estimate - fit.estimate) ** 2 / full.se**2, rtol=1e-6)
    masked = influence(Y, V, np.arange(12) < 8)
    np.testing.assert_allclose(masked.dffits[:8], influence(Y[:8], V[:8]).dffits, rtol=1e-7)
    assert np.isnan(masked.dffits[8:]).all()
    assert not masked.influential[8:].any()
    batch = influence(np.stack([Y, 2 * Y]), np.stack([V, 4 * V]))
    np.testing.assert_allclose(batch.rstudent[1], batch.rstudent[0], rtol=1e-6)


def test_subsets_are_all_and_samples_are_fair() -> None:
    """A subset would be missing, double or have the wrong pool; or large subsets would be drawn too often."""
    subsets = all_subsets(Y[:6], V[:6])
    assert len(np.unique(subsets.masks, axis=0)) == 63
    for row in (5, 40, 62):
        mask = subsets.masks[row]
        np.testing.assert_allclose(subsets.estimate[row], pool_inverse(Y[:6][mask], V[:6][mask]).estimate, rtol=1e-9)
    masks, everything = subset_masks(40, samples=20_000)
    assert not everything
    assert abs(masks.mean() - 0.5) < 0.005
    assert abs(masks.sum(axis=1).std() - math.sqrt(10)) < 0.06
    with pytest.raises(SettingsError, match="between 1 and 4"):
        subset_masks(4, smallest=5)


def test_cumulative_ends_with_the_pool() -> None:
    """The last step would not be the pool, or the order would not be the one asked for."""
    steps = cumulative(Y, V, -X)
    assert (np.diff(X[steps.order]) <= 0).all()
    np.testing.assert_allclose(steps.fit.estimate[-1], pool_inverse(Y, V).estimate, rtol=1e-9)
    assert (steps.fit.k == np.arange(1, 13)).all()


def test_kendall_is_counting() -> None:
    """The exact distribution would not be that of all orders, or ties would not be seen."""
    x = np.arange(5.0)
    all_s = [kendall(x, np.array(o, dtype=float)).s for o in itertools.permutations(range(5))]
    found = kendall(x, np.array([0.0, 2.0, 1.0, 3.0, 4.0]))
    assert abs(found.p_exact - np.mean(np.abs(all_s) >= 8)) < 1e-12
    tied = kendall(np.array([1 / 2 - 1 / 3, 1 / 3 - 1 / 6, 5.0]), np.array([1.0, 2.0, 3.0]))
    assert tied.s == 2
    assert not tied.exact


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_trim_and_fill_mirrors(estimator: str) -> None:
    """Turning the scale round would find another number of missing studies, or on the same side."""
    a, b = trim_and_fill(Y, V, estimator=estimator), trim_and_fill(-Y, V, estimator=estimator)
    assert a.missing == b.missing
    assert {a.side, b.side} == {"left", "right"}
    if a.fit is not None and b.fit is not None:
        np.testing.assert_allclose(a.fit.estimate, -b.fit.estimate, rtol=1e-9, atol=1e-12)


@BOUNDED
@given(data=studies(1, 12), estimator=st.sampled_from(ESTIMATORS), side=st.sampled_from(["auto", "left", "right"]))
def test_trim_and_fill_always_answers_or_says_why(
    data: tuple[np.ndarray, np.ndarray], estimator: str, side: str
) -> None:
    """Q0 would take the root of a negative number, or a loop would not end."""
    found = trim_and_fill(*data, estimator=estimator, side=side)
    assert (found.fit is None) is bool(found.reason)
    assert found.missing is None or (0 <= found.missing <= len(data[0]) - 2 and len(found.filled_y) == found.missing)


def test_doi_plot_mirrors() -> None:
    """The index of a mirrored plot would not be its opposite, but for the half that its percentiles are moved by."""
    a, b = doi_plot(Y, V), doi_plot(-Y, V)
    assert a.lfk is not None
    assert b.lfk is not None
    assert abs(a.lfk + b.lfk) < 0.1
    assert doi_plot([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]).lfk is None


def test_small_study_needs_ten() -> None:
    """Tests would be run on too few studies, or would not be forced when asked."""
    assert small_study(Y[:9], V[:9]).tests == ()
    assert small_study(Y[:9], V[:9]).reason.startswith("Nine studies")
    forced = small_study(Y[:9], V[:9], force=True)
    assert forced.tests
    assert not forced.enough
    with pytest.raises(SettingsError, match="counts"):
        small_study(Y, V, kind="OR")


@pytest.mark.parametrize("kind", KINDS)
def test_small_study_of_every_kind_is_finite(kind: str) -> None:
    """A test that applies would have no answer on ordinary data, or a proportion would be tested on its own error."""
    n = RNG.integers(20, 200, (2, 12)).astype(float)
    x = np.floor(n * RNG.uniform(0.1, 0.9, (2, 12)))
    found = small_study(Y, V, kind=kind, events=list(x), total=list(n))
    assert all(test.p_value is not None and 0 <= test.p_value <= 1 for test in found.tests)
    assert len(found.trim_and_fill) == 3
    if kind == "proportion":
        assert all(test.predictor == "1/n" for test in found.tests)
        assert {name for name, _ in found.not_applied} == {"Egger", "Begg and Mazumdar"}


@pytest.mark.parametrize("k", [0, 1, 2])
def test_too_few_for_a_line(k: int) -> None:
    """A line through two points would be tested."""
    for test in (regression_test(Y[:k], V[:k]), regression_test(Y[:k], V[:k], model="random"), begg_test(Y[:k], V[:k])):
        assert test.p_value is None
        assert test.reason
    equal = regression_test(Y[:5], np.ones(5))
    assert equal.reason == "All studies have the same precision by this measure."


def test_funnel_by_size_narrows() -> None:
    """The funnel would not narrow towards the large studies, or a contour would not be where p crosses."""
    plot = funnel(Y, V, axis="size", size=1 / V, null=None)
    assert (np.diff(plot.high - plot.low) < 0).all()
    assert (plot.region == 0).all()
    z = np.abs(Y) / np.sqrt(V)
    assert (funnel(Y, V).region == (z[:, None] > [1.6448536, 1.9599640, 2.5758293]).sum(axis=1)).all()


def test_q_has_its_exact_distribution() -> None:
    """The distribution of Q that the bootstrap draws from would not be that of simulated data."""
    v, tau2, rng = np.array([0.01, 0.3, 0.02, 1.0, 0.5]), 0.1, np.random.default_rng(1)
    x = rng.standard_normal((200_000, 5)) * np.sqrt(v + tau2)
    w = 1 / v
    q = (w * (x - ((w * x).sum(axis=1) / w.sum())[:, None]) ** 2).sum(axis=1)
    for point in (0.5, 3.0, 9.0, 40.0):
        # five standard errors of a share of 200,000
        assert abs((q > point).mean() - q_survival(point, v, np.array([tau2]))[0]) < 5 * 0.5 / math.sqrt(200_000)
    rising = q_survival(9.0, v, np.geomspace(1e-6, 1e6, 50))
    assert (np.diff(rising) >= 0).all()
    assert 0 <= rising[0] <= rising[-1] <= 1


def test_resampling_is_seeded_and_sane() -> None:
    """The same seed would give another interval, or a resample would not be a multiset of the studies."""
    a, b = bootstrap_prediction(Y, V, samples=2000, seed=3), bootstrap_prediction(Y, V, samples=2000, seed=3)
    assert (a.prediction_low, a.ci_high) == (b.prediction_low, b.ci_high)
    drawn = bootstrap_studies(Y, V, samples=4000, tau2_method="DL")
    assert drawn.ci_low < float(pool_inverse(Y, V, tau2_method="DL").estimate) < drawn.ci_high
    assert (drawn.estimate >= Y.min()).all()
    assert (drawn.estimate <= Y.max()).all()
    mean = jackknife(Y, np.ones(12), effects="common")
    assert abs(mean.se - Y.std(ddof=1) / math.sqrt(12)) < 1e-12
    assert abs(mean.bias) < 1e-12
    equal = bootstrap_prediction([1.0, 1.0, 1.0], [0.1, 0.2, 0.3], samples=100)
    assert equal.prediction_low == equal.prediction_high == 1.0
    with pytest.raises(SettingsError, match="three studies"):
        bootstrap_prediction(Y[:2], V[:2])


def test_bootstrap_prediction_against_imhof() -> None:
    """The confidence distribution of tau2, or the interval drawn from it, would be another than the paper's."""
    held = json.loads((Path(__file__).parent / "reference" / "analyses" / "nagashima.json").read_text(encoding="utf-8"))
    y, v, p = (np.array(held[name]) for name in ("y", "v", "probabilities"))
    # uniroot() in R stops at 1e-8 on Imhof's integral at 1e-7; the quantiles here are interpolated
    np.testing.assert_allclose(draw_tau2(y, v, p), held["tau2"], rtol=2e-3, atol=1e-5)
    found = bootstrap_prediction(y, v, samples=100_000)
    width = held["prediction"][1] - held["prediction"][0]
    # 20,000 draws there: a percentile's own error is about a hundredth of the width
    assert found.prediction_low == pytest.approx(held["prediction"][0], abs=0.03 * width)
    assert found.prediction_high == pytest.approx(held["prediction"][1], abs=0.03 * width)
