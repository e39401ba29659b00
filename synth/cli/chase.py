"""``synth chase``: follow citations from known publications."""

from __future__ import annotations

import sys

import click

from .console import Console, Progress, say


@click.command(
    short_help="Follow references and citing articles.",
    epilog="""\b
Examples:
  synth chase as-spine-fracture-mis                # asks PubMed
  synth chase as-spine-fracture-mis --references   # asks PubMed
  synth chase 37268432 36434588 --citing --json    # asks PubMed
""",
)
@click.argument("words", nargs=-1, required=True, metavar="NAME|PMID...")
@click.option("--references", is_flag=True, help="What they cite. Without either option both ways are gone.")
@click.option("--citing", is_flag=True, help="What cites them, as far as PubMed knows.")
@click.option("--all", "every", is_flag=True,
              help="Begin at every stored record of the strategy instead of its known publications.")
@click.option("--json", "as_json", is_flag=True, help="Print the log as JSON, and nothing else on stdout.")
def chase(words: tuple[str, ...], references: bool, citing: bool, every: bool, as_json: bool) -> None:
    """Follow citations from the known publications of a strategy, or from PMIDs.

    What the review's searches have already is counted as a duplicate; the new records go to queries/NAME/chase/ (or
    queries/chase/ for PMIDs), with the counts that a PRISMA flow diagram wants. Outside of a review nothing is stored.
    """
    from ..errors import WorkspaceError
    from ..steps.chase import chase_from, seeds_of
    from ..steps.run import to_json
    from ..workspace import Workspace
    from .search import maker

    workspace: Workspace | None
    try:
        workspace = Workspace.find()
    except WorkspaceError:
        workspace = None
    progress = Progress()
    make = maker(workspace, progress)
    both = references == citing
    with progress:
        entrez = make()
        seeds = seeds_of(workspace, words, entrez, every=every)
        done = chase_from(
            workspace, seeds, entrez, references=both or references, citing=both or citing,
            progress=lambda stage, part, total: progress(
                f"{'Following links' if stage == 'links' else 'Fetching records'}: {part:,} of {total:,}"
            ),
        )  # fmt: skip
    for warning in done.log["warnings"]:
        say(f"synth: {warning}", err=True)
    console = Console.of(sys.stdout)
    if as_json:
        click.echo(to_json(dict(done.log), ascii_only=not console.unicode), nl=False)  # escapes by JSON's own rules
    else:
        from ..steps.search_tables import chase_text

        say(chase_text(done, width=console.width if console.tty else 200))
    done.check()
