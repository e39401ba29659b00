"""Effect measures: from counts to estimates and variances on the analysis scale, and back to the reporting scale.

Every measure is one entry of :data:`MEASURES`; another kind (rates, two arms, means) joins by adding its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from synth.errors import UnknownName
from synth.meta.distributions import Floats

ZERO_CELL_ADD: Final = 0.5


@dataclass(frozen=True)
class Measure:
    """An effect measure: what its inputs are called, and the way to the analysis scale and back.

    Attributes
    ----------
    name : str
        As on the command line, ``"PLOGIT"``.
    label : str
        For a sentence: "logit-transformed proportion".
    kind : str
        What is measured: "proportion".
    columns : tuple of str
        The inputs of `to_analysis`, in order.
    scale : str
        Name of the analysis scale: "logit".
    reporting : str
        Name of the reporting scale: "proportion".
    bounds : tuple of float
        Smallest and largest value on the reporting scale.
    sized : bool
        The way back depends on a study size, which `to_reporting` then requires.
    aliases : tuple of str
        What others call it.

    Examples
    --------
    >>> y, v = measure("PLOGIT").to_analysis([0, 16], [20, 17])
    >>> y.round(4), v.round(4)
    (array([-3.7136,  2.7726]), array([2.0488, 1.0625]))
    >>> float(measure("PLOGIT").to_reporting(0.0))
    0.5
    """

    name: str
    label: str
    kind: str
    columns: tuple[str, ...]
    scale: str
    reporting: str
    bounds: tuple[float, float]
    forward: Callable[..., tuple[Floats, Floats]] = field(repr=False)
    backward: Callable[..., Floats] = field(repr=False)
    sized: bool = False
    aliases: tuple[str, ...] = ()

    def to_analysis(self, *data: ArrayLike) -> tuple[Floats, Floats]:
        """Return estimates and sampling variances.

        Parameters
        ----------
        *data : array_like
            One for each of `columns`; they broadcast.

        Returns
        -------
        (y, v) : tuple of ndarray

        Raises
        ------
        ValueError
            Too few or too many inputs, or values that no study can have.
        """
        if len(data) != len(self.columns):
            raise ValueError(f"{self.name} is made from {', '.join(self.columns)}; {len(data)} inputs were given")
        return self.forward(*(np.asarray(x, dtype=np.float64) for x in data))

    def to_reporting(self, value: ArrayLike, size: ArrayLike | None = None) -> Floats:
        """Return values of the analysis scale on the reporting scale, clipped to its bounds.

        Parameters
        ----------
        value : array_like
            Estimates or bounds; nan stays nan.
        size : array_like, optional
            Study size at which to go back, for a measure that is `sized`.

        Returns
        -------
        ndarray

        Raises
        ------
        ValueError
            A `sized` measure without a size.
        """
        x = np.asarray(value, dtype=np.float64)
        if not self.sized:
            return np.clip(self.backward(x), *self.bounds)
        if size is None:
            raise ValueError(f"{self.name} goes back to a {self.reporting} at a study size, and none was given")
        return np.clip(self.backward(x, np.asarray(size, dtype=np.float64)), *self.bounds)


def zero_cells(events: Floats, total: Floats) -> tuple[Floats, Floats]:
    """Add 1/2 to both cells of a study in which one is 0, and to no other (metafor's ``to = "only0"``).

    Parameters
    ----------
    events, total : ndarray
        Counts.

    Returns
    -------
    (events, total) : tuple of ndarray
        Floats; the total grows by 1.

    Examples
    --------
    >>> zero_cells(np.array([0.0, 3.0]), np.array([20.0, 20.0]))
    (array([0.5, 3. ]), array([21., 20.]))
    """
    empty = (events == 0) | (events == total)
    return np.where(empty, events + ZERO_CELL_ADD, events), np.where(empty, total + 2 * ZERO_CELL_ADD, total)


def _counts(events: Floats, total: Floats) -> tuple[Floats, Floats]:
    x, n = np.broadcast_arrays(events, total)
    if not ((x >= 0) & (x <= n) & (n > 0)).all():
        raise ValueError("events must lie between 0 and total, and total above 0")
    return x, n


def _logit(events: Floats, total: Floats) -> tuple[Floats, Floats]:
    x, n = zero_cells(*_counts(events, total))
    return np.log(x / (n - x)), 1.0 / x + 1.0 / (n - x)


def _log(events: Floats, total: Floats) -> tuple[Floats, Floats]:
    x, n = zero_cells(*_counts(events, total))
    # near 1 the rest keeps the digits that the proportion loses
    return np.where(x > 0.5 * n, np.log1p(-(n - x) / n), np.log(x / n)), (n - x) / (x * n)


def _raw(events: Floats, total: Floats) -> tuple[Floats, Floats]:
    x, n = zero_cells(*_counts(events, total))
    p = x / n
    return p, p * ((n - x) / n) / n


def _arcsine(events: Floats, total: Floats) -> tuple[Floats, Floats]:
    x, n = _counts(events, total)
    return np.arctan2(np.sqrt(x), np.sqrt(n - x)), 1.0 / (4.0 * n)


def _freeman_tukey(events: Floats, total: Floats) -> tuple[Floats, Floats]:
    x, n = _counts(events, total)
    low, high = np.arctan2(np.sqrt(x), np.sqrt(n - x + 1.0)), np.arctan2(np.sqrt(x + 1.0), np.sqrt(n - x))
    return 0.5 * (low + high), 1.0 / (4.0 * n + 2.0)


def _exp(value: Floats) -> Floats:
    # nothing above log(1) is a proportion, and far above it exp overflows
    return np.asarray(np.exp(np.minimum(value, 0.0)))


def _expit(value: Floats) -> Floats:
    return np.asarray(special.expit(value))


def _sine_squared(value: Floats) -> Floats:
    return np.asarray(np.sin(np.clip(value, 0.0, 0.5 * np.pi)) ** 2)


def _miller(value: Floats, size: Floats) -> Floats:
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


def harmonic_size(total: ArrayLike, include: ArrayLike | None = None) -> Floats:
    """Return the harmonic mean of the study sizes along the last axis, the size for Miller's inverse.

    Parameters
    ----------
    total : array_like, shape (..., k)
        Study sizes.
    include : array_like, shape (..., k), optional
        Mask or multiplicities.

    Returns
    -------
    ndarray, shape (...)
        nan where nothing counts.

    Examples
    --------
    >>> float(harmonic_size([10, 40]))
    16.0
    """
    n = np.asarray(total, dtype=np.float64)
    m = np.ones_like(n) if include is None else np.asarray(include, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.asarray(m.sum(axis=-1) / (m / n).sum(axis=-1))


def variance_size(variance: ArrayLike) -> Floats:
    """Return the study size whose Freeman-Tukey variance, 1 / (4 n + 2), is `variance`.

    Going back at the size that the pooled variance stands for (Barendregt et al. 2013) instead of at the harmonic mean
    of the sizes is far less misleading where sizes differ much.

    Parameters
    ----------
    variance : array_like
        Squared standard error of the pooled estimate.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> round(float(variance_size(1 / 402)), 9)
    100.0
    """
    return np.asarray(0.25 / np.asarray(variance, dtype=np.float64) - 0.5)


def _proportion(
    name: str,
    label: str,
    scale: str,
    forward: Callable[..., tuple[Floats, Floats]],
    backward: Callable[..., Floats],
    alias: str,
    sized: bool = False,
) -> Measure:
    columns = ("events", "total")
    return Measure(
        name, label, "proportion", columns, scale, "proportion", (0.0, 1.0), forward, backward, sized, (alias,)
    )


MEASURES: Final[Mapping[str, Measure]] = MappingProxyType(
    {
        m.name: m
        for m in (
            _proportion("PLOGIT", "logit-transformed proportion", "logit", _logit, _expit, "PLO"),
            _proportion("PLN", "log-transformed proportion", "log", _log, _exp, "PLN"),
            _proportion("PRAW", "raw proportion", "proportion", _raw, np.asarray, "PR"),
            _proportion("PAS", "arcsine-transformed proportion", "arcsine", _arcsine, _sine_squared, "PAS"),
            _proportion(
                "PFT",
                "Freeman-Tukey double-arcsine-transformed proportion",
                "double arcsine",
                _freeman_tukey,
                _miller,
                "PFT",
                sized=True,
            ),
        )
    }
)


def measure(name: str) -> Measure:
    """Return the measure called `name`, or aliased so.

    Parameters
    ----------
    name : str
        As in :data:`MEASURES`, or metafor's ("PLO", "PR"); case does not matter.

    Returns
    -------
    Measure

    Raises
    ------
    UnknownName
        There is none.

    Examples
    --------
    >>> measure("plo").name
    'PLOGIT'
    """
    wanted = name.upper()
    for m in MEASURES.values():
        if wanted in (m.name, *m.aliases):
            return m
    raise UnknownName("measure", name, list(MEASURES))
