"""Write the page and its JSON: both or neither, and never over a file that synth did not write."""

from __future__ import annotations

from pathlib import Path

from ..errors import WorkspaceError
from ..workspace import encoded, visible, write_all

PAGE_MARK = 'name="generator" content="synth'
DOCUMENT_MARKS = (b'"schema": "synth.pool/', b'"schema": "synth.bias/', b'"schema": "synth.index/')
_LOOK_AT = 4096


def written_by_synth(path: Path) -> bool:
    """Say whether a file may be replaced: it is not there, is empty, or is a page or document of synth's.

    Parameters
    ----------
    path : Path
        Any path.

    Returns
    -------
    bool
        False for a folder, a device, and every file whose beginning does not carry synth's mark.

    Raises
    ------
    OSError
        The file is there and cannot be read.
    """
    if not path.exists():
        return not path.is_symlink()
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(_LOOK_AT)
    return not head or PAGE_MARK.encode() in head or any(mark in head for mark in DOCUMENT_MARKS)


def check_path(path: Path) -> None:
    r"""Refuse a path whose bytes are no UTF-8: no page could print it, nor the command that made the page.

    Parameters
    ----------
    path : Path
        As it was typed.

    Raises
    ------
    WorkspaceError
        Names it, as far as it can be written, and what to do.

    Examples
    --------
    >>> check_path(Path("figures.csv"))
    >>> check_path(Path("we\udcff/a.csv"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    synth.errors.WorkspaceError: The path "we\udcff/a.csv" is not valid UTF-8, so no page ... Rename the folder.
    """

    def broken(name: str) -> bool:
        return any("\ud800" <= letter <= "\udfff" for letter in name)

    if not broken(str(path)):
        return
    what = [word for word, bad in (("file", broken(path.name)), ("folder", broken(str(path.parent)))) if bad]
    raise WorkspaceError(
        f'The path "{visible(str(path), 300)}" is not valid UTF-8, so no page can name it. '
        f"Rename the {' and the '.join(what)}."
    )


def check_writable(*paths: Path, make_folder: bool = False) -> None:
    """Refuse, before anything is computed, to write over somebody's file or into a folder that is not there.

    Parameters
    ----------
    *paths : Path
        Files that are to be written.
    make_folder : bool
        Whether a missing folder is fine, because it will be made.

    Raises
    ------
    WorkspaceError
        Names the file and what to do.
    """
    for path in paths:
        if not path.parent.is_dir() and not make_folder:
            raise WorkspaceError(f"There is no folder {path.parent} to write {path.name} in. Make it first.")
        if not written_by_synth(path):
            raise WorkspaceError(
                f"{path} is there already and is no page of synth's, so it was left as it is. "
                "Name another page with --output, or move that file away."
            )


def write_together(texts: dict[Path, str]) -> None:
    """Write several files, or none of them; one whose text is the same already is left alone.

    Parameters
    ----------
    texts : dict of Path to str
        The whole new text of each file.

    Raises
    ------
    WorkspaceError
        From the file that could not be written.
    """
    changed = {
        path: text for path, text in texts.items() if not path.is_file() or path.read_bytes() != encoded(text)
    }
    write_all(changed)
