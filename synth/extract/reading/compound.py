"""Compound files, in which an .xls lies: streams cut into sectors, each chained to the next by a table.

A chain that runs in a circle never ends, and a file of a few kilobytes can say that it has a billion sectors. So every
chain is followed within the bounds of the file.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from .archives import damaged

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END, _FREE, _TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_SMALL = 4096
_MOST_ENTRIES = 10_000


class Compound:
    """A compound file.

    Parameters
    ----------
    data : bytes
        The file.
    file : str
        What messages call it, made fit to be shown.

    Raises
    ------
    ProblemsError
        It is damaged.
    """

    def __init__(self, data: bytes, file: str) -> None:
        self.file = file
        self._data = data
        try:
            self._open()
        except (struct.error, IndexError, ValueError, OverflowError, StopIteration) as error:
            raise damaged(file) from error

    def _open(self) -> None:
        data = self._data
        if len(data) < 512 or not data.startswith(MAGIC):
            raise ValueError("no header")
        shift, small_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or small_shift != 6:
            raise ValueError("no such sector")
        self._size = 1 << shift
        tables, directory, _, _, small, _, more, _ = struct.unpack_from("<IIIIIIII", data, 44)
        sectors = len(data) // self._size
        chained = [number for number in struct.unpack_from("<109I", data, 76) if number < _TABLE]
        seen = set()
        while more < _TABLE and len(chained) <= sectors:
            if more in seen:
                raise ValueError("a circle")
            seen.add(more)
            numbers = self._numbers(self._sector(more))
            chained += [number for number in numbers[:-1] if number < _TABLE]
            more = numbers[-1]
        if tables > sectors or len(chained) > sectors:
            raise ValueError("more tables than sectors")
        self._next: list[int] = []
        for number in chained:
            self._next += self._numbers(self._sector(number))
        self._entries = self._directory(self._follow(directory))
        root = next(iter(self._entries.values()))
        self._small_next = self._numbers(self._follow(small)) if small < _TABLE else []
        self._small = self._follow(root[0])[: root[1]] if root[0] < _TABLE else b""

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        if number >= _TABLE or start >= len(self._data):
            raise ValueError("outside of the file")
        return self._data[start : start + self._size].ljust(self._size, b"\0")

    @staticmethod
    def _numbers(data: bytes) -> Sequence[int]:
        return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])

    def _follow(self, number: int) -> bytes:
        pieces = []
        while number < _TABLE:
            pieces.append(self._sector(number))
            if len(pieces) > len(self._next) or number >= len(self._next):
                raise ValueError("a circle")
            number = self._next[number]
        return b"".join(pieces)

    @staticmethod
    def _directory(data: bytes) -> dict[str, tuple[int, int]]:
        entries: dict[str, tuple[int, int]] = {}
        for at in range(0, min(len(data), 128 * _MOST_ENTRIES) - 127, 128):
            length = struct.unpack_from("<H", data, at + 64)[0]
            if data[at + 66] in (1, 2, 5) and 2 <= length <= 64:
                name = data[at : at + length - 2].decode("utf-16-le", "replace")
                entries.setdefault(name, struct.unpack_from("<II", data, at + 116))
        return entries

    @property
    def names(self) -> list[str]:
        """Names of the storages and streams."""
        return list(self._entries)

    def read(self, name: str) -> bytes:
        """Return the bytes of a stream.

        Raises
        ------
        ProblemsError
            Its chain is broken.
        """
        start, size = self._entries[name]
        try:
            if size >= _SMALL:
                return self._follow(start)[:size]
            pieces, number = [], start
            while number < _TABLE:
                pieces.append(self._small[64 * number : 64 * number + 64])
                if len(pieces) > len(self._small_next):
                    raise ValueError("a circle")
                number = self._small_next[number]
            return b"".join(pieces)[:size]
        except (IndexError, ValueError) as error:
            raise damaged(self.file) from error
