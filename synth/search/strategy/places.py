"""On which line of a TOML file each key stands: what ``tomllib`` does not tell, and a message must."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Places"]

_NAME = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_KEY = re.compile(rf"[ \t]*({_NAME}(?:[ \t]*\.[ \t]*{_NAME})*)[ \t]*=")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'""")
_TABLE = re.compile(r"""[ \t]*\[\[?([^\[\]\n]+)\]\]?""")
_STRINGS = ('"""', "'''", '"', "'")


@dataclass(frozen=True)
class _Span:
    start: int
    end: int


class Places:
    r"""Where the keys of a TOML text stand.

    Parameters
    ----------
    text : str
        A valid TOML file, with ``\n`` at the ends of lines.

    Examples
    --------
    >>> places = Places("title = 'x'\n[lines]\n1 = '''\na[ti]\nOR b[ti'''\n")
    >>> places.row(("lines", "1")), places.row(("lines", "1"), "a[ti]\nOR b[ti", 9)
    (3, 5)
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans: dict[tuple[str, ...], _Span] = {}
        self._tables: dict[tuple[str, ...], int] = {}
        self._scan()

    def row(self, path: tuple[str, ...], value: str = "", index: int = 0) -> int | None:
        """Return the line, from 1, of a key, or of a character of its value.

        Parameters
        ----------
        path : tuple of str
            Sections and key.
        value : str
            The text that stands there (or one element of a list), to be found again in the file.
        index : int
            The character of it that is meant.
        """
        span = self._spans.get(path)
        inside = next((self._spans[(*path, key)] for key in ("any", "text") if (*path, key) in self._spans), None)
        if span is None and value and inside is not None:
            span = inside  # a section of its own: the value stands below the heading
        if span is None:
            below = [place for place in self._spans if path and place == path[: len(place)]]
            if not below:
                start = self._tables.get(path)
                return None if start is None else self._row(start)
            span = self._spans[max(below, key=len)]  # the key of an inline table stands in its line
        if value:
            at = self._text.find(value, span.start, span.end)
            if at >= 0:
                return self._row(at + index)
        return self._row(span.start)

    def _row(self, offset: int) -> int:
        return self._text.count("\n", 0, offset) + 1

    def _scan(self) -> None:
        table: tuple[str, ...] = ()
        at = 0
        while at < len(self._text):
            header, key = _TABLE.match(self._text, at), _KEY.match(self._text, at)
            if key is not None:
                end = self._value(key.end())
                self._spans.setdefault((*table, *_parts(key[1])), _Span(key.start(1), end))
                at = end
            elif header is not None:
                table = _parts(header[1])
                self._tables.setdefault(table, header.start(1))
            newline = self._text.find("\n", at)
            at = len(self._text) if newline < 0 else newline + 1

    def _value(self, at: int) -> int:
        """Return where a value ends: the end of its line, outside of strings and brackets."""
        depth = 0
        while at < len(self._text):
            char = self._text[at]
            opening = next((mark for mark in _STRINGS if self._text.startswith(mark, at)), None)
            if opening is not None:
                at = self._string(at, opening)
                continue
            if char == "#":
                newline = self._text.find("\n", at)
                at = len(self._text) if newline < 0 else newline
                continue
            depth += (char in "[{") - (char in "]}")
            if char == "\n" and depth <= 0:
                return at
            at += 1
        return at

    def _string(self, at: int, mark: str) -> int:
        """Return the place after a string that begins here."""
        at += len(mark)
        while at < len(self._text):
            if self._text[at] == "\\" and mark[0] == '"':
                at += 2
            elif self._text.startswith(mark, at):
                at += len(mark)
                while len(mark) == 3 and at < len(self._text) and self._text[at] == mark[0]:
                    at += 1  # up to two quotation marks may stand right before the three that close
                return at
            else:
                at += 1
        return at


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(match[1] or match[2] or match[0].strip("\"'") for match in _PART.finditer(dotted))
