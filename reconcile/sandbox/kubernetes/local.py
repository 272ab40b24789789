"""Carries requests to a simulated cluster within the process: the simulation's own, of which there are the most.

They meet the same rights, fault hooks and counters as those that come over HTTPS, and fail while the port is closed.
Only what HTTP and TLS cost is saved, which is more than half of what a small fleet costs.
"""

import queue
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

from aiohttp import web

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
    date: Callable[[], str]
    """The header ``Date`` of an answer that is sent now."""

    def exchange(self, request: Request) -> Answer:
        """Send a request and wait for the whole answer. Raises ``TransportError``."""
        answer = self._answer(request)
        if isinstance(answer, Watch):
            raise TypeError("a watch has no whole answer: stream it")
        return self._whole(answer)

    def stream(self, request: Request) -> "Answer | LocalStream":
        """Open a watch; any status but 200 comes as a whole answer. Raises ``TransportError``."""
        answer = self._answer(request)
        if isinstance(answer, Watch):
            return LocalStream(self.loop, self.api.follow(answer))
        return self._whole(answer)

    def _whole(self, reply: Reply) -> Answer:
        return Answer(reply.status, {"Content-Type": reply.content_type, "Date": self.date()}, reply.body)

    def close(self) -> None:
        """Nothing is kept open between two requests."""

    def abandon(self) -> None:
        """No request takes long enough to be abandoned."""

    def _answer(self, request: Request) -> Reply | Watch:
        if not self.listening():
            fault = TransportFault("nothing listens on the port of the simulated cluster", connecting=True)
            raise TransportError(fault)
        try:
            return self.loop.run(self.api.answer(self._asked(request)))
        except web.HTTPException as answer:
            # A fault hook answers in place of the cluster, as a proxy would.
            return Reply(answer.status, (answer.text or "").encode(), answer.content_type)
        except ConnectionResetError:
            # Nobody knows whether the request took effect.
            raise TransportError(TransportFault("the simulated cluster cut the connection")) from None

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
