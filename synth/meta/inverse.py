"""Inverse-variance pooling: the mask kernel.

Studies stand on the last axis and everything broadcasts over the others, so that leave-one-out is ``~eye(k)``, a
cumulative analysis is ``tril``, a subgroup is a row of booleans and a bootstrap is a matrix of integer multiplicities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingsError
from synth.meta.distributions import Floats, chi2_tail, t_two_sided, t_upper
from synth.meta.heterogeneity import i2_from_tau2, typical_variance
from synth.meta.rows import Rows, Sums, log_likelihoods, make_rows, sums
from synth.meta.tau2 import check_method, estimate_tau2, tau2_standard_error

EFFECTS: Final = ("random", "common")
CI_METHODS: Final = ("wald", "t", "hksj", "hksj-adhoc")
PREDICTIONS: Final = ("t", "hts", "normal")


@dataclass(frozen=True, eq=False)
class InverseFit:
    """A pooled result for each row of the mask; every array has the leading shape.

    What is not defined is nan here, inside arrays: everything where no study counts; I2, H2, the standard error of tau2
    and the prediction interval where a single one does.

    Attributes
    ----------
    k : ndarray of int (of float where a multiplicity is not whole)
        Number of studies that count.
    estimate, se, ci_low, ci_high : ndarray
        Pooled estimate, its standard error by `ci_method`, its interval; analysis scale.
    statistic, p_value, df : ndarray
        Estimate over standard error, its two-sided p, the degrees of freedom (infinite: normal). One study has no
        other interval than its own normal one, so its `df` are infinite under every `ci_method`, as in metafor.
    tau2, se_tau2 : ndarray
        Between-study variance (0 in a common-effect model) and its standard error.
    q, q_df, q_p : ndarray
        Cochran's Q, its degrees of freedom and p.
    i2, h2 : ndarray
        From tau2 and the typical variance (random), from Q (common); fraction and ratio. I2 is not below 0.
    i2_q, h2_q : ndarray
        From Q: max(0, 1 - df/Q) and Q/df.
    weights : ndarray, shape (..., k)
        Fractions that add to 1; a study counted twice has twice its weight.
    prediction_low, prediction_high : ndarray
        Where a new study's true value lies.
    hksj_scale : ndarray
        Weighted mean square of the residuals, before any floor: se of "hksj" is its root times the Wald one.
    log_likelihood_ml, log_likelihood_reml : ndarray
        At the estimates.
    effects, tau2_method, ci_method, prediction : str
        The definitions that made the numbers; `tau2_method` is "" in a common-effect model.
    level : float
        Confidence of all the intervals.
    """

    k: NDArray[np.int64] | Floats
    estimate: Floats
    se: Floats
    ci_low: Floats
    ci_high: Floats
    statistic: Floats
    p_value: Floats
    df: Floats
    tau2: Floats
    se_tau2: Floats
    q: Floats
    q_df: Floats
    q_p: Floats
    i2: Floats
    h2: Floats
    i2_q: Floats
    h2_q: Floats
    weights: Floats
    prediction_low: Floats
    prediction_high: Floats
    hksj_scale: Floats
    log_likelihood_ml: Floats
    log_likelihood_reml: Floats
    effects: str
    tau2_method: str
    ci_method: str
    prediction: str
    level: float


def _check(effects: str, tau2_method: str, ci_method: str, prediction: str, level: float) -> None:
    for name, value, known in (
        ("effects", effects, EFFECTS),
        ("ci_method", ci_method, CI_METHODS),
        ("prediction", prediction, PREDICTIONS),
    ):
        if value not in known:
            raise SettingsError(f'There is no {name} "{value}". There are: {", ".join(known)}.')
    check_method(tau2_method)
    if not 0 < level < 1:
        raise SettingsError(f"A confidence level lies between 0 and 1; {level} does not. Did you mean 0.95?")


def pool_inverse(
    y: ArrayLike,
    v: ArrayLike,
    include: ArrayLike | None = None,
    *,
    effects: str = "random",
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    level: float = 0.95,
    prediction: str = "t",
) -> InverseFit:
    """Pool estimates with weights 1 / (v + tau2), for every row of a mask at once.

    Parameters
    ----------
    y, v : array_like, shape (..., k)
        Estimates and their sampling variances, on the analysis scale. What does not count may be anything, even nan.
    include : array_like of bool, int or float, shape (..., k), optional
        Which studies count, or how often each does. A study of infinite variance counts nowhere.
    effects : {"random", "common"}
        With tau2, or with tau2 = 0.
    tau2_method : str
        One of :data:`synth.meta.tau2.METHODS`.
    ci_method : {"wald", "t", "hksj", "hksj-adhoc"}
        Normal; t with k - 1 degrees of freedom; Hartung-Knapp-Sidik-Jonkman; the same with a scale of at least 1.
    level : float
        Confidence, in (0, 1).
    prediction : {"t", "hts", "normal"}
        Quantile with k - 1 (Veroniki et al. 2019), k - 2 (Higgins, Thompson and Spiegelhalter 2009) or infinitely many
        degrees of freedom, at sqrt(tau2 + se^2) with the se of `ci_method`.

    Returns
    -------
    InverseFit
        Arrays of the leading shape.

    Raises
    ------
    SettingsError
        An option that is not there.
    NoAnswer
        An iteration did not settle.
    ValueError
        A counted estimate is not finite, a counted variance is not above 0, a multiplicity is negative.

    Notes
    -----
    DerSimonian and Laird (1986); Hartung and Knapp (2001), Stat Med 20:3875-3889; Sidik and Jonkman (2002); Higgins and
    Thompson (2002), Stat Med 21:1539-1558, for I2 and H2; Higgins, Thompson and Spiegelhalter (2009), J R Stat Soc A
    172:137-159.

    Examples
    --------
    >>> y, v = [0.10, 0.30, 0.35, 0.65], [0.03, 0.05, 0.01, 0.05]
    >>> fit = pool_inverse(y, v, tau2_method="DL", ci_method="wald")
    >>> print(fit.estimate.round(4), fit.tau2.round(4), fit.weights.round(3))
    0.3305 0.0083 [0.227 0.149 0.475 0.149]
    >>> pool_inverse(y, v, ~np.eye(4, dtype=bool), tau2_method="DL").estimate.round(3)
    array([0.386, 0.341, 0.328, 0.289])
    """
    _check(effects, tau2_method, ci_method, prediction, level)
    random = effects == "random"
    rows = make_rows(y, v, include)
    k, none, several = rows.k, rows.k == 0, rows.k > 1
    df_q = k - 1.0

    def where(defined: NDArray[np.bool_], value: Floats, otherwise: float = np.nan) -> Floats:
        """np.where, but free where every row has studies enough, which is nearly always."""
        return value if ordinary else np.where(defined, value, otherwise)

    ordinary = bool(several.all())
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        zero = np.zeros(len(k))
        s0 = sums(rows, zero, third=random)
        if random:
            tau2 = estimate_tau2(rows, tau2_method, s0)
            s = sums(rows, tau2, third=tau2_method == "REML")
            se_tau2 = tau2_standard_error(rows, tau2, tau2_method, s0, s)
        else:
            tau2, s, se_tau2 = where(~none, zero), s0, np.full(len(k), np.nan)
        i2_q = where(several, np.maximum(0.0, 1.0 - df_q / s0.q))
        h2_q = where(several, s0.q / df_q)
        typical = typical_variance(rows, s0)
        i2, h2 = (i2_from_tau2(tau2, typical), 1.0 + tau2 / typical) if random else (i2_q, h2_q)
        scale = where(several, s.q / df_q)
        estimate = rows.origin + s.mean
        wald = np.sqrt(1.0 / s.s1)
        se = _standard_error(wald, scale, ci_method)
        df = np.full(len(k), np.inf) if ci_method == "wald" else where(several, df_q, np.inf)
        df = where(~none, df)
        quantile = t_upper(0.5 * (1.0 - level), df)
        half, statistic = quantile * se, estimate / se
        low, high = np.full(len(k), np.nan), np.full(len(k), np.nan)
        if random:
            if not (ordinary and ci_method != "wald" and prediction == "t"):
                df_new = {"t": df_q, "hts": df_q - 1.0, "normal": np.full(len(k), np.inf)}[prediction]
                quantile = t_upper(0.5 * (1.0 - level), np.where(several & (df_new > 0), df_new, np.nan))
            wide = quantile * np.sqrt(tau2 + se * se)
            low, high = estimate - wide, estimate + wide
        ml, reml = log_likelihoods(rows, tau2, s)
        q, q_df = where(~none, s0.q), where(~none, df_q)
        p_value, q_p = t_two_sided(statistic, df), chi2_tail(q, q_df)
    lead = rows.lead
    whole = include is None or np.asarray(include).dtype.kind in "biu" or bool((k == np.rint(k)).all())
    counts: NDArray[np.int64] | Floats = k.astype(np.int64) if whole else k
    return InverseFit(
        k=counts.reshape(lead),
        estimate=estimate.reshape(lead),
        se=se.reshape(lead),
        ci_low=(estimate - half).reshape(lead),
        ci_high=(estimate + half).reshape(lead),
        statistic=statistic.reshape(lead),
        p_value=p_value.reshape(lead),
        df=df.reshape(lead),
        tau2=tau2.reshape(lead),
        se_tau2=se_tau2.reshape(lead),
        q=q.reshape(lead),
        q_df=q_df.reshape(lead),
        q_p=q_p.reshape(lead),
        i2=i2.reshape(lead),
        h2=h2.reshape(lead),
        i2_q=i2_q.reshape(lead),
        h2_q=h2_q.reshape(lead),
        weights=_weights(rows, s),
        prediction_low=low.reshape(lead),
        prediction_high=high.reshape(lead),
        hksj_scale=scale.reshape(lead),
        log_likelihood_ml=ml.reshape(lead),
        log_likelihood_reml=reml.reshape(lead),
        effects=effects,
        tau2_method=tau2_method if random else "",
        ci_method=ci_method,
        prediction=prediction,
        level=level,
    )


def _standard_error(wald: Floats, scale: Floats, ci_method: str) -> Floats:
    if ci_method in ("wald", "t"):
        return wald
    if ci_method == "hksj-adhoc":
        scale = np.maximum(scale, 1.0)
    # a single study has no residuals to scale by
    return wald * np.sqrt(np.where(np.isnan(scale), 1.0, scale))


def _weights(rows: Rows, s: Sums) -> Floats:
    """Weights as fractions, in the order and the shape that the studies came in."""
    w = s.u if rows.m is None else s.u * rows.m
    with np.errstate(invalid="ignore"):
        w = rows.in_order(w / s.s1[:, None])
    return w.reshape(*rows.lead, w.shape[1])
