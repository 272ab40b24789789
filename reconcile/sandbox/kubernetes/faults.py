"""Fault hooks between a client and a simulated cluster.

A hook is called for every resource request: ``before`` hooks once it is authenticated and before anything is done,
``after`` hooks once it is done and before it is answered. A hook lets the request pass by returning None, answers it
by returning a response, delays it by being a coroutine, and cuts the connection by raising ``ConnectionResetError``.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from aiohttp import web

from reconcile.sandbox.kubernetes.calls import Call
from reconcile.sandbox.kubernetes.errors import ApiError

Hook = Callable[[Call], web.StreamResponse | Awaitable[web.StreamResponse | None] | None]


@dataclass(slots=True)
class Faults:
    """The hooks of one cluster, in order. They run on the event loop and must not block it."""

    before: list[Hook] = field(default_factory=list)
    after: list[Hook] = field(default_factory=list)

    def clear(self) -> None:
        """Remove all hooks."""
        self.before.clear()
        self.after.clear()


async def ask(hooks: Iterable[Hook], call: Call) -> web.StreamResponse | None:
    """The first answer that a hook gives in place of the server."""
    for hook in tuple(hooks):
        answer = hook(call)
        if inspect.isawaitable(answer):
            answer = await answer
        if answer is not None:
            return answer
    return None


def refusal(error: ApiError) -> web.Response:
    """The answer to a refused request."""
    return web.json_response(error.status(), status=error.code)
