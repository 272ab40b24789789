"""What clients asked of a cluster, counted for tests and summaries."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from aiohttp import web

from reconcile.sandbox.kubernetes.calls import Call


@dataclass(frozen=True, slots=True)
class RequestCounts:
    """A snapshot of the counters of one cluster."""

    reads: int
    """``get`` and ``list``, of whatever outcome; discovery is counted apart."""
    writes: int
    """Everything that could have changed something, dry runs left out."""
    dry_runs: int
    watches: int
    """Watches opened."""
    discovery: int
    by_verb: dict[tuple[str, str], int]
    """Requests by verb and plural, for example ``("list", "secrets")``; dry runs included."""

    @property
    def total(self) -> int:
        """All requests."""
        return self.reads + self.writes + self.dry_runs + self.watches + self.discovery


class RequestShape(NamedTuple):
    """What a request and its answer have in common with others of their kind."""

    verb: str
    resource: str
    """Plural, group and subresource: ``deployments.apps/status``."""
    content_type: str
    """Of the body; empty if there is none."""
    status: int


_COLLECTION_VERBS = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}
_OBJECT_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


def shape(
    method: str, path: str, query: Mapping[str, str], content_type: str, status: int
) -> RequestShape | None:
    """The shape of a request, also for resources that the cluster does not serve; None for discovery."""
    parts = path.strip("/").split("/")
    group, rest = ("", parts[2:]) if parts[0] == "api" else (parts[1] if len(parts) > 1 else "", parts[3:])
    if rest[:1] == ["namespaces"] and len(rest) > 2 and rest[2] not in {"status", "finalize"}:
        rest = rest[2:]
    if parts[0] not in {"api", "apis"} or not rest:
        return None
    resource = ".".join(filter(None, (rest[0], group)))
    if len(rest) == 1:
        verb = _COLLECTION_VERBS.get(method, method.lower())
        verb = "watch" if verb == "list" and query.get("watch") in {"1", "true"} else verb
    else:
        verb = _OBJECT_VERBS.get(method, method.lower())
    return RequestShape(verb, "/".join([resource, *rest[2:]]), content_type, status)


answered: dict[str, set[RequestShape]] = {}
"""What simulated clusters of this process have answered, by the program that asked."""


def note(request: web.Request, status: int) -> None:
    """Remember the shape of a request that an API server has answered."""
    content_type = request.content_type if request.body_exists else ""
    found = shape(request.method, request.path, request.query, content_type, status)
    if found:
        agent = request.headers.get("User-Agent", "").partition("/")[0]
        answered.setdefault(agent, set()).add(found)


class RequestCounter:
    """Counts the requests of one cluster. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals: Counter[str] = Counter()
        self._by_verb: Counter[tuple[str, str]] = Counter()

    def count(self, call: Call, *, dry_run: bool) -> None:
        """Count a request for a resource."""
        sort = "watches" if call.verb == "watch" else "reads"
        if call.is_write:
            sort = "dry_runs" if dry_run else "writes"
        with self._lock:
            self._totals[sort] += 1
            self._by_verb[call.verb, call.resource.kind.plural] += 1

    def count_discovery(self) -> None:
        """Count a request for anything that is no resource."""
        with self._lock:
            self._totals["discovery"] += 1

    def snapshot(self) -> RequestCounts:
        """The counts so far."""
        with self._lock:
            totals = self._totals
            return RequestCounts(
                reads=totals["reads"],
                writes=totals["writes"],
                dry_runs=totals["dry_runs"],
                watches=totals["watches"],
                discovery=totals["discovery"],
                by_verb=dict(self._by_verb),
            )

    def reset(self) -> None:
        """Start again from zero."""
        with self._lock:
            self._totals.clear()
            self._by_verb.clear()
