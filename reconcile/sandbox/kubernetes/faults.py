"""Fault hooks between a client and a simulated cluster.

A hook is called for every resource request: ``before`` hooks once it is authenticated and before anything is done,
``after`` hooks once it is done and before it is answered. A hook lets the request pass by returning None, delays it by
being a coroutine, and cuts the connection by raising ``ConnectionResetError``.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from reconcile.sandbox.kubernetes.calls import Call

Hook = Callable[[Call], Awaitable[None] | None]


@dataclass(slots=True)
class Faults:
    """The hooks of one cluster, in order. They run on the event loop and must not block it."""

    before: list[Hook] = field(default_factory=list)
    after: list[Hook] = field(default_factory=list)

    def clear(self) -> None:
        """Remove all hooks."""
        self.before.clear()
        self.after.clear()


async def run(hooks: Iterable[Hook], call: Call) -> None:
    """Call the hooks for a request."""
    for hook in tuple(hooks):
        delay = hook(call)
        if inspect.isawaitable(delay):
            await delay
