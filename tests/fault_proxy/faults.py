"""Hooks for a fault proxy, ready made: what to do, wrapped in when to do it.

>>> proxy.before.append(writes(times(3, refuse(409))))  # doctest: +SKIP
"""

import asyncio
import inspect
import json
import threading
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus

from aiohttp import web

from tests.fault_proxy.asking import Asked
from tests.fault_proxy.proxy import Hook

_FLOOD = 16 << 20
_PIECE = bytes(1 << 16)

_REASONS = {
    401: ("Unauthorized", "Unauthorized"),
    403: ("Forbidden", "no rights today"),
    404: ("NotFound", "not found"),
    409: ("Conflict", "the object has been modified; please apply your changes to the latest version"),
    410: ("Expired", "too old resource version: 1 (2)"),
    429: ("TooManyRequests", "the server has received too many requests, please try again later"),
    500: ("InternalError", "Internal error occurred: etcdserver: request timed out"),
    503: ("ServiceUnavailable", "apiserver not ready"),
}
"""How a kube-apiserver puts it."""


def status_of(code: int, reason: str = "", message: str = "") -> dict[str, object]:
    """A ``Status`` object about a failure."""
    usual = _REASONS.get(code, ("", HTTPStatus(code).phrase))
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "reason": reason or usual[0],
        "message": message or usual[1],
        "code": code,
    }


# -- what to do ----------------------------------------------------------------------------------------------------


def refuse(code: int, reason: str = "", message: str = "", *, retry_after: int | None = None) -> Hook:
    """Answer with a ``Status``."""
    body = json.dumps(status_of(code, reason, message)).encode()
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}

    def answer(asked: Asked) -> web.Response:
        return web.Response(status=code, body=body, content_type="application/json", headers=headers)

    return answer


def forbid(asked: Asked) -> web.Response:
    """Answer as the RBAC authorizer of a kube-apiserver does."""
    resource = f'resource "{asked.plural}" in API group "{asked.group}"'
    scope = f'in the namespace "{asked.namespace}"' if asked.namespace else "at the cluster scope"
    kind = ".".join(part for part in (asked.plural, asked.group) if part)
    about = f'{kind} "{asked.name}"' if asked.name else kind
    message = (
        f'{about} is forbidden: User "system:serviceaccount:ci:us" cannot {asked.verb} {resource} {scope}'
    )
    body = json.dumps(status_of(403, message=message)).encode()
    return web.Response(status=403, body=body, content_type="application/json")


def say(text: str, *, status: int = 200, content_type: str = "text/html") -> Hook:
    """Answer with something that is not of the Kubernetes API."""
    return lambda _: web.Response(status=status, text=text, content_type=content_type)


def expire_watch(asked: Asked) -> web.Response:
    """Answer a watch as a kube-apiserver does whose history does not reach back so far: 200, then an ERROR event."""
    event = json.dumps({"type": "ERROR", "object": status_of(410)}).encode() + b"\n"
    return web.Response(body=event, content_type="application/json")


class _Silence(web.StreamResponse):
    """An answer that opens and then says nothing, until the client goes away."""

    async def write_eof(self, data: bytes = b"") -> None:  # noqa: ARG002 aiohttp's signature
        await asyncio.sleep(3600)


def flood(asked: Asked) -> web.Response:
    """Answer with more than anybody reads, and as fast as it is read: many such answers at once fit into memory."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(_FLOOD // len(_PIECE)):
            yield _PIECE

    return web.Response(
        body=pieces(), headers={"Content-Length": str(_FLOOD)}, content_type="application/json"
    )


def hush(asked: Asked) -> web.StreamResponse:
    """Open a watch and let nothing through, as a proxy does that buffers."""
    return _Silence(headers={"Content-Type": "application/json"})


def wait(seconds: float) -> Hook:
    """Let pass after a while."""

    async def waiting(asked: Asked) -> None:
        await asyncio.sleep(seconds)

    return waiting


def hold(until: threading.Event, *, at_most: float) -> Hook:
    """Hold back the request until something has happened, at most ``at_most`` seconds."""

    async def answer(asked: Asked) -> None:
        await asyncio.to_thread(until.wait, at_most)

    return answer


def cut(asked: Asked) -> None:
    """Reset the connection."""
    raise ConnectionResetError


# -- when to do it -------------------------------------------------------------------------------------------------


def only(hook: Hook, *, where: Callable[[Asked], bool]) -> Hook:
    """Only for requests of which `where` is true."""
    return lambda asked: hook(asked) if where(asked) else None


def writes(hook: Hook) -> Hook:
    return only(hook, where=lambda asked: asked.write)


def verbs(hook: Hook, *names: str) -> Hook:
    return only(hook, where=lambda asked: asked.verb in names)


def namespace(hook: Hook, name: str) -> Hook:
    return only(hook, where=lambda asked: asked.namespace == name)


def times(count: int, hook: Hook) -> Hook:
    """Only for the first so many requests that the hook does not let pass."""
    left = count

    async def limited(asked: Asked) -> web.StreamResponse | None:
        nonlocal left
        if left <= 0:
            return None
        try:
            answer = hook(asked)
            if inspect.isawaitable(answer):
                answer = await answer
        except ConnectionResetError:
            left -= 1
            raise
        left -= answer is not None
        return answer

    return limited


def each(count: int, hook: Hook) -> Hook:
    """Only for the first so many tries of each request."""
    seen: dict[tuple[str, str], int] = {}

    def again(asked: Asked) -> object:
        key = (asked.verb, asked.path)
        seen[key] = seen.get(key, 0) + 1
        return hook(asked) if seen[key] <= count else None

    return again  # type: ignore[return-value]
