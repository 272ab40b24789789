"""The garbage collector of the controller-manager: objects are deleted when the last of their owners is gone.

It works on events: a deleted object may leave dependents, a new object may name an owner that is already gone. Every
reaction is delayed a little, so that clients see the state in between, as they do on real clusters.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes.catalogue import Catalogue
from reconcile.sandbox.kubernetes.deletion import DeleteOptions
from reconcile.sandbox.kubernetes.errors import Object
from reconcile.sandbox.kubernetes.store import Event, Record
from reconcile.sandbox.kubernetes.writes import Options, Target, Writer

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
        for reference in _references(event.before):
            self._dependents[reference["uid"]].discard(place)
        if event.type == "DELETED":
            self._later(self._collect_dependents, record)
            return
        for reference in _references(record):
            self._dependents[reference["uid"]].add(place)
        if _references(record):
            self._later(self._collect, record)

    def _later(self, reaction: Callable[[Record], None], record: Record) -> None:
        asyncio.get_running_loop().call_later(self.delay, reaction, record)

    def _collect_dependents(self, owner: Record) -> None:
        for place in tuple(self._dependents[owner.uid]):
            if dependent := self._store.get(*place):
                self._collect(dependent)

    def _collect(self, seen: Record) -> None:
        """Delete an object whose owners are all gone; otherwise remove its references to those that are."""
        record = self._store.get(seen.resource.kind, *seen.key)
        if record is None or record.uid != seen.uid:
            return
        references = _references(record)
        owners = [self._owner(record, reference) for reference in references]
        lasting = [reference for reference, alive in zip(references, owners, strict=True) if alive]
        target = Target(record.resource, record.namespace, record.name)
        if lasting and len(lasting) < len(references):
            body = {**record.object, "metadata": {**record.object["metadata"], "ownerReferences": lasting}}
            self._writer.replace(target, body, _OPTIONS)
        elif references and not lasting:
            self._writer.delete(target, DeleteOptions(uid=record.uid))

    def _owner(self, dependent: Record, reference: Object) -> bool:
        """Whether the owner exists: same kind, name and uid, and same namespace if it has one.

        Owners of a kind that cannot be looked up count as existing, as for the real collector.
        """
        resource = self._catalogue.of_object(reference["apiVersion"], reference["kind"])
        if resource is None:
            return True
        namespace = dependent.namespace if resource.kind.namespaced else ""
        found = self._store.get(resource.kind, namespace, reference["name"])
        return found is not None and found.uid == reference["uid"]


def _references(record: Record | None) -> list[Object]:
    return (record.object["metadata"].get("ownerReferences") if record else None) or []
