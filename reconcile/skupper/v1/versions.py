"""Changes of the Skupper version: what an upgrade restarts, and why a downgrade is refused.

A site-controller compares its own version with that of the site when it starts. It updates an older site, and refuses
a newer one. The version of a site is in the metadata of its router configuration.

Source: ``client/router_update.go``.
"""

import re

from reconcile.findings import Finding
from reconcile.kinds import DEPLOYMENT, Kind
from reconcile.skupper.definitions import Network
from reconcile.skupper.drift import FieldDrift
from reconcile.skupper.sites import Site
from reconcile.skupper.v1.live_site import LiveSite

_NUMBERS = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_CONTAINERS = "spec.template.spec.containers"


def downgrade(network: Network, site: Site, live: LiveSite) -> Finding | None:
    """Refuse a version that is older than the one that runs; None if it is not, or cannot be compared."""
    running = live.router_config.version
    ours, theirs = numbers(network.version), numbers(running)
    if not ours or not theirs or ours >= theirs:
        return None
    return Finding(
        rule="downgrade",
        message=(
            f"{site.key} runs version {running}, and network {network.identifier} has version {network.version}, which "
            f"Skupper refuses: Site ({running}) is newer than library ({network.version}); cannot update. Nothing is "
            f"changed there, and no approval can change that. Set siteController.version to {running} or later"
        ),
        datafile=network.path,
        pointer=("siteController", "version"),
        subject=site.subject,
    )


def upgrade(network: Network, live: LiveSite, kind: Kind, differing: tuple[FieldDrift, ...]) -> str:
    """Why a Deployment with another version is applied and what restarts; empty if its version stays."""
    running = live.router_config.version
    if kind != DEPLOYMENT or not running or running == network.version:
        return ""
    if not any(field.dotted.startswith(_CONTAINERS) for field in differing):
        return ""
    return f"version {running} → {network.version}, which restarts site-controller, router and service-controller"


def numbers(version: str) -> tuple[int, ...]:
    """``1.9.6`` as numbers; empty for anything else, such as ``main`` or a digest."""
    found = _NUMBERS.fullmatch(version)
    return tuple(map(int, found.groups())) if found else ()
