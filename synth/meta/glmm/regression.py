r"""The binomial-normal model with covariates: logistic meta-regression by maximum likelihood over masks.

Events are binomial given a study's logit, and logits are normal around ``X beta`` with variance ``tau2`` (Stijnen,
Hamza & Ozdemir 2010, Statistics in Medicine 29:3046). The integrals of :mod:`synth.meta.numeric.quadrature`
give derivatives by each study's linear predictor and by ``tau``, so gradient and Hessian over ``(beta, tau)`` are sums
of them against ``X``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from ...errors import SettingsError
from ..numeric.climb import Target, climb, covariance
from ..numeric.distributions import normal_upper
from ..numeric.quadrature import Floats, integrate
from .fit import ALL_EVENTS, ALL_ZERO, EMPTY, OK, REASONS, SEPARATED, Cells
from .profile import search_limit

RANK, UNDETERMINED = 10, 11
REGRESSION_REASONS = {
    **REASONS,
    RANK: "the columns of the design are not independent among the studies included, or there are more of them than "
    "studies",
    UNDETERMINED: "the design separates studies without events (or with events only) from the others, so a coefficient "
    "is infinite",
}
_TAU_STARTS = (0.3, 1.2)
_TAU_MAX = 80.0
# A coefficient on the orthonormal design whose variance exceeds this many squared logits is running to infinity.
_LOST = 1e6
_RANK = 1e-9


@dataclass(frozen=True)
class GlmmRegression:
    """Maximum-likelihood fits, one for each leading row; ``nan`` where ``state`` is not 0.

    Attributes
    ----------
    state : array of int, shape (...)
        0 where fitted; otherwise a key of ``REGRESSION_REASONS``.
    k : array of float, shape (...)
        Number of studies (sum of multiplicities).
    beta : array of float, shape (..., p)
        Coefficients on the logit.
    cov : array of float, shape (..., p, p)
        Inverse of the observed information in (beta, tau); at ``tau = 0`` of that on beta alone.
    tau2, se_tau : array of float, shape (...)
    loglik, loglik_common : array of float, shape (...)
        Marginal log-likelihood at the maximum and at ``tau = 0``, binomial coefficients included.
    """

    state: NDArray[np.int8]
    k: Floats
    beta: Floats
    cov: Floats
    tau2: Floats
    se_tau: Floats
    loglik: Floats
    loglik_common: Floats

    @property
    def se(self) -> Floats:
        """Standard errors of the coefficients, shape (..., p)."""
        return np.asarray(np.sqrt(np.diagonal(self.cov, axis1=-2, axis2=-1)))


class _Design:
    """Cells with the rows of an orthonormal design."""

    def __init__(self, rows: Cells, z: Floats) -> None:
        self.rows, self.z = rows, z

    def sums(self, values: Floats, rows: Cells) -> Floats:
        """Sum of a cell array, shape (cells, ...), over each row; every row has cells."""
        weights = rows.m.reshape(-1, *([1] * (values.ndim - 1)))
        return np.asarray(np.add.reduceat(weights * values, rows.offsets[:-1], axis=0))

    def target(self) -> Target:
        """Marginal log-likelihood of (coefficients, tau)."""

        def at(theta: Floats, which: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
            rows = self.rows if which.size == self.rows.n_rows else self.rows.take(which)
            p = self.z.shape[1]
            z = self.z[rows.study]
            tau = theta[:, p]
            sign = np.where(tau < 0.0, -1.0, 1.0)
            f = integrate(rows.x, rows.n, (z * theta[rows.row, :p]).sum(axis=1), np.abs(tau)[rows.row])
            gradient, hessian = np.empty((rows.n_rows, p + 1)), np.empty((rows.n_rows, p + 1, p + 1))
            gradient[:, :p] = self.sums(f.d_mu[:, None] * z, rows)
            gradient[:, p] = sign * rows.sums(f.d_tau)
            hessian[:, :p, :p] = self.sums(f.d_mu2[:, None, None] * z[:, :, None] * z[:, None, :], rows)
            hessian[:, :p, p] = hessian[:, p, :p] = sign[:, None] * self.sums(f.d_mutau[:, None] * z, rows)
            hessian[:, p, p] = rows.sums(f.d_tau2)
            return rows.sums(f.loglik), gradient, hessian

        return at

    def common(self) -> Target:
        """Log-likelihood of the coefficients alone, at ``tau = 0``: logistic regression."""

        def at(theta: Floats, which: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
            rows = self.rows if which.size == self.rows.n_rows else self.rows.take(which)
            z = self.z[rows.study]
            eta = (z * theta[rows.row]).sum(axis=1)
            p, q = expit(eta), expit(-eta)
            score, information = rows.x * q - (rows.n - rows.x) * p, rows.n * p * q
            value = rows.sums(rows.x * eta - rows.n * np.logaddexp(0.0, eta))
            curve = -self.sums(information[:, None, None] * z[:, :, None] * z[:, None, :], rows)
            return value, self.sums(score[:, None] * z, rows), curve

        return at


def basis(design: Floats, last: int | None = None) -> tuple[Floats, Floats]:
    """Orthonormal columns times ``sqrt(k)`` that span the design, and the triangle that leads back.

    Parameters
    ----------
    design : array of float, shape (k, p)
    last : int, optional
        Column to be put last, so that its coefficient is the last one of the basis over the triangle's last entry.

    Returns
    -------
    z : array of float, shape (k, p)
    triangle : array of float, shape (p, p)
        ``design[:, order] = z @ triangle``.

    Examples
    --------
    >>> z, triangle = basis(np.array([[1.0, 2000.0], [1.0, 2001.0], [1.0, 2004.0]]))
    >>> bool(np.allclose(z.T @ z, 3 * np.eye(2)))
    True
    """
    order = list(range(design.shape[1]))
    if last is not None:
        order.append(order.pop(last))
    q, r = np.linalg.qr(design[:, order])
    root = np.sqrt(design.shape[0])
    return q * root, r / root


def fit_regression(
    events: ArrayLike,
    total: ArrayLike,
    design: ArrayLike,
    include: ArrayLike | None = None,
    *,
    effects: str = "random",
) -> GlmmRegression:
    """Fit the binomial-normal model with covariates to every row of a mask.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
        Whole numbers with ``0 <= events <= total`` and ``total >= 1``.
    design : array_like of float, shape (k, p)
        Columns of the linear predictor, the intercept among them where one is wanted.
    include : array_like, shape (..., k), optional
        Booleans or whole multiplicities. Default: all studies once.
    effects : {"random", "common"}
        With variance between studies, or plain logistic regression with ``tau2 = 0``.

    Returns
    -------
    GlmmRegression

    Raises
    ------
    SettingsError
        A design that does not fit the studies or has gaps.
    NoAnswer
        If a row that has a maximum was not brought to it.

    Examples
    --------
    >>> year = np.array([1.0, 2, 3, 4, 5])
    >>> f = fit_regression([9, 3, 2, 1, 5], [43, 38, 26, 17, 60], np.column_stack([np.ones(5), year]))
    >>> f.beta.round(3).tolist(), f.se.round(3).tolist(), float(f.tau2)
    ([-1.365, -0.263], [0.469, 0.157], 0.0)
    """
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    full = np.asarray(design, dtype=float)
    if full.ndim != 2 or full.shape[0] != x.size or full.shape[1] == 0:
        raise SettingsError(f"A design has a row for each of the {x.size} studies, and at least one column.")
    if not np.isfinite(full).all():
        raise SettingsError("A covariate is missing or infinite: leave the study out, or give its value.")
    m = np.ones((1, x.size)) if include is None else np.asarray(include, dtype=float)
    lead = () if include is None else m.shape[:-1]
    m = m.reshape(-1, x.size)
    return _fit_rows(Cells(x, n, m), m, full, effects, lead)


def _fit_rows(rows: Cells, m: Floats, full: Floats, effects: str, lead: tuple[int, ...]) -> GlmmRegression:
    """Fit cells that were made already; `m` are the multiplicities of their rows."""
    p = full.shape[1]
    z, triangle = basis(full)
    state = _states(rows, m, z, effects)
    # The orthonormal basis has full rank whatever the design: what stands off the columns before is in the triangle.
    if (np.abs(np.diag(triangle)) <= _RANK * np.sqrt((triangle**2).sum(axis=0))).any() or len(full) < p:
        state[state == OK] = RANK
    good = np.flatnonzero(state == OK)
    shapes = {"beta": (p,), "cov": (p, p), "tau2": (), "se_tau": (), "loglik": (), "loglik_common": ()}
    out = {name: np.full((rows.n_rows, *shape), np.nan) for name, shape in shapes.items()}
    if good.size:
        part = rows.take(good)
        fitted, lost = _fit_good(_Design(part, z), part, effects)
        back = np.linalg.inv(triangle)
        fitted["beta"] = fitted["beta"] @ back.T
        fitted["cov"] = back @ fitted["cov"] @ back.T
        constant = part.constant()
        for name in ("loglik", "loglik_common"):
            fitted[name] = fitted[name] + constant
        for name in out:
            out[name][good] = np.where(lost.reshape(-1, *[1] * len(shapes[name])), np.nan, fitted[name])
        state[good[lost]] = UNDETERMINED
        state[good[~lost & (fitted["tau2"] >= _TAU_MAX**2)]] = SEPARATED
    k = rows.sums(np.ones_like(rows.x)).reshape(lead)
    return GlmmRegression(
        state.reshape(lead), k, **{name: v.reshape((*lead, *shapes[name])) for name, v in out.items()}
    )


def fit_dealt(
    events: ArrayLike,
    total: ArrayLike,
    design: ArrayLike,
    orders: NDArray[np.intp],
    *,
    effects: str = "random",
) -> GlmmRegression:
    """Fit the model with covariates once for each way of dealing the studies' counts to the rows of the design.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
    design : array_like of float, shape (k, p)
    orders : array of int, shape (r, k)
        Which study's counts stand at each row of the design.
    effects : {"random", "common"}

    Returns
    -------
    GlmmRegression
        Of shape (r,).

    Raises
    ------
    NoAnswer
        If a fit that has a maximum was not brought to it.

    Examples
    --------
    >>> x, n, year = [9, 3, 2, 1, 5], [43, 38, 26, 17, 60], np.array([1.0, 2, 3, 4, 5])
    >>> f = fit_dealt(x, n, np.column_stack([np.ones(5), year]), np.array([[0, 1, 2, 3, 4], [4, 3, 2, 1, 0]]))
    >>> f.beta[:, 1].round(3).tolist()
    [-0.263, 0.263]
    """
    x, n, full = (np.asarray(a, dtype=float) for a in (events, total, design))
    r, k = orders.shape
    whole = Cells(x, n, np.ones((1, k)))
    rows = whole.take(np.zeros(r, dtype=np.intp))
    rows.x, rows.n = x[orders].reshape(-1), n[orders].reshape(-1)
    return _fit_rows(rows, np.ones((r, k)), full, effects, (r,))


def _states(rows: Cells, m: Floats, z: Floats, effects: str) -> NDArray[np.int8]:
    """Why a row has no fit, as far as counts and design alone can say."""
    sum_x, sum_n = rows.sums(rows.x), rows.sums(rows.n)
    state = np.zeros(rows.n_rows, dtype=np.int8)
    inside = (rows.x > 0) & (rows.x < rows.n)
    if effects == "random":
        state[(rows.sums(inside.astype(float)) == 0) & (rows.sums((rows.n > 1).astype(float)) > 0)] = SEPARATED
    gram = np.einsum("rk,kp,kq->rpq", (m > 0).astype(float), z, z, optimize=True)
    values = np.linalg.eigvalsh(gram)
    state[values[:, 0] <= _RANK * np.maximum(values[:, -1], 1e-300)] = RANK
    state[sum_x == sum_n] = ALL_EVENTS
    state[sum_x == 0] = ALL_ZERO
    state[rows.counts == 0] = EMPTY
    return state


def _fit_good(design: _Design, rows: Cells, effects: str) -> tuple[dict[str, Floats], NDArray[np.bool_]]:
    """Fit rows whose design has full rank, on the orthonormal basis; and the rows whose coefficients run away."""
    p, r = design.z.shape[1], rows.n_rows
    zero = np.zeros((r, p))
    beta, common, _, curve = climb(design.common(), zero, np.full(p, 4.0), what="The logistic regression")
    cov = covariance(curve)
    eta = (design.z[rows.study] * beta[rows.row]).sum(axis=1)
    chance = expit(eta)
    variance = rows.n * chance * (1.0 - chance)
    # As many coefficients as distinct studies leave nothing for tau to explain, but that shows in the slope.
    slope = 0.5 * (rows.sums((rows.x - rows.n * chance) ** 2) - rows.sums(variance))
    size = rows.sums(variance)
    best, best_beta, best_tau = common.copy(), beta.copy(), np.zeros(r)
    se_tau = np.full(r, np.nan)
    several = np.flatnonzero((rows.sums((rows.n > 1).astype(float)) > 0) & (rows.sums(np.ones_like(rows.x)) > 1))
    lost = _runs_away(cov)
    several = several[~lost[several]] if effects == "random" else several[:0]
    if several.size:
        part = _Design(rows.take(np.tile(several, len(_TAU_STARTS))), design.z)
        starts = [np.column_stack([beta[several], np.full(several.size, tau)]) for tau in _TAU_STARTS]
        theta, value, _, hessian = climb(
            part.target(), np.concatenate(starts), np.array([4.0] * p + [1.5]),
            stop=lambda theta, _, __: np.abs(theta[:, p]) > _TAU_MAX, what="The binomial-normal regression",
        )  # fmt: skip
        for which in range(len(_TAU_STARTS)):
            one = slice(which * several.size, (which + 1) * several.size)
            tau, gain = np.abs(theta[one, p]), value[one] - best[several]
            rounding = 1e-11 * (np.abs(value[one]) + 1.0)
            rises = (slope[several] > 1e-12 * size[several]) & (best_tau[several] == 0.0)
            better = (tau > 1e-6) & np.where(rises, gain > -rounding, gain > rounding)
            at = several[better]
            best[at], best_beta[at], best_tau[at] = value[one][better], theta[one, :p][better], tau[better]
            both = covariance(hessian[one][better])
            cov[at], se_tau[at] = both[:, :p, :p], np.sqrt(both[:, p, p])
    lost |= _runs_away(cov)
    fitted = {"beta": best_beta, "cov": cov, "tau2": best_tau**2, "se_tau": se_tau, "loglik": best}
    return fitted | {"loglik_common": common}, lost


def _runs_away(cov: Floats) -> NDArray[np.bool_]:
    largest = np.diagonal(cov, axis1=-2, axis2=-1).max(axis=-1)
    return np.asarray(~(largest < _LOST))


def profile_coefficient(
    events: ArrayLike, total: ArrayLike, design: ArrayLike, which: int, *, level: float = 0.95
) -> tuple[float, float]:
    """Profile-likelihood interval for one coefficient.

    Parameters
    ----------
    events, total, design
        As for :func:`fit_regression`.
    which : int
        Column of the design.
    level : float

    Returns
    -------
    low, high : float
        ``nan`` where the model has no fit, infinite where the likelihood never falls far enough.

    Examples
    --------
    >>> ones = np.ones((5, 1))
    >>> low, high = profile_coefficient([7, 3, 1, 0, 5], [43, 38, 26, 17, 30], ones, 0)
    >>> round(low, 4), round(high, 4)
    (-3.4188, -1.6177)
    """
    x, n, full = (np.asarray(v, dtype=float) for v in (events, total, design))
    fit = fit_regression(x, n, full)
    if int(fit.state) != OK:
        return float("nan"), float("nan")
    z_value = float(normal_upper((1.0 - level) / 2.0))
    p = full.shape[1]
    z, triangle = basis(full, which)
    order = [j for j in range(p) if j != which] + [which]
    top_theta = np.append(triangle @ fit.beta[order], float(np.sqrt(fit.tau2)))
    rows = Cells(x, n, np.ones((2, x.size)))
    top = np.full(2, float(fit.loglik)) - rows.constant()
    scale, centre = triangle[-1, -1], np.full(2, top_theta[p - 1])
    free = np.array([True] * (p - 1) + [False, True])
    warm = np.tile(top_theta, (2, 1))

    def profile(active: NDArray[np.intp], t: Floats) -> tuple[Floats, Floats]:
        tau = np.maximum(np.abs(warm[active, p]), 0.1)
        start = np.concatenate([warm[active], warm[active]])
        start[:, p - 1], start[:, p] = np.tile(t, 2), np.concatenate([tau, 2.0 * tau + 0.5])
        part = _Design(rows.take(np.tile(active, 2)), z)
        theta, value, gradient, _ = climb(
            part.target(), start, np.array([4.0] * p + [1.5]), free=free, decrement=1e-9, what="The profile"
        )
        best = np.where(value[: t.size] >= value[t.size :], 0, 1) * t.size + np.arange(t.size)
        warm[active] = theta[best]
        return value[best], gradient[best, p - 1]

    side = np.array([-1.0, 1.0])
    step = z_value * float(fit.se[which]) * abs(scale)
    found = search_limit(profile, top, centre, centre + side * step, centre + side * 1e3 * step, z_value)
    limits = np.sort(np.where(np.isnan(found), side * np.inf, found) / scale)
    return float(limits[0]), float(limits[1])
