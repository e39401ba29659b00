"""Long sheets, exports of RevMan and Covidence, and sheets with several arms in a row."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from synth.errors import Problem, UnknownName
from synth.extract import Given, understand
from synth.extract.contract.figures import cell_of
from synth.extract.reading.readers import parse_table
from synth.extract.understand import known_headings
from synth.review import parse_review

from .sheets import clean, csv_table, numbers, only, review, understood, workbook_table

REVMAN_5 = (
    "Comparison Number,Outcome Number,Subgroup Number,Name,Data Type,Statistical Method,Effect Measure,"
    "Events 1,Mean 1,SD 1,Total 1,Events 2,Mean 2,SD 2,Total 2,Group Label 1,Group Label 2\n"
    "1,0,0,Percutaneous or open,,,,,,,,,,,,,\n"
    "1,1,0,Bony healing,DIC,MH,OR,60,,,72,41,,,50,MISS,Open surgery\n"
    "1,1,1,Thoracic,DIC,MH,OR,20,,,24,11,,,20,,\n"
    "1,1,1,Aro 2001,,,,20,0,0,24,11,0,0,20,,\n"
    "1,1,2,Lumbar,DIC,MH,OR,40,,,48,30,,,30,,\n"
    "1,1,2,Ber 2005,,,,40,0,0,48,30,0,0,30,,\n"
    "1,2,0,Pain,CON,IV,MD,0,,,24,0,,,20,MISS,Open surgery\n"
    "1,2,0,Aro 2001,,,,0,3.5,1.2,24,0,4.5,1.1,20,,\n"
    "1,3,0,Satisfaction,DIC,MH,OR,9,,,24,9,,,20,MISS,Open surgery\n"
    "1,3,0,Aro 2001,,,,9,0,0,24,9,0,0,20,,\n"
    "1,4,0,Fusion,IV,IV,OR,,,,,,,,,MISS,Open surgery\n"
    "1,4,0,Cat 2009,,,,,,,,,,,,,\n"
)
REVMAN_WEB = (
    "Analysis group,Analysis number,Analysis name,Subgroup,Applicability,Study,Study year,GIV Mean,GIV SE,"
    "Experimental mean,Experimental SD,Experimental cases,Experimental N,Control mean,Control SD,Control cases,"
    "Control N,O-E,Variance,Weight,Mean,CI start,CI end,Footnotes\n"
    "1,1,Fusion,Thoracic,,Aro 2001,2001,,,,,20,24,,,11,20,,,60,4.09,1.06,15.8,a\n"
    "1,1,Fusion,Lumbar,,Ber 2005,2005,,,,,40,48,,,30,30,,,40,0.08,0.0,1.4,\n"
    "1,2,Pain,,,Aro 2001,2001,,,3.5,1.2,,24,4.5,1.1,,20,,,100,-1,-1.7,-0.3,\n"
)
COVIDENCE = (
    "Covidence #,Study ID,Title,Reviewer Name,Intervention,Outcome,Timepoint,Number of events,"
    "Number of participants,Mean,SD,Notes\n"
    "#12,Aro 2001,On spines,Consensus,MISS,Death,1 year,7,43,,,checked\n"
    "#12,Aro 2001,On spines,Jo Doe,MISS,Death,12 months,8,43,,,\n"
    "#12,Aro 2001,On spines,Consensus,Open surgery,Death,30 days,1,20,,,\n"
    "#12,Aro 2001,On spines,Consensus,MISS,Pain,,,43,3.5,1.2,\n"
    "#14,Ber 2005,Again,Jo Doe,MISS,Fusion,,20,24,,,\n"
)


def test_headings_of_others_are_understood_and_every_figure_leads_back() -> None:
    """A sheet with other headings would have to be rewritten, or nobody could find the cell a figure came from."""
    table = workbook_table(
        ("Study ID", "Treatment group", "Outcome measure", "No. of events", "Sample size", "Page", "Comments"),
        ("Aro 2001", "percutaneous", "bony healing", "20", "24", "p. 3", "CT"),
        ("Aro 2001", "Open Surgery", "FUSION", "11", "20", "p. 3", ""),
    )
    found = clean(understood(table))
    assert [(f.study, f.arm, f.outcome, f.events, f.total) for f in found.figures] == [
        ("Aro 2001", "mis", "fusion", 20, 24),
        ("Aro 2001", "open", "fusion", 11, 20),
    ]
    first = found.figures[0]
    assert (first.where, first.note) == ("p. 3", "CT")
    assert first.origin == "book.xlsx, sheet Data, cells E4, F4"
    assert (first.file, first.sheet, first.row) == ("book.xlsx", "Data", 4)
    assert cell_of(first, "events") == "E4"
    assert found.notes == ("book.xlsx, sheet Data: read as one row for each study, arm and outcome (2 rows).",)


def test_a_csv_names_row_and_columns() -> None:
    """A figure of a CSV would have no trace, because a CSV has no letters."""
    found = clean(understood("study;arm;outcome;deaths;n\nA;mis;mortality_1y;7;43\n"))
    assert found.figures[0].origin == "sheet.csv, row 2, columns deaths, n"


def test_all_problems_come_at_once_with_their_cells() -> None:
    """A person would mend one cell, run again and meet the next; or look for a cell in the wrong sheet."""
    table = workbook_table(
        ("study", "arm", "outcome", "events", "total", "bound"),
        ("A", "miss-spelt", "fusion", "20", "24", ""),
        ("B", "mis", "fuson", "20", "24", ""),
        ("C", "mis", "fusion", "30", "24", ""),
        ("", "mis", "fusion", "3", "24", ""),
        ("D", "mis", "fusion", "3-8", "24", "uper"),
        ("E", "mis", "fusion", "3", "24", ""),
        ("e ", "mis", "union", "3", "24", ""),
    )
    told = [(p.cell, p.column, p.sheet) for p in understood(table).errors]
    assert told == [
        ("C4", "arm", "Data"),
        ("D5", "outcome", "Data"),
        ("B7", "study", "Data"),
        (None, "bound", "Data"),
        ("E8", "events", "Data"),
        ("E6", "events", "Data"),
        ("B10", "study", "Data"),
    ]
    text = "\n".join(map(str, understood(table).errors))
    assert 'Did you mean "fusion"?' in text
    assert "review.toml has: mis, open." in text
    assert text.count("review.toml has: mortality_30d") == 1


def test_words_for_nothing_are_empty_and_counted_and_a_dash_is_not() -> None:
    """NR in a cell would stop an import, or a dash that means zero would vanish."""
    head = "study,arm,outcome,events,total\n"
    found = clean(understood(f"{head}A,mis,fusion,NR,43\nB,mis,fusion,n/a,not reported\n"))
    assert [numbers(f) for f in found.figures] == [{"total": 43}, {}]
    assert "sheet.csv: events: 2 cells say that the figure is not given; they were read as empty." in found.notes
    assert only(understood(f"{head}A,mis,fusion,-,43\n")).value == "-"


def test_decimal_commas_are_told_by_the_column() -> None:
    """A mean of 12,5 would be refused, or become 125."""
    found = clean(understood("study;arm;outcome;mean;sd;n\nA;mis;time_min;112,5;20,25;40\nB;mis;time_min;98;9,5;30\n"))
    assert numbers(found.figures[0]) == {"total": 40, "mean": 112.5, "sd": 20.25}
    doubt = understood("study;arm;outcome;mean;n\nA;mis;time_min;1,234;40\n")
    assert "may have a thousands separator" in only(doubt).message


def test_what_the_sheet_does_not_say_can_be_said() -> None:
    """A sheet of one arm and one outcome would need two more columns, or be read as whatever comes first."""
    text = "study,events,total\nA,7,43\n"
    errors = {problem.message for problem in understood(text).errors}
    assert errors == {'has no column "arm".', 'has no column "outcome".'}
    found = clean(understood(text, given=Given(arm="open", outcome="fusion")))
    assert [(f.arm, f.outcome) for f in found.figures] == [("open", "fusion")]
    one = parse_review(
        b'schema=1\ntitle="T"\nprimary_arm="m"\nquestion.text="Q"\narms.m.label="M"\noutcomes.d.label="Death"\n'
    )
    assert [f.outcome for f in understand([csv_table(text)], one).figures] == ["d"]


def test_rows_of_the_whole_study_are_held_against_the_arms() -> None:
    """Every patient would be counted twice, or a slip in one arm go unseen."""
    head = "study,arm,outcome,events,total\nA,mis,fusion,20,24\nA,open,fusion,11,20\n"
    found = clean(understood(f"{head}A,total,fusion,31,44\n"))
    assert len(found.figures) == 2
    assert "1 row about a whole study was held against the arms" in found.notes[-1]
    assert "the arms of fusion add up to 31, and the row of the whole study has 30." in only(
        understood(f"{head}A,Both groups,fusion,30,44\n")
    ).message
    assert "Is an arm missing?" in only(understood(f"{head}A,all,fusion,31,60\n"), "warning").remedy


def test_the_size_of_the_arm_stands_in_where_it_must() -> None:
    """A mean whose n stands in another column would be left out, or an unassessed total be made up."""
    text = (
        "study,arm,outcome,events,total,n,mean,sd\nA,mis,pain,,,43,3.5,1.2\nB,mis,fusion,7,,43,,\nC,mis,fusion,16%,,43,,\n"
    )
    found = understood(text)
    assert [(f.total, f.total_basis) for f in found.figures] == [(43, "cohort"), (None, ""), (43, "cohort")]


def test_revman_5_titles_and_studies_are_told_apart() -> None:
    """A title would become a study, the zeros of the other data type be counted, or subgroups counted twice."""
    found = understood(REVMAN_5)
    assert [(f.study, f.arm, f.outcome, numbers(f)) for f in found.figures] == [
        ("Aro 2001", "mis", "fusion", {"events": 20, "total": 24}),
        ("Aro 2001", "open", "fusion", {"events": 11, "total": 20}),
        ("Ber 2005", "mis", "fusion", {"events": 40, "total": 48}),
        ("Ber 2005", "open", "fusion", {"events": 30, "total": 30}),
        ("Aro 2001", "mis", "pain", {"mean": 3.5, "sd": 1.2, "total": 24}),
        ("Aro 2001", "open", "pain", {"mean": 4.5, "sd": 1.1, "total": 20}),
    ]
    warned = [problem for problem in found.problems if problem.severity == "warning"]
    assert not found.errors
    assert [(p.value, p.row) for p in warned] == [("Satisfaction", None), ("IV", 12)]
    assert found.figures[0].origin == "sheet.csv, row 5, columns Events 1, Total 1"


def test_a_revman_export_without_data_types_is_refused() -> None:
    """Zeros would be read as events of every mean."""
    rows = list(csv.reader(REVMAN_5.splitlines()))
    without = "\n".join(",".join(cells[:4] + cells[5:]) for cells in rows)
    assert "no column Data Type" in only(understood(without)).message


def test_revman_web_names_the_analysis_in_each_row() -> None:
    """Control cases would be taken for the arm of the intervention, or the pooled mean for a mean of patients."""
    found = clean(understood(REVMAN_WEB))
    assert [(f.study, f.arm, f.outcome, numbers(f)) for f in found.figures] == [
        ("Aro 2001", "mis", "fusion", {"events": 20, "total": 24}),
        ("Aro 2001", "open", "fusion", {"events": 11, "total": 20}),
        ("Ber 2005", "mis", "fusion", {"events": 40, "total": 48}),
        ("Ber 2005", "open", "fusion", {"events": 30, "total": 30}),
        ("Aro 2001", "mis", "pain", {"mean": 3.5, "sd": 1.2, "total": 24}),
        ("Aro 2001", "open", "pain", {"mean": 4.5, "sd": 1.1, "total": 20}),
    ]
    assert "sheet.csv: control was taken for the arm open." in found.notes


def test_a_control_that_could_be_two_arms_is_asked_for() -> None:
    """One of two comparators would be chosen in silence."""
    text = 'schema=1\ntitle="T"\nprimary_arm="m"\ncomparator_arms=["a","b"]\nquestion.text="Q"\n' + "".join(
        f'arms.{arm}.label="{arm} surgery"\n' for arm in "mab"
    )
    two = parse_review(f'{text}outcomes.fusion.label="Fusion"\n'.encode())
    table = parse_table(REVMAN_WEB.encode(), "web.csv", known_headings(two))
    found = understand([table], two)
    assert "is of an arm that this review does not name" in only(found).message
    assert "aliases of one arm in review.toml: m, a, b" in only(found).remedy


def test_covidence_gives_what_was_agreed_on() -> None:
    """The first reviewer's figure would be taken besides the consensus, or deaths of a month for those of a year."""
    found = clean(understood(COVIDENCE))
    assert [(f.study, f.arm, f.outcome, numbers(f)) for f in found.figures] == [
        ("Aro 2001", "mis", "mortality_1y", {"events": 7, "total": 43}),
        ("Aro 2001", "open", "mortality_30d", {"events": 1, "total": 20}),
        ("Aro 2001", "mis", "pain", {"mean": 3.5, "sd": 1.2, "total": 43}),
        ("Ber 2005", "mis", "fusion", {"events": 20, "total": 24}),
    ]
    assert found.figures[0].note == "checked"
    assert "sheet.csv: 1 row of a single reviewer was left, where there is a consensus." in found.notes


def test_two_reviewers_without_a_consensus_are_two_rows_for_one() -> None:
    """One of two people's figures would be taken by chance."""
    text = "Study ID,Reviewer Name,Intervention,Outcome,Events,Total\nA,Jo,MISS,Fusion,7,43\nA,Bo,MISS,Fusion,8,43\n"
    assert "the same study, arm, outcome stands in row 2 already" in only(understood(text)).message


def as_review(outcome: str, kind: str, arms: list[str]) -> str:
    """Write a review with these arms."""
    names = "".join(f'[arms.a{number}]\nlabel = "{arm}"\n' for number, arm in enumerate(arms))
    return (
        f'schema = 1\ntitle = "T"\nprimary_arm = "a0"\nquestion.text = "Q"\n{names}'
        f'[outcomes.x]\nlabel = "{outcome}"\nkind = "{kind}"\n'
    )


@pytest.mark.parametrize(("kind", "name"), [("proportion", "binary"), ("continuous", "continuous")])
def test_real_sheets_of_metainsight_say_the_same_long_and_wide(shared: Path, kind: str, name: str) -> None:
    """A sheet as another program shapes it would lose a study, or its wide form differ from its long one."""
    long = (shared / "extraction" / "metainsight" / f"{name}_long.csv").read_bytes()
    wide = (shared / "extraction" / "metainsight" / f"{name}_wide.csv").read_bytes()
    rows = list(csv.DictReader(long.decode("utf-8-sig").splitlines()))
    asked = review(as_review("X", kind, sorted({row["T"] for row in rows})))
    figures = {}
    for form, data in (("long", long), ("wide", wide)):
        found = understand([parse_table(data, f"{form}.csv", known_headings(asked))], asked)
        assert not found.errors
        figures[form] = {(f.study, f.arm): numbers(f) for f in found.figures}
    assert figures["long"] == figures["wide"]
    assert len(figures["long"]) == len(rows)
    number = "R" if kind == "proportion" else "Mean"
    assert {float(n["events" if kind == "proportion" else "mean"]) for n in figures["long"].values()} == {
        float(row[number]) for row in rows
    }


def test_the_evidence_as_it_was_extracted_is_understood(shared: Path) -> None:
    """A real sheet with another person's headings and arms would be refused for reasons that are not in it."""
    data = (shared / "evidence" / "evidence.csv").read_bytes()
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    arms = {row["arm"] for row in rows}
    outcomes = {row["outcome"]: bool(row["mean"]) for row in sorted(rows, key=lambda row: row["mean"])}
    text = 'schema=1\ntitle="T"\nprimary_arm="a0"\nquestion.text="Q"\n'
    text += "".join(f'[arms.a{n}]\nlabel="{arm}"\n' for n, arm in enumerate(sorted(arms)))
    text += "".join(
        f'[outcomes.{name}]\nlabel="{name}"\nkind="{"continuous" if mean else "proportion"}"\n'
        for name, mean in outcomes.items()
    )
    asked = review(text)
    found = understand([parse_table(data, "evidence.csv", known_headings(asked))], asked)
    assert [problem for problem in found.errors if "stands in" not in problem.message] == []
    assert len(found.figures) == len(rows)
    for figure, row in zip(found.figures, rows, strict=True):
        if row["events"] or not row["percent_reported"]:
            assert figure.events == (int(row["events"]) if row["events"] else None)
        else:  # worked out of a percentage, or left empty where several counts would do
            assert figure.events is None or figure.events_basis == "derived"
        assert figure.mean == (float(row["mean"]) if row["mean"] else None)


def test_a_hundred_thousand_rows_are_understood_in_seconds() -> None:
    """A big sheet would make the tool feel broken."""
    rows = "".join(f"Study {i},mis,Fusion,{i % 40} ({100 * (i % 40) / 43:.1f}%),43,p. 3,\n" for i in range(50_000))
    rows += "".join(f"Study {i},mis,Pain,,43,,{3 + i % 3} (1.5)\n" for i in range(50_000))
    table = csv_table(f"Study,Arm,Outcome,Events,Total,Page,Mean\n{rows}")
    start = time.process_time()
    found = understand([table], review())
    assert len(found.figures) == 100_000
    # About four seconds on a slow core; fifteen says that something is quadratic.
    assert time.process_time() - start < 15


def test_problems_never_repeat_what_a_terminal_would_obey() -> None:
    """A cell could clear the screen of whoever reads the list of problems."""
    told: list[Problem] = list(understood("study,arm,outcome,events,total\nA,\x1b[2J,fusion,\x1b[31m,2\n").problems)
    assert told
    assert "\x1b" not in "".join(map(str, told))


def test_arms_in_the_headings_and_words_about_both() -> None:
    """A row would need two rows, or a figure that must not be pooled lose its reason."""
    found = clean(
        understood(
            "Study,Outcome,MIS events,MIS total,Open surgery events,Open surgery total,Exclude,Notes\n"
            "A,fusion,7,43,5,20,printed twice,CT\n".replace("MIS", "MISS")
        )
    )
    assert [(f.arm, f.events, f.total, f.exclude, f.note) for f in found.figures] == [
        ("mis", 7, 43, "printed twice", "CT"),
        ("open", 5, 20, "printed twice", "CT"),
    ]
    assert understood(REVMAN_WEB).figures[0].note == "a"


def test_a_sum_of_studies_is_no_study() -> None:
    """A table copied with its last line would count every patient twice."""
    text = "study,arm,outcome,events,total\nA,mis,fusion,7,43\nTotal,mis,fusion,7,43\n"
    assert "is a sum of studies, and no study" in only(understood(text)).message


def test_a_name_given_for_all_rows_has_to_be_one_of_the_review() -> None:
    """A slip in an option would make an arm that nothing is pooled with."""
    text = "study,outcome,events,total\nA,fusion,7,43\n"
    assert clean(understood(text, given=Given(arm="percutaneous"))).figures[0].arm == "mis"
    with pytest.raises(UnknownName, match="There are: mis, open"):
        understood(text, given=Given(arm="miss-spelt"))


def test_a_line_of_sums_below_a_gap_is_left_and_said() -> None:
    """A sum at the end would be told that it has no arm, or a study without an arm be taken for one."""
    head = "study,arm,outcome,events,total\n"
    found = clean(understood(f"{head}A,mis,fusion,3,20\nB,mis,fusion,4,20\n\nTotal,,,7,40\n"))
    assert [figure.study for figure in found.figures] == ["A", "B"]
    assert any('row 5 ("Total", without an arm) was taken for a sum' in note for note in found.notes)
    found = clean(understood("study,arm,n,fusion_events\nA,mis,20,3\nB,open,20,4\nTotal,,40,7\n"))
    assert [figure.study for figure in found.figures] == ["A", "B"]
    assert "the arm is empty" in only(understood("study,arm,n,fusion_events\nA,mis,20,3\nZed,,40,7\n")).message


@pytest.mark.parametrize(
    "text", ["study,arm,outcome,events,total\nA,mis,fusion,0,0\n", "study,arm,n,fusion\nA,mis,,0/0\n"]
)
def test_nobody_assessed_is_no_figure(text: str) -> None:
    """A row of nought of nought would be kept as a figure."""
    problem = only(understood(text))
    assert (problem.column, problem.message) == ("total", "is 0: nobody was assessed.")
