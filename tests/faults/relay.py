"""A server between us and the GraphQL server that hands requests on, unless a fault says otherwise."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tests.openshift.loopback import Visit, serving

Meddle = Callable[[Visit], bool | None]
"""Sees a request first; true if it has answered it."""


@contextmanager
def relaying(address: str, meddle: Meddle) -> Iterator[str]:
    """The address of a relay to the server at `address`."""
    parts = urlsplit(address)

    def reply(visit: Visit) -> None:
        if meddle(visit):
            return
        connection = HTTPConnection(parts.hostname or "", parts.port)
        connection.request(visit.method, visit.target, visit.body, visit.headers)
        answer = connection.getresponse()
        visit.answer(answer.status, answer.read(), answer.getheader("Content-Type", ""))
        connection.close()

    with serving(reply) as relay:
        yield f"{relay.url}{parts.path}"
