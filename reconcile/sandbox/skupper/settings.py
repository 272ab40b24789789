"""One site's settings, read from its ConfigMap ``skupper-site`` the way ``pkg/site/site.go`` reads them.

All values are strings; one that makes no sense is ignored. Only the keys are read that change what the program or a
user of the sandbox can see: the console and the like have no effect here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.names import Json

INTERIOR = "interior"
EDGE = "edge"
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_DEFAULT_LOGGING = "ROUTER_CORE:error+"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the controllers of one site depend on."""

    site_id: str
    namespace: str
    name: str
    mode: str
    ingress: str
    ingress_host: str
    """The host or domain at which the router is reached from outside, if it is set."""
    logging: tuple[tuple[str, str], ...]
    """Pairs of module and level."""
    labels: Mapping[str, str]
    """Labels of the ConfigMap that every object gets."""
    router_annotations: Mapping[str, str]
    """All annotations of router pods."""
    controller_annotations: Mapping[str, str]
    """All annotations of service-controller pods."""
    routers: int
    service_controller: bool
    data: Mapping[str, str]
    """All of the above and the rest, as written."""

    @property
    def edge(self) -> bool:
        """Whether the site only dials out."""
        return self.mode == EDGE


def read_settings(config_map: Json, *, openshift: bool) -> Settings:
    """Read a ConfigMap ``skupper-site``. ``openshift`` (the Route API exists) decides the default ingress."""
    data: dict[str, str] = config_map.get("data") or {}
    metadata = config_map["metadata"]
    annotations = _inherited(metadata, "annotations", names.EXCLUDE_ANNOTATIONS)
    scraped = {"prometheus.io/port": str(names.HEALTH_PORT), "prometheus.io/scrape": "true"}
    return Settings(
        site_id=metadata.get("uid", ""),
        namespace=metadata["namespace"],
        name=data.get("name") or metadata["namespace"],
        mode=data.get("router-mode", EDGE if _boolean(data, "edge") else INTERIOR),
        ingress=data.get("ingress", _default_ingress(data, openshift=openshift)),
        ingress_host=data.get("router-ingress-host") or data.get("ingress-host", ""),
        logging=_logging(data.get("router-logging") or _DEFAULT_LOGGING),
        labels=_inherited(metadata, "labels", names.EXCLUDE_LABELS),
        router_annotations={**scraped, **annotations, **_pairs(data, "router-pod-annotations")},
        controller_annotations={**annotations, **_pairs(data, "controller-pod-annotations")},
        routers=_positive(data.get("routers", "")),
        service_controller=_boolean(data, "service-controller", default=True),
        data=data,
    )


def _boolean(data: Mapping[str, str], key: str, *, default: bool = False) -> bool:
    """Read a switch as Go's ``strconv.ParseBool`` does; what it cannot parse (``yes``) is false."""
    return data[key] in _TRUE if key in data else default


def _positive(text: str) -> int:
    return int(text) if text.isdigit() and int(text) else 1


def _default_ingress(data: Mapping[str, str], *, openshift: bool) -> str:
    if _boolean(data, "cluster-local"):
        return "none"
    return "route" if openshift else "loadbalancer"


def _logging(text: str) -> tuple[tuple[str, str], ...]:
    """Read ``ROUTER:debug,error+`` into pairs of module and level with its ``+``."""
    items = (item.strip().rpartition(":") for item in text.split(","))
    return tuple((module or "DEFAULT", level.removesuffix("+") + "+") for module, _, level in items)


def _pairs(data: Mapping[str, str], key: str) -> dict[str, str]:
    """Read ``a=b,c=d``."""
    separator = data.get("annotation-separator") or ","
    items = (item.partition("=") for item in data.get(key, "").split(separator) if item.strip())
    return {key.strip(): value.strip() for key, _, value in items}


def _inherited(metadata: Json, field: str, exclusion: str) -> dict[str, str]:
    """The labels or annotations of the ConfigMap that are copied to other objects."""
    excluded = (metadata.get("annotations") or {}).get(exclusion, "")
    never = {
        names.IGNORE,
        names.EXCLUDE_ANNOTATIONS,
        names.EXCLUDE_LABELS,
        *map(str.strip, excluded.split(",")),
    }
    return {key: value for key, value in (metadata.get(field) or {}).items() if key not in never}
