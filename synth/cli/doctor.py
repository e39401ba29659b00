"""``synth doctor``: what is here, and what is missing."""

from __future__ import annotations

import sys

import click

from .console import Console, Progress, say


@click.command(
    short_help="Look at the installation and the review; say what is missing.",
    epilog="""\b
Examples:
  synth doctor
  synth doctor --json
  synth doctor --online   # asks PubMed
""",
)
@click.option("--online", is_flag=True,
              help="Ask every E-utility of NCBI once, politely, and hold each answer against what the tests promise.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON, and nothing else on stdout.")
def doctor(online: bool, as_json: bool) -> None:
    """Look at versions, packages, folders and settings, and say what is missing and what to type.

    With --online ten requests go to NCBI: the first use of the live service. The same trip is made against a local
    server in the tests.
    """
    from ..steps.run import to_json

    console = Console.of(sys.stdout)
    if online:
        from ..errors import WorkspaceError
        from ..steps.doctor_online import round_trip
        from ..workspace import Workspace
        from .search import maker

        workspace: Workspace | None
        try:
            workspace = Workspace.find()
        except WorkspaceError:
            workspace = None
        progress = Progress()
        make = maker(workspace, progress)
        with progress:
            trip = round_trip(make(), progress)
        if as_json:
            click.echo(to_json(trip.to_json(), ascii_only=not console.unicode), nl=False)  # JSON escapes
        else:
            for visit in trip.visits:
                say(f"{visit.state:<10} {visit.endpoint:<9} {visit.promise}\n{'':21}{visit.said}")
        trip.check()
        return
    from ..steps.doctor import examine

    health = examine()
    if as_json:
        click.echo(to_json(health.to_json(), ascii_only=not console.unicode), nl=False)  # JSON escapes
    else:
        from ..steps.search_tables import table

        rows = [[each.state, each.part, f"{each.said} {each.remedy}".strip()] for each in health.findings]
        say(table(("", "part", "what is there"), rows, width=1000))
        if not health.missing:
            say("\nNothing is missing. The way to PubMed: synth doctor --online")
    health.check()
