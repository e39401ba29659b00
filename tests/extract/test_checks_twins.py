"""One study that came in twice, under two labels."""

from __future__ import annotations

import pytest

from .sheets import clean, only, understood

HEAD = "study,arm,outcome,events,total\n"


@pytest.mark.parametrize(
    ("first", "second"),
    [("Smith, 2010", "smith 2010"), ("Smith 2010", "Smith2010"), ("W\u00e4nman 2023", "Wanman 2023"),
     ("O\u2019Brien 2011", "OBrien 2011"), ("S\u00f8rensen 2012", "Sorensen (2012)"), ("Smith 2010", "SMITH 2010")],
)  # fmt: skip
def test_labels_that_differ_in_spelling_alone(first: str, second: str) -> None:
    """A study whose label was typed in two ways is pooled twice without a word."""
    found = understood(f'{HEAD}"{first}",mis,fusion,3,20\n"{second}",mis,infection,1,20\n')
    problem = only(found, "warning")
    assert (problem.row, problem.value) == (3, second)
    assert f'"{first}" (row 2)' in problem.message


@pytest.mark.parametrize(("first", "second"), [("Smith 2010a", "Smith 2010b"), ("Li 2010", "Liu 2010"),
                                               ("\u0915\u093f 2010", "\u0915\u0941 2010")])  # fmt: skip
def test_labels_of_two_studies(first: str, second: str) -> None:
    """Studies that a letter tells apart would be taken for one."""
    clean(understood(f"{HEAD}{first},mis,fusion,3,20\n{second},mis,fusion,4,20\n"))


def test_the_very_same_figures_under_two_labels() -> None:
    """A paper that two people extracted, each under a label of his own, is pooled twice without a word."""
    rows = "{0},mis,fusion,3,20\n{0},mis,infection,1,20\n"
    found = understood(HEAD + rows.format("Smith 2010") + "Doe 2012,mis,fusion,3,21\n" + rows.format("Jones 2011"))
    problem = only(found, "warning")
    assert (problem.row, problem.value) == (5, "Jones 2011")
    assert 'the very same figures as "Smith 2010" (row 2)' in problem.message


def test_a_label_typed_twice_with_its_figures_is_told_once() -> None:
    """Two warnings of one slip hide the others."""
    found = understood(f'{HEAD}"Smith, 2010",mis,fusion,3,20\nsmith 2010,mis,fusion,3,20\n')
    assert "punctuation" in only(found, "warning").message


def test_nobody_of_twenty_is_no_sign() -> None:
    """Every two small series without an event would be taken for one."""
    clean(understood(f"{HEAD}A,mis,fusion,0,20\nB,mis,fusion,0,20\nC,mis,fusion,4,8\nD,mis,fusion,4,8\n"))


def test_studies_that_overlap_already_are_not_warned_of() -> None:
    """What a person has said already would be asked again."""
    studies = "study,arm,overlaps\nA,mis,\nB,mis,A\n"
    clean(understood(f"{HEAD}A,mis,fusion,3,20\nB,mis,fusion,3,20\n", studies))
