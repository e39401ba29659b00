"""Pools whose estimates follow a design matrix: the rows of a meta-regression, with the sums that tau2 methods ask for.

The counterpart of :class:`synth.meta.sensitivity.rows.Rows` for more than one coefficient. Each row's design is
replaced by an orthonormal basis of its columns, so that units and offsets of the moderators (years around 2000, say)
cost no digits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.meta.numeric.distributions import Floats
from synth.meta.sensitivity.rows import LOG_2PI, UNASKED, Sums

# A column is redundant where less than this share of its length stands off the columns before it.
REDUNDANT: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Designs:
    """Regressions, one a row, in the form that the sums want.

    Attributes
    ----------
    y : ndarray, shape (rows, k)
        Estimates minus their unweighted least-squares fit; 0 where the study does not count.
    v : ndarray, shape (rows, k)
        Sampling variances; infinite where the study does not count.
    m : ndarray, shape (rows, k), or None
        Multiplicities, where any is something else than 0 or 1.
    z : ndarray, shape (rows, k, p)
        Orthonormal basis of the columns of the design among the studies that count.
    zz : ndarray, shape (rows, k, p * p)
        The products of its columns.
    back : ndarray, shape (rows, p, p)
        Takes coefficients on the basis to coefficients on the design.
    start : ndarray, shape (rows, p)
        The coefficients of the unweighted fit that was taken off, on the basis.
    raw : ndarray, shape (rows, k)
        The estimates as they were given.
    k, df : ndarray, shape (rows,)
        Number of studies that count; the same minus the coefficients. `df` is 0 or less where there are too few.
    defined : ndarray of bool, shape (rows,)
        The design has full rank among the studies that count.
    v_min, v_max : ndarray, shape (rows,)
        Smallest and largest variance among the studies that count (1 in a row without any).
    lead : tuple of int
        The leading shape to give back.
    """

    y: Floats
    v: Floats
    m: Floats | None
    z: Floats
    zz: Floats
    back: Floats
    start: Floats
    raw: Floats
    k: Floats
    df: Floats
    defined: NDArray[np.bool_]
    v_min: Floats
    v_max: Floats
    lead: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many numbers one trial value touches."""
        return self.zz.size

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Which studies count, shape (rows, k)."""
        return np.isfinite(self.v)

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Designs:
        """Return some of the rows, flat."""
        k = self.k[index]
        return Designs(
            y=self.y[index],
            v=self.v[index],
            m=None if self.m is None else self.m[index],
            z=self.z[index],
            zz=self.zz[index],
            back=self.back[index],
            start=self.start[index],
            raw=self.raw[index],
            k=k,
            df=self.df[index],
            defined=self.defined[index],
            v_min=self.v_min[index],
            v_max=self.v_max[index],
            lead=k.shape,
        )

    def times(self, x: Floats) -> Floats:
        """Return `x`, of shape (rows, ..., k), times the multiplicities."""
        if self.m is None:
            return x
        return x * (self.m if x.ndim == 2 else self.m[:, None, :])

    def mean_square(self) -> Floats:
        """Return the unweighted mean square of the residuals (divisor `df`)."""
        out: Floats = self.times(self.y * self.y).sum(axis=-1) / self.df
        return out

    def sums(self, tau2: Floats, *, third: bool = False) -> Sums:
        """Return the weighted sums at `tau2`, of shape (rows,) or (rows, trials): see :func:`weighted`."""
        return weighted(self, tau2, third=third).sums

    def log_likelihoods(self, tau2: Floats) -> tuple[Floats, Floats]:
        """Return the full and the restricted log-likelihood at `tau2`, with all their constants.

        Viechtbauer (2005), J Educ Behav Stat 30:261-293; the determinant of X'X is in the restricted one, as in
        metafor's ``REMLf = TRUE``.
        """
        at = weighted(self, tau2)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.where(at.sums.u > 0, np.log(at.sums.u), 0.0)
            k, df = (self.k, self.df) if tau2.ndim == 1 else (self.k[:, None], self.df[:, None])
            spread = self.times(logs).sum(axis=-1)
            ml: Floats = 0.5 * (spread - at.sums.q - k * LOG_2PI)
            # the basis is orthonormal: its own determinant is 1
            reml: Floats = ml + 0.5 * ((k - df) * LOG_2PI + np.linalg.slogdet(at.inverse)[1])
        return ml, reml


def make_designs(y: ArrayLike, v: ArrayLike, x: ArrayLike, include: ArrayLike | None = None) -> Designs:
    """Broadcast, check and bring into rows.

    Parameters
    ----------
    y, v : array_like, shape (..., k)
        Estimates and sampling variances on the analysis scale. Ignored where `include` is 0 or `v` infinite.
    x : array_like, shape (..., k, p)
        Design matrix, its column of ones for the intercept included.
    include : array_like of bool, int or float, shape (..., k), optional
        Mask or multiplicities; all studies once when absent.

    Returns
    -------
    Designs

    Raises
    ------
    ValueError
        A counted value is not finite, a counted variance not above 0, a multiplicity negative, or the shapes disagree.

    Examples
    --------
    >>> d = make_designs([1.0, 2.0, 4.0], [1.0, 1.0, 1.0], [[1, 0], [1, 1], [1, 2]])
    >>> d.df, d.mean_square().round(6)
    (array([1.]), array([0.166667]))
    """
    y_in, v_in, x_in = (np.asarray(a, dtype=np.float64) for a in (y, v, x))
    if y_in.ndim == 0 or x_in.ndim < 2:
        raise ValueError("estimates need an axis of studies, and the design one of studies and one of columns")
    times = np.ones(1) if include is None else np.asarray(include, dtype=np.float64)
    if not (np.isfinite(times).all() and (times >= 0).all()):
        raise ValueError("multiplicities in include must be finite and not negative")
    p = x_in.shape[-1]
    shape = np.broadcast_shapes(y_in.shape, v_in.shape, x_in.shape[:-1], times.shape)
    lead, size = shape[:-1], shape[-1]
    n = math.prod(lead)
    y_in, v_in, times = (np.broadcast_to(a, shape).reshape(n, size) for a in (y_in, v_in, times))
    x_in = np.broadcast_to(x_in, (*shape, p)).reshape(n, size, p)
    use = (times > 0) & ~np.isposinf(v_in)
    y_in, v_in = np.where(use, y_in, 0.0), np.where(use, v_in, np.inf)
    x_in = np.where(use[..., None], x_in, 0.0)
    if not (v_in > 0).all():
        raise ValueError("every variance that counts must be a number above 0")
    if not (np.isfinite(y_in).all() and np.isfinite(x_in).all()):
        raise ValueError("every estimate and moderator that counts must be a finite number")
    count = np.where(use, times, 0.0)
    m = None if ((count == 0) | (count == 1)).all() else count
    root = np.sqrt(count)
    q, r = np.linalg.qr(root[..., None] * x_in) if size >= p else (np.zeros((n, size, p)), np.zeros((n, p, p)))
    diagonal, length = np.abs(np.einsum("rpp->rp", r)), np.sqrt((r * r).sum(axis=1))
    defined: NDArray[np.bool_] = (diagonal > REDUNDANT * length).all(axis=1) & (length > 0).all(axis=1)
    back = np.linalg.inv(np.where(defined[:, None, None], r, np.eye(p)))
    z = q / np.where(use, root, 1.0)[..., None]
    z[~defined] = 0.0
    z[~use] = 0.0
    start = np.einsum("rk,rkp->rp", count * y_in, z)
    residual = y_in - np.einsum("rkp,rp->rk", z, start)
    # once more, so that what is left is orthogonal to the last digit
    more = np.einsum("rk,rkp->rp", count * residual, z)
    residual = np.where(use, residual - np.einsum("rkp,rp->rk", z, more), 0.0)
    k: Floats = count.sum(axis=1)
    df = np.where(defined, k - p, -1.0)
    some = use.any(axis=1)
    v_min, v_max = v_in.min(axis=1, initial=np.inf), np.where(use, v_in, 0.0).max(axis=1, initial=0.0)
    return Designs(
        y=residual,
        v=v_in,
        m=m,
        z=z,
        zz=(z[..., :, None] * z[..., None, :]).reshape(n, size, p * p),
        back=back,
        start=start + more,
        raw=y_in,
        k=k,
        df=df,
        defined=defined,
        v_min=np.where(some, v_min, 1.0),
        v_max=np.where(some, v_max, 1.0),
        lead=lead,
    )


@dataclass(frozen=True, eq=False)
class Weighted:
    """Weighted fits of each row at trial values of tau2, P = W - WX(X'WX)^-1 X'W.

    Attributes
    ----------
    sums : Sums
        As for rows; `mean` is empty, and y'P is taken about the regression.
    gamma : ndarray, shape (..., p)
        Coefficients on the basis, of the residuals that `Designs.y` holds.
    inverse : ndarray, shape (..., p, p)
        Covariance matrix of the coefficients on the basis.
    residual : ndarray, shape (..., k)
        Estimates minus the weighted fit.
    leverage : ndarray, shape (..., k)
        Diagonal of the hat matrix, for one copy of each study.
    """

    sums: Sums
    gamma: Floats
    inverse: Floats
    residual: Floats
    leverage: Floats


def weighted(d: Designs, tau2: Floats, *, third: bool = False) -> Weighted:
    """Fit `d` at `tau2`.

    Parameters
    ----------
    d : Designs
    tau2 : ndarray, shape (rows,) or (rows, trials)
        Trial values.
    third : bool
        Also ``c`` and ``trace2``.

    Returns
    -------
    Weighted
        Of the shape of `tau2`.

    Notes
    -----
    The normal equations are solved on the orthonormal basis and refined once; quadratic forms are sums of squares.

    Examples
    --------
    >>> d = make_designs([1.0, 2.0, 4.0], [1.0, 1.0, 1.0], [[1, 0], [1, 1], [1, 2]])
    >>> weighted(d, np.array([0.0])).sums.q.round(6)
    array([0.166667])
    """
    flat = tau2.ndim == 1
    t = tau2[:, None] if flat else tau2
    rows, _, p = d.z.shape
    trials = t.shape[1]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        u = 1.0 / (d.v[:, None, :] + t[..., None])
        w = d.times(u)
        normal = (w @ d.zz).reshape(rows, trials, p, p)
        normal[~d.defined] = np.eye(p)
        inverse: Floats = np.asarray(np.linalg.inv(normal), dtype=np.float64)
        z_t = d.z.swapaxes(1, 2)
        gamma = _solve(inverse, (w * d.y[:, None, :]) @ d.z)
        residual = d.y[:, None, :] - gamma @ z_t
        more = _solve(inverse, (w * residual) @ d.z)
        gamma = gamma + more
        residual = residual - more @ z_t
        flat_inverse = inverse.reshape(rows, trials, p * p)
        leverage = u * (flat_inverse @ d.zz.swapaxes(1, 2))
        g = u * residual
        q = (w * residual * residual).sum(axis=-1)
        a = (w * g * residual).sum(axis=-1)
        # a leverage is not above 1; rounding must not say otherwise
        trace = (w * np.maximum(1.0 - leverage, 0.0)).sum(axis=-1)
        s1, s2 = w.sum(axis=-1), (w * u).sum(axis=-1)
        c, trace2 = UNASKED, UNASKED
        if third:
            delta = _solve(inverse, (w * g) @ d.z)
            off = g - delta @ z_t
            c = (w * off * off).sum(axis=-1)
            second = (w * u) @ d.zz
            turn = inverse @ second.reshape(rows, trials, p, p)
            trace2 = (w * u * (1.0 - 2.0 * leverage)).sum(axis=-1) + np.einsum("...pq,...qp->...", turn, turn)
    if flat:
        u, s1, s2, q, a, trace = u[:, 0], s1[:, 0], s2[:, 0], q[:, 0], a[:, 0], trace[:, 0]
        c, trace2 = (c[:, 0], trace2[:, 0]) if third else (c, trace2)
        gamma, inverse, residual, leverage = gamma[:, 0], inverse[:, 0], residual[:, 0], leverage[:, 0]
    return Weighted(Sums(u, s1, s2, UNASKED, q, a, trace, c, trace2), gamma, inverse, residual, leverage)


def _solve(inverse: Floats, right: Floats) -> Floats:
    out: Floats = (inverse @ right[..., None])[..., 0]
    return out
