"""``qontract-skupper cut``: cut a site off from its network, or link it again."""

from typing import TYPE_CHECKING

import click

from reconcile.cli import ordering
from reconcile.cli.exits import SESSION, exit_codes, handle_errors
from reconcile.cli.options import Common, Duration, common
from reconcile.skupper.sites import SiteKey

if TYPE_CHECKING:
    from reconcile.apply.running import Outcome
    from reconcile.integration import Session
    from reconcile.skupper.orders import Order

_EXITS = {
    0: "the site has no links, as its neighbours report; with --end: its links are up; in a dry run: no errors",
    1: "something failed or is refused, or a neighbour still reports a link; with --end: a link is not up",
}


@click.command(epilog=exit_codes(_EXITS, SESSION))
@ordering.site
@click.option("--end", is_flag=True, help="Link a site again that is cut off.")
@click.option(
    "--by",
    metavar="TEXT",
    default=None,
    show_default="the name of the user",
    help="Who cuts it off, and why; shown for as long as it is cut off.",
)
@ordering.dry_run
@click.option(
    "--wait",
    type=Duration(),
    default="2m",
    show_default=True,
    help="How long to wait until its neighbours report no link with it, or with --end until its links are up.",
)
@common
@handle_errors
def command(common: Common, site: SiteKey, by: str | None, wait: float, *, end: bool, dry_run: bool) -> None:
    """Cut a declared site off from its network at once: delete the tokens of its links at both ends.

    It stays cut off until --end, or until the data removes the site: both ends of each link are marked, and `plan` and
    `status` show since when and by whom. Its own objects stay, and nothing else is changed. No removal budget counts
    this. Sites that reach others only through this one are cut off with it.

    A token that somebody has copied stays valid until the CA of the site that issued it changes: a copy still links
    until then. Tokens at a cluster that cannot be reached are deleted by the first run that can; until then their link
    may stay up, and the command ends with exit code 1.

    \b
    Examples:
      qontract-skupper cut --site app-sre-prod-01/vault-prod --dry-run
      qontract-skupper cut --site app-sre-prod-01/vault-prod --by "alice, incident 4711"
      qontract-skupper cut --site app-sre-prod-01/vault-prod --end
    """

    def order(session: "Session") -> "Order":
        from reconcile.apply.running import now
        from reconcile.cli.opening import declared_site
        from reconcile.skupper.orders import Order, OrderKind

        kind = OrderKind.END_CUT if end else OrderKind.CUT
        named = frozenset({declared_site(site, session)})
        text = " ".join((by or ordering.caller()).split())
        return Order(kind=kind, sites=named, at=now(), by=text)

    ordering.carry_out(common, order, dry_run=dry_run, wait=wait, left=_left)


def _left(outcome: "Outcome") -> str:
    """The changes that are still to be made."""
    left = len(outcome.plan.changes)
    return f"changes that are still to be made: {left}. To go on, run: qontract-skupper run" if left else ""
