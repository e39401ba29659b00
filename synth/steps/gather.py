"""From rows to what the mathematics takes: pairs of arms, columns of numbers, variables to look at studies by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..errors import SettingsError, UnknownName
from ..extract import Exclusion, Extracted, Figure, StudyArm, select
from ..extract.contract.sheets import RESULT_COLUMNS, STUDY_COLUMNS, fold
from ..extract.forms.rows import identity
from ..meta.answers.inputs import DEFAULT_MEASURE
from ..meta.measures.conversions import standard_error_from_interval
from ..meta.measures.effects import MEASURES
from ..meta.measures.effects import measure as find_measure
from ..workspace import visible

COLUMNS = {"proportion": ("events", "total"), "rate": ("events", "time"), "continuous": ("mean", "sd", "n")}
"""What an outcome of each kind is pooled from, in one arm."""

ON_REQUEST = "left out on request"
FROM_DATA = ("size", "total", "precision")
_OF_NO_USE = {"study", "arm", "outcome", "overlaps", "exclude"}


@dataclass(frozen=True)
class Gathered:
    """Studies to be pooled.

    Parameters
    ----------
    rows : tuple of tuple of Figure
        For each study its row, or that of either arm.
    columns : tuple of str
        What the pool is made from: keys of the data of :func:`synth.meta.pool`.
    excluded : tuple of Exclusion
        Rows that cannot be used.
    """

    rows: tuple[tuple[Figure, ...], ...]
    columns: tuple[str, ...]
    excluded: tuple[Exclusion, ...]

    @property
    def studies(self) -> list[str]:
        """Labels."""
        return [row[0].study for row in self.rows]

    @property
    def data(self) -> dict[str, list[float | None]]:
        """Numbers of every study by column."""
        return {name: [_number(row, name) for row in self.rows] for name in self.columns}

    @property
    def kind(self) -> str:
        """Kind of data as the measures have it: "proportion", "two means", ..."""
        return find_measure(DEFAULT_MEASURE[frozenset(self.columns)]).kind

    def only(self, keeps: Callable[[Figure], bool]) -> Gathered:
        """Give the studies of which every row passes."""
        return replace(self, rows=tuple(row for row in self.rows if all(map(keeps, row))))


def _number(row: Sequence[Figure], name: str) -> float | None:
    if len(row) == 2:
        base, _, arm = name.rpartition("_")
        return row[int(arm) - 1].number(base)
    value = row[0].number(name)
    if value is None and name == "se":
        low, high = row[0].number("ci_low"), row[0].number("ci_high")
        return None if low is None or high is None else float(standard_error_from_interval(low, high))
    return value


def columns_for(kind: str, measure: str | None, compare: bool, name: str) -> tuple[str, ...]:
    """Say what an outcome of a review is pooled from.

    Parameters
    ----------
    kind : str
        Of the outcome: "proportion", "rate" or "continuous".
    measure : str or None
        What was asked for.
    compare : bool
        Whether two arms are compared.
    name : str
        The outcome, for a refusal.

    Raises
    ------
    SettingsError
        The measure is made from other numbers; names those that do.
    UnknownName
        There is no such measure.

    Examples
    --------
    >>> columns_for("continuous", None, False, "pain")
    ('mean', 'sd', 'n')
    >>> columns_for("proportion", "PLOGIT", True, "death")
    Traceback (most recent call last):
        ...
    synth.errors.SettingsError: death: PLOGIT is of one arm, --compare of two. Use --measure OR, RR, RD, AS, PETO.
    """
    one = COLUMNS[kind]
    here = tuple(f"{base}_{arm}" for arm in (1, 2) for base in one) if compare else one
    if measure is None:
        return here
    scale = find_measure(measure)
    if set(scale.columns) == set(here):
        return scale.columns
    if kind == "proportion" and not compare and scale.kind == "rate":
        return scale.columns  # events over person-time, where the sheet has it
    if kind == "proportion" and compare and scale.kind == "two rates":
        return scale.columns
    fitting = ", ".join(each for each, m in MEASURES.items() if set(m.columns) == set(here))
    two = scale.kind.startswith("two")
    if two and not compare:
        why = f"{scale.name} compares two arms. Add --compare A B"
    elif compare and not two:
        why = f"{scale.name} is of one arm, --compare of two. Use --measure {fitting}"
    else:
        why = f"{scale.name} ({scale.label}) is not made from {', '.join(here)}. Use --measure {fitting}"
    raise SettingsError(f"{name}: {why}.")


def gather(
    extracted: Extracted,
    outcome: str,
    arm: str,
    columns: Sequence[str],
    *,
    against: str | None = None,
    labels: Sequence[str] = (),
    exclude: Sequence[str] = (),
    other: Extracted | None = None,
) -> Gathered:
    """Choose the rows of an outcome, of one arm or of two in pairs.

    Parameters
    ----------
    extracted : Extracted
        The sheets.
    outcome, arm : str
        Which rows.
    columns : sequence of str
        What the pool is made from.
    against : str, optional
        The other arm, where two are compared; a study with one of them only is left out with the reason.
    labels : sequence of str
        What the two arms are called in a reason.
    exclude : sequence of str
        Studies left out on request.
    other : Extracted, optional
        Where the other arm's rows stand, if elsewhere.

    Returns
    -------
    Gathered
    """
    bases = tuple(dict.fromkeys(name.rpartition("_")[0] for name in columns)) if against else tuple(columns)
    asked = {identity(name) for name in exclude}
    first = select(_marked(extracted, asked), outcome, arm, bases)
    if against is None:
        return Gathered(tuple((figure,) for figure in first.included), tuple(columns), first.excluded)
    second = select(_marked(other or extracted, asked), outcome, against, bases)
    excluded = [*first.excluded, *second.excluded]
    partners = {identity(figure.study): figure for figure in second.included}
    own = {identity(figure.study) for figure in first.included}
    rows = []
    for figure in first.included:
        partner = partners.get(identity(figure.study))
        if partner is None:
            excluded.append(Exclusion.of(figure, _alone(figure, second.excluded, labels[1])))
        else:
            rows.append((figure, partner))
    excluded += [
        Exclusion.of(figure, _alone(figure, first.excluded, labels[0]))
        for figure in second.included
        if identity(figure.study) not in own
    ]
    return Gathered(tuple(rows), tuple(columns), tuple(excluded))


def _alone(figure: Figure, left: Sequence[Exclusion], other: str) -> str:
    known = any(identity(row.study) == identity(figure.study) for row in left)
    if known:
        return f"its other arm ({other}) cannot be used, and a comparison needs both"
    return f"the study has no row for the other arm ({other}), and a comparison needs both"


def _marked(extracted: Extracted, asked: set[str]) -> Extracted:
    if not asked:
        return extracted
    figures = tuple(
        replace(figure, exclude=ON_REQUEST) if identity(figure.study) in asked else figure
        for figure in extracted.figures
    )
    return replace(extracted, figures=figures)


def check_studies(extracted: Extracted, exclude: Sequence[str]) -> None:
    """Refuse to leave out a study that is nowhere.

    Raises
    ------
    UnknownName
        With the nearest one.
    """
    known = {identity(figure.study): visible(figure.study) for figure in extracted.figures}
    for name in exclude:
        if identity(name) not in known:
            raise UnknownName("study", visible(name), list(known.values()))


class Variables:
    """What studies can be grouped, sorted or regressed by: columns of the sheets, by name in any spelling.

    Parameters
    ----------
    gathered : Gathered
        The studies.
    described : sequence of StudyArm
        Rows of the sheet of studies; none outside of a review.
    """

    def __init__(self, gathered: Gathered, described: Sequence[StudyArm] = ()) -> None:
        by_arm = {(identity(row.study), row.arm): row for row in described}
        self._rows = gathered.rows
        self._about = [
            next((found for figure in row if (found := by_arm.get((identity(figure.study), figure.arm)))), None)
            for row in gathered.rows
        ]
        self._names: dict[str, str] = {}
        columns = [*(STUDY_COLUMNS if described else ()), *RESULT_COLUMNS]
        further = [name for about in self._about if about for name, _ in about.more]
        further += [name for row in self._rows for figure in row for name, _ in (*figure.more, *figure.values)]
        for name in dict.fromkeys([*columns, *further]):
            if name not in _OF_NO_USE:
                self._names.setdefault(fold(name), name)

    def of(self, variable: str) -> list[object]:
        """Give one value for each study, ``None`` where it has none.

        Raises
        ------
        UnknownName
            No column has this name; lists those in which something stands.
        """
        name = self._names.get(fold(variable))
        if name is None:
            there = [each for each in self._names.values() if any(v is not None for v in self._values(each))]
            raise UnknownName("variable", visible(variable), [visible(each, 60) for each in there[:60]])
        return self._values(name)

    def has(self, variable: str) -> bool:
        """Say whether a column has this name and anything stands in it."""
        name = self._names.get(fold(variable))
        return name is not None and any(value is not None for value in self._values(name))

    def _values(self, name: str) -> list[object]:
        found = []
        for about, row in zip(self._about, self._rows, strict=True):
            value = _cell(about, name) if about else None
            for figure in row:
                value = _cell(figure, name) if value is None else value
            found.append(value)
        return found


def _cell(source: Figure | StudyArm, name: str) -> object:
    value: object = getattr(source, name, None)
    if value is None or value == "":
        value = dict(source.more).get(name)
        if value is None and isinstance(source, Figure):
            value = source.number(name) if name in dict(source.values) else None
    return None if value == "" else value
