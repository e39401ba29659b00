"""``synth template``: empty sheets to fill in."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click

from .console import Console, say


@click.command(
    short_help="Write an empty extraction sheet.",
    epilog="""\b
Examples:
  synth template
  synth template --outcome fusion --outcome reoperation --output second-reader.xlsx
  synth template --patients
  synth template --output sheet.csv
"""
)
@click.option("--patients", is_flag=True, help="One row per patient instead of one per study, arm and outcome.")
@click.option("--outcome", "outcomes", metavar="ID", multiple=True,
              help="Only this outcome of the review; may be given several times.")
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path),
              help="Where to write: a .xlsx, or a .csv for plain sheets.  [default: extraction.xlsx]")
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON, and nothing else.")
def template(patients: bool, outcomes: tuple[str, ...], output: Path | None, replace: bool, as_json: bool) -> None:
    """Write a workbook to fill in while reading the papers: the review's own arms and outcomes as lists, limits on
    what can be typed, and a note at every heading. Studies of the searches that were marked as included are filled in.
    """
    from ..steps.known_studies import known_studies
    from ..steps.run import to_json
    from ..steps.template import template as write
    from ..workspace import Workspace

    workspace = Workspace.find()
    made = write(
        workspace, output=output, outcomes=outcomes, patients=patients, known=known_studies(workspace), replace=replace
    )
    if as_json:
        click.echo(to_json(made.to_dict(), ascii_only=not Console.of(sys.stdout).unicode), nl=False)  # JSON escapes
        return
    for path in made.files:
        say(f"Written: {path}")
    for name, row in made.sheets:
        say(f"  sheet {name:<9} {row}")
    if made.studies:
        say(f"{made.studies} studies from the searches are filled in.")
    say(f"\nFill it in, then type: synth import {' '.join(map(_word, made.files))}")


def _word(path: Path) -> str:
    """Write a file's name as a shell takes it."""
    return shlex.quote(str(path)) if os.name == "posix" else f'"{path}"' if " " in str(path) else str(path)
