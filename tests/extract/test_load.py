"""Sheets to figures: what is accepted, and every defect told at once with its place."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from synth.errors import Problem, ProblemsError, UnknownName, WorkspaceError
from synth.extract import Extracted, Figure, load, read_figures, select, summarise
from synth.extract.contract.sheets import RESULTS, STUDIES, fold, names_of
from synth.workspace import Workspace

REVIEW = """
schema = 1
title = "Hips"
primary_arm = "mis"
comparator_arms = ["open"]
question.text = "How many?"
arms.mis.label = "MIS"
arms.open.label = "Open"
outcomes.fusion.label = "Fusion"
outcomes.mortality_1y.label = "Death"
[outcomes.time_min]
label = "Time"
kind = "continuous"
"""
HEAD = "study,arm,outcome,events,total"

Make = Callable[..., Workspace]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a review with the sheets given."""

    def build(results: str | bytes | None = None, studies: str | None = None, **others: str) -> Workspace:
        folder = tmp_path / "extracted"
        folder.mkdir(exist_ok=True)
        (tmp_path / "review.toml").write_text(REVIEW, encoding="utf-8")
        if results is not None:
            data = results if isinstance(results, bytes) else results.encode()
            (folder / "results.csv").write_bytes(data)
        if studies is not None:
            (folder / "studies.csv").write_text(studies, encoding="utf-8")
        for name, text in others.items():
            (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
        return Workspace.find(tmp_path)

    return build


def problems(workspace: Workspace) -> tuple[Problem, ...]:
    """Return every problem that loading raises."""
    with pytest.raises(ProblemsError) as caught:
        load(workspace)
    return caught.value.problems


def csv_file(tmp_path: Path, text: str) -> Path:
    """Write a one-off file."""
    path = tmp_path / "figures.csv"
    path.write_text(text, encoding="utf-8")
    return path


def one_off_problems(tmp_path: Path, text: str, **options: str) -> tuple[Problem, ...]:
    """Return every problem of a one-off file."""
    with pytest.raises(ProblemsError) as caught:
        read_figures(csv_file(tmp_path, text), **options)
    return caught.value.problems


def test_a_sheet_becomes_figures_in_its_order(make: Make) -> None:
    """A cell would land in the wrong field, or rows change places."""
    workspace = make(
        "study,arm,outcome,events,total,unit,bound,exclude,percent_reported\n"
        "NA,mis,fusion,9,10,,Upper,,90%\n0012,mis,fusion,,10,Patients,,,\n3-8,open,fusion,0,0,screws,,why,\n"
    )
    found = load(workspace)
    assert [(f.study, f.events, f.total, f.unit, f.bound, f.exclude, f.row) for f in found.figures] == [
        ("NA", 9, 10, "patients", "upper", "", 2),
        ("0012", None, 10, "patients", "", "", 3),
        ("3-8", 0, 0, "screws", "", "why", 4),
    ]
    assert {f.file for f in found.figures} == {"extracted/results.csv"}
    assert [p.name for p in found.files] == ["results.csv"]


def test_every_defect_of_every_sheet_comes_at_once(make: Make) -> None:
    """A person would mend one cell, run again and meet the next."""
    workspace = make(
        f"{HEAD},bound\nA,mis,fusion,7 (16%),43,\nB,miss,fusion,9,4,\nC,mis,fuson,1,2,uper\n,mis,fusion,1,2,\n"
        "D,mis,fusion,1,2,\nd ,mis,fusion,1,2,\n",
        studies="study,arm,year,overlaps\nA,mis,20x,\nD,mis,2020,Z\nE,open,2020,E\n",
    )
    told = [(p.file, p.row, p.column, p.value) for p in problems(workspace) if p.severity == "error"]
    assert told == [
        ("extracted/results.csv", 2, "events", "7 (16%)"),
        ("extracted/results.csv", 3, "arm", "miss"),
        ("extracted/results.csv", 3, "events", "9"),
        ("extracted/results.csv", 4, "bound", "uper"),
        ("extracted/results.csv", 4, "outcome", "fuson"),
        ("extracted/results.csv", 5, "study", None),
        ("extracted/results.csv", 7, "study-arm-outcome", "d, mis, fusion"),
        ("extracted/studies.csv", 2, "year", "20x"),
    ]
    text = "\n".join(map(str, problems(workspace)))
    assert 'Did you mean "mis"?' in text
    assert 'Did you mean "fusion"?' in text
    assert "events exceed total (9 > 4)" in text
    assert "stands in row 6 already" in text


def test_a_duplicate_across_two_sheets_names_both(make: Make) -> None:
    """Patients would be counted twice when results are split over files."""
    workspace = make(f"{HEAD}\nA,mis,fusion,1,2\n", more__csv=f"{HEAD}\na,mis,fusion,1,2\n")
    told = problems(workspace)
    assert [p.file for p in told if p.severity == "error"] == ["extracted/results.csv"]
    assert "but for case" in told[1].message
    assert "extracted/more.csv, row 2" in told[0].message or "row 2 already" in told[0].message


def test_missing_columns_name_what_was_found_and_the_nearest(make: Make) -> None:
    """A misspelt heading would leave the person to compare by eye."""
    told = problems(make("study,arm,outcome,evnts,tot pat\nA,mis,fusion,1,2\n"))
    assert [p.row for p in told if p.severity == "error"] == [1, 1]
    assert 'has no column "events". Is it "evnts"?' in told[0].message
    assert "study, arm, outcome, evnts, tot pat" in told[0].remedy


def test_two_columns_that_could_be_the_same_are_refused(make: Make) -> None:
    """One of two totals would be taken in silence."""
    told = problems(make("study,arm,outcome,events,patients,n\nA,mis,fusion,1,2,3\n"))
    assert 'has 2 columns for total: "patients", "n".' in told[0].message
    told = problems(make("study,arm,outcome,events,events,total\nA,mis,fusion,1,2,3\n"))
    assert 'has 2 columns for events: "events", "events".' in told[0].message


def test_the_own_name_wins_over_an_alias(make: Make) -> None:
    """A sheet with total and another column n would be refused for nothing."""
    found = load(make("study,arm,outcome,events,total,n\nA,mis,fusion,1,2,30\n"))
    assert found.figures[0].total == 2


def test_a_heading_with_a_slip_is_pointed_out(make: Make) -> None:
    """A misspelt exclude would be ignored, and a row pooled that must not be."""
    found = load(make(f"{HEAD},exlude,my own column\nA,mis,fusion,1,2,contradictory,x\n"))
    assert [(p.column, p.severity) for p in found.warnings] == [("exlude", "warning")]
    assert '"exclude"' in found.warnings[0].remedy


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        (HEAD, "has a header and no rows"),
        (f"{HEAD}\n,,,,\n\n", "has a header and no rows"),
        ("a,b\n1,2\n", "none of the columns of a sheet. Columns found: a, b."),
        ('{"study": 1}', "is JSON"),
        ("<html></html>", "is a web page"),
    ],
)
def test_a_sheet_that_is_none_is_one_clear_problem(make: Make, text: str, said: str) -> None:
    """An empty or foreign file would crash, or be passed over in silence."""
    told = problems(make(text))
    assert len(told) == 1
    assert said in told[0].message


def test_a_review_without_sheets_says_what_to_write(make: Make, tmp_path: Path) -> None:
    """A newcomer would not know what to do next."""
    workspace = make()
    with pytest.raises(WorkspaceError, match=r"has no sheet.*study, arm, outcome, events, total"):
        load(workspace)
    (tmp_path / "extracted" / "data.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(WorkspaceError, match=r"data\.xlsx is not read: save it as CSV"):
        load(workspace)
    (tmp_path / "extracted" / "data.xlsx").unlink()
    (tmp_path / "extracted").rmdir()
    with pytest.raises(WorkspaceError, match="There is no folder extracted"):
        load(workspace)


def test_studies_alone_are_not_enough(make: Make) -> None:
    """A review with no figure would seem to be read."""
    with pytest.raises(WorkspaceError, match="has no results yet"):
        load(make(studies="study,arm,title\nA,mis,T\n"))


def test_a_workbook_beside_the_sheets_is_pointed_out(make: Make, tmp_path: Path) -> None:
    """Somebody's newer workbook would be thought to be pooled."""
    workspace = make(f"{HEAD}\nA,mis,fusion,1,2\n")
    (tmp_path / "extracted" / "newer.xlsx").write_bytes(b"PK\x03\x04")
    (tmp_path / "extracted" / "~$newer.xlsx").write_bytes(b"x")
    assert [(p.file, p.severity) for p in load(workspace).warnings] == [("extracted/newer.xlsx", "warning")]


def test_a_percentage_that_does_not_agree_is_a_warning(make: Make) -> None:
    """A slip in events or total would go unseen although the source's own percentage stands beside it."""
    found = load(
        make(f"{HEAD},percent_reported,exclude\nA,mis,fusion,10,48,20.4%,\nB,mis,fusion,10,48,20.4%,known\n"
             "C,mis,fusion,20,96,20.8%,\n")
    )  # fmt: skip
    assert [(p.row, p.value, p.severity) for p in found.warnings] == [(2, "20.4%", "warning")]
    assert "about 20.8 %" in found.warnings[0].message


def test_results_are_held_against_the_studies(make: Make) -> None:
    """A slip in a label would make one study two, and count its patients twice."""
    told = problems(
        make(f"{HEAD}\nWanman 2023,mis,fusion,1,44\nWänman 2023,mis,mortality_1y,1,44\n",
             studies="study,arm,n\nWänman 2023,mis,43\n")
    )  # fmt: skip
    said = {(p.severity, p.value): p.message for p in told}
    assert 'Did you mean "Wänman 2023"?' in said["warning", "Wanman 2023"]
    assert "but for case, accents" in said["warning", "Wänman 2023"]
    assert "more than the 43 patients" in said["error", "44"]


def test_accents_coded_in_two_ways_are_one_study(make: Make) -> None:
    """The same name typed on two systems would be two studies."""
    told = problems(make(f"{HEAD}\nW\u00e4nman,mis,fusion,1,2\nWa\u0308nman,mis,fusion,1,2\n"))
    assert told[0].column == "study-arm-outcome"


def test_events_of_a_continuous_outcome_are_refused(make: Make) -> None:
    """A mean in minutes would be read as a number of patients."""
    told = problems(make(f"{HEAD}\nA,mis,time_min,40,48\n"))
    assert "continuous in review.toml" in told[0].message


@pytest.mark.parametrize(
    ("studies", "said"),
    [
        ("A,mis,Bx\nB,mis,", "no study of this review"),
        ("A,mis,A\nB,mis,", "circle"),
        ("A,mis,B\nB,mis,A", "circle"),
    ],
)
def test_an_overlap_must_lead_somewhere(make: Make, studies: str, said: str) -> None:
    """A slip would pool an overlapping cohort, or a circle would leave both out."""
    told = problems(make(f"{HEAD}\nA,mis,fusion,1,2\nB,mis,fusion,2,4\n", studies=f"study,arm,overlaps\n{studies}\n"))
    assert all(said in p.message for p in told)


def test_messages_never_carry_control_characters_or_whole_rows(make: Make) -> None:
    """A cell could clear the terminal, and a patient's row could end up in a log."""
    told = problems(
        make(f"{HEAD},note\nA\x1b[2J,mis,fusion,\x1b[31mx{'y' * 500},2,secret note\n,mis,fusion,1,2,secret\n")
    )
    text = "\n".join(map(str, told))
    assert "\x1b" not in text
    assert r"\x1b[31mx" in text
    assert "y" * 100 not in text
    assert "secret" not in text


def test_control_characters_in_a_name_are_kept(make: Make) -> None:
    """A label would be changed in silence, and no longer match its source."""
    assert load(make(f"{HEAD}\nA\x1b[2J,mis,fusion,1,2\n")).figures[0].study == "A\x1b[2J"


def test_problems_are_counted_beyond_a_thousand(make: Make) -> None:
    """A sheet of the wrong kind would print for minutes."""
    told = problems(make(HEAD + "\n" + "".join(f"S{i},mis,fusion,x,2\n" for i in range(3000))))
    assert len(told) == 1001
    assert "2,000 more problems" in told[-1].message


def test_a_hundred_thousand_rows_are_read_in_seconds(make: Make) -> None:
    """A big sheet would make the tool feel broken."""
    rows = "".join(f"Study {i},mis,fusion,{i % 40},43,,stated,cohort,abstract\n" for i in range(100_000))
    workspace = make(f"{HEAD},note,events_basis,total_basis,where\n{rows}")
    start = time.process_time()
    assert len(load(workspace).figures) == 100_000
    # About two seconds on a slow core; ten says that something is quadratic.
    assert time.process_time() - start < 10


def test_a_one_off_file_needs_only_its_own_headings(tmp_path: Path) -> None:
    """Any CSV of a stranger would have to be rewritten before it could be pooled."""
    found = read_figures(
        csv_file(tmp_path, "Series;No. died;Treated\nA;1;20\nB;0;10\nC;;5\n"),
        study="series",
        events="No. died",
        total="Treated",
    )
    assert [(f.study, f.events, f.total, f.outcome, f.arm) for f in found.figures] == [
        ("A", 1, 20, "No. died", "all"),
        ("B", 0, 10, "No. died", "all"),
        ("C", None, 5, "No. died", "all"),
    ]
    chosen = select(found, "No. died", "all")
    assert [e.reason for e in chosen.excluded] == ["number of events not given in the source"]


@pytest.mark.parametrize("header", ["study,events,total", "author,xi,ni", "SLAB,Event,N", "studlab,r,n"])
def test_the_field_s_usual_headings_need_no_options(tmp_path: Path, header: str) -> None:
    """A sheet made for another program would need three options."""
    assert read_figures(csv_file(tmp_path, f"{header}\nA,1,2\n")).figures[0].total == 2


def test_a_named_column_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    """A typing slip in an option would end in a guess."""
    told = one_off_problems(tmp_path, "study,deaths,total\nA,1,2\n", events="deats", total="deaths")
    assert 'has no column "deats". Is it "deaths"?' in told[0].message
    told = one_off_problems(tmp_path, "study,n,x\nA,1,2\n", events="n", total="n")
    assert "given for both events and total" in told[0].message


def test_several_outcomes_or_arms_need_a_choice(tmp_path: Path) -> None:
    """Deaths and fusions would be pooled into one number."""
    text = "study,arm,outcome,events,total\nA,mis,fusion,9,10\nA,open,fusion,8,10\nA,mis,death,oops,10\n"
    told = one_off_problems(tmp_path, text)
    assert [p.remedy for p in told] == ["Say which: --outcome fusion", "Say which: --arm mis"]
    found = read_figures(csv_file(tmp_path, text), outcome="Fusion", arm="mis")
    assert [(f.study, f.arm, f.outcome, f.events) for f in found.figures] == [("A", "mis", "fusion", 9)]
    with pytest.raises(UnknownName, match=r'no outcome "fusio"\. Did you mean "fusion"'):
        read_figures(csv_file(tmp_path, text), outcome="fusio", arm="mis")


def test_columns_that_are_there_by_chance_do_not_stop_a_one_off(tmp_path: Path) -> None:
    """A stranger's column called confidence or mean would stop the pooling of counts."""
    found = read_figures(csv_file(tmp_path, "study,events,total,confidence,mean\nA,1,2,95%,3 (1)\n"))
    assert found.figures[0].confidence == ""
    assert [p.severity for p in found.warnings] == ["warning"]
    assert found.figures[0].more == (("mean", "3 (1)"),)


def test_the_sum_row_of_a_table_is_not_a_study(tmp_path: Path) -> None:
    """A table copied with its last line would count every patient twice."""
    told = one_off_problems(tmp_path, "study,events,total\nA,1,10\nB,2,20\nTotal,3,30\n")
    assert [(p.row, p.value) for p in told] == [(4, "Total")]
    assert len(read_figures(csv_file(tmp_path, "study,events,total\nA,1,10\nB,2,20\nTotal,4,30\n")).figures) == 3


def test_a_title_above_the_header_is_one_problem_and_says_so(tmp_path: Path) -> None:
    """A table copied with its caption would be told three columns that are plainly there."""
    told = one_off_problems(tmp_path, "Table 1\nstudy,events,total\n")
    assert [p.message for p in told if "none of the columns" in p.message] == [
        "has none of the columns study, events, total."
    ]
    assert "Found there: Table 1." in told[-1].remedy


def test_a_file_without_a_readable_header_is_one_problem(tmp_path: Path) -> None:
    """An open quotation mark in the first line would be followed by nonsense about columns."""
    told = one_off_problems(tmp_path, '"study,events,total\nA,1,2\n')
    assert [(p.row, "never closed" in p.message) for p in told] == [(1, True)]


def test_overlap_is_left_out_only_where_the_larger_is_pooled() -> None:
    """A cohort would be counted twice, or be lost where it is the only report."""
    from synth.extract import StudyArm

    studies = tuple(StudyArm(s, "mis", overlaps=o) for s, o in (("A", "B"), ("B", "C"), ("C", "")))

    def chosen(*rows: tuple[str, int | None]) -> tuple[list[str], list[str]]:
        figures = tuple(Figure(s, "mis", "fusion", e, 10) for s, e in rows)
        found = select(Extracted(figures, studies, (), ()), "fusion", "mis")
        return [f.study for f in found.included], [e.reason for e in found.excluded]

    assert chosen(("A", 1), ("B", 2), ("C", 3)) == (
        ["C"],
        ["its patients are part of B, which is pooled here", "its patients are part of C, which is pooled here"],
    )
    assert chosen(("A", 1), ("B", None), ("C", 3))[0] == ["C"]
    assert chosen(("A", 1), ("C", None))[0] == ["A"]


@pytest.mark.parametrize(
    ("figure", "reason"),
    [
        (Figure("A", "m", "o", 1, 2, exclude="twice printed"), "twice printed"),
        (Figure("A", "m", "o", 1, 2, unit="screws"), "counted in screws, not in patients"),
        (Figure("A", "m", "o", None, 2), "number of events not given in the source"),
        (Figure("A", "m", "o", 1, None), "number of patients assessed not given in the source"),
        (Figure("A", "m", "o", None, None), "neither the number"),
        (Figure("A", "m", "o", None, 2, mean=3.0), "a mean, not a number"),
        (Figure("A", "m", "o", 0, 0), "no patient was assessed"),
    ],
)
def test_each_row_that_cannot_enter_says_why(figure: Figure, reason: str) -> None:
    """A row would vanish from the page."""
    found = select(Extracted((figure,), (), (), ()), "o", "m")
    assert found.included == ()
    assert reason in found.excluded[0].reason


def test_a_row_left_out_keeps_what_its_sheet_says(make: Make) -> None:
    """A percentage without a count, and the doubt about it, would be lost with the row."""
    workspace = make(
        f"{HEAD},percent_reported,note\n"
        "A,mis,fusion,9,10,90%,sound\nB,mis,fusion,,12,97%,count not printed\nC,mis,fusion,,,,\n"
    )
    excluded = select(load(workspace), "fusion", "mis").excluded
    assert [(e.study, e.total, e.percent_reported, e.note, e.row) for e in excluded] == [
        ("B", 12, "97%", "count not printed", 3),
        ("C", None, "", "", 4),
    ]


def test_the_summary_counts_what_select_chooses(make: Make) -> None:
    """The list of outcomes would promise studies that pooling does not have."""
    workspace = make(
        f"{HEAD},mean,sd\nA,mis,fusion,1,2,,\nB,mis,fusion,,2,,\nA,open,fusion,1,4,,\nA,mis,time_min,,9,8,2\nB,mis,time_min,,9,8,\n"
    )
    counts = summarise(load(workspace), workspace.review)
    assert [(c.outcome.id, [(a.arm, a.k, a.events, a.total, a.excluded) for a in c.arms]) for c in counts] == [
        ("fusion", [("mis", 1, 1, 2, 1), ("open", 1, 1, 4, 0)]),
        ("mortality_1y", []),
        ("time_min", [("mis", 1, None, 9, 1)]),
    ]


def test_an_alias_means_one_column_only() -> None:
    """A heading would be two columns, and which one would hang on the order of the table."""
    for columns in (RESULTS, STUDIES):
        folded = [fold(word) for column in columns for word in {fold(column.name), *map(fold, column.aliases)}]
        assert len(folded) == len(set(folded))
        assert set(names_of(columns).values()) == {column.name for column in columns}
        for column in columns:
            assert column.meaning
            assert (column.kind == "choice") == bool(column.allowed)


def test_the_contract_and_the_figures_have_the_same_fields() -> None:
    """A column would be promised in the reference and never read."""
    from dataclasses import fields

    from synth.extract import StudyArm
    from synth.extract.contract.figures import BiasRow
    from synth.extract.contract.sheets import BIAS

    place = ["sheet", "cells"]
    assert [f.name for f in fields(Figure)] == [*(c.name for c in RESULTS), "file", "row", "values", "more", *place]
    assert [f.name for f in fields(StudyArm)] == [*(c.name for c in STUDIES), "file", "row", "more", *place]
    assert [f.name for f in fields(BiasRow)] == [*(c.name for c in BIAS), "file", "row", *place]
