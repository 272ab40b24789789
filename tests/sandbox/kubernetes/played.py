"""The shapes of request that the conversation plays to a real kube-apiserver, and those that it cannot play."""

import json
from functools import cache
from urllib.parse import parse_qsl, urlsplit

from reconcile.sandbox.kubernetes import requests
from reconcile.sandbox.kubernetes.requests import RequestShape
from tests.sandbox.kubernetes.recording import FILE
from tests.sandbox.kubernetes.scenes import SCENES

_EXCEPTIONS = {
    "routes.route.openshift.io": "OpenShift's own API server; a kube-apiserver serves a stand-in by a definition",
    "projects.project.openshift.io": "OpenShift's own API server; no kube-apiserver serves a view of namespaces",
}
"""Why no scene can play a resource."""


def exception(shape: RequestShape) -> str:
    """Why a shape need not be played; empty if it must."""
    return _EXCEPTIONS.get(shape.resource.partition("/")[0], "")


@cache
def shapes() -> frozenset[RequestShape]:
    """The shapes of all steps, with the status that the real server answered."""
    recorded = json.loads(FILE.read_text())
    found = set()
    for scene, steps in SCENES.items():
        for step in steps:
            url = urlsplit(step.path)
            content_type = "" if step.body is None else step.content_type
            status = recorded.get(scene, {}).get(step.name, {}).get("code", 0)
            found.add(requests.shape(step.method, url.path, dict(parse_qsl(url.query)), content_type, status))
    return frozenset(shape for shape in found if shape)
