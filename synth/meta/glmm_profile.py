"""Likelihood intervals of the binomial-normal model, and what a fit says about each study.

A profile-likelihood limit is where the likelihood, maximised over the other parameter, has fallen by half the
chi-square quantile with one degree of freedom (Hardy & Thompson 1996, Statistics in Medicine 15:619).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .distributions import normal_upper
from .glmm import OK, Cells, GlmmFit, maximise, merge
from .quadrature import Floats, integrate

# A limit further out than this is none: proportions of 1e-26, or studies that share nothing.
_MU_MAX = 60.0
_TAU_MAX = 80.0
_MAX_STEPS = 60
# A limit is taken as found when the signed root of the likelihood ratio is this near to its target: an error in the
# limit of the same number of standard errors.
_ROOT = 1e-10
# The inner climb: a last step of 1e-4 standard errors leaves 1e-16 in the likelihood, which is all that is used.
_INNER = 1e-8

# Profile at some rows: (rows, trial values) -> (log-likelihood at its maximum over the other parameter, slope).
Profile = Callable[[NDArray[np.intp], Floats], tuple[Floats, Floats]]


def search_limit(profile: Profile, top: Floats, centre: Floats, guess: Floats, limit: Floats, z: float) -> Floats:
    """Where the profile has fallen by ``z**2 / 2``, walking from ``centre`` through ``guess`` towards ``limit``.

    Newton on the signed root ``sqrt(2 (top - l))``, which is nearly straight, inside a bracket. ``nan`` where the
    profile has not fallen that far at ``limit``.
    """
    found = np.full(centre.shape, np.nan)
    inner, outer = centre.copy(), np.full(centre.shape, np.nan)
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
        done |= closed & (np.abs(b - a) < 1e-13 * (1.0 + np.abs(a)))
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
        As given to :func:`synth.meta.glmm.fit`.
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
    >>> from synth.meta.glmm import fit
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
        warm = np.tile(tau, 2)
        trials = 0

        def profile(active: NDArray[np.intp], t: Floats) -> tuple[Floats, Floats]:
            # Never from 0, where the slope in tau is 0 whether that is a maximum or not.
            start = np.maximum(warm[active], 0.1)
            nonlocal trials
            trials += 1
            if trials > 2:
                _, warm[active], value = maximise(part.take(active), t, start, free_mu=False, decrement=_INNER)
                return value.loglik, value.g_mu
            # Twice at first, from the fit's tau and from well above: the maximum may have jumped. The second trial is
            # near the limit already, so that later ones stay on its branch.
            twice = part.take(np.concatenate([active, active]))
            both_tau = np.concatenate([start, 2.0 * start + 0.5])
            _, tau_t, value = maximise(twice, np.tile(t, 2), both_tau, free_mu=False, decrement=_INNER)
            best = np.where(value.loglik[: t.size] >= value.loglik[t.size :], 0, 1) * t.size + np.arange(t.size)
            warm[active] = tau_t[best]
            return value.loglik[best], value.g_mu[best]

        centre = np.tile(mu, 2)
        side = np.repeat([-1.0, 1.0], n)
        guess = centre + side * z * np.tile(se, 2)
        found = search_limit(profile, top, centre, guess, centre + side * _MU_MAX, z)
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
    >>> from synth.meta.glmm import fit
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
        high[good] = search_limit(profile, top, tau, tau + z * spread, np.full(n, _TAU_MAX), z) ** 2

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
