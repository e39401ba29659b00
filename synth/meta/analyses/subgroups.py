"""Subgroups in one result: each pooled, and whether they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ...errors import NoAnswer
from ..answers.inverse import back, error_method, interval_method, inverse_rows
from ..glmm.common import likelihood_ratio_q
from ..glmm.fit import OK
from ..glmm.i2 import i2_h2
from ..glmm.moderators import GlmmSubgroups, glmm_subgroups
from ..glmm.permutation import permuted_groups as glmm_permuted
from ..glmm.regression import profile_coefficient
from ..glmm.rows import NO_LIMIT, fit_rows, glmm_rows
from ..measures.effects import harmonic_size
from ..numeric.distributions import Floats, chi2_tail, normal_upper, t_upper
from ..results import Part, number
from ..sensitivity.permutation import permutation_test
from ..sensitivity.permutation import permuted_groups as inverse_permuted
from ..sensitivity.subgroups import TAU2
from ..sensitivity.subgroups import Subgroups as Kernel
from ..sensitivity.subgroups import subgroups as inverse_subgroups
from ..settings import is_glmm, known
from .mixed import is_mixed, mixed_groups, mixed_permuted
from .prepare import Excluded, Prepared, as_label, check_whole, count, how_permuted, prepare

_CHI2 = "Q between groups, weights 1/se^2, chi-square"
_NONE_LEFT = "as many groups as studies leave no degree of freedom for one tau2"
_NO_MODEL = "the model with one tau2 for all groups has no maximum; separate tau2 may have"
_SHARED = "Wald test of equal means in one model with a common tau2, chi-square"


@dataclass(frozen=True)
class Subgroup:
    """One group, pooled on the reporting scale."""

    name: str
    k: int
    studies: tuple[str, ...]
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str | None
    tau2: float | None
    i2: float | None
    reason: str | None


@dataclass(frozen=True)
class GroupTest:
    """Another test of the same question; ``df2`` is that of the denominator of F."""

    name: str
    statistic: float | None
    df: float | None
    df2: float | None
    p_value: float | None
    reason: str | None


@dataclass(frozen=True)
class SubgroupAnalysis:
    """Subgroups by one variable.

    Attributes
    ----------
    by_tau2 : {"separate", "common", "none"}
        One tau2 for each group, one for all, or none under a common effect.
    groups : tuple of Subgroup
        In order of appearance.
    q_between, df, p_value, test
        Whether the groups differ; ``None`` with ``reason``.
    other_tests : tuple of GroupTest
    r2 : float or None
        Share of tau2 that the groups explain, with a common tau2.
    permutation_p : float or None
        Where it was asked for.
    permutation : str or None
        What was permuted, how often, and by which statistic; or why it could not be.
    """

    variable: str
    by_tau2: str
    model: str
    groups: tuple[Subgroup, ...]
    q_between: float | None
    df: int | None
    p_value: float | None
    test: str | None
    other_tests: tuple[GroupTest, ...]
    r2: float | None
    excluded: tuple[Excluded, ...]
    notes: tuple[str, ...]
    reason: str | None
    permutation_p: float | None = None
    permutation: str | None = None


def subgroup_analysis(
    data: Mapping[str, Sequence[Any]],
    studies: Sequence[str] | None,
    by: Sequence[Any],
    *,
    variable: str = "subgroup",
    by_tau2: str = "separate",
    permutations: int | None = None,
    seed: int = 1,
    **settings: Any,
) -> SubgroupAnalysis:
    """Pool each subgroup and test whether they differ.

    Parameters
    ----------
    data, studies
        As for :func:`synth.meta.pool`.
    by : sequence, length k
        The group of each study; ``None`` or blank where it has none.
    variable : str
        What `by` is called.
    by_tau2 : {"separate", "common"}
        One tau2 for each group, so that each is pooled as if alone; or one for all from the regression on the groups.
    permutations : int, optional
        Also test by giving the groups out anew: in every distinct way where there are at most so many, else in so many
        that are drawn.
    seed : int
        Of the draw.
    **settings
        ``measure, model, effects, tau2_method, ci_method, level, ...`` as for :func:`synth.meta.pool`.

    Returns
    -------
    SubgroupAnalysis

    Raises
    ------
    NothingToPool, ProblemsError, SettingsError, UnknownName
        As for :func:`synth.meta.pool`; a model without subgroups.

    Notes
    -----
    Borenstein and Higgins (2013), Prev Sci 14:134-143.

    Examples
    --------
    >>> counts = {"events": [9, 3, 2, 1, 5], "total": [43, 38, 26, 17, 60]}
    >>> found = subgroup_analysis(counts, None, ["a", "a", "b", "b", "b"], variable="approach")
    >>> [(g.name, g.k, round(g.estimate, 3)) for g in found.groups], round(found.p_value, 3)
    ([('a', 2, 0.144), ('b', 3, 0.078)], 0.199)
    """
    by_tau2 = known("tau2 of subgroups (--by-tau2)", by_tau2, TAU2)
    check_whole("seed", seed, 0, 1)
    if permutations is not None:
        check_whole("permutations", permutations, 2, 5000)
    given = prepare(data, studies, {variable: by}, "subgroup analysis", settings)
    names = [as_label(value) for value in given.values[variable]]
    labels = tuple(dict.fromkeys(names))
    common = given.settings.effects == "common"
    setting = "none" if common else by_tau2
    if not labels:
        reason = f"no study has a value of {variable}"
        return SubgroupAnalysis(
            variable, setting, given.settings.model, (), None, None, None, None, (), None, given.excluded, (), reason
        )
    masks = np.array([[name == label for name in names] for label in labels], dtype=bool)
    make = _mixed if is_mixed(given.settings) else _glmm if given.settings.model == "glmm" else _inverse
    parts, tests, r2, notes = make(given, names, labels, masks, setting)
    groups = tuple(
        Subgroup(label, part.k, tuple(s.study for s, is_in in zip(given.studies, mask, strict=True) if is_in),
                 part.estimate, part.ci_low, part.ci_high, part.ci_method, part.tau2, part.i2, part.reason)
        for label, mask, part in zip(labels, masks, parts, strict=True)
    )  # fmt: skip
    first, *others = tests
    df = None if first.df is None else int(first.df)
    why = first.reason
    if len(labels) == 1:
        others, why = [], f'every study has the same {variable}, "{labels[0]}": there is nothing to compare'
    chance: tuple[float | None, str | None] = (None, None)
    if permutations is not None and len(labels) > 1:
        chance = _permuted(given, np.array([labels.index(name) for name in names]), setting, permutations, seed)
    return SubgroupAnalysis(
        variable, setting, given.settings.model, groups, first.statistic, df, first.p_value,
        None if first.statistic is None else first.name, tuple(others), r2, given.excluded, notes, why,
        *chance,
    )  # fmt: skip


def _permuted(
    given: Prepared, groups: NDArray[np.intp], setting: str, permutations: int, seed: int
) -> tuple[float | None, str | None]:
    """The share of arrangements in which the groups differ as much, and how it was found."""
    effects, method = given.settings.effects, given.settings.tau2_method or "REML"
    try:
        if is_glmm(given.settings.model):
            tau2 = "separate" if setting == "none" else setting
            dealt = (
                mixed_permuted(given, groups, tau2, permutations, seed)
                if is_mixed(given.settings)
                else glmm_permuted(
                    *given.counts, groups, tau2=tau2, effects=effects, permutations=permutations, seed=seed
                )
            )
            p, total, exact = dealt.together_p, dealt.plan.total, dealt.plan.exact
            what = "Q between the groups" if dealt.statistic == "q" else "the likelihood ratio between the groups"
        elif setting == "common":
            what = "the Wald statistic of equal means with one tau2"
            design = (groups[:, None] == np.arange(int(groups.max()) + 1)).astype(float)
            design[:, 0] = 1.0
            test = permutation_test(given.y, given.v, design, effects=effects, tau2_method=method, ci_method="wald",
                                    exact_up_to=permutations, samples=permutations, seed=seed)  # fmt: skip
            p, total, exact = test.qm_p, test.arrangements, test.exact
        else:
            what = "Q between the groups"
            p, plan = inverse_permuted(given.y, given.v, groups, effects=effects, tau2_method=method,
                                       permutations=permutations, seed=seed)  # fmt: skip
            total, exact = plan.total, plan.exact
    except NoAnswer as error:
        return None, str(error)
    return p, how_permuted(total, None if exact else seed, what)


def _test(name: str, statistic: float, df: float, p_value: float, why: str = "", df2: float = np.nan) -> GroupTest:
    """A test as numbers, or the reason why there is none."""
    if number(statistic) is None or number(p_value) is None:
        return GroupTest(name, None, None, None, None, why or "fewer than two groups have a finite estimate")
    return GroupTest(name, number(statistic), number(df), number(df2), number(p_value), None)


_Made = tuple[tuple[Part, ...], list[GroupTest], float | None, tuple[str, ...]]


def _inverse(
    given: Prepared, names: list[str], labels: tuple[str, ...], masks: NDArray[np.bool_], setting: str
) -> _Made:
    settings, method = given.settings, interval_method(given.settings)
    found = inverse_subgroups(
        given.y, given.v, names, tau2="common" if setting == "common" else "separate", effects=settings.effects,
        tau2_method=settings.tau2_method or "REML", ci_method=error_method(method), level=settings.level,
    )  # fmt: skip
    if setting == "common":
        parts = tuple(_shared_part(given, found, found.labels.index(name), masks[i], error_method(method))
                      for i, name in enumerate(labels))  # fmt: skip
    else:
        parts = inverse_rows(given.y, given.v, masks, given.studies, settings, method, given.sizes)
    several = len(labels) > 1
    first = _test(
        _SHARED if setting == "common" else _CHI2, found.q_between if several else np.nan, found.q_between_df,
        found.q_between_p, _NONE_LEFT,
    )  # fmt: skip
    name = "F, Knapp and Hartung" if setting == "common" else "F, Welch"
    f = _test(name, found.f_between, found.f_df1, found.f_p, found.f_reason, found.f_df2)
    return parts, [first] if error_method(method) == "wald" else [first, f], number(found.r2), ()


def _shared_part(given: Prepared, found: Kernel, i: int, mask: NDArray[np.bool_], method: str) -> Part:
    size = None if given.sizes is None else float(harmonic_size(given.sizes, mask))
    bounds = [back(given.scale, b[i], size) for b in (found.estimate, found.ci_low, found.ci_high)]
    reason = _NONE_LEFT if None in bounds else None
    i2 = None if int(found.k[i]) < 2 else number(found.i2[i])
    return Part(int(found.k[i]), bounds[0], bounds[1], bounds[2], method, number(found.tau2[i]), i2, reason)


def _glmm(given: Prepared, names: list[str], labels: tuple[str, ...], masks: NDArray[np.bool_], setting: str) -> _Made:
    x, n = given.counts
    settings = given.settings
    fits = fit_rows(x, n, masks, settings.effects)
    parts = glmm_rows(x, n, masks, fits, settings)
    use = fits.state == OK
    notes: tuple[str, ...] = ()
    if not use.all() and len(labels) > 1:
        out = ", ".join(label for label, good in zip(labels, use, strict=True) if not good)
        notes = (f"Not in the test, having no finite estimate on the logit: {out}.",)
    if setting == "none":
        return parts, _common_tests(x, n, masks, fits.mu, fits.se, use), None, notes
    try:
        found = glmm_subgroups(x, n, names, tau2=setting)
    except NoAnswer as error:
        return parts, [_test(_CHI2, np.nan, 0, np.nan, str(error))], None, notes
    if setting == "common":
        parts = _shared_rows(given, found, labels, masks, parts)
    lost = setting == "common" and bool(use.any()) and not np.isfinite(found.fits.mu).any()
    why = _NO_MODEL if lost else ""
    first = _test(_SHARED if setting == "common" else _CHI2, found.wald, found.wald_df, found.wald_p, why)
    what = "equal means" if setting == "common" else "equal means and equal tau2 together"
    ratio = _test(
        f"likelihood ratio of {what}, chi-square", found.ratio, found.ratio_df, found.ratio_p, found.ratio_reason
    )
    return parts, [first, ratio], number(found.r2), notes


def _mixed(given: Prepared, names: list[str], labels: tuple[str, ...], masks: NDArray[np.bool_], setting: str) -> _Made:
    parts, q, df, p_value, notes = mixed_groups(given, labels, masks, setting)
    return parts, [_test(_SHARED if setting == "common" else _CHI2, q, df, p_value)], None, notes


def _common_tests(
    x: Floats, n: Floats, masks: NDArray[np.bool_], mu: Floats, se: Floats, use: NDArray[np.bool_]
) -> list[GroupTest]:
    weight = se[use] ** -2.0
    df = int(use.sum()) - 1
    q = float((weight * (mu[use] - (weight * mu[use]).sum() / weight.sum()) ** 2).sum()) if df > 0 else np.nan
    # What the studies differ in all, less what they differ within the groups.
    ratio = float(likelihood_ratio_q(x, n) - likelihood_ratio_q(x, n, masks).sum())
    ratio, left = max(ratio, 0.0), len(masks) - 1
    return [
        _test(_CHI2, q, df, float(chi2_tail(q, df)) if df > 0 else np.nan),
        _test("likelihood ratio of equal means, chi-square", ratio, left,
              float(chi2_tail(ratio, left)) if left else np.nan),
    ]  # fmt: skip


def _shared_rows(
    given: Prepared, found: GlmmSubgroups, labels: tuple[str, ...], masks: NDArray[np.bool_], alone: tuple[Part, ...]
) -> tuple[Part, ...]:
    """The groups with one tau2; a group without a finite mean keeps its own exact interval."""
    x, n = given.counts
    settings, fits = given.settings, found.fits
    at = [found.labels.index(label) for label in labels]
    use = np.array([np.isfinite(fits.mu[i]) for i in at])
    if not use.any():
        fitted = found.fits.state == OK
        return tuple(
            Part(part.k, None, None, None, None, None, None, _NO_MODEL) if fitted[i] else part
            for i, part in zip(at, alone, strict=True)
        )
    kept = masks[use].any(axis=0)
    left = int(kept.sum()) - int(use.sum())
    asked = settings.ci_requested if settings.ci_requested in ("wald", "profile") else "t"
    tail = (1.0 - settings.level) / 2.0
    reach = float(normal_upper(tail) if asked == "wald" else t_upper(tail, left if left > 0 else np.nan))
    i2, _ = i2_h2(x, n, fits.tau2[at], settings.i2_method, masks)
    design = masks[use][:, kept].T.astype(float)
    out = []
    for j, (i, part) in enumerate(zip(at, alone, strict=True)):
        if not use[j]:
            out.append(part)
            continue
        mu = float(fits.mu[i])
        low, high = mu - reach * float(fits.se[i]), mu + reach * float(fits.se[i])
        if asked == "profile":
            low, high = profile_coefficient(x[kept], n[kept], design, int(use[:j].sum()), level=settings.level)
        ends = [None if number(b) is None else float(expit(b)) for b in (low, high)]
        why: str | None = None
        if None in ends:
            none_left = f"{count(int(kept.sum()))} in as many groups: t has no degree of freedom left"
            why = NO_LIMIT if asked == "profile" else none_left
        out.append(Part(part.k, float(expit(mu)), ends[0], ends[1], asked, number(fits.tau2[i]), number(i2[j]), why))
    return tuple(out)
