"""Faults that tests put between a client and a simulated cluster.

A hook is called for every resource request: ``before`` hooks when it has been authenticated and nothing has been
done, ``after`` hooks when it has been done and nothing has been answered (so that an answer can get lost). A hook
lets the request pass by returning None, answers in its place by returning a response, delays it by being a coroutine
that waits, and cuts the connection by raising :class:`ConnectionResetError`.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from aiohttp import web

from reconcile.sandbox.kubernetes.calls import Call
from reconcile.sandbox.kubernetes.errors import ApiError
from reconcile.sandbox.kubernetes.store import to_json

Hook = Callable[[Call], web.StreamResponse | Awaitable[web.StreamResponse | None] | None]


@dataclass(slots=True)
class Faults:
    """The hooks of one cluster, asked in order. They run on the event loop and must not block it."""

    before: list[Hook] = field(default_factory=list)
    after: list[Hook] = field(default_factory=list)

    def clear(self) -> None:
        """Let everything pass again."""
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
    """The answer to a refused request; hooks may use it to refuse one themselves."""
    body = to_json(error.status())
    return web.Response(status=error.code, body=body, content_type="application/json", headers=error.headers)


def once(hook: Hook) -> Hook:
    """A hook that acts on the first request that it answers or breaks, and lets all later ones pass."""
    spent = False

    async def only_once(call: Call) -> web.StreamResponse | None:
        nonlocal spent
        if spent:
            return None
        try:
            answer = hook(call)
            if inspect.isawaitable(answer):
                answer = await answer
        except ConnectionResetError:
            spent = True
            raise
        spent = answer is not None
        return answer

    return only_once
