r"""The beta-binomial model by maximum likelihood: every row of a mask is one fit.

A study's own proportion is drawn from a beta distribution with mean ``p`` and intraclass correlation ``rho``,

.. math:: a = p (1 - \rho) / \rho, \qquad b = (1 - p)(1 - \rho) / \rho, \qquad \operatorname{var} = p (1 - p) \rho,

and events are binomial given it (Skellam 1948, Journal of the Royal Statistical Society B 10:257; Griffiths 1973,
Biometrics 29:637). The pooled ``p`` is the mean proportion over studies, not the median one of the binomial-normal
model. With ``theta = rho / (1 - rho)`` the likelihood is a product of rising factors ``p + j theta``, which is regular
at ``rho = 0``, the binomial.

Unlike the binomial-normal model, studies that all have no events or only events have an answer: ``rho = 1``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, xlogy

from ..glmm.fit import ALL_EVENTS, ALL_ZERO, EMPTY, OK, Cells, merge
from ..numeric.climb import Target, climb, covariance
from ..numeric.quadrature import Floats
from ..numeric.rising import rising

# Steps in (logit p, log theta).
_MOST = np.array([3.0, 3.0])
# Log theta beyond which a climb is running to rho = 1.
_FAR = 25.0
# Log of the largest total times theta under which the likelihood is a straight line in theta.
_NEAR = -9.0
_STARTS = (0.01, 0.3)


@dataclass(frozen=True)
class BetaBinomialFit:
    """Maximum-likelihood fits of the beta-binomial model, one for each leading row.

    Attributes
    ----------
    state : array of int, shape (...)
        0 where fitted; otherwise a key of :data:`synth.meta.glmm.fit.REASONS` (no study, no events, only events).
    k : array of float, shape (...)
        Number of studies (sum of multiplicities).
    mu, se : array of float, shape (...)
        Logit of the mean proportion and its standard error from the observed information in (mu, log theta); on a
        boundary of ``rho``, the information on ``mu`` alone.
    proportion : array of float, shape (...)
        Mean proportion: 0 without events and 1 with events only.
    rho, se_rho : array of float, shape (...)
        Intraclass correlation, in [0, 1], and its standard error (``nan`` on a boundary).
    loglik, loglik_common : array of float, shape (...)
        Log-likelihood at the maximum and of one proportion for all (``rho = 0``), binomial coefficients included.
    """

    state: NDArray[np.int8]
    k: Floats
    mu: Floats
    se: Floats
    proportion: Floats
    rho: Floats
    se_rho: Floats
    loglik: Floats
    loglik_common: Floats


def log_likelihood(rows: Cells, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Log-likelihood of each row at (logit p, log theta), with its gradient and Hessian.

    Parameters
    ----------
    rows : Cells
    theta : array of float, shape (r, 2)
        Logit of the mean proportion, and log of ``rho / (1 - rho)``.

    Returns
    -------
    value, gradient, hessian : arrays of shape (r,), (r, 2), (r, 2, 2)
        Binomial coefficients left out.

    Examples
    --------
    >>> rows = Cells(np.array([1.0]), np.array([2.0]), np.ones((1, 1)))
    >>> round(float(np.exp(log_likelihood(rows, np.array([[0.0, 0.0]]))[0][0])), 6)  # B(1.5, 1.5) / B(0.5, 0.5)
    0.125
    """
    p_row, q_row, t_row = expit(theta[:, 0]), expit(-theta[:, 0]), np.exp(theta[:, 1])
    p, q, t = p_row[rows.row], q_row[rows.row], t_row[rows.row]
    x, y = rows.x, rows.n - rows.x
    m = x.size
    # One call for all three products: the overhead of numpy is what counts where there are few studies.
    z = np.concatenate([t / p, t / q, t])
    total, first, second = rising(z, np.concatenate([x, y, rows.n]))
    a, b, c = slice(0, m), slice(m, 2 * m), slice(2 * m, 3 * m)
    value = x * np.log(p) + total[a] + y * np.log(q) + total[b] - total[c]
    # Derivatives of the sum of log(p + j theta) by p and theta.
    by_p = (x - z[a] * first[a]) / p - (y - z[b] * first[b]) / q
    by_t = first[a] / p + first[b] / q - first[c]
    by_pp = -(x - 2.0 * z[a] * first[a] + z[a] ** 2 * second[a]) / p**2
    by_pp -= (y - 2.0 * z[b] * first[b] + z[b] ** 2 * second[b]) / q**2
    by_pt = -(first[a] - z[a] * second[a]) / p**2 + (first[b] - z[b] * second[b]) / q**2
    by_tt = -second[a] / p**2 - second[b] / q**2 + second[c]
    pq = p * q
    d_mu, d_t = rows.sums(by_p * pq), rows.sums(by_t * t)
    gradient = np.stack([d_mu, d_t], axis=1)
    hessian = np.empty((rows.n_rows, 2, 2))
    hessian[:, 0, 0] = rows.sums(by_pp * pq**2 + by_p * pq * (q - p))
    hessian[:, 0, 1] = hessian[:, 1, 0] = rows.sums(by_pt * pq * t)
    hessian[:, 1, 1] = rows.sums(by_tt * t**2 + by_t * t)
    return rows.sums(value), gradient, hessian


def target(rows: Cells) -> Target:
    """The log-likelihood in the form that :func:`synth.meta.numeric.climb.climb` takes."""

    def at(theta: Floats, which: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
        part = rows if which.size == rows.n_rows else rows.take(which)
        return log_likelihood(part, theta)

    return at


def fit_beta_binomial(events: ArrayLike, total: ArrayLike, include: ArrayLike | None = None) -> BetaBinomialFit:
    """Fit the beta-binomial model to every row of a mask.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
        Whole numbers with ``0 <= events <= total`` and ``total >= 1``.
    include : array_like, shape (..., k), optional
        Booleans or whole multiplicities. Default: all studies once.

    Returns
    -------
    BetaBinomialFit

    Raises
    ------
    NoAnswer
        If a row was not brought to its maximum.

    Examples
    --------
    >>> f = fit_beta_binomial([7, 3, 1, 0, 5], [43, 38, 26, 17, 30])
    >>> round(float(f.proportion), 4), round(float(f.rho), 4), round(float(f.loglik), 4)
    (0.1012, 0.0091, -9.8615)
    """
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    m = np.ones((1, x.size)) if include is None else np.asarray(include, dtype=float)
    lead = () if include is None else m.shape[:-1]
    rows = Cells(*merge(x, n, m.reshape(-1, x.size)))
    sum_x, sum_n = rows.sums(rows.x), rows.sums(rows.n)
    state = np.zeros(rows.n_rows, dtype=np.int8)
    state[sum_x == sum_n] = ALL_EVENTS
    state[sum_x == 0] = ALL_ZERO
    state[rows.counts == 0] = EMPTY
    nan = np.full(rows.n_rows, np.nan)
    out = {name: nan.copy() for name in ("mu", "se", "proportion", "rho", "se_rho", "loglik", "loglik_common")}
    for code, certain in ((ALL_ZERO, 0.0), (ALL_EVENTS, 1.0)):
        out["proportion"][state == code] = certain
        out["loglik"][state == code] = out["loglik_common"][state == code] = 0.0
    good = np.flatnonzero(state == OK)
    if good.size:
        fitted = _fit_good(rows.take(good))
        constant = rows.constant()[good]
        for name in ("mu", "se", "rho", "se_rho"):
            out[name][good] = fitted[name]
        out["proportion"][good] = expit(fitted["mu"])
        for name in ("loglik", "loglik_common"):
            out[name][good] = fitted[name] + constant
    shaped = {name: value.reshape(lead) for name, value in out.items()}
    return BetaBinomialFit(state=state.reshape(lead), k=rows.sums(np.ones_like(rows.x)).reshape(lead), **shaped)


def shows_rho(rows: Cells) -> NDArray[np.bool_]:
    """Rows whose likelihood depends on rho: not one study alone, nor studies of one patient each."""
    return (rows.sums((rows.n > 1).astype(float)) > 0) & (rows.sums(np.ones_like(rows.x)) > 1)


def largest_total(rows: Cells) -> Floats:
    """Largest total of each row."""
    return np.asarray(np.maximum.reduceat(rows.n, rows.offsets[:-1]), dtype=float)


def edges(rows: Cells) -> tuple[Floats, Floats, Floats, Floats]:
    """Maxima on both boundaries of rho: (mu, value) at 0 and at 1, ``-inf`` where a study has both kinds of patients.

    At ``rho = 1`` a study is wholly with or wholly without events, so it counts as one patient.
    """
    sum_x, sum_n = rows.sums(rows.x), rows.sums(rows.n)
    with np.errstate(divide="ignore"):
        mu0 = np.log(sum_x) - np.log(sum_n - sum_x)
    value0 = xlogy(sum_x, sum_x / sum_n) + xlogy(sum_n - sum_x, 1.0 - sum_x / sum_n)
    full, none = rows.sums((rows.x == rows.n).astype(float)), rows.sums((rows.x == 0).astype(float))
    k = rows.sums(np.ones_like(rows.x))
    with np.errstate(divide="ignore", invalid="ignore"):
        mu1 = np.log(full) - np.log(none)
    pure = full + none == k
    value1 = np.where(pure, xlogy(full, full / k) + xlogy(none, none / k), -np.inf)
    return mu0, value0, mu1, value1


def _fit_good(rows: Cells) -> dict[str, Floats]:
    """Fit rows that have events and non-events."""
    mu0, common, mu1, extreme = edges(rows)
    p0 = expit(mu0)
    k = rows.sums(np.ones_like(rows.x))
    best_mu, best_rho, best = mu0.copy(), np.zeros_like(mu0), common.copy()
    se = 1.0 / np.sqrt(rows.sums(rows.n) * p0 * (1.0 - p0))
    se_rho = np.full_like(mu0, np.nan)
    can = shows_rho(rows)
    separated = can & (extreme > best)
    best_mu[separated], best_rho[separated], best[separated] = mu1[separated], 1.0, extreme[separated]
    p1 = expit(mu1[separated])
    se[separated] = 1.0 / np.sqrt(k[separated] * p1 * (1.0 - p1))
    candidates = np.flatnonzero(can)
    if candidates.size:
        part = rows.take(candidates)
        # The slope in theta at 0: observed against binomial variation.
        p, q, y = p0[rows.row], 1.0 - p0[rows.row], rows.n - rows.x
        slope = rows.sums(rows.x * (rows.x - 1.0) / p + y * (y - 1.0) / q - rows.n * (rows.n - 1.0))[candidates]
        size = rows.sums(rows.n * (rows.n - 1.0))[candidates]
        starts = np.concatenate([np.stack([mu0[candidates], np.full(candidates.size, np.log(s))], 1) for s in _STARTS])
        part = part.take(np.tile(np.arange(part.n_rows), len(_STARTS)))
        falls, largest = np.tile(slope <= 0.0, len(_STARTS)), largest_total(part)

        def stop(theta: Floats, gradient: Floats, which: NDArray[np.intp]) -> NDArray[np.bool_]:
            # Nearly a straight line in rho from here to 0, and falling: the maximum is at 0. Or on the way to 1.
            home = falls[which] & (theta[:, 1] + np.log(largest[which]) < _NEAR) & (gradient[:, 1] <= 0.0)
            return np.asarray(home | (theta[:, 1] > _FAR))

        climbed = climb(target(part), starts, _MOST, stop=stop, what="The beta-binomial model")
        for which in range(len(_STARTS)):
            one = slice(which * candidates.size, (which + 1) * candidates.size)
            theta, value, hessian = climbed[0][one], climbed[1][one], climbed[3][one]
            gain = value - best[candidates]
            rounding = 1e-11 * (np.abs(value) + 1.0)
            rises = (slope > 1e-12 * size) & (best_rho[candidates] == 0.0)
            better = (theta[:, 1] < _FAR) & (theta[:, 1] > -_FAR) & np.where(rises, gain > -rounding, gain > rounding)
            at = candidates[better]
            best[at], best_mu[at], best_rho[at] = value[better], theta[better, 0], expit(theta[better, 1])
            spread = covariance(hessian[better])
            se[at] = np.sqrt(spread[:, 0, 0])
            se_rho[at] = np.sqrt(spread[:, 1, 1]) * best_rho[at] * (1.0 - best_rho[at])
    return {"mu": best_mu, "se": se, "rho": best_rho, "se_rho": se_rho, "loglik": best, "loglik_common": common}
