"""What a page holds: frozen strings, ready to be set. The view fills them, the template prints them."""

from __future__ import annotations

from dataclasses import dataclass

from ..sections.model import Section


@dataclass(frozen=True)
class Link:
    """Something to read: a label, and an address only where it is safe to follow.

    ``cut`` is the address shortened for the screen, after the label; paper has the whole of it.
    """

    label: str
    address: str | None
    cut: str = ""


@dataclass(frozen=True)
class Detail:
    """A named remark under a study."""

    name: str
    value: str


@dataclass(frozen=True)
class StudyRow:
    """A row of a table of series."""

    study: str
    mark: str
    about: tuple[str, ...]
    counts: str
    second: str
    percent: str
    interval: str
    weight: str
    details: tuple[Detail, ...]
    links: tuple[Link, ...]
    confidence: str


@dataclass(frozen=True)
class AnswerRow:
    """A row that gives an answer under another choice: left-out studies, another interval."""

    label: str
    note: str
    k: str
    counts: str
    percent: str
    interval: str
    tau2: str
    i2: str
    reason: str


@dataclass(frozen=True)
class ExcludedRow:
    """A row that was left out, and why."""

    study: str
    arm: str
    counts: str
    reason: str
    about: tuple[Detail, ...]
    place: str


@dataclass(frozen=True)
class Fact:
    """A figure in the strip under the answer."""

    name: str
    value: str
    note: str


@dataclass(frozen=True)
class Comparator:
    """A comparator arm: context, never mixed in."""

    label: str
    said: str
    studies: tuple[StudyRow, ...]
    excluded: tuple[ExcludedRow, ...]


@dataclass(frozen=True)
class Page:
    """All that the template prints."""

    heading: str
    review: str
    question: str
    population: tuple[Detail, ...]
    outcome: tuple[Detail, ...]
    arm: str
    level: str
    big: str
    big_note: str
    answer: str
    facts: tuple[Fact, ...]
    sureness: tuple[str, ...]
    crude: str
    bias_said: str
    forest: tuple[str, ...]
    narrow_forest: str
    has_prediction: bool
    is_pooled: bool
    has_context: bool
    prediction: str
    heterogeneity: tuple[str, ...]
    average: str
    studies: tuple[StudyRow, ...]
    sections: tuple[Section, ...]
    crowded: bool
    crowded_said: str
    heading_excluded: str
    heading_counts: tuple[str, str]
    heading_estimate: str
    null_said: str
    sensitivity: tuple[AnswerRow, ...]
    sensitivity_said: str
    leave_one_out: tuple[AnswerRow, ...]
    leave_one_out_said: str
    leave_one_out_svg: str
    leave_one_out_reason: str
    intervals: tuple[AnswerRow, ...]
    interval_used: str
    study_interval: str
    excluded_said: str
    excluded: tuple[ExcludedRow, ...]
    comparators: tuple[Comparator, ...]
    missing: tuple[Detail, ...]
    version: str
    schema: str
