"""Two people's sheets against each other, and what they settle."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime

import openpyxl
import pytest

from synth.extract.contract.figures import BiasRow, Figure, StudyArm
from synth.extract.contract.patients import PatientSheet
from synth.extract.reading.readers import parse_tables
from synth.extract.reconcile.compare import WHOLE_ROW, Comparison, compare
from synth.extract.reconcile.files import HEADINGS, knows_heading, read_settled, to_workbook
from synth.extract.reconcile.settle import Decision, check_agreed, settle
from synth.extract.understand import Understood
from synth.review import parse_review

from .test_template import REVIEW

MADE = datetime(2026, 1, 2)  # noqa: DTZ001 - a spreadsheet knows no zones


def understood(*figures: Figure, studies: tuple[StudyArm, ...] = (), bias: tuple[BiasRow, ...] = ()) -> Understood:
    """What one person extracted."""
    return Understood(figures, studies, bias, (), (), ())


def figure(study: str, events: int | None, total: int | None = 40, **more: object) -> Figure:
    """A count of falls."""
    return Figure(study, "new", "fall", events, total, **{"file": "a.xlsx", "row": 2, **more})  # type: ignore[arg-type]


A = understood(
    figure("Doe 2024", 4, where="p. 3", note="by hand", sheet="Results", cells=(("events", "D"),)),
    figure("Poe 2020", 7, confidence="high"),
    figure("Roe 2021", 1, 9),
)
B = understood(
    figure("doe  2024", 5, where="p. 8", file="b.csv", row=9),
    figure("Poe 2020", 7, confidence="low", file="b.csv", row=3),
    figure("Zoe 2022", 2, 12, file="b.csv", row=4),
)


def workbook(comparison: Comparison, **settled: str) -> bytes:
    """The workbook, with a word for each column settled."""
    book = openpyxl.load_workbook(io.BytesIO(to_workbook(comparison, ("a.xlsx", "b.csv"), MADE)))
    page = book["disagreements"]
    for row in range(2, page.max_row + 1):
        word, _, other = settled.get(str(page.cell(row, 5).value).replace(" ", "_"), "").partition("=")
        page.cell(row, 10).value, page.cell(row, 11).value = word or None, other or None
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(comparison: Comparison, data: bytes) -> tuple[dict[tuple[str, ...], Decision], list[str]]:
    """Decisions and problems of a workbook."""
    decisions, problems = read_settled(parse_tables(data, "done.xlsx", knows_heading), comparison)
    return decisions, [str(problem) for problem in problems]


def test_each_disagreement_has_both_values_and_places() -> None:
    """A disagreement is missed, or one of its values or places is that of the other."""
    found = compare(A, B).disagreements
    assert [(each.column, each.value_a, each.value_b) for each in found] == [
        ("events", "4", "5"), ("confidence", "high", "low"), (WHOLE_ROW, "events 1, total 9", ""),
        (WHOLE_ROW, "", "events 2, total 12"),
    ]  # fmt: skip
    assert (found[0].where_a, found[0].where_b) == ("a.xlsx, sheet Results, cell D2 (p. 3)", "b.csv, row 9 (p. 8)")
    assert compare(A, B).rows == (("results", 2, 1, 1),)


def test_agreement_by_column() -> None:
    """Shares or coefficients are computed over other rows than those that both have."""
    columns = {each.column: each for each in compare(A, B).columns}
    assert (columns["events"].rows, columns["events"].same, columns["events"].method) == (2, 1, "ICC(A,1)")
    assert columns["events"].coefficient.value == pytest.approx(12 / 13)
    assert columns["total"].coefficient.value is None
    assert columns["confidence"].coefficient.reason == "both gave a value in one row only"
    assert "note" not in columns


def test_an_omission_is_no_agreement() -> None:
    """A number that only one gives counts as agreed, or enters the coefficient as zero."""
    column = next(c for c in compare(understood(figure("A", 3), figure("B", 2)),
                                     understood(figure("A", None), figure("B", 2))).columns if c.column == "events")
    assert (column.rows, column.same, column.n) == (2, 1, 1)


def test_measurements_stand_by_outcome() -> None:
    """Days and millilitres are put into one correlation, whose spread is that between the outcomes."""
    rows = [Figure(s, "new", outcome, None, 9, mean=m) for s, outcome, m in
            (("A", "stay", 3.0), ("B", "stay", 4.0), ("A", "loss", 900.0), ("B", "loss", 700.0))]  # fmt: skip
    found = [each for each in compare(understood(*rows), understood(*rows)).columns if each.column == "mean"]
    assert [(each.of, each.rows, each.coefficient.value) for each in found] == [("stay", 2, 1.0), ("loss", 2, 1.0)]


def test_a_column_of_one_person_is_taken_over() -> None:
    """What only one filled in has to be settled row by row, or is lost."""
    a = understood(studies=(StudyArm("A", "new", year=2020), StudyArm("B", "new", more=(("brand", "x"),))))
    b = understood(studies=(StudyArm("A", "new", year=2020, country="Finland"), StudyArm("B", "new")))
    found = compare(a, b)
    assert found.disagreements == ()
    assert found.taken_over == (("studies", "country", "B"), ("studies", "brand", "A"))
    agreed = settle(a, b, {})
    assert [(row.country, dict(row.more).get("brand")) for row in agreed.studies] == [("Finland", ""), ("", "x")]


def test_a_sheet_of_one_person_is_taken_over() -> None:
    """Every study has to be settled where only one of them described the studies, or the descriptions are lost."""
    described = StudyArm("A", "new", year=2020, file="a.xlsx")
    a, b = understood(figure("A", 3), studies=(described,)), understood(figure("A", 3))
    assert compare(a, b).taken_over == (("studies", "every row", "A"),)
    for first, second, who in ((a, b, "A"), (b, a, "B")):
        assert compare(first, second).disagreements == ()
        assert [(row.year, row.origin) for row in settle(first, second, {}).studies] == [(2020, f"{who}: a.xlsx")]


def test_a_basis_goes_with_its_number() -> None:
    """The number of B is said to be derived because A's was."""
    a, b = understood(figure("A", 3, events_basis="derived")), understood(figure("A", 4))
    comparison = compare(a, b)
    for word, basis in (("A", "derived"), ("B", ""), ("5", "")):
        (row,) = settle(a, b, read(comparison, workbook(comparison, events=word))[0]).figures
        assert row.events_basis == basis


def test_an_empty_bound_says_something() -> None:
    """Somebody's mark that a figure is only a bound is taken over, or dropped, without a word."""
    found = compare(understood(figure("A", 3, bound="upper")), understood(figure("A", 3)))
    assert [(each.column, each.value_a, each.value_b) for each in found.disagreements] == [("bound", "upper", "")]


def test_judgements_by_instrument() -> None:
    """Judgements of different instruments are one table of categories."""
    def judged(*words: str) -> Understood:
        return understood(bias=tuple(BiasRow("A", "", instrument, str(item), word) for (instrument, item), word in
                                     zip((("x", 1), ("x", 2), ("y", 1), ("y", 2)), words, strict=True)))  # fmt: skip

    found = compare(judged("yes", "no", "low", "high"), judged("yes", "yes", "low", "high"))
    assert [(c.of, c.same, c.coefficient.value) for c in found.columns] == [("x", 1, 0.0), ("y", 2, 1.0)]
    assert [each.outcome for each in found.disagreements] == ["x, item 2"]


def test_settled_workbook_makes_the_agreed_rows() -> None:
    """A choice is taken for the other one, a typed value is lost, or the row does not say where it comes from."""
    comparison = compare(A, B)
    decisions, problems = read(comparison, workbook(comparison, events="other=6", confidence="B", whole_row="A"))
    assert problems == []
    first, second, third = settle(A, B, decisions).figures
    assert (first.study, first.events, first.total, first.where) == ("Doe 2024", 6, 40, "p. 3 ; p. 8")
    assert first.origin == "A: a.xlsx; B: b.csv; settled: done.xlsx, sheet disagreements, K2"
    assert (second.events, second.confidence) == (7, "low")
    assert third.study == "Roe 2021"


def test_a_row_is_kept_by_its_own_side() -> None:
    """"B" for a row that only B has leaves it out, or "A" keeps it."""
    comparison = compare(A, B)
    decisions, _ = read(comparison, workbook(comparison, events="empty", confidence="high", whole_row="B"))
    rows = settle(A, B, decisions).figures
    assert [(row.study, row.events) for row in rows] == [("Doe 2024", None), ("Poe 2020", 7), ("Zoe 2022", 2)]
    assert rows[1].confidence == "high"


def test_everything_wrong_with_a_settled_workbook_is_told() -> None:
    """A row that is not settled, or settled to what no cell can hold, is kept or hides the others."""
    comparison = compare(A, B)
    _, problems = read(comparison, workbook(comparison, events="other=many", whole_row="other"))
    assert len(problems) == 4
    assert "cell K2" in problems[0]
    assert '"many"' in problems[0]
    assert "cell J3" in problems[1]
    assert "not settled yet" in problems[1]
    assert all("only one of the two has this row" in problem for problem in problems[2:])


def test_a_workbook_of_other_sheets_is_refused() -> None:
    """Decisions about values that have changed since are taken for decisions about the new ones."""
    data = workbook(compare(A, B), events="A", confidence="A", whole_row="A")
    later = replace(B, figures=(replace(B.figures[0], events=9), figure("Poe 2020", 8), *B.figures[2:]))
    _, problems = read(compare(A, later), data)
    told = "\n".join(problems)
    assert 'cell H2, column value B, value "5": is not what the sheet has now ("9")' in told
    assert "does not have: Poe 2020, new, fall, events" in told
    _, problems = read(compare(A, A), data)
    assert sum("nothing that A and B disagree on" in problem for problem in problems) == 4


def test_a_file_without_the_columns() -> None:
    """Any workbook is taken for one in which nothing had to be settled."""
    decisions, problems = read(compare(A, B), b"study,events\nA,3\n")
    assert decisions == {}
    assert "has no page" in problems[0]


def test_the_workbook_is_harmless_and_has_lists() -> None:
    """A cell of somebody's sheet becomes a formula, or there is no list to choose from."""
    evil = '=HYPERLINK("http://x")'
    data = to_workbook(compare(understood(figure("A", 1, exclude=evil)), understood(figure("A", 1))), ("a", "b"), MADE)
    page = openpyxl.load_workbook(io.BytesIO(data))["disagreements"]
    assert [cell.value for cell in page[1]] == list(HEADINGS)
    assert (page["F2"].value, page["F2"].data_type, page["F2"].quotePrefix) == (evil, "s", True)
    (rule,) = page.data_validations.dataValidation
    assert rule.formula1 == '"A,B,other,empty"'
    assert to_workbook(compare(A, B), ("a", "b"), MADE) == to_workbook(compare(A, B), ("a", "b"), MADE)


def test_the_same_patients_stay_patients() -> None:
    """Patients that both have become figures beside them, or a series that differs is kept as one of the two."""
    rows = (("Zorn", "new", "1", "1"), ("Zorn", "new", "2", "0"))
    sheet = PatientSheet("zorn", "Zorn", ("study", "arm", "patient", "fall"), rows, (figure("Zorn", 1, 2),))
    a = Understood((), (), (), (sheet,), (), ())
    agreed = settle(a, a, {})
    assert (agreed.patients, agreed.figures) == ((sheet,), ())
    other = replace(sheet, rows=rows[::-1])
    agreed = settle(a, Understood((), (), (), (other,), (), ()), {})
    assert (agreed.patients, len(agreed.figures)) == ((), 1)
    assert "not the same patients" in agreed.notes[0]


def test_agreed_rows_are_checked() -> None:
    """Events of one and total of the other are kept although no row can have both."""
    a, b = understood(figure("A", 9, 10)), understood(figure("A", 3, 4))
    comparison = compare(a, b)
    decisions, _ = read(comparison, workbook(comparison, events="A", total="B"))
    (problem,) = [p for p in check_agreed(settle(a, b, decisions), parse_review(REVIEW), None) if p.severity == "error"]
    assert str(problem).startswith("done.xlsx, sheet disagreements, cell J2, column events")
