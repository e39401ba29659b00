"""``synth export``: the data of a page as files for other programs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .console import Console, Progress, say

FORMATS = ("csv", "xlsx", "json", "svg", "r", "bib", "zip")
"""A test compares them with what there is; the help must not wait for it."""


@click.command(
    short_help="Write the data of a page as CSV, Excel, JSON, figures, R and BibTeX.",
    epilog="""\b
Examples:
  synth export fusion
  synth export reports/fusion.html -o data
  synth export reports/fusion.html --format csv --format xlsx
  synth export reports/fusion.json --format zip -o .
  synth export fusion --format json --json
""",
)
@click.argument("source", metavar="PAGE")
@click.option("-o", "--output", "folder", metavar="DIR", type=click.Path(path_type=Path),
              help="The folder to write into; NAME-data here if left out.")
@click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS, case_sensitive=False),
              help="What to write; may be given more than once. Everything but zip if left out; zip is all of it in "
                   "one file, with the JSON Schema and the versions of the packages.")
@click.option("--json", "as_json", is_flag=True,
              help="Print the files with size and SHA-256 as JSON, and nothing else; the files are written.")
def export(source: str, folder: Path | None, formats: tuple[str, ...], as_json: bool) -> None:
    """Write the data of one outcome for other programs.

    PAGE is a page that synth pool wrote (.html, which needs nothing beside it), its .json, or an outcome of the review.
    Every table goes out as CSV with numbers at full precision, and all of them as one workbook. A file that synth did
    not write, or that was changed since, is never written over: SHA256SUMS in the folder says which are synth's.
    """
    from ..steps.export import export as run
    from ..steps.run import to_json

    with Progress() as progress:
        progress(f"Exporting {source}")
        made = run(source, folder, formats)
    if as_json:
        click.echo(to_json(made.document, ascii_only=not Console.of(sys.stdout).unicode), nl=False)  # JSON escapes
        return
    counts: dict[str, int] = {}
    for file in made.document["files"]:
        counts[file["format"]] = counts.get(file["format"], 0) + 1
    said = ", ".join(f"{number} .{name}" for name, number in counts.items())
    count = len(made.document["files"])
    files = f"{count} file{'' if count == 1 else 's'}"
    say(f"{made.document['label']}: {files} in {made.document['folder']} ({said})")
