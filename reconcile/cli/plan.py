"""``qontract-skupper plan``: what a run would change, and why."""

import sys

import click

from reconcile.cli.failing import plainly
from reconcile.cli.options import Common, common


@click.command()
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--max-removals",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    help="As for run: with more removals than this, none is planned.",
)
@common
@plainly
def command(common: Common, output: str, max_removals: int) -> None:
    """Show what a run would change, and why.

    Reads the data and all clusters, writes nothing. Exit code 1 if something is refused or could not be read.

    \b
    Examples:
      qontract-skupper plan --config config.toml
      qontract-skupper plan --config config.toml -o json | jq '.changes[].reason'
    """
    from reconcile.integration import open_session
    from reconcile.report import logs, plan_json, plan_text

    logs.set_up(common.log_level)
    with open_session(common, removal_budget=max_removals) as session:
        outcome = session.look()
        if output == "json":
            click.echo(plan_json.plan(outcome.plan))
        else:
            title = f"bundle {session.bundle}"
            click.echo(plan_text.text(outcome.plan, title=title, colour=sys.stdout.isatty()))
    if outcome.failures or outcome.plan.errors:
        for failure in outcome.failures:
            click.echo(failure, err=True)
        sys.exit(1)
