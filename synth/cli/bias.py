"""``synth bias``: the risk of bias, study by study."""

from __future__ import annotations

import sys

import click

from .console import Console, say


@click.command(
    short_help="Show the risk of bias of the studies.",
    epilog="""\b
Examples:
  synth bias
  synth bias --json
  synth pool --outcome fusion --by risk_of_bias
"""
)
@click.option("--json", "as_json", is_flag=True, help="Print the judgements as JSON, and nothing else.")
def bias(as_json: bool) -> None:
    """Put the judgements of the sheet bias together and write reports/bias.html with lights and shares.

    Instruments that come with synth: jbi-case-series, robins-i, newcastle-ottawa, minors. One of your own is a file
    extracted/instruments/NAME.toml.
    """
    from ..steps.bias import bias_report
    from ..steps.run import to_json
    from ..workspace import Workspace

    workspace = Workspace.find()
    made = bias_report(workspace)
    console = Console.of(sys.stdout)
    if as_json:
        click.echo(to_json(made.document, ascii_only=not console.unicode), nl=False)  # JSON escapes
        return
    text = made.table()
    if not console.unicode:
        text = text.translate({ord("–"): "-", ord("×"): "x", ord("○"): "o"})
    say(text)
    say(f"\nOpen in a browser: {workspace.relative(made.page)}")
