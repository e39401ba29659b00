"""The public analyses against metafor and meta, through the front door: data in, one result out."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synth.meta as meta
from synth.meta.measures.effects import measure as find_measure

# As in comparison.py: what is left between two tight computations is rounding.
TOLERANCE = 1e-9
# The engine's own name of a test, ours, and what our result calls it.
CI = {"z": "wald", "knha": "hksj"}
COLUMNS = {
    "proportion": {"events": "events", "total": "n"},
    "binary2": {"events_1": "event_t", "total_1": "n_t", "events_2": "event_c", "total_2": "n_c"},
    "rate1": {"events": "events", "time": "time"},
    "rate2": {"events_1": "event_t", "time_1": "time_t", "events_2": "event_c", "time_2": "time_c"},
    "cont2": {
        "mean_1": "mean_t", "sd_1": "sd_t", "n_1": "n_t", "mean_2": "mean_c", "sd_2": "sd_c", "n_2": "n_c",
    },
    "cor": {"r": "r", "n": "n"},
    "generic": {"estimate": "yi", "se": "vi"},
}  # fmt: skip
# One of each kind of data, with a factor or a number to look at the studies by, or ten studies for the tests.
SETS = (
    ("bin_bcg", "OR"),
    ("bin_bcg", "RD"),
    ("cor_molloy2014", "ZCOR"),
    ("gen_hackshaw1998", "GEN"),
    ("cont_curtis1998", "ROM"),
    ("cont_normand1999", "MD"),
    ("prop_ursino2021", "PLO"),
    ("prop_ursino2021", "PFT"),
    ("prop_pritz1997", "PAS"),
    ("prop_hartmannboyce2018_ctl", "PLO"),
    ("rate2_nielweise2008", "IRD"),
)


class Case:
    """One data set on one measure."""

    def __init__(self, folder: Path, name: str, measure: str) -> None:
        reference = json.loads((folder / f"{name}.json").read_text("utf-8"))
        self.raw = reference["data"]
        self.block = reference["measures"][measure]
        self.measure = find_measure(measure)
        self.data = {ours: list(self.raw[theirs]) for ours, theirs in COLUMNS[reference["kind"]].items()}
        if reference["kind"] == "generic":
            self.data["se"] = [math.sqrt(v) for v in self.data["se"]]
        self.studies = [f"S{i}" for i in range(len(self.raw["study"]))]
        self.settings: dict[str, Any] = {"measure": self.measure.name, "model": "inverse"}
        if self.measure.corrected and self.measure.relative:
            self.settings["zero_cells"] = "only0"
        self.unit = float(np.median([v for v in self.block["vi"] if v is not None]))
        self.compared = 0

    def near(self, ours: float | None, theirs: float | None, scale: float, what: str) -> None:
        """Hold one number; the engine's null is our ``None``."""
        self.compared += 1
        if theirs is None:
            assert ours is None, what
            return
        assert ours is not None, what
        assert abs(ours - theirs) <= TOLERANCE * abs(scale) + 1e-290, f"{what}: {ours!r} here, {theirs!r} there"

    def shown(self, value: float) -> float:
        """An engine's estimate on the reporting scale."""
        return float(self.measure.to_reporting(value))

    def slope(self, value: float, se: float) -> float:
        """How far the reporting scale moves over one standard error."""
        return abs(self.shown(value + se) - self.shown(value - se)) + 1e-12


@pytest.fixture(params=SETS, ids="-".join)
def case(request: pytest.FixtureRequest, shared: Path) -> Case:
    """One data set on one measure; a test that compares nothing of it says so."""
    return Case(shared / "reference", *request.param)


def _coefficients(case: Case, found: Any, theirs: dict[str, Any], what: str) -> None:
    for j, row in enumerate(found.coefficients):
        se = theirs["se"][j]
        for leaf, ours, scale in (
            ("beta", row.estimate, se),
            ("se", row.se, se),
            ("ci_lb", row.ci_low, 12 * se),
            ("ci_ub", row.ci_high, 12 * se),
            ("stat", row.statistic, 1 + abs(theirs["stat"][j])),
            ("pval", row.p_value, (1 + theirs["stat"][j] ** 2) * theirs["pval"][j] + 1e-8),
        ):
            case.near(ours, theirs[leaf][j], scale, f"{what} {row.name} {leaf}")
    case.near(found.tau2, theirs["tau2"], case.unit + theirs["tau2"], f"{what} tau2")
    if theirs["R2"]:
        case.near(found.r2, theirs["R2"] / 100, 1.0, f"{what} R2")
    case.near(found.qm, theirs["QM"], theirs["QM"] + 1e-12, f"{what} QM")
    case.near(found.qm_p, theirs["QM_p"], (1 + theirs["QM"]) * theirs["QM_p"] + 1e-6, f"{what} QM_p")
    case.near(found.qe, theirs["QE"], theirs["QE"], f"{what} QE")
    case.near(found.qe_p, theirs["QE_p"], (1 + theirs["QE"]) * theirs["QE_p"], f"{what} QE_p")
    assert (found.k, found.qm_df, found.qe_df) == (theirs["k"], theirs["QM_df"][0], theirs["k"] - len(theirs["beta"]))



def test_regression_through_the_front_door(case: Case) -> None:
    """A meta-regression given to a person differs from metafor's, or a factor has another reference level."""
    blocks = case.block.get("regression") or {}
    for part, column in (("metareg_moderator", "moderator"), ("metareg_group", "group")):
        for key, theirs in blocks.get(part, {}).items():
            tau2, test = key.split("_")
            values = list(case.raw[column])
            if column == "group":
                # the reference level there is the first by the alphabet, here the first that comes
                levels = sorted({str(v) for v in values}, key=lambda v: (f"X{v}" in theirs["coef_names"], v))
                first = levels[0]
                order = sorted(range(len(values)), key=lambda i: (str(values[i]) != first, str(values[i])))
            else:
                order = list(range(len(values)))
            data = {name: [column[i] for i in order] for name, column in case.data.items()}
            found = meta.moderator_analysis(
                data, None, {column: [values[i] for i in order]}, tau2_method=tau2, ci_method=CI[test], **case.settings
            )
            assert found.reason is None
            if column == "group":
                names = ["intrcpt", *(f"X{c.name.removeprefix('group: ')}" for c in found.coefficients[1:])]
                assert names == theirs["coef_names"]
            _coefficients(case, found, theirs, f"{part} {key}")
    assert case.compared or not blocks


def test_subgroups_through_the_front_door(case: Case) -> None:
    """A subgroup given to a person is not the pool that metafor makes of it, or the test between them is another."""
    blocks = case.block.get("regression") or {}
    for method, theirs in (blocks.get("subgroup_separate_tau2") or {}).items():
        options = {"effects": "common"} if method == "EE" else {"tau2_method": method}
        found = meta.subgroup_analysis(
            case.data, case.studies, case.raw["group"], ci_method="wald", **options, **case.settings
        )
        assert sorted(g.name for g in found.groups) == sorted(theirs["groups"])
        for group in found.groups:
            there = theirs["groups"][group.name]
            assert group.k == there["k"]
            if group.k == 1 and case.measure.kind in ("proportion", "rate"):
                assert group.ci_method == "exact"
                continue
            unit = case.slope(there["estimate"], there["se"])
            case.near(group.estimate, case.shown(there["estimate"]), unit, f"{method} {group.name}")
            case.near(group.ci_low, case.shown(there["ci_lb"]), 2 * unit, f"{method} {group.name} low")
            case.near(group.ci_high, case.shown(there["ci_ub"]), 12 * unit, f"{method} {group.name} high")
            if group.k > 1 and method != "EE":
                case.near(group.tau2, there["tau2"], case.unit + there["tau2"], f"{method} {group.name} tau2")
        case.near(found.q_between, theirs["Q_between"], 1 + theirs["Q_between"], f"{method} Q")
        case.near(found.p_value, theirs["p"], 1.0, f"{method} p")
        assert found.df == theirs["df"]
    theirs = blocks.get("subgroup_common_tau2_REML")
    if theirs:
        found = meta.subgroup_analysis(
            case.data, case.studies, case.raw["group"], by_tau2="common", ci_method="wald", **case.settings
        )
        for group in found.groups:
            j = theirs["groups"].index(group.name)
            unit = case.slope(theirs["estimate"][j], theirs["se"][j])
            case.near(group.estimate, case.shown(theirs["estimate"][j]), unit, f"common {group.name}")
            case.near(group.ci_low, case.shown(theirs["ci_lb"][j]), 2 * unit, f"common {group.name} low")
            case.near(group.tau2, theirs["tau2"], case.unit + theirs["tau2"], f"common {group.name} tau2")
        case.near(found.q_between, theirs["Q_between"], 1 + theirs["Q_between"], "common Q")
        case.near(found.p_value, theirs["Q_between_p"], 1.0, "common p")
    assert case.compared or "subgroup_separate_tau2" not in blocks


def test_influence_and_accumulation_through_the_front_door(case: Case) -> None:
    """A study that metafor flags is not flagged here, its numbers are others, or a cumulative row is."""
    sensitivity = case.block.get("sensitivity") or {}
    theirs = sensitivity.get("influence_REML") or {}
    if "rstudent" in theirs:
        found = meta.influence_analysis(case.data, case.studies, ci_method="wald", **case.settings)
        assert found.reason is None
        for i, row in enumerate(found.rows):
            for leaf, ours in (
                ("rstudent", row.rstudent),
                ("dffits", row.dffits),
                ("cook_d", row.cooks_distance),
                ("cov_r", row.covariance_ratio),
                ("tau2_del", row.tau2_deleted),
                ("QE_del", row.q_deleted),
                ("hat", row.hat),
            ):
                there = theirs[leaf][i]
                case.near(ours, there, (case.unit if leaf == "tau2_del" else 1) + abs(there), f"{leaf} {i}")
            assert row.flagged == bool(theirs["is_influential"][i])
        plot = sensitivity["baujat_REML"]
        for i, point in enumerate(found.baujat):
            case.near(point.contribution, plot["x"][i], 1 + abs(plot["x"][i]), f"Baujat x {i}")
            case.near(point.influence, plot["y"][i], 1 + abs(plot["y"][i]), f"Baujat y {i}")
    rows = (sensitivity.get("cumul") or {}).get("REML_z")
    if rows and not case.measure.sized:
        order = list(range(len(case.studies)))
        grown = meta.cumulative_analysis(
            case.data, case.studies, order, variable="order", ci_method="wald", **case.settings
        )
        single = case.measure.kind in ("proportion", "rate")
        for i, step in enumerate(grown.rows):
            if i == 0 and single:
                assert step.ci_method == "exact"
                continue
            if rows["estimate"][i] is None:
                # the engine's iteration stopped; there is an answer
                assert step.estimate is not None
                continue
            unit = case.slope(rows["estimate"][i], rows["se"][i])
            case.near(step.estimate, case.shown(rows["estimate"][i]), unit, f"cumulative {i}")
            case.near(step.ci_low, case.shown(rows["ci_lb"][i]), 12 * unit, f"cumulative {i} low")
            case.near(step.ci_high, case.shown(rows["ci_ub"][i]), 12 * unit, f"cumulative {i} high")
    assert case.compared or not sensitivity


def test_bias_through_the_front_door(case: Case) -> None:
    """The test for small-study effects, trim and fill or the LFK index that a person reads are not the engine's."""
    bias = case.block.get("bias") or {}
    if "egger_lm" not in bias or len(case.studies) < 10:
        found = meta.bias_analysis(case.data, case.studies, **case.settings)
        assert (found.tests == ()) == (len(case.studies) < 10)
        return
    found = meta.bias_analysis(case.data, case.studies, ci_method="wald", **case.settings)
    tests = {test.name: test for test in found.tests}
    if case.measure.kind == "proportion":
        assert tests["Egger"].p_value is None
        assert "depends on the estimate" in str(tests["Egger"].reason)
    else:
        theirs = bias["egger_lm"]["sei"]
        case.near(tests["Egger"].statistic, theirs["stat"], 1 + abs(theirs["stat"]), "Egger")
        case.near(tests["Egger"].p_value, theirs["pval"], 1.0, "Egger p")
        rank = next(test for name, test in tests.items() if name.startswith("Begg"))
        case.near(rank.p_value, bias["begg_default"]["pval"], 1.0, "Begg p")
    assert found.trim_and_fill is not None
    for ours in (found.trim_and_fill, *found.trim_and_fill_others):
        theirs = bias["trimfill"][f"REML_{ours.estimator}"]
        if "error" not in theirs:
            assert (ours.filled, ours.side) == (theirs["k0"], theirs["side"])
            # the engine refits at its default threshold: one hundredth of a standard error is what that is worth
            if not case.measure.sized:
                unit = case.slope(theirs["estimate"], theirs["se"])
                assert ours.estimate == pytest.approx(case.shown(theirs["estimate"]), abs=0.01 * unit)
            case.compared += 1
    lfk = (case.block.get("small_study_extra") or {}).get("lfk_index")
    if isinstance(lfk, float):
        assert found.lfk is not None
        case.near(found.lfk.value, lfk, 1 + abs(lfk), "LFK")
    assert case.compared
