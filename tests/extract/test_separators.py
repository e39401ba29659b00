"""Commas and points in numbers: decided for a column where it leaves no doubt, and a defect where it does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.extract.contract.cells import Defect
from synth.extract.reading.separators import decide

from .books import csv


@pytest.mark.parametrize(
    ("column", "plain"),
    [
        (["61,5", "7", "0,125"], ["61.5", "7", "0.125"]),
        (["61.5", "7", "1.234"], ["61.5", "7", "1.234"]),
        (["1,234,567", "1,250", "3"], ["1234567", "1250", "3"]),
        (["1.234,5", "1.250"], ["1234.5", "1250"]),
        (["1,234.5", "1,250", "2.5"], ["1234.5", "1250", "2.5"]),
        (["1'234.5", "1’250"], ["1234.5", "1250"]),
        (["12\u00a0345", "1\u202f000"], ["12345", "1000"]),
        (["-61,5", "+2,25", ",5"], ["-61.5", "+2.25", ".5"]),
        (["1,234", "5"], [None, "5"]),
        (["1 234", "5"], [None, "5"]),
        (["1.234", "2.345"], ["1.234", "2.345"]),
        (["61,5", "1.234"], ["61.5", None]),
        (["61.5", "1,234"], ["61.5", None]),
        (["61,5", "61.5", "1.234"], [None, "61.5", None]),
        (["1,234,567", "1.234.567"], [None, "1234567"]),
        (["7 (16,3%)", "about 1,5", ""], ["7 (16,3%)", "about 1,5", ""]),
    ],
)
def test_a_column_says_what_its_signs_mean(column: list[str], plain: list[str | None]) -> None:
    """A mean of 1,234 would be over a thousand, or a thousand patients be one and a quarter."""
    decided = decide(column)
    got = [decided.plain(cell) for cell in column]
    assert [None if isinstance(value, Defect) else value for value in got] == plain


@given(st.lists(st.integers(0, 9_999_999), min_size=1), st.sampled_from(["en", "de", "ch", "fr"]), st.integers(0, 4))
def test_numbers_written_in_one_way_are_read_back_or_refused(numbers: list[int], way: str, decimals: int) -> None:
    """A column in the way of one country would be read as another number."""
    group, point = {"en": ",.", "de": ".,", "ch": "'.", "fr": "\u202f,"}[way]
    scale = 10**decimals

    def written(number: int) -> str:
        whole, rest = divmod(number, scale)
        text = f"{whole:,}".replace(",", group)
        return f"{text}{point}{rest:0{decimals}d}" if decimals else text

    cells = [written(number) for number in numbers]
    decided = decide(cells)
    for number, cell in zip(numbers, cells, strict=True):
        value = decided.plain(cell)
        if isinstance(value, Defect):
            continue
        # A point alone with three digits behind it is the decimal sign where nothing else in the column says more.
        lone = way == "de" and decimals == 0 and decided == decide([])
        assert float(value) == number / scale or (lone and value == cell)


@given(st.text(alphabet="0123456789.,' \u00a0+-%", max_size=12))
def test_any_text_is_a_number_a_defect_or_itself(cell: str) -> None:
    """Some text would crash the reader."""
    value = decide([cell]).plain(cell)
    assert isinstance(value, (str, Defect))


def test_a_table_decides_for_each_column() -> None:
    """A decimal comma in one column would turn the thousands of another into decimals."""
    table = csv("study;age;loss\nA;61,5;1,234\nB;59,25;1,250,000\n")
    assert [table.number(row, 1, cells[1]) for row, cells in table.rows] == ["61.5", "59.25"]
    assert [table.number(row, 2, cells[2]) for row, cells in table.rows] == ["1234", "1250000"]
