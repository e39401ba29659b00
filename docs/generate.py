"""Write docs/commands.md from the command line itself, so that the two cannot drift apart."""

from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path

import click

from synth.cli.app import COMMANDS, EPILOG, app
from synth.steps.options import PoolOptions

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
| 4 | a search is not complete, or misses a publication that it must find |
| 5 | PubMed gave no usable answer after all tries; the same command continues |
| 70 | a fault of synth; `SYNTH_DEBUG=1` in front of the command shows where |
| 130 | stopped with Ctrl-C |
| 141 | the program that read the output has ended |

Colours are used on a terminal only, and not where `NO_COLOR` is set. `COLUMNS` overrides the width.
"""


IN_PYTHON = """\
### The same words in Python and in the JSON

`synth.open_review().pool("fusion", options=PoolOptions(...))` and `synth.pool_figures("figures.csv", options=PoolOptions(...))`
take a keyword for every option; `synth.meta` takes the same on arrays. Every keyword, with hyphens for its underscores, is an
option too.

| option | keyword of `PoolOptions` | of `synth.meta` | in the JSON |
|---|---|---|---|
"""
_SETTINGS = ("measure", "model", "effects", "tau2_method", "ci_method", "i2_method", "tau2_ci", "level", "zero_cells")
WHERE: dict[str, tuple[str, str]] = {
    **{name: (f"pool({name}=)", f"settings.{name}") for name in _SETTINGS},
    "prediction": ("pool(prediction=)", "settings.prediction_method"),
    "study_ci": ("pool(study_ci=)", "settings.study_ci_method"),
    "seed": ("pool(seed=)", "settings.seed"),
    "leave_one_out": ("pool(leave_one_out=)", "leave_one_out"),
    "preset": ("pool(preset=)", "settings.preset"),
    "by": ("subgroup_analysis(by=)", "analyses.subgroups"),
    "by_tau2": ("subgroup_analysis(by_tau2=)", "analyses.subgroups.by_tau2"),
    "moderators": ("moderator_analysis(moderators=)", "analyses.regression"),
    "permutations": ("subgroup_analysis(permutations=)", "analyses.subgroups.permutation"),
    "cumulative": ("cumulative_analysis(variable=)", "analyses.cumulative"),
    "exclude": ("", "excluded"),
    "risk_of_bias": ("", "excluded"),
    "medians": ("", "sensitivity"),
    "bias": ("bias_analysis()", "analyses.bias"),
    "bias_force": ("bias_analysis(force=)", "analyses.bias"),
    "influence": ("influence_analysis()", "analyses.influence"),
    "gosh": ("gosh_analysis()", "analyses.gosh"),
    "gosh_subsets": ("gosh_analysis(subsets=)", "analyses.gosh"),
    "second_opinions": ("second_opinions(force=)", "analyses.second_opinions"),
    "compare_presets": ("compare_presets()", "analyses.presets"),
    "multiverse": ("pool_multiverse()", "analyses.multiverse"),
    "quick": ("", "analyses"),
}
"""For every keyword of ``PoolOptions``: the call that takes it, and where its word or its result stands."""


def in_python(command: click.Command) -> str:
    """Set the options of ``synth pool`` beside the keywords of the Python interface."""
    by_name = {param.name: param for param in command.params if isinstance(param, click.Option)}
    rows = []
    for field in fields(PoolOptions):
        option = by_name[field.name]
        flags = " ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))
        call, place = WHERE[field.name]
        rows.append(f"| {flags} | `{field.name}` | {f'`{call}`' if call else ''} | `{place}` |")
    return IN_PYTHON + "\n".join([*rows, ""])


def meanings(command: click.Command) -> str:
    """List what each word of a choice stands for."""
    parts = ["### What the words stand for\n"]
    for option in command.params:
        told = getattr(option.type, "meanings", None)
        if told:
            rows = [f"| `{word}` | {meaning} |" for word, meaning in told.items()]
            parts.append("\n".join([f"| `{option.opts[0]}` | |", "|---|---|", *rows, ""]))
    return "\n".join(parts)


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
            flags = ", ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))
            if isinstance(option.type, click.Choice):
                value = " ".join(f"`{choice}`" for choice in option.type.choices)
            else:
                value = "" if option.is_flag else f"`{option.metavar or option.type.name.upper()}`"
            default = f" Default: `{option.default}`." if option.show_default else ""
            help_text = (option.help or "").replace("|", "\\|")
            rows.append(f"| {flags} | {value} | {help_text}{default} |")
        parts.append("\n".join(["| option | value | |", "|---|---|---|", *rows, ""]))
    parts.append(examples(command.epilog))
    if name == "pool":
        parts += [meanings(command), in_python(command)]
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
