"""What the numbers of a figure can be, one made-up sheet for each check."""

from __future__ import annotations

import itertools
import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.extract import Figure
from synth.extract.checks.numbers import check_numbers

from .sheets import clean, only, review, understood

HEAD = "study,arm,outcome,mean,sd,median,q1,q3,min,max,total\n"


@pytest.mark.parametrize(
    ("cells", "column", "said"),
    [
        (",,5,6,7,,,40", "median", "median lies below q1 (5 < 6)"),
        (",,5,4,3,,,40", "q3", "q3 lies below median (3 < 5)"),
        (",,5,,,6,9,40", "median", "median lies below min (5 < 6)"),
        (",,5,,,1,4,40", "max", "max lies below median (4 < 5)"),
        ("9.5,1,,,,1,8,40", "mean", "lies outside of the range 1 to 8"),
        ("11,1,,,,,,40", "mean", "lies above 10, and no value of pain does"),
        (",,5,-1,6,,,40", "q1", "lies below 0, and no value of pain does"),
    ],
)
def test_numbers_out_of_order_or_range_are_errors(cells: str, column: str, said: str) -> None:
    """Quartiles in the wrong columns would be pooled, or a mean beyond its scale."""
    problem = only(understood(f"{HEAD}A,mis,pain,{cells}\n"))
    assert (problem.column, problem.row) == (column, 2)
    assert said in problem.message


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("5,6,,,,1,9,40", "is larger than values from 1 to 9 can have"),
        ("5,0.5,,,,1,9,40", "is smaller than 40 values from 1 to 9 can have"),
        ("5,0,,,,,,40", "as if every patient had the same value"),
        ("1,5,,,,,,40", "is larger than 40 values with a mean of 1 can have"),
        ("5,0.5,7,,,,,40", "smaller than the distance of mean 5 and median 7"),
    ],
)
def test_deviations_that_do_not_fit_are_warnings(cells: str, said: str) -> None:
    """A standard error in the column of deviations would weigh a study many times."""
    found = understood(f"{HEAD}A,mis,pain,{cells}\n")
    assert not found.errors
    assert any(said in problem.message and problem.column == "sd" for problem in found.problems), found.problems


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 10), min_size=3, max_size=30), st.integers(1, 3))
def test_whatever_patients_have_raises_no_alarm(values: list[int], digits: int) -> None:
    """True numbers of a true series would be doubted."""
    quartiles = statistics.quantiles(values, n=4, method="inclusive")
    figure = Figure(
        "A", "mis", "pain", None, len(values), mean=round(statistics.fmean(values), digits),
        sd=round(statistics.stdev(values), digits), median=quartiles[1], q1=quartiles[0], q3=quartiles[2],
        min=min(values), max=max(values), file="a.csv", row=2,
    )  # fmt: skip
    told = [p for p in check_numbers([figure], review()) if "as if every patient" not in p.message]
    assert len(set(values)) == 1 or round(statistics.stdev(values), digits) == 0 or not told


def test_the_largest_and_smallest_deviations_are_attained() -> None:
    """The limits of a deviation would be tighter than values in a range allow, or say nothing."""
    n, low, high = 6, 0, 6
    others = itertools.combinations_with_replacement(range(low, high + 1), n - 2)
    spreads = [statistics.stdev((low, high, *rest)) for rest in others]
    assert max(spreads) == pytest.approx(0.5 * (high - low) * math.sqrt(n / (n - 1)))
    assert min(spreads) == pytest.approx((high - low) / math.sqrt(2 * (n - 1)))


def test_means_and_deviations_of_whole_values_are_tested() -> None:
    """A mean of other patients than those in the column of totals would pass."""
    rows = "A,mis,pain,5.19,1.6,,,,,,28\nB,mis,pain,5.23,2.55,,,,,,35\nC,mis,pain,5.21,1.6,,,,,,28\n"
    found = understood(HEAD + rows)
    assert [(p.row, p.column) for p in found.problems] == [(2, "mean"), (3, "sd")]
    assert "5.18 and 5.21 are" in found.problems[0].message
    assert "Perhaps not all 28 patients were measured" in found.problems[0].remedy


def test_a_median_of_whole_values_is_whole_or_half() -> None:
    """A mean in the column of medians would pass."""
    found = understood(f"{HEAD}A,mis,pain,,,5.3,4,6,,,28\nB,mis,pain,,,5.5,4,6,1,9.5,28\n")
    assert [(p.row, p.column, p.severity) for p in found.problems] == [(2, "median", "warning"), (3, "max", "warning")]


def test_outcomes_that_need_not_be_whole_are_not_tested() -> None:
    """Every mean in minutes and seconds would be doubted."""
    clean(understood(f"{HEAD}A,mis,time_min,97.19,44.2,,,,,,28\n"))


def test_a_percentage_without_a_count_is_tested_too() -> None:
    """A percentage of another total would pass because no count stands beside it."""
    head = "study,arm,outcome,events,total,percent_reported\n"
    assert "The nearest are 9 (18.75%) and 10 (20.83%)" in only(understood(f"{head}A,mis,fusion,,48,20.4%\n")).remedy
    figure = Figure("A", "mis", "fusion", None, 48, percent_reported="20.4%", file="a.csv", row=2)
    (problem,) = check_numbers([figure], review())
    assert (problem.severity, problem.column) == ("warning", "percent_reported")
    known = Figure("A", "mis", "fusion", None, 48, percent_reported="20.4%", exclude="known")
    assert check_numbers([known], review()) == []


def test_events_need_time_for_a_rate() -> None:
    """A rate would be divided by nothing."""
    found = understood("study,arm,outcome,events,time\nA,mis,death_rate,3,0\n")
    assert "is 0, and there are 3 events" in only(found).message


def test_a_deviation_that_is_a_standard_error_of_the_others_is_doubted() -> None:
    """One study would outweigh all others because its standard error stands for its deviation."""
    rows = "".join(f"S{i},mis,time_min,100,{40 + i},,,,,,30\n" for i in range(5))
    found = understood(f"{HEAD}{rows}X,mis,time_min,100,7.3,,,,,,30\n")
    assert "it may be a standard error" in only(found, "warning").message
    clean(understood(f"{HEAD}{rows}X,mis,time_min,100,20,,,,,,30\n"))


def test_a_row_that_is_excluded_has_been_judged() -> None:
    """The same contradiction would be told for ever."""
    head = "study,arm,outcome,mean,sd,min,max,total,exclude\n"
    clean(understood(f"{head}A,mis,pain,9.5,1,1,8,40,the source contradicts itself\n"))
