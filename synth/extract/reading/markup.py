"""XML from strangers: walked once from front to back, with no document type, no entity and nothing from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn
from xml.parsers import expat

from .archives import damaged, refusal


class Walker:
    """Calls back for every element; names come without their prefix.

    Subclasses have ``start(name, attributes)``; they take text between :meth:`listen` and :meth:`text`, and ends of
    elements where they set ``self.parser.EndElementHandler``.

    Parameters
    ----------
    file : str
        What messages call the file.

    Examples
    --------
    >>> class Rows(Walker):
    ...     found = 0
    ...     def start(self, name, attributes):
    ...         self.found += name == "row"
    >>> rows = Rows("a.xlsx")
    >>> rows.walk(b"<x:sheet xmlns:x='y'><x:row/><x:row/></x:sheet>")
    >>> rows.found
    2
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self._text: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self.parser.ExternalEntityRefHandler = self._doctype

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""
        raise NotImplementedError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.start(name if ":" not in name else name.rpartition(":")[2], attributes)

    def _doctype(self, *_: object) -> NoReturn:
        raise refusal(
            self.file,
            "declares a document type or an entity in its XML, which no spreadsheet program writes; it was not read.",
            "Open it in a spreadsheet and save it again as .xlsx.",
        )

    def listen(self) -> None:
        """Begin to collect text."""
        self._text = []
        self.parser.CharacterDataHandler = self._text.append

    def text(self) -> str:
        """Return the text since :meth:`listen`, and collect no more."""
        self.parser.CharacterDataHandler = None
        return "".join(self._text)

    def walk(self, data: bytes) -> None:
        """Walk through a document.

        Raises
        ------
        ProblemsError
            It is no well-formed XML, or declares a document type.
        """
        try:
            self.parser.Parse(data, True)
        except (expat.ExpatError, LookupError, UnicodeError, ValueError) as error:
            raise damaged(self.file) from error


class _Elements(Walker):
    def __init__(self, file: str, take: Callable[[str, dict[str, str]], None]) -> None:
        super().__init__(file)
        self._take = take

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._take(name, attributes)


def each(data: bytes, file: str, take: Callable[[str, dict[str, str]], None]) -> None:
    """Call back with the name and the attributes of every element.

    Examples
    --------
    >>> each(b"<a><b c='1'/></a>", "a.xlsx", print)
    a {}
    b {'c': '1'}
    """
    _Elements(file, take).walk(data)
