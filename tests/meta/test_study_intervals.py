"""Intervals of single studies: what each is defined by, and the limits that are certain."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import SettingsError
from synth.meta.measures.study_intervals import METHODS, study_interval
from tests.meta.strategies import BOUNDED


def upper_tail(x: int, n: int, p: float) -> float:
    """P(X >= x) by adding up."""
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(x, n + 1))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_certain_limits(method: str, level: float) -> None:
    """No events would have a lower limit above 0, or all events an upper limit below 1."""
    n = np.array([1, 2, 5, 17, 1000, 10**7])
    low, high = study_interval(np.zeros(6), n, method=method, level=level)
    assert (low == 0).all()
    assert ((high > 0) | (method == "wald")).all()
    low, high = study_interval(n, n, method=method, level=level)
    assert (high == 1).all()
    assert ((low < 1) | (method == "wald")).all()


@BOUNDED
@given(
    total=st.integers(1, 5000),
    share=st.floats(0, 1),
    method=st.sampled_from(list(METHODS)),
    level=st.sampled_from([0.5, 0.95, 0.9999]),
)
def test_mirror_and_order(total: int, share: float, method: str, level: float) -> None:
    """Counting non-events would not mirror the interval, or the interval would miss its own proportion."""
    events = round(share * total)
    low, high = study_interval(events, total, method=method, level=level)
    mirrored = study_interval(total - events, total, method=method, level=level)
    # 1e-11: both ends come from separate inversions of the incomplete beta function
    np.testing.assert_allclose([low, high], [1 - mirrored[1], 1 - mirrored[0]], rtol=0, atol=1e-11)
    assert 0 <= low <= events / total <= high <= 1


@pytest.mark.parametrize(("x", "n"), [(1, 4), (3, 20), (19, 20), (8, 30)])
def test_exact_limits_are_binomial_tails(x: int, n: int) -> None:
    """The exact limits would not leave 2.5 % in each tail, or the mid-P ones not 2.5 % with half of what was seen."""
    low, high = study_interval(x, n)
    np.testing.assert_allclose(upper_tail(x, n, float(low)), 0.025, rtol=1e-11)
    np.testing.assert_allclose(1 - upper_tail(x + 1, n, float(high)), 0.025, rtol=1e-11)
    low, high = study_interval(x, n, method="mid-p")
    for limit, sign in ((float(low), 1), (float(high), -1)):
        half = (upper_tail(x, n, limit) + upper_tail(x + 1, n, limit)) / 2
        np.testing.assert_allclose(half if sign > 0 else 1 - half, 0.025, rtol=1e-11)


def test_newcombe_1998_table_1() -> None:
    """The figures printed by Newcombe (1998), Stat Med 17:857-872, Table I, would not be met."""
    # his columns are 81/263, 15/148, 0/20 and 1/29
    x, n = [81, 15, 0, 1], [263, 148, 20, 29]
    printed = {
        "wald": [(0.2522, 0.3638), (0.0527, 0.1500), (0.0, 0.0), (0.0, 0.1009)],
        "wilson": [(0.2553, 0.3662), (0.0624, 0.1605), (0.0, 0.1611), (0.0061, 0.1718)],
        "wilson-corrected": [(0.2535, 0.3682), (0.0598, 0.1644), (0.0, 0.2005), (0.0018, 0.1963)],
        "clopper-pearson": [(0.2527, 0.3676), (0.0578, 0.1617), (0.0, 0.1684), (0.0009, 0.1776)],
        "mid-p": [(0.2544, 0.3658), (0.0601, 0.1581), (0.0, 0.1391), (0.0017, 0.1585)],
    }
    for method, rows in printed.items():
        low, high = study_interval(x, n, method=method)
        # printed with four decimals
        np.testing.assert_allclose(np.stack([low, high], axis=1), rows, rtol=0, atol=5.1e-5, err_msg=method)


@pytest.mark.parametrize("method", METHODS)
def test_large_and_many(method: str) -> None:
    """Counts in the millions, or many studies at once, would be lost or slow."""
    n = np.full(2000, 5_000_000)
    x = np.linspace(0, 5_000_000, 2000).round()
    low, high = study_interval(x, n, method=method)
    assert np.isfinite(low).all()
    assert (high - low < 0.002).all()
    assert (np.diff(low) >= 0).all()
    assert study_interval(np.ones((2, 3)), 9, method=method)[0].shape == (2, 3)


def test_refusals() -> None:
    """A misspelt method or counts that cannot be would give an interval."""
    with pytest.raises(SettingsError, match="wilson"):
        study_interval(1, 3, method="score")
    with pytest.raises(SettingsError, match=r"0\.95"):
        study_interval(1, 3, level=95)
    for events, total in ((4, 3), (-1, 3), (0, 0), (1, np.nan)):
        with pytest.raises(ValueError, match="between 0 and total"):
            study_interval(events, total)
