"""Names that Skupper 1.9.6 uses on a cluster, and the few that we add.

Source: ``api/types/types.go``.
"""

SITE = "skupper-site"
INTERNAL = "skupper-internal"
NETWORK_STATUS = "skupper-network-status"
LEADER = "skupper-site-leader"
LEADER_LOCK = "control-plane.alpha.kubernetes.io/leader"

SITE_CONTROLLER = "skupper-site-controller"
SERVICE_CONTROLLER = "skupper-service-controller"
ROUTER = "skupper-router"

SITE_CA = "skupper-site-ca"
SITE_SERVER = "skupper-site-server"
INTER_ROUTER_ROUTE = "skupper-inter-router"
EDGE_ROUTE = "skupper-edge"

TYPE = "skupper.io/type"
"""Label that makes a Secret a request or a token."""
REQUEST = "connection-token-request"
TOKEN = "connection-token"  # noqa: S105 a label value
GENERATED_BY = "skupper.io/generated-by"
SITE_VERSION = "skupper.io/site-version"
COST = "skupper.io/cost"
EXCLUDE_ANNOTATIONS = "skupper.io/exclude-annotations"
EXCLUDE_LABELS = "skupper.io/exclude-labels"

PROXY = "skupper.io/proxy"
"""Annotation that exposes a Service."""
ORIGINAL_SELECTOR = "internal.skupper.io/originalSelector"
ORIGINAL_TARGET_PORT = "internal.skupper.io/originalTargetPort"
ORIGINAL_ASSIGNED_PORT = "internal.skupper.io/originalAssignedPort"
"""Annotations in which Skupper keeps what an exposed Service was, until it restores it."""

DIALLER = "qontract-skupper/dialler"
ISSUER = "qontract-skupper/issuer"
"""Annotations of a link's Secrets: ``cluster/namespace`` of its two ends."""
TRIGGERED = "qontract-skupper/touched"
"""Annotation of a request: when it was last updated to make the site-controller try again."""
