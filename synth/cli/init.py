"""``synth init``: start a review."""

from __future__ import annotations

from pathlib import Path

import click

from .console import say


@click.command(
    short_help="Start a review in a new folder.",
    epilog="""\b
Examples:
  synth init my-review
  synth init .
"""
)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
def init(directory: Path) -> None:
    """Make the folders, the question file and the empty sheets of a new review in DIR.

    Nothing that is already there is overwritten: where there is a review or a sheet, nothing is made.
    """
    from ..steps.init import init as start

    made = start(directory)
    say(f"A new review in {made.root}:")
    for path, purpose in made.files:
        say(f"  {path:<24} {purpose}")
    say("\nNext:")
    for number, step in enumerate(made.next_steps, start=1):
        say(f"  {number}. {step}")
