"""The analyses that a page holds although nobody asked: those that every reader of a meta-analysis looks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .gather import Gathered, Variables
from .options import PoolOptions

YEAR: Final = "year"
"""Studies are added in the order of this column, where the sheets have it."""
_MOST: Final = 500
_MOST_OF_MODEL: Final = {"glmm": 150, "glmm-um-fs": 40, "glmm-cm-el": 40, "glmm-cm-al": 40}
# The multiverse of two arms' counts has mixed models in it, whichever model the answer is by.
_MOST_OF_COUNTS: Final = 40
_OF_COUNTS: Final = frozenset({"two proportions", "two rates"})

QUICK: Final = "only the answer was asked for (--quick)"
NO_YEAR: Final = "no column says the year of the studies"
NO_VARIABLE: Final = "the review names no variable for this outcome, and none was asked for"
ALONE: Final = "one series: there is nothing to hold against another"


@dataclass(frozen=True)
class Unasked:
    """What is made unasked.

    Parameters
    ----------
    names : frozenset of str
        Analyses, as the document calls them.
    reasons : dict of str to str
        Why one of them is not made.
    """

    names: frozenset[str]
    reasons: dict[str, str]


def unasked(gathered: Gathered, options: PoolOptions, variables: Variables, subgroups: Sequence[str]) -> Unasked:
    """Say which analyses are made unasked, and why the others are not.

    Parameters
    ----------
    gathered : Gathered
        The studies.
    options : PoolOptions
        What was asked for; that is not repeated here.
    variables : Variables
        What the studies can be looked at by.
    subgroups : sequence of str
        Variables that the review names for this outcome.

    Returns
    -------
    Unasked
        Influence, the multiverse, small-study effects, the cumulative analysis by year and the subgroups that the
        review names, as far as they take no more than a moment and more than one study is there.
    """
    k = len(gathered.studies)
    names: set[str] = set()
    reasons: dict[str, str] = {}
    switched_off = {name for name in ("influence", "bias", "multiverse") if getattr(options, name) is False}
    for name, flag in (
        ("influence", "--influence"), ("bias", "--bias"), ("multiverse", "--multiverse"),
        ("cumulative", "--cumulative year"), ("subgroups", "--by"),
    ):  # fmt: skip
        most = _most(name, gathered.kind, options)
        if name in options.asked or name in switched_off:
            continue
        if options.quick:
            reasons[name] = QUICK
        elif name == "subgroups" and not subgroups:
            reasons[name] = NO_VARIABLE
        elif k == 1:
            reasons[name] = ALONE
        elif name == "cumulative" and not variables.has(YEAR):
            reasons[name] = NO_YEAR
        elif k > most and name != "subgroups":
            reasons[name] = f"with more than {most} studies it takes more than a moment: ask for it ({flag})"
        else:
            names.add(name)
    return Unasked(frozenset(names), reasons)


def _most(name: str, kind: str, options: PoolOptions) -> int:
    if name == "multiverse" and kind in _OF_COUNTS:
        return _MOST_OF_COUNTS
    model = options.model or ("glmm" if kind == "proportion" and options.measure in (None, "PLOGIT") else "inverse")
    return _MOST_OF_MODEL.get(model, _MOST)
