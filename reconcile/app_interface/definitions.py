"""Translates the typed answers into the domain's definitions and the credentials of clusters.

Normalises the data: null and missing values, absent lists, rotating tokens. The result has a fixed order, whatever the
order in the bundle.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconcile import INTEGRATION
from reconcile.app_interface.answers import clusters as cluster_answers
from reconcile.app_interface.answers import skupper as skupper_answers
from reconcile.app_interface.answers.site_config import config_of
from reconcile.app_interface.secrets import Format, SecretReference
from reconcile.skupper.definitions import (
    Approval,
    Cluster,
    Definitions,
    NamespaceOf,
    Network,
    Policy,
    SiteDefinition,
    Strategy,
)

DEFAULT_REDUNDANCY = 2
NETWORK_POLICIES = "openshift-network-policies"
"""The integration that makes NetworkPolicies of ``networkPoliciesAllow``."""


@dataclass(frozen=True, slots=True)
class ClusterCredentials:
    """Where the tokens of one cluster are; None: the data names none."""

    automation: SecretReference | None = None
    admin: SecretReference | None = None
    """Token of a cluster administrator."""
    insecure: bool = False
    """``insecureSkipTLSVerify``: do not check the certificate of its API server."""


class UnknownClusterError(LookupError):
    """A namespace is on a cluster that the other answer lacks: the answers are from two bundles."""


def from_answers(
    networks: skupper_answers.SkupperAnswer, clusters: cluster_answers.ClustersAnswer
) -> Definitions:
    """Translate both answers, which must be about the same bundle.

    Raises:
        UnknownClusterError: if they are not.
    """
    by_name = {answer.name: _cluster(answer) for answer in clusters.clusters_v1}
    found = credentials(clusters)
    entered = (
        cluster
        for name, cluster in by_name.items()
        if cluster.server_url and (found[name].automation or found[name].admin)
    )
    return Definitions(
        networks=tuple(
            sorted((_network(answer, by_name) for answer in networks.skupper_v1), key=_identifier)
        ),
        clusters=tuple(sorted(entered, key=lambda cluster: cluster.name)),
    )


def credentials(clusters: cluster_answers.ClustersAnswer) -> dict[str, ClusterCredentials]:
    """Give the credentials of every cluster by its name, also of those without any."""
    return {
        answer.name: ClusterCredentials(
            automation=_token(answer.automation_tokens, answer.automation_token),
            admin=_token(answer.cluster_admin_automation_tokens, answer.cluster_admin_automation_token),
            insecure=bool(answer.insecure_skip_tls_verify),
        )
        for answer in clusters.clusters_v1
    }


def _identifier(network: Network) -> str:
    return network.identifier


def _cluster(answer: cluster_answers.Cluster) -> Cluster:
    disabled = answer.disable.integrations if answer.disable else None
    return Cluster(
        name=answer.name,
        server_url=answer.server_url,
        private=answer.spec.private if answer.spec else None,
        internal=bool(answer.internal),
        vpc_peers=frozenset(_vpc_peers(answer.peering.connections if answer.peering else ())),
        disabled=INTEGRATION in (disabled or ()),
        no_network_policies=NETWORK_POLICIES in (disabled or ()),
        path=answer.path,
    )


def _vpc_peers(connections: Iterable[cluster_answers.PeeringConnection]) -> Iterable[str]:
    for connection in connections:
        if connection.cluster is not None and not connection.delete:
            yield connection.cluster.name


def _token(
    rotating: Sequence[cluster_answers.AutomationToken] | None, single: cluster_answers.VaultSecret | None
) -> SecretReference | None:
    """Choose a token: the first active one of the rotation that is not marked ``delete``, else the single one."""
    usable = (token.secret for token in rotating or () if token.active and not token.delete and token.secret)
    secret = next(usable, single)
    if secret is None:
        return None
    return SecretReference(secret.path, secret.field, secret.version, secret.format or Format.PLAIN)


def _network(answer: skupper_answers.Network, clusters: Mapping[str, Cluster]) -> Network:
    topology = answer.topology or skupper_answers.Topology(strategy=None, redundancy=None)
    sites = [_site(namespace, clusters) for namespace in answer.namespaces]
    return Network(
        identifier=answer.identifier,
        version=answer.site_controller.version,
        settings={"image": answer.site_controller.image},
        strategy=topology.strategy or Strategy.MESH,
        redundancy=DEFAULT_REDUNDANCY if topology.redundancy is None else topology.redundancy,
        asks_for_redundancy=topology.redundancy is not None,
        config=config_of(answer.config),
        sites=tuple(sorted(sites, key=lambda site: (site.cluster.name, site.namespace, site.path))),
        approvals=tuple(map(_approval, answer.approvals or ())),
        description=answer.description,
        path=answer.path,
    )


def _site(answer: skupper_answers.Namespace, clusters: Mapping[str, Cluster]) -> SiteDefinition:
    cluster = clusters.get(answer.cluster.name)
    if cluster is None:
        raise UnknownClusterError(
            f"{answer.path} names cluster {answer.cluster.name}, which is not among all"
        )
    return SiteDefinition(
        cluster=cluster,
        namespace=answer.name,
        config=config_of(answer.skupper.config),
        policies=tuple(_policy(policy) for policy in answer.skupper.policies or ()),
        delete=bool(answer.delete or answer.skupper.delete),
        namespace_deleted=bool(answer.delete),
        cluster_admin=bool(answer.cluster_admin),
        admitted=tuple(
            sorted(
                {NamespaceOf(each.cluster.name, each.name) for each in answer.network_policies_allow or ()}
            )
        ),
        path=answer.path,
    )


def _approval(answer: skupper_answers.Approval) -> Approval:
    return Approval(change=answer.change, sites=tuple(answer.sites), until=answer.until, reason=answer.reason)


def _policy(answer: skupper_answers.Policy) -> Policy:
    return Policy(
        identifier=answer.identifier,
        path=answer.path,
        allow_incoming_links=bool(answer.allow_incoming_links),
        allowed_outgoing_links_hostnames=tuple(answer.allowed_outgoing_links_hostnames or ()),
        allowed_exposed_resources=tuple(answer.allowed_exposed_resources or ()),
        allowed_services=tuple(answer.allowed_services or ()),
    )
