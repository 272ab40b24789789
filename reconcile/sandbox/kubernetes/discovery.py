"""What a cluster says about itself: API groups, resources, version."""

from aiohttp import web

from reconcile.sandbox.kubernetes import openapi
from reconcile.sandbox.kubernetes.catalogue import Catalogue, Resource
from reconcile.sandbox.kubernetes.errors import Object, UnknownPathError
from reconcile.sandbox.kubernetes.openapi import OpenApi
from reconcile.sandbox.kubernetes.store import to_json

SERVER_VERSION = "1.29"


class Discovery:
    """Discovery documents of one cluster."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._openapi = OpenApi(catalogue)

    def version(self) -> Object:
        """The answer of ``/version``."""
        major, minor = SERVER_VERSION.split(".")
        return {
            "major": major,
            "minor": minor,
            "gitVersion": f"v{SERVER_VERSION}.0+sandbox",
            "gitCommit": "",
            "gitTreeState": "clean",
            "buildDate": "1970-01-01T00:00:00Z",
            "goVersion": "",
            "compiler": "",
            "platform": "sandbox",
        }

    def answer(self, request: web.Request) -> web.Response:
        """Answer a request for a discovery document.

        Raises:
            UnknownPathError: There is none.
        """
        if request.path == "/openapi/v2" and openapi.PROTOBUF in request.headers.get("Accept", ""):
            encoded = self._openapi.document_v2_protobuf()
            return web.Response(body=encoded, content_type="application/octet-stream")
        parts = request.path.strip("/").split("/")
        document = self._document(parts)
        if document is None:
            raise UnknownPathError
        return web.Response(body=to_json(document), content_type="application/json")

    def _document(self, parts: list[str]) -> Object | None:
        if parts[0] == "openapi":
            return self._openapi_document(parts[1:])
        groups = self._catalogue.groups()
        if parts == ["version"]:
            return self.version()
        if parts == ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        if parts == ["apis"]:
            named = [_group(name, versions) for name, versions in groups.items() if name]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": named}
        if parts == ["api", "v1"]:
            return self._resources("", "v1")
        if parts[0] == "apis" and len(parts) == 2 and parts[1] in groups:
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(parts[1], groups[parts[1]])}
        if parts[0] == "apis" and len(parts) == 3 and parts[2] in groups.get(parts[1], ()):
            return self._resources(parts[1], parts[2])
        return None

    def _openapi_document(self, parts: list[str]) -> Object | None:
        if parts == ["v2"]:
            return self._openapi.document_v2()
        if parts == ["v3"]:
            return self._openapi.index_v3()
        return self._openapi.document_v3("/".join(parts[1:])) if parts[:1] == ["v3"] else None

    def _resources(self, group: str, version: str) -> Object:
        resources = [
            entry
            for resource in self._catalogue.resources
            if (resource.kind.group, resource.kind.version) == (group, version)
            for entry in _entries(resource)
        ]
        group_version = f"{group}/{version}" if group else version
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": group_version,
            "resources": resources,
        }


def _group(name: str, versions: list[str]) -> Object:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def _entries(resource: Resource) -> list[Object]:
    kind = resource.kind
    entry: Object = {
        "name": kind.plural,
        "singularName": resource.singular,
        "namespaced": kind.namespaced,
        "kind": kind.name,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.in_all:
        entry["categories"] = ["all"]
    if not resource.status:
        return [entry]
    status = {
        "name": f"{kind.plural}/status",
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": kind.name,
        "verbs": ["get", "patch", "update"],
    }
    return [entry, status]
