"""Small-study effects in one call: which tests apply to what was pooled, and whether there are studies enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from synth.errors import SettingsError
from synth.meta.bias.asymmetry import AsymmetryTest, begg_test, regression_test
from synth.meta.bias.asymmetry_counts import deeks, harbord, macaskill, peters, peters_single, pustejovsky
from synth.meta.bias.doi import DoiPlot, doi_plot
from synth.meta.bias.trimfill import ESTIMATORS, TrimFill, trim_and_fill
from synth.meta.numeric.distributions import Floats

# Sterne et al. (2011), BMJ 343:d4002: below ten studies the tests cannot tell chance from asymmetry.
LEAST: Final = 10
KINDS: Final = ("generic", "proportion", "OR", "RR", "RD", "AS", "SMD")


@dataclass(frozen=True, eq=False)
class SmallStudy:
    """Tests for small-study effects.

    Attributes
    ----------
    k : int
        Studies that count.
    enough : bool
        There are at least ten.
    reason : str
        Why nothing was computed, or what to keep in mind where it was forced; "" otherwise.
    tests : tuple of AsymmetryTest
        Those that apply, the one to read first in front.
    not_applied : tuple of (str, str)
        Tests that do not apply, and why.
    trim_and_fill : tuple of TrimFill
        By L0, R0 and Q0.
    doi : DoiPlot or None
        With the LFK index.
    """

    k: int
    enough: bool
    reason: str
    tests: tuple[AsymmetryTest, ...]
    not_applied: tuple[tuple[str, str], ...]
    trim_and_fill: tuple[TrimFill, ...]
    doi: DoiPlot | None


def _named(test: AsymmetryTest, prefix: str) -> AsymmetryTest:
    return replace(test, method=f"{prefix}{test.method}")


def _arcsine(events: Floats, total: Floats) -> tuple[Floats, Floats]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.arcsin(np.sqrt(events / total)), 0.25 / total


def small_study(
    y: ArrayLike,
    v: ArrayLike,
    include: ArrayLike | None = None,
    *,
    kind: str = "generic",
    events: Sequence[ArrayLike] | None = None,
    total: Sequence[ArrayLike] | None = None,
    effects: str = "random",
    tau2_method: str = "REML",
    force: bool = False,
    level: float = 0.95,
) -> SmallStudy:
    """Test for small-study effects with what applies to the measure.

    Parameters
    ----------
    y, v : array_like, shape (k,)
        Estimates and sampling variances, on the analysis scale.
    include : array_like of bool, shape (k,), optional
        Which studies count.
    kind : {"generic", "proportion", "OR", "RR", "RD", "AS", "SMD"}
        What was pooled.
    events, total : sequence of array_like, optional
        Counts: one array each for a single arm, treated and control for two; `total` alone for "SMD".
    effects, tau2_method
        Of trim and fill, and of the random-effects regressions.
    force : bool
        Also where fewer than ten studies count.
    level : float
        Confidence of the limit estimates.

    Returns
    -------
    SmallStudy

    Raises
    ------
    SettingsError
        Another `kind`, or counts that are missing.

    Notes
    -----
    Sterne et al. (2011), BMJ 343:d4002, for which test goes with which measure; Rücker, Schwarzer and Carpenter (2008),
    Stat Med 27:746-763, for the arcsine scale, on which the standard error does not depend on the estimate. A
    proportion and its standard error are correlated on every other scale, so that Egger's and Begg's tests find
    asymmetry where there is none (Hunter et al. 2014): single arms are tested on 1/n.

    Examples
    --------
    >>> small_study([0.1, 0.2, 0.6], [0.1, 0.2, 0.3]).reason
    'Three studies: tests for small-study effects need at least ten (Sterne et al. 2011).'
    """
    if kind not in KINDS:
        raise SettingsError(f'There are no small-study tests for "{kind}". There are for: {", ".join(KINDS)}.')
    arms = {"generic": (0, 0), "proportion": (1, 1), "SMD": (0, 2)}.get(kind, (2, 2))
    if len(events or ()) < arms[0] or len(total or ()) < arms[1]:
        raise SettingsError(
            f'Small-study tests for "{kind}" need the counts of its arms: {arms[0]} of events, {arms[1]} of totals.'
        )
    y, v = np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64)
    use = np.ones(y.shape, dtype=np.bool_) if include is None else np.asarray(include, dtype=np.bool_)
    use = use & np.isfinite(y) & np.isfinite(v)
    k = int(use.sum())
    reason = ""
    if k < LEAST:
        words = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
        reason = (
            f"{words[k]} {'study' if k == 1 else 'studies'}: tests for small-study effects need at least ten "
            "(Sterne et al. 2011)."
        )
        if not force:
            return SmallStudy(k, False, reason, (), (), (), None)
    x = [np.asarray(a, dtype=np.float64) for a in events or ()]
    n = [np.asarray(a, dtype=np.float64) for a in total or ()]

    def regression(y: Floats, v: Floats, *, by: str = "se", size: Floats | None = None) -> list[AsymmetryTest]:
        line = regression_test(y, v, use, by=by, size=size, level=level)
        mixed = regression_test(
            y, v, use, by=by, size=size, model="random", test="t", tau2_method=tau2_method, level=level
        )
        return [line, mixed]

    def two_arm_arcsine() -> list[AsymmetryTest]:
        (one, v_one), (two, v_two) = _arcsine(x[0], n[0]), _arcsine(x[1], n[1])
        return [_named(test, "Arcsine: ") for test in regression(one - two, v_one + v_two)]

    tests: list[AsymmetryTest] = []
    skipped: list[tuple[str, str]] = []
    tied = "the standard error depends on the estimate, so that it would find asymmetry without any"
    if kind == "proportion":
        tests.append(peters_single(y, x[0], n[0], use))
        arcsine = _arcsine(x[0], n[0])
        tests += [_named(test, "Arcsine, 1/n: ") for test in regression(*arcsine, by="1/n", size=n[0])]
        skipped += [("Egger", tied), ("Begg and Mazumdar", tied)]
    elif kind in ("OR", "RR"):
        tests.append(harbord(x[0], n[0], x[1], n[1], use, measure=kind))
        tests.append(peters(y, x[0], n[0], x[1], n[1], use))
        tests.append(macaskill(y, v, n[0] + n[1], use))
        tests.append(deeks(y, n[0], n[1], use))
        tests += two_arm_arcsine()
        tests += [*regression(y, v), begg_test(y, v, use)]
    elif kind in ("RD", "AS"):
        tests += two_arm_arcsine()
        tests += [*regression(y, v), begg_test(y, v, use)] if kind == "RD" else [begg_test(y, v, use)]
        skipped += [(name, "it is for odds ratios and risk ratios") for name in ("Harbord", "Peters")]
    else:
        if kind == "SMD":
            tests.append(pustejovsky(y, v, n[0], n[1], use))
        tests += [*regression(y, v), begg_test(y, v, use)]
    return SmallStudy(
        k=k,
        enough=k >= LEAST,
        reason=reason,
        tests=tuple(tests),
        not_applied=tuple(skipped),
        trim_and_fill=tuple(
            trim_and_fill(y, v, use, estimator=e, effects=effects, tau2_method=tau2_method, level=level)
            for e in ESTIMATORS
        ),
        doi=doi_plot(y, v, use),
    )
