"""``synth check``: everything in extracted/ again."""

from __future__ import annotations

import sys

import click

from .console import Console, say


@click.command(
    short_help="Check everything in extracted/ again.",
    epilog="""\b
Examples:
  synth check
  synth check --strict     # for continuous integration: a warning fails too
  synth check --json
"""
)
@click.option("--strict", is_flag=True, help="Fail on a warning too.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON, and nothing else.")
def check(strict: bool, as_json: bool) -> int:
    """Read every sheet of the review and check it against itself, the others and the question."""
    from ..steps.check import check as look
    from ..steps.run import to_json
    from ..workspace import Workspace

    found = look(Workspace.find())
    if as_json:
        click.echo(to_json(found.to_dict(), ascii_only=not Console.of(sys.stdout).unicode), nl=False)  # JSON escapes
    else:
        for problem in found.problems:
            say(f"{problem.severity}: {problem}", err=True)
        say(found.summary())
    return 1 if found.errors or (strict and found.problems) else 0
