"""``synth pool`` on every kind of data: what it finds under which heading is what the mathematics is given."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from synth import meta

from ..steps.test_nulls import gaps
from .conftest import Run

TABLES: dict[str, tuple[str, dict[str, list[float]], str]] = {
    "two arms": (
        "author,event.e,n.e,event.c,n.c\nA,4,123,11,139\nB,6,306,29,303\nC,3,231,11,220\n",
        {"events_1": [4, 6, 3], "total_1": [123, 306, 231], "events_2": [11, 29, 11], "total_2": [139, 303, 220]},
        "OR",
    ),
    "two arms as in metafor": (
        "slab,ai,n1i,ci,n2i\nA,4,123,11,139\nB,6,306,29,303\n",
        {"events_1": [4, 6], "total_1": [123, 306], "events_2": [11, 29], "total_2": [139, 303]},
        "OR",
    ),
    "two rates": (
        "study,events_1,time_1,events_2,time_2\nA,4,100,11,90.5\nB,6,300,29,310\n",
        {"events_1": [4, 6], "time_1": [100, 300], "events_2": [11, 29], "time_2": [90.5, 310]},
        "IRR",
    ),
    "two means": (
        "study,Mean 1,SD 1,N 1,mean.control,sd.control,n.control\nA,-1.5,3,40,1,3.1,38\nB,95.5,22,31,101,20,30\n",
        {"mean_1": [-1.5, 95.5], "sd_1": [3, 22], "n_1": [40, 31], "mean_2": [1, 101], "sd_2": [3.1, 20],
         "n_2": [38, 30]},
        "MD",
    ),
    "means": (
        "study,average,standard deviation,patients\nA,120,30,40\nB,95.5,22,31\nC,-4,5,22\n",
        {"mean": [120, 95.5, -4], "sd": [30, 22, 5], "n": [40, 31, 22]},
        "MN",
    ),
    "rates": ("study,cases,person-years\nA,5,100\nB,9,250.5\n", {"events": [5, 9], "time": [100, 250.5]}, "IRLN"),
    "correlations": ("study,r,n\nA,0.3,50\nB,-0.45,33\n", {"r": [0.3, -0.45], "n": [50, 33]}, "ZCOR"),
    "estimates": ("study,yi,sei\nA,-0.2,0.1\nB,0.4,0.2\n", {"estimate": [-0.2, 0.4], "se": [0.1, 0.2]}, "GEN"),
    "counts called r and n": ("study,r,n\nA,3,50\nB,4,33\n", {"events": [3, 4], "total": [50, 33]}, "PLOGIT"),
    "counts beside means": (
        "study,events,total,mean,sd\nA,3,50,1,2\nB,4,33,1,2\n", {"events": [3, 4], "total": [50, 33]}, "PLOGIT",
    ),
    "means beside empty counts": (
        "study,events,total,mean,sd\nA,,50,1,2\nB,,33,1,2\n", {"mean": [1, 1], "sd": [2, 2], "n": [50, 33]}, "MN",
    ),
}  # fmt: skip


def strict(text: str) -> Any:
    """Read JSON without NaN."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))


def same(document: dict[str, Any], data: dict[str, list[float]], **words: Any) -> None:
    """Hold a document against the mathematics called directly."""
    result = meta.pool(data, [row["study"] for row in document["studies"]], **words).to_dict()
    for key in ("estimate", "se", "ci_low", "ci_high", "reporting", "test"):
        assert document["pooled"][key] == result["pooled"][key], key
    assert document["tau2"]["value"] == result["tau2"]["value"]
    for name, value in result["settings"].items():
        assert document["settings"][name] == value, name
    for row, study in zip(document["studies"], result["studies"], strict=True):
        assert row["data"] == study["data"]


@pytest.mark.parametrize("name", TABLES)
def test_every_kind_of_table(run: Run, tmp_path: Path, name: str) -> None:
    """A table's numbers reach the mathematics under another name, or as another kind of data than they are."""
    text, data, measure = TABLES[name]
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    done = run("pool", "t.csv", "--json")
    assert (done.code, done.err) == (0, "")
    document = strict(done.out)
    assert document["settings"]["measure"] == measure
    same(document, data)
    assert list(gaps(document)) == []
    table = run("pool", "t.csv")
    assert (table.code, table.err) == (0, ""), "the page and the terminal show it too"


def test_limits_become_standard_errors(run: Run, tmp_path: Path) -> None:
    """The half width of an interval is taken for its standard error, or a row's own standard error is not used."""
    (tmp_path / "t.csv").write_text("study,estimate,lower,upper,se\nA,-0.2,-0.5,0.1,\nB,0.4,,,0.2\n", encoding="utf-8")
    document = strict(run("pool", "t.csv", "--json").out)
    first, second = (row["data"]["se"] for row in document["studies"])
    assert first == pytest.approx(0.3 / 1.959963984540054, rel=1e-12)
    assert second == 0.2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("study,estimate,lower,upper\nA,1.5,0.75,3.0\n", ["row 2", "logarithms"]),
        ("study,estimate,lower,upper\nA,1.5,2,3.0\n", ["row 2", "does not go with the estimate"]),
        ("study,estimate,se\nA,1.5,0\n", ["row 2", "column se"]),
        ("study,correlation,n\nA,1.5,20\n", ["row 2", "between -1 and 1"]),
        ("study,events_1,total_1,events_2,total_2\nA,5,4,1,2\nB,1,2,9,8\n", ["row 2", "5 > 4", "row 3", "9 > 8"]),
        ("study,mean,sd,n\nA,1,-2,9\nB,x,1,9\n", ["row 2", "below zero", "row 3", '"x"']),
        ("study,events,time\nA,3,-9\n", ["row 2", "below zero"]),
    ],
)
def test_numbers_that_no_study_has(run: Run, tmp_path: Path, text: str, words: list[str]) -> None:
    """A slip in any kind of table is pooled, or its message does not say where it stands."""
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    done = run("pool", "t.csv")
    assert (done.code, done.out) == (1, "")
    assert all(word in done.err for word in words), done.err


def test_a_column_pointed_out(run: Run, tmp_path: Path) -> None:
    """``--column`` is not obeyed, or the command on the page leaves it out."""
    (tmp_path / "t.csv").write_text("who,a b,c,d,e\nA,4,123,11,139\nB,6,306,29,303\n", encoding="utf-8")
    words = ("--study", "who", *(w for name in ("events_1=a b", "total_1=c", "events_2=d", "total_2=e")
                                 for w in ("--column", name)))  # fmt: skip
    document = strict(run("pool", "t.csv", *words, "--json").out)
    same(document, TABLES["two arms as in metafor"][1])
    before = (tmp_path / "t.json").read_bytes()
    (tmp_path / "t.json").unlink()
    assert run(*shlex.split(document["command"])[1:]).code == 0
    assert (tmp_path / "t.json").read_bytes() == before
    assert 'Did you mean "events_1"?' in run("pool", "t.csv", "--column", "evnts_1=a b").err
    assert "is not NAME=HEADING" in run("pool", "t.csv", "--column", "events_1").err
    assert "Two headings" in run("pool", "t.csv", "--column", "study=c", "--study", "who").err


def test_the_measure_says_which_columns(run: Run, tmp_path: Path) -> None:
    """A measure that was asked for is not held against the columns of the table."""
    (tmp_path / "t.csv").write_text("study,events,total,time,mean,sd\nA,4,40,55,2,1\nB,6,30,60,3,1\n", encoding="utf-8")
    assert strict(run("pool", "t.csv", "--json").out)["settings"]["measure"] == "PLOGIT"
    rates = {"events": [4, 6], "time": [55, 60]}
    same(strict(run("pool", "t.csv", "--measure", "IR", "--json").out), rates, measure="IR")
    means = {"mean": [2, 3], "sd": [1, 1], "n": [40, 30]}
    same(strict(run("pool", "t.csv", "--measure", "mnln", "--json").out), means, measure="MNLN")
    done = run("pool", "t.csv", "--measure", "OR")
    assert (done.code, done.out) == (1, "")
    assert '"events_1"' in done.err


def test_what_says_nothing_is_left_out(run: Run, tmp_path: Path) -> None:
    """A study without events in both arms vanishes, or stands among the pooled ones."""
    (tmp_path / "t.csv").write_text("study,ai,n1i,ci,n2i\nA,4,123,11,139\nB,0,30,0,30\nC,,9,1,9\nD,1,9,0,0\n", "utf-8")
    document = strict(run("pool", "t.csv", "--json").out)
    assert [row["study"] for row in document["studies"]] == ["A"]
    reasons = {row["study"]: row["reason"] for row in document["excluded"]}
    assert reasons["B"].startswith("no events in both arms")
    assert reasons["C"] == "number of events in arm 1 not given in the source"
    assert reasons["D"] == "no patient was assessed (total_2 0)"
    only = run("pool", "t.csv", "--exclude", "A")
    assert (only.code, only.out) == (1, "")
    assert "t: None of the 1 studies can be pooled" in only.err


MEANS = """\
study,arm,outcome,events,total,mean,sd,unit,exclude,bound,total_basis
A,new,pain,,40,3.5,1.5,,,,
B,new,pain,,61,4.1,2,,,,
C,new,pain,,30,5,,,,,
A,old,pain,,38,5.5,1.7,,,,
D,old,pain,,25,5,2,,,,
A,new,fall,3,40,,,,,,
A,old,fall,6,38,,,,,,
B,new,fall,5,61,,,,,,derived
B,old,fall,9,50,,,,,,
C,new,fall,1,25,,,,,,
C,old,fall,2,,,,,,,
"""


@pytest.fixture
def arms(review: Path) -> Path:
    """Make a review with means, and with studies of both arms."""
    (review / "extracted" / "results.csv").write_text(MEANS, encoding="utf-8")
    return review


def test_means_of_a_review(run: Run, arms: Path) -> None:
    """A continuous outcome is not pooled, or one without a standard deviation is."""
    document = strict(run("pool", "--outcome", "pain", "--json", cwd=arms).out)
    same(document, {"mean": [3.5, 4.1], "sd": [1.5, 2], "n": [40, 61]})
    assert list(gaps(document)) == []
    assert (document["settings"]["measure"], document["total"], document["events"]) == ("MN", 101, None)
    (left,) = document["excluded"]
    assert (left["study"], left["reason"]) == ("C", "standard deviation not given in the source")
    assert [block["total"] for block in document["comparators"]] == [63]
    assert run("pool", cwd=arms).code == 0
    assert {"pain.html", "fall.html"} <= {path.name for path in (arms / "reports").iterdir()}


def test_two_arms_of_a_review(run: Run, arms: Path) -> None:
    """The wrong arm is taken for the first, a study with one arm is counted, or the page of one arm is overwritten."""
    done = run("pool", "--outcome", "fall", "--compare", "new", "old", "--json", cwd=arms)
    assert (done.code, done.err) == (0, "")
    document = strict(done.out)
    data: dict[str, list[float]] = {"events_1": [3, 5], "total_1": [40, 61], "events_2": [6, 9], "total_2": [38, 50]}
    same(document, data)
    assert list(gaps(document)) == []
    assert [arm["id"] for arm in document["arms"]] == ["new", "old"]
    reasons = {(row["study"], row["arm"]): row["reason"] for row in document["excluded"]}
    assert reasons["C", "new"] == "its other arm (Old joint) cannot be used, and a comparison needs both"
    assert reasons["C", "old"] == "number of patients assessed not given in the source"
    assert document["studies"][1]["provenance"]["total_basis"] == "derived"
    assert document["studies"][1]["provenance_2"]["total_basis"] is None
    assert [row["omitted"] for row in document["sensitivity"]] == [["B"]]
    assert {path.name for path in (arms / "reports").iterdir()} == {"fall.new-vs-old.html", "fall.new-vs-old.json"}
    same(strict(run("pool", "--outcome", "fall", "--compare", "new", "old", "--measure", "RD", "--json", cwd=arms).out),
         data, measure="RD")  # fmt: skip
    again = run(*shlex.split(document["command"])[1:], "--json", cwd=arms)
    assert strict(again.out) == document
    words = ("--compare", "old", "new", "--measure", "SMD", "--json")
    pain = strict(run("pool", "--outcome", "pain", *words, cwd=arms).out)
    one = {"mean_1": [5.5], "sd_1": [1.7], "n_1": [38.0], "mean_2": [3.5], "sd_2": [1.5], "n_2": [40.0]}
    same(pain, one, measure="SMD")


def test_all_outcomes_by_one_measure(run: Run, arms: Path) -> None:
    """An outcome of another kind fails the whole run, or passes unsaid."""
    done = run("pool", "--compare", "new", "old", "--measure", "RR", cwd=arms)
    assert (done.code, done.err) == (0, "")
    assert "pain: RR (risk ratio) is not made from mean_1" in done.out
    named = run("pool", "--outcome", "pain", "--compare", "new", "old", "--measure", "RR", cwd=arms)
    assert (named.code, named.out) == (2, "")
    assert "MD, SMD" in named.err


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("--compare", "new", "odl"), 1, 'Did you mean "old"?'),
        (("--compare", "new", "new"), 2, "Use --compare new old"),
        (("--compare", "new", "old", "--arm", "old"), 2, "leave --arm old out"),
        (("--compare", "new", "old", "--measure", "PAS"), 2, "Use --measure OR"),
        (("--measure", "OR"), 2, "Add --compare A B"),
        (("--measure", "MN"), 2, "Use --measure PLOGIT"),
        (("--model", "mh"), 2, "--model glmm --measure PLOGIT"),
        (("--model", "glmm", "--tau2", "DL"), 2, "--model inverse --tau2 DL"),
        (("--measure", "PAS", "--ci", "credible"), 2, "possible: auto"),
        (("--measure", "PAS", "--ci", "profile", "--tau2", "DL"), 2, "--tau2 ML"),
        (("--prediction", "bootstrap"), 2, "--prediction bootstrap --model inverse"),
        (("--tau2-ci", "q-profile"), 2, "Use --tau2-ci profile"),
        (("--permutations", "99"), 2, "Add --by VARIABLE or --moderator VARIABLE"),
        (("--by-tau2", "common"), 2, "Add --by VARIABLE"),
        (("--effects", "common", "--tau2", "ML"), 2, "Leave --tau2 out"),
        (("--exclude", "Nobody"), 1, 'There is no study "Nobody"'),
    ],
)
def test_what_does_not_go_together(run: Run, arms: Path, args: tuple[str, ...], code: int, words: str) -> None:
    """A combination without meaning is pooled, or refused without the nearest that has one."""
    done = run("pool", "--outcome", "fall", *args, cwd=arms)
    assert (done.code, done.out) == (code, "")
    assert words in done.err
    assert not (arms / "reports").exists()


def test_rows_of_two_arms_in_one_table(run: Run, tmp_path: Path) -> None:
    """A long table cannot be compared, or arms that are none are."""
    rows = ("A,x,3,40", "A,y,6,38", "B,x,5,61", "B,y,9,55", "C,x,1,9", "")
    (tmp_path / "t.csv").write_text("\n".join(["study,arm,events,total", *rows]), encoding="utf-8")
    document = strict(run("pool", "t.csv", "--compare", "x", "y", "--json").out)
    same(document, {"events_1": [3, 5], "total_1": [40, 61], "events_2": [6, 9], "total_2": [38, 55]})
    assert [row["study"] for row in document["excluded"]] == ["C"]
    assert 'There is no arm "z"' in run("pool", "t.csv", "--compare", "x", "z").err
    (tmp_path / "u.csv").write_text(TABLES["two arms"][0], encoding="utf-8")
    assert "Leave --compare out" in run("pool", "u.csv", "--compare", "x", "y").err
    (tmp_path / "v.csv").write_text("study,events,total\nA,3,40\n", encoding="utf-8")
    assert "--column arm=HEADING" in run("pool", "v.csv", "--compare", "x", "y").err


def test_an_arm_that_a_table_cannot_tell(run: Run, tmp_path: Path) -> None:
    """--arm takes every row of a table without a column of arms for that arm's, and answers another question."""
    (tmp_path / "v.csv").write_text("study,events,total\nA,3,40\nB,5,61\n", encoding="utf-8")
    done = run("pool", "v.csv", "--arm", "xx")
    assert (done.code, done.out) == (2, "")
    assert 'so "xx" cannot be told from the rest' in done.err
    assert not (tmp_path / "v.html").exists()
    rows = ("A,x,3,40", "A,y,6,38", "B,x,5,61", "B,y,9,55", "")
    (tmp_path / "t.csv").write_text("\n".join(["study,arm,events,total", *rows]), encoding="utf-8")
    document = strict(run("pool", "t.csv", "--arm", "Y", "--json").out)
    assert [row["events"] for row in document["studies"]] == [6, 9]
    assert document["arm"]["id"] == "y"
    for flags in (("--arm", "Y"), ("--arm", "y")):
        again = run("pool", "t.csv", *flags, "--json")
        assert strict(again.out)["arm"]["id"] == "y"


@pytest.mark.parametrize("model", ["mh", "peto", "inverse", "beta-binomial", "bayes"])
@pytest.mark.parametrize("effects", ["random", "common"])
def test_every_model(run: Run, tmp_path: Path, model: str, effects: str) -> None:
    """A model cannot be chosen, or leaves a null in the JSON that nothing explains."""
    two = model in ("mh", "peto")
    text = TABLES["two arms"][0] if two else "study,events,total\nA,4,123\nB,6,306\nC,0,231\n"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    done = run("pool", "t.csv", "--model", model, "--effects", effects, "--json")
    if (effects == "random") == two and model != "inverse":
        assert (done.code, done.out) == (2, "")
        assert "--effects out" in done.err
        return
    assert (done.code, done.err) == (0, "")
    document = strict(done.out)
    assert (document["settings"]["model"], document["settings"]["effects"]) == (model, effects)
    assert list(gaps(document)) == []


def test_left_out_on_request(run: Run, review: Path) -> None:
    """``--exclude`` leaves the study in an arm, or leaves it out without saying that it was asked to."""
    document = strict(run("pool", "--outcome", "fall", "--exclude", "Dahl 2022", "--json", cwd=review).out)
    assert "Dahl 2022" not in [row["study"] for row in document["studies"]]
    reasons = {row["study"]: row["reason"] for row in document["excluded"]}
    assert reasons["Dahl 2022"] == "left out on request"
    assert "--exclude 'Dahl 2022'" in document["command"]


def test_an_interval_on_one_degree_of_freedom_is_told_on_the_terminal(run: Run, review: Path, tmp_path: Path) -> None:
    """Two means get limits that no patient can have, and the terminal prints them as if they were an answer."""
    (tmp_path / "m.csv").write_text("study,mean,sd,n\nA,52.3,18.1,20\nB,88.4,25,35\n", encoding="utf-8")
    one = " ".join(run("pool", "m.csv").out.split())
    assert "With two series the t distribution has one degree of freedom" in one
    assert "(--ci wald)" in one
    lines = ["study,arm,outcome,events,total,mean,sd", "A 2020,new,fall,3,40,,", "B 2021,new,fall,5,61,,",
             "A 2020,new,pain,,40,3.1,1.5", "B 2021,new,pain,,61,5.2,1.5", ""]  # fmt: skip
    (review / "extracted" / "results.csv").write_text("\n".join(lines), encoding="utf-8")
    several = " ".join(run("pool", cwd=review).out.split())
    assert "Two series only in pain: t has one degree of freedom there" in several
