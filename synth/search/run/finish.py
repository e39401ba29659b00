"""Ending a run: all that changes is made ready beside the old, then moved into place in steps that can be repeated.

A kill before the journal says "staged" leaves the stored search as it was; a kill after it is made good by whoever runs
the search next. The run log comes last: where it is, all is.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from ...errors import WorkspaceError
from ...workspace import visible
from .changes import Change, Changes, compare
from .journal import Journal, fsync_folder
from .store import JOURNAL, Store, lines_of

__all__ = ["discard", "log_text", "settle", "stage_log", "stage_records", "stage_sample"]

_STAGE: Final = "stage"


def stage_records(
    store: Store, run: str, lines: Callable[[], Iterator[tuple[int, str]]], undelivered: frozenset[int]
) -> tuple[Changes, dict[str, object]]:
    """Write the new records, their PMIDs and those that are gone beside the old ones, and say what changed.

    Parameters
    ----------
    lines : callable
        Gives PMID and line of each record of this run, ascending.
    undelivered : frozenset of int
        PMIDs that the search found and PubMed did not deliver: where their record is stored from before, it stays.

    Returns
    -------
    Changes, dict
        What changed, and the file of records with its count and SHA-256.

    Raises
    ------
    ProblemsError
        A stored file was damaged: which, and where.
    WorkspaceError
        The disk is full, for one.
    """
    changes = Changes()
    folder = _fresh(store)
    try:
        with (
            _Out(folder / "records.jsonl") as records,
            _Out(folder / "pmids.txt") as pmids,
            _Out(folder / "gone.jsonl") as gone,
        ):
            for each in compare(lines_of(store.records_file), lines(), lines_of(store.gone_file)):
                kept = each.pmid in undelivered
                changes.count(each, kept)
                line = each.new if each.new is not None else each.old if kept else None
                if line is not None:
                    records.write(line)
                    pmids.write(f"{each.pmid}\n")
                else:
                    gone.write(_gone(each, run))
    except OSError as error:
        raise _cannot(folder, error) from error
    if not gone.count and not store.gone_file.exists():
        (folder / "gone.jsonl").unlink()
    return changes, {"file": "records.jsonl", "count": records.count, "sha256": records.sha256}


def stage_sample(store: Store, lines: Iterable[tuple[int, str]]) -> dict[str, object]:
    """Write the records of a run with a limit, which go into a file of their own."""
    folder = _fresh(store)
    try:
        with _Out(folder / "sample.jsonl") as out:
            for _, line in lines:
                out.write(line)
    except OSError as error:
        raise _cannot(folder, error) from error
    return {"file": "sample.jsonl", "count": out.count, "sha256": out.sha256}


def stage_log(store: Store, run: str, log: dict[str, Any], journal: Journal, *, fresh: bool = False) -> None:
    """Write the log beside the rest, and say in the journal that all is ready."""
    folder = _fresh(store) if fresh else store.current / _STAGE
    try:
        with _Out(folder / "run.json") as out:
            out.write(log_text(log))
        fsync_folder(folder)
    except OSError as error:
        raise _cannot(folder, error) from error
    journal.add("staged", run=run)


def settle(store: Store, run: str) -> None:
    """Move what is staged into place, and remove the journal. Every step may have been done already.

    Raises
    ------
    WorkspaceError
        Something cannot be moved: calling again goes on.
    """
    stage = store.current / _STAGE
    moves = [
        (store.current / "raw", store.raw_folder(run)),
        (stage / "gone.jsonl", store.gone_file),
        (stage / "records.jsonl", store.records_file),
        (stage / "pmids.txt", store.pmids_file),
        (stage / "sample.jsonl", store.sample_file),
        (stage / "run.json", store.run_file(run)),
    ]
    try:
        for source, target in moves:
            if source.exists():
                if source.is_dir():
                    _tidy(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(source, target)
                fsync_folder(target.parent)
    except OSError as error:
        raise _cannot(store.folder, error) from error
    discard(store)


def discard(store: Store) -> None:
    """Remove a run that has not ended, the journal last, so that a kill on the way leaves nothing that looks whole.

    Raises
    ------
    WorkspaceError
        It cannot be removed.
    """
    try:
        for name in ("spool", "raw", _STAGE):
            # The journal still describes them: what is half removed is seen by its digest, and fetched again.
            if (store.current / name).is_dir():
                shutil.rmtree(store.current / name)
        (store.current / JOURNAL).unlink(missing_ok=True)
        if store.current.is_dir():
            shutil.rmtree(store.current)
    except OSError as error:
        raise _cannot(store.current, error) from error


def log_text(log: dict[str, Any]) -> str:
    """Return a run log as JSON that a person can read: long lists of whole numbers go many to a line."""
    lists: list[str] = []
    # A word that no text of the log can hold by chance; the same for the same log.
    mark = f"list-{hashlib.sha256(json.dumps(log).encode()).hexdigest()}-"

    def shortened(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shortened(each) for name, each in value.items()}
        if isinstance(value, list) and value and all(type(each) is int for each in value):
            lists.append(_folded(value))
            return f"{mark}{len(lists) - 1}"
        return [shortened(each) for each in value] if isinstance(value, list) else value

    text = json.dumps(shortened(log), indent=2, ensure_ascii=False, allow_nan=False)
    first, *others = text.split(f'"{mark}')
    whole = [first]
    for other in others:
        number, _, rest = other.partition('"')
        whole += [lists[int(number)], rest]
    return "".join(whole) + "\n"


def _folded(values: list[int]) -> str:
    rows = [", ".join(map(str, values[start : start + 10])) for start in range(0, len(values), 10)]
    return f"[{rows[0]}]" if len(rows) == 1 else "[\n" + ",\n".join(rows) + "\n]"


def _gone(each: Change, run: str) -> str:
    """Give the line of a record that is gone: as it was kept, or since this run."""
    if each.old is None:
        assert each.gone is not None
        return each.gone
    return f'{{"gone_since": {json.dumps(run)}, "pmid": {each.pmid}, "record": {each.old.rstrip()}}}\n'


class _Out:
    """A staged file: counts its lines, digests its bytes, and is on the disk when it is closed."""

    def __init__(self, path: Path) -> None:
        self._handle = open(path, "wb")  # noqa: SIM115  # this is the context manager
        self._digest = hashlib.sha256()
        self.count = 0

    def __enter__(self) -> _Out:
        return self

    def write(self, text: str) -> None:
        data = text.encode("utf-8", "backslashreplace")
        self._handle.write(data)
        self._digest.update(data)
        self.count += 1

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def __exit__(self, *raised: object) -> None:
        try:
            self._handle.flush()
            os.fsync(self._handle.fileno())
        finally:
            self._handle.close()


def _fresh(store: Store) -> Path:
    folder = store.current / _STAGE
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        raise _cannot(folder, error) from error
    return folder


def _tidy(raw: Path) -> None:
    """Leave the compressed answers alone in their folder."""
    for path in raw.iterdir():
        if not path.name.endswith(".xml.gz"):
            with contextlib.suppress(OSError):
                path.unlink()


def _cannot(path: Path, error: OSError) -> WorkspaceError:
    where = visible(os.fspath(error.filename or path), 300)
    return WorkspaceError(
        f"Cannot write {where}: {error.strerror}. What was fetched is kept; run it again to continue."
    )
