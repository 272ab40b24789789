"""What every kube-apiserver creates for itself: whoever lists a whole cluster meets it."""

import datetime
from collections.abc import Iterator

from reconcile.sandbox.kubernetes.errors import Object

_NAMESPACES = ("kube-system", "kube-public", "default", "kube-node-lease")
_TOKEN_TRACKING = "kube-apiserver-legacy-service-account-token-tracking"  # noqa: S105 - a name
_OWN_ADDRESS = "172.30.0.1"
"""The first of the range, which no other Service gets."""


def objects(now: datetime.datetime) -> Iterator[Object]:
    """The objects, each after its namespace."""
    yield from map(namespace, _NAMESPACES)
    yield {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _TOKEN_TRACKING, "namespace": "kube-system"},
        "data": {"since": now.date().isoformat()},
    }
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "clusterIP": _OWN_ADDRESS,
            "ports": [{"name": "https", "port": 443, "targetPort": 6443}],
        },
    }


def namespace(name: str) -> Object:
    """A namespace of that name."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
