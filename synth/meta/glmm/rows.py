"""Answers of the binomial-normal model for rows of a mask: leave-one-out, cumulative analysis and subgroups alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ..answers.studies import ONE_STUDY
from ..measures.study_intervals import study_interval
from ..numeric.distributions import normal_upper, t_upper
from ..numeric.quadrature import Floats
from ..results import Part, Settings, number
from . import fit as glmm
from .common import common_fit
from .i2 import i2_h2
from .influence import glmm_masks
from .profile import profile_mu

NO_LIMIT = "the likelihood never falls far enough: the data set no limit on that side"


def auto_method(k: int, state: int, effects: str = "random") -> str:
    """The interval that ``ci_method="auto"`` stands for.

    One study, an estimate of 0 or 1, or a common effect (which is one binomial proportion): exact. Two studies: profile
    likelihood, because t with one degree of freedom says nothing. From three on: t with k - 1 degrees of freedom.

    Examples
    --------
    >>> auto_method(1, 0), auto_method(2, 0), auto_method(3, 0), auto_method(3, glmm.ALL_ZERO)
    ('exact', 'profile', 't', 'exact')
    """
    if k == 1 or effects == "common" or state in (glmm.ALL_ZERO, glmm.ALL_EVENTS):
        return "exact"
    return "profile" if k == 2 else "t"


def row_method(k: int, state: int, settings: Settings) -> str:
    """The interval of one row, by what was asked for and what its studies allow."""
    forced = auto_method(k, state)
    if settings.ci_requested == "auto" or forced == "exact":
        return auto_method(k, state, settings.effects)
    return settings.ci_requested


def fit_rows(
    x: Floats, n: Floats, include: NDArray[np.bool_], effects: str, start: glmm.GlmmFit | None = None
) -> glmm.GlmmFit:
    """Fit every row with or without variance between studies; `start` as in :func:`synth.meta.glmm.fit.fit`."""
    return common_fit(x, n, include) if effects == "common" else glmm_masks(x, n, include, start)


def exact_interval(events: float, total: float, level: float) -> tuple[float, float]:
    """Clopper-Pearson limits of one proportion, as plain numbers."""
    low, high = study_interval(events, total, level=level)
    return float(low), float(high)


def glmm_rows(
    x: Floats, n: Floats, include: NDArray[np.bool_], fit: glmm.GlmmFit, settings: Settings
) -> tuple[Part, ...]:
    """Put fits into words: one answer for each row of the mask, as a pool of those studies alone would give it.

    Parameters
    ----------
    x, n : array of float, shape (k,)
    include : array of bool, shape (r, k)
        No row is empty.
    fit : GlmmFit
        Of shape (r,).
    settings : Settings

    Returns
    -------
    tuple of Part

    Examples
    --------
    >>> from synth.meta.settings import make_settings
    >>> x, n, rows = np.array([7.0, 3.0, 0.0]), np.array([43.0, 38.0, 17.0]), np.tril(np.ones((3, 3), dtype=bool))
    >>> parts = glmm_rows(x, n, rows, fit_rows(x, n, rows, "random"), make_settings("PLOGIT"))
    >>> [(part.k, part.ci_method, round(part.estimate, 3)) for part in parts]
    [(1, 'exact', 0.163), (2, 'profile', 0.123), (3, 't', 0.096)]
    """
    sizes = include.sum(axis=1)
    methods = [row_method(int(k), int(state), settings) for k, state in zip(sizes, fit.state, strict=True)]
    tail = (1.0 - settings.level) / 2.0
    z = float(normal_upper(tail))
    student = t_upper(tail, np.where(sizes > 1, sizes - 1.0, np.inf))
    reach = np.where([method == "t" for method in methods], student, z) * fit.se
    low, high = fit.mu - reach, fit.mu + reach
    profiled = np.flatnonzero([method == "profile" for method in methods])
    if profiled.size:
        some = glmm.GlmmFit(**{name: getattr(fit, name)[profiled] for name in fit.__dataclass_fields__})
        low[profiled], high[profiled] = profile_mu(x, n, some, settings.level, include[profiled])
    i2, _ = i2_h2(x, n, fit.tau2, settings.i2_method, include)
    sum_x, sum_n = include @ x, include @ n
    out = []
    for i, method in enumerate(methods):
        k, state = int(sizes[i]), int(fit.state[i])
        if method == "exact":
            e, t = float(sum_x[i]), float(sum_n[i])
            reason = glmm.REASONS[state] if state in (glmm.ALL_ZERO, glmm.ALL_EVENTS) else ONE_STUDY if k == 1 else None
            out.append(Part(k, e / t, *exact_interval(e, t, settings.level), "exact", None, None, reason))
        elif state != glmm.OK:
            out.append(Part(k, None, None, None, None, None, None, glmm.REASONS[state]))
        else:
            bounds = [None if (b := number(side[i])) is None else float(expit(b)) for side in (low, high)]
            common = settings.effects == "common"
            tau2, share = None if common else float(fit.tau2[i]), None if common else number(i2[i])
            why = NO_LIMIT if None in bounds else None
            out.append(Part(k, float(expit(fit.mu[i])), bounds[0], bounds[1], method, tau2, share, why))
    return tuple(out)
