"""The search room: strategies, PubMed through Entrez, and the records that were found.

Every public name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .exports.bibtex import to_bibtex
    from .exports.nbib import to_nbib
    from .exports.ris import to_ris
    from .exports.table import to_csv
    from .records.pubmed_xml import read_pubmed_xml
    from .records.record import Record, as_line, from_json, from_line, to_json

__all__ = [
    "Record",
    "as_line",
    "from_json",
    "from_line",
    "read_pubmed_xml",
    "to_bibtex",
    "to_csv",
    "to_json",
    "to_nbib",
    "to_ris",
]

_HOME: Final = {
    "Record": ".records.record",
    "as_line": ".records.record",
    "from_json": ".records.record",
    "from_line": ".records.record",
    "read_pubmed_xml": ".records.pubmed_xml",
    "to_bibtex": ".exports.bibtex",
    "to_csv": ".exports.table",
    "to_json": ".records.record",
    "to_nbib": ".exports.nbib",
    "to_ris": ".exports.ris",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOME[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__})
