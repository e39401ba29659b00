"""Effect measures: from data to estimates and variances on the analysis scale, and back to the reporting scale.

Every measure is one entry of :data:`MEASURES`. The formulas are in ``measures_proportions``, ``measures_rates``,
``measures_two_arm`` and ``measures_means``; what happens to zero cells is in ``zero_cells``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from synth.errors import UnknownName
from synth.meta.measures import means as means
from synth.meta.measures import proportions as proportions
from synth.meta.measures import rates as rates
from synth.meta.measures import two_arm as arms
from synth.meta.measures import zero_cells
from synth.meta.measures.base import Estimates, Inputs, Measure
from synth.meta.numeric.distributions import Floats

__all__ = ["MEASURES", "Estimates", "Inputs", "Measure", "harmonic_size", "measure", "variance_size"]


def harmonic_size(total: ArrayLike, include: ArrayLike | None = None) -> Floats:
    """Return the harmonic mean of the study sizes along the last axis, the size for Miller's inverse.

    Parameters
    ----------
    total : array_like, shape (..., k)
        Study sizes.
    include : array_like, shape (..., k), optional
        Mask or multiplicities.

    Returns
    -------
    ndarray, shape (...)
        nan where nothing counts.

    Examples
    --------
    >>> float(harmonic_size([10, 40]))
    16.0
    """
    n = np.asarray(total, dtype=np.float64)
    m = np.ones_like(n) if include is None else np.asarray(include, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.asarray(m.sum(axis=-1) / (m / n).sum(axis=-1))


def variance_size(variance: ArrayLike) -> Floats:
    """Return the study size whose Freeman-Tukey variance, 1 / (4 n + 2), is `variance`.

    Going back at the size that the pooled variance stands for (Barendregt et al. 2013) instead of at the harmonic mean
    of the sizes is far less misleading where sizes differ much.

    Parameters
    ----------
    variance : array_like
        Squared standard error of the pooled estimate.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> round(float(variance_size(1 / 402)), 9)
    100.0
    """
    return np.asarray(0.25 / np.asarray(variance, dtype=np.float64) - 0.5)


PROPORTION: Final = Inputs("proportion", ("events", "total"), proportions.check, zero_cells.correct_counts)
RATE: Final = Inputs("rate", ("events", "time"), rates.check, zero_cells.correct_rates)
TWO_PROPORTIONS: Final = Inputs(
    "two proportions",
    ("events_1", "total_1", "events_2", "total_2"),
    arms.check_pair,
    zero_cells.correct_tables,
    zero_cells.same_tables,
)
TWO_RATES: Final = Inputs(
    "two rates",
    ("events_1", "time_1", "events_2", "time_2"),
    rates.check_pair,
    zero_cells.correct_rate_pairs,
    zero_cells.same_rates,
)
MEAN: Final = Inputs("mean", ("mean", "sd", "n"), means.check)
TWO_MEANS: Final = Inputs("two means", ("mean_1", "sd_1", "n_1", "mean_2", "sd_2", "n_2"), means.check_pair)
CORRELATION: Final = Inputs("correlation", ("r", "n"), means.check_correlation)
GENERIC: Final = Inputs("generic", ("estimate", "se"), means.check_estimate)

_ANY: Final = (-np.inf, np.inf)
_POSITIVE: Final = (0.0, np.inf)
# A ratio is pooled on the log scale, 0 there is 1, and a study without events says nothing about it.
_RATIO: Final[dict[str, Any]] = {"bounds": _POSITIVE, "backward": means.exp, "null": 0.0}
_EVENTS: Final[dict[str, Any]] = {
    **_RATIO,
    "corrected": True,
    "relative": True,
    "undefined": "no events in both arms, or nothing but events in both: it says nothing about a ratio",
}
_PROPORTION: Final[dict[str, Any]] = {"reporting": "proportion", "bounds": (0.0, 1.0)}
_RATE: Final[dict[str, Any]] = {"reporting": "rate", "bounds": _POSITIVE}
_SPREAD: Final[dict[str, Any]] = {"undefined": "a standard deviation of 0, or a single patient in an arm"}
_DIFFERENCE: Final[dict[str, Any]] = {"backward": np.asarray, "null": 0.0}

_ALL: Final = (
    Measure(
        "PLOGIT", "logit-transformed proportion", PROPORTION, "logit", forward=proportions.logit,
        backward=proportions.expit, corrected=True, aliases=("PLO",), **_PROPORTION,
    ),
    Measure(
        "PLN", "log-transformed proportion", PROPORTION, "log", forward=proportions.log,
        backward=proportions.exp, corrected=True, aliases=("PLN",), **_PROPORTION,
    ),
    Measure(
        "PRAW", "raw proportion", PROPORTION, "proportion", forward=proportions.raw,
        backward=np.asarray, corrected=True, aliases=("PR",), **_PROPORTION,
    ),
    Measure(
        "PAS", "arcsine-transformed proportion", PROPORTION, "arcsine", forward=proportions.arcsine,
        backward=proportions.sine_squared, aliases=("PAS",), **_PROPORTION,
    ),
    Measure(
        "PFT", "Freeman-Tukey double-arcsine-transformed proportion", PROPORTION, "double arcsine",
        forward=proportions.freeman_tukey, backward=proportions.miller, sized=True, aliases=("PFT",), **_PROPORTION,
    ),
    Measure("IR", "incidence rate", RATE, "rate", forward=rates.raw, backward=np.asarray, corrected=True, **_RATE),
    Measure(
        "IRLN", "log-transformed incidence rate", RATE, "log rate", forward=rates.log, backward=means.exp,
        corrected=True, **_RATE,
    ),
    Measure(
        "IRS", "square-root-transformed incidence rate", RATE, "root rate", forward=rates.root,
        backward=rates.square, **_RATE,
    ),
    Measure(
        "IRFT", "Freeman-Tukey-transformed incidence rate", RATE, "Freeman-Tukey rate", forward=rates.freeman_tukey,
        backward=rates.freeman_tukey_back, sized=True, **_RATE,
    ),
    Measure(
        "OR", "odds ratio", TWO_PROPORTIONS, "log odds ratio", "odds ratio", forward=arms.log_odds_ratio, **_EVENTS
    ),
    Measure(
        "RR", "risk ratio", TWO_PROPORTIONS, "log risk ratio", "risk ratio", forward=arms.log_risk_ratio, **_EVENTS
    ),
    Measure(
        "RD", "risk difference", TWO_PROPORTIONS, "risk difference", "risk difference", bounds=(-1.0, 1.0),
        forward=arms.risk_difference, corrected=True, **_DIFFERENCE,
    ),
    Measure(
        "AS", "arcsine difference", TWO_PROPORTIONS, "arcsine difference", "arcsine difference",
        bounds=(-0.5 * np.pi, 0.5 * np.pi), forward=arms.arcsine_difference, aliases=("ASD",), **_DIFFERENCE,
    ),
    Measure(
        "PETO", "Peto odds ratio", TWO_PROPORTIONS, "Peto log odds ratio", "odds ratio", forward=arms.peto,
        policy="none", **_EVENTS,
    ),
    Measure("IRR", "rate ratio", TWO_RATES, "log rate ratio", "rate ratio", forward=rates.log_ratio, **_EVENTS),
    Measure(
        "IRD", "rate difference", TWO_RATES, "rate difference", "rate difference", bounds=_ANY,
        forward=rates.difference, corrected=True, **_DIFFERENCE,
    ),
    Measure(
        "IRSD", "difference of root rates", TWO_RATES, "difference of root rates", "difference of root rates",
        bounds=_ANY, forward=rates.root_difference, **_DIFFERENCE,
    ),
    Measure("MN", "mean", MEAN, "mean", "mean", _ANY, means.mean, np.asarray, aliases=("MRAW",)),
    Measure(
        "MNLN", "log-transformed mean", MEAN, "log mean", "mean", _POSITIVE, means.log_mean, means.exp,
        aliases=("MLN",), undefined="a mean that is not above 0 has no logarithm",
    ),
    Measure(
        "MD", "mean difference", TWO_MEANS, "mean difference", "mean difference", _ANY, means.difference, **_DIFFERENCE
    ),
    Measure(
        "SMD", "standardised mean difference (Hedges's g)", TWO_MEANS, "standardised mean difference",
        "standardised mean difference", _ANY, means.hedges_g, **_DIFFERENCE, **_SPREAD,
    ),
    Measure(
        "SMDH", "standardised mean difference (unequal variances)", TWO_MEANS, "standardised mean difference",
        "standardised mean difference", _ANY, means.bonett, **_DIFFERENCE, **_SPREAD,
    ),
    Measure(
        "SMD1", "standardised mean difference (Glass's delta)", TWO_MEANS, "standardised mean difference",
        "standardised mean difference", _ANY, means.glass, **_DIFFERENCE, **_SPREAD,
    ),
    Measure(
        "ROM", "ratio of means", TWO_MEANS, "log ratio of means", "ratio of means", forward=means.log_ratio_of_means,
        undefined="a ratio of means needs two means of the same sign", **_RATIO,
    ),
    Measure(
        "VR", "variability ratio", TWO_MEANS, "log variability ratio", "variability ratio",
        forward=means.log_variability_ratio, **_RATIO, **_SPREAD,
    ),
    Measure(
        "CVR", "ratio of coefficients of variation", TWO_MEANS, "log ratio of coefficients of variation",
        "ratio of coefficients of variation", forward=means.log_cv_ratio,
        undefined="it needs two means and two standard deviations above 0", **_RATIO,
    ),
    Measure(
        "COR", "correlation", CORRELATION, "correlation", "correlation", (-1.0, 1.0), means.correlation, np.asarray,
        undefined="fewer than two patients",
    ),
    Measure(
        "ZCOR", "z-transformed correlation", CORRELATION, "Fisher's z", "correlation", (-1.0, 1.0), means.fisher_z,
        np.tanh, undefined="a correlation of 1 or -1, or fewer than four patients",
    ),
    Measure("GEN", "estimate", GENERIC, "estimate", "estimate", _ANY, means.generic, np.asarray, null=0.0),
)

MEASURES: Final[Mapping[str, Measure]] = MappingProxyType({m.name: m for m in _ALL})


def measure(name: str) -> Measure:
    """Return the measure called `name`, or aliased so.

    Parameters
    ----------
    name : str
        As in :data:`MEASURES`, or metafor's and meta's ("PLO", "PR", "ASD"); case does not matter.

    Returns
    -------
    Measure

    Raises
    ------
    UnknownName
        There is none.

    Examples
    --------
    >>> measure("plo").name
    'PLOGIT'
    """
    wanted = str(name).upper()
    for m in MEASURES.values():
        if wanted in (m.name, *m.aliases):
            return m
    raise UnknownName("measure", str(name), list(MEASURES))
