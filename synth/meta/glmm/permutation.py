"""Permutation tests under the binomial-normal model: the studies' counts are dealt to other covariates or groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import NoAnswer
from ..numeric.quadrature import Floats
from ..sensitivity.permutation import Arrangements, arrange, at_least
from .fit import ALL_EVENTS, ALL_ZERO, OK
from .regression import GlmmRegression, fit_dealt
from .rows import fit_rows

# Cells (study, arrangement) that are fitted at once, so that memory stays bounded.
CELLS_AT_ONCE: Final = 100_000


@dataclass(frozen=True, eq=False)
class GlmmPermutation:
    """How often dealing the studies' counts anew gives as strong a result.

    Attributes
    ----------
    p_values : array of float, shape (p,)
        Two-sided, one for each coefficient: by the coefficient over its standard error.
    together_p : float
        Of all but the intercept, or of the groups, together.
    statistic : {"q", "ratio"}
        By which: Q between the groups, or the likelihood ratio.
    plan : Arrangements
        How many, and whether these are all.
    """

    p_values: Floats
    together_p: float
    statistic: str
    plan: Arrangements


def _dealt(labels: NDArray[np.intp], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Which study's counts each row of the design gets, where study i is to stand at a place with label rows[., i]."""
    orders = np.empty_like(rows)
    orders[:, np.argsort(labels, kind="stable")] = np.argsort(rows, axis=1, kind="stable")
    return orders


def permuted_regression(
    events: ArrayLike,
    total: ArrayLike,
    design: ArrayLike,
    *,
    effects: str = "random",
    permutations: int = 5_000,
    seed: int = 1,
) -> GlmmPermutation:
    """Test the coefficients of a logistic meta-regression by dealing the studies to other rows of the design.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
        They stay together.
    design : array_like of float, shape (k, p)
        With its intercept.
    effects : {"random", "common"}
    permutations, seed : int
        As in :func:`synth.meta.sensitivity.permutation.arrange`.

    Returns
    -------
    GlmmPermutation

    Raises
    ------
    SettingsError
        Too few arrangements.
    NoAnswer
        A design whose coefficients cannot be estimated, or a fit that did not settle.

    Notes
    -----
    As Higgins and Thompson (2004), Stat Med 23:1663-1682, with tau2 estimated anew for every arrangement. Where an
    arrangement parts the studies without events from the others, a coefficient is infinite: it counts as stronger.

    Examples
    --------
    >>> x, n = [9, 3, 2, 1, 5], [43, 38, 26, 17, 60]
    >>> test = permuted_regression(x, n, np.column_stack([np.ones(5), [1, 2, 3, 4, 5]]))
    >>> test.plan.total, test.p_values.round(3).tolist()[1]
    (120, 0.333)
    """
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    full = np.asarray(design, dtype=float)
    _, labels = np.unique(full, axis=0, return_inverse=True)
    labels = labels.reshape(-1).astype(np.intp)
    plan = arrange(labels, permutations, seed)

    def strength(orders: NDArray[np.intp]) -> Floats:
        fit: GlmmRegression = fit_dealt(x, n, full, orders, effects=effects)
        with np.errstate(invalid="ignore"):
            return np.column_stack([np.abs(fit.beta / fit.se), fit.loglik])

    observed = strength(np.arange(x.size)[None, :])[0]
    if not np.isfinite(observed).all():
        raise NoAnswer("The coefficients cannot be estimated: there are too few studies or redundant moderators.")
    found = np.zeros(observed.size)
    for rows in plan.batches(max(1, CELLS_AT_ONCE // x.size)):
        found += at_least(strength(_dealt(labels, rows)), observed)
    share = found / plan.total
    return GlmmPermutation(share[:-1], float(share[-1]), "ratio", plan)


def permuted_groups(
    events: ArrayLike,
    total: ArrayLike,
    groups: NDArray[np.intp],
    *,
    tau2: str = "separate",
    effects: str = "random",
    permutations: int = 5_000,
    seed: int = 1,
) -> GlmmPermutation:
    """Test whether subgroups differ by giving the studies' groups out anew.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
    groups : array of int, shape (k,)
        0, 1, ... of each study; at least two groups.
    tau2 : {"separate", "common"}
        One for each group, or one for all; without meaning where `effects` is common.
    effects : {"random", "common"}
    permutations, seed : int
        As in :func:`synth.meta.sensitivity.permutation.arrange`.

    Returns
    -------
    GlmmPermutation
        ``p_values`` is empty. With separate tau2 the statistic is Q between the groups where every arrangement has one;
        where one has a group without any event, and with a common tau2, it is the likelihood ratio.

    Raises
    ------
    SettingsError
        Too few arrangements.
    NoAnswer
        The groups as they are have no likelihood to compare with, or a fit did not settle.

    Examples
    --------
    >>> test = permuted_groups([9, 8, 1, 1, 2], [43, 38, 26, 17, 60], np.array([0, 0, 1, 1, 1]))
    >>> test.plan.total, test.together_p, test.statistic
    (10, 0.1, 'q')
    """
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    plan = arrange(groups, permutations, seed)
    count = int(groups.max()) + 1
    shared = tau2 == "common" and effects == "random"

    def height(rows: NDArray[np.intp]) -> Floats:
        if shared:
            design = (groups[:, None] == np.arange(count)).astype(float)
            ratio = fit_dealt(x, n, design, _dealt(groups, rows)).loglik
            return np.column_stack([np.full(len(rows), np.nan), ratio])
        masks = rows[:, None, :] == np.arange(count)[None, :, None]
        fits = fit_rows(x, n, masks.reshape(-1, x.size), effects)
        # nobody or everybody with the event is certain at the edge; separation has no maximum
        known = (fits.state == OK) | (fits.state == ALL_ZERO) | (fits.state == ALL_EVENTS)
        each = np.where(known, fits.loglik, np.nan).reshape(-1, count)
        mu, weight = fits.mu.reshape(-1, count), fits.se.reshape(-1, count) ** -2.0
        off = mu - ((weight * mu).sum(axis=1) / weight.sum(axis=1))[:, None]
        return np.column_stack([(weight * off * off).sum(axis=1), each.sum(axis=1)])

    observed = height(groups[None, :])[0]
    if not np.isfinite(observed[1]):
        raise NoAnswer("The groups as they are have no maximum of the likelihood to be compared with.")
    found, whole = np.zeros(2), True
    for rows in plan.batches(max(1, CELLS_AT_ONCE // x.size)):
        strength = height(rows)
        whole &= bool(np.isfinite(strength[:, 0]).all())
        found += at_least(strength, observed)
    which = 0 if whole else 1
    return GlmmPermutation(np.empty(0), float(found[which]) / plan.total, ("q", "ratio")[which], plan)
