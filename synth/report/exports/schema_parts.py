"""The schema of what stands beside the numbers of a pool: risk of bias, certainty, and the answers without studies."""

from __future__ import annotations

from typing import Any

from .schema_words import COUNT, FLAG, NUMBER, TEXT, WHOLE, WORDS, any_of, listed, nullable, record

Json = dict[str, Any]


def risk_of_bias() -> Json:
    """Return the schema of ``risk_of_bias``: instruments with their judgements on the studies of the pool."""
    item = {"number": TEXT, "judgement": nullable(TEXT), "level": nullable(TEXT), "support": TEXT}
    study = {
        "study": TEXT, "arm": TEXT, "items": listed(record(item)), "overall": nullable(TEXT),
        "score": nullable(NUMBER), "missing": listed(TEXT),
    }  # fmt: skip
    instrument = {
        "id": WORDS, "name": WORDS, "reference": TEXT, "doi": TEXT, "most": WHOLE,
        "items": listed(record({"number": TEXT, "text": TEXT})), "studies": listed(record(study)),
        "not_judged": listed(TEXT),
    }  # fmt: skip
    return record({"instruments": listed(record(instrument))})


def certainty() -> Json:
    """Return the schema of ``certainty``: what numbers suggest in each domain, and what the reviewers judged."""
    level = any_of("very low", "low", "moderate", "high")
    suggestion = {
        "judgement": nullable(WORDS), "why": TEXT,
        "numbers": {"type": "object", "additionalProperties": nullable(NUMBER)}, "sources": listed(WORDS),
    }  # fmt: skip
    domain = record({
        "id": WORDS, "label": WORDS, "suggestion": record(suggestion),
        "judged": nullable(record({"judgement": WORDS, "reason": TEXT})), "used": nullable(WORDS),
    }, title="Domain")  # fmt: skip
    return record({
        "about": TEXT, "level": level, "at_most": FLAG, "suggested_level": level,
        "by": any_of("suggestion", "reviewers", "both"), "words": WORDS, "start": domain, "domains": listed(domain),
        "upgrades": listed(domain),
    })  # fmt: skip


def what_if() -> Json:
    """Return the schema of ``what_if``: the answers of subsets, rounded and packed for a page."""
    axis = {
        "low": NUMBER, "high": NUMBER, "log": FLAG, "null": nullable(NUMBER), "null_place": COUNT,
        "ticks": listed(COUNT), "labels": listed(TEXT),
    }  # fmt: skip
    return record({
        "held": any_of("subsets", "two", "one"), "said": WORDS, "count": COUNT, "axis": record(axis),
        "texts": listed(TEXT), "notes": listed(TEXT), "digits": {**listed(COUNT), "minItems": 2, "maxItems": 2},
        "rows": {"type": "string", "pattern": "^[A-Za-z0-9_-]*$"},
    })  # fmt: skip
