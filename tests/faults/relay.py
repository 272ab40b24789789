"""A server between us and the GraphQL server that hands requests on, unless a fault says otherwise.

It is there from the beginning, since sites record the address that their data came from.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tests.openshift.loopback import Visit, serving

Meddle = Callable[[Visit], bool | None]
"""Sees a request first; true if it has answered it."""


def nothing(_: Visit) -> None:
    """Hand everything on."""


@dataclass
class Relay:
    """A relay, and what meddles with its requests now."""

    address: str
    meddle: Meddle = nothing


@contextmanager
def relaying(address: str) -> Iterator[Relay]:
    """A relay to the server at `address`."""
    parts = urlsplit(address)

    def reply(visit: Visit) -> None:
        if made.meddle(visit):
            return
        connection = HTTPConnection(parts.hostname or "", parts.port)
        connection.request(visit.method, visit.target, visit.body, visit.headers)
        answer = connection.getresponse()
        visit.answer(answer.status, answer.read(), answer.getheader("Content-Type", ""))
        connection.close()

    with serving(reply) as server:
        made = Relay(f"{server.url}{parts.path}")
        yield made
