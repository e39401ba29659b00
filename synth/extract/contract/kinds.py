"""Kinds of data that a table may hold: the columns of each, by all the names that people's files give them.

The names are those that :func:`synth.meta.pool` takes; ``_1`` is the arm whose effect is looked for, ``_2`` the other.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from .figures import NUMBERS
from .sheets import RESULTS, Column, fold, names_of

_ARMS = (
    ("1", ("e", "t", "a", "treatment", "treated", "intervention", "experimental", "exp", "trt", "case", "cases")),
    ("2", ("c", "b", "control", "controls", "ctrl", "comparator", "placebo", "reference")),
)
_EVENTS = ("events", "event", "deaths", "n events", "responders")
_TOTALS = ("total", "n", "patients", "size", "n total", "sample size", "totals")
_TIMES = ("time", "person time", "person years", "py", "exposure")
_MEANS, _SDS = ("mean", "average"), ("sd", "std", "standard deviation")
# The headings of metafor's data sets and manual, which many files follow.
_METAFOR = {
    "events_1": ("ai", "x1i", "x1", "xi1"), "total_1": ("n1i", "n1"), "events_2": ("ci", "x2i", "x2", "xi2"),
    "total_2": ("n2i", "n2"), "time_1": ("t1i",), "time_2": ("t2i",), "mean_1": ("m1i", "m1"), "sd_1": ("sd1i", "s1"),
    "n_1": ("n1i",), "mean_2": ("m2i", "m2"), "sd_2": ("sd2i", "s2"), "n_2": ("n2i",),
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A kind of data.

    Parameters
    ----------
    name : str
        For a sentence.
    columns : tuple of str
        What a pool is made from.
    own : tuple of Column
        The columns that this kind has beside those of every table.
    """

    name: str
    columns: tuple[str, ...]
    own: tuple[Column, ...]

    @property
    def contract(self) -> tuple[Column, ...]:
        """All columns of a table of this kind; a name of its own goes before an alias of another column."""
        taken = {fold(word) for column in self.own for word in (column.name, *column.aliases)}
        others = (
            replace(column, aliases=tuple(alias for alias in column.aliases if fold(alias) not in taken))
            for column in RESULTS
            if column.name not in NUMBERS and fold(column.name) not in taken
        )
        return (*others, *self.own)




def _of(base: str, meaning: str, kind: str, words: tuple[str, ...]) -> tuple[Column, Column]:
    """A column for each arm, with the ways of marking the arm: before, behind, by a number, a letter or a word."""
    made = []
    for number, marks in _ARMS:
        name = f"{base}_{number}"
        aliases = [f"{word} {mark}" for word in words for mark in (number, *marks)]
        aliases += [f"{mark} {word}" for word in words for mark in marks if len(mark) > 1]
        aliases += _METAFOR.get(name, ())
        said = "the arm whose effect is looked for" if number == "1" else "the other arm"
        made.append(Column(name, f"{meaning} in {said}", kind, True, (), tuple(aliases)))
    return made[0], made[1]


def _two(*pairs: tuple[Column, Column]) -> tuple[tuple[str, ...], tuple[Column, ...]]:
    own = (*(first for first, _ in pairs), *(second for _, second in pairs))
    return tuple(column.name for column in own), own


def _result(name: str) -> Column:
    return next(column for column in RESULTS if column.name == name)


_SIZE = Column("n", "Patients", "count", True, (), ("total", *_result("total").aliases))
_LIMITS = (
    Column("ci_low", "Lower limit of its 95% confidence interval, where se is not there", "number", False, (),
           ("ci lb", "ci lower", "lower ci", "lower", "lcl", "lci", "ll", "low", "95 ci low", "lower limit")),
    Column("ci_high", "Upper limit of its 95% confidence interval", "number", False, (),
           ("ci ub", "ci upper", "upper ci", "upper", "ucl", "uci", "ul", "high", "95 ci high", "upper limit")),
)  # fmt: skip

PROPORTION = Kind("proportions", ("events", "total"), (_result("events"), _result("total")))
RATE = Kind("rates", ("events", "time"), (
    _result("events"),
    Column("time", "Person-time at risk", "number", True, (), _result("time").aliases),
))  # fmt: skip
QUANTILES = ("min", "q1", "median", "q3", "max")
"""What a mean can be estimated from, in the order in which the values lie."""
MEAN = Kind("means", ("mean", "sd", "n"), (_result("mean"), _result("sd"), _SIZE, *map(_result, QUANTILES)))
TWO_PROPORTIONS = Kind("two arms of counts", *_two(
    _of("events", "Patients with the event", "count", _EVENTS),
    _of("total", "Patients assessed", "count", _TOTALS),
))  # fmt: skip
TWO_RATES = Kind("two arms of rates", *_two(
    _of("events", "Events", "count", _EVENTS),
    _of("time", "Person-time at risk", "number", _TIMES),
))  # fmt: skip
TWO_MEANS = Kind("two arms of means", *_two(
    _of("mean", "Mean", "number", _MEANS),
    _of("sd", "Standard deviation", "number", _SDS),
    _of("n", "Patients", "count", _TOTALS),
))  # fmt: skip
CORRELATION = Kind("correlations", ("r", "n"), (
    Column("r", "Correlation", "number", True, (), ("ri", "cor", "corr", "correlation", "rho", "pearson r")),
    _SIZE,
))  # fmt: skip
GENERIC = Kind("estimates", ("estimate", "se"), (
    Column("estimate", "Estimate, on the scale on which it is pooled: of a ratio the logarithm", "number", True, (),
           ("yi", "te", "effect", "effect size", "es", "theta", "beta", "coef", "coefficient")),
    Column("se", "Its standard error", "number", False, (),
           ("sei", "se te", "std err", "stderr", "standard error", "std error")),
    *_LIMITS,
))  # fmt: skip

KINDS = (TWO_PROPORTIONS, TWO_RATES, TWO_MEANS, CORRELATION, PROPORTION, MEAN, RATE, GENERIC)
"""In the order in which a table is tried: two arms before one, counts before what was made from them."""


def kind_of(columns: Collection[str]) -> Kind:
    """Return the kind of data that a measure is made from.

    Examples
    --------
    >>> kind_of(("mean", "sd", "n")).name
    'means'
    """
    return next(kind for kind in KINDS if set(kind.columns) == set(columns))


def has_columns(kind: Kind, headings: Collection[str], named: Collection[str] = ()) -> bool:
    """Say whether a table can be of a kind by its headings, and those that a person named.

    Examples
    --------
    >>> has_columns(TWO_PROPORTIONS, ["study", "event.e", "n.e", "event.c", "n.c"])
    True
    >>> has_columns(GENERIC, ["study", "yi", "lower", "upper"]), has_columns(PROPORTION, ["study", "events", "sd"])
    (True, False)
    >>> has_columns(MEAN, ["study", "median", "q1", "q3", "n"]), has_columns(MEAN, ["study", "median", "q1", "n"])
    (True, False)
    """
    known = names_of(kind.own)
    found = {known[heading] for heading in map(fold, headings) if heading in known} | set(named)
    if kind is GENERIC and {"ci_low", "ci_high"} <= found:
        found |= {"se"}
    if kind is MEAN and "median" in found and ({"q1", "q3"} <= found or {"min", "max"} <= found):
        found |= {"mean", "sd"}  # which can be estimated from them
    return set(kind.columns) <= found
