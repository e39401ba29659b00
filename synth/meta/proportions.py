"""Pool single-arm proportions: the entry for the question that synth was built for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import SettingsError
from .measures.effects import measure as find_measure
from .pool import pool
from .results import PoolResult


def pool_proportions(
    events: Sequence[Any],
    total: Sequence[Any],
    studies: Sequence[str] | None = None,
    *,
    measure: str | None = None,
    **settings: Any,
) -> PoolResult:
    """Pool proportions from single arms.

    Parameters
    ----------
    events, total : sequence of int, length k
        Patients with the event, and patients assessed for it.
    studies : sequence of str, optional
        Labels, unique. Default: "Study 1" and so on.
    measure : {"PLOGIT", "PLN", "PRAW", "PAS", "PFT"}, optional
        Analysis scale: PLOGIT, or the preset's, where absent. PLOGIT is pooled by the binomial-normal model unless
        another is asked for, the others by inverse variance.
    **settings
        ``model``, ``effects``, ``tau2_method``, ``ci_method``, ``prediction``, ``level``, ``study_ci``, ``zero_cells``,
        ``i2_method``, ``tau2_ci``, ``preset``, ``seed``, ``leave_one_out``, as for :func:`synth.meta.pool`.

    Returns
    -------
    PoolResult

    Raises
    ------
    NothingToPool, ProblemsError, SettingsError, UnknownName, NoAnswer
        As for :func:`synth.meta.pool`.

    Examples
    --------
    >>> r = pool_proportions([7, 3, 1, 0, 5], [43, 38, 26, 17, 30])
    >>> round(r.pooled.reporting.estimate, 4), r.pooled.ci_method, round(r.tau2.value, 4)
    (0.099, 't', 0.0775)
    >>> pool_proportions([0, 0], [20, 30]).pooled.reporting.ci_high.__round__(4)
    0.0711
    """
    scale = find_measure("PLOGIT" if measure is None else measure)
    if scale.kind != "proportion":
        raise SettingsError(
            f"{scale.name} is a {scale.label}, not made from the events and the total of one arm. Use "
            "PLOGIT, PLN, PRAW, PAS or PFT, or synth.meta.pool."
        )
    return pool({"events": events, "total": total}, studies, measure=measure, **settings)
