"""Two people's sheets held against each other: how far they agree on each column, and every place where they do not.

Rows are the same where study, arm and outcome are. Figures that were counted from patients are held against figures
like any others; the rows of the patients are not looked at, and stand in nothing that comes out of here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from synth.workspace import visible

from ..contract.figures import BiasRow, Figure, StudyArm, cell_of, place_of
from ..contract.sheets import BIAS, POOLED_UNIT, RESULTS, STUDIES, Column
from ..forms.rows import identity
from ..understand import Understood
from .agreement import ICC, KAPPA, Coefficient, cohen_kappa, icc_agreement

Row = Figure | StudyArm | BiasRow
Key = tuple[str, ...]

KINDS: Mapping[str, tuple[Sequence[Column], tuple[str, ...]]] = {
    "results": (RESULTS, ("study", "arm", "outcome")),
    "studies": (STUDIES, ("study", "arm")),
    "bias": (BIAS, ("study", "arm", "instrument", "item")),
}
"""What is compared, with the columns of the contract and those that name a row."""
WHOLE_ROW = "whole row"
"""Stands for the column where one of the two has no such row."""
WORDS = frozenset({"where", "note", "source", "definition", "support"})
"""Everybody's own words: both are kept, and nobody has to settle them."""
_NUMBERS = frozenset({"count", "number", "spread", "year"})
_MEASURED = frozenset({"mean", "sd", "median", "q1", "q3", "min", "max", "time"})
# An empty cell of these says something: the figure itself, patients, may be pooled.
_SAYS_SOMETHING = {"bound": "the figure itself", "unit": POOLED_UNIT, "exclude": "may be pooled"}
_FIELDS: Mapping[type, frozenset[str]] = {
    kind: frozenset(column.name for column in columns)
    for kind, columns in ((Figure, RESULTS), (StudyArm, STUDIES), (BiasRow, BIAS))
}
_CATEGORIES = frozenset({"unit", "exclude", "judgement"})


@dataclass(frozen=True)
class ColumnAgreement:
    """How far two people agree on one column.

    Parameters
    ----------
    kind : {"results", "studies", "bias"}
        Of which sheet.
    column : str
        Its name.
    of : str
        The outcome of a measurement, whose scale is its own, or the instrument of a judgement; otherwise empty.
    rows : int
        Rows that both have and for which at least one gives a value.
    same : int
        Rows for which both give the same; a value against an empty cell is not the same.
    method : str
        :data:`~.agreement.KAPPA`, :data:`~.agreement.ICC`, or ``""`` for free text.
    n : int
        Rows for which both give a value: those that the coefficient is computed from.
    coefficient : Coefficient
        Its value, or why there is none.
    """

    kind: str
    column: str
    of: str
    rows: int
    same: int
    method: str
    n: int
    coefficient: Coefficient

    @property
    def share(self) -> float:
        """Rows that are the same, as a share of those that were compared."""
        return self.same / self.rows


@dataclass(frozen=True)
class Disagreement:
    """One cell, or one whole row, on which two people do not agree.

    Parameters
    ----------
    kind : {"results", "studies", "bias"}
        Of which sheet.
    key : tuple of str
        What names the row: study, arm, and outcome or instrument and item; as the first of the two writes it.
    column : str
        Name of the column; :data:`WHOLE_ROW` where only one of them has the row.
    value_a, value_b : str
        What each gives; empty for an empty cell.
    where_a, where_b : str
        File, sheet and cell that it stands in, and the place in the source where the row says it.
    """

    kind: str
    key: Key
    column: str
    value_a: str
    where_a: str
    value_b: str
    where_b: str

    @property
    def outcome(self) -> str:
        """The outcome, or the item of an instrument; empty for what describes a study."""
        return ", item ".join(self.key[2:])

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it the same in another file."""
        return tuple(map(identity, (self.kind, self.key[0], self.key[1], self.outcome, self.column)))


@dataclass(frozen=True)
class Comparison:
    """What came out of two people's sheets.

    Parameters
    ----------
    columns : tuple of ColumnAgreement
        Columns for which anything could be compared.
    disagreements : tuple of Disagreement
        In the order of the first one's rows; rows that only one of them has come last.
    rows : tuple of (str, int, int, int)
        For each sheet: rows that both have, only the first, only the second.
    taken_over : tuple of (str, str, str)
        Sheet, column and "A" or "B", of columns that only one of the two filled in at all.
    """

    columns: tuple[ColumnAgreement, ...]
    disagreements: tuple[Disagreement, ...]
    rows: tuple[tuple[str, int, int, int], ...]
    taken_over: tuple[tuple[str, str, str], ...]


def compare(a: Understood, b: Understood) -> Comparison:
    """Hold two people's sheets against each other.

    Parameters
    ----------
    a, b : Understood
        What each of them extracted, without errors.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> first = Understood((Figure("A", "mis", "fusion", 7, 43, file="a.csv", row=2),), (), (), (), (), ())
    >>> second = Understood((Figure("A", "mis", "fusion", 6, 43, file="b.csv", row=5),), (), (), (), (), ())
    >>> [(each.column, each.value_a, each.where_a, each.value_b) for each in compare(first, second).disagreements]
    [('events', '7', 'a.csv, row 2', '6')]
    """
    columns: list[ColumnAgreement] = []
    cells: list[Disagreement] = []
    alone: list[Disagreement] = []
    counts: list[tuple[str, int, int, int]] = []
    taken: list[tuple[str, str, str]] = []
    for kind in KINDS:
        rows_a, rows_b = rows_of(a, kind), rows_of(b, kind)
        both = [key for key in rows_a if key in rows_b]
        if rows_a or rows_b:
            counts.append((kind, len(both), len(rows_a) - len(both), len(rows_b) - len(both)))
        pairs = [(rows_a[key], rows_b[key]) for key in both]
        places = {key: place for place, key in enumerate(both)}
        found: list[tuple[int, Disagreement]] = []
        for column in columns_of(kind, pairs):
            giver = only_giver(column, pairs)
            if giver:
                taken.append((kind, column.name, giver))
                continue
            columns += _agreement(kind, column, pairs)
            found += [
                (places[key], _differ(kind, column.name, rows_a[key], rows_b[key]))
                for key in both
                if not same(column, rows_a[key], rows_b[key])
            ]
        cells += [each for _, each in sorted(found, key=lambda pair: pair[0])]
        if whole_sheet(kind, rows_a, rows_b):
            taken.append((kind, "every row", whole_sheet(kind, rows_a, rows_b)))
            continue
        alone += [_alone(kind, row, first=True) for key, row in rows_a.items() if key not in rows_b]
        alone += [_alone(kind, row, first=False) for key, row in rows_b.items() if key not in rows_a]
    return Comparison(tuple(columns), (*cells, *alone), tuple(counts), tuple(taken))


def rows_of(understood: Understood, kind: str) -> dict[Key, Row]:
    """Give the rows of one sheet by what names them, whatever the case and the blanks of a study's label."""
    rows: Sequence[Row] = understood.all_figures
    if kind != "results":
        rows = understood.studies if kind == "studies" else understood.bias_rows
    return {tuple(map(identity, key_of(kind, row))): row for row in rows}


def key_of(kind: str, row: Row) -> Key:
    """Give what names a row, as it is written there."""
    return tuple(str(getattr(row, name)) for name in KINDS[kind][1])


def columns_of(kind: str, pairs: Sequence[tuple[Row, Row]]) -> list[Column]:
    """List the columns to compare: the contract's, and those that the two people have besides."""
    contract, key = KINDS[kind]
    named = {column.name for column in contract}
    others = dict.fromkeys(
        name for pair in pairs for row in pair for name, _ in getattr(row, "more", ()) if name not in named
    )
    return [
        *(column for column in contract if column.name not in (*key, *WORDS, "origin")),
        *(Column(name, "") for name in others),
    ]


def only_giver(column: Column, pairs: Sequence[tuple[Row, Row]]) -> str:
    """Say which of the two filled in a column of words at all, where it was one alone; ``""`` otherwise.

    A number that one of them left out is a disagreement in any case.
    """
    if column.kind in _NUMBERS or column.name in (*_SAYS_SOMETHING, "judgement"):
        return ""
    gives_a, gives_b = any(value(a, column.name) for a, _ in pairs), any(value(b, column.name) for _, b in pairs)
    return "" if gives_a == gives_b else "A" if gives_a else "B"


def whole_sheet(kind: str, rows_a: Mapping[Key, Row], rows_b: Mapping[Key, Row]) -> str:
    """Say who alone has a sheet that describes or judges studies: it is taken over, and not settled row by row."""
    return "" if kind == "results" or bool(rows_a) == bool(rows_b) else "A" if rows_a else "B"


def value(row: Row, column: str) -> str:
    """Give the text of a cell: a whole number without its point, empty for none.

    Examples
    --------
    >>> value(Figure("A", "mis", "pain", None, 40, mean=3.0), "mean"), value(StudyArm("A", "mis"), "year")
    ('3', '')
    """
    own = column in _FIELDS[type(row)]
    found = getattr(row, column) if own else dict(getattr(row, "more", ())).get(column)
    if found is None:
        return ""
    if isinstance(found, float):
        return str(int(found)) if found == int(found) else repr(found)
    return str(found).strip()


def same(column: Column, a: Row, b: Row) -> bool:
    """Say whether two people give the same: a number by its value, a word whatever its case."""
    return _plain(column, a) == _plain(column, b)


def _plain(column: Column, row: Row) -> str:
    """The value of a cell without what does not count."""
    text = value(row, column.name)
    if column.kind in _NUMBERS:
        return text
    if column.name == "exclude":  # why is everybody's own words; whether is not
        return "excluded" if text else _SAYS_SOMETHING["exclude"]
    if column.name == "percent_reported":
        return text.replace("%", "").replace(",", ".").strip()
    return identity(text) or _SAYS_SOMETHING.get(column.name, "")


def _agreement(kind: str, column: Column, pairs: Sequence[tuple[Row, Row]]) -> list[ColumnAgreement]:
    """Count and compute; a measurement outcome by outcome, a judgement instrument by instrument."""
    groups: dict[str, list[tuple[Row, Row]]] = {}
    for a, b in pairs:
        of = getattr(a, "outcome", "") if column.name in _MEASURED else ""
        groups.setdefault(getattr(a, "instrument", "") if column.name == "judgement" else of, []).append((a, b))
    made = []
    for of, rows in groups.items():
        texts = [(_plain(column, a), _plain(column, b)) for a, b in rows]
        given = [pair for pair in texts if pair[0] or pair[1]]
        # a column of which nobody said anything is not agreed upon
        nothing = ("", _SAYS_SOMETHING.get(column.name, ""))
        if all(value(row, column.name) in nothing for pair in rows for row in pair):
            continue
        both = [pair for pair in given if pair[0] and pair[1]]
        method, coefficient = "", Coefficient(None, "free text: what agreement chance would give is not known")
        if column.kind in _NUMBERS:
            method, coefficient = ICC, icc_agreement([(float(x), float(y)) for x, y in both])
        elif column.kind == "choice" or column.name in _CATEGORIES:
            method, coefficient = KAPPA, cohen_kappa(both)
        agreed = sum(x == y for x, y in given)
        made.append(ColumnAgreement(kind, column.name, of, len(given), agreed, method, len(both), coefficient))
    return made


def _differ(kind: str, column: str, a: Row, b: Row) -> Disagreement:
    return Disagreement(
        kind, key_of(kind, a), column, value(a, column), where(a, column), value(b, column), where(b, column)
    )


def _alone(kind: str, row: Row, *, first: bool) -> Disagreement:
    """What there is to settle about a row that only one of the two has."""
    held, place = _summary(row), where(row, "")
    found = Disagreement(kind, key_of(kind, row), WHOLE_ROW, held, place, "", "")
    return found if first else replace(found, value_a="", where_a="", value_b=held, where_b=place)


def _summary(row: Row) -> str:
    """Say in a few words what a row holds."""
    names = ("events", "total", "mean", "sd", "median", "q1", "q3", "time", "n", "year", "judgement")
    told = [f"{name} {text}" for name in names if (text := value(row, name))]
    return ", ".join(told) or "described"


def where(row: Row, column: str) -> str:
    """Say where a cell stands: file, sheet and cell, and the place in the source.

    Examples
    --------
    >>> where(Figure("A", "mis", "x", 7, 9, where="p. 3", file="a.xlsx", row=4, sheet="R", cells=(("events", "D"),)),
    ...       "events")
    'a.xlsx, sheet R, cell D4 (p. 3)'
    """
    cell = cell_of(row, column)
    if cell:
        place = ", ".join([row.file, *([f"sheet {row.sheet}"] if row.sheet else []), f"cell {cell}"])
    else:
        place = place_of(row) if row.file and row.row else row.origin or row.file
    said = getattr(row, "where", "")
    return f"{place} ({visible(said, 200)})" if said else place
