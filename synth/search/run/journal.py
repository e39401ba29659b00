"""What a run has done so far, kept line by line so that a kill at any byte loses at most the line being written.

A line is eight hexadecimal digits (CRC-32 of the rest) and one JSON object. It is on the disk before the run goes on.
What follows the first line that is cut or does not agree with its digits is dropped when the journal is opened again.
"""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import WorkspaceError
from ...workspace import visible

__all__ = ["Journal", "fsync_folder", "read_journal"]


class Journal:
    """A journal open for adding lines.

    Parameters
    ----------
    path : Path
        The file; made if it is not there.

    Attributes
    ----------
    entries : list of dict
        What is in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.entries, whole = read_journal(path)
            self._handle: int | None = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
            os.ftruncate(self._handle, whole)
            os.lseek(self._handle, whole, os.SEEK_SET)
            os.fsync(self._handle)
            fsync_folder(path.parent)
        except OSError as error:
            raise self._failed(error) from error

    def add(self, kind: str, **values: object) -> None:
        """Write one entry to the disk.

        Raises
        ------
        WorkspaceError
            The disk is full, for one: the entry counts as not written.
        """
        entry = {"kind": kind, **values}
        data = _line(entry)
        assert self._handle is not None, "the journal is closed"
        before = os.lseek(self._handle, 0, os.SEEK_CUR)
        try:
            while data:
                data = data[os.write(self._handle, data) :]
            os.fsync(self._handle)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, before)
                os.lseek(self._handle, before, os.SEEK_SET)
            raise self._failed(error) from error
        self.entries.append(entry)

    def close(self) -> None:
        """Close the file; nothing is lost without it."""
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.close(self._handle)
            self._handle = None

    def _failed(self, error: OSError) -> WorkspaceError:
        return WorkspaceError(f"Cannot write {visible(str(self.path), 300)}: {error.strerror}. Nothing is lost.")


def read_journal(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the entries that are whole, and the length in bytes of what they take; none where there is no file.

    Raises
    ------
    OSError
        The file is there and cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    entries: list[dict[str, Any]] = []
    whole = 0
    for line in data.splitlines(keepends=True):
        entry = _entry(line)
        if entry is None:
            break
        entries.append(entry)
        whole += len(line)
    return entries, whole


def _line(entry: Mapping[str, object]) -> bytes:
    text = json.dumps(entry, separators=(",", ":"), ensure_ascii=True).encode("ascii")
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _entry(line: bytes) -> dict[str, Any] | None:
    digits, _, text = line[:-1].partition(b" ")
    if not line.endswith(b"\n") or digits != b"%08x" % zlib.crc32(text):
        return None
    try:
        entry = json.loads(text)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and isinstance(entry.get("kind"), str) else None


def fsync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk, where the system can (Windows cannot)."""
    with contextlib.suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
