"""Requests to an API server, their answers, what a LIST returns, and how many requests were sent."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

from reconcile.http.answers import moment, retry_after
from reconcile.openshift.errors import ClusterError

Json = dict[str, Any]

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; ``path`` includes the query."""

    method: str
    path: str
    body: bytes | None = field(default=None, repr=False)
    content_type: str = JSON


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, complete, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes | bytearray = field(repr=False)

    @property
    def content_type(self) -> str:
        """Media type without parameters, lower case; empty if the server names none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def busy(self) -> bool:
        """A retry may succeed (429, 5xx)."""
        return self.status == HTTPStatus.TOO_MANY_REQUESTS or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def date(self) -> datetime | None:
        """The time of the answer by the server's clock; None if it sends none."""
        return moment(self.headers.get("Date", ""))

    @property
    def retry_after(self) -> float:
        """Seconds that the server asks to wait; 0 if it asks for none."""
        return retry_after(self.headers)


@dataclass(frozen=True, slots=True)
class Listing:
    """The objects of one LIST."""

    items: tuple[Json, ...] = field(repr=False)
    """Whole objects; each carries ``apiVersion`` and ``kind``, which servers leave out of lists."""
    resource_version: str
    """Where a watch starts."""
    scope: tuple[str | None, ...]
    """The namespace that was listed; ``(None,)`` for the whole cluster."""
    listed_at: datetime | None = None
    """When it was listed, by the server's clock; None if the server did not say."""


@dataclass(frozen=True, slots=True)
class Listings:
    """The objects of a kind from everywhere the account may list.

    An object that is missing here is absent only if its namespace is in ``scope``, or ``scope`` is the
    cluster.
    """

    items: tuple[Json, ...] = field(repr=False)
    scope: tuple[str | None, ...]
    """``(None,)`` for the whole cluster, else the namespaces that answered."""
    resource_versions: dict[str | None, str]
    """Where a watch of each scope starts."""
    refused: dict[str, ClusterError] = field(default_factory=dict)
    """Namespaces that could not be listed, and why."""
    listed_at: datetime | None = None
    """When it was listed, by the server's clock, in the namespace that was listed first."""


class RequestCounts:
    """Thread-safe counters."""

    __slots__ = ("_lock", "reads", "retries", "watches", "writes")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reads = 0
        """GET and LIST requests (each chunk of a list is one), and dry runs, for they change nothing."""
        self.writes = 0
        """Requests that may change something, whether or not they succeeded."""
        self.retries = 0
        """Further attempts at any of the others; not counted again there."""
        self.watches = 0
        """Watches opened."""

    def add(self, *, reads: int = 0, writes: int = 0, retries: int = 0, watches: int = 0) -> None:
        """Raise the given counters."""
        with self._lock:
            self.reads += reads
            self.writes += writes
            self.retries += retries
            self.watches += watches

    @property
    def total(self) -> int:
        """All requests sent."""
        with self._lock:
            return self.reads + self.writes + self.retries + self.watches

    def __repr__(self) -> str:
        return (
            f"RequestCounts(reads={self.reads}, writes={self.writes}, "
            f"retries={self.retries}, watches={self.watches})"
        )
