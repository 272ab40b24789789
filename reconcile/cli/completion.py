"""``qontract-skupper completion``: the script that makes a shell complete commands and options."""

import click
from click.shell_completion import get_completion_class

from reconcile.cli.exits import exit_codes


@click.command(epilog=exit_codes({0: "the script is printed", 1: "click knows no completion for the shell"}))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    Examples:
      source <(qontract-skupper completion bash)
      qontract-skupper completion fish > ~/.config/fish/completions/qontract-skupper.fish
    """
    from reconcile.cli import main

    found = get_completion_class(shell)
    if found is None:
        raise click.ClickException(f"no completion for {shell}")
    click.echo(found(main, {}, "qontract-skupper", "_QONTRACT_SKUPPER_COMPLETE").source())
