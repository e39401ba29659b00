"""Compare bias tests, trim and fill and subgroups with what R's meta gives."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from synth.meta.bias.asymmetry import AsymmetryTest, begg_test, regression_test
from synth.meta.bias.asymmetry_counts import deeks, harbord, macaskill, peters, pustejovsky
from synth.meta.bias.trimfill import trim_and_fill
from synth.meta.sensitivity.subgroups import subgroups
from tests.meta.comparison import TOLERANCE, Comparison, floats, leaves
from tests.meta.comparison_sensitivity import LOOSE, number

Check = Callable[..., None]


@functools.cache
def compare_meta(path: Path, excuses: tuple[str, ...] = ()) -> Comparison:
    """Compare what R's meta gives of bias tests, trim and fill and inverse-variance subgroups."""
    reference = json.loads(path.read_text(encoding="utf-8"))
    result = Comparison(path.stem)
    for key, block in (reference.get("meta") or {}).items():
        if key.startswith(("metabias", "trimfill", "subgroup_Inverse", "subgroup_OR")) and "error" not in block:
            _compare_meta(result, key, block, reference, excuses)
    return result


def meta_inputs(key: str, reference: dict[str, Any]) -> tuple[str, np.ndarray, np.ndarray]:
    """What meta pools: its own SMD, and a risk ratio whose totals have only one 1/2 added."""
    data, name = reference["data"], key.partition("_")[2].replace("_DL", "").replace("_tau_common", "")
    if "SMD" in name:
        hedges = reference["meta"]["SMD_Hedges_exact"]
        return "SMD", floats(hedges["TE"]), floats(hedges["seTE"]) ** 2
    if name == "RR":
        a, n1, c, n2 = (floats(data[column]) for column in ("event_t", "n_t", "event_c", "n_c"))
        h = np.where((a == 0) | (c == 0) | (a == n1) | (c == n2), 0.5, 0.0)
        silent = (a == 0) & (c == 0)
        a, n1, c, n2 = a + h, n1 + h, c + h, n2 + h
        y, v = np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2
        return "RR", np.where(silent, np.nan, y), np.where(silent, np.nan, v)
    measures = reference["measures"]
    measure = {"ASD": "AS", "OR": "OR"}.get(name, next(iter(measures)))
    return measure, floats(measures[measure]["yi"]), floats(measures[measure]["vi"])


def _compare_meta(
    result: Comparison, key: str, block: dict[str, Any], reference: dict[str, Any], excuses: tuple[str, ...]
) -> None:
    measure, y, v = meta_inputs(key, reference)
    use = np.isfinite(y) & np.isfinite(v) & (v > 0)

    def check(leaf: str, ours: Any, theirs: Any, scale: float, tolerance: float = TOLERANCE) -> None:
        allowed = tolerance * scale if math.isfinite(scale) else 0.0
        result.check(f"meta.{key}.{leaf}", number(ours), theirs, allowed, excuses)

    if key.startswith("metabias"):
        for name, theirs in block.items():
            if "statistic" not in theirs or name == "Schwarzer":
                # the reference refused, or the count test of Schwarzer, Antes and Schumacher, which is not offered
                continue
            ours = meta_test(name, measure, y, v, use, reference["data"])
            close, stat = LOOSE if name == "Thompson" else TOLERANCE, number(theirs["statistic"])
            slope, se = (("ks", "se.ks") if name == "Begg" else ("bias", "se.bias"))
            unit = number(theirs["estimate"][se])
            check(f"{name}.statistic", ours.statistic, theirs["statistic"], 1 + abs(stat), close)
            check(f"{name}.pval", ours.p_value, theirs["pval"], number(theirs["pval"]) * (1 + stat**2) + 1e-6, close)
            check(f"{name}.estimate.{slope}", ours.slope, theirs["estimate"][slope], unit, close)
            check(f"{name}.estimate.{se}", ours.slope_se, theirs["estimate"][se], unit, close)
            if name != "Begg":
                check(f"{name}.df", ours.df, theirs["df"], 1.0)
            result.missed += [
                p
                for p in leaves(theirs, f"meta.{key}.{name}")
                if p not in result.done and "warnings" not in p and not p.endswith(f"{name}.df")
            ]
    elif key.startswith("trimfill"):
        if block.get("k0") is None:
            return
        ours = trim_and_fill(y, v, use, tau2_method="DL", trim_effects="common")
        check("k0", ours.missing, block["k0"], 1.0)
        if ours.fit is None:
            return
        se, tau2 = block["seTE.random"], block["tau2"]
        check("TE.random", ours.fit.estimate, block["TE.random"], se)
        check("seTE.random", ours.fit.se, se, se)
        check("lower.random", ours.fit.ci_low, block["lower.random"], 2 * se)
        check("upper.random", ours.fit.ci_high, block["upper.random"], 2 * se)
        check("tau2", ours.fit.tau2, tau2, tau2 + float(np.median(v[use])))
        check("Q", ours.fit.q, block["Q"], block["Q"] + 1e-9)
    else:
        _compare_meta_subgroups(check, key, block, reference, y, v, use)


def _compare_meta_subgroups(
    check: Check,
    key: str,
    block: dict[str, Any],
    reference: dict[str, Any],
    y: np.ndarray,
    v: np.ndarray,
    use: np.ndarray,
) -> None:
    groups = [str(g) for g in reference["data"]["group"]]
    setting = "common" if key.endswith("tau_common") else "separate"
    own = subgroups(y, v, groups, use, tau2=setting, ci_method="wald")
    common = subgroups(y, v, groups, use, effects="common", ci_method="wald")
    q, q_random = block["Q.b.common"], block["Q.b.random"]
    check("Q.b.common", common.q_between, q, 1 + q)
    check("pval.Q.b.common", common.q_between_p, block["pval.Q.b.common"], 1.0)
    check("df.Q.b", own.q_between_df, block["df.Q.b"], 1.0)
    check("Q.b.random", own.q_between, q_random, 1 + q_random, LOOSE)
    check("pval.Q.b.random", own.q_between_p, block["pval.Q.b.random"], 1.0, LOOSE)
    for j, label in enumerate(block["subgroup_levels"]):
        i = own.labels.index(str(label))
        se = block["seTE_random_w"][j]
        for leaf, values, scale, close in (
            ("k_w", own.k, 1.0, TOLERANCE),
            ("TE_random_w", own.estimate, se, LOOSE),
            ("seTE_random_w", own.se, se, LOOSE),
            ("tau2_w", own.tau2, float(np.median(v[use])) + number(block["tau2_w"][j]), LOOSE),
            ("Q_w", own.q, 1.0 + own.q[i], TOLERANCE),
        ):
            if leaf in block:
                check(f"{leaf}[{j}]", values[i], block[leaf][j], scale, close)


def meta_test(
    name: str, measure: str, y: np.ndarray, v: np.ndarray, use: np.ndarray, data: dict[str, Any]
) -> AsymmetryTest:
    """The test that R's meta calls `name`."""
    if name == "Begg":
        return begg_test(y, v, use, exact=False)
    if name == "Egger":
        return regression_test(y, v, use)
    if name == "Thompson":
        return regression_test(y, v, use, model="random", test="t")
    n1, n2 = floats(data["n_t"]), floats(data["n_c"])
    if name == "Pustejovsky":
        return pustejovsky(y, v, n1, n2, use)
    if name == "Deeks":
        return deeks(y, n1, n2, use)
    if name == "Macaskill":
        return macaskill(y, v, n1 + n2, use)
    a, c = floats(data["event_t"]), floats(data["event_c"])
    if name == "Peters":
        return peters(y, a, n1, c, n2, use)
    return harbord(a, n1, c, n2, use, measure=measure)
