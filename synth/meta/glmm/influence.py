"""What each study does to the binomial-normal model: the same fit under other masks.

Leave-one-out is one mask, cumulative analysis another, all subsets and resampling others still; every row of a mask
that is near the full set climbs from the full fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..numeric.quadrature import Floats, integrate
from .common import common_fit
from .fit import OK, Cells, GlmmFit, fit
from .profile import study_terms

# Sums for all subsets up to here; above it, a sample of them.
ALL_SUBSETS_MOST = 15
# Rows in one call of the fit, so that memory stays bounded.
_CELLS = 4_000_000


@dataclass(frozen=True)
class GlmmInfluence:
    """Influence of each study on one fit of the binomial-normal model; ``nan`` where the fit without it has no answer.

    Attributes
    ----------
    full : GlmmFit
        The fit of all studies.
    deleted : GlmmFit
        Fits without each study, shape (k,).
    cook : array of float, shape (k,)
        ``(mu - mu_(i))**2 / se**2``: Cook's distance of the mean logit, as for inverse variance.
    displacement : array of float, shape (k,)
        ``2 {l(mu, tau) - l(mu_(i), tau_(i))}`` in the likelihood of all studies (Cook 1986, Journal of the Royal
        Statistical Society B 48:133): how far both parameters move, in chi-square units.
    dffits : array of float, shape (k,)
        ``(mu - mu_(i)) / se_(i)``: by how many of its standard errors the mean logit moves.
    covratio : array of float, shape (k,)
        ``(se_(i) / se)**2``: below 1 where leaving the study out makes the estimate more precise.
    hat : array of float, shape (k,)
        The study's share of the information on ``mu``, the counterpart of a hat value; adds to 1.
    residual : array of float, shape (k,)
        ``(x - E[X]) / sd[X]`` for the events of the study under the fit without it (a deleted Pearson residual).
    """

    full: GlmmFit
    deleted: GlmmFit
    cook: Floats
    displacement: Floats
    dffits: Floats
    covratio: Floats
    hat: Floats
    residual: Floats


def glmm_masks(events: ArrayLike, total: ArrayLike, include: ArrayLike, start: GlmmFit | None = None) -> GlmmFit:
    """Fit every row of a mask in pieces that keep memory bounded.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
    include : array_like, shape (r, k)
        Booleans or whole multiplicities.
    start : GlmmFit, optional
        One fit from which every row climbs, for rows that are near it.

    Returns
    -------
    GlmmFit
        Of shape (r,).

    Examples
    --------
    >>> masks = glmm_masks([7, 3, 1, 0, 5], [43, 38, 26, 17, 30], np.tril(np.ones((5, 5))))
    >>> masks.mu.round(3).tolist()
    [-1.638, -1.96, -2.175, -2.47, -2.208]
    """
    include = np.asarray(include)
    step = max(1, _CELLS // max(include.shape[1], 1))
    parts = [fit(events, total, include[at : at + step], start) for at in range(0, max(len(include), 1), step)]
    return GlmmFit(*(np.concatenate([getattr(p, name) for p in parts]) for name in GlmmFit.__dataclass_fields__))


def glmm_influence(events: ArrayLike, total: ArrayLike, *, effects: str = "random") -> GlmmInfluence:
    """Leave each study out of the binomial-normal model and measure what changes.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
    effects : {"random", "common"}
        With variance between studies, or with none.

    Returns
    -------
    GlmmInfluence

    Examples
    --------
    >>> i = glmm_influence([7, 3, 1, 0, 5], [43, 38, 26, 17, 30])
    >>> i.cook.round(3).tolist()
    [0.632, 0.001, 0.28, 0.269, 0.543]
    """
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    others = ~np.eye(x.size, dtype=bool)
    if effects == "common":
        full, deleted = common_fit(x, n, np.ones(x.size)), common_fit(x, n, others)
    else:
        full = fit(x, n)
        deleted = glmm_masks(x, n, others, full)
    nan = np.full(x.size, np.nan)
    if int(full.state) != OK:
        return GlmmInfluence(full, deleted, nan, nan, nan, nan, nan, nan)
    tau = np.sqrt(deleted.tau2)
    change = float(full.mu) - deleted.mu
    displacement, residual = nan.copy(), nan.copy()
    good = np.flatnonzero(deleted.state == OK)
    step = max(1, _CELLS // x.size)
    for at in range(0, good.size, step):
        rows = good[at : at + step]
        cells = Cells(x, n, np.ones((rows.size, x.size)))
        loglik = cells.sums(cells.at(deleted.mu[rows], tau[rows], derivatives=False).loglik) + cells.constant()
        displacement[rows] = np.maximum(2.0 * (float(full.loglik) - loglik), 0.0)
    mean, variance = event_moments(n[good], deleted.mu[good], tau[good])
    residual[good] = (x[good] - mean) / np.sqrt(variance)
    hat = study_terms(x, n, float(full.mu), float(full.tau2))[0]
    return GlmmInfluence(
        full,
        deleted,
        cook=change**2 / float(full.se) ** 2,
        displacement=displacement,
        dffits=change / deleted.se,
        covratio=(deleted.se / float(full.se)) ** 2,
        hat=hat,
        residual=residual,
    )


def event_moments(n: Floats, mu: Floats, tau: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of the events among ``n`` patients of a new study."""
    one = np.ones_like(n)
    # One event in one patient, and two in two, have the first two moments of the proportion as probabilities.
    first = np.exp(integrate(one, one, mu, tau, derivatives=False).loglik)
    second = np.exp(integrate(2.0 * one, 2.0 * one, mu, tau, derivatives=False).loglik)
    return n * first, n * first * (1.0 - first) + n * (n - 1.0) * (second - first**2)


def glmm_cumulative(events: ArrayLike, total: ArrayLike, order: ArrayLike | None = None) -> GlmmFit:
    """Fits of the first study, the first two, and so on.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
    order : array_like of int, shape (k,), optional
        Positions of the studies in the order in which they enter. Default: as given.

    Returns
    -------
    GlmmFit
        Of shape (k,).

    Examples
    --------
    >>> glmm_cumulative([7, 3, 1], [43, 38, 26], order=[2, 1, 0]).k.tolist()
    [1.0, 2.0, 3.0]
    """
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    at = np.arange(x.size) if order is None else np.asarray(order, dtype=np.intp)
    return glmm_masks(x[at], n[at], np.tril(np.ones((x.size, x.size), dtype=bool)))


def glmm_subsets(events: ArrayLike, total: ArrayLike, *, most: int = 32_768, seed: int = 1) -> tuple[Floats, GlmmFit]:
    """Fits of all subsets of the studies, or of a sample of them (Olkin, Dahabreh & Trikalinos 2012).

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
    most : int
        Largest number of subsets; all of them are taken where there are at most this many and k is at most 15.
    seed : int
        Of the sample.

    Returns
    -------
    include : array of float, shape (r, k)
        Which studies each subset holds; none is empty.
    fits : GlmmFit
        Of shape (r,).

    Examples
    --------
    >>> include, fits = glmm_subsets([7, 3, 1, 0], [43, 38, 26, 17])
    >>> include.shape, int((fits.state == 0).sum())
    ((15, 4), 14)
    """
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    k = x.size
    if k <= ALL_SUBSETS_MOST and 2**k - 1 <= most:
        include = ((np.arange(1, 2**k)[:, None] >> np.arange(k)) & 1).astype(float)
    else:
        rng = np.random.default_rng(seed)
        include = (rng.random((most, k)) < 0.5).astype(float)
        include = include[include.sum(axis=1) > 0.0]
    return include, glmm_masks(x, n, include)


@dataclass(frozen=True)
class GlmmResampled:
    """The mean logit again by resampling studies.

    Attributes
    ----------
    jackknife_se, jackknife_bias : float
        From leaving each study out; ``nan`` where a fit without one has no answer.
    bootstrap_se : float
        Standard deviation over the bootstrap samples that have an answer.
    bootstrap_low, bootstrap_high : float
        Percentile interval of the mean logit. A sample without events counts as minus infinity, one with events only as
        infinity, because that is what it says.
    samples, unanswered : int
        Bootstrap samples drawn, and those whose fit has neither a finite nor an infinite answer.
    """

    jackknife_se: float
    jackknife_bias: float
    bootstrap_se: float
    bootstrap_low: float
    bootstrap_high: float
    samples: int
    unanswered: int


def glmm_resample(
    events: ArrayLike, total: ArrayLike, *, samples: int = 1000, level: float = 0.95, seed: int = 1
) -> GlmmResampled:
    """Jackknife and bootstrap of studies, through multiplicities.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
    samples : int
        Bootstrap samples.
    level : float
    seed : int

    Returns
    -------
    GlmmResampled

    Examples
    --------
    >>> r = glmm_resample([7, 3, 1, 0, 5], [43, 38, 26, 17, 30], samples=200)
    >>> round(r.jackknife_se, 3), r.samples, r.bootstrap_low < -2.2 < r.bootstrap_high
    (0.413, 200, True)
    """
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    k = x.size
    full = fit(x, n)
    without = glmm_masks(x, n, ~np.eye(k, dtype=bool), full).mu
    counts = np.random.default_rng(seed).multinomial(k, np.full(k, 1.0 / k), size=samples)
    drawn = glmm_masks(x, n, counts)
    sum_x, sum_n = counts @ x, counts @ n
    mu = np.where(sum_x == 0.0, -np.inf, np.where(sum_x == sum_n, np.inf, drawn.mu))
    answered = np.sort(mu[~np.isnan(mu)])
    finite = answered[np.isfinite(answered)]
    tail = (1.0 - level) / 2.0
    low, high = (
        np.quantile(answered, [tail, 1.0 - tail], method="inverted_cdf") if answered.size else (np.nan, np.nan)
    )
    return GlmmResampled(
        jackknife_se=float(np.sqrt((k - 1.0) / k * ((without - without.mean()) ** 2).sum())),
        jackknife_bias=float((k - 1.0) * (without.mean() - float(full.mu))),
        bootstrap_se=float(finite.std(ddof=1)) if finite.size > 1 else float("nan"),
        bootstrap_low=float(low),
        bootstrap_high=float(high),
        samples=samples,
        unanswered=int(np.isnan(mu).sum()),
    )
