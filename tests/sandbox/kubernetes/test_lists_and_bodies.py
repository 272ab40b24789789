"""Paging, formats of answers, and bodies in the formats that clients send."""

import base64

import pytest

from reconcile.sandbox.kubernetes import protobuf
from tests.sandbox.kubernetes.conftest import Api, config_map
from tests.sandbox.kubernetes.conversation import APPLY, IMAGE, MERGE, deployment

CMS = "/api/v1/namespaces/a/configmaps"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


@pytest.fixture
def five(api: Api) -> Api:
    for name in ("e", "c", "a", "d", "b"):
        api("POST", CMS, config_map(name))
    return api


def test_lists_are_sorted_by_namespace_and_name(five: Api) -> None:
    five("POST", "/api/v1/namespaces/b/configmaps", config_map("a"))
    assert five("GET", CMS).names == ["a", "b", "c", "d", "e"]
    # The API server has a ConfigMap of its own in kube-system, after those of namespaces a and b.
    assert five("GET", "/api/v1/configmaps").names[:6] == ["a", "b", "c", "d", "e", "a"]


def test_pages_make_up_the_whole_list(five: Api) -> None:
    names, token, remaining = [], "", []
    while True:
        page = five("GET", f"{CMS}?limit=2&continue={token}")
        names += page.names
        remaining.append(page.body["metadata"].get("remainingItemCount"))
        if not (token := page.body["metadata"].get("continue", "")):
            break
    assert (names, remaining) == (["a", "b", "c", "d", "e"], [3, 1, None])


def test_a_list_in_pages_does_not_see_what_happens_meanwhile(five: Api) -> None:
    first = five("GET", f"{CMS}?limit=2")
    five("DELETE", f"{CMS}/e")
    second = five("GET", f"{CMS}?limit=9&continue={first.body['metadata']['continue']}")
    assert (second.names, second.version) == (["c", "d", "e"], first.version)


def test_a_page_can_be_asked_for_again(five: Api) -> None:
    token = five("GET", f"{CMS}?limit=2").body["metadata"]["continue"]
    assert [five("GET", f"{CMS}?limit=2&continue={token}").names for _ in range(2)] == [["c", "d"]] * 2


@pytest.mark.simulation
def test_a_page_from_before_a_compaction_is_410(five: Api) -> None:
    token = five("GET", f"{CMS}?limit=2").body["metadata"]["continue"]
    five("DELETE", f"{CMS}/e")
    five.cluster.forget_history()
    answer = five("GET", f"{CMS}?limit=2&continue={token}")
    assert (answer.status, answer.reason) == (410, "Expired")


def test_items_of_built_in_kinds_do_not_say_their_kind(five: Api) -> None:
    assert "kind" not in five("GET", CMS).body["items"][0]


@pytest.mark.simulation("a real server has the whole history since its start")
def test_a_list_of_exactly_the_present_version_is_answered(five: Api) -> None:
    newest = five("GET", CMS).version
    assert five("GET", f"{CMS}?resourceVersion={newest}&resourceVersionMatch=Exact").status == 200
    assert five("GET", f"{CMS}?resourceVersion=1&resourceVersionMatch=Exact").status == 410


def test_a_table_shows_the_columns_of_the_kind(api: Api) -> None:
    api("POST", "/apis/apps/v1/namespaces/a/deployments", deployment(IMAGE))
    table = api("GET", "/apis/apps/v1/deployments", Accept=TABLE).body
    names = [column["name"] for column in table["columnDefinitions"]]
    assert names == ["Name", "Ready", "Up-to-date", "Available", "Age", "Containers", "Images", "Selector"]
    assert table["rows"][0]["cells"][5:] == ["c", "quay.io/x:1", "app=d"]


def test_rows_of_a_table_carry_the_metadata(api: Api) -> None:
    api("POST", CMS, config_map(data={"a": "1", "b": "2"}))
    row = api("GET", CMS, Accept=TABLE).body["rows"][0]
    assert (row["cells"][:2], row["object"]["kind"]) == (["cm", 2], "PartialObjectMetadata")
    assert "data" not in row["object"]


def test_rows_of_a_table_can_carry_the_object_or_nothing(api: Api) -> None:
    api("POST", CMS, config_map(data={"a": "1"}))
    whole = api("GET", f"{CMS}?includeObject=Object", Accept=TABLE).body["rows"][0]
    bare = api("GET", f"{CMS}?includeObject=None", Accept=TABLE).body["rows"][0]
    assert (whole["object"]["data"], bare["object"]) == ({"a": "1"}, None)


def test_one_object_can_be_a_table(api: Api) -> None:
    api("POST", CMS, config_map())
    assert api("GET", f"{CMS}/cm", Accept=TABLE).body["rows"][0]["cells"][0] == "cm"


@pytest.mark.simulation
def test_clients_that_ask_for_protobuf_first_get_json(api: Api) -> None:
    answer = api("GET", CMS, Accept="application/vnd.kubernetes.protobuf, application/json")
    assert answer.body["kind"] == "ConfigMapList"


def test_bodies_may_be_yaml(api: Api) -> None:
    text = "metadata: {name: cm}\ndata:\n  a: b\n"
    assert api("POST", CMS, text, content_type="application/yaml").body["data"] == {"a": "b"}


@pytest.mark.simulation("a real server may cut the connection before it has answered")
def test_too_large_bodies_are_refused(api: Api) -> None:
    answer = api("POST", CMS, config_map(data={"a": "x" * 4_000_000}))
    assert (answer.status, answer.reason) == (413, "RequestEntityTooLarge")


def test_data_beyond_a_megabyte_is_refused(api: Api) -> None:
    answer = api("POST", CMS, config_map(data={"a": "x" * 1_100_000}))
    assert (answer.status, "Too long" in answer.body["message"]) == (422, True)


@pytest.mark.simulation("a real server repeats the value that it refuses")
def test_secret_values_are_in_no_refusal(api: Api) -> None:
    marked = base64.b64encode(b"marked-value").decode()
    path = "/api/v1/namespaces/a/secrets"
    api("POST", path, {"metadata": {"name": "s"}, "data": {"k": marked}})
    attempts = (
        api("POST", path, {"metadata": {"name": "t"}, "data": {"k": f"{marked}!"}}),
        api("PATCH", f"{path}/s", {"data": {"j": 5}}, content_type=MERGE),
        api("PATCH", f"{path}/s", {"kind": "ConfigMap"}, content_type=MERGE),
        api("PATCH", f"{path}/s?fieldManager=x", {"data": {"k": f"{marked}!"}}, content_type=APPLY),
    )
    assert [answer.status for answer in attempts] == [400, 422, 422, 400]
    assert not any(marked in str(answer.body) or "marked-value" in str(answer.body) for answer in attempts)


def envelope(api_version: str, kind: str, obj: bytes) -> str:
    """An object in protobuf as kubectl sends it; all of it happens to be text."""
    said = protobuf.message(1, protobuf.text(1, api_version), protobuf.text(2, kind))
    return (b"k8s\x00" + said + protobuf.message(2, obj)).decode()


def test_kubectl_may_create_objects_in_protobuf(api: Api) -> None:
    entry = protobuf.text(1, "key") + protobuf.text(2, "value")
    obj = protobuf.message(1, protobuf.text(1, "s")) + protobuf.message(2, entry)
    body = envelope("v1", "Secret", obj)
    answer = api(
        "POST", "/api/v1/namespaces/a/secrets", body, content_type="application/vnd.kubernetes.protobuf"
    )
    assert (answer.status, answer.body["data"]) == (201, {"key": base64.b64encode(b"value").decode()})


@pytest.mark.simulation
def test_other_kinds_in_protobuf_are_415(api: Api) -> None:
    body = envelope("v1", "Pod", b"")
    answer = api(
        "POST", "/api/v1/namespaces/a/pods", body, content_type="application/vnd.kubernetes.protobuf"
    )
    assert (answer.status, answer.reason) == (415, "UnsupportedMediaType")


@pytest.mark.parametrize("body", ["no mark", "k8s\x00\x0a\x7f", "k8s\x00\x0f"])
def test_broken_protobuf_is_400(api: Api, body: str) -> None:
    answer = api("POST", CMS, body, content_type="application/vnd.kubernetes.protobuf")
    assert (answer.status, answer.reason) == (400, "BadRequest")
