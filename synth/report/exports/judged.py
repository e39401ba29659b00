"""The tables of what people judged: risk of bias, and the certainty of the answer."""

from __future__ import annotations

from typing import Any

from ..words.reading import Document, get, items
from .model import Table, made


def tables(document: Document) -> list[Table]:
    """Return the judgements on the studies of a pool, item by item, and the certainty, domain by domain.

    Parameters
    ----------
    document : mapping
        A pooled document.

    Returns
    -------
    list of Table
        Those without a row too.

    Examples
    --------
    >>> domain = {"label": "Imprecision", "suggestion": {"judgement": "serious", "why": "Few."}, "judged": None}
    >>> made = tables({"certainty": {"level": "low", "domains": [{**domain, "used": "serious"}]}})
    >>> made[1].rows[0][:4]
    ('Imprecision', 'serious', 'Few.', None)
    """
    return [
        made("risk_of_bias", "Risk of bias, item by item", (
            "instrument", "study", "arm", "item", "text", "judgement", "level", "support", "overall", "score", "reason",
        ), [row for each in items(document, "risk_of_bias", "instruments") for row in _items(each)]),
        made("certainty", "Certainty of the answer, domain by domain", (
            "domain=label", "suggested=suggestion.judgement", "why=suggestion.why", "judged=judged.judgement",
            "judged_reason=judged.reason", "used", "numbers=suggestion.numbers", "level",
        ), _domains(get(document, "certainty"))),
    ]  # fmt: skip


def _items(instrument: Any) -> list[Any]:
    texts = {get(item, "number"): get(item, "text") for item in items(instrument, "items")}
    return [
        {
            **item, "instrument": get(instrument, "id"), "item": get(item, "number"), "study": get(study, "study"),
            "arm": get(study, "arm"), "text": texts.get(get(item, "number")), "overall": get(study, "overall"),
            "score": get(study, "score"),
        }
        for study in items(instrument, "studies")
        for item in items(study, "items")
    ]  # fmt: skip


def _domains(block: Any) -> list[Any]:
    if not block:
        return []
    start = [get(block, "start")] if get(block, "start") else []
    rows = [*start, *items(block, "domains"), *items(block, "upgrades")]
    return [{**row, "level": get(block, "level")} for row in rows]
