"""Regression, influence, all subsets and permutations under mixed models of two arms and of rates."""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import gammaln

from synth.errors import SettingsError
from synth.meta import pool
from synth.meta.analyses.gosh import gosh_analysis
from synth.meta.analyses.influence import influence_analysis
from synth.meta.analyses.moderators import moderator_analysis
from synth.meta.analyses.subgroups import subgroup_analysis
from synth.meta.glmm.two_arm import OK, VARIANTS, effect_model, fit_effects
from synth.meta.glmm.two_arm_regression import effect_moderators, regress_effects, unexplained

KNOWN_FILE = Path(__file__).parent / "reference" / "analyses" / "regression_counts.json"
KNOWN = json.loads(KNOWN_FILE.read_text(encoding="utf-8"))
COLUMNS = {
    "OR": ("events_1", "total_1", "events_2", "total_2"),
    "IRR": ("cases_1", "time_1", "cases_2", "time_2"),
    "IRLN": ("cases_1", "time_1"),
}
NAMES = {"OR": COLUMNS["OR"], "IRR": ("events_1", "time_1", "events_2", "time_2"), "IRLN": ("events", "time")}
# one of each kind of kernel: two effects, a level for each study, hypergeometric, binomial given the events, one arm
KINDS = [("OR", "glmm"), ("OR", "glmm-um-fs"), ("OR", "glmm-cm-el"), ("IRR", "glmm-cm-el"), ("IRLN", "glmm")]


def data_of(measure: str, k: int = 15) -> dict[str, list[float]]:
    """The first studies of the reference data."""
    pairs = zip(NAMES[measure], COLUMNS[measure], strict=True)
    return {ours: KNOWN["data"][theirs][:k] for ours, theirs in pairs}


def z_of(k: int = 15) -> list[float]:
    """Their moderator."""
    return list(KNOWN["data"]["z"][:k])


def without(data: dict[str, list[float]], i: int) -> dict[str, list[float]]:
    """All studies but one."""
    return {name: values[:i] + values[i + 1 :] for name, values in data.items()}


@pytest.mark.parametrize("there", KNOWN["fits"], ids=lambda f: f"{f['measure']} {f['model']}")
def test_regression_as_metafor(there: dict[str, Any]) -> None:
    """Moderators would enter the arms in another way than in rma.glmm, or the tests of them be others."""
    measure = there["measure"]
    word = next((ours for ours, theirs in VARIANTS.items() if theirs == there["model"]), "glmm")
    data = {name: np.array(values, dtype=float) for name, values in data_of(measure).items()}
    model = effect_model(measure, word, data)
    found = effect_moderators(model, np.array(z_of())[:, None], ci_method="wald")
    # 21 nodes and lme4's stopping rule; with two random effects lme4 has the Laplace approximation only
    laplace = there["model"] == "UM.RS"
    near = 1e-2 if laplace else 2e-4
    beta, se = np.array(there["beta"]), np.array(there["se"])
    assert (np.abs(found.estimate - beta) / se).max() < near
    np.testing.assert_allclose(found.se, se, rtol=near)
    assert found.tau2 == pytest.approx(there["tau2"], rel=5e-3 if laplace else 5e-4)
    assert unexplained(model, found.loglik_common) == pytest.approx(there["qe"], rel=1e-3 if laplace else 1e-7)
    assert found.wald == pytest.approx(there["qm"], rel=1.5e-2 if laplace else 1e-3)


def test_regression_with_random_levels_against_hermite_products() -> None:
    """The maximum over two random effects and a covariate would not be one of the integral itself."""
    data = {name: np.array(values, dtype=float) for name, values in data_of("OR", 8).items()}
    z = np.array(z_of(8))
    fit = regress_effects(effect_model("OR", "glmm", data), np.column_stack([np.ones(8), z]))
    level, sigma, tau = float(fit.inner.theta[0, 0]), *np.abs(fit.inner.theta[0, -2:])
    x = np.array([data["events_1"], data["events_2"]]).T
    n = np.array([data["total_1"], data["total_2"]]).T
    nodes, w = np.polynomial.hermite_e.hermegauss(60)
    weight = np.log(w / w.sum())

    def exact(theta: np.ndarray) -> float:
        total = float((gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)).sum())
        u, b = theta[3] * nodes[:, None], theta[4] * nodes[None, :]
        for i in range(8):
            first = theta[0] + theta[1] + theta[2] * z[i] + u + b / 2
            second = theta[0] + u - b / 2
            log = sum(x[i, j] * e - n[i, j] * np.logaddexp(0, e) for j, e in enumerate((first, second)))
            total += float(np.logaddexp.reduce((log + weight[:, None] + weight[None, :]).ravel()))
        return total

    theta = np.array([level, *fit.beta[0], sigma, tau])
    assert exact(theta) == pytest.approx(float(fit.loglik[0]), abs=1e-7)
    for j in range(5):
        if theta[j] == 0.0:
            continue
        step = 1e-4 * np.eye(5)[j]
        assert (exact(theta + step) - exact(theta - step)) / 2e-4 == pytest.approx(0.0, abs=2e-5)


@pytest.mark.parametrize(("measure", "model"), KINDS[1:])
def test_intervals_by_profile_have_the_chance_they_say(measure: str, model: str) -> None:
    """A profile limit of a coefficient would be read off another parameter of the rotated design."""
    data, z = data_of(measure), {"z": z_of()}
    found = moderator_analysis(data, None, z, measure=measure, model=model, ci_method="profile")
    wald = moderator_analysis(data, None, z, measure=measure, model=model, ci_method="wald")
    for ours, rough in zip(found.coefficients, wald.coefficients, strict=True):
        assert ours.estimate == rough.estimate
        for a, b in ((ours.ci_low, rough.ci_low), (ours.ci_high, rough.ci_high)):
            assert a == pytest.approx(b, abs=1.0 * rough.se)  # type: ignore[operator]
    # moving the moderator moves the intercept's profile to that of the effect there
    slope = found.coefficients[1]
    at = [value - 0.5 for value in z_of()]
    moved = moderator_analysis(data, None, {"z": at}, measure=measure, model=model, ci_method="profile")
    assert (moved.coefficients[1].ci_low, moved.coefficients[1].ci_high) == pytest.approx(
        (slope.ci_low, slope.ci_high), abs=1e-5
    )
    top = found.coefficients[0].estimate + 0.5 * slope.estimate  # type: ignore[operator]
    assert moved.coefficients[0].estimate == pytest.approx(top, abs=1e-6)


@pytest.mark.parametrize(("measure", "model"), KINDS)
@pytest.mark.parametrize("effects", ["random", "common"])
def test_influence_is_refitting(measure: str, model: str, effects: str) -> None:
    """A study's influence would be that of another mask than the pool without it."""
    k = 6
    data, words = data_of(measure, k), {"measure": measure, "model": model, "effects": effects}
    found = influence_analysis(data, None, **words)  # type: ignore[arg-type]
    whole = pool(data, leave_one_out=False, **words)  # type: ignore[arg-type]
    assert sum(row.hat or 0.0 for row in found.rows) == pytest.approx(1.0)
    for i in (1, 4):
        alone = pool(without(data, i), leave_one_out=False, **words)  # type: ignore[arg-type]
        change = whole.pooled.estimate - alone.pooled.estimate  # type: ignore[operator]
        row = found.rows[i]
        assert row.cooks_distance == pytest.approx((change / whole.pooled.se) ** 2, rel=1e-4)
        assert row.dffits == pytest.approx(change / alone.pooled.se, rel=1e-4)
        assert row.covariance_ratio == pytest.approx((alone.pooled.se / whole.pooled.se) ** 2, rel=1e-4)
        assert row.q_deleted == pytest.approx(alone.heterogeneity.q, rel=1e-6)
        tau2 = alone.tau2.value
        assert row.tau2_deleted == (None if tau2 is None else pytest.approx(tau2, rel=1e-4, abs=1e-7))
        assert found.baujat[i].influence == pytest.approx(row.dffits**2)  # type: ignore[operator]
    json.dumps(asdict(found), allow_nan=False)


def test_deleted_residual_by_summing_every_table() -> None:
    """The residual would not be that of the first arm's events, given those of both, in a new study."""
    data = data_of("OR", 6)
    row = influence_analysis(data, None, model="glmm-um-fs").rows[3]
    rest = pool(without(data, 3), model="glmm-um-fs", leave_one_out=False)
    x1, n1, x2, n2 = (int(data[name][3]) for name in NAMES["OR"])
    j = np.arange(max(0, x1 + x2 - n2), min(n1, x1 + x2) + 1)

    def ways(n: int, r: np.ndarray) -> np.ndarray:
        return np.asarray(gammaln(n + 1) - gammaln(r + 1) - gammaln(n - r + 1))

    z, w = np.polynomial.hermite_e.hermegauss(80)
    effects = rest.pooled.estimate + np.sqrt(rest.tau2.value) * z  # type: ignore[operator,arg-type]
    log = (ways(n1, j) + ways(n2, x1 + x2 - j))[:, None] + j[:, None] * effects
    chance = (np.exp(log - log.max(axis=0)) / np.exp(log - log.max(axis=0)).sum(axis=0)) @ (w / w.sum())
    mean = float((j * chance).sum())
    sd = float(np.sqrt(((j - mean) ** 2 * chance).sum()))
    assert row.rstudent == pytest.approx((x1 - mean) / sd, rel=1e-6)


def test_deleted_residual_of_a_rate() -> None:
    """The moments of a Poisson count with a normal log rate would be others than those of its mixture."""
    data = data_of("IRLN", 6)
    row = influence_analysis(data, None).rows[1]
    assert row.reason is None
    found = influence_analysis(data, None, model="glmm", measure="IRLN").rows[1]
    rest = pool(without(data, 1), model="glmm", measure="IRLN", leave_one_out=False)
    z, w = np.polynomial.hermite_e.hermegauss(80)
    rates = data["time"][1] * np.exp(rest.pooled.estimate + np.sqrt(rest.tau2.value) * z)  # type: ignore[operator,arg-type]
    mean = float((w * rates).sum() / w.sum())
    variance = mean + float((w * (rates - mean) ** 2).sum() / w.sum())
    assert found.rstudent == pytest.approx((data["events"][1] - mean) / np.sqrt(variance), rel=1e-6)


@pytest.mark.parametrize(("measure", "model"), KINDS)
def test_all_subsets_are_pools_of_their_own(measure: str, model: str) -> None:
    """A subset would be pooled with studies that it does not hold."""
    k = 4
    data = data_of(measure, k)
    found = gosh_analysis(data, None, measure=measure, model=model)
    assert (found.possible, found.pooled, found.exhaustive) == (11, 11, True)
    pools = []
    for size in range(2, k + 1):
        for some in itertools.combinations(range(k), size):
            part = {name: [values[i] for i in some] for name, values in data.items()}
            pools.append(pool(part, measure=measure, model=model, leave_one_out=False, ci_method="wald"))
    estimates = [r.pooled.reporting.estimate for r in pools]
    assert found.estimate is not None
    assert (found.estimate.low, found.estimate.median, found.estimate.high) == pytest.approx(
        (min(estimates), float(np.median(estimates)), max(estimates)),
        rel=1e-6,  # type: ignore[type-var,arg-type]
    )
    assert found.i2 is not None
    assert found.i2.median == pytest.approx(float(np.median([r.heterogeneity.i2 for r in pools])), abs=1e-5)  # type: ignore[arg-type]
    common = gosh_analysis(data, None, measure=measure, model=model, effects="common")
    assert (common.pooled, common.i2_method, common.tau2) == (11, "q", None)


def test_permutations_are_all_the_arrangements() -> None:
    """A p-value by permutation would count other arrangements than those of the moderator."""
    k = 5
    data = {name: np.array(values, dtype=float) for name, values in data_of("OR", k).items()}
    z = np.array(z_of(k))
    model = effect_model("OR", "glmm-cm-al", data)
    observed = regress_effects(model, np.column_stack([np.ones(k), z]))
    beyond = [0.0, 0.0]
    for order in itertools.permutations(range(k)):
        fit = regress_effects(model, np.column_stack([np.ones(k), z[list(order)]]))
        assert int(fit.state[0]) == OK
        strength, least = (abs(f.beta[0, 1] / f.se[0, 1]) for f in (fit, observed))
        beyond[0] += strength >= least - 1e-7
        beyond[1] += fit.loglik[0] >= observed.loglik[0] - 1e-7
    found = moderator_analysis(data_of("OR", k), None, {"z": z_of(k)}, model="glmm-cm-al", permutations=200)  # type: ignore[arg-type]
    assert found.coefficients[1].permutation_p == pytest.approx(beyond[0] / 120)
    assert found.qm_permutation_p == pytest.approx(beyond[1] / 120)
    assert "all there are" in str(found.permutation)


@pytest.mark.parametrize(("measure", "model"), KINDS[1:])
def test_subgroups_with_one_tau2_are_the_regression_on_them(measure: str, model: str) -> None:
    """One tau2 for all groups would not be that of the model that has a mean for each."""
    data, by = data_of(measure), ["a", "b", "a", "b", "b"] * 3
    words = {"measure": measure, "model": model}
    found = subgroup_analysis(data, None, by, by_tau2="common", permutations=20, **words)  # type: ignore[arg-type]
    line = moderator_analysis(data, None, {"by": by}, **words)  # type: ignore[arg-type]
    first, second = found.groups
    assert (first.tau2, second.tau2) == pytest.approx((line.tau2, line.tau2))
    assert np.log(first.estimate) == pytest.approx(line.coefficients[0].estimate, abs=1e-6)  # type: ignore[arg-type]
    assert np.log(second.estimate / first.estimate) == pytest.approx(line.coefficients[1].estimate, abs=1e-6)  # type: ignore[operator]
    assert found.q_between == pytest.approx((line.coefficients[1].estimate / line.coefficients[1].se) ** 2, rel=1e-5)  # type: ignore[operator]
    assert found.permutation_p is not None
    assert "likelihood ratio" in str(found.permutation)
    apart = subgroup_analysis(data, None, by, permutations=20, **words)  # type: ignore[arg-type]
    assert apart.permutation_p is not None
    assert "Q between" in str(apart.permutation)


def test_a_group_at_its_end_keeps_its_limit_beside_one_tau2() -> None:
    """A group whose ratio is 0 would be lost, or make the others infinite."""
    data = data_of("OR", 7)
    data = {name: [*values, *more] for (name, values), more in zip(
        data.items(), ([0, 0], [20, 30], [4, 3], [25, 31]), strict=True)}  # fmt: skip
    found = subgroup_analysis(data, None, list("aabbaabcc"), by_tau2="common", model="glmm-um-fs")
    last = found.groups[2]
    assert (last.estimate, last.ci_low, last.ci_method) == (0.0, 0.0, "exact")
    assert last.ci_high is not None
    assert found.groups[0].tau2 == found.groups[1].tau2 is not None
    assert "c" in found.notes[0]


def test_a_separating_moderator_is_refused_with_the_reason() -> None:
    """A coefficient that runs to infinity would be shown as a number."""
    data = {"events_1": [0, 0, 0, 3, 4, 2], "total_1": [30] * 6, "events_2": [3, 2, 4, 0, 0, 0], "total_2": [30] * 6}
    for model in ("glmm", "glmm-um-fs", "glmm-cm-el"):
        found = moderator_analysis(data, None, {"late": [0, 0, 0, 1, 1, 1]}, model=model)
        assert found.coefficients == ()
        assert found.reason is not None
        assert "infinite" in found.reason or "rises for ever" in found.reason
    fit = fit_effects(effect_model("OR", "glmm-um-fs", {n: np.array(v, dtype=float) for n, v in data.items()}),
                      np.ones((1, 6)))  # fmt: skip
    assert int(fit.state[0]) != OK or float(fit.tau2[0]) > 1.0


def test_other_models_are_refused_with_the_nearest() -> None:
    """A model without the analysis would give a number of another model, or no way out."""
    for model, measure in (("mh", "OR"), ("peto", "PETO")):
        with pytest.raises(SettingsError, match="Use --model inverse --measure"):
            influence_analysis(data_of("OR", 5), None, model=model, measure=measure)
