"""The exact distribution of Cochran's Q when true values vary: a sum of chi-squared variables, unequally weighted."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.meta.numeric.distributions import Floats

Complexes = NDArray[np.complex128]

# Trapezoidal rule on a contour that bends round the branch cut: the integrand falls off twice exponentially, and these
# nodes give twelve digits from 1 to 500 degrees of freedom.
NODES: Final = 161
REACH: Final = 6.0
BEND: Final = 0.25
# how near the first branch point of the diagonal the contour may pass
EDGE: Final = 0.999
BISECTIONS: Final = 60


def q_survival(q: float, v: Floats, tau2: Floats) -> Floats:
    """Return the probability that Cochran's Q (with weights 1 / v) exceeds `q`, for each true tau2.

    Parameters
    ----------
    q : float
        Not negative.
    v : ndarray, shape (k,)
        Sampling variances of at least two studies.
    tau2 : ndarray, shape (n,)
        Between-study variances.

    Returns
    -------
    ndarray, shape (n,)
        Rising in tau2.

    Notes
    -----
    Q is y'Ay with A = W - ww'/sum(w), whose cumulant generating function is -log det(I - 2s S A) / 2 with S = V + tau2
    (Biggerstaff and Jackson 2008, Stat Med 27:6093-6110). The determinant has a closed form, because A is diagonal but
    for one outer product, and the probability is the inverse Laplace transform, taken through the saddle point.

    Examples
    --------
    >>> float(q_survival(3.841458820694124, np.ones(2), np.zeros(1)).round(12)[0])
    0.05
    """
    if q <= 0:
        return np.ones(len(tau2))
    w = 1.0 / v
    total = w.sum()
    g = 1.0 + tau2[:, None] * w
    z2 = w * g

    def slopes(s: Floats) -> tuple[Floats, Floats]:
        """First and second derivative of the exponent at real s."""
        d = 1.0 - 2.0 * s[:, None] * g
        r = g / d
        first = (z2 / d).sum(axis=1)
        second, third = (2.0 * r * z2 / d).sum(axis=1), (8.0 * r * r * z2 / d).sum(axis=1)
        n = 1.0 + 2.0 * s / total * first
        n1, n2 = 2.0 / total * (first + s * second), 2.0 / total * (2.0 * second + s * third)
        one = r.sum(axis=1) - 0.5 * n1 / n - q - 1.0 / s
        two = 2.0 * (r * r).sum(axis=1) - 0.5 * (n2 / n - (n1 / n) ** 2) + 1.0 / s**2
        return one, two

    mean = g.sum(axis=1) - z2.sum(axis=1) / total
    above = q > mean
    # the saddle lies between the pole at 0 and the first branch point, or below the pole
    edge = EDGE * 0.5 / g.max(axis=1)
    low = np.where(above, 1e-300, -(len(v) + 2.0) / q - edge)
    high = np.where(above, edge, -1e-300)
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        rising = slopes(middle)[0] > 0
        low, high = np.where(rising, low, middle), np.where(rising, middle, high)
    c = 0.5 * (low + high)
    scale = 1.0 / np.sqrt(slopes(c)[1])
    # the path of steepest descent bends by the third derivative, which is near that of the diagonal alone
    bend = np.minimum(8.0 / 6.0 * ((g / (1.0 - 2.0 * c[:, None] * g)) ** 3).sum(axis=1) * scale**3, BEND)[:, None]
    u = np.linspace(-REACH, REACH, NODES)
    # half of the contour: the other half is its mirror image
    u = u[NODES // 2 :]
    t, dt = np.sinh(u), np.cosh(u)
    s = c[:, None] + scale[:, None] * (1j * t + bend * t * t)
    ds = scale[:, None] * (1j + 2.0 * bend * t) * dt
    d = 1.0 - 2.0 * s[..., None] * g[:, None, :]
    log_det = np.log(d).sum(axis=-1) + np.log(1.0 + 2.0 * s / total * (z2[:, None, :] / d).sum(axis=-1))
    values = (np.exp(-0.5 * log_det - s * q) / s * ds).imag
    values[:, 0] *= 0.5
    integral = values.sum(axis=1) * (u[1] - u[0]) / np.pi
    out: Floats = np.clip(np.where(above, integral, 1.0 + integral), 0.0, 1.0)
    return out
