"""Requests for tokens that a site-controller has not answered: when it is made to try again, and why it may not answer.

A site-controller tries a request once and logs an error, nothing more. An update of the request has it try again; the
longer a request is open, the rarer, since what is wrong is then not over in seconds.

Source: ``cmd/site-controller/controller.go``.
"""

from datetime import datetime, timedelta

from reconcile.findings import Reason
from reconcile.kinds import DEPLOYMENT
from reconcile.skupper.v1 import commands, names
from reconcile.skupper.v1.deployments import downtime
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.tokens import LinkSecret

RETRIGGER_AFTER = timedelta(seconds=30)
"""After which a request is retriggered for the first time; a site issues a token in 1.5 s."""

LONGEST_PAUSE = timedelta(hours=1)

OPEN_AFTER = timedelta(minutes=5)
"""After several tries without an answer people have to look."""


def due(request: LinkSecret, now: datetime) -> bool:
    """True if the site-controller is to try again: each pause is half as long as the request had been open before."""
    tried, created = request.triggered_at, request.live.created
    if tried is None:
        return False
    pause = (tried - created) / 2 if created else RETRIGGER_AFTER
    return now - tried >= min(max(pause, RETRIGGER_AFTER), LONGEST_PAUSE)


def why(issuer: LiveSite, request: LinkSecret, now: datetime) -> Reason:
    """Why there is no token yet, with the next command if it does not come by itself."""
    waiting = f"{issuer.key} has not issued the token yet"
    controller = issuer.find(DEPLOYMENT, names.SITE_CONTROLLER)
    down = downtime(controller, now + issuer.clock_ahead) if controller else None
    if down:
        return f"{waiting}: {down.advise(issuer.key)}"
    created = request.live.created
    if created is None or now - created < OPEN_AFTER:
        return waiting
    logs = commands.on(issuer.key, f"logs deploy/{names.SITE_CONTROLLER} --tail=20")
    return f"{waiting}, although its site-controller was asked again and again; to see why, {logs}"
