"""Tests for small-study effects: regressions on a measure of precision, and the rank correlation.

Every function here computes what it is asked, whatever k; :mod:`synth.meta.bias.small_study` says when that is wise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingsError
from synth.meta.numeric.distributions import Floats, t_two_sided, t_upper
from synth.meta.numeric.kendall import ROUNDING, kendall
from synth.meta.results import number
from synth.meta.sensitivity.regression import regress

# name, whether it is a function of the sample size, and whether it goes to 0 in a study of infinite size
PREDICTORS: Final = {
    "se": (False, True),
    "variance": (False, True),
    "n": (True, False),
    "1/n": (True, True),
    "sqrt(n)": (True, False),
    "1/sqrt(n)": (True, True),
}


@dataclass(frozen=True)
class AsymmetryTest:
    """One test for small-study effects.

    Attributes
    ----------
    method : str
        Its name.
    statistic, df, p_value : float or None
        t (with `df`) or z; None with a `reason` where the test has no answer.
    slope, slope_se, intercept : float or None
        Of a regression: on the predictor, and at a predictor of 0.
    limit, limit_low, limit_high : float or None
        Estimate for a study of infinite size, where the predictor goes to 0 there.
    tau : float or None
        Kendall's rank correlation.
    tau2 : float or None
        Residual between-study variance of a random-effects regression.
    predictor : str
        What the regression was on; "" for a rank correlation.
    k : int
        Studies used.
    reason : str
        Why there is no answer; "" where there is.
    """

    method: str
    statistic: float | None
    df: float | None
    p_value: float | None
    k: int
    predictor: str = ""
    slope: float | None = None
    slope_se: float | None = None
    intercept: float | None = None
    limit: float | None = None
    limit_low: float | None = None
    limit_high: float | None = None
    tau: float | None = None
    tau2: float | None = None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Line:
    """Weighted least-squares lines, one for each row; arrays of the leading shape, nan where undefined.

    Attributes
    ----------
    intercept, intercept_se, slope, slope_se : ndarray
        With a dispersion estimated from the residuals.
    df : ndarray
        k - 2.
    """

    intercept: Floats
    intercept_se: Floats
    slope: Floats
    slope_se: Floats
    df: Floats


def weighted_line(y: ArrayLike, x: ArrayLike, weights: ArrayLike, include: ArrayLike | None = None) -> Line:
    """Fit lines by weighted least squares, as R's ``lm(y ~ x, weights = w)``.

    Parameters
    ----------
    y, x, weights : array_like, shape (..., k)
        Response, predictor and positive weights.
    include : array_like of bool, shape (..., k), optional
        Which points count.

    Returns
    -------
    Line

    Examples
    --------
    >>> line = weighted_line([1.0, 2.0, 3.5], [0.0, 1.0, 2.0], [1.0, 1.0, 1.0])
    >>> float(line.slope), float(line.df)
    (1.25, 1.0)
    """
    y, x, w = (np.asarray(a, dtype=np.float64) for a in (y, x, weights))
    use = np.ones(1, dtype=np.bool_) if include is None else np.asarray(include, dtype=np.bool_)
    y, x, w, use = np.broadcast_arrays(y, x, w, use)
    use = use & np.isfinite(y) & np.isfinite(x) & np.isfinite(w)
    y, x, w = np.where(use, y, 0.0), np.where(use, x, 0.0), np.where(use, w, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = w.sum(axis=-1)
        mean_x, mean_y = (w * x).sum(axis=-1) / total, (w * y).sum(axis=-1) / total
        dx, dy = np.where(use, x - mean_x[..., None], 0.0), np.where(use, y - mean_y[..., None], 0.0)
        ss = (w * dx * dx).sum(axis=-1)
        # a predictor that varies by rounding alone does not vary
        spread = np.where(use, np.abs(dx), 0.0).max(axis=-1, initial=0.0)
        ss = np.where(spread > 1e-12 * np.abs(mean_x), ss, np.nan)
        slope = (w * dx * dy).sum(axis=-1) / ss
        residual = dy - slope[..., None] * dx
        df = use.sum(axis=-1) - 2.0
        dispersion = np.where(df > 0, (w * residual * residual).sum(axis=-1) / df, np.nan)
        return Line(
            intercept=mean_y - slope * mean_x,
            intercept_se=np.sqrt(dispersion * (1.0 / total + mean_x * mean_x / ss)),
            slope=slope,
            slope_se=np.sqrt(dispersion / ss),
            df=df,
        )


def predictor(name: str, v: Floats, size: Floats | None) -> Floats:
    """Return a measure of precision of each study.

    Parameters
    ----------
    name : str
        One of PREDICTORS.
    v : ndarray, shape (..., k)
        Sampling variances.
    size : ndarray, shape (..., k), or None
        Sample sizes.

    Examples
    --------
    >>> predictor("1/sqrt(n)", np.array([0.1]), np.array([25.0]))
    array([0.2])
    """
    if name not in PREDICTORS:
        raise SettingsError(f'There is no predictor "{name}". There are: {", ".join(PREDICTORS)}.')
    if name == "se":
        return np.sqrt(v)
    if name == "variance":
        return v
    if size is None:
        raise SettingsError(f'The predictor "{name}" needs the sample sizes. Without them there is "se".')
    with np.errstate(divide="ignore"):
        out: Floats = {"n": size, "1/n": 1.0 / size, "sqrt(n)": np.sqrt(size), "1/sqrt(n)": 1.0 / np.sqrt(size)}[name]
    return out


def line_test(
    method: str,
    y: Floats,
    x: Floats,
    weights: Floats,
    use: NDArray[np.bool_],
    *,
    name: str,
    level: float = 0.95,
    limit: bool = False,
) -> AsymmetryTest:
    """Test the slope of a weighted line by t with k - 2 degrees of freedom.

    Parameters
    ----------
    method : str
        Name of the test.
    y, x, weights : ndarray, shape (k,)
        Response, predictor and weights.
    use : ndarray of bool, shape (k,)
        Which studies count.
    name : str
        Name of the predictor.
    level : float
        Confidence of the limit.
    limit : bool
        Also give the estimate at a predictor of 0.

    Examples
    --------
    >>> y, x = np.array([0.9, 0.5, 0.4, 0.1]), np.array([0.4, 0.3, 0.2, 0.1])
    >>> round(line_test("Egger", y, x, x**-2.0, np.ones(4, dtype=bool), name="se").slope, 4)
    2.4744
    """
    use = use & np.isfinite(y) & np.isfinite(x) & np.isfinite(weights) & (weights > 0)
    k = int(use.sum())
    blank = AsymmetryTest(method, None, None, None, k, predictor=name)
    if k < 3:
        return _without(blank, f"A line through {k} {'study' if k == 1 else 'studies'} leaves nothing to test it by.")
    line = weighted_line(y, x, weights, use)
    if not math.isfinite(line.slope):
        return _without(blank, "All studies have the same precision by this measure.")
    slope, se, df = float(line.slope), float(line.slope_se), float(line.df)
    off = y[use] - float(line.intercept) - slope * x[use]
    if se == 0 or np.abs(off).max() <= ROUNDING * np.abs(y[use]).max():
        return _without(blank, "The line fits every study exactly: there is no scatter to test it by.")
    at, at_se = float(line.intercept), float(line.intercept_se)
    half = float(t_upper(0.5 * (1.0 - level), df)) * at_se
    return AsymmetryTest(
        method,
        slope / se,
        df,
        float(t_two_sided(slope / se, df)),
        k,
        predictor=name,
        slope=slope,
        slope_se=se,
        intercept=at,
        limit=at if limit else None,
        limit_low=at - half if limit else None,
        limit_high=at + half if limit else None,
    )


def _without(test: AsymmetryTest, reason: str) -> AsymmetryTest:
    return AsymmetryTest(test.method, None, None, None, test.k, predictor=test.predictor, reason=reason)


def _counted(y: ArrayLike, v: ArrayLike, include: ArrayLike | None) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    y, v = np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64)
    use = np.ones(y.shape, dtype=np.bool_) if include is None else np.asarray(include, dtype=np.bool_)
    use = use & np.isfinite(y) & np.isfinite(v)
    return np.where(use, y, 0.0), np.where(use, v, 1.0), use


def regression_test(
    y: ArrayLike,
    v: ArrayLike,
    include: ArrayLike | None = None,
    *,
    by: str = "se",
    size: ArrayLike | None = None,
    model: str = "linear",
    test: str = "auto",
    tau2_method: str = "REML",
    level: float = 0.95,
) -> AsymmetryTest:
    """Regress the estimates on a measure of precision and test the slope.

    Parameters
    ----------
    y, v : array_like, shape (k,)
        Estimates and sampling variances, on the analysis scale.
    include : array_like of bool, shape (k,), optional
        Which studies count.
    by : str
        One of PREDICTORS.
    size : array_like, shape (k,), optional
        Sample sizes, where `by` needs them.
    model : {"linear", "random"}
        With weights 1 / v and a dispersion from the residuals (Egger), or with a residual tau2 (Thompson and Sharp).
    test : {"auto", "t", "z"}
        Of the random-effects regression: z as metafor's ``regtest`` has it ("auto"), or t with k - 2 degrees of
        freedom, as meta's "Thompson" has it. The linear one is always by t.
    tau2_method : str
        Of the random-effects regression.
    level : float
        Confidence of the limit estimate's interval.

    Returns
    -------
    AsymmetryTest

    Notes
    -----
    Egger et al. (1997), BMJ 315:629-634; Sterne and Egger (2005); Thompson and Sharp (1999), Stat Med 18:2693-2708.
    metafor: ``regtest(x, model = "lm" or "rma", predictor = ...)``.

    Examples
    --------
    >>> y, v = [0.9, 0.5, 0.4, 0.1, 0.3], [0.4, 0.2, 0.1, 0.05, 0.06]
    >>> found = regression_test(y, v)
    >>> round(found.statistic, 4), round(found.p_value, 4)
    (4.1113, 0.0261)
    """
    if model not in ("linear", "random"):
        raise SettingsError(f'There is no model "{model}" of a regression test. There are: linear, random.')
    y, v, use = _counted(y, v, include)
    x = predictor(by, v, None if size is None else np.asarray(size, dtype=np.float64))
    limit = PREDICTORS[by][1]
    if model == "linear":
        return line_test("Egger", y, x, 1.0 / v, use, name=by, level=level, limit=limit)
    use = use & np.isfinite(x)
    k = int(use.sum())
    name = f"Thompson and Sharp ({tau2_method})"
    blank = AsymmetryTest(name, None, None, None, k, predictor=by)
    if k < 3:
        return _without(blank, f"A line through {k} {'study' if k == 1 else 'studies'} leaves nothing to test it by.")
    design = np.column_stack([np.ones(len(y)), np.where(use, x, 0.0)])
    fit = regress(y, v, design, use, tau2_method=tau2_method, ci_method="t" if test == "t" else "wald", level=level)
    if not np.isfinite(fit.estimate).all():
        return _without(blank, "All studies have the same precision by this measure.")
    return AsymmetryTest(
        name,
        float(fit.statistic[1]),
        number(fit.df),
        float(fit.p_value[1]),
        k,
        predictor=by,
        slope=float(fit.estimate[1]),
        slope_se=float(fit.se[1]),
        intercept=float(fit.estimate[0]),
        limit=float(fit.estimate[0]) if limit else None,
        limit_low=float(fit.ci_low[0]) if limit else None,
        limit_high=float(fit.ci_high[0]) if limit else None,
        tau2=float(fit.tau2),
    )


def begg_test(y: ArrayLike, v: ArrayLike, include: ArrayLike | None = None, *, exact: bool = True) -> AsymmetryTest:
    """Correlate the ranks of the standardised estimates with those of their variances.

    Parameters
    ----------
    y, v : array_like, shape (k,)
        Estimates and sampling variances, on the analysis scale.
    include : array_like of bool, shape (k,), optional
        Which studies count.
    exact : bool
        With the exact distribution where there are no ties and at most 200 studies, as metafor's ``ranktest`` has it;
        else the normal one without continuity correction, as meta's "Begg" has it.

    Returns
    -------
    AsymmetryTest
        `slope` is S (concordant minus discordant pairs) and `slope_se` its standard error.

    Notes
    -----
    Begg and Mazumdar (1994), Biometrics 50:1088-1101.

    Examples
    --------
    >>> y, v = [0.9, 0.5, 0.4, 0.1, 0.3], [0.4, 0.2, 0.1, 0.05, 0.06]
    >>> found = begg_test(y, v)
    >>> found.tau, round(found.p_value, 4)
    (1.0, 0.0167)
    """
    y, v, use = _counted(y, v, include)
    y, v = y[use], v[use]
    k = len(y)
    name = "Begg and Mazumdar"
    blank = AsymmetryTest(name, None, None, None, k)
    if k < 3:
        return _without(blank, f"The ranks of {k} {'study' if k == 1 else 'studies'} say nothing.")
    w = 1.0 / v
    off = v - 1.0 / w.sum()
    if not (off > 0).all():
        return _without(blank, "One study has all the weight.")
    d = y - (w * y).sum() / w.sum()
    found = kendall(np.where(np.abs(d) <= ROUNDING * np.abs(y).max(), 0.0, d) / np.sqrt(off), v)
    if math.isnan(found.tau):
        return _without(blank, "All studies have the same variance, or the same standardised estimate.")
    use_exact = exact and found.exact
    return AsymmetryTest(
        name + (", exact" if use_exact else ""),
        found.s / found.s_se,
        None,
        found.p_exact if use_exact else found.p_normal,
        k,
        slope=found.s,
        slope_se=found.s_se,
        tau=found.tau,
    )
