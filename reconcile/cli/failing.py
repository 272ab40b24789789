"""Turns errors that a user can act on into one line and an exit code, never a traceback."""

import functools
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from reconcile.cli.leaving import exit_now

F = TypeVar("F", bound=Callable[..., Any])


class Failed(click.ClickException):
    """Ends a command with exit code 1 and one line on stderr."""

    exit_code = 1


def handle_errors(command: F) -> F:
    """Decorate a command: print errors that a user can act on as one line and exit."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        from reconcile.app_interface.errors import AppInterfaceError

        try:
            return command(*args, **kwargs)
        except AppInterfaceError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            exit_now(130)

    return wrapped  # type: ignore[return-value]
