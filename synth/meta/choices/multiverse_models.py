"""The universes that are not inverse variance: the binomial-normal and beta-binomial models, Bayes, tables of counts.

Rows are tuples in the order of :class:`synth.meta.choices.multiverse.Universe`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from scipy.special import expit

from ...errors import NoAnswer, NothingToPool
from ..numeric.distributions import Floats, normal_upper, t_upper
from ..results import PoolResult, Settings, number

# Quadrature over both parameters costs a tenth of a second for a handful of studies, and is a second opinion there.
BAYES_MOST: Final = 5
NO_LIMIT: Final = "the likelihood never falls far enough: the data set no limit on that side"
Row = tuple[Any, ...]


def proportion_universes(data: Mapping[str, Floats], settings: Settings) -> Iterator[Row]:
    """Single-arm proportions on the logit: binomial-normal (random and common), beta-binomial, Bayes.

    Parameters
    ----------
    data : mapping of array, shape (k,)
        ``events`` and ``total``, k at least 2.
    settings : Settings
        Only ``level`` is used, and ``model`` to know whether Bayes was asked for whatever k is.

    Yields
    ------
    tuple
    """
    x, n = data["events"], data["total"]
    yield from _glmm(x, n, settings.level)
    yield from _common(x, n, settings.level)
    yield from _beta_binomial(x, n, settings.level)
    if x.size <= BAYES_MOST or settings.model == "bayes":
        yield _bayes(x, n, settings.level)


def _through(mu: float, se: float, k: int, level: float) -> Iterator[tuple[str, float, float]]:
    """Limits by t and by the normal quantile."""
    tail = 0.5 * (1.0 - level)
    for name, reach in (("t", float(t_upper(tail, k - 1.0))), ("wald", float(normal_upper(tail)))):
        yield name, mu - reach * se, mu + reach * se


def _exact(words: tuple[str, ...], method: str | None, x: Floats, n: Floats, level: float, reason: str | None) -> Row:
    from ..measures.study_intervals import study_interval

    low, high = study_interval(x.sum(), n.sum(), level=level)
    return (*words, method, "exact", x.size, float(x.sum() / n.sum()), float(low), float(high), None, False, reason)


def _glmm(x: Floats, n: Floats, level: float) -> Iterator[Row]:
    from ..glmm import fit as glmm
    from ..glmm.profile import profile_mu

    words, k = ("PLOGIT", "glmm", "random"), x.size
    try:
        fit = glmm.fit(x, n)
    except NoAnswer as error:
        yield (*words, "ML", "t", k, None, None, None, None, False, str(error))
        return
    state = int(fit.state)
    if state in (glmm.ALL_ZERO, glmm.ALL_EVENTS):
        yield _exact(words, "ML", x, n, level, glmm.REASONS[state])
        return
    if state != glmm.OK:
        for interval in ("t", "profile", "wald"):
            yield (*words, "ML", interval, k, None, None, None, None, False, glmm.REASONS[state])
        return
    mu, tau2 = float(fit.mu), float(fit.tau2)
    for name, low, high in _through(mu, float(fit.se), k, level):
        yield (*words, "ML", name, k, float(expit(mu)), float(expit(low)), float(expit(high)), tau2, False, None)
    try:
        limits = [number(b) for b in profile_mu(x, n, fit, level)]
    except NoAnswer as error:
        yield (*words, "ML", "profile", k, float(expit(mu)), None, None, tau2, False, str(error))
        return
    shown = [None if b is None else float(expit(b)) for b in limits]
    why = NO_LIMIT if None in shown else None
    yield (*words, "ML", "profile", k, float(expit(mu)), *shown, tau2, False, why)


def _common(x: Floats, n: Floats, level: float) -> Iterator[Row]:
    words = ("PLOGIT", "glmm", "common")
    p = float(x.sum() / n.sum())
    if p in (0.0, 1.0):
        from ..glmm.fit import ALL_EVENTS, ALL_ZERO, REASONS

        yield _exact(words, None, x, n, level, REASONS[ALL_ZERO if p == 0.0 else ALL_EVENTS])
        return
    yield _exact(words, None, x, n, level, None)
    se = float(1.0 / np.sqrt(n.sum() * p * (1.0 - p)))
    for name, low, high in _through(float(np.log(p / (1.0 - p))), se, x.size, level):
        yield (*words, None, name, x.size, p, float(expit(low)), float(expit(high)), None, False, None)


def _beta_binomial(x: Floats, n: Floats, level: float) -> Iterator[Row]:
    from ..glmm.fit import OK, REASONS, Cells
    from ..models.beta_binomial import fit_beta_binomial, shows_rho
    from ..models.beta_binomial_profile import profile_mean

    words, k = ("PLOGIT", "beta-binomial", "random"), x.size
    try:
        fit = fit_beta_binomial(x, n)
    except NoAnswer as error:
        yield (*words, None, "t", k, None, None, None, None, False, str(error))
        return
    state = int(fit.state)
    if state != OK:
        yield _exact(words, None, x, n, level, REASONS[state])
        return
    middle = float(fit.proportion)
    for name, low, high in _through(float(fit.mu), float(fit.se), k, level):
        yield (*words, None, name, k, middle, float(expit(low)), float(expit(high)), None, False, None)
    if bool(shows_rho(Cells(x, n, np.ones((1, k))))[0]):
        try:
            ends = profile_mean(x, n, fit, level)
        except NoAnswer as error:
            yield (*words, None, "profile", k, middle, None, None, None, False, str(error))
            return
        # no limit before e^-60: the likelihood at 0 or 1 itself has not fallen far enough
        limits = (float(np.nan_to_num(expit(b), nan=edge)) for b, edge in zip(ends, (0.0, 1.0), strict=True))
        yield (*words, None, "profile", k, middle, *limits, None, False, None)


def _bayes(x: Floats, n: Floats, level: float) -> Row:
    from ..models.bayes_binomial import pool_bayes

    words = ("PLOGIT", "bayes", "random", None, "credible", x.size)
    try:
        fit = pool_bayes(x, n, level=level)
    except NoAnswer as error:
        return (*words, None, None, None, None, False, str(error))
    tau2 = None if fit.tau is None else fit.tau**2
    return (*words, fit.proportion, fit.ci_low, fit.ci_high, tau2, False, None)


def table_universes(data: Mapping[str, Floats], measures: tuple[str, ...], level: float) -> Iterator[Row]:
    """Two arms by the methods that work on the tables themselves: Mantel-Haenszel and Peto.

    Parameters
    ----------
    data : mapping of array, shape (k,)
    measures : tuple of str
        Those that report on the scale asked for.
    level : float

    Yields
    ------
    tuple
    """
    from ..pool import pool
    from ..settings import MODELS

    for model in ("mh", "peto"):
        for name in measures:
            if name not in MODELS[model].measures:
                continue
            words = (name, model, "common", None, "wald")
            try:
                given = {column: values.tolist() for column, values in data.items()}
                r: PoolResult = pool(given, measure=name, model=model, level=level, leave_one_out=False)
            except (NoAnswer, NothingToPool) as error:
                yield (*words, None, None, None, None, None, False, str(error))
                continue
            shown = r.pooled.reporting
            yield (*words, r.k, shown.estimate, shown.ci_low, shown.ci_high, None, False, r.pooled.reason)
