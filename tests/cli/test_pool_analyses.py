"""Analyses beside the pool on the command line: the JSON holds what the mathematics gives, the terminal a table."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from synth import meta

from ..steps.test_nulls import gaps
from .conftest import Run

ROWS = [
    ("A 2001", 3, 40, 2001, "north"), ("B 2004", 5, 61, 2004, "north"), ("C 2003", 1, 25, 2003, "south"),
    ("D 2010", 9, 80, 2010, "south"), ("E 2012", 4, 30, 2012, "south"), ("F 2015", 7, 30, 2015, "north"),
    ("G 2016", 6, 55, 2016, "south"), ("H 2017", 2, 33, 2017, "north"), ("I 2018", 8, 47, 2018, ""),
    ("J 2019", 5, 90, 2019, "south"), ("K 2020", 3, 21, 2020, "north"),
]  # fmt: skip
DATA = {"events": [row[1] for row in ROWS], "total": [row[2] for row in ROWS]}
STUDIES = [row[0] for row in ROWS]
YEARS = [str(row[3]) for row in ROWS]
REGIONS = [row[4] or None for row in ROWS]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write a table with two further columns."""
    path = tmp_path / "t.csv"
    lines = ["study,events,total,Year,region", *(",".join(map(str, row)) for row in ROWS)]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def bare(value: Any) -> Any:
    """Give a result as JSON does, without the reasons that the document adds."""
    if isinstance(value, dict):
        return {name: bare(each) for name, each in value.items() if not name.endswith("_reason")}
    return [bare(each) for each in value] if isinstance(value, list | tuple) else value


CASES: dict[str, tuple[tuple[str, ...], str, Any, str]] = {
    "by": (
        ("--by", "region"), "subgroups",
        lambda **words: meta.subgroup_analysis(DATA, STUDIES, REGIONS, variable="region", **words),
        "Subgroups by region",
    ),
    "moderator": (
        ("--moderator", "year", "--moderator", "region"), "regression",
        lambda **words: meta.moderator_analysis(DATA, STUDIES, {"year": YEARS, "region": REGIONS}, **words),
        "Meta-regression on year, region",
    ),
    "cumulative by a column": (
        ("--cumulative", "year"), "cumulative",
        lambda **words: meta.cumulative_analysis(DATA, STUDIES, YEARS, variable="year", **words), "Cumulative by year",
    ),
    "cumulative by size": (
        ("--cumulative", "total"), "cumulative",
        lambda **words: meta.cumulative_analysis(DATA, STUDIES, None, variable="total", **words), "Cumulative by total",
    ),
    "influence": (
        ("--influence",), "influence", lambda **words: meta.influence_analysis(DATA, STUDIES, **words), "Influence",
    ),
    "by with one tau2, permuted": (
        ("--by", "region", "--by-tau2", "common", "--permutations", "50", "--seed", "3"), "subgroups",
        lambda **words: meta.subgroup_analysis(
            DATA, STUDIES, REGIONS, variable="region", by_tau2="common", permutations=50, seed=3, **words
        ),
        "Subgroups by region, one tau2 for all",
    ),
    "moderator, permuted": (
        ("--moderator", "year", "--permutations", "50"), "regression",
        lambda **words: meta.moderator_analysis(DATA, STUDIES, {"year": YEARS}, permutations=50, **words),
        "Meta-regression on year",
    ),
    "all subsets": (("--gosh",), "gosh", lambda **words: meta.gosh_analysis(DATA, STUDIES, **words), "All subsets"),
    "some subsets": (
        ("--gosh-subsets", "200", "--seed", "9"), "gosh",
        lambda **words: meta.gosh_analysis(DATA, STUDIES, subsets=200, seed=9, **words), "All subsets",
    ),
    "bias": (("--bias",), "bias", lambda **words: meta.bias_analysis(DATA, STUDIES, **words), "Small-study effects"),
    "multiverse": (
        ("--multiverse",), "multiverse", lambda **words: meta.pool_multiverse(DATA, STUDIES, **words), "Multiverse",
    ),
}  # fmt: skip
METHODS: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    ((), {}),
    (("--measure", "PAS", "--tau2", "dl", "--ci", "wald", "--level", "0.9"),
     {"measure": "PAS", "tau2_method": "DL", "ci_method": "wald", "level": 0.9}),
]  # fmt: skip


@pytest.mark.parametrize(("flags", "words"), METHODS, ids=["default", "inverse"])
@pytest.mark.parametrize("case", CASES)
def test_an_analysis(run: Run, table: Path, case: str, flags: tuple[str, ...], words: dict[str, Any]) -> None:
    """An option gives another analysis than the Python interface, or is made under other settings than asked for."""
    args, key, call, title = CASES[case]
    done = run("pool", "t.csv", *args, *flags, "--quick", "--json")
    assert (done.code, done.err) == (0, "")
    document = json.loads(done.out)
    expected = json.loads(json.dumps(bare(asdict(call(**words)))))
    assert bare(document["analyses"][key]) == expected
    others = {name for name, value in document["analyses"].items() if isinstance(value, dict | list)}
    assert others == {key}
    assert list(gaps(document)) == []
    shown = run("pool", "t.csv", *args, *flags, env={"COLUMNS": "100"})
    assert (shown.code, shown.err) == (0, "")
    assert f"\n{title}" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 100
    again = run(*shlex.split(document["command"])[1:], "--json")
    assert again.out == done.out


def test_presets_side_by_side(run: Run, table: Path) -> None:
    """The presets on the command line are others than those of the Python interface."""
    document = json.loads(run("pool", "t.csv", "--compare-presets", "--json").out)
    expected = json.loads(json.dumps([bare(asdict(row)) for row in meta.compare_presets(DATA, STUDIES).rows]))
    assert bare(document["analyses"]["presets"]) == expected
    assert list(gaps(document)) == []
    assert "\n  Review Manager 5 " in run("pool", "t.csv", "--compare-presets").out


def test_a_preset_with_ones_own_on_top(run: Run, table: Path) -> None:
    """A preset's settings are not taken, or one's own do not go before them."""
    document = json.loads(run("pool", "t.csv", "--preset", "RevMan5", "--ci", "t", "--json").out)
    words = meta.preset_settings("revman5", "proportion", ci_method="t")
    expected = meta.pool(DATA, STUDIES, **words).to_dict()
    assert document["pooled"]["reporting"] == expected["pooled"]["reporting"]
    assert bare(document["settings"]) == {**expected["settings"], "preset": "revman5"}
    assert document["settings"]["tau2_method"] == "DL"


@pytest.mark.parametrize(
    ("flag", "value", "setting"),
    [("--i2", "q", "i2_method"), ("--zero-cells", "all", "zero_cells"), ("--study-ci", "wilson", "study_ci_method"),
     ("--effects", "common", "effects"), ("--prediction", "hts", "prediction_method"), ("--model", "inverse", "model")],
)  # fmt: skip
def test_a_setting(run: Run, table: Path, flag: str, value: str, setting: str) -> None:
    """An option does not reach the mathematics."""
    model = () if flag == "--model" else ("--model", "inverse")
    document = json.loads(run("pool", "t.csv", *model, flag, value, "--json").out)
    assert document["settings"][setting] == value


def test_second_opinions_come_by_themselves(run: Run, tmp_path: Path) -> None:
    """A handful of studies is pooled without the models that do not lean on large numbers."""
    (tmp_path / "s.csv").write_text("study,events,total\nA,3,40\nB,5,61\nC,1,25\n", encoding="utf-8")
    document = json.loads(run("pool", "s.csv", "--json").out)
    expected = meta.second_opinions({"events": [3, 5, 1], "total": [40, 61, 25]}, ["A", "B", "C"])
    assert bare(document["analyses"]["second_opinions"]) == json.loads(json.dumps([asdict(each) for each in expected]))


def test_second_opinions_on_the_terminal_and_on_request(run: Run, table: Path, tmp_path: Path) -> None:
    """Other models' answers stand on the page only, or cannot be had where there are many studies."""
    (tmp_path / "s.csv").write_text("study,events,total\nA,3,40\nB,5,61\nC,1,25\n", encoding="utf-8")
    assert "\nSecond opinions\n" in run("pool", "s.csv").out
    assert "Second opinions" not in run("pool", "t.csv").out
    asked = run("pool", "t.csv", "--second-opinions")
    assert re.search(r"^  Beta-binomial model, maximum likelihood +\d", asked.out, re.M)
    document = json.loads(run("pool", "t.csv", "--second-opinions", "--json").out)
    expected = meta.second_opinions(DATA, STUDIES, force=True)
    assert bare(document["analyses"]["second_opinions"]) == json.loads(json.dumps([asdict(each) for each in expected]))
    (tmp_path / "m.csv").write_text("study,mean,sd,n\nA,5,2,40\nB,6,2,50\n", encoding="utf-8")
    assert "Second opinions: asked for, but" in run("pool", "m.csv", "--second-opinions").out
    assert "Second opinions" not in run("pool", "m.csv").out


def test_small_study_tests_under_ten_studies(run: Run, tmp_path: Path) -> None:
    """The tests cannot be had for few studies by somebody who wants them, or come without the warning."""
    lines = ["study,events,total", *(",".join(map(str, row[:3])) for row in ROWS[:6])]
    (tmp_path / "s.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    plain = json.loads(run("pool", "s.csv", "--bias", "--json").out)["analyses"]["bias"]
    assert plain["tests"] == []
    forced = json.loads(run("pool", "s.csv", "--bias-force", "--json").out)["analyses"]["bias"]
    expected = meta.bias_analysis({name: values[:6] for name, values in DATA.items()}, STUDIES[:6], force=True)
    assert bare(forced) == json.loads(json.dumps(bare(asdict(expected))))
    assert "made on request" in forced["reason"]
    assert "made on request" in " ".join(run("pool", "s.csv", "--bias-force").out.split())


def test_the_bootstrap_says_where_it_starts(run: Run, table: Path) -> None:
    """A prediction interval that was drawn at random cannot be drawn again."""
    first = json.loads(run("pool", "t.csv", "--model", "inverse", "--prediction", "bootstrap", "--json").out)
    assert (first["prediction"]["method"], first["prediction"]["seed"], first["prediction"]["draws"]) == (
        "bootstrap", 1, 25_000,
    )  # fmt: skip
    assert list(gaps(first)) == []
    other = run("pool", "t.csv", "--model", "inverse", "--prediction", "bootstrap", "--seed", "5", "--json")
    document = json.loads(other.out)
    assert document["prediction"]["seed"] == document["settings"]["seed"] == 5
    assert document["prediction"]["ci_low"] != first["prediction"]["ci_low"]
    assert "--seed 5" in document["command"]
    page = table.with_suffix(".html").read_text(encoding="utf-8")
    assert "seed 5" in page
    assert "Nagashima" in page


def test_leave_one_out_can_be_asked_for_and_left_out(run: Run, table: Path) -> None:
    """The option does not reach the mathematics."""
    without = json.loads(run("pool", "t.csv", "--no-leave-one-out", "--json").out)
    assert (without["leave_one_out"], without["leave_one_out_reason"]) == ([], "not asked for")
    assert "--no-leave-one-out" in without["command"]
    assert len(json.loads(run("pool", "t.csv", "--leave-one-out", "--json").out)["leave_one_out"]) == len(ROWS)


@pytest.mark.parametrize("flag", ["--by", "--moderator", "--cumulative"])
def test_a_variable_that_is_not_there(run: Run, table: Path, flag: str) -> None:
    """A misspelt variable is refused without the nearest one, or an empty analysis is written."""
    done = run("pool", "t.csv", flag, "regoin")
    assert (done.code, done.out) == (1, "")
    assert 'There is no variable "regoin". Did you mean "region"?' in done.err
    assert "Year" in done.err
    assert not table.with_suffix(".html").exists()


@pytest.mark.parametrize("flag", [("--by", "region"), ("--influence",), ("--cumulative", "year")])
def test_a_model_without_the_analysis(run: Run, table: Path, flag: tuple[str, ...]) -> None:
    """A model that cannot make an analysis is refused without the nearest one that can."""
    done = run("pool", "t.csv", "--model", "beta-binomial", *flag)
    assert (done.code, done.out) == (2, "")
    assert "Use --model glmm" in done.err


def test_variables_of_a_review(run: Run, review: Path) -> None:
    """A column of studies.csv, one of results.csv or one that only this review has cannot be looked at by."""
    rows = ("Ågren 2019,new,2019,SE,yes", "Brown 2020,new,2020,UK,no", "Cole 2021,new,2021,UK,yes",
            "Dahl 2022,new,2022,SE,no", "")  # fmt: skip
    sheet = "\n".join(["study,arm,year,country,robot", *rows])
    (review / "extracted" / "studies.csv").write_text(sheet, encoding="utf-8")
    for variable, groups in (("country", "SE UK"), ("Total basis", "stated derived"), ("ROBOT", "yes no")):
        done = run("pool", "--outcome", "fall", "--by", variable, "--json", cwd=review)
        assert done.code == 0, done.err
        found = json.loads(done.out)["analyses"]["subgroups"]
        assert [group["name"] for group in found["groups"]] == groups.split()
    found = json.loads(run("pool", "--outcome", "fall", "--cumulative", "year", "--json", cwd=review).out)
    assert [row["value"] for row in found["analyses"]["cumulative"]["rows"]] == [2019, 2020, 2021, 2022]
    wrong = run("pool", "--outcome", "fall", "--by", "contry", cwd=review)
    assert 'Did you mean "country"?' in wrong.err


def test_several_outcomes_keep_their_tables_apart(run: Run, review: Path) -> None:
    """The tables of several outcomes stand below each other and nobody knows which is whose."""
    out = run("pool", "--influence", cwd=review).out
    assert "\nfall:\nInfluence\n" in out
    assert "\nrevision:\nInfluence\n" in out
    assert "Second opinions" not in out, "a table that nobody asked for, once for every outcome"
    asked = run("pool", "--second-opinions", cwd=review).out
    assert "\nfall:\nSecond opinions\n" in asked


def test_ascii(run: Run, table: Path) -> None:
    """A terminal that shows ASCII only gets signs that it cannot show."""
    skipped = ("--cumulative", "--gosh-subsets")
    args = [word for flags, *_ in CASES.values() for word in flags if flags[0] not in skipped]
    done = run("pool", "t.csv", *args, "--cumulative", "year", "--second-opinions", "--gosh-subsets", "200",
               env={"PYTHONIOENCODING": "ascii"})  # fmt: skip
    assert done.code == 0
    assert done.out.isascii()
    assert "?" not in done.out
