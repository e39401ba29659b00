"""Answers for chosen subsets of the studies: one mask, one pool each, all by the kernel of the pool itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import NoAnswer, SettingsError
from ..answers.inverse import back, interval_method, inverse_rows
from ..answers.studies import ONE_STUDY
from ..results import Part, number
from ..settings import is_glmm
from .prepare import Prepared, prepare

# Numbers in the masks of one call of a kernel, so that its temporaries keep within memory.
AT_ONCE: Final = 200_000
# With no more studies left out than this, the fit of all of them is near enough to start from it alone.
_NEAR: Final = 2
_NO_TABLES: Final = "no finite estimate or interval is left"

Masks = NDArray[np.bool_]


def why_no_subsets(model: str) -> str | None:
    """Say why a model is not pooled again for many subsets; ``None`` where it is.

    Examples
    --------
    >>> why_no_subsets("glmm") is None, why_no_subsets("bayes")
    (True, 'the Bayesian model is computed anew for every subset, which takes too long')
    """
    slow = {"bayes": "Bayesian", "beta-binomial": "beta-binomial"}
    if model not in slow:
        return None
    return f"the {slow[model]} model is computed anew for every subset, which takes too long"


def all_masks(k: int) -> Masks:
    """Give every subset but the empty one: row ``i`` is the bit pattern of ``i + 1``, the first study its lowest bit.

    Parameters
    ----------
    k : int
        Studies, at most 20.

    Returns
    -------
    array of bool, shape (2**k - 1, k)

    Examples
    --------
    >>> all_masks(2).tolist()
    [[True, False], [False, True], [True, True]]
    """
    return np.asarray(np.arange(1, 2**k)[:, None] >> np.arange(k) & 1, dtype=bool)


def omission_masks(k: int, most: int) -> Masks:
    """Give all studies, then all but one, then (where `most` is 2) all but two, in the order of the studies.

    Parameters
    ----------
    k : int
        Studies, more than `most`.
    most : {1, 2}
        How many are left out at most.

    Returns
    -------
    array of bool, shape (1 + k [+ k (k - 1) / 2], k)

    Examples
    --------
    >>> (~omission_masks(3, 2)).astype(int).tolist()
    [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]]
    """
    one = ~np.eye(k, dtype=bool)
    parts = [np.ones((1, k), dtype=bool), one]
    if most > 1:
        first, second = np.triu_indices(k, 1)
        parts.append(one[first] & one[second])
    return np.concatenate(parts)


def subset_pools(
    data: Mapping[str, Sequence[Any]], masks: ArrayLike, studies: Sequence[str] | None = None, **settings: Any
) -> tuple[Part, ...]:
    """Pool each of some subsets of the studies, by the model and with the interval of the pool of all of them.

    Parameters
    ----------
    data, studies
        As for :func:`synth.meta.pool`, of studies that all can be pooled.
    masks : array_like of bool, shape (r, k)
        Which studies count, for each subset; none is empty.
    **settings
        ``measure, model, effects, tau2_method, ci_method, level, ...`` as for :func:`synth.meta.pool`.

    Returns
    -------
    tuple of Part
        One for each row, on the reporting scale. Where a subset has no answer its figures are ``None`` and ``reason``
        says why.

    Raises
    ------
    SettingsError
        A model that is not pooled for subsets, or a study that cannot be pooled.
    NothingToPool, ProblemsError, UnknownName
        As for :func:`synth.meta.pool`.

    Notes
    -----
    What is added to zero cells is decided once, on all studies, as for leave-one-out.

    Examples
    --------
    >>> parts = subset_pools({"events": [7, 3, 1], "total": [43, 38, 26]}, all_masks(3))
    >>> [(part.k, part.ci_method, round(part.estimate, 3)) for part in parts[4:]]
    [(2, 'profile', 0.111), (2, 'profile', 0.062), (3, 't', 0.102)]
    """
    given = prepare(data, studies, {}, None, settings)
    wanted = np.asarray(masks, dtype=bool)
    if given.excluded:
        raise SettingsError(f"{given.excluded[0].study} cannot be pooled: {given.excluded[0].reason}. Leave it out.")
    if wanted.ndim != 2 or wanted.shape[1] != given.k or not wanted.any(axis=1).all():
        raise SettingsError(f"masks must be rows of {given.k} truth values, with one that is true in each.")
    why = why_no_subsets(given.settings.model)
    if why is not None:
        raise SettingsError(f"There are no pools of subsets under --model {given.settings.model}: {why}.")
    pools = _kernel(given, bool((~wanted).sum(axis=1).max(initial=0) <= _NEAR))
    step = max(1, AT_ONCE // given.k)
    found: list[Part] = []
    for at in range(0, len(wanted), step):
        found += _each(pools, wanted[at : at + step])
    return tuple(found)


_Pools = Callable[[Masks], tuple[Part, ...]]


def _each(pools: _Pools, masks: Masks) -> tuple[Part, ...]:
    """Pool all rows together; where one of them has no answer, in halves, so that only that one is without."""
    try:
        return pools(masks)
    except NoAnswer as error:
        if len(masks) == 1:
            return (Part(int(masks.sum()), None, None, None, None, None, None, str(error)),)
        half = len(masks) // 2
        return _each(pools, masks[:half]) + _each(pools, masks[half:])


def _kernel(given: Prepared, near: bool) -> _Pools:
    """The kernel of a model: rows of a mask in, answers out."""
    made = given.settings
    if made.model == "inverse":
        method = interval_method(made)
        return lambda masks: inverse_rows(given.y, given.v, masks, given.studies, made, method, given.sizes)
    if made.model in ("mh", "peto"):
        return lambda masks: _tables(given, masks)
    if is_glmm(made.model) and made.measure == "PLOGIT":
        return _proportions(given, near)
    return _mixed(given, near)


def _proportions(given: Prepared, near: bool) -> _Pools:
    from ..glmm.fit import OK, fit
    from ..glmm.rows import fit_rows, glmm_rows

    x, n = given.counts
    made = given.settings
    full = fit(x, n) if near and made.effects == "random" else None
    start = full if full is not None and int(full.state) == OK else None

    def pools(masks: Masks) -> tuple[Part, ...]:
        return glmm_rows(x, n, masks, fit_rows(x, n, masks, made.effects, start), made)

    return pools


def _mixed(given: Prepared, near: bool) -> _Pools:
    from ..glmm.two_arm import OK, effect_model
    from ..glmm.two_arm_rows import effect_rows

    made = given.settings
    model = effect_model(made.measure, made.model, given.data)
    start = None
    if near:
        _, fit = effect_rows(model, np.ones((1, given.k), dtype=bool), made)
        start = fit.inner.theta[0] if int(fit.state[0]) == OK else None
    return lambda masks: effect_rows(model, masks, made, start)[0]


def _tables(given: Prepared, masks: Masks) -> tuple[Part, ...]:
    from ..models.mantel_haenszel import MantelHaenszelFit, pool_mantel_haenszel
    from ..models.peto import PetoFit, pool_peto

    made, scale = given.settings, given.scale
    events_1, total_1, events_2, total_2 = (given.data[name] for name in scale.columns)
    include, level = masks.astype(float), made.level
    fit: PetoFit | MantelHaenszelFit
    if made.model == "peto":
        fit = pool_peto(events_1, total_1, events_2, total_2, include, level=level)
    else:
        fit = pool_mantel_haenszel(
            events_1, total_1, events_2, total_2, include,
            measure=scale.name, zero_cells=made.zero_cells, level=level,
        )  # fmt: skip
    out = []
    for i, k in enumerate(masks.sum(axis=1).tolist()):
        middle, low, high = (back(scale, b[i]) for b in (fit.estimate, fit.ci_low, fit.ci_high))
        reason = _NO_TABLES if None in (middle, low, high) else ONE_STUDY if k == 1 else None
        share = number(fit.i2[i]) if k > 1 else None
        out.append(Part(k, middle, low, high, "wald", None, share, reason))
    return tuple(out)
