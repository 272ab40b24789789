"""Requests taken apart: which resource, which object, which verb.

A :class:`Call` is what accounts are asked about, counters count and fault hooks see.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from reconcile.kinds import NAMESPACE, SERVICE_ACCOUNT
from reconcile.sandbox.kubernetes.catalogue import Catalogue, Resource
from reconcile.sandbox.kubernetes.errors import UnknownPathError, method_not_allowed, path_not_found
from reconcile.sandbox.kubernetes.rules import Request

Subresource = Literal["", "status", "finalize", "token"]
_SUBRESOURCES: dict[str, Subresource] = {"status": "status", "finalize": "finalize", "token": "token"}
_VERBS = {
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
    "GET": "get",
    "HEAD": "get",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request for a resource."""

    cluster: str
    user: str
    verb: str
    """``get``, ``list``, ``watch``, ``create``, ``update``, ``patch``, ``delete`` or ``deletecollection``."""
    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: Subresource = ""
    selected: str = ""
    """The one name that the field selector of a list or watch leaves."""

    @property
    def scope(self) -> str:
        """The namespace that rights are asked for: that of the object, or the namespace that it is."""
        return self.name if self.resource.kind == NAMESPACE else self.namespace

    def asks_for(self, verb: str = "") -> Request:
        """The right that it takes."""
        kind = self.resource.kind
        resource = f"{kind.plural}/{self.subresource}" if self.subresource else kind.plural
        return Request(verb or self.verb, kind.group, resource, self.scope, self.name or self.selected)

    @property
    def is_write(self) -> bool:
        """Whether the verb can change something."""
        return self.verb not in {"get", "list", "watch"}


def names_resource(path: str) -> bool:
    """Whether a path leads to a resource, not to discovery."""
    parts = path.strip("/").split("/")
    return (parts[0] == "api" and len(parts) > 2) or (parts[0] == "apis" and len(parts) > 3)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrives."""

    cluster: str
    user: str
    method: str
    path: str
    query: Mapping[str, str]


def parse(catalogue: Catalogue, asked: Asked) -> Call:
    """Take apart the path of a resource: ``/api/v1/namespaces/a/secrets/b``, ``/apis/apps/v1/deployments``.

    Raises:
        ApiError: 404 if nothing is served there, 405 if the resource does not support the verb.
    """
    parts = asked.path.strip("/").split("/")
    core = parts[0] == "api"
    group, version, rest = ("", parts[1], parts[2:]) if core else (parts[1], parts[2], parts[3:])
    if not any(resource.kind.group == group for resource in catalogue.resources):
        raise UnknownPathError
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and not (core and rest[2] in _SUBRESOURCES):
        namespace, rest = rest[1], rest[2:]
    resource = catalogue.at(group, version, rest[0])
    if resource is None or len(rest) > 3 or (namespace and not resource.kind.namespaced):
        raise path_not_found()
    name, extra = (*rest[1:], "", "")[:2]
    if extra and not _has(resource, extra):
        raise path_not_found()
    subresource = _SUBRESOURCES.get(extra, "")
    verb = _verb(asked.method, name, subresource, asked.query)
    selected = "" if name else _selected_name(asked.query)
    call = Call(asked.cluster, asked.user, verb, resource, namespace, name, subresource, selected)
    if call.verb not in resource.verbs:
        raise method_not_allowed()
    if resource.kind.namespaced and not namespace and call.verb not in {"list", "watch"}:
        raise method_not_allowed()
    return call


def _selected_name(query: Mapping[str, str]) -> str:
    """Rights on objects by name cover a list or watch that selects that name."""
    terms = (term.replace("==", "=").partition("=") for term in query.get("fieldSelector", "").split(","))
    return next((value for field, _, value in terms if field == "metadata.name"), "")


def _has(resource: Resource, subresource: str) -> bool:
    if subresource == "status":
        return resource.status
    if subresource == "token":
        return resource.kind == SERVICE_ACCOUNT
    return subresource == "finalize" and resource.kind.plural == "namespaces"


def _verb(method: str, name: str, subresource: str, query: Mapping[str, str]) -> str:
    verb = _VERBS.get(method)
    if verb is None:
        raise method_not_allowed()
    if name:
        if (verb == "create") != (subresource == "token"):
            raise method_not_allowed()
        return verb
    if verb in {"update", "patch"}:
        raise method_not_allowed()
    if verb == "get" and query.get("watch") in {"1", "true"}:
        return "watch"
    return {"get": "list", "delete": "deletecollection"}.get(verb, verb)
