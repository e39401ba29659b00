"""I2 and H2 beside a binomial-normal model: from its tau2, or from Cochran's Q of the logits as in R's meta."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..numeric.quadrature import Floats
from .common import typical_variance

FROM_Q = "from Q of the finite logits"
FROM_TAU2 = "from tau2 and the typical sampling variance"


def logit_q(events: ArrayLike, total: ArrayLike, include: ArrayLike | None = None) -> Floats:
    """Cochran's Q of the logits; studies without events, or with nothing else, have no finite logit and add nothing.

    Parameters
    ----------
    events, total : array_like, shape (k,)
    include : array_like, shape (..., k), optional
        Mask or multiplicities.

    Returns
    -------
    array of float, shape (...)

    Notes
    -----
    The Wald statistic of the saturated logistic model, ``QE.Wld`` of metafor's ``rma.glmm``.

    Examples
    --------
    >>> round(float(logit_q([7, 3, 1, 0, 5], [43, 38, 26, 17, 30])), 4)
    3.284
    """
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    m = np.ones(x.size) if include is None else np.asarray(include, dtype=float)
    inside = (x > 0) & (x < n)
    x, n, m = x[inside], n[inside], m[..., inside]
    y, w = np.log(x / (n - x)), m * (x * ((n - x) / n))
    sum_w = w.sum(axis=-1)
    mean = (w * y).sum(axis=-1) / np.where(sum_w > 0.0, sum_w, 1.0)
    return np.asarray((w * (y - mean[..., None]) ** 2).sum(axis=-1))


def i2_h2(
    events: ArrayLike, total: ArrayLike, tau2: ArrayLike, method: str, include: ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """I2, a fraction, and H2, by the definition asked for.

    Parameters
    ----------
    events, total : array_like, shape (k,)
    tau2 : array_like, shape (...)
        Of the binomial-normal model.
    method : {"tau2", "q"}
        ``tau2 / (tau2 + typical variance)``; or ``max(0, 1 - (k - 1) / Q)`` with :func:`logit_q` and all studies in k.
    include : array_like, shape (..., k), optional

    Returns
    -------
    i2, h2 : array of float, shape (...)
        ``nan`` under two studies.

    Examples
    --------
    >>> [round(float(i2_h2([1, 5, 9], [20, 20, 20], 0.5, method)[0]), 4) for method in ("tau2", "q")]
    [0.5816, 0.6912]
    """
    if method == "tau2":
        v, between = typical_variance(events, total, include), np.asarray(tau2, dtype=float)
        return between / (between + v), (between + v) / v
    m = np.ones(np.asarray(events).size) if include is None else np.asarray(include, dtype=float)
    df = m.sum(axis=-1) - 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        h2 = np.where(df > 0.0, logit_q(events, total, include) / df, np.nan)
        return np.maximum(0.0, 1.0 - 1.0 / h2), h2
