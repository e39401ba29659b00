"""Empty sheets as files: a workbook with lists, limits and notes, or plain CSV."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

from .template import START, WORDS, Blank, BlankSheet, Template

ROWS = 2000
"""How many rows below the heading have lists and limits."""
LARGEST_COUNT = 10_000_000
_WIDE = frozenset({"title", "definition", "meaning", "note", "support", "source", "exclude", "population", "authors"})


def to_csv(sheet: BlankSheet) -> str:
    r"""Write one sheet as CSV: its headings, and the rows that are known.

    Examples
    --------
    >>> columns = (Blank("study", "Label"), Blank("n", "Patients"))
    >>> to_csv(BlankSheet("studies", "one row per study", columns, (("A", 3),)))
    'study,n\r\nA,3\r\n'
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.name for column in sheet.columns])
    for row in sheet.rows:
        writer.writerow(["" if value is None else harmless(value) for value in row])
    return out.getvalue()


def harmless(value: str | int) -> str | int:
    """Return a text that a spreadsheet will not take for a formula; an apostrophe goes before what looks like one.

    Examples
    --------
    >>> harmless("=1+1"), harmless("Ågren"), harmless(-3)
    ("'=1+1", 'Ågren', -3)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else value


def to_workbook(template: Template, made: datetime) -> bytes:
    """Write the sheets as an .xlsx.

    Parameters
    ----------
    template : Template
    made : datetime
        Stands in the file's properties; the same time gives the same bytes.

    Returns
    -------
    bytes
    """
    import xlsxwriter

    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": template.title, "comments": "An extraction sheet of synth", "created": made})
    looks = {
        "heading": book.add_format({"bold": True, "bg_color": "#1f4e5f", "font_color": "#ffffff", "text_wrap": True,
                                    "valign": "top", "border": 1, "border_color": "#ffffff"}),
        "optional": book.add_format({"bold": True, "bg_color": "#d7e4e8", "font_color": "#12303b", "text_wrap": True,
                                     "valign": "top", "border": 1, "border_color": "#ffffff"}),
        "title": book.add_format({"bold": True, "font_size": 16, "font_color": "#1f4e5f"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "cell": book.add_format({"valign": "top", "num_format": "@", "quote_prefix": True}),  # never a formula
        "number": book.add_format({"valign": "top"}),
    }  # fmt: skip
    _instructions(book.add_worksheet(START), template, looks)
    pages = [(sheet, book.add_worksheet(sheet.name)) for sheet in template.sheets]
    ranges = _words(book.add_worksheet(WORDS), template, looks)
    for sheet, page in pages:
        _sheet(page, sheet, ranges, looks)
    book.close()
    return data.getvalue()


def _instructions(page: Any, template: Template, looks: dict[str, Any]) -> None:
    page.hide_gridlines(2)
    page.set_column(0, 0, 4)
    page.set_column(1, 1, 100, looks["text"])
    page.write_string(0, 1, template.title, looks["title"])
    row = 2
    for sheet in template.sheets:
        page.write_string(row, 1, f"Sheet {sheet.name}: {sheet.row}.", looks["text"])
        row += 1
    for number, text in enumerate(template.instructions, start=1):
        page.write_number(row + number, 0, number)
        page.write_string(row + number, 1, text, looks["text"])
    page.set_landscape()
    page.fit_to_pages(1, 0)


def _words(page: Any, template: Template, looks: dict[str, Any]) -> dict[str, str]:
    """Write the lists, and name the range that each one stands in."""
    ranges = {}
    for number, (name, words) in enumerate(template.words):
        column = 3 * number
        page.set_column(column, column, 30)
        page.set_column(column + 1, column + 1, 70)
        page.write_string(0, column, f"{name}: type", looks["heading"])
        page.write_string(0, column + 1, "which means", looks["optional"])
        for row, (word, meaning) in enumerate(words, start=1):
            page.write_string(row, column, word)
            page.write_string(row, column + 1, meaning, looks["text"])
        letter = chr(ord("A") + column)
        ranges[name] = f"={WORDS}!${letter}$2:${letter}${max(2, 1 + len(words))}"
    page.freeze_panes(1, 0)
    return ranges


def _sheet(page: Any, sheet: BlankSheet, ranges: dict[str, str], looks: dict[str, Any]) -> None:
    page.freeze_panes(1, 1)
    page.set_row(0, 32)
    for number, column in enumerate(sheet.columns):
        wide = column.name in _WIDE
        text = column.kind == "text" or bool(column.allowed or column.listed)
        # Text cells stay text, so that a spreadsheet makes no date of 3-8 and no number of 0012.
        width = 36 if wide else max(11, len(column.name) + 3)
        page.set_column(number, number, width, looks["cell" if text else "number"])
        page.write_string(0, number, column.name, looks["heading" if column.required else "optional"])
        page.write_comment(0, number, _note(column), {"x_scale": 2.2, "y_scale": 1.2, "author": "synth"})
        limits = _limits(column, ranges)
        if limits is not None:
            page.data_validation(1, number, ROWS, number, limits)
    for row, values in enumerate(sheet.rows, start=1):
        for number, value in enumerate(values):
            if isinstance(value, int):
                page.write_number(row, number, value)
            elif value is not None:
                page.write_string(row, number, value, looks["cell"])
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _note(column: Blank) -> str:
    words = f"\nOne of: {', '.join(column.allowed)}." if column.allowed else ""
    need = "\nNeeded in every row." if column.required and column.name not in ("events", "total") else ""
    return f"{column.meaning}.{words}{need}"


def _limits(column: Blank, ranges: dict[str, str]) -> dict[str, Any] | None:
    """What a spreadsheet lets stand in a cell, and what it says of anything else."""
    what = {"input_title": column.name[:32], "ignore_blank": True, "error_title": column.name[:32]}
    if not column.strict:
        what["error_type"] = "warning"
    if column.listed:
        return what | {"validate": "list", "source": ranges[column.listed],
                       "error_message": "Pick one from the list; the sheet words says what each means."}  # fmt: skip
    if column.allowed:
        return what | {"validate": "list", "source": list(column.allowed), "error_message": "Pick one from the list."}
    if column.kind == "count":
        return what | {"validate": "integer", "criteria": "between", "minimum": 0, "maximum": LARGEST_COUNT,
                       "error_message": "A whole number from 0, or nothing where the source does not say."}  # fmt: skip
    if column.kind == "year":
        return what | {"validate": "integer", "criteria": "between", "minimum": 1800, "maximum": 2100,
                       "error_message": "A year of four digits."}  # fmt: skip
    if column.kind == "number":
        return what | {"validate": "decimal", "criteria": "between", "minimum": -1e12, "maximum": 1e12,
                       "error_message": "A number, or nothing where the source does not say."}  # fmt: skip
    if column.kind == "spread":
        return what | {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1e12,
                       "error_message": "A number from 0, or nothing where the source does not say."}  # fmt: skip
    return None
