"""What papers print, converted: quantiles, intervals and groups; and means, rates and correlations there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from synth.errors import SettingsError
from synth.meta.measures.conversions import (
    combine_groups,
    expected_order_statistic,
    mean_sd_from_quantiles,
    sd_from_interval,
    sd_from_standard_error,
    standard_error_from_interval,
)
from synth.meta.measures.conversions_mcgrath import FAMILIES, fit_quantiles
from synth.meta.measures.effects import measure
from synth.meta.measures.study_rates import rate_interval
from synth.meta.numeric.distributions import t_upper
from tests.meta.strategies import BOUNDED

NORMAL_QUARTILE = 0.6744897501960817


def test_order_statistics() -> None:
    """The expected largest of a few normal values would differ from its closed form."""
    # David and Nagaraja (2003), Order Statistics, section 3.2: closed forms up to n = 5
    root = np.sqrt(np.pi)
    exact = [0.0, 1 / root, 1.5 / root, 6 / np.pi**1.5 * np.arctan(np.sqrt(2.0))]
    np.testing.assert_allclose(expected_order_statistic([1, 2, 3, 4], [1, 2, 3, 4]), exact, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(expected_order_statistic(3, 10), -expected_order_statistic(8, 10), rtol=1e-12)


def test_wan_tables() -> None:
    """The constants of R's meta would not be those printed in Wan et al. (2014), tables 1 and 2."""
    printed = {2: 1.128, 5: 2.326, 10: 3.078, 25: 3.931, 50: 4.498}
    for n, xi in printed.items():
        assert round(2 * float(expected_order_statistic(n, n)), 3) == xi
    for q, eta in {1: 0.990, 2: 1.144, 10: 1.303, 50: 1.340}.items():
        assert round(2 * float(expected_order_statistic(3 * q + 1, 4 * q + 1)), 3) == eta


@pytest.mark.parametrize("constants", ["formula", "tables", "exact"])
@pytest.mark.parametrize("sd_method", ["shi", "wan"])
def test_normal_quantiles_come_back(constants: str, sd_method: str) -> None:
    """Mean and SD of a large normal sample would not come back from its quantiles."""
    n = 401
    top = float(expected_order_statistic(n, n))
    offsets = {"minimum": -top, "q1": -NORMAL_QUARTILE, "q3": NORMAL_QUARTILE, "maximum": top}
    five = {name: 10 + 2 * offset for name, offset in offsets.items()}
    sources = {
        ("minimum", "maximum"): "range",
        ("q1", "q3"): "quartiles",
        ("minimum", "q1", "q3", "maximum"): "range and quartiles",
    }
    for keep, source in sources.items():
        got = mean_sd_from_quantiles(n, 10, **{c: five[c] for c in keep}, constants=constants, sd_method=sd_method)
        assert float(got.mean) == pytest.approx(10, rel=1e-12)
        assert float(got.sd) == pytest.approx(2, rel=5e-3)
        assert not got.skewed
        assert str(got.source) == source


@BOUNDED
@given(seed=st.integers(0, 2**32 - 1), shift=st.floats(-50, 50), scale=st.floats(0.1, 50))
def test_scale_and_origin(seed: int, shift: float, scale: float) -> None:
    """Converting minutes to hours before or after would give another mean or SD."""
    five = np.sort(np.random.default_rng(seed).normal(size=5))
    names = ("minimum", "q1", "median", "q3", "maximum")
    a, b = (
        mean_sd_from_quantiles(40, if_skewed="estimate", **dict(zip(names, x, strict=True)))
        for x in (five, five * scale + shift)
    )
    np.testing.assert_allclose(b.mean, a.mean * scale + shift, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(b.sd, a.sd * scale, rtol=1e-9)
    np.testing.assert_allclose(b.statistic, a.statistic, rtol=1e-9, atol=1e-9)


def test_what_cannot_be_converted() -> None:
    """Too few figures, a tiny study or a skewed one would be given a mean and an SD."""
    got = mean_sd_from_quantiles([20, 4, 45, 45], [7, 7, 4, 7], minimum=[np.nan, 2, 1, 2], maximum=[15, 15, 18, 12])
    assert np.isnan(got.mean).tolist() == [True, True, True, False]
    assert got.skewed.tolist() == [False, False, True, False]
    assert got.source.tolist() == ["", "range", "range", "range"]
    assert np.isfinite(mean_sd_from_quantiles(45, 4, minimum=1, maximum=18, if_skewed="estimate").sd)
    with pytest.raises(ValueError, match="ascend"):
        mean_sd_from_quantiles(20, 7, q1=8, q3=9)
    with pytest.raises(ValueError, match="log-normal"):
        mean_sd_from_quantiles(20, 7, q1=0, q3=9, distribution="lognormal")
    with pytest.raises(SettingsError, match="shi"):
        mean_sd_from_quantiles(20, 7, q1=6, q3=9, sd_method="hozo")


@pytest.mark.parametrize("family", FAMILIES)
def test_quantile_fit_recovers(family: str) -> None:
    """The quantiles of a distribution would not give back its mean and SD."""
    true = {
        "normal": stats.norm(50, 5),
        "lognormal": stats.lognorm(0.6, scale=5),
        "gamma": stats.gamma(2.5, scale=3),
        "weibull": stats.weibull_min(1.7, scale=10),
    }[family]
    five = true.ppf([0.01, 0.25, 0.5, 0.75, 0.99])
    rows = np.where(np.array([[1, 0, 1, 0, 1], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1]], dtype=bool), five, np.nan).T
    got = fit_quantiles(100, rows[2], minimum=rows[0], q1=rows[1], q3=rows[3], maximum=rows[4])
    assert got.family.tolist() == [family] * 3
    # golden section ends at the root of the last bit: 1e-8 on the shape; exact quantiles do better
    np.testing.assert_allclose(got.mean, true.mean(), rtol=1e-9)
    np.testing.assert_allclose(got.sd, true.std(), rtol=1e-9)


def test_quantile_fit_is_the_best() -> None:
    """A general optimiser would find a distribution that meets the quantiles better."""
    rng, p = np.random.default_rng(7), [1 / 60, 0.25, 0.5, 0.75, 1 - 1 / 60]
    for _ in range(5):
        q = np.sort(rng.gamma(2.0, 3.0, 5))
        got = fit_quantiles(60, q[2], minimum=q[0], q1=q[1], q3=q[3], maximum=q[4])
        for distance, quantiles in zip(
            got.distance,
            (
                lambda a: stats.norm.ppf(p, a[0], np.exp(a[1])),
                lambda a: stats.lognorm.ppf(p, np.exp(a[0]), scale=np.exp(a[1])),
                lambda a: stats.gamma.ppf(p, np.exp(a[0]), scale=np.exp(a[1])),
                lambda a: stats.weibull_min.ppf(p, np.exp(a[0]), scale=np.exp(a[1])),
            ),
            strict=True,
        ):
            other = optimize.least_squares(lambda a, f=quantiles, q=q: f(a) - q, [0.0, 1.0], xtol=1e-12, ftol=1e-12)
            assert distance <= 2 * other.cost * (1 + 1e-9)


def test_quantile_fit_without_an_answer() -> None:
    """Too few quantiles would give a mean, values below 0 a distribution that has none, or an order be ignored."""
    none = np.nan
    got = fit_quantiles(50, [0.5, 3, 3], minimum=[-5, none, 1], q1=[-2, 2, none], q3=[2, 4, 5], maximum=[7, none, 9])
    assert got.family.tolist()[0] == "normal"
    assert np.isinf(got.distance[1:, 0]).all()
    assert np.isfinite(got.mean).all()
    assert np.isnan(fit_quantiles(50, 3, minimum=1, q3=4).mean)
    assert fit_quantiles(50, 3, q1=3, q3=3).sd == 0
    with pytest.raises(ValueError, match="ascend"):
        fit_quantiles(50, 3, q1=4, q3=5)


def test_intervals() -> None:
    """An interval would not give back the standard error or the SD that it was made from."""
    half = float(t_upper(0.025, 15)) * 3.0 / 4.0
    assert float(sd_from_interval(1 - half, 1 + half, 16)) == pytest.approx(3.0, rel=1e-12)
    assert float(sd_from_standard_error(0.75, 16)) == 3.0
    low, high = np.exp(0.3 - 1.6448536269514722 * 0.2), np.exp(0.3 + 1.6448536269514722 * 0.2)
    se = standard_error_from_interval(low, high, level=0.9, ratio=True)
    assert float(se) == pytest.approx(0.2, rel=1e-12)
    with pytest.raises(ValueError, match="ratio"):
        standard_error_from_interval(-1, 1, ratio=True)
    with pytest.raises(ValueError, match="ascend"):
        standard_error_from_interval(2, 1)
    with pytest.raises(SettingsError, match=r"0\.95"):
        standard_error_from_interval(1, 2, level=95)


@BOUNDED
@given(seed=st.integers(0, 2**32 - 1))
def test_groups(seed: int) -> None:
    """Groups taken together would differ from all their patients in one list."""
    rng = np.random.default_rng(seed)
    groups = [rng.normal(rng.normal(), 1.0, rng.integers(2, 9)) for _ in range(4)]
    n, mean, sd = (np.array([f(g) for g in groups]) for f in (len, np.mean, lambda g: g.std(ddof=1)))
    got = combine_groups(n, mean, sd, [[1, 1, 1, 1], [1, 0, 1, 0]])
    for row, some in enumerate(([0, 1, 2, 3], [0, 2])):
        everyone = np.concatenate([groups[i] for i in some])
        assert got[0][row] == len(everyone)
        np.testing.assert_allclose(got[1][row], everyone.mean(), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(got[2][row], everyone.std(ddof=1), rtol=1e-10)
    assert np.isnan(combine_groups([1], [3.0], [0.0])[2])


@BOUNDED
@given(
    x=st.integers(0, 10**6), time=st.floats(0.1, 1e6), name=st.sampled_from(["IR", "IRLN", "IRS", "IRFT"])
)
def test_rates_there_and_back(x: int, time: float, name: str) -> None:
    """A rate would not come back from the analysis scale as itself."""
    m = measure(name)
    y, v = m.to_analysis(x, time)
    rate = (x or 0.5) / time if m.corrected else x / time
    np.testing.assert_allclose(m.to_reporting(y, time), rate, rtol=1e-8, atol=1e-12 / time)
    assert v > 0
    assert m.to_reporting([-5.0], time)[0] >= 0


def test_rate_intervals() -> None:
    """The exact interval of a rate would not be Garwood's, or miss 0 at no events."""
    low, high = rate_interval([0, 1, 10], [2.0, 2.0, 2.0])
    # Garwood (1936): 0 to 3.689, 0.0253 to 5.572, 4.795 to 18.39 events
    np.testing.assert_allclose(2 * low, [0, 0.02532, 4.79539], rtol=1e-4)
    np.testing.assert_allclose(2 * high, [3.68888, 5.57164, 18.39036], rtol=1e-5)
    low, high = rate_interval(0, 3, method="wald")
    assert low == 0
    assert high > 0
    with pytest.raises(SettingsError, match="wald"):
        rate_interval(1, 2, method="score")
    with pytest.raises(ValueError, match="person-time"):
        rate_interval(1, 0)


def test_means_without_an_estimate() -> None:
    """A mean below 0 would have a logarithm, or an SD of 0 a standardised difference, without a reason."""
    assert "logarithm" in str(measure("MNLN").estimates([-1], [1], [9]).reason(0))
    rom = measure("ROM").estimates([1, -2, 1], [1, 1, 1], [9] * 3, [2, -3, -1], [1] * 3, [9] * 3)
    assert rom.usable.tolist() == [True, True, False]
    assert "same sign" in str(rom.reason(2))
    assert not measure("SMD").estimates([1], [0], [9], [2], [0], [9]).usable
    assert "variance is 0" in str(measure("MD").estimates([1], [0], [9], [2], [0], [9]).reason(0))
    assert measure("ZCOR").estimates([1.0, 0.5, 0.5], [9, 3, 4]).usable.tolist() == [False, False, True]
    with pytest.raises(ValueError, match="standard deviation"):
        measure("MN").to_analysis(1, -1, 9)
    with pytest.raises(ValueError, match="correlation"):
        measure("COR").to_analysis(1.5, 9)
    with pytest.raises(ValueError, match="standard error"):
        measure("GEN").to_analysis(1.5, -1)


def test_smd_is_unbiased_by_the_exact_factor() -> None:
    """Hedges's factor would be the approximation 1 - 3/(4 m - 1) instead of the exact one."""
    # at m = 2: sqrt(1 / 1) gamma(1) / gamma(1/2)
    y, _ = measure("SMD").to_analysis([1], [1], [2], [0], [1], [2])
    assert y[0] == pytest.approx(1 / np.sqrt(np.pi), rel=1e-14)
