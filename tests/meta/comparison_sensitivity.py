"""Compare subgroups, regression, influence and small-study tests with a reference file, leaf by leaf."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from synth.meta.bias.asymmetry import AsymmetryTest, begg_test, regression_test
from synth.meta.bias.doi import doi_plot
from synth.meta.bias.trimfill import trim_and_fill
from synth.meta.inverse.fit import pool_inverse
from synth.meta.sensitivity.influence import influence
from synth.meta.sensitivity.permutation import permutation_test
from synth.meta.sensitivity.regression import regress
from synth.meta.sensitivity.rows import log_likelihoods, make_rows
from synth.meta.sensitivity.shrinkage import shrunken
from synth.meta.sensitivity.subgroups import Subgroups, subgroups
from tests.meta.comparison import TOLERANCE, Comparison, floats, leaves

PREDICTORS = {
    "sei": "se", "vi": "variance", "ni": "n", "ninv": "1/n", "sqrtni": "sqrt(n)", "sqrtninv": "1/sqrt(n)",
}  # fmt: skip
# meta's own fits stop at metafor's default threshold, an absolute 1e-5 in tau2: what rests on them is held to this
# multiple of a standard error (worst on the arcsine scale, where tau2 itself is of that size)
LOOSE = 1e-2
# Parts of `measures.*` that this comparison is for, and leaves of them that it is not for, and why.
NOT_OURS = (
    "sensitivity.leave1out",  # compared in comparison.py
    "sensitivity.cumul",  # compared in comparison.py
    "sensitivity.henmi_copas",  # not offered
    "sensitivity.robust_CR",  # not offered
    "sensitivity.skipped",  # text
    "small_study_extra.limitmeta",  # not offered
)
TEXT = ("error", "warnings", "note", "coef_names", "exact", "tau2_DL")


def sizes(data: dict[str, Any]) -> np.ndarray | None:
    """Sample sizes, or person-times, as escalc attaches them."""
    for one, two in (("n", ""), ("n_t", "n_c"), ("time", ""), ("time_t", "time_c"), ("ni", "")):
        if one in data:
            return floats(data[one]) + (floats(data[two]) if two else 0.0)
    return None


def number(value: Any) -> float:
    """A float, nan for None."""
    return math.nan if value is None else float(value)


@functools.cache
def compare_sensitivity(path: Path, excuses: tuple[str, ...] = ()) -> Comparison:
    """Compare everything that this file holds of it; `excuses` are patterns of what may deviate."""
    reference = json.loads(path.read_text(encoding="utf-8"))
    result = Comparison(path.stem)
    for name, block in reference["measures"].items():
        if "yi" in block:
            _Measure(result, name, block, reference, excuses).all()
    return result


class _Measure:
    def __init__(
        self, result: Comparison, name: str, block: dict[str, Any], reference: dict[str, Any], excuses: tuple[str, ...]
    ) -> None:
        self.result, self.block, self.data, self.excuses = result, block, reference["data"], excuses
        self.path = f"measures.{name}"
        self.y, self.v = floats(block["yi"]), floats(block["vi"])
        self.use = np.isfinite(self.y) & np.isfinite(self.v) & (self.v > 0)
        self.unit = float(np.median(self.v[self.use])) if self.use.any() else 1.0
        self.size = sizes(self.data)

    def check(self, path: str, ours: Any, theirs: Any, scale: float, tolerance: float = TOLERANCE) -> None:
        allowed = tolerance * abs(scale) if math.isfinite(scale) else 0.0
        self.result.check(f"{self.path}.{path}", number(ours), theirs, allowed, self.excuses)

    def done(self, paths: Iterable[str]) -> None:
        """Mark leaves as looked at that have no number."""
        self.result.done.update(f"{self.path}.{p}" for p in paths)

    def all(self) -> None:
        bias, sensitivity = self.block.get("bias", {}), self.block.get("sensitivity", {})
        for part, options in (
            ("egger_lm", {}),
            ("regtest_rma_REML", {"model": "random"}),
            ("regtest_rma_DL", {"model": "random", "tau2_method": "DL"}),
        ):
            for predictor, theirs in bias.get(part, {}).items():
                if "error" not in theirs:
                    ours = regression_test(
                        self.y, self.v, self.use, by=PREDICTORS[predictor], size=self.size, **options
                    )
                    self.line(f"bias.{part}.{predictor}", ours, theirs)
        for part, exact in (("begg", False), ("begg_default", True)):
            if "tau_kendall" in bias.get(part, {}):
                ours = begg_test(self.y, self.v, self.use, exact=exact)
                self.check(f"bias.{part}.tau_kendall", ours.tau, bias[part]["tau_kendall"], 1.0)
                self.check(f"bias.{part}.pval", ours.p_value, bias[part]["pval"], 1.0, 1e-12)
        for key, theirs in bias.get("trimfill", {}).items():
            if "error" not in theirs:
                self.trim(key, theirs)
        lfk = self.block.get("small_study_extra", {}).get("lfk_index")
        if lfk is not None and not isinstance(lfk, dict):
            self.check("small_study_extra.lfk_index", doi_plot(self.y, self.v, self.use).lfk, lfk, 1 + abs(lfk))
        self.influence(sensitivity)
        regression = self.block.get("regression", {})
        for part in ("metareg_moderator", "metareg_group"):
            for key, theirs in regression.get(part, {}).items():
                if "beta" in theirs:
                    self.regression(f"regression.{part}.{key}", part, *key.split("_"), theirs)
        self.subgroups(regression)
        for part in ("bias", "sensitivity", "regression", "small_study_extra"):
            for p in leaves(self.block.get(part) or {}, part):
                last = p.rsplit(".", 1)[-1].split("[")[0]
                known = p.startswith(NOT_OURS) or last in TEXT or ".bt" in p
                if not known and f"{self.path}.{p}" not in self.result.done:
                    self.result.missed.append(f"{self.path}.{p}")

    def line(self, path: str, ours: AsymmetryTest, theirs: dict[str, Any]) -> None:
        """A regression test."""
        stat, se = number(theirs["stat"]), number(theirs["slope_se"])
        wald = 1.0 / math.sqrt((1.0 / self.v[self.use]).sum())
        wide = max(abs(number(theirs["est_limit_ub"]) - number(theirs["est_limit_lb"])) / 4.0, wald)
        unit = wide if math.isfinite(wide) else 10.0 * wald
        for leaf, value, scale in (
            ("stat", ours.statistic, 1 + abs(stat)),
            ("ddf", ours.df, 1e-3),
            ("pval", ours.p_value, (1 + stat * stat) * number(theirs["pval"]) + 1e-6),
            ("est_limit", ours.limit, unit),
            ("est_limit_lb", ours.limit_low, 10 * unit),
            ("est_limit_ub", ours.limit_high, 10 * unit),
            ("intercept", ours.intercept, unit),
            ("slope", ours.slope, se),
            ("slope_se", ours.slope_se, se),
        ):
            self.check(f"{path}.{leaf}", value, theirs[leaf], scale)

    def trim(self, key: str, theirs: dict[str, Any]) -> None:
        """Trim and fill: the reference refits with its default threshold, so that a refit by likelihood is looser."""
        method, estimator = key.split("_")
        options = {"effects": "common"} if method == "EE" else {"tau2_method": method}
        ours = trim_and_fill(self.y, self.v, self.use, estimator=estimator, **options)
        path, filled = f"bias.trimfill.{key}", sorted(floats(theirs["filled_yi"]))
        self.check(f"{path}.k0", ours.missing, theirs["k0"], 1.0)
        self.check(f"{path}.side", ours.side == "right", theirs["side"] == "right", 0.0)
        if ours.fit is None:
            self.done(p for p in leaves(theirs, path))
            return
        self.check(f"{path}.se_k0", ours.missing_se, theirs["se_k0"], 1.0)
        self.check(f"{path}.p_k0", ours.missing_p, theirs["p_k0"], 1.0)
        close = TOLERANCE
        if method == "REML":
            # on the reference's own filled data our likelihood is not below its
            y, v = np.concatenate([self.y[self.use], ours.filled_y]), np.concatenate([self.v[self.use], ours.filled_v])
            rows = make_rows(y, v)
            mine, its = (log_likelihoods(rows, np.array([float(t)]))[1][0] for t in (ours.fit.tau2, theirs["tau2"]))
            assert mine >= its - 1e-9 * (1 + abs(its)), f"{self.result.name} {self.path} {path}"
            close = math.inf
        se, q = theirs["se"], theirs["Q"]
        for leaf, value, scale in (
            ("estimate", ours.fit.estimate, se),
            ("se", ours.fit.se, se),
            ("ci_lb", ours.fit.ci_low, 2 * se),
            ("ci_ub", ours.fit.ci_high, 2 * se),
            ("tau2", ours.fit.tau2, self.unit + theirs["tau2"]),
            ("I2", 100 * ours.fit.i2, 100.0),
        ):
            self.check(f"{path}.{leaf}", value, theirs[leaf], scale, LOOSE * 50 if close == math.inf else close)
        loose = TOLERANCE if method != "REML" else 0.1
        self.check(f"{path}.Q", ours.fit.q, q, q + 1e-9, loose)
        if ours.missing != theirs["k0"]:
            self.done(f"{path}.filled_yi[{i}]" for i in range(len(filled)))
        for i, (a, b) in enumerate(zip(sorted(ours.filled_y), filled, strict=False)):
            self.check(f"{path}.filled_yi[{i}]", a, b, math.sqrt(self.unit), loose)

    def influence(self, sensitivity: dict[str, Any]) -> None:
        if "rstudent" in sensitivity.get("influence_REML", {}):
            theirs, found = sensitivity["influence_REML"], influence(self.y, self.v, self.use)
            at = np.flatnonzero(self.use) if len(theirs["hat"]) == self.use.sum() else np.arange(len(self.y))
            for leaf, values in (
                ("rstudent", found.rstudent),
                ("dffits", found.dffits),
                ("dfbs", found.dfbetas),
                ("cook_d", found.cook_distance),
                ("cov_r", found.cov_ratio),
                ("tau2_del", found.leave_one_out.tau2),
                ("QE_del", found.leave_one_out.q),
                ("hat", found.hat),
                ("weight", 100 * found.hat),
                ("is_influential", found.influential),
            ):
                for j, i in enumerate(at):
                    there = theirs[leaf][j]
                    scale = (self.unit if leaf == "tau2_del" else 1.0) + abs(number(there))
                    self.check(f"sensitivity.influence_REML.{leaf}[{j}]", values[i], there, scale)
            for part, effects in (("baujat_REML", "random"), ("baujat_EE", "common")):
                plot = influence(self.y, self.v, self.use, effects=effects)
                for leaf, values in (("x", plot.baujat_x), ("y", plot.baujat_y)):
                    for j, i in enumerate(at):
                        there = sensitivity[part][leaf][j]
                        self.check(f"sensitivity.{part}.{leaf}[{j}]", values[i], there, 1 + abs(number(there)))
        if "pred" in sensitivity.get("blup_REML", {}):
            theirs = sensitivity["blup_REML"]
            y, v = self.y[self.use], self.v[self.use]
            own = shrunken(y, v, pool_inverse(y, v, ci_method="wald"))
            for leaf, values in (("pred", own.estimate), ("se", own.se), ("pi_lb", own.low), ("pi_ub", own.high)):
                for i, value in enumerate(values):
                    self.check(f"sensitivity.blup_REML.{leaf}[{i}]", value, theirs[leaf][i], math.sqrt(self.unit))
        if "pval" in sensitivity.get("permutest_exact", {}):
            test = permutation_test(self.y, self.v, np.ones((len(self.y), 1)), self.use, ci_method="wald")
            assert test.exact
            there = sensitivity["permutest_exact"]["pval"]
            self.check("sensitivity.permutest_exact.pval", test.p_values[0], there, 1.0)

    def regression(self, path: str, part: str, method: str, test: str, theirs: dict[str, Any]) -> None:
        if part == "metareg_moderator":
            column = floats(self.data["moderator"])
            use, x = self.use & np.isfinite(column), np.column_stack([np.ones(len(column)), column])
        else:
            group = self.data["group"]
            use = self.use & np.array([g is not None for g in group])
            levels = [name.removeprefix("X") for name in theirs["coef_names"][1:]]
            x = np.column_stack([np.ones(len(group)), *([float(str(g) == one) for g in group] for one in levels)])
        fit = regress(self.y, self.v, x, use, tau2_method=method, ci_method={"z": "wald", "knha": "hksj"}[test])
        qe, qm = theirs["QE"], theirs["QM"]
        for leaf, value, scale in (
            ("tau2", fit.tau2, float(np.median(self.v[use])) + theirs["tau2"]),
            ("I2", 100 * fit.i2, 100.0),
            ("H2", fit.h2, theirs["H2"]),
            ("R2", 100 * fit.r2, 100.0),
            ("QE", fit.q, qe),
            # 1e-290: what lies below is denormal in one of the two
            ("QE_p", fit.q_p, theirs["QE_p"] * (1 + qe) + 1e-290),
            ("QM", fit.qm, qm),
            ("QM_p", fit.qm_p, number(theirs["QM_p"]) * (1 + qm) + 1e-6),
            ("k", fit.k, 1.0),
            ("ddf", np.nan if np.isinf(fit.df) else fit.df, 1.0),
            ("QM_df[0]", fit.qm_df1, 1.0),
            ("QM_df[1]", np.nan if np.isinf(fit.qm_df2) else fit.qm_df2, 1.0),
        ):
            there = theirs["QM_df"][int(leaf[6])] if leaf.startswith("QM_df") else theirs[leaf]
            self.check(f"{path}.{leaf}", value, there, scale)
        for j, se in enumerate(theirs["se"]):
            stat = theirs["stat"][j]
            for leaf, values, scale in (
                ("beta", fit.estimate, se),
                ("se", fit.se, se),
                ("stat", fit.statistic, 1 + abs(stat)),
                ("pval", fit.p_value, (1 + stat * stat) * theirs["pval"][j] + 1e-8),
                ("ci_lb", fit.ci_low, 12 * se),
                ("ci_ub", fit.ci_high, 12 * se),
            ):
                self.check(f"{path}.{leaf}[{j}]", values[j], theirs[leaf][j], scale)

    def subgroups(self, regression: dict[str, Any]) -> None:
        if "subgroup_separate_tau2" not in regression:
            return
        names = [str(g) for g in self.data["group"]]
        for method, theirs in regression["subgroup_separate_tau2"].items():
            options = {"effects": "common"} if method == "EE" else {"tau2_method": method}
            plain = subgroups(self.y, self.v, names, self.use, ci_method="wald", **options)
            knha = plain if method == "EE" else subgroups(self.y, self.v, names, self.use, ci_method="hksj", **options)
            assert sorted(theirs["groups"]) == sorted(str(label) for label in plain.labels)
            path = f"regression.subgroup_separate_tau2.{method}"
            for name, there in theirs["groups"].items():
                self.group(f"{path}.groups.{name}", plain, knha, plain.labels.index(name), there)
            self.check(f"{path}.Q_between", plain.q_between, theirs["Q_between"], 1 + theirs["Q_between"])
            self.check(f"{path}.df", plain.q_between_df, theirs["df"], 1.0)
            self.check(f"{path}.p", plain.q_between_p, theirs["p"], 1.0)
        theirs, path = regression["subgroup_common_tau2_REML"], "regression.subgroup_common_tau2_REML"
        own = subgroups(self.y, self.v, names, self.use, tau2="common", ci_method="wald")
        for j, name in enumerate(theirs["groups"]):
            i, se = own.labels.index(name), theirs["se"][j]
            values = (own.estimate, own.se, own.ci_low, own.ci_high)
            for leaf, value in zip(("estimate", "se", "ci_lb", "ci_ub"), values, strict=True):
                self.check(f"{path}.{leaf}[{j}]", value[i], theirs[leaf][j], 2 * se)
        self.done(f"{path}.groups[{j}]" for j in range(len(theirs["groups"])))
        self.check(f"{path}.tau2", own.tau2[0], theirs["tau2"], self.unit + theirs["tau2"])
        self.check(f"{path}.Q_between", own.q_between, theirs["Q_between"], 1 + theirs["Q_between"])
        self.check(f"{path}.Q_between_p", own.q_between_p, theirs["Q_between_p"], 1.0)

    def group(self, path: str, plain: Subgroups, knha: Subgroups, i: int, theirs: dict[str, Any]) -> None:
        se = theirs["se"]
        for leaf, value, scale in (
            ("k", plain.k[i], 1.0),
            ("estimate", plain.estimate[i], se),
            ("se", plain.se[i], se),
            ("ci_lb", plain.ci_low[i], 2 * se),
            ("ci_ub", plain.ci_high[i], 2 * se),
            ("knha_se", knha.se[i], se),
            ("knha_ci_lb", knha.ci_low[i], 12 * se),
            ("knha_ci_ub", knha.ci_high[i], 12 * se),
            ("tau2", plain.tau2[i], self.unit + theirs["tau2"]),
            ("Q", plain.q[i], theirs["Q"] + 1e-9),
            ("I2", 100 * plain.i2[i], 100.0),
        ):
            self.check(f"{path}.{leaf}", value, theirs[leaf], scale)
