"""Services that Skupper has rewritten, which must be restored before their site is removed.

A Service with the annotation ``skupper.io/proxy`` gets the router as its target; what it selected before is kept in
annotations. Only a running service-controller restores it, so once the site is gone the Service would lead nowhere for
good. The Service and its annotation belong to somebody else, often to a GitOps tool, so the removal waits for them
instead of changing the Service.

Source: ``cmd/service-controller/definition_monitor.go``, ``pkg/kube/serviceingressbindings.go``.
"""

from collections.abc import Sequence

from reconcile.findings import Finding, Severity, SiteSubject
from reconcile.kinds import DEPLOYMENT, SERVICE
from reconcile.skupper.live import LiveObject
from reconcile.skupper.v1 import commands, names
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.replacements import Hold
from reconcile.skupper.waits import Wait, WaitKind

_SAVED = (names.ORIGINAL_SELECTOR, names.ORIGINAL_TARGET_PORT, names.ORIGINAL_ASSIGNED_PORT)
_MOST_NAMED = 5


def hold_site(live: LiveSite, network: str) -> Hold | None:
    """Say why a site must stay for the Services in its namespace; None if it may go."""
    services = sorted(_rewritten(live), key=lambda service: service.key.name)
    if not services:
        return None
    listed = ", ".join(service.key.name for service in services[:_MOST_NAMED])
    more = f" and {len(services) - _MOST_NAMED} more" if len(services) > _MOST_NAMED else ""
    noun = "Service" if len(services) == 1 else "Services"
    wait = Wait(
        WaitKind.UNEXPOSED, str(live.key), f"{noun} {listed}{more} in {live.key} no longer lead to its router"
    )
    finding = Finding(
        rule="exposed-services",
        severity=Severity.WARNING,
        message=(
            f"the site {live.key} stays: {noun} {listed}{more} there would lead to a router that is gone. "
            f"{_remedy(live, services)}"
        ),
        subject=SiteSubject(live.key.cluster, live.key.namespace, network),
    )
    return Hold(wait, finding)


def _rewritten(live: LiveSite) -> list[LiveObject]:
    return [
        found
        for key, found in live.objects.items()
        if key.kind == SERVICE
        and key.namespace == live.key.namespace
        and names.ORIGINAL_SELECTOR in found.annotations
        and not found.deleting
    ]


def _remedy(live: LiveSite, services: Sequence[LiveObject]) -> str:
    named = [service.key.name for service in services]
    if live.part(DEPLOYMENT, names.SERVICE_CONTROLLER) is None:
        saved = " ".join(f"{name}-" for name in _SAVED)
        return (
            "No service-controller runs there to restore them: set spec.selector and targetPort to what the "
            "annotations say, then " + commands.on(live.key, f"annotate service {' '.join(named)} {saved}")
        )
    annotated = [service.key.name for service in services if names.PROXY in service.annotations]
    others = [name for name in named if name not in annotated]
    steps = []
    if annotated:
        steps.append(commands.on(live.key, f"annotate service {' '.join(annotated)} {names.PROXY}-"))
    if others:
        unexpose = " && ".join(f"skupper -n {live.key.namespace} unexpose service {name}" for name in others)
        steps.append(f"on cluster {live.key.cluster} run: {unexpose}")
    return f"Have the service-controller restore them (and remove {names.PROXY} at its source); {'; '.join(steps)}"
