"""``synth import``: take in sheets that people filled in."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .console import Console, Progress, say


@click.command(
    "import",
    short_help="Take in extraction sheets: read, check, keep.",
    epilog="""\b
Examples:
  synth import extraction.xlsx
  synth import extraction.xlsx --dry-run
  synth import wide.csv --arm mis
  synth import patients.xlsx --study "Zorn 2031" --arm mis
  synth import second-centre.csv third-centre.xlsx --json
""",
)
@click.argument("sheets", metavar="SHEET...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--study", metavar="LABEL", default="", help="The study of all rows, where no column says it.")
@click.option("--arm", metavar="ID", default="", help="The arm of all rows, where no column says it.")
@click.option("--outcome", metavar="ID", default="", help="The outcome of all rows, where no column says it.")
@click.option("--drop-identity", is_flag=True,
              help="Leave out columns by which patients could be known; with them a sheet is refused otherwise.")
@click.option("--dry-run", is_flag=True, help="Show what would be kept, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what became of the sheets as JSON, and nothing else.")
def import_(
    sheets: tuple[Path, ...], study: str, arm: str, outcome: str, drop_identity: bool, dry_run: bool, as_json: bool
) -> None:
    """Read each SHEET (.xlsx, .xls, .ods, .csv, .tsv) with a row per study, arm and outcome, a column per outcome, or a
    row per patient; check it, show what it changes, and keep it in extracted/: nothing while there is a problem in it.
    """
    from ..steps.run import to_json
    from ..steps.sheets import Given, import_sheets
    from ..steps.sheets_text import tell, told
    from ..workspace import Workspace

    workspace = Workspace.find()
    with Progress() as progress:
        progress(f"Reading {len(sheets)} {'sheet' if len(sheets) == 1 else 'sheets'}")
        made = import_sheets(
            workspace, sheets, given=Given(study, arm, outcome), drop_identity=drop_identity, dry_run=dry_run
        )
    for warning in told(made.warnings):
        say(f"synth: {warning}", err=True)
    if as_json:
        click.echo(to_json(made.to_dict(), ascii_only=not Console.of(sys.stdout).unicode), nl=False)  # JSON escapes
        return
    say(tell(made))
