"""The rows of the table: what synth does, who does the same, what the target is, and how near the numbers must be."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import BATCH, Figures, figures
from synth.meta.glmm import fit as glmm
from synth.meta.glmm.influence import glmm_subsets
from synth.meta.glmm.profile import profile_mu, profile_tau2
from synth.meta.inverse.fit import InverseFit, pool_inverse
from synth.meta.sensitivity.influence import influence

Floats = NDArray[np.float64]
Numbers = Mapping[str, Floats]

# The references' fits are run with tight thresholds where there are any: what is left is their rounding.
TIGHT = 1e-6
# lme4 stops early, and metafor takes 7 nodes: a hundredth of a standard error, and of tau2, which is flat.
LME4 = 1e-2


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    name : str
        In the JSON, and for ``--only``.
    what : str
        In the table.
    call : callable
        What is timed.
    rival : str
        "metafor", "PyMARE", "statsmodels", or "" for a row that has a limit in seconds instead.
    task : str
        The rival's task: method and size.
    target : float or None
        Largest ratio of the times, synth's over the rival's; or the limit in seconds; None: told, not judged.
    numbers : callable or None
        What is compared with the rival's numbers.
    tolerance : float
        Of estimates in standard errors, of all else in shares of itself.
    per : int
        Fits in one call: the time is given for one fit.
    """

    name: str
    what: str
    call: Callable[[], object]
    rival: str
    task: str
    target: float | None
    numbers: Callable[[], Numbers] | None = None
    tolerance: float = TIGHT
    per: int = 1


def _inverse(f: Figures, method: str = "REML", ci_method: str = "hksj") -> InverseFit:
    return pool_inverse(f.y, f.v, tau2_method=method, ci_method=ci_method)


def _pooled(fit: InverseFit | glmm.GlmmFit, limits: bool = False) -> Numbers:
    estimate = fit.mu if isinstance(fit, glmm.GlmmFit) else fit.estimate
    found = {"estimate": estimate, "se": fit.se, "tau2": fit.tau2}
    if limits and isinstance(fit, InverseFit):
        found |= {"ci_low": fit.ci_low, "ci_high": fit.ci_high}
    return {name: np.atleast_1d(values) for name, values in found.items()}


def _read(f: Figures, method: str) -> InverseFit:
    """Pool, and ask for what the rivals' fit holds."""
    fit = _inverse(f, method)
    _ = fit.estimate, fit.se, fit.tau2, fit.df
    return fit


def _read_test(f: Figures) -> InverseFit:
    """Pool, and ask for what PyMARE's get_fe_stats holds."""
    fit = _read(f, "DL")
    _ = fit.ci_low, fit.ci_high, fit.statistic, fit.p_value
    return fit


def _read_all(f: Figures, method: str) -> InverseFit:
    """Pool, and ask for all there is in a printed result of metafor."""
    fit = _inverse(f, method)
    _ = fit.estimate, fit.se, fit.ci_low, fit.ci_high, fit.statistic, fit.p_value, fit.tau2, fit.se_tau2
    _ = fit.q, fit.q_p, fit.i2, fit.h2, fit.log_likelihood_ml, fit.log_likelihood_reml, fit.weights
    _ = fit.prediction_low, fit.prediction_high
    return fit


def _profiles(f: Figures) -> glmm.GlmmFit:
    fit = glmm.fit(f.events, f.total)
    profile_mu(f.events, f.total, fit)
    profile_tau2(f.events, f.total, fit)
    return fit


def _loo(f: Figures) -> InverseFit:
    fit = pool_inverse(f.y, f.v, ~np.eye(f.y.size, dtype=np.bool_), ci_method="wald")
    return _everything(fit)


def _everything(fit: InverseFit) -> InverseFit:
    """Ask for what leave1out prints."""
    _ = fit.estimate, fit.se, fit.statistic, fit.p_value, fit.ci_low, fit.ci_high, fit.q, fit.q_p, fit.tau2, fit.i2
    _ = fit.h2
    return fit


def _influence(f: Figures) -> Numbers:
    i = influence(f.y, f.v)
    return {"cook": i.cook_distance, "dffits": i.dffits, "rstudent": i.rstudent, "tau2": i.leave_one_out.tau2,
            "hat": i.hat}  # fmt: skip


def _batch() -> InverseFit:
    f = figures(BATCH[0] * BATCH[1])
    return pool_inverse(f.y.reshape(BATCH), f.v.reshape(BATCH), ci_method="wald")


def _batch_sample() -> Numbers:
    some = np.linspace(0, BATCH[0] - 1, 100).astype(np.intp)  # the pools that metafor.R fits
    fit = _batch()
    return {"estimate": fit.estimate[some], "se": fit.se[some], "tau2": fit.tau2[some]}


def rows() -> list[Row]:
    """List every row; nothing is computed yet."""
    keep = cache(figures)
    made: list[Row] = []

    def row(name: str, what: str, call: Callable[[], object], rival: str, task: str, target: float | None,
            numbers: Callable[[], Numbers] | None = None, tolerance: float = TIGHT, per: int = 1) -> None:  # fmt: skip
        made.append(Row(name, what, call, rival, task, target, numbers, tolerance, per))

    ten = keep(10)

    def dl() -> Numbers:
        return _pooled(_inverse(ten, "DL"), limits=True)

    row("dl_10", "DL, k = 10: the fit alone", lambda: _read(ten, "DL"), "PyMARE", "dl_10", 1.0, dl)
    row("dl_10_interval", "DL, k = 10: with the interval, the statistic and p", lambda: _read_test(ten), "PyMARE",
        "dlinterval_10", 1.0, dl)  # fmt: skip
    row("dl_10_statsmodels", "DL, k = 10: the fit alone", lambda: _read(ten, "DL"), "statsmodels", "dl_10", None, dl)
    row("dl_10_metafor", "DL, k = 10: with all that synth gives", lambda: _read_all(ten, "DL"), "metafor", "dl_10",
        None, dl)  # fmt: skip
    row("reml_10_pymare", "REML, k = 10: the fit alone", lambda: _read(ten, "REML"), "PyMARE", "reml_10", None,
        lambda: _pooled(_inverse(ten)), 1e-3)  # fmt: skip
    for k, inverse, mixed in ((10, 1 / 20, 1 / 10), (100, None, None), (1000, 1 / 500, 1 / 100)):
        f = keep(k)
        row(f"reml_{k}", f"REML + HKSJ, k = {k:,}", lambda f=f: _read_all(f, "REML"), "metafor", f"reml_{k}", inverse,
            lambda f=f: _pooled(_inverse(f), limits=True))  # fmt: skip
        row(f"glmm_{k}", f"GLMM, k = {k:,}", lambda f=f: glmm.fit(f.events, f.total), "metafor", f"glmm_{k}", mixed,
            lambda f=f: _pooled(glmm.fit(f.events, f.total)), LME4)  # fmt: skip
    row("glmm_profiles_10", "GLMM with both profile intervals, k = 10 (rma.glmm has none)", lambda: _profiles(ten),
        "metafor", "glmm_10", 1 / 2, lambda: _pooled(_profiles(ten)), LME4)  # fmt: skip
    hundred = keep(100)
    row("leave_one_out_100", "leave-one-out, k = 100", lambda: _loo(hundred), "metafor", "leave_one_out_100", 1 / 500,
        lambda: _pooled(_loo(hundred)))  # fmt: skip
    # rstudent and the like are differences of near numbers: metafor's own digits are fewer
    row("influence_100", "influence (with leave-one-out in it), k = 100", lambda: _influence(hundred), "metafor",
        "influence_100", 1 / 500, lambda: _influence(hundred))  # fmt: skip
    row("batch", f"{BATCH[0]:,} REML fits of k = {BATCH[1]}, time of one", _batch, "metafor",
        f"batch_{BATCH[0] * BATCH[1]}", 1 / 200, _batch_sample, TIGHT, BATCH[0])  # fmt: skip
    twelve = keep(12)
    row("subsets_12", "GLMM of all 4,095 subsets of k = 12", lambda: glmm_subsets(twelve.events, twelve.total), "", "",
        2.0)  # fmt: skip
    large = keep(100_000)
    row("reml_100000", "REML, k = 100,000", lambda: _read_all(large, "REML"), "", "", 0.5)
    row("glmm_100000", "GLMM, k = 100,000", lambda: glmm.fit(large.events, large.total), "", "", 10.0)
    return made


def memory() -> dict[str, tuple[float, float]]:
    """Peak of what numpy and Python ask for at k = 50,000 and 100,000, in bytes, by method."""
    found = {}
    for name, call in (
        ("REML", lambda f: _read_all(f, "REML")),
        ("GLMM", lambda f: glmm.fit(f.events, f.total)),
    ):
        peaks = []
        for k in (50_000, 100_000):
            f = figures(k)
            tracemalloc.start()
            call(f)
            peaks.append(float(tracemalloc.get_traced_memory()[1]))
            tracemalloc.stop()
        found[name] = (peaks[0], peaks[1])
    return found


def deviation(ours: Numbers, theirs: Numbers) -> float:
    """Return the largest deviation of what both have.

    Of estimates and limits in standard errors, of all else as a share of the largest value of its kind, as some pass
    through 0.

    Examples
    --------
    >>> one = {"estimate": np.array([1.0]), "se": np.array([0.5])}
    >>> deviation(one, {"estimate": np.array([1.5]), "se": np.array([0.5])})
    1.0
    """
    worst = 0.0
    both = [name for name in theirs if name in ours]
    if not both:
        raise ValueError(f"nothing to compare: {sorted(ours)} here, {sorted(theirs)} there")
    for name in both:
        there = theirs[name]
        here = np.asarray(ours[name], dtype=np.float64)
        if here.shape != there.shape:
            raise ValueError(f"{name}: {here.shape} here, {there.shape} there")
        unit = np.abs(theirs["se"]) if name in ("estimate", "ci_low", "ci_high") else np.abs(there).max() or 1.0
        worst = max(worst, float(np.max(np.abs(here - there) / unit)))
    return worst
