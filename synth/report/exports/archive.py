"""An archive whose bytes depend on nothing but what is in it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Final

SUMS: Final = "SHA256SUMS"
HEAD: Final = "# Written by synth; sha256sum -c SHA256SUMS holds the files against it.\n"
_WHEN: Final = (1980, 1, 1, 0, 0, 0)


def to_zip(files: Mapping[str, bytes]) -> bytes:
    """Pack files, sorted by name, without a clock, an owner or anything else of the machine.

    Parameters
    ----------
    files : mapping of str to bytes
        By path inside the archive, with forward slashes.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        A path that would lead out of the folder that it is unpacked in.

    Examples
    --------
    >>> to_zip({"b.txt": b"2", "a.txt": b"1"}) == to_zip({"a.txt": b"1", "b.txt": b"2"})
    True
    """
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            if name.startswith("/") or "\\" in name or ":" in name or {"..", "", "."} & set(name.split("/")):
                raise ValueError(f"no path for an archive: {name!r}")
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3
            archive.writestr(entry, files[name])
    return data.getvalue()


def sums(files: Mapping[str, bytes]) -> str:
    """Write the digests of files as ``sha256sum`` does.

    Examples
    --------
    >>> print(sums({"a.txt": b""}).splitlines()[1][:20])
    e3b0c44298fc1c149afb
    """
    lines = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    return HEAD + "".join(lines)
