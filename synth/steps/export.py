"""Export: what a page, its JSON or an outcome of a review holds, as files for other programs."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import SynthError, UnknownName, WorkspaceError
from ..report.exports.bundle import FORMATS, Page, bundle, outcome_files, safe_name
from ..report.exports.shape import problem
from ..report.outcome.embedded import NotInside, extract
from ..report.words.reading import outcome_label
from ..workspace import Workspace, visible
from .environment import environment
from .outgoing import write_into
from .output import check_path
from .run import to_json

__all__ = ["LARGEST", "Exported", "export", "read_page"]

SCHEMA = "synth.export/1"
LARGEST = 64 * 2**20
"""Bytes of a page or a JSON file: far more than any that synth writes."""
_PAGES = (".html", ".htm", ".xhtml")
_DEEPEST = 40
"""Levels of a document: a real one has about ten."""
_ENDLESS = "its document is nested without end"


@dataclass(frozen=True)
class Exported:
    """What went out.

    Parameters
    ----------
    folder : Path
        Where to.
    document : dict
        As JSON, schema ``synth.export/1``: the source, the outcome, and every file with format, size and SHA-256.
    """

    folder: Path
    document: dict[str, Any]


def export(
    source: str, folder: str | os.PathLike[str] | None = None, formats: Sequence[str] = (), *, start: Path | None = None
) -> Exported:
    """Write the data of one outcome in other formats.

    Parameters
    ----------
    source : str
        A page (``.html``) that synth wrote, which needs nothing beside it; its ``.json``; or an outcome of the review
        that one stands in.
    folder : path, optional
        Where the files go; ``NAME-data`` in the current folder if left out.
    formats : sequence of str
        Of :data:`synth.report.exports.bundle.FORMATS`, and ``zip``; all but ``zip`` if left out.
    start : Path, optional
        Where the review is looked for.

    Returns
    -------
    Exported

    Raises
    ------
    WorkspaceError
        The source is no page of synth's, is damaged or too large; or a file in the way is not synth's. Nothing was
        written.
    UnknownName
        The review has no such outcome.
    """
    page = read_page(source, start)
    wanted = tuple(dict.fromkeys(formats)) or tuple(FORMATS)
    target = Path(folder) if folder is not None else Path(f"{page.name}-data")
    check_path(target)
    try:
        files = outcome_files(page, wanted)
        if "zip" in wanted:
            files[f"{page.name}.zip"] = bundle([page], outcome_label(page.document), environment())
    except ValueError as error:
        raise WorkspaceError(
            f"Cannot export {visible(source, 300)}: its numbers do not hold together: {visible(str(error), 200)}."
        ) from error
    paths = write_into(target, files)
    written = [
        {
            "path": path.as_posix(), "format": path.suffix.removeprefix(".").lower(), "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        for path, (_, data) in zip(paths, sorted(files.items()), strict=True)
    ]  # fmt: skip
    about = {
        "schema": SCHEMA, "source": source, "outcome": page.document["outcome"], "label": outcome_label(page.document),
        "k": page.document["k"], "folder": target.as_posix(), "files": written,
    }  # fmt: skip
    return Exported(target, about)


def read_page(source: str, start: Path | None = None) -> Page:
    """Read one outcome from a page, from its JSON, or by its name in a review.

    Parameters
    ----------
    source : str
    start : Path, optional
        Where the review is looked for.

    Returns
    -------
    Page
        With a name that is safe for a file.

    Raises
    ------
    WorkspaceError, UnknownName
        As :func:`export`.
    """
    path = Path(source)
    suffix = path.suffix.lower()
    if suffix not in (*_PAGES, ".json") and not path.is_file():
        return _of_review(source, start)
    check_path(path)
    text = _text(path, source)
    try:
        document = extract(text) if suffix in _PAGES else _parsed(text)
    except RecursionError as error:
        raise _refused(source, _ENDLESS) from error
    except NotInside as error:
        raise WorkspaceError(
            f"Cannot export {visible(source, 300)}: {error}. "
            f"Name that: synth export {visible(str(path.with_suffix('.json')), 300)}"
        ) from error
    except ValueError as error:
        raise _refused(source, visible(str(error), 300)) from error
    return _page(document, path.stem, source)


def _of_review(source: str, start: Path | None) -> Page:
    try:
        workspace = Workspace.find(start)
    except WorkspaceError as error:
        raise WorkspaceError(
            f"There is no file {visible(source, 300)}, and no review here that could have such an outcome. "
            "Name a page that synth wrote: synth export page.html"
        ) from error
    pooled = sorted(path.stem for path in workspace.reports.glob("*.json") if path.stem not in ("index", "bias"))
    if source not in pooled:
        known = [outcome.id for outcome in workspace.review.outcomes]
        if source in known:
            raise WorkspaceError(f"{source} has no page yet. Make it first: synth pool --outcome {source}")
        raise UnknownName("outcome or file", visible(source, 300), list(dict.fromkeys([*known, *pooled])))
    path = workspace.reports / f"{source}.json"
    try:
        document = _parsed(_text(path, source))
    except ValueError as error:
        raise _refused(workspace.relative(path), visible(str(error), 300)) from error
    return _page(document, source, workspace.relative(path))


def _page(document: Any, name: str, source: str) -> Page:
    if _is_deep(document):
        raise _refused(source, _ENDLESS)
    wrong = problem(document, lenient=True)
    if wrong is not None:
        raise _refused(source, f"its document is not of the form that synth.pool/1 has ({wrong})")
    return Page(safe_name(name), document, to_json(document))


def _refused(source: str, why: str) -> SynthError:
    return WorkspaceError(
        f"Cannot export {visible(source, 300)}: {why}. Name a page that synth pool wrote, or make it again."
    )


def _text(path: Path, source: str) -> str:
    try:
        with path.open("rb") as handle:
            data = handle.read(LARGEST + 1)
    except OSError as error:
        raise WorkspaceError(f"Cannot read {visible(source, 300)}: {error.strerror}.") from error
    if len(data) > LARGEST:
        raise _refused(source, f"it is larger than {LARGEST // 2**20} MB, and so is none of synth's")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(source, "it is not UTF-8, and so is none of synth's, or is damaged") from error


def _is_deep(document: Any) -> bool:
    level = [document]
    for _ in range(_DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(level)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError(_ENDLESS) from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON ({error})") from error


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
