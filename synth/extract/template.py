"""Empty sheets for a review: which sheets, which columns, and what may stand in each cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synth.workspace import Outcome, Review

from .contract.sheets import BIAS, PATIENTS, RESULTS, STUDIES, Column

# What a person fills in goes first, as wide as it needs; what import fills in itself is not asked for.
_NOT_ASKED = frozenset({"origin"})
_KINDS = {
    "proportion": ("events", "total", "percent_reported"),
    "rate": ("events", "time"),
    "continuous": ("total", "mean", "sd", "median", "q1", "q3", "min", "max"),
}
_FIGURES = frozenset(name for names in _KINDS.values() for name in names)
WORDS = "words"
"""Sheet with the lists that cells are filled in from; it is no table of a review."""
START = "instructions"
"""Sheet that says how to fill in the others; it is none either."""
INSTRUMENTS = ("jbi-case-series", "robins-i", "newcastle-ottawa", "minors")


@dataclass(frozen=True)
class Known:
    """What is known of a study before anybody reads it: from the records of a search.

    Parameters
    ----------
    study : str
        A label, "Ågren 2019".
    pmid, doi, title, authors, journal : str
        Empty where unknown.
    year : int, optional
    """

    study: str
    pmid: str = ""
    doi: str = ""
    title: str = ""
    authors: str = ""
    journal: str = ""
    year: int | None = None

    def cell(self, column: str) -> str | int | None:
        """Give what stands in a column of the sheet of studies; ``None`` where nothing is known."""
        value: str | int | None = getattr(self, column, None)
        return value or None


@dataclass(frozen=True)
class Blank:
    """A column to fill in.

    Parameters
    ----------
    name, meaning : str
        The heading, and what stands below it.
    kind : str
        As in :class:`~synth.extract.contract.sheets.Column`.
    allowed : tuple of str
        What a drop-down list offers; nothing else may stand there where it is `strict`.
    listed : str
        The column of the sheet of words that a drop-down list is taken from instead; empty for none.
    strict : bool
        Whether another value is refused as it is typed.
    required : bool
        Whether a row without it says nothing.
    """

    name: str
    meaning: str
    kind: str = "text"
    allowed: tuple[str, ...] = ()
    listed: str = ""
    strict: bool = True
    required: bool = False


@dataclass(frozen=True)
class BlankSheet:
    """A sheet to fill in: its name, what a row is, its columns, and the rows that are known."""

    name: str
    row: str
    columns: tuple[Blank, ...]
    rows: tuple[tuple[str | int | None, ...], ...] = ()


@dataclass(frozen=True)
class Template:
    """Everything that a workbook of empty sheets holds.

    Parameters
    ----------
    title : str
        Of the review.
    sheets : tuple of BlankSheet
        To fill in.
    words : tuple of (str, tuple of (str, str))
        For the drop-down lists: the column's name, and each word with what it means.
    instructions : tuple of str
        A paragraph each.
    """

    title: str
    sheets: tuple[BlankSheet, ...]
    words: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    instructions: tuple[str, ...]


def make_template(
    review: Review, *, outcomes: Sequence[str] = (), patients: bool = False, known: Sequence[Known] = ()
) -> Template:
    """Lay out the empty sheets of a review.

    Parameters
    ----------
    review : Review
        Its arms and outcomes fill the drop-down lists.
    outcomes : sequence of str
        Ids of those that are asked for; all of the review's where empty.
    patients : bool
        A sheet with one row per patient instead of the results.
    known : sequence of Known
        Studies to fill in beforehand.

    Returns
    -------
    Template

    Raises
    ------
    UnknownName
        An outcome that the review does not have.

    Examples
    --------
    >>> from synth.review import parse_review
    >>> review = parse_review(b'''
    ... schema = 1
    ... title = "Hips"
    ... primary_arm = "new"
    ... [question]
    ... text = "How many fall?"
    ... [arms.new]
    ... label = "New joint"
    ... [outcomes.fall]
    ... label = "Fall"
    ... ''')
    >>> [sheet.name for sheet in make_template(review).sheets]
    ['studies', 'results', 'bias']
    >>> [column.name for column in make_template(review, patients=True).sheets[1].columns][-2:]
    ['fall', 'fall_months']
    """
    asked = tuple(review.outcome(id) for id in outcomes) or review.outcomes
    arms = tuple((arm.id, arm.label) for arm in review.arms)
    figures = _patients(asked) if patients else _results(asked)
    sheets = (
        BlankSheet("studies", "one row per study and arm", _studies(), tuple(_study_row(study) for study in known)),
        BlankSheet("patients", "one row per patient", figures)
        if patients
        else BlankSheet("results", "one row per study, arm and outcome", figures),
        BlankSheet("bias", "one row per study and item of the instrument", _bias()),
    )
    words: list[tuple[str, tuple[tuple[str, str], ...]]] = [("arm", arms)]
    if not patients:
        words.append(("outcome", tuple((outcome.id, _said(outcome)) for outcome in asked)))
    return Template(review.title, sheets, tuple(words), _instructions(asked, patients))


def _said(outcome: Outcome) -> str:
    parts = [outcome.label, outcome.definition, f"({outcome.time_point})" if outcome.time_point else ""]
    return ". ".join(part.rstrip(".") for part in parts[:2] if part) + (f" {parts[2]}" if parts[2] else "")


def _blank(column: Column, *, listed: str = "") -> Blank:
    return Blank(column.name, column.meaning, column.kind, column.allowed, listed, required=column.required)


def _results(outcomes: Sequence[Outcome]) -> tuple[Blank, ...]:
    wanted = {name for outcome in outcomes for name in _KINDS[outcome.kind]}
    return tuple(
        _blank(column, listed=column.name if column.name in ("arm", "outcome") else "")
        for column in RESULTS
        if column.name not in _NOT_ASKED and (column.name in wanted or column.name not in _FIGURES)
    )


def _studies() -> tuple[Blank, ...]:
    return tuple(
        _blank(column, listed="arm" if column.name == "arm" else "")
        for column in STUDIES
        if column.name not in _NOT_ASKED
    )


def _study_row(study: Known) -> tuple[str | int | None, ...]:
    return tuple(study.cell(column.name) for column in STUDIES if column.name not in _NOT_ASKED)


def _bias() -> tuple[Blank, ...]:
    made = []
    for column in BIAS:
        if column.name in _NOT_ASKED:
            continue
        blank = _blank(column, listed="arm" if column.name == "arm" else "")
        if column.name == "instrument":
            blank = Blank(column.name, column.meaning, "choice", INSTRUMENTS, strict=False, required=True)
        made.append(blank)
    return tuple(made)


def _patients(outcomes: Sequence[Outcome]) -> tuple[Blank, ...]:
    """One column for what happened, one for when: what has a time gives person-time and counts at a time point."""
    columns = []
    for column in PATIENTS:
        name = "followup_months" if column.name == "followup" else column.name
        if column.name in ("start", "last"):
            continue  # months say the same and name nobody's day
        allowed = {"sex": ("male", "female"), "lost": ("0", "1")}.get(column.name, ())
        columns.append(
            Blank(
                name, column.meaning, "choice" if allowed else column.kind, allowed,
                "arm" if column.name == "arm" else "", required=column.name == "study",
            )
        )  # fmt: skip
    for outcome in outcomes:
        if outcome.kind == "continuous":
            columns.append(Blank(outcome.id, f"{_said(outcome)}: the patient's own value; empty = not known", "number"))
            continue
        meaning = f"{_said(outcome)}: 1 = yes, 0 = no, empty = not assessed"
        columns.append(Blank(outcome.id, meaning, "choice", ("0", "1")))
        meaning = f"Months from the start to it, where {outcome.id} is 1"
        columns.append(Blank(f"{outcome.id}_months", meaning, "spread", strict=False))
    return tuple(columns)


def _instructions(outcomes: Sequence[Outcome], patients: bool) -> tuple[str, ...]:
    shared = (
        "Type the label of a study the same way in every sheet and row: author and year, such as Ågren 2019.",
        "Leave a cell empty where the source does not say. Empty is not zero, and is never counted as zero.",
        "Point at a heading to read what belongs there. Arms and outcomes are picked from lists; their meaning is in "
        "the sheet words.",
        "In the column where, say on which page, table or figure of the source the figure stands.",
    )
    last = "When it is filled in, type: synth import FILE. Nothing is stored while there is a problem in it."
    if patients:
        return (
            *shared,
            "One row per patient. Give patients running numbers; no names, dates of birth or record numbers. For each "
            "outcome 1 is yes, 0 is no, and an empty cell means that this patient was not assessed for it and does not "
            "count in its total.",
            "Give the months of follow-up, and the months to the event where there was one. A patient lost before a "
            "time point is counted as lost for it, not as free of the event.",
            last,
        )
    kinds = {outcome.kind for outcome in outcomes}
    more = []
    if "proportion" in kinds:
        more.append(
            "Counts: events is the number of patients with the event, total the number assessed for it. Where the "
            "source prints only a percentage, leave events empty and copy the percentage into percent_reported."
        )
    if "rate" in kinds:
        more.append("Rates: events, and in time the person-time at risk, in the unit that the review says.")
    if "continuous" in kinds:
        more.append(
            "Means: total, mean and sd; or median with q1 and q3 or with min and max, just as the source has them. A "
            "standard error is not a standard deviation."
        )
    return (
        *shared,
        *more,
        "events_basis and total_basis say whether a number is printed in the source (stated) or was worked out "
        "(derived).",
        last,
    )
