"""The review on disk: where it is, how files get there, and the one clock.

A review is a folder with a ``review.toml`` and three folders beside it: ``queries``, ``extracted`` and ``reports``.
Everything that needs a path, a digest, the time or a safe way to write asks this module, so that a step can be run
twice and give the same bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from .errors import WorkspaceError
from .review import Arm, Outcome, Question, Review, read_review, visible

__all__ = [
    "REVIEW_FILE",
    "Arm",
    "Outcome",
    "Question",
    "Review",
    "Workspace",
    "atomic_write",
    "digest",
    "encoded",
    "now",
    "visible",
    "write_all",
]

REVIEW_FILE = "review.toml"
_TEMPORARY = (".synth-", ".tmp")
_HEX = frozenset("0123456789abcdef")
_PathLike = TypeVar("_PathLike", bound=str | os.PathLike[str])
_STALE = 3600.0  # seconds


@dataclass(frozen=True)
class Workspace:
    """A review and its folders.

    Parameters
    ----------
    root : Path
        Absolute path of the folder that holds ``review.toml``.
    review : Review
        What that file says.
    """

    root: Path
    review: Review

    @property
    def review_file(self) -> Path:
        """The file that makes this folder a review."""
        return self.root / REVIEW_FILE

    @property
    def queries(self) -> Path:
        """Saved searches and what they returned."""
        return self.root / "queries"

    @property
    def extracted(self) -> Path:
        """The sheets of study data."""
        return self.root / "extracted"

    @property
    def reports(self) -> Path:
        """What was made from the sheets."""
        return self.root / "reports"

    def relative(self, path: str | os.PathLike[str]) -> str:
        """Return the path as a person inside the review would write it: from the root, with forward slashes.

        A path outside the review comes back whole.
        """
        path = Path(path)
        absolute = path if path.is_absolute() else self.root / path
        try:
            return absolute.relative_to(self.root).as_posix()
        except ValueError:
            return absolute.as_posix()

    @staticmethod
    def find(start: str | os.PathLike[str] | None = None) -> Workspace:
        """Return the review that `start` (by default the current folder) lies in.

        Walks up to the first folder with a ``review.toml`` and reads it.

        Raises
        ------
        WorkspaceError
            No such folder up to the root of the disk, or the file cannot be read.
        ProblemsError
            ``review.toml`` has defects: all of them.
        """
        try:
            begin = Path(start if start is not None else os.getcwd()).resolve()
            for folder in (begin, *begin.parents):
                if (folder / REVIEW_FILE).is_file():
                    return Workspace(folder, read_review(folder / REVIEW_FILE))
        except OSError as error:
            raise WorkspaceError(f"Cannot look for {REVIEW_FILE}: {_reason(error)}.") from error
        raise WorkspaceError(
            f"There is no review here: no {REVIEW_FILE} in {visible(str(begin), 300)} or in any folder above it. "
            f"Go to the folder of a review, or begin one with: synth init DIR"
        )


def digest(path: str | os.PathLike[str]) -> str:
    """Return the sha256 of a file's bytes, as 64 hexadecimal digits.

    Raises
    ------
    WorkspaceError
        The file cannot be read.
    """
    try:
        with open(path, "rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise WorkspaceError(f"Cannot read {visible(os.fspath(path), 300)}: {_reason(error)}.") from error


def atomic_write(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file whole or not at all; whatever stood there stays until the new bytes are on the disk.

    Text is written as UTF-8 with the line ends it has, so that the bytes do not depend on the machine. A missing
    parent folder is made. A link is followed: the file behind it is the one that changes. The mode of an older file
    is kept, a new one follows the umask.

    Raises
    ------
    WorkspaceError
        The disk is full, the folder may not be written to, the path is a folder, ...: nothing was changed.
    """
    write_all({path: content})


def write_all(contents: Mapping[_PathLike, str | bytes]) -> None:
    """Write several files as :func:`atomic_write` does: every byte is on the disk before the first name changes hands.

    What an earlier run left behind when it was killed is swept from the folders on the way.

    Parameters
    ----------
    contents : mapping of path to str or bytes
        The whole of each file.

    Raises
    ------
    WorkspaceError
        One of them cannot be written: then none was changed.
    """
    ready: list[tuple[Path, Path]] = []
    before: list[tuple[Path, bytes | None]] = []
    shown = Path()
    try:
        for path, content in contents.items():
            shown = Path(path)
            target = Path(os.path.realpath(Path(path)))
            if target.is_dir():
                raise IsADirectoryError(21, "it is a folder", str(target))
            target.parent.mkdir(parents=True, exist_ok=True)
            _sweep(target.parent)
            ready.append((target.parent / f"{_TEMPORARY[0]}{secrets.token_hex(8)}{_TEMPORARY[1]}", target))
            _write_new(ready[-1][0], encoded(content))
            with contextlib.suppress(FileNotFoundError):
                os.chmod(ready[-1][0], target.stat().st_mode & 0o7777)
        for position, (temporary, shown) in enumerate(ready):
            # The last one needs no way back: nothing comes after it.
            old = shown.read_bytes() if position + 1 < len(ready) and shown.is_file() else None
            os.replace(temporary, shown)
            before.append((shown, old))
    except BaseException as error:
        for temporary, _ in ready:
            with contextlib.suppress(OSError):
                temporary.unlink()
        for target, old in before:
            with contextlib.suppress(OSError):
                if old is None:
                    target.unlink()
                else:
                    target.write_bytes(old)
        if isinstance(error, OSError):
            raise WorkspaceError(f"Cannot write {visible(str(shown), 300)}: {_reason(error)}.") from error
        raise


def encoded(content: str | bytes) -> bytes:
    """Return the bytes that a text is written as: UTF-8, with a file name that is none spelled out as JSON would."""
    return content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content


def _write_new(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o666), "wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())


def _sweep(folder: Path) -> None:
    """Remove temporary files of ours that no run of this hour can still be writing."""
    oldest = time.time() - _STALE
    for path in folder.glob(f"{_TEMPORARY[0]}*{_TEMPORARY[1]}"):
        name = path.name.removeprefix(_TEMPORARY[0]).removesuffix(_TEMPORARY[1])
        with contextlib.suppress(OSError):
            if len(name) == 16 and set(name) <= _HEX and path.is_file() and path.lstat().st_mtime < oldest:
                path.unlink()


def now() -> datetime:
    """Return the time, to the second, in UTC: the only clock in synth.

    ``SOURCE_DATE_EPOCH`` (seconds since 1970, as the reproducible-builds project defines it) stands still instead.

    Raises
    ------
    WorkspaceError
        The variable is set to something else than a time.

    Examples
    --------
    >>> os.environ["SOURCE_DATE_EPOCH"] = "0"
    >>> now().isoformat()
    '1970-01-01T00:00:00+00:00'
    >>> del os.environ["SOURCE_DATE_EPOCH"]
    """
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not fixed:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(fixed), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise WorkspaceError(
            f'SOURCE_DATE_EPOCH is "{visible(fixed)}", which is no time. Give whole seconds since 1970, or unset it.'
        ) from error


def _reason(error: OSError) -> str:
    """Return what the operating system said, without the traceback's clothes."""
    return error.strerror or type(error).__name__
