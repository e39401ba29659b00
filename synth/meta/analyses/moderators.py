"""Meta-regression in one result: text becomes factors, and what cannot be told apart is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.special import xlogy

from ...errors import NoAnswer, SettingsError
from ..answers.inverse import error_method, interval_method
from ..glmm.moderators import CI_METHODS, Moderators, glmm_moderators
from ..glmm.permutation import permuted_regression
from ..glmm.two_arm import effect_model
from ..glmm.two_arm_regression import effect_moderators, permuted_effects, unexplained
from ..numeric.distributions import Floats, chi2_tail
from ..numeric.quadrature import log_binomial
from ..results import number
from ..sensitivity.permutation import permutation_test
from ..sensitivity.regression import regress
from ..settings import is_glmm
from .mixed import is_mixed
from .prepare import (
    Excluded,
    Prepared,
    as_label,
    as_number,
    check_whole,
    count,
    how_permuted,
    is_missing,
    prepare,
    without,
)

# Cochrane Handbook, chapter 10: at least ten studies for each characteristic modelled.
PER_MODERATOR: Final = 10
# A column that differs from a combination of the others by less than this share of itself says nothing new.
_SAME: Final = 1e-8


@dataclass(frozen=True)
class Coefficient:
    """One coefficient on the analysis scale; ``permutation_p`` where it was asked for."""

    name: str
    estimate: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    statistic: float | None
    df: float | None
    p_value: float | None
    permutation_p: float | None = None


@dataclass(frozen=True)
class Point:
    """A study on the plot of one numeric moderator; `y` on the analysis scale, `weight` a share of all."""

    study: str
    x: float
    y: float
    weight: float


@dataclass(frozen=True)
class Factor:
    """A moderator of text: each other level has a coefficient against `reference`."""

    moderator: str
    reference: str
    levels: tuple[str, ...]


@dataclass(frozen=True)
class ModeratorAnalysis:
    """Meta-regression on one or more moderators; everything is on the analysis scale, named in `scale`.

    Attributes
    ----------
    coefficients : tuple of Coefficient
        The intercept first.
    factors : tuple of Factor
        Moderators of text; a coefficient is called "moderator: level".
    tau2, r2 : float or None
        What is left between studies, and the share of it that the moderators explain.
    qm, qm_df, qm_p, qm_test
        Of all coefficients but the intercept together.
    qe, qe_df, qe_p, qe_test
        Of what they leave unexplained.
    permutation : str or None
        How the ``permutation_p`` were made.
    qm_permutation_p : float or None
        The same of all coefficients together.
    points : tuple of Point
        Where there is one moderator and it is numeric.
    """

    moderators: tuple[str, ...]
    model: str
    scale: str
    k: int
    ci_method: str | None
    coefficients: tuple[Coefficient, ...]
    factors: tuple[Factor, ...]
    tau2: float | None
    r2: float | None
    qm: float | None
    qm_df: int | None
    qm_p: float | None
    qm_test: str | None
    qe: float | None
    qe_df: int | None
    qe_p: float | None
    qe_test: str | None
    permutation: str | None
    points: tuple[Point, ...]
    excluded: tuple[Excluded, ...]
    notes: tuple[str, ...]
    reason: str | None
    qm_permutation_p: float | None = None


def moderator_analysis(
    data: Mapping[str, Sequence[Any]],
    studies: Sequence[str] | None,
    moderators: Mapping[str, Sequence[Any]],
    *,
    permutations: int | None = None,
    seed: int = 1,
    **settings: Any,
) -> ModeratorAnalysis:
    """Regress the studies' estimates on moderators.

    Parameters
    ----------
    data, studies
        As for :func:`synth.meta.pool`.
    moderators : mapping of sequences, length k
        By name; ``None`` or blank where a study has no value. A column is numeric where most of its values are
        numbers, and a study whose value is not one is then left out; else it is a factor, whose reference is the level
        that comes first.
    permutations : int, optional
        Also test by rearranging the studies against the moderators: in every distinct way where there are at most so
        many, else in so many that are drawn.
    seed : int
        Of the draw.
    **settings
        ``measure, model, effects, tau2_method, ci_method, level, ...`` as for :func:`synth.meta.pool`.

    Returns
    -------
    ModeratorAnalysis

    Raises
    ------
    NothingToPool, ProblemsError, SettingsError, UnknownName
        As for :func:`synth.meta.pool`; no moderator; a model without regression.

    Examples
    --------
    >>> counts = {"events": [9, 3, 2, 1, 5], "total": [43, 38, 26, 17, 60]}
    >>> found = moderator_analysis(counts, None, {"year": [2001, 2002, 2003, 2004, 2005]})
    >>> [(c.name, round(c.estimate, 3)) for c in found.coefficients][1], round(found.qm_p, 3)
    (('year', -0.263), 0.194)
    """
    if not moderators:
        raise SettingsError("A meta-regression needs a moderator. Name one: --moderator year.")
    check_whole("seed", seed, 0, 1)
    if permutations is not None:
        check_whole("permutations", permutations, 2, 5000)
    given = prepare(data, studies, moderators, "meta-regression", settings)
    given, numeric = _kinds(given)
    columns, factors, notes = _columns(given, numeric)
    names = ("intercept", *(name for name, _ in columns))
    p = len(names)
    why = _trouble(given, columns)
    if why is not None:
        return _empty(given, tuple(moderators), factors, notes, why)
    if given.k < PER_MODERATOR * (p - 1):
        one = "one coefficient" if p == 2 else f"{p - 1} coefficients"
        notes = (*notes, f"{count(given.k)} for {one} beside the intercept: at least ten for each are advised, and "
                         "fewer find what is not there.")  # fmt: skip
    x = np.column_stack([values for _, values in columns])
    try:
        make = _counts if is_glmm(given.settings.model) else _inverse
        made = make(given, x, permutations, seed)
    except NoAnswer as error:
        return _empty(given, tuple(moderators), factors, notes, str(error))
    if made is None:
        why = "the coefficients cannot be estimated: the moderators are too nearly the same"
        return _empty(given, tuple(moderators), factors, notes, why)
    rows, summary = made
    if given.settings.model == "inverse" and given.settings.ci_requested == "profile":
        notes = (*notes, "Coefficients have normal intervals: the profile interval is offered for a pooled estimate.")
    tau2 = summary["tau2"] or 0.0
    weight = 1.0 / (given.v + tau2)
    points: tuple[Point, ...] = ()
    if p == 2 and not factors:
        share = weight / weight.sum()
        points = tuple(Point(s.study, float(x[i, 0]), float(given.y[i]), float(share[i]))
                       for i, s in enumerate(given.studies))  # fmt: skip
        if is_glmm(given.settings.model) and given.corrected.any():
            where = "both" if given.settings.measure == "PLOGIT" else "the counts"
            notes = (*notes, f"{count(int(given.corrected.sum()))} with no events or nothing else: drawn with 1/2 "
                             f"added to {where}; the regression itself adds nothing.")  # fmt: skip
    return ModeratorAnalysis(
        moderators=tuple(moderators),
        model=given.settings.model,
        scale=given.scale.scale,
        k=given.k,
        coefficients=tuple(Coefficient(name, *row) for name, row in zip(names, rows, strict=True)),
        factors=factors,
        points=points,
        excluded=given.excluded,
        notes=notes,
        reason=None,
        **summary,
    )


def _kinds(given: Prepared) -> tuple[Prepared, dict[str, bool]]:
    """Tell numbers from text by the majority, and leave out studies with text among numbers."""
    numeric: dict[str, bool] = {}
    reasons: dict[str, str] = {}
    for name, column in given.values.items():
        found = [as_number(value) for value in column]
        numeric[name] = 2 * sum(x is not None for x in found) > len(found)
        if numeric[name]:
            for study, value, x in zip(given.studies, column, found, strict=True):
                if x is None:
                    text = f'{name} is "{as_label(value)}", which is not a number as it is elsewhere'
                    reasons.setdefault(study.study, text)
    return (without(given, reasons) if reasons else given), numeric


def _columns(
    given: Prepared, numeric: Mapping[str, bool]
) -> tuple[list[tuple[str, Floats]], tuple[Factor, ...], tuple[str, ...]]:
    """Columns of the design without the intercept, with their names."""
    columns: list[tuple[str, Floats]] = []
    factors, notes = [], []
    for name, column in given.values.items():
        if numeric[name]:
            columns.append((name, np.array([as_number(value) for value in column], dtype=float)))
            continue
        labels = [as_label(value) for value in column]
        levels = tuple(dict.fromkeys(labels))
        if not levels:
            continue
        factors.append(Factor(name, levels[0], levels))
        notes.append(f'{name} is text: each level is compared with "{levels[0]}", which comes first.')
        columns += [(f"{name}: {level}", np.array([float(label == level) for label in labels])) for level in levels[1:]]
    return columns, tuple(factors), tuple(notes)


def _trouble(given: Prepared, columns: Sequence[tuple[str, Floats]]) -> str | None:
    """Why there can be no regression, or ``None``."""
    if given.k == 0:
        return "no study has a value of every moderator"
    for name, column in given.values.items():
        if len({as_label(v) if as_number(v) is None else as_number(v) for v in column if not is_missing(v)}) == 1:
            return f'every study has the same {name}, "{as_label(column[0])}": it can explain nothing'
    p = len(columns) + 1
    if given.k <= p:
        return f"{count(given.k)} cannot carry {p} coefficients: at least {p + 1} are needed"
    basis = np.ones((given.k, 1)) / np.sqrt(given.k)
    for name, values in columns:
        centred = values - values.mean()
        size = float(np.sqrt(centred @ centred))
        rest = centred - basis @ (basis.T @ centred)
        rest = rest - basis @ (basis.T @ rest)
        left = float(np.sqrt(rest @ rest))
        if left <= _SAME * size:
            return f"{name} follows from the moderators before it: leave one of them out"
        basis = np.column_stack([basis, rest / left])
    return None


def _empty(
    given: Prepared, moderators: tuple[str, ...], factors: tuple[Factor, ...], notes: tuple[str, ...], reason: str
) -> ModeratorAnalysis:
    return ModeratorAnalysis(
        moderators, given.settings.model, given.scale.scale, given.k, None, (), factors, None, None, None, None, None,
        None, None, None, None, None, None, (), given.excluded, notes, reason,
    )  # fmt: skip


_Rows = list[tuple[float | None, ...]]


def _counts(given: Prepared, x: Floats, permutations: int | None, seed: int) -> tuple[_Rows, dict[str, Any]] | None:
    """Under a mixed model of the counts."""
    settings = given.settings
    method = settings.ci_requested
    if method not in CI_METHODS:
        # plain logistic regression has normal intervals, and one with a tau2 has the degrees of freedom of its studies
        method = "wald" if settings.effects == "common" else "t"
    words: dict[str, Any] = {"effects": settings.effects, "ci_method": method, "level": settings.level}
    if is_mixed(settings):
        model = effect_model(settings.measure, settings.model, given.data)
        m = effect_moderators(model, x, **words)
        qe, of_its_own = unexplained(model, m.loglik_common), "an effect"
        common = settings.effects == "common" or not model.shows_tau()
    else:
        m = glmm_moderators(*given.counts, x, **words)
        qe, of_its_own = _unexplained(*given.counts, m), "one proportion"
        common = settings.effects == "common"
    df = None if method == "wald" else m.k - m.p
    rows = _rows(m.estimate, m.se, m.ci_low, m.ci_high, m.estimate / m.se, df, m.p_value)
    qm: dict[str, Any] = {
        "t": (m.f, m.f_p, f"Wald, F with {m.f_df1} and {m.f_df2} degrees of freedom"),
        "wald": (m.wald, m.wald_p, f"Wald, chi-square with {m.wald_df} degrees of freedom"),
        "profile": (m.ratio, m.ratio_p, f"likelihood ratio, chi-square with {m.ratio_df} degrees of freedom"),
    }
    statistic, p_value, name = qm[method]
    how, together = None, None
    if permutations is not None:
        design = np.column_stack([np.ones(given.k), x])
        drawn: dict[str, Any] = {"effects": settings.effects, "permutations": permutations, "seed": seed}
        if is_mixed(settings):
            dealt = permuted_effects(model, design, **drawn)
        else:
            dealt = permuted_regression(*given.counts, design, **drawn)
        rows = [(*row, number(p)) for row, p in zip(rows, dealt.p_values, strict=True)]
        statistics = "a coefficient over its standard error, together by the likelihood ratio"
        how = how_permuted(dealt.plan.total, None if dealt.plan.exact else seed, statistics)
        together = number(dealt.together_p)
    return rows, {
        "ci_method": method, "tau2": None if common else m.tau2, "r2": None if common else number(m.r2),
        "qm": number(statistic), "qm_df": m.p - 1, "qm_p": number(p_value), "qm_test": name, "qe": qe,
        "qe_df": m.k - m.p, "qe_p": float(chi2_tail(qe, m.k - m.p)),
        "qe_test": f"likelihood ratio against {of_its_own} for each study, chi-square",
        "permutation": how, "qm_permutation_p": together,
    }  # fmt: skip


def _unexplained(x: Floats, n: Floats, m: Moderators) -> float:
    """Likelihood ratio of the regression without tau2 against a proportion of its own for each study."""
    own = float((log_binomial(x, n) + xlogy(x, x / n) + xlogy(n - x, (n - x) / n)).sum())
    return max(2.0 * (own - m.loglik_common), 0.0)


def _inverse(given: Prepared, x: Floats, permutations: int | None, seed: int) -> tuple[_Rows, dict[str, Any]] | None:
    settings, method = given.settings, error_method(interval_method(given.settings))
    common = settings.effects == "common"
    design = np.column_stack([np.ones(given.k), x])
    words: dict[str, Any] = {"effects": settings.effects, "tau2_method": settings.tau2_method or "REML"}
    fit = regress(given.y, given.v, design, ci_method=method, level=settings.level,
                  tested=tuple(range(1, design.shape[1])), **words)  # fmt: skip
    if not np.isfinite(fit.estimate).all():
        return None
    df = number(fit.df)
    rows = _rows(fit.estimate, fit.se, fit.ci_low, fit.ci_high, fit.statistic, df, fit.p_value)
    how, together = None, None
    if permutations is not None:
        found = permutation_test(given.y, given.v, design, ci_method=method, exact_up_to=permutations,
                                 samples=permutations, seed=seed, **words)  # fmt: skip
        rows = [(*row, number(p)) for row, p in zip(rows, found.p_values, strict=True)]
        statistics = "a coefficient over its standard error, together by the statistic of the test of all"
        how = how_permuted(found.arrangements, found.seed, statistics)
        together = number(found.qm_p)
    q = fit.qm_df1
    name = f"chi-square with {q} degrees of freedom" if df is None else f"F with {q} and {df:g} degrees of freedom"
    return rows, {
        "ci_method": method, "tau2": None if common else number(fit.tau2), "r2": None if common else number(fit.r2),
        "qm": number(fit.qm), "qm_df": q, "qm_p": number(fit.qm_p), "qm_test": f"Wald, {name}", "qe": number(fit.q),
        "qe_df": int(fit.q_df), "qe_p": number(fit.q_p), "qe_test": "Cochran, of the residuals, chi-square",
        "permutation": how, "qm_permutation_p": together,
    }  # fmt: skip


def _rows(
    estimate: Floats, se: Floats, low: Floats, high: Floats, statistic: Floats, df: float | None, p_value: Floats
) -> _Rows:
    columns = zip(estimate, se, low, high, statistic, p_value, strict=True)
    return [(*(number(v) for v in (e, s, a, b, t)), df, number(p)) for e, s, a, b, t, p in columns]
