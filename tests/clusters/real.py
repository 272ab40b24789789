"""Real kube-apiservers in the place of simulated clusters, as far as tests ask for them.

A server is acquired from the pool of the test run, empty, and released at the end: to start one takes seconds.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reconcile.kinds import (
    CLUSTER_POLICY,
    CLUSTER_ROLE,
    CONFIG_MAP,
    DEPLOYMENT,
    NAMESPACE,
    POD,
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
from reconcile.sandbox.kubernetes import servers
from reconcile.sandbox.kubernetes.accounts import Account
from reconcile.sandbox.kubernetes.catalogue import CLUSTER_ROLE_BINDING
from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from tests.clusters import pool
from tests.clusters.api_server import Profile
from tests.clusters.cloud_stub import CloudStub
from tests.clusters.collecting import Collector
from tests.clusters.pool import Loan, Wish

Json = dict[str, Any]
ACCOUNTS = "automation"
"""Namespace of the service accounts that tests let in."""
RBAC = "rbac.authorization.k8s.io"
_KINDS = (
    *(CONFIG_MAP, SECRET, SERVICE_ACCOUNT, ROLE_BINDING, ROLE, DEPLOYMENT, SERVICE, NAMESPACE),
    *(CLUSTER_ROLE_BINDING, CLUSTER_ROLE, ROUTE, CLUSTER_POLICY, POD),
)
_NEVER = 3600
"""Seconds; a specification that delays garbage collection so long wants none."""


class RealCluster:
    """One API server while a test has it."""

    def __init__(self, spec: ClusterSpec, loan: Loan) -> None:
        self.spec = spec
        self.name = spec.name
        self.url = loan.url
        self.token = loan.token
        self._administrator = loan.administrator()
        self._client = self.client(field_manager="sandbox")
        for namespace in {*spec.namespaces, ACCOUNTS}:
            self._administrator.must("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
        self._cloud_stub = CloudStub(self._administrator, self._client, spec.behaviour)
        wanted = loan.profile.controllers and not loan.collects
        self._collector = Collector(self._client) if wanted else None
        self._tokens: dict[str, str] = {}
        self._granted: dict[str, list[str]] = {}
        """Name of an account -> paths of what gives it its rights."""
        self.aliases: dict[str, str] = {}
        """The token that an account was to have by its specification -> the one that it has."""

    def close(self) -> None:
        self._cloud_stub.stop()
        if self._collector:
            self._collector.stop()
        self._client.close()
        self._administrator.close()

    def client(self, *, field_manager: str) -> Client:
        """A client of the administrator; it must be closed."""
        access = Access(self.name, self.url, self.token, str(pool.authority()))
        return Client(access, field_manager=field_manager)

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
        name = _account_name(account.user)
        for path in self._granted.pop(name, ()):
            self._administrator.ask("DELETE", path)
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
            self._administrator.must("POST", path, {"metadata": {"name": name}})
            request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
            answer = self._administrator.must("POST", f"{path}/{name}/token", request)
            self._tokens[account.user] = answer["status"]["token"]
        self.aliases[account.token] = self._tokens[account.user]
        return self._tokens[account.user]

    def revoke(self, token: str) -> None:
        """Have a token refused from now on."""
        user = next(user for user, known in self._tokens.items() if known == token)
        self._client.delete(SERVICE_ACCOUNT, _account_name(user), ACCOUNTS)
        del self._tokens[user]

    def _bind(self, role: Json, subject: Json, namespace: str | None) -> None:
        of_role, of_binding = (ROLE, ROLE_BINDING) if namespace else (CLUSTER_ROLE, CLUSTER_ROLE_BINDING)
        name = role["metadata"]["name"]
        reference = {"apiGroup": RBAC, "kind": of_role.name, "name": name}
        binding = {"metadata": role["metadata"], "roleRef": reference, "subjects": [subject]}
        for kind, body in ((of_role, role), (of_binding, binding)):
            self._administrator.must("POST", paths.collection(kind, namespace), body)
            self._granted.setdefault(subject["name"], []).append(paths.item(kind, name, namespace))


class RealClusters:
    """Real API servers in the place of ``ApiServers``, from ``start`` to ``stop``; also a context manager."""

    def __init__(self, specs: Iterable[ClusterSpec]) -> None:
        self._specs = tuple(specs)
        self._loans: list[Loan] = []
        self._clusters: dict[str, RealCluster] = {}

    def __getitem__(self, name: str) -> RealCluster:
        return self._clusters[name]

    def __iter__(self) -> Iterator[RealCluster]:
        return iter(self._clusters.values())

    def __len__(self) -> int:
        return len(self._specs)

    @property
    def ca_file(self) -> Path:
        """What clients trust."""
        return pool.authority()

    def start(self) -> Self:
        self._loans = pool.acquire([_wish(spec) for spec in self._specs])
        for spec, loan in zip(self._specs, self._loans, strict=True):
            cluster = self._clusters[spec.name] = RealCluster(spec, loan)
            for account in spec.accounts:
                cluster.admit(account)
        return self

    def stop(self) -> None:
        for cluster in self:
            cluster.close()
        pool.release(self._loans)
        self._clusters.clear()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def write_kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig with one context per cluster, as the administrator of each."""
        return servers.write_kubeconfig(path, self, self.ca_file.read_bytes())


def _wish(spec: ClusterSpec) -> Wish:
    openshift = {ROUTE} if spec.openshift else set()
    policies = {CLUSTER_POLICY} if spec.skupper_policy else set()
    kinds = frozenset({*openshift, *policies, *spec.extra_kinds})
    profile = Profile(kinds, controllers=spec.garbage_delay < _NEVER)
    return Wish(profile, f"apps.{spec.name}.example")


def _account_name(user: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", user.lower()).strip("-")


def _kind_of(obj: Json) -> Kind:
    return next(kind for kind in _KINDS if (kind.api_version, kind.name) == (obj["apiVersion"], obj["kind"]))
