"""Log-likelihoods of counts, each as value, score and information in its linear predictor.

Binomial on the logit, Poisson on the log, and the noncentral hypergeometric: the events of one arm given both arms'
totals and the events of both together, whose parameter is the log odds ratio.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..numeric.quadrature import Floats

FAMILIES = ("binomial", "poisson", "hypergeometric")
# Numbers held at once where tables are summed: a few arrays of this size stay in a processor's cache.
_AT_ONCE = 1 << 18
# Above so many tables with the same margins in all studies together, adding them up is no longer sensible.
MOST_TABLES = 20_000_000
# What is left out beyond a window is less than e^-40 of the sum.
_FALL = 40.0

Parts = tuple[Floats, Floats, Floats]


def binomial(eta: Floats, x: Floats, n: Floats) -> Parts:
    """Binomial counts on the logit, without the coefficient.

    Parameters
    ----------
    eta, x, n : array of float
        Linear predictor, events and totals; they broadcast.

    Returns
    -------
    value, score, information : arrays of float
        Log-likelihood, its first derivative, and minus the second.

    Examples
    --------
    >>> [float(a) for a in binomial(np.zeros(()), np.array(3.0), np.array(8.0))[1:]]
    [-1.0, 2.0]
    """
    small = np.exp(-np.abs(eta))
    near = 1.0 / (1.0 + small)
    far = small * near
    p = np.where(eta >= 0.0, near, far)
    return x * eta - n * (np.maximum(eta, 0.0) + np.log1p(small)), x - n * p, n * (near * far)


def poisson(eta: Floats, x: Floats, t: Floats) -> Parts:
    """Poisson counts over person-time on the log, without what holds no parameter; see :func:`binomial`."""
    mean = t * np.exp(np.minimum(eta, 300.0))
    return x * eta - mean, x - mean, mean


@dataclass(frozen=True)
class Tables:
    """Every table that has a study's margins, with the log of its number of ways against the observed one.

    Attributes
    ----------
    x : array of float, shape (k,)
        Events of the first arm.
    margins : array of float, shape (k, 3)
        Patients of the first arm, of the second, and events of both.
    low, size : array of int, shape (k,)
        Fewest events of the first arm that the margins allow, and how many values there are.
    start : array of int, shape (k,)
        Where a study's values begin in `ways`.
    ways : array of float
        Logarithms, 0 at what was observed.
    """

    x: Floats
    margins: Floats
    low: NDArray[np.int64]
    size: NDArray[np.int64]
    start: NDArray[np.int64]
    ways: Floats = field(repr=False)

    @classmethod
    def of(cls, x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Tables:
        """Build them from events and totals of both arms; the caller has seen to :data:`MOST_TABLES`.

        Examples
        --------
        >>> np.exp(Tables.of(np.array([1.0]), np.array([3.0]), np.array([1.0]), np.array([2.0])).ways).round(6)
        array([0.166667, 1.      , 0.5     ])
        """
        s = x1 + x2
        low = np.maximum(0.0, s - n2).astype(np.int64)
        size = (np.minimum(n1, s) - low + 1).astype(np.int64)
        start = np.concatenate([[0], np.cumsum(size)[:-1]])
        study = np.repeat(np.arange(x1.size), size)
        j = (np.arange(study.size) - start[study] + low[study]).astype(float)
        with np.errstate(divide="ignore"):
            rise = np.log((n1[study] - j) * (s[study] - j)) - np.log((j + 1.0) * (n2[study] - s[study] + j + 1.0))
        rise[start + size - 1] = 0.0  # from the last value of a study there is no next one
        total = np.concatenate([[0.0], np.cumsum(rise)])
        at = start + (x1 - low).astype(np.int64)
        return cls(x1, np.stack([n1, n2, s], axis=1), low, size, start, total[:-1] - total[at][study])

    def ends(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which studies have the fewest, and the most, events of the first arm that their margins allow."""
        at = self.x - self.low
        return at == 0, at == self.size - 1

    def parts(self, eta: Floats, study: NDArray[np.intp]) -> Parts:
        """Log-probability of what was observed, its score and information.

        Parameters
        ----------
        eta : array of float, shape (c, m)
            Log odds ratios.
        study : array of int, shape (c,)

        Returns
        -------
        value, score, information : arrays of shape (c, m)

        Examples
        --------
        >>> one = Tables.of(np.array([1.0]), np.array([3.0]), np.array([1.0]), np.array([2.0]))
        >>> np.round(np.exp(one.parts(np.zeros((1, 1)), np.array([0]))[0]), 6)
        array([[0.6]])
        """
        out = np.empty(eta.shape), np.empty(eta.shape), np.empty(eta.shape)
        first, width = self._windows(eta, study)
        # Windows of about the same width go together.
        rounded = np.minimum(2 ** np.ceil(np.log2(width)).astype(np.int64), self.size[study])
        for w in np.unique(rounded):
            same = np.flatnonzero(rounded == w)
            step = max(1, _AT_ONCE // int(w * eta.shape[1]))
            for at in range(0, same.size, step):
                some = same[at : at + step]
                self._sum(eta, study, first, int(w), some, out)
        return out

    def _windows(self, eta: Floats, study: NDArray[np.intp]) -> tuple[Floats, NDArray[np.int64]]:
        """Where the terms that count begin at each node, and how many there are at most in each cell."""
        size = self.size[study]
        if size.max(initial=0) <= 256:
            return np.broadcast_to(self.low[study][:, None], eta.shape).astype(float), size
        n1, n2, s = (self.margins[study, i][:, None] for i in range(3))
        odds = np.exp(np.clip(eta, -60.0, 60.0))
        # The mode, from the quadratic that neighbouring terms are equal in (Liao and Rosen 2001).
        a, b, c = odds - 1.0, -((n1 + s + 2.0) * odds + n2 - s), (n1 + 1.0) * (s + 1.0) * odds
        q = -0.5 * (b - np.sqrt(np.maximum(b * b - 4.0 * a * c, 0.0)))
        low, high = self.low[study][:, None].astype(float), (self.low[study] + size - 1)[:, None].astype(float)
        mode = np.clip(np.floor(c / q), low, high)
        variance = 1.0 / (1.0 / (mode + 0.5) + 1.0 / (n1 - mode + 0.5) + 1.0 / (s - mode + 0.5)
                          + 1.0 / (n2 - s + mode + 0.5))  # fmt: skip
        # A sum of independent trials, as this distribution is, has tails within Bernstein's bound.
        half = np.ceil(_FALL + np.sqrt(_FALL * _FALL + 2.5 * _FALL * variance)).max(axis=1)
        width = np.minimum(2.0 * half + 1.0, size).astype(np.int64)
        return np.clip(mode - half[:, None], low, np.maximum(high - width[:, None] + 1.0, low)), width

    def _sum(
        self, eta: Floats, study: NDArray[np.intp], first: Floats, w: int, some: NDArray[np.intp], out: Parts
    ) -> None:
        low, size = self.low[study[some]][:, None], self.size[study[some]][:, None]
        begin = np.clip(first[some].astype(np.int64) - low, 0, np.maximum(size - w, 0))
        at = begin[:, :, None] + np.arange(w)
        away = (at + (low - self.x[study[some]][:, None])[:, :, None]).astype(float)
        log = self.ways[self.start[study[some]][:, None, None] + at] + away * eta[some][:, :, None]
        top = log.max(axis=2)
        share = np.exp(log - top[:, :, None])
        total = share.sum(axis=2)
        mean = (share * away).sum(axis=2) / total
        out[0][some] = -(top + np.log(total))
        out[1][some] = -mean
        out[2][some] = (share * (away - mean[:, :, None]) ** 2).sum(axis=2) / total
