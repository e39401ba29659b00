"""What a strategy asks of PubMed, as counting and collecting need it: its lines, the whole, the text of its file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

__all__ = ["Line", "Query"]


@dataclass(frozen=True)
class Line:
    """A numbered line or named concept of a strategy.

    Parameters
    ----------
    id : str
        How other lines refer to it ("1", "population").
    label : str
        What a page calls it.
    text : str
        As it stands in the strategy, with its references.
    expanded : str
        What is sent: every reference replaced by what it refers to.
    """

    id: str
    label: str
    text: str
    expanded: str


@dataclass(frozen=True)
class Query:
    """A whole search, ready to be sent.

    Parameters
    ----------
    name : str
        Of the strategy; also of its folder.
    term : str
        The whole search as it is sent.
    lines : tuple of Line
        In the order of the strategy.
    text : str
        The strategy file, verbatim.
    file : str
        Its path as the person knows it, for messages.
    database : str
        As Entrez names it.

    Examples
    --------
    >>> query = Query("demo", "spine[ti]", (Line("1", "Spine", "spine[ti]", "spine[ti]"),), "term = ...", "demo.toml")
    >>> query.sha256[:8], query.digest[:8]
    ('45c7fbef', 'ac7b54c7')
    """

    name: str
    term: str
    lines: tuple[Line, ...] = ()
    text: str = ""
    file: str = ""
    database: str = "pubmed"

    @property
    def sha256(self) -> str:
        """Digest of the strategy file's text."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def digest(self) -> str:
        """Digest of what is sent: it stays when a comment changes, and a run can be taken up again."""
        sent = [self.database, self.term, [[line.id, line.expanded] for line in self.lines]]
        return hashlib.sha256(json.dumps(sent).encode("ascii")).hexdigest()
