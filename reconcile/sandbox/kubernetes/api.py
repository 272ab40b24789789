"""Requests in, answers out: the HTTP side of one simulated cluster.

Authentication, rights, fault hooks and counting happen here, once for all resources; what a request does is said in
``writes``, ``lists`` and ``watches``.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from aiohttp import web

from reconcile import kinds
from reconcile.sandbox.kubernetes import calls, deletion, faults, lists, ownership, patches, render
from reconcile.sandbox.kubernetes.accounts import Account, Accounts
from reconcile.sandbox.kubernetes.calls import Call
from reconcile.sandbox.kubernetes.catalogue import PROJECT, Catalogue
from reconcile.sandbox.kubernetes.deletion import DeleteOptions
from reconcile.sandbox.kubernetes.discovery import Discovery
from reconcile.sandbox.kubernetes.errors import (
    ApiError,
    Object,
    bad_request,
    not_found,
    unauthorised,
    unsupported_media_type,
)
from reconcile.sandbox.kubernetes.faults import Faults
from reconcile.sandbox.kubernetes.requests import RequestCounter
from reconcile.sandbox.kubernetes.store import Record, Store, to_json
from reconcile.sandbox.kubernetes.watches import Watch, WatchRequest
from reconcile.sandbox.kubernetes.writes import Options, Target, Writer, Written

_DEFAULT_WATCH_SECONDS = 1800.0
_JSON = "application/json"
_YAML = "application/yaml"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the HTTP side of a cluster works with."""

    name: str
    catalogue: Catalogue
    store: Store
    writer: Writer
    accounts: Accounts
    discovery: Discovery
    faults: Faults
    counter: RequestCounter
    bookmark_interval: float = 60.0


class Api:
    """Answers the requests to one cluster."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._watches: set[Watch] = set()

    def end_watches(self) -> None:
        """End all open watches, as a server does that shuts down."""
        for watch in tuple(self._watches):
            watch.close()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; the entry point of the web server."""
        try:
            return await self._answer(request)
        except ApiError as error:
            return faults.refusal(error)
        except ConnectionResetError:
            if request.transport is not None:
                request.transport.abort()
            raise

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        parts = self._parts
        path = request.path
        if path in {"/healthz", "/livez", "/readyz"}:
            return web.Response(text="ok")
        account = parts.accounts.of(request.headers.get("Authorization", ""))
        if path == "/version":
            return _json(parts.discovery.version())
        if account is None:
            raise unauthorised()
        if not _names_resource(path):
            parts.counter.count_discovery()
            return parts.discovery.answer(request)
        return await self._answer_call(request, account)

    async def _answer_call(self, request: web.Request, account: Account) -> web.StreamResponse:
        parts, query = self._parts, request.query
        call = calls.parse(parts.name, parts.catalogue, request.method, request.path, query)
        body = await _read_body(request) if call.is_write else None
        parts.counter.count(call, dry_run=_is_dry_run(query, body))
        if not self._may(account, call):
            raise account.refusal(call.verb, call.resource.kind, _scope(call), call.name, call.subresource)
        if (instead := await faults.ask(parts.faults.before, call)) is not None:
            return instead
        response = await self._perform(request, account, call, body)
        if (instead := await faults.ask(parts.faults.after, call)) is not None:
            return instead
        return response

    def _may(self, account: Account, call: Call) -> bool:
        if call.resource.kind == PROJECT and call.verb in {"list", "watch"}:
            return True
        if call.resource.kind == PROJECT and account.sees(call.name):
            return True
        return account.may(call.verb, call.resource.kind, _scope(call), call.subresource)

    async def _perform(
        self, request: web.Request, account: Account, call: Call, body: Any
    ) -> web.StreamResponse:
        if call.verb == "watch":
            return await self._watch(request, account, call)
        if call.verb == "list":
            return render.page(request, self._list(request.query, account, call))
        if call.verb == "get":
            return render.record(request, self._get(call))
        if call.verb == "delete":
            return self._delete(request, call, body)
        if call.verb == "deletecollection":
            return self._delete_collection(request, account, call, body)
        written = self._write(request, call, body)
        return render.record(request, written.record, status=201 if written.created else 200)

    # -- reads -----------------------------------------------------------------------------------------------------

    def _get(self, call: Call) -> Record:
        record = self._parts.store.get(call.resource.kind, call.namespace, call.name)
        if record is None:
            kind = kinds.NAMESPACE if call.resource.kind == PROJECT else call.resource.kind
            raise not_found(kind, call.name)
        return record

    def _list(self, query: Mapping[str, str], account: Account, call: Call) -> lists.Page:
        return lists.page(self._parts.store, call.resource, call.namespace, query, _visibility(account, call))

    async def _watch(self, request: web.Request, account: Account, call: Call) -> web.StreamResponse:
        query = request.query
        selector = lists.selector_of(call.resource, _with_name(query, call))
        watch = Watch(
            self._parts.store,
            WatchRequest(
                resource=call.resource,
                namespace=call.namespace,
                selector=selector,
                resource_version=query.get("resourceVersion", ""),
                timeout=_seconds(query.get("timeoutSeconds", "")),
                bookmarks=query.get("allowWatchBookmarks") in {"1", "true"},
                visible=_visibility(account, call),
                render=render.event(request),
            ),
            self._parts.bookmark_interval,
        )
        response = web.StreamResponse(headers={"Content-Type": _JSON})
        await response.prepare(request)
        self._watches.add(watch)
        try:
            async for chunk in watch.chunks():
                await response.write(chunk)
        finally:
            self._watches.discard(watch)
        return response

    # -- writes ----------------------------------------------------------------------------------------------------

    def _write(self, request: web.Request, call: Call, body: Any) -> Written:
        target = _target(call)
        options = _options(request, self._parts.writer, body)
        if call.verb == "create":
            return self._parts.writer.create(target, body, options)
        if call.verb == "update":
            return self._parts.writer.replace(target, body, options)
        content_type = request.content_type
        if content_type == patches.APPLY_PATCH:
            return self._apply(request, target, body, options)
        if request.query.get("force"):
            raise ApiError(
                422,
                "Invalid",
                'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
            )
        return self._parts.writer.patch(target, content_type, body, options)

    def _apply(self, request: web.Request, target: Target, body: Any, options: Options) -> Written:
        if not request.query.get("fieldManager"):
            text = 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
            raise ApiError(422, "Invalid", text)
        return self._parts.writer.apply(target, body, options)

    def _delete(self, request: web.Request, call: Call, body: Any) -> web.StreamResponse:
        how = deletion.read_options(call.resource, call.name, body, request.query)
        deleted = self._parts.writer.delete(_target(call), how)
        if call.resource.returns_deleted or not deleted.gone:
            return render.record(request, deleted.record)
        return _json(_success(deleted.record))

    def _delete_collection(
        self, request: web.Request, account: Account, call: Call, body: Any
    ) -> web.StreamResponse:
        page = self._list(request.query, account, call)
        how = deletion.read_options(call.resource, "", body, request.query)
        for record in page.records:
            target = Target(call.resource, record.namespace, record.name)
            self._parts.writer.delete(target, DeleteOptions(propagation=how.propagation, dry_run=how.dry_run))
        return render.page(request, page)


# -- reading requests ----------------------------------------------------------------------------------------------


def _names_resource(path: str) -> bool:
    parts = path.strip("/").split("/")
    return (parts[0] == "api" and len(parts) > 2) or (parts[0] == "apis" and len(parts) > 3)


async def _read_body(request: web.Request) -> Any:
    """The body as JSON; YAML is read where clients may send it.

    Raises:
        ApiError: 400 for broken text, 413 for too much of it, 415 for a format that is not read here.
    """
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        text = "Request entity too large: limit is 3145728"
        raise ApiError(413, "RequestEntityTooLarge", text) from None
    if not raw:
        return None
    accepted = (
        _JSON,
        _YAML,
        patches.JSON_PATCH,
        patches.MERGE_PATCH,
        patches.STRATEGIC_PATCH,
        patches.APPLY_PATCH,
    )
    if request.content_type not in (*accepted, "application/octet-stream"):
        raise unsupported_media_type(accepted if request.method == "PATCH" else accepted[:2])
    try:
        return json.loads(raw)
    except ValueError as error:
        if not request.content_type.endswith("yaml"):
            raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error
    try:
        return yaml.load(raw, Loader=_Loader)  # noqa: S506 - a safe loader, in C where PyYAML has it
    except yaml.YAMLError as error:
        raise bad_request(f"error decoding YAML: {type(error).__name__}") from error


def _options(request: web.Request, writer: Writer, body: Any) -> Options:
    query = request.query
    if not isinstance(body, dict | list):
        raise bad_request("the body of the request must be an object")
    manager = query.get("fieldManager", "") or _default_manager(request)
    if problem := ownership.refuse_manager(manager):
        raise problem
    return Options(manager, dry_run=_is_dry_run(query, None), force=query.get("force") in {"1", "true"})


def _default_manager(request: web.Request) -> str:
    """The part of the user agent before the first slash."""
    return (request.headers.get("User-Agent", "") or "unknown").partition("/")[0][:128]


def _is_dry_run(query: Mapping[str, str], body: Any) -> bool:
    given = query.get("dryRun") or (
        isinstance(body, dict) and body.get("kind") == "DeleteOptions" and body.get("dryRun")
    )
    if isinstance(given, str) and given != "All":
        raise ApiError(422, "Invalid", f'dryRun: Unsupported value: "{given}": supported values: "All"')
    return bool(given)


def _seconds(text: str) -> float:
    if not text:
        return _DEFAULT_WATCH_SECONDS
    try:
        return float(int(text)) or _DEFAULT_WATCH_SECONDS
    except ValueError as error:
        raise bad_request("timeoutSeconds must be a number") from error


def _with_name(query: Mapping[str, str], call: Call) -> Mapping[str, str]:
    """The query of a watch; one of a single object is a watch of its name."""
    return {**query, "fieldSelector": f"metadata.name={call.name}"} if call.name else query


def _scope(call: Call) -> str:
    """The namespace that rights are asked for: that of the object, or the namespace that it is."""
    return call.name if call.resource.kind == kinds.NAMESPACE else call.namespace


def _target(call: Call) -> Target:
    subresource: Any = call.subresource
    return Target(call.resource, call.namespace, call.name, subresource)


def _visibility(account: Account, call: Call) -> Any:
    if call.resource.kind == PROJECT:
        return lambda record: account.sees(record.name)
    return lambda _record: True


# -- writing answers -----------------------------------------------------------------------------------------------


def _json(body: Object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=to_json(body), content_type=_JSON)


def _success(record: Record) -> Object:
    kind = record.resource.kind
    details = {"name": record.name, **({"group": kind.group} if kind.group else {}), "kind": kind.plural}
    details["uid"] = record.uid
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


async def drain(api: Api) -> None:
    """End the watches and give their handlers one turn to finish."""
    api.end_watches()
    await asyncio.sleep(0)
