"""Influence in one result: what each study does to the pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import NoAnswer
from ..answers.inverse import error_method, interval_method
from ..glmm.common import likelihood_ratio_q
from ..glmm.fit import OK, REASONS
from ..glmm.influence import event_moments, glmm_influence
from ..glmm.two_arm import effect_model, fit_effects
from ..glmm.two_arm_influence import effect_influence
from ..numeric.distributions import Floats, chi2_tail
from ..results import number
from ..sensitivity.influence import influence as inverse_influence
from .mixed import is_mixed
from .prepare import Excluded, Prepared, count, prepare

RULE: Final = (
    "|DFFITS| > 3 sqrt(1 / (k - 1)), Cook's distance beyond the median of chi-square with 1 degree of freedom, "
    "hat > 3 / k"
)


@dataclass(frozen=True)
class Case:
    """What leaving one study out changes.

    Attributes
    ----------
    rstudent : float or None
        Deleted residual in standard errors: of the estimate (inverse variance), or of the events (Pearson; of two
        arms: of the first arm's events given those of both).
    dffits, cooks_distance, covariance_ratio
        Change of the pooled estimate in standard errors without the study; squared, in those with it; and the squared
        standard error without it over that with it.
    tau2_deleted, q_deleted : float or None
        Without the study; Q by the model's own definition.
    hat, weight : float or None
        Share of the information on the pooled estimate.
    flagged : bool
        Beyond a rule of :func:`influence_analysis`.
    reason : str or None
        Why the pool without the study has no finite answer.
    """

    study: str
    rstudent: float | None
    dffits: float | None
    cooks_distance: float | None
    covariance_ratio: float | None
    tau2_deleted: float | None
    q_deleted: float | None
    hat: float | None
    weight: float | None
    flagged: bool
    reason: str | None = None


@dataclass(frozen=True)
class Contribution:
    """A point of Baujat's plot: squared Pearson residual, and squared change of the estimate in standard errors."""

    study: str
    contribution: float | None
    influence: float | None


@dataclass(frozen=True)
class InfluenceAnalysis:
    """Influence of every study; see :func:`influence_analysis`."""

    model: str
    rows: tuple[Case, ...]
    baujat: tuple[Contribution, ...]
    rule: str
    excluded: tuple[Excluded, ...]
    reason: str | None


def influence_analysis(
    data: Mapping[str, Sequence[Any]], studies: Sequence[str] | None = None, **settings: Any
) -> InfluenceAnalysis:
    """Leave out each study in turn and measure what changes.

    Parameters
    ----------
    data, studies
        As for :func:`synth.meta.pool`.
    **settings
        ``measure, model, effects, tau2_method, ci_method, level, ...`` as for :func:`synth.meta.pool`; under HKSJ the
        diagnostics of inverse variance use its standard errors.

    Returns
    -------
    InfluenceAnalysis

    Raises
    ------
    NothingToPool, ProblemsError, SettingsError, UnknownName
        As for :func:`synth.meta.pool`; a model without influence analysis.

    Notes
    -----
    Viechtbauer and Cheung (2010), Res Synth Methods 1:112-125; Baujat et al. (2002), Stat Med 21:2641-2652.

    Examples
    --------
    >>> found = influence_analysis({"events": [7, 3, 1, 0, 5], "total": [43, 38, 26, 17, 30]}, list("ABCDE"))
    >>> [(row.study, round(row.cooks_distance, 3), row.flagged) for row in found.rows][:2]
    [('A', 0.632, True), ('B', 0.001, False)]
    """
    given = prepare(data, studies, {}, "influence analysis", settings)
    rule = RULE + (", or |DFBETAS| > 1" if given.settings.model == "inverse" else "")
    if given.k < 3:
        reason = f"{count(given.k)}: leaving one out leaves nothing to pool"
        return InfluenceAnalysis(given.settings.model, (), (), rule, given.excluded, reason)
    try:
        make = _mixed if is_mixed(given.settings) else _glmm if given.settings.model == "glmm" else _inverse
        rows, points, why = make(given)
    except NoAnswer as error:
        rows, points, why = (), (), str(error)
    return InfluenceAnalysis(given.settings.model, rows, points, rule, given.excluded, why)


_Made = tuple[tuple[Case, ...], tuple[Contribution, ...], str | None]


def _inverse(given: Prepared) -> _Made:
    settings = given.settings
    found = inverse_influence(
        given.y, given.v, effects=settings.effects, tau2_method=settings.tau2_method or "REML",
        ci_method=error_method(interval_method(settings)), level=settings.level,
    )  # fmt: skip
    out, common = found.leave_one_out, settings.effects == "common"
    rows = tuple(
        Case(
            study.study, number(found.rstudent[i]), number(found.dffits[i]), number(found.cook_distance[i]),
            number(found.cov_ratio[i]), None if common else number(out.tau2[i]), number(out.q[i]),
            number(found.hat[i]), number(found.hat[i]), bool(found.influential[i]),
        )
        for i, study in enumerate(given.studies)
    )  # fmt: skip
    points = tuple(Contribution(s.study, number(found.baujat_x[i]), number(found.baujat_y[i]))
                   for i, s in enumerate(given.studies))  # fmt: skip
    return rows, points, None


def _mixed(given: Prepared) -> _Made:
    made = given.settings
    model = effect_model(made.measure, made.model, given.data)
    found = effect_influence(model, effects=made.effects)
    if found is None:
        whole = fit_effects(model, np.ones((1, given.k)), effects=made.effects)
        return (), (), f"the model has no finite estimate: {model.reason(int(whole.state[0]))}"
    k, state = given.k, found.deleted.state
    lost = np.asarray(state != OK)
    flagged = _flags(found.dffits, found.cook, found.hat, lost)
    no_tau2 = made.effects == "common" or not model.shows_tau()
    rows = tuple(
        Case(
            study.study, number(found.residual[i]), number(found.dffits[i]), number(found.cook[i]),
            number(found.covratio[i]), None if no_tau2 else number(found.deleted.tau2[i]), number(found.q[i]),
            number(found.hat[i]), number(found.hat[i]), bool(flagged[i]),
            f"without it {model.reason(int(state[i]))}" if lost[i] else None,
        )
        for i, study in enumerate(given.studies)
    )  # fmt: skip
    points = tuple(Contribution(given.studies[i].study, number(found.contribution[i]), number(found.dffits[i] ** 2))
                   for i in range(k))  # fmt: skip
    return rows, points, None


def _flags(dffits: Floats, cook: Floats, hat: Floats, lost: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Studies beyond the rule, or without which there is no finite estimate."""
    k = lost.size
    with np.errstate(invalid="ignore"):
        far = np.abs(dffits) > 3.0 * np.sqrt(1.0 / (k - 1.0))
        return np.asarray(lost | far | (chi2_tail(np.where(lost, 0.0, cook), 1.0) < 0.5) | (hat > 3.0 / k))


def _glmm(given: Prepared) -> _Made:
    x, n = given.counts
    k, common = given.k, given.settings.effects == "common"
    found = glmm_influence(x, n, effects=given.settings.effects)
    if int(found.full.state) != OK:
        return (), (), f"the model has no finite estimate: {REASONS[int(found.full.state)]}"
    q = likelihood_ratio_q(x, n, ~np.eye(k, dtype=bool))
    tau = np.full(k, float(np.sqrt(found.full.tau2)))
    mean, variance = event_moments(n, np.full(k, float(found.full.mu)), tau)
    contribution = (x - mean) ** 2 / variance
    lost = found.deleted.state != OK
    flagged = _flags(found.dffits, found.cook, found.hat, lost)
    rows = tuple(
        Case(
            study.study, number(found.residual[i]), number(found.dffits[i]), number(found.cook[i]),
            number(found.covratio[i]), None if common else number(found.deleted.tau2[i]), number(q[i]),
            number(found.hat[i]), number(found.hat[i]), bool(flagged[i]),
            f"without it {REASONS[int(found.deleted.state[i])]}" if lost[i] else None,
        )
        for i, study in enumerate(given.studies)
    )  # fmt: skip
    points = tuple(Contribution(s.study, number(contribution[i]), number(found.dffits[i] ** 2))
                   for i, s in enumerate(given.studies))  # fmt: skip
    return rows, points, None
