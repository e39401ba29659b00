"""One row of the summary of findings, out of an outcome's document: the numbers, and each as it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..words import counts, impossible, phrases, quantity, rounding, sentences
from ..words.reading import Document, get, items, level, outcome_label, text

__all__ = ["summary_row"]


def summary_row(document: Document, *, page: str, stale: Sequence[str] = ()) -> dict[str, Any]:
    """Take out of an outcome's document what the index says of it.

    Parameters
    ----------
    document : mapping
        Of schema ``synth.pool/1``.
    page : str
        Name of its page, beside the index.
    stale : sequence of str
        What has changed since it was made.

    Returns
    -------
    dict
        The numbers at full precision, on the reporting scale; below ``shown`` the same as text.

    Examples
    --------
    >>> document = {"outcome": "deaths", "k": 2, "events": 9, "total": 90, "settings": {"level": 0.95},
    ...             "outcome_info": {"label": "Death"}, "prediction": {"reason": "fewer than three studies"},
    ...             "pooled": {"reporting": {"estimate": 0.1, "ci_low": 0.05, "ci_high": 0.19}}}
    >>> row = summary_row(document, page="deaths.html")
    >>> row["shown"]["estimate"], row["shown"]["interval"], row["prediction_low_reason"]
    ('10.0%', '5.0% to 19.0%', 'fewer than three studies')
    """
    estimate, low, high = phrases.pooled_reporting(document)
    expected = get(document, "prediction", "reporting")
    shown = quantity.of(document)
    limits = (get(expected, "ci_low"), get(expected, "ci_high"))
    row: dict[str, Any] = {
        "outcome": text(document, "outcome"),
        "label": outcome_label(document),
        "time_point": text(document, "outcome_info", "time_point"),
        "direction": text(document, "outcome_info", "direction"),
        "page": page,
        "command": text(document, "command"),
        "stale": list(stale),
        "arm": get(document, "arm"),
        "arms": get(document, "arms"),
        "k": get(document, "k"),
        "events": get(document, "events"),
        "total": get(document, "total"),
        "measure": get(document, "settings", "measure"),
        "reporting": shown.name,
        "level": get(document, "settings", "level"),
        "estimate": estimate,
        "ci_low": low,
        "ci_high": high,
        "prediction_low": limits[0],
        "prediction_high": limits[1],
        "tau2": get(document, "tau2", "value"),
        "i2": get(document, "heterogeneity", "i2"),
        "certainty": get(document, "certainty"),
        "comparators": [_comparator(block) for block in items(document, "comparators") if get(block, "k")],
    }
    _say_why(row, document)
    row["shown"] = _shown(document, shown, row)
    return row


def _comparator(block: Any) -> dict[str, Any]:
    estimate, low, high = phrases.pooled_reporting(block)
    made: dict[str, Any] = {
        "arm": get(block, "arm"), "k": get(block, "k"), "events": get(block, "events"), "total": get(block, "total"),
        "estimate": estimate, "ci_low": low, "ci_high": high,
    }  # fmt: skip
    if estimate is None or low is None or high is None:
        made["reason"] = get(block, "pooled", "reason") or get(block, "reason") or "the arm cannot be pooled"
    return made


def _of_comparator(block: Any) -> str:
    what, held = counts.pooled(block)
    held = f"{held} patients" if held and what == "Patients" else held
    return f"{held}, {phrases.noun(get(block, 'k'))}" if held else phrases.noun(get(block, "k"))


def _say_why(row: dict[str, Any], document: Document) -> None:
    """Put its reason beside every null."""
    pooled = get(document, "pooled", "reason") or get(document, "pooled", "ci_low_reason")
    why = {
        "estimate": pooled, "ci_low": get(document, "pooled", "ci_low_reason") or pooled,
        "ci_high": get(document, "pooled", "ci_high_reason") or pooled,
        "prediction_low": get(document, "prediction", "reason"),
        "prediction_high": get(document, "prediction", "reason"),
        "tau2": get(document, "tau2", "reason"),
        "i2": get(document, "heterogeneity", "i2_reason") or get(document, "heterogeneity", "reason"),
        "certainty": "the page says nothing of the certainty", "arm": get(document, "arm_reason"),
        "arms": get(document, "arms_reason"), "events": get(document, "events_reason"),
        "total": get(document, "total_reason"),
    }  # fmt: skip
    for name, reason in why.items():
        if row[name] is None:
            row[f"{name}_reason"] = reason or "the outcome's document does not say"


def _shown(document: Document, shown: quantity.Quantity, row: Mapping[str, Any]) -> dict[str, Any]:
    i2 = get(document, "heterogeneity", "i2")
    expected = shown.interval(row["prediction_low"], row["prediction_high"])
    return {
        "heading": shown.heading,
        "level": level(document),
        "counts": counts.pooled(document)[1] or rounding.ABSENT,
        "series": phrases.noun(row["k"] or 0),
        "estimate": shown.text(row["estimate"]),
        "interval": shown.interval(row["ci_low"], row["ci_high"]),
        "remark": impossible.remark(document) or "",
        "prediction": expected,
        "tau2": rounding.variance(row["tau2"]),
        "i2": rounding.percent(i2, 0) if i2 is not None else rounding.ABSENT,
        "sentence": sentences.answer(document),
        "comparators": [
            {
                "label": text(block, "arm", "label") or text(block, "arm", "id"),
                "effect": shown.effect(*phrases.pooled_reporting(block)),
                "counts": _of_comparator(block),
            }
            for block in items(document, "comparators")
            if get(block, "k")
        ],
    }
