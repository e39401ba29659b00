"""The residual between-study variance of a meta-regression, by the methods of :mod:`synth.meta.inverse.tau2`."""

from __future__ import annotations

import numpy as np

from synth.meta.inverse.tau2 import check_method, maximum, solve_q
from synth.meta.numeric.distributions import Floats, chi2_upper
from synth.meta.sensitivity.designs import Designs, weighted
from synth.meta.sensitivity.rows import Sums


def _traces(d: Designs, w: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Return tr(P) and tr(P D P D) for P with weights `w` (one copy each) and D the diagonal `variance`."""
    rows, _, p = d.z.shape
    mw = d.times(w)

    def products(weight: Floats) -> Floats:
        out: Floats = (weight[:, None, :] @ d.zz).reshape(rows, p, p)
        return out

    normal = products(mw)
    normal[~d.defined] = np.eye(p)
    inverse = np.linalg.inv(normal)
    leverage = w * (d.zz @ inverse.reshape(rows, p * p, 1))[..., 0]
    wd = w * variance
    trace: Floats = (mw * np.maximum(1.0 - leverage, 0.0)).sum(axis=1)
    turn = inverse @ products(mw * wd)
    pair: Floats = (d.times(wd * wd) * (1.0 - 2.0 * leverage)).sum(axis=1)
    cross: Floats = np.einsum("rpq,rqp->r", turn, turn)
    pair += cross
    return trace, pair


def _crude(d: Designs) -> Floats:
    """Variance of the estimates about their plain mean, with divisor k: where Sidik and Jonkman start."""
    mean = d.times(d.raw).sum(axis=1) / d.k
    off = np.where(d.counted, d.raw - mean[:, None], 0.0)
    out: Floats = d.times(off * off).sum(axis=1) / d.k
    return out


def _hedges(d: Designs) -> Floats:
    own = np.where(d.counted, d.v * (1.0 - (d.z * d.z).sum(axis=-1)), 0.0)
    out: Floats = np.maximum(d.mean_square() - d.times(own).sum(axis=1) / d.df, 0.0)
    return out


def _sidik_jonkman(d: Designs) -> Floats:
    crude = _crude(d)
    start = np.where(crude > 0, crude, 0.0)
    return np.where(start > 0, start * d.sums(start).q / d.df, 0.0)


def residual_tau2(d: Designs, method: str, at_zero: Sums | None = None) -> Floats:
    """Estimate the residual tau2 of every row.

    Parameters
    ----------
    d : Designs
    method : str
        One of :data:`synth.meta.inverse.tau2.METHODS`.
    at_zero : Sums, optional
        The sums at tau2 = 0, where they are known already.

    Returns
    -------
    ndarray, shape (rows,)
        In squared units of y; nan where no degree of freedom is left or the design lacks rank.

    Raises
    ------
    SettingsError
        Unknown `method`.
    NoAnswer
        An iteration did not settle.

    Notes
    -----
    Raudenbush (2009), in The Handbook of Research Synthesis and Meta-Analysis, chapter 16, and Viechtbauer (2005), J
    Educ Behav Stat 30:261-293, with P of the regression in place of the P of the mean. The Hunter-Schmidt forms keep
    the number of studies, not the degrees of freedom, as metafor's do.

    Examples
    --------
    >>> from synth.meta.sensitivity.designs import make_designs
    >>> d = make_designs([0.0, 4.0, 0.0, 4.0], np.ones(4), [[1, 0], [1, 1], [1, 2], [1, 3]])
    >>> residual_tau2(d, "REML").round(6), residual_tau2(d, "DL").round(6)
    (array([5.4]), array([5.4]))
    """
    check_method(method)
    usable = d.df > 0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        s0 = d.sums(np.zeros(len(d.k))) if at_zero is None else at_zero
        if method in ("REML", "ML"):
            t = maximum(d, ml=method == "ML")
        elif method in ("PM", "EB"):
            t = solve_q(d, np.where(usable, d.df, np.nan))
        elif method == "PMM":
            t = solve_q(d, chi2_upper(0.5, np.where(usable, d.df, np.nan)))
        elif method == "DL":
            t = np.maximum((s0.q - d.df) / s0.trace, 0.0)
        elif method == "HS":
            t = np.maximum((s0.q - d.k) / s0.s1, 0.0)
        elif method == "HSk":
            t = np.maximum((s0.q * d.k / d.df - d.k) / s0.s1, 0.0)
        elif method == "HE":
            t = _hedges(d)
        else:
            t = _sidik_jonkman(d)
    return np.where(usable, t, np.nan)


def residual_tau2_error(d: Designs, tau2: Floats, method: str) -> Floats:
    """Return the standard error of the residual tau2.

    Parameters
    ----------
    d : Designs
    tau2 : ndarray, shape (rows,)
        As `method` estimated it.
    method : str
        One of :data:`synth.meta.inverse.tau2.METHODS`.

    Returns
    -------
    ndarray, shape (rows,)
        From the expected information (REML, ML), the variance of the generalised Q (PM, EB, PMM) or the variance of
        the quadratic form that the method is, 2 tr(PSPS) with S = V + tau2.

    Examples
    --------
    >>> from synth.meta.sensitivity.designs import make_designs
    >>> d = make_designs([0.0, 4.0, 0.0, 4.0], np.ones(4), [[1, 0], [1, 1], [1, 2], [1, 3]])
    >>> residual_tau2_error(d, np.array([5.4]), "DL").round(6)
    array([6.4])
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if method in ("REML", "ML", "PM", "EB", "PMM"):
            s = weighted(d, tau2, third=method == "REML").sums
            if method == "REML":
                out = np.sqrt(2.0 / s.trace2)
            elif method == "ML":
                out = np.sqrt(2.0 / s.s2)
            else:
                out = d.k / s.s1 * np.sqrt(2.0 / d.df)
        else:
            crude = _crude(d)
            u = {"HE": np.where(d.counted, 1.0, 0.0), "SJ": 1.0 / (d.v + crude[:, None])}.get(method, 1.0 / d.v)
            total = np.where(d.counted, d.v + tau2[:, None], 0.0)
            trace, pair = _traces(d, u, total)
            s1 = d.times(u).sum(axis=1)
            scale = {"DL": trace, "HE": trace, "HS": s1, "HSk": s1 * d.df / d.k, "SJ": d.df / crude}[method]
            out = np.sqrt(2.0 * pair) / scale
    return np.where(d.df > 0, out, np.nan)
