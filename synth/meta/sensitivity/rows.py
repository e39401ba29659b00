"""Studies as rows of sufficient sums: what every inverse-variance computation starts from.

A pool is one row. ``y``, ``v`` and ``include`` of shape (..., k) broadcast against each other, the leading axes are
flattened to rows, and each row is brought to a form in which a study that does not count has infinite variance, so
that its weight is 0 in every sum without a mask.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.meta.numeric.distributions import Floats

# Up to this many numbers at a time one broadcast beats a loop over trial values; above it temporaries leave the cache.
BLOCK: Final = 16_384
LOG_2PI: Final = float(np.log(2 * np.pi))
UNASKED: Final = np.array(np.nan)


def dot(a: Floats, b: Floats) -> Floats:
    """Return the sums of products along the last axis, without a temporary.

    Examples
    --------
    >>> dot(np.ones((2, 3)), np.array([1.0, 2.0, 3.0]))
    array([6., 6.])
    """
    total: Floats = np.vecdot(a, b)
    return total


@dataclass(frozen=True, eq=False)
class Rows:
    """Pools, one a row, in the form that the sums want.

    Attributes
    ----------
    y : ndarray, shape (rows, k)
        Estimates minus `origin`; 0 where the study does not count. The most precise study stands first.
    v : ndarray, shape (rows, k)
        Sampling variances; infinite where the study does not count.
    m, rest : ndarray, shape (rows, k), or None
        Multiplicities, where any is something else than 0 or 1; and those without one copy of the first study.
    first : ndarray of int, shape (rows,)
        Where the most precise study stood: it and the one that was first have changed places.
    origin : ndarray, shape (rows,)
        The estimate of the most precise study of the row. Taken off before anything is summed, so that a large common
        offset costs no digits and equal estimates have a Q of exactly 0.
    k : ndarray, shape (rows,)
        Number of studies that count (the sum of the multiplicities).
    v_min, v_max : ndarray, shape (rows,)
        Smallest and largest variance among the studies that count (1 in a row without any).
    lead : tuple of int
        The leading shape to give back.
    several : bool
        Whether two studies or more count in every row.
    shared : tuple of ndarray, or None
        Where all rows are masks over the same studies: their estimates, their variances, both of shape (k,), and how
        often each counts in each row, shape (rows, k).
    """

    y: Floats
    v: Floats
    m: Floats | None
    rest: Floats | None
    first: NDArray[np.intp]
    origin: Floats
    k: Floats
    v_min: Floats
    v_max: Floats
    lead: tuple[int, ...]
    several: bool
    shared: tuple[Floats, Floats, Floats] | None = None

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Rows:
        """Return some of the rows, flat."""
        m = None if self.m is None else self.m[index]
        rest = None if self.rest is None else self.rest[index]
        return Rows(
            y=self.y[index],
            v=self.v[index],
            m=m,
            rest=rest,
            first=(first := self.first[index]),
            origin=self.origin[index],
            k=self.k[index],
            v_min=self.v_min[index],
            v_max=self.v_max[index],
            lead=first.shape,
            several=self.several or bool((self.k[index] > 1).all()),
            shared=None if self.shared is None else (*self.shared[:2], self.shared[2][index]),
        )

    def in_order(self, x: Floats) -> Floats:
        """Return `x`, of shape (rows, k), with the studies where they were given; `x` is overwritten."""
        here = np.arange(len(self.first))
        swapped: Floats = x[:, 0].copy()
        x[:, 0] = x[here, self.first]
        x[here, self.first] = swapped
        return x

    def total(self, x: Floats) -> Floats:
        """Return the sum over the studies that count; `x` must be 0 or finite elsewhere only through a zero weight."""
        s: Floats = x.sum(axis=-1) if self.m is None else dot(self.m, x)
        return s

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Which studies count, shape (rows, k)."""
        return np.isfinite(self.v)

    @property
    def df(self) -> Floats:
        """Studies that count beyond the one mean, shape (rows,)."""
        return self.k - 1

    @property
    def size(self) -> int:
        """How many numbers one trial value touches."""
        return self.y.size

    def mean_square(self) -> Floats:
        """Return the unweighted variance of the estimates (divisor k - 1), shape (rows,)."""
        mean = self.total(self.y) / self.k
        d = np.where(self.counted, self.y - mean[:, None], 0.0)
        return self.total(d * d) / self.df

    def sums(self, tau2: Floats, *, third: bool = False) -> Sums:
        """Return the weighted sums at `tau2`: see :func:`sums`."""
        return sums(self, tau2, third=third)

    def log_likelihoods(self, tau2: Floats) -> tuple[Floats, Floats]:
        """Return the full and the restricted log-likelihood at `tau2`: see :func:`log_likelihoods`."""
        return log_likelihoods(self, tau2)


def make_rows(y: ArrayLike, v: ArrayLike, include: ArrayLike | None = None) -> Rows:
    """Broadcast, check and bring into rows.

    Parameters
    ----------
    y, v : array_like, shape (..., k)
        Estimates and sampling variances on the analysis scale. Ignored where `include` is 0; a study of infinite
        variance is ignored too.
    include : array_like of bool, int or float, shape (..., k), optional
        Mask or multiplicities; all studies once when absent.

    Returns
    -------
    Rows

    Raises
    ------
    ValueError
        A counted estimate is not finite, a counted variance not above 0, or a multiplicity negative or not finite.

    Examples
    --------
    >>> r = make_rows([1.0, 2.0, 9.0], [0.5, 0.5, 0.5], [True, True, False])
    >>> r.k, r.y
    (array([2.]), array([[0., 1., 0.]]))
    """
    y_in, v_in = np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64)
    counts: Floats | None = None
    use: NDArray[np.bool_] | None
    once: tuple[Floats, Floats] | None = None
    if include is not None:
        inc = np.asarray(include)
        if inc.ndim > 1 and inc.shape[-1] == y_in.size == v_in.size:
            once = y_in.reshape(-1), v_in.reshape(-1)
        if inc.dtype != np.bool_:
            inc = np.asarray(inc, dtype=np.float64)
            if not (np.isfinite(inc).all() and (inc >= 0).all()):
                raise ValueError("multiplicities in include must be finite and not negative")
            if ((inc != 0) & (inc != 1)).any():
                counts = inc
            inc = inc > 0
        y_in, v_in, inc = np.broadcast_arrays(y_in, v_in, inc)
        use = inc & (v_in != np.inf)
    else:
        if y_in.shape != v_in.shape:
            y_in, v_in = np.broadcast_arrays(y_in, v_in)
        use = None
    if y_in.ndim == 0:
        raise ValueError("estimates and variances need an axis of studies (the last one)")
    lead, size = y_in.shape[:-1], y_in.shape[-1]
    n = math.prod(lead)
    y_in, v_in = y_in.reshape(n, size), v_in.reshape(n, size)
    # counting is the quickest way to see that all is well, as it nearly always is
    everything = use is None and v_in.size > 0 and np.count_nonzero((v_in > 0.0) & (v_in < np.inf)) == v_in.size
    if not everything:
        use = v_in != np.inf if use is None else use.reshape(n, size)
        everything = bool(use.all())
        if not everything:
            y_in, v_in = np.where(use, y_in, 0.0), np.where(use, v_in, np.inf)
        if not (v_in > 0).all():
            raise ValueError("every variance that counts must be a number above 0")
    if np.count_nonzero(np.isfinite(y_in)) < y_in.size:
        raise ValueError("every estimate that counts must be a finite number")
    m: Floats | None = None
    if counts is not None:
        m = np.where(True if use is None else use, np.broadcast_to(counts, (*lead, size)).reshape(n, size), 0.0)
        k: Floats = m.sum(axis=1)
    else:
        k = np.full(n, float(size)) if everything or use is None else use.sum(axis=1, dtype=np.float64)
    if size == 0:
        # one empty place, so that nothing below needs to ask whether there is a first study
        return make_rows(np.zeros((*lead, 1)), np.full((*lead, 1), np.inf))
    here, first = np.arange(n), v_in.argmin(axis=1)
    v_row = v_in.copy()
    v_row[:, 0], v_row[here, first] = v_in[here, first], v_in[:, 0]
    origin: Floats = y_in[here, first]
    y_row: Floats = y_in - origin[:, None]
    y_row[here, first] = y_row[:, 0]
    y_row[:, 0] = 0.0
    v_min: Floats = v_row[:, 0]
    shared = None
    if once is not None and np.isfinite(once[0]).all() and ((once[1] > 0) & (once[1] < np.inf)).all():
        shared = (*once, np.asarray(use, dtype=np.float64) if m is None else m.copy())
    rest: Floats | None = None
    if m is not None:
        m[:, 0], m[here, first] = m[here, first], m[:, 0].copy()
        rest = m.copy()
        rest[:, 0] -= 1.0
    if everything:
        v_max: Floats = np.maximum.reduce(v_row, axis=1)
    else:
        left_out = np.isinf(v_row)
        y_row[left_out] = 0.0
        v_max = np.where(left_out, 0.0, v_row).max(axis=1)
        empty = k == 0
        v_min, v_max = np.where(empty, 1.0, v_min), np.where(empty, 1.0, v_max)
    several = size > 1 if m is None and everything else bool((k > 1).all())
    return Rows(y_row, v_row, m, rest, first, origin, k, v_min, v_max, lead, several, shared)


class Sums(NamedTuple):
    """The weighted sums of each row at one trial value of tau2, with P = W - W11'W / sum(W).

    Attributes
    ----------
    u : ndarray, shape (..., k)
        1 / (v + tau2), the row's most precise study first.
    s1, s2 : ndarray
        Sums of the weights and of the squared `u`.
    mean : ndarray
        Weighted mean of the rows' `y`.
    q : ndarray
        Generalised Q: the weighted sum of squared deviations, y'Py.
    a : ndarray
        Its negative derivative in tau2, y'PPy.
    trace : ndarray
        tr(P).
    c, trace2 : ndarray
        y'PPPy and tr(PP); nan where not asked for, as all but the first four may be.
    """

    u: Floats
    s1: Floats
    s2: Floats
    mean: Floats
    q: Floats
    a: Floats
    trace: Floats
    c: Floats
    trace2: Floats


def sums(rows: Rows, tau2: Floats, *, third: bool = False, first: bool = False) -> Sums:
    """Return the sums of `rows` at `tau2`.

    Parameters
    ----------
    rows : Rows
    tau2 : ndarray, shape (rows,) or (rows, trials)
        Trial values, one or several for each row.
    third : bool
        Also ``c`` and ``trace2``, which Newton's steps and standard errors need.
    first : bool
        Only ``u``, ``s1``, ``mean`` and ``q``, which estimates and intervals need.

    Returns
    -------
    Sums
        Of the shape of `tau2`.

    Notes
    -----
    One copy of the most precise study is kept apart from the others, because with one dominating weight the textbook
    forms (tr P = S1 - S2/S1 and so on) lose all their digits. Each expression here is a sum of terms that do not
    cancel.

    Examples
    --------
    >>> s = sums(make_rows([0.0, 2.0], [1.0, 1.0]), np.array([0.0]))
    >>> s.mean, s.q, s.trace
    (array([1.]), array([2.]), array([1.]))
    """
    y, v, rest = rows.y, rows.v, rows.rest
    if tau2.ndim == 2:
        y, v, rest = y[:, None, :], v[:, None, :], None if rest is None else rest[:, None, :]
    u: Floats = v + tau2[..., None]
    np.reciprocal(u, out=u)
    one: Floats = u[..., 0]
    if rest is None:
        others, y = u[..., 1:], y[..., 1:]
        w = others
    else:
        others, w = u, u * rest
    r1: Floats = np.add.reduce(w, axis=-1)
    s1 = one + r1
    mean: Floats = dot(w, y) / s1  # the first study's y is 0
    d: Floats = y - mean[..., None]
    wd = w * d
    m1 = one * mean
    q = dot(wd, d) + m1 * mean
    if first:
        return Sums(u, s1, UNASKED, mean, q, UNASKED, UNASKED, UNASKED, UNASKED)
    ud = wd if rest is None else others * d
    a = dot(wd, ud) + m1 * m1
    r2 = dot(w, others)
    share = one / s1
    trace = share * r1 + (r1 - r2 / s1)
    s2 = r2 + one * one
    if not third:
        return Sums(u, s1, s2, mean, q, a, trace, UNASKED, UNASKED)
    wud: Floats = wd * others
    b: Floats = wud.sum(axis=-1)
    c = dot(wud, ud) + share * (m1 * m1 * r1 + 2.0 * m1 * b) - b * b / s1
    r3 = dot(w * others, others)
    trace2 = share * share * (r1 * r1 + 2.0 * r2) + (r2 - 2.0 * r3 / s1 + (r2 / s1) ** 2)
    return Sums(u, s1, s2, mean, q, a, trace, c, trace2)


def log_likelihoods(rows: Rows, tau2: Floats, s: Sums | None = None) -> tuple[Floats, Floats]:
    """Return the full and the restricted log-likelihood at `tau2`, the mean at its best there.

    Parameters
    ----------
    rows : Rows
    tau2 : ndarray, shape (rows,) or (rows, trials)
    s : Sums, optional
        The sums at `tau2`, where they are known already.

    Returns
    -------
    (ml, reml) : tuple of ndarray
        With all their constants, as Viechtbauer (2005, J Educ Behav Stat 30:261-293) and metafor's
        ``logLik`` (``REMLf = TRUE``: the design's determinant, here log k, is in). nan where nothing counts.

    Examples
    --------
    >>> ml, reml = log_likelihoods(make_rows([0.0], [1.0]), np.array([0.0]))
    >>> round(float(ml[0]), 6), round(float(reml[0]), 6)
    (-0.918939, 0.0)
    """
    s = sums(rows, tau2) if s is None else s
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(s.u)
        if np.isneginf(logs).any():
            logs[s.u == 0] = 0.0
        m, k = rows.m, rows.k if rows.k.all() else np.where(rows.k > 0, rows.k, np.nan)
        if tau2.ndim == 2:
            m, k = None if m is None else m[:, None, :], k[:, None]
        spread: Floats = logs.sum(axis=-1) if m is None else dot(m, logs)
        ml: Floats = 0.5 * (spread - s.q - k * LOG_2PI)
        reml: Floats = ml + 0.5 * (LOG_2PI + np.log(k) - np.log(s.s1))
    return ml, reml
