"""Write docs/schema/synth.pool-1.schema.json from the types of the results, so that the two cannot drift apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from synth.report.exports.schema import schema

TARGET = Path(__file__).resolve().parent / "schema" / "synth.pool-1.schema.json"
WIDEST = 118


def laid_out(value: Any, depth: int = 0, taken: int = 0) -> str:
    """Write JSON with everything that fits on one line on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + depth + taken <= WIDEST or not isinstance(value, dict | list) or not value:
        return line
    inner, space = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(value, list):
        return f"[{inner}{f',{inner}'.join(laid_out(each, depth + 1) for each in value)}{space}]"
    names = {name: json.dumps(name, ensure_ascii=False) for name in value}
    parts = [f"{names[name]}: {laid_out(each, depth + 1, len(names[name]) + 3)}" for name, each in value.items()]
    return f"{{{inner}{f',{inner}'.join(parts)}{space}}}"


def render() -> str:
    """Give the whole file."""
    return laid_out(schema()) + "\n"


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(render(), encoding="utf-8")
