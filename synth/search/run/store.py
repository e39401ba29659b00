"""What a search has brought, on disk: where everything lies, and reading it back.

::

    queries/NAME/records.jsonl    the records of the last run, a line each, ascending by PMID
    queries/NAME/pmids.txt        their PMIDs
    queries/NAME/gone.jsonl       records that an earlier run found and the last one did not: kept, with the run that
                                  missed them first
    queries/NAME/sample.jsonl     the records of the last run with a limit, which changes nothing else
    queries/NAME/raw/RUN/         the answers of PubMed, compressed
    queries/NAME/runs/RUN.json    the log of each run
    queries/NAME/current/         a run that has not ended
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ...errors import Problem, ProblemsError, UnknownName, WorkspaceError
from ...workspace import visible
from ..records.record import Record, from_json, from_line
from .journal import read_journal

__all__ = ["JOURNAL", "Interrupted", "Store", "lines_of"]

JOURNAL: Final = "journal.jsonl"


@dataclass(frozen=True)
class Interrupted:
    """A run that has not ended.

    Attributes
    ----------
    run : str
        Its name.
    digest : str
        Of what it asked (:attr:`synth.search.strategy.query.Query.digest`).
    limit : int or None
        As it was given.
    done, total : int
        Records fetched, of how many; 0 of 0 where the PMIDs are not all listed yet.
    """

    run: str
    digest: str
    limit: int | None
    done: int
    total: int


@dataclass(frozen=True)
class Store:
    """The folder of one search.

    Parameters
    ----------
    folder : Path
        ``queries/NAME``; it need not exist.
    """

    folder: Path

    @property
    def records_file(self) -> Path:
        """The records of the last run."""
        return self.folder / "records.jsonl"

    @property
    def pmids_file(self) -> Path:
        """Their PMIDs."""
        return self.folder / "pmids.txt"

    @property
    def gone_file(self) -> Path:
        """Records that were found once and no more."""
        return self.folder / "gone.jsonl"

    @property
    def sample_file(self) -> Path:
        """The records of the last run with a limit."""
        return self.folder / "sample.jsonl"

    @property
    def current(self) -> Path:
        """A run that has not ended."""
        return self.folder / "current"

    def run_file(self, run: str) -> Path:
        """The log of a run."""
        return self.folder / "runs" / f"{run}.json"

    def raw_folder(self, run: str) -> Path:
        """The answers of PubMed in a run."""
        return self.folder / "raw" / run

    def runs(self) -> tuple[str, ...]:
        """Name every run that has ended, the oldest first."""
        try:
            names = [path.stem for path in (self.folder / "runs").glob("*.json") if not path.name.startswith(".")]
        except OSError as error:
            raise _unreadable(self.folder / "runs", error) from error
        return tuple(sorted(names, key=_by_time))

    def log(self, run: str) -> dict[str, Any]:
        """Return the log of a run.

        Raises
        ------
        UnknownName
            There is no such run.
        WorkspaceError, ProblemsError
            The log cannot be read.
        """
        path = self.run_file(run)
        try:
            value = json.loads(path.read_bytes())
        except FileNotFoundError:
            raise UnknownName("run", visible(run), self.runs()) from None
        except OSError as error:
            raise _unreadable(path, error) from error
        except (ValueError, RecursionError) as error:
            raise ProblemsError([_damaged(path, None, str(error))]) from error
        if not isinstance(value, dict):
            raise ProblemsError([_damaged(path, None, "it is no JSON object")])
        return value

    def last(self) -> dict[str, Any] | None:
        """Return the log of the run that the stored records are of; None where there is none yet."""
        for run in reversed(self.runs()):
            log = self.log(run)
            if log.get("installed"):
                return log
        return None

    def pmids(self) -> tuple[int, ...]:
        """Return the PMIDs of the stored records, ascending; none where nothing is stored."""
        try:
            words = self.pmids_file.read_text("ascii").split()
            return tuple(int(word) for word in words)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _unreadable(self.pmids_file, error) from error
        except ValueError as error:
            raise ProblemsError([_damaged(self.pmids_file, None, str(error))]) from error

    def records(self) -> Iterator[Record]:
        """Yield the stored records one by one, ascending by PMID."""
        for row, (_, line) in enumerate(lines_of(self.records_file), 1):
            try:
                yield from_line(line)
            except ValueError as error:
                raise ProblemsError([_damaged(self.records_file, row, str(error))]) from error

    def gone(self) -> Iterator[tuple[Record, str]]:
        """Yield each record that is found no more, with the run that missed it first."""
        for row, (_, line) in enumerate(lines_of(self.gone_file), 1):
            value = json.loads(line)
            try:
                yield from_json(value["record"]), str(value["gone_since"])
            except (ValueError, KeyError) as error:
                raise ProblemsError([_damaged(self.gone_file, row, str(error))]) from error

    def interrupted(self) -> Interrupted | None:
        """Return the run that has not ended, if there is one."""
        try:
            entries, _ = read_journal(self.current / JOURNAL)
        except OSError as error:
            raise _unreadable(self.current / JOURNAL, error) from error
        if not entries or entries[0]["kind"] != "begin":
            return None
        total = next((int(entry["wanted"]) for entry in entries if entry["kind"] == "ids"), 0)
        done = sum(int(entry["received"]) for entry in entries if entry["kind"] == "batch")
        first = entries[0]
        return Interrupted(first["run"], first["digest"], first["limit"], done, total)


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield PMID and line of each record of a file, in the memory of one line; nothing where there is no file.

    Raises
    ------
    ProblemsError
        A line is no record, or not after the one before: with its number.
    WorkspaceError
        The file cannot be read.
    """
    before = 0
    try:
        with open(path, encoding="utf-8", newline="\n") as handle:
            for row, line in enumerate(handle, 1):
                pmid = _pmid_of(line)
                if pmid is None or not line.endswith("\n"):
                    raise ProblemsError([_damaged(path, row, "the line is no record")])
                if pmid <= before:
                    raise ProblemsError([_damaged(path, row, f"PMID {pmid} comes after {before}")])
                before = pmid
                yield pmid, line
    except FileNotFoundError:
        return
    except UnicodeDecodeError as error:
        raise ProblemsError([_damaged(path, None, "it is not UTF-8")]) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def _pmid_of(line: str) -> int | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    pmid = value.get("pmid") if isinstance(value, dict) else None
    return pmid if isinstance(pmid, int) and not isinstance(pmid, bool) and pmid > 0 else None


def _by_time(run: str) -> tuple[str, int, str]:
    stamp, _, number = run.partition("Z-")
    return stamp.removesuffix("Z"), int(number) if number.isdecimal() else 1, run


def _damaged(path: Path, row: int | None, what: str) -> Problem:
    parts = path.parts
    # As a person in the review knows it: from queries/ on.
    first = len(parts) - 1 - parts[::-1].index("queries") if "queries" in parts else -2
    return Problem(
        "/".join(parts[first:]),
        f"{what}. The file was changed or damaged after it was written, or a newer synth wrote it.",
        "Restore it from version control or a copy.",
        row=row,
    )


def _unreadable(path: str | os.PathLike[str], error: OSError) -> WorkspaceError:
    return WorkspaceError(f"Cannot read {visible(os.fspath(path), 300)}: {error.strerror}.")
