"""Carries requests to a simulated cluster within the process: the simulation's own, of which there are the most.

They meet the same rights, fault hooks and counters as those that come over HTTPS, and fail while the port is closed.
Only what HTTP and TLS cost is saved, which is more than half of what a small fleet costs.
"""

import queue
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

from reconcile.openshift.faults import TransportError, TransportFault
from reconcile.openshift.messages import Answer, Request
from reconcile.sandbox.kubernetes.api import Api
from reconcile.sandbox.kubernetes.requests import Asked, Reply
from reconcile.sandbox.kubernetes.watches import Watch
from reconcile.sandbox.loop import BackgroundLoop


@dataclass(frozen=True)
class LocalTransport:
    """Sends the requests of a :class:`~reconcile.openshift.client.Client` to a cluster of the same process."""

    api: Api
    loop: BackgroundLoop
    token: str
    agent: str
    listening: Callable[[], bool]
    """Whether the cluster's port is open."""

    def exchange(self, request: Request) -> Answer:
        """Send a request and wait for the whole answer. Raises ``TransportError``."""
        answer = self._answer(request)
        if isinstance(answer, Watch):
            raise TypeError("a watch has no whole answer: stream it")
        return Answer(answer.status, {"Content-Type": answer.content_type}, answer.body)

    def stream(self, request: Request) -> "Answer | LocalStream":
        """Open a watch; any status but 200 comes as a whole answer. Raises ``TransportError``."""
        answer = self._answer(request)
        if isinstance(answer, Watch):
            return LocalStream(self.loop, self.api.follow(answer))
        return Answer(answer.status, {"Content-Type": answer.content_type}, answer.body)

    def close(self) -> None:
        """Nothing is kept open between two requests."""

    def abandon(self) -> None:
        """No request takes long enough to be abandoned."""

    def _answer(self, request: Request) -> Reply | Watch:
        if not self.listening():
            raise _broken("nothing listens on the port of the simulated cluster")
        try:
            return self.loop.run(self.api.answer(self._asked(request)))
        except ConnectionResetError:
            raise _broken("the simulated cluster cut the connection") from None

    def _asked(self, request: Request) -> Asked:
        parts = urlsplit(request.path)

        async def read() -> bytes:
            return request.body or b""

        return Asked(
            method=request.method,
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            authorization=f"Bearer {self.token}",
            agent=self.agent,
            content_type=request.content_type if request.body is not None else "",
            read=read,
        )


class LocalStream:
    """What an open watch sends, read by one thread and shut by any."""

    status = HTTPStatus.OK

    def __init__(self, loop: BackgroundLoop, chunks: AsyncIterator[bytes]) -> None:
        self._pieces: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._pump = loop.start(self._pass_on(chunks))

    def read1(self, _: int) -> bytes:
        """Wait for the next piece, however large; empty once the watch is over."""
        return self._pieces.get()

    def shutdown(self) -> None:
        """End the watch and wake its reader."""
        self._pump.cancel()

    def close(self) -> None:
        """End the watch."""
        self._pump.cancel()

    async def _pass_on(self, chunks: AsyncIterator[bytes]) -> None:
        try:
            async for chunk in chunks:
                self._pieces.put(chunk)
        finally:
            self._pieces.put(b"")


def _broken(reason: str) -> TransportError:
    return TransportError(TransportFault(reason, connecting=True))
