"""Parses requests: which resource, which object, which verb; and fault hooks that tests put before and after them.

A :class:`Call` is what rights are checked for, counters count and fault hooks see.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from reconcile.kinds import NAMESPACE, SERVICE_ACCOUNT
from reconcile.sandbox.kubernetes.catalogue import Catalogue, Resource
from reconcile.sandbox.kubernetes.errors import UnknownPathError, method_not_allowed, path_not_found
from reconcile.sandbox.kubernetes.rbac import Request

_SUBRESOURCES = frozenset({"status", "finalize", "token"})
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "GET": "get"}
_COLLECTION_VERBS = {"POST": "create", "DELETE": "deletecollection", "GET": "list"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request for a resource."""

    cluster: str
    user: str
    verb: str
    """``get``, ``list``, ``watch``, ``create``, ``update``, ``patch`` or ``delete``."""
    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    selected: str = ""
    """The only name that the field selector of a list or watch matches."""

    def asks_for(self, verb: str = "") -> Request:
        """The right that the request needs."""
        kind = self.resource.kind
        resource = f"{kind.plural}/{self.subresource}" if self.subresource else kind.plural
        scope = self.name if kind == NAMESPACE else self.namespace
        return Request(verb or self.verb, kind.group, resource, scope, self.name or self.selected)

    @property
    def is_write(self) -> bool:
        """Whether the verb can change something."""
        return self.verb not in {"get", "list", "watch"}


Hook = Callable[[Call], Awaitable[None] | None]
"""Lets a request pass by returning None, delays it by being a coroutine, cuts the connection by raising
``ConnectionResetError``. Hooks run on the event loop and must not block it."""


@dataclass(slots=True)
class Faults:
    """The hooks of one cluster, called in order for every resource request."""

    before: list[Hook] = field(default_factory=list)
    """Called once a request is authenticated, before anything is done."""
    after: list[Hook] = field(default_factory=list)
    """Called once a request is done, before it is answered."""


async def run_hooks(hooks: Iterable[Hook], call: Call) -> None:
    """Call the hooks for a request."""
    for hook in tuple(hooks):
        delay = hook(call)
        if inspect.isawaitable(delay):
            await delay


def names_resource(path: str) -> bool:
    """Whether a path is that of a resource, not of a discovery document."""
    parts = path.strip("/").split("/")
    return (parts[0] == "api" and len(parts) > 2) or (parts[0] == "apis" and len(parts) > 3)


@dataclass(frozen=True, slots=True)
class Path:
    """The path of a resource: ``/api/v1/namespaces/a/secrets/b``, ``/apis/apps/v1/deployments``."""

    group: str
    version: str
    namespace: str
    plural: str
    name: str
    subresource: str


def split(path: str) -> Path | None:
    """Split the path of a resource; None if it is too long."""
    parts = path.strip("/").split("/")
    core = parts[0] == "api"
    group, version, rest = ("", parts[1], parts[2:]) if core else (parts[1], parts[2], parts[3:])
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and not (core and rest[2] in _SUBRESOURCES):
        namespace, rest = rest[1], rest[2:]
    if len(rest) > 3:
        return None
    plural, name, subresource = (*rest, "", "")[:3]
    return Path(group, version, namespace, plural, name, subresource)


def verb_of(method: str, path: Path, query: Mapping[str, str]) -> str | None:
    """The Kubernetes verb of a request; None if there is none."""
    if not path.name and method == "GET" and query.get("watch") in {"1", "true"}:
        return "watch"
    return (_VERBS if path.name else _COLLECTION_VERBS).get(method)


def parse(
    catalogue: Catalogue, cluster: str, user: str, method: str, path: str, query: Mapping[str, str]
) -> Call:
    """Parse a request for a resource.

    Raises:
        UnknownPathError: The API group is not served.
        ApiError: 404 if the resource is not served, 405 if it does not support the verb.
    """
    found = split(path)
    if found is None:
        raise path_not_found()
    if not any(resource.kind.group == found.group for resource in catalogue.resources):
        raise UnknownPathError
    resource = catalogue.at(found.group, found.version, found.plural)
    if resource is None or (found.namespace and not resource.kind.namespaced):
        raise path_not_found()
    if found.subresource and not _has(resource, found.subresource):
        raise path_not_found()
    verb = verb_of(method, found, query)
    collection = resource.kind.namespaced and not found.namespace
    if (
        verb not in resource.verbs
        or (found.name and (verb == "create") != (found.subresource == "token"))
        or (collection and verb not in {"list", "watch"})
    ):
        raise method_not_allowed()
    selected = "" if found.name else _selected_name(query)
    return Call(cluster, user, verb, resource, found.namespace, found.name, found.subresource, selected)


def _selected_name(query: Mapping[str, str]) -> str:
    """The name that a field selector asks for: rights on objects by name cover such a list or watch."""
    terms = (term.replace("==", "=").partition("=") for term in query.get("fieldSelector", "").split(","))
    return next((value for field, _, value in terms if field == "metadata.name"), "")


def _has(resource: Resource, subresource: str) -> bool:
    return {
        "status": resource.status,
        "token": resource.kind == SERVICE_ACCOUNT,
        "finalize": resource.kind == NAMESPACE,
    }.get(subresource, False)
