"""What a review asks, and reading it from ``review.toml``: every defect at once, none of them as a traceback."""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import Problem, ProblemsError, UnknownName, WorkspaceError

SCHEMA = 1
LARGEST = 4 * 1024 * 1024
DIRECTIONS = ("lower is better", "higher is better", "neutral")
KINDS = ("proportion", "continuous")

_TOP = ("schema", "title", "contact", "question", "primary_arm", "comparator_arms", "arms", "outcomes")
_QUESTION = ("text", "population", "intervention", "comparator")
_ARM = ("label",)
_OUTCOME = ("label", "definition", "time_point", "direction", "predicate", "kind")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
# An outcome's id is the name of its report; the index page has this one.
_RESERVED = frozenset({"index"})
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
    """

    id: str
    label: str
    role: str


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
    kind : {"proportion", "continuous"}
        Patients with an event among patients assessed, or a mean.
    predicate : str
        Completes "16 of 100 patients ...": ``"died within one year of surgery"``.
    """

    id: str
    label: str
    definition: str = ""
    time_point: str = ""
    direction: str = "neutral"
    kind: str = "proportion"
    predicate: str = ""


@dataclass(frozen=True)
class Question:
    """The clinical question, whole and in its parts."""

    text: str
    population: str = ""
    intervention: str = ""
    comparator: str = ""


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


def read_review(path: Path) -> Review:
    """Return the review that a ``review.toml`` describes.

    Raises
    ------
    WorkspaceError
        The file cannot be read.
    ProblemsError
        Every key that is missing, unknown, of the wrong kind or without meaning.
    """
    try:
        with path.open("rb") as handle:
            data = handle.read(LARGEST + 1)
    except OSError as error:
        raise WorkspaceError(f"Cannot read {visible(str(path), 300)}: {error.strerror}.") from error
    if len(data) > LARGEST:
        raise WorkspaceError(f"{visible(str(path), 300)} is larger than {LARGEST // 2**20} MB: it is no review.toml.")
    return parse_review(data, path.name)


def parse_review(data: bytes, file: str = "review.toml") -> Review:
    """As :func:`read_review`, from the bytes.

    Examples
    --------
    >>> review = parse_review(b'''
    ... schema = 1
    ... title = "Spinal fractures"
    ... primary_arm = "mis"
    ... question.text = "How many die?"
    ... arms.mis.label = "Minimally invasive"
    ... outcomes.deaths.label = "Death"
    ... ''')
    >>> review.outcome("deaths").kind
    'proportion'
    """
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ProblemsError(
            [Problem(file, f"line {line} is not UTF-8 text.", "Save the file as UTF-8 in your editor.")]
        ) from error
    except (ValueError, RecursionError) as error:
        said = visible(str(error) or "nested too deeply", 200)
        if not isinstance(error, tomllib.TOMLDecodeError | RecursionError):
            said = "a number has thousands of digits"
        raise ProblemsError(
            [Problem(file, f"is not valid TOML: {said}.", 'Text stands in quotation marks: title = "My review".')]
        ) from error
    return _Reader(file).review(table)


def _shown(value: object) -> str:
    try:
        return visible(str(value))
    except ValueError:  # Python turns no number of more than 4,300 digits into text
        return "a number of thousands of digits"


class _Reader:
    """Collects problems while it reads, so that one run shows them all."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def wrong(self, message: str, remedy: str) -> None:
        self.problems.append(Problem(self.file, message, remedy))

    def review(self, table: dict[str, Any]) -> Review:
        self.known(table, _TOP, "")
        schema = table.get("schema")
        if schema is None:
            self.wrong("schema is missing.", f"Write: schema = {SCHEMA}")
        elif type(schema) is not int or schema != SCHEMA:
            shown = f'the text "{visible(schema)}"' if isinstance(schema, str) else _shown(schema)
            self.wrong(f"schema is {shown}; this version of synth reads {SCHEMA}.", f"Write: schema = {SCHEMA}")
        title = self.text(table, "title", "", required=True)
        contact = self.text(table, "contact", "")
        asked = self.table(table, "question", "")
        self.known(asked, _QUESTION, "question")
        question = Question(
            text=self.text(asked, "text", "question", required=True),
            population=self.text(asked, "population", "question"),
            intervention=self.text(asked, "intervention", "question"),
            comparator=self.text(asked, "comparator", "question"),
        )
        arms = self.arms(table)
        outcomes = self.outcomes(table)
        if self.problems:
            raise ProblemsError(self.problems)
        return Review(title, question, contact, arms, outcomes)

    def arms(self, table: dict[str, Any]) -> tuple[Arm, ...]:
        found = self.table(table, "arms", "")
        labels: dict[str, str] = {}
        for id in found:
            place = f"arms.{visible(id)}"
            self.id(id, place)
            arm = self.table(found, id, "arms")
            self.known(arm, _ARM, place)
            labels[id] = self.text(arm, "label", place) or id
        if not labels and "arms" in table:
            self.wrong("arms is empty.", 'Write for each treated group: [arms.mis] and label = "Minimally invasive".')
        primary = self.text(table, "primary_arm", "", required=True)
        if primary and labels and primary not in labels:
            self.unknown_arm("primary_arm", primary, labels)
        named = table.get("comparator_arms", [])
        if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
            self.wrong("comparator_arms is not a list of names.", 'Write: comparator_arms = ["open"]')
            named = []
        for position, name in enumerate(named):
            if name in named[:position]:
                self.wrong(f'comparator_arms names "{visible(name)}" twice.', "Keep one of them.")
            elif name == primary:
                self.wrong(f'"{visible(name)}" is the primary arm and a comparator.', "Choose one of the two.")
            elif name not in labels and labels:
                self.unknown_arm("comparator_arms", name, labels)
        role = dict.fromkeys(named, "comparator") | {primary: "primary"}
        return tuple(Arm(id, label, role.get(id, "other")) for id, label in labels.items())

    def outcomes(self, table: dict[str, Any]) -> tuple[Outcome, ...]:
        found = self.table(table, "outcomes", "")
        if not found and "outcomes" in table:
            self.wrong("outcomes is empty.", 'Write for each outcome: [outcomes.mortality_1y] and label = "...".')
        outcomes = []
        folded: dict[str, str] = {}
        for id in found:
            place = f"outcomes.{visible(id)}"
            self.id(id, place)
            if id.casefold() in _RESERVED:
                self.wrong(f"{place}: this name is taken by the index page.", "Choose another name.")
            if id.casefold() in folded:
                # reports/A.html and reports/a.html are one file on many disks.
                self.wrong(f"{place} and outcomes.{folded[id.casefold()]} differ only in case.", "Rename one of them.")
            folded.setdefault(id.casefold(), visible(id))
            outcome = self.table(found, id, "outcomes")
            self.known(outcome, _OUTCOME, place)
            label = self.text(outcome, "label", place, required=True)
            outcomes.append(
                Outcome(
                    id=id,
                    label=label,
                    definition=self.text(outcome, "definition", place),
                    time_point=self.text(outcome, "time_point", place),
                    direction=self.choice(outcome, "direction", place, DIRECTIONS, "neutral"),
                    kind=self.choice(outcome, "kind", place, KINDS, "proportion"),
                    predicate=self.text(outcome, "predicate", place) or f"had the outcome “{label}”",
                )
            )
        return tuple(outcomes)

    def known(self, table: dict[str, Any], names: Iterable[str], place: str) -> None:
        names = tuple(names)
        for key in table:
            if key not in names:
                near = difflib.get_close_matches(key, names, n=1)
                hint = f'Did you mean "{near[0]}"?' if near else f"There are: {', '.join(names)}."
                where = f"[{place}]: " if place else ""
                self.wrong(f'{where}there is no key "{visible(key)}".', hint)

    def table(self, table: dict[str, Any], key: str, place: str) -> dict[str, Any]:
        name = f"{place}.{visible(key)}" if place else visible(key)
        if key not in table:
            self.wrong(f"[{name}] is missing.", f"Add a section [{name}].")
            return {}
        value = table[key]
        if not isinstance(value, dict):
            self.wrong(f"{name} is not a section.", f"Write it as a section: [{name}]")
            return {}
        return value

    def text(self, table: dict[str, Any], key: str, place: str, required: bool = False) -> str:
        name = f"{place}.{key}" if place else key
        value = table.get(key, "")
        if not isinstance(value, str):
            self.wrong(f"{name} is {_shown(value)}, which is no text.", f'Write: {key} = "..."')
            return ""
        if required and not value.strip():
            # A missing section was said already, once is enough.
            if table or not place:
                self.wrong(f"{name} is {'empty' if key in table else 'missing'}.", f'Write: {key} = "..."')
            return ""
        return value.strip()

    def choice(self, table: dict[str, Any], key: str, place: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(table, key, place) or default
        if value not in allowed:
            near = [a for a in allowed if a.startswith(value)] or difflib.get_close_matches(value, allowed, n=1)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            said = ", ".join(f'"{a}"' for a in allowed)
            self.wrong(f'{place}.{key} is "{visible(value)}".{hint}', f"Choose one of {said}.")
            return default
        return value

    def id(self, id: str, place: str) -> None:
        if not _ID.fullmatch(id):
            self.wrong(
                f"{place}: the name must be letters, digits, _ and -, because it names columns' values and files.",
                'Write a short name such as "mortality_1y" and say the rest in its label.',
            )

    def unknown_arm(self, key: str, name: str, labels: dict[str, str]) -> None:
        near = difflib.get_close_matches(name, list(labels), n=1)
        hint = f'Did you mean "{near[0]}"?' if near else f"Arms are: {', '.join(map(visible, labels))}."
        self.wrong(f'{key} names "{visible(name)}", which is no arm of this review.', hint)
