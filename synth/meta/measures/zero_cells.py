"""Zero cells: what is added to counts before a logarithm or a reciprocal, to which studies, and under which name.

A policy is named, as in metafor's ``to``: ``"only0"`` adds to the studies that have a zero cell, ``"if0all"`` to all
studies as soon as one has, ``"all"`` to all of them always, ``"none"`` to none, and ``"treatment-arm"`` to the studies
with a zero cell, in each arm its share of all patients (Sweeting, Sutton and Lambert 2004).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.errors import SettingsError
from synth.meta.numeric.distributions import Floats

POLICIES: Final = ("only0", "if0all", "all", "treatment-arm", "none")
ADD: Final = 0.5
DOUBLE_ZERO: Final = ("drop", "keep")

Data = tuple[Floats, ...]
Mask = NDArray[np.bool_]


def check_policy(policy: str) -> None:
    """Raise SettingsError unless `policy` is one of :data:`POLICIES`.

    Examples
    --------
    >>> check_policy("only0")
    """
    if policy not in POLICIES:
        raise SettingsError(f'There is no zero-cell policy "{policy}". There are: {", ".join(POLICIES)}.')


def _chosen(empty: Mask, policy: str) -> Mask:
    """Which studies something is added to."""
    check_policy(policy)
    if policy == "none":
        return np.zeros_like(empty)
    if policy == "all":
        return np.ones_like(empty)
    if policy == "if0all":
        # one study alone has no last axis
        return np.broadcast_to(empty.any(axis=-1, keepdims=True), empty.shape) if empty.ndim else empty
    return empty


def _no_arms(policy: str) -> None:
    if policy == "treatment-arm":
        raise SettingsError('A treatment-arm correction needs two arms; for one arm the nearest is "only0".')


def correct_counts(events: Floats, total: Floats, policy: str, add: float = ADD) -> tuple[Data, Mask]:
    """Add to events and to non-events of a single arm.

    Parameters
    ----------
    events, total : ndarray
        Counts.
    policy : str
        One of :data:`POLICIES`, except ``"treatment-arm"``.
    add : float
        How much goes to each cell; the total grows by twice as much.

    Returns
    -------
    ((events, total), corrected) : tuple
        The counts, and which studies were changed.

    Examples
    --------
    >>> correct_counts(np.array([0.0, 3.0]), np.array([20.0, 20.0]), "only0")
    ((array([0.5, 3. ]), array([21., 20.])), array([ True, False]))
    """
    _no_arms(policy)
    where = _chosen((events == 0) | (events == total), policy)
    return (np.where(where, events + add, events), np.where(where, total + 2 * add, total)), where


def correct_rates(events: Floats, time: Floats, policy: str, add: float = ADD) -> tuple[Data, Mask]:
    """Add to the events of a single arm; person-time stays.

    Parameters
    ----------
    events, time : ndarray
        Counts and person-time.
    policy : str
        One of :data:`POLICIES`, except ``"treatment-arm"``.
    add : float
        How much is added.

    Returns
    -------
    ((events, time), corrected) : tuple

    Examples
    --------
    >>> correct_rates(np.array([0.0, 3.0]), np.array([20.0, 20.0]), "all")[0][0]
    array([0.5, 3.5])
    """
    _no_arms(policy)
    where = _chosen(events == 0, policy)
    return (np.where(where, events + add, events), time), where


def _shares(size_1: Floats, size_2: Floats, policy: str, add: float) -> tuple[Floats, Floats]:
    """What each arm's cells get; together as much as two equal arms would get."""
    if policy != "treatment-arm":
        return np.full_like(size_1, add), np.full_like(size_2, add)
    whole = size_1 + size_2
    return 2 * add * size_1 / whole, 2 * add * size_2 / whole


def correct_tables(
    events_1: Floats, total_1: Floats, events_2: Floats, total_2: Floats, policy: str, add: float = ADD
) -> tuple[Data, Mask]:
    """Add to the four cells of two arms.

    Parameters
    ----------
    events_1, total_1, events_2, total_2 : ndarray
        Counts.
    policy : str
        One of :data:`POLICIES`. Under ``"treatment-arm"`` each cell of an arm gets ``2 * add`` times the arm's share of
        the study's patients.
    add : float
        How much goes to each cell.

    Returns
    -------
    ((events_1, total_1, events_2, total_2), corrected) : tuple

    Examples
    --------
    >>> (x1, n1, x2, n2), _ = correct_tables(*map(np.array, ([0.0], [30.0], [2.0], [10.0])), "treatment-arm")
    >>> float(x1[0]), float(n1[0]), float(x2[0]), float(n2[0])
    (0.75, 31.5, 2.25, 10.5)
    """
    empty = (events_1 == 0) | (events_1 == total_1) | (events_2 == 0) | (events_2 == total_2)
    where = _chosen(empty, policy)
    more_1, more_2 = _shares(total_1, total_2, policy, add)
    more_1, more_2 = np.where(where, more_1, 0.0), np.where(where, more_2, 0.0)
    return (events_1 + more_1, total_1 + 2 * more_1, events_2 + more_2, total_2 + 2 * more_2), where


def correct_rate_pairs(
    events_1: Floats, time_1: Floats, events_2: Floats, time_2: Floats, policy: str, add: float = ADD
) -> tuple[Data, Mask]:
    """Add to the events of two arms; person-time stays.

    Parameters
    ----------
    events_1, time_1, events_2, time_2 : ndarray
        Counts and person-time.
    policy : str
        One of :data:`POLICIES`; under ``"treatment-arm"`` by the arm's share of the study's person-time.
    add : float
        How much is added.

    Returns
    -------
    ((events_1, time_1, events_2, time_2), corrected) : tuple

    Examples
    --------
    >>> correct_rate_pairs(*map(np.array, ([0.0], [30.0], [2.0], [10.0])), "only0")[0][2]
    array([2.5])
    """
    where = _chosen((events_1 == 0) | (events_2 == 0), policy)
    more_1, more_2 = _shares(time_1, time_2, policy, add)
    return (
        np.where(where, events_1 + more_1, events_1),
        time_1,
        np.where(where, events_2 + more_2, events_2),
        time_2,
    ), where


def same_tables(events_1: Floats, total_1: Floats, events_2: Floats, total_2: Floats) -> Mask:
    """Return which tables say nothing about a ratio: no events in both arms, or nothing but events in both.

    Examples
    --------
    >>> same_tables(*map(np.array, ([0.0, 9.0, 0.0], [9.0] * 3, [0.0, 9.0, 1.0], [9.0] * 3)))
    array([ True,  True, False])
    """
    same: Mask = ((events_1 == 0) & (events_2 == 0)) | ((events_1 == total_1) & (events_2 == total_2))
    return same


def same_rates(events_1: Floats, time_1: Floats, events_2: Floats, time_2: Floats) -> Mask:
    """Return which pairs of rates say nothing about a ratio: no events in both arms.

    Examples
    --------
    >>> same_rates(*map(np.array, ([0.0, 9.0], [9.0] * 2, [0.0, 9.0], [9.0] * 2)))
    array([ True, False])
    """
    same: Mask = (events_1 == 0) & (events_2 == 0)
    return same
