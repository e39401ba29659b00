"""Answers of mixed models of two arms, and of rates, for rows of a mask: the pool itself, leave-one-out, subgroups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import NoAnswer
from ..measures.study_rates import rate_interval
from ..numeric.distributions import normal_upper, t_upper
from ..numeric.quadrature import Floats
from ..results import Part, Settings, number
from .fit import Cells
from .mixed import FINE, integrate_cells
from .mixed_fit import Likelihood, MixedFit
from .mixed_profile import profile_effect
from .rows import NO_LIMIT
from .two_arm import HIGH, LOW, OK, EffectFit, EffectModel, effect_model, exact_limit, fit_effects
from .two_arm_q import wald_q

# As in synth.meta.answers.studies, which is made from studies of every kind.
_ONE: Final = "one study: this is its own figure with its own interval, and nothing was pooled"
TOO_LARGE: Final = "a limit is too large for any number: the interval says nothing on that side"
_LARGEST: Final = 709.0
_TOO_MANY: Final = "; there are too many tables with the same margins to add up for it, so that no limit is given"


@dataclass(frozen=True)
class Bound:
    """An effect that is 0 or infinite, on the reporting scale: what can be said of it, and why."""

    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    reason: str


def ratio(value: float | None) -> float | None:
    """A logarithm on the reporting scale; ``None`` where it is too large for any number.

    Examples
    --------
    >>> ratio(0.0), ratio(-900.0), ratio(900.0), ratio(None)
    (1.0, 0.0, None, None)
    """
    return None if value is None or value > _LARGEST else float(np.exp(value))


def effect_method(k: int, state: int, settings: Settings) -> str:
    """The interval of one row, by what was asked for and what its studies allow.

    Examples
    --------
    >>> from synth.meta.settings import make_settings
    >>> asked = make_settings("OR", model="glmm")
    >>> [effect_method(k, OK, asked) for k in (1, 2, 3)], effect_method(3, LOW, asked)
    (['wald', 'profile', 't'], 'exact')
    """
    if state in (LOW, HIGH):
        return "exact"
    if k == 1:
        return "wald"
    if settings.ci_requested != "auto":
        return settings.ci_requested
    if settings.effects == "common":
        return "wald"
    return "profile" if k == 2 else "t"


def bound(model: EffectModel, include: Floats, state: int, level: float) -> Bound:
    """What an infinite log effect comes to: 0 or no number, with an exact limit on the other side.

    Parameters
    ----------
    model : EffectModel
    include : array of float, shape (k,)
    state : int
        ``LOW`` or ``HIGH``.
    level : float

    Returns
    -------
    Bound
    """
    reason = model.reason(state)
    if model.measure == "IRLN":
        low, high = rate_interval(0.0, float(include @ model.n[:, 0]), level=level)
        return Bound(0.0, float(low), float(high), reason)
    limit = exact_limit(model, include, state, level)
    if limit is None:
        reason += _TOO_MANY
    shown = ratio(limit)
    return Bound(0.0, 0.0, shown, reason) if state == LOW else Bound(None, shown, None, reason)


def limits(
    model: EffectModel, include: Floats, fit: MixedFit, level: float, *, common: bool
) -> tuple[Floats, Floats, list[str | None]]:
    """Profile limits of fitted rows, with the reason where a search came to no end.

    Parameters
    ----------
    model : EffectModel
    include : array of float, shape (r, k)
    fit : MixedFit
        Of these rows.
    level : float
    common : bool

    Returns
    -------
    low, high : array of float, shape (r,)
    reasons : list of str or None
    """
    common = common or not model.shows_tau()
    why: list[str | None] = [None] * len(include)
    try:
        low, high = profile_effect(model.arms, include, fit, model.which, level, common=common)
    except NoAnswer as error:
        low, high = np.full(len(include), np.nan), np.full(len(include), np.nan)
        if len(include) == 1:
            return low, high, [str(error)]
        for i in range(len(include)):
            one = MixedFit(**{name: getattr(fit, name)[[i]] for name in fit.__dataclass_fields__})
            found = limits(model, include[[i]], one, level, common=common)
            low[i], high[i], why[i] = found[0][0], found[1][0], found[2][0]
    lost = np.isnan(low) | np.isnan(high)
    return low, high, [reason or (NO_LIMIT if gone else None) for reason, gone in zip(why, lost, strict=True)]


def typical_variance(model: EffectModel, include: Floats) -> Floats:
    """The typical sampling variance of the studies' effects, (k - 1) / (sum w - sum w^2 / sum w).

    Studies with an empty cell get 1/2 added to each, as in ``rma.glmm``; nothing else here uses that.

    Parameters
    ----------
    model : EffectModel
    include : array of float, shape (r, k)

    Returns
    -------
    array of float, shape (r,)
        ``nan`` under two studies.
    """
    cells = [model.x]
    if model.measure == "OR":
        cells.append(model.n - model.x)
    every = np.concatenate(cells, axis=1)
    w = 1.0 / (1.0 / (every + np.where((every == 0.0).any(axis=1), 0.5, 0.0)[:, None])).sum(axis=1)
    k, once, square = include.sum(axis=1), include @ w, include @ (w * w)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(k > 1, (k - 1.0) / (once - square / once), np.nan))


def i2_h2(model: EffectModel, include: Floats, tau2: Floats, method: str) -> tuple[Floats, Floats]:
    """I2, a fraction, and H2, by the definition asked for.

    Parameters
    ----------
    model : EffectModel
    include : array of float, shape (r, k)
    tau2 : array of float, shape (r,)
    method : {"tau2", "q"}
        ``tau2 / (tau2 + typical variance)``; or ``max(0, 1 - (k - 1) / Q)`` with the Wald statistic.

    Returns
    -------
    i2, h2 : array of float, shape (r,)
        ``nan`` under two studies.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        if method == "tau2":
            v = typical_variance(model, include)
            return tau2 / (tau2 + v), (tau2 + v) / v
        df = include.sum(axis=1) - 1.0
        h2 = np.where(df > 0.0, wald_q(model, include) / df, np.nan)
        return np.maximum(0.0, 1.0 - 1.0 / h2), h2


def effect_rows(
    model: EffectModel, include: NDArray[np.bool_], settings: Settings, start: Floats | None = None
) -> tuple[tuple[Part, ...], EffectFit]:
    """Pool the studies of each row, as a pool of those studies alone would.

    Parameters
    ----------
    model : EffectModel
    include : array of bool, shape (r, k)
        No row is empty.
    settings : Settings
    start : array of float, optional
        Parameters of a fit that every row is near.

    Returns
    -------
    parts : tuple of Part
        On the reporting scale.
    fit : EffectFit

    Raises
    ------
    NoAnswer
        A climb that does not settle.
    """
    m = include.astype(float)
    common = settings.effects == "common"
    fit = fit_effects(model, m, effects=settings.effects, start=start)
    sizes = m.sum(axis=1)
    methods = [effect_method(int(k), int(state), settings) for k, state in zip(sizes, fit.state, strict=True)]
    tail = (1.0 - settings.level) / 2.0
    student = t_upper(tail, np.where(sizes > 1, sizes - 1.0, np.inf))
    reach = np.where([method == "t" for method in methods], student, float(normal_upper(tail))) * fit.se
    low, high = fit.estimate - reach, fit.estimate + reach
    why: dict[int, str | None] = {}
    fitted = np.flatnonzero(fit.state == OK)
    some = np.array([i for i, at in enumerate(fitted) if methods[at] == "profile"], dtype=np.intp)
    if some.size:
        inner = MixedFit(**{name: getattr(fit.inner, name)[some] for name in fit.inner.__dataclass_fields__})
        at = fitted[some]
        low[at], high[at], reasons = limits(model, m[at], inner, settings.level, common=common)
        why = dict(zip(at.tolist(), reasons, strict=True))
    i2 = np.full(len(m), np.nan)
    several = fitted[sizes[fitted] > 1]
    if several.size and not common and model.shows_tau():
        i2[several] = i2_h2(model, m[several], fit.tau2[several], settings.i2_method)[0]
    tau2 = np.full(len(m), np.nan) if common or not model.shows_tau() else fit.tau2
    out = []
    for i, method in enumerate(methods):
        k, state = int(sizes[i]), int(fit.state[i])
        if k == 1:
            out.append(one_study(model, int(include[i].argmax()), settings.level))
        elif state in (LOW, HIGH):
            edge = bound(model, m[i], state, settings.level)
            out.append(Part(k, edge.estimate, edge.ci_low, edge.ci_high, "exact", None, None, edge.reason))
        elif state != OK:
            out.append(Part(k, None, None, None, None, None, None, model.reason(state)))
        else:
            middle, a, b = (ratio(number(v)) for v in (fit.estimate[i], low[i], high[i]))
            reason = why.get(i) or (TOO_LARGE if None in (middle, a, b) else None)
            out.append(Part(k, middle, a, b, method, number(tau2[i]), number(i2[i]), reason))
    return tuple(out), fit


def one_study(model: EffectModel, i: int, level: float) -> Part:
    """The own figure of one study: exact where it is of one arm, or 0 or infinite; else Wald.

    Parameters
    ----------
    model : EffectModel
    i : int
    level : float

    Returns
    -------
    Part
    """
    x, n = model.x[i], model.n[i]
    if model.measure == "IRLN":
        low, high = rate_interval(x[0], n[0], level=level)
        return Part(1, float(x[0] / n[0]), float(low), float(high), "exact", None, None, _ONE)
    alone = effect_model(model.measure, "glmm", alone_data(model, i))
    cells = x if model.measure == "IRR" else np.concatenate([x, n - x])
    if (cells == 0.0).any():
        low_end = x[0] == 0.0 or (model.measure == "OR" and x[1] == n[1])
        edge = bound(alone, np.ones(1), LOW if low_end else HIGH, level)
        why = f"{_ONE}; {edge.reason.split(': ', 1)[1]}"
        return Part(1, edge.estimate, edge.ci_low, edge.ci_high, "exact", None, None, why)
    effect = float(np.log(x[0] / n[0]) - np.log(x[1] / n[1]))
    if model.measure == "OR":
        effect = float(np.log(x[0] / (n[0] - x[0])) - np.log(x[1] / (n[1] - x[1])))
    reach = float(normal_upper((1.0 - level) / 2.0)) * float(np.sqrt((1.0 / cells).sum()))
    middle, lower, upper = (ratio(b) for b in (effect, effect - reach, effect + reach))
    return Part(1, middle, lower, upper, "wald", None, None, _ONE)


def study_terms(model: EffectModel, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """What a fit says about each study.

    Parameters
    ----------
    model : EffectModel
    theta : array of float, shape (p + d,)
        Estimates.

    Returns
    -------
    weight : array of float, shape (k,)
        Share of each study in the observed information on the effect, the variances between studies taken as known;
        adds to 1. Where the level is estimated beside it, the share that its information has in the variance of the
        effect, ``c' J_i c`` with ``c`` the effect's column of the inverse information (Riley et al. 2018, Stat Methods
        Med Res 27:2885). Never negative, because each study's likelihood is log-concave in level and effect.
    mean, sd : array of float, shape (k,)
        Empirical-Bayes mean of the study's own effect (its shrunken estimate) and its standard deviation: with a normal
        effect they follow from the first two derivatives of the study's likelihood (Tweedie's formula).

    Examples
    --------
    >>> counts = [[1, 2, 5], [44, 208, 151], [3, 9, 6], [35, 195, 157]]
    >>> names = ("events_1", "total_1", "events_2", "total_2")
    >>> m = effect_model("OR", "glmm", {name: np.array(v, dtype=float) for name, v in zip(names, counts)})
    >>> weight, mean, sd = study_terms(m, np.array([-3.0, -0.9, 0.3, 0.4]))
    >>> weight.round(3).tolist(), mean.round(3).tolist()
    ([0.16, 0.43, 0.41], [-0.955, -0.971, -0.649])
    """
    arms, at = model.arms, model.which
    p, k = arms.fixed.shape[1], len(model.x)
    scales = np.flatnonzero(theta[p:])
    like = Likelihood(arms, Cells(model.x.sum(axis=1), np.ones(k), np.ones((1, k))))
    cells, (_, gradient, hessian) = like.cells(theta[None, :], scales, np.array([0]), FINE)
    information = -hessian[:, :p, :p]
    column = np.linalg.inv(information.sum(axis=0))[:, at]
    weight = np.maximum((information @ column) @ column, 0.0)
    bend = hessian[:, at, at]
    if arms.own is not None:
        used = np.repeat(theta[None, [*range(p), *(p + scales)]], k, axis=0)
        whole = integrate_cells(arms.with_scales(scales), cells.study, used, like.own(cells.study))
        bend = whole[2][:, at, at]
    tau2 = float(theta[-1] ** 2)
    sd = np.sqrt(np.maximum(tau2 + tau2 * tau2 * bend, 0.0))
    return weight / weight.sum(), theta[at] + tau2 * gradient[:, at], sd


def alone_data(model: EffectModel, i: int) -> Mapping[str, Floats]:
    """The columns of one study."""
    size = "total" if model.measure == "OR" else "time"
    pairs = (("events", model.x), (size, model.n))
    return {f"{name}_{arm + 1}": values[[i], arm] for name, values in pairs for arm in (0, 1)}
