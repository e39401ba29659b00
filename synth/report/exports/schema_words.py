"""The few words of JSON Schema that the schema of a document is made of, and the frozen results told in them."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, Final

Json = dict[str, Any]

TEXT: Final[Json] = {"type": "string"}
WORDS: Final[Json] = {"type": "string", "minLength": 1}
WHOLE: Final[Json] = {"type": "integer"}
COUNT: Final[Json] = {"type": "integer", "minimum": 0}
NUMBER: Final[Json] = {"type": "number"}
FRACTION: Final[Json] = {"type": "number", "minimum": 0, "maximum": 1}
FLAG: Final[Json] = {"type": "boolean"}
SHA256: Final[Json] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
GIVEN: Final[Json] = {"$ref": "#/$defs/given"}
EXPLAINED: Final[Json] = {"$ref": "#/$defs/explained"}
COMMON: Final[Json] = {
    "given": {"not": {"type": "null"}},
    "explained": {"properties": {"reason": WORDS}, "required": ["reason"]},
}

_PLAIN: Final[dict[Any, Json]] = {float: NUMBER, int: WHOLE, str: TEXT, bool: FLAG}
_FRACTIONS: Final = frozenset({
    "i2", "i2_ci_low", "i2_ci_high", "i2_with", "i2_without", "level", "weight", "hat", "p_value", "permutation_p",
    "qm_p", "qe_p", "qm_permutation_p", "r2",
})  # fmt: skip
_COUNTS: Final = frozenset({"k", "count", "count_apart", "defined", "filled", "pooled", "unanswered"})
_NOT_NEGATIVE: Final = frozenset({"tau2", "tau", "se", "sigma2", "tau2_deleted", "h2", "tau2_with", "tau2_without"})


def nullable(schema: Mapping[str, Any]) -> Json:
    """Allow null beside what a schema allows.

    Examples
    --------
    >>> nullable({"type": "number", "minimum": 0})
    {'type': ['number', 'null'], 'minimum': 0}
    >>> nullable({"$ref": "#/$defs/reporting"})
    {'anyOf': [{'$ref': '#/$defs/reporting'}, {'type': 'null'}]}
    """
    if isinstance(schema.get("type"), str) and schema["type"] not in ("object", "array") and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [dict(schema), {"type": "null"}]}


def is_nullable(schema: Mapping[str, Any]) -> bool:
    """Tell whether a schema was made by :func:`nullable`."""
    return "null" in schema.get("type", ()) or {"type": "null"} in schema.get("anyOf", ())


def listed(schema: Mapping[str, Any]) -> Json:
    """Return the schema of a list."""
    return {"type": "array", "items": dict(schema)}


def any_of(*words: str) -> Json:
    """Return the schema of one word of several."""
    return {"type": "string", "enum": list(words)}


def record(
    needed: Mapping[str, Json],
    optional: Mapping[str, Json] | None = None,
    *,
    own_reason: bool = True,
    around: bool = False,
    title: str = "",
) -> Json:
    """Return the schema of an object: no other name, and no null without a reason.

    Parameters
    ----------
    needed, optional : mapping
        Schemas by name.
    own_reason : bool
        Whether ``reason`` explains a null; otherwise only ``NAME_reason`` does.
    around : bool
        Whether the object around this one may hold the reason, as it may for ``reporting``.
    title : str
        What it is called, where the schema holds it more than once.

    Returns
    -------
    dict

    Examples
    --------
    >>> made = record({"df": nullable(NUMBER)})
    >>> sorted(made["properties"]), made["additionalProperties"]
    (['df', 'df_reason'], False)
    """
    known = {**needed, **(optional or {})}
    properties, beside, rules = dict(known), {}, []
    for name, schema in known.items():
        why = f"{name}_reason"
        if name == "reason" or not is_nullable(schema) or name.endswith("_reason"):
            continue
        if why not in known:
            properties[why] = dict(WORDS)
            beside[why] = {"properties": {name: {"type": "null"}}}
        if not around:
            rules.append({"anyOf": [{"properties": {name: GIVEN}}, {"required": [why]}]})
    if rules and own_reason and ("reason" in known):
        rules = [{"anyOf": [EXPLAINED, {"allOf": rules}]}]
    if "reporting" in known:
        rules += [_around(name) for name in ("estimate", "ci_low", "ci_high")]
    made: Json = {"title": title} if title else {}
    made |= {"type": "object", "properties": properties, "required": list(needed), "additionalProperties": False}
    return made | ({"dependentSchemas": beside} if beside else {}) | ({"allOf": rules} if rules else {})


def _around(name: str) -> Json:
    """A null inside ``reporting`` is explained there, or by the object around it."""
    inside = {"properties": {"reporting": {"anyOf": [{"properties": {name: GIVEN}}, {"required": [f"{name}_reason"]}]}}}
    return {"anyOf": [inside, {"required": [f"{name}_reason"]}, EXPLAINED]}


def told(kind: Any, name: str = "", /, **other: Json) -> Json:
    """Return the schema of a frozen result, field by field from its type.

    Parameters
    ----------
    kind : type
        A dataclass, or the type of a field.
    name : str
        Of the field: shares are from 0 to 1, counts and variances not below 0.
    **other : dict
        Schemas of fields that a type does not tell enough of.

    Returns
    -------
    dict

    Examples
    --------
    >>> told(float | None, "i2")
    {'type': ['number', 'null'], 'minimum': 0, 'maximum': 1}
    >>> told(tuple[str, ...])
    {'type': 'array', 'items': {'type': 'string'}}
    """
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        fields = {field.name: other.get(field.name) or told(hints[field.name], field.name)
                  for field in dataclasses.fields(kind)}  # fmt: skip
        title = str(getattr(kind, "__name__", ""))
        return record(fields, around=title == "Reporting", title=title)
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        (inner,) = [part for part in parts if part is not types.NoneType]
        return nullable(told(inner, name))
    if origin is tuple:
        return listed(told(parts[0]))
    if origin is dict:
        return {"type": "object", "additionalProperties": told(parts[1])}
    schema = dict(_PLAIN[kind])
    if kind is float and name in _FRACTIONS:
        return dict(FRACTION)
    if (kind is int and name in _COUNTS) or (kind is float and name in _NOT_NEGATIVE):
        return {**schema, "minimum": 0}
    return schema
