"""Intervals for tau2 whose bounds are where the statistic crosses, and what happens where it never does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import SettingsError
from synth.meta.inverse.heterogeneity import tau2_interval
from synth.meta.inverse.tau2 import estimate_tau2
from synth.meta.numeric.distributions import chi2_upper
from synth.meta.sensitivity.rows import log_likelihoods, make_rows, sums
from tests.meta.strategies import BOUNDED, studies


@BOUNDED
@given(data=studies(), level=st.sampled_from([0.8, 0.95, 0.999]))
def test_q_profile_bounds(data: tuple[np.ndarray, np.ndarray], level: float) -> None:
    """The generalised Q at a bound would not be the quantile that defines the bound."""
    rows, ci = make_rows(*data), tau2_interval(*data, level=level)
    tail = (1 - level) / 2
    for bound, quantile in ((ci.low, chi2_upper(tail, rows.k - 1)), (ci.high, chi2_upper(1 - tail, rows.k - 1))):
        q = sums(rows, bound[None]).q
        if bound > 0:
            np.testing.assert_allclose(q, quantile, rtol=1e-11)
        else:
            assert q <= quantile * (1 + 1e-12)
    assert ci.low <= ci.high
    assert bool(ci.empty) == bool(sums(rows, np.zeros(1)).q < chi2_upper(1 - tail, rows.k - 1))


@BOUNDED
@given(data=studies(), method=st.sampled_from(["REML", "ML"]))
def test_profile_bounds(data: tuple[np.ndarray, np.ndarray], method: str) -> None:
    """The likelihood at a bound would not have fallen by half a chi-squared quantile, or would rise again outside."""
    rows = make_rows(*data)
    side = 0 if method == "ML" else 1
    ci = tau2_interval(*data, method="profile", tau2_method=method)
    peak = estimate_tau2(rows, method)
    cut = log_likelihoods(rows, peak)[side] - 0.5 * chi2_upper(0.05, 1)
    assert ci.low <= peak <= ci.high
    for bound in (ci.low, ci.high):
        height = log_likelihoods(rows, bound[None])[side]
        if bound > 0:
            np.testing.assert_allclose(height, cut, rtol=0, atol=1e-10)
        else:
            assert height >= cut
    outside = np.concatenate([np.linspace(0, 0.999, 50) * ci.low, ci.high * np.geomspace(1.001, 1e4, 200)])
    if ci.low > 0:
        assert (log_likelihoods(rows, outside[None, :])[side] < cut).all()


def test_no_tau2_is_compatible() -> None:
    """Agreement that is too good to be chance would pass for an ordinary interval at 0."""
    ci = tau2_interval([0.1, 0.1001, 0.1, 0.1], [1.0, 1.0, 1.0, 1.0])
    assert (ci.low, ci.high, ci.i2_high, ci.h2_high) == (0, 0, 0, 1)
    assert ci.empty
    profile = tau2_interval([0.1, 0.1001, 0.1, 0.1], [1.0, 1.0, 1.0, 1.0], method="profile")
    assert profile.high > 0
    assert not profile.empty


def test_batch_and_edges() -> None:
    """One row with fewer than two studies would spoil its neighbours, or be given an interval."""
    y, v = np.array([0.1, 0.8, 0.3, 1.2]), np.array([0.01, 0.02, 0.05, 0.01])
    include = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0], [1, 1, 0, 0], [2, 1, 0, 3]])
    for method in ("q-profile", "profile"):
        together = tau2_interval(y, v, include, method=method)
        for i, row in enumerate(include):
            alone = tau2_interval(np.repeat(y, row), np.repeat(v, row), method=method)
            for name in ("low", "high", "i2_low", "i2_high", "h2_low", "h2_high"):
                np.testing.assert_allclose(getattr(together, name)[i], getattr(alone, name), rtol=1e-9, atol=1e-14)
        assert np.isnan(together.high[1:3]).all()
        assert not together.empty.any()


def test_options() -> None:
    """A misspelt option, or a profile of a method without a likelihood, would give an interval of another kind."""
    for options in ({"method": "wald"}, {"level": 1.0}, {"method": "profile", "tau2_method": "DL"}):
        with pytest.raises(SettingsError):
            tau2_interval([0.1, 0.2], [0.1, 0.1], **options)  # type: ignore[arg-type]
