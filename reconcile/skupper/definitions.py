"""The definitions in app-interface: networks, their sites and clusters.

These are the domain's own models. The app-interface layer translates the responses of the GraphQL server into them;
no other representation of the data is used below it. All models are immutable.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

ConfigValue = str | int | bool | Mapping[str, str]
"""A typed value of a site's ``config``: text, number, boolean, or a map of annotations or labels."""

Config = Mapping[str, ConfigValue]
"""Site configuration as written in the data: camelCase key -> value; keys that are absent are not set."""


class Strategy(StrEnum):
    """How the links of a network are chosen."""

    MESH = "mesh"
    REDUNDANT = "redundant"


class ApprovedChange(StrEnum):
    """What an approval allows; only changes that are not made without it."""

    REMOVE = "remove"
    """The removal of sites, beyond what the guards over shares and number allow."""
    RECREATE = "recreate"
    """A new site in place of one that has settings which are read only then."""
    REVOKE = "revoke"
    """A new CA for sites: on demand, and when the present one expires soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """An entry of a network's ``approvals``, as written; ``approvals`` says what it has effect on."""

    change: ApprovedChange
    sites: tuple[str, ...]
    """Each ``cluster/namespace``; what is not written so approves nothing."""
    until: str
    """The last day on which it is valid, ``2026-12-31``; what is no date approves nothing."""
    reason: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster, as the topology needs it; the cluster layer knows how to reach it."""

    name: str
    server_url: str
    """Where its API server is; empty for a cluster that is still being created."""
    private: bool | None = None
    """``spec.private``; None where the cluster has no ``spec`` (counted as public, with a warning)."""
    internal: bool = False
    vpc_peers: frozenset[str] = frozenset()
    """Names of clusters that this one declares a peering with (cluster-vpc-*), those marked delete left out."""
    disabled: bool = False
    """True if the cluster disables this integration: it is skipped, links to it stay."""
    no_network_policies: bool = False
    """True if it disables the integration that makes NetworkPolicies of ``networkPoliciesAllow``."""
    path: str = ""
    """Bundle path of its datafile."""


class NamespaceOf(NamedTuple):
    """A namespace of a cluster, whether or not it is a site."""

    cluster: str
    namespace: str

    def __str__(self) -> str:
        return f"{self.cluster}/{self.namespace}"


@dataclass(frozen=True, slots=True)
class Policy:
    """A ``SkupperClusterPolicy`` that namespaces may refer to."""

    identifier: str
    path: str = ""
    allow_incoming_links: bool = False
    allowed_outgoing_links_hostnames: tuple[str, ...] = ()
    allowed_exposed_resources: tuple[str, ...] = ()
    allowed_services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteDefinition:
    """One namespace of one cluster in one network."""

    cluster: Cluster
    namespace: str
    config: Config = field(default_factory=dict)
    """The namespace's own ``skupper.config``, which overrides the network's key by key."""
    policies: tuple[Policy, ...] = ()
    delete: bool = False
    """True if the site or its namespace is marked ``delete``."""
    namespace_deleted: bool = False
    cluster_admin: bool = False
    admitted: tuple[NamespaceOf, ...] = ()
    """The namespaces of its ``networkPoliciesAllow``, whose pods may use the Services here; sorted."""
    path: str = ""
    """Bundle path of the namespace's datafile."""


@dataclass(frozen=True, slots=True)
class Network:
    """One ``/dependencies/skupper-1.yml`` and the namespaces that refer to it."""

    identifier: str
    version: str
    """Skupper version of the network, ``1.9.6``; it decides which engine serves the network."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What only the engine interprets. v1: ``image``, the repository of the site-controller image, without tag."""
    strategy: Strategy = Strategy.MESH
    redundancy: int = 2
    asks_for_redundancy: bool = False
    """True if `redundancy` is written in the data; False if it is the default."""
    config: Config = field(default_factory=dict)
    sites: tuple[SiteDefinition, ...] = ()
    approvals: tuple[Approval, ...] = ()
    """In the order of the data."""
    description: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Definitions:
    """Everything that one bundle says about Skupper."""

    networks: tuple[Network, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    """All clusters of the data with credentials, including those without sites: they may have leftover resources."""
