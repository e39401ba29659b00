"""What a command needs to know of the terminal: its width, its colours, its letters, and a line of progress."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import unicodedata
from dataclasses import dataclass
from types import TracebackType
from typing import TextIO

import click

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_KEPT = frozenset("\n\u200c\u200d\u200e\u200f\u061c")  # the marks stand in real names (Persian, Arabic, Indic)
PROGRESS_AFTER = 1.0
"""Seconds of silence before a line of progress: anything quicker needs none."""


def safe(text: str) -> str:
    r"""Return text in which only a line break does anything: what would move the cursor, name the window or turn the
    direction is spelled out.

    Every text goes through here on its way to a terminal or a pipe, because a study's name may hold anything.

    Examples
    --------
    >>> print(safe("a\x1b]0;title\x07b\n\u202ec"))
    a\x1b]0;title\x07b
    \u202ec
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if char not in _KEPT and unicodedata.category(char) in _HIDDEN
        else char
        for char in text
    )


def say(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text that was made safe; the only way to a stream for words that are not synth's own."""
    click.echo(safe(text), err=err, nl=nl)


@dataclass(frozen=True)
class Console:
    """How to write for one output stream.

    Parameters
    ----------
    width : int
        Columns.
    color : bool
        Whether escape sequences are wanted.
    unicode : bool
        Whether the stream takes more than ASCII.
    tty : bool
        Whether a person looks at it.
    """

    width: int
    color: bool
    unicode: bool
    tty: bool

    @classmethod
    def of(cls, stream: TextIO) -> Console:
        """Look at a stream and at the environment (``COLUMNS``, ``NO_COLOR``, ``TERM``)."""
        tty = bool(getattr(stream, "isatty", lambda: False)())
        encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("_", "-")
        color = tty and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        width = shutil.get_terminal_size((100, 24)).columns if tty or os.environ.get("COLUMNS") else 100
        return cls(width=max(40, min(width, 140)), color=color, unicode=encoding in ("utf-8", "utf8"), tty=tty)


class Progress:
    """One line on stderr that says what is being done, once it has taken longer than a second and a person looks.

    Used as a context and called with the text of each step; leaving it wipes the line.
    """

    def __init__(self, stream: TextIO | None = None, after: float = PROGRESS_AFTER) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._text = ""
        self._shown = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(after, self._start)
        self._timer.daemon = True
        self._wanted = Console.of(self._stream).tty

    def __enter__(self) -> Progress:
        if self._wanted:
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._wanted = False
            if self._shown:
                self._stream.write("\r\x1b[K")
                self._stream.flush()

    def __call__(self, text: str) -> None:
        """Say what is being done now."""
        with self._lock:
            self._text = text
            if self._shown:
                self._draw()

    def _start(self) -> None:
        with self._lock:
            if self._wanted:
                self._shown = True
                self._draw()

    def _draw(self) -> None:
        self._stream.write(f"\r\x1b[K{safe(self._text)} ...")
        self._stream.flush()
