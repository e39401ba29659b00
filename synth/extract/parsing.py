"""The one place where the parser for workbooks is called, with files that have been looked at and written anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from synth.workspace import visible

from .archives import damaged
from .grids import Findings, Grid
from .typed import grid_of


def parsed(data: Any, sheets: Sequence[tuple[str | None, bool, Findings] | None], file: str) -> list[Grid]:
    """Return the worksheets as text.

    Parameters
    ----------
    data : binary file
        A workbook.
    sheets : sequence of (str or None, bool, Findings) or None
        For each sheet of the workbook its name, whether it is hidden, and what the parser does not tell; the name is
        the parser's own where it is left out, and a sheet that is ``None`` is no worksheet.
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
        names = book.sheet_names
        for number, entry in enumerate(sheets):
            if entry is None:
                continue
            name, hidden, seen = entry
            sheet = book.get_sheet_by_index(number)
            first = (sheet.start or (0, 0))[1]
            shown = visible(names[number], 60) if name is None else name
            grids.append(grid_of(sheet.iter_rows(), first, seen, shown, hidden))
    except (CalamineError, ValueError, OverflowError, OSError, LookupError) as error:
        raise damaged(file) from error
    except BaseException as error:
        # The parser is written in another language, and its own failures are no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise damaged(file) from error
    return grids
