"""``synth report``: the whole review, one page that opens offline."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import click

from .console import Console, Progress, say

if TYPE_CHECKING:
    from ..steps.report import Again, Reported


@click.command(
    short_help="Write one page for the whole review.",
    epilog="""\b
Examples:
  synth report                # pool what has changed, and write reports/index.html
  synth report --index-only   # show the pages that are there; pool nothing
  synth report --again        # pool everything, what is up to date too
  synth report --json
""",
)
@click.option("--index-only", is_flag=True, help="Pool nothing: show the pages that are there, stale ones as such.")
@click.option("--again", is_flag=True, help="Pool every outcome, those whose page is up to date too.")
@click.option("--json", "as_json", is_flag=True, help="Print the index as JSON, and nothing else; the page is written.")
def report(index_only: bool, again: bool, as_json: bool) -> None:
    """Write reports/index.html: the question, the findings, the flow of records, the studies, the searches.

    Outcomes whose page is not there or older than its inputs are pooled first, with the options that their page was
    made with; the others are left as they are. The flow diagram is counted from the logs of the searches, from the
    section [screening] of review.toml and from the sheets; every sum is checked, and what is missing is said. A review
    needs no search, no judgement and no data for it.
    """
    if index_only and again:
        raise click.UsageError("--index-only pools nothing, and --again pools everything. Keep one of them.")

    from ..workspace import Workspace, now

    now()  # a SOURCE_DATE_EPOCH that is no time stops numpy as it is imported, and less clearly

    from ..steps.report import report as make
    from ..steps.run import to_json

    with Progress() as progress:
        made = make(Workspace.find(), how=_how, index_only=index_only, again=again, progress=progress)
    for warning in made.warnings:
        say(f"synth: {warning}", err=True)
    console = Console.of(sys.stdout)
    if as_json:
        click.echo(to_json(made.document, ascii_only=not console.unicode), nl=False)  # JSON escapes
    else:
        _show(made, console)
    made.check()


def _how(command: str) -> Again | None:
    """Read the command line that a page carries, as ``synth pool`` itself would."""
    from ..steps.options import PoolOptions
    from ..steps.report import Again
    from .pool import pool

    try:
        words = shlex.split(command)
        if words[:2] != ["synth", "pool"] or {"-h", "--help"} & set(words):
            return None
        with pool.make_context("pool", words[2:], resilient_parsing=False) as context:
            given = dict(context.params)
    except (ValueError, click.ClickException, click.exceptions.Exit):
        return None
    if given.pop("figures") is not None or given.pop("output") is not None:
        return None
    named = {name: given.pop(name) for name in ("arm", "compare")}
    for name in ("outcomes", "study", "events", "total", "columns", "as_json"):
        given.pop(name)
    known = PoolOptions.__dataclass_fields__
    return Again(named["arm"], named["compare"], PoolOptions(**{key: given[key] for key in given if key in known}))


def _show(made: Reported, console: Console) -> None:
    """Say what was made, what does not add up, and the page to open."""
    document = made.document
    count = len(made.pooled)
    if count:
        say(f"Pooled {count} {'outcome' if count == 1 else 'outcomes'}: {', '.join(made.pooled)}")
    if made.kept:
        say(f"Up to date, and left as {'it was' if len(made.kept) == 1 else 'they were'}: {', '.join(made.kept)}")
    if document["not_pooled"]:
        say(f"Without an answer: {', '.join(each['outcome'] for each in document['not_pooled'])}")
    wrong = [check for check in document["flow"]["checks"] if not check["holds"]]
    for check in wrong:
        say(f"Does not add up: {check['text']}: {check['left']} and {check['right']}")
    unrun = [each["name"] for each in document["searches"] if each["record"] is None]
    if unrun:
        say(f"No record of the search: {', '.join(unrun)}")
    page = made.page.resolve().as_uri() if console.tty else f"reports/{made.page.name}"
    say(f"\nOpen in a browser: {page}")
