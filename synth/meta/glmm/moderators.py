"""Moderators and subgroups under the binomial-normal model: do studies differ by them, and by how much less is left."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import NoAnswer, SettingsError
from ..numeric.distributions import chi2_tail, f_tail, normal_upper, t_two_sided, t_upper
from ..numeric.quadrature import Floats
from .common import common_fit
from .fit import OK, REASONS, GlmmFit, fit
from .regression import REGRESSION_REASONS, fit_regression, profile_coefficient

CI_METHODS = ("t", "wald", "profile")
TAU2 = ("separate", "common")


@dataclass(frozen=True)
class Moderators:
    """A logistic meta-regression with its tests; coefficients are on the logit, with the intercept first.

    Attributes
    ----------
    k, p : int
        Studies and coefficients.
    estimate, se, ci_low, ci_high, p_value : array of float, shape (p,)
        Intervals by `ci_method`; p-values from t with ``k - p`` degrees of freedom, or normal under ``wald``.
    ci_method : str
    wald, wald_df, wald_p : float
        Wald test of all coefficients but the intercept, chi-square.
    f, f_df1, f_df2, f_p : float
        The same over its degrees of freedom, against F with ``k - p``; ``nan`` where none are left.
    ratio, ratio_df, ratio_p : float
        Likelihood-ratio test against the model without moderators.
    tau2, tau2_null, r2 : float
        Variance between studies with and without moderators, and the share explained, ``1 - tau2 / tau2_null`` and not
        below 0; ``nan`` where ``tau2_null`` is 0.
    residual_ratio, residual_p : float
        Likelihood-ratio test of ``tau2 = 0`` beside the moderators (half a chi-square with one degree of freedom).
    loglik, loglik_common : float
        At the maximum, and at that with ``tau2 = 0``.
    """

    k: int
    p: int
    estimate: Floats
    se: Floats
    ci_low: Floats
    ci_high: Floats
    p_value: Floats
    ci_method: str
    wald: float
    wald_df: int
    wald_p: float
    f: float
    f_df1: int
    f_df2: int
    f_p: float
    ratio: float
    ratio_df: int
    ratio_p: float
    tau2: float
    tau2_null: float
    r2: float
    residual_ratio: float
    residual_p: float
    loglik: float
    loglik_common: float


def glmm_moderators(
    events: ArrayLike,
    total: ArrayLike,
    moderators: ArrayLike,
    *,
    effects: str = "random",
    ci_method: str = "t",
    level: float = 0.95,
) -> Moderators:
    """Regress the logit of studies' proportions on moderators.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
    moderators : array_like of float, shape (k,) or (k, q)
        Without the intercept, which is added.
    effects : {"random", "common"}
        With variance between studies, or plain logistic regression.
    ci_method : {"t", "wald", "profile"}
    level : float

    Returns
    -------
    Moderators

    Raises
    ------
    SettingsError
        An interval that is not offered, or a design that does not fit the studies.
    NoAnswer
        Where the model has no maximum; the text says why.

    Examples
    --------
    >>> m = glmm_moderators([9, 3, 2, 1, 5], [43, 38, 26, 17, 60], [1, 2, 3, 4, 5])
    >>> round(float(m.estimate[1]), 3), round(m.wald, 3), round(m.ratio, 3)
    (-0.263, 2.783, 2.758)
    """
    if ci_method not in CI_METHODS:
        raise SettingsError(f'There is no interval "{ci_method}" here. There are: {", ".join(CI_METHODS)}.')
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    values = np.asarray(moderators, dtype=float)
    columns = values.reshape(x.size, -1) if values.size and values.size % max(x.size, 1) == 0 else values
    if columns.ndim != 2:
        raise SettingsError(f"A moderator has a value for each of the {x.size} studies.")
    design = np.column_stack([np.ones(x.size), columns])
    found = fit_regression(x, n, design, effects=effects)
    null = fit(x, n) if effects == "random" else common_fit(x, n, np.ones(x.size))
    if int(found.state) != OK:
        raise NoAnswer(f"The regression has no answer: {REGRESSION_REASONS[int(found.state)]}.")
    limits = None
    if ci_method == "profile":
        limits = np.array([profile_coefficient(x, n, design, j, level=level) for j in range(design.shape[1])]).T
    return moderators_of(
        found.beta, found.cov, x.size, ci_method, level, limits,
        loglik=float(found.loglik), loglik_common=float(found.loglik_common), tau2=float(found.tau2),
        null_loglik=float(null.loglik), null_tau2=float(null.tau2),
    )  # fmt: skip


def moderators_of(
    estimate: Floats, cov: Floats, k: int, ci_method: str, level: float, limits: Floats | None, *,
    loglik: float, loglik_common: float, tau2: float, null_loglik: float, null_tau2: float,
) -> Moderators:  # fmt: skip
    """Intervals and tests of a fitted regression of counts.

    Parameters
    ----------
    estimate : array of float, shape (p,)
    cov : array of float, shape (p, p)
    k : int
    ci_method : {"t", "wald", "profile"}
    level : float
    limits : array of float, shape (2, p), or None
        By profile likelihood, where that is the interval.
    loglik, loglik_common, tau2 : float
        Of the regression.
    null_loglik, null_tau2 : float
        Of the model without moderators.

    Returns
    -------
    Moderators
    """
    p, se = estimate.size, np.sqrt(np.diag(cov))
    left = k - p
    tail = (1.0 - level) / 2.0
    df = np.inf if ci_method == "wald" else left
    point = float(normal_upper(tail)) if ci_method == "wald" else float(t_upper(tail, left))
    low, high = (estimate - point * se, estimate + point * se) if limits is None else limits
    wald = float(estimate[1:] @ np.linalg.solve(cov[1:, 1:], estimate[1:]))
    f = wald / (p - 1)
    ratio = 2.0 * max(loglik - null_loglik, 0.0)
    residual = 2.0 * max(loglik - loglik_common, 0.0)
    return Moderators(
        k, p, estimate, se, low, high, t_two_sided(estimate / se, df), ci_method,
        wald, p - 1, float(chi2_tail(wald, p - 1)),
        f, p - 1, left, float(f_tail(f, p - 1, left)) if left > 0 else float("nan"),
        ratio, p - 1, float(chi2_tail(ratio, p - 1)),
        tau2, null_tau2, max(0.0, 1.0 - tau2 / null_tau2) if null_tau2 > 0.0 else float("nan"),
        residual, 0.5 * float(chi2_tail(residual, 1)) if residual > 0.0 else 1.0, loglik, loglik_common,
    )  # fmt: skip


@dataclass(frozen=True)
class GlmmSubgroups:
    """Subgroups under the binomial-normal model; arrays of shape (groups,), in the order of `labels`.

    Attributes
    ----------
    labels : tuple
        The groups, sorted by their text.
    fits : GlmmFit
        Of each group alone (separate tau2), or all with the tau2 of the model with a mean for each group.
    tau2_setting : {"separate", "common"}
    reasons : tuple of str
        Why a group has no fit; "" where it has.
    wald, wald_df, wald_p : float
        Of equal means, over the groups with a fit. Separate tau2: weighted sum of squares of the means about their
        mean, weights ``1 / se**2``. Common tau2: Wald test in the one model, whose means share what tau2 leaves open.
    ratio, ratio_df, ratio_p : float
        Likelihood-ratio test against one model for all. Common tau2: of equal means. Separate: of equal means *and*
        equal tau2 at once, with both counted in ``ratio_df``.
    r2 : float
        Share of tau2 that the groups explain (common tau2 only).
    ratio_reason : str
        Why there is no likelihood-ratio test; "" where there is.
    """

    labels: tuple[Hashable, ...]
    fits: GlmmFit
    tau2_setting: str
    reasons: tuple[str, ...]
    wald: float
    wald_df: int
    wald_p: float
    ratio: float
    ratio_df: int
    ratio_p: float
    r2: float
    ratio_reason: str


def glmm_subgroups(
    events: ArrayLike, total: ArrayLike, groups: Sequence[Hashable], *, tau2: str = "separate"
) -> GlmmSubgroups:
    """Fit each subgroup, and test whether they differ.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
    groups : sequence, length k
        The subgroup of each study.
    tau2 : {"separate", "common"}

    Returns
    -------
    GlmmSubgroups

    Raises
    ------
    SettingsError
        Words that are not known, or groups that do not fit the studies.

    Examples
    --------
    >>> s = glmm_subgroups([9, 3, 2, 1, 5], [43, 38, 26, 17, 60], ["a", "a", "b", "b", "b"])
    >>> s.labels, round(s.wald, 3), s.wald_df
    (('a', 'b'), 1.65, 1)
    """
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    if tau2 not in TAU2:
        raise SettingsError(f'There is no tau2 "{tau2}" for subgroups. There are: {", ".join(TAU2)}.')
    if len(groups) != x.size:
        raise SettingsError(f"There are {x.size} studies and {len(groups)} subgroup labels.")
    labels = tuple(sorted(set(groups), key=str))
    masks = np.array([[g == label for g in groups] for label in labels], dtype=float)
    null, separate = fit(x, n), fit(x, n, masks)
    reasons = tuple(REASONS.get(int(state), "") for state in separate.state)
    # A group without events has an infinite mean; the other groups share their tau2 without it.
    use = separate.state == OK
    fits, ratio, ratio_df, r2, why = separate, float("nan"), 0, float("nan"), ""
    answered = (masks[use].sum(axis=0) > 0) if use.any() else np.zeros(x.size, dtype=bool)
    if tau2 == "common" and use.any():
        both = fit_regression(x[answered], n[answered], masks[use][:, answered].T)
        fits = _shared(separate, use, both.beta, both.se, float(both.tau2), float(both.se_tau))
        top, beta = float(both.loglik), both.beta
        contrast = np.eye(beta.size)[1:] - np.eye(beta.size)[:1]
        middle = contrast @ both.cov @ contrast.T
        wald = float((contrast @ beta) @ np.linalg.solve(middle, contrast @ beta)) if beta.size > 1 else float("nan")
    else:
        top, wald = float(separate.loglik[use].sum()), float("nan")
        weight, mu = separate.se[use] ** -2.0, separate.mu[use]
        if use.sum() > 1:
            wald = float((weight * (mu - (weight * mu).sum() / weight.sum()) ** 2).sum())
    if use.all() and int(null.state) == OK:
        ratio = 2.0 * max(top - float(null.loglik), 0.0)
        if tau2 == "common":
            ratio_df, r2 = len(labels) - 1, float("nan")
            if float(null.tau2) > 0.0:
                r2 = max(0.0, 1.0 - float(fits.tau2[0]) / float(null.tau2))
        else:
            # A group of one study has no tau2 of its own.
            ratio_df = len(labels) - 1 + max(int((separate.k > 1).sum()) - 1, 0)
    else:
        why = "a group has no finite estimate, so its likelihood is compared with nothing"
    df = int(use.sum()) - 1
    return GlmmSubgroups(
        labels, fits, tau2, reasons, wald, max(df, 0), float(chi2_tail(wald, df)) if df > 0 else float("nan"),
        ratio, ratio_df, float(chi2_tail(ratio, ratio_df)) if ratio_df > 0 else float("nan"), r2, why,
    )  # fmt: skip


def _shared(alone: GlmmFit, use: NDArray[np.bool_], beta: Floats, se: Floats, tau2: float, se_tau: float) -> GlmmFit:
    """The groups with the common tau2; the model has one log-likelihood for all, so none is shown for a group."""
    out = {name: np.full(use.shape, np.nan) for name in ("mu", "se", "tau2", "se_tau", "loglik", "loglik_common")}
    out["mu"][use], out["se"][use] = beta, se
    out["tau2"][use], out["se_tau"][use] = tau2, se_tau
    return GlmmFit(state=alone.state, k=alone.k, **out)
