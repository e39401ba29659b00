"""What the index holds: frozen strings, ready to be set. The view fills them, the template prints them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Pair:
    """A name and what belongs to it."""

    name: str
    value: str


@dataclass(frozen=True)
class Anchor:
    """A link; no address where none is safe to follow."""

    label: str
    address: str


@dataclass(frozen=True)
class File:
    """A file to take away."""

    name: str
    address: str
    about: str


@dataclass(frozen=True)
class Beside:
    """A comparator's answer beside the outcome's own."""

    label: str
    effect: str
    counts: str


@dataclass(frozen=True)
class Finding:
    """A row of the summary of findings."""

    name: str
    arm: str
    about: str
    page: str
    sentence: str
    stale: str
    series: str
    counts: str
    heading: str
    estimate: str
    interval: str
    remark: str
    prediction: str
    heterogeneity: tuple[str, ...]
    comparators: tuple[Beside, ...]
    certainty: str
    certainty_note: str


@dataclass(frozen=True)
class NotPooled:
    """An outcome without an answer, and why."""

    name: str
    reason: tuple[str, ...]


@dataclass(frozen=True)
class FlowRow:
    """A box of the flow diagram, or a line inside one, as a row of the table under it."""

    column: str
    phase: str
    label: str
    part: bool
    n: str
    missing: str
    source: str


@dataclass(frozen=True)
class Sum:
    """A sum that was checked."""

    text: str
    left: str
    right: str
    relation: str
    holds: bool


@dataclass(frozen=True)
class SearchPart:
    """A strategy: its record as markup that the steps made, or why there is none."""

    name: str
    title: str
    file: str
    when: str
    records: str
    reason: str
    fragment: str


@dataclass(frozen=True)
class StudyRow:
    """A study as the table of characteristics has it; each cell is a tuple of lines."""

    study: str
    title: str
    links: tuple[Anchor, ...]
    where: tuple[str, ...]
    design: tuple[str, ...]
    patients: tuple[str, ...]
    age: tuple[str, ...]
    followup: tuple[str, ...]
    pooled: tuple[Anchor, ...]
    note: str


@dataclass(frozen=True)
class BiasPart:
    """An instrument: its picture, its legend and its wording."""

    name: str
    reference: str
    studies: int
    lights: str
    legend: tuple[tuple[str, str], ...]
    items: tuple[Pair, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    heads: tuple[str, ...]


@dataclass(frozen=True)
class FlowPart:
    """The flow of records: the picture where there is one, the table, the sums, and what is missing."""

    svg: str
    caption: str
    rows: tuple[FlowRow, ...]
    sums: tuple[Sum, ...]
    wrong: int
    missing: tuple[Pair, ...]


@dataclass(frozen=True)
class Index:
    """All that the template prints."""

    title: str
    question: str
    parts: tuple[Pair, ...]
    arms: tuple[Pair, ...]
    facts: tuple[Pair, ...]
    missing: tuple[str, ...]
    level: str
    has_certainty: bool
    has_comparators: bool
    findings: tuple[Finding, ...]
    more: tuple[Finding, ...]
    not_pooled: tuple[NotPooled, ...]
    flow: FlowPart
    searches: tuple[SearchPart, ...]
    studies: tuple[StudyRow, ...]
    studies_reason: str
    bias: tuple[BiasPart, ...]
    bias_page: str
    data: tuple[File, ...]
    documents: tuple[Anchor, ...]
    inputs: tuple[Pair, ...]
    command: str
    version: str
    schema: str


Document = Mapping[str, Any]
