"""Profile-likelihood intervals of the beta-binomial model, and its full answer for one set of studies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from ...errors import SettingsError
from ..glmm.fit import ALL_EVENTS, ALL_ZERO, EMPTY, OK, REASONS, Cells, merge
from ..glmm.profile import search_limit
from ..measures.study_intervals import study_interval
from ..numeric.climb import climb
from ..numeric.distributions import beta_lower, chi2_tail, normal_upper, t_upper
from ..numeric.quadrature import Floats
from ..results import number
from .beta_binomial import BetaBinomialFit, edges, fit_beta_binomial, shows_rho, target

# A limit further out than this is none: proportions of 1e-26.
_MU_MAX = 60.0
# Log theta that stands for rho = 0 and for rho = 1.
_LOG_THETA_MAX = 40.0
_MOST = np.array([3.0, 3.0])
_INNER = 1e-8
CI_METHODS = ("auto", "t", "profile", "wald")
ONE_STUDY = "one study, or studies of one patient each, cannot show variation between studies"


def profile_mean(
    events: ArrayLike,
    total: ArrayLike,
    fit: BetaBinomialFit,
    level: float = 0.95,
    include: ArrayLike | None = None,
) -> tuple[Floats, Floats]:
    """Profile-likelihood interval for the logit of the mean proportion of each fitted row.

    Parameters
    ----------
    events, total, include
        As given to :func:`synth.meta.models.beta_binomial.fit_beta_binomial`.
    fit : BetaBinomialFit
        Its result.
    level : float
        Confidence level.

    Returns
    -------
    low, high : array of float, of the leading shape
        ``nan`` where the row was not fitted, cannot show rho at all, or where the likelihood never falls far enough.

    Examples
    --------
    >>> f = fit_beta_binomial([7, 3, 1, 0, 5], [43, 38, 26, 17, 30])
    >>> low, high = profile_mean([7, 3, 1, 0, 5], [43, 38, 26, 17, 30], f)
    >>> round(float(expit(low)), 4), round(float(expit(high)), 4)
    (0.0462, 0.1906)
    """
    rows, good = _rows(events, total, include, fit)
    low, high = np.full(fit.state.size, np.nan), np.full(fit.state.size, np.nan)
    if good.size:
        z = float(normal_upper((1.0 - level) / 2.0))
        top, mu, se, rho = (_flat(v)[good] for v in (fit.loglik, fit.mu, fit.se, fit.rho))
        top = np.tile(top - rows.take(good).constant(), 2)
        part = rows.take(np.concatenate([good, good]))
        # At rho = 1 a pure row is a sample of whole studies: a third branch beside the two climbs.
        full = part.sums((part.x == part.n).astype(float))
        none = part.sums((part.x == 0).astype(float))
        pure = full + none == part.sums(np.ones_like(part.x))
        with np.errstate(divide="ignore"):
            warm = np.tile(np.clip(logit(rho), -12.0, 12.0), 2)

        def profile(active: NDArray[np.intp], t: Floats) -> tuple[Floats, Floats]:
            at = np.concatenate([active, active])
            start = np.concatenate([warm[active], np.full(active.size, -1.0)])
            theta, value, gradient, _ = climb(
                target(part.take(at)),
                np.stack([np.tile(t, 2), start], axis=1),
                _MOST,
                free=np.array([False, True]),
                stop=lambda theta, _, __: np.abs(theta[:, 1]) > _LOG_THETA_MAX,
                decrement=_INNER,
                what="The beta-binomial profile",
            )
            best = np.where(value[: t.size] >= value[t.size :], 0, 1) * t.size + np.arange(t.size)
            warm[active] = np.clip(theta[best, 1], -12.0, 12.0)
            whole = np.where(pure[active], -full[active] * np.logaddexp(0.0, -t) - none[active] * np.logaddexp(0.0, t),
                             -np.inf)  # fmt: skip
            slope = full[active] * expit(-t) - none[active] * expit(t)
            higher = whole > value[best]
            return np.where(higher, whole, value[best]), np.where(higher, slope, gradient[best, 0])

        centre = np.tile(mu, 2)
        side = np.repeat([-1.0, 1.0], good.size)
        found = search_limit(
            profile, top, centre, centre + side * z * np.tile(se, 2), centre + side * _MU_MAX, z
        )
        low[good], high[good] = found[: good.size], found[good.size :]
    return low.reshape(fit.state.shape), high.reshape(fit.state.shape)


def profile_rho(
    events: ArrayLike,
    total: ArrayLike,
    fit: BetaBinomialFit,
    level: float = 0.95,
    include: ArrayLike | None = None,
) -> tuple[Floats, Floats]:
    """Profile-likelihood interval for the intraclass correlation of each fitted row.

    Parameters
    ----------
    events, total, fit, level, include
        As for :func:`profile_mean`.

    Returns
    -------
    low, high : array of float, of the leading shape
        In [0, 1]: a boundary belongs to the interval where the likelihood there has not fallen far enough.

    Examples
    --------
    >>> f = fit_beta_binomial([7, 3, 1, 0, 5], [43, 38, 26, 17, 30])
    >>> low, high = profile_rho([7, 3, 1, 0, 5], [43, 38, 26, 17, 30], f)
    >>> float(low), round(float(high), 4)
    (0.0, 0.2102)
    """
    rows, good = _rows(events, total, include, fit)
    low, high = np.full(fit.state.size, np.nan), np.full(fit.state.size, np.nan)
    if good.size:
        z = float(normal_upper((1.0 - level) / 2.0))
        part = rows.take(good)
        rho, mu, top = (_flat(v)[good] for v in (fit.rho, fit.mu, fit.loglik))
        top = top - part.constant()
        _, at_zero, _, at_one = edges(part)
        with np.errstate(divide="ignore"):
            centre = np.clip(logit(rho), -_LOG_THETA_MAX, _LOG_THETA_MAX)
        fallen = 0.5 * z * z
        low[good], high[good] = 0.0, 1.0
        for side, needed, out in ((-1.0, top - at_zero > fallen, low), (1.0, top - at_one > fallen, high)):
            inside = np.flatnonzero(needed)
            if inside.size == 0:
                continue
            some, warm = part.take(inside), mu[inside].copy()

            def profile(
                active: NDArray[np.intp], t: Floats, some: Cells = some, warm: Floats = warm
            ) -> tuple[Floats, Floats]:
                theta, value, gradient, _ = climb(
                    target(some.take(active)),
                    np.stack([warm[active], t], axis=1),
                    _MOST,
                    free=np.array([True, False]),
                    decrement=_INNER,
                    what="The beta-binomial profile",
                )
                warm[active] = theta[:, 0]
                return value, gradient[:, 1]

            middle = centre[inside]
            # From a boundary the first trial is an ordinary rho, from the inside a little further out.
            guess = np.where(np.abs(middle) < 20.0, middle + side, -side * -2.0)
            limit = np.full(inside.size, side * _LOG_THETA_MAX)
            found = search_limit(profile, top[inside], middle, guess, limit, z)
            out[good[inside]] = np.where(np.isnan(found), out[good[inside]], expit(found))
    return low.reshape(fit.state.shape), high.reshape(fit.state.shape)


@dataclass(frozen=True)
class BetaBinomialResult:
    """The beta-binomial answer for one set of studies; ``None`` with ``reason`` where undefined.

    Attributes
    ----------
    method : str
        ``"beta-binomial, maximum likelihood"``.
    k : int
    proportion, ci_low, ci_high : float or None
        Mean proportion over studies and its interval, back from the logit.
    ci_method : str
        ``t``, ``profile``, ``wald`` or ``exact`` (one study, or an estimate of 0 or 1).
    logit, se : float or None
        Analysis scale.
    rho, se_rho, rho_ci_low, rho_ci_high : float or None
        Intraclass correlation with its profile-likelihood interval.
    rho_p_value : float or None
        Likelihood-ratio test of ``rho = 0``: half a chi-square with one degree of freedom, half a point at 0.
    alpha, beta : float or None
        Parameters of the beta distribution of studies' own proportions; ``None`` on a boundary of rho.
    prediction_low, prediction_high : float or None
        Quantiles of that distribution, the estimates taken as known.
    loglik, loglik_common : float
    """

    method: str
    k: int
    proportion: float | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str
    logit: float | None
    se: float | None
    rho: float | None
    se_rho: float | None
    rho_ci_low: float | None
    rho_ci_high: float | None
    rho_p_value: float | None
    alpha: float | None
    beta: float | None
    prediction_low: float | None
    prediction_high: float | None
    loglik: float | None
    loglik_common: float | None
    reason: str | None = None


def pool_beta_binomial(
    events: ArrayLike, total: ArrayLike, *, ci_method: str = "auto", level: float = 0.95
) -> BetaBinomialResult:
    """Pool proportions by the beta-binomial model.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
    ci_method : {"auto", "t", "profile", "wald"}
        ``auto``: exact for one study and at 0 or 1, profile likelihood for two studies and at a boundary of rho, t with
        ``k - 1`` degrees of freedom otherwise.
    level : float

    Returns
    -------
    BetaBinomialResult

    Raises
    ------
    SettingsError
        An interval that is not offered.

    Examples
    --------
    >>> r = pool_beta_binomial([7, 3, 1, 0, 5], [43, 38, 26, 17, 30])
    >>> round(r.proportion, 4), round(r.ci_low, 4), round(r.ci_high, 4), r.ci_method
    (0.1012, 0.0451, 0.2117, 't')
    >>> r = pool_beta_binomial([0, 0], [20, 30])
    >>> r.proportion, round(r.ci_high, 4), r.ci_method
    (0.0, 0.0711, 'exact')
    """
    if ci_method not in CI_METHODS:
        raise SettingsError(
            f'The beta-binomial model has no interval "{ci_method}". There are: {", ".join(CI_METHODS)}.'
        )
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    fit = fit_beta_binomial(x, n)
    state, k = int(fit.state), int(fit.k)
    if state == EMPTY:
        raise SettingsError("The beta-binomial model needs at least one study.")
    shows = bool(shows_rho(Cells(x, n, np.ones((1, k))))[0])
    mu, se, rho = float(fit.mu), float(fit.se), float(fit.rho)
    method = ci_method
    if k == 1 or state != OK:
        method = "exact"
    elif ci_method == "auto":
        method = "profile" if shows and (k == 2 or rho == 1.0) else "t"
    elif ci_method == "profile" and not shows:
        method = "t"
    low, high = _interval(x, n, fit, method, level)
    reason = REASONS[state] if state in (ALL_ZERO, ALL_EVENTS) else None if shows else ONE_STUDY
    interior = shows and 0.0 < rho < 1.0
    a, b = (expit(s * mu) * (1.0 - rho) / rho if interior else np.nan for s in (1.0, -1.0))
    tail = (1.0 - level) / 2.0
    rho_low, rho_high = profile_rho(x, n, fit, level) if state == OK and shows else (np.nan, np.nan)
    ratio = 2.0 * max(float(fit.loglik) - float(fit.loglik_common), 0.0)
    p_value = (0.5 * float(chi2_tail(ratio, 1)) if ratio > 0.0 else 1.0) if shows and state == OK else np.nan
    predicted = [float(beta_lower(t, a, b)) if interior else np.nan for t in (tail, 1.0 - tail)]
    return BetaBinomialResult(
        "beta-binomial, maximum likelihood", k, number(fit.proportion), number(low), number(high), method, number(mu),
        number(se), number(rho if shows else np.nan), number(fit.se_rho), number(rho_low), number(rho_high),
        number(p_value), number(a), number(b), number(predicted[0]), number(predicted[1]), number(fit.loglik),
        number(fit.loglik_common), reason,
    )  # fmt: skip


def _interval(x: Floats, n: Floats, fit: BetaBinomialFit, method: str, level: float) -> tuple[float, float]:
    """Limits of the mean proportion by one method."""
    if method == "exact":
        low, high = study_interval(x.sum(), n.sum(), level=level)
        return float(low), float(high)
    if method == "profile":
        low, high = profile_mean(x, n, fit, level)
        # no limit before e^-60: the likelihood at 0 or 1 itself has not fallen far enough
        return float(np.nan_to_num(expit(low), nan=0.0)), float(np.nan_to_num(expit(high), nan=1.0))
    tail = (1.0 - level) / 2.0
    point = float(normal_upper(tail) if method == "wald" else t_upper(tail, x.size - 1))
    return float(expit(fit.mu - point * fit.se)), float(expit(fit.mu + point * fit.se))


def _flat(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=float).reshape(-1)


def _rows(
    events: ArrayLike, total: ArrayLike, include: ArrayLike | None, fit: BetaBinomialFit
) -> tuple[Cells, NDArray[np.intp]]:
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    m = np.ones((1, x.size)) if include is None else np.asarray(include, dtype=float)
    rows = Cells(*merge(x, n, m.reshape(-1, x.size)))
    return rows, np.flatnonzero((fit.state.reshape(-1) == OK) & shows_rho(rows))
