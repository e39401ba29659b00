"""Workbooks as the archives they are: looked at from outside before anything is unpacked, and unpacked within bounds.

A zip of a few kilobytes can unpack to terabytes, name a file outside of its folder, hold two files under one name, or
let two files share the same bytes. Whatever a spreadsheet program writes does none of that. Only the parts that are
needed are unpacked, each is counted while it is, and what reads them afterwards gets these bytes and no others.
"""

from __future__ import annotations

import io
import itertools
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator

from synth.errors import Problem, ProblemsError

MOST_PARTS = 5000
LARGEST_PART = 192 * 2**20
LARGEST_SUM = 224 * 2**20
STEEPEST = 250
"""Above 16 MB, a part that shrank to less than one part in so many is a bomb; sheets shrink 10 to 50 times."""
_STEEP_FROM = 16 * 2**20
_STEP = 2**20
_SAVE_AGAIN = "Open it in a spreadsheet, look whether it is what it should be, and save it again as .xlsx."
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, LookupError, OverflowError,
    RuntimeError, MemoryError,
)  # fmt: skip


def refusal(file: str, message: str, remedy: str) -> ProblemsError:
    """Return the one problem for which a file is not read."""
    return ProblemsError([Problem(file, message, remedy)])


def damaged(file: str, what: str = "workbook") -> ProblemsError:
    """Return the refusal of a file that is cut off or overwritten somewhere."""
    return refusal(
        file, f"is a damaged {what}: it was cut off or changed on the way.", "Get it again from where it came."
    )


class Archive:
    """A zip archive whose directory has been checked; nothing is unpacked yet.

    Parameters
    ----------
    data : bytes
        The file.
    file : str
        What messages call it, made fit to be shown.

    Raises
    ------
    ProblemsError
        It is damaged, encrypted, or built to do harm; the one sentence says which.

    Examples
    --------
    >>> buffer = io.BytesIO()
    >>> with zipfile.ZipFile(buffer, "w") as made:
    ...     made.writestr("xl/workbook.xml", "<workbook/>")
    >>> archive = Archive(buffer.getvalue(), "a.xlsx")
    >>> archive.names, archive.read("xl/workbook.xml")
    (['xl/workbook.xml'], b'<workbook/>')
    """

    def __init__(self, data: bytes, file: str) -> None:
        self.file = file
        self.spent = 0
        # The directory is counted before it is read: a million entries of 46 bytes would be a million objects.
        if data.count(b"PK\x01\x02") > MOST_PARTS:
            raise refusal(file, f"holds more than {MOST_PARTS:,} files, as no workbook does.", _SAVE_AGAIN)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            # Some programs write backslashes between the folders.
            self._parts = {info.filename.replace("\\", "/"): info for info in self._zip.infolist()}
            self._check(len(data))
        except _BROKEN as error:
            raise damaged(file) from error

    @property
    def names(self) -> list[str]:
        """Names of the parts, in the order of the directory."""
        return list(self._parts)

    def _check(self, size: int) -> None:
        infos = self._zip.infolist()
        if len({name.casefold() for name in self._parts}) != len(infos):
            raise self._harm("holds two parts of the same name")
        spans = []
        for info in infos:
            name = info.filename
            parts = name.replace("\\", "/").split("/")
            # The library cuts a name at a NUL, and what stands behind it is seen in the other name alone.
            if not parts[0] or ".." in parts or ":" in name or "\0" in info.orig_filename:
                raise self._harm("holds a name that leads out of the archive")
            if stat.S_ISLNK(info.external_attr >> 16):
                raise self._harm("holds a link to another file")
            if info.flag_bits & 0x1:
                raise refusal(
                    self.file,
                    "is protected with a password.",
                    "Save a copy without the password, and name that.",
                )
            spans.append((info.header_offset, info.header_offset + 30 + info.compress_size))
        spans.sort()
        if any(end > start for (_, end), (start, _) in itertools.pairwise(spans)):
            raise self._harm("holds parts that lie over each other")
        if spans and spans[-1][1] > size:
            raise damaged(self.file)

    def _harm(self, what: str) -> ProblemsError:
        return refusal(self.file, f"{what}, which no spreadsheet program writes; it was not opened.", _SAVE_AGAIN)

    def find(self, name: str) -> str | None:
        """Return the name of a part as the archive spells it; case does not count, as in a spreadsheet program."""
        if name in self._parts:
            return name
        folded = name.casefold()
        return next((part for part in self._parts if part.casefold() == folded), None)

    def read(self, name: str, most: int = LARGEST_PART) -> bytes:
        """Return the bytes of a part.

        Parameters
        ----------
        name : str
            One of `names`.
        most : int
            Bytes that the part may have.

        Raises
        ------
        ProblemsError
            The part is larger, or all parts read so far together are larger than ``LARGEST_SUM``, or it is damaged.
        """
        return b"".join(self._pieces(name, most))

    def _pieces(self, name: str, most: int) -> Iterator[bytes]:
        info = self._parts[name]
        read = 0
        try:
            with self._zip.open(info) as handle:
                # What the directory says of the size may be a lie, so the bytes are counted.
                while piece := handle.read(_STEP):
                    read += len(piece)
                    self.spent += len(piece)
                    if read > _STEEP_FROM and read > STEEPEST * max(1, info.compress_size):
                        raise self._harm(f"holds a part that unpacks to more than {STEEPEST} times its size")
                    if read > most or self.spent > LARGEST_SUM:
                        raise refusal(
                            self.file,
                            f"unpacks to more than {min(most, LARGEST_SUM) // 2**20} MB, far more than a sheet of "
                            "studies.",
                            "Keep one row per study, arm and outcome, and put everything else into another file.",
                        )
                    yield piece
        except _BROKEN as error:
            raise damaged(self.file) from error


class Repacked:
    """An archive of the parts that were looked at and no others, not compressed: what a parser gets.

    Its directory can be read in one way only.

    Examples
    --------
    >>> with Repacked() as made:
    ...     made.add("a.xml", b"<a/>")
    >>> Archive(made.file.getvalue(), "a.xlsx").names
    ['a.xml']
    """

    def __init__(self) -> None:
        self.file = io.BytesIO()
        self._zip = zipfile.ZipFile(self.file, "w", zipfile.ZIP_STORED)

    def __enter__(self) -> Repacked:
        return self

    def add(self, name: str, *pieces: bytes | memoryview) -> None:
        """Add a part, from its pieces one after the other."""
        with self._zip.open(zipfile.ZipInfo(name), "w") as handle:
            for piece in pieces:
                handle.write(piece)

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self.file.seek(0)
