"""Two arms: symmetry of the measures, zero cells, and pooling by Mantel-Haenszel and Peto over masks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import SettingsError
from synth.meta.measures.effects import MEASURES, measure
from synth.meta.measures.zero_cells import POLICIES
from synth.meta.models.mantel_haenszel import MEASURES as POOLED
from synth.meta.models.mantel_haenszel import pool_mantel_haenszel
from synth.meta.models.peto import pool_peto, pool_sample_size
from tests.meta.strategies import BOUNDED

TABLES = [m.name for m in MEASURES.values() if m.kind == "two proportions"]
RATES = [m.name for m in MEASURES.values() if m.kind == "two rates"]


def tables(seed: int, k: int, most: int = 60) -> tuple[np.ndarray, ...]:
    """Two arms of k studies, many cells of which are 0."""
    rng = np.random.default_rng(seed)
    n1, n2 = rng.integers(1, most + 1, (2, k))
    risk = rng.choice([0.0, 0.02, 0.2, 0.9, 1.0], (2, k))
    return tuple(np.asarray(x, dtype=float) for x in (rng.binomial(n1, risk[0]), n1, rng.binomial(n2, risk[1]), n2))


@BOUNDED
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from([*TABLES, *RATES]), policy=st.sampled_from(POLICIES))
def test_arms_exchanged(seed: int, name: str, policy: str) -> None:
    """Exchanging the arms would not turn the effect's sign, or would change its variance."""
    x1, n1, x2, n2 = tables(seed, 8)
    there = measure(name).estimates(x1, n1, x2, n2, zero_cells=policy)
    back = measure(name).estimates(x2, n2, x1, n1, zero_cells=policy)
    np.testing.assert_allclose(there.y, -back.y, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(there.v, back.v, rtol=1e-12)
    np.testing.assert_array_equal(there.usable, back.usable)
    assert there.zero_cells == (policy if measure(name).corrected else "none")


@BOUNDED
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(["OR", "PETO", "RD", "AS"]))
def test_events_and_non_events_exchanged(seed: int, name: str) -> None:
    """Counting survivors instead of deaths would give another effect than the mirrored one."""
    x1, n1, x2, n2 = tables(seed, 8)
    deaths, survivors = measure(name).estimates(x1, n1, x2, n2), measure(name).estimates(n1 - x1, n1, n2 - x2, n2)
    np.testing.assert_allclose(deaths.y, -survivors.y, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(deaths.v, survivors.v, rtol=1e-11)


def test_every_small_table() -> None:
    """A small table would raise, or give a number that is not finite and is called usable."""
    seen = 0
    for seed in range(400):
        data = tables(seed, 12)
        for name in (*TABLES, *RATES):
            for policy in POLICIES:
                e = measure(name).estimates(*data, zero_cells=policy)
                assert np.isfinite(e.y[e.usable]).all()
                assert (e.v[e.usable] > 0).all()
                assert all(e.reason(i) is None or e.reason(i) for i in range(12))
                seen += 12
    assert seen == 400 * len((*TABLES, *RATES)) * len(POLICIES) * 12


def test_zero_cell_policies() -> None:
    """A policy would add to the wrong studies, or as much to a small arm as to a large one."""
    data = [0.0, 3.0], [30.0, 20.0], [2.0, 4.0], [10.0, 20.0]
    m = measure("OR")
    which = {"only0": [True, False], "if0all": [True, True], "all": [True, True], "none": [False, False]}
    for policy, corrected in which.items():
        e = m.estimates(*data, zero_cells=policy)
        np.testing.assert_array_equal(e.corrected, corrected)
        assert e.add == (0.0 if policy == "none" else 0.5)
    assert np.isnan(m.estimates(*data, zero_cells="none").y[0])
    # 30 of 40 patients: 0.75 to each cell of arm 1, 0.25 to each of arm 2
    y, v = m.to_analysis(*data, zero_cells="treatment-arm")
    assert y[0] == pytest.approx(np.log((0.75 / 30.75) / (2.25 / 8.25)), rel=1e-14)
    assert v[0] == pytest.approx(1 / 0.75 + 1 / 30.75 + 1 / 2.25 + 1 / 8.25, rel=1e-14)
    with pytest.raises(SettingsError, match="only0"):
        m.estimates(*data, zero_cells="only1")
    with pytest.raises(SettingsError, match="two arms"):
        measure("PLOGIT").estimates([0], [5], zero_cells="treatment-arm")
    with pytest.raises(SettingsError, match="keep"):
        m.estimates(*data, double_zero="no")


def test_studies_without_events() -> None:
    """A study without events in both arms would count in a ratio, or not count in a difference."""
    data = [0, 9], [30, 9], [0, 8], [28, 8]
    for name in ("OR", "RR", "PETO"):
        e = measure(name).estimates(*data)
        assert not e.usable.any()
        assert "nothing about a ratio" in str(e.reason(0))
    assert measure("RD").estimates(*data).usable.all()
    assert measure("OR").estimates(*data, double_zero="keep").usable.all()
    assert "variance is 0" in str(measure("RD").estimates(*data, zero_cells="none").reason(0))


def same(a: Any, b: Any, fields: tuple[str, ...], index: int | None = None) -> None:
    """Hold two fits to one another."""
    for field in fields:
        ours = getattr(a, field) if index is None else getattr(a, field)[index]
        np.testing.assert_allclose(ours, getattr(b, field), rtol=1e-10, atol=1e-12, err_msg=field)


NUMBERS = ("estimate", "se", "ci_low", "ci_high", "statistic", "p_value")
TESTS = ("q", "q_df", "q_p", "i2", "h2")
MORE = ("cmh", "cmh_p", "cochran", "breslow_day", "breslow_day_p", "tarone", "tarone_p", "homogeneity_df")


@BOUNDED
@given(
    seed=st.integers(0, 2**32 - 1), name=st.sampled_from(POOLED), policy=st.sampled_from(["none", "only0"]),
    variance=st.sampled_from(["sato", "greenland-robins"]),
)
def test_masks(seed: int, name: str, policy: str, variance: str) -> None:
    """A mask would differ from dropping the rows, a multiplicity from repeating them, or a batch from a loop."""
    k, rng = 6, np.random.default_rng(seed)
    data = tables(seed, k)
    options: dict[str, Any] = {"measure": name, "zero_cells": policy, "variance": variance}
    masks = rng.random((5, k)) < 0.6
    fit = pool_mantel_haenszel(*data, masks, **options)
    fields = (*NUMBERS, *TESTS, *MORE)
    for i, row in enumerate(masks):
        if row.any():
            same(fit, pool_mantel_haenszel(*(x[row] for x in data), **options), fields, i)
            assert np.isnan(fit.weights[i]).all() or fit.weights[i].sum() == pytest.approx(1.0)
            assert (fit.weights[i][~row] == 0).all() or np.isnan(fit.weights[i]).all()
        else:
            assert np.isnan(fit.estimate[i])
    counts = rng.integers(0, 4, k)
    if counts.any():
        twice = pool_mantel_haenszel(*data, counts, **options)
        same(twice, pool_mantel_haenszel(*(np.repeat(x, counts) for x in data), **options), fields)
    order = rng.permutation(k)
    same(pool_mantel_haenszel(*data, **options), pool_mantel_haenszel(*(x[order] for x in data), **options), fields)


@BOUNDED
@given(seed=st.integers(0, 2**32 - 1))
def test_masks_peto(seed: int) -> None:
    """A mask would differ from dropping the rows, or a multiplicity from repeating them."""
    k, rng = 6, np.random.default_rng(seed)
    data, counts = tables(seed, k), rng.integers(0, 3, k)
    counts[0] = 1
    repeated = tuple(np.repeat(x, counts) for x in data)
    same(pool_peto(*data, counts), pool_peto(*repeated), (*NUMBERS, *TESTS, "observed", "expected", "variance"))
    same(pool_sample_size(*data, counts), pool_sample_size(*repeated), NUMBERS)


def test_random_tables() -> None:
    """A table would raise or warn, an interval would miss its estimate, or a test's p lie outside [0, 1]."""
    for seed in range(300):
        k = 1 + seed % 12
        data, masks = tables(seed, k), np.vstack([np.ones((1, k), dtype=bool), ~np.eye(k, dtype=bool)])
        fits = [pool_mantel_haenszel(*data, masks, measure=name) for name in POOLED]
        for fit in (*fits, pool_peto(*data, masks), pool_sample_size(*data, masks)):
            known = np.isfinite(fit.se)
            assert np.isfinite(fit.estimate[known]).all()
            assert (fit.ci_low[known] < fit.estimate[known]).all()
            assert (fit.estimate[known] < fit.ci_high[known]).all()
            assert ((fit.p_value[known] >= 0) & (fit.p_value[known] <= 1)).all()
            assert not np.isinf(fit.estimate).any()
        for fit in fits:
            for p in (fit.q_p, fit.cmh_p, fit.cochran_p, fit.breslow_day_p, fit.tarone_p):
                assert (np.isnan(p) | ((p >= 0) & (p <= 1))).all()


def test_arms_exchanged_pooled() -> None:
    """Exchanging the arms would not turn the pooled effect's sign."""
    x1, n1, x2, n2 = tables(5, 10)
    for name in POOLED:
        a, b = (pool_mantel_haenszel(*d, measure=name) for d in ((x1, n1, x2, n2), (x2, n2, x1, n1)))
        np.testing.assert_allclose([a.estimate, a.se, a.cmh], [-b.estimate, b.se, b.cmh], rtol=1e-12)
    a, b = pool_peto(x1, n1, x2, n2), pool_peto(x2, n2, x1, n1)
    np.testing.assert_allclose([a.estimate, a.se, a.q], [-b.estimate, b.se, b.q], rtol=1e-12)


def test_nothing_to_see() -> None:
    """Without events anywhere there would be an odds ratio, or a difference of 0 known exactly."""
    data = [0, 0, 0], [30, 40, 50], [0, 0, 0], [30, 40, 50]
    for name in ("OR", "RR", "IRR"):
        assert np.isnan(pool_mantel_haenszel(*data, measure=name).estimate)
    for name in ("RD", "IRD"):
        fit = pool_mantel_haenszel(*data, measure=name)
        assert fit.estimate == 0
        assert np.isnan(fit.se)
        assert np.isnan(fit.cmh)
    assert np.isnan(pool_peto(*data).estimate)
    assert np.isnan(pool_sample_size(*data).estimate)


def test_one_table() -> None:
    """One study would not give its own estimates and Woolf's standard error."""
    data = [5], [40], [9], [42]
    y, v = measure("OR").to_analysis(*data)
    fit = pool_mantel_haenszel(*data)
    np.testing.assert_allclose([fit.estimate, fit.se], [y[0], v[0] ** 0.5], rtol=1e-13)
    assert np.isnan(fit.i2)
    np.testing.assert_allclose(pool_peto(*data).estimate, measure("PETO").to_analysis(*data)[0][0], rtol=1e-13)


def test_continuity_never_below_zero() -> None:
    """As many events as expected would count as evidence of an effect, because the correction overshoots."""
    assert pool_mantel_haenszel([5, 3], [20, 10], [5, 3], [20, 10]).cmh == 0
    assert pool_mantel_haenszel([5, 3], [20, 10], [5, 3], [20, 10], continuity=False).cmh_p == 1


def test_settings() -> None:
    """A combination that has no meaning would give a number."""
    data = [1], [9], [2], [9]
    for options, words in (
        ({"measure": "SMD"}, "inverse-variance"),
        ({"zero_cells": "some"}, "policy"),
        ({"variance": "x"}, "sato"),
        ({"level": 95}, "0.95"),
    ):
        with pytest.raises(SettingsError, match=words):
            pool_mantel_haenszel(*data, **options)
    with pytest.raises(SettingsError, match=r"0\.95"):
        pool_peto(*data, level=0)
    with pytest.raises(SettingsError, match="not for IRR"):
        pool_sample_size(*data, name="IRR")
    with pytest.raises(ValueError, match="negative"):
        pool_peto(*data, [-1])
    with pytest.raises(ValueError, match="axis"):
        pool_peto(1, 9, 2, 9)
    with pytest.raises(ValueError, match="between 0 and total"):
        pool_mantel_haenszel([10], [9], [2], [9])


def test_what_does_not_count_may_be_anything() -> None:
    """A missing figure in a study that is left out would spoil the pool."""
    data = [1, np.nan, 4], [9, np.nan, 19], [2, np.nan, 5], [9, 0, 18]
    mask = [True, False, True]
    kept = tuple(np.array(x)[mask] for x in data)
    same(pool_mantel_haenszel(*data, mask), pool_mantel_haenszel(*kept), NUMBERS)
    same(pool_peto(*data, mask), pool_peto(*kept), NUMBERS)
