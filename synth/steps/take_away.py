"""What goes out beside the index: ``reports/data/`` with every table of all outcomes, a workbook, and one archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import WorkspaceError
from ..report.exports.bundle import Page, bundle, safe_name
from ..workspace import Workspace, visible
from .environment import environment
from .fresh import Made
from .outgoing import write_into
from .run import to_json

__all__ = ["FOLDER", "data_is_behind", "listed_data", "write_data"]

FOLDER = "data"
_ARCHIVE = "review.zip"
_TABLES = "review"


def write_data(workspace: Workspace, made: Sequence[Made]) -> tuple[Path, ...]:
    """Write the data of every outcome that has a page; what was written before and is not any more is taken away.

    Raises
    ------
    WorkspaceError
        A file in the way is not synth's, or a document cannot be shown: nothing was written.
    """
    pages = [Page(safe_name(each.path.stem), each.document, to_json(each.document)) for each in made]
    title, versions = workspace.review.title, environment()
    try:
        packed = bundle(pages, title, versions)
    except ValueError as error:
        raise WorkspaceError(f"The data cannot go out: {visible(str(error), 300)}.") from error
    # The tables of all outcomes lie in the archive; making them a second time would take as long again.
    files = {_ARCHIVE: packed}
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for whole in archive.namelist():
            _, folder, name = whole.split("/", 2) if whole.count("/") >= 2 else ("", "", "")
            if folder == _TABLES:
                files[name] = archive.read(whole)
    return write_into(workspace.reports / FOLDER, files, whole=True)


def data_is_behind(workspace: Workspace, made: Sequence[Made]) -> tuple[str, ...]:
    """Say which outcomes the archive holds otherwise than their pages do; none where it is up to date."""
    path = workspace.reports / FOLDER / _ARCHIVE
    if not path.is_file():
        return (f"{FOLDER}/{_ARCHIVE} is not there",)
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.partition("/")[2]: name for name in archive.namelist()}
            held = {
                name.removeprefix("outcomes/").removesuffix(".json"): archive.read(whole)
                for name, whole in names.items()
                if name.startswith("outcomes/") and name.endswith(".json") and name.count("/") == 1
            }
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        return (f"{FOLDER}/{_ARCHIVE} cannot be read: {visible(str(error), 200)}",)
    wanted = {safe_name(each.path.stem): to_json(each.document).encode() for each in made}
    said = [f"{visible(name, 80)} has changed" for name in wanted if name in held and held[name] != wanted[name]]
    said += [f"{visible(name, 80)} is new" for name in wanted if name not in held]
    return (*said, *(f"{visible(name, 80)} is gone" for name in held if name not in wanted))


def listed_data(workspace: Workspace) -> list[dict[str, Any]]:
    """List the files of ``reports/data/``, the archive and the workbook first; not those in folders below it."""
    folder = workspace.reports / FOLDER
    if not folder.is_dir():
        return []
    found = [path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    first = {".zip": 0, ".xlsx": 1}
    found.sort(key=lambda name: (first.get(Path(name).suffix, 2), name))
    return [{"path": f"{FOLDER}/{name}", "format": Path(name).suffix.removeprefix(".")} for name in found]
