"""What somebody asks for by a command, between scheduled runs. Each may be disturbed or killed like any other run."""

from reconcile.skupper.orders import OrderKind
from reconcile.skupper.plan import LinkState
from tests.soak.fleet import SoakFleet
from tests.soak.table import event


@event()
def tokens_are_to_be_rotated(fleet: SoakFleet) -> str | None:
    """None of the sites around it loses both of two paths by that, nor does the site itself."""
    key = fleet.choose(fleet.whole())
    if key is None or fleet.order:
        return None
    fleet.order = fleet.ordered(OrderKind.ROTATE, key)
    return f"rotate --site {key}"


@event(weight=0.5)
def tokens_are_to_be_revoked(fleet: SoakFleet) -> str | None:
    key = fleet.choose(fleet.interior())
    if key is None or fleet.order:
        return None
    fleet.order = fleet.ordered(OrderKind.REVOKE, key)
    fleet.broken.add(key)
    return f"revoke --site {key}"


@event(first=True, weight=0.5)
def a_site_is_cut_off_and_linked_again(fleet: SoakFleet) -> str | None:
    """A scheduled run in between keeps it cut off."""
    key = fleet.choose(fleet.whole())
    if key is None:
        return None
    fleet.broken.add(key)
    fleet.begin()
    fleet.run(order=fleet.ordered(OrderKind.CUT, key))
    between = fleet.run(wait=5)
    assert not any(key in pair for pair in fleet.invariants.links()), f"{key} is linked"
    states = {
        link.state for link in between.outcome.plan.links if key in (link.link.dialler, link.link.issuer)
    }
    assert states <= {LinkState.CUT}, states
    fleet.run(order=fleet.ordered(OrderKind.END_CUT, key))
    return f"cut --site {key}, a run, and cut --end"
