"""Applies the rules of Skupper networks to the valid part of a bundle.

The rules check the answers to our own queries, as a run would see them. One broken datafile would null half of such an
answer, so only the part of the bundle without faults, whose references stay within it, is queried.
A network that loses a namespace this way is not checked as a whole: that it seems disconnected would be due to the
broken file, not to the network.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from reconcile.app_interface.bundle.graph_store import is_reference
from reconcile.app_interface.bundle.model import Bundle, Document
from reconcile.app_interface.bundle.walking import walk
from reconcile.findings import Finding, NetworkSubject, Severity
from reconcile.skupper.definitions import Definitions

Read = Callable[[Bundle], Definitions]
"""Queries a bundle and translates the answers into definitions."""

Judge = Callable[[Definitions], Iterable[Finding]]
"""Applies the rules; findings name datafiles."""

_NAMESPACE = "/openshift/namespace-1.yml"
_NETWORK = "/dependencies/skupper-1.yml"
_QUERY = "skupper_v1"
_SEARCHED = 100
"""Files that could not be parsed and are searched for networks; with more, any network may be meant."""


def check(bundle: Bundle, faults: Iterable[Finding], *, read: Read, judge: Judge) -> list[Finding]:
    """List what breaks a rule in the sound part of ``bundle``.

    Args:
        bundle: the whole bundle.
        faults: what validation found in it.
        read: called with the sound part only; not called if the bundle knows no Skupper networks.
        judge: the rules.
    """
    if not _knows_networks(bundle):
        return []
    part = sound_part(bundle, faults)
    incomplete = _incomplete_networks(bundle, part)
    return [
        finding
        for finding in judge(read(part))
        if finding.datafile not in incomplete or not isinstance(finding.subject, NetworkSubject)
    ]


def sound_part(bundle: Bundle, faults: Iterable[Finding]) -> Bundle:
    """Give the bundle without the datafiles that have faults, and without all that refer to one of those."""
    broken = {fault.datafile for fault in faults if fault.severity is Severity.ERROR}
    references = {path: _references(document) for path, document in bundle.data.items()}
    data = {path: document for path, document in bundle.data.items() if path not in broken}
    while True:
        kept = {path: document for path, document in data.items() if references[path] <= data.keys()}
        if len(kept) == len(data):
            return replace(bundle, data=kept)
        data = kept


def _references(document: Document) -> frozenset[str]:
    return frozenset(str(value["$ref"]) for _, value in walk(document) if is_reference(value))


def _knows_networks(bundle: Bundle) -> bool:
    queries = next((conf.get("fields") or [] for conf in bundle.confs if conf.get("name") == "Query"), [])
    return any(field.get("name") == _QUERY for field in queries if isinstance(field, dict))


def _incomplete_networks(bundle: Bundle, part: Bundle) -> set[str]:
    """Give the paths of the networks that a namespace outside ``part`` belongs to, or may belong to.

    What cannot be parsed can still be searched for the paths of networks. A namespace that names none that exists
    may have meant any of them.
    """
    networks = {path for path, document in bundle.data.items() if document.get("$schema") == _NETWORK}
    if len(bundle.unreadable) > _SEARCHED or any(
        path.startswith("/") and not text for path, text in bundle.unreadable.items()
    ):
        return networks  # what could not be opened may hold any namespace
    found = {path for path in networks for text in bundle.unreadable.values() if path in text}
    for path, document in bundle.data.items():
        if path in part.data or document.get("$schema") != _NAMESPACE:
            continue
        named = networks & {value for _, value in walk(document) if isinstance(value, str)}
        if not named and "skupper" in document:
            return networks
        found |= named
    return found
