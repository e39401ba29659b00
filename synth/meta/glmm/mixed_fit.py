"""Maximum likelihood of mixed models of one or two arms: every row of a mask is one fit, and all are fitted together.

A variance may be 0 where the likelihood is highest. So the model is fitted without random effects, with each alone and
with all, and of these the highest is taken; a coefficient that each study has to itself is maximised over inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..numeric.climb import climb, covariance
from ..numeric.quadrature import Floats
from .families import Parts
from .fit import Cells
from .mixed import FINE, ROUGH, Arms, Grid, integrate_cells

# Variances of coefficients above this say that one of them runs to infinity.
LOST: Final = 1e6
# Studies share nothing beyond this, and the likelihood of those that are all at an end rises for ever.
SCALE_MOST: Final = 50.0
COEFFICIENT_MOST: Final = 80.0
_STARTS: Final = (0.2, 0.9)
# A likelihood that goes on to a limit is at it where it rises by less, for what can be told of it.
_FLAT: Final = 1e-8
# A rough climb is only the way up: its last step need not be short.
_NEAR: Final = 1e-4


@dataclass(frozen=True)
class MixedFit:
    """Maximum-likelihood fits, one for each row of a mask.

    Attributes
    ----------
    theta : array of float, shape (r, p + d)
        Coefficients, and standard deviations of the random effects.
    cov : array of float, shape (r, p + d, p + d)
        Inverse of the observed information; ``nan`` rows and columns for a scale of 0, which is left out of it.
    loglik, loglik_common : array of float, shape (r,)
        Marginal log-likelihood with its constants, and that with the last scale at 0.
    determined : array of bool, shape (r,)
        False where a coefficient runs to infinity.
    bounded : array of bool, shape (r,)
        False where a scale does.
    """

    theta: Floats
    cov: Floats
    loglik: Floats
    loglik_common: Floats
    determined: NDArray[np.bool_]
    bounded: NDArray[np.bool_]


class Likelihood:
    """The log-likelihood of some rows, and the way up it; remembers each study's own coefficient between calls.

    Parameters
    ----------
    arms : Arms
    rows : Cells
    orders : array of int, shape (rows, k), optional
        Whose covariates each study has; default: its own.
    """

    def __init__(self, arms: Arms, rows: Cells, orders: NDArray[np.intp] | None = None) -> None:
        self.arms, self.rows, self.orders = arms, rows, orders
        self.p, self.d = arms.p, arms.loading.shape[1]
        self._own = np.full((rows.n_rows, len(arms.x)), np.nan)

    def take(self, which: NDArray[np.intp]) -> Likelihood:
        """The same for some rows only, numbered anew."""
        part = Likelihood(self.arms, self.rows.take(which), None if self.orders is None else self.orders[which])
        part._own = self._own[which]
        return part

    def own(self, study: NDArray[np.intp]) -> Floats:
        """The own coefficients that were last found for some studies of the first row."""
        return np.asarray(self._own[0, study])

    def plain(self) -> Floats:
        """Coefficients to begin from, with every scale at 0."""
        theta = np.zeros((self.rows.n_rows, self.p + self.d))
        if self.arms.family == "poisson" and self.arms.own is None:
            counted = [np.bincount(self.rows.row, self.rows.m * v.sum(axis=1)[self.rows.study], self.rows.n_rows)
                       for v in (self.arms.x, self.arms.n)]  # fmt: skip
            theta[:, 0] = np.log((counted[0] + 0.5) / counted[1])
            if self.arms.covariates is not None and self.arms.fixed.shape[1] == 1:
                # The first column of the covariates is a constant, whatever its size.
                theta[:, 0] /= self.arms.covariates[0, 0]
        return theta

    def cells(
        self, theta: Floats, scales: NDArray[np.intp], which: NDArray[np.intp], grid: Grid
    ) -> tuple[Cells, Parts]:
        """What each cell of some rows adds, in the coefficients and those scales that are not held at 0."""
        part = self.rows if which.size == self.rows.n_rows else self.rows.take(which)
        arms, used = self.arms.with_scales(scales), theta[:, [*range(self.p), *(self.p + scales)]]
        if self.arms.covariates is not None:
            return part, self._regressed(arms, part, used, which, grid)
        if self.arms.own is None:
            if part.n_rows > 1 and (used == used[0]).all():
                # Rows that start from one fit: each study once, whatever the number of rows.
                study, back = np.unique(part.study, return_inverse=True)
                once = integrate_cells(arms, study, np.repeat(used[:1], study.size, axis=0), grid=grid)
                return part, (once[0][back], once[1][back], once[2][back])
            return part, integrate_cells(arms, part.study, used[part.row], grid=grid)
        row = which[part.row]
        own, found = with_own(arms, part.study, used[part.row], self._own[row, part.study], grid)
        self._own[row, part.study] = own
        return part, found

    def _regressed(self, arms: Arms, part: Cells, used: Floats, which: NDArray[np.intp], grid: Grid) -> Parts:
        """Cells whose last coefficient is a sum over covariates, and derivatives by those of the sum."""
        assert arms.covariates is not None
        row, fixed = which[part.row], arms.fixed.shape[1]
        z = arms.covariates[part.study if self.orders is None else self.orders[row, part.study]]
        q, mine = z.shape[1], used[part.row]
        effect = (z * mine[:, fixed - 1 : fixed - 1 + q]).sum(axis=1, keepdims=True)
        plain = np.concatenate([mine[:, : fixed - 1], effect, mine[:, fixed - 1 + q :]], axis=1)
        if arms.own is None:
            found = integrate_cells(arms, part.study, plain, grid=grid)
        else:
            own, found = with_own(arms, part.study, plain, self._own[row, part.study], grid)
            self._own[row, part.study] = own
        # Each parameter moves one of those of the cell: itself, or the effect by its covariate.
        by = [*range(fixed - 1), *([fixed - 1] * q), *range(fixed, plain.shape[1])]
        rate = np.ones((part.study.size, len(by)))
        rate[:, fixed - 1 : fixed - 1 + q] = z
        value, gradient, hessian = found
        return value, gradient[:, by] * rate, hessian[:, by][:, :, by] * rate[:, :, None] * rate[:, None, :]

    def at(self, theta: Floats, scales: NDArray[np.intp], which: NDArray[np.intp], grid: Grid) -> Parts:
        """Value, gradient and Hessian of some rows."""
        part, (value, gradient, hessian) = self.cells(theta, scales, which, grid)
        begin, m = part.offsets[:-1], part.m
        return (
            np.asarray(np.add.reduceat(m * value, begin)),
            np.asarray(np.add.reduceat(m[:, None] * gradient, begin, axis=0)),
            np.asarray(np.add.reduceat(m[:, None, None] * hessian, begin, axis=0)),
        )

    def climb(
        self, start: Floats, free: NDArray[np.bool_], grid: Grid, decrement: float,
        scales: NDArray[np.intp] | None = None, farthest: float = np.inf,
    ) -> tuple[Floats, Floats, Floats, Floats]:  # fmt: skip
        """Climb from `start` in the free parameters; scales that stay at 0 are no part of the model.

        A climb ends where it is flat, once a coefficient is farther than `farthest` from where it began.

        Returns
        -------
        theta, value, gradient, hessian : arrays
            Gradient and Hessian over the coefficients and the scales in `scales`.
        """
        p = self.p
        if scales is None:
            scales = np.flatnonzero(free[p:] | (start[:, p:] != 0.0).any(axis=0))
        used = np.array([*range(p), *(p + scales)], dtype=np.intp)
        most = np.array([3.0] * p + [1.0] * scales.size)

        def target(theta: Floats, which: NDArray[np.intp]) -> Parts:
            whole = np.zeros((theta.shape[0], p + self.d))
            whole[:, used] = theta
            return self.at(whole, scales, which, grid)

        def stop(theta: Floats, gradient: Floats, which: NDArray[np.intp]) -> NDArray[np.bool_]:
            away, gone = np.abs(theta), np.abs(theta[:, :p] - start[which, :p])
            flat = (gone > farthest).any(axis=1) & (np.abs(gradient).max(axis=1) < _FLAT)
            lost = (away[:, p:] > SCALE_MOST).any(axis=1) | (away[:, :p] > COEFFICIENT_MOST).any(axis=1)
            return np.asarray(lost | flat)

        if not free.any():
            return start, *target(start[:, used], np.arange(len(start)))
        found, value, gradient, hessian = climb(
            target, start[:, used], most, free=free[used], stop=stop, decrement=decrement, what="The mixed model"
        )  # fmt: skip
        theta = np.zeros_like(start)
        theta[:, used] = found
        return theta, value, gradient, hessian


def with_own(
    arms: Arms, study: NDArray[np.intp], theta: Floats, start: Floats, grid: Grid
) -> tuple[Floats, Parts]:
    """Cells with each study's own coefficient at its maximum, and derivatives along that maximum.

    Parameters
    ----------
    arms : Arms
    study : array of int, shape (c,)
    theta : array of float, shape (c, q)
    start : array of float, shape (c,)
        ``nan`` where there is nothing to begin from.
    grid : Grid

    Returns
    -------
    own : array of float, shape (c,)
    loglik, gradient, hessian : arrays of shape (c,), (c, q), (c, q, q)
    """
    q = theta.shape[1]
    total = arms.n[study].sum(axis=1)
    events = arms.x[study].sum(axis=1)
    against = total - events if arms.family == "binomial" else total
    own = np.where(np.isnan(start), np.log((events + 0.5) / (against + 0.5)), start)
    c = study.size
    value, gradient, hessian = np.full(c, -np.inf), np.empty((c, q + 1)), np.empty((c, q + 1, q + 1))
    step, shrink, trial = np.zeros(study.size), np.ones(study.size), own.copy()
    active = np.arange(study.size)
    for _ in range(100):
        there = integrate_cells(arms, study[active], theta[active], trial[active], grid)
        # The likelihood is log-concave in it: a step that falls is halved, and the top is never passed twice.
        good = there[0] >= value[active] - 1e-12 * (1.0 + np.abs(there[0]))
        at = active[good]
        own[at] = trial[at]
        value[at], gradient[at], hessian[at] = (part[good] for part in there)
        shrink[active] = np.where(good, 1.0, 0.5 * shrink[active])
        slope, curve = gradient[active, q], np.maximum(-hessian[active, q, q], 1e-300)
        step[active] = np.clip(slope / curve, -3.0, 3.0)
        trial[active] = own[active] + shrink[active] * step[active]
        far = np.abs(own[active]) > 200.0
        active = active[(np.abs(step[active] * slope) > 1e-16) & (shrink[active] > 1e-9) & ~far]
        if active.size == 0:
            break
    cross, curve = hessian[:, :q, q], np.minimum(hessian[:, q, q], -1e-300)
    along = hessian[:, :q, :q] - cross[:, :, None] * cross[:, None, :] / curve[:, None, None]
    return own, (value, gradient[:, :q], along)


def fit_mixed(
    arms: Arms,
    include: Floats,
    *,
    common: bool = False,
    start: Floats | None = None,
    orders: NDArray[np.intp] | None = None,
) -> MixedFit:
    """Maximum likelihood of every row of a mask.

    Parameters
    ----------
    arms : Arms
    include : array of float, shape (r, k)
        Multiplicities; no row is empty.
    common : bool
        Hold the last scale at 0.
    start : array of float, shape (p + d,), optional
        A fit that all rows are near, so that one start has to do.
    orders : array of int, shape (r, k), optional
        Whose covariates each study has in each row; default: its own.

    Returns
    -------
    MixedFit

    Raises
    ------
    NoAnswer
        A climb that does not settle.

    Examples
    --------
    >>> x, n = np.array([[7.0], [3], [1], [0], [5]]), np.array([[43.0], [38], [26], [17], [30]])
    >>> f = fit_mixed(Arms(x, n, np.zeros((5, 1)), np.ones((1, 1)), np.ones((1, 1))), np.ones((1, 5)))
    >>> round(float(f.theta[0, 0]), 4), round(float(f.theta[0, 1] ** 2), 4), round(float(f.loglik[0]), 5)
    (-2.2078, 0.0775, -9.8733)
    """
    like = Likelihood(arms, Cells(arms.x.sum(axis=1), np.ones(len(arms.x)), include), orders)
    p, d, r = like.p, like.d, len(include)
    coefficients = np.arange(p + d) < p
    begin = like.plain() if start is None else np.tile(np.where(coefficients, start, 0.0), (r, 1))
    none = like.climb(begin, coefficients, FINE, 1e-11)
    # All candidates of a row: parameters, value, covariance; the one without random effects first.
    theta, best = none[0].copy(), none[1].copy()
    cov = _spread(none[3], np.arange(p), p + d)
    lost = ~(np.diagonal(cov[:, :p, :p], axis1=1, axis2=2).max(axis=1) < LOST)
    some = np.flatnonzero(~lost)
    free_scales = range(d - 1 if common else d)
    without_last = best.copy()
    alone: dict[int, Floats] = {}
    part = like.take(some)
    for scales in [(i,) for i in free_scales] + ([tuple(free_scales)] if len(free_scales) > 1 else []):
        if some.size == 0:
            break
        top = _highest(part, none[0][some], scales, alone, start)
        if len(scales) == 1:
            alone[scales[0]] = top[0]
        _take(top, some, theta, best, cov, p)
        if d - 1 not in scales:
            without_last[some] = np.maximum(without_last[some], top[1])
    theta[:, p:] = np.abs(theta[:, p:])
    bounded = np.asarray((theta[:, p:] < 0.99 * SCALE_MOST).all(axis=1))
    spread = np.diagonal(cov[:, :p, :p], axis1=1, axis2=2).max(axis=1)
    determined = np.asarray(~lost & (spread < LOST) & (np.abs(theta[:, :p]) < 0.99 * COEFFICIENT_MOST).all(axis=1))
    constant = include @ arms.constant()
    return MixedFit(theta, cov, best + constant, np.minimum(without_last, best) + constant, determined, bounded)


def _spread(hessian: Floats, used: NDArray[np.intp], q: int) -> Floats:
    """Covariance in the parameters that are used, ``nan`` for the others."""
    cov = np.full((len(hessian), q, q), np.nan)
    cov[np.ix_(np.arange(len(hessian)), used, used)] = covariance(hessian)
    return cov


def _highest(
    like: Likelihood, begin: Floats, scales: tuple[int, ...], alone: dict[int, Floats], start: Floats | None
) -> tuple[Floats, Floats, Floats]:
    """The highest top with these scales: roughly from every start, and to the end from the highest of them."""
    p, r = like.p, len(begin)
    free = np.array([True] * p + [i in scales for i in range(like.d)])
    starts: list[Floats] = []
    near = [None if start is None else max(abs(float(start[p + i])), 0.3) for i in scales]
    for combination in _combinations(scales, near):
        theta = begin.copy()
        for i, scale in zip(scales, combination, strict=True):
            if scale is None:  # as it is with this random effect alone
                theta[:, p + i] = np.maximum(np.abs(alone[i][:, p + i]), 0.15)
                theta[:, :p] = alone[i][:, :p]
            else:
                theta[:, p + i] = scale
        starts.append(theta)
    row = np.tile(np.arange(r), len(starts))
    many = like.take(row)
    rough = len(scales) > 1
    first = many.climb(np.concatenate(starts), free, ROUGH if rough else FINE, _NEAR if rough else 1e-11)
    value = first[1].reshape(len(starts), r)
    chosen = value.argmax(axis=0) * r + np.arange(r)
    if rough:
        # Tops that differ by less than the rough grid's error are told apart on the fine one.
        rivals = np.flatnonzero((value > value.max(axis=0) - 1e-3).ravel() & _apart(first[0], chosen, r, len(starts)))
        last = many.take(rivals).climb(first[0][rivals], free, FINE, 1e-11)
        order = np.lexsort((last[1], row[rivals]))
        final = order[np.flatnonzero(np.append(np.diff(row[rivals][order]) > 0, True))]
        return last[0][final], last[1][final], _spread(last[3], np.flatnonzero(free), p + like.d)[final]
    return first[0][chosen], first[1][chosen], _spread(first[3], np.flatnonzero(free), p + like.d)[chosen]


def _combinations(scales: tuple[int, ...], near: list[float | None]) -> list[tuple[float | None, ...]]:
    if near[0] is not None:
        return [tuple(near)]
    if len(scales) == 1:
        return [(value,) for value in _STARTS]
    return [(None, value) for value in _STARTS] + [(0.3, None), (0.9, 0.9)]


def _apart(theta: Floats, chosen: NDArray[np.intp], r: int, times: int) -> NDArray[np.bool_]:
    """Which tops are the chosen one of their row, or another one."""
    same = np.abs(np.abs(theta) - np.tile(np.abs(theta[chosen]), (times, 1))).max(axis=1) < 0.05
    same[chosen] = False
    return np.asarray(~same)


def _take(
    top: tuple[Floats, Floats, Floats], some: NDArray[np.intp], theta: Floats, best: Floats, cov: Floats, p: int
) -> None:
    """Take a top where it is higher; one with more random effects only if it is so by more than rounding."""
    more = (top[0][:, p:] != 0.0).sum(axis=1) > (theta[some, p:] != 0.0).sum(axis=1)
    slack = np.where(more, 1e-9, -1e-9) * (1.0 + np.abs(top[1]))
    higher = top[1] > best[some] + slack
    rows = some[higher]
    theta[rows], best[rows], cov[rows] = top[0][higher], top[1][higher], top[2][higher]
