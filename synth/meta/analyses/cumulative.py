"""Cumulative analysis in one result: the pool as it would have stood after each study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ...errors import SettingsError
from ..answers.inverse import interval_method, inverse_rows
from ..glmm.rows import fit_rows, glmm_rows
from ..numeric.distributions import Floats
from .mixed import is_mixed, mixed_parts
from .prepare import Excluded, Prepared, as_label, as_number, prepare, without

# What studies can be sorted by without any further column, the largest first.
FROM_DATA: Final = ("size", "total", "precision")


@dataclass(frozen=True)
class Step:
    """The pool after one more study, on the reporting scale."""

    added: str
    value: float
    k: int
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str | None
    tau2: float | None
    reason: str | None


@dataclass(frozen=True)
class CumulativeAnalysis:
    """The pool as studies are added in the order of a variable; see :func:`cumulative_analysis`."""

    variable: str
    order: str
    model: str
    rows: tuple[Step, ...]
    excluded: tuple[Excluded, ...]
    reason: str | None


def cumulative_analysis(
    data: Mapping[str, Sequence[Any]],
    studies: Sequence[str] | None,
    by: Sequence[Any] | None = None,
    *,
    variable: str = "precision",
    **settings: Any,
) -> CumulativeAnalysis:
    """Pool the first study, the first two, and so on.

    Parameters
    ----------
    data, studies
        As for :func:`synth.meta.pool`.
    by : sequence, length k, optional
        Numbers to sort by, the smallest first (years); ties keep their order. ``None`` or blank where a study has none.
    variable : str
        What `by` is called. Without `by`: ``size`` (or ``total``) for the patients or person-time of each study,
        ``precision`` for one over its standard error, the largest first.
    **settings
        ``measure, model, effects, tau2_method, ci_method, level, ...`` as for :func:`synth.meta.pool`.

    Returns
    -------
    CumulativeAnalysis

    Raises
    ------
    NothingToPool, ProblemsError, SettingsError, UnknownName
        As for :func:`synth.meta.pool`; a model without cumulative analysis; nothing to sort by.

    Examples
    --------
    >>> counts = {"events": [7, 3, 0], "total": [43, 38, 17]}
    >>> found = cumulative_analysis(counts, ["A", "B", "C"], [2012, 2003, 2008], variable="year")
    >>> [(row.added, row.k, row.ci_method, round(row.estimate, 3)) for row in found.rows]
    [('B', 1, 'exact', 0.079), ('C', 2, 'profile', 0.055), ('A', 3, 't', 0.096)]
    """
    given = prepare(data, studies, {} if by is None else {variable: by}, "cumulative analysis", settings)
    given, value, order = _numbers(given, variable) if by is not None else _from_data(given, variable)
    if not given.k:
        reason = f"no study has a number under {variable}"
        return CumulativeAnalysis(variable, order, given.settings.model, (), given.excluded, reason)
    at = np.argsort(-value if by is None else value, kind="stable")
    # Rows of the mask in the order of entry, over studies as they stand: a tie keeps its place.
    place = np.empty(given.k, dtype=np.intp)
    place[at] = np.arange(given.k)
    include = place[None, :] <= np.arange(given.k)[:, None]
    if is_mixed(given.settings):
        parts = mixed_parts(given, include)
    elif given.settings.model == "glmm":
        x, n = given.counts
        parts = glmm_rows(x, n, include, fit_rows(x, n, include, given.settings.effects), given.settings)
    else:
        method = interval_method(given.settings)
        parts = inverse_rows(given.y, given.v, include, given.studies, given.settings, method, given.sizes)
    rows = tuple(
        Step(given.studies[i].study, float(value[i]), part.k, part.estimate, part.ci_low, part.ci_high,
             part.ci_method, part.tau2, part.reason)
        for i, part in zip(at, parts, strict=True)
    )  # fmt: skip
    alone = "one study: nothing accumulates" if given.k == 1 else None
    return CumulativeAnalysis(variable, order, given.settings.model, rows, given.excluded, alone)


def _numbers(given: Prepared, variable: str) -> tuple[Prepared, Floats, str]:
    reasons = {
        study.study: f'{variable} is "{as_label(value)}", which is not a number'
        for study, value in zip(given.studies, given.values[variable], strict=True)
        if as_number(value) is None
    }
    given = without(given, reasons) if reasons else given
    return given, np.array([as_number(v) for v in given.values[variable]], dtype=float), "smallest first"


def _from_data(given: Prepared, variable: str) -> tuple[Prepared, Floats, str]:
    if variable not in FROM_DATA:
        raise SettingsError(
            f"There are no values of {variable} to sort by. Without a column there are: {', '.join(FROM_DATA)}."
        )
    if variable == "precision":
        return given, 1.0 / np.sqrt(given.v), "largest first"
    size = given.patients()
    if size is None:
        raise SettingsError("These data do not count patients, so they cannot be sorted by size. Use precision.")
    return given, size, "largest first"
