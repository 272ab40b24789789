"""The fixed names of a Skupper 1.9 site: objects, labels, annotations and ports (``api/types/types.go``)."""

from typing import Any

from reconcile.kinds import Kind

Json = dict[str, Any]
"""A Kubernetes object or a part of one, as plain data."""

NETWORK_POLICY = Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
INGRESS = Kind("networking.k8s.io", "v1", "ingresses", "Ingress")
HTTP_PROXY = Kind("projectcontour.io", "v1", "httpproxies", "HTTPProxy")

SITE = "skupper-site"
"""The ConfigMap that declares a site; its UID is the site id."""
SITE_CONTROLLER = "skupper-site-controller"
SERVICE_CONTROLLER = "skupper-service-controller"
ROUTER = "skupper-router"
ROUTER_LOCAL = "skupper-router-local"
CONSOLE = "skupper"
PROMETHEUS = "skupper-prometheus"
PROMETHEUS_CONFIG = "prometheus-server-config"
EVENT_RECORDER = "event-recorder"
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
CONSOLE_CERTS = "skupper-console-certs"
CONSOLE_USERS = "skupper-console-users"
CONSOLE_SESSION = "skupper-console-session"

INTER_ROUTER_ROUTE = "skupper-inter-router"
EDGE_ROUTE = "skupper-edge"
CLAIMS_ROUTE = "claims"
CONSOLE_ROUTE = "skupper"

TYPE = "skupper.io/type"
TOKEN = "connection-token"  # noqa: S105 - a label value
TOKEN_REQUEST = "connection-token-request"  # noqa: S105 - a label value
IGNORE = "internal.skupper.io/site-controller-ignore"
UPDATED = "internal.skupper.io/updated"
EXCLUDE_ANNOTATIONS = "skupper.io/exclude-annotations"
EXCLUDE_LABELS = "skupper.io/exclude-labels"
GENERATED_BY = "skupper.io/generated-by"
SITE_VERSION = "skupper.io/site-version"
COST = "skupper.io/cost"
COMPONENT = "skupper.io/component"

ROLE_INTER_ROUTER = "inter-router"
ROLE_EDGE = "edge"
ROLE_CLAIMS = "claims"

PORTS = {ROLE_INTER_ROUTER: 55671, ROLE_EDGE: 45671, ROLE_CLAIMS: 8081}
"""Where the pods of a router listen, by role; its Service has the same numbers."""
TLS_PORT = 443
"""Where Routes and Ingresses listen."""
AMQPS_PORT = 5671
HEALTH_PORT = 9090
CONSOLE_PORT = 8080
COLLECTOR_PORT = 8010

INTER_ROUTER_PROFILE = "skupper-internal"
"""TLS profile of the listeners for other sites; its files are those of ``skupper-site-server``."""
