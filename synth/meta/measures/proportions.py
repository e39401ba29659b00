"""Single proportions: to the analysis scales and back. Counts come with zero cells dealt with."""

from __future__ import annotations

import numpy as np
from scipy import special

from synth.meta.numeric.distributions import Floats


def check(events: Floats, total: Floats) -> None:
    """Raise ValueError for counts that no study can have."""
    if not ((events >= 0) & (events <= total) & (total > 0)).all():
        raise ValueError("events must lie between 0 and total, and total above 0")


def logit(x: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return the log odds and their variance."""
    return np.log(x / (n - x)), 1.0 / x + 1.0 / (n - x)


def log(x: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return the log proportion and its variance."""
    # near 1 the rest keeps the digits that the proportion loses
    return np.where(x > 0.5 * n, np.log1p(-(n - x) / n), np.log(x / n)), (n - x) / (x * n)


def raw(x: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return the proportion and its variance."""
    p = x / n
    return p, p * ((n - x) / n) / n


def arcsine(x: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return the arcsine of the root and its variance."""
    return np.arctan2(np.sqrt(x), np.sqrt(n - x)), 1.0 / (4.0 * n)


def freeman_tukey(x: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return half the double arcsine (Freeman and Tukey 1950) and its variance."""
    low, high = np.arctan2(np.sqrt(x), np.sqrt(n - x + 1.0)), np.arctan2(np.sqrt(x + 1.0), np.sqrt(n - x))
    return 0.5 * (low + high), 1.0 / (4.0 * n + 2.0)


def exp(value: Floats) -> Floats:
    """Go back from the log."""
    # nothing above log(1) is a proportion, and far above it exp overflows
    return np.asarray(np.exp(np.minimum(value, 0.0)))


def expit(value: Floats) -> Floats:
    """Go back from the logit."""
    return np.asarray(special.expit(value))


def sine_squared(value: Floats) -> Floats:
    """Go back from the arcsine."""
    return np.asarray(np.sin(np.clip(value, 0.0, 0.5 * np.pi)) ** 2)


def miller(value: Floats, size: Floats) -> Floats:
    """Inverse of the double arcsine (Miller 1978), 0 and 1 beyond what 0 and all events give at this size."""
    value, n = np.broadcast_arrays(value, size)
    least = 0.5 * np.arctan2(1.0, np.sqrt(n))
    inside = (value > least) & (value < 0.5 * np.pi - least)
    angle = np.where(inside, 2.0 * value, 0.5 * np.pi)
    s = np.sin(angle)
    # s + (s - 1/s)/n is the sine of the angle to be halved; (s - 1/s) as one fraction, which does not cancel
    shifted = s - np.cos(angle) ** 2 / (s * n)
    root = np.sqrt(np.maximum(0.0, (1.0 - shifted) * (1.0 + shifted)))
    small = 0.5 * shifted**2 / (1.0 + root)
    p = np.where(np.cos(angle) >= 0, small, 1.0 - small)
    out = np.where(inside, p, np.where(value <= least, 0.0, 1.0))
    return np.where(np.isnan(value), np.nan, out)
