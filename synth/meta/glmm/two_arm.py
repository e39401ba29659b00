"""Generalised linear mixed models for two arms with few events, and for rates of one arm: no continuity correction.

Four models of two arms, in metafor's words: study levels random (UM.RS) or a parameter each (UM.FS), and two that are
conditional on all events of a study, exactly (CM.EL) or by the binomial approximation for few events (CM.AL).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import SettingsError
from ..numeric.quadrature import Floats
from .families import MOST_TABLES, Tables
from .mixed import Arms
from .mixed_fit import MixedFit, fit_mixed

VARIANTS: Final = {"glmm": "UM.RS", "glmm-um-fs": "UM.FS", "glmm-cm-el": "CM.EL", "glmm-cm-al": "CM.AL"}
# What a row may be, and why it has no ordinary maximum. OK is 0 so that `state == 0` reads as "fitted".
OK, LOW, HIGH, SEPARATED, LOST, ONE = range(6)
_ENDS: Final = {
    ("OR", LOW): "the first arm has no events, or the second nothing but events, in every study: the odds ratio is 0, "
    "and an exact conditional upper limit is given",
    ("OR", HIGH): "the second arm has no events, or the first nothing but events, in every study: the odds ratio is "
    "infinite, and an exact conditional lower limit is given",
    ("IRR", LOW): "the first arm has no events in any study: the rate ratio is 0, and an exact conditional upper limit "
    "is given",
    ("IRR", HIGH): "the second arm has no events in any study: the rate ratio is infinite, and an exact conditional "
    "lower limit is given",
    ("IRLN", LOW): "no study has an event: the log rate is minus infinity, so an exact upper limit is given instead",
}
_SEPARATED: Final = (
    "every study has all its events in one arm, some in the one and some in the other, so the likelihood rises for "
    "ever with tau and has no maximum"
)
_ONE: Final = "one study: nothing is pooled"
_LOST: Final = "a coefficient runs to infinity, so the likelihood has no maximum"
# The arms' log odds or log rates: an intercept, and half the effect up and down.
_CODING: Final = np.array([[1.0, 0.5], [1.0, -0.5]])


@dataclass(frozen=True)
class EffectModel:
    """What is fitted: a measure, a model of it, and the data.

    Attributes
    ----------
    measure : {"OR", "IRR", "IRLN"}
    variant : str
        A value of :data:`VARIANTS`; of no meaning for IRLN.
    x, n : array of float, shape (k, a)
        Events and totals (person-time) of the arms.
    arms : Arms
    which : int
        The effect among the coefficients.
    """

    measure: str
    variant: str
    x: Floats
    n: Floats
    arms: Arms
    which: int

    def reason(self, state: int) -> str:
        """Why a row of this state has no ordinary maximum."""
        return _ENDS.get((self.measure, state)) or {SEPARATED: _SEPARATED, ONE: _ONE}.get(state, _LOST)

    @property
    def conditional(self) -> bool:
        """Whether the model is of what happened given all events of a study."""
        return self.variant.startswith("CM") and self.measure != "IRLN"

    def shows_tau(self) -> bool:
        """Whether the data can tell variation between studies: one event in each, given that it happened, cannot."""
        return not self.conditional or bool((self.x.sum(axis=1) > 1).any())


def effect_model(measure: str, model: str, data: Mapping[str, Floats]) -> EffectModel:
    """Choose what is fitted.

    Parameters
    ----------
    measure : {"OR", "IRR", "IRLN"}
    model : str
        A key of :data:`VARIANTS`.
    data : mapping of array, shape (k,)
        The columns of the measure; each study says something on it.

    Returns
    -------
    EffectModel

    Raises
    ------
    SettingsError
        More tables with the same margins than can be added up.

    Examples
    --------
    >>> counts = [[1, 2, 5], [44, 208, 151], [3, 9, 6], [35, 195, 157]]
    >>> names = ("events_1", "total_1", "events_2", "total_2")
    >>> m = effect_model("OR", "glmm", {name: np.array(v, dtype=float) for name, v in zip(names, counts)})
    >>> fit = fit_effects(m, np.ones((1, 3)))
    >>> round(float(fit.estimate[0]), 3), round(float(fit.tau2[0]), 3)
    (-0.879, 0.0)
    """
    one = np.ones((1, 1))
    size = "total" if measure == "OR" else "time"
    variant = VARIANTS[model]
    if measure == "IRLN":
        x, n = data["events"][:, None], data[size][:, None]
        return EffectModel(measure, variant, x, n, Arms(x, n, np.zeros_like(x), one, one, "poisson"), 0)
    x, n = (np.stack([data[f"{name}_1"], data[f"{name}_2"]], axis=1) for name in ("events", size))
    family = "binomial" if measure == "OR" else "poisson"
    if variant == "UM.RS":
        return EffectModel(measure, variant, x, n, Arms(x, n, np.zeros_like(x), _CODING, _CODING, family), 1)
    if variant == "UM.FS":
        half = _CODING[:, 1:]
        arms = Arms(x, n, np.zeros_like(x), half, half, family, own=np.ones(2))
        return EffectModel(measure, variant, x, n, arms, 0)
    return EffectModel(measure, variant, x, n, conditional_arms(measure, variant, x, n), 0)


def conditional_arms(measure: str, variant: str, x: Floats, n: Floats) -> Arms:
    """The first arm's events given those of both.

    Raises
    ------
    SettingsError
        More tables with the same margins than can be added up.
    """
    one, first, both = np.ones((1, 1)), x[:, :1], x.sum(axis=1, keepdims=True)
    if measure == "OR" and variant != "CM.AL":
        tables = _tables(x, n)
        if tables is None:
            raise SettingsError(
                "The exact conditional model (--model glmm-cm-el) adds up every table with the same margins, and so "
                "many events make too many of them. Use --model glmm-um-fs, which differs little where events are many."
            )
        return Arms(first, both, np.zeros_like(first), one, one, "hypergeometric", tables=tables)
    return Arms(first, both, np.log(n[:, :1] / n[:, 1:]), one, one)


def _tables(x: Floats, n: Floats) -> Tables | None:
    s = x.sum(axis=1)
    many = (np.minimum(n[:, 0], s) - np.maximum(0.0, s - n[:, 1]) + 1.0).sum()
    return None if many > MOST_TABLES else Tables.of(x[:, 0], n[:, 0], x[:, 1], n[:, 1])


@dataclass(frozen=True)
class EffectFit:
    """Fits, one for each row of a mask.

    Attributes
    ----------
    state : array of int, shape (r,)
        0 where fitted; see :meth:`EffectModel.reason`. A row of one study is not.
    k : array of float, shape (r,)
        Number of studies.
    estimate, se, tau2, sigma2, loglik, loglik_common : array of float, shape (r,)
        Of the effect on the log scale, with the variances between studies of the effect and (UM.RS) of the level;
        ``nan`` where not fitted.
    inner : MixedFit
        Of the fitted rows.
    """

    state: NDArray[np.int8]
    k: Floats
    estimate: Floats
    se: Floats
    tau2: Floats
    sigma2: Floats
    loglik: Floats
    loglik_common: Floats
    inner: MixedFit


def fit_effects(
    model: EffectModel, include: Floats, *, effects: str = "random", start: Floats | None = None
) -> EffectFit:
    """Fit every row of a mask.

    Parameters
    ----------
    model : EffectModel
    include : array of float, shape (r, k)
        Booleans or whole multiplicities; no row is empty.
    effects : {"random", "common"}
    start : array of float, optional
        Parameters of a fit that every row is near.

    Returns
    -------
    EffectFit

    Raises
    ------
    NoAnswer
        A climb that does not settle.
    """
    m = np.asarray(include, dtype=float)
    state = state_of_counts(model, m)
    state[(state == OK) & (m.sum(axis=1) == 1.0)] = ONE
    common = effects == "common" or not model.shows_tau()
    rows = np.flatnonzero(state == OK)
    inner = fit_mixed(model.arms, m[rows], common=common, start=start)
    state[rows[~inner.determined]] = LOST
    state[rows[inner.determined & ~inner.bounded]] = SEPARATED
    if model.conditional and not common:
        state[rows[_rises(model, m[rows], inner)]] = SEPARATED
    names = ("estimate", "se", "tau2", "sigma2", "loglik", "loglik_common")
    out = {name: np.full(len(m), np.nan) for name in names}
    p = model.arms.fixed.shape[1]
    good = state[rows] == OK
    at = rows[good]
    out["estimate"][at] = inner.theta[good, model.which]
    out["se"][at] = np.sqrt(inner.cov[good, model.which, model.which])
    out["tau2"][at] = inner.theta[good, -1] ** 2
    if model.variant == "UM.RS" and model.measure != "IRLN":
        out["sigma2"][at] = inner.theta[good, p] ** 2
    out["loglik"][at], out["loglik_common"][at] = inner.loglik[good], inner.loglik_common[good]
    return EffectFit(state=state, k=m.sum(axis=1), inner=_some(inner, good), **out)


def _some(fit: MixedFit, which: NDArray[np.bool_]) -> MixedFit:
    return MixedFit(**{name: getattr(fit, name)[which] for name in fit.__dataclass_fields__})


def _at_ends(model: EffectModel) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Studies whose first arm has the fewest, and the most, of the events that its study can have."""
    x, n = model.x, model.n
    low, high = x[:, 0] == 0.0, x[:, 1] == 0.0
    if model.measure == "OR" and model.variant != "CM.AL":
        low, high = low | (x[:, 1] == n[:, 1]), high | (x[:, 0] == n[:, 0])
    return low, high


def state_of_counts(model: EffectModel, m: Floats) -> NDArray[np.int8]:
    """Where the effect is infinite, which is seen from the counts: ``OK``, ``LOW`` or ``HIGH`` for each row."""
    x, n, inside = model.x, model.n, m > 0.0
    state = np.zeros(len(m), dtype=np.int8)

    def every(flag: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.asarray(~(inside & ~flag).any(axis=1))

    if model.measure == "IRLN":
        state[every(x[:, 0] == 0.0)] = LOW
        return state
    if model.variant == "UM.RS":
        # The level is shared here, so that it is the same arm that must be at its end in every study.
        low, high = every(x[:, 0] == 0.0), every(x[:, 1] == 0.0)
        if model.measure == "OR":
            low, high = low | every(x[:, 1] == n[:, 1]), high | every(x[:, 0] == n[:, 0])
    else:
        low, high = (every(flag) for flag in _at_ends(model))
    state[low] = LOW
    state[high] = HIGH
    return state


def _rises(model: EffectModel, m: Floats, fit: MixedFit) -> NDArray[np.bool_]:
    """Rows whose likelihood is highest where tau is infinite: every study is at an end, and each end has its share."""
    low, high = _at_ends(model)
    ends = ~((m > 0.0) & ~(low | high)).any(axis=1)
    a, b = m @ low.astype(float), m @ high.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = a * np.log(a / (a + b)) + b * np.log(b / (a + b))
    return np.asarray(ends & ~(fit.loglik > limit + 1e-9))


def exact_limit(model: EffectModel, include: Floats, state: int, level: float) -> float | None:
    """The limit of an infinite effect: where what was seen, given the margins, has a chance of half of 1 - level.

    Parameters
    ----------
    model : EffectModel
    include : array of float, shape (k,)
    state : int
        ``LOW`` (an upper limit) or ``HIGH`` (a lower one).
    level : float

    Returns
    -------
    float or None
        On the log scale; ``None`` where there are too many tables to add up.

    Notes
    -----
    Of one effect for all studies, as the exact limits of a proportion are where nobody has the event.

    Examples
    --------
    >>> names, counts = ("events_1", "total_1", "events_2", "total_2"), (0.0, 10.0, 3.0, 10.0)
    >>> m = effect_model("OR", "glmm", {name: np.array([v]) for name, v in zip(names, counts)})
    >>> round(float(np.exp(exact_limit(m, np.ones(1), LOW, 0.95))), 4)
    2.2552
    """
    measure, variant = model.measure, "CM.AL" if model.variant == "CM.AL" else "CM.EL"
    if measure == "OR" and variant != "CM.AL" and _tables(model.x, model.n) is None:
        return None
    arms = conditional_arms(measure, variant, model.x, model.n)
    study = np.flatnonzero(include > 0.0)
    target = float(np.log(0.5 * (1.0 - level)))
    constant = arms.constant()[study]

    def chance(effect: float) -> float:
        eta = (arms.offset[study] + effect)[:, :, None]
        return float((include[study] * (arms.parts(eta, study)[0][:, 0, 0] + constant)).sum())

    # What was seen is certain at the effect that it points to, and ever less so away from there.
    toward = 1.0 if state == LOW else -1.0
    near, far = -toward, toward
    while chance(near) < target:
        near *= 2.0
    while chance(far) > target:
        far *= 2.0
    for _ in range(200):
        middle = 0.5 * (near + far)
        if middle in (near, far):
            break
        near, far = (middle, far) if chance(middle) > target else (near, middle)
    return 0.5 * (near + far)
