"""Wide sheets: headings that name an outcome, an arm and a part of a figure, in any order."""

from __future__ import annotations

import pytest

from synth.extract import Given
from synth.extract.contract.names import Names
from synth.extract.forms.wide import Spot, spot_of

from .sheets import clean, numbers, only, review, understood, workbook_table


@pytest.mark.parametrize(
    ("heading", "spot"),
    [
        ("mortality_1y_events", Spot("mortality_1y", "", "events")),
        ("mortality_1y_total", Spot("mortality_1y", "", "total")),
        ("mortality_1y", Spot("mortality_1y", "", "value")),
        ("Death within one year (n)", Spot("mortality_1y", "", "total")),
        ("Mortality 1Y, total", Spot("mortality_1y", "", "total")),
        ("fusion mis", Spot("fusion", "mis", "value")),
        ("MISS fusion events", Spot("fusion", "mis", "events")),
        ("Open surgery - Fusion - N", Spot("fusion", "open", "total")),
        ("bony healing percutaneous", Spot("fusion", "mis", "value")),
        ("pain_mean", Spot("pain", "", "mean")),
        ("pain SD open", Spot("pain", "open", "sd")),
        ("Pain median", Spot("pain", "", "median")),
        ("pain_q1", Spot("pain", "", "q1")),
        ("pain 75th percentile", Spot("pain", "", "q3")),
        ("death_rate_events", Spot("death_rate", "", "events")),
        ("death_rate person-years", Spot("death_rate", "", "time")),
        ("infection_where", Spot("infection", "", "where")),
        ("mortality_2y", None),
        ("pain medication", None),
        ("painful", None),
        ("study", None),
        ("", None),
    ],
)
def test_a_heading_says_outcome_arm_and_part(heading: str, spot: Spot | None) -> None:
    """A column would be counted for another outcome, another arm, or as another number."""
    assert spot_of(heading, Names(review())) == spot


def test_a_percentage_in_the_heading_tells_numbers_from_events() -> None:
    """Under "fusion n (%)" the events would be taken for the total."""
    names = Names(review())
    assert spot_of("fusion n", names, percent=True) == Spot("fusion", "", "events")
    found = clean(understood("study,arm,n,fusion n (%)\nA,mis,43,7 (16)\n"))
    assert numbers(found.figures[0]) == {"events": 7, "total": 43}
    assert numbers(clean(understood("study,arm,n,fusion (%)\nA,mis,43,16\nB,mis,30,20.0\n")).figures[1]) == {
        "events": 6,
        "total": 30,
    }


def test_events_and_total_or_the_size_of_the_arm() -> None:
    """The size of the arm would stand in for a total that the sheet has, or nothing for one that it has not."""
    text = (
        "study,arm,n,mortality_1y_events,mortality_1y_total,fusion,infection\n"
        "A,mis,43,7,40,30/35,2\nB,open,20,,,,1 (5%)\n"
    )
    found = clean(understood(text))
    assert [(f.study, f.outcome, f.events, f.total, f.total_basis) for f in found.figures] == [
        ("A", "mortality_1y", 7, 40, ""),
        ("A", "fusion", 30, 35, "derived"),
        ("A", "infection", 2, 43, "cohort"),
        ("B", "infection", 1, 20, "cohort"),
    ]
    assert [(s.study, s.arm, s.n) for s in found.studies] == [("A", "mis", 43), ("B", "open", 20)]
    assert found.studies[0].more == ()


def test_means_medians_and_rates_have_their_columns() -> None:
    """A quartile would become a mean, or person-time be lost."""
    text = (
        "study,arm,n,pain_mean,pain_sd,time_min,time_min_median,time_min_q1,time_min_q3,falls_events,falls_time\n"
        "A,mis,43,3.5,1.2,98 (44),,,,3,61.5\nB,open,20,,,,90,70,130,,\n"
    )
    found = clean(understood(text))
    assert [(f.study, f.outcome, numbers(f)) for f in found.figures] == [
        ("A", "pain", {"mean": 3.5, "sd": 1.2, "total": 43}),
        ("A", "time_min", {"mean": 98, "sd": 44, "total": 43}),
        ("A", "falls", {"events": 3, "total": 43, "time": 61.5}),
        ("B", "time_min", {"median": 90, "q1": 70, "q3": 130, "total": 20}),
    ]


def test_one_row_for_a_study_with_both_arms() -> None:
    """The two arms of a study would be one, or need two rows."""
    header = ("Study", "fusion mis events", "fusion mis total", "fusion open")
    table = workbook_table(header, ("A", "20", "24", "11/20"), ("B", "9", "10", ""))
    found = clean(understood(table))
    assert [(f.study, f.arm, f.events, f.total, f.origin) for f in found.figures] == [
        ("A", "mis", 20, 24, "book.xlsx, sheet Data, cells C4, D4"),
        ("A", "open", 11, 20, "book.xlsx, sheet Data, cell E4"),
        ("B", "mis", 9, 10, "book.xlsx, sheet Data, cells C5, D5"),
    ]


def test_a_wide_sheet_describes_its_studies_too() -> None:
    """Year, country and men would have to be typed again."""
    text = "study,arm,year,country,n,n_male,PMID,fusion\nA,mis,2020,Finland,43,39,37268432,30\n"
    (study,) = clean(understood(text)).studies
    assert (study.year, study.country, study.n, study.n_male, study.pmid) == (2020, "Finland", 43, "39", "37268432")


def test_without_an_arm_nothing_is_guessed() -> None:
    """A figure would go to the first arm of the review."""
    text = "study,n,fusion\nA,43,30\n"
    assert "no column that says the arm" in only(understood(text)).message
    assert clean(understood(text, given=Given(arm="open"))).figures[0].arm == "open"


def test_headings_that_nearly_name_an_outcome_are_pointed_out() -> None:
    """A misspelt heading would drop a whole outcome in silence."""
    found = understood("study,arm,n,fusion,mortality_1yr_events,surgeon\nA,mis,43,30,7,x\n")
    problem = only(found, "warning")
    assert problem.column == "mortality_1yr_events"
    assert "mortality_1y_events" in problem.remedy
    assert any("passed over: surgeon" in note for note in found.notes)


def test_two_columns_for_one_part_are_refused() -> None:
    """One of two totals would be taken."""
    found = understood("study,arm,fusion_events,fusion_n,fusion_total\nA,mis,7,43,40\n")
    assert "is a second column of fusion for total, beside fusion_n" in only(found).message


def test_units_in_headings_are_held_against_the_review() -> None:
    """Hours would be pooled with minutes, or months with years."""
    problem = only(understood("study,arm,n,time_min mean (h)\nA,mis,43,2\n"))
    assert "is in h, and time_min is in minutes" in problem.message
    clean(understood("study,arm,n,time_min mean (min)\nA,mis,43,98\n"))
    problem = only(understood("study,arm,death_rate_events,death_rate_person-months\nA,mis,3,61\n"))
    assert "is in months, and death_rate is in years" in problem.message


def test_words_of_a_figure_keep_to_their_choices() -> None:
    """A bound that is none would pass, and the figure be taken for exact."""
    text = "study,arm,fusion_events,fusion_total,fusion_bound,fusion_note,fusion_exclude\nA,mis,7,43,{},seen on CT,{}\n"
    (figure,) = clean(understood(text.format("Upper", "printed twice"))).figures
    assert (figure.bound, figure.note, figure.exclude) == ("upper", "seen on CT", "printed twice")
    assert "none of the words" in only(understood(text.format("uper", ""))).message


def test_several_sheets_of_a_book_are_one_review() -> None:
    """Studies and results of one workbook would be taken for two reviews, or a sheet be left unread in silence."""
    head = ("study", "arm", "outcome", "events", "total")
    results = workbook_table(head, ("A", "mis", "fusion", "30", "43"), sheet="R")
    studies = workbook_table(("study", "arm", "n", "year"), ("A", "mis", "40", "2020"), sheet="S")
    bias = workbook_table(
        ("study", "tool", "domain", "judgment", "justification"), ("A", "minors", "1", "2", "aim stated"), sheet="B"
    )
    readme = workbook_table(("Instructions", "Contact"), ("Fill in", "us"), sheet="I")
    wide = workbook_table(("study", "arm", "n", "infection"), ("A", "mis", "41", "2"), sheet="W")
    found = understood(results, studies, bias, readme, wide)
    assert (len(found.figures), len(found.studies), len(found.bias_rows)) == (2, 1, 1)
    row = found.bias_rows[0]
    assert (row.instrument, row.item, row.judgement, row.support, row.arm) == ("minors", "1", "2", "aim stated", "")
    assert [(p.severity, p.sheet, p.cell, p.message) for p in found.problems] == [
        ("error", "W", "D4", "is something else in book.xlsx, sheet S, row 4: 40."),
        ("error", "R", "F4", "is more than the 40 patients of the arm (book.xlsx, sheet S, row 4)."),
        ("error", "W", "D4", "is more than the 40 patients of the arm (book.xlsx, sheet S, row 4)."),
    ]
    assert "book.xlsx, sheet I: was not read; none of its 2 headings is known." in found.notes


def test_a_file_of_something_else_is_one_problem() -> None:
    """A sheet of another kind would seem to be read, and nothing come of it."""
    assert "holds nothing that a review knows" in only(understood("colour,shape\nred,round\n")).message


def test_a_unit_in_the_heading_stays_with_what_is_described() -> None:
    """A follow-up of 38 would be kept, and nobody know whether of months or years."""
    text = "Study,Arm,Patients,Follow-up (months),Age,Mortality 1y\nA,mis,43,38,73,7 (16%)\n"
    (study,) = clean(understood(text)).studies
    assert (study.followup, study.age) == ("38 months", "73")


def test_small_counts_under_a_running_number_are_no_patients() -> None:
    """Three small studies with one or no event would become three patients."""
    found = clean(understood("No,study,arm,fusion\n1,A,mis,1\n2,B,mis,0\n3,C,mis,1\n"))
    assert [(f.study, f.events, f.total) for f in found.figures] == [("A", 1, None), ("B", 0, None), ("C", 1, None)]
    reports = clean(understood("case,study,arm,fusion\n1,A,mis,1\n2,B,mis,0\n3,C,mis,1\n"))
    assert [sheet.study for sheet in reports.patients] == ["A", "B", "C"]
