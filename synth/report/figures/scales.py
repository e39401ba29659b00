"""Axes of figures that are no proportions: ratios on a log scale about 1, anything else on a plain one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..words.quantity import Quantity
from .axis import CLIP_AT, Axis, nice_axis

LOG_MARKS = (1.0, 2.0, 5.0)


def axis_for(quantity: Quantity, values: Sequence[float], core: Sequence[float], left: float, right: float) -> Axis:
    """Choose where the axis of a figure begins and ends, and its ticks.

    Parameters
    ----------
    quantity : Quantity
        What is shown.
    values, core, left, right
        As for :func:`synth.report.figures.axis.nice_axis`.

    Returns
    -------
    Axis
        The value of no effect is always on it.

    Examples
    --------
    >>> from synth.report.words.quantity import RATIO
    >>> axis_for(RATIO, [0.12, 0.25, 0.9], [0.25], 0, 100).labels
    ('0.1', '0.2', '0.5', '1')
    """
    if quantity.kind == "proportion":
        return nice_axis(values, core, left, right)
    if quantity.log:
        return _log(quantity, values, core, left, right)
    return _plain(quantity, values, core, left, right)


def _log(quantity: Quantity, values: Sequence[float], core: Sequence[float], left: float, right: float) -> Axis:
    logs = [math.log(value) for value in values if value > 0] or [0.0]
    middle = [math.log(value) for value in core if value > 0] or logs
    reach = max([abs(value) for value in middle] + [math.log(2.0)]) * CLIP_AT / 2
    low, high = math.exp(max(min([*logs, 0.0]), -reach)), math.exp(min(max([*logs, 0.0]), reach))
    marks = [m * 10.0**e for e in range(-12, 13) for m in LOG_MARKS]
    first = max((mark for mark in marks if mark <= low * 1.000001), default=marks[0])
    last = min((mark for mark in marks if mark >= high / 1.000001), default=marks[-1])
    if first == last:
        first, last = 0.5, 2.0
    shown = [mark for mark in marks if first * 0.999999 <= mark <= last * 1.000001]
    if len(shown) > 7:
        tens = [mark for mark in shown if abs(math.log10(mark) - round(math.log10(mark))) < 1e-9]
        every = math.ceil(len(tens) / 7)
        shown = [mark for mark in tens if round(math.log10(mark)) % every == 0]
    ticks = tuple(shown)
    return Axis(first, last, ticks, left, right, tuple(map(quantity.tick, ticks)), log=True, null=quantity.null)


def _plain(quantity: Quantity, values: Sequence[float], core: Sequence[float], left: float, right: float) -> Axis:
    base = [] if quantity.null is None else [quantity.null]
    inner = [*core, *base] or [0.0]
    width = max(inner) - min(inner) or max(map(abs, inner)) or 1.0
    low = max(min([*values, *base]), min(inner) - CLIP_AT / 2 * width)
    high = min(max([*values, *base]), max(inner) + CLIP_AT / 2 * width)
    if quantity.name in {"rate", "mean"} and low >= 0.0 and low < 0.5 * high:
        low = 0.0
    ticks = nice_ticks(low, high)
    return Axis(ticks[0], ticks[-1], ticks, left, right, tuple(map(quantity.tick, ticks)), null=quantity.null)


def nice_ticks(low: float, high: float, most: int = 6) -> tuple[float, ...]:
    """Return round numbers that begin at or below `low`, end at or above `high` and are equally far apart.

    Examples
    --------
    >>> nice_ticks(-0.08, 0.31)
    (-0.1, 0.0, 0.1, 0.2, 0.3, 0.4)
    >>> nice_ticks(5.0, 5.0)[0] < 5.0 < nice_ticks(5.0, 5.0)[-1]
    True
    """
    if not high > low:
        spare = abs(low) * 0.1 or 1.0
        low, high = low - spare, high + spare
    size = 10.0 ** math.floor(math.log10((high - low) / most))
    for unit in (1.0, 2.0, 2.5, 5.0, 10.0, 20.0):
        step = unit * size
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first <= most:
            break
    return tuple(float(f"{i * step:.12g}") for i in range(first, last + 1))
