"""From a strategy's TOML file to a :class:`~synth.search.strategy.model.Strategy`, or every defect at once."""

from __future__ import annotations

import datetime
import difflib
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from ...errors import ProblemsError, WorkspaceError
from ...review import visible
from .filters import PUBLISHED
from .limits import LIMITS, read_limits
from .model import Filter, Known, Strategy, StrategyLine, StrategyProblem, TooLong, references
from .places import Places
from .syntax import parse as parse_query
from .syntax import squeeze

__all__ = ["NAME", "parse", "read"]

SCHEMA: Final = 1
LARGEST: Final = 2**20
MOST_LINES: Final = 300

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
"""What a strategy, and so its file and its folder, may be called."""
_NUMBER = re.compile(r"[1-9][0-9]{0,2}")
_CONCEPT = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"\[\]]+")
_TOP = ("schema", "title", "question", "database", "authors", "written", "adapted_from", "peer_review", "notes",
        "search", "lines", "concepts", "filters", "limits", "known")  # fmt: skip
_LINE = ("text", "any", "label", "note")
_FILTER = ("published", "name", "citation", "text", "exclude", "changes")
_RESERVED = {"search", "and", "or", "not"}


def read(path: Path, file: str) -> Strategy:
    """Read a file; see :func:`synth.search.strategy.model.read_strategy`."""
    try:
        with path.open("rb") as handle:
            data = handle.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise WorkspaceError(f"There is no strategy {visible(file, 300)}.") from error
    except OSError as error:
        raise WorkspaceError(f"Cannot read {visible(file, 300)}: {error.strerror}.") from error
    if len(data) > LARGEST:
        raise WorkspaceError(f"{visible(file, 300)} is larger than {LARGEST // 2**20} MB: it is no strategy.")
    return parse(data, path.stem, file)


def parse(data: bytes, name: str, file: str) -> Strategy:
    """Read the bytes; see :func:`synth.search.strategy.model.parse_strategy`."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ProblemsError(
            [StrategyProblem(file, "this is not UTF-8 text.", "Save the file as UTF-8.", row=line, code="not-text")]
        ) from error
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProblemsError([_not_toml(file, error)]) from error
    return _Reader(file, name, text).strategy(table)


def _not_toml(file: str, error: Exception) -> StrategyProblem:
    said = visible(str(error) or "nested too deeply", 200)
    where = re.search(r" \(at line (\d+), column \d+\)", said)
    said = re.sub(r" \(at (line \d+, column \d+|end of document)\)", "", said)
    remedy = "Put each search text between ''' and ''' (or ' and '): quotation marks may then stand in it as they do."
    if "'\\n'" in said:
        remedy = "A text in ' or \" ends on its line; in a list a comma follows each. Over several lines: '''...'''"
    if "overwrite" in said:
        said, remedy = "a key or section stands here twice", "Give each line a number or name of its own."
    return StrategyProblem(
        file, f"this is not valid TOML: {said}.", remedy, row=int(where[1]) if where else None, code="not-toml"
    )


class _Reader:
    """Collects problems while it reads, so that one run shows them all."""

    def __init__(self, file: str, name: str, text: str) -> None:
        self.file, self.name, self.text = file, name, text
        self.places = Places(text)
        self.problems: list[StrategyProblem] = []

    def wrong(self, path: tuple[str, ...], message: str, remedy: str, code: str = "strategy-file") -> None:
        row = self.places.row(path) if path else None
        key = visible(".".join(path), 60) or None
        self.problems.append(StrategyProblem(self.file, message, remedy, row=row, column=key, code=code))

    def strategy(self, table: dict[str, Any]) -> Strategy:
        self.known_keys(table, _TOP, ())
        if type(table.get("schema")) is not int or table["schema"] != SCHEMA:
            self.wrong(("schema",), "schema is missing, or not one that synth reads.", f"Write: schema = {SCHEMA}")
        title = self.string(table, "title", required=True)
        database = self.string(table, "database") or "pubmed"
        if database.lower() != "pubmed":
            self.wrong(("database",), f'"{visible(database)}" is not searched by synth.', 'Write: database = "pubmed"')
        written = self.lines(table)
        search = self.search(table, written)
        filters = self.filters(self.section(table, "filters"))
        self.known_keys(self.section(table, "limits"), LIMITS, ("limits",))
        limits = read_limits(
            {key: value for key, value in self.section(table, "limits").items() if key in LIMITS},
            lambda key, message, remedy: self.wrong(("limits", *key.split(".")), message, remedy),
        )
        known = self.known(self.section(table, "known"))
        self.circles(written, search)
        if self.problems or search is None:
            raise ProblemsError(sorted(self.problems, key=lambda problem: problem.row or 0))
        strategy = Strategy(
            name=self.name, title=title, written_lines=written, search=search, filters=filters, limits=limits,
            question=self.string(table, "question"), authors=self.authors(table), written=self.date(table),
            adapted_from=self.string(table, "adapted_from"), peer_review=self.string(table, "peer_review"),
            notes=self.string(table, "notes"), known=known, file=self.file, text=self.text, places=self.places,
        )  # fmt: skip
        try:
            assert strategy.expansions
        except TooLong as error:
            self.wrong(("lines", str(error)), "the lines grow without end as they are put together.", "Shorten them.")
        if self.problems:
            raise ProblemsError(sorted(self.problems, key=lambda problem: problem.row or 0))
        return strategy

    def lines(self, table: dict[str, Any]) -> tuple[StrategyLine, ...]:
        found: list[StrategyLine] = []
        named = "A name is letters, digits, _ and -, begins with a letter, and is no operator: population"
        for part, pattern, how in (("lines", _NUMBER, "Lines are numbered: 1, 2, 3"), ("concepts", _CONCEPT, named)):
            for id, value in self.section(table, part).items():
                if not pattern.fullmatch(id) or id.lower() in _RESERVED or id.startswith(("filter-", "limit-")):
                    self.wrong((part, id), f'"{visible(id)}" cannot name a line of [{part}].', f"{how}.")
                    continue
                line = self.line((part, id), value)
                if line is not None:
                    found.append(line)
        if not found and not self.problems:
            self.wrong((), "there is nothing to search for.", "Write [lines] and below it: 1 = 'spinal fractures[mh]'")
        if len(found) > MOST_LINES:
            self.wrong((), f"there are {len(found):,} lines; at most {MOST_LINES}.", "Join terms by OR in one line.")
        return tuple(found)

    def line(self, path: tuple[str, ...], value: Any) -> StrategyLine | None:
        label = note = ""
        at = path
        if isinstance(value, dict):
            self.known_keys(value, _LINE, path)
            label, note = self.string(value, "label", path), self.string(value, "note", path)
            if ("text" in value) == ("any" in value):
                self.wrong(path, "a line has either text or any.", "Write text = '''...''', or any = ['...', '...'].")
                return None
            at = (*path, "text" if "text" in value else "any")
            value = value[at[-1]]
            if isinstance(value, list) != (at[-1] == "any"):
                self.wrong(at, "text is one text, any is a list of them.", "Write text = '''...''', or any = ['...'].")
                return None
        pieces = value if isinstance(value, list) else [value]
        if not all(isinstance(piece, str) for piece in pieces):
            self.wrong(at, "this is no text.", "Write: 1 = '''...''', or a list of texts, which are joined by OR.")
            return None
        if not pieces or not all(piece.strip() for piece in pieces):
            self.wrong(at, "there is an empty text.", "Write what to search for, or remove it.", "empty-line")
            return None
        if hidden := sorted({c for piece in pieces for c in piece if not c.isprintable() and c not in "\n\t"}):
            names = ", ".join(unicodedata.name(c, "").lower() or f"U+{ord(c):04X}" for c in hidden[:3])
            said = f"there are invisible characters ({names}), as word processors leave them."
            self.wrong(at, said, "Type the text again in a plain text editor.", "invisible-character")
            return None
        texts = [squeeze(piece) for piece in pieces]
        text = texts[0] if len(texts) == 1 else " OR ".join(map(_any, texts))
        return StrategyLine(path[1], text, squeeze(label), squeeze(note), "line", tuple(pieces))

    def search(self, table: dict[str, Any], lines: tuple[StrategyLine, ...]) -> StrategyLine | None:
        """Find what is searched for; the last numbered line where nothing is said."""
        if "search" not in table:
            if lines and lines[-1].id.isdigit():
                return lines[-1]
            if lines:
                names = " AND ".join(line.id for line in lines)
                said = "it is not said how the concepts are put together."
                self.wrong((), said, f'Write at the top: search = "{names}"')
            return None
        text = squeeze(self.string(table, "search", required=True))
        if not text:
            return None
        by_id = {line.id: line for line in lines}
        for line in lines:
            if text in (line.id, f"#{line.id}"):
                return line
        return StrategyLine("search", text, "Search", "", "search", (text,)) if by_id else None

    def filters(self, table: dict[str, Any]) -> tuple[Filter, ...]:
        found = []
        for id, value in table.items():
            path = ("filters", id)
            if not _CONCEPT.fullmatch(id):
                self.wrong(path, f'"{visible(id)}" cannot name a filter.', "Write a short name: [filters.trials]")
            if not isinstance(value, dict):
                self.wrong(path, "a filter is a section.", "Write [filters.trials] with name, citation and text.")
                continue
            self.known_keys(value, _FILTER, path)
            exclude, changes = value.get("exclude", False), self.string(value, "changes", path)
            if not isinstance(exclude, bool):
                self.wrong((*path, "exclude"), "this is neither true nor false.", "Write: exclude = true")
            name, citation, text = (self.string(value, key, path) for key in ("name", "citation", "text"))
            published = self.string(value, "published", path)
            if published and published not in PUBLISHED:
                said = f'"{visible(published)}" is no filter that synth carries.'
                there = f"There are: {', '.join(PUBLISHED)}. Any other is typed with name, citation and text."
                self.wrong((*path, "published"), said, there)
            elif published:
                its = PUBLISHED[published]
                name, citation, text = name or its.name, citation or its.citation, text or its.text
                if squeeze(text) != its.text and not changes:
                    self.wrong(path, "the text is not that of the filter.", 'Say what was changed: changes = "..."')
            else:
                for key, given in (("name", name), ("citation", citation), ("text", text)):
                    if not given:
                        said = f"{key} is missing: a published filter carries it."
                        self.wrong((*path, key), said, f'Write: {key} = "..."')
            found.append(Filter(id, squeeze(name), squeeze(citation), squeeze(text), exclude is True, squeeze(changes)))
        return tuple(found)

    def known(self, table: dict[str, Any]) -> tuple[Known, ...]:
        found: list[Known] = []
        for id, label in table.items():
            path = ("known", id)
            if not isinstance(label, str):
                self.wrong(path, "the label is no text.", f'Write: {visible(id)} = "Author year"')
            elif id.isascii() and id.isdigit() and len(id) <= 9 and not id.startswith("0"):
                found.append(Known(squeeze(label) or id, pmid=int(id)))
            elif doi := _DOI.fullmatch(re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", id, flags=re.IGNORECASE)):
                found.append(Known(squeeze(label) or id, doi=doi[0].lower()))
            else:
                self.wrong(path, f'"{visible(id)}" is neither a PMID nor a DOI.',
                           'Write: 37268432 = "Author year", or "10.14444/8478" = "Author year".')  # fmt: skip
        return tuple(found)

    def circles(self, lines: tuple[StrategyLine, ...], search: StrategyLine | None) -> None:
        """Find references that lead nowhere, or back to where they began."""
        everything = {line.id: line for line in lines}
        if search is not None:
            everything[search.id] = search
        ids = frozenset(id for id in everything if id != "search")
        goes_to: dict[str, tuple[str, ...]] = {}
        for line in everything.values():
            path = (("search",) if line.kind == "search" else ("lines" if line.id.isdigit() else "concepts", line.id))
            named = references(line.text, ids, names=line.kind == "search")
            if line.kind == "search":
                self.search_names(line, ids)
            for id in dict.fromkeys(named):
                if id not in ids:
                    self.wrong(path, f"#{visible(id)} is no line of this strategy.{_near(id, ids)}",
                               f"There are: {', '.join(sorted(ids, key=_order))}.", "unknown-reference")  # fmt: skip
            goes_to[line.id] = tuple(id for id in named if id in ids)
        done: set[str] = set()
        for start in goes_to:
            trail: list[str] = []
            self.walk(start, goes_to, trail, done)

    def walk(self, start: str, goes_to: dict[str, tuple[str, ...]], trail: list[str], done: set[str]) -> None:
        if start in done:
            return
        if start in trail:
            ring = [*trail[trail.index(start) :], start]
            path = ("lines" if start.isdigit() else "concepts", start)
            self.wrong(path, f"the lines refer to each other in a circle: {' -> '.join(f'#{id}' for id in ring)}.",
                       "A line may only use lines that do not use it.", "circle")  # fmt: skip
            return
        trail.append(start)
        for id in goes_to[start]:
            self.walk(id, goes_to, trail, done)
        trail.pop()
        done.add(start)

    def search_names(self, line: StrategyLine, ids: frozenset[str]) -> None:
        """In ``search`` every bare word is a name: one that names nothing is a slip."""
        for operand in parse_query(line.text)[0].operands():
            if operand.tag is None and not operand.quoted and operand.reference is None and operand.text not in ids:
                self.wrong(("search",), f'"{visible(operand.text)}" is no line or concept.{_near(operand.text, ids)}',
                           f"There are: {', '.join(sorted(ids, key=_order))}. A word is written with its tag.",
                           "unknown-reference")  # fmt: skip

    def section(self, table: dict[str, Any], key: str) -> dict[str, Any]:
        value = table.get(key, {})
        if not isinstance(value, dict):
            self.wrong((key,), f"{key} is not a section.", f"Write it as a section: [{key}]")
            return {}
        return value

    def string(self, table: dict[str, Any], key: str, path: tuple[str, ...] = (), required: bool = False) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            self.wrong((*path, key), f"{key} is no text.", f'Write: {key} = "..."')
            return ""
        if required and not value.strip():
            self.wrong((*path, key), f"{key} is {'empty' if key in table else 'missing'}.", f'Write: {key} = "..."')
        return value.strip()

    def authors(self, table: dict[str, Any]) -> tuple[str, ...]:
        value = table.get("authors", [])
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self.wrong(("authors",), "authors is no list of names.", 'Write: authors = ["A. Librarian"]')
            return ()
        return tuple(squeeze(name) for name in names)

    def date(self, table: dict[str, Any]) -> str:
        value = table.get("written", "")
        if isinstance(value, datetime.date):
            return value.strftime("%Y-%m-%d")
        return self.string(table, "written")

    def known_keys(self, table: dict[str, Any], names: Iterable[str], path: tuple[str, ...]) -> None:
        names = tuple(names)
        for key in table:
            if key not in names:
                near = difflib.get_close_matches(key, names, n=1)
                hint = f'Did you mean "{near[0]}"?' if near else f"There are: {', '.join(names)}."
                self.wrong((*path, key), f'there is no key "{visible(key)}".', hint)


def _any(piece: str) -> str:
    """Put brackets around an element of a list where it joins terms by anything but OR."""
    whole, wrong = parse_query(piece)
    return piece if wrong or set(whole.operators()) <= {"OR"} else f"({piece})"


def _near(id: str, ids: Iterable[str]) -> str:
    near = difflib.get_close_matches(id, list(ids), n=1)
    return f" Did you mean #{near[0]}?" if near else ""


def _order(id: str) -> tuple[int, str]:
    return (int(id), "") if id.isdigit() else (10_000, id)
