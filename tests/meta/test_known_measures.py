"""Estimates, Mantel-Haenszel, Peto and conversions from metafor, kept here so that they are proved everywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.meta.measures.conversions import mean_sd_from_quantiles
from synth.meta.measures.effects import measure
from synth.meta.models.mantel_haenszel import pool_mantel_haenszel
from synth.meta.models.peto import pool_peto

FOLDER = Path(__file__).parent / "reference" / "measures"
FILES = sorted(path.stem for path in FOLDER.glob("*.json"))
COLUMNS = {
    "rate1": ("events", "time"),
    "binary2": ("event_t", "n_t", "event_c", "n_c"),
    "rate2": ("event_t", "time_t", "event_c", "time_c"),
    "cont2": ("mean_t", "sd_t", "n_t", "mean_c", "sd_c", "n_c"),
    "cor": ("r", "n"),
}
# closed forms on both sides: a few roundings
TOLERANCE = 1e-12
FIELDS = {
    "estimate": "estimate",
    "se": "se",
    "ci_lb": "ci_low",
    "ci_ub": "ci_high",
    "stat": "statistic",
    "pval": "p_value",
    "Q": "q",
    "Q_p": "q_p",
    "H2": "h2",
    "CMH": "cmh",
    "CMH_p": "cmh_p",
    "MH": "cmh",
    "BD": "breslow_day",
    "BD_p": "breslow_day_p",
    "TA": "tarone",
    "TA_p": "tarone_p",
    "k": "k",
}


def load(name: str) -> dict[str, Any]:
    """One file."""
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def array(values: list[float | None]) -> np.ndarray:
    """Numbers with nan for null."""
    return np.array([np.nan if x is None else x for x in values], dtype=float)


def test_files() -> None:
    """A file would be missing, or would not say where its figures come from."""
    assert len(FILES) == 7
    for name in FILES:
        reference = load(name)
        assert reference["data_set"]
        assert reference["versions"]["metafor"]
        assert (FOLDER / reference["make_again_with"]).is_file()


@pytest.mark.parametrize("name", [name for name in FILES if name != "conversions"])
def test_estimates(name: str) -> None:
    """Data would become other estimates or variances than escalc's."""
    reference, seen = load(name), 0
    data = [array(reference["data"][c]) for c in COLUMNS[reference["kind"]]]
    for code, theirs in reference["measures"].items():
        m = measure(code)
        options = {"zero_cells": "only0"} if m.corrected else {}
        if m.relative and reference["kind"] == "rate2":
            options["double_zero"] = "keep"
        y, v = m.to_analysis(*data, **options)
        np.testing.assert_allclose(y, array(theirs["yi"]), rtol=TOLERANCE, atol=1e-14)
        np.testing.assert_allclose(v, array(theirs["vi"]), rtol=TOLERANCE)
        seen += 2 * len(y)
    assert seen >= 2 * 2 * 9


@pytest.mark.parametrize("name", [name for name in FILES if "mh" in load(name)])
def test_pooled(name: str) -> None:
    """Mantel-Haenszel's or Peto's estimate, its interval or a test would differ from metafor's."""
    reference, seen = load(name), 0
    data = [array(reference["data"][c]) for c in COLUMNS[reference["kind"]]]
    fits = {code: pool_mantel_haenszel(*data, measure=code) for code in reference["mh"]}
    pairs: list[tuple[Any, dict[str, Any]]] = [(fits[code], theirs) for code, theirs in reference["mh"].items()]
    if "peto" in reference:
        pairs.append((pool_peto(*data), reference["peto"]))
    for fit, theirs in pairs:
        for leaf, field in FIELDS.items():
            if leaf in theirs:
                # a p-value moves relatively as much as its statistic absolutely: up to 1e3 here
                near = TOLERANCE * (1e3 if leaf.endswith("_p") or leaf == "pval" else 1)
                np.testing.assert_allclose(getattr(fit, field), theirs[leaf], rtol=near, err_msg=leaf)
                seen += 1
        np.testing.assert_allclose(100 * fit.i2, theirs["I2"], atol=1e-10)
        if "k_pos" in theirs:
            assert fit.homogeneity_df + 1 == theirs["k_pos"]
    assert seen >= 13


def test_zero_cells_and_quantiles() -> None:
    """A zero-cell policy or a conversion of quantiles would differ from metafor's."""
    reference, seen = load("conversions"), 0
    data = [array(reference["tables"][c]) for c in ("a", "n1", "c", "n2")]
    for code, policies in reference["zero_cells"].items():
        for policy, theirs in policies.items():
            y, v = measure(code).to_analysis(*data, zero_cells=policy, double_zero="keep")
            np.testing.assert_allclose(y, array(theirs["yi"]), rtol=TOLERANCE, atol=1e-14)
            np.testing.assert_allclose(v, array(theirs["vi"]), rtol=TOLERANCE)
            seen += 1
    for x in reference["quantiles"]:
        low, q1, q3, high = array([x[c] for c in ("min", "q1", "q3", "max")])
        distribution = {"norm": "normal", "lnorm": "lognormal"}[x["dist"]]
        got = mean_sd_from_quantiles(
            x["n"], x["median"], minimum=low, q1=q1, q3=q3, maximum=high, distribution=distribution
        )
        np.testing.assert_allclose([got.mean, got.sd], array([x["mean"], x["sd"]]), rtol=TOLERANCE)
        seen += 1
    assert seen == 5 * 4 + 19
