"""``qontract-skupper plan``: what a run would change, and why."""

import sys

import click

from reconcile.cli.exits import SESSION, exit_codes, handle_errors, stoppable
from reconcile.cli.options import Common, common, limits, take_over
from reconcile.skupper.limits import Limits

_EXITS = {
    0: "the plan is complete, with or without changes; with --detailed-exitcode: no changes",
    1: "something is refused or could not be read",
    2: "with --detailed-exitcode: there are changes; otherwise: the command line is wrong",
}


@click.command(epilog=exit_codes(_EXITS, SESSION))
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format: text for people, json for programs.",
)
@click.option(
    "-v", "--verbose", is_flag=True, help="List the objects below each site and link; text output only."
)
@click.option(
    "--detailed-exitcode", is_flag=True, help="Exit with 0 for no changes, 1 for errors, 2 for changes."
)
@take_over
@common
@limits
@handle_errors
def command(
    common: Common,
    output: str,
    verbose: bool,
    detailed_exitcode: bool,
    limits: Limits,
    take_over: bool,
) -> None:
    """Show which sites and links a run would change, and why.

    Reads the data and all clusters, writes nothing. Marks: + create, ~ update, - delete; with a leading dot it follows
    later, with a leading exclamation mark it is refused.

    \b
    Examples:
      qontract-skupper plan --config config.toml
      qontract-skupper plan --detailed-exitcode
      qontract-skupper plan --verbose --cluster-name app-sre-stage-01
      qontract-skupper plan -o json | jq '.changes[] | select(.removal)'
    """
    from reconcile.cli import streams, terminal
    from reconcile.cli.opening import open_session
    from reconcile.report import logs, plan_json, plan_text
    from reconcile.skupper.review import review

    logs.set_up(common.log_level)
    with (
        stoppable(common.timeout),
        open_session(common, limits=limits, take_over=take_over) as session,
    ):
        outcome, bundle = session.look(), session.bundle
    # Not within the time-out: a pager may take the output slowly.
    if output == "json":
        streams.say(plan_json.plan(outcome.plan, bundle=bundle, failures=outcome.failures))
    else:
        title = f"bundle {bundle}"
        streams.say(plan_text.text(outcome.plan, title=title, colour=terminal.colour(), verbose=verbose))
    for failure in outcome.failures:
        streams.say(f"Error: {failure}", err=True)
    if outcome.failures or outcome.plan.errors:
        sys.exit(1)
    if detailed_exitcode and review(outcome.plan):
        sys.exit(2)
