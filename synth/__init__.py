"""synth: from a clinical question to a pooled answer that a reviewer can check.

In a notebook::

    import synth
    review = synth.open_review("path/to/review")   # the folder with review.toml; the current one if left out
    review                                         # the summary of every outcome
    review.pool("fusion")                          # one of them
    synth.meta.pool_proportions([7, 3], [43, 26])  # any figures
    synth.search.read_pubmed_xml("records.xml.gz") # the records of a file, one by one

Every name is imported when it is first used, so that ``import synth`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from . import errors, meta, search
    from .errors import SynthError
    from .steps.notebook import OpenReview, PooledOutcome, open_review, pool_figures
    from .steps.options import PoolOptions

__all__ = [
    "OpenReview",
    "PoolOptions",
    "PooledOutcome",
    "SynthError",
    "__version__",
    "errors",
    "meta",
    "open_review",
    "pool_figures",
    "search",
]

_HOME = {
    "OpenReview": ".steps.notebook",
    "PooledOutcome": ".steps.notebook",
    "open_review": ".steps.notebook",
    "pool_figures": ".steps.notebook",
    "PoolOptions": ".steps.options",
    "SynthError": ".errors",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name in ("errors", "meta", "search"):
        return importlib.import_module(f".{name}", __name__)
    if name in _HOME:
        value: object = getattr(importlib.import_module(_HOME[name], __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__})
