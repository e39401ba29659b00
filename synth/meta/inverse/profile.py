"""Profile likelihood of the pooled mean under inverse variance, for every row of a mask at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingsError
from synth.meta.inverse.tau2 import estimate_tau2, maximum
from synth.meta.numeric.distributions import Floats, chi2_upper
from synth.meta.numeric.roots import solve_between
from synth.meta.sensitivity.rows import LOG_2PI, UNASKED, Rows, Sums, log_likelihoods, make_rows, sums

# Trial means between the estimate and the end of the search: the outermost one inside starts the root.
TRIALS: Final = 48
DOUBLINGS: Final = 1000


@dataclass(frozen=True, eq=False)
class KnownMean:
    """Pools whose mean is given, so that only tau2 is left open: what a method for tau2 asks of rows.

    Attributes
    ----------
    d : ndarray, shape (rows, k)
        Squared deviations from the given mean; 0 where the study does not count.
    v : ndarray, shape (rows, k)
        Sampling variances; infinite where the study does not count.
    m : ndarray, shape (rows, k), or None
        Multiplicities, where any is something else than 0 or 1.
    k, v_min, v_max : ndarray, shape (rows,)
        As in :class:`synth.meta.sensitivity.rows.Rows`.
    """

    d: Floats
    v: Floats
    m: Floats | None
    k: Floats
    v_min: Floats
    v_max: Floats

    @property
    def df(self) -> Floats:
        """A known mean costs no degree of freedom."""
        return self.k

    @property
    def size(self) -> int:
        """How many numbers one trial value touches."""
        return self.d.size

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> KnownMean:
        """Return some of the rows."""
        m = None if self.m is None else self.m[index]
        return KnownMean(self.d[index], self.v[index], m, self.k[index], self.v_min[index], self.v_max[index])

    def _total(self, x: Floats) -> Floats:
        if self.m is None:
            return np.asarray(x.sum(axis=-1))
        return np.asarray((x * (self.m if x.ndim == 2 else self.m[:, None, :])).sum(axis=-1))

    def mean_square(self) -> Floats:
        """Return the mean squared deviation from the given mean."""
        return self._total(self.d) / self.k

    def sums(self, tau2: Floats, *, third: bool = False) -> Sums:
        """Return the sums that the full likelihood's score asks for, at `tau2` of shape (rows,) or (rows, trials)."""
        wide = tau2.ndim == 2
        d, v = (self.d[:, None, :], self.v[:, None, :]) if wide else (self.d, self.v)
        u: Floats = 1.0 / (v + tau2[..., None])
        s1, s2 = self._total(u), self._total(u * u)
        q, a = self._total(u * d), self._total(u * u * d)
        c = self._total(u * u * u * d) if third else UNASKED
        return Sums(u, s1, s2, UNASKED, q, a, UNASKED, c, UNASKED)

    def log_likelihoods(self, tau2: Floats) -> tuple[Floats, Floats]:
        """Return the full log-likelihood at `tau2`; with a known mean the restricted one is the same."""
        s = self.sums(tau2)
        with np.errstate(divide="ignore"):
            logs = np.where(s.u > 0.0, np.log(np.where(s.u > 0.0, s.u, 1.0)), 0.0)
        k = self.k if tau2.ndim == 1 else self.k[:, None]
        full = 0.5 * (self._total(logs) - s.q - k * LOG_2PI)
        return full, full


def _at(rows: Rows, mean: Floats) -> KnownMean:
    """The rows with their means given, as differences from their origins."""
    off = np.where(rows.counted, rows.y - mean[:, None], 0.0)
    return KnownMean(off * off, rows.v, rows.m, rows.k, rows.v_min, rows.v_max)


def _height(rows: Rows, mean: Floats) -> tuple[Floats, Floats]:
    """The likelihood at given means, tau2 at its best for each, and its slope in the mean."""
    known = _at(rows, mean)
    tau2 = maximum(known, True)
    u = known.sums(tau2).u
    off = np.where(rows.counted, rows.y - mean[:, None], 0.0)
    slope = (u * off if rows.m is None else rows.m * u * off).sum(axis=-1)
    return known.log_likelihoods(tau2)[0], slope


def profile_mean(
    y: ArrayLike, v: ArrayLike, include: ArrayLike | None = None, *, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Interval for the pooled mean: the means that the likelihood-ratio test does not reject, tau2 estimated anew.

    Parameters
    ----------
    y, v, include : array_like, shape (..., k)
        As in :func:`synth.meta.inverse.fit.pool_inverse`.
    level : float
        Confidence, in (0, 1).

    Returns
    -------
    low, high : ndarray
        Of the leading shape; nan where fewer than two studies count.

    Raises
    ------
    SettingsError
        A level outside (0, 1).
    NoAnswer
        An equation did not settle.

    Notes
    -----
    Hardy and Thompson (1996), Stat Med 15:619-629: the full likelihood, so that the estimate it belongs to is the one
    by maximum likelihood. Beyond the outermost estimate the profile falls all the way; between the estimates it may
    have several peaks, and the interval runs from the lowest to the highest mean that is not rejected.

    Examples
    --------
    >>> low, high = profile_mean([0.10, 0.30, 0.35, 0.65], [0.03, 0.05, 0.01, 0.05])
    >>> print(low.round(4), high.round(4))
    0.1397 0.5321
    """
    if not 0 < level < 1:
        raise SettingsError(f"A confidence level lies between 0 and 1; {level} does not. Did you mean 0.95?")
    rows = make_rows(y, v, include)
    low, high = np.full(len(rows.k), np.nan), np.full(len(rows.k), np.nan)
    which = np.flatnonzero(rows.k > 1)
    if len(which):
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            part = rows.take(which)
            tau2 = estimate_tau2(part, "ML")
            s = sums(part, tau2)
            fall = 0.5 * float(chi2_upper(1.0 - level, 1.0))
            cut = log_likelihoods(part, tau2, s)[0] - fall
            reach = np.sqrt(2.0 * fall / s.s1)
            for side, out in ((-1.0, low), (1.0, high)):
                out[which] = part.origin + _limit(part, s.mean, reach, cut, side)
    return low.reshape(rows.lead), high.reshape(rows.lead)


def _limit(rows: Rows, centre: Floats, reach: Floats, cut: Floats, side: float) -> Floats:
    """Find the outermost mean on one side at which the profile is still as high as `cut`."""
    far = np.where(rows.counted, side * rows.y, -np.inf).max(axis=1)
    end = np.maximum(side * centre + 2.0 * reach, far) - side * centre
    for _ in range(DOUBLINGS):
        short = _height(rows, centre + side * end)[0] >= cut
        if not short.any():
            break
        end = np.where(short, 2.0 * end, end)
    # even in steps of the root, so that the first of them are fine where a narrow interval ends
    grid = end[:, None] * (np.arange(TRIALS + 1) / TRIALS) ** 2
    inside = np.stack([_height(rows, centre + side * grid[:, j])[0] >= cut for j in range(TRIALS + 1)], axis=1)
    inside[:, 0], inside[:, -1] = True, False
    at = TRIALS - inside[:, ::-1].argmax(axis=1)
    here = np.arange(len(at))
    a, b = centre + side * grid[here, at], centre + side * grid[here, at + 1]

    def equation(mean: Floats, which: NDArray[np.intp]) -> tuple[Floats, Floats]:
        height, slope = _height(rows.take(which), mean)
        return height - cut[which], slope

    return solve_between(equation, a, b, 0.5 * (a + b), reach)


def profile_ratio(y: ArrayLike, v: ArrayLike, mean: float) -> float:
    """Likelihood ratio of the best mean against a given one, tau2 at its best for each.

    Parameters
    ----------
    y, v : array_like, shape (k,)
        Estimates and sampling variances of at least two studies.
    mean : float
        On the analysis scale.

    Returns
    -------
    float
        Twice the difference of the log-likelihoods; chi-squared with one degree of freedom where `mean` is true.

    Examples
    --------
    >>> round(profile_ratio([0.10, 0.30, 0.35, 0.65], [0.03, 0.05, 0.01, 0.05], 0.0), 4)
    6.7749
    """
    rows = make_rows(y, v)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        tau2 = estimate_tau2(rows, "ML")
        best = log_likelihoods(rows, tau2)[0]
        return max(2.0 * float((best - _height(rows, mean - rows.origin)[0])[0]), 0.0)
