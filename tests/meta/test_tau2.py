"""Estimates of tau2 that are the root or the maximum that they are said to be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import SettingsError
from synth.meta.inverse.shared import shared_scores
from synth.meta.inverse.tau2 import METHODS, estimate_tau2, maximum, solve_q, upper_bound
from synth.meta.sensitivity.rows import log_likelihoods, make_rows, sums
from tests.meta.strategies import BOUNDED, studies


@BOUNDED
@given(data=studies(), method=st.sampled_from(["REML", "ML"]))
def test_no_trial_value_is_likelier(data: tuple[np.ndarray, np.ndarray], method: str) -> None:
    """The likelihood would be higher somewhere else than at its reported maximum."""
    rows = make_rows(*data)
    t = estimate_tau2(rows, method)
    top = float(upper_bound(rows)[0]) * 4 + 1e-3
    grid = np.concatenate([[0.0], np.geomspace(float(rows.v_min[0]) * 1e-4, top, 4000)])
    side = 0 if method == "ML" else 1
    heights = log_likelihoods(rows, grid[None, :])[side][0]
    best = float(log_likelihoods(rows, t)[side][0])
    # a likelihood is a sum of k terms of size up to about 20, each rounded
    assert best >= heights.max() - 1e-12
    if t[0] == 0:
        assert heights[0] >= heights.max() - 1e-12


@BOUNDED
@given(data=studies(), method=st.sampled_from(["REML", "ML"]))
def test_score_vanishes_inside(data: tuple[np.ndarray, np.ndarray], method: str) -> None:
    """A positive estimate would not be a stationary point to the last digits."""
    rows = make_rows(*data)
    t = estimate_tau2(rows, method)
    s = sums(rows, t)
    expected = s.s1 if method == "ML" else s.trace
    if t[0] > 0:
        np.testing.assert_allclose(s.a, expected, rtol=1e-9)
    else:
        assert s.a <= expected * (1 + 1e-12)


@BOUNDED
@given(data=studies())
def test_paule_mandel_root(data: tuple[np.ndarray, np.ndarray]) -> None:
    """The generalised Q at the Paule-Mandel estimate would not be k - 1."""
    rows = make_rows(*data)
    t = estimate_tau2(rows, "PM")
    q = sums(rows, t).q
    if t[0] > 0:
        np.testing.assert_allclose(q, rows.k - 1, rtol=1e-12)
    else:
        assert q <= rows.k - 1


@pytest.mark.parametrize("factor", [1e-12, 1e-3, 1.0, 1e3, 1e12, 1e18])
def test_q_is_solved_at_any_size(factor: float) -> None:
    """A root far above or below the sampling variances would be missed, as by a fixed upper limit."""
    y = np.array([0.0, 1.0, 3.0, -2.0]) * np.sqrt(factor) * 10
    rows = make_rows(y, [1.0, 2.0, 1e-6, 5.0])
    goal = np.minimum(1e-3, 0.5 * sums(rows, np.zeros(1)).q)
    t = solve_q(rows, goal)
    np.testing.assert_allclose(sums(rows, t).q, goal, rtol=1e-12)


def test_two_maxima() -> None:
    """The lower of two maxima would be taken, because it is nearer to the start."""
    # five precise studies that agree and a cloud of imprecise ones that do not: modes near 0 and the cloud's spread
    y = np.array([0.0, 0.02, -0.02, 0.01, -0.01, 3.0, -3.5, 4.0])
    v = np.array([1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 1.0, 1.0, 1.0])
    modes = []
    for spread in np.linspace(0.2, 1.4, 25):
        rows = make_rows(np.where(np.arange(8) < 5, y * spread * 10, y), v)
        grid = np.concatenate([[0.0], np.geomspace(1e-7, 100, 20_000)])
        heights = log_likelihoods(rows, grid[None, :])[1][0]
        peaks = (heights[1:-1] > heights[:-2]) & (heights[1:-1] >= heights[2:])
        modes.append(int(peaks.sum()) + int(heights[0] > heights[1]))
        t = float(estimate_tau2(rows, "REML")[0])
        np.testing.assert_allclose(t, grid[heights.argmax()], rtol=2e-3)
    assert max(modes) >= 2, "the data no longer have two maxima: the test tests nothing"


@pytest.mark.parametrize("method", METHODS)
def test_never_negative(method: str) -> None:
    """A variance below 0 would be reported where the studies agree better than chance."""
    rows = make_rows([0.1, 0.11, 0.1, 0.09], [0.5, 0.3, 0.4, 0.6])
    t = estimate_tau2(rows, method)
    if method != "SJ":
        assert t == 0
    else:
        assert t > 0, "Sidik and Jonkman's estimate is positive by construction"


def test_rare_events_keep_their_heterogeneity() -> None:
    """Heterogeneity of rates of one in a million would vanish under an absolute threshold."""
    rng = np.random.default_rng(3)
    p = np.array([2e-5, 8e-5, 3e-5, 1.5e-4, 1e-5])
    v = p / rng.uniform(1e6, 4e6, 5)
    for method in METHODS:
        small, big = (estimate_tau2(make_rows(p * c, v * c * c), method)[0] for c in (1.0, 1e6))
        assert small > 0
        np.testing.assert_allclose(small * 1e12, big, rtol=1e-9)


def test_unknown_method() -> None:
    """A misspelt method would silently be another."""
    with pytest.raises(SettingsError, match="REML"):
        estimate_tau2(make_rows([0.1, 0.2], [0.1, 0.1]), "BAYES")


@BOUNDED
@given(data=studies(least=3), ml=st.booleans())
def test_masks_share_their_scores(data: tuple[np.ndarray, np.ndarray], ml: bool) -> None:
    """The matrix product over masks finds another maximum, or another sign of the score, than each mask by itself."""
    y, v = data
    k = y.size
    masks = np.random.default_rng(5).random((12, k)) < 0.7
    masks[:, :2] = True
    many = make_rows(y, v, masks)
    assert many.shared is not None
    apart = replace(many, shared=None)
    grid = np.geomspace(v.min(), 100.0 * v.max(), 7)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = shared_scores(many, grid, ml)
        s = sums(apart, np.broadcast_to(grid, (12, 7)))
        if found is not None:
            expected = np.log(s.a / (s.s1 if ml else s.trace))
            # a thousandth is left to rounding; on ordinary data it is nothing
            np.testing.assert_allclose(np.nan_to_num(np.exp(found)), np.exp(expected), rtol=2e-3, atol=1e-6)
        together, alone = maximum(many, ml), maximum(apart, ml)
    # the maximum is met to rounding of the score, which is flat there
    np.testing.assert_allclose(together, alone, rtol=1e-8, atol=1e-11 * float(np.median(v)))


def test_scores_that_would_lose_their_digits_are_not_shared() -> None:
    """One weight that is nearly all would leave rounding where the score's sign is read."""
    rows = make_rows([0.0, 1.0, 3.0], [1e-12, 1.0, 2.0], np.ones((9, 3)))
    assert shared_scores(rows, np.array([1e-13, 1.0]), ml=False) is None
    assert shared_scores(rows, np.array([0.5, 1.0]), ml=False) is not None
    assert make_rows([0.0, 1.0], [1.0, np.inf], np.ones((9, 2))).shared is None
    assert make_rows([[0.0, 1.0], [1.0, 2.0]], [[1.0, 1.0], [1.0, 2.0]], np.ones((2, 2))).shared is None
