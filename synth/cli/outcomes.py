"""``synth outcomes``: what a review holds."""

from __future__ import annotations

import sys

import click

from .console import Console, say


@click.command(
    short_help="List what this review holds.",
    epilog="""\b
Examples:
  synth outcomes
  synth outcomes --json
"""
)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON, and nothing else.")
def outcomes(as_json: bool) -> None:
    """List the outcomes of this review, with the studies, events and totals of each arm."""
    from ..steps.outcomes import list_outcomes
    from ..workspace import Workspace

    listing = list_outcomes(Workspace.find())
    for warning in listing.warnings:
        say(f"synth: {warning}", err=True)
    console = Console.of(sys.stdout)
    if as_json:
        click.echo(listing.to_json(ascii_only=not console.unicode), nl=False)  # which escapes by JSON's own rules
        return
    say(listing.table(width=console.width if console.tty else 200))
    say('\nOne of them: synth pool --outcome NAME. All of them: synth pool.')
