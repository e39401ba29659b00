"""Sheets with one row per patient: who is counted, who is not, and that nobody is shown."""

from __future__ import annotations

import csv
import io
import random
import statistics
from pathlib import Path

import numpy as np
import pytest

from synth.errors import ProblemsError
from synth.extract import Figure, Given, Understood, load
from synth.extract.contract.words import duration
from synth.workspace import Workspace

from .sheets import REVIEW, clean, numbers, only, understood, workbook_table

STUDY = Given(study="Wänman 2023")


def counted(found: Understood) -> dict[tuple[str, str], tuple[int | None, int | None]]:
    """Give events and total by outcome and arm."""
    return {(f.outcome, f.arm): (f.events, f.total) for sheet in found.patients for f in sheet.figures}


def note(found: Understood, outcome: str, arm: str = "mis") -> str:
    """Give the rule of a denominator."""
    (figure,) = (f for sheet in found.patients for f in sheet.figures if (f.outcome, f.arm) == (outcome, arm))
    return figure.note


def rows(*cells: str, header: str = "patient,arm,fusion") -> str:
    """Write a sheet of patients of one arm."""
    return "\n".join([header, *(f"{number},mis,{cell}" for number, cell in enumerate(cells, start=1))]) + "\n"


def series_of_43() -> tuple[str, dict[str, tuple[int, int]], float]:
    """Make up a series of 43 patients, and count it in another way than the program does."""
    draw = random.Random(43)
    header = "No;Arm;Fusion;Death;Time to death (months);Follow-up (months);Pain;Infection"
    lines, fused, dead_30, dead_1y, ever, infected = [header], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0]
    time = 0.0
    for number in range(1, 44):
        dies = draw.random() < 0.3
        follow = round(draw.uniform(0.2, 36), 1)
        death = follow if dies else None
        fusion = draw.choice(["1", "0", "", "ja", "nein"])
        infection = draw.choice(["0", "0", "1", ""])
        at = death if dies else ""
        cells = [number, "percutaneous", fusion, int(dies), at, follow, draw.randint(0, 10), infection]
        lines.append(";".join(map(str, cells)))
        time += follow / 12
        for found, limit in ((dead_30, 1.0), (dead_1y, 12.0)):
            found[0] += dies and follow <= limit
            found[1] += (dies and follow <= limit) or follow >= limit
        ever[0], ever[1] = ever[0] + dies, ever[1] + 1
        if fusion in ("1", "ja") or (fusion in ("0", "nein") and follow >= 12):
            fused[0], fused[1] = fused[0] + (fusion in ("1", "ja")), fused[1] + 1
        if infection:
            infected[0], infected[1] = infected[0] + int(infection), infected[1] + 1
    known = {"mortality_30d": dead_30, "mortality_1y": dead_1y, "mortality_followup": ever, "fusion": fused,
             "infection": infected}  # fmt: skip
    return "\n".join(lines) + "\n", {name: (a, b) for name, (a, b) in known.items()}, time


def test_a_series_of_43_becomes_counts_with_the_rule_of_each_denominator() -> None:
    """A patient would be counted twice, not at all, or alive after having been lost."""
    text, expected, time = series_of_43()
    found = clean(understood(text, given=STUDY))
    got = counted(found)
    assert {name: got[name, "mis"] for name in expected} == expected
    (sheet,) = found.patients
    rate = next(f for f in sheet.figures if f.outcome == "death_rate")
    assert rate.events == expected["mortality_followup"][0]
    assert rate.time == pytest.approx(time, rel=1e-6)  # six decimals are kept
    events, total = expected["mortality_1y"]
    rule = note(found, "mortality_1y")
    assert rule.startswith(
        "Counted from 43 rows of patients (columns Death, Time to death (months), Follow-up (months)): "
        f"{events} with the event by 1 year, {total - events} known to be without it by 1 year."
    )
    assert f"Out of the denominator: {43 - total} lost before 1 year." in rule
    assert "not assessed (empty)" in note(found, "fusion")
    for figure in sheet.figures:
        assert (figure.events_basis, figure.total_basis, figure.where) == ("", "", "43 rows of patients")
        assert figure.origin.startswith("sheet.csv, column")
    assert found.figures == ()
    assert any("30 days" in text and "whole" in text for text in found.notes) is False


@pytest.mark.parametrize(
    ("yes", "no"),
    [("1", "0"), ("1.0", "0.0"), ("yes", "NO"), ("Ja", "nein"), ("oui", "non"), ("sí", "no"), ("Kyllä", "ei"),
     ("TRUE", "FALSE"), ("y", "n"), ("tak", "nie"), ("да", "нет"), ("是", "否"), ("はい", "いいえ"), ("evet", "hayır")],
)  # fmt: skip
def test_yes_and_no_in_common_languages(yes: str, no: str) -> None:
    """A sheet from another country would be refused, or its no be a yes."""
    found = clean(understood(rows(yes, no, no, "", "NR"), given=STUDY))
    assert counted(found) == {("fusion", "mis"): (1, 3)}
    assert "2 not assessed (empty)" in note(found, "fusion")


@pytest.mark.parametrize("cell", ["2", "x", "perhaps", "-", "1/2", "s", "t", "10%"])
def test_a_word_that_is_in_no_table_is_a_problem_that_does_not_show_it(cell: str) -> None:
    """A code nobody explained would be taken for yes or no; or a cell of a patient be printed."""
    table = workbook_table(("Patient", "Arm", "Fusion"), ("1", "mis", "1"), ("2", "mis", "0"), ("3", "mis", cell),
                           *((str(n), "mis", "1") for n in range(4, 12)))  # fmt: skip
    problem = only(understood(table, given=STUDY))
    assert (problem.cell, problem.column, problem.value) == ("D6", "Fusion", None)
    assert "is not 1 for yes or 0 for no" in problem.message


def test_lost_is_lost_and_not_alive() -> None:
    """A patient nobody saw after a month would count as a survivor of the year."""
    head = "patient,arm,death,followup_months"
    text = rows("1,3", "0,11.9", "0,12", "0,30", "1,20", ",6", ",24", "0,", "1,", header=head)
    found = clean(understood(text, given=STUDY))
    assert counted(found) == {
        ("mortality_30d", "mis"): (0, 5),
        ("mortality_1y", "mis"): (1, 4),
        ("mortality_followup", "mis"): (3, 7),
        ("death_rate", "mis"): (2, 5),
    }
    assert "1 lost before 1 year and 4 not assessed (empty, or no time)" in note(found, "mortality_1y")


def test_a_no_before_the_time_point_is_lost_and_a_word_says_so_too() -> None:
    """A fracture would count as not healed although nobody looked after a year."""
    head = "patient,arm,fusion,followup_months,lost to follow-up"
    text = rows("1,4,", "0,4,", "0,12,", "0,,", "0,,yes", "lost,,", ",,yes", ",20,", header=head)
    found = clean(understood(text, given=STUDY))
    assert counted(found) == {("fusion", "mis"): (1, 3)}
    assert "4 lost before 1 year and 1 not assessed" in note(found, "fusion")


def test_a_death_ends_the_follow_up_of_every_outcome() -> None:
    """A fracture of somebody who died after a week would count as not healed after a year."""
    head = "patient,arm,fusion,death_months,followup_months,falls"
    text = rows("0,0.3,,1", "0,,14,0", "1,20,,2", header=head)
    found = clean(understood(text, given=STUDY))
    assert counted(found)["fusion", "mis"] == (1, 2)
    (falls,) = (f for f in found.patients[0].figures if f.outcome == "falls")
    assert (falls.events, falls.total, falls.time) == (3, 3, 34.3)


def test_headings_with_remarks_and_units_as_surgeons_write_them() -> None:
    """A sheet with "Fusion (1 = yes)" and "Operating time (min)" would be taken for something else."""
    table = workbook_table(
        ("Pat. no", "Arm", "Fusion (1 = yes)", "Operating time (min)", "Outcome"),
        ("1", "MISS", "1", "90", "alive"), ("2", "MISS", "0", "110", "dead"), ("3", "MISS", "", "100", "alive"),
    )  # fmt: skip
    found = clean(understood(table, given=STUDY))
    assert counted(found) == {
        ("mortality_followup", "mis"): (1, 3), ("fusion", "mis"): (1, 2), ("time_min", "mis"): (None, 3)
    }  # fmt: skip


def test_rows_of_patients_that_nobody_would_know_as_such_are_one_problem() -> None:
    """A sheet of patients would be read as studies, and give a problem for every row with a cell of it."""
    lines = "".join(f"W,mis,{60 + n},SEKRIT{n}\n" for n in range(40))
    problem = only(understood(f"study,arm,age,note\n{lines}"))
    assert "has several rows for most studies and arms" in problem.message
    lines = "".join(f"{n},W,mis,{60 + n},SEKRIT{n}\n" for n in range(40))
    found = understood(f"patient,study,arm,age,note\n{lines}")
    assert "no column for an outcome of this review" in only(found).message
    assert "SEKRIT" not in repr(found)


def test_dates_give_days_and_only_days_are_kept() -> None:
    """A date of an operation, which is nobody's business, would be kept; or the years be counted wrongly."""
    text = (
        "Nr;Arm;OP-Datum;Todesdatum;letzter Kontakt\n"
        "1;mis;03.08.2021;;13.08.2022\n2;mis;04.09.2021;14.09.2021;\n3;mis;01.02.2020;;01.05.2020\n"
        "4;mis;29.02.2020;28.02.2021;\n5;mis;28.02.2021;;28.02.2022\n"
    )
    found = clean(understood(text, given=STUDY))
    assert counted(found)["mortality_30d", "mis"] == (1, 5)
    assert counted(found)["mortality_1y", "mis"] == (2, 4)  # 365 days are a year, in a leap year too
    (sheet,) = found.patients
    assert sheet.header == ("study", "arm", "patient", "followup_days", "death_days")
    assert [row[2:] for row in sheet.rows] == [
        ("1", "375", ""), ("2", "", "10"), ("3", "90", ""), ("4", "", "365"), ("5", "365", ""),
    ]  # fmt: skip
    assert "2021" not in repr([f.note for f in sheet.figures])


@pytest.mark.parametrize(
    ("start", "last", "said"),
    [
        ("03/08/2017", "04/08/2018", "day or the month first"),
        ("2017-08-03", "2017-08-01", "lies before the start"),
        ("2017-08-03", "2317-08-01", "is no date"),
        ("2017-08-03", "sometime", "is no date"),
        ("2017-02-30", "2017-08-01", "is no date"),
        ("", "2017-08-01", None),
    ],
)
def test_dates_that_cannot_be_are_told_without_showing_them(start: str, last: str, said: str | None) -> None:
    """A slip in a date would make a patient immortal; or the date be shown."""
    text = f"patient,arm,death,surgery date,last follow-up\n1,mis,0,2020-01-01,2021-01-01\n2,mis,0,{start},{last}\n"
    found = understood(text, given=STUDY)
    if said is None:
        assert clean(found)
        return
    assert all(said in problem.message for problem in found.errors)
    assert found.errors
    assert "2017" not in "".join(map(str, found.problems))


def test_dates_with_slashes_are_told_by_the_column() -> None:
    """The third of August would be the eighth of March."""
    head = "patient,arm,death,date of surgery,date of last contact\n"
    text = f"{head}1,mis,0,03/08/2021,25/08/2021\n2,mis,0,13/08/2021,30/12/2021\n"
    assert [row[-2] for row in clean(understood(text, given=STUDY)).patients[0].rows] == ["22", "139"]


def test_person_time_is_in_the_unit_of_the_review() -> None:
    """Months would be counted as years."""
    head = "patient,arm,falls,followup_days"
    found = clean(understood(rows("2,365.25", "0,182.625", ",100", "1,", header=head), given=STUDY))
    (figure,) = (f for f in found.patients[0].figures if f.outcome == "falls")
    assert (figure.events, figure.total, figure.time) == (2, 2, 18.0)
    assert "Left out: 1 not assessed and 1 without a time." in figure.note


@pytest.mark.parametrize(
    ("header", "cells", "said", "column"),
    [
        ("mortality_1y,death_months,followup_months", "1,20,20", "says yes, and the time of it lies after 1 year", 0),
        ("mortality_1y,death_months,followup_months", "0,5,5", "says no, and the time of it lies within 1 year", 0),
        ("mortality_1y,death,followup_months", "1,0,30", "says yes, and another column says that it never", 0),
        ("death,death_months,followup_months", "0,5,5", "is a time of what another column says did not happen", 1),
        ("death,death_months,followup_months", "1,5,9", "lies before the end of follow-up, and is a death", 1),
        ("infection,infection_months,followup_months", "1,9,5", "lies after the end of follow-up", 1),
        ("alive,death_months,followup_months", "yes,5,5", "is a time of what another column says did not happen", 1),
    ],
)
def test_what_one_column_says_against_another_is_told_with_the_cell(
    header: str, cells: str, said: str, column: int
) -> None:
    """Somebody would be alive and dead, and the count depend on which column is read."""
    table = workbook_table(
        ("patient", "arm", *header.split(",")), ("1", "mis", *cells.split(",")),
        ("2", "mis", "no" if "alive" in header else "0", "" if "_months" in header.split(",")[1] else "0", "14"),
    )  # fmt: skip
    found = understood(table, given=STUDY)
    told = [problem for problem in found.errors if said in problem.message]
    assert len(told) == 1, found.problems
    assert told[0].cell == f"{'DEF'[column]}4"
    assert all(problem.value is None for problem in found.problems if problem.cell)


def test_vital_status_and_survival_are_deaths() -> None:
    """Yes under "survived" would count as a death."""
    head = "patient,arm,{},followup_months"
    for heading, cells in (("Vital status", ("dead", "alive", "lebt")), ("survived", ("no", "yes", "ja"))):
        lines = [f"{cell},{months}" for cell, months in zip(cells, (3, 24, 8), strict=True)]
        text = rows(*lines, header=head.format(heading))
        found = clean(understood(text, given=STUDY))
        assert counted(found)["mortality_1y", "mis"] == (1, 2), heading
        assert counted(found)["mortality_followup", "mis"] == (1, 3), heading


def test_measurements_are_worked_out_whole() -> None:
    """A mean, a deviation or a quartile would not be that of the patients."""
    values = [3, 4, 4, 5, 7, 8, 9.5]
    found = clean(understood(rows(*map(str, values), "", header="patient,arm,time_min"), given=STUDY))
    (figure,) = found.patients[0].figures
    got = numbers(figure)
    assert got["total"] == 7
    assert got["mean"] == pytest.approx(statistics.fmean(values), rel=1e-9)
    assert got["sd"] == pytest.approx(statistics.stdev(values), rel=1e-9)
    low, mid, high = np.quantile(values, [0.25, 0.5, 0.75])
    assert (got["q1"], got["median"], got["q3"], got["min"], got["max"]) == (low, mid, high, 3, 9.5)
    assert "1 not measured (empty)" in figure.note


def test_arms_and_studies_are_counted_apart_and_kept_apart() -> None:
    """Two series of one sheet would become one, or their files overwrite each other."""
    text = (
        "study,arm,id,fusion\nAro 2001,mis,17,1\nAro 2001,open,18,0\nAro 2001,open,19,1\n"
        "aro-2001,mis,20,1\naro-2001,mis,21,0\n"
    )
    found = understood(text)
    assert "but for case, accents" in only(found, "warning").message
    assert [sheet.name for sheet in found.patients] == ["aro-2001", "aro-2001-2"]
    assert counted(found)["fusion", "open"] == (1, 2)
    assert [row[2] for row in found.patients[0].rows] == ["1", "2", "3"]


def test_a_column_without_a_unit_or_twice_is_refused() -> None:
    """Months would be taken for years, or one of two follow-ups be chosen."""
    assert "does not say in which unit" in only(
        understood(rows("1,12", "0,13", header="patient,arm,death,follow-up"), given=STUDY)
    ).message
    assert "means the same as the column death" in only(
        understood(rows("1,1", "0,0", header="patient,arm,death,exitus"), given=STUDY)
    ).message
    assert "nothing says of which study" in only(understood(rows("1", "0"))).message


def test_what_no_outcome_needs_is_not_kept_and_said() -> None:
    """A free text about a patient would end in the repository."""
    head = "patient,arm,fusion,history,age,sex"
    text = rows("1,fell down the stairs at home,72,f", "0,,80,M", header=head)
    found = clean(understood(text, given=STUDY))
    (sheet,) = found.patients
    assert sheet.header == ("study", "arm", "patient", "age", "sex", "fusion")
    assert sheet.rows[0] == ("Wänman 2023", "mis", "1", "72", "female", "1")
    assert any("are not kept: history" in note for note in found.notes)
    assert "stairs" not in repr(found)


def test_nothing_of_a_row_is_in_any_message() -> None:
    """A patient's cell would end in a terminal, a log or a page."""
    marks = [f"SEKRIT{n}" for n in range(40)]
    header = (
        *("patient", "arm", "fusion", "death", "death_months", "followup_months", "pain", "surgery", "age", "sex"),
        "memo",
    )
    good = ("1", "mis", "1", "0", "", "14", "3", "2020-01-01", "71", "f", "x")
    table = workbook_table(header, *[good] * 30)
    for number, mark in enumerate(marks):
        row = list(good)
        row[number % len(header)] = mark if number % 3 else f"12.{mark}"
        table.rows.append((40 + number, row))
    found = understood(table, given=STUDY)
    assert len(found.errors) > 20
    text = repr(found.problems) + repr(found.notes) + repr(found.all_figures) + "".join(map(str, found.problems))
    assert "SEKRIT" not in text
    assert "SEKRIT" not in repr(found)


def test_what_is_kept_gives_the_same_figures_again(tmp_path: Path) -> None:
    """What is pooled later would not be what was shown when the sheet was read."""
    text, _, _ = series_of_43()
    found = clean(understood(text, given=STUDY))
    (sheet,) = found.patients
    (tmp_path / "extracted" / "patients").mkdir(parents=True)
    (tmp_path / "review.toml").write_text(REVIEW, encoding="utf-8")
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([sheet.header, *sheet.rows])
    (tmp_path / "extracted" / "patients" / f"{sheet.name}.csv").write_text(out.getvalue(), encoding="utf-8")
    workspace = Workspace.find(tmp_path)
    again = load(workspace)

    def essence(figures: tuple[Figure, ...]) -> list[tuple[object, ...]]:
        return [(f.study, f.arm, f.outcome, *sorted(numbers(f).items())) for f in figures]

    assert essence(again.figures) == essence(sheet.figures)
    assert [path.name for path in again.files] == ["wanman-2023.csv"]
    assert {f.file for f in again.figures} == {"extracted/patients/wanman-2023.csv"}
    (tmp_path / "extracted" / "results.csv").write_text(
        "study,arm,outcome,events,total\nWänman 2023,mis,fusion,1,2\n", encoding="utf-8"
    )
    with pytest.raises(ProblemsError, match=r"stands in extracted/results\.csv, row 2 already"):
        load(workspace)
    (tmp_path / "extracted" / "patients" / "x.csv").write_text("study,arm,Name,fusion\nB,mis,Virtanen,1\n")
    with pytest.raises(ProblemsError) as caught:
        load(workspace)
    assert "looks like a name" in str(caught.value)
    assert "Virtanen" not in str(caught.value)


def test_rows_of_patients_are_held_against_the_size_of_the_arm() -> None:
    """A patient who stands there twice, or not at all, would go unseen."""
    studies = "study,arm,n\nWänman 2023,mis,44\n"
    found = understood(rows("1", "0"), studies, given=STUDY)
    assert "is not the number of rows of patients (2, sheet.csv)" in only(found, "warning").message


def test_whole_months_cannot_tell_thirty_days() -> None:
    """A death of the sixth week would count within 30 days without a word."""
    head = "patient,arm,death,death_months,followup_months"
    found = clean(understood(rows("1,1,1", "0,,9", header=head), given=STUDY))
    assert any("whole months, which cannot tell 30 days exactly; 1 months was taken" in note for note in found.notes)


@pytest.mark.parametrize(
    ("said", "unit", "limit"),
    [("1 year", "days", 365), ("1 year", "months", 12), ("12 months", "years", 1), ("30 days", "months", 1),
     ("90 days", "months", 3), ("6 weeks", "days", 42), ("1 year", "weeks", 52), ("2 years", "days", 730),
     ("6 months", "days", 182), ("one year", "months", 12), ("24-month", "years", 2), ("365 d", "years", 1)],
)  # fmt: skip
def test_time_points_are_meant_as_they_are_said(said: str, unit: str, limit: float) -> None:
    """A patient followed for 365 days, or 52 weeks, would be lost before one year."""
    found = duration(said)
    assert found is not None
    assert float(found.limit(unit)) == limit
