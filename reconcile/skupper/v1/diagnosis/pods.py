"""Checks of the controllers and the router: Deployments, pods, images and the last Events.

Pods are looked at where a Deployment is not ready. Only Events about Skupper's own objects are quoted, and none about a
Secret.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from shlex import quote
from typing import Any, NamedTuple

from reconcile.kinds import DEPLOYMENT, EVENT, POD, Kind
from reconcile.skupper.diagnosis.checks import (
    Check,
    Command,
    Judgement,
    failed,
    oc,
    passed,
    unknown,
    warned,
)
from reconcile.skupper.diagnosis.contents import dig, entries, quoted
from reconcile.skupper.diagnosis.facts import Facts, RouterPod, Unread
from reconcile.skupper.live import LiveObject, instant, text
from reconcile.skupper.sites import Site, SiteKey
from reconcile.skupper.v1 import names
from reconcile.skupper.v1.diagnosis import observed
from reconcile.skupper.v1.live_site import LiveSite

PROGRAMS = (names.SITE_CONTROLLER, names.SERVICE_CONTROLLER, names.ROUTER)
"""Deployments of a site, each of which its pods are named after."""

IMAGE_FAULTS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
    }
)
"""Reasons for which a kubelet lets a container wait for its image (``pkg/kubelet/images/types.go``)."""

RECENT = timedelta(hours=1)
"""How old an Event may be; API servers keep them for an hour by default."""
_MOST_QUOTED = 3
_OFTEN = 5
"""Restarts of a container from which on it is reported."""


def lacking(key: SiteKey, kind: Kind, unread: Unread) -> Judgement:
    """The judgement where a kind could not be read."""
    hint = f"the account needs list on {kind.plural} in namespace {key.namespace}" if unread.forbidden else ""
    grant = Command(f"oc apply -n {key.namespace} -f deploy/rbac/diagnose.yaml", key.cluster)
    return unknown(f"{kind.plural} were not read: {unread.reason}", hint, grant if unread.forbidden else None)


class Event(NamedTuple):
    """What is used of an Event."""

    at: datetime | None
    warning: bool
    about: str
    """``Pod/skupper-router-abc``."""
    reason: str
    message: str

    def __str__(self) -> str:
        when = f"{self.at:%H:%M} " if self.at else ""
        return f"{when}{self.about} {self.reason}: {self.message}"


def events(facts: Facts, key: SiteKey, prefix: str = "skupper") -> list[Event] | Unread:
    """The recent Events about objects whose name has a prefix, the latest first."""
    listed = facts.detail(key).of(EVENT)
    if isinstance(listed, Unread):
        return listed
    now = facts.now + facts.inputs.snapshot(key.cluster).clock_ahead
    found = [_event(live) for live in listed if _concerns(live, prefix)]
    recent = (event for event in found if event.at is None or now - event.at <= RECENT)
    return sorted(recent, key=lambda event: event.at or now, reverse=True)


def _concerns(live: LiveObject, prefix: str) -> bool:
    about = dig(live.content, "involvedObject")
    return text(dig(about, "kind")) != "Secret" and text(dig(about, "name")).startswith(prefix)


def _event(live: LiveObject) -> Event:
    body = live.content
    times = (dig(body, "lastTimestamp"), dig(body, "series", "lastObservedTime"), dig(body, "eventTime"))
    return Event(
        at=next(filter(None, map(instant, times)), live.created),
        warning=text(dig(body, "type")) == "Warning",
        about="/".join(text(dig(body, "involvedObject", part)) for part in ("kind", "name")),
        reason=text(dig(body, "reason")),
        message=quoted(dig(body, "message")),
    )


def _with_last_events(facts: Facts, key: SiteKey, deployment: str) -> str:
    """The last warnings about a Deployment and its pods, to be appended to evidence."""
    found = events(facts, key, deployment)
    if isinstance(found, Unread):
        return "; its Events were not read"
    last = [str(event) for event in found if event.warning][:_MOST_QUOTED]
    return f"; last Events: {'; '.join(last)}" if last else ""


def _controllers(facts: Facts, site: Site) -> Judgement:
    return _running(facts, site, (names.SITE_CONTROLLER, names.SERVICE_CONTROLLER))


def _router(facts: Facts, site: Site) -> Judgement:
    return _running(facts, site, (names.ROUTER,))


def _running(facts: Facts, site: Site, programs: tuple[str, ...]) -> Judgement:
    live = observed.site(facts, site.key)
    now = facts.now
    for name in programs:
        seen = _with_last_events(facts, site.key, name)
        if live.find(DEPLOYMENT, name) is None:
            return _absent(site, name, seen)
        down = live.downtime(name, now)
        if down:
            command = oc(site.key, down.arguments or f"describe deploy/{name}")
            return failed(f"{down.reason}{seen}", "without it the site does not work", command)
        if not observed.ready(live, name):
            return warned(
                f"not all replicas of deployment {name} are ready{seen}",
                "it is starting, or its controller has not reported yet",
                oc(site.key, f"rollout status deploy/{name} --timeout=2m"),
            )
    return passed(f"all replicas of {' and '.join(programs)} are ready")


def _absent(site: Site, name: str, seen: str) -> Judgement:
    evidence = f"deployment {name} does not exist{seen}"
    if name == names.SITE_CONTROLLER:
        return failed(evidence, "a run creates it", Command("qontract-skupper run"))
    logs = oc(site.key, f"logs deploy/{names.SITE_CONTROLLER} --tail=50")
    return failed(evidence, "the site-controller creates it, or logs why not: see check site-complete", logs)


def _unready(live: LiveSite) -> list[str]:
    """The Deployments that exist and lack ready replicas."""
    return [name for name in PROGRAMS if live.find(DEPLOYMENT, name) and not observed.ready(live, name)]


class Container(NamedTuple):
    """The state of one container of one pod."""

    pod: str
    name: str
    image: str
    reason: str
    """Why it waits; empty if it does not."""
    message: str
    restarts: int

    def __str__(self) -> str:
        why = f": {self.message}" if self.message else ""
        return f"container {self.name} of pod {self.pod} waits with {self.reason}{why}"


def _containers(pods: tuple[LiveObject, ...]) -> Iterator[Container]:
    for pod in pods:
        for statuses in ("initContainerStatuses", "containerStatuses"):
            for status in entries(pod.content, "status", statuses):
                waiting = dig(status, "state", "waiting")
                restarts = status.get("restartCount")
                yield Container(
                    pod.key.name,
                    text(status.get("name")),
                    text(status.get("image")),
                    text(dig(waiting, "reason")),
                    quoted(dig(waiting, "message")),
                    restarts if isinstance(restarts, int) else 0,
                )


def _pods(facts: Facts, key: SiteKey) -> tuple[LiveObject, ...] | Unread:
    """The pods of Skupper's Deployments, without those that are going away."""
    listed = facts.detail(key).of(POD)
    if isinstance(listed, Unread):
        return listed
    prefixes = tuple(f"{name}-" for name in PROGRAMS)
    return tuple(pod for pod in listed if pod.key.name.startswith(prefixes) and not pod.deleting)


def _images(facts: Facts, site: Site) -> Judgement:
    live = observed.site(facts, site.key)
    waiting = _unready(live)
    pods = _pods(facts, site.key)
    if not isinstance(pods, Unread):
        faulty = [each for each in _containers(pods) if each.reason in IMAGE_FAULTS]
        if faulty:
            first = faulty[0]
            return failed(
                f"{first} (image {first.image})",
                "check that the image exists, that the registry is reachable, and the imagePullSecrets of the pod's "
                "ServiceAccount",
                oc(site.key, f"describe pod {quote(first.pod)}"),
            )
    if not waiting:
        return passed("all Deployments that exist have their replicas ready")
    if isinstance(pods, Unread):
        return lacking(site.key, POD, pods)
    if not pods:
        return unknown(f"there is no pod of {', '.join(waiting)}", "see check controllers-running")
    return passed(f"no container of {len(pods)} pods waits for its image")


def _starting(facts: Facts, site: Site) -> Judgement:
    """Whether pods start for every other reason: scheduling, volumes, crashes."""
    live = observed.site(facts, site.key)
    pods = _pods(facts, site.key)
    if not pods or isinstance(pods, Unread):
        if not _unready(live):
            return passed("all Deployments that exist have their replicas ready")
        if isinstance(pods, Unread):
            return lacking(site.key, POD, pods)
        return unknown("there is no pod", "see check controllers-running")
    for pod in pods:
        found = next(_unscheduled(pod), "")
        if found:
            hint = "no node takes the pod: check requests, node selectors and taints"
            return failed(
                f"pod {pod.key.name}: {found}", hint, oc(site.key, f"describe pod {quote(pod.key.name)}")
            )
    for each in _containers(pods):
        if each.reason == "CrashLoopBackOff":
            command = oc(site.key, f"logs {quote(each.pod)} -c {quote(each.name)} --previous --tail=20")
            return failed(f"{each}; {each.restarts} restarts", "its last log lines say why it ends", command)
        if each.reason and each.reason not in IMAGE_FAULTS:
            command = oc(site.key, f"describe pod {quote(each.pod)}")
            hint = (
                "ContainerCreating for more than a minute usually means that a Secret or ConfigMap is missing"
            )
            return warned(f"{each}{_with_last_events(facts, site.key, each.pod)}", hint, command)
        if each.restarts >= _OFTEN:
            command = oc(site.key, f"logs {quote(each.pod)} -c {quote(each.name)} --previous --tail=20")
            seen = f"container {each.name} of pod {each.pod} was restarted {each.restarts} times"
            return warned(seen, "each restart interrupts connections; its last log lines say why", command)
    return passed(f"none of {len(pods)} pods waits")


def _unscheduled(pod: LiveObject) -> Iterator[str]:
    for condition in entries(pod.content, "status", "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            yield f"{text(condition.get('reason'))}: {quoted(condition.get('message'))}"


def _warnings(facts: Facts, site: Site) -> Judgement:
    found = events(facts, site.key)
    if isinstance(found, Unread):
        return lacking(site.key, EVENT, found)
    bad = [event for event in found if event.warning]
    command = oc(site.key, "get events --sort-by=.lastTimestamp")
    if bad:
        more = f" (and {len(bad) - _MOST_QUOTED} more)" if len(bad) > _MOST_QUOTED else ""
        seen = "; ".join(str(event) for event in bad[:_MOST_QUOTED])
        return warned(f"{seen}{more}", "an Event that is not repeated may be over", command)
    return passed(f"no warnings among {len(found)} Events of the last hour about Skupper's objects")


def template_labels(live_deployment: LiveObject) -> Mapping[str, Any]:
    """The labels of the pods of a Deployment."""
    found = dig(live_deployment.content, "spec", "template", "metadata", "labels")
    return found if isinstance(found, Mapping) else {}


def router_pod(facts: Facts, key: SiteKey) -> RouterPod:
    """How the router of a site runs: its image has Python, since the router itself runs Python agents."""
    live = observed.site(facts, key).find(DEPLOYMENT, names.ROUTER)
    spec = dig(live.content, "spec", "template", "spec") if live else None
    containers = (each for each in entries(spec, "containers") if each.get("name") == _ROUTER)
    image = next((text(each.get("image")) for each in containers), "")
    return RouterPod(image, spec or {}, f"deploy/{names.ROUTER} -c {_ROUTER}") if image else RouterPod()


_ROUTER = "router"
"""The container of the router (``api/types/types.go``: ``TransportContainerName``)."""
_ACCEPTED = ("cluster-reachable", "namespace-readable")

CHECKS: tuple[Check[Site], ...] = (
    Check("controllers-running", "site-controller and service-controller run", _controllers, _ACCEPTED),
    Check("router-running", "the router runs", _router, _ACCEPTED),
    Check("images-pulled", "all images were pulled", _images, _ACCEPTED),
    Check("pods-start", "all pods start", _starting, _ACCEPTED),
    Check("events", "there are no warning Events", _warnings, _ACCEPTED),
)
