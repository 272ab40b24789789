"""Discovery documents of a simulated cluster: API groups, resources, version, and the least OpenAPI for kubectl.

kubectl reads from OpenAPI only which kinds can be patched with which parameters. No schemas are published, so it falls
back on its built-in merge rules.
"""

from collections.abc import Mapping

from reconcile.sandbox.kubernetes.catalogue import Catalogue, Resource
from reconcile.sandbox.kubernetes.errors import Object

SERVER_VERSION = "1.29"
_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation", "force")


def documents(catalogue: Catalogue) -> Mapping[str, Object]:
    """All documents, by path without the leading slash."""
    versions: dict[str, list[str]] = {}
    roots: dict[str, list[Resource]] = {}
    for resource in catalogue.resources:
        kind = resource.kind
        roots.setdefault(_root(resource), []).append(resource)
        if kind.version not in versions.setdefault(kind.group, []):
            versions[kind.group].append(kind.version)
    groups = {name: _group(name, listed) for name, listed in versions.items() if name}
    return {
        "version": _version(),
        "api": {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
        "apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": list(groups.values())},
        **{
            f"apis/{name}": {"kind": "APIGroup", "apiVersion": "v1", **group}
            for name, group in groups.items()
        },
        **{root: _resource_list(listed) for root, listed in roots.items()},
        "openapi/v3": {"paths": {root: {"serverRelativeURL": f"/openapi/v3/{root}"} for root in roots}},
        **{f"openapi/v3/{root}": _openapi(listed) for root, listed in roots.items()},
    }


def _version() -> Object:
    major, minor = SERVER_VERSION.split(".")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{SERVER_VERSION}.0+sandbox",
        "platform": "sandbox",
    }


def _root(resource: Resource) -> str:
    return f"apis/{resource.kind.api_version}" if resource.kind.group else "api/v1"


def _group(name: str, versions: list[str]) -> Object:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def _resource_list(resources: list[Resource]) -> Object:
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": resources[0].kind.api_version,
        "resources": [entry for resource in resources for entry in _entries(resource)],
    }


def _entries(resource: Resource) -> list[Object]:
    kind = resource.kind
    shared = {"namespaced": kind.namespaced, "kind": kind.name}
    entry = {
        "name": kind.plural,
        "singularName": kind.name.lower(),
        "verbs": list(resource.verbs),
        "shortNames": list(resource.short_names),
        **shared,
    }
    status = {
        "name": f"{kind.plural}/status",
        "singularName": "",
        "verbs": ["get", "patch", "update"],
        **shared,
    }
    return [entry, status] if resource.status else [entry]


def _openapi(resources: list[Resource]) -> Object:
    paths = {_path(each): {"patch": _operation(each)} for each in resources if "patch" in each.verbs}
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "sandbox"}, "paths": paths}


def _path(resource: Resource) -> str:
    scope = "namespaces/{namespace}/" if resource.kind.namespaced else ""
    return f"/{_root(resource)}/{scope}{resource.kind.plural}/{{name}}"


def _operation(resource: Resource) -> Object:
    kind = resource.kind
    return {
        "parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in _PARAMETERS],
        "responses": {"200": {"description": "OK"}},
        "x-kubernetes-group-version-kind": {"group": kind.group, "kind": kind.name, "version": kind.version},
    }
