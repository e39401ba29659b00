"""From a fit of the binomial-normal model to a full result for proportions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import expit, logit

from ...errors import NoAnswer
from ..glmm import fit as glmm
from ..glmm.common import common_fit, likelihood_ratio_q, typical_variance
from ..glmm.i2 import FROM_Q, FROM_TAU2, i2_h2, logit_q
from ..glmm.profile import population_average, profile_mu, profile_tau2, study_terms
from ..glmm.rows import NO_LIMIT, exact_interval, fit_rows, glmm_rows, row_method
from ..inverse.heterogeneity import i2_interval_from_q
from ..numeric.distributions import chi2_tail, normal_upper, t_upper
from ..numeric.quadrature import Floats
from ..results import (
    Heterogeneity,
    Interval,
    Omitted,
    Pooled,
    PoolResult,
    PopulationAverage,
    Prediction,
    Reporting,
    Settings,
    Study,
    Tau2,
    Test,
    number,
)
from .studies import ONE_STUDY, TWO_STUDIES

ONE_EACH = "every study has one patient, so the data say nothing about differences between studies"
_NONE = Reporting(None, None, None)


def answer_glmm(
    data: Mapping[str, Floats], studies: tuple[Study, ...], settings: Settings, leave_one_out: bool
) -> PoolResult:
    """Pool by the binomial-normal model.

    Parameters
    ----------
    data : mapping of array, shape (k,)
        ``events`` and ``total``, ``k >= 1``.
    studies : tuple of Study
        Already with their own intervals; weights and shrunken estimates are filled in here.
    settings : Settings
        ``ci_requested`` is what was asked for; ``ci_method`` becomes what was used.
    leave_one_out : bool

    Returns
    -------
    PoolResult

    Raises
    ------
    NoAnswer
        Where the likelihood has no maximum.
    """
    x, n = data["events"], data["total"]
    k = x.size
    common = settings.effects == "common"
    full = common_fit(x, n, np.ones(k)) if common else glmm.fit(x, n)
    state = int(full.state)
    if state == glmm.SEPARATED:
        raise NoAnswer(
            f"The binomial-normal model has no answer on these {k} studies: {glmm.REASONS[state]}. Tried: Newton "
            "from the common logit, the empirical logits and two wider spreads. Use --model inverse (with a continuity "
            "correction), or --effects common."
        )
    requested = settings.ci_requested
    method = row_method(k, state, settings)
    sum_x, sum_n = float(x.sum()), float(n.sum())
    exact = exact_interval(sum_x, sum_n, settings.level)
    settings = replace(settings, ci_method=method)
    notes: list[str] = []
    if requested not in ("auto", method):
        notes.append(
            f"The {requested} interval does not exist here, so the exact one is given: "
            f"{ONE_STUDY if k == 1 else glmm.REASONS[state]}."
        )
    pooled = _pooled(x, n, full, state, method, settings, exact, common)
    tau2, heterogeneity = _spread(x, n, full, state, settings, common)
    parts: dict[str, Any] = {
        "settings": settings,
        "k": k,
        "events": int(sum_x),
        "total": int(sum_n),
        "crude": Reporting(sum_x / sum_n, *exact),
        "pooled": pooled,
        "tau2": tau2,
        "heterogeneity": heterogeneity,
        "studies": _with_terms(x, n, studies, full, state, settings),
        "prediction": _prediction(n, full, state, settings, common),
        "population_average": _average(n, full, state, common),
        "loglik": number(full.loglik),
        "notes": tuple(notes),
    }
    omitted, reason = _leave_one_out(x, n, studies, full, settings, leave_one_out)
    return PoolResult(**parts, leave_one_out=omitted, leave_one_out_reason=reason)


def shows_tau(total: Floats) -> bool:
    """Whether the data can tell variation between studies: studies of one patient each cannot."""
    return bool((total > 1).any())


def _proportions(low: float | None, high: float | None) -> tuple[float | None, float | None]:
    return (None if low is None else float(expit(low)), None if high is None else float(expit(high)))


def _pooled(
    x: Floats,
    n: Floats,
    full: glmm.GlmmFit,
    state: int,
    method: str,
    settings: Settings,
    exact: tuple[float, float],
    common: bool,
) -> Pooled:
    k = x.size
    if k == 1 or state != glmm.OK:
        boundary = state != glmm.OK
        p = float(x.sum() / n.sum())
        low, high = (number(v) for v in logit(np.array(exact)))
        return Pooled(
            "logit",
            None if boundary else float(full.mu),
            None if boundary else float(full.se),
            low,
            high,
            "exact",
            None,
            Reporting(p, *exact),
            (),
            glmm.REASONS[state] if boundary else ONE_STUDY,
        )
    mu, se = float(full.mu), float(full.se)
    tail = (1.0 - settings.level) / 2.0
    z, t = float(normal_upper(tail)), float(t_upper(tail, k - 1))
    wald, student = (mu - z * se, mu + z * se), (mu - t * se, mu + t * se)
    found: dict[str, tuple[float | None, float | None, float | None, str | None]] = {
        "t": (*student, k - 1.0, None),
        "wald": (*wald, None, None),
    }
    if common:
        low, high = (number(v) for v in logit(np.array(exact)))
        found["exact"] = (low, high, None, None)
    else:
        low, high, reason = None, None, None
        try:
            low, high = (number(v) for v in profile_mu(x, n, full, settings.level))
        except NoAnswer as error:
            if settings.ci_method == "profile":
                raise
            reason = str(error)
        reason = reason or (None if low is not None and high is not None else NO_LIMIT)
        found["profile"] = (low, high, None, reason)
    intervals = tuple(
        Interval(name, low, high, df, Reporting(float(expit(mu)), *_proportions(low, high)), reason)
        for name in ("exact", "t", "profile", "wald")
        if name in found
        for low, high, df, reason in [found[name]]
    )
    low, high, df, reason = found[method]
    return Pooled(
        "logit", mu, se, low, high, method, df, Reporting(float(expit(mu)), *_proportions(low, high)), intervals, reason
    )


def _spread(
    x: Floats, n: Floats, full: glmm.GlmmFit, state: int, settings: Settings, common: bool
) -> tuple[Tau2, Heterogeneity]:
    k = x.size
    if k == 1:
        why = "one study says nothing about differences between studies"
        return (
            Tau2(None, settings.tau2_method, None, None, None, None, None, why),
            Heterogeneity(None, None, None, None, None, None, None, None, None, why),
        )
    q = float(likelihood_ratio_q(x, n))
    # Not one event, or nothing else, in any study: no difference at all is seen, and Q is 0 by every definition.
    p_value = float(chi2_tail(q, k - 1))
    q_method = "likelihood ratio"
    if state != glmm.OK or common:
        why = glmm.REASONS[state] if state != glmm.OK else "a common effect was asked for: no variance between studies"
        if state != glmm.OK:
            why = f"{why.split(':')[0]}, so differences between studies cannot be estimated"
        return (
            Tau2(None, settings.tau2_method, None, None, None, None, None, why),
            Heterogeneity(q, q_method, k - 1, p_value, None, None, None, None, None, why),
        )
    if not shows_tau(n):
        return (
            Tau2(None, settings.tau2_method, None, None, None, None, None, ONE_EACH),
            Heterogeneity(q, q_method, k - 1, p_value, None, None, None, None, None, ONE_EACH),
        )
    value = float(full.tau2)
    low, high, reason = None, None, None
    try:
        low, high = (number(v) for v in profile_tau2(x, n, full, settings.level))
    except NoAnswer as error:
        reason = str(error)
    statistic = max(2.0 * float(full.loglik - full.loglik_common), 0.0)
    # Half a point mass at 0, half chi-square with one degree of freedom (Self & Liang 1987).
    p_tau = 1.0 if value == 0.0 else 0.5 * float(chi2_tail(statistic, 1))
    if high is None and reason is None:
        reason = "the likelihood never falls far enough: the data set no upper limit"
    tau2 = Tau2(
        value,
        "ML",
        float(np.sqrt(value)),
        low,
        high,
        "profile likelihood",
        Test(statistic, p_tau, "likelihood ratio, boundary mixture of chi-square 0 and 1"),
        reason,
    )
    i2, h2 = (number(share) for share in i2_h2(x, n, value, settings.i2_method))
    if settings.i2_method == "q":
        i2_ci = [number(bound) for bound in i2_interval_from_q(logit_q(x, n), k - 1, settings.level)]
        few = TWO_STUDIES if k == 2 else reason
        return tau2, Heterogeneity(q, q_method, k - 1, p_value, i2, i2_ci[0], i2_ci[1], FROM_Q, h2, few)
    v = float(typical_variance(x, n))
    i2_ci = [None if bound is None else bound / (bound + v) for bound in (low, high)]
    return tau2, Heterogeneity(q, q_method, k - 1, p_value, i2, i2_ci[0], i2_ci[1], FROM_TAU2, h2, reason)


def _with_terms(
    x: Floats, n: Floats, studies: tuple[Study, ...], full: glmm.GlmmFit, state: int, settings: Settings
) -> tuple[Study, ...]:
    if state != glmm.OK:
        return tuple(replace(s, weight=float(w)) for s, w in zip(studies, n / n.sum(), strict=True))
    weight, mean, sd = study_terms(x, n, float(full.mu), float(full.tau2))
    if x.size == 1 or settings.effects == "common":
        return tuple(replace(s, weight=float(w)) for s, w in zip(studies, weight, strict=True))
    z = float(normal_upper((1.0 - settings.level) / 2.0))
    middle, low, high = expit(mean), expit(mean - z * sd), expit(mean + z * sd)
    return tuple(
        replace(s, weight=float(weight[i]), shrunken=Reporting(float(middle[i]), float(low[i]), float(high[i])))
        for i, s in enumerate(studies)
    )


def _prediction(n: Floats, full: glmm.GlmmFit, state: int, settings: Settings, common: bool) -> Prediction:
    k, shows, why = n.size, shows_tau(n), None
    if settings.prediction_method == "none":
        why = "no prediction interval was asked for"
    elif common:
        why = "a common effect was asked for: it says that all studies share one proportion"
    elif state != glmm.OK:
        why = "differences between studies cannot be estimated here"
    elif k < 3:
        why = "a prediction interval needs three studies or more"
    elif not shows:
        why = ONE_EACH
    if why:
        return Prediction(None, None, None, None, _NONE, None, why)
    tail = (1.0 - settings.level) / 2.0
    df = {"t": k - 1.0, "hts": k - 2.0, "normal": np.inf}[settings.prediction_method]
    half = float(t_upper(tail, df)) * float(np.sqrt(full.tau2 + full.se**2))
    mu = float(full.mu)
    low, high = mu - half, mu + half
    return Prediction(
        settings.prediction_method,
        number(df),
        low,
        high,
        Reporting(float(expit(mu)), float(expit(low)), float(expit(high))),
        k >= 10,
        None if k >= 10 else "fewer than ten studies: the interval itself is uncertain",
    )


def _average(n: Floats, full: glmm.GlmmFit, state: int, common: bool) -> PopulationAverage:
    if n.size == 1:
        return PopulationAverage(None, "one study says nothing about other studies")
    if state != glmm.OK:
        return PopulationAverage(None, "differences between studies cannot be estimated here")
    if common:
        return PopulationAverage(float(expit(full.mu)), None)
    return PopulationAverage(population_average(float(full.mu), float(full.tau2)), None)


def _leave_one_out(
    x: Floats, n: Floats, studies: tuple[Study, ...], full: glmm.GlmmFit, settings: Settings, wanted: bool
) -> tuple[tuple[Omitted, ...], str | None]:
    k = x.size
    if k == 1:
        return (), "one study: nothing is left without it"
    if not wanted:
        return (), "not asked for"
    include = ~np.eye(k, dtype=bool)
    # Without one study the top is near: climbing from it alone is several times as fast as from several starts.
    parts = glmm_rows(x, n, include, fit_rows(x, n, include, settings.effects, full), settings)
    return tuple(Omitted.without(study.study, part) for study, part in zip(studies, parts, strict=True)), None
