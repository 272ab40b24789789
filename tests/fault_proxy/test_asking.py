"""Requests are reported in the words of RBAC."""

import pytest

from tests.fault_proxy.asking import Asked, parse

NET = "/api/v1/namespaces/net"


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", "/api/v1/secrets", {}, Asked("", "", "list", "", "secrets")),
        ("GET", f"{NET}/secrets", {"watch": "true"}, Asked("", "", "watch", "", "secrets", "net")),
        ("GET", f"{NET}/secrets/x", {}, Asked("", "", "get", "", "secrets", "net", "x")),
        ("GET", NET, {}, Asked("", "", "get", "", "namespaces", "", "net")),
        ("PUT", f"{NET}/status", {}, Asked("", "", "update", "", "namespaces", "", "net", "status", True)),
        ("POST", f"{NET}/secrets", {}, Asked("", "", "create", "", "secrets", "net", write=True)),
        ("POST", f"{NET}/secrets", {"dryRun": "All"}, Asked("", "", "create", "", "secrets", "net")),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/net/deployments/x/scale",
            {},
            Asked("", "", "patch", "apps", "deployments", "net", "x", "scale", True),
        ),
        (
            "DELETE",
            "/apis/apps/v1/namespaces/net/deployments",
            {},
            Asked("", "", "deletecollection", "apps", "deployments", "net", write=True),
        ),
        ("GET", "/version", {}, Asked("", "", "get")),
        ("GET", "/apis/apps/v1", {}, Asked("", "", "get")),
    ],
)
def test_a_path_is_taken_apart(method: str, path: str, query: dict[str, str], expected: Asked) -> None:
    found = parse(method, path, query)
    assert (found.method, found.path) == (method, path)
    assert [getattr(found, name) for name in Asked.__slots__[2:]] == [
        getattr(expected, name) for name in Asked.__slots__[2:]
    ]
