"""Very many series: the page stays small, and says what it leaves to the JSON."""

from __future__ import annotations

import pytest

from synth.report.outcome import page, view

from . import factory
from .test_page import Reader


@pytest.mark.parametrize("k", [200, 500, 3000])
def test_a_crowded_page_stays_small(k: int) -> None:
    """The page of many series is too heavy to be sent by mail, or grows without bound."""
    source = page.render(factory.many(k))
    assert len(source.encode()) < 500_000
    text = Reader(source).text
    assert "The JSON file beside this page gives the source and the remarks of every row." in text
    assert f"Drawn are the 100 of {'3000' if k == 3000 else k} series that carry most weight." in text
    assert ("Listed are the 500" in text) is (k > 500)
    assert text.count("Of ") >= 1


def test_five_hundred_long_names_fit() -> None:
    """Long labels make the page of many series too heavy after all."""
    document = factory.document([(3, 40)] * 500, [f"{i} {'x' * 300}" for i in range(500)])
    assert len(page.render(document).encode()) < 500_000


def test_every_series_of_five_hundred_is_listed() -> None:
    """A series of a crowded answer is not on its page at all."""
    model = view.page(factory.many(500))
    assert {row.study for row in model.studies} == {f"Study {i + 1}" for i in range(500)}


def test_the_page_of_a_usual_review_keeps_its_sources() -> None:
    """Provenance is left out although there is room for it."""
    model = view.page(factory.many(150))
    assert not model.crowded
    assert all(row.details for row in model.studies)


def test_leave_one_out_of_many_lists_what_moves_the_answer() -> None:
    """Of five hundred answers the page lists some that do not matter, and says nothing about the others."""
    document = factory.many(300)
    document["leave_one_out"][250]["estimate"] = 0.9
    model = view.page(document)
    assert len(model.leave_one_out) == 20
    assert "without Study 251" in {row.label for row in model.leave_one_out}
    assert "Of 300 answers without one series, these 20 differ most" in model.leave_one_out_said


def test_what_a_crowded_page_cannot_hold_is_said_where_it_would_stand() -> None:
    """A reader looks for BibTeX, script, answers or numbers on a large page and finds neither them nor a word."""
    document = {**factory.many(200), "what_if": {"held": "one"}}
    document["studies"][0]["data"] = {"events": 3, "total": 40}
    source = page.render(document)

    def part(name: str) -> str:
        return Reader(source.split(f'id="{name}"')[1].split("</section>")[0]).text

    assert "The references as BibTeX are left out to keep this page small" in part("methods")
    assert "The R script is left out to keep this page small" in part("reproduce")
    text = Reader(source).text
    assert "This page is too large to hold those answers." in text
    assert "this page would be too large with them" in text
    assert "themselves." in part("methods")
