"""What every analysis begins with: settings, studies that can be pooled, and the values that they are looked at by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import NothingToPool, SettingsError
from ..answers.inputs import check_data
from ..answers.inverse import error_method, interval_method
from ..answers.studies import make_studies
from ..measures.base import Measure
from ..measures.effects import measure as find_measure
from ..numeric.distributions import Floats
from ..pool import settings_for
from ..results import Settings, Study
from ..settings import is_glmm

# What an analysis can be made under beside the mixed models of counts, and what is nearest to the other models.
MODELS: Final = ("inverse",)
_NEAREST: Final = {
    "mh": "weights from the counts have no place for it. Use --model inverse --measure {measure}",
    "peto": "weights from the counts have no place for it. Use --model inverse --measure {measure}",
    "beta-binomial": "it is a second opinion for one pool. Use --model glmm",
    "bayes": "it is a second opinion for one pool. Use --model glmm",
}


@dataclass(frozen=True)
class Excluded:
    """A study that an analysis cannot use, and why."""

    study: str
    reason: str


@dataclass(frozen=True, eq=False)
class Prepared:
    """Studies that can be pooled and have every value.

    Attributes
    ----------
    settings : Settings
        ``ci_method`` is what ``auto`` stands for under inverse variance.
    scale : Measure
    studies : tuple of Study
    data : dict of array, shape (k,)
        The columns of the measure.
    y, v : array of float, shape (k,)
        Estimates and variances on the analysis scale; for counts that have none without it, with 1/2 added.
    corrected : array of bool, shape (k,)
        Studies that something was added to.
    sizes : array of float or None
        For a measure that goes back at a size.
    values : dict of list
        By variable, one value for each study of `studies`.
    excluded : tuple of Excluded
    """

    settings: Settings
    scale: Measure
    studies: tuple[Study, ...]
    data: dict[str, Floats]
    y: Floats
    v: Floats
    corrected: NDArray[np.bool_]
    sizes: Floats | None
    values: dict[str, list[Any]]
    excluded: tuple[Excluded, ...]

    @property
    def k(self) -> int:
        """How many studies there are."""
        return len(self.studies)

    @property
    def counts(self) -> tuple[Floats, Floats]:
        """Events and totals, for the models of counts."""
        return self.data["events"], self.data["total"]

    def patients(self) -> Floats | None:
        """Study sizes: patients of all arms, or person-time; ``None`` for estimates that come without."""
        found = [v for name, v in self.data.items() if name.split("_")[0] in ("total", "n", "time")]
        return np.sum(found, axis=0) if found else None


def is_missing(value: Any) -> bool:
    """Whether a cell says nothing: ``None``, blank, or not a number of the floating kind.

    Examples
    --------
    >>> [is_missing(v) for v in (None, " ", float("nan"), 0, "NA")]
    [True, True, True, False, False]
    """
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float | np.floating) and math.isnan(value))


def as_number(value: Any) -> float | None:
    """The number that a cell holds, or ``None``.

    Examples
    --------
    >>> as_number("2003"), as_number("early"), as_number(True), as_number("inf")
    (2003.0, None, None, None)
    """
    if isinstance(value, bool | np.bool_):
        return None
    try:
        x = float(value)
    except (TypeError, ValueError):
        return None
    return x if math.isfinite(x) else None


def as_label(value: Any) -> str:
    """A cell as the name of a group.

    Examples
    --------
    >>> as_label(" open "), as_label(2003.0), as_label(0.5)
    ('open', '2003', '0.5')
    """
    if isinstance(value, float | np.floating):
        return f"{value:.15g}"
    return str(value).strip()


def check_model(settings: Settings, what: str) -> None:
    """Refuse a model that an analysis cannot be made under.

    Raises
    ------
    SettingsError
        With the nearest that it can.
    """
    if not is_glmm(settings.model) and settings.model not in MODELS:
        why = _NEAREST[settings.model].format(measure=settings.measure)
        raise SettingsError(f"There is no {what} under --model {settings.model}: {why}.")


def prepare(
    data: Mapping[str, Sequence[Any]],
    studies: Sequence[str] | None,
    values: Mapping[str, Sequence[Any]],
    what: str | None,
    settings: Mapping[str, Any],
) -> Prepared:
    """Check everything that is given and set aside the studies that cannot be used.

    Parameters
    ----------
    data, studies
        As for :func:`synth.meta.pool`.
    values : mapping of sequences, length k
        By variable.
    what : str or None
        The analysis, for a refusal; ``None`` where every model will do.
    settings : mapping
        Keyword arguments of :func:`synth.meta.pool.settings_for`.

    Returns
    -------
    Prepared
        Possibly of no study.

    Raises
    ------
    NothingToPool, ProblemsError, SettingsError, UnknownName
        As :func:`synth.meta.pool` does.
    """
    made = settings_for(list(data), **settings)
    scale = find_measure(made.measure)
    if what is not None:
        check_model(made, what)
    arrays, labels = check_data(scale.columns, data, studies)
    for variable, column in values.items():
        if len(column) != len(labels):
            raise SettingsError(
                f"There must be one value of {variable} for each study: there are {len(column)} for {len(labels)}."
            )
    rows, left, usable = make_studies(arrays, labels, made)
    if not rows:
        why = "; ".join(sorted({each.reason for each in left}))
        raise NothingToPool(f"None of the {len(left)} studies can be pooled on {made.measure}: {why}.")
    reasons = {each.study: each.reason for each in left}
    for variable, column in values.items():
        for label, value in zip(labels, column, strict=True):
            if is_missing(value):
                reasons.setdefault(label, f"no value of {variable}")
    out = Prepared(
        settings=made,
        scale=scale,
        studies=rows,
        data=usable,
        y=np.empty(0),
        v=np.empty(0),
        corrected=np.empty(0, dtype=bool),
        sizes=None,
        values={name: [v for v, s in zip(c, labels, strict=True) if s not in {e.study for e in left}]
                for name, c in values.items()},
        excluded=(),
    )  # fmt: skip
    return without(out, reasons, labels)


def without(prepared: Prepared, reasons: Mapping[str, str], order: Sequence[str] = ()) -> Prepared:
    """Leave out studies, each with its reason, and make the estimates of the others.

    Parameters
    ----------
    prepared : Prepared
    reasons : mapping of str
        By study.
    order : sequence of str
        In which the excluded are listed.

    Returns
    -------
    Prepared
    """
    keep = np.array([study.study not in reasons for study in prepared.studies], dtype=bool)
    data = {name: column[keep] for name, column in prepared.data.items()}
    settings, scale = prepared.settings, prepared.scale
    policy = settings.zero_cells if settings.model in ("inverse", "peto") else None
    made = scale.estimates(*(data[name] for name in scale.columns), zero_cells=policy)
    return Prepared(
        settings=settings,
        scale=scale,
        studies=tuple(study for study, kept in zip(prepared.studies, keep, strict=True) if kept),
        data=data,
        y=made.y,
        v=made.v,
        corrected=made.corrected,
        sizes=data[scale.columns[-1]] if scale.sized else None,
        values={name: [v for v, kept in zip(c, keep, strict=True) if kept] for name, c in prepared.values.items()},
        excluded=(*prepared.excluded, *(Excluded(s, reasons[s]) for s in (order or reasons) if s in reasons)),
    )


def inverse_interval(settings: Settings) -> str:
    """The interval of inverse variance that goes with a regression or a filled-in pool, whatever the main model is."""
    if settings.model == "inverse":
        return error_method(interval_method(settings))
    return "wald" if settings.effects == "common" else "hksj-adhoc"


def check_whole(name: str, value: object, least: int, instead: int) -> None:
    """Refuse a number of draws, or a seed, that is none.

    Raises
    ------
    SettingsError
        With one that would do.

    Examples
    --------
    >>> check_whole("permutations", 1, 2, 5000)
    Traceback (most recent call last):
        ...
    synth.errors.SettingsError: permutations is a whole number from 2 on, and 1 is none. Did you mean 5000?
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise SettingsError(
            f"{name} is a whole number from {least} on, and {value!r} is none. Did you mean {instead}?"
        )


def how_permuted(total: int, seed: int | None, statistic: str) -> str:
    """How a p-value by permutation was found.

    Examples
    --------
    >>> how_permuted(5000, 1, "Q between the groups")
    '5,000 arrangements of the studies drawn with seed 1, by Q between the groups'
    """
    drawn = "all there are" if seed is None else f"drawn with seed {seed}"
    return f"{total:,} arrangements of the studies{', ' if seed is None else ' '}{drawn}, by {statistic}"


def count(k: int) -> str:
    """A number of studies in words for a sentence.

    Examples
    --------
    >>> count(1), count(3)
    ('1 study', '3 studies')
    """
    return f"{k} {'study' if k == 1 else 'studies'}"
