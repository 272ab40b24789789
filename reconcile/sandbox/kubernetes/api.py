"""What one simulated cluster answers to a request, whoever carries it: ``web`` over HTTPS, ``local`` in the process.

Authentication, rights, fault hooks and counting happen here, for all resources; ``writes``, ``lists`` and ``watches``
implement the requests. Answers are JSON objects whatever the client would rather have: kubectl prints them as a table
of names and ages.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from reconcile.kinds import RULES_REVIEW
from reconcile.sandbox.kubernetes import bodies, calls, patches, rbac, requests, selectors
from reconcile.sandbox.kubernetes.accounts import Accounts, Rights
from reconcile.sandbox.kubernetes.calls import Call, Faults
from reconcile.sandbox.kubernetes.catalogue import Catalogue
from reconcile.sandbox.kubernetes.discovery import documents
from reconcile.sandbox.kubernetes.errors import (
    ApiError,
    Object,
    UnknownPathError,
    bad_request,
    not_found,
    unauthorized,
)
from reconcile.sandbox.kubernetes.lists import Lists, Page
from reconcile.sandbox.kubernetes.requests import Asked, Reply, RequestCounter
from reconcile.sandbox.kubernetes.store import Record, to_json
from reconcile.sandbox.kubernetes.watches import Watch, WatchRequest, parse_revision
from reconcile.sandbox.kubernetes.writes import Target, Writer

_DEFAULT_WATCH_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One request for a resource, by an account that may make it."""

    asked: Asked
    account: Rights
    call: Call
    body: Any

    @property
    def target(self) -> Target:
        """What the request is about."""
        call = self.call
        return Target(call.resource, call.namespace, call.name, call.subresource)


class Api:
    """Answers the requests to one cluster."""

    def __init__(
        self,
        name: str,
        catalogue: Catalogue,
        writer: Writer,
        accounts: Accounts,
        *,
        bookmark_interval: float,
    ) -> None:
        self.counter = RequestCounter()
        self.faults = Faults()
        self._name = name
        self._catalogue = catalogue
        self._writer = writer
        self._store = writer.store
        self._accounts = accounts
        self._bookmark_interval = bookmark_interval
        self._lists = Lists(self._store)
        self._documents = documents(catalogue)
        self._watches: set[Watch] = set()

    @property
    def open_watches(self) -> int:
        """Watches that clients hold open."""
        return len(self._watches)

    def end_watches(self) -> None:
        """End all open watches, as a server does when it shuts down."""
        for watch in tuple(self._watches):
            watch.close()

    async def answer(self, asked: Asked) -> Reply | Watch:
        """Answer one request, with a watch that the caller sends to its end (:meth:`follow`), or with a whole reply.

        Raises:
            ConnectionResetError: A fault hook cuts the connection.
        """
        try:
            return await self._answer(asked)
        except ApiError as error:
            reply = Reply(error.code, to_json(error.status()))
        except UnknownPathError:
            reply = Reply(404, b"404 page not found\n", "text/plain")
        requests.note(asked, reply.status)
        return reply

    async def follow(self, watch: Watch) -> AsyncIterator[bytes]:
        """What a watch sends, piece by piece, until it is over."""
        self._watches.add(watch)
        try:
            async for chunk in watch.chunks():
                yield chunk
        finally:
            self._watches.discard(watch)

    async def _answer(self, asked: Asked) -> Reply | Watch:
        path = asked.path
        account = self._accounts.of(asked.authorization)
        if account is None and path != "/version":
            raise unauthorized()
        if account is None or not calls.names_resource(path):
            document = self._documents.get(path.strip("/"))
            if document is None:
                raise UnknownPathError
            return Reply(200, to_json(document))
        call = calls.parse(self._catalogue, self._name, account.user, asked.method, path, asked.query)
        if call.resource.kind == RULES_REVIEW:
            # Every account may ask, and nothing is stored.
            requests.note(asked, 201)
            return Reply(201, to_json(rbac.reviewed(account, await bodies.read(asked))))
        if not account.may(call.asks_for()):
            self.counter.count(call, dry_run=False)
            raise account.refusal(call.resource.kind, call.asks_for())
        body = await bodies.read(asked) if call.is_write else None
        self.counter.count(call, dry_run=bodies.is_dry_run(call, asked.query, body))
        return await self._between_hooks(_Exchange(asked, account, call, body))

    async def _between_hooks(self, exchange: _Exchange) -> Reply | Watch:
        hooks = self.faults
        await calls.run_hooks(hooks.before, exchange.call)
        if exchange.call.verb == "watch":
            watch = Watch(self._store, _watch_request(exchange), self._bookmark_interval)
            requests.note(exchange.asked, 200)
            return watch
        reply = self._perform(exchange)
        requests.note(exchange.asked, reply.status)
        await calls.run_hooks(hooks.after, exchange.call)
        return reply

    def _perform(self, exchange: _Exchange) -> Reply:
        match exchange.call.verb:
            case "list":
                return Reply(200, self._list(exchange).body)
            case "get":
                return Reply(200, self._get(exchange.call).body)
            case "delete":
                return Reply(200, self._delete(exchange))
        if exchange.call.subresource == "token":
            token = self._accounts.issue(self._get(exchange.call), exchange.body)
            return Reply(201, to_json(token))
        return self._write(exchange)

    # -- reads -----------------------------------------------------------------------------------------------------

    def _get(self, call: Call) -> Record:
        record = self._store.get(call.resource.kind, call.namespace, call.name)
        if record is None:
            raise not_found(call.resource.kind, call.name)
        return record

    def _list(self, exchange: _Exchange) -> Page:
        call = exchange.call
        return self._lists.page(call.resource, call.namespace, exchange.asked.query)

    # -- writes ----------------------------------------------------------------------------------------------------

    def _write(self, exchange: _Exchange) -> Reply:
        asked, call, body, target = exchange.asked, exchange.call, exchange.body, exchange.target
        options = bodies.write_options(asked, call, partial(self._check_rights, exchange))
        if call.verb == "create":
            written = self._writer.create(target, body, options)
        elif call.verb == "update":
            written = self._writer.replace(target, body, options)
        elif asked.content_type == patches.APPLY_PATCH:
            written = self._writer.apply(target, body, options)
        else:
            written = self._writer.patch(target, asked.content_type, body, options)
        return Reply(201 if written.created else 200, written.record.body)

    def _check_rights(self, exchange: _Exchange, new: Object, old: Object | None) -> None:
        """Check the rights that a write needs beyond its verb and that depend on what it would store."""
        account, call = exchange.account, exchange.call
        rbac.check_grant(account, self._store, call.resource, new, old)
        creates = call.asks_for("create")
        if old is None and call.verb != "create" and not account.may(creates):
            raise account.refusal(call.resource.kind, creates)

    def _delete(self, exchange: _Exchange) -> bytes:
        options = bodies.delete_options(exchange.call, exchange.asked.query, exchange.body)
        deleted = self._writer.delete(exchange.target, options)
        if exchange.call.resource.returns_deleted or not deleted.gone:
            return deleted.record.body
        return to_json(_success(deleted.record))


def _watch_request(exchange: _Exchange) -> WatchRequest:
    query, call = exchange.asked.query, exchange.call
    return WatchRequest(
        resource=call.resource,
        namespace=call.namespace,
        selector=selectors.selector_of(call.resource, query),
        since=parse_revision(query.get("resourceVersion", "")),
        timeout=_seconds(query),
        bookmarks=query.get("allowWatchBookmarks") in {"1", "true"},
    )


def _seconds(query: Mapping[str, str]) -> float:
    text = query.get("timeoutSeconds", "")
    if text and not text.isdigit():
        raise bad_request(f'"{text}" is not a number of seconds')
    return float(text or 0) or _DEFAULT_WATCH_SECONDS


def _success(record: Record) -> Object:
    kind = record.resource.kind
    group = {"group": kind.group} if kind.group else {}
    details = {"name": record.name, **group, "kind": kind.plural, "uid": record.uid}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
