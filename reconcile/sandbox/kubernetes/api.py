"""The HTTP side of one simulated cluster.

Authentication, rights, fault hooks and counting happen here, for all resources; ``writes``, ``lists`` and ``watches``
implement the requests. Answers are JSON objects whatever the client would rather have: kubectl prints them as a table
of names and ages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web

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
from reconcile.sandbox.kubernetes.requests import RequestCounter
from reconcile.sandbox.kubernetes.store import Record, to_json
from reconcile.sandbox.kubernetes.watches import Watch, WatchRequest, parse_revision
from reconcile.sandbox.kubernetes.writes import Target, Writer

_JSON = "application/json"
_DEFAULT_WATCH_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One request for a resource, by an account that may make it."""

    request: web.Request
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

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; the entry point of the web server."""
        try:
            return await self._answer(request)
        except ApiError as error:
            requests.note(request, error.code)
            return web.json_response(error.status(), status=error.code)
        except UnknownPathError:
            requests.note(request, 404)
            return web.Response(status=404, text="404 page not found\n")
        except ConnectionResetError:
            if request.transport is not None:
                request.transport.abort()
            raise

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        account = self._accounts.of(request.headers.get("Authorization", ""))
        if account is None and path != "/version":
            raise unauthorized()
        if account is None or not calls.names_resource(path):
            document = self._documents.get(path.strip("/"))
            if document is None:
                raise UnknownPathError
            return web.json_response(document)
        call = calls.parse(self._catalogue, self._name, account.user, request.method, path, request.query)
        if call.resource.kind == RULES_REVIEW:
            # Every account may ask, and nothing is stored.
            requests.note(request, 201)
            return web.json_response(rbac.reviewed(account, await bodies.read(request)), status=201)
        if not account.may(call.asks_for()):
            self.counter.count(call, dry_run=False)
            raise account.refusal(call.resource.kind, call.asks_for())
        body = await bodies.read(request) if call.is_write else None
        self.counter.count(call, dry_run=bodies.is_dry_run(call, request.query, body))
        return await self._between_hooks(_Exchange(request, account, call, body))

    async def _between_hooks(self, exchange: _Exchange) -> web.StreamResponse:
        hooks = self.faults
        await calls.run_hooks(hooks.before, exchange.call)
        response = await self._perform(exchange)
        requests.note(exchange.request, response.status)
        await calls.run_hooks(hooks.after, exchange.call)
        return response

    async def _perform(self, exchange: _Exchange) -> web.StreamResponse:
        match exchange.call.verb:
            case "watch":
                return await self._watch(exchange)
            case "list":
                return _answer(self._list(exchange).body)
            case "get":
                return _answer(self._get(exchange.call).body)
            case "delete":
                return _answer(self._delete(exchange))
        if exchange.call.subresource == "token":
            token = self._accounts.issue(self._get(exchange.call), exchange.body)
            return _answer(to_json(token), status=201)
        return self._write(exchange)

    # -- reads -----------------------------------------------------------------------------------------------------

    def _get(self, call: Call) -> Record:
        record = self._store.get(call.resource.kind, call.namespace, call.name)
        if record is None:
            raise not_found(call.resource.kind, call.name)
        return record

    def _list(self, exchange: _Exchange) -> Page:
        call = exchange.call
        return self._lists.page(call.resource, call.namespace, exchange.request.query)

    async def _watch(self, exchange: _Exchange) -> web.StreamResponse:
        watch = Watch(self._store, _watch_request(exchange), self._bookmark_interval)
        response = web.StreamResponse(headers={"Content-Type": _JSON})
        await response.prepare(exchange.request)
        requests.note(exchange.request, response.status)
        self._watches.add(watch)
        try:
            async for chunk in watch.chunks():
                await response.write(chunk)
        finally:
            self._watches.discard(watch)
        return response

    # -- writes ----------------------------------------------------------------------------------------------------

    def _write(self, exchange: _Exchange) -> web.Response:
        request, call, body, target = exchange.request, exchange.call, exchange.body, exchange.target
        options = bodies.write_options(request, call, partial(self._check_rights, exchange))
        if call.verb == "create":
            written = self._writer.create(target, body, options)
        elif call.verb == "update":
            written = self._writer.replace(target, body, options)
        elif request.content_type == patches.APPLY_PATCH:
            written = self._writer.apply(target, body, options)
        else:
            written = self._writer.patch(target, request.content_type, body, options)
        return _answer(written.record.body, status=201 if written.created else 200)

    def _check_rights(self, exchange: _Exchange, new: Object, old: Object | None) -> None:
        """Check the rights that a write needs beyond its verb and that depend on what it would store."""
        account, call = exchange.account, exchange.call
        rbac.check_grant(account, self._store, call.resource, new, old)
        creates = call.asks_for("create")
        if old is None and call.verb != "create" and not account.may(creates):
            raise account.refusal(call.resource.kind, creates)

    def _delete(self, exchange: _Exchange) -> bytes:
        options = bodies.delete_options(exchange.call, exchange.request.query, exchange.body)
        deleted = self._writer.delete(exchange.target, options)
        if exchange.call.resource.returns_deleted or not deleted.gone:
            return deleted.record.body
        return to_json(_success(deleted.record))


def _answer(body: bytes, status: int = 200) -> web.Response:
    return web.Response(status=status, body=body, content_type=_JSON)


def _watch_request(exchange: _Exchange) -> WatchRequest:
    query, call = exchange.request.query, exchange.call
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
