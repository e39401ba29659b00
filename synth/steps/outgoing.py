"""Write files that go out into a folder: over those that synth wrote there and nobody changed, and over no other."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from ..errors import WorkspaceError
from ..report.exports.archive import HEAD, SUMS
from ..workspace import digest, visible, write_all

_LINE = re.compile(r"([0-9a-f]{64}) [ *](\S.*)")
_LARGEST = 2**22


def write_into(folder: Path, files: Mapping[str, bytes], *, whole: bool = False) -> tuple[Path, ...]:
    """Write files into a folder, with ``SHA256SUMS`` beside them, which says what synth wrote.

    Parameters
    ----------
    folder : Path
        Made where it is not there.
    files : mapping of str to bytes
        By path inside the folder, with forward slashes; made by synth, so that none leads out.
    whole : bool
        Whether these are all: what synth wrote there before and does not write now is taken away, unless somebody
        changed it.

    Returns
    -------
    tuple of Path
        What was written or was the same already, in the order of their names.

    Raises
    ------
    WorkspaceError
        A file that synth did not write, or that was changed since, is in the way: all of them. Nothing was written.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise WorkspaceError(f"{visible(str(folder), 300)} is there already and is no folder. Name another with -o.")
    known = _known(folder / SUMS)
    in_the_way = []
    changed: dict[Path, str | bytes] = {}
    for name, data in sorted(files.items()):
        path = folder / name
        if not _free(folder, name):
            in_the_way.append(name)
        elif not path.is_file():
            changed[path] = data
        elif (found := digest(path)) != hashlib.sha256(data).hexdigest():
            changed[path] = data
            if found != known.get(name):
                in_the_way.append(name)
    if in_the_way:
        shown = ", ".join(visible(name, 80) for name in in_the_way[:5])
        more = f" and {len(in_the_way) - 5} more" if len(in_the_way) > 5 else ""
        raise WorkspaceError(
            f"In {visible(str(folder), 300)} stands what synth did not write, or what was changed since: {shown}{more}."
            " Nothing was written. Name another folder with -o, or move those files away."
        )
    kept = {name: sha for name, sha in known.items() if name not in files and (folder / name).is_file()}
    gone = [name for name, sha in kept.items() if whole and _free(folder, name) and digest(folder / name) == sha]
    lines = {name: sha for name, sha in kept.items() if name not in gone}
    lines |= {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    text = HEAD + "".join(f"{sha}  {name}\n" for name, sha in sorted(lines.items()))
    if not (folder / SUMS).is_file() or (folder / SUMS).read_bytes() != text.encode():
        changed[folder / SUMS] = text
    write_all(changed)
    for name in gone:
        (folder / name).unlink()
        with contextlib.suppress(OSError):  # a folder that holds something else stays
            if (folder / name).parent != folder:
                (folder / name).parent.rmdir()
    return tuple(folder / name for name in sorted(files))


def _known(path: Path) -> dict[str, str]:
    """Read what synth wrote into a folder before."""
    if not path.exists() and not path.is_symlink():
        return {}
    text = ""
    if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST:
        text = path.read_bytes().decode("utf-8", "replace")
    if not text.startswith(HEAD):
        raise WorkspaceError(
            f"{visible(str(path), 300)} is there already and is not synth's, so nothing was written. "
            "Name another folder with -o."
        )
    found = (_LINE.fullmatch(line) for line in text.splitlines()[1:])
    return {match[2]: match[1] for match in found if match and not {"..", ""} & set(match[2].split("/"))}


def _free(folder: Path, name: str) -> bool:
    """Tell whether a path inside a folder is a plain file or none, and no link on the way leads elsewhere."""
    path = folder
    *way, last = name.split("/")
    for part in way:
        path = path / part
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            return False
    path = path / last
    return not path.is_symlink() and (path.is_file() or not path.exists())
