"""Compare inverse-variance pools with the objects of R's meta, leaf by leaf."""

from __future__ import annotations

import fnmatch
import functools
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from synth.meta.bias.trimfill import trim_and_fill
from synth.meta.inverse.fit import InverseFit, pool_inverse
from synth.meta.inverse.heterogeneity import Tau2Interval, i2_interval_from_q, tau2_interval
from synth.meta.measures.effects import measure
from tests.meta.comparison import TOLERANCE, Comparison, floats, leaves
from tests.meta.comparison_meta import meta_inputs
from tests.meta.comparison_sensitivity import number

COLUMNS = {
    "proportion": ("events", "n"),
    "rate1": ("events", "time"),
    "binary2": ("event_t", "n_t", "event_c", "n_c"),
    "rate2": ("event_t", "time_t", "event_c", "time_c"),
    "mean1": ("mean", "sd", "n"),
    "cont2": ("mean_t", "sd_t", "n_t", "mean_c", "sd_c", "n_c"),
    "cor": ("r", "n"),
    "generic": ("yi", "vi"),
}
# meta's interval of the summary, and the kernel's
INTERVALS = {("classic", ""): "wald", ("HK", ""): "hksj", ("HK", "se"): "hksj-adhoc"}
# meta's prediction intervals, with the kernel's interval of the summary and its prediction
PREDICTIONS = {
    "V": ("wald", "t"),
    "HTS": ("wald", "hts"),
    "HK": ("hksj", "t"),
    "HK-PR": ("hksj", "hts"),
    "S": ("wald", "normal"),
}
CLOSED = ("DL", "HE", "HS", "SJ")
ON_TAU2 = (
    "TE.random",
    "seTE.random",
    "lower.random",
    "upper.random",
    "statistic.random",
    "pval.random",
    "df.random",
    "tau2",
    "se.tau2",
    "lower.tau2",
    "upper.tau2",
    "lower.predict",
    "upper.predict",
    "seTE.predict",
    "k",
)
UNIROOT = float(np.finfo(float).eps ** 0.25)
# Leaves of these objects that are no result of this kernel, and why.
NOT_OURS = {
    "*.KR_*": "not offered: Kenward and Roger's interval",
    "*.IVhet*": "not offered: the IVhet model",
    "*.tauci_J_*": "not offered: Jackson's interval for tau2",
    "*.tauci_BJ_*": "not offered: Biggerstaff and Jackson's interval for tau2",
    "*.HK_*_adhoc_ci.*": "not offered: the wider of two intervals",
    "*.HK_*_adhoc_IQWiG6.*": "not offered: a choice between two intervals by rule",
    "*.three_level.*": "not offered: clusters",
    "*.df.kero": "not offered: Kenward and Roger's interval",
    "*.seTE.kero": "not offered: Kenward and Roger's interval",
    "*.lower.Rb": "not offered: Rb",
    "*.upper.Rb": "not offered: Rb",
    "*.Rb": "not offered: Rb",
    "*.H": "the root of H2, which I2 says too",
    "*.lower.H": "as H",
    "*.upper.H": "as H",
    "*.tau": "the root of tau2",
    "*.incr": "an input",
    "*.tight_control": "an input",
    "*.Q.Cochrane": "an input",
    "*.k.study": "an input",
    "*.seTE.hakn.adhoc.ci": "a step on the way",
    "*.seTE.hakn.ci": "a step on the way; the standard error of HK_* is compared",
    "*.seTE.classic": "a step on the way; the standard error of classic_* is compared",
    "*.df.hakn": "a step on the way",
    "*.df.predict*": "shows in the limits, which are compared",
    "*.backtransformed.*": "transformations are compared with the measures",
    "*.warnings*": "text",
    "*.seTE[[]*": "of single studies, compared with the measures",
    "*.TE[[]*": "of single studies, compared with the measures",
    "*.k0": "compared with trim and fill",
    "*_w[[]*": "compared with the subgroups",
    "*.Q.b.*": "compared with the subgroups",
    "*.df.Q.b": "compared with the subgroups",
    "*.pval.Q.b.*": "compared with the subgroups",
    "*.subgroup_levels*": "text",
    "*.subgroup_*_tau_common.*": "one tau2 for all groups: compared with the subgroups",
    "*.k.MH": "of Mantel and Haenszel's pool, compared with it",
    "*.Q.CMH": "of Mantel and Haenszel's pool, compared with it",
}
# Sections in which meta gives studies with empty cells other estimates or variances than metafor and the kernel do
# (docs/methods/differences.md); without such studies they are compared.
OTHER_INPUTS = frozenset(
    {"PLN_Inverse", "PRAW_Inverse", "RD_Inverse", "RD_MH", "RD_MH_exact", "RD_MH_DL_QCochraneFALSE", "RD_allstudies"}
    | {f"{m}_Inverse_incr_{policy}" for m in ("RR", "RD", "OR") for policy in ("if0all", "all")}
    | {"RR_Inverse", "RR_MH", "RR_MH_exact", "RR_MH_DL_QCochraneFALSE", "RR_MH_RRCochrane", "RR_allstudies"}
    | {"ROM", "MD_pooledvar", "IRD", "IRR", "IRR_MH", "IRR_Cochran"}
)
# Of objects whose common effect is by Mantel and Haenszel, Peto or Cochran: compared with those methods.
ELSEWHERE = ("*.common", "*.Q", "*.df.Q", "*.pval.Q", "*.I2", "*.lower.I2", "*.upper.I2")


def objects(reference: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Section, path and content of each object whose random effects are by inverse variance."""
    for section, block in (reference.get("meta") or {}).items():
        if not isinstance(block, dict) or section.startswith("metabias"):
            continue
        for inner, it in {"": block}.items() if "sm" in block else block.items():
            if isinstance(it, dict) and it.get("method.random") == "Inverse":
                yield section, f"meta.{section}" + (f".{inner}" if inner else ""), it


def estimates(section: str, inner: str, it: dict[str, Any], reference: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """What an object pools."""
    block, kind = reference["meta"][section], reference["kind"]
    if "TE" in block:
        return floats(block["TE"]), floats(block["seTE"]) ** 2
    policy = it.get("method.incr") or "only0"
    if it["sm"] == "RR" and policy == "only0":
        _, y, v = meta_inputs("x_RR", reference)
        if section != "RR_allstudies":
            return y, v
    name = {"ASD": "AS", "MRAW": "MN", "MLN": "MNLN"}.get(it["sm"], it["sm"])
    columns = [floats(reference["data"][column]) for column in COLUMNS[kind]]
    if kind == "generic":
        return columns[0], columns[1]
    keep = "keep" if section.endswith("allstudies") else None
    sizes = columns[1::2] if kind in ("binary2", "rate2") else columns[1:2]
    there = np.all([size > 0 for size in sizes], axis=0)  # one set has a study without patients
    found = measure(name).estimates(
        *(c[there] for c in columns), zero_cells=policy, **({} if keep is None else {"double_zero": keep})
    )
    y, v = np.full(there.size, np.nan), np.full(there.size, np.nan)
    y[there], v[there] = found.y, found.v
    return y, v


@functools.cache
def compare_objects(path: Path, excuses: tuple[str, ...] = ()) -> Comparison:
    """Compare every inverse-variance object of one file."""
    reference = json.loads(path.read_text(encoding="utf-8"))
    result = Comparison(path.stem)
    for section, place, it in objects(reference):
        named = next(
            (
                p
                for p in NOT_OURS
                if fnmatch.fnmatchcase(f"{place}.", f"{p}*") and p.startswith("*.") and p.count("*") > 1
            ),
            None,
        )
        if named is None and "error" not in it:
            y, v = estimates(section, place, it, reference)
            use = np.isfinite(y) & np.isfinite(v) & (v > 0)
            if it.get("Q.Cochrane") and it["method.tau"] == "DL":
                result.deviations.append(("Q.Cochrane", place))  # DL from Mantel and Haenszel's Q
                continue
            if section.startswith("trimfill"):
                y, v = filled(y, v, use)
                use = np.ones(len(y), dtype=bool)
            if section in OTHER_INPUTS and not _same_common(it, y, v, use, reference):
                result.deviations.append((section, place))
                continue
            _Walk(result, place, it, excuses, float(np.median(v[use])) if use.any() else 1.0).all(y, v, use)
        result.missed += [
            leaf
            for leaf, value in ((p, at(it, p[len(place) + 1 :])) for p in leaves(it, place))
            if leaf not in result.done
            and value is not None
            and not (isinstance(value, str) and value not in ("Infinity", "-Infinity"))
            and not any(
                fnmatch.fnmatchcase(leaf, pattern)
                for pattern in (*NOT_OURS, *(ELSEWHERE if it["method"] != "Inverse" else ()))
            )
        ]
    return result


def filled(y: np.ndarray, v: np.ndarray, use: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The studies and the mirror images that trim and fill adds, as meta's trimfill does by default."""
    ours = trim_and_fill(y, v, use, tau2_method="DL", trim_effects="common")
    return np.append(y[use], ours.filled_y), np.append(v[use], ours.filled_v)


def _same_common(it: dict[str, Any], y: np.ndarray, v: np.ndarray, use: np.ndarray, reference: dict[str, Any]) -> bool:
    """Whether the common effect, its own or its section's by inverse variance, says that these are what meta pooled."""
    if it["method"] != "Inverse":
        beside = reference["meta"].get(f"{it['sm']}_Inverse") or reference["meta"].get(it["sm"]) or {}
        if "classic_REML" not in beside:
            return False
        it = beside["classic_REML"]
    fit, se = pool_inverse(y, v, use, effects="common", ci_method="wald"), number(it["seTE.common"])
    return bool(abs(fit.estimate - number(it["TE.common"])) <= 1e-9 * se and abs(fit.se - se) <= 1e-9 * se)


def at(node: Any, path: str) -> Any:
    """The value at a path of :func:`~tests.meta.comparison.leaves`; keys may hold dots."""
    if not path:
        return node
    if isinstance(node, dict):
        for key in sorted(node, key=len, reverse=True):
            if path == key or path.startswith((f"{key}.", f"{key}[")):
                return at(node[key], path[len(key) :].removeprefix("."))
    if isinstance(node, list):
        index, _, rest = path[1:].partition("]")
        return at(node[int(index)], rest.removeprefix("."))
    raise KeyError(path)


class _Walk:
    """One object."""

    def __init__(
        self, result: Comparison, place: str, it: dict[str, Any], excuses: tuple[str, ...], typical: float
    ) -> None:
        self.result, self.place, self.it, self.excuses, self.typical = result, place, it, excuses, typical

    def check(self, leaf: str, ours: Any, scale: float, tolerance: float = TOLERANCE, theirs: Any = ...) -> None:
        """Hold one leaf to its tolerance."""
        if theirs is ...:
            if leaf not in self.it:
                return
            theirs = self.it[leaf]
        if theirs is None:
            return
        allowed = tolerance * scale if math.isfinite(scale) else 0.0
        self.result.check(f"{self.place}.{leaf}", number(ours), number(theirs), allowed, self.excuses)

    def all(self, y: np.ndarray, v: np.ndarray, use: np.ndarray) -> None:
        """Compare everything."""
        method = self.it["method.tau"]
        if method not in CLOSED and not self.it.get("tight_control"):
            # meta's default thresholds are absolute: what hangs on tau2 is compared where they were tight
            self.result.done.update(f"{self.place}.{leaf}" for leaf in leaves(self.it, "") if leaf.startswith(ON_TAU2))
            if self.it["method"] == "Inverse":
                self.summary("common", pool_inverse(y, v, use, effects="common", ci_method="wald"))
                self.heterogeneity(pool_inverse(y, v, use, tau2_method="DL"))
            return
        ci = INTERVALS[self.it["method.random.ci"], self.it.get("adhoc.hakn.ci") or ""]
        if self.it["method"] == "Inverse":
            self.summary("common", pool_inverse(y, v, use, effects="common", ci_method="wald"))
        fit = pool_inverse(y, v, use, tau2_method=method, ci_method=ci)
        self.summary("random", fit)
        self.check("df.random", fit.df, 1.0)
        self.check("k", fit.k, 0.0)
        if self.it["method"] == "Inverse":
            self.heterogeneity(fit)
        tau2 = number(self.it["tau2"])
        self.check("tau2", fit.tau2, tau2 + self.typical)
        self.check("se.tau2", fit.se_tau2, number(self.it["se.tau2"]))
        if self.it["method.tau.ci"] == "QP":
            self.interval(tau2_interval(y, v, use))
        else:  # Jackson's, which is not offered
            self.result.done.update(f"{self.place}.{leaf}" for leaf in ("lower.tau2", "upper.tau2"))
        self.predictions(y, v, use, method)

    def summary(self, effects: str, fit: InverseFit) -> None:
        """Estimate, standard error, interval and test."""
        se = number(self.it[f"seTE.{effects}"])
        self.check(f"TE.{effects}", fit.estimate, se)
        self.check(f"seTE.{effects}", fit.se, se)
        self.check(f"lower.{effects}", fit.ci_low, 2 * se)
        self.check(f"upper.{effects}", fit.ci_high, 2 * se)
        statistic = number(self.it.get(f"statistic.{effects}"))
        self.check(f"statistic.{effects}", fit.statistic, 1 + abs(statistic))
        p = number(self.it.get(f"pval.{effects}"))
        # a p value's relative error is that of the statistic times its square
        self.check(f"pval.{effects}", fit.p_value, p * (1 + statistic**2) + 1e-12)

    def heterogeneity(self, fit: InverseFit) -> None:
        """Q, and I2 from it with its interval."""
        q = number(self.it["Q"])
        self.check("Q", fit.q, q + 1e-9)
        self.check("df.Q", fit.q_df, 0.0)
        self.check("pval.Q", fit.q_p, number(self.it["pval.Q"]) * (1 + q) + 1e-12)
        if self.it.get("I2") is not None and "I2_from_tau2" not in self.place:
            low, high = i2_interval_from_q(fit.q, fit.q_df)
            self.check("I2", fit.i2_q, 1.0)
            self.check("lower.I2", low, 1.0)
            self.check("upper.I2", high, 1.0)
        else:
            self.check("I2", fit.i2, 1.0)

    def interval(self, found: Tau2Interval) -> None:
        """The Q-profile interval of tau2."""
        for leaf, ours in (("lower.tau2", found.low), ("upper.tau2", found.high)):
            # meta solves by uniroot with its absolute tolerance of eps^(1/4); metafor's own bounds are held to 1e-9
            self.check(leaf, ours, 1.0, UNIROOT)
            if "I2_from_tau2" in self.place:
                bound = found.i2_low if leaf.startswith("lower") else found.i2_high
                self.check(leaf.replace("tau2", "I2"), bound, 1.0 / self.typical, UNIROOT)

    def predictions(self, y: np.ndarray, v: np.ndarray, use: np.ndarray, method: str) -> None:
        """Each prediction interval that is offered."""
        names, lows = self.it["method.predict"], self.it["lower.predict"]
        several = isinstance(names, list)
        if not several:
            names = [names]
        if several and not isinstance(lows, list):
            return
        for i, name in enumerate(names):
            index = f"[{i}]" if several else ""
            if name in PREDICTIONS and (not several or len(names) == len(lows)):
                ci, prediction = PREDICTIONS[name]
                if name == "HK" and self.it.get("adhoc.hakn.ci") == "se":
                    ci = "hksj-adhoc"
                fit = pool_inverse(y, v, use, tau2_method=method, ci_method=ci, prediction=prediction)
                for leaf, ours in (("lower.predict", fit.prediction_low), ("upper.predict", fit.prediction_high)):
                    there = self.it[leaf][i] if several else self.it[leaf]
                    se = self.it["seTE.predict"][i] if several else self.it["seTE.predict"]
                    self.check(f"{leaf}{index}", ours, 5 * number(se), theirs=there)
                se = number(self.it["seTE.predict"][i] if several else self.it["seTE.predict"])
                self.check(f"seTE.predict{index}", np.sqrt(fit.tau2 + fit.se**2), se, theirs=se)
            else:
                self.result.done.update(
                    f"{self.place}.{leaf}{index}" for leaf in ("lower.predict", "upper.predict", "seTE.predict")
                )
