"""The typed answer to ``skupper.gql``."""

from typing import Annotated

from pydantic import Field

from reconcile.app_interface.answers.model import AnswerModel
from reconcile.app_interface.answers.site_config import SiteConfig
from reconcile.skupper.definitions import ApprovedChange, Strategy


class SiteController(AnswerModel):
    """``SkupperSiteController_v1``."""

    image: str
    version: str


class Topology(AnswerModel):
    """``SkupperTopology_v1``."""

    strategy: Annotated[Strategy, Field(strict=False)] | None
    redundancy: int | None


class Policy(AnswerModel):
    """``SkupperPolicy_v1``."""

    path: str
    identifier: str
    allow_incoming_links: bool | None
    allowed_outgoing_links_hostnames: list[str] | None
    allowed_exposed_resources: list[str] | None
    allowed_services: list[str] | None


class NamespaceSkupper(AnswerModel):
    """``NamespaceSkupper_v1``; its network is the one that the namespace was found by."""

    delete: bool | None
    config: SiteConfig | None
    policies: list[Policy] | None


class ClusterName(AnswerModel):
    """``Cluster_v1``, by name only."""

    name: str


class AllowedNamespace(AnswerModel):
    """``Namespace_v1``, named by the ``networkPoliciesAllow`` of another."""

    name: str
    cluster: ClusterName


class Namespace(AnswerModel):
    """``Namespace_v1``, found by its ``skupper.network``."""

    path: str
    name: str
    delete: bool | None
    cluster_admin: bool | None
    cluster: ClusterName
    network_policies_allow: list[AllowedNamespace] | None = None
    """Left out by a server whose schemas lack this field."""
    skupper: NamespaceSkupper
    """Never null here, whatever the schema says: without it the namespace would not have been found."""


class Approval(AnswerModel):
    """``SkupperApproval_v1``."""

    change: Annotated[ApprovedChange, Field(strict=False)]
    sites: list[str]
    until: str
    reason: str


class Network(AnswerModel):
    """``Skupper_v1``."""

    path: str
    identifier: str
    description: str
    site_controller: SiteController
    topology: Topology | None
    approvals: list[Approval] | None = None
    """Left out by a server whose schemas are older than this field."""
    config: SiteConfig | None
    namespaces: list[Namespace]


class SkupperAnswer(AnswerModel):
    """All networks."""

    skupper_v1: list[Network] = Field(alias="skupper_v1")
