"""A local server that speaks NCBI's E-utilities for PubMed, faults and all, on the standard library alone.

Start it with ``python -m tests.eutils``, or in a test::

    with Server(faults=[{"when": {"endpoint": "efetch", "nth": 2}, "do": {"status": 503}}]) as server:
        ...

It holds made-up records; ``Corpus.load`` reads real ones. Nothing in it has ever asked the live service anything.
"""

from __future__ import annotations

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
