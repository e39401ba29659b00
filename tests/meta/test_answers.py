"""The full answers: what they say beside the numbers, and that every model gives the same to every way of asking."""

from __future__ import annotations

import json

import pytest

from synth.errors import SettingsError, SynthError
from synth.meta import pool, pool_proportions
from synth.meta.settings import MODELS

X, N = [7, 3, 1, 0, 5], [43, 38, 26, 17, 30]


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_model_gives_a_whole_answer(model: str) -> None:
    """A model whose answer lacks a part, or holds a nan, would break every page made from it."""
    if model in ("mh", "peto") or model.startswith("glmm-"):
        tables = {
            "events_1": [4, 6, 3],
            "total_1": [123, 306, 231],
            "events_2": [11, 29, 11],
            "total_2": [139, 303, 220],
        }
        result = pool(tables, measure="PETO" if model == "peto" else "OR", model=model)
    else:
        result = pool_proportions(X, N, model=model)
    text = json.dumps(result.to_dict(), allow_nan=False)
    assert "NaN" not in text
    shown = result.pooled.reporting
    assert shown.ci_low < shown.estimate < shown.ci_high  # type: ignore[operator]
    assert sum(s.weight or 0.0 for s in result.studies) == pytest.approx(1.0)
    assert len(result.leave_one_out) == result.k
    assert result.settings.model == model


def test_freeman_tukey_without_a_size_says_so() -> None:
    """A pooled proportion at a negative or infinite study size would be a number without a meaning."""
    apart = pool_proportions([0, 1_000_000], [1_000_000, 1_000_000], model="inverse", measure="PFT")
    assert any("there is none" in note for note in apart.notes)
    same = pool_proportions([3, 3, 3], [30, 30, 30], model="inverse", measure="PFT", ci_method="hksj")
    assert any("it would be 0.1" in note for note in same.notes)
    assert any("hksj-adhoc keeps it" in note for note in same.notes)


def test_an_interval_without_its_estimate_is_explained() -> None:
    """A Q-profile interval that misses the REML estimate looks like a fault unless the reason stands beside it."""
    result = pool_proportions([347, 50, 0, 289], [347, 51, 218, 293], model="inverse", measure="PLN", level=0.8)
    assert result.tau2.value < result.tau2.ci_low  # type: ignore[operator]
    assert "does not contain the estimate" in (result.tau2.reason or "")


def test_studies_that_say_nothing_are_set_aside() -> None:
    """A trial without events in both arms that vanished from a risk ratio would be missed by nobody."""
    tables = {"events_1": [0, 4, 6], "total_1": [30, 123, 306], "events_2": [0, 11, 29], "total_2": [28, 139, 303]}
    result = pool(tables, ["A", "B", "C"], measure="RR")
    assert result.k == 2
    assert [each.study for each in result.left_out] == ["A"]
    assert "no events in both arms" in result.left_out[0].reason


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        ({"measure": "PAS", "model": "glmm"}, "--model inverse --measure PAS"),
        ({"model": "glmm", "tau2_method": "DL"}, "--tau2 ML"),
        ({"model": "glmm", "ci_method": "hksj"}, "--ci t"),
        ({"effects": "common", "tau2_method": "ML"}, "--effects random"),
        ({"model": "mh"}, "--model glmm"),
        ({"model": "beta-binomial", "effects": "common"}, "Leave --effects out"),
        ({"model": "bayes", "tau2_method": "REML"}, "Leave --tau2 out"),
        ({"model": "bayes", "ci_method": "t"}, "--ci credible"),
        ({"zero_cells": "only0"}, "Leave --zero-cells out"),
        ({"model": "gllm"}, 'Did you mean "glmm"'),
        ({"level": "0.95"}, "Did you mean 0.95"),
        ({"level": 95}, "Did you mean 0.95"),
        ({"model": 3}, "is a word"),
    ],
)
def test_impossible_combinations_name_the_nearest(words: dict[str, object], fragment: str) -> None:
    """A refusal without a way out sends people back to guessing."""
    with pytest.raises(SettingsError, match=fragment.replace("(", r"\(")):
        pool_proportions(X, N, **words)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [10**400, True, b"7", 1e300, "seven", -1, 1.5, None])
def test_what_is_no_count_is_a_problem(bad: object) -> None:
    """A truth value, bytes or an enormous number that passed as a count would be pooled."""
    with pytest.raises(SynthError, match="row 1"):
        pool_proportions([bad, 3], [43, 38])
