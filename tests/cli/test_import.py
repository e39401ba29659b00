"""``synth import`` and ``synth check`` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Run

LONG = "study,arm,outcome,events,total,page\nÅgren 2019,new,fall,4,40,p. 3\nDoe 2024,new,fall,2,31,Table 2\n"
PATIENTS = "patient,fall,revision\n" + "".join(f"{n},{n % 2},{'' if n > 3 else 0}\n" for n in range(1, 6))


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_new_and_changed_rows(review: Path, run: Run) -> None:
    """A row that comes again is kept twice, loses its place, or its change is not shown."""
    (review / "sheet.csv").write_text(LONG, "utf-8")
    before = (review / "extracted" / "results.csv").read_text("utf-8").splitlines()
    done = run("import", "sheet.csv", cwd=review)
    assert done.code == 0, done.err
    assert "Ågren 2019, new, fall: events 3 -> 4" in done.out
    assert "Doe 2024, new, fall: events 2, total 31" in done.out
    after = (review / "extracted" / "results.csv").read_text("utf-8").splitlines()
    assert len(after) == len(before) + 1
    place = next(i for i, line in enumerate(before) if line.startswith("Ågren 2019,new,fall"))
    assert after[place].startswith("Ågren 2019,new,fall,4,40")
    assert after[-1].startswith("Doe 2024,new,fall,2,31")
    assert "sheet.csv, row 3" in after[-1]
    log = [json.loads(line) for line in (review / "extracted" / "imports.jsonl").read_text("utf-8").splitlines()]
    assert [(entry["sources"][0]["file"], entry["added"], entry["changed"]) for entry in log] == [("sheet.csv", 1, 1)]
    assert len(log[0]["sources"][0]["sha256"]) == 64


def test_same_sheet_twice_changes_nothing(review: Path, run: Run) -> None:
    """Importing a sheet again rewrites a file or adds a line to the log."""
    (review / "sheet.csv").write_text(LONG, "utf-8")
    run("import", "sheet.csv", cwd=review)
    before = tree(review / "extracted")
    done = run("import", "sheet.csv", cwd=review)
    assert done.code == 0
    assert "Nothing has changed: all 2 rows are there already." in done.out
    assert tree(review / "extracted") == before


def test_dry_run_and_json(review: Path, run: Run) -> None:
    """A dry run writes, or the JSON does not say what would change."""
    (review / "sheet.csv").write_text(LONG, "utf-8")
    before = tree(review / "extracted")
    done = run("import", "sheet.csv", "--dry-run", "--json", cwd=review)
    made = json.loads(done.out)
    assert (made["schema"], made["dry_run"], made["unchanged"]) == ("synth.import/1", True, 0)
    assert [(change["what"], change["key"][0]) for change in made["changes"]] == [
        ("changed", "Ågren 2019"), ("added", "Doe 2024"),
    ]  # fmt: skip
    assert tree(review / "extracted") == before


def test_a_problem_keeps_everything_out(review: Path, run: Run) -> None:
    """A sheet with one wrong row is kept in part, or the other sheet's problems are not shown beside it."""
    (review / "bad.csv").write_text("study,arm,outcome,events,total\nA,new,fall,9,4\nB,newt,fall,1,4\n", "utf-8")
    (review / "worse.csv").write_text("a,b\n1,2\n", "utf-8")
    before = tree(review / "extracted")
    done = run("import", "bad.csv", "worse.csv", cwd=review)
    assert done.code == 1
    assert "bad.csv, row 2" in done.err
    assert "newt" in done.err
    assert "Traceback" not in done.err
    assert tree(review / "extracted") == before


def test_a_figure_stands_in_one_place(review: Path, run: Run) -> None:
    """Patients are taken in beside a figure that somebody typed for the same outcome, and nothing can be pooled."""
    (review / "series.csv").write_text(PATIENTS, "utf-8")
    before = tree(review / "extracted")
    done = run("import", "series.csv", "--study", "Ågren 2019", "--arm", "old", cwd=review)
    assert done.code == 1
    assert "results.csv" in done.err
    assert tree(review / "extracted") == before


def test_patients_are_counted_and_never_shown(review: Path, run: Run) -> None:
    """Rows of patients are not counted, or one of them reaches the terminal, the JSON or the log."""
    (review / "series.csv").write_text(PATIENTS, "utf-8")
    done = run("import", "series.csv", "--study", "Zorn 2019", "--arm", "old", "--json", cwd=review)
    assert done.code == 0, done.err
    made = json.loads(done.out)
    figures = {each["outcome"]: each["figure"] for each in made["counted"]}
    assert figures == {"fall": "3/5", "revision": "0/3"}
    assert all("Out of the denominator" in each["rule"] or each["outcome"] == "fall" for each in made["counted"])
    kept = (review / "extracted" / "patients" / "zorn-2019.csv").read_text("utf-8")
    assert kept.splitlines()[0].startswith("study,arm,patient")
    for line in kept.splitlines()[1:]:
        assert line not in done.out
        assert line not in (review / "extracted" / "imports.jsonl").read_text("utf-8")
    pooled = json.loads(run("pool", "--outcome", "fall", "--arm", "old", "--json", cwd=review).out)
    assert (3, 5) in {(study["events"], study["total"]) for study in pooled["studies"]}


@pytest.mark.parametrize("heading", ["Name", "Date of birth", "MRN", "Henkilötunnus"])
def test_identity_is_refused(review: Path, run: Run, heading: str) -> None:
    """A column by which patients could be known is stored, or its cells are shown."""
    (review / "series.csv").write_text(f"{heading},fall\nxyzzy-1,1\nxyzzy-2,0\n", "utf-8")
    words = ("import", "series.csv", "--study", "Zorn 2019", "--arm", "old")
    done = run(*words, cwd=review)
    assert done.code == 1
    assert "xyzzy" not in done.err + done.out
    done = run(*words, "--drop-identity", cwd=review)
    assert done.code == 0, done.err
    assert not any(b"xyzzy" in data for data in tree(review / "extracted").values())


def test_what_import_wrote_is_no_sheet(review: Path, run: Run) -> None:
    """A canonical file is imported into itself."""
    done = run("import", "extracted/results.csv", cwd=review)
    assert done.code == 1
    assert "synth check" in done.err


def test_check_says_how_much_there_is(review: Path, run: Run) -> None:
    """A broken review passes, or a sound one does not."""
    done = run("check", cwd=review)
    assert done.code == 0, done.err
    assert "figures of" in done.out
    results = review / "extracted" / "results.csv"
    results.write_text(results.read_text("utf-8") + "Zed 2001,new,fall,9,4,,,,\n", "utf-8")
    done = run("check", "--json", cwd=review)
    assert done.code == 1
    found = json.loads(done.out)
    assert found["errors"] >= 1
    assert found["figures"] is None
    assert found["figures_reason"]


def test_import_starts_a_review(tmp_path: Path, run: Run) -> None:
    """A new review cannot take in its first sheet."""
    run("init", "mine", cwd=tmp_path)
    review = tmp_path / "mine"
    text = (review / "review.toml").read_text("utf-8")
    arm, outcome = (text.split(f"[{kind}.")[1].split("]")[0].partition(".")[0] for kind in ("arms", "outcomes"))
    (review / "s.csv").write_text(f"study,arm,outcome,events,total\nA 2020,{arm},{outcome},1,9\n", "utf-8")
    done = run("import", "s.csv", cwd=review)
    assert done.code == 0, done.err
    assert "A 2020" in (review / "extracted" / "results.csv").read_text("utf-8")


def test_a_new_review_takes_in_any_kind_of_sheet_first(tmp_path: Path, run: Run) -> None:
    """After synth init, patients, studies or judgements would be refused for results that are not there yet."""
    for name, text in (
        ("studies", "study,arm,year,n\nA 2020,{arm},2020,3\n"),
        ("bias", "study,instrument,item,judgement\nA 2020,jbi-case-series,1,yes\n"),
        ("patients", "study,arm,patient,{outcome}\nA 2020,{arm},1,1\nA 2020,{arm},2,0\nA 2020,{arm},3,0\n"),
    ):
        run("init", name, cwd=tmp_path)
        review = tmp_path / name
        toml = (review / "review.toml").read_text("utf-8")
        arm, outcome = (toml.split(f"[{kind}.")[1].split("]")[0].partition(".")[0] for kind in ("arms", "outcomes"))
        (review / "s.csv").write_text(text.format(arm=arm, outcome=outcome), "utf-8")
        for _ in range(2):
            done = run("import", "s.csv", cwd=review)
            assert done.code == 0, (name, done.err)
        if name != "patients":
            assert "has no results yet" in run("pool", cwd=review).err


def test_the_templates_own_sheet_of_patients_comes_back(tmp_path: Path, run: Run) -> None:
    """Its columns of months, one for each outcome, would be told to mean the same."""
    (tmp_path / "review.toml").write_bytes((Path(__file__).resolve().parents[2] / "review.toml").read_bytes())
    assert run("template", "--patients", "--output", "p.csv", cwd=tmp_path).code == 0
    head = (tmp_path / "p.csv").read_text("utf-8-sig").split("\n")[0].strip().split(",")
    assert {"mortality_30d_months", "mortality_1y_months"} <= set(head)
    said = [{"study": "New 2020", "arm": "mis", "patient": f"{n}", "fusion": f"{n % 2}"} for n in (1, 2, 3)]
    lines = [",".join(head), *(",".join(row.get(name, "") for name in head) for row in said)]
    (tmp_path / "p.csv").write_text("\n".join(lines) + "\n", "utf-8")
    done = run("import", "p.csv", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "New 2020, mis, fusion: 2/3" in done.out


def test_a_warning_is_said_once_and_not_for_every_row(review: Path, run: Run) -> None:
    """Fifty new studies make fifty lines, or what the review warned of before comes with each import."""
    (review / "extracted" / "studies.csv").write_text("study,arm,year\nZorn 2031,new,2031\n", "utf-8")
    rows = "".join(f"Abel {year},new,fall,1,9\n" for year in range(1950, 2000))
    (review / "s.csv").write_text("study,arm,outcome,events,total\n" + rows, "utf-8")
    first = run("import", "s.csv", cwd=review)
    assert first.code == 0, first.err
    lines = [line for line in first.err.splitlines() if "s.csv" in line]
    assert len(lines) == 5
    assert "the same in 46 more rows" in lines[-1]
    assert "results.csv" not in first.err, "told by synth check"
    again = run("import", "s.csv", "--json", cwd=review)
    assert len(json.loads(again.out)["warnings"]) == 50


def test_errors_and_warnings_are_told_apart(review: Path, run: Run) -> None:
    """Somebody mends what stands in the way of nothing."""
    (review / "extracted" / "studies.csv").write_text("study,arm,year\nZorn 2031,new,2031\n", "utf-8")
    (review / "s.csv").write_text("study,arm,outcome,events,total\nAbel 2030,new,fall,12,9\n", "utf-8")
    done = run("import", "s.csv", cwd=review)
    assert done.code == 1
    assert "1 problem found, and 1 warning; nothing was changed." in done.err
    assert "\n  warning: s.csv, row 2, column study" in done.err


def test_a_rate_counted_from_patients_is_shown_with_its_time(review: Path, run: Run) -> None:
    """Nine events in 43 patients would read as a share, and not as events in person-time."""
    toml = review / "review.toml"
    toml.write_text(toml.read_text("utf-8") + '\n[outcomes.falls]\nlabel = "Falls"\nkind = "rate"\n', "utf-8")
    (review / "s.csv").write_text("patient,falls,followup_months\n1,2,12\n2,0,24\n3,1,6\n", "utf-8")
    done = run("import", "s.csv", "--study", "Zorn 2019", "--arm", "old", cwd=review)
    assert done.code == 0, done.err
    assert "Zorn 2019, old, falls: 3 in 3.5 person-years of 3" in done.out


def test_a_template_of_plain_sheets_names_all_of_them(review: Path, run: Run) -> None:
    """Somebody would import one of three files, and take the others for done."""
    done = run("template", "--output", "my sheet.csv", cwd=review)
    line = done.out.strip().splitlines()[-1]
    assert all(name in line for name in ("'my sheet.csv'", "'my sheet-studies.csv'", "'my sheet-bias.csv'"))
