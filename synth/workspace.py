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
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

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
    "now",
    "visible",
]

REVIEW_FILE = "review.toml"


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
    # A lone surrogate can only come from a file name that is no UTF-8; its escape is also what JSON would write.
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    target = Path(os.path.realpath(path))
    temporary = target.parent / f".synth-{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        if target.is_dir():
            raise IsADirectoryError(21, "it is a folder", str(target))
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(temporary, flags, 0o666), "wb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            with contextlib.suppress(FileNotFoundError):
                os.chmod(temporary, target.stat().st_mode & 0o7777)
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except OSError as error:
        raise WorkspaceError(f"Cannot write {visible(os.fspath(path), 300)}: {_reason(error)}.") from error


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
