"""Every null of a real document has its reason, exactly where docs/json.md says that it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import synth
from synth.errors import NoAnswer
from synth.steps.outcomes import list_outcomes
from synth.steps.pool import PoolOptions

from ..cli.conftest import RESULTS, REVIEW
from ..conftest import ROOT

TABLES = {
    "one study": ([7], [43]),
    "one study without events": ([0], [43]),
    "two studies": ([7, 3], [43, 38]),
    "five studies": ([7, 3, 1, 0, 5], [43, 38, 26, 17, 30]),
    "five that agree": ([5, 5, 5, 5, 5], [50, 50, 50, 50, 50]),
    "no events at all": ([0, 0, 0], [20, 30, 40]),
    "events only": ([20, 30, 40], [20, 30, 40]),
    "one without events beside another": ([0, 4], [20, 30]),
    "separated without the third": ([0, 12, 5], [10, 12, 11]),
    "one patient each": ([0, 1, 1, 0], [1, 1, 1, 1]),
}
OPTIONS = [
    PoolOptions(),
    PoolOptions(ci_method="profile"),
    PoolOptions(ci_method="wald", prediction="normal"),
    PoolOptions(effects="common"),
    PoolOptions(model="inverse"),
    PoolOptions(model="inverse", effects="common", measure="PAS"),
    PoolOptions(model="inverse", ci_method="wald", prediction="none", measure="PRAW", tau2_method="DL"),
    PoolOptions(model="inverse", measure="PFT", prediction="hts"),
]


def gaps(value: Any, path: str = "document", around: dict[str, Any] | None = None) -> Iterator[str]:
    """Name every null whose reason is not where the rules of docs/json.md put it, and every reason of nothing."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from gaps(each, f"{path}[{number}]", around)
    if not isinstance(value, dict):
        return
    for name, each in value.items():
        here = f"{path}.{name}"
        if name == "reason" or name == "leave_one_out_reason":
            if each is not None and not str(each).strip():
                yield f"{here} is empty"
        elif name.endswith("_reason"):
            of = name.removesuffix("_reason")
            if of not in value or value[of] is not None or not each:
                yield f"{here} explains nothing"
        elif each is None:
            places = [value.get(f"{name}_reason")]
            if ".excluded[" not in path:  # there it says why the row was left out
                places.append(value.get("reason"))
            if path.endswith(".reporting") and around:
                places += [around.get(f"{name}_reason"), around.get("reason")]
            if not any(places):
                yield f"{here} is null without a reason"
        else:
            yield from gaps(each, here, value)


def test_the_walk_finds_a_gap() -> None:
    """The walk below would pass whatever the documents hold."""
    assert list(gaps({"a": None})) == ["document.a is null without a reason"]
    assert list(gaps({"a": None, "reason": None})) == ["document.a is null without a reason"]
    assert list(gaps({"b": [{"a": None}], "reason": "x"})) == ["document.b[0].a is null without a reason"]
    assert list(gaps({"a": 1, "a_reason": "x"})) == ["document.a_reason explains nothing"]
    assert list(gaps({"excluded": [{"events": None, "reason": "x"}]})) != []
    assert list(gaps({"reporting": {"ci_low": None}, "reason": "x"})) == []
    assert list(gaps({"test": {"p_value": None}, "reason": "x"})) != []


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: " ".join(options.flags()) or "default")
@pytest.mark.parametrize("table", TABLES)
def test_one_off_tables(table: str, options: PoolOptions, tmp_path: Path) -> None:
    """A program that reads a null from ``--json`` is not told why it is one."""
    rows = [f"Study {i},{x},{n}" for i, (x, n) in enumerate(zip(*TABLES[table], strict=True), start=1)]
    figures = tmp_path / "figures.csv"
    figures.write_text("\n".join(["study,events,total", *rows, ""]), encoding="utf-8")
    try:
        document = synth.pool_figures(figures, options=options).to_dict()
    except NoAnswer:  # it says so itself, and there is no document
        return
    assert list(gaps(document)) == []


@pytest.mark.parametrize("options", [PoolOptions(), PoolOptions(effects="common"), PoolOptions(model="inverse")])
def test_a_review_with_gaps(options: PoolOptions, tmp_path: Path) -> None:
    """An empty cell, an empty field of review.toml or an arm without a series gives a null that nobody explains."""
    (tmp_path / "extracted").mkdir()
    review = REVIEW.replace('definition = "Any revision"\ntime_point = "2 years"\n', "").replace('"Adults"', '""')
    (tmp_path / "review.toml").write_text(review, encoding="utf-8")
    more = "Fox 2023,new,fall,,30,,,,\nGray 2023,old,fall,2,,,,,\n"
    (tmp_path / "extracted" / "results.csv").write_text(RESULTS + more, encoding="utf-8")
    (tmp_path / "extracted" / "studies.csv").write_text("study,arm,year\nBrown 2020,new,\n", encoding="utf-8")
    pooled = synth.open_review(tmp_path).pool_all(options=options)
    documents = {name: each.to_dict() for name, each in pooled.items()}
    assert documents["revision"]["comparators"][0]["pooled"] is None, "the comparator without a series is the point"
    assert documents["revision"]["outcome_info"]["reason"]
    assert documents["revision"]["review"]["question"]["reason"]
    assert any(row["events"] is None for row in documents["fall"]["excluded"])
    assert any(row["omitted"] for row in documents["fall"]["sensitivity"])
    for name, document in documents.items():
        assert list(gaps(document)) == [], name
    listing = json.loads(list_outcomes(synth.open_review(tmp_path).workspace).to_json())
    assert any(row["events"] is None for row in listing["outcomes"])
    assert list(gaps(listing)) == []


@pytest.mark.parametrize("outcome", ["mortality_1y", "fusion", "neuro_deterioration", "implant_loosening"])
def test_the_shipped_review(outcome: str) -> None:
    """The review that ships has a null that its JSON does not explain."""
    assert list(gaps(synth.open_review(ROOT).pool(outcome).to_dict())) == []


def test_the_page_of_the_names_lists_the_reasons() -> None:
    """docs/json.md leaves out a part of the document that holds a null."""
    text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    for part in ("studies[]", "excluded[]", "pooled", "tau2", "heterogeneity", "prediction", "leave_one_out[]",
                 "sensitivity[]", "comparators[]", "settings", "population_average", "outcome_info"):  # fmt: skip
        assert f"`{part}`" in text.split("## `synth.pool/1`")[0], part
