"""The parts of an outcome's page: judgements beside the forest, certainty, crude figure, numbers to take away, size."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from urllib.parse import unquote

import pytest

from synth.report.outcome import budget, data_links, page, view, view_text, view_trust
from synth.report.words import rounding

from . import factory, factory_analyses
from .test_page import Reader

MANY = factory_analyses.shares()
BAD = "</td><script>alert(1)</script>\u202e"


def judged(support: str = "no list of patients", study: str = "Study 1") -> dict[str, Any]:
    """Return a document with the judgements of two of its five studies."""
    items = [{"number": "1", "text": "Confounding"}, {"number": "2", "text": "Selection"}]

    def row(name: str, first: str, level: str) -> dict[str, Any]:
        return {
            "study": name, "arm": "", "overall": level, "score": None, "missing": [],
            "items": [{"number": "1", "judgement": first, "level": level, "support": support},
                      {"number": "2", "judgement": None, "level": None, "support": ""}],
        }  # fmt: skip

    instrument = {
        "id": "robins-i", "name": "ROBINS-I", "reference": "Sterne 2016", "items": items,
        "studies": [row(study, "serious", "high"), row("Study 2", "low", "low")], "not_judged": ["Study 3"],
    }  # fmt: skip
    return {**factory.five(), "risk_of_bias": {"instruments": [instrument]}}


def rows_of(address: str) -> list[list[str]]:
    """Read the CSV of a link."""
    kind, _, body = address.partition(",")
    assert kind.startswith("data:text/csv")
    return list(csv.reader(io.StringIO(unquote(body).removeprefix("\ufeff"))))


def test_judgements_stand_with_the_forest() -> None:
    """The lights are on another page than the squares they qualify, or say themselves by colour alone."""
    source = page.render(judged())
    forest = source.split('id="forest"')[1].split("</section>")[0]
    table = Reader(forest.split('<table class="lights">')[1].split("</table>")[0]).text
    assert "Study 1 × serious not judged × high" in table
    assert "Study 2 + low not judged + low" in table
    assert "no list of patients" in forest
    assert "Not judged by it: Study 3" in Reader(forest).text


def test_without_judgements_the_forest_says_so() -> None:
    """A reader takes an empty place for a low risk of bias."""
    document = {**factory.five(), "risk_of_bias": None, "risk_of_bias_reason": "no study of this review was judged"}
    assert "Risk of bias: no study of this review was judged." in Reader(page.render(document)).text


def test_hostile_judgements_stay_text() -> None:
    """A cell of the sheet of judgements runs as code."""
    source = page.render(judged(support=BAD, study=BAD))
    assert source.count("<script") == 2
    assert Reader(source).faults == []
    assert "\u202e" not in source


def test_the_crude_figure_stands_beside_the_pooled_one() -> None:
    """A reader cannot see what the weighing of the series does to the answer."""
    document = factory.five()
    (fact,) = [one for one in view.page(document).facts if one.name.startswith("Crude")]
    crude = document["crude"]
    assert fact.value == rounding.percent(crude["estimate"])
    assert rounding.interval(crude["ci_low"], crude["ci_high"]) in fact.note
    assert not [one for one in view.page(factory.document([(3, 40)])).facts if one.name.startswith("Crude")]


def test_certainty_stands_with_the_answer_and_by_domain() -> None:
    """The answer is read without how sure it is, or a domain without the numbers behind it."""
    domain: dict[str, Any] = {
        "id": "imprecision", "label": "Imprecision", "used": "serious", "judged": None,
        "suggestion": {"judgement": "serious", "why": "119 patients & no more.", "numbers": {"total": 119}},
    }  # fmt: skip
    own = {**domain, "label": "Indirectness", "judged": {"judgement": "not serious", "reason": BAD}}
    found: dict[str, Any] = {
        "words": "Certainty of the evidence (suggested from the numbers): low.", "level": "low", "at_most": False,
        "about": "Rated is the figure.", "by": "both", "start": domain, "domains": [domain, own], "upgrades": [],
    }  # fmt: skip
    source = page.render({**factory.five(), "certainty": found})
    answer = source.split('id="answer"')[1].split("</section>")[0]
    assert "⊕⊕◯◯" in answer
    assert found["words"] in Reader(answer).text
    table = Reader(source.split('<table class="domains">')[1].split("</table>")[0]).text
    assert "119 patients & no more." in table
    assert "not serious" in table
    assert source.count("<script") == 2
    assert view_trust.certainty({"certainty": None}) is None


def test_every_figure_has_its_numbers_to_take_away() -> None:
    """A figure's numbers must be typed off the screen, or are others than those of the document."""
    found = data_links.links(MANY)
    sections = {part.id for part in view.page(MANY).sections if part.figures}
    assert sections | {"forest", "otherwise"} <= set(found)
    head, *rows = rows_of(found["forest"][0].address)
    at = {name: head.index(name) for name in ("study", "estimate", "ci_low", "ci_high")}
    assert [row[at["study"]] for row in rows] == [study["study"] for study in MANY["studies"]]
    for name in ("estimate", "ci_low", "ci_high"):
        assert [float(row[at[name]]) for row in rows] == [study[name] for study in MANY["studies"]]
    head, *rows = rows_of(found["multiverse"][0].address)
    universes = MANY["analyses"]["multiverse"]["universes"]
    assert len(rows) == len(universes)
    assert {row[head.index("estimate")] for row in rows} >= {repr(one["estimate"]) for one in universes[:3]}


def test_the_diamond_stands_at_the_estimate() -> None:
    """The picture shows another answer than the number."""
    document = factory.five()
    source = page.render(document)
    picture = source.split('<svg class="forest"')[1].split("</svg>")[0]
    axis = {name: float(re.search(rf'data-axis-{name}="([^"]+)"', picture)[1]) for name in ("low", "high", "left", "right")}  # type: ignore[index]  # noqa: E501
    points = re.search(r'<polygon class="pooled" points="([^"]+)"', picture)
    assert points is not None
    across = [float(pair.split(",")[0]) for pair in points[1].split()]
    reporting = document["pooled"]["reporting"]
    for value, place in (("ci_low", min(across)), ("estimate", sorted(across)[1]), ("ci_high", max(across))):
        share = (100 * reporting[value] - axis["low"]) / (axis["high"] - axis["low"])
        expected = axis["left"] + share * (axis["right"] - axis["left"])
        # The coordinates are written with two decimals, the ends of the axis too.
        assert place == pytest.approx(min(max(expected, axis["left"]), axis["right"]), abs=0.02)


def test_what_is_not_there_is_said_with_its_reason() -> None:
    """A part that a reader looks for is missing without a word."""
    document = {**factory.five(), "what_if": None, "what_if_reason": "one study: nothing is left without it"}
    document["analyses"] = {"influence": None, "influence_reason": "only the answer was asked for (--quick)"}
    said = {one.name: one.value for one in view.missing(document)}
    assert said["What each series does to the answer"] == "Only the answer was asked for (--quick)."
    assert said["What if some series were left out"] == "One study: nothing is left without it."
    text = Reader(page.render(document)).text
    assert all(value in text for value in said.values())


def test_a_dozen_series_fit_whatever_was_asked_for() -> None:
    """The page of a dozen series with every analysis that there is is too heavy to be sent by mail."""
    assert len(page.render(MANY).encode()) <= budget.MOST


@pytest.mark.parametrize("most", [10_000_000, 150_000, 1])
def test_what_is_left_out_for_size_is_said(most: int) -> None:
    """A long part goes without a word, or a page stays large although it could be smaller."""
    text = view_text.written(MANY)
    left = frozenset(budget.STEPS) if most == 1 else frozenset()
    kept = view_text.without(MANY, text, left)
    assert (kept.script is None) is (kept.bibtex == "") is bool(left)
    assert bool(kept.bibtex_said) is bool(kept.script_said) is bool(left)
    found = data_links.links(MANY)
    for part, one in data_links.without(MANY, found, left).items():
        assert (one.links == found[part]) is not bool(left), part
        assert ("left out to keep this page small" in one.said) is bool(left), part
    asked: list[frozenset[str]] = []

    def render(out: frozenset[str]) -> str:
        asked.append(out)
        return "x" * (200_000 - 20_000 * len(out))

    assert len(budget.fitted(render, most)) <= max(most, 200_000 - 20_000 * len(budget.STEPS))
    assert asked[0] == frozenset()


def test_methods_and_results_cite_what_is_listed() -> None:
    """A number in the text leads to no reference."""
    source = page.render(MANY)
    cited = set(re.findall(r'href="#(ref-\d+)"', source))
    listed = set(re.findall(r'id="(ref-\d+)"', source))
    assert cited <= listed
    assert len(cited) > 5
