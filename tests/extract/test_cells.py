"""Cells: what is a number, what is not, and what a person is told to type."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.extract.contract import cells
from synth.extract.contract.cells import Defect


@pytest.mark.parametrize(
    ("cell", "value"),
    [("12", 12), (" 12\t", 12), ("\u00a07", 7), ("0", 0), ("007", 7), ("7.0", 7), ("7.00", 7), ("", None), (" ", None)],
)
def test_a_whole_number_or_nothing_is_read(cell: str, value: int | None) -> None:
    """A plain count would be refused, or an empty cell taken for zero."""
    assert cells.count(cell) == value


@pytest.mark.parametrize(
    ("cell", "message", "remedy"),
    [
        ("7 (16%)", "two figures", "Type 7 here and 16% in the column percent_reported."),
        ("7 (16.3)", "two figures", "Type 7 here and 16.3%"),
        ("7/43", "events and total", "Type 7 in the column of events and 43 in the column of totals."),
        ("7 of 43 (16%)", "events and total", "43"),
        ("16%", "percentage", "how many patients"),
        ("2,6 %", "percentage", "how many patients"),
        ("3,5", "decimal comma", "whole number"),
        ("1.5", "not a whole number", "whole number"),
        ("-1", "below zero", "zero or more"),
        ("+1", "has a sign", "digits alone"),
        ("1e3", "powers of ten", "1000 for 1e3"),
        ("1,234", "thousands separator", "without separators"),
        ("1.234", "thousands separator", "without separators"),
        ("7.000", "thousands separator", "without separators"),
        ("1 234", "thousands separator", "without separators"),
        ("NaN", "no number", "Leave the cell empty"),
        ("NA", "no number", "Leave the cell empty"),
        ("n/a", "no number", "Leave the cell empty"),
        ("-", "no number", "Leave the cell empty"),
        ("not reported", "no number", "Leave the cell empty"),
        ("#DIV/0!", "no number", "Leave the cell empty"),
        ("inf", "no number", "Leave the cell empty"),
        ("<5", "not an exact number", "leave the cell empty"),
        ("~7", "not an exact number", "leave the cell empty"),
        ("3-8", "range or a date", "whole number"),
        ("7*", "mark behind", "Type 7 here"),
        ("7†", "mark behind", "Type 7 here"),
        ("=SUM(A1:A3)", "formula", "value"),
        ("٧", "digits that are not 0 to 9", "0 to 9"),
        ("²", "no number", "digits alone"),
        ("abc", "no number", "digits alone"),
        ("0x1F", "no number", "digits alone"),
        ("1_000", "no number", "digits alone"),
        ("TRUE", "no number", "digits alone"),
        ("9" * 30, "larger than any number", "slip"),
        ("9" * 5000, "larger than any number", "slip"),
        ("x" * 100_000, "no number", "digits alone"),
    ],
)
def test_what_is_no_count_is_named_with_what_to_type(cell: str, message: str, remedy: str) -> None:
    """A person would be told that something is wrong and not what to do."""
    found = cells.count(cell)
    assert isinstance(found, Defect)
    assert message in found.message
    assert remedy in found.remedy
    assert len(found.message) + len(found.remedy) < 300


@given(st.text(max_size=40))
def test_any_text_is_a_count_or_a_defect(cell: str) -> None:
    """Some text would crash the reader, or become a number that is not written there."""
    value = cells.count(cell)
    if isinstance(value, int):
        assert value == Fraction(cell.strip("\u00a0\u202f\ufeff \t\r\n"))
    else:
        assert value is None or isinstance(value, Defect)
    assert cells.number(cell) is None or isinstance(cells.number(cell), (float, Defect))
    assert cells.year(cell) is None or isinstance(cells.year(cell), (int, Defect))
    cells.agrees(1, 3, cell)


@pytest.mark.parametrize(("cell", "value"), [("34.13", 34.13), ("-2", -2.0), (".5", 0.5), ("", None)])
def test_a_decimal_number_is_read(cell: str, value: float | None) -> None:
    """A mean would be refused or changed."""
    assert cells.number(cell) == value


@pytest.mark.parametrize("cell", ["3,5", "1,234", "1.234,5", "nan", "inf", "1e3", "12 (3)", "9" * 400])
def test_what_is_no_decimal_number_is_a_defect(cell: str) -> None:
    """A decimal comma or NaN would enter a mean."""
    assert isinstance(cells.number(cell), Defect)


def test_a_standard_deviation_is_not_negative() -> None:
    """A sign slipped in would make a spread below zero."""
    assert isinstance(cells.number("-1", negative=False), Defect)


@given(st.integers(0, 400), st.integers(1, 400), st.integers(0, 3))
def test_a_percentage_rounded_from_its_counts_agrees(events: int, extra: int, decimals: int) -> None:
    """A source that rounds well would be accused, or one that is a whole digit off would pass."""
    total = events + extra
    scale = 10**decimals
    nearest = (200 * events * scale + total) // (2 * total)  # half rounds up

    def printed(units: int) -> str:
        whole, rest = divmod(units, scale)
        return f"{whole}.{rest:0{decimals}d}%" if decimals else f"{whole}%"

    assert cells.agrees(events, total, printed(nearest)) is True
    assert cells.agrees(events, total, printed(nearest + 2)) is False


@pytest.mark.parametrize("printed", ["", "about 3%", "9.9% (>=70 y); 3.1% (<70 y)", "16", "0.16", "1e1%"])
def test_what_is_not_one_percentage_is_not_judged(printed: str) -> None:
    """A remark in the column would raise a false alarm."""
    assert cells.agrees(1, 2, printed) is None
