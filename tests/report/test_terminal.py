"""The terminal: the same numbers, inside its width, without anybody's control codes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from synth.report.terminal import answer as terminal
from synth.report.words import plain, rounding

from . import factory
from . import factory_analyses as analyses

DOCUMENTS = factory.every()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_forest_fits_and_is_plain(name: str, unicode: bool, width: int) -> None:
    """Lines wrap and the drawing falls apart, or a name sends codes to the terminal."""
    text = terminal.forest(DOCUMENTS[name], width=width, unicode=unicode)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    assert max(plain.columns(line) for line in text.splitlines()) <= width
    if not unicode:
        text.encode("ascii")


@pytest.mark.parametrize("width", [50, 80, 140])
@pytest.mark.parametrize("unicode", [True, False])
def test_summary_has_a_line_for_each_outcome(unicode: bool, width: int) -> None:
    """An outcome is missing from the table, or its answer was rounded elsewhere."""
    documents = list(DOCUMENTS.values())
    text = terminal.summary(documents, width=width, color=False, unicode=unicode)
    lines = text.splitlines()
    assert len(lines) == 1 + len(documents)
    assert "\x1b" not in text
    for line, document in zip(lines[1:], documents, strict=True):
        estimate = document["pooled"]["reporting"]["estimate"]
        if estimate is not None:
            assert rounding.percent(estimate) in line
        assert plain.columns(line) <= width


def test_colour_adds_codes_and_nothing_else() -> None:
    """With colour the table says something else than without."""
    documents = [DOCUMENTS["five"], DOCUMENTS["one"]]
    coloured = terminal.summary(documents, width=120, color=True, unicode=True)
    bare = terminal.summary(documents, width=120, color=False, unicode=True)
    stripped = re.sub("\x1b\\[[0-9]+m", "", coloured)
    assert "\x1b[" in coloured
    assert [line.rstrip() for line in stripped.splitlines()] == bare.splitlines()


def test_nothing_to_show_is_nothing() -> None:
    """An empty run prints a table head with no table."""
    assert terminal.summary([], width=80, color=True, unicode=True) == ""


def test_forest_shows_each_series_and_the_answer() -> None:
    """A series or the pooled answer is missing from the drawing."""
    document: dict[str, Any] = DOCUMENTS["five"]
    text = terminal.forest(document, width=110)
    for study in document["studies"]:
        assert study["study"] in text
    assert "Pooled" in text
    assert rounding.percent(document["pooled"]["reporting"]["estimate"]) in text


def test_a_drawing_for_a_pipe_is_ascii_and_its_names_are_not() -> None:
    """A pipe gets signs that what reads it cannot show, or loses the letters of names to be rid of them."""
    text = terminal.forest(DOCUMENTS["five"], width=110, signs=False)
    assert "Wänman" in text
    assert not set(text) & set("─├┤←→■◆○◇═┊│")
    whole = terminal.forest(DOCUMENTS["five"], width=110)
    assert [len(line) for line in text.splitlines()] == [len(line) for line in whole.splitlines()]
    assert {"■", "◆"} <= set(whole)


@pytest.mark.parametrize(
    ("data", "settings", "heading", "cell"),
    [
        ({"mean": [5.0, 6.0], "sd": [1.0, 2.0], "n": [20, 35]}, {}, "Patients", "55"),
        ({"r": [0.3, 0.1], "n": [40, 66]}, {}, "Patients", "106"),
        ({"events": [12, 5], "time": [1200.0, 640.5]}, {}, "Events/time", "17/"),
        ({"events": [12, 5], "total": [120, 64]}, {}, "Events/total", "17/184"),
        ({"estimate": [0.1, 0.2], "se": [0.2, 0.3]}, {}, "", ""),
    ],
)
def test_the_summary_names_what_was_counted(
    data: dict[str, list[Any]], settings: dict[str, Any], heading: str, cell: str
) -> None:
    """Means, rates and estimates stand under "Events/total", with a dash in it."""
    document = analyses.document(data, **settings)
    head, line = terminal.summary([document], width=120).splitlines()
    heads = re.split(r" {2,}", head)
    if not heading:
        assert heads[2] == "Estimate"
        return
    assert heads[2] == heading
    assert re.split(r" {2,}", line)[2].startswith(cell)
    both = terminal.summary([document, factory.five()], width=120).splitlines()[0]
    assert re.split(r" {2,}", both)[2] == ("Data" if heading == "Events/time" else "Events/total")
