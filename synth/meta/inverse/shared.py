"""The score of a likelihood for many masks over the same studies: one matrix product instead of a sum for each mask.

Leave-one-out, cumulative pools, subsets and the bootstrap pool the same estimates again and again. At one trial value
of tau2 the weights are the same in all of them, so that the sums of every mask are its row times the weights.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from synth.meta.numeric.distributions import Floats
from synth.meta.sensitivity.rows import Rows

# Textbook sums lose digits where one weight is nearly all, or where a mask's estimates are near each other and far from
# the origin. Scores are only looked at for their sign and for a first guess; a thousandth is left to them.
_LOST: Final = 1e-3
_ROUNDING: Final = 1e-13


def shared_scores(rows: Rows, grid: Floats, ml: bool) -> Floats | None:
    """Return the logarithm of the ratio of the score's two parts at common trial values.

    Parameters
    ----------
    rows : Rows
        With `shared`.
    grid : ndarray, shape (trials,)
    ml : bool
        Of the full likelihood instead of the restricted one.

    Returns
    -------
    ndarray, shape (rows, trials), or None
        Positive below a maximum; ``None`` where the sums would lose too many digits.

    Examples
    --------
    >>> from synth.meta.sensitivity.rows import make_rows
    >>> rows = make_rows([0.1, 0.5, 1.1], [0.02, 0.03, 0.01], ~np.eye(3, dtype=bool))
    >>> shared_scores(rows, np.array([0.1, 1.0]), ml=False).round(3)
    array([[ 0.405, -1.735],
           [ 1.47 , -0.708],
           [-0.446, -2.55 ]])
    """
    if rows.shared is None:
        return None
    y, v, counts = rows.shared
    u = 1.0 / (v + grid[:, None])
    # One origin for all masks: where most of the weight is.
    y = y - dot_mean(u[0], y)
    uu = u * u
    parts = np.concatenate([u, uu, u * y, uu * y, uu * y * y])
    n = grid.size
    found = counts @ parts.T
    s1, s2, t1, t2, t3 = (found[:, at : at + n] for at in range(0, 5 * n, n))
    trace = s1 - s2 / s1
    mean = t1 / s1
    a = t3 - 2.0 * mean * t2 + mean * mean * s2
    scale = t3 + mean * mean * s2
    if not ((trace > _LOST * s1).all() and (_ROUNDING * scale < _LOST * np.maximum(a, _LOST * trace)).all()):
        return None
    h: Floats = np.log(a / (s1 if ml else trace))
    return h


def dot_mean(w: Floats, y: Floats) -> float:
    """Return the weighted mean.

    Examples
    --------
    >>> dot_mean(np.array([1.0, 3.0]), np.array([0.0, 4.0]))
    3.0
    """
    return float((w * y).sum() / w.sum())
