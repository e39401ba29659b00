"""Means for studies that print a median: estimated by a formula that is named, and marked wherever they stand."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from ..errors import SettingsError
from ..extract import Extracted, Figure
from ..workspace import visible

METHODS = ("luo", "lognormal", "mcgrath", "leave-out")
SOURCE = "mean_source"
"""Name of the variable that says, for each row of such an outcome, whether its mean is printed or estimated."""
PRINTED = "printed"
_FEWEST = 5
_SAID = {
    "luo": "mean after Luo et al. 2018, SD after {sd}",
    "lognormal": "after Luo et al. 2018 and {sd} on the log scale, taken back after Shi et al. 2020",
    "mcgrath": "by quantile estimation after McGrath et al. 2020 ({family} distribution)",
}
_SD = {
    "range": "Wan et al. 2014",
    "quartiles": "Wan et al. 2014",
    "range and quartiles": "Shi et al. 2020",
}
_KEPT = "given as a median, and --medians leave-out keeps it out"


def is_estimated(figure: Figure) -> bool:
    """Say whether the mean or the standard deviation of a row was estimated from quantiles."""
    return dict(figure.more).get(SOURCE, PRINTED) != PRINTED


def estimated_note(rows: Sequence[Sequence[Figure]], method: str) -> list[str]:
    """Say which means were estimated, and how to see what another formula makes of them.

    Examples
    --------
    >>> row = Figure("A", "mis", "stay", None, 40, more=((SOURCE, "quartiles, luo"),))
    >>> estimated_note([[row]], "luo")[0].partition(";")[0]
    'Mean and standard deviation of A were estimated from a median (--medians luo)'
    >>> estimated_note([[Figure("A", "mis", "stay", None, 40)]], "luo")
    []
    """
    names = list(dict.fromkeys(figure.study for row in rows for figure in row if is_estimated(figure)))
    if not names:
        return []
    shown = ", ".join(visible(name, 60) for name in names[:8])
    shown += f" and {len(names) - 8} more" if len(names) > 8 else ""
    others = " or ".join(f"--medians {word}" for word in METHODS if word not in (method, "leave-out"))
    return [
        f"Mean and standard deviation of {shown} were estimated from a median (--medians {method}); to see what "
        f"another formula makes of it, type {others}."
    ]


def with_estimates(extracted: Extracted, outcomes: Collection[str], method: str) -> Extracted:
    """Estimate mean and standard deviation of rows that have a median with quartiles or range instead.

    Parameters
    ----------
    extracted : Extracted
        The sheets.
    outcomes : collection of str
        Continuous outcomes.
    method : {"luo", "lognormal", "mcgrath", "leave-out"}
        ``luo`` takes the values for normally distributed: weights of Luo et al. (2018) for the mean and of Wan et al.
        (2014), or with range and quartiles of Shi et al. (2020), for the standard deviation; ``lognormal`` does so on
        the log scale and goes back after Shi et al. (2020, log-normal data). Both leave out a study whose quantiles lie
        too unevenly for the distribution, by the tests of Shi et al. (2023). ``mcgrath`` fits the best of four
        distributions and leaves out none. ``leave-out`` estimates nothing.

    Returns
    -------
    Extracted
        With the estimates, each marked in the note and in the variable ``mean_source``; a row that cannot be estimated
        says why it is left out. Rows of other outcomes are the same.

    Raises
    ------
    SettingsError
        There is no such method.

    Examples
    --------
    >>> row = Figure("A", "mis", "stay", None, 40, median=7.0, q1=5.0, q3=9.0)
    >>> (found,) = with_estimates(Extracted((row,), (), (), ()), ["stay"], "luo").figures
    >>> found.mean, round(found.sd, 2)
    (7.0, 3.08)
    >>> found.note.partition(": ")[2]
    'mean after Luo et al. 2018, SD after Wan et al. 2014.'
    """
    if method not in METHODS:
        raise SettingsError(f'--medians is one of {", ".join(METHODS)}, and "{method}" is none of them.')
    wanted = {id(figure) for figure in extracted.figures if figure.outcome in outcomes and _lacks(figure)}
    if not wanted:
        return extracted
    touched = {figure.outcome for figure in extracted.figures if id(figure) in wanted}
    return replace(
        extracted,
        figures=tuple(
            _estimated(figure, method) if id(figure) in wanted
            else replace(figure, more=(*figure.more, (SOURCE, PRINTED))) if figure.outcome in touched
            else figure
            for figure in extracted.figures
        ),
    )  # fmt: skip


def _lacks(figure: Figure) -> bool:
    return figure.median is not None and figure.sd is None and not figure.exclude


def _estimated(figure: Figure, method: str) -> Figure:
    reason = _obstacle(figure, method)
    if reason:
        return replace(figure, exclude=reason)
    given: dict[str, Any] = {
        name: math.nan if value is None else value
        for name, value in (("minimum", figure.min), ("q1", figure.q1), ("q3", figure.q3), ("maximum", figure.max))
    }
    pairs = (("minimum", "maximum"), ("q1", "q3"))
    for low, high in pairs:
        if math.isnan(given[low]) or math.isnan(given[high]):
            given[low] = given[high] = math.nan
    source = " and ".join(
        word for word, pair in (("range", pairs[0]), ("quartiles", pairs[1])) if not math.isnan(given[pair[0]])
    )
    family = ""
    if method == "mcgrath":
        from ..meta.measures.conversions_mcgrath import fit_quantiles

        fit = fit_quantiles(figure.total or 0, figure.median or 0.0, **given)
        mean, sd, family = float(fit.mean), float(fit.sd), str(fit.family)
    else:
        from ..meta.measures.conversions import mean_sd_from_quantiles

        distribution = "lognormal" if method == "lognormal" else "normal"
        found = mean_sd_from_quantiles(figure.total or 0, figure.median or 0.0, distribution=distribution, **given)
        if bool(found.skewed):
            other = "lognormal or --medians mcgrath" if method == "luo" else "mcgrath"
            return replace(
                figure,
                exclude=f"given as a median, and too skewed for a {distribution.replace('lognormal', 'log-normal')} "
                f"distribution (Shi et al. 2023); --medians {other} may do",
            )
        mean, sd = float(found.mean), float(found.sd)
    if not (math.isfinite(mean) and math.isfinite(sd) and sd > 0):
        return replace(figure, exclude="given as a median with quantiles from which no standard deviation follows")
    said = _SAID[method].format(sd=_SD[source], family=family.replace("lognormal", "log-normal"))
    what = "Mean and SD" if figure.mean is None else "SD"
    note = f"{what} estimated from median and {source}: {said}."
    return replace(
        figure,
        mean=mean if figure.mean is None else figure.mean,
        sd=sd,
        note=f"{figure.note} {note}".strip(),
        more=(*figure.more, (SOURCE, f"{source}, {method}")),
    )


def _obstacle(figure: Figure, method: str) -> str:
    """Say why nothing can be estimated from a row."""
    if method == "leave-out":
        return _KEPT
    both = (figure.q1 is not None and figure.q3 is not None) or (figure.min is not None and figure.max is not None)
    if not both:
        return "given as a median, without both quartiles or both ends of the range"
    if figure.total is None:
        return "given as a median, and the number of patients is not given in the source"
    if figure.total < _FEWEST:
        return f"given as a median of fewer than {_FEWEST} patients"
    there = [value for name in ("min", "q1", "median", "q3", "max") if (value := figure.number(name)) is not None]
    if method == "lognormal" and min(there) <= 0:
        return "given as a median with values of 0 or below, which no log-normal distribution has"
    return ""
