"""What a page has although nobody asked: there by default, left out where it would take long, never in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synth.errors import ProblemsError, UnknownName
from synth.review import parse_review
from synth.steps import unasked
from synth.steps.init import init
from synth.steps.pool import PoolOptions, pool_file, pool_review
from synth.workspace import Workspace

ROWS = [
    ("A", 3, 40, 2001, "north"), ("B", 5, 61, 2004, "north"), ("C", 1, 25, 2003, "south"), ("D", 9, 80, 2010, "south"),
]  # fmt: skip
UNASKED = {"influence", "bias", "multiverse", "cumulative"}
REVIEW = """
schema = 1
title = "T"
primary_arm = "a"
question.text = "How many?"
arms.a.label = "A"
outcomes.deaths.label = "Death"
outcomes.deaths.subgroups = [{}]
"""


def table(folder: Path, rows: list[tuple[Any, ...]], head: str = "study,events,total,year,region") -> Path:
    """Write a table."""
    path = folder / "t.csv"
    path.write_text("\n".join([head, *(",".join(map(str, row)) for row in rows), ""]), encoding="utf-8")
    return path


def analyses(path: Path, options: PoolOptions | None = None) -> dict[str, Any]:
    """Give the analyses of a document."""
    made = pool_file(path, options=options, output=path.with_suffix(".html")).pooled[0].document["analyses"]
    assert isinstance(made, dict)
    return made


def made_of(found: dict[str, Any]) -> set[str]:
    """Name the analyses that are there."""
    return {name for name, value in found.items() if isinstance(value, dict | list) and name != "second_opinions"}


def test_a_plain_pool_has_what_readers_look_for(tmp_path: Path) -> None:
    """The page of a plain pool lacks influence, the multiverse, the course of years or a word on small studies."""
    found = analyses(table(tmp_path, ROWS))
    assert made_of(found) == UNASKED
    assert [row["added"] for row in found["cumulative"]["rows"]] == ["A", "C", "B", "D"]
    assert found["subgroups_reason"] == unasked.NO_VARIABLE


def test_quick_leaves_out_what_nobody_asked_for(tmp_path: Path) -> None:
    """--quick makes the analyses all the same, or leaves out one that was asked for."""
    found = analyses(table(tmp_path, ROWS), PoolOptions(quick=True, influence=True, by="region"))
    assert made_of(found) == {"influence", "subgroups"}
    assert found["multiverse_reason"] == unasked.QUICK


def test_without_years_the_reason_stands(tmp_path: Path) -> None:
    """A table without years fails, or its page passes over the cumulative analysis in silence."""
    found = analyses(table(tmp_path, [row[:3] for row in ROWS], "study,events,total"))
    assert made_of(found) == UNASKED - {"cumulative"}
    assert found["cumulative_reason"] == unasked.NO_YEAR


def test_one_study_has_nothing_beside_it(tmp_path: Path) -> None:
    """Influence of the only study on itself is shown."""
    found = analyses(table(tmp_path, ROWS[:1]))
    assert made_of(found) == set()
    assert found["influence_reason"] == unasked.ALONE


def test_the_page_of_twenty_studies_takes_300_kB_at_most(tmp_path: Path) -> None:
    """What a page has unasked makes it too heavy to be sent by mail."""
    rows = [(f"Author {i} 20{i:02d}", i % 9 + 1, 40 + 3 * i, 2000 + i, "x") for i in range(20)]
    pool_file(table(tmp_path, rows), output=tmp_path / "t.html")
    assert len((tmp_path / "t.html").read_bytes()) <= 300_000


def test_many_studies_do_not_wait(tmp_path: Path) -> None:
    """A pool of a thousand studies takes minutes because of what nobody asked for."""
    rows = [(f"S{i}", i % 7 + 1, 40 + i % 9, 2000, "x") for i in range(600)]
    found = analyses(table(tmp_path, rows))
    assert made_of(found) == set()
    assert "more than 150 studies" in found["influence_reason"]


def test_a_model_without_an_analysis_pools_all_the_same(tmp_path: Path) -> None:
    """A pool by Peto or by the beta-binomial model fails, because there is no influence analysis."""
    found = analyses(table(tmp_path, ROWS), PoolOptions(model="beta-binomial"))
    assert "influence" not in made_of(found)
    assert "beta-binomial" in found["influence_reason"]


def review(folder: Path, named: str) -> Workspace:
    """Write a small review that names variables of subgroups."""
    init(folder)
    (folder / "review.toml").write_text(REVIEW.format(named), encoding="utf-8")
    rows = [f"{study},a,deaths,{events},{total}" for study, events, total, *_ in ROWS]
    about = [f"{study},a,{year},{region}" for study, _, _, year, region in ROWS]
    for name, head, lines in (
        ("results.csv", "study,arm,outcome,events,total", rows),
        ("studies.csv", "study,arm,year,country", about),
    ):
        (folder / "extracted" / name).write_text("\n".join([head, *lines, ""]), encoding="utf-8")
    return Workspace.find(folder)


def test_the_review_names_its_subgroups(tmp_path: Path) -> None:
    """Subgroups that review.toml names are not on the page, or only the first of them."""
    workspace = review(tmp_path / "r", '"country", "year"')
    found = pool_review(workspace, ["deaths"]).pooled[0].document["analyses"]
    assert found["subgroups"]["variable"] == "country"
    assert [one["variable"] for one in found["more_subgroups"]] == ["year"]
    asked = pool_review(workspace, ["deaths"], options=PoolOptions(by="year")).pooled[0].document["analyses"]
    assert (asked["subgroups"]["variable"], asked["more_subgroups"]) == ("year", None)
    html = (workspace.reports / "deaths.html").read_text(encoding="utf-8")
    assert 'id="subgroups"' in html


def test_a_misspelt_variable_of_the_review_is_said(tmp_path: Path) -> None:
    """A variable that no sheet has is passed over, and its subgroups are missing without a word."""
    with pytest.raises(UnknownName, match='"contry"'):
        pool_review(review(tmp_path / "r", '"contry"'), ["deaths"]).check()
    with pytest.raises(ProblemsError, match="subgroups"):
        parse_review(REVIEW.format("1").encode())
