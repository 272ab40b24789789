"""``qontract-skupper status``: every site and declared link, as both ends see them."""

import sys

import click

from reconcile.cli.exits import SESSION, exit_codes, handle_errors, stoppable
from reconcile.cli.options import Common, common

_EXITS = {
    0: "no declared site is down, and every declared link is up, or on standby",
    1: "a declared site is down or a link is not up, or something is refused or could not be read",
}


@click.command(epilog=exit_codes(_EXITS, SESSION))
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Output format: table for people, json for programs.",
)
@click.option("--only-broken", is_flag=True, help="Leave out sites and links that are as declared.")
@click.argument("networks", metavar="[NETWORK]...", nargs=-1)
@common
@handle_errors
def command(common: Common, output: str, networks: tuple[str, ...], *, only_broken: bool) -> None:
    """Show every site, and every declared link as both of its ends see it; of some networks or of all.

    What is broken comes first. MODE and VERSION are what runs; declared settings that are not in effect are pending.
    The dialler is Skupper's connecting site, the issuer its listening site. AGE is the age of the link; the time beside
    each end's view is when that end last reported. An edge site has one active link and keeps the others on standby;
    issuers never list edge sites: (edge).

    \b
    Examples:
      qontract-skupper status --config config.toml
      qontract-skupper status vault --only-broken
      qontract-skupper status -o json | jq '.links[] | select(.managed and (.converged | not))'
    """
    from reconcile.apply.running import now
    from reconcile.cli import streams, terminal
    from reconcile.cli.opening import check_networks, open_session
    from reconcile.report import logs, narrowing, plan_json, status_text
    from reconcile.skupper.plan import SiteState

    logs.set_up(common.log_level)
    with stoppable(common.timeout), open_session(common) as session:
        check_networks(networks, session)
        outcome, bundle = session.look(), session.bundle
    # Not within the time-out: a pager may take the output slowly.
    plan = narrowing.of_networks(outcome.plan, networks) if networks else outcome.plan
    if output == "json":
        shown = narrowing.of_broken(plan) if only_broken else plan
        streams.say(plan_json.status(shown, bundle=bundle, failures=outcome.failures))
    else:
        width, colour = terminal.width(), terminal.colour()
        streams.say(status_text.text(plan, now(), width=width, colour=colour, only_broken=only_broken))
    for failure in outcome.failures:
        streams.say(f"Error: {failure}", err=True)
    not_up = [link for link in plan.links if link.managed and not link.converged]
    down = [site for site in plan.sites if site.state is SiteState.DOWN]
    if outcome.failures or plan.errors or not_up or down:
        sys.exit(1)
