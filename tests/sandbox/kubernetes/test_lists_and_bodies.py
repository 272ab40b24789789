"""Paging, formats of answers, and bodies in the formats that clients send."""

import base64

import pytest

from tests.sandbox.kubernetes.conftest import Api, config_map
from tests.sandbox.kubernetes.conversation import APPLY, MERGE

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
