"""Densities known at Gauss-Legendre nodes on panels: masses, distribution functions and quantiles, many at once."""

from __future__ import annotations

import numpy as np
from numpy.polynomial import legendre
from scipy.special import ndtr, ndtri

from .quadrature import Floats
from .roots import solve_between

_SQRT_2PI = float(np.sqrt(2.0 * np.pi))


def equal(low: Floats, high: Floats, panels: int) -> Floats:
    """Edges of equal panels, shape (m, panels + 1)."""
    return low[:, None] + (high - low)[:, None] * (np.arange(panels + 1) / panels)


class Panels:
    """Densities, each on panels of its own with the same number of nodes.

    Parameters
    ----------
    edges : array of float, shape (m, panels + 1)
        Where the panels of each density begin and end, rising.
    order : int
        Number of nodes in a panel: exact for polynomials of degree ``2 order - 1``.

    Attributes
    ----------
    nodes : array of float, shape (m, panels * order)
    log_mass : array of float, shape (m,)
        Log of the integral, once :meth:`fill` was called.

    Examples
    --------
    >>> normal = Panels(equal(np.array([-9.0]), np.array([9.0]), 16), 12)
    >>> normal.fill(-0.5 * normal.nodes**2)
    >>> round(float(np.exp(normal.log_mass[0])), 10), round(float(normal.quantile(0.975)[0]), 10)
    (2.5066282746, 1.9599639845)
    """

    def __init__(self, edges: Floats, order: int) -> None:
        x, w = legendre.leggauss(order)
        self.edges, self.width = edges, np.diff(edges, axis=1)
        self.order = order
        self.nodes: Floats = (edges[:, :-1, None] + self.width[:, :, None] * (0.5 * (x + 1.0))).reshape(len(edges), -1)
        self._node_weights: Floats = (self.width[:, :, None] * (0.5 * w)).reshape(len(edges), -1)
        # From values at the nodes to Legendre coefficients, and of the integral from the panel's left end.
        fit = (legendre.legvander(x, order - 1) * w[:, None]).T * (np.arange(order)[:, None] + 0.5)
        self._to_density: Floats = fit
        self._to_integral: Floats = np.asarray(legendre.legint(fit, lbnd=-1, scl=0.5, axis=0))

    def fill(self, log_density: Floats) -> None:
        """Take the log of a density, up to a constant of each, at the nodes."""
        top = log_density.max(axis=1)
        height = np.exp(log_density - top[:, None])
        total = (height * self._node_weights).sum(axis=1)
        self.log_mass: Floats = np.log(total) + top
        height = height / total[:, None]
        self.weights: Floats = height * self._node_weights
        cut = height.reshape(*self.width.shape, self.order)
        self._density: Floats = cut @ self._to_density.T
        self._integral: Floats = (cut @ self._to_integral.T) * self.width[:, :, None]
        mass = self.weights.reshape(cut.shape).sum(axis=2)
        self._before: Floats = np.concatenate([np.zeros((len(mass), 1)), np.cumsum(mass, axis=1)], axis=1)

    def at(self, t: Floats, rows: np.ndarray[tuple[int], np.dtype[np.intp]] | None = None) -> tuple[Floats, Floats]:
        """Distribution function and density of each row at some points.

        Parameters
        ----------
        t : array of float, shape (r, q)
        rows : array of int, shape (r,), optional
            Which densities; default all.

        Returns
        -------
        cdf, pdf : array of float, shape (r, q)
        """
        which = np.arange(len(self.edges)) if rows is None else rows
        edges, at = self.edges[which], which[:, None]
        panel = np.zeros(t.shape, dtype=np.intp)
        for i in range(1, edges.shape[1] - 1):
            panel += t >= edges[:, i, None]
        below, above = t <= edges[:, :1], t >= edges[:, -1:]
        x = 2.0 * (t - self.edges[at, panel]) / self.width[at, panel] - 1.0
        x = np.clip(x, -1.0, 1.0)
        cdf = np.clip(self._before[at, panel] + _legendre_sum(self._integral[at, panel], x), 0.0, 1.0)
        pdf = np.where(below | above, 0.0, _legendre_sum(self._density[at, panel], x))
        return np.where(below, 0.0, np.where(above, 1.0, cdf)), pdf

    def quantile(self, p: float) -> Floats:
        """Where the distribution function of each density is ``p``."""

        def equation(t: Floats, which: np.ndarray[tuple[int], np.dtype[np.intp]]) -> tuple[Floats, Floats]:
            cdf, pdf = self.at(t[:, None], which)
            return p - cdf[:, 0], -pdf[:, 0]

        low, high = self.edges[:, 0], self.edges[:, -1]
        return solve_between(equation, low, high, 0.5 * (low + high), 0.01 * (high - low))


def _legendre_sum(coefficients: Floats, x: Floats) -> Floats:
    """Legendre series at ``x``; coefficients along the last axis."""
    total = coefficients[..., 0].copy()
    before, now = np.ones_like(x), x
    for degree in range(1, coefficients.shape[-1]):
        total += coefficients[..., degree] * now
        before, now = now, ((2 * degree + 1) * x * now - degree * before) / (degree + 1)
    return total


def normal_mixture_quantile(weights: Floats, mean: Floats, sd: Floats, p: float) -> Floats:
    """Quantile of a mixture of normal distributions.

    Parameters
    ----------
    weights, mean, sd : array of float, shape (m, c)
        Of the components of each mixture; weights add to 1.
    p : float

    Returns
    -------
    array of float, shape (m,)

    Examples
    --------
    >>> half = np.array([[0.5, 0.5]])
    >>> round(float(normal_mixture_quantile(half, np.array([[-1.0, 1.0]]), np.ones((1, 2)), 0.5)[0]), 12) + 0.0
    0.0
    """
    ends = mean + ndtri(p) * sd

    def equation(t: Floats, which: np.ndarray[tuple[int], np.dtype[np.intp]]) -> tuple[Floats, Floats]:
        u = (t[:, None] - mean[which]) / sd[which]
        density = np.exp(-0.5 * u * u) / (_SQRT_2PI * sd[which])
        return p - (weights[which] * ndtr(u)).sum(axis=1), -(weights[which] * density).sum(axis=1)

    start = (weights * ends).sum(axis=1)
    low, high = ends.min(axis=1), ends.max(axis=1)
    return solve_between(equation, low, high, np.clip(start, low, high), high - low)
