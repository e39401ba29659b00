r"""Generalised linear mixed models of one or two arms in a study: the integral over one or two normal random effects.

.. math:: \eta_{ia} = o_{ia} + F_a^\top \beta + c_a \lambda_i + \sum_d B_{ad} \sigma_d b_{id}, \quad b_{id} \sim N(0, 1)

with events binomial (logit), Poisson (log, person-time beside it) or, given the events of both arms, noncentral
hypergeometric. The log-integrand is concave with a curvature of at least one, so the box outside which it is negligible
can be found, and inside it the trapezoidal rule converges geometrically: the marginal likelihood is integrated, not
approximated at its mode (Laplace), which is all that lme4 offers for two random effects.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from ..numeric.quadrature import Floats, log_binomial
from .families import Parts, Tables, binomial, poisson

# Numbers held at once: a handful of arrays of this size stay in a processor's cache.
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Grid:
    """How finely is integrated.

    Attributes
    ----------
    fall : float
        The box ends where the log-integrand is this far below its top.
    sd, link : float
        Largest step, in standard deviations of the integrand and on the link's scale. The trapezoidal rule errs by
        e^(-2 pi^2 / sd^2) for a normal integrand, and by e^(-2 pi w / link) where the integrand can be continued to
        i w: up to i pi for the logit, and half as far for the log, beyond which exp(-exp(eta)) explodes.
    """

    fall: float
    sd: float
    link: float


# To 1e-12, to 1e-8 for limits of a profile, to 1e-6 for the way up to a maximum.
FINE, MIDDLE, ROUGH = Grid(34.0, 0.72, 0.35), Grid(24.0, 0.85, 0.4), Grid(14.0, 1.0, 0.5)
_POISSON = 0.7


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
    family : {"binomial", "poisson", "hypergeometric"}
    own : array of float, shape (a,), optional
        How a coefficient that each study has to itself enters the arms; it is maximised over.
    tables : Tables, optional
        For the hypergeometric.
    covariates : array of float, shape (k, q), optional
        The last coefficient is a sum of `q` others over these, a column of ones among them for an intercept.
    """

    x: Floats
    n: Floats
    offset: Floats
    fixed: Floats
    loading: Floats
    family: str = "binomial"
    own: Floats | None = None
    tables: Tables | None = None
    covariates: Floats | None = None

    @property
    def p(self) -> int:
        """How many coefficients there are."""
        more = 0 if self.covariates is None else self.covariates.shape[1] - 1
        return int(self.fixed.shape[1] + more)

    def constant(self) -> Floats:
        """Terms of each study's log-likelihood without parameters, shape (k,)."""
        if self.family == "poisson":
            known = np.where(self.x > 0, self.x * np.log(self.n), 0.0)
            return np.asarray((known - gammaln(self.x + 1.0)).sum(axis=1))
        if self.family == "binomial":
            return np.asarray(log_binomial(self.x, self.n).sum(axis=1))
        return np.zeros(len(self.x))

    def with_scales(self, which: NDArray[np.intp]) -> Arms:
        """The same with some of the random effects only."""
        return replace(self, loading=self.loading[:, which])

    def parts(self, eta: Floats, study: NDArray[np.intp]) -> Parts:
        """Log-likelihood, score and information of every arm at linear predictors of shape (c, a, m)."""
        if self.tables is not None:
            value, score, information = self.tables.parts(eta[:, 0], study)
            return value[:, None], score[:, None], information[:, None]
        family = poisson if self.family == "poisson" else binomial
        return family(eta, self.x[study][:, :, None], self.n[study][:, :, None])


class _Cells:
    """Log-integrand of some cells with its derivatives by the random effects."""

    def __init__(self, arms: Arms, study: NDArray[np.intp], theta: Floats, own: Floats | None) -> None:
        p = arms.fixed.shape[1]
        self.arms, self.study = arms, study
        self.base = arms.offset[study] + theta[:, :p] @ arms.fixed.T
        if own is not None and arms.own is not None:
            self.base = self.base + own[:, None] * arms.own
        # How one unit of each random effect moves each arm, shape (cells, a, d).
        self.move = arms.loading * theta[:, None, p:]

    def at(self, b: Floats) -> Parts:
        """Value, gradient (c, d) and minus the Hessian (c, d, d) at one point of each cell."""
        eta = self.base + (self.move * b[:, None, :]).sum(axis=2)
        value, score, information = (part[:, :, 0] for part in self.arms.parts(eta[:, :, None], self.study))
        gradient = (score[:, :, None] * self.move).sum(axis=1) - b
        curve = (self.move * information[:, :, None]).transpose(0, 2, 1) @ self.move + np.eye(b.shape[1])
        return value.sum(axis=1) - 0.5 * (b * b).sum(axis=1), gradient, curve

    def copies(self, times: int) -> _Cells:
        """The same cells several times over."""
        out = object.__new__(_Cells)
        out.arms, out.study = self.arms, np.tile(self.study, times)
        out.base, out.move = np.tile(self.base, (times, 1)), np.tile(self.move, (times, 1, 1))
        return out

    def climb(self, b: Floats, held: NDArray[np.bool_] | None = None) -> Floats:
        """Where the log-integrand peaks, or peaks along the directions that are not held."""
        shrink = np.ones(len(b))
        value, gradient, curve = self.at(b)
        for _ in range(80):
            step = _solve(curve, gradient, held)
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

    def ends(self, mode: Floats, top: Floats, spread: Floats, fall: float) -> Floats:
        """Reach of the integral below and above the mode along each axis, over all values of the other: (2 d, c)."""
        c, d = mode.shape
        axis = np.repeat(np.arange(d), 2 * c)
        side = np.tile(np.repeat([-1.0, 1.0], c), d)
        every, cell = np.arange(2 * d * c), np.tile(np.arange(c), 2 * d)
        cells, held = self.copies(2 * d), axis[:, None] == np.arange(d)
        farthest = np.sqrt(2.0 * fall)
        centre, below = mode[cell, axis], top[cell] - fall
        reach = farthest * spread[cell, axis]
        b = mode[cell]
        for _ in range(4):
            b[every, axis] = centre + side * reach
            if d > 1:
                b = cells.climb(b, held)
            value, gradient, _ = cells.at(b)
            # The profile is concave: Newton from inside lands outside, and from outside stays there.
            slope = np.minimum(side * gradient[every, axis], -1e-3)
            reach = np.clip(reach - (value - below) / slope, 0.2 * reach, farthest + 0.1)
        return np.asarray(reach.reshape(2 * d, c))


def _solve(curve: Floats, gradient: Floats, held: NDArray[np.bool_] | None) -> Floats:
    """Newton's step of one or two random effects, or of the one that is not held."""
    if curve.shape[1] == 1:
        return gradient / curve[:, 0]
    if held is not None:
        return np.asarray(np.where(held, 0.0, gradient / np.diagonal(curve, axis1=1, axis2=2)))
    step = np.empty_like(gradient)
    det = curve[:, 0, 0] * curve[:, 1, 1] - curve[:, 0, 1] ** 2
    step[:, 0] = (curve[:, 1, 1] * gradient[:, 0] - curve[:, 0, 1] * gradient[:, 1]) / det
    step[:, 1] = (curve[:, 0, 0] * gradient[:, 1] - curve[:, 0, 1] * gradient[:, 0]) / det
    return step


def integrate_cells(
    arms: Arms, study: NDArray[np.intp], theta: Floats, own: Floats | None = None, grid: Grid = FINE
) -> Parts:
    """Marginal log-likelihood of each cell with gradient and Hessian.

    Parameters
    ----------
    arms : Arms
    study : array of int, shape (c,)
    theta : array of float, shape (c, p + d)
        Coefficients and scales (of either sign) of each cell.
    own : array of float, shape (c,), optional
        The study's own coefficient, where the model has one.
    grid : Grid

    Returns
    -------
    loglik, gradient, hessian : arrays of shape (c,), (c, q), (c, q, q)
        In `theta` and, last, `own` where it is given. Constants left out.

    Examples
    --------
    >>> arms = Arms(np.array([[3.0]]), np.array([[20.0]]), np.zeros((1, 1)), np.ones((1, 1)), np.ones((1, 1)))
    >>> round(float(integrate_cells(arms, np.array([0]), np.array([[-1.7, 0.5]]))[0][0]), 8)
    -8.70388522
    """
    d = arms.loading.shape[1]
    cells = _Cells(arms, study, theta, own)
    q = theta.shape[1] + (own is not None)
    if d == 0:
        return _without(arms, cells, own is not None)
    out = np.empty(study.size), np.empty((study.size, q)), np.empty((study.size, q, q))
    mode = cells.climb(np.zeros((study.size, d)))
    top, _, curve = cells.at(mode)
    spread = np.sqrt(np.diagonal(np.linalg.inv(curve), axis1=1, axis2=2))
    lows, highs, counts = [], [], []
    reach = cells.ends(mode, top, spread, grid.fall)
    for axis in range(d):
        below, above = reach[2 * axis], reach[2 * axis + 1]
        width = below + above
        # The other effect held, the integrand is narrower than its projection: the step is set by that.
        sharp = 1.0 / np.sqrt(curve[:, axis, axis])
        link = np.abs(cells.move[:, :, axis]).max(axis=1) / (_POISSON if arms.family == "poisson" else 1.0)
        lows.append(mode[:, axis] - below)
        highs.append(mode[:, axis] + above)
        counts.append(np.maximum(width / (grid.sd * sharp), width * link / grid.link))
    # Cells that need about as many nodes go together, sizes rounded up to powers of the square root of 2.
    sizes = np.stack([np.ceil(2.0 ** (np.ceil(2.0 * np.log2(np.clip(c, 12.0, 3000.0))) / 2.0)) for c in counts], axis=1)
    for size in np.unique(sizes, axis=0):
        same = np.flatnonzero((sizes == size).all(axis=1))
        nodes = [int(s) for s in size]
        step = max(1, _BLOCK // int(np.prod(nodes)))
        for at in range(0, same.size, step):
            _box(arms, cells, same[at : at + step], nodes, lows, highs, top, own is not None, out)
    return out


def _columns(arms: Arms, own: bool) -> tuple[Floats, list[int]]:
    """How each parameter moves each arm, shape (a, q), and by which random effect it is multiplied (0 for none)."""
    columns = [arms.fixed, arms.loading]
    by = [0] * arms.fixed.shape[1] + [i + 1 for i in range(arms.loading.shape[1])]
    if own and arms.own is not None:
        columns.append(arms.own[:, None])
        by.append(0)
    return np.concatenate(columns, axis=1), by


def _without(arms: Arms, cells: _Cells, own: bool) -> Parts:
    """No random effect: the likelihood itself."""
    value, score, information = (part[:, :, 0] for part in arms.parts(cells.base[:, :, None], cells.study))
    columns, _ = _columns(arms, own)
    return value.sum(axis=1), score @ columns, -np.einsum("ca,ai,aj->cij", information, columns, columns)


def _box(
    arms: Arms, cells: _Cells, some: NDArray[np.intp], nodes: list[int], lows: list[Floats], highs: list[Floats],
    top: Floats, own: bool, out: Parts,
) -> None:  # fmt: skip
    d, c = len(nodes), some.size
    b = [low[some, None] + (high - low)[some, None] * (np.arange(m) / (m - 1.0)) for low, high, m in
         zip(lows, highs, nodes, strict=True)]  # fmt: skip
    volume = np.prod([(h - low)[some] / (m - 1.0) for low, h, m in zip(lows, highs, nodes, strict=True)], axis=0)
    if d == 2:
        shape = (c, nodes[0], nodes[1])
        b = [np.broadcast_to(b[0][:, :, None], shape).reshape(c, -1),
             np.broadcast_to(b[1][:, None, :], shape).reshape(c, -1)]  # fmt: skip
    move = cells.move[some]
    eta = cells.base[some][:, :, None] + sum(move[:, :, i, None] * b[i][:, None, :] for i in range(d))
    value, score, information = arms.parts(eta, cells.study[some])
    w = np.exp(value.sum(axis=1) - 0.5 * sum(e * e for e in b) - top[some, None])
    mass = w.sum(axis=1)
    w /= mass[:, None]
    out[0][some] = np.log(mass * volume) + top[some] - 0.5 * d * np.log(2.0 * np.pi)
    # Every derivative is a posterior moment of the scores and informations of the arms, times the random effects.
    columns, by = _columns(arms, own)
    basis = np.stack([np.ones_like(w), *b], axis=1)
    total = np.stack([(columns[:, j] @ score) * basis[:, by[j]] for j in range(len(by))], axis=1)
    weighted = total * w[:, None, :]
    mean = weighted.sum(axis=2)
    hessian = weighted @ total.transpose(0, 2, 1) - mean[:, :, None] * mean[:, None, :]
    for a in range(columns.shape[0]):
        bend = (basis * (w * information[:, a])[:, None, :]) @ basis.transpose(0, 2, 1)
        hessian -= columns[a][:, None] * columns[a][None, :] * bend[:, by][:, :, by]
    out[1][some] = mean
    out[2][some] = hessian
