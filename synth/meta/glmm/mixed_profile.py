"""Profile-likelihood limits of mixed models of one or two arms: for the effect, and for its variance.

A limit is where the likelihood, maximised over everything else, has fallen by half the chi-square quantile with one
degree of freedom (Hardy & Thompson 1996, Statistics in Medicine 15:619).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..numeric.distributions import normal_upper
from ..numeric.quadrature import Floats
from .fit import Cells
from .mixed import MIDDLE, Arms
from .mixed_fit import SCALE_MOST, Likelihood, MixedFit
from .profile import search_limit

# A ratio of e^30 is none that data of people could show, nor is a scale of 40.
_EFFECT_MOST: Final = 30.0
_SCALE_MOST: Final = 40.0
# The inner climb: a last step of 3e-4 standard errors leaves 1e-14 in the likelihood, which is all that is used.
_INNER: Final = 1e-7
# Where a scale is begun from where the fit has it at 0: at 0 itself the slope is 0 whatever lies beside it.
_OFF: Final = 0.15
# What it is begun from next time: neither from 0, nor from where climbs are given up.
_LEAST: Final = 0.05
_MOST: Final = 0.6 * SCALE_MOST


def profile_effect(
    arms: Arms, include: Floats, fit: MixedFit, which: int, level: float = 0.95, *, common: bool = False
) -> tuple[Floats, Floats]:
    """Profile-likelihood interval of one coefficient for each row.

    Parameters
    ----------
    arms : Arms
    include : array of float, shape (r, k)
    fit : MixedFit
        Rows that are not determined have no limits.
    which : int
        The coefficient.
    level : float
    common : bool
        The last scale is held at 0, as it was in the fit.

    Returns
    -------
    low, high : array of float, shape (r,)
        ``nan`` where the likelihood never falls far enough.

    Raises
    ------
    NoAnswer
        A search that ends on a jump of the profile.
    """
    low, high = np.full(len(include), np.nan), np.full(len(include), np.nan)
    good = np.flatnonzero(fit.determined & fit.bounded)
    if good.size == 0:
        return low, high
    two = np.tile(good, 2)
    side = np.repeat([-1.0, 1.0], good.size)
    sides = _Sides(arms, include[two], fit.theta[two], which, common)
    top = fit.loglik[two] - include[two] @ arms.constant()
    z = float(normal_upper((1.0 - level) / 2.0))
    centre = fit.theta[two, which]
    guess = centre + side * z * np.sqrt(fit.cov[two, which, which])
    found = search_limit(sides.profile, top, centre, guess, centre + side * _EFFECT_MOST, z)
    low[good], high[good] = found[: good.size], found[good.size :]
    return low, high


def effect_ratio(
    arms: Arms, include: Floats, fit: MixedFit, which: int, value: float, *, common: bool = False
) -> Floats:
    """Likelihood ratio of one value of a coefficient against its estimate, for each fitted row.

    Parameters
    ----------
    arms, include, fit, which, common
        As for :func:`profile_effect`.
    value : float

    Returns
    -------
    array of float, shape (r,)
        On one degree of freedom.
    """
    rows = np.arange(len(include))
    loglik, _ = _Sides(arms, include, fit.theta, which, common).profile(rows, np.full(rows.size, value))
    return np.maximum(2.0 * (fit.loglik - include @ arms.constant() - loglik), 0.0)


class _Sides:
    """The likelihood of some rows, maximised over everything but one coefficient.

    With the last scale, and without it: either can hold the higher top, and each is followed from where it was.
    """

    def __init__(self, arms: Arms, include: Floats, theta: Floats, which: int, common: bool) -> None:
        self.like = Likelihood(arms, Cells(arms.x.sum(axis=1), np.ones(len(arms.x)), include))
        self.which, self.p, self.last = which, self.like.p, self.like.p + self.like.d - 1
        self.inside, self.edge = theta.copy(), theta.copy()
        self.inside[:, self.p :] = np.maximum(self.inside[:, self.p :], _OFF)
        self.edge[:, self.p : self.last] = np.maximum(self.edge[:, self.p : self.last], _OFF)
        self.edge[:, self.last] = 0.0
        self.second = self.inside.copy()
        self.second[:, self.last] = 2.0 * self.inside[:, self.last] + 0.5
        self.begun = np.zeros(len(include), dtype=bool)
        self.free = np.arange(self.last + 1) != which
        self.common = common

    def profile(self, active: NDArray[np.intp], t: Floats) -> tuple[Floats, Floats]:
        """Highest likelihood at these values, and its slope."""
        part = self.like.take(active)
        best, slope = np.full(active.size, -np.inf), np.zeros(active.size)
        warm = [(self.edge, np.append(self.free[:-1], False))]
        if not self.common:
            warm.append((self.inside, self.free))
            if not self.begun[active].all():  # the first look goes from two starts, and what it finds is followed
                warm.append((self.second, self.free))
        for memory, moving in warm:
            start = memory[active]
            start[:, self.which] = t
            found, value, gradient, _ = part.climb(start, moving, MIDDLE, _INNER)
            higher = value > best
            if memory is self.second:
                self.inside[active[higher]] = found[higher]
            else:
                memory[active] = found
            best[higher], slope[higher] = value[higher], gradient[higher, self.which]
        self.inside[active, self.p :] = np.clip(np.abs(self.inside[active, self.p :]), _LEAST, _MOST)
        self.edge[active, self.p : self.last] = np.clip(np.abs(self.edge[active, self.p : self.last]), _LEAST, _MOST)
        self.begun[active] = True
        return best, slope


def profile_scale(arms: Arms, include: Floats, fit: MixedFit, level: float = 0.95) -> tuple[Floats, Floats]:
    """Profile-likelihood interval of the last variance for each row.

    Parameters
    ----------
    arms, include, fit, level
        As for :func:`profile_effect`.

    Returns
    -------
    low, high : array of float, shape (r,)
        Of the variance. ``low`` is 0 where 0 lies inside; ``high`` is ``nan`` where the data set no upper limit.

    Raises
    ------
    NoAnswer
        A search that ends on a jump of the profile.
    """
    low, high = np.full(len(include), np.nan), np.full(len(include), np.nan)
    good = np.flatnonzero(fit.determined & fit.bounded)
    if good.size == 0:
        return low, high
    like = Likelihood(arms, Cells(arms.x.sum(axis=1), np.ones(len(arms.x)), include[good]))
    p, d = like.p, like.d
    last = p + d - 1
    z = float(normal_upper((1.0 - level) / 2.0))
    top = fit.loglik[good] - (include @ arms.constant())[good]
    warm = fit.theta[good].copy()
    warm[:, p:last] = np.maximum(warm[:, p:last], _OFF)
    free = np.arange(p + d) != last
    scales = np.arange(d)

    def profile(active: NDArray[np.intp], t: Floats) -> tuple[Floats, Floats]:
        start = warm[active]
        start[:, last] = t
        found, value, gradient, _ = like.take(active).climb(start, free, MIDDLE, _INNER, scales)
        warm[active] = found
        warm[active, p:last] = np.clip(np.abs(found[:, p:last]), _LEAST, _MOST)
        return value, gradient[:, last]

    tau = fit.theta[good, last]
    variance = fit.cov[good, last, last]
    spread = np.where(np.isfinite(variance), np.sqrt(np.maximum(variance, 0.0)), 0.5 + tau)
    high[good] = search_limit(profile, top, tau, tau + z * spread, np.full(good.size, _SCALE_MOST), z) ** 2
    low[good] = 0.0
    inside = np.flatnonzero((tau > 0.0) & (fit.loglik[good] - fit.loglik_common[good] > 0.5 * z * z))
    if inside.size:
        warm[inside] = fit.theta[good[inside]]
        warm[inside, p:last] = np.maximum(warm[inside, p:last], _LEAST)

        def lower(active: NDArray[np.intp], t: Floats) -> tuple[Floats, Floats]:
            return profile(inside[active], t)

        guess = np.maximum(tau[inside] - z * spread[inside], 0.3 * tau[inside])
        low[good[inside]] = search_limit(lower, top[inside], tau[inside], guess, np.zeros(inside.size), z) ** 2
    return low, high
