"""Why a value of an analysis beside the pool is null; the rules are those of :mod:`.undefined`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .undefined import because

Json = dict[str, Any]

NAMES: Final = (
    "subgroups", "more_subgroups", "regression", "cumulative", "influence", "gosh", "bias", "second_opinions",
    "presets", "multiverse",
)  # fmt: skip
NOT_ASKED: Final = "not asked for"
ONE_VARIABLE: Final = "no second variable of subgroups was named"
NO_OPINIONS: Final = "more than five studies with events and without: the main model needs no second opinion"
ONE_ARM_ONLY: Final = "second opinions are for proportions of one arm"

NO_TAU2: Final = "a common effect, a single study or a model without it: no variance between studies"
NO_VALUE: Final = "undefined on these data"
_NO_PREDICTION: Final = "too few studies, a common effect, none asked for, or the model's note says why"
# By the name of the value, whatever analysis it stands in: the first of these that explains it.
_WHY: Final[dict[str, str]] = {
    "tau2": NO_TAU2,
    "tau2_deleted": NO_TAU2,
    "tau2_method": "a common effect, or a model that has no choice of it",
    "r2": "the model gives no share of the variance explained",
    "i2": "a single study, or a model without it",
    "df": "a normal or exact method: no degrees of freedom",
    "df2": "no F test",
    "permutation": "no permutation test was asked for",
    "permutation_p": "no permutation test was asked for, or it could not be made",
    "qm_permutation_p": "no permutation test was asked for",
    "possible": "too many to be counted in a number that every reader of JSON takes",
    "seed": "nothing was drawn at random",
    "apart": "no study moves the median",
    "prediction_low": _NO_PREDICTION,
    "prediction_high": _NO_PREDICTION,
    "null": "there is no value of no effect to hold it against",
    "excludes_null": "there is no value of no effect to hold it against",
    "ci_low": "the method sets no limit on this side",
    "ci_high": "the method sets no limit on this side",
    "size": "the data do not count patients",
    "first": "the first row has no such setting",
    "here": "this row has no such setting",
    "zero_cells": "nothing is added here",
}


def analyses(found: Json, reasons: Mapping[str, str], kind: str) -> Json:
    """Put a reason beside every null of the analyses, and beside every analysis that is not there.

    Parameters
    ----------
    found : dict
        By the names of :data:`NAMES`.
    reasons : mapping of str to str
        Why one that was asked for could not be made.
    kind : str
        Kind of data, which says why there are no second opinions.

    Returns
    -------
    dict

    Examples
    --------
    >>> made = analyses(dict.fromkeys(NAMES), {"bias": "no answer"}, "proportion")
    >>> made["bias_reason"], made["influence_reason"]
    ('no answer', 'not asked for')
    """
    block = {name: _filled(value) for name, value in found.items()}
    opinions = NO_OPINIONS if kind == "proportion" else ONE_ARM_ONLY
    usual = {**dict.fromkeys(NAMES, NOT_ASKED), "second_opinions": opinions, "more_subgroups": ONE_VARIABLE}
    return because(block, **{**usual, **reasons})


def _filled(value: Any) -> Any:
    if isinstance(value, list):
        return [_filled(each) for each in value]
    if not isinstance(value, dict):
        return value
    block = {name: _filled(each) for name, each in value.items()}
    if block.get("reason"):
        return block
    missing = [name for name, each in block.items() if each is None and name != "reason"]
    return because(block, **{name: _WHY.get(name, NO_VALUE) for name in missing})
