"""The parser and its guard: what is looked at before PubMed XML is parsed, and the words for what is wrong with it."""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.parsers import expat
from xml.parsers.expat import errors as codes

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
    codes.XML_ERROR_INVALID_TOKEN: "this is no XML, or not in the character set that it declares. Fetch it again.",
    codes.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: "there is more after its end. Several files put together? Read each apart.",
    codes.XML_ERROR_UNDEFINED_ENTITY: "there is an entity that it does not define. Fetch it again.",
    codes.XML_ERROR_BAD_CHAR_REF: "it has a character that XML forbids. Fetch it again.",
    codes.XML_ERROR_UNBOUND_PREFIX: "a tag has a prefix that nothing declares. Fetch it again.",
    codes.XML_ERROR_INCORRECT_ENCODING: "it is not in the character set that it declares. Fetch it again.",
    codes.XML_ERROR_UNKNOWN_ENCODING: "nobody knows the character set that it declares. Fetch it again.",
}


class Refused(Exception):
    """A document that is not handed to the parser, and why: a sentence and what to do."""


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
        self._size = 0

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


def words_for(code: int, message: str, head: bytes, *, began: bool) -> str:
    """Say what an error of expat means: by what the file begins with as long as no record was seen.

    Examples
    --------
    >>> words_for(4, "not well-formed (invalid token)", b'{"error": 1}', began=False)
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
    return _WORDS.get(said, f"{message.partition(':')[0]}. Fetch it again.")
