"""One run at a time on one search: a lock that dies with its process."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from ...errors import Busy, WorkspaceError
from ...workspace import now, visible

__all__ = ["LOCK_FILE", "held"]

LOCK_FILE = ".lock"


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder while the block runs.

    The operating system keeps the lock, so that it ends with the process however that ends; the file only says who has
    it. A file that a killed run left behind locks nothing.

    Raises
    ------
    Busy
        Another run holds it: which process, where, since when.
    WorkspaceError
        The folder cannot be written to.
    """
    path = folder / LOCK_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = _opened(path)
    except OSError as error:
        raise WorkspaceError(f"Cannot lock {visible(str(folder), 300)}: {error.strerror}.") from error
    try:
        yield
    finally:
        # First the name, then the lock: whoever waited on the old file sees that the name is another's.
        with contextlib.suppress(OSError):
            path.unlink()
        os.close(handle)


def _opened(path: Path) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            if not _try_lock(handle):
                raise Busy(_who(path))
            if _same(handle, path):
                said = {"pid": os.getpid(), "host": socket.gethostname(), "since": now().isoformat()}
                os.ftruncate(handle, 0)
                os.pwrite(handle, json.dumps(said).encode("utf-8"), 0) if hasattr(os, "pwrite") else os.write(
                    handle, json.dumps(said).encode("utf-8")
                )
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # its name was taken away between opening and locking: a new file has it now


def _same(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


def _try_lock(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return _try_lock_windows(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _try_lock_windows(handle: int) -> bool:
    import msvcrt

    # A byte far beyond the text, so that others can read who holds the lock.
    os.lseek(handle, 1 << 20, os.SEEK_SET)
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return False
    finally:
        os.lseek(handle, 0, os.SEEK_SET)
    return True


def _who(path: Path) -> str:
    name = visible(path.parent.name)
    try:
        said = json.loads(path.read_text("utf-8"))
        who = f"process {int(said['pid'])} on {visible(str(said['host']))}, since {visible(str(said['since']))}"
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process"
    return f'Another run is at work on the search "{name}": {who}. Wait for it, or stop it; a stopped run is continued.'
