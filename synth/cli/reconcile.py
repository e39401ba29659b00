"""``synth reconcile``: two people extracted independently."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .console import Console, Progress, say


@click.command(
    short_help="Compare two people's sheets, and keep what they settle.",
    epilog="""\b
Examples:
  synth reconcile anna.xlsx ben.xlsx
  synth reconcile anna.xlsx ben.xlsx --output settle.xlsx
  synth reconcile anna.xlsx ben.xlsx --settled settle.xlsx
  synth reconcile anna.xlsx ben.xlsx --json
""",
)
@click.argument("first", metavar="A", type=click.Path(path_type=Path))
@click.argument("second", metavar="B", type=click.Path(path_type=Path))
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path),
              help="Write a workbook (.xlsx) with a row to settle each disagreement.")
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@click.option("--settled", metavar="FILE", type=click.Path(path_type=Path),
              help="Take in that workbook, filled in: keep the agreed rows, and both sheets beside them.")
@click.option("--study", metavar="LABEL", default="", help="The study of all rows, where no column says it.")
@click.option("--arm", metavar="ID", default="", help="The arm of all rows, where no column says it.")
@click.option("--outcome", metavar="ID", default="", help="The outcome of all rows, where no column says it.")
@click.option("--drop-identity", is_flag=True,
              help="Leave out columns by which patients could be known; with them a sheet is refused otherwise.")
@click.option("--dry-run", is_flag=True, help="Show what --settled would keep, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the agreement and every disagreement as JSON.")
def reconcile(
    first: Path, second: Path, output: Path | None, replace: bool, settled: Path | None, study: str, arm: str,
    outcome: str, drop_identity: bool, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Hold A against B, the sheets of two people who extracted independently: agreement per column in per cent, Cohen's
    kappa for words and ICC(A,1) for numbers, rows that only one has, and each disagreement with both values and both
    sources. --output writes them to be settled; --settled keeps what was agreed, as synth import does.
    """
    from ..steps import reconcile as step
    from ..steps.reconcile_text import tell
    from ..steps.run import to_json
    from ..workspace import Workspace

    if settled is not None and (output is not None or replace):
        raise click.UsageError("--settled takes in what --output wrote: give one of them.")
    if settled is None and dry_run:
        raise click.UsageError("--dry-run goes with --settled: without it the review is not changed.")
    workspace = Workspace.find()
    given = step.Given(study, arm, outcome)
    with Progress() as progress:
        progress("Comparing the two sheets")
        if settled is None:
            made = step.reconcile(
                workspace, first, second, output=output, overwrite=replace, given=given, drop_identity=drop_identity
            )
        else:
            made = step.settle_sheets(
                workspace, first, second, settled, given=given, drop_identity=drop_identity, dry_run=dry_run
            )
    for problem in made.warnings:
        say(f"synth: {problem}", err=True)
    if as_json:
        click.echo(to_json(made.to_dict(), ascii_only=not Console.of(sys.stdout).unicode), nl=False)  # JSON escapes
        return
    text = tell(made)
    if not Console.of(sys.stdout).unicode:
        text = text.translate({ord("\u2212"): "-", ord("\u2009"): " "})
    say(text)
