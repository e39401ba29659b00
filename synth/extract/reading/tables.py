"""A table of text with its place in a file: what every reader of bytes gives, and all that the checks ever see.

A cell of a workbook is more than its text: it may be typed as a date, shown as a percentage, stand for an error or lie
in a hidden row. The text is what a person would read off the screen; the rest are its marks.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from synth.errors import Problem
from synth.workspace import visible

from ..contract.cells import Defect
from .separators import Separators, decide

DATE = "date"
"""The spreadsheet holds a date (a text such as 2021-08-03 is written for it); "3-8" typed into Excel becomes one."""
ERROR = "error"
"""The spreadsheet holds an error value; the text is its name, as ``#REF!``."""
FORMULA = "formula"
"""A formula; the text is the value last saved with it."""
UNCALCULATED = "uncalculated"
"""A formula with which no value was saved; the text is empty."""
PERCENT = "percent"
"""A number shown as a percentage; the text is "16%" where the file holds 0.16."""
ROUNDED = "rounded"
"""A whole number of more than 15 digits, of which a spreadsheet keeps 15: the others are lost."""
TEXT = "text"
"""A text that looks like a number; cells without this mark hold numbers that the file holds as numbers."""
MERGED = "merged"
"""Part of a merged cell; the text is that of the whole."""
MARKS: tuple[str, ...] = (DATE, ERROR, FORMULA, UNCALCULATED, PERCENT, ROUNDED, TEXT, MERGED)

_NONE: frozenset[str] = frozenset()
_NOWHERE: frozenset[int] = frozenset()


def letters(column: int) -> str:
    """Return the letters that a spreadsheet shows for a column, the first of which is 1.

    Examples
    --------
    >>> letters(1), letters(27), letters(16384)
    ('A', 'AA', 'XFD')
    """
    name = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


@dataclass
class Table:
    """A table of text.

    A row is named by its number, a column by its place: the position in `header`, from 0.

    Parameters
    ----------
    file : str
        Path as the person knows it.
    header : list of str
        Headings; from :func:`~synth.extract.reading.readers.read_tables` without their units, and with the heading
        above them where there are two rows of headings.
    header_row : int
        Row of the header; the lower one of two.
    rows : list of (int, list of str)
        Row number and cells, as many as there are headings; rows in which every cell is empty are not there. The
        number is what a spreadsheet shows: the first row is 1, empty ones count, and a quoted cell that runs over
        several lines of a CSV does not make several rows.
    problems : list of Problem
        Rows and cells that could not be read (errors), and what a person should look at (warnings).
    sheet : str, optional
        Worksheet, made fit to be shown; ``None`` for a CSV.
    letters : list of str
        Letters of each column as the spreadsheet shows them; empty for a CSV.
    found : list of str
        Headings as they stand there, for messages and for a person who names one; empty means as `header`.
    units : list of str
        Unit that stands in each heading ("mL", "years", "%"), or ``""``; empty where there are none.
    groups : list of str
        Heading above each heading, where there are two rows of headings, or ``""``; empty where there are none.
    notes : list of Problem
        What was understood and could have been understood otherwise: a header that is not the first row, remarks below
        the table, a title above it. Severity ``"note"``.
    remarks : list of (int, str)
        Rows around the table that belong to no study, such as a title or footnotes, with their text.
    hidden_sheet : bool
        Whether the worksheet is hidden.
    hidden_rows : frozenset of int
        Numbers of the rows that are hidden or filtered away; they are in `rows` all the same.
    hidden_places : frozenset of int
        Places of the hidden columns.
    marked : dict of int to dict of int to frozenset of str
        For a place, and then a row number, the marks of a cell, of :data:`MARKS`; cells without marks are not there.

    Examples
    --------
    >>> table = Table("a.xlsx", ["study", "events"], 3, [(4, ["A", "7"])], sheet="Results", letters=["B", "C"])
    >>> print(table.problem("is no number.", "Type digits.", row=4, place=1, value="x"))
    a.xlsx, sheet Results, cell C4, column events, value "x": is no number. Type digits.
    """

    file: str
    header: list[str]
    header_row: int
    rows: list[tuple[int, list[str]]]
    problems: list[Problem] = field(default_factory=list)
    sheet: str | None = None
    letters: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    remarks: list[tuple[int, str]] = field(default_factory=list)
    hidden_sheet: bool = False
    hidden_rows: frozenset[int] = _NOWHERE
    hidden_places: frozenset[int] = _NOWHERE
    marked: dict[int, dict[int, frozenset[str]]] = field(default_factory=dict)
    _separators: dict[int, Separators] = field(default_factory=dict, repr=False, compare=False)

    def heading(self, place: int) -> str:
        """Return a heading as it stands in the file, made fit to be shown."""
        return visible((self.found or self.header)[place].strip())

    def unit(self, place: int) -> str:
        """Return the unit that stands in a heading, or ``""``."""
        return self.units[place] if self.units else ""

    def group(self, place: int) -> str:
        """Return the heading above a heading, or ``""``."""
        return self.groups[place] if self.groups else ""

    def cell(self, row: int, place: int) -> str | None:
        """Return what a spreadsheet calls a cell, as ``C7``; ``None`` for a CSV."""
        return f"{self.letters[place]}{row}" if self.letters else None

    def marks(self, row: int, place: int) -> frozenset[str]:
        """Return the marks of a cell, of :data:`MARKS`; of a CSV none is known."""
        return self.marked.get(place, {}).get(row, _NONE)

    def number(self, row: int, place: int, cell: str) -> str | Defect:
        """Return a cell with a decimal point and without thousands separators, as :mod:`.cells` takes it.

        What the commas and points of a text mean is decided for the whole column, from the cells that leave no doubt;
        see :mod:`.separators`. A cell that no number can be read from comes back as it is.

        Parameters
        ----------
        row, place : int
            Where it stands.
        cell : str
            Its text.

        Returns
        -------
        str or Defect
            The defect says why the number could be two numbers.

        Examples
        --------
        >>> table = Table("a.csv", ["study", "age"], 1, [(2, ["A", "61,5"]), (3, ["B", "59,25"])])
        >>> table.number(2, 1, "61,5")
        '61.5'
        """
        if self.letters and TEXT not in self.marks(row, place):
            return cell
        return self.separators(place).plain(cell)

    def separators(self, place: int) -> Separators:
        """Return what commas and points mean in a column; decided once."""
        if place not in self._separators:
            typed = self.marked.get(place, {})
            self._separators[place] = decide(
                cells[place]
                for row, cells in self.rows
                if not self.letters or TEXT in typed.get(row, _NONE)
            )
        return self._separators[place]

    def problem(
        self,
        message: str,
        remedy: str,
        *,
        row: int | None = None,
        place: int | None = None,
        value: str | None = None,
        severity: str = "error",
    ) -> Problem:
        """Return a problem with its place in this table; the value is made fit to be shown."""
        return Problem(
            self.file,
            message,
            remedy,
            row=row,
            column=None if place is None else self.heading(place) or None,
            value=None if value is None else visible(value),
            sheet=self.sheet,
            severity=severity,
            cell=None if row is None or place is None else self.cell(row, place),
        )
