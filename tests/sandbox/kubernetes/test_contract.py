"""The contract of an API server, in raw HTTP: nothing of our client is used, only ``http.client``.

The same requests are sent to a real kube-apiserver where there is one.
"""

import http.client
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from tests.clusters.backends import Backend, Clusters

CMS = "/api/v1/namespaces/a/configmaps"
JSON = "application/json"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"

Answer = tuple[int, Any]
Send = Callable[..., Answer]


@pytest.fixture
def send(backend: Backend) -> Iterator[Send]:
    """Sends a request to a cluster with an empty namespace ``a``; returns the status and the parsed body."""
    with backend.clusters([ClusterSpec("one", namespaces=("a",))]) as servers:
        yield sender(servers)


def sender(servers: Clusters) -> Send:
    cluster = servers["one"]
    address = urlsplit(cluster.url).netloc
    context = ssl.create_default_context(cafile=str(servers.ca_file))

    def send(method: str, path: str, body: Any = None, *, token: str = "", form: str = JSON) -> Answer:
        headers = {"Authorization": f"Bearer {token or cluster.token}", "Content-Type": form}
        connection = http.client.HTTPSConnection(address, context=context, timeout=20)
        with closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            return response.status, parsed(response.read())

    return send


def parsed(raw: bytes) -> Any:
    """An object, or the list of the events of a watch."""
    lines = [json.loads(line) for line in raw.splitlines()]
    return lines if lines and "type" in lines[0] else lines[0]


def config_map(name: str = "cm", /, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def create(send: Send, name: str = "cm", **data: str) -> dict[str, str]:
    """Create a ConfigMap; returns its metadata."""
    status, body = send("POST", CMS, config_map(name, **data))
    assert status == 201
    metadata: dict[str, str] = body["metadata"]
    return metadata


def apply(send: Send, manager: str, *, force: bool = False, **data: str) -> Answer:
    query = f"fieldManager={manager}&force={str(force).lower()}"
    return send("PATCH", f"{CMS}/cm?{query}", config_map(**data), form=APPLY)


def test_resources_are_discovered_by_group_and_version(send: Send) -> None:
    _, groups = send("GET", "/apis")
    _, core = send("GET", "/api/v1")
    _, apps = send("GET", "/apis/apps/v1")
    assert "apps" in {group["name"] for group in groups["groups"]}
    assert {"configmaps", "secrets", "namespaces"} <= {each["name"] for each in core["resources"]}
    assert {"deployments", "deployments/status"} <= {each["name"] for each in apps["resources"]}


def test_a_created_object_has_an_identity_and_can_be_read(send: Send) -> None:
    created = create(send, a="1")
    status, body = send("GET", f"{CMS}/cm")
    assert (status, body["data"], body["metadata"]["uid"]) == (200, {"a": "1"}, created["uid"])


def test_a_second_create_is_409_already_exists(send: Send) -> None:
    create(send)
    status, body = send("POST", CMS, config_map())
    assert (status, body["kind"], body["reason"], body["code"]) == (409, "Status", "AlreadyExists", 409)


def test_an_object_that_does_not_exist_is_404(send: Send) -> None:
    status, body = send("GET", f"{CMS}/cm")
    assert (status, body["reason"], body["details"]) == (
        404,
        "NotFound",
        {"name": "cm", "kind": "configmaps"},
    )


def test_a_list_is_read_in_pages_of_one_resource_version(send: Send) -> None:
    for name in ("one", "three", "two"):
        create(send, name)
    _, first = send("GET", f"{CMS}?limit=2")
    _, second = send("GET", f"{CMS}?limit=2&continue={first['metadata']['continue']}")
    names = [[item["metadata"]["name"] for item in page["items"]] for page in (first, second)]
    assert names == [["one", "three"], ["two"]]
    assert "continue" not in second["metadata"]
    assert first["metadata"]["resourceVersion"] == second["metadata"]["resourceVersion"]


def test_a_watch_from_a_list_misses_nothing(send: Send) -> None:
    _, listed = send("GET", CMS)
    create(send, a="1")
    send("PATCH", f"{CMS}/cm", {"data": {"a": "2"}}, form=MERGE)
    send("DELETE", f"{CMS}/cm")
    since = listed["metadata"]["resourceVersion"]
    _, events = send("GET", f"{CMS}?watch=1&timeoutSeconds=1&resourceVersion={since}")
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
    assert [event["type"] for event in events] == ["ADDED", "MODIFIED", "DELETED"]
    assert versions == sorted(versions)


@pytest.mark.simulation("a real server may end a short watch without a bookmark")
def test_a_watch_with_bookmarks_ends_with_one(send: Send) -> None:
    version = create(send)["resourceVersion"]
    query = f"watch=1&timeoutSeconds=4&allowWatchBookmarks=true&resourceVersion={version}"
    _, events = send("GET", f"{CMS}?{query}")
    assert (events[-1]["type"], events[-1]["object"]["kind"]) == ("BOOKMARK", "ConfigMap")


@pytest.mark.simulation("a real server compacts its history when it likes")
def test_a_watch_from_a_forgotten_version_is_410(backend: Backend) -> None:
    with backend.clusters([ClusterSpec("one", namespaces=("a",), history=1)]) as servers:
        servers["one"].forget_history()
        _, (event,) = sender(servers)("GET", f"{CMS}?watch=1&resourceVersion=2")
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")


@pytest.mark.parametrize(
    ("form", "patch"),
    [
        (MERGE, {"data": {"a": None, "b": "2"}}),
        ("application/strategic-merge-patch+json", {"data": {"a": None, "b": "2"}}),
        (
            "application/json-patch+json",
            [{"op": "remove", "path": "/data/a"}, {"op": "add", "path": "/data/b", "value": "2"}],
        ),
    ],
)
def test_patches_remove_and_add_fields(send: Send, form: str, patch: Any) -> None:
    create(send, a="1", c="3")
    status, body = send("PATCH", f"{CMS}/cm", patch, form=form)
    assert (status, body["data"]) == (200, {"b": "2", "c": "3"})


def test_server_side_apply_creates_and_records_its_fields(send: Send) -> None:
    status, body = apply(send, "one", a="1")
    (entry,) = body["metadata"]["managedFields"]
    assert (status, entry["manager"], entry["operation"]) == (201, "one", "Apply")
    assert entry["fieldsV1"] == {"f:data": {"f:a": {}}}


def test_server_side_apply_that_changes_nothing_keeps_the_resource_version(send: Send) -> None:
    _, first = apply(send, "one", a="1")
    status, second = apply(send, "one", a="1")
    assert (status, second["metadata"]["resourceVersion"]) == (200, first["metadata"]["resourceVersion"])


def test_a_field_of_another_manager_is_a_conflict_unless_it_is_forced(send: Send) -> None:
    apply(send, "one", a="1")
    status, refusal = apply(send, "two", a="2")
    (cause,) = refusal["details"]["causes"]
    assert (status, refusal["reason"]) == (409, "Conflict")
    assert (cause["reason"], cause["field"]) == ("FieldManagerConflict", ".data.a")
    status, body = apply(send, "two", force=True, a="2")
    assert (status, body["data"]) == (200, {"a": "2"})


def test_a_field_that_its_only_manager_no_longer_applies_is_removed(send: Send) -> None:
    apply(send, "one", a="1", b="2")
    _, body = apply(send, "one", a="1")
    assert body["data"] == {"a": "1"}


def test_a_replace_with_an_old_resource_version_is_a_conflict(send: Send) -> None:
    created = create(send, a="1")
    send("PATCH", f"{CMS}/cm", {"data": {"a": "2"}}, form=MERGE)
    stale = {**config_map(a="3"), "metadata": {"name": "cm", "resourceVersion": created["resourceVersion"]}}
    status, body = send("PUT", f"{CMS}/cm", stale)
    assert (status, body["reason"]) == (409, "Conflict")


@pytest.mark.parametrize("precondition", [{"uid": "other"}, {"resourceVersion": "1"}])
def test_a_delete_whose_precondition_does_not_hold_is_a_conflict(
    send: Send, precondition: dict[str, str]
) -> None:
    create(send)
    status, body = send("DELETE", f"{CMS}/cm", {"preconditions": precondition})
    assert (status, body["reason"]) == (409, "Conflict")
    assert send("GET", f"{CMS}/cm")[0] == 200


def test_a_delete_whose_precondition_holds_removes_the_object(send: Send) -> None:
    created = create(send)
    status, body = send("DELETE", f"{CMS}/cm", {"preconditions": {"uid": created["uid"]}})
    assert (status, body["status"], body["details"]["uid"]) == (200, "Success", created["uid"])
    assert send("GET", f"{CMS}/cm")[0] == 404


def test_an_account_without_rights_is_403(send: Send) -> None:
    accounts = "/api/v1/namespaces/a/serviceaccounts"
    send("POST", accounts, {"metadata": {"name": "bot"}})
    _, issued = send(
        "POST",
        f"{accounts}/bot/token",
        {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "spec": {}},
    )
    status, body = send("GET", "/api/v1/namespaces/a/secrets", token=issued["status"]["token"])
    assert (status, body["reason"], body["details"]) == (403, "Forbidden", {"kind": "secrets"})
    assert 'User "system:serviceaccount:a:bot" cannot list resource "secrets"' in body["message"]


def test_an_unknown_token_is_401(send: Send) -> None:
    status, body = send("GET", CMS, token="nobody")
    assert (status, body["reason"]) == (401, "Unauthorized")
