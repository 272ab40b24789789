"""One site's settings, read from its ConfigMap ``skupper-site`` the way ``pkg/site/site.go`` reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.parsing import (
    boolean,
    integer,
    logging_levels,
    pairs,
    quantity,
    strict_integer,
)

INTERIOR = "interior"
EDGE = "edge"


@dataclass(frozen=True, slots=True)
class Tuning:
    """What can be set for the pods and the Service of one component."""

    cpu: str = ""
    memory: str = ""
    cpu_limit: str = ""
    memory_limit: str = ""
    affinity: Mapping[str, str] = field(default_factory=dict)
    anti_affinity: Mapping[str, str] = field(default_factory=dict)
    node_selector: Mapping[str, str] = field(default_factory=dict)
    pod_annotations: Mapping[str, str] = field(default_factory=dict)
    service_annotations: Mapping[str, str] = field(default_factory=dict)
    load_balancer_ip: str = ""
    ingress_host: str = ""


@dataclass(frozen=True, slots=True)
class Console:
    """Console, REST interface, flow collector and Prometheus."""

    enabled: bool = False
    rest_api: bool = False
    authentication: str = "internal"
    user: str = ""
    password: str = field(default="", repr=False)
    ingress: str = ""
    collector: bool = False
    external_prometheus: str = ""
    prometheus_authentication: str = "tls"

    @property
    def served(self) -> bool:
        """Whether there is anything to log in to."""
        return self.rest_api or self.collector

    @property
    def prometheus(self) -> bool:
        """Whether the site runs a Prometheus of its own."""
        return self.collector and not self.external_prometheus


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the controllers of one site go by."""

    site_id: str
    namespace: str
    name: str
    mode: str
    ingress: str
    ingress_host: str
    logging: tuple[tuple[str, str], ...]
    max_frame_size: int
    max_session_frames: int
    router: Tuning
    controller: Tuning
    config_sync: Tuning
    prometheus: Tuning
    console: Console
    labels: Mapping[str, str]
    """What the ConfigMap hands on to every object."""
    annotations: Mapping[str, str]
    """What the ConfigMap hands on to every pod."""
    ingress_annotations: Mapping[str, str]
    routers: int = 1
    data_connections: str = ""
    disable_mutual_tls: bool = False
    service_controller: bool = True
    service_sync: bool = True
    network_policy: bool = False
    events: bool = False
    run_as_user: int = 0
    run_as_group: int = 0
    faults: tuple[str, ...] = ()
    """Why parsing failed. Creation ignores it and uses the defaults; tokens, connectors and updates stop."""

    @property
    def edge(self) -> bool:
        """Whether the site only dials out."""
        return self.mode == EDGE

    @property
    def router_host(self) -> str:
        """Under which host, or domain, the router is reached from outside, as far as it was told."""
        return self.router.ingress_host or self.ingress_host


def read_settings(config_map: Json, *, openshift: bool) -> Settings:
    """Read a ConfigMap ``skupper-site``. ``openshift`` (the Route API exists) decides the default ingress."""
    data: dict[str, str] = config_map.get("data") or {}
    metadata = config_map["metadata"]
    ingress = _ingress(data, openshift=openshift)
    faults: list[str] = []
    return Settings(
        site_id=metadata.get("uid", ""),
        namespace=metadata["namespace"],
        name=data.get("name") or metadata["namespace"],
        mode=_mode(data),
        ingress=ingress,
        ingress_host=data.get("ingress-host", ""),
        logging=_logging(data, faults),
        max_frame_size=_frames(data, "xp-router-max-frame-size", 16384, faults),
        max_session_frames=_frames(data, "xp-router-max-session-frames", 640, faults),
        router=_tuning(data, "router"),
        controller=_tuning(data, "controller"),
        config_sync=_tuning(data, "config-sync"),
        prometheus=_tuning(data, "prometheus-server"),
        console=_console(data, ingress),
        labels=_handed_on(metadata.get("labels"), metadata, names.EXCLUDE_LABELS, {names.IGNORE}),
        annotations=_handed_on(
            metadata.get("annotations"),
            metadata,
            names.EXCLUDE_ANNOTATIONS,
            {names.EXCLUDE_ANNOTATIONS, names.EXCLUDE_LABELS},
        ),
        ingress_annotations=pairs(data.get("ingress-annotations", ""), _separator(data)),
        routers=integer(data, "routers") or 1,
        data_connections=data.get("router-data-connection-count", ""),
        disable_mutual_tls=boolean(data, "router-disable-mutual-tls"),
        service_controller=boolean(data, "service-controller", default=True),
        service_sync=boolean(data, "service-sync", default=True),
        network_policy=boolean(data, "create-network-policy"),
        events=boolean(data, "enable-skupper-events"),
        run_as_user=integer(data, "run-as-user"),
        run_as_group=integer(data, "run-as-group"),
        faults=tuple(faults),
    )


def _mode(data: Mapping[str, str]) -> str:
    if "router-mode" in data:
        return data["router-mode"]
    return EDGE if boolean(data, "edge") else INTERIOR


def _ingress(data: Mapping[str, str], *, openshift: bool) -> str:
    if "ingress" in data:
        return data["ingress"]
    if boolean(data, "cluster-local"):
        return "none"
    return "route" if openshift else "loadbalancer"


def _logging(data: Mapping[str, str], faults: list[str]) -> tuple[tuple[str, str], ...]:
    try:
        return logging_levels(data.get("router-logging", ""))
    except ValueError as error:
        faults.append(str(error))
        return logging_levels("")


def _frames(data: Mapping[str, str], key: str, default: int, faults: list[str]) -> int:
    try:
        return strict_integer(data, key, default)
    except ValueError as error:
        faults.append(str(error))
        return default


def _tuning(data: Mapping[str, str], prefix: str) -> Tuning:
    separator = _separator(data)
    return Tuning(
        cpu=quantity(data, f"{prefix}-cpu"),
        memory=quantity(data, f"{prefix}-memory"),
        cpu_limit=quantity(data, f"{prefix}-cpu-limit"),
        memory_limit=quantity(data, f"{prefix}-memory-limit"),
        affinity=pairs(data.get(f"{prefix}-pod-affinity", "")),
        anti_affinity=pairs(data.get(f"{prefix}-pod-antiaffinity", "")),
        node_selector=pairs(data.get(f"{prefix}-node-selector", "")),
        pod_annotations=pairs(data.get(f"{prefix}-pod-annotations", ""), separator),
        service_annotations=pairs(data.get(f"{prefix}-service-annotations", ""), separator),
        load_balancer_ip=data.get(f"{prefix}-load-balancer-ip", ""),
        ingress_host=data.get(f"{prefix}-ingress-host", ""),
    )


def _console(data: Mapping[str, str], ingress: str) -> Console:
    enabled = boolean(data, "console")
    return Console(
        enabled=enabled,
        rest_api=boolean(data, "rest-api", default=enabled),
        authentication=data.get("console-authentication", "") or "internal",
        user=data.get("console-user", ""),
        password=data.get("console-password", ""),
        ingress=data.get("console-ingress", "") or ingress,
        collector=boolean(data, "flow-collector"),
        external_prometheus=data.get("prometheus-external-server", ""),
        prometheus_authentication=data.get("prometheus-server-authentication", "") or "tls",
    )


def _separator(data: Mapping[str, str]) -> str:
    return data.get("annotation-separator") or ","


def _handed_on(
    given: Mapping[str, str] | None, metadata: Json, exclusion: str, always: set[str]
) -> dict[str, str]:
    listed = (metadata.get("annotations") or {}).get(exclusion, "")
    excluded = always | {key.strip() for key in listed.split(",")}
    return {key: value for key, value in (given or {}).items() if key not in excluded}
