"""How changes of a v1 site interrupt it, and for how long its links are then down.

The durations are upper bounds, seen with Skupper 1.9.6 and three API servers: a router that starts is listed by both
ends of its links within 32 s, a site with new Deployments is created in 5 s, and a new site has its links within 60 s.
"""

from datetime import datetime, timedelta

from reconcile.kinds import CONFIG_MAP, Kind
from reconcile.skupper.drift import FieldDrift
from reconcile.skupper.plan import RECREATE_DEPLOYMENTS, RECREATE_SITE
from reconcile.skupper.v1.key_rows import Effect
from reconcile.skupper.v1.keys import BY_NAME
from reconcile.skupper.waves import Disruption

CONTROLLER = Disruption("its service-controller restarts")
ROUTER = Disruption("its router restarts", timedelta(seconds=30))
VERSION = Disruption("its version changes", timedelta(seconds=30))
DEPLOYMENTS = Disruption(
    "both of its Deployments are recreated", timedelta(seconds=40), step=RECREATE_DEPLOYMENTS
)
SITE = Disruption("it is recreated with a new id and CA", timedelta(seconds=60), step=RECREATE_SITE)


def new_authority(latest: datetime | None) -> Disruption:
    """The restart of a router that has a new CA; `latest`: when it no longer waits for what is broken elsewhere."""
    return Disruption("its router restarts with a new CA", ROUTER.downtime, latest=latest)


_BY_EFFECT: dict[str, Disruption] = {Effect.ROLLOUT: ROUTER, Effect.RESTART: CONTROLLER}


def of_drift(kind: Kind, differing: tuple[FieldDrift, ...], *, annotated: bool = False) -> Disruption | None:
    """How a change of ``skupper-site`` interrupts its site; None if Skupper restarts nothing for it.

    `annotated`: its router's pods have an annotation of a revocation, which Skupper takes off at any change.
    """
    if kind != CONFIG_MAP:
        return None
    if annotated:
        return ROUTER
    keys = (
        BY_NAME.get(field.path[1]) for field in differing if len(field.path) > 1 and field.path[0] == "data"
    )
    found = [_BY_EFFECT[key.effect] for key in keys if key and key.effect in _BY_EFFECT]
    return Disruption.worst(found) if found else None
