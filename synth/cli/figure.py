"""``synth figure``: one figure as a file, at the size that a journal asks for."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .console import Console, Progress, say

KINDS = (
    "forest", "subgroups", "leave-one-out", "cumulative", "second-opinions", "funnel", "funnel-size",
    "funnel-precision", "doi", "radial", "labbe", "drapery", "baujat", "bubble", "gosh", "multiverse", "traffic",
    "bias-summary", "prisma",
)  # fmt: skip
"""As the catalogue has them; a test compares the two, because the help must not wait for the pictures."""
LAYOUTS = ("synth", "jama", "bmj", "revman")


@click.command(
    short_help="Draw one figure as SVG, PDF, PNG or TIFF.",
    epilog="""\b
Examples:
  synth figure forest --outcome fusion -o fusion.pdf --width 174mm
  synth figure forest --outcome fusion -o fusion.tiff --width 8.5cm --dpi 600 --layout jama
  synth figure subgroups --outcome fusion --by design -o groups.svg
  synth figure leave-one-out --outcome fusion -o without.svg
  synth figure funnel --outcome figures.json -o funnel.png
  synth figure prisma -o flow.pdf
  synth figure forest --outcome fusion -o fusion.svg --json

\b
Kinds:
  forest            series and pooled answer, with the arms for comparison
  subgroups         the forest in groups (pool --by)
  leave-one-out     the answer without each series in turn
  cumulative        the answer as series were added
  second-opinions   the answer by other models
  funnel            small series against large ones; funnel-size, funnel-precision: over another axis
  doi, radial, labbe, drapery
                    Doi plot, Galbraith's radial plot, L'Abbe plot of two arms, drapery plot
  baujat, gosh, multiverse
                    influence, every subset, every choice of methods
  bubble            meta-regression (pool --moderator)
  traffic, bias-summary
                    risk of bias: a light for each item, shares
  prisma            the flow of records (after synth report)
""",
)
@click.argument("kind", metavar="KIND")
@click.option("--outcome", metavar="NAME",
              help="The outcome, as its page in reports/ is called, or the .json that synth pool wrote. May be left "
                   "out where only one was pooled.")
@click.option("-o", "--output", required=True, metavar="FILE", type=click.Path(path_type=Path),
              help="The file to write: .svg, .pdf, .png or .tiff.")
@click.option("--width", metavar="LENGTH",
              help="How wide it is on paper: 174mm, 8.5cm, 3.5in. [default: at 96 units an inch]")
@click.option("--dpi", metavar="N", type=click.IntRange(72, 2400), default=300, show_default=True,
              help="Dots per inch of .png and .tiff.")
@click.option("--layout", metavar="NAME", default="synth", show_default=True,
              help="Columns, words and marks of forests: synth, jama, bmj or revman.")
@click.option("--by", metavar="VARIABLE",
              help="For subgroups: by which variable, where the page has groups by several. [default: the first]")
@click.option("--json", "as_json", is_flag=True,
              help="Print title, caption, size and all numbers of the figure as JSON, and nothing else; the file is "
                   "written.")
def figure(
    kind: str, outcome: str | None, output: Path, width: str | None, dpi: int, layout: str, by: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Draw one figure of what was pooled, for a journal.

    The numbers are those of reports/OUTCOME.json: pool first. An SVG carries its own style and needs nothing more; for
    PDF (fonts embedded), PNG and TIFF (LZW) install the extra: pip install "synth[figures]".
    """
    from ..steps.figure import draw
    from ..steps.run import to_json

    with Progress() as progress:
        progress(f"Drawing {output.name}")
        made = draw(kind, output, outcome=outcome, width=width, dpi=dpi, layout=layout, by=by)
    for warning in made.warnings:
        say(f"synth: {warning}", err=True)
    console = Console.of(sys.stdout)
    if as_json:
        click.echo(to_json(made.document, ascii_only=not console.unicode), nl=False)  # JSON escapes
        return
    told = made.document
    say(f"{told['title']}: {output} ({told['width_mm']:.1f} x {told['height_mm']:.1f} mm)")
    say(told["caption"])
