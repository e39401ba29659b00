"""Counts against each other, one made-up sheet for each check."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.errors import ProblemsError
from synth.extract import load
from synth.workspace import Workspace

from .sheets import REVIEW, clean, only, understood, workbook_table

HEAD = "study,arm,outcome,events,total,bound,exclude,unit\n"


def test_an_early_outcome_is_no_more_than_a_late_one() -> None:
    """A slip between the deaths of a month and those of a year would be pooled twice over."""
    table = workbook_table(
        ("study", "arm", "outcome", "events", "total"),
        ("A", "mis", "mortality_30d", "8", "43"), ("A", "mis", "mortality_1y", "7", "43"),
        ("A", "mis", "mortality_followup", "7", "43"), ("B", "mis", "mortality_1y", "2", "20"),
        ("A", "open", "mortality_30d", "9", "43"),
    )  # fmt: skip
    told = understood(table).errors
    assert [(p.cell, p.value) for p in told] == [("E4", "8"), ("E4", "8")]
    assert told[0].message == "mortality_30d is more than mortality_1y, which contains it (8 > 7, row 5)."
    assert "which contains it (8 > 7, row 6)" in told[1].message


@pytest.mark.parametrize(
    ("early", "late", "severity"),
    [
        ("8,43,,,", "7,43,,,", "error"),
        ("8,43,,,", "7,40,,,", "warning"),
        ("8,43,,,", "7,,,,", "error"),
        ("8,43,upper,,", "7,43,,,", None),
        ("8,43,,,", "7,43,lower,,", None),
        ("8,43,,seen,", "7,43,,,", None),
        ("8,43,,,", "7,43,,contradictory,", None),
        ("8,43,,,screws", "7,43,,,", None),
        ("7,43,,,", "7,43,,,", None),
        (",43,,,", "7,43,,,", None),
    ],
)
def test_nested_outcomes_allow_for_what_is_only_a_bound(early: str, late: str, severity: str | None) -> None:
    """A sound row would be refused, or an impossible one pass."""
    found = understood(f"{HEAD}A,mis,mortality_30d,{early}\nA,mis,mortality_1y,{late}\n")
    assert [problem.severity for problem in found.problems] == ([severity] if severity else [])


def test_more_patients_than_the_arm_has() -> None:
    """A total of another table would pass: 45 patients assessed in an arm of 40."""
    head = "study,arm,outcome,events,total,exclude\n"
    studies = "study,arm,n\nA,mis,43\n"
    found = only(understood(f"{head}A,mis,fusion,7,44,\n", studies))
    assert "more than the 43 patients of the arm" in found.message
    assert "exclude" in found.remedy
    assert only(understood(f"{head}A,mis,fusion,7,44,contradictory\n", studies), "warning").value == "44"
    clean(understood(f"{head}A,mis,fusion,7,43,\n", studies))


@pytest.mark.parametrize(
    ("sizes", "severity", "said"),
    [
        (("43,60", "17,60"), None, ""),
        (("43,60", "18,60"), "error", "the arms add up to 61 patients, and the study has 60"),
        (("43,60", "16,60"), "warning", "the arms add up to 59 patients, and the study has 60"),
        (("43,60", ",60"), None, ""),
        (("70,60", ",60"), "error", "the arms add up to 70"),
        (("43,60", "17,61"), "error", "is 60 in row 2"),
    ],
)
def test_arms_add_up_to_their_study(sizes: tuple[str, str], severity: str | None, said: str) -> None:
    """An arm would be larger than its study, or one be missing without a word."""
    found = understood(f"study,arm,n,n_study\nA,mis,{sizes[0]}\nA,open,{sizes[1]}\n")
    if severity is None:
        clean(found)
    else:
        assert said in only(found, severity).message


def test_results_of_all_arms_stay_within_the_study() -> None:
    """Patients would be counted in both arms."""
    results = "study,arm,outcome,events,total\nA,mis,fusion,20,40\nA,open,fusion,20,40\n"
    studies = "study,arm,n,n_study\nA,mis,40,60\nA,open,,60\n"
    found = understood(results, studies)
    assert "the arms of fusion have 80 patients, and the study has 60" in only(found, "warning").message


@pytest.mark.parametrize(
    ("men", "severity", "said"),
    [
        ("39", None, ""), ("39 (91%)", None, ""), ("39/43", None, ""), ("52 of 75 in both arms", None, ""),
        ("85%", None, ""), ("", None, ""), ("mostly", None, ""),
        ("44", "error", "more men than the arm has patients (44 > 43)"),
        ("44 (99%)", "error", "more men than the arm has patients"),
        ("44/43", "error", "more men than patients (44 > 43)"),
        ("39 (19%)", "warning", "does not agree with 39 of 43"),
    ],
)  # fmt: skip
def test_men_among_the_patients(men: str, severity: str | None, said: str) -> None:
    """The number of women, or of both arms, would stand for the men."""
    found = understood(f"study;arm;n;n_male\nA;mis;43;{men}\n")
    if severity is None:
        clean(found)
    else:
        assert said in only(found, severity).message


def test_events_beyond_the_total_and_a_percentage_that_does_not_agree() -> None:
    """A slip in one of three figures would go unseen."""
    head = "study,arm,outcome,events,total,percent_reported\n"
    assert "events exceed total (44 > 43)" in only(understood(f"{head}A,mis,fusion,44,43,\n")).message
    found = understood(f"{head}A,mis,fusion,7,43,61%\nB,mis,infection,7,43,16.3\n")
    assert "does not agree with 7 of 43, which is about 16.3 %" in only(found, "warning").message


def test_more_events_than_patients_are_no_error_for_a_rate() -> None:
    """Patients who fall twice would stop the import."""
    clean(understood("study,arm,outcome,events,total,time\nA,mis,falls,50,43,600\n"))


def test_what_a_review_keeps_is_checked_in_the_same_way(tmp_path: Path) -> None:
    """Rows typed into the kept files would escape the checks that a sheet has to pass."""
    (tmp_path / "extracted").mkdir()
    (tmp_path / "review.toml").write_text(REVIEW, encoding="utf-8")
    (tmp_path / "extracted" / "results.csv").write_text(
        "study,arm,outcome,events,total,mean,median,q1\nA,mis,mortality_30d,8,43,,,\nA,mis,mortality_1y,7,43,,,\n"
        "A,mis,pain,,40,,5,6\n",
        encoding="utf-8",
    )
    (tmp_path / "extracted" / "studies.csv").write_text("study,arm,n,n_male\nA,mis,43,50\n", encoding="utf-8")
    with pytest.raises(ProblemsError) as caught:
        load(Workspace.find(tmp_path))
    said = str(caught.value)
    for part in ("mortality_30d is more than mortality_1y", "median lies below q1", "more men than the arm has"):
        assert part in said


def test_a_kept_sheet_of_bias_is_no_sheet_of_studies(tmp_path: Path) -> None:
    """Judgements would be read as studies, and stop every pool."""
    (tmp_path / "extracted").mkdir()
    (tmp_path / "review.toml").write_text(REVIEW, encoding="utf-8")
    judged = "".join(f"A,,minors,{n},2,said\n" for n in range(1, 9))
    for name, text in (
        ("results", "study,arm,outcome,events,total\nA,mis,fusion,7,43\n"),
        ("bias", f"study,arm,instrument,item,judgement,support\n{judged}"),
    ):
        (tmp_path / "extracted" / f"{name}.csv").write_text(text, encoding="utf-8")
    found = load(Workspace.find(tmp_path))
    assert (len(found.figures), found.studies, found.warnings) == (1, (), ())


@pytest.mark.parametrize("heading", ["n_study", "Study size", "N all arms"])
def test_the_size_of_the_study_beside_results(heading: str) -> None:
    """Arms of 83 patients in a study of 90 raise no question, because the sheet is a long one."""
    head = f"study,arm,outcome,events,total,{heading}\n"
    found = understood(f"{head}A,mis,fusion,7,43,90\nA,open,fusion,9,40,90\nA,mis,infection,1,41,90\n")
    assert "the arms add up to 83 patients, and the study has 90" in only(found, "warning").message
    assert [(study.arm, study.n_study) for study in found.studies] == [("mis", 90), ("open", 90)]
    assert all(not figure.more for figure in found.figures)
    clean(understood(f"{head}A,mis,fusion,7,43,83\nA,open,fusion,9,40,\nA,mis,infection,1,41,NR\n"))
    more = understood(f"{head}A,mis,fusion,7,43,80\nA,open,fusion,9,40,80\n")
    assert "the arms of fusion have 83 patients, and the study has 80" in only(more, "warning").message


def test_the_size_of_the_study_is_one_number() -> None:
    """A slip in one row is read over, or words become a number."""
    head = ("study", "arm", "outcome", "events", "total", "n_study")
    rows = ("A", "mis", "fusion", "7", "43", "43"), ("A", "mis", "infection", "1", "43", "34")
    problem = only(understood(workbook_table(head, *rows)))
    assert (problem.cell, problem.message) == ("G5", "is 43 in row 4, for the same study.")
    assert only(understood(workbook_table(head, ("A", "mis", "fusion", "7", "43", "many")))).cell == "G4"


def test_the_size_of_the_study_in_kept_results(tmp_path: Path) -> None:
    """A column typed into results.csv is kept and held against nothing."""
    (tmp_path / "extracted").mkdir()
    (tmp_path / "review.toml").write_text(REVIEW, encoding="utf-8")
    text = "study,arm,outcome,events,total,n_study\nA,mis,fusion,7,43,90\nA,open,fusion,9,40,90\n"
    (tmp_path / "extracted" / "results.csv").write_text(text, encoding="utf-8")
    found = load(Workspace.find(tmp_path))
    assert [warning.message for warning in found.warnings] == ["the arms add up to 83 patients, and the study has 90."]


@pytest.mark.parametrize(
    "text",
    ["study,n_study,mis_fusion_events,mis_fusion_total,open_fusion_events,open_fusion_total\nA,90,3,43,2,40\n",
     "study,n_study,outcome,events_1,n_1,events_2,n_2,arm_1,arm_2\nA,90,fusion,3,43,2,40,mis,open\n",
     "study,arm,n_study,fusion_events,fusion_total\nA,mis,90,3,43\nA,open,90,2,40\n"],
)  # fmt: skip
def test_the_size_of_the_study_in_every_form(text: str) -> None:
    """A sheet with the arms side by side would hide that seven patients are missing."""
    found = understood(text)
    assert "the arms add up to 83 patients, and the study has 90" in only(found, "warning").message
    assert [(study.arm, study.n_study) for study in found.studies] == [("mis", 90), ("open", 90)]
