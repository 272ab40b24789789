"""``qontract-skupper rotate``: replace the tokens of links."""

from typing import TYPE_CHECKING

import click

from reconcile.cli import ordering
from reconcile.cli.exits import SESSION, exit_codes, handle_errors
from reconcile.cli.options import Common, Duration, Place, common
from reconcile.skupper.sites import SiteKey

if TYPE_CHECKING:
    from reconcile.apply.running import Outcome
    from reconcile.integration import Session
    from reconcile.skupper.orders import Order

_EXITS = {
    0: "all these tokens are replaced, and their links are up; in a dry run: no errors",
    1: "something failed or is refused, a link is not up, or tokens are still to be replaced",
}


@click.command(epilog=exit_codes(_EXITS, SESSION))
@click.option("--network", multiple=True, metavar="NETWORK", help="All links of this network; repeatable.")
@click.option(
    "--site",
    "sites",
    multiple=True,
    type=Place(),
    metavar="CLUSTER/NAMESPACE",
    help="All links of this site, those that it dials and those that it accepts; repeatable.",
)
@click.option("--all", "everything", is_flag=True, help="All links of all networks.")
@ordering.dry_run
@click.option(
    "--wait",
    type=Duration(),
    default="30m",
    show_default=True,
    help="How long to wait for tokens to be replaced; scheduled runs replace the rest. 0: only record the order.",
)
@common
@handle_errors
def command(
    common: Common,
    network: tuple[str, ...],
    sites: tuple[SiteKey, ...],
    wait: float,
    *,
    everything: bool,
    dry_run: bool,
) -> None:
    """Replace the tokens of links by new ones, without waiting for them to expire.

    A new token is delivered first. The old one is parked, and deleted once both ends report a link without it; if they
    do not within a minute, it is restored. Among neighbouring sites one token at a time is replaced, so each link of a
    site takes about a minute. New connections fail for less than a second at each; open TCP connections break. Both
    tokens are of the same CA: a token that was copied stays valid until the CA changes.

    The order is recorded on the clusters first, so that scheduled runs finish what this one does not. Tokens whose
    rotation had failed are tried again. Nothing else is changed.

    \b
    Examples:
      qontract-skupper rotate --network vault --dry-run
      qontract-skupper rotate --site app-sre-prod-01/vault-prod
      qontract-skupper rotate --all --wait 2h
    """
    if not (network or sites or everything):
        raise click.UsageError(
            "nothing to rotate is named. Write --network NETWORK, --site CLUSTER/NAMESPACE or --all"
        )

    def order(session: "Session") -> "Order":
        from reconcile.apply.running import now
        from reconcile.cli.opening import check_networks, declared_site
        from reconcile.skupper.orders import Order, OrderKind

        check_networks(network, session, option="--network")
        named = {declared_site(site, session) for site in sites}
        networks = session.sites_of if everything else network
        found = named.union(*(session.sites_of[each] for each in networks))
        return Order(kind=OrderKind.ROTATE, sites=frozenset(found), at=now(), by=ordering.caller())

    ordering.carry_out(common, order, dry_run=dry_run, wait=wait, left=_left)


def _left(outcome: "Outcome") -> str:
    """The links whose tokens are still to be replaced."""
    links = sorted({str(change.link) for change in outcome.plan.changes if change.link})
    if not links:
        return ""
    return f"still to be rotated: {', '.join(links)}. To go on, run: qontract-skupper run"
