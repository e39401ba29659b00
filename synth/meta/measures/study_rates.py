"""Interval for a single study's incidence rate."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from synth.errors import SettingsError
from synth.meta.measures.rates import check
from synth.meta.measures.zero_cells import correct_rates
from synth.meta.numeric.distributions import Floats, normal_upper

METHODS: Final = ("exact", "wald")


def rate_interval(
    events: ArrayLike, time: ArrayLike, *, method: str = "exact", level: float = 0.95
) -> tuple[Floats, Floats]:
    """Interval for each study's rate.

    Parameters
    ----------
    events, time : array_like
        Counts and person-time; they broadcast.
    method : {"exact", "wald"}
        Garwood's, from the Poisson distribution; or estimate and normal standard error, of half an event
        where there is none, not below 0.
    level : float
        Confidence, in (0, 1).

    Returns
    -------
    (low, high) : tuple of ndarray
        Events per unit of person-time. The exact lower limit is 0 at no events.

    Raises
    ------
    SettingsError
        Unknown `method`, or a `level` outside (0, 1).
    ValueError
        Negative events, or person-time that is not above 0.

    Notes
    -----
    Garwood (1936), Biometrika 28:437-442. In R: ``poisson.test(events, time)``.

    Examples
    --------
    >>> low, high = rate_interval([0, 19], [100, 398])
    >>> low.round(4), high.round(4)
    (array([0.    , 0.0287]), array([0.0369, 0.0745]))
    """
    if method not in METHODS:
        raise SettingsError(f'There is no interval "{method}" for a rate. There are: {", ".join(METHODS)}.')
    if not 0 < level < 1:
        raise SettingsError(f"A confidence level lies between 0 and 1; {level} does not. Did you mean 0.95?")
    x, t = np.broadcast_arrays(np.asarray(events, dtype=np.float64), np.asarray(time, dtype=np.float64))
    check(x, t)
    tail = 0.5 * (1.0 - level)
    if method == "wald":
        x = correct_rates(x, t, "only0")[0][0]
        half = float(normal_upper(tail)) * np.sqrt(x)
        return np.maximum(0.0, (x - half) / t), (x + half) / t
    low = np.where(x > 0, special.gammaincinv(np.where(x > 0, x, 1.0), tail), 0.0)
    return low / t, special.gammainccinv(x + 1.0, tail) / t
