"""The command line: one file a command, and the tree of commands is the tree of files.

Commands parse options, call the library, print and choose the exit code: 0 success, 1 something failed or is not as
declared, 2 the command line itself is wrong, 130/143 stopped by a signal. Results go to stdout, everything else to
stderr. A command is imported only when it is called, so that ``--help`` is fast.
"""

import sys
from contextlib import suppress
from difflib import get_close_matches
from importlib import import_module, metadata
from typing import Any, NoReturn

import click

from reconcile import credentials
from reconcile.cli import failures, streams
from reconcile.cli.exits import exit_codes, exit_now

COMMANDS = {
    "run": "Make the clusters match the data, and wait until the links are up.",
    "plan": "Show what a run would change, and why.",
    "status": "Show every site and declared link, as both ends see them.",
    "diagnose": "Check what sites and links depend on, and say what to do.",
    "rotate": "Replace the tokens of links, one at a time among neighbouring sites.",
    "cut": "Cut a site off from its network at once, or link it again.",
    "revoke": "Have a site refuse all tokens that it has issued, and issue new ones.",
    "bundle": "Check app-interface data and build a bundle from it.",
    "sandbox": "Try everything on simulated clusters in one process.",
    "completion": "Print the shell completion script.",
}


def _refuse_shared_environment() -> None:
    """End the program if qontract-reconcile is installed too: whichever came last replaced files of the other."""
    try:
        metadata.distribution("qontract-reconcile")
    except metadata.PackageNotFoundError:
        return
    click.echo(
        "Error: qontract-skupper and qontract-reconcile are installed in the same environment, and both contain the "
        "Python package `reconcile`, so files of one replace files of the other; install qontract-skupper in an "
        "environment of its own: python3 -m venv ~/qontract-skupper && "
        "~/qontract-skupper/bin/pip install 'qontract-skupper[sandbox]'",
        err=True,
    )
    sys.exit(1)


class _Tree(click.Group):
    """A group whose commands live in modules of the same name."""

    def main(self, *args: Any, **extra: Any) -> Any:
        streams.prepare()
        credentials.forget()
        with failures.as_one_line():
            _refuse_shared_environment()
            try:
                return super().main(*args, **extra)
            except OSError as error:
                reason = streams.unwritable(error)
                if not reason:
                    raise
            streams.discard_output()
            with suppress(OSError):
                click.echo(f"Error: the output cannot be written: {reason}", err=True)
            sys.exit(1)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"reconcile.cli.{name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        close = get_close_matches(args[0], COMMANDS, n=1)
        if close and args[0] not in COMMANDS and not ctx.resilient_parsing:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {close[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        # The short help texts are here so that listing commands imports none of them.
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Tree,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=exit_codes({0: "success", 1: "something failed, is refused or is not as declared"}),
)
@click.version_option(package_name="qontract-skupper", prog_name="qontract-skupper")
def main() -> None:
    """Deploy and link Skupper sites across clusters, as app-interface data declares them.

    \b
    Try it without a cluster:
      qontract-skupper sandbox
    On a schedule, and as a check of a merge request:
      qontract-skupper run --config config.toml
      qontract-skupper run --config config.toml --dry-run
    By hand:
      qontract-skupper status
      qontract-skupper diagnose
    """


def program() -> NoReturn:
    """The whole process: what the command prints, how it ends, and that it ends.

    The interpreter's own exit would wait for threads; one that hangs in a request would keep it for ever.
    """
    failures.install()
    try:
        main(prog_name="qontract-skupper")
    except SystemExit as end:
        code = end.code
    exit_now(code if isinstance(code, int) else 0 if code is None else 1)
