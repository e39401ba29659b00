"""Everything that synth can say went wrong, and the exit code of each kind.

::

    SynthError                 1   a person's input or workspace cannot be used
    ├── ProblemsError          1   defects in sheets or tables, all of them at once
    ├── WorkspaceError         1   no review here, a folder that is empty, a file that cannot be read or written
    │   └── Busy               1   another run of synth is at work on the same search
    ├── UnknownName            1   an outcome, arm or study that the review does not have
    ├── NothingToPool          1   no study is left for an outcome, and why each one is out
    ├── DamagedXML             1   PubMed XML that is cut, broken, hostile or something else, and where
    ├── SettingsError          2   a combination of options that has no meaning, and the nearest that has
    ├── NoAnswer               3   the data have no answer by this method, and what was tried
    ├── IncompleteSearch       4   a search whose records are not all there, and why; never a shorter list that looks whole
    └── ServiceError           5   the literature service, or the way to it, gave no usable answer after all tries

One place, the command line's entry, turns these into exit codes; everything else lets them pass.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """A defect in a sheet: where it is, what stands there, and what to do about it.

    Parameters
    ----------
    file : str
        Path as the person knows it (relative to the review, or as typed).
    message : str
        What is wrong, in one sentence.
    remedy : str
        What to type or do instead.
    row : int, optional
        Row number as a spreadsheet shows it: the header is row 1.
    column : str, optional
        Column heading.
    value : str, optional
        The cell as it was found.
    sheet : str, optional
        Worksheet name, where the file has several.
    severity : {"error", "warning", "note"}
        A warning is shown but stops nothing; a note says what was understood.
    cell : str, optional
        The cell as a spreadsheet calls it, as ``C7``; where it is given, it is shown in place of the row.

    Examples
    --------
    >>> print(Problem("figures.csv", "events exceed total (9 > 4).", "Correct one of them.", row=3, column="events", value="9"))
    figures.csv, row 3, column events, value "9": events exceed total (9 > 4). Correct one of them.
    """

    file: str
    message: str
    remedy: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    sheet: str | None = None
    severity: str = "error"
    cell: str | None = None

    def __str__(self) -> str:
        place = [self.file]
        if self.sheet:
            place.append(f"sheet {self.sheet}")
        if self.cell:
            place.append(f"cell {self.cell}")
        elif self.row is not None:
            place.append(f"row {self.row}")
        if self.column:
            place.append(f"column {self.column}")
        if self.value is not None:
            place.append(f'value "{self.value}"')
        return f"{', '.join(place)}: {self.message} {self.remedy}".rstrip()


class SynthError(Exception):
    """The root of the tree: its text is meant for the person at the keyboard."""

    exit_code = 1


class ProblemsError(SynthError):
    """One or more :class:`Problem`; every one of them is listed.

    Parameters
    ----------
    problems : iterable of Problem
        At least one of severity ``"error"``.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        errors = [each for each in self.problems if each.severity == "error"]
        others = [each for each in self.problems if each.severity != "error"]
        more = f", and {len(others)} warning{'' if len(others) == 1 else 's'}" if others else ""
        head = f"{len(errors)} problem{'' if len(errors) == 1 else 's'} found{more}; nothing was changed."
        super().__init__("\n".join([head, *(f"  {p}" for p in errors), *(f"  {p.severity}: {p}" for p in others)]))


class WorkspaceError(SynthError):
    """No review where one is needed, or a file or folder that cannot be used."""


class Busy(WorkspaceError):
    """Another run holds the lock of a search; the text says who, where and since when."""


class UnknownName(SynthError):
    """A name that is not there; says what is, and the nearest one.

    Examples
    --------
    >>> print(UnknownName("outcome", "mortality_1yr", ["fusion", "mortality_1y"]))
    There is no outcome "mortality_1yr". Did you mean "mortality_1y"? There are: fusion, mortality_1y.
    """

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        near = difflib.get_close_matches(name, known, n=1)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        there = f" There are: {', '.join(known)}." if known else f" There is no {kind} at all yet."
        super().__init__(f'There is no {kind} "{name}".{hint}{there}')


class NothingToPool(SynthError):
    """No study is left for an outcome; the text says what there is and why it is out."""


class DamagedXML(SynthError):
    """PubMed XML that cannot be read to its end: cut, broken, hostile, or something else; the text says where and what."""


class SettingsError(SynthError):
    """Options that do not go together; the text gives the reason and the nearest possible choice."""

    exit_code = 2


class NoAnswer(SynthError):
    """A method that has no answer on these data; the text says what was tried."""

    exit_code = 3


class IncompleteSearch(SynthError):
    """A search that is not complete: every reason, and what to do.

    Parameters
    ----------
    message : str
        For the person at the keyboard.
    reasons : iterable of str
        Each thing that does not add up, as the run log keeps it.
    run : object, optional
        What came and was stored all the same (a :class:`synth.search.run.runlog.Run`).

    Examples
    --------
    >>> raise IncompleteSearch("The search is not complete.", ["PMID 7 was found but not delivered."])
    Traceback (most recent call last):
        ...
    synth.errors.IncompleteSearch: The search is not complete.
      PMID 7 was found but not delivered.
    """

    exit_code = 4

    def __init__(self, message: str, reasons: Iterable[str] = (), *, run: object | None = None) -> None:
        self.reasons = tuple(reasons)
        self.run = run
        super().__init__("\n".join([message, *(f"  {reason}" for reason in self.reasons)]))


class ServiceError(SynthError):
    """The literature service, or the network on the way to it, gave no usable answer after all tries.

    Parameters
    ----------
    message : str
        For the person at the keyboard; secrets are taken out before.
    transient : bool
        Whether trying again later may help.
    """

    exit_code = 5

    def __init__(self, message: str, *, transient: bool = True) -> None:
        self.transient = transient
        super().__init__(message)
