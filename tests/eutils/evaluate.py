"""What a query finds in a corpus, how PubMed would have said that it understood it, and what it passed over."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from .article import Day, plain, words
from .fields import BY_CODE, NEARNESS, TAGS, TEXT, Field
from .index import Index
from .syntax import Both, Group, Node, Term, parse

STOPWORDS = frozenset(
    {"a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "in", "is", "it", "not", "of", "on", "or", "that"}
    | {"the", "this", "to", "was", "were", "with"}
)
NEAR = re.compile(r"^(.*):~\s*(\d+)$")
LAST_DAYS = re.compile(r"^last (\d+) (days?|months?|years?)$", re.I)
SHORTEST_STEM = 4


@dataclass
class Found:
    """What a query found and what has to be said about it."""

    ids: set[int]
    translation: str = ""
    translations: list[tuple[str, str]] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    quoted: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


class Evaluation:
    """One query looked up in one index.

    Parameters
    ----------
    index : Index
        Where to look.
    earlier : function
        Gives the set of a query number (``#3``) of the same WebEnv, or None.
    today : datetime.date
        The day from which "last 30 days" counts.
    """

    def __init__(
        self,
        index: Index,
        earlier: Callable[[int], set[int] | None] = lambda _: None,
        today: datetime.date = datetime.date(2026, 11, 22),
    ) -> None:
        self.index, self.earlier, self.today = index, earlier, today
        self.found = Found(set())

    def run(self, term: str, default_field: str | None = None) -> Found:
        """Look a query up."""
        tree, ignored = parse(term)
        self.found.ignored += ignored
        if tree is not None:
            if default_field:
                tree = _tagged(tree, default_field)
            self.found.ids, self.found.translation, _ = self._node(tree)
        return self.found

    def _node(self, node: Node) -> tuple[set[int], str, bool]:
        """Give what a node finds, its translation, and whether that needs parentheses beside other things."""
        if isinstance(node, Group):
            return self._node(node.inner)
        # A strategy is a chain of thousands of terms that leans to the left: walked, not descended into.
        chain: list[Both] = []
        while isinstance(node, Both):
            chain.append(node)
            node = node.left
        if not chain:
            assert isinstance(node, Term)
            return self._term(node)
        ids, text, loose = self._node(node)
        for n, step in enumerate(reversed(chain)):
            right, right_text, right_loose = self._node(step.right)
            if loose and not (n and step.left.operator == step.operator):  # type: ignore[union-attr]
                text = f"({text})"
            if right_loose:
                right_text = f"({right_text})"
            ids = ids & right if step.operator == "AND" else ids | right if step.operator == "OR" else ids - right
            text, loose = f"{text} {step.operator} {right_text}", True
        return ids, text, True

    def _term(self, term: Term) -> tuple[set[int], str, bool]:
        """Look one term up."""
        number = re.fullmatch(r"#(\d+)", term.text)
        if number and not term.quoted and term.tag is None:
            earlier = self.earlier(int(number.group(1)))
            if earlier is None:
                self.found.ignored.append(term.text)
            return set(earlier or ()), term.text, False
        if term.tag is None and term.upto is None:
            return self._untagged(term)
        gap: int | None = None
        tag = term.tag or ("uid" if term.text.isdigit() else "dp")
        close = NEAR.match(tag)
        if close:
            tag, gap = close.group(1), int(close.group(2))
        known = TAGS.get(re.sub(r"\s+", " ", tag.strip().lower()))
        if known is None:
            self.found.fields.append(tag)
            return self._untagged(Term(term.text, term.quoted))
        if known.is_date:
            return self._date(term, known)
        if known.code == "UID":
            return self._uid(term)
        if gap is not None:
            return self._near(term, known, gap)
        if known.code in {"MESH", "MAJR"}:
            return self._heading(term, known, tag)
        return self._plain(term, known)

    def _uid(self, term: Term) -> tuple[set[int], str, bool]:
        if term.upto is not None:
            try:
                first, last = int(term.text), int(term.upto)
            except ValueError:
                self.found.phrases.append(f"{term.text}:{term.upto}[UID]")
                return set(), "", False
            return self.index.uids(first, last), f"{first}:{last}[UID]", False
        numbers = [int(n) for n in re.findall(r"\d+", term.text)]
        here = {n for n in numbers if n in self.index.everything}
        if not here:
            self.found.phrases.append(f"{term.text}[{term.tag}]")
        return here, f"{term.text}[UID]", False

    def _date(self, term: Term, known: Field) -> tuple[set[int], str, bool]:
        first = self._day(term.text, late=False)
        last = self._day(term.text if term.upto is None else term.upto, late=True)
        if first is None or last is None:
            self.found.phrases.append(f"{term.text}[{term.tag}]")
            return set(), f'"{term.text}"[{known.name}]', False
        span = _day_text(first) if first == last else f"{_day_text(first)}:{_day_text(last)}"
        shown = f"{span}[{known.name}]"
        return self.index.between(known.code, first, last), shown, False

    def _day(self, text: str, *, late: bool) -> Day | None:
        """Read ``2020``, ``2020/3``, ``2020/03/01`` or ``last 30 days``; `late` fills what is missing with the last."""
        relative = LAST_DAYS.match(text.strip())
        if relative:
            unit = relative.group(2).lower()
            back = int(relative.group(1)) * (1 if unit.startswith("day") else 30 if unit.startswith("month") else 365)
            day = self.today if late else self.today - datetime.timedelta(days=back)
            return day.year, day.month, day.day
        parts = re.fullmatch(r"(\d{4})(?:[/-](\d{1,2}))?(?:[/-](\d{1,2}))?", text.strip())
        if not parts:
            return None
        year, month, day_ = (int(p) if p else None for p in parts.groups())
        assert year is not None
        return year, month or (12 if late else 1), day_ or (31 if late else 1)

    def _near(self, term: Term, known: Field, gap: int) -> tuple[set[int], str, bool]:
        sought = words(term.text)
        shown = f'"{" ".join(sought)}"[{known.name}:~{gap}]'
        if known.code not in NEARNESS or not term.quoted or "*" in term.text:
            self.found.ignored.append(f"[{known.name}:~{gap}]")
            return self._plain(term, known)
        return self.index.near(known.code, sought, gap), shown, False

    def _heading(self, term: Term, known: Field, tag: str) -> tuple[set[int], str, bool]:
        """Look a MeSH heading up, with a subheading behind a slash."""
        main, _, sub = term.text.partition("/")
        exploded = "noexp" not in tag.lower()
        value = plain(main)
        heading = self.index.heading_of(value)
        name = known.name if exploded else f"{known.name}:noexp"
        if heading is None:
            self._missing(term, f'"{term.text}"[{term.tag}]', f"{term.text}[{term.tag}]")
            return set(), f'"{value}"[{name}]', False
        ids = self.index.heading(known.code, plain(heading), exploded)
        shown = f'"{heading}{"/" + sub.strip().lower() if sub else ""}"[{name}]'
        if plain(heading) != value:
            self.found.translations.append((f"{term.text}[{term.tag}]", f'"{heading}"[{name}]'))
        return (ids & self.index.value("SUBH", plain(sub)) if sub else ids), shown, False

    def _missing(self, term: Term, quoted: str, plain_: str) -> None:
        (self.found.quoted if term.quoted else self.found.phrases).append(quoted if term.quoted else plain_)

    def _plain(self, term: Term, known: Field) -> tuple[set[int], str, bool]:
        """Look a term up in a field of text or of values."""
        code = known.code
        stem = term.text.strip().endswith("*")
        if stem and len(plain(term.text).replace(" ", "")) < SHORTEST_STEM:
            self.found.phrases.append(f"{term.text}[{term.tag}]")
            return set(), f'"{term.text.lower()}"[{known.name}]', False
        value = plain(term.text)
        shown = f'"{value}{"*" if stem else ""}"[{known.name}]'
        if code not in TEXT:
            ids = self._value(code, value, term, stem)
            if not ids:
                self._missing(term, f'"{term.text}"[{term.tag}]', f"{term.text}[{term.tag}]")
            return ids, shown, False
        sought = _starred(value, stem)
        ids = self.index.phrase(code, sought)
        if ids or len(sought) == 1:
            if not ids:
                self._missing(term, f'"{term.text}"[{term.tag}]', f"{term.text}[{term.tag}]" if term.tag else term.text)
            return ids, shown, False
        if term.quoted:
            self.found.quoted.append(f'"{term.text}"[{term.tag}]')
        return self._each_word(sought, known)

    def _each_word(self, sought: tuple[str, ...], known: Field) -> tuple[set[int], str, bool]:
        """Look for words that need not stand together, since together nobody has them."""
        ids: set[int] | None = None
        for word in sought:
            here = self.index.word(known.code, word)
            if not here:
                self.found.phrases.append(word if known.code == "ALL" else f"{word}[{known.name}]")
            ids = here if ids is None else ids & here
        return ids or set(), " AND ".join(f'"{word}"[{known.name}]' for word in sought), len(sought) > 1

    def _value(self, code: str, value: str, term: Term, stem: bool) -> set[int]:
        if code in {"FULL", "FAUT", "LAUT", "FINV", "ED", "PS"}:
            return self.index.value(code, value) if term.quoted else self.index.author(code, value)
        if code == "FILT":
            value = re.sub(r"^filter ", "", value)
        return self.index.value(code, value, truncated=stem)

    def _untagged(self, term: Term) -> tuple[set[int], str, bool]:
        """Look words up as PubMed maps them: as a heading, as words, and as a phrase."""
        everywhere = BY_CODE["ALL"]
        if term.quoted or "*" in term.text:
            return self._plain(term, everywhere)
        run = [w for raw in term.text.split() for w in words(raw) if raw.lower() not in STOPWORDS]
        if not run:
            self.found.ignored.append(term.text)
            return set(), "", False
        parts: list[tuple[set[int], str, bool]] = []
        at = 0
        while at < len(run):
            for size in range(len(run) - at, 0, -1):
                phrase = " ".join(run[at : at + size])
                heading = self.index.heading_of(phrase)
                if heading is not None:
                    parts.append(self._mapped(phrase, heading))
                    break
            else:
                size = 1
                ids = self.index.word("ALL", run[at])
                if not ids:
                    self.found.phrases.append(run[at])
                parts.append((ids, f'"{run[at]}"[All Fields]', False))
            at += size
        if len(parts) == 1:
            return parts[0]
        ids = set.intersection(*(part[0] for part in parts))
        return ids, " AND ".join(f"({text})" if loose else text for _, text, loose in parts), True

    def _mapped(self, phrase: str, heading: str) -> tuple[set[int], str, bool]:
        """Join a heading with the words that led to it."""
        ids = self.index.heading("MESH", plain(heading), True)
        texts = [f'"{heading}"[MeSH Terms]']
        for one in dict.fromkeys([plain(heading), phrase]):
            several = tuple(one.split())
            ids = ids | set.intersection(*(self.index.word("ALL", w) for w in several))
            each = " AND ".join(f'"{w}"[All Fields]' for w in several)
            texts.append(f"({each})" if len(several) > 1 else each)
        if " " in phrase:
            texts.append(f'"{phrase}"[All Fields]')
        text = " OR ".join(texts)
        self.found.translations.append((phrase, text))
        return ids, text, True


def _starred(value: str, stem: bool) -> tuple[str, ...]:
    parts = value.split()
    if stem and parts:
        parts[-1] += "*"
    return tuple(parts)


def _day_text(day: Day) -> str:
    return f"{day[0]:04}/{day[1]:02}/{day[2]:02}"


def _tagged(node: Node, tag: str) -> Node:
    """Give every term without a tag the field that the request names."""
    if isinstance(node, Group):
        return Group(_tagged(node.inner, tag))
    if isinstance(node, Both):
        chain: list[Both] = []
        first: Node = node
        while isinstance(first, Both):
            chain.append(first)
            first = first.left
        first = _tagged(first, tag)
        for step in reversed(chain):
            first = Both(first, step.operator, _tagged(step.right, tag))
        return first
    return node if node.tag else Term(node.text, node.quoted, tag, node.upto)
