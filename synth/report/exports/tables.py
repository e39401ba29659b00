"""Every table of an outcome: what was pooled, what came out, what was left out, and what else was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..words import plain, quantity
from ..words.quantity import Quantity
from ..words.reading import Document, get, items
from . import analyses, judged
from .model import INTERVAL as _INTERVAL
from .model import Table, made, with_text

PROVENANCE = (
    "definition", "where", "events_basis", "total_basis", "bound", "confidence", "percent_reported", "note", "source",
    "file", "row",
)  # fmt: skip
DESCRIPTORS = (
    "title", "authors", "journal", "year", "pmid", "pmcid", "doi", "country", "centres", "design", "enrolment",
    "population", "levels", "approach", "n", "n_study", "n_male", "age", "followup", "overlaps", "note", "source",
    "origin",
)  # fmt: skip
_POOLED = (
    "scale=pooled.scale", "estimate_analysis=pooled.estimate", "se_analysis=pooled.se",
    "ci_low_analysis=pooled.ci_low", "ci_high_analysis=pooled.ci_high", "df=pooled.df", "reason=pooled.reason",
)  # fmt: skip
_REPORTED = (
    "estimate=pooled.reporting.estimate", "ci_low=pooled.reporting.ci_low", "ci_high=pooled.reporting.ci_high",
    "ci_method=pooled.ci_method",
)  # fmt: skip
_TAU2 = (
    "tau2=tau2.value", "tau2_method=tau2.method", "tau=tau2.tau", "tau2_ci_low=tau2.ci_low",
    "tau2_ci_high=tau2.ci_high", "tau2_ci_method=tau2.ci_method", "tau2_test_statistic=tau2.test.statistic",
    "tau2_test_p_value=tau2.test.p_value", "tau2_test_method=tau2.test.method", "sigma2=tau2.sigma2",
    "tau2_reason=tau2.reason",
)  # fmt: skip

_NAME = re.compile(r"[A-Za-z]\w{0,39}", re.ASCII)


def tables(document: Document) -> tuple[Table, ...]:
    """Return every table of an outcome that has a row.

    Parameters
    ----------
    document : mapping
        A pooled document (schema ``synth.pool/1``).

    Returns
    -------
    tuple of Table
        Always ``answer``, ``settings`` and ``analyses``, which says of each analysis whether it was made; the others
        where there is something to show. Estimates and limits are on the reporting scale, which ``unit`` names, or on
        that of the analysis where the column's name ends in ``_analysis``. ``shown`` is what the page prints.

    Examples
    --------
    >>> study = {"study": "A 2020", "events": 3, "total": 40, "estimate": 0.075, "provenance": {"where": "table 2"}}
    >>> found = {table.name: table for table in tables({"studies": [study]})}
    >>> sorted(found)
    ['analyses', 'answer', 'settings', 'studies']
    >>> dict(zip(found["studies"].columns, found["studies"].rows[0]))["shown"]
    '7.5% (no interval)'
    """
    shown = quantity.of(document)
    unit = unit_of(document, shown)
    kept = [
        _answer(document, shown, unit),
        _settings(document),
        *_studies("studies", "Studies that were pooled", document, shown, unit),
        *_characteristics(document),
        _excluded(document),
        _intervals(document, shown, unit),
        made("heterogeneity", "Heterogeneity", (
            "q=heterogeneity.q", "q_method=heterogeneity.q_method", "df=heterogeneity.df",
            "p_value=heterogeneity.p_value", "i2_fraction=heterogeneity.i2",
            "i2_ci_low_fraction=heterogeneity.i2_ci_low", "i2_ci_high_fraction=heterogeneity.i2_ci_high",
            "i2_method=heterogeneity.i2_method", "h2=heterogeneity.h2", "scale=pooled.scale", *_TAU2,
            "reason=heterogeneity.reason",
        ), [document] if get(document, "heterogeneity") else []),
        _prediction(document, shown, unit),
        with_text("leave_one_out", "The pool without one study", (
            "omitted", "k", *_INTERVAL, "ci_method", "tau2", "i2_fraction=i2", "reason",
        ), items(document, "leave_one_out"), shown, unit),
        *_sensitivity(document, shown, unit),
        *_comparators(document, shown, unit),
        *analyses.tables(document, shown, unit),
        *judged.tables(document),
        made("notes", "What every reader must see", ("number", "note"),
             [{"number": i, "note": note} for i, note in enumerate(items(document, "notes"), start=1)]),
        made("inputs", "Files that the answer was made from", ("path", "sha256"), items(document, "inputs")),
    ]  # fmt: skip
    return tuple(table for table in kept if table.rows)


def unit_of(document: Document, shown: Quantity) -> str:
    """Name what the numbers on the reporting scale are: fractions, not per cent; events per one unit of time.

    Examples
    --------
    >>> document = {"settings": {"reporting": "rate"}, "outcome_info": {"unit": "infections", "time_unit": "years"}}
    >>> unit_of(document, quantity.of(document))
    'infections per person-year'
    >>> document = {"settings": {"reporting": "mean"}, "outcome_info": {"unit": "min"}}
    >>> unit_of(document, quantity.of(document)), unit_of({}, quantity.of({}))
    ('mean (min)', 'proportion')
    """
    if shown.name in ("rate", "rate difference"):
        counted = plain.visible(get(document, "outcome_info", "unit")) or "events"
        time = plain.visible(get(document, "outcome_info", "time_unit"))
        one = f"person-{time.removesuffix('s')}" if time in quantity.TIMES else time or "unit of person-time"
        return f"{'' if shown.name == 'rate' else 'difference in '}{counted} per {one}"
    if shown.name == "risk difference":
        return "risk difference (fraction)"
    if shown.name in quantity.MEANS and shown.unit:
        return f"{shown.name} ({shown.unit})"
    return shown.name


def _answer(document: Document, shown: Quantity, unit: str) -> Table:
    said = shown.effect(*(get(document, "pooled", "reporting", part) for part in _INTERVAL))
    specs = (
        "outcome", "label=outcome_info.label", "definition=outcome_info.definition",
        "time_point=outcome_info.time_point", "direction=outcome_info.direction", "arm=arm.id",
        "arm_label=arm.label", "k", "events", "total", *_REPORTED, *_POOLED,
        "test_statistic=pooled.test.statistic", "p_value=pooled.test.p_value",
        "test_method=pooled.test.method", "measure=settings.measure", "model=settings.model",
        "effects=settings.effects", "level_fraction=settings.level", "population_average=population_average.estimate",
        "population_average_reason=population_average.reason", "crude_estimate=crude.estimate",
        "crude_ci_low=crude.ci_low", "crude_ci_high=crude.ci_high", "crude_method=crude.method", "loglik",
    )  # fmt: skip
    arms = items(document, "arms")
    pair = {f"arm_{i}": [get(arm, "id")] for i, arm in enumerate(arms, start=1)}
    pair |= {f"arm_{i}_label": [get(arm, "label")] for i, arm in enumerate(arms, start=1)}
    return made("answer", "The answer", specs, [document], unit=[unit], shown=[said], **pair)


def _settings(document: Document) -> Table:
    block = get(document, "settings") or {}
    rows = [
        {"setting": name, "value": value, "reason": block.get(f"{name}_reason")}
        for name, value in block.items()
        if not (name.endswith("_reason") and name.removesuffix("_reason") in block)
    ]
    rows += [
        {"setting": name, "value": value}
        for name, value in (
            ("generator", get(document, "generator", "name")),
            ("version", get(document, "generator", "version")),
            ("schema", get(document, "schema")),
            ("command", get(document, "command")),
        )
    ]
    return made("settings", "How it was pooled", ("setting", "value", "reason"), rows)


def _studies(
    name: str, title: str, block: Any, shown: Quantity, unit: str, *, before: Iterable[str] = ()
) -> list[Table]:
    rows = items(block, "studies")
    data = [
        column
        for column in dict.fromkeys(key for row in rows for key in get(row, "data") or {})
        if _NAME.fullmatch(column) and column not in ("study", "arm", "events", "total", *_INTERVAL, "se")
    ]
    second = [
        f"{column}_2=provenance_2.{column}" for column in PROVENANCE if any(get(row, "provenance_2") for row in rows)
    ]
    specs = (
        *before, "study", "arm", "events", "total", *(f"{column}=data.{column}" for column in data), *_INTERVAL,
        "weight_fraction=weight", "shrunken_estimate=shrunken.estimate", "shrunken_ci_low=shrunken.ci_low",
        "shrunken_ci_high=shrunken.ci_high", "estimate_analysis=analysis.estimate", "se_analysis=analysis.se",
        "analysis_reason=analysis.reason", *(f"{column}=provenance.{column}" for column in PROVENANCE), *second,
        "reason",
    )  # fmt: skip
    return [with_text(name, title, specs, rows, shown, unit)]


def _characteristics(document: Document) -> list[Table]:
    rows = [row for row in items(document, "studies") if get(row, "descriptors")]
    known = [column for column in DESCRIPTORS if any(get(row, "descriptors", column) is not None for row in rows)]
    known += [
        column
        for column in dict.fromkeys(key for row in rows for key in get(row, "descriptors") or {})
        if column not in DESCRIPTORS and column != "reason" and _NAME.fullmatch(column)
    ]
    specs = ("study", "arm", *(f"{column}=descriptors.{column}" for column in known))
    return [made("characteristics", "What the studies are", specs, rows)]


def _excluded(document: Document) -> Table:
    rows = [{"left_out_of": "answer", **(row or {})} for row in items(document, "excluded")]
    for block in items(document, "comparators"):
        arm = get(block, "arm", "id")
        rows += [{"left_out_of": f"comparator {plain.visible(arm)}", **(row or {})} for row in items(block, "excluded")]
    for name, block in (get(document, "analyses") or {}).items():
        for each in block if isinstance(block, list) else [block]:
            rows += [{"left_out_of": name, **(row or {})} for row in items(each, "excluded")]
    specs = ("left_out_of", "study", "arm", "events", "total", "reason", "percent_reported", "note", "file", "row")
    return made("excluded", "Rows that were left out", specs, rows)


def _intervals(document: Document, shown: Quantity, unit: str) -> Table:
    used = get(document, "pooled", "ci_method")
    rows = [
        {
            "method": get(row, "method"), "used": get(row, "method") == used, "df": get(row, "df"),
            "reason": get(row, "reason"), "ci_low_analysis": get(row, "ci_low"),
            "ci_high_analysis": get(row, "ci_high"),
            "estimate": get(document, "pooled", "reporting", "estimate"),
            "ci_low": get(row, "reporting", "ci_low"), "ci_high": get(row, "reporting", "ci_high"),
        }
        for row in items(document, "pooled", "intervals")
    ]  # fmt: skip
    return with_text("intervals", "The pooled interval by every method", (
        "method", "used", *_INTERVAL, "ci_low_analysis", "ci_high_analysis", "df", "reason",
    ), rows, shown, unit)  # fmt: skip


def _prediction(document: Document, shown: Quantity, unit: str) -> Table:
    block = get(document, "prediction")
    low, high = (get(block, "reporting", part) for part in ("ci_low", "ci_high"))
    specs = (
        "method", "ci_low=reporting.ci_low", "ci_high=reporting.ci_high", "ci_low_analysis=ci_low",
        "ci_high_analysis=ci_high", "df", "reliable", "draws", "seed", "reason",
    )  # fmt: skip
    rows = [block] if block else []
    said = [shown.interval(low, high)] * len(rows)
    return made("prediction", "Where a new study's true value lies", specs, rows, unit=[unit] * len(rows), shown=said)


def _sensitivity(document: Document, shown: Quantity, unit: str) -> list[Table]:
    rows = [{**(row or {}), **(get(row, "reporting") or {})} for row in items(document, "sensitivity")]
    omitted = [{"id": get(row, "id"), "study": study} for row in rows for study in items(row, "omitted")]
    return [
        with_text("sensitivity", "The pool without doubtful rows", (
            "id", "label", "why", "k", "events", "total", *_INTERVAL, "ci_method", "tau2", "reason",
        ), rows, shown, unit),
        made("sensitivity_omitted", "What each of those pools leaves out", ("id", "study"), omitted),
    ]  # fmt: skip


def _comparators(document: Document, shown: Quantity, unit: str) -> list[Table]:
    blocks = items(document, "comparators")
    said = [shown.effect(*(get(each, "pooled", "reporting", part) for part in _INTERVAL)) for each in blocks]
    summary = made("comparators", "Other arms, each by itself", (
        "arm=arm.id", "arm_label=arm.label", "k", "events", "total", *_REPORTED, *_POOLED[:-1], *_TAU2,
        "prediction_low=prediction.reporting.ci_low", "prediction_high=prediction.reporting.ci_high",
        "prediction_method=prediction.method", "reason",
    ), [{**(each or {}), "reason": get(each, "reason") or get(each, "pooled", "reason")} for each in blocks],
        unit=[unit] * len(blocks), shown=said)  # fmt: skip
    rows = [
        {**(row or {}), "of_arm": get(each, "arm", "id")} for each in blocks for row in items(each, "studies")
    ]
    title = "Studies of the other arms"
    return [summary, *_studies("comparator_studies", title, {"studies": rows}, shown, unit, before=("of_arm",))]
