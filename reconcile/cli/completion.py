"""``qontract-skupper completion``: the script that makes a shell complete commands and options."""

import click
from click.shell_completion import get_completion_class


@click.command()
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
