"""Full answers from the methods that are neither inverse variance nor the binomial-normal model by likelihood."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from scipy.special import logit

from ..glmm.common import likelihood_ratio_q
from ..inverse.heterogeneity import i2_interval_from_q
from ..measures.effects import measure
from ..models.bayes_binomial import pool_bayes
from ..models.beta_binomial_profile import pool_beta_binomial
from ..models.mantel_haenszel import MantelHaenszelFit, pool_mantel_haenszel
from ..models.peto import PetoFit, pool_peto
from ..numeric.distributions import Floats, chi2_tail
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
from .inverse import COMMON, FEW, NEW_STUDY, NO_DIFFERENCE, back, no_effect
from .studies import ONE_STUDY, TWO_STUDIES, crude, sums

_NONE = Reporting(None, None, None)
_NO_LEAVE = "not computed for this model"


def answer_tables(
    data: Mapping[str, Floats], studies: tuple[Study, ...], settings: Settings, leave_one_out: bool
) -> PoolResult:
    """Pool two arms by Mantel-Haenszel or Peto: a common effect, weights from the counts.

    Parameters
    ----------
    data, studies, settings, leave_one_out
        As for :func:`synth.meta.answers.inverse.answer_inverse`.

    Returns
    -------
    PoolResult
    """
    scale = measure(settings.measure)
    events_1, size_1, events_2, size_2 = (data[name] for name in scale.columns)
    k = len(studies)
    settings = replace(settings, ci_method="wald")

    def fit(include: Floats | None = None) -> MantelHaenszelFit | PetoFit:
        if settings.model == "peto":
            return pool_peto(events_1, size_1, events_2, size_2, include, level=settings.level)
        return pool_mantel_haenszel(
            events_1, size_1, events_2, size_2, include,
            measure=scale.name, zero_cells=settings.zero_cells, level=settings.level,
        )  # fmt: skip

    full = fit()
    estimate, se = number(full.estimate), number(full.se)
    low, high = number(full.ci_low), number(full.ci_high)
    reason = ONE_STUDY if k == 1 else None
    if estimate is None or low is None:
        reason = "no events in one arm of all studies together: the ratio has no finite estimate or interval"
    shown = Reporting(back(scale, estimate), back(scale, low), back(scale, high))
    events, total = sums(data)
    several = bool(np.isfinite(full.q_df)) and float(full.q_df) >= 1
    i2_low, i2_high = i2_interval_from_q(full.q, full.q_df, settings.level)
    spread = Heterogeneity(
        number(full.q), "Cochran, about this estimate", int(full.q_df), number(full.q_p), number(full.i2),
        number(i2_low), number(i2_high), "from Q", number(full.h2),
        None if float(full.q_df) > 1 else TWO_STUDIES,
    ) if several else Heterogeneity(None, None, None, None, None, None, None, None, None, NO_DIFFERENCE)  # fmt: skip
    pooled = Pooled(
        scale.scale, estimate, se, low, high, "wald", None, shown, (Interval("wald", low, high, None, shown, reason),),
        reason, no_effect(scale, estimate, se, None),
    )  # fmt: skip
    omitted: tuple[Omitted, ...] = ()
    why: str | None = "one study: nothing is left without it" if k == 1 else None if leave_one_out else "not asked for"
    if leave_one_out and k > 1:
        rest = fit((~np.eye(k, dtype=bool)).astype(float))
        omitted = tuple(_omitted(studies[i].study, k - 1, rest, i, scale.name) for i in range(k))
    return PoolResult(
        settings=settings,
        k=k,
        events=events,
        total=total,
        crude=None,
        studies=tuple(replace(s, weight=number(full.weights[i])) for i, s in enumerate(studies)),
        pooled=pooled,
        population_average=PopulationAverage(None, "given by the binomial-normal model only"),
        tau2=Tau2(None, None, None, None, None, None, None, COMMON),
        heterogeneity=spread,
        prediction=Prediction(None, None, None, None, _NONE, None, "a common effect: all studies share one value"),
        leave_one_out=omitted,
        leave_one_out_reason=why,
    )


def _omitted(study: str, k: int, rest: MantelHaenszelFit | PetoFit, i: int, name: str) -> Omitted:
    scale = measure(name)
    bounds = [back(scale, b[i]) for b in (rest.estimate, rest.ci_low, rest.ci_high)]
    reason = "no finite estimate or interval is left" if None in bounds else None
    return Omitted(study, k, bounds[0], bounds[1], bounds[2], "wald", None, number(rest.i2[i]), reason)


def answer_beta_binomial(
    data: Mapping[str, Floats], studies: tuple[Study, ...], settings: Settings, leave_one_out: bool
) -> PoolResult:
    """Pool proportions by the beta-binomial model.

    Parameters
    ----------
    data, studies, settings, leave_one_out
        As for :func:`synth.meta.answers.inverse.answer_inverse`.

    Returns
    -------
    PoolResult
        Its ``tau2`` is ``None``: the model's variance is on the scale of proportions, and stands in a note as the
        intraclass correlation.
    """
    x, n = data["events"], data["total"]
    fit = pool_beta_binomial(x, n, ci_method=settings.ci_requested, level=settings.level)
    notes: tuple[str, ...] = ()
    if fit.rho is not None:
        bounds = [f"{b:.4g}" if b is not None else "no limit" for b in (fit.rho_ci_low, fit.rho_ci_high)]
        notes = (
            f"Intraclass correlation rho {fit.rho:.4g} (profile likelihood {bounds[0]} to {bounds[1]}); the "
            "beta-binomial model describes differences between studies by rho, not by tau2.",
        )
    test = None if fit.rho_p_value is None or fit.loglik is None or fit.loglik_common is None else Test(
        max(2.0 * (fit.loglik - fit.loglik_common), 0.0), fit.rho_p_value,
        "likelihood ratio of rho = 0, boundary mixture of chi-square 0 and 1",
    )  # fmt: skip
    without = "the model has no tau2; see the intraclass correlation in the notes"
    predicted = None
    if no_study_left(x.size, settings) is None and fit.prediction_low is not None:
        predicted = (fit.prediction_low, fit.prediction_high)
    return _proportions(
        data, studies, settings, fit.ci_method, fit.proportion, fit.logit, fit.se, fit.ci_low, fit.ci_high, fit.reason,
        Tau2(None, None, None, None, None, None, test, without), predicted, "quantiles of the fitted beta distribution",
        number(fit.loglik), notes,
        _drop(data, studies, leave_one_out, lambda d: _beta_row(d, settings)),
    )  # fmt: skip


def answer_bayes(
    data: Mapping[str, Floats], studies: tuple[Study, ...], settings: Settings, leave_one_out: bool
) -> PoolResult:
    """Pool proportions by the Bayesian binomial-normal model.

    Parameters
    ----------
    data, studies, settings, leave_one_out
        As for :func:`synth.meta.answers.inverse.answer_inverse`.

    Returns
    -------
    PoolResult
        Estimates are posterior medians, intervals central credible intervals.
    """
    x, n = data["events"], data["total"]
    fit = pool_bayes(x, n, level=settings.level)
    notes = (f"Priors: {fit.tau_prior}; {fit.mu_prior}.",)
    several = x.size > 1
    tau2 = Tau2(
        None if fit.tau is None else fit.tau**2, "posterior median", fit.tau,
        None if fit.tau_ci_low is None else fit.tau_ci_low**2, None if fit.tau_ci_high is None else fit.tau_ci_high**2,
        "credible interval", None, None if several else "one study: this is the prior on tau, hardly moved",
    )  # fmt: skip
    predicted = (fit.prediction_low, fit.prediction_high) if no_study_left(x.size, settings) is None else None
    return _proportions(
        data, studies, settings, "credible", fit.proportion, fit.logit, fit.sd, fit.ci_low, fit.ci_high, None, tau2,
        predicted, "posterior predictive", None, notes,
        _drop(data, studies, leave_one_out, lambda d: _bayes_row(d, settings)),
    )  # fmt: skip


def no_study_left(k: int, settings: Settings) -> str | None:
    """Why there is no prediction interval, or None."""
    if settings.prediction_method == "none":
        return "no prediction interval was asked for"
    return NEW_STUDY if k < 3 else None


_Row = tuple[float | None, float | None, float | None, str, float | None, str | None]


def _beta_row(data: Mapping[str, Floats], settings: Settings) -> _Row:
    fit = pool_beta_binomial(data["events"], data["total"], ci_method=settings.ci_requested, level=settings.level)
    return fit.proportion, fit.ci_low, fit.ci_high, fit.ci_method, None, fit.reason


def _bayes_row(data: Mapping[str, Floats], settings: Settings) -> _Row:
    fit = pool_bayes(data["events"], data["total"], level=settings.level)
    return fit.proportion, fit.ci_low, fit.ci_high, "credible", None if fit.tau is None else fit.tau**2, None


def _drop(
    data: Mapping[str, Floats],
    studies: tuple[Study, ...],
    wanted: bool,
    row: Callable[[Mapping[str, Floats]], _Row],
) -> tuple[tuple[Omitted, ...], str | None]:
    """Leave-one-out for second opinions: they are for a handful of studies, and above that it is left to the GLMM."""
    k = len(studies)
    if k == 1:
        return (), "one study: nothing is left without it"
    if not wanted:
        return (), "not asked for"
    out = []
    for i, study in enumerate(studies):
        keep = np.arange(k) != i
        estimate, low, high, method, tau2, reason = row({name: v[keep] for name, v in data.items()})
        out.append(Omitted(study.study, k - 1, estimate, low, high, method, tau2, None, reason))
    return tuple(out), None


def _proportions(
    data: Mapping[str, Floats],
    studies: tuple[Study, ...],
    settings: Settings,
    method: str,
    estimate: float | None,
    mu: float | None,
    se: float | None,
    low: float | None,
    high: float | None,
    reason: str | None,
    tau2: Tau2,
    predicted: tuple[float | None, float | None] | None,
    how: str,
    loglik: float | None,
    notes: tuple[str, ...],
    left: tuple[tuple[Omitted, ...], str | None],
) -> PoolResult:
    x, n = data["events"], data["total"]
    k = x.size
    settings = replace(settings, ci_method=method)
    bounds = [None if b is None else number(logit(b)) for b in (low, high)]
    shown = Reporting(estimate, low, high)
    if reason is None and None in (low, high):
        reason = "the likelihood never falls far enough: the data set no limit on that side"
    why = no_study_left(k, settings)
    if predicted is None:
        why = why or reason or "the model finds no difference between studies, so a new one has the pooled proportion"
        prediction = Prediction(None, None, None, None, _NONE, None, why)
    else:
        ends = [None if b is None else number(logit(b)) for b in predicted]
        prediction = Prediction(
            how, None, ends[0], ends[1], Reporting(estimate, *predicted), k >= 10, None if k >= 10 else FEW
        )
    q = float(likelihood_ratio_q(x, n))
    spread = Heterogeneity(
        q, "likelihood ratio", k - 1, float(chi2_tail(q, k - 1)), None, None, None, None, None,
        "I2 and H2 are not defined by this model",
    ) if k > 1 else Heterogeneity(None, None, None, None, None, None, None, None, None, NO_DIFFERENCE)  # fmt: skip
    weight = n / n.sum()
    return PoolResult(
        settings=settings,
        k=k,
        events=int(x.sum()),
        total=int(n.sum()),
        crude=crude(data, settings.level),
        studies=tuple(replace(s, weight=float(weight[i])) for i, s in enumerate(studies)),
        pooled=Pooled("logit", mu, se, bounds[0], bounds[1], method, None, shown, (), reason),
        population_average=PopulationAverage(None, "given by the binomial-normal model by maximum likelihood only"),
        tau2=tau2,
        heterogeneity=spread,
        prediction=prediction,
        leave_one_out=left[0],
        leave_one_out_reason=left[1],
        loglik=loglik,
        notes=(*notes, "Weights are shares of patients: this model defines no others."),
    )
