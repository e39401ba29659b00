"""Disagreements as a workbook to settle them in, and the settled workbook read back."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from synth.errors import Problem

from ..contract import cells
from ..contract.sheets import Column, fold
from ..forms.rows import identity, reader_of
from ..reading.tables import Table
from .compare import KINDS, WHOLE_ROW, Comparison, Disagreement
from .settle import Decision

SHEET = "disagreements"
HEADINGS = (
    *("sheet", "study", "arm", "outcome", "column", "value A", "where A", "value B", "where B"),
    *("settled", "other value", "note"),
)
CHOICES = ("A", "B", "other", "empty")
_NEEDED = frozenset({"sheet", "study", "column", "settled", "valuea", "valueb"})
_WIDTHS = (9, 22, 10, 18, 15, 22, 38, 22, 38, 10, 20, 44)
_ANEW = "Write the disagreements anew: synth reconcile A B --output."
_LONGEST = 32_000  # a cell of a spreadsheet holds 32,767 characters
_NOTES = {
    "settled": "A: what A has stands. B: what B has. other: what you type into the next column. empty: the source does "
    "not say it. A value may also be typed here itself.",
    "other value": "Only beside other: the value as the source gives it.",
    "note": "Why, in a sentence; it goes into the note of the row.",
    "column": f'"{WHOLE_ROW}": only one of the two has this row. The one who has it keeps it; the other leaves it out.',
}


def knows_heading(heading: str) -> bool:
    """Say whether a heading is one of the workbook's; the reader of files finds the row of the headings by it."""
    return fold(heading) in {fold(name) for name in HEADINGS}


def to_workbook(comparison: Comparison, files: tuple[str, str], made: datetime) -> bytes:
    """Write what two people do not agree on as an .xlsx with a row to settle each disagreement.

    Parameters
    ----------
    comparison : Comparison
    files : (str, str)
        Names of the sheets of A and of B.
    made : datetime
        Stands in the file's properties; the same time gives the same bytes.

    Returns
    -------
    bytes
    """
    import xlsxwriter

    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "Disagreements", "comments": "Two extractions, compared by synth", "created": made})
    looks = {
        "heading": book.add_format({"bold": True, "bg_color": "#1f4e5f", "font_color": "#ffffff", "text_wrap": True,
                                    "valign": "top", "border": 1, "border_color": "#ffffff"}),
        "cell": book.add_format({"valign": "top", "num_format": "@", "quote_prefix": True, "text_wrap": True}),
        "typed": book.add_format({"valign": "top", "num_format": "@", "bg_color": "#fff6d6", "text_wrap": True,
                                  "border": 1, "border_color": "#d9cf9f"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "share": book.add_format({"num_format": "0.00%", "valign": "top"}),
        "number": book.add_format({"num_format": "0.000", "valign": "top"}),
    }  # fmt: skip
    page = book.add_worksheet(SHEET)
    _disagreements(page, comparison.disagreements, looks)
    _agreement(book.add_worksheet("agreement"), comparison, looks)
    _instructions(book.add_worksheet("instructions"), files, looks)
    book.close()
    return data.getvalue()


def _disagreements(page: Any, rows: Sequence[Disagreement], looks: dict[str, Any]) -> None:
    page.freeze_panes(1, 2)
    for number, (name, width) in enumerate(zip(HEADINGS, _WIDTHS, strict=True)):
        page.set_column(number, number, width)
        page.write_string(0, number, name, looks["heading"])
        if name in _NOTES:
            page.write_comment(0, number, _NOTES[name], {"x_scale": 2.2, "y_scale": 1.2, "author": "synth"})
    for row, each in enumerate(rows, start=1):
        known = (each.kind, *each.key[:2], each.outcome, each.column)
        for number, text in enumerate((*known, each.value_a, each.where_a, each.value_b, each.where_b)):
            page.write_string(row, number, text[:_LONGEST], looks["cell"])
        for number in range(9, len(HEADINGS)):
            page.write_blank(row, number, None, looks["typed"])
    if rows:
        # a value may be typed as well, so that anything else is taken too
        page.data_validation(1, 9, len(rows), 9, {
            "validate": "list", "source": list(CHOICES), "ignore_blank": True, "show_error": False,
            "input_title": "settled", "input_message": "A, B, other, empty, or the value itself",
        })  # fmt: skip
        page.ignore_errors({"number_stored_as_text": f"A2:L{len(rows) + 1}"})
        page.autofilter(0, 0, len(rows), len(HEADINGS) - 1)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _agreement(page: Any, comparison: Comparison, looks: dict[str, Any]) -> None:
    headings = ("part", "what", "of", "rows", "the same", "agreement", "coefficient", "rows of it", "value", "why none")
    for number, (name, width) in enumerate(zip(headings, (10, 18, 18, 8, 10, 11, 16, 10, 9, 60), strict=True)):
        page.set_column(number, number, width, looks["text"])
        page.write_string(0, number, name, looks["heading"])
    for row, each in enumerate(comparison.columns, start=1):
        for number, text in enumerate((each.kind, each.column, each.of)):
            page.write_string(row, number, text[:_LONGEST], looks["cell"])
        page.write_number(row, 3, each.rows)
        page.write_number(row, 4, each.same)
        page.write_number(row, 5, each.share, looks["share"])
        page.write_string(row, 6, each.method or "none", looks["text"])
        page.write_number(row, 7, each.n)
        if each.coefficient.value is not None:
            page.write_number(row, 8, each.coefficient.value, looks["number"])
        page.write_string(row, 9, each.coefficient.reason, looks["text"])
    page.freeze_panes(1, 0)


def _instructions(page: Any, files: tuple[str, str], looks: dict[str, Any]) -> None:
    page.hide_gridlines(2)
    page.set_column(0, 0, 110, looks["text"])
    lines = (
        f"A is {files[0]}, B is {files[1]}.",
        f"The page {SHEET} has a line for each cell, and each whole row, on which A and B do not agree.",
        *(f"{name}: {_NOTES[name]}" for name in ("settled", "other value", "note", "column")),
        "Look at the source together; change nothing to the left of the yellow cells.",
        f'When every line is settled, save the file and type: synth reconcile "{files[0]}" "{files[1]}" --settled FILE',
    )
    for row, text in enumerate(lines):
        page.write_string(row, 0, text[:_LONGEST], looks["cell"])


def read_settled(
    tables: Sequence[Table], comparison: Comparison
) -> tuple[dict[tuple[str, ...], Decision], list[Problem]]:
    """Read what was settled, and hold it against what there is to settle.

    Parameters
    ----------
    tables : sequence of Table
        Of the workbook, or of a CSV with the same headings.
    comparison : Comparison
        Made anew of the two sheets: a workbook that belongs to an earlier state of them is refused.

    Returns
    -------
    decisions : dict
        As :func:`~.reconcile_settle.settle` takes them.
    problems : list of Problem
        Everything that is wrong: what is not settled, what is settled twice, what is no disagreement any more.
    """
    file = tables[0].file if tables else "the file"
    fitting = [table for table in tables if {fold(name) for name in table.header} >= _NEEDED]
    if not fitting:
        said = "has no page with the columns study, column, value A, value B and settled."
        return {}, [Problem(file, said, "Give the workbook that synth reconcile --output wrote.")]
    open_: dict[tuple[str, ...], Disagreement] = {each.identity: each for each in comparison.disagreements}
    decisions: dict[tuple[str, ...], Decision] = {}
    problems: list[Problem] = []
    seen: dict[tuple[str, ...], int] = {}
    for table in fitting:
        problems += table.problems
        places = {fold(name): place for place, name in enumerate(table.header)}
        for row, found in table.rows:
            text = {name: cells.text(found[place]) for name, place in places.items()}
            named = tuple(identity(text.get(name, "")) for name in ("sheet", "study", "arm", "outcome", "column"))
            each = open_.get(named)
            if each is None:
                problems.append(table.problem(
                    "is nothing that A and B disagree on.", _ANEW,
                    row=row, place=places["column"], value=text["column"],
                ))  # fmt: skip
                continue
            if named in seen:
                problems.append(table.problem(
                    f"the same stands in row {seen[named]} already.", "Keep one of the two rows.",
                    row=row, place=places["column"], value=text["column"],
                ))  # fmt: skip
                continue
            seen[named] = row
            for side, held in (("valuea", each.value_a), ("valueb", each.value_b)):
                if not _alike(text[side], held):
                    problems.append(table.problem(
                        f'is not what the sheet has now ("{held}").' if held else "is not there in the sheet any more.",
                        _ANEW,
                        row=row, place=places[side], value=text[side],
                    ))  # fmt: skip
            decision = _decide(table, row, places, text, each)
            if isinstance(decision, Problem):
                problems.append(decision)
            else:
                key = (each.kind, *map(identity, each.key), identity(each.column))
                decisions[key] = decision
    problems += [
        Problem(file, f"does not have: {', '.join(part for part in (*each.key, each.column) if part)}.",
                _ANEW)
        for named, each in open_.items() if named not in seen
    ]  # fmt: skip
    return decisions, problems


def _decide(
    table: Table, row: int, places: dict[str, int], text: dict[str, str], each: Disagreement
) -> Decision | Problem:
    """Read one decision; a typed value is read as its column is."""
    place = places["settled"]
    word, other = text["settled"], text.get("othervalue", "")
    at = place

    def wrong(message: str, remedy: str) -> Problem:
        return table.problem(message, remedy, row=row, place=at, value=word or None)

    def made(choice: str, read: str | int | float | None = None) -> Decision:
        cell = table.cell(row, at) or ""
        return Decision(choice, read, text.get("note", ""), table.file, table.sheet or "", cell, row)

    choice = word.casefold()
    if not word:
        return wrong("is not settled yet.", "Choose A, B, other or empty.")
    if choice != "other" and other:
        at = places["othervalue"]
        return table.problem(f"stands beside {word}.", "Choose other in the column settled, or empty this cell.",
                             row=row, place=at, value=other)  # fmt: skip
    if choice in ("a", "b"):
        return made(choice.upper())
    if each.column == WHOLE_ROW:
        return wrong("settles nothing: only one of the two has this row.", "Choose A or B: one keeps it.")
    if choice == "empty":
        return made("other")
    if choice == "other":
        if not other:
            return wrong("has no other value beside it.", "Type it into the column other value, or choose empty.")
        at, word = places["othervalue"], other
    contract = {column.name: column for column in KINDS[each.kind][0]}
    column = contract.get(each.column, Column(each.column, ""))
    read = reader_of(column, each.column)(word)
    if isinstance(read, cells.Defect):
        return wrong(read.message, read.remedy)
    return made("other", read)


def _alike(typed: str, held: str) -> bool:
    """Whether a cell of the workbook still holds what was written into it."""
    plain = [re.sub(r"\s+", " ", unicodedata.normalize("NFC", text[:_LONGEST])).strip() for text in (typed, held)]
    if plain[0] == plain[1]:
        return True
    try:
        return float(plain[0]) == float(plain[1])
    except ValueError:
        return False
