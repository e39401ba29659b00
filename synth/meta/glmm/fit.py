"""The binomial-normal model by maximum likelihood: every row of a mask is one fit, and all rows are fitted together.

Events are binomial given a study's own logit, and the logits are normal around ``mu`` with variance ``tau2`` (Stijnen,
Hamza & Ozdemir 2010, Statistics in Medicine 29:3046). No continuity correction is needed at any point.

Cells are independent data sets made by an ``include`` mask or multiplicities over the same studies, which is what
leave-one-out, cumulative analysis, subgroups, all subsets and the bootstrap are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import NoAnswer
from ..numeric.quadrature import Floats, Integrals, integrate, log_binomial

# Why a row has no interior maximum. OK is 0 so that `state == 0` reads as "fitted".
OK, EMPTY, ALL_ZERO, ALL_EVENTS, SEPARATED = range(5)
REASONS = {
    EMPTY: "no study is included",
    ALL_ZERO: "no patient had the event: the logit is minus infinity, so an exact upper limit is given instead",
    ALL_EVENTS: "every patient had the event: the logit is infinite, so an exact lower limit is given instead",
    SEPARATED: "every study has either no events or only events, so the likelihood rises for ever with tau and has no "
    "maximum",
}
# Newton stops once its step moves the estimates by less than this many standard errors (squared here). The step is
# still taken, and leaves an error of the order of its square: 1e-11 of a standard error.
_DECREMENT = 1e-11
_MAX_ITERATIONS = 200
# Beyond this the studies share nothing; it also keeps exp(tau u) within range (see quadrature).
_TAU_MAX = 80.0
_FIELDS = ("loglik", "g_mu", "g_tau", "h_mu", "h_mutau", "h_tau")


@dataclass(frozen=True)
class GlmmFit:
    """Maximum-likelihood fits of the binomial-normal model, one for each leading row.

    Attributes
    ----------
    state : array of int, shape (...)
        0 where fitted; otherwise a key of ``REASONS``.
    k : array of float, shape (...)
        Number of studies (sum of multiplicities).
    mu, se : array of float, shape (...)
        Mean logit and its standard error from the observed information in (mu, tau). At ``tau = 0`` the information on
        mu alone. ``nan`` where ``state`` is not 0.
    tau2, se_tau : array of float, shape (...)
        Variance between studies, and the standard error of tau (``nan`` on the boundary).
    loglik, loglik_common : array of float, shape (...)
        Marginal log-likelihood at the maximum and at ``tau = 0``, binomial coefficients included.
    """

    state: NDArray[np.int8]
    k: Floats
    mu: Floats
    se: Floats
    tau2: Floats
    se_tau: Floats
    loglik: Floats
    loglik_common: Floats


class Cells:
    """The cells (row, study) that count, as flat arrays, and sums over each row.

    Parameters
    ----------
    events, total : array of float, shape (k,)
    include : array of float, shape (r, k)
        Multiplicities; 0 leaves the study out.
    """

    def __init__(self, events: Floats, total: Floats, include: Floats) -> None:
        row, study = np.nonzero(include)
        self.n_rows = include.shape[0]
        self.row, self.study = row, study
        self.x, self.n, self.m = events[study], total[study], include[row, study]
        self.counts = np.bincount(row, minlength=self.n_rows)
        self.offsets = np.concatenate([[0], np.cumsum(self.counts)])

    def sums(self, values: Floats) -> Floats:
        """Weighted sum of a cell array over each row."""
        return np.asarray(np.bincount(self.row, weights=self.m * values, minlength=self.n_rows), dtype=float)

    def constant(self) -> Floats:
        """Log of the binomial coefficients of each row, which the integrals leave out."""
        return self.sums(log_binomial(self.x, self.n))

    def take(self, rows: NDArray[np.intp]) -> Cells:
        """The same for some rows only, numbered anew; a row may be taken more than once."""
        part = object.__new__(Cells)
        part.n_rows = rows.size
        part.counts = self.counts[rows]
        part.offsets = np.concatenate([[0], np.cumsum(part.counts)])
        starts = np.repeat(self.offsets[rows] - part.offsets[:-1], part.counts)
        cells = starts + np.arange(part.offsets[-1])
        part.row = np.repeat(np.arange(rows.size), part.counts)
        part.study, part.x, part.n, part.m = self.study[cells], self.x[cells], self.n[cells], self.m[cells]
        return part

    def at(self, mu: Floats, tau: Floats, *, derivatives: bool = True) -> Integrals:
        """Integrals of every cell under its own row's parameters."""
        if self.n_rows > 1 and (mu == mu[0]).all() and (tau == tau[0]).all():
            # Rows that start from one fit: each study once, whatever the number of rows.
            _, first, cell = np.unique(self.study, return_index=True, return_inverse=True)
            once = np.zeros(first.size)
            f = integrate(self.x[first], self.n[first], once + mu[0], once + tau[0], derivatives=derivatives)
            return f.spread(cell)
        return integrate(self.x, self.n, mu[self.row], tau[self.row], derivatives=derivatives)


@dataclass
class Value:
    """Log-likelihood of each row (coefficients left out) with gradient and Hessian in (mu, tau)."""

    loglik: Floats
    g_mu: Floats
    g_tau: Floats
    h_mu: Floats
    h_mutau: Floats
    h_tau: Floats

    @classmethod
    def of(cls, rows: Cells, mu: Floats, tau: Floats) -> Value:
        """Evaluate at one (mu, tau) per row; the likelihood is even in tau, and tau may come with either sign."""
        sign = np.where(tau < 0.0, -1.0, 1.0)
        f = rows.at(mu, np.abs(tau))
        return cls(
            rows.sums(f.loglik),
            rows.sums(f.d_mu),
            sign * rows.sums(f.d_tau),
            rows.sums(f.d_mu2),
            sign * rows.sums(f.d_mutau),
            rows.sums(f.d_tau2),
        )

    def part(self, rows: NDArray[np.intp] | slice) -> Value:
        """The same for some rows only."""
        return Value(*(getattr(self, name)[rows].copy() for name in _FIELDS))

    def put(self, at: NDArray[np.intp], other: Value, which: NDArray[np.bool_]) -> None:
        """Overwrite the rows ``at[which]`` with the rows ``which`` of another."""
        for name in _FIELDS:
            getattr(self, name)[at[which]] = getattr(other, name)[which]


def _newton_step(f: Value, tau: Floats) -> tuple[Floats, Floats, Floats]:
    """An ascent step in (mu, tau) and its Newton decrement.

    The likelihood is concave in mu for every tau (a log-concave integrand, Prekopa), so only the tau direction can need
    mending: there the Schur complement is replaced by its size.
    """
    a = np.maximum(-f.h_mu, 1e-300)
    schur = -f.h_tau - f.h_mutau * f.h_mutau / a
    floor = 1e-8 * a
    proper = schur > floor
    used = np.where(proper, schur, np.maximum(np.abs(schur), floor))
    d_tau = (f.g_tau + f.h_mutau * f.g_mu / a) / used
    most = 0.5 + 1.0 * np.abs(tau)
    d_tau = np.clip(d_tau, -most, most)
    d_mu = (f.g_mu + f.h_mutau * d_tau) / a
    d_mu = np.clip(d_mu, -3.0 - np.abs(tau), 3.0 + np.abs(tau))
    return d_mu, d_tau, f.g_mu * d_mu + f.g_tau * d_tau


def maximise(
    rows: Cells,
    mu: Floats,
    tau: Floats,
    *,
    free_mu: bool = True,
    free_tau: bool = True,
    decrement: float = _DECREMENT,
    stay: bool = False,
) -> tuple[Floats, Floats, Value]:
    """Climb to a maximum of each row's likelihood from the given start.

    Parameters
    ----------
    rows : Cells
    mu, tau : array of float, shape (r,)
        Starts.
    free_mu, free_tau : bool
        Hold one of them where it is, for a profile.
    decrement : float
        Squared length, in standard errors, of the last step taken.
    stay : bool
        Move tau by half of itself at most, so that a climb ends in the basin where it began.

    Returns
    -------
    mu, tau : array of float, shape (r,)
        ``tau >= 0``.
    value : Value

    Raises
    ------
    NoAnswer
        If a row has not settled after every allowed iteration; the text says what was tried.
    """
    mu, tau = mu.copy(), tau.copy()
    here = Value.of(rows, mu, tau)
    active = np.arange(rows.n_rows)
    part = rows
    shrink = np.ones(rows.n_rows)
    for _ in range(_MAX_ITERATIONS):
        f = here.part(active)
        if not free_mu:
            f.g_mu, f.h_mutau = np.zeros_like(f.g_mu), np.zeros_like(f.g_mu)
        if not free_tau:
            f.g_tau, f.h_mutau, f.h_tau = np.zeros_like(f.g_mu), np.zeros_like(f.g_mu), -np.ones_like(f.g_mu)
        d_mu, d_tau, promised = _newton_step(f, tau[active])
        if stay:
            most = 0.5 * np.abs(tau[active])
            promised = promised * np.where(np.abs(d_tau) > most, most / np.maximum(np.abs(d_tau), 1e-300), 1.0)
            d_tau = np.clip(d_tau, -most, most)
        new_mu, new_tau = mu[active] + shrink[active] * d_mu, tau[active] + shrink[active] * d_tau
        # A step too far for any number gains nothing, and is taken back like any other that gains nothing.
        with np.errstate(over="ignore", invalid="ignore"):
            there = Value.of(part, new_mu, new_tau)
        # Rounding in a sum of k terms of size loglik / k: a step that changes less is at the top.
        noise = 1e-13 * (np.abs(f.loglik) + 1.0)
        # A share of the promised gain is asked for: the likelihood is even in tau, and a step onto the mirror image of
        # the same point gains nothing and would be taken back for ever.
        accepted = there.loglik >= f.loglik + 1e-4 * shrink[active] * promised - noise
        here.put(active, there, accepted)
        mu[active[accepted]], tau[active[accepted]] = new_mu[accepted], new_tau[accepted]
        shrink[active] = np.where(accepted, 1.0, 0.25 * shrink[active])
        settled = (accepted & (promised < decrement)) | (shrink[active] < 1e-9) | (np.abs(tau[active]) > _TAU_MAX)
        if settled.any():
            active = active[~settled]
            if active.size == 0:
                flip = tau < 0.0
                here.g_tau[flip] *= -1.0
                here.h_mutau[flip] *= -1.0
                return mu, np.abs(tau), here
            part = rows.take(active)
    raise NoAnswer(
        f"The binomial-normal model did not settle in {_MAX_ITERATIONS} Newton steps with step halving for "
        f"{active.size} of {rows.n_rows} fits. Try --model inverse."
    )


def merge(events: Floats, total: Floats, include: Floats) -> tuple[Floats, Floats, Floats]:
    """Make studies with the same counts one study with a multiplicity: the likelihood cannot tell them apart.

    Parameters
    ----------
    events, total : array of float, shape (k,)
    include : array of float, shape (r, k)

    Returns
    -------
    events, total : array of float, shape (j,), with j <= k
    include : array of float, shape (r, j)

    Examples
    --------
    >>> one = np.ones((1, 3))
    >>> merge(np.array([1.0, 2.0, 1.0]), np.array([9.0, 9.0, 9.0]), one)
    (array([1., 2.]), array([9., 9.]), array([[2., 1.]]))
    """
    pairs, where = np.unique(np.stack([events, total]), axis=1, return_inverse=True)
    where = where.reshape(-1)
    if pairs.shape[1] == events.size:
        return events, total, include
    order = np.argsort(where, kind="stable")
    starts = np.searchsorted(where[order], np.arange(pairs.shape[1]))
    return pairs[0], pairs[1], np.add.reduceat(include[:, order], starts, axis=1)


def _starts(rows: Cells, mu0: Floats) -> list[tuple[Floats, Floats]]:
    """Starting points: the empirical logits' own mean and spread, and two fixed spreads around the common logit."""
    a, b = rows.x + 0.5, rows.n - rows.x + 0.5
    logit, v = np.log(a / b), 1.0 / a + 1.0 / b
    k = rows.sums(np.ones_like(v))
    mean = rows.sums(logit) / k
    spread = rows.sums((logit - mean[rows.row]) ** 2) / np.maximum(k - 1.0, 1.0)
    tau = np.sqrt(np.maximum(spread - rows.sums(v) / k, 0.01 * spread + 1e-4))
    w = 1.0 / (v + (tau * tau)[rows.row])
    centre = rows.sums(w * logit) / rows.sums(w)
    starts = [(centre, tau), (mu0, np.full_like(mu0, 0.3))]
    if rows.n_rows <= 64 and rows.x.size <= 2000:
        starts += [(centre, np.full_like(mu0, 1.5)), (mean, 2.0 * tau + 0.5)]
    return starts


def fit(events: ArrayLike, total: ArrayLike, include: ArrayLike | None = None, start: GlmmFit | None = None) -> GlmmFit:
    """Fit the binomial-normal model to every row of a mask.

    Parameters
    ----------
    events, total : array_like of float, shape (k,)
        Whole numbers with ``0 <= events <= total`` and ``total >= 1``.
    include : array_like, shape (..., k), optional
        Booleans or whole multiplicities. Default: all studies once.
    start : GlmmFit, optional
        A fit of nearly the same studies, of a shape that broadcasts to the leading one: each row climbs from there
        alone, which is several times as fast. Default: from several starts.

    Returns
    -------
    GlmmFit
        Arrays of the leading shape. A row without an interior maximum carries its ``state`` and ``nan``; nothing is
        raised for it, so that one subset without an answer does not lose the others.

    Raises
    ------
    NoAnswer
        If a row that has a maximum was not brought to it.

    Examples
    --------
    >>> f = fit([7, 3, 1, 0, 5], [43, 38, 26, 17, 30])
    >>> round(float(f.loglik), 5), round(float(f.mu), 4), round(float(f.tau2), 4)
    (-9.8733, -2.2078, 0.0775)
    """
    x, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    m = np.ones((1, x.size)) if include is None else np.asarray(include, dtype=float)
    lead = () if include is None else m.shape[:-1]
    rows = Cells(*merge(x, n, m.reshape(-1, x.size)))
    sum_x, sum_n = rows.sums(rows.x), rows.sums(rows.n)
    inside = (rows.x > 0) & (rows.x < rows.n)
    state = np.zeros(rows.n_rows, dtype=np.int8)
    # Studies of one patient each are all at an extreme, but say nothing on tau: their likelihood is flat, not rising.
    state[(rows.sums(inside.astype(float)) == 0) & (rows.sums((rows.n > 1).astype(float)) > 0)] = SEPARATED
    state[sum_x == sum_n] = ALL_EVENTS
    state[sum_x == 0] = ALL_ZERO
    state[rows.counts == 0] = EMPTY
    good = np.flatnonzero(state == OK)
    out = {name: np.full(rows.n_rows, np.nan) for name in ("mu", "se", "tau2", "se_tau", "loglik", "loglik_common")}
    constant = rows.constant()
    out["loglik"][(state == ALL_ZERO) | (state == ALL_EVENTS)] = 0.0
    out["loglik_common"][(state == ALL_ZERO) | (state == ALL_EVENTS)] = 0.0
    if good.size:
        part = rows.take(good)
        warm = None
        if start is not None:
            near = [np.broadcast_to(v, lead).reshape(-1)[good] for v in (start.mu, np.sqrt(start.tau2))]
            warm = near if np.isfinite(near).all() else None
        fitted = _fit_good(part, warm)
        for name in ("mu", "se", "tau2", "se_tau"):
            out[name][good] = fitted[name]
        for name in ("loglik", "loglik_common"):
            out[name][good] = fitted[name] + constant[good]
        state[good[np.sqrt(fitted["tau2"]) >= _TAU_MAX]] = SEPARATED
    shaped = {name: value.reshape(lead) for name, value in out.items()}
    return GlmmFit(state=state.reshape(lead), k=rows.sums(np.ones_like(rows.x)).reshape(lead), **shaped)


def _fit_good(rows: Cells, warm: list[Floats] | None = None) -> dict[str, Floats]:
    """Fit rows that have events and non-events, so that the common logit is finite."""
    sum_x, sum_n = rows.sums(rows.x), rows.sums(rows.n)
    p0 = sum_x / sum_n
    mu0 = np.log(sum_x / (sum_n - sum_x))
    information = sum_n * p0 * (1.0 - p0)
    common = sum_x * mu0 - sum_n * np.logaddexp(0.0, mu0)
    # The likelihood's slope in tau2 at 0: observed against binomial variation.
    slope = 0.5 * (rows.sums((rows.x - rows.n * p0[rows.row]) ** 2) - information)
    best_mu, best_tau, best = mu0.copy(), np.zeros_like(mu0), common.copy()
    se, se_tau = 1.0 / np.sqrt(information), np.full_like(mu0, np.nan)
    # One study, or studies of one patient, cannot show variation between studies.
    several = rows.sums((rows.n > 1).astype(float)) > 0
    several &= rows.sums(np.ones_like(rows.x)) > 1
    candidates = np.flatnonzero(several)
    if candidates.size == 0:
        return {"mu": best_mu, "se": se, "tau2": best_tau, "se_tau": se_tau, "loglik": best, "loglik_common": common}
    part = rows.take(candidates)
    # Never from tau = 0, where the slope is 0 whether that is a maximum or not.
    starts = (
        _starts(part, mu0[candidates])
        if warm is None
        else [(warm[0][candidates], np.maximum(warm[1], 0.1)[candidates])]
    )
    # All starts of all rows climb together: one call costs the same overhead as one start.
    climbed = maximise(
        part.take(np.tile(np.arange(part.n_rows), len(starts))),
        np.concatenate([s[0] for s in starts]),
        np.concatenate([s[1] for s in starts]),
    )
    for which in range(len(starts)):
        one = slice(which * part.n_rows, (which + 1) * part.n_rows)
        mu, tau, f = climbed[0][one], climbed[1][one], climbed[2].part(one)
        gain = f.loglik - best[candidates]
        # Where the likelihood falls from tau = 0 on, an interior top must be higher by more than rounding; where it
        # rises, the top is interior however little it gains.
        rounding = 1e-11 * (np.abs(f.loglik) + 1.0)
        rises = (slope[candidates] > 1e-12 * information[candidates]) & (best_tau[candidates] == 0.0)
        better = (tau > 1e-6) & np.where(rises, gain > -rounding, gain > rounding)
        rows_better = candidates[better]
        best[rows_better], best_mu[rows_better], best_tau[rows_better] = f.loglik[better], mu[better], tau[better]
        determinant = f.h_mu * f.h_tau - f.h_mutau**2
        sound = better & (determinant > 0.0)
        se[candidates[sound]] = np.sqrt(-f.h_tau[sound] / determinant[sound])
        se_tau[candidates[sound]] = np.sqrt(-f.h_mu[sound] / determinant[sound])
    return {"mu": best_mu, "se": se, "tau2": best_tau**2, "se_tau": se_tau, "loglik": best, "loglik_common": common}
