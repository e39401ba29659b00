"""The between-study variance tau2, by nine methods, each to machine precision on any scale.

No absolute threshold is anywhere: an iteration stops where its own relative step does. The Paule-Mandel equation is
solved by Newton's method on the reciprocal of the generalised Q, which is concave and rising in tau2, so that the steps
from 0 never overshoot and no upper limit is needed. The likelihoods can have several maxima: their score is
bracketed on a grid that is fine against the scales at which it can change and that reaches a proven upper bound,
every bracket is solved, and the highest maximum wins; 0 wins exactly when it is the highest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from synth.errors import NoAnswer, SettingsError
from synth.meta.inverse.shared import shared_scores
from synth.meta.numeric.distributions import Floats, chi2_upper
from synth.meta.sensitivity.pools import Pools
from synth.meta.sensitivity.rows import BLOCK, Rows, Sums, dot, sums

AnyPools = TypeVar("AnyPools", bound=Pools)
STEPS: Final = 200
# ratio of neighbouring grid values of (tau2 + smallest variance), as a logarithm: weights change on a scale of 1
GRID_STEP: Final = 0.5
_FOUR: Final = np.arange(4)
# from so many masks over the same studies on, their scores are one matrix product
MASKS: Final = 8


def _positive(t: Floats) -> Floats:
    """Truncate at 0, as every method here does."""
    return np.maximum(t, 0.0)


def solve_q(rows: Pools, target: Floats, start: Floats | None = None) -> Floats:
    """Return the tau2 at which the generalised Q equals `target`; 0 where it is below that already at 0.

    Parameters
    ----------
    rows : Rows or Designs
    target : ndarray, shape (rows,)
        Positive values; nan gives nan.
    start : ndarray, shape (rows,), optional
        Known to lie at or below the answers.

    Returns
    -------
    ndarray, shape (rows,)

    Raises
    ------
    NoAnswer
        The steps did not settle.

    Notes
    -----
    1/Q is concave in tau2, because (y'PPy)^2 <= (y'Py)(y'PPPy) by the inequality of Cauchy and Schwarz: Newton's steps
    rise to the root from the left and converge quadratically.

    Examples
    --------
    >>> from synth.meta.sensitivity.rows import make_rows
    >>> solve_q(make_rows([0.0, 4.0], [1.0, 1.0]), np.array([1.0]))
    array([7.])
    """
    t = np.zeros(len(rows.k)) if start is None else start.copy()
    live = np.flatnonzero(~np.isnan(target) & (rows.df > 0))
    t[np.isnan(target)] = np.nan
    part = rows if len(live) == len(t) else rows.take(live)
    for _ in range(STEPS):
        if not len(live):
            return t
        s = part.sums(t[live])
        goal = target[live]
        step = (s.q / goal - 1.0) * s.q / s.a
        # Q at or below the target: the root, or (at the start) the truncation at 0
        moving = np.isfinite(step) & (step > 0)
        step = np.where(moving, step, 0.0)
        t[live] += step
        keep = moving & (step > 4e-16 * (t[live] + part.v_min))
        if keep.all():
            continue
        live, part = live[keep], part.take(keep)
    raise NoAnswer(f"The equation for tau2 did not settle in {STEPS} steps of Newton's method.")


def _score_ratio(s: Sums, ml: bool) -> Floats:
    """Log of the score's two parts, y'PPy over its expectation: 0 at a stationary point, positive below a maximum."""
    h: Floats = np.log(s.a / (s.s1 if ml else s.trace))
    return h


def upper_bound(rows: Pools) -> Floats:
    """Return a tau2 above which both likelihoods fall.

    With M the unweighted variance of the estimates, y'PPy <= (k-1) M / (v_min + t)^2 and tr(P) >= (k-1) / (v_max + t):
    the score is negative beyond the positive root of (v_min + t)^2 = M (v_max + t).
    """
    m = rows.mean_square()
    x = 0.5 * (m + np.sqrt(m * (m + 4.0 * (rows.v_max - rows.v_min))))
    return _positive(x * (1.0 + 1e-9) - rows.v_min)


def trial_values(rows: Pools, top: Floats, bottom: Floats) -> Floats:
    """Trial values of tau2 from `bottom` to `top`, shape (rows, trials), even in log(tau2 + v_min)."""
    base = bottom + rows.v_min
    span = np.log1p((top - bottom) / base)
    n = int(np.ceil(span.max() / GRID_STEP)) + 2
    n = max(n, 4)
    grid: Floats = np.expm1(span[:, None] * (np.arange(n) / (n - 1)))
    grid *= base[:, None]
    grid += bottom[:, None]
    return grid


def evaluate(rows: AnyPools, grid: Floats, what: Callable[[AnyPools, Floats], Floats]) -> Floats:
    """Evaluate `what` at all the trial values, in blocks of trials that stay in the cache."""
    block = max(1, BLOCK // max(1, rows.size))
    if block >= grid.shape[1]:
        return what(rows, grid)
    out = np.empty_like(grid)
    for j in range(0, grid.shape[1], block):
        out[:, j : j + block] = what(rows, grid[:, j : j + block])
    return out


def _crossing(x: Floats, h: Floats) -> Floats:
    """Where `h`, given at four values of `x` in each row, is 0, by an inverse cubic; anything where there is none."""
    apart = h[:, None, :] - h[:, :, None]
    apart[:, _FOUR, _FOUR] = 1.0
    share = h[:, None, :] / apart
    share[:, _FOUR, _FOUR] = 1.0
    return dot(share.prod(axis=2), x)


def _newton(rows: Pools, grid: Floats, h: Floats, row: NDArray[np.intp], at: NDArray[np.intp], ml: bool) -> Floats:
    """Solve the score between brackets, by Newton's steps in log(t + v_min) that fall back on halving.

    A bracket is from ``grid[row, at]`` to the next value, and `h` the score there.
    """
    c = rows.v_min
    near = np.minimum(np.maximum(at - 1, 0), grid.shape[1] - 4)[:, None] + _FOUR
    values = np.log(grid[row[:, None], near] + c[:, None])
    one = np.arange(len(row))
    x_low, x_high = values[one, at - near[:, 0]], values[one, at - near[:, 0] + 1]
    x = _crossing(values, h[row[:, None], near])
    x = np.where((x > x_low) & (x < x_high), x, 0.5 * (x_low + x_high))
    t: Floats = c * np.expm1(x - np.log(c))
    out: Floats = t.copy()
    live = np.arange(len(t))
    last, quadratic = x_high - x_low, np.zeros(len(t), dtype=np.bool_)
    part = rows
    for _ in range(STEPS):
        s = part.sums(t, third=True)
        h = _score_ratio(s, ml)
        up = h > 0
        x_low, x_high = np.where(up, x, x_low), np.where(up, x_high, x)
        fall = s.s2 / s.s1 if ml else s.trace2 / s.trace
        slope = (fall - 2.0 * s.c / s.a) * (t + part.v_min)
        step = -h / slope
        new = x + step
        good = (new > x_low) & (new < x_high) & (np.abs(step) <= 0.5 * np.abs(last) + 1e-15)
        # on a bracket's end already: the step is below the last digit
        good |= np.abs(step) <= 1e-15
        step = np.where(good, step, 0.5 * (x_low + x_high) - x)
        # two of Newton's steps in a row foretell the error that the second leaves: each is the same multiple of the
        # square of the one before
        size = np.abs(step)
        done = (size < 1e-9) | (x_high - x_low < 4e-15) | (good & quadratic & (size**3 < 1e-16 * last * last))
        # the step is taken as a difference, so that a tau2 far below v_min keeps its digits
        t = np.maximum(t + (t + part.v_min) * np.expm1(step), 0.0)
        x, last, quadratic = x + step, step, good
        if done.any():
            out[live[done]] = t[done]
            if done.all():
                return out
            keep = ~done
            live, part = live[keep], part.take(keep)
            t, x, last, quadratic = t[keep], x[keep], last[keep], quadratic[keep]
            x_low, x_high = x_low[keep], x_high[keep]
    raise NoAnswer(f"The likelihood's maximum in tau2 was bracketed but not met in {STEPS} steps.")


def _scores(rows: Pools, top: Floats, ml: bool) -> tuple[Floats, Floats]:
    """Trial values of each row, and the score's logarithm there; one grid for all where the rows are masks."""
    if isinstance(rows, Rows) and rows.shared is not None and len(top) >= MASKS:
        low, high = float(rows.v_min.min()), float(top.max())
        grid = low * np.expm1(np.linspace(0.0, (span := np.log1p(high / low)), max(int(span / GRID_STEP) + 3, 4)))
        h = shared_scores(rows, grid, ml)
        if h is not None:
            return np.broadcast_to(grid, h.shape), h
    every = trial_values(rows, top, np.zeros(len(top)))
    return every, evaluate(rows, every, lambda r, t: _score_ratio(r.sums(t), ml))


def maximum(rows: Pools, ml: bool) -> Floats:
    """Global maximum of the full (`ml`) or the restricted likelihood in tau2."""
    best = np.zeros(len(rows.k))
    # identical estimates, or fewer than two: nothing to search
    top = np.where(rows.df > 0, upper_bound(rows), 0.0)
    search = np.flatnonzero(top > 0)
    if not len(search):
        return best
    part = rows if len(search) == len(best) else rows.take(search)
    grid, h = _scores(part, top[search] * 1.0625, ml)
    # beyond the bound the score is negative; rounding must not say otherwise
    rise = (h > 0) & (grid < top[search, None] * 1.0625)
    rise[:, -1] = False
    row, at = np.nonzero(rise[:, :-1] & ~rise[:, 1:])
    if not len(row):
        return best
    whole = len(row) == len(search) and bool((row == np.arange(len(row))).all())
    root = _newton(part if whole else part.take(row), grid, h, row, at, ml)
    # where there is but one place to be, no likelihood is needed
    rivals = np.bincount(row, minlength=len(search)) + ~rise[:, 0]
    if (rivals <= 1).all():
        best[search[row]] = root
        return best
    candidate = part.take(row).log_likelihoods(root)[0 if ml else 1]
    height = np.where(rise[:, 0], -np.inf, part.log_likelihoods(np.zeros(len(search)))[0 if ml else 1])
    found = np.zeros(len(search))
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    for j in range(int(rank.max()) + 1):
        mine = rank == j
        here = row[mine]
        better = candidate[mine] > height[here]
        height[here[better]] = candidate[mine][better]
        found[here[better]] = root[mine][better]
    best[search] = found
    return best


def _dersimonian_laird(rows: Rows, s0: Sums) -> Floats:
    return _positive((s0.q - (rows.k - 1)) / s0.trace)


def _hedges(rows: Rows, s0: Sums) -> Floats:
    v = np.where(rows.counted, rows.v, 0.0)
    return _positive(rows.mean_square() - rows.total(v) / rows.k)


def _hunter_schmidt(rows: Rows, s0: Sums) -> Floats:
    return _positive((s0.q - rows.k) / s0.s1)


def _hunter_schmidt_small(rows: Rows, s0: Sums) -> Floats:
    return _positive((s0.q * rows.k / (rows.k - 1) - rows.k) / s0.s1)


def _sidik_jonkman(rows: Rows, s0: Sums) -> Floats:
    crude = rows.mean_square() * (rows.k - 1) / rows.k
    start = np.where(crude > 0, crude, 0.0)
    return np.where(start > 0, start * sums(rows, start).q / (rows.k - 1), 0.0)


def _paule_mandel(rows: Rows, s0: Sums) -> Floats:
    return solve_q(rows, rows.k - 1)


def _paule_mandel_median(rows: Rows, s0: Sums) -> Floats:
    return solve_q(rows, chi2_upper(0.5, rows.k - 1))


METHODS: Final[dict[str, Callable[[Rows, Sums], Floats]]] = {
    "REML": lambda rows, s0: maximum(rows, ml=False),
    "ML": lambda rows, s0: maximum(rows, ml=True),
    "DL": _dersimonian_laird,
    "PM": _paule_mandel,
    # Morris's empirical Bayes equation has the same root as Paule and Mandel's (Viechtbauer et al. 2015)
    "EB": _paule_mandel,
    "SJ": _sidik_jonkman,
    "HS": _hunter_schmidt,
    "HE": _hedges,
    "HSk": _hunter_schmidt_small,
    "PMM": _paule_mandel_median,
}


def check_method(method: str) -> None:
    """Raise SettingsError unless `method` is one of METHODS."""
    if method not in METHODS:
        raise SettingsError(f'There is no tau2 method "{method}". There are: {", ".join(METHODS)}.')


def estimate_tau2(rows: Rows, method: str = "REML", at_zero: Sums | None = None) -> Floats:
    """Estimate tau2 of every row.

    Parameters
    ----------
    rows : Rows
    method : {"REML", "ML", "DL", "PM", "EB", "SJ", "HS", "HE", "HSk", "PMM"}
        Restricted and full maximum likelihood, DerSimonian-Laird (1986), Paule-Mandel (1982), empirical Bayes (Morris
        1983), Sidik-Jonkman (2005), Hunter-Schmidt (1990), Hedges (1985), Hunter-Schmidt with the small-sample
        correction, Paule-Mandel at the median of Q (Viechtbauer 2021).
    at_zero : Sums, optional
        The sums at tau2 = 0, where they are known already.

    Returns
    -------
    ndarray, shape (rows,)
        In squared units of y; 0 where one study counts, nan where none does.

    Raises
    ------
    SettingsError
        Unknown `method`.
    NoAnswer
        An iteration did not settle.

    Notes
    -----
    Formulas as in Viechtbauer (2005), J Educ Behav Stat 30:261-293, and Veroniki et al. (2016), Res Synth Methods
    7:55-79.

    Examples
    --------
    >>> from synth.meta.sensitivity.rows import make_rows
    >>> estimate_tau2(make_rows([0.0, 4.0], [1.0, 1.0]), "REML")
    array([7.])
    """
    check_method(method)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        s0 = sums(rows, np.zeros(len(rows.k))) if at_zero is None else at_zero
        return tau2_of(rows, method, s0)


def tau2_of(rows: Rows, method: str, at_zero: Sums) -> Floats:
    """Return the same as :func:`estimate_tau2`, for a caller who has switched warnings off and looked at `method`."""
    t = METHODS[method](rows, at_zero)
    if rows.several:
        return t
    return np.where(rows.k > 1, t, np.where(rows.k > 0, 0.0, np.nan))


def tau2_standard_error(rows: Rows, tau2: Floats, method: str) -> Floats:
    """Return the standard error of tau2, from the expected information or the method's own sampling variance.

    Parameters
    ----------
    rows : Rows
    tau2 : ndarray, shape (rows,)
        As `method` estimated it.
    method : str
        One of METHODS.

    Returns
    -------
    ndarray, shape (rows,)
        In squared units of y; nan where fewer than two studies count.

    Notes
    -----
    Viechtbauer (2005), and the formulas that metafor's ``rma.uni`` gives as ``se.tau2``. The moment methods' are
    variances of a quadratic form y'Ay under normality: 2 tr(AVAV) + 4 tau2 tr(AVA) + 2 tau2^2 tr(AA).
    """
    k, df = rows.k, rows.k - 1
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if method == "REML":
            out = np.sqrt(2.0 / sums(rows, tau2, third=True).trace2)
        elif method == "ML":
            out = np.sqrt(2.0 / sums(rows, tau2).s2)
        elif method in ("PM", "EB", "PMM"):
            out = k / sums(rows, tau2, first=True).s1 * np.sqrt(2.0 / df)
        elif method in ("DL", "HS", "HSk"):
            s0 = sums(rows, np.zeros_like(tau2), third=True)
            form = np.sqrt(2.0 * df + 4.0 * tau2 * s0.trace + 2.0 * tau2**2 * s0.trace2)
            out = form / {"DL": s0.trace, "HS": s0.s1, "HSk": s0.s1 * df / k}[method]
        elif method == "HE":
            v = np.where(rows.counted, rows.v, 0.0)
            first, second = rows.total(v), rows.total(v * v)
            form = second * (1.0 - 2.0 / k) + (first / k) ** 2 + 2.0 * tau2 * first * df / k + tau2**2 * df
            out = np.sqrt(2.0 * form) / df
        else:
            out = _sidik_jonkman_error(rows, tau2)
    return np.where(k > 1, out, np.nan)


def _sidik_jonkman_error(rows: Rows, tau2: Floats) -> Floats:
    """Return the standard error of the Sidik-Jonkman estimate, whose weights come from the crude variance."""
    k, df = rows.k, rows.k - 1
    crude = rows.mean_square() * df / k
    s = sums(rows, crude, third=True)
    uv = 1.0 - crude[:, None] * s.u  # v / (v + crude), without a product of infinity and 0
    w = s.u if rows.m is None else s.u * rows.m
    wu = w * s.u
    once = dot(w, uv) / s.s1
    vv = rows.total(np.where(rows.counted, uv * uv, 0.0)) - 2.0 * dot(w, uv * uv) / s.s1 + once**2
    v1 = dot(w, uv) - 2.0 * dot(wu, uv) / s.s1 + s.s2 / s.s1 * once
    return crude / df * np.sqrt(2.0 * vv + 4.0 * tau2 * v1 + 2.0 * tau2**2 * s.trace2)
