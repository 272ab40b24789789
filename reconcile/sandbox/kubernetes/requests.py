"""Counts the requests to a cluster, and notes their shapes, for tests."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from aiohttp import web

from reconcile.sandbox.kubernetes.calls import Call, names_resource, split, verb_of


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


def note(request: web.Request, status: int) -> None:
    """Remember the shape of a request that an API server has answered."""
    content_type = request.content_type if request.body_exists else ""
    found = shape(request.method, request.path, request.query, content_type, status)
    if found:
        agent = request.headers.get("User-Agent", "").partition("/")[0]
        answered.setdefault(agent, set()).add(found)


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
