"""The client of one cluster: every verb that this integration uses, and no other.

One client serves many threads. Its only state about the cluster is the set of kinds that may not be listed
cluster-wide, so that each is tried once.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import ceil
from types import TracebackType
from typing import Any, Self, TypeVar

from sretoolbox.utils import threaded

from reconcile import INTEGRATION, __version__
from reconcile.kinds import RULES_REVIEW, Kind
from reconcile.openshift import answers, errors, paths, scopes, watching
from reconcile.openshift.access import Access, Retries, Timeouts
from reconcile.openshift.answers import Call
from reconcile.openshift.circuit_breaker import CircuitBreaker
from reconcile.openshift.faults import TransportError
from reconcile.openshift.listing import Chunks, Holdings
from reconcile.openshift.messages import JSON, Answer, Listing, Listings, Request, RequestCounts
from reconcile.openshift.paths import Selector
from reconcile.openshift.retrying import Retrier
from reconcile.openshift.transport import Exchanges, Transport
from reconcile.openshift.watching import WatchEvent

Json = dict[str, Any]
T = TypeVar("T")

USER_AGENT = f"{INTEGRATION}/{__version__}"
CHUNKS = (500, 50, 5)
"""Objects asked for in one LIST request: as many as kubectl does, and fewer where so many are too large together."""
APPLY_PATCH = "application/apply-patch+yaml"
"""JSON is YAML, so server-side apply takes it as it is."""
MERGE_PATCH = "application/merge-patch+json"


class Client:
    """Talks to one API server.

    Every method raises a ``ClusterError``. Connections that fail, 429 and 5xx are retried (see
    ``retrying``), writes included: a write whose response was lost may have been applied, and its second
    attempt may then meet ``AlreadyExists`` (create), ``NotFound`` (delete) or ``Conflict`` (replace). The caller
    must handle these.
    """

    def __init__(
        self,
        access: Access,
        *,
        pool_size: int = 8,
        timeouts: Timeouts = Timeouts(),
        retries: Retries = Retries(),
        user_agent: str = USER_AGENT,
        field_manager: str = INTEGRATION,
        sleep: Callable[[float], object] = time.sleep,
        stop: threading.Event | None = None,
        transport: Exchanges | None = None,
    ) -> None:
        """When ``stop`` is set, a request in flight is completed and none is retried.

        ``transport`` carries the requests; by default they go to ``access.server``.
        """
        self.cluster = access.cluster
        self.counts = RequestCounts()
        self._field_manager = field_manager
        self._pool_size = pool_size
        self._sendable_token = _is_sendable(access.token.strip())
        breaker = CircuitBreaker()
        self._transport: Exchanges = transport or Transport(
            access, breaker, size=pool_size, timeouts=timeouts, user_agent=user_agent
        )
        self._retrier = Retrier(retries, self.counts, breaker, sleep if stop is None else stop.wait, stop)
        self._timeouts = timeouts
        self._holdings = Holdings()
        self._watch_closer = watching.WatchCloser()
        self._namespaced_only: set[Kind] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self.cluster!r})"

    def list(
        self, kind: Kind, *, namespace: str | None = None, labels: Selector = None, fields: Selector = None
    ) -> Listing:
        """List objects, in one namespace or (``None``) in the whole cluster, in chunks of 500.

        A field selector on ``metadata.namespace`` lists that namespace; ``ValueError`` if it fits no single one.
        Should the server forget the list between two chunks (410), or send chunks that do not add up, all is listed
        once more in one piece; if that does not add up either, ``InconsistentList``. Chunks that are too large are
        asked for again with fewer objects. ``Excessive`` if a list is larger or longer than any we would read.
        """
        scope = scopes.resolve(namespace, fields)
        call = Call(self.cluster, "list", kind, scope.namespace)
        query = {"labelSelector": paths.selector(labels), "fieldSelector": scope.fields}
        for size in CHUNKS:
            try:
                return self._list_chunks(call, {**query, "limit": str(size)})
            except (errors.Gone, errors.InconsistentList):
                break
            except errors.TooLarge:
                if size == CHUNKS[-1]:
                    raise
        return self._list_chunks(call, query)

    def list_all(
        self, kind: Kind, *, namespaces: Iterable[str], labels: Selector = None, fields: Selector = None
    ) -> Listings:
        """List the whole cluster if the account may, else each of ``namespaces``.

        A namespace that is forbidden or missing is listed in ``Listings.refused``; any other error is raised.
        That the cluster-wide LIST of a kind is forbidden is remembered, so that it costs one request per
        client and kind. A field selector on ``metadata.namespace`` lists that namespace alone.
        """
        if (selected := scopes.resolve(None, fields).namespace) is not None:
            return self._list_each(kind, [selected], labels, fields)
        if kind not in self._namespaced_only:
            try:
                listing = self.list(kind, labels=labels, fields=fields)
            except errors.Forbidden:
                if not kind.namespaced:
                    raise
                with self._lock:
                    self._namespaced_only.add(kind)
            else:
                return Listings(
                    listing.items,
                    listing.scope,
                    {None: listing.resource_version},
                    listed_at=listing.listed_at,
                )
        return self._list_each(kind, sorted(set(namespaces)), labels, fields)

    def get(self, kind: Kind, name: str, namespace: str | None = None) -> Json:
        """Read one object."""
        return self._ask(Call(self.cluster, "get", kind, namespace, name), "GET", {})

    def rules_in(self, namespace: str) -> Json:
        """What the account may do in a namespace: the server's answer to a ``SelfSubjectRulesReview``.

        It is a POST that stores nothing, so it counts as a read.
        """
        body = {
            "apiVersion": RULES_REVIEW.api_version,
            "kind": RULES_REVIEW.name,
            "spec": {"namespace": namespace},
        }
        return self._ask(Call(self.cluster, "create", RULES_REVIEW), "POST", {}, body)

    def create(self, kind: Kind, body: Json, *, dry_run: bool = False) -> Json:
        """Create an object; return it as the server stored it. Raises ``AlreadyExists``.

        A name may be left to the server by ``metadata.generateName``.
        """
        call = self._about("create", kind, body)
        return self._ask(call, "POST", self._writing(dry_run=dry_run), body)

    def apply(
        self,
        kind: Kind,
        body: Json,
        *,
        dry_run: bool = False,
        force: bool = True,
        field_manager: str | None = None,
    ) -> Json:
        """Apply an object server-side: create it, or set exactly the fields of ``body`` as ours.

        With ``force`` the fields of other managers are taken over, else they raise ``Conflict``.
        """
        call = self._about("apply", kind, body)
        query = self._writing(dry_run=dry_run, field_manager=field_manager)
        return self._ask(call, "PATCH", {**query, "force": "true" if force else None}, body, APPLY_PATCH)

    def replace(self, kind: Kind, body: Json) -> Json:
        """Replace an object.

        A ``metadata.resourceVersion`` in ``body`` must still be the current one, else ``Conflict``.
        """
        return self._ask(self._about("replace", kind, body), "PUT", self._writing(), body)

    def patch(self, kind: Kind, name: str, namespace: str | None, body: Json) -> Json:
        """Merge ``body`` into an object; ``None`` removes a key (JSON merge patch, RFC 7386)."""
        call = Call(self.cluster, "patch", kind, namespace, name)
        return self._ask(call, "PATCH", self._writing(), body, MERGE_PATCH)

    def delete(
        self,
        kind: Kind,
        name: str,
        namespace: str | None = None,
        *,
        uid: str | None = None,
        propagation: str = "Background",
        dry_run: bool = False,
    ) -> None:
        """Delete an object, and (``Background``) what it owns.

        With ``uid`` only that very object: a successor of the same name raises ``Conflict``.
        """
        options: Json = {"propagationPolicy": propagation}
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        if dry_run:
            options["dryRun"] = ["All"]
        call = Call(self.cluster, "delete", kind, namespace, name)
        self._ask(call, "DELETE", {"dryRun": "All" if dry_run else None}, options)

    def watch(
        self,
        kind: Kind,
        *,
        namespace: str | None = None,
        labels: Selector = None,
        fields: Selector = None,
        resource_version: str,
        timeout: float,
        stop: threading.Event,
        opened: Callable[[], object] = lambda: None,
    ) -> Iterator[WatchEvent]:
        """Yield changes after ``resource_version`` on a connection of its own.

        ``opened`` is called when the server has accepted the watch; the first event may take long.

        Ends after ``timeout`` seconds, within half a second of ``stop`` being set or the client being closed,
        and whenever the server ends it or the connection breaks: go on from the last
        ``WatchEvent.resource_version``. Raises ``Gone`` when the version has expired, and any other error
        when the watch cannot be opened. A field selector on ``metadata.namespace`` watches that namespace.
        """
        scope = scopes.resolve(namespace, fields)
        call = Call(self.cluster, "watch", kind, scope.namespace)
        deadline = time.monotonic() + timeout
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(max(1, ceil(timeout))),
            "labelSelector": paths.selector(labels),
            "fieldSelector": scope.fields,
        }
        request = Request("GET", paths.with_query(paths.collection(kind, scope.namespace), query))
        self.counts.add(watches=1)
        response = self._retry(
            call, lambda: None if stop.is_set() else self._transport.stream(request), sleep=stop.wait
        )
        if response is None:
            return
        if isinstance(response, Answer):
            answers.read(response, call)
            raise call.failed(
                errors.Unreachable, "the response to a watch is a single document", status=response.status
            )
        stream = watching.Stream(response, stop, deadline)
        with self._watch_closer.closing(stream):
            opened()
            yield from watching.events(stream, call)

    def close(self) -> None:
        """End all watches and close idle connections. Later requests raise ``Unreachable``."""
        self._transport.close()
        self._watch_closer.close_all()

    def abandon(self) -> None:
        """Close, and let requests in progress fail soon; a write among them may or may not have taken effect."""
        self._transport.abandon()
        self.close()

    def _list_chunks(self, call: Call, query: Mapping[str, str | None]) -> Listing:
        key = (call.kind, call.namespace, query["labelSelector"], query["fieldSelector"])
        chunks = Chunks(call, self._holdings, key, seconds=self._timeouts.cluster)
        token: str | None = None  # of a LIST, no credential
        try:
            while token is None or token:
                token = chunks.take(self._exchange(call, "GET", {**query, "continue": token}))
        except errors.ClusterError:
            self._holdings.drop(key)
            raise
        return chunks.listing()

    def _list_each(
        self, kind: Kind, namespaces: Sequence[str], labels: Selector, fields: Selector
    ) -> Listings:
        def one(namespace: str) -> Listing | errors.ClusterError:
            try:
                return self.list(kind, namespace=namespace, labels=labels, fields=fields)
            except (errors.Forbidden, errors.NotFound) as refusal:
                return refusal

        results = tuple(zip(namespaces, threaded.run(one, namespaces, self._pool_size), strict=True))
        listed = {name: result for name, result in results if isinstance(result, Listing)}
        return Listings(
            items=tuple(item for listing in listed.values() for item in listing.items),
            scope=tuple(listed),
            resource_versions={name: listing.resource_version for name, listing in listed.items()},
            refused={name: result for name, result in results if isinstance(result, errors.ClusterError)},
            listed_at=min((each.listed_at for each in listed.values() if each.listed_at), default=None),
        )

    def _about(self, verb: str, kind: Kind, body: Json) -> Call:
        metadata = body.get("metadata") or {}
        return Call(self.cluster, verb, kind, metadata.get("namespace"), metadata.get("name"))

    def _writing(self, *, dry_run: bool = False, field_manager: str | None = None) -> dict[str, str | None]:
        return {"fieldManager": field_manager or self._field_manager, "dryRun": "All" if dry_run else None}

    def _ask(
        self,
        call: Call,
        method: str,
        query: Mapping[str, str | None],
        body: Json | None = None,
        content_type: str = JSON,
    ) -> Json:
        if body is not None and answers.PRIVATE in json.dumps(body).lower():
            call = replace(call, has_password=True)
        return answers.read(self._exchange(call, method, query, body, content_type), call)

    def _exchange(
        self,
        call: Call,
        method: str,
        query: Mapping[str, str | None],
        body: Json | None = None,
        content_type: str = JSON,
    ) -> Answer:
        if call.verb in {"list", "create"}:
            path = paths.collection(call.kind, call.namespace)
        else:
            path = paths.item(call.kind, call.name or "", call.namespace)
        data = None if body is None else json.dumps(body).encode()
        request = Request(method, paths.with_query(path, query), data, content_type)
        changes = method != "GET" and not query.get("dryRun") and call.kind != RULES_REVIEW
        self.counts.add(reads=not changes, writes=changes)
        return self._retry(call, lambda: self._transport.exchange(request))

    def _retry(
        self, call: Call, attempt: Callable[[], T], sleep: Callable[[float], object] | None = None
    ) -> T:
        if not self._sendable_token:
            raise call.failed(errors.Unauthorised, "the token is empty or contains invalid characters")
        try:
            return self._retrier.run(attempt, sleep, partial(answers.may_pass, call=call))
        except TransportError as error:
            fault = error.fault
        kind = errors.TooLarge if fault.excessive else errors.Unreachable
        raise call.failed(kind, fault.reason, hint=fault.hint)


def _is_sendable(token: str) -> bool:
    """Whether a token fits into a header. The HTTP library would reject it and quote it in its error."""
    return bool(token) and token.isascii() and token.isprintable() and " " not in token
