"""Hold a document against its schema, as far as JSON Schema goes here, and say the first thing that does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..words import plain
from .schema import schema

Json = Mapping[str, Any]

_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,), "array": (list,), "string": (str,), "number": (int, float), "integer": (int, float),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip
_WORDS: Final = {
    "object": "an object", "array": "a list", "string": "text", "number": "a number", "integer": "a whole number",
    "boolean": "true or false", "null": "null",
}  # fmt: skip


def problem(document: Any, *, lenient: bool = False) -> str | None:
    """Return what is wrong with a document, in half a sentence; ``None`` where it fits the schema.

    Parameters
    ----------
    document : object
        Anything that JSON holds.
    lenient : bool
        Let pass names, and words of a list, that this version of synth does not know: a newer one may have more.

    Returns
    -------
    str or None
        The first misfit and where it stands.

    Examples
    --------
    >>> problem({"schema": "synth.pool/1", "k": "five"}, lenient=True)
    'generator is missing'
    >>> problem([])
    'the document is no object'
    """
    whole = schema()
    return next(misfits(document, whole, whole, lenient=lenient), None)


def misfits(value: Any, rule: Json, whole: Json, path: str = "", *, lenient: bool = False) -> Iterator[str]:
    """Name all that does not fit, first things first; the words of JSON Schema are those that the schema uses."""
    here = path or "the document"
    if "$ref" in rule:
        yield from misfits(value, whole["$defs"][rule["$ref"].rpartition("/")[2]], whole, path, lenient=lenient)
    if "type" in rule:
        kinds = [rule["type"]] if isinstance(rule["type"], str) else rule["type"]
        if not any(_is(value, kind) for kind in kinds):
            yield f"{here} is no {_WORDS[kinds[0]].removeprefix('a ').removeprefix('an ')}"
            return
    if "const" in rule and value != rule["const"]:
        yield f'{here} is not "{rule["const"]}"'
    if "enum" in rule and value not in rule["enum"] and not lenient:
        yield f"{here} is none of {', '.join(rule['enum'])}"
    yield from _limits(value, rule, here)
    if isinstance(value, dict):
        yield from _names(value, rule, whole, path, lenient)
    if isinstance(value, list) and "items" in rule:
        for number, each in enumerate(value):
            yield from misfits(each, rule["items"], whole, f"{path}[{number}]", lenient=lenient)
    if "not" in rule and next(misfits(value, rule["not"], whole, path, lenient=lenient), None) is None:
        yield f"{here} is what it may not be"
    for each in rule.get("allOf", ()):
        yield from misfits(value, each, whole, path, lenient=lenient)
    if "anyOf" in rule:
        yield from _alternatives(value, rule["anyOf"], whole, path, lenient)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool) and kind != "boolean":
        return False
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _KINDS[kind])


def _limits(value: Any, rule: Json, here: str) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) < rule.get("minLength", 0):
            yield f"{here} is empty"
        if "pattern" in rule and not re.search(rule["pattern"], value):
            yield f"{here} is not of the form {rule['pattern']}"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        for word, wrong in (("minimum", value < rule.get("minimum", value)),
                            ("maximum", value > rule.get("maximum", value)),
                            ("exclusiveMinimum", value <= rule.get("exclusiveMinimum", value - 1)),
                            ("exclusiveMaximum", value >= rule.get("exclusiveMaximum", value + 1))):  # fmt: skip
            if word in rule and wrong:
                yield f"{here} is beyond {rule[word]}"
    elif isinstance(value, list) and not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)):
        yield f"{here} has {len(value)} parts"


def _names(value: dict[str, Any], rule: Json, whole: Json, path: str, lenient: bool) -> Iterator[str]:
    properties = rule.get("properties", {})
    dot = f"{path}." if path else ""
    for name in rule.get("required", ()):
        if name not in value:
            yield f"{dot}{name} is missing"
    for name, each in value.items():
        if name in properties:
            yield from misfits(each, properties[name], whole, f"{dot}{name}", lenient=lenient)
        elif rule.get("additionalProperties") is False:
            if not lenient:
                yield f"{dot}{plain.visible(name)[:80]} is a name that is not known"
        elif isinstance(rule.get("additionalProperties"), dict):
            inner = f"{dot}{plain.visible(name)[:80]}"
            yield from misfits(each, rule["additionalProperties"], whole, inner, lenient=lenient)
    for name, each in rule.get("dependentSchemas", {}).items():
        if name in value:
            yield from misfits(value, each, whole, path, lenient=lenient)


def _alternatives(value: Any, rules: list[Json], whole: Json, path: str, lenient: bool) -> Iterator[str]:
    found = [next(misfits(value, each, whole, path, lenient=lenient), None) for each in rules]
    if None in found:
        return
    if {"type": "null"} in rules:
        yield str(found[0])
        return
    missing = [each.rpartition(".")[2] for each in map(str, found) if each.endswith("_reason is missing")]
    here = path or "the document"
    name = missing[0].removesuffix("_reason is missing") if missing else ""
    yield f"{here}: {name} is null without a reason" if name else f"{here} has a null without a reason"
