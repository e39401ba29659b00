r"""Generalised linear mixed models of one or two arms in a study, with one or two normal random effects.

.. math:: \eta_{ia} = o_{ia} + F_a^\top \beta + \sum_d B_{ad} \sigma_d b_{id}, \qquad b_{id} \sim N(0, 1)

with events binomial (logit) or Poisson (log, person-time in the offset's place). The log-integrand is concave with a
curvature of at least one, so the box outside which it is negligible can be found, and inside it the trapezoidal rule
converges geometrically: the marginal likelihood is integrated, not approximated at its mode (Laplace), which is all
that lme4 offers for two random effects.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from ..numeric.climb import Target, climb, covariance
from ..numeric.quadrature import Floats, log_binomial
from .fit import Cells

_FALL = 34.0
_STEP_SD, _STEP_LINK = 0.75, 0.35
_BLOCK = 1 << 18
_LOST = 1e6
_START_SCALES = (0.2, 0.9)


@dataclass(frozen=True)
class Arms:
    """What is fitted.

    Attributes
    ----------
    x, n, offset : array of float, shape (k, a)
        Events; totals (binomial) or person-time (Poisson); known part of the linear predictor.
    fixed : array of float, shape (a, p)
        Design of the arms.
    loading : array of float, shape (a, d)
        How the random effects enter the arms.
    poisson : bool
    """

    x: Floats
    n: Floats
    offset: Floats
    fixed: Floats
    loading: Floats
    poisson: bool = False

    def constant(self) -> Floats:
        """Terms of each study's log-likelihood without parameters, shape (k,)."""
        if self.poisson:
            with np.errstate(divide="ignore"):
                known = np.where(self.x > 0, self.x * np.log(self.n), 0.0)
            return np.asarray((known - gammaln(self.x + 1.0)).sum(axis=1))
        return np.asarray(log_binomial(self.x, self.n).sum(axis=1))


@dataclass(frozen=True)
class MixedFit:
    """Maximum-likelihood fits, one for each row of a mask.

    Attributes
    ----------
    beta : array of float, shape (r, p)
    scale : array of float, shape (r, d)
        Standard deviations of the random effects.
    cov : array of float, shape (r, p + d, p + d)
        Inverse of the observed information; ``nan`` rows and columns for a scale of 0, which is left out of it.
    loglik : array of float, shape (r,)
        Marginal log-likelihood, constants included.
    determined : array of bool, shape (r,)
        False where a coefficient runs to infinity.
    """

    beta: Floats
    scale: Floats
    cov: Floats
    loglik: Floats
    determined: NDArray[np.bool_]


class _Study:
    """Log-integrand of some cells with its derivatives by the random effects."""

    def __init__(self, arms: Arms, study: NDArray[np.intp], theta: Floats) -> None:
        p = arms.fixed.shape[1]
        self.x, self.n, self.poisson = arms.x[study], arms.n[study], arms.poisson
        self.base = arms.offset[study] + theta[:, :p] @ arms.fixed.T
        # How one unit of each random effect moves each arm, shape (cells, a, d).
        self.move = arms.loading * theta[:, None, p:]

    def parts(self, eta: Floats, x: Floats, n: Floats) -> tuple[Floats, Floats, Floats]:
        """Log-likelihood of an arm and minus its first two derivatives' parts: (value, score, information)."""
        if self.poisson:
            mean = n * np.exp(np.minimum(eta, 300.0))
            return x * eta - mean, x - mean, mean
        small = np.exp(-np.abs(eta))
        positive = eta >= 0.0
        p = np.where(positive, 1.0, small) / (1.0 + small)
        q = np.where(positive, small, 1.0) / (1.0 + small)
        return x * eta - n * (np.maximum(eta, 0.0) + np.log1p(small)), x - n * p, n * p * q

    def at(self, b: Floats) -> tuple[Floats, Floats, Floats]:
        """Value, gradient (c, d) and minus the Hessian (c, d, d) at one point of each cell."""
        eta = self.base + np.einsum("cad,cd->ca", self.move, b)
        value, score, information = self.parts(eta, self.x, self.n)
        gradient = np.einsum("ca,cad->cd", score, self.move) - b
        curve = np.einsum("ca,cad,cae->cde", information, self.move, self.move) + np.eye(b.shape[1])
        return value.sum(axis=1) - 0.5 * (b * b).sum(axis=1), gradient, curve

    def climb(self, b: Floats, axis: int | None = None) -> Floats:
        """Where the log-integrand peaks, or peaks along all directions but one."""
        shrink = np.ones(len(b))
        value, gradient, curve = self.at(b)
        for _ in range(80):
            if axis is not None:
                gradient, curve = gradient.copy(), curve.copy()
                gradient[:, axis], curve[:, axis, :], curve[:, :, axis] = 0.0, 0.0, 0.0
                curve[:, axis, axis] = 1.0
            step = np.linalg.solve(curve, gradient[:, :, None])[:, :, 0]
            promised = (step * gradient).sum(axis=1)
            if (promised < 1e-6).all():
                break
            new = b + shrink[:, None] * step
            there = self.at(new)
            good = there[0] >= value
            b, value = np.where(good[:, None], new, b), np.where(good, there[0], value)
            shrink = np.where(good, 1.0, 0.5 * shrink)
            gradient = np.where(good[:, None], there[1], gradient)
            curve = np.where(good[:, None, None], there[2], curve)
        return b

    def ends(self, mode: Floats, top: Floats, spread: Floats, axis: int) -> tuple[Floats, Floats]:
        """Reach of the integral below and above the mode along one axis, over all values of the other."""
        out = []
        for side in (-1.0, 1.0):
            reach = np.sqrt(2.0 * _FALL) * spread[:, axis]
            b = mode
            for _ in range(5):
                b = b.copy()
                b[:, axis] = mode[:, axis] + side * reach
                if b.shape[1] > 1:
                    b = self.climb(b, axis)
                value, gradient, _ = self.at(b)
                # The profile is concave: Newton from inside lands outside, and from outside stays there.
                slope = np.minimum(side * gradient[:, axis], -1e-3)
                reach = np.clip(reach - (value - top + _FALL) / slope, 0.2 * reach, np.sqrt(2.0 * _FALL) + 0.1)
            out.append(reach)
        return out[0], out[1]


def integrate_cells(arms: Arms, study: NDArray[np.intp], theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Marginal log-likelihood of each cell with gradient and Hessian.

    Parameters
    ----------
    arms : Arms
    study : array of int, shape (c,)
    theta : array of float, shape (c, p + d)
        Coefficients and scales (of either sign) of each cell.

    Returns
    -------
    loglik, gradient, hessian : arrays of shape (c,), (c, p + d), (c, p + d, p + d)
        Constants left out.

    Examples
    --------
    >>> arms = Arms(np.array([[3.0]]), np.array([[20.0]]), np.zeros((1, 1)), np.ones((1, 1)), np.ones((1, 1)))
    >>> round(float(integrate_cells(arms, np.array([0]), np.array([[-1.7, 0.5]]))[0][0]), 8)
    -8.70388522
    """
    d = arms.loading.shape[1]
    cells = _Study(arms, study, theta)
    mode = cells.climb(np.zeros((study.size, d)))
    top, _, curve = cells.at(mode)
    spread = np.sqrt(np.diagonal(np.linalg.inv(curve), axis1=1, axis2=2))
    lows, highs, counts = [], [], []
    for axis in range(d):
        below, above = cells.ends(mode, top, spread, axis)
        width = below + above
        # The other effect held, the integrand is narrower than its projection: the step is set by that.
        sharp = 1.0 / np.sqrt(curve[:, axis, axis])
        link = np.abs(cells.move[:, :, axis]).max(axis=1)
        need = np.maximum(width / (_STEP_SD * sharp), width * link / _STEP_LINK)
        lows.append(mode[:, axis] - below)
        highs.append(mode[:, axis] + above)
        counts.append(need)
    q = theta.shape[1]
    out = np.empty(study.size), np.empty((study.size, q)), np.empty((study.size, q, q))
    # Cells that need about as many nodes go together, sizes rounded up to powers of the square root of 2.
    sizes = np.stack([np.ceil(2.0 ** (np.ceil(2.0 * np.log2(np.clip(c, 20.0, 3000.0))) / 2.0)) for c in counts], axis=1)
    for size in np.unique(sizes, axis=0):
        same = np.flatnonzero((sizes == size).all(axis=1))
        nodes = [int(s) for s in size]
        step = max(1, _BLOCK // int(np.prod(nodes)))
        for at in range(0, same.size, step):
            _grid(arms, cells, same[at : at + step], nodes, lows, highs, top, out)
    return out


def _grid(
    arms: Arms, cells: _Study, some: NDArray[np.intp], nodes: list[int], lows: list[Floats], highs: list[Floats],
    top: Floats, out: tuple[Floats, Floats, Floats],
) -> None:  # fmt: skip
    d = len(nodes)
    axes = [low[some, None] + (high - low)[some, None] * (np.arange(m) / (m - 1.0)) for low, high, m in
            zip(lows, highs, nodes, strict=True)]  # fmt: skip
    volume = np.prod([(h - low)[some] / (m - 1.0) for low, h, m in zip(lows, highs, nodes, strict=True)], axis=0)
    if d == 1:
        b = [axes[0]]
    else:
        shape = (some.size, nodes[0], nodes[1])
        b = [np.broadcast_to(axes[0][:, :, None], shape).reshape(some.size, -1),
             np.broadcast_to(axes[1][:, None, :], shape).reshape(some.size, -1)]  # fmt: skip
    log = -0.5 * sum(e * e for e in b) - top[some, None]
    p = arms.fixed.shape[1]
    score, information = [], []
    for a in range(arms.x.shape[1]):
        eta = cells.base[some, a, None] + sum(cells.move[some, a, i, None] * b[i] for i in range(d))
        value, first, second = cells.parts(eta, cells.x[some, a, None], cells.n[some, a, None])
        log = log + value
        score.append(first)
        information.append(second)
    w = np.exp(log)
    mass = w.sum(axis=1)
    w /= mass[:, None]
    out[0][some] = np.log(mass * volume) + top[some] - 0.5 * d * np.log(2.0 * np.pi)
    # Each parameter moves each arm by a known amount: a constant, or a loading times a random effect.
    moves = [
        [arms.fixed[a, j] for j in range(p)] + [arms.loading[a, i] * b[i] for i in range(d)] for a in range(len(score))
    ]
    total = [sum(s * move[j] for s, move in zip(score, moves, strict=True)) for j in range(p + d)]
    mean = [(w * t).sum(axis=1) for t in total]
    for j in range(p + d):
        out[1][some, j] = mean[j]
        for i in range(j + 1):
            bend = sum(c * (move[i] * move[j]) for c, move in zip(information, moves, strict=True))
            out[2][some, i, j] = out[2][some, j, i] = (w * (total[i] * total[j] - bend)).sum(axis=1) - mean[i] * mean[j]


def _target(arms: Arms, rows: Cells) -> Target:
    def at(theta: Floats, which: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
        part = rows if which.size == rows.n_rows else rows.take(which)
        value, gradient, hessian = integrate_cells(arms, part.study, theta[part.row])
        begin, m = part.offsets[:-1], part.m
        return (
            np.asarray(np.add.reduceat(m * value, begin)),
            np.asarray(np.add.reduceat(m[:, None] * gradient, begin, axis=0)),
            np.asarray(np.add.reduceat(m[:, None, None] * hessian, begin, axis=0)),
        )

    return at


def fit_mixed(arms: Arms, include: Floats) -> MixedFit:
    """Maximum likelihood of every row of a mask.

    Parameters
    ----------
    arms : Arms
    include : array of float, shape (r, k)
        Multiplicities; every row has a study.

    Returns
    -------
    MixedFit

    Raises
    ------
    NoAnswer
        If a row that has a maximum was not brought to it.

    Examples
    --------
    >>> x, n = np.array([[7.0], [3], [1], [0], [5]]), np.array([[43.0], [38], [26], [17], [30]])
    >>> f = fit_mixed(Arms(x, n, np.zeros((5, 1)), np.ones((1, 1)), np.ones((1, 1))), np.ones((1, 5)))
    >>> round(float(f.beta[0, 0]), 4), round(float(f.scale[0, 0] ** 2), 4), round(float(f.loglik[0]), 5)
    (-2.2078, 0.0775, -9.8733)
    """
    p, d = arms.fixed.shape[1], arms.loading.shape[1]
    k = arms.x.shape[0]
    rows = Cells(arms.x.sum(axis=1), np.full(k, 1.0), include)
    r = rows.n_rows
    most = np.array([3.0] * p + [1.0] * d)
    start = np.zeros((r, p + d))
    free = np.array([True] * p + [False] * d)
    if arms.poisson:
        sum_x, sum_n = include @ arms.x.sum(axis=1), include @ arms.n.sum(axis=1)
        start[:, 0] = np.log((sum_x + 0.5) / sum_n)
    theta0, value0, _, hessian0 = climb(_target(arms, rows), start, most, free=free, what="The fixed-effects model")
    combinations = np.array(np.meshgrid(*[_START_SCALES] * d)).reshape(d, -1).T
    many = rows.take(np.tile(np.arange(r), len(combinations)))
    starts = np.concatenate([np.column_stack([theta0[:, :p], np.tile(c, (r, 1))]) for c in combinations])
    lost = ~(np.diagonal(covariance(hessian0[:, :p, :p]), axis1=1, axis2=2).max(axis=1) < _LOST)
    running = np.flatnonzero(~np.tile(lost, len(combinations)))
    best, theta, hessian = value0.copy(), theta0.copy(), hessian0.copy()
    if running.size:
        found, value, _, curve = climb(
            _target(arms, many.take(running)), starts[running], most, what="The mixed model",
            stop=lambda theta, _, __: np.asarray((np.abs(theta[:, p:]) > 50.0).any(axis=1)),
        )  # fmt: skip
        # Each scale may be 0 where the likelihood is highest, even if it has another top inside.
        candidates = [(running, found, value, curve)]
        some = np.flatnonzero(~lost)
        for gone in range(d if d > 1 else 0):
            edge = np.column_stack([theta0[some, :p], np.full((some.size, d), 0.4)])
            edge[:, p + gone] = 0.0
            moves = np.arange(p + d) != p + gone
            settled = climb(_target(arms, rows.take(some)), edge, most, free=moves, what="The mixed model")
            candidates.append((some, settled[0], settled[1], settled[3]))
        for where, th, v, h in candidates:
            for i in np.argsort(v, kind="stable"):
                row = where[i] % r
                # An edge is taken where the inside is not higher by more than rounding.
                simpler = (th[i, p:] == 0.0).sum() > (theta[row, p:] == 0.0).sum()
                slack = 1e-9 * (1.0 + abs(v[i]))
                if v[i] > best[row] + (-slack if simpler else slack):
                    best[row], theta[row], hessian[row] = v[i], th[i], h[i]
    theta[:, p:] = np.abs(theta[:, p:])
    cov = np.full((r, p + d, p + d), np.nan)
    for row in range(r):
        used = np.flatnonzero(np.append([True] * p, theta[row, p:] > 0.0))
        cov[row][np.ix_(used, used)] = covariance(hessian[row][np.ix_(used, used)])
    determined = ~lost & (np.diagonal(cov[:, :p, :p], axis1=1, axis2=2).max(axis=1) < _LOST)
    constant = include @ arms.constant()
    return MixedFit(theta[:, :p], theta[:, p:], cov, best + constant, determined)
