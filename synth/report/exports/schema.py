"""The JSON Schema of a pooled document: what ``docs/json.md`` says in words, so that a program can hold it."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from ...meta.analyses.bias import BiasAnalysis
from ...meta.analyses.cumulative import CumulativeAnalysis
from ...meta.analyses.gosh import GoshAnalysis
from ...meta.analyses.influence import InfluenceAnalysis
from ...meta.analyses.moderators import ModeratorAnalysis
from ...meta.analyses.opinions import Opinion
from ...meta.analyses.subgroups import SubgroupAnalysis
from ...meta.choices.multiverse import Multiverse
from ...meta.choices.preset_comparison import PresetRow
from ...meta.measures.effects import MEASURES
from ...meta.results import (
    Heterogeneity,
    Omitted,
    Pooled,
    PopulationAverage,
    Prediction,
    Reporting,
    Settings,
    Tau2,
)
from ...meta.settings import EFFECTS, MODELS
from .schema_parts import certainty, risk_of_bias, what_if
from .schema_words import (
    COMMON,
    COUNT,
    FRACTION,
    NUMBER,
    SHA256,
    TEXT,
    WORDS,
    any_of,
    listed,
    nullable,
    record,
    told,
)
from .tables import DESCRIPTORS, PROVENANCE

Json = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
NAME: Final = "synth.pool/1"
_ANALYSES: Final[dict[str, Any]] = {
    "subgroups": SubgroupAnalysis, "more_subgroups": [SubgroupAnalysis], "regression": ModeratorAnalysis,
    "cumulative": CumulativeAnalysis, "influence": InfluenceAnalysis, "gosh": GoshAnalysis, "bias": BiasAnalysis,
    "second_opinions": [Opinion], "presets": [PresetRow], "multiverse": Multiverse,
}  # fmt: skip
_ARM: Final[Json] = record({"id": TEXT, "label": TEXT}, title="Arm")
_WHOLE_CELLS: Final = ("row", "n", "year", "n_study")


@cache
def schema() -> Json:
    """Return the schema of ``synth.pool/1`` (JSON Schema, draft 2020-12).

    Returns
    -------
    dict
        Every object lists its names and takes no other; every null has its reason where ``docs/json.md`` puts it. What
        the mathematics gives is told from the types of its frozen results, so that the two cannot drift apart.

    Examples
    --------
    >>> made = schema()
    >>> made["$schema"], made["properties"]["schema"]["const"]
    ('https://json-schema.org/draft/2020-12/schema', 'synth.pool/1')
    >>> "pooled" in made["required"], made["additionalProperties"]
    (True, False)
    """
    needed: Json = {
        "schema": {"const": NAME},
        "generator": record({"name": {"const": "synth"}, "version": WORDS}),
        "command": TEXT,
        "review": nullable(_review()),
        "outcome": WORDS,
        "outcome_info": _outcome_info(),
        "arm": nullable(_ARM),
        "arms": nullable({**listed(_ARM), "minItems": 2, "maxItems": 2}),
        "settings": _settings(),
        "k": COUNT,
        "events": nullable(COUNT),
        "total": nullable(COUNT),
        "crude": nullable(_crude()),
        "studies": listed(_study()),
        "excluded": listed(_excluded()),
        "pooled": told(Pooled),
        "population_average": told(PopulationAverage),
        "tau2": told(Tau2),
        "heterogeneity": told(Heterogeneity),
        "prediction": told(Prediction),
        "leave_one_out": listed(told(Omitted)),
        "leave_one_out_reason": nullable(WORDS),
        "sensitivity": listed(_sensitivity()),
        "comparators": listed(_comparator()),
        "analyses": _analyses(),
        "loglik": nullable(NUMBER),
        "notes": listed(WORDS),
        "inputs": listed(record({"path": TEXT, "sha256": SHA256})),
    }
    head = {
        "$schema": DIALECT,
        "title": "One pooled outcome of synth",
        "description": "docs/json.md says what each name holds. Proportions, weights, I2 and levels are fractions.",
    }
    joined = {"risk_of_bias": risk_of_bias(), "certainty": certainty(), "what_if": what_if()}
    return head | _shared(record(needed, {name: nullable(each) for name, each in joined.items()}))


def _cell(name: str) -> Json:
    return nullable(COUNT if name in _WHOLE_CELLS else TEXT)


def _review() -> Json:
    names = ("text", "population", "intervention", "comparator")
    question = record({name: nullable(TEXT) for name in names}, {"reason": WORDS})
    return record({"title": TEXT, "question": question})


def _outcome_info() -> Json:
    needed = {
        "label": TEXT, "definition": nullable(TEXT), "time_point": nullable(TEXT),
        "direction": any_of("lower is better", "higher is better", "neutral"), "predicate": TEXT,
    }  # fmt: skip
    return record(needed, {"unit": nullable(TEXT), "time_unit": nullable(TEXT), "reason": WORDS})


def _settings() -> Json:
    own: dict[str, Json] = {
        "measure": any_of(*MEASURES), "model": any_of(*MODELS), "effects": any_of(*EFFECTS),
        "level": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    }  # fmt: skip
    needed = {"preset": nullable(WORDS), **told(Settings, **own)["properties"]}
    return record({name: each for name, each in needed.items() if not name.endswith("_reason")})


def _crude() -> Json:
    properties = told(Reporting)["properties"]
    return record({name: properties[name] for name in ("estimate", "ci_low", "ci_high")} | {"method": WORDS})


def _study() -> Json:
    no_limit = {"estimate": nullable(NUMBER), "ci_low": nullable(NUMBER), "ci_high": nullable(NUMBER)}
    needed: Json = {
        "study": TEXT,
        "arm": nullable(TEXT),
        "events": nullable(COUNT),
        "total": nullable(COUNT),
        "data": {"type": "object", "additionalProperties": NUMBER},
        **dict.fromkeys(no_limit, NUMBER),
        "weight": nullable(FRACTION),
        "shrunken": nullable(record(no_limit)),
        "analysis": record({"estimate": nullable(NUMBER), "se": nullable(NUMBER), "reason": nullable(WORDS)}),
        "provenance": _provenance(),
        "descriptors": nullable(_descriptors()),
    }
    return record(needed, {"provenance_2": _provenance()}, title="Study")


def _provenance() -> Json:
    return record({name: _cell(name) for name in PROVENANCE}, {"reason": WORDS}, title="Provenance")


def _descriptors() -> Json:
    later = ("authors", "n_study", "origin")
    needed = {name: _cell(name) for name in DESCRIPTORS if name not in later}
    return record(needed, {**{name: _cell(name) for name in later}, "reason": WORDS}, title="Descriptors")


def _excluded() -> Json:
    needed = {
        "study": TEXT, "arm": TEXT, "events": nullable(COUNT), "total": nullable(COUNT), "reason": WORDS,
        "file": TEXT, "row": COUNT, "percent_reported": nullable(TEXT), "note": nullable(TEXT),
    }  # fmt: skip
    return record(needed, own_reason=False, title="RowLeftOut")


def _sensitivity() -> Json:
    needed = {
        "id": WORDS, "label": WORDS, "why": TEXT, "omitted": listed(TEXT), "k": COUNT, "events": nullable(COUNT),
        "total": nullable(COUNT), "reporting": told(Reporting), "ci_method": nullable(WORDS),
        "tau2": nullable({"type": "number", "minimum": 0}), "reason": nullable(WORDS),
    }  # fmt: skip
    return record(needed)


def _comparator() -> Json:
    needed = {
        "arm": _ARM, "k": COUNT, "events": nullable(COUNT), "total": nullable(COUNT), "studies": listed(_study()),
        "excluded": listed(_excluded()), "pooled": nullable(told(Pooled)), "tau2": nullable(told(Tau2)),
        "prediction": nullable(told(Prediction)), "reason": nullable(WORDS),
    }  # fmt: skip
    return record(needed)


def _analyses() -> Json:
    made = {
        name: nullable(listed(told(kind[0])) if isinstance(kind, list) else told(kind))
        for name, kind in _ANALYSES.items()
    }
    return record({name: each for name, each in made.items() if name != "more_subgroups"},
                  {"more_subgroups": made["more_subgroups"]})  # fmt: skip


def _shared(body: Json) -> Json:
    """Move every titled object that stands in the schema more than once into ``$defs``, so that people can read it."""
    seen: dict[str, int] = {}

    def count(value: Any) -> None:
        if isinstance(value, dict):
            title = value.get("title")
            if isinstance(title, str):
                seen[title] = seen.get(title, 0) + 1
            for each in value.values():
                count(each)
        elif isinstance(value, list):
            for each in value:
                count(each)

    definitions: Json = dict(COMMON)

    def moved(value: Any) -> Any:
        if isinstance(value, list):
            return [moved(each) for each in value]
        if not isinstance(value, dict):
            return value
        title, inner = value.get("title"), {name: moved(each) for name, each in value.items()}
        if not isinstance(title, str) or seen[title] < 2:
            return inner
        definitions[title] = inner
        return {"$ref": f"#/$defs/{title}"}

    count(body)
    made: Json = moved(body)
    return made | {"$defs": definitions}
