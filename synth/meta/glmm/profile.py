"""Likelihood intervals of the binomial-normal model, and what a fit says about each study.

A profile-likelihood limit is where the likelihood, maximised over the other parameter, has fallen by half the
chi-square quantile with one degree of freedom (Hardy & Thompson 1996, Statistics in Medicine 15:619).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from ...errors import NoAnswer
from ..numeric.distributions import normal_upper
from ..numeric.quadrature import Floats, integrate, log1pexp
from .fit import OK, Cells, GlmmFit, maximise, merge

# A limit further out than this is none: proportions of 1e-26, or studies that share nothing.
_MU_MAX = 60.0
_TAU_MAX = 80.0
_MAX_STEPS = 60
# A limit is taken as found when the signed root of the likelihood ratio is this near to its target: an error in the
# limit of the same number of standard errors.
_ROOT = 1e-10
# The inner climb: a last step of 1e-4 standard errors leaves 1e-16 in the likelihood, which is all that is used.
_INNER = 1e-8

# Values of tau that are looked over, near enough to each other that a climb by half steps reaches what lies between;
# and the number of cells from which a coarser look has to do: with so many studies the likelihood has one maximum.
_TAUS = np.array([0.01, 0.03, 0.1, 0.25, 0.6, 1.2, 2.5, 6.0])
_COARSE = 400
_TAUS_FAR = np.array([0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])

# Profile at some rows: (rows, trial values) -> (log-likelihood at its maximum over the other parameter, slope).
Profile = Callable[[NDArray[np.intp], Floats], tuple[Floats, Floats]]


def search_limit(
    profile: Profile,
    top: Floats,
    centre: Floats,
    guess: Floats,
    limit: Floats,
    z: float,
    known: Floats | None = None,
) -> Floats:
    """Where the profile has fallen by ``z**2 / 2``, walking from ``centre`` through ``guess`` towards ``limit``.

    Newton on the signed root ``sqrt(2 (top - l))``, which is nearly straight, inside a bracket. ``nan`` where the
    profile has not fallen that far at ``limit``. ``known`` are values nearer than the limits, if any are.

    Raises
    ------
    NoAnswer
        Where the bracket closes on a jump of the profile instead of on its target: the profile is continuous, so its
        inner maximum was missed, and a limit from it would be wrong.
    """
    found = np.full(centre.shape, np.nan)
    inner, outer = (centre if known is None else known).copy(), np.full(centre.shape, np.nan)
    trial = guess.copy()
    direction = np.sign(limit - centre)
    active = np.arange(centre.size)
    for _ in range(_MAX_STEPS):
        t = trial[active]
        loglik, slope = profile(active, t)
        fallen = np.sqrt(np.maximum(2.0 * (top[active] - loglik), 0.0))
        short = fallen < z
        inner[active] = np.where(short, t, inner[active])
        outer[active] = np.where(short, outer[active], t)
        noise = 1e-13 * (np.abs(loglik) + 1.0) / z
        done = np.abs(fallen - z) < np.maximum(_ROOT, noise)
        a, b = inner[active], outer[active]
        closed = np.isfinite(b)
        shut = closed & ~done & (np.abs(b - a) < 1e-13 * (1.0 + np.abs(a)))
        # Rounding in the likelihood, of the order of 1e-13 of its size, is all that may separate the two ends.
        if (shut & (np.abs(fallen - z) > 1e-4 + 100.0 * noise)).any():
            raise NoAnswer(
                "A profile-likelihood limit was not found: the likelihood jumps where it should cross its target, "
                "after a search over tau. Use --ci t or --ci wald, or --model inverse."
            )
        done |= shut
        with np.errstate(divide="ignore", invalid="ignore"):
            new = t + (z - fallen) * fallen / -slope
        far = np.abs(t - centre[active])
        beyond = t + direction[active] * far
        with np.errstate(invalid="ignore"):
            open_ok = np.isfinite(new) & ((new - t) * direction[active] > 0.0) & (np.abs(new - t) <= far)
            closed_ok = np.isfinite(new) & ((new - a) * (new - b) < 0.0)
        new = np.where(closed, np.where(closed_ok, new, 0.5 * (a + b)), np.where(open_ok, new, beyond))
        past = (new - limit[active]) * direction[active] > 0.0
        new = np.where(past & ~closed, limit[active], new)
        found[active[done]] = t[done]
        lost = ~done & short & (t == limit[active])
        trial[active] = new
        active = active[~(done | lost)]
        if active.size == 0:
            break
    # Whatever has not met the tolerance in sixty halvings or Newton steps is bracketed to rounding: its inner end.
    found[active] = inner[active]
    return found


def profile_mu(
    events: ArrayLike, total: ArrayLike, fit: GlmmFit, level: float = 0.95, include: ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """Profile-likelihood interval for the mean logit of each fitted row.

    Parameters
    ----------
    events, total, include
        As given to :func:`synth.meta.glmm.fit.fit`.
    fit : GlmmFit
        Its result.
    level : float
        Confidence level.

    Returns
    -------
    low, high : array of float, of the leading shape
        ``nan`` where the row was not fitted, cannot show tau at all (one study, or
        one patient in each), or where the
        likelihood never falls far enough (the data set no limit).

    Examples
    --------
    >>> from synth.meta.glmm.fit import fit
    >>> f = fit([7, 3, 1, 0, 5], [43, 38, 26, 17, 30])
    >>> low, high = profile_mu([7, 3, 1, 0, 5], [43, 38, 26, 17, 30], f)
    >>> round(float(low), 4), round(float(high), 4)
    (-3.4188, -1.6177)
    """
    rows, good = _rows(events, total, include, fit)
    low, high = np.full(fit.state.size, np.nan), np.full(fit.state.size, np.nan)
    good = good[_shows_tau(rows)[good]]
    if good.size:
        z = float(normal_upper((1.0 - level) / 2.0))
        mu, se, tau, top = (_flat(v)[good] for v in (fit.mu, fit.se, np.sqrt(fit.tau2), fit.loglik))
        n = good.size
        both = np.concatenate([good, good])
        part = rows.take(both)
        top = np.tile(top - rows.take(good).constant(), 2)
        sum_x, sum_n = part.sums(part.x), part.sums(part.n)
        centre, side = np.tile(mu, 2), np.repeat([-1.0, 1.0], n)
        inner, guess, warm = _look_around(part, centre, side, np.tile(se, 2), np.tile(tau, 2), top, z)
        # Where the two ends of a bracket have their maxima at unlike tau, both branches are followed.
        forked = np.maximum(warm[0], warm[1]) > 2.0 * np.minimum(warm[0], warm[1])

        def profile(active: NDArray[np.intp], t: Floats) -> tuple[Floats, Floats]:
            # tau = 0 itself needs no quadrature, and a climb from above need not reach it.
            loglik = sum_x[active] * t - sum_n[active] * log1pexp(t)
            slope = sum_x[active] - sum_n[active] * expit(t)
            for branch in (0, 1):
                which = np.arange(active.size) if branch == 0 else np.flatnonzero(forked[active])
                if which.size == 0:
                    continue
                at = active[which]
                start = np.maximum(warm[branch][at], 1e-3)
                _, warm[branch][at], value = maximise(
                    part.take(at), t[which], start, free_mu=False, decrement=_INNER, stay=True
                )
                higher = value.loglik > loglik[which]
                loglik[which[higher]], slope[which[higher]] = value.loglik[higher], value.g_mu[higher]
            return loglik, slope

        found = search_limit(profile, top, centre, guess, centre + side * _MU_MAX, z, inner)
        low[good], high[good] = found[:n], found[n:]
    return low.reshape(fit.state.shape), high.reshape(fit.state.shape)


def profile_tau2(
    events: ArrayLike, total: ArrayLike, fit: GlmmFit, level: float = 0.95, include: ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """Profile-likelihood interval for the variance between studies of each fitted row.

    Parameters
    ----------
    events, total, fit, level, include
        As for :func:`profile_mu`.

    Returns
    -------
    low, high : array of float, of the leading shape
        ``low`` is 0 where ``tau2 = 0`` lies inside. ``high`` is ``nan`` where the data set no upper limit.

    Examples
    --------
    >>> from synth.meta.glmm.fit import fit
    >>> f = fit([7, 3, 1, 0, 5], [43, 38, 26, 17, 30])
    >>> low, high = profile_tau2([7, 3, 1, 0, 5], [43, 38, 26, 17, 30], f)
    >>> float(low), round(float(high), 4)
    (0.0, 3.1251)
    """
    rows, good = _rows(events, total, include, fit)
    low, high = np.full(fit.state.size, np.nan), np.full(fit.state.size, np.nan)
    good = good[_shows_tau(rows)[good]]
    if good.size:
        z = float(normal_upper((1.0 - level) / 2.0))
        mu, tau, se_tau = (_flat(v)[good] for v in (fit.mu, np.sqrt(fit.tau2), fit.se_tau))
        constant = rows.take(good).constant()
        top, common = (_flat(v)[good] - constant for v in (fit.loglik, fit.loglik_common))
        warm = np.tile(mu, 2)
        part = rows.take(np.concatenate([good, good]))

        def profile(active: NDArray[np.intp], t: Floats) -> tuple[Floats, Floats]:
            mu_t, _, value = maximise(part.take(active), warm[active], t, free_tau=False, decrement=_INNER)
            warm[active] = mu_t
            return value.loglik, value.g_tau

        n = good.size
        above = np.isfinite(_flat(se_tau)) & (top - common > 0.5 * z * z)
        spread = np.where(np.isfinite(se_tau), se_tau, 0.5 + tau)
        within = _last_tau(rows.take(good), mu, tau, top, z)
        guess = np.where(within > tau, 1.5 * within, tau + z * spread)
        high[good] = search_limit(profile, top, tau, guess, np.full(n, _TAU_MAX), z, within) ** 2

        def lower(active: NDArray[np.intp], t: Floats) -> tuple[Floats, Floats]:
            return profile(inside[active], t)

        inside = np.flatnonzero(above)
        low[good] = 0.0
        if inside.size:
            warm[inside] = mu[inside]
            t0 = tau[inside]
            guess = np.maximum(t0 - z * spread[inside], 0.3 * t0)
            low[good[inside]] = search_limit(lower, top[inside], t0, guess, np.zeros(inside.size), z) ** 2
    return low.reshape(fit.state.shape), high.reshape(fit.state.shape)


def _look_around(
    rows: Cells, centre: Floats, side: Floats, se: Floats, tau: Floats, top: Floats, z: float
) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
    """Where to begin the search for each limit, from a coarse look at the whole likelihood on its side.

    Two studies of unlike size can have one maximum at ``tau = 0`` and another far from it; which of them is higher
    changes along the profile, and the profile can rise again. The limit is the outermost value that is not rejected.

    Returns
    -------
    inner : array of float, shape (r,)
        The outermost value looked at that is not rejected: a coarse look can only take the likelihood for too low.
    guess : array of float, shape (r,)
        Where to begin.
    tau : pair of array of float, shape (r,)
        The best tau of the range at the next value, and at the inner one.
    """
    logit = np.log((rows.x + 0.5) / (rows.n - rows.x + 0.5))
    # How far the studies themselves reach on that side: a second maximum lies between them.
    reach = np.zeros(rows.n_rows)
    np.maximum.at(reach, rows.row, (logit - centre[rows.row]) * side[rows.row])
    coarse = rows.x.size > _COARSE
    near, far = ((1.0, 1.3), (0.5, 1.0)) if coarse else ((0.5, 0.8, 1.0, 1.3, 1.8), (0.25, 0.5, 0.75, 1.0, 1.3))
    away = np.sort(np.concatenate([np.multiply.outer(z * se, near), np.multiply.outer(reach, far)], axis=1), axis=1)
    away = np.minimum(away, _MU_MAX)
    mu = centre[:, None] + side[:, None] * away
    taus = np.multiply.outer(np.maximum(tau, 0.05), [0.3, 1.0, 2.0]) if coarse else np.tile(_TAUS, (rows.n_rows, 1))
    g, j = mu.shape[1], taus.shape[1]
    many = rows.take(np.repeat(np.arange(rows.n_rows), g * j))
    at_mu, at_tau = np.repeat(mu.ravel(), j), np.repeat(taus[:, None, :], g, axis=1).ravel()
    at = integrate(many.x, many.n, at_mu[many.row], at_tau[many.row], derivatives=False)
    loglik = many.sums(at.loglik).reshape(rows.n_rows, g, j)
    best = loglik.argmax(axis=2)
    common = rows.sums(rows.x)[:, None] * mu - rows.sums(rows.n)[:, None] * log1pexp(mu)
    fallen = np.sqrt(np.maximum(2.0 * (top[:, None] - np.maximum(loglik.max(axis=2), common)), 0.0))
    within = fallen < z
    last = np.where(within.any(axis=1), g - 1 - within[:, ::-1].argmax(axis=1), -1)
    row = np.arange(rows.n_rows)
    inner = np.where(last >= 0, mu[row, last], centre)
    after = np.minimum(last + 1, g - 1)
    a, b = np.where(last >= 0, fallen[row, last], 0.0), fallen[row, after]
    share = np.clip((z - a) / np.maximum(b - a, 1e-300), 0.05, 0.95)
    guess = np.where(last + 1 < g, inner + share * (mu[row, after] - inner), 2.0 * inner - centre)
    return inner, guess, (taus[row, best[row, after]], taus[row, best[row, np.maximum(last, 0)]])


def _last_tau(rows: Cells, mu: Floats, tau: Floats, top: Floats, z: float) -> Floats:
    """The largest tau looked at that is not rejected: the likelihood may fall and rise again (see ``_look_around``)."""
    if rows.x.size > _COARSE:
        return tau
    far = _TAUS_FAR.size
    many = rows.take(np.repeat(np.arange(rows.n_rows), far))
    tried = np.tile(_TAUS_FAR, rows.n_rows)
    _, _, value = maximise(many, np.repeat(mu, far), tried, free_tau=False, decrement=_INNER)
    fallen = np.sqrt(np.maximum(2.0 * (np.repeat(top, far) - value.loglik), 0.0)).reshape(rows.n_rows, far)
    kept = np.where((fallen < z) & (tau[:, None] < _TAUS_FAR), _TAUS_FAR, tau[:, None])
    return np.asarray(kept.max(axis=1))


def study_terms(events: ArrayLike, total: ArrayLike, mu: float, tau2: float) -> tuple[Floats, Floats, Floats]:
    """Weight, and mean and standard deviation of the own logit, of each study under one fit.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
    mu, tau2 : float
        Estimates.

    Returns
    -------
    weight : array of float, shape (k,)
        Share of each study in the observed information on ``mu``, ``-d2 log L_i / d mu2``; adds to 1. In the
        normal-normal model the same definition gives ``1 / (v_i + tau2)``; at ``tau2 = 0`` here it gives the totals.
        Never negative, because each study's likelihood is log-concave in ``mu``.
    mean, sd : array of float, shape (k,)
        Empirical-Bayes mean of the study's logit (its shrunken estimate) and its standard deviation, the estimates of
        ``mu`` and ``tau2`` taken as known.

    Examples
    --------
    >>> weight, mean, sd = study_terms([1, 10], [20, 40], -1.5, 0.4)
    >>> weight.round(3).tolist(), mean.round(3).tolist()
    ([0.378, 0.622], [-2.066, -1.222])
    """
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    tau = float(np.sqrt(tau2))
    if tau == 0.0:
        return n / n.sum(), np.full(x.shape, mu), np.zeros(x.shape)
    f = integrate(x, n, np.full(x.shape, mu), np.full(x.shape, tau), moments=True)
    information = np.maximum(-f.d_mu2, 0.0)
    return information / information.sum(), f.mean, np.sqrt(f.variance)


def population_average(mu: float, tau2: float) -> float:
    """Mean proportion over the studies' distribution, ``E[expit(mu + tau u)]``.

    The back-transformed ``mu`` is the *median* study's proportion; this is the mean one, which answers "of all patients
    in all such hospitals".

    Examples
    --------
    >>> round(population_average(-2.0, 0.5), 6)
    0.138347
    """
    # One event in one patient has exactly this probability: it is an integral the module already has.
    one = np.ones(1)
    return float(np.exp(integrate(one, one, mu * one, np.sqrt(tau2) * one).loglik[0]))


def _flat(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=float).reshape(-1)


def _shows_tau(rows: Cells) -> NDArray[np.bool_]:
    """Cells whose likelihood depends on tau: not one study alone, nor studies of one patient each."""
    return (rows.sums((rows.n > 1).astype(float)) > 0) & (rows.sums(np.ones_like(rows.x)) > 1)


def _rows(
    events: ArrayLike, total: ArrayLike, include: ArrayLike | None, fit: GlmmFit
) -> tuple[Cells, NDArray[np.intp]]:
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    m = np.ones((1, x.size)) if include is None else np.asarray(include, dtype=float)
    return Cells(*merge(x, n, m.reshape(-1, x.size))), np.flatnonzero(fit.state.reshape(-1) == OK)
