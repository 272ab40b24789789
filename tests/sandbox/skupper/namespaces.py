"""Namespaces with a site-controller, as the tests want them: a few verbs on top of the cluster client."""

import base64
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from reconcile.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    NAMESPACE,
    ROLE,
    ROLE_BINDING,
    ROUTE,
    SECRET,
    SERVICE,
    SERVICE_ACCOUNT,
    Kind,
)
from reconcile.openshift.client import Client
from reconcile.openshift.errors import AlreadyExists, Conflict
from reconcile.sandbox.skupper.simulator import Skupper
from reconcile.sandbox.skupper.states import Link
from tests.clusters.backends import Cluster
from tests.waiting import until

Json = dict[str, Any]

CONTROLLER = "skupper-site-controller"
MADE = (SERVICE_ACCOUNT, ROLE, ROLE_BINDING, SECRET, CONFIG_MAP, SERVICE, ROUTE, DEPLOYMENT)
_ALL = ["get", "list", "watch", "create", "update", "delete", "patch"]
RULES = [
    {
        "apiGroups": [""],
        "resources": ["configmaps", "pods", "pods/exec", "services", "secrets", "serviceaccounts", "events"],
        "verbs": _ALL,
    },
    {"apiGroups": ["apps"], "resources": ["deployments", "statefulsets", "daemonsets"], "verbs": _ALL},
    {"apiGroups": ["route.openshift.io"], "resources": ["routes"], "verbs": _ALL},
    {"apiGroups": ["apps.openshift.io"], "resources": ["deploymentconfigs"], "verbs": _ALL},
    {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses", "networkpolicies"], "verbs": _ALL},
    {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"], "verbs": _ALL},
]


@dataclass(frozen=True)
class SkupperNamespace:
    """One namespace."""

    skupper: Skupper
    cluster: Cluster
    client: Client
    namespace: str

    @property
    def log(self) -> str:
        return "\n".join(self.skupper.log(self.client.cluster, self.namespace))

    def said(self, text: str, *, times: int = 1) -> None:
        until(lambda: self.log.count(text) >= times)

    def get(self, kind: Kind, name: str) -> Json | None:
        """The object as it is now, None if there is none; not to be changed."""
        return self.cluster.find(kind, name, self.namespace)

    def wait_for(self, kind: Kind, name: str) -> Json:
        return until(lambda: self.get(kind, name))

    def names(self, kind: Kind) -> set[str]:
        return {item["metadata"]["name"] for item in self.cluster.objects(kind, self.namespace)}

    def make(self, kind: Kind, name: str, *, labels: Json | None = None, **rest: Any) -> Json:
        metadata = {"name": name, "namespace": self.namespace, **({"labels": labels} if labels else {})}
        return self.client.create(
            kind, {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, **rest}
        )

    def delete(self, kind: Kind, name: str) -> None:
        self.client.delete(kind, name, self.namespace)

    def patch(self, kind: Kind, name: str, body: Json) -> Json:
        return self.client.patch(kind, name, self.namespace, body)

    def clear(self) -> None:
        """Remove site-controller and site; with many sites left behind, each step of time has many to look after."""
        for kind, name in ((DEPLOYMENT, CONTROLLER), (CONFIG_MAP, "skupper-site")):
            if self.get(kind, name):
                self.cluster.remove(kind, name, self.namespace)

    def gone(self, kind: Kind, name: str) -> None:
        until(lambda: self.get(kind, name) is None)

    def install(
        self, *, rules: list[Json] | None = None, env: Json | None = None, tag: str = "1.9.6"
    ) -> None:
        """Make the site-controller with its rights."""
        subject = {"kind": "ServiceAccount", "name": CONTROLLER, "namespace": self.namespace}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": CONTROLLER}
        self.make(SERVICE_ACCOUNT, CONTROLLER)
        self.make(ROLE, CONTROLLER, rules=RULES if rules is None else rules)
        self.make(ROLE_BINDING, CONTROLLER, subjects=[subject], roleRef=role)
        self.make(
            DEPLOYMENT,
            CONTROLLER,
            spec=controller_spec(tag, {"WATCH_NAMESPACE": self.namespace, **(env or {})}),
        )

    def declare(self, *, labels: Json | None = None, annotations: Json | None = None, **config: str) -> Json:
        """Make the ConfigMap that declares a site; ``router_mode`` stands for ``router-mode``."""
        data = {key.replace("_", "-"): value for key, value in config.items()}
        metadata = {
            "name": "skupper-site",
            "namespace": self.namespace,
            "labels": labels or {},
            "annotations": annotations or {},
        }
        return self.client.create(
            CONFIG_MAP, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        )

    def site(self, **config: str) -> "SkupperNamespace":
        """Make controller and site, and wait until its router runs."""
        self.install()
        self.declare(**config)
        self.wait_for(CONFIG_MAP, "skupper-network-status")
        return self

    @property
    def site_id(self) -> str:
        return str(self.wait_for(CONFIG_MAP, "skupper-site")["metadata"]["uid"])

    def request(self, name: str) -> None:
        self.make(SECRET, name, labels={"skupper.io/type": "connection-token-request"}, type="Opaque")

    def is_token(self, name: str) -> bool:
        secret = self.get(SECRET, name)
        return secret is not None and secret["metadata"]["labels"]["skupper.io/type"] == "connection-token"

    def token(self, name: str) -> Json:
        """Ask for a token and wait for it."""
        self.request(name)
        until(lambda: self.is_token(name))
        return self.wait_for(SECRET, name)

    def take(self, token: Json, *, annotations: Json | None = None) -> None:
        """Deliver a token here."""
        metadata = {
            "name": token["metadata"]["name"],
            "namespace": self.namespace,
            "labels": {"skupper.io/type": "connection-token"},
            "annotations": {**token["metadata"]["annotations"], **(annotations or {})},
        }
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata,
            "type": "Opaque",
            "data": token["data"],
        }
        self.client.create(SECRET, body)

    def dial(self, issuer: "SkupperNamespace", name: str, *, annotations: Json | None = None) -> None:
        """Link to an issuer, from the request to the removal of the issuer's copy."""
        self.take(issuer.token(name), annotations=annotations)
        issuer.delete(SECRET, name)

    def config(self) -> dict[str, dict[str, Json]]:
        """The router's configuration: entity -> name -> attributes."""
        text = self.wait_for(CONFIG_MAP, "skupper-internal")["data"]["skrouterd.json"]
        found: dict[str, dict[str, Json]] = {}
        for entity, attributes in json.loads(text):
            name = attributes.get("name") or attributes.get("module") or ""
            found.setdefault(entity, {})[name] = attributes
        return found

    def connector(self, name: str) -> Json | None:
        return self.config().get("connector", {}).get(name)

    @property
    def links(self) -> tuple[Link, ...]:
        """The links that this site dialled and that are up."""
        key = (self.client.cluster, self.namespace)
        return tuple(link for link in self.skupper.wire.links if link.dialler == key)

    def linked(self, *issuers: "SkupperNamespace") -> None:
        """Wait until exactly these sites have been reached."""
        wanted = sorted((place.client.cluster, place.namespace) for place in issuers)
        until(lambda: sorted(link.issuer for link in self.links) == wanted)

    def status(self) -> Json:
        document: Json = json.loads(
            self.wait_for(CONFIG_MAP, "skupper-network-status")["data"]["NetworkStatus"]
        )
        return document

    def seen(self) -> set[str]:
        """Ids of the sites that this site sees."""
        return {entry["site"]["identity"] for entry in self.status()["siteStatus"]}

    def router_links(self, of: "SkupperNamespace | None" = None) -> list[Json]:
        """The link records of a site, as this one sees them."""
        wanted = (of or self).site_id
        entries = [entry for entry in self.status()["siteStatus"] if entry["site"]["identity"] == wanted]
        return [
            link for entry in entries for router in entry["routerStatus"] for link in router["links"] or ()
        ]

    def edit_config(self, **config: str) -> None:
        """Change keys of the ConfigMap, and wait until the site-controller has looked at them."""
        seen = self.log.count("Skupper site exists")
        self.patch(CONFIG_MAP, "skupper-site", {"data": {k.replace("_", "-"): v for k, v in config.items()}})
        self.said("Skupper site exists", times=seen + 1)

    def scale(self, routers: int) -> None:
        """Change the number of router pods."""
        until(
            lambda: self._tried(
                lambda: self.patch(DEPLOYMENT, "skupper-router", {"spec": {"replicas": routers}})
            )
        )

    def restart(self, name: str) -> None:
        """Restart a component's pods."""
        mark = {"spec": {"template": {"metadata": {"annotations": {"restarted": str(time.monotonic_ns())}}}}}
        until(lambda: self._tried(lambda: self.patch(DEPLOYMENT, name, mark)))

    def _tried(self, step: Callable[[], object]) -> bool:
        try:
            step()
        except Conflict:
            return False
        return True


def controller_spec(tag: str, env: Json) -> Json:
    """The spec of a Deployment ``skupper-site-controller``."""
    container = {
        "name": "site-controller",
        "image": f"quay.io/skupper/site-controller:{tag}",
        "env": [{"name": name, "value": value} for name, value in env.items()],
    }
    labels = {"application": CONTROLLER}
    pod = {"serviceAccountName": CONTROLLER, "containers": [container]}
    return {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}


def make_namespace(client: Client, name: str) -> None:
    """Make a namespace, or take the empty one of an earlier test."""
    with suppress(AlreadyExists):
        client.create(NAMESPACE, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def decode(secret: Json, key: str) -> bytes:
    """The bytes of one key of a Secret."""
    return base64.b64decode(secret["data"][key])
