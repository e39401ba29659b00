"""Analyses under mixed models of two arms and of rates: rows of a mask, and whether groups differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...errors import SettingsError
from ..glmm.two_arm import OK, ONE, EffectModel, effect_model
from ..glmm.two_arm_rows import effect_rows
from ..numeric.distributions import Floats, chi2_tail, normal_upper
from ..results import Part, Settings
from ..settings import is_glmm
from .prepare import Prepared


def is_mixed(settings: Settings) -> bool:
    """Whether the model is a mixed model of anything but the proportions of one arm, which have a kernel of their own.

    Examples
    --------
    >>> from synth.meta.settings import make_settings
    >>> is_mixed(make_settings("OR", model="glmm")), is_mixed(make_settings("PLOGIT"))
    (True, False)
    """
    return is_glmm(settings.model) and settings.measure != "PLOGIT"


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
    """Pool each group with a tau2 of its own, and compare them.

    Parameters
    ----------
    given : Prepared
    labels : tuple of str
    masks : array of bool, shape (g, k)
    by_tau2 : str
        "common" is refused.

    Returns
    -------
    parts : tuple of Part
    q, df, p_value : float, int, float
        Q between the groups with weights 1/se^2; ``nan`` where fewer than two have a finite estimate.
    notes : tuple of str

    Raises
    ------
    SettingsError
        One tau2 for all groups.
    """
    settings = given.settings
    if by_tau2 == "common":
        raise SettingsError(
            f"Under --model {settings.model} with {settings.measure} each subgroup has its own tau2. Use --by-tau2 "
            f"separate, or --model inverse --measure {settings.measure} --by-tau2 common."
        )
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
    if df < 1:
        return parts, np.nan, df, np.nan, notes
    weight, mean = se[use] ** -2.0, estimate[use]
    q = float((weight * (mean - (weight * mean).sum() / weight.sum()) ** 2).sum())
    return parts, q, df, float(chi2_tail(q, df)), notes


def _own(model: EffectModel, part: Part, i: int, level: float) -> tuple[float, float]:
    """A single study's log effect and its standard error; ``nan`` where it is infinite."""
    if model.measure == "IRLN":
        x: Floats = model.x[i]
        return (float(np.log(x[0] / model.n[i, 0])), float(x[0] ** -0.5)) if x[0] > 0 else (np.nan, np.nan)
    if part.ci_method != "wald" or not part.estimate or not part.ci_low or not part.ci_high:
        return np.nan, np.nan
    z = float(normal_upper((1.0 - level) / 2.0))
    return float(np.log(part.estimate)), float(np.log(part.ci_high / part.ci_low) / (2.0 * z))
