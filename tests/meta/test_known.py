"""A few data sets with figures from metafor, kept here so that the kernel is proved wherever the project is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.meta.inverse.fit import pool_inverse
from synth.meta.inverse.heterogeneity import tau2_interval
from synth.meta.measures.effects import harmonic_size, measure

FOLDER = Path(__file__).parent / "reference"
FILES = sorted(FOLDER.glob("*.json"))
TESTS = {"z": ("wald", "normal"), "knha": ("hksj", "t"), "t": ("t", "t")}
# The reference is iterated to 1e-13 of the data's scale and both sides round: see the argument in comparison.py.
TOLERANCE = 1e-9
# metafor stays at the lower of two maxima, tau2 = 0; test_reference.py holds the higher one
SKIPPED = {("fleiss_peto", "ML")}
CASES = [(path.stem, method) for path in FILES for method in json.loads(path.read_text(encoding="utf-8"))["fits"]]


def load(name: str) -> dict[str, Any]:
    """One file."""
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def test_files() -> None:
    """A file would be missing, or would not say where its figures come from."""
    assert len(FILES) == 6
    assert len(CASES) == 6 * 9
    for path in FILES:
        reference = load(path.stem)
        assert reference["citation"]
        assert reference["versions"]["metafor"]
        assert (FOLDER / reference["make_again_with"]).is_file()


@pytest.mark.parametrize("name", [path.stem for path in FILES])
def test_measures(name: str) -> None:
    """Counts would become other estimates or variances than escalc's."""
    reference = load(name)
    if reference["kind"] == "proportion":
        y, v = measure(reference["measure"]).to_analysis(reference["events"], reference["total"])
        np.testing.assert_allclose(y, reference["yi"], rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(v, reference["vi"], rtol=1e-13)
    else:
        assert len(reference["yi"]) == len(reference["vi"])


@pytest.mark.parametrize(("name", "method"), [case for case in CASES if case not in SKIPPED])
def test_fit(name: str, method: str) -> None:
    """The pooled estimate, an interval, tau2 or a heterogeneity statistic would differ from metafor's."""
    reference = load(name)
    theirs, y, v = reference["fits"][method], np.array(reference["yi"]), np.array(reference["vi"])
    options = {"effects": "common"} if method == "EE" else {"tau2_method": method}
    fit = pool_inverse(y, v, ci_method="wald", prediction="normal", **options)
    unit = np.median(v)
    np.testing.assert_allclose(fit.tau2, theirs["tau2"], rtol=TOLERANCE, atol=TOLERANCE * unit)
    for ours, leaf in (
        (100 * fit.i2, "I2"),
        (fit.h2, "H2"),
        (fit.q, "Q"),
        (fit.log_likelihood_ml, "logLik_ml"),
        (fit.log_likelihood_reml, "logLik_reml"),
        (fit.se_tau2, "se_tau2"),
    ):
        there = np.nan if theirs[leaf] is None else theirs[leaf]
        np.testing.assert_allclose(ours, there, rtol=TOLERANCE, atol=1e-12 * (leaf != "se_tau2"), err_msg=leaf)
    np.testing.assert_allclose(fit.q_p, theirs["Q_p"], rtol=TOLERANCE * (1 + theirs["Q"]))
    for kind, leaf in (("q-profile", "ci_qp"), ("profile", "ci_pl")):
        if leaf in theirs:
            ci = tau2_interval(y, v, method=kind, **(options if kind == "profile" else {}))
            np.testing.assert_allclose([ci.low, ci.high], theirs[leaf], rtol=TOLERANCE, atol=TOLERANCE * unit)
    wald = theirs["tests"]["z"]["se"]
    assert set(theirs["tests"]) == ({"z"} if method == "EE" else set(TESTS))
    for test, there in theirs["tests"].items():
        ci_method, prediction = TESTS[test]
        fit = pool_inverse(y, v, ci_method=ci_method, prediction=prediction, **options)
        for ours, leaf in (
            (fit.estimate, "estimate"),
            (fit.se, "se"),
            (fit.ci_low, "ci_lb"),
            (fit.ci_high, "ci_ub"),
            (fit.prediction_low, "pi_lb"),
            (fit.prediction_high, "pi_ub"),
        ):
            np.testing.assert_allclose(ours, there.get(leaf, np.nan), rtol=TOLERANCE, atol=TOLERANCE * wald)
        z = abs(there["estimate"] / there["se"])
        blur = TOLERANCE * (1 + z) ** 2 * max(1, wald / there["se"])
        np.testing.assert_allclose(fit.p_value, there["pval"], rtol=blur)


@pytest.mark.parametrize(("name", "method"), [case for case in CASES if "proportion" in load(case[0])["fits"][case[1]]])
def test_proportion(name: str, method: str) -> None:
    """The pooled proportion or its interval would come back from the analysis scale as another."""
    reference = load(name)
    options = {"effects": "common"} if method == "EE" else {"tau2_method": method}
    fit = pool_inverse(reference["yi"], reference["vi"], ci_method="wald", **options)
    m = measure(reference["measure"])
    size = harmonic_size(reference["total"]) if m.sized else None
    back = m.to_reporting([fit.estimate, fit.ci_low, fit.ci_high], size)
    # raw proportions of rare events: relative to the proportion itself; metafor does not clip, we do
    np.testing.assert_allclose(back, np.clip(reference["fits"][method]["proportion"], 0, 1), rtol=1e-8, atol=1e-13)
