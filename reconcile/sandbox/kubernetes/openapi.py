"""The least OpenAPI that kubectl needs: which kinds can be patched, with which parameters.

kubectl asks it whether a server validates fields and supports dry runs. No schemas are published, so kubectl falls
back on the merge rules that are built into it, which are those of the kinds served here.
"""

import json

from reconcile.sandbox.kubernetes import protobuf
from reconcile.sandbox.kubernetes.catalogue import Catalogue, Resource
from reconcile.sandbox.kubernetes.errors import Object

PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation", "force")
_INFO = {"title": "Kubernetes", "version": "sandbox"}
_GVK = "x-kubernetes-group-version-kind"


class OpenApi:
    """OpenAPI documents of one cluster."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._patched = tuple(resource for resource in catalogue.resources if "patch" in resource.verbs)

    def index_v3(self) -> Object:
        """The answer of ``/openapi/v3``: where the documents of the API versions are."""
        roots = dict.fromkeys(_root(resource) for resource in self._patched)
        return {"paths": {root: {"serverRelativeURL": f"/openapi/v3/{root}"} for root in roots}}

    def document_v3(self, root: str) -> Object | None:
        """The document of one API version, for example ``apis/apps/v1``."""
        paths = {
            _path(res): {"patch": _operation(res, v3=True)} for res in self._patched if _root(res) == root
        }
        return {"openapi": "3.0.0", "info": _INFO, "paths": paths} if paths else None

    def document_v2(self) -> Object:
        """The answer of ``/openapi/v2`` as JSON."""
        paths = {_path(resource): {"patch": _operation(resource, v3=False)} for resource in self._patched}
        return {"swagger": "2.0", "info": _INFO, "paths": paths, "definitions": {}}

    def document_v2_protobuf(self) -> bytes:
        """The same as a ``Document`` of ``gnostic/openapiv2/OpenAPIv2.proto``."""
        info = protobuf.message(2, protobuf.text(1, _INFO["title"]), protobuf.text(2, _INFO["version"]))
        items = (
            protobuf.message(
                2, protobuf.text(1, _path(res)), protobuf.message(2, protobuf.message(8, _encoded(res)))
            )
            for res in self._patched
        )
        return protobuf.text(1, "2.0") + info + protobuf.message(8, *items)


def _root(resource: Resource) -> str:
    return f"apis/{resource.kind.api_version}" if resource.kind.group else "api/v1"


def _path(resource: Resource) -> str:
    scope = "namespaces/{namespace}/" if resource.kind.namespaced else ""
    return f"/{_root(resource)}/{scope}{resource.kind.plural}/{{name}}"


def _gvk(resource: Resource) -> dict[str, str]:
    kind = resource.kind
    return {"group": kind.group, "kind": kind.name, "version": kind.version}


def _operation(resource: Resource, *, v3: bool) -> Object:
    type_of = {"schema": {"type": "string"}} if v3 else {"type": "string"}
    parameters = [{"name": name, "in": "query", **type_of} for name in _PARAMETERS]
    return {"parameters": parameters, "responses": {"200": {"description": "OK"}}, _GVK: _gvk(resource)}


def _encoded(resource: Resource) -> bytes:
    """An ``Operation``: its query parameters and the kind it is for."""
    parameters = (
        protobuf.message(
            8, protobuf.message(1, protobuf.message(2, protobuf.message(3, _query_parameter(name))))
        )
        for name in _PARAMETERS
    )
    kind = protobuf.message(
        13, protobuf.text(1, _GVK), protobuf.message(2, protobuf.text(2, json.dumps(_gvk(resource))))
    )
    return b"".join(parameters) + kind


def _query_parameter(name: str) -> bytes:
    return protobuf.text(2, "query") + protobuf.text(4, name)
