"""Fetching records by PMID, 200 at a time: what came is on the disk before the next is asked for, and not asked again.

While one batch is on its way, another thread reads and compresses those before.

A batch goes through four states, so that a kill between any two of them costs nothing that was answered:

1. ``raw/00001.xml``, the answer as it came;
2. ``raw/00001.xml.gz`` and ``spool/00001.jsonl``, its records as they will be stored, each after its PMID and a tab;
3. a line in the journal with the digests of both;
4. ``raw/00001.xml`` removed.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from ...errors import DamagedXML, IncompleteSearch, WorkspaceError
from ...workspace import visible
from ..client.verdict import classify
from ..records.pubmed_xml import read_pubmed_xml
from ..records.record import Record, as_line
from .journal import Journal

__all__ = ["Batch", "Batches"]

_ROUNDS = 3
_AHEAD = 4  # answers that wait on the disk to be read, where reading is slower than fetching for a while
_LEVEL = 4  # of compression: 6 takes 1.6 times as long and saves a fourteenth
_UNREADABLE = 3  # batches, and then it is no longer one odd record


class _Fetcher(Protocol):
    """What is needed of the client."""

    def fetch(self, ids: Sequence[int]) -> bytes: ...


@dataclass(frozen=True)
class Batch:
    """What one efetch brought.

    Attributes
    ----------
    file : str
        Name of the compressed answer.
    sha256, spool_sha256 : str
        Of that file, and of the records read from it.
    first, last : int
        The smallest and the largest PMID asked for.
    asked, received : int
        PMIDs asked for, and those of them that came.
    missing, unexpected : list of int
        Asked for and not delivered; delivered and not asked for.
    unreadable : str
        Why nothing could be read from the answer, which is kept as it came; "" as a rule.
    """

    file: str
    sha256: str
    spool_sha256: str
    first: int
    last: int
    asked: int
    received: int
    missing: list[int]
    unexpected: list[int]
    unreadable: str = ""


@dataclass(frozen=True)
class _Reading:
    """An answer that has come and is being read."""

    name: str
    ids: Sequence[int]
    batch: Future[Batch]


class Batches:
    """The batches of one run.

    Parameters
    ----------
    entrez : Entrez
        Asked.
    folder : Path
        ``current``; the raw answers and the spool lie below it.
    journal : Journal
        Holds the batches that are done.
    """

    def __init__(self, entrez: _Fetcher, folder: Path, journal: Journal) -> None:
        self.entrez, self.journal = entrez, journal
        self.raw, self.spool = folder / "raw", folder / "spool"
        self.done: dict[str, Batch] = {}
        for entry in journal.entries:
            if entry["kind"] == "batch":
                batch = Batch(**{name: entry[name] for name in Batch.__dataclass_fields__})
                if self._is_there(batch):
                    self.done[batch.file] = batch

    def fetch(
        self, prefix: str, ids: Sequence[int], size: int, tell: Callable[[Batch], None], keep: Callable[..., None]
    ) -> list[Batch]:
        """Fetch those that are not there yet, in parts of `size`; return all of them in order.

        Parameters
        ----------
        prefix : str
            Of the files' names.
        tell : callable
            Told of each batch that is done, those of before too.
        keep : callable
            Writes a journal entry: called as ``keep("batch", **values)``.

        Raises
        ------
        ServiceError
            PubMed gave no usable answer; everything before is kept.
        IncompleteSearch
            An answer cannot be read, however often it is fetched.
        WorkspaceError
            The disk is full, for one; everything before is kept.
        """
        names: list[str] = []
        try:
            for folder in (self.raw, self.spool):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _cannot_write(self.raw, error) from error
        reading: deque[_Reading] = deque()
        with ThreadPoolExecutor(1, "synth-reading") as reader:
            for number, start in enumerate(range(0, len(ids), size), 1):
                name, part = f"{prefix}{number:05d}", ids[start : start + size]
                names.append(f"{name}.xml.gz")
                if self._has(names[-1], part):
                    _remove(self.raw / f"{name}.xml")
                    tell(self.done[names[-1]])
                    continue
                try:
                    self._get(name, part)
                except BaseException:
                    # What came before the failure is good: it counts as done.
                    while reading and reading[0].batch.exception() is None:
                        self._finish(reading.popleft(), tell, keep)
                    raise
                reading.append(_Reading(name, part, reader.submit(self._read, name, part)))
                while reading[0].batch.done() or len(reading) > _AHEAD:
                    self._finish(reading.popleft(), tell, keep)
                    if not reading:
                        break
            while reading:
                self._finish(reading.popleft(), tell, keep)
        return [self.done[name] for name in names]

    def lines(self, batches: Sequence[Batch]) -> Iterator[tuple[int, str]]:
        """Yield PMID and line of every record of those batches, in the memory of one."""
        for batch in batches:
            with open(self._spool_file(batch.file), encoding="utf-8", newline="\n") as handle:
                for line in handle:
                    pmid, _, rest = line.partition("\t")
                    yield int(pmid), rest

    def _get(self, name: str, ids: Sequence[int]) -> None:
        """Have the answer on the disk: from before, where a run was killed after it came, or from PubMed."""
        path = self.raw / f"{name}.xml"
        try:
            body = path.read_bytes()
        except FileNotFoundError:
            body = b""
        except OSError as error:
            raise WorkspaceError(f"Cannot read {visible(str(path), 300)}: {error.strerror}.") from error
        if body and classify(body, "efetch").kind == "good":
            return
        self._ask(name, ids)

    def _ask(self, name: str, ids: Sequence[int]) -> None:
        for _ in range(_ROUNDS):
            body = self.entrez.fetch(ids)
            # One record may have become unavailable; two hundred at once have not.
            if len(ids) == 1 or b"</PMID>" in body:
                break
        # Not put on the disk by force: it only saves asking again, and is judged again before it is used.
        _write(self.raw / f"{name}.xml", body, sync=False)

    def _finish(self, reading: _Reading, tell: Callable[[Batch], None], keep: Callable[..., None]) -> None:
        """Wait for the reading, fetch again what cannot be read, and put the batch into the journal."""
        name, ids = reading.name, reading.ids
        for rounds in range(_ROUNDS):
            try:
                batch = reading.batch.result() if rounds == 0 else self._read(name, ids)
                break
            except DamagedXML as error:
                if rounds + 1 < _ROUNDS:
                    self._ask(name, ids)
                    continue
                # One record that breaks the reader must not take the others with it for ever: they are asked for apart.
                batch = self._unread(name, ids, str(error))
                others = [each for each in self.done.values() if each.unreadable and each.asked > 1]
                if len(ids) > 1 and len(others) + 1 >= _UNREADABLE:
                    raise IncompleteSearch(
                        "The search is not complete: answers of PubMed cannot be read. The rest is kept; run it again.",
                        [f"{len(ids)} PMIDs from {ids[0]} to {ids[-1]}: {error}"],
                    ) from error
        keep("batch", **asdict(batch))
        self.done[batch.file] = batch
        _remove(self.raw / f"{name}.xml")
        tell(batch)

    def _read(self, name: str, ids: Sequence[int]) -> Batch:
        """Read an answer's records and write what is kept of it. Runs beside the next request."""
        path = self.raw / f"{name}.xml"
        body = path.read_bytes()
        asked = set(ids)
        found: dict[int, Record] = {}
        unexpected: set[int] = set()
        for record in read_pubmed_xml(body):
            if record.pmid not in asked:
                unexpected.add(record.pmid)
            elif record.pmid not in found or found[record.pmid].version < record.version:
                found[record.pmid] = record
        lines = [f"{pmid}\t{as_line(found[pmid])}" for pmid in sorted(found)]
        return self._kept(name, ids, body, "".join(lines).encode("utf-8"), asked - found.keys(), unexpected)

    def _unread(self, name: str, ids: Sequence[int], reason: str) -> Batch:
        body = (self.raw / f"{name}.xml").read_bytes()
        return self._kept(name, ids, body, b"", set(ids), set(), reason)

    def _kept(
        self,
        name: str,
        ids: Sequence[int],
        body: bytes,
        spool: bytes,
        missing: set[int],
        unexpected: set[int],
        unreadable: str = "",
    ) -> Batch:
        file = f"{name}.xml.gz"
        packed = gzip.compress(body, _LEVEL, mtime=0)
        _write(self.raw / file, packed)
        _write(self._spool_file(file), spool)
        return Batch(
            file,
            hashlib.sha256(packed).hexdigest(),
            hashlib.sha256(spool).hexdigest(),
            ids[0],
            ids[-1],
            len(ids),
            len(ids) - len(missing),
            sorted(missing),
            sorted(unexpected),
            unreadable,
        )

    def _has(self, file: str, ids: Sequence[int]) -> bool:
        """Whether a batch is done, and of these ids: another version of synth may cut them otherwise."""
        batch = self.done.get(file)
        return batch is not None and (batch.first, batch.last, batch.asked) == (ids[0], ids[-1], len(ids))

    def _is_there(self, batch: Batch) -> bool:
        """Whether both files of a batch are as the journal says."""
        wanted = (self.raw / batch.file, batch.sha256), (self._spool_file(batch.file), batch.spool_sha256)
        for path, sha256 in wanted:
            try:
                with open(path, "rb") as handle:
                    if hashlib.file_digest(handle, "sha256").hexdigest() != sha256:
                        return False
            except OSError:
                return False
        return True

    def _spool_file(self, file: str) -> Path:
        return self.spool / f"{file.removesuffix('.xml.gz')}.jsonl"


def _write(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Write a file of the journal's folder: under its name it is whole or not there at all."""
    temporary = path.with_name(f"{path.name}.part")
    try:
        with open(temporary, "wb") as handle:
            handle.write(data)
            handle.flush()
            if sync:
                os.fsync(handle.fileno())
        os.replace(temporary, path)
    except OSError as error:
        _remove(temporary)
        raise _cannot_write(path, error) from error


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _cannot_write(path: Path, error: OSError) -> WorkspaceError:
    return WorkspaceError(
        f"Cannot write {visible(str(path), 300)}: {error.strerror}. What was fetched is kept; run it again to continue."
    )


