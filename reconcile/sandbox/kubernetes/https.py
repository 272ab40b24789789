"""Carries requests to a simulated cluster over HTTP, mostly with TLS: those of all clients but the simulation."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from reconcile.sandbox.kubernetes.api import Api
from reconcile.sandbox.kubernetes.bodies import UNSAID
from reconcile.sandbox.kubernetes.errors import ApiError
from reconcile.sandbox.kubernetes.requests import MOST_BYTES, Asked, Reply
from reconcile.sandbox.kubernetes.watches import Watch

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(api: Api, date: Callable[[], str]) -> web.Application:
    """The web application that answers with ``api``, whatever the path, and with a header ``Date``."""
    app = web.Application(client_max_size=MOST_BYTES)
    app.router.add_route("*", "/{path:.*}", _handler(api, date))
    return app


def _handler(api: Api, date: Callable[[], str]) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            answer = await api.answer(_asked(request))
            if isinstance(answer, Watch):
                return await _send(api, answer, request)
            return _response(answer, date())
        except ConnectionResetError:
            if request.transport is not None:
                request.transport.abort()
            raise

    return handle


def _asked(request: web.Request) -> Asked:
    async def read() -> bytes:
        try:
            return await request.read()
        except web.HTTPRequestEntityTooLarge:
            message = f"Request entity too large: limit is {MOST_BYTES}"
            raise ApiError(413, "RequestEntityTooLarge", message) from None

    return Asked(
        method=request.method,
        path=request.path,
        query=request.query,
        authorization=request.headers.get("Authorization", ""),
        agent=request.headers.get("User-Agent", ""),
        content_type=(request.content_type or UNSAID) if request.body_exists else "",
        read=read,
    )


def _response(reply: Reply, date: str) -> web.Response:
    headers = {"Date": date}
    return web.Response(
        status=reply.status, body=reply.body, content_type=reply.content_type, headers=headers
    )


async def _send(api: Api, watch: Watch, request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    async for chunk in api.follow(watch):
        await response.write(chunk)
    return response
