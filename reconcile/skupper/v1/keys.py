"""The keys of a site's ``config`` in Skupper v1: one row per key, from which everything else about it is generated.

Each value becomes a key of the ConfigMap ``skupper-site``. The table says when a change takes effect, because the
site-controller reports nothing about that, so the plan does.

To add a key, add a row and run ``make generate``.

Source: ``pkg/site/site.go``, ``api/types/types.go``, ``cmd/site-controller/controller.go``,
``client/router_update.go`` of Skupper 1.9.6.
"""

from reconcile.skupper.config_keys import ConfigTable
from reconcile.skupper.v1.key_rows import Effect, key, resources, scheduling
from reconcile.skupper.v1.value_types import (
    ADDRESS,
    ANNOTATIONS,
    BOOLEAN,
    CONNECTION_COUNT,
    DURATION,
    HOST,
    INGRESS,
    LOGGING,
    SEPARATOR,
    SITE_NAME,
    TEXT,
    URL,
    choice,
    integer,
)

_SITE = (
    key(
        "name",
        SITE_NAME,
        "Name of the site, first part of its router ids.",
        Effect.RECREATE_SITE,
        default="`<cluster>-<namespace>`",
    ),
    key(
        "edge",
        BOOLEAN,
        (
            "Short for `routerMode: edge` (true) or `interior` (false). A site has either this or "
            "`routerMode`."
        ),
        Effect.RECREATE_SITE,
        default="true on a private cluster",
        short_for="routerMode",
    ),
    key(
        "routerMode",
        choice("interior", "edge"),
        "`interior` accepts links, `edge` only dials out.",
        Effect.RECREATE_SITE,
    ),
    key(
        "clusterLocal",
        BOOLEAN,
        ("Short for `ingress: none`, for networks within one cluster. A site has either this or `ingress`."),
        Effect.NEXT_LINKS,
        short_for="ingress",
    ),
    key(
        "ingress",
        INGRESS,
        "How other sites reach the router. `none` leaves links within the cluster.",
        Effect.NEXT_LINKS,
        default="`route`; `none` on edge sites",
    ),
    key(
        "ingressHost",
        HOST,
        (
            "Host name under which an ingress controller or the nodes are reached; for `nodeport`, "
            "`ingress`, `nginx-ingress-v1` and `contour-http-proxy`. With `route`, the domain of the "
            "routes."
        ),
        Effect.NEXT_LINKS,
    ),
    key("ingressAnnotations", ANNOTATIONS, "Annotations of the Routes or Ingresses.", Effect.RECREATE_SITE),
    key(
        "createNetworkPolicy",
        BOOLEAN,
        (
            "Let only Skupper's own ports into the router pods from other namespaces. Shuts out "
            "claims (8081) and metrics (9090)."
        ),
        default="`false`",
    ),
    key(
        "routers",
        integer(1, 128),
        ("Number of router replicas. Each counts against the 128 interior routers that a network can hold."),
        default="`1`",
    ),
    key("runAsUser", integer(1), "User id of the containers.", default="left to the cluster", since="1.3"),
    key(
        "runAsGroup",
        integer(1),
        "Group id of the containers.",
        default="left to the cluster",
        since="1.3",
    ),
    key(
        "clusterPermissions",
        BOOLEAN,
        "Expose pods of other namespaces. Needs a site-controller that may grant it.",
        default="`false`",
        since="1.4",
    ),
    key(
        "annotationSeparator",
        SEPARATOR,
        (
            "What separates the entries of every `*Annotations` value in the ConfigMap, where a comma "
            "is part of a value."
        ),
        default="`,`",
        since="1.9",
    ),
    key(
        "enableSkupperEvents",
        BOOLEAN,
        "Emit Kubernetes events.",
        Effect.RESTART,
        default="`false`",
        since="1.4",
    ),
)

_CONSOLE = (
    key(
        "console",
        BOOLEAN,
        "Run the web console. Needs `flowCollector`.",
        Effect.RESTART,
        default="`false`",
    ),
    key(
        "restApi",
        BOOLEAN,
        "Run the REST API of the service-controller.",
        default="the value of `console`",
        since="1.3",
    ),
    key(
        "consoleAuthentication",
        choice("internal", "openshift", "unsecured"),
        "Who may open the console.",
        Effect.RESTART,
        default="`internal`",
    ),
    key(
        "consoleUser",
        TEXT,
        "User of the console with `consoleAuthentication: internal`.",
        default="`admin`",
    ),
    key(
        "consolePassword",
        TEXT,
        ("Password of that user. Data is readable by many: leave it out and Skupper generates a random one."),
        default="random",
        confidential=True,
    ),
    key("consoleIngress", INGRESS, "How the console is reached.", default="the value of `ingress`"),
    key(
        "flowCollector",
        BOOLEAN,
        "Collect flows; starts a Prometheus in the namespace too.",
        default="`false`",
        since="1.3",
    ),
    key(
        "flowCollectorRecordTtl",
        DURATION,
        "How long flow records are kept, at least `1m`.",
        Effect.RESTART,
        default="`15m`",
        since="1.3",
    ),
    *resources("flowCollector", "the flow collector", since="1.3"),
    key(
        "prometheusExternalServer",
        URL,
        "Address of a Prometheus to use instead of one in the namespace.",
        since="1.4",
    ),
    key(
        "prometheusServerAuthentication",
        choice("tls", "basic", "unsecured"),
        "How the local Prometheus is protected.",
        default="`tls`",
        since="1.4",
    ),
    key(
        "prometheusServerUser",
        TEXT,
        "User with `prometheusServerAuthentication: basic`.",
        default="`admin`",
        since="1.4",
    ),
    key(
        "prometheusServerPassword",
        TEXT,
        "Password of that user. Data is readable by many.",
        default="`admin`",
        since="1.4",
        confidential=True,
    ),
    *resources(
        "prometheusServer",
        "the local Prometheus",
        since="1.4",
        note="Values of `controller*` win where they are set.",
    ),
    key(
        "prometheusServerPodAnnotations",
        ANNOTATIONS,
        "Annotations of the Prometheus pods.",
        Effect.ROLLOUT,
        since="1.5",
    ),
)

_ROUTER = (
    key(
        "routerLogging",
        LOGGING,
        (
            "What the router logs: `level`, `MODULE:level` or a comma list of these; `+` means this "
            "level and above."
        ),
        Effect.ROLLOUT,
        default="`ROUTER_CORE:error+`",
    ),
    *resources("router", "the router"),
    *scheduling("router", "the router"),
    key(
        "xpRouterMaxFrameSize",
        integer(512),
        "Largest AMQP frame in bytes.",
        Effect.NEXT_LINKS,
        default="`16384`",
    ),
    key(
        "xpRouterMaxSessionFrames",
        integer(1),
        "Frames that may be in flight in one session.",
        Effect.NEXT_LINKS,
        default="`640`",
    ),
    key(
        "routerDataConnectionCount",
        CONNECTION_COUNT,
        "Connections between two routers for streaming data.",
        default="`auto`",
        since="1.4",
    ),
    key("routerIngressHost", HOST, "As `ingressHost`, for the router only.", Effect.NEXT_LINKS),
    key(
        "routerServiceAnnotations",
        ANNOTATIONS,
        (
            "Annotations of the router's Service, for example for a cloud load balancer. Used only "
            "when the site is created."
        ),
        Effect.RECREATE_SITE,
    ),
    key(
        "routerPodAnnotations",
        ANNOTATIONS,
        "Annotations of the router pods.",
        Effect.ROLLOUT,
        since="1.5",
    ),
    key(
        "routerLoadBalancerIp",
        ADDRESS,
        "Address to ask of the load balancer; with `ingress: loadbalancer`.",
        Effect.RECREATE_SITE,
    ),
    key(
        "routerDisableMutualTls",
        BOOLEAN,
        "Accept routers without a client certificate.",
        Effect.RECREATE_SITE,
        default="`false`",
        since="1.3",
    ),
    key(
        "routerDropTcpConnections",
        BOOLEAN,
        "Close TCP connections when a link goes down.",
        default="`false`",
        since="1.8",
    ),
)

_CONTROLLER = (
    key(
        "serviceController",
        BOOLEAN,
        "Run the service-controller. Without it no link ever comes up, so false is refused.",
        default="`true`",
    ),
    key(
        "serviceSync",
        BOOLEAN,
        "Offer services to the whole network and take over those of others.",
        default="`true`",
    ),
    key(
        "serviceSyncSiteTtl",
        DURATION,
        "When services of a silent site are dropped, at least `1m`.",
        Effect.RESTART,
        default="`3m`",
        since="1.3",
    ),
    *resources("controller", "the service-controller"),
    *scheduling("controller", "the service-controller"),
    key("controllerIngressHost", HOST, "As `ingressHost`, for the service-controller only."),
    key("controllerServiceAnnotations", ANNOTATIONS, "Annotations of the service-controller's Service."),
    key(
        "controllerPodAnnotations",
        ANNOTATIONS,
        "Annotations of the service-controller pods.",
        Effect.RESTART,
        since="1.5",
    ),
    key("controllerLoadBalancerIp", ADDRESS, "Address to ask of the load balancer for the console."),
    *resources("configSync", "the config-sync sidecar", since="1.1"),
)

TABLE = ConfigTable(
    schema="/dependencies/skupper-config-1.yml",
    graphql_type="SkupperConfig_v1",
    sections={
        "The site": _SITE,
        "Console, collector, Prometheus": _CONSOLE,
        "The router": _ROUTER,
        "Service-controller and config-sync": _CONTROLLER,
    },
)

KEYS = {entry.name: entry for entry in TABLE if not entry.short_for}
"""Name in the data -> key, without short forms."""

ALIASES = frozenset(entry.name for entry in TABLE if entry.short_for)
"""Short forms in the data: ``edge`` stands for ``routerMode: edge``, ``clusterLocal`` for ``ingress: none``."""

BY_NAME = {entry.target: entry for entry in KEYS.values()}
"""Name in the ConfigMap -> key."""
