"""The parser and its guard: what is looked at before PubMed XML is parsed, and the words for what is wrong with it."""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.parsers import expat
from xml.parsers.expat import errors as codes

from ...workspace import visible

_LONGEST_PROLOG: Final = 2**20  # bytes
_HEADS: Final = (
    (b"PK\x03\x04", "it is a zip archive. Unpack it first."),
    (b"BZh", "it is compressed with bzip2. Unpack it first."),
    (b"\xfd7zXZ", "it is compressed with xz. Unpack it first."),
    (b"\x1f\x8b", "it is compressed twice. Unpack it once."),
    (b"%PDF", "it is a PDF. Save the records as XML."),
    (b"{", "it is JSON, not XML. Ask for XML (rettype=xml)."),
    (b"PMID-", "it is in MEDLINE format (.nbib), not XML. Save the records as XML."),
    (b"TY  -", "it is RIS, not XML. Save the records as XML."),
)
_PAGE: Final = "it is a web page, perhaps an error message of a server or a proxy. Fetch it again."
_CUT: Final = "it is cut short. Fetch or download it again."
_WORDS: Final = {
    codes.XML_ERROR_NO_ELEMENTS: _CUT,
    codes.XML_ERROR_UNCLOSED_TOKEN: _CUT,
    codes.XML_ERROR_PARTIAL_CHAR: _CUT,
    codes.XML_ERROR_UNCLOSED_CDATA_SECTION: _CUT,
    codes.XML_ERROR_TAG_MISMATCH: "a tag is closed that was not opened; a piece is missing. Fetch it again.",
    codes.XML_ERROR_SYNTAX: "this is no XML. Fetch it again.",
    codes.XML_ERROR_INVALID_TOKEN: "this is no XML, or not in the character set that it declares. Fetch it again.",
    codes.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: "there is more after its end. Several files put together? Read each apart.",
    codes.XML_ERROR_UNDEFINED_ENTITY: "there is an entity that it does not define. Fetch it again.",
    codes.XML_ERROR_BAD_CHAR_REF: "it has a character that XML forbids. Fetch it again.",
    codes.XML_ERROR_UNBOUND_PREFIX: "a tag has a prefix that nothing declares. Fetch it again.",
    codes.XML_ERROR_INCORRECT_ENCODING: "it is not in the character set that it declares. Fetch it again.",
    codes.XML_ERROR_UNKNOWN_ENCODING: "nobody knows the character set that it declares. Fetch it again.",
}


_CONTINUATION: Final = bytes(range(0x80, 0xC0))


class Refused(Exception):
    """A document that is not handed to the parser, and why: a sentence and what to do."""


_TROUBLE: Final = (ParseError, expat.ExpatError, Refused, ValueError, LookupError)


class Failed(Exception):
    """Where the parser stopped ("line 3, column 9", or "" where that says nothing), and why, with what to do."""

    def __init__(self, place: str, words: str) -> None:
        super().__init__(place, words)
        self.place, self.words = place, words


class Parser:
    """Expat behind its guard, building elements with the C tree builder of the standard library."""

    def __init__(self) -> None:
        builder = TreeBuilder()
        # The root becomes a child of an element that is in our hands before the parser begins: so records can be taken
        # out as they are completed, without an event for each of their 300 elements.
        self._stem = builder.start("stem", {})
        self._parser = XMLParser(target=builder)
        self._prolog: Prolog | None = Prolog()
        self._head = b""
        self._flat = False
        self._line, self._column = 1, 0  # where the next chunk begins
        self._passed = 0  # characters since the last line end that expat has seen

    @property
    def root(self) -> Element | None:
        """The document's root once it has begun; all of its children but the last one are complete."""
        return self._stem[0] if len(self._stem) else None

    def feed(self, chunk: bytes, *, began: bool) -> Failed | None:
        """Parse some bytes; a failure is given back, so that the records before it can be handed out first."""
        flat = self._flat
        try:
            if self._prolog is not None:
                self._head = (self._head + chunk)[:2000]
                if self._prolog.over(chunk):
                    self._flat = self._prolog.utf8 and b"\0" not in self._head
                    self._prolog = None
            # In a text both are folded to a blank later; a line end costs expat two calls more, a sixth of its time.
            self._parser.feed(chunk.replace(b"\n", b"\t") if flat else chunk)
        except _TROUBLE as error:
            return self._failed(error, chunk, began=began, flat=flat)
        bare = _one_byte_each(chunk)
        self._line += bare.count(b"\n")
        last = bare.rfind(b"\n")
        self._column = len(bare) - last - 1 if last >= 0 else self._column + len(bare)
        self._passed = self._passed + len(bare) if flat else self._column
        return None

    def close(self, *, began: bool) -> Failed | None:
        """End the document."""
        try:
            self._parser.close()
        except _TROUBLE as error:
            return self._failed(error, b"", began=began, flat=self._flat)
        return None

    def _failed(self, error: Exception, chunk: bytes, *, began: bool, flat: bool) -> Failed:
        if isinstance(error, ParseError):
            line, column = error.position
        elif isinstance(error, expat.ExpatError):
            line, column = error.lineno, error.offset
        else:
            said = visible(str(error), 80)
            return Failed("", str(error) if isinstance(error, Refused) else f"its characters cannot be read: {said}.")
        if flat:
            before = _one_byte_each(chunk)[: max(0, column - self._passed)]
            last = before.rfind(b"\n")
            line = self._line + before.count(b"\n")
            column = len(before) - last - 1 if last >= 0 else self._column + len(before)
        words = _words(error.code, str(error), self._head, began=began)
        return Failed(f"line {line}, column {column + 1}", words)


def _one_byte_each(chunk: bytes) -> bytes:
    """Leave one byte of each character in UTF-8, as expat counts columns in characters."""
    return chunk if chunk.isascii() else chunk.translate(None, _CONTINUATION)


class _RootSeen(Exception):
    """The first element begins: no declaration can follow."""


class Prolog:
    """Look at what stands before the first element, and refuse declarations.

    NLM's files name a document type by its address and declare nothing. A declaration could make one kilobyte expand
    to a gigabyte (entities, or defaults of attributes), or name files and addresses.
    """

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._element
        self._parser.XmlDeclHandler = self._declaration
        self._size = 0
        self.utf8 = True

    def over(self, chunk: bytes) -> bool:
        """Read on; true when the first element has begun.

        Raises
        ------
        Refused
            A document type with declarations, a web page, or no element in the first megabyte.
        expat.ExpatError, ValueError, LookupError
            No XML, or an encoding that expat cannot read.
        """
        self._size += len(chunk)
        try:
            self._parser.Parse(chunk, False)
        except _RootSeen:
            return True
        if self._size > _LONGEST_PROLOG:
            raise Refused("no element begins in its first megabyte. Fetch it again.")
        return False

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        self.utf8 = (encoding or "utf-8").lower() in ("utf-8", "us-ascii")

    def _doctype(self, name: str, system: str | None, public: str | None, declares: int) -> None:
        if name.lower() == "html":
            raise Refused(_PAGE)
        if declares:
            raise Refused(
                "its document type has declarations of its own, as PubMed's never have; they can hold entities. "
                "Do not trust it, and fetch the records from PubMed."
            )

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        if name.lower() == "html":
            raise Refused(_PAGE)
        raise _RootSeen


def _words(code: int, message: str, head: bytes, *, began: bool) -> str:
    """Say what an error of expat means: by what the file begins with as long as no record was seen.

    Examples
    --------
    >>> _words(4, "not well-formed (invalid token)", b'{"error": 1}', began=False)
    'it is JSON, not XML. Ask for XML (rettype=xml).'
    """
    if not began:
        head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if not head:
            return "it is empty. Fetch it again."
        for start, words in _HEADS:
            if head.startswith(start):
                return words
        if b"<html" in head[:2000].lower() or b"<!doctype html" in head[:2000].lower():
            return _PAGE
    said = codes.messages.get(code, message)
    return _WORDS.get(said, f"{visible(message.partition(':')[0], 80)}. Fetch it again.")
