"""Numbers become text in one place, and never across a meaning."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.report.words import rounding

SHARES = st.floats(min_value=0.0, max_value=1.0, allow_nan=False)


@given(SHARES)
def test_percent_keeps_the_ends_for_themselves(share: float) -> None:
    """A share that is not 0 or 1 is shown as 0% or 100%, and a rare event vanishes from the page."""
    text = rounding.percent(share)
    assert (text == "0%") == (share == 0.0)
    assert (text == "100%") == (share == 1.0)


@given(SHARES)
def test_percent_is_within_half_a_step(share: float) -> None:
    """The percentage on the page is not the number in the JSON."""
    text = rounding.percent(share)
    if text[0] == "<":
        assert share * 100 < 0.1
    elif text[0] == ">":
        assert share * 100 > 99.9
    else:
        assert abs(float(text.rstrip("%")) - share * 100) <= 0.05 + 1e-9


@given(SHARES, SHARES)
def test_percent_keeps_order(a: float, b: float) -> None:
    """A greater share is shown as a smaller number than a lesser one."""

    def value(text: str) -> float:
        return {"<0.1%": 0.05, ">99.9%": 99.95}.get(text) or float(text.rstrip("%"))

    low, high = sorted((a, b))
    assert value(rounding.percent(low)) <= value(rounding.percent(high))


@given(SHARES)
def test_p_values_stay_on_their_side_of_five_per_cent(p: float) -> None:
    """A p-value just under 0.05 is printed as 0.050, or one above as something below."""
    text = rounding.p_value(p)
    if text[0] not in "<>":
        assert (Decimal(text) < Decimal("0.05")) == (Decimal(repr(p)) < Decimal("0.05"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), -0.1, 1.1])
def test_what_is_no_proportion_is_refused(value: float) -> None:
    """NaN or 110% reaches the page as if it were a figure."""
    with pytest.raises(ValueError, match=r"not a (number|proportion)"):
        rounding.percent(value)


def test_arithmetic_noise_at_the_ends_is_forgiven() -> None:
    """A limit of 1 + 2e-16 from a back-transformation stops a report."""
    assert rounding.percent(1 + 2e-16) == "100%"
    assert rounding.percent(-1e-17) == "0%"


def test_halves_round_as_a_reader_rounds() -> None:
    """0.0625 and its like come out one step lower because of binary digits."""
    assert rounding.percent(0.0625) == "6.3%"
    assert rounding.percent(0.2885) == "28.9%"


@given(st.floats(min_value=1e-300, max_value=1e6, allow_nan=False))
def test_a_positive_variance_is_never_shown_as_zero(tau2: float) -> None:
    """Heterogeneity that was estimated is printed as none."""
    assert rounding.variance(tau2) != "0"
    assert float(rounding.variance(tau2).lstrip("<")) > 0


def test_undefined_is_a_dash() -> None:
    """An undefined number is printed as a word of the programming language."""
    for function in (
        rounding.percent,
        rounding.number,
        rounding.variance,
        rounding.p_value,
        rounding.count,
    ):
        assert function(None) == rounding.ABSENT
    assert rounding.interval(None, None) == rounding.variance_interval(None, None) == rounding.ABSENT
