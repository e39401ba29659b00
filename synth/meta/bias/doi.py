"""The Doi plot and its index of asymmetry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.meta.numeric.distributions import Floats, normal_upper


@dataclass(frozen=True, eq=False)
class DoiPlot:
    """Points of a Doi plot, in the order of the estimates, with the LFK index.

    Attributes
    ----------
    order : ndarray of int
        Positions of the studies that the points stand for.
    estimate : ndarray
        Abscissa: the estimates, rising.
    z : ndarray
        Normal quantile of each study's rank, weighted by precision; the ordinate is its absolute value, the largest at
        the bottom.
    tip : int or None
        Which point is the tip: the one with the smallest abs(z).
    lfk : float or None
        Index of asymmetry; None with a `reason`.
    reading : str
        "no asymmetry" (abs(lfk) up to 1), "minor asymmetry" (up to 2), "major asymmetry"; "" without an index.
    reason : str
        Why there is no index; "" where there is.
    """

    order: NDArray[np.intp]
    estimate: Floats
    z: Floats
    tip: int | None
    lfk: float | None
    reading: str
    reason: str


def doi_plot(y: ArrayLike, v: ArrayLike, include: ArrayLike | None = None) -> DoiPlot:
    """Rank the studies by estimate, weighted by precision, and measure how lopsided the plot is.

    Parameters
    ----------
    y, v : array_like, shape (k,)
        Estimates and sampling variances, on the analysis scale.
    include : array_like of bool, shape (k,), optional
        Which studies count.

    Returns
    -------
    DoiPlot

    Notes
    -----
    Furuya-Kanamori, Barendregt and Doi (2018), Int J Evid Based Healthc 16:195-203. The index has no sampling theory:
    it depends on k and finds asymmetry in symmetrical data (Schwarzer, Rücker and Semaca 2024, Res Synth Methods), so
    that it is a description, not a test. metasens: ``lfkindex(x)``, ``doiplot(x)``.

    Examples
    --------
    >>> plot = doi_plot([-4.27, -1.71, -0.58, -0.19, 0.0], [0.158, 0.076, 0.018, 0.022, 0.040])
    >>> round(plot.lfk, 2), plot.reading
    (-3.31, 'major asymmetry')
    """
    y, v = np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64)
    use = np.isfinite(v) if include is None else np.asarray(include, dtype=np.bool_) & np.isfinite(v)
    at = np.flatnonzero(use)
    order = at[np.argsort(y[at], kind="stable")]
    y, v = y[order], v[order]
    if not len(order):
        return DoiPlot(order, y, y, None, None, "", "There is no study.")
    size = 100.0 * v.max() / v
    middle = np.cumsum(size) - size / 2.0
    z = -normal_upper((middle - 0.5) / size.sum())
    tip = int(np.abs(z).argmin())
    spread = float(np.ptp(y))
    if len(order) < 3 or spread == 0:
        reason = "The studies have one estimate." if len(order) > 2 else "Two studies have no shape."
        return DoiPlot(order, y, z, tip, None, "", reason)
    lfk = float(2.5 * (z + np.ptp(z) / spread * (y - y[tip])).mean())
    reading = "no asymmetry" if abs(lfk) <= 1 else "minor asymmetry" if abs(lfk) <= 2 else "major asymmetry"
    return DoiPlot(order, y, z, tip, lfk, reading, "")
