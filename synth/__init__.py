"""synth: from a clinical question to a pooled answer that a reviewer can check."""

from ._version import __version__

__all__ = ["__version__"]
