r"""Sums of logarithms over rising factors, the building block of the beta-binomial likelihood.

.. math:: R(z, m) = \sum_{j=0}^{m-1} \log(1 + j z)

is ``log Gamma(1/z + m) - log Gamma(1/z) + m log z``, but that difference loses every digit as ``z`` goes to 0, which is
where the beta-binomial becomes the binomial. Here the first terms are summed as they stand and the rest by the
Euler-Maclaurin formula, which is exact to rounding for every ``z >= 0`` and every ``m``.
"""

from __future__ import annotations

import numpy as np

from .quadrature import Floats

_HEAD = 32  # terms summed one by one; the first term left out of the formula is then below 1e-13 of the sum
_SERIES_BELOW = 0.25
_SERIES = 26  # 0.25 ** 26 is 2e-16
_BLOCK = 1 << 15


def rising(z: Floats, m: Floats) -> tuple[Floats, Floats, Floats]:
    """Sum of ``log(1 + j z)`` over ``j < m`` and the sums that its derivatives are made of.

    Parameters
    ----------
    z : array of float, shape (c,)
        Not negative.
    m : array of float, shape (c,)
        Whole numbers, not negative.

    Returns
    -------
    total, first, second : array of float, shape (c,)
        Sums of ``log(1 + j z)``, of ``j / (1 + j z)`` (the derivative by ``z``) and of ``(j / (1 + j z))**2`` (minus
        the second derivative).

    Examples
    --------
    >>> a, b, c = rising(np.array([0.5]), np.array([3.0]))
    >>> round(float(a[0]), 10), round(float(b[0]), 10), round(float(c[0]), 10)
    (1.0986122887, 1.6666666667, 1.4444444444)
    """
    out = np.empty((3, z.size))
    for at in range(0, z.size, _BLOCK):
        part = slice(at, at + _BLOCK)
        out[:, part] = _head(z[part], m[part])
    large = np.flatnonzero(m > _HEAD)
    if large.size:
        out[:, large] += _tail(z[large], m[large])
    return out[0], out[1], out[2]


def _head(z: Floats, m: Floats) -> Floats:
    count = int(min(_HEAD, m.max(initial=0.0)))
    j = np.arange(count, dtype=float)
    w = 1.0 + z[:, None] * j
    inside = j < m[:, None]
    share = np.where(inside, j / w, 0.0)
    return np.stack([np.where(inside, np.log1p(z[:, None] * j), 0.0).sum(1), share.sum(1), (share * share).sum(1)])


def _tail(z: Floats, m: Floats) -> Floats:
    a = np.full_like(m, float(_HEAD))
    high, low = _terms(z, m), _terms(z, a)
    integral, value, d1, d3, d5 = high - low
    return np.asarray(integral - value / 2.0 + d1 / 12.0 - d3 / 720.0 + d5 / 30240.0)


def _terms(z: Floats, t: Floats) -> Floats:
    """Antiderivative, value and odd derivatives by ``t`` of the three summands; shape (5, 3, c)."""
    s = t * z
    w = 1.0 + s
    u = z / w
    g = t / w
    h0, h1, h2 = _antiderivatives(s)
    w2, w3 = w**-2.0, w**-3.0
    return np.stack(
        [
            np.stack([t * s * h0, t * t * h1, t**3 * h2]),
            np.stack([np.log1p(s), g, g * g]),
            np.stack([u, w2, 2.0 * t * w3]),
            np.stack([2.0 * u**3, 6.0 * u**2 * w2, -12.0 * u * w3 + 24.0 * u**2 * t * w3]),
            np.stack([24.0 * u**5, 120.0 * u**4 * w2, -480.0 * u**3 * w3 + 720.0 * u**4 * t * w3]),
        ]
    )


def _antiderivatives(s: Floats) -> tuple[Floats, Floats, Floats]:
    """Integrals over (0, 1) of ``log(1 + u s) / s``, ``u / (1 + u s)`` and ``(u / (1 + u s))**2``."""
    small = s < _SERIES_BELOW
    x = np.where(small, 1.0, s)
    log = np.log1p(x)
    h0 = ((1.0 + x) * log - x) / (x * x)
    h1 = (x - log) / (x * x)
    h2 = ((1.0 + x) - 1.0 / (1.0 + x) - 2.0 * log) / (x * x * x)
    if small.any():
        r = np.arange(_SERIES, dtype=float)
        powers = (-s[small])[:, None] ** r
        h0[small] = powers @ (1.0 / ((r + 1.0) * (r + 2.0)))
        h1[small] = powers @ (1.0 / (r + 2.0))
        h2[small] = powers @ ((r + 1.0) / (r + 3.0))
    return h0, h1, h2
