"""Queries in PubMed's language: from text to a tree, strictly left to right, nothing ever refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Term:
    """A word, several words, a phrase or a range, with the tag behind it."""

    text: str
    quoted: bool = False
    tag: str | None = None
    upto: str | None = None  # the far end of a range


@dataclass(frozen=True)
class Both:
    """Two sides joined by AND, OR or NOT."""

    left: Node
    operator: str
    right: Node


@dataclass(frozen=True)
class Group:
    """What stands in parentheses."""

    inner: Node


Node = Term | Both | Group
TOKEN = re.compile(r'\s+|"([^"]*)("?)|\[([^\]]*)(\]?)|([()])|([^\s"\[\]()]+)|(\])')
OPERATORS = frozenset({"AND", "OR", "NOT"})
DATE = re.compile(r"^\d{1,4}(/\d{1,2}){0,2}$")


@dataclass
class Parser:
    """Reads a query; what had to be passed over is in ``ignored``."""

    tokens: list[tuple[str, str]]
    at: int = 0
    ignored: list[str] = field(default_factory=list)

    def peek(self) -> tuple[str, str] | None:
        """Give the token ahead."""
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> tuple[str, str]:
        """Take the token ahead."""
        token = self.tokens[self.at]
        self.at += 1
        return token

    def expression(self, depth: int = 0) -> Node | None:
        """Read operands joined by operators up to the end or the closing parenthesis."""
        left: Node | None = None
        operator = "AND"
        while (token := self.peek()) is not None:
            kind, text = token
            if kind == "close":
                if depth:
                    break
                self.take()
                self.ignored.append(")")
                continue
            if kind == "operator":
                self.take()
                operator = text
                continue
            right = self.operand(depth)
            if right is None:
                continue
            left = right if left is None else Both(left, operator, right)
            operator = "AND"
        return left

    def operand(self, depth: int) -> Node | None:
        """Read one term, range or group."""
        kind, text = self.take()
        if kind == "open":
            inner = self.expression(depth + 1)
            if self.peek() is None:
                self.ignored.append("(")
            else:
                self.take()
            ahead = self.peek()
            if ahead is not None and ahead[0] == "tag":
                self.ignored.append(f"[{self.take()[1]}]")
            return None if inner is None else Group(inner)
        if kind == "tag":
            self.ignored.append(f"[{text}]")
            return None
        quoted = kind == "phrase"
        while not quoted and (ahead := self.peek()) is not None and ahead[0] == "word" and ahead[1] != ":":
            text += f" {self.take()[1]}"
        return self._with_range(text, quoted, self._tag())

    def _tag(self) -> str | None:
        ahead = self.peek()
        return self.take()[1] if ahead is not None and ahead[0] == "tag" else None

    def _with_range(self, text: str, quoted: bool, tag: str | None) -> Term:
        """Join ``a[tag] : b[tag]`` and split ``a:b[tag]``."""
        ahead = self.peek()
        if (
            ahead == ("word", ":")
            and self.at + 1 < len(self.tokens)
            and self.tokens[self.at + 1][0] in {"word", "phrase"}
        ):
            self.take()
            upto = self.take()[1]
            return Term(text, quoted, self._tag() or tag, upto)
        first, colon, last = text.partition(":")
        if colon and not quoted and first and last and " " not in text:
            return Term(first, quoted, tag, last)
        return Term(text, quoted, tag)


def parse(text: str) -> tuple[Node | None, list[str]]:
    """Give the tree of a query and what was passed over in reading it.

    Examples
    --------
    >>> parse("a AND b[ti]")[0].right
    Term(text='b', quoted=False, tag='ti', upto=None)
    >>> parse("(a OR b)[ti]")[1]
    ['[ti]']
    """
    tokens: list[tuple[str, str]] = []
    for match in TOKEN.finditer(text):
        phrase, _, tag, _, bracket, word, _ = match.groups()
        if phrase is not None:
            tokens.append(("phrase", phrase.strip()))
        elif tag is not None:
            tokens.append(("tag", tag.strip()))
        elif bracket:
            tokens.append(("open" if bracket == "(" else "close", bracket))
        elif word:
            tokens.append(("operator", word) if word in OPERATORS else ("word", word))
    parser = Parser([t for t in tokens if t[1]])
    return parser.expression(), parser.ignored
