"""PubMed XML to records, one by one, in the memory of one: what efetch, the web site and the yearly files give.

Bytes from elsewhere are not trusted. The parser is expat through the standard library's C tree builder; it fetches
nothing. A document type with declarations of its own is refused before the first element, so that no entity is ever
expanded and no attribute has a default; a record that does not end is refused too.
"""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Generator, Iterator
from typing import BinaryIO, Final, Protocol
from xml.etree.ElementTree import Element

from ...burst import burst
from ...errors import DamagedXML, WorkspaceError
from ...workspace import visible
from .article import article
from .book import book
from .fields import number, text
from .guard import Failed, Parser
from .record import Record

__all__ = ["LONGEST_RECORD", "MOST_MARKS", "Reading", "read_pubmed_xml"]

# The longest of 1,771 recorded records has 0.4 MB; one with 15,000 collaborators and their addresses about 8 MB.
LONGEST_RECORD: Final = 32 * 2**20  # bytes
MOST_MARKS: Final = 500_000  # "<" and "=" in one record: each may cost 300 bytes of memory; those 15,000 have 200,000
_UNCOUNTED: Final = 2**17  # bytes of a record in which marks are not counted yet
_CHUNK: Final = 2**14  # bytes; the elements of more at a time leave the processor's cache and wake the collector
_GROWTH: Final = 4  # expat looks at an unfinished name or comment again with every piece: so pieces grow with a record
_RECORDS: Final = {"PubmedArticle": article, "PubmedBookArticle": book}
_SETS: Final = frozenset({"PubmedArticleSet", "PubmedBookArticleSet", "BookDocumentSet"})
_DELETED: Final = frozenset({"DeleteCitation", "DeleteDocument"})

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_pubmed_xml(source: Source) -> Reading:
    """Read PubMed XML and yield its records one by one, articles and books in their order.

    Parameters
    ----------
    source : path, bytes or binary file
        XML as efetch, the web site's export or NLM's yearly files give it, compressed with gzip or not; a set of
        records, or one record by itself. Only ``read`` is asked of a file, which is left open.

    Returns
    -------
    Reading
        An iterator of :class:`Record`. At its end `deleted` holds the PMIDs that an update file withdraws.

    Raises
    ------
    DamagedXML
        While iterating, with what is wrong and where: no XML, cut short, another kind of document, a document type
        with declarations, a record without a PMID, a record over 32 MB. What came before has been yielded.
    WorkspaceError
        While iterating: the file cannot be read.

    Examples
    --------
    >>> xml = (b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article><ArticleTitle>A case of "
    ...        b"<i>x</i>.</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>")
    >>> for record in read_pubmed_xml(xml):
    ...     print(record.pmid, record.title)
    7 A case of x.
    >>> next(read_pubmed_xml(xml[:90]))
    Traceback (most recent call last):
        ...
    synth.errors.DamagedXML: XML, line 1, column 91, in record 1: it is cut short. Fetch or download it again.
    """
    return Reading(source)


class Reading(Iterator[Record]):
    """The records of one source, and what was seen on the way.

    Attributes
    ----------
    deleted : tuple of int
        PMIDs that the source withdraws; complete at the end.
    records : int
        How many records were yielded.
    """

    def __init__(self, source: Source) -> None:
        path = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
        self._name = visible(os.fspath(path), 300) if isinstance(path, str | os.PathLike) else "XML"
        self._source = source
        self._last = 0
        self._pending = 0  # bytes since the last record was complete
        self.deleted: tuple[int, ...] = ()
        self.records = 0
        self._made = self._opened()

    def __iter__(self) -> Iterator[Record]:
        return self._made

    def __next__(self) -> Record:
        return next(self._made)

    def close(self) -> None:
        """Read no further; a file that was opened for this is closed."""
        self._made.close()

    def _opened(self) -> Generator[Record, None, None]:
        source = self._source
        if isinstance(source, bytes | bytearray | memoryview):
            yield from self._read(io.BytesIO(source))
        elif isinstance(source, str | os.PathLike):
            try:
                handle = open(source, "rb")  # noqa: SIM115 - what the reader raises is not for this except
            except OSError as error:
                raise self._unreadable(error) from error
            with handle:
                yield from self._read(handle)
        else:
            yield from self._read(source)

    def _read(self, source: _Readable) -> Generator[Record, None, None]:
        parser = Parser()
        marks = 0
        for chunk in self._chunks(source):
            with burst():  # elements are gone again before anybody could look for cycles among them
                failure = parser.feed(chunk, began=self.records > 0)
                made, refused = self._made_of(_completed(parser.root))
            if made or refused:
                yield from made
                self._pending = marks = 0
            if refused is not None:
                raise refused
            if failure is not None:
                raise self._damaged(failure.place, failure.words) from failure
            self._pending += len(chunk)
            if self._pending > _UNCOUNTED:
                marks += chunk.count(b"<") + chunk.count(b"=")
                if self._pending > LONGEST_RECORD or marks > MOST_MARKS:
                    read = f"{self._pending / 2**20:.0f} MB"
                    raise self._damaged("", f"it does not end within {read}. Do not trust the file.")
        failure = parser.close(began=self.records > 0)
        root = parser.root
        if failure is not None or root is None:
            failure = failure or Failed("", "it is empty. Fetch it again.")
            raise self._damaged(failure.place, failure.words) from failure
        if root.tag in _RECORDS:
            yield from self._records([root])
            return
        yield from self._records(list(root))
        self._stray(root.text)
        if root.tag not in _SETS and not self.records and not self.deleted:
            raise self._damaged("", f"its root is <{visible(root.tag, 40)}>, not <PubmedArticleSet>. Fetch it again.")

    def _made_of(self, elements: list[Element]) -> tuple[list[Record], DamagedXML | None]:
        """Make the records of elements, up to the first that is none."""
        made: list[Record] = []
        try:
            for record in self._records(elements):
                made.append(record)
        except DamagedXML as error:
            return made, error
        return made, None

    def _records(self, elements: list[Element]) -> Iterator[Record]:
        for element in elements:
            reader = _RECORDS.get(element.tag)
            if reader is not None:
                record = reader(element)
                if record is None:
                    raise self._damaged("", "it has no PMID of its own. Fetch it again.")
                self.records += 1
                self._last = record.pmid
                yield record
            elif element.tag in _DELETED:
                self.deleted += tuple([pmid for each in element if (pmid := number(each))])
            else:
                said = visible(text(element), 200)
                raise self._damaged(
                    "", f"<{visible(element.tag, 40)}> stands where a record should{f': {said}' if said else ''}."
                )
            self._stray(element.tail)

    def _stray(self, words: str | None) -> None:
        """Refuse text between records: a server that fails in the middle writes its trouble there."""
        if words and not words.isspace():
            raise self._damaged("", f"there is text between the records: {visible(words.strip(), 200)}")

    def _chunks(self, source: _Readable) -> Iterator[bytes]:
        """Give the bytes, unpacked, a piece at a time."""
        try:
            head = source.read(_CHUNK)
            if isinstance(head, str):
                raise TypeError('read_pubmed_xml needs bytes: open the file with mode "rb"')
            if head.startswith(b"\x1f\x8b"):
                yield from self._unpacked(head, source)
                return
            while head:
                yield head
                head = _at_least(self._wanted(), source)
        except zlib.error as error:
            raise self._damaged("", "its compressed data are damaged. Fetch or download it again.") from error
        except OSError as error:
            raise self._unreadable(error) from error

    def _unpacked(self, packed: bytes, source: _Readable) -> Iterator[bytes]:
        """Unpack gzip, several members put together too, never more than a piece at a time.

        Python's own gzip module takes a header apart byte by byte: a name of a gigabyte there takes it minutes.
        """
        while packed:
            unpacker = zlib.decompressobj(wbits=31)  # a header and a checksum of gzip
            while not unpacker.eof:
                if not packed:
                    raise self._damaged("", "its compressed data are cut short. Fetch or download it again.")
                piece = unpacker.decompress(packed, max(_CHUNK, self._wanted()))
                if piece:
                    yield piece
                packed = unpacker.unconsumed_tail or (b"" if unpacker.eof else source.read(_CHUNK))
            packed = unpacker.unused_data.lstrip(b"\0")
            while not packed and (more := source.read(_CHUNK)):  # tapes fill the last block with zeros
                packed = more.lstrip(b"\0")

    def _wanted(self) -> int:
        return self._pending // _GROWTH

    def _unreadable(self, error: OSError) -> WorkspaceError:
        return WorkspaceError(f"Cannot read {self._name}: {error.strerror or error}.")

    def _damaged(self, place: str, words: str) -> DamagedXML:
        where = f"in record {self.records + 1}" + (f" (after PMID {self._last})" if self._last else "")
        return DamagedXML(f"{', '.join(filter(None, (self._name, place, where)))}: {words}")


def _at_least(size: int, source: _Readable) -> bytes:
    """Read a chunk, or as much as is asked for of a source that gives little at a time."""
    piece = source.read(max(_CHUNK, size))
    if len(piece) >= size or not piece:
        return piece
    pieces, length = [piece], len(piece)
    while length < size and (piece := source.read(size - length)):
        pieces.append(piece)
        length += len(piece)
    return b"".join(pieces)


def _completed(root: Element | None) -> list[Element]:
    """Take out the children of the root that another one follows."""
    if root is None or root.tag in _RECORDS or len(root) < 2:
        return []
    ready = root[:-1]
    del root[:-1]
    return ready
