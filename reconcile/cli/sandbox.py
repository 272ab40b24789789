"""``qontract-skupper sandbox``: clusters, Skupper and GraphQL server simulated in one process."""

import shlex
import shutil
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconcile import package_data
from reconcile.cli.exits import Failed, exit_codes, handle_errors, stoppable

if TYPE_CHECKING:
    from reconcile.sandbox.embedded import Sandbox

_EXITS = {0: "stopped by Ctrl-C or SIGTERM", 1: "the data has faults, or the sandbox cannot start"}


@click.command(epilog=exit_codes(_EXITS))
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Directory with `data` and `resources`.  [default: data that comes with the program]",
)
@click.option(
    "--schemas",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Directory with the layout of qontract-schemas.  [default: `schemas` in the data or above, else built-in]",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write config.toml and kubeconfig.  [default: a temporary folder]",
)
@click.option(
    "--time-scale",
    type=click.FloatRange(min=0),
    default=0.01,
    show_default=True,
    help="How long Skupper takes for everything, compared with the real one; 1 is its real pace.",
)
@handle_errors
def command(data: Path | None, schemas: Path | None, folder: Path | None, time_scale: float) -> None:
    """Try everything on simulated clusters in one process.

    Starts a GraphQL server with the data, a simulated cluster for each cluster of the data, and Skupper on all of
    them, then prints what to type next. Ctrl-C stops it.

    \b
    Examples:
      qontract-skupper sandbox
      qontract-skupper sandbox --data ./my-data --folder ./sandbox
      qontract-skupper sandbox --time-scale 1
    """
    source = data or package_data.fixtures()
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qontract-skupper-")))
        stop = stack.enter_context(stoppable())
        stop.gentle = True
        try:
            sandbox = stack.enter_context(_sandbox(source, schemas, place, time_scale))
        except OSError as error:
            raise Failed(f"the sandbox cannot start: {error}") from error
        _print_next_steps(sandbox, source)
        stop.flag.wait()
    click.echo("sandbox stopped")


def _sandbox(source: Path, schemas: Path | None, place: Path, time_scale: float) -> "Sandbox":
    """Create the sandbox, not started yet; prints all faults of the data and raises `Failed` if there are any."""
    from reconcile.app_interface.bundle.building import SourceMissingError
    from reconcile.app_interface.bundle.model import locate
    from reconcile.cli.bundle import schemas_near
    from reconcile.report import findings
    from reconcile.report.wording import counted

    try:
        from reconcile.sandbox.embedded import BadDataError, Sandbox, Source
        from reconcile.sandbox.skupper.timing import Timing
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("reconcile"):
            raise
        raise Failed(
            f"the sandbox needs the Python package {error.name}, which is not installed; "
            "install it: pip install 'qontract-skupper[sandbox]'"
        ) from error
    try:
        return Sandbox(Source(source, schemas or schemas_near(source)), place, timing=Timing(time_scale))
    except SourceMissingError as error:
        raise Failed(f"{error}; --data names a directory with data and resources") from error
    except BadDataError as error:
        for finding in findings.shown(error.findings):
            click.echo(findings.line(finding, partial(locate, error.bundle)), err=True)
        faults = counted(len(error.findings), "fault")
        if len(error.findings) > findings.SHOWN:
            command_line = f"{_program()} bundle {shlex.quote(str(source))} --all"
            click.echo(f"the first {findings.SHOWN} are shown; to print all, run: {command_line}", err=True)
        raise Failed(f"{faults} in {source}: the sandbox was not started") from error


def _print_next_steps(sandbox: "Sandbox", source: Path) -> None:
    program = _program()
    server = sandbox.graphql.address.removesuffix("/graphql") if sandbox.graphql else ""
    click.echo(
        f"""The sandbox is running, with the data in {source}. In another terminal:

  export QONTRACT_CONFIG={shlex.quote(str(sandbox.config.resolve()))}
  {program} plan      # what a run would change
  {program} run       # apply the changes
  {program} status    # every link, as both ends see it
"""
    )
    cluster = next((cluster.name for cluster in sandbox), "")
    if cluster:
        click.echo(
            f"""With kubectl:

  export KUBECONFIG={shlex.quote(str(sandbox.kubeconfig.resolve()))}
  kubectl config get-contexts
  kubectl --context {cluster} get configmaps -A -l app.kubernetes.io/managed-by=qontract-skupper
"""
        )
    click.echo(
        f"""After changing a data file, reload it:

  curl -X POST {server}/reload

Ctrl-C stops the sandbox."""
    )


def _program() -> str:
    """How to call this program: by name if it is on the path, else as it was called now."""
    name = "qontract-skupper"
    if shutil.which(name):
        return name
    called = Path(sys.argv[0])
    return (
        shlex.quote(str(called)) if called.name == name else f"{shlex.quote(sys.executable)} -m reconcile.cli"
    )
