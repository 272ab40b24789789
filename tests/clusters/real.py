"""Real kube-apiservers with the manners of simulated clusters, as far as tests ask for them.

A server is lent from the test process's control plane, emptied, and given back at the end: to start one takes seconds.
Custom resource definitions stand in for Routes and SkupperClusterPolicies.
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reconcile.kinds import (
    CLUSTER_POLICY,
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
from reconcile.openshift import errors, paths
from reconcile.openshift.access import Access
from reconcile.openshift.client import Client
from reconcile.sandbox.kubernetes import kubeconfig
from reconcile.sandbox.kubernetes.accounts import Account
from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from tests.clusters import routes
from tests.clusters.collecting import Collector
from tests.clusters.control_plane import ApiServer, ControlPlane, Manner
from tests.clusters.routes import RouteHosts
from tests.clusters.tending import MERGE, Tending

Json = dict[str, Any]
ACCOUNTS = "automation"
"""Namespace of the service accounts that tests let in."""
RBAC = "rbac.authorization.k8s.io"
CLUSTER_ROLE = Kind(RBAC, "v1", "clusterroles", "ClusterRole", namespaced=False)
CLUSTER_ROLE_BINDING = Kind(RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False)
_SYSTEM = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
_CONTENT = (CONFIG_MAP, SECRET, SERVICE_ACCOUNT, ROLE_BINDING, ROLE, DEPLOYMENT)
_NEVER = 3600
"""Seconds; a specification that delays garbage collection so long wants none."""
_BUILT_IN = "kubernetes.io/bootstrapping"


class RealCluster:
    """One API server while a test has it."""

    def __init__(self, spec: ClusterSpec, server: ApiServer, plane: ControlPlane) -> None:
        self.spec = spec
        self.name = spec.name
        self.url = server.url
        self.token = server.token
        self.server = server
        access = Access(spec.name, server.url, server.token, str(plane.ca_file))
        self._client = Client(access, field_manager="sandbox")
        self._served = (*_CONTENT, *(kind for kind in server.manner.kinds if kind.namespaced))
        self._clear()
        for namespace in {*spec.namespaces, ACCOUNTS}:
            self._found(namespace)
        if ROUTE in server.manner.kinds:
            self._give_hosts(plane.routes, spec.apps_domain or f"apps.{spec.name}.example")
        self._tending = Tending(server, self._client, spec.behaviour)
        wanted = server.manner.controllers and not server.collects
        self._collector = Collector(self._client) if wanted else None
        self._tokens: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        """The token that an account was to have by its specification -> the one that it has."""

    def close(self) -> None:
        self._tending.stop()
        if self._collector:
            self._collector.stop()
        self.server.ask("DELETE", f"{routes.CONFIGURATIONS}/{routes.NAME}")
        self._client.close()

    def objects(self, kind: Kind, namespace: str = "", labels: Mapping[str, str] | None = None) -> list[Json]:
        """Objects of a kind as they are now."""
        return list(self._client.list(kind, namespace=namespace or None, labels=labels).items)

    def find(self, kind: Kind, name: str, namespace: str = "") -> Json | None:
        """One object as it is now; None if it does not exist."""
        try:
            return self._client.get(kind, name, namespace or None)
        except errors.NotFound:
            return None

    def load(self, *objects: Json) -> list[Json]:
        """Create objects as the administrator."""
        return [self._client.create(_kind_of(obj), obj) for obj in objects]

    def remove(self, kind: Kind, name: str, namespace: str = "") -> None:
        """Delete an object as the administrator."""
        self._client.delete(kind, name, namespace or None)

    def admit(self, account: Account) -> str:
        """Let a service account in, with these rights and no others; returns its token."""
        name = re.sub(r"[^a-z0-9]+", "-", account.user.lower()).strip("-")
        self._withdraw(name)
        subject = {"kind": "ServiceAccount", "name": name, "namespace": ACCOUNTS}
        for number, rule in enumerate(account.rules or ()):
            role = {
                "metadata": {"name": f"{name}-{number}"},
                "rules": [
                    {
                        "apiGroups": sorted(rule.groups),
                        "resources": sorted(rule.resources),
                        "verbs": sorted(rule.verbs),
                    }
                ],
            }
            for namespace in rule.namespaces if rule.namespaces is not None else (None,):
                self._bind(role, subject, namespace)
        if account.user not in self._tokens:
            path = paths.collection(SERVICE_ACCOUNT, ACCOUNTS)
            self._must("POST", path, {"metadata": {"name": name}})
            request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
            answer = self._must("POST", f"{path}/{name}/token", request)
            self._tokens[account.user] = answer["status"]["token"]
        self.aliases[account.token] = self._tokens[account.user]
        return self._tokens[account.user]

    def revoke(self, token: str) -> None:
        """Have a token refused from now on."""
        user = next(user for user, known in self._tokens.items() if known == token)
        self._client.delete(SERVICE_ACCOUNT, re.sub(r"[^a-z0-9]+", "-", user.lower()).strip("-"), ACCOUNTS)
        del self._tokens[user]

    def _give_hosts(self, hosts: RouteHosts, domain: str) -> None:
        """Have Routes get their hosts, from the moment on in which this method returns."""
        self.server.ask("DELETE", f"{routes.CONFIGURATIONS}/{routes.NAME}")
        self._must("POST", routes.CONFIGURATIONS, hosts.configuration(domain))
        path = paths.collection(ROUTE, ACCOUNTS) + "?dryRun=All"
        probe = {
            "apiVersion": ROUTE.api_version,
            "kind": ROUTE.name,
            "metadata": {"name": "probe"},
            "spec": {},
        }
        deadline = time.monotonic() + 30
        while domain not in self._must("POST", path, probe)["spec"].get("host", ""):
            assert time.monotonic() < deadline, "the API server does not ask about Routes"
            time.sleep(0.01)

    def _bind(self, role: Json, subject: Json, namespace: str | None) -> None:
        of_role, of_binding = (ROLE, ROLE_BINDING) if namespace else (CLUSTER_ROLE, CLUSTER_ROLE_BINDING)
        reference = {"apiGroup": RBAC, "kind": of_role.name, "name": role["metadata"]["name"]}
        self._must("POST", paths.collection(of_role, namespace), role)
        binding = {"metadata": role["metadata"], "roleRef": reference, "subjects": [subject]}
        self._must("POST", paths.collection(of_binding, namespace), binding)

    def _withdraw(self, name: str) -> None:
        for kind in (ROLE_BINDING, ROLE, CLUSTER_ROLE_BINDING, CLUSTER_ROLE):
            for found in self.objects(kind):
                metadata = found["metadata"]
                if re.fullmatch(rf"{re.escape(name)}-\d+", metadata["name"]):
                    self.remove(kind, metadata["name"], metadata.get("namespace", ""))

    def _must(self, method: str, path: str, body: Json) -> Json:
        status, answer = self.server.ask(method, path, body)
        assert status in {200, 201}, answer
        return answer

    def _found(self, namespace: str) -> None:
        """Have a namespace, one of the same name that is still on its way out waited for."""
        deadline = time.monotonic() + 200
        while True:
            self.server.ask("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
            found = self.find(NAMESPACE, namespace)
            if found and found["status"]["phase"] == "Active":
                return
            assert time.monotonic() < deadline, f"namespace {namespace} does not go"
            time.sleep(0.05)

    def _clear(self) -> None:
        """Empty the cluster of what earlier tests have left. Namespaces stay, for they take seconds to go."""
        for kind in (*self._served, SERVICE):
            used = {found["metadata"]["namespace"] for found in self.objects(kind)}
            for namespace in sorted(used - _SYSTEM):
                self._clear_of(kind, namespace)
        for kind in self.server.manner.kinds:
            if not kind.namespaced:
                self.server.ask("DELETE", paths.collection(kind))
        for kind in (CLUSTER_ROLE_BINDING, CLUSTER_ROLE):
            for found in self.objects(kind):
                if _BUILT_IN not in (found["metadata"].get("labels") or {}):
                    self.remove(kind, found["metadata"]["name"])

    def _clear_of(self, kind: Kind, namespace: str) -> None:
        if kind != SERVICE:  # Services cannot be deleted as a collection
            self.server.ask("DELETE", paths.collection(kind, namespace), {"propagationPolicy": "Background"})
        for found in self.objects(kind, namespace):  # what waits for its finalizers, too
            path = paths.item(kind, found["metadata"]["name"], namespace)
            self.server.ask("PATCH", path, {"metadata": {"finalizers": None}}, MERGE)
            self.server.ask("DELETE", path)


class RealClusters:
    """Real API servers in the place of ``ApiServers``, from ``start`` to ``stop``; also a context manager."""

    def __init__(self, plane: ControlPlane, specs: Iterable[ClusterSpec]) -> None:
        self._plane = plane
        self._specs = tuple(specs)
        self._clusters: dict[str, RealCluster] = {}
        self.ca_file = plane.ca_file

    def __getitem__(self, name: str) -> RealCluster:
        return self._clusters[name]

    def __iter__(self) -> Iterator[RealCluster]:
        return iter(self._clusters.values())

    def __len__(self) -> int:
        return len(self._specs)

    def start(self) -> Self:
        servers = self._plane.lend(map(_manner, self._specs))
        for spec, server in zip(self._specs, servers, strict=True):
            cluster = self._clusters[spec.name] = RealCluster(spec, server, self._plane)
            for account in spec.accounts:
                cluster.admit(account)
        return self

    def stop(self) -> None:
        for cluster in self:
            cluster.close()
        self._plane.take_back([cluster.server for cluster in self])
        self._clusters.clear()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def write_kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig with one context per cluster, as the administrator of each."""
        entries = [kubeconfig.Entry(cluster.name, cluster.url, cluster.token) for cluster in self]
        kubeconfig.write(path, entries, self.ca_file.read_bytes())
        return path


def _manner(spec: ClusterSpec) -> Manner:
    openshift = {ROUTE} if spec.openshift else set()
    policies = {CLUSTER_POLICY} if spec.skupper_policy else set()
    return Manner(
        frozenset({*openshift, *policies, *spec.extra_kinds}), controllers=spec.garbage_delay < _NEVER
    )


def _kind_of(obj: Json) -> Kind:
    everything = (*_CONTENT, SERVICE, CLUSTER_ROLE_BINDING, CLUSTER_ROLE, NAMESPACE, ROUTE, CLUSTER_POLICY)
    return next(k for k in everything if (k.api_version, k.name) == (obj["apiVersion"], obj["kind"]))
