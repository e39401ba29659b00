"""The axis of a figure: where it begins and ends, its ticks, and the map to positions; that of proportions in full."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..words import rounding

CLIP_AT = 5.0
"""The axis ends where the widest interval would make it this many times longer than the rest needs."""


@dataclass(frozen=True)
class Axis:
    """An axis, linear or logarithmic, and the map from a value to a position.

    ``labels`` belong to ``ticks``; without any they are proportions, in per cent. ``null`` is the value of no effect.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    left: float
    right: float
    labels: tuple[str, ...] = ()
    log: bool = False
    null: float | None = None

    def x(self, value: float) -> float:
        """Return the position of a value, held inside the plot.

        Examples
        --------
        >>> Axis(0.0, 0.4, (0.0, 0.4), 100.0, 300.0).x(0.1)
        150.0
        """
        low, high = self.low, self.high
        if self.log:
            value, low, high = math.log(max(value, 1e-300)), math.log(low), math.log(high)
        share = (value - low) / (high - low)
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def inside(self, value: float) -> bool:
        """Tell whether a value lies on the axis."""
        return self.low <= value <= self.high

    def marks(self) -> tuple[tuple[float, str], ...]:
        """Return each tick with its text."""
        return tuple(zip(self.ticks, self.labels or map(rounding.percent_tick, self.ticks), strict=True))


def nice_axis(values: Sequence[float], core: Sequence[float], left: float, right: float) -> Axis:
    """Choose where an axis of proportions begins and ends, and its ticks.

    Parameters
    ----------
    values : sequence of float
        Everything to be shown, limits included.
    core : sequence of float
        What must be seen whole: estimates and summaries. A limit far beyond them is cut with an arrow.
    left, right : float
        Positions of the ends.

    Returns
    -------
    Axis
        Anchored at 0 % or at 100 % where the figures lie near it, else the whole range.

    Examples
    --------
    >>> nice_axis([0.0, 0.16, 0.31], [0.16], 0, 100).ticks
    (0.0, 0.1, 0.2, 0.3, 0.4)
    >>> nice_axis([0.82, 0.97, 1.0], [0.97], 0, 100).low
    0.8
    >>> nice_axis([0.0, 0.9], [0.05], 0, 100).high
    0.25
    """
    low, high = min(values, default=0.0), max(values, default=1.0)
    reach = max(core, default=high)
    depth = 1 - min(core, default=low)
    if reach <= 0.5:
        high = min(high, max(CLIP_AT * reach, 0.05)) if high > 0.5 else high
        if high <= 0.6:
            return _axis(0.0, max(high, 0.01), left, right)
    if depth <= 0.5:
        low = max(low, 1 - max(CLIP_AT * depth, 0.05)) if low < 0.5 else low
        if low >= 0.4:
            return _axis(min(low, 0.99), 1.0, left, right)
    return _axis(0.0, 1.0, left, right)


def _axis(low: float, high: float, left: float, right: float) -> Axis:
    step = next((s for s in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2) if (high - low) / s <= 5.001), 0.25)
    if (low, high) == (0.0, 1.0):
        step = 0.2
    first, last = rounding.outward(low, high, step)
    first, last = max(first, 0.0), min(last, 1.0)
    count = round((last - first) / step)
    ticks = tuple(round(first + i * step, 6) for i in range(count + 1))
    return Axis(first, last, ticks, left, right)
