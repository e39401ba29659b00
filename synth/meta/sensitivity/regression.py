"""Meta-regression: estimates that follow moderators, over any design matrix and any mask at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingsError
from synth.meta.inverse.fit import CI_METHODS, EFFECTS
from synth.meta.inverse.tau2 import check_method, estimate_tau2
from synth.meta.numeric.distributions import Floats, chi2_tail, f_tail, t_two_sided, t_upper
from synth.meta.sensitivity.designs import Designs, Weighted, make_designs, weighted
from synth.meta.sensitivity.regression_tau2 import residual_tau2, residual_tau2_error
from synth.meta.sensitivity.rows import make_rows

# A moderator that varies by less than this share of its size is the intercept.
CONSTANT: Final = 1e-12


@dataclass(frozen=True, eq=False)
class RegressionFit:
    """A meta-regression for each row of the mask; arrays have the leading shape, coefficients a last axis of p.

    What is not defined is nan: everything where the design lacks rank among the studies that count, or where no degree
    of freedom is left.

    Attributes
    ----------
    k : ndarray
        Number of studies that count.
    estimate, se, statistic, p_value, ci_low, ci_high : ndarray, shape (..., p)
        Coefficients on the design as it was given, with their standard errors, tests and intervals by `ci_method`.
    covariance : ndarray, shape (..., p, p)
        Of the coefficients, by `ci_method`.
    df : ndarray
        Of the tests of the coefficients, k - p; infinite where they are normal.
    tau2, se_tau2, tau2_null : ndarray
        Residual between-study variance with its standard error; that without moderators, by the same method.
    r2 : ndarray
        Share of tau2 that the moderators explain, max(0, 1 - tau2 / tau2_null); nan where `tau2_null` is 0 or the
        design has no intercept.
    q, q_df, q_p : ndarray
        Q of the residuals at tau2 = 0 (QE), k - p, and p.
    i2, h2 : ndarray
        Of the residuals: from tau2 and the typical variance (random), from Q (common).
    qm, qm_df1, qm_df2, qm_p : ndarray
        Test of all `tested` coefficients together: chi-squared with infinite `qm_df2`, else F.
    tested : tuple of int
        Columns that `qm` tests.
    hksj_scale : ndarray
        Weighted mean square of the residuals, before any floor.
    fitted, leverage : ndarray, shape (..., k)
        The line at each study, and the diagonal of the hat matrix.
    log_likelihood_ml, log_likelihood_reml : ndarray
        At the estimates.
    effects, tau2_method, ci_method : str
        The definitions that made the numbers.
    level : float
        Confidence of the intervals.
    """

    k: Floats
    estimate: Floats
    se: Floats
    statistic: Floats
    p_value: Floats
    ci_low: Floats
    ci_high: Floats
    covariance: Floats
    df: Floats
    tau2: Floats
    se_tau2: Floats
    tau2_null: Floats
    r2: Floats
    q: Floats
    q_df: Floats
    q_p: Floats
    i2: Floats
    h2: Floats
    qm: Floats
    qm_df1: int
    qm_df2: Floats
    qm_p: Floats
    tested: tuple[int, ...]
    hksj_scale: Floats
    fitted: Floats
    leverage: Floats
    log_likelihood_ml: Floats
    log_likelihood_reml: Floats
    effects: str
    tau2_method: str
    ci_method: str
    level: float


@dataclass(frozen=True, eq=False)
class Prediction:
    """The line at new values of the moderators; arrays of shape (..., points).

    Attributes
    ----------
    estimate, se, ci_low, ci_high : ndarray
        Mean effect there, with its interval.
    prediction_low, prediction_high : ndarray
        Where a new study's true value lies there; equal to the interval in a common-effect model.
    """

    estimate: Floats
    se: Floats
    ci_low: Floats
    ci_high: Floats
    prediction_low: Floats
    prediction_high: Floats


def intercept_columns(x: Floats) -> NDArray[np.bool_]:
    """Which columns of a design are a constant other than 0, shape (p,).

    Examples
    --------
    >>> intercept_columns(np.array([[1.0, 3.0], [1.0, 4.0]]))
    array([ True, False])
    """
    flat = x.reshape(-1, x.shape[-1])
    flat = flat[np.isfinite(flat).all(axis=1)]
    size = np.abs(flat).max(axis=0, initial=0.0)
    constant: NDArray[np.bool_] = (np.ptp(flat, axis=0) <= CONSTANT * size) & (size > 0) if len(flat) else size > 0
    return constant


def check_options(effects: str, tau2_method: str, ci_method: str, level: float) -> None:
    """Raise SettingsError unless the options are there."""
    for name, value, known in (("effects", effects, EFFECTS), ("ci_method", ci_method, CI_METHODS)):
        if value not in known:
            raise SettingsError(f'There is no {name} "{value}". There are: {", ".join(known)}.')
    check_method(tau2_method)
    if not 0 < level < 1:
        raise SettingsError(f"A confidence level lies between 0 and 1; {level} does not. Did you mean 0.95?")


def regress(
    y: ArrayLike,
    v: ArrayLike,
    x: ArrayLike,
    include: ArrayLike | None = None,
    *,
    effects: str = "random",
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    level: float = 0.95,
    tested: tuple[int, ...] | None = None,
) -> RegressionFit:
    """Regress estimates on moderators with weights 1 / (v + tau2), for every row of a mask at once.

    Parameters
    ----------
    y, v : array_like, shape (..., k)
        Estimates and their sampling variances, on the analysis scale.
    x : array_like, shape (..., k, p)
        Design matrix, a column of ones for the intercept included.
    include : array_like of bool, int or float, shape (..., k), optional
        Which studies count, or how often each does.
    effects : {"random", "common"}
        With a residual tau2, or with none.
    tau2_method : str
        One of :data:`synth.meta.inverse.tau2.METHODS`.
    ci_method : {"wald", "t", "hksj", "hksj-adhoc"}
        Normal; t with k - p degrees of freedom; the same with the covariance matrix times the weighted mean square of
        the residuals (Knapp and Hartung 2003); the same with a scale of at least 1.
    level : float
        Confidence, in (0, 1).
    tested : tuple of int, optional
        Columns that `qm` tests: all but the intercept when absent (the intercept where there is nothing else).

    Returns
    -------
    RegressionFit

    Raises
    ------
    SettingsError
        An option that is not there.
    NoAnswer
        An iteration did not settle.
    ValueError
        A counted value is not finite, a counted variance not above 0, or the shapes disagree.

    Notes
    -----
    Berkey et al. (1995), Stat Med 14:395-411; Knapp and Hartung (2003), Stat Med 22:2693-2710; R2 as in Raudenbush
    (2009) and López-López et al. (2014), Br J Math Stat Psychol 67:30-48. As metafor's
    ``rma(yi, vi, mods = X)``.

    Examples
    --------
    >>> y, v = [0.1, 0.3, 0.2, 0.6, 0.7], [0.02, 0.03, 0.01, 0.04, 0.02]
    >>> x = np.column_stack([np.ones(5), [0, 1, 2, 3, 4]])
    >>> fit = regress(y, v, x, ci_method="wald")
    >>> print(fit.estimate.round(4), fit.qm_p.round(4), fit.tau2.round(4))
    [0.0496 0.1482] 0.0047 0.0055
    """
    check_options(effects, tau2_method, ci_method, level)
    d = make_designs(y, v, x, include)
    p = d.z.shape[-1]
    if tested is None:
        constant = intercept_columns(np.asarray(x, dtype=np.float64))
        tested = tuple(int(j) for j in np.flatnonzero(~constant)) or tuple(range(p))
        has_intercept = bool(constant.any())
    else:
        has_intercept = bool(intercept_columns(np.asarray(x, dtype=np.float64)).any())
    random = effects == "random"
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        zero = np.zeros(len(d.k))
        at_zero = weighted(d, zero)
        s0 = at_zero.sums
        usable = d.df >= 0 if not random else d.df > 0
        if random:
            tau2 = residual_tau2(d, tau2_method, s0)
            se_tau2 = residual_tau2_error(d, tau2, tau2_method)
            at = weighted(d, np.where(usable, tau2, 0.0))
        else:
            tau2, se_tau2, at = np.where(usable, zero, np.nan), np.full(len(zero), np.nan), at_zero
        tau2_null, r2 = _explained(d, tau2, tau2_method if random and has_intercept else "")
        df_q = np.where(usable, d.df, np.nan)
        residual_df = np.where(df_q > 0, df_q, np.nan)
        typical = df_q / s0.trace
        i2, h2 = np.maximum(0.0, 1.0 - df_q / s0.q), s0.q / residual_df
        if random:
            i2, h2 = tau2 / (tau2 + typical), 1.0 + tau2 / typical
        scale = at.sums.q / residual_df
        beta, covariance = _coefficients(d, at, usable)
        factor = {"hksj": scale, "hksj-adhoc": np.maximum(scale, 1.0)}.get(ci_method, np.ones(len(scale)))
        covariance = covariance * factor[:, None, None]
        se = np.sqrt(np.einsum("rpp->rp", covariance))
        df = np.where(usable, np.inf, np.nan) if ci_method == "wald" else residual_df
        half = t_upper(0.5 * (1.0 - level), df)[:, None] * se
        statistic = beta / se
        p_value = t_two_sided(statistic, np.broadcast_to(df[:, None], statistic.shape))
        qm, qm_p = _joint(beta, covariance, tested, df)
        ml, reml = d.log_likelihoods(np.where(usable, tau2, 0.0))
        q = np.where(usable, s0.q, np.nan)
        leverage = np.where(usable[:, None], at.leverage, np.nan)
        fitted = np.where(usable[:, None], d.raw - at.residual, np.nan)
        q_p = chi2_tail(q, df_q)
    lead = d.lead

    def shaped(value: Floats) -> Floats:
        return value.reshape((*lead, *value.shape[1:]))

    return RegressionFit(
        k=shaped(d.k),
        estimate=shaped(beta),
        se=shaped(se),
        statistic=shaped(statistic),
        p_value=shaped(p_value),
        ci_low=shaped(beta - half),
        ci_high=shaped(beta + half),
        covariance=shaped(covariance),
        df=shaped(df),
        tau2=shaped(tau2),
        se_tau2=shaped(se_tau2),
        tau2_null=shaped(tau2_null),
        r2=shaped(r2),
        q=shaped(q),
        q_df=shaped(df_q),
        q_p=shaped(q_p),
        i2=shaped(i2),
        h2=shaped(h2),
        qm=shaped(qm),
        qm_df1=len(tested),
        qm_df2=shaped(df),
        qm_p=shaped(qm_p),
        tested=tested,
        hksj_scale=shaped(scale),
        fitted=shaped(fitted),
        leverage=shaped(leverage),
        log_likelihood_ml=shaped(np.where(usable, ml, np.nan)),
        log_likelihood_reml=shaped(np.where(usable, reml, np.nan)),
        effects=effects,
        tau2_method=tau2_method if random else "",
        ci_method=ci_method,
        level=level,
    )


def _explained(d: Designs, tau2: Floats, method: str) -> tuple[Floats, Floats]:
    """tau2 without moderators, and the share of it that they explain; nan where there is nothing to compare."""
    if not method:
        return np.full(len(tau2), np.nan), np.full(len(tau2), np.nan)
    count: Floats = np.where(d.counted, 1.0, 0.0) if d.m is None else d.m
    null = estimate_tau2(make_rows(d.raw, d.v, count), method)
    null = np.where(np.isnan(tau2), np.nan, null)
    return null, np.where(null > 0, np.maximum(0.0, 1.0 - tau2 / null), np.nan)


def _coefficients(d: Designs, at: Weighted, usable: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Coefficients and their Wald covariance matrix on the design as it was given."""
    beta = (d.back @ (at.gamma + d.start)[..., None])[..., 0]
    covariance = d.back @ at.inverse @ d.back.swapaxes(1, 2)
    return np.where(usable[:, None], beta, np.nan), np.where(usable[:, None, None], covariance, np.nan)


def _joint(beta: Floats, covariance: Floats, tested: tuple[int, ...], df: Floats) -> tuple[Floats, Floats]:
    """Wald test of several coefficients: chi-squared where `df` is infinite, else F."""
    index = np.asarray(tested)
    b, c = beta[:, index], covariance[:, index[:, None], index]
    good = np.isfinite(c).all(axis=(1, 2)) & (np.einsum("rpp->rp", c) > 0).all(axis=1)
    unit = np.eye(len(index))
    # on the scale of the standard errors, so that units of the moderators do not matter
    se = np.sqrt(np.where(good[:, None], np.einsum("rpp->rp", c), 1.0))
    correlation = np.where(good[:, None, None], c / (se[:, :, None] * se[:, None, :]), unit)
    ratio = b / se
    qm = np.where(good, (ratio * np.linalg.solve(correlation, ratio[..., None])[..., 0]).sum(axis=1), np.nan)
    normal = np.isposinf(df)
    f = np.where(normal, qm, qm / len(index))
    p = np.where(normal, chi2_tail(f, len(index)), f_tail(f, len(index), np.where(df > 0, df, np.nan)))
    return f, p


def predict(fit: RegressionFit, x: ArrayLike) -> Prediction:
    """Return the regression line at new values of the moderators.

    Parameters
    ----------
    fit : RegressionFit
    x : array_like, shape (points, p)
        Rows of the design, the intercept's 1 included.

    Returns
    -------
    Prediction
        Prediction intervals at sqrt(tau2 + se^2) with the quantile of the coefficients' tests, as metafor's
        ``predict(fit, newmods)`` gives them.

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), [0, 1, 2, 3]])
    >>> fit = regress([0.0, 1.0, 2.0, 3.0], [0.1, 0.1, 0.1, 0.1], x, ci_method="wald")
    >>> predict(fit, [[1.0, 4.0]]).estimate.round(6)
    array([4.])
    """
    new = np.atleast_2d(np.asarray(x, dtype=np.float64))
    estimate = np.einsum("np,...p->...n", new, fit.estimate)
    se = np.sqrt(np.maximum(np.einsum("np,...pq,nq->...n", new, fit.covariance, new), 0.0))
    with np.errstate(invalid="ignore"):
        quantile = t_upper(0.5 * (1.0 - fit.level), fit.df)[..., None]
        wide = quantile * np.sqrt(fit.tau2[..., None] + se * se)
    return Prediction(
        estimate=estimate,
        se=se,
        ci_low=estimate - quantile * se,
        ci_high=estimate + quantile * se,
        prediction_low=estimate - wide,
        prediction_high=estimate + wide,
    )
