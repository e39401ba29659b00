"""The mask kernel: what a mask, a multiplicity, an order, a batch, a scale and an edge may and may not change."""

from __future__ import annotations

import json
import time
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import SettingsError
from synth.meta.inverse.fit import CI_METHODS, InverseFit, pool_inverse
from synth.meta.inverse.tau2 import METHODS
from tests.meta.strategies import BOUNDED, studies

FIELDS = [n for n, member in vars(InverseFit).items() if isinstance(member, cached_property) and n[0] != "_"]
ARRAYS = [name for name in FIELDS if name != "weights"]
# The same sums in another order differ by rounding; a flat likelihood or a long Newton path amplifies it.
ROUNDING = 1e-8


def assert_same(
    a: InverseFit, b: InverseFit | SimpleNamespace, unit: float = 1.0, names: list[str] | None = None
) -> None:
    """All results agree; `unit` is the scale of y, on which the differences of y and tau are judged."""
    for name in names or ARRAYS:
        x, y = np.asarray(getattr(a, name)), np.asarray(getattr(b, name))
        scale = unit**2 if "tau2" in name else unit
        np.testing.assert_allclose(x, y, rtol=1e-6, atol=ROUNDING * scale, err_msg=name)


def fit(y: object, v: object, include: object = None, method: str = "REML", **options: object) -> InverseFit:
    """Pool with the usual options."""
    return pool_inverse(y, v, include, tau2_method=method, **options)  # type: ignore[arg-type]


@BOUNDED
@given(data=studies(3), seed=st.integers(0, 999), method=st.sampled_from(list(METHODS)))
def test_mask_is_dropping(data: tuple[np.ndarray, np.ndarray], seed: int, method: str) -> None:
    """A study that is masked out would still have a say."""
    y, v = data
    mask = np.random.default_rng(seed).random(len(y)) < 0.6
    mask[:2] = True
    masked, dropped = fit(y, v, mask, method), fit(y[mask], v[mask], None, method)
    assert_same(masked, dropped)
    assert (masked.weights[~mask] == 0).all()
    np.testing.assert_allclose(masked.weights[mask], dropped.weights, rtol=1e-6)


@BOUNDED
@given(data=studies(2, 6), seed=st.integers(0, 999), method=st.sampled_from(list(METHODS)))
def test_multiplicity_is_duplication(data: tuple[np.ndarray, np.ndarray], seed: int, method: str) -> None:
    """A study drawn twice by a bootstrap would not count as two."""
    y, v = data
    times = np.random.default_rng(seed).integers(0, 4, len(y))
    times[0] += 1
    times[1] += 1
    many = fit(np.repeat(y, times), np.repeat(v, times), None, method)
    one = fit(y, v, times, method)
    assert_same(one, many)
    assert one.k == times.sum()
    assert abs(one.weights.sum() - 1) < 1e-12


@BOUNDED
@given(data=studies(), seed=st.integers(0, 999), method=st.sampled_from(list(METHODS)))
def test_order_does_not_matter(data: tuple[np.ndarray, np.ndarray], seed: int, method: str) -> None:
    """The result would depend on how a sheet is sorted."""
    y, v = data
    order = np.random.default_rng(seed).permutation(len(y))
    a, b = fit(y, v, None, method), fit(y[order], v[order], None, method)
    assert_same(a, b)
    np.testing.assert_allclose(a.weights[order], b.weights, rtol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("ci_method", CI_METHODS)
def test_batch_is_a_loop(method: str, ci_method: str) -> None:
    """A row would come out differently in company than alone, or the leading shape would be lost."""
    rng = np.random.default_rng(5)
    y, v = rng.normal(0, 0.6, (3, 4, 7)), rng.uniform(0.01, 0.5, (3, 4, 7))
    include = rng.random((3, 4, 7)) < 0.7
    include[0, 0] = False
    include[0, 1] = np.eye(7, dtype=bool)[2]
    include[1, 1] = [True, True, *[False] * 5]
    together = fit(y, v, include, method, ci_method=ci_method)
    assert together.weights.shape == (3, 4, 7)
    for at in np.ndindex(3, 4):
        alone = fit(y[at], v[at], include[at], method, ci_method=ci_method)
        for name in ARRAYS:
            whole = getattr(together, name)
            assert whole.shape == (3, 4)
            np.testing.assert_allclose(whole[at], getattr(alone, name), rtol=1e-9, atol=1e-12, err_msg=name)


def test_shared_studies_broadcast() -> None:
    """Leave-one-out through a mask would not be what leaving out by hand is."""
    rng = np.random.default_rng(6)
    y, v = rng.normal(0, 1, 9), rng.uniform(0.1, 1, 9)
    loo = fit(y, v, ~np.eye(9, dtype=bool))
    for i in range(9):
        alone = fit(np.delete(y, i), np.delete(v, i))
        assert_same(alone, SimpleNamespace(**{name: getattr(loo, name)[i] for name in FIELDS}))


@BOUNDED
@given(data=studies(), scale=st.sampled_from([1e-9, 1e-3, 1e9]), method=st.sampled_from(list(METHODS)))
def test_scale_equivariance(data: tuple[np.ndarray, np.ndarray], scale: float, method: str) -> None:
    """Rates per person and per 100,000 would be pooled differently: a threshold somewhere would be absolute."""
    y, v = data
    a, b = fit(y, v, None, method), fit(y * scale, v * scale**2, None, method)
    for name in ("estimate", "se", "ci_low", "ci_high", "prediction_low", "prediction_high"):
        np.testing.assert_allclose(getattr(b, name) / scale, getattr(a, name), rtol=1e-7, atol=ROUNDING)
    np.testing.assert_allclose(b.tau2 / scale**2, a.tau2, rtol=1e-7, atol=ROUNDING)
    for name in ("q", "q_p", "i2", "h2", "p_value", "hksj_scale", "df"):
        np.testing.assert_allclose(getattr(b, name), getattr(a, name), rtol=1e-6, atol=ROUNDING)
    assert (b.tau2 == 0) == (a.tau2 == 0)


@BOUNDED
@given(data=studies(), shift=st.sampled_from([-3.0, 1e3, 1e6]), method=st.sampled_from(list(METHODS)))
def test_shift_equivariance(data: tuple[np.ndarray, np.ndarray], shift: float, method: str) -> None:
    """A common offset of all estimates would cost digits."""
    # rounding the shifted estimates to whole multiples of 2^-20 first, so that the shift itself is exact
    y, v = np.round(data[0] * 2**20) / 2**20, data[1]
    a, b = fit(y, v, None, method), fit(y + shift, v, None, method)
    # what is left is the rounding of the estimate itself
    np.testing.assert_allclose(b.estimate - shift, a.estimate, rtol=0, atol=1e-15 * abs(shift) + 1e-12)
    assert_same(a, b, names=["se", "tau2", "q", "i2", "hksj_scale", "log_likelihood_reml"])


def test_infinite_variance_and_nan_change_nothing() -> None:
    """A study without information, or a missing value outside the mask, would change or spoil the result."""
    y, v = np.array([0.1, 0.5, 0.3]), np.array([0.02, 0.05, 0.04])
    plain = fit(y, v)
    assert_same(plain, fit([*y, 9.0], [*v, np.inf]))
    assert_same(plain, fit([np.nan, *y], [np.nan, *v], [0, 1, 1, 1]))
    assert_same(plain, fit([*y, 9.0], [*v, np.inf], [1, 1, 1, 5]))
    assert fit([*y, 9.0], [*v, np.inf]).k == 3


def test_no_study() -> None:
    """An empty subset would stop the whole batch, or get a number that it has not."""
    for empty in (fit([0.2, 0.4], [0.1, 0.1], [False, False]), fit([], []), fit([1.0], [np.inf])):
        assert empty.k == 0
        for name in ARRAYS:
            assert name == "k" or np.isnan(getattr(empty, name)), name


@pytest.mark.parametrize("ci_method", CI_METHODS)
@pytest.mark.parametrize("method", METHODS)
def test_one_study(method: str, ci_method: str) -> None:
    """A single study would not keep its own estimate and normal interval, or would be given a heterogeneity."""
    one = fit([0.7, 5.0], [0.04, 1.0], [True, False], method, ci_method=ci_method)
    assert (one.k, one.estimate, one.se, one.tau2, one.q, one.q_df, one.q_p) == (1, 0.7, 0.2, 0.0, 0.0, 0.0, 1.0)
    np.testing.assert_allclose([one.ci_low, one.ci_high], 0.7 + 0.2 * 1.959963984540054 * np.array([-1, 1]), rtol=1e-14)
    for name in ("i2", "h2", "i2_q", "h2_q", "se_tau2", "prediction_low", "prediction_high", "hksj_scale"):
        assert np.isnan(getattr(one, name)), name


@pytest.mark.parametrize("method", METHODS)
def test_equal_estimates(method: str) -> None:
    """Perfect agreement would leave a Q or tau2 of rounding errors instead of exactly 0."""
    same = fit([0.1 + 0.2] * 5, [0.1, 0.2, 0.3, 1e-9, 7.0], None, method, ci_method="hksj")
    assert (same.estimate, same.q, same.tau2, same.se, same.q_p) == (0.1 + 0.2, 0.0, 0.0, 0.0, 1.0)
    assert (same.ci_low, same.ci_high) == (0.1 + 0.2, 0.1 + 0.2)
    floor = fit([0.1 + 0.2] * 5, [0.1, 0.2, 0.3, 1e-9, 7.0], None, method, ci_method="hksj-adhoc")
    assert floor.se > 0


@pytest.mark.parametrize("method", METHODS)
def test_equal_variances(method: str) -> None:
    """With equal variances the mean is the plain mean, and the unbiased methods have the textbook tau2."""
    y = np.array([1.0, 2.0, 4.0, 9.0])
    got = fit(y, np.full(4, 0.5), None, method)
    assert abs(got.estimate - 4.0) < 1e-14
    spread = y.var(ddof=1)
    expected = {"ML": y.var() - 0.5, "HS": y.var() - 0.5, "SJ": spread * (spread * 0.75) / (spread * 0.75 + 0.5)}
    if method != "PMM":
        np.testing.assert_allclose(got.tau2, expected.get(method, spread - 0.5), rtol=1e-13)


def exact(y: np.ndarray, v: np.ndarray, method: str) -> dict[str, float]:
    """The moment methods in rational arithmetic: nothing is rounded before the end."""
    ey, ev, df = [Fraction(float(a)) for a in y], [Fraction(float(a)) for a in v], len(y) - 1

    def weighted(tau2: Fraction) -> tuple[Fraction, Fraction, Fraction, Fraction]:
        w = [1 / (a + tau2) for a in ev]
        mean = sum(a * b for a, b in zip(w, ey, strict=True)) / sum(w)
        q = sum(a * (b - mean) ** 2 for a, b in zip(w, ey, strict=True))
        return sum(w), mean, q, sum(w) - sum(a * a for a in w) / sum(w)

    total, _, q, trace = weighted(Fraction(0))
    tau2 = (q - df) / trace if method == "DL" else (q - df - 1) / total
    s1, mean, residual, _ = weighted(tau2)
    return {
        "q": float(q),
        "tau2": float(tau2),
        "estimate": float(mean),
        "se": float(residual / df / s1) ** 0.5,
        "hksj_scale": float(residual / df),
        "h2": float(1 + tau2 * trace / df),
    }


IMBALANCE = json.loads((Path(__file__).parent / "reference" / "imbalance_raw.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("method", ["DL", "HS"])
@pytest.mark.parametrize(
    ("y", "v"),
    [
        ([0.5, 0.25, -1.5, 3.0, 0.125], [1e-12, 1e6, 0.5, 2.0, 1e-3]),
        # where metafor's own matrices lose up to 3e-10: the largest deviation of all that test_reference.py finds
        (IMBALANCE["yi"], IMBALANCE["vi"]),
    ],
)
def test_huge_ratios_against_exact_arithmetic(y: list[float], v: list[float], method: str) -> None:
    """One weight 10^18 times another would cost the digits of Q, of tau2, or of the mean and its error."""
    got = fit(y, v, None, method, ci_method="hksj")
    for name, value in exact(np.array(y), np.array(v), method).items():
        # 1e-14: a few dozen roundings of 1.1e-16
        np.testing.assert_allclose(getattr(got, name), value, rtol=1e-14, err_msg=name)


@pytest.mark.parametrize("method", METHODS)
def test_huge_ratios_are_finite(method: str) -> None:
    """A method would overflow or not settle where variances differ by 18 orders of magnitude."""
    got = fit([0.5, 0.25, -1.5, 3.0, 0.125], [1e-12, 1e6, 0.5, 2.0, 1e-3], None, method)
    for name in ARRAYS:
        assert np.isfinite(getattr(got, name)), name


def test_many_at_once() -> None:
    """Ten thousand replicates, or a hundred thousand studies, would be looped over in Python."""
    rng = np.random.default_rng(8)
    v = rng.uniform(0.05, 0.5, (10_000, 10))
    y = rng.normal(0.0, np.sqrt(v + 0.1))
    start = time.process_time()
    replicates = fit(y, v)
    one = fit(y.ravel(), v.ravel())
    # about 0.1 s; a loop takes a hundred times as long, so that a busy machine does not fail this
    assert time.process_time() - start < 3.0
    assert replicates.tau2.shape == (10_000,)
    np.testing.assert_allclose(one.tau2, 0.1, atol=0.005)


def test_common_effect() -> None:
    """A common-effect model would have a tau2, or a prediction interval, or an I2 that is not Q's."""
    y, v = [0.1, 0.9, 0.4], [0.02, 0.05, 0.04]
    common = fit(y, v, effects="common", ci_method="wald")
    assert common.tau2 == 0
    assert common.tau2_method == ""
    assert np.isnan(common.se_tau2)
    assert np.isnan(common.prediction_low)
    assert common.i2 == common.i2_q == 1 - 2 / common.q
    np.testing.assert_allclose(common.weights, np.array([50, 20, 25]) / 95, rtol=1e-14)


def test_interval_methods() -> None:
    """The four intervals would not stand to each other as their definitions say."""
    y, v = [0.1, 0.2, 0.15, 0.18], [0.02, 0.05, 0.04, 0.01]
    wald, t, hksj, adhoc = (fit(y, v, ci_method=name) for name in CI_METHODS)
    assert wald.se == t.se == adhoc.se
    assert t.ci_low < wald.ci_low
    assert hksj.hksj_scale < 1
    np.testing.assert_allclose(hksj.se, wald.se * np.sqrt(hksj.hksj_scale), rtol=1e-15)
    assert (wald.df, t.df) == (np.inf, 3)
    np.testing.assert_allclose(adhoc.ci_high - adhoc.estimate, 3.182446305283710 * adhoc.se, rtol=1e-13)


def test_prediction_needs_degrees_of_freedom() -> None:
    """A prediction interval with no degree of freedom left would be given a bound."""
    y, v = [0.1, 0.6], [0.02, 0.05]
    assert np.isnan(fit(y, v, prediction="hts").prediction_low)
    assert np.isfinite(fit(y, v, prediction="t").prediction_low)
    wide = fit([*y, 0.3], [*v, 0.04], prediction="hts")
    narrow = fit([*y, 0.3], [*v, 0.04], prediction="normal")
    assert wide.prediction_high > narrow.prediction_high > narrow.estimate


@pytest.mark.parametrize(
    "options",
    [{"effects": "fixed"}, {"method": "reml"}, {"ci_method": "z"}, {"prediction": "riley"}, {"level": 95.0}],
)
def test_unknown_options(options: dict[str, object]) -> None:
    """A misspelt option would be taken for another one."""
    with pytest.raises(SettingsError):
        fit([0.1, 0.2], [0.1, 0.1], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("y", "v", "include"),
    [
        ([0.1, np.nan], [0.1, 0.1], None),
        ([0.1, np.inf], [0.1, 0.1], None),
        ([0.1, 0.2], [0.1, 0.0], None),
        ([0.1, 0.2], [0.1, -1.0], None),
        ([0.1, 0.2], [0.1, np.nan], None),
        ([0.1, 0.2], [0.1, 0.1], [1, -1]),
        ([0.1, 0.2], [0.1, 0.1], [1, np.nan]),
        (0.1, 0.2, None),
    ],
)
def test_impossible_numbers(y: object, v: object, include: object) -> None:
    """An estimate or variance that cannot be would be pooled into nonsense without a word."""
    with pytest.raises(ValueError, match=r"must be|need"):
        fit(y, v, include)


def test_inputs_are_left_alone() -> None:
    """The caller's arrays would be changed under its hands."""
    y, v, m = np.array([0.3, 0.1, 0.2]), np.array([0.3, 0.1, np.inf]), np.array([1.0, 2.0, 0.0])
    before = y.copy(), v.copy(), m.copy()
    fit(y, v, m)
    for a, b in zip((y, v, m), before, strict=True):
        np.testing.assert_array_equal(a, b)
