"""``synth completion``: let the shell complete commands and options."""

from __future__ import annotations

import click


@click.command(
    short_help="Let the shell complete commands and options.",
    epilog="""\b
Examples:
  synth completion bash >> ~/.bashrc
  synth completion zsh >> ~/.zshrc
  synth completion fish > ~/.config/fish/completions/synth.fish
"""
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that lets SHELL complete the commands and options of synth."""
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root().command
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(root, {}, "synth", "_SYNTH_COMPLETE").source())
