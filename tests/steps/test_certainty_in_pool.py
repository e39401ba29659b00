"""From review.toml to the page: what the reviewers judge of certainty, and the answers without some series."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth.errors import ProblemsError
from synth.report.outcome.embedded import extract
from synth.report.whatif.table import decode
from synth.report.words import rounding
from synth.review import parse_review
from synth.steps.grade import NOT_JUDGED, OF_ANOTHER, OUTSIDE
from synth.steps.init import init
from synth.steps.pool import pool_file, pool_review
from synth.workspace import Workspace

REVIEW = """
schema = 1
title = "T"
primary_arm = "a"
comparator_arms = ["b"]
question.text = "How many?"
arms.a.label = "A"
arms.b.label = "B"
outcomes.deaths.label = "Death"
[outcomes.deaths.certainty]
risk_of_bias = {judgement = "serious", reason = "<b>no</b> series says who was lost"}
indirectness = {judgement = "not serious", reason = "the patients of the question"}
"""
ROWS = [
    ("A", "a", 3, 40),
    ("B", "a", 5, 61),
    ("C", "a", 1, 25),
    ("A", "b", 9, 44),
    ("B", "b", 8, 50),
    ("C", "b", 6, 30),
]


def review(folder: Path, text: str = REVIEW) -> Workspace:
    """Make a review with one outcome in two arms."""
    init(folder)
    (folder / "review.toml").write_text(text, encoding="utf-8")
    lines = ["study,arm,outcome,events,total", *(f"{s},{arm},deaths,{e},{n}" for s, arm, e, n in ROWS)]
    (folder / "extracted" / "results.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    studies = ["study,arm,title", *(f"{s},{arm},Title" for s, arm, _, _ in ROWS)]
    (folder / "extracted" / "studies.csv").write_text("\n".join([*studies, ""]), encoding="utf-8")
    return Workspace(folder, parse_review(text.encode()))


def certainty(document: dict[str, Any]) -> dict[str, Any]:
    """Give the certainty of a document by domain."""
    return {each["id"]: each for each in document["certainty"]["domains"]} | {"whole": document["certainty"]}


def test_the_reviewers_judgement_reaches_document_and_page(tmp_path: Path) -> None:
    """What somebody judged in review.toml is not on the page, is markup there, or hides the suggestion."""
    made = pool_review(review(tmp_path), ["deaths"]).pooled[0]
    found = certainty(made.document)
    assert found["risk_of_bias"]["used"] == "serious"
    assert found["risk_of_bias"]["suggestion"]["judgement"] is None
    assert found["imprecision"]["judged_reason"] == "review.toml has no judgement of it"
    assert found["whole"]["by"] == "both"
    html = made.html_path.read_text(encoding="utf-8")
    assert "&lt;b&gt;no&lt;/b&gt; series says who was lost" in html
    assert "<b>no</b>" not in html
    assert found["whole"]["words"] in html
    assert "https://doi.org/10.1136/bmj.h870" in html


def test_other_arms_and_comparisons_are_judged_apart(tmp_path: Path) -> None:
    """A judgement of one arm stands on the page of another, or of the comparison."""
    workspace = review(tmp_path)
    other = pool_review(workspace, ["deaths"], arm="b").pooled[0].document
    assert certainty(other)["risk_of_bias"]["judged_reason"] == OF_ANOTHER
    pair = pool_review(workspace, ["deaths"], compare=("a", "b")).pooled[0].document
    assert certainty(pair)["risk_of_bias"]["judged_reason"] == OF_ANOTHER
    assert pair["certainty"]["start"]["used"] == "low"
    against = review(tmp_path / "two", REVIEW + 'compared_with = "b"\n')
    pair = pool_review(against, ["deaths"], compare=("a", "b")).pooled[0].document
    assert certainty(pair)["risk_of_bias"]["used"] == "serious"
    alone = pool_review(against, ["deaths"]).pooled[0].document
    assert certainty(alone)["risk_of_bias"]["judged_reason"] == OF_ANOTHER


def test_without_a_judgement_and_without_a_review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page does not say why nobody has judged."""
    bare = REVIEW.split("[outcomes.deaths.certainty]")[0]
    document = pool_review(review(tmp_path, bare), ["deaths"]).pooled[0].document
    assert certainty(document)["risk_of_bias"]["judged_reason"] == NOT_JUDGED
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("study,events,total\nA,3,40\nB,5,61\nC,1,25\n", encoding="utf-8")
    assert certainty(pool_file("t.csv").pooled[0].document)["imprecision"]["judged_reason"] == OUTSIDE


def test_problems_of_the_section_are_those_of_review_toml() -> None:
    """A mistake in the section ends in a traceback when a review is opened."""
    with pytest.raises(ProblemsError, match=r"risk_of_bias\.reason is missing"):
        parse_review(REVIEW.replace(', reason = "<b>no</b> series says who was lost"', "").encode())


def test_the_page_holds_the_document_once(tmp_path: Path) -> None:
    """The page alone gives other answers than its JSON, or holds them twice."""
    made = pool_review(review(tmp_path), ["deaths"]).pooled[0]
    html = made.html_path.read_text(encoding="utf-8")
    document = json.loads(made.json_path.read_text(encoding="utf-8"))
    assert extract(html) == document
    assert html.count(document["what_if"]["rows"]) == 1
    rows = decode(document["what_if"])
    assert len(rows) == 7
    assert rows[-1].estimate == rounding.percent(document["pooled"]["reporting"]["estimate"])
