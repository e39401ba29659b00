"""Cells with several figures: what is read, what is held against each other, and what is refused with what to type."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.extract.contract.cells import Defect
from synth.extract.forms.composite import Parts, count_parts, number_parts, numerals

from .sheets import clean, numbers, only, understood


@pytest.mark.parametrize(
    ("cell", "parts", "percent"),
    [
        ("7 (16%)", {"events": 7}, "16%"),
        ("7 (16.3 %)", {"events": 7}, "16.3%"),
        ("7 [16,3%]", {"events": 7}, "16,3%"),
        ("7; 16%", {"events": 7}, "16%"),
        ("16% (7)", {"events": 7}, "16%"),
        ("16% (7/43)", {"events": 7, "total": 43}, "16%"),
        ("7/43", {"events": 7, "total": 43}, ""),
        ("7 of 43", {"events": 7, "total": 43}, ""),
        ("n = 7/43", {"events": 7, "total": 43}, ""),
        ("7 out of 43 patients (16%)", {"events": 7, "total": 43}, "16%"),
        ("16%", {}, "16%"),
        ("16,3 %", {}, "16,3%"),
        ("n=7", {"events": 7}, ""),
        ("7 patients", {"events": 7}, ""),
        ("0 (0%)", {"events": 0}, "0%"),
    ],
)
def test_counts_and_percentages_of_one_cell_are_told_apart(cell: str, parts: dict[str, int], percent: str) -> None:
    """A percentage would be taken for a number of patients, or the other way round."""
    found = count_parts(cell)
    assert isinstance(found, Parts)
    assert (dict(found.numbers), found.percent, found.bare) == (parts, percent, False)


@pytest.mark.parametrize(
    "cell", ["", "7", "seven", "3-8", "7*", "<5", "about 7", "7 43", "2021-08-03", "7/8/2021", "x" * 999]
)
def test_what_is_no_such_cell_is_left_to_the_plain_reader(cell: str) -> None:
    """A range, a date or a remark would become a number of patients."""
    assert count_parts(cell) is None
    assert number_parts(cell) is None


def test_patients_are_whole_and_commas_must_be_sure() -> None:
    """Half a patient would be counted, or one and a quarter for one thousand two hundred and fifty."""
    assert isinstance(count_parts("7.5/43"), Defect)
    assert isinstance(count_parts("1,250 (12.5%)"), Defect)
    column = numerals(["1,250,000 (12.5%)", "1,250 (12.5%)"])
    found = count_parts("1,250 (12.5%)", column)
    assert isinstance(found, Parts)
    assert found.get("events") == 1250


@pytest.mark.parametrize(
    ("cell", "hints", "parts"),
    [
        ("12.5 (3.1)", (), {"mean": 12.5, "sd": 3.1}),
        ("12,5 (3,1)", (), {"mean": 12.5, "sd": 3.1}),
        ("12.5 ± 3.1", (), {"mean": 12.5, "sd": 3.1}),
        ("12.5+/-3.1", (), {"mean": 12.5, "sd": 3.1}),
        ("-3 (4)", (), {"mean": -3, "sd": 4}),
        ("98 (44) min", (), {"mean": 98, "sd": 44}),
        ("12.5 (3.1)", ("se",), {"mean": 12.5, "se": 3.1}),
        ("mean 75 (SD 11)", (), {"mean": 75, "sd": 11}),
        ("mean 81.5 (range 72–90)", (), {"mean": 81.5, "min": 72, "max": 90}),
        ("median 7 (IQR 5-9)", (), {"median": 7, "q1": 5, "q3": 9}),
        ("7 (IQR: 5 to 9)", (), {"median": 7, "q1": 5, "q3": 9}),
        ("7 [5, 9]", ("iqr",), {"median": 7, "q1": 5, "q3": 9}),
        ("median 7, range 2 to 15", (), {"median": 7, "min": 2, "max": 15}),
        ("7 (2-15)", ("median", "range"), {"median": 7, "min": 2, "max": 15}),
        ("7 (IQR 5;9) (range 2;15)", (), {"median": 7, "q1": 5, "q3": 9, "min": 2, "max": 15}),
        ("mean 7, median 6 (IQR 5-8)", (), {"mean": 7, "median": 6, "q1": 5, "q3": 8}),
    ],
)
def test_means_and_medians_of_one_cell_are_told_apart(
    cell: str, hints: tuple[str, ...], parts: dict[str, float]
) -> None:
    """A range would become quartiles, or a median a mean."""
    found = number_parts(cell, hints, unit="min")
    assert isinstance(found, Parts), found
    assert dict(found.numbers) == parts


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("7 (5-9)", "quartiles or a range"),
        ("7 (range 2-15)", "mean or a median"),
        ("7 (IQR 4)", "the width only"),
        ("7 (95% CI 5-9)", "confidence interval"),
        ("median 7 (4)", "one number behind a median"),
        ("median 7 ± 4", "± behind a median"),
        ("75 (SD 11) in both arms", "more than can be read"),
        ("12 (-3)", "below zero"),
        ("12 (3) (4)", "twice"),
        ("1,234 (5,678)", "thousands separator or a decimal comma"),
    ],
)
def test_what_could_mean_two_things_is_refused_with_what_to_type(cell: str, said: str) -> None:
    """One of two readings would be chosen in silence."""
    found = number_parts(cell)
    assert isinstance(found, Defect)
    assert said in found.message
    assert found.remedy


@given(st.text(alphabet="0123456789.,%()[]/-–±+ nofmediaIQRSDrange\u00a0", max_size=60))
def test_any_text_is_read_or_refused_and_never_crashes(cell: str) -> None:
    """Some cell would end in a traceback, or become a number that is not written there."""
    for found in (count_parts(cell), number_parts(cell), number_parts(cell, ("median", "range"))):
        if isinstance(found, Parts):
            digits = cell.replace(",", ".").replace("\u00a0", "")
            for _, value in found.numbers:
                assert f"{abs(value):g}"[:6] in digits.replace(" ", "") or value in (0, int(value))


def test_a_hostile_cell_takes_no_time() -> None:
    """A long cell of blanks and brackets would hold up the reader for minutes."""
    start = time.process_time()
    for cell in (" " * 5000 + "7", "7" + " " * 290 + "(", "(" * 290, "7 " * 140, "7," * 140, "1.1" * 90 + "%"):
        count_parts(cell)
        number_parts(cell, ("iqr",))
    assert time.process_time() - start < 1


HEAD = "study,arm,outcome,events,total\n"


def test_what_is_read_is_marked_derived_and_quoted() -> None:
    """A reader of the page would take for printed what was worked out, and not find the cell again."""
    rows = "A,mis,fusion,7 (16%),43\nB,mis,fusion,7/43,\nC,mis,fusion,16%,43\nD,mis,fusion,7,43\n"
    found = understood(HEAD + rows)
    assert {problem.message.split(' "')[0] for problem in found.problems} == {"has the very same figures as"}
    assert [(f.events, f.total, f.events_basis, f.total_basis, f.percent_reported) for f in found.figures] == [
        (7, 43, "derived", "", "16%"),
        (7, 43, "derived", "derived", ""),
        (7, 43, "derived", "", "16%"),
        (7, 43, "", "", ""),
    ]
    assert found.figures[0].note == 'Read as events, percentage from the cell "7 (16%)".'
    assert found.figures[2].note == "The number of events is worked out: 16% of 43."


def test_a_basis_that_the_person_typed_is_kept() -> None:
    """What somebody knows of the source would be overwritten by a guess."""
    found = clean(understood("study,arm,outcome,events,total,events_basis\nA,mis,fusion,7 (16%),43,stated\n"))
    assert found.figures[0].events_basis == "stated"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("17%,43", "The nearest are 7 (16.3%) and 8 (18.6%)"),
        ("7 (61%),43", "7 of 43 is about 16.3%"),
        ("7/43,44", "has 43 where the total is 44"),
        ("44 (99%),43", "events exceed total"),
        ("16%,", "nothing says of how many patients"),
        ("7 (3),", "in brackets that may be a percentage or something else"),
        ("7 (30),43", "in brackets that may be a percentage or something else"),
    ],
)
def test_figures_that_do_not_go_together_are_one_problem(cells: str, said: str) -> None:
    """A slip in one figure of a cell would go unseen although the other one tells it."""
    found = understood(f"{HEAD}A,mis,fusion,{cells}\n")
    problem = only(found)
    assert said in f"{problem.message} {problem.remedy}"
    assert (problem.row, problem.column) == (2, "events")


def test_a_percentage_of_several_whole_numbers_stays_a_percentage() -> None:
    """One of five possible counts would be invented."""
    found = understood(f"{HEAD}A,mis,fusion,3%,400\n")
    assert "can be 10 to 14 patients" in only(found, "warning").message
    assert (found.figures[0].events, found.figures[0].percent_reported) == (None, "3%")


def test_a_bare_percentage_is_read_where_the_total_proves_it() -> None:
    """A common way of printing would be refused although it can mean one thing only."""
    assert numbers(clean(understood(f"{HEAD}A,mis,fusion,7 (16),43\n")).figures[0]) == {"events": 7, "total": 43}
    found = clean(understood("study,arm,outcome,n (%),total\nA,mis,fusion,7 (16),\n"))
    assert (found.figures[0].events, found.figures[0].percent_reported) == (7, "16%")


def test_a_percentage_beside_an_empty_count_is_worked_out() -> None:
    """Sheets that give n and a percentage would lose every count."""
    found = clean(understood("study,arm,outcome,events,total,percent\nA,mis,fusion,,43,16.3\nB,mis,fusion,,43,\n"))
    assert [f.events for f in found.figures] == [7, None]


def test_a_standard_error_becomes_a_deviation_and_says_so() -> None:
    """A standard error would be pooled as a standard deviation."""
    found = clean(understood("study,arm,outcome,mean,SEM,n\nA,mis,time_min,98,11,16\n"))
    assert numbers(found.figures[0]) == {"total": 16, "mean": 98, "sd": 44}
    assert "standard error 11 times the root of 16" in found.figures[0].note


def test_two_columns_that_contradict_a_cell_are_told() -> None:
    """One of two standard deviations would be taken."""
    found = understood("study,arm,outcome,mean (SD),sd,n\nA,mis,time_min,98 (44),45,16\n")
    assert "has sd 45, and another column has 44" in only(found).message
