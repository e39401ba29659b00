"""The multiverse: every universe is the pool of its own settings."""

from __future__ import annotations

import functools
import itertools
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.errors import NothingToPool
from synth.meta import pool
from synth.meta.choices.multiverse import TAU2, Multiverse, Universe, pool_multiverse, rival_measures
from synth.meta.results import PoolResult

TEN = {"events": [7, 3, 1, 0, 5, 2, 4, 1, 6, 2], "total": [43, 38, 26, 17, 30, 33, 44, 12, 55, 31]}
TABLES = {"events_1": [4, 6, 0], "total_1": [123, 306, 50], "events_2": [11, 29, 2], "total_2": [139, 303, 48]}
RATES = {"events": [3, 0, 7, 4], "time": [120.5, 40.0, 310.0, 95.0]}
TWO_RATES = {"events_1": [3, 0, 7], "time_1": [120.5, 40.0, 310.0],
             "events_2": [5, 2, 9], "time_2": [99.0, 51.0, 280.0]}  # fmt: skip
MEANS = {"mean_1": [5.1, 4.0, 6.2], "sd_1": [1.0, 2.0, 1.5], "n_1": [20, 31, 12],
         "mean_2": [4.0, 4.2, 5.0], "sd_2": [1.1, 1.9, 1.4], "n_2": [22, 30, 14]}  # fmt: skip


@functools.cache
def listed(words: tuple[tuple[str, str], ...], data: str) -> PoolResult:
    """A pool with all its intervals."""
    return pool(json.loads(data), leave_one_out=False, **dict(words))  # type: ignore[arg-type]


def same(u: Universe, data: dict[str, Any]) -> None:
    """Hold a universe to the pool that its settings ask for."""
    interval = "auto" if u.ci_method == "exact" else u.ci_method
    given = {"measure": u.measure, "model": u.model, "effects": u.effects, "ci_method": interval}
    if u.tau2_method:
        given["tau2_method"] = u.tau2_method
    if u.model.startswith("glmm") and u.measure != "PLOGIT" and interval != "auto":
        # One fit gives all intervals of a mixed model, and one pool lists them: a pool for each would take long.
        r = listed(tuple(sorted({**given, "ci_method": "t"}.items())), json.dumps(data))
        shown = next(each.reporting for each in r.pooled.intervals if each.method == interval)
    else:
        r = pool(data, leave_one_out=False, **given)  # type: ignore[arg-type]
        shown = r.pooled.reporting
    # the same fits, but with all measures in one batch: rounding of the last digits
    ours, theirs = (u.estimate, u.ci_low, u.ci_high), (shown.estimate, shown.ci_low, shown.ci_high)
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12), given
    assert u.k == r.k
    if u.tau2 is not None:
        assert u.tau2 == pytest.approx(r.tau2.value, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("data", [TEN, TABLES, MEANS, RATES, TWO_RATES])
def test_each_universe_is_its_own_pool(data: dict[str, Any]) -> None:
    """A combination shows another number than pooling by it does."""
    m = pool_multiverse(data)
    assert m.defined == m.count
    assert len({(u.measure, u.model, u.effects, u.tau2_method, u.ci_method) for u in m.universes}) == m.count
    for u in m.universes:
        same(u, data)


def test_every_combination_is_there() -> None:
    """A measure, a tau2 method, a model or an interval is missing without a word."""
    m = pool_multiverse(TEN)
    inverse = {(u.measure, u.tau2_method, u.ci_method) for u in m.universes if u.model == "inverse" and u.tau2_method}
    assert inverse == set(itertools.product(rival_measures_of("PLOGIT"), TAU2, ("hksj-adhoc", "hksj", "t", "wald")))
    assert {(u.model, u.effects, u.ci_method) for u in m.universes if u.model != "inverse"} == {
        *(("glmm", "random", ci) for ci in ("t", "profile", "wald")),
        *(("glmm", "common", ci) for ci in ("exact", "t", "wald")),
        *(("beta-binomial", "random", ci) for ci in ("t", "profile", "wald")),
    }
    assert {u.model for u in pool_multiverse({k: v[:5] for k, v in TEN.items()}).universes} >= {"bayes"}
    two = pool_multiverse(TABLES)
    assert {(u.measure, u.model) for u in two.universes} == {
        ("OR", "mh"), ("PETO", "peto"), ("OR", "inverse"), ("PETO", "inverse"),
        *(("OR", model) for model in ("glmm", "glmm-um-fs", "glmm-cm-el")),
    }  # fmt: skip
    mixed = {(u.effects, u.ci_method) for u in two.universes if u.model == "glmm"}
    assert mixed == {*(("random", ci) for ci in ("t", "profile", "wald")), ("common", "t"), ("common", "wald")}
    for measure in ("RR", "RD"):
        others = pool_multiverse(TABLES, measure=measure)
        assert {u.model for u in others.universes} == {"inverse", "mh"}
    assert {u.model for u in pool_multiverse(TWO_RATES).universes} == {
        "inverse", "mh", "glmm", "glmm-um-fs", "glmm-cm-el"
    }  # fmt: skip
    assert {u.measure for u in pool_multiverse(RATES).universes if u.model == "glmm"} == {"IRLN"}
    assert "glmm-cm-al" in {u.model for u in pool_multiverse(TABLES, model="glmm-cm-al").universes}


def rival_measures_of(name: str) -> tuple[str, ...]:
    """Names of the measures beside one."""
    from synth.meta.measures.effects import measure

    return rival_measures(measure(name))


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"model": "inverse"},
        {"model": "inverse", "tau2_method": "EB", "ci_method": "hksj"},
        {"model": "inverse", "tau2_method": "PMM"},
        {"measure": "PFT", "tau2_method": "DL", "ci_method": "wald"},
        {"effects": "common"},
        {"model": "beta-binomial", "ci_method": "profile"},
        {"model": "beta-binomial"},
        {"model": "bayes"},
        {"ci_method": "wald", "level": 0.8},
    ],
)
@pytest.mark.parametrize("k", [2, 4])
def test_the_default_is_marked_once(own: dict[str, Any], k: int) -> None:
    """No universe, or several, or another than what is asked for is marked as the default."""
    data = {name: values[:k] for name, values in TEN.items()}
    marked = [u for u in pool_multiverse(data, **own).universes if u.default]
    assert len(marked) == 1
    shown = pool(data, **own).pooled.reporting
    ours = (marked[0].estimate, marked[0].ci_low, marked[0].ci_high)
    assert ours == pytest.approx((shown.estimate, shown.ci_low, shown.ci_high), rel=1e-9)


@pytest.mark.parametrize("model", ["glmm", "glmm-um-fs", "glmm-cm-el", "glmm-cm-al"])
@pytest.mark.parametrize("own", [{}, {"ci_method": "wald"}, {"effects": "common"}])
@pytest.mark.parametrize("empty", [False, True])
def test_a_mixed_model_asked_for_is_the_default(model: str, own: dict[str, Any], empty: bool) -> None:
    """A mixed model that was asked for is not marked, or marked with another interval than it has."""
    data = {**TABLES, "events_1": [0, 0, 0]} if empty else TABLES
    marked = [u for u in pool_multiverse(data, model=model, **own).universes if u.default]
    assert len(marked) == 1
    r = pool(data, model=model, leave_one_out=False, **own)
    shown = r.pooled.reporting
    assert (marked[0].model, marked[0].ci_method) == (model, r.pooled.ci_method)
    ours, theirs = ((v.estimate, v.ci_low, v.ci_high) for v in (marked[0], shown))
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_the_summary_spans_the_universes() -> None:
    """The range leaves out a universe, or the count of those that exclude the null is wrong."""
    m = pool_multiverse(TABLES)
    assert m.null == 1.0
    lows, highs = np.array([[u.ci_low, u.ci_high] for u in m.universes], dtype=float).T
    assert m.excludes_null == int(((lows > 1.0) | (highs < 1.0)).sum())
    assert 0 < m.excludes_null < m.count
    assert m.ci_low_low == lows.min()
    assert m.ci_high_high == highs.max()
    single = pool_multiverse(TEN)
    assert single.excludes_null is None
    assert single.null is None
    estimates = [u.estimate for u in single.universes]
    assert (single.estimate_low, single.estimate_high) == (min(estimates), max(estimates))  # type: ignore[type-var]


def sound(m: Multiverse) -> None:
    """No number without sense and no gap without a reason."""
    for u in m.universes:
        assert u.estimate is not None or u.reason
        if u.estimate is not None and u.ci_low is not None and u.ci_high is not None:
            assert 0.0 <= u.ci_low <= u.estimate + 1e-12
            assert u.estimate - 1e-12 <= u.ci_high <= 1.0


def test_small_and_empty_tables_are_answered() -> None:
    """Sparse data end in an exception, a nan, or an interval that misses its estimate."""
    rng = np.random.default_rng(20240501)
    for _ in range(25):
        k = int(rng.integers(1, 8))
        total = rng.integers(1, 40, size=k)
        events = rng.binomial(total, rng.choice([0.0, 0.02, 0.3, 1.0], size=k))
        sound(pool_multiverse({"events": events.tolist(), "total": total.tolist()}))


def test_one_study_has_no_multiverse() -> None:
    """One study is shown as if a choice of method mattered."""
    m = pool_multiverse({"events": [3], "total": [20]})
    assert m.universes == ()
    assert m.reason
    with pytest.raises(NothingToPool):
        pool_multiverse({"events_1": [0, 0], "total_1": [9, 9], "events_2": [0, 0], "total_2": [9, 9]})


def test_a_thousand_studies_take_no_longer_than_a_breath(shared: Path) -> None:
    """Each combination is fitted anew instead of each tau2 once: minutes for a thousand studies."""
    data = json.loads((shared / "reference" / "edge_k1000.json").read_text(encoding="utf-8"))["data"]
    start = time.process_time()
    m = pool_multiverse({"events": data["events"], "total": data["n"]})
    # 0.4 s here; a machine that is busy with other things may take several times that
    assert time.process_time() - start < 8.0
    assert m.count > 150
