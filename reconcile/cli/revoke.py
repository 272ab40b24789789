"""``qontract-skupper revoke``: have a site refuse all tokens that it has issued."""

import sys
from typing import TYPE_CHECKING

import click

from reconcile.cli import ordering
from reconcile.cli.exits import SESSION, Failed, exit_codes, handle_errors
from reconcile.cli.options import Common, Duration, common
from reconcile.skupper.sites import SiteKey

if TYPE_CHECKING:
    from reconcile.apply.running import Outcome
    from reconcile.integration import Session
    from reconcile.skupper.orders import Order

_EXITS = {
    0: "old tokens are refused, and the links of the site are up with new ones; in a dry run: no errors",
    1: "something failed or is refused, it is not approved, or something is left",
}


@click.command(epilog=exit_codes(_EXITS, SESSION))
@ordering.site
@click.option("--yes", is_flag=True, help="Confirm it at a terminal, where the data does not approve it.")
@ordering.dry_run
@click.option(
    "--wait",
    type=Duration(),
    default="10m",
    show_default=True,
    help="How long to wait until the links of the site are up with new tokens; scheduled runs do the rest.",
)
@common
@handle_errors
def command(common: Common, site: SiteKey, wait: float, *, yes: bool, dry_run: bool) -> None:
    """Replace the CA of a site, so that it refuses every token that it has issued, copies of them included.

    The CA and the server certificate are replaced in place; every site that dials this one gets a token of the new CA
    and loads it beside the old one; then the router restarts, in its turn: never two sites of a network at once. From 3
    minutes after the order on it waits only for what is under way around it. That interrupts all links of the site for
    up to a minute; a dry run names the sites that have no other link. A site that cannot be reached gets its token from
    the first run that can reach it, and is not linked until then.

    It needs an approval in the datafile of the network, with `change: revoke`, or --yes at a terminal. The order is
    recorded first, so that scheduled runs finish what this one does not.

    \b
    Examples:
      qontract-skupper revoke --site app-sre-prod-01/vault-prod --dry-run
      qontract-skupper revoke --site app-sre-prod-01/vault-prod --yes
    """

    def order(session: "Session") -> "Order":
        from reconcile.apply.running import now
        from reconcile.cli.opening import declared_site
        from reconcile.skupper.definitions import ApprovedChange
        from reconcile.skupper.orders import Order, OrderKind

        declared_site(site, session)
        given = now()
        place = session.approval(ApprovedChange.REVOKE, site, given)
        if not (place or dry_run or (yes and sys.stdin.isatty())):
            raise Failed(_unapproved(site, yes=yes))
        by = place or ordering.caller()
        return Order(kind=OrderKind.REVOKE, sites=frozenset({site}), at=given, by=by)

    ordering.carry_out(common, order, dry_run=dry_run, wait=wait, left=_left)


def _unapproved(site: SiteKey, *, yes: bool) -> str:
    how = "--yes counts at a terminal only" if yes else "at a terminal, add --yes"
    return (
        f"the data does not approve a new CA of {site}. Add to approvals in the datafile of its network: "
        f"change: revoke, sites: [{site}], until and reason; or, {how}. To see what would happen, run: "
        f"qontract-skupper revoke --site {site} --dry-run"
    )


def _left(outcome: "Outcome") -> str:
    """The changes that are still to be made."""
    left = len(outcome.plan.changes)
    return f"changes that are still to be made: {left}. To go on, run: qontract-skupper run" if left else ""
