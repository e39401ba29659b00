"""All subsets in one result: the pool of every subset of the studies, or of many of them (GOSH)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import SettingsError
from ..glmm.fit import OK
from ..glmm.i2 import i2_h2
from ..glmm.rows import fit_rows
from ..glmm.two_arm import effect_model, fit_effects
from ..glmm.two_arm_rows import i2_h2 as effect_i2
from ..inverse.fit import pool_inverse
from ..measures.effects import harmonic_size
from ..numeric.distributions import Floats
from ..results import Settings, number
from ..sensitivity.influence import EXHAUSTIVE, subset_masks
from .mixed import is_mixed, two_effects
from .prepare import Excluded, Prepared, check_whole, count, prepare

# Columns and rows of the grid that the subsets are counted on.
ACROSS, UP = 72, 40
# Beyond this many subsets the masks alone would fill the memory.
MOST: Final = 1_000_000
# Numbers in the masks of one call of the kernel.
AT_ONCE: Final = 1_000_000
# By mixed models of two arms every subset is pooled up to fewer studies, and by the slowest of them fewer are drawn.
_MIXED_EXHAUSTIVE: Final = 12
_TWO_EFFECTS_MOST: Final = 511
# Whole numbers are exact in every reader of JSON up to here.
COUNTED: Final = 2**53


@dataclass(frozen=True)
class Spread:
    """Smallest value, quartiles and largest value over the subsets."""

    low: float | None
    q1: float | None
    median: float | None
    q3: float | None
    high: float | None


@dataclass(frozen=True)
class Presence:
    """Medians over the subsets that hold a study, and over those that do not."""

    study: str
    estimate_with: float | None
    estimate_without: float | None
    i2_with: float | None
    i2_without: float | None
    tau2_with: float | None
    tau2_without: float | None


@dataclass(frozen=True)
class Cell:
    """Subsets near each other: how many, how many of them hold ``apart``, and the means of their figures."""

    estimate: float
    i2: float
    count: int
    count_apart: int


@dataclass(frozen=True)
class GoshAnalysis:
    """Pools of subsets of at least two studies; estimates on the reporting scale.

    Attributes
    ----------
    k : int
        Studies.
    possible : int or None
        How many subsets there are; ``None`` where the number is beyond 2^53.
    pooled : int
        How many were pooled and have a finite answer.
    unanswered : int
        How many were pooled and have none.
    exhaustive : bool
        Whether every subset is among them.
    seed : int or None
        Of the sample; ``None`` where exhaustive.
    i2_method : str
        Definition of I2.
    estimate, i2, tau2 : Spread
        ``tau2`` is ``None`` for a common effect.
    studies : tuple of Presence
    apart : str or None
        The study whose presence moves the median estimate most, on the analysis scale.
    cells : tuple of Cell
        The cloud of estimate and I2, counted on a grid.
    """

    model: str
    k: int
    possible: int | None
    pooled: int
    unanswered: int
    exhaustive: bool
    seed: int | None
    i2_method: str
    estimate: Spread | None
    i2: Spread | None
    tau2: Spread | None
    studies: tuple[Presence, ...]
    apart: str | None
    cells: tuple[Cell, ...]
    excluded: tuple[Excluded, ...]
    notes: tuple[str, ...]
    reason: str | None


def gosh_analysis(
    data: Mapping[str, Sequence[Any]],
    studies: Sequence[str] | None = None,
    *,
    subsets: int | None = None,
    seed: int = 1,
    **settings: Any,
) -> GoshAnalysis:
    """Pool every subset of the studies, or many of them, and say how the answers spread.

    Parameters
    ----------
    data, studies
        As for :func:`synth.meta.pool`.
    subsets : int, optional
        All subsets of two studies or more are pooled where there are at most this many; else so many are drawn, each
        with equal chances. Default: all up to 15 studies; above that 20,000, or 5,000 by the binomial-normal model
        (fewer above 200, or 100, studies). By mixed models of two arms and of rates all up to 12, above that 2,000;
        where study levels are random, all up to 8, above that 500 or fewer.
    seed : int
        Of the draw.
    **settings
        ``measure, model, effects, tau2_method, i2_method, ...`` as for :func:`synth.meta.pool`.

    Returns
    -------
    GoshAnalysis

    Raises
    ------
    NothingToPool, ProblemsError, SettingsError, UnknownName
        As for :func:`synth.meta.pool`; a model without subsets.

    Notes
    -----
    Olkin, Dahabreh and Trikalinos (2012), Res Synth Methods 3:214-223. The estimate and I2 of every subset are those of
    :func:`synth.meta.sensitivity.influence.all_subsets` and :func:`synth.meta.glmm.influence.glmm_subsets`, which give
    them one by one.

    Examples
    --------
    >>> found = gosh_analysis({"events": [7, 3, 1, 0, 5], "total": [43, 38, 26, 17, 30]}, list("ABCDE"))
    >>> found.possible, found.pooled, found.apart, round(found.estimate.median, 3)
    (26, 26, 'D', 0.098)
    """
    check_whole("seed", seed, 0, 1)
    if subsets is not None:
        check_whole("subsets (--gosh-subsets)", subsets, 10, 5000)
        if subsets > MOST:
            raise SettingsError(f"At most {MOST:,} subsets are pooled, and {subsets:,} were asked for.")
    given = prepare(data, studies, {}, "analysis of all subsets", settings)
    k, made = given.k, given.settings
    there = 2**k - k - 1
    if k < 3:
        reason = f"{count(k)}: subsets of two or more say nothing new"
        return GoshAnalysis(
            made.model, k, there, 0, 0, True, None, made.i2_method, None, None, None, (), None, (), given.excluded, (),
            reason,
        )  # fmt: skip
    most = _unasked(k, made) if subsets is None else subsets
    masks, everything = subset_masks(k, smallest=2, exhaustive_up_to=k if there <= most else 0, samples=most, seed=seed)
    y, shown, i2, tau2 = _pools(given, masks)
    good = np.isfinite(y) & np.isfinite(i2)
    lost = int((~good).sum())
    notes = (f"{lost} subsets have no finite estimate, such as those without any event.",) if lost else ()
    possible = there if there <= COUNTED else None
    draw = None if everything else seed
    source = "q" if made.effects == "common" else made.i2_method
    if not good.any():
        return GoshAnalysis(
            made.model, k, possible, 0, lost, everything, draw, source, None, None, None, (), None, (), given.excluded,
            notes, "no subset has a finite estimate",
        )  # fmt: skip
    masks, y, shown, i2, tau2 = masks[good], y[good], shown[good], i2[good], tau2[good]
    rows, moved = _presence(given, masks, y, shown, i2, tau2)
    apart = int(np.argmax(moved)) if np.isfinite(moved).any() and moved.max() > 0.0 else None
    held = masks[:, apart] if apart is not None else np.zeros(len(masks), dtype=bool)
    # A ratio stands on a log axis, and its subsets are counted there.
    across = y if given.scale.null == 0.0 and given.scale.bounds[0] == 0.0 else shown
    return GoshAnalysis(
        model=made.model,
        k=k,
        possible=possible,
        pooled=len(y),
        unanswered=lost,
        exhaustive=everything,
        seed=draw,
        i2_method=source,
        estimate=_spread(shown),
        i2=_spread(i2),
        tau2=None if made.effects == "common" else _spread(tau2),
        studies=rows,
        apart=None if apart is None else given.studies[apart].study,
        cells=_cells(across, shown, i2, held),
        excluded=given.excluded,
        notes=notes,
        reason=None,
    )


def _unasked(k: int, made: Settings) -> int:
    """How many subsets are pooled where nobody said."""
    if two_effects(made):
        # An integral over two effects takes ten times as long as one over one.
        return max(100, min(_TWO_EFFECTS_MOST, 5_000 // k))
    if k <= (_MIXED_EXHAUSTIVE if is_mixed(made) else EXHAUSTIVE):
        return int(2**EXHAUSTIVE)
    most, least, numbers = (20_000, 2_000, 4_000_000) if made.model == "inverse" else (5_000, 500, 500_000)
    if is_mixed(made):
        most, least, numbers = 2_000, 200, 50_000
    return max(least, min(most, numbers // k))


def _pools(given: Prepared, masks: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats, Floats]:
    """Estimate on both scales, I2 and tau2 of each subset."""
    out = np.empty((4, len(masks)))
    pools = _mixed if is_mixed(given.settings) else _glmm if given.settings.model == "glmm" else _inverse
    step = max(1, AT_ONCE // given.k)
    for at in range(0, len(masks), step):
        part = slice(at, at + step)
        out[:, part] = pools(given, masks[part])
    return out[0], out[1], out[2], out[3]


def _mixed(given: Prepared, masks: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats, Floats]:
    made = given.settings
    model, m = effect_model(made.measure, made.model, given.data), masks.astype(float)
    fits = fit_effects(model, m, effects=made.effects)
    common = made.effects == "common" or not model.shows_tau()
    tau2 = np.where(np.isnan(fits.estimate), np.nan, 0.0) if common else fits.tau2
    i2, _ = effect_i2(model, m, tau2, "q" if common else made.i2_method)
    return fits.estimate, given.scale.to_reporting(fits.estimate), np.where(np.isnan(fits.estimate), np.nan, i2), tau2


def _inverse(given: Prepared, masks: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats, Floats]:
    made = given.settings
    fit = pool_inverse(
        given.y, given.v, masks, effects=made.effects, tau2_method=made.tau2_method or "REML", ci_method="wald"
    )
    size = None if given.sizes is None else harmonic_size(given.sizes, masks)
    i2 = fit.i2_q if made.effects == "common" or made.i2_method == "q" else fit.i2
    return fit.estimate, given.scale.to_reporting(fit.estimate, size), i2, fit.tau2


def _glmm(given: Prepared, masks: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats, Floats]:
    x, n = given.counts
    made = given.settings
    fits = fit_rows(x, n, masks, made.effects)
    mu = np.where(fits.state == OK, fits.mu, np.nan)
    i2, _ = i2_h2(x, n, fits.tau2, "q" if made.effects == "common" else made.i2_method, masks)
    # Q of the finite logits is 0 where there are none, and then so is I2.
    return mu, given.scale.to_reporting(mu), np.where(np.isfinite(mu) & np.isnan(i2), 0.0, i2), fits.tau2


def _spread(values: Floats) -> Spread:
    return Spread(*(number(v) for v in np.quantile(values, [0.0, 0.25, 0.5, 0.75, 1.0])))


def _presence(
    given: Prepared, masks: NDArray[np.bool_], y: Floats, shown: Floats, i2: Floats, tau2: Floats
) -> tuple[tuple[Presence, ...], Floats]:
    """Medians with and without each study, and how far apart those of the estimate are on the analysis scale."""

    def median(values: Floats, side: NDArray[np.bool_]) -> float | None:
        return number(np.median(values[side])) if side.any() else None

    def medians(values: Floats, held: NDArray[np.bool_]) -> tuple[float | None, float | None]:
        return median(values, held), median(values, ~held)

    rows, moved = [], []
    for i, study in enumerate(given.studies):
        held = masks[:, i]
        variance = (None, None) if given.settings.effects == "common" else medians(tau2, held)
        rows.append(Presence(study.study, *medians(shown, held), *medians(i2, held), *variance))
        first, last = medians(y, held)
        moved.append(np.nan if first is None or last is None else abs(first - last))
    return tuple(rows), np.nan_to_num(np.array(moved), nan=-1.0)


def _cells(across: Floats, shown: Floats, i2: Floats, held: NDArray[np.bool_]) -> tuple[Cell, ...]:
    """Count the subsets on a grid; a cell stands at the mean of its own, so that a lone subset stands where it is."""
    width = float(across.max() - across.min())
    column = np.zeros(len(across), dtype=np.intp)
    if width > 0.0:
        column = np.minimum(((across - across.min()) / width * ACROSS).astype(np.intp), ACROSS - 1)
    row = np.minimum((i2 * UP).astype(np.intp), UP - 1)
    where, cell = np.unique(column * UP + row, return_inverse=True)
    n = np.bincount(cell, minlength=len(where))
    apart = np.bincount(cell, weights=held, minlength=len(where))
    middle, share = (np.bincount(cell, weights=values, minlength=len(where)) / n for values in (shown, i2))
    return tuple(Cell(float(middle[i]), float(share[i]), int(n[i]), round(float(apart[i]))) for i in range(len(where)))
