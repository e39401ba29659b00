"""Whole pages, to the byte."""

from __future__ import annotations

import difflib

import pytest

from .gold.make import GOLD, NAMES, page


@pytest.mark.parametrize("name", NAMES)
def test_gold_pages_are_the_same_to_the_byte(name: str) -> None:
    """A page has changed without anybody having looked at it."""
    made, kept = page(name), (GOLD / f"{name}.html").read_text("utf-8")
    changed = [line[:200] for line in difflib.unified_diff(kept.splitlines(), made.splitlines(), lineterm="", n=0)]
    again = "Look at the page; if it is right: python -m tests.report.gold.make"
    assert made == kept, "\n".join([again, *changed[:12]])
