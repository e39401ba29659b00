"""Mean and standard deviation of skewed data, by fitting distributions to the quantiles (McGrath et al. 2020)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from synth.meta.numeric.distributions import Floats

FAMILIES: Final = ("normal", "lognormal", "gamma", "weibull")
# Logarithm of the shape: standard deviation of the log from 3e-4 to 7, gamma and Weibull shapes from 0.02 to 3e3.
GRID: Final = np.linspace(-8.0, 2.0, 101)
GOLDEN: Final = 0.5 * (5.0**0.5 - 1.0)
STEPS: Final = 50  # of golden section: the bracket shrinks to 1e-11 of two grid steps


@dataclass(frozen=True, eq=False)
class QuantileFit:
    """Mean and standard deviation of the distribution that meets the quantiles best.

    Attributes
    ----------
    mean, sd : ndarray
        nan where there are fewer than two quantiles beside the median.
    family : ndarray of str
        "normal", "lognormal", "gamma" or "weibull": the one with the smallest `distance`; "" where there is none.
    distance : ndarray, shape (4, ...)
        Sum of squared differences between quantiles and fit, for each of :data:`FAMILIES`; infinite where a value is
        not above 0, for the three that have none below.
    """

    mean: Floats
    sd: Floats
    family: NDArray[np.str_]
    distance: Floats


def _lognormal(log_shape: Floats, p: Floats) -> Floats:
    return np.asarray(np.exp(np.exp(log_shape) * special.ndtri(p)))


def _gamma(log_shape: Floats, p: Floats) -> Floats:
    # the shape is the inverse square of the coefficient of variation, so that one grid does for all three
    shape = np.exp(-2.0 * log_shape)
    return np.asarray(special.gammaincinv(shape, p) / shape)


def _weibull(log_shape: Floats, p: Floats) -> Floats:
    return np.asarray(np.exp(np.log(-np.log1p(-p)) * np.exp(log_shape)))


def _moments_lognormal(log_shape: Floats) -> tuple[Floats, Floats]:
    s2 = np.exp(2.0 * log_shape)
    mean = np.exp(0.5 * s2)
    return mean, mean * np.sqrt(np.expm1(s2))


def _moments_gamma(log_shape: Floats) -> tuple[Floats, Floats]:
    return np.ones_like(log_shape), np.exp(log_shape)


def _moments_weibull(log_shape: Floats) -> tuple[Floats, Floats]:
    k = np.exp(log_shape)
    first, second = special.gammaln(1.0 + k), special.gammaln(1.0 + 2.0 * k)
    return np.exp(first), np.exp(first) * np.sqrt(np.expm1(second - 2.0 * first))


SCALED: Final[tuple[tuple[Callable[..., Floats], Callable[..., tuple[Floats, Floats]]], ...]] = (
    (_lognormal, _moments_lognormal),
    (_gamma, _moments_gamma),
    (_weibull, _moments_weibull),
)


def _distance(unit: Floats, q: Floats, there: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Distance of the best multiple of a unit distribution's quantiles, and that multiple."""
    unit = np.where(there, unit, 0.0)
    # scaled first: shapes at the ends of the grid have quantiles whose squares overflow
    largest = np.abs(unit).max(axis=-1, keepdims=True)
    u = unit / largest
    scale = (u * q).sum(axis=-1) / (u * u).sum(axis=-1)
    off = np.where(there, q - scale[..., None] * u, 0.0)
    return (off * off).sum(axis=-1), scale / largest[..., 0]


def _normal(p: Floats, q: Floats, there: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Least squares of the quantiles on the normal ones: distance, mean, SD."""
    k = there.sum(axis=-1)
    z = np.where(there, special.ndtri(p), 0.0)
    z_mean, q_mean = z.sum(axis=-1) / k, q.sum(axis=-1) / k
    z_off, q_off = np.where(there, z - z_mean[..., None], 0.0), np.where(there, q - q_mean[..., None], 0.0)
    sd = (z_off * q_off).sum(axis=-1) / (z_off * z_off).sum(axis=-1)
    off = q_off - sd[..., None] * z_off
    return (off * off).sum(axis=-1), q_mean - sd * z_mean, sd


def _scaled(
    unit: Callable[..., Floats], moments: Callable[..., tuple[Floats, Floats]], p: Floats, q: Floats,
    there: NDArray[np.bool_],
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """Best shape by a grid and golden section, best scale in closed form: distance, mean, SD."""

    def at(log_shape: Floats) -> Floats:
        return _distance(unit(log_shape[..., None], p), q, there)[0]

    p, q, there = p[..., None, :], q[..., None, :], there[..., None, :]
    grid = np.broadcast_to(GRID, (*q.shape[:-2], len(GRID)))
    best = np.nanargmin(np.where(np.isfinite(d := at(grid)), d, np.inf), axis=-1)
    step = GRID[1] - GRID[0]
    low, high = GRID[best][..., None] - step, GRID[best][..., None] + step
    for _ in range(STEPS):
        reach = GOLDEN * (high - low)
        left, right = high - reach, low + reach
        lower = at(left) < at(right)
        low, high = np.where(lower, low, left), np.where(lower, right, high)
    shape = 0.5 * (low + high)
    distance, scale = _distance(unit(shape[..., None], p), q, there)
    mean, sd = moments(shape)
    return distance[..., 0], (scale * mean)[..., 0], (scale * sd)[..., 0]


def fit_quantiles(
    n: ArrayLike,
    median: ArrayLike,
    *,
    minimum: ArrayLike = np.nan,
    q1: ArrayLike = np.nan,
    q3: ArrayLike = np.nan,
    maximum: ArrayLike = np.nan,
) -> QuantileFit:
    """Estimate mean and standard deviation by quantile estimation, for data that may be skewed.

    Four distributions are fitted to the quantiles by least squares; minimum and maximum stand for the quantiles at 1/n
    and 1 - 1/n. The best of them gives mean and standard deviation.

    Parameters
    ----------
    n : array_like
        Study sizes, 3 or more.
    median, minimum, q1, q3, maximum : array_like
        Quantiles; nan where not printed. They broadcast.

    Returns
    -------
    QuantileFit

    Raises
    ------
    ValueError
        Quantiles out of order.

    Notes
    -----
    McGrath, Zhao, Steele, Thombs and Benedetti (2020), Stat Methods Med Res 29:2520-2537, method QE (R: estmeansd's
    ``qe.mean.sd``), without the beta distribution. Each fit but the normal one has a scale, which least squares gives
    in closed form; what is left is a search in one dimension that cannot stop early.

    Examples
    --------
    >>> got = fit_quantiles(100, 4.0, q1=2.0, q3=8.0)
    >>> print(got.family, got.mean.round(2), got.sd.round(2))
    lognormal 6.78 9.29
    """
    size, *five = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (n, minimum, q1, median, q3, maximum)))
    if (np.stack(five) < np.fmax.accumulate(np.stack(five), axis=0)).any():
        raise ValueError("minimum, first quartile, median, third quartile and maximum must ascend")
    q = np.stack(five, axis=-1)
    half = np.full(size.shape, 0.5)
    p = np.stack([1.0 / size, 0.5 * half, half, 1.5 * half, 1.0 - 1.0 / size], axis=-1)
    there = np.isfinite(q)
    low, a, mid, b, high = (there[..., i] for i in range(5))
    usable = mid & ((low & high) | (a & b)) & (size >= 3)
    # a pair of which one is missing, and studies without an estimate, are made harmless
    there = np.stack([low & high, a & b, mid, a & b, low & high], axis=-1)
    there = np.where(usable[..., None], there, True)
    positive = np.where(there, q, 1.0).min(axis=-1) > 0
    p, q = np.where(there & usable[..., None], p, [0.1, 0.25, 0.5, 0.75, 0.9]), np.where(there, q, 0.0)
    q = np.where(usable[..., None], q, [1.0, 2.0, 3.0, 4.0, 5.0])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        fits = [_normal(p, q, there)]
        above = np.where(positive[..., None], q, np.where(there, [1.0, 2.0, 3.0, 4.0, 5.0], 0.0))
        for unit, moments in SCALED:
            distance, mean, sd = _scaled(unit, moments, p, above, there)
            fits.append((np.where(positive, distance, np.inf), mean, sd))
    distances, means, sds = (np.stack([f[i] for f in fits]) for i in range(3))
    best = distances.argmin(axis=0)[None]
    return QuantileFit(
        mean=np.where(usable, np.take_along_axis(means, best, axis=0)[0], np.nan),
        sd=np.where(usable, np.take_along_axis(sds, best, axis=0)[0], np.nan),
        family=np.where(usable, np.array(FAMILIES)[best[0]], ""),
        distance=np.where(usable, distances, np.nan),
    )
