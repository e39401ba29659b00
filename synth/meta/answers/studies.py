"""Each study by itself: its estimate on the reporting scale, its own interval, and what cannot be pooled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..measures.effects import measure
from ..measures.study_intervals import study_interval
from ..measures.study_rates import rate_interval
from ..numeric.distributions import Floats, normal_upper
from ..results import LeftOut, Reporting, Settings, Study, number

TWO_STUDIES = "two studies: the standard error of log H, and with it the interval of I2 from Q, is not defined"
ONE_STUDY = "one study: this is its own figure with its own interval, and nothing was pooled"
INFINITE = "no events or only events: the estimate is infinite on the analysis scale"


def sums(data: Mapping[str, Floats]) -> tuple[int | None, int | None]:
    """All events and all patients, over arms; ``None`` where the data do not count them.

    Examples
    --------
    >>> sums({"events": np.array([1.0, 2.0]), "total": np.array([9.0, 9.0])})
    (3, 18)
    """
    parts = []
    for base in (("events",), ("total", "n")):
        found = [v for name, v in data.items() if name.split("_")[0] in base]
        parts.append(int(sum(v.sum() for v in found)) if found else None)
    return parts[0], parts[1]


def crude(data: Mapping[str, Floats], level: float) -> Reporting | None:
    """All patients of single arms as one series: proportion or rate with its exact interval."""
    if set(data) == {"events", "total"}:
        x, n = float(data["events"].sum()), float(data["total"].sum())
        low, high = study_interval(x, n, level=level)
        return Reporting(x / n, float(low), float(high))
    if set(data) == {"events", "time"}:
        x, t = float(data["events"].sum()), float(data["time"].sum())
        low, high = rate_interval(x, t, level=level)
        return Reporting(x / t, float(low), float(high))
    return None


def make_studies(
    data: Mapping[str, Floats], labels: Sequence[str], settings: Settings
) -> tuple[tuple[Study, ...], tuple[LeftOut, ...], dict[str, Floats]]:
    """Describe each study, and set aside those that say nothing on this measure.

    Parameters
    ----------
    data : mapping of array, shape (k,)
        The columns of the measure.
    labels : sequence of str, length k
    settings : Settings

    Returns
    -------
    studies : tuple of Study
        Those that can be pooled.
    left_out : tuple of LeftOut
        The others, each with its reason.
    data : dict of array
        The data of those that can be pooled.
    """
    scale = measure(settings.measure)
    columns = [data[name] for name in scale.columns]
    single = scale.kind in ("proportion", "rate")
    if settings.model in ("inverse", "peto"):
        made = scale.estimates(*columns, zero_cells=settings.zero_cells)
        usable = np.asarray(made.usable)
    else:
        made = scale.estimates(*columns)
        # A study of two arms without events, or with nothing else, says nothing on a ratio; every single arm counts.
        usable = np.ones(len(labels), dtype=bool) if single else np.asarray(made.usable)
    z = float(normal_upper((1.0 - settings.level) / 2.0))
    with np.errstate(invalid="ignore"):
        half = z * np.sqrt(made.v)
    if scale.kind == "proportion":
        x, n = columns
        middle = x / n
        low, high = study_interval(x, n, method=settings.study_ci_method, level=settings.level)
    elif scale.kind == "rate":
        x, t = columns
        middle = x / t
        low, high = rate_interval(x, t, level=settings.level)
    else:
        middle, low, high = (scale.to_reporting(b) for b in (made.y, made.y - half, made.y + half))
    studies, left = [], []
    for i, label in enumerate(labels):
        values = {name: float(data[name][i]) for name in scale.columns}
        if not usable[i]:
            left.append(LeftOut(label, values, made.reason(i) or made.undefined))
            continue
        events, total = (values.get(name) for name in ("events", "total"))
        raw = single and bool(made.corrected[i])
        studies.append(
            Study(
                study=label,
                events=None if events is None else int(events),
                total=None if total is None else int(total),
                estimate=float(middle[i]),
                ci_low=float(low[i]),
                ci_high=float(high[i]),
                weight=None,
                shrunken=None,
                analysis_estimate=None if raw and settings.model != "inverse" else number(made.y[i]),
                analysis_se=None if raw and settings.model != "inverse" else number(np.sqrt(made.v[i])),
                analysis_reason=INFINITE if raw and settings.model != "inverse" else None,
                data=values,
            )
        )
    return tuple(studies), tuple(left), {name: data[name][usable] for name in scale.columns}
