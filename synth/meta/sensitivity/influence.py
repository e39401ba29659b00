"""What each study does to the pool: leave-one-out, influence, Baujat's plot, cumulative pools and all subsets.

Each is one call of the mask kernel with another mask.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingsError
from synth.meta.inverse.fit import InverseFit, pool_inverse
from synth.meta.numeric.distributions import Floats, chi2_upper
from synth.meta.sensitivity.rows import Sums

# Up to how many studies every subset is pooled: 2^15 - 1 of them.
EXHAUSTIVE: Final = 15
NUMBERS_AT_ONCE: Final = 32_768
_MEDIAN: Final = float(chi2_upper(0.5, 1.0))


@dataclass(frozen=True, eq=False)
class Influence:
    """Case diagnostics; arrays of shape (..., k), nan for studies that do not count.

    Attributes
    ----------
    fit : InverseFit
        All studies.
    leave_one_out : InverseFit
        The pool without each study, shape (..., k): estimate, interval, tau2 (metafor's ``tau2.del``), Q (``QE.del``),
        I2 and all else.
    rstudent : ndarray
        Residual from the pool without the study, over its standard error.
    dffits, dfbetas : ndarray
        Change of the estimate in standard errors: of the fitted value with the study's hat value; of the coefficient
        with tau2 of the pool without the study.
    cook_distance : ndarray
        Squared change of the estimate over its squared standard error.
    cov_ratio : ndarray
        Squared standard error without the study over that with it.
    hat : ndarray
        Weight as a fraction, which is the study's leverage.
    influential : ndarray of bool
        metafor's rule: abs(DFFITS) above 3 sqrt(1 / (k - 1)), a Cook's distance beyond the median of chi-squared with
        one degree of freedom, a hat value above 3 / k, or abs(DFBETAS) above 1.
    baujat_x, baujat_y : ndarray
        Contribution to heterogeneity (squared Pearson residual), and influence on the estimate (squared change over the
        squared standard error without the study).
    """

    fit: InverseFit
    leave_one_out: InverseFit
    rstudent: Floats
    dffits: Floats
    dfbetas: Floats
    cook_distance: Floats
    cov_ratio: Floats
    hat: Floats
    influential: NDArray[np.bool_]
    baujat_x: Floats
    baujat_y: Floats


def leave_one_out_masks(include: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return `include` without each of its studies in turn, shape (..., k, k).

    Examples
    --------
    >>> leave_one_out_masks(np.array([True, True]))
    array([[False,  True],
           [ True, False]])
    """
    out: NDArray[np.bool_] = include[..., None, :] & ~np.eye(include.shape[-1], dtype=np.bool_)
    return out


def _inflation(fit: InverseFit) -> Floats:
    """How much `ci_method` multiplies the squared Wald standard error."""
    if fit.ci_method in ("wald", "t"):
        return np.ones_like(fit.estimate)
    scale = np.where(np.isnan(fit.hksj_scale), 1.0, fit.hksj_scale)
    return scale if fit.ci_method == "hksj" else np.maximum(scale, 1.0)


def _pools(fit: InverseFit, rows: NDArray[np.intp]) -> InverseFit:
    """Some of the pools of a fit, in the shape of `rows`, which counts them flat."""
    flat = rows.reshape(-1)
    both = fit._at_zero, fit._sums
    at_zero, sums = (Sums(*(part[flat] if part.ndim else part for part in s)) for s in both)
    return replace(
        fit, _rows=replace(fit._rows.take(flat), lead=rows.shape), _tau2=fit._tau2[flat], _at_zero=at_zero, _sums=sums
    )


def influence(
    y: ArrayLike,
    v: ArrayLike,
    include: ArrayLike | None = None,
    *,
    effects: str = "random",
    tau2_method: str = "REML",
    ci_method: str = "wald",
    level: float = 0.95,
    prediction: str = "t",
) -> Influence:
    """Leave out each study in turn and say what changes.

    Parameters
    ----------
    y, v : array_like, shape (..., k)
        Estimates and sampling variances, on the analysis scale.
    include : array_like of bool, shape (..., k), optional
        Which studies count.
    effects, tau2_method, ci_method, level, prediction
        As in :func:`synth.meta.inverse.fit.pool_inverse`; under HKSJ the diagnostics use its standard errors.

    Returns
    -------
    Influence

    Notes
    -----
    Viechtbauer and Cheung (2010), Res Synth Methods 1:112-125, as metafor's ``influence(fit)`` and
    ``leave1out(fit)``; Baujat et al. (2002), Stat Med 21:2641-2652, as its ``baujat(fit)``.

    Examples
    --------
    >>> found = influence([0.1, 0.3, 0.2, 1.6], [0.02, 0.03, 0.01, 0.04], tau2_method="DL")
    >>> found.influential, found.leave_one_out.estimate.round(3)
    (array([False, False, False,  True]), array([0.687, 0.616, 0.658, 0.191]))
    """
    y, v = np.broadcast_arrays(np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64))
    use = np.isfinite(v) if include is None else np.asarray(include, dtype=np.bool_) & np.isfinite(v)
    use = np.broadcast_to(use, np.broadcast_shapes(use.shape, y.shape))

    def pool(y: Floats, v: Floats, mask: NDArray[np.bool_]) -> InverseFit:
        return pool_inverse(
            y,
            v,
            mask,
            effects=effects,
            tau2_method=tau2_method,
            ci_method=ci_method,
            level=level,
            prediction=prediction,
        )

    # All studies, and then without each: one call of the kernel.
    masks = np.concatenate([use[..., None, :], leave_one_out_masks(use)], axis=-2)
    both = pool(y[..., None, :], v[..., None, :], masks)
    where = np.arange(masks[..., 0].size).reshape(masks.shape[:-1])
    full, out = _pools(both, where[..., 0]), _pools(both, where[..., 1:])
    # what stands where a study does not count is nobody's business
    y, v = np.where(use, y, np.nan), np.where(use, v, np.nan)
    k = np.asarray(full.k, dtype=np.float64)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        change = full.estimate[..., None] - out.estimate
        scale = _inflation(out)
        total = out.tau2 + v
        hat = np.where(use, full.weights, np.nan)
        dffits = change / np.sqrt(scale * hat * total)
        # What the pool without the study has of weight, and what the study would have beside it.
        weight = out._sums.s1.reshape(out._rows.lead) + 1.0 / total
        dfbetas = change / np.sqrt(scale / weight)
        variance, deleted = full.se[..., None] ** 2, out.se**2
        cook = change * change / variance
        influential = (
            (np.abs(dffits) > 3.0 * np.sqrt(1.0 / (k - 1.0)))
            | (cook > _MEDIAN)
            | (hat > 3.0 / k)
            | (np.abs(dfbetas) > 1.0)
        )
        off = y - full.estimate[..., None]
        return Influence(
            fit=full,
            leave_one_out=out,
            rstudent=(y - out.estimate) / np.sqrt(scale * total + deleted),
            dffits=dffits,
            dfbetas=np.where(use, dfbetas, np.nan),
            cook_distance=np.where(use, cook, np.nan),
            cov_ratio=np.where(use, deleted / variance, np.nan),
            hat=hat,
            influential=influential & use & (k > 1),
            baujat_x=off * off / (v + full.tau2[..., None]),
            baujat_y=np.where(use, change * change / deleted, np.nan),
        )


@dataclass(frozen=True, eq=False)
class Cumulative:
    """Pools that grow by one study at a time.

    Attributes
    ----------
    order : ndarray of int, shape (k,)
        Position of the study that each step adds.
    fit : InverseFit
        After each step, shape (k,).
    """

    order: NDArray[np.intp]
    fit: InverseFit


def cumulative(
    y: ArrayLike,
    v: ArrayLike,
    by: ArrayLike | None = None,
    *,
    effects: str = "random",
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    level: float = 0.95,
    prediction: str = "t",
) -> Cumulative:
    """Pool the first study, the first two, and so on.

    Parameters
    ----------
    y, v : array_like, shape (k,)
        Estimates and sampling variances, on the analysis scale; a study of infinite variance adds nothing.
    by : array_like, shape (k,), optional
        What to sort by (year, size, precision; minus it for the other way round); ties keep their order, and what is
        not a number comes last. The order given when absent.
    effects, tau2_method, ci_method, level, prediction
        As in :func:`synth.meta.inverse.fit.pool_inverse`.

    Returns
    -------
    Cumulative

    Examples
    --------
    >>> result = cumulative([1.0, 2.0, 4.0], [1.0, 1.0, 1.0], [2003, 2001, 2002], effects="common")
    >>> result.order, result.fit.estimate.round(3)
    (array([1, 2, 0]), array([2.   , 3.   , 2.333]))
    """
    y, v = np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64)
    order = np.arange(len(y)) if by is None else np.argsort(np.asarray(by, dtype=np.float64), kind="stable")
    fit = pool_inverse(
        y[order],
        v[order],
        np.tril(np.ones((len(y), len(y)), dtype=np.bool_)),
        effects=effects,
        tau2_method=tau2_method,
        ci_method=ci_method,
        level=level,
        prediction=prediction,
    )
    return Cumulative(order=order, fit=fit)


@dataclass(frozen=True, eq=False)
class Subsets:
    """Pools of subsets of the studies; arrays of shape (subsets,).

    Attributes
    ----------
    masks : ndarray of bool, shape (subsets, k)
        Who is in.
    k : ndarray of int
        How many are.
    estimate, se, tau2, i2, q : ndarray
        Of each subset; I2 is nan for single studies.
    exhaustive : bool
        All subsets are there.
    seed : int or None
        Of the sample; None where exhaustive.
    """

    masks: NDArray[np.bool_]
    k: NDArray[np.int64]
    estimate: Floats
    se: Floats
    tau2: Floats
    i2: Floats
    q: Floats
    exhaustive: bool
    seed: int | None


def subset_masks(
    k: int, *, smallest: int = 1, exhaustive_up_to: int = EXHAUSTIVE, samples: int = 20_000, seed: int = 1
) -> tuple[NDArray[np.bool_], bool]:
    """Return the subsets of `k` studies as rows of booleans, and whether these are all.

    Parameters
    ----------
    k : int
        How many studies there are.
    smallest : int
        Smallest subset.
    exhaustive_up_to : int
        Up to how many studies all subsets are made.
    samples : int
        How many are drawn otherwise, each of all those with equal chances, with replacement.
    seed : int
        Of the draw.

    Examples
    --------
    >>> subset_masks(2)
    (array([[ True, False],
           [False,  True],
           [ True,  True]]), True)
    """
    if not 1 <= smallest <= k:
        raise SettingsError(f"The smallest subset of {k} studies has between 1 and {k} of them, not {smallest}.")
    if k <= exhaustive_up_to:
        masks = (np.arange(1, 2**k)[:, None] >> np.arange(k) & 1).astype(np.bool_)
        return masks[masks.sum(axis=1) >= smallest], True
    rng = np.random.default_rng(seed)
    kept: list[NDArray[np.bool_]] = []
    found = 0
    # by size first, so that a high smallest size costs nothing; log of the binomials as they may be huge
    sizes = np.arange(smallest, k + 1)
    steps = np.log(np.arange(1, k + 1))
    factorial = np.concatenate([[0.0], np.cumsum(steps)])
    chance = np.exp((c := factorial[k] - factorial[sizes] - factorial[k - sizes]) - c.max())
    drawn = rng.choice(sizes, size=samples, p=chance / chance.sum())
    batch = max(1, NUMBERS_AT_ONCE // k)
    while found < samples:
        part = drawn[found : found + batch]
        rank = rng.random((len(part), k)).argsort(axis=1).argsort(axis=1)
        kept.append(rank < part[:, None])
        found += len(part)
    return np.concatenate(kept), False


def all_subsets(
    y: ArrayLike,
    v: ArrayLike,
    *,
    smallest: int = 1,
    exhaustive_up_to: int = EXHAUSTIVE,
    samples: int = 20_000,
    seed: int = 1,
    effects: str = "random",
    tau2_method: str = "REML",
    ci_method: str = "wald",
) -> Subsets:
    """Pool every subset of the studies, or many of them: the graphical display of study heterogeneity.

    Parameters
    ----------
    y, v : array_like, shape (k,)
        Estimates and sampling variances, on the analysis scale.
    smallest, exhaustive_up_to, samples, seed
        As in :func:`subset_masks`.
    effects, tau2_method, ci_method
        As in :func:`synth.meta.inverse.fit.pool_inverse`.

    Returns
    -------
    Subsets

    Notes
    -----
    Olkin, Dahabreh and Trikalinos (2012), Res Synth Methods 3:214-223.

    Examples
    --------
    >>> result = all_subsets([0.1, 0.3, 0.9], [0.02, 0.03, 0.01], effects="common")
    >>> result.k, result.estimate.round(3)
    (array([1, 1, 2, 1, 2, 2, 3]), array([0.1  , 0.3  , 0.18 , 0.9  , 0.633, 0.75 , 0.573]))
    """
    y, v = np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64)
    k = len(y)
    masks, everything = subset_masks(
        k, smallest=smallest, exhaustive_up_to=exhaustive_up_to, samples=samples, seed=seed
    )
    out = np.empty((5, len(masks)))
    batch = max(1, NUMBERS_AT_ONCE // k)
    for at in range(0, len(masks), batch):
        part = slice(at, at + batch)
        fit = pool_inverse(y, v, masks[part], effects=effects, tau2_method=tau2_method, ci_method=ci_method)
        out[:, part] = fit.estimate, fit.se, fit.tau2, fit.i2, fit.q
    estimate, se, tau2, i2, q = out
    return Subsets(
        masks=masks,
        k=masks.sum(axis=1),
        estimate=estimate,
        se=se,
        tau2=tau2,
        i2=i2,
        q=q,
        exhaustive=everything,
        seed=None if everything else seed,
    )
