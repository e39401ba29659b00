"""A local server that speaks NCBI's E-utilities for PubMed, faults and all, on the standard library alone.

Start it with ``python -m tests.eutils``, or in a test::

    with Server(faults=[{"when": {"endpoint": "efetch", "nth": 2}, "do": {"status": 503}}]) as server:
        ...

It holds made-up records; ``Corpus.load`` reads real ones. Nothing in it has ever asked the live service anything.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .clock import Clock, FastClock, ManualClock
    from .corpus import Bulk, Corpus, Scripted, made_article
    from .faults import Fault, Faults
    from .log import Entry, Log
    from .opener import HOST, OtherHost, install
    from .server import Server
    from .service import Service

__all__ = [
    "HOST", "Bulk", "Clock", "Corpus", "Entry", "FastClock", "Fault", "Faults", "Log", "ManualClock", "OtherHost",
    "Scripted", "Server", "Service", "install", "made_article",
]  # fmt: skip
# Read when first asked for: a command that only needs the opener starts in a third of the time.
_MODULES = {
    "clock": ("Clock", "FastClock", "ManualClock"),
    "corpus": ("Bulk", "Corpus", "Scripted", "made_article"),
    "faults": ("Fault", "Faults"),
    "log": ("Entry", "Log"),
    "opener": ("HOST", "OtherHost", "install"),
    "server": ("Server",),
    "service": ("Service",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
