"""How far two people agree: Cohen's kappa for words, the intraclass correlation for numbers; numbers in, numbers out.

Everything is computed in whole numbers or fractions and rounded once at the end, so that "does not vary" is a fact and
not a matter of the last digit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

KAPPA = "Cohen's kappa"
ICC = "ICC(A,1)"
FEWEST = 2
"""Rows below which there is no coefficient: one row does not vary."""


@dataclass(frozen=True)
class Coefficient:
    """A coefficient of agreement, or why there is none.

    Parameters
    ----------
    value : float or None
        At most 1, which is full agreement; 0 is what chance would give, below 0 is worse than chance.
    reason : str
        Why there is none; empty where there is one.
    """

    value: float | None
    reason: str = ""


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> Coefficient:
    """Give Cohen's unweighted kappa: the share of agreement beyond what the two people's own shares would give.

    Parameters
    ----------
    pairs : sequence of (str, str)
        The category that each of the two gave, row by row.

    Returns
    -------
    Coefficient
        Without a value below two rows, and where both gave one and the same category throughout.

    Notes
    -----
    kappa = (n S - C) / (n^2 - C) with n rows, S of them the same, and C the sum over the categories of the product of
    how often each of the two gave it (Cohen, Educational and Psychological Measurement 1960;20:37-46).

    Examples
    --------
    >>> both = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    >>> round(cohen_kappa(both).value, 6)
    0.4
    >>> cohen_kappa([("yes", "yes")] * 9).reason
    'both gave the same word in every row, and nothing varies'
    """
    n = len(pairs)
    if n < FEWEST:
        return _too_few(n)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    same = sum(a == b for a, b in pairs)
    chance = sum(times * second[word] for word, times in first.items())
    if chance == n * n:
        return Coefficient(None, "both gave the same word in every row, and nothing varies")
    return Coefficient(float(Fraction(n * same - chance, n * n - chance)))


def icc_agreement(rows: Sequence[Sequence[float]]) -> Coefficient:
    """Give the intraclass correlation ICC(A,1): two-way random effects, absolute agreement, a single rater.

    Parameters
    ----------
    rows : sequence of sequence of float
        What each rater gave, row by row; the same number of raters, two or more, in each. Finite numbers.

    Returns
    -------
    Coefficient
        Without a value below two rows, and where the rows do not vary.

    Raises
    ------
    ValueError
        The rows are not of one length, or there are fewer than two raters.

    Notes
    -----
    (MSR - MSE) / (MSR + (k - 1) MSE + k (MSC - MSE) / n) with the mean squares of the rows, of the raters and of the
    rest, of n rows and k raters: ICC(A,1) of McGraw and Wong (Psychological Methods 1996;1:30-46, table 4), which is
    ICC(2,1) of Shrout and Fleiss (Psychological Bulletin 1979;86:420-428). A rater who is always higher lowers it.

    Examples
    --------
    The six targets and four judges of table 2 of Shrout and Fleiss, who print .29:

    >>> judged = [(9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7)]
    >>> round(icc_agreement(judged).value, 4)
    0.2898
    >>> icc_agreement([(7, 7), (7, 7)]).reason
    'the numbers do not vary between the rows'
    """
    n = len(rows)
    if n < FEWEST:
        return _too_few(n)
    k = len(rows[0])
    if k < FEWEST or any(len(row) != k for row in rows):
        raise ValueError("Every row needs the same number of raters, two or more.")
    # The shortest text of a float is the number that stood in the cell: 0.1 is a tenth.
    exact = [[Fraction(repr(value)) for value in row] for row in rows]
    total = sum((value for row in exact for value in row), Fraction(0))
    middle = total * total / (n * k)
    squares = sum((value * value for row in exact for value in row), Fraction(0)) - middle
    of_rows = sum((sum(row, Fraction(0)) ** 2 for row in exact), Fraction(0)) / k - middle
    of_raters = sum((sum(column, Fraction(0)) ** 2 for column in zip(*exact, strict=True)), Fraction(0)) / n - middle
    rest = (squares - of_rows - of_raters) / ((n - 1) * (k - 1))
    msr, msc = of_rows / (n - 1), of_raters / (k - 1)
    below = msr + (k - 1) * rest + k * (msc - rest) / n
    if msr == 0 or below <= 0:
        return Coefficient(None, "the numbers do not vary between the rows")
    return Coefficient(float((msr - rest) / below))


def _too_few(n: int) -> Coefficient:
    return Coefficient(None, "both gave a value in no row" if n == 0 else "both gave a value in one row only")
