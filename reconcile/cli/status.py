"""``qontract-skupper status``: every site and declared link, as both ends see them."""

import math
import sys

import click

from reconcile.cli.exits import SESSION, exit_codes, handle_errors, stoppable
from reconcile.cli.options import Common, Duration, common

_EXITS = {
    0: "no declared site is down, and every declared link is up, or on standby",
    1: "a declared site is down or a link is not up, something is refused or could not be read, or --wait is over",
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
@click.option(
    "--wait",
    type=Duration(),
    default=None,
    metavar="DURATION",
    help="Wait until every link shown is up and every site is in its declared state, at most so long: 90s, 10m, 1h.",
)
@click.option("--watch", is_flag=True, help="Show the status again whenever it changed, until Ctrl-C.")
@click.argument("networks", metavar="[NETWORK]...", nargs=-1)
@common
@handle_errors
def command(
    common: Common,
    output: str,
    networks: tuple[str, ...],
    wait: float | None,
    *,
    only_broken: bool,
    watch: bool,
) -> None:
    """Show every site, and every declared link as both of its ends see it; of some networks or of all.

    What is broken comes first. MODE and VERSION are what runs; declared settings that are not in effect are pending.
    The dialler is Skupper's connecting site, the issuer its listening site. AGE is the age of the link; the time beside
    each end's view is when that end last reported. An edge site has one active link and keeps the others on standby;
    issuers never list edge sites: (edge).

    With --wait the status is shown once, at the end. With --watch a terminal is redrawn; elsewhere each status follows
    the last one, below a line with its time, or as JSON on one line. Neither writes to a cluster.

    \b
    Examples:
      qontract-skupper status --config config.toml
      qontract-skupper status vault --only-broken
      qontract-skupper status vault --wait 10m
      qontract-skupper status --watch --only-broken
      qontract-skupper status -o json | jq '.links[] | select(.managed and (.converged | not))'
    """
    from reconcile.cli import streams
    from reconcile.cli.opening import check_networks, open_session
    from reconcile.cli.progress import bar_on_terminal
    from reconcile.cli.views import View, Wait, Watch
    from reconcile.report import logs

    if watch and wait is not None:
        raise click.UsageError(
            "--wait and --watch exclude each other: --wait shows the status once it is good, --watch whenever it "
            f"changed. Write: qontract-skupper status --wait {wait:g}s"
        )
    logs.set_up(common.log_level)
    with stoppable(common.timeout), open_session(common) as session:
        check_networks(networks, session)
        view = View(bundle=session.bundle, json=output == "json", networks=networks, only_broken=only_broken)
        if watch:
            # Only a signal or the time-out ends it.
            session.follow(Watch(view), math.inf)
        if wait:
            with bar_on_terminal() as bar:
                waiting = Wait(view, bar)
                session.follow(waiting, wait)
            outcome = waiting.outcome
        else:
            outcome = session.look()
    # Not within the time-out: a pager may take the output slowly.
    view.show(outcome)
    left = view.unfinished(outcome) if wait else ""
    if left:
        streams.say(f"Error: after --wait {wait:g}s: {left}", err=True)
    if left or view.is_bad(outcome):
        sys.exit(1)
