"""Compare what the kernel gives with a reference file, leaf by leaf, and say which leaves nothing was compared with."""

from __future__ import annotations

import fnmatch
import functools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from synth.errors import UnknownName
from synth.meta.inverse.fit import InverseFit, pool_inverse
from synth.meta.inverse.heterogeneity import tau2_interval
from synth.meta.measures.effects import MEASURES, Measure, harmonic_size, measure, variance_size
from synth.meta.measures.study_intervals import study_interval

# Both sides are iterated to the last digits; what is left is rounding in sums of up to 1000 terms, amplified by the
# flatness of some likelihoods. Estimates and bounds are held to this multiple of a standard error, tau2 to this
# multiple of itself and the median variance together, ratios and log-likelihoods to this multiple of themselves.
# The most that is used of it is a third, where one weight is 10^7 times the others: there exact arithmetic
# (test_inverse.py) shows that the reference is what is off.
TOLERANCE = 1e-9

# metafor's name of a test, the kernel's ci_method and the prediction interval that goes with it
TESTS = {"z": ("wald", "normal"), "knha": ("hksj", "t"), "adhoc": ("hksj-adhoc", "t"), "t": ("t", "t")}
STUDY_INTERVALS = {
    "CP": "clopper-pearson",
    "WS": "wilson",
    "WSCC": "wilson-corrected",
    "AC": "agresti-coull",
    "SA": "wald",
    "Jeffreys": "jeffreys",
    "MidP": "mid-p",
}
# Leaves that are not results of this kernel, and why.
NOT_OURS = {
    "*.threshold": "the reference's own convergence threshold",
    "*.tau2_metafor_default_control": "kept to show what a loose absolute threshold does",
    "*.ci_qp.tau2_max": "the reference's search limit",
    "*.AIC_ml": "arithmetic on logLik_ml, which is compared",
    "*.BIC_ml": "arithmetic on logLik_ml, which is compared",
    "*.AICc_ml": "arithmetic on logLik_ml, which is compared",
    "*.warnings*": "text",
    "*.note": "text",
    "*.order": "text",
    "*.pi_ddf": "the degrees of freedom show in pi_lb and pi_ub, which are compared",
    "*.tests.z.hk_s2w": "the constant 1",
    "*.tests.t.hk_s2w": "the constant 1",
    "fits.DLIT.*": "iterated DL has the Paule-Mandel root, which is compared",
    "study_ci.SACC.*": "not offered: Wald with correction",
    "study_ci.NAsm.*": "not offered: unclipped Wald",
}


@dataclass
class Comparison:
    """What was compared in one file."""

    name: str
    done: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    deviations: list[tuple[str, str]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    worst: dict[str, tuple[float, str]] = field(default_factory=dict)

    def check(self, path: str, ours: Any, theirs: Any, allowed: float, excused: tuple[str, ...]) -> None:
        """Hold one number to its tolerance; None and nan go together."""
        self.done.add(path)
        a, b = float(ours), float("nan") if theirs is None else float(theirs)
        if (math.isnan(a) and math.isnan(b)) or a == b:
            share = 0.0
        else:
            share = abs(a - b) / allowed if allowed > 0 and math.isfinite(a) and math.isfinite(b) else math.inf
        key = f"{self.name}:{path}"
        if share <= 1.0:
            leaf = path.rsplit(".", 1)[-1].split("[")[0]
            if share > self.worst.get(leaf, (-1.0, ""))[0]:
                self.worst[leaf] = (share, key)
        elif matching := [pattern for pattern in excused if fnmatch.fnmatchcase(key, pattern)]:
            self.deviations.append((matching[0], f"{key}: {a!r} here, {b!r} there"))
        else:
            self.wrong.append(f"{key}: {a!r} here, {b!r} there, {share:.3g} times the tolerance")


def leaves(node: Any, path: str) -> Iterator[str]:
    """Paths of all the values under `node`."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from leaves(value, f"{path}[{i}]")
    else:
        yield path


def floats(values: list[Any]) -> np.ndarray:
    """Numbers with nan for null."""
    return np.array([np.nan if x is None else x for x in values], dtype=np.float64)


def known_measure(name: str) -> Measure | None:
    """The measure that a reference calls `name`, where it is offered."""
    try:
        return measure(name)
    except UnknownName:
        return None


@functools.cache
def compare(path: Path, excuses: tuple[str, ...] = ()) -> Comparison:
    """Compare everything in one reference file; `excuses` are patterns of what may deviate."""
    reference = json.loads(path.read_text(encoding="utf-8"))
    result = Comparison(path.stem)
    if reference["kind"] == "proportion":
        _compare_studies(result, reference, excuses)
    for name, block in reference["measures"].items():
        if "fits" in block:
            _compare_measure(result, name, block, reference, excuses)
    return result


def _ignored(path: str, more: tuple[str, ...] = ()) -> bool:
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in (*NOT_OURS, *more))


def _compare_studies(result: Comparison, reference: dict[str, Any], excuses: tuple[str, ...]) -> None:
    x, n = floats(reference["data"]["events"]), floats(reference["data"]["n"])
    for theirs, ours in STUDY_INTERVALS.items():
        block = reference["study_ci"][theirs]
        for side, limits in zip(("lower", "upper"), study_interval(x, n, method=ours), strict=True):
            for i, limit in enumerate(limits):
                there, certain = block[side][i], (0.0, x[i] == 0) if side == "lower" else (1.0, x[i] == n[i])
                if theirs == "WSCC" and certain[1]:
                    # the reference forgets that these limits are certain (known_deviations.json)
                    there = certain[0]
                # an absolute 1e-12: betaincinv is good for 1e-13 at totals in the millions
                result.check(f"study_ci.{theirs}.{side}[{i}]", limit, there, 1e-12, excuses)
    result.missed += [p for p in leaves(reference["study_ci"], "study_ci") if p not in result.done and not _ignored(p)]
    for name, block in reference["measures"].items():
        y, v = MEASURES[measure(name).name].to_analysis(x, n)
        for i in range(len(x)):
            # closed forms: a few roundings, and in the arcsine of large counts the slope of the square root
            result.check(f"measures.{name}.yi[{i}]", y[i], block["yi"][i], 1e-12 * block["vi"][i] ** 0.5, excuses)
            result.check(f"measures.{name}.vi[{i}]", v[i], block["vi"][i], 1e-12 * block["vi"][i], excuses)


def _compare_measure(
    result: Comparison, name: str, block: dict[str, Any], reference: dict[str, Any], excuses: tuple[str, ...]
) -> None:
    y, v = floats(block["yi"]), floats(block["vi"])
    # what the reference left out: no estimate, or a variance of 0, which has no inverse
    use = np.isfinite(y) & np.isfinite(v) & (v > 0)
    assert block.get("k_used") in (None, use.sum())
    context = _Context(result, f"measures.{name}", y, v, use, excuses, known_measure(name), reference)
    for method, fit in block["fits"].items():
        if method != "DLIT":
            context.fit(method, fit)
    sensitivity = block.get("sensitivity", {})
    if sensitivity.get("leave1out"):
        context.subsets(sensitivity["leave1out"], "leave1out", ~np.eye(len(y), dtype=bool) & use)
    if sensitivity.get("cumul"):
        context.subsets(sensitivity["cumul"], "cumul", np.tril(np.ones((len(y), len(y)), dtype=bool)) & use)
    for method, inverse in block.get("bt_inverse_variance", {}).items():
        context.inverse_variance(method, inverse, block["fits"][method])
    more = () if context.measure else ("*.bt.*",)
    for part in ("fits", "bt_inverse_variance"):
        paths = leaves(block.get(part, {}), part)
        result.missed += [p for p in paths if f"{context.path}.{p}" not in result.done and not _ignored(p, more)]
    for part in ("leave1out", "cumul"):
        paths = leaves(sensitivity.get(part) or {}, f"sensitivity.{part}")
        result.missed += [p for p in paths if f"{context.path}.{p}" not in result.done and not _ignored(p)]


@dataclass
class _Context:
    result: Comparison
    path: str
    y: np.ndarray
    v: np.ndarray
    use: np.ndarray
    excuses: tuple[str, ...]
    measure: Measure | None
    reference: dict[str, Any]

    @property
    def size_column(self) -> str:
        """Where the study sizes are."""
        return "n" if self.reference["kind"] == "proportion" else "time"

    def check(self, path: str, ours: Any, theirs: Any, allowed: float) -> None:
        self.result.check(f"{self.path}.{path}", ours, theirs, allowed, self.excuses)

    @property
    def unit(self) -> float:
        return float(np.median(self.v[self.use]))

    def pool(self, method: str, ci: str, prediction: str = "t", include: np.ndarray | None = None) -> InverseFit:
        options = {"effects": "common"} if method == "EE" else {"tau2_method": method}
        return pool_inverse(
            self.y, self.v, self.use if include is None else include, ci_method=ci, prediction=prediction, **options
        )

    def fit(self, method: str, theirs: dict[str, Any]) -> None:
        """Every leaf of one model."""
        path, fit = f"fits.{method}", self.pool(method, "wald", "normal")
        tau2 = self.unit * TOLERANCE + TOLERANCE * abs(theirs["tau2"])
        self.check(f"{path}.tau2", fit.tau2, theirs["tau2"], tau2)
        se = theirs["se_tau2"]
        self.check(f"{path}.se_tau2", fit.se_tau2, se, TOLERANCE * (se or 0.0))
        self.check(f"{path}.I2", 100 * fit.i2, theirs["I2"], 100 * TOLERANCE)
        self.check(f"{path}.H2", fit.h2, theirs["H2"], TOLERANCE * theirs["H2"])
        # 1e-20: the square of the rounding of equal estimates
        self.check(f"{path}.Q", fit.q, theirs["Q"], TOLERANCE * theirs["Q"] + 1e-20)
        self.check(f"{path}.Q_df", fit.q_df, theirs["Q_df"], 0.0)
        self.check(f"{path}.Q_p", fit.q_p, theirs["Q_p"], TOLERANCE * theirs["Q_p"] * (1 + theirs["Q"]))
        for leaf, ours in (("logLik_ml", fit.log_likelihood_ml), ("logLik_reml", fit.log_likelihood_reml)):
            self.check(f"{path}.{leaf}", ours, theirs[leaf], TOLERANCE * (1 + abs(theirs[leaf])))
        for leaf, profile in (("ci_qp", "q-profile"), ("ci_pl", "profile")):
            if leaf in theirs:
                self.interval(f"{path}.{leaf}", profile, method, theirs[leaf])
        if "weights_pct" in theirs:
            for i, weight in enumerate(fit.weights[self.use]):
                self.check(f"{path}.weights_pct[{i}]", 100 * weight, theirs["weights_pct"][i], 100 * TOLERANCE)
        for name, test in theirs["tests"].items():
            self.test(f"{path}.tests.{name}", method, name, test, theirs["tests"]["z"]["se"])

    def interval(self, path: str, profile: str, method: str, theirs: dict[str, Any]) -> None:
        """The interval for tau2."""
        options = {"tau2_method": method} if profile == "profile" else {}
        ci = tau2_interval(self.y, self.v, self.use, method=profile, **options)
        for side, bound in (("lb", ci.low), ("ub", ci.high)):
            there = theirs[f"tau2_{side}"]
            self.check(f"{path}.tau2_{side}", bound, there, TOLERANCE * (self.unit + there))
        if profile == "q-profile":
            self.check(f"{path}.null", ci.empty, theirs["null"], 0.0)
            for side, i2, h2 in (("lb", ci.i2_low, ci.h2_low), ("ub", ci.i2_high, ci.h2_high)):
                self.check(f"{path}.I2_{side}", 100 * i2, theirs[f"I2_{side}"], 100 * TOLERANCE)
                self.check(f"{path}.H2_{side}", h2, theirs[f"H2_{side}"], TOLERANCE * theirs[f"H2_{side}"])

    def test(self, path: str, method: str, name: str, theirs: dict[str, Any], unit: float) -> None:
        """One interval for the estimate; `unit` is the Wald standard error."""
        ci, prediction = TESTS[name]
        fit = self.pool(method, ci, prediction)
        near = TOLERANCE * unit
        self.check(f"{path}.estimate", fit.estimate, theirs["estimate"], near)
        self.check(f"{path}.se", fit.se, theirs["se"], near)
        df = float(fit.df)
        self.check(f"{path}.ddf", np.nan if df == np.inf else df, theirs["ddf"], 0.0)
        # quantiles reach 12.7 at one degree of freedom: bounds are held to that many times the estimate's tolerance
        far = near * max(1.0, (theirs["ci_ub"] - theirs["ci_lb"]) / (2 * unit))
        self.check(f"{path}.ci_lb", fit.ci_low, theirs["ci_lb"], far)
        self.check(f"{path}.ci_ub", fit.ci_high, theirs["ci_ub"], far)
        stat, se = theirs["stat"], theirs["se"]
        blur = near / se * (1 + abs(float(stat))) if stat is not None and se > 0 else 0.0
        self.check(f"{path}.stat", fit.statistic, stat, blur)
        p = theirs["pval"]
        self.check(f"{path}.pval", fit.p_value, p, blur * (1 + abs(float(stat or 0))) * (p or 0.0) + 1e-15)
        if name in ("knha", "adhoc"):
            ours = float(fit.hksj_scale) if name == "knha" else max(1.0, float(fit.hksj_scale))
            self.check(f"{path}.hk_s2w", ours, theirs["hk_s2w"], TOLERANCE * (1 + theirs["hk_s2w"]))
        low_high = {"ci_lb": fit.ci_low, "ci_ub": fit.ci_high, "estimate": fit.estimate}
        if "pi_lb" in theirs:
            riley = self.pool(method, ci, "hts")
            wide = TOLERANCE * max(unit, theirs["pi_ub"] - theirs["pi_lb"])
            self.check(f"{path}.pi_lb", fit.prediction_low, theirs["pi_lb"], wide)
            self.check(f"{path}.pi_ub", fit.prediction_high, theirs["pi_ub"], wide)
            wide = TOLERANCE * max(unit, theirs["pi_riley_ub"] - theirs["pi_riley_lb"])
            self.check(f"{path}.pi_riley_lb", riley.prediction_low, theirs["pi_riley_lb"], wide)
            self.check(f"{path}.pi_riley_ub", riley.prediction_high, theirs["pi_riley_ub"], wide)
            low_high |= {"pi_lb": fit.prediction_low, "pi_ub": fit.prediction_high}
        if self.measure is not None and "bt" in theirs:
            size = harmonic_size(self.reference["data"][self.size_column]) if self.measure.sized else None
            for leaf, value in low_high.items():
                back = self.measure.to_reporting(value, size)
                there = float(np.clip(theirs["bt"][leaf], *self.measure.bounds))
                # a proportion's own scale is 1, and each way back is at most as steep as that or its value; of a
                # logarithm it is exactly its value, times what the logarithm is off by
                steep = abs(there) * max(1.0, unit, theirs["ci_ub"] - theirs["ci_lb"])
                self.check(f"{path}.bt.{leaf}", back, there, TOLERANCE * max(1.0, steep))

    def inverse_variance(self, method: str, theirs: dict[str, Any], fit: dict[str, Any]) -> None:
        """The way back from the double arcsine at the size that the pooled variance stands for."""
        assert self.measure is not None
        ours = self.pool(method, "wald")
        size = variance_size(ours.se**2)
        path = f"bt_inverse_variance.{method}"
        self.check(f"{path}.n_equiv", size, theirs["n_equiv"], TOLERANCE * theirs["n_equiv"])
        for i, value in enumerate((ours.estimate, ours.ci_low, ours.ci_high)):
            back = self.measure.to_reporting(value, size)
            self.check(f"{path}.bt[{i}]", back, theirs["bt"][i], TOLERANCE)

    def subsets(self, theirs: dict[str, Any], name: str, masks: np.ndarray) -> None:
        """Leave-one-out or cumulative: all rows of the mask in one call."""
        masks = masks[self.use]
        for label, block in theirs.items():
            method, test = label.split("_")
            wald = theirs[f"{method}_z"]["se"]
            fit = self.pool(method, TESTS[test][0], include=masks)
            for i in range(len(masks)):
                path = f"sensitivity.{name}.{label}"
                near = TOLERANCE * max(wald[i] or 0.0, (block["ci_ub"][i] or 0.0) - (block["ci_lb"][i] or 0.0))
                unit = self.unit * TOLERANCE + TOLERANCE * (block.get("tau2", [0] * len(masks))[i] or 0.0)
                for leaf, ours, allowed in (
                    ("estimate", fit.estimate, near),
                    ("se", fit.se, near),
                    ("ci_lb", fit.ci_low, near),
                    ("ci_ub", fit.ci_high, near),
                    ("tau2", fit.tau2 if method != "EE" else np.full(len(masks), np.nan), unit),
                    ("I2", 100 * fit.i2, 100 * TOLERANCE),
                    ("Q", fit.q, TOLERANCE * (1e-9 + float(fit.q[i]))),
                    ("Qp", fit.q_p, TOLERANCE * (1 + float(fit.q[i])) * float(fit.q_p[i]) + 1e-300),
                ):
                    if leaf in block:
                        self.check(f"{path}.{leaf}[{i}]", ours[i], block[leaf][i], allowed)
