"""Heterogeneity of two arms and of rates under mixed models: one effect for all against one for each study."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from scipy.special import gammaln, xlogy

from ..numeric.quadrature import Floats, log_binomial
from .fit import Cells
from .mixed import FINE, Arms, integrate_cells
from .mixed_fit import Likelihood
from .two_arm import EffectModel

# How a study's own effect enters its arms where levels are random: half up and half down, as in the model itself. With
# the whole in the first arm, as metafor has it, the random level is that of the other arm, and Q depends on which is
# which.
HALF_EACH: Final = (0.5, -0.5)
FIRST_ARM: Final = (1.0, 0.0)
# Where every study has an empty cell the level of the saturated model runs to infinity, and its likelihood to a limit.
_FARTHEST: Final = 8.0


def likelihood_q(
    model: EffectModel, include: Floats, loglik_common: Floats, coding: tuple[float, float] = HALF_EACH
) -> Floats:
    """Likelihood ratio of one effect for all studies against one for each; metafor's ``QE.LRT``.

    Parameters
    ----------
    model : EffectModel
    include : array of float, shape (r, k)
    loglik_common : array of float, shape (r,)
        Of the model without variance of the effect.
    coding : tuple of float
        ``FIRST_ARM`` gives metafor's number where levels are random.

    Returns
    -------
    array of float, shape (r,)
        On one degree of freedom less than there are studies.
    """
    m = np.asarray(include, dtype=float)
    own = _saturated(model, m, coding)[0] if _shared(model) else m @ _own_loglik(model)
    return np.asarray(np.maximum(2.0 * (own - loglik_common), 0.0))


def wald_q(model: EffectModel, include: Floats, coding: tuple[float, float] = HALF_EACH) -> Floats:
    """Wald statistic of the same comparison, metafor's ``QE.Wld``; studies whose own effect is infinite add nothing.

    Parameters
    ----------
    model : EffectModel
    include : array of float, shape (r, k)
    coding : tuple of float
        As for :func:`likelihood_q`.

    Returns
    -------
    array of float, shape (r,)
    """
    m = np.asarray(include, dtype=float)
    if _shared(model):
        return _saturated(model, m, coding)[1]
    y, w = _own_effects(model)
    w = m * w
    total = w.sum(axis=1)
    mean = (w * y).sum(axis=1) / np.where(total > 0.0, total, 1.0)
    return np.asarray((w * (y - mean[:, None]) ** 2).sum(axis=1))


def _shared(model: EffectModel) -> bool:
    """Whether levels come from one distribution, so that a study cannot be looked at by itself."""
    return model.variant == "UM.RS" and model.measure != "IRLN"


def _own_loglik(model: EffectModel) -> Floats:
    """Log-likelihood of each study with an effect of its own."""
    x, n, arms = model.x, model.n, model.arms
    if arms.family == "hypergeometric":
        return _conditional(arms)[0]
    if not model.conditional and arms.family == "poisson":
        return np.asarray((xlogy(x, x) - x - gammaln(x + 1.0)).sum(axis=1))
    if model.conditional:
        x, n = x[:, :1], x.sum(axis=1, keepdims=True)
    return np.asarray((log_binomial(x, n) + xlogy(x, x / n) + xlogy(n - x, (n - x) / n)).sum(axis=1))


def _own_effects(model: EffectModel) -> tuple[Floats, Floats]:
    """Each study's own effect and the information on it; 0 information where it is infinite."""
    x, n, arms = model.x, model.n, model.arms
    if arms.family == "hypergeometric":
        return _conditional(arms)[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        if model.measure == "IRLN":
            y, w = np.log(x[:, 0] / n[:, 0]), x[:, 0]
        elif model.measure == "OR" and model.variant != "CM.AL":
            y = np.log(x[:, 0] / (n - x)[:, 0]) - np.log(x[:, 1] / (n - x)[:, 1])
            w = 1.0 / (1.0 / x + 1.0 / (n - x)).sum(axis=1)
        else:
            y = np.log(x[:, 0] / n[:, 0]) - np.log(x[:, 1] / n[:, 1])
            w = 1.0 / (1.0 / x).sum(axis=1)
    finite = np.isfinite(y) & (w > 0.0)
    return np.where(finite, y, 0.0), np.where(finite, w, 0.0)


def _conditional(arms: Arms) -> tuple[Floats, Floats, Floats]:
    """Largest conditional log-likelihood of each table, where it is, and its information there."""
    assert arms.tables is not None
    low, high = arms.tables.ends()
    study = np.flatnonzero(~(low | high))
    loglik, y, w = np.zeros(len(arms.x)), np.zeros(len(arms.x)), np.zeros(len(arms.x))
    effect = np.zeros(study.size)
    for _ in range(100):
        value, score, information = (part[:, 0] for part in arms.tables.parts(effect[:, None], study))
        step = np.clip(score / np.maximum(information, 1e-300), -2.0, 2.0)
        if (np.abs(step) < 1e-12 * (1.0 + np.abs(effect))).all():
            break
        effect = effect + step
    loglik[study], y[study], w[study] = value, effect, information
    return loglik, y, w


def _saturated(model: EffectModel, m: Floats, coding: tuple[float, float]) -> tuple[Floats, Floats]:
    """Random levels, and an effect of its own for each study: log-likelihood, and Wald statistic of their equality."""
    arms = replace(model.arms, fixed=np.ones((2, 1)), loading=np.ones((2, 1)), own=np.array(coding))
    like = Likelihood(arms, Cells(model.x.sum(axis=1), np.ones(len(model.x)), m))
    r = len(m)
    events, size = m @ model.x.sum(axis=1) + 0.5, m @ model.n.sum(axis=1) + 1.0
    level = np.log(events / (size - events if arms.family == "binomial" else size))
    best, theta = np.full(r, -np.inf), np.zeros((r, 2))
    for free, start in (((True, False), 0.0), ((True, True), 0.3), ((True, True), 1.0)):
        found = like.climb(np.column_stack([level, np.full(r, start)]), np.array(free), FINE, 1e-11, farthest=_FARTHEST)
        higher = found[1] > best + np.where(np.isfinite(best), 1e-9 * (1.0 + np.abs(found[1])), 0.0)
        best[higher], theta[higher] = found[1][higher], found[0][higher]
    return best + m @ arms.constant(), np.array([_equality(like, arms, theta, i) for i in range(r)])


def _equality(like: Likelihood, arms: Arms, theta: Floats, row: int) -> float:
    """Wald statistic of equal own effects: from the information on them, with what the studies share eliminated."""
    part = like.take(np.array([row]))
    scales = np.flatnonzero(theta[row, 1:])
    cells, _ = part.cells(theta[[row]], scales, np.array([0]), FINE)
    used = np.repeat(theta[[row]][:, [0, *(1 + scales)]], cells.study.size, axis=0)
    own = part.own(cells.study)
    q = used.shape[1]
    hessian = -integrate_cells(arms.with_scales(scales), cells.study, used, own)[2] * cells.m[:, None, None]
    # The matrix is a diagonal less a product of few columns: never made.
    diagonal, cross, shared = hessian[:, q, q], hessian[:, q, :q], hessian[:, :q, :q].sum(axis=0)

    def product(a: Floats, b: Floats) -> float:
        return float(a @ (diagonal * b) - (cross.T @ a) @ np.linalg.solve(shared, cross.T @ b))

    one = np.ones_like(own)
    known = product(one, one)
    return max(product(own, own) - product(one, own) ** 2 / known, 0.0) if known > 0.0 else 0.0
