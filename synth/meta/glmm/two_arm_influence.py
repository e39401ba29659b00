"""What each study does to a mixed model of two arms, or of rates: the same fit under other masks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ...errors import SettingsError
from ..numeric.quadrature import Floats
from .mixed import Arms
from .two_arm import OK, EffectFit, EffectModel, conditional_arms, fit_effects
from .two_arm_q import likelihood_q
from .two_arm_rows import study_terms

# The trapezoidal rule over a normal density: with 161 nodes out to 8 it errs by less than rounding in what is smooth
# over a tenth of its standard deviation.
_REACH: Final = 8.0
_NODES: Final = 161


@dataclass(frozen=True)
class EffectInfluence:
    """Influence of each study; ``nan`` where the fit without it has no answer.

    Attributes
    ----------
    full : EffectFit
        Of all studies.
    deleted : EffectFit
        Without each study.
    cook, dffits, covratio, hat : array of float, shape (k,)
        As for the binomial-normal model, of the log effect; ``hat`` is the study's weight.
    residual : array of float, shape (k,)
        ``(x - E[X]) / sd[X]`` under the fit without the study: of the events of the first arm given those of both, so
        that the level of the study plays no part; of one arm, of its events.
    contribution : array of float, shape (k,)
        The same squared, under the fit of all studies.
    q : array of float, shape (k,)
        Likelihood ratio Q without the study.
    """

    full: EffectFit
    deleted: EffectFit
    cook: Floats
    dffits: Floats
    covratio: Floats
    hat: Floats
    residual: Floats
    contribution: Floats
    q: Floats


def effect_influence(model: EffectModel, *, effects: str = "random") -> EffectInfluence | None:
    """Leave each study out and measure what changes.

    Parameters
    ----------
    model : EffectModel
        Of three studies or more.
    effects : {"random", "common"}

    Returns
    -------
    EffectInfluence or None
        ``None`` where the fit of all studies has no answer: its state says why.

    Raises
    ------
    NoAnswer
        A climb that does not settle.

    Examples
    --------
    >>> from synth.meta.glmm.two_arm import effect_model
    >>> counts = [[1, 2, 5, 4], [44, 208, 151, 90], [3, 9, 6, 3], [35, 195, 157, 88]]
    >>> names = ("events_1", "total_1", "events_2", "total_2")
    >>> m = effect_model("OR", "glmm-cm-el", {name: np.array(v, dtype=float) for name, v in zip(names, counts)})
    >>> effect_influence(m).cook.round(3).tolist()
    [0.075, 1.069, 0.393, 0.443]
    """
    k = len(model.x)
    full = fit_effects(model, np.ones((1, k)), effects=effects)
    if int(full.state[0]) != OK:
        return None
    others = 1.0 - np.eye(k)
    deleted = fit_effects(model, others, effects=effects, start=full.inner.theta[0])
    estimate, se = float(full.estimate[0]), float(full.se[0])
    change = estimate - deleted.estimate
    return EffectInfluence(
        full,
        deleted,
        cook=change**2 / se**2,
        dffits=change / deleted.se,
        covratio=(deleted.se / se) ** 2,
        hat=study_terms(model, full.inner.theta[0])[0],
        residual=_pearson(model, deleted.estimate, deleted.tau2),
        contribution=_pearson(model, np.full(k, estimate), np.full(k, float(full.tau2[0]))) ** 2,
        q=np.where(np.isnan(deleted.loglik_common), np.nan, likelihood_q(model, others, deleted.loglik_common)),
    )


def _pearson(model: EffectModel, estimate: Floats, tau2: Floats) -> Floats:
    """Events less their mean, over their standard deviation, in a new study of the same size."""
    k = len(model.x)
    out = np.full(k, np.nan)
    good = np.flatnonzero(np.isfinite(estimate))
    if model.measure == "IRLN":
        # Moments of a Poisson count whose log rate is normal.
        x, t = model.x[good, 0], model.n[good, 0]
        with np.errstate(over="ignore"):
            mean = t * np.exp(estimate[good] + 0.5 * tau2[good])
            variance = mean + mean * mean * np.expm1(tau2[good])
        out[good] = (x - mean) / np.sqrt(variance)
        return out
    arms = _given_events(model)
    if arms is None:
        return out
    b = np.linspace(-_REACH, _REACH, _NODES)
    weight = np.exp(-0.5 * b * b)
    weight /= weight.sum()
    tau = np.sqrt(tau2[good])
    eta = (arms.offset[good, 0] + estimate[good])[:, None] + tau[:, None] * b
    _, score, information = (part[:, 0] for part in arms.parts(eta[:, None, :], good))
    mean = arms.x[good] - score
    first = mean @ weight
    variance = (information + (mean - first[:, None]) ** 2) @ weight
    with np.errstate(divide="ignore", invalid="ignore"):
        out[good] = np.where(variance > 0.0, (arms.x[good, 0] - first) / np.sqrt(variance), np.nan)
    return out


def _given_events(model: EffectModel) -> Arms | None:
    """The model of the first arm's events given those of both; nothing where there are too many tables to add up."""
    if model.conditional:
        return model.arms
    try:
        return conditional_arms(model.measure, "CM.EL", model.x, model.n)
    except SettingsError:
        return None
