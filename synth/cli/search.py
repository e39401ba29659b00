"""``synth search``: list, judge, count, run, check and publish the searches of a review."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .console import Console, Progress, say

if TYPE_CHECKING:
    from ..steps.search import Counted, Entrez, Searched, StrategyProblem, Tell
    from ..workspace import Workspace

_WARNINGS = 20
_MODES = ("lint_only", "count", "dry_run", "check", "report", "export")


@click.command(
    short_help="Search PubMed: list, lint, count, run, check, report.",
    epilog="""\b
Examples:
  synth search
  synth search as-spine-fracture-mis --lint
  synth search as-spine-fracture-mis --dry-run
  synth search as-spine-fracture-mis --count                         # asks PubMed
  synth search as-spine-fracture-mis                                 # asks PubMed: run it, or update it
  synth search as-spine-fracture-mis --check                         # asks PubMed
  synth search as-spine-fracture-mis --report --output search.md     # after a run
  synth search --term 'spinal fractures[mh] AND ankylos*[tiab]' --count
""",
)
@click.argument("name", required=False)
@click.option("--lint", "lint_only", is_flag=True, help="Judge the strategy only; nothing is sent.")
@click.option("--count", is_flag=True, help="Count every line and the whole only, and show how PubMed reads them.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent; nothing is.")
@click.option("--check", is_flag=True,
              help="Ask which known publications the strategy finds, and which line loses each that it misses: those "
                   "below [known] in its file, or those of --known.")
@click.option("--known", "known", multiple=True, metavar="FILE|PMID",
              help="With --check: a list of PMIDs (plain, CSV with a column pmid, NBIB) or one PMID; may be given more "
                   "than once.")
@click.option("--report", is_flag=True, help="Write the record of the last run that PRISMA-S asks for.")
@click.option("--export", is_flag=True,
              help="Write the stored records as RIS, NBIB, BibTeX and CSV, as every run does; nothing is sent.")
@click.option("--format", "format", type=click.Choice(["md", "html", "json"]),
              help="With --report: Markdown, a fragment of HTML, or JSON. [default: md, or by the ending of --output]")
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path),
              help="With --report: the file to write instead of stdout.")
@click.option("--run", "run", metavar="RUN", help="With --report: an earlier run, as runs/RUN.json is called.")
@click.option("--term", metavar="TEXT", help="Search for a text that stands in no file; with --count or --lint. "
                                             "Needs no review.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1),
              help="Fetch the N newest records only, into sample.jsonl; the stored search stays as it is.")
@click.option("--resume", is_flag=True,
              help="Continue an interrupted run, and say so where there is none. Without it a run is continued too, "
                   "where it asked the same.")
@click.option("--allow-warnings", is_flag=True,
              help="Go on where PubMed ignored a field tag or found a phrase nowhere.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON, and nothing else on stdout.")
def search(
    name: str | None,
    known: tuple[str, ...],
    format: str | None,
    output: Path | None,
    run: str | None,
    term: str | None,
    limit: int | None,
    resume: bool,
    allow_warnings: bool,
    as_json: bool,
    **modes: bool,
) -> None:
    """Search PubMed with a strategy of this review: queries/NAME.toml.

    Without NAME the strategies are listed, with their last run and its age. With NAME the strategy is judged, every
    line of it counted, every PMID listed and every record fetched into queries/NAME/; done again, it is the update.
    An interrupted run is continued by the same command.
    """
    chosen = [mode for mode in _MODES if modes[mode]]
    _fits_together(name, term, chosen, known, format or output or run, limit or resume)
    mode = chosen[0] if chosen else ""
    if term is not None:
        _term(term, mode, allow_warnings, as_json)
    elif name is None:
        _list(as_json)
    elif mode == "report":
        _report(name, format, output, run, as_json)
    elif mode == "export":
        _export(name, as_json)
    elif mode in ("lint_only", "dry_run"):
        _offline(name, mode, as_json)
    else:
        _online(name, mode, known, limit, resume, allow_warnings, as_json)


def _fits_together(
    name: str | None, term: str | None, chosen: list[str], known: tuple[str, ...], of_report: object, of_run: object
) -> None:
    flags = ", ".join(f"--{mode.removesuffix('_only').replace('_', '-')}" for mode in chosen)
    if len(chosen) > 1:
        raise click.UsageError(f"{flags} are different things: give one of them.")
    if term is not None and name is not None:
        raise click.UsageError(f'--term is a search of its own: leave "{name}" out, or --term.')
    if term is not None and chosen not in (["count"], ["lint_only"]):
        raise click.UsageError("A --term is counted or judged, not stored: give --count or --lint with it.")
    if name is None and term is None and (chosen or known or of_report or of_run):
        raise click.UsageError(f"{flags or 'These options'} need the name of a strategy: synth search NAME {flags}")
    if known and chosen != ["check"]:
        raise click.UsageError("--known goes with --check.")
    if of_report and chosen != ["report"]:
        raise click.UsageError("--format, --output and --run go with --report.")
    if of_run and chosen:
        raise click.UsageError(f"--limit and --resume go with a run, not with {flags}.")


def _print_json(value: dict[str, Any]) -> None:
    from ..steps.run import to_json

    click.echo(to_json(value, ascii_only=not Console.of(sys.stdout).unicode), nl=False)  # escapes by JSON's own rules


def asker() -> Callable[[str], str] | None:
    """Return how to ask the person a question; None where nobody would see it."""
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    return lambda question: str(click.prompt(question, err=True))


def maker(workspace: Workspace | None, progress: Progress) -> Callable[[], Entrez]:
    """Return what makes the client: the address is asked for first, so that no line of progress is in the way."""
    from ..steps.contact import identify, make_entrez
    from ..steps.search_tables import event_text

    identity = identify(workspace, asker())
    return lambda: make_entrez(identity, lambda event: progress(event_text(event)))


def _tell(progress: Progress) -> Tell:
    from ..steps.search_tables import progress_text

    return lambda done: progress(progress_text(done))


def _problems(problems: tuple[StrategyProblem, ...], *, notes: bool) -> None:
    for problem in problems:
        if notes or problem.severity != "note":
            say(f"synth: {problem.severity}: {problem}", err=True)


def _warnings(warnings: tuple[str, ...], elsewhere: str = "--json") -> None:
    """Show what PubMed warned of; of hundreds the first, and where the others stand."""
    for warning in warnings[:_WARNINGS]:
        say(f"synth: {warning}", err=True)
    if len(warnings) > _WARNINGS:
        say(f"synth: ... and {len(warnings) - _WARNINGS:,} more; {elsewhere} has all of them.", err=True)


def _list(as_json: bool) -> None:
    from ..steps.search import list_searches
    from ..steps.search_tables import table
    from ..workspace import Workspace

    workspace = Workspace.find()
    listed = list_searches(workspace)
    if as_json:
        _print_json({"schema": "synth.searches/1", "searches": [each.to_json() for each in listed]})
        return
    if not listed:
        say("There is no strategy yet: write queries/NAME.toml. queries/README.md shows how.")
        return
    console = Console.of(sys.stdout)
    rows = [
        [each.name, "" if each.total is None else f"{each.total:,}", each.searched[:10] or "-", each.state, each.title]
        for each in listed
    ]
    width = console.width if console.tty else 200
    say(table(("strategy", "records", "last run", "state", "title"), rows, width=width, right=(1,)))
    for each in listed:
        if each.problem:
            say(f"\n{each.file}: {each.problem}", err=True)
    say("\nOne of them: synth search NAME (--lint, --count, --check, --report; --help lists all).")


def _offline(name: str, mode: str, as_json: bool) -> None:
    from ..steps.search import judge, open_store, open_strategy, plan
    from ..workspace import Workspace

    workspace = Workspace.find()
    strategy = open_strategy(workspace, name)
    if mode == "dry_run":
        told = plan(strategy, open_store(workspace, strategy.name))
        if as_json:
            _print_json(told)
            return
        for line in told["lines"]:
            say(f"#{line['id']}{' ' + line['label'] if line['label'] else ''}\n    {line['sent']}")
        say(f"\nThe whole, {told['characters']:,} characters, sent by {told['method']}:\n    {told['term']}")
        say(f"\n{told['count_requests']} requests to count, one more at the end; then {told['then']}.")
        if told["continues"]:
            say(f"The interrupted run {told['continues']} would be continued.")
        return
    problems = judge(strategy)
    if as_json:
        found = [problem.to_dict() for problem in problems]
        _print_json({"schema": "synth.search-lint/1", "strategy": strategy.name, "problems": found})
        return
    _problems(problems, notes=True)
    warnings = sum(problem.severity == "warning" for problem in problems)
    say(f"{strategy.file}: no errors, {warnings} warning{'' if warnings == 1 else 's'}.")


def _term(term: str, mode: str, allow_warnings: bool, as_json: bool) -> None:
    from ..errors import WorkspaceError
    from ..steps.search import count_term, judge_term
    from ..workspace import Workspace

    if mode == "lint_only":
        problems = judge_term(term)
        if as_json:
            found = [problem.to_dict() for problem in problems]
            _print_json({"schema": "synth.search-lint/1", "strategy": "--term", "problems": found})
            return
        _problems(problems, notes=True)
        say("No errors.")
        return
    workspace: Workspace | None
    try:
        workspace = Workspace.find()
    except WorkspaceError:
        workspace = None
    judge_term(term)
    with Progress() as progress:
        make = maker(workspace, progress)
        counted = count_term(term, make)
    _counted(counted, allow_warnings, as_json)


def _counted(counted: Counted, allow_warnings: bool, as_json: bool) -> None:
    from ..steps.search_tables import counts_table

    _problems(counted.problems, notes=False)
    if as_json:
        _print_json(counted.to_json())
    else:
        console = Console.of(sys.stdout)
        say(counts_table(counted.counts, width=console.width if console.tty else 200))
        whole = counted.counts.whole
        if whole.translation:
            say(f"\nPubMed reads the whole as:\n    {whole.translation}")
        if allow_warnings:
            _warnings(counted.counts.warnings)
    counted.check(allow_warnings=allow_warnings)


def _online(
    name: str, mode: str, known: tuple[str, ...], limit: int | None, resume: bool, allow_warnings: bool, as_json: bool
) -> None:
    from ..steps.search import count, judge, open_strategy, run_search
    from ..workspace import Workspace

    workspace = Workspace.find()
    strategy = open_strategy(workspace, name)
    problems = judge(strategy)
    if mode == "check":
        _check(workspace, strategy, known, as_json)
        return
    progress = Progress()
    make = maker(workspace, progress)
    if mode == "count":
        with progress:
            counted = count(strategy, make(), _tell(progress))
        _counted(counted, allow_warnings, as_json)
        return
    _problems(problems, notes=False)
    with progress:
        done = run_search(
            workspace, strategy, make(), resume=resume, limit=limit, allow_warnings=allow_warnings,
            progress=_tell(progress),
        )  # fmt: skip
    if as_json:
        _print_json(dict(done.run.log))
    else:
        _show(done)
    done.check()


def _show(done: Searched) -> None:
    """Print what a run found, what changed, and the files."""
    from ..steps.search_tables import changes_text, table

    console = Console.of(sys.stdout)
    log = done.run.log
    lines = log["strategy"]["lines"]
    rows = [[f"#{line['id']}", f"{line['count']:,}", line["label"] or line["text"]] for line in lines]
    width = console.width if console.tty else 200
    say(table(("line", "records", "search"), rows, width=width, right=(1,)))
    say(f"\n{done.run.total:,} records found, {done.run.records:,} stored.")
    if log["limit"] is None:
        say(changes_text(log["changes"]))
    _warnings(done.run.warnings, f"queries/{done.strategy.name}/runs/{done.run.name}.json")
    say("\nWritten:")
    for file in done.files:
        say(f"  {file}")
    if log["limit"] is None:
        say(f"\nFor the review: synth search {done.strategy.name} --report")


def _check(workspace: Workspace, strategy: Any, known: tuple[str, ...], as_json: bool) -> None:
    from ..steps.search_report import check
    from ..steps.search_tables import check_text

    progress = Progress()
    with progress:
        checked = check(strategy, known, lambda: maker(workspace, progress)(),
                        lambda done, total: progress(f"Asking PubMed: {done} of {total}"))  # fmt: skip
    if as_json:
        _print_json(checked.result.to_json())
    else:
        console = Console.of(sys.stdout)
        say(check_text(checked.result, width=console.width if console.tty else 200))
    checked.check()


def _export(name: str, as_json: bool) -> None:
    from ..steps.search import export
    from ..workspace import Workspace

    files = export(Workspace.find(), name)
    if as_json:
        _print_json({"schema": "synth.search-export/1", "files": list(files)})
        return
    say("\n".join(["Written:", *(f"  {file}" for file in files[1:])]))


def _report(name: str, format: str | None, output: Path | None, run: str | None, as_json: bool) -> None:
    from ..steps.search_report import format_of, record_of, report_text, save_report
    from ..workspace import Workspace

    chosen = format_of(format, output, as_json)
    record = record_of(Workspace.find(), name, run)
    if output is None:
        text = report_text(record, chosen, ascii_only=not Console.of(sys.stdout).unicode)
        click.echo(text, nl=False) if chosen == "json" else say(text, nl=False)  # JSON escapes
        return
    save_report(output, report_text(record, chosen))
    say(f"Written: {output}")
