"""Objects that a controller of Skupper looked at once and left: when it is made to look again, and why it may not act.

A site-controller tries a request for a token, or to take up what changes in ``skupper-site``, once; it logs an error,
nothing more. A service-controller judges a token by the policies that it has read by then; one that was delivered a
moment before they are read is not loaded and does not get the label of those that a policy forbids, so no later policy
brings it back. An update of the object has either of them look again; the longer it waits, the rarer, since what is
wrong is then not over in seconds.

Source: ``cmd/site-controller/controller.go``, ``cmd/service-controller/{token_handler,policy_controller}.go``.
"""

from datetime import datetime, timedelta

from reconcile.findings import Reason
from reconcile.kinds import DEPLOYMENT
from reconcile.skupper.v1 import commands, names
from reconcile.skupper.v1.deployments import downtime
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.tokens import LinkSecret

RETRIGGER_AFTER = timedelta(seconds=30)
"""After which an object is retriggered for the first time; a controller answers within seconds."""

LONGEST_PAUSE = timedelta(hours=1)

OPEN_AFTER = timedelta(minutes=5)
"""After several tries without an effect people have to look."""


def due(secret: LinkSecret, now: datetime) -> bool:
    """True if the controller is to look again at a Secret."""
    tried, created = secret.triggered_at, secret.live.created
    return tried is not None and is_due(created or tried, tried, now)


def is_due(since: datetime, tried: datetime, now: datetime, first: timedelta = RETRIGGER_AFTER) -> bool:
    """True if the next try is due: each pause is half as long as the object had waited when last `tried`."""
    return now - tried >= min(max((tried - since) / 2, first), LONGEST_PAUSE)


def not_issued(issuer: LiveSite, request: LinkSecret, now: datetime) -> Reason:
    """Why there is no token yet, with the next command if it does not come by itself."""
    waiting = f"{issuer.key} has not issued the token yet"
    controller = issuer.find(DEPLOYMENT, names.SITE_CONTROLLER)
    down = downtime(controller, now + issuer.clock_ahead) if controller else None
    if down:
        return f"{waiting}: {down.advise(issuer.key)}"
    return f"{waiting}{asked(issuer, request.live.created, names.SITE_CONTROLLER, now)}"


def is_overlooked(dialler: LiveSite, token: LinkSecret, now: datetime) -> bool:
    """True if a router does not dial with a delivered token, although nothing keeps its service-controller from it."""
    config = dialler.router_config
    running = dialler.part(DEPLOYMENT, names.SERVICE_CONTROLLER) is not None
    return (
        running
        and dialler.downtime(names.SERVICE_CONTROLLER, now) is None
        and bool(config.mode)
        and not config.may_have(token.name)
        and not token.parked
        and names.DISABLED not in token.live.labels
    )


def not_loaded(dialler: LiveSite, token: LinkSecret, now: datetime) -> Reason | None:
    """Why there is no link of a token that is overlooked for some time; None for any other token."""
    created = token.live.created
    if created is None or now - created < RETRIGGER_AFTER or not is_overlooked(dialler, token, now):
        return None
    tries = asked(dialler, created, names.SERVICE_CONTROLLER, now)
    return f"its service-controller has not loaded token {token.name}{tries}"


def asked(site: LiveSite, since: datetime | None, controller: str, now: datetime) -> str:
    """What a person can do once trying again has not helped."""
    if since is None or now - since < OPEN_AFTER:
        return ""
    logs = commands.on(site.key, f"logs deploy/{controller} --tail=20")
    what = controller.removeprefix("skupper-")
    return f", although its {what} was asked again and again; to see why, {logs}"
