"""What a command needs to know of the terminal: its width, its colours, its letters, and a line of progress."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import TextIO

PROGRESS_AFTER = 1.0
"""Seconds of silence before a line of progress: anything quicker needs none."""


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
        self._stream.write(f"\r\x1b[K{self._text} ...")
        self._stream.flush()
