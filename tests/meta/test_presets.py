"""Presets against the programs that they imitate, and the sentences against the numbers that they explain."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, logit

from synth.errors import SettingsError
from synth.meta import pool
from synth.meta.choices.preset_comparison import PresetRow, compare_presets
from synth.meta.choices.preset_words import explain, show
from synth.meta.choices.presets import KINDS, PRESETS, preset_settings
from synth.meta.glmm.i2 import i2_h2, logit_q

# Both sides are closed forms or tight iterations on proportions, which are of the order of 1: 1e-9 of that.
CLOSED = 1e-9
ZERO_HEAVY = {"events": [0, 1, 0, 4, 2, 0, 7], "total": [12, 30, 8, 41, 25, 19, 60]}
SPREAD = {"events": [0, 1, 0, 9, 2, 0, 7], "total": [12, 30, 8, 41, 65, 19, 60]}
TABLES = {"events_1": [4, 6, 0], "total_1": [123, 306, 50], "events_2": [11, 29, 2], "total_2": [139, 303, 48]}
COLUMNS = {
    "binary2": {"events_1": "event_t", "total_1": "n_t", "events_2": "event_c", "total_2": "n_c"},
    "cont2": {"mean_1": "mean_t", "sd_1": "sd_t", "n_1": "n_t", "mean_2": "mean_c", "sd_2": "sd_c", "n_2": "n_c"},
}


def read(shared: Path, name: str) -> dict[str, Any]:
    """A reference file."""
    loaded: dict[str, Any] = json.loads((shared / "reference" / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def rows_of(data: dict[str, Any], **own: Any) -> dict[str, PresetRow]:
    """The comparison by name."""
    return {row.name: row for row in compare_presets(data, **own).rows}


def close(row: PresetRow, theirs: dict[str, Any], prediction: bool) -> None:
    """Hold a row to back-transformed leaves of metafor."""
    # measures that are reported as they are pooled have no back-transformed leaves
    shown = theirs.get("bt", theirs)
    pairs = [(row.estimate, "estimate"), (row.ci_low, "ci_lb"), (row.ci_high, "ci_ub")]
    if prediction:
        pairs += [(row.prediction_low, "pi_lb"), (row.prediction_high, "pi_ub")]
    for ours, leaf in pairs:
        assert ours == pytest.approx(shown[leaf], rel=CLOSED, abs=CLOSED), leaf


PROPORTIONS = ["prop_pritz1997", "prop_nielweise2007", "prop_axfors2021_hcq", "prop_debruin2009", "edge_imbalance"]


@pytest.mark.parametrize("name", PROPORTIONS)
def test_presets_of_proportions_are_the_programs_numbers(name: str, shared: Path) -> None:
    """A preset stands for other settings than the program's, or a row of the comparison is not its pool."""
    reference = read(shared, name)
    data = {"events": reference["data"]["events"], "total": reference["data"]["n"]}
    rows = rows_of(data)
    fits, freeman_tukey = reference["measures"]["PLO"]["fits"], reference["measures"]["PFT"]["fits"]
    close(rows["metafor"], fits["REML"]["tests"]["z"], prediction=True)
    close(rows["cochrane"], fits["REML"]["tests"]["knha"], prediction=True)
    close(rows["revman5"], fits["DL"]["tests"]["z"], prediction=False)
    close(rows["stata-metaprop"], freeman_tukey["DL"]["tests"]["z"], prediction=False)
    for row, fit in (("metafor", fits["REML"]), ("cochrane", fits["REML"]), ("revman5", fits["DL"])):
        assert rows[row].i2 == pytest.approx(fit["I2"] / 100.0, abs=CLOSED)
        assert rows[row].tau2 == pytest.approx(fit["tau2"], rel=CLOSED, abs=1e-12)
    i2_q = max(0.0, 1.0 - freeman_tukey["DL"]["Q_df"] / freeman_tukey["DL"]["Q"])
    assert rows["stata-metaprop"].i2 == pytest.approx(i2_q, abs=CLOSED)
    if name != "edge_imbalance":  # lme4's seven nodes are far off there; tests/meta/test_glmm.py holds the exact values
        glmm = reference["meta"]["PLOGIT_GLMM"]
        se = glmm["seTE.random"]
        # seven nodes and lme4's stopping rule: up to 0.6 % of a SE in the estimate, and 2 % in its standard error
        for ours, leaf, most in (("estimate", "TE", 0.01), ("ci_low", "lower", 0.04), ("ci_high", "upper", 0.04)):
            value = float(logit(getattr(rows["meta"], ours)))
            assert abs(value - glmm[f"{leaf}.random"]) < most * se, leaf
        predicted = expit(np.array([glmm["lower.predict"][0], glmm["upper.predict"][0]]))
        assert (rows["meta"].prediction_low, rows["meta"].prediction_high) == pytest.approx(predicted, abs=5e-3)
        # from a Wald statistic of lme4, which stops early
        assert rows["meta"].i2 == pytest.approx(glmm["I2"], abs=1e-4)


@pytest.mark.parametrize(
    "name, measure",
    [("bin_bcg", "OR"), ("bin_fleiss1993", "RR"), ("cont_normand1999", "MD"), ("cont_spooner2002", "SMD")],
)
def test_presets_of_two_arms_are_the_programs_numbers(name: str, measure: str, shared: Path) -> None:
    """For effects a preset stands for other settings than the program's."""
    reference = read(shared, name)
    data = {ours: reference["data"][theirs] for ours, theirs in COLUMNS[reference["kind"]].items()}
    rows = rows_of(data, measure=measure)
    fits = reference["measures"][measure]["fits"]
    close(rows["metafor"], fits["REML"]["tests"]["z"], prediction=True)
    close(rows["cochrane"], fits["REML"]["tests"]["knha"], prediction=True)
    close(rows["revman5"], fits["DL"]["tests"]["z"], prediction=False)
    assert rows["meta"].estimate == rows["metafor"].estimate
    q = fits["REML"]["Q"]
    assert rows["meta"].i2 == pytest.approx(max(0.0, 1.0 - fits["REML"]["Q_df"] / q), abs=CLOSED)
    assert "one arm only" in (rows["stata-metaprop"].reason or "")


def test_metas_two_arm_default_is_the_preset(shared: Path) -> None:
    """Random effects of R's metabin by default are not the preset "meta"."""
    reference = read(shared, "bin_bcg")
    data = {ours: reference["data"][theirs] for ours, theirs in COLUMNS["binary2"].items()}
    theirs = reference["meta"]["RR_MH"]["classic_REML"]
    row = rows_of(data, measure="RR")["meta"]
    for ours, leaf in ((row.estimate, "TE.random"), (row.ci_low, "lower.random"), (row.ci_high, "upper.random")):
        assert ours is not None
        assert float(np.log(ours)) == pytest.approx(theirs[leaf], abs=1e-8), leaf
    assert row.i2 == pytest.approx(theirs["I2"], abs=1e-8)


def test_each_sentence_carries_the_number_of_its_own_setting() -> None:
    """A sentence tells of a number that changing its one setting does not make."""
    row = rows_of(SPREAD)["revman5"]
    told = {d.setting: d.sentence for d in row.differences}
    assert list(told) == ["model", "tau2_method", "ci_method", "prediction", "i2_method"]
    ml, dl = (pool(SPREAD, model="inverse", tau2_method=m, ci_method="t") for m in ("ML", "DL"))
    assert ml.tau2.value is not None
    assert dl.tau2.value is not None
    assert f"DL gives tau2 {dl.tau2.value:.3g} where ML gives {ml.tau2.value:.3g}" in told["tau2_method"]
    assert "1/2 is added to the cells of 3 studies" in told["model"]
    wald = pool(SPREAD, model="inverse", tau2_method="DL", ci_method="wald").pooled.reporting
    t = dl.pooled.reporting
    widths = [float(r.ci_high or 0) - float(r.ci_low or 0) for r in (t, wald)]
    assert f"narrower by {100 * (1 - widths[1] / widths[0]):.0f} %" in told["ci_method"]
    moved = re.findall(r"from ([\d.]+) % to ([\d.]+) %", told["model"])
    first = pool(SPREAD).pooled.reporting.estimate
    assert moved == [(f"{100 * float(first or 0):.1f}", f"{100 * float(ml.pooled.reporting.estimate or 0):.1f}")]
    assert row.explanation == " ".join(told.values())


def test_settings_of_ones_own_stand_first() -> None:
    """A person's own settings are not what the presets are compared with."""
    rows = compare_presets(TABLES, measure="RR", model="mh").rows
    assert [r.name for r in rows[:2]] == ["own", "synth"]
    assert rows[0].model == "mh"
    assert rows[0].differences == ()
    assert [d.setting for d in rows[1].differences] == ["model", "zero_cells", "effects", "ci_method"]
    again = compare_presets(ZERO_HEAVY, model="glmm", ci_method="auto").rows
    assert again[0].name == "synth"
    assert len(again) == len(PRESETS)


def test_a_level_and_a_measure_hold_in_every_row() -> None:
    """Rows are compared at different confidence, or on another scale than the one asked for."""
    rows = rows_of(ZERO_HEAVY, level=0.9, measure="PAS")
    for name, row in rows.items():
        expected = preset_settings(name, measure=None if name == "stata-metaprop" else "PAS")
        r = pool(ZERO_HEAVY, level=0.9, **expected).pooled.reporting
        assert (row.estimate, row.ci_low, row.ci_high) == (r.estimate, r.ci_low, r.ci_high)
        assert row.measure == ("PFT" if name == "stata-metaprop" else "PAS")


@pytest.mark.parametrize(
    "data",
    [
        {"events": [0, 0, 0], "total": [10, 20, 30]},
        {"events": [10, 20], "total": [10, 20]},
        {"events": [0, 20, 0], "total": [10, 20, 30]},
        {"events": [3], "total": [20]},
        {"events": [1, 0, 1], "total": [1, 1, 1]},
        {"events": [2, 2, 2], "total": [20, 20, 20]},
    ],
)
def test_extreme_data_have_rows_or_reasons(data: dict[str, list[int]]) -> None:
    """Data at the edge end in an exception, or in a row without number and without reason."""
    for row in compare_presets(data).rows:
        assert row.estimate is not None or row.reason
        if row.estimate is not None:
            assert row.ci_low is not None
            assert row.ci_high is not None
            assert 0.0 <= row.ci_low <= row.estimate <= row.ci_high <= 1.0
        assert "None" not in row.explanation
        assert "nan" not in row.explanation


def test_every_preset_can_be_pooled_for_every_kind() -> None:
    """A preset holds words that do not go together."""
    assert "two means" in KINDS
    for name, preset in PRESETS.items():
        assert pool(ZERO_HEAVY, **preset_settings(name)).pooled.reporting.estimate is not None
        assert preset.imitates
        assert preset.source
        if preset.others is None:
            with pytest.raises(SettingsError, match="one arm only"):
                preset_settings(name, "two means")
        else:
            assert pool(TABLES, **preset_settings(name, "two proportions")).pooled.reporting.estimate is not None


def test_own_settings_take_the_place_of_a_presets() -> None:
    """A word given beside a preset is ignored, or leaves another that no longer goes with it."""
    assert pool(ZERO_HEAVY, **preset_settings("revman5", effects="common")).settings.tau2_method is None
    assert pool(ZERO_HEAVY, **preset_settings("cochrane", effects="common")).settings.ci_method == "wald"
    assert pool(ZERO_HEAVY, **preset_settings("revman5", model="glmm")).settings.model == "glmm"
    assert pool(ZERO_HEAVY, **preset_settings("meta", measure="PAS")).settings.model == "inverse"
    assert pool(ZERO_HEAVY, **preset_settings("meta", tau2_method=None, level=0.9)).settings.level == 0.9
    with pytest.raises(SettingsError, match="revman5"):
        preset_settings("revman")


def test_i2_from_q_is_that_of_the_pool_and_without_each_study() -> None:
    """Asked for I2 from Q, the binomial-normal model gives that from tau2, or another one where a study is left out."""
    r = pool(SPREAD, i2_method="q")
    assert r.heterogeneity.i2 == pytest.approx(max(0.0, 1.0 - 6.0 / float(logit_q(**SPREAD))))
    without = pool({name: values[1:] for name, values in SPREAD.items()}, i2_method="q")
    assert r.leave_one_out[0].i2 == pytest.approx(without.heterogeneity.i2)
    assert pool(SPREAD).heterogeneity.i2 != r.heterogeneity.i2
    assert np.isnan(i2_h2([3], [9], 0.0, "q")[0])


def test_q_of_the_logits_ignores_infinite_ones() -> None:
    """Studies without a finite logit count in the Wald statistic."""
    assert logit_q([0, 3, 9, 5], [9, 20, 30, 5]) == pytest.approx(logit_q([3, 9], [20, 30]))
    assert logit_q([0, 5], [9, 5]) == 0.0


def test_rounding_in_sentences_keeps_its_meaning() -> None:
    """A sentence says 0 or 100 per cent of what is neither, or calls two different numbers the same."""
    assert show(1e-5, "proportion") == "0.001 %"
    assert show(0.0, "proportion") == "0 %"
    a, b = (pool(ZERO_HEAVY, model="inverse", tau2_method=m) for m in ("REML", "PM"))
    words = {"tau2_method": "REML"}, {"tau2_method": "PM"}
    text = explain("tau2_method", *words, a, b)
    for first, second in re.findall(r"from ([\d.]+) % to ([\d.]+) %", text):
        assert first != second
