"""What a request to an API server asks for, in the words of RBAC."""

from collections.abc import Mapping
from dataclasses import dataclass

_VERBS = {
    "GET": "get",
    "HEAD": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_OF_COLLECTIONS = {"get": "list", "delete": "deletecollection"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, taken apart. All but method, path and verb are empty for paths that lead to no resource."""

    method: str
    path: str
    verb: str
    """get, list, watch, create, update, patch, delete or deletecollection."""
    group: str = ""
    plural: str = ""
    namespace: str = ""
    """Empty for cluster-wide requests, and for namespaces themselves."""
    name: str = ""
    """As the path has it: empty for a create, whose body names the object."""
    subresource: str = ""
    write: bool = False
    """It may change something; dry runs do not."""


def parse(method: str, path: str, query: Mapping[str, str]) -> Asked:
    """Take apart ``/api/v1/namespaces/a/secrets/b``, ``/apis/apps/v1/deployments`` and the like."""
    steps = path.strip("/").split("/")
    group, rest = ("", steps[2:]) if steps[0] == "api" else ("".join(steps[1:2]), steps[3:])
    if steps[0] not in {"api", "apis"} or not rest:
        return Asked(method, path, _VERBS.get(method, method.lower()))
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in {"status", "finalize"}:
        namespace, rest = rest[1], rest[2:]
    plural, name, subresource = rest[0], "".join(rest[1:2]), "/".join(rest[2:])
    verb = _VERBS.get(method, method.lower())
    if verb == "get" and query.get("watch") in {"1", "true"}:
        verb = "watch"
    elif not name:
        verb = _OF_COLLECTIONS.get(verb, verb)
    write = verb not in {"get", "list", "watch"} and not query.get("dryRun")
    return Asked(method, path, verb, group, plural, namespace, name, subresource, write)
