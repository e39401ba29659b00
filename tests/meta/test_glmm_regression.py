"""Logistic meta-regression against references, against a second quadrature and climb, and against its symmetries."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

from synth.errors import NoAnswer, SettingsError
from synth.meta.glmm import fit as glmm
from synth.meta.glmm.moderators import glmm_moderators, glmm_subgroups
from synth.meta.glmm.profile import profile_mu
from synth.meta.glmm.regression import RANK, UNDETERMINED, fit_regression, profile_coefficient
from synth.meta.numeric.distributions import normal_upper

X = np.array([9, 3, 2, 1, 5, 14, 0, 6])
N = np.array([43, 38, 26, 17, 60, 29, 22, 18])
YEAR = np.array([2001.0, 2004, 2004, 2007, 2010, 2015, 2016, 2020])
DESIGN = np.column_stack([np.ones(8), YEAR])
# meta fits by lme4 with seven nodes: 6e-3 of a standard error in an estimate, and twice that in a ratio of two.
LME4 = 0.02


def second(x: np.ndarray, n: np.ndarray, design: np.ndarray, beta: np.ndarray, tau: float) -> float:
    """Marginal log-likelihood by 100 adaptive Gauss-Hermite nodes, binomial coefficients left out."""
    z, w = np.polynomial.hermite_e.hermegauss(100)
    mu = design @ beta
    u = np.zeros(x.size)
    for _ in range(200):
        p = expit(mu + tau * u)
        u += np.clip((tau * (x - n * p) - u) / (1 + tau**2 * n * p * (1 - p)), -1, 1)
    p = expit(mu + tau * u)
    sd = 1 / np.sqrt(1 + tau**2 * n * p * (1 - p))
    at = u[:, None] + sd[:, None] * z
    eta = mu[:, None] + tau * at
    log = x[:, None] * eta - n[:, None] * np.logaddexp(0, eta) - at**2 / 2 + z**2 / 2 + np.log(w)
    return float((logsumexp(log, axis=1) + np.log(sd) - np.log(2 * np.pi) / 2).sum())


def test_against_a_second_computation() -> None:
    """A wrong likelihood, gradient or Hessian would give other coefficients or standard errors."""
    centred = np.column_stack([np.ones(8), (YEAR - 2010) / 10])
    fit = fit_regression(X, N, centred)
    assert float(fit.tau2) > 0.1
    top = np.append(fit.beta, np.sqrt(fit.tau2))

    def value(theta: np.ndarray) -> float:
        return second(X, N, centred, theta[:2], abs(theta[2]))

    # Newton by differences of the second computation, from another start
    found = minimize(lambda t: -value(t), [0.0, 0.0, 1.0], method="BFGS", options={"gtol": 1e-7}).x
    h = 1e-3
    for _ in range(2):
        gradient = np.array([(value(found + h * e) - value(found - h * e)) / (2 * h) for e in np.eye(3)])
        fine = np.array([(value(found + h / 2 * e) - value(found - h / 2 * e)) / h for e in np.eye(3)])
        hessian = np.array([[
            (value(found + h * (a + b)) - value(found + h * (a - b)) - value(found - h * (a - b))
             + value(found - h * (a + b))) / (4 * h * h) for a in np.eye(3)] for b in np.eye(3)])  # fmt: skip
        found = found - np.linalg.solve(hessian, (4 * fine - gradient) / 3)
    found[2] = abs(found[2])
    # Richardson's differences leave 1e-9
    np.testing.assert_allclose(top, found, atol=1e-8)
    np.testing.assert_allclose(fit.cov, np.linalg.inv(-hessian)[:2, :2], rtol=1e-4)


def test_intercept_alone_is_the_model_without_covariates() -> None:
    """The regression would not contain the plain model."""
    fit, plain = fit_regression(X, N, np.ones((8, 1))), glmm.fit(X, N)
    for ours, theirs in [(fit.beta[0], plain.mu), (fit.se[0], plain.se), (fit.tau2, plain.tau2),
                         (fit.loglik, plain.loglik), (fit.se_tau, plain.se_tau)]:  # fmt: skip
        assert float(ours) == pytest.approx(float(theirs), rel=1e-9)
    low, high = profile_mu(X, N, plain)
    np.testing.assert_allclose(profile_coefficient(X, N, np.ones((8, 1)), 0), [float(low), float(high)], rtol=1e-7)


def test_units_of_a_moderator_do_not_matter() -> None:
    """Years around 2000 would cost digits that years around 0 do not."""
    near = fit_regression(X, N, np.column_stack([np.ones(8), (YEAR - 2000) * 365.25]))
    far = fit_regression(X, N, DESIGN)
    assert float(far.beta[1]) == pytest.approx(float(near.beta[1]) * 365.25, rel=1e-8)
    assert float(far.se[1]) == pytest.approx(float(near.se[1]) * 365.25, rel=1e-8)
    assert float(far.loglik) == pytest.approx(float(near.loglik), rel=1e-11)


def test_masks_equal_loop() -> None:
    """A row of the mask would be fitted with the design of other studies."""
    include = np.vstack([~np.eye(8, dtype=bool), np.ones((1, 8), dtype=bool)]).astype(int)
    include[8, 2] = 3
    fits = fit_regression(X, N, DESIGN, include)
    for row in (0, 5, 8):
        at = np.repeat(np.arange(8), include[row])
        alone = fit_regression(X[at], N[at], DESIGN[at])
        np.testing.assert_allclose(fits.beta[row], alone.beta, rtol=1e-7)
        np.testing.assert_allclose(fits.cov[row], alone.cov, rtol=1e-6)
        assert float(fits.loglik[row]) == pytest.approx(float(alone.loglik), rel=1e-10)


def test_mirror() -> None:
    """Counting survivors instead of deaths would change more than signs."""
    a, b = glmm_moderators(X, N, YEAR), glmm_moderators(N - X, N, YEAR)
    np.testing.assert_allclose(a.estimate, -b.estimate, rtol=1e-8)
    assert a.ratio == pytest.approx(b.ratio, rel=1e-7)


def test_designs_without_an_answer() -> None:
    """An infinite or undetermined coefficient would be given as a number."""
    twice = np.column_stack([np.ones(8), YEAR, YEAR - 2000])
    assert int(fit_regression(X, N, twice).state) == RANK
    assert int(fit_regression([0, 0, 3, 4], [10, 20, 30, 40], [[1, 0], [1, 0], [1, 1], [1, 1]]).state) == UNDETERMINED
    assert int(fit_regression([0, 0, 0], [10, 20, 30], np.ones((3, 1))).state) == glmm.ALL_ZERO
    with pytest.raises(NoAnswer, match="infinite"):
        glmm_moderators([0, 0, 3, 4], [10, 20, 30, 40], [0, 0, 1, 1])
    with pytest.raises(SettingsError, match="missing"):
        fit_regression([1, 2], [10, 20], [[1.0], [np.nan]])
    with pytest.raises(SettingsError, match="profile"):
        glmm_moderators(X, N, YEAR, ci_method="hksj")


def test_profile_limit_is_where_the_likelihood_has_fallen() -> None:
    """A profile limit of a coefficient would be at another height than 1.92 below the top."""
    year = (YEAR - 2010) / 10
    design = np.column_stack([np.ones(8), year])
    fit = fit_regression(X, N, design)
    constant = glmm.Cells(X * 1.0, N * 1.0, np.ones((1, 8))).constant()[0]
    z = float(normal_upper(0.025))
    for limit in profile_coefficient(X, N, design, 1):
        best = minimize(lambda t, c=limit: -second(X, N, design, np.array([t[0], c]), abs(t[1])), [-1.5, 0.7],
                        method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-11}).fun  # fmt: skip
        assert -best == pytest.approx(float(fit.loglik) - constant - z * z / 2, abs=1e-7)


def test_tests_of_moderators() -> None:
    """The Wald, F and likelihood-ratio tests would not be of the same hypothesis."""
    found, plain = glmm_moderators(X, N, YEAR), glmm.fit(X, N)
    assert found.wald == pytest.approx(float((found.estimate[1] / found.se[1]) ** 2), rel=1e-9)
    # with one moderator F is the square of t
    assert found.f_p == pytest.approx(float(found.p_value[1]), rel=1e-9)
    assert found.ratio == pytest.approx(2 * (found.loglik - float(plain.loglik)), rel=1e-9)
    assert 0.0 <= found.r2 <= 1.0
    profile = glmm_moderators(X, N, YEAR, ci_method="profile")
    assert profile.ci_low[1] < profile.estimate[1] < profile.ci_high[1]


def test_subgroups_of_every_reference_set(shared: Path) -> None:
    """Subgroup fits or the test between them would be other than meta's GLMM, beyond lme4's own error."""
    compared, absent, deviations = 0, [], []
    for path in sorted((shared / "reference").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or "subgroup_GLMM" not in content.get("meta", {}):
            continue
        x, n, group = (content["data"][c] for c in ("events", "n", "group"))
        for tau2, key in (("separate", "subgroup_GLMM"), ("common", "subgroup_GLMM_tau_common")):
            reference = content["meta"][key]
            if "error" in reference:
                absent.append(f"{content['id']} {tau2}")
                continue
            ours = glmm_subgroups(x, n, group, tau2=tau2)
            theirs = reference["Q.b.random"]
            if theirs is None:
                absent.append(f"{content['id']} {tau2}")
                continue
            # a quadratic form in means of which each is up to LME4 standard errors away
            deviations.append((abs(ours.wald - theirs) / (1 + theirs), content["id"], tau2))
            compared += 1
    print(f"{compared} compared, worst {max(deviations)}; no number there: {', '.join(absent)}")  # noqa: T201
    assert max(deviations)[0] <= LME4
    assert compared == 22


def test_subgroups_by_hand() -> None:
    """Separate subgroups would not be the fits of their studies; a common tau2 not the regression on them."""
    group = ["a", "b", "a", "b", "a", "b", "a", "b"]
    separate, common = glmm_subgroups(X, N, group), glmm_subgroups(X, N, group, tau2="common")
    alone = [glmm.fit(X[i::2], N[i::2]) for i in (0, 1)]
    np.testing.assert_allclose(separate.fits.mu, [float(f.mu) for f in alone], rtol=1e-9)
    top = sum(float(f.loglik) for f in alone)
    assert separate.ratio == pytest.approx(2 * (top - float(glmm.fit(X, N).loglik)), rel=1e-9)
    assert (separate.ratio_df, common.ratio_df) == (2, 1)
    regression = glmm_moderators(X, N, [0, 1] * 4)
    assert common.wald == pytest.approx(regression.wald, rel=1e-6)
    assert common.ratio == pytest.approx(regression.ratio, rel=1e-7)
    assert common.fits.tau2[0] == pytest.approx(regression.tau2, rel=1e-7)


def test_subgroup_without_events() -> None:
    """One group without events would take the answer from the others."""
    found = glmm_subgroups([0, 0, 3, 9, 5], [10, 20, 30, 40, 21], ["a", "a", "b", "b", "c"])
    assert found.reasons[0] != ""
    assert np.isfinite(found.fits.mu[1:]).all()
    assert found.ratio_reason != ""
    assert found.wald_df == 1
    shared = glmm_subgroups([0, 0, 3, 9, 5], [10, 20, 30, 40, 21], ["a", "a", "b", "b", "c"], tau2="common")
    assert np.isnan(shared.fits.mu[0])
    assert np.isfinite(shared.fits.mu[1:]).all()
