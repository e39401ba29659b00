"""From what papers print to what is pooled: quantiles to mean and SD, intervals to standard errors, groups to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from synth.errors import SettingsError
from synth.meta.numeric.distributions import Floats, normal_upper, t_upper

DISTRIBUTIONS: Final = ("normal", "lognormal")
SD_METHODS: Final = ("shi", "wan")
CONSTANTS: Final = ("formula", "tables", "exact")
IF_SKEWED: Final = ("leave-out", "estimate")
# Wan's tables end here, one at this n, the other at this Q of n = 4 Q + 1; meta uses the formulas above.
TABLES_END: Final = 50


@dataclass(frozen=True, eq=False)
class MeanSd:
    """Mean and standard deviation estimated from quantiles; arrays of the shape of the data together.

    Attributes
    ----------
    mean, sd : ndarray
        nan where the study is too skewed (unless asked for) or has too few quantiles.
    skewed : ndarray of bool
        The quantiles lie too unevenly for a sample of the assumed distribution (test at the 5 % level).
    statistic, critical : ndarray
        Of that test.
    source : ndarray of str
        What there was: "range", "quartiles", "range and quartiles", or "" where it does not suffice.
    mean_method, sd_method, distribution, constants : str
        The definitions that made the numbers.
    """

    mean: Floats
    sd: Floats
    skewed: NDArray[np.bool_]
    statistic: Floats
    critical: Floats
    source: NDArray[np.str_]
    mean_method: str
    sd_method: str
    distribution: str
    constants: str


def expected_order_statistic(rank: ArrayLike, n: ArrayLike) -> Floats:
    """Return the expectation of the `rank`-th smallest of `n` standard normal values.

    Parameters
    ----------
    rank, n : array_like
        1 <= rank <= n, not necessarily whole.

    Returns
    -------
    ndarray

    Notes
    -----
    The trapezium rule on the normal scale, whose error falls faster than any power of the step for such an integrand.

    Examples
    --------
    >>> round(float(expected_order_statistic(3, 3)), 12), round(1.5 / np.pi**0.5, 12)
    (0.846284375322, 0.846284375322)
    """
    r, m = np.broadcast_arrays(np.asarray(rank, dtype=np.float64), np.asarray(n, dtype=np.float64))
    middle = special.ndtri(r / (m + 1.0))
    spread = np.sqrt(r * (m - r + 1.0) / (m + 2.0)) / (m + 1.0) * np.sqrt(2 * np.pi) * np.exp(0.5 * middle**2)
    z = middle[..., None] + spread[..., None] * np.linspace(-15.0, 15.0, 751)
    r, m = r[..., None], m[..., None]
    log_weight = -0.5 * z * z + (r - 1.0) * special.log_ndtr(z) + (m - r) * special.log_ndtr(-z)
    weight = np.exp(log_weight - log_weight.max(axis=-1, keepdims=True))
    return np.asarray((z * weight).sum(axis=-1) / weight.sum(axis=-1))


def _spreads(n: Floats, constants: str) -> tuple[Floats, Floats]:
    """How many SDs lie between the extremes, and between the quartiles, of `n` normal values (Wan et al. 2014)."""
    xi, eta = 2.0 * special.ndtri((n - 0.375) / (n + 0.25)), 2.0 * special.ndtri((0.75 * n - 0.125) / (n + 0.25))
    if constants == "formula":
        return xi, eta
    # quartiles are tabulated at n = 4 Q + 1, rank 3 Q + 1; between, at the nearest Q above
    quarter = np.maximum(1.0, np.ceil(0.25 * (n - 1.0)))
    exact = 2.0 * expected_order_statistic(n, n), 2.0 * expected_order_statistic(3 * quarter + 1, 4 * quarter + 1)
    if constants == "exact":
        return exact
    return (
        np.where(n <= TABLES_END, np.round(exact[0], 3), xi),
        np.where(quarter <= TABLES_END, np.round(exact[1], 3), eta),
    )


def _skewness(low: Floats, q1: Floats, mid: Floats, q3: Floats, high: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Shi et al. (2023): statistic and critical value at 5 % for each of the three cases."""
    ends, quarters = np.abs(low + high - 2 * mid) / (high - low), np.abs(q1 + q3 - 2 * mid) / (q3 - q1)
    by_range, by_quartiles = np.isfinite(low + high), np.isfinite(q1 + q3)
    both = np.maximum(2.65 * np.log(0.6 * n) / np.sqrt(n) * ends, quarters)
    return (
        np.where(by_range & by_quartiles, both, np.where(by_range, ends, quarters)),
        np.where(
            by_range & by_quartiles,
            3.0 / np.sqrt(n) - 40.0 / n**3,
            np.where(by_range, 1.0 / np.log(n + 9.0) + 2.5 / (n + 1.0), 2.65 / np.sqrt(n) - 6.0 / n**2),
        ),
    )


def _mean(low: Floats, q1: Floats, mid: Floats, q3: Floats, high: Floats, n: Floats) -> Floats:
    """Luo, Wan, Liu and Tong (2018): weights of the middle of the range, of the quartiles and of the median."""
    by_range, by_quartiles = np.isfinite(low + high), np.isfinite(q1 + q3)
    both = by_range & by_quartiles
    w_range = np.where(both, 2.2 / (2.2 + n**0.75), np.where(by_range, 4.0 / (4.0 + n**0.75), 0.0))
    w_quartiles = np.where(both, 0.7 - 0.72 / n**0.55, np.where(by_quartiles, 0.7 + 0.39 / n, 0.0))
    return np.asarray(
        w_range * 0.5 * np.where(by_range, low + high, 0.0)
        + w_quartiles * 0.5 * np.where(by_quartiles, q1 + q3, 0.0)
        + (1.0 - w_range - w_quartiles) * mid
    )


def _unscaled_sd(
    low: Floats, q1: Floats, q3: Floats, high: Floats, n: Floats, method: str, constants: str
) -> Floats:
    """Wan, Wang, Liu and Tong (2014) from one spread; from both their mean, or Shi, Luo et al.'s (2020) weights."""
    xi, eta = _spreads(n, constants)
    by_range, by_quartiles = (high - low) / xi, (q3 - q1) / eta
    weight = 1.0 / (1.0 + 0.07 * n**0.6)
    if method == "shi":
        # the weights were derived with the formulas, and meta takes no table here either
        xi_both, eta_both = _spreads(n, "exact" if constants == "exact" else "formula")
        both = weight * (high - low) / xi_both + (1.0 - weight) * (q3 - q1) / eta_both
    else:
        both = 0.5 * (by_range + by_quartiles)
    return np.where(np.isfinite(both), both, np.where(np.isfinite(by_range), by_range, by_quartiles))


# Shi et al. (2020, log-normal data): coefficients of the corrections for range, quartiles, and both. Of `shrink` the
# SD's square is divided by; of `fourth` its fourth power is; the pairs are those of s^2/n and s^4/n in the corrections
# of the mean, and of the two terms of the variance.
def _log_corrections(case: NDArray[np.intp], n: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    log2 = np.log(n) ** 2
    shrink = np.choose(case, [1.01 + 0.25 / log2, 1.0 + 1.58 / n, 1.0 + 0.28 / log2])
    fourth = np.choose(case, [1.0 + 2.23 / log2, 1.0 + 19.2 / n**1.2, 1.0 + 3.93 / n])
    return shrink, fourth, np.choose(case, [0.565, 0.57, 0.405]), np.choose(case, [0.37, 0.75, 0.315])


def _from_log(mean: Floats, s: Floats, case: NDArray[np.intp], n: Floats) -> tuple[Floats, Floats]:
    """Mean and SD on the original scale from those on the log scale, with small-sample corrections."""
    shrink, fourth, two, four = _log_corrections(case, n)
    s2, s4 = s**2 / shrink, s**4 / fourth

    def phi(a: float, b: float) -> Floats:
        return np.asarray(1.0 + (a * two * s2 + b * four * s4) / n)

    exp_mean = np.exp(mean + 0.5 * s2) / phi(1.0, 1.0)
    variance = np.exp(2 * mean + 2 * s2) / phi(4.0, 16.0) - np.exp(2 * mean + s2) / phi(4.0, 4.0)
    return exp_mean, np.sqrt(variance)


def mean_sd_from_quantiles(
    n: ArrayLike,
    median: ArrayLike,
    *,
    minimum: ArrayLike = np.nan,
    q1: ArrayLike = np.nan,
    q3: ArrayLike = np.nan,
    maximum: ArrayLike = np.nan,
    distribution: str = "normal",
    sd_method: str = "shi",
    constants: str = "formula",
    if_skewed: str = "leave-out",
) -> MeanSd:
    """Estimate mean and standard deviation from the median with range, quartiles or both.

    Parameters
    ----------
    n : array_like
        Study sizes.
    median, minimum, q1, q3, maximum : array_like
        Quantiles; nan where not printed. They broadcast.
    distribution : {"normal", "lognormal"}
        What the patients' values follow.
    sd_method : {"shi", "wan"}
        From range and quartiles together: Shi's optimal weights or Wan's mean. With one of the two both are Wan's.
    constants : {"formula", "tables", "exact"}
        How many SDs a range or a distance of quartiles is worth: Wan's formulas (metafor); Wan's tables, of three
        decimals, as far as they go (R's meta); or the exact expectations.
    if_skewed : {"leave-out", "estimate"}
        What to do with a study whose quantiles lie too unevenly for the distribution.

    Returns
    -------
    MeanSd

    Raises
    ------
    SettingsError
        An option that is not there.
    ValueError
        Quantiles out of order, or not above 0 under "lognormal".

    Notes
    -----
    Wan, Wang, Liu and Tong (2014), BMC Med Res Methodol 14:135; Luo, Wan, Liu and Tong (2018), Stat Methods Med Res
    27:1785-1805; Shi, Luo, Weng, Zeng, Lin, Chu and Tong (2020), Res Synth Methods 11:641-654. With fewer than five
    patients, or fewer than two quantiles beside the median, there is no estimate.

    Examples
    --------
    >>> got = mean_sd_from_quantiles([20, 33], [7, 9], minimum=[2, np.nan], maximum=[15, np.nan],
    ...     q1=[np.nan, 5], q3=[np.nan, 13])
    >>> got.mean.round(3), got.sd.round(3)
    (array([7.446, 9.   ]), array([3.479, 6.2  ]))
    """
    for name, value, known in (
        ("distribution", distribution, DISTRIBUTIONS),
        ("SD method", sd_method, SD_METHODS),
        ("kind of constants", constants, CONSTANTS),
        ("treatment of skewed studies", if_skewed, IF_SKEWED),
    ):
        if value not in known:
            raise SettingsError(f'There is no {name} "{value}". There are: {", ".join(known)}.')
    size, *five = np.broadcast_arrays(
        *(np.asarray(x, dtype=np.float64) for x in (n, minimum, q1, median, q3, maximum))
    )
    _check_order(np.stack(five), distribution)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, a, mid, b, high = (np.log(x) if distribution == "lognormal" else x for x in five)
        enough = np.where(size >= 5, size, np.nan)
        by_range, by_quartiles = np.isfinite(low + high), np.isfinite(a + b)
        case = np.where(by_range & by_quartiles, 2, np.where(by_range, 0, 1))
        statistic, critical = _skewness(low, a, mid, b, high, enough)
        skewed = statistic >= critical
        mean = _mean(low, a, mid, b, high, enough)
        sd = _unscaled_sd(low, a, b, high, enough, sd_method, constants)
        if distribution == "lognormal":
            mean, sd = _from_log(mean, sd, case, enough)
        usable = (by_range | by_quartiles) & np.isfinite(mid) & np.isfinite(enough)
        if if_skewed == "leave-out":
            usable &= ~skewed
    there = np.isfinite(mid) & (by_range | by_quartiles)
    return MeanSd(
        mean=np.where(usable, mean, np.nan),
        sd=np.where(usable, sd, np.nan),
        skewed=skewed,
        statistic=statistic,
        critical=critical,
        source=np.where(there, np.array(["range", "quartiles", "range and quartiles"])[case], ""),
        mean_method="luo",
        sd_method=sd_method,
        distribution=distribution,
        constants=constants,
    )


def _check_order(five: Floats, distribution: str) -> None:
    """Whether each study's quantiles, as far as there are any, ascend."""
    highest = np.fmax.accumulate(five, axis=0)
    if (five < highest).any():
        raise ValueError("minimum, first quartile, median, third quartile and maximum must ascend")
    if distribution == "lognormal" and (five <= 0).any():
        raise ValueError("values of a log-normal distribution are above 0")


def standard_error_from_interval(
    low: ArrayLike, high: ArrayLike, *, level: float = 0.95, df: ArrayLike = np.inf, ratio: bool = False
) -> Floats:
    """Return the standard error that a confidence interval was made from.

    Parameters
    ----------
    low, high : array_like
        Bounds.
    level : float
        Their confidence, in (0, 1).
    df : array_like
        Degrees of freedom of the t quantile; infinite for a normal one.
    ratio : bool
        The bounds are of a ratio: the standard error is that of its logarithm.

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError
        Bounds out of order, or of a ratio and not above 0.

    Examples
    --------
    >>> round(float(standard_error_from_interval(0.5, 2.0, ratio=True)), 6)
    0.353653
    """
    a, b = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    if (b < a).any() or (ratio and (a <= 0).any()):
        raise ValueError("an interval's bounds must ascend, and those of a ratio lie above 0")
    if ratio:
        a, b = np.log(a), np.log(b)
    return np.asarray(0.5 * (b - a) / _quantile(level, df))


def _quantile(level: float, df: ArrayLike) -> Floats:
    if not 0 < level < 1:
        raise SettingsError(f"A confidence level lies between 0 and 1; {level} does not. Did you mean 0.95?")
    tail = 0.5 * (1.0 - level)
    n = np.asarray(df, dtype=np.float64)
    return normal_upper(tail) if np.isposinf(n).all() else t_upper(tail, n)


def sd_from_standard_error(se: ArrayLike, n: ArrayLike) -> Floats:
    """Return the standard deviation of the values whose mean has standard error `se`.

    Examples
    --------
    >>> float(sd_from_standard_error(0.5, 16))
    2.0
    """
    return np.asarray(np.asarray(se, dtype=np.float64) * np.sqrt(np.asarray(n, dtype=np.float64)))


def sd_from_interval(low: ArrayLike, high: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> Floats:
    """Return the standard deviation from the t interval of a mean of `n` values.

    Examples
    --------
    >>> round(float(sd_from_interval(-1.0, 1.0, 16)), 4)
    1.8767
    """
    df = np.asarray(n, dtype=np.float64) - 1.0
    return sd_from_standard_error(standard_error_from_interval(low, high, level=level, df=df), n)


def combine_groups(
    n: ArrayLike, mean: ArrayLike, sd: ArrayLike, include: ArrayLike | None = None
) -> tuple[Floats, Floats, Floats]:
    """Return size, mean and standard deviation of groups taken together, as if their patients were in one list.

    Parameters
    ----------
    n, mean, sd : array_like, shape (..., groups)
        Of each group.
    include : array_like of bool, shape (..., groups), optional
        Which groups.

    Returns
    -------
    (n, mean, sd) : tuple of ndarray, shape (...)

    Examples
    --------
    >>> [round(float(x), 6) for x in combine_groups([3, 2], [2.0, 4.5], [1.0, 0.5**0.5])]
    [5.0, 3.0, 1.581139]
    """
    m = np.asarray(n, dtype=np.float64) * (1.0 if include is None else np.asarray(include, dtype=np.float64))
    value, s = np.asarray(mean, dtype=np.float64), np.asarray(sd, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = m.sum(axis=-1)
        centre = np.where(m > 0, m * value, 0.0).sum(axis=-1) / whole
        inside = np.where(m > 0, (m - 1.0) * s**2, 0.0).sum(axis=-1)
        between = np.where(m > 0, m * (value - centre[..., None]) ** 2, 0.0).sum(axis=-1)
        return whole, centre, np.sqrt((inside + between) / np.where(whole > 1, whole - 1.0, np.nan))
