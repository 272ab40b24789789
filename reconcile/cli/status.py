"""``qontract-skupper status``: every declared link with the evidence of both ends."""

import sys

import click

from reconcile.cli.failing import plainly
from reconcile.cli.options import Common, common


@click.command()
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@common
@plainly
def command(common: Common, output: str) -> None:
    """Show every site, and every declared link with what both of its ends say.

    Exit code 1 if a declared link is not up, or something could not be read. AGE is the age of the link; the time
    beside each end's word is when that end last said anything.

    \b
    Examples:
      qontract-skupper status --config config.toml
      qontract-skupper status -o json | jq '.links[] | select(.state != "up")'
    """
    from reconcile.apply.running import now
    from reconcile.integration import open_session
    from reconcile.report import logs, plan_json, status_text

    logs.set_up(common.log_level)
    with open_session(common) as session:
        outcome = session.look(heartbeat=True)
        if output == "json":
            click.echo(plan_json.status(outcome.plan))
        else:
            click.echo(status_text.text(outcome.plan, now(), colour=sys.stdout.isatty()))
    for failure in outcome.failures:
        click.echo(failure, err=True)
    not_up = [link for link in outcome.plan.links if link.managed and not link.settled]
    if outcome.failures or outcome.plan.errors or not_up:
        sys.exit(1)
