"""Clusters and clients for the tests of how API servers answer."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from reconcile.sandbox.kubernetes.accounts import Account, Rule, within
from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from reconcile.sandbox.kubernetes.controllers import Behaviour
from tests.clusters.backends import Backend, Cluster, Clusters

BOT = Account("bot", "bot-token", (within("a"),))
READER = Account(
    "reader", "reader-token", (Rule(verbs=frozenset({"get", "list"}), resources=frozenset({"configmaps"})),)
)
QUICK = Behaviour(delay=0.001)
NEVER = Behaviour(delay=3600)


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any

    @property
    def reason(self) -> str:
        return self.body.get("reason", "")

    @property
    def version(self) -> str:
        return self.body["metadata"]["resourceVersion"]

    @property
    def names(self) -> list[str]:
        return [item["metadata"]["name"] for item in self.body["items"]]


@dataclass(frozen=True)
class Api:
    """A bare HTTP client of one cluster."""

    cluster: Cluster
    context: ssl.SSLContext
    token: str

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        **headers: str,
    ) -> Answer:
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.cluster.url + path, data, headers, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", content_type)
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=20) as response:
                return Answer(response.status, _parsed(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _parsed(error.read()))

    def watch(self, path: str) -> Any:
        """An open watch: iterate over its lines, close it when done."""
        request = urllib.request.Request(self.cluster.url + path)
        request.add_header("Authorization", f"Bearer {self.token}")
        return urllib.request.urlopen(request, context=self.context, timeout=20)

    def by(self, token: str) -> "Api":
        """The same for an account that has this token by its specification."""
        return Api(self.cluster, self.context, getattr(self.cluster, "aliases", {}).get(token, token))


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode()


def config_map(name: str = "cm", **parts: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, **parts.pop("metadata", {})},
        **parts,
    }


@pytest.fixture
def fleet(backend: Backend) -> Iterator[Clusters]:
    """Two clusters: OpenShift with a short history, and plain Kubernetes without load balancers."""
    plain = Behaviour(delay=0.001, load_balancers="pending")
    specs = [
        ClusterSpec(
            "shift",
            namespaces=("a", "b"),
            accounts=(BOT, READER),
            behaviour=QUICK,
            garbage_delay=0.001,
            history=20,
        ),
        ClusterSpec("plain", namespaces=("a",), openshift=False, skupper_policy=False, behaviour=plain),
    ]
    with backend.clusters(specs) as servers:
        yield servers


@pytest.fixture
def api(fleet: Clusters) -> Api:
    """The OpenShift cluster, with empty namespaces ``a`` and ``b``."""
    return client(fleet, "shift")


@pytest.fixture
def plain(fleet: Clusters) -> Api:
    """The plain cluster, with an empty namespace ``a``."""
    return client(fleet, "plain")


def client(fleet: Clusters, name: str) -> Api:
    """The administrator's client of a cluster."""
    return Api(fleet[name], ssl.create_default_context(cafile=str(fleet.ca_file)), fleet[name].token)
