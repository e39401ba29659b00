"""The command line: click only here, one file per command, the rooms imported inside the command bodies."""

from __future__ import annotations

from typing import NoReturn


def main() -> NoReturn:
    """Be the ``synth`` of the shell.

    Imported here, so that Ctrl-C while the program is still loading is an answer too, not a traceback.
    """
    try:
        from .app import main as begin

        begin()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


__all__ = ["main"]
