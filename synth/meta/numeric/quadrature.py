r"""The integral at the heart of the binomial-normal model, with its derivatives.

For one study with ``x`` events among ``n`` patients and a normal random intercept,

.. math:: L(\mu, \tau) = \int \binom{n}{x} p(\mu + \tau u)^x \{1 - p(\mu + \tau u)\}^{n - x} \phi(u)\,du,
          \qquad p(\eta) = 1 / (1 + e^{-\eta}).

The integrand is log-concave in ``u`` and bounded by a normal density, so the interval outside which it is negligible
can be *found* rather than assumed, and between those two ends the trapezoidal rule converges geometrically (Trefethen &
Weideman 2014, SIAM Review 56:385). That is why this module does not use Gauss-Hermite nodes: those are scaled by the
curvature at the mode, and need a hundred nodes or more where the integrand is one-sided (no events, large tau).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln

Floats = NDArray[np.float64]

# The integrand is cut where it has fallen by e^-34 (2e-15) from its maximum.
_FALL = 34.0
# As the log-integrand's second derivative in u is at most -1, it has fallen that far at most this far from the mode.
_REACH = float(np.sqrt(2.0 * _FALL))
# Steps between nodes: in standard deviations at the mode, and on the logit scale (where the integrand can bend no
# sharper than a Gumbel function to a small power, whose spectrum falls like exp(-pi w / 2): exp(-pi^2 / s) is left).
_STEP_SD = 0.75
_STEP_LOGIT = 0.3
_NODE_COUNTS = np.array([24, 32, 40, 48, 64, 80, 96, 128, 192, 256, 384, 512, 1024, 2048, 4096, 16384, 65536])
# Doubles in one temporary array: keeps memory bounded whatever the number of studies, and stays inside the cache.
_BLOCK = 1 << 17


def log_binomial(x: Floats, n: Floats) -> Floats:
    """Logarithm of the binomial coefficient.

    Parameters
    ----------
    x, n : array of float
        Events and totals, any shapes that broadcast.

    Returns
    -------
    array of float

    Examples
    --------
    >>> log_binomial(np.array([2.0]), np.array([4.0])).round(6)
    array([1.791759])
    """
    return np.asarray(gammaln(n + 1.0) - gammaln(x + 1.0) - gammaln(n - x + 1.0))


def log1pexp(eta: Floats) -> Floats:
    """``log(1 + exp(eta))`` without overflow or cancellation."""
    return np.asarray(np.logaddexp(0.0, eta))


def _modes(x: Floats, n: Floats, mu: Floats, tau: Floats) -> tuple[Floats, Floats]:
    """Where the log-integrand of each cell peaks, in ``u``, and its standard deviation there."""
    # The normal approximation from the empirical logit starts within a few standard deviations of every mode.
    a, b = x + 0.5, n - x + 0.5
    v = 1.0 / a + 1.0 / b
    u = tau * (np.log(a / b) - mu) / (tau * tau + v)
    tau2 = tau * tau
    # The slope at 0 brackets the root between 0 and itself.
    slope = tau * (x - n * expit(mu))
    low, high = np.minimum(slope, 0.0), np.maximum(slope, 0.0)
    # Newton, or a halving of the bracket where Newton would leave it or does not gain on its last step: the logistic
    # function is flat on either side, and plain Newton can jump to and fro across its bend.
    last = high - low
    for _ in range(80):
        p = expit(mu + tau * u)
        first = tau * (x - n * p) - u
        curvature = 1.0 + tau2 * n * p * (1.0 - p)
        rising = first > 0.0
        low, high = np.where(rising, u, low), np.where(rising, high, u)
        step = first / curvature
        new = u + step
        halve = (new < low) | (new > high) | (2.0 * np.abs(step) > last)
        new = np.where(halve, 0.5 * (low + high), new)
        last = np.abs(new - u)
        done = (np.abs(step) * np.sqrt(curvature) < 0.05) | (high - low < 1e-12 * (1.0 + np.abs(u)))
        u = new
        if done.all():
            break
    p = expit(mu + tau * u)
    return u, 1.0 / np.sqrt(1.0 + tau2 * n * p * (1.0 - p))


def _height(x: Floats, n: Floats, mu: Floats, tau: Floats, u: Floats) -> Floats:
    eta = mu + tau * u
    return np.asarray(x * eta - n * log1pexp(eta) - 0.5 * u * u)


def _ends(x: Floats, n: Floats, mu: Floats, tau: Floats, u: Floats, sd: Floats) -> tuple[Floats, Floats, Floats]:
    """Both ends of the interval that holds all of the integral, from the mode, and the height of the peak."""
    peak = _height(x, n, mu, tau, u)
    side = np.array([-1.0, 1.0]).reshape((2,) + (1,) * u.ndim)
    reach = np.broadcast_to(_REACH * sd, (2, *u.shape))
    # Newton on a concave function: a step from inside lands outside, and steps from outside stay outside.
    for _ in range(2):
        w = u + side * reach
        eta = mu + tau * w
        f = x * eta - n * log1pexp(eta) - 0.5 * w * w - peak + _FALL
        slope = side * (tau * (x - n * expit(eta)) - w)
        # A slope that is not yet falling means that the mode was only approximate: take the sure reach.
        reach = np.where(slope < 0.0, reach - f / np.where(slope < 0.0, slope, -1.0), _REACH + 0.1)
        reach = np.clip(reach, 0.0, _REACH + 0.1)
    return -reach[0], reach[1], peak


class Integrals:
    """What one pass over the nodes gives for each cell (a study under one pair of parameters).

    Attributes
    ----------
    loglik : array of float, shape (m,)
        Log of the integral, binomial coefficient left out.
    d_mu, d_tau : array of float, shape (m,)
        First derivatives of ``loglik``.
    d_mu2, d_mutau, d_tau2 : array of float, shape (m,)
        Second derivatives of ``loglik`` in (mu, tau).
    mean, variance : array of float, shape (m,)
        Of the study's own logit given its data (only with ``moments=True``).
    """

    def __init__(self, m: int) -> None:
        self.loglik, self.d_mu, self.d_tau = np.empty(m), np.empty(m), np.empty(m)
        self.d_mu2, self.d_mutau, self.d_tau2 = np.empty(m), np.empty(m), np.empty(m)
        self.mean, self.variance = np.empty(m), np.empty(m)

    def spread(self, cells: NDArray[np.intp]) -> Integrals:
        """The same for cells that stand for several."""
        out = Integrals(0)
        for name, values in vars(self).items():
            setattr(out, name, values[cells])
        return out


def integrate(
    x: Floats, n: Floats, mu: Floats, tau: Floats, *, moments: bool = False, derivatives: bool = True
) -> Integrals:
    """Marginal log-likelihood of each cell with first and second derivatives.

    Parameters
    ----------
    x, n : array of float, shape (m,)
        Events and totals.
    mu, tau : array of float, shape (m,)
        Linear predictor (logit) and standard deviation of the random intercept; ``tau >= 0``.
    moments : bool
        Also the posterior mean and variance of the study's logit.
    derivatives : bool
        Without them ``loglik`` alone is filled in (and moments are not), in half the time.

    Returns
    -------
    Integrals
        Relative accuracy about 1e-12 for tau up to 10, whatever ``n``.

    Notes
    -----
    Derivatives are posterior moments of the score ``s = x - n p`` and the information ``c = n p (1 - p)`` over the same
    nodes, so they are the derivatives of the computed sum, not of another approximation.

    Examples
    --------
    >>> one = np.ones(1)
    >>> round(float(integrate(3 * one, 20 * one, -1.7 * one, 0.5 * one).loglik[0]), 8)
    -8.70388522
    """
    m = x.size
    out = Integrals(m)
    if m == 0:
        return out
    block = _BLOCK // 24
    if m > 4 * block:
        for at in range(0, m, block):
            part = slice(at, at + block)
            _into(out, part, x[part], n[part], mu[part], tau[part], moments, derivatives)
    else:
        _into(out, slice(0, m), x, n, mu, tau, moments, derivatives)
    return out


def _into(
    out: Integrals, where: slice, x: Floats, n: Floats, mu: Floats, tau: Floats, moments: bool, derivatives: bool
) -> None:
    u, sd = _modes(x, n, mu, tau)
    low, high, peak = _ends(x, n, mu, tau, u, sd)
    width = high - low
    needed = np.maximum(width / (_STEP_SD * sd), width * tau / _STEP_LOGIT) + 1.0
    size = np.minimum(np.searchsorted(_NODE_COUNTS, needed), len(_NODE_COUNTS) - 1)
    largest = int(size.max())
    cells = _Cells(x, n, mu, tau, u, low, width, peak)
    if x.size * _NODE_COUNTS[largest] <= _BLOCK:  # small: one pass costs less than sorting cells by their need
        everything = np.arange(where.start, where.start + x.size)
        _pass(out, everything, int(_NODE_COUNTS[largest]), cells, moments, derivatives)
        return
    for which in np.unique(size):
        nodes = int(_NODE_COUNTS[which])
        alike = np.flatnonzero(size == which)
        step = max(1, _BLOCK // nodes)
        for at in range(0, alike.size, step):
            c = alike[at : at + step]
            _pass(out, where.start + c, nodes, cells.take(c), moments, derivatives)


class _Cells(NamedTuple):
    """Cells with the place and the height of their modes, and where their nodes begin (from the mode) and how far."""

    x: Floats
    n: Floats
    mu: Floats
    tau: Floats
    mode: Floats
    low: Floats
    width: Floats
    peak: Floats

    def take(self, at: NDArray[np.intp]) -> _Cells:
        """The same for some cells only."""
        return _Cells(*(values[at] for values in self))


def _pass(out: Integrals, where: NDArray[np.intp], nodes: int, cells: _Cells, moments: bool, derivatives: bool) -> None:
    # Everything is measured from the mode: with a million patients the terms x eta and n log(1 + e^eta) are a million
    # each, and their difference from their difference at the mode would keep ten digits only.
    x, n, mu, tau, mode, low, width, _ = (values[:, None] for values in cells)
    off = low + width * (np.arange(nodes) / (nodes - 1.0))
    delta = tau * off
    eta0 = mu + tau * mode
    # Non-events are counted in place of events where they are fewer at the mode, so that 1 + p0 growth stays above 1/2.
    side = np.where(eta0 > 0.0, -1.0, 1.0)
    fewer = np.where(eta0 > 0.0, n - x, x)
    p0, q0 = expit(-np.abs(eta0)), expit(np.abs(eta0))
    delta = side * delta
    growth = np.expm1(delta)
    power = fewer * delta - n * np.log1p(p0 * growth) - off * (mode + 0.5 * off)
    # The mode was found to a twentieth of a standard deviation, so that the highest node is near 0; where it were not,
    # the exponential must still not overflow.
    top = power.max(axis=1, keepdims=True)
    w = np.exp(power - top)
    mass = w.sum(axis=1)
    out.loglik[where] = np.log(mass * cells.width / (nodes - 1.0)) + top[:, 0] + cells.peak - 0.5 * np.log(2.0 * np.pi)
    if not derivatives:
        return
    w /= mass[:, None]
    u = mode + off
    shift = 1.0 + p0 * growth
    q = q0 / shift
    c = n * (p0 * (1.0 + growth) / shift) * q
    s = side * ((fewer - n * p0) - n * p0 * growth * q)
    ws = w * s
    wsu = ws * u
    curve = ws * s - w * c
    curve_u = curve * u
    d_mu, d_tau = ws.sum(axis=1), wsu.sum(axis=1)
    out.d_mu[where], out.d_tau[where] = d_mu, d_tau
    out.d_mu2[where] = curve.sum(axis=1) - d_mu * d_mu
    out.d_mutau[where] = curve_u.sum(axis=1) - d_mu * d_tau
    out.d_tau2[where] = (curve_u * u).sum(axis=1) - d_tau * d_tau
    if moments:
        mean = (w * delta).sum(axis=1)
        out.mean[where] = eta0[:, 0] + side[:, 0] * mean
        out.variance[where] = (w * (delta - mean[:, None]) ** 2).sum(axis=1)
