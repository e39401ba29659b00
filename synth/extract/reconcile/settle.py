"""What two people agree on, of both sheets and of what they settled: rows ready to be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from synth.errors import Problem
from synth.workspace import Review

from ..checks.every import check_all
from ..contract.figures import BiasRow, Extracted, Figure, StudyArm
from ..contract.patients import PatientSheet
from ..contract.sheets import Column
from ..forms.common import check_figure
from ..forms.rows import identity
from ..understand import Understood
from .compare import KINDS, WHOLE_ROW, WORDS, Key, Row, columns_of, only_giver, rows_of, same, value, whole_sheet


@dataclass(frozen=True)
class Decision:
    """What two people settled about one disagreement.

    Parameters
    ----------
    choice : {"A", "B", "other"}
        Whose value stands, or another one.
    other : str, int, float or None
        That other value, read as its column is; ``None`` for an empty cell.
    note : str
        Why.
    file, sheet, cell : str
        Where it was settled; the cell is empty for a CSV.
    row : int
        Its row there.
    """

    choice: str
    other: str | int | float | None = None
    note: str = ""
    file: str = ""
    sheet: str = ""
    cell: str = ""
    row: int = 0


Decisions = Mapping[tuple[str, ...], Decision]
"""By kind, the parts of the row's name, and the column, all folded by :func:`~.check.identity`."""


def settle(a: Understood, b: Understood, decisions: Decisions) -> Understood:
    """Make the agreed rows.

    Parameters
    ----------
    a, b : Understood
        What each of the two extracted.
    decisions : mapping
        One for every disagreement of :func:`~.reconcile.compare`.

    Returns
    -------
    Understood
        Rows with the words of both, whose origin names both sheets and the cells in which they were settled. Patients
        are kept as patients where both have the very same; otherwise as the figures that were counted.

    Raises
    ------
    KeyError
        A disagreement has no decision.

    Examples
    --------
    >>> first = Understood((Figure("A", "mis", "fusion", 7, 43, file="a.csv", row=2),), (), (), (), (), ())
    >>> second = Understood((Figure("A", "mis", "fusion", 6, 43, file="b.csv", row=5),), (), (), (), (), ())
    >>> agreed = settle(first, second, {("results", "a", "mis", "fusion", "events"): Decision("B")})
    >>> agreed.figures[0].events, agreed.figures[0].total
    (6, 43)
    """
    patients = _same_patients(a, b)
    counted = {(identity(f.study), f.arm, f.outcome) for sheet in patients for f in sheet.figures}
    made: dict[str, list[Any]] = {}
    for kind in KINDS:
        rows_a, rows_b = rows_of(a, kind), rows_of(b, kind)
        pairs = [(rows_a[key], rows_b[key]) for key in rows_a if key in rows_b]
        columns = columns_of(kind, pairs)
        givers = {column.name: only_giver(column, pairs) for column in columns}
        made[kind] = []
        for key in dict.fromkeys((*rows_a, *rows_b)):
            if kind == "results" and key in counted:
                continue
            if key in rows_a and key in rows_b:
                made[kind].append(_joined(kind, key, rows_a[key], rows_b[key], columns, givers, decisions))
                continue
            whose, row = ("A", rows_a[key]) if key in rows_a else ("B", rows_b[key])
            if whole_sheet(kind, rows_a, rows_b):
                made[kind].append(replace(row, origin=f"{whose}: {_origin(row)}"))
                continue
            decision = decisions[(kind, *key, WHOLE_ROW)]
            if decision.choice == whose:
                told = _told(kind, row, [(WHOLE_ROW, decision)])
                made[kind].append(replace(row, **told, **_place(f"{whose}: {_origin(row)}", [("", decision)])))
    lost = dict.fromkeys(
        sheet.study for sheet in (*a.patients, *b.patients)
        if identity(sheet.study) not in {identity(each.study) for each in patients}
    )  # fmt: skip
    notes = [f"{study}: kept as the figures that were counted; both have not the same patients." for study in lost]
    return Understood(
        tuple(made["results"]), tuple(made["studies"]), tuple(made["bias"]), tuple(patients), (), tuple(notes)
    )


def check_agreed(agreed: Understood, review: Review, beside: Extracted | None) -> list[Problem]:
    """Check agreed rows as sheets are checked, together with what the review has besides.

    Parameters
    ----------
    agreed : Understood
        From :func:`settle`.
    review : Review
        Its arms and outcomes.
    beside : Extracted or None
        What the review has already.

    Returns
    -------
    list of Problem
        A problem names the cell in which a value was settled, where it was.
    """
    figures: list[Figure] = list(agreed.all_figures)
    studies: list[StudyArm] = list(agreed.studies)
    problems = [problem for figure in figures for problem in check_figure(figure)]
    if beside is not None:
        keys = {(identity(figure.study), figure.arm, figure.outcome) for figure in figures}
        figures += [f for f in beside.figures if (identity(f.study), f.arm, f.outcome) not in keys]
        arms = {(identity(study.study), study.arm) for study in studies}
        studies += [study for study in beside.studies if (identity(study.study), study.arm) not in arms]
    return problems + list(check_all(figures, studies, review, []))


def _same_patients(a: Understood, b: Understood) -> list[PatientSheet]:
    """The series of patients that both have, row for row."""
    others = {identity(sheet.study): sheet for sheet in b.patients}
    found = []
    for sheet in a.patients:
        other = others.get(identity(sheet.study))
        if other is not None and (sheet.header, sheet.rows) == (other.header, other.rows):
            found.append(sheet)
    return found


def _joined(
    kind: str,
    key: Key,
    a: Row,
    b: Row,
    columns: Sequence[Column],
    givers: Mapping[str, str],
    decisions: Decisions,
) -> Row:
    """One row of two: what both say, what only one says, what was settled, and the words of both."""
    contract = {column.name for column in KINDS[kind][0]}
    changes: dict[str, Any] = {}
    more: dict[str, str] = {}
    settled: list[tuple[str, Decision]] = []
    for column in columns:
        name = column.name
        chosen: Any
        if not givers[name] and not same(column, a, b):
            decision = decisions[(kind, *key, identity(name))]
            settled.append((name, decision))
            chosen = decision.other
            if decision.choice != "other":
                chosen = _raw(a if decision.choice == "A" else b, name, contract)
        else:
            chosen = _raw(b if givers[name] == "B" or not value(a, name) else a, name, contract)
            if name == "exclude":
                chosen = _both(value(a, name), value(b, name))
        if name in contract:
            changes[name] = chosen
        else:
            more[name] = "" if chosen is None else str(chosen)
    for name, decision in settled:
        basis = f"{name}_basis"
        if basis in changes and basis not in dict(settled):  # how a number was come by goes with the number
            changes[basis] = "" if decision.choice == "other" else value(a if decision.choice == "A" else b, basis)
    for name in sorted(WORDS & contract):
        changes[name] = _both(value(a, name), value(b, name))
    if not isinstance(a, BiasRow):
        changes["more"] = tuple(more.items())
    row = replace(a, **{name: _fitting(a, name, chosen) for name, chosen in changes.items()})
    told = _told(kind, row, settled)
    return replace(row, **told, **_place(f"A: {_origin(a)}; B: {_origin(b)}", settled))


def _raw(row: Row, name: str, contract: set[str]) -> Any:
    return getattr(row, name) if name in contract else value(row, name)


def _fitting(row: Row, name: str, chosen: Any) -> Any:
    """An empty text is "", an empty number None, and a whole number no fraction."""
    if chosen is None and isinstance(getattr(row, name), str):
        return ""
    return chosen


def _told(kind: str, row: Row, settled: Sequence[tuple[str, Decision]]) -> dict[str, Any]:
    """The row's note with the reasons that were given for what was settled."""
    reasons = [f"{name}: {decision.note}" for name, decision in settled if decision.note]
    if not reasons:
        return {}
    name = "support" if kind == "bias" else "note"
    return {name: " ; ".join([*([value(row, name)] if value(row, name) else []), *reasons])}


def _place(origin: str, settled: Sequence[tuple[str, Decision]]) -> dict[str, Any]:
    """Where the row comes from; a problem with it is to be looked for where it was settled last."""
    if not settled:
        return {"origin": origin}
    first = settled[0][1]
    label = f"{first.file}, sheet {first.sheet}" if first.sheet else first.file
    cells = [decision.cell or f"row {decision.row}" for _, decision in settled]
    return {
        "origin": f"{origin}; settled: {label}, {', '.join(cells)}",
        "file": first.file,
        "sheet": first.sheet,
        "row": first.row,
        "cells": tuple((name, decision.cell) for name, decision in settled if name and decision.cell),
    }


def _origin(row: Row) -> str:
    return row.origin or row.file


def _both(a: str, b: str) -> str:
    """The words of both, once where they are the same."""
    if not (a and b) or identity(a) == identity(b):
        return a or b
    return f"{a} ; {b}"
