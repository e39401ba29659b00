"""The numbers of a PRISMA 2020 flow diagram: frozen boxes, what is missing of them, and every sum held against another.

Page MJ, McKenzie JE, Bossuyt PM, et al. The PRISMA 2020 statement. BMJ 2021;372:n71. The boxes and their order are its
template's for new reviews; a number that nobody has given stays ``None`` and says where it is to be written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

__all__ = ["IDENTIFICATION", "INCLUDED", "SCREENING", "Box", "Check", "Column", "Count", "Flow", "Step"]

IDENTIFICATION: Final = "Identification"
SCREENING: Final = "Screening"
INCLUDED: Final = "Included"


@dataclass(frozen=True)
class Count:
    """A line inside a box: a source of records, or a reason for which reports were excluded.

    Parameters
    ----------
    label : str
        As people wrote it: any script, any length, nothing in it is markup.
    n : int or None
        How many; None where nobody says.
    reason : str
        Why `n` is None; "" where it is not.
    """

    label: str
    n: int | None
    reason: str = ""


@dataclass(frozen=True)
class Box:
    """A box of the diagram.

    Parameters
    ----------
    id : str
        Unique in the diagram: "databases-screened", "other-sought", "included" ...
    label : str
        What is counted: "Records screened".
    n : int or None
        How many; None where the number is missing.
    parts : tuple of Count
        Of what `n` is made up, where that is told.
    reason : str
        Why `n` is None, and what to write where; "" where it is not.
    source : str
        Where the number stands: a log, review.toml, the sheets.
    """

    id: str
    label: str
    n: int | None
    parts: tuple[Count, ...] = ()
    reason: str = ""
    source: str = ""


@dataclass(frozen=True)
class Step:
    """A box on the way down, and beside it the box of what leaves the way here.

    Parameters
    ----------
    phase : {"Identification", "Screening"}
        The band at the side of the diagram that the step lies in.
    box : Box
        What is there.
    out : Box or None
        What is taken out; None where the template has no such box.
    """

    phase: str
    box: Box
    out: Box | None = None


@dataclass(frozen=True)
class Column:
    """One way in which studies were found, from top to bottom.

    Parameters
    ----------
    id : {"databases", "other"}
    heading : str
        As the template has it.
    steps : tuple of Step
        In order; an arrow leads from each to the next, and from the last to what is included.
    """

    id: str
    heading: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Check:
    """A sum that has to add up.

    Parameters
    ----------
    text : str
        What is held against what, in words.
    left, right : int
        The two numbers.
    relation : {"=", ">="}
        What has to hold between them.
    """

    text: str
    left: int
    right: int
    relation: str = "="

    @property
    def holds(self) -> bool:
        """Whether it adds up.

        Examples
        --------
        >>> Check("screened less excluded", 12, 12).holds, Check("reports", 3, 4, ">=").holds
        (True, False)
        """
        return self.left == self.right if self.relation == "=" else self.left >= self.right


@dataclass(frozen=True)
class Flow:
    """The whole diagram.

    Parameters
    ----------
    columns : tuple of Column
        One, or two where studies were found by other ways than databases and registers too.
    included : Box
        What both lead to.
    checks : tuple of Check
        Every sum that could be made of the numbers that are there.
    """

    columns: tuple[Column, ...]
    included: Box
    checks: tuple[Check, ...] = ()

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Every box, column by column from top to bottom, the included last."""
        found = [box for column in self.columns for step in column.steps for box in (step.box, step.out) if box]
        return (*found, self.included)

    @property
    def missing(self) -> tuple[Box | Count, ...]:
        """The boxes whose number nobody has given, and the lines inside the others."""
        return tuple(
            each for box in self.boxes for each in ((box,) if box.n is None else box.parts) if each.n is None
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as the index's document holds them."""
        value = asdict(self)
        for check, made in zip(self.checks, value["checks"], strict=True):
            made["holds"] = check.holds
        return value

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Flow:
        """Return the diagram of what :meth:`to_json` gave.

        Examples
        --------
        >>> flow = Flow((), Box("included", "Studies included", 3), (Check("a", 1, 2),))
        >>> Flow.from_json(flow.to_json()) == flow
        True
        """
        columns = [
            Column(each["id"], each["heading"], tuple(_step(step) for step in each["steps"]))
            for each in value["columns"]
        ]
        checks = [Check(each["text"], each["left"], each["right"], each["relation"]) for each in value["checks"]]
        return cls(tuple(columns), _box(value["included"]), tuple(checks))


def _step(value: Mapping[str, Any]) -> Step:
    return Step(value["phase"], _box(value["box"]), None if value["out"] is None else _box(value["out"]))


def _box(value: Mapping[str, Any]) -> Box:
    parts: Sequence[Mapping[str, Any]] = value["parts"]
    return Box(**{**value, "parts": tuple(Count(**each) for each in parts)})
