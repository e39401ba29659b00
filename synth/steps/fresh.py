"""What lies in reports/, what each of it was made from, and whether that is still what the files say."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from .._version import __version__
from ..errors import WorkspaceError
from ..extract.instruments import own_files
from ..report.exports.shape import problem
from ..workspace import Workspace, digest, visible

__all__ = [
    "Made", "answering", "beside", "inputs_of", "kind_of", "made_outcomes", "paths_of_index", "paths_of_sheets",
    "read_document", "since",
]  # fmt: skip

OUTCOME = "synth.pool/"
INDEX = "synth.index/"
BIAS = "synth.bias/"
_LARGEST = 64 * 2**20


@dataclass(frozen=True)
class Made:
    """A page of an outcome that lies in ``reports/``.

    Parameters
    ----------
    path : Path
        Of its JSON; the page lies beside it.
    document : dict
        The whole of it.
    reasons : tuple of str
        Why it is stale; none where it is not.
    """

    path: Path
    document: dict[str, Any]
    reasons: tuple[str, ...]

    @property
    def page(self) -> Path:
        """The page."""
        return self.path.with_suffix(".html")

    @property
    def stale(self) -> bool:
        """Whether its inputs say something else today."""
        return bool(self.reasons)

    @property
    def command(self) -> str:
        """The command line that makes it again."""
        return str(self.document.get("command") or "synth pool")

    @property
    def outcome(self) -> str:
        """The outcome that it is of."""
        return str(self.document.get("outcome") or "")


def inputs_of(workspace: Workspace, paths: Iterable[Path]) -> list[dict[str, str]]:
    """Give path and SHA-256 of files, each once, in their order.

    Raises
    ------
    WorkspaceError
        One cannot be read.
    """
    return [{"path": workspace.relative(path), "sha256": digest(path)} for path in dict.fromkeys(paths)]


def paths_of_sheets(workspace: Workspace) -> tuple[Path, ...]:
    """Name the files that an outcome is made from: the sheets, the patients', and the review's own instruments."""
    folder = workspace.extracted
    sheets = [*_of_kinds(folder), *_of_kinds(folder / "patients")]
    return (workspace.review_file, *sheets, *own_files(folder))


def _of_kinds(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in sorted(folder.iterdir()) if path.suffix.lower() in (".csv", ".tsv") and _is_sheet(path)]


def _is_sheet(path: Path) -> bool:
    return path.is_file() and not path.name.startswith((".", "~$"))


def paths_of_index(workspace: Workspace) -> tuple[Path, ...]:
    """Name what the index is made from: review, sheets, strategies, logs of searches, and the outcomes' documents."""
    found = list(paths_of_sheets(workspace))
    for strategy in sorted(workspace.queries.glob("*.toml")):
        folder = workspace.queries / strategy.stem
        found += [strategy, *sorted((folder / "runs").glob("*.json")), *sorted((folder / "chase").glob("*.json"))]
    found += sorted((workspace.queries / "chase").glob("*.json"))
    found += [path for path in sorted(workspace.reports.glob("*.json")) if kind_of(path) in (OUTCOME, BIAS)]
    return tuple(path for path in found if path.is_file())


def kind_of(path: Path) -> str:
    """Tell by its beginning what a JSON file of ``reports/`` is: the stem of its schema; "" where it is none of ours.

    Raises
    ------
    WorkspaceError
        It cannot be read.
    """
    try:
        with path.open("rb") as handle:
            head = handle.read(200).decode("utf-8", "replace")
    except OSError as error:
        raise WorkspaceError(f"Cannot read {visible(str(path), 300)}: {error.strerror}.") from error
    return next((kind for kind in (OUTCOME, INDEX, BIAS) if f'"schema": "{kind}' in head), "")


def read_document(path: Path) -> dict[str, Any]:
    """Read a document that synth wrote.

    Raises
    ------
    WorkspaceError
        It cannot be read, or somebody has changed it so that it is none any more: with how to make it again.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("it is larger than any that synth writes")
        data = path.read_bytes()
        value = json.loads(data, parse_constant=_no_number, parse_float=_number)
        if not isinstance(value, dict) or not isinstance(value.get("inputs"), list):
            raise ValueError("it does not say what it was made from")
        value["inputs"] = [_input(each) for each in value["inputs"]]
        if not isinstance(value.get("generator"), dict):
            raise ValueError("it does not say what made it")
        if str(value.get("schema")).startswith(OUTCOME) and (wrong := _misfit(data)) is not None:
            raise ValueError(wrong)
    except (OSError, ValueError, RecursionError) as error:
        command = "synth pool" if kind_of(path) == OUTCOME else "synth report"
        raise WorkspaceError(
            f"{visible(str(path), 300)} cannot be read as synth writes it: {visible(str(error), 200)}. "
            f"Delete it, and make it again: {command}"
        ) from error
    return value


@lru_cache(maxsize=256)
def _misfit(data: bytes) -> str | None:
    """Say what of an outcome's document is not as its schema has it; one command looks at the same file repeatedly."""
    return problem(json.loads(data), lenient=True)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _number(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _input(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        path, sha256 = value.get("path", value.get("file")), value.get("sha256")
        if isinstance(path, str) and isinstance(sha256, str):
            return {"path": path, "sha256": sha256}
    raise ValueError("it does not say what it was made from")


def since(document: Mapping[str, Any], current: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Say what has changed since a document was made.

    Parameters
    ----------
    document : mapping
        With ``inputs`` and ``generator``.
    current : sequence of mapping
        The files that it would be made from now, with their SHA-256.

    Returns
    -------
    tuple of str
        None where nothing has.

    Examples
    --------
    >>> made = {"generator": {"version": __version__}, "inputs": [{"path": "a.csv", "sha256": "1"}]}
    >>> since(made, [{"path": "a.csv", "sha256": "2"}, {"path": "b.csv", "sha256": "3"}])
    ('a.csv has changed', 'b.csv is new')
    >>> since(made, made["inputs"])
    ()
    """
    before = {str(each["path"]): each["sha256"] for each in document["inputs"]}
    now = {each["path"]: each["sha256"] for each in current}
    said = [f"{visible(path, 120)} has changed" for path in before if path in now and now[path] != before[path]]
    said += [f"{visible(path, 120)} is gone" for path in before if path not in now]
    said += [f"{visible(path, 120)} is new" for path in now if path not in before]
    version = (document.get("generator") or {}).get("version")
    if version != __version__:
        said.append(f"made by synth {visible(str(version), 40)}, and this is {__version__}")
    return tuple(said)


def made_outcomes(workspace: Workspace) -> tuple[tuple[Made, ...], tuple[str, ...]]:
    """Look at every page of an outcome in ``reports/``.

    Returns
    -------
    tuple of Made, tuple of str
        By name, and what cannot be read.
    """
    current = inputs_of(workspace, paths_of_sheets(workspace))
    found, unreadable = [], []
    for path in sorted(workspace.reports.glob("*.json")):
        try:
            if kind_of(path) != OUTCOME:
                continue
            document = read_document(path)
        except WorkspaceError as error:
            unreadable.append(str(error))
            continue
        found.append(Made(path, document, (*since(document, current), *beside(path.with_suffix(".html"), document))))
    return tuple(found), tuple(unreadable)


def answering(workspace: Workspace, made: Iterable[Made], without: Iterable[str]) -> tuple[Made, ...]:
    """Leave out pages that answer nothing any more: of an outcome that the review does not have, or `without` data."""
    known, empty = {outcome.id for outcome in workspace.review.outcomes}, set(without)
    return tuple(each for each in made if each.outcome in known and each.path.stem not in empty)


def beside(page: Path, document: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what is wrong with the page beside a document: it is not there, or it was made from other files.

    A page says the SHA-256 of everything that it was made from, as its document does.
    """
    try:
        text = page.read_bytes()
    except FileNotFoundError:
        return (f"{visible(page.name, 120)} is not there",)
    except OSError as error:
        return (f"{visible(page.name, 120)} cannot be read: {error.strerror}",)
    if all(str(each["sha256"]).encode() in text for each in document["inputs"]):
        return ()
    return (f"{visible(page.name, 120)} was made from other files than its JSON",)
