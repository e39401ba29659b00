"""Write docs/commands.md from the command line itself, so that the two cannot drift apart."""

from __future__ import annotations

import inspect
from pathlib import Path

import click

from synth.cli.app import COMMANDS, EPILOG, app

TARGET = Path(__file__).resolve().parent / "commands.md"

OPENING = """\
# Commands

This page is made from the command line's own help (`python docs/generate.py`); `synth COMMAND --help` says the same.

The answer goes to stdout; messages, warnings and progress go to stderr. A command ends with one of these codes:

| code | meaning |
|---|---|
| 0 | done |
| 1 | the input or the review cannot be used, or a named outcome has nothing to pool; older pages stay as they were |
| 2 | a command or an option is misspelt, or options do not go together |
| 3 | the data have no answer by this method |
| 70 | a fault of synth; `SYNTH_DEBUG=1` in front of the command shows where |
| 130 | stopped with Ctrl-C |
| 141 | the program that read the output has ended |

Colours are used on a terminal only, and not where `NO_COLOR` is set. `COLUMNS` overrides the width.
"""


def examples(epilog: str | None) -> str:
    """Give the examples below a command's help as a block of shell."""
    text = inspect.cleandoc((epilog or "").replace("\b", ""))
    lines = [line[2:] for line in text.splitlines() if line.startswith("  ")]
    return "\n".join(["```sh", *lines, "```", ""]) if lines else ""


def describe(name: str, command: click.Command) -> str:
    """Write one command: its usage, its help, its arguments and options, its examples."""
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    options = [p for p in command.params if isinstance(p, click.Option)]
    words = " ".join(
        (a.metavar or (a.name or "").upper()) if a.required else f"[{(a.name or '').upper()}]" for a in arguments
    )
    usage = f"synth {name} {'[OPTIONS] ' if options else ''}{words}".rstrip()
    parts = [f"## synth {name}\n", f"```\n{usage}\n```\n", inspect.cleandoc(command.help or "") + "\n"]
    if options:
        rows = []
        for option in options:
            flags = ", ".join(f"`{flag}`" for flag in option.opts)
            if isinstance(option.type, click.Choice):
                value = " ".join(f"`{choice}`" for choice in option.type.choices)
            else:
                value = "" if option.is_flag else f"`{option.metavar or option.type.name.upper()}`"
            default = f" Default: `{option.default}`." if option.show_default else ""
            help_text = (option.help or "").replace("|", "\\|")
            rows.append(f"| {flags} | {value} | {help_text}{default} |")
        parts.append("\n".join(["| option | value | |", "|---|---|---|", *rows, ""]))
    parts.append(examples(command.epilog))
    return "\n".join(part for part in parts if part)


def render() -> str:
    """Give the whole page."""
    context = click.Context(app)
    parts = [OPENING, examples(EPILOG)]
    for name in COMMANDS:
        command = app.get_command(context, name)
        assert command is not None
        parts.append(describe(name, command))
    return "\n".join(part for part in parts if part).rstrip("\n") + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
