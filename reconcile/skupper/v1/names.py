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
CLAIMS_ROUTE = "claims"

TYPE = "skupper.io/type"
"""Label that makes a Secret a request or a token."""
REQUEST = "connection-token-request"
TOKEN = "connection-token"  # noqa: S105 a label value
CLAIM = "token-claim"
"""Label value of a claim, which a site redeems for a token at the issuer."""
CLAIM_URL = "skupper.io/url"
CLAIM_FAILED = "internal.skupper.io/last-failed"
"""Annotation of a claim that the issuer refused: it is not tried again."""
DISABLED = "internal.skupper.io/disabled"
"""Label of a token that a policy forbids: the router does not dial with it."""
GENERATED_BY = "skupper.io/generated-by"
SITE_VERSION = "skupper.io/site-version"
COST = "skupper.io/cost"
EXCLUDE_ANNOTATIONS = "skupper.io/exclude-annotations"
EXCLUDE_LABELS = "skupper.io/exclude-labels"

TOUCHED = "qontract-skupper-touched"
"""Key of the data of ``skupper-site``: when it was last changed to make the site-controller look at the site."""
PROXY = "skupper.io/proxy"
"""Annotation that exposes a Service."""
ORIGINAL_SELECTOR = "internal.skupper.io/originalSelector"
ORIGINAL_TARGET_PORT = "internal.skupper.io/originalTargetPort"
ORIGINAL_ASSIGNED_PORT = "internal.skupper.io/originalAssignedPort"
"""Annotations in which Skupper keeps what an exposed Service was, until it restores it."""

DIALLER = "qontract-skupper/dialler"
ISSUER = "qontract-skupper/issuer"
"""Annotations of a link's Secrets: ``cluster/namespace`` of its two ends."""
NETWORK = "qontract-skupper/network"
"""Annotation of our ServiceAccount: the network of its site. Skupper copies none of its annotations to pods."""
PARKED = "qontract-skupper/parked"
"""Annotation of a delivered token that is out of use while the link that replaces it is proven: since when."""
REPLACEMENT = "qontract-skupper/replacement"
"""Annotation of a token that was parked while its link was up: the tokens that were to replace it. One that is in use
again has been restored, since these did not connect."""
TRIGGERED = "qontract-skupper/touched"
"""Annotation of a request: when it was last updated to make the site-controller try again."""
