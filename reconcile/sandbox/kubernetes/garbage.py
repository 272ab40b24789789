"""The garbage collector of the controller-manager: objects go when the last of their owners is gone.

It looks when something happens, never on a timer: an object that went may leave dependents, an object that came may
name an owner that is already dead, an object that is marked may wait for its dependents. Every look is put off by a
short delay, so that clients see the state in between, as they do on real clusters.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes.catalogue import Catalogue
from reconcile.sandbox.kubernetes.deletion import FOREGROUND, ORPHAN, DeleteOptions
from reconcile.sandbox.kubernetes.errors import Object
from reconcile.sandbox.kubernetes.store import Event, Record
from reconcile.sandbox.kubernetes.targets import Options, Target
from reconcile.sandbox.kubernetes.writes import Writer

_OPTIONS = Options(manager="kube-controller-manager")
_Place = tuple[Kind, str, str]


class GarbageCollector:
    """Collects the garbage of one cluster; ``delay`` in seconds."""

    def __init__(self, writer: Writer, catalogue: Catalogue, delay: float = 0.02) -> None:
        self.delay = delay
        self._writer = writer
        self._store = writer.store
        self._catalogue = catalogue
        self._dependents: dict[str, set[_Place]] = defaultdict(set)
        self._store.listen(self._on_event)

    def _on_event(self, event: Event) -> None:
        record = event.record
        place = (record.resource.kind, *record.key)
        for uid in _owners(event.before):
            self._dependents[uid].discard(place)
        if event.type == "DELETED":
            self._later(self._owner_gone, record)
            return
        for uid in _owners(record):
            self._dependents[uid].add(place)
        if _owners(record):
            self._later(self._collect, record)
        if record.object["metadata"].get("deletionTimestamp"):
            self._later(self._finish, record)

    def _later(self, look: Callable[[Record], None], record: Record) -> None:
        asyncio.get_running_loop().call_later(self.delay, look, record)

    def _owner_gone(self, gone: Record) -> None:
        for dependent in self._dependents_of(gone):
            self._collect(dependent)
        for reference in gone.object["metadata"].get("ownerReferences") or ():
            if owner := self._owner(gone, reference):
                self._finish(owner)

    def _dependents_of(self, owner: Record) -> list[Record]:
        found = (self._store.get(*place) for place in tuple(self._dependents[owner.uid]))
        return [record for record in found if record is not None]

    def _owner(self, dependent: Record, reference: Object) -> Record | None:
        """The living object that a reference points to: same kind, name and uid, same namespace if it has one."""
        resource = self._catalogue.of_object(reference["apiVersion"], reference["kind"])
        if resource is None:
            return None
        namespace = dependent.namespace if resource.kind.namespaced else ""
        found = self._store.get(resource.kind, namespace, reference["name"])
        return found if found is not None and found.uid == reference["uid"] else None

    def _collect(self, seen: Record) -> None:
        """Delete an object whose owners are all gone or going; else take from it the references to those that are."""
        record = self._current(seen)
        if record is None:
            return
        references = record.object["metadata"].get("ownerReferences") or []
        if any(self._catalogue.of_object(ref["apiVersion"], ref["kind"]) is None for ref in references):
            return  # The real collector leaves objects alone whose owners are of a kind that it cannot look up.
        owners = [(reference, self._owner(record, reference)) for reference in references]
        lasting = [reference for reference, owner in owners if owner is not None and not _waits(owner)]
        if lasting and len(lasting) < len(references):
            self._set(record, "ownerReferences", lasting)
        elif references and not lasting and not record.object["metadata"].get("deletionTimestamp"):
            waited_for = any(owner is not None for _, owner in owners) and self._dependents_of(record)
            how = DeleteOptions(uid=record.uid, propagation="Foreground" if waited_for else "Background")
            self._writer.delete(_target(record), how)

    def _finish(self, seen: Record) -> None:
        """Do what the finalizers of a marked object ask for, then take them away."""
        owner = self._current(seen)
        if owner is None or not owner.object["metadata"].get("deletionTimestamp"):
            return
        finalizers = owner.object["metadata"].get("finalizers") or []
        dependents = self._dependents_of(owner)
        if ORPHAN in finalizers:
            for dependent in dependents:
                references = dependent.object["metadata"]["ownerReferences"]
                self._set(
                    dependent, "ownerReferences", [ref for ref in references if ref["uid"] != owner.uid]
                )
            self._set(owner, "finalizers", [name for name in finalizers if name != ORPHAN])
        elif FOREGROUND in finalizers:
            for dependent in dependents:
                self._collect(dependent)
            if not any(_blocks(dependent, owner) for dependent in self._dependents_of(owner)):
                self._set(owner, "finalizers", [name for name in finalizers if name != FOREGROUND])

    def _current(self, seen: Record) -> Record | None:
        """The object as it is now, if it is still the same one."""
        record = self._store.get(seen.resource.kind, *seen.key)
        return record if record is not None and record.uid == seen.uid else None

    def _set(self, record: Record, field: str, value: list[object]) -> None:
        body = {**record.object, "metadata": {**record.object["metadata"], field: value}}
        if not value:
            del body["metadata"][field]
        self._writer.replace(_target(record), body, _OPTIONS)


def _owners(record: Record | None) -> list[str]:
    references = record.object["metadata"].get("ownerReferences") if record else None
    return [reference["uid"] for reference in references or ()]


def _waits(owner: Record) -> bool:
    """Whether an object is only there until its dependents are gone."""
    metadata = owner.object["metadata"]
    return bool(metadata.get("deletionTimestamp")) and FOREGROUND in (metadata.get("finalizers") or ())


def _blocks(dependent: Record, owner: Record) -> bool:
    references = dependent.object["metadata"].get("ownerReferences") or ()
    return any(ref["uid"] == owner.uid and ref.get("blockOwnerDeletion") for ref in references)


def _target(record: Record) -> Target:
    return Target(record.resource, record.namespace, record.name)
