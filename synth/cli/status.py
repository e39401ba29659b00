"""``synth status``: what of a review stands where, and what is older than its inputs."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING

import click

from .console import Console, safe, say

if TYPE_CHECKING:
    from ..steps.status import Line, Status

_SIGNS = {"current": ("✓", "ok", "green"), "note": ("·", "-", ""), "missing": ("○", "--", "yellow"),
          "stale": ("↻", "old", "yellow"), "problem": ("✗", "!!", "red")}  # fmt: skip

_SHORT = 48
"""A reason of as many letters stands in the line itself."""


@click.command(
    short_help="Say what stands where, and what is stale.",
    epilog="""\b
Examples:
  synth status
  synth status --json
""",
)
@click.option("--check", is_flag=True, help="End with code 1 where anything is missing, stale or cannot be used.")
@click.option("--json", "as_json", is_flag=True, help="Print the status as JSON, and nothing else.")
def status(check: bool, as_json: bool) -> None:
    """Say of the searches, the sheets and the reports of this review what there is, and what is older than its inputs.

    Every page carries the SHA-256 of the files that it was made from; here they are held against the files as they are.
    Beside what is stale stands the command that makes it again; synth report makes all the pages. Nothing is written,
    and the code is 0 unless --check is given: a script may say "synth status --check || synth report".
    """
    from ..steps.status import status as look
    from ..workspace import Workspace

    found = look(Workspace.find())
    console = Console.of(sys.stdout)
    if as_json:
        click.echo(found.to_json(ascii_only=not console.unicode), nl=False)  # which escapes by JSON's own rules
    else:
        _show(found, console)
    if check:
        found.check()


def _show(found: Status, console: Console) -> None:
    say(found.title)
    for heading, lines in found.groups:
        title = click.style(heading, bold=True) if console.color else heading
        click.echo(f"\n{title}", color=console.color)  # a heading of our own
        width = min(max((len(safe(line.name)) for line in lines), default=0), max(24, console.width // 2))
        for line in lines:
            _line(line, width, console)
    behind = found.behind
    if not behind:
        say("\nEverything is up to date.")
    elif any(line in found.reports for line in behind):
        say("\nAll reports at once: synth report")


def _line(line: Line, width: int, console: Console) -> None:
    rich, plain, colour = _SIGNS[line.state]
    sign = rich if console.unicode else plain.ljust(3)
    if console.color and colour:
        sign = click.style(sign, fg=colour)
    short = len(line.reasons) == 1 and len(line.reasons[0]) <= _SHORT
    said = f"{line.said} ({line.reasons[0]})" if short else line.said
    said = f"{said}. Type: {line.command}" if line.command else said
    words = f"  {sign} {safe(line.name).ljust(width)}  {_plain(safe(said), console)}"
    click.echo(words, color=console.color)  # safe already; the sign's colour is our own
    room = max(20, console.width - 8)
    for reason in () if short else line.reasons:
        for part in textwrap.wrap(_plain(safe(reason), console), room, break_on_hyphens=False):
            click.echo(f"        {part}", color=console.color)  # safe before it was wrapped


def _plain(text: str, console: Console) -> str:
    return text if console.unicode else text.encode("ascii", "replace").decode("ascii")
