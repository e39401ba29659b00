"""Newton's method for many small maximisations at once, with a Hessian that is mended where it is not negative."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...errors import NoAnswer
from .quadrature import Floats

# (parameters of some fits, shape (r, p); which fits they are) -> value (r,), gradient (r, p), Hessian (r, p, p)
Target = Callable[[Floats, NDArray[np.intp]], tuple[Floats, Floats, Floats]]

# As in glmm: the last step taken is shorter than this many standard errors (squared), so its own error is the square.
DECREMENT = 1e-11
_ITERATIONS = 200


def climb(
    target: Target,
    start: Floats,
    most: Floats,
    *,
    free: NDArray[np.bool_] | None = None,
    stop: Callable[[Floats, Floats, NDArray[np.intp]], NDArray[np.bool_]] | None = None,
    decrement: float = DECREMENT,
    what: str = "The likelihood",
) -> tuple[Floats, Floats, Floats, Floats]:
    """Climb to a local maximum of every target from its start.

    Parameters
    ----------
    target : callable
        Value, gradient and Hessian; see ``Target``.
    start : array of float, shape (r, p)
    most : array of float, shape (p,)
        Longest step in each parameter.
    free : array of bool, shape (p,), optional
        Parameters that move; the others stay where they start, for a profile.
    stop : callable, optional
        Given parameters, gradients and which fits they are: those that run to an edge and need not be followed further.
    decrement : float
        Squared length, in standard errors, of the last step taken.
    what : str
        Opens the sentence of the error.

    Returns
    -------
    theta, value, gradient, hessian : arrays of shape (r, p), (r,), (r, p), (r, p, p)

    Raises
    ------
    NoAnswer
        If a target has not settled.

    Notes
    -----
    A direction in which the Hessian does not curve down is followed by the size of its curvature instead (eigenvalues
    by their absolute value), which always ascends. A step is quartered until it gains a share of what it promised.

    Examples
    --------
    >>> def bump(theta, which):
    ...     return -np.cosh(theta[:, 0] - 2), -np.sinh(theta - 2), -np.cosh(theta - 2)[:, :, None]
    >>> round(float(climb(bump, np.zeros((1, 1)), np.ones(1))[0][0, 0]), 10)
    2.0
    """
    theta = start.copy()
    r, p = theta.shape
    moving = np.arange(p) if free is None else np.flatnonzero(free)
    everything = np.arange(r)
    value, gradient, hessian = target(theta, everything)
    active = everything
    shrink = np.ones(r)
    for _ in range(_ITERATIONS):
        if active.size == 0:
            return theta, value, gradient, hessian
        g = gradient[active][:, moving]
        step = _ascent(g, hessian[active][:, moving[:, None], moving])
        step *= np.minimum(1.0, (most[moving] / np.maximum(np.abs(step), 1e-300)).min(axis=1))[:, None]
        promised = (g * step).sum(axis=1)
        new = theta[active]
        new[:, moving] += shrink[active, None] * step
        there = target(new, active)
        # Rounding in the sum: a step that changes less is at the top.
        noise = 1e-13 * (np.abs(value[active]) + 1.0)
        accepted = there[0] >= value[active] + 1e-4 * shrink[active] * promised - noise
        rows = active[accepted]
        theta[rows] = new[accepted]
        for whole, part in zip((value, gradient, hessian), there, strict=True):
            whole[rows] = part[accepted]
        shrink[active] = np.where(accepted, 1.0, 0.25 * shrink[active])
        settled = (accepted & (promised < decrement)) | (shrink[active] < 1e-9)
        if stop is not None:
            settled |= stop(theta[active], gradient[active], active)
        active = active[~settled]
    if active.size == 0:
        return theta, value, gradient, hessian
    raise NoAnswer(
        f"{what} did not settle in {_ITERATIONS} Newton steps with step halving for {active.size} of {r} fits."
    )


def _ascent(gradient: Floats, hessian: Floats) -> Floats:
    """A direction that ascends: Newton's where the Hessian is negative definite."""
    if gradient.shape[1] == 1:
        curve = np.maximum(np.abs(hessian[:, 0]), 1e-300)
        return np.asarray(gradient / curve)
    values, vectors = np.linalg.eigh(-hessian)
    size = np.abs(values)
    size = np.maximum(size, 1e-10 * size.max(axis=1, keepdims=True) + 1e-300)
    along = np.einsum("rij,ri->rj", vectors, gradient)
    return np.asarray(np.einsum("rij,rj->ri", vectors, along / size))


def covariance(hessian: Floats) -> Floats:
    """Inverse of the observed information, ``nan`` where it is not positive definite.

    Parameters
    ----------
    hessian : array of float, shape (..., p, p)

    Returns
    -------
    array of float, shape (..., p, p)

    Examples
    --------
    >>> covariance(np.array([[-4.0, 0.0], [0.0, -1.0]])).tolist()
    [[0.25, 0.0], [0.0, 1.0]]
    """
    scale = np.sqrt(np.abs(np.diagonal(hessian, axis1=-2, axis2=-1)))
    scale = np.where(scale > 0.0, scale, 1.0)
    both = scale[..., :, None] * scale[..., None, :]
    values, vectors = np.linalg.eigh(-hessian / both)
    sound = values[..., 0] > 1e-12
    inverse = np.einsum("...ij,...j,...kj->...ik", vectors, 1.0 / np.where(sound[..., None], values, 1.0), vectors)
    return np.asarray(np.where(sound[..., None, None], inverse / both, np.nan)) + 0.0
