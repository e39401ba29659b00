"""The numbers that people give: checked all at once, before any formula sees them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from ...errors import NothingToPool, Problem, ProblemsError, SettingsError
from ..measures.effects import MEASURES
from ..numeric.distributions import Floats

# The measure that a set of columns is pooled on unless another is asked for.
DEFAULT_MEASURE: Final[dict[frozenset[str], str]] = {
    frozenset(MEASURES[name].columns): name for name in ("PLOGIT", "IRLN", "OR", "IRR", "MN", "MD", "ZCOR", "GEN")
}
_WHOLE: Final = ("events", "total", "n")
# Above this the binomial tails lose their digits, and no study of people is as large.
_MOST: Final = 1e12


def default_measure(columns: Sequence[str]) -> str:
    """The measure for data of these names.

    Examples
    --------
    >>> default_measure(["events", "total"]), default_measure(["estimate", "se"])
    ('PLOGIT', 'GEN')
    """
    found = DEFAULT_MEASURE.get(frozenset(columns))
    if found is None:
        sets = "; ".join(", ".join(MEASURES[name].columns) for name in DEFAULT_MEASURE.values())
        raise SettingsError(f"No measure is made from {', '.join(columns)}. There are measures of: {sets}.")
    return found


def check_data(
    columns: Sequence[str], data: Mapping[str, Sequence[Any]], studies: Sequence[str] | None
) -> tuple[dict[str, Floats], list[str]]:
    """Turn what was given into arrays; every defect is listed.

    Parameters
    ----------
    columns : sequence of str
        Names that the measure is made from, such as ``events_1``.
    data : mapping of sequences
        One value a study under each name.
    studies : sequence of str, optional
        Labels. Default: "Study 1" and so on.

    Returns
    -------
    data : dict of array, shape (k,)
    labels : list of str

    Raises
    ------
    NothingToPool, ProblemsError, SettingsError

    Examples
    --------
    >>> check_data(("events", "total"), {"events": [1], "total": [9]}, None)
    ({'events': array([1.]), 'total': array([9.])}, ['Study 1'])
    """
    missing = [name for name in columns if name not in data]
    if missing:
        raise SettingsError(f"This measure is made from {', '.join(columns)}; {', '.join(missing)} is not given.")
    sizes = {name: len(data[name]) for name in columns}
    if len(set(sizes.values())) > 1 or (studies is not None and len(studies) != sizes[columns[0]]):
        given = ", ".join(f"{size} of {name}" for name, size in sizes.items())
        labels = "" if studies is None else f", {len(studies)} labels"
        raise SettingsError(f"There must be one value for each study under every name: there are {given}{labels}.")
    if sizes[columns[0]] == 0:
        raise NothingToPool(f"There is no study to pool: {' and '.join(columns)} are empty.")
    problems: list[Problem] = []
    arrays = {name: np.array([_value(name, v, i, problems) for i, v in enumerate(data[name], 1)]) for name in columns}
    for name in columns:
        if name.startswith("events") and (total := name.replace("events", "total")) in arrays:
            _within(arrays[name], arrays[total], name, problems)
    names = [f"Study {i}" for i in range(1, sizes[columns[0]] + 1)] if studies is None else [str(s) for s in studies]
    _unique(names, problems)
    if problems:
        raise ProblemsError(problems)
    return arrays, names


def _value(name: str, value: Any, row: int, problems: list[Problem]) -> float:
    """One number, or nan and a problem; a position is 1 for the first study."""
    base = name.split("_")[0]
    try:
        # A truth value or bytes would pass as a number without being one.
        x = math.nan if isinstance(value, bool | np.bool_ | bytes) else float(value)
    except (TypeError, ValueError, OverflowError):
        x = math.nan
    least = {"events": 0.0, "total": 1.0, "n": 1.0, "sd": 0.0}.get(base, -math.inf)
    wrong: str | None = None
    if base in _WHOLE and not (math.isfinite(x) and x == int(x) and x >= least):
        wrong = f"a whole number of {least:g} or more"
    elif base in _WHOLE and x > _MOST:
        wrong = f"a count that can be worked with (at most {_MOST:,.0f})"
    elif not math.isfinite(x) or x < least:
        wrong = "a number" if least == -math.inf else f"a number of {least:g} or more"
    elif base in ("time", "se") and x <= 0.0:
        wrong = "a number above 0"
    elif base == "r" and abs(x) > 1.0:
        wrong = "a correlation, from -1 to 1"
    if wrong:
        remedy = "Give a count of patients." if base in _WHOLE else "Correct it."
        problems.append(Problem("data", f"this is not {wrong}.", remedy, row=row, column=name, value=_short(value)))
        return math.nan
    return x


def _short(value: Any) -> str:
    try:
        text = str(value)
    except ValueError:  # an integer of more digits than Python will print
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _within(events: Floats, total: Floats, name: str, problems: list[Problem]) -> None:
    with np.errstate(invalid="ignore"):
        over = np.flatnonzero(events > total).tolist()
    for i in over:
        text = f"events exceed total ({events[i]:.0f} > {total[i]:.0f})."
        value = f"{events[i]:.0f}"
        problems.append(Problem("data", text, "Correct one of them.", row=i + 1, column=name, value=value))


def _unique(labels: Sequence[str], problems: list[Problem]) -> None:
    seen: dict[str, int] = {}
    for row, label in enumerate(labels, start=1):
        if label in seen:
            text = f"this label stands at {seen[label]} too."
            problems.append(Problem("data", text, "Give each its own label.", row=row, column="studies", value=label))
        seen.setdefault(label, row)
