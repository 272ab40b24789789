"""The results of LISTs, cluster-wide or by namespace."""

from dataclasses import dataclass, field
from typing import Any

from reconcile.openshift.errors import ClusterError

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """The objects of one LIST."""

    items: tuple[Json, ...] = field(repr=False)
    """Whole objects; each carries ``apiVersion`` and ``kind``, which servers leave out of lists."""
    resource_version: str
    """Where a watch starts."""
    scope: tuple[str | None, ...]
    """The namespace that was listed; ``(None,)`` for the whole cluster."""


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
