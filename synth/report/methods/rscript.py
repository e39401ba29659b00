"""An R script that makes a document's numbers again, with metafor or with R alone, and says where the two differ.

The data and synth's numbers stand in the script, so that it needs nothing but R. Every model has its own piece of R in
``r/``; what no R package has (profile intervals of mixed models, exact intervals) is written out there.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from ..words import plain
from ..words.reading import Document, get, is_added_up, items, outcome_label, text
from . import r_words

MOST_SETS = 80
"""With more sets of studies than this only the first are pooled again in the script."""
LIKELIHOOD = {
    ("PLOGIT", "glmm"), ("IRLN", "glmm"), ("OR", "glmm-cm-el"), ("OR", "glmm-cm-al"), ("IRR", "glmm-cm-el"),
}  # fmt: skip
RANDOM_LEVELS = {("OR", "glmm"), ("IRR", "glmm"), ("OR", "glmm-um-fs"), ("IRR", "glmm-um-fs")}
_HEADING = f"{'# ---- Data, and the numbers of synth: NA where there is none ':-<117}"
_DATA = (
    ({"events_1", "total_1"}, "two_proportions"),
    ({"events_1", "time_1"}, "two_rates"),
    ({"mean_1", "sd_1"}, "two_means"),
    ({"events", "total"}, "proportions"),
    ({"events", "time"}, "rates"),
    ({"mean", "sd"}, "means"),
    ({"r", "n"}, "correlations"),
    ({"estimate", "se"}, "estimates"),
)


@dataclass(frozen=True)
class RScript:
    """A script and what it makes again.

    Parameters
    ----------
    text : str
        ASCII; runs with ``Rscript FILE`` and ends with status 1 where a number differs by more than it may.
    package : str
        "metafor", or "base R" where nothing else is needed.
    covers : tuple of str
        What is compared, number by number.
    differs : str or None
        What R does otherwise, or has nothing for; ``None`` where everything is compared.
    """

    text: str
    package: str
    covers: tuple[str, ...]
    differs: str | None


@dataclass(frozen=True)
class _Piece:
    """Which pieces of R a document needs, and what they cover."""

    names: tuple[str, ...]
    package: str
    covers: tuple[str, ...]
    differs: str | None = None


_ALL = ("pooled value, standard error and interval", "tau2 with its interval", "Q, I2 and H2", "prediction interval")
_SETS = ("every analysis without some studies, each subgroup and each cumulative step that is pooled the same way",)


def script(document: Document) -> RScript:
    """Write the R script of a document.

    Parameters
    ----------
    document : mapping
        A pooled document.

    Returns
    -------
    RScript

    Examples
    --------
    >>> study = {"study": "A", "data": {"events": 7, "total": 43}, "estimate": 7 / 43, "ci_low": 0.07, "ci_high": 0.3}
    >>> made = script({"k": 1, "studies": [study], "settings": {"measure": "PLOGIT", "model": "glmm"}})
    >>> made.package, made.text.isascii()
    ('base R', True)
    """
    piece = _piece(document)
    needs = "" if piece.package == "base R" else f" and the package {piece.package}"
    lines = [
        r_words.comment(f"Makes the numbers of synth again: {outcome_label(document)}"),
        r_words.comment(f"Needs R{needs}. Type: Rscript {_file_name(document)}"),
        *([r_words.comment(f"Made by: {text(document, 'command')}")] if text(document, "command") else []),
        *(r_words.comment(f"Compared: {one}.") for one in piece.covers),
        *([r_words.comment(f"Note: {piece.differs}")] if piece.differs else []),
        "",
        _HEADING,
        f"dat <- {r_words.frame(_columns(document))}",
        f"settings <- {r_words.named(_settings(document))}",
        f"synth <- {r_words.named(_numbers(document))}",
        _sets(document),
        "# TRUE: profile intervals of every subset too, and subsets of more than 30 studies, which takes minutes.",
        "thorough <- FALSE",
        "",
    ]
    body = [_source(name) for name in ("helpers", "studies", *piece.names, "report")]
    return RScript("\n".join(lines) + "\n" + "\n".join(body), piece.package, piece.covers, piece.differs)


def _file_name(document: Document) -> str:
    name = "".join(char for char in text(document, "outcome") if char.isascii() and (char.isalnum() or char in "_-"))
    return f"{name or 'outcome'}.R"


def _source(name: str) -> str:
    return files(__package__).joinpath("r").joinpath(f"{name}.R").read_text("utf-8")


def _piece(document: Document) -> _Piece:
    settings = get(document, "settings")
    measure, model = text(settings, "measure"), text(settings, "model")
    exact = get(document, "pooled", "ci_method") == "exact" and get(document, "pooled", "se") is None
    if (get(document, "k") or 0) == 1 or is_added_up(document) or (exact and model.startswith("glmm")):
        few = None
        return _Piece(("exact",), "base R", ("each study's own figure", "the figure and its exact interval"), few)
    if model == "inverse":
        return _inverse(document)
    if (measure, model) in LIKELIHOOD:
        beside = "metafor::rma.glmm is shown beside it where it is installed: the nodes and the stopping rule of lme4 "
        beside += "leave it a fraction of a standard error away. Profile intervals of subsets, and subsets of over "
        beside += "30 studies, need thorough <- TRUE."
        return _Piece(("integrals", "likelihood"), "base R", (*_ALL, "weights and shrunken estimates", *_SETS), beside)
    if (measure, model) in RANDOM_LEVELS:
        return _Piece(
            ("mixed",), "metafor", ("pooled value, standard error and interval", "tau2"),
            "R has only an approximate likelihood for this model, so estimates are held to 5% of a "
            "standard error and tau2 loosely; profile intervals, Q and sensitivity analyses are left out.",
        )  # fmt: skip
    if model == "mh" and measure == "RD" and (text(settings, "zero_cells") or "none") != "none":
        why = "a difference of which only the weights and the variance take a correction, as R's meta has it."
        return _Piece((), "base R", (), f"the pool is left out: metafor has no such method, {why}")
    if model in {"mh", "peto"}:
        return _Piece(("counts",), "metafor", ("pooled value, standard error and interval", "Q", *_SETS))
    if model == "beta-binomial":
        return _Piece(
            ("beta_binomial",), "base R", ("pooled value, standard error and interval", "log-likelihood"),
            "the interval of rho and sensitivity analyses are left out.",
        )  # fmt: skip
    return _Piece(
        ("integrals", "bayes"), "base R", ("posterior median and credible interval",),
        "prediction and sensitivity analyses are left out; this grid is plainer, so 1e-3 of the width is allowed.",
    )  # fmt: skip


def _inverse(document: Document) -> _Piece:
    found = []
    if text(document, "settings", "prediction_method") == "bootstrap":
        found.append("the bootstrap prediction interval, whose random numbers are not those of R")
    if text(document, "settings", "i2_method") == "q":
        found.append("the interval of I2 from Q")
    covers = ("each study's estimate and standard error, and its weight", *_ALL, *_SETS)
    return _Piece(("inverse",), "metafor", covers, f"left out: {'; '.join(found)}." if found else None)


def _columns(document: Document) -> dict[str, list[Any]]:
    studies = items(document, "studies")
    names = list(dict.fromkeys(name for study in studies for name in get(study, "data") or {}))
    columns: dict[str, list[Any]] = {"study": [plain.visible(get(study, "study")) or "(no label)" for study in studies]}
    for name in names:
        columns[name] = [get(study, "data", name) for study in studies]
    if not names:
        columns |= {name: [get(study, name) for study in studies] for name in ("events", "total")}
    columns["synth_estimate"] = [get(study, "estimate") for study in studies]
    columns["synth_ci_low"] = [get(study, "ci_low") for study in studies]
    columns["synth_ci_high"] = [get(study, "ci_high") for study in studies]
    columns["synth_y"] = [get(study, "analysis", "estimate") for study in studies]
    columns["synth_se"] = [get(study, "analysis", "se") for study in studies]
    columns["synth_weight"] = [get(study, "weight") for study in studies]
    columns["synth_shrunken"] = [get(study, "shrunken", "estimate") for study in studies]
    return columns


def _settings(document: Document) -> dict[str, Any]:
    settings = get(document, "settings")
    names = {name for study in items(document, "studies")[:1] for name in get(study, "data") or {}}
    kind = next((kind for needed, kind in _DATA if needed <= names), "proportions")
    return {
        "measure": text(settings, "measure") or "PLOGIT",
        "data": kind,
        "model": text(settings, "model") or "glmm",
        "effects": text(settings, "effects") or "random",
        "tau2_method": text(settings, "tau2_method") or None,
        "ci": text(document, "pooled", "ci_method") or text(settings, "ci_method") or "t",
        "prediction": text(document, "prediction", "method") or "none",
        "level": 0.95 if get(settings, "level") is None else get(settings, "level"),
        "study_ci": text(settings, "study_ci_method") or "clopper-pearson",
        "zero_cells": text(settings, "zero_cells") or "none",
        "i2_method": text(settings, "i2_method") or "tau2",
        "tau2_ci": text(settings, "tau2_ci") or None,
    }


def _numbers(document: Document) -> dict[str, Any]:
    pooled, het = get(document, "pooled"), get(document, "heterogeneity")
    drawn = text(document, "prediction", "method") == "bootstrap"
    from_q = text(document, "settings", "i2_method") == "q" or get(document, "settings", "effects") == "common"
    return {
        "estimate": get(pooled, "estimate"),
        "se": get(pooled, "se"),
        "ci_low": get(pooled, "ci_low"),
        "ci_high": get(pooled, "ci_high"),
        "shown": get(pooled, "reporting", "estimate"),
        "shown_low": get(pooled, "reporting", "ci_low"),
        "shown_high": get(pooled, "reporting", "ci_high"),
        "test": get(pooled, "test", "statistic"),
        "test_p": get(pooled, "test", "p_value"),
        "crude": get(document, "crude", "estimate"),
        "average": get(document, "population_average", "estimate"),
        "tau2": get(document, "tau2", "value"),
        "tau2_low": get(document, "tau2", "ci_low"),
        "tau2_high": get(document, "tau2", "ci_high"),
        "tau2_test": get(document, "tau2", "test", "statistic"),
        "tau2_test_p": get(document, "tau2", "test", "p_value"),
        "q": get(het, "q"),
        "q_p": get(het, "p_value"),
        "i2": get(het, "i2"),
        "i2_low": None if from_q else get(het, "i2_ci_low"),
        "i2_high": None if from_q else get(het, "i2_ci_high"),
        "h2": get(het, "h2"),
        "pi_low": None if drawn else get(document, "prediction", "ci_low"),
        "pi_high": None if drawn else get(document, "prediction", "ci_high"),
        "loglik": get(document, "loglik"),
    }


def _sets(document: Document) -> str:
    """Write which studies are pooled again, with synth's answers."""
    made = _all_sets(document)[:MOST_SETS]
    rows = [
        f"  list(name = {r_words.text(name)}, rows = {rows}, ci = {r_words.word(get(row, 'ci_method'))}, "
        + ", ".join(f"{key} = {r_words.number(get(values, key))}" for key in ("estimate", "ci_low", "ci_high"))
        + f", tau2 = {r_words.number(get(row, 'tau2'))})"
        for name, rows, row, values in made
    ]
    return "sets <- list(\n" + ",\n".join(rows) + "\n)" if rows else "sets <- list()"


def _all_sets(document: Document) -> list[tuple[str, str, Any, Any]]:
    labels = [plain.visible(get(study, "study")) for study in items(document, "studies")]
    if len(set(labels)) != len(labels):
        return []
    at = {label: number for number, label in enumerate(labels, start=1)}
    made: list[tuple[str, str, Any, Any]] = []

    def add(name: str, names: list[str], row: Any, values: Any, sign: str = "") -> None:
        found = [at[one] for one in names if one in at]
        if found and len(found) == len(names) and get(values, "estimate") is not None and get(row, "ci_method"):
            made.append((name, f"{sign}c({', '.join(map(str, found))})", row, values))

    for row in items(document, "sensitivity"):
        add(text(row, "label"), [plain.visible(one) for one in items(row, "omitted")], row, get(row, "reporting"), "-")
    found = get(document, "analyses")
    own = text(document, "settings", "model")
    groups = get(found, "subgroups")
    # One tau2 for all groups is another model than each group's own.
    if text(groups, "model") == own and text(groups, "by_tau2") in {"separate", "none"}:
        for row in items(groups, "groups"):
            names = [plain.visible(one) for one in items(row, "studies")]
            add(f"{text(groups, 'variable')}: {text(row, 'name')}", names, row, row)
    for row in items(document, "leave_one_out"):
        add(f"without {text(row, 'omitted')}", [text(row, "omitted")], row, row, "-")
    if text(found, "cumulative", "model") == own:
        so_far: list[str] = []
        for row in items(found, "cumulative", "rows"):
            so_far.append(text(row, "added"))
            add(f"up to {text(row, 'added')}", so_far, row, row)
    return made
