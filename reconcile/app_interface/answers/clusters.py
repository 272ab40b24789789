"""The typed answer to ``clusters.gql``."""

from typing import Annotated

from pydantic import Field

from reconcile.app_interface.answers.model import AnswerModel
from reconcile.app_interface.secrets import Format


class VaultSecret(AnswerModel):
    """``VaultSecret_v1``: where a secret lies, in Vault or in the configuration file."""

    path: str
    field: str
    version: int | None
    format: Annotated[Format, Field(strict=False)] | None


class AutomationToken(AnswerModel):
    """``ClusterAutomationToken_v1``."""

    name: str
    active: bool | None
    delete: bool | None
    secret: VaultSecret | None


class ClusterSpec(AnswerModel):
    """``ClusterSpec_v1``, whichever product."""

    private: bool


class PeerCluster(AnswerModel):
    """``Cluster_v1``, by name only."""

    name: str


class PeeringConnection(AnswerModel):
    """``ClusterPeeringConnection_v1``; only the two ``cluster-vpc`` providers lead to a cluster."""

    provider: str
    delete: bool | None
    cluster: PeerCluster | None = None


class Peering(AnswerModel):
    """``ClusterPeering_v1``."""

    connections: list[PeeringConnection]


class Disable(AnswerModel):
    """``DisableClusterAutomations_v1``."""

    integrations: list[str] | None


class Cluster(AnswerModel):
    """``Cluster_v1``."""

    path: str
    name: str
    server_url: str
    """Empty for a cluster that is being created."""
    internal: bool | None
    insecure_skip_tls_verify: bool | None = Field(alias="insecureSkipTLSVerify")
    spec: ClusterSpec | None
    peering: Peering | None
    disable: Disable | None
    automation_token: VaultSecret | None
    automation_tokens: list[AutomationToken] | None
    cluster_admin_automation_token: VaultSecret | None
    cluster_admin_automation_tokens: list[AutomationToken] | None


class ClustersAnswer(AnswerModel):
    """All clusters."""

    clusters_v1: list[Cluster] = Field(alias="clusters_v1")
