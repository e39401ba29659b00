"""A search strategy that people can read and publish: numbered lines or named concepts, limits, filters, known items.

docs/search.md explains the file. :func:`read_strategy` reads one; :mod:`synth.search.lint.every` judges what it asks.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from ...errors import Problem
from .places import Places
from .query import Line, Query
from .syntax import Level, Operand, parse, squeeze

__all__ = [
    "LONGEST_TERM",
    "Filter",
    "Known",
    "Limit",
    "Strategy",
    "StrategyLine",
    "StrategyProblem",
    "parse_strategy",
    "read_strategy",
    "references",
]

LONGEST_TERM = 200_000
"""Characters beyond which lines that refer to each other are no longer put together."""


@dataclass(frozen=True)
class StrategyProblem(Problem):
    """A defect of a strategy; `row` is the line of the file, `column` the key, `value` the text from the defect on.

    Examples
    --------
    >>> print(StrategyProblem("queries/demo.toml", "hi* is too short.", "Write more.", row=7, column="lines.1"))
    queries/demo.toml, line 7, lines.1: hi* is too short. Write more.
    """

    code: str = ""

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"line {self.row}")
        if self.column:
            place.append(self.column)
        if self.value:
            place.append(f'at "{self.value}"')
        return f"{', '.join(place)}: {self.message} {self.remedy}".rstrip()

    def to_dict(self) -> dict[str, object]:
        """Give it as JSON has it."""
        return {
            "severity": self.severity,
            "code": self.code,
            "file": self.file,
            "line": self.row,
            "key": self.column,
            "value": self.value,
            "message": self.message,
            "remedy": self.remedy,
        }


@dataclass(frozen=True)
class StrategyLine:
    """A line of a strategy, or what a filter or limit makes of the lines before.

    Attributes
    ----------
    id : str
        How others refer to it: ``1``, ``population``, ``filter-trials``, ``limit-language``.
    label, note : str
        For readers.
    text : str
        As written, with its references, on one line.
    kind : {"line", "search", "filter", "limit"}
        Who wrote it: the person, or the filter and limit sections.
    pieces : tuple of str
        The text as it stands in the file, whole or element by element of a list.
    """

    id: str
    text: str
    label: str = ""
    note: str = ""
    kind: str = "line"
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """A publication that the strategy must find.

    Attributes
    ----------
    label : str
        What people call it.
    pmid : int or None
        Its PMID.
    doi : str
        Its DOI, where that is what is known.
    """

    label: str
    pmid: int | None = None
    doi: str = ""


@dataclass(frozen=True)
class Filter:
    """A published search filter.

    Attributes
    ----------
    id, name, citation : str
        What it is called here and where it was published.
    text : str
        In PubMed's language.
    exclude : bool
        Whether it takes records away.
    changes : str
        What was changed in it; "" for nothing.
    """

    id: str
    name: str
    citation: str
    text: str
    exclude: bool = False
    changes: str = ""


@dataclass(frozen=True)
class Limit:
    """A restriction that is not part of the question.

    Attributes
    ----------
    id : str
        ``language``, ``published``, ...
    words : str
        For readers.
    text : str
        In PubMed's language.
    exclude : bool
        Whether it takes records away.
    reason : str
        Why.
    """

    id: str
    words: str
    text: str
    exclude: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Strategy:
    """A strategy as its file describes it.

    Attributes
    ----------
    name : str
        Of the file, without its ending.
    written_lines : tuple of StrategyLine
        In the order of the file.
    search : StrategyLine
        What is searched for before filters and limits: a line of its own, or one of `written_lines`.
    filters, limits, known : tuple
        In the order of the file.
    file : str
        Path as a person knows it.
    text : str
        The file, verbatim.
    """

    name: str
    title: str
    written_lines: tuple[StrategyLine, ...]
    search: StrategyLine
    question: str = ""
    authors: tuple[str, ...] = ()
    written: str = ""
    adapted_from: str = ""
    peer_review: str = ""
    notes: str = ""
    database: str = "pubmed"
    filters: tuple[Filter, ...] = ()
    limits: tuple[Limit, ...] = ()
    known: tuple[Known, ...] = ()
    file: str = ""
    text: str = ""
    places: Places | None = field(default=None, repr=False, compare=False)

    @functools.cached_property
    def lines(self) -> tuple[StrategyLine, ...]:
        """Every line that is counted: those written, the search, then what each filter and limit leaves of it."""
        found = list(self.written_lines)
        last = self.search
        if last not in found:
            found.append(last)
        for each in self.filters:
            joined = f"#{last.id} {'NOT' if each.exclude else 'AND'} {_wrapped(each.text)}"
            last = StrategyLine(f"filter-{each.id}", joined, each.name, each.changes, "filter", (each.text,))
            found.append(last)
        for limit in self.limits:
            joined = f"#{last.id} {'NOT' if limit.exclude else 'AND'} {_wrapped(limit.text)}"
            last = StrategyLine(f"limit-{limit.id}", joined, limit.words, limit.reason, "limit", (limit.text,))
            found.append(last)
        return tuple(found)

    @property
    def last(self) -> StrategyLine:
        """The line that is the whole search."""
        return self.lines[-1] if self.filters or self.limits else self.search

    @functools.cached_property
    def expansions(self) -> Mapping[str, str]:
        """The text of each line as it is sent, by id: every reference replaced by what it refers to."""
        texts: dict[str, str] = {}
        by_id = {line.id: line for line in self.lines}
        for line in self.lines:
            _expand(line.id, by_id, texts)
        return MappingProxyType(texts)

    def expanded(self, id: str) -> str:
        """Return the text of a line as it is sent."""
        return self.expansions[id]

    @property
    def term(self) -> str:
        """The whole search as it is sent."""
        return self.expansions[self.last.id]

    @property
    def query(self) -> Query:
        """What counting and collecting need of it."""
        lines = tuple(Line(line.id, line.label, line.text, self.expansions[line.id]) for line in self.lines)
        return Query(self.name, self.term, lines, self.text, self.file, self.database)

    @property
    def sha256(self) -> str:
        """Digest of the file's text."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()


def read_strategy(path: Path, file: str = "") -> Strategy:
    """Read ``queries/NAME.toml``.

    Parameters
    ----------
    path : Path
        The file.
    file : str
        Its path as a person knows it, for messages.

    Raises
    ------
    WorkspaceError
        The file cannot be read.
    ProblemsError
        Everything that is missing, unknown or without meaning, each with its line and key.
    """
    from .toml import read

    return read(path, file or path.name)


def parse_strategy(data: bytes, name: str = "strategy", file: str = "") -> Strategy:
    """As :func:`read_strategy`, from the bytes.

    Examples
    --------
    >>> strategy = parse_strategy(b'''
    ... schema = 1
    ... title = "Fractures of the bamboo spine"
    ... search = "spine AND fracture"
    ... [concepts]
    ... spine = '"Spondylitis, Ankylosing"[mh] OR bamboo*[tiab]'
    ... fracture = ['"Spinal Fractures"[mh]', 'fractur*[tiab]']
    ... [limits]
    ... published = "1990:2025"
    ... ''')
    >>> print(strategy.term)  # doctest: +NORMALIZE_WHITESPACE
    (("Spondylitis, Ankylosing"[mh] OR bamboo*[tiab]) AND ("Spinal Fractures"[mh] OR fractur*[tiab]))
    AND 1990:2025[dp]
    """
    from .toml import parse as parse_toml

    return parse_toml(data, name, file or f"{name}.toml")


class TooLong(ValueError):
    """Lines that refer to each other grow beyond :data:`LONGEST_TERM`; the argument is the id."""


def references(text: str, ids: Mapping[str, object] | frozenset[str], *, names: bool = False) -> tuple[str, ...]:
    """Name what a line refers to, in its order: every ``#id``, and bare names where the line is nothing but names.

    Parameters
    ----------
    text : str
        The line.
    ids : set or mapping of str
        The lines that there are.
    names : bool
        Whether a bare name is one in any case, as in ``search``.

    Examples
    --------
    >>> references("population AND (fracture OR #3)", frozenset({"population", "fracture", "3"}))
    ('population', 'fracture', '3')
    >>> references("fracture OR spine[ti]", frozenset({"fracture"}))
    ()
    """
    whole, _ = parse(text)
    bare = names or combines(whole, ids)
    found = []
    for operand in whole.operands():
        id = operand.reference or (operand.text if bare and operand.text in ids else None)
        if id is not None:
            found.append(id)
    return tuple(found)


def combines(whole: Level, ids: Mapping[str, object] | frozenset[str]) -> bool:
    """Say whether a line does nothing but join lines: then a bare word is a name, and no word to search for."""
    operands = list(whole.operands())
    return len(operands) > 1 and all(_names(operand, ids) for operand in operands)


def _names(operand: Operand, ids: Mapping[str, object] | frozenset[str]) -> bool:
    return operand.reference is not None or (operand.tag is None and not operand.quoted and operand.text in ids)


def _wrapped(text: str) -> str:
    """Put brackets around a text unless it is a single term, or wrapped already."""
    whole, wrong = parse(text)
    return text if len(whole.items) == 1 and not wrong else f"({text})"


def _expand(id: str, by_id: Mapping[str, StrategyLine], texts: dict[str, str]) -> str:
    """Put a line together; the file's reader has made sure that no line leads back to itself and all are there."""
    if id in texts:
        return texts[id]
    text = squeeze(by_id[id].text)
    whole, _ = parse(text)
    bare = by_id[id].kind == "search" or combines(whole, by_id)
    single = len(whole.items) == 1 and isinstance(whole.items[0], Operand)
    parts: list[str] = []
    at = 0
    for operand in whole.operands():
        name = operand.reference or (operand.text if bare and operand.tag is None and not operand.quoted else None)
        if name is not None and name in by_id:
            inner = _expand(name, by_id, texts)
            parts += [text[at : operand.start], inner if single else _wrapped(inner)]
            at = operand.tokens[-1].end
    texts[id] = "".join([*parts, text[at:]])
    if len(texts[id]) > LONGEST_TERM:
        raise TooLong(id)
    return texts[id]
