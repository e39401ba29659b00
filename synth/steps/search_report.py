"""What a search is worth and what a review publishes of it: the check against known publications, and PRISMA-S."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import IncompleteSearch, ProblemsError, SettingsError, SynthError, WorkspaceError
from ..review import visible
from ..search.client.entrez import Entrez
from ..search.known import Check, check_known, once
from ..search.known_list import read_known
from ..search.prisma_s import SCHEMA, search_record
from ..search.prisma_s_text import as_html, as_markdown
from ..search.run.store import Store
from ..search.strategy.model import Known, Strategy
from ..workspace import Workspace, atomic_write
from .run import to_json
from .search import judge
from .search_list import open_store, open_strategy, sound_log, strategy_names

__all__ = [
    "Checked",
    "check",
    "format_of",
    "known_of",
    "record_of",
    "records_of_review",
    "report_text",
    "save_report",
]

_LARGEST = 32 * 2**20
_FORMATS = {"": "md", "md": "md", "markdown": "md", "txt": "md", "html": "html", "htm": "html", "json": "json"}


def known_of(words: Sequence[str]) -> tuple[tuple[Known, ...], tuple[str, ...]]:
    """Read the known publications that a person names: PMIDs, or files that list them.

    Parameters
    ----------
    words : sequence of str
        Each a PMID or the path of a file.

    Returns
    -------
    tuple of Known, tuple of str
        Each once, and what was left out of the files.

    Raises
    ------
    ProblemsError
        Every word and line that is no PMID.
    WorkspaceError
        A file cannot be read.
    """
    found: list[Known] = []
    notes: list[str] = []
    for word in words:
        path = Path(word)
        if word.isascii() and word.isdigit() and not path.exists():
            known, more = read_known(word, "--known")
        else:
            known, more = read_known(_text_of(path), visible(word, 120))
        found += known
        notes += more
    return tuple(once(found)), tuple(notes)


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as handle:
            data = handle.read(_LARGEST + 1)
    except OSError as error:
        shown = visible(str(path), 200)
        raise WorkspaceError(f"{shown} is neither a PMID nor a file that can be read: {error.strerror}.") from error
    if len(data) > _LARGEST:
        size = f"{_LARGEST // 2**20} MB"
        raise WorkspaceError(f"{visible(str(path), 200)} is larger than {size}: it is no list of PMIDs.")
    return data.decode("utf-8", "replace")


@dataclass(frozen=True)
class Checked:
    """The answer of a check, and whether the strategy had promised more.

    Attributes
    ----------
    result : Check
        What was found and missed.
    promised : bool
        Whether the publications stand in the strategy as those it must find.
    """

    result: Check
    promised: bool

    def check(self) -> None:
        """Raise where the strategy misses what it must find.

        Raises
        ------
        IncompleteSearch
            With every publication that is missed.
        """
        missed = self.result.of("missed")
        if self.promised and missed:
            raise IncompleteSearch(
                f"{self.result.name} misses {len(missed)} of the publications that it must find.",
                [f"{item.pmid} {item.label}" for item in missed],
            )


def check(
    strategy: Strategy, words: Sequence[str], entrez: Callable[[], Entrez], progress: Callable[[int, int], None]
) -> Checked:
    """Ask PubMed which known publications a strategy finds: those that it names itself, or those of `words`.

    Raises
    ------
    ProblemsError
        The strategy or the list has errors.
    SettingsError
        There is nothing to check it against.
    ServiceError
        PubMed gave no usable answer.
    """
    judge(strategy)
    known, notes = known_of(words) if words else (strategy.known, ())
    if not known:
        raise SettingsError(
            f"{strategy.file} names no known publications. Write them below [known], as 37268432 = \"Wänman 2023\", or "
            f"give a list: --known FILE."
        )
    return Checked(check_known(strategy, known, entrez(), notes=notes, progress=progress), not words)


def record_of(workspace: Workspace, name: str, run: str | None = None) -> dict[str, Any]:
    """Return the record of a search that PRISMA-S asks for: schema ``synth.prisma-s/1``.

    Parameters
    ----------
    workspace : Workspace
        The review.
    name : str
        Of the strategy.
    run : str, optional
        Which run; the last one whose records are stored if left out, or else the last one.

    Raises
    ------
    UnknownName
        There is no such run.
    WorkspaceError
        The search was not run yet.
    ProblemsError
        A file of it is damaged.
    """
    strategy: Strategy | None = None
    if name in strategy_names(workspace):
        try:
            strategy = open_strategy(workspace, name)
        except ProblemsError:
            strategy = None  # the record is of the strategy as it was searched, whatever its file says today
    elif not open_store(workspace, name).runs():
        open_strategy(workspace, name)
    store = open_store(workspace, name)
    logs = [sound_log(store, store.log(each)) for each in store.runs()]
    if not logs:
        raise WorkspaceError(f"{visible(name)} was not run yet: synth search {visible(name)}")
    log = sound_log(store, store.log(run)) if run is not None else store.last() or logs[-1]
    stored = store.last()
    dois: dict[str, int] = {}
    if stored is not None and stored["run"] == log["run"]:
        dois = {doi: record.pmid for record in store.records() for doi in (record.doi, *record.other_dois) if doi}
    return search_record(
        log,
        earlier=logs,
        chases=chase_logs(store),
        dois=dois,
        changed_since=strategy is None or strategy.sha256 != log["strategy"]["sha256"],
    )


def records_of_review(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the record of every search of a review that was run, in the order of their names.

    For a report of the whole review: each is a document of schema ``synth.prisma-s/1``, which
    :func:`synth.search.prisma_s_text.as_html` writes as a fragment of a page.
    """
    return [record_of(workspace, name) for name in strategy_names(workspace) if open_store(workspace, name).runs()]


def chase_logs(store: Store) -> list[dict[str, Any]]:
    """Return the logs of the citation searches that were made from a search, in order of time.

    Raises
    ------
    WorkspaceError
        One cannot be read.
    """
    found = []
    for path in sorted((store.folder / "chase").glob("*.json")):
        try:
            log = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise WorkspaceError(f"Cannot read {visible(str(path), 300)}: {error}.") from error
        if isinstance(log, dict) and log.get("schema") == "synth.chase/1":
            found.append(log)
    return found


def format_of(format: str | None, output: Path | None, as_json: bool) -> str:
    """Choose the format: as asked for, or by the ending of the file, or Markdown.

    Raises
    ------
    SettingsError
        Two different ones are asked for, or none is known by that ending.
    """
    if as_json and format not in (None, "json"):
        raise SettingsError(f"--json and --format {format} are two formats. Keep one.")
    ending = output.suffix.lower().lstrip(".") if output is not None else ""
    if as_json or format:
        return "json" if as_json else str(format)
    if ending not in _FORMATS:
        raise SettingsError(
            f"A file that ends in .{visible(ending, 40)} is not written. Name one that ends in .md, .html or .json "
            "with --output, or give --format."
        )
    return _FORMATS[ending]


def report_text(record: dict[str, Any], format: str, *, ascii_only: bool = False) -> str:
    """Write a record as Markdown, as a fragment of HTML or as JSON."""
    if format == "html":
        return as_html(record)
    return to_json(record, ascii_only=ascii_only) if format == "json" else as_markdown(record)


def save_report(path: Path, text: str) -> None:
    """Write a record into a file; one that synth did not write is left alone.

    Raises
    ------
    SynthError
        The file is somebody's own, or cannot be written.
    """
    try:
        if path.exists() and path.stat().st_size:
            with path.open("rb") as handle:
                if not path.is_file() or SCHEMA.encode() not in handle.read(4096):
                    raise SynthError(
                        f"{visible(str(path), 200)} is there already and is no record of synth's, so it was left as it "
                        "is. Name another file with --output, or move that one away."
                    )
    except OSError as error:
        raise WorkspaceError(f"Cannot look at {visible(str(path), 200)}: {error.strerror}.") from error
    if not path.parent.is_dir():
        raise WorkspaceError(f"There is no folder {visible(str(path.parent), 200)} to write {path.name} in.")
    atomic_write(path, text)
