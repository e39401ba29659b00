"""The binomial model without variance between studies, in closed form, and what is measured against it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logit, xlogy

from ..numeric.quadrature import Floats, log_binomial
from .fit import ALL_EVENTS, ALL_ZERO, EMPTY, OK, GlmmFit


def common_fit(events: ArrayLike, total: ArrayLike, include: ArrayLike) -> GlmmFit:
    """One proportion for all studies of each row of a mask.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
    include : array_like, shape (..., k)
        Booleans or whole multiplicities.

    Returns
    -------
    GlmmFit
        With ``tau2`` 0 throughout; ``nan`` where nobody or everybody had the event.

    Examples
    --------
    >>> fit = common_fit([1, 3], [10, 10], [[True, True], [True, False]])
    >>> fit.mu.round(4).tolist()
    [-1.3863, -2.1972]
    """
    x, n, m = (np.asarray(a, dtype=float) for a in (events, total, include))
    sum_x, sum_n = m @ x, m @ n
    state = np.where(sum_x == 0, ALL_ZERO, np.where(sum_x == sum_n, ALL_EVENTS, OK)).astype(np.int8)
    state = np.where(sum_n == 0, EMPTY, state).astype(np.int8)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = sum_x / sum_n
        mu, se = logit(p), 1.0 / np.sqrt(sum_n * p * (1.0 - p))
        loglik = m @ log_binomial(x, n) + xlogy(sum_x, p) + xlogy(sum_n - sum_x, 1.0 - p)
    zero = np.zeros_like(sum_n)
    bad = state != OK
    return GlmmFit(
        state=state,
        k=m.sum(axis=-1),
        mu=np.where(bad, np.nan, mu),
        se=np.where(bad, np.nan, se),
        tau2=zero,
        se_tau=zero + np.nan,
        loglik=loglik,
        loglik_common=loglik,
    )


def typical_variance(events: ArrayLike, total: ArrayLike, include: ArrayLike | None = None) -> Floats:
    """The typical sampling variance of the logits, (k - 1) / (sum w - sum w^2 / sum w) (Higgins & Thompson 2002).

    Studies without events or without non-events get 1/2 added to both, as in ``rma.glmm``; nothing else here uses that.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
    include : array_like, shape (..., k), optional

    Returns
    -------
    array of float, shape (...)
        ``nan`` under two studies.

    Examples
    --------
    >>> round(float(typical_variance([7, 3, 1], [43, 38, 26])), 4)
    0.3915
    """
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    m = np.ones(x.size) if include is None else np.asarray(include, dtype=float)
    add = np.where((x == 0) | (x == n), 0.5, 0.0)
    w = 1.0 / (1.0 / (x + add) + 1.0 / (n - x + add))
    k, once, square = m.sum(axis=-1), m @ w, m @ (w * w)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(k > 1, (k - 1.0) / (once - square / once), np.nan))


def likelihood_ratio_q(events: ArrayLike, total: ArrayLike, include: ArrayLike | None = None) -> Floats:
    """Likelihood-ratio statistic of one common proportion against one for each study, on k - 1 degrees of freedom.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
    include : array_like, shape (..., k), optional

    Returns
    -------
    array of float, shape (...)

    Examples
    --------
    >>> round(float(likelihood_ratio_q([7, 3, 1], [43, 38, 26])), 3)
    3.202
    """
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    m = np.ones(x.size) if include is None else np.asarray(include, dtype=float)
    sum_x, sum_n = m @ x, m @ n
    with np.errstate(divide="ignore", invalid="ignore"):
        p = (sum_x / sum_n)[..., None]
        own = xlogy(x, x / n) + xlogy(n - x, (n - x) / n)
        # study by study, so that what is alike cancels before it is added up
        apart = np.where(m > 0, own - xlogy(x, p) - xlogy(n - x, 1.0 - p), 0.0)
    return np.asarray(np.maximum(2.0 * (m * apart).sum(axis=-1), 0.0))
