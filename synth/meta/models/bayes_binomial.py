r"""The Bayesian binomial-normal model by deterministic quadrature: no sampling, no seed, the same digits every time.

Events are binomial given a study's logit, logits are normal around ``mu`` with standard deviation ``tau``, and ``tau``
has a half-normal prior (scale 0.5 by default; 0.5 to 1 is weakly informative on the logit: Friede, Röver, Wandel &
Neuenschwander 2017, Research Synthesis Methods 8:79).

The prior of ``mu`` is flat where there are both patients with and patients without the event, so that the posterior
speaks for the data alone and stands beside the maximum-likelihood fit. Without events, or with events only, a flat
prior has no posterior: there the median study's proportion is uniform on (0, 1), which is a standard logistic ``mu``
and gives one study at ``tau = 0`` the posterior of Bayes, beta(x + 1, n - x + 1). Either can be asked for, and so can a
normal prior centred on 0. The result names the one that was used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from ...errors import NoAnswer, SettingsError
from ..glmm.fit import Cells, merge
from ..numeric.climb import climb
from ..numeric.density import Panels, equal
from ..numeric.quadrature import Floats
from ..numeric.roots import solve_between
from ..results import number
from .bayes import TauPrior, support

MU_PRIORS = ("auto", "flat", "uniform", "normal")
_FALL = 34.0
_TAU_GRID, _TAU_ROUNDS = 24, 2
_TAU_PANELS, _TAU_ORDER = 8, 8
# Panels of mu on either side of the mode, as shares of the way to the end: fine where the mass is, on a side that falls
# like a normal density as on one that falls like an exponential.
_MU_SHARES = np.array([0.08, 0.2, 0.4, 0.65, 1.0])
_MU_ORDER = 10
# Cells in one call: keeps memory bounded whatever the number of studies.
_CELLS = 2_000_000


@dataclass(frozen=True)
class BinomialBayesFit:
    """Posterior of the binomial-normal model, one for each leading row; ``nan`` where there is none.

    Attributes
    ----------
    flat : array of bool, shape (...)
        Whether the prior of ``mu`` was flat (see the module) in this row.
    median, mean, sd, low, high : array of float, shape (...)
        Of ``mu``, the mean logit, with the central credible interval.
    tau_median, tau_mean, tau_low, tau_high : array of float, shape (...)
        Of ``tau``, with the central credible interval.
    prediction_low, prediction_high : array of float, shape (...)
        Central interval for the logit of a new study.
    log_marginal : array of float, shape (...)
        Log marginal likelihood, binomial coefficients included, under a flat prior of density 1 on ``mu`` where flat.
    """

    flat: NDArray[np.bool_]
    median: Floats
    mean: Floats
    sd: Floats
    low: Floats
    high: Floats
    tau_median: Floats
    tau_mean: Floats
    tau_low: Floats
    tau_high: Floats
    prediction_low: Floats
    prediction_high: Floats
    log_marginal: Floats


class _Posterior:
    """Log-posterior of mu given tau at points of each row."""

    def __init__(self, rows: Cells, kind: NDArray[np.int8], mu_scale: float) -> None:
        self.rows, self.kind, self.scale = rows, kind, mu_scale

    def at(
        self, row: NDArray[np.intp], mu: Floats, tau: Floats, derivatives: bool = True
    ) -> tuple[Floats, Floats, Floats]:
        """Value and two derivatives by ``mu`` at points, each of one row."""
        out = np.zeros((3, mu.size))
        cells = np.cumsum(self.rows.counts[row])
        start = 0
        while start < mu.size:
            before = cells[start - 1] if start else 0
            stop = max(start + 1, int(np.searchsorted(cells, before + _CELLS)))
            part = slice(start, stop)
            some = self.rows.take(row[part])
            f = some.at(mu[part], tau[part], derivatives=derivatives)
            out[0, part] = some.sums(f.loglik)
            if derivatives:
                out[1, part], out[2, part] = some.sums(f.d_mu), some.sums(f.d_mu2)
            start = stop
        return self._with_prior(out, self.kind[row], mu)

    def _with_prior(self, out: Floats, kind: NDArray[np.int8], mu: Floats) -> tuple[Floats, Floats, Floats]:
        logistic, normal = kind == 1, kind == 2
        p = expit(mu)
        u = mu / self.scale
        constant = -0.5 * np.log(2.0 * np.pi) - np.log(self.scale)
        out[0] += np.where(logistic, mu - 2.0 * np.logaddexp(0.0, mu), np.where(normal, constant - 0.5 * u * u, 0.0))
        out[1] += np.where(logistic, 1.0 - 2.0 * p, np.where(normal, -u / self.scale, 0.0))
        out[2] += np.where(logistic, -2.0 * p * (1.0 - p), np.where(normal, -(self.scale**-2.0), 0.0))
        return out[0], out[1], out[2]

    def height(self, row: NDArray[np.intp], mu: Floats, tau: Floats) -> Floats:
        """Value alone, at many points."""
        return self.at(row, mu, tau, derivatives=False)[0]

    def mode(self, row: NDArray[np.intp], tau: Floats, start: Floats) -> tuple[Floats, Floats, Floats]:
        """Where the posterior of mu given tau peaks, its height and the normal approximation's standard deviation."""

        def target(theta: Floats, which: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
            value, slope, curve = self.at(row[which], theta[:, 0], tau[which])
            return value, slope[:, None], curve[:, None, None]

        # Near enough for the ends and for the grid: a tenth of a standard deviation.
        theta, value, _, curve = climb(
            target, start[:, None], np.array([8.0]), decrement=1e-2, what="The posterior's mode"
        )
        return theta[:, 0], value, 1.0 / np.sqrt(np.maximum(-curve[:, 0, 0], 1e-12))

    def edges(self, row: NDArray[np.intp], tau: Floats, mode: Floats, top: Floats, sd: Floats) -> Floats:
        """Panels that cover where the posterior of mu given tau stands out above e^-34 of its top."""
        side = np.repeat([-1.0, 1.0], mode.size)
        both, tau2, centre, height = np.tile(row, 2), np.tile(tau, 2), np.tile(mode, 2), np.tile(top, 2)
        reach = np.tile(np.sqrt(2.0 * _FALL) * sd, 2)
        # Newton on a concave function: a step from inside lands outside, and steps from outside stay outside.
        for _ in range(4):
            value, slope, _ = self.at(both, centre + side * reach, tau2)
            outward = np.minimum(side * slope, -1e-6)
            reach = np.clip(reach - (value - height + _FALL) / outward, 0.1 * reach, 4.0 * reach)
        left, right = reach[: mode.size, None] * _MU_SHARES[::-1], reach[mode.size :, None] * _MU_SHARES
        return np.asarray(mode[:, None] + np.concatenate([-left, np.zeros((mode.size, 1)), right], axis=1))


def bayes_binomial(
    events: ArrayLike,
    total: ArrayLike,
    include: ArrayLike | None = None,
    *,
    prior: TauPrior | None = None,
    mu_prior: str = "auto",
    mu_scale: float = 10.0,
    level: float = 0.95,
) -> BinomialBayesFit:
    """Posterior of the binomial-normal model for every row of a mask.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
        Whole numbers with ``0 <= events <= total`` and ``total >= 1``.
    include : array_like, shape (..., k), optional
        Booleans or whole multiplicities. Default: all studies once.
    prior : TauPrior, optional
        Half-normal; default scale 0.5.
    mu_prior : {"auto", "flat", "uniform", "normal"}
        ``auto``: flat where that has a posterior, otherwise uniform on the median study's proportion.
    mu_scale : float
        Standard deviation of the normal prior.
    level : float
        Probability in the central intervals.

    Returns
    -------
    BinomialBayesFit

    Raises
    ------
    SettingsError
        A prior that is not offered.

    Examples
    --------
    >>> f = bayes_binomial([7, 3, 1, 0, 5], [43, 38, 26, 17, 30])
    >>> [round(float(expit(value)), 4) for value in (f.median, f.low, f.high)]
    [0.0945, 0.0428, 0.1638]
    """
    prior = prior or TauPrior()
    if prior.name != "half-normal":
        raise SettingsError("The Bayesian binomial-normal model takes a half-normal prior on tau.")
    if mu_prior not in MU_PRIORS:
        raise SettingsError(f'There is no prior "{mu_prior}" for mu. There are: {", ".join(MU_PRIORS)}.')
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    m = np.ones((1, x.size)) if include is None else np.asarray(include, dtype=float)
    lead = () if include is None else m.shape[:-1]
    rows = Cells(*merge(x, n, m.reshape(-1, x.size)))
    sum_x, sum_n = rows.sums(rows.x), rows.sums(rows.n)
    inner = (sum_x > 0) & (sum_x < sum_n)
    kind = np.full(rows.n_rows, {"auto": 0, "flat": 0, "uniform": 1, "normal": 2}[mu_prior], dtype=np.int8)
    if mu_prior == "auto":
        kind[~inner] = 1
    some = np.flatnonzero((rows.counts > 0) & ((kind > 0) | inner))
    out = np.full((12, rows.n_rows), np.nan)
    if some.size:
        out[:, some] = _integrate(rows.take(some), kind[some], prior, mu_scale, level)
        out[11] += rows.constant()
    return BinomialBayesFit((kind == 0).reshape(lead), *(values.reshape(lead) for values in out))


def _integrate(rows: Cells, kind: NDArray[np.int8], prior: TauPrior, mu_scale: float, level: float) -> Floats:
    posterior = _Posterior(rows, kind, mu_scale)
    sum_x, sum_n = rows.sums(rows.x), rows.sums(rows.n)
    start = np.log((sum_x + 0.5) / (sum_n - sum_x + 0.5))
    # The scale on which the likelihood first bends in tau: the finest study's standard error.
    unit = np.clip(2.0 / np.sqrt(np.maximum.reduceat(rows.n, rows.offsets[:-1])), 0.02 * prior.scale, prior.scale)

    def points(w: Floats) -> tuple[NDArray[np.intp], Floats, Floats]:
        row = np.repeat(np.arange(rows.n_rows), w.shape[1])
        tau = unit[:, None] * np.sinh(w)
        return row, tau.reshape(-1), prior.log_density(tau) + np.log(unit[:, None] * np.cosh(w))

    def laplace(w: Floats) -> Floats:
        row, tau, rest = points(w)
        _, top, sd = posterior.mode(row, tau, start[row])
        return np.asarray((top + np.log(sd)).reshape(w.shape) + rest)

    low, high = support(laplace, np.arcsinh(prior.reach / unit), _TAU_ROUNDS, _TAU_GRID)
    by_tau = Panels(equal(low, high, _TAU_PANELS), _TAU_ORDER)
    row, tau, rest = points(by_tau.nodes)
    mode, top, sd = posterior.mode(row, tau, start[row])
    given = Panels(posterior.edges(row, tau, mode, top, sd), _MU_ORDER)
    size = given.nodes.shape[1]
    value = posterior.height(np.repeat(row, size), given.nodes.reshape(-1), np.repeat(tau, size))
    given.fill(value.reshape(given.nodes.shape))
    by_tau.fill(given.log_mass.reshape(by_tau.nodes.shape) + rest)
    weights, taus = by_tau.weights, tau.reshape(by_tau.nodes.shape)
    inner_mean = (given.weights * given.nodes).sum(axis=1).reshape(weights.shape)
    mean = (weights * inner_mean).sum(axis=1)
    spread = given.weights * (given.nodes - mean[row][:, None]) ** 2
    sd_mu = np.sqrt((weights * spread.sum(axis=1).reshape(weights.shape)).sum(axis=1))
    k = float(rows.sums(np.ones_like(rows.x)).max())
    mixture = _Mixture(given, weights, taus, k)
    tail = (1.0 - level) / 2.0

    def of_tau(p: float) -> Floats:
        return np.asarray(unit * np.sinh(by_tau.quantile(p)))

    return np.stack(
        [
            mixture.quantile(0.5), mean, sd_mu, mixture.quantile(tail), mixture.quantile(1.0 - tail),
            of_tau(0.5), (weights * taus).sum(axis=1), of_tau(tail), of_tau(1.0 - tail),
            mixture.quantile(tail, new=True), mixture.quantile(1.0 - tail, new=True), by_tau.log_mass,
        ]
    )  # fmt: skip


class _Mixture:
    """Distribution of mu, or of a new study's logit, as a mixture over tau of what it is given tau."""

    def __init__(self, given: Panels, weights: Floats, taus: Floats, k: float) -> None:
        self.given, self.weights, self.taus = given, weights, taus
        # A new study is mu plus tau u: the distribution function given tau, smooth over tau / sqrt(k) or more, is
        # averaged over u by the trapezoidal rule, which for a normal density converges geometrically.
        step = min(0.25, 1.0 / np.sqrt(k))
        u = np.arange(-np.ceil(8.5 / step), np.ceil(8.5 / step) + 1.0) * step
        self.u, self.phi = u, step * np.exp(-0.5 * u * u) / np.sqrt(2.0 * np.pi)

    def quantile(self, p: float, new: bool = False) -> Floats:
        """Where the distribution function is ``p``."""
        r, size = self.weights.shape
        u, phi = (self.u, self.phi) if new else (np.zeros(1), np.ones(1))

        def equation(t: Floats, which: NDArray[np.intp]) -> tuple[Floats, Floats]:
            rows = (which[:, None] * size + np.arange(size)).reshape(-1)
            points = np.repeat(t, size)[:, None] - self.taus[which].reshape(-1)[:, None] * u
            cdf, pdf = self.given.at(points, rows)
            w = self.weights[which]
            return p - (w * (cdf @ phi).reshape(w.shape)).sum(axis=1), -(w * (pdf @ phi).reshape(w.shape)).sum(axis=1)

        low, high = self.given.edges[:, 0].reshape(r, size), self.given.edges[:, -1].reshape(r, size)
        reach = u[-1] * self.taus
        low, high = (low - reach).min(axis=1), (high + reach).max(axis=1)
        middle = 0.5 * (low + high)
        return solve_between(equation, low, high, middle, high - low)


@dataclass(frozen=True)
class BinomialBayesResult:
    """The Bayesian answer for one set of studies, as proportions.

    Attributes
    ----------
    method, tau_prior, mu_prior : str
        Names, for the page.
    k : int
    proportion, ci_low, ci_high : float
        Posterior median of the median study's proportion, with the central credible interval.
    logit, sd : float
        Posterior median and standard deviation of ``mu``.
    tau, tau_ci_low, tau_ci_high : float
        Posterior median of tau with the central credible interval.
    prediction_low, prediction_high : float
        Central interval for the proportion of a new study.
    log_marginal : float
    """

    method: str
    tau_prior: str
    mu_prior: str
    k: int
    proportion: float | None
    ci_low: float | None
    ci_high: float | None
    logit: float | None
    sd: float | None
    tau: float | None
    tau_ci_low: float | None
    tau_ci_high: float | None
    prediction_low: float | None
    prediction_high: float | None
    log_marginal: float | None


def pool_bayes(
    events: ArrayLike,
    total: ArrayLike,
    *,
    tau_scale: float = 0.5,
    mu_prior: str = "auto",
    mu_scale: float = 10.0,
    level: float = 0.95,
) -> BinomialBayesResult:
    """Pool proportions by the Bayesian binomial-normal model.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
    tau_scale : float
        Scale of the half-normal prior on tau.
    mu_prior, mu_scale, level
        As for :func:`bayes_binomial`.

    Returns
    -------
    BinomialBayesResult

    Raises
    ------
    NoAnswer
        A flat prior was asked for where it has no posterior.
    SettingsError
        A prior that is not offered, or no study.

    Examples
    --------
    >>> r = pool_bayes([0, 0, 0], [10, 20, 30])
    >>> r.mu_prior, round(r.ci_high, 3)
    ('uniform on the proportion of the median study', 0.067)
    """
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    if x.size == 0:
        raise SettingsError("The Bayesian model needs at least one study.")
    prior = TauPrior("half-normal", tau_scale)
    fit = bayes_binomial(x, n, prior=prior, mu_prior=mu_prior, mu_scale=mu_scale, level=level)
    if np.isnan(fit.median):
        raise NoAnswer(
            "A flat prior on the mean logit has no posterior where no patient, or every patient, had the event. "
            "Use the prior auto, uniform or normal."
        )
    proper = f"normal(0, {mu_scale:g}) on the mean logit" if mu_prior == "normal" else (
        "uniform on the proportion of the median study"
    )  # fmt: skip
    return BinomialBayesResult(
        "binomial-normal, Bayesian by quadrature", prior.label, "flat on the mean logit" if fit.flat else proper,
        int(x.size), float(expit(fit.median)), float(expit(fit.low)), float(expit(fit.high)), number(fit.median),
        number(fit.sd), number(fit.tau_median), number(fit.tau_low), number(fit.tau_high),
        float(expit(fit.prediction_low)), float(expit(fit.prediction_high)), number(fit.log_marginal),
    )  # fmt: skip
