"""The tables of the analyses beside the pool."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..words.quantity import Quantity
from ..words.reading import Document, get, items
from .model import INTERVAL as _INTERVAL
from .model import Table, made, with_text

_PREDICTION = ("prediction_low", "prediction_high")


def tables(document: Document, shown: Quantity, unit: str) -> list[Table]:
    """Return the tables of every analysis, those without a row too.

    Parameters
    ----------
    document : mapping
        A pooled document.
    shown : Quantity
        How its figures are written.
    unit : str
        What they are.

    Returns
    -------
    list of Table

    Examples
    --------
    >>> from ..words import quantity
    >>> [each.name for each in tables({"analyses": {"gosh": None}}, quantity.of({}), "proportion") if each.rows]
    ['analyses']
    """
    block = get(document, "analyses") or {}
    effects = partial(with_text, quantity=shown, unit=unit)
    return [
        _which(block),
        *_subgroups([each for each in (get(block, "subgroups"), *items(block, "more_subgroups")) if each], effects),
        *_regression(get(block, "regression")),
        effects("cumulative", "The pool as studies are added", (
            "added", "variable", "value", "order", "k", *_INTERVAL, "ci_method", "tau2", "reason",
        ), _with(get(block, "cumulative"), "rows", "variable", "order")),
        *_influence(get(block, "influence")),
        *_bias(get(block, "bias"), effects),
        *_gosh(get(block, "gosh"), unit),
        effects("second_opinions", "Other models on the same data", (
            "model", "label", *_INTERVAL, *_PREDICTION, "note", "reason",
        ), items(block, "second_opinions")),
        effects("presets", "The answer under the habits of other programs", (
            "name", "label", "measure", "model", "effects", "tau2_method", "ci_method", "prediction_method",
            "i2_method", "k", *_INTERVAL, *_PREDICTION, "tau2", "i2_fraction=i2", "explanation", "imitates",
            "source", "reason",
        ), items(block, "presets")),
        effects("preset_differences", "Which habit makes the difference, one after another", (
            "name", "setting", "first", "here", "sentence", *_INTERVAL,
        ), [{**row, "name": get(each, "name")} for each in items(block, "presets")
            for row in items(each, "differences")]),
        effects("multiverse", "Every combination of choices that can be defended", (
            "measure", "model", "effects", "tau2_method", "ci_method", "k", *_INTERVAL, "tau2", "default", "reason",
        ), items(block, "multiverse", "universes")),
    ]  # fmt: skip


def _with(block: Any, rows: str, *names: str) -> list[Any]:
    """Give the rows of an analysis, each with some of what is said of all."""
    return [{**{name: get(block, name) for name in names}, **(row or {})} for row in items(block, rows)]


def _which(block: Any) -> Table:
    rows = [
        {"analysis": name, "made": value is not None, "reason": get(block, f"{name}_reason") or get(value, "reason")}
        for name, value in block.items()
        if not name.endswith("_reason")
    ]
    return made("analyses", "Which analyses were made, and why others were not", ("analysis", "made", "reason"),
                rows or [{"analysis": "none", "made": False, "reason": "the document holds none"}])  # fmt: skip


def _subgroups(blocks: list[Any], effects: Any) -> list[Table]:
    """One table of the groups by every variable, one of who is in which, one of the tests."""
    groups, members, tests = [], [], []
    for block in blocks:
        variable = get(block, "variable")
        groups += _with(block, "groups", "variable", "by_tau2", "model")
        members += [{"variable": variable, "group": get(row, "name"), "study": study}
                    for row in items(block, "groups") for study in items(row, "studies")]  # fmt: skip
        tests.append({**block, "name": "between groups", "statistic": get(block, "q_between")})
        tests += _with(block, "other_tests", "variable")
    return [
        effects("subgroups", "Groups of studies", (
            "variable", "group=name", "k", *_INTERVAL, "ci_method", "tau2", "i2_fraction=i2", "by_tau2", "model",
            "reason",
        ), groups),
        made("subgroup_studies", "Which study is in which group", ("variable", "group", "study"), members),
        made("subgroup_tests", "Tests of a difference between the groups", (
            "variable", "name", "test", "statistic", "df", "df2", "p_value", "permutation_p", "permutation",
            "r2_fraction=r2", "reason",
        ), tests),
    ]  # fmt: skip


def _regression(block: Any) -> list[Table]:
    tests = [
        {**block, "name": name, "statistic": get(block, key), "df": get(block, f"{key}_df"),
         "p_value": get(block, f"{key}_p"), "test": get(block, f"{key}_test"),
         "permutation_p": get(block, f"{key}_permutation_p")}
        for name, key in (("moderators", "qm"), ("what is left", "qe"))
        if block
    ]  # fmt: skip
    return [
        made("regression", "Coefficients of the meta-regression", (
            "name", "estimate_analysis=estimate", "se_analysis=se", "ci_low_analysis=ci_low",
            "ci_high_analysis=ci_high", "ci_method", "statistic", "df", "p_value", "permutation_p", "scale", "model",
        ), _with(block, "coefficients", "scale", "model", "ci_method")),
        made("regression_tests", "Tests of the meta-regression", (
            "name", "test", "statistic", "df", "p_value", "permutation_p", "permutation", "k", "tau2",
            "r2_fraction=r2", "reason",
        ), tests),
        made("regression_factors", "Levels of the moderators that are words", ("moderator", "reference", "levels"),
             items(block, "factors")),
        made("regression_points", "What the bubble plot shows", (
            "study", "x", "y_analysis=y", "weight_fraction=weight", "scale",
        ), _with(block, "points", "scale")),
    ]  # fmt: skip


def _influence(block: Any) -> list[Table]:
    return [
        made("influence", "How much each study moves the pool", (
            "study", "rstudent", "dffits", "cooks_distance", "covariance_ratio", "tau2_deleted", "q_deleted",
            "hat_fraction=hat", "weight_fraction=weight", "flagged", "rule", "model", "reason",
        ), _with(block, "rows", "rule", "model")),
        made("baujat", "What Baujat's plot shows", ("study", "contribution", "influence"), items(block, "baujat")),
    ]  # fmt: skip


def _bias(block: Any, effects: Any) -> list[Table]:
    lfk = get(block, "lfk")
    tests = [*items(block, "tests")]
    if lfk:
        tests.append({"name": "lfk", "what": get(lfk, "reading"), "statistic": get(lfk, "value"),
                      "reason": get(lfk, "reason")})  # fmt: skip
    filled = [each for each in (get(block, "trim_and_fill"), *items(block, "trim_and_fill_others")) if each]
    funnel = get(block, "funnel")
    return [
        made("bias_tests", "Tests of small-study effects",
             ("name", "what", "statistic", "df", "p_value", "reason"), tests),
        effects("trim_and_fill", "Trim and fill", (
            "estimator", "side", "filled", *_INTERVAL, "ci_method", "reason",
        ), filled),
        made("funnel", "What the funnel plot shows", (
            "study", "x_analysis=x", "se_analysis=se", "size", "center_analysis=center", "axis", "scale",
        ), _with(funnel, "points", "center", "axis", "scale")),
    ]  # fmt: skip


def _gosh(block: Any, unit: str) -> list[Table]:
    spread = [
        {"of": name, **get(block, name), "unit": unit if name == "estimate" else "fraction" if name == "i2" else None}
        for name in ("estimate", "i2", "tau2")
        if get(block, name)
    ]
    studies, cells = items(block, "studies"), items(block, "cells")
    return [
        made("gosh", "The pools of subsets of the studies", (
            "k", "possible", "pooled", "unanswered", "exhaustive", "seed", "model", "i2_method", "apart", "reason",
        ), [block] if block else []),
        made("gosh_spread", "How those pools spread", ("of", "low", "q1", "median", "q3", "high", "unit"), spread),
        made("gosh_studies", "Medians over the subsets with a study and without it", (
            "study", "estimate_with", "estimate_without", "i2_with_fraction=i2_with", "i2_without_fraction=i2_without",
            "tau2_with", "tau2_without",
        ), studies, unit=[unit] * len(studies)),
        made("gosh_cells", "The cloud of subsets, on a grid", (
            "estimate", "i2_fraction=i2", "count", "count_apart",
        ), cells, unit=[unit] * len(cells)),
    ]  # fmt: skip
