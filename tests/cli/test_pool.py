"""``synth pool``: what it prints, what it writes, and that it writes the same again."""

from __future__ import annotations

import json
import math
import shlex
from pathlib import Path
from typing import Any

import pytest

from .conftest import FIGURES, REVIEW, Run


def strict(text: str) -> Any:
    """Read JSON that holds no NaN and no Infinity."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} in JSON")

    return json.loads(text, parse_constant=refuse)


def contents(folder: Path) -> dict[str, bytes]:
    """Read every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_one_outcome(run: Run, review: Path) -> None:
    """The answer, the page to open or one of the files is missing, or something is said on stderr."""
    done = run("pool", "--outcome", "fall", cwd=review)
    assert (done.code, done.err) == (0, "")
    assert "Ågren 2019" in done.out
    assert "reports/fall.html" in done.out
    assert "\x1b" not in done.out
    document = strict((review / "reports" / "fall.json").read_text(encoding="utf-8"))
    assert document["schema"] == "synth.pool/1"
    assert (document["k"], document["events"], document["total"]) == (4, 18, 206)
    assert math.isclose(sum(study["weight"] for study in document["studies"]), 1)
    assert [each["study"] for each in document["excluded"]] == ["Ewing 2022"]
    assert "contradict" in document["excluded"][0]["reason"]
    page = (review / "reports" / "fall.html").read_text(encoding="utf-8")
    assert "Hips &amp; knees &lt;in&gt; brief" in page
    assert "The two tables contradict each other" in page


def test_comparators_stand_apart(run: Run, review: Path) -> None:
    """A comparator's patients are pooled with the primary arm's."""
    run("pool", "--outcome", "fall", cwd=review)
    document = strict((review / "reports" / "fall.json").read_text(encoding="utf-8"))
    assert {study["arm"] for study in document["studies"]} == {"new"}
    (old,) = document["comparators"]
    assert (old["arm"]["id"], old["events"], old["total"]) == ("old", 6, 38)


def test_sensitivity_sets(run: Run, review: Path) -> None:
    """The answer without derived denominators, or without bounds, leaves out another study than it says."""
    run("pool", "--outcome", "fall", cwd=review)
    document = strict((review / "reports" / "fall.json").read_text(encoding="utf-8"))
    omitted = {each["id"]: (each["omitted"], each["k"]) for each in document["sensitivity"]}
    assert omitted == {"stated_denominators": (["Brown 2020"], 3), "no_bounds": (["Cole 2021"], 3)}


def test_every_outcome(run: Run, review: Path) -> None:
    """``synth pool`` alone fails over an outcome that has nothing to pool, or hides it."""
    done = run("pool", cwd=review)
    assert (done.code, done.err) == (0, "")
    assert {"fall.html", "fall.json", "revision.html", "revision.json"} == contents(review / "reports").keys()
    assert "Not pooled:\n  pain: " in done.out
    assert done.out.count("\nOpen first: reports/fall.html\n") == 1
    assert done.out.endswith("\nThe other page, in reports: revision.html\n")


def test_json_is_the_file(run: Run, review: Path) -> None:
    """``--json`` prints something else than the JSON file, or something beside it."""
    done = run("pool", "--outcome", "fall", "--json", cwd=review)
    assert (done.code, done.err) == (0, "")
    assert done.out == (review / "reports" / "fall.json").read_text(encoding="utf-8")
    assert (review / "reports" / "fall.html").is_file(), "the help says that the page is written as well"
    document = strict(done.out)
    assert document["outcome"] == "fall"


def test_json_of_every_outcome(run: Run, review: Path) -> None:
    """``--json`` without a name prints several texts in a row, which no program reads."""
    done = run("pool", "--json", cwd=review)
    assert (done.code, done.err) == (0, "")
    body = strict(done.out)
    assert body["schema"] == "synth.pools/1"
    assert [each["outcome"] for each in body["outcomes"]] == ["fall", "revision"]
    assert [each["outcome"] for each in body["not_pooled"]] == ["pain"]
    assert all(each["reason"] for each in body["not_pooled"])


def test_json_of_a_failure_is_empty(run: Run, review: Path) -> None:
    """A program that reads ``--json`` gets half an answer where there is none."""
    done = run("pool", "--outcome", "pain", "--json", cwd=review)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("synth: pain: ")


def test_json_on_an_ascii_stream(run: Run, review: Path) -> None:
    """A name with an umlaut is lost, or stops the answer, where the stream takes ASCII only."""
    done = run("pool", "--outcome", "fall", "--json", cwd=review, env={"PYTHONIOENCODING": "ascii"})
    assert done.out.isascii()
    assert strict(done.out)["studies"][0]["study"] == "Ågren 2019"
    table = run("pool", "--outcome", "fall", cwd=review, env={"PYTHONIOENCODING": "ascii"})
    assert table.code == 0
    assert table.out.isascii()


def test_the_same_bytes_again(run: Run, review: Path) -> None:
    """Two runs on the same sheets differ, or a run of one outcome differs from a run of all."""
    run("pool", cwd=review)
    first = contents(review / "reports")
    run("pool", cwd=review, env={"PYTHONHASHSEED": "3", "TZ": "Asia/Tokyo"})
    assert contents(review / "reports") == first
    run("pool", "--outcome", "fall", cwd=review / "extracted")
    assert contents(review / "reports") == first


def test_the_command_reproduces_the_run(run: Run, tmp_path: Path) -> None:
    """The command that the page gives for doing it again does not give the same page."""
    (tmp_path / "figures of mine.csv").write_text("Näme;n;cases\nA;40;3\nB;61;5\nC;25;1\n", encoding="utf-8")
    method = ("--ci", "profile", "--prediction", "hts", "--level", "0.9")
    columns = ("--study", "Näme", "--events", "cases")
    done = run("pool", "figures of mine.csv", *columns, *method, "--output", "a.html")
    assert done.code == 0, done.err
    first = contents(tmp_path)
    words = shlex.split(strict(first["a.json"].decode())["command"])
    assert words[0] == "synth"
    (tmp_path / "a.html").unlink()
    (tmp_path / "a.json").unlink()
    assert run(*words[1:]).code == 0
    assert contents(tmp_path) == first


def test_a_one_off(run: Run, tmp_path: Path) -> None:
    """A CSV outside of any review is not pooled, or its answer lands elsewhere than said."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "figures.csv").write_text(FIGURES, encoding="utf-8")
    done = run("pool", "sub/figures.csv")
    assert (done.code, done.err) == (0, "")
    assert "figures.html" in done.out
    assert {path.name for path in tmp_path.iterdir()} == {"sub", "figures.html", "figures.json"}
    document = strict((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert (document["k"], document["events"], document["total"]) == (3, 9, 126)
    assert document["review"] is None
    assert document["inputs"][0]["path"] == "sub/figures.csv"
    assert run("pool", "sub/figures.csv").code == 0, "a page of synth's own may be written again"


def test_a_one_off_inside_a_review_leaves_the_reports(run: Run, review: Path) -> None:
    """A one-off pool inside a review mixes with the review's own reports."""
    (review / "x.csv").write_text(FIGURES, encoding="utf-8")
    assert run("pool", "x.csv", cwd=review).code == 0
    assert (review / "x.html").is_file()
    assert not (review / "reports").exists()


def test_the_review_and_the_one_off_agree(run: Run, review: Path, tmp_path: Path) -> None:
    """The same figures give another answer in a review than outside of one."""
    run("pool", "--outcome", "fall", cwd=review)
    (tmp_path / "f.csv").write_text(
        "study,events,total\nÅgren 2019,3,40\nBrown 2020,5,61\nCole 2021,1,25\nDahl 2022,9,80\n", encoding="utf-8"
    )
    one_off = strict(run("pool", "f.csv", "--json").out)
    inside = strict((review / "reports" / "fall.json").read_text(encoding="utf-8"))
    for key in ("pooled", "tau2", "heterogeneity", "prediction", "leave_one_out"):
        assert one_off[key] == inside[key]


def test_another_arm_has_a_page_of_its_own(run: Run, review: Path) -> None:
    """Pooling the comparator overwrites the page of the primary arm."""
    run("pool", "--outcome", "fall", cwd=review)
    before = contents(review / "reports")
    done = run("pool", "--outcome", "fall", "--arm", "old", cwd=review)
    assert done.code == 0, done.err
    after = contents(review / "reports")
    assert after.keys() - before.keys() == {"fall.old.html", "fall.old.json"}
    assert all(after[name] == before[name] for name in before)
    assert strict(after["fall.old.json"].decode())["arm"]["id"] == "old"


@pytest.mark.parametrize("measure", ["PLOGIT", "PAS", "PFT", "PRAW", "PLN"])
def test_inverse_variance_in_any_case(run: Run, tmp_path: Path, measure: str) -> None:
    """A measure cannot be chosen from the command line, or the document names another one."""
    (tmp_path / "figures.csv").write_text(FIGURES, encoding="utf-8")
    done = run("pool", "figures.csv", "--measure", measure.lower(), "--model", "inverse", "--tau2", "dl", "--json")
    assert done.code == 0, done.err
    settings = strict(done.out)["settings"]
    assert (settings["measure"], settings["model"], settings["tau2_method"]) == (measure, "inverse", "DL")


def test_choices_are_those_of_the_mathematics() -> None:
    """The command line offers a word that the mathematics lacks, or hides one that it has."""
    from synth.cli import pool_words as words
    from synth.meta import settings
    from synth.meta.choices import presets
    from synth.meta.inverse import tau2
    from synth.meta.measures import effects as measures
    from synth.meta.measures import study_intervals, zero_cells
    from synth.meta.sensitivity.subgroups import TAU2

    assert list(words.MEASURES) == list(measures.MEASURES)
    assert list(words.MODELS) == list(settings.MODELS)
    assert sorted(words.TAU2_METHODS) == sorted(tau2.METHODS)
    assert tuple(words.PREDICTIONS) == settings.PREDICTIONS
    assert tuple(words.TAU2_CIS) == settings.TAU2_CIS
    assert tuple(words.I2_METHODS) == settings.I2_METHODS
    assert tuple(words.ZERO_CELLS) == zero_cells.POLICIES
    assert tuple(words.BY_TAU2) == TAU2
    assert list(words.PRESETS) == list(presets.PRESETS)
    assert sorted(words.STUDY_INTERVALS) == sorted([*study_intervals.METHODS, "exact"])
    assert tuple(words.EFFECTS) == settings.EFFECTS
    assert set(words.CI_METHODS) == {name for model in settings.MODELS.values() for name in model.ci}


def test_what_a_reader_must_know_is_said(run: Run, review: Path, tmp_path: Path) -> None:
    """The terminal marks doubtful figures without saying what the mark means, or keeps a warning to the page."""
    assert "Brown 2020" in run("pool", "--outcome", "fall", cwd=review).out.split("Events/total")[0]
    (tmp_path / "figures.csv").write_text(FIGURES, encoding="utf-8")
    done = run("pool", "figures.csv", "--measure", "PFT", "--model", "inverse")
    assert "not one to rely on" in " ".join(done.out.split())
    assert done.err == ""


def test_outcomes(run: Run, review: Path) -> None:
    """The listing miscounts, or leaves out an outcome."""
    done = run("outcomes", cwd=review)
    assert (done.code, done.err) == (0, "")
    (line,) = [line for line in done.out.splitlines() if line.startswith("fall")]
    assert line.split()[:5] == ["fall", "new", "4", "18/206", "1"]
    assert "pain" in done.out
    body = strict(run("outcomes", "--json", cwd=review).out)
    assert body["schema"] == "synth.outcomes/1"
    assert {each["outcome"] for each in body["outcomes"]} == {"fall", "revision", "pain"}


def test_init_makes_a_review_that_works(run: Run, tmp_path: Path) -> None:
    """The review that ``synth init`` makes cannot be filled in and pooled."""
    done = run("init", "mine")
    assert (done.code, done.err) == (0, "")
    root = tmp_path / "mine"
    assert {path.name for path in root.iterdir()} == {"README.md", "review.toml", "queries", "extracted", "reports"}
    sheet = root / "extracted" / "results.csv"
    header = sheet.read_text(encoding="utf-8").strip().split(",")
    for study, events in (("A 2020", "2"), ("B 2021", "3")):
        cells = {"study": study, "arm": "treated", "outcome": "mortality_30d", "events": events, "total": "57"}
        with sheet.open("a", encoding="utf-8") as file:
            file.write(",".join(cells.get(name, "") for name in header) + "\n")
    done = run("pool", "--outcome", "mortality_30d", cwd=root)
    assert done.code == 0, done.err
    assert (root / "reports" / "mortality_30d.html").is_file()


def test_init_overwrites_nothing(run: Run, review: Path, tmp_path: Path) -> None:
    """``synth init`` on a review that is there loses its question or its sheets."""
    before = (review / "review.toml").read_text(encoding="utf-8")
    done = run("init", review.name)
    assert (done.code, done.out) == (1, "")
    assert "review.toml" in done.err
    assert (review / "review.toml").read_text(encoding="utf-8") == before == REVIEW
    assert {path.name for path in review.iterdir()} == {"review.toml", "extracted"}
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert run("init", "file").code == 1
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "README.md").write_text("mine", encoding="utf-8")
    assert run("init", "repo").code == 0
    assert (tmp_path / "repo" / "README.md").read_text(encoding="utf-8") == "mine"


def test_prediction(run: Run, tmp_path: Path) -> None:
    """``--prediction`` has no effect, or the page and the document name another one than was asked for."""
    (tmp_path / "figures.csv").write_text(FIGURES.replace("1,25", "9,25"), encoding="utf-8")
    width, df = {}, {}
    for name in ("normal", "t", "hts", "none"):
        done = run("pool", "figures.csv", "--prediction", name, "--json")
        assert done.code == 0, done.err
        document = strict(done.out)
        assert document["settings"]["prediction_method"] == name
        prediction = document["prediction"]
        df[name] = prediction["df"]
        width[name] = None if name == "none" else prediction["ci_high"] - prediction["ci_low"]
    assert df == {"normal": None, "t": 2, "hts": 1, "none": None}
    assert width["normal"] < width["t"] < width["hts"]
    assert width["none"] is None
    assert "no prediction interval was asked for" in (tmp_path / "figures.html").read_text(encoding="utf-8")


def test_the_readme_of_a_new_review_explains_every_column(run: Run, tmp_path: Path) -> None:
    """Somebody who starts a review finds a column in the sheets that nothing explains."""
    from synth.extract.contract import sheets as contract

    assert run("init", "mine").code == 0
    text = (tmp_path / "mine" / "README.md").read_text(encoding="utf-8")
    assert "{" not in text, "a place that was to be filled in"
    for column in (*contract.RESULTS, *contract.STUDIES):
        assert f"`{column.name}`" in text
        assert column.meaning in text
        assert all(f"`{word}`" in text for word in column.allowed)
    assert "the names must be the same" in text


def test_a_pipe_gets_a_forest_in_ascii_and_names_as_they_are(run: Run, review: Path) -> None:
    """What is piped holds signs that the next program cannot show, or a name has lost its letters."""
    done = run("pool", "--outcome", "fall", cwd=review)
    assert "Ågren 2019" in done.out
    assert not set(done.out) & set("─├┤■◆")
    plain = run("pool", "--outcome", "fall", "--ascii", cwd=review)
    assert plain.out.isascii()
    assert "Agren 2019" in plain.out
