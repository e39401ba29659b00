"""Analyses under mixed models of two arms and of rates: rows of a mask, and whether groups differ."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..glmm.permutation import GlmmPermutation
from ..glmm.two_arm import OK, ONE, EffectModel, effect_model
from ..glmm.two_arm_regression import permuted_effect_groups, regress_effects, why_not
from ..glmm.two_arm_rows import TOO_LARGE, effect_rows, i2_h2, ratio
from ..numeric.distributions import Floats, chi2_tail, normal_upper, t_upper
from ..results import Part, Settings, number
from ..settings import is_glmm
from .prepare import Prepared

_NO_DEGREE: Final = "as many groups as studies: t has no degree of freedom left"


def is_mixed(settings: Settings) -> bool:
    """Whether the model is a mixed model of anything but the proportions of one arm, which have a kernel of their own.

    Examples
    --------
    >>> from synth.meta.settings import make_settings
    >>> is_mixed(make_settings("OR", model="glmm")), is_mixed(make_settings("PLOGIT"))
    (True, False)
    """
    return is_glmm(settings.model) and settings.measure != "PLOGIT"


def two_effects(settings: Settings) -> bool:
    """Whether two random effects are integrated over: the effect, and the level of a study.

    Examples
    --------
    >>> from synth.meta.settings import make_settings
    >>> two_effects(make_settings("OR", model="glmm")), two_effects(make_settings("IRLN", model="glmm"))
    (True, False)
    """
    return settings.model == "glmm" and settings.measure in ("OR", "IRR")


def mixed_parts(given: Prepared, include: NDArray[np.bool_]) -> tuple[Part, ...]:
    """Pool the studies of each row.

    Parameters
    ----------
    given : Prepared
    include : array of bool, shape (r, k)
        No row is empty.

    Returns
    -------
    tuple of Part
    """
    settings = given.settings
    return effect_rows(effect_model(settings.measure, settings.model, given.data), include, settings)[0]


def mixed_groups(
    given: Prepared, labels: tuple[str, ...], masks: NDArray[np.bool_], by_tau2: str
) -> tuple[tuple[Part, ...], float, int, float, tuple[str, ...]]:
    """Pool each group, with a tau2 of its own or with one for all, and compare them.

    Parameters
    ----------
    given : Prepared
    labels : tuple of str
    masks : array of bool, shape (g, k)
    by_tau2 : {"separate", "common", "none"}

    Returns
    -------
    parts : tuple of Part
    q, df, p_value : float, int, float
        Q between the groups with weights 1/se^2, or with one tau2 for all the Wald test in the one regression, whose
        means share what tau2 leaves open; ``nan`` where fewer than two have a finite estimate.
    notes : tuple of str

    Raises
    ------
    NoAnswer
        A climb that does not settle.
    """
    settings = given.settings
    model = effect_model(settings.measure, settings.model, given.data)
    parts, fit = effect_rows(model, masks, settings)
    estimate, se = fit.estimate.copy(), fit.se.copy()
    for i in np.flatnonzero(fit.state == ONE):
        estimate[i], se[i] = _own(model, parts[i], int(masks[i].argmax()), settings.level)
    use = np.isfinite(estimate) & np.isfinite(se) & ((fit.state == OK) | (fit.state == ONE))
    notes: tuple[str, ...] = ()
    if not use.all() and len(labels) > 1:
        out = ", ".join(label for label, good in zip(labels, use, strict=True) if not good)
        notes = (f"Not in the test, having no finite estimate on the log scale: {out}.",)
    df = int(use.sum()) - 1
    if by_tau2 == "common" and use.any():
        shared, q = _shared(given, model, parts, masks, use)
        return shared, q, df, float(chi2_tail(q, df)) if df > 0 else np.nan, notes
    if df < 1:
        return parts, np.nan, df, np.nan, notes
    weight, mean = se[use] ** -2.0, estimate[use]
    q = float((weight * (mean - (weight * mean).sum() / weight.sum()) ** 2).sum())
    return parts, q, df, float(chi2_tail(q, df)), notes


def _shared(
    given: Prepared, model: EffectModel, alone: tuple[Part, ...], masks: NDArray[np.bool_], use: NDArray[np.bool_]
) -> tuple[tuple[Part, ...], float]:
    """The groups with one tau2 for all of them, and the Wald statistic of equal means.

    A group whose effect is 0 or infinite keeps its exact limit, and has no part in that tau2.
    """
    settings = given.settings
    kept = masks[use].any(axis=0)
    some = effect_model(settings.measure, settings.model, {name: v[kept] for name, v in given.data.items()})
    fit = regress_effects(some, masks[use][:, kept].T.astype(float))
    if int(fit.state[0]) != OK:
        why = f"one tau2 for all groups: {why_not(some, int(fit.state[0]))}"
        lost = tuple(Part(part.k, None, None, None, None, None, None, why) for part in alone)
        return tuple(lost[i] if use[i] else part for i, part in enumerate(alone)), np.nan
    groups = np.flatnonzero(use)
    left = int(kept.sum()) - groups.size
    asked = "wald" if settings.ci_requested == "wald" else "t"
    tail = 0.5 * (1.0 - settings.level)
    reach = float(normal_upper(tail)) if asked == "wald" else float(t_upper(tail, left)) if left > 0 else np.nan
    tau2 = np.full(groups.size, float(fit.tau2[0]))
    i2, _ = i2_h2(model, masks[groups].astype(float), tau2, settings.i2_method)
    out = list(alone)
    for j, i in enumerate(groups):
        beta, half = float(fit.beta[0, j]), reach * float(fit.se[0, j])
        ends = [ratio(number(b)) for b in (beta - half, beta + half)]
        reason = None
        if None in ends:
            reason = _NO_DEGREE if np.isnan(half) else TOO_LARGE
        shown = number(tau2[j]) if some.shows_tau() else None
        out[i] = Part(alone[i].k, ratio(beta), ends[0], ends[1], asked, shown, number(i2[j]), reason)
    contrast = np.eye(groups.size)[1:] - np.eye(groups.size)[:1]
    apart = contrast @ fit.beta[0]
    q = float(apart @ np.linalg.solve(contrast @ fit.cov[0] @ contrast.T, apart)) if groups.size > 1 else np.nan
    return tuple(out), q


def mixed_permuted(
    given: Prepared, groups: NDArray[np.intp], tau2: str, permutations: int, seed: int
) -> GlmmPermutation:
    """Test whether groups differ by giving them out anew.

    Parameters
    ----------
    given : Prepared
    groups : array of int, shape (k,)
    tau2 : {"separate", "common"}
    permutations, seed : int

    Returns
    -------
    GlmmPermutation

    Raises
    ------
    NoAnswer
        The groups as they are have no figure to compare with.
    """
    settings = given.settings
    model = effect_model(settings.measure, settings.model, given.data)
    parts = effect_rows(model, np.eye(given.k, dtype=bool), settings)[0]
    own = np.array([_own(model, part, i, settings.level) for i, part in enumerate(parts)]).T
    return permuted_effect_groups(
        model, groups, (own[0], own[1]), tau2=tau2, effects=settings.effects, permutations=permutations, seed=seed
    )


def _own(model: EffectModel, part: Part, i: int, level: float) -> tuple[float, float]:
    """A single study's log effect and its standard error; ``nan`` where it is infinite."""
    if model.measure == "IRLN":
        x: Floats = model.x[i]
        return (float(np.log(x[0] / model.n[i, 0])), float(x[0] ** -0.5)) if x[0] > 0 else (np.nan, np.nan)
    if part.ci_method != "wald" or not part.estimate or not part.ci_low or not part.ci_high:
        return np.nan, np.nan
    z = float(normal_upper((1.0 - level) / 2.0))
    return float(np.log(part.estimate)), float(np.log(part.ci_high / part.ci_low) / (2.0 * z))
