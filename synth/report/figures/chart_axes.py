"""Axes for pictures with two of them: plain numbers, or sizes on a log scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..words import rounding
from .axis import Axis
from .scales import LOG_MARKS, nice_ticks


def plain_axis(values: Sequence[float], first: float, last: float, most: int = 6) -> Axis:
    """Return an axis of plain numbers that shows all of them.

    Examples
    --------
    >>> plain_axis([0.2, 3.7], 0.0, 100.0).labels
    ('0', '1', '2', '3', '4')
    """
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low != 0.0:
        # A mark on the frame itself would be half outside of it.
        low -= 0.03 * (high - low)
    ticks = nice_ticks(low, high, most)
    if all(value == int(value) for value in values) and ticks[1] - ticks[0] < 1.0:
        # Years have no halves.
        ticks = tuple(float(i) for i in range(math.floor(ticks[0]), math.ceil(ticks[-1]) + 1))
    return Axis(ticks[0], ticks[-1], ticks, first, last, tuple(map(rounding.tick, ticks)))


def size_axis(values: Sequence[float], first: float, last: float) -> Axis:
    """Return a log axis of sizes, with round numbers beyond both ends.

    Examples
    --------
    >>> size_axis([12, 140], 100.0, 0.0).labels
    ('10', '20', '50', '100', '200')
    """
    inside = [value for value in values if value > 0] or [1.0]
    low, high = min(inside), max(inside)
    marks = [m * 10.0**e for e in range(-6, 12) for m in LOG_MARKS]
    start = max((mark for mark in marks if mark <= low), default=marks[0])
    end = min((mark for mark in marks if mark > high), default=marks[-1])
    ticks = [mark for mark in marks if start <= mark <= end]
    if len(ticks) > 8:
        ticks = [mark for mark in ticks if abs(math.log10(mark) % 1.0) < 1e-9] or ticks
    return Axis(start, end, tuple(ticks), first, last, tuple(map(rounding.tick, ticks)), log=True)
