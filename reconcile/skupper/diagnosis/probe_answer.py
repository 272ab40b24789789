"""Reads what a probe reports.

What a pod says is untrusted: any value is read, none is longer than it may be, and what makes no sense counts as not
reported.
"""

import json
import re
from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from shlex import quote
from typing import Any

from reconcile.findings import Reason
from reconcile.skupper.certificates import Certificate, read_der
from reconcile.skupper.diagnosis.contents import dig, entries
from reconcile.skupper.diagnosis.facts import Address, Reach, Untried
from reconcile.skupper.diagnosis.probe_job import CONTAINER, Probe
from reconcile.skupper.live import LiveObject, text
from reconcile.skupper.sites import SiteKey

_LONGEST = 8192
"""Characters of a message that are read; a kubelet keeps half of that."""
_LONGEST_REASON = 160
_MOST_ADDRESSES = 8
_SHA256 = re.compile(r"[0-9a-f]{64}")

Answers = dict[Address, Reach | Untried]


def reach(
    found: Mapping[str, Any], expected: Certificate = Certificate(), origin: SiteKey | None = None
) -> Reach:
    """What was found at one address, as `reconcile.apply.probe.dial` reports it; any mapping is read."""
    addresses = tuple(_addresses(found.get("addresses")))
    if not addresses:
        return Reach(not_resolved=_reason(found.get("not_resolved")), origin=origin)
    if found.get("connected") is not True:
        return Reach(addresses, not_connected=_reason(found.get("not_connected")), origin=origin)
    presented = _certificate(found, expected)
    missing = None if presented else _reason(found.get("no_handshake"))
    return Reach(addresses, connected=True, presented=presented, no_handshake=missing, origin=origin)


def answers(probe: Probe, pods: Iterable[LiveObject], image: str) -> Answers | None:
    """What the pod of a Job reports of each address; None while it may still do so."""
    ended = next((found for pod in pods if (found := _state(pod, "terminated")) is not None), None)
    if ended is None:
        return None
    if ended.get("exitCode") != 0:
        hint = f"it runs python3 of the image {_reason(image)}; name another image that has it by --image"
        return untried(probe, f"the pod failed: {_explained(ended)}", hint)
    lines = dict(_lines(ended.get("message")))
    silent = Untried(probe.at, "the pod did not report it in time", "try it again")
    return {
        address: reach(lines[number], expected, probe.at) if number in lines else silent
        for number, (address, expected) in enumerate(probe.targets.items())
    }


def late(probe: Probe, pods: Iterable[LiveObject], job: str, within: float) -> Answers:
    """Why there is no answer after `within` seconds, by the last state of the pod that was seen."""
    pod = next(iter(pods), None)
    if pod is None:
        seen, about = f"the pod did not start: none was created for Job {job} within {within:g} s", job
        hint = "its Events say why: a quota, an admission rule, or no Job controller"
    elif _state(pod, "running") is not None:
        seen, about = f"the pod did not end within {within:g} s", pod.key.name
        hint = "try it again"
    else:
        seen, about = f"the pod did not start within {within:g} s: {_waits_for(pod)}", pod.key.name
        hint = "its Events say why: no node takes it, or its image cannot be pulled"
    events = f"get events --field-selector {quote(f'involvedObject.name={about}')}"
    return untried(probe, seen, hint, events)


def untried(probe: Probe, reason: Reason, hint: str = "", arguments: str = "") -> Answers:
    """The same reason for all addresses of a probe."""
    return dict.fromkeys(probe.targets, Untried(probe.at, reason, hint, arguments))


def _lines(message: object) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Number -> what was found; lines that are no such report are dropped."""
    for line in text(message)[:_LONGEST].splitlines():
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and type(found.get("at")) is int:
            yield found["at"], found


def _addresses(found: object) -> Iterator[str]:
    for address in found[:_MOST_ADDRESSES] if isinstance(found, list) else ():
        try:
            yield str(ip_address(text(address)))
        except ValueError:
            continue


def _certificate(found: Mapping[str, Any], expected: Certificate) -> Certificate | None:
    if "certificate" in found:
        try:
            return read_der(b64decode(text(found["certificate"]), validate=True))
        except (BadBase64, ValueError):
            return Certificate(fault="not base64")
    fingerprint = text(found.get("sha256"))
    if not _SHA256.fullmatch(fingerprint):
        return None
    if fingerprint == expected.fingerprint:
        return expected
    return Certificate(fingerprint, fault="it was too long to be reported")


def _reason(found: object) -> Reason:
    words = " ".join(text(found).split())[:_LONGEST_REASON]
    return words if words and words.isprintable() else "it gave no reason"


def _state(pod: LiveObject, name: str) -> Mapping[str, Any] | None:
    """This state of the container; None if it is in another."""
    for status in entries(pod.content, "status", "containerStatuses"):
        if status.get("name") == CONTAINER:
            found = dig(status, "state", name)
            return found if isinstance(found, Mapping) else None
    return None


def _waits_for(pod: LiveObject) -> Reason:
    waiting = _state(pod, "waiting")
    if waiting:
        return _explained(waiting)
    for condition in entries(pod.content, "status", "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return _explained(condition)
    evicted = dig(pod.content, "status", "reason")
    return _reason(evicted) if evicted else "no node has reported it"


def _explained(state: Mapping[str, Any]) -> Reason:
    """Reason and message of a state."""
    return _reason(": ".join(filter(None, (text(state.get("reason")), text(state.get("message"))))))
