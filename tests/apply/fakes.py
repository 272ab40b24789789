"""Clusters, clocks and streams played by hand: what reads, watches and writes without HTTP and without waiting.

A `FakeClient` has the methods of ``reconcile.openshift.client.Client`` that a run uses. It keeps its objects as an API
server does (UIDs, one version for all) and fails as a test tells it.
"""

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconcile.kinds import CONFIG_MAP, NAMESPACE, SECRET, Kind
from reconcile.openshift import errors
from reconcile.openshift.messages import Listing, Listings, RequestCounts
from reconcile.openshift.watching import WatchEvent
from reconcile.skupper.plan import Change, HandOver, ObjectRef, Refusal, Verb
from reconcile.skupper.waits import Wait, WaitKind

LABEL = "owner=us"


def error(kind=errors.ServerFault, cluster="a", namespace=None, **options) -> errors.ClusterError:
    return kind("so it is", cluster=cluster, verb="list", kind=CONFIG_MAP, namespace=namespace, **options)


def manifest(name: str, namespace: str = "net", *, labels=None, **content) -> dict:
    """A body to apply; it carries our label unless `labels` are given."""
    labels = {"owner": "us"} if labels is None else labels
    return {"metadata": {"name": name, "namespace": namespace, "labels": labels}, **content}


def change(name="x", namespace="net", cluster="a", *, verb=Verb.APPLY, kind=CONFIG_MAP, **fields) -> Change:
    body = None if verb is Verb.DELETE else manifest(name, namespace)
    fields = {"reason": "so it is declared", "body": body, **fields}
    return Change(verb=verb, cluster=cluster, namespace=namespace, kind=kind, name=name, **fields)


def wait(kind: WaitKind, text: str = "something happens") -> Wait:
    return Wait(kind, "a/net", text)


def hand_over(name: str, namespace: str = "net", cluster: str = "b") -> HandOver:
    """Makes a Secret with the data of that one."""
    return HandOver(ObjectRef(cluster, SECRET, namespace, name), with_data)


def with_data(body: Mapping, source: Mapping) -> dict | Refusal:
    """Refuses a source whose data says so."""
    if "refuse" in source["data"]:
        return Refusal("it has a wrong key", "delete it")
    return {**body, "data": source["data"]}


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Stop(threading.Event):
    """A stop event whose waits end at once and let the clock pass; set by itself when the time is over."""

    def __init__(self, clock: Clock, after: float) -> None:
        super().__init__()
        self._clock = clock
        self._after = after
        self.plays: list[tuple[float, Callable[[], object]]] = []
        """What happens during waits, and when, in order."""

    def is_set(self) -> bool:
        return super().is_set() or self._clock.now >= self._after

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.now += timeout or 0.0
        while self.plays and self.plays[0][0] <= self._clock.now:
            self.plays.pop(0)[1]()
        return self.is_set()


@dataclass
class _Failure:
    error: BaseException
    verb: str
    namespace: str | None
    name: str | None
    left: int

    def meets(self, verb: str, namespace: str | None, name: str | None) -> bool:
        return (
            self.left > 0
            and self.verb == verb
            and self.namespace in {None, namespace}
            and self.name in {None, name}
        )


Play = Callable[[Callable[[], object]], Iterator[WatchEvent]]


@dataclass
class FakeClient:
    """One account of one cluster."""

    cluster: str = "a"
    cluster_wide: bool = True
    """False: LISTs are answered in single namespaces only."""
    identity: str = ""
    """The UID of the namespace kube-system; empty if the account may not read it."""
    listed_at: datetime | None = None
    """What time it is by its clock; None if it does not say."""
    asked: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    """Verb, namespace and name of every request, in order."""
    watched: list[str | None] = field(default_factory=list)
    """The field selectors of all watches."""
    plays: list[Play] = field(default_factory=list)
    """What the next watches do; when there are none left, a watch ends at once."""
    closed: bool = False
    counts: RequestCounts = field(default_factory=RequestCounts)

    def __post_init__(self) -> None:
        self._bodies: dict[tuple[Kind, str, str], dict] = {}
        self._numbers = itertools.count(1)
        self._failures: list[_Failure] = []
        self._befores: list[tuple[str, Callable[[], object]]] = []
        self.version = 0

    # -- what a test does ----------------------------------------------------------------------------------------

    def fail(self, verb: str, failure: BaseException, *, namespace=None, name=None, times=10_000) -> None:
        """Have the next requests of this kind fail."""
        self._failures.append(_Failure(failure, verb, namespace, name, times))

    def before(self, verb: str, happens: Callable[[], object]) -> None:
        """Have something happen once, just before the next request of this verb is answered."""
        self._befores.append((verb, happens))

    def put(self, name: str, namespace: str = "net", *, kind: Kind = CONFIG_MAP, **content) -> dict:
        """Have an object be there, made or changed by somebody."""
        return self._store(kind, manifest(name, namespace, **content))

    def drop(self, name: str, namespace: str = "net", *, kind: Kind = CONFIG_MAP) -> dict:
        """Have an object be gone; give its last state with the version of its end, as a watch shows it."""
        self.version += 1
        gone = self._bodies.pop((kind, namespace, name))
        return {**gone, "metadata": {**gone["metadata"], "resourceVersion": str(self.version)}}

    def names(self, kind: Kind = CONFIG_MAP) -> set[str]:
        return {name for found, _, name in self._bodies if found == kind}

    def times(self, verb: str, namespace: str | None = None) -> int:
        return sum(asked[0] == verb and namespace in {None, asked[1]} for asked in self.asked)

    def rules_in(self, namespace: str) -> dict:
        self._ask("review", namespace, None)
        rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
        return {"status": {"resourceRules": [rule]}}

    # -- what a run does -----------------------------------------------------------------------------------------

    def list(self, kind, *, namespace=None, labels=None, fields=None) -> Listing:
        self._ask("list", namespace, None)
        self.counts.add(reads=1)
        if namespace is None and not self.cluster_wide:
            raise error(errors.Forbidden, self.cluster)
        wanted = dict(part.split("=") for part in (labels or "").split(",") if part)
        named = (fields or "").removeprefix("metadata.name=")
        found = [
            body
            for (each, space, name), body in self._bodies.items()
            if each == kind
            and namespace in {None, space}
            and wanted.items() <= body["metadata"]["labels"].items()
            and named in {"", name}
        ]
        return Listing(tuple(found), str(self.version), (namespace,), self.listed_at)

    def list_all(self, kind, *, namespaces, labels=None, fields=None) -> Listings:
        if self.cluster_wide:
            whole = self.list(kind, labels=labels, fields=fields)
            return Listings(whole.items, (None,), {None: whole.resource_version}, listed_at=self.listed_at)
        listed, refused = {}, {}
        for namespace in namespaces:
            try:
                listed[namespace] = self.list(kind, namespace=namespace, labels=labels, fields=fields)
            except (errors.Forbidden, errors.NotFound) as refusal:
                refused[namespace] = refusal
        items = tuple(item for listing in listed.values() for item in listing.items)
        versions = {namespace: listing.resource_version for namespace, listing in listed.items()}
        return Listings(items, tuple(listed), versions, refused, self.listed_at)

    def get(self, kind, name, namespace=None) -> dict:
        self._ask("get", namespace, name)
        if kind == NAMESPACE and name == "kube-system":
            if not self.identity:
                raise error(errors.Forbidden, self.cluster)
            return {"metadata": {"name": name, "uid": self.identity}}
        return self._there(kind, namespace, name)

    def create(self, kind, body) -> dict:
        metadata = body["metadata"]
        self._ask("create", metadata["namespace"], metadata["name"])
        if (kind, metadata["namespace"], metadata["name"]) in self._bodies:
            raise error(errors.AlreadyExists, self.cluster)
        self.counts.add(writes=1)
        return self._store(kind, body)

    def apply(self, kind, body, *, force=True) -> dict:
        metadata = body["metadata"]
        self._ask("apply", metadata["namespace"], metadata["name"])
        if not force and (kind, metadata["namespace"], metadata["name"]) in self._bodies:
            raise error(errors.Conflict, self.cluster)
        self.counts.add(writes=1)
        return self._store(kind, body)

    def patch(self, kind, name, namespace, body) -> dict:
        self._ask("patch", namespace, name)
        there = self._there(kind, namespace, name)
        self.counts.add(writes=1)
        return self._store(kind, {**there, **body, "metadata": {**there["metadata"], **body["metadata"]}})

    def delete(self, kind, name, namespace=None, *, uid=None) -> None:
        self._ask("delete", namespace, name)
        there = self._there(kind, namespace, name)
        if uid not in {None, there["metadata"]["uid"]}:
            raise error(errors.Conflict, self.cluster)
        self.counts.add(writes=1)
        self.drop(name, namespace or "", kind=kind)

    def watch(self, _kind, *, namespace, resource_version, opened, fields=None, **_options):
        self.watched.append(fields)
        self._ask("watch", namespace, resource_version)
        if self.plays:
            yield from self.plays.pop(0)(opened)
        else:
            opened()

    def close(self) -> None:
        self.closed = True

    def abandon(self) -> None:
        self.close()

    def _ask(self, verb: str, namespace: str | None, name: str | None) -> None:
        self.asked.append((verb, namespace, name))
        for place, (awaited, happens) in enumerate(self._befores):
            if awaited == verb:
                del self._befores[place]
                happens()
                break
        for failure in self._failures:
            if failure.meets(verb, namespace, name):
                failure.left -= 1
                raise failure.error

    def _there(self, kind: Kind, namespace: str | None, name: str) -> dict:
        try:
            return self._bodies[kind, namespace or "", name]
        except KeyError:
            raise error(errors.NotFound, self.cluster, namespace) from None

    def _store(self, kind: Kind, body: dict) -> dict:
        metadata = body["metadata"]
        key = (kind, metadata["namespace"], metadata["name"])
        known = self._bodies.get(key)
        uid = known["metadata"]["uid"] if known else f"{self.cluster}-{next(self._numbers)}"
        self.version += 1
        kept = {"uid": uid, "resourceVersion": str(self.version), "labels": metadata.get("labels", {})}
        self._bodies[key] = {**body, "metadata": {**metadata, **kept}}
        return self._bodies[key]
