"""What a review asks: the frozen values that ``review.toml`` becomes."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from .errors import UnknownName

DIRECTIONS = ("lower is better", "higher is better", "neutral")
KINDS = ("proportion", "rate", "continuous")
TIME_UNITS = ("days", "weeks", "months", "years")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True)
class Arm:
    """A treated group as the review knows it.

    Parameters
    ----------
    id : str
        What stands in the ``arm`` column of a sheet.
    label : str
        What a page calls it.
    role : {"primary", "comparator", "other"}
        The primary arm is pooled, comparators stand beside it, the others are listed only.
    aliases : tuple of str
        What other people's sheets call it.
    """

    id: str
    label: str
    role: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """A word of GRADE, and the reviewers' reason for it."""

    judgement: str
    reason: str


@dataclass(frozen=True)
class CertaintyJudged:
    """What the reviewers judge of the certainty of an outcome.

    Parameters
    ----------
    judgements : tuple of (str, Judgement)
        By domain ("risk_of_bias", ...), for "start" and for each ground to raise the level.
    compared_with : str
        The arm that the primary one is compared with, where the judgements are of the comparison; empty where they are
        of the primary arm alone.
    """

    judgements: tuple[tuple[str, Judgement], ...]
    compared_with: str = ""


@dataclass(frozen=True)
class Outcome:
    """What is counted (or measured), when, and how to say it.

    Parameters
    ----------
    id : str
        What stands in the ``outcome`` column of a sheet; also the name of the report's file.
    label, definition, time_point : str
        For the page.
    direction : {"lower is better", "higher is better", "neutral"}
        Which way is good for the patient.
    kind : {"proportion", "rate", "continuous"}
        Patients with an event among patients assessed, events in person-time at risk, or a mean.
    predicate : str
        Completes "16 of 100 patients ...": ``"died within one year of surgery"``.
    aliases : tuple of str
        What other people's sheets call it.
    within : tuple of str
        Outcomes in which every event of this one is counted too: death within 30 days is ``within`` death within one
        year, so that it cannot happen to more patients.
    event : str
        What happens, where several outcomes ask for the same at several times: ``"death"`` of one patient is at once
        that of 30 days, of one year and of the whole follow-up. A sheet of patients may give it with its time.
    unit : str
        Of a mean: ``"minutes"``. Of a rate: what is counted, ``"infections"``.
    time_unit : {"", "days", "weeks", "months", "years"}
        Of the person-time of a rate; empty for the other kinds.
    lowest, highest : float, optional
        The least and the most that one patient's value can be, of a continuous outcome.
    step : float, optional
        What every patient's value is a multiple of: 1 for days and scores, which are whole. Without it no mean is
        tested for whether whole values can give it.
    subgroups : tuple of str
        Columns of the sheets by which its page shows subgroups unasked: ``"design"``.
    certainty : CertaintyJudged, optional
        What the reviewers judge of the certainty of its evidence.
    """

    id: str
    label: str
    definition: str = ""
    time_point: str = ""
    direction: str = "neutral"
    kind: str = "proportion"
    predicate: str = ""
    aliases: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    event: str = ""
    unit: str = ""
    time_unit: str = ""
    lowest: float | None = None
    highest: float | None = None
    step: float | None = None
    subgroups: tuple[str, ...] = ()
    certainty: CertaintyJudged | None = None


@dataclass(frozen=True)
class Question:
    """The clinical question, whole and in its parts."""

    text: str
    population: str = ""
    intervention: str = ""
    comparator: str = ""


Named = tuple[tuple[str, int], ...]
"""Counts with their names, in the order in which they were written."""


@dataclass(frozen=True)
class OtherWays:
    """Studies found otherwise than in databases and registers: websites, organisations, lists of references.

    Parameters
    ----------
    sources : tuple of (str, int)
        What was identified where.
    duplicates, screened, excluded, sought, not_retrieved, assessed : int, optional
        As in :class:`Screening`.
    reasons : tuple of (str, int), optional
        Reports that were excluded, by reason; None where nobody says.
    """

    sources: Named = ()
    duplicates: int | None = None
    screened: int | None = None
    excluded: int | None = None
    sought: int | None = None
    not_retrieved: int | None = None
    assessed: int | None = None
    reasons: Named | None = None


@dataclass(frozen=True)
class Screening:
    """The section ``[screening]``: None is a count that is not there, never zero.

    Parameters
    ----------
    databases, registers : tuple of (str, int)
        Records identified in sources that were searched without synth.
    duplicates, automation, other_removals : int, optional
        Records removed before screening: found twice, thrown out by a program, otherwise.
    screened, excluded : int, optional
        Titles and abstracts.
    sought, not_retrieved, assessed : int, optional
        Reports in full.
    reasons : tuple of (str, int), optional
        Reports that were excluded, by reason; an empty section means none.
    included_studies, included_reports : int, optional
        What is left.
    other : OtherWays, optional
        Studies that were found otherwise.
    """

    databases: Named = ()
    registers: Named = ()
    duplicates: int | None = None
    automation: int | None = None
    other_removals: int | None = None
    screened: int | None = None
    excluded: int | None = None
    sought: int | None = None
    not_retrieved: int | None = None
    assessed: int | None = None
    reasons: Named | None = None
    included_studies: int | None = None
    included_reports: int | None = None
    other: OtherWays | None = None


@dataclass(frozen=True)
class Review:
    """What ``review.toml`` says: arms and outcomes in the order in which they stand there.

    Examples
    --------
    >>> review = Review("Title", Question("How many?"), "", (Arm("mis", "Minimally invasive", "primary"),),
    ...                 (Outcome("fusion", "Fusion"),))
    >>> review.primary_arm.label
    'Minimally invasive'
    >>> review.outcome("fusio")
    Traceback (most recent call last):
        ...
    synth.errors.UnknownName: There is no outcome "fusio". Did you mean "fusion"? There are: fusion.
    """

    title: str
    question: Question
    contact: str
    arms: tuple[Arm, ...]
    outcomes: tuple[Outcome, ...]
    screening: Screening | None = None

    @property
    def primary_arm(self) -> Arm:
        """The arm whose results are pooled."""
        return next(arm for arm in self.arms if arm.role == "primary")

    @property
    def comparator_arms(self) -> tuple[Arm, ...]:
        """The arms that stand beside the primary one, in their order."""
        return tuple(arm for arm in self.arms if arm.role == "comparator")

    def outcome(self, id: str) -> Outcome:
        """Return the outcome of that name; :class:`~synth.errors.UnknownName` with the nearest one if there is none."""
        for outcome in self.outcomes:
            if outcome.id == id:
                return outcome
        raise UnknownName("outcome", visible(id), [outcome.id for outcome in self.outcomes])

    def contains(self, id: str) -> tuple[str, ...]:
        """Return the outcomes that contain this one, the nearest first; each once.

        Examples
        --------
        >>> outcomes = (Outcome("d30", "30 days", within=("y1",)), Outcome("y1", "1 year", within=("all",)),
        ...             Outcome("all", "Ever"))
        >>> Review("T", Question("Q"), "", (), outcomes).contains("d30")
        ('y1', 'all')
        """
        parents = {outcome.id: outcome.within for outcome in self.outcomes}
        found: list[str] = []
        waiting = list(parents.get(id, ()))
        while waiting:
            name = waiting.pop(0)
            if name not in found and name != id:
                found.append(name)
                waiting += parents.get(name, ())
        return tuple(found)

    def arm(self, id: str) -> Arm:
        """Return the arm of that name; :class:`~synth.errors.UnknownName` with the nearest one if there is none."""
        for arm in self.arms:
            if arm.id == id:
                return arm
        raise UnknownName("arm", visible(id), [arm.id for arm in self.arms])


def visible(text: str, limit: int = 80) -> str:
    r"""Return the text as a message may show it: control and direction characters spelled out, long text cut.

    A cell of somebody's file must not move the cursor of a terminal, nor fill it.

    Examples
    --------
    >>> print(visible("a\x1b[31mb"), visible("x" * 100, 5))
    a\x1b[31mb xxxxx… (100 characters)
    """
    cut = text[:limit]
    if not (cut.isascii() and cut.isprintable()):
        cut = "".join(
            c.encode("unicode_escape").decode("ascii") if unicodedata.category(c) in _HIDDEN_CATEGORIES else c
            for c in cut
        )
    return cut if len(text) <= limit else f"{cut}… ({len(text):,} characters)"
