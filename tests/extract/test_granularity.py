"""What whole numbers can give, held against counting them all out."""

from __future__ import annotations

import itertools
import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.extract.forms.granularity import (
    counts_of,
    mean_possible,
    nearest_counts,
    nearest_means,
    percent_of,
    sd_possible,
)


def test_the_example_of_the_paper() -> None:
    """GRIM would not be the test of Brown and Heathers (2017), who begin with 5.19 of 28 people."""
    assert not mean_possible(5.19, 28)
    assert mean_possible(5.18, 28)
    assert mean_possible(5.21, 28)
    assert nearest_means(5.19, 28) == ("5.18", "5.21")
    assert mean_possible(5.19, 28, 0.5) == any(round(k * 0.5 / 28, 2) == 5.19 for k in range(1000))


@pytest.mark.parametrize(("mean", "n"), [(3.45, 20), (2.5, 4), (7.0, 3), (0.01, 100), (12.33, 3), (12.34, 3)])
def test_a_mean_is_possible_where_a_sum_gives_it(mean: float, n: int) -> None:
    """A mean that whole values have would be accused, or one that none have would pass."""
    decimals = len(f"{mean}".split(".")[1]) if mean != int(mean) else 0
    half = 0.5 * 10**-decimals
    assert mean_possible(mean, n) == any(abs(k / n - mean) <= half + 1e-12 for k in range(int(20 * n)))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=12), st.integers(0, 3), st.integers(0, 3))
def test_whatever_patients_have_is_never_accused(values: list[int], mean_digits: int, sd_digits: int) -> None:
    """A true mean or deviation of whole values would be called impossible."""
    mean, sd, n = round(statistics.fmean(values), mean_digits), round(statistics.stdev(values), sd_digits), len(values)
    assert mean_possible(mean, n)
    assert sd_possible(mean, sd, n)
    halves = [value / 2 for value in values]
    assert sd_possible(round(statistics.fmean(halves), mean_digits), round(statistics.stdev(halves), sd_digits), n, 0.5)


def test_deviations_that_no_whole_values_have_are_found() -> None:
    """GRIMMER would let everything pass: of all deviations of two decimals it has to find most that cannot be."""
    n, mean, real = 5, 3.4, set()
    for values in itertools.combinations_with_replacement(range(12), n):
        if round(statistics.fmean(values), 1) == mean:
            real.add(round(statistics.stdev(values), 2))
    asked = [round(0.01 * k, 2) for k in range(400)]
    wrong = [sd for sd in asked if sd not in real and sd <= max(real)]
    assert all(sd_possible(mean, sd, n) for sd in real)
    assert sum(not sd_possible(mean, sd, n) for sd in wrong) > 0.9 * len(wrong)
    assert not sd_possible(5.23, 2.55, 35)  # whole, and its squares would have to be odd


def test_large_series_cost_nothing() -> None:
    """A registry of a million would hold up the check, although every mean is possible there."""
    assert mean_possible(5.19, 10**6)
    assert sd_possible(5.19, 1.23, 10**6)


@given(st.integers(1, 500), st.integers(0, 2), st.data())
def test_the_percentage_of_a_count_leads_back_to_it(total: int, digits: int, data: st.DataObject) -> None:
    """A count would be lost on the way from the percentage that was rounded from it."""
    events = data.draw(st.integers(0, total))
    percent = f"{100 * events / total:.{digits}f}%"
    assert events in counts_of(percent, total)
    half = 0.5 * 10**-digits + 1e-9
    assert all(abs(100 * e / total - float(percent[:-1])) <= half for e in counts_of(percent, total))


def test_the_nearest_counts_are_on_either_side() -> None:
    """A person would be told of counts that are not the nearest."""
    assert nearest_counts("17%", 43) == ((7, "16.3%"), (8, "18.6%"))
    assert nearest_counts("100%", 43) == ((43, "100.0%"),)
    assert nearest_counts("about half", 43) == ()
    assert percent_of("16.3") is not None
    assert math.isclose(float(percent_of("16,3 %")[0]), 16.3)  # type: ignore[index]
