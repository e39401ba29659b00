"""Incidence rates, of one arm and of two: to the analysis scales and back. Counts come with zeros dealt with."""

from __future__ import annotations

import numpy as np

from synth.meta.numeric.distributions import Floats

Pair = tuple[Floats, Floats]


def check(events: Floats, time: Floats) -> None:
    """Raise ValueError for what no study can have."""
    if not ((events >= 0) & np.isfinite(events) & (time > 0) & np.isfinite(time)).all():
        raise ValueError("events must be 0 or more, and person-time above 0")


def check_pair(events_1: Floats, time_1: Floats, events_2: Floats, time_2: Floats) -> None:
    """Raise ValueError for what no study can have, in either arm."""
    check(events_1, time_1)
    check(events_2, time_2)


def raw(x: Floats, t: Floats) -> Pair:
    """Return the rate and its variance."""
    return x / t, x / t**2


def log(x: Floats, t: Floats) -> Pair:
    """Return the log rate and its variance."""
    return np.log(x / t), 1.0 / x


def root(x: Floats, t: Floats) -> Pair:
    """Return the square root of the rate and its variance."""
    return np.sqrt(x / t), 1.0 / (4.0 * t)


def freeman_tukey(x: Floats, t: Floats) -> Pair:
    """Return half of sqrt(x/t) + sqrt((x+1)/t), the Freeman-Tukey scale as metafor halves it, and its variance."""
    return 0.5 * (np.sqrt(x / t) + np.sqrt((x + 1.0) / t)), 1.0 / (4.0 * t)


def log_ratio(x1: Floats, t1: Floats, x2: Floats, t2: Floats) -> Pair:
    """Return the log rate ratio and its variance."""
    return np.log((x1 / t1) / (x2 / t2)), 1.0 / x1 + 1.0 / x2


def difference(x1: Floats, t1: Floats, x2: Floats, t2: Floats) -> Pair:
    """Return the rate difference and its variance."""
    return x1 / t1 - x2 / t2, x1 / t1**2 + x2 / t2**2


def root_difference(x1: Floats, t1: Floats, x2: Floats, t2: Floats) -> Pair:
    """Return the difference of the square roots of the rates and its variance."""
    return np.sqrt(x1 / t1) - np.sqrt(x2 / t2), 1.0 / (4.0 * t1) + 1.0 / (4.0 * t2)


def square(value: Floats) -> Floats:
    """Go back from the square root; below 0 there is no rate but 0."""
    return np.asarray(np.maximum(value, 0.0) ** 2)


def freeman_tukey_back(value: Floats, time: Floats) -> Floats:
    """Go back from the Freeman-Tukey scale at a person-time; 0 below what no events give."""
    least = 0.5 / np.sqrt(time)
    z = np.maximum(value, least)
    # with u = 2 z sqrt(t), the sum of roots: sqrt(x) = (u^2 - 1) / (2 u); the factors do not cancel near the least
    return np.asarray(((z / least - 1.0) * (z / least + 1.0) / (4.0 * z * time)) ** 2)
