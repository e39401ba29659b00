"""Subgroups: each pooled on its own or with a common tau2, and whether they differ."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingsError
from synth.meta.inverse.fit import InverseFit, pool_inverse
from synth.meta.inverse.heterogeneity import i2_from_tau2, typical_variance
from synth.meta.numeric.distributions import Floats, chi2_tail, f_tail
from synth.meta.sensitivity.regression import predict, regress
from synth.meta.sensitivity.rows import make_rows

TAU2: Final = ("separate", "common")


@dataclass(frozen=True, eq=False)
class Subgroups:
    """Pooled results of subgroups; arrays of shape (groups,), in the order of `labels`.

    Attributes
    ----------
    labels : tuple
        The groups, sorted by their text.
    k : ndarray
        Studies in each.
    estimate, se, ci_low, ci_high, df : ndarray
        Pooled estimates with their intervals by `ci_method`.
    prediction_low, prediction_high : ndarray
        Where a new study's true value lies.
    tau2, i2 : ndarray
        By group; with a common tau2 the same value in all, and I2 from it and the group's typical variance.
    q, q_df, q_p : ndarray
        Cochran's Q within each group.
    q_between, q_between_df, q_between_p : float
        Weighted sum of squares of the estimates about their mean, with weights from Wald standard errors; chi-squared.
    f_between, f_df1, f_df2, f_p : float
        The F-test that goes with an interval by t or HKSJ (see `subgroups`); nan where there is none, with `f_reason`.
    f_reason : str
        Why there is no F-test; "" where there is.
    r2 : float
        Share of tau2 that the groups explain (common tau2 only; else nan).
    tau2_setting, effects, tau2_method, ci_method : str
        The definitions that made the numbers.
    level : float
        Confidence of the intervals.
    """

    labels: tuple[Hashable, ...]
    k: NDArray[np.int64]
    estimate: Floats
    se: Floats
    ci_low: Floats
    ci_high: Floats
    df: Floats
    prediction_low: Floats
    prediction_high: Floats
    tau2: Floats
    i2: Floats
    q: Floats
    q_df: Floats
    q_p: Floats
    q_between: float
    q_between_df: int
    q_between_p: float
    f_between: float
    f_df1: float
    f_df2: float
    f_p: float
    f_reason: str
    r2: float
    tau2_setting: str
    effects: str
    tau2_method: str
    ci_method: str
    level: float


def group_masks(groups: Sequence[Hashable], use: NDArray[np.bool_]) -> tuple[tuple[Hashable, ...], NDArray[np.bool_]]:
    """Return the labels that occur, sorted by their text, and one row of booleans for each.

    Examples
    --------
    >>> group_masks(["b", "a", "b"], np.ones(3, dtype=bool))
    (('a', 'b'), array([[False,  True, False],
           [ True, False,  True]]))
    """
    labels = tuple(sorted({g for g, counts in zip(groups, use, strict=True) if counts}, key=str))
    masks = np.array([[g == label for g in groups] for label in labels], dtype=np.bool_)
    return labels, masks.reshape(len(labels), len(use)) & use


def welch(estimate: Floats, se: Floats, df: Floats) -> tuple[float, float, float, float]:
    """Return F, its two degrees of freedom and p: are means with unequal, estimated variances equal?

    Parameters
    ----------
    estimate, se, df : ndarray, shape (groups,)
        Means, their standard errors and the degrees of freedom of those, all positive.

    Returns
    -------
    (f, df1, df2, p) : tuple of float

    Notes
    -----
    Welch (1951), Biometrika 38:330-336.

    Examples
    --------
    >>> round(welch(np.array([0.0, 1.0]), np.array([0.3, 0.4]), np.array([5.0, 5.0]))[2], 4)
    9.273
    """
    w = se**-2.0
    n, total = len(w), w.sum()
    off = estimate - (w * estimate).sum() / total
    spread = float((((1.0 - w / total) ** 2) / df).sum())
    f = float((w * off * off).sum()) / (n - 1) / (1.0 + 2.0 * (n - 2) / (n * n - 1) * spread)
    df2 = (n * n - 1) / (3.0 * spread)
    return f, float(n - 1), df2, float(f_tail(f, n - 1, df2))


def subgroups(
    y: ArrayLike,
    v: ArrayLike,
    groups: Sequence[Hashable],
    include: ArrayLike | None = None,
    *,
    tau2: str = "separate",
    effects: str = "random",
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    level: float = 0.95,
    prediction: str = "t",
) -> Subgroups:
    """Pool each subgroup and compare them.

    Parameters
    ----------
    y, v : array_like, shape (k,)
        Estimates and sampling variances, on the analysis scale.
    groups : sequence of hashable, length k
        The group of each study.
    include : array_like of bool, shape (k,), optional
        Which studies count.
    tau2 : {"separate", "common"}
        One tau2 for each group, or one for all from the regression on the groups.
    effects, tau2_method, ci_method, level, prediction
        As in :func:`synth.meta.inverse.fit.pool_inverse`.

    Returns
    -------
    Subgroups

    Raises
    ------
    SettingsError
        An option that is not there, or no study that counts.

    Notes
    -----
    With separate tau2 the F-test is that of Welch (1951), each group with its own standard error on k - 1 degrees of
    freedom: a group of one study has none, and there is no test. With a common tau2 it is that of Knapp and Hartung
    (2003) on k - groups. The chi-squared test is Borenstein and Higgins's (2013, Prev Sci 14:134-143), as in metafor
    and meta.

    Examples
    --------
    >>> y, v = [0.1, 0.3, 0.2, 0.8, 0.9, 0.6], [0.02, 0.03, 0.01, 0.04, 0.02, 0.03]
    >>> result = subgroups(y, v, ["a", "a", "a", "b", "b", "b"], ci_method="wald")
    >>> print(result.estimate.round(3), round(result.q_between, 3))
    [0.191 0.784] 23.565
    """
    if tau2 not in TAU2:
        raise SettingsError(f'There is no tau2 setting "{tau2}" of subgroups. There are: {", ".join(TAU2)}.')
    y, v = (np.asarray(a, dtype=np.float64) for a in (y, v))
    use = np.ones(len(y), dtype=np.bool_) if include is None else np.asarray(include, dtype=np.bool_)
    use = use & ~np.isposinf(v)
    labels, masks = group_masks(groups, use)
    if not labels:
        raise SettingsError("There is no study to make subgroups of.")
    pooled = pool_inverse(
        y,
        v,
        masks,
        effects=effects,
        tau2_method=tau2_method,
        ci_method=ci_method,
        level=level,
        prediction=prediction,
    )
    if tau2 == "common" and effects == "random":
        return _common(y, v, use, labels, masks, pooled)
    wald = pooled
    if ci_method not in ("wald", "t"):
        wald = pool_inverse(y, v, masks, effects=effects, tau2_method=tau2_method, ci_method="wald")
    between, df, p = _between(wald.estimate, wald.se)
    nan = float("nan")
    f, reason = (nan, nan, nan, nan), ""
    if len(labels) < 2:
        reason = "There is only one group."
    elif ci_method == "wald":
        reason = "With normal intervals the chi-squared test is the one that goes with them."
    elif (pooled.k < 2).any():
        single = ", ".join(str(label) for label, k in zip(labels, pooled.k, strict=True) if k < 2)
        reason = f"A group of one study has no degree of freedom of its own ({single}); a common tau2 has."
    elif (pooled.se == 0).any():
        reason = "A group whose studies agree exactly has a standard error of 0."
    else:
        f = welch(pooled.estimate, pooled.se, pooled.df)
    return Subgroups(
        labels=labels,
        k=np.asarray(pooled.k, dtype=np.int64),
        estimate=pooled.estimate,
        se=pooled.se,
        ci_low=pooled.ci_low,
        ci_high=pooled.ci_high,
        df=pooled.df,
        prediction_low=pooled.prediction_low,
        prediction_high=pooled.prediction_high,
        tau2=pooled.tau2,
        i2=pooled.i2,
        q=pooled.q,
        q_df=pooled.q_df,
        q_p=pooled.q_p,
        q_between=between,
        q_between_df=df,
        q_between_p=p,
        f_between=f[0],
        f_df1=f[1],
        f_df2=f[2],
        f_p=f[3],
        f_reason=reason,
        r2=nan,
        tau2_setting=tau2,
        effects=effects,
        tau2_method=pooled.tau2_method,
        ci_method=ci_method,
        level=level,
    )


def _between(estimate: Floats, se: Floats) -> tuple[float, int, float]:
    w = se**-2.0
    off = estimate - (w * estimate).sum() / w.sum()
    q, df = float((w * off * off).sum()), len(w) - 1
    return q, df, float(chi2_tail(q, df)) if df else float("nan")


def _common(
    y: Floats,
    v: Floats,
    use: NDArray[np.bool_],
    labels: tuple[Hashable, ...],
    masks: NDArray[np.bool_],
    pooled: InverseFit,
) -> Subgroups:
    """Pool the groups with the residual tau2 of the regression on them."""
    x = masks.T.astype(np.float64)
    n = len(labels)
    method, ci_method, level = pooled.tau2_method, pooled.ci_method, pooled.level
    means = regress(y, v, x, use, tau2_method=method, ci_method=ci_method, level=level)
    contrast = x.copy()
    contrast[:, 0] = 1.0
    tested = tuple(range(1, n))
    nan = float("nan")
    between, between_p, f, df2, f_p, r2 = nan, nan, nan, nan, nan, float("nan")
    reason = "There is only one group."
    if n > 1:
        plain = regress(y, v, contrast, use, tau2_method=method, ci_method="wald", tested=tested)
        between, between_p, r2 = float(plain.qm), float(plain.qm_p), float(plain.r2)
        reason = "With normal intervals the chi-squared test is the one that goes with them."
        if ci_method != "wald":
            test = regress(y, v, contrast, use, tau2_method=method, ci_method=ci_method, tested=tested)
            f, df2, f_p = float(test.qm), float(test.qm_df2), float(test.qm_p)
            reason = "" if np.isfinite(f) else "Every group has one study: no degree of freedom is left."
    at = predict(means, np.eye(n))
    rows = make_rows(y, v, masks)
    with np.errstate(divide="ignore", invalid="ignore"):
        typical = typical_variance(rows, rows.sums(np.zeros(n)))
        i2 = i2_from_tau2(np.broadcast_to(means.tau2, (n,)), typical)
    return Subgroups(
        labels=labels,
        k=np.asarray(pooled.k, dtype=np.int64),
        estimate=means.estimate,
        se=means.se,
        ci_low=means.ci_low,
        ci_high=means.ci_high,
        df=np.broadcast_to(means.df, (n,)).copy(),
        prediction_low=at.prediction_low,
        prediction_high=at.prediction_high,
        tau2=np.broadcast_to(means.tau2, (n,)).copy(),
        i2=i2,
        q=pooled.q,
        q_df=pooled.q_df,
        q_p=pooled.q_p,
        q_between=between,
        q_between_df=n - 1,
        q_between_p=between_p,
        f_between=f,
        f_df1=float(n - 1) if np.isfinite(f) else nan,
        f_df2=df2,
        f_p=f_p,
        f_reason=reason,
        r2=r2,
        tau2_setting="common",
        effects="random",
        tau2_method=method,
        ci_method=ci_method,
        level=level,
    )
