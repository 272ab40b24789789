"""The v1 sites and link Secrets behind the facts of a diagnosis."""

from dataclasses import replace
from datetime import datetime, timedelta

from reconcile.findings import Reason
from reconcile.kinds import DEPLOYMENT
from reconcile.skupper.diagnosis.contents import dig
from reconcile.skupper.diagnosis.facts import Facts
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.observed_state import ObservedState
from reconcile.skupper.v1.tokens import LinkSecret

PATIENCE = timedelta(minutes=5)
"""How long a site or link may take to come up; Skupper gives up on a load balancer after two minutes."""


def _state(facts: Facts) -> ObservedState:
    return ObservedState(replace(facts.inputs, desired=facts.inputs.desired.seen_by("v1")))


def site(facts: Facts, key: SiteKey) -> LiveSite:
    """A namespace seen as a site."""
    return facts.derived(_state).site(key)


def token(facts: Facts, link: Link) -> LinkSecret | None:
    """The newest token of a link that is delivered and in use."""
    found = [
        secret for secret in facts.derived(_state).secrets_of(link) if secret.delivered and not secret.parked
    ]
    return max(found, key=lambda secret: (str(secret.live.created), secret.name), default=None)


def unreadable(facts: Facts, key: SiteKey) -> Reason | None:
    """Why nothing is known of a namespace; None if it was read."""
    return facts.inputs.snapshot(key.cluster).problem_in(key.namespace)


def under_way(facts: Facts, since: datetime | None) -> bool:
    """True if a step began so recently that it may still end by itself; slower ones are stuck."""
    return since is not None and facts.now - since < PATIENCE


def ready(live: LiveSite, deployment: str) -> bool:
    """True if all replicas of a Deployment are ready."""
    found = live.find(DEPLOYMENT, deployment)
    wanted = dig(found.content, "spec", "replicas") if found else None
    have = dig(found.content, "status", "readyReplicas") if found else None
    return isinstance(wanted, int) and isinstance(have, int) and have >= wanted > 0
