"""Meta-regression of two arms, and of rates, under mixed models of the counts: the effect is a sum over covariates.

Levels stay what they are in the model without covariates: random, a parameter each, or conditioned away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import NoAnswer, SettingsError
from ..numeric.quadrature import Floats
from ..sensitivity.permutation import Arrangements, arrange, at_least
from .mixed import Arms
from .mixed_fit import MixedFit, fit_mixed
from .mixed_profile import profile_effect
from .moderators import CI_METHODS, Moderators, moderators_of
from .permutation import CELLS_AT_ONCE, GlmmPermutation
from .regression import basis
from .two_arm import LOST, OK, SEPARATED, EffectModel, fit_effects, state_of_counts
from .two_arm_q import FIRST_ARM, likelihood_q

_FIRST_ARM: Final = np.array([[1.0, 1.0], [1.0, 0.0]])
_INFINITE: Final = (
    "the moderators part studies whose events are all in one arm from the others, so a coefficient is infinite"
)


@dataclass(frozen=True)
class EffectRegression:
    """Maximum-likelihood fits, one for each row; ``nan`` where `state` is not 0.

    Attributes
    ----------
    state : array of int, shape (r,)
        0 where fitted; see :meth:`synth.meta.glmm.two_arm.EffectModel.reason`.
    beta : array of float, shape (r, q)
        Coefficients of the log effect.
    cov : array of float, shape (r, q, q)
    tau2, loglik, loglik_common : array of float, shape (r,)
        Variance of the effect left between studies; the marginal log-likelihood, and that without this variance.
    inner : MixedFit
        On the orthonormal basis of the design.
    """

    state: NDArray[np.int8]
    beta: Floats
    cov: Floats
    tau2: Floats
    loglik: Floats
    loglik_common: Floats
    inner: MixedFit

    @property
    def se(self) -> Floats:
        """Standard errors of the coefficients, shape (r, q)."""
        return np.asarray(np.sqrt(np.diagonal(self.cov, axis1=1, axis2=2)))


def regress_effects(
    model: EffectModel, design: ArrayLike, *, effects: str = "random", orders: NDArray[np.intp] | None = None
) -> EffectRegression:
    """Regress the effect on covariates.

    Parameters
    ----------
    model : EffectModel
    design : array_like of float, shape (k, q)
        Independent columns, of which the constant is a combination.
    effects : {"random", "common"}
    orders : array of int, shape (r, k), optional
        Whose row of the design each study has, for a permutation test; default: one fit, with its own.

    Returns
    -------
    EffectRegression

    Raises
    ------
    NoAnswer
        A climb that does not settle.

    Examples
    --------
    >>> from synth.meta.glmm.two_arm import effect_model
    >>> counts = [[1, 2, 5, 4], [44, 208, 151, 90], [3, 9, 6, 3], [35, 195, 157, 88]]
    >>> names = ("events_1", "total_1", "events_2", "total_2")
    >>> m = effect_model("OR", "glmm-cm-el", {name: np.array(v, dtype=float) for name, v in zip(names, counts)})
    >>> fit = regress_effects(m, np.column_stack([np.ones(4), [1.0, 2.0, 3.0, 4.0]]))
    >>> fit.beta.round(3).tolist(), float(fit.tau2[0])
    ([[-2.67, 0.759]], 0.0)
    """
    full = np.asarray(design, dtype=float)
    k, q = full.shape
    z, triangle = basis(full)
    m = np.ones((1 if orders is None else len(orders), k))
    common = effects == "common" or not model.shows_tau()
    state = np.repeat(state_of_counts(model, m[:1]), len(m))
    inner = fit_mixed(_arms(model, z), m, common=common, orders=orders)
    fitted = state == OK
    state[fitted & ~inner.determined] = LOST
    state[fitted & inner.determined & ~inner.bounded] = SEPARATED
    at, back = slice(model.which, model.which + q), np.linalg.inv(triangle)
    good = state == OK
    return EffectRegression(
        state,
        np.where(good[:, None], inner.theta[:, at] @ back.T, np.nan),
        np.where(good[:, None, None], back @ inner.cov[:, at, at] @ back.T, np.nan),
        np.where(good, inner.theta[:, -1] ** 2, np.nan),
        np.where(good, inner.loglik, np.nan),
        np.where(good, inner.loglik_common, np.nan),
        inner,
    )


def _arms(model: EffectModel, z: Floats) -> Arms:
    """The model with covariates of the effect.

    Where levels are random they enter the first arm alone, as in metafor: the level is that of the second arm, and does
    not follow the covariates. (A constant alone can be parted between the arms in any way: that only moves the level.)
    """
    fixed = _FIRST_ARM if model.arms.fixed.shape[1] > 1 else model.arms.fixed
    return replace(model.arms, covariates=z, fixed=fixed)


def unexplained(model: EffectModel, loglik_common: float) -> float:
    """Likelihood ratio of a regression without tau2 against an effect of its own for each study.

    Parameters
    ----------
    model : EffectModel
    loglik_common : float

    Returns
    -------
    float
        On as many degrees of freedom as there are studies more than coefficients.
    """
    return float(likelihood_q(model, np.ones((1, len(model.x))), np.array([loglik_common]), FIRST_ARM)[0])


def why_not(model: EffectModel, state: int) -> str:
    """Why a regression has no answer."""
    return _INFINITE if state == LOST else model.reason(state)


def effect_moderators(
    model: EffectModel, moderators: Floats, *, effects: str = "random", ci_method: str = "t", level: float = 0.95
) -> Moderators:
    """Regress the log effect on moderators, with the tests.

    Parameters
    ----------
    model : EffectModel
    moderators : array of float, shape (k, q)
        Without the intercept, which is added.
    effects : {"random", "common"}
    ci_method : {"t", "wald", "profile"}
    level : float

    Returns
    -------
    Moderators

    Raises
    ------
    SettingsError
        An interval that is not offered.
    NoAnswer
        Where the likelihood has no maximum; the text says why.

    Examples
    --------
    >>> from synth.meta.glmm.two_arm import effect_model
    >>> counts = [[1, 2, 5, 4], [44, 208, 151, 90], [3, 9, 6, 3], [35, 195, 157, 88]]
    >>> names = ("events_1", "total_1", "events_2", "total_2")
    >>> m = effect_model("OR", "glmm-cm-el", {name: np.array(v, dtype=float) for name, v in zip(names, counts)})
    >>> found = effect_moderators(m, np.array([[1.0], [2.0], [3.0], [4.0]]))
    >>> round(found.wald, 3), round(found.ratio, 3)
    (3.18, 3.505)
    """
    if ci_method not in CI_METHODS:
        raise SettingsError(f'There is no interval "{ci_method}" here. There are: {", ".join(CI_METHODS)}.')
    k = len(model.x)
    design = np.column_stack([np.ones(k), moderators])
    found = regress_effects(model, design, effects=effects)
    if int(found.state[0]) != OK:
        raise NoAnswer(f"The regression has no answer: {why_not(model, int(found.state[0]))}.")
    null = fit_effects(model, np.ones((1, k)), effects=effects)
    limits = None
    if ci_method == "profile":
        common = effects == "common" or not model.shows_tau()
        limits = np.array([_profile(model, design, found, j, level, common) for j in range(design.shape[1])]).T
    return moderators_of(
        found.beta[0], found.cov[0], k, ci_method, level, limits,
        loglik=float(found.loglik[0]), loglik_common=float(found.loglik_common[0]), tau2=float(found.tau2[0]),
        null_loglik=float(null.loglik[0]), null_tau2=float(null.tau2[0]),
    )  # fmt: skip


def _profile(
    model: EffectModel, design: Floats, fit: EffectRegression, which: int, level: float, common: bool
) -> tuple[float, float]:
    """Profile-likelihood limits of one coefficient; infinite where the likelihood never falls far enough."""
    z, triangle = basis(design, which)
    q = design.shape[1]
    order = [*(j for j in range(q) if j != which), which]
    arms = _arms(model, z)
    last, scale = model.which + q - 1, float(triangle[-1, -1])
    inner = fit.inner
    theta, cov = inner.theta.copy(), inner.cov.copy()
    theta[:, model.which : model.which + q] = fit.beta[:, order] @ triangle.T
    cov[:, last, last] = (float(fit.se[0, which]) * scale) ** 2
    moved = replace(inner, theta=theta, cov=cov)
    low, high = profile_effect(arms, np.ones((1, len(model.x))), moved, last, level, common=common)
    ends = np.array([-np.inf if np.isnan(low[0]) else low[0], np.inf if np.isnan(high[0]) else high[0]]) / scale
    return float(ends.min()), float(ends.max())


def permuted_effects(
    model: EffectModel, design: ArrayLike, *, effects: str = "random", permutations: int = 5_000, seed: int = 1
) -> GlmmPermutation:
    """Test the coefficients by giving the rows of the design to other studies.

    Parameters
    ----------
    model : EffectModel
    design : array_like of float, shape (k, q)
        With its intercept.
    effects : {"random", "common"}
    permutations, seed : int
        As in :func:`synth.meta.sensitivity.permutation.arrange`.

    Returns
    -------
    GlmmPermutation
        As for :func:`synth.meta.glmm.permutation.permuted_regression`.

    Raises
    ------
    SettingsError
        Too few arrangements.
    NoAnswer
        A design whose coefficients cannot be estimated, or a fit that did not settle.
    """
    full = np.asarray(design, dtype=float)
    _, first, labels = np.unique(full, axis=0, return_index=True, return_inverse=True)
    labels = labels.reshape(-1).astype(np.intp)
    plan = arrange(labels, permutations, seed)

    def strength(orders: NDArray[np.intp]) -> Floats:
        fit = regress_effects(model, full, effects=effects, orders=orders)
        with np.errstate(invalid="ignore"):
            return np.column_stack([np.abs(fit.beta / fit.se), fit.loglik])

    observed = strength(np.arange(len(full))[None, :])[0]
    if not np.isfinite(observed).all():
        raise NoAnswer("The coefficients cannot be estimated: there are too few studies or redundant moderators.")
    found = np.zeros(observed.size)
    for rows in plan.batches(max(1, CELLS_AT_ONCE // len(full))):
        found += at_least(strength(first[rows]), observed)
    share = found / plan.total
    return GlmmPermutation(share[:-1], float(share[-1]), "ratio", plan)


def permuted_effect_groups(
    model: EffectModel,
    groups: NDArray[np.intp],
    own: tuple[Floats, Floats],
    *,
    tau2: str = "separate",
    effects: str = "random",
    permutations: int = 5_000,
    seed: int = 1,
) -> GlmmPermutation:
    """Test whether subgroups differ by giving the studies' groups out anew.

    Parameters
    ----------
    model : EffectModel
    groups : array of int, shape (k,)
        0, 1, ... of each study; at least two groups.
    own : tuple of array of float, shape (k,)
        Each study's own effect and its standard error, for a group of one; ``nan`` where it is infinite.
    tau2 : {"separate", "common"}
    effects : {"random", "common"}
    permutations, seed : int
        As in :func:`synth.meta.sensitivity.permutation.arrange`.

    Returns
    -------
    GlmmPermutation
        ``p_values`` is empty. With separate tau2 the statistic is Q between the groups where every arrangement has one;
        else, and with a common tau2, it is the likelihood ratio of the regression on the groups.

    Raises
    ------
    SettingsError
        Too few arrangements.
    NoAnswer
        The groups as they are have no likelihood to compare with, or a fit did not settle.
    """
    plan = arrange(groups, permutations, seed)
    size = max(1, CELLS_AT_ONCE // groups.size)
    if tau2 == "separate":
        by_q = _by_q(model, groups, own, effects, plan, size)
        if by_q is not None:
            return by_q
    design = (groups[:, None] == np.arange(int(groups.max()) + 1)).astype(float)
    _, first = np.unique(groups, return_index=True)
    seen = float(regress_effects(model, design, effects=effects).loglik[0])
    if not np.isfinite(seen):
        raise NoAnswer("The groups as they are have no maximum of the likelihood to be compared with.")
    found = np.zeros(1)
    for rows in plan.batches(size):
        fits = regress_effects(model, design, effects=effects, orders=first[rows])
        found += at_least(fits.loglik[:, None], np.array([seen]))
    return GlmmPermutation(np.empty(0), float(found[0]) / plan.total, "ratio", plan)


def _by_q(
    model: EffectModel,
    groups: NDArray[np.intp],
    own: tuple[Floats, Floats],
    effects: str,
    plan: Arrangements,
    size: int,
) -> GlmmPermutation | None:
    """By Q between the groups, or nothing where an arrangement has none."""
    count = int(groups.max()) + 1

    def height(rows: NDArray[np.intp]) -> Floats:
        masks = (rows[:, None, :] == np.arange(count)[None, :, None]).reshape(-1, groups.size)
        # The same group comes again and again.
        distinct, back = np.unique(masks, axis=0, return_inverse=True)
        fits = fit_effects(model, distinct.astype(float), effects=effects)
        estimate, se = fits.estimate.copy(), fits.se.copy()
        alone = np.flatnonzero(distinct.sum(axis=1) == 1)
        which = distinct[alone].argmax(axis=1)
        estimate[alone], se[alone] = own[0][which], own[1][which]
        back = back.reshape(-1, count)
        mean, weight = estimate[back], se[back] ** -2.0
        off = mean - ((weight * mean).sum(axis=1) / weight.sum(axis=1))[:, None]
        return np.asarray((weight * off * off).sum(axis=1))

    observed = height(groups[None, :])
    found = np.zeros(1)
    for rows in plan.batches(size):
        strength = height(rows)
        if not np.isfinite(strength).all():
            return None
        found += at_least(strength[:, None], observed)
    return GlmmPermutation(np.empty(0), float(found[0]) / plan.total, "q", plan) if np.isfinite(observed[0]) else None
