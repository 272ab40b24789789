"""``qontract-skupper sandbox``: everything around the integration, simulated in one process."""

import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import click

from reconcile.cli.failing import Failed, plainly

_FIXTURES = Path(__file__).parents[2] / "fixtures" / "app-interface"


@click.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Directory with `data` and `resources`.  [default: the fixtures of the project]",
)
@click.option(
    "--schemas",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Directory laid out as qontract-schemas.  [default: `schemas` beside the data or above]",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write config.toml and kubeconfig.  [default: a temporary folder]",
)
@plainly
def command(data: Path | None, schemas: Path | None, folder: Path | None) -> None:
    """Try everything on clusters simulated in one process.

    Starts a GraphQL server with the data, a simulated cluster for each cluster of the data, and Skupper on all of
    them; then tells what to type next. Ctrl-C stops it.

    \b
    Examples:
      qontract-skupper sandbox
      qontract-skupper sandbox --data ./my-data --folder ./sandbox
    """
    from reconcile.app_interface.bundle.model import locate
    from reconcile.cli.bundle import schemas_near
    from reconcile.cli.stopping import stop_on_signal
    from reconcile.report import findings
    from reconcile.sandbox.embedded import BadDataError, Sandbox, Source

    source = data or _FIXTURES
    if not source.is_dir():
        raise Failed(f"no fixtures at {source}: name a directory of app-interface data with --data")
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qontract-skupper-")))
        stop = stack.enter_context(stop_on_signal())
        try:
            sandbox = Sandbox(Source(source, schemas or schemas_near(source)), place)
        except BadDataError as error:
            for finding in error.findings:
                click.echo(findings.line(finding, partial(locate, error.bundle)), err=True)
            raise Failed(f"{error}: the sandbox was not started") from error
        stack.enter_context(sandbox)
        _tell(sandbox.config, sandbox.kubeconfig, source, sandbox.graphql.address if sandbox.graphql else "")
        stop.flag.wait()
    click.echo("sandbox stopped")


def _tell(config: Path, kubeconfig: Path, source: Path, server: str) -> None:
    click.echo(
        f"""The sandbox is running, with the data in {source}. In another terminal:

  export QONTRACT_CONFIG={config}
  qontract-skupper plan                    # what a run would change
  qontract-skupper run                     # make it so
  qontract-skupper status                  # every link, with the evidence of both ends

  export KUBECONFIG={kubeconfig}
  kubectl config get-contexts              # the clusters
  kubectl --context app-sre-stage-01 get configmaps -A -l app.kubernetes.io/managed-by=qontract-skupper

Change a file of the data, then have it served:

  curl -X POST {server.removesuffix("/graphql")}/reload

Ctrl-C stops the sandbox."""
    )
