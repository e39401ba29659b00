"""Roots of many equations at once: Newton's steps inside brackets, halving where a step leaves or stalls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.errors import NoAnswer
from synth.meta.numeric.distributions import Floats

STEPS: Final = 200


def solve_between(
    equation: Callable[[Floats, NDArray[np.intp]], tuple[Floats, Floats]],
    low: Floats,
    high: Floats,
    start: Floats,
    scale: Floats,
) -> Floats:
    """Solve ``value(x) = 0`` for each pair of `low` and `high`.

    Parameters
    ----------
    equation : callable
        Given trial points and the positions (in `low`) of the equations that they are for, returns value and slope.
    low, high : ndarray, shape (n,)
        The value is positive or 0 at `low` and negative or 0 at `high` (`low` may be the larger of the two).
    start : ndarray, shape (n,)
        First trial points.
    scale : ndarray, shape (n,)
        Absolute size below which a difference means nothing, as a multiple of 1e-16.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    NoAnswer
        An equation did not settle.

    Examples
    --------
    >>> square = lambda x, which: (2.0 - x * x, -2.0 * x)
    >>> one = np.ones(1)
    >>> round(float(solve_between(square, one, 2 * one, 1.5 * one, one)[0]), 12)
    1.414213562373
    """
    x, low, high = start.copy(), low.copy(), high.copy()
    out = x.copy()
    live: NDArray[np.intp] = np.arange(len(x))
    last = np.abs(high - low)
    for _ in range(STEPS):
        if not len(live):
            return out
        value, slope = equation(x, live)
        low, high = np.where(value >= 0, x, low), np.where(value >= 0, high, x)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = -value / slope
        inside = (x + step - low) * (x + step - high) <= 0
        step = np.where(inside & (np.abs(step) <= 0.5 * last), step, 0.5 * (low + high) - x)
        x, last = x + step, np.abs(step)
        floor = 4e-16 * (np.abs(x) + scale[live])
        # a Newton step this small has squared its error away; the bracket itself may be what has closed
        done = (last <= floor) | (value == 0) | (np.abs(high - low) <= floor)
        if done.any():
            out[live[done]] = x[done]
            keep = ~done
            live, x, low, high, last = live[keep], x[keep], low[keep], high[keep], last[keep]
    raise NoAnswer(f"An equation was bracketed but not solved in {STEPS} steps.")
