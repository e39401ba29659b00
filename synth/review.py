"""What a review asks, and reading it from ``review.toml``: every defect at once, none of them as a traceback."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .errors import Problem, ProblemsError, WorkspaceError
from .review_certainty import read_certainty
from .review_parts import DIRECTIONS, KINDS, TIME_UNITS, Arm, CertaintyJudged, Outcome, Question, Review, visible
from .review_screening import read_screening

__all__ = [
    "DIRECTIONS", "KINDS", "SCHEMA", "TIME_UNITS", "Arm", "CertaintyJudged", "Outcome", "Question", "Review",
    "parse_review", "read_review", "visible",
]  # fmt: skip

SCHEMA = 1
LARGEST = 4 * 1024 * 1024

_TOP = ("schema", "title", "contact", "question", "primary_arm", "comparator_arms", "arms", "outcomes", "screening")
_QUESTION = ("text", "population", "intervention", "comparator")
_ARM = ("label", "aliases")
_NUMBERS = ("lowest", "highest", "step")
_OUTCOME = (
    "label", "definition", "time_point", "direction", "predicate", "kind", "aliases", "within", "event", "unit",
    "time_unit", "subgroups", "certainty", *_NUMBERS,
)  # fmt: skip
_LARGEST_NUMBER = 10**12
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
# An outcome's id is the name of its report; the index and the page of bias have these.
_RESERVED = frozenset({"index", "bias"})


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
        self.arm_ids: tuple[str, ...] = ()
        self.primary = ""

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
        screening = read_screening(self, table)
        if self.problems:
            raise ProblemsError(self.problems)
        return Review(title, question, contact, arms, outcomes, screening)

    def arms(self, table: dict[str, Any]) -> tuple[Arm, ...]:
        found = self.table(table, "arms", "")
        labels: dict[str, str] = {}
        aliases: dict[str, tuple[str, ...]] = {}
        for id in found:
            place = f"arms.{visible(id)}"
            self.id(id, place)
            arm = self.table(found, id, "arms")
            self.known(arm, _ARM, place)
            labels[id] = self.text(arm, "label", place) or id
            aliases[id] = self.texts(arm, "aliases", place)
        self.distinct("arms", aliases)
        if not labels and "arms" in table:
            self.wrong("arms is empty.", 'Write for each treated group: [arms.mis] and label = "Minimally invasive".')
        primary = self.text(table, "primary_arm", "", required=True)
        self.arm_ids, self.primary = tuple(labels), primary
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
        return tuple(Arm(id, label, role.get(id, "other"), aliases[id]) for id, label in labels.items())

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
            outcomes.append(self.outcome(id, outcome, place))
        self.distinct("outcomes", {outcome.id: outcome.aliases for outcome in outcomes})
        self.nested({outcome.id: outcome for outcome in outcomes})
        return tuple(outcomes)

    def outcome(self, id: str, table: dict[str, Any], place: str) -> Outcome:
        label = self.text(table, "label", place, required=True)
        kind = self.choice(table, "kind", place, KINDS, "proportion")
        if kind != "continuous":
            for key in _NUMBERS:
                if key in table:
                    self.wrong(f"{place}.{key} is only for means.", f'Leave it out, or write: kind = "{KINDS[2]}"')
        if kind != "rate" and "time_unit" in table:
            self.wrong(f"{place}.time_unit is only for rates.", f'Leave it out, or write: kind = "{KINDS[1]}"')
        lowest, highest, step = (self.number(table, key, place) for key in _NUMBERS)
        if lowest is not None and highest is not None and lowest >= highest:
            self.wrong(f"{place}.lowest is not below highest.", "Correct one of them.")
        if step is not None and step <= 0:
            self.wrong(f"{place}.step is not above 0.", "Write: step = 1 (where every patient's value is whole)")
        return Outcome(
            id=id,
            label=label,
            definition=self.text(table, "definition", place),
            time_point=self.text(table, "time_point", place),
            direction=self.choice(table, "direction", place, DIRECTIONS, "neutral"),
            kind=kind,
            predicate=self.text(table, "predicate", place) or f"had the outcome “{label}”",
            aliases=self.texts(table, "aliases", place),
            within=self.texts(table, "within", place),
            event=self.text(table, "event", place),
            unit=self.text(table, "unit", place),
            time_unit=self.choice(table, "time_unit", place, TIME_UNITS, "years") if kind == "rate" else "",
            lowest=lowest,
            highest=highest,
            step=step,
            subgroups=self.texts(table, "subgroups", place),
            certainty=read_certainty(self, table, place, self.arm_ids, self.primary),
        )

    def nested(self, outcomes: dict[str, Outcome]) -> None:
        """Hold that what an outcome lies within is there, is counted too, and does not lie within it in turn."""
        for id, outcome in outcomes.items():
            place = f"outcomes.{visible(id)}.within"
            for name in outcome.within:
                if name not in outcomes:
                    near = difflib.get_close_matches(name, list(outcomes), n=1)
                    hint = f'Did you mean "{near[0]}"?' if near else f"There are: {', '.join(map(visible, outcomes))}."
                    self.wrong(f'{place} names "{visible(name)}", which is no outcome of this review.', hint)
                elif name == id or id in self.reached(name, outcomes):
                    self.wrong(f"{place} goes in a circle: the outcome would lie within itself.", "Take one name out.")
                elif (outcome.kind, outcomes[name].kind) != ("proportion", "proportion"):
                    self.wrong(f"{place}: only numbers of patients lie within each other.", "Leave it out.")

    @staticmethod
    def reached(id: str, outcomes: dict[str, Outcome]) -> set[str]:
        found: set[str] = set()
        waiting = [id]
        while waiting:
            for name in outcomes[waiting.pop()].within:
                if name in outcomes and name not in found:
                    found.add(name)
                    waiting.append(name)
        return found

    def distinct(self, section: str, aliases: dict[str, tuple[str, ...]]) -> None:
        """Hold that an alias means one arm, or one outcome."""
        taken = {id.casefold(): id for id in aliases}
        for id, words in aliases.items():
            for word in words:
                other = taken.setdefault(word.casefold(), id)
                if other != id:
                    self.wrong(
                        f'{section}.{visible(id)}.aliases has "{visible(word)}", which means {visible(other)} already.',
                        "Keep it in one place.",
                    )

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

    def texts(self, table: dict[str, Any], key: str, place: str) -> tuple[str, ...]:
        """Read a text or a list of texts."""
        value = table.get(key, [])
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            self.wrong(f"{place}.{key} is {_shown(value)}, which is no list of texts.", f'Write: {key} = ["..."]')
            return ()
        return tuple(dict.fromkeys(each.strip() for each in listed if each.strip()))

    def number(self, table: dict[str, Any], key: str, place: str) -> float | None:
        value = table.get(key)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST_NUMBER:
            return float(value)
        self.wrong(f"{place}.{key} is {_shown(value)}, which is no number.", f"Write: {key} = 1")
        return None

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
