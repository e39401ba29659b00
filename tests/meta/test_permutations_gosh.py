"""Permutation tests and all subsets: against the same thing done one by one."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from synth import meta
from synth.errors import SettingsError
from synth.meta.glmm.moderators import glmm_moderators, glmm_subgroups
from synth.meta.glmm.permutation import permuted_groups as glmm_groups
from synth.meta.glmm.permutation import permuted_regression
from synth.meta.sensitivity.influence import all_subsets
from synth.meta.sensitivity.permutation import arrange, permuted_groups
from synth.meta.sensitivity.subgroups import subgroups

COUNTS = {"events": [9, 3, 2, 1, 5], "total": [43, 38, 26, 17, 60]}
NAMES = list("ABCDE")
ESTIMATES = {"estimate": [0.1, 0.5, 0.4, 0.9, 0.2, 0.7], "se": [0.1, 0.2, 0.1, 0.3, 0.2, 0.15]}
GROUPS = ["a", "a", "b", "b", "b", "a"]
SLACK = 1e-8  # arrangements that differ by less are the same one, met again by symmetry


def every_order(k: int) -> list[list[int]]:
    """All orders of k things."""
    return [list(order) for order in itertools.permutations(range(k))]


@pytest.mark.parametrize("effects", ["random", "common"])
def test_a_logistic_regression_by_brute_force(effects: str) -> None:
    """The permutation test of the binomial-normal model deals the studies otherwise than one order after the other."""
    x, n, year = np.array(COUNTS["events"]), np.array(COUNTS["total"]), np.array([1.0, 2.0, 3.0, 4.0, 7.0])
    fits = [glmm_moderators(x[order], n[order], year, effects=effects) for order in every_order(5)]
    slope = np.array([abs(fit.estimate[1] / fit.se[1]) for fit in fits])
    ratio = np.array([fit.ratio for fit in fits])
    found = permuted_regression(x, n, np.column_stack([np.ones(5), year]), effects=effects)
    assert (found.plan.total, found.plan.exact) == (120, True)
    assert found.p_values[1] == pytest.approx((slope >= slope[0] - SLACK).mean())
    assert found.together_p == pytest.approx((ratio >= ratio[0] - SLACK).mean())


@pytest.mark.parametrize("tau2", ["separate", "common"])
def test_groups_of_the_binomial_normal_model_by_brute_force(tau2: str) -> None:
    """The groups' permutation test compares other likelihoods than those of the subgroup analysis."""
    x, n, labels = np.array(COUNTS["events"]), np.array(COUNTS["total"]), np.array([0, 0, 1, 1, 1])
    fits = [glmm_subgroups(x[o], n[o], labels.tolist(), tau2=tau2) for o in every_order(5)]
    strength = np.array([fit.ratio if tau2 == "common" else fit.wald for fit in fits])
    found = glmm_groups(x, n, labels, tau2=tau2)
    assert (found.plan.total, found.statistic) == (10, "ratio" if tau2 == "common" else "q")
    assert found.together_p == pytest.approx((strength >= strength[0] - SLACK).mean())


def test_groups_without_events_are_compared_by_the_likelihood() -> None:
    """An arrangement with a group without events counts as the strongest, though its likelihood is known."""
    x, n, labels = np.array([0, 0, 2, 3, 4]), np.array([20, 26, 30, 33, 40]), np.array([0, 1, 0, 1, 1])
    found = glmm_groups(x, n, labels)
    ratio = []
    for order in every_order(5):
        parts = [meta.pool({"events": x[order][labels == g].tolist(), "total": n[order][labels == g].tolist()})
                 for g in (0, 1)]  # fmt: skip
        ratio.append(sum(0.0 if part.events == 0 else part.loglik or np.nan for part in parts))
    assert found.statistic == "ratio"
    assert found.together_p == pytest.approx((np.array(ratio) >= ratio[0] - SLACK).mean())


@pytest.mark.parametrize("effects", ["random", "common"])
def test_groups_by_inverse_variance_by_brute_force(effects: str) -> None:
    """The groups' permutation test under inverse variance is of another statistic than Q between the groups."""
    y, v = np.array(ESTIMATES["estimate"]), np.array(ESTIMATES["se"]) ** 2
    labels = np.array([0, 0, 1, 1, 1, 0])
    q = np.array([
        subgroups(y, v, labels[order].tolist(), effects=effects, ci_method="wald").q_between for order in every_order(6)
    ])  # fmt: skip
    p, plan = permuted_groups(y, v, labels, effects=effects)
    assert plan.total == 20
    assert p == pytest.approx((q >= q[0] - SLACK).mean())


def test_a_sample_of_arrangements_begins_with_the_one_observed() -> None:
    """A sampled test can give p = 0, is another at each call, or draws something else than arrangements."""
    labels = np.array([0, 1, 1, 2, 2, 2, 3, 3, 3, 3])
    plan = arrange(labels, 500, seed=4)
    rows = np.concatenate(list(plan.batches(64)))
    assert (plan.total, plan.exact, plan.seed, len(rows)) == (500, False, 4, 500)
    assert (rows[0] == labels).all()
    assert (np.sort(rows, axis=1) == labels).all()
    assert (rows == np.concatenate(list(plan.batches(64)))).all()
    assert not (rows == np.concatenate(list(arrange(labels, 500, seed=5).batches(64)))).all()


@pytest.mark.parametrize("words", [{}, {"by_tau2": "common"}, {"effects": "common"}])
@pytest.mark.parametrize("data", [COUNTS, ESTIMATES], ids=["counts", "estimates"])
def test_subgroups_carry_their_permutation_test(data: dict[str, Any], words: dict[str, Any]) -> None:
    """A subgroup analysis leaves its permutation test out, or does not say how it was made."""
    k = len(next(iter(data.values())))
    found = meta.subgroup_analysis(data, None, GROUPS[:k], permutations=5000, **words)
    total = 10 if k == 5 else 20
    assert str(found.permutation).startswith(f"{total} arrangements of the studies, all there are, by ")
    assert found.permutation_p is not None
    assert total * found.permutation_p == pytest.approx(round(total * found.permutation_p))
    drawn = meta.subgroup_analysis(data, None, GROUPS[:k], permutations=5, seed=9, **words)
    assert "5 arrangements of the studies drawn with seed 9" in str(drawn.permutation)
    assert meta.subgroup_analysis(data, None, GROUPS[:k], **words).permutation_p is None
    assert meta.subgroup_analysis(data, None, ["x"] * k, permutations=50, **words).permutation is None


def test_groups_without_a_likelihood_say_so() -> None:
    """Groups of nothing but zeros and ones break the permutation test, or give it a number."""
    data = {"events": [0, 9, 5, 6, 3], "total": [20, 9, 40, 33, 30]}
    found = meta.subgroup_analysis(data, None, ["z", "z", "a", "b", "a"], permutations=100)
    assert found.permutation_p is None
    assert "no maximum of the likelihood" in str(found.permutation)
    zeros = {"events": [0, 0, 5, 6, 3], "total": [20, 9, 40, 33, 30]}
    edge = meta.subgroup_analysis(zeros, None, ["z", "z", "a", "b", "a"], permutations=100)
    assert edge.permutation_p is not None


def test_regressions_of_both_models_carry_their_permutation_test() -> None:
    """A moderator of proportions, pooled by default by the binomial-normal model, has no permutation test."""
    for words in ({}, {"model": "inverse"}, {"effects": "common"}):
        found = meta.moderator_analysis(COUNTS, None, {"year": [1, 2, 3, 4, 7]}, permutations=200, **words)
        assert str(found.permutation).startswith("120 arrangements")
        assert found.coefficients[1].permutation_p == pytest.approx(found.qm_permutation_p, abs=0.1)


def test_all_subsets_of_estimates() -> None:
    """The spread over all subsets is another than that of the kernel, or a subset of one study is among them."""
    y, v = np.array(ESTIMATES["estimate"]), np.array(ESTIMATES["se"]) ** 2
    kernel = all_subsets(y, v, smallest=2)
    found = meta.gosh_analysis(ESTIMATES)
    assert (found.possible, found.pooled, found.exhaustive, found.seed) == (57, 57, True, None)
    assert found.estimate is not None
    assert found.i2 is not None
    assert found.estimate.median == pytest.approx(np.median(kernel.estimate), rel=1e-12)
    assert found.i2.high == pytest.approx(kernel.i2.max(), rel=1e-12)
    assert sum(cell.count for cell in found.cells) == 57
    held = kernel.masks[:, 3]
    fourth = found.studies[3]
    assert fourth.estimate_with == pytest.approx(np.median(kernel.estimate[held]), rel=1e-12)
    assert fourth.i2_without == pytest.approx(np.median(kernel.i2[~held]), rel=1e-12)
    apart = [abs((s.estimate_with or 0.0) - (s.estimate_without or 0.0)) for s in found.studies]
    assert found.apart == found.studies[int(np.argmax(apart))].study
    assert sum(cell.count_apart for cell in found.cells) == 31
    total = sum(cell.count * cell.estimate for cell in found.cells)
    assert total / 57 == pytest.approx(kernel.estimate.mean(), rel=1e-12)


@pytest.mark.parametrize("words", [{}, {"effects": "common"}, {"measure": "PFT"}, {"model": "inverse"}])
def test_all_subsets_of_counts_one_by_one(words: dict[str, Any]) -> None:
    """A subset under some model gives another answer than pooling its studies alone."""
    found = meta.gosh_analysis(COUNTS, NAMES, **words)
    shares = []
    for size in range(2, 6):
        for chosen in itertools.combinations(range(5), size):
            some = {name: [values[i] for i in chosen] for name, values in COUNTS.items()}
            shares.append(meta.pool(some, leave_one_out=False, **words).pooled.reporting.estimate)
    assert found.estimate is not None
    # fits of the binomial-normal model settle to 1e-11 of a standard error
    assert found.estimate.low == pytest.approx(min(shares), rel=1e-9)
    assert found.estimate.high == pytest.approx(max(shares), rel=1e-9)
    assert found.estimate.median == pytest.approx(np.median(shares), rel=1e-9)


def test_a_sample_of_subsets() -> None:
    """Many studies are pooled in all their subsets, or the sample does not say its size and seed."""
    k = 40
    data = {"estimate": np.linspace(-1.0, 1.0, k).tolist(), "se": [0.3] * k}
    found = meta.gosh_analysis(data, subsets=500, seed=3)
    assert (found.pooled, found.exhaustive, found.seed) == (500, False, 3)
    assert found.possible == 2**40 - 41
    assert found == meta.gosh_analysis(data, subsets=500, seed=3)
    assert found != meta.gosh_analysis(data, subsets=500, seed=4)
    assert meta.gosh_analysis({name: v * 2 for name, v in data.items()}, subsets=50).possible is None


def test_subsets_without_an_answer_are_counted() -> None:
    """Subsets without any event vanish, or stand in the cloud as a number."""
    data = {"events": [0, 0, 0, 4, 5], "total": [20, 30, 25, 40, 50]}
    found = meta.gosh_analysis(data)
    assert (found.pooled, found.unanswered) == (22, 4)
    assert found.notes == ("4 subsets have no finite estimate, such as those without any event.",)
    none = meta.gosh_analysis({"events": [0, 0, 0], "total": [20, 30, 25]})
    assert none.reason == "no subset has a finite estimate"
    assert meta.gosh_analysis({"events": [1, 2], "total": [20, 30]}).reason == (
        "2 studies: subsets of two or more say nothing new"
    )


def test_what_cannot_be_asked_of_subsets() -> None:
    """A number of subsets that no memory holds, or none, is taken."""
    for wrong in (3, -1, 2.5, True, 10**7):
        with pytest.raises(SettingsError):
            meta.gosh_analysis(ESTIMATES, subsets=wrong)
    with pytest.raises(SettingsError, match="--model glmm"):
        meta.gosh_analysis(COUNTS, model="bayes")


def test_figures_of_metafor() -> None:
    """Permutation tests or all subsets give other numbers than metafor 3.8-1."""
    # permutest(rma(y, v, mods = ~ x, test = "knha"), exact = TRUE); permutest(rma(y, v, mods = ~ g, test = "z"),
    # exact = TRUE); gosh(rma(y, v, method = "DL")) without its single studies; x = 1, 2, 3, 4, 7; g = a, a, b, b, b
    data = {"estimate": [0.1, 0.3, 0.35, 0.65, 0.9], "se": [0.17, 0.22, 0.1, 0.22, 0.3]}
    found = meta.moderator_analysis(data, None, {"x": [1, 2, 3, 4, 7]}, ci_method="hksj", permutations=5000)
    assert [row.permutation_p for row in found.coefficients] == pytest.approx([0.925, 1 / 120], rel=1e-12)
    assert found.qm_permutation_p == pytest.approx(1 / 120, rel=1e-12)
    groups = meta.subgroup_analysis(data, None, list("aabbb"), by_tau2="common", permutations=500)
    assert groups.permutation_p == pytest.approx(0.3, rel=1e-12)
    cloud = meta.gosh_analysis(data, tau2_method="DL")
    assert cloud.estimate is not None
    assert cloud.i2 is not None
    quartiles = [cloud.estimate.low, cloud.estimate.q1, cloud.estimate.median, cloud.estimate.q3, cloud.estimate.high]
    # printed at ten digits
    expected = [0.1747736093, 0.3418132990, 0.4116245509, 0.4731951919, 0.7374277457]
    assert quartiles == pytest.approx(expected, abs=1e-10)
    assert (cloud.i2.median, cloud.i2.high) == pytest.approx((0.4568652918, 0.8142187500), abs=1e-10)
