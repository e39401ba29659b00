"""The one place where the parser for workbooks is called, with files that have been looked at and written anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .archives import damaged
from .grids import Findings, Grid
from .typed import grid_of


def parsed(data: Any, sheets: Sequence[tuple[str, bool, Findings]], file: str) -> list[Grid]:
    """Return the worksheets as text.

    Parameters
    ----------
    data : binary file
        A workbook.
    sheets : sequence of (str, bool, Findings)
        For each sheet of the workbook its name, whether it is hidden, and what the parser does not tell.
    file : str
        What messages call the workbook.

    Raises
    ------
    ProblemsError
        The parser cannot read it.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    grids = []
    try:
        book = CalamineWorkbook.from_filelike(data)
        for number, (name, hidden, seen) in enumerate(sheets):
            sheet = book.get_sheet_by_index(number)
            first = (sheet.start or (0, 0))[1]
            grids.append(grid_of(sheet.iter_rows(), first, seen, name, hidden))
    except (CalamineError, ValueError, OverflowError, OSError, LookupError) as error:
        raise damaged(file) from error
    except BaseException as error:
        # The parser is written in another language, and its own failures are no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise damaged(file) from error
    return grids
