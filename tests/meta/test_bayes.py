"""Bayesian pooling against reference values, and against sums over a dense grid that share no code with it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logsumexp
from scipy.stats import beta

from synth.errors import NoAnswer, SettingsError
from synth.meta.models.bayes import TauPrior, bayes_normal
from synth.meta.models.bayes_binomial import bayes_binomial, pool_bayes

PRIORS = {
    "halfnormal_0.5": TauPrior("half-normal", 0.5),
    "halfnormal_1": TauPrior("half-normal", 1.0),
    "halfcauchy_0.5": TauPrior("half-cauchy", 0.5),
}
LEAVES = {
    "mu_median": ("median", "mu_sd"), "mu_mean": ("mean", "mu_sd"), "mu_sd": ("sd", "mu_sd"),
    "mu_q025": ("low", "mu_sd"), "mu_q975": ("high", "mu_sd"), "tau_median": ("tau_median", "tau_sd"),
    "tau_mean": ("tau_mean", "tau_sd"), "tau_sd": ("tau_sd", "tau_sd"), "tau_q025": ("tau_low", "tau_sd"),
    "tau_q975": ("tau_high", "tau_sd"), "pred_q025": ("prediction_low", "mu_sd"),
    "pred_q975": ("prediction_high", "mu_sd"),
}  # fmt: skip
# Both sides are dense quadrature: 1e-9 of a standard deviation. Under a half-Cauchy prior and two to four studies the
# reference cuts the tail of tau, which falls like a power, too early: 2e-3 of a standard deviation in moments that the
# tail dominates, 1e-4 in a quantile (ours are held to an integral without a cut below); 3e-9 with five studies.
NEAR, CUT, FIVE = 1e-9, 3e-3, 1e-7


def test_every_reference_set(shared: Path) -> None:
    """A wrong prior, likelihood or quantile would give another posterior than the reference's."""
    compared = 0
    for path in sorted((shared / "reference").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            continue
        for block in content.get("measures", {}).values():
            if not block.get("bayes"):
                continue
            y, v = (np.array([np.nan if a is None else a for a in block[c]], dtype=float) for c in ("yi", "vi"))
            use = np.isfinite(y) & np.isfinite(v) & (v > 0)
            for name, prior in PRIORS.items():
                there = block["bayes"][name]
                fit = bayes_normal(y, np.where(use, v, 1.0), use, prior=prior) if use.all() else bayes_normal(
                    y[use], v[use], prior=prior
                )  # fmt: skip
                near = NEAR
                if prior.name == "half-cauchy":
                    near = CUT if use.sum() <= 4 else FIVE if use.sum() == 5 else NEAR
                for leaf, (ours, unit) in LEAVES.items():
                    value = float(getattr(fit, ours))
                    if np.isnan(value):
                        assert prior.name == "half-cauchy" and use.sum() <= 2  # noqa: PT018
                        continue
                    assert abs(value - there[leaf]) <= near * (there[unit] or 1.0), (content["id"], name, leaf)
                    compared += 1
                log_marginal = there["log_marginal_likelihood_up_to_2pi"]
                assert float(fit.log_marginal) == pytest.approx(log_marginal, rel=1e-9, abs=near)
                compared += 1
    print(f"{compared} numbers compared")  # noqa: T201
    assert compared >= 2000


def test_half_cauchy_tail_is_not_cut() -> None:
    """With two studies a tau of thousands still matters to the bounds, and would be cut off."""
    y, v = np.array([-1.2, -1.45]), np.array([0.11, 0.14])
    fit = bayes_normal(y, v, prior=TauPrior("half-cauchy", 0.5))
    w = np.linspace(-25.0, 25.0, 20001)  # tau = e^w: the trapezoidal rule on the whole line
    tau = np.exp(w)
    total = v + tau[:, None] ** 2
    mean = (y / total).sum(1) / (1 / total).sum(1)
    log = -0.5 * (np.log(total).sum(1) + np.log((1 / total).sum(1)) + ((y - mean[:, None]) ** 2 / total).sum(1))
    weight = np.exp(log - log.max()) / (1 + (tau / 0.5) ** 2) * tau
    cdf = np.cumsum(weight) / weight.sum()
    # linear interpolation between 20,000 points
    assert float(fit.tau_high) == pytest.approx(float(np.exp(np.interp(0.975, cdf, w + 0.5 * (w[1] - w[0])))), rel=1e-4)
    assert np.isnan(fit.sd)
    assert np.isfinite(fit.mean)


def test_masks_of_the_normal_model_equal_a_loop() -> None:
    """Leave-one-out through the mask would differ from the posterior without the study."""
    y, v = np.array([0.1, -0.4, 0.9, 0.3]), np.array([0.02, 0.1, 0.3, 0.05])
    both = bayes_normal(y, v, np.vstack([~np.eye(4, dtype=bool), np.zeros((1, 4), dtype=bool)]))
    for i in range(4):
        alone = bayes_normal(np.delete(y, i), np.delete(v, i))
        for name in ("median", "low", "tau_high", "prediction_high", "log_marginal"):
            # the panels depend on the smallest standard error only through where they lie
            assert float(getattr(both, name)[i]) == pytest.approx(float(getattr(alone, name)), rel=1e-9, abs=1e-9)
    assert np.isnan(both.median[4])


def grid_posterior(x: list[int], n: list[int], scale: float, logistic: bool) -> dict[str, float]:
    """Posterior quantiles by plain sums: 150 taus, 900 means, 40 Gauss-Hermite nodes for each study."""
    z, w = np.polynomial.hermite_e.hermegauss(40)
    w = w / w.sum()
    tau = (np.arange(150) + 0.5) * (6.0 * scale / 150)
    mu = np.linspace(-16.0, 9.0, 901)
    eta = mu[None, :, None] + tau[:, None, None] * z
    log = -0.5 * (tau[:, None] / scale) ** 2 + np.zeros_like(mu)
    for xi, ni in zip(x, n, strict=True):
        log = log + logsumexp(xi * eta - ni * np.logaddexp(0.0, eta) + np.log(w), axis=2)
    if logistic:
        log = log + mu - 2.0 * np.logaddexp(0.0, mu)
    p = np.exp(log - log.max())
    p /= p.sum()
    by_mu, by_tau = np.cumsum(p.sum(0)), np.cumsum(p.sum(1))
    half_mu, half_tau = 0.5 * (mu[1] - mu[0]), 0.5 * (tau[1] - tau[0])
    quantile = {f"mu{q}": float(np.interp(q, by_mu, mu + half_mu)) for q in (0.025, 0.5, 0.975)}
    quantile |= {f"tau{q}": float(np.interp(q, by_tau, tau + half_tau)) for q in (0.5, 0.975)}
    return quantile


@pytest.mark.parametrize(
    ("x", "n", "scale", "flat"),
    [([7, 3, 1, 0, 5], [43, 38, 26, 17, 30], 0.5, True), ([0, 0, 0], [10, 20, 30], 0.5, False),
     ([0, 5, 0], [5, 5, 7], 1.0, True)],
)  # fmt: skip
def test_binomial_against_a_dense_grid(x: list[int], n: list[int], scale: float, flat: bool) -> None:
    """A hull cut too early, or too few nodes, would move the credible limits."""
    fit, there = bayes_binomial(x, n, prior=TauPrior("half-normal", scale)), grid_posterior(x, n, scale, not flat)
    assert bool(fit.flat) is flat
    # the grid's own step: 0.03 in mu, squared, and its steps in tau
    for ours, name in [(fit.low, "mu0.025"), (fit.median, "mu0.5"), (fit.high, "mu0.975"), (fit.tau_median, "tau0.5"),
                       (fit.tau_high, "tau0.975")]:  # fmt: skip
        assert float(ours) == pytest.approx(there[name], abs=2e-3), name


def test_more_nodes_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of nodes would show in the answer."""
    x, n = [7, 3, 1, 0, 5, 12], [43, 38, 26, 17, 30, 19]
    here = bayes_binomial(x, n)
    for name, value in (("_TAU_PANELS", 14), ("_TAU_ORDER", 10), ("_MU_ORDER", 14)):
        monkeypatch.setattr(f"synth.meta.models.bayes_binomial.{name}", value)
    there = bayes_binomial(x, n)
    for name in ("median", "low", "high", "tau_median", "tau_high", "prediction_low", "log_marginal"):
        # in logits: far below anything printed
        assert float(getattr(here, name)) == pytest.approx(float(getattr(there, name)), abs=1e-6), name


def test_one_study_without_variation_is_bayes_own_beta() -> None:
    """The uniform prior would not be uniform on the proportion."""
    fit = bayes_binomial([3], [20], prior=TauPrior("half-normal", 1e-4), mu_prior="uniform")
    # tau = 1e-4 and its mass near 0: a relative 1e-6
    assert float(expit(fit.low)) == pytest.approx(float(beta.ppf(0.025, 4, 18)), rel=1e-6)
    assert float(expit(fit.high)) == pytest.approx(float(beta.ppf(0.975, 4, 18)), rel=1e-6)
    evidence = -np.log(21.0)  # every count is equally likely
    assert float(fit.log_marginal) == pytest.approx(evidence, abs=1e-6)


def test_prediction_is_wider_and_mirrored() -> None:
    """Counting survivors instead of deaths would give another posterior."""
    x, n = np.array([7, 3, 1, 0, 5]), np.array([43, 38, 26, 17, 30])
    a, b = pool_bayes(x, n), pool_bayes(n - x, n)
    assert a.prediction_low < a.ci_low < a.proportion < a.ci_high < a.prediction_high
    assert a.proportion == pytest.approx(1 - b.proportion, rel=1e-6)
    assert a.ci_low == pytest.approx(1 - b.ci_high, rel=1e-6)
    assert a.prediction_low == pytest.approx(1 - b.prediction_high, rel=1e-6)


def test_masks_of_the_binomial_model_equal_a_loop() -> None:
    """A row of the mask would differ from the posterior of its own studies."""
    x, n = np.array([2, 0, 5, 0]), np.array([20, 9, 31, 12])
    include = np.array([[1, 1, 1, 1], [0, 2, 0, 1], [1, 0, 1, 0], [0, 0, 0, 0]])
    both = bayes_binomial(x, n, include)
    assert both.flat.tolist()[:3] == [True, False, True]
    for row in range(3):
        alone = bayes_binomial(np.repeat(x, include[row]), np.repeat(n, include[row]))
        for name in ("median", "low", "high", "tau_high", "log_marginal"):
            assert float(getattr(both, name)[row]) == pytest.approx(float(getattr(alone, name)), abs=1e-6), name
    assert np.isnan(both.median[3])


def test_refusals() -> None:
    """A prior without a posterior, or without a name, would give numbers all the same."""
    with pytest.raises(NoAnswer, match="flat prior"):
        pool_bayes([0, 0], [10, 20], mu_prior="flat")
    with pytest.raises(SettingsError, match="half-cauchy"):
        TauPrior("cauchy", 1.0)
    with pytest.raises(SettingsError, match="uniform"):
        bayes_binomial([1], [2], mu_prior="jeffreys")


def test_small_tables() -> None:
    """Some small sparse table would end in an exception, a nan or an interval that misses its estimate."""
    rng = np.random.default_rng(3)
    for _ in range(25):
        k = int(rng.integers(1, 7))
        n = rng.integers(1, 61, k)
        r = pool_bayes(rng.binomial(n, rng.choice([0.0, 0.05, 1.0], k)), n)
        assert 0.0 <= r.prediction_low <= r.ci_low <= r.proportion <= r.ci_high <= r.prediction_high <= 1.0
        assert 0.0 < r.tau_ci_low < r.tau < r.tau_ci_high
