"""Permutation tests of a meta-regression: all arrangements where they are few, else a seeded sample."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingsError
from synth.meta.inverse.fit import pool_inverse
from synth.meta.numeric.distributions import Floats
from synth.meta.sensitivity.regression import RegressionFit, intercept_columns, regress

# Arrangements that are refitted at once: enough to forget the cost of a call, few enough to stay in the cache.
NUMBERS_AT_ONCE: Final = 65_536
# Statistics that differ by less than this share are the same one, met again by symmetry.
SAME: Final = 1e-8


@dataclass(frozen=True, eq=False)
class PermutationTest:
    """How often a rearrangement of the studies gives as strong a result.

    Attributes
    ----------
    p_values : ndarray, shape (p,)
        Two-sided, one for each coefficient; the observed arrangement counts as one.
    qm_p : float
        Of all tested coefficients together.
    exact : bool
        Every distinct arrangement was tried.
    arrangements : int
        How many were, the observed one included.
    seed : int or None
        Of the sample; None where exact.
    kind : {"moderators", "signs"}
        What was rearranged: the rows of the design, or (with nothing but an intercept) the signs of the estimates.
    fit : RegressionFit
        The observed one.
    """

    p_values: Floats
    qm_p: float
    exact: bool
    arrangements: int
    seed: int | None
    kind: str
    fit: RegressionFit


def distinct_arrangements(labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return every distinct order of `labels` (0, 1, ...), one a row.

    Examples
    --------
    >>> distinct_arrangements(np.array([0, 0, 1]))
    array([[0, 0, 1],
           [0, 1, 0],
           [1, 0, 0]])
    """
    left = np.bincount(labels)[None, :]
    chosen = np.zeros((1, 0), dtype=np.intp)
    for _ in range(len(labels)):
        row, label = np.nonzero(left > 0)
        chosen = np.column_stack([chosen[row], label])
        left = left[row]
        left[np.arange(len(row)), label] -= 1
    return chosen


def _count(labels: NDArray[np.intp]) -> int:
    total = math.factorial(len(labels))
    for n in np.bincount(labels):
        total //= math.factorial(int(n))
    return total


@dataclass(frozen=True, eq=False)
class Arrangements:
    """Labels put to the studies in other orders: every distinct one, or a sample that begins with the one observed.

    Attributes
    ----------
    labels : ndarray of int, shape (k,)
        0, 1, ... of each study, as observed.
    total : int
        How many arrangements there are here, the observed one included.
    exact : bool
        These are all.
    seed : int or None
        Of the sample; None where exact.
    """

    labels: NDArray[np.intp]
    total: int
    exact: bool
    seed: int | None

    def batches(self, size: int) -> Iterator[NDArray[np.intp]]:
        """Yield the arrangements, shape (rows, k), at most `size` rows at a time."""
        if self.exact:
            whole = distinct_arrangements(self.labels)
            yield from (whole[at : at + size] for at in range(0, len(whole), size))
            return
        rng = np.random.default_rng(self.seed)
        yield self.labels[None, :]
        for at in range(1, self.total, size):
            rows = min(size, self.total - at)
            yield rng.permuted(np.broadcast_to(self.labels, (rows, len(self.labels))), axis=1)


def arrange(labels: NDArray[np.intp], permutations: int, seed: int = 1) -> Arrangements:
    """Plan how labels are put to the studies anew.

    Parameters
    ----------
    labels : ndarray of int, shape (k,)
        0, 1, ... of each study.
    permutations : int
        Up to how many distinct arrangements all of them are taken; how many are drawn otherwise, the observed one
        included.
    seed : int
        Of the draw.

    Returns
    -------
    Arrangements

    Raises
    ------
    SettingsError
        Fewer than two.

    Examples
    --------
    >>> plan = arrange(np.array([0, 0, 1]), 100)
    >>> plan.total, plan.exact, next(plan.batches(2)).tolist()
    (3, True, [[0, 0, 1], [0, 1, 0]])
    """
    if isinstance(permutations, bool) or not isinstance(permutations, int) or permutations < 2:
        raise SettingsError(
            f"A permutation test needs at least two arrangements of the studies, not {permutations!r}. Did you mean "
            "5000?"
        )
    every = _count(labels)
    exact = every <= permutations
    return Arrangements(labels, every if exact else permutations, exact, None if exact else seed)


def at_least(strength: Floats, observed: Floats) -> Floats:
    """Count the arrangements that are as strong as the observed one, by column; one without a figure is stronger.

    Examples
    --------
    >>> at_least(np.array([[1.0], [2.0], [np.nan]]), np.array([2.0]))
    array([2.])
    """
    goal = observed - SAME * (1.0 + np.abs(observed))
    return np.asarray((np.isnan(strength) | (strength >= goal)).sum(axis=0), dtype=float)


def permuted_groups(
    y: ArrayLike,
    v: ArrayLike,
    groups: NDArray[np.intp],
    *,
    effects: str = "random",
    tau2_method: str = "REML",
    permutations: int = 5_000,
    seed: int = 1,
) -> tuple[float, Arrangements]:
    """Test whether subgroups differ by giving the studies' groups out anew, each group pooled on its own.

    Parameters
    ----------
    y, v : array_like, shape (k,)
        Estimates and sampling variances; they stay together.
    groups : ndarray of int, shape (k,)
        0, 1, ... of each study; at least two groups.
    effects, tau2_method : str
        As in :func:`synth.meta.inverse.fit.pool_inverse`.
    permutations, seed : int
        As in :func:`arrange`.

    Returns
    -------
    p : float
        Share of arrangements whose Q between groups is at least the observed one.
    plan : Arrangements

    Examples
    --------
    >>> y, v = [0.1, 0.3, 0.2, 0.8, 0.9, 0.6], [0.02, 0.03, 0.01, 0.04, 0.02, 0.03]
    >>> p, plan = permuted_groups(y, v, np.array([0, 0, 0, 1, 1, 1]))
    >>> p, plan.total
    (0.1, 20)
    """
    y, v = (np.asarray(a, dtype=np.float64) for a in (y, v))
    plan = arrange(groups, permutations, seed)
    count = int(groups.max()) + 1

    def between(labels: NDArray[np.intp]) -> Floats:
        masks = labels[:, None, :] == np.arange(count)[None, :, None]
        fit = pool_inverse(y, v, masks, effects=effects, tau2_method=tau2_method, ci_method="wald")
        w = fit.se**-2.0
        off = fit.estimate - ((w * fit.estimate).sum(axis=1) / w.sum(axis=1))[:, None]
        return np.asarray((w * off * off).sum(axis=1))[:, None]

    observed = between(groups[None, :])[0]
    found = sum(at_least(between(rows), observed) for rows in plan.batches(max(1, NUMBERS_AT_ONCE // y.size)))
    return float(np.asarray(found)[0]) / plan.total, plan


def permutation_test(
    y: ArrayLike,
    v: ArrayLike,
    x: ArrayLike,
    include: ArrayLike | None = None,
    *,
    effects: str = "random",
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    exact_up_to: int = 5_040,
    samples: int = 5_000,
    seed: int = 1,
) -> PermutationTest:
    """Test the coefficients of a meta-regression by rearranging the studies.

    Parameters
    ----------
    y, v : array_like, shape (k,)
        Estimates and sampling variances; they stay together.
    x : array_like, shape (k, p)
        Design matrix, whose rows are rearranged. A design of nothing but the intercept has the signs of the estimates
        rearranged instead.
    include : array_like of bool, shape (k,), optional
        Which studies count.
    effects, tau2_method, ci_method : str
        As in :func:`synth.meta.sensitivity.regression.regress`; tau2 is estimated anew for every arrangement.
    exact_up_to : int
        Up to how many distinct arrangements all of them are tried.
    samples : int
        How many are drawn otherwise, the observed one included.
    seed : int
        Of the draw.

    Returns
    -------
    PermutationTest

    Raises
    ------
    SettingsError
        Fewer than two samples, or a design whose coefficients cannot be estimated.

    Notes
    -----
    Follmann and Proschan (1999), Biometrics 55:732-737; Higgins and Thompson (2004), Stat Med 23:1663-1682. The
    statistic is the coefficient over its standard error, and an arrangement counts where its absolute value is at least
    the observed one, as metafor's ``permutest`` has it.

    Examples
    --------
    >>> y, v = [0.1, 0.3, 0.2, 0.6], [0.02, 0.03, 0.01, 0.04]
    >>> test = permutation_test(y, v, np.ones((4, 1)), tau2_method="DL", ci_method="wald")
    >>> test.exact, test.arrangements, test.p_values
    (True, 16, array([0.125]))
    """
    if samples < 2:
        raise SettingsError(f"A permutation test needs at least two arrangements, not {samples}. Did you mean 5000?")
    y, v, x = (np.asarray(a, dtype=np.float64) for a in (y, v, x))
    if include is not None:
        use = np.asarray(include, dtype=np.bool_)
        y, v, x = y[use], v[use], x[use]
    k, p = x.shape
    observed = regress(y, v, x, effects=effects, tau2_method=tau2_method, ci_method=ci_method)
    if not np.isfinite(observed.statistic).all():
        raise SettingsError("The coefficients cannot be estimated: there are too few studies or redundant moderators.")
    signs = bool(intercept_columns(x).all())
    rng = np.random.default_rng(seed)
    if signs:
        exact = k < 60 and 2**k <= exact_up_to
        total = 2**k if exact else samples
    else:
        rows, labels = np.unique(x, axis=0, return_inverse=True)
        labels = labels.reshape(-1).astype(np.intp)
        exact = _count(labels) <= exact_up_to
        orders = distinct_arrangements(labels) if exact else None
        total = _count(labels) if exact else samples
    at_least = np.zeros(p + 1)
    batch = max(1, NUMBERS_AT_ONCE // (k * p * p))
    goal = np.append(np.abs(observed.statistic), observed.qm)
    goal = goal - SAME * (1.0 + goal)
    done = 0 if exact else 1
    if not exact:
        at_least += 1.0
    while done < total:
        size = min(batch, total - done)
        y_now, x_now = y, x
        if signs:
            if exact:
                codes = np.arange(done, done + size)[:, None] >> np.arange(k) & 1
            else:
                codes = rng.integers(0, 2, (size, k))
            y_now = y * (1.0 - 2.0 * codes)
        elif orders is not None:
            x_now = rows[orders[done : done + size]]
        else:
            x_now = x[rng.permuted(np.broadcast_to(np.arange(k), (size, k)), axis=1)]
        fit = regress(
            y_now, v, x_now, effects=effects, tau2_method=tau2_method, ci_method=ci_method, tested=observed.tested
        )
        strength = np.column_stack([np.abs(fit.statistic), fit.qm])
        # an arrangement that fits perfectly has no finite statistic: it is stronger
        at_least += (np.isnan(strength) | (strength >= goal)).sum(axis=0)
        done += size
    share = at_least / total
    return PermutationTest(
        p_values=share[:p],
        qm_p=float(share[p]),
        exact=exact,
        arrangements=total,
        seed=None if exact else seed,
        kind="signs" if signs else "moderators",
        fit=observed,
    )
