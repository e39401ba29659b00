"""Mixed models of two arms and of rates against figures that stand in the project, made by R on random tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.meta.glmm.two_arm import OK, VARIANTS, effect_model, fit_effects
from synth.meta.glmm.two_arm_q import FIRST_ARM, likelihood_q, wald_q
from synth.meta.glmm.two_arm_rows import typical_variance

FOLDER = Path(__file__).parent / "reference" / "mixed"
SETS = sorted(FOLDER.glob("*.json"))
MODELS = {variant: model for model, variant in VARIANTS.items()}
# In standard errors, and shares of the standard error. The likelihood itself: what nlm() leaves of a maximum. Seven
# nodes, or none, and lme4's stopping rule. Laplace (two random effects). The conditional model by optim(), with second
# derivatives by differences.
EXACT, NODES, LAPLACE, DIFFERENCED = 5e-6, 1e-3, 1e-2, 6e-3


def load(path: Path) -> dict[str, Any]:
    """One file of figures."""
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_random_tables(path: Path) -> None:
    """Another likelihood, or another maximum of it, would show against R's own integration and against rma.glmm."""
    reference = load(path)
    assert reference["versions"]["metafor"]
    assert (FOLDER / reference["make_again_with"]).is_file()
    measure = reference["measure"]
    counts = {name: np.asarray(values, dtype=float) for name, values in reference["data"].items()}
    use = counts["x1"] + counts["x2"] > 0
    if measure == "OR":
        use &= counts["x1"] + counts["x2"] < counts["n1"] + counts["n2"]
    size = "total" if measure == "OR" else "time"
    names = (("events", "x"), (size, "n"))
    data = {f"{name}_{arm}": counts[f"{short}{arm}"][use] for name, short in names for arm in "12"}
    compared = 0
    for key, theirs in reference["fits"].items():
        if "error" in theirs:
            continue
        variant, _, method = key.partition("_")
        if key == "IRLN":
            made = effect_model("IRLN", "glmm", {"events": counts["x1"], "time": counts["n1"]})
        else:
            made = effect_model(measure, MODELS[variant], data)
        one = np.ones((1, len(made.x)))
        ours = fit_effects(made, one, effects="common" if method == "EE" else "random")
        assert ours.state[0] == OK
        estimate, se, tau2 = (float(v[0]) for v in (ours.estimate, ours.se, ours.tau2))
        laplace = variant == "UM.RS" and method != "exact"
        near = {"exact": EXACT}.get(method, LAPLACE if laplace else NODES)
        assert abs(estimate - theirs["estimate"]) <= near * se, key
        within = DIFFERENCED if variant == "CM.EL" and measure == "OR" else near
        assert se == pytest.approx(theirs["se"], rel=within), key
        compared += 2
        if method == "exact":
            assert np.sqrt(tau2) == pytest.approx(theirs["tau"], rel=1e-5, abs=1e-5), key
            assert np.sqrt(float(ours.sigma2[0])) == pytest.approx(theirs["sigma"], rel=1e-5, abs=1e-5), key
            compared += 2
            continue
        # Laplace's tau2 of sparse tables is half as large again (rates_sparse): the exact one stands beside it.
        if not laplace and method != "EE":
            assert tau2 == pytest.approx(theirs["tau2"], rel=2e-3, abs=1e-6), key
            compared += 1
        q = float(likelihood_q(made, one, ours.loglik_common, FIRST_ARM)[0])
        w = float(wald_q(made, one, FIRST_ARM)[0])
        assert q == pytest.approx(theirs["QE_LRT"], rel=1e-3 if laplace else 1e-9), key
        # where all but one own effects are infinite R keeps 3e-7 of them
        assert w == pytest.approx(theirs["QE_Wld"], rel=0.1 if laplace else 4e-5, abs=1e-6), key
        v = float(typical_variance(made, one)[0])
        assert theirs["tau2"] / (theirs["tau2"] + v) == pytest.approx(theirs["I2"] / 100, abs=1e-9), key
        compared += 3
    # on the sparse odds rma.glmm has no conditional model with random effects
    assert compared >= (40 if measure == "OR" else 35)
