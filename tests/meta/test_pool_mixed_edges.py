"""Mixed models of two arms where the likelihood runs to an edge: limits, and statistics that are limits."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import gammaln, xlogy

from synth.meta import pool
from synth.meta.choices.multiverse import pool_multiverse
from synth.meta.glmm.two_arm_rows import TOO_LARGE, ratio

# Every study with one or no events in an arm: the variance of the log ratio is in the hundreds.
SPARSE = {
    "events_1": [3, 0, 2, 1, 0, 0, 0, 1], "time_1": [18.68, 54.43, 57.64, 102.39, 51.48, 22.51, 9.54, 37.57],
    "events_2": [0, 0, 0, 0, 1, 0, 1, 0], "time_2": [65.42, 24.28, 63.15, 37.07, 21.38, 11.18, 123.79, 45.72],
}  # fmt: skip
# Every study with an empty cell, one of them full beside empty, and levels that a common distribution cannot follow.
EMPTY = {
    "events_1": [3, 0, 0, 0, 0, 0, 0, 23, 0, 0], "total_1": [46, 4, 26, 14, 48, 29, 5, 23, 29, 2],
    "events_2": [0, 0, 1, 5, 0, 2, 0, 0, 2, 0], "total_2": [14, 24, 11, 5, 12, 31, 59, 23, 29, 56],
}  # fmt: skip
TURNING = {
    "events_1": [0, 15, 1], "total_1": [37, 15, 3], "events_2": [0, 1, 55], "total_2": [11, 9, 55],
}  # fmt: skip


def test_a_limit_beyond_all_numbers_is_none_with_its_reason() -> None:
    """The exponential of such a limit overflows, or infinity stands in the result as if it were a number."""
    r = pool(SPARSE, measure="IRR", model="glmm-cm-el", leave_one_out=False)
    assert r.prediction.ci_high is not None
    assert r.prediction.ci_high > 709.0
    assert r.prediction.reporting.ci_high is None
    assert r.prediction.reason == TOO_LARGE
    assert r.prediction.reporting.ci_low == pytest.approx(float(np.exp(r.prediction.ci_low)))  # type: ignore[arg-type]
    # the same limit with a level that takes every interval beyond
    wide = pool(SPARSE, measure="IRR", model="glmm-cm-el", level=1.0 - 1e-12, ci_method="t", leave_one_out=False)
    shown, (interval, *_) = wide.pooled.reporting, [i for i in wide.pooled.intervals if i.method == "t"]
    assert (shown.ci_high, interval.reporting.ci_high) == (None, None)
    assert wide.pooled.reason == interval.reason == TOO_LARGE
    json.dumps([r.to_dict(), wide.to_dict()], allow_nan=False)
    assert ratio(709.0) == pytest.approx(8.218407e307, rel=1e-6)
    assert ratio(709.1) is None


def test_universes_beyond_all_numbers_say_so() -> None:
    """The multiverse overflows where a pool by the same words gives a reason."""
    made = pool_multiverse(SPARSE, measure="IRR", level=1.0 - 1e-12)
    rows = [u for u in made.universes if u.reason == TOO_LARGE]
    assert rows
    assert all(None in (u.ci_low, u.ci_high, u.estimate) for u in rows)


@pytest.mark.parametrize("data", [EMPTY, TURNING])
def test_heterogeneity_where_the_saturated_level_is_infinite(data: dict[str, list[int]]) -> None:
    """A table with an empty cell in every study has no answer, as the saturated level never settles."""
    r = pool(data, measure="OR", model="glmm", effects="common", leave_one_out=False)
    # Studies without events in both arms are not in it. The others' arms are at their own proportions in the limit.
    columns = [np.array(data[name], dtype=float) for name in ("events_1", "total_1", "events_2", "total_2")]
    use = (columns[0] + columns[2] > 0) & (columns[0] + columns[2] < columns[1] + columns[3])
    top = 0.0
    for x, n in ((columns[0][use], columns[1][use]), (columns[2][use], columns[3][use])):
        top += float((gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)).sum())
        top += float((xlogy(x, x / n) + xlogy(n - x, 1 - x / n)).sum())
    # the limit is reached to 1e-8 of the likelihood
    assert r.loglik is not None
    assert r.heterogeneity.q == pytest.approx(2.0 * (top - r.loglik), abs=1e-6)
    assert pool(data, measure="OR", model="glmm", leave_one_out=False).pooled.reporting.estimate is not None


def test_a_million_beside_one_patient_is_pooled() -> None:
    """An interval of tau2 that is not found takes the whole pool with it."""
    r = pool({"events": [472877, 1, 11], "total": [669387, 1, 16]})
    assert r.pooled.reporting.estimate == pytest.approx(472889 / 669404, abs=1e-9)
    assert r.tau2.value == 0.0
    assert r.tau2.ci_high is not None or r.tau2.reason


def test_a_step_beyond_all_numbers_is_taken_back() -> None:
    """The profile of a proportion that could be nearly anything overflows on its way."""
    r = pool({"events": [0, 0, 27], "total": [57, 9, 35]}, ci_method="profile")
    assert r.pooled.reporting.ci_low is None
    assert r.pooled.reason is not None
    assert r.pooled.reporting.ci_high == pytest.approx(0.9973, abs=1e-3)
    json.dumps(r.to_dict(), allow_nan=False)


def test_a_profile_that_nobody_asked_for_does_not_stop_a_pool() -> None:
    """A limit that stands beside the answer only, and is not found, takes the whole pool with it."""
    counts = {"events": [322713, 7, 19, 27, 10, 18], "total": [571582, 19, 36, 46, 26, 51]}
    r = pool(counts, leave_one_out=False)
    beside = next(i for i in r.pooled.intervals if i.method == "profile")
    assert (beside.ci_low is not None and beside.ci_high is not None) or beside.reason
    assert r.pooled.reporting.ci_low is not None
