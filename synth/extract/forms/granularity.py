"""What whole numbers can give: which percentages of so many patients, which means and deviations of whole values.

Everything is worked out with whole numbers, so that no rounding of the machine decides. A printed figure is taken to be
rounded either way at the half, and one without decimals to have none; both let more pass, never less.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

# Beyond it every mean with two or three decimals can be reached, and the search would only cost time.
LARGEST_N = 10_000
_PERCENT = re.compile(r"(\d{1,3})(?:[.,·](\d{1,6}))?", re.ASCII)


@lru_cache(maxsize=65536)
def _typed(value: float) -> tuple[int, int]:
    """Return a number as it was typed: how many units of its last decimal, and how many of these make one."""
    exact = Decimal(repr(float(value))).normalize()
    exponent = exact.as_tuple().exponent
    scale: int = 10 ** max(0, -exponent) if isinstance(exponent, int) else 1
    return int(exact * scale), scale


def printed(value: float) -> tuple[Fraction, Fraction]:
    """Return a number as it was typed, and half of its last decimal.

    Examples
    --------
    >>> printed(5.19)
    (Fraction(519, 100), Fraction(1, 200))
    """
    units, scale = _typed(value)
    return Fraction(units, scale), Fraction(1, 2 * scale)


def _sums(mean: float, n: int, step: tuple[int, int]) -> range:
    """Return the sums of n whole multiples of `step`, in steps, that a printed mean can be rounded from."""
    units, scale = _typed(mean)
    above, below = n * step[1], 2 * scale * step[0]
    return range(-(-(2 * units - 1) * above // below), (2 * units + 1) * above // below + 1)


def mean_possible(mean: float, n: int, step: float = 1.0) -> bool:
    """Say whether n values that are multiples of `step` can have a mean that is printed so (the GRIM test).

    Parameters
    ----------
    mean : float
        As printed.
    n : int
        How many patients.
    step : float
        What each value is a multiple of.

    Notes
    -----
    Brown and Heathers (2017), Soc Psychol Personal Sci 8:363-369. Their first example: no 28 whole numbers have a mean
    of 5.19; 145 / 28 is 5.18, and 146 / 28 is 5.21.

    Examples
    --------
    >>> mean_possible(5.19, 28), mean_possible(5.18, 28), mean_possible(5.2, 28)
    (False, True, True)
    """
    return n < 1 or n > LARGEST_N or len(_sums(mean, n, _typed(step))) > 0


def nearest_means(mean: float, n: int, step: float = 1.0) -> tuple[str, str]:
    """Return the means on either side that n such values can have, with the decimals of the one that is printed.

    Examples
    --------
    >>> nearest_means(5.19, 28)
    ('5.18', '5.21')
    """
    value, half = printed(mean)
    unit = printed(step)[0]
    decimals = len(str(half.denominator)) - 1
    below = math.floor(value * n / unit)
    low, high = (f"{float(each * unit / n):.{decimals}f}" for each in (below, below + 1))
    return low, high


def sd_possible(mean: float, sd: float, n: int, step: float = 1.0) -> bool:
    """Say whether n values that are multiples of `step` can have this mean and standard deviation (GRIMMER).

    Parameters
    ----------
    mean, sd : float
        As printed; the deviation is that of a sample, with n - 1.
    n : int
        How many patients.
    step : float
        What each value is a multiple of.

    Notes
    -----
    Anaya (2016), PeerJ Preprints 4:e2400v1, in the form of Allard (2018): the sum of the squares of whole numbers is
    whole, is odd where their sum is odd, and is no smaller than that of the most even way of making that sum. A False
    is certain; a True is not.

    Examples
    --------
    >>> sd_possible(5.23, 2.55, 35), sd_possible(5.21, 1.6, 28)
    (False, True)
    """
    if n < 2 or n > LARGEST_N:
        return True
    step_units, step_scale = unit = _typed(step)
    units, scale = _typed(sd)
    # Of the squares of half units: SD^2 (n - 1) / step^2 + S^2 / n, over one denominator.
    low, high = max(0, 2 * units - 1) ** 2, (2 * units + 1) ** 2
    times, square = (n - 1) * n * step_scale**2, (2 * scale * step_units) ** 2
    below = square * n
    for total in _sums(mean, n, unit):
        least = -(-(low * times + total * total * square) // below)
        most = (high * times + total * total * square) // below
        each, rest = divmod(total, n)
        least = max(least, each * each * (n - rest) + (each + 1) ** 2 * rest)
        least += (least - total) % 2
        if least <= most:
            return True
    return False


def percent_of(cell: str) -> tuple[Fraction, Fraction] | None:
    """Return a printed percentage, with or without its sign, and half of its last decimal; ``None`` for other text.

    Examples
    --------
    >>> percent_of("16%"), percent_of("2,6 %"), percent_of("about half")
    ((Fraction(16, 1), Fraction(1, 2)), (Fraction(13, 5), Fraction(1, 20)), None)
    """
    match = _PERCENT.fullmatch(cell.strip().removesuffix("%").strip())
    if match is None:
        return None
    decimals = match[2] or ""
    scale = 10 ** len(decimals)
    return Fraction(int(match[1] + decimals), scale), Fraction(1, 2 * scale)


def counts_of(percent: str, total: int) -> range:
    """Return the numbers of patients that a printed percentage of `total` can be rounded from; none where none is.

    Examples
    --------
    >>> counts_of("16%", 43), counts_of("20.4%", 48), counts_of("3%", 400)
    (range(7, 8), range(10, 10), range(10, 15))
    """
    found = percent_of(percent)
    if found is None:
        return range(0)
    value, half = found
    first = max(0, math.ceil((value - half) * total / 100))
    return range(first, max(first, min(total, math.floor((value + half) * total / 100)) + 1))


def nearest_counts(percent: str, total: int) -> tuple[tuple[int, str], ...]:
    """Return the numbers of patients on either side of a percentage, with their percentages to one decimal more.

    Examples
    --------
    >>> nearest_counts("20.4%", 48)
    ((9, '18.75%'), (10, '20.83%'))
    """
    found = percent_of(percent)
    if found is None or total < 1:
        return ()
    value, half = found
    decimals = len(str(half.denominator // 2)) - 1 + 1
    below = min(total, math.floor(value * total / 100))
    return tuple(
        (count, f"{float(Fraction(100 * count, total)):.{decimals}f}%")
        for count in dict.fromkeys((below, min(total, below + 1)))
    )
