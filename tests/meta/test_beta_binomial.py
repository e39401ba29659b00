"""The beta-binomial model against reference values, a second computation, its boundaries and its symmetries."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import betaln, expit, gammaln, logit

from synth.errors import SettingsError
from synth.meta.glmm.fit import ALL_EVENTS, ALL_ZERO, EMPTY, OK, Cells
from synth.meta.models.beta_binomial import fit_beta_binomial, log_likelihood
from synth.meta.models.beta_binomial_profile import pool_beta_binomial, profile_mean, profile_rho
from synth.meta.numeric.rising import rising

X, N = [7, 3, 1, 0, 5], [43, 38, 26, 17, 30]
# The references maximise log-gamma differences with a general optimiser. beta_binomial_ml: up to 1.2e-7 of a
# standard error away on these sets; where counts are in the millions that difference has lost its digits, and it is
# 2e-5 away (from us, and from glmmTMB, which is 3e-7 away from us). glmmTMB stops within 4e-5.
REFERENCE = {"edge_bigcount": 5e-5}
GLMMTMB = 1e-4


def direct(x: list[int], n: list[int], mu: float, rho: float) -> float:
    """Log-likelihood by beta functions: fit for rho well inside (0, 1)."""
    xs, ns = np.array(x, dtype=float), np.array(n, dtype=float)
    a, b = expit(mu) * (1 - rho) / rho, expit(-mu) * (1 - rho) / rho
    choose = gammaln(ns + 1) - gammaln(xs + 1) - gammaln(ns - xs + 1)
    return float(np.sum(choose + betaln(a + xs, b + ns - xs) - betaln(a, b)))


def test_rising_sums_against_fractions() -> None:
    """A term lost in the Euler-Maclaurin formula would bend the likelihood of larger studies."""
    for z in (Fraction(0), Fraction(1, 10**6), Fraction(1, 37), Fraction(3), Fraction(10**9)):
        for m in (0, 1, 5, 32, 33, 90, 400):
            parts = [Fraction(j) / (1 + j * z) for j in range(m)]
            logs = math.fsum(math.log1p(float(j * z)) for j in range(m))
            ours = rising(np.array([float(z)]), np.array([float(m)]))
            theirs = (logs, float(sum(parts)), float(sum(p * p for p in parts)))
            for a, b in zip(ours, theirs, strict=True):
                # a few roundings, and those of the antiderivative's cancellation at moderate z
                assert float(a[0]) == pytest.approx(b, rel=2e-13), (z, m)


def test_every_reference_set(shared: Path) -> None:
    """A wrong likelihood, boundary or stop would give another mean proportion than the reference's."""
    compared = edges = 0
    for path in sorted((shared / "reference").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or content.get("kind") != "proportion":
            continue
        name, x, n = content["id"], content["data"]["events"], content["data"]["n"]
        fit = fit_beta_binomial(x, n)
        exact, tmb = content["glmm"]["beta_binomial_ml"], content["glmm"]["beta_binomial_glmmTMB"]
        if "error" in exact:
            assert int(fit.state) in (ALL_ZERO, ALL_EVENTS), name
            edges += 1
            continue
        near, se, rho = REFERENCE.get(name, 1e-6), float(fit.se), float(fit.rho)
        pairs = [
            (fit.mu, logit(exact["prop"]), near * se),
            (rho, exact["rho"], near * max(rho, 1e-9)),
            (fit.loglik, exact["logLik"], 1e-7),
        ]
        if exact["boundary"]:
            assert rho == 0.0, name
        else:
            result = pool_beta_binomial(x, n, ci_method="wald")
            spread = fit.se_rho / (rho * (1 - rho))
            pairs += [
                (se, exact["se_logit"], near * se),
                (result.ci_low, exact["ci_lb"], near),
                (result.ci_high, exact["ci_ub"], near),
                (logit(rho), exact["logit_rho"], near * spread),
                # a ratio of two flat directions where rho hardly shows
                (spread, exact["se_logit_rho"], 100 * near * spread),
                (result.alpha / exact["alpha"], 1.0, 10 * near * spread),
                (result.beta / exact["beta"], 1.0, 10 * near * spread),
            ]
            if "error" not in tmb:
                pairs += [(fit.mu, tmb["logit_prop"], GLMMTMB * se), (rho, tmb["rho_from_phi"], GLMMTMB * rho)]
                if tmb["se"] is not None:
                    pairs.append((se, tmb["se"], GLMMTMB * se))
        for ours, theirs, allowed in pairs:
            assert abs(float(ours) - theirs) <= allowed, (name, float(ours), theirs)
        compared += len(pairs)
    print(f"{compared} numbers compared, {edges} sets at an edge")  # noqa: T201
    assert compared >= 330
    assert edges == 4


@pytest.mark.parametrize(("mu", "rho"), [(-2.0, 0.05), (0.4, 0.5), (-6.0, 0.9), (1.0, 1e-3)])
def test_likelihood_and_derivatives(mu: float, rho: float) -> None:
    """A wrong likelihood or derivative would move the maximum or its standard error."""
    rows = Cells(np.array(X, dtype=float), np.array(N, dtype=float), np.ones((1, 5)))
    at = np.array([mu, float(logit(rho))])
    value, gradient, hessian = log_likelihood(rows, at[None])
    # beta functions lose digits as 1 / rho
    assert float(value[0] + rows.constant()[0]) == pytest.approx(direct(X, N, mu, rho), abs=1e-10)
    h = 1e-5
    for i in range(2):
        step = np.eye(2)[i] * h
        up, down = log_likelihood(rows, (at + step)[None]), log_likelihood(rows, (at - step)[None])
        # central differences: h^2 and rounding over h
        assert float(gradient[0, i]) == pytest.approx(float(up[0][0] - down[0][0]) / (2 * h), abs=1e-6)
        assert hessian[0, i] == pytest.approx((up[1][0] - down[1][0]) / (2 * h), abs=1e-6)


def test_profile_limits_by_brute_force() -> None:
    """A limit that is not where the likelihood has fallen by 1.92 is not a 95 % limit."""
    fit = fit_beta_binomial(X, N)
    fallen = float(fit.loglik) - 1.959963984540054**2 / 2
    for limit in profile_mean(X, N, fit):
        best = minimize_scalar(lambda w, m=float(limit): -direct(X, N, m, float(expit(w))), bounds=(-14, 3),
                               method="bounded", options={"xatol": 1e-10})  # fmt: skip
        assert -best.fun == pytest.approx(fallen, abs=1e-8)
    low, high = profile_rho(X, N, fit)
    assert float(low) == 0.0
    best = minimize_scalar(lambda m: -direct(X, N, m, float(high)), bounds=(-6, 1), method="bounded",
                           options={"xatol": 1e-10})  # fmt: skip
    assert -best.fun == pytest.approx(fallen, abs=1e-8)


def test_all_zero_and_all_events() -> None:
    """No event at all would end as an error or as an interval of [0, 1]."""
    zero, every = pool_beta_binomial([0, 0, 0], [10, 20, 30]), pool_beta_binomial([10, 20, 30], [10, 20, 30])
    assert (zero.proportion, zero.ci_low, zero.ci_method) == (0.0, 0.0, "exact")
    assert zero.ci_high == pytest.approx(1 - 0.025 ** (1 / 60), rel=1e-12)
    assert (every.proportion, every.ci_high) == (1.0, 1.0)
    assert every.ci_low == pytest.approx(0.025 ** (1 / 60), rel=1e-12)
    assert zero.reason is not None
    assert zero.rho is None


def test_separated_studies_have_an_answer() -> None:
    """Studies wholly with or without events would be refused, though rho = 1 is the maximum."""
    result = pool_beta_binomial([0, 5, 0], [5, 5, 7])
    assert (result.rho, result.ci_method) == (1.0, "profile")
    assert result.proportion == pytest.approx(1 / 3, rel=1e-12)
    assert result.loglik == pytest.approx(math.log(4 / 27), rel=1e-12)
    assert 0.0 < result.ci_low < 1 / 3 < result.ci_high < 1.0
    assert result.rho_ci_high == 1.0


def test_one_study_and_single_patients() -> None:
    """One study, or studies of one patient, would be given a variation that they cannot show."""
    one = pool_beta_binomial([3], [20])
    assert (one.proportion, one.ci_method, one.rho) == (0.15, "exact", None)
    single = pool_beta_binomial([1, 0, 0, 1], [1, 1, 1, 1])
    assert single.rho is None
    assert single.proportion == pytest.approx(0.5, rel=1e-12)


def test_mask_equals_loop_and_multiplicity() -> None:
    """A sensitivity analysis through the mask would differ from pooling the subset."""
    x, n = np.array([*X, 30, 0]), np.array([*N, 31, 9])
    include = np.array([[1] * 7, [0, 1, 1, 0, 1, 0, 2], [0, 0, 0, 1, 0, 0, 1], [0] * 7, [0, 0, 0, 0, 0, 1, 1]])
    fit = fit_beta_binomial(x, n, include)
    low, high = profile_mean(x, n, fit, include=include)
    assert fit.state.tolist() == [OK, OK, ALL_ZERO, EMPTY, OK]
    for row in (0, 1, 4):
        alone_x, alone_n = np.repeat(x, include[row]), np.repeat(n, include[row])
        alone = fit_beta_binomial(alone_x, alone_n)
        alone_low, alone_high = profile_mean(alone_x, alone_n, alone)
        for ours, theirs in [
            (fit.mu[row], alone.mu), (fit.rho[row], alone.rho), (fit.loglik[row], alone.loglik),
            (fit.se[row], alone.se), (low[row], alone_low), (high[row], alone_high),
        ]:  # fmt: skip
            # sums in another order, and the last Newton step
            assert float(ours) == pytest.approx(float(theirs), rel=1e-9, abs=1e-9)


def test_mirror() -> None:
    """Counting survivors instead of deaths would give another model."""
    a, b = pool_beta_binomial(X, N), pool_beta_binomial(np.array(N) - np.array(X), N)
    assert a.proportion == pytest.approx(1 - b.proportion, rel=1e-10)
    assert a.ci_low == pytest.approx(1 - b.ci_high, rel=1e-10)
    assert a.rho == pytest.approx(b.rho, rel=1e-8)


def test_small_tables_by_the_hundred() -> None:
    """Some small sparse table would end in an exception, a nan or an interval that misses its estimate."""
    rng = np.random.default_rng(20)
    for _ in range(150):
        k = int(rng.integers(1, 13))
        n = rng.integers(1, 61, k)
        x = rng.binomial(n, rng.choice([0.0, 0.03, 0.2, 1.0], k))
        method = str(rng.choice(["auto", "profile", "wald"]))
        r = pool_beta_binomial(x, n, ci_method=method)
        assert r.proportion is not None
        assert 0.0 <= r.ci_low <= r.proportion <= r.ci_high <= 1.0, (x, n)
        if r.rho is not None:
            assert 0.0 <= r.rho_ci_low <= r.rho <= r.rho_ci_high <= 1.0, (x, n)
            assert r.loglik >= r.loglik_common - 1e-12


def test_unknown_interval_is_refused() -> None:
    """A misspelt interval would be replaced by another in silence."""
    with pytest.raises(SettingsError, match="profile"):
        pool_beta_binomial(X, N, ci_method="profil")
