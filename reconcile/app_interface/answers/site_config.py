"""The typed answer for ``SkupperConfig_v1``: one field a key."""

from pydantic import Field, Json

from reconcile.app_interface.answers.model import AnswerModel
from reconcile.skupper.definitions import Config

TextMap = Json[dict[str, str]]
"""A map of text to text; the server sends it as text that holds JSON."""


class SiteConfig(AnswerModel):
    """Configuration of a site, or a network's defaults; None: the key is not set."""

    # BEGIN GENERATED SkupperConfig_v1 by `make generate` from reconcile/skupper/v1/keys.py
    name: str | None
    edge: bool | None
    router_mode: str | None
    cluster_local: bool | None
    ingress: str | None
    ingress_host: str | None
    ingress_annotations: TextMap | None
    create_network_policy: bool | None
    routers: int | None
    run_as_user: int | None
    run_as_group: int | None
    cluster_permissions: bool | None
    annotation_separator: str | None
    enable_skupper_events: bool | None
    console: bool | None
    rest_api: bool | None
    console_authentication: str | None
    console_user: str | None
    console_password: str | None = Field(repr=False)
    console_ingress: str | None
    flow_collector: bool | None
    flow_collector_record_ttl: str | None
    flow_collector_cpu: str | None
    flow_collector_cpu_limit: str | None
    flow_collector_memory: str | None
    flow_collector_memory_limit: str | None
    prometheus_external_server: str | None
    prometheus_server_authentication: str | None
    prometheus_server_user: str | None
    prometheus_server_password: str | None = Field(repr=False)
    prometheus_server_cpu: str | None
    prometheus_server_cpu_limit: str | None
    prometheus_server_memory: str | None
    prometheus_server_memory_limit: str | None
    prometheus_server_pod_annotations: TextMap | None
    router_logging: str | None
    router_cpu: str | None
    router_cpu_limit: str | None
    router_memory: str | None
    router_memory_limit: str | None
    router_pod_affinity: TextMap | None
    router_pod_antiaffinity: TextMap | None
    router_node_selector: TextMap | None
    xp_router_max_frame_size: int | None
    xp_router_max_session_frames: int | None
    router_data_connection_count: str | None
    router_ingress_host: str | None
    router_service_annotations: TextMap | None
    router_pod_annotations: TextMap | None
    router_load_balancer_ip: str | None
    router_disable_mutual_tls: bool | None
    router_drop_tcp_connections: bool | None
    service_controller: bool | None
    service_sync: bool | None
    service_sync_site_ttl: str | None
    controller_cpu: str | None
    controller_cpu_limit: str | None
    controller_memory: str | None
    controller_memory_limit: str | None
    controller_pod_affinity: TextMap | None
    controller_pod_antiaffinity: TextMap | None
    controller_node_selector: TextMap | None
    controller_ingress_host: str | None
    controller_service_annotations: TextMap | None
    controller_pod_annotations: TextMap | None
    controller_load_balancer_ip: str | None
    config_sync_cpu: str | None
    config_sync_cpu_limit: str | None
    config_sync_memory: str | None
    config_sync_memory_limit: str | None
    # END GENERATED SkupperConfig_v1

    def translated(self) -> Config:
        """Give the keys that are set, by the names that the data uses."""
        return self.model_dump(by_alias=True, exclude_none=True)


def config_of(answer: SiteConfig | None) -> Config:
    """Translate the ``config`` of a network or namespace, which may have none."""
    return answer.translated() if answer else {}
