"""The keys of the ConfigMap ``skupper-site`` and the effect of a change on a running site.

One row per key: its name in the data, its name in the ConfigMap, when a change takes effect. The site-controller
reports none of this, so the plan does.

Source: ``pkg/site/site.go``, ``api/types/types.go``, ``cmd/site-controller/controller.go``,
``client/router_update.go`` of Skupper 1.9.6.
"""

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What a changed value does to a running site, as a clause."""

    ROLLOUT = "restarts the routers of the site"
    NEXT_LINKS = "applies to new tokens and connectors only; existing Services and certificates are unchanged"
    RESTART = "takes effect when the service-controller restarts"
    RECREATE_DEPLOYMENTS = "takes effect only when both Skupper deployments are recreated"
    RECREATE_SITE = "takes effect only when the site is recreated"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of ``skupper-site``."""

    name: str
    """Name in the ConfigMap: kebab-case."""
    effect: Effect = Effect.RECREATE_DEPLOYMENTS
    confidential: bool = False
    """True: the value is never shown."""


def _resources(*owners: str) -> dict[str, Key]:
    keys = {}
    for owner in owners:
        camel = owner.title().replace("-", "")
        camel = camel[0].lower() + camel[1:]
        for resource in ("cpu", "memory"):
            keys[f"{camel}{resource.title()}"] = Key(f"{owner}-{resource}")
            keys[f"{camel}{resource.title()}Limit"] = Key(f"{owner}-{resource}-limit")
    return keys


KEYS: dict[str, Key] = {
    "name": Key("name", Effect.RECREATE_SITE),
    "routerMode": Key("router-mode", Effect.RECREATE_SITE),
    "ingress": Key("ingress", Effect.NEXT_LINKS),
    "ingressAnnotations": Key("ingress-annotations", Effect.RECREATE_SITE),
    "ingressHost": Key("ingress-host", Effect.NEXT_LINKS),
    "createNetworkPolicy": Key("create-network-policy"),
    "routers": Key("routers"),
    "runAsUser": Key("run-as-user"),
    "runAsGroup": Key("run-as-group"),
    "clusterPermissions": Key("cluster-permissions"),
    "annotationSeparator": Key("annotation-separator"),
    "enableSkupperEvents": Key("enable-skupper-events", Effect.RESTART),
    "console": Key("console", Effect.RESTART),
    "restApi": Key("rest-api"),
    "consoleAuthentication": Key("console-authentication", Effect.RESTART),
    "consoleUser": Key("console-user"),
    "consolePassword": Key("console-password", confidential=True),
    "consoleIngress": Key("console-ingress"),
    "flowCollector": Key("flow-collector"),
    "flowCollectorRecordTtl": Key("flow-collector-record-ttl", Effect.RESTART),
    **_resources("flow-collector"),
    "prometheusExternalServer": Key("prometheus-external-server"),
    "prometheusServerAuthentication": Key("prometheus-server-authentication"),
    "prometheusServerUser": Key("prometheus-server-user"),
    "prometheusServerPassword": Key("prometheus-server-password", confidential=True),
    **_resources("prometheus-server"),
    "prometheusServerPodAnnotations": Key("prometheus-server-pod-annotations", Effect.ROLLOUT),
    "routerLogging": Key("router-logging", Effect.ROLLOUT),
    **_resources("router"),
    "routerPodAffinity": Key("router-pod-affinity"),
    "routerPodAntiaffinity": Key("router-pod-antiaffinity"),
    "routerNodeSelector": Key("router-node-selector"),
    "xpRouterMaxFrameSize": Key("xp-router-max-frame-size", Effect.NEXT_LINKS),
    "xpRouterMaxSessionFrames": Key("xp-router-max-session-frames", Effect.NEXT_LINKS),
    "routerDataConnectionCount": Key("router-data-connection-count"),
    "routerIngressHost": Key("router-ingress-host", Effect.NEXT_LINKS),
    "routerServiceAnnotations": Key("router-service-annotations", Effect.RECREATE_SITE),
    "routerPodAnnotations": Key("router-pod-annotations", Effect.ROLLOUT),
    "routerLoadBalancerIp": Key("router-load-balancer-ip", Effect.RECREATE_SITE),
    "routerDisableMutualTls": Key("router-disable-mutual-tls", Effect.RECREATE_SITE),
    "routerDropTcpConnections": Key("router-drop-tcp-connections"),
    "serviceController": Key("service-controller"),
    "serviceSync": Key("service-sync"),
    "serviceSyncSiteTtl": Key("service-sync-site-ttl", Effect.RESTART),
    **_resources("controller"),
    "controllerPodAffinity": Key("controller-pod-affinity"),
    "controllerPodAntiaffinity": Key("controller-pod-antiaffinity"),
    "controllerNodeSelector": Key("controller-node-selector"),
    "controllerIngressHost": Key("controller-ingress-host"),
    "controllerServiceAnnotations": Key("controller-service-annotations"),
    "controllerLoadBalancerIp": Key("controller-load-balancer-ip"),
    "controllerPodAnnotations": Key("controller-pod-annotations", Effect.ROLLOUT),
    **_resources("config-sync"),
}
"""camelCase name in the data -> key of the ConfigMap."""

ALIASES = frozenset({"edge", "clusterLocal"})
"""Short forms in the data: ``edge`` stands for ``routerMode: edge``, ``clusterLocal`` for ``ingress: none``."""

BY_NAME = {key.name: key for key in KEYS.values()}
"""Name in the ConfigMap -> key."""
