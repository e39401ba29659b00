"""Documents for the tests of the report room: made by rule, with numbers from exact binomial intervals."""

from __future__ import annotations

import json
import math
from typing import Any

from scipy.special import betaincinv

Json = dict[str, Any]

HOSTILE = [
    "<script>alert(1)</script>",
    "He said \"no\" & 'yes' <b>",
    "Evil \u202egnp.exe\u202c 2020",
    "x" * 500,
    "漢字の研究グループ 2019 長い名前の研究グループ",
    "دراسة العمود الفقري 2021",
    "👩‍⚕️ Emoji 🦴 2022",
    "\x1b[31mRed\x07\x00 2018",
    "None",
    "</title></svg><img src=x onerror=alert(1)>",
    "{{ 7*7 }} {% raw %}",
    "lone \ud800 surrogate",
]


def exact(events: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """Return the Clopper-Pearson interval."""
    a = (1 - level) / 2
    low = 0.0 if events == 0 else float(betaincinv(events, total - events + 1, a))
    high = 1.0 if events == total else float(betaincinv(events + 1, total - events, 1 - a))
    return low, high


def study(name: str, events: int, total: int, weight: float | None, *, arm: str = "mis", **provenance: Any) -> Json:
    """Return one study as the document holds it; keyword arguments go into its provenance."""
    low, high = exact(events, total)
    inner = 0 < events < total
    p = events / total
    return {
        "study": name,
        "arm": arm,
        "events": events,
        "total": total,
        "estimate": p,
        "ci_low": low,
        "ci_high": high,
        "weight": weight,
        "shrunken": None,
        "analysis": {
            "estimate": math.log(p / (1 - p)) if inner else None,
            "se": math.sqrt(1 / events + 1 / (total - events)) if inner else None,
            "reason": None if inner else "on the boundary the logit is infinite",
        },
        "provenance": {
            "definition": "as the series defines it",
            "where": "abstract, results",
            "events_basis": "stated",
            "total_basis": "stated",
            "bound": None,
            "confidence": "high",
            "percent_reported": None,
            "note": "",
            "source": "https://example.org/paper",
            "file": "extracted/results.csv",
            "row": 2,
            **provenance,
        },
        "descriptors": {
            "title": "A series of fractures",
            "journal": "Spine",
            "year": 2020,
            "pmid": "12345678",
            "doi": "10.1000/xyz",
            "country": "Sweden",
            "design": "consecutive series",
            "population": "AS",
            "levels": "thoracolumbar",
            "approach": "percutaneous",
            "n": total,
            "age": "median 73",
            "followup": "12 months",
        },
    }


def pooled(
    estimate: float | None, low: float | None, high: float | None, method: str = "t", reason: str | None = None
) -> Json:
    """Return a pooled block."""
    reporting = {"estimate": estimate, "ci_low": low, "ci_high": high}
    inner = estimate is not None and 0 < estimate < 1
    return {
        "scale": "logit",
        "estimate": math.log(estimate / (1 - estimate)) if inner and estimate else None,
        "se": 0.3 if inner else None,
        "ci_low": None,
        "ci_high": None,
        "ci_method": method,
        "df": None,
        "reason": reason,
        "reporting": reporting,
        "intervals": [
            {"method": "t", "reporting": {"ci_low": low, "ci_high": high}, "reason": None},
            {
                "method": "wald",
                "reporting": {"ci_low": None, "ci_high": None},
                "reason": "the estimate is on the boundary",
            },
        ],
    }


def document(counts: list[tuple[int, int]], names: list[str] | None = None, *, comparator: bool = True) -> Json:
    """Return a whole document for some events and totals; summaries are crude ones, which is enough to be shown."""
    k = len(counts)
    events, total = sum(e for e, _ in counts), sum(n for _, n in counts)
    names = names or [f"Study {i + 1}" for i in range(k)]
    low, high = exact(events, total)
    boundary = events in (0, total)
    studies = [study(name, e, n, n / total) for name, (e, n) in zip(names, counts, strict=True)]
    has_prediction = k >= 3 and not boundary
    prediction = (
        {"ci_low": max(low - 0.03, 0.0002), "ci_high": min(high + 0.03, 0.9999)}
        if has_prediction
        else {"ci_low": None, "ci_high": None}
    )
    many = k > 1 and not boundary
    leave = []
    for i, name in enumerate(names if k > 1 else []):
        rest_events, rest_total = events - counts[i][0], total - counts[i][1]
        rest_low, rest_high = exact(rest_events, rest_total)
        leave.append(
            {
                "omitted": name,
                "k": k - 1,
                "estimate": rest_events / rest_total,
                "ci_low": rest_low,
                "ci_high": rest_high,
                "tau2": 0.1,
                "i2": 0.2,
            }
        )
    return {
        "schema": "synth.pool/1",
        "generator": {"name": "synth", "version": "0.1.0"},
        "command": "synth pool --outcome mortality_1y",
        "review": {
            "title": "Minimally invasive surgery for spinal fractures in the ankylosed spine",
            "question": {
                "text": "How do patients fare after minimally invasive fixation of a fracture of the ankylosed spine?",
                "population": "Adults with ankylosing spondylitis or DISH and a spinal fracture",
                "intervention": "Percutaneous or minimally invasive fixation",
                "comparator": "Open fixation",
            },
        },
        "outcome": "mortality_1y",
        "outcome_info": {
            "label": "Death within one year",
            "definition": "Death of any cause",
            "time_point": "one year after surgery",
            "direction": "lower is better",
            "predicate": "died within one year of surgery",
        },
        "arm": {"id": "mis", "label": "Minimally invasive"},
        "settings": {
            "measure": "PLOGIT",
            "model": "glmm",
            "effects": "random",
            "tau2_method": "ML",
            "ci_method": "t" if many else "exact",
            "ci_requested": "auto",
            "prediction_method": "t",
            "study_ci_method": "clopper-pearson",
            "level": 0.95,
        },
        "k": k,
        "events": events,
        "total": total,
        "crude": {"estimate": events / total, "ci_low": low, "ci_high": high, "method": "clopper-pearson"},
        "studies": studies,
        "excluded": [
            {
                "study": "Study P",
                "arm": "mis",
                "events": 0,
                "total": 11,
                "reason": "two copies of the abstract disagree on the arm sizes",
                "percent_reported": "0% of eleven",
                "note": "the journal page has ten",
                "file": "extracted/results.csv",
                "row": 31,
            },
            {
                "study": "Study Q",
                "arm": "unclear",
                "events": None,
                "total": None,
                "reason": "the approach is not stated",
                "file": "extracted/results.csv",
                "row": 70,
            },
        ],
        "pooled": pooled(
            events / total, low, high, "t" if many else "exact", None if many else "one study or a boundary: exact"
        ),
        "population_average": {"estimate": events / total if many else None, "reason": None if many else "one study"},
        "tau2": {
            "value": 0.4123 if many else None,
            "method": "ML",
            "tau": 0.642 if many else None,
            "ci_low": 0.0 if many else None,
            "ci_high": 3.2 if many else None,
            "ci_method": "profile" if many else None,
            "test": {"statistic": 1.2, "p_value": 0.137, "method": "likelihood-ratio, boundary mixture"}
            if many
            else None,
            "reason": None if many else "nothing is known about differences between series",
        },
        "heterogeneity": {
            "q": 7.42 if many else None,
            "q_method": "Wald-type" if many else None,
            "df": k - 1 if many else None,
            "p_value": 0.1152 if many else None,
            "i2": 0.4612 if many else None,
            "i2_ci_low": 0.0 if many else None,
            "i2_ci_high": 0.87 if many else None,
            "i2_method": "from tau2" if many else None,
            "h2": 1.86 if many else None,
            "reason": None if many else "nothing is known about differences between series",
        },
        "prediction": {
            "method": "t" if has_prediction else None,
            "df": k - 1 if has_prediction else None,
            "ci_low": None,
            "ci_high": None,
            "reporting": prediction,
            "reliable": k >= 10 if has_prediction else None,
            "reason": None
            if has_prediction
            else "a prediction interval needs three series or more and an estimate inside the range",
        },
        "leave_one_out": leave,
        "sensitivity": [
            {
                "id": "stated_denominators",
                "label": "Without series whose denominator was derived",
                "why": "a derived denominator may be too large",
                "omitted": [names[-1]],
                "k": k - 1,
                "events": events,
                "total": total - 1,
                "reporting": {"estimate": 0.123, "ci_low": 0.045, "ci_high": 0.2},
                "ci_method": "t",
                "tau2": 0.0,
                "reason": None,
            }
        ]
        if k > 2
        else [],
        "comparators": [
            {
                "arm": {"id": "open", "label": "Open surgery"},
                "k": 2,
                "events": 11,
                "total": 61,
                "studies": [
                    study("Study X", 3, 20, 0.4, arm="open", note="mixed levels"),
                    study("Study Y", 8, 41, 0.6, arm="open"),
                ],
                "excluded": [
                    {
                        "study": "Study R",
                        "arm": "open",
                        "events": None,
                        "total": 90,
                        "reason": "no figure at one year",
                        "file": "extracted/results.csv",
                        "row": 88,
                    }
                ],
                "pooled": pooled(11 / 61, 0.094, 0.3, "profile"),
            }
        ]
        if comparator
        else [],
        "notes": ["Two series come from the same country"],
        "inputs": [
            {"path": "extracted/results.csv", "sha256": "ab12" * 16},
            {"path": "review.toml", "sha256": "cd34" * 16},
        ],
    }


def one() -> Json:
    """Return the shipped shape of one series with a comparator."""
    return document([(7, 43)], ["Wänman 2023"])


def five() -> Json:
    """Return five series, two of them with figures worked out."""
    made = document(
        [(29, 30), (26, 26), (28, 28), (23, 23), (12, 12)],
        ["Wänman 2023", "Study B", "Study C", "Study D", "Study E"],
    )
    made["outcome"], made["outcome_info"]["label"] = "fusion", "Fusion"
    made["outcome_info"]["predicate"] = "had a fused fracture at follow-up"
    made["outcome_info"]["direction"] = "higher is better"
    made["studies"][0]["provenance"]["percent_reported"] = "97%"
    for i in (2, 3):
        made["studies"][i]["provenance"].update(
            total_basis="derived", bound="upper", confidence="low", note="worked out as all minus the deaths"
        )
    made["studies"][1]["provenance"]["events_basis"] = "derived"
    made["sensitivity"][0].update(omitted=["Study C", "Study D"], k=3)
    return made


def two_arms() -> Json:
    """Return five series with two comparator arms; the one series of the second is also in the answer."""
    made = five()
    made["comparators"].append(
        {
            "arm": {"id": "open_cervical", "label": "Open surgery, cervical spine"},
            "k": 1,
            "events": 9,
            "total": 12,
            "studies": [study("Study B", 9, 12, 1.0, arm="open_cervical")],
            "excluded": [],
            "pooled": pooled(0.75, 0.43, 0.95, "exact"),
        }
    )
    return made


def many(k: int) -> Json:
    """Return k series of all sizes."""
    return document([(max(1, (7 * i) % 9), 12 + (13 * i) % 160) for i in range(k)])


def all_zero() -> Json:
    """Return series without any event."""
    return document([(0, 12), (0, 30), (0, 9)])


def all_events() -> Json:
    """Return series in which every patient had the event."""
    return document([(12, 12), (30, 30)])


def hostile() -> Json:
    """Return a document whose every text is an attack or an accident."""
    made = document([(3, 20 + i) for i in range(len(HOSTILE))], list(HOSTILE))
    made["review"]["title"] = made["outcome_info"]["label"] = made["command"] = HOSTILE[0]
    made["outcome_info"]["predicate"] = HOSTILE[9]
    made["notes"] = [HOSTILE[9], HOSTILE[2]]
    made["studies"][0]["provenance"].update(source="javascript:alert(1)", note=HOSTILE[9], where=HOSTILE[0])
    made["studies"][1]["descriptors"].update(doi='10.1000/"><script>', pmid="1 OR 1", title=HOSTILE[0])
    made["studies"][2]["provenance"]["source"] = "data:text/html,<script>alert(1)</script>"
    made["comparators"][0]["arm"]["label"] = HOSTILE[0]
    return made


def bare() -> Json:
    """Return what a one-off table gives: nulls and missing keys wherever the schema allows."""
    low, high = exact(7, 43)
    return {
        "schema": "synth.pool/1",
        "generator": {"name": "synth", "version": "0.1.0"},
        "command": "synth pool figures.csv",
        "review": None,
        "outcome": "figures",
        "outcome_info": {
            "label": "deaths",
            "definition": None,
            "time_point": None,
            "direction": "neutral",
            "predicate": None,
        },
        "arm": None,
        "settings": {
            "measure": "PLOGIT",
            "model": "glmm",
            "effects": "random",
            "study_ci_method": "clopper-pearson",
            "level": 0.95,
        },
        "k": 1,
        "events": 7,
        "total": 43,
        "studies": [
            {
                "study": "A",
                "arm": None,
                "events": 7,
                "total": 43,
                "estimate": 7 / 43,
                "ci_low": low,
                "ci_high": high,
                "weight": None,
                "analysis": None,
                "provenance": {"file": "figures.csv", "row": 2},
                "descriptors": None,
            }
        ],
        "pooled": {
            "scale": "logit",
            "estimate": None,
            "reason": "one study",
            "reporting": {"estimate": None, "ci_low": None, "ci_high": None},
            "intervals": [],
        },
        "population_average": {"estimate": None, "reason": "one study"},
        "tau2": {"value": None, "reason": None},
        "heterogeneity": {"q": None, "reason": None},
        "prediction": {"reporting": {"ci_low": None, "ci_high": None}, "reason": None},
        "comparators": None,
        "inputs": [],
    }


def every() -> dict[str, Json]:
    """Return all of them by name, passed through JSON as a file would be."""
    made = {
        "one": one(),
        "two": document([(1, 12), (4, 30)]),
        "five": five(),
        "two-arms": two_arms(),
        "twenty": many(20),
        "hundred-fifty": many(150),
        "all-zero": all_zero(),
        "all-events": all_events(),
        "hostile": hostile(),
        "bare": bare(),
    }
    return {name: json.loads(json.dumps(value)) for name, value in made.items()}
