"""The command line: click only here, one file per command, the rooms imported inside the command bodies."""

from __future__ import annotations

from .app import main

__all__ = ["main"]
