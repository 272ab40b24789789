"""The fixed names of a Skupper 1.9 site: objects, labels, annotations and ports (``api/types/types.go``)."""

from typing import Any

Json = dict[str, Any]
"""A Kubernetes object or a part of one, as plain data."""

SITE = "skupper-site"
"""The ConfigMap that declares a site; its UID is the site id."""
SITE_CONTROLLER = "skupper-site-controller"
SERVICE_CONTROLLER = "skupper-service-controller"
ROUTER = "skupper-router"
ROUTER_LOCAL = "skupper-router-local"
INTERNAL = "skupper-internal"
INTERNAL_KEY = "skrouterd.json"
SERVICES = "skupper-services"
SASL_CONFIG = "skupper-sasl-config"
NETWORK_STATUS = "skupper-network-status"
NETWORK_STATUS_KEY = "NetworkStatus"
SITE_LEADER = "skupper-site-leader"
LEADER_ANNOTATION = "control-plane.alpha.kubernetes.io/leader"

LOCAL_CA = "skupper-local-ca"
SITE_CA = "skupper-site-ca"
SERVICE_CA = "skupper-service-ca"
LOCAL_SERVER = "skupper-local-server"
LOCAL_CLIENT = "skupper-local-client"
SERVICE_CLIENT = "skupper-service-client"
SITE_SERVER = "skupper-site-server"

TYPE = "skupper.io/type"
TOKEN = "connection-token"  # noqa: S105 # nosec B105 # a label value
TOKEN_REQUEST = "connection-token-request"  # noqa: S105 # nosec B105 # a label value
IGNORE = "internal.skupper.io/site-controller-ignore"
DISABLED = "internal.skupper.io/disabled"
UPDATED = "internal.skupper.io/updated"
EXCLUDE_ANNOTATIONS = "skupper.io/exclude-annotations"
EXCLUDE_LABELS = "skupper.io/exclude-labels"
GENERATED_BY = "skupper.io/generated-by"
SITE_VERSION = "skupper.io/site-version"
COST = "skupper.io/cost"
COMPONENT = "skupper.io/component"
PROXY = "skupper.io/proxy"
ADDRESS = "skupper.io/address"
ORIGINAL_SELECTOR = "internal.skupper.io/originalSelector"
ORIGINAL_TARGET_PORT = "internal.skupper.io/originalTargetPort"
ORIGINAL_ASSIGNED_PORT = "internal.skupper.io/originalAssignedPort"

ROLE_INTER_ROUTER = "inter-router"
ROLE_EDGE = "edge"
ROLE_CLAIMS = "claims"
PORTS = {ROLE_INTER_ROUTER: 55671, ROLE_EDGE: 45671, ROLE_CLAIMS: 8081}
"""Where the pods of a router listen, by role; its Service has the same numbers."""
ROUTES = {ROLE_INTER_ROUTER: "skupper-inter-router", ROLE_EDGE: "skupper-edge", ROLE_CLAIMS: "claims"}
"""The names of a site's Routes, by role."""
TLS_PORT = 443
"""Where Routes and Ingresses listen."""
AMQPS_PORT = 5671
HEALTH_PORT = 9090
CONFIG_SYNC_PORT = 9191
CONTROLLER_PORT = 8182
