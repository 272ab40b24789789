"""A request to a cluster and its reply, whoever carries them; counts requests and notes their shapes, for tests."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from reconcile.sandbox.kubernetes.calls import Call, names_resource, split, verb_of

MOST_BYTES = 3 * 1024 * 1024
"""Of the body of a request."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client sent."""

    method: str
    path: str
    query: Mapping[str, str]
    authorization: str
    agent: str
    """The header ``User-Agent``."""
    content_type: str
    """Of the body, without parameters; empty if there is no body."""
    read: Callable[[], Awaitable[bytes]]
    """Reads the body. Raises ApiError 413 if it has more than ``MOST_BYTES``."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes
    content_type: str = "application/json"


class RequestCounts(NamedTuple):
    """The counters of one cluster, discovery left out."""

    reads: int
    """``get`` and ``list``, whatever the answer was."""
    writes: int
    dry_runs: int
    watches: int


class RequestShape(NamedTuple):
    """What a request and its answer have in common with others of their kind."""

    verb: str
    resource: str
    """Plural, group and subresource: ``deployments.apps/status``."""
    content_type: str
    """Of the body; empty if there is none."""
    status: int


def shape(
    method: str, path: str, query: Mapping[str, str], content_type: str, status: int
) -> RequestShape | None:
    """The shape of a request, also for resources that the cluster does not serve; None for discovery."""
    found = split(path) if names_resource(path) else None
    if found is None:
        return None
    resource = ".".join(filter(None, (found.plural, found.group)))
    verb = verb_of(method, found, query) or method.lower()
    return RequestShape(verb, "/".join(filter(None, (resource, found.subresource))), content_type, status)


answered: dict[str, set[RequestShape]] = {}
"""The shapes that simulated clusters of this process have answered, by the program that asked."""


def note(asked: Asked, status: int) -> None:
    """Remember the shape of a request that an API server has answered."""
    found = shape(asked.method, asked.path, asked.query, asked.content_type, status)
    if found:
        answered.setdefault(asked.agent.partition("/")[0], set()).add(found)


class RequestCounter:
    """Counts the requests to one cluster."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def count(self, call: Call, *, dry_run: bool) -> None:
        """Count a request for a resource."""
        what = "watches" if call.verb == "watch" else "reads"
        if call.is_write:
            what = "dry_runs" if dry_run else "writes"
        self._counts[what] += 1

    def snapshot(self) -> RequestCounts:
        """The counts so far."""
        return RequestCounts(*(self._counts[what] for what in RequestCounts._fields))
