r"""Bayesian random-effects pooling of estimates with known variances, by deterministic quadrature.

``y_i ~ N(theta_i, v_i)``, ``theta_i ~ N(mu, tau^2)``, a flat prior on ``mu`` and a half-normal or half-Cauchy prior on
``tau`` (Röver 2020, Journal of Statistical Software 93(6)). Given tau everything is normal, so one integral is left:
over ``w`` in ``tau = c sinh(w)``, with ``c`` the smallest standard error. In ``w`` the posterior's nearest singularity
is at a distance of pi / 2, whatever the variances.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...errors import SettingsError
from ..numeric.density import Panels, equal, normal_mixture_quantile
from ..numeric.quadrature import Floats

TAU_PRIORS = ("half-normal", "half-cauchy")
# A posterior is cut where it has fallen by e^-40 from its top.
_FALL = 40.0
_GRID = 160
_PANELS, _ORDER = 32, 12


@dataclass(frozen=True)
class TauPrior:
    """Prior of the standard deviation between studies.

    Attributes
    ----------
    name : {"half-normal", "half-cauchy"}
    scale : float
        Standard deviation of the normal, or scale of the Cauchy, that is folded; on the analysis scale.

    Examples
    --------
    >>> round(float(np.exp(TauPrior("half-normal", 0.5).log_density(np.array(0.0)))), 6)
    1.595769
    """

    name: str = "half-normal"
    scale: float = 0.5

    def __post_init__(self) -> None:
        if self.name not in TAU_PRIORS:
            raise SettingsError(f'There is no prior "{self.name}" for tau. There are: {", ".join(TAU_PRIORS)}.')
        if not 0.0 < self.scale < np.inf:
            raise SettingsError(f"The scale of the prior of tau is a positive number, and {self.scale} is not.")

    def log_density(self, tau: Floats) -> Floats:
        """Log of the density at ``tau >= 0``."""
        u = tau / self.scale
        if self.name == "half-normal":
            return np.asarray(0.5 * np.log(2.0 / np.pi) - np.log(self.scale) - 0.5 * u * u)
        return np.asarray(np.log(2.0 / np.pi) - np.log(self.scale) - np.log1p(u * u))

    @property
    def reach(self) -> float:
        """A tau above which the prior holds next to nothing: less than e^-40 of it."""
        return self.scale * (9.0 if self.name == "half-normal" else float(np.exp(41.0)))

    @property
    def label(self) -> str:
        """As it is printed."""
        return f"{self.name}({self.scale:g}) on tau"


@dataclass(frozen=True)
class BayesFit:
    """Posterior of the normal-normal model, one for each leading row; ``nan`` where no study is included.

    Attributes
    ----------
    median, mean, sd, low, high : array of float, shape (...)
        Of ``mu``, with the central credible interval. ``sd`` is ``nan`` where a heavy tail leaves it infinite.
    tau_median, tau_mean, tau_sd, tau_low, tau_high : array of float, shape (...)
        Of ``tau``, with the central credible interval.
    prediction_low, prediction_high : array of float, shape (...)
        Central interval for the true value of a new study.
    log_marginal : array of float, shape (...)
        Log marginal likelihood under the flat prior of density 1 on ``mu``, ``(2 pi)`` included.
    """

    median: Floats
    mean: Floats
    sd: Floats
    low: Floats
    high: Floats
    tau_median: Floats
    tau_mean: Floats
    tau_sd: Floats
    tau_low: Floats
    tau_high: Floats
    prediction_low: Floats
    prediction_high: Floats
    log_marginal: Floats


def support(
    log_density: Callable[[Floats], Floats], high: Floats, rounds: int = 4, grid: int = _GRID
) -> tuple[Floats, Floats]:
    """Where densities on ``[0, high]`` stand out above e^-40 of their tops, by grids that zoom in.

    Parameters
    ----------
    log_density : callable
        From points, shape (m, g), to values of the same shape.
    high : array of float, shape (m,)
    rounds, grid : int

    Returns
    -------
    low, high : array of float, shape (m,)

    Examples
    --------
    >>> low, high = support(lambda t: -0.5 * ((t - 3) / 0.01) ** 2, np.array([50.0]))
    >>> round(float(low[0]), 2), round(float(high[0]), 2)
    (2.91, 3.09)
    """
    low, at = np.zeros_like(high), np.arange(high.size)
    t = np.arange(grid) / (grid - 1.0)
    for _ in range(rounds):
        points = low[:, None] + (high - low)[:, None] * t
        values = log_density(points)
        above = values > values.max(axis=1, keepdims=True) - _FALL
        first = np.maximum(above.argmax(axis=1) - 1, 0)
        last = np.minimum(grid - 1 - above[:, ::-1].argmax(axis=1) + 1, grid - 1)
        low, high = points[at, first], points[at, last]
    return low, high


def bayes_normal(
    y: ArrayLike, v: ArrayLike, include: ArrayLike | None = None, *, prior: TauPrior | None = None, level: float = 0.95
) -> BayesFit:
    """Posterior of the normal-normal model with a flat prior on ``mu``.

    Parameters
    ----------
    y, v : array_like of float, shape (k,)
        Estimates and their variances, ``v > 0``.
    include : array_like, shape (..., k), optional
        Booleans or whole multiplicities. Default: all studies once.
    prior : TauPrior, optional
        Default: half-normal with scale 0.5, which suits a logit or a log odds ratio.
    level : float
        Probability in the central intervals.

    Returns
    -------
    BayesFit

    Examples
    --------
    >>> f = bayes_normal([-0.4, -1.1, 0.1, -0.7], [0.1, 0.3, 0.2, 0.15])
    >>> [round(float(value), 4) for value in (f.median, f.low, f.high, f.tau_median)]
    [-0.483, -1.0455, 0.0589, 0.2473]
    """
    prior = prior or TauPrior()
    y, v = np.asarray(y, dtype=float), np.asarray(v, dtype=float)
    m = np.ones(y.shape) if include is None else np.asarray(include, dtype=float)
    lead = m.shape[:-1]
    m = m.reshape(-1, y.size)
    out = np.full((13, len(m)), np.nan)
    some = np.flatnonzero(m.sum(axis=1) > 0.0)
    # Each chunk holds at most 2e6 doubles in its largest temporary, whatever the number of rows.
    step = max(1, int(2e6 / (_PANELS * _ORDER * max(y.size, 1))))
    for at in range(0, some.size, step):
        rows = some[at : at + step]
        out[:, rows] = _posterior(y, v, m[rows], prior, level)
    return BayesFit(*(values.reshape(lead) for values in out))


def _posterior(y: Floats, v: Floats, m: Floats, prior: TauPrior, level: float) -> Floats:
    k = m.sum(axis=1)
    unit = np.sqrt(np.where(m > 0.0, v, np.inf).min(axis=1))
    # Under the scale of the prior by no more than e^-12: a tau smaller than that is 0.
    unit = np.clip(unit, 1e-6 * prior.scale, None)
    centre = (m / v @ y) / (m / v).sum(axis=1)

    def given(tau: Floats) -> tuple[Floats, Floats, Floats]:
        """Log marginal likelihood at tau, and mean and variance of mu given it."""
        total = v + (tau * tau)[..., None]
        w = m[:, None, :] / total
        sum_w = w.sum(axis=-1)
        mean = (w * (y - centre[:, None])[:, None, :]).sum(axis=-1) / sum_w
        residual = (y - centre[:, None])[:, None, :] - mean[..., None]
        q = (w * residual * residual).sum(axis=-1)
        loglik = -0.5 * ((m[:, None, :] * np.log(total)).sum(axis=-1) + np.log(sum_w) + q)
        return loglik, mean, 1.0 / sum_w

    def log_density(w: Floats) -> Floats:
        tau = unit[:, None] * np.sinh(w)
        return np.asarray(given(tau)[0] + prior.log_density(tau) + np.log(unit[:, None] * np.cosh(w)))

    low, high = support(log_density, np.arcsinh(prior.reach / unit))
    panels = Panels(equal(low, high, _PANELS), _ORDER)
    panels.fill(log_density(panels.nodes))
    tau = unit[:, None] * np.sinh(panels.nodes)
    _, mean, variance = given(tau)
    weights, tail = panels.weights, (1.0 - level) / 2.0
    sd, spread = np.sqrt(variance), np.sqrt(variance + tau * tau)
    average = (weights * mean).sum(axis=1)
    square = (weights * (variance + (mean - average[:, None]) ** 2)).sum(axis=1)
    tau_mean = (weights * tau).sum(axis=1)
    tau_square = (weights * (tau - tau_mean[:, None]) ** 2).sum(axis=1)
    if prior.name == "half-cauchy":
        # The posterior of tau falls like tau^-(k + 1).
        tau_mean = np.where(k > 1.0, tau_mean, np.nan)
        average = np.where(k > 1.0, average, np.nan)
        tau_square, square = np.where(k > 2.0, tau_square, np.nan), np.where(k > 2.0, square, np.nan)

    def of_mu(p: float) -> Floats:
        return np.asarray(normal_mixture_quantile(weights, mean, sd, p) + centre)

    def of_tau(p: float) -> Floats:
        return np.asarray(unit * np.sinh(panels.quantile(p)))

    def of_new(p: float) -> Floats:
        return np.asarray(normal_mixture_quantile(weights, mean, spread, p) + centre)

    return np.stack(
        [
            of_mu(0.5), average + centre, np.sqrt(square), of_mu(tail), of_mu(1.0 - tail),
            of_tau(0.5), tau_mean, np.sqrt(tau_square), of_tau(tail), of_tau(1.0 - tail),
            of_new(tail), of_new(1.0 - tail),
            panels.log_mass - 0.5 * (k - 1.0) * np.log(2.0 * np.pi),
        ]
    )  # fmt: skip
