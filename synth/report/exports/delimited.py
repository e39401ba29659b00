"""Tables as CSV: RFC 4180, UTF-8 with a byte order mark, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from typing import Final
from urllib.parse import quote

from .model import Cell, Table

ACTIVE: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
"""What begins a formula, in full width too; a tab or a line break may stand before one."""
MARK: Final = "\ufeff"
"""Without it a spreadsheet takes UTF-8 for the letters of the machine, and spoils names; readers of data skip it."""

_SAFE: Final = "-_.~,:;/=()!*@?$"


def csv_text(table: Table) -> str:
    r"""Write a table as CSV.

    Parameters
    ----------
    table : Table

    Returns
    -------
    str
        Lines end with CR LF. Numbers have every digit that they are kept with; ``TRUE`` and ``FALSE``; an empty cell
        is nothing known or defined.

    Examples
    --------
    >>> text = csv_text(Table("t", "T", ("study", "estimate", "used"), (("=1+1", -0.1, True), ("A, B", None, False))))
    >>> print(text.removeprefix(MARK).replace("\r\n", "|"))
    study,estimate,used|'=1+1,-0.1,TRUE|"A, B",,FALSE|
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([harmless(name) for name in table.columns])
    for row in table.rows:
        writer.writerow([_written(value) for value in row])
    return MARK + file.getvalue()


def csv_link(table: Table) -> str:
    r"""Return a table as the address of a link, ``data:text/csv``, so that a page without a script can give it away.

    Parameters
    ----------
    table : Table

    Returns
    -------
    str
        Percent-encoded: no space, quotation mark, ``<``, ``>``, ``&`` or ``#``, so that it is safe in an attribute.

    Examples
    --------
    >>> csv_link(Table("t", "T", ("study", "events"), (("Å", 3),)))
    'data:text/csv;charset=utf-8,%EF%BB%BFstudy,events%0D%0A%C3%85,3%0D%0A'
    """
    return f"data:text/csv;charset=utf-8,{quote(csv_text(table), safe=_SAFE)}"


def harmless(words: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe goes before what looks like one.

    Examples
    --------
    >>> harmless("=cmd()"), harmless(" -5 degrees"), harmless("plain")
    ("'=cmd()", "' -5 degrees", 'plain')
    """
    return f"'{words}" if words.startswith(ACTIVE) or words.lstrip().startswith(ACTIVE) else words


def _written(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return harmless(value)
    return number(value)


def number(value: float) -> str:
    """Write a number so that reading it gives the same one, whole ones without a point.

    Examples
    --------
    >>> number(0.1 + 0.2), number(4.0), number(7), number(1e-7)
    ('0.30000000000000004', '4', '7', '1e-07')
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return repr(value)
