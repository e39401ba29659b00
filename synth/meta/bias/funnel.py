"""What a contour-enhanced funnel plot draws: points, the funnel, and the regions of significance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingsError
from synth.meta.inverse.fit import pool_inverse
from synth.meta.numeric.distributions import Floats, normal_upper

AXES: Final = ("se", "precision", "size")


@dataclass(frozen=True, eq=False)
class Funnel:
    """A funnel plot in numbers, on the analysis scale.

    Attributes
    ----------
    studies : ndarray of int, shape (n,)
        Positions of the studies that the points stand for.
    x, height : ndarray, shape (n,)
        The points: estimates, and their place on the axis.
    axis : {"se", "precision", "size"}
        What the heights are; the standard error is drawn downwards.
    centre : float
        Where the funnel stands: the pooled estimate of common effects.
    grid : ndarray, shape (g,)
        Heights at which the lines below are given.
    low, high : ndarray, shape (g,)
        The funnel: where 95 % of the studies would lie if they had one true value.
    null : float or None
        Centre of the contours.
    levels : tuple of float
        Of the contours.
    contour_low, contour_high : ndarray, shape (levels, g)
        An estimate outside differs from `null` with a p below 1 - level.
    region : ndarray of int, shape (n,)
        How many contours a point lies outside of; 0 without a `null`.
    """

    studies: NDArray[np.intp]
    x: Floats
    height: Floats
    axis: str
    centre: float
    grid: Floats
    low: Floats
    high: Floats
    null: float | None
    levels: tuple[float, ...]
    contour_low: Floats
    contour_high: Floats
    region: NDArray[np.int64]


def funnel(
    y: ArrayLike,
    v: ArrayLike,
    include: ArrayLike | None = None,
    *,
    axis: str = "se",
    size: ArrayLike | None = None,
    null: float | None = 0.0,
    levels: tuple[float, ...] = (0.9, 0.95, 0.99),
    points: int = 65,
) -> Funnel:
    """Lay out a funnel plot.

    Parameters
    ----------
    y, v : array_like, shape (k,)
        Estimates and sampling variances, on the analysis scale.
    include : array_like of bool, shape (k,), optional
        Which studies count.
    axis : {"se", "precision", "size"}
        Standard error, 1 / standard error, or study size. For proportions take the size (Hunter et al. 2014): their
        standard errors depend on the estimates.
    size : array_like, shape (k,), optional
        Study sizes, for that axis.
    null : float, optional
        What the contours test against; None for proportions, which have none.
    levels : tuple of float
        Of the contours.
    points : int
        How many heights the lines are given at.

    Returns
    -------
    Funnel
        On the axis of size the lines use the variance that goes with it at the median of v times size.

    Raises
    ------
    SettingsError
        Another `axis`, no `size` where it is needed, or no study.

    Notes
    -----
    Peters et al. (2008), J Clin Epidemiol 61:991-996; Hunter et al. (2014), J Clin Epidemiol 67:897-903.

    Examples
    --------
    >>> plot = funnel([0.1, 0.5, 0.9], [0.01, 0.04, 0.09], points=3)
    >>> plot.grid.round(2), plot.high.round(2), plot.region
    (array([0.  , 0.15, 0.3 ]), array([0.24, 0.53, 0.83]), array([0, 2, 3]))
    """
    if axis not in AXES:
        raise SettingsError(f'There is no axis "{axis}" of a funnel plot. There are: {", ".join(AXES)}.')
    if axis == "size" and size is None:
        raise SettingsError('A funnel plot by size needs the sizes of the studies. Without them there is "se".')
    y, v = np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64)
    use = np.isfinite(v) if include is None else np.asarray(include, dtype=np.bool_) & np.isfinite(v)
    at = np.flatnonzero(use)
    if not len(at):
        raise SettingsError("There is no study to draw a funnel plot of.")
    y, v = y[at], v[at]
    centre = float(pool_inverse(y, v, effects="common", ci_method="wald").estimate)
    if axis == "se":
        height = np.sqrt(v)
        grid = np.linspace(0.0, height.max(), points)
        se = grid
    elif axis == "precision":
        height = 1.0 / np.sqrt(v)
        grid = np.linspace(height.min(), height.max(), points)
        se = 1.0 / grid
    else:
        height = np.asarray(size, dtype=np.float64)[at]
        grid = np.geomspace(height.min(), height.max(), points)
        se = np.sqrt(np.median(v * height) / grid)
    half = float(normal_upper(0.025)) * se
    wide = normal_upper(0.5 * (1.0 - np.asarray(levels)))[:, None] * se
    middle = np.nan if null is None else null
    outside = np.abs(y - middle) > normal_upper(0.5 * (1.0 - np.asarray(levels)))[:, None] * np.sqrt(v)
    return Funnel(
        studies=at,
        x=y,
        height=height,
        axis=axis,
        centre=centre,
        grid=grid,
        low=centre - half,
        high=centre + half,
        null=null,
        levels=tuple(levels),
        contour_low=middle - wide,
        contour_high=middle + wide,
        region=outside.sum(axis=0),
    )
