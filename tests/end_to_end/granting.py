"""The manifests of ``deploy/rbac`` on the clusters of a test: applied, and with single rights taken away.

All goes through the API by the administrator's requests, so it works on any cluster.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from reconcile.kinds import (
    CLUSTER_ROLE,
    DEPLOYMENT,
    NAMESPACE,
    ROLE,
    ROLE_BINDING,
    SECRET,
    SERVICE_ACCOUNT,
    Kind,
)
from reconcile.openshift import errors
from reconcile.openshift.client import Client
from reconcile.sandbox.kubernetes.catalogue import CLUSTER_ROLE_BINDING
from reconcile.skupper.v1 import names
from tests.end_to_end.harness import Harness, RunResult
from tests.waiting import until

Json = dict[str, Any]
FOLDER = Path(__file__).parents[2] / "deploy" / "rbac"
HOME = "qontract-skupper"
"""Namespace of the accounts."""
_KINDS = (NAMESPACE, SERVICE_ACCOUNT, ROLE, ROLE_BINDING, CLUSTER_ROLE, CLUSTER_ROLE_BINDING)


@dataclass(frozen=True, order=True)
class Right:
    """One verb on one resource."""

    verb: str
    resource: str
    group: str
    name: str = ""
    """Of the one object that it is about; empty for all."""

    @property
    def kind(self) -> Kind:
        return Kind(self.group, "v1", self.resource, self.resource)

    def __str__(self) -> str:
        """As messages name it."""
        return f"{self.verb} on {'.'.join(filter(None, (self.resource, self.group)))}"

    def as_rule(self) -> Json:
        rule = {"apiGroups": [self.group], "resources": [self.resource], "verbs": [self.verb]}
        return {**rule, "resourceNames": [self.name]} if self.name else rule


def manifests(file: str) -> list[Json]:
    return deepcopy(_parsed(file))


@cache
def _parsed(file: str) -> list[Json]:
    """Parsed once for each process: it took a tenth of the time of the tests of rights."""
    return [found for found in yaml.safe_load_all((FOLDER / file).read_text()) if found]


@cache
def rights(file: str) -> tuple[Right, ...]:
    """Every verb on every resource that a file grants."""
    return tuple(right for found in _parsed(file) for right in _rights(found))


def _rights(role: Json) -> list[Right]:
    return [
        Right(verb, resource, group, name)
        for rule in role.get("rules", ())
        for name in rule.get("resourceNames", [""])
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]


def said(result: RunResult) -> list[str]:
    """All that a run complains about."""
    return [*result.outcome.failures, *(finding.message for finding in result.outcome.plan.errors)]


def drop_links(fleet: Harness, cluster: str) -> None:
    """Remove the tokens that a site has been given, so that the next run has links to wait for."""
    for secret in fleet[cluster].objects(SECRET, namespace="net"):
        if secret["metadata"]["name"].startswith("link-"):
            fleet[cluster].remove(SECRET, secret["metadata"]["name"], "net")


def disturb(fleet: Harness) -> None:
    """Take away what a run then has to make again with all its rights."""
    for kind in (DEPLOYMENT, ROLE_BINDING, ROLE):
        if fleet["a"].find(kind, names.SITE_CONTROLLER, "net"):
            fleet["a"].remove(kind, names.SITE_CONTROLLER, "net")


@dataclass(frozen=True)
class Granting:
    """Grants on one cluster, as its administrator."""

    fleet: Harness
    cluster: str

    @contextmanager
    def administrator(self) -> Iterator[Client]:
        with self.fleet.client(self.cluster, self.fleet[self.cluster].token) as client:
            yield client

    def apply(self, file: str, namespace: str = "net", **without: Right) -> None:
        """As ``kubectl apply -n <namespace> -f <file>``."""
        missing = frozenset(without.values())
        with self.administrator() as client:
            for found in manifests(file):
                kind = next(kind for kind in _KINDS if kind.name == found["kind"])
                body = found
                if kind.namespaced:
                    body = {**found, "metadata": {"namespace": namespace, **found["metadata"]}}
                if "rules" in found:
                    kept = [right.as_rule() for right in _rights(found) if right not in missing]
                    body = {**body, "rules": kept}
                client.apply(kind, body)

    def withdraw(self, file: str, namespace: str = "net") -> None:
        """As ``kubectl delete -n <namespace> -f <file>``."""
        with self.administrator() as client:
            for found in reversed(manifests(file)):
                kind = next(kind for kind in _KINDS if kind.name == found["kind"])
                client.delete(kind, found["metadata"]["name"], namespace if kind.namespaced else None)
        self.until_held(rights(file)[-1], namespace, held=False, cluster_wide=file == "cluster.yaml")

    def token(self, account: str = "qontract-skupper") -> str:
        kind = Kind("", "v1", f"serviceaccounts/{account}/token", "TokenRequest")
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        with self.administrator() as client:
            issued = client.create(kind, {**request, "metadata": {"namespace": HOME}})
        return issued["status"]["token"]

    def provide(self, *files: str, namespaces: tuple[str, ...] = ("net",)) -> None:
        """Have the automation account of the cluster work with the rights of these files."""
        self.apply("account.yaml")
        for file in files:
            for namespace in namespaces:
                self.apply(file, namespace)
        self.fleet.token[self.cluster] = self.token()
        for file in files:
            self.until_held(rights(file)[-1], namespaces[-1], cluster_wide=file == "cluster.yaml")

    @contextmanager
    def without(
        self, right: Right, file: str, namespace: str = "net", *, cluster_wide: bool = False
    ) -> Iterator[None]:
        """Take one right of a file away for a while."""
        self.apply(file, namespace, missing=right)
        self.until_held(right, namespace, held=False, cluster_wide=cluster_wide)
        try:
            yield
        finally:
            self.apply(file, namespace)
            self.until_held(right, namespace, cluster_wide=cluster_wide)

    def until_held(
        self, right: Right, namespace: str = "net", *, held: bool = True, cluster_wide: bool = False
    ) -> None:
        """Wait until the server knows: it learns of new rights a moment after they are written."""
        with self.fleet.client(self.cluster) as client:
            asked = (
                (lambda: _asks_everywhere(client, right))
                if cluster_wide
                else (lambda: _may_grant(client, right, namespace))
            )
            until(lambda: asked() == held)


def _may_grant(client: Client, right: Right, namespace: str) -> bool:
    """Whether the account has a right in a namespace: it may put into a Role only what it has."""
    if right.verb == "bind":
        return _may_bind(client, right.name, namespace)
    role = {"metadata": {"name": "trial", "namespace": namespace}, "rules": [right.as_rule()]}
    try:
        client.create(ROLE, role, dry_run=True)
    except errors.Forbidden:
        return False
    return True


def _may_bind(client: Client, name: str, namespace: str) -> bool:
    """Whether the account may bind a ClusterRole in a namespace. It may write RoleBindings there."""
    reference = {"apiGroup": ROLE_BINDING.group, "kind": CLUSTER_ROLE.name, "name": name}
    binding = {"metadata": {"name": "trial", "namespace": namespace}, "roleRef": reference}
    try:
        client.create(ROLE_BINDING, binding, dry_run=True)
    except errors.Forbidden:
        return False
    return True


def _asks_everywhere(client: Client, right: Right) -> bool:
    try:
        if right.verb == "get":
            client.get(NAMESPACE, "default")
        elif right.verb == "list":
            client.list(right.kind)
        else:
            for _ in client.watch(right.kind, resource_version="", timeout=0.1, stop=threading.Event()):
                break
    except errors.Forbidden:
        return False
    except errors.NotServed:
        return True
    return True
