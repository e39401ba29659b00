"""The sections on further analyses: there where asked for, true to their numbers, and absent otherwise."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from synth.report.outcome import page, view, view_text
from synth.report.sections import every as sections
from synth.report.words import quantity, rounding

from . import factory
from . import factory_analyses as analyses
from .test_page import FORBIDDEN, Reader
from .test_words import _paths

DOCUMENTS = {
    "risk ratios": analyses.bcg(),
    "risk differences": analyses.bcg(measure="RD"),
    "proportions": analyses.shares(),
    "inverse": analyses.shares(model="inverse"),
    "few": analyses.few(),
}


@pytest.fixture(params=sorted(DOCUMENTS))
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each document in turn."""
    made: dict[str, Any] = DOCUMENTS[request.param]
    return made


def _section(source: str, name: str) -> str:
    return source.split(f'id="{name}" aria-labelledby')[1].split("</section>")[0]


def test_page_is_whole_and_says_nothing_foreign(document: dict[str, Any]) -> None:
    """A section leaves a tag open, prints None, or uses an id twice."""
    source = page.render(document)
    reader = Reader(source)
    assert reader.faults == []
    assert reader.open == []
    assert FORBIDDEN.search(reader.text) is None
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert not {tag for tag, _ in reader.tags} & {"img", "link", "iframe", "form"}
    assert len([attributes for tag, attributes in reader.tags if tag == "script" and "type" not in attributes]) == 1
    assert len(source.encode()) < 500_000


def test_every_analysis_has_its_section(document: dict[str, Any]) -> None:
    """An analysis that was asked for is not on the page, or has no way there from the top."""
    model = view.page(document)
    expected = {key for key in sections.MAKERS if document["analyses"][key]}
    assert len(model.sections) == len(expected)
    source = page.render(document)
    for part in model.sections:
        assert f'<a href="#{part.id}">' in source
    assert all(part.figures or part.tables or part.said for part in model.sections)


def test_figures_have_words_and_a_table(document: dict[str, Any]) -> None:
    """A picture cannot be read without seeing it."""
    for part in view.page(document).sections:
        for figure in part.figures:
            assert figure.caption
            for picture in (*figure.wide, figure.narrow):
                assert picture == "" or re.search(r"<title id=\S+>.+</title>\n<desc id=\S+>.+</desc>", picture)
        assert not part.figures or part.tables


def test_pages_without_analyses_have_none() -> None:
    """A page that nobody asked anything further of has empty sections."""
    source = page.render(factory.five())
    assert 'class="part analysis"' not in source
    null = {"analyses": dict.fromkeys(sections.MAKERS)}
    # Apart from the document that the page holds.
    assert page.render({**factory.five(), **null}).split("</footer>")[0] == source.split("</footer>")[0]


@pytest.mark.parametrize("name", ["risk ratios", "proportions"])
def test_tables_hold_the_documents_numbers(name: str) -> None:
    """A table of an analysis shows another number than the JSON."""
    document = DOCUMENTS[name]
    found, shown = document["analyses"], quantity.of(document)
    source = page.render(document)
    text = {part.id: Reader("<p>" + _section(source, part.id)).text for part in view.page(document).sections}
    for group in found["subgroups"]["groups"]:
        assert shown.text(group["estimate"]) in text["subgroups"]
        assert shown.interval(group["ci_low"], group["ci_high"]) in text["subgroups"]
    assert rounding.p_value(found["subgroups"]["p_value"]) in text["subgroups"]
    for one in found["regression"]["coefficients"]:
        assert rounding.number(one["estimate"]) in text["regression"]
    for row in found["cumulative"]["rows"]:
        assert shown.effect(row["estimate"], row["ci_low"], row["ci_high"]) in text["cumulative"]
    for row in found["influence"]["rows"]:
        assert rounding.number(row["cooks_distance"]) in text["influence"]
    for test in found["bias"]["tests"]:
        assert test["name"] in text["bias"]
        assert rounding.p_value(test["p_value"]) in text["bias"]
    for row in found["presets"]:
        assert shown.interval(row["ci_low"], row["ci_high"]) in text["presets"]
        for step in row["differences"]:
            said = " ".join(step["sentence"].split()).replace(" %", "%").replace("tau2", "τ²").replace("I2 ", "I² ")
            assert said.replace("k - ", "k − ")[:60] in text["presets"]
            assert shown.interval(step["ci_low"], step["ci_high"]) in text["presets"]
    for key in ("low", "median", "high"):
        assert shown.text(found["gosh"]["estimate"][key]) in text["gosh"]
        assert rounding.percent(found["gosh"]["i2"][key]) in text["gosh"]
    assert rounding.p_value(found["subgroups"]["permutation_p"]) in text["subgroups"]
    assert rounding.p_value(found["regression"]["qm_permutation_p"]) in text["regression"]
    for one in found["multiverse"]["universes"]:
        assert shown.text(one["estimate"]) in text["multiverse"]


def test_too_few_series_for_tests_of_small_ones_is_said() -> None:
    """Where small series cannot be tested the section is empty, or claims a test."""
    document = copy.deepcopy(DOCUMENTS["few"])
    document["analyses"] = {
        "bias": {"k": 4, "tests": [], "reason": "Four studies: tests for small-study effects need at least ten."}
    }
    (part,) = view.page(document).sections
    assert part.said == ("Four studies: tests for small-study effects need at least ten.",)
    assert (part.figures, part.tables) == ((), ())
    said = " ".join(sentence.text for one in view_text.written(document).methods for sentence in one.sentences)
    assert "Four studies" in said or "fewer than ten" in said or "not tested" in said or "not looked for" in said


def test_second_opinions_stand_beside_the_main_interval() -> None:
    """Other models' answers are listed without the answer that they are to be held against."""
    document = DOCUMENTS["few"]
    part = next(one for one in view.page(document).sections if one.id == "opinions")
    reporting = document["pooled"]["reporting"]
    assert part.tables[0].rows[0].cells[2] == rounding.interval(reporting["ci_low"], reporting["ci_high"])
    assert len(part.tables[0].rows) == 1 + len(document["analyses"]["second_opinions"])
    assert all(one.about for one in part.tables[0].rows[1:])


def test_funnels_stand_on_size_for_proportions_and_on_error_for_effects() -> None:
    """A proportion's funnel uses a standard error that depends on the proportion, or an effect's lacks its contours."""
    def funnel(name: str) -> str:
        part = next(one for one in view.page(DOCUMENTS[name]).sections if one.id == "bias")
        return part.figures[0].wide[0]

    assert ">Patients</text>" in funnel("proportions")
    assert "shade1" not in funnel("proportions")
    assert ">Standard error</text>" in funnel("risk ratios")
    assert funnel("risk ratios").count("<polygon") == 3


def test_the_table_of_every_universe_is_folded() -> None:
    """Hundreds of rows stand between a reader and what was left out."""
    folded = _section(page.render(DOCUMENTS["proportions"]), "multiverse")
    assert "<details class=\"long\"><summary>" in folded
    assert "the answer above" in folded


def test_every_citation_of_an_analysis_is_listed(document: dict[str, Any]) -> None:
    """An analysis cites a paper that is not among the references."""
    text = view_text.written(document)
    sentences = [sentence for one in (*text.methods, *text.results) for sentence in one.sentences]
    numbers = {number for sentence in sentences for _, number in sentence.numbers}
    assert numbers <= {reference.number for reference in text.references}
    assert any("Baujat" in reference.text for reference in text.references)


def test_any_gap_in_an_analysis_is_survived() -> None:
    """One null in an analysis stops the report, or is printed as None."""
    document = DOCUMENTS["few"]
    slim = {**document, "analyses": {**document["analyses"], "multiverse": None}}
    for path in sorted(set(_paths(slim["analyses"])), key=str):
        if path[-1] in {"k", "default", "flagged"}:
            continue
        made = copy.deepcopy(slim)
        holder: Any = made["analyses"]
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = None
        drawn = {**made, "analyses": {path[0]: made["analyses"][path[0]]}}
        assert FORBIDDEN.search(Reader(page.render(drawn)).text) is None, path


def test_hostile_names_stay_text_in_sections() -> None:
    """A label runs as code in a picture or a table of an analysis."""
    bad = "</title></svg><script>alert(1)</script>\u202e\x1b"
    document = copy.deepcopy(DOCUMENTS["few"])
    found = document["analyses"]
    found["subgroups"]["variable"] = found["subgroups"]["groups"][0]["name"] = bad
    found["regression"]["moderators"] = [bad]
    found["cumulative"]["variable"] = found["cumulative"]["rows"][0]["added"] = bad
    found["influence"]["baujat"][0]["study"] = found["influence"]["rows"][0]["study"] = bad
    found["second_opinions"][0]["label"] = found["presets"][0]["label"] = bad
    found["multiverse"]["universes"][0]["model"] = found["bias"]["tests"][0]["name"] = bad
    source = page.render(document)
    assert source.count("<script") == 2
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", source)
    assert Reader(source).faults == []
