"""Requests in, answers out: the HTTP side of one simulated cluster.

Authentication, rights, fault hooks and counting happen here, once for all resources; what a request does is said in
``writes``, ``lists`` and ``watches``.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web

from reconcile import kinds
from reconcile.sandbox.kubernetes import (
    bodies,
    calls,
    faults,
    options,
    patches,
    rbac,
    requests,
    selectors,
    tokenrequests,
)
from reconcile.sandbox.kubernetes.accounts import Accounts, Rights
from reconcile.sandbox.kubernetes.calls import Call
from reconcile.sandbox.kubernetes.catalogue import PROJECT, Catalogue
from reconcile.sandbox.kubernetes.deletion import DeleteOptions
from reconcile.sandbox.kubernetes.discovery import Discovery
from reconcile.sandbox.kubernetes.errors import (
    ApiError,
    Object,
    UnknownPathError,
    bad_request,
    not_found,
    unauthorised,
)
from reconcile.sandbox.kubernetes.faults import Faults
from reconcile.sandbox.kubernetes.lists import Lists, Page
from reconcile.sandbox.kubernetes.render import Renderer
from reconcile.sandbox.kubernetes.requests import RequestCounter
from reconcile.sandbox.kubernetes.store import Record, Store, to_json
from reconcile.sandbox.kubernetes.targets import Target, Written
from reconcile.sandbox.kubernetes.watches import Watch, WatchRequest, parse_revision
from reconcile.sandbox.kubernetes.writes import Writer

_DEFAULT_WATCH_SECONDS = 1800.0
_HEALTH = frozenset({"/healthz", "/livez", "/readyz"})


@dataclass(frozen=True, slots=True)
class Parts:
    """What the HTTP side of a cluster works with."""

    name: str
    catalogue: Catalogue
    store: Store
    writer: Writer
    accounts: Accounts
    faults: Faults
    counter: RequestCounter
    now: Callable[[], datetime.datetime]
    bookmark_interval: float


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One request for a resource, by an account that may make it."""

    request: web.Request
    account: Rights
    call: Call
    body: Any
    renderer: Renderer

    def sees(self, record: Record) -> bool:
        """Whether the account is shown an object: Projects only where it has any right."""
        return self.call.resource.kind != PROJECT or self.account.sees(record.name)


class Api:
    """Answers the requests to one cluster."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._lists = Lists(parts.store)
        self._discovery = Discovery(parts.catalogue)
        self._watches: set[Watch] = set()

    @property
    def open_watches(self) -> int:
        """Watches that clients hold open."""
        return len(self._watches)

    def end_watches(self) -> None:
        """End all open watches, as a server does that shuts down."""
        for watch in tuple(self._watches):
            watch.close()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; the entry point of the web server."""
        try:
            return await self._answer(request)
        except ApiError as error:
            requests.note(request, error.code)
            return faults.refusal(error)
        except UnknownPathError:
            requests.note(request, 404)
            return web.Response(status=404, text="404 page not found\n")
        except ConnectionResetError:
            if request.transport is not None:
                request.transport.abort()
            raise

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        parts, path = self._parts, request.path
        if path in _HEALTH:
            return web.Response(text="ok")
        account = parts.accounts.of(request.headers.get("Authorization", ""))
        if account is None and path != "/version":
            raise unauthorised()
        if account is None or not calls.names_resource(path):
            parts.counter.count_discovery()
            return self._discovery.answer(request)
        asked = calls.Asked(parts.name, account.user, request.method, path, request.query)
        call = calls.parse(parts.catalogue, asked)
        if not _may(account, call):
            parts.counter.count(call, dry_run=False)
            raise account.refusal(call.resource.kind, call.asks_for())
        body = await bodies.read(request) if call.is_write else None
        parts.counter.count(call, dry_run=options.is_dry_run(call, request.query, body))
        return await self._between_hooks(
            _Exchange(request, account, call, body, Renderer(request, call.resource, parts.now))
        )

    async def _between_hooks(self, exchange: _Exchange) -> web.StreamResponse:
        hooks = self._parts.faults
        if (instead := await faults.ask(hooks.before, exchange.call)) is not None:
            return instead
        response = await self._perform(exchange)
        requests.note(exchange.request, response.status)
        if (instead := await faults.ask(hooks.after, exchange.call)) is not None:
            return instead
        return response

    async def _perform(self, exchange: _Exchange) -> web.StreamResponse:
        renderer = exchange.renderer
        match exchange.call.verb:
            case "watch":
                return await self._watch(exchange)
            case "list":
                return renderer.page(self._list(exchange))
            case "get":
                return renderer.record(self._get(exchange.call))
            case "delete":
                return self._delete(exchange)
            case "deletecollection":
                return self._delete_collection(exchange)
        if exchange.call.subresource == "token":
            return self._issue_token(exchange)
        written = self._write(exchange)
        return renderer.record(written.record, status=201 if written.created else 200)

    # -- reads -----------------------------------------------------------------------------------------------------

    def _get(self, call: Call) -> Record:
        record = self._parts.store.get(call.resource.kind, call.namespace, call.name)
        if record is None:
            kind = kinds.NAMESPACE if call.resource.kind == PROJECT else call.resource.kind
            raise not_found(kind, call.name)
        return record

    def _list(self, exchange: _Exchange) -> Page:
        call = exchange.call
        return self._lists.page(call.resource, call.namespace, exchange.request.query, exchange.sees)

    async def _watch(self, exchange: _Exchange) -> web.StreamResponse:
        watch = Watch(self._parts.store, _watch_request(exchange), self._parts.bookmark_interval)
        response = web.StreamResponse(headers={"Content-Type": bodies.JSON})
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

    def _write(self, exchange: _Exchange) -> Written:
        writer, call, body = self._parts.writer, exchange.call, exchange.body
        how = options.write_options(exchange.request, call, partial(self._check_rights, exchange))
        if call.verb == "create":
            return writer.create(_target(call), body, how)
        if call.verb == "update":
            return writer.replace(_target(call), body, how)
        content_type = exchange.request.content_type
        if content_type == patches.APPLY_PATCH:
            return writer.apply(_target(call), body, how)
        return writer.patch(_target(call), content_type, body, how)

    def _check_rights(self, exchange: _Exchange, new: Object, old: Object | None) -> None:
        """What a write takes besides the right to its verb, and shows only once its outcome is known."""
        account, call = exchange.account, exchange.call
        rbac.check_grant(account, self._parts.store, call.resource, new, old)
        creates = call.asks_for("create")
        if old is None and call.verb != "create" and not account.may(creates):
            raise account.refusal(call.resource.kind, creates)

    def _issue_token(self, exchange: _Exchange) -> web.StreamResponse:
        parts = self._parts
        manager = options.write_options(
            exchange.request, exchange.call, partial(self._check_rights, exchange)
        ).manager
        issued = tokenrequests.answer(
            self._get(exchange.call), exchange.body, parts.accounts, parts.now(), manager
        )
        return web.Response(status=201, body=to_json(issued), content_type=bodies.JSON)

    def _delete(self, exchange: _Exchange) -> web.StreamResponse:
        call = exchange.call
        how = options.delete_options(call, exchange.request.query, exchange.body)
        deleted = self._parts.writer.delete(_target(call), how)
        if call.resource.returns_deleted or not deleted.gone:
            return exchange.renderer.record(deleted.record)
        return web.Response(body=to_json(_success(deleted.record)), content_type=bodies.JSON)

    def _delete_collection(self, exchange: _Exchange) -> web.StreamResponse:
        page, call = self._list(exchange), exchange.call
        how = options.delete_options(call, exchange.request.query, exchange.body)
        for record in page.records:
            target = Target(call.resource, record.namespace, record.name)
            self._parts.writer.delete(target, DeleteOptions(propagation=how.propagation, dry_run=how.dry_run))
        return exchange.renderer.page(page)


def _may(account: Rights, call: Call) -> bool:
    if call.resource.kind == PROJECT and (not call.name or account.sees(call.name)):
        return True
    return account.may(call.asks_for())


def _target(call: Call) -> Target:
    return Target(call.resource, call.namespace, call.name, call.subresource)


def _watch_request(exchange: _Exchange) -> WatchRequest:
    query, call = exchange.request.query, exchange.call
    return WatchRequest(
        resource=call.resource,
        namespace=call.namespace,
        selector=selectors.selector_of(call.resource, query),
        since=parse_revision(query.get("resourceVersion", "")),
        timeout=_seconds(query.get("timeoutSeconds", "")),
        bookmarks=options.flag(query, "allowWatchBookmarks"),
        visible=exchange.sees,
        render=exchange.renderer.event,
    )


def _seconds(text: str) -> float:
    if text and not text.isdigit():
        raise bad_request(f'"{text}" is not a number of seconds')
    return float(text or 0) or _DEFAULT_WATCH_SECONDS


def _success(record: Record) -> Object:
    kind = record.resource.kind
    group = {"group": kind.group} if kind.group else {}
    details = {"name": record.name, **group, "kind": kind.plural, "uid": record.uid}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
