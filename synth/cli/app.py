"""The entry: finds the command, runs it, and is the one place where an error becomes an exit code."""

from __future__ import annotations

import contextlib
import difflib
import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from .._version import __version__
from ..errors import SynthError
from .console import say

COMMANDS = {
    "init": "init",
    "search": "search",
    "chase": "chase",
    "template": "template",
    "import": "import_",
    "reconcile": "reconcile",
    "check": "check",
    "bias": "bias",
    "outcomes": "outcomes",
    "pool": "pool",
    "figure": "figure",
    "export": "export",
    "report": "report",
    "status": "status",
    "doctor": "doctor",
    "completion": "completion",
}
"""Every command, in the order of the help, with its module; the function in it has the module's name."""

EXIT_INTERNAL = 70
EXIT_INTERRUPTED = 130
EXIT_PIPE = 141

REPORT_BUG = (
    "This is a fault of synth, not of your data: please report it with the command you typed and what the same command "
    "prints with SYNTH_DEBUG=1 in front of it."
)

EPILOG = """\b
Examples:
  synth pool                          # pool every outcome of this review
  synth pool --outcome mortality_1y   # pool one of them
  synth report                        # one page for the whole review
  synth status                        # what is older than its inputs
  synth outcomes                      # what this review holds
  synth search                        # the searches of this review
  synth pool figures.csv              # pool any CSV with the columns study, events, total
  synth init my-review                # start a review of your own
"""


class _BrokenPipe(Exception):
    """Whoever read our output has gone. Its own kind, because click would turn BrokenPipeError into exit code 1."""


class _Commands(click.Group):
    """A group that imports a command only when it is wanted, and names the nearest one for a typing slip."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of :data:`COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command, or None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f".{module}", __package__), module)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the words name, with a hint where they name none."""
        name = args[0] if args else ""
        if name in COMMANDS or name.startswith("-"):
            return super().resolve_command(ctx, args)
        near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
        hint = f'Did you mean "synth {near[0]}"? ' if near else ""
        # Before any likeness: figures.csv is near "figure", and is a file all the same.
        if name.lower().endswith((".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")):
            hint = f'To pool that file type "synth pool {name}". '
        raise click.UsageError(f'There is no command "{name}". {hint}There are: {", ".join(COMMANDS)}.', ctx)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the words (and print the help); a closed pipe passes through click unseen."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except BrokenPipeError as error:
            raise _BrokenPipe from error

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a closed pipe passes through click unseen."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _BrokenPipe from error


@click.group(
    cls=_Commands,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="synth", message="%(prog)s %(version)s")
def app() -> None:
    """Search PubMed for a systematic review, and pool its figures into one answer that a reviewer can check.

    A review is a folder with review.toml, the searches in queries/, the sheets in extracted/ and the pages that synth
    writes in reports/.
    """


def run(args: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; the error text goes to stderr.

    Parameters
    ----------
    args : sequence of str, optional
        The words after ``synth``; those of the process if left out.

    Returns
    -------
    int
        0 where it worked; otherwise the code that :mod:`synth.errors` gives, 2 for a misspelt command or option,
        70 for a fault of synth itself, 130 after Ctrl-C, 141 where the reader of our output went away.
    """
    debug = os.environ.get("SYNTH_DEBUG", "") not in ("", "0")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name that the terminal cannot show must not stop the answer
            stream.reconfigure(errors="replace")
    try:
        code = app.main(None if args is None else list(args), prog_name="synth", standalone_mode=False)
        if sys.stdout is not None:  # as it is after >&-
            sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (_BrokenPipe, BrokenPipeError):
        _abandon_stdout()
        return EXIT_PIPE
    except (click.exceptions.Abort, KeyboardInterrupt):
        _say("Stopped.")
        return EXIT_INTERRUPTED
    except click.ClickException as error:
        text = io.StringIO()
        error.show(text)
        say(text.getvalue(), err=True, nl=False)
        return error.exit_code
    except Exception as error:
        if debug:
            import traceback

            traceback.print_exc()
        if isinstance(error, SynthError):
            _say(str(error))
            return error.exit_code
        if isinstance(error, OSError):
            if error.filename is None:  # a full disk behind stdout
                _abandon_stdout()
            where = f"{error.filename}: " if error.filename else ""
            _say(f"{where}{error.strerror or error}.")
            return 1
        _say(f"Unexpected {type(error).__name__}: {error}\n{REPORT_BUG}")
        return EXIT_INTERNAL


def _abandon_stdout() -> None:
    """Give Python somewhere to write: it flushes stdout once more on its way out, and would complain there."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(text: str) -> None:
    say(f"synth: {text}", err=True)


def main() -> NoReturn:
    """Be the ``synth`` of the shell."""
    # While modules load nothing becomes garbage, and looking for it over and over takes a twentieth of a short run.
    gc.set_threshold(50_000, 20, 100)
    sys.exit(run())
