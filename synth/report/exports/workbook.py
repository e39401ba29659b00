"""Tables as a workbook (.xlsx): a sheet for each, and one in front that says what they are."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from .delimited import number
from .model import LONGEST, Cell, Table

READ_ME: Final = "read me"
MADE: Final = datetime(1980, 1, 1, tzinfo=UTC)
"""Stands in the file's properties in place of the clock, so that the same tables give the same bytes."""
_WIDEST, _NARROWEST, _LONG = 60.0, 8.0, 40
_ON_ONE_PAGE: Final = 14
"""A table with more columns is printed over several pages, the first column on each."""
_EXPLAINED: Final = (
    "Numbers have every digit that the program keeps. An empty cell is not known or not defined; where a column is "
    "called reason, it says why.",
    "A column that ends in _fraction is from 0 to 1. estimate, ci_low and ci_high are in the unit that the column unit "
    "names: proportions are fractions, not per cent. A column that ends in _analysis is on the scale of the analysis "
    "(a logit, a logarithm), which the column scale names; so is tau2, the variance between studies.",
    "The column shown is the same rounded, as the page prints it.",
    "No cell is a formula, and none is run.",
)


def to_workbook(tables: Sequence[Table], title: str, about: Sequence[tuple[str, str]] = ()) -> bytes:
    """Write tables as an .xlsx file.

    Parameters
    ----------
    tables : sequence of Table
        Names of at most 31 letters, each once.
    title : str
        Stands in the file's properties and on the first sheet.
    about : sequence of (str, str)
        Further lines of the first sheet: a name and what is to be said.

    Returns
    -------
    bytes
        The same tables give the same bytes.

    Examples
    --------
    >>> to_workbook([Table("studies", "Studies", ("study",), (("A",),))], "Deaths")[:2]
    b'PK'
    """
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

    class Sheet(Worksheet):  # type: ignore[misc]
        """Writes numbers so that they come back as the same numbers: 16 digits are not always enough."""

        def _xml_number_element(self, value: float, attributes: Sequence[tuple[str, str]] = ()) -> None:
            said = "".join(f' {name}="{text}"' for name, text in attributes or ())
            self.fh.write(f"<c{said}><v>{number(value)}</v></c>")

    data = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(data, options)
    book.set_properties({"title": title[:255], "comments": "Written by synth", "created": MADE})
    looks = {
        "heading": book.add_format({"bold": True, "bg_color": "#1f4e5f", "font_color": "#ffffff", "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 16, "font_color": "#1f4e5f"}),
        "bold": book.add_format({"bold": True, "valign": "top"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "cell": book.add_format({"valign": "top", "num_format": "@", "quote_prefix": True}),  # never a formula
        "general": book.add_format({"valign": "top"}),
        "whole": book.add_format({"valign": "top", "num_format": "0"}),
    }  # fmt: skip
    _first(book.add_worksheet(READ_ME), tables, title, about, looks)
    for table in tables:
        _sheet(book.add_worksheet(table.name, Sheet), table, looks)
    book.close()
    return data.getvalue()


def _first(page: Any, tables: Sequence[Table], title: str, about: Sequence[tuple[str, str]], looks: Any) -> None:
    page.hide_gridlines(2)
    page.set_column(0, 0, 26)
    page.set_column(1, 1, 90)
    page.set_column(2, 2, 8)
    page.write_string(0, 0, title[:LONGEST], looks["title"])
    row = 2
    for name, said in about:
        page.write_string(row, 0, name, looks["bold"])
        page.set_row(row, 15 * min(max(-(-len(said) // 95), 1), 20))
        page.write_string(row, 1, said[:LONGEST], looks["text"])
        row += 1
    for said in _EXPLAINED:
        page.set_row(row, 15 * -(-len(said) // 95))  # not every program fits a row to its text by itself
        page.write_string(row, 1, said, looks["text"])
        row += 1
    row += 1
    for column, heading in enumerate(("sheet", "what it holds", "rows")):
        page.write_string(row, column, heading, looks["heading"])
    for table in tables:
        row += 1
        page.write_url(row, 0, f"internal:'{table.name}'!A1", string=table.name)
        page.write_string(row, 1, table.title, looks["text"])
        page.write_number(row, 2, len(table.rows), looks["whole"])
    page.set_landscape()
    page.fit_to_pages(1, 0)


def _sheet(page: Any, table: Table, looks: Any) -> None:
    page.freeze_panes(1, 1)
    for place, name in enumerate(table.columns):
        cells = [row[place] for row in table.rows]
        page.set_column(place, place, _width(name, cells))
        page.write_string(0, place, name, looks["heading"])
    for line, row in enumerate(table.rows, start=1):
        for place, value in enumerate(row):
            _write(page, line, place, value, looks)
    if table.columns:
        page.autofilter(0, 0, max(len(table.rows), 1), len(table.columns) - 1)
    page.set_landscape()
    page.repeat_rows(0)
    if len(table.columns) <= _ON_ONE_PAGE:
        page.fit_to_pages(1, 0)
    else:
        page.repeat_columns(0)


def _write(page: Any, line: int, place: int, value: Cell, looks: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        page.write_boolean(line, place, value, looks["general"])
    elif isinstance(value, str):
        page.write_string(line, place, value, looks["cell"])
    else:
        whole = isinstance(value, int) or value.is_integer()
        page.write_number(line, place, value, looks["whole" if whole and abs(value) < 1e11 else "general"])


def _width(name: str, cells: Sequence[Cell]) -> float:
    longest = max([len(name) + 3, *(min(len(str(value)), _LONG) for value in cells if isinstance(value, str))])
    if any(isinstance(value, float) for value in cells):
        longest = max(longest, 13)
    return min(max(float(longest), _NARROWEST), _WIDEST)
